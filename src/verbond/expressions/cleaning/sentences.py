"""Sentences of a message, each with its language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from verbond.expressions.reading import language_of
from verbond.results.wording import Language

__all__ = ["Span", "sentences"]

_END = re.compile(r"[.!?…]{1,5}[\"'”’)\]]{0,3}(?=\s+[^\sa-z])|\n+")
_SHORT = re.compile(
    r"(?:^|[\s(])(?:dhr|mevr|mw|dr|drs|mr|mrs|ms|prof|ing|ir|st|nr|no|art|blz|bijv|bv|d\.w\.z|o\.a|m\.b\.t"
    r"|e\.g|i\.e|vs|ca|incl|excl|tel|[A-Z])\.$",
    re.IGNORECASE,
)
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of a message.

    Attributes
    ----------
    start, end : int
        Where it stands in the message.
    text : str
        The sentence.
    language : str, optional
        "nl", "en", or None where it is plainly another language.
    """

    start: int
    end: int
    text: str
    language: Language | None


def sentences(text: str, language: Language | None = None) -> tuple[Span, ...]:
    """Sentences of a message, each with its language.

    Parameters
    ----------
    text : str
        The message.
    language : str, optional
        The language of the message; sentences of fewer than three words have it.

    Returns
    -------
    tuple of Span
        `text[span.start:span.end] == span.text` for each.

    Examples
    --------
    >>> [(s.text, s.language) for s in sentences("Wij helpen je graag verder. We are here to help you.")]
    [('Wij helpen je graag verder.', 'nl'), ('We are here to help you.', 'en')]
    """
    whole = language or language_of(text)
    found = []
    start = 0
    for end in [*_ends(text), len(text)]:
        piece = text[start:end]
        bare = piece.strip()
        if bare:
            at = start + len(piece) - len(piece.lstrip())
            own = language_of(bare) if len(bare.split()) >= _LEAST_WORDS else whole
            found.append(Span(at, at + len(bare), bare, own))
        start = end
    return tuple(found)


def _ends(text: str) -> list[int]:
    return [
        match.end()
        for match in _END.finditer(text)
        if not _SHORT.search(text[max(0, match.start() - 12) : match.start() + 1])
    ]
