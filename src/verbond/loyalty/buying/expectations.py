"""What buy-till-you-die models expect of each customer. Letters as in `kernel`."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, hyp2f1

from verbond.loyalty.buying.kernel import alive_share

__all__ = ["discounted_purchases", "expected_purchases", "expected_spend", "survival"]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_POINTS, _WEIGHTS = (_POINTS + 1) / 2, _WEIGHTS / 2
_NOTHING_LEFT = 40.0
"""Discounted by e^-40 = 4e-18, what comes later is left out."""


def expected_purchases(
    model: str, params: np.ndarray, horizon: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> np.ndarray:
    """Purchases that a customer is expected to make in the next `horizon`, given what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"}
    params : (4,) or (4, n) float64
        Of everybody, or of each customer (not for "bg-bb").
    horizon : float
        In the unit of `T`; for "bg-bb" a whole number of opportunities.
    x, t_x, T : (n,) float64

    Returns
    -------
    (n,) float64

    Notes
    -----
    BG/NBD: Fader, Hardie & Lee (2005), eq. 10. MBG/NBD: Wagner & Hoppe (2008), eq. 14. Pareto/NBD:
    Schmittlein, Morrison & Colombo (1987), eq. 22. BG/BB: Fader, Hardie & Shang (2010), eq. 13, as the sum
    over opportunities that it comes from, which needs no gamma other than 1.
    """
    if model == "bg-bb":
        return _bg_bb(params, int(horizon), x, t_x, T)
    alive = alive_share(model, params, x, t_x, T)
    if model == "pareto-nbd":
        r, alpha, s, beta = params
        return alive * (r + x) / (alpha + T) * (beta + T) * _mean_life(s, horizon / (beta + T))
    r, alpha, a, b = params
    extra = int(model == "mbg-nbd")
    a = np.where(np.abs(a - 1.0) > 1e-6, a, 1.0 + 1e-6)  # a = 1 is a limit; beside it differs by about 1e-6
    total = a + b + x + extra - 1
    gone = hyp2f1(r + x, b + x + extra, total, horizon / (alpha + T + horizon))
    return alive * total / (a - 1) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x) * gone)


def _mean_life(s: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """(1 - (1 + ratio)^(1 - s)) / (s - 1), through its limit log(1 + ratio) at s = 1."""
    log, power = np.log1p(ratio), s - 1.0
    return np.where(power == 0.0, log, -np.expm1(-power * log) / np.where(power == 0.0, 1.0, power))


def discounted_purchases(
    model: str, params: np.ndarray, discount_rate: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> np.ndarray:
    """Purchases expected from now on, without end, each discounted to now.

    Parameters
    ----------
    model, params, x, t_x, T
        As for `expected_purchases`.
    discount_rate : float
        Above 0. Continuous, a unit of `T`; for "bg-bb" a rate an opportunity, the next one discounted once.

    Returns
    -------
    (n,) float64

    Notes
    -----
    With Y(t) expected purchases until t, the integral of e^(-d t) dY(t) is d times that of e^(-d t) Y(t),
    computed with 64 Gauss-Legendre points in log(1 + t / mean T). For Pareto/NBD it has a closed form: Fader,
    Hardie & Lee (2005b), eq. 2. BG/BB: Fader, Hardie & Shang (2010), eq. 15, as a sum over opportunities.
    """
    if model == "bg-bb":
        return _bg_bb(params, int(np.ceil(_NOTHING_LEFT / np.log1p(discount_rate))), x, t_x, T, discount_rate)
    scale = float(T.mean()) if len(T) and T.mean() > 0 else 1 / discount_rate
    end = np.log1p(_NOTHING_LEFT / discount_rate / scale)
    total = np.zeros(len(x))
    for point, weight in zip(end * _POINTS, end * _WEIGHTS, strict=True):
        t = scale * np.expm1(point)
        share = weight * scale * np.exp(point) * discount_rate * np.exp(-discount_rate * t)
        total += share * expected_purchases(model, params, t, x, t_x, T)
    return total


def _bg_bb(
    params: np.ndarray, horizon: int, x: np.ndarray, t_x: np.ndarray, n: np.ndarray, discount: float = 0.0
) -> np.ndarray:
    alpha, beta, gamma, delta = params
    alive_next = alive_share("bg-bb", params, x, t_x, n)
    first, stays = betaln(gamma, delta + n + 1), np.zeros(len(x))
    for ahead in range(1, horizon + 1):
        stays += np.exp(betaln(gamma, delta + n + ahead) - first) / (1 + discount) ** ahead
    return alive_next * (alpha + x) / (alpha + beta + n) * stays


def expected_spend(params: np.ndarray, x: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Expected money per purchase under the Gamma-Gamma model: Fader & Hardie (2013), eq. 5.

    Parameters
    ----------
    params : (3,) float64
        p, q, v; q at most 1 has no mean: NaN where x is 0.
    x, m : (n,) float64
        Purchases and their mean value; `m` is not looked at where x is 0.

    Returns
    -------
    (n,) float64
    """
    p, q, v = params
    seen = np.where(x > 0, m, 0.0)
    weight = p * x + q - 1.0
    return np.where(weight > 0, p * (v + x * seen) / np.where(weight > 0, weight, 1.0), np.nan)


def survival(params: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Share of customers left after so many renewals: alpha, beta and, for beta-discrete-Weibull, c.

    Examples
    --------
    >>> survival(np.array([1.0, 1.0]), np.array([0, 1, 2])).round(6).tolist()
    [1.0, 0.5, 0.333333]
    """
    alpha, beta, c = (*params, 1.0)[:3]
    return np.exp(betaln(alpha, beta + np.asarray(periods, dtype=np.float64) ** c) - betaln(alpha, beta))
