"""How much of one score's variance goes with each of several others: shares that add up to R squared."""

from __future__ import annotations

from math import comb

import numpy as np

from verbond.errors import DataError
from verbond.numerics import compiled

__all__ = ["MAX_EXACT", "johnson_weights", "r_squared_of_subsets", "shapley_shares", "variance_inflation"]

MAX_EXACT = 12
"""Predictors up to which every subset is looked at (4,096 regressions by sweeping, none by fitting)."""


def r_squared_of_subsets(cor: np.ndarray) -> np.ndarray:
    """R squared of the last variable on every subset of the others.

    Parameters
    ----------
    cor : (..., p + 1, p + 1) float64
        Correlations, the outcome last; leading dimensions are bootstrap samples.

    Returns
    -------
    (..., 2^p) float64
        Entry m holds the subset of the predictors whose bits are set in m.

    Notes
    -----
    Subsets are visited in Gray's order, so that each costs one sweep (Beaton 1964) of the matrix.
    """
    stacked = np.array(cor, dtype=np.float64).reshape(-1, *cor.shape[-2:])
    found = np.zeros((len(stacked), 2 ** (cor.shape[-1] - 1)))
    _all_subsets(stacked, found)
    return found.reshape(*cor.shape[:-2], -1)


@compiled
def _all_subsets(stacked, found):  # pragma: no cover - compiled
    """Sweep each matrix (which is used up) through every subset."""
    n_variables = stacked.shape[1]
    row, column = np.empty(n_variables), np.empty(n_variables)
    for b in range(stacked.shape[0]):
        swept = stacked[b]
        inside = 0
        for step in range(1, found.shape[1]):
            k = 0
            while not (step >> k) & 1:
                k += 1
            sign = -1.0 if (inside >> k) & 1 else 1.0
            inside ^= 1 << k
            pivot = swept[k, k]
            for i in range(n_variables):
                row[i], column[i] = swept[k, i], swept[i, k]
            for i in range(n_variables):
                for j in range(n_variables):
                    swept[i, j] -= column[i] * row[j] / pivot
            for i in range(n_variables):
                swept[k, i] = sign * row[i] / pivot
                swept[i, k] = sign * column[i] / pivot
            swept[k, k] = -1.0 / pivot
            found[b, inside] = 1.0 - swept[n_variables - 1, n_variables - 1]


def shapley_shares(cor: np.ndarray) -> np.ndarray:
    """Each predictor's gain in R squared, averaged over every order in which they can enter.

    Parameters
    ----------
    cor : (..., p + 1, p + 1) float64
        Correlations, the outcome last.

    Returns
    -------
    (..., p) float64
        They add up to R squared.

    Notes
    -----
    Lindeman, Merenda & Gold (1980), called LMG; the same numbers are the Shapley values of R squared. A
    subset of size s that a predictor enters counts 1 / (p C(p - 1, s)).

    Examples
    --------
    >>> shapley_shares(np.array([[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]])).round(4).tolist()
    [0.36, 0.09]
    """
    p = cor.shape[-1] - 1
    if p > MAX_EXACT:
        raise DataError(
            "too many predictors to look at every subset", got=str(p), expected=f"{MAX_EXACT} at most"
        )
    explained = r_squared_of_subsets(cor)
    masks = np.arange(2**p)
    size = np.array([int(m).bit_count() for m in masks])
    shares = np.empty((*cor.shape[:-2], p))
    for k in range(p):
        without = masks[masks >> k & 1 == 0]
        weight = np.array([1.0 / (p * comb(p - 1, int(s))) for s in size[without]])
        shares[..., k] = (explained[..., without | 1 << k] - explained[..., without]) @ weight
    return shares


def johnson_weights(cor: np.ndarray) -> np.ndarray:
    """Johnson's relative weights: a near likeness of `shapley_shares` for any number of predictors.

    Parameters
    ----------
    cor : (..., p + 1, p + 1) float64

    Returns
    -------
    (..., p) float64
        They add up to R squared.

    Notes
    -----
    The outcome is regressed on the orthogonal variables nearest to the predictors, and each one's part is
    given back to the predictors by their squared correlations (Johnson 2000, Multivariate Behavioral
    Research 35).
    """
    among, with_outcome = cor[..., :-1, :-1], cor[..., :-1, -1]
    values, vectors = np.linalg.eigh(among)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    beta = np.linalg.solve(root, with_outcome[..., None])[..., 0]
    return ((root**2) @ (beta**2)[..., None])[..., 0]


def variance_inflation(cor: np.ndarray) -> np.ndarray:
    """Variance inflation of each predictor: the diagonal of the inverse correlations; (p,) from (p, p)."""
    return np.diag(np.linalg.inv(cor)).copy()
