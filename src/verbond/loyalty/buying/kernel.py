"""Log-likelihoods of buy-till-you-die models, with their gradients.

Letters of the papers: x repeat purchases, t_x time of the last one, T time observed, all from the first
purchase; r, alpha shape and rate of the gamma distribution of purchase rates; s, beta those of the rates of
leaving (Pareto/NBD); a, b the beta distribution of the chance to leave after a purchase (BG/NBD, MBG/NBD).
Every function takes the natural parameters and distinct rows with weights, and returns a `LogLikelihood`.
Terms that hold only x are computed once a distinct x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, gammaln

__all__ = [
    "LogLikelihood",
    "alive_share",
    "bg_bb",
    "bg_nbd",
    "gamma_gamma",
    "mbg_nbd",
    "pareto_nbd",
    "shifted_beta_geometric",
]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_NODES = (_NODES + 1.0) / 2.0
_LOG_WEIGHTS = np.log(_WEIGHTS / 2.0)
_FAR = 42.0
"""Where the integrand of Pareto/NBD has fallen by e^-42 = 6e-19, the rest is left out."""
_CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """Value and slope of a log-likelihood.

    Attributes
    ----------
    value : float
        Sum over customers.
    gradient : (p,) float64
        With respect to the natural parameters, in the function's order.
    """

    value: float
    gradient: np.ndarray


def bg_nbd(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray
) -> LogLikelihood:
    """BG/NBD: parameters r, alpha, a, b; Fader, Hardie & Lee (2005), eq. 6."""
    return _beta_geometric(params, x, t_x, T, weight, at_zero=0)


def mbg_nbd(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray
) -> LogLikelihood:
    """MBG/NBD: parameters r, alpha, a, b; customers may leave right after the first purchase.

    Batislam, Denizel & Filiztekin (2007).
    """
    return _beta_geometric(params, x, t_x, T, weight, at_zero=1)


def _beta_geometric(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray, at_zero: int
) -> LogLikelihood:
    r, alpha, a, b = params
    log_alive, log_left, log_T, log_tx = _beta_geometric_terms(params, x, t_x, T, at_zero)
    both = np.logaddexp(log_alive, log_left)
    left = np.exp(log_left - both) * weight
    alive = weight - left
    levels, of_level = np.unique(x, return_inverse=True)
    n = np.bincount(of_level, weights=weight)
    total, shift = weight.sum(), levels + b + at_zero
    constant = total * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
    by_level = gammaln(r + levels) + gammaln(shift) - gammaln(a + shift)
    leave_chance = left / np.maximum(b + x + at_zero - 1, 1e-300)
    gradient = np.array(
        [
            n @ digamma(r + levels) + total * (np.log(alpha) - digamma(r)) - alive @ log_T - left @ log_tx,
            total * r / alpha - (r + x) @ (alive * np.exp(-log_T) + left * np.exp(-log_tx)),
            total * digamma(a + b) - n @ digamma(a + shift) + left.sum() / a,
            total * (digamma(a + b) - digamma(b))
            + n @ (digamma(shift) - digamma(a + shift))
            - leave_chance.sum(),
        ]
    )
    return LogLikelihood(float(constant + n @ by_level + weight @ both), gradient)


def _beta_geometric_terms(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, at_zero: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r, alpha, a, b = params
    log_T, log_tx = np.log(alpha + T), np.log(alpha + t_x)
    may_leave = x + at_zero > 0
    chance = np.log(a) - np.log(np.where(may_leave, b + x + at_zero - 1, 1.0))
    log_left = np.where(may_leave, chance - (r + x) * log_tx, -np.inf)
    return -(r + x) * log_T, log_left, log_T, log_tx


def pareto_nbd(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray
) -> LogLikelihood:
    """Pareto/NBD: parameters r, alpha, s, beta; Schmittlein, Morrison & Colombo (1987).

    Notes
    -----
    The part of those who left is kept as the integral that it is,
    integral from t_x to T of s (alpha + u)^-(r+x) (beta + u)^-(s+1) du, and computed with 40 Gauss-Legendre
    points in log(min(alpha, beta) + u): every term is positive, so nothing cancels, and the gradient is the
    mean of the integrand's own. (The usual form subtracts two hypergeometric functions.)
    """
    r, alpha, s, beta = params
    levels, of_level = np.unique(x, return_inverse=True)
    n, total = np.bincount(of_level, weights=weight), weight.sum()
    value = n @ gammaln(r + levels) + total * (r * np.log(alpha) + s * np.log(beta) - gammaln(r))
    gradient = np.array(
        [
            n @ digamma(r + levels) + total * (np.log(alpha) - digamma(r)),
            total * r / alpha,
            total * np.log(beta),
            total * s / beta,
        ]
    )
    for start in range(0, len(x), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = _pareto_rows(params, x[rows], t_x[rows], T[rows], weight[rows])
        value, gradient = value + part.value, gradient + part.gradient
    return LogLikelihood(float(value), gradient)


def _pareto_rows(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray
) -> LogLikelihood:
    r, alpha, s, beta = params
    log_alive, log_left, u, log_f = _pareto_terms(params, x, t_x, T)
    both = np.logaddexp(log_alive, log_left)
    alive = np.exp(log_alive - both) * weight
    left = np.exp(log_f - both[:, None]) * weight[:, None]  # (rows, nodes): where in time they left
    n_left, alpha_u, beta_u, rate = left.sum(axis=1), alpha + u, beta + u, r + x
    gradient = np.array(
        [
            -alive @ np.log(alpha + T) - np.vdot(left, np.log(alpha_u)),
            -(rate * alive) @ (1 / (alpha + T)) - np.vdot(left, rate[:, None] / alpha_u),
            -alive @ np.log(beta + T) + n_left.sum() / s - np.vdot(left, np.log(beta_u)),
            -s * (alive @ (1 / (beta + T))) - (s + 1) * np.vdot(left, 1 / beta_u),
        ]
    )
    return LogLikelihood(float(weight @ both), gradient)


def _pareto_terms(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r, alpha, s, beta = params
    least, rate = min(alpha, beta), r + x
    low, high = np.log(least + t_x), np.log(least + T)
    # log f is concave in log(least + u); from its slope at t_x follows where it has surely vanished
    slope = (least + t_x) * (rate / (alpha + t_x) + (s + 1) / (beta + t_x)) - 1
    high = np.minimum(high, low + _FAR / np.maximum(slope, 1e-300))
    width = (high - low)[:, None]
    shifted = np.exp(low[:, None] + width * _NODES)
    u = shifted - least
    with np.errstate(divide="ignore"):
        log_f = (
            _LOG_WEIGHTS + np.log(width) + np.log(shifted) + np.log(s)
            - rate[:, None] * np.log(alpha + u) - (s + 1) * np.log(beta + u)
        )  # fmt: skip
    top = log_f.max(axis=1)
    at_once = np.isneginf(top)  # t_x = T: no time to leave in
    log_left = np.where(
        at_once,
        -np.inf,
        top + np.log(np.exp(log_f - np.where(at_once, 0, top)[:, None]).sum(axis=1) + at_once),
    )
    return -rate * np.log(alpha + T) - s * np.log(beta + T), log_left, u, log_f


def bg_bb(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, n: np.ndarray, weight: np.ndarray
) -> LogLikelihood:
    """BG/BB: parameters alpha, beta, gamma, delta; t_x and n count opportunities to buy.

    Fader, Hardie & Shang (2010), eq. 6: those who left after opportunity t_x + i, i = 0, 1, ..., n - t_x - 1,
    and those who did not.
    """
    alpha, beta, gamma, delta = params
    row, last, log_p, left = _bg_bb_terms(params, x, t_x, n)
    top = np.full(len(x), -np.inf)
    np.maximum.at(top, row, log_p)
    share = np.exp(log_p - top[row])
    total = np.bincount(row, weights=share)
    chance = share / total[row] * weight[row]  # of each time of leaving, with its weight
    x_, miss, leave, stay = x[row], last - x[row], left.astype(float), last
    all_buy, all_leave = digamma(alpha + beta + last), digamma(gamma + delta + leave + stay)
    sum_w = weight.sum()
    gradient = np.array(
        [
            chance @ (digamma(alpha + x_) - all_buy) + sum_w * (digamma(alpha + beta) - digamma(alpha)),
            chance @ (digamma(beta + miss) - all_buy) + sum_w * (digamma(alpha + beta) - digamma(beta)),
            chance @ (digamma(gamma + leave) - all_leave) + sum_w * (digamma(gamma + delta) - digamma(gamma)),
            chance @ (digamma(delta + stay) - all_leave) + sum_w * (digamma(gamma + delta) - digamma(delta)),
        ]
    )
    constant = sum_w * (betaln(alpha, beta) + betaln(gamma, delta))
    return LogLikelihood(float(weight @ (top + np.log(total)) - constant), gradient)


def _bg_bb_terms(
    params: np.ndarray, x: np.ndarray, t_x: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One entry a row and last opportunity alive: row, that opportunity, log probability, left (or not)."""
    alpha, beta, gamma, delta = params
    n_entries = (n - t_x + 1).astype(np.int64)
    row = np.repeat(np.arange(len(x)), n_entries)
    step = np.arange(len(row)) - np.repeat(np.cumsum(n_entries) - n_entries, n_entries)
    last = t_x[row] + step
    left = last < n[row]
    log_p = betaln(alpha + x[row], beta + last - x[row]) + betaln(gamma + left, delta + last)
    return row, last, log_p, left


def gamma_gamma(params: np.ndarray, x: np.ndarray, m: np.ndarray, weight: np.ndarray) -> LogLikelihood:
    """Gamma-Gamma model of money per purchase: parameters p, q, v; Fader & Hardie (2013), eq. 1a.

    `x` purchases (more than 0) of mean value `m` (more than 0).
    """
    p, q, v = params
    px, total = p * x, v + x * m
    value = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v) + px * np.log(x) + (px - 1) * np.log(m)
    value -= (px + q) * np.log(total)
    both = digamma(px + q)
    gradient = np.array(
        [
            weight @ (x * (both - digamma(px) + np.log(x) + np.log(m) - np.log(total))),
            weight @ (both - digamma(q) + np.log(v) - np.log(total)),
            weight @ (q / v - (px + q) / total),
        ]
    )
    return LogLikelihood(float(weight @ value), gradient)


def shifted_beta_geometric(params: np.ndarray, survivors: np.ndarray) -> LogLikelihood:
    """Shifted beta-geometric model of contracts: parameters alpha, beta; Fader & Hardie (2007), eq. 5-8.

    `survivors[0]` customers at the start, `survivors[t]` after t renewals.
    """
    alpha, beta = params
    t = np.arange(1, len(survivors))
    lost, kept = -np.diff(survivors), survivors[-1]
    end = t[-1]
    value = lost @ (betaln(alpha + 1, beta + t - 1) - betaln(alpha, beta))
    value += kept * (betaln(alpha, beta + end) - betaln(alpha, beta))
    total = survivors[0]
    start, each, last = digamma(alpha + beta), digamma(alpha + beta + t), digamma(alpha + beta + end)
    gradient = np.array(
        [
            lost.sum() * digamma(alpha + 1) - lost @ each + kept * (digamma(alpha) - last)
            + total * (start - digamma(alpha)),
            lost @ (digamma(beta + t - 1) - each) + kept * (digamma(beta + end) - last)
            + total * (start - digamma(beta)),
        ]
    )  # fmt: skip
    return LogLikelihood(float(value), gradient)


def alive_share(model: str, params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
    """P(alive) after what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"}
        For "bg-bb" it is the chance to be there at the next opportunity, T + 1 (eq. 11 of the paper).
    params : (4,) float64
    x, t_x, T : (n,) float64

    Returns
    -------
    (n,) float64
        0..1.
    """
    if model == "bg-bb":
        alpha, beta, gamma, delta = params
        row, _, log_p, _ = _bg_bb_terms(params, x, t_x, T)
        here = betaln(alpha + x, beta + T - x) + betaln(gamma, delta + T + 1)
        return 1.0 / np.bincount(row, weights=np.exp(log_p - here[row]))
    if model == "pareto-nbd":
        parts = [
            _pareto_terms(params, *(v[start : start + _CHUNK] for v in (x, t_x, T)))[:2]
            for start in range(0, len(x), _CHUNK)
        ]
        log_alive, log_left = (np.concatenate([p[j] for p in parts] or [np.zeros(0)]) for j in (0, 1))
    else:
        log_alive, log_left = _beta_geometric_terms(params, x, t_x, T, int(model == "mbg-nbd"))[:2]
    return np.exp(log_alive - np.logaddexp(log_alive, log_left))
