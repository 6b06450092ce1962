"""Every sentence stands in both languages, with the same placeholders, and every code in use exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from verbond.errors import OptionError
from verbond.results import Reason, sentence
from verbond.results.wording import entries, format_value

SOURCE = Path(__file__).parents[2] / "src/verbond"
ROOMS = {file.stem for file in (SOURCE / "results/wording/en").glob("*.toml")}


def forms(text: str | dict[str, str]) -> list[str]:
    return [text[form] for form in ("one", "other")] if isinstance(text, dict) else [text]


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def test_languages_have_the_same_codes() -> None:
    assert entries("en").keys() == entries("nl").keys()


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_codes_are_said_alike_in_both_languages(room: str) -> None:
    codes = [code for code in entries("en") if code.split(".")[0] == room]
    assert codes
    for code in codes:
        english, dutch = forms(entries("en")[code]), forms(entries("nl")[code])
        assert len(english) == len(dutch), code
        for one, other in zip(english, dutch, strict=True):
            assert one.strip(), code
            assert other.strip(), code
            assert placeholders(one) == placeholders(other), code


def test_an_action_is_called_one_thing_in_dutch() -> None:
    """The glossary's word: "actie" reads as a price promotion, so only rooms about those say it."""
    said = {
        code
        for code, text in entries("nl").items()
        if code.split(".")[0] not in {"loyalty", "loyalty_buying", "loyalty_promotion"}
        and any(re.search(r"\bacties?\b", form, re.IGNORECASE) for form in forms(text))
    }
    assert not said


def test_every_code_belongs_to_a_room() -> None:
    assert {code.split(".")[0] for code in entries("en")} == ROOMS


def test_codes_in_the_source_exist() -> None:
    named = re.compile(rf'"((?:{"|".join(sorted(ROOMS))})\.[a-z0-9_]+)"')
    missing = {
        f"{file.relative_to(SOURCE)}: {code}"
        for file in SOURCE.rglob("*.py")
        for code in named.findall(file.read_text("utf-8"))
        if code not in entries("en")
        and not code.endswith(("_", ".css", ".json", ".svg", ".typ"))  # beginnings, and files
    }
    assert not missing


@pytest.mark.parametrize(
    ("value", "kind", "english", "dutch"),
    [
        (1234567, "count", "1,234,567", "1.234.567"),
        (0.1234, "percent", "12%", "12%"),
        (0.1234, "percent1", "12.3%", "12,3%"),
        (-0.0001, "percent", "0%", "0%"),
        (1234.56, "number2", "1,234.56", "1.234,56"),
        ("2026-05-01", "date", "1 May 2026", "1 mei 2026"),
        ("2026-05-01", "month", "May 2026", "mei 2026"),
        (["a", "b", "c"], "list", "a, b and c", "a, b en c"),
    ],
)
def test_values_are_written_as_each_language_does(value: object, kind: str, english: str, dutch: str) -> None:
    assert (format_value(value, kind, "en"), format_value(value, kind, "nl")) == (english, dutch)


def test_one_and_many() -> None:
    assert "1 more answer would" in Reason("common.not_enough_data", {"n": 1}).sentence("en")
    assert "antwoorden" in sentence("common.not_enough_data", "nl", n=2)


def test_unknown_language_is_named() -> None:
    with pytest.raises(OptionError, match=r"found 'fy', expected 'en' or 'nl'"):
        sentence("common.not_enough_data", "fy")  # type: ignore[arg-type]
