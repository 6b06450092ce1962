"""What can be rated is, the rest says why; the word list speaks where no encoder is."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.expressions import RELATIONSHIPS, VALUES, WordRater, rate
from verbond.expressions.gold import gold_messages
from verbond.expressions.heads import Heads, fit_heads
from verbond.expressions.lexicon import find_words
from verbond.expressions.reading import LONGEST, language_of


def said(text: str, language: str) -> list[tuple[str, str | None, bool]]:
    return [(hit.text, hit.word.relationship, hit.is_negated) for hit in find_words(text, language)]


def test_words_are_found_where_they_stand() -> None:
    text = "Vandaag: de LAAGSTE PRIJS, en zorg voor elkaar."
    for hit in find_words(text, "nl"):
        assert text[hit.start : hit.end] == hit.text
    assert said(text, "nl") == [("LAAGSTE PRIJS", "market", False), ("zorg voor elkaar", "meaning", False)]


@pytest.mark.parametrize(
    ("text", "language", "negated"),
    [
        ("Geen korting bij ons", "nl", [True]),
        ("Niet goedkoop, wel korting", "nl", [True, False]),  # a comma ends what is refused
        ("No discount here. A discount there.", "en", [True, False]),
        ("Discount, never a rebate", "en", [False, True]),
    ],
)
def test_a_negation_turns_what_follows_in_its_clause(text: str, language: str, negated: list[bool]) -> None:
    found = [turned for _, kind, turned in said(text, language) if kind == "market"]
    assert found == negated


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"), (" \n\t", "empty"), ("👍🎉", "no_words"), ("12345 !!", "no_words"),
        ("Ok hoor", "too_short"), ("Wir freuen uns auf Ihren Besuch in unserem Geschäft.", "other_language"),
    ],
)  # fmt: skip
def test_what_cannot_be_rated_says_why(text: str, code: str) -> None:
    (one,) = rate([text], rater=WordRater()).messages
    assert one.abstained
    assert one.reason is not None
    assert one.reason.code == f"expressions.{code}"
    assert (dict(one.relationship), dict(one.values)) == ({}, {})


def test_a_message_of_five_megabytes_is_read_up_to_a_bound() -> None:
    text = "korting " * 700_000
    (one,) = rate([text], ["nl"], rater=WordRater()).messages
    assert not one.abstained
    assert max(e.end for e in one.evidence) <= LONGEST


def test_words_alone_say_so_and_are_silent_where_they_know_nothing() -> None:
    texts = ["Alles met korting vandaag", "Zij liepen langs de gracht"]
    found = rate(texts, ["nl", "nl"], rater=WordRater())
    first, second = found.messages
    assert max(first.relationship, key=first.relationship.__getitem__) == "market"
    assert second.reason is not None
    assert second.reason.code == "expressions.no_known_words"
    assert [one.code for one in found.reasons] == ["expressions.words_only"]


def test_languages_of_the_gold_set_are_told_apart() -> None:
    messages = gold_messages()
    right = np.mean([language_of(one.text) == one.language for one in messages])
    assert right > 0.97


class Spoken:
    """A stand-in for an encoder: one direction a relationship, and noise."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def vectors(self, kinds: np.ndarray, wide: float) -> np.ndarray:
        return (np.eye(5, 20)[kinds] + self.rng.normal(0, wide, (len(kinds), 20))).astype(np.float32)


def test_heads_are_as_right_as_they_say() -> None:
    """Known truth: with five directions and noise, what is called 70% sure is right about 70% of the time."""
    spoken = Spoken(5)
    kinds = spoken.rng.integers(0, 5, 3000)
    vectors = spoken.vectors(kinds, 0.6)
    values = (spoken.rng.random((3000, 10)) < np.where(np.arange(10) == kinds[:, None], 0.8, 0.1)).astype(
        float
    )
    groups = [f"brand {i}" for i in spoken.rng.integers(0, 30, 3000)]
    heads = fit_heads(vectors[:1500], np.eye(5)[kinds[:1500]], values[:1500], groups[:1500])
    sure, of_values = heads.rate(vectors[1500:])
    right, top = sure.argmax(axis=1) == kinds[1500:], sure.max(axis=1)
    assert abs(right.mean() - top.mean()) < 0.03
    assert abs(of_values.mean() - values[1500:].mean()) < 0.02
    again = Heads.of_bytes(heads.to_bytes()).rate(vectors[1500:])
    assert again[0] == pytest.approx(sure, abs=0.01)


def test_the_command_writes_what_is_promised(tmp_path) -> None:
    file = tmp_path / "messages.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["text", "language"], ["Vandaag alles met korting", "nl"], ["", "nl"]])
    ran = CliRunner().invoke(cli, ["expressions", "rate", str(file), "--json"])
    assert ran.exit_code == 0, ran.output
    first, second = json.loads(ran.stdout)["messages"]
    assert set(first) >= {"text", "language", "relationship", "values", "abstained", "evidence"}
    assert list(first["relationship"]) == list(RELATIONSHIPS)
    assert list(first["values"]) == list(VALUES)
    assert sum(first["relationship"].values()) == pytest.approx(1)
    assert first["evidence"][0]["text"] == "korting"
    assert second["abstained"]
