"""Promotion dependence: counts against the definition written out in Python, shares against scipy."""

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import beta, betabinom

from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.loyalty import Promotion
from verbond.loyalty.shares import fit_shares, share_interval
from verbond.tables import open_tables
from verbond.tables.reads.discounts import discounts_used, followed_purchases, timed_actions

START, LAST = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
NEW, HORIZON = 60, 45

rows_ = st.lists(
    st.tuples(
        st.sampled_from([f"c{j}" for j in range(5)]),
        st.integers(0, 364).map(lambda n: START + dt.timedelta(days=n)),
        st.sampled_from([None, "o1", "o2", "o3"]),
        st.sampled_from([None, 0.0, 1.0, 2.0]),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


def tables_of(rows, more=None, **customers):
    people, days, orders, off = (list(column) for column in zip(*rows, strict=True))
    ends = {"customer_id": ["z", "z"], "occurred_at": [START, LAST], "kind": ["visit"] * 2}
    n = len(rows)
    events = {
        "customer_id": [*people, *ends["customer_id"]],
        "occurred_at": np.array([*days, *ends["occurred_at"]], "M8[s]"),
        "kind": ["purchase"] * n + ends["kind"],
        "order_id": [*orders, None, None],
        "amount": [8.0] * n + [None] * 2,
        "discount": [*off, None, None],
    }
    return open_tables({"events": events, **({"customers": customers} if customers else {}), **(more or {})})


def first_days(rows):
    return {c: min(r[1] for r in rows if r[0] == c) for c in {r[0] for r in rows}}


@settings(deadline=None, max_examples=15)
@given(rows_)
def test_purchases_on_discount_are_those_of_the_rows(rows):
    known_from, first, orders = START + dt.timedelta(days=NEW), first_days(rows), {}
    for customer, day, order, off in rows:
        new = first[customer] >= known_from and (day - first[customer]).days < NEW
        if off is not None:
            order_of = orders.setdefault((customer, not new), {})
            n, k = order_of.get(order or day, (0, 0))
            order_of[order or day] = (n + 1, k + (off > 0))
    used = discounts_used(tables_of(rows), NEW)
    found = {
        (c, bool(e)): (n, k, nn, nk, kk, m)
        for c, e, n, k, nn, nk, kk, m in zip(
            used.customer_ids, used.established, used.n_purchases, used.n_discounted, used.nn, used.nk,
            used.kk, used.n_orders, strict=True,
        )
    }  # fmt: skip
    assert found == {
        key: (
            sum(n for n, _ in o.values()), sum(k for _, k in o.values()), sum(n * n for n, _ in o.values()),
            sum(n * k for n, k in o.values()), sum(k * k for _, k in o.values()), len(o),
        )
        for key, o in orders.items()
    }  # fmt: skip


@settings(deadline=None, max_examples=15)
@given(rows_)
def test_what_followed_is_what_the_rows_say(rows):
    changes = {}
    for customer, first in first_days(rows).items():
        days = sorted({r[1] for r in rows if r[0] == customer})
        until = LAST - dt.timedelta(days=HORIZON)
        chosen = [(0, first)] if START + dt.timedelta(days=NEW) <= first <= until else []
        chosen += [
            (1, d) for d in days
            if (d - first).days >= NEW and START + dt.timedelta(days=HORIZON) <= d <= until
        ][:1]  # fmt: skip
        for established, day in chosen:
            off = [r[3] for r in rows if r[0] == customer and r[1] == day and r[3] is not None]
            if off:
                later = sum(1 <= (d - day).days <= HORIZON for d in days)
                before = sum(1 <= (day - d).days <= HORIZON for d in days) if established else 0
                on = int(2 * sum(o > 0 for o in off) >= len(off))
                changes.setdefault((established, on), []).append(later - before)
    found = followed_purchases(tables_of(rows), NEW, HORIZON)
    for e in (0, 1):
        for on in (0, 1):
            mine = changes.get((e, on), [])
            assert found.n_people[e, on] == len(mine)
            if mine:
                assert found.mean[e, on] == pytest.approx(np.mean(mine))
            if len(mine) > 1:
                assert found.variance[e, on] == pytest.approx(np.var(mine, ddof=1))


BEGINS, ENDS = dt.date(2025, 6, 1), dt.date(2025, 6, 30)


def actions_of(reached):
    days = {
        "starts_on": np.array([BEGINS] * 2 + [LAST], "M8[D]"),
        "ends_on": np.array([ENDS] * 2 + [LAST], "M8[D]"),
    }
    actions = {"action_id": ["sale", "other", "late"], "kind": ["discount", "campaign", "discount"], **days}
    exposures = {
        "customer_id": [*reached, *reached], "action_id": ["sale"] * 2 * len(reached),
        "occurred_at": [BEGINS] * 2 * len(reached),
    }  # fmt: skip
    return {"actions": actions, "exposures": exposures}


@settings(deadline=None, max_examples=15)
@given(rows_, st.sets(st.sampled_from([f"c{j}" for j in range(5)]), min_size=1))
def test_timing_is_what_the_rows_say(rows, reached):
    n_days, changes = (ENDS - BEGINS).days + 1, {}
    for customer, first in first_days(rows).items():
        if first < BEGINS - dt.timedelta(days=n_days):
            days = {r[1] for r in rows if r[0] == customer}
            before = sum(1 <= (BEGINS - d).days <= n_days for d in days)
            during = sum(BEGINS <= d <= ENDS for d in days) - before
            after = sum(1 <= (d - ENDS).days <= n_days for d in days) - before
            changes.setdefault(customer in reached, []).append((during, after, during + after))
    found = timed_actions(tables_of(rows, actions_of(sorted(reached))))
    assert [a.action_id for a in found] == ["sale"] * bool(changes)
    for side, mine in changes.items():
        assert found[0].n_people[int(side)] == len(mine)
        np.testing.assert_allclose(found[0].mean[int(side)], np.mean(mine, axis=0))
        if len(mine) > 1:
            np.testing.assert_allclose(found[0].variance[int(side)], np.var(mine, axis=0, ddof=1), atol=1e-12)


def test_purchases_moved_forward_are_told_from_purchases_added():
    """Everybody buys in a day of each month; whom the sale reached buys July's a month early, or one more."""
    rng, rows, moved = np.random.default_rng(5), [], []
    for i in range(400):
        months = [m for m in range(1, 13) if rng.random() < 0.6 or m in (1, 7)]
        if i % 2:
            moved.append(f"c{i}")
            months = [m for m in months if m not in (6, 7)] + [6, 6.5]
        days = [dt.date(2025, int(m), 5 if m == int(m) else 20) for m in months]
        rows += [(f"c{i}", d, None, float(d.month == 6)) for d in days]
    one = Promotion(NEW, HORIZON).fit(tables_of(rows, actions_of(moved))).timing[0]
    assert (one.n_reached, one.n_others, one.starts_on, one.ends_on) == (200, 200, BEGINS, ENDS)
    for estimate, truth in ((one.during, 2 - 0.6), (one.after, -1.0), (one.added, 0.4)):
        assert estimate.ci_lower < truth < estimate.ci_upper
    assert one.after.ci_upper < 0 < one.during.ci_lower


# how people differ


def people(rng, n_people, a=0.8, b=1.6, together=0.4, rows=3):
    """Orders of several rows, of which some are all on discount or not at all."""
    share, m = rng.beta(a, b, n_people), 1 + rng.poisson(3, n_people)
    sums = np.zeros((6, n_people))
    for i in range(n_people):
        block = rng.random(m[i]) < together
        k = np.where(block, rows * (rng.random(m[i]) < share[i]), rng.binomial(rows, share[i], m[i]))
        sums[:, i] = m[i] * rows, k.sum(), m[i] * rows**2, rows * k.sum(), (k**2).sum(), m[i]
    return sums


def test_the_fit_is_scipys_beta_binomial_where_rows_stand_alone():
    rng = np.random.default_rng(1)
    n = 2.0 * rng.integers(1, 10, 300)
    k = 2.0 * rng.binomial((n / 2).astype(int), rng.beta(2.0, 3.0, 300))
    fitted = fit_shares(n, k, n**2 / 2, n * k / 2, k**2 / 2, np.full(300, 2.0))  # both orders alike
    assert fitted.design_effect == 1.0

    def loss(logs):
        return -betabinom.logpmf(k, n, *np.exp(logs)).sum()

    truth = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    assert (fitted.alpha, fitted.beta) == pytest.approx(tuple(np.exp(truth.x)), rel=1e-3)
    assert fitted.above(0.5, 0.95).value == pytest.approx(beta.sf(0.5, fitted.alpha, fitted.beta))


def test_rows_of_an_order_that_go_together_count_for_fewer():
    """Of three rows with correlation 0.4 the variance is 1 + 2 * 0.4 times the binomial one."""
    fitted = fit_shares(*people(np.random.default_rng(2), 4000))
    assert fitted.design_effect == pytest.approx(1.8, rel=0.04)
    assert (fitted.alpha, fitted.beta) == pytest.approx((0.8, 1.6), rel=0.12)


@pytest.mark.slow
def test_intervals_cover_the_truth():
    rng, truth, covered = np.random.default_rng(3), beta.sf(0.5, 0.8, 1.6), []
    for _ in range(200):
        sums = people(rng, 250)
        told = fit_shares(*sums).above(0.5, 0.95)
        low, high = share_interval(sums[0], sums[1], 0.95)
        covered.append((told.ci_lower <= truth <= told.ci_upper, low <= 0.8 / 2.4 <= high))
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) <= 0.035), np.mean(covered, axis=0)


def test_few_people_and_people_alike_give_no_estimate():
    sums = people(np.random.default_rng(4), 20)
    assert fit_shares(*sums) is None
    alike = np.full(100, 10.0), np.full(100, 5.0), np.full(100, 50.0), np.full(100, 25.0), np.full(100, 12.5)
    assert fit_shares(*alike, np.full(100, 2.0)) is None  # nobody differs: as narrow as one likes


# the whole


def shop(n=120, seed=0):
    rng, rows = np.random.default_rng(seed), []
    for i in range(n):
        own, first = rng.beta(1, 2), int(rng.integers(0, 300)) if i % 2 else int(rng.integers(0, 30))
        for j in range(1 + rng.poisson(6)):
            day = first if j == 0 else int(rng.integers(first, 365))
            rows.append((f"c{i:03d}", START + dt.timedelta(days=day), None, float(rng.random() < own)))
    return rows


def test_result_of_a_shop():
    rows, ids = shop(), sorted({r[0] for r in shop()})
    tables = tables_of(rows, customer_id=ids, region=["few" if i < "c003" else "many" for i in ids])
    result = Promotion(NEW, HORIZON, by=("region",)).fit(tables)
    everybody = result.shares[0]
    assert everybody.share.value == pytest.approx(sum(r[3] for r in rows) / len(rows))
    assert (everybody.n_customers, everybody.n_purchases) == (120, len(rows))
    assert [(s.by, s.group) for s in result.shares] == [("", ""), ("phase", "new"), ("phase", "established")]
    assert result.shares[1].n_purchases + result.shares[2].n_purchases == len(rows)
    assert [a.phase for a in result.after] == ["new", "established"]
    assert [r.code for r in result.reasons] == [
        "loyalty.growth_hidden", "loyalty.promotion_association", "loyalty.promotion_no_actions",
    ]  # fmt: skip
    assert "customers" not in result.to_dict()
    mine = result.customers
    raw = mine["n_discounted"] / mine["n_purchases"]
    assert np.all((mine["ci_lower"] <= mine["share"]) & (mine["share"] <= mine["ci_upper"]))
    middle = everybody.share.value
    assert np.mean(np.abs(mine["share"] - middle)) < np.mean(np.abs(raw - middle))
    few, most = mine["n_purchases"] <= 2, mine["n_purchases"] >= 8
    width = mine["ci_upper"] - mine["ci_lower"]
    assert width[few].mean() > width[most].mean()


def codes(rows):
    return [r.code.removeprefix("loyalty.") for r in Promotion(NEW, HORIZON).fit(tables_of(rows)).reasons]


def test_data_that_cannot_answer_give_a_reason():
    rows = shop()
    assert codes([(*r[:3], None) for r in rows]) == ["promotion_no_discounts"]
    assert codes([(*r[:3], 0.0) for r in rows]) == ["promotion_never"]
    assert codes([(*r[:3], 1.0) for r in rows]) == ["promotion_always"]
    old = [r for r in rows if int(r[0][1:]) % 2 == 0]
    assert codes(old)[:2] == ["promotion_nobody_new", "promotion_not_followed_new"]
    four = [r for r in rows if r[0] < "c004"]
    assert codes(four)[0] == "too_small_group"
    assert Promotion(NEW, HORIZON).fit(tables_of(four)).shares == ()
    everybody = tables_of(rows, actions_of(sorted({r[0] for r in rows})))
    assert Promotion(NEW, HORIZON).fit(everybody).reasons[-1].code == "loyalty.promotion_no_others"
    nothing = Promotion().fit(open_tables({"customers": {"customer_id": ["a"]}}))
    assert [r.code for r in nothing.reasons] == ["loyalty.promotion_no_discounts"]
    with pytest.raises(OptionError, match="new_days is out of range"):
        Promotion(0)


def test_the_command_says_what_the_call_gives(tmp_path):
    tables = tables_of(shop())
    tables.save(tmp_path)
    call = [
        "loyalty",
        "promotion",
        str(tmp_path),
        "--new-days",
        str(NEW),
        "--horizon-days",
        str(HORIZON),
        "--json",
    ]
    done = CliRunner().invoke(cli, call, catch_exceptions=False)
    found, truth = json.loads(done.stdout), Promotion(NEW, HORIZON).fit(open_tables(tmp_path)).to_dict()
    assert (found["shares"], found["after"]) == (truth["shares"], truth["after"])
    assert "association" in done.stderr
