"""What raters say of the part `test` of the gold set, and what the figures of it are."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks._expressions_measures import (
    Interval,
    accuracy,
    auc,
    by_brand,
    calibration_error,
    macro_f1,
    share_error,
    top_calibration,
)
from verbond.expressions.auditing import audit
from verbond.expressions.gold import gold_messages, gold_promises, gold_verdicts
from verbond.expressions.heads import Heads, shipped_heads
from verbond.expressions.judging import SHARE
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.rating import EncoderRater, Rater, WordRater
from verbond.language import Encoder
from verbond.method import CIRCLE, RELATIONSHIP_TYPES

__all__ = [
    "BRANDS",
    "BROKEN",
    "KINDS",
    "MESSAGES",
    "OWN",
    "SURE",
    "VERDICTS",
    "WORDS",
    "Kept",
    "Reading",
    "always",
    "calibration",
    "conflict_auc",
    "market_auc",
    "mixture",
    "raters",
    "read",
    "relationship",
    "second_rater",
    "shares",
    "top",
    "zero_shot",
]

MESSAGES = tuple(one for one in gold_messages() if one.split == "test")
VERDICTS = tuple(one for one in gold_verdicts() if one.split == "test")
KINDS = np.array([RELATIONSHIPS.index(one.relationship) for one in MESSAGES])
BRANDS = np.array([one.brand for one in MESSAGES])
OWN = np.array([one.is_own for one in VERDICTS])
PROMISERS = np.array([one.brand for one in VERDICTS])
SURE = np.array([one.verdict != "check" for one in VERDICTS])
BROKEN = np.array([one.verdict == "conflicts" for one in VERDICTS])
WORDS = "words alone"
_SILENT = 0.3775
"""What a word list gives whose words weigh the same for and against."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one rater says of everything.

    Attributes
    ----------
    name : str
    kinds : (n, 5) float64
    values : (n, 10) float64
    conflict, without : (m,) float64
        Probability of conflict, beside the promise with its examples and without.
    verdicts : (m,) str
        With examples.
    """

    name: str
    kinds: np.ndarray
    values: np.ndarray
    conflict: np.ndarray
    without: np.ndarray
    verdicts: np.ndarray


class Kept:
    """An encoder that encodes each text once, and keeps the vectors in a folder where one is given."""

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.name, self._encoder = encoder.name, encoder
        self._file = folder / f"{encoder.name}.pkl" if folder else None
        found = self._file is not None and self._file.exists()
        self._seen: dict[str, np.ndarray] = pickle.loads(self._file.read_bytes()) if found else {}  # type: ignore[union-attr]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See `Encoder`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._seen]
        for start in range(0, len(new), 64):
            some = new[start : start + 64]
            self._seen.update(zip(some, self._encoder.encode(some), strict=True))
        return np.array([self._seen[text] for text in texts], np.float32)

    def keep(self) -> None:
        """Write down what is known."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(pickle.dumps(self._seen))


def read(rater: Rater, name: str, *, without: bool = True) -> Reading:
    """Rate and audit everything, as a user does; languages are given; `without` examples once more."""
    texts, languages = [one.text for one in MESSAGES], [one.language for one in MESSAGES]
    kinds, values, _ = rater.rate(texts, languages)  # type: ignore[arg-type]
    conflict, verdicts = _audited(rater, examples=True)
    bare = _audited(rater, examples=False)[0] if without else np.full(len(VERDICTS), np.nan)
    return Reading(name, kinds, values, conflict, bare, verdicts)


def _audited(rater: Rater, *, examples: bool) -> tuple[np.ndarray, np.ndarray]:
    found, verdicts = np.full(len(VERDICTS), _SILENT), np.full(len(VERDICTS), "", dtype="U9")
    for name, promise in gold_promises().items():
        here = [i for i, one in enumerate(VERDICTS) if one.promise == name]
        if not here:
            continue
        told = promise if examples else replace(promise, keeps=(), breaks=())
        texts, languages = [VERDICTS[i].text for i in here], [VERDICTS[i].language for i in here]
        for i, one in zip(here, audit(texts, told, languages, rater=rater).messages, strict=True):
            found[i], verdicts[i] = one.conflict if one.conflict is not None else _SILENT, one.verdict
    return found, verdicts


def zero_shot(encoder: Encoder, heads: Heads) -> Reading:
    """Nearest description in two languages; what is near none, by a bound from train and dev, is none.

    Beside a promise: nearer to an example that breaks it than to one that keeps it; without examples, far
    from its words.
    """
    rest = [one for one in gold_messages() if one.split != "test"]
    near = _near_kinds(encoder, heads, [one.text for one in rest])
    told = np.array([RELATIONSHIPS.index(one.relationship) for one in rest])
    bounds = np.quantile(near.max(axis=1), np.linspace(0.02, 0.98, 49))
    best = max(bounds, key=lambda bound: accuracy(told, _with_none(near, bound).argmax(axis=1)))
    texts = [one.text for one in MESSAGES]
    described = [(value.meaning.en, value.meaning.nl) for value in CIRCLE]
    values = np.column_stack([_near(encoder, heads, texts, each) for each in described])
    conflict, without = np.zeros(len(VERDICTS)), np.zeros(len(VERDICTS))
    for name, promise in gold_promises().items():
        here = np.array([one.promise == name for one in VERDICTS])
        beside = [one.text for one in VERDICTS if one.promise == name]
        if beside:
            sides = [_cosines(encoder, heads, beside, side) for side in (promise.breaks, promise.keeps)]
            conflict[here] = sides[0].max(axis=1) - sides[1].max(axis=1)
            without[here] = -_cosines(encoder, heads, beside, [promise.text])[:, 0]
    kinds = _with_none(_near_kinds(encoder, heads, texts), best)
    return Reading("zero-shot", kinds, values, conflict, without, np.full(len(VERDICTS), ""))


def _cosines(encoder: Encoder, heads: Heads, texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Cosines (n, m), less what all texts share."""
    return heads.unit(encoder.encode(texts)) @ heads.unit(encoder.encode(others)).T


def _near(encoder: Encoder, heads: Heads, texts: Sequence[str], described: Sequence[str]) -> np.ndarray:
    return _cosines(encoder, heads, texts, described).mean(axis=1)


def _near_kinds(encoder: Encoder, heads: Heads, texts: Sequence[str]) -> np.ndarray:
    described = [(kind.looks_for.en, kind.looks_for.nl) for kind in RELATIONSHIP_TYPES]
    return np.column_stack([_near(encoder, heads, texts, each) for each in described])


def _with_none(near: np.ndarray, bound: float) -> np.ndarray:
    """Five columns of scores above 0, for rows of four cosines; the last is the bound."""
    return np.exp(8 * np.column_stack([near, np.full(len(near), bound)]))


def always() -> Reading:
    """The most frequent label of train and dev, and the most frequent values, whatever is asked."""
    rest = [one for one in gold_messages() if one.split != "test"]
    kinds = np.mean([[one.relationship == kind for kind in RELATIONSHIPS] for one in rest], axis=0)
    values = np.mean([[value in one.values for value in VALUES] for one in rest], axis=0)
    n, m = len(MESSAGES), len(VERDICTS)
    flat = np.full(m, 0.5)
    return Reading(
        "always the most frequent", np.tile(kinds, (n, 1)), np.tile(values, (n, 1)), flat, flat,
        np.full(m, "fits"),
    )  # fmt: skip


def second_rater() -> Reading:
    """The other model, which rated everything once: the machine agreement as if it were a rater."""
    kinds = np.array([[one.relationship_read == kind for kind in RELATIONSHIPS] for one in MESSAGES], float)
    values = np.zeros((len(MESSAGES), len(VALUES)))
    for i, one in enumerate(MESSAGES):
        for rank, value in enumerate(one.values_read):
            values[i, VALUES.index(value)] = 1 / (1 + rank)
    verdicts = np.array([one.verdict_read for one in VERDICTS])
    score = np.array([{"fits": 0.0, "check": 0.5, "conflicts": 1.0}[one] for one in verdicts])
    return Reading("the second model", kinds, values, score, score, verdicts)


def relationship(one: Reading, rows: np.ndarray | None = None) -> tuple[Interval, Interval]:
    """Accuracy and macro-F1 of five classes, on some messages."""
    here = np.arange(len(MESSAGES)) if rows is None else np.flatnonzero(rows)
    truth, said = KINDS[here], one.kinds[here].argmax(axis=1)
    return (
        by_brand(lambda i: accuracy(truth[i], said[i]), BRANDS[here]),
        by_brand(lambda i: macro_f1(truth[i], said[i]), BRANDS[here]),
    )


def market_auc(one: Reading, rows: np.ndarray | None = None) -> Interval:
    """Market above meaning, among messages that offer one of the two."""
    market, meaning = RELATIONSHIPS.index("market"), RELATIONSHIPS.index("meaning")
    here = np.isin(KINDS, (market, meaning)) & (True if rows is None else rows)
    p = one.kinds[here]
    score = p[:, market] / np.maximum(p[:, market] + p[:, meaning], 1e-12)
    truth = KINDS[here] == market
    return by_brand(lambda i: auc(truth[i], score[i]), BRANDS[here])


def top(one: Reading, rows: np.ndarray | None = None) -> tuple[Interval, Interval]:
    """Strongest predicted among the author's; the author's first among the three strongest predicted."""
    here = np.array([bool(message.values) for message in MESSAGES]) & (True if rows is None else rows)
    order = np.argsort(-one.values, axis=1, kind="stable")
    told = [message.values for message in MESSAGES]
    first = np.array([VALUES[order[i, 0]] in told[i] for i in np.flatnonzero(here)])
    third = np.array([told[i][0] in [VALUES[j] for j in order[i, :3]] for i in np.flatnonzero(here)])
    return tuple(by_brand(lambda i, hit=hit: float(hit[i].mean()), BRANDS[here]) for hit in (first, third))  # type: ignore[return-value, misc]


def conflict_auc(score: np.ndarray, rows: np.ndarray | None = None, *, own: bool = True) -> Interval:
    """What conflicts above what fits; `own` for messages written for the promise alone."""
    here = SURE & (OWN if own else True) & (True if rows is None else rows)
    truth, p = BROKEN[here], score[here]
    return by_brand(lambda i: auc(truth[i], p[i]), PROMISERS[here])


def mixture(rows: np.ndarray) -> np.ndarray:
    """Weights by which three in ten of these rows conflict, as where probabilities were calibrated."""
    broken = BROKEN[rows]
    return np.where(broken, SHARE / broken.mean(), (1 - SHARE) / (1 - broken.mean()))


def calibration(one: Reading) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """Probabilities, what happened, and the calibration error, by what is asked."""
    p, right = top_calibration(KINDS, one.kinds)
    told, each = (np.eye(len(RELATIONSHIPS))[KINDS] > 0).ravel(), one.kinds.ravel()
    own, every = SURE & OWN, SURE
    beside, broken = one.conflict, BROKEN
    return {
        "relationship, the one said": (p, right, calibration_error(p, right)),
        "relationship, each of five": (each, told, calibration_error(each, told)),
        "conflict, written for the promise": (
            beside[own], broken[own], calibration_error(beside[own], broken[own]),
        ),
        "conflict, with messages by lot": (
            beside[every], broken[every], calibration_error(beside[every], broken[every]),
        ),
        "the same, weighted to three in ten that conflict": (
            beside[every], broken[every], calibration_error(beside[every], broken[every], mixture(every)),
        ),
    }  # fmt: skip


def shares(one: Reading) -> dict[str, tuple[float, float]]:
    """Errors of shares by brand: of mean probabilities, and of counted labels."""
    kinds = np.eye(len(RELATIONSHIPS))[KINDS]
    values = np.array([[value in message.values for value in VALUES] for message in MESSAGES], float)
    counted = np.eye(len(RELATIONSHIPS))[one.kinds.argmax(axis=1)]
    return {
        "relationships": (share_error(kinds, one.kinds, BRANDS), share_error(kinds, counted, BRANDS)),
        "values": (share_error(values, one.values, BRANDS), share_error(values, one.values >= 0.5, BRANDS)),
    }


def raters(encoders: Sequence[Encoder]) -> list[tuple[str, Rater]]:
    """The word list, and heads as shipped on each encoder."""
    found: list[tuple[str, Rater]] = [(WORDS, WordRater())]
    for encoder in encoders:
        heads = shipped_heads(encoder.name)
        if heads is not None:
            found.append((encoder.name, EncoderRater(encoder, heads)))
    return found
