"""A step of a plan becomes an undertaking."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction

from verbond.method import play
from verbond.results import Language
from verbond.web.experiments.settings import BEHAVIOUR, CONSTRUCTS, Settings
from verbond.web.steps.telling import name_of
from verbond.web.store.models import Experiment, Organisation, Undertaking, User
from verbond.web.templating import spoken

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.diagnosis.plan import PlannedStep

__all__ = ["planned", "planned_of", "take"]


def planned(diagnosis: Diagnosis, play_id: str, segment: str) -> PlannedStep | None:
    """The step of a diagnosis's plan; None where it has none such."""
    steps = diagnosis.plan.steps if diagnosis.plan is not None else ()
    return next((one for one in steps if (one.play_id, one.segment) == (play_id, segment)), None)


def planned_of(organisation: Organisation, diagnosis: Diagnosis, language: Language) -> list[dict[str, Any]]:
    """The steps of a plan, each with the undertaking of it that runs."""
    steps = diagnosis.plan.steps if diagnosis.plan is not None else ()
    rows = Undertaking.objects.filter(organisation=organisation, state=Undertaking.State.RUNNING)
    running = {(one.play, one.segment): one.pk for one in rows}
    return [
        {
            "play_id": one.play_id, "segment": one.segment, "name": play(one.play_id).name.say(language),
            "running": running.get((one.play_id, one.segment)),
        }
        for one in steps
    ]  # fmt: skip


def take(
    organisation: Organisation,
    step: PlannedStep,
    diagnosis: Diagnosis,
    *,
    owner: User | None,
    starts_on: dt.date,
    looks_on: dt.date,
    by_lot: bool,
    by: User,
    base: str = "",
) -> Undertaking:
    """Take a step on; where a lot decides, with an experiment whose first answers are the step's."""
    with transaction.atomic():
        one = Undertaking(
            organisation=organisation, play=step.play_id, rung=step.rung, segment=step.segment, owner=owner,
            starts_on=starts_on, looks_on=looks_on, made_by=by, base=base[:200],
            expected=_expected(step, diagnosis),
        )  # fmt: skip
        if by_lot:
            one.experiment = _experiment(one, by)
        one.save()
    return one


def _expected(step: PlannedStep, diagnosis: Diagnosis) -> dict[str, Any]:
    plan, climb = diagnosis.plan, step.climb
    assert plan is not None
    return {
        "climb": [climb.value, climb.ci_lower, climb.ci_upper] if climb is not None else None,
        "n_reach": step.n_reach, "n_periods": plan.n_periods, "period": plan.period,
        "rests_on": step.rests_on,
    }  # fmt: skip


def _experiment(one: Undertaking, by: User) -> Experiment:
    """A draft whose wizard is answered as far as the playbook can."""
    known, name = play(one.play), name_of(one, spoken())
    outcome = known.experiment.outcome
    settings = Settings(
        action=name[:200],
        kind=known.action_kinds[0] if known.action_kinds else "campaign",
        main=outcome if outcome in (*BEHAVIOUR, *CONSTRUCTS) else "",
        starts_on=one.starts_on.isoformat(),
        days=(one.looks_on - one.starts_on).days,
    )
    if "=" in one.segment:
        attribute, _, value = one.segment.partition("=")
        settings = Settings(**(settings.kept() | {"group_by": attribute, "group": value, "others": ()}))
    return Experiment.objects.create(
        organisation=one.organisation, name=name[:120], settings=settings.kept(), created_by=by
    )
