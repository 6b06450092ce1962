"""The model of effects: an experiment that is planned, agreed on and drawn by lot."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["Experiment"]


class Experiment(models.Model):
    """Something that some customers get and others do not, by lot, to see what it does."""

    class State(models.TextChoices):
        """How far it is; what is agreed on does not change any more."""

        DRAFT = "draft"
        REGISTERED = "registered"
        DRAWN = "drawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="experiments")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    settings = models.JSONField(default=dict)
    """The answers to the steps of the wizard: `verbond.web.experiments.settings.Settings`."""
    plan = models.JSONField(default=dict)
    """What was worked out when it was agreed on: "n_per_arm", "n_total", "n_to_invite", "margin", and what of
    the outcome was known then, "measured"."""
    registration = models.TextField(blank=True)
    """The page that was agreed on, as Markdown; its last line is the hash of the rest."""
    sha256 = models.CharField(max_length=64, blank=True)
    """The hash as it was when it was agreed on."""
    lot = models.JSONField(default=dict)
    """"seed", "n", "counts", "fingerprint", "import" of the list that was drawn."""
    created_by = models.ForeignKey("User", models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    registered_at = models.DateTimeField(null=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def action_id(self) -> str:
        """How its action is called in the tables."""
        return f"experiment-{self.pk}"
