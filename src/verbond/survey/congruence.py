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
    score : (n,) float64
        100 minus the mean of |own - seen| over the values answered in both; NaN where those are fewer than
        half of the values.
    standard_error : (n,) float64
        From the errors of the answers.
    n_items : (n,) int64
        Pairs that the score rests on.
    difference : (n, v) float64
        seen - own; NaN where either is missing.
    relative_difference : (n, v) float64
        The same with each profile centred on its mean over the values answered in both.
    correlation : (n,) float64
        Between own and seen over those values; NaN under five pairs or for a flat profile.
    """

    score: np.ndarray
    standard_error: np.ndarray
    n_items: np.ndarray
    difference: np.ndarray
    relative_difference: np.ndarray
    correlation: np.ndarray


def match_profiles(
    own: np.ndarray, seen: np.ndarray, own_errors: np.ndarray, seen_errors: np.ndarray
) -> ProfileMatch:
    """Compare own and seen values of each respondent.

    Parameters
    ----------
    own, seen : (n, v) float
        0..100, the same values in the same columns; NaN where missing.
    own_errors, seen_errors : (n, v) float
        Standard errors of the two.

    Returns
    -------
    ProfileMatch

    Notes
    -----
    The score is an index, not a scale: gaps on different values need not go together, so no reliability is
    computed; its error variance is the sum of the squared errors over the pairs, divided by their number
    squared. Measurement error makes a distance larger and a correlation smaller than they are: 100 is not
    reached by people whose values match perfectly.

    Examples
    --------
    >>> own = np.array([[0.0, 25, 50, 75, 100]])
    >>> match = match_profiles(own, own / 2, np.full((1, 5), 10.0), np.full((1, 5), 10.0))
    >>> match.score.tolist(), match.standard_error.round(2).tolist(), match.correlation.round(6).tolist()
    ([75.0], [6.32], [1.0])
    """
    paired = np.isfinite(own) & np.isfinite(seen)
    n_pairs = paired.sum(axis=1)
    difference = np.where(paired, seen - own, np.nan)
    enough = (2 * n_pairs >= own.shape[1]) & (n_pairs > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.nansum(np.abs(difference), axis=1) / n_pairs
        error = np.sqrt(np.where(paired, own_errors**2 + seen_errors**2, 0.0).sum(axis=1)) / n_pairs
        x, y = (_centred(profile, paired) for profile in (own, seen))
        spread = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
        shaped = (n_pairs >= MIN_PAIRS) & (spread > 1e-9)
        correlation = np.where(shaped, (x * y).sum(axis=1) / spread, np.nan)
    return ProfileMatch(
        score=np.where(enough, 100.0 - gap, np.nan),
        standard_error=np.where(enough, error, np.nan),
        n_items=n_pairs,
        difference=difference,
        relative_difference=np.where(paired, y - x, np.nan),
        correlation=correlation,
    )


def _centred(profile: np.ndarray, paired: np.ndarray) -> np.ndarray:
    kept = np.where(paired, profile, 0.0)
    return np.where(paired, kept - kept.sum(axis=1, keepdims=True) / paired.sum(axis=1, keepdims=True), 0.0)
