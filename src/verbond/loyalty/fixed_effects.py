"""Poisson regression with an effect for every product and every week: nothing but arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["FixedEffects", "fit_fixed_effects"]

_MAX_STEPS = 60
_CLOSE = 1e-10
_NOTHING = 1e-9
"""A covariate with less than this share of its spread left once effects are taken out tells nothing."""


@dataclass(frozen=True, slots=True)
class FixedEffects:
    """Coefficients of the covariates.

    Attributes
    ----------
    coefficients : (k,) float64
    influence : (p, k) float64
        What each product contributes to the error of the coefficients: rows add up to zero.
    loglik : float
        Of the weeks in which units were sold given each product's total, without its constant.
    n_products, n_units : int
    """

    coefficients: np.ndarray
    influence: np.ndarray = field(repr=False)
    loglik: float
    n_products: int
    n_units: int

    @property
    def covariance(self) -> np.ndarray:
        """(k, k) sandwich, clustered by product, with the factor n / (n - 1)."""
        return self.n_products / (self.n_products - 1) * self.influence.T @ self.influence


def fit_fixed_effects(units: np.ndarray, x: np.ndarray, seen: np.ndarray) -> FixedEffects | None:
    """Fit ln E(units) = product + week + x'b by maximum likelihood.

    Parameters
    ----------
    units : (p, t) float64
        0 or more.
    x : (p, t, k) float64
        Covariates; read only where `seen`.
    seen : (p, t) bool
        Cells that count.

    Returns
    -------
    FixedEffects or None
        None where nothing is left to learn from: fewer than two products, or covariates that are what
        products and weeks say already. `influence` has zeros for products that do not count.

    Notes
    -----
    Given a product's total its units are multinomial over the weeks, and the product's effect is gone; the
    estimates are those of Poisson regression with a dummy a product. That the counts are Poisson is not
    needed: the mean is, and the sandwich does the rest.

    References
    ----------
    Hausman, Hall & Griliches (1984), Econometrica 52, 909-938; Wooldridge (1999), J. Econometrics 90, 77-98.
    """
    n_cells, k = seen.shape, x.shape[-1]
    seen = seen & (np.where(seen, units, 0).sum(axis=1, keepdims=True) > 0)
    weeks = np.flatnonzero(np.where(seen, units, 0).sum(axis=0) > 0)
    rows = np.flatnonzero(seen[:, weeks].sum(axis=1) > 1)
    if len(rows) < 2 or len(weeks) < 2:
        return None
    y, z, here = (a[np.ix_(rows, weeks)] for a in (units, x, seen))
    y, z = np.where(here, y, 0.0), np.where(here[..., None], z, 0.0)
    found = _newton(y, z, here)
    if found is None:
        return None
    theta, inverse, scores, loglik = found
    influence = np.zeros((n_cells[0], k))
    influence[rows] = (scores @ inverse)[:, -k:]
    return FixedEffects(theta[-k:], influence, loglik, len(rows), round(float(y.sum())))


def _newton(
    y: np.ndarray, z: np.ndarray, here: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float] | None:
    t, k = y.shape[1], z.shape[-1]
    theta = np.zeros(t - 1 + k)
    loglik, p = _loglik(theta, y, z, here)
    for _ in range(_MAX_STEPS):
        scores, information = _slopes(y, z, p)
        if not _can_be_told(information, t - 1):
            return None
        inverse = np.linalg.inv(information)
        step, size = inverse @ scores.sum(axis=0), 1.0
        while size > 1e-8:
            tried, q = _loglik(theta + size * step, y, z, here)
            if tried >= loglik - 1e-12 * abs(loglik):
                break
            size /= 2
        theta, gain, loglik, p = theta + size * step, tried - loglik, tried, q
        if np.abs(size * step).max() < _CLOSE or (gain <= 1e-13 * abs(loglik) and size == 1.0):
            scores, information = _slopes(y, z, p)
            return theta, np.linalg.inv(information), scores, loglik
    return None


def _loglik(theta: np.ndarray, y: np.ndarray, z: np.ndarray, here: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood, and the chance of each week for a unit of each product."""
    n = y.shape[1] - 1
    eta = np.concatenate([[0.0], theta[:n]]) + z @ theta[n:]
    eta = np.where(here, eta, -np.inf)
    top = eta.max(axis=1, keepdims=True)
    p = np.exp(eta - top)
    total = p.sum(axis=1, keepdims=True)
    return float((y * (np.where(here, eta, 0.0) - top - np.log(total))).sum()), p / total


def _slopes(y: np.ndarray, z: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score of each product (p, t - 1 + k), and the information of all."""
    n = y.sum(axis=1)
    left, expected = y - n[:, None] * p, n[:, None] * p
    mean = np.einsum("pt,ptk->pk", p, z)
    scores = np.concatenate([left[:, 1:], np.einsum("pt,ptk->pk", left, z)], axis=1)
    w = expected[:, 1:]
    weeks = np.diag(w.sum(axis=0)) - (w.T @ p[:, 1:])
    centred = z - mean[:, None, :]
    between = np.einsum("pt,ptk->tk", expected, centred)[1:]
    inner = np.einsum("pt,ptj,ptk->jk", expected, centred, centred)
    return scores, np.block([[weeks, between], [between.T, inner]])


def _can_be_told(information: np.ndarray, n_weeks: int) -> bool:
    """Whether covariates still vary once weeks are taken out, and all weeks are tied together."""
    if np.linalg.cond(information[:n_weeks, :n_weeks]) > 1e12:
        return False
    inner = information[n_weeks:, n_weeks:]
    across = information[:n_weeks, n_weeks:]
    left = inner - across.T @ np.linalg.solve(information[:n_weeks, :n_weeks], across)
    spread = np.sqrt(np.diag(inner))
    if not (spread > 0).all():
        return False
    return bool(np.linalg.eigvalsh(left / np.outer(spread, spread))[0] > _NOTHING)
