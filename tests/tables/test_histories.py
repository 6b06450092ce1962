"""Histories of buying counted in the engine, against counting customer by customer in Python."""

import datetime as dt
import itertools
from collections import Counter

import numpy as np
import pytest

from verbond.tables.reads.histories import (
    purchase_gaps,
    purchase_histories,
    purchase_money,
    repeat_purchases,
)
from verbond.tables.tables import Tables

START = dt.date(2026, 1, 1)


def drawn(seed, n=200):
    """Rows (customer, day, kind, amount, currency)."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        kind = "purchase" if rng.random() < 0.8 else "visit"
        amount = [None, -5.0, 0.0, 12.5][int(rng.choice(4, p=[0.1, 0.1, 0.1, 0.7]))]
        currency = [None, "EUR", "USD"][int(rng.choice(3, p=[0.2, 0.7, 0.1]))]
        day = START + dt.timedelta(days=9 * int(rng.integers(0, 13)))  # so that some are alike
        rows.append((f"c{rng.integers(90)}", day, kind, amount, currency))
    return rows


def opened(rows):
    people, days, kinds, amounts, currencies = zip(*rows, strict=True)
    return Tables.from_columns(
        {
            "events": {
                "customer_id": np.array(people, object),
                "occurred_at": np.array(days, "datetime64[us]") + np.timedelta64(9, "h"),
                "kind": np.array(kinds, object),
                "amount": np.array([np.nan if a is None else a for a in amounts]),
                "currency": np.array(currencies, object),
            }
        }
    )


def bought_on(rows):
    found: dict[str, set[dt.date]] = {}
    for who, day, kind, amount, _ in rows:
        if kind == "purchase" and (amount is None or amount >= 0):
            found.setdefault(who, set()).add(day)
    return found


@pytest.mark.parametrize("days", [None, 60])
@pytest.mark.parametrize("unit_days", [1, 7])
def test_histories_are_counted_as_by_hand(days, unit_days):
    rows = drawn(3)
    last = max(day for _, day, *_ in rows)
    until = last if days is None else START + dt.timedelta(days=days)
    by_hand: Counter = Counter()
    for bought in bought_on(rows).values():
        seen = sorted(day for day in bought if day <= until)
        if seen:
            key = (len(seen) - 1, (seen[-1] - seen[0]).days / unit_days, (until - seen[0]).days / unit_days)
            by_hand[(*key, len(bought) - len(seen))] += 1
    with opened(rows) as tables:
        found = purchase_histories(tables, unit_days, None if days is None else until)
    columns = (found.frequency, found.recency, found.T, found.later)
    assert dict(zip(zip(*columns, strict=True), found.n_customers, strict=True)) == by_hand
    assert (found.until, found.later_days) == (until, (last - until).days)
    assert max(found.n_customers) > 1  # customers alike are in one row


@pytest.mark.parametrize("days", [None, 90])
def test_gaps_are_summed_up_as_by_hand(days):
    rows = drawn(5)
    until = max(day for _, day, *_ in rows) if days is None else START + dt.timedelta(days=days)
    gaps, uneven = [], []
    for bought in bought_on(rows).values():
        seen = sorted(day for day in bought if day <= until)
        own = [(b - a).days / 7 for a, b in itertools.pairwise(seen)]
        gaps += own
        if len(own) > 1:
            uneven.append((own[-1] / (own[-1] + own[-2]) - 0.5) ** 2)
    with opened(rows) as tables:
        found = purchase_gaps(tables, 7, None if days is None else until)
    assert (found.n_gaps, found.n_pairs) == (len(gaps), len(uneven))
    assert len(uneven) > 5
    assert found.log_sum == pytest.approx(np.log(gaps).sum(), rel=1e-12)
    assert found.uneven == pytest.approx(sum(uneven), rel=1e-12)
    assert found.uneven_squares == pytest.approx(sum(u * u for u in uneven), rel=1e-12)


def test_repeat_purchases_follow_from_the_same_days():
    rows, until = drawn(5), START + dt.timedelta(days=60)
    last, bought = max(day for _, day, *_ in rows), bought_on(rows)
    start = min(min(days) for days in bought.values())
    by_hand = np.zeros((last - start).days // 7)
    for days in bought.values():
        if min(days) <= until:
            for day in days - {min(days)}:
                week = ((day - start).days - 1) // 7
                if week < len(by_hand):
                    by_hand[week] += 1
    with opened(rows) as tables:
        assert repeat_purchases(tables, until).tolist() == by_hand.tolist()


def test_money_is_looked_over():
    rows = drawn(7)
    amounts = [amount for _, _, kind, amount, _ in rows if kind == "purchase"]
    with opened(rows) as tables:
        found = purchase_money(tables)
    assert found.currencies == ("EUR", "USD")
    assert found.n_rows == len(amounts)
    assert (found.n_refunds, found.n_free, found.n_unknown) == tuple(
        amounts.count(v) for v in (-5.0, 0.0, None)
    )


def test_no_purchases_are_no_rows():
    with opened([("c1", START, "visit", None, None)]) as tables:
        assert len(purchase_histories(tables).T) == 0
        assert len(repeat_purchases(tables)) == 0
        assert purchase_gaps(tables).n_gaps == 0
        assert purchase_money(tables).n_rows == 0
