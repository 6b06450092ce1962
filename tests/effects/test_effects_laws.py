"""Special cases in closed form, what was known beforehand, and intervals that cover known effects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from verbond.effects import Experiment
from verbond.effects.experiment.clusters import ClusteredArm, compare_clusters
from verbond.effects.experiment.kernel import Arm, Comparison, compare, compare_strata
from verbond.effects.experiment.ordinal import superiority


def world(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    arm = rng.permutation(np.repeat([0, 1], n // 2))
    before = rng.gamma(2.0, 10.0, n)
    return {
        "arm": arm.astype(str), "one": np.ones(n), "before": before,
        "shop": (np.arange(n) % 20).astype(str),
        "region": (rng.random(n) < 0.3).astype(int).astype(str),
        "y": before + 2.0 * arm + rng.normal(0, 5, n),
    }  # fmt: skip


@pytest.mark.parametrize(
    "options", [{}, {"covariates": ("before",)}, {"strata": ("region",)}, {"cluster": "shop"}]
)
def test_a_ratio_to_one_is_a_mean(options: dict) -> None:
    data = world(300, np.random.default_rng(1))
    mean = Experiment("arm", "0", ("y",), **options).analyze(data).effects[0]
    ratio = Experiment("arm", "0", (), ratios=(("y", "one"),), **options).analyze(data).effects[0]
    for name in ("effect_size", "standard_error", "df", "pvalue", "rel_effect_size_ci_upper"):
        assert getattr(ratio, name) == pytest.approx(getattr(mean, name), rel=1e-9)


def test_one_stratum_is_no_stratum() -> None:
    data = world(300, np.random.default_rng(2)) | {"same": np.repeat("x", 300)}
    plain = Experiment("arm", "0", ("y",), covariates=("before",)).analyze(data).effects[0]
    within = Experiment("arm", "0", ("y",), covariates=("before",), strata=("same",)).analyze(data).effects[0]
    assert within.effect_size == pytest.approx(plain.effect_size)
    assert (within.standard_error, within.df) == pytest.approx((plain.standard_error, plain.df))


def test_turning_arms_round_turns_the_sign() -> None:
    data = world(300, np.random.default_rng(3))
    one = Experiment("arm", "0", ("y",), covariates=("before",)).analyze(data).effects[0]
    other = Experiment("arm", "1", ("y",), covariates=("before",)).analyze(data).effects[0]
    assert other.effect_size == pytest.approx(-one.effect_size)
    assert other.effect_size_ci_lower == pytest.approx(-one.effect_size_ci_upper)
    assert {one.verdict, other.verdict} == {"strengthens", "weakens"}


def test_other_units_of_money_change_nothing_but_the_unit() -> None:
    data = world(300, np.random.default_rng(4))
    euros = Experiment("arm", "0", ("y",), covariates=("before",)).analyze(data).effects[0]
    cents = {**data, "y": 100 * data["y"], "before": data["before"] * 1e9}
    found = Experiment("arm", "0", ("y",), covariates=("before",)).analyze(cents).effects[0]
    assert found.effect_size == pytest.approx(100 * euros.effect_size)
    assert found.pvalue == pytest.approx(euros.pvalue)


def test_what_was_unlike_beforehand_is_said_in_standard_deviations() -> None:
    data = world(2000, np.random.default_rng(5))
    treated = data["arm"] == "1"
    data["before"] = data["before"] + 5.0 * treated
    result = Experiment("arm", "0", ("y",), covariates=("before",)).analyze(data)
    a, b = data["before"][~treated], data["before"][treated]
    expected = (b.mean() - a.mean()) / math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert result.balance[0].standardised_difference == pytest.approx(expected)
    assert "effects.unlike_beforehand" in [reason.code for reason in result.reasons]


def arm_of(*columns: np.ndarray) -> Arm:
    values = np.column_stack(columns)
    return Arm(len(values), values.mean(axis=0), np.cov(values, rowvar=False).reshape(len(columns), -1))


def of_means(rng: np.random.Generator) -> tuple[Comparison, float]:
    data = world(240, rng)
    return compare(*(arm_of(data["y"][data["arm"] == a]) for a in "01")), 2.0


def adjusted(rng: np.random.Generator) -> tuple[Comparison, float]:
    data = world(240, rng)
    return compare(
        *(arm_of(data["y"][data["arm"] == a], data["before"][data["arm"] == a]) for a in "01")
    ), 2.0


def within_strata(rng: np.random.Generator) -> tuple[Comparison, float]:
    data = world(240, rng)
    sides = [[arm_of(data["y"][(data["arm"] == a) & (data["region"] == r)]) for r in "01"] for a in "01"]
    return compare_strata(*sides), 2.0


def by_order(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Rounded and cut normals; the truth by summing over both."""
    counts = [
        np.bincount(np.clip(np.rint(rng.normal(mean, 1.5, 80)), 1, 7).astype(int), minlength=8)
        for mean in (4.0, 4.5)
    ]
    low, high = (np.diff(np.r_[0, norm.cdf(np.arange(1.5, 7), mean, 1.5), 1]) for mean in (4.0, 4.5))
    return superiority(*counts), float(high @ (np.cumsum(low) - low / 2)) - 0.5


def by_shop(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Fourteen shops of unlike size, half of the variance between them."""
    sides = []
    for arm in range(2):
        sizes = rng.integers(5, 30, 7)
        shop = np.repeat(np.arange(7), sizes)
        y = 1.0 * arm + rng.normal(0, 1, 7)[shop] + rng.normal(0, 1, len(shop))
        means = np.bincount(shop, y) / sizes
        sides.append(ClusteredArm(arm_of(y), np.arange(7) + 7 * arm, sizes.astype(float), means[:, None]))
    return compare_clusters(*sides), 1.0


@pytest.mark.slow
@pytest.mark.parametrize("draw", [of_means, adjusted, within_strata, by_order, by_shop])
def test_intervals_cover_the_truth_as_often_as_they_say(draw) -> None:
    """Skewed covariates and outcomes; 3.5 standard errors of the simulation and half a point."""
    rng, inside, runs = np.random.default_rng(12), 0, 4000
    for _ in range(runs):
        found, truth = draw(rng)
        low, high = found.interval(0.95)
        inside += low <= truth <= high
    assert inside / runs == pytest.approx(0.95, abs=3.5 * math.sqrt(0.95 * 0.05 / runs) + 0.005)
