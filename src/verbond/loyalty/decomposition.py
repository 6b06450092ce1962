"""What each factor of a product adds to its change: parts that add up, whatever the order of the factors.

Of x = x_1 · x_2 · … · x_k in two periods; nothing but arrays.

References
----------
Ang (2005), The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33, 867-871.
Ang & Liu (2007), Handling zero values in the logarithmic mean Divisia index decomposition approach, Energy
Policy 35, 238-246. Sun (1998), Changes in energy consumption and energy intensity: a complete decomposition
model, Energy Economics 20, 85-100; it is the Shapley value: Shapley (1953), A value for n-person games.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np

__all__ = ["chain", "lmdi_parts", "logarithmic_mean", "shapley_parts"]


def chain(totals: np.ndarray) -> np.ndarray:
    """Factors of the last of some totals: the first total, and each total per unit of the one before.

    Parameters
    ----------
    totals : (..., 2, k) float64
        In each of two periods, such as customers, orders, items, revenue.

    Returns
    -------
    factors : (..., 2, k) float64
        Their product over the last axis is the last total. A ratio of nothing to nothing takes the other
        period's value (1 where that is nothing too): a period without customers differs by its customers.

    Examples
    --------
    >>> chain(np.array([[10.0, 20.0, 100.0], [0.0, 0.0, 0.0]]))
    array([[10.,  2.,  5.],
           [ 0.,  2.,  5.]])
    """
    below, above = totals[..., :-1], totals[..., 1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(below > 0, above / below, np.nan)
    other = ratios[..., ::-1, :]
    ratios = np.where(np.isnan(ratios), np.where(np.isnan(other), 1.0, other), ratios)
    return np.concatenate([totals[..., :1], ratios], axis=-1)


def logarithmic_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(a - b) / (ln a - ln b); a where both are equal, 0 where either is 0.

    Examples
    --------
    >>> logarithmic_mean(np.array([2.0, np.e, 3.0]), np.array([2.0, 1.0, 0.0])).round(4)
    array([2.    , 1.7183, 0.    ])
    """
    a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
    low, high = np.minimum(a, b), np.maximum(a, b)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(low > 0, (high - low) / low, 0.0)
        mean = np.where(ratio > 0, (high - low) / np.log1p(ratio), high)
    return np.where(low > 0, mean, 0.0)


def lmdi_parts(factors: np.ndarray) -> np.ndarray:
    """Additive logarithmic mean Divisia parts (LMDI-I).

    Parameters
    ----------
    factors : (..., 2, k) float64
        In the first and in the second period, not negative.

    Returns
    -------
    parts : (..., k) float64
        L(x', x) · ln(x'_j / x_j); they add up to x' - x. Where x is 0 in one period, the factors that are 0
        there share the change equally: the limit of factors that go to 0 together (Ang & Liu 2007).

    Examples
    --------
    >>> lmdi_parts(np.array([[10.0, 2.0], [20.0, 1.0]])).round(3)
    array([ 13.863, -13.863])
    """
    products = factors.prod(axis=-1)
    change = products[..., 1] - products[..., 0]
    zero = factors == 0
    gone = zero[..., 0, :] | zero[..., 1, :]
    n_gone = gone.sum(axis=-1, keepdims=True)
    safe = np.where(zero, 1.0, factors)
    logs = np.log(safe[..., 1, :] / safe[..., 0, :])
    parts = logarithmic_mean(products[..., 1], products[..., 0])[..., None] * logs
    return np.where(n_gone > 0, gone * change[..., None] / np.maximum(n_gone, 1), parts)


def shapley_parts(factors: np.ndarray) -> np.ndarray:
    """What each factor adds, averaged over every order in which the factors could have changed.

    Parameters
    ----------
    factors : (..., 2, k) float64

    Returns
    -------
    parts : (..., k) float64
        They add up to x' - x.

    Examples
    --------
    >>> shapley_parts(np.array([[10.0, 2.0], [20.0, 1.0]]))
    array([ 15., -15.])
    """
    k = factors.shape[-1]
    parts = np.zeros(factors[..., 0, :].shape)
    for j in range(k):
        others = [i for i in range(k) if i != j]
        for n in range(k):
            weight = factorial(n) * factorial(k - 1 - n) / factorial(k)
            for changed in combinations(others, n):
                period = [int(i in changed) for i in others]
                parts[..., j] += weight * factors[..., period, others].prod(axis=-1)
        parts[..., j] *= factors[..., 1, j] - factors[..., 0, j]
    return parts
