"""Each idea is a contribution of that customer in the organisation's tables; what she wrote is not.

A community is one import, written anew as a whole each time, as with questionnaires.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from verbond.errors import NotFoundError
from verbond.results import Progress, ProgressFunction
from verbond.web.data.flowed import PRODUCT, write_down
from verbond.web.diagnosing import archive_of
from verbond.web.jobs import enqueue
from verbond.web.store.models import Community, Idea, Import, Job, Organisation

if TYPE_CHECKING:
    from verbond.tables import Tables

__all__ = ["CHANNEL", "KIND", "enqueue_due", "flow_ideas", "forget_flow"]

KIND = "ideas"
CHANNEL = "community"
"""In `events.channel`."""
STEP = "web_community.step_flow"
MINUTES = 10
"""After one that failed."""


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Put a job in the queue for each community of which something changed; returns for how many."""
    lately = (now or timezone.now()) - dt.timedelta(minutes=MINUTES)
    busy = Q(state__in=(Job.State.WAITING, Job.State.RUNNING)) | Q(
        state=Job.State.FAILED, created_at__gt=lately
    )
    left = set(Job.objects.filter(busy, kind=KIND).values_list("subject", flat=True))
    due = [one for one in Community.objects.filter(flow__pending=True) if str(one.pk) not in left]
    for community in due:
        enqueue(KIND, organisation=community.organisation, subject=community.pk)
    return len(due)


def flow_ideas(job: Job, progress: ProgressFunction) -> None:
    """Write a community's ideas into the tables as contributions; doing it again changes nothing."""
    community = _begun(job)
    if community is None:
        return
    progress(Progress(STEP, 0.0))
    archive = archive_of(community.organisation)
    ideas = list(community.ideas.exclude(member__customer="").select_related("member").order_by("made_at"))
    if ideas:
        tables = _tables(community, ideas)
        kept = archive.put(
            tables,
            import_id=community.flow["import"],
            source_sha256=hashlib.sha256(f"{community.pk} {tables.fingerprint}".encode()).hexdigest(),
            file_name=community.name,
            product=PRODUCT,
        )
        write_down(
            community.organisation, kept, community.name, {"community": str(community.pk)},
            by_id=community.created_by_id,
        )  # fmt: skip
    else:
        forget_flow(community)
    progress(Progress(STEP, 0.5))
    if archive.imports():
        archive.rebuild(lambda told: progress(Progress(STEP, 0.5 + told.done / 2, told.detail)))
    _done(community, {one.pk for one in ideas})


def _begun(job: Job) -> Community | None:
    """The community of a job, with the id of its import; a change from now on waits for the next job."""
    with transaction.atomic():
        rows = Community.objects.select_for_update(of=("self",)).select_related("organisation")
        found = rows.filter(pk=job.subject, organisation=job.organisation).first()
        if found is None or not found.flow.get("pending"):
            return None
        found.flow = {"import": str(uuid.uuid4()), **found.flow, "pending": True}
        Community.objects.filter(pk=found.pk).update(flow=found.flow)
    return found


def _tables(community: Community, ideas: list[Idea]) -> Tables:
    from verbond.tables import Tables

    n = len(ideas)
    events = {
        "customer_id": np.array([one.member.customer for one in ideas], object),
        "occurred_at": np.array([one.made_at.replace(tzinfo=None) for one in ideas], "datetime64[s]"),
        "kind": np.full(n, "contribution", object),
        "channel": np.full(n, CHANNEL, object),
    }
    simulated = community.organisation.kind == Organisation.Kind.DEMO
    return Tables.from_columns({"events": events}, name=community.name, simulated=simulated)


def _done(community: Community, written: set[int]) -> None:
    """What was written stands; where an idea came meanwhile, it stays pending."""
    with transaction.atomic():
        now = Community.objects.select_for_update().get(pk=community.pk)
        there = set(now.ideas.exclude(member__customer="").values_list("pk", flat=True))
        at = timezone.now().isoformat(timespec="seconds")
        flow: dict[str, object] = {"import": community.flow["import"], "n": len(written), "at": at}
        if there != written:
            flow["pending"] = True
        Community.objects.filter(pk=community.pk).update(flow=flow)


def forget_flow(community: Community) -> None:
    """Take what a community brought out of the tables."""
    import_id = community.flow.get("import")
    if not import_id:
        return
    try:
        archive_of(community.organisation).undo(import_id)
    except NotFoundError:
        return
    finally:
        Import.objects.filter(pk=import_id, organisation=community.organisation).delete()
