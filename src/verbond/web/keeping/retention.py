"""Data that have become too old: what would go, and a job that removes it every day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from verbond.results import Progress, ProgressFunction
from verbond.web.community import forgetting as community
from verbond.web.diagnosing import archive_of
from verbond.web.expressions.forgetting import expired_audits, expired_labels
from verbond.web.jobs import enqueue
from verbond.web.keeping.processing import CLASSES
from verbond.web.listening import persons
from verbond.web.listening.forgetting import expired_sheets
from verbond.web.store.models import AuditEntry, Job, Label, Organisation, Run
from verbond.web.store.naming import scrub
from verbond.web.workshop.forgetting import expired, forget_expired

__all__ = ["enqueue_due", "expiring", "first_day", "remove_old"]

KIND = "retention"
STEP = "web_privacy.step_retention"
HOURS = 24
_FROM_ARCHIVE = {one.name: one.tables for one in CLASSES if one.tables and one.least_months}


def first_day(months: int, today: dt.date | None = None) -> dt.date:
    """The first day that is kept.

    Examples
    --------
    >>> first_day(3, dt.date(2025, 5, 31)), first_day(12, dt.date(2024, 2, 29))
    (datetime.date(2025, 2, 28), datetime.date(2023, 2, 28))
    """
    today = today or timezone.now().date()
    month = today.year * 12 + today.month - 1 - months
    year, month = divmod(month, 12)
    last = (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(today.day, last))


def expiring(organisation: Organisation, retention: Mapping[str, int]) -> dict[str, int]:
    """What would go under these months: data class -> rows, diagnoses or files; only what there is."""
    days = {name: first_day(months) for name, months in retention.items()}
    asked = {table: days[name] for name, tables in _FROM_ARCHIVE.items() if name in days for table in tables}
    found = archive_of(organisation).expiring(asked) if asked else {}
    counts = {
        name: sum(found.get(t, 0) for t in _FROM_ARCHIVE[name]) for name in days if name in _FROM_ARCHIVE
    }
    if "diagnoses" in days:
        counts["diagnoses"] = _runs(organisation, days["diagnoses"]).count()
    if "standings" in days:
        counts["standings"] = len(_standings(organisation, days["standings"]))
    if "invitees" in days:
        counts["invitees"] = persons.expired(organisation, _start(days["invitees"])).count()
    if "sheets" in days:
        counts["sheets"] = expired_sheets(organisation, _start(days["sheets"])).count()
    if "canvases" in days:
        counts["canvases"] = expired(organisation, _start(days["canvases"])).count()
    if "community" in days:
        counts["community"] = community.expired(organisation, _start(days["community"])).count()
    if "audited" in days:
        counts["audited"] = expired_audits(organisation, _start(days["audited"])).count()
    if "labels" in days:
        counts["labels"] = expired_labels(organisation, _start(days["labels"])).count()
    if "audit" in days:
        entries = AuditEntry.objects.filter(organisation=organisation, at__lt=_start(days["audit"]))
        counts["audit"] = entries.count()
    return {name: n for name, n in counts.items() if n}


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job remove what is too old, once a day for each organisation that chose months."""
    now = now or timezone.now()
    lately = Job.objects.filter(kind=KIND, created_at__gt=now - dt.timedelta(hours=HOURS))
    done = set(lately.values_list("organisation_id", flat=True))
    due = [one for one in Organisation.objects.all() if one.retention and one.pk not in done]
    for organisation in due:
        enqueue(KIND, organisation=organisation)
    return len(due)


def remove_old(job: Job, progress: ProgressFunction) -> None:
    """Remove what is older than an organisation wants to keep; doing it again removes nothing more."""
    organisation = job.organisation
    assert organisation is not None
    days = {name: first_day(months) for name, months in organisation.retention.items()}
    gone = expiring(organisation, organisation.retention)
    for number, name in enumerate(gone):
        progress(Progress(STEP, number / len(gone), ""))
        _remove(organisation, name, days[name])
    if not gone:
        return
    AuditEntry.objects.create(
        organisation=organisation, user=job.created_by, who=_who(job), verb="retention", detail={"gone": gone}
    )
    scrub()


def _remove(organisation: Organisation, name: str, before: dt.date) -> None:
    if name in _FROM_ARCHIVE:
        archive_of(organisation).retain(before, _FROM_ARCHIVE[name])
    elif name == "diagnoses":
        for run in _runs(organisation, before):
            forget_run(run)
    elif name == "standings":
        for file in _standings(organisation, before):
            file.unlink(missing_ok=True)
    elif name == "invitees":
        persons.forget_expired(organisation, _start(before))
    elif name == "canvases":
        forget_expired(organisation, _start(before))
    elif name == "sheets":
        expired_sheets(organisation, _start(before)).delete()
    elif name == "community":
        community.forget_expired(organisation, _start(before))
    elif name == "audited":
        expired_audits(organisation, _start(before)).delete()
    elif name == "labels":
        Label.objects.filter(organisation=organisation).expire(_start(before))
    else:
        AuditEntry.objects.filter(organisation=organisation).expire(_start(before))


def forget_run(run: Run) -> None:
    """Remove a diagnosis: its row, its links, its files."""
    folder, pk = _results(run.organisation_id), run.pk
    run.delete()
    for file in folder.glob(f"{pk}.*"):
        file.unlink(missing_ok=True)


def _runs(organisation: Organisation, before: dt.date) -> QuerySet[Run]:
    return Run.objects.filter(organisation=organisation, created_at__lt=_start(before))


def _standings(organisation: Organisation, before: dt.date) -> list[Path]:
    """Files of where customers stand, of diagnoses from before a day."""
    folder = _results(organisation.pk)
    files = (folder / f"{run.pk}.customers.parquet" for run in _runs(organisation, before))
    return [file for file in files if file.exists()]


def _results(organisation_id: int) -> Path:
    return settings.INSTALLATION.data_folder(organisation_id) / "results"


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


def _who(job: Job) -> str:
    return job.created_by.known_as if job.created_by is not None else ""
