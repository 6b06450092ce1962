"""Heads learned anew, with a company's labels beside the gold set; what changed, on how many labels."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.errors import ReadError
from verbond.expressions.heads import STRENGTH, Heads, fit_heads
from verbond.expressions.kinds import RELATIONSHIPS, VALUES, VERDICTS
from verbond.expressions.learning import fit_linear, probabilities
from verbond.expressions.teaching.labels import Label, Opinion, normal, opinions_of
from verbond.expressions.teaching.sureness import Sureness, sureness
from verbond.language import Encoder
from verbond.results import Reason, Result

__all__ = ["ENOUGH", "WEIGHT", "Lesson", "Material", "gold_material", "learn"]

WEIGHT = 3.0
"""What a message of the company counts for beside one of the gold set."""
ENOUGH = 50
"""Messages with a label from which what they teach can be measured."""
FOLDS = 5
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled messages that are no company's own.

    Attributes
    ----------
    vectors : (n, d) float
    relationship : (n, 5) float
    values : (n, 10) float
    groups : (n,) tuple of str
        Brands.
    """

    vectors: np.ndarray
    relationship: np.ndarray
    values: np.ndarray
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson(Result):
    """What was learned of a company's labels.

    Attributes
    ----------
    encoder : str
        Name of the encoder whose vectors these are.
    heads : Heads
    vectors : (n, d) float32
        Of the labelled messages.
    keys : tuple of str
        Hashes of the messages.
    opinions : tuple of Opinion
        What was said of each; without its text where that is not kept.
    promise : str
        The words of the promise that verdicts are about; "" where that is not known.
    n_labels : int
        Answers that were read, of whomever.
    before, after : Sureness
        Of the likeliest relationship, before these labels and with them; each message rated without its own.
    headline : Reason
    reasons : tuple of Reason
    """

    encoder: str
    heads: Heads
    vectors: np.ndarray
    keys: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    promise: str
    n_labels: int
    before: Sureness
    after: Sureness
    headline: Reason
    reasons: tuple[Reason, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What stands in it, without vectors and weights."""
        return {
            "encoder": self.encoder,
            "n_labels": self.n_labels,
            "n_messages": len(self.opinions),
            "labels": self.to_dicts(),
            "before": {
                "share_right": self.before.share_right,
                "error": self.before.error,
                "n": self.before.n,
            },
            "after": {"share_right": self.after.share_right, "error": self.after.error, "n": self.after.n},
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """How many messages have each answer: a row an answer."""
        kinds = [answer for one in self.opinions for answer in one.relationships]
        values = [value for one in self.opinions for answer in one.values for value in answer]
        verdicts = [answer for one in self.opinions for answer in one.verdicts]
        return [
            {"about": about, "answer": name, "n": said.count(name)}
            for about, names, said in (
                ("relationship", RELATIONSHIPS, kinds), ("value", VALUES, values),
                ("verdict", VERDICTS, verdicts),
            )
            for name in names
        ]  # fmt: skip

    def to_bytes(self) -> bytes:
        """As one file; the same gives the same bytes."""
        told = {
            "version": _VERSION, "encoder": self.encoder, "keys": self.keys, "promise": self.promise,
            "n_labels": self.n_labels, "opinions": [dataclasses.asdict(one) for one in self.opinions],
            "before": self.before.to_dicts(), "after": self.after.to_dicts(),
        }  # fmt: skip
        buffer = io.BytesIO()
        np.savez(
            buffer, heads=np.frombuffer(self.heads.to_bytes(), np.uint8),
            vectors=self.vectors.astype(np.float32),
            told=np.frombuffer(json.dumps(told, sort_keys=True).encode(), np.uint8),
        )  # fmt: skip
        return buffer.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes, name: str = "the file") -> Lesson:
        """Read what `to_bytes` wrote.

        Raises
        ------
        ReadError
            If it is no such file.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as f:
                told = json.loads(f["told"].tobytes())
                heads, vectors = Heads.of_bytes(f["heads"].tobytes()), f["vectors"]
            opinions = tuple(_opinion(one) for one in told["opinions"])
            before, after = _again(told["before"]), _again(told["after"])
        except (ValueError, KeyError, OSError, TypeError) as error:
            raise ReadError("this holds no labels that were learned from", file=name) from error
        return cls(
            told["encoder"], heads, vectors, tuple(told["keys"]), opinions, told["promise"], told["n_labels"],
            before, after, *_said(len(opinions), told["n_labels"], before, after),
        )  # fmt: skip


def _opinion(told: dict[str, Any]) -> Opinion:
    return Opinion(
        told["text"], told["language"], tuple(told["relationships"]),
        tuple(tuple(one) for one in told["values"]), tuple(told["verdicts"]),
    )  # fmt: skip


def _again(rows: list[dict[str, Any]]) -> Sureness:
    """A curve from its bins: as it was."""
    p = [row["predicted"] for row in rows for _ in range(row["n"])]
    y = [k < round(row["observed"] * row["n"]) for row in rows for k in range(row["n"])]
    return sureness(p, y)


def gold_material(encoder: Encoder) -> Material:
    """The gold set, without the brands that are kept apart for tests."""
    from verbond.expressions.gold import gold_messages
    from verbond.expressions.training import targets_of

    messages = [one for one in gold_messages() if one.split != "test"]
    vectors = encoder.encode([one.text for one in messages])
    return Material(vectors, *targets_of(messages), tuple(one.brand for one in messages))


def learn(
    labels: Iterable[Label],
    encoder: Encoder,
    *,
    material: Material | None = None,
    promise: str = "",
    keep_texts: bool = True,
) -> Lesson:
    """Learn from labels, beside the gold set.

    Parameters
    ----------
    labels : iterable of Label
        Where colleagues differ, a message counts for each of their answers in part.
    encoder : Encoder
    material : Material, optional
        What is learned beside it; the gold set where not given.
    promise : str
        The words of the promise that verdicts are about.
    keep_texts : bool
        Keep the messages in it, so that verdicts become examples; without, hashes and vectors only.
    """
    given = [one for one in labels if one.says_something]
    opinions = opinions_of(given)
    material = material or gold_material(encoder)
    vectors = encoder.encode([one.text for one in opinions]) if opinions else material.vectors[:0]
    plain = fit_heads(material.vectors, material.relationship, material.values, material.groups)
    kinds, values = _targets(opinions, plain, vectors)
    heads = plain if not opinions else _with(material, vectors, kinds, values)
    here = [i for i, one in enumerate(opinions) if one.relationship]
    told = np.array([RELATIONSHIPS.index(opinions[i].relationship) for i in here], int)
    before = _sureness(plain.rate(vectors[here])[0], told)
    after = (
        _sureness(_left_out(material, vectors, kinds, heads)[here], told) if len(here) >= FOLDS else before
    )
    kept = opinions if keep_texts else tuple(dataclasses.replace(one, text="") for one in opinions)
    return Lesson(
        encoder.name, heads, vectors.astype(np.float32), tuple(normal(one.text) for one in opinions), kept,
        promise, len(given), before, after, *_said(len(opinions), len(given), before, after),
    )  # fmt: skip


def _with(material: Material, vectors: np.ndarray, kinds: np.ndarray, values: np.ndarray) -> Heads:
    """Heads of both; a message of the company weighs more."""
    n = len(vectors)
    return fit_heads(
        np.vstack([material.vectors, vectors]), np.vstack([material.relationship, kinds]),
        np.vstack([material.values, values]), [*material.groups, *(f"\0{i % FOLDS}" for i in range(n))],
        np.concatenate([np.ones(len(material.vectors)), np.full(n, WEIGHT)]),
    )  # fmt: skip


def _targets(opinions: Sequence[Opinion], heads: Heads, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of answers; where nothing was said, what the heads say already."""
    kinds, values = heads.rate(vectors)
    for i, one in enumerate(opinions):
        if one.relationships:
            kinds[i] = [one.relationships.count(name) / len(one.relationships) for name in RELATIONSHIPS]
        if one.values:
            values[i] = [sum(name in said for said in one.values) / len(one.values) for name in VALUES]
    return kinds, values


def _left_out(material: Material, vectors: np.ndarray, kinds: np.ndarray, heads: Heads) -> np.ndarray:
    """Relationships (n, 5) of the company's messages, each by what is learned without it."""
    x, base = heads.centred(vectors), heads.centred(material.vectors)
    found, fold = np.zeros(kinds.shape), np.arange(len(vectors)) % FOLDS
    for k in np.unique(fold):
        here, rest = fold == k, fold != k
        fit = fit_linear(
            np.vstack([base, x[rest]]), np.vstack([material.relationship, kinds[rest]]), STRENGTH,
            np.concatenate([np.ones(len(base)), np.full(int(rest.sum()), WEIGHT)]),
        )  # fmt: skip
        found[here] = probabilities(fit.logits(x[here]), heads.relationship_temperature)
    return found


def _sureness(p: np.ndarray, told: np.ndarray) -> Sureness:
    return sureness(p.max(axis=1, initial=0).tolist(), (p.argmax(axis=1) == told).tolist())


def _said(n: int, n_labels: int, before: Sureness, after: Sureness) -> tuple[Reason, tuple[Reason, ...]]:
    headline = Reason("expressions_teaching.learned", {"n": n, "labels": n_labels})
    if after.n < ENOUGH:
        return headline, (
            Reason("expressions_teaching.few_labels", {"n": after.n, "more": ENOUGH - after.n}),
        )
    told = {"before": before.share_right, "after": after.share_right, "n": after.n}
    return headline, (Reason("expressions_teaching.changed", told),)
