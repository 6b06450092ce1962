"""Whether a message keeps a promise: learned from messages beside promises, or by words of our list alone.

A message conflicts where it has to do with the promise and goes against it. The first is seen from how near
it lies to the promise and its examples; the second from how messages that break promises speak, from the
relationship it offers beside that of the examples, and from the values it expresses on the circle. Without
examples only the second is left.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import numpy as np
from scipy.special import expit, log_expit

from verbond.expressions.heads import Heads
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.learning import fit_binary
from verbond.expressions.lexicon import Hit, find_words
from verbond.expressions.promise import Promise
from verbond.language import Encoder
from verbond.method import opposition
from verbond.results.wording import Language

__all__ = [
    "Against",
    "Judge",
    "Pairs",
    "VectorJudge",
    "WordJudge",
    "fit_judge",
    "shipped_judge",
    "words_against",
]

FAR = 140.0
"""Degrees on the circle from which a value goes against a promised one: on the other side of it."""
NEARNESS = 5
"""The first features."""
LEAN, OPPOSED, WORDS = 2.0, 0.3, 1.6
"""What nearness to what breaks it rather than keeps it, values opposite, and words that go with what the
message offers add to the log-odds: fixed, chosen on the parts train and dev with brands left out. Learned
weights did worse."""
OTHER = 0.2
"""Probability of another relationship from which words that go against the promise are believed."""
TOUCH, SPEECH = 0.3, 1.0
"""Strengths of the two fits, chosen likewise."""
SHARE = 0.3
"""Of messages that conflict, among those that probabilities are calibrated on: written for the promise and by
lot, in this mixture."""
FOLDS = 8
_SPREAD = np.array([8.0] * 5)
"""Cosines spread by an eighth or so: the ridge should not see that."""


@dataclass(frozen=True, slots=True)
class Against:
    """What is learned of going against promises.

    Attributes
    ----------
    speech : (d + 1,) float64
        Of vectors: how messages that break promises speak; the intercept last.
    touch : (6,) float64
        Of nearness: whether a message has to do with the promise.
    calibration : (2, 2) float64
        Slope and intercept of the log-odds, with examples and without.
    n_pairs : int
        Messages beside promises that were learned from.
    """

    speech: np.ndarray
    touch: np.ndarray
    calibration: np.ndarray
    n_pairs: int

    def logits(self, features: np.ndarray, vectors: np.ndarray, *, exemplified: bool = True) -> np.ndarray:
        """Log-odds of conflict (n,).

        Parameters
        ----------
        features : (n, 8) float64
            See `features_of`.
        vectors : (n, d) float64
            As the heads centre them.
        exemplified : bool
            The promise has examples: nearness counts.
        """
        found = _linear(vectors, self.speech) + features[:, NEARNESS:] @ (LEAN, OPPOSED, WORDS)
        if exemplified:
            found += log_expit(_linear(features[:, :NEARNESS], self.touch))
        slope, intercept = self.calibration[0 if exemplified else 1]
        return slope * found + intercept

    def to_bytes(self) -> bytes:
        """As a file of numpy; the same gives the same bytes."""
        buffer = io.BytesIO()
        np.savez(
            buffer, speech=self.speech.astype(np.float32), touch=self.touch, calibration=self.calibration,
            n_pairs=np.array(self.n_pairs),
        )  # fmt: skip
        return buffer.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> Against:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as f:
            return cls(f["speech"].astype(np.float64), f["touch"], f["calibration"], int(f["n_pairs"]))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Messages beside promises, as features.

    Attributes
    ----------
    features : (n, 8) float64
        See `features_of`.
    vectors : (n, d) float64
        Of the messages, as the heads centre them.
    conflict : (n,) float64
        0..1.
    touches : (n,) float64
        0..1: whether the message has to do with the promise.
    own : (n,) bool
        Written for this promise, and not for another one.
    groups, origins : (n,) str
        Brand of the promise; brand that the message was written for.
    """

    features: np.ndarray
    vectors: np.ndarray
    conflict: np.ndarray
    touches: np.ndarray
    own: np.ndarray
    groups: np.ndarray
    origins: np.ndarray

    def where(self, here: np.ndarray) -> Pairs:
        """Some of them."""
        return Pairs(*(getattr(self, name)[here] for name in self.__slots__))


class Judge(Protocol):
    """Anything that says how likely messages conflict with a promise."""

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """Probabilities of conflict, shape (n,); NaN where it cannot tell."""
        ...


@dataclass(frozen=True, slots=True)
class VectorJudge:
    """What was learned, on the vectors of an encoder."""

    encoder: Encoder
    heads: Heads
    against: Against

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """See `Judge`."""
        if not texts:
            return np.zeros(0)
        vectors = self.encoder.encode(texts)
        features = features_of(self.encoder, self.heads, texts, languages, vectors, promise)
        known = bool(promise.keeps and promise.breaks)
        return expit(self.against.logits(features, self.heads.centred(vectors), exemplified=known))


class WordJudge:
    """Words of our list that stand for another relationship than the promised one, or for values opposite."""

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """See `Judge`."""
        sides = word_sides(texts, languages, promise)
        return np.where(sides == 0, np.nan, expit(1.2 * sides - 0.5))


def word_sides(texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
    """Words of our list against a promise less those for it, (n,), -2..2; refused ones count half, back."""
    found = [
        sum(_side(hit, promise) * (-0.5 if hit.is_negated else 1.0) for hit in find_words(text, language))
        for text, language in zip(texts, languages, strict=True)
    ]
    return np.clip(np.array(found, float), -2.0, 2.0)


def words_against(text: str, language: Language, promise: Promise) -> tuple[Hit, ...]:
    """Words of our list in a message that go against a promise, and are not refused."""
    return tuple(hit for hit in find_words(text, language) if not hit.is_negated and _side(hit, promise) > 0)


def words_refused(text: str, language: Language, promise: Promise) -> bool:
    """Whether words that would go against a promise stand in a message, and all of them are refused."""
    against = [hit.is_negated for hit in find_words(text, language) if _side(hit, promise) > 0]
    return bool(against) and all(against)


def _side(hit: Hit, promise: Promise) -> float:
    """1 against the promise, -1 for it, 0 neither."""
    if promise.relationship and hit.word.relationship:
        return -1.0 if hit.word.relationship == promise.relationship else 1.0
    strongest = max(hit.word.values, key=lambda value: hit.word.values[value], default="")
    if not strongest or not promise.values:
        return 0.0
    apart = min(opposition(strongest, value) for value in promise.values)
    return 1.0 if apart >= FAR else -1.0 if strongest in promise.values else 0.0


def features_of(
    encoder: Encoder, heads: Heads, texts: Sequence[str], languages: Sequence[Language], vectors: np.ndarray,
    promise: Promise,
) -> np.ndarray:  # fmt: skip
    """What messages are beside a promise, (n, 8).

    Nearness (cosine, less what all texts share) to the nearest example that keeps it, the nearest that breaks
    it, to these on average, and to the words of the promise; the second less the first; values on the other
    side of the circle than the promised ones; and, where words go against the promise and no example that
    keeps it lies nearer, whether the message may well offer a market or authority that is not promised.
    """
    x = heads.unit(vectors)
    words = x @ heads.unit(encoder.encode([promise.text]))[0]
    near = [
        x @ heads.unit(encoder.encode(examples)).T if examples else words[:, None]
        for examples in (promise.keeps, promise.breaks)
    ]
    (k_max, k_mean), (b_max, b_mean) = ((one.max(axis=1), one.mean(axis=1)) for one in near)
    kinds, values = heads.rate(vectors)
    apart = [min((opposition(v, p) for p in promise.values), default=0.0) >= FAR for v in VALUES]
    other = sum(
        kinds[:, RELATIONSHIPS.index(kind)]
        for kind in ("market", "authority")
        if kind != promise.relationship
    )
    against = (word_sides(texts, languages, promise) > 0) & (b_max >= k_max)
    return np.column_stack([
        k_max, b_max, k_mean, b_mean, words, b_max - k_max, values @ np.array(apart, float),
        against & (other > OTHER),
    ]).astype(np.float64)  # fmt: skip


def fit_judge(pairs: Pairs) -> Against:
    """Learn what goes against promises; how sure to be is learned from brands left out."""
    sure = sides_agree(pairs)
    told = (pairs.conflict[sure] >= 0.5).astype(float)
    weights = np.where(told == 1, SHARE / told.mean(), (1 - SHARE) / (1 - told.mean()))
    calibration = [
        fit_binary(left_out(pairs, exemplified=known)[sure, None], told, 100.0, weights)
        for known in (True, False)
    ]
    return dataclasses.replace(_fit(pairs), calibration=np.array(calibration))


def left_out(pairs: Pairs, *, exemplified: bool = True) -> np.ndarray:
    """Log-odds (n,), not calibrated, by what is learned without the brand and messages of that brand."""
    both = np.unique(np.concatenate([pairs.groups, pairs.origins]), return_inverse=True)[1] % FOLDS
    fold, origin = both[: len(pairs.groups)], both[len(pairs.groups) :]
    logits = np.zeros(len(pairs.conflict))
    for k in np.unique(fold):
        here = fold == k
        learned = _fit(pairs.where(~here & (origin != k)))
        logits[here] = learned.logits(pairs.features[here], pairs.vectors[here], exemplified=exemplified)
    return logits


def sides_agree(pairs: Pairs) -> np.ndarray:
    """Where it is one or the other to both raters, as good as (n,) bool."""
    return (pairs.conflict <= 0.25) | (pairs.conflict >= 0.75)


def _fit(pairs: Pairs) -> Against:
    own = sides_agree(pairs) & pairs.own
    return Against(
        fit_binary(pairs.vectors[own], (pairs.conflict[own] >= 0.5).astype(float), SPEECH),
        fit_binary(pairs.features[:, :NEARNESS] * _SPREAD, pairs.touches, TOUCH) * np.r_[_SPREAD, 1.0],
        np.array([[1.0, 0.0], [1.0, 0.0]]),
        len(pairs.conflict),
    )


def _linear(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return x @ weights[:-1] + weights[-1]


@cache
def shipped_judge(encoder: str) -> Against | None:
    """What was learned on the gold set, for an encoder by name; None where there is none."""
    found = files("verbond.expressions") / "data" / "against" / f"{encoder}.npz"
    return Against.of_bytes(found.read_bytes()) if found.is_file() else None
