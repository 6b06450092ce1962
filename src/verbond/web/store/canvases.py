"""The models of the canvas: a workshop, who takes part, what happened on its board, what came out of it."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["Canvas", "CanvasEvent", "Edition", "Participant"]


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""That nobody takes for one another, from a wall or aloud."""


def _address() -> str:
    """Two times five letters (49 bits): short enough to type; who guesses is stopped after a few."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))


def _code() -> str:
    return f"p{secrets.token_hex(5)}"


class Canvas(models.Model):
    """A relationship canvas that people work on together."""

    class State(models.TextChoices):
        """Whether it can be worked on."""

        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="canvases")
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    """Whose relationship with its customers it is about, as participants know it."""
    address = models.CharField(max_length=24, unique=True, default=_address)
    """Where one takes part: /c/ADDRESS/. Who has it may join."""
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    settings = models.JSONField(default=dict)
    """"joining": whether new people may come in; "last_day": ISO date until which contributions beforehand
    are asked; "figures": whether participants see the company's survey beside it; "departments": list;
    "points": dots on paper, by thing."""
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="followers")
    """The canvas that it was begun from."""
    keep_months = models.PositiveIntegerField(null=True)
    """After so many months from its closing its notes and people go, its editions stay; None: never."""
    created_by = models.ForeignKey("User", models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """Somebody on a canvas: a member of the organisation, or whoever came by the link."""

    canvas = models.ForeignKey(Canvas, models.CASCADE, related_name="participants")
    code = models.CharField(max_length=16, default=_code)
    """Who she is on the board."""
    name = models.CharField(max_length=60)
    department = models.CharField(max_length=120, blank=True)
    leads = models.BooleanField(default=False)
    """A facilitator of this canvas."""
    user = models.ForeignKey("User", models.SET_NULL, null=True)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    """Of what her browser brings back; of a member nothing."""
    out = models.BooleanField(default=False)
    """She was shown the door; what she wrote stays."""
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["canvas", "code"], name="one_code_a_participant"),
            models.UniqueConstraint(
                fields=["canvas", "user"], condition=models.Q(user__isnull=False), name="once_a_canvas"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CanvasEvent(models.Model):
    """What happened on a board, in its order: `verbond.canvas.Event`, never changed afterwards, but for names
    that are taken away."""

    canvas = models.ForeignKey(Canvas, models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    by = models.CharField(max_length=16)
    act = models.CharField(max_length=12)
    thing = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    over = models.JSONField(default=list)
    undoes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["canvas", "number"], name="one_event_a_number"),
        ]


class Edition(models.Model):
    """What came out of a canvas at a moment: kept, compared over time, and what other rooms read."""

    canvas = models.ForeignKey(Canvas, models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    outcome = models.JSONField()
    """As `verbond.canvas.Outcome.to_json` gives it: no names of people."""
    made_by = models.ForeignKey("User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["canvas", "number"], name="one_edition_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.canvas} {self.number}"
