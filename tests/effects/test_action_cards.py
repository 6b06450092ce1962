"""Action cards, held to companies of which it is known what each action did."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import VERDICTS, ActionCards, PastAction
from verbond.effects.cards.reading import OUTCOMES
from verbond.effects.cards.results import SALES
from verbond.effects.cards.telling import headline_of
from verbond.errors import NotFoundError, OptionError
from verbond.tables import Tables, open_tables
from verbond.tables.reads.actions import action_list

N, N_MONTHS, START = 3_000, 26, 12
RATE, MORE, COMPLAINS = 0.3, 0.25, 0.05
"""Days with a purchase a month; more in the month of the action; more complaints from half a year on."""


def company(
    *, n: int = N, more: float = MORE, complains: float = COMPLAINS, kind: str = "energy_coach", seed: int = 7
) -> Tables:
    """A lot gives half of the customers a coach: more purchases that month, more complaints later."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c{i:05d}" for i in range(n)], dtype=object)
    reached = rng.random(n) < 0.5
    rates = np.full((n, N_MONTHS), RATE)
    rates[reached, START] += more
    complaints = np.full((n, N_MONTHS), 0.02)
    complaints[reached, START + 6 :] += complains
    first = np.datetime64("2024-01", "M")
    rows = []
    for name, table in (("purchase", rates), ("complaint", complaints)):
        who, month = np.nonzero(rng.random(table.shape) < table)
        days = (first + month).astype("datetime64[D]") + rng.integers(1, 27, len(who))
        rows.append((names[who], days, np.full(len(who), name, dtype=object)))
    customer, day, did = (np.concatenate(column) for column in zip(*rows, strict=True))
    start = np.datetime64("2025-01-03T10:00:00", "us")
    return Tables.from_columns(
        {
            "customers": {"customer_id": names, "since": np.full(n, np.datetime64("2020-01-01", "D"))},
            "events": {
                "customer_id": customer, "occurred_at": day.astype("datetime64[us]"), "kind": did,
                "amount": np.where(did == "purchase", 10.0, np.nan),
                "currency": np.where(did == "purchase", "EUR", None).astype(object),
            },
            "actions": {
                "action_id": np.array(["coach", "folder"], dtype=object),
                "kind": np.array([kind, "stimulus"], dtype=object),
                "label": np.array(["Energiecoach", None], dtype=object),
                "cost": np.array([6_000.0, np.nan]), "randomised": np.array([True, False]),
            },
            "exposures": {
                "customer_id": names[reached], "action_id": np.full(reached.sum(), "coach", dtype=object),
                "occurred_at": np.full(reached.sum(), start),
            },
        },
        name="company",
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Tables:
    return company()


@pytest.fixture(scope="module")
def result(tables: Tables):
    return ActionCards().fit(tables)


def test_an_action_of_the_companys_own_kind_is_read_like_any(result) -> None:
    """What a survey showed is no action; the only action of a kind stands for the kind."""
    assert [(card.action, card.kind, card.label) for card in result.cards] == [
        ("coach", "energy_coach", "Energiecoach")
    ]
    card = result.cards[0]
    assert card.by_lot
    assert card.sure == "lot"
    assert card.first_day == card.last_day == dt.date(2025, 1, 3)
    assert card.cost_per_customer == pytest.approx(6_000 / card.n_reached)


def test_what_it_did_lies_in_the_intervals_short_and_long(result) -> None:
    card = result.cards[0]
    truth = {
        ("purchases", "short"): MORE / 3, ("purchases", "long"): 0.0,
        ("revenue", "short"): 10 * MORE / 3, ("revenue", "long"): 0.0,
        ("complaints", "short"): 0.0, ("complaints", "long"): COMPLAINS,
    }  # fmt: skip
    for (outcome, span), value in truth.items():
        effect = getattr(card.row(outcome), span)
        assert effect.effect_size_ci_lower <= value <= effect.effect_size_ci_upper, (outcome, span)
    assert card.row("purchases").short.verdict == "strengthens"
    assert card.row("purchases").long.verdict == "cannot_tell"
    assert card.row("complaints").long.verdict == "weakens"


def test_one_word_a_span_and_harm_is_not_made_good(result) -> None:
    card = result.cards[0]
    assert (card.verdict_of("short", "sales"), card.verdict_of("long", "sales"), card.sales_verdict) == (
        "strengthens", "cannot_tell", "strengthens"
    )  # fmt: skip
    assert (card.verdict_of("short"), card.verdict_of("long"), card.verdict) == (
        "cannot_tell", "weakens", "weakens"
    )  # fmt: skip


def test_what_it_sold_is_no_word_on_the_relationship(result) -> None:
    card = result.cards[0]
    sold = tuple(replace(row, long=None) for row in card.rows if row.outcome in SALES)
    alone = replace(card, rows=sold)
    assert (alone.sales_verdict, alone.verdict, alone.is_told) == ("strengthens", "cannot_tell", True)
    english, dutch = (headline_of(alone).sentence(language) for language in ("en", "nl"))
    assert english.endswith("What it did to the relationship cannot be told.")
    assert dutch.endswith("Wat het met de relatie deed, is niet te zeggen.")


def test_the_sentence_for_the_boss_says_both(result) -> None:
    english, dutch = (result.headline.sentence(language) for language in ("en", "nl"))
    assert english.startswith("Energiecoach: in the first 3 months 100 customers together made ")
    assert "; 6 to 12 months later 100 customers complained " in english
    assert dutch.startswith("Energiecoach: in de eerste 3 maanden deden 100 klanten samen ")
    assert "; 6 tot 12 maanden later klaagden 100 klanten " in dutch


def test_money_of_the_first_months_is_their_sum(result) -> None:
    card = result.cards[0]
    short = card.row("revenue").short
    assert card.sold.value == pytest.approx(3 * short.effect_size)
    assert card.sold.ci_lower <= 10 * MORE <= card.sold.ci_upper
    assert card.kept is None  # no margin is recorded
    assert card.row("margin") is None
    assert result.currency == "EUR"


def test_it_shows_for_the_month_in_which_it_did_something(result) -> None:
    assert (result.cards[0].shows_for, result.cards[0].shows_in) == (1, "purchases")


def test_figures_are_those_of_the_action_by_itself(tables: Tables, result) -> None:
    """Reading what customers did once for all cards changes nothing."""
    row, alone = result.cards[0].row("complaints"), PastAction("coach", "complaints").fit(tables)
    assert row.long.effect_size == pytest.approx(alone.effect("long").effect_size, rel=1e-12)
    assert row.long.standard_error == pytest.approx(alone.effect("long").standard_error, rel=1e-12)


def test_groups_get_figures_and_no_verdict(result) -> None:
    groups = result.cards[0].groups
    assert {(one.by, one.group) for one in groups} == {("tenure", "established")}
    assert all(one.short.verdict == "cannot_tell" and one.short.headline is None for one in groups)
    assert {row["verdict"] for row in result.to_dicts() if row["by"]} == {None}


def test_the_list_of_actions_is_counted_by_hand() -> None:
    with open_tables("demo") as tables:
        listed = action_list(tables)
        exposures = tables.fetch("exposures", ["customer_id", "action_id"])
        actions = tables.fetch("actions", ["action_id", "kind", "cost"])
    kinds = dict(zip(actions["action_id"], actions["kind"], strict=True))
    assert all(one.kind != "stimulus" for one in listed)
    for one in listed:
        mine = {
            a for a, kind in kinds.items() if one.action == a or (one.action is None and kind == one.kind)
        }
        reached = set(exposures["customer_id"][np.isin(exposures["action_id"], list(mine))])
        cost = actions["cost"][np.isin(actions["action_id"], list(mine))].sum()
        assert (one.n_reached, one.n_actions) == (len(reached), len(mine))
        assert one.cost == pytest.approx(cost)


def test_which_actions_get_a_card() -> None:
    with open_tables("demo") as tables:
        listed = action_list(tables)
    names = [one.action or one.kind for one in ActionCards()._chosen(listed, "demo")]
    campaigns = ["bf-2025", "bf-2024", "lente-2026", "lente-2025"]  # not the welcome discount: it never ends
    assert names[:5] == ["discount", *campaigns]
    assert {"punten", "campaign", "price_change", "alleen-app"} <= set(names)
    assert "loyalty_points" not in names  # its only action stands for it


def test_how_sure_is_said_as_it_is() -> None:
    """Lots in two months; no lot, and alike before; heavy buyers, who go their own way."""
    with open_tables("demo") as tables:
        cards = ActionCards(("verhaal-2024", "bf-2024", "punten"), by=()).fit(tables).cards
    sure = {card.action: card.sure for card in cards}
    assert sure == {"verhaal-2024": "partly", "bf-2024": "alike", "punten": "apart"}


def test_an_action_that_is_not_there_is_a_named_error(tables: Tables) -> None:
    with pytest.raises(NotFoundError, match="no action 'xmas' in company"):
        ActionCards(("xmas",)).fit(tables)
    with pytest.raises(OptionError, match="most_campaigns"):
        ActionCards(most_campaigns=-1)


def test_without_actions_the_result_says_what_to_bring() -> None:
    bare = Tables.from_columns({"customers": {"customer_id": np.array(["a"], dtype=object)}}, name="bare")
    result = ActionCards().fit(bare)
    assert result.cards == ()
    assert [reason.code for reason in result.reasons] == ["effects_cards.no_actions"]


def test_money_in_two_currencies_leaves_the_rest_of_the_card() -> None:
    mixed = company(seed=8)
    events = mixed.fetch("events")
    events["currency"][:100] = "USD"
    result = ActionCards().fit(mixed.add("events", events))
    assert [row.outcome for row in result.cards[0].rows] == ["purchases", "complaints"]
    assert result.currency == ""


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_sentence_of_a_span_is_there(language: str) -> None:
    written = files("verbond.results") / "wording" / language / "effects_cards.toml"
    there = set(tomllib.loads(written.read_text("utf-8")))
    wanted = {f"{way}_{outcome}" for way in ("more", "less") for outcome in OUTCOMES}
    wanted |= {"boss_cannot_drift"}
    wanted |= {f"outcome_{one}" for one in OUTCOMES} | {f"verdict_{one}" for one in (*VERDICTS, "unknown")}
    for sure in ("lot", "partly", "alike", "apart", "alone", "none"):
        wanted |= {f"boss_cannot_{sure}", f"sure_{sure}", f"short_sure_{sure}"}
    assert wanted <= there


def test_the_command() -> None:
    answer = CliRunner().invoke(cli, ["effects", "card", "demo", "--action", "bf-2025", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert [card["action"] for card in told["cards"]] == ["bf-2025"]
    assert "Black Friday 2025: in the first 3 months" in answer.stderr


@pytest.mark.slow
def test_over_many_companies_truth_lies_in_the_intervals() -> None:
    """95% of all intervals of four figures; 60 companies, so three standard errors below is 0.89."""
    held = []
    for seed in range(60):
        card = ActionCards(by=()).fit(company(n=800, seed=seed)).cards[0]
        truth = {("purchases", "short"): MORE / 3, ("purchases", "long"): 0.0,
                 ("complaints", "short"): 0.0, ("complaints", "long"): COMPLAINS}  # fmt: skip
        found = [(getattr(card.row(outcome), span), value) for (outcome, span), value in truth.items()]
        held += [one.effect_size_ci_lower <= value <= one.effect_size_ci_upper for one, value in found]
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(held)) <= np.mean(held)


@pytest.mark.slow
def test_an_action_that_does_nothing_seldom_gets_a_verdict() -> None:
    """At most 5% of all cards, whatever the number of their rows: Holm's correction is over the card."""
    told = [
        ActionCards(by=()).fit(company(n=800, more=0.0, complains=0.0, seed=seed)).cards[0].verdict
        for seed in range(100, 160)
    ]
    assert np.mean([word != "cannot_tell" for word in told]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(told))
