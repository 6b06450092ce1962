"""Referral value: who brought whom and whose money it is, against the definition written out in Python."""

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from verbond.cli.main import cli
from verbond.errors import DataError, OptionError
from verbond.loyalty import ReferralValue
from verbond.loyalty.bringing import (
    credited,
    depths,
    rank_correlation,
    rank_correlation_draws,
    without_circles,
)
from verbond.loyalty.referral import days_for
from verbond.loyalty.referral_links import links_of
from verbond.loyalty.referral_results import SEGMENTS
from verbond.tables import open_tables
from verbond.tables.reads.referrals import customer_values, referrals

START, UNTIL = dt.date(2025, 1, 1), dt.date(2026, 1, 1)
LATE_DAYS = 31
PEOPLE = [f"c{j}" for j in range(6)]
SINCE = {"c1": dt.date(2024, 6, 1), "c2": dt.date(2025, 4, 1)}

day_ = st.integers(-60, 400).map(lambda n: START + dt.timedelta(days=n))
bought_ = st.lists(
    st.tuples(st.sampled_from(PEOPLE), day_, st.sampled_from([None, -3.0, 2.0, 5.0])), min_size=1, max_size=30
)
named_ = st.lists(
    st.tuples(st.sampled_from([*PEOPLE, "fan"]), day_, st.sampled_from([*PEOPLE, None, "ghost"])), max_size=15
)


def tables_of(bought, named=(), customers=None, **more):
    n, k = len(bought), len(named)
    events = {
        "customer_id": [*(r[0] for r in bought), *(r[0] for r in named)],
        "occurred_at": np.array([*(r[1] for r in bought), *(r[1] for r in named)], "M8[s]"),
        "kind": ["purchase"] * n + ["referral"] * k,
        "amount": [*(r[2] for r in bought), *[None] * k],
        "related_customer_id": [*[None] * n, *(r[2] for r in named)],
        **{name: [*values, *[None] * k] for name, values in more.items()},
    }
    return open_tables({"events": events, **({} if customers is None else {"customers": customers})})


CUSTOMERS = {
    "customer_id": PEOPLE,
    "since": np.array([SINCE.get(one, np.datetime64("NaT")) for one in PEOPLE], "M8[D]"),
}


def who_brought_whom(bought, named):
    """Bringer of each, when they came, and what does not count."""
    first = {}
    for who, day, amount in bought:
        if amount is None or amount >= 0:
            first[who] = min(first.get(who, day), day)
    left = dict.fromkeys(("unnamed", "herself", "unknown", "never_bought", "old", "again", "circles"), 0)
    acted = {r[0] for r in bought} | {r[0] for r in named} | set(PEOPLE)
    pairs = {}
    for bringer, day, brought in named:
        if day < UNTIL:
            days, n = pairs.get((bringer, brought), (day, 0))
            pairs[bringer, brought] = (min(days, day), n + 1)
    good = []
    for (bringer, brought), (day, n) in pairs.items():
        came = min([d for d in (first.get(brought), SINCE.get(brought)) if d is not None], default=None)
        if brought is None:
            left["unnamed"] += n
        elif bringer == brought:
            left["herself"] += n
        elif brought not in acted:
            left["unknown"] += n
        elif brought not in first or first[brought] >= UNTIL:
            left["never_bought"] += n
        elif came < day - dt.timedelta(days=LATE_DAYS):
            left["old"] += n
        else:
            good.append((day, bringer, brought))
    links = {}
    for day, bringer, brought in sorted(good):
        if brought in links:
            left["again"] += 1
        else:
            links[brought] = (day, bringer)
    for one in sorted(links):
        path = [one]
        while path[-1] in links and links[path[-1]][1] not in path:
            path.append(links[path[-1]][1])
        if path[-1] in links and links[path[-1]][1] == one:  # a circle, once for each who stands in it
            del links[max(path, key=lambda who: (*links[who], who))]
            left["circles"] += 1
    came = {b: min(d for d in (first[b], SINCE.get(b)) if d is not None) for b in links}
    return {brought: bringer for brought, (_, bringer) in links.items()}, came, left


def brought_in(one, links, worth, chain):
    """What comes to somebody, and what stays."""
    comes = sum(worth[k] + chain * brought_in(k, links, worth, chain)[0] for k in links if links[k] == one)
    return comes, comes * (1 - chain if one in links else 1)


@settings(deadline=None, max_examples=15)
@given(
    bought_,
    named_,
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 0.4, 1.0]),
    st.sampled_from([0.0, 0.2]),
)
def test_values_are_those_of_the_rows(bought, named, chain, anyway, rate):
    links, came, left = who_brought_whom(bought, named)
    own = dict.fromkeys([*PEOPLE, "fan"], 0.0)
    for who, day, amount in bought:
        if START <= day < UNTIL and amount is not None and amount >= 0:
            own[who] += amount * (1 + rate) ** (-(day - START).days / 365.25)
    worth = {
        b: (1 - anyway) * own[b]
        + (7.0 * (1 + rate) ** (-(came[b] - START).days / 365.25) if START <= came[b] < UNTIL else 0.0)
        for b in links
    }
    model = ReferralValue(acquisition_cost=7.0, would_have_come=anyway, chain_share=chain, discount_rate=rate)
    tables = tables_of(bought, named, CUSTOMERS)
    values = customer_values(tables, (START, UNTIL), rate)
    read = links_of(referrals(tables, UNTIL), values, (START, UNTIL), LATE_DAYS)
    assert read.left_out == left
    ids = read.customer_ids.tolist()
    assert {ids[k]: ids[b] for k, b in enumerate(read.bringer.tolist()) if b >= 0} == links
    mine = np.zeros(len(ids))
    mine[: len(values.revenue)] = values.revenue
    assert mine == pytest.approx([own[one] for one in ids])
    direct, value = model._brought_in(read, mine, (START, UNTIL), anyway, chain)
    assert direct == pytest.approx([sum(worth[k] for k in links if links[k] == one) for one in ids])
    assert value == pytest.approx([brought_in(one, links, worth, chain)[1] for one in ids])
    # nobody's money counts twice
    assert value.sum() == pytest.approx(sum(worth.values()))
    assert direct.sum() == pytest.approx(sum(worth.values()))
    if not anyway:
        saved = sum(START <= day < UNTIL for day in came.values()) * 7.0
        assert value.sum() <= mine.sum() + saved + 1e-9


# chains


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(-1, 7), min_size=8, max_size=8), st.permutations(range(8)))
def test_circles_lose_their_last_link_and_nothing_else(above, when):
    above, when = np.array([-1 if a == j else a for j, a in enumerate(above)]), np.array(when)
    opened, n_circles = without_circles(above, when)
    circles = set()
    for one in range(8):
        path = [one]
        while above[path[-1]] >= 0 and above[path[-1]] not in path:
            path.append(int(above[path[-1]]))
        if above[path[-1]] >= 0:
            circles.add(frozenset(path[path.index(int(above[path[-1]])) :]))
    assert n_circles == len(circles)
    assert set(np.flatnonzero(opened != above).tolist()) == {max(c, key=lambda k: when[k]) for c in circles}

    def depth(one):
        return 0 if opened[one] < 0 else 1 + depth(opened[one])

    assert depths(opened).tolist() == [depth(one) for one in range(8)]


def test_a_very_long_chain_is_no_trouble():
    n = 50_000
    above = np.arange(-1, n - 1)
    assert depths(above)[-1] == n - 1
    direct, value = credited(above, np.ones(n), 0.5)
    assert direct.sum() == pytest.approx(n - 1)
    assert value.sum() == pytest.approx(n - 1)
    assert value[0] == pytest.approx(2.0)  # 1 + 1/2 + 1/4 + ...
    assert (
        without_circles(np.append(above[1:], 0), np.arange(n))[1] == n - 1
    )  # nearly everybody above themselves


# ranks


@pytest.mark.parametrize("n_zeros", [0, 150], ids=["no ties", "most of them nothing"])
def test_the_rank_correlation_is_scipys(n_zeros):
    rng = np.random.default_rng(4)
    x, y = np.round(rng.gamma(1, 50, 200)), rng.gamma(1, 20, 200)
    y[:n_zeros] = 0
    assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)
    weights = rng.integers(0, 4, 200)
    truth = spearmanr(np.repeat(x, weights), np.repeat(y, weights)).statistic
    assert rank_correlation(x, y, weights) == pytest.approx(truth)
    assert np.isnan(rank_correlation(x, np.zeros(200)))


def pairs(rng, n):
    """Purchases and referrals that go together a little; four in five bring nothing."""
    z = rng.standard_normal((3, n))
    return np.exp(z[0]), np.where(rng.random(n) < 0.2, np.exp(0.4 * z[0] + z[1]), 0.0)


@pytest.mark.slow
def test_intervals_of_the_rank_correlation_cover_the_truth(monkeypatch):
    """Spearman's correlation of two million is the truth; drawn anew among half of the customers, too."""
    rng, covered = np.random.default_rng(5), []
    truth = rank_correlation(*pairs(rng, 2_000_000))
    for _ in range(300):
        x, y = pairs(rng, 400)
        row = []
        for most in (1000, 200):
            monkeypatch.setattr("verbond.loyalty.bringing.MOST_REDRAWN", most)
            _, low, high = rank_correlation_draws(x, y, 300, 0.95, rng)
            row.append(low <= truth <= high)
        covered.append(row)
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) <= 0.035), np.mean(covered, axis=0)


# the whole


def shop(n=600, seed=0):
    """Customers who bring somebody in one case of four, whatever they buy; groups by region."""
    rng, bought, named = np.random.default_rng(seed), [], []
    for i in range(n):
        bought += [
            (f"c{i:04d}", START + dt.timedelta(days=int(d)), float(a))
            for d, a in zip(rng.integers(40, 365, 2), rng.gamma(2, 20, 2), strict=True)
        ]
        for j in range(rng.binomial(2, 0.15)):
            day = START + dt.timedelta(days=int(rng.integers(40, 300)))
            bought.append((f"n{i:04d}{j}", day, float(rng.gamma(2, 30))))
            named.append((f"c{i:04d}", day, f"n{i:04d}{j}"))
    return bought, named


@pytest.fixture(scope="module")
def shop_rows():
    return shop()


@pytest.fixture(scope="module")
def shop_tables(shop_rows):
    ids = sorted({r[0] for r in shop_rows[0]})
    region = ["few" if one < "c0012" else "north" if int(one[1:5]) % 2 else "south" for one in ids]
    return tables_of(*shop_rows, {"customer_id": ids, "region": region})


@pytest.fixture(scope="module")
def result(shop_tables):
    return ReferralValue((START, UNTIL), by=("region",)).fit(shop_tables)


def test_segments_are_counted_by_hand(result, shop_rows):
    bought, named = shop_rows
    buys, brings, bringer = {}, {}, {b: a for a, _, b in named}
    for who, _, amount in bought:
        buys[who] = buys.get(who, 0.0) + amount
        if who in bringer:
            brings[bringer[who]] = brings.get(bringer[who], 0.0) + amount
    cut, other = np.median(list(buys.values())), np.median(list(brings.values()))
    assert result.thresholds == pytest.approx((cut, other))
    members = {name: [] for name in SEGMENTS}
    for who, own in buys.items():
        members[SEGMENTS[2 * (own < cut) + (brings.get(who, 0.0) < other)]].append(who)
    for row in result.segments:
        mine = members[row.segment]
        assert row.n_customers == len(mine)
        assert row.share.value == pytest.approx(len(mine) / len(buys))
        assert row.purchase_value.value == pytest.approx(np.mean([buys[one] for one in mine]))
        assert row.referral_value.value == pytest.approx(np.mean([brings.get(one, 0.0) for one in mine]))
        part = sum(brings.get(one, 0.0) for one in mine) / sum(brings.values())
        assert row.share_of_referrals.value == pytest.approx(part)
        for estimate in (row.share, row.purchase_value, row.referral_value, row.share_of_purchases):
            assert estimate.ci_lower <= estimate.value <= estimate.ci_upper
    assert sum(row.share_of_purchases.value for row in result.segments) == pytest.approx(1)
    assert result.purchase_value.value == pytest.approx(sum(buys.values()))
    assert result.referral_value.value == pytest.approx(sum(brings.values()))
    assert (result.n_customers, result.n_brought) == (len(buys), len(named))
    assert result.n_bringers == len(brings)


def test_the_published_finding_is_tested_on_the_data(result):
    x, y = (result.customers[name] for name in ("purchase_value", "referral_value"))
    finding = result.finding
    assert finding.correlation.value == pytest.approx(spearmanr(x, y).statistic)
    order = np.argsort(-x, kind="stable")[: int(np.ceil(0.1 * len(x)))]
    best = np.argsort(-y, kind="stable")[: int(np.ceil(0.1 * len(x)))]
    assert (finding.n_best, finding.overlap.n_obs) == (len(best), len(best))
    assert finding.overlap.value == pytest.approx(len(set(order) & set(best)) / len(best))
    assert finding.overlap_by_chance == pytest.approx(len(order) / len(x))
    assert result.headline.code == "loyalty_referral.headline_others"
    assert result.headline.values["share"] == pytest.approx(1 - finding.overlap.value)
    assert "%" in result.headline.sentence("nl")


def test_where_buying_and_bringing_are_one_the_same_people_are_found():
    """Everybody brings two who buy the more the more they buy themselves: both orders are one."""
    rng, bought, named = np.random.default_rng(1), [], []
    for i, money in enumerate(rng.gamma(2, 50, 200)):
        day = START + dt.timedelta(days=50)
        bought += [(f"c{i}", day, 100 + money), (f"n{i}", day, 1.0), (f"m{i}", day, money / 4)]
        named += [(f"c{i}", day, f"n{i}"), (f"c{i}", day, f"m{i}")]
    found = ReferralValue((START, UNTIL), n_draws=200).fit(tables_of(bought, named))
    assert found.headline.code == "loyalty_referral.headline_same"
    assert found.finding.correlation_of_bringers.value == pytest.approx(1)
    assert found.finding.overlap.value == 1.0


def test_known_shares_are_within_the_intervals():
    """Whoever buys brings somebody of much worth with 12%, of little with 12%, whatever they buy."""
    rng, bought, named = np.random.default_rng(2), [], []
    day = START + dt.timedelta(days=50)
    kinds = rng.random(3000)
    for i, kind in enumerate(kinds):
        bought.append((f"c{i}", day, 100.0 if rng.random() < 0.5 else 10.0))
        if kind < 0.24:
            bought.append((f"n{i}", day, 200.0 if kind < 0.12 else 5.0))
            named.append((f"c{i}", day, f"n{i}"))
    model = ReferralValue((START, UNTIL), purchase_threshold=50.0, referral_threshold=50.0)
    found = model.fit(tables_of(bought, named))
    # of 1.24 people each: half and 0.12 new ones buy much, 0.12 bring much
    truth = {"champions": 0.06, "affluents": 0.44 + 0.12, "advocates": 0.06, "misers": 0.44 + 0.12}
    for row in found.segments:
        assert row.share.ci_lower < truth[row.segment] / 1.24 < row.share.ci_upper


def test_guesses_move_the_money_and_thresholds_the_people(shop_tables, result):
    plain = result.scenarios
    assert [s.would_have_come for s in plain] == [0.0, 0.25, 0.5, 0.75]  # nobody was brought by the brought
    assert plain[2].referral_value.value == pytest.approx(plain[0].referral_value.value / 2)
    assert [s.moved for s in plain] == [0.0] * 4  # medians move along
    fixed = ReferralValue((START, UNTIL), referral_threshold=60.0, n_draws=100).fit(shop_tables)
    assert fixed.scenarios[0].moved == 0
    assert [s.moved for s in fixed.scenarios] == sorted(s.moved for s in fixed.scenarios)
    assert fixed.scenarios[3].moved > 0.03
    assert all(k % 5 == 0 for s in fixed.scenarios for k in s.n_customers.values())


def test_chains_are_shared_out_and_add_up():
    bought, named, day = [], [], START + dt.timedelta(days=50)
    for i in range(20):
        bought += [(f"{c}{i}", day, 10.0 * (i + 1)) for c in "abc"]
        named += [(f"a{i}", day, f"b{i}"), (f"b{i}", day, f"c{i}")]
    tables = tables_of(bought, named)
    direct, shared = (
        ReferralValue((START, UNTIL), chain_share=c, n_draws=100).fit(tables) for c in (0.0, 0.5)
    )
    assert direct.n_brought_on == 20
    assert direct.referral_value.value == pytest.approx(shared.referral_value.value)
    one, two = (
        dict(zip(r.customers["customer_id"], r.customers["referral_value"], strict=True))
        for r in (direct, shared)
    )
    assert (one["a0"], one["b0"], one["c0"]) == (10.0, 10.0, 0.0)
    assert (two["a0"], two["b0"], two["c0"]) == (15.0, 5.0, 0.0)
    assert [(s.would_have_come, s.chain_share) for s in direct.scenarios][-1] == (0.0, 0.5)
    assert direct.scenarios[-1].n_customers == shared.scenarios[0].n_customers


def test_small_groups_and_single_people_stay_hidden(result):
    assert {g.group for g in result.groups} == {"south"}  # "few" is small, and north goes with it
    assert "loyalty_referral.hidden_groups" in [r.code for r in result.reasons]
    assert all(cell.n_customers >= 5 and cell.n_customers % 5 == 0 for cell in result.cells)
    assert "customers" not in result.to_dict()
    assert sum(g.share.value for g in result.groups) == pytest.approx(1)


def test_a_segment_of_three_is_hidden_with_the_one_that_would_give_it_away():
    bought, named, day = [], [], START + dt.timedelta(days=50)
    for i in range(40):
        bought.append((f"c{i}", day, 100.0 if i < 20 else 10.0))
        if i in (0, 1, 2) or 20 <= i < 30:
            bought.append((f"n{i}", day, 50.0))
            named.append((f"c{i}", day, f"n{i}"))
    found = ReferralValue((START, UNTIL), purchase_threshold=60.0, n_draws=100).fit(tables_of(bought, named))
    rows = {row.segment: row for row in found.segments}
    assert [name for name, row in rows.items() if row.n_customers == 0] == ["champions", "advocates"]
    assert rows["champions"].share.reason.code == "loyalty_referral.too_small_group"
    assert rows["affluents"].n_customers == 17
    assert "loyalty_referral.hidden_segments" in [r.code for r in found.reasons]


# what the data cannot say


def codes(tables, **options):
    found = ReferralValue((START, UNTIL), n_draws=100, **options).fit(tables)
    assert found.segments == ()
    assert found.headline is None
    return [r.code.removeprefix("loyalty_referral.") for r in found.reasons]


def test_data_that_cannot_answer_give_a_reason(shop_rows):
    bought, named = shop_rows
    assert codes(tables_of(bought)) == ["none_recorded"]
    assert codes(tables_of(bought, [(*r[:2], None) for r in named])) == ["nobody_named"]
    assert codes(tables_of([(*r[:2], None) for r in bought], named)) == ["no_worth"]
    assert codes(tables_of(bought, named[:4]))[0] == "few_bringers"
    assert codes(tables_of(bought, named), would_have_come=1.0)[0] == "all_anyway"
    nothing_bought = [(*r[:2], 0.0 if r[0].startswith("n") else r[2]) for r in bought]
    assert codes(tables_of(nothing_bought, named))[0] == "no_value"
    late = dt.date(2030, 1, 1), dt.date(2031, 1, 1)
    assert ReferralValue(late).fit(tables_of(bought, named)).reasons[0].code.endswith("no_purchases")
    empty = ReferralValue().fit(open_tables({"customers": {"customer_id": ["a"]}}))
    assert [r.code for r in empty.reasons] == ["loyalty_referral.none_recorded"]


def test_margin_counts_where_it_is_recorded(shop_rows):
    bought, named = shop_rows
    half = [r[2] / 2 for r in bought]
    found = ReferralValue((START, UNTIL), n_draws=100).fit(tables_of(bought, named, margin=half))
    assert found.worth == "margin"
    assert found.purchase_value.value == pytest.approx(sum(half))
    some = [m if j % 2 else None for j, m in enumerate(half)]
    for worth, code in ((None, "revenue_for_margin"), ("margin", "some_without_margin")):
        found = ReferralValue((START, UNTIL), worth=worth, n_draws=100).fit(
            tables_of(bought, named, margin=some)
        )
        assert f"loyalty_referral.{code}" in [r.code for r in found.reasons]
    with pytest.raises(DataError, match="more than one currency"):
        ReferralValue((START, UNTIL)).fit(
            tables_of(bought, named, currency=["EUR", "USD", *["EUR"] * (len(bought) - 2)])
        )


@pytest.mark.parametrize(
    "options",
    [
        {"worth": "fame"}, {"would_have_come": 1.2}, {"chain_share": -0.1}, {"acquisition_cost": -1.0},
        {"referral_threshold": 0.0}, {"n_draws": 3}, {"ci_level": 1.0}, {"days": (UNTIL, START)},
    ],
    ids=lambda o: next(iter(o)),
)  # fmt: skip
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError):
        ReferralValue(**options)


def test_the_days_are_the_last_twelve_complete_months():
    rows = [("a", START + dt.timedelta(days=d), 1.0) for d in range(0, 500, 3)]
    assert days_for(tables_of(rows)) == (dt.date(2025, 5, 1), dt.date(2026, 5, 1))
    assert days_for(tables_of(rows[4:8])) == (dt.date(2025, 1, 13), dt.date(2025, 1, 23))


def test_the_command_says_what_the_call_gives(tmp_path, shop_tables):
    shop_tables.save(tmp_path)
    call = ["loyalty", "referrals", str(tmp_path), "--from", "2025-01-01", "--to", "2025-12-31", "--json"]
    done = CliRunner().invoke(cli, [*call, "--would-have-come", "0.5"], catch_exceptions=False)
    truth = ReferralValue((START, UNTIL), would_have_come=0.5).fit(open_tables(tmp_path)).to_dict()
    found = json.loads(done.stdout)
    for name in ("segments", "finding", "headline", "scenarios", "tone"):
        assert found[name] == truth[name]
    assert found["headline"]["sentence"] in done.stderr
    one = CliRunner().invoke(cli, [*call[:5], "--json"])
    assert isinstance(one.exception, OptionError)


def test_who_ties_for_the_last_places_shares_them():
    """Nine in ten buy exactly the same, so that the tenth who buy most are picked out of them by nothing."""
    bought, named, day = [], [], START + dt.timedelta(days=50)
    for i in range(100):
        bought.append((f"c{i:02d}", day, 100.0 if i < 5 else 10.0))
        if i < 2 or 50 <= i < 58:
            bought.append((f"n{i}", day, 10.0))
            named.append((f"c{i:02d}", day, f"n{i}"))
    found = ReferralValue((START, UNTIL), n_draws=100).fit(tables_of(bought, named)).finding
    # of 110 people 11 places: five are taken, six are shared by 105
    assert found.overlap.value == pytest.approx((2 + 8 * 6 / 105) / 10)
    assert found.overlap_by_chance == 0.1
