"""How well a factor or structural model fits, as lavaan 0.6 reckons it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

__all__ = ["cfi", "chisq_pvalue", "rmsea", "rmsea_interval", "srmr", "tli"]


def chisq_pvalue(chisq: float, df: int) -> float:
    """Probability of a chi-square at least so large; 1 where no degree of freedom is left."""
    return float(chi2.sf(chisq, df)) if df else 1.0


def cfi(chisq: float, df: float, base: float, base_df: float) -> float:
    """Comparative fit index (Bentler 1990)."""
    worst = max(base - base_df, chisq - df, 0.0)
    return 1.0 - max(chisq - df, 0.0) / worst if worst > 0 else 1.0


def tli(chisq: float, df: float, base: float, base_df: float) -> float:
    """Tucker-Lewis index."""
    if not df or not base_df or base / base_df == 1.0:
        return 1.0
    return (base / base_df - chisq / df) / (base / base_df - 1.0)


def rmsea(chisq: float, df: float, n_obs: int, n_groups: int = 1) -> float:
    """Root mean square error of approximation (Steiger 1998 for several groups)."""
    return float(np.sqrt(n_groups * max(chisq - df, 0.0) / (n_obs * df))) if df else 0.0


def rmsea_interval(chisq: float, df: float, n_obs: int, n_groups: int = 1) -> tuple[float, float]:
    """90% interval from the noncentral chi-square (Browne & Cudeck 1993)."""
    if not df:
        return 0.0, 0.0

    def bound(tail: float) -> float:
        if chi2.cdf(chisq, df) < tail:
            return 0.0
        top = max(chisq * 2, 10.0)
        while ncx2.cdf(chisq, df, top) > tail:
            top *= 2
        centre = brentq(lambda nc: ncx2.cdf(chisq, df, nc) - tail, 1e-9, top, xtol=1e-9)
        return float(np.sqrt(n_groups * centre / (n_obs * df)))

    return bound(0.95), bound(0.05)


def srmr(
    moments: Sequence[tuple[np.ndarray, np.ndarray | None]],
    implied: Sequence[tuple[np.ndarray, np.ndarray | None]],
    n_obs: Sequence[float],
) -> float:
    """Standardised root mean square residual, with the means where they are modelled (Bentler 1995).

    Parameters
    ----------
    moments, implied : one a group
        Covariances, and means or None.
    n_obs : one a group
    """
    each = []
    for (cov, mean), (sigma, mu) in zip(moments, implied, strict=True):
        sd = np.sqrt(np.diag(cov))
        residual = ((cov - sigma) / np.outer(sd, sd))[np.tril_indices(len(cov))]
        if mu is not None and mean is not None:
            residual = np.concatenate([residual, (mean - mu) / sd])
        each.append(np.sqrt(np.mean(residual**2)))
    return float(np.average(each, weights=n_obs))
