"""Raking and weighted figures against R's survey package."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit

from verbond.errors import DataError, OptionError
from verbond.survey.kernel import pairwise_moments, reliability
from verbond.survey.weights import (
    effective_n,
    rake,
    weigh_to_customers,
    weighted_mean,
    weighted_moments,
)
from verbond.tables.tables import Tables

R = json.loads((Path(__file__).parents[1] / "reference" / "survey_weights.json").read_text("utf-8"))
MARGINS = {"region": {"north": 0.34, "east": 0.33, "south": 0.33}, "age": {"young": 0.5, "old": 0.5}}
GROUPS = {name: np.array(R[name], dtype=object) for name in MARGINS}
COLUMNS = {name: np.array(R[name]) for name in ("q1", "q2", "q3", "q4", "yes", "base")}


def standard_error(estimate):
    return (estimate.ci_upper - estimate.value) / stdtrit(estimate.n_obs - 1, 0.975)


def test_raked_weights_are_those_of_r():
    assert rake(GROUPS, MARGINS).weights == pytest.approx(R["raked"], abs=1e-7)
    with_base = rake(GROUPS, MARGINS, base=COLUMNS["base"])
    assert with_base.weights == pytest.approx(R["raked_base"], abs=1e-7)
    assert with_base.converged
    assert with_base.effective_n < 300


@pytest.mark.parametrize("column", ["q1", "yes"])
def test_means_and_shares_have_the_errors_of_svymean(column):
    place = ["q1", "yes"].index(column)
    for name, weights in (("plain_mean", np.ones(300)), ("based_mean", COLUMNS["base"])):
        found = weighted_mean(COLUMNS[column], weights)
        assert found.value == pytest.approx(R[name]["mean"][place], abs=1e-9)
        assert standard_error(found) == pytest.approx(R[name]["se"][place], abs=1e-9)
    raked = weighted_mean(COLUMNS[column], rake(GROUPS, MARGINS))
    assert raked.value == pytest.approx(R["raked_mean"]["mean"][place], abs=1e-7)
    # survey takes the margins out in ten rounds of averaging, not by least squares
    assert standard_error(raked) == pytest.approx(R["raked_mean"]["se"][place], rel=1e-4)


def test_weighted_alpha_is_that_of_svycralpha():
    items = np.column_stack([COLUMNS[f"q{j}"] for j in range(1, 5)])
    based = reliability(weighted_moments(items, COLUMNS["base"])).alpha
    assert based == pytest.approx(R["alpha_based"], abs=1e-9)
    raked = reliability(weighted_moments(items, rake(GROUPS, MARGINS).weights)).alpha
    assert raked == pytest.approx(R["alpha_raked"], abs=1e-7)


def test_equal_weights_change_nothing_also_with_gaps():
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(200, 3)) + rng.normal(size=(200, 1))
    answers[rng.random(answers.shape) < 0.2] = np.nan
    plain, weighted = pairwise_moments(answers), weighted_moments(answers, np.full(200, 3.0))
    assert weighted.cor == pytest.approx(plain.cor, abs=1e-12)
    assert weighted.n.tolist() == plain.n.tolist()
    n = weighted.n
    assert weighted.cov * n / (n - 1) == pytest.approx(plain.cov, abs=1e-12)
    assert effective_n(np.full(7, 0.3)) == pytest.approx(7)


def test_a_known_population_is_recovered_from_a_lopsided_sample():
    rng = np.random.default_rng(2)
    old = rng.random(40_000) < 0.5
    score = 50 + 20 * old + 10 * rng.normal(size=40_000)
    answered = rng.random(40_000) < np.where(old, 0.3, 0.1)
    age = np.where(old, "old", "young")[answered]
    raking = rake({"age": age}, {"age": {"old": 0.5, "young": 0.5}})
    mean = weighted_mean(score[answered], raking)
    assert mean.ci_lower < score.mean() < mean.ci_upper
    assert score[answered].mean() > mean.ci_upper
    plain = weighted_mean(score[answered], raking.weights)
    assert mean.ci_upper - mean.ci_lower < plain.ci_upper - plain.ci_lower  # age no longer counts as error


def test_unknown_people_get_no_weight_and_capped_weights_say_what_they_miss():
    age = np.array(["old"] * 95 + ["young"] * 4 + [None], dtype=object)
    found = rake({"age": age}, {"age": {"old": 1, "young": 1}})
    assert found.weights[-1] == 0
    assert {"survey.weights_unknown", "survey.weights_dear"} <= {r.code for r in found.reasons}
    capped = rake({"age": age}, {"age": {"old": 1, "young": 1}}, most=3.0)
    assert not capped.converged
    assert "survey.weights_off" in {r.code for r in capped.reasons}
    assert capped.weights.max() <= 3.0 * capped.weights[:-1].mean() + 1e-6
    for reason in (*found.reasons, *capped.reasons):
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_margins_that_cannot_be_met_are_named():
    age = np.array(["old", "young"], dtype=object)
    with pytest.raises(DataError, match="no respondents in 'middle'"):
        rake({"age": age}, {"age": {"old": 1, "young": 1, "middle": 1}})
    with pytest.raises(DataError, match="no share for 'young'"):
        rake({"age": age}, {"age": {"old": 1}})
    with pytest.raises(OptionError, match="not above 0"):
        rake({"age": age}, {"age": {"old": 1, "young": 0}})
    with pytest.raises(OptionError, match="not known of the respondents"):
        rake({"age": age}, {"region": {"north": 1}})


def test_respondents_are_weighed_to_all_customers_of_the_tables():
    """Who trusts more answers more readily here; region goes with trust, and region is known of everybody."""
    rng = np.random.default_rng(3)
    n = 6000
    north = rng.random(n) < 0.5
    trust = 40 + 25 * north + 8 * rng.normal(size=n)
    ids = np.array([f"c{i:05d}" for i in range(n)], dtype=object)
    region = np.where(north, "north", "south").astype(object)
    tables = Tables.from_columns({"customers": {"customer_id": ids, "region": region}})
    chosen = np.flatnonzero(rng.random(n) < np.where(north, 0.3, 0.1))
    scores = {
        "respondent_id": ids[chosen], "customer_id": ids[chosen], "wave": np.full(len(chosen), None, object),
        "occurred_at": np.full(len(chosen), "2026-01-01", "datetime64[us]"),
        "construct": np.full(len(chosen), "trust", object), "score": trust[chosen],
    }  # fmt: skip
    found = weigh_to_customers(tables, scores, ["region"])
    column = found.columns[0]
    assert column.weighted.ci_lower < trust.mean() < column.weighted.ci_upper
    assert column.plain.ci_lower > trust.mean()
    assert found.effective_n < found.n_obs == len(chosen)
    assert found.reasons[0].code == "survey.weights_worth"
    with pytest.raises(DataError, match="no attribute"):
        weigh_to_customers(tables, scores, ["age"])
