"""Who saw and did what: written once, read by owners."""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from verbond.web.store.acts import note
from verbond.web.store.models import AuditEntry, Organisation, User

__all__ = [
    "Asked", "entries_of", "note_everywhere", "note_refused", "note_sign_in", "note_view", "people_in",
    "verbs_in",
]  # fmt: skip

VIEW_SECONDS = 3600
"""One who reads a page all morning saw it once an hour."""
_SEEN: OrderedDict[tuple[int, int, str, int], None] = OrderedDict()
_SEEN_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an owner looks for.

    Attributes
    ----------
    who, verb : str
        Empty for all.
    since, until : date, optional
        Days, both counted.
    """

    who: str = ""
    verb: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


def entries_of(organisation: Organisation, asked: Asked) -> QuerySet[AuditEntry]:
    """What was written down of an organisation, newest first."""
    found = AuditEntry.objects.filter(organisation=organisation)
    if asked.who:
        found = found.filter(who=asked.who)
    if asked.verb:
        found = found.filter(verb=asked.verb)
    if asked.since:
        found = found.filter(at__gte=_start(asked.since))
    if asked.until:
        found = found.filter(at__lt=_start(asked.until) + dt.timedelta(days=1))
    return found


def people_in(organisation: Organisation) -> list[str]:
    """Whose names stand in it."""
    names = AuditEntry.objects.filter(organisation=organisation).exclude(who="")
    return list(names.order_by("who").values_list("who", flat=True).distinct())


def verbs_in(organisation: Organisation) -> list[str]:
    """What happened in it."""
    verbs = AuditEntry.objects.filter(organisation=organisation)
    return list(verbs.order_by("verb").values_list("verb", flat=True).distinct())


def note_view(request: HttpRequest, page: str) -> None:
    """Write down who saw a page with an organisation's figures, once an hour for each reader."""
    seen = request.user.pk, request.organisation.pk, page, int(time.time()) // VIEW_SECONDS
    if seen in _SEEN:
        return
    note(request, "saw", page)
    _SEEN[seen] = None
    while len(_SEEN) > _SEEN_AT_MOST:
        _SEEN.popitem(last=False)


def note_sign_in(user: User, how: str) -> None:
    """Write down, in every organisation of a user, that she signed in and how."""
    note_everywhere(user, "sign_in", how)


def note_refused(email: str, how: str) -> None:
    """Write down that somebody could not sign in; of an address that nobody has, only that it happened."""
    user = User.objects.filter(email=email).first()
    if user is None:
        AuditEntry.objects.create(verb="sign_in_refused", subject=how)
    else:
        note_everywhere(user, "sign_in_refused", how)


def note_everywhere(user: User, verb: str, subject: str = "") -> None:
    """Write down something about a user in every organisation that she belongs to."""
    of = list(user.organisations.all()) or [None]
    AuditEntry.objects.bulk_create(
        AuditEntry(organisation=one, user=user, who=user.known_as, verb=verb, subject=subject) for one in of
    )


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())
