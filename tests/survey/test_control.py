"""Who is asked and who is control: by lot, in proportion, and as powerful as R says."""

import numpy as np
import pytest

from verbond.errors import DataError, OptionError
from verbond.survey.control import SurveyPlanner, detectable_share, power_of_shares
from verbond.tables.tables import Tables

R_POWER_PROP_TEST = {(388, 0.5): 0.599927, (1000, 0.1): 0.140747, (200, 0.03): 0.098489}
"""R 4.2.2: power.prop.test(n, p1, power = .8)$p2; it leaves out the far tail, as here.

Its root finder stops within .0001."""


def company(n=900, without_consent=100):
    rng = np.random.default_rng(1)
    customers = {
        "customer_id": np.array([f"c{i:04d}" for i in rng.permutation(n)], dtype=object),
        "region": rng.choice(np.array(["north", "south", "west"], dtype=object), n, p=[0.6, 0.3, 0.1]),
        "consent": np.arange(n) >= without_consent,
    }
    return customers, Tables.from_columns({"customers": customers})


@pytest.mark.parametrize(("n", "base"), R_POWER_PROP_TEST)
def test_what_can_be_detected_is_what_r_says(n, base):
    assert detectable_share(base, n, n) == pytest.approx(R_POWER_PROP_TEST[n, base], abs=1e-4)


def test_power_is_how_often_a_difference_is_seen():
    """20,000 simulated comparisons of 300 with 500 people: within four standard errors of the formula."""
    rng = np.random.default_rng(2)
    a, b = rng.binomial(300, 0.2, 20_000) / 300, rng.binomial(500, 0.28, 20_000) / 500
    pooled = (300 * a + 500 * b) / 800
    seen = np.abs(a - b) > 1.959964 * np.sqrt(pooled * (1 - pooled) * (1 / 300 + 1 / 500))
    assert seen.mean() == pytest.approx(power_of_shares(0.2, 0.28, 300, 500), abs=0.015)


def test_both_groups_mirror_the_strata_and_nobody_is_in_both():
    customers, tables = company()
    plan = SurveyPlanner(200, n_control=150, strata=("region",), seed=3).plan(tables)
    ids = plan.assignment["customer_id"]
    assert len(set(ids)) == len(ids) == 350
    allowed = customers["consent"]
    assert set(ids) <= set(customers["customer_id"][allowed])
    assert plan.n_not_approachable == 100
    for stratum in plan.strata:
        share = (customers["region"][allowed] == stratum.stratum).mean()
        assert abs(stratum.n_asked - 200 * share) < 1
        assert abs(stratum.n_control - 150 * share) < 1
    assert sum(s.n_asked for s in plan.strata) == 200
    assert sum(s.n_control for s in plan.strata) == 150


def test_the_lot_is_fair_and_repeatable():
    _, tables = company(60, 0)
    first = SurveyPlanner(20, seed=4).plan(tables).assignment
    again = SurveyPlanner(20, seed=4).plan(tables).assignment
    assert first["customer_id"].tolist() == again["customer_id"].tolist()
    counts = dict.fromkeys(first["customer_id"], 0)
    for seed in range(300):
        drawn = SurveyPlanner(20, seed=seed).plan(tables).assignment
        for who in drawn["customer_id"][drawn["group"] == "asked"]:
            counts[who] = counts.get(who, 0) + 1
    expected, chi = 100.0, sum((c - 100) ** 2 / (100 * (1 - 1 / 3)) for c in counts.values())
    assert len(counts) == 60
    assert abs(np.mean(list(counts.values())) - expected) < 1e-9
    assert 25 < chi < 105  # 59 degrees of freedom: .9999 of them lie inside


def test_the_plan_warns_that_asking_is_an_intervention():
    _, tables = company()
    told = SurveyPlanner(200).plan(tables)
    assert [r.code for r in told.reasons] == ["survey.intention_changes", "survey.plan_power"]
    assert told.half_width == pytest.approx(1.959964 * np.sqrt(0.25 / 80), abs=1e-6)
    without = SurveyPlanner(200, n_control=0).plan(tables)
    assert np.isnan(without.detectable)
    assert without.to_dict()["detectable"] is None
    assert "survey.plan_no_control" in {r.code for r in without.reasons}
    for reason in (*told.reasons, *without.reasons):
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_bad_plans_are_named():
    _, tables = company()
    with pytest.raises(DataError, match="fewer customers"):
        SurveyPlanner(5000).plan(tables)
    with pytest.raises(DataError, match="nobody is left"):
        SurveyPlanner(700, n_control=200).plan(tables)
    with pytest.raises(DataError, match="no attribute 'age'"):
        SurveyPlanner(10, strata=("age",)).plan(tables)
    with pytest.raises(OptionError, match="base_rate"):
        SurveyPlanner(10, base_rate=1.0)
    with pytest.raises(DataError, match="no table of customers"):
        SurveyPlanner(10).plan(Tables.from_columns({"responses": {"respondent_id": ["a"], "item": ["x"]}}))
