"""Words of our list in a message: where they stand, what they belong to, whether they are turned round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from verbond.language.stems import FUNCTION_WORDS, NEGATIONS, plain, stem
from verbond.language.wordlist import Word, index
from verbond.results.wording import Language

__all__ = ["CLAUSE_END", "Hit", "find_words", "idle_negations", "is_declined"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?(?:-[^\W_]+)*|[+=]")
REACH = 3
"""A negation turns what follows within so many telling words, in the same sentence."""
CLAUSE_END = re.compile(r"[.,!?;:\n]")
"""What no negation reaches beyond."""
_IDLE: dict[Language, re.Pattern[str]] = {
    "nl": re.compile(
        r"\b(?:nooit|niet)\s+(?:eerder|alleen|enkel|slechts|zomaar|zonder|missen|vergeten|ontkennen)\b"
        r"|\b(?:mis|mist|missen|vergeet)\s+(?:\w+\s+)?(?:geen|niet|nooit)\b"
        r"|\bgeen\s+\w+\s+(?:te\s+)?(?:missen|gemist)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:never|not)\s+(?:before|only|just|merely|without)\b"
        r"|\b(?:don['’]t|can['’]t|cannot|never|not)\s+(?:\w+\s+)?(?:miss|forget|deny)\b",
        re.IGNORECASE,
    ),
}
"""Negations that refuse nothing: "never before was the discount so high", "don't miss the sale"."""
_DECLINED: dict[Language, re.Pattern[str]] = {
    "nl": re.compile(r"\s*\?\s*(?:nee|niet|nooit|geen)\b", re.IGNORECASE),
    "en": re.compile(r"\s*\?\s*(?:no|not|never|none)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A word or phrase of the list in a text.

    Attributes
    ----------
    start, end : int
        Characters of the text.
    text : str
        As it stands there.
    word : Word
        The line of the list.
    is_negated : bool
        What it says is refused ("no sale here").
    """

    start: int
    end: int
    text: str
    word: Word
    is_negated: bool


def find_words(text: str, language: Language) -> tuple[Hit, ...]:
    """The longest phrases of the list, from left to right.

    Examples
    --------
    >>> found = find_words("Geen korting bij ons", "nl")
    >>> [(hit.text, hit.word.relationship, hit.is_negated) for hit in found]
    [('korting', 'market', True)]
    """
    return tuple(_hits(text, language))


def idle_negations(text: str, language: Language) -> tuple[tuple[int, int], ...]:
    """Where negations stand that refuse nothing, as (start, end).

    Examples
    --------
    >>> idle_negations("Niet alleen korting, geen gedoe", "nl")
    ((0, 11),)
    """
    return tuple(found.span() for found in _IDLE[language].finditer(text))


def is_declined(text: str, end: int, language: Language, idle: tuple[tuple[int, int], ...]) -> bool:
    """Whether what ends at `end` is asked and declined at once.

    Examples
    --------
    >>> is_declined("Black Friday? Niet bij ons.", 12, "nl", ())
    True
    """
    found = _DECLINED[language].match(text, end)
    return found is not None and not any(start < found.end() <= stop for start, stop in idle)


def _hits(text: str, language: Language) -> Iterator[Hit]:
    known = index(language)
    longest = max(map(len, known))
    found = list(_telling(text, language))
    stems = [one for one, _, _ in found]
    idle = idle_negations(text, language)
    i, turned = 0, -1
    while i < len(stems):
        size = next((n for n in range(min(longest, len(stems) - i), 0, -1) if _key(stems, i, n) in known), 0)
        if size:
            start, end = found[i][1], found[i + size - 1][2]
            near = (
                turned >= 0 and i - turned <= REACH and not CLAUSE_END.search(text, found[turned][2], start)
            )
            if not any(map(str.isalpha, text[start:end])):  # of "op = op" the sign is all that tells
                i += size
                continue
            refused = near or is_declined(text, end, language, idle)
            yield Hit(start, end, text[start:end], known[_key(stems, i, size)][0], refused)
        elif stems[i] in NEGATIONS[language] and not any(a <= found[i][1] < b for a, b in idle):
            turned = i
        i += size or 1


def _key(stems: list[str], i: int, n: int) -> tuple[str, ...]:
    return tuple(stems[i : i + n])


def _telling(text: str, language: Language) -> Iterator[tuple[str, int, int]]:
    """Stems of the words that are no function words, with where they stand."""
    for found in _WORD.finditer(text):
        word = plain(found[0]).replace("’", "'")
        if word in NEGATIONS[language]:
            yield word, *found.span()
        elif word not in FUNCTION_WORDS[language]:
            yield stem(word, language), *found.span()
