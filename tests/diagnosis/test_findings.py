"""Which figures become sentences."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from stand_ins import gap, ladder, segment, survey

from verbond.diagnosis.findings import gather_findings, overlap
from verbond.results import Estimate, Reason
from verbond.survey.results import ScaleReliability


def codes(**results: object) -> list[str]:
    given = {"check": None, "survey": None, "ladder": None, "intentions": None, "effort": None} | results
    return [finding.reason.code.removeprefix("diagnosis.") for finding in gather_findings(**given)[0]]


def test_nothing_gives_nothing() -> None:
    assert codes() == []


def test_anchored_ladder_names_rungs_and_what_blocks() -> None:
    assert codes(ladder=ladder()) == ["most_on_rung", "blocking_rung"]
    assert codes(ladder=ladder(shares=(0.6, 0.1, 0.1, 0.1, 0.05, 0.05)))[0] == "most_on_ground"


def test_levels_of_behaviour_are_never_called_rungs() -> None:
    assert codes(ladder=ladder(anchored=False)) == ["most_on_level"]


def test_ladder_without_figures_says_nothing_but_keeps_its_reasons() -> None:
    reason = Reason("common.not_enough_data", {"n": 3})
    empty = ladder(shares=(np.nan,) * 6, reasons=(reason,))
    findings, unsaid = gather_findings(None, None, empty, None, None)
    assert (findings, unsaid) == ((), (reason,))


def moving(up: float, down: float, half: float = 0.004, n_periods: int = 6, **changes: object) -> object:
    """A ladder on which these shares move each period, known within `half`."""
    moved = np.array([np.full(n_periods, up), np.full(n_periods, down)])
    bounds = {"moved_ci_lower": moved - half, "moved_ci_upper": moved + half}
    return ladder(moved_up=moved[0], moved_down=moved[1], **bounds, **changes)


@pytest.mark.parametrize(
    ("up", "down", "half", "code"),
    [
        (0.03, 0.02, 0.004, "more_climbed"),
        (0.02, 0.03, 0.004, "more_fell"),
        (0.03, 0.02, 0.006, "as_many_climbed"),
    ],
)
def test_movement_has_a_direction_only_beyond_its_intervals(
    up: float, down: float, half: float, code: str
) -> None:
    assert codes(ladder=moving(up, down, half))[2] == code


def test_movement_between_states_that_are_alike_is_not_said() -> None:
    alike = (Reason("ladder.not_told_apart", {"low": 1, "high": 2}),)
    assert codes(ladder=moving(0.03, 0.02, reasons=alike)) == ["most_on_rung", "blocking_rung"]
    assert codes(ladder=moving(0.03, 0.02, reasons=alike, anchored=False, n_states=6)) == ["levels_blur"]


def test_levels_of_behaviour_move_too() -> None:
    assert codes(ladder=moving(0.03, 0.02, anchored=False)) == ["most_on_level", "busier"]


@pytest.mark.parametrize(("undecided", "code"), [(0.6, "no_clear_type"), (0.4, "largest_type")])
def test_most_people_without_a_leaning_come_first(undecided: float, code: str) -> None:
    shares = {"market": 0.2, "meaning": 0.1, "equality": 0.3, "undecided": undecided}
    types = tuple(
        SimpleNamespace(type=t, share=Estimate(s, s - 0.05, s + 0.05, 50)) for t, s in shares.items()
    )
    found = gather_findings(None, survey({}, relationship_types=types), None, None, None)[0]
    assert [(f.reason.code, f.reason.values["share"]) for f in found] == [(f"diagnosis.{code}", 0.2)]


def test_verdict_on_the_order_is_said_once() -> None:
    verdict = SimpleNamespace(reason=Reason("ladder.order_ladder", {"n": 90, "share": 0.6}), n_respondents=90)
    assert gather_findings(None, None, ladder(order=verdict), None, None)[0][-1].reason is verdict.reason
    doubted = ladder(order=verdict, reasons=(verdict.reason,))
    findings, unsaid = gather_findings(None, None, doubted, None, None)
    assert verdict.reason in unsaid
    assert verdict.reason not in [finding.reason for finding in findings]


def test_movement_needs_three_periods() -> None:
    assert len(codes(ladder=moving(0.5, 0.1, n_periods=2))) == 2


def test_segments_differ_only_beyond_their_intervals() -> None:
    north = segment("region", "north", (0, 0, 0.4, 0.2, 0.2, 0.2))
    south = segment("region", "south", (0, 0, 0.5, 0.2, 0.2, 0.1))
    assert codes(ladder=ladder(segments=(north, south)))[-1] == "segment_differs"
    unsure = segment("region", "south", (0, 0, 0.5, 0.2, 0.2, 0.1), half=0.05)
    assert "segment_differs" not in codes(ladder=ladder(segments=(north, unsure)))


@pytest.mark.parametrize(
    ("congruence", "expected"),
    [((40.0, 35.0, 45.0), ["values_lag"]), ((90.0, 85.0, 95.0), ["values_lead"]), ((66.0, 60.0, 72.0), [])],
)
def test_values_against_experience(congruence: tuple[float, float, float], expected: list[str]) -> None:
    assert codes(survey=survey({"experience": (70.0, 65.0, 75.0), "congruence": congruence})) == expected


def scale(name: str, alpha: float | None) -> ScaleReliability:
    return ScaleReliability(
        scale=name, n_items=3, n_obs=50, n_complete=50, alpha=alpha, alpha_ci_lower=None, alpha_ci_upper=None,
        alpha_standardized=alpha, omega=None, items=(),
    )  # fmt: skip


def test_weak_scales_of_rungs_are_named_in_words() -> None:
    scales = (scale("trust", 0.4), scale("congruence", 0.5), scale("commitment", 0.8), scale("rebuy", 0.3))
    asked = survey({}, scales=(*scales, scale("engagement", None)))
    ((found,), _) = gather_findings(None, asked, None, None, None)
    assert (found.reason.code, found.tone) == ("diagnosis.weak_scales", "caution")
    assert "trust and shared values" in found.reason.sentence("en").lower()
    assert "vertrouwen en gedeelde waarden" in found.reason.sentence("nl").lower()
    assert codes(survey=survey({}, scales=(scale("trust", 0.6),))) == []


def test_one_sentence_an_intention() -> None:
    gaps = (gap("recommend", 0.3, 0.2, 0.4), gap("recommend", 0.1, 0.0, 0.2), gap("stay", 0.9, 0.8, 0.95))
    result = SimpleNamespace(gaps=gaps, horizon_days=180, reasons=())
    findings, _ = gather_findings(None, None, None, result, None)
    assert [(f.reason.code, f.reason.values["done"], f.tone) for f in findings] == [
        ("diagnosis.intention_recommend", 0.3, "bad"),
        ("diagnosis.intention_stay", 0.9, "neutral"),
    ]


def test_overlap_of_unknown_bounds_is_no_difference() -> None:
    assert overlap(Estimate(1.0), Estimate(9.0, 8.0, 10.0))


def test_of_many_actions_only_what_is_sure_among_them_all_is_said() -> None:
    def effect(action: str, move: str, value: float, n_obs: int = 400) -> SimpleNamespace:
        log_odds = Estimate(value, value - 0.4, value + 0.4, n_obs)
        return SimpleNamespace(action=action, move=move, rung=None, log_odds=log_odds)

    alone = (effect("invitation", "up", 0.45),)
    assert codes(ladder=ladder(effects=alone))[2:] == ["goes_with_up"]
    many = (*alone, *(effect(f"letter_{i}", "up", 0.0) for i in range(20)))
    assert "goes_with_up" not in codes(ladder=ladder(effects=many))
    assert "goes_with_up" not in codes(ladder=ladder(effects=(effect("visit", "up", 2.0, n_obs=4),)))
    findings = gather_findings(None, None, ladder(effects=(effect("discount", "down", 1.0),)), None, None)[0]
    assert (findings[-1].reason.code, findings[-1].tone) == ("diagnosis.goes_with_down", "bad")
