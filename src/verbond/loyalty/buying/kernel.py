"""Log-likelihoods of buy-till-you-die models, with their gradients.

Letters of the papers: x repeat purchases, t_x time of the last one, T time observed, all from the first
purchase; r, alpha shape and rate of the gamma distribution of purchase rates; s, beta those of the rates of
leaving (Pareto/NBD); a, b the beta distribution of the chance to leave after a purchase (BG/NBD, MBG/NBD).
Models of purchases at any time take a row of parameters a group of customers; terms that hold only x are
computed once a distinct x. The others take the natural parameters and weighted rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, gammaln, polygamma

from verbond.loyalty.buying.compiled import (
    N_SUMS,
    NODES,
    beta_geometric_rows,
    pareto_left,
    pareto_rows,
)
from verbond.loyalty.buying.histories import Histories
from verbond.numerics.threads import chunk_bounds, over_chunks

__all__ = [
    "LogLikelihood",
    "alive_share",
    "beta_discrete_weibull",
    "bg_bb",
    "bg_nbd",
    "gamma_gamma",
    "mbg_nbd",
    "pareto_nbd",
    "shifted_beta_geometric",
]

_UPPER = np.triu_indices(4)


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """Value, slope and curvature of a log-likelihood.

    Attributes
    ----------
    value : float
        Sum over customers.
    gradient : (p,) or (k, p) float64
        With respect to the natural parameters, in the function's order; of each group of customers.
    hessian : (p, p) or (k, p, p) float64, or None
        Second derivatives, where the function knows them.
    """

    value: float
    gradient: np.ndarray
    hessian: np.ndarray | None = None


def bg_nbd(params: np.ndarray, histories: Histories) -> LogLikelihood:
    """BG/NBD: r, alpha, a, b of each group, (k, 4); Fader, Hardie & Lee (2005), eq. 6."""
    return _beta_geometric(params, histories, 0)


def mbg_nbd(params: np.ndarray, histories: Histories) -> LogLikelihood:
    """MBG/NBD: r, alpha, a, b of each group, (k, 4); customers may leave right after the first purchase.

    Batislam, Denizel & Filiztekin (2007).
    """
    return _beta_geometric(params, histories, 1)


def _beta_geometric(params: np.ndarray, histories: Histories, at_zero: int) -> LogLikelihood:
    x = histories.cell_x
    r, alpha, a, b = params[histories.cell_group].T
    k = x + at_zero
    value, slope, bend = _rates(r, alpha, x)
    value = value + gammaln(b + k) - gammaln(a + b + k) + gammaln(a + b) - gammaln(b)
    ends = digamma(a + b) - digamma(a + b + k)
    bends = polygamma(1, a + b) - polygamma(1, a + b + k)
    slope[:, 2], slope[:, 3] = ends, ends + digamma(b + k) - digamma(b)
    bend[:, 2, 2] = bend[:, 2, 3] = bend[:, 3, 2] = bends
    bend[:, 3, 3] = bends + polygamma(1, b + k) - polygamma(1, b)

    def rows(low: int, high: int, out: np.ndarray) -> None:
        beta_geometric_rows(params, float(at_zero), *_columns(histories), low, high, out)

    return _together(len(params), (value, slope, bend), histories, rows)


def pareto_nbd(params: np.ndarray, histories: Histories) -> LogLikelihood:
    """Pareto/NBD: r, alpha, s, beta of each group, (k, 4); Schmittlein, Morrison & Colombo (1987).

    Notes
    -----
    The part of those who left is kept as the integral that it is,
    integral from t_x to T of s (alpha + u)^-(r+x) (beta + u)^-(s+1) du, and computed with 40 Gauss-Legendre
    points in log(min(alpha, beta) + u): every term is positive, so nothing cancels, and the gradient is the
    mean of the integrand's own. (The usual form subtracts two hypergeometric functions.)
    """
    r, alpha, s, beta = params[histories.cell_group].T
    value, slope, bend = _rates(r, alpha, histories.cell_x)
    value = value + s * np.log(beta)
    slope[:, 2], slope[:, 3] = np.log(beta), s / beta
    bend[:, 2, 3] = bend[:, 3, 2] = 1 / beta
    bend[:, 3, 3] = -s / beta**2

    def rows(low: int, high: int, out: np.ndarray) -> None:
        pareto_rows(params, NODES, *_columns(histories), low, high, out)

    return _together(len(params), (value, slope, bend), histories, rows)


def _rates(r: np.ndarray, alpha: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the gamma distribution of purchase rates adds for a customer with x repeat purchases."""
    slope, bend = np.zeros((len(x), 4)), np.zeros((len(x), 4, 4))
    slope[:, 0], slope[:, 1] = digamma(r + x) - digamma(r) + np.log(alpha), r / alpha
    bend[:, 0, 0] = polygamma(1, r + x) - polygamma(1, r)
    bend[:, 0, 1] = bend[:, 1, 0] = 1 / alpha
    bend[:, 1, 1] = -r / alpha**2
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha), slope, bend


def _columns(histories: Histories) -> tuple[np.ndarray, ...]:
    return histories.group, histories.x, histories.t_x, histories.T, histories.weight


def _together(
    n_groups: int,
    cells: tuple[np.ndarray, np.ndarray, np.ndarray],
    histories: Histories,
    rows: Callable[[int, int, np.ndarray], None],
) -> LogLikelihood:
    """Add the terms of the cells and those of the rows, by group; rows in threads, summed in their order."""
    n, group = histories.cell_weight, histories.cell_group
    value = float(n @ cells[0])
    gradient, hessian = np.zeros((n_groups, 4)), np.zeros((n_groups, 4, 4))
    np.add.at(gradient, group, n[:, None] * cells[1])
    np.add.at(hessian, group, n[:, None, None] * cells[2])
    bounds = chunk_bounds(len(histories.x), least_size=2048)

    def part(chunk: int) -> tuple[int, np.ndarray]:
        low, high = bounds[chunk], bounds[chunk + 1]
        first, last = histories.group[low], histories.group[high - 1]
        out = np.zeros((last - first + 1, N_SUMS))
        rows(low, high, out)
        return first, out

    upper = np.zeros((n_groups, 4, 4))
    for first, out in over_chunks(part, len(bounds) - 1):
        here = slice(first, first + len(out))
        value += float(out[:, 0].sum())
        gradient[here] += out[:, 1:5]
        upper[here, _UPPER[0], _UPPER[1]] += out[:, 5:]
    hessian += np.triu(upper) + np.triu(upper, 1).transpose(0, 2, 1)
    return LogLikelihood(value, gradient, hessian)


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


def beta_discrete_weibull(params: np.ndarray, survivors: np.ndarray) -> LogLikelihood:
    """Beta-discrete-Weibull model of contracts: alpha, beta, c.

    `survivors[0]` customers at the start, `survivors[t]` after t renewals. After t renewals a share
    B(alpha, beta + t^c) / B(alpha, beta) is left; c = 1 is the shifted beta-geometric model. Fader, Hardie,
    Liu, Davin & Steenburgh (2018).
    """
    alpha, beta, c = params
    t = np.arange(len(survivors))
    power = t**c
    log_left = betaln(alpha, beta + power) - betaln(alpha, beta)
    ends, all_of_it = digamma(alpha + beta + power), digamma(alpha + beta)
    by_power = digamma(beta + power) - ends
    log_t = np.log(np.maximum(t, 1))
    slope = np.array(  # of log_left
        [all_of_it - ends, by_power - digamma(beta) + all_of_it, by_power * power * log_t]
    )
    lost, kept = -np.diff(survivors), survivors[-1]
    log_lost = log_left[:-1] + np.log(-np.expm1(np.diff(log_left)))
    share = np.exp(log_left[None, :-1] - log_lost), np.exp(log_left[None, 1:] - log_lost)
    slope_lost = slope[:, :-1] * share[0] - slope[:, 1:] * share[1]
    value = float(lost @ log_lost + kept * log_left[-1])
    return LogLikelihood(value, slope_lost @ lost + kept * slope[:, -1])


def alive_share(model: str, params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
    """P(alive) after what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"}
        For "bg-bb" it is the chance to be there at the next opportunity, T + 1 (eq. 11 of the paper).
    params : (4,) or (4, n) float64
        Of everybody, or of each customer (not for "bg-bb").
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
    shape, rate, leave, b = params
    log_alive = -(shape + x) * np.log(rate + T)
    if model == "pareto-nbd":
        log_alive = log_alive - leave * np.log(b + T)
        log_left = _pareto_left(params, x, t_x, T)
    else:
        n_chances = x + int(model == "mbg-nbd")
        may_leave = n_chances > 0
        chance = np.log(leave) - np.log(np.where(may_leave, b + n_chances - 1, 1.0))
        log_left = np.where(may_leave, chance - (shape + x) * np.log(rate + t_x), -np.inf)
    return np.exp(log_alive - np.logaddexp(log_alive, log_left))


def _pareto_left(params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
    rows = np.ascontiguousarray(params.T).reshape(-1, 4)
    group = np.arange(len(x)) if len(rows) == len(x) else np.zeros(len(x), np.int64)
    out = np.empty(len(x))
    bounds = chunk_bounds(len(x))

    def part(chunk: int) -> None:
        here = slice(bounds[chunk], bounds[chunk + 1])
        pareto_left(rows, group[here], x[here], t_x[here], T[here], NODES, out[here])

    for _ in over_chunks(part, len(bounds) - 1):
        pass
    return out
