"""Those asked beside those not asked: counted row by row in plain Python, and where the truth is known."""

import datetime as dt
from statistics import mean, variance

import numpy as np
import pytest

from verbond.errors import NotFoundError, OptionError
from verbond.loyalty.reactivity import Reactivity
from verbond.method import ITEMS
from verbond.tables.reads.asked import waves_asked
from verbond.tables.tables import Tables

HORIZON = 90
START, END = dt.date(2026, 3, 1), dt.date(2026, 3, 14)
FIRST, LAST = dt.date(2025, 6, 1), dt.date(2026, 9, 1)
EXACT = 1e-9
Z = 1.959963984540054
"""97.5% point of the normal distribution, from any table."""


def rows_of(seed=1, n=400, lot=False, moves=0.0):
    """Customers (who, since, consent, arm), answers (who, day, value, wave), events (who, kind, day, sum)."""
    rng = np.random.default_rng(seed)

    def day(low, high):
        return FIRST + dt.timedelta(days=int(rng.integers(low, high)))

    customers, answers, events = [], [], [("end", "visit", LAST, None)]
    for j in range(n):
        who = f"c{j:03d}"
        arm = "asked" if rng.random() < 0.5 else "control"
        customers.append((who, day(0, 300) if rng.random() < 0.7 else None, bool(rng.random() < 0.9), arm))
        if (arm == "asked") if lot else rng.random() < 0.4:
            at = START + dt.timedelta(days=int(rng.integers(0, 14)))
            answers.append((who, at, 5.0 if rng.random() < 0.5 else None, "spring"))
        if not lot and rng.random() < 0.1:
            answers.append((who, day(0, 250) if rng.random() < 0.5 else day(300, 450), 4.0, "other"))
        for _ in range(rng.poisson(3 * (1 + moves * (arm == "asked")))):
            amount = round(float(rng.gamma(2, 20)), 2)
            low = 274 if lot else 0  # 273 is START: where lots decide, all happens after it
            events.append((who, "purchase", day(low, 274 + 80), amount))
        for kind in ("referral", "cancellation"):
            if rng.random() < 0.3:
                events.append((who, kind, day(0, 450), None))
    return customers, answers, events


def opened(customers, answers, events):
    nat = np.datetime64("NaT")
    return Tables.from_columns(
        {
            "customers": {
                "customer_id": [c[0] for c in customers],
                "since": np.array([nat if c[1] is None else c[1] for c in customers], "M8[D]"),
                "consent": np.array([c[2] for c in customers]), "arm": [c[3] for c in customers],
            },
            "responses": {
                "respondent_id": [f"{a[0]} {a[3]}" for a in answers], "customer_id": [a[0] for a in answers],
                "item": ["trust_1"] * len(answers), "wave": [a[3] for a in answers],
                "value": np.array([np.nan if a[2] is None else a[2] for a in answers]),
                "occurred_at": np.array([a[1] for a in answers], "M8[s]"),
            },
            "events": {
                "customer_id": [e[0] for e in events], "kind": [e[1] for e in events],
                "occurred_at": np.array([e[2] for e in events], "M8[s]"),
                "amount": np.array([np.nan if e[3] is None else e[3] for e in events]),
                "currency": ["EUR"] * len(events),
            },
        },
        items=ITEMS,
    )  # fmt: skip


def by_hand(customers, answers, events, by_lot):
    """Per side a list of (after, before) by measure, a customer a row."""
    day = START - dt.timedelta(days=1)
    end = day + dt.timedelta(days=HORIZON)
    sides = {"asked": [], "unasked": []}
    everybody = {c[0]: c for c in customers} | {"end": ("end", None, True, None)}
    for who, (_, since, consent, arm) in everybody.items():
        mine = [(kind, (at - day).days, amount) for one, kind, at, amount in events if one == who]
        began = [since] * (since is not None) + [at for one, _, at, _ in events if one == who]
        if not began or min(began) > day:
            continue
        first = min((at for one, at, _, _ in answers if one == who), default=None)
        if by_lot:
            side = {"asked": "asked", "control": "unasked"}.get(arm)
        elif not consent:
            continue
        elif first is None or first > end:
            side = "unasked"
        else:
            side = "asked" if START <= first <= END else None
        gone = [since for kind, since, _ in mine if kind == "cancellation" and since <= 0]
        bought = [since for kind, since, _ in mine if kind == "purchase" and since <= 0]
        if side is None or (gone and max(gone) >= max(bought, default=-(10**6))):
            continue
        spans = [(1, HORIZON), (1 - HORIZON, 0)]
        days = [{s for k, s, _ in mine if k == "purchase" and a <= s <= b} for a, b in spans]
        money = [sum(m for k, s, m in mine if k == "purchase" and a <= s <= b) for a, b in spans]
        refer = [any(k == "referral" and a <= s <= b for k, s, _ in mine) for a, b in spans]
        left = any(k == "cancellation" and 1 <= s <= HORIZON for k, s, _ in mine)
        sides[side].append({
            "bought": [float(bool(d)) for d in days], "n_bought": [float(len(d)) for d in days],
            "spent": money, "referred": [float(r) for r in refer], "left": [float(left), 0.0],
        })  # fmt: skip
    return sides


@pytest.mark.parametrize("by_lot", [False, True], ids=["plain", "lot"])
def test_both_sides_are_counted_customer_by_customer(by_lot):
    customers, answers, events = rows_of()
    control = ("arm", "control") if by_lot else None
    result = Reactivity(HORIZON, control).fit(opened(customers, answers, events))
    sides = by_hand(customers, answers, events, by_lot)
    assert (result.wave, result.first_day) == ("spring", min(a[1] for a in answers if a[3] == "spring"))
    assert (result.n_asked, result.n_unasked) == tuple(len(sides[s]) for s in ("asked", "unasked"))
    for row in result.rows:
        (y, x), (v, u) = (
            [[one[row.measure][k] for one in sides[s]] for k in (0, 1)] for s in ("asked", "unasked")
        )
        assert row.asked.value == pytest.approx(mean(y), abs=EXACT)
        assert row.unasked.value == pytest.approx(mean(v), abs=EXACT)
        assert row.difference.value == pytest.approx(mean(y) - mean(v), abs=EXACT)
        if row.measure == "left":
            assert row.change is None
            continue
        assert row.asked_before.value == pytest.approx(mean(x), abs=EXACT)
        change = mean(y) - mean(x) - mean(v) + mean(u)
        assert row.change.value == pytest.approx(change, abs=EXACT)
        spread = ((variance(x) + variance(u)) / 2) ** 0.5
        assert row.balance == pytest.approx((mean(x) - mean(u)) / spread, abs=1e-8)
        moved = [[a - b for a, b in zip(p, q, strict=True)] for p, q in ((y, x), (v, u))]
        error = sum(variance(m) / len(m) for m in moved) ** 0.5
        assert row.change.ci_upper - row.change.value == pytest.approx(
            Z * error, rel=0.03
        )  # Student's is wider


def test_the_start_of_the_wave_is_the_first_day_of_asking():
    waves = waves_asked(opened(*rows_of()))
    assert [w.name for w in waves] == ["other", "spring"]
    spring = waves[1]
    assert START <= spring.first_day <= spring.last_day <= END
    assert 0 < spring.n_silent < spring.n_asked


def test_a_lot_makes_an_effect_and_its_absence_association():
    tables = opened(*rows_of(n=900, lot=True, moves=1.0))
    lot = Reactivity(HORIZON, ("arm", "control")).fit(tables)
    assert lot.headline.code == "loyalty_reactivity.headline_lot"
    assert "loyalty_reactivity.association" not in {r.code for r in lot.reasons}
    plain = Reactivity(HORIZON).fit(tables)
    assert plain.headline.code.startswith("loyalty_reactivity.headline_plain")
    assert plain.reasons[0].code == "loyalty_reactivity.association"


@pytest.mark.slow
def test_the_interval_covers_a_known_effect_of_a_lot():
    """Of those asked, 3 (1 + 0.5) purchases in 80 days are to come, of the others 3; days with any."""
    days = 80
    expected = [days * (1 - np.exp(-3 * (1 + m) / days)) for m in (0.5, 0.0)]
    truth, inside = expected[0] - expected[1], 0
    for seed in range(200):
        result = Reactivity(HORIZON, ("arm", "control")).fit(opened(*rows_of(seed, 150, lot=True, moves=0.5)))
        row = next(r for r in result.rows if r.measure == "n_bought")
        inside += row.difference.ci_lower <= truth <= row.difference.ci_upper
    assert 182 <= inside <= 198  # 95% within two errors


def test_control_that_was_asked_and_others_who_were_not_are_told():
    customers, answers, events = rows_of()
    result = Reactivity(HORIZON, ("arm", "control")).fit(opened(customers, answers, events))
    said = {r.code for r in result.reasons}
    assert {"loyalty_reactivity.control_asked", "loyalty_reactivity.not_all_asked"} <= said
    assert 0.3 < result.share_asked.value < 0.6


def test_where_only_answers_are_recorded_it_is_said():
    customers, answers, events = rows_of()
    tables = opened(customers, [a for a in answers if a[2] is not None], events)
    assert "loyalty_reactivity.only_answers" in {r.code for r in Reactivity(HORIZON).fit(tables).reasons}


def test_what_cannot_be_set_side_by_side_is_said():
    customers, answers, events = rows_of()
    nobody = Tables.from_columns({"events": {
        "customer_id": ["a"], "kind": ["visit"], "occurred_at": np.array([LAST], "M8[s]"),
    }})  # fmt: skip
    assert [r.code for r in Reactivity().fit(nobody).reasons] == ["loyalty_reactivity.nobody_asked"]
    tables = opened(customers, answers, events)
    assert [r.code for r in Reactivity(400, wave="spring").fit(tables).reasons] == ["loyalty.no_follow_up"]
    long = [(who, at + dt.timedelta(days=9 * j % 200), v, "all") for j, (who, at, v, _) in enumerate(answers)]
    spread = opened(customers, list({a[0]: a for a in long}.values()), events)
    assert [r.code for r in Reactivity(HORIZON).fit(spread).reasons] == ["loyalty_reactivity.always_asked"]
    few = Reactivity(HORIZON, ("arm", "nobody")).fit(tables)
    assert [r.code for r in few.reasons] == ["loyalty_reactivity.few_in_control"]
    assert few.to_dicts() == []


def test_wrong_calls_are_refused():
    tables = opened(*rows_of(n=20))
    with pytest.raises(NotFoundError, match="no attribute 'colour'"):
        Reactivity(HORIZON, ("colour", "red")).fit(tables)
    with pytest.raises(OptionError, match="no such wave"):
        Reactivity(HORIZON, wave="autumn").fit(tables)
    with pytest.raises(OptionError, match="horizon_days"):
        Reactivity(0)
