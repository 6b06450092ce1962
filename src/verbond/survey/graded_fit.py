"""Fitting the graded response model: the answers as patterns, the free parameters, the climb, the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import logit

from verbond.errors import DataError, OptionError
from verbond.results.groups import MIN_GROUP
from verbond.survey.graded_kernel import curves, expected_counts, grid_density, outer_scores

__all__ = ["Fitted", "Patterns", "Space", "answer_matrix", "climb", "coded", "covariance", "loglik_at"]

MIN_RESPONDENTS = 30
"""Fewer people than that cannot carry slopes and boundaries."""
MAX_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Patterns:
    """Different rows of answers, and how many people gave each.

    Attributes
    ----------
    names : (k,) tuple of str
        Items that vary.
    categories : (k,) tuple of tuple of float
        The answers used, lowest first.
    codes : (m, k) int8
        Categories from 0; -1 where there is no answer.
    weights : (m,) float64
    groups : (m,) int64
    labels : tuple of str
        Of the groups; empty with one.
    constant : tuple of str
        Items that everybody answered alike: left out.
    n_left_out : int
        People without any answer or group.
    """

    names: tuple[str, ...]
    categories: tuple[tuple[float, ...], ...]
    codes: np.ndarray  # (patterns, k) int8
    weights: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...]
    constant: tuple[str, ...]
    n_left_out: int

    @classmethod
    def of(cls, answers: Mapping[str, np.ndarray] | np.ndarray, groups: Sequence[str] | None) -> Patterns:
        """Check the answers and group equal ones."""
        names = list(answers) if isinstance(answers, Mapping) else None
        matrix = answer_matrix(answers, names)
        names = names or [f"item_{j + 1}" for j in range(matrix.shape[1])]
        used = [np.unique(column[np.isfinite(column)]) for column in matrix.T]
        for name, values in zip(names, used, strict=True):
            if len(values) > MAX_CATEGORIES:
                raise DataError(
                    f"item {name!r} has too many different answers for a graded model", got=str(len(values)),
                    expected=f"{MAX_CATEGORIES} at most", hint="Group the answers first.",
                )  # fmt: skip
        constant = [j for j, values in enumerate(used) if len(values) < 2]
        kept = [j for j in range(len(names)) if j not in constant]
        if len(kept) < 2:
            raise DataError("a graded model needs items that vary", got=str(len(kept)), expected="2 or more")
        categories = tuple(tuple(used[j].tolist()) for j in kept)
        codes = coded(matrix[:, kept], categories)
        labels, group = _labelled(groups, len(codes))
        there = (codes >= 0).any(axis=1) & (group >= 0)
        if there.sum() < MIN_RESPONDENTS:
            raise DataError(
                "too few people for a graded model", got=str(int(there.sum())),
                expected=f"{MIN_RESPONDENTS} or more", hint="`verbond survey reliability` asks for less.",
            )  # fmt: skip
        rows, weights = _grouped(np.column_stack([codes[there], group[there].astype(np.int8)]))
        return cls(
            tuple(names[j] for j in kept), categories, np.ascontiguousarray(rows[:, :-1]), weights,
            rows[:, -1].astype(np.int64), labels, tuple(names[j] for j in constant), int((~there).sum()),
        )  # fmt: skip

    @property
    def n_obs(self) -> int:
        """People."""
        return round(float(self.weights.sum()))


def answer_matrix(answers: Mapping[str, np.ndarray] | np.ndarray, names: Sequence[str] | None) -> np.ndarray:
    """Answers as a matrix with a column for each of `names`."""
    if isinstance(answers, Mapping):
        if not answers:
            raise DataError("there are no items", expected="a column an item")
        n = len(next(iter(answers.values())))
        empty = np.full(n, np.nan)
        columns = [np.asarray(answers.get(name, empty), dtype=np.float64) for name in names or answers]
        return np.column_stack(columns)
    matrix = np.asarray(answers)
    if matrix.ndim != 2 or (names is not None and matrix.shape[1] != len(names)):
        right = "two dimensions" if names is None else f"{len(names)} columns"
        raise OptionError("answers have another shape", got=str(matrix.shape), expected=right)
    return matrix


def coded(matrix: np.ndarray, categories: Sequence[Sequence[float]]) -> np.ndarray:
    """Answers as categories from 0, each read as the nearest known one; -1 where there is none."""
    codes = np.full(matrix.shape, -1, dtype=np.int8)
    for j, known in enumerate(categories):
        column = np.asarray(matrix[:, j], dtype=np.float64)
        there = np.isfinite(column)
        middles = (np.array(known[1:]) + np.array(known[:-1])) / 2
        codes[there, j] = np.searchsorted(middles, column[there])
    return codes


def _labelled(groups: Sequence[str] | None, n: int) -> tuple[tuple[str, ...], np.ndarray]:
    if groups is None:
        return (), np.zeros(n, dtype=np.int64)
    if len(groups) != n:
        raise OptionError("groups and answers differ in length", got=str(len(groups)), expected=str(n))
    known = np.array([g is not None and g == g and str(g) != "" for g in groups], dtype=bool)
    labels, codes = np.unique([str(g) for g, k in zip(groups, known, strict=True) if k], return_inverse=True)
    where = np.full(n, -1, dtype=np.int64)
    where[known] = codes
    sizes = np.bincount(codes, minlength=len(labels))
    if len(labels) and sizes.min() < MIN_GROUP:
        small = labels[int(sizes.argmin())]
        raise DataError(
            f"group {small!r} is too small", got=str(int(sizes.min())), expected=f"{MIN_GROUP} people or more"
        )
    return tuple(labels.tolist()), where


def _grouped(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equal rows once, with how often they stand there."""
    packed = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").ravel()
    _, first, counts = np.unique(packed, return_index=True, return_counts=True)
    return rows[first], counts.astype(np.float64)


class Space:
    """Free parameters: slopes, first boundaries and log gaps between boundaries, group means and log sds."""

    def __init__(self, data: Patterns, equal_slopes: bool) -> None:
        self.n_bounds = np.array([len(c) - 1 for c in data.categories])
        self.k, self.most = len(self.n_bounds), int(self.n_bounds.max())
        self.n_slopes = 1 if equal_slopes else self.k
        self.n_groups = max(len(data.labels), 1)
        self.starts = self.n_slopes + np.concatenate([[0], np.cumsum(self.n_bounds)[:-1]])
        self.first_mean = self.n_slopes + int(self.n_bounds.sum())
        self.size = self.first_mean + 2 * (self.n_groups - 1)

    def start(self, data: Patterns) -> np.ndarray:
        """Slopes from the item-rest correlations, boundaries from the shares of each answer."""
        x = np.zeros(self.size)
        slopes = _first_slopes(data)
        x[: self.n_slopes] = slopes if self.n_slopes > 1 else np.abs(slopes).mean()
        if self.n_slopes == 1:
            slopes = np.full(self.k, x[0])
        for j in range(self.k):
            known = data.codes[:, j] >= 0
            counts = np.bincount(data.codes[known, j], data.weights[known], self.n_bounds[j] + 1)
            reach = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
            bounds = logit(np.clip(reach, 1e-5, 1 - 1e-5)) * np.sqrt(1 + slopes[j] ** 2 / 2.9)
            at = self.starts[j]
            x[at] = bounds[0]
            x[at + 1 : at + self.n_bounds[j]] = np.log(np.maximum(-np.diff(bounds), 1e-3))
        return x

    def unpacked(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Slopes (k,), intercepts (k, C - 1), group means and sds."""
        slopes = np.broadcast_to(x[: self.n_slopes], self.k).copy()
        intercepts = np.full((self.k, self.most), -np.inf)
        for j, (at, m) in enumerate(zip(self.starts, self.n_bounds, strict=True)):
            gaps = np.exp(np.clip(x[at + 1 : at + m], -30, 8))
            intercepts[j, :m] = x[at] - np.concatenate([[0.0], np.cumsum(gaps)])
        g = self.n_groups - 1
        means = np.concatenate([[0.0], x[self.first_mean : self.first_mean + g]])
        sds = np.exp(np.concatenate([[0.0], np.clip(x[self.first_mean + g :], -5, 5)]))
        return slopes, intercepts, means, sds

    def chain(self, x: np.ndarray) -> np.ndarray:
        """Derivatives of (slopes, intercepts, means, log sds) by the free parameters, (m, p)."""
        raw = self.k + self.k * self.most + 2 * self.n_groups
        chain = np.zeros((raw, self.size))
        chain[np.arange(self.k), np.arange(self.k) if self.n_slopes > 1 else 0] = 1.0
        for j, (at, m) in enumerate(zip(self.starts, self.n_bounds, strict=True)):
            rows = self.k + j * self.most + np.arange(m)
            chain[rows, at] = 1.0
            gaps = np.exp(np.clip(x[at + 1 : at + m], -30, 8))
            for c in range(1, m):
                chain[rows[c:], at + c] = -gaps[c - 1]
        first = self.k + self.k * self.most
        for g in range(1, self.n_groups):
            chain[first + g, self.first_mean + g - 1] = 1.0
            chain[first + self.n_groups + g, self.first_mean + self.n_groups - 2 + g] = 1.0
        return chain


def _first_slopes(data: Patterns) -> np.ndarray:
    values = np.where(data.codes >= 0, data.codes, np.nan).astype(np.float64)
    weight = data.weights[:, None]
    known = np.isfinite(values)
    mean = np.nansum(values * weight, axis=0) / (known * weight).sum(axis=0)
    centred = np.where(known, values - mean, 0.0)
    sd = np.sqrt((centred**2 * weight).sum(axis=0) / (known * weight).sum(axis=0))
    z = centred / sd
    together = np.maximum(known.T.astype(np.float64) @ (known * weight), 1.0)
    cor = (z * weight).T @ z / together
    np.fill_diagonal(cor, 1.0)
    first = np.linalg.eigh(cor)[1][:, -1]
    first *= np.sign(first.sum()) or 1.0
    loading = np.clip(first * np.sqrt(max(np.linalg.eigvalsh(cor)[-1] * 0.8, 0.2)), -0.9, 0.9)
    loading = np.where(np.abs(loading) < 0.15, 0.15 * np.sign(loading + 1e-9), loading)
    return 1.7 * loading / np.sqrt(1 - loading**2)


def loglik_at(data: Patterns, space: Space, grid: np.ndarray, x: np.ndarray) -> float:
    """Log-likelihood on a grid."""
    slopes, intercepts, means, sds = space.unpacked(x)
    density = grid_density(grid, means, sds)
    table = curves(grid, slopes, intercepts)
    return expected_counts(data.codes, data.weights, data.groups, table, density).loglik


def _gradient(data: Patterns, space: Space, grid: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood and its exact gradient."""
    slopes, intercepts, means, sds = space.unpacked(x)
    table, density = curves(grid, slopes, intercepts), grid_density(grid, means, sds)
    found = expected_counts(data.codes, data.weights, data.groups, table, density)
    by_bound = np.zeros((space.k, space.most))
    by_bound += (found.counts * table.by_upper).sum(axis=2)[:, :-1]
    by_bound += (found.counts * table.by_lower).sum(axis=2)[:, 1:]
    by_mean, by_sd = _density_slopes(grid, means, sds, density)
    raw = np.concatenate([
        (found.counts * table.by_slope).sum(axis=(1, 2)), by_bound.ravel(),
        (found.people * by_mean).sum(axis=1), (found.people * by_sd).sum(axis=1),
    ])  # fmt: skip
    return found.loglik, raw @ space.chain(x)


def _density_slopes(
    grid: np.ndarray, means: np.ndarray, sds: np.ndarray, density: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    z = (grid - means[:, None]) / sds[:, None]
    by_mean, by_sd = z / sds[:, None], z**2
    return tuple(d - (density * d).sum(axis=1, keepdims=True) for d in (by_mean, by_sd))


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where the climb ended.

    Attributes
    ----------
    x : (p,) float64
    loglik : float
    converged : bool
    outer : (p, p) float64
        Outer products of people's gradients at the last start.
    """

    x: np.ndarray
    loglik: float
    converged: bool
    outer: np.ndarray


def _outer(data: Patterns, space: Space, grid: np.ndarray, x: np.ndarray) -> np.ndarray:
    slopes, intercepts, means, sds = space.unpacked(x)
    table, density = curves(grid, slopes, intercepts), grid_density(grid, means, sds)
    return outer_scores(
        data.codes, data.weights, data.groups, table, density,
        _density_slopes(grid, means, sds, density), space.chain(x),
    )  # fmt: skip


def climb(data: Patterns, space: Space, grid: np.ndarray, rounds: int = 6) -> Fitted:
    """Quasi-Newton in the metric of people's own gradients; the metric is renewed until nothing is left."""
    x, loglik, left = space.start(data), -np.inf, np.inf
    outer = np.eye(space.size)
    for turn in range(rounds):
        outer = _outer(data, space, grid, x)
        ridge = (1e-2 if turn == 0 else 1e-6) * np.diag(outer) + 1e-8 * outer.trace() / len(x) + 1e-10
        root = np.linalg.cholesky(outer + np.diag(ridge))
        centre = x

        def loss(z: np.ndarray, centre: np.ndarray = centre, root: np.ndarray = root):
            value, slope = _gradient(data, space, grid, centre + solve_triangular(root.T, z))
            return -value, -solve_triangular(root, slope, lower=True)

        steps = {"maxiter": 6 if turn == 0 else 100, "gtol": 3e-4, "ftol": 1e-15, "maxcor": 20}
        found = minimize(loss, np.zeros(len(x)), jac=True, method="L-BFGS-B", options=steps)
        x, loglik = centre + solve_triangular(root.T, found.x), -float(found.fun)
        left = float(np.abs(found.jac).max())
        if left < 1e-3 and turn:
            break
    return Fitted(x, loglik, left < 1e-2, outer)


def covariance(data: Patterns, space: Space, grid: np.ndarray, fitted: Fitted) -> np.ndarray | None:
    """Of the free parameters: observed information where it is cheap, else outer products of gradients."""
    if len(data.codes) * space.size > 2_000_000:
        information = _outer(data, space, grid, fitted.x)
    else:
        information = np.empty((space.size, space.size))
        for p in range(space.size):
            step = np.zeros(space.size)
            step[p] = 1e-4 * max(1.0, abs(fitted.x[p]))
            ends = (_gradient(data, space, grid, fitted.x + s * step)[1] for s in (1, -1))
            information[p] = -np.subtract(*ends) / (2 * step[p])
        information = (information + information.T) / 2
    try:
        return cho_solve(cho_factor(information), np.eye(space.size))
    except np.linalg.LinAlgError:
        return None
