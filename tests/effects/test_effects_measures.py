"""Order alone, shares, strata, clusters, and looking whenever one likes."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtri

from verbond.effects import EffectEstimate, Experiment
from verbond.effects.experiment.ordinal import superiority
from verbond.effects.experiment.sequential import any_look_pvalue, any_look_width, tuning

REFERENCE = Path(__file__).parents[1] / "reference"
UNITS = REFERENCE / "effects_units.csv"
PEERS = json.loads((REFERENCE / "effects_peers.json").read_text("utf-8"))
SAME = 1e-9
"""Relative: the same formulas in another order."""


def care(outcome: str, **options: object) -> EffectEstimate:
    found = Experiment("folder", "price", (outcome,), **options).analyze(UNITS)
    return next(row for row in found.effects if row.variant == "care")


def test_order_alone_is_brunner_and_munzel_and_wilcoxon() -> None:
    found, theirs = care("trust", measures={"trust": "ordinal"}), PEERS["scipy"]
    assert found.effect_size + 0.5 == pytest.approx(theirs["superiority"], rel=SAME)
    assert found.pvalue == pytest.approx(theirs["bm_pvalue"], rel=1e-7)
    assert found.effect_size / found.standard_error == pytest.approx(abs(theirs["bm_statistic"]), rel=SAME)
    # Wilcoxon, Mann and Whitney assume equal spreads; here they hardly differ
    assert ndtri(found.pvalue / 2) == pytest.approx(ndtri(theirs["mwu_pvalue"] / 2), rel=0.03)


def test_superiority_is_counted_pair_by_pair() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(1, 6, 40), rng.integers(2, 7, 30)
    counts = [np.bincount(v, minlength=7) for v in (x, y)]
    pairs = np.mean((y[None, :] > x[:, None]) + 0.5 * (y[None, :] == x[:, None]))
    assert superiority(*counts).effect_size + 0.5 == pytest.approx(pairs)
    assert superiority(*counts[::-1]).effect_size == pytest.approx(0.5 - pairs)


def test_answers_that_do_not_overlap_have_no_interval() -> None:
    data = {"arm": ["a"] * 9 + ["b"] * 9, "y": [1, 2, 3] * 3 + [7, 8, 9] * 3}
    found = Experiment("arm", "a", ("y",), measures={"y": "ordinal"}).analyze(data)
    assert found.effects[0].reason.code == "effects.no_overlap"


def test_shares_have_newcombes_interval() -> None:
    found = care("satisfied", measures={"satisfied": "share"})
    effect, low, high, pvalue = PEERS["statsmodels"]["satisfied"]
    assert found.effect_size == pytest.approx(effect, rel=SAME)
    assert (found.effect_size_ci_lower, found.effect_size_ci_upper) == pytest.approx((low, high), rel=1e-7)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-7)
    assert found.headline.code.endswith("_share")
    assert care("revenue", measures={"revenue": "share"}).reason.code == "effects.not_zero_one"


def test_strata_are_weighed_by_their_size() -> None:
    found = care("revenue", strata=("region",))
    effect, error = PEERS["statsmodels"]["post_stratified"]
    assert (found.effect_size, found.standard_error) == pytest.approx((effect, error), rel=SAME)


def test_strata_that_say_much_make_the_interval_narrower() -> None:
    rng = np.random.default_rng(6)
    region, arm = rng.integers(0, 3, 900), rng.integers(0, 2, 900)
    data = {
        "arm": arm.astype(str), "region": region.astype(str), "y": 10.0 * region + arm + rng.normal(size=900),
    }  # fmt: skip
    plain = Experiment("arm", "0", ("y",)).analyze(data).effects[0]
    within = Experiment("arm", "0", ("y",), strata=("region",)).analyze(data).effects[0]
    assert within.standard_error < 0.2 * plain.standard_error
    assert abs(within.effect_size - 1) < 3 * within.standard_error


def test_a_stratum_of_one_arm_is_left_out_and_counted() -> None:
    data = {
        "arm": ["a", "b"] * 20 + ["a"] * 7, "region": ["n"] * 40 + ["s"] * 7, "y": np.arange(47.0) % 9,
    }  # fmt: skip
    found = Experiment("arm", "a", ("y",), strata=("region",)).analyze(data)
    assert found.effects[0].n_obs == 40
    assert "effects.left_out" in [reason.code for reason in found.reasons]


@pytest.mark.parametrize("what", ["nested", "crossed", "adjusted"])
def test_clusters_are_those_of_clubsandwich(what: str) -> None:
    with (REFERENCE / "effects_clusters.csv").open(encoding="utf-8") as file:
        theirs = next(row for row in csv.DictReader(file) if row["what"] == what)
    options = {"covariates": ("before",)} if what == "adjusted" else {}
    found = care("revenue", cluster="visits_before" if what == "crossed" else "shop", **options)
    ours = {
        "effect": found.effect_size, "se": found.standard_error, "df": found.df, "pvalue": found.pvalue,
        "lower": found.effect_size_ci_lower, "upper": found.effect_size_ci_upper,
    }  # fmt: skip
    for name, value in ours.items():
        assert value == pytest.approx(float(theirs[name]), rel=1e-7), name


def test_one_cluster_an_arm_says_nothing() -> None:
    data = {"arm": ["a"] * 9 + ["b"] * 9, "shop": ["s"] * 9 + ["t"] * 9, "y": np.arange(18.0)}
    found = Experiment("arm", "a", ("y",), cluster="shop").analyze(data)
    assert found.effects[0].reason.code == "effects.too_few_clusters"


def test_clusters_of_one_are_welch() -> None:
    rng = np.random.default_rng(7)
    data = {
        "arm": rng.integers(0, 2, 60).astype(str),
        "id": [str(i) for i in range(60)],
        "y": rng.normal(size=60),
    }
    alone = Experiment("arm", "0", ("y",)).analyze(data).effects[0]
    each = Experiment("arm", "0", ("y",), cluster="id").analyze(data).effects[0]
    assert each.standard_error == pytest.approx(alone.standard_error)


@pytest.mark.parametrize(
    "row", json.loads((REFERENCE / "effects_sequential.json").read_text("utf-8")), ids=str
)
def test_sequences_are_those_of_growthbook(row: dict[str, float]) -> None:
    half = any_look_width(row["n"], row["alpha"], row["rho_squared"]) * row["se"]
    assert (row["effect"] - half, row["effect"] + half) == pytest.approx(
        (row["lower"], row["upper"]), rel=1e-7
    )
    pvalue = any_look_pvalue(row["effect"] / row["se"], row["n"], row["rho_squared"])
    assert pvalue == pytest.approx(row["pvalue"], rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.001])
def test_the_tuning_is_the_narrowest(alpha: float) -> None:
    found = minimize_scalar(
        lambda log: any_look_width(800, alpha, math.exp(log)), bounds=(-12, 1), method="bounded"
    )
    assert tuning(alpha, 800) == pytest.approx(math.exp(found.x), rel=1e-3)


def test_any_look_is_wider_and_agrees_with_itself() -> None:
    plain, free = (
        care("revenue", covariates=("before",)),
        care("revenue", covariates=("before",), any_look=True),
    )
    assert free.effect_size_ci_lower < plain.effect_size_ci_lower
    assert free.pvalue > plain.pvalue
    assert (free.pvalue < 0.05) == (free.effect_size_ci_lower > 0 or free.effect_size_ci_upper < 0)


def looked_at(any_look: bool, experiments: int, n: int, rng: np.random.Generator) -> float:
    """Share of experiments without effect in which somebody who looks after every tenth pair finds one."""
    found = np.zeros(experiments, dtype=bool)
    rho = tuning(0.05, n)
    y = rng.exponential(1.0, (experiments, 2, n // 2))
    m = np.arange(1, n // 2 + 1)
    sums, squares = np.cumsum(y, axis=2), np.cumsum(y**2, axis=2)
    for k in range(49, n // 2, 10):
        mean = sums[:, :, k] / m[k]
        variance = (squares[:, :, k] - m[k] * mean**2) / (m[k] - 1)
        z = np.abs(mean[:, 1] - mean[:, 0]) / np.sqrt(variance.sum(axis=1) / m[k])
        found |= z > (any_look_width(2 * m[k], 0.05, rho) if any_look else 1.96)
    return float(found.mean())


@pytest.mark.slow
def test_looking_all_the_time_keeps_its_promise() -> None:
    """Skewed outcomes, a look after every twenty units: at most 5% false finds, 1 point for chance."""
    rng = np.random.default_rng(11)
    assert looked_at(True, 2000, 2000, rng) < 0.05 + 0.01
    assert looked_at(False, 2000, 2000, rng) > 0.2  # what looking does to ordinary intervals
