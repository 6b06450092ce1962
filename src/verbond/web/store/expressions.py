"""The models of expressions: what a company promises, messages held against it, what its people say."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["CompanyPromise", "ExpressionAudit", "Label"]


class _Written(models.QuerySet):
    """Rows that are written once; what names somebody is taken out of them in place (`store/naming.py`)."""

    def update(self, **fields: Any) -> int:
        raise TypeError("what was written down stays as it is")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("what was written down stays")

    def expire(self, before: dt.datetime) -> int:
        """Remove what was written before a moment; returns how many rows that were."""
        return models.QuerySet.delete(self.filter(made_at__lt=before).order_by())[0]


class _Once(models.Model):
    """What is written once, and goes with its organisation."""

    objects = _Written.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it, once."""
        if not self._state.adding:
            raise TypeError("what was written down stays as it is")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never, but with the organisation."""
        raise TypeError("what was written down stays")


class CompanyPromise(_Once):
    """A version of what a company promises; the newest counts, the ones before it stay to be read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="promises")
    number = models.PositiveIntegerField()
    """1, 2, ...: the version."""
    text = models.TextField()
    language = models.CharField(max_length=2)
    """Of the promise and its examples."""
    relationship = models.CharField(max_length=12, blank=True)
    values = models.JSONField(default=list)
    """Ids on the circle."""
    keeps = models.JSONField(default=list)
    breaks = models.JSONField(default=list)
    words_never = models.JSONField(default=list)
    words_always = models.JSONField(default=list)
    canvas = models.ForeignKey("Canvas", models.SET_NULL, null=True, related_name="promises")
    """Where it was chosen."""
    made_by = models.ForeignKey("User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="one_promise_a_number"),
        ]

    def __str__(self) -> str:
        return self.text


class ExpressionAudit(models.Model):
    """Messages that were held against a promise. Their text is cleaned and masked before it comes here."""

    class State(models.TextChoices):
        """How far it is."""

        DRAFT = "draft"
        WAITING = "waiting"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="audits")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    """A draft waits for its columns to be told; what waits is worked on by a job."""
    promise = models.ForeignKey(CompanyPromise, models.CASCADE, related_name="audits")
    n_messages = models.PositiveIntegerField(default=0)
    messages = models.JSONField(default=list)
    """Of a draft the masked table, {"columns": [...], "rows": [[...]]}; else a row a message: "text",
    "language", "speaker", "channel", "department", "date" where they are known."""
    outcome = models.JSONField(default=dict)
    """"messages": a row for each of them as it was judged; "counts", "rater", "reasons", "notes"; "import"
    where they were added to the tables."""
    made_by = models.ForeignKey("User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return self.name


class Label(_Once):
    """What somebody of the company says of a message: written once, the newest of a person counts."""

    class Kind(models.TextChoices):
        """How it came about."""

        QUEUE = "queue"
        CORRECTION = "correction"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="labels")
    text_hash = models.CharField(max_length=64, db_index=True)
    """SHA-256 of the masked text: which labels are of the same message, also once its text is redacted."""
    text = models.TextField()
    """Cleaned and masked."""
    language = models.CharField(max_length=2, blank=True)
    relationship = models.CharField(max_length=12, blank=True)
    """"" where nothing was said of it."""
    values = models.JSONField(null=True)
    """Ids on the circle; None where nothing was said of them."""
    verdict = models.CharField(max_length=10, blank=True)
    """"fits", "check", "conflicts", or "" where no promise was asked about."""
    promise = models.ForeignKey(CompanyPromise, models.SET_NULL, null=True, related_name="labels")
    audit = models.ForeignKey(ExpressionAudit, models.SET_NULL, null=True, related_name="labels")
    """Where it was read."""
    why = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    detail = models.JSONField(default=dict)
    """"share": why it stood in the queue; "said": what the rater said of it, "rater": which one."""
    made_by = models.ForeignKey("User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return self.text[:60]
