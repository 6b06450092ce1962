"""Our list of words that companies use, and where each stands on the value circle.

The list (`data/words.txt`) was written for Verbond by one hand, in Dutch and English: it is a judgement and
no measurement, and whoever uses it confirms or corrects what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from verbond.language.stems import FUNCTION_WORDS, NEGATIONS, stem, tokens
from verbond.results.wording import Language

__all__ = ["WORDS", "Word", "index", "stems_of", "written"]


@dataclass(frozen=True, slots=True)
class Word:
    """One line of the list: words in both languages that stand at the same place.

    Attributes
    ----------
    values : mapping of str to float
        Ids of values on the circle of ten, weights that sum to 1.
    relationship : str or None
        The relationship type that the words belong to ("market", "authority", "meaning", "equality").
    nl, en : tuple of str
        The words and phrases; the first is the one to show.
    """

    values: Mapping[str, float]
    relationship: str | None
    nl: tuple[str, ...]
    en: tuple[str, ...]

    def say(self, language: Language = "en") -> str:
        """The word to show."""
        return (self.nl if language == "nl" else self.en)[0]


def _word(line: str) -> Word:
    values, relationship, dutch, english = (part.strip() for part in line.split("|"))
    weights = {}
    for part in values.split():
        value, _, weight = part.partition(":")
        weights[value] = float(weight or 1)
    total = sum(weights.values())
    return Word(
        MappingProxyType({value: weight / total for value, weight in weights.items()}),
        None if relationship == "-" else relationship,
        *(tuple(word.strip() for word in words.split(";")) for words in (dutch, english)),
    )


def _read() -> tuple[Word, ...]:
    text = (files("verbond.language") / "data" / "words.txt").read_text("utf-8")
    return tuple(_word(line) for line in text.splitlines() if line.strip() and not line.startswith("#"))


WORDS: tuple[Word, ...] = _read()
"""Every line of the list."""


def stems_of(phrase: str, language: Language) -> tuple[str, ...]:
    """Stems of a phrase without function words (kept where nothing else is in it); negations stay.

    Examples
    --------
    >>> stems_of("bijdragen aan een duurzame wereld", "nl")
    ('bijdrag', 'durzam', 'wereld')
    """
    words = tokens(phrase)
    telling = [w for w in words if w not in FUNCTION_WORDS[language]] or words
    return tuple(w if w in NEGATIONS[language] else stem(w, language) for w in telling)


@cache
def index(language: Language) -> Mapping[tuple[str, ...], tuple[Word, str]]:
    """Every phrase of the list by its stems: its line, and the phrase as written.

    Where two phrases share their stems, the one that lost no function words wins, then the earlier line.
    """
    hits = [(stems_of(phrase, language), word, phrase) for word, phrase in _phrases(language)]
    found: dict[tuple[str, ...], tuple[Word, str]] = {}
    for stems, word, phrase in sorted(hits, key=lambda hit: len(tokens(hit[2])) - len(hit[0])):
        found.setdefault(stems, (word, phrase))
    return MappingProxyType(found)


@cache
def written(language: Language) -> Mapping[tuple[str, ...], tuple[Word, str]]:
    """Every phrase of the list as it is written, where two inflections stand at different places."""
    return MappingProxyType({tuple(tokens(phrase)): (word, phrase) for word, phrase in _phrases(language)})


def _phrases(language: Language) -> Iterator[tuple[Word, str]]:
    for word in WORDS:
        for phrase in word.nl if language == "nl" else word.en:
            yield word, phrase
