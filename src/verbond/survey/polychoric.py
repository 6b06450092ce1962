"""Thresholds and polychoric correlations of ordered items, with their covariances.

Behind every ordered item stands a normal response with variance 1, cut at thresholds. Thresholds come from
each item's own counts, correlations from each pair's, and their covariances from respondents' scores
(Muthén 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from verbond.numerics import compiled

__all__ = ["Ordered", "binormal", "polychoric"]

_RULES = {False: np.polynomial.legendre.leggauss(24), True: np.polynomial.legendre.leggauss(64)}
_FAR = 38.0  # the normal density is 0 there
_SMALL = float(np.sqrt(np.finfo(float).eps))  # a cell this unlikely says nothing about its pair
_MOST = 0.999


@dataclass(frozen=True, slots=True)
class Ordered:
    """Ordered answers of one group, reduced.

    Attributes
    ----------
    n_obs : int
    cor : (p, p) float64
    thresholds : tuple of float64 arrays
        One an item.
    gamma : (m + r, m + r) float64
        n times the covariances of all m thresholds, item by item, and of the r correlations of pairs i > j,
        row by row.
    """

    n_obs: int
    cor: np.ndarray
    thresholds: tuple[np.ndarray, ...]
    gamma: np.ndarray


def binormal(x: np.ndarray, y: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Probability that both of two standard normal variables with correlation `rho` lie below x and y.

    Sheppard's integral over the angle, by Gauss and Legendre: 24 nodes, or 64 where a |rho| passes .9.

    Examples
    --------
    >>> round(float(binormal(np.array(0.0), np.array(0.0), np.array(0.5))), 10)      # 1/4 + asin(1/2) / 2 pi
    0.3333333333
    """
    nodes, weights = _RULES[bool((np.abs(rho) > 0.9).any())]
    top = np.arcsin(rho)[..., None]
    sine = np.sin(top * (1 + nodes) / 2)
    half = -0.5 / (1 - sine * sine)
    inner = np.exp((x * x + y * y)[..., None] * half - (2 * x * y)[..., None] * (sine * half)) @ weights
    return ndtr(x) * ndtr(y) + inner * top[..., 0] / (4 * np.pi)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Tables of all pairs of items, i > j, padded to the most answers an item has.

    Attributes
    ----------
    i, j : (r,) int64
    counts : (r, k, k) float64
    upper : (p, k + 1) float64
        Thresholds between -38 and 38; 38 again beyond an item's last answer.
    """

    i: np.ndarray
    j: np.ndarray
    counts: np.ndarray
    upper: np.ndarray


def polychoric(codes: np.ndarray, n_answers: Sequence[int]) -> Ordered:
    """Thresholds, polychoric correlations and their covariances.

    Parameters
    ----------
    codes : (n, p) int
        Answers 0 .. k - 1 of each item, all of them used.
    n_answers : (p,) sequence of int

    Returns
    -------
    Ordered
    """
    n, p = codes.shape
    most = max(n_answers)
    pairs = _tables(codes, n_answers, most)
    rho = _correlations(pairs, n_answers)
    cell, density, to_i, to_j = _cells_of(pairs, rho)
    sure = cell > _SMALL
    score = np.where(sure, density / np.where(sure, cell, 1.0), 0.0)
    own, inverse = _thresholds(pairs.upper, codes, n_answers)
    count = pairs.counts
    weight = (count * score**2).sum(axis=(1, 2))
    pull_i = _pulled(count * score, cell, sure, to_i, axis=1)
    pull_j = _pulled(count * score, cell, sure, to_j, axis=2)
    from_i = np.einsum("rt,rts,ras->ra", pull_i, inverse[pairs.i], own[pairs.i])
    from_j = np.einsum("rt,rts,ras->ra", pull_j, inverse[pairs.j], own[pairs.j])
    influence = (score - from_i[:, :, None] - from_j[:, None, :]) / weight[:, None, None]
    moved = [(own[j] @ inverse[j])[:k, : k - 1] for j, k in enumerate(n_answers)]
    m = sum(n_answers) - p
    gamma = np.zeros((m + len(rho),) * 2)
    for first in range(0, n, 8192):
        rows = codes[first : first + 8192]
        part = np.empty((len(rows), m + len(rho)))
        np.concatenate([moved[j][rows[:, j]] for j in range(p)], axis=1, out=part[:, :m])
        _look_up(rows, pairs.i, pairs.j, influence, part[:, m:])
        gamma += part.T @ part
    cor = np.eye(p)
    cor[pairs.i, pairs.j] = cor[pairs.j, pairs.i] = rho
    return Ordered(n, cor, tuple(pairs.upper[j, 1:k] for j, k in enumerate(n_answers)), gamma * n)


@compiled
def _look_up(codes, i, j, table, found):  # pragma: no cover - compiled
    for row in range(codes.shape[0]):
        for r in range(len(i)):
            found[row, r] = table[r, codes[row, i[r]], codes[row, j[r]]]


def _tables(codes: np.ndarray, n_answers: Sequence[int], most: int) -> _Pairs:
    n, p = codes.shape
    together = np.zeros((p * most, p * most))
    place = codes + np.arange(p) * most
    for first in range(0, n, 4096):
        part = place[first : first + 4096]
        marks = np.zeros((len(part), p * most), dtype=np.float32)
        marks[np.arange(len(part))[:, None], part] = 1.0
        together += marks.T @ marks
    i, j = np.tril_indices(p, -1)
    blocks = together.reshape(p, most, p, most)
    upper = np.full((p, most + 1), _FAR)
    upper[:, 0] = -_FAR
    for one, k in enumerate(n_answers):
        share = np.cumsum(np.diag(blocks[one, :, one]))[: k - 1] / n
        upper[one, 1:k] = ndtri(share)
    return _Pairs(i, j, blocks[i, :, j, :], upper)


def _probabilities(pairs: _Pairs, rho: np.ndarray) -> np.ndarray:
    """Of each cell, (r, k, k); at the ends only one of the two counts."""
    x, y = pairs.upper[pairs.i], pairs.upper[pairs.j]
    below = np.zeros((len(rho), x.shape[1], x.shape[1]))
    below[:, 1:-1, 1:-1] = binormal(x[:, 1:-1, None], y[:, None, 1:-1], rho[:, None, None])
    below[:, -1], below[:, :, -1] = ndtr(y), ndtr(x)
    return np.diff(np.diff(below, axis=1), axis=2)


def _cells_of(pairs: _Pairs, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probability of each cell, its slopes in rho and in the thresholds of either item."""
    x, y, r = pairs.upper[pairs.i][:, :, None], pairs.upper[pairs.j][:, None, :], rho[:, None, None]
    cell = _probabilities(pairs, rho)
    root = np.sqrt(1 - r * r)
    corner = np.exp(-(x * x + y * y - 2 * r * x * y) / (2 * root * root)) / (2 * np.pi * root)
    density = np.diff(np.diff(corner, axis=1), axis=2)
    to_i = _normal(x[:, 1:-1]) * np.diff(ndtr((y - r * x[:, 1:-1]) / root), axis=2)
    to_j = _normal(y[:, :, 1:-1]) * np.diff(ndtr((x - r * y[:, :, 1:-1]) / root), axis=1)
    return cell, density, to_i, to_j.transpose(0, 2, 1)


def _normal(x: np.ndarray) -> np.ndarray:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def _pulled(
    weighted: np.ndarray, cell: np.ndarray, sure: np.ndarray, slope: np.ndarray, *, axis: int
) -> np.ndarray:
    """Sum of a pair's score in rho times its score in each threshold of one of its items, (r, thresholds)."""
    ratio = np.where(sure, weighted / np.where(sure, cell, 1.0), 0.0)
    ratio = ratio if axis == 1 else ratio.transpose(0, 2, 1)
    return (slope * (ratio[:, :-1] - ratio[:, 1:])).sum(axis=2)


def _thresholds(
    upper: np.ndarray, codes: np.ndarray, n_answers: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of each answer in its item's thresholds (p, k, k - 1), and the inverse of their products."""
    p, most = len(upper), upper.shape[1] - 1
    own, inverse = np.zeros((p, most, most - 1)), np.zeros((p, most - 1, most - 1))
    for item, k in enumerate(n_answers):
        share = np.diff(ndtr(upper[item, : k + 1]))
        height = _normal(upper[item, 1:k])
        at = np.arange(k - 1)
        own[item, at, at] = height / share[:-1]
        own[item, at + 1, at] = -height / share[1:]
        scores = own[item, :k, : k - 1]
        count = np.bincount(codes[:, item], minlength=k).astype(np.float64)
        inverse[item, : k - 1, : k - 1] = np.linalg.inv(scores.T @ (count[:, None] * scores))
    return own, inverse


def _correlations(pairs: _Pairs, n_answers: Sequence[int]) -> np.ndarray:
    """Of greatest likelihood given the thresholds, by scoring on all pairs at once."""
    counts = pairs.counts.copy()
    k = np.array(n_answers)
    for r in np.flatnonzero((k[pairs.i] == 2) & (k[pairs.j] == 2)):  # one empty cell of four: half a person
        empty = counts[r, :2, :2] == 0
        if empty.sum() == 1:
            sign = 0.5 if empty[0, 0] or empty[1, 1] else -0.5
            counts[r, :2, :2] += sign * np.array([[1.0, -1.0], [-1.0, 1.0]])
    n = counts.sum(axis=(1, 2))
    rho = np.zeros(len(n))
    value, (cell, density) = _pair_values(pairs, counts, rho)
    for _ in range(100):
        safe = np.maximum(cell, 1e-300)
        slope = (counts * density / safe).sum(axis=(1, 2))
        bend = n * (density**2 / safe).sum(axis=(1, 2))
        step = slope / np.maximum(bend, 1e-12)
        goal = np.clip(rho + step, -_MOST, _MOST)
        for _ in range(30):
            new, parts = _pair_values(pairs, counts, goal)
            worse = new < value - 1e-9 * np.abs(value)
            if not worse.any():
                break
            goal = np.where(worse, (goal + rho) / 2, goal)
        moved = np.abs(goal - rho).max(initial=0.0)
        rho, value, (cell, density) = goal, new, parts
        if moved < 1e-9:
            break
    return rho


def _pair_values(
    pairs: _Pairs, counts: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    x, y, r = pairs.upper[pairs.i][:, :, None], pairs.upper[pairs.j][:, None, :], rho[:, None, None]
    cell = np.maximum(_probabilities(pairs, rho), 1e-300)
    root2 = 1 - r * r
    corner = np.exp(-(x * x + y * y - 2 * r * x * y) / (2 * root2)) / (2 * np.pi * np.sqrt(root2))
    density = np.diff(np.diff(corner, axis=1), axis=2)
    return (counts * np.log(cell)).sum(axis=(1, 2)), (cell, density)
