"""Staggered starts: beside csdid and diff-diff, by brute force, and with effects that are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from verbond.effects.past.did import (
    event_study,
    group_time_effects,
    pre_trend,
    simultaneous_critical_value,
)
from verbond.errors import OptionError

REFERENCE = Path(__file__).parents[1] / "reference"
PEERS = json.loads((REFERENCE / "effects_staggered.json").read_text("utf-8"))
SAME = 1e-9
"""Relative and absolute: the same formulas in another order."""


def units() -> tuple[np.ndarray, np.ndarray]:
    rows = np.loadtxt(REFERENCE / "effects_staggered_units.csv", delimiter=",", skiprows=1)
    return rows[:, 1:], rows[:, 0].astype(int)


def simulated(n: int, rng: np.random.Generator, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Units with their own level, a common path, skewed noise, and an effect that grows by half a period."""
    n_periods = 10
    starts = rng.choice([4, 6, n_periods], n, p=[0.3, 0.2, 0.5])
    since = np.arange(n_periods) - starts[:, None]
    level = rng.gamma(2, 2, n) + (starts < n_periods)
    noise = rng.exponential(1, (n, n_periods)) * (1 + 0.5 * (starts == 4))[:, None]
    path = np.sin(np.arange(n_periods))
    return level[:, None] + path + np.where(since >= 0, effect * (1 + since / 2), 0) + noise, starts


@pytest.mark.parametrize("peer", ["csdid", "diff_diff"])
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_effects_and_errors_are_those_of_other_packages(peer: str, comparison: str) -> None:
    theirs = PEERS[peer][comparison]
    found = group_time_effects(*units(), comparison)
    for start, period, effect, error in zip(
        found.start, found.period, found.effect_size, found.standard_error, strict=True
    ):
        told = theirs["cells"].get(f"{start},{period}")
        if told is not None:
            assert (effect, error) == pytest.approx(told, rel=SAME, abs=SAME)
    assert len(found.start) == sum(error is not None and error > 0 for _, error in theirs["cells"].values())
    study = event_study(found)
    for j, since in enumerate(study.since_start):
        ours = study.effect_size[j], np.sqrt(study.covariance[j, j])
        assert ours == pytest.approx(theirs["events"][str(since)], rel=SAME, abs=SAME)


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_the_mean_over_all_periods_is_that_of_csdid(comparison: str) -> None:
    study = event_study(group_time_effects(*units(), comparison))
    mean = study.combined(study.mean_weights(0, 99))
    assert mean == pytest.approx(PEERS["csdid"][comparison]["overall"], rel=SAME)


def test_every_cell_is_a_difference_of_differences() -> None:
    rng = np.random.default_rng(5)
    outcome, starts = rng.normal(size=(12, 5)), np.array([0, 1, 1, 2, 2, 2, 3, 4, 4, 5, 9, 9])
    found = group_time_effects(outcome, starts)
    cells = dict(
        zip(zip(found.start.tolist(), found.period.tolist(), strict=True), found.effect_size, strict=True)
    )
    for g in (1, 2, 3, 4):
        for t in set(range(5)) - {g - 1}:
            own = [outcome[i, t] - outcome[i, g - 1] for i in range(12) if starts[i] == g]
            other = [
                outcome[i, t] - outcome[i, g - 1]
                for i in range(12)
                if starts[i] not in (0, g) and starts[i] > max(t, g - 1)
            ]
            assert cells.pop((g, t)) == pytest.approx(np.mean(own) - np.mean(other), abs=SAME)
    assert not cells


def test_known_effects_without_noise_are_found() -> None:
    rng = np.random.default_rng(6)
    starts = rng.integers(1, 9, 200)
    since = np.arange(8) - starts[:, None]
    outcome = rng.normal(size=(200, 1)) + rng.normal(size=8) + np.where(since >= 0, 2.0 + since, 0)
    study = event_study(group_time_effects(outcome, starts))
    expected = np.where(study.since_start >= 0, 2.0 + study.since_start, 0)
    assert study.effect_size == pytest.approx(expected, abs=SAME)


def test_bands_for_independent_estimates_are_those_of_sidak() -> None:
    for n in (1, 4, 20):
        exact = stats.norm.ppf(0.5 + 0.95 ** (1 / n) / 2)
        assert simultaneous_critical_value(np.diag(np.arange(1.0, n + 1))) == pytest.approx(exact, abs=0.03)


def test_a_drift_that_could_be_seen_is_seen_so_often() -> None:
    rng = np.random.default_rng(7)
    study = event_study(group_time_effects(*simulated(2000, rng)))
    trend = pre_trend(study)
    assert trend is not None
    before = study.since_start < -1
    covariance = study.covariance[np.ix_(before, before)]
    drift = trend.detectable_slope * (study.since_start[before] + 1)
    draws = rng.multivariate_normal(drift, covariance, 4000)
    wald = np.einsum("ia,ab,ib->i", draws, np.linalg.inv(covariance), draws)
    found = (wald > stats.chi2.ppf(0.95, before.sum())).mean()
    assert found == pytest.approx(0.8, abs=0.02)  # three standard errors of 4000 draws


def test_a_large_drift_before_is_found() -> None:
    rng = np.random.default_rng(8)
    outcome, starts = simulated(2000, rng)
    drifting = outcome + 0.3 * np.arange(10) * (starts < 10)[:, None]
    alike, apart = (pre_trend(event_study(group_time_effects(y, starts))) for y in (outcome, drifting))
    assert alike is not None
    assert apart is not None
    assert apart.pvalue < 1e-6 < alike.pvalue


def test_without_before_or_others_nothing_is_estimated() -> None:
    outcome = np.random.default_rng(9).normal(size=(6, 3))
    assert len(group_time_effects(outcome, np.zeros(6, int)).effect_size) == 0
    together = event_study(group_time_effects(outcome, np.full(6, 1)))
    assert len(together.effect_size) == 0
    assert pre_trend(together) is None


def test_wrong_arrays_are_refused() -> None:
    with pytest.raises(OptionError, match="do not fit"):
        group_time_effects(np.zeros((3, 2)), np.zeros(2, int))
    with pytest.raises(OptionError, match="missing"):
        group_time_effects(np.full((3, 2), np.nan), np.ones(3, int))
    with pytest.raises(OptionError, match="comparison"):
        group_time_effects(np.zeros((3, 2)), np.ones(3, int), "later")  # type: ignore[arg-type]


@pytest.mark.slow
def test_intervals_and_bands_hold_the_truth_at_their_rate() -> None:
    rng = np.random.default_rng(10)
    runs, held, banded, false = 1000, 0, 0, 0
    for _ in range(runs):
        study = event_study(group_time_effects(*simulated(300, rng)))
        truth = np.where(study.since_start >= 0, 1 + study.since_start / 2, 0)
        weights = study.mean_weights(0, 2)
        assert weights is not None
        value, error = study.combined(weights)
        held += abs(value - 1.5) < 1.96 * error
        wide = simultaneous_critical_value(study.covariance, draws=2000) * np.sqrt(np.diag(study.covariance))
        banded += bool((np.abs(study.effect_size - truth) < wide).all())
        trend = pre_trend(study)
        assert trend is not None
        false += trend.pvalue < 0.05
    assert 0.93 < held / runs < 0.97
    assert 0.92 < banded / runs < 0.97
    assert 0.03 < false / runs < 0.08  # a test on 300 units is a little too eager


def test_only_some_periods_since_the_start_are_those_of_all() -> None:
    outcome, starts = simulated(400, np.random.default_rng(5))
    some = event_study(group_time_effects(outcome, starts, within=(-2, 3)))
    whole = event_study(group_time_effects(outcome, starts)).between(-2, 3)
    assert some.since_start.tolist() == [-2, 0, 1, 2, 3]
    np.testing.assert_allclose(some.effect_size, whole.effect_size, rtol=SAME)
    np.testing.assert_allclose(some.covariance, whole.covariance, rtol=SAME, atol=SAME)
