"""Growth: parts that add up, against brute force; sums of the engine against sums written out in Python."""

import datetime as dt
import json
from itertools import permutations

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verbond.cli.main import cli
from verbond.errors import DataError, NotFoundError, OptionError
from verbond.loyalty import Growth
from verbond.loyalty.decomposition import chain, lmdi_parts, shapley_parts
from verbond.loyalty.grouping import EVERYBODY, Division, shown_groups
from verbond.loyalty.growth import METHODS
from verbond.loyalty.resampling import drawn_totals
from verbond.tables import open_tables

FIRST = (dt.date(2025, 1, 1), dt.date(2025, 7, 1))
SECOND = (dt.date(2026, 1, 1), dt.date(2026, 7, 1))

positive = arrays(float, (2, 4), elements=st.floats(1e-3, 1e3))


@given(positive)
def test_shapley_is_the_mean_over_all_orders(factors):
    by_hand, orders = np.zeros(4), list(permutations(range(4)))
    for order in orders:
        now = factors[0].copy()
        for j in order:
            before = now.prod()
            now[j] = factors[1, j]
            by_hand[j] += (now.prod() - before) / len(orders)
    scale = factors.prod(axis=1).max()
    np.testing.assert_allclose(shapley_parts(factors), by_hand, atol=1e-12 * scale)


@given(positive)
def test_lmdi_is_divisias_integral_along_even_growth(factors):
    """Each part is the integral of x d(ln x_j) while every factor grows at its own constant rate."""
    t = (np.polynomial.legendre.leggauss(60)[0] + 1) / 2
    weights = np.polynomial.legendre.leggauss(60)[1] / 2
    rates = np.log(factors[1] / factors[0])
    path = factors[0].prod() * np.exp(rates.sum() * t)
    scale = factors.prod(axis=1).max()
    np.testing.assert_allclose(lmdi_parts(factors), rates * (weights @ path), atol=1e-9 * scale)


@given(arrays(float, (2, 5), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0, 1e4])))
@pytest.mark.parametrize("method", METHODS)
def test_parts_add_up_and_turn_with_time(method, factors):
    parts = METHODS[method](factors)
    products, rounding = factors.prod(axis=1), 1e-14 * max(factors.max(axis=0).prod(), 1)
    assert parts.sum() == pytest.approx(products[1] - products[0], abs=rounding)
    np.testing.assert_allclose(METHODS[method](factors[::-1]), -parts, atol=rounding)


def test_lmdi_at_zero_is_the_limit():
    factors = np.array([[0.0, 3.0, 2.0], [4.0, 5.0, 2.0]])
    near = factors.copy()
    near[0, 0] = 1e-300
    np.testing.assert_allclose(lmdi_parts(factors), lmdi_parts(near), atol=0.1)
    assert lmdi_parts(factors).tolist() == [40.0, 0.0, 0.0]


@given(arrays(float, (2, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 5.0])))
def test_factors_multiply_to_the_last_total(totals):
    totals = np.cumprod(np.where(totals > 0, totals, 0.0), axis=1)  # nothing follows from nothing
    np.testing.assert_allclose(chain(totals).prod(axis=1), totals[:, -1])


# the engine's sums, and the whole


def shop(seed=0, n=80, factors=(1.0, 1.0)):
    """Purchases of two half years, and the same as rows."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        for start, more in zip((FIRST[0], SECOND[0]), factors, strict=True):
            for j in range(rng.poisson(1.5 * more)):
                day = start + dt.timedelta(days=int(rng.integers(0, 181)))
                for _ in range(rng.integers(1, 4)):
                    listed = float(rng.integers(100, 5000)) / 100
                    paid = round(listed * rng.choice([1.0, 1.0, 0.8]), 2)
                    order = f"o{start.year}-{i}-{j}"
                    rows.append((f"c{i:03d}", day, order, float(rng.integers(1, 5)), listed, paid))
    return rows


def tables_of(rows, **more):
    names = ("customer_id", "occurred_at", "order_id", "quantity", "list_price", "amount")
    events = {k: list(v) for k, v in zip(names, zip(*rows, strict=True), strict=True)}
    events["occurred_at"] = np.array(events["occurred_at"], "M8[s]")
    events["kind"] = ["purchase"] * len(rows)
    people = sorted({r[0] for r in rows})
    customers = {"customer_id": people, "region": [f"r{int(p[1:]) % 3}" for p in people]}
    return open_tables({"events": {**events, **more}, "customers": customers})


def by_hand(rows):
    """[period][total] of customers, orders, items, list value and revenue."""
    found = []
    for since, until in (FIRST, SECOND):
        here = [r for r in rows if since <= r[1] < until]
        found.append([
            len({r[0] for r in here}), len({r[2] for r in here}), sum(r[3] for r in here),
            sum(r[4] for r in here), sum(r[5] for r in here),
        ])  # fmt: skip
    return np.array(found, float)


@pytest.mark.parametrize("method", METHODS)
def test_growth_is_what_the_rows_say(method):
    rows = shop(n=200)
    result = Growth(FIRST, SECOND, by=("region",), method=method, n_draws=100).fit(tables_of(rows))
    for row in result.rows:
        mine = [r for r in rows if row.group in ("", f"r{int(r[0][1:]) % 3}")]
        totals = by_hand(mine)
        assert row.revenue == pytest.approx(tuple(totals[:, -1]))
        ratios = np.column_stack([totals[:, 0], totals[:, 1:] / totals[:, :-1]])
        assert [f.factor for f in row.factors] == [
            "customers", "orders_per_customer", "items_per_order", "price_per_item", "paid_share",
        ]  # fmt: skip
        np.testing.assert_allclose([(f.first, f.second) for f in row.factors], ratios.T)
        assert sum(f.part.value for f in row.factors) == pytest.approx(row.change.value, abs=1e-9)
        assert row.change.value == pytest.approx(totals[1, -1] - totals[0, -1])
        moved, bought = row.turnover, [{r[0] for r in mine if a <= r[1] < b} for a, b in (FIRST, SECOND)]
        assert moved.n_entrants == len(bought[1] - bought[0])
        assert moved.n_leavers == len(bought[0] - bought[1])
        assert moved.leavers.value == pytest.approx(-sum(r[5] for r in mine if r[0] not in bought[1]))
        assert moved.entrants.value == pytest.approx(sum(r[5] for r in mine if r[0] not in bought[0]))
        kinds = (moved.entrants, moved.leavers, moved.stayers)
        assert sum(e.value for e in kinds) == pytest.approx(row.change.value, abs=1e-9)
        assert sum(f.part.value for f in moved.factors) == pytest.approx(moved.stayers.value, abs=1e-9)
        for estimate in (row.change, *kinds, *(f.part for f in row.factors)):
            assert estimate.ci_lower <= estimate.ci_upper
    assert {r.group for r in result.rows} == {"", "r0", "r1", "r2"}
    assert [r.code for r in result.reasons] == ["loyalty.growth_association"]


def codes(result):
    return [r.code.removeprefix("loyalty.growth_") for r in result.reasons]


def factors_of(result):
    return [f.factor for f in result.rows[0].factors]


def fitted(rows, **more):
    return Growth(FIRST, SECOND, n_draws=100).fit(tables_of(rows, **more))


def test_fewer_factors_where_the_data_have_fewer():
    rows = shop()
    n = len(rows)
    no_lists = fitted(rows, list_price=[None] * n)
    assert codes(no_lists) == ["no_list_prices"]
    assert factors_of(no_lists)[-1] == "paid_price_per_item"
    no_quantities = fitted(rows, quantity=[None] * n)
    assert codes(no_quantities) == ["rows_as_items"]
    assert no_quantities.rows[0].factors[2].first == pytest.approx(
        sum(r[1] < FIRST[1] for r in rows) / by_hand(rows)[0, 1]
    )
    one_row = {r[2]: r for r in rows}.values()
    single = fitted([(*r[:3], 1.0, *r[4:]) for r in one_row], quantity=[None] * len(one_row))
    assert codes(single) == ["no_items"]
    assert factors_of(single) == ["customers", "orders_per_customer", "price_per_order", "paid_share"]
    litres = fitted(rows, quantity=[1000.0 if j % 10 == 0 else 1.0 for j in range(n)])
    assert codes(litres) == ["quantities_are_measures"]
    uneven = fitted(
        rows, list_price=[None if r[1] < FIRST[1] and j % 2 else r[4] for j, r in enumerate(rows)]
    )
    assert codes(uneven) == ["uneven_list_prices"]
    days = {(r[0], r[1]) for r in rows if r[1] < FIRST[1]}
    unordered = fitted(rows, order_id=[None] * n).rows[0].factors
    assert unordered[0].first * unordered[1].first == pytest.approx(len(days))


def test_what_is_left_out_is_said():
    rows = shop()
    refund = ("c000", dt.date(2025, 2, 1), "back", 1.0, None, -12.5)
    nothing = ("c001", dt.date(2025, 2, 1), "lost", 1.0, 5.0, None)
    result = fitted([*rows, refund, nothing])
    assert codes(result) == ["refunds", "without_amount"]
    assert result.rows[0].revenue == pytest.approx(tuple(by_hand(rows)[:, -1]))
    assert "12.50" in result.reasons[0].sentence("en")


def test_data_that_cannot_answer_give_a_reason_and_wrong_calls_raise():
    rows = shop()
    early = [r for r in rows if r[1] < FIRST[1]]
    result = fitted(early)
    assert (result.rows, codes(result), result.to_dicts()) == ((), ["no_revenue"], [])
    one_month = open_tables(
        {"events": {"customer_id": ["a"], "occurred_at": ["2026-01-31"], "kind": ["visit"]}}
    )
    assert codes(Growth().fit(one_month)) == ["too_short"]
    assert codes(Growth().fit(open_tables({"customers": {"customer_id": ["a"]}}))) == ["too_short"]
    with pytest.raises(DataError, match="more than one currency"):
        fitted(rows, currency=["EUR", "USD"] + [None] * (len(rows) - 2))
    with pytest.raises(NotFoundError, match="no groups 'colour'"):
        Growth(FIRST, SECOND, by=("colour",)).fit(tables_of(rows))
    with pytest.raises(OptionError, match="not in order"):
        Growth(SECOND, FIRST)
    with pytest.raises(OptionError, match="unknown method"):
        Growth(method="laspeyres")


def test_rungs_and_types_are_those_known_before_the_second_period():
    rows = shop()
    people = sorted({r[0] for r in rows})
    rungs = {
        "customer_id": people * 2, "rung": [1] * len(people) + [5] * len(people),
        "period": np.array(["2025-12-01"] * len(people) + ["2026-02-01"] * len(people), "M8[D]"),
        "probability": [1.0] * 2 * len(people),
    }  # fmt: skip
    half = len(people) // 2
    scores = {
        "respondent_id": people * 2, "customer_id": people * 2,
        "construct": ["market"] * len(people) + ["meaning"] * len(people),
        "score": [50.0] * len(people) + [40.0] * half + [60.0] * (len(people) - half),
        "standard_error": [5.0] * 2 * len(people),
    }  # fmt: skip
    tables = tables_of(rows).add("rungs", rungs).add("scores", scores)
    result = Growth(FIRST, SECOND, by=("rung", "type"), n_draws=100).fit(tables)
    assert [(r.by, r.group) for r in result.rows] == [
        ("", ""), ("rung", "1"), ("type", "market"), ("type", "meaning"),
    ]  # fmt: skip


# groups that are too small


def test_no_figure_is_about_fewer_than_five():
    rows = [r for r in shop(n=80) if int(r[0][1:]) % 3 or int(r[0][1:]) < 12]
    result = Growth(FIRST, SECOND, by=("region",), n_draws=100).fit(tables_of(rows))
    shown = {r.group for r in result.rows}
    assert len([g for g in shown if g]) <= 1  # with both others, the small one would follow from everybody
    assert "r0" not in shown
    assert "hidden" in codes(result)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 2)), min_size=5, max_size=40))
def test_small_groups_do_not_follow_by_subtraction(people):
    """Every sum of shown groups and everybody that could be reckoned is about nobody or about five."""
    group, status = np.array(people).T
    divisions = (Division("", (EVERYBODY,), np.zeros(len(group), int)), Division("g", tuple("abcd"), group))
    members = (status != 3, status != 1, status != 0)
    shown = shown_groups(divisions, members, 5)
    for member in members:
        sizes = [int((member & (group == j)).sum()) for j in shown[1]]
        rest = int(member.sum()) - sum(sizes)
        if shown[0]:
            assert all(n == 0 or n >= 5 for n in (*sizes, rest))
        else:
            assert not shown[1]


def test_turnover_of_few_is_not_told():
    rows = [r for r in shop() if r[1] > FIRST[1] or r[0] > "c003"]
    stays = {r[0] for r in rows if r[1] < FIRST[1]} & {r[0] for r in rows if r[1] > FIRST[1]}
    only = sorted({r[0] for r in rows} - stays)[:2]
    result = fitted([r for r in rows if r[0] in stays or r[0] in only])
    assert result.rows[0].turnover is None
    assert result.rows[0].n_customers == by_hand([r for r in rows if r[0] in stays or r[0] in only])[1, 0]


# intervals


def test_bags_spread_as_customers_do():
    rng = np.random.default_rng(4)
    values = rng.lognormal(size=(30_001, 2))
    draws = drawn_totals(values, 4000, rng)
    np.testing.assert_allclose(draws.std(axis=0), values.std(axis=0) * np.sqrt(len(values)), rtol=0.05)
    np.testing.assert_allclose(draws.mean(axis=0), values.sum(axis=0), rtol=2e-3)


@pytest.mark.slow
def test_intervals_cover_what_other_customers_would_give():
    """Customers of two half years from a known world: means over very many are the truth."""
    rng = np.random.default_rng(8)
    truth = _mean_parts(_world(rng, 2_000_000))
    covered = []
    for _ in range(500):
        totals = _world(rng, 400)
        draws = drawn_totals(totals.reshape(400, -1), 400, rng).reshape(-1, 2, 3) / 400
        low, high = np.percentile(lmdi_parts(chain(draws)), [2.5, 97.5], axis=0)
        covered.append((low <= truth) & (truth <= high))
    assert np.all(np.mean(covered, axis=0) >= 0.91), np.mean(covered, axis=0)
    assert np.all(np.mean(covered, axis=0) <= 0.985), np.mean(covered, axis=0)


def _world(rng, n):
    """(n, 2, 3): bought at all, orders, revenue; customers differ in how often they buy."""
    rate = rng.gamma(1.5, 1.0, n)
    orders = rng.poisson(np.stack([rate, 1.3 * rate], axis=1))
    revenue = orders * rng.lognormal(3.0, 0.5, (n, 2))
    return np.stack([orders > 0, orders, revenue], axis=-1).astype(float)


def _mean_parts(totals):
    return lmdi_parts(chain(totals.mean(axis=0)))


# the command


def test_the_command_says_what_the_call_gives(tmp_path):
    rows = shop()
    tables = tables_of(rows)
    tables.save(tmp_path)
    done = CliRunner().invoke(
        cli,
        ["loyalty", "growth", str(tmp_path), "--by", "region", "--from", "2026-01-01", "--to", "2026-06-30",
         "--against", "2025-01-01", "--json"],
        catch_exceptions=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert (found["first"], found["second"]) == (["2025-01-01", "2025-07-01"], ["2026-01-01", "2026-07-01"])
    truth = Growth(FIRST, SECOND, by=("region",)).fit(open_tables(tmp_path))
    assert found["rows"] == truth.to_dict()["rows"]
    assert "association" in done.stderr
    with pytest.raises(OptionError, match="both ends"):
        CliRunner().invoke(
            cli, ["loyalty", "growth", str(tmp_path), "--from", "2026-01-01"], catch_exceptions=False
        )
