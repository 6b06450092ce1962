"""Totals over customers, drawn again: how far they would differ with other customers like these."""

from __future__ import annotations

import numpy as np

__all__ = ["MAX_BAGS", "drawn_totals", "percentile_bounds"]

MAX_BAGS = 5000
_DRAWS_AT_ONCE = 100


def drawn_totals(values: np.ndarray, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Column totals of customers drawn with replacement, as many as there are.

    Parameters
    ----------
    values : (n, k) float64
        A row a customer.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    totals : (n_draws, k) float64

    Notes
    -----
    The bootstrap of Efron (1979), Annals of Statistics 7, 1-26. Where there are many more customers
    than `MAX_BAGS`, they are first put by lot into bags of equal size, and bags are drawn: the spread is
    that of customers, known to about 1%. The few who do not fill a bag are in no draw.
    """
    n = len(values)
    if n >= 2 * MAX_BAGS:
        size = n // MAX_BAGS
        kept = rng.permutation(n)[: MAX_BAGS * size]
        values = values[kept].reshape(MAX_BAGS, size, -1).sum(axis=1)
        scale = n / (MAX_BAGS * size)
    else:
        scale = 1.0
    n, parts = len(values), []
    for at in range(0, n_draws, _DRAWS_AT_ONCE):
        rows = rng.integers(0, n, (min(_DRAWS_AT_ONCE, n_draws - at), n))
        times = np.stack([np.bincount(row, minlength=n) for row in rows])
        parts.append(times @ values)
    return scale * np.concatenate(parts)


def percentile_bounds(draws: np.ndarray, ci_level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound over the first axis: percentiles of the draws."""
    tail = 50 * (1 - ci_level)
    low, high = np.nanpercentile(draws, [tail, 100 - tail], axis=0)
    return low, high
