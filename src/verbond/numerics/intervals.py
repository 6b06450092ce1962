"""Intervals for shares and means."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, ndtri, stdtrit

__all__ = [
    "difference_interval",
    "logit_interval",
    "mean_interval",
    "normal_quantile",
    "wilson_interval",
]


def normal_quantile(ci_level: float) -> float:
    """Half-width in standard errors of a two-sided normal interval.

    Examples
    --------
    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    return float(ndtri(0.5 + ci_level / 2))


def wilson_interval(successes: float, n_obs: float, ci_level: float = 0.95) -> tuple[float, float]:
    """Score interval of a share.

    References
    ----------
    Wilson (1927), JASA 22, 209-212.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(0, 10)]
    [0.0, 0.2775]
    """
    z = normal_quantile(ci_level)
    share = successes / n_obs
    middle = (share + z * z / (2 * n_obs)) / (1 + z * z / n_obs)
    half = z / (1 + z * z / n_obs) * np.sqrt(share * (1 - share) / n_obs + z * z / (4 * n_obs * n_obs))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def difference_interval(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """Interval of the second figure minus the first, from the intervals of both.

    Parameters
    ----------
    first, second : tuple of float
        Value, lower and upper bound; their errors independent, else the interval is too wide where errors go
        the same way, and too narrow where they go against each other.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702; with Wilson intervals method 10 of Newcombe
    (1998), Statistics in Medicine 17, 873-890, of whose table II the example is.

    Examples
    --------
    >>> a, b = (48 / 80, *wilson_interval(48, 80)), (56 / 70, *wilson_interval(56, 70))
    >>> [round(bound, 4) for bound in difference_interval(a, b)]
    [0.0524, 0.3339]
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    below, above = np.hypot(b - b_low, a_high - a), np.hypot(b_high - b, a - a_low)
    return float(b - a - below), float(b - a + above)


def logit_interval(
    share: np.ndarray, variance: np.ndarray, ci_level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share with a known variance, symmetric on the logit scale so that it stays in 0..1.

    Parameters
    ----------
    share, variance : arrays of one shape
        Shares at 0 or 1 get their own value as both bounds when the variance is 0.

    Examples
    --------
    >>> low, high = logit_interval(np.array([0.5]), np.array([0.01]))
    >>> low.round(3), high.round(3)
    (array([0.313]), array([0.687]))
    """
    inside = np.clip(share, 1e-9, 1 - 1e-9)
    half = normal_quantile(ci_level) * np.sqrt(np.maximum(variance, 0.0)) / (inside * (1 - inside))
    return expit(logit(inside) - half), expit(logit(inside) + half)


def mean_interval(
    values: np.ndarray, clusters: np.ndarray | None = None, ci_level: float = 0.95
) -> tuple[float, float, float]:
    """Mean with Student's interval, over clusters where people count more than once.

    Parameters
    ----------
    values : (n,) float
        Without NaN.
    clusters : (n,) int, optional
        Who gave each value; None: everybody gave one.
    ci_level : float

    Returns
    -------
    mean, lower, upper : float
        The bounds are NaN with fewer than two people.

    Notes
    -----
    The standard error sums residuals within clusters first (Liang & Zeger 1986) with the factor
    G / (G - 1) for G clusters; with one value each it is sd / sqrt(n).

    Examples
    --------
    >>> [round(v, 3) for v in mean_interval(np.array([1.0, 2.0, 3.0, 4.0]))]
    [2.5, 0.446, 4.554]
    """
    mean = float(np.mean(values))
    residual = values - mean
    if clusters is not None:
        residual = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=residual)
    n = len(residual)
    if n < 2:
        return mean, float("nan"), float("nan")
    error = np.sqrt((residual**2).sum() * n / (n - 1)) / len(values)
    half = float(stdtrit(n - 1, 0.5 + ci_level / 2)) * float(error)
    return mean, mean - half, mean + half
