"""What buy-till-you-die models expect of each customer. Letters as in `kernel`."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, gammainccinv, gammaincinv, gammaln, hyp2f1

from verbond.loyalty.buying.erlang import erlang_ahead, erlang_phases
from verbond.loyalty.buying.kernel import alive_share, columns_of, rows_of

__all__ = ["buying_share", "discounted_purchases", "expected_purchases", "expected_spend", "survival"]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_POINTS, _WEIGHTS = (_POINTS + 1) / 2, _WEIGHTS / 2
_NOTHING_LEFT = 40.0
"""Discounted by e^-40 = 4e-18, what comes later is left out."""
_NEVER = 1e-17
"""Rates below so much of the discount rate buy too late to count."""


def expected_purchases(
    model: str, params: np.ndarray, horizon: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, k: int = 1
) -> np.ndarray:
    """Purchases that a customer is expected to make in the next `horizon`, given what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "bg-cnbd-k", "mbg-cnbd-k", "pareto-nbd", "bg-bb"}
    params : (4,) or (4, n) float64
        Of everybody, or of each customer (not for "bg-bb").
    horizon : float
        In the unit of `T`; for "bg-bb" a whole number of opportunities.
    x, t_x, T : (n,) float64
    k : int
        Phases between purchases, for "bg-cnbd-k" and "mbg-cnbd-k".

    Returns
    -------
    (n,) float64

    Notes
    -----
    BG/NBD: Fader, Hardie & Lee (2005), eq. 10. MBG/NBD: Wagner & Hoppe (2008), eq. 14. Pareto/NBD:
    Schmittlein, Morrison & Colombo (1987), eq. 22. BG/BB: Fader, Hardie & Shang (2010), eq. 13, as the sum
    over opportunities that it comes from, which needs no gamma other than 1. With k phases: the sum over
    phases to come (`erlang.erlang_ahead`), exact where the literature approximates by BG/NBD.
    """
    if model == "bg-bb":
        return _bg_bb(params, int(horizon), x, t_x, T)
    alive = alive_share(model, params, x, t_x, T, k)
    if k > 1:
        ahead = np.empty(len(x))
        until = np.broadcast_to(horizon, len(x))
        erlang_ahead(rows_of(params), k, float(model.startswith("mbg")), *columns_of(until, x, t_x, T), ahead)
        return alive * ahead
    if model == "pareto-nbd":
        r, alpha, s, beta = params
        return alive * (r + x) / (alpha + T) * (beta + T) * _mean_life(s, horizon / (beta + T))
    r, alpha, a, b = params
    extra = int(model.startswith("mbg"))
    a = np.where(np.abs(a - 1.0) > 1e-6, a, 1.0 + 1e-6)  # a = 1 is a limit; beside it differs by about 1e-6
    total = a + b + x + extra - 1
    gone = hyp2f1(r + x, b + x + extra, total, horizon / (alpha + T + horizon))
    return alive * total / (a - 1) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x) * gone)


def buying_share(
    model: str, params: np.ndarray, horizon: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, k: int = 1
) -> np.ndarray:
    """P(somebody buys at least once in the next `horizon`), given what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "bg-cnbd-k", "mbg-cnbd-k", "pareto-nbd"}
    params, horizon, x, t_x, T, k
        As for `expected_purchases`.

    Returns
    -------
    (n,) float64
        0..1.

    Notes
    -----
    With a chance to leave after a purchase only, who is a customer buys unless fewer phases come
    than the rest of k (negative binomial). With Pareto/NBD somebody may leave before that purchase: the
    integral over its moment u of (r+x) (alpha+T)^(r+x) / (alpha+T+u)^(r+x+1) ((beta+T) / (beta+T+u))^s, in 64
    points.
    """
    alive = alive_share(model, params, x, t_x, T, k)
    r, alpha, s, beta = params
    if model == "pareto-nbd":
        end = np.log1p(horizon / (alpha + T))
        found = np.zeros(len(x))
        for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
            u = (alpha + T) * np.expm1(end * point)
            found += weight * np.exp(-(r + x) * end * point) * ((beta + T) / (beta + T + u)) ** s
        return alive * (r + x) * end * found
    if k == 1:
        return alive * -np.expm1((r + x) * np.log((alpha + T) / (alpha + T + horizon)))
    log_phases = np.empty((len(x), k))
    erlang_phases(rows_of(params), k, *columns_of(x, t_x, T), log_phases)
    phases = np.exp(log_phases - np.logaddexp.reduce(log_phases, axis=1)[:, None])
    grown = horizon / (alpha + T + horizon)
    found = sum(phases[:, j] * betainc(k - j, r + k * x + j, grown) for j in range(k))
    return alive * found


def _mean_life(s: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """(1 - (1 + ratio)^(1 - s)) / (s - 1), through its limit log(1 + ratio) at s = 1."""
    log, power = np.log1p(ratio), s - 1.0
    return np.where(power == 0.0, log, -np.expm1(-power * log) / np.where(power == 0.0, 1.0, power))


def discounted_purchases(
    model: str,
    params: np.ndarray,
    discount_rate: float,
    x: np.ndarray,
    t_x: np.ndarray,
    T: np.ndarray,
    k: int = 1,
) -> np.ndarray:
    """Purchases expected from now on, without end, each discounted to now.

    Parameters
    ----------
    model, params, x, t_x, T, k
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
    With k phases: each phase at rate l discounts by l / (l + d), summed over purchases to come by a
    hypergeometric function and integrated over l.
    """
    if model == "bg-bb":
        return _bg_bb(params, int(np.ceil(_NOTHING_LEFT / np.log1p(discount_rate))), x, t_x, T, discount_rate)
    if k > 1:
        alive = alive_share(model, params, x, t_x, T, k)
        return alive * _discounted_phases(params, discount_rate, x, t_x, T, k, int(model.startswith("mbg")))
    scale = float(T.mean()) if len(T) and T.mean() > 0 else 1 / discount_rate
    end = np.log1p(_NOTHING_LEFT / discount_rate / scale)
    total = np.zeros(len(x))
    for point, weight in zip(end * _POINTS, end * _WEIGHTS, strict=True):
        t = scale * np.expm1(point)
        share = weight * scale * np.exp(point) * discount_rate * np.exp(-discount_rate * t)
        total += share * expected_purchases(model, params, t, x, t_x, T)
    return total


def _discounted_phases(
    params: np.ndarray,
    discount_rate: float,
    x: np.ndarray,
    t_x: np.ndarray,
    T: np.ndarray,
    k: int,
    extra: int,
) -> np.ndarray:
    """Discounted purchases of who is a customer: 64 points over the logarithm of the rate."""
    rows, (x, t_x, T) = rows_of(params), columns_of(x, t_x, T)
    log_phases = np.empty((len(x), k))
    erlang_phases(rows, k, x, t_x, T, log_phases)
    phases = np.exp(log_phases - np.logaddexp.reduce(log_phases, axis=1)[:, None])
    r, alpha, a, b = (column[:, None] for column in np.broadcast_to(rows.T, (4, len(x))))
    stayed, found = b + x[:, None] + extra, np.zeros(len(x))
    for j in range(k):
        shape, rate = r + k * x[:, None] + j, alpha + T[:, None]
        low, high = (np.log(bound / rate) for bound in _ends(shape))
        low = np.maximum(low, np.log(_NEVER * discount_rate))
        log_rate = low + (high - low) * _POINTS
        log_density = shape * (log_rate + np.log(rate)) - np.exp(log_rate) * rate - gammaln(shape)
        one = 1 / (1 + discount_rate * np.exp(-log_rate))
        each = one ** (k - j) * hyp2f1(1.0, stayed, a + stayed, one**k)
        found += phases[:, j] * ((high - low) * _WEIGHTS * np.exp(log_density) * each).sum(axis=1)
    return found


def _ends(shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which a gamma law of scale 1 is, but for 1e-16 of it."""
    return np.maximum(gammaincinv(shape, 1e-16), 1e-300), gammainccinv(shape, 1e-16)


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
