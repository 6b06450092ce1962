"""`Fitted`: a model with its parameters, which is all that scoring needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.coding.layout import Layout
from verbond.ladder.model.model import LadderModel

__all__ = ["Fitted", "covariance_root", "drawn_parameters"]

WIDEST = 1.0
"""Largest standard deviation, on the scales of `theta`, of any direction in which parameters are drawn for
probabilities: what the data leave open further than that is not normal either."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model with its parameters: what scoring needs.

    Attributes
    ----------
    model : LadderModel
    theta : (n_parameters,)
    covariance : (n_parameters, n_parameters)
        Of `theta`; zero rows for parameters at a bound.
    period : str
    layout : Layout
        What the model looks at in a panel.
    """

    model: LadderModel
    theta: np.ndarray
    covariance: np.ndarray
    period: str
    layout: Layout


def covariance_root(covariance: np.ndarray, widest: float = np.inf) -> np.ndarray | None:
    """Symmetric root of a covariance; None where it was not measured, or nothing varies.

    Parameters
    ----------
    covariance : (n, n)
    widest : float
        Standard deviation beyond which no direction goes.
    """
    if not np.isfinite(covariance).all() or not covariance.any():
        return None
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0.0, widest**2))) @ vectors.T


def drawn_parameters(fitted: Fitted, n_draws: int) -> np.ndarray:
    """(n_draws, n_parameters) drawn from their covariance, in pairs on either side of the best.

    The best alone, (1, n_parameters), where nothing is to be drawn. The same at every call.

    Parameters
    ----------
    fitted : Fitted
    n_draws : int
        Even.
    """
    root = covariance_root(fitted.covariance, WIDEST)
    if root is None or n_draws == 0:
        return fitted.theta[None, :]
    away = np.random.default_rng(0).standard_normal((n_draws // 2, len(root))) @ root
    return fitted.theta + np.concatenate((away, -away))
