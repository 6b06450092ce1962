"""Maximum likelihood: Newton's method on logarithms of parameters, within edges, and what is known then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from verbond.loyalty.buying.kernel import LogLikelihood

__all__ = ["EDGE", "Maximum", "maximise", "of_logarithms"]

EDGE = 14.0
"""Logarithms of parameters are kept within +-14 (1e-6 to 1e6); one that ends there has no estimate."""
_LONGEST = 2.0
"""No logarithm moves further in a step."""
_SETTLED = 1e-14
"""Done when a step would raise the log-likelihood by less than this part of it."""
_NOISE = 1e-12
"""A step that raised it by less than this part climbed on nothing but rounding."""
_FLAT = 1e-10
"""Curvature below this part of the largest: the likelihood is flat in that direction."""
_ANYTHING = 5.0
"""A standard error of a logarithm above this: the parameter may be a thousand times larger or smaller."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a log-likelihood is largest.

    Attributes
    ----------
    theta : (p,) float64
    value : float
    covariance : (p, p) float64
        Inverse of the observed information; NaN where the likelihood is nearly flat or at an edge.
    converged : bool
    """

    theta: np.ndarray
    value: float
    covariance: np.ndarray
    converged: bool


def of_logarithms(function: Callable[[np.ndarray], LogLikelihood]) -> Callable[[np.ndarray], LogLikelihood]:
    """The same log-likelihood as a function of the logarithms of its parameters."""

    def logarithmic(theta: np.ndarray) -> LogLikelihood:
        params = np.exp(theta)
        found = function(params)
        gradient = found.gradient * params
        if found.hessian is None:
            return LogLikelihood(found.value, gradient)
        return LogLikelihood(
            found.value, gradient, found.hessian * np.outer(params, params) + np.diag(gradient)
        )

    return logarithmic


def maximise(function: Callable[[np.ndarray], LogLikelihood], start: np.ndarray) -> Maximum:
    """Climb from `start` by Newton's steps, shortened where they do not climb.

    Parameters
    ----------
    function : callable
        Of theta (p,); where it gives no second derivatives, they are differences of its gradient.
    start : (p,) float64
        Within the edges.
    """
    theta, here, converged = start, function(start), False
    rose = np.inf
    for _ in range(200):
        bend = _curvature(function, theta, here)
        free = ~((theta <= -EDGE) & (here.gradient < 0) | (theta >= EDGE) & (here.gradient > 0))
        step = _step(here.gradient, bend, free)
        size, ahead = max(abs(here.value), 1.0), here.gradient @ step
        converged = bool(ahead <= _SETTLED * size or max(ahead, rose) <= _NOISE * size)
        if converged or rose <= _NOISE * size:
            break
        taken = _climb(function, theta, here, step)
        if taken is None:
            break
        rose = taken[1].value - here.value
        theta, here = taken
    return Maximum(theta, here.value, _covariance(theta, _curvature(function, theta, here)), converged)


def _climb(
    function: Callable[[np.ndarray], LogLikelihood], theta: np.ndarray, here: LogLikelihood, step: np.ndarray
) -> tuple[np.ndarray, LogLikelihood] | None:
    for _ in range(30):
        new = np.clip(theta + step, -EDGE, EDGE)
        there = function(new)
        if there.value >= here.value + 1e-4 * (here.gradient @ (new - theta)):
            return new, there
        step = step / 4
    return None


def _step(gradient: np.ndarray, bend: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Newton's step over what is free to move; directions that bend upward are climbed as steeply."""
    step = np.zeros(len(gradient))
    if not free.any():
        return step
    values, vectors = np.linalg.eigh(-bend[np.ix_(free, free)])
    size = np.maximum(np.abs(values), _FLAT * np.abs(values).max())
    step[free] = vectors @ (vectors.T @ gradient[free] / np.maximum(size, 1e-300))
    return step * min(1.0, _LONGEST / max(np.abs(step).max(), 1e-300))


def _curvature(
    function: Callable[[np.ndarray], LogLikelihood], theta: np.ndarray, here: LogLikelihood
) -> np.ndarray:
    if here.hessian is not None:
        return here.hessian
    h = 1e-5
    rows = [
        (function(theta + step).gradient - function(theta - step).gradient) / (2 * h)
        for step in h * np.eye(len(theta))
    ]
    return (np.array(rows) + np.array(rows).T) / 2


def _covariance(theta: np.ndarray, bend: np.ndarray) -> np.ndarray:
    unknown = np.full_like(bend, np.nan)
    if (np.abs(theta) > EDGE - 0.01).any() or not np.isfinite(bend).all():
        return unknown
    values, vectors = np.linalg.eigh(-bend)
    if values.min() <= _FLAT * values.max():
        return unknown
    covariance = vectors / values @ vectors.T
    return unknown if np.diag(covariance).max() > _ANYTHING**2 else covariance
