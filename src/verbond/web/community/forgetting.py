"""One person in a community: what is kept of her, its erasure; and what is too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from verbond.web.listening import reaching
from verbond.web.store.models import Community, CommunityMember, Idea, Organisation

__all__ = ["erase", "expired", "forget_expired", "kept_of"]


def _members(
    organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]
) -> QuerySet[CommunityMember]:
    hers = Q(email__in=[one.strip().lower() for one in emails if one.strip()])
    hers |= Q(customer__in=[one for one in pseudonyms if one])
    return CommunityMember.objects.filter(hers, community__organisation=organisation)


def kept_of(
    organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]
) -> list[dict[str, Any]]:
    """What is kept of her, to hand over: that she was asked, and each idea with its answer."""
    return [
        {
            "community": one.community.name,
            "email": one.email,
            "name": one.name,
            "language": one.language,
            "shows_name": one.shows_name,
            "declined": one.declined,
            "asked_at": one.asked_at.isoformat() if one.asked_at else None,
            "ideas": [
                {
                    "text": idea.text,
                    "shown_to_others": idea.is_shown,
                    "made_at": idea.made_at.isoformat(),
                    "answer": idea.answer,
                    "outcome": idea.outcome,
                }
                for idea in one.ideas.all()
            ],
        }
        for one in _members(organisation, emails, pseudonyms).select_related("community")
    ]


def erase(organisation: Organisation, emails: Iterable[str], pseudonyms: Iterable[str]) -> int:
    """Erase her and her ideas; returns how many rows. That she does not want to be asked stays as a hash."""
    known = [one for one in emails if one.strip()]
    with transaction.atomic():
        rows = _members(organisation, known, pseudonyms)
        addresses = {one for one in rows.values_list("email", flat=True) if one}
        reaching.forget(organisation.pk, {*known, *addresses})
        counts = rows.delete()[1]
        if counts:
            _write_anew(organisation)
    return counts.get("store.CommunityMember", 0) + counts.get("store.Idea", 0)


def expired(organisation: Organisation, before: dt.datetime) -> QuerySet[Idea]:
    """Ideas that were brought before a moment, and not answered since."""
    rows = Idea.objects.filter(community__organisation=organisation, made_at__lt=before)
    return rows.filter(Q(answered_at=None) | Q(answered_at__lt=before))


def forget_expired(organisation: Organisation, before: dt.datetime) -> int:
    """Remove them, and who was asked before and brought nothing that stays; returns how many ideas."""
    with transaction.atomic():
        n = expired(organisation, before).delete()[1].get("store.Idea", 0)
        asked = CommunityMember.objects.filter(community__organisation=organisation, asked_at__lt=before)
        asked.filter(ideas=None).delete()
        if n:
            _write_anew(organisation)
    return n


def _write_anew(organisation: Organisation) -> None:
    for one in Community.objects.select_for_update().filter(organisation=organisation):
        Community.objects.filter(pk=one.pk).update(flow={**one.flow, "pending": True})
