"""Intention against behaviour: the engine's counts against the definition written out in Python."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.errors import OptionError
from verbond.loyalty import IntentionGap
from verbond.loyalty.intention import level_of, paired_difference
from verbond.method import ITEMS
from verbond.tables.reads.intentions import intentions
from verbond.tables.tables import Tables

DAY = dt.date(2026, 1, 1)
HORIZON = 90
ASKED = ("recommend_1", "stay_1", "rebuy_1")
EXACT = 1e-12


def opened(responses, events):
    """Tables from rows (respondent, customer, item, value, day) and (customer, kind, day, related)."""
    columns = [np.array(c, object) for c in zip(*responses, strict=True)] or [np.zeros(0, object)] * 5
    acts = [np.array(c, object) for c in zip(*events, strict=True)] or [np.zeros(0, object)] * 4
    names = ("respondent_id", "customer_id", "item", "value", "occurred_at")
    return Tables.from_columns(
        {
            "responses": dict(zip(names, columns, strict=True)) | {"occurred_at": stamps(columns[4])},
            "events": {
                "customer_id": acts[0], "kind": acts[1], "occurred_at": stamps(acts[2]),
                "related_customer_id": acts[3],
            },
        },
        items=ITEMS,
    )  # fmt: skip


def stamps(days):
    return np.array([np.datetime64("NaT") if d is None else np.datetime64(d) for d in days], "datetime64[us]")


def by_hand(responses, events, horizon):
    """(intention, answer, follow_up) -> Counter of what was done, person by person."""
    last = max(day for _, _, day, _ in events)
    cells: dict = {}
    people: dict = {}
    for respondent, customer, item, value, day in responses:
        meaning = ITEMS[item]
        if value is None or not meaning.min <= value <= meaning.max:
            continue
        answer = (value - meaning.min) / (meaning.max - meaning.min)
        key = (customer if customer is not None else ("stranger", respondent), meaning.construct)
        people.setdefault(key, []).append((customer, day, answer))
    for (_, intention), given_answers in people.items():

        def state(customer, day):
            if customer is None:
                return "not_linked"
            if day is None:
                return "undated"
            return "followed" if (last - day).days >= horizon else "too_recent"

        ranked = sorted(
            (
                (state(c, d) != "followed", -(d or dt.date.min).toordinal(), a, c, d)
                for c, d, a in given_answers
            ),
            key=lambda t: t[:3],
        )
        _, _, answer, customer, day = ranked[0]
        mine = [(k, d, r) for c, k, d, r in events if c == customer and customer is not None]

        def inside(d, day=day):
            return day is not None and 1 <= (d - day).days <= horizon

        bought_by = {
            c: sorted(d for c2, k, d, _ in events if c2 == c and k == "purchase") for c, *_ in events
        }
        brought = any(
            k == "referral" and r is not None and r != customer and inside(d)
            and any(x >= d for x in bought_by.get(r, []))
            and inside(min(x for x in bought_by[r] if x >= d))
            for k, d, r in mine
        )  # fmt: skip
        earlier = {
            k: [d for k2, d, _ in mine if k2 == k and day is not None and d <= day]
            for k in ("cancellation", "purchase")
        }
        gone = bool(earlier["cancellation"]) and max(earlier["cancellation"]) >= max(
            earlier["purchase"], default=dt.date.min
        )
        did = {
            k: any(k2 == k and inside(d) for k2, d, _ in mine)
            for k in ("referral", "purchase", "cancellation")
        }
        cell = cells.setdefault((intention, round(answer, 9), state(customer, day)), Counter())
        cell.update(
            n_people=1, n_referred=did["referral"], n_brought_customer=brought,
            n_bought_again=did["purchase"], n_here=not gone, n_stayed=not gone and not did["cancellation"],
            n_here_referred=not gone and did["referral"],
            n_here_referred_left=not gone and did["referral"] and did["cancellation"],
        )  # fmt: skip
    return cells


people = st.sampled_from([f"c{i}" for i in range(6)])
days = st.integers(0, 300).map(lambda n: DAY + dt.timedelta(days=n))
answers_ = st.lists(
    st.tuples(
        st.sampled_from([f"r{i}" for i in range(8)]), people | st.none(), st.sampled_from(ASKED),
        st.integers(0, 11), days | st.none(),
    ),
    min_size=1, max_size=15, unique_by=lambda r: (r[0], r[2]),
)  # fmt: skip
acts = st.lists(
    st.tuples(
        people, st.sampled_from(["purchase", "referral", "cancellation", "visit"]), days, people | st.none()
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(answers_, acts)
def test_engine_counts_as_the_definition_does(responses, events):
    read = intentions(opened(responses, events), HORIZON)
    found = {}
    for j in range(len(read.intention)):
        key = (read.intention[j], round(float(read.answer[j]), 9), read.follow_up[j])
        found[key] = {name: int(column[j]) for name, column in read.counts.items()}
    expected = {k: dict(v) for k, v in by_hand(responses, events, HORIZON).items()}
    assert found == expected


def scene(n=40, referrers=10, last=200):
    """n promoters who bought once before; `referrers` of them refer 30 days later, half with a newcomer."""
    responses = [(f"r{i}", f"c{i}", "recommend_1", 10, DAY) for i in range(n)]
    events = [("end", "visit", DAY + dt.timedelta(days=last), None), ("c0", "purchase", DAY, None)]
    for i in range(referrers):
        friend = f"f{i}" if i % 2 else None
        events.append((f"c{i}", "referral", DAY + dt.timedelta(days=30), friend))
        if friend:
            events.append((friend, "purchase", DAY + dt.timedelta(days=60), None))
    return responses, events


def test_stated_against_done():
    result = IntentionGap(horizon_days=90).fit(opened(*scene()))
    rows = {r.behaviour: r for r in result.rows}
    assert {r.level for r in result.rows} == {"promoter"}
    assert (rows["referred"].share.value, rows["brought_customer"].share.value) == (10 / 40, 5 / 40)
    # Wilson's interval for 10 of 40, by its quadratic: |p - 1/4| = z sqrt(p (1 - p) / 40)
    for bound in (rows["referred"].share.ci_lower, rows["referred"].share.ci_upper):
        assert abs(bound - 0.25) == pytest.approx(1.959964 * np.sqrt(bound * (1 - bound) / 40), abs=1e-6)
    gap = next(g for g in result.gaps if g.behaviour == "referred")
    assert (gap.intended.value, gap.done.value, gap.done_by_intenders.value) == (1.0, 0.25, 0.25)
    assert gap.gap.value == 0.75
    assert gap.gap.ci_lower < 0.75 < gap.gap.ci_upper
    assert result.net_promoters.value == 1.0
    codes = {r.code for r in result.reasons}
    assert "loyalty.asking_changes_behaviour" in codes
    assert "loyalty.no_cancellations_recorded" not in codes  # nobody was asked whether they stay


def test_people_whose_horizon_is_not_over_are_counted_apart():
    responses, events = scene(last=200)
    responses += [(f"new{i}", f"n{i}", "recommend_1", 10, DAY + dt.timedelta(days=150)) for i in range(7)]
    result = IntentionGap(horizon_days=90).fit(opened(responses, events))
    (follow_up,) = result.follow_up
    assert (follow_up.n_followed, follow_up.n_too_recent) == (40, 7)
    assert all(r.n_obs == 40 for r in result.rows)
    said = next(r for r in result.reasons if r.code == "loyalty.too_recent")
    assert said.sentence("nl").startswith("7 mensen")


def test_the_last_day_of_the_horizon_counts_and_the_day_of_the_answer_does_not():
    responses = [(f"r{i}", f"c{i}", "rebuy_1", 7, DAY) for i in range(6)]
    on = {0: 0, 1: 1, 2: 90, 3: 91}
    events = [(f"c{i}", "purchase", DAY + dt.timedelta(days=n), None) for i, n in on.items()]
    (row,) = IntentionGap(horizon_days=90).fit(opened(responses, events)).rows
    assert row.share.value == 2 / 6


def test_no_follow_up_at_all_is_said():
    result = IntentionGap(horizon_days=365).fit(opened(*scene(last=200)))
    assert result.rows == ()
    assert result.reasons[0].code == "loyalty.no_follow_up"


def test_behaviour_that_is_never_recorded_cannot_be_told():
    responses, events = scene(referrers=0)
    responses += [(f"r{i}", f"c{i}", "stay_1", 7, DAY) for i in range(40)]
    result = IntentionGap(horizon_days=90).fit(opened(responses, events))
    not_told = {f"loyalty.no_{what}_recorded" for what in ("referrals", "newcomers", "cancellations")}
    assert not_told <= {r.code for r in result.reasons}
    assert result.rows == ()
    assert result.net_referrers is None


def test_without_intentions_or_without_behaviour():
    responses, events = scene()
    trust = [(r, c, "trust_1", 5, d) for r, c, _, _, d in responses]
    assert [r.code for r in IntentionGap().fit(opened(trust, events)).reasons] == ["loyalty.no_intentions"]
    assert [r.code for r in IntentionGap().fit(opened(responses, [])).reasons] == ["loyalty.no_behaviour"]
    nothing = Tables.from_columns({"customers": {"customer_id": ["a"]}}, items=ITEMS)
    assert IntentionGap().fit(nothing).to_dict()["rows"] == []


def test_levels_under_five_people_are_hidden_and_cannot_be_reckoned_back():
    responses, events = scene()
    responses += [(f"d{i}", f"d{i}", "recommend_1", 2, DAY) for i in range(4)]
    result = IntentionGap(horizon_days=90).fit(opened(responses, events))
    hidden = [r for r in result.rows if r.level == "detractor"]
    assert hidden
    assert all((r.n_obs, r.share.value) == (0, None) for r in hidden)
    assert all(g.done.value is None for g in result.gaps)
    assert result.net_promoters.value is None
    assert result.net_promoters.reason.code == "loyalty.too_small_group"


def test_net_referrers_set_those_who_left_against_those_who_referred():
    responses, events = scene()
    events += [(f"c{i}", "cancellation", DAY + dt.timedelta(days=50), None) for i in (0, 20, 21, 22)]
    result = IntentionGap(horizon_days=90).fit(opened(responses, events))
    assert result.net_referrers.value == pytest.approx(10 / 40 - 4 / 40)


def test_a_person_counts_once_with_the_last_answer_that_was_followed():
    responses, events = scene(n=5, referrers=5, last=200)
    responses += [(f"again{i}", f"c{i}", "recommend_1", 0, DAY + dt.timedelta(days=20)) for i in range(5)]
    responses += [(f"late{i}", f"c{i}", "recommend_1", 10, DAY + dt.timedelta(days=190)) for i in range(5)]
    result = IntentionGap(horizon_days=90).fit(opened(responses, events))
    assert {(r.level, r.n_obs) for r in result.rows} == {("detractor", 5)}


@pytest.mark.parametrize(
    ("answer", "level"), [(10, "promoter"), (9, "promoter"), (8, "passive"), (7, "passive"), (6, "detractor")]
)
def test_promoters_are_nine_and_ten(answer, level):
    assert level_of("recommend", answer / 10, (0.0, 10.0)) == level


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_paired_difference_is_antisymmetric_and_inside_its_bounds(a, b, rest):
    n = a + b + rest + 1
    value, low, high = paired_difference(a, b, n)
    assert -1 <= low <= high <= 1
    assert value == pytest.approx((a - b) / n, abs=EXACT)
    other = paired_difference(b, a, n)
    assert (-other[0], -other[2], -other[1]) == pytest.approx((value, low, high), abs=EXACT)


@pytest.mark.slow
def test_paired_interval_covers():
    """200 people, 60% intend, 30% do, independently: 95% intervals cover 93-97% of 2,000 samples."""
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(2000):
        intends, does = rng.random(200) < 0.6, rng.random(200) < 0.3
        _, low, high = paired_difference((intends & ~does).sum(), (does & ~intends).sum(), 200)
        inside += low <= 0.3 <= high
    assert 1860 <= inside <= 1940


def test_options_are_checked_at_the_door():
    with pytest.raises(OptionError, match="horizon_days"):
        IntentionGap(horizon_days=0)


def test_nobody_brings_in_themselves():
    responses = [(f"r{i}", f"c{i}", "recommend_1", 10, DAY) for i in range(6)]
    events = [("end", "visit", DAY + dt.timedelta(days=200), None)]
    events += [(f"c{i}", "referral", DAY + dt.timedelta(days=5), f"c{i}") for i in range(6)]
    events += [(f"c{i}", "purchase", DAY + dt.timedelta(days=9), None) for i in range(6)]
    rows = {
        r.behaviour: r.share.value for r in IntentionGap(horizon_days=90).fit(opened(responses, events)).rows
    }
    assert rows == {"referred": 1.0, "brought_customer": 0.0}
