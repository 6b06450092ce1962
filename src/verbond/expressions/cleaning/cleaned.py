"""What of a message its writer wrote: without markup, quoted replies, signature and disclaimer."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.expressions.cleaning.markup import LONGEST_MARKUP, is_markup, text_of_markup
from verbond.expressions.cleaning.threads import stripped
from verbond.results import Reason

__all__ = ["LONGEST_CLEANED", "Cleaned", "Removed", "clean"]

LONGEST_CLEANED = 100_000
"""Characters of a message that are kept; what comes after is left out."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out of a message.

    Attributes
    ----------
    kind : str
        "markup", "quoted", "signature", "disclaimer", or "too_long".
    n_characters : int
        How much of it.
    """

    kind: str
    n_characters: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A message as its writer wrote it.

    Attributes
    ----------
    text : str
        What is left; empty where all of it was quoted.
    removed : tuple of Removed
        What was taken out, each kind once.
    reason : Reason, optional
        What could not be cleaned, and why.
    """

    text: str
    removed: tuple[Removed, ...] = ()
    reason: Reason | None = None


def clean(text: str) -> Cleaned:
    """A message without markup, quoted replies, signature and disclaimer.

    A text that has none of these stays as it is, but for line ends and space around it. When in doubt a line
    stays: a signature without a greeting above it is not known from text.

    Parameters
    ----------
    text : str
        Plain text or HTML, of any length; the first 100,000 characters are kept (500,000 of HTML are read).

    Returns
    -------
    Cleaned

    Examples
    --------
    >>> clean("<p>Dag Anna,</p><p>Het is geregeld.</p>").text
    'Dag Anna,\\n\\nHet is geregeld.'
    >>> clean("Dank je!\\n\\nOp 3 mei 2026 schreef Jan:\\n> Gelukt?\\n> Groet, Jan").text
    'Dank je!'
    """
    left_out: dict[str, int] = {}
    reason = None
    if is_markup(text):
        text, left_out, reason = _unmarked(text)
    text = text.strip()
    if len(text) > LONGEST_CLEANED:
        left_out["too_long"] = left_out.get("too_long", 0) + len(text) - LONGEST_CLEANED
        text = text[:LONGEST_CLEANED]
    left, taken = stripped(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    for kind, n in taken.items():
        left_out[kind] = left_out.get(kind, 0) + n
    return Cleaned(left.strip(), tuple(Removed(kind, n) for kind, n in left_out.items() if n), reason)


def _unmarked(text: str) -> tuple[str, dict[str, int], Reason | None]:
    too_long = max(0, len(text) - LONGEST_MARKUP)
    try:
        told, left_out = text_of_markup(text)
    except ImportError:
        return text, {}, Reason("expressions_cleaning.no_markup_reader")
    markup = max(0, len(text) - too_long - len(told) - sum(left_out.values()))
    return told, {"markup": markup, **left_out, "too_long": too_long}, None
