"""Shares out of probabilities: against scipy, by brute force over all permutations, and by simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from verbond.expressions.picture.shares import (
    Clusters,
    clustered,
    compared,
    interval_of,
    permuted,
    sloped,
    welch,
)

SLACK = 0.02
"""Of a p-value by 4,999 draws beside the one over all permutations: three standard errors at 0.3."""


def one_each(values: np.ndarray) -> Clusters:
    return clustered(values[:, None], np.arange(len(values)))


def drawn(rng: np.random.Generator, n: int, mean: float) -> np.ndarray:
    """Probabilities of messages, as an encoder gives them: mostly near 0 or 1."""
    return rng.beta(0.4 * mean * 2, 0.4 * (1 - mean) * 2, n)


def test_clusters_are_summed_as_by_hand() -> None:
    found = clustered(np.array([[0.2], [0.4], [0.9]]), np.array([7, 7, 3]))
    assert found.sizes.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(found.sums[:, 0], [0.9, 0.6])
    np.testing.assert_allclose(found.shares, [0.5])


def test_with_many_messages_it_is_students_interval() -> None:
    x = drawn(np.random.default_rng(0), 4000, 0.3)
    found = interval_of(one_each(x), error=0.0)
    truth = stats.t.interval(0.95, len(x) - 1, loc=x.mean(), scale=stats.sem(x))
    assert found.value[0] == pytest.approx(x.mean())
    np.testing.assert_allclose([found.low[0], found.high[0]], truth, atol=5e-4)  # the two that are added


def test_messages_of_one_action_count_as_one() -> None:
    x = drawn(np.random.default_rng(1), 40, 0.4)
    alone = interval_of(one_each(x), error=0.0)
    tenfold = interval_of(clustered(np.repeat(x, 10)[:, None], np.repeat(np.arange(40), 10)), error=0.0)
    np.testing.assert_allclose(
        [tenfold.value, tenfold.low, tenfold.high], [alone.value, alone.low, alone.high], atol=1e-12
    )


def test_what_the_rater_gets_wrong_does_not_go_away() -> None:
    x = drawn(np.random.default_rng(2), 100_000, 0.5)
    found = interval_of(one_each(x), error=0.03)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.96 * 0.03, rel=0.02)


def test_five_alike_are_no_proof() -> None:
    found = interval_of(one_each(np.full(5, 0.99)), error=0.0)
    assert found.low[0] < 0.6  # Wilson's for five of five: 0.57
    assert found.high[0] == 1.0


def test_permutations_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(3)
    a, b = drawn(rng, 5, 0.7), drawn(rng, 6, 0.3)
    both = np.append(a, b)
    gaps = [
        abs(both[list(one)].mean() - np.delete(both, list(one)).mean()) for one in combinations(range(11), 5)
    ]
    exact = np.mean(np.array(gaps) >= abs(a.mean() - b.mean()) - 1e-12)
    assert permuted(one_each(a), one_each(b), seed=0)[0] == pytest.approx(exact, abs=SLACK)


def test_it_agrees_with_scipys_permutations_and_welch() -> None:
    rng = np.random.default_rng(4)
    a, b = drawn(rng, 60, 0.5), drawn(rng, 80, 0.4)
    theirs = stats.permutation_test(
        (a, b), lambda x, y: x.mean() - y.mean(), n_resamples=9999, rng=np.random.default_rng(1)
    )
    assert permuted(one_each(a), one_each(b), seed=0)[0] == pytest.approx(theirs.pvalue, abs=SLACK)
    large, larger = drawn(rng, 3000, 0.5), drawn(rng, 4000, 0.48)
    theirs = stats.ttest_ind(large, larger, equal_var=False)
    assert welch(one_each(large), one_each(larger))[0] == pytest.approx(theirs.pvalue, abs=SLACK)


def test_a_line_is_that_of_scipy() -> None:
    rng = np.random.default_rng(5)
    days = rng.integers(0, 700, 120).astype(float)
    x = np.clip(0.2 + 0.0003 * days + rng.normal(0, 0.2, 120), 0, 1)
    found, pvalues = sloped(one_each(x), days, seed=0, error=0.0)
    line = stats.linregress(days, x)
    span = days.max() - days.min()
    assert found.value[0] == pytest.approx(line.slope * span)
    theirs = stats.permutation_test(
        (days,), lambda d: stats.pearsonr(d, x).statistic, permutation_type="pairings", n_resamples=2000,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert pvalues[0] == pytest.approx(theirs.pvalue, abs=SLACK)
    half = stats.t.ppf(0.975, 118) * line.stderr * span
    assert found.high[0] - found.value[0] == pytest.approx(half, rel=0.1)  # robust to unequal spread


def coverage(n: int, mean: float, n_times: int, error: float) -> float:
    """How often the interval holds what a company says in truth, which the rater sees with an error."""
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(n_times):
        x = np.clip(drawn(rng, n, mean) + rng.normal(0, error), 0, 1)
        found = interval_of(one_each(x), error)
        held += bool(found.low[0] <= mean <= found.high[0])
    return held / n_times


@pytest.mark.parametrize("n", [5, 40], ids=str)
def test_the_interval_holds_the_truth(n: int) -> None:
    assert coverage(n, 0.3, 400, 0.03) >= 0.93  # 0.95 less two standard errors of 400 draws


@pytest.mark.slow
@pytest.mark.parametrize("mean", [0.1, 0.3, 0.6], ids=str)
@pytest.mark.parametrize("n", [5, 8, 15, 40, 150], ids=str)
def test_the_interval_holds_the_truth_at_its_rate(n: int, mean: float) -> None:
    assert coverage(n, mean, 4000, 0.03) >= 0.94


def test_a_difference_holds_the_truth_and_finds_what_is_there() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(300):
        found = compared(one_each(drawn(rng, 30, 0.6)), one_each(drawn(rng, 20, 0.3)), error=0.0)
        held += bool(found.low[0] <= 0.3 <= found.high[0])
    assert held >= 0.92 * 300
    found = compared(one_each(drawn(rng, 400, 0.6)), one_each(drawn(rng, 300, 0.3)), error=0.03)
    assert found.low[0] > 0.1


def test_chance_alone_is_found_no_oftener_than_it_should() -> None:
    rng = np.random.default_rng(8)
    pvalues = [
        permuted(one_each(drawn(rng, 12, 0.4)), one_each(drawn(rng, 9, 0.4)), seed=k, n_draws=199)[0]
        for k in range(300)
    ]
    assert np.mean(np.array(pvalues) <= 0.05) <= 0.085  # 0.05 and three standard errors of 300


def test_a_line_through_many_is_no_other_than_through_a_thousand() -> None:
    rng = np.random.default_rng(9)
    days = rng.integers(0, 700, 1500).astype(float)
    x = np.clip(0.3 + 0.00004 * days + rng.normal(0, 0.2, 1500), 0, 1)
    _, pvalues = sloped(one_each(x), days, seed=0, error=0.0)
    assert pvalues[0] == pytest.approx(stats.linregress(days, x).pvalue, abs=SLACK)
