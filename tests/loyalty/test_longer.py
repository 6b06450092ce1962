"""Less but longer: rows followed in plain Python, and the verdict against companies whose truth is known."""

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.loyalty.longer import LEAST_LEFT, Longer
from verbond.loyalty.ratios import ratio_of
from verbond.tables import open_tables
from verbond.tables.reads.lives import DAYS_A_YEAR, lives

START, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
N_DAYS = (LAST - START).days + 1


def day(n):
    return START + dt.timedelta(days=int(n))


def asked_of(people, types, days):
    """Scores in which the given type is highest."""
    rows = [
        (p, d, t, 80.0 if t == mine else 20.0)
        for p, mine, d in zip(people, types, days, strict=True)
        for t in ("market", "meaning")
    ]
    who, when, what, score = (list(column) for column in zip(*rows, strict=True))
    return {
        "respondent_id": who, "customer_id": who, "occurred_at": np.array(when, "M8[s]"), "construct": what,
        "score": score, "standard_error": [5.0] * len(who),
    }  # fmt: skip


acts = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(0, N_DAYS - 1),
        st.sampled_from(["purchase"] * 6 + ["cancellation"]),
        st.sampled_from([None, "o1", "o2"]),
        st.sampled_from([None, 0.0, 3.0]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(deadline=None, max_examples=20)
@given(acts, st.lists(st.integers(0, N_DAYS - 1), min_size=4, max_size=4), st.sampled_from([None, 200]))
def test_people_are_followed_from_their_answer_until_they_leave(rows, answered, since):
    types = dict(zip("abcd", ["market", "meaning", "meaning", "market"], strict=True))
    since_day = None if since is None else day(since)
    expected = {}
    for person, n in zip("abcd", answered, strict=True):
        begin = max(day(n), since_day or day(n))
        gone = sorted(
            day(r[1]) for r in rows
            if r[0] == person and r[2] == "cancellation" and (since is None or day(r[1]) >= since_day)
        )  # fmt: skip
        if any(g <= begin for g in gone) or begin >= LAST:
            continue
        end = gone[0] if gone else LAST
        mine = [r for r in rows if r[0] == person and r[2] == "purchase" and begin < day(r[1]) <= end]
        expected[person] = (
            types[person], (end - begin).days, bool(gone), len({r[3] or str(day(r[1])) for r in mine}),
            10.0 * len(mine), sum(r[4] is not None for r in mine), sum((r[4] or 0) > 0 for r in mine),
        )  # fmt: skip
    events = {
        "customer_id": [*(r[0] for r in rows), "z", "z"],
        "occurred_at": np.array([*(day(r[1]) for r in rows), START, LAST], "M8[s]"),
        "kind": [*(r[2] for r in rows), "visit", "visit"],
        "order_id": [*(r[3] for r in rows), None, None],
        "amount": [*(10.0 if r[2] == "purchase" else None for r in rows), None, None],
        "discount": [*(r[4] for r in rows), None, None],
    }
    customers = {"customer_id": list("abcd")}
    if since is not None:
        customers["since"] = np.array([since_day] * 4, "M8[D]")
    scores = asked_of("abcd", [types[p] for p in "abcd"], [day(n) for n in answered])
    with open_tables({"events": events, "customers": customers}) as tables:
        found = lives(tables.add("scores", scores), "type")
    told = {
        person: (label, round(years * DAYS_A_YEAR), bool(left), orders, revenue, known, discounted)
        for person, label, years, left, orders, revenue, known, discounted in zip(
            found.customer_ids, found.label, found.years, found.has_left, found.n_orders, found.revenue,
            found.n_known, found.n_discounted, strict=True,
        )
    }  # fmt: skip
    assert told == expected


WORLDS = {  # orders a year and pace of leaving a year, market first
    "less_and_longer": ((12.0, 8.0), (0.8, 0.4)),
    "less_and_not_longer": ((12.0, 6.0), (0.6, 1.0)),
    "no_difference": ((10.0, 10.0), (0.6, 0.6)),
}


def company(rng, world, n=500):
    """People asked in the first months who buy at a rate of their own and leave at a constant pace."""
    orders, leaving = WORLDS[world]
    kind = np.arange(n) % 2
    people = np.array([f"c{j:04d}" for j in range(n)], object)
    answered = rng.integers(0, 90, n)
    stay = rng.exponential(1 / np.array(leaving)[kind]) * DAYS_A_YEAR
    end = np.minimum(answered + 1 + stay, N_DAYS - 1)
    count = rng.poisson(np.array(orders)[kind] * rng.gamma(4, 1 / 4, n) * (end - answered) / DAYS_A_YEAR)
    who = np.repeat(np.arange(n), count)
    when = answered[who] + 1 + rng.random(len(who)) * (end - answered - 1)[who]
    gone = np.flatnonzero(answered + 1 + stay < N_DAYS - 1)
    start = np.datetime64(START, "s")
    at = np.concatenate([when, end[gone], [0, N_DAYS - 1]])
    paid = np.concatenate([rng.gamma(2, 10, len(who)), np.full(len(gone) + 2, np.nan)])
    events = {
        "customer_id": np.concatenate([people[who], people[gone], np.array(["z", "z"], object)]),
        "occurred_at": start + np.floor(at).astype(int) * np.timedelta64(86_400, "s"),
        "kind": np.repeat(np.array(["purchase", "cancellation", "visit"], object), [len(who), len(gone), 2]),
        "order_id": np.array([f"o{j}" for j in range(len(at))], object),
        "amount": paid,
        "list_price": paid / np.where(rng.random(len(paid)) < 0.3, 0.8, 1.0),
        "margin": 0.4 * paid,
    }
    types = np.array(["market", "meaning"], object)[kind]
    return events, asked_of(people, types, [day(a) for a in answered])


def fitted(rng, world, **options):
    events, scores = company(rng, world)
    with open_tables({"events": events}) as tables:
        return Longer(**options).fit(tables.add("scores", scores))


@pytest.fixture(scope="module")
def less_and_longer():
    return fitted(np.random.default_rng(1), "less_and_longer")


def test_known_paces_come_back(less_and_longer):
    found = less_and_longer
    by_group = {row.group: row for row in found.rows}
    for j, group in enumerate(("market", "meaning")):
        orders, leaving = (pair[j] for pair in WORLDS["less_and_longer"])
        truths = {
            "orders": orders, "tenure": 1 / leaving, "revenue": 20 * orders, "margin": 8 * orders,
            "promotion": 0.3, "stay_revenue": 20 * orders / leaving,
        }  # fmt: skip
        for name, truth in truths.items():
            told = by_group[group].measure(name)
            wide = told.ci_upper - told.ci_lower
            assert told.ci_lower - wide / 4 < truth < told.ci_upper + wide / 4, (group, name)
    for c in found.contrasts:
        a, b = (by_group[g].measure(c.measure).value for g in ("meaning", "market"))
        assert (c.difference.value, c.ratio.value) == (pytest.approx(a - b), pytest.approx(a / b))
        assert c.difference.ci_lower < c.difference.value < c.difference.ci_upper


def test_the_verdict_of_who_buys_less_and_stays_longer(less_and_longer):
    assert less_and_longer.verdict == "less_and_longer"
    values = less_and_longer.headline.values
    assert less_and_longer.headline.code == "loyalty_longer.less_and_longer"
    assert values["orders_upper"] < 1 < values["tenure_lower"]
    assert [r.code for r in less_and_longer.reasons] == [
        "loyalty_longer.rests_on_type",
        "loyalty_longer.association",
    ]
    for language in ("en", "nl"):
        assert "  " not in less_and_longer.headline.sentence(language)


def test_the_verdict_of_who_buys_less_and_leaves():
    found = fitted(np.random.default_rng(2), "less_and_not_longer")
    assert found.verdict == "less_and_not_longer"
    assert found.tone == "bad"


def test_where_nothing_differs_nothing_is_claimed():
    found = fitted(np.random.default_rng(3), "no_difference")
    assert found.verdict in ("cannot_tell", "as_much_and_not_longer")
    assert found.contrast("orders").ratio.ci_lower < 1 < found.contrast("orders").ratio.ci_upper


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "right", "least"),
    [
        ("less_and_longer", {"less_and_longer"}, 0.95),
        ("less_and_not_longer", {"less_and_not_longer"}, 0.95),
        ("no_difference", {"cannot_tell", "as_much_and_not_longer"}, 0.90),
    ],
)
def test_the_verdict_is_right_at_the_stated_rate(world, right, least):
    """100 companies each; where nothing differs, two intervals of 95% are each wrong on one side in 2.5%."""
    verdicts = [fitted(np.random.default_rng(1000 + seed), world).verdict for seed in range(100)]
    assert np.mean([v in right for v in verdicts]) >= least


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    inside = {"orders": [], "tenure": [], "difference": []}
    for seed in range(200):
        found = fitted(np.random.default_rng(5000 + seed), "less_and_longer")
        row = next(r for r in found.rows if r.group == "meaning")
        for name, truth in {"orders": 8.0, "tenure": 2.5}.items():
            told = row.measure(name)
            inside[name].append(told.ci_lower < truth < told.ci_upper)
        told = found.contrast("tenure").difference
        inside["difference"].append(told.ci_lower < 2.5 - 1.25 < told.ci_upper)
    for name, held in inside.items():
        assert 0.92 <= np.mean(held) <= 0.98, name


def test_a_ratio_s_error_is_that_of_the_bootstrap():
    rng = np.random.default_rng(0)
    base = rng.gamma(3, 1, 400)
    amount = rng.poisson(2 * base * rng.gamma(5, 0.2, 400)).astype(float)
    told = ratio_of(amount, base, 0.95)
    draws = rng.integers(0, 400, (4000, 400))
    drawn = amount[draws].sum(axis=1) / base[draws].sum(axis=1)
    np.testing.assert_allclose([told.ci_lower, told.ci_upper], np.percentile(drawn, [2.5, 97.5]), rtol=0.01)
    none = ratio_of(np.zeros(59), np.ones(59), 0.95, share=True)
    assert (none.value, none.ci_lower) == (0, 0)
    assert none.ci_upper == pytest.approx(0.05, abs=0.001)  # the rule of three


def test_groups_too_small_and_too_few_leavers_are_left_out():
    events, scores = company(np.random.default_rng(4), "no_difference", n=60)
    few = np.isin(scores["customer_id"], ["c0001", "c0003", "c0005"]) | np.array(
        [int(c[1:]) % 2 == 0 for c in scores["customer_id"]]
    )
    some = {k: np.array(v)[few] for k, v in scores.items()}
    with open_tables({"events": events}) as tables:
        found = Longer().fit(tables.add("scores", some))
        assert [row.group for row in found.rows if row.group == "meaning"] == []
        assert found.verdict == "cannot_tell"
        assert found.headline is None
        assert "loyalty_longer.not_both" in [r.code for r in found.reasons]
    stayed = {k: np.array(v)[np.array(events["kind"]) != "cancellation"] for k, v in events.items()}
    with open_tables({"events": stayed}) as tables:
        found = Longer().fit(tables.add("scores", scores))
    codes = [r.code for r in found.reasons]
    assert "loyalty_longer.nobody_left" in codes
    assert "loyalty_longer.few_left" in codes
    assert found.headline.code == "loyalty_longer.cannot_tell_how_long"
    assert all(row.measure("tenure") is None for row in found.rows)
    assert LEAST_LEFT == 10


def test_rungs_stand_beside_types():
    events, scores = company(np.random.default_rng(5), "no_difference", n=120)
    people = sorted(set(scores["customer_id"]))
    months = np.array(["2024-01-01", "2024-02-01"], "M8[D]")
    rungs = {
        "customer_id": np.repeat(people, 2), "period": np.tile(months, len(people)),
        "rung": np.repeat(np.arange(len(people)) % 2 + 1, 2), "probability": np.ones(2 * len(people)),
    }  # fmt: skip
    with open_tables({"events": events}) as tables:
        found = Longer().fit(tables.add("scores", scores).add("rungs", rungs))
        alone = lives(tables.add("rungs", rungs), "rung")
    assert [row.group for row in found.rows if row.by == "rung"] == ["", "1", "2"]
    assert "loyalty_longer.rungs_from_behaviour" in [r.code for r in found.reasons]
    stays = alone.has_left == 0
    assert (alone.years[stays] * DAYS_A_YEAR).round().tolist() == [
        (LAST - dt.date(2024, 2, 1)).days + 1
    ] * stays.sum()


def test_without_types_it_says_what_it_would_take(tmp_path):
    events, _ = company(np.random.default_rng(6), "no_difference", n=20)
    with open_tables({"events": events}) as tables:
        found = Longer().fit(tables)
        tables.save(tmp_path)
    assert [r.code for r in found.reasons] == ["loyalty_longer.no_types"]
    assert (found.rows, found.headline, found.verdict) == ((), None, "cannot_tell")
    told = CliRunner().invoke(cli, ["loyalty", "longer", str(tmp_path), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["verdict"] == "cannot_tell"


def test_wrong_options_are_refused():
    with pytest.raises(OptionError, match="alike"):
        Longer(alike=1.5)
    with pytest.raises(OptionError, match="ci_level"):
        Longer(ci_level=0)
