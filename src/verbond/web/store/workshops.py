"""Canvases: what pages ask of them, and how one is changed without two people undoing each other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from verbond.web.store.canvases import Canvas, Edition, Participant
from verbond.web.store.models import Organisation

__all__ = [
    "canvas_of", "canvases_of", "changing", "edition_of", "editions_of", "kept_editions", "participant_of",
    "participants_of",
]  # fmt: skip


def canvases_of(organisation: Organisation) -> QuerySet[Canvas]:
    """The canvases of an organisation, newest first, each with `n_people` and `last_edition`, a number."""
    people = Count("participants", filter=Q(participants__out=False), distinct=True)
    return Canvas.objects.filter(organisation=organisation).annotate(
        n_people=people, last_edition=Max("editions__number")
    )


def canvas_of(organisation: Organisation, id: uuid.UUID) -> Canvas | None:
    """One canvas; None where this organisation has none such."""
    return canvases_of(organisation).filter(pk=id).first()


def participants_of(canvas: Canvas) -> QuerySet[Participant]:
    """Who takes part, as they came; without whom was shown the door."""
    return canvas.participants.filter(out=False).select_related("user").order_by("joined_at", "pk")


def participant_of(canvas: Canvas, id: int) -> Participant | None:
    """One of them."""
    return participants_of(canvas).filter(pk=id).first()


def editions_of(canvas: Canvas) -> QuerySet[Edition]:
    """What came out of a canvas, newest first."""
    return canvas.editions.select_related("made_by")


def edition_of(canvas: Canvas, number: int | None = None) -> Edition | None:
    """An edition by its number; the newest for None."""
    found = editions_of(canvas)
    return (found if number is None else found.filter(number=number)).first()


def kept_editions(organisation: Organisation) -> QuerySet[Edition]:
    """The editions of all canvases of an organisation, newest first."""
    found = Edition.objects.filter(canvas__organisation=organisation)
    return found.select_related("canvas").order_by("-made_at", "-pk")


@contextmanager
def changing(canvas: Canvas) -> Iterator[Canvas]:
    """The canvas as it is now, nobody else changing it meanwhile; whoever changes it saves it."""
    with transaction.atomic():
        yield Canvas.objects.select_for_update().get(pk=canvas.pk)
