"""The model of undertakings: steps of a plan that somebody took on, and what came of them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["Undertaking"]


class Undertaking(models.Model):
    """A step of the playbook that an organisation took on: by whom, from when, and when it looks again."""

    class State(models.TextChoices):
        """How far it is."""

        RUNNING = "running"
        LOOKED = "looked"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="undertakings")
    play = models.CharField(max_length=60)
    """In `verbond.method.PLAYS`."""
    rung = models.PositiveSmallIntegerField()
    segment = models.CharField(max_length=200, blank=True)
    """"attribute=value"; "" for everybody."""
    owner = models.ForeignKey("User", models.SET_NULL, null=True, related_name="undertakings")
    starts_on = models.DateField()
    looks_on = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    experiment = models.ForeignKey("Experiment", models.SET_NULL, null=True, related_name="undertakings")
    """Where a lot decides: who gets what."""
    action = models.CharField(max_length=200, blank=True)
    """The action in the tables that it is, where somebody named one."""
    expected = models.JSONField(default=dict)
    """What the plan said: "climb" (value, low, high), "n_reach", "n_periods", "period", "rests_on"."""
    reach = models.JSONField(default=dict)
    """Whom it reached: "import", "n", "n_known"; "waiting": pseudonyms that a job is about to write."""
    outcome = models.JSONField(default=dict)
    """What came of it: "seen", "verdict", "said" by language, "on"."""
    lesson = models.TextField(blank=True)
    """What people learned, in their own words."""
    base = models.CharField(max_length=200, blank=True)
    """Under which address the application was reached when it was taken on."""
    reminded_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey("User", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["looks_on", "made_at"]

    def __str__(self) -> str:
        return self.play

    @property
    def action_id(self) -> str:
        """How its action is called in the tables."""
        if self.action:
            return self.action
        return self.experiment.action_id if self.experiment is not None else f"step-{self.pk}"

    @property
    def is_reached(self) -> bool:
        """Whether the tables know whom it reached, as far as was told."""
        drawn = self.experiment is not None and self.experiment.state == "drawn"
        return bool(self.action or drawn or self.reach.get("n_known"))
