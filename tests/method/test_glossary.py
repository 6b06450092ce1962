"""The glossary gives each word one meaning, and the words that it gives are the words in use."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from verbond.method import RELATIONSHIP_TYPES, RUNGS
from verbond.tables.schema import TABLES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?!term|---)(.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/glossary.md").read_text("utf-8"))
DUTCH = {english: dutch for english, dutch, _ in ROWS}


def test_every_term_stands_once_and_has_dutch_and_a_meaning() -> None:
    assert len(ROWS) > 80
    assert [term for term, n in Counter(english for english, _, _ in ROWS).items() if n > 1] == []
    assert all(dutch.strip() and meaning.endswith(".") for _, dutch, meaning in ROWS)


def test_rungs_and_types_are_called_as_the_method_calls_them() -> None:
    for one in (*RUNGS[1:], *RELATIONSHIP_TYPES):
        assert DUTCH[one.name.en] == one.name.nl


def test_tables_speak_the_words_of_the_glossary() -> None:
    for singular in ("event", "action", "exposure", "assignment"):
        assert singular in DUTCH
        assert f"{singular}s" in TABLES


@pytest.mark.parametrize("name", sorted({n for term in DUTCH for n in re.findall(r"`(\w+)`", term)}))
def test_names_in_code_are_in_the_code(name: str) -> None:
    source = (file.read_text("utf-8") for file in (ROOT / "src").rglob("*.py"))
    assert any(re.search(rf"\b{name}\b", text) for text in source)


def test_the_scan_guide_names_every_contradiction() -> None:
    from verbond.method.scan import CONTRADICTIONS

    guide = (ROOT / "docs/guides/scan.md").read_text("utf-8").lower()
    told = [
        guide.index(f"*{one.reason.code.removeprefix('scan.').replace('_', ' ')}*") for one in CONTRADICTIONS
    ]
    assert told == sorted(told)
