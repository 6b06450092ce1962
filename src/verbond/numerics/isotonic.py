"""Weighted means in order."""

from __future__ import annotations

import numpy as np

from verbond.numerics.compiled import compiled

__all__ = ["isotonic", "pool_adjacent"]


def isotonic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The non-decreasing sequence nearest to `values` in weighted squares (pool adjacent violators).

    For every exponential family with increasing mean this is also the maximum-likelihood sequence of means
    under order restriction.

    Parameters
    ----------
    values, weights : (n,) float64
        Weights positive.

    Returns
    -------
    (n,) float64

    References
    ----------
    Barlow, Bartholomew, Bremner & Brunk (1972), Statistical Inference under Order Restrictions, section 1.2.

    Examples
    --------
    >>> isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4))
    array([1. , 2.5, 2.5, 4. ])
    """
    return pool_adjacent(np.asarray(values, float), np.asarray(weights, float))


@compiled
def pool_adjacent(values, weights):
    """`isotonic` inside compiled loops."""
    means, totals, sizes = np.empty(len(values)), np.empty(len(values)), np.zeros(len(values), np.int64)
    last = -1
    for i in range(len(values)):
        last += 1
        means[last], totals[last], sizes[last] = values[i], weights[i], 1
        while last > 0 and means[last - 1] > means[last]:
            total = totals[last - 1] + totals[last]
            means[last - 1] = (means[last - 1] * totals[last - 1] + means[last] * totals[last]) / total
            totals[last - 1] = total
            sizes[last - 1] += sizes[last]
            last -= 1
    found, place = np.empty(len(values)), 0
    for j in range(last + 1):
        for _ in range(sizes[j]):
            found[place] = means[j]
            place += 1
    return found
