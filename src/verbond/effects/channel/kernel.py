"""Answers of those whom an action had reached beside others, in the same waves: arrays in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

__all__ = ["WaveDifference", "wave_difference"]


@dataclass(frozen=True, slots=True)
class WaveDifference:
    """How much more the answers of those reached changed than those of others in the same waves.

    Attributes
    ----------
    value, ci_lower, ci_upper : float
    n_customers : int
        Whose answers it rests on.
    before_after : bool
        Whether those reached are compared with themselves before it too; otherwise only with others.
    """

    value: float
    ci_lower: float
    ci_upper: float
    n_customers: int
    before_after: bool


def wave_difference(
    y: np.ndarray, wave: np.ndarray, ever: np.ndarray, reached: np.ndarray, customer: np.ndarray,
    *, least: int = 5, ci_level: float = 0.95,
) -> WaveDifference | None:  # fmt: skip
    """Compare answers of those reached with others of the same waves, less the same before they were reached.

    Parameters
    ----------
    y : (n,) float
        Answers, scores, or 1 where something holds.
    wave : (n,) int
    ever, reached : (n,) bool
        Whether the action reaches her at all, and whether it had when she answered.
    customer : (n,) int
        Answers of one customer go together.
    least : int
        With fewer customers reached, or never reached, nothing is told; with fewer who answered before it
        reached them, those reached are compared with others only.
    ci_level : float

    Returns
    -------
    WaveDifference or None

    Notes
    -----
    In each wave the mean of those reached less that of those never reached, waves weighed by the answers of
    those reached; less the same of those reached later, weighed by their answers. Nobody who was reached
    before serves as comparison for who is reached later. Errors are robust to what answers of one customer
    have in common (Liang & Zeger 1986), times G / (G - 1) (n - 1) / (n - k) for G customers, n answers and k
    means, with Student's t of G - 1 degrees.

    Examples
    --------
    >>> y = np.array([5.0, 7.0, 4.0, 4.0, 9.0, 9.0, 5.0, 5.0])
    >>> wave, customer = np.repeat([0, 1], 4), np.tile(np.arange(4), 2)
    >>> ever = customer < 2
    >>> found = wave_difference(y, wave, ever, ever & (wave == 1), customer, least=2)
    >>> found.value, found.before_after
    (2.0, True)
    """
    never, later = ~ever, ever & ~reached
    after = _beside(wave, reached, never)
    if after is None or min(_people(customer[m & np.isin(wave, after[0])]) for m in (reached, never)) < least:
        return None
    before = _beside(wave, later, never)
    before_after = before is not None and _people(customer[later & np.isin(wave, before[0])]) >= least
    means: dict[tuple[int, int], float] = {}
    for sign, group, found in ((1.0, 2, after), (-1.0, 1, before if before_after else None)):
        for w, weight in zip(*found, strict=True) if found is not None else ():
            for cell, part in (((w, group), sign * weight), ((w, 0), -sign * weight)):
                means[cell] = means.get(cell, 0.0) + part
    return _contrast(y, wave, ever.astype(int) + reached, customer, means, before_after, ci_level)


def _beside(wave: np.ndarray, group: np.ndarray, never: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Waves in which both answered, weighed by the answers of the group; None without any."""
    waves = np.intersect1d(wave[group], wave[never])
    weights = np.array([(group & (wave == w)).sum() for w in waves], dtype=np.float64)
    return (waves, weights / weights.sum()) if len(waves) else None


def _people(customer: np.ndarray) -> int:
    return len(np.unique(customer))


def _contrast(
    y: np.ndarray, wave: np.ndarray, group: np.ndarray, customer: np.ndarray,
    means: dict[tuple[int, int], float], before_after: bool, ci_level: float,
) -> WaveDifference | None:  # fmt: skip
    """A weighted sum of the means of cells (wave, group)."""
    value, influence, used = 0.0, np.zeros(len(y)), np.zeros(len(y), bool)
    for (w, g), weight in means.items():
        here = (wave == w) & (group == g)
        mean = float(y[here].mean())
        value += float(weight) * mean
        influence[here] = weight * (y[here] - mean) / here.sum()
        used |= here
    codes = np.unique(customer[used], return_inverse=True)[1]
    n, k, n_groups = int(used.sum()), len(means), int(codes.max()) + 1
    if n <= k or n_groups < 2:
        return None
    sums = np.bincount(codes, weights=influence[used])
    error = math.sqrt(n_groups / (n_groups - 1) * (n - 1) / (n - k) * float(sums @ sums))
    half = float(stdtrit(n_groups - 1, 0.5 + ci_level / 2)) * error
    return WaveDifference(value, value - half, value + half, n_groups, before_after)
