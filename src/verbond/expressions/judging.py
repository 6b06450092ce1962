"""Whether a message keeps a promise: learned from messages beside promises, and by words alone without an encoder.

A message conflicts where it has to do with the promise and goes against it. The first is seen from how near
it lies to the promise and its examples; the second from how messages that break promises speak, from the
relationship it offers beside that of the examples, and from the values it expresses on the circle.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import numpy as np
from scipy.special import expit, log_expit

from verbond.expressions.heads import RELATIONSHIPS, VALUES, Heads
from verbond.expressions.learning import fit_binary, fit_temperature
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

FAR = 108.0
"""Degrees on the circle from which a value goes against a promised one: on the other side of it."""
_SMALL = 0.02
_NEAR = 5
"""The first features: how near."""
_TOUCH, _SPEECH, _SIDE = 0.3, 1.0, 0.2
"""Strengths of the three fits, chosen on the parts train and dev with brands left out."""
FOLDS = 8


@dataclass(frozen=True, slots=True)
class Against:
    """What is learned of going against promises.

    Attributes
    ----------
    touch : (6,) float64
        Weights and intercept of nearness.
    speech : (d + 1,) float64
        Of vectors: how messages that break promises speak.
    side : (15,) float64
        Of all features and what `speech` gives.
    means, spreads : (14,) float64
        Of the features.
    temperature : float
    n_pairs : int
        Messages beside promises that were learned from.
    """

    touch: np.ndarray
    speech: np.ndarray
    side: np.ndarray
    means: np.ndarray
    spreads: np.ndarray
    temperature: float
    n_pairs: int

    def logits(self, features: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Log-odds of conflict (n,), from features (n, 13) and vectors (n, d) as the heads centre them."""
        x = (np.column_stack([features, _linear(vectors, self.speech)]) - self.means) / self.spreads
        log_p = log_expit(_linear(x[:, :_NEAR], self.touch)) + log_expit(_linear(x, self.side))
        return log_p - np.log(-np.expm1(np.minimum(log_p, -1e-9)))

    def to_bytes(self) -> bytes:
        """As a file of numpy; the same gives the same bytes."""
        buffer = io.BytesIO()
        np.savez(
            buffer, touch=self.touch, speech=self.speech.astype(np.float32), side=self.side, means=self.means,
            spreads=self.spreads, told=np.array([self.temperature, self.n_pairs]),
        )  # fmt: skip
        return buffer.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> Against:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as f:
            temperature, n = f["told"].tolist()
            return cls(
                f["touch"],
                f["speech"].astype(np.float64),
                f["side"],
                f["means"],
                f["spreads"],
                temperature,
                int(n),
            )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Messages beside promises, as features.

    Attributes
    ----------
    features : (n, 13) float64
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
        features = features_of(self.heads, vectors, *promise_vectors(self.encoder, promise), promise)
        return expit(self.against.logits(features, self.heads.centred(vectors)) / self.against.temperature)


class WordJudge:
    """Words of our list that stand for another relationship than the promised one, or for values opposite."""

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """See `Judge`."""
        found = np.full(len(texts), np.nan)
        for i, (text, language) in enumerate(zip(texts, languages, strict=True)):
            hits = find_words(text, language)
            sides = [_side(hit, promise) * (-0.5 if hit.is_negated else 1.0) for hit in hits]
            if any(sides):
                found[i] = expit(-0.5 + 1.2 * sum(sides))
        return found


def words_against(text: str, language: Language, promise: Promise) -> tuple[Hit, ...]:
    """Words of our list in a message that go against a promise, and are not refused."""
    return tuple(hit for hit in find_words(text, language) if not hit.is_negated and _side(hit, promise) > 0)


def _side(hit: Hit, promise: Promise) -> float:
    """1 against the promise, -1 for it, 0 neither."""
    if promise.relationship and hit.word.relationship:
        return -1.0 if hit.word.relationship == promise.relationship else 1.0
    strongest = max(hit.word.values, key=lambda value: hit.word.values[value], default="")
    if not strongest or not promise.values:
        return 0.0
    apart = min(opposition(strongest, value) for value in promise.values)
    return 1.0 if apart >= FAR else -1.0 if strongest in promise.values else 0.0


def promise_vectors(encoder: Encoder, promise: Promise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of its words (1, d), of what keeps it and of what breaks it; these two may be empty."""
    all_of = encoder.encode([promise.text, *promise.keeps, *promise.breaks])
    k = 1 + len(promise.keeps)
    return all_of[:1], all_of[1:k], all_of[k:]


def features_of(
    heads: Heads,
    vectors: np.ndarray,
    words: np.ndarray,
    keeps: np.ndarray,
    breaks: np.ndarray,
    promise: Promise,
) -> np.ndarray:
    """What a message is beside a promise, (n, 13).

    Nearness (cosine, centred) to the nearest that keeps and breaks, to these on average and to the words of
    the promise; log-odds of the relationship of what breaks it against that of what keeps it; probabilities
    of the promised relationship, of none, of a market and authority where another is promised; values of
    what breaks it less what keeps it; promised values; values on the other side of the circle.
    """
    n = len(vectors)
    x, w = heads.unit(vectors), heads.unit(words)
    kinds, values = heads.rate(vectors)
    sides = []
    for examples in (keeps, breaks):
        if len(examples):
            near = x @ heads.unit(examples).T
            sides.append(
                (near.max(axis=1), near.mean(axis=1), *(a.mean(axis=0) for a in heads.rate(examples)))
            )
        else:  # as far as the words of the promise, and of no kind in particular
            near = (x @ w.T)[:, 0]
            sides.append((near, near, np.full(len(RELATIONSHIPS), 0.2), np.zeros(len(VALUES))))
    (k_max, k_mean, k_kinds, k_values), (b_max, b_mean, b_kinds, b_values) = sides
    promised = np.array([value in promise.values for value in VALUES], float)
    apart = np.array(
        [min((opposition(v, p) for p in promise.values), default=0.0) >= FAR for v in VALUES], float
    )
    kind = {name: kinds[:, i] for i, name in enumerate(RELATIONSHIPS)}
    other = {name: kind[name] * (name != promise.relationship) for name in ("market", "authority")}
    return np.column_stack([
        k_max, b_max, k_mean, b_mean, (x @ w.T)[:, 0],
        np.log(kinds @ (b_kinds + _SMALL)) - np.log(kinds @ (k_kinds + _SMALL)),
        kind.get(promise.relationship, np.zeros(n)), kind["none"], other["market"], other["authority"],
        values @ (b_values - k_values), values @ promised / max(promised.sum(), 1.0), values @ apart,
    ]).astype(np.float64)  # fmt: skip


def fit_judge(pairs: Pairs) -> Against:
    """Learn what goes against promises; how sure to be is learned from brands left out."""
    found, sure = _fit(pairs), (pairs.conflict <= 0.25) | (pairs.conflict >= 0.75)
    unseen = left_out(pairs)[sure]
    flat, told = unseen / 2, (pairs.conflict[sure] >= 0.5).astype(float)
    temperature = fit_temperature(np.column_stack([flat, -flat]), np.column_stack([told, 1 - told]))
    return Against(
        *(getattr(found, name) for name in Against.__slots__[:5]), temperature, len(pairs.conflict)
    )


def left_out(pairs: Pairs) -> np.ndarray:
    """Log-odds (n,) of each pair by what is learned without its brand, and without messages of that brand."""
    fold = _folds(pairs)
    logits = np.zeros(len(pairs.conflict))
    for k in np.unique(fold[0]):
        here = fold[0] == k
        learned = _fit(pairs.where(~here & (fold[1] != k)))
        logits[here] = learned.logits(pairs.features[here], pairs.vectors[here])
    return logits


def _folds(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    both = np.unique(np.concatenate([pairs.groups, pairs.origins]), return_inverse=True)[1] % FOLDS
    return both[: len(pairs.groups)], both[len(pairs.groups) :]


def _fit(pairs: Pairs) -> Against:
    sure = (pairs.conflict <= 0.25) | (pairs.conflict >= 0.75)
    spoken = _unseen_speech(pairs, sure)
    x = np.column_stack([pairs.features, spoken])
    means, spreads = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = (x - means) / spreads
    near, told = pairs.touches, (pairs.conflict >= 0.5).astype(float)
    about = sure & (pairs.touches >= 0.5)
    return Against(
        fit_binary(x[:, :_NEAR], near, _TOUCH),
        _fit_speech(pairs, sure),
        fit_binary(x[about], told[about], _SIDE),
        means, spreads, 1.0, len(x),
    )  # fmt: skip


def _fit_speech(pairs: Pairs, here: np.ndarray) -> np.ndarray:
    own = here & pairs.own
    return fit_binary(pairs.vectors[own], (pairs.conflict[own] >= 0.5).astype(float), _SPEECH)


def _unseen_speech(pairs: Pairs, sure: np.ndarray) -> np.ndarray:
    """What `speech` gives each message by what is learned from other brands."""
    fold, origin = _folds(pairs)
    found = np.zeros(len(pairs.conflict))
    for k in np.unique(fold):
        learned = _fit_speech(pairs, sure & (fold != k) & (origin != k))
        found[fold == k] = _linear(pairs.vectors[fold == k], learned)
    return found


def _linear(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return x @ weights[:-1] + weights[-1]


@cache
def shipped_judge(encoder: str) -> Against | None:
    """What was learned on the gold set, for an encoder by name; None where there is none."""
    found = files("verbond.expressions") / "data" / "against" / f"{encoder}.npz"
    return Against.of_bytes(found.read_bytes()) if found.is_file() else None
