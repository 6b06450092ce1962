"""Logistic regression with a ridge: small, and nothing else is needed to learn from a few hundred texts.

Hastie, Tibshirani & Friedman (2009), *The Elements of Statistical Learning*, 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

__all__ = ["Linear", "fit_binary", "fit_linear", "fit_temperature", "probabilities"]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of classes on vectors.

    Attributes
    ----------
    weights : (d, k) float32
    intercepts : (k,) float32
    """

    weights: np.ndarray
    intercepts: np.ndarray

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Of vectors (n, d): (n, k) float64."""
        return (vectors @ self.weights + self.intercepts).astype(np.float64)


def fit_linear(
    vectors: np.ndarray,
    targets: np.ndarray,
    strength: float = 5.0,
    weights: np.ndarray | None = None,
) -> Linear:
    """Fit classes that share one sum of 1.

    Parameters
    ----------
    vectors : (n, d) float
    targets : (n, k) float
        Rows that sum to 1: a class, or a division over classes where raters disagree.
    strength : float
        Inverse of the ridge: how far weights may go. As `C` of scikit-learn's LogisticRegression.
    weights : (n,) float, optional
        How much each row counts.

    Returns
    -------
    Linear
    """
    d, k = vectors.shape[1], targets.shape[1]
    x = np.asarray(vectors, np.float64)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        beta, alpha = flat[: d * k].reshape(d, k), flat[d * k :]
        logp = log_softmax(x @ beta + alpha, axis=1)
        off = (np.exp(logp) - targets) * w[:, None]
        value = -strength * float((w[:, None] * targets * logp).sum()) + 0.5 * float((beta**2).sum())
        return value, np.concatenate([(strength * x.T @ off + beta).ravel(), strength * off.sum(axis=0)])

    found = minimize(
        loss, np.zeros(d * k + k), jac=True, method="L-BFGS-B", options={"maxiter": 2000, "gtol": 1e-5}
    )
    return Linear(found.x[: d * k].reshape(d, k).astype(np.float32), found.x[d * k :].astype(np.float32))


def fit_binary(
    x: np.ndarray, target: np.ndarray, strength: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Weights (d + 1,) of a log-odds, the intercept last; see `fit_linear`.

    Parameters
    ----------
    x : (n, d) float
    target : (n,) float
        0..1.
    strength : float
    weights : (n,) float, optional
    """
    found = fit_linear(x, np.column_stack([target, 1 - target]), strength, weights)
    both = np.vstack([found.weights, found.intercepts]).astype(np.float64)
    return both[:, 0] - both[:, 1]


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The number by which logits of texts not learned from are divided, to say how sure they are.

    Parameters
    ----------
    logits : (n, k) float
        Out of sample.
    targets : (n, k) float
        Rows that sum to 1.

    Notes
    -----
    Guo et al. (2017), On calibration of modern neural networks, ICML.
    """

    def loss(log_t: float) -> float:
        return -float((targets * log_softmax(logits / np.exp(log_t), axis=1)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.5), method="bounded").x))


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Calibrated probabilities of classes, (n, k)."""
    return softmax(logits / temperature, axis=1)
