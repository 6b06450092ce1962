"""Likelihood, gradient and posteriors of the graded response model on a fixed grid.

Letters: n people (or patterns), k items, C answer categories at most, Q grid points, G groups, theta the
level on the construct. P(answer >= c) = 1 / (1 + exp(-(a theta + d_c))), d_1 > d_2 > ... (Samejima 1969); an
answer's probability is the difference of two such. The integral over theta is a sum over an even grid, which
for smooth integrands that vanish at both ends is accurate far beyond its looks (Trefethen & Weideman 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.numerics import chunk_bounds, compiled, over_chunks

__all__ = [
    "Curves",
    "Expected",
    "Posterior",
    "curves",
    "expected_counts",
    "grid_density",
    "outer_scores",
    "posteriors",
]

LEAST_PROBABILITY = 1e-15
RESCALE_EVERY = 16
"""Products of so many probabilities of 1e-15 and more stay above the smallest double."""


@dataclass(frozen=True, slots=True)
class Curves:
    """The items' answer probabilities on the grid, and what their logarithms do.

    Attributes
    ----------
    probs : (k, C, Q) float64
        P(answer c | theta); 1 in categories that an item does not have.
    by_slope : (k, C, Q) float64
        d log P / d a.
    by_upper, by_lower : (k, C, Q) float64
        d log P / d d_{c+1} and / d d_c: the boundaries above and below category c.
    """

    probs: np.ndarray
    by_slope: np.ndarray
    by_upper: np.ndarray
    by_lower: np.ndarray


@dataclass(frozen=True, slots=True)
class Expected:
    """What one pass over the answers gives.

    Attributes
    ----------
    loglik : float
    counts : (k, C, Q) float64
        Expected people at each grid point who gave each answer.
    people : (G, Q) float64
        Expected people of each group at each grid point.
    """

    loglik: float
    counts: np.ndarray
    people: np.ndarray


@dataclass(frozen=True, slots=True)
class Posterior:
    """Level of each person given the answers.

    Attributes
    ----------
    mean, sd : (n,) float64
    """

    mean: np.ndarray
    sd: np.ndarray


def grid_density(grid: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Normal densities on the grid, one row a group, each summing to 1; (G, Q)."""
    log = -0.5 * ((grid - mean[:, None]) / sd[:, None]) ** 2
    density = np.exp(log - log.max(axis=1, keepdims=True))
    return density / density.sum(axis=1, keepdims=True)


def curves(grid: np.ndarray, slopes: np.ndarray, intercepts: np.ndarray) -> Curves:
    """Answer probabilities and their slopes.

    Parameters
    ----------
    grid : (Q,) float64
    slopes : (k,) float64
    intercepts : (k, C - 1) float64
        Decreasing in c; -inf behind an item's last boundary.
    """
    k, n_bounds = intercepts.shape
    n_points = len(grid)
    linear = slopes[:, None, None] * grid + intercepts[:, :, None]
    reach = np.empty((k, n_bounds + 2, n_points))
    reach[:, 0], reach[:, -1] = 1.0, 0.0
    with np.errstate(over="ignore"):
        reach[:, 1:-1] = 1.0 / (1.0 + np.exp(-linear))
    steep = reach * (1.0 - reach)
    probs = np.maximum(reach[:, :-1] - reach[:, 1:], LEAST_PROBABILITY)
    exists = np.concatenate([np.ones((k, 1), bool), np.isfinite(intercepts)], axis=1)[:, :, None]
    upper = np.where(exists, -steep[:, 1:] / probs, 0.0)
    lower = np.where(exists, steep[:, :-1] / probs, 0.0)
    return Curves(np.where(exists, probs, 1.0), (upper + lower) * grid, upper, lower)


@compiled
def _likelihood(codes, probs, density, post):  # pragma: no cover - compiled
    """Fill `post` with prior x likelihood of one person, summing to 1; return the log-likelihood."""
    n_points = density.shape[0]
    for q in range(n_points):
        post[q] = density[q]
    log = 0.0
    since = 0
    for j in range(codes.shape[0]):
        c = codes[j]
        if c < 0:
            continue
        p = probs[j, c]
        for q in range(n_points):
            post[q] *= p[q]
        since += 1
        if since == RESCALE_EVERY:
            total = 0.0
            for q in range(n_points):
                total += post[q]
            log += np.log(total)
            for q in range(n_points):
                post[q] /= total
            since = 0
    total = 0.0
    for q in range(n_points):
        total += post[q]
    for q in range(n_points):
        post[q] /= total
    return log + np.log(total)


@compiled
def _expected(codes, weights, groups, first, last, probs, density, counts, people):  # pragma: no cover
    post = np.empty(density.shape[1])
    loglik = 0.0
    for i in range(first, last):
        w = weights[i]
        loglik += w * _likelihood(codes[i], probs, density[groups[i]], post)
        at = people[groups[i]]
        for q in range(post.shape[0]):
            post[q] *= w
            at[q] += post[q]
        for j in range(codes.shape[1]):
            c = codes[i, j]
            if c >= 0:
                r = counts[j, c]
                for q in range(post.shape[0]):
                    r[q] += post[q]
    return loglik


@compiled
def _scores(
    codes, groups, first, last, probs, density, by_slope, by_upper, by_lower, by_mean, by_sd, into
):  # pragma: no cover - compiled
    """First derivatives of each person's log-likelihood: slopes, boundaries (k x (C - 1)), means, sds."""
    k, n_bounds, n_groups = codes.shape[1], probs.shape[1] - 1, density.shape[0]
    post = np.empty(density.shape[1])
    for i in range(first, last):
        g = groups[i]
        _likelihood(codes[i], probs, density[g], post)
        row = into[i - first]
        for j in range(k):
            c = codes[i, j]
            if c < 0:
                continue
            slope, upper, lower = 0.0, 0.0, 0.0
            for q in range(post.shape[0]):
                slope += post[q] * by_slope[j, c, q]
                upper += post[q] * by_upper[j, c, q]
                lower += post[q] * by_lower[j, c, q]
            row[j] = slope
            if c < n_bounds:
                row[k + j * n_bounds + c] = upper
            if c > 0:
                row[k + j * n_bounds + c - 1] = lower
        mean, sd = 0.0, 0.0
        for q in range(post.shape[0]):
            mean += post[q] * by_mean[g, q]
            sd += post[q] * by_sd[g, q]
        row[k + k * n_bounds + g] = mean
        row[k + k * n_bounds + n_groups + g] = sd


@compiled
def _posteriors(codes, groups, first, last, probs, density, values, mean, sd):  # pragma: no cover
    post = np.empty(density.shape[1])
    for i in range(first, last):
        _likelihood(codes[i], probs, density[groups[i]], post)
        m, s = 0.0, 0.0
        for q in range(post.shape[0]):
            m += post[q] * values[q]
            s += post[q] * values[q] * values[q]
        mean[i] = m
        sd[i] = np.sqrt(max(s - m * m, 0.0))


def expected_counts(
    codes: np.ndarray, weights: np.ndarray, groups: np.ndarray, table: Curves, density: np.ndarray
) -> Expected:
    """One pass: the log-likelihood and where people are expected to stand.

    Parameters
    ----------
    codes : (n, k) int8
        Answer categories from 0; -1 where there is none.
    weights : (n,) float64
        How many people a row stands for.
    groups : (n,) int64
    table : Curves
    density : (G, Q) float64
    """
    bounds = chunk_bounds(len(codes))

    def part(chunk: int) -> tuple[float, np.ndarray, np.ndarray]:
        counts, people = np.zeros(table.probs.shape), np.zeros(density.shape)
        ends = bounds[chunk], bounds[chunk + 1]
        loglik = _expected(codes, weights, groups, *ends, table.probs, density, counts, people)
        return loglik, counts, people

    parts = list(over_chunks(part, len(bounds) - 1))
    return Expected(*(sum(p[i] for p in parts) for i in range(3)))


def outer_scores(
    codes: np.ndarray,
    weights: np.ndarray,
    groups: np.ndarray,
    table: Curves,
    density: np.ndarray,
    group_slopes: tuple[np.ndarray, np.ndarray],
    chain: np.ndarray,
) -> np.ndarray:
    """Sum over people of the outer products of their first derivatives, (p, p).

    Parameters
    ----------
    group_slopes : two (G, Q) float64
        d log density / d mean and / d log sd.
    chain : (m, p) float64
        From the m raw derivatives (slopes, boundaries, means, log sds) to the p free parameters.
    """
    bounds = chunk_bounds(len(codes))

    def part(chunk: int) -> np.ndarray:
        first, last = bounds[chunk], bounds[chunk + 1]
        raw = np.zeros((last - first, chain.shape[0]))
        _scores(
            codes, groups, first, last, table.probs, density, table.by_slope, table.by_upper,
            table.by_lower, *group_slopes, raw,
        )  # fmt: skip
        free = raw @ chain
        return (free * weights[first:last, None]).T @ free

    return sum(over_chunks(part, len(bounds) - 1))


def posteriors(
    codes: np.ndarray, groups: np.ndarray, probs: np.ndarray, density: np.ndarray, values: np.ndarray
) -> Posterior:
    """Mean and sd, given the answers, of a function of the level that has `values` (Q,) on the grid."""
    n = len(codes)
    mean, sd, bounds = np.empty(n), np.empty(n), chunk_bounds(n)

    def part(chunk: int) -> None:
        _posteriors(codes, groups, bounds[chunk], bounds[chunk + 1], probs, density, values, mean, sd)

    list(over_chunks(part, len(bounds) - 1))
    return Posterior(mean, sd)
