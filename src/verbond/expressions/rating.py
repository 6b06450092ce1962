"""What a message offers and expresses: probabilities, the words that did it, or why it cannot be told."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from scipy.special import softmax

from verbond.expressions.heads import Heads, shipped_heads
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.lexicon import Hit, find_words
from verbond.expressions.reading import LONGEST, language_of, unreadable
from verbond.language import Encoder, find_encoder
from verbond.results import Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.wording import LANGUAGES, Language

__all__ = [
    "EncoderRater",
    "Evidence",
    "Rater",
    "Rating",
    "Ratings",
    "WordRater",
    "evidence_of",
    "find_rater",
    "rate",
]

STEP = "diagnosis.step_expressions"
BATCH = 64
"""Texts after which progress is told."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a message that a rating rests on.

    Attributes
    ----------
    start, end : int
        Characters of the text.
    text : str
    stands_for : str
        A relationship type or a value.
    is_negated : bool
        Refused: it does not count.
    """

    start: int
    end: int
    text: str
    stands_for: str
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Rating:
    """One message.

    Attributes
    ----------
    text : str
    language : str
        "nl", "en" or "".
    relationship : mapping of str to float
        Probability of each relationship type and "none"; sum 1. Empty where abstained.
    values : mapping of str to float
        Probability that each of the ten values is expressed. Empty where abstained.
    abstained : bool
        It is not rated.
    reason : Reason or None
        Why not; of a rating, where it comes from if that is a label.
    evidence : tuple of Evidence
        Words of our list.
    """

    text: str
    language: str
    relationship: Mapping[str, float]
    values: Mapping[str, float]
    abstained: bool = False
    reason: Reason | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Ratings(Result):
    """Messages, rated.

    Attributes
    ----------
    messages : tuple of Rating
        In the order given.
    rater : str
        Name and version of what rated them.
    headline : Reason
    reasons : tuple of Reason
        What to know of the rater.
    provenance : Provenance
    """

    messages: tuple[Rating, ...]
    rater: str
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    @property
    def relationships(self) -> np.ndarray:
        """Probabilities (n, 5) in the order of `RELATIONSHIPS`; NaN where abstained."""
        return np.array(
            [[one.relationship.get(name, np.nan) for name in RELATIONSHIPS] for one in self.messages]
        )

    def to_dicts(self, language: Language = "en") -> list[dict[str, Any]]:
        """A row a message, with its reason in a language."""
        return [
            {
                "text": one.text,
                "language": one.language,
                "relationship": dict(one.relationship),
                "values": dict(one.values),
                "abstained": one.abstained,
                "reason": None if one.reason is None else one.reason.sentence(language),
                "evidence": [dataclasses.asdict(e) for e in one.evidence],
            }
            for one in self.messages
        ]


class Rater(Protocol):
    """Anything that gives probabilities to texts that can be read.

    Attributes
    ----------
    name, version : str
    reasons : tuple of Reason
        What to know of it.
    """

    name: str
    version: str
    reasons: tuple[Reason, ...]

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """Relationships (n, 5), values (n, 10), and why one of them is not rated."""
        ...


class EncoderRater:
    """Heads on the vectors of an encoder; deterministic, no network."""

    reasons: tuple[Reason, ...] = ()

    def __init__(self, encoder: Encoder, heads: Heads) -> None:
        self.encoder, self.heads = encoder, heads
        self.name = encoder.name
        self.version = hashlib.sha256(heads.to_bytes()).hexdigest()[:12]

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`."""
        if not texts:
            return np.zeros((0, len(RELATIONSHIPS))), np.zeros((0, len(VALUES))), ()
        return *self.heads.rate(self.encoder.encode(texts)), [None] * len(texts)

    def remembering(self) -> EncoderRater:
        """The same, which encodes each text once; let it go when the texts are done."""
        return EncoderRater(_Remembering(self.encoder), self.heads)

    def similarity(self, texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
        """Cosines (n, m) of texts with others, less what all texts share."""
        return self.heads.unit(self.encoder.encode(texts)) @ self.heads.unit(self.encoder.encode(others)).T


class _Remembering:
    """An encoder that keeps the vectors of what it has seen."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._seen, self.name = encoder, dict[str, np.ndarray](), encoder.name

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._seen]
        if new:
            self._seen.update(zip(new, self._encoder.encode(new), strict=True))
        return np.array([self._seen[text] for text in texts], np.float32)


class WordRater:
    """Our word list alone, with fixed weights: precise where it speaks, and mostly silent."""

    name = "words"
    reasons = (Reason("expressions.words_only"),)
    _EACH = 1.5
    """Log-odds that a word of the list adds to its relationship."""

    @property
    def version(self) -> str:
        """Hash of the list."""
        content = (files("verbond.language") / "data" / "words.txt").read_bytes()
        return hashlib.sha256(content).hexdigest()[:12]

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`."""
        logits, weights = np.zeros((len(texts), len(RELATIONSHIPS))), np.zeros((len(texts), len(VALUES)))
        reasons: list[Reason | None] = []
        for i, (text, language) in enumerate(zip(texts, languages, strict=True)):
            hits = [hit for hit in find_words(text, language) if not hit.is_negated]
            for hit in hits:
                if hit.word.relationship:
                    logits[i, RELATIONSHIPS.index(hit.word.relationship)] += self._EACH
                for value, weight in hit.word.values.items():
                    weights[i, VALUES.index(value)] += weight
            reasons.append(None if hits else Reason("expressions.no_known_words"))
        return softmax(logits, axis=1), weights / (1 + weights.sum(axis=1, keepdims=True)), reasons


@cache
def find_rater(*, thorough: bool = False) -> Rater:
    """The best rater that is installed: an encoder with heads, else the word list.

    Parameters
    ----------
    thorough : bool
        With the slow encoder too, where it is installed.
    """
    encoder = find_encoder(thorough=thorough)
    heads = shipped_heads(encoder.name) if encoder is not None else None
    return EncoderRater(encoder, heads) if encoder is not None and heads is not None else WordRater()


def rate(
    texts: Sequence[str],
    languages: Sequence[str | None] | None = None,
    *,
    rater: Rater | None = None,
    name: str = "messages",
    progress: ProgressFunction = silent,
) -> Ratings:
    """Rate messages.

    Parameters
    ----------
    texts : sequence of str
        Of a message the first 20,000 characters are read.
    languages : sequence of {"nl", "en", None}, optional
        Found out where not given.
    rater : Rater, optional
        The best that is installed where not given.
    name : str
        Of the source.
    progress : callable
        Told after each batch of 64 different texts.

    Returns
    -------
    Ratings
        A rating a text; one that cannot be read has a reason.

    Examples
    --------
    >>> found = rate(["Geen korting bij ons, wel aandacht voor elkaar."], rater=WordRater())
    >>> [(one.text, one.stands_for, one.is_negated) for one in found.messages[0].evidence]
    [('korting', 'market', True), ('aandacht', 'meaning', False)]
    """
    rater = rater or find_rater()
    given = [None] * len(texts) if languages is None else list(languages)
    spoken = [_language(text, told) for text, told in zip(texts, given, strict=True)]
    why = [
        unreadable(text) or (None if lang else Reason("expressions.other_language"))
        for text, lang in zip(texts, spoken, strict=True)
    ]
    readable = {
        (text[:LONGEST], lang): None for text, lang, no in zip(texts, spoken, why, strict=True) if not no
    }
    told = dict(zip(readable, _rated(rater, list(readable), progress), strict=True))
    beside = getattr(rater, "beside", frozenset())
    found = [
        _rating(text, lang, *told[text[:LONGEST], lang], beside) if not no
        else Rating(text, lang or "", MappingProxyType({}), MappingProxyType({}), True, no)
        for text, lang, no in zip(texts, spoken, why, strict=True)
    ]  # fmt: skip
    n_rated = sum(not one.abstained for one in found)
    return Ratings(
        tuple(found), f"{rater.name} {rater.version}",
        Reason("expressions.rated", {"n": n_rated, "of": len(found)}),
        rater.reasons,
        Provenance(source=name, fingerprint=hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]),
    )  # fmt: skip


def _rated(
    rater: Rater, readable: Sequence[tuple[str, Language]], progress: ProgressFunction
) -> Iterator[tuple[np.ndarray, np.ndarray, Reason | None]]:
    """Relationships, values and a reason of each text, a batch at a time."""
    for start in range(0, len(readable), BATCH):
        batch = readable[start : start + BATCH]
        yield from zip(*rater.rate([text for text, _ in batch], [lang for _, lang in batch]), strict=True)
        progress(Progress(STEP, min(start + BATCH, len(readable)) / len(readable)))


def _language(text: str, told: str | None) -> Language | None:
    return told if told in LANGUAGES else language_of(text)  # type: ignore[return-value]


def _rating(
    text: str, language: Language, kinds: np.ndarray, values: np.ndarray, reason: Reason | None,
    beside: frozenset[str],
) -> Rating:  # fmt: skip
    evidence = tuple(evidence_of(hit) for hit in find_words(text[:LONGEST], language))
    if reason is not None and reason.code not in beside:
        return Rating(text, language, MappingProxyType({}), MappingProxyType({}), True, reason, evidence)
    return Rating(
        text, language,
        MappingProxyType(dict(zip(RELATIONSHIPS, kinds.tolist(), strict=True))),
        MappingProxyType(dict(zip(VALUES, values.tolist(), strict=True))),
        reason=reason, evidence=evidence,
    )  # fmt: skip


def evidence_of(hit: Hit) -> Evidence:
    """A word of our list, where it stands and what it stands for."""
    strongest = max(hit.word.values, key=lambda value: hit.word.values[value])
    return Evidence(hit.start, hit.end, hit.text, hit.word.relationship or strongest, hit.is_negated)
