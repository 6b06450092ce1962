"""The models of reports: in whose colours they are made, and when they are sent to whom."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

__all__ = ["Branding", "ReportSchedule"]


class Branding(models.Model):
    """The colours and the logo of an organisation."""

    organisation = models.OneToOneField("Organisation", models.CASCADE, related_name="branding")
    name = models.CharField(max_length=120, blank=True)
    colour = models.CharField(max_length=7, blank=True)
    """#rrggbb; "" is ours."""
    accent = models.CharField(max_length=7, blank=True)
    logo = models.BinaryField(null=True)
    """A PNG that was drawn anew from what was brought."""
    changed_at = models.DateTimeField(default=timezone.now)


class ReportSchedule(models.Model):
    """A report that goes out by mail again and again, to people of the organisation."""

    class Period(models.TextChoices):
        """How often."""

        WEEK = "week"
        MONTH = "month"
        QUARTER = "quarter"

    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="report_schedules")
    period = models.CharField(max_length=8, choices=Period, default=Period.MONTH)
    format = models.CharField(max_length=8, default="board")
    language = models.CharField(max_length=2, default="nl")
    to = models.JSONField(default=list)
    """Ids of users; who has left the organisation gets nothing any more."""
    base = models.CharField(max_length=200, blank=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    sent = models.JSONField(default=dict)
    """Of the turn that is on: "turn" and the ids of the users who have theirs; "said" when it failed."""
    made_by = models.ForeignKey("User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)
