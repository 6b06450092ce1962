"""A made-up diagnosis with every part, and ways to leave parts out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.reports.made_cards import effects_results
from tests.reports.made_expressions import expression_picture

from verbond.diagnosis import Diagnosis, Effort, EffortOnRung, Finding, Step
from verbond.diagnosis.marks import with_marks
from verbond.ladder import EmissionSummary, LadderResult, LadderTrial, MoveEffect, RivalScore, SegmentShares
from verbond.ladder.judging.calibration import Reliability, ReliabilityBin
from verbond.loyalty import FollowUp, IntentionGapRow, IntentionResult, IntentionRow
from verbond.method import CIRCLE, RUNGS, named
from verbond.reports import html_report
from verbond.results import Estimate, Provenance, Reason
from verbond.survey import (
    Congruence,
    ConstructScore,
    Flags,
    ItemStatistics,
    ScaleReliability,
    SurveyResult,
    TypeShare,
    ValueMatch,
)
from verbond.tables import RefusedRows, TableCheck, TablesCheck
from verbond.values import (
    Profiles,
    ResponseSurface,
    ValueCircle,
    ValuesResult,
    check_values,
    compare_identity,
    match_people,
    profile_result,
)

N_PERIODS, N_STATES = 18, 6
TRUST = RUNGS[3].name


def estimate(value: float, half: float = 0.03, n_obs: int = 400) -> Estimate:
    return Estimate(value, value - half, value + half, n_obs)


def ladder_result(**changes: Any) -> LadderResult:
    """Customers who climb with .05 and come down with .03 a month, worked out exactly."""
    matrix = np.diag([0.95, 0.92, 0.955, 0.92, 0.92, 0.97])
    matrix += np.diag([0.05, 0.05, 0.015, 0.05, 0.05], 1) + np.diag([0.03] * 5, -1)
    shares = [np.array([0.5, 0.3, 0.1, 0.06, 0.03, 0.01])]
    for _ in range(N_PERIODS - 1):
        shares.append(shares[-1] @ matrix)
    shares, half, n_customers = np.array(shares), 0.02, 8000
    flows = n_customers * sum(share[:, None] * matrix for share in shares[-13:-1])
    np.fill_diagonal(flows, 0.0)
    months = np.arange("2024-07", "2026-01", dtype="datetime64[M]").astype("datetime64[D]")
    values = {
        "anchored": True,
        "n_states": N_STATES,
        "n_customers": n_customers,
        "n_respondents": 612,
        "period": "month",
        "periods": months,
        "n_present": np.full(N_PERIODS, n_customers),
        "shares": shares,
        "shares_ci_lower": np.maximum(shares - half, 0),
        "shares_ci_upper": shares + half,
        "ci_level": 0.95,
        "segments": segments(),
        "initial_probs": shares[0],
        "transition_matrix": matrix,
        "transition_ci_lower": matrix,
        "transition_ci_upper": matrix,
        "moved_up": np.array([s @ np.triu(matrix, 1).sum(1) for s in shares[:-1]]),
        "moved_down": np.array([s @ np.tril(matrix, -1).sum(1) for s in shares[:-1]]),
        "flows": flows,
        "dwell_periods": 1 / (1 - np.diag(matrix)),
        "blocking_rung": 3,
        "emissions": (EmissionSummary("purchase", "negative_binomial", (0.1, 0.3, 0.5, 0.6, 0.7, 0.9)),),
        "n_classes": 1,
        "class_shares": np.ones(1),
        "loglik": -1.0,
        "n_parameters": 20,
        "bic": 2.0,
        "converged": True,
        "n_iterations": 30,
        "n_starts": 10,
        "n_starts_at_best": 7,
        "effects": (
            MoveEffect("invitation", "up", None, Estimate(0.5, 0.2, 0.8, 900)),
            MoveEffect("invitation", "down", None, Estimate(-0.1, -0.4, 0.2, 900)),
            MoveEffect("discount", "down", None, Estimate(0.4, 0.1, 0.7, 4000)),
            MoveEffect("letter", "up", None, Estimate(0.4, 0.1, 0.7, 3)),
        ),
        "reasons": (),
        "provenance": Provenance(),
    }
    return LadderResult(**(values | changes))


def trial_result() -> LadderTrial:
    """Chances that are right, and one rival that does better."""
    chances = [(0.1, 0.11), (0.3, 0.28), (0.6, 0.63)]
    bins = tuple(ReliabilityBin(900, p, seen, seen - 0.03, seen + 0.03) for p, seen in chances)
    right = Reason("ladder.chances_right", {"what": named("purchase"), "n": 2700, "error": 0.02})
    one = Reliability("purchase", 2700, bins, 0.15, 0.001, 0.04, 0.19, 0.0, 0.02, Estimate(-0.6), right)
    rivals = (
        RivalScore("ladder", 2700, -0.61, 0.8, 0.15, 0.78),
        RivalScore("regression", 2700, -0.60, 0.79, 0.15, 0.78, Estimate(-0.01, -0.02, -0.001, 900)),
        RivalScore("bg_nbd", 2700, float("nan"), 0.9, 0.16, 0.7),
    )
    months = np.array(["2025-11-01", "2025-12-01"], "datetime64[D]")
    return LadderTrial(900, months, (one,), (), (), "purchase", rivals, (), (right,))


def segments(*sizes: int) -> tuple[SegmentShares, ...]:
    """Regions, one of them too small to show; a name that a spreadsheet would run."""
    share = np.array([0.3, 0.3, 0.2, 0.1, 0.06, 0.04])
    names = ("north", "=south", "<east>", "west")
    return tuple(
        SegmentShares("region", name, n, share, share - 0.02, share + 0.02)
        for name, n in zip(names, sizes or (4000, 3000, 990, 3), strict=True)
    )


def survey_result(**changes: Any) -> SurveyResult:
    items = tuple(
        ItemStatistics(f"trust_{i}", 380, 20, 4.8 + 0.1 * i, 1.3, 0.6, 0.8, False) for i in range(1, 5)
    )
    weak = Reason("survey.low_reliability", {"scale": "trust", "reliability": 0.55})
    means = {
        "experience": 71,
        "congruence": 52,
        "trust": 58,
        "commitment": 49,
        "engagement": 31,
        "recommend": 66,
    }
    leanings = {"market": 0.38, "authority": 0.11, "meaning": 0.27, "equality": 0.07, "undecided": 0.17}
    values = {
        "n_respondents": 612,
        "n_customers_linked": 540,
        "waves": ("2025",),
        "scales": (
            ScaleReliability("experience", 2, 600, 590, 0.81, 0.78, 0.84, 0.81, 0.82, ()),
            ScaleReliability("trust", 4, 580, 560, 0.55, 0.5, 0.6, 0.56, 0.57, items, weak),
        ),
        "constructs": tuple(ConstructScore(c, None, estimate(m, 2.4)) for c, m in means.items()),
        "relationship_types": tuple(
            TypeShare(t, estimate(s), Estimate(None) if t == "undecided" else estimate(50.0, 2.0))
            for t, s in leanings.items()
        ),
        "distant": estimate(0.22),
        "congruence": Congruence(None, estimate(52, 2), None, value_matches()),
        "flags": Flags(12, 3, 0, 4, 1),
        "warnings": (),
        "provenance": Provenance(),
        "scores": {},
    }
    return SurveyResult(**(values | changes))


def value_matches() -> tuple[ValueMatch, ...]:
    return tuple(
        ValueMatch(
            v.id, estimate(40 + 5 * i, 2), estimate(72 - 4 * i, 2), estimate(32 - 9 * i, 3), estimate(0, 3)
        )
        for i, v in enumerate(CIRCLE)
    )


def intention_result(**changes: Any) -> IntentionResult:
    levels = (("promoter", 182, 0.14), ("passive", 140, 0.06), ("detractor", 90, 0.04))
    values = {
        "horizon_days": 180,
        "rows": tuple(
            IntentionRow("recommend", level, n, "referred", estimate(share, n_obs=n))
            for level, n, share in levels
        ),
        "gaps": (
            IntentionGapRow(
                "recommend",
                "referred",
                412,
                estimate(0.44, n_obs=412),
                estimate(0.09, n_obs=412),
                estimate(0.14, n_obs=182),
                estimate(0.35, n_obs=412),
            ),
        ),
        "net_promoters": None,
        "net_referrers": None,
        "follow_up": (FollowUp("recommend", 412, 80, 3, 40),),
        "reasons": (),
        "provenance": Provenance(),
    }
    return IntentionResult(**(values | changes))


def effort() -> Effort:
    on_rungs = ((1, 19, 120000.0), (2, 2, 4000.0), (3, 6, 9000.0), (4, 3, 30000.0), (5, 1, None))
    return Effort(
        rungs=tuple(EffortOnRung(k, n, n / 31, cost) for k, n, cost in on_rungs),
        n_actions=34,
        n_without_rung=3,
        by_kind={"discount": 20, "campaign": 14},
        cost_to_win=100.0,
        cost_to_keep=50.0,
    )


def tables_check() -> TablesCheck:
    first, last = dt.date(2024, 7, 1), dt.date(2025, 12, 31)
    refused = RefusedRows(
        "events", "events.csv", "date", "not_a_date", 40, Reason("common.not_enough_data", {"n": 2})
    )
    return TablesCheck(
        source="demo",
        simulated=True,
        tables=(
            TableCheck("customers", 8000, first, last, {}),
            TableCheck("events", 183960, first, last, {}, n_refused=40),
        ),
        refused=(refused,),
        notes=(Reason("common.not_enough_data", {"n": 7}),),
    )


@cache
def values_result() -> ValuesResult:
    """Values of made-up people: customers hold care dear and see achievement, the house sees care."""
    rng = np.random.default_rng(5)
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE])
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    ids = tuple(v.id for v in CIRCLE)

    def people(n: int, direction: float, groups: np.ndarray | None = None) -> Profiles:
        at = np.deg2rad(direction) + rng.normal(0, 1.2, n)
        scores = 50 + 20 * np.column_stack([np.cos(at), np.sin(at)]) @ points.T + rng.normal(0, 6, (n, 10))
        return Profiles(ids, scores, scores.mean(axis=1), groups=groups)

    own, image = people(200, 320), people(200, 170)
    house = people(20, 340, np.array(["service", "sales"] * 10, dtype=object))
    trust = 60 - 0.02 * (image.centred[:, 0] - own.centred[:, 0]) ** 2 + rng.normal(0, 5, 200)
    surface = ResponseSurface(unit=25.0).fit(
        own.centred[:, 0], image.centred[:, 0], trust,
        names=("own_universalism", "seen_universalism", RUNGS[3].name), value=CIRCLE[0].name,
    )  # fmt: skip
    return ValuesResult(
        own=profile_result(own), image=profile_result(image, own=False),
        identity=compare_identity(house, image), circle=ValueCircle(n_bootstrap=20).fit(own),
        congruence=match_people(own, image), surfaces=(surface,), n_surfaces_told=1,
        leading={"identity": ("benevolence",), "image": ("achievement",)},
        contradictions=check_values(["benevolence", "achievement"], customers=own), reasons=(),
    )  # fmt: skip


def full_diagnosis() -> Diagnosis:
    findings = (
        (
            "most_on_rung",
            "ladder",
            "neutral",
            {"rung": 1, "name": RUNGS[1].name, "share": 0.32, "low": 0.3, "high": 0.34},
        ),
        ("blocking_rung", "ladder", "bad", {"rung": 3, "name": TRUST, "share": 0.25, "below": 0.8}),
        ("more_climbed", "ladder", "good", {"n": 12, "up": 0.031, "down": 0.024}),
        ("values_lag", "survey", "bad", {"experience": 71.0, "congruence": 52.0}),
        ("weak_scales", "survey", "caution", {"names": ["trust"], "alpha": 0.6}),
        ("rows_refused", "tables", "caution", {"n": 40, "share": 0.0002}),
    )
    steps = (
        ("solve_problems", 3, "because_blocking", {"n": 2000, "share": 0.25, "rung": 3, "name": TRUST}),
        ("leave_in_peace", 0, "because_distant", {"share": 0.22}),
        ("ask_values", 2, "because_nobody_asked", {}),
    )
    return Diagnosis(
        name="Zonnewende",
        simulated=True,
        check=tables_check(),
        survey=survey_result(),
        ladder=ladder_result(),
        intentions=intention_result(),
        effort=effort(),
        findings=tuple(
            Finding(Reason(f"diagnosis.{c}", v), room, tone, 400) for c, room, tone, v in findings
        ),
        unsaid=(Reason("survey.not_linked", {"share": 0.12}),),
        steps=tuple(Step(handle, rung, Reason(f"diagnosis.{c}", v)) for handle, rung, c, v in steps),
        provenance=Provenance("demo", "3f2a9c0de1b24a77", True, "duckdb", {"segments": ["region"]}, 0),
        values=values_result(),
        trial=trial_result(),
        effects=with_marks(effects_results(), expression_picture()),
        expressions=expression_picture(),
    )


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """The report of the full diagnosis in both languages."""
    return {language: html_report(full_diagnosis(), language) for language in ("en", "nl")}


@pytest.fixture
def make_diagnosis() -> Callable[..., Diagnosis]:
    """A full diagnosis, with changes."""
    return lambda **changes: replace(full_diagnosis(), **changes)


@pytest.fixture
def make_ladder() -> Callable[..., LadderResult]:
    """A ladder result, with changes."""
    return ladder_result


@pytest.fixture
def make_survey() -> Callable[..., SurveyResult]:
    """A survey result, with changes."""
    return survey_result


@pytest.fixture
def make_intentions() -> Callable[..., IntentionResult]:
    """An intention result, with changes."""
    return intention_result


@pytest.fixture
def make_segments() -> Callable[..., tuple[SegmentShares, ...]]:
    """Four regions of these sizes."""
    return segments
