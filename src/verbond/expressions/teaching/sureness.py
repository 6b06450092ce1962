"""Whether probabilities come true: of what is said with a chance of 70%, seven in ten should be so."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.numerics.intervals import wilson_interval
from verbond.results import Reason, Result

__all__ = ["Bin", "Sureness", "sureness"]

FEWEST = 50
"""Predictions below which the curve says too little."""
BINS = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of about the same chance.

    Attributes
    ----------
    lower, upper : float
        Of the bin, 0..1.
    predicted : float
        Mean.
    observed, ci_lower, ci_upper : float
        Share that came true, with Wilson's interval at 95%.
    n : int
    """

    lower: float
    upper: float
    predicted: float
    observed: float
    ci_lower: float
    ci_upper: float
    n: int


@dataclass(frozen=True, slots=True)
class Sureness(Result):
    """Predictions beside what people said.

    Attributes
    ----------
    bins : tuple of Bin
        Those in which there is something.
    error : float or None
        Expected calibration error: the mean distance between predicted and observed, weighted by count.
    share_right : float or None
        Of all of them.
    n : int
        Predictions, each of a message that was not learned from.
    headline : Reason
    """

    bins: tuple[Bin, ...]
    error: float | None
    share_right: float | None
    n: int
    headline: Reason

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a bin."""
        return [dataclasses.asdict(one) for one in self.bins]


def sureness(predicted: Sequence[float], happened: Sequence[bool], *, n_bins: int = BINS) -> Sureness:
    """Set predicted probabilities beside what happened.

    Parameters
    ----------
    predicted : (n,) sequence of float
        0..1, out of sample.
    happened : (n,) sequence of bool
    n_bins : int
        Of equal width.

    Notes
    -----
    ECE = sum_b (n_b / n) |observed_b - predicted_b|.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.

    Examples
    --------
    >>> sureness([0.1, 0.1, 0.9, 0.9], [False, False, True, False], n_bins=2).error
    0.25
    """
    p, y = np.asarray(predicted, float), np.asarray(happened, float)
    if len(p) == 0:
        return Sureness((), None, None, 0, Reason("expressions_teaching.sure_nothing", {"least": FEWEST}))
    at = np.minimum((p * n_bins).astype(int), n_bins - 1)
    bins = tuple(_bin(p[at == k], y[at == k], k / n_bins, (k + 1) / n_bins) for k in np.unique(at).tolist())
    error = sum(one.n * abs(one.observed - one.predicted) for one in bins) / len(p)
    if len(p) < FEWEST:
        said = Reason("expressions_teaching.sure_few", {"n": len(p), "more": FEWEST - len(p)})
    else:
        said = Reason(
            "expressions_teaching.sure_said", {"error": error, "right": float(y.mean()), "n": len(p)}
        )
    return Sureness(bins, round(error, 12), float(y.mean()), len(p), said)


def _bin(p: np.ndarray, y: np.ndarray, lower: float, upper: float) -> Bin:
    low, high = wilson_interval(float(y.sum()), len(y))
    return Bin(lower, upper, float(p.mean()), float(y.mean()), low, high, len(p))
