"""Whom satisfaction hides: every figure against the rows counted one by one in plain Python."""

import datetime as dt
from statistics import mean, stdev

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.loyalty.hidden import GROUPS, Hidden
from verbond.method import ITEMS
from verbond.tables.tables import Tables

HORIZON = 120
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2026, 6, 30)
EXACT = 1e-9
T_59 = 2.0009953
"""Student's t for 59 degrees of freedom, 97.5%: any table."""


def rows_of(seed=2, n=240, cancels=True):
    """Responses (who, item, value, day) and events (who, kind, day, amount) of n customers."""
    rng = np.random.default_rng(seed)
    responses, events = [], [("end", "visit", LAST, None)]
    for j in range(n):
        who = f"c{j:03d}"
        for _wave in range(rng.integers(1, 3)):
            day = FIRST + dt.timedelta(days=int(rng.integers(300, 880)))
            for item in ("satisfaction_1", "satisfaction_4", "alternatives_1", "trust_1"):
                if rng.random() < 0.9:
                    responses.append((who, item, int(rng.integers(1, 8)), day))
        for kind, most in (("purchase", 8), ("referral", 2), ("cancellation", 2 if cancels else 1)):
            for _ in range(rng.integers(0, most)):
                day = FIRST + dt.timedelta(days=int(rng.integers(0, 910)))
                amount = round(float(rng.gamma(2, 30)), 2) if kind == "purchase" else None
                events.append((who, kind, day, amount))
    return responses, events


def opened(responses, events, currency=("EUR",)):
    days = [day for *_, day in responses]
    waves = [f"{who} {day}" for who, _, _, day in responses]
    return Tables.from_columns(
        {
            "responses": {
                "respondent_id": np.array(waves, object), "customer_id": [r[0] for r in responses],
                "item": [r[1] for r in responses], "value": np.array([r[2] for r in responses], float),
                "occurred_at": np.array(days, "M8[s]"),
            },
            "events": {
                "customer_id": [e[0] for e in events], "kind": [e[1] for e in events],
                "occurred_at": np.array([e[2] for e in events], "M8[s]"),
                "amount": np.array([np.nan if e[3] is None else e[3] for e in events]),
                "currency": [currency[j % len(currency)] for j in range(len(events))],
            },
        },
        items=ITEMS,
    )  # fmt: skip


def by_hand(responses, events, pull="alternatives_1", departure="cancellation"):
    """One person a row: group, left, revenue, stayed and came back or referred."""
    turned = {"satisfaction_4"}
    people = []
    for who in sorted({r[0] for r in responses}):
        sittings = {}
        for one, item, value, day in responses:
            if one == who:
                sittings.setdefault(day, {})[item] = (7 - value if item in turned else value - 1) / 6
        complete = {
            day: answers for day, answers in sittings.items()
            if pull in answers and {"satisfaction_1", "satisfaction_4"} & set(answers)
            and (LAST - day).days >= HORIZON
        }  # fmt: skip
        if not complete:
            continue
        day = max(complete)
        answers = complete[day]
        satisfied = mean(v for k, v in answers.items() if k.startswith("satisfaction")) >= 0.6 - EXACT
        drawn = answers[pull] if pull == "alternatives_1" else 1 - answers[pull]
        mine = [(kind, (at - day).days, amount) for one, kind, at, amount in events if one == who]
        gone = [since for kind, since, _ in mine if kind == "cancellation" and since <= 0]
        bought = [since for kind, since, _ in mine if kind == "purchase" and since <= 0]
        if gone and max(gone) >= max(bought, default=-(10**6)):
            continue
        did = {kind for kind, since, _ in mine if 1 <= since <= HORIZON}
        if departure == "purchase":
            if not any(-HORIZON < since <= 0 for since in bought):
                continue
            left = "purchase" not in did
        else:
            left = "cancellation" in did
        revenue = sum(amount for kind, since, amount in mine if kind == "purchase" and -365 < since <= 0)
        people.append((satisfied, drawn >= 0.5 - EXACT, left, revenue, bool(did & {"purchase", "referral"})))
    return people


def check(result, people):
    for group in result.groups:
        here = [p for p in people if p[:2] == GROUPS[group.group]]
        assert group.n_obs == len(here)
        assert group.share.value == pytest.approx(len(here) / len(people), abs=EXACT)
        assert group.left.value == pytest.approx(mean(p[2] for p in here), abs=EXACT)
        assert group.revenue.value == pytest.approx(mean(p[3] for p in here), abs=1e-6)
        assert group.revenue_total == pytest.approx(sum(p[3] for p in here), abs=1e-6)
    less = [p for p in people if not p[0]]
    under = [p for p in less if not p[2] and p[4]]
    assert result.underrated.value == pytest.approx(len(under) / len(less), abs=EXACT)
    assert result.underrated_total == pytest.approx(sum(p[3] for p in under), abs=1e-6)
    assert result.underrated_revenue.value == pytest.approx(mean(p[3] for p in under), abs=1e-6)


def test_every_group_is_counted_person_by_person():
    responses, events = rows_of()
    result = Hidden(HORIZON).fit(opened(responses, events))
    assert (result.satisfaction, result.pull, result.departure) == (
        "satisfaction",
        "alternatives",
        "cancelled",
    )
    people = by_hand(responses, events)
    assert len(result.groups) == 4
    check(result, people)
    opportunists, settled = (
        [p[2] for p in people if p[:2] == GROUPS[name]] for name in ("opportunist", "settled")
    )
    assert result.difference.value == pytest.approx(mean(opportunists) - mean(settled), abs=EXACT)
    assert result.difference.ci_lower < result.difference.value < result.difference.ci_upper
    assert result.headline.values["left"] == pytest.approx(mean(opportunists))
    one = next(g for g in result.groups if g.group == "loose")
    spent = [p[3] for p in people if p[:2] == GROUPS["loose"]]
    half = one.revenue.ci_upper - one.revenue.value
    assert half == pytest.approx(T_59 * stdev(spent) / len(spent) ** 0.5, rel=0.01)  # about sixty people
    assert 45 < len(spent) < 80


def test_without_a_question_about_alternatives_low_trust_stands_in_and_it_is_said():
    responses, events = rows_of()
    responses = [r for r in responses if r[1] != "alternatives_1"]
    result = Hidden(HORIZON).fit(opened(responses, events))
    assert result.pull == "trust"
    assert "loyalty_hidden.trust_for_alternatives" in {r.code for r in result.reasons}
    assert result.headline.code.startswith("loyalty_hidden.headline_unheld_")
    check(result, by_hand(responses, events, pull="trust_1"))


def test_without_any_such_question_a_low_rung_stands_in():
    responses, events = rows_of()
    responses = [r for r in responses if r[1].startswith("satisfaction")]
    tables = opened(responses, events)
    assert [r.code for r in Hidden(HORIZON).fit(tables).reasons] == ["loyalty_hidden.no_pull"]
    who = sorted({r[0] for r in responses})
    periods = np.array(["2023-12-01", "2024-01-01", "2024-02-01"], "M8[D]")
    rung = {one: j % 6 for j, one in enumerate(who)}
    rungs = {
        "customer_id": np.repeat(np.array(who, object), 3), "period": np.tile(periods, len(who)),
        "rung": np.array([[0, rung[one], 0] for one in who]).ravel(), "probability": np.ones(3 * len(who)),
    }  # fmt: skip
    found = Hidden(HORIZON).fit(tables.add("rungs", rungs))
    assert found.pull == "rung"
    asked = [(one, item, value, day) for one, item, value, day in responses]
    asked += [(one, "alternatives_1", 7 if rung[one] < 3 else 1, day) for one, _, _, day in responses]
    check(found, by_hand(list({(r[0], r[1], r[3]): r for r in asked}.values()), events))


def test_where_nobody_cancels_those_who_stopped_buying_are_gone():
    responses, events = rows_of(cancels=False)
    result = Hidden(HORIZON).fit(opened(responses, events))
    assert result.departure == "stopped_buying"
    assert "loyalty_hidden.stopped_buying" in {r.code for r in result.reasons}
    check(result, by_hand(responses, events, departure="purchase"))


def test_money_of_two_kinds_is_not_added_up_and_without_amounts_nobody_is_worth_anything():
    responses, events = rows_of()
    two = Hidden(HORIZON).fit(opened(responses, events, currency=("EUR", "USD")))
    assert {g.revenue_total for g in two.groups} == {None}
    assert "loyalty_hidden.currencies" in {r.code for r in two.reasons}
    bare = [(who, kind, day, None) for who, kind, day, _ in events]
    none = Hidden(HORIZON).fit(opened(responses, bare))
    assert none.groups[0].revenue.reason.code == "loyalty_hidden.no_amounts"
    assert none.groups[0].left.value is not None


def test_groups_under_five_hide_everything_that_would_give_them_away():
    responses, events = rows_of()
    low = {r[0] for r in responses[:400]}
    responses = [
        (w, i, (7 if i == "satisfaction_1" else 1) if w in low else v, d) for w, i, v, d in responses
    ]
    few = [r for r in responses if r[0] in low and r[1] in ("satisfaction_1", "alternatives_1")]
    odd = sorted({r[0] for r in few})[0]
    few = [(w, i, 7 if w == odd else v, d) for w, i, v, d in few]
    result = Hidden(HORIZON).fit(opened(few, [e for e in events if e[0] != odd]))
    assert result.groups == ()
    assert [r.code for r in result.reasons] == ["loyalty.too_small_group"]


@pytest.mark.parametrize(
    ("responses", "events", "code"),
    [
        ([("a", "trust_1", 4, FIRST)], [("a", "visit", LAST, None)], "loyalty_hidden.no_satisfaction"),
        ([("a", "satisfaction_1", 4, LAST), ("a", "trust_1", 4, LAST)], [("a", "purchase", LAST, 1.0)],
         "loyalty.no_follow_up"),
        ([("a", "satisfaction_1", 4, FIRST), ("a", "trust_1", 4, FIRST)], [("a", "visit", LAST, None)],
         "loyalty_hidden.no_leaving"),
    ],
    ids=["nothing asked", "too early", "nothing to leave"],
)  # fmt: skip
def test_what_cannot_be_told_is_said(responses, events, code):
    result = Hidden(HORIZON).fit(opened(responses, events))
    assert [r.code for r in result.reasons] == [code]
    assert (result.groups, result.headline) == ((), None)
    assert result.to_dicts() == []


def test_options_of_hidden_are_checked_at_the_door():
    with pytest.raises(OptionError, match="satisfied_from"):
        Hidden(satisfied_from=140)
    with pytest.raises(OptionError, match="horizon_days"):
        Hidden(0)
