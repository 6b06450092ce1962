"""What errors say in Dutch: word for word the clauses that are raised, or plainly that it is English."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from verbond.errors import DataError, ReadError
from verbond.listen.exchange.read import read_questionnaire
from verbond.results import Spoken
from verbond.results.wording import entries

SOURCE = Path(__file__).parents[2] / "src/verbond"
CLAUSES = {
    code: text
    for code, text in entries("en").items()
    if code.startswith("clauses.") and not code.startswith("clauses.told_")
}


def pieces(text: str) -> list[str]:
    return [literal for literal, *_ in string.Formatter().parse(text) if literal.strip()]


def test_every_clause_is_raised_somewhere_in_these_words() -> None:
    there = "".join(file.read_text("utf-8") for file in SOURCE.rglob("*.py"))
    assert not [code for code, text in CLAUSES.items() if any(one not in there for one in pieces(text))]


@pytest.mark.parametrize("name", ["a.pdf", "b.json", "c.json", "e.lss", "f.lss"])
def test_a_wrong_questionnaire_is_refused_in_dutch(name: str) -> None:
    content = {
        "a.pdf": b"%PDF-1.4",
        "b.json": b"{no",
        "c.json": b'{"pages": 1}',
        "e.lss": b"<?xml version='1.0'?><document><x/></document>",
        "f.lss": b"<nothing",
    }[name]
    with pytest.raises(DataError) as caught:
        read_questionnaire(content, name)
    said = Spoken(caught.value).say("nl")
    assert "Engels" not in said.replace("Nederlands of Engels", "")
    assert not re.search(r"\b(the|this|found|expected|wrong)\b", said)
    assert Spoken(caught.value).say("en") == str(caught.value)


def test_what_is_not_known_in_dutch_is_told_in_english_and_says_so() -> None:
    said = Spoken(DataError("the moon is full", got="it")).say("nl")
    assert said == "De technische melding is er alleen in het Engels: “the moon is full: found it”."
    half = ReadError("the file is empty", file="a.csv", expected="the moon")
    assert "alleen in het Engels" in Spoken(half).say("nl")


def test_values_stay_as_they_were_found() -> None:
    error = ReadError(
        "the file has too many rows", file="a {b}.lss", line=3, value="{x}", expected="at most 7"
    )
    assert Spoken(error).say("nl") == (
        "a {b}.lss, regel 3: het bestand heeft te veel regels: gevonden '{x}', verwacht hoogstens 7."
    )
