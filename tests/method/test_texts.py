"""Everything that the method says, it says in Dutch and in English."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from verbond import method
from verbond.errors import OptionError
from verbond.method import Text

ROOTS = (
    "AGENDAS",
    "BUSINESS_MODEL",
    "CANVAS_FIELDS",
    "CONTRADICTION_GUIDE",
    "MANNERS",
    "CIRCLE",
    "CIRCLE_19",
    "HANDLES",
    "HIGHER_ORDERS",
    "ITEMS",
    "NAMES",
    "PLAYS",
    "RELATIONSHIP_TYPES",
    "RUNGS",
    "SCAN",
)
SAME_IN_BOTH = {"commitment"}
ENGLISH_ONLY = re.compile(
    r"\b(the|and|you|your|with|for|from|customers?|they|them|their|this|that|these|it|its|are|have|has|does|not|"
    r"what|when|which|who|why|how|more|less|values?|trust|company|because|about|by|to)\b"
)
DUTCH_ONLY = re.compile(
    r"\b(het|een|niet|wij|jij|jullie|klant|klanten|waar|voor|van|zijn|bedrijf|dat|ze|je|deze)\b"
)
STIFF = re.compile(r"\b(teneinde|middels|dient te|u|uw|gelieve|acties?)\b")
"""Not how a colleague writes; "actie" reads as a price promotion."""


def found(thing: object, path: str) -> Iterator[tuple[str, Text]]:
    if isinstance(thing, Text):
        yield path, thing
    elif dataclasses.is_dataclass(thing):
        name = getattr(thing, "id", "")
        for field in dataclasses.fields(thing):
            yield from found(getattr(thing, field.name), f"{path}.{name}.{field.name}")
    elif isinstance(thing, tuple):
        for place, one in enumerate(thing):
            yield from found(one, f"{path}[{place}]")
    elif hasattr(thing, "items"):
        for key, one in thing.items():
            yield from found(one, f"{path}.{key}")


TEXTS = [
    (path, text)
    for root in ROOTS
    for path, text in found(getattr(method, root), root)
    if not (path.endswith(".say") and text == Text("", ""))
]
"""Without what is not said: some plays say nothing to anybody."""


def bare(text: str) -> str:
    """Lower case, without placeholders and without sources in brackets."""
    return re.sub(r"\([^)]*\)|\{[^}]*\}", "", text.lower())


def offenders(breaks: Callable[[Text], object]) -> list[str]:
    return [f"{path}: {text.en} | {text.nl}" for path, text in TEXTS if breaks(text)]


def test_there_are_texts() -> None:
    assert len(TEXTS) > 400


def test_texts_are_there_in_both_languages() -> None:
    assert not offenders(lambda text: not (text.en and text.nl))
    assert not offenders(lambda text: any(said != " ".join(said.split()) for said in (text.en, text.nl)))


def test_texts_differ_between_the_languages() -> None:
    assert not offenders(lambda text: text.en == text.nl and text.en not in SAME_IN_BOTH)


def test_placeholders_are_the_same_in_both_languages() -> None:
    assert not offenders(lambda text: text.en.count("{company}") != text.nl.count("{company}"))


def test_languages_do_not_mix() -> None:
    assert not offenders(lambda text: ENGLISH_ONLY.search(bare(text.nl)))
    assert not offenders(lambda text: DUTCH_ONLY.search(bare(text.en)))


def test_dutch_is_that_of_a_colleague() -> None:
    assert not offenders(lambda text: STIFF.search(bare(text.nl)))


def test_sentences_end_alike() -> None:
    assert not offenders(lambda text: (text.en[-1] in ".?") != (text.nl[-1] in ".?"))


def test_unknown_language_is_named() -> None:
    with pytest.raises(OptionError, match="unknown language: found 'fy'"):
        Text(en="trust", nl="vertrouwen").say("fy")  # type: ignore[arg-type]


def test_import_brings_nothing_heavy() -> None:
    heavy = "duckdb sqlglot scipy numba polars pandas pyarrow click altair jinja2 narwhals"
    code = f"import sys, verbond.method; print(*[m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
