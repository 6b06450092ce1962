"""What an action did to answers: known effects, who answers again, measurement error, and waves by hand."""

from __future__ import annotations

import numpy as np
import pytest

from verbond.effects import PastScores
from verbond.effects.past.did import event_study, group_time_effects
from verbond.effects.past.scored import answers_study
from verbond.errors import NotFoundError, OptionError
from verbond.tables import Tables
from verbond.tables.reads.past import past_answers

WAVES = np.array(["2023-03-10", "2023-09-10", "2024-03-10", "2024-09-10", "2025-03-10"], "M8[D]")


def asked(
    *, n: int = 1500, lift: float = 0.0, drift: float = 0.0, lot: bool = True, answers: float = 0.7,
    silent: float = 0.0, construct: str = "trust", error: float = 8.0, seed: int = 1, n_waves: int = 5,
) -> Tables:  # fmt: skip
    """Half are reached in January 2024, between the second wave and the third."""
    rng = np.random.default_rng(seed)
    reached = rng.random(n) < 0.5
    after = WAVES[:n_waves] > np.datetime64("2024-01-15")
    true = rng.normal(60, 12, n)[:, None] + rng.normal(0, 4, (n, n_waves))
    true = true + (lift * after + drift * np.arange(n_waves)) * reached[:, None]
    score = true + rng.normal(0, error, (n, n_waves))
    there = rng.random((n, n_waves)) < answers - silent * (after & reached[:, None])
    who, wave = np.nonzero(there)
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    return Tables.from_columns({
        "customers": {"customer_id": names, "since": np.full(n, np.datetime64("2022-06-01"))},
        "actions": {"action_id": ["folder"], "kind": ["campaign"], "randomised": [lot]},
        "exposures": {
            "customer_id": names[reached], "action_id": ["folder"] * int(reached.sum()),
            "occurred_at": np.full(reached.sum(), np.datetime64("2024-01-15")),
        },
        "scores": {
            "respondent_id": names[who], "customer_id": names[who], "wave": WAVES[wave].astype(str),
            "occurred_at": WAVES[wave] + rng.integers(0, 14, len(who)), "construct": [construct] * len(who),
            "score": score[who, wave], "standard_error": np.full(len(who), error),
        },
    })  # fmt: skip


def codes(result) -> set[str]:
    return {reason.code.removeprefix("effects_past.") for reason in result.reasons}


def in_both(result) -> None:
    for reason in (result.headline, *(one.headline for one in result.effects), *result.reasons):
        assert reason.sentence("nl") != reason.sentence("en")


def test_a_lot_with_a_known_effect_on_trust() -> None:
    with asked(lift=4.0) as tables:
        result = PastScores("folder").fit(tables)
    assert result.verdict == "strengthens"
    for span in ("short", "long"):
        one = result.effect(span)
        assert one.effect_size_ci_lower < 4.0 < one.effect_size_ci_upper
    assert {"by_lot", "measurement", "rests_on_answers"} <= codes(result)
    assert "vertrouwen" in result.headline.sentence("nl")
    in_both(result)


def test_measurement_error_is_told_as_large_as_it_is() -> None:
    with asked(error=8.0, n=4000) as tables:
        result = PastScores("folder").fit(tables)
    told = next(reason for reason in result.reasons if reason.code == "effects_past.measurement")
    assert told.values["share"] == pytest.approx(
        2 * 64 / (2 * 64 + 2 * 16), abs=0.09
    )  # three standard errors


def test_alternatives_that_attract_more_weaken_and_types_get_no_verdict() -> None:
    with asked(lift=4.0, construct="alternatives") as tables:
        result = PastScores("folder", "alternatives").fit(tables)
    assert result.verdict == "weakens"
    in_both(result)
    with asked(lift=4.0, construct="market") as tables:
        result = PastScores("folder", "market").fit(tables)
    assert (result.verdict, "neither_score" in codes(result)) == ("cannot_tell", True)
    in_both(result)


def test_without_a_lot_a_drift_is_seen_and_one_wave_before_is_too_few() -> None:
    with asked(drift=4.0, lot=False) as tables:
        result = PastScores("folder").fit(tables)
    assert (result.verdict, "moved_apart_waves" in codes(result)) == ("cannot_tell", True)
    in_both(result)
    with asked(lift=9.0, lot=False, n=4000) as tables:
        result = PastScores("folder").fit(tables)
    assert result.effect("short").verdict == "strengthens"
    assert {"association", "moved_alike_waves", "hidden"} <= codes(result)
    in_both(result)


def test_who_falls_silent_is_told() -> None:
    with asked(silent=0.4) as tables:
        result = PastScores("folder").fit(tables)
    assert "answered_unequally" in codes(result)
    in_both(result)


def test_what_was_not_asked_or_answered_by_few_cannot_be_told() -> None:
    with asked(n=60) as tables:
        few = PastScores("folder").fit(tables)
        none = PastScores("folder", "engagement").fit(tables)
        with pytest.raises(NotFoundError):
            PastScores("lost").fit(tables)
    assert (few.headline.code, none.headline.code) == ("effects_past.too_few_answers", "effects_past.unasked")
    in_both(few)
    with pytest.raises(OptionError):
        PastScores("folder", margin=-1.0)


def test_answers_are_those_counted_by_hand() -> None:
    with asked(n=40, seed=3) as tables:
        found = past_answers(tables, "campaign", "trust")
        rows = tables.fetch("scores")
    assert found.waves == tuple(WAVES.astype(str))
    assert np.isfinite(found.scores).sum() == len(rows["score"])
    for who, wave, score, day in zip(
        rows["customer_id"], rows["wave"], rows["score"], rows["occurred_at"], strict=True
    ):
        i, j = found.customer_ids.tolist().index(who), found.waves.index(wave)
        assert found.scores[i, j] == score
        assert found.days[i, j] == day.astype("datetime64[D]")


def test_where_everybody_answers_it_is_the_event_study_of_months() -> None:
    rng = np.random.default_rng(2)
    scores, starts = rng.normal(60, 10, (400, 5)), rng.choice([2, 3, 5], 400)
    ours, theirs = answers_study(scores, starts), event_study(group_time_effects(scores, starts))
    assert ours.since_start.tolist() == theirs.since_start.tolist()
    assert ours.effect_size == pytest.approx(theirs.effect_size, rel=1e-9)
    assert ours.covariance == pytest.approx(theirs.covariance, rel=0.05, abs=0.02)  # n - 1 and weights apart


def test_where_other_people_answered_each_time_groups_stand_for_themselves() -> None:
    with asked(n=4000, lift=5.0, answers=0.06) as tables:
        result = PastScores("folder").fit(tables)
    assert "rests_on_other_people" in codes(result)
    for one in result.effects:
        assert one.effect_size_ci_lower < 5.0 < one.effect_size_ci_upper
    in_both(result)


def test_errors_of_other_people_are_those_of_four_independent_means() -> None:
    rng = np.random.default_rng(4)
    scores, starts = rng.normal(60, 10, (600, 2)), np.repeat([1, 2], 300)
    scores[::2, 0], scores[1::2, 1] = np.nan, np.nan
    found = answers_study(scores, starts, same=False)
    cells = [scores[starts == g, t] for g in (1, 2) for t in (0, 1)]
    cells = [one[np.isfinite(one)] for one in cells]
    means = [one.mean() for one in cells]
    assert found.effect_size == pytest.approx([means[1] - means[0] - (means[3] - means[2])], rel=1e-9)
    assert found.covariance[0, 0] == pytest.approx(sum(one.var(ddof=1) / 150 for one in cells), rel=1e-4)


@pytest.mark.slow
def test_intervals_hold_the_truth_at_their_rate() -> None:
    held = 0
    for seed in range(120):
        with asked(n=300, lift=3.0, lot=False, seed=seed) as tables:
            one = PastScores("folder").fit(tables).effect("short")
        held += one.effect_size_ci_lower < 3.0 < one.effect_size_ci_upper
    assert 0.89 < held / 120 < 0.99  # 0.95 and three standard errors
