"""Many comparisons at once: how often one of them would be found by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["benjamini_hochberg", "holm"]


def holm(pvalues: Sequence[float]) -> np.ndarray:
    """Adjust p-values so that the chance of any false find stays at the level.

    Parameters
    ----------
    pvalues : sequence of float
        NaN stays NaN and does not count.

    Returns
    -------
    (n,) float

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    return _stepwise(pvalues, lambda ordered, m: np.maximum.accumulate(ordered * (m - np.arange(m))))


def benjamini_hochberg(pvalues: Sequence[float]) -> np.ndarray:
    """Adjust p-values so that of what is found the expected part that is false stays at the level.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57, 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    array([0.03, 0.04, 0.04])
    """
    return _stepwise(
        pvalues, lambda ordered, m: np.minimum.accumulate((ordered * m / np.arange(1, m + 1))[::-1])[::-1]
    )


def _stepwise(pvalues: Sequence[float], adjust: object) -> np.ndarray:
    given = np.asarray(pvalues, dtype=float)
    known = np.flatnonzero(np.isfinite(given))
    order = known[np.argsort(given[known], kind="stable")]
    result = np.full(len(given), np.nan)
    result[order] = np.minimum(adjust(given[order], len(order)), 1.0)  # type: ignore[operator]
    return result
