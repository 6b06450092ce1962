"""What is forgotten of canvases that closed: people, notes, who takes a step; what came out stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from verbond.web.listening.forgetting import months_after
from verbond.web.store.canvases import Canvas, CanvasEvent, Participant
from verbond.web.store.models import Organisation
from verbond.web.store.naming import scrub

__all__ = ["expired", "forget_expired", "forget_old", "people_of"]


def forget_old(now: dt.datetime | None = None) -> int:
    """Remove people and notes of canvases that were kept as long as was said; returns of how many."""
    now = now or timezone.now()
    closed = Canvas.objects.filter(state=Canvas.State.CLOSED, keep_months__isnull=False)
    due = [
        one
        for one in closed.filter(closed_at__isnull=False)
        if not one.settings.get("forgotten") and months_after(one.closed_at, one.keep_months) <= now
    ]
    _forget(due)
    if due:
        scrub()
    return len(due)


def people_of(organisation: Organisation) -> QuerySet[Participant]:
    """Who takes part in the canvases of an organisation, or did."""
    return Participant.objects.filter(canvas__organisation=organisation)


def expired(organisation: Organisation, before: dt.datetime) -> QuerySet[Participant]:
    """Who took part in canvases that closed before a moment."""
    return people_of(organisation).filter(canvas__state=Canvas.State.CLOSED, canvas__closed_at__lt=before)


def forget_expired(organisation: Organisation, before: dt.datetime) -> int:
    """Remove them, with what they wrote; returns how many canvases."""
    closed = Canvas.objects.filter(organisation=organisation, state=Canvas.State.CLOSED, closed_at__lt=before)
    due = [one for one in closed if not one.settings.get("forgotten")]
    _forget(due)
    return len(due)


def _forget(canvases: Iterable[Canvas]) -> None:
    for canvas in canvases:
        with transaction.atomic():
            now = Canvas.objects.select_for_update().get(pk=canvas.pk)
            if now.state != Canvas.State.CLOSED:  # it was opened again meanwhile
                continue
            CanvasEvent.objects.filter(canvas=now).delete()
            Participant.objects.filter(canvas=now).delete()
            for edition in now.editions.all():
                for step in edition.outcome.get("steps", ()):
                    step["who"] = ""
                edition.save(update_fields=["outcome"])
            now.settings = now.settings | {"forgotten": True}
            now.save(update_fields=["settings"])
