"""How often somebody may be asked, over all surveys of an organisation, and who does not want to be asked.

Of an address only a keyed hash is kept: it answers whether this address may be asked, and not whose it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from verbond.web.store.models import Reached, Survey

__all__ = [
    "REST_DAYS", "barred", "decline", "declined", "forget", "mark_asked", "may_ask", "reached_hash",
    "rest_days_of",
]  # fmt: skip

REST_DAYS = 30
"""Where an organisation chose nothing."""
_AT_ONCE = 500


def reached_hash(organisation_id: int, email: str) -> str:
    """The hash under which an address is known in one organisation: 64 hexadecimal digits.

    Its key is the one of the customers' pseudonyms, which stays when sessions and links get a new one.
    """
    text = f"verbond.reached|{organisation_id}|{email.strip().lower()}"
    return hmac.new(settings.INSTALLATION.pseudonym_key, text.encode(), hashlib.sha256).hexdigest()


def rest_days_of(survey: Survey) -> int:
    """So many days nobody is asked again: as the organisation chose, or more where the survey says so."""
    floor = survey.organisation.settings.get("rest_days", REST_DAYS)
    return max(int(floor), int(survey.settings.get("rest_days") or 0))


def declined(organisation_id: int) -> set[str]:
    """Hashes of the addresses that do not want to be asked."""
    rows = Reached.objects.filter(organisation_id=organisation_id, declined=True)
    return set(rows.values_list("address_hash", flat=True))


def may_ask(survey: Survey, email: str, day: dt.date | None = None) -> str:
    """Nothing where an address may be invited today; else why not: "declined" or "rest"."""
    return barred(survey, [email], day).get(email, "")


def barred(survey: Survey, emails: Sequence[str], day: dt.date | None = None) -> dict[str, str]:
    """Which of some addresses may not be invited today, and why not: "declined" or "rest"."""
    by_hash = {reached_hash(survey.organisation_id, one): one for one in emails}
    since = (day or timezone.now().date()) - dt.timedelta(days=rest_days_of(survey))
    rows = Reached.objects.filter(organisation_id=survey.organisation_id)
    rows = rows.filter(Q(declined=True) | Q(last_asked_on__gt=since))
    if len(emails) <= _AT_ONCE:
        rows = rows.filter(address_hash__in=by_hash)
    found = rows.values_list("address_hash", "declined")
    return {by_hash[one]: "declined" if never else "rest" for one, never in found if one in by_hash}


def mark_asked(organisation_id: int, emails: Iterable[str], day: dt.date | None = None) -> None:
    """Note that addresses were asked today."""
    day = day or timezone.now().date()
    hashes = sorted({reached_hash(organisation_id, one) for one in emails})
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE]
        Reached.objects.bulk_create(
            [Reached(organisation_id=organisation_id, address_hash=one, last_asked_on=day) for one in part],
            update_conflicts=True,
            unique_fields=["organisation", "address_hash"],
            update_fields=["last_asked_on"],
        )


def decline(organisation_id: int, email: str) -> None:
    """Never ask this address again, in no survey of this organisation."""
    Reached.objects.update_or_create(
        organisation_id=organisation_id,
        address_hash=reached_hash(organisation_id, email),
        defaults={"declined": True},
    )


def forget(organisation_id: int, emails: Iterable[str]) -> int:
    """Forget when addresses were asked; that one does not want to be asked stays, as a hash only."""
    hashes = [reached_hash(organisation_id, one) for one in emails]
    rows = Reached.objects.filter(organisation_id=organisation_id, address_hash__in=hashes)
    n = rows.filter(declined=False).delete()[0]
    return n + rows.filter(declined=True).exclude(last_asked_on=None).update(last_asked_on=None)
