"""What is measured of raters: small functions on arrays, with intervals by brand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

__all__ = [
    "Interval",
    "accuracy",
    "auc",
    "by_brand",
    "calibration_error",
    "calibration_error_by_chance",
    "f1_scores",
    "macro_f1",
    "official_f1",
    "share_error",
    "top_calibration",
]

BINS = 10
DRAWS = 1000
FEWEST = 5
"""Groups from which they are drawn whole."""


class Interval(NamedTuple):
    """A figure with its bounds at 95%; NaN where there is none."""

    value: float
    low: float = np.nan
    high: float = np.nan


def accuracy(truth: np.ndarray, said: np.ndarray) -> float:
    """Share of labels (n,) that are the same."""
    return float(np.mean(truth == said))


def f1_scores(truth: np.ndarray, said: np.ndarray, n_classes: int) -> np.ndarray:
    """F1 of each class, (k,); 0 where it is neither there nor said, as scikit-learn does."""
    right = np.array([np.sum((truth == k) & (said == k)) for k in range(n_classes)], float)
    named = np.array([np.sum(truth == k) + np.sum(said == k) for k in range(n_classes)], float)
    return 2 * right / np.maximum(named, 1)


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean of F1 over the classes that are there or are said."""
    classes = np.unique(np.concatenate([truth, said]))
    return float(f1_scores(truth, said, int(classes.max()) + 1)[classes].mean())


def official_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Of labels (n, k) of 0 and 1: the harmonic mean of mean precision and mean recall.

    References
    ----------
    Kiesel et al. (2023), SemEval-2023 Task 4: ValueEval, 3.3.
    """
    right = (truth & said).sum(axis=0)
    precision = np.mean(right / np.maximum(said.sum(axis=0), 1))
    recall = np.mean(right / np.maximum(truth.sum(axis=0), 1))
    return float(2 * precision * recall / max(precision + recall, 1e-12))


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Chance that one of `truth` scores above one that is not; ties are half. NaN where a side is empty."""
    n_true, n_false = int(truth.sum()), int((~truth).sum())
    if not n_true or not n_false:
        return np.nan
    above = rankdata(score)[truth].sum() - n_true * (n_true + 1) / 2
    return float(above / (n_true * n_false))


def calibration_error(p: np.ndarray, happened: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Expected calibration error: in ten bins of equal width, the mean distance of predicted and observed.

    Parameters
    ----------
    p : (n,) float
        0..1.
    happened : (n,) bool
    weights : (n,) float, optional

    Notes
    -----
    ECE = sum_b (w_b / w) |observed_b - predicted_b| (Naeini, Cooper & Hauskrecht 2015).
    """
    w = np.ones(len(p)) if weights is None else weights
    at = np.minimum((p * BINS).astype(int), BINS - 1)
    off = np.bincount(at, w * (happened - p), minlength=BINS)
    return float(np.abs(off).sum() / w.sum())


def calibration_error_by_chance(p: np.ndarray, draws: int = DRAWS) -> float:
    """What a rater whose probabilities hold exactly would show on so few: what happens is drawn from `p`."""
    rng = np.random.default_rng(1)
    return float(np.mean([calibration_error(p, rng.random(len(p)) < p) for _ in range(draws)]))


def top_calibration(truth: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of probabilities (n, k): that of the class which is said, and whether it is right (Guo et al. 2017)."""
    return p.max(axis=1), p.argmax(axis=1) == truth


def share_error(told: np.ndarray, guessed: np.ndarray, brands: np.ndarray) -> float:
    """Mean over brands and columns of |mean of `guessed` less mean of `told`|; both (n, k)."""
    off = [
        np.abs(guessed[brands == b].mean(axis=0) - told[brands == b].mean(axis=0)) for b in np.unique(brands)
    ]
    return float(np.mean(off))


def by_brand(
    figure: Callable[[np.ndarray], float], groups: Sequence[str] | np.ndarray, draws: int = DRAWS
) -> Interval:
    """A figure of rows, with bounds: whole groups are drawn again, with replacement.

    Of fewer than five groups nothing can be drawn: then single rows are.

    Parameters
    ----------
    figure : callable
        Of row numbers (m,) of int, in which rows come more than once.
    groups : (n,) sequence of str
        Rows that come together.
    """
    names = np.asarray(groups)
    rows = [np.flatnonzero(names == one) for one in np.unique(names)]
    if len(rows) < FEWEST:
        rows = list(np.arange(len(names))[:, None])
    rng = np.random.default_rng(2026)
    drawn = [
        figure(np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))]))
        for _ in range(draws)
    ]
    value = figure(np.arange(len(names)))
    if np.isnan(value):
        return Interval(value)
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high))
