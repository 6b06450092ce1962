"""Answers in a row: when they are a scale, and matrices of which every row becomes a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from verbond.listen.conditions import Condition
from verbond.listen.exchange.draft import Draft, options_of
from verbond.listen.exchange.plain import plain
from verbond.listen.questionnaire import LIMITS, NO_WORDS, Question
from verbond.method.types import Text
from verbond.results import LANGUAGES

__all__ = ["Answer", "Grid", "ask_choice", "ask_grid", "number_said", "scale_of"]

_NO_ANSWER = re.compile(
    r"n\.?\s*/?\s*v\.?\s*/?\s*t\.?|n\s*/?\s*a|niet van toepassing|geen (mening|antwoord|idee)|"
    r"weet (ik )?niet|"
    r"not applicable|no (opinion|answer)|don'?t know|do not know|prefer not to (say|answer)",
    re.IGNORECASE,
)


N_OF_A_SCALE = 3
"""Two answers are a choice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that a file offers.

    Attributes
    ----------
    key : str
        As the file names it.
    words : mapping
        Language -> words.
    number : int or None
        What the file counts it as.
    """

    key: str
    words: Mapping[str, Any]
    number: int | None = None


_NUMBER = re.compile(r"(-?\d{1,3})(?:\s*[-–—:.(=].*)?", re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class Scale:
    """Answers that count up or down one by one.

    Attributes
    ----------
    min, max : int
    labels : tuple of Text or None
    values : mapping of str to int
        Key -> number.
    """

    min: int
    max: int
    labels: tuple[Text, Text] | None
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows that are answered alike.

    Attributes
    ----------
    source, name : str
        As the file names it, and what ids are made from.
    stem : Text
    rows : sequence of (str, Text)
        Key and words; a single row without words is asked by the stem.
    answers : sequence of Answer
    several : bool
        Whether more than one answer may be chosen in a row.
    required : bool
    asked_if : Condition or None
    ids : mapping of str to str
        Row's key -> what its id should look like, where the file says so.
    """

    source: str
    name: str
    stem: Text
    rows: Sequence[tuple[str, Text]]
    answers: Sequence[Answer]
    several: bool = False
    required: bool = False
    asked_if: Condition | None = None
    ids: Mapping[str, str] = field(default_factory=dict)


def scale_of(draft: Draft, name: str, answers: Sequence[Answer]) -> Scale | None:
    """The scale that some answers are, or None where they are something else.

    They are one if what they count as goes up or down by one; an answer at the end that says "don't know" or
    "not applicable" is left out (a question may be left open) and said, and so are words in the middle.
    """
    counted = list(answers)
    while len(counted) > 2 and any(_says_nothing(words) for words in counted[-1].words.values()):
        draft.drop("no_answer", name)
        counted.pop()
    numbers = [one.number for one in counted]
    if len(numbers) < N_OF_A_SCALE or None in numbers:
        return None
    steps = {b - a for a, b in pairwise(numbers)}  # type: ignore[operator]
    if steps not in ({1}, {-1}):
        return None
    ordered = counted if steps == {1} else counted[::-1]
    if any(_means(one) for one in ordered[1:-1]):
        draft.drop("middle", name)
    low, high = (draft.text(one.words if _means(one) else {}, name) for one in (ordered[0], ordered[-1]))
    labels = None if low == NO_WORDS and high == NO_WORDS else (low, high)
    values = {one.key: int(one.number) for one in counted}  # type: ignore[arg-type]
    return Scale(min(values.values()), max(values.values()), labels, values)


def _says_nothing(words: Any) -> bool:
    return isinstance(words, str) and bool(_NO_ANSWER.fullmatch(words.strip(" .()-")))


def _means(one: Answer) -> bool:
    """Whether an answer has words beside its number."""
    return any(
        isinstance(said, str) and said.strip() and said.strip() != str(one.number)
        for said in (one.words.get(code) for code in LANGUAGES)
    )


def number_said(words: Mapping[str, Any]) -> int | None:
    """The number that an answer's words are or begin with, the same in every language.

    Examples
    --------
    >>> number_said({"nl": "10 - helemaal", "en": "10"}), number_said({"en": "1 or 2"})
    (10, None)
    """
    found = {_NUMBER.fullmatch(plain(one).words) for one in words.values() if isinstance(one, str)}
    numbers = {match[1] if match else "" for match in found}
    return int(numbers.pop()) if len(numbers) == 1 and numbers != {""} else None


def ask_choice(
    draft: Draft,
    source: str,
    text: Text,
    answers: Sequence[Answer],
    several: bool = False,
    codes: bool = True,
    **shared: Any,
) -> None:
    """Take over a choice of one or several; numbers that count one by one are a scale.

    Parameters
    ----------
    codes : bool
        Whether to say where the file counts the answers in another way than by their place.
    **shared
        Fields of `Question`.
    """
    counted = [Answer(one.key, one.words, number_said(one.words)) for one in answers]
    if not several and (scale := scale_of(draft, source, counted)):
        one = Question("", "scale", text, min=scale.min, max=scale.max, labels=scale.labels, **shared)
        return draft.ask(source, source, one, scale.values)
    if codes and [one.number for one in answers] != list(range(1, len(answers) + 1)):
        draft.drop("codes", source)
    options = options_of(draft, source, [(one.key, one.words) for one in answers])
    kind = "several" if several else "choice"
    one = Question("", kind, text, options=tuple(options.values()), **shared)  # type: ignore[arg-type]
    return draft.ask(source, source, one, {key: option.id for key, option in options.items()})


def ask_grid(draft: Draft, grid: Grid) -> None:
    """Take over every row as a question of its own, below the stem."""
    scale = None if grid.several else scale_of(draft, grid.source, grid.answers)
    options = {} if scale else options_of(draft, grid.source, [(one.key, one.words) for one in grid.answers])
    if not scale and not 2 <= len(options) <= LIMITS.options:
        draft.drop("question_options", grid.source)
        return
    alone = len(grid.rows) == 1 and grid.rows[0][1] == NO_WORDS
    if not alone:
        draft.words(grid.stem)
    for key, text in grid.rows:
        asked = grid.stem if alone else text
        shared: dict[str, Any] = {
            "id": "", "text": asked, "required": grid.required, "asked_if": grid.asked_if,
        }  # fmt: skip
        name = grid.name if alone else grid.ids.get(key, f"{grid.name}_{key}")
        row = "" if alone else key
        if scale:
            one = Question(kind="scale", min=scale.min, max=scale.max, labels=scale.labels, **shared)
            draft.ask(grid.source, name, one, scale.values, row)
        else:
            one = Question(
                kind="several" if grid.several else "choice", options=tuple(options.values()), **shared
            )
            draft.ask(grid.source, name, one, {key: option.id for key, option in options.items()}, row)
    if not alone:
        draft.turn()  # what follows does not stand below the stem
