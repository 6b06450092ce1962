"""Purchases at regular times (BG/CNBD-k, MBG/CNBD-k): BTYDplus, brute force, known parameters.

`btydplus_regular.json` holds customers that BTYDplus simulated and what it finds; `btydplus_regular.R` made
it.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, gammaln
from scipy.stats import poisson

from verbond.errors import DataError, OptionError
from verbond.loyalty import BuyTillYouDie, Summary, summary_of
from verbond.loyalty.buying import BuyingResult, forecast, kernel, track
from verbond.loyalty.buying.histories import Histories
from verbond.loyalty.summary import Waits

REFERENCE = Path(__file__).parents[1] / "reference"
MODELS = ("bg-cnbd-k", "mbg-cnbd-k")
BRUTE = 1e-6  # steps of 0.1 on a scale where the integrands die off exponentially
GIVEN = (0.7, 1.5, 0.9, 2.5)
SEEN = ((0.0, 0.0, 39.0), (1.0, 2.5, 39.0), (3.0, 36.0, 39.0), (12.0, 38.0, 39.0), (2.0, 39.0, 39.0))


@pytest.fixture(scope="module")
def theirs():
    return json.loads((REFERENCE / "btydplus_regular.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shop(theirs):
    return summary_of({name: theirs[name] for name in ("x", "t_x", "T", "litt")})


def at(model, params, k):
    values = dict(zip(("r", "alpha", "a", "b"), map(float, params), strict=True))
    return BuyingResult(model, values, values, 0.0, 1, 1, True, k=k)


@pytest.mark.parametrize("model", MODELS)
def test_the_fit_is_that_of_btydplus(shop, theirs, model):
    found, other = BuyTillYouDie(model).fit(shop), theirs[model]
    assert found.k == other["k"] == 3
    assert found.k_logliks == pytest.approx(other["logliks"], abs=1e-3)  # theirs stops a little earlier
    assert found.loglik >= other["loglik"] - 1e-8
    assert tuple(found.params.values()) == pytest.approx(
        other["params"], rel=5e-3
    )  # the same, on flat ridges
    given = at(model, theirs["given"][1:], 3)
    columns = Histories.of(shop.frequency, shop.recency, shop.T, shop.weight)
    value = getattr(kernel, model[:-2].replace("-", "_"))(np.array([theirs["given"][1:]]), columns, 3).value
    value += 2 * shop.waits.log_sum - shop.frequency.sum() * gammaln(3)
    assert value == pytest.approx(other["given_loglik"], abs=1e-5)
    some = summary_of({name: theirs[name][:12] for name in ("x", "t_x", "T")})
    assert given.probability_alive(some) == pytest.approx(other["alive"], abs=1e-8)
    new = summary_of({"x": [0], "t_x": [0], "T": [0]})
    ahead = [given.expected_purchases(new, t)[0] for t in theirs["weeks"]]
    assert ahead == pytest.approx(other["expectation"], abs=1e-5)  # they stop their sum at 1e-8 a term
    assert found.to_dicts()[0]["estimate"] == 3


def gamma_points(shape, rate):
    """Points and weights over a gamma law: equal steps in the logarithm, where the integrand dies off."""
    log = np.linspace(-60, 8, 681)
    weights = np.exp(shape * log - np.exp(log))
    return np.exp(log) / rate, weights / weights.sum()


def beta_points(a, b):
    """The same over a beta law: equal steps in the logit."""
    odds = np.linspace(-60, 40, 1001)
    weights = np.exp(-a * np.logaddexp(0, -odds) - b * np.logaddexp(0, odds))
    return np.minimum(expit(odds), 1 - 1e-16), weights / weights.sum()


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("row", range(len(SEEN)))
def test_history_by_integrating_over_what_customers_are(model, k, row):
    """Likelihood, P(alive), expected and discounted purchases from one customer's rate and leaving."""
    (x, t_x, T), horizon, d = SEEN[row], 26.0, 0.02
    rate, of_rate = gamma_points(*GIVEN[:2])
    leave, of_leave = beta_points(*GIVEN[2:])
    survived = x + (model == "mbg-cnbd-k")
    bought = rate ** (k * x)
    left = (
        of_rate
        @ (bought * np.exp(-rate * t_x))
        * (of_leave @ (leave * (1 - leave) ** max(survived - 1, 0)) if survived else 0.0)
    )
    alive = ahead = discounted = buys = 0.0
    until = np.arange(400)
    for j in range(k):
        phase = bought * np.exp(-rate * T) * (rate * (T - t_x)) ** j / np.exp(gammaln(j + 1))
        alive += (of_rate @ phase) * (of_leave @ (1 - leave) ** survived)
        come = of_rate * phase @ poisson.pmf(until[None, :], rate[:, None] * horizon)
        moments = (until + j) // k
        buys += come[moments > 0].sum() * (of_leave @ (1 - leave) ** survived)
        s = np.array([of_leave @ ((1 - leave) ** survived * -np.expm1(n * np.log1p(-leave)) / leave)
                      for n in range(moments.max() + 1)])  # fmt: skip
        ahead += come @ s[moments]
        one = rate / (rate + d)
        each = one[:, None] ** (k - j) / (1 - (1 - leave[None]) * one[:, None] ** k)
        discounted += (of_rate * phase) @ each @ (of_leave * (1 - leave) ** survived)
    one_row = [np.array([v]) for v in SEEN[row]]
    function = kernel.bg_cnbd if model == "bg-cnbd-k" else kernel.mbg_cnbd
    value = function(np.array([GIVEN]), Histories.of(*one_row, np.ones(1)), k).value
    assert value == pytest.approx(np.log(left + alive), abs=BRUTE)
    found, some = at(model, GIVEN, k), Summary(*one_row, np.ones(1))
    assert found.probability_alive(some)[0] == pytest.approx(alive / (left + alive), rel=BRUTE)
    assert found.expected_purchases(some, horizon)[0] == pytest.approx(ahead / (left + alive), rel=BRUTE)
    assert found.expected_purchases(some, 0.0)[0] == 0.0
    assert found.probability_buying(some, horizon)[0] == pytest.approx(buys / (left + alive), rel=BRUTE)
    assert found.discounted_purchases(some, d)[0] == pytest.approx(discounted / (left + alive), rel=BRUTE)


@pytest.mark.parametrize("model", MODELS)
def test_gradients_and_curvature_are_the_slopes(model):
    rows = [np.array(column) for column in zip(*SEEN, strict=True)]
    histories = Histories.of(*rows, np.random.default_rng(5).random(len(SEEN)) + 0.5)
    function = kernel.bg_cnbd if model == "bg-cnbd-k" else kernel.mbg_cnbd
    own = np.array(GIVEN)
    found = function(own[None], histories, 4)
    for i, step in enumerate(np.diag(1e-5 * own)):
        ahead, back = (function((own + sign * step)[None], histories, 4) for sign in (1, -1))
        size = 2 * step.sum()
        assert found.gradient[0, i] == pytest.approx((ahead.value - back.value) / size, rel=1e-5, abs=1e-6)
        slope = (ahead.gradient[0] - back.gradient[0]) / size
        assert found.hessian[0, i] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def simulated(rng, n, k, truth, weeks=40.0, more=0.0):
    """MBG/CNBD-k customers one by one: a summary until `weeks`, and purchases of each `more` weeks on."""
    rate, leave = rng.gamma(truth[0], 1 / truth[1], n), rng.beta(*truth[2:], n)
    x, t_x, now, later = (np.zeros(n) for _ in range(4))
    here, log_sum, before = rng.random(n) >= leave, 0.0, np.full((n, 2), np.nan)
    while here.any():
        wait = rng.gamma(k, 1, n) / np.maximum(rate, 1e-300)
        now = now + wait
        bought = here & (now <= weeks)
        x, t_x = x + bought, np.where(bought, now, t_x)
        log_sum += float(np.log(wait[bought]).sum())
        before[bought] = np.column_stack([before[:, 1], wait])[bought]
        later += here & ~bought & (now <= weeks + more)
        here = here & (now <= weeks + more) & (rng.random(n) >= leave)
    pairs = before[~np.isnan(before[:, 0])]
    uneven = (pairs[:, 1] / pairs.sum(axis=1) - 0.5) ** 2
    waits = Waits(log_sum, len(pairs), float(uneven.sum()), float((uneven**2).sum()))
    return Summary(x, t_x, np.full(n, weeks), np.ones(n), waits=waits), later


def test_known_parameters_and_regularity_are_recovered():
    truth = (0.9, 1.6, 0.9, 2.5)
    data, later = simulated(np.random.default_rng(8), 8_000, 3, truth, more=20.0)
    found = BuyTillYouDie("mbg-cnbd-k").fit(data)
    assert (found.k, found.converged, found.reasons) == (3, True, ())
    for value, error, true in zip(found.params.values(), found.standard_errors.values(), truth, strict=True):
        assert abs(value - true) < 3.5 * error
    total = forecast(found, data, 20.0).total_purchases.value
    assert total == pytest.approx(later.sum(), abs=4 * np.sqrt(later @ later))  # chance of who buys
    plain = BuyTillYouDie("mbg-nbd").fit(data)
    assert plain.reasons[0].code == "loyalty_buying.regular"
    assert abs(forecast(plain, data, 20.0).total_purchases.value - later.sum()) > abs(total - later.sum())


@pytest.mark.parametrize("k", [1, 4])
def test_wheat_and_morrison_see_how_regular_waits_are(k):
    """Two waits of each of 4,000 customers, gamma of shape k, whatever the rate."""
    rng = np.random.default_rng(k)
    waits = rng.gamma(k, 1 / rng.gamma(0.8, 1.0, (4_000, 1)), (4_000, 2))
    uneven = (waits[:, 1] / waits.sum(axis=1) - 0.5) ** 2
    found = Waits(0.0, 4_000, float(uneven.sum()), float((uneven**2).sum())).regularity
    assert found.ci_lower < k < found.ci_upper
    assert found.ci_upper - found.ci_lower < 0.25 * k
    assert Waits(0.0, 19, 1.0, 1.0).regularity is None


def test_purchases_at_random_ask_for_nothing():
    data, _ = simulated(np.random.default_rng(3), 4_000, 1, (0.7, 4.0, 0.9, 2.5))
    plain, regular = (BuyTillYouDie(model).fit(data) for model in ("mbg-nbd", "mbg-cnbd-k"))
    assert not plain.reasons
    assert regular.k == 1
    assert regular.params == plain.params
    assert regular.loglik == plain.loglik
    few = summary_of({"x": [1, 0], "t_x": [2, 0], "T": [9, 7]})
    assert regular.expected_purchases(few, 9).tolist() == plain.expected_purchases(few, 9).tolist()
    one = track(regular, few, [1.0, 0.0], period=8.0)
    assert one.to_dicts() == track(plain, few, [1.0, 0.0], period=8.0).to_dicts()


def test_what_cannot_be_is_named(shop):
    with pytest.raises(OptionError, match="k is out of range"):
        BuyTillYouDie("mbg-cnbd-k", k=13)
    with pytest.raises(OptionError, match="k is out of range"):
        BuyTillYouDie("bg-nbd", k=2)
    bare = Summary(shop.frequency, shop.recency, shop.T, shop.weight)
    with pytest.raises(DataError, match="times between purchases"):
        BuyTillYouDie("mbg-cnbd-k").fit(bare)
    assert BuyTillYouDie("mbg-cnbd-k", k=2).fit(bare).k == 2


@pytest.mark.slow
@pytest.mark.parametrize(("model", "k"), [("mbg-nbd", 1), ("mbg-cnbd-k", 3)])
def test_intervals_cover_the_truth(model, k):
    """400 shops of 4,000: 95% intervals of parameters and of P(alive) and purchases ahead cover 92-98%."""
    rng, truth = np.random.default_rng(31), (0.8, 4.0, 0.9, 2.5)
    some = summary_of({"x": [0, 2, 6], "t_x": [0, 20, 38], "T": [40, 40, 40]})
    exact, kept = at(model, truth, k), {name: [] for name in ("r", "alpha", "a", "b", "alive", "bought")}
    goals = {"alive": exact.probability_alive(some), "bought": exact.expected_purchases(some, 20)}
    for _ in range(400):
        data, _ = simulated(rng, 4_000, k, truth)
        found = BuyTillYouDie(model).fit(data)
        assert found.k == k
        for row, true in zip(found.to_dicts()[-4:], truth, strict=True):
            kept[row["parameter"]].append(row["ci_lower"] <= true <= row["ci_upper"])
        ahead = forecast(found, some, 20)
        for name, figures in (("alive", ahead.probability_alive), ("bought", ahead.expected_purchases)):
            kept[name] += list((figures.ci_lower <= goals[name]) & (goals[name] <= figures.ci_upper))
    shares = {name: np.mean(inside) for name, inside in kept.items()}
    assert all(0.92 <= share <= 0.98 for share in shares.values()), shares
