"""Ordered items: thresholds, polychoric correlations, and models fitted to them (WLSMV).

Behind every ordered item stands a normal response with variance 1, cut at thresholds. Thresholds come from
each item's own counts, correlations from each pair's, and their covariances from respondents' scores
(Muthén 1984). A model is then fitted to the correlations by least squares, weighted by their variances
alone; errors and the statistic use their covariances too (Muthén, du Toit & Spisic 1997; scaled and
shifted: Asparouhov & Muthén 2010).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri

from verbond.errors import DataError, OptionError
from verbond.numerics import compiled
from verbond.results import Reason
from verbond.survey.descent import descend
from verbond.survey.factor_fit import Sample, Solution, answers_of, invert, wider
from verbond.survey.likelihood import Patterns, start
from verbond.survey.reticular import Cells, Implied, by_parameter, implied, second_order, slopes
from verbond.survey.specification import Specification
from verbond.survey.syntax import Term

__all__ = ["OrderedSample", "binormal", "ordered_sample", "polychoric", "release_ordered", "solve_ordered"]

_RULES = {False: np.polynomial.legendre.leggauss(24), True: np.polynomial.legendre.leggauss(64)}
_FAR = 38.0  # the normal density is 0 there
_SMALL = float(np.sqrt(np.finfo(float).eps))  # a cell this unlikely says nothing about its pair
_MOST = 0.999
_MOST_ANSWERS = 20


@dataclass(frozen=True, slots=True)
class OrderedSample(Sample):
    """Ordered answers, reduced.

    Attributes
    ----------
    thresholds : tuple of float64 arrays
        One an item.
    threshold_errors : tuple of float64 arrays
    gamma : (r, r) float64
        n times the covariances of the correlations; r pairs i > j, row by row.
    """

    thresholds: tuple[np.ndarray, ...] = ()
    threshold_errors: tuple[np.ndarray, ...] = ()
    gamma: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


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


def polychoric(codes: np.ndarray, n_answers: Sequence[int]) -> OrderedSample:
    """Thresholds, polychoric correlations and their covariances.

    Parameters
    ----------
    codes : (n, p) int
        Answers 0 .. k - 1 of each item, all of them used.
    n_answers : (p,) sequence of int

    Returns
    -------
    OrderedSample
        With the correlations as its covariances.
    """
    n, p = codes.shape
    most = max(n_answers)
    pairs = _tables(codes, n_answers, most)
    rho = _correlations(pairs, n_answers)
    cell, density, to_i, to_j = _cells_of(pairs, rho)
    sure = cell > _SMALL
    score = np.where(sure, density / np.where(sure, cell, 1.0), 0.0)
    own, inverse, errors = _thresholds(pairs.upper, codes, n_answers)
    count = pairs.counts
    weight = (count * score**2).sum(axis=(1, 2))
    pull_i = _pulled(count * score, cell, sure, to_i, axis=1)
    pull_j = _pulled(count * score, cell, sure, to_j, axis=2)
    from_i = np.einsum("rt,rts,ras->ra", pull_i, inverse[pairs.i], own[pairs.i])
    from_j = np.einsum("rt,rts,ras->ra", pull_j, inverse[pairs.j], own[pairs.j])
    influence = (score - from_i[:, :, None] - from_j[:, None, :]) / weight[:, None, None]
    gamma = np.zeros((len(rho),) * 2)
    for first in range(0, n, 8192):
        part = np.empty((min(8192, n - first), len(rho)))
        _look_up(codes[first : first + 8192], pairs.i, pairs.j, influence, part)
        gamma += part.T @ part
    cor = np.eye(p)
    cor[pairs.i, pairs.j] = cor[pairs.j, pairs.i] = rho
    seen = np.ones((1, p), dtype=bool)
    one = Patterns(np.array([float(n)]), seen, np.zeros((1, p)), cor[None], np.zeros(0, dtype=np.int64))
    return OrderedSample(
        (), (one,), (), ((cor, np.zeros(p)),),
        thresholds=tuple(pairs.upper[j, 1 : k] for j, k in enumerate(n_answers)), threshold_errors=errors,
        gamma=gamma * n,
    )  # fmt: skip


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
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """Scores of each answer in its item's thresholds (p, k, k - 1), inverse of their products, and errors."""
    p, most = len(upper), upper.shape[1] - 1
    own, inverse, errors = np.zeros((p, most, most - 1)), np.zeros((p, most - 1, most - 1)), []
    for item, k in enumerate(n_answers):
        share = np.diff(ndtr(upper[item, : k + 1]))
        height = _normal(upper[item, 1:k])
        at = np.arange(k - 1)
        own[item, at, at] = height / share[:-1]
        own[item, at + 1, at] = -height / share[1:]
        scores = own[item, :k, : k - 1]
        count = np.bincount(codes[:, item], minlength=k).astype(np.float64)
        inverse[item, : k - 1, : k - 1] = np.linalg.inv(scores.T @ (count[:, None] * scores))
        errors.append(np.sqrt(np.diag(inverse[item])[: k - 1]))
    return own, inverse, tuple(errors)


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


def ordered_sample(columns: Mapping[str, np.ndarray], items: Sequence[str]) -> OrderedSample:
    """Complete answers of ordered items, reduced; who missed an answer is left out and counted.

    Raises
    ------
    DataError
        If an item has one answer only, or so many that it is no ordered item.
    """
    answers = answers_of(columns, items)
    complete = ~np.isnan(answers).any(axis=1)
    n_left_out = int((~complete).sum())
    reasons = [Reason("survey.incomplete_left_out", {"n": n_left_out})] if n_left_out else []
    answers = answers if complete.all() else answers[complete]
    if len(answers) <= max(len(items), 4):
        raise DataError(
            "too few complete answers for this model", got=str(len(answers)),
            expected=f"more than {max(len(items), 4)}", hint="Use a model with fewer items.",
        )  # fmt: skip
    codes, n_answers, skipped = np.empty(answers.shape, dtype=np.int16), [], []
    for j, item in enumerate(items):
        values, codes[:, j] = _coded(answers[:, j])
        if len(values) < 2:
            raise DataError(f"item {item!r} does not vary", hint="Leave it out of the model.")
        if len(values) > _MOST_ANSWERS:
            raise DataError(
                f"item {item!r} has too many different answers for an ordered item", got=str(len(values)),
                expected=f"at most {_MOST_ANSWERS}", hint="Use ML or MLR for numbers.",
            )  # fmt: skip
        whole = bool((values == np.round(values)).all())
        if whole and values[-1] - values[0] + 1 > len(values):
            skipped.append(item)
        n_answers.append(len(values))
    if skipped:
        reasons.append(Reason("survey.unused_category", {"items": skipped, "n": len(skipped)}))
    sample = polychoric(codes, n_answers)
    alike = np.argwhere(np.tril(np.abs(sample.moments[0][0]), -1) > 0.99)
    if len(alike):
        reasons.append(
            Reason("survey.nearly_the_same", {"one": items[alike[0][1]], "two": items[alike[0][0]]})
        )
    return dataclasses.replace(sample, reasons=tuple(reasons))


def _coded(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different answers in order, and the number of each respondent's."""
    low = answers.min()
    steps = (answers - low).astype(np.int64) if np.ptp(answers) < 1000 else np.zeros(1, dtype=np.int64)
    if len(steps) != len(answers) or (steps + low != answers).any():
        return np.unique(answers, return_inverse=True)
    used = np.flatnonzero(np.bincount(steps))
    number = np.zeros(used[-1] + 1, dtype=np.int64)
    number[used] = np.arange(len(used))
    return used + low, number[steps]


@dataclass(frozen=True, slots=True)
class _Place:
    """Half the weighted squares of the residual correlations, with its gradient."""

    value: float
    gradient: np.ndarray
    model: Implied
    residual: np.ndarray
    moved: np.ndarray  # (cells, r)


def solve_ordered(spec: Specification, sample: OrderedSample) -> Solution:
    """Fit to polychoric correlations by diagonally weighted least squares.

    Raises
    ------
    OptionError
        If the model has intercepts, or paths from or to items other than loadings.
    DataError
        If the correlations do not identify the model.
    """
    spec = _on_responses(spec)
    cells = spec.cells(sample.moments)[0]
    i, j = np.tril_indices(len(spec.observed), -1)
    found, weight = sample.moments[0][0][i, j], 1 / np.diag(sample.gamma)
    df = len(found) - cells.n_free
    if df < 0:
        raise DataError(
            "the model has more parameters than there are correlations", got=str(cells.n_free),
            expected=f"at most {len(found)}", hint="Give a factor three items or more, or fix a parameter.",
        )  # fmt: skip

    def place(theta: np.ndarray) -> _Place:
        try:
            model = implied(cells, theta)
        except np.linalg.LinAlgError:
            none = np.zeros(0)
            return _Place(np.inf, none, None, none, none)
        residual = found - model.sigma[i, j]
        moved = slopes(cells, model)[0][:, i, j]
        gradient = -by_parameter(cells, moved @ (weight * residual))
        return _Place(float(weight @ residual**2) / 2, gradient, model, residual, moved)

    def curve(at: _Place, exact: bool) -> np.ndarray:
        by = by_parameter(cells, at.moved)
        bend = (by * weight) @ by.T
        if exact:
            on_sigma = np.zeros((cells.n_observed,) * 2)
            on_sigma[i, j] = on_sigma[j, i] = -weight * at.residual / 2
            second = second_order(cells, at.model, on_sigma, np.zeros(cells.n_observed))
            bend = bend + by_parameter(cells, by_parameter(cells, second).T).T
        return bend

    end = descend(place, curve, start([cells]))
    inverse = invert(curve(end.at, False), spec, [cells])
    by = by_parameter(cells, end.at.moved)
    across = by * weight
    n = sample.n_obs  # lavaan and Mplus count n - 1 here
    vcov = inverse @ across @ sample.gamma @ across.T @ inverse / (n - 1)
    loose = np.diag(weight) - across.T @ inverse @ across
    return Solution(
        spec, (cells,), end.theta, (end.at.model,), vcov, 2 * (n - 1) * end.at.value, df,
        float((n - 1) * (weight @ found**2)), len(found), None, end.converged, end.n_iterations,
        **_scaled(loose @ sample.gamma, df, ""),
        **_scaled(weight[:, None] * sample.gamma, len(found), "base_"),
        thresholds=tuple(zip(spec.observed, sample.thresholds, sample.threshold_errors, strict=True)),
    )  # fmt: skip


def _scaled(product: np.ndarray, df: int, prefix: str) -> dict[str, float | None]:
    """Scale and shift that give the statistic the mean and variance of a chi-square."""
    if not df:
        return {f"{prefix}scaling": None, f"{prefix}shift": 0.0}
    factor = float(np.sqrt((product * product.T).sum() / df))
    return {f"{prefix}scaling": factor, f"{prefix}shift": df - float(np.trace(product)) / factor}


def _on_responses(spec: Specification) -> Specification:
    """The model of the responses behind the items: their variances are 1, so no rest is a parameter."""
    for term in spec.terms:
        if term.op == "~1":
            raise OptionError("ordered items have thresholds and no intercepts", got=f"{term.lhs} ~ 1")
        led = {"=~": {term.lhs}, "~": {term.lhs, term.rhs}}.get(term.op, set()) & set(spec.observed)
        if led:
            raise OptionError(
                "with WLSMV items are measured by factors, and paths run between factors",
                got=f"{term.lhs} {term.op} {term.rhs}", hint="Use MLR for paths of observed variables.",
            )  # fmt: skip
    terms = tuple(
        dataclasses.replace(t, fixed=0.0, label=None)
        if t.op == "~~" and t.lhs == t.rhs and t.lhs in spec.observed
        else t
        for t in spec.terms
    )
    return dataclasses.replace(spec, terms=terms)


def release_ordered(
    solution: Solution, sample: OrderedSample, extra: Sequence[tuple[int, Term]]
) -> list[tuple[float, float]]:
    """As `factor_fit.release`, for ordered items."""
    if not extra:
        return []
    cells, t = solution.cells[0], len(solution.theta)
    wide: Cells = wider(
        cells, solution.spec, [(t + k, term) for k, (_, term) in enumerate(extra)], t + len(extra)
    )
    theta = np.r_[solution.theta, np.zeros(len(extra))]
    model = implied(wide, theta)
    i, j = np.tril_indices(cells.n_observed, -1)
    by = by_parameter(wide, slopes(wide, model)[0][:, i, j])
    weight = 1 / np.diag(sample.gamma)
    slope = -by[t:] @ (weight * (sample.moments[0][0][i, j] - model.sigma[i, j]))
    bend = (by * weight) @ by.T
    across = bend[:t, t:]
    left = np.diag(bend)[t:] - np.einsum("ij,ij->j", across, np.linalg.solve(bend[:t, :t], across))
    known = left > 1e-8 * np.diag(bend)[t:]
    left = np.where(known, left, 1.0)
    drop, change = sample.n_obs * slope**2 / left, -slope / left
    return [(float(a), float(b)) if ok else (0.0, 0.0) for a, b, ok in zip(drop, change, known, strict=True)]
