"""One experiment as tea-tasting, statsmodels and scipy read it (`tests/reference/effects_peers.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verbond.effects import Experiment, ExperimentResult
from verbond.numerics.correction import benjamini_hochberg, holm

REFERENCE = Path(__file__).parents[1] / "reference"
UNITS = REFERENCE / "effects_units.csv"
PEERS = json.loads((REFERENCE / "effects_peers.json").read_text("utf-8"))
TEA = PEERS["tea_tasting"]
SAME = 1e-9
"""Relative: the same formulas in another order."""


@pytest.fixture(scope="module")
def plain() -> ExperimentResult:
    return Experiment(
        "folder",
        "price",
        ("revenue", "satisfied", "trust"),
        ratios=(("orders", "visits"),),
        margin={"trust": 0.9},
    ).analyze(UNITS)


@pytest.fixture(scope="module")
def adjusted() -> ExperimentResult:
    return Experiment("folder", "price", ("revenue",), covariates=("before",)).analyze(UNITS)


def row(result: ExperimentResult, outcome: str, variant: str = "care"):
    return next(r for r in result.effects if (r.outcome, r.variant) == (outcome, variant))


@pytest.mark.parametrize("variant", ["care", "quiet"])
@pytest.mark.parametrize("outcome", ["revenue", "satisfied", "trust", "orders/visits", "revenue|before"])
def test_differences_are_those_of_tea_tasting(
    plain: ExperimentResult, adjusted: ExperimentResult, outcome: str, variant: str
) -> None:
    name, _, covariate = outcome.partition("|")
    found, theirs = row(adjusted if covariate else plain, name, variant), TEA[variant][outcome]
    for ours in theirs.keys() - {"control", "treatment"}:
        assert getattr(found, ours) == pytest.approx(theirs[ours], rel=SAME), ours
    assert found.control_mean == pytest.approx(theirs["control"], rel=SAME)
    assert found.variant_mean == pytest.approx(theirs["treatment"], rel=SAME)


def test_two_covariates_are_a_regression_of_both() -> None:
    result = Experiment("folder", "price", ("revenue",), covariates=("before", "visits_before")).analyze(
        UNITS
    )
    found, (effect, low, high, pvalue) = row(result, "revenue"), PEERS["statsmodels"]["two_covariates"]
    assert found.effect_size == pytest.approx(effect, rel=SAME)
    assert (found.effect_size_ci_lower, found.effect_size_ci_upper) == pytest.approx((low, high), rel=SAME)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-7)


def test_counts_are_means_of_which_the_relative_effect_is_a_robust_poisson_regression() -> None:
    import math

    result = Experiment("folder", "price", ("orders",)).analyze(UNITS)
    found, (log_ratio, error) = row(result, "orders"), PEERS["statsmodels"]["orders_log_ratio"]
    assert 1 + found.rel_effect_size == pytest.approx(math.exp(log_ratio), rel=SAME)
    # their sandwich divides by n, ours by n - 1, and they take the normal instead of Student's t
    half = math.log((1 + found.rel_effect_size_ci_upper) / (1 + found.rel_effect_size_ci_lower)) / 2
    assert half == pytest.approx(1.96 * error, rel=0.01)


def test_two_one_sided_tests_are_the_interval_within_the_margin(plain: ExperimentResult) -> None:
    found = row(plain, "trust")
    inside = found.equivalence_ci_lower > -0.9 and found.equivalence_ci_upper < 0.9
    assert inside == (PEERS["statsmodels"]["tost_trust_0.9"] < 0.05)
    assert (found.verdict == "unchanged") == inside


def test_corrections_are_those_of_statsmodels(plain: ExperimentResult) -> None:
    theirs = PEERS["statsmodels"]
    assert holm(theirs["pvalues"]) == pytest.approx(theirs["holm"])
    assert benjamini_hochberg(theirs["pvalues"]) == pytest.approx(theirs["bh"])
    given = [r.pvalue for r in plain.effects]
    assert [r.pvalue_holm for r in plain.effects] == pytest.approx(list(holm(given)))


def test_sizes_of_arms_are_tested_as_scipy_does(plain: ExperimentResult) -> None:
    assert plain.sample_ratio.pvalue == pytest.approx(PEERS["scipy"]["chisquare"], rel=SAME)
    stated = Experiment(
        "folder", "price", ("revenue",), expected={"price": 3, "care": 2, "quiet": 1}
    ).analyze(UNITS)
    assert stated.sample_ratio.pvalue == pytest.approx(PEERS["scipy"]["chisquare_3_2_1"], rel=SAME)
    assert stated.headline.code == "effects.sample_ratio_mismatch"
    assert {r.verdict for r in stated.effects} == {"cannot_tell"}
