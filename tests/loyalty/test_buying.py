"""Buy-till-you-die models against published tables, brute force and simulation.

`btyd.json` is what R's BTYD finds, made by `btyd.R`. `lifetimes_cdnow.csv` and `lifetimes_donations.csv` come
with the Python package lifetimes (MIT licence beside them): times rounded to two decimals, which moves the
CDNOW log-likelihoods by 0.004.
"""

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import roots_genlaguerre, roots_jacobi

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.loyalty import MODELS, BuyTillYouDie, Summary, summary_of
from verbond.loyalty.buying import kernel
from verbond.loyalty.buying.histories import Histories, equal_rows

REFERENCE = Path(__file__).parents[1] / "reference"
PRINTED_3 = 6e-4  # published with three decimals, on unrounded times
BRUTE = 1e-6  # 120 x 120 points; the integrands are smooth
QUADRATURE = 1e-6  # what scipy's adaptive integration is asked for


def table(name):
    with (REFERENCE / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return summary_of({key: [float(row[key]) for row in rows] for key in rows[0] if key != "ID"})


@pytest.fixture(scope="module")
def btyd():
    """What R's BTYD finds; `btyd.R` made it."""
    return json.loads((REFERENCE / "btyd.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cdnow():
    return table("lifetimes_cdnow.csv")


@pytest.fixture(scope="module")
def donors():
    return table("lifetimes_donations.csv")


@pytest.mark.parametrize(
    ("model", "params", "loglik"),
    [
        ("bg-nbd", (0.243, 4.414, 0.793, 2.426), -9582.4),  # Fader, Hardie & Lee 2005, table 1
        ("pareto-nbd", (0.553, 10.578, 0.606, 11.669), -9595.0),  # the same
        ("mbg-nbd", (0.525, 6.183, 0.891, 1.614), -9582.1),  # BTYDplus on exact times: btyd.json
    ],
)
def test_cdnow_as_published(cdnow, model, params, loglik):
    result = BuyTillYouDie(model).fit(cdnow)
    assert result.n_customers == 2357
    assert tuple(result.params.values()) == pytest.approx(params, abs=1.2e-3)  # last digit; rounded times
    assert result.loglik == pytest.approx(loglik, abs=0.05)
    assert result.converged
    assert not result.reasons


@pytest.mark.parametrize("model", ["bg-nbd", "pareto-nbd", "mbg-nbd"])
def test_cdnow_with_exact_times_as_btyd_has_it(reference_data, btyd, model):
    with reference_data("btyd_cdnow_summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    data = summary_of({key: [float(row[key]) for row in rows] for key in rows[0]})
    result = BuyTillYouDie(model).fit(data)
    # BTYD stops up to 1e-4 earlier on the flat ridges of r with alpha, and of s with beta or a with b
    assert tuple(result.params.values()) == pytest.approx(btyd[model]["params"], rel=5e-4)
    assert result.loglik == pytest.approx(btyd[model]["loglik"], abs=1e-5)
    assert result.loglik >= btyd[model]["loglik"] - 1e-8


def test_money_at_cdnow_as_published(cdnow, btyd):
    result = BuyTillYouDie("gamma-gamma").fit(cdnow)
    assert tuple(result.params.values()) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)  # note 025
    assert tuple(result.params.values()) == pytest.approx(btyd["gamma-gamma"]["params"], rel=2e-3)  # cents
    assert result.n_customers == 946
    # note 025: a customer with one purchase of 22.35 ... the law of large numbers at the other end
    many = Summary(*np.array([[1e6], [1.0], [1.0], [1.0], [33.0]]))
    assert result.expected_spend(many)[0] == pytest.approx(33.0, abs=1e-3)


def test_donors_as_published(donors, btyd):
    """Fader, Hardie & Shang 2010, table 3; P(alive in 2002) and expected gifts 2002-2006 by BTYD."""
    result, theirs = BuyTillYouDie("bg-bb").fit(donors), btyd["bg-bb"]
    assert result.n_customers == 11_104
    assert result.loglik == pytest.approx(-33225.58, abs=0.005)
    assert 0 <= result.loglik - theirs["loglik"] < 1e-4  # BTYD stops a little earlier
    assert tuple(result.params.values()) == pytest.approx((1.2035, 0.7497, 0.6567, 2.7834), abs=6e-5)
    assert tuple(result.params.values()) == pytest.approx(theirs["params"], rel=5e-4)
    some = summary_of({"x": theirs["x"], "t_x": theirs["t_x"], "T": [6, 6, 6]})
    assert result.probability_alive(some) == pytest.approx(theirs["alive_at_6"], rel=2e-4)
    assert result.expected_purchases(some, 5) == pytest.approx(theirs["expected_5"], rel=2e-4)


@pytest.mark.parametrize(
    ("survivors", "params", "loglik"),  # Fader & Hardie 2007, calibration on seven renewals
    [
        ([1000, 869, 743, 653, 593, 551, 517, 491], (0.668, 3.806), -1611.16),
        ([1000, 631, 468, 382, 326, 289, 262, 241], (0.704, 1.182), -1680.27),
    ],
)
def test_contracts_as_published(survivors, params, loglik):
    result = BuyTillYouDie("sbg").fit(survivors)
    assert tuple(result.params.values()) == pytest.approx(params, abs=5e-4)
    assert result.loglik == pytest.approx(loglik, abs=0.005)
    assert result.survival(np.arange(8)) == pytest.approx(np.array(survivors) / 1000, abs=0.03)


def test_weibull_contracts_by_integrating_over_what_customers_are():
    """Share left after t renewals: the mean of (1 - leave)^(t^c) over the beta law; c = 1 is sbg."""
    alpha, beta, c = 1.4, 3.1, 1.6
    leave, of_leave = beta_points(alpha, beta)
    left = np.array([of_leave @ (1 - leave) ** (t**c) for t in range(6)])
    survivors = np.array([1000.0, 869, 743, 653, 593, 551])
    by_hand = -np.diff(survivors) @ np.log(-np.diff(left)) + survivors[-1] * np.log(left[-1])
    assert kernel.beta_discrete_weibull(np.array([alpha, beta, c]), survivors).value == pytest.approx(
        by_hand, rel=1e-9
    )
    found = fitted("bdw", (alpha, beta, c)).survival(np.arange(6))
    assert found == pytest.approx(left, rel=1e-9)
    plain = kernel.shifted_beta_geometric(np.array([alpha, beta]), survivors)
    one = kernel.beta_discrete_weibull(np.array([alpha, beta, 1.0]), survivors)
    assert one.value == pytest.approx(plain.value, rel=1e-12)
    assert one.gradient[:2] == pytest.approx(plain.gradient, rel=1e-9)


def test_weibull_contracts_recover_the_plain_model_and_the_truth():
    """Expected survivors of known parameters are fitted by these parameters."""
    for truth in ((0.7, 3.0, 1.0), (1.4, 3.1, 1.6), (0.9, 1.2, 0.7)):
        survivors = 1e6 * fitted("bdw", truth).survival(np.arange(13))
        result = BuyTillYouDie("bdw").fit(survivors)
        assert tuple(result.params.values()) == pytest.approx(truth, rel=1e-4)
        assert result.converged
    plain, more = (BuyTillYouDie(m).fit([1000, 869, 743, 653, 593, 551, 517, 491]) for m in ("sbg", "bdw"))
    assert more.loglik > plain.loglik


LAWS = {  # a few rows with everything that can happen: no repeat, bought on the last day, long silence
    "x": np.array([0.0, 1, 3, 12, 2, 40]),
    "t_x": np.array([0.0, 2.5, 30, 38, 39, 20]),
    "T": np.array([39.0, 39, 39, 39, 39, 39]),
}
COUNTING = {
    "bg-nbd": (kernel.bg_nbd, np.array([0.4, 5.0, 0.8, 2.5])),
    "mbg-nbd": (kernel.mbg_nbd, np.array([0.4, 5.0, 0.8, 2.5])),
    "pareto-nbd": (kernel.pareto_nbd, np.array([0.6, 10.0, 0.7, 12.0])),
}


def gamma_points(shape, rate, n=120):
    """Points and weights that integrate over a gamma law (Gauss-Laguerre)."""
    points, weights = roots_genlaguerre(n, shape - 1)
    return points / rate, weights / weights.sum()


def beta_points(a, b, n=120):
    """The same over a beta law (Gauss-Jacobi)."""
    points, weights = roots_jacobi(n, b - 1, a - 1)
    return (points + 1) / 2, weights / weights.sum()


def individual(model, x, t_x, T):
    """Likelihood of one customer's history given rate `l` and way of leaving `d`, and its alive part."""
    if model == "pareto-nbd":
        return (
            lambda l, d: l**x * d / (l + d) * (np.exp(-(l + d) * t_x) - np.exp(-(l + d) * T)),
            lambda l, d: l**x * np.exp(-(l + d) * T),
            lambda l, d, t: l / d * -np.expm1(-d * t),
        )
    survived = x if model == "bg-nbd" else x + 1
    may_leave = survived > 0
    return (
        lambda l, d: may_leave * d * (1 - d) ** max(survived - 1, 0) * l**x * np.exp(-l * t_x),
        lambda l, d: (1 - d) ** survived * l**x * np.exp(-l * T),
        lambda l, d, t: -np.expm1(-l * d * t) / d,
    )


@pytest.mark.parametrize("model", COUNTING)
@pytest.mark.parametrize("row", range(6))
def test_history_by_integrating_over_what_customers_are(model, row):
    """Likelihood, P(alive) and expected purchases: two-dimensional integrals over both gamma/beta laws."""
    function, params = COUNTING[model]
    x, t_x, T = (LAWS[k][row] for k in ("x", "t_x", "T"))
    left, alive, future = individual(model, x, t_x, T)
    rate, of_rate = gamma_points(params[0], params[1])
    leaving, of_leaving = (gamma_points if model == "pareto-nbd" else beta_points)(params[2], params[3])

    def mean(what):
        return of_rate @ what(rate[:, None], leaving[None, :]) @ of_leaving

    p_left, p_alive, ahead = mean(left), mean(alive), mean(lambda l, d: alive(l, d) * future(l, d, 26.0))
    one = [np.array([v]) for v in (x, t_x, T)]
    value = function(params[None], Histories.of(*one, np.ones(1))).value
    assert value == pytest.approx(np.log(p_left + p_alive), abs=BRUTE)
    assert kernel.alive_share(model, params, *one)[0] == pytest.approx(
        p_alive / (p_left + p_alive), rel=BRUTE
    )
    result = fitted(model, params)
    found = result.expected_purchases(Summary(*one, np.ones(1)), 26.0)[0]
    assert found == pytest.approx(ahead / (p_left + p_alive), rel=BRUTE)


def fitted(model, params):
    """A result that holds given parameters."""
    from verbond.loyalty.buying import BuyingResult
    from verbond.loyalty.buying.model import _PARAMETERS

    values = dict(zip(_PARAMETERS[model], map(float, params), strict=True))
    return BuyingResult(model, values, values, 0.0, 1, 1, True)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-3.5, 3.5)] * 4), st.integers(0, 60), st.floats(0.01, 0.99), st.floats(1.0, 200.0)
)
def test_the_integral_of_those_who_left_is_right_everywhere(log_params, x, share, T):
    """Pareto/NBD: 40 fixed points against scipy's adaptive integration, parameters 0.03 to 33."""
    r, alpha, s, beta = params = np.exp(log_params)
    t_x = share * T if x else 0.0
    log_left = kernel._pareto_left(params, *(np.array([v]) for v in (float(x), t_x, T)))
    top = -(r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x)

    def density(u):
        return s * np.exp(-(r + x) * np.log(alpha + u) - (s + 1) * np.log(beta + u) - top)

    edges = t_x + (T - t_x) * np.concatenate([[0], np.geomspace(1e-6, 1, 25)])
    total = sum(quad(density, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in itertools.pairwise(edges))
    assert log_left[0] - top == pytest.approx(np.log(total), abs=QUADRATURE)


def test_donors_likelihood_is_a_probability():
    """BG/BB: over all histories of four opportunities the chances add up to 1."""
    params = np.array([1.2, 0.75, 0.66, 2.8])
    total = 0.0
    for history in np.ndindex(*[2] * 4):
        bought = np.flatnonzero(history) + 1
        row = [np.array([float(v)]) for v in (len(bought), bought.max(initial=0), 4)]
        total += np.exp(kernel.bg_bb(params, *row, np.ones(1)).value)
    assert total == pytest.approx(1.0, abs=1e-12)


def test_donors_future_is_the_ratio_of_longer_histories():
    """BG/BB: expected purchases at the next two opportunities, from the chances of all longer histories."""
    params, x, t_x, n = np.array([1.2, 0.75, 0.66, 2.8]), 2.0, 3.0, 4.0
    chance = lambda *row: np.exp(kernel.bg_bb(params, *(np.array([v]) for v in row), np.ones(1)).value)  # noqa: E731
    ahead = chance(3.0, 5.0, 6.0) * 1 + chance(3.0, 6.0, 6.0) * 1 + chance(4.0, 6.0, 6.0) * 2
    found = fitted("bg-bb", params).expected_purchases(summary_of({"x": [x], "t_x": [t_x], "T": [n]}), 2)
    assert found[0] == pytest.approx(
        float(ahead[()] if np.ndim(ahead) else ahead) / chance(x, t_x, n), rel=1e-10
    )


def slopes(function, params):
    """(p, ...) central differences of value and gradient."""
    found = []
    for step in np.diag(1e-5 * params):
        ahead, back = function(params + step), function(params - step)
        size = 2 * step.sum()
        found.append(((ahead.value - back.value) / size, (ahead.gradient - back.gradient) / size))
    return np.array([f[0] for f in found]), np.array([f[1] for f in found])


@pytest.mark.parametrize("model", ["bg-bb", "gamma-gamma", "sbg", "bdw"])
def test_gradients_are_the_slopes(model):
    weight = np.random.default_rng(5).random(6) + 0.5
    survivors = np.array([1000.0, 869, 743, 653])
    x, t_x = np.array([0.0, 1, 2, 3, 1, 6]), np.array([0.0, 1, 4, 6, 6, 6])
    function, params = {
        "gamma-gamma": (lambda p: kernel.gamma_gamma(p, x + 1, 5 + 8 * t_x, weight), (5.0, 3.0, 12.0)),
        "bg-bb": (lambda p: kernel.bg_bb(p, x, t_x, np.full(6, 6.0), weight), (1.2, 0.75, 0.66, 2.8)),
        "sbg": (lambda p: kernel.shifted_beta_geometric(p, survivors), (0.7, 3.0)),
        "bdw": (lambda p: kernel.beta_discrete_weibull(p, survivors), (0.7, 3.0, 1.3)),
    }[model]
    slope, _ = slopes(function, np.array(params))
    assert function(np.array(params)).gradient == pytest.approx(slope, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("model", COUNTING)
def test_gradients_and_curvature_are_the_slopes_group_by_group(model):
    """Two groups with parameters of their own: each has the slopes of its own rows."""
    function, params = COUNTING[model]
    weight, group = np.random.default_rng(5).random(12) + 0.5, np.repeat([0.0, 1.0], 6)
    rows = [np.tile(LAWS[name], 2) for name in ("x", "t_x", "T")]
    together = Histories.of(*rows, weight, [group])
    other = params * [1.3, 0.7, 1.2, 0.8]
    found = function(np.array([params, other]), together)
    value = 0.0
    for k, own in enumerate((params, other)):
        alone = Histories.of(*(v[group == k] for v in rows), weight[group == k])
        slope, bend = slopes(lambda p, alone=alone: function(p.reshape(1, 4), alone), own)
        value += function(own[None], alone).value
        assert found.gradient[k] == pytest.approx(slope, rel=1e-5, abs=1e-6)
        assert found.hessian[k] == pytest.approx(bend[:, 0], rel=1e-5, abs=1e-6)
    assert found.value == pytest.approx(value, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_counting_equal_customers_once_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, 80).astype(float)
    T = rng.integers(3, 5, 80).astype(float)
    t_x = np.where(x > 0, rng.integers(1, 4, 80), 0).astype(float)
    first, row_of = equal_rows([x, t_x, T])
    rows = list(zip(x, t_x, T, strict=True))
    assert len(first) == len(set(rows)) < 80
    assert [rows[first[k]] for k in row_of] == rows
    params = np.array([[0.5, 3.0, 0.8, 2.0]])
    once = Histories.of(x, t_x, T, np.ones(80))
    assert once.weight.sum() == once.cell_weight.sum() == 80
    one_by_one = [kernel.bg_nbd(params, Histories.of(*np.array([row]).T, np.ones(1))) for row in rows]
    together = kernel.bg_nbd(params, once)
    assert together.value == pytest.approx(sum(f.value for f in one_by_one), rel=1e-10)
    assert together.gradient == pytest.approx(sum(f.gradient for f in one_by_one), rel=1e-10, abs=1e-10)
    assert together.hessian == pytest.approx(sum(f.hessian for f in one_by_one), rel=1e-10, abs=1e-10)


def test_silence_makes_leaving_likelier():
    quiet = summary_of({"x": [5, 5, 5], "t_x": [38, 20, 5], "T": [39, 39, 39]})
    for model, (_, params) in COUNTING.items():
        alive = fitted(model, params).probability_alive(quiet)
        assert 1 > alive[0] > alive[1] > alive[2] > 0


def simulated_bg_nbd(rng, n, r, alpha, a, b, T):
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, now, here = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    while here.any():
        now = now + rng.exponential(1, n) / np.maximum(rate, 1e-300)
        bought = here & (now <= T)
        x, t_x = x + bought, np.where(bought, now, t_x)
        here = bought & (rng.random(n) >= leave)
    return Summary(x, t_x, np.full(n, float(T)), np.ones(n))


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """BG/NBD, 400 simulated shops of 3,000 customers: 95% intervals of log parameters cover 92-98%."""
    rng, truth = np.random.default_rng(99), (0.6, 6.0, 0.9, 2.5)
    inside = np.zeros(4)
    for _ in range(400):
        result = BuyTillYouDie("bg-nbd").fit(simulated_bg_nbd(rng, 3000, *truth, 40))
        value, error = (np.array(list(v.values())) for v in (result.params, result.standard_errors))
        inside += np.abs(np.log(value / truth)) <= 1.96 * error / value
    assert (inside >= 368).all()
    assert (inside <= 392).all()


def test_known_parameters_are_recovered():
    truth = (0.6, 6.0, 0.9, 2.5)
    result = BuyTillYouDie("bg-nbd").fit(simulated_bg_nbd(np.random.default_rng(8), 20_000, *truth, 40))
    for found, error, true in zip(
        result.params.values(), result.standard_errors.values(), truth, strict=True
    ):
        assert abs(found - true) < 3.5 * error


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((1, 40, 39), "recency lies after T"),
        ((-1, 0, 39), "no count"),
        ((1.5, 3, 39), "no count"),
        ((0, 3, 39), "without a repeat"),
        ((2, 0, 39), "time of the first"),
        ((1, np.nan, 39), "missing"),
        ((1, -1, 39), "negative"),
    ],
)
def test_impossible_histories_are_named_with_their_row(row, said):
    columns = {
        k: [good, bad] for k, good, bad in zip(("frequency", "recency", "T"), (1, 2, 39), row, strict=True)
    }
    with pytest.raises(DataError, match=said) as caught:
        summary_of(columns)
    assert "row 2" in str(caught.value)


def test_missing_columns_and_words_are_named():
    with pytest.raises(NotFoundError, match="recency or t_x"):
        summary_of({"x": [1], "T": [3]})
    with pytest.raises(DataError, match="no number"):
        summary_of({"x": ["a lot"], "t_x": [1], "T": [3]})
    with pytest.raises(OptionError, match="bg-nbd, mbg-nbd"):
        BuyTillYouDie("bgnbd")
    with pytest.raises(DataError, match="above zero"):
        BuyTillYouDie("gamma-gamma").fit(summary_of({"x": [1, 2], "t_x": [1, 1], "T": [3, 3], "m": [5, 0]}))
    with pytest.raises(DataError, match="grow in period 2"):
        BuyTillYouDie("sbg").fit([100, 50, 60])
    with pytest.raises(DataError, match="opportunities"):
        BuyTillYouDie("bg-bb").fit(summary_of({"x": [1], "t_x": [1], "T": [3.5]}))


def test_data_without_an_answer_give_a_reason():
    def said(model, data):
        result = BuyTillYouDie(model).fit(data)
        assert all(np.isnan(v) for v in result.params.values())
        assert result.to_dict()["loglik"] is None
        return result.reasons[0].code

    one = summary_of({"x": [1], "t_x": [1], "T": [3], "m": [4]})
    never = summary_of({"x": [0] * 30, "t_x": [0] * 30, "T": [9] * 30})
    assert {said(m, one) for m in MODELS if m not in ("sbg", "bdw")} == {"loyalty.few_customers"}
    assert {said(m, never) for m in ("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb")} == {
        "loyalty.nobody_came_back"
    }
    assert said("sbg", [100, 100, 100]) == "loyalty.nobody_left"
    assert said("sbg", [100, 60]) == "loyalty.few_periods"
    assert said("bdw", [100, 60, 40]) == "loyalty_buying.few_periods_shape"


def test_customers_who_never_leave_leave_no_estimate_of_leaving():
    """Nobody leaves: the likelihood rises, ever more slowly, with b; a and b are named."""
    rng = np.random.default_rng(2)
    rate, T = rng.gamma(4, 1 / 8, 400), np.full(400, 20.0)
    x = rng.poisson(rate * T).astype(float)
    t_x = np.where(x > 0, T * rng.random(400) ** (1 / np.maximum(x, 1)), 0.0)  # the last of x uniform moments
    result = BuyTillYouDie("bg-nbd").fit(Summary(x, t_x, T, np.ones(400)))
    said = result.reasons[0]
    assert said.code == "loyalty.no_estimate"
    assert "b" in said.values["names"] or "a" in said.values["names"]
    assert not {"r", "alpha"} & set(said.values["names"])


def test_an_estimate_that_runs_away_is_said():
    """Everybody alike: the spread of purchase rates is zero, so r and alpha grow without end."""
    data = summary_of({"x": [4] * 100, "t_x": [8] * 100, "T": [10] * 100})
    result = BuyTillYouDie("bg-nbd").fit(data)
    (said,) = result.reasons
    assert said.code == "loyalty.no_estimate"
    assert {"r", "alpha"} <= set(said.values["names"])
    assert all(np.isnan(v) for v in result.standard_errors.values())
