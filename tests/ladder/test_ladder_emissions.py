"""Emissions against scipy's densities, and their gradients and maximisation steps against their own sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from verbond.ladder.emissions import Binary, Categories, Counts, Emission, Space
from verbond.ladder.scores import CENTRE, SCALE, SurveyScores, rung_template

EXACT = 1e-9
DIFFERENCE = 2e-5  # relative error of central differences with a step of 1e-5
SPACE = Space(3, 2)
VALUES = np.array([0.0, 1.0, 2.0, 5.0, np.nan])
DESIGN = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [1.0, 1.0], [0.0, 0.0]])


def counts(**options: object) -> Counts:
    return Counts("purchase", SPACE, np.arange(5), VALUES, 0.7, **options)  # type: ignore[arg-type]


def binary(**options: object) -> Binary:
    yes, no = np.array([0.0, 1.0, 2.0, 0.0, 0.0]), np.array([1.0, 0.0, 3.0, 2.0, 0.0])
    return Binary("return", SPACE, np.arange(5), yes, no, 0.3, **options)  # type: ignore[arg-type]


def scores(seed: int = 0, n: int = 40) -> SurveyScores:
    rng = np.random.default_rng(seed)
    values = 50 + 20 * rng.normal(size=(n, 5))
    values[rng.random(values.shape) < 0.2] = np.nan
    values[0] = [60, 61, 62, 63, 64]
    errors = rng.choice([4.0, 7.0], size=(n, 1)) * np.ones((1, 5))
    return SurveyScores.from_scores(SPACE, values, errors)


WITH_SLOPES = {"design": DESIGN, "slopes": ("discount", "invitation")}
CASES: dict[str, Callable[[], Emission]] = {
    "counts": counts,
    "counts in order": lambda: counts(monotone=True),
    "poisson": lambda: counts(poisson=True),
    "counts with slopes": lambda: counts(**WITH_SLOPES),
    "counts in order with slopes": lambda: counts(monotone=True, **WITH_SLOPES),
    "binary": binary,
    "binary with slopes": lambda: binary(**WITH_SLOPES),
    "categories": lambda: Categories("answer", SPACE, np.arange(4), 4),
    "scores": scores,
}


def some_theta(emission: Emission, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if isinstance(emission, SurveyScores):
        means = np.sort(rng.normal(size=(3, 5)), axis=0)
        return emission.theta(means, 0.3 * np.eye(5) + 0.1)
    theta = rng.normal(0, 0.5, emission.n_parameters)
    return np.where(np.isfinite(emission.lower_bounds()), np.abs(theta), theta)


def some_stats(emission: Emission, seed: int = 2) -> np.ndarray:
    return 20 * np.random.default_rng(seed).random((emission.n_values, SPACE.n_states))


def expected(emission: Emission, weights: np.ndarray, theta: np.ndarray) -> float:
    return float((weights * emission.log_likelihoods(theta)).sum()) + emission.log_prior(theta)


@pytest.mark.parametrize("case", CASES)
def test_gradient_is_the_slope(case: str) -> None:
    emission = CASES[case]()
    theta, weights = some_theta(emission), some_stats(emission)
    slope = np.empty_like(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        slope[j] = (
            expected(emission, weights, theta + step) - expected(emission, weights, theta - step)
        ) / 2e-5
    np.testing.assert_allclose(
        emission.gradient(weights, theta), slope, rtol=DIFFERENCE, atol=DIFFERENCE * np.abs(slope).max()
    )


@pytest.mark.parametrize("case", CASES)
def test_maximisation_climbs_to_where_the_gradient_is_nothing(case: str) -> None:
    emission = CASES[case]()
    theta, weights = some_theta(emission), some_stats(emission)
    before = expected(emission, weights, theta)
    for _ in range(400):
        theta = emission.maximise(weights, theta)
        after = expected(emission, weights, theta)
        assert after >= before - 1e-8
        before = after
    gradient = emission.gradient(weights, theta)
    inside = theta > emission.lower_bounds() + 1e-7
    tolerance = 0.05  # the score model's step is itself an EM step, which ends slowly
    assert np.abs(gradient[inside]).max() < tolerance
    assert (gradient[~inside] < tolerance).all()


def test_counts_are_negative_binomial() -> None:
    emission = counts()
    theta = emission.theta(np.array([0.2, 1.0, 3.0]), np.array([0.5]), size=1.7)
    means = np.concatenate(([0.2, 1.0, 3.0], np.exp(0.5) * np.array([0.2, 1.0, 3.0])))
    truth = stats.nbinom.logpmf(VALUES[:4, None], 1.7, 1.7 / (1.7 + means))
    np.testing.assert_allclose(emission.log_likelihoods(theta)[:4], truth, atol=EXACT)
    assert (emission.log_likelihoods(theta)[4] == 0).all()


def test_counts_are_poisson_and_lifted() -> None:
    emission = counts(poisson=True, **WITH_SLOPES)
    theta = emission.theta(np.array([0.2, 1.0, 3.0]), np.array([0.5]), np.array([0.4, -0.3]))
    means = np.concatenate(([0.2, 1.0, 3.0], np.exp(0.5) * np.array([0.2, 1.0, 3.0])))
    lifted = means[None, :] * np.exp(DESIGN[:4] @ [0.4, -0.3])[:, None]
    truth = stats.poisson.logpmf(VALUES[:4, None], lifted)
    np.testing.assert_allclose(emission.log_likelihoods(theta)[:4], truth, atol=EXACT)


def test_yes_or_no_is_binomial_without_its_constant() -> None:
    emission, probs = binary(), np.array([0.1, 0.4, 0.8])
    found = emission.log_likelihoods(emission.theta(probs))
    k, n = emission.yes[:, None], (emission.yes + emission.no)[:, None]
    truth = stats.binom.logpmf(k, n, np.tile(probs, 2)) - np.log(stats.binom.pmf(k, n, 0.5) * 2.0**n)
    np.testing.assert_allclose(found, truth, atol=EXACT)


def test_scores_are_normal_over_what_was_measured() -> None:
    emission = scores()
    theta = some_theta(emission)
    means, factor = emission.parts(theta)
    found = emission.log_likelihoods(theta)
    for j in range(6):
        seen = emission.measured[j]
        values = CENTRE + SCALE * emission.scores[j, seen]
        errors = np.diag(emission.patterns[emission.pattern[j], seen])
        cover = SCALE**2 * ((factor @ factor.T)[np.ix_(seen, seen)] + errors)
        for k in range(3):
            truth = stats.multivariate_normal.logpdf(values, CENTRE + SCALE * means[k, seen], cover)
            assert found[j, k] == pytest.approx(truth, abs=1e-6)
            assert found[j, 3 + k] == found[j, k]


def test_a_person_without_any_score_says_nothing() -> None:
    values = np.vstack((np.full(5, np.nan), 50 + 10 * np.eye(5)))
    emission = SurveyScores.from_scores(SPACE, values, np.full(values.shape, 5.0))
    assert np.ptp(emission.log_likelihoods(some_theta(emission))[0]) == pytest.approx(0, abs=EXACT)


def test_means_never_fall() -> None:
    emission = counts(monotone=True)
    weights = some_stats(emission)
    weights[3, 0] = weights[3, 3] = 500  # the lowest rung sees the highest counts
    theta = emission.maximise(weights, some_theta(emission))
    assert (np.diff(emission.by_state(theta)) >= -EXACT).all()


def test_template_steps_at_each_construct_own_rung() -> None:
    rise = np.diff(rung_template(np.random.default_rng(0).normal(50, 20, (300, 5)), 6), axis=0)
    np.testing.assert_array_equal(rise.argmax(axis=0), np.arange(5))
    assert (rise > 0).all()
