"""Do hazard ratios stay the same over time? Grambsch & Therneau's test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import chdtrc

__all__ = ["Proportionality", "proportionality"]


@dataclass(frozen=True, slots=True)
class Proportionality:
    """A test a term, and one of all together.

    Attributes
    ----------
    terms : tuple of str
    statistic : (m,) float64
        Chi-squared.
    df : (m,) int64
    pvalue : (m,) float64
    global_statistic, global_pvalue : float
        NaN, as above, where there is too little time between events to tell.
    """

    terms: tuple[str, ...]
    statistic: np.ndarray = field(repr=False)
    df: np.ndarray = field(repr=False)
    pvalue: np.ndarray = field(repr=False)
    global_statistic: float
    global_pvalue: float


def proportionality(
    residual: np.ndarray,
    g: np.ndarray,
    parts: tuple[np.ndarray, np.ndarray, np.ndarray],
    terms: Mapping[str, Sequence[int]],
) -> Proportionality:
    """Score test of a coefficient beta + theta g(t) against theta = 0.

    Parameters
    ----------
    residual : (K, p) float64
        Schoenfeld residuals, summed at each event time.
    g : (K,) float64
        Transformed time, centred over events.
    parts : three (p, p) float64
        Inverse information, information weighted by g, and by its square.
    terms : mapping of str to positions

    Notes
    -----
    U = sum g_k r_k has variance sum g_k^2 V_k - (sum g_k V_k) I^-1 (sum g_k V_k) with V_k the information at
    event time k. That is equation 2 of Grambsch & Therneau with each time's own V_k, where their shortcut
    with scaled residuals puts the mean of V_k in its place.

    References
    ----------
    Grambsch & Therneau (1994), Biometrika 81, 515-526.
    """
    inverse, crossed, squared = parts
    u = g @ residual
    variance = squared - crossed @ inverse @ crossed

    def tested(columns: Sequence[int]) -> float:
        some = np.asarray(columns)
        if not (np.diag(variance)[some] > 1e-10 * np.diag(squared)[some]).all():
            return float("nan")
        scale = np.sqrt(np.diag(variance)[some])
        values, vectors = np.linalg.eigh(variance[np.ix_(some, some)] / np.outer(scale, scale))
        if values[0] < 1e-9 * values[-1]:
            return float("nan")
        return float(((vectors.T @ (u[some] / scale)) ** 2 / values).sum())

    statistic = np.array([tested(columns) for columns in terms.values()])
    df = np.array([len(columns) for columns in terms.values()])
    every = tested(range(len(u)))
    return Proportionality(
        tuple(terms), statistic, df, chdtrc(df, statistic), every, float(chdtrc(len(u), every))
    )
