"""Logistic regression with a light ridge."""

from __future__ import annotations

import numpy as np

__all__ = ["RIDGE", "fit_logit"]

RIDGE = 1.0
"""Penalty on standardised coefficients: half its square; keeps them finite where few did it."""
_STEPS = 50


def fit_logit(design: np.ndarray, did: np.ndarray, ridge: float = RIDGE) -> np.ndarray:
    """Coefficients of a logistic regression, the intercept first, by Newton's method.

    Parameters
    ----------
    design : (n, k) float64
        Without intercept.
    did : (n,) bool
    ridge : float
        `ridge / 2` times the sum of squares of the coefficients, without the intercept, is taken off the
        log-likelihood.

    Examples
    --------
    >>> x = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
    >>> y = np.array([True, False, False, True, True, False])
    >>> [round(float(b), 4) for b in fit_logit(x, y, ridge=0.0)]              # logit 1/3, and the step to 2/3
    [-0.6931, 1.3863]
    """
    x = np.column_stack([np.ones(len(design)), design])
    penalty = ridge * np.r_[0.0, np.ones(design.shape[1])]
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-x @ beta))
        slope = x.T @ (did - chance) - penalty * beta
        root = x * np.sqrt(chance * (1 - chance))[:, None]  # times itself: half the work of two products
        bend = root.T @ root + np.diag(penalty)
        step = np.linalg.lstsq(bend, slope, rcond=None)[0]
        beta += step * min(1.0, 4.0 / max(float(np.abs(x @ step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    return beta
