"""`diagnose`: run every method that the tables allow, in order, and gather what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from verbond.diagnosis.answers import AnswerResults, beside_ladder, read_answers
from verbond.diagnosis.effects import read_effects
from verbond.diagnosis.effort import count_effort
from verbond.diagnosis.expressions import read_expressions
from verbond.diagnosis.findings import gather_findings
from verbond.diagnosis.loyalty import LoyaltyResults, groups_of, read_loyalty, with_rungs
from verbond.diagnosis.marks import with_marks
from verbond.diagnosis.plan.planning import make_plan
from verbond.diagnosis.plan.results import Learned
from verbond.diagnosis.results import Diagnosis
from verbond.diagnosis.steps import Evidence, first_of, first_steps
from verbond.errors import DataError
from verbond.expressions import Promise, Rater
from verbond.ladder import Ladder, LadderResult, LadderTrial
from verbond.loyalty import IntentionGap, IntentionResult
from verbond.results import Progress, ProgressFunction, Provenance, Reason, silent
from verbond.survey import Survey, SurveyResult
from verbond.tables import RUNG_CONSTRUCTS, Tables
from verbond.tables.reads import behaviour
from verbond.values import Values, ValuesResult

__all__ = ["MAX_SEGMENT_ATTRIBUTES", "diagnose"]

MAX_SEGMENT_ATTRIBUTES = 6
"""Attributes that are broken out unless the caller names them: what a page can show and a person can read."""

R = TypeVar("R")


@dataclass
class _Notes:
    """What could not be said, gathered while the methods run."""

    unsaid: list[Reason] = field(default_factory=list)

    def attempt(self, method: Callable[[], R], code: str) -> R | None:
        """Run a method; data that cannot carry it become a reason instead of an error."""
        try:
            return method()
        except DataError as error:
            self.unsaid.append(Reason(code, {"why": str(error)}))
            return None


def diagnose(
    tables: Tables,
    *,
    segments: tuple[str, ...] | None = None,
    ladder: Ladder | None = None,
    promise: Promise | None = None,
    rater: Rater | None = None,
    learned: Mapping[str, Learned] | None = None,
    seed: int = 0,
    progress: ProgressFunction = silent,
) -> Diagnosis:
    """See what relationship a company has with its customers.

    Use it on whatever data there are: what cannot be computed is said, with what it would take, and three
    first steps always stand at the end.

    Parameters
    ----------
    tables : Tables
        From `verbond.open_tables`.
    segments : tuple of str, optional
        Customer attributes to break out; by default the first few that are fit for it.
    ladder : Ladder, optional
        The ladder model to fit; by default six rungs a month, or as the data allow.
    promise : Promise, optional
        What messages are held against; the demo company brings its own.
    rater : Rater, optional
        What rates messages; the best that is installed where not given.
    learned : mapping of play id to Learned, optional
        What the company knows of steps from having taken them.
    seed : int
        Of everything random; equal seeds and data give equal diagnoses.
    progress : callable
        Told at each step.

    Returns
    -------
    Diagnosis

    Examples
    --------
    >>> import verbond
    >>> diagnosis = verbond.diagnose(verbond.open_tables("demo"))  # doctest: +SKIP
    """
    notes = _Notes()
    segments = tables.attributes[:MAX_SEGMENT_ATTRIBUTES] if segments is None else segments
    model = ladder if ladder is not None else Ladder(seed=seed, segments=segments)

    survey = _read_survey(tables, notes, progress)
    if survey is not None and len(survey.scores["respondent_id"]):
        tables = tables.add("scores", survey.scores)
    answers, values = _read_scores(tables, survey, tuple(segments), seed, notes, progress)
    result, trial = _place_customers(tables, survey, model, seed, notes, progress)
    intentions, loyalty = _read_behaviour(
        with_rungs(tables, result), survey, tuple(segments), seed, notes, progress
    )

    effects = read_effects(tables, result, notes.attempt, progress=progress)
    effort = count_effort(tables)
    expressions = read_expressions(
        tables, promise, notes.attempt, notes.unsaid, rater=rater, seed=seed, progress=progress
    )
    effects = with_marks(effects, expressions)
    asked = answers.rungs if answers is not None else None
    beside = beside_ladder(asked, result) if asked is not None and result is not None else ()
    findings, unsaid = gather_findings(
        tables.check, survey, result, intentions, effort, values, trial, answers=answers, beside=beside,
        loyalty=loyalty, effects=effects, expressions=expressions,
    )  # fmt: skip
    found = Diagnosis(
        name=tables.name,
        simulated=tables.simulated,
        check=tables.check,
        survey=survey,
        ladder=result,
        intentions=intentions,
        effort=effort,
        findings=findings,
        unsaid=(*notes.unsaid, *unsaid),
        steps=first_steps(Evidence(behaviour(tables), survey, result, intentions, effort)),
        provenance=Provenance(
            source=tables.name,
            fingerprint=tables.fingerprint,
            simulated=tables.simulated,
            engine=tables.engine_name,
            options={"segments": list(segments), "constructs": list(RUNG_CONSTRUCTS)},
            seed=seed,
        ),
        values=values,
        trial=trial,
        answers=answers,
        beside=beside,
        loyalty=loyalty,
        effects=effects,
        expressions=expressions,
    )
    progress(Progress("diagnosis.step_plan", 0.0))
    promised = expressions.promise if expressions is not None else promise
    plan = make_plan(found, tables, promise=promised or promise, learned=learned, seed=seed)
    found = replace(found, plan=plan, steps=first_of(plan, found.steps))
    progress(Progress("diagnosis.step_done", 1.0))
    return found


def _read_survey(tables: Tables, notes: _Notes, progress: ProgressFunction) -> SurveyResult | None:
    """What was asked and answered."""
    progress(Progress("diagnosis.step_survey", 0.0))
    if "responses" not in tables:
        notes.unsaid.append(Reason("diagnosis.no_survey"))
        return None
    return notes.attempt(lambda: Survey().fit(tables, progress=progress), "diagnosis.survey_failed")


def _read_scores(
    tables: Tables, survey: SurveyResult | None, segments: tuple[str, ...], seed: int, notes: _Notes,
    progress: ProgressFunction,
) -> tuple[AnswerResults | None, ValuesResult | None]:  # fmt: skip
    """What scores say by themselves, and what they say of values."""
    answers = values = None
    if survey is not None and len(survey.scores["respondent_id"]):
        progress(Progress("diagnosis.step_answers", 0.0))
        answers = read_answers(tables, survey, notes.attempt, segments=segments, seed=seed)
    if survey is not None and _asked_about_values(tables):
        progress(Progress("diagnosis.step_values", 0.0))
        values = notes.attempt(
            lambda: Values(seed=seed).fit(tables, progress=progress), "diagnosis.values_failed"
        )
    return answers, values


def _place_customers(
    tables: Tables, survey: SurveyResult | None, model: Ladder, seed: int, notes: _Notes,
    progress: ProgressFunction,
) -> tuple[LadderResult | None, LadderTrial | None]:  # fmt: skip
    """The ladder, and how it does on periods that were put aside."""
    progress(Progress("diagnosis.step_ladder", 0.0))
    if "events" not in tables and (survey is None or not survey.n_customers_linked):
        notes.unsaid.append(Reason("diagnosis.no_behaviour"))
        return None, None
    result = notes.attempt(lambda: model.fit(tables, progress=progress), "diagnosis.ladder_failed")
    if result is None or not result.n_parameters:  # nothing was fitted where there are none
        return result, None
    progress(Progress("diagnosis.step_trial", 0.0))
    return result, notes.attempt(lambda: result.check(tables, seed=seed), "diagnosis.trial_failed")


def _read_behaviour(
    tables: Tables, survey: SurveyResult | None, segments: tuple[str, ...], seed: int, notes: _Notes,
    progress: ProgressFunction,
) -> tuple[IntentionResult | None, LoyaltyResults | None]:  # fmt: skip
    """What people did, beside what they said and by itself."""
    progress(Progress("diagnosis.step_intentions", 0.0))
    if "events" not in tables:
        return None, None
    groups, intentions = groups_of(tables, segments), None
    if survey is not None:
        intentions = notes.attempt(
            lambda: IntentionGap(by=groups, seed=seed).fit(tables), "diagnosis.intentions_failed"
        )
    return intentions, read_loyalty(tables, notes.attempt, by=groups, seed=seed, progress=progress)


def _asked_about_values(tables: Tables) -> bool:
    """Whether any answer is about a value."""
    about = {item for item, meaning in tables.items.items() if meaning.value is not None}
    groups = ("customer", "employee")
    return any(not about.isdisjoint(tables.select("answered_items", group=g)["item"]) for g in groups)
