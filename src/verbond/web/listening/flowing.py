"""Answers flow into the organisation's tables without a further step; the next diagnosis uses them.

A survey is one import, written anew as a whole each time and put in the place of what was there. Where
people were promised that nobody sees who answered what, tables only ever grow by five people or more: what
came is held back until there are so many, and while more may come five are held back for the next time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from verbond.errors import NotFoundError
from verbond.results import Progress, ProgressFunction
from verbond.results.groups import MIN_GROUP
from verbond.web.data.flowed import PRODUCT, write_down
from verbond.web.diagnosing import archive_of
from verbond.web.jobs import enqueue
from verbond.web.listening.forgetting import forget_order
from verbond.web.listening.rows import tables_of
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.store.models import Import, Job, Organisation, Sheet, Survey

if TYPE_CHECKING:
    from verbond.tables import Archive, Tables

__all__ = ["KIND", "PRODUCT", "counted", "enqueue_due", "flow_survey", "forget_flow", "is_due", "seen_of"]

KIND = "flow"
STEP = "web_monitor.step_flow"
STEP_OF = MIN_GROUP
"""So many answers at once."""
MINUTES = 10
"""Fewer wait so long."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How the sheets of a survey stand to its tables.

    Attributes
    ----------
    n_new : int
        Handed in, and not in the tables.
    n_here : int
        Handed in, and in the tables.
    n_gone : int
        In the tables, and withdrawn since.
    """

    n_new: int
    n_here: int
    n_gone: int


def counted(survey: Survey) -> Counted:
    """Count the sheets of a survey by how they stand to its tables."""
    handed_in, flowed = Q(state=Sheet.State.HANDED_IN), Q(flowed=True)
    return Counted(
        **survey.sheets.aggregate(
            n_new=Count("pk", filter=handed_in & ~flowed),
            n_here=Count("pk", filter=handed_in & flowed),
            n_gone=Count("pk", filter=~handed_in & flowed),
        )
    )


def in_steps(survey: Survey) -> bool:
    """Whether its tables only grow by so many people that nobody can be told from the difference."""
    return survey.mode != Survey.Mode.IDENTIFIED


def seen_of(survey: Survey) -> QuerySet[Sheet]:
    """The sheets that figures are made of: of people who were promised more, only those in the tables."""
    handed_in = survey.sheets.filter(state=Sheet.State.HANDED_IN)
    return handed_in.filter(flowed=True) if in_steps(survey) else handed_in


# when


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Put a job in the queue for each survey of which enough changed; returns for how many.

    One that failed is tried again after a while, and not each minute.
    """
    asked = Survey.objects.exclude(state=Survey.State.DRAFT).select_related("organisation")
    lately = timezone.now() - dt.timedelta(minutes=MINUTES)
    busy = Q(state__in=(Job.State.WAITING, Job.State.RUNNING)) | Q(
        state=Job.State.FAILED, created_at__gt=lately
    )
    left = set(Job.objects.filter(busy, kind=KIND).values_list("subject", flat=True))
    asked = asked.defer("questionnaire")
    due = [one for one in asked if str(one.pk) not in left and is_due(one, now)]
    for survey in due:
        enqueue(KIND, organisation=survey.organisation, subject=survey.pk)
    return len(due)


def is_due(survey: Survey, now: dt.datetime | None = None) -> bool:
    """Whether what came, or went, is to be written into the tables now."""
    if survey.flow.get("pending"):
        return True
    n, closed = counted(survey), survey.state == Survey.State.CLOSED
    if n.n_gone or n.n_here != survey.flow.get("n", 0):
        return True
    if in_steps(survey):
        return _n_may_flow(n, closed=closed) > 0
    last = survey.flow.get("at")
    since = dt.datetime.fromisoformat(last) if last else survey.opened_at or survey.created_at
    waited = (now or timezone.now()) - since >= dt.timedelta(minutes=MINUTES)
    return n.n_new >= STEP_OF or (n.n_new > 0 and (waited or closed))


def _n_may_flow(n: Counted, *, closed: bool) -> int:
    """How many of what came may be added to tables that grow in steps."""
    may = n.n_new if closed else n.n_new - STEP_OF
    return may if may >= STEP_OF else 0


# doing it


def flow_survey(job: Job, progress: ProgressFunction) -> None:
    """Write a survey's answers into the tables; doing it again changes nothing."""
    survey = Survey.objects.select_related("organisation").filter(pk=job.subject).first()
    if survey is None or survey.organisation_id != job.organisation_id:
        return
    progress(Progress(STEP, 0.0))
    survey.flow = _choose(survey)
    archive = archive_of(survey.organisation)
    sheets = list(survey.sheets.filter(state=Sheet.State.HANDED_IN, flowed=True))
    if sheets:
        tables = _tables(survey, sheets, archive)
        kept = archive.put(
            tables,
            import_id=survey.flow["import"],
            source_sha256=hashlib.sha256(f"{survey.pk} {tables.fingerprint}".encode()).hexdigest(),
            file_name=survey.name,
            product=PRODUCT,
        )
        write_down(
            survey.organisation, kept, survey.name, {"survey": str(survey.pk)}, by_id=survey.created_by_id
        )
    else:
        forget_flow(survey)
    progress(Progress(STEP, 0.5))
    if archive.imports():
        archive.rebuild(lambda told: progress(Progress(STEP, 0.5 + told.done / 2, told.detail)))
    _done(survey, len(sheets))
    if survey.state == Survey.State.CLOSED:
        forget_order(survey)


def _choose(survey: Survey) -> dict[str, Any]:
    """Mark what is to be in the tables: before it is, so that a job after this one chooses the same."""
    with transaction.atomic():
        now = Survey.objects.select_for_update().get(pk=survey.pk)
        if not now.flow.get("pending"):
            chosen = _chosen(now)
            now.sheets.filter(pk__in=chosen).update(flowed=True)
            flow = {"import": str(uuid.uuid4()), **now.flow, "pending": True}
            Survey.objects.filter(pk=now.pk).update(flow=flow)
            return flow
        return now.flow


def _chosen(survey: Survey) -> list[int]:
    """The sheets that are added; which ones of many is by lot."""
    new = list(survey.sheets.filter(state=Sheet.State.HANDED_IN, flowed=False).values_list("pk", flat=True))
    if in_steps(survey):
        n = _n_may_flow(counted(survey), closed=survey.state == Survey.State.CLOSED)
        secrets.SystemRandom().shuffle(new)
        return new[:n]
    return new


def _tables(survey: Survey, sheets: list[Sheet], archive: Archive) -> Tables:
    others = [one for one in archive.imports() if one.import_id != survey.flow["import"]]
    known = {item: meaning for one in others for item, meaning in one.items.items()}
    return tables_of(
        survey,
        questionnaire_of(survey),
        sheets,
        archive.pseudonym,
        known=known,
        simulated=survey.organisation.kind == Organisation.Kind.DEMO,
    )


def _done(survey: Survey, n: int) -> None:
    with transaction.atomic():
        survey.sheets.exclude(state=Sheet.State.HANDED_IN).filter(flowed=True).update(flowed=False)
        flow = {"import": survey.flow["import"], "n": n, "at": timezone.now().isoformat(timespec="seconds")}
        Survey.objects.filter(pk=survey.pk).update(flow=flow)


def forget_flow(survey: Survey) -> None:
    """Take what a survey brought out of the tables."""
    import_id = survey.flow.get("import")
    if not import_id:
        return
    archive = archive_of(survey.organisation)
    try:
        archive.undo(import_id)
    except NotFoundError:
        return
    finally:
        Import.objects.filter(pk=import_id, organisation=survey.organisation).delete()
