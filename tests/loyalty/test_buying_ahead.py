"""What follows from a fit: intervals, lifetime value, hold-out and tracking.

`btyd_cdnow_summary.csv` comes with the R package BTYD (GPL) and is looked for outside the project.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, hyperu

from verbond.errors import DataError, OptionError
from verbond.loyalty import BuyTillYouDie, Summary, summary_of
from verbond.loyalty.buying import BuyingResult, forecast, hold_out, track
from verbond.loyalty.buying.expectations import alive_share, expected_purchases

REFERENCE = Path(__file__).parents[1] / "reference"
BRUTE = 1e-6  # steps of 0.1 on a scale where the integrands die off exponentially
DRAWN = 0.15  # of the interval's width: figures bend over the range that beta of Pareto/NBD is known to
PARAMS = {
    "bg-nbd": (0.4, 5.0, 0.8, 2.5),
    "mbg-nbd": (0.4, 5.0, 1.6, 2.5),
    "pareto-nbd": (0.6, 10.0, 0.7, 12.0),
}
SEEN = ((0.0, 0.0, 39.0), (1.0, 2.5, 39.0), (3.0, 30.0, 39.0), (12.0, 38.0, 39.0))


def fitted(model, values, names):
    params = dict(zip(names, map(float, values), strict=True))
    return BuyingResult(model, params, params, 0.0, 1, 1, True)


def letters(model):
    return ("r", "alpha", "s", "beta") if model == "pareto-nbd" else ("r", "alpha", "a", "b")


def gamma_points(shape, rate):
    """Points and weights over a gamma law: equal steps in the logarithm, where the integrand dies off."""
    log = np.linspace(-60, 8, 681)
    weights = np.exp(shape * log - np.exp(log))
    return np.exp(log) / rate, weights / weights.sum()


def beta_points(a, b):
    """The same over a beta law: equal steps in the logit."""
    odds = np.linspace(-60, 40, 1001)
    weights = np.exp(-a * np.logaddexp(0, -odds) - b * np.logaddexp(0, odds))
    return expit(odds), weights / weights.sum()


@pytest.fixture(scope="module")
def cdnow():
    with (REFERENCE / "lifetimes_cdnow.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return summary_of({key: [float(row[key]) for row in rows] for key in rows[0] if key != "ID"})


@pytest.fixture(scope="module")
def btyd():
    """What R's BTYD finds; `btyd.R` made it."""
    return json.loads((REFERENCE / "btyd.json").read_text(encoding="utf-8"))


@pytest.fixture
def btyd_cdnow(reference_data):
    with reference_data("btyd_cdnow_summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    return summary_of(columns), columns["x.star"]


@pytest.mark.parametrize("model", PARAMS)
@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("rate", [0.0027, 0.05])
def test_discounted_purchases_by_integrating_over_what_customers_are(model, row, rate):
    """Somebody who buys at l and leaves at hazard h buys l / (d + h) times more, discounted."""
    params, (x, t_x, T) = PARAMS[model], SEEN[row]
    l, of_l = gamma_points(*params[:2])
    if model == "pareto-nbd":
        m, of_m = gamma_points(*params[2:])
        hazard = m[None] + 0 * l[:, None]
        here = l[:, None] ** x * np.exp(-(l[:, None] + hazard) * T)
        gone = l[:, None] ** x * hazard / (l[:, None] + hazard)
        gone = gone * (np.exp(-(l[:, None] + hazard) * t_x) - np.exp(-(l[:, None] + hazard) * T))
    else:
        m, of_m = beta_points(*params[2:])
        hazard, k = l[:, None] * m[None], x + (model == "mbg-nbd")
        here = (1 - m[None]) ** k * l[:, None] ** x * np.exp(-l[:, None] * T)
        gone = (
            (k > 0) * m[None] * (1 - m[None]) ** max(k - 1, 0) * l[:, None] ** x * np.exp(-l[:, None] * t_x)
        )
    by_hand = (of_l @ (here * l[:, None] / (rate + hazard)) @ of_m) / (of_l @ (here + gone) @ of_m)
    one = summary_of({"x": [x], "t_x": [t_x], "T": [T]})
    found = fitted(model, params, letters(model)).discounted_purchases(one, rate)
    assert found[0] == pytest.approx(by_hand, rel=BRUTE)


def test_discounted_purchases_of_pareto_as_in_closed_form():
    """Fader, Hardie & Lee 2005b, eq. 2, with Tricomi's function."""
    (r, alpha, s, beta), d = (0.553, 10.578, 0.606, 11.669), np.log(1.15) / 52
    x, t_x, T = np.array(SEEN).T
    found = fitted("pareto-nbd", (r, alpha, s, beta), letters("pareto-nbd"))
    rows = summary_of({"x": x, "t_x": t_x, "T": T})
    closed = found.probability_alive(rows) * (r + x) / (alpha + T) * (beta + T) ** s * d ** (s - 1)
    closed = closed * hyperu(s, s, d * (beta + T))
    assert found.discounted_purchases(rows, d) == pytest.approx(closed, rel=1e-6)


def test_discounted_gifts_by_integrating_over_what_donors_are():
    """BG/BB: who gives with chance p and leaves with chance q gives p (1 - q) / (d + q) more, discounted."""
    params, d = (1.2, 0.75, 1.66, 2.8), 0.1
    p, of_p = beta_points(*params[:2])
    q, of_q = beta_points(*params[2:])
    x, t_x, n = 2.0, 3.0, 4.0
    give = p**x * (1 - p) ** (n - x)
    here = give[:, None] * (1 - q) ** n
    gone = (p**x * (1 - p) ** (t_x - x))[:, None] * q * (1 - q) ** t_x
    by_hand = of_p @ (here * p[:, None] * (1 - q) / (d + q)) @ of_q / (of_p @ (here + gone) @ of_q)
    found = fitted("bg-bb", params, ("alpha", "beta", "gamma", "delta"))
    one = summary_of({"x": [x], "t_x": [t_x], "T": [n]})
    assert found.discounted_purchases(one, d)[0] == pytest.approx(by_hand, rel=BRUTE)


@pytest.mark.parametrize("model", PARAMS)
@pytest.mark.parametrize("row", range(4))
def test_who_buys_by_integrating_over_what_customers_are(model, row):
    """Who buys at l and leaves at m meanwhile (Pareto/NBD) buys with chance l / (l + m) (1 - e^-(l+m)t)."""
    params, (x, t_x, T), horizon = PARAMS[model], SEEN[row], 26.0
    l, of_l = gamma_points(*params[:2])
    if model == "pareto-nbd":
        m, of_m = gamma_points(*params[2:])
        both = l[:, None] + m[None]
        here, gone = l[:, None] ** x * np.exp(-both * T), l[:, None] ** x * m / both
        gone = gone * (np.exp(-both * t_x) - np.exp(-both * T))
        buys = l[:, None] / both * -np.expm1(-both * horizon)
    else:
        m, of_m = beta_points(*params[2:])
        k = x + (model == "mbg-nbd")
        here = (1 - m[None]) ** k * l[:, None] ** x * np.exp(-l[:, None] * T)
        gone = (k > 0) * m[None] * (1 - m[None]) ** max(k - 1, 0) * (l**x * np.exp(-l * t_x))[:, None]
        buys = -np.expm1(-l * horizon)[:, None] + 0 * m[None]
    by_hand = (of_l @ (here * buys) @ of_m) / (of_l @ (here + gone) @ of_m)
    one = summary_of({"x": [x], "t_x": [t_x], "T": [T]})
    found = fitted(model, params, letters(model)).probability_buying(one, horizon)
    assert found[0] == pytest.approx(by_hand, rel=BRUTE)


@pytest.mark.parametrize("model", PARAMS)
def test_intervals_are_those_of_draws(model, cdnow):
    """Delta method against 20,000 draws of the parameters, on 2,357 customers."""
    result = BuyTillYouDie(model).fit(cdnow)
    some = summary_of({"x": [0, 1, 3, 7], "t_x": [0, 20, 30, 38], "T": [39, 39, 39, 39]})
    ahead = forecast(result, some, 39.0)
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(result.theta, result.covariance, 20_000)
    alive, bought = [], []
    for k in range(4):
        one = summary_of({"x": np.full(20_000, some.frequency[k]), "t_x": np.full(20_000, some.recency[k]),
                          "T": np.full(20_000, 39.0)})  # fmt: skip
        rows = np.exp(draws).T
        seen = (one.frequency, one.recency, one.T)
        alive.append(np.quantile(alive_share(model, rows, *seen), [0.025, 0.975]))
        bought.append(np.quantile(expected_purchases(model, rows, 39.0, *seen), [0.025, 0.975]))
    for figures, drawn in ((ahead.probability_alive, alive), (ahead.expected_purchases, bought)):
        low, high = np.array(drawn).T
        width = np.maximum(high - low, 1e-12)
        close = np.abs(figures.ci_lower - low) + np.abs(figures.ci_upper - high) <= 2 * DRAWN * width + 1e-12
        assert close[1:].all()
        if model != "bg-nbd":  # P(alive) is 1 there for who never came back
            assert close[0]


def test_lifetime_value_is_purchases_times_money(cdnow):
    buying, money = (BuyTillYouDie(m).fit(cdnow) for m in ("pareto-nbd", "gamma-gamma"))
    rate = np.log(1.15) / 52
    ahead = forecast(buying, cdnow, 52.0, spend=money, discount_rate=rate)
    expected = buying.discounted_purchases(cdnow, rate) * money.expected_spend(cdnow)
    assert ahead.lifetime_value.value == pytest.approx(expected, rel=1e-9)
    assert ahead.total_value.value == pytest.approx(expected.sum(), rel=1e-9)
    assert ahead.total_purchases.value == pytest.approx(buying.expected_purchases(cdnow, 52).sum(), rel=1e-9)
    assert not ahead.reasons  # the correlation at CDNOW is 0.11: Fader & Hardie 2013, section 4
    rng = np.random.default_rng(3)
    totals = []
    for _ in range(200):
        a = buying.at(rng.multivariate_normal(buying.theta, buying.covariance))
        b = money.at(rng.multivariate_normal(money.theta, money.covariance))
        once = slice(None, None, 12)
        part = Summary(cdnow.frequency[once], cdnow.recency[once], cdnow.T[once], cdnow.weight[once],
                       cdnow.monetary_value[once])  # fmt: skip
        totals.append(float((a.discounted_purchases(part, rate) * b.expected_spend(part)).sum()))
    drawn = np.std(np.log(totals)) * 2 * 1.96
    width = np.log(ahead.total_value.ci_upper / ahead.total_value.ci_lower)
    assert width == pytest.approx(
        drawn, rel=0.2
    )  # the deviation of 200 draws is known to 5%; a 12th of people
    rows = ahead.to_dicts()
    assert rows[0]["lifetime_value_ci_lower"] < rows[0]["lifetime_value"] < rows[0]["lifetime_value_ci_upper"]
    with pytest.raises(OptionError, match="discount_rate"):
        forecast(buying, cdnow, 52.0, spend=money)


def test_money_that_goes_with_frequency_is_said(cdnow):
    money = np.where(cdnow.frequency > 0, 10 + 5 * cdnow.frequency, 0)
    data = Summary(cdnow.frequency, cdnow.recency, cdnow.T, cdnow.weight, money + 0.01 * cdnow.T)
    buying = BuyTillYouDie("bg-nbd").fit(data)
    ahead = forecast(buying, data, 4.0, spend=BuyTillYouDie("gamma-gamma").fit(cdnow), discount_rate=0.1)
    assert ahead.reasons[0].code == "loyalty_buying.money_goes_with_frequency"


@pytest.mark.parametrize("model", ["pareto-nbd", "bg-nbd"])
def test_cdnow_in_the_hold_out_as_btyd_has_it(btyd_cdnow, btyd, model):
    """Mean purchases in weeks 40-78 by repeat purchases in weeks 1-39."""
    (data, later), theirs = btyd_cdnow, btyd[model]
    found = hold_out(BuyTillYouDie(model).fit(data), data, later, 39.0)
    assert [row.n_obs for row in found.rows] == theirs["n"]
    assert [row.observed for row in found.rows] == pytest.approx(theirs["observed"], rel=1e-8)
    assert [row.expected.value for row in found.rows] == pytest.approx(theirs["expected"], rel=2e-4)
    assert found.rows[-1].or_more
    assert found.observed == btyd["total_later"]
    assert found.expected.value == pytest.approx(sum(r.n_obs * r.expected.value for r in found.rows))
    assert all(r.expected.ci_lower < r.expected.value < r.expected.ci_upper for r in found.rows)
    assert found.to_dicts()[-1]["frequency"] == "7+"


@pytest.mark.parametrize(("model", "short"), [("pareto-nbd", 0.0147), ("bg-nbd", 0.0400)])
def test_cdnow_is_tracked_week_by_week_as_btyd_has_it(btyd_cdnow, btyd, model, short):
    data, _ = btyd_cdnow
    observed = np.diff(btyd["observed_cumulative"], prepend=0.0)
    found = track(BuyTillYouDie(model).fit(data), data, observed)
    cumulative = [row.expected_cumulative.value for row in found.rows]
    assert cumulative == pytest.approx(btyd[model]["cumulative"], rel=2e-4)
    last = found.rows[-1]
    assert (last.ends_at, last.held_out, last.observed_cumulative) == (78.0, True, 4339)
    assert 1 - last.expected_cumulative.value / 4339 == pytest.approx(short, abs=5e-4)  # of BTYD's figures
    assert last.expected_cumulative.value == pytest.approx(sum(r.expected.value for r in found.rows))


@pytest.mark.parametrize("model", PARAMS)
def test_tracking_by_integrating_over_what_customers_are(model):
    """Two customers who begin at 0 and at 10: purchases of each until the end of each period."""
    params = PARAMS[model]
    l, of_l = gamma_points(*params[:2])
    m, of_m = (gamma_points if model == "pareto-nbd" else beta_points)(*params[2:])
    first = 1.0 if model != "mbg-nbd" else 1 - m[None]

    def until(t):
        hazard = m[None] + 0 * l[:, None] if model == "pareto-nbd" else l[:, None] * m[None]
        return of_l @ (first * l[:, None] * -np.expm1(-hazard * t) / hazard) @ of_m

    data = summary_of({"x": [0, 0], "t_x": [0, 0], "T": [30, 20]})
    found = track(fitted(model, params, letters(model)), data, [1.0, 0, 2, 0], period=12.0)
    expected = [until(t) + until(max(t - 10, 0)) for t in (12, 24, 36, 48)]
    assert [r.expected_cumulative.value for r in found.rows] == pytest.approx(expected, rel=BRUTE)
    assert [r.held_out for r in found.rows] == [False, False, True, True]
    assert [r.observed_cumulative for r in found.rows] == [1, 1, 3, 3]


def test_classes_of_the_hold_out_are_never_small():
    x = np.array([0.0] * 30 + [1.0] * 3 + [4.0] * 9)
    data = summary_of({"x": x, "t_x": np.where(x > 0, 5, 0), "T": np.full(42, 9.0)})
    result = fitted("bg-nbd", PARAMS["bg-nbd"], letters("bg-nbd"))
    found = hold_out(result, data, x, 9.0)
    assert [(r.frequency, r.or_more, r.n_obs) for r in found.rows] == [(0, False, 30), (1, True, 12)]
    assert found.rows[1].expected.ci_lower is None  # no standard errors, no interval
    with pytest.raises(DataError, match="count for each row"):
        hold_out(result, data, x[:3], 9.0)
