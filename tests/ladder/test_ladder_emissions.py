"""Emissions against scipy's densities, and their gradients and maximisation steps against their own sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from verbond.ladder.model.emissions import Amounts, Binary, Categories, Counts, Emission, Space
from verbond.ladder.model.scores import CENTRE, SCALE, SurveyScores, rung_template

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


CUTS = np.log([8.0, 12.0, 20.0, 45.0])


def amounts(**options: object) -> Amounts:
    bins, orders = np.array([0, 1, 2, 3, 4, 2, 4, -1]), np.array([1, 1, 1, 1, 1, 3, 2, 0])
    shares = np.array([0.1, 0.2, 0.2, 0.1, 0.1, 0.2, 0.1, 0.0])
    return Amounts("amount", SPACE, np.arange(8), bins, orders, CUTS, shares, **options)  # type: ignore[arg-type]


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
    "gamma amounts": amounts,
    "lognormal amounts": lambda: amounts(lognormal=True),
    "categories": lambda: Categories("answer", SPACE, np.arange(4), 4),
    "scores": scores,
}


def some_theta(emission: Emission, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if isinstance(emission, SurveyScores):
        means = np.sort(rng.normal(size=(3, 5)), axis=0)
        return emission.theta(means, 0.3 * np.eye(5) + 0.1)
    theta = rng.normal(0, 0.5, emission.n_parameters)
    if isinstance(emission, Amounts):
        theta[:3] += np.log(15.0)
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


def test_amounts_are_gamma_and_sums_of_them_too() -> None:
    emission = amounts()
    theta = emission.theta(np.array([10.0, 15.0, 30.0]), np.array([0.5]), spread=1.7)
    found = np.exp(emission.log_likelihoods(theta))
    for row, (b, n) in enumerate(zip(emission.bins[:-1], emission.n_orders, strict=False)):
        bounds = np.exp(np.concatenate(([-np.inf], CUTS, [np.inf])))[b : b + 2]
        for state, mean in enumerate((10.0, 15.0, 30.0, *np.exp(0.5) * np.array([10.0, 15.0, 30.0]))):
            truth = np.diff(stats.gamma.cdf(bounds, 1.7 * n, scale=mean / (1.7 * n)))[0]
            assert found[row, state] == pytest.approx(truth, abs=1e-11)
    assert (found[-1] == 1).all()


def test_amounts_are_lognormal() -> None:
    emission = amounts(lognormal=True)
    theta = emission.theta(np.array([10.0, 15.0, 30.0]), np.array([0.5]), spread=0.8)
    found = np.exp(emission.log_likelihoods(theta))
    for row, b in enumerate(emission.bins[:5]):
        bounds = np.exp(np.concatenate(([-np.inf], CUTS, [np.inf])))[b : b + 2]
        truth = [np.diff(stats.lognorm.cdf(bounds, 0.8, scale=a))[0] for a in (10.0, 15.0, 30.0)]
        np.testing.assert_allclose(found[row, :3], truth, atol=1e-11)


def test_a_mean_of_lognormal_orders_has_the_right_mean_and_variance() -> None:
    """Fenton's approximation against orders drawn one by one."""
    emission = amounts(lognormal=True)
    theta = emission.theta(np.full(3, 15.0), spread=0.6)
    drawn = 15.0 * np.exp(0.6 * np.random.default_rng(0).normal(size=(200_000, 3))).mean(axis=1)
    share = ((drawn > 12.0) & (drawn < 20.0)).mean()
    assert np.exp(emission.log_likelihoods(theta)[5, 0]) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("lognormal", [False, True])
def test_levels_of_amounts_are_found_again(lognormal: bool) -> None:
    """Drawn with numpy alone: states known, so that only the emission is at stake."""
    rng, n, levels, spread = np.random.default_rng(4), 6000, np.array([10.0, 16.0, 30.0]), 0.7
    state, orders = rng.integers(0, 3, n), rng.integers(1, 4, n)
    single = (
        levels[state][:, None] * np.exp(spread * rng.normal(size=(n, 3)))
        if lognormal
        else levels[state][:, None] * rng.gamma(1 / spread**2, spread**2, size=(n, 3))
    )
    mean = (single * (np.arange(3) < orders[:, None])).sum(axis=1) / orders
    cuts = np.log(np.quantile(mean, np.arange(1, 12) / 12))
    bins = np.searchsorted(cuts, np.log(mean))
    cells, code = np.unique(np.stack((bins, orders)), axis=1, return_inverse=True)
    weights = np.zeros((cells.shape[1], 3))
    np.add.at(weights, (code.ravel(), state), 1.0)
    emission = Amounts(
        "amount", Space(3), np.arange(cells.shape[1]), *cells, cuts, weights.sum(axis=1) / n, lognormal
    )
    theta = emission.theta(np.full(3, 18.0))
    for _ in range(60):
        theta = emission.maximise(weights, theta)
    assert np.abs(emission.gradient(weights, theta)).max() < 0.05
    np.testing.assert_allclose(theta[:3], np.log(levels), atol=0.06 if lognormal else 0.04)
    truth = np.log(spread) if lognormal else np.log(1 / spread**2)
    assert theta[-1] == pytest.approx(truth, abs=0.06)


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


@pytest.mark.parametrize("lognormal", [False, True])
def test_amounts_stay_finite_wherever_a_search_may_go(lognormal: bool) -> None:
    emission = amounts(lognormal=lognormal)
    weights = some_stats(emission)
    for level in (-50.0, 3.0, 50.0):
        for spread in (-30.0, 30.0):
            theta = np.array([level, 0.0, -level, 0.3, spread])
            assert np.isfinite(emission.log_likelihoods(theta)).all()
            assert np.isfinite(emission.gradient(weights, theta)).all()
            assert np.isfinite(emission.maximise(weights, theta)).all()
