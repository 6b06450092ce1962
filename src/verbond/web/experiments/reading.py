"""What came of an experiment: read as was agreed on, and no sooner."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from verbond.errors import VerbondError
from verbond.results import Language, Reason, Spoken, sentence
from verbond.web.diagnosing import archive_of, open_data
from verbond.web.experiments.agreeing import outcome_said
from verbond.web.experiments.settings import BEHAVIOUR, CONTROL, Settings
from verbond.web.experiments.telling import arm_inside
from verbond.web.store.models import Experiment, Organisation

if TYPE_CHECKING:
    from verbond.effects import ExperimentResult
    from verbond.reports.effects.experiment import Reading
    from verbond.tables import Tables

__all__ = ["read", "result_of"]

ROOM = "web_experiments"


def read(experiment: Experiment, language: Language) -> Reading | str:
    """What came of it, every string ready; or why that is not told.

    Parameters
    ----------
    experiment : Experiment
        Of which a lot was drawn.
    language : {"en", "nl"}
    """
    from verbond.reports.effects.experiment import read_result

    settings = Settings.of(experiment.settings)
    if not settings.any_look and settings.ends_on and timezone.localdate() < settings.ends_on:
        return sentence(f"{ROOM}.result_not_yet", language, day=settings.ends_on)
    organisation = experiment.organisation
    found = _read(experiment.pk, organisation.pk, organisation.kind, archive_of(organisation).state())
    names = _names(settings, language)
    if isinstance(found, Reason):
        values = {**found.values, "outcome": names[settings.main]}
        return Reason(found.code, values).sentence(language)
    if isinstance(found, VerbondError):
        return Spoken(found).say(language)
    told = {one.outcome for one in found.effects}
    unread = [names[one] for one in settings.outcomes if one not in told]
    more = [Reason(f"{ROOM}.result_left_out", {"names": unread})] if unread else []
    return read_result(found, language, names, units=_units(settings), more=more)


def result_of(experiment: Experiment, tables: Tables) -> ExperimentResult | Reason:
    """Compare the arms as was agreed on.

    Parameters
    ----------
    experiment : Experiment
    tables : Tables
        With `assignments`; scores are worked out where they are looked at.

    Returns
    -------
    ExperimentResult or Reason
        Why it is too early, or there is nothing to compare.
    """
    from verbond.effects import ActionExperiment

    settings = Settings.of(experiment.settings)
    if too_early := _too_early(settings, tables):
        return too_early
    tables = _with_scores(tables, settings)
    outcomes = tuple(name for name in settings.outcomes if _is_told(name, settings, tables))
    if settings.main not in outcomes:
        return Reason(f"{ROOM}.result_not_asked")
    arms = settings.arms
    return ActionExperiment(
        action=experiment.action_id,
        control=CONTROL,
        outcomes=outcomes,
        days=settings.days,
        margin={settings.main: experiment.plan["margin"]},
        expected={arm: share / sum(arms.values()) for arm, share in arms.items()},
        any_look=settings.any_look,
        planned_n=experiment.plan["n_total"] if settings.any_look else None,
    ).analyze(tables)


def _too_early(settings: Settings, tables: Tables) -> Reason | None:
    """Why the data do not tell yet: what was done is not brought up to the last day."""
    if settings.main not in BEHAVIOUR or "events" not in tables:
        return None
    last, first = tables.period_range[1], dt.date.fromisoformat(settings.starts_on)
    if last < first:
        return Reason(f"{ROOM}.result_no_data", {"last": last, "day": first})
    end = first + dt.timedelta(days=settings.days - 1)
    if last < end and not settings.any_look:
        return Reason(f"{ROOM}.result_no_data", {"last": last, "day": end})
    return None


def _with_scores(tables: Tables, settings: Settings) -> Tables:
    if "scores" in tables or "responses" not in tables or set(settings.outcomes) <= set(BEHAVIOUR):
        return tables
    from verbond.survey import Survey

    scores = Survey().fit(tables).scores
    return tables.add("scores", scores) if len(scores["respondent_id"]) else tables


def _is_told(name: str, settings: Settings, tables: Tables) -> bool:
    """Whether anything of an outcome is known since the first day."""
    if name in BEHAVIOUR:
        return "events" in tables
    if "scores" not in tables or "customer_id" not in tables.columns("scores"):
        return False
    scores = tables.fetch("scores", ["construct", "customer_id", "occurred_at"])
    mine = (scores["construct"] == name) & np.array([one is not None for one in scores["customer_id"]], bool)
    return bool((scores["occurred_at"][mine] >= np.datetime64(settings.starts_on)).any())


@lru_cache(maxsize=64)
def _read(
    id: uuid.UUID, organisation_id: int, kind: str, state: str
) -> ExperimentResult | Reason | VerbondError:
    """The same data and experiment give the same result: it is worked out once."""
    experiment = Experiment.objects.get(pk=id, organisation_id=organisation_id)
    try:
        with open_data(Organisation(pk=organisation_id, kind=kind)) as tables:
            return result_of(experiment, tables)
    except VerbondError as error:
        return error


def _names(settings: Settings, language: Language) -> dict[str, str]:
    names = {arm: arm_inside(settings, arm, language) for arm in settings.arms}
    for outcome in settings.outcomes:
        said = outcome_said(outcome, language)
        names |= {outcome: said, f"{outcome}_before": sentence(f"{ROOM}.before", language, outcome=said)}
    return names


def _units(settings: Settings) -> dict[str, str]:
    """Those of one unit are drawn on one axis."""
    return {name: "0..100" if name not in BEHAVIOUR else name for name in settings.outcomes}
