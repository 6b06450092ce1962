"""Answers of one group or more, the model fitted to them, and the figures that follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from verbond.errors import DataError, NotFoundError
from verbond.results import Reason
from verbond.survey.fit_measures import cfi, chisq_pvalue, rmsea, rmsea_interval, srmr, tli
from verbond.survey.likelihood import (
    Patterns,
    Point,
    alone,
    curvature,
    em_moments,
    evaluate,
    information,
    maximize,
    patterns_of,
    point,
)
from verbond.survey.reticular import Cells, Implied
from verbond.survey.robust import mlm, mlr
from verbond.survey.specification import Specification
from verbond.survey.syntax import Term

__all__ = [
    "Measures", "Sample", "Solution", "answers_of", "check_covariances", "groups_of", "invert", "measures",
    "no_item", "release", "sample_of", "solve", "wider",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of the answers, group by group.

    Attributes
    ----------
    labels : tuple of str
        Of the groups; empty where there is one.
    patterns : tuple of Patterns
    answers : tuple of (rows, p) float64
        Empty where only moments are known.
    moments : tuple of (cov, mean)
        Of greatest likelihood without a model; divisor n.
    reasons : tuple of Reason
    """

    labels: tuple[str, ...]
    patterns: tuple[Patterns, ...]
    answers: tuple[np.ndarray, ...]
    moments: tuple[tuple[np.ndarray, np.ndarray], ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def n_obs(self) -> int:
        """Respondents of all groups."""
        return int(sum(one.n_obs for one in self.patterns))

    def loglik(self, value: float) -> float:
        """Log-likelihood from f, with its constant."""
        seen = sum(float(one.n @ one.seen.sum(axis=1)) for one in self.patterns)
        return -self.n_obs * value - seen / 2 * float(np.log(2 * np.pi))


def no_item(item: str, names: Sequence[str]) -> NotFoundError:
    """The error for an item of the model that the data do not have."""
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    near = get_close_matches(item, names, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else None
    return NotFoundError(f"item {item!r} of the model is not in the data", got=shown, hint=hint)


def answers_of(columns: Mapping[str, np.ndarray], items: Sequence[str]) -> np.ndarray:
    """Items side by side, (n, p)."""
    for item in items:
        if item not in columns:
            raise no_item(item, list(columns))
    sides = [_numbers(item, columns[item]) for item in items]
    if len({len(side) for side in sides}) > 1:
        raise DataError(
            "the items have different numbers of answers", got=", ".join(str(len(s)) for s in sides)
        )
    answers = np.column_stack(sides)
    if np.isinf(answers).any():
        item = items[int(np.flatnonzero(np.isinf(answers).any(axis=0))[0])]
        raise DataError(
            f"item {item!r} has an infinite answer", hint="Make it empty where there is no answer."
        )
    return answers


def _numbers(item: str, column: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(column, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise DataError(
            f"item {item!r} holds something that is no number", got=str(error),
            hint="Use NaN where there is no answer.",
        ) from None  # fmt: skip


def sample_of(
    columns: Mapping[str, np.ndarray],
    items: Sequence[str],
    groups: Sequence[object] | None = None,
    *,
    missing: str = "listwise",
) -> Sample:
    """Respondents by group, with what each group's answers amount to.

    Raises
    ------
    NotFoundError
        If an item is not there.
    DataError
        If a group has too few respondents, an item does not vary, or covariances are not positive definite.
    """
    answers = answers_of(columns, items)
    labels, of_row, reasons = groups_of(groups, len(answers))
    known = of_row >= 0
    gone = np.isnan(answers)
    left = known & (gone.any(axis=1) if missing == "listwise" else gone.all(axis=1))
    if n_left_out := int(left.sum()):
        code = "survey.incomplete_left_out" if missing == "listwise" else "survey.nothing_answered"
        reasons.append(Reason(code, {"n": n_left_out}))
    kept = known & ~left
    parts = [answers[kept & (of_row == g)] for g in range(max(len(labels), 1))]
    for g, part in enumerate(parts):
        _enough(part, items, labels[g] if labels else None, missing)
    patterns = tuple(patterns_of(part) for part in parts)
    moments = []
    for one in patterns:
        cov, mean, settled = em_moments(one)
        moments.append((cov, mean))
        if not settled:
            reasons.append(Reason("survey.saturated_not_settled"))
    for g, (cov, _) in enumerate(moments):
        check_covariances(cov, items, labels[g] if labels else None, varies=True)
    return Sample(labels, patterns, tuple(parts), tuple(moments), tuple(reasons))


def groups_of(groups: Sequence[object] | None, n: int) -> tuple[tuple[str, ...], np.ndarray, list[Reason]]:
    """Labels in the order of their first respondent, the group of each (-1 for none), and what to say."""
    if groups is None:
        return (), np.zeros(n, dtype=np.int64), []
    values = [_label(value) for value in groups]
    if len(values) != n:
        raise DataError("groups and answers differ in length", got=str(len(values)), expected=str(n))
    labels = tuple(dict.fromkeys(value for value in values if value is not None))
    if len(labels) < 2:
        raise DataError(
            "there is nothing to compare: the group variable has fewer than two values",
            got=", ".join(labels) or "none", hint="Name another column, or leave --group out.",
        )  # fmt: skip
    place = {label: g for g, label in enumerate(labels)}
    of_row = np.array([place[value] if value is not None else -1 for value in values])
    unknown = int((of_row < 0).sum())
    return labels, of_row, [Reason("survey.no_group", {"n": unknown})] if unknown else []


def _label(value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def _enough(part: np.ndarray, items: Sequence[str], label: str | None, missing: str) -> None:
    where = f" in group {label!r}" if label is not None else ""
    if len(part) <= max(len(items), 4):
        kind = "complete answers" if missing == "listwise" else "respondents"
        raise DataError(
            f"too few {kind} for this model{where}", got=str(len(part)),
            expected=f"more than {max(len(items), 4)}",
            hint="Use a model with fewer items." if label is None else "Leave this group out, or join it.",
        )  # fmt: skip
    for j, item in enumerate(items):
        seen = part[~np.isnan(part[:, j]), j]
        if len(seen) < 2 or np.ptp(seen) <= 1e-12 * max(1.0, float(np.abs(seen).max())):
            raise DataError(f"item {item!r} does not vary{where}", hint="Leave it out of the model.")
    seen = ~np.isnan(part)
    together = seen.astype(np.float64).T @ seen
    if (together < 2).any():
        i, j = np.unravel_index(int(together.argmin()), together.shape)
        raise DataError(
            f"nobody answered both {items[i]!r} and {items[j]!r}{where}, so their covariance is unknown",
            hint="Leave one of them out.",
        )  # fmt: skip


def check_covariances(
    cov: np.ndarray, items: Sequence[str], label: str | None = None, *, varies: bool = False
) -> None:
    """Refuse covariances that are not positive definite, naming the items.

    With `varies`, the answers of each item were seen to vary: no variance is then the end of an iteration
    over items of which one follows from the others, on which processors round differently.
    """
    where = f" in group {label!r}" if label is not None else ""
    variance = np.nan_to_num(np.diag(cov))
    flat = variance <= 1e-12 * max(variance.max(), 1e-300)
    known = np.isfinite(cov).all() and not flat.any()
    if not known and not varies:
        item = items[int(np.argmin(variance))]
        raise DataError(f"item {item!r} does not vary{where}", hint="Leave it out of the model.")
    guilty = [item for item, is_flat in zip(items, flat, strict=True) if is_flat] or list(items)
    if known:
        values, vectors = np.linalg.eigh(cov / np.sqrt(np.outer(variance, variance)))
        guilty = [items[j] for j in np.flatnonzero(np.abs(vectors[:, 0]) > 0.2)]
        guilty = (guilty or list(items)) if values[0] < 1e-10 else []
    if guilty:
        raise DataError(
            f"the covariances are not positive definite{where}", got=", ".join(guilty[:8]),
            hint="One of these items follows from the others: leave it out.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Solution:
    """A fitted model, before words.

    Attributes
    ----------
    spec : Specification
    cells : tuple of Cells
    theta : (t,) float64
    implied : tuple of Implied
    vcov : (t, t) float64
    chisq, df, base_chisq, base_df : float, int, float, int
    at : Point or None
        None for WLSMV.
    converged : bool
    n_iterations : int
    scaling, base_scaling : float or None
        Factors of the robust statistic.
    shift, base_shift : float
    thresholds : tuple of (group, item, thresholds, errors)
        Of ordered items.
    scale_index : tuple of (p,) int64
        Number of each item's scale among the parameters, -1 where it is 1; one a group, empty for numbers.
    """

    spec: Specification
    cells: tuple[Cells, ...]
    theta: np.ndarray
    implied: tuple[Implied, ...]
    vcov: np.ndarray
    chisq: float
    df: int
    base_chisq: float
    base_df: int
    at: Point | None
    converged: bool
    n_iterations: int
    scaling: float | None = None
    base_scaling: float | None = None
    shift: float = 0.0
    base_shift: float = 0.0
    thresholds: tuple[tuple[int, str, np.ndarray, np.ndarray], ...] = ()
    scale_index: tuple[np.ndarray, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether its items are ordered answers."""
        return bool(self.scale_index)

    def scales(self, group: int, theta: np.ndarray) -> np.ndarray:
        """Of the responses behind ordered items, (p,): one over their standard deviations."""
        index = self.scale_index[group]
        return np.where(index >= 0, theta[index], 1.0)

    @property
    def chisq_scaled(self) -> float | None:
        """The robust statistic."""
        return None if self.scaling is None else self.chisq / self.scaling + self.shift


def solve(spec: Specification, sample: Sample, *, estimator: str = "ML", observed: bool = False) -> Solution:
    """Fit by maximum likelihood.

    Parameters
    ----------
    estimator : str
        "ML", "MLR" or "MLM".
    observed : bool
        Errors from the observed information, as where answers are missing; MLR does so anyway.

    Raises
    ------
    DataError
        If the covariances do not identify the model.
    """
    cells = spec.cells(sample.moments)
    df = _degrees(spec, cells)
    fitted = maximize(cells, sample.patterns)
    observed = observed or estimator == "MLR"
    curve = information(cells, sample.patterns, fitted.at, observed=observed)
    vcov = invert(curve, spec, cells) / sample.n_obs
    saturated = _saturated(sample)
    chisq = max(2 * sample.n_obs * (fitted.at.value - saturated), 0.0)
    base = spec.baseline()
    base_cells = base.cells(sample.moments)
    base_at = None if estimator == "ML" and not spec.exogenous else maximize(base_cells, sample.patterns).at
    base_value = _independent(sample) if base_at is None else base_at.value
    base_df = _degrees(base, base_cells)
    base_chisq = max(2 * sample.n_obs * (base_value - saturated), 0.0)
    scaling = base_scaling = None
    if estimator != "ML":
        robust = _robust(estimator, cells, sample, fitted.at)
        vcov = robust.vcov
        scaling = robust.trace / df if df and robust.trace > 0 else None
        base_scaling = _robust(estimator, base_cells, sample, base_at).trace / base_df if base_df else None
    return Solution(
        spec, tuple(cells), fitted.theta, tuple(g.implied for g in fitted.at.groups), vcov, chisq, df,
        base_chisq, base_df, fitted.at, fitted.converged, fitted.n_iterations, scaling, base_scaling,
    )  # fmt: skip


def _robust(estimator: str, cells: Sequence[Cells], sample: Sample, at: Point):
    if estimator == "MLM":
        return mlm(cells, sample.patterns, sample.answers, at)
    return mlr(cells, sample.patterns, sample.answers, at, sample.moments)


def _independent(sample: Sample) -> float:
    """f of items that have nothing to do with one another."""
    value = 0.0
    for one in sample.patterns:
        count, _, variance = alone(one)
        value += float(count @ (np.log(variance) + 1)) / 2
    return value / sample.n_obs


def _saturated(sample: Sample) -> float:
    """f without any model."""
    values = [
        one.n_obs * evaluate(one, *moments).value
        for one, moments in zip(sample.patterns, sample.moments, strict=True)
    ]
    return sum(values) / sample.n_obs


def _degrees(spec: Specification, cells: Sequence[Cells]) -> int:
    p, t = cells[0].n_observed, cells[0].n_free
    known = len(cells) * (p * (p + 1) // 2 + (p if spec.has_means else 0))
    if t > known:
        raise DataError(
            "the model has more parameters than there are covariances", got=str(t),
            expected=f"at most {known}",
            hint="Give a factor three items or more, or fix a parameter.",
        )  # fmt: skip
    return known - t


def invert(curve: np.ndarray, spec: Specification, cells: Sequence[Cells]) -> np.ndarray:
    """Inverse of the information; a model that is not identified is refused, and the parameters named."""
    scale = np.sqrt(np.maximum(np.diag(curve), 1e-300))
    values, vectors = np.linalg.eigh(curve / np.outer(scale, scale))
    if len(values) and values[0] < 1e-9 * max(values[-1], 1.0):
        free = np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)
        loose = dict.fromkeys(
            f"{term.lhs} {term.op} {term.rhs}".strip()
            for own in cells
            for c, term in enumerate(spec.terms)
            if own.index[c] in free
        )
        raise DataError(
            "the model is not identified: these parameters can move together without changing the fit",
            got="; ".join(list(loose)[:6]), hint="Fix one of them, or leave one out.",
        )  # fmt: skip
    inverse = (vectors / values) @ vectors.T if len(values) else np.zeros((0, 0))
    return inverse / np.outer(scale, scale)


@dataclass(frozen=True, slots=True)
class Measures:
    """Fit measures; names as in `FactorResult`."""

    chisq: float
    df: int
    pvalue: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_ci_lower: float
    rmsea_ci_upper: float
    srmr: float
    chisq_scaled: float | None = None
    pvalue_scaled: float | None = None
    scaling_factor: float | None = None
    shift: float | None = None
    cfi_scaled: float | None = None
    tli_scaled: float | None = None
    rmsea_scaled: float | None = None
    rmsea_scaled_ci_lower: float | None = None
    rmsea_scaled_ci_upper: float | None = None
    cfi_robust: float | None = None
    tli_robust: float | None = None
    rmsea_robust: float | None = None


def measures(solution: Solution, sample: Sample) -> Measures:
    """How well a solution fits."""
    k = len(sample.patterns)
    n = sample.n_obs - (k if solution.ordered else 0)
    chisq, df, base, base_df = solution.chisq, solution.df, solution.base_chisq, solution.base_df
    means = solution.spec.has_means and not solution.ordered
    moments = [(cov, mean if means else None) for cov, mean in sample.moments]
    model = [(one.sigma, one.mu if means else None) for one in solution.implied]
    if solution.ordered:
        model = [(_correlations(solution, g), None) for g in range(k)]
    plain = Measures(
        chisq, df, chisq_pvalue(chisq, df), cfi(chisq, df, base, base_df), tli(chisq, df, base, base_df),
        rmsea(chisq, df, n, k), *rmsea_interval(chisq, df, n, k),
        srmr(moments, model, [one.n_obs for one in sample.patterns]),
    )  # fmt: skip
    if solution.scaling is None or solution.base_scaling is None:
        return plain
    scaled = float(solution.chisq_scaled)
    base_scaled = base / solution.base_scaling + solution.base_shift
    shifted = solution.shift != 0.0
    value, freedom = (scaled, df) if shifted else (chisq, solution.scaling * df)
    low, high = rmsea_interval(value, freedom, n, k)
    complete = all(len(one.n) == 1 for one in sample.patterns)
    return dataclasses.replace(
        plain, **_corrected(solution, n, k) if complete and not shifted else {}, chisq_scaled=scaled,
        pvalue_scaled=chisq_pvalue(scaled, df), scaling_factor=solution.scaling,
        shift=solution.shift if shifted else None, cfi_scaled=cfi(scaled, df, base_scaled, base_df),
        tli_scaled=tli(scaled, df, base_scaled, base_df), rmsea_scaled=rmsea(value, freedom, n, k),
        rmsea_scaled_ci_lower=low, rmsea_scaled_ci_upper=high,
    )  # fmt: skip


def _correlations(solution: Solution, group: int) -> np.ndarray:
    """Of the responses behind ordered items."""
    scale = solution.scales(group, solution.theta)
    found = solution.implied[group].sigma * np.outer(scale, scale)
    return found - np.diag(np.diag(found)) + np.eye(len(found))


def _corrected(solution: Solution, n_obs: int, n_groups: int) -> dict[str, float]:
    """Robust indices as they would be in the population (Brosseau-Liard & Savalei 2014)."""
    factor, base_factor = float(solution.scaling), float(solution.base_scaling)
    expected, base_expected = factor * solution.df, base_factor * solution.base_df
    excess, base_excess = solution.chisq - expected, solution.base_chisq - base_expected
    return {
        "cfi_robust": cfi(solution.chisq, expected, solution.base_chisq, base_expected),
        "tli_robust": 1.0 - (excess / solution.df) / (base_excess / solution.base_df) if base_excess else 1.0,
        "rmsea_robust": float(np.sqrt(n_groups * max(excess, 0.0) / (n_obs * solution.df))),
    }


def release(
    solution: Solution, sample: Sample, extra: Sequence[tuple[int, Term]]
) -> list[tuple[float, float]]:
    """Score tests with the expected information: what freeing one more parameter in one group would bring.

    Parameters
    ----------
    extra : sequence of (group, Term)
        A term that the model fixes at zero, or one that it has already: then its departure in this group.

    Returns
    -------
    list of (chisq_drop, change of the parameter)
        (0, 0) where it could not be told apart from those that are free.
    """
    if not extra or solution.at is None:
        return []
    curves = [
        curvature(data, group.at, observed=False) if len(data.n) > 1 else None
        for data, group in zip(sample.patterns, solution.at.groups, strict=True)
    ]
    found: list[tuple[float, float]] = []
    for first in range(0, len(extra), 512):  # not all at once: memory
        found += _released(solution, sample, extra[first : first + 512], curves)
    return found


def _released(
    solution: Solution, sample: Sample, extra: Sequence[tuple[int, Term]], curves: Sequence
) -> list[tuple[float, float]]:
    t = len(solution.theta)
    wide = []
    for g, own in enumerate(solution.cells):
        mine = [(t + k, term) for k, (group, term) in enumerate(extra) if group == g]
        wide.append(wider(own, solution.spec, mine, t + len(extra)))
    at = point(wide, sample.patterns, np.r_[solution.theta, np.zeros(len(extra))])
    slope, curve = at.gradient[t:], information(wide, sample.patterns, at, observed=False, curves=curves)
    across, own_curve = curve[:t, t:], np.diag(curve)[t:]
    left = own_curve - np.einsum("ij,ij->j", across, np.linalg.solve(curve[:t, :t], across))
    known = left > 1e-8 * np.abs(own_curve)
    left = np.where(known, left, 1.0)
    drop = np.where(known, sample.n_obs * slope**2 / left, 0.0)
    change = np.where(known, -slope / left, 0.0)
    return list(zip(drop.tolist(), change.tolist(), strict=True))


def wider(own: Cells, spec: Specification, terms: Sequence[tuple[int, Term]], n_free: int) -> Cells:
    """Cells with one more free parameter a term, from (number, term)."""
    matrix, row, column = spec.places([term for _, term in terms])
    return dataclasses.replace(
        own, matrix=np.r_[own.matrix, matrix], row=np.r_[own.row, row], column=np.r_[own.column, column],
        index=np.r_[own.index, np.array([k for k, _ in terms], dtype=np.int64)],
        value=np.r_[own.value, np.zeros(len(terms))], n_free=n_free,
    )  # fmt: skip
