"""Looking again: what came of a step, and what the organisation knows of it from then on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from verbond.errors import DataError
from verbond.results import Progress, ProgressFunction
from verbond.web.diagnosing import diagnosis_of, open_data
from verbond.web.jobs import enqueue
from verbond.web.store import reads
from verbond.web.store.models import Job, Organisation, Undertaking, User

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Learned, Lesson, Seen

__all__ = ["KIND", "begin", "due_of", "learned_of", "look"]

KIND = "look"
STEP = "web_steps.step_look"


def due_of(organisation: Organisation, today: dt.date | None = None) -> int:
    """How many steps wait to be looked at."""
    rows = Undertaking.objects.filter(organisation=organisation, state=Undertaking.State.RUNNING)
    return rows.filter(looks_on__lte=today or timezone.localdate()).count()


def begin(undertaking: Undertaking, *, by: User | None) -> Job:
    """Let a job look."""
    return enqueue(KIND, organisation=undertaking.organisation, subject=undertaking.pk, by=by)


def look(job: Job, progress: ProgressFunction) -> None:
    """See what came of a step; where the data do not reach far enough yet it goes on running."""
    from verbond.diagnosis.plan.learning import look_again

    rows = Undertaking.objects.select_related("organisation", "experiment")
    one = rows.filter(pk=job.subject, organisation=job.organisation, state=Undertaking.State.RUNNING).first()
    run = reads.last_run(one.organisation) if one is not None else None
    if one is None or one.looks_on > timezone.localdate():
        return
    if run is None:
        raise DataError("there is no diagnosis yet", hint="Make one first: its ladder says who moved.")
    progress(Progress(STEP, 0.0))
    with open_data(one.organisation) as tables:
        lesson = look_again(
            diagnosis_of(run), tables, one.play, one.action_id, before=_seen_before(one), rung=one.rung
        )
    early = any(reason.code == "plan_learned.too_early" for reason in lesson.reasons)
    state = Undertaking.State.RUNNING if early else Undertaking.State.LOOKED
    changed = {"outcome": _kept(lesson), "state": state, "looked_at": None if early else timezone.now()}
    Undertaking.objects.filter(pk=one.pk, state=Undertaking.State.RUNNING).update(**changed)


def _kept(lesson: Lesson) -> dict[str, Any]:
    return {
        "seen": lesson.seen.kept() if lesson.seen is not None else None,
        "verdict": lesson.verdict,
        "said": {"en": lesson.sentences("en"), "nl": lesson.sentences("nl")},
        "on": timezone.localdate().isoformat(),
    }


def _seen_before(one: Undertaking) -> list[Seen]:
    """What came of the same step before, here."""
    return [seen for play, seen in _history(one.organisation) if play == one.play]


def learned_of(organisation: Organisation) -> dict[str, Learned]:
    """What the organisation knows of steps from having taken them."""
    from verbond.diagnosis.plan.learning import learned_from

    return learned_from(_history(organisation))


def _history(organisation: Organisation) -> list[tuple[str, Seen]]:
    from verbond.diagnosis.plan import Seen

    rows = Undertaking.objects.filter(organisation=organisation, state=Undertaking.State.LOOKED)
    return [
        (one.play, Seen.of(one.outcome["seen"]))
        for one in rows.order_by("looked_at")
        if one.outcome.get("seen")
    ]
