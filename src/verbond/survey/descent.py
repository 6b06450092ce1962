"""Going down a smooth function with its curvature, damped where a full step would not help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

__all__ = ["Descent", "Place", "descend"]


class Place(Protocol):
    """Where one stands: `value` (infinite where it is not allowed) and `gradient`."""

    @property
    def value(self) -> float:
        """Of the function."""

    @property
    def gradient(self) -> np.ndarray:
        """(t,) float64."""


P = TypeVar("P", bound=Place)


@dataclass(frozen=True, slots=True)
class Descent(Generic[P]):
    """Where the descent ended.

    Attributes
    ----------
    theta : (t,) float64
    at : the place
    n_iterations : int
    converged : bool
    """

    theta: np.ndarray
    at: P
    n_iterations: int
    converged: bool


def descend(
    place: Callable[[np.ndarray], P],
    curve: Callable[[P, bool], np.ndarray],
    theta: np.ndarray,
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 500,
) -> Descent[P]:
    """Scoring steps, and Newton's near the end.

    Parameters
    ----------
    place : callable
        From theta.
    curve : callable
        (t, t) curvature at a place: a positive one, or with True the exact one.
    theta : (t,) float64
    tolerance : float
        Largest step, in units of the curvature, at which it stops.
    """
    at, damping, moved, before = place(theta), 1e-3, np.inf, np.inf
    bend, exact = np.zeros((0, 0)), False
    for iteration in range(1, max_iterations + 1):
        if not len(bend) or (moved < 0.1 and not exact) or moved > 0.2 * before:  # else the old one serves
            exact = moved < 0.1
            bend = _positive(curve, at) if exact else curve(at, False)
        scale = np.diag(bend).copy()
        scale[scale <= 0] = 1.0
        while True:
            step = _step(bend + damping * np.diag(scale), at.gradient)
            new = place(theta + step)
            if new.value <= at.value or damping > 1e12:
                break
            damping *= 10 if np.isfinite(new.value) else 100
        before, moved = moved, float(np.sqrt(scale) @ np.abs(step)) if len(step) else 0.0
        if new.value <= at.value:
            theta, at = theta + step, new
        damping = max(damping / 10, 1e-12)
        if moved < tolerance or damping > 1e11:
            slope = np.abs(at.gradient / np.sqrt(scale)).max(initial=0.0)
            return Descent(theta, at, iteration, bool(slope < 1e-6))
    return Descent(theta, at, max_iterations, False)


def _step(bend: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    try:
        chol = np.linalg.cholesky(bend)
        return -np.linalg.solve(chol.T, np.linalg.solve(chol, gradient))
    except np.linalg.LinAlgError:
        return -np.linalg.lstsq(bend, gradient, rcond=1e-14)[0]


def _positive(curve: Callable[[P, bool], np.ndarray], at: P) -> np.ndarray:
    exact = curve(at, True)
    try:
        np.linalg.cholesky(exact)
        return exact
    except np.linalg.LinAlgError:
        return curve(at, False)
