"""One person among those who were asked: what is kept of her there, and its erasure; and what is too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from verbond.web.listening import reaching
from verbond.web.listening.answered import answers_of
from verbond.web.store.models import Invitee, Organisation, Reached, Sheet, Survey

__all__ = ["erase", "expired", "forget_expired", "invitations_of", "kept_of"]


def invitations_of(
    organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]
) -> QuerySet[Invitee]:
    """Where somebody was asked by name, under an address or as a customer."""
    hers = Q(email__in=[one.strip().lower() for one in emails if one.strip()])
    hers |= Q(customer__in=[one for one in pseudonyms if one])
    return Invitee.objects.filter(hers, survey__organisation=organisation)


def kept_of(
    organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]
) -> list[dict[str, Any]]:
    """What is kept of her invitations, to hand over.

    That she answered stands in it where she is known by what she answered: who hands this over must not learn
    it elsewhere.
    """
    rows = invitations_of(organisation, emails, pseudonyms).select_related("survey")
    return [
        {
            "survey": one.survey.name,
            "email": one.email,
            "name": one.name,
            "department": one.department,
            "segments": one.segments,
            "language": one.language,
            "letters": one.n_sent,
            "last_letter_at": one.last_sent_at.isoformat() if one.last_sent_at else None,
            **({"answered": one.answered} if one.survey.mode == Survey.Mode.IDENTIFIED else {}),
            **answers_of(one),
        }
        for one in rows
    ]


def erase(organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]) -> int:
    """Erase her invitations, letters, and the answers that a path leads to; returns how many invitations.

    When she was asked is forgotten; that she does not want to be asked is not: of that there is a hash only.
    """
    known = [one for one in emails if one.strip()]
    with transaction.atomic():
        rows = invitations_of(organisation, known, pseudonyms)
        Sheet.objects.filter(path__invitee__in=rows).delete()
        reaching.forget(organisation.pk, {*known, *rows.values_list("email", flat=True)})
        return rows.delete()[1].get("store.Invitee", 0)


def expired(organisation: Organisation, before: dt.datetime) -> QuerySet[Invitee]:
    """Who was asked by surveys that closed before a moment."""
    closed = Q(survey__state=Survey.State.CLOSED, survey__closed_at__lt=before)
    return Invitee.objects.filter(closed, survey__organisation=organisation)


def forget_expired(organisation: Organisation, before: dt.datetime) -> int:
    """Remove them, and when anybody was asked before that day."""
    with transaction.atomic():
        marks = Reached.objects.filter(organisation=organisation, last_asked_on__lt=before.date())
        marks.filter(declined=False).delete()
        marks.update(last_asked_on=None)
        return expired(organisation, before).delete()[1].get("store.Invitee", 0)
