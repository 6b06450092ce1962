"""The rules for the first three steps, each on the data it looks at."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from stand_ins import behaviour, gap, ladder, survey

from verbond.diagnosis.steps import N_STEPS, Evidence, first_steps
from verbond.method import HANDLES
from verbond.results import Estimate
from verbond.tables.reads.behaviour import KindOfEvent

NOTHING = Evidence(behaviour(0))
CONSTRUCTS = {"experience": (70.0, 65.0, 75.0), "congruence": (40.0, 35.0, 45.0)}
EVERYTHING = Evidence(
    behaviour(complaint=KindOfEvent(50, 40, 0.0, 0, 0), purchase=KindOfEvent(100, 90, 1e3, 100, 80)),
    survey(CONSTRUCTS, distant=Estimate(0.5, 0.4, 0.6, 50)),
    ladder(n_present=np.full(12, 60)),
    SimpleNamespace(gaps=(gap("recommend", 0.3, 0.2, 0.4),)),
    SimpleNamespace(cost_to_win=90.0, cost_to_keep=10.0, rungs=()),
)


def handles(evidence: Evidence) -> list[str]:
    return [step.handle_id for step in first_steps(evidence)]


@pytest.mark.parametrize("evidence", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
def test_there_are_three_different_steps_that_exist(evidence: Evidence) -> None:
    steps = first_steps(evidence)
    assert len({step.handle_id for step in steps}) == len(steps) == N_STEPS
    assert {step.handle_id for step in steps} <= {handle.id for handle in HANDLES}
    for step in steps:
        for language in ("en", "nl"):
            assert "{" not in step.because.sentence(language)


@pytest.mark.parametrize("step", first_steps(EVERYTHING), ids=lambda step: step.handle_id)
def test_step_serves_the_rung_that_it_names(step: object) -> None:
    handle = next(h for h in HANDLES if h.id == step.handle_id)
    assert step.rung in handle.rungs


def test_without_a_survey_asking_comes_first() -> None:
    assert handles(NOTHING)[0] == "ask_values"


@pytest.mark.parametrize("rung", [1, 2, 3, 4, 5])
def test_blocking_rung_comes_before_other_rules(rung: int) -> None:
    step = first_steps(Evidence(behaviour(), survey(CONSTRUCTS), ladder(blocking_rung=rung)))[0]
    handle = next(h for h in HANDLES if h.id == step.handle_id)
    assert step.rung == rung
    assert rung in handle.rungs
    assert step.because.code == "diagnosis.because_blocking"


def test_customers_below_the_blocking_rung_are_those_present_now() -> None:
    because = first_steps(Evidence(behaviour(), survey(CONSTRUCTS), ladder()))[0].because
    assert because.values["n"] == 400  # half of the 800 who are there in the last period


def test_levels_of_behaviour_block_no_rung() -> None:
    evidence = Evidence(behaviour(), survey(CONSTRUCTS), ladder(anchored=False))
    assert first_steps(evidence)[0].because.code == "diagnosis.because_lowest"


def test_lowest_construct_is_named_where_no_ladder_stands() -> None:
    step = first_steps(Evidence(behaviour(), survey(CONSTRUCTS)))[0]
    assert (step.rung, step.because.values["score"]) == (2, 40.0)


def test_values_that_are_known_are_not_asked_again() -> None:
    known = survey(CONSTRUCTS, congruence=SimpleNamespace())
    assert "ask_values" in handles(Evidence(behaviour(), survey(CONSTRUCTS), ladder()))
    assert "ask_values" not in handles(Evidence(behaviour(), known, ladder()))


@pytest.mark.parametrize(("n_discounted", "proposed"), [(24, False), (25, True)])
def test_much_discount_proposes_to_stop_contradictions(n_discounted: int, proposed: bool) -> None:
    purchase = KindOfEvent(200, 50, 1e3, 100, n_discounted)  # the discount of 100 purchases is known
    evidence = Evidence(behaviour(purchase=purchase), survey(CONSTRUCTS), ladder())
    assert ("stop_contradictions" in handles(evidence)) is proposed


@pytest.mark.parametrize(
    ("n_events", "n_months", "proposed"),
    [(200, 24, True), (100, 24, False), (19, 1, False)],
    ids=["12.5 per hundred a year", "6.25 per hundred a year", "too few to say"],
)
def test_complaints_count_a_year_of_customers_who_are_there(
    n_events: int, n_months: int, proposed: bool
) -> None:
    complaint = KindOfEvent(n_events, 12, 0.0, 0, 0)
    there = ladder(n_present=np.full(n_months, 800))
    evidence = Evidence(behaviour(complaint=complaint), survey(CONSTRUCTS), there)
    assert ("solve_problems" in handles(evidence)) is proposed


@pytest.mark.parametrize(("upper", "proposed"), [(0.49, True), (0.51, False)])
def test_intention_step_needs_certainty(upper: float, proposed: bool) -> None:
    gaps = SimpleNamespace(gaps=(gap("stay", 0.1, 0.0, 0.2), gap("recommend", 0.3, 0.2, upper)))
    assert ("intention_to_deed" in handles(Evidence(behaviour(), None, None, gaps))) is proposed


@pytest.mark.parametrize(("win", "proposed"), [(50.0, False), (51.0, True)])
def test_budget_for_keeping(win: float, proposed: bool) -> None:
    effort = SimpleNamespace(cost_to_win=win, cost_to_keep=100 - win, rungs=())
    assert ("keep_budget" in handles(Evidence(behaviour(), None, None, None, effort))) is proposed
