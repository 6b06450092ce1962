"""Covariates on the rates of buying and leaving: recovery, coverage, and what must not change anything."""

import numpy as np
import pytest

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.loyalty import BuyTillYouDie, Summary, summary_of
from verbond.loyalty.buying import BuyingResult, forecast
from verbond.loyalty.buying.design import params_of_rows
from verbond.loyalty.buying.histories import Histories
from verbond.loyalty.buying.kernel import pareto_nbd

TRUTH = {
    "bg-nbd": {"r": 0.8, "alpha": 5.0, "a": 0.9, "b": 2.5, "alpha:z": 0.5, "a:z": 0.4, "b:z": -0.3},
    "pareto-nbd": {"r": 0.8, "alpha": 5.0, "s": 0.9, "beta": 9.0, "alpha:z": 0.5, "beta:z": 0.6},
}


def simulated(model, rng, n, weeks=40.0):
    """Customers with a covariate z, 0 or 1, one by one as the model says."""
    truth, z = TRUTH[model], rng.integers(0, 2, n).astype(float)
    rate = rng.gamma(truth["r"], 1 / (truth["alpha"] * np.exp(-truth["alpha:z"] * z)))
    x, t_x, now, here = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    if model == "pareto-nbd":
        gone = rng.exponential(1 / rng.gamma(truth["s"], 1 / (truth["beta"] * np.exp(-truth["beta:z"] * z))))
        leave, until = np.zeros(n), np.minimum(gone, weeks)
    else:
        leave = rng.beta(truth["a"] * np.exp(truth["a:z"] * z), truth["b"] * np.exp(truth["b:z"] * z))
        until = np.full(n, weeks)
    while here.any():
        now = now + rng.exponential(1, n) / np.maximum(rate, 1e-300)
        bought = here & (now <= until)
        x, t_x = x + bought, np.where(bought, now, t_x)
        here = bought & (rng.random(n) >= leave)
    return Summary(x, t_x, np.full(n, weeks), np.ones(n), covariates={"z": z})


@pytest.mark.parametrize("model", TRUTH)
def test_known_coefficients_are_recovered(model):
    result = BuyTillYouDie(model, ("z",)).fit(simulated(model, np.random.default_rng(4), 20_000))
    assert result.converged
    assert list(result.params) == list(TRUTH[model])
    for name, true in TRUTH[model].items():
        assert abs(result.params[name] - true) < 3.5 * result.standard_errors[name], name
    assert result.reasons[-1].code == "loyalty_buying.association"


@pytest.mark.slow
@pytest.mark.parametrize("model", TRUTH)
def test_intervals_with_a_covariate_cover_the_truth(model):
    """200 shops of 4,000 simulated customers: 95% intervals cover 92-98%, of parameters and what follows."""
    rng, truth = np.random.default_rng(17), TRUTH[model]
    some = summary_of(
        {"x": [0, 2, 6], "t_x": [0, 20, 38], "T": [40, 40, 40], "z": [1, 0, 1]}, covariates=("z",)
    )
    exact = BuyingResult(model, truth, truth, 0.0, 1, 1, True, covariates=("z",))
    goals = {"alive": exact.probability_alive(some), "bought": exact.expected_purchases(some, 20)}
    inside = dict.fromkeys((*truth, *goals), 0.0)
    for _ in range(200):
        result = BuyTillYouDie(model, ("z",)).fit(simulated(model, rng, 4_000))
        for row in result.to_dicts():
            inside[row["parameter"]] += row["ci_lower"] <= truth[row["parameter"]] <= row["ci_upper"]
        ahead = forecast(result, some, 20)
        for name, found in (("alive", ahead.probability_alive), ("bought", ahead.expected_purchases)):
            known = (goals[name] > 0) & (goals[name] < 1) if name == "alive" else np.ones(3, bool)
            within = (found.ci_lower <= goals[name]) & (goals[name] <= found.ci_upper)
            inside[name] += within[known].mean()
    assert all(184 <= n <= 196 for n in inside.values()), inside


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd", "pareto-nbd"])
def test_no_covariates_is_the_plain_model(model):
    data = simulated("bg-nbd", np.random.default_rng(2), 2_000)
    without = Summary(data.frequency, data.recency, data.T, data.weight)
    one, other = BuyTillYouDie(model).fit(data), BuyTillYouDie(model).fit(without)
    assert one.params == other.params
    assert one.loglik == other.loglik
    assert one.standard_errors == other.standard_errors
    zero = params_of_rows(model, np.append(np.log([0.5, 4, 0.9, 2]), np.zeros(3)), np.ones((2, 1)))
    assert zero == pytest.approx(np.tile([[0.5], [4], [0.9], [2]], 2))


def test_a_covariate_for_each_group_is_a_fit_for_each_group():
    """With r equal the models of two groups differ in alpha, s and beta only through what z moves."""
    data = simulated("pareto-nbd", np.random.default_rng(8), 3_000)
    result = BuyTillYouDie("pareto-nbd", ("z",)).fit(data)
    value = 0.0
    for z in (0.0, 1.0):
        own = data.covariates["z"] == z
        rows = params_of_rows("pareto-nbd", result.theta, np.array([[z]]))
        part = Histories.of(*(getattr(data, n)[own] for n in ("frequency", "recency", "T", "weight")))
        value += pareto_nbd(np.ascontiguousarray(rows.T), part).value
    assert value == pytest.approx(result.loglik, rel=1e-12)
    plain = BuyTillYouDie("pareto-nbd").fit(data)
    assert result.loglik > plain.loglik + 10


def test_units_of_a_covariate_change_its_coefficient_only():
    data = simulated("bg-nbd", np.random.default_rng(6), 4_000)
    moved = {"z": 2000 + 10 * data.covariates["z"]}
    other = Summary(data.frequency, data.recency, data.T, data.weight, covariates=moved)
    one, two = (BuyTillYouDie("bg-nbd", ("z",)).fit(d) for d in (data, other))
    assert two.loglik == pytest.approx(one.loglik, rel=1e-12)
    for name in ("alpha:z", "a:z", "b:z"):
        assert 10 * two.params[name] == pytest.approx(one.params[name], rel=1e-4)
        assert 10 * two.standard_errors[name] == pytest.approx(one.standard_errors[name], rel=1e-4)
    assert two.probability_alive(other) == pytest.approx(one.probability_alive(data), rel=1e-5)


def test_words_become_a_covariate_each():
    columns = {"x": [1, 2, 0], "t_x": [1, 3, 0], "T": [9, 9, 9], "type": ["meaning", "market", "authority"]}
    data = summary_of(columns, covariates=("type",))
    assert list(data.covariates) == ["type=market", "type=meaning"]  # beside authority, the first by alphabet
    assert data.covariates["type=market"].tolist() == [0, 1, 0]
    with pytest.raises(NotFoundError, match="no column 'rung'"):
        summary_of(columns, covariates=("rung",))
    with pytest.raises(DataError, match="row 2"):
        summary_of(columns | {"rung": [1, np.nan, 2]}, covariates=("rung",))


def test_what_cannot_be_is_named():
    data = simulated("bg-nbd", np.random.default_rng(6), 100)
    with pytest.raises(OptionError, match="takes no covariates"):
        BuyTillYouDie("sbg", ("z",))
    with pytest.raises(NotFoundError, match="no covariate 'y'"):
        BuyTillYouDie("bg-nbd", ("y",)).fit(data)
    same = Summary(data.frequency, data.recency, data.T, data.weight, covariates={"z": np.ones(100)})
    result = BuyTillYouDie("bg-nbd", ("z",)).fit(same)
    assert result.reasons[0].code == "loyalty_buying.covariate_constant"
    assert all(np.isnan(v) for v in result.params.values())
    fitted = BuyTillYouDie("bg-nbd", ("z",)).fit(simulated("bg-nbd", np.random.default_rng(6), 2_000))
    with pytest.raises(NotFoundError, match="no covariate 'z'"):
        fitted.probability_alive(Summary(data.frequency, data.recency, data.T, data.weight))
