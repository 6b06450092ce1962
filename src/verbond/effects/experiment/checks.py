"""Whether an experiment went as it was designed: sizes of arms, likeness beforehand, who was lost."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtr

from verbond.effects.experiment.kernel import Arm, welch

__all__ = [
    "difference_of_shares_pvalue",
    "same_shares_pvalue",
    "sample_ratio_pvalue",
    "standardised_difference",
]


def sample_ratio_pvalue(counts: np.ndarray, shares: np.ndarray) -> float:
    """Pearson's chi-square of the sizes of arms against those that the lot should give.

    Parameters
    ----------
    counts : (a,) int
    shares : (a,) float
        Of any sum.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD 2019,
    2156-2164.

    Examples
    --------
    >>> round(sample_ratio_pvalue(np.array([821_588, 815_482]), np.array([1, 1])) * 1e6, 2)
    1.82
    """
    expected = counts.sum() * shares / shares.sum()
    return float(chdtrc(len(counts) - 1, float(((counts - expected) ** 2 / expected).sum())))


def same_shares_pvalue(counts: np.ndarray) -> float | None:
    """Pearson's chi-square of arms against days; None with fewer than two days that are full enough.

    Parameters
    ----------
    counts : (a, d) float
        Days on which an arm should have fewer than five are joined with the day after.

    Examples
    --------
    >>> round(same_shares_pvalue(np.array([[50.0, 50.0], [50.0, 20.0]])), 4)
    0.0052
    """
    shares = counts.sum(axis=1) / counts.sum()
    least, joined, open_day = 5 / shares.min(), [], np.zeros(len(counts))
    for day in counts.T:
        open_day = open_day + day
        if open_day.sum() >= least:
            joined.append(open_day)
            open_day = np.zeros(len(counts))
    if len(joined) < 2:
        return None
    joined[-1] = joined[-1] + open_day
    table = np.array(joined)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    df = (len(table) - 1) * (len(shares) - 1)
    return float(chdtrc(df, float(((table - expected) ** 2 / expected).sum())))


def standardised_difference(control: Arm, variant: Arm, column: int) -> tuple[float, float | None]:
    """Difference of means in standard deviations, and its p-value; (0, None) where nothing varies.

    References
    ----------
    Austin (2009), Balance diagnostics for comparing the distribution of baseline covariates between treatment
    groups, Statistics in Medicine 28, 3083-3107.
    """
    parts = [(a.mean[column], a.covariance[column, column], a.n) for a in (control, variant)]
    spread = np.sqrt((parts[0][1] + parts[1][1]) / 2)
    if not spread > 0:
        return 0.0, None
    return float((parts[1][0] - parts[0][0]) / spread), welch(parts[0], parts[1]).pvalue


def difference_of_shares_pvalue(x0: float, n0: float, x1: float, n1: float) -> float | None:
    """Two-sided p-value of two shares, pooled normal; None where all or none.

    Examples
    --------
    >>> round(difference_of_shares_pvalue(30, 100, 45, 100), 4)
    0.0285
    """
    share = (x0 + x1) / (n0 + n1)
    error = np.sqrt(share * (1 - share) * (1 / n0 + 1 / n1))
    return float(2 * ndtr(-abs(x1 / n1 - x0 / n0) / error)) if error > 0 else None
