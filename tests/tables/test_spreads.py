"""How far customers lie apart: against plain loops over the same customers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
import pytest

from verbond.errors import NotFoundError, OptionError
from verbond.tables import Tables
from verbond.tables.reads import customers_now, spreads

DAYS = 30
LAST = dt.date(2025, 3, 31)
KINDS = ("purchase", "complaint", "referral", "contribution", "cancellation")


def world() -> dict[str, dict[str, object]]:
    rng = np.random.default_rng(5)
    n, names = 900, np.array([f"k{j}" for j in range(60)], object)
    moments = np.datetime64("2024-12-20T09:00", "s") + rng.integers(0, 101 * 86_400, n).astype("m8[s]")
    moments[0] = np.datetime64("2025-03-31T12:00", "s")
    amount = np.where(rng.random(n) < 0.95, rng.integers(-200, 5000, n) / 100, np.nan)
    since = np.where(rng.random(50) < 0.7, np.datetime64("2024-06-01"), np.datetime64("2025-02-15", "D"))
    since[:5] = np.datetime64("NaT")
    return {
        "customers": {
            "customer_id": names[:50],
            "since": since,
            "shop": rng.choice(np.array(["a", "b", "c", "d", None], object), 50),
        },
        "events": {
            "customer_id": rng.choice(names[5:], n),
            "occurred_at": moments,
            "kind": rng.choice(np.array(KINDS, object), n, p=[0.7, 0.1, 0.1, 0.09, 0.01]),
            "amount": amount,
        },
    }


def by_hand(made: dict) -> tuple[dict[str, dict[str, tuple[float, float]]], dict[str, object]]:
    """Outcome -> customer -> (later, earlier), and customer -> shop; everybody who was there."""
    until = LAST + dt.timedelta(days=1)
    day, first = until - dt.timedelta(days=DAYS), until - dt.timedelta(days=2 * DAYS)
    events = list(zip(*made["events"].values(), strict=True))
    known = defaultdict(list)
    shops = {}
    for who, since, shop in zip(*made["customers"].values(), strict=True):
        known[who] += [] if np.isnat(since) else [since.item()]
        shops[who] = shop
    for who, at, _, _ in events:
        known[who].append(at.item().date())
    gone = {who for who, at, kind, _ in events if kind == "cancellation" and at.item().date() < day}
    people = [who for who, days in known.items() if who not in gone and (not days or min(days) < first)]
    found = {
        name: {} for name in ("purchases", "revenue", "complaints", "referrals", "contributions", "stays")
    }
    for who in people:
        mine = [(at.item().date(), kind, amount) for w, at, kind, amount in events if w == who]
        for place, (low, high) in enumerate(((day, until), (first, day))):
            here = [(at, kind, amount) for at, kind, amount in mine if low <= at < high]
            bought = [(at, a) for at, kind, a in here if kind == "purchase" and not a < 0]
            told = {
                "purchases": len({at for at, _ in bought}),
                "revenue": sum(a for _, a in bought if a == a),
                "stays": 1 - any(kind == "cancellation" for _, kind, _ in here),
                **{k + "s": sum(kind == k for _, kind, _ in here) for k in KINDS[1:4]},
            }
            for name, value in told.items():
                found[name].setdefault(who, [0.0, 0.0])[place] = float(value)
    return found, shops


def test_means_spreads_and_correlations_are_those_of_a_plain_loop() -> None:
    made = world()
    truth, _ = by_hand(made)
    with Tables.from_columns(made) as tables:
        found = spreads(tables, DAYS)
    assert set(found) == set(truth)
    for name, one in found.items():
        values = np.array(list(truth[name].values()))
        assert one.n == len(values) > 30
        assert one.mean == pytest.approx(values[:, 0].mean())
        assert one.sd == pytest.approx(values[:, 0].std(ddof=1))
        if name != "stays":
            assert one.correlation == pytest.approx(np.corrcoef(values.T)[0, 1])


def test_intraclass_correlation_is_that_of_the_analysis_of_variance() -> None:
    made = world()
    truth, shops = by_hand(made)
    with Tables.from_columns(made) as tables:
        found = spreads(tables, DAYS, "shop")["revenue"]
    groups = defaultdict(list)
    for who, (later, _) in truth["revenue"].items():
        if shops.get(who) is not None:
            groups[shops[who]].append(later)
    sizes = np.array([len(one) for one in groups.values()])
    n, k, everybody = sizes.sum(), len(sizes), np.concatenate(list(groups.values()))
    between = sum(len(g) * (np.mean(g) - everybody.mean()) ** 2 for g in groups.values()) / (k - 1)
    within = sum(((np.array(g) - np.mean(g)) ** 2).sum() for g in groups.values()) / (n - k)
    typical = (n - (sizes**2).sum() / n) / (k - 1)
    truth_icc = max(0.0, (between - within) / (between + (typical - 1) * within))
    assert found.n_groups == k == 4
    assert found.group_size == pytest.approx(sizes.mean())
    assert found.group_cv == pytest.approx(sizes.std() / sizes.mean())
    assert found.icc == pytest.approx(truth_icc, abs=1e-12)


def test_groups_that_differ_are_seen_to() -> None:
    """Shares of variance that are known: 1 between shops, 4 within."""
    rng = np.random.default_rng(2)
    shop = np.repeat(np.arange(200), 30)
    amount = np.round(100 + rng.normal(0, 1, 200)[shop] + rng.normal(0, 2, 6000), 6)
    names = np.array([f"k{j}" for j in range(6000)], object)
    made = {
        "customers": {"customer_id": names, "shop": shop.astype(str).astype(object),
                      "since": np.full(6000, np.datetime64("2020-01-01"))},
        "events": {"customer_id": names, "kind": ["purchase"] * 6000, "amount": amount,
                   "occurred_at": np.full(6000, np.datetime64("2025-03-31"))},
    }  # fmt: skip
    with Tables.from_columns(made) as tables:
        assert spreads(tables, DAYS, "shop")["revenue"].icc == pytest.approx(0.2, abs=0.04)


def test_who_is_a_customer_now() -> None:
    made = world()
    with Tables.from_columns(made) as tables:
        found = customers_now(tables, 20)
    events = list(zip(*made["events"].values(), strict=True))
    everybody = {*made["customers"]["customer_id"], *(who for who, *_ in events)}
    truth = {}
    for who in everybody:
        mine = [(at.item().date(), kind) for w, at, kind, _ in events if w == who]
        left = max((at for at, kind in mine if kind == "cancellation"), default=None)
        bought = [at for at, kind in mine if kind == "purchase"]
        if left is None or any(at > left for at in bought):
            truth[who] = len({at for at in bought if at >= LAST - dt.timedelta(days=19)})
    assert found["customer_id"].tolist() == sorted(truth)
    assert found["n_bought"].tolist() == [truth[who] for who in sorted(truth)]


def test_a_list_without_events_and_wrong_questions() -> None:
    with Tables.from_columns({"customers": {"customer_id": ["b", "a"], "shop": ["x", "y"]}}) as tables:
        assert spreads(tables, DAYS) == {}
        assert customers_now(tables)["customer_id"].tolist() == ["a", "b"]
    with Tables.from_columns(world()) as tables:
        with pytest.raises(OptionError, match="days is out of range"):
            spreads(tables, 0)
        with pytest.raises(NotFoundError, match="no column 'adviser'"):
            spreads(tables, DAYS, "adviser")
