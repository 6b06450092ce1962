"""What a model answered: read with distrust, and dropped where it quotes what nobody wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.results import Reason

__all__ = ["LEAST", "PLACEHOLDER", "Judgement", "Quote", "Reading", "read_judgement", "read_rating"]

LEAST = 0.02
"""No model is taken to be surer than this: probabilities stay within it of 0 and 1."""
_OFF = 0.1
"""How far a sum of probabilities may be from 1."""
_MOST_VALUES = len(VALUES)
_SHORTEST = 3
"""Letters of a quote, at least: a single letter stands in every message."""
_ALIKE = str.maketrans("‘’‚“”„–—", "'''\"\"\"--")
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]")
"""What stands where personal data were."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a message that a model rests on.

    Attributes
    ----------
    text : str
        As the model gave them.
    stands_for : str
        A relationship, a value or "conflict".
    """

    text: str
    stands_for: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as a model read it.

    Attributes
    ----------
    relationship : (5,) float or None
        Probabilities as the model gave them, sum 1; None where it is not rated.
    values : (10,) float or None
    quotes : tuple of Quote
        Each stands in the message, word for word.
    reason : Reason or None
        Why it is not rated.
    """

    relationship: np.ndarray | None = None
    values: np.ndarray | None = None
    quotes: tuple[Quote, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A message beside a promise, as a model read it.

    Attributes
    ----------
    conflict : float or None
        Probability that it breaks the promise; None where it is not judged.
    quote : Quote or None
        Stands in the message, word for word.
    reason : Reason
        Why, or why not.
    """

    conflict: float | None
    quote: Quote | None
    reason: Reason


class _BrokenError(Exception):
    """An answer that does not have the form that was asked for."""


def read_rating(answer: str, message: str) -> Reading:
    """Read the answer on a message that was sent."""
    try:
        told = _fields(answer, {"relationship", "quote", "values"})
        kinds = _fields(told["relationship"], set(RELATIONSHIPS))
        relationship = np.array([_probability(kinds[name]) for name in RELATIONSHIPS])
        if abs(relationship.sum() - 1) > _OFF:
            raise _BrokenError
        named = _values(told["values"])
        quote = _text(told["quote"])
    except _BrokenError:
        return Reading(reason=Reason("expressions_raters.broken_answer"))
    strongest = RELATIONSHIPS[int(relationship.argmax())]
    quotes = [Quote(words, value) for value, _, words in named]
    if strongest != "none" or quote.strip():
        quotes.insert(0, Quote(quote, strongest))
    if (reason := _quoted(quotes, message)) is not None:
        return Reading(reason=reason)
    values = np.full(len(VALUES), LEAST)
    for value, probability, _ in named:
        values[VALUES.index(value)] = probability
    relationship = np.clip(relationship, LEAST, None)
    return Reading(relationship / relationship.sum(), np.clip(values, LEAST, 1 - LEAST), tuple(quotes))


def read_judgement(answer: str, message: str) -> Judgement:
    """Read the answer on a message beside a promise."""
    try:
        told = _fields(answer, {"conflict", "quote"})
        conflict, quote = _probability(told["conflict"]), Quote(_text(told["quote"]), "conflict")
    except _BrokenError:
        return Judgement(None, None, Reason("expressions_raters.broken_answer"))
    if (reason := _quoted([quote], message)) is not None:
        return Judgement(None, None, reason)
    return Judgement(float(np.clip(conflict, LEAST, 1 - LEAST)), quote, Reason("expressions_raters.in_doubt"))


def _quoted(quotes: list[Quote], message: str) -> Reason | None:
    """Why these quotes do not hold, or None."""
    for quote in quotes:
        if len(re.sub(r"[\W\d_]", "", PLACEHOLDER.sub("", quote.text))) < _SHORTEST:
            return Reason("expressions_raters.no_quote")
        if not re.search(rf"(?<!\w){re.escape(_even(quote.text))}(?!\w)", _even(message)):
            return Reason("expressions_raters.invented_quote")
    return None


def _even(text: str) -> str:
    """With single spaces, straight quotation marks and short dashes: what copying changes."""
    return " ".join(text.translate(_ALIKE).split())


def _fields(told: Any, names: set[str]) -> dict[str, Any]:
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            raise _BrokenError from None
    if not isinstance(told, dict) or set(told) != names:
        raise _BrokenError
    return told


def _values(told: Any) -> list[tuple[str, float, str]]:
    if not isinstance(told, list) or len(told) > _MOST_VALUES:
        raise _BrokenError
    rows = [_fields(one, {"value", "probability", "quote"}) for one in told]
    found = [(_text(one["value"]), _probability(one["probability"]), _text(one["quote"])) for one in rows]
    names = [value for value, _, _ in found]
    if not set(names) <= set(VALUES) or len(set(names)) < len(names):
        raise _BrokenError
    return found


def _probability(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 1:
        raise _BrokenError
    return float(told)


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise _BrokenError
    return told
