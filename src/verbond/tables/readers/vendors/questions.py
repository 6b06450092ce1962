"""What a survey question asks: one of our own items by its text, or a construct by its words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from verbond.method import ITEMS
from verbond.tables.readers.names import plain_name
from verbond.tables.readers.wide import plain_label

__all__ = ["Scale", "constructs_of", "own_item", "read_labels", "stated_scale", "usual_scale"]

_COMPANY = "xcompanyx"
_NUMBERED = re.compile(r"^\s*(?:q|v|vraag|question)?\s*\d{1,3}\s*[.:)\]]\s*", re.IGNORECASE)
_SCALE = re.compile(
    r"(?<!\d)(?P<low>[01])\s*(?:-|–|—|tot en met|t/m|tot|to|through|\.\.)\s*(?P<high>4|5|6|7|9|10|100)(?!\d)",
    re.IGNORECASE,
)
_USUAL = ((1, 5), (1, 7), (1, 10), (0, 10), (1, 100), (0, 100))


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of answers in words.

    Attributes
    ----------
    id : str
    labels : mapping of str to (int or None)
        Answer, as it stands in the file -> number; None where it says that there is no answer.
    min, max : int
    """

    id: str
    labels: Mapping[str, int | None]
    min: int
    max: int


@cache
def _data(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files("verbond.tables.readers.vendors") / f"{name}.toml").read_text("utf-8"))


@cache
def _own_texts() -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for item in ITEMS.values():
        for text in {item.text.en, item.text.nl}:
            plain = plain_name(text.replace("{company}", _COMPANY))
            found.append((re.compile(re.escape(plain).replace(_COMPANY, "[a-z0-9_]{1,80}")), item.id))
    return tuple(found)


def own_item(title: str) -> str | None:
    """Return the item of our own questionnaire whose text a question is, in Dutch or English.

    Examples
    --------
    >>> own_item("3. All in all I am content with Zonnewende."), own_item("Are you content?")
    ('satisfaction_1', None)
    """
    plain = plain_name(_NUMBERED.sub("", title[:1000]))
    return next((id for pattern, id in _own_texts() if pattern.fullmatch(plain)), None)


def constructs_of(title: str) -> tuple[tuple[str, ...], bool]:
    """Return the constructs whose words stand in a question, and whether it denies something.

    Examples
    --------
    >>> constructs_of("Ik vertrouw deze winkel"), constructs_of("I do not trust them")
    ((('trust',), False), (('trust',), True))
    """
    words = _data("constructs")
    flat = f" {plain_name(title[:1000]).replace('_', ' ')} "
    found = tuple(c for c, stems in words["words"].items() if any(f" {stem}" in flat for stem in stems))
    denied = any(f" {plain_name(d).replace('_', ' ')} " in flat for d in words["denials"])
    return found, denied


def read_labels(answers: Sequence[str], also: Sequence[str] = ()) -> Scale | None:
    """Return the scale that all answers in words are of.

    Parameters
    ----------
    answers : sequence of str
        The different answers of one question.
    also : sequence of str
        Those of the questions beside it, which show the steps that nobody chose here.

    Returns
    -------
    Scale or None
        None where some answer is on no scale, or none is on any.

    Examples
    --------
    >>> found = read_labels(["Helemaal mee eens", "Neutraal", "Geen mening"])
    >>> found.id, dict(found.labels), found.max
    ('agreement', {'Helemaal mee eens': 5, 'Neutraal': 3, 'Geen mening': None}, 5)
    """
    data = _data("scales")
    none = {plain_label(word) for word in data["no_answer"]}
    said = [a for a in answers if plain_label(a) not in none]
    fits = [scale for scale in data["scale"] if said and _all_on(scale, said)]
    if len(fits) != 1:
        return None
    numbers, low, high = _numbers(fits[0], [*said, *(a for a in also if _all_on(fits[0], [a]))])
    return Scale(
        fits[0]["id"],
        {a: None if plain_label(a) in none else numbers[plain_label(a)] for a in answers},
        low,
        high,
    )


def _all_on(scale: Mapping[str, Any], answers: Sequence[str]) -> bool:
    known = {plain_label(label) for step in scale["steps"] for label in step}
    return all(plain_label(answer) in known for answer in answers)


def _numbers(scale: Mapping[str, Any], answers: Sequence[str]) -> tuple[dict[str, int], int, int]:
    """Numbers of all labels, with the steps in between only where one of them is chosen."""
    between, given = set(scale.get("between", ())), {plain_label(answer) for answer in answers}
    used = any(plain_label(label) in given for k in between for label in scale["steps"][k])
    steps = [step for k, step in enumerate(scale["steps"]) if used or k not in between]
    numbers = {plain_label(label): k for k, step in enumerate(steps, start=1) for label in step}
    return numbers, 1, len(steps)


def stated_scale(title: str) -> tuple[int, int] | None:
    """Return the ends of the scale that a question names.

    Examples
    --------
    >>> stated_scale("Hoe waarschijnlijk is het (0 t/m 10)?"), stated_scale("Rate us from 1 to 7")
    ((0, 10), (1, 7))
    """
    found = _SCALE.search(title[:1000])
    return (int(found["low"]), int(found["high"])) if found else None


def usual_scale(low: float, high: float) -> tuple[int, int] | None:
    """Return the narrowest of the usual scales that holds all answers; None where none does.

    Examples
    --------
    >>> usual_scale(2, 5), usual_scale(0, 4), usual_scale(-3, 3)
    ((1, 5), (0, 10), None)
    """
    return next(((a, b) for a, b in _USUAL if a <= low and high <= b), None)
