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
from scipy.special import betaln, digamma, gammaln

from verbond.loyalty.buying.compiled import (
    N_SUMS,
    NODES,
    beta_geometric_rows,
    counted_rows,
    pareto_left,
    pareto_rows,
)
from verbond.loyalty.buying.erlang import erlang_phases, erlang_rows
from verbond.loyalty.buying.histories import Histories
from verbond.numerics.threads import chunk_bounds, over_chunks

__all__ = [
    "LogLikelihood",
    "alive_share",
    "beta_discrete_weibull",
    "bg_bb",
    "bg_cnbd",
    "bg_nbd",
    "gamma_gamma",
    "mbg_cnbd",
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


def bg_cnbd(params: np.ndarray, histories: Histories, k: int) -> LogLikelihood:
    """BG/CNBD-k: r, alpha, a, b of each group, (g, 4), with Erlang-k times between purchases.

    Reutterer, Platzer & Schroeder (2020). Left out is what no parameter moves: (k - 1) times the sum of
    logarithms of times between purchases, less log (k - 1)! for each of them.
    """
    return _beta_geometric(params, histories, 0, k)


def mbg_cnbd(params: np.ndarray, histories: Histories, k: int) -> LogLikelihood:
    """MBG/CNBD-k: as `bg_cnbd`, where customers may leave right after the first purchase."""
    return _beta_geometric(params, histories, 1, k)


def _beta_geometric(params: np.ndarray, histories: Histories, at_zero: int, k: int = 1) -> LogLikelihood:
    def rows(low: int, high: int, out: np.ndarray) -> None:
        if k == 1:
            beta_geometric_rows(params, float(at_zero), *_columns(histories), low, high, out)
        else:
            erlang_rows(params, k, float(at_zero), *_columns(histories), low, high, out)

    return _together(params, histories, rows, at_zero, k)


def pareto_nbd(params: np.ndarray, histories: Histories) -> LogLikelihood:
    """Pareto/NBD: r, alpha, s, beta of each group, (k, 4); Schmittlein, Morrison & Colombo (1987).

    Notes
    -----
    The part of those who left is kept as the integral that it is,
    integral from t_x to T of s (alpha + u)^-(r+x) (beta + u)^-(s+1) du, and computed with 40 Gauss-Legendre
    points in log(min(alpha, beta) + u): every term is positive, so nothing cancels, and the gradient is the
    mean of the integrand's own. (The usual form subtracts two hypergeometric functions.)
    """

    def rows(low: int, high: int, out: np.ndarray) -> None:
        pareto_rows(params, NODES, *_columns(histories), low, high, out)

    return _together(params, histories, rows, 2)


def _columns(histories: Histories) -> tuple[np.ndarray, ...]:
    return histories.group, histories.x, histories.t_x, histories.T, histories.weight


def _together(
    params: np.ndarray,
    histories: Histories,
    rows: Callable[[int, int, np.ndarray], None],
    kind: int,
    k: int = 1,
) -> LogLikelihood:
    """Add the terms of the cells and those of the rows, by group; in threads, summed in their order."""

    def cells(low: int, high: int, out: np.ndarray) -> None:
        counts = (histories.cell_x, histories.cell_weight, histories.cell_group)
        counted_rows(params, k, kind, *counts, low, high, out)

    sums = np.zeros((len(params), N_SUMS))
    for group, terms in ((histories.cell_group, cells), (histories.group, rows)):
        bounds = chunk_bounds(len(group), least_size=2048)

        def part(chunk: int, group=group, terms=terms, bounds=bounds) -> tuple[int, np.ndarray]:
            low, high = bounds[chunk], bounds[chunk + 1]
            first, last = group[low], group[high - 1]
            out = np.zeros((last - first + 1, N_SUMS))
            terms(low, high, out)
            return first, out

        for first, out in over_chunks(part, len(bounds) - 1):
            sums[first : first + len(out)] += out
    hessian = np.zeros((len(params), 4, 4))
    hessian[:, _UPPER[0], _UPPER[1]] = hessian[:, _UPPER[1], _UPPER[0]] = sums[:, 5:]
    return LogLikelihood(float(sums[:, 0].sum()), sums[:, 1:5], hessian)


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


def alive_share(
    model: str, params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, k: int = 1
) -> np.ndarray:
    """P(alive) after what was seen.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "bg-cnbd-k", "mbg-cnbd-k", "pareto-nbd", "bg-bb"}
        For "bg-bb" it is the chance to be there at the next opportunity, T + 1 (eq. 11 of the paper).
    params : (4,) or (4, n) float64
        Of everybody, or of each customer (not for "bg-bb").
    x, t_x, T : (n,) float64
    k : int
        Phases between purchases, for "bg-cnbd-k" and "mbg-cnbd-k".

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
    log_alive = -(shape + x) * np.log(rate + T) if k == 1 else _log_phases(params, x, t_x, T, k)
    if model == "pareto-nbd":
        log_alive = log_alive - leave * np.log(b + T)
        log_left = _pareto_left(params, x, t_x, T)
    else:
        n_chances = x + int(model.startswith("mbg"))
        may_leave = n_chances > 0
        chance = np.log(leave) - np.log(np.where(may_leave, b + n_chances - 1, 1.0))
        log_left = np.where(may_leave, chance - (shape + k * x) * np.log(rate + t_x), -np.inf)
    return np.exp(log_alive - np.logaddexp(log_alive, log_left))


def _log_phases(params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, k: int) -> np.ndarray:
    out = np.empty((len(x), k))
    erlang_phases(rows_of(params), k, *columns_of(x, t_x, T), out)
    return np.logaddexp.reduce(out, axis=1)


def rows_of(params: np.ndarray) -> np.ndarray:
    """Parameters (p,) or (p, n) with a customer a row, or one row for everybody."""
    return np.ascontiguousarray(np.asarray(params, dtype=np.float64).T).reshape(-1, len(params))


def columns_of(*columns: np.ndarray) -> list[np.ndarray]:
    """As compiled functions take them."""
    return [np.ascontiguousarray(column, dtype=np.float64) for column in columns]


def _pareto_left(params: np.ndarray, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
    rows = rows_of(params)
    group = np.arange(len(x)) if len(rows) == len(x) else np.zeros(len(x), np.int64)
    out = np.empty(len(x))
    bounds = chunk_bounds(len(x))

    def part(chunk: int) -> None:
        here = slice(bounds[chunk], bounds[chunk + 1])
        pareto_left(rows, group[here], x[here], t_x[here], T[here], NODES, out[here])

    for _ in over_chunks(part, len(bounds) - 1):
        pass
    return out
