"""What is learned from labelled texts: a head for the relationship and one a value, on text vectors."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy.special import expit

from verbond.expressions.learning import Linear, fit_linear, fit_temperature, probabilities

__all__ = ["Heads", "fit_heads", "shipped_heads"]

STRENGTH = 4.0
"""Chosen among 1, 2, 4, 8 and 16 on brands left out, of the parts train and dev."""
FOLDS = 7


@dataclass(frozen=True, slots=True)
class Heads:
    """Probabilities from vectors of one encoder.

    Attributes
    ----------
    relationship : Linear
        Of `RELATIONSHIPS`.
    relationship_temperature : float
    values : Linear
        Log-odds of each of `VALUES`.
    values_temperature : float
    center : (d,) float32
        Taken off each vector.
    scale : float
        What is left is multiplied by it, so that vectors have length 1 on average.
    n_texts : int
        Labelled texts that were learned from.
    """

    relationship: Linear
    relationship_temperature: float
    values: Linear
    values_temperature: float
    center: np.ndarray
    scale: float
    n_texts: int

    def rate(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of vectors (n, d): probabilities of relationships (n, 5), sum 1; and of each value (n, 10)."""
        vectors = self.centred(vectors)
        logits = self.relationship.logits(vectors)
        return (
            probabilities(logits, self.relationship_temperature),
            expit(self.values.logits(vectors) / self.values_temperature),
        )

    def centred(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, d) less what all texts share, of length 1 on average."""
        return (vectors - self.center) * self.scale

    def unit(self, vectors: np.ndarray) -> np.ndarray:
        """The same, each of length 1: their products are cosines."""
        centred = self.centred(vectors)
        return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)

    def to_bytes(self) -> bytes:
        """As a file of numpy; the same heads give the same bytes."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            relationship=self.relationship.weights.astype(np.float16),
            relationship_intercepts=self.relationship.intercepts,
            values=self.values.weights.astype(np.float16),
            values_intercepts=self.values.intercepts,
            center=self.center,
            told=np.array([self.relationship_temperature, self.values_temperature, self.scale, self.n_texts]),
        )
        return buffer.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> Heads:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as f:
            first, second, scale, n = f["told"].tolist()
            return cls(
                Linear(f["relationship"].astype(np.float32), f["relationship_intercepts"]), first,
                Linear(f["values"].astype(np.float32), f["values_intercepts"]), second,
                f["center"], scale, int(n),
            )  # fmt: skip


def fit_heads(
    vectors: np.ndarray,
    relationship: np.ndarray,
    values: np.ndarray,
    groups: Sequence[str],
    weights: np.ndarray | None = None,
) -> Heads:
    """Learn from labelled texts; how sure to be is learned from groups left out.

    Parameters
    ----------
    vectors : (n, d) float
    relationship : (n, 5) float
        Rows that sum to 1, in the order of `RELATIONSHIPS`.
    values : (n, 10) float
        0..1: whether each value is expressed.
    groups : (n,) sequence of str
        Texts of one group (a brand, a department) are left out together.
    weights : (n,) float, optional
    """
    w = np.ones(len(vectors)) if weights is None else weights
    center = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = 1.0 / float(np.linalg.norm(vectors - center, axis=1).mean())
    vectors = (vectors - center) * scale
    fold = np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1] % FOLDS
    unseen_r, unseen_v = np.zeros(relationship.shape), np.zeros(values.shape)
    for k in np.unique(fold):
        here, rest = fold == k, fold != k
        if not rest.any():
            continue
        unseen_r[here] = fit_linear(vectors[rest], relationship[rest], STRENGTH, w[rest]).logits(
            vectors[here]
        )
        unseen_v[here] = _fit_values(vectors[rest], values[rest], w[rest]).logits(vectors[here])
    flat, told = unseen_v.ravel() / 2, values.ravel()
    return Heads(
        fit_linear(vectors, relationship, STRENGTH, w),
        fit_temperature(unseen_r, relationship),
        _fit_values(vectors, values, w),
        fit_temperature(np.column_stack([flat, -flat]), np.column_stack([told, 1 - told])),
        center, scale, len(vectors),
    )  # fmt: skip


def _fit_values(vectors: np.ndarray, values: np.ndarray, weights: np.ndarray) -> Linear:
    """One head a value, of two classes each; their difference is a log-odds."""
    fits = [fit_linear(vectors, np.column_stack([one, 1 - one]), STRENGTH, weights) for one in values.T]
    return Linear(
        np.column_stack([one.weights[:, 0] - one.weights[:, 1] for one in fits]),
        np.array([one.intercepts[0] - one.intercepts[1] for one in fits], np.float32),
    )


@cache
def shipped_heads(encoder: str) -> Heads | None:
    """The heads that were learned on the gold set, for an encoder by name; None where there are none."""
    found = files("verbond.expressions") / "data" / "heads" / f"{encoder}.npz"
    return Heads.of_bytes(found.read_bytes()) if found.is_file() else None
