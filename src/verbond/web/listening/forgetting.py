"""What is forgotten of a survey: unfinished sheets, answers that were kept long enough, and every order.

A database keeps more than its rows: a log of the pages that changed, one after the other, and in PostgreSQL
the number of the transaction that wrote a row. While an anonymous survey is open the log is emptied each
minute; when it closes its rows are written anew, all at once.
"""

from __future__ import annotations

import datetime as dt

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from verbond.web.store.models import Invitee, Organisation, Sheet, Survey

__all__ = [
    "UNFINISHED_DAYS", "expired_sheets", "forget_old", "forget_order", "forget_unfinished", "months_after",
    "truncate_log",
]  # fmt: skip

UNFINISHED_DAYS = 14
"""So long after closing a sheet that was not handed in is forgotten."""


def forget_unfinished(now: dt.datetime | None = None) -> int:
    """Remove the sheets that nobody handed in, some time after their survey closed; returns how many."""
    before = (now or timezone.now()) - dt.timedelta(days=UNFINISHED_DAYS)
    left = Sheet.objects.filter(
        survey__state=Survey.State.CLOSED, survey__closed_at__lt=before, state=Sheet.State.BEGUN
    )
    return left.delete()[1].get("store.Sheet", 0)


def forget_old(now: dt.datetime | None = None) -> int:
    """Remove the sheets of surveys that said how long answers are kept; the tables follow by themselves."""
    now, n = now or timezone.now(), 0
    for survey in Survey.objects.filter(state=Survey.State.CLOSED, keep_months__isnull=False):
        assert survey.keep_months is not None
        if survey.closed_at is not None and months_after(survey.closed_at, survey.keep_months) <= now:
            n += survey.sheets.all().delete()[1].get("store.Sheet", 0)
    return n


def months_after(moment: dt.datetime, months: int) -> dt.datetime:
    """The same day so many months later; the last of that month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def expired_sheets(organisation: Organisation, before: dt.datetime) -> QuerySet[Sheet]:
    """The sheets of surveys that closed before a moment."""
    closed = Q(survey__state=Survey.State.CLOSED, survey__closed_at__lt=before)
    return Sheet.objects.filter(closed, survey__organisation=organisation)


# every order


def truncate_log() -> bool:
    """Empty SQLite's log while an anonymous survey is open: what stands together in it happened together.

    Returns
    -------
    bool
        Whether there was anything to do, and it was done.
    """
    open_ones = Survey.objects.filter(mode=Survey.Mode.ANONYMOUS, state=Survey.State.OPEN)
    if connection.vendor != "sqlite" or connection.in_atomic_block or not open_ones.exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return cursor.fetchone()[0] == 0


def forget_order(survey: Survey) -> bool:
    """Write the rows of an anonymous survey anew: in the order of their keys, which are by lot.

    Returns
    -------
    bool
        Whether it was done; a database that is busy is left alone, the next job tries again.
    """
    if survey.mode != Survey.Mode.ANONYMOUS or connection.in_atomic_block:
        return False
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with transaction.atomic():  # one transaction writes them all: its number tells nothing
                    Sheet.objects.filter(survey=survey).update(revision=F("revision"))
                    Invitee.objects.filter(survey=survey).update(n_sent=F("n_sent"))
                for model in (Sheet, Invitee):
                    table, key = model._meta.db_table, f"{model._meta.db_table}_pkey"
                    quoted = map(connection.ops.quote_name, (table, key))
                    cursor.execute("CLUSTER {} USING {}".format(*quoted))
                return True
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return cursor.fetchone()[0] == 0
    except OperationalError:
        return False
