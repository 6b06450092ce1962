"""Figures that follow from a model's parameters: standardised ones, defined ones, effects along its paths.

Their errors come by the delta method, with derivatives taken numerically, or from the bootstrap.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import DataError
from verbond.results import Progress, ProgressFunction, silent
from verbond.survey.factor_fit import Sample, Solution
from verbond.survey.likelihood import maximize, patterns_of
from verbond.survey.reticular import PATHS, SPREAD, Cells, Implied, implied

__all__ = ["Derived", "bootstrap_of", "derived_of"]


@dataclass(frozen=True, slots=True)
class Derived:
    """Derived figures; G groups, c cells, d definitions, k pairs of variables that a path joins.

    Attributes
    ----------
    standardized, standardized_se : (G, c) float64
    defined, defined_se, defined_standardized : (d,) float64
    paths : tuple of (group, source, target, direct, through)
        Whether there is a direct path, and one through others.
    effects, effects_se : (k, 4) float64
        Direct, indirect, total, total with both variables at variance 1.
    parameter_se : (t,) float64, or None
        From the bootstrap.
    parameter_draws, defined_draws, effect_draws : float64 arrays
        Percentiles of the bootstrap: low and high; empty without one.
    n_draws : int
        Samples that could be fitted.
    """

    standardized: np.ndarray
    standardized_se: np.ndarray
    defined: np.ndarray
    defined_se: np.ndarray
    defined_standardized: np.ndarray
    paths: tuple[tuple[int, str, str, bool, bool], ...]
    effects: np.ndarray
    effects_se: np.ndarray
    parameter_se: np.ndarray | None = None
    parameter_draws: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((2, 0)))
    defined_draws: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((2, 0)))
    effect_draws: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((2, 0, 4)))
    n_draws: int = 0

    def parameter_bounds(self, k: int) -> tuple[float, float] | None:
        """Percentiles of a parameter."""
        return tuple(self.parameter_draws[:, k].tolist()) if self.n_draws else None

    def defined_bounds(self, k: int) -> tuple[float, float] | None:
        """Percentiles of a defined figure."""
        return tuple(self.defined_draws[:, k].tolist()) if self.n_draws else None

    def effect_bounds(self, k: int, which: int) -> tuple[float, float] | None:
        """Percentiles of an effect."""
        return tuple(self.effect_draws[:, k, which].tolist()) if self.n_draws else None


def derived_of(solution: Solution) -> Derived:
    """Everything that follows, with errors by the delta method."""
    paths = _paths(solution)
    sizes = len(solution.cells) * len(solution.spec.terms), len(solution.spec.defined)

    def split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        std, defined, own, effects = np.split(values, np.cumsum([*sizes, sizes[1]]))
        return std.reshape(len(solution.cells), -1), defined, own, effects.reshape(len(paths), 4)

    values = _figures(solution, solution.theta, paths)
    slopes = np.zeros((len(values), len(solution.theta)))
    for k, at in enumerate(solution.theta):
        step = 1e-5 * max(abs(at), 0.1)
        up, down = solution.theta.copy(), solution.theta.copy()
        up[k], down[k] = at + step, at - step
        slopes[:, k] = (_figures(solution, up, paths) - _figures(solution, down, paths)) / (2 * step)
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, solution.vcov, slopes), 0.0))
    std, defined, defined_std, effects = split(values)
    std_se, defined_se, _, effects_se = split(errors)
    return Derived(std, std_se, defined, defined_se, defined_std, paths, effects, effects_se)


def _figures(solution: Solution, theta: np.ndarray, paths: Sequence[tuple]) -> np.ndarray:
    """Standardised cells of all groups, definitions, standardised definitions, effects."""
    spec, parts, labelled, labelled_std = solution.spec, [], {}, {}
    effects = []
    for g, own in enumerate(solution.cells):
        at, value = implied(own, theta), own.filled(theta)
        spread = solution.scales(g, theta) ** -2.0 if solution.ordered else None
        std = _standardized(own, value, at, spread)
        parts.append(std)
        for c, term in enumerate(spec.terms):
            if label := term.at(g).label:
                labelled.setdefault(label, value[c])
                labelled_std.setdefault(label, std[c])
        effects.append(_effects(solution, own, value, at, g, paths) if paths else np.zeros(0))
    for own_values in (labelled, labelled_std):
        for one in spec.defined:
            own_values[one.name] = one.compute(own_values)
        parts.append(np.array([own_values[one.name] for one in spec.defined]))
    return np.concatenate([*(np.asarray(part, dtype=np.float64) for part in parts), *effects])


def _standardized(cells: Cells, value: np.ndarray, at: Implied, spread: np.ndarray | None) -> np.ndarray:
    variance = np.diag(at.cov_all).copy()
    if spread is not None:  # variances of the responses; what no factor explains is the rest
        items = (cells.matrix == SPREAD) & (cells.row == cells.column) & (cells.row < cells.n_observed)
        whole = np.concatenate([spread, variance[cells.n_observed :]])
        value = np.where(items, whole[cells.row] - variance[cells.row], value)
        variance = whole
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(variance)
        paths = value * sd[cells.column] / sd[cells.row]
        own = np.zeros(cells.n_variables)
        diagonal = (cells.matrix == SPREAD) & (cells.row == cells.column)
        own[cells.row[diagonal]] = value[diagonal]
        pairs = value / np.sqrt(own[cells.row] * own[cells.column])
        alone, means = value / variance[cells.row], value / sd[cells.row]
    found = np.where(diagonal, alone, np.where(cells.matrix == SPREAD, pairs, means))
    return np.where(cells.matrix == PATHS, paths, found)


def _paths(solution: Solution) -> tuple[tuple[int, str, str, bool, bool], ...]:
    """Pairs that regressions join, directly or through others."""
    terms = [t for t in solution.spec.terms if t.op == "~"]
    names = list(dict.fromkeys(n for t in terms for n in (t.rhs, t.lhs)))
    place = {name: j for j, name in enumerate(names)}
    step = np.zeros((len(names),) * 2, dtype=bool)
    for term in terms:
        step[place[term.lhs], place[term.rhs]] = True
    reach = step.copy()
    for _ in names:
        reach = reach | (reach.astype(int) @ step.astype(int) > 0)
    through = reach.astype(int) @ step.astype(int) > 0
    return tuple(
        (
            g,
            source,
            target,
            bool(step[place[target], place[source]]),
            bool(through[place[target], place[source]]),
        )
        for g in range(len(solution.cells))
        for source in names
        for target in names
        if source != target and reach[place[target], place[source]]
    )


def _effects(
    solution: Solution, cells: Cells, value: np.ndarray, at: Implied, group: int, paths: Sequence[tuple]
) -> np.ndarray:
    place = {name: j for j, name in enumerate(solution.spec.names)}
    direct = np.zeros((cells.n_variables,) * 2)
    for c, term in enumerate(solution.spec.terms):
        if term.op == "~":
            direct[cells.row[c], cells.column[c]] = value[c]
    total = np.linalg.inv(np.eye(len(direct)) - direct) - np.eye(len(direct))
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(np.diag(at.cov_all))
    found = []
    for g, source, target, *_ in paths:
        if g == group:
            i, j = place[target], place[source]
            found += [direct[i, j], total[i, j] - direct[i, j], total[i, j], total[i, j] * sd[j] / sd[i]]
    return np.array(found)


def bootstrap_of(
    solution: Solution,
    sample: Sample,
    derived: Derived,
    *,
    n: int,
    seed: int,
    level: float,
    progress: ProgressFunction = silent,
) -> Derived:
    """Errors and percentile intervals from samples of respondents, drawn within groups.

    Raises
    ------
    DataError
        If fewer than half of the samples could be fitted.
    """
    rng = np.random.default_rng(seed)
    draws, figures = [], []
    for k in range(n):
        progress(Progress("survey.step_bootstrap", (k + 1) / n))
        rows = [part[rng.integers(len(part), size=len(part))] for part in sample.answers]
        patterns = [patterns_of(part) for part in rows]
        if any((p.n @ p.seen < 2).any() for p in patterns):
            continue
        try:
            fitted = maximize(solution.cells, patterns, solution.theta, max_iterations=100, tolerance=1e-6)
        except np.linalg.LinAlgError:
            continue
        if fitted.converged:
            draws.append(fitted.theta)
            figures.append(_figures(solution, fitted.theta, derived.paths))
    if len(draws) < max(n / 2, 2):
        raise DataError(
            "too few samples of respondents could be fitted", got=f"{len(draws)} of {n}",
            hint="Leave the bootstrap out, or use a smaller model.",
        )  # fmt: skip
    theta, all_figures = np.array(draws), np.array(figures)
    tails = [(1 - level) / 2, (1 + level) / 2]
    groups, terms, d = len(solution.cells), len(solution.spec.terms), len(derived.defined)
    std, defined, effects = (
        all_figures[:, : groups * terms], all_figures[:, groups * terms : groups * terms + d],
        all_figures[:, groups * terms + 2 * d :].reshape(len(theta), -1, 4),
    )  # fmt: skip
    with np.errstate(invalid="ignore"):  # where a variance is negative there is no standardised figure
        std_se = std.std(axis=0, ddof=1)
    return dataclasses.replace(
        derived, standardized_se=std_se.reshape(groups, terms), defined_se=defined.std(axis=0, ddof=1),
        effects_se=effects.std(axis=0, ddof=1), parameter_se=theta.std(axis=0, ddof=1),
        parameter_draws=np.quantile(theta, tails, axis=0), defined_draws=np.quantile(defined, tails, axis=0),
        effect_draws=np.quantile(effects, tails, axis=0), n_draws=len(theta),
    )  # fmt: skip
