"""Value congruence from paired answers: the customer's own values and those seen in the company.

`verbond.values` goes deeper (the circle, response surfaces); here is what the scores need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["MIN_PAIRS", "ProfileMatch", "match_profiles"]

MIN_PAIRS = 5
"""A profile of fewer values has no shape to correlate."""


@dataclass(frozen=True, slots=True)
class ProfileMatch:
    """How each respondent's two profiles match.

    Attributes
    ----------
    closeness : (n, v) float64
        100 - |own - seen| per value: items of a congruence scale; NaN where either is missing.
    difference : (n, v) float64
        seen - own.
    relative_difference : (n, v) float64
        The same with each profile centred on its mean over the values answered in both.
    correlation : (n,) float64
        Between own and seen over those values; NaN under five pairs or for a flat profile.
    """

    closeness: np.ndarray
    difference: np.ndarray
    relative_difference: np.ndarray
    correlation: np.ndarray


def match_profiles(own: np.ndarray, seen: np.ndarray) -> ProfileMatch:
    """Compare own and seen values of each respondent.

    Parameters
    ----------
    own, seen : (n, v) float
        0..100, the same values in the same columns; NaN where missing.

    Returns
    -------
    ProfileMatch

    Notes
    -----
    Measurement error makes a distance larger and a correlation smaller than they are: 100 is not reached by
    people whose values match perfectly.

    Examples
    --------
    >>> own = np.array([[0.0, 25, 50, 75, 100]])
    >>> match = match_profiles(own, own / 2)
    >>> match.closeness.tolist(), match.correlation.round(6).tolist()
    ([[100.0, 87.5, 75.0, 62.5, 50.0]], [1.0])
    """
    paired = np.isfinite(own) & np.isfinite(seen)
    n_pairs = paired.sum(axis=1, keepdims=True)
    difference = np.where(paired, seen - own, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (
            np.where(paired, p - np.where(paired, p, 0).sum(axis=1, keepdims=True) / n_pairs, np.nan)
            for p in (own, seen)
        )
        products = [np.nansum(a * b, axis=1) for a, b in ((x, y), (x, x), (y, y))]
        spread = np.sqrt(products[1] * products[2])
        correlation = np.where((n_pairs[:, 0] >= MIN_PAIRS) & (spread > 1e-9), products[0] / spread, np.nan)
    return ProfileMatch(100.0 - np.abs(difference), difference, y - x, correlation)
