"""Sizes of experiments are those of R and statsmodels; what they promise comes true in simulation."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from verbond.effects import ExperimentPlanner
from verbond.effects.planning.kernel import any_look_bound, cluster_sd
from verbond.errors import OptionError
from verbond.numerics.power import n_for_means, n_for_shares, power_of_means

REFERENCE = Path(__file__).parents[1] / "reference"
SOLVER = 1e-5
"""Relative; root finders of R and statsmodels stop at about this."""


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(row: dict[str, str]) -> dict[str, float]:
    return {key: float(value) for key, value in row.items() if key != "what" and value != "NA"}


@pytest.mark.parametrize("row", rows("effects_power.csv"), ids=lambda row: "-".join(row.values()))
def test_sizes_are_those_of_r(row: dict[str, str]) -> None:
    given = numbers(row)
    n = given.pop("n")
    if row["what"] == "means":
        found = n_for_means(**given)
    else:
        effect, baseline = given.pop("effect"), given["baseline"]
        found = n_for_shares(baseline, baseline + effect, given["alpha"], given["power"])
        given = {**given, "effect": effect}
    assert found == pytest.approx(n, rel=SOLVER)
    assert ExperimentPlanner(**given).plan().n_per_arm == math.ceil(n - 1e-5)


@pytest.mark.parametrize("row", rows("effects_statsmodels.csv"), ids=lambda row: "-".join(row.values()))
def test_unequal_arms_are_those_of_statsmodels(row: dict[str, str]) -> None:
    given = numbers(row)
    n = given.pop("n")
    assert n_for_means(**given) == pytest.approx(n, rel=SOLVER)
    plan = ExperimentPlanner(**given).plan()
    assert plan.n_per_arm == math.ceil(n - 1e-5)
    assert plan.n_variant == math.ceil(given["ratio"] * n - 1e-5)


def test_clusters_are_a_t_test_on_their_means() -> None:
    """R: power.t.test(delta = 0.25, sd = sqrt((1 + 19 * 0.05) / 20), power = 0.9)$n is 33.77."""
    plan = ExperimentPlanner(effect=0.25, sd=1.0, power=0.9, cluster_size=20, icc=0.05).plan()
    assert (plan.clusters_per_arm, plan.n_per_arm) == (34, 680)
    assert plan.design_effect == pytest.approx(1.95)
    assert cluster_sd(1.0, 0.05, 20) ** 2 == pytest.approx(1.95 / 20)


def test_without_likeness_clusters_cost_hardly_anything() -> None:
    alone = ExperimentPlanner(effect=0.2, sd=1.0).plan().n_per_arm
    assert ExperimentPlanner(effect=0.2, sd=1.0, cluster_size=4, icc=0.0).plan().n_per_arm <= alone + 12


def test_promised_power_comes_true() -> None:
    """Clusters of unlike size, half of the variance explained beforehand, simulated by the definition."""
    plan = ExperimentPlanner(
        effect=0.4, sd=1.0, cluster_size=8, icc=0.1, cluster_cv=0.4, covariate_correlation=0.0
    ).plan()
    rng, k, seen, runs = np.random.default_rng(5), plan.clusters_per_arm, 0, 1500
    for _ in range(runs):
        sizes = np.maximum(1, np.rint(rng.normal(8, 3.2, 2 * k))).astype(int)
        shop = np.repeat(np.arange(2 * k), sizes)
        y = rng.normal(0, math.sqrt(0.1), 2 * k)[shop] + rng.normal(0, math.sqrt(0.9), len(shop))
        y += 0.4 * (shop < k)
        arms = [y[shop < k], y[shop >= k]]
        scores = np.bincount(shop, y - np.where(shop < k, arms[0].mean(), arms[1].mean()))
        error = math.sqrt(
            sum((s**2).sum() / len(a) ** 2 for s, a in zip((scores[:k], scores[k:]), arms, strict=True))
        )
        seen += abs(arms[0].mean() - arms[1].mean()) / error > 2.0
    assert seen / runs == pytest.approx(0.8, abs=0.04)


def test_any_look_asks_for_more_and_says_so() -> None:
    plain = ExperimentPlanner(effect=0.2, sd=1.0).plan()
    free = ExperimentPlanner(effect=0.2, sd=1.0, any_look=True).plan()
    z = any_look_bound(0.05) + 0.8416212
    assert free.n_per_arm == pytest.approx(2 * (z / 0.2) ** 2, rel=1e-3)
    assert free.n_per_arm > 1.5 * plain.n_per_arm
    assert "effects.plan_any_look" in [reason.code for reason in free.reasons]


def test_a_covariate_saves_its_square() -> None:
    plain = ExperimentPlanner(effect=0.1, sd=1.0).plan().n_per_arm
    helped = ExperimentPlanner(effect=0.1, sd=1.0, covariate_correlation=0.6).plan().n_per_arm
    assert helped / plain == pytest.approx(1 - 0.36, abs=0.002)


def test_several_variants_share_the_level() -> None:
    three = ExperimentPlanner(effect=0.3, sd=1.0, variants=3).plan()
    assert three.n_per_arm == math.ceil(n_for_means(0.3, 1.0, 0.05 / 3, 0.8))
    assert three.n_total == 4 * three.n_per_arm


def test_the_curve_rises_through_what_was_asked() -> None:
    plan = ExperimentPlanner(effect=0.2, sd=1.0, power=0.9).plan()
    powers = [point.power for point in plan.power_curve]
    assert powers == sorted(powers)
    at = {point.n_per_arm: point.power for point in plan.power_curve}
    assert 0.9 <= at[plan.n_per_arm] < 0.902
    assert power_of_means(0.0, 1.0, 50, 50) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "options",
    [
        {"effect": 1e-9, "sd": 1.0},
        {"effect": 50.0, "sd": 1.0},
        {"effect": 1.0, "sd": 1.0, "alpha": 1e-12},
        {"effect": 1.0, "sd": 1.0, "power": 1 - 1e-9},
        {"effect": 1.0, "sd": 1.0, "ratio": 1000.0},
        {"effect": 1.0, "sd": 1.0, "ratio": 0.001},
        {"effect": 5.0, "sd": 1.0, "cluster_size": 50.0, "icc": 0.01},
        {"effect": 0.98, "baseline": 0.01},
    ],
    ids=str,
)
def test_the_curve_rises_at_the_ends_of_the_world_too(options: dict[str, float]) -> None:
    plan = ExperimentPlanner(**options).plan()
    powers = [point.power for point in plan.power_curve]
    assert powers == sorted(powers)
    at = {point.n_per_arm: point.power for point in plan.power_curve}
    assert at[plan.n_per_arm] >= options.get("power", 0.8) - 1e-9


def test_days_are_whole_weeks_of_those_who_come_in() -> None:
    plan = ExperimentPlanner(effect=0.5, sd=1.0, response_rate=0.4, traffic_per_day=30).plan()
    assert (plan.n_total, plan.n_to_invite, plan.duration_days) == (128, 320, 14)


@pytest.mark.parametrize(
    "options",
    [
        {"effect": 0.1},
        {"effect": 0.0, "sd": 1.0},
        {"effect": 0.1, "sd": -1.0},
        {"effect": 0.1, "sd": float("nan")},
        {"effect": 0.9, "baseline": 0.2},
        {"effect": 5.0, "baseline": 40.0},
        {"effect": 0.1, "sd": 1.0, "power": 1.0},
        {"effect": 0.1, "sd": 1.0, "power": 0.04},
        {"effect": 0.1, "sd": 1.0, "icc": 1.5},
        {"effect": 0.1, "sd": 1.0, "response_rate": 0.0},
    ],
    ids=lambda options: "-".join(options),
)
def test_a_plan_that_cannot_be_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        ExperimentPlanner(**options)
