"""What channels do: answers of reached beside others, from tables to sentences in two languages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import ChannelEffect, ChannelResult
from verbond.effects.channel.kernel import wave_difference
from verbond.reports.effects.channel import section
from verbond.tables import Tables

SAME = 1e-9
"""Two ways to the same sums."""
REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "effects_channel.json").read_text("utf-8"))
MONTHS, START = 24, 10


@pytest.mark.parametrize("case", REFERENCE, ids=["some", "more", "few"])
def test_a_difference_between_waves_is_that_of_statsmodels(case: dict) -> None:
    data = {name: np.array(values) for name, values in case["data"].items()}
    for name, kind in (("wave", int), ("customer", int), ("ever", bool), ("reached", bool)):
        data[name] = data[name].astype(kind)
    found = wave_difference(**data)
    assert found is not None
    assert found.before_after
    for name, value in case["fit"].items():
        assert getattr(found, name) == pytest.approx(value, rel=SAME, abs=SAME)


def test_with_nobody_who_answered_before_those_reached_stand_beside_others_only() -> None:
    y, wave = np.array([1.0, 2.0, 5.0, 6.0, 9.0, 9.0]), np.zeros(6, int)
    ever, customer = np.arange(6) >= 2, np.arange(6)
    found = wave_difference(y, wave, ever, ever, customer, least=2)
    assert found is not None
    assert not found.before_after
    assert found.value == pytest.approx(7.25 - 1.5)
    assert wave_difference(y, np.arange(6), ever, ever, customer, least=2) is None  # nobody in the same wave
    assert wave_difference(y, wave, ever, ever, customer, least=3) is None


def company(
    rng: np.random.Generator, *, n: int = 900, trust: float = -8.0, complaints: float = 0.5
) -> Tables:
    """A forced channel reaches 40% in month `START`; answers in months 4, 8, 14 and 20 by half of all."""
    reached = rng.random(n) < 0.4
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    rate = 0.3 + 0.5 * reached[:, None] * (np.arange(MONTHS) >= START)
    who, month = np.nonzero(rng.poisson(rate))
    asked, wave = np.nonzero(rng.random((n, 4)) < 0.5)
    at = np.array([4, 8, 14, 20])[wave]
    hit = reached[asked] & (at > START)
    scores = {
        "trust": 55 + rng.normal(0, 12, len(asked)) + 6 * reached[asked] - 8 * hit,
        "experience": 60 + rng.normal(0, 12, len(asked)),
        "market": rng.normal(50, 10, len(asked)) + 15 * hit,
        "meaning": rng.normal(50, 10, len(asked)),
    }  # fmt: skip
    january = np.datetime64("2024-01", "M")
    return Tables.from_columns(
        {
            "customers": {"customer_id": names, "since": np.full(n, np.datetime64("2023-01-01"))},
            "events": {
                "customer_id": names[who], "kind": np.full(len(who), "complaint", dtype=object),
                "occurred_at": (january + month).astype("datetime64[D]") + 27,
            },
            "actions": {"action_id": ["app"], "kind": ["forced_channel"], "label": ["App only"]},
            "exposures": {
                "customer_id": names[reached], "action_id": np.full(reached.sum(), "app", dtype=object),
                "occurred_at": np.full(reached.sum(), (january + START).astype("datetime64[D]")),
            },
            "scores": {
                "respondent_id": np.tile(names[asked], 4), "customer_id": np.tile(names[asked], 4),
                "wave": np.tile(np.array([f"w{w}" for w in range(4)], dtype=object)[wave], 4),
                "occurred_at": np.tile((january + at).astype("datetime64[D]") + 9, 4),
                "construct": np.repeat(np.array(list(scores), dtype=object), len(asked)),
                "score": np.concatenate(list(scores.values())),
                "standard_error": np.full(4 * len(asked), 4.0),
            },
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Tables:
    with company(np.random.default_rng(5)) as made:
        yield made


@pytest.fixture(scope="module")
def result(tables: Tables) -> ChannelResult:
    return ChannelEffect().fit(tables)


def test_a_channel_that_harms_is_found_where_it_harms(result: ChannelResult) -> None:
    [one] = result.channels
    complaints = one.of("complaints")
    assert complaints is not None
    short = complaints.effect("short")
    assert short is not None
    # of a Poisson count of 0.3 and 0.8 whether there was any: the table holds a month at most once
    truth = np.exp(-0.3) - np.exp(-0.8)
    assert short.effect_size_ci_lower < truth < short.effect_size_ci_upper
    assert (one.verdict, result.tone) == ("weakens", "bad")
    assert one.n_reached + one.n_others == 900


def test_answers_hold_the_truth_and_what_both_differed_before_is_taken_out(result: ChannelResult) -> None:
    [one] = result.channels
    trust = one.of("trust")
    assert trust is not None  # enough answered before and after
    [short] = [effect for effect in trust.effects if effect.span == "short"]
    assert short.effect_size_ci_lower < -8 < short.effect_size_ci_upper
    changes = {change.name: change for change in one.answers}
    market, meaning = changes["market"], changes["meaning"]
    assert market.difference.ci_lower is not None
    assert market.difference.ci_lower > 0.1
    assert market.difference.value == pytest.approx(
        -meaning.difference.value, abs=SAME
    )  # shares of two types
    assert market.reached.value + meaning.reached.value == pytest.approx(1.0)


def test_sentences_name_the_channel_in_both_languages(result: ChannelResult, tables: Tables) -> None:
    [one] = result.channels
    assert "forced_channel" not in one.headline.sentence("en")
    assert "a forced channel" in one.headline.sentence("en")
    assert "een verplicht kanaal" in one.headline.sentence("nl")
    named = ChannelEffect(("app",), ("complaints",)).fit(tables).channels[0]
    assert "App only" in named.headline.sentence("nl")
    for language in ("en", "nl"):
        told = section(result, language)  # type: ignore[arg-type]
        assert len(told.pictures) == len(told.tables) == 2
        assert all(said.text for said in told.said)
        assert "{" not in " ".join(told.how)


def test_what_was_read_already_is_not_read_again(result: ChannelResult, tables: Tables) -> None:
    [one] = result.channels
    again = ChannelEffect(outcomes=("complaints",)).fit(tables, {"forced_channel": one.past})
    assert again.channels[0].of("complaints") is one.of("complaints")


def test_without_such_a_channel_or_answers_there_is_a_reason(tables: Tables) -> None:
    none = ChannelEffect(("personal_contact",)).fit(tables)
    assert (none.channels, none.headline) == ((), None)
    assert [reason.code for reason in none.reasons] == ["effects_channel.none"]
    assert section(none, "nl").empty == none.reasons[0].sentence("nl")
    silent = Tables.from_columns(
        {table: tables.fetch(table) for table in ("customers", "events", "actions", "exposures")}
    )
    with silent:
        [one] = ChannelEffect(outcomes=("complaints",)).fit(silent).channels
    assert one.answers == ()
    assert "effects_channel.no_answers" in [reason.code for reason in one.reasons]


def test_the_command_says_it_and_gives_rows(tables: Tables, tmp_path: Path) -> None:
    tables.save(tmp_path)
    found = CliRunner().invoke(cli, ["effects", "channel", str(tmp_path), "--json", "--language", "nl"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["channels"][0]["action"] == "forced_channel"
    assert "verplicht kanaal" in found.stderr


@pytest.mark.slow
def test_intervals_of_answers_hold_the_truth_as_often_as_they_say() -> None:
    """Answers of one customer go together; some are reached a wave later; 5 points."""
    hits, runs = 0, 600
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        n = 150
        ever, own, starts = rng.random(n) < 0.4, rng.normal(0, 8, n), rng.integers(2, 4, n)
        who, wave = np.nonzero(rng.random((n, 5)) < 0.4)
        reached = ever[who] & (wave >= starts[who])
        y = 50 + 3 * wave + own[who] + 6 * ever[who] + 5 * reached + rng.normal(0, 10, len(who))
        found = wave_difference(y, wave, ever[who], reached, who)
        assert found is not None
        hits += found.ci_lower < 5 < found.ci_upper
    assert 0.93 < hits / runs < 0.97  # 95%, give or take 2.2 standard errors
