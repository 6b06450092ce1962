"""Who was won by what: held to counting by hand, to known parameters, and to what may be shown."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from verbond.cli.main import cli
from verbond.effects import Winning, WinningResult
from verbond.effects.winning.grouping import groups_of
from verbond.effects.winning.kernel import cost_interval, mean_of, ratio_of
from verbond.errors import DataError, NotFoundError, OptionError
from verbond.reports.effects.winning import section
from verbond.results.groups import MIN_GROUP
from verbond.tables import Tables
from verbond.tables.reads.winning import KnownAction

SAME = 1e-9
"""Two ways to the same sums."""
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
HORIZONS = {3: 91, 6: 183, 12: 365}
ACTIONS = {
    "spring": ("discount", "win", 900.0),
    "letter": ("campaign", "win", 400.0),
    "club": ("campaign", "keep", 300.0),
}


def random_company(seed: int, n: int = 260) -> dict[str, dict[str, list]]:
    """Everything at random: who is old, who is named, reached, buys on discount, cancels."""
    rng = np.random.default_rng(seed)
    days = (LAST - FIRST).days
    tables: dict[str, dict[str, list]] = {
        "customers": defaultdict(list), "events": defaultdict(list), "exposures": defaultdict(list),
        "rungs": defaultdict(list),
    }  # fmt: skip

    def event(who: str, day: int, kind: str, **more: object) -> None:
        row = {"customer_id": who, "occurred_at": FIRST + dt.timedelta(days=day), "kind": kind}
        row |= {"amount": None, "margin": None, "discount": None, "related_customer_id": None} | more
        for name, value in row.items():
            tables["events"][name].append(value)

    event("somebody", 0, "visit")
    event("somebody", days, "visit")
    for i in range(n):
        who = f"c{i:03d}"
        since = rng.choice(
            [None, FIRST - dt.timedelta(days=40), FIRST + dt.timedelta(days=int(rng.integers(0, 600)))]
        )
        tables["customers"]["customer_id"].append(who)
        tables["customers"]["since"].append(since)
        tables["customers"]["door"].append(str(rng.choice(["shop", "web"])))
        start = (since - FIRST).days if since is not None else 0
        bought = sorted({max(start, 0) + int(d) for d in rng.integers(0, 500, rng.integers(0, 7))})
        for day in (d for d in bought if d <= days):
            for _ in range(rng.integers(1, 3)):
                amount = float(rng.integers(100, 9000)) / 100
                event(
                    who, day, "purchase", amount=amount, margin=round(amount * 0.3, 2),
                    discount=float(rng.choice([0.0, 0.0, 2.5])),
                )  # fmt: skip
        for action in ACTIONS:
            if rng.random() < 0.4:
                near = (bought[0] if bought else 0) - int(rng.integers(-5, 40))
                tables["exposures"]["customer_id"].append(who)
                tables["exposures"]["action_id"].append(action)
                tables["exposures"]["occurred_at"].append(FIRST + dt.timedelta(days=max(near, 0)))
        if bought and rng.random() < 0.2:
            day = min(max(bought[0] + int(rng.integers(-40, 60)), 0), days)
            event(f"c{(i + 1) % n:03d}", day, "referral", related_customer_id=who)
        if rng.random() < 0.5:
            event(who, int(rng.integers(0, days)), "cancellation")
        for month in range(24):
            share = float(rng.random())
            for rung, probability in ((1, share), (3, 1 - share)):
                tables["rungs"]["customer_id"].append(who)
                tables["rungs"]["period"].append(dt.date(2024 + month // 12, month % 12 + 1, 1))
                tables["rungs"]["rung"].append(rung)
                tables["rungs"]["probability"].append(probability)
    tables["actions"] = {
        "action_id": list(ACTIONS), "kind": [a[0] for a in ACTIONS.values()],
        "aim": [a[1] for a in ACTIONS.values()], "cost": [a[2] for a in ACTIONS.values()],
        "starts_on": [FIRST] * 3,
    }  # fmt: skip
    return tables


def typed(made: dict[str, dict[str, list]]) -> dict[str, dict[str, object]]:
    """Lists as the arrays that tables are made of."""
    kinds = {
        "since": "M8[D]", "occurred_at": "M8[s]", "period": "M8[D]", "starts_on": "M8[D]", "amount": float,
        "margin": float, "discount": float, "cost": float, "probability": float, "rung": int,
    }  # fmt: skip
    return {
        table: {c: np.array(values, dtype=kinds.get(c, object)) for c, values in columns.items()}
        for table, columns in made.items()
    }


def by_hand(made: dict[str, dict[str, list]], days: int) -> dict[str, tuple[dt.date, tuple[str, str]]]:
    """When and by what each customer was won, by looking at each of them in turn."""
    rows = [dict(zip(made["events"], row, strict=True)) for row in zip(*made["events"].values(), strict=True)]
    shown = list(zip(*made["exposures"].values(), strict=True))
    won = {}
    for who, since in zip(made["customers"]["customer_id"], made["customers"]["since"], strict=True):
        mine = [r for r in rows if r["customer_id"] == who and r["kind"] == "purchase"]
        if not mine:
            continue
        first = min(r["occurred_at"] for r in mine)
        told = since is not None and since <= first
        new = since >= FIRST if told else (first - FIRST).days >= 90
        if not new:
            continue
        named = any(
            r["kind"] == "referral" and r["related_customer_id"] == who and r["customer_id"] != who
            and (r["occurred_at"] - first).days <= days
            for r in rows
        )  # fmt: skip
        touches = [
            (-(first - at).days, ACTIONS[action][1] == "win", action)
            for one, action, at in shown
            if one == who and 0 <= (first - at).days <= days
            and (ACTIONS[action][1] == "win" or ACTIONS[action][0] == "discount")
        ]  # fmt: skip
        if named:
            won[who] = (first, ("referral", ""))
        elif touches:
            last = max(t[:2] for t in touches)
            won[who] = (first, ("action", min(t[2] for t in touches if t[:2] == last)))
        elif any(r["discount"] > 0 for r in mine if r["occurred_at"] == first):
            won[who] = (first, ("discount", ""))
        else:
            won[who] = (first, ("none", ""))
    return won


@pytest.fixture(scope="module", params=[1, 2])
def made(request: pytest.FixtureRequest) -> dict[str, dict[str, list]]:
    return random_company(request.param)


@pytest.fixture(scope="module")
def found(made: dict[str, dict[str, list]]) -> WinningResult:
    with Tables.from_columns(typed(made)) as tables:
        return Winning().fit(tables)


def test_who_was_won_by_what_is_what_one_counts_by_hand(
    made: dict[str, dict[str, list]], found: WinningResult
) -> None:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for _, cell in by_hand(made, 30).values():
        counts[cell] += 1
    shown = {(one.route, one.name): one.n_won for one in found.won if one.route not in ("everybody", "kind")}
    assert shown == counts
    assert found.n_won == sum(counts.values())
    assert min(counts.values()) >= MIN_GROUP


def test_what_followed_is_what_one_counts_by_hand(
    made: dict[str, dict[str, list]], found: WinningResult
) -> None:
    won = by_hand(made, 30)
    rows = [dict(zip(made["events"], row, strict=True)) for row in zip(*made["events"].values(), strict=True)]
    for one in found.won:
        mine = {
            who: day for who, (day, cell) in won.items()
            if one.route == "everybody" or cell == (one.route, one.name)
            or (one.route == "kind" and cell[0] == "action" and ACTIONS[cell[1]][0] == one.name)
        }  # fmt: skip
        assert len(mine) == one.n_won
        for after in one.after:
            horizon = HORIZONS[after.months]
            followed = {who: day for who, day in mine.items() if (LAST - day).days >= horizon}
            spent = dict.fromkeys(followed, 0.0)
            later, cut = dict.fromkeys(followed, 0), dict.fromkeys(followed, 0)
            for r in rows:
                who = r["customer_id"]
                if r["kind"] == "purchase" and who in followed:
                    gone = (r["occurred_at"] - followed[who]).days
                    if 0 <= gone < horizon:
                        spent[who] += r["amount"]
                        later[who] += gone > 0
                        cut[who] += gone > 0 and r["discount"] > 0
            assert after.n_followed == len(followed)
            if len(followed) < MIN_GROUP:
                assert after.revenue.value is None
                continue
            sums = np.array(list(spent.values()))
            low, high = stats.t.interval(0.95, len(sums) - 1, sums.mean(), stats.sem(sums))
            assert after.revenue.value == pytest.approx(sums.mean(), rel=SAME)
            assert (after.revenue.ci_lower, after.revenue.ci_upper) == pytest.approx((low, high), rel=1e-7)
            assert after.bought_again.value == pytest.approx(np.mean([v > 0 for v in later.values()]))
            if after.on_discount.value is not None:
                assert after.on_discount.value == pytest.approx(sum(cut.values()) / sum(later.values()))


def test_who_is_still_there_is_the_product_limit(
    made: dict[str, dict[str, list]], found: WinningResult
) -> None:
    left: dict[str, dt.date] = {}
    won = by_hand(made, 30)
    for who, at, kind in zip(
        *(made["events"][c] for c in ("customer_id", "occurred_at", "kind")), strict=True
    ):
        if kind == "cancellation" and who in won and at >= won[who][0]:
            left[who] = min(at, left.get(who, LAST))
    stay = [((left.get(who, LAST) - day).days + 1, who in left) for who, (day, _) in won.items()]
    survival, expected = 1.0, {}
    for day in range(1, 366):
        at_risk = sum(n >= day for n, _ in stay)
        survival *= 1 - sum(n == day and gone for n, gone in stay) / at_risk
        expected[day] = survival
    for after in found.won[0].after:
        assert after.still_there.value == pytest.approx(expected[HORIZONS[after.months]], rel=SAME)


def test_the_rung_is_that_of_the_month_at_the_end_of_the_time(
    made: dict[str, dict[str, list]], found: WinningResult
) -> None:
    means, squares = defaultdict(float), defaultdict(float)
    for who, period, rung, p in zip(*made["rungs"].values(), strict=True):
        means[who, period] += rung * p
        squares[who, period] += rung**2 * p
    ends = {
        who: (day + dt.timedelta(days=365)).replace(day=1)
        for who, (day, _) in by_hand(made, 30).items()
        if (LAST - day).days >= 365
    }
    there = [(means[key], squares[key]) for key in ends.items()]
    rung = found.won[0].at(12).rung  # type: ignore[union-attr]
    mean = np.mean([m for m, _ in there])
    assert rung.value == pytest.approx(mean, rel=SAME)
    assert rung.n_obs == len(there)
    # as wide as if each customer's rung were drawn from her probabilities
    spread = np.sqrt(np.mean([s for _, s in there]) - mean**2)
    half = stats.t.ppf(0.975, len(there) - 1) * spread / np.sqrt(len(there) - 1)
    assert rung.ci_upper == pytest.approx(mean + half, rel=1e-7)


def test_costs_budgets_and_what_is_left(found: WinningResult) -> None:
    letter, campaign = found.of("action", "letter"), found.of("kind", "campaign")
    assert letter is not None
    assert campaign is not None
    assert (letter.cost, campaign.cost) == (400.0, 400.0)  # the club is meant to keep and won nobody
    assert letter.cost_per_customer.value == pytest.approx(400 / letter.n_won)
    year = letter.at(12)
    assert year is not None
    assert year.margin_less_cost.value == pytest.approx(year.margin.value - 400 / letter.n_won)
    assert {part.aim: part.cost for part in found.budget} == {"win": 1300.0, "keep": 300.0}
    assert found.of("everybody").cost is None  # type: ignore[union-attr]
    assert found.contrast is not None
    assert found.contrast.n_discount + found.contrast.n_without == found.n_won


def test_an_attribute_takes_the_place_of_what_is_worked_out(made: dict[str, dict[str, list]]) -> None:
    with Tables.from_columns(typed(made)) as tables:
        result = Winning(by="door").fit(tables)
        with pytest.raises(NotFoundError, match="no attribute 'shoe'"):
            Winning(by="shoe").fit(tables)
    assert [(one.route, one.name) for one in result.won] == [
        ("everybody", ""), ("label", "shop"), ("label", "web"),
    ]  # fmt: skip
    assert result.contrast is None


def test_whose_door_is_not_known_came_in_no_known_way(made: dict[str, dict[str, list]]) -> None:
    some = typed(made)
    doors = some["customers"]["door"]
    some["customers"]["door"] = np.where(doors == "shop", None, doors)  # type: ignore[call-overload]
    with Tables.from_columns(some) as tables:
        result = Winning(by="door").fit(tables)
        with pytest.raises(OptionError, match="too many values"):
            Winning(by="customer_number").fit(
                tables.add(
                    "customers", some["customers"] | {"customer_number": some["customers"]["customer_id"]}
                )
            )
    assert [(one.route, one.name) for one in result.won[1:]] == [("label", "web"), ("none", "")]


def test_means_and_shares_are_those_of_scipy_and_of_the_textbook() -> None:
    rng = np.random.default_rng(4)
    values, n = rng.gamma(2, 10, 50), rng.integers(1, 9, 50).astype(float)
    low, high = stats.t.interval(0.9, 49, values.mean(), stats.sem(values))
    told = mean_of(50, values.sum(), (values**2).sum(), 0.9)
    assert told == pytest.approx((values.mean(), low, high), rel=SAME)
    k = rng.binomial(n.astype(int), 0.3).astype(float)
    share = k.sum() / n.sum()
    error = np.sqrt(50 / 49 * ((k - share * n) ** 2).sum()) / n.sum()  # Cochran (1977), 6.3
    half = stats.t.ppf(0.975, 49) * error / (share * (1 - share))
    low, high = (1 / (1 + np.exp(-(np.log(share / (1 - share)) + s * half))) for s in (-1, 1))
    assert ratio_of(50, n.sum(), k.sum(), n @ n, n @ k, k @ k, 0.95) == pytest.approx((share, low, high))
    assert ratio_of(50, n.sum(), 0.0, n @ n, 0.0, 0.0, 0.95)[:2] == (0.0, 0.0)


@pytest.mark.parametrize(
    ("n", "fewest", "most"),
    [(1, 0.025, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (30, 20.241, 42.827)],
)
def test_how_many_come_by_chance_is_garwoods_table(n: int, fewest: float, most: float) -> None:
    """Exact 95% limits of a Poisson count, as printed in tables after Garwood (1936)."""
    value, low, high = cost_interval(1000.0, n, 0.95)
    assert value == 1000 / n
    assert (1000 / high, 1000 / low) == pytest.approx((fewest, most), abs=0.0006)


CELLS = st.dictionaries(
    st.one_of(
        st.sampled_from([("referral", ""), ("discount", ""), ("none", "")]),
        st.tuples(st.just("action"), st.sampled_from([f"a{i}" for i in range(6)])),
    ),
    st.integers(1, 12),
    min_size=1,
)  # fmt: skip


@settings(deadline=None)
@given(CELLS)
def test_no_group_and_no_rest_of_groups_is_of_fewer_than_five(sizes: dict[tuple[str, str], int]) -> None:
    actions = {
        f"a{i}": KnownAction(f"a{i}", f"a{i}", f"kind{i % 2}", "win", 1.0, None, None) for i in range(6)
    }
    groups = groups_of(sizes, actions)
    if not groups:
        return
    everybody, *rest = (group.cells for group in groups)
    assert all(cells <= everybody for cells in rest)

    def size(cells: frozenset) -> int:
        return sum(sizes[cell] for cell in cells)

    # what is left of one after taking away others that lie inside it: nobody, or five at least
    for whole in (everybody, *rest):
        inside = [cells for cells in rest if cells < whole]
        atoms = [c for c in inside if not any(other < c for other in inside)]
        left = whole - frozenset().union(*atoms) if atoms else whole
        assert size(left) == 0 or size(left) >= MIN_GROUP
        assert all(size(c) >= MIN_GROUP for c in (whole, *inside))


def test_data_that_cannot_answer_give_a_reason() -> None:
    old = {
        "events": {
            "customer_id": [f"c{i}" for i in range(9)], "kind": ["purchase"] * 9,
            "occurred_at": np.array(["2024-01-02"] * 9, "M8[s]"),
        }
    }  # fmt: skip
    for made in ({"customers": {"customer_id": ["a"]}}, old):
        with Tables.from_columns(made) as tables:
            result = Winning().fit(tables)
        assert [reason.code for reason in result.reasons] == ["effects_winning.nobody"]
        assert (result.won, result.headline, result.to_dicts()) == ((), None, [])
        assert section(result, "nl").empty
    for wrong in ({"days": 0}, {"months": ()}, {"months": (6, 3)}, {"ci_level": 1.0}):
        with pytest.raises(OptionError):
            Winning(**wrong)


def test_two_currencies_are_refused(made: dict[str, dict[str, list]]) -> None:
    mixed = typed(made)
    n = len(mixed["events"]["kind"])
    mixed["events"]["currency"] = np.array(["EUR", "USD"] * n, dtype=object)[:n]
    with Tables.from_columns(mixed) as tables, pytest.raises(DataError, match="more than one currency"):
        Winning().fit(tables)


def test_the_section_says_it_in_both_languages(found: WinningResult) -> None:
    for language in ("en", "nl"):
        told = section(found, language)  # type: ignore[arg-type]
        assert told.said[0].text == found.headline.sentence(language)  # type: ignore[union-attr,arg-type]
        assert [table.name for table in told.tables] == ["winning_money", "winning_staying", "winning_budget"]
        assert len(told.pictures) == 2
        assert all(row["way"] for table in told.tables[:2] for row in table.rows)


def test_the_command_gives_rows_and_sentences(made: dict[str, dict[str, list]], tmp_path: Path) -> None:
    with Tables.from_columns(typed(made)) as tables:
        tables.save(tmp_path)
    asked = ["effects", "winning", str(tmp_path), "--months", "12", "--json", "--language", "nl"]
    told = CliRunner().invoke(cli, asked)
    assert told.exit_code == 0, told.output
    assert {one["route"] for one in json.loads(told.stdout)["won"]} >= {"everybody", "referral", "none"}
    assert "voor het eerst kochten" in told.stderr
    wrong = CliRunner().invoke(cli, ["effects", "winning", str(tmp_path), "--months", "a year"])
    assert wrong.exit_code == 2


def test_a_silence_after_the_last_cancellation_is_no_proof_of_staying() -> None:
    """A hundred customers leave after 20 days each; for a year after that nobody records it any more."""
    n = 400
    begins = np.datetime64("2024-04-15") + np.arange(n)
    names = np.array([f"c{i:03d}" for i in range(n)], dtype=object)
    gone = np.arange(0, 200, 2)
    with Tables.from_columns(
        {
            "customers": {"customer_id": names, "since": begins},
            "events": {
                "customer_id": np.concatenate([names, names[gone], names[:1], names[:1]]),
                "kind": ["purchase"] * n + ["cancellation"] * len(gone) + ["visit"] * 2,
                "occurred_at": np.concatenate(
                    [begins, begins[gone] + 20, np.array(["2024-04-01", "2025-12-31"], "M8[D]")]
                ).astype("M8[s]"),
            },
        }
    ) as tables:
        everybody = Winning(months=(3,)).fit(tables).won[0].at(3)
    assert everybody is not None
    # of those seen while it was recorded one in two has left; over all days it would look like one in four
    assert everybody.still_there.value == pytest.approx(0.5, abs=0.03)


def test_an_action_that_began_before_the_data_has_no_known_cost(made: dict[str, dict[str, list]]) -> None:
    earlier = typed(made)
    earlier["actions"]["starts_on"] = np.array(["2023-11-01", "2024-01-01", "2024-01-01"], "M8[D]")
    with Tables.from_columns(earlier) as tables:
        spring = Winning(months=(3,)).fit(tables).of("action", "spring")
    assert spring is not None
    assert (spring.cost, spring.cost_per_customer.value) == (None, None)
    assert spring.cost_per_customer.reason.code == "effects_winning.no_cost"  # type: ignore[union-attr]


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Half are won with a discount; who was leaves at 0.003 a day and pays 20 a time, others 0.001 and 26."""
    runs, hits = 200, np.zeros(3)
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        n, last = 240, 900
        cheap = np.arange(n) % 2 == 0
        start = rng.integers(1, 400, n)
        stays = rng.exponential(1 / np.where(cheap, 0.003, 0.001)).astype(int)
        times = rng.poisson(4, n)  # later purchases in the year, whoever leaves
        who = np.repeat(np.arange(n), times)
        days = np.concatenate([start, start[who] + rng.integers(1, 365, len(who))])
        buyer = np.concatenate([np.arange(n), who])
        gone = np.flatnonzero(start + stays < last)
        names = np.array([f"c{i:03d}" for i in range(n)], dtype=object)
        amount = np.where(cheap[buyer], 20, 26) * rng.gamma(2, 0.5, len(buyer))
        with Tables.from_columns(
            {
                "customers": {"customer_id": names, "since": np.datetime64("2024-01-01") + start},
                "events": {
                    "customer_id": np.concatenate([names[buyer], names[gone], names[:2]]),
                    "kind": ["purchase"] * len(buyer) + ["cancellation"] * len(gone) + ["visit"] * 2,
                    "amount": np.concatenate([amount, np.full(len(gone) + 2, np.nan)]),
                    "discount": np.concatenate(
                        [(np.arange(len(buyer)) < n) * cheap[buyer], np.zeros(len(gone) + 2)]
                    ),
                    "occurred_at": np.datetime64("2024-01-01", "s")
                    + np.concatenate([days, (start + stays)[gone], [0, last]]) * np.timedelta64(86_400, "s"),
                },
            }
        ) as tables:
            contrast = Winning(months=(12,)).fit(tables).contrast
        assert contrast is not None
        staying = (np.exp(-0.003) ** 365, np.exp(-0.001) ** 365)
        for j, (told, truth) in enumerate(
            (
                (contrast.discount.still_there, staying[0]),
                (contrast.difference["still_there"], staying[0] - staying[1]),
                (contrast.difference["revenue"], 5 * (20 - 26)),
            )
        ):
            hits[j] += told.ci_lower < truth < told.ci_upper
    assert ((hits / runs > 0.91) & (hits / runs < 0.99)).all()  # 95%, give or take 2.6 standard errors
