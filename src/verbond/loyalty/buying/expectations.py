"""What buy-till-you-die models expect of each customer. Letters as in `kernel`."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, hyp2f1

from verbond.loyalty.kernel import alive_share

__all__ = ["expected_purchases", "expected_spend", "survival"]


def expected_purchases(
    model: str, params: np.ndarray, horizon: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> np.ndarray:
    """Purchases that a customer is expected to make in the next `horizon`, given what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"}
    params : (4,) float64
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
    a = a if abs(a - 1.0) > 1e-6 else 1.0 + 1e-6  # a = 1 is a limit; 1e-6 beside it differs by about 1e-6
    total = a + b + x + extra - 1
    gone = hyp2f1(r + x, b + x + extra, total, horizon / (alpha + T + horizon))
    return alive * total / (a - 1) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x) * gone)


def _mean_life(s: float, ratio: np.ndarray) -> np.ndarray:
    """(1 - (1 + ratio)^(1 - s)) / (s - 1), through its limit log(1 + ratio) at s = 1."""
    log = np.log1p(ratio)
    return log if s == 1.0 else -np.expm1((1.0 - s) * log) / (s - 1.0)


def _bg_bb(params: np.ndarray, horizon: int, x: np.ndarray, t_x: np.ndarray, n: np.ndarray) -> np.ndarray:
    alpha, beta, gamma, delta = params
    ahead = np.arange(1, horizon + 1)[:, None]
    alive_next = alive_share("bg-bb", params, x, t_x, n)
    stays = np.exp(betaln(gamma, delta + n + ahead) - betaln(gamma, delta + n + 1)).sum(axis=0)
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
    """Share of customers left after so many renewals under the shifted beta-geometric model.

    Examples
    --------
    >>> survival(np.array([1.0, 1.0]), np.array([0, 1, 2])).round(6).tolist()
    [1.0, 0.5, 0.333333]
    """
    alpha, beta = params
    return np.exp(betaln(alpha, beta + np.asarray(periods)) - betaln(alpha, beta))
