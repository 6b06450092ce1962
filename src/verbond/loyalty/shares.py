"""How shares differ between people, chance taken out: nothing but arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, betaln, expit, logit

from verbond.numerics.intervals import logit_interval, normal_quantile
from verbond.results import Estimate

__all__ = ["LEAST_PEOPLE", "Shares", "fit_shares", "share_interval"]

LEAST_PEOPLE = 30
"""With fewer people who had more than one chance, how far people differ is not estimated."""
_LOG_SIZE = (-4.0, 9.0)
_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Shares:
    """A beta distribution of people's own shares.

    Attributes
    ----------
    alpha, beta : float
    covariance : (2, 2) float64
        Of the estimates of logit(mean) and ln(alpha + beta).
    n_people : int
    design_effect : float
        Chances of one order go together: so many of them tell as much as one that stands alone.
    """

    alpha: float
    beta: float
    covariance: np.ndarray
    n_people: int
    design_effect: float

    def above(self, level: float, ci_level: float) -> Estimate:
        """Share of people whose own share is above a level, with its interval by the delta method."""
        theta = np.array([np.log(self.alpha / self.beta), np.log(self.alpha + self.beta)])

        def told(theta: np.ndarray) -> float:
            return float(1 - betainc(*_beta(theta), level))

        slope = np.array([(told(theta + d) - told(theta - d)) / (2 * _STEP) for d in _STEP * np.eye(2)])
        value, variance = told(theta), float(slope @ self.covariance @ slope)
        low, high = logit_interval(np.array([value]), np.array([variance]), ci_level)
        return Estimate(value, float(low[0]), float(high[0]), self.n_people, ci_level)


def fit_shares(
    n: np.ndarray, k: np.ndarray, nn: np.ndarray, nk: np.ndarray, kk: np.ndarray, n_orders: np.ndarray
) -> Shares | None:
    """Fit a beta-binomial distribution by maximum likelihood.

    Parameters
    ----------
    n, k : (p,) float64
        Chances and hits of each person.
    nn, nk, kk : (p,) float64
        Sums over the orders that hold them of n², n·k and k².
    n_orders : (p,) float64

    Returns
    -------
    Shares or None
        None where fewer than `LEAST_PEOPLE` people had several orders, or their shares hold no estimate.

    Notes
    -----
    Chances in one order are no independent draws. Counts are divided by the design effect, the mean square of
    an order's hits about the person's own share over its binomial value (Rao & Scott 1992, Biometrics 48,
    577-585).
    """
    if int((n_orders > 1).sum()) < LEAST_PEOPLE or not 0 < k.sum() < n.sum():
        return None
    effect = _design_effect(n, k, nn, nk, kk, n_orders)
    pairs, weight = np.unique(np.column_stack([n, k]), axis=0, return_counts=True)
    chances, hits = (pairs / effect).T

    def loss(theta: np.ndarray) -> float:
        a, b = _beta(theta)
        return -float(weight @ (betaln(a + hits, b + chances - hits) - betaln(a, b)))

    start = np.array([logit(np.clip(k.sum() / n.sum(), 1e-6, 1 - 1e-6)), 1.0])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-12.0, 12.0), _LOG_SIZE])
    if not _LOG_SIZE[0] + 1e-3 < found.x[1] < _LOG_SIZE[1] - 1e-3:
        return None
    curvature = _hessian(loss, found.x)
    if np.linalg.eigvalsh(curvature)[0] <= 0:
        return None
    a, b = _beta(found.x)
    return Shares(float(a), float(b), np.linalg.inv(curvature), len(n), effect)


def share_interval(n: np.ndarray, k: np.ndarray, ci_level: float) -> tuple[float, float]:
    """Bounds of sum(k) / sum(n), drawn over people: the ratio's linearised error (Cochran 1977, 6.3)."""
    share, people = k.sum() / n.sum(), len(n)
    variance = people / max(people - 1, 1) * ((k - share * n) ** 2).sum() / n.sum() ** 2
    half = normal_quantile(ci_level) * np.sqrt(variance)
    return float(max(share - half, 0.0)), float(min(share + half, 1.0))


def _beta(theta: np.ndarray) -> tuple[float, float]:
    mean, size = expit(theta[0]), np.exp(theta[1])
    return size * mean, size * (1 - mean)


def _design_effect(
    n: np.ndarray, k: np.ndarray, nn: np.ndarray, nk: np.ndarray, kk: np.ndarray, n_orders: np.ndarray
) -> float:
    several = n_orders > 1
    n, k, nn, nk, kk, m = (x[several] for x in (n, k, nn, nk, kk, n_orders))
    share = k / n
    spread = (m / (m - 1) * (kk - 2 * share * nk + share**2 * nn)).sum()
    binomial = (n * share * (1 - share)).sum()
    if binomial <= 0:
        return 1.0
    ratio = float(spread / binomial)  # too high by what fitting each person's own share takes off
    return max(1.0, ratio / (1 + ratio * len(n) / float(n.sum())))


def _hessian(loss: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    step = 1e-3 * np.eye(2)
    return np.array(
        [
            [(loss(at + i + j) - loss(at + i - j) - loss(at - i + j) + loss(at - i - j)) / 4e-6 for j in step]
            for i in step
        ]
    )
