"""What answers say by themselves: rungs as asked, drivers, types, departments; where the ladder differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.ladder import LadderResult
from verbond.method import RUNGS
from verbond.results import Estimate, Reason
from verbond.survey import (
    AskedRungs,
    AskedRungsResult,
    Drivers,
    DriversResult,
    EmployeesResult,
    RelationshipTypes,
    SurveyResult,
    TypesResult,
    customer_orientation,
    customer_segments,
)
from verbond.tables import Tables

__all__ = ["AnswerResults", "RungBeside", "beside_ladder", "read_answers", "said_by_answers"]

Attempt = Callable[[Callable[[], Any], str], Any]


@dataclass(frozen=True, slots=True)
class RungBeside:
    """One rung as asked beside the ladder's estimate.

    Attributes
    ----------
    rung : int
        1..5.
    asked : Estimate
        Share of respondents who have attained it, from answers alone, each at their latest wave.
    ladder : Estimate
        Share of customers on it or above in the last period, from answers and behaviour.
    differ : bool
        Their intervals do not overlap.
    """

    rung: int
    asked: Estimate
    ladder: Estimate
    differ: bool


@dataclass(frozen=True, slots=True)
class AnswerResults:
    """What the answers allow beyond scores; None each where they do not, and `Diagnosis.unsaid` says why.

    Attributes
    ----------
    rungs : AskedRungsResult or None
    drivers : DriversResult or None
    types : TypesResult or None
    employees : EmployeesResult or None
    """

    rungs: AskedRungsResult | None
    drivers: DriversResult | None
    types: TypesResult | None
    employees: EmployeesResult | None


def read_answers(
    tables: Tables, survey: SurveyResult, attempt: Attempt, *, segments: tuple[str, ...] = (), seed: int = 0
) -> AnswerResults:
    """Run what can be run on scores; `attempt` turns data that cannot carry it into a reason."""
    scores: Mapping[str, np.ndarray] = survey.scores
    return AnswerResults(
        rungs=attempt(
            lambda: AskedRungs(seed=seed).fit(scores, source=tables.name), "diagnosis.asked_failed"
        ),
        drivers=attempt(
            lambda: Drivers(seed=seed).fit(scores, source=tables.name), "diagnosis.drivers_failed"
        ),
        types=attempt(
            lambda: RelationshipTypes().fit(
                scores, segments=customer_segments(tables, segments), source=tables.name
            ),
            "diagnosis.types_failed",
        ),
        employees=attempt(lambda: customer_orientation(tables), "diagnosis.employees_failed"),
    )


def beside_ladder(asked: AskedRungsResult, ladder: LadderResult) -> tuple[RungBeside, ...]:
    """Both estimates of every rung; empty where the ladder's states are no rungs.

    The ladder's bounds are those of the rungs added, which is cautious. The two are about different people:
    those who answered, and all customers.
    """
    if not ladder.anchored or ladder.shares.shape[-1] != 6 or not len(ladder.shares):
        return ()
    parts = (ladder.shares[-1], ladder.shares_ci_lower[-1], ladder.shares_ci_upper[-1])
    if not np.isfinite(parts).all():
        return ()
    rows = []
    for rung in asked.rungs:
        share, low, high = (float(part[rung.rung :].sum()) for part in parts)
        other = Estimate(share, max(low, 0.0), min(high, 1.0), int(ladder.n_present[-1]))
        bounds = rung.attained.ci_lower, rung.attained.ci_upper
        differ = bool(bounds[0] > other.ci_upper or bounds[1] < other.ci_lower)  # type: ignore[operator]
        rows.append(RungBeside(rung.rung, rung.attained, other, differ))
    return tuple(rows)


def said_by_answers(
    answers: AnswerResults, beside: tuple[RungBeside, ...]
) -> Iterator[tuple[Reason, str, int]]:
    """Sentences with their tone and how many people they rest on."""
    if answers.rungs is not None:
        tone = {"skips": "bad", "undecided": "caution"}.get(answers.rungs.verdict, "neutral")
        yield answers.rungs.reason, tone, answers.rungs.n_respondents
    if differing := [row for row in beside if row.differ]:
        most = max(differing, key=lambda row: abs(row.asked.value - row.ladder.value))  # type: ignore[operator]
        values = {
            "rung": most.rung, "name": RUNGS[most.rung].name, "asked": most.asked.value,
            "ladder": most.ladder.value, "n": most.asked.n_obs,
        }  # fmt: skip
        yield Reason("diagnosis.asked_beside_ladder", values), "caution", most.asked.n_obs
    for outcome in answers.drivers.outcomes if answers.drivers is not None else ():
        if outcome.reasons and outcome.reasons[0].code == "survey.drivers_first":
            yield outcome.reasons[0], "neutral", outcome.n_obs
    if answers.employees is not None and len(answers.employees.departments) > 1:
        first = answers.employees.reasons[0]
        tone = "bad" if first.code == "survey.orientation_differs" else "neutral"
        yield first, tone, answers.employees.orientation.n_obs
