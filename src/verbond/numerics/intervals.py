"""Intervals for shares and means.

Small and closed-form: what a room needs beside every figure about people.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, stdtrit

__all__ = ["MIN_GROUP", "mean_interval", "wilson_interval"]

MIN_GROUP = 5
"""No figure about fewer people than this is ever shown."""


def wilson_interval(
    n_hits: np.ndarray | float, n_obs: np.ndarray | float, ci_level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval for a share.

    Parameters
    ----------
    n_hits, n_obs : float or array
        Successes and trials; weights may make them fractional.
    ci_level : float
        Between 0 and 1.

    Returns
    -------
    lower, upper : float64 arrays of the inputs' shape
        Within 0..1; NaN where `n_obs` is 0.

    Notes
    -----
    Wilson (1927), as eq. 4 of Brown, Cai & DasGupta (2001), Statistical Science 16(2).

    Examples
    --------
    >>> [round(float(bound), 4) for bound in wilson_interval(0, 10)]
    [0.0, 0.2775]
    """
    hits, n = np.asarray(n_hits, dtype=np.float64), np.asarray(n_obs, dtype=np.float64)
    z = float(ndtri(0.5 + ci_level / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def mean_interval(
    values: np.ndarray, clusters: np.ndarray | None = None, ci_level: float = 0.95
) -> tuple[float, float, float]:
    """Mean with Student's interval, over clusters where people count more than once.

    Parameters
    ----------
    values : (n,) float
        Without NaN.
    clusters : (n,) int, optional
        Who gave each value (codes 0..); None: everybody gave one.
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
