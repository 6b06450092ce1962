"""Models of ordered items, fitted to their thresholds and polychoric correlations (WLSMV).

A model says what the responses behind the items have as means mu and covariances Sigma, but for their
variances: these are 1, times 1 / scale^2 where groups share thresholds. So a threshold t is seen at scale
(t - mu), and a correlation is scale_i scale_j Sigma_ij. The fit is by least squares, weighted by the
variances of thresholds and correlations alone; errors and the statistic use their covariances too (Muthén,
du Toit & Spisic 1997; scaled and shifted: Asparouhov & Muthén 2010). Groups share thresholds with scales
and factor means free in all but the first (Millsap & Yun-Tein 2004).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.results import Reason
from verbond.survey.descent import descend
from verbond.survey.factor_fit import Sample, Solution, answers_of, groups_of, invert, wider
from verbond.survey.likelihood import Patterns, start
from verbond.survey.polychoric import Ordered, polychoric
from verbond.survey.reticular import Cells, Implied, by_parameter, implied, second_order, slopes
from verbond.survey.specification import Specification
from verbond.survey.syntax import Term

__all__ = ["OrderedSample", "ordered_sample", "release_ordered", "solve_ordered"]

_MOST_ANSWERS = 20


@dataclass(frozen=True, slots=True)
class OrderedSample(Sample):
    """Ordered answers, reduced.

    Attributes
    ----------
    ordered : tuple of Ordered
        One a group.
    used : tuple of tuple of float64 arrays
        The different answers to each item, in each group.
    """

    ordered: tuple[Ordered, ...] = ()
    used: tuple[tuple[np.ndarray, ...], ...] = ()


def ordered_sample(
    columns: Mapping[str, np.ndarray], items: Sequence[str], groups: Sequence[object] | None = None
) -> OrderedSample:
    """Complete answers of ordered items, reduced; who missed an answer is left out and counted.

    Raises
    ------
    DataError
        If a group has too few respondents, or an item has one answer only, or so many that it is no ordered
        item.
    """
    answers = answers_of(columns, items)
    labels, of_row, reasons = groups_of(groups, len(answers))
    complete = ~np.isnan(answers).any(axis=1)
    if n_left_out := int((~complete & (of_row >= 0)).sum()):
        reasons.append(Reason("survey.incomplete_left_out", {"n": n_left_out}))
    reduced, used = [], []
    for g in range(max(len(labels), 1)):
        kept = complete & (of_row == g)
        one, values = _reduced(answers if kept.all() else answers[kept], items, labels[g] if labels else None)
        reduced.append(one)
        used.append(values)
    reasons += _remarks(items, reduced, used)
    patterns = tuple(_moments_only(one) for one in reduced)
    moments = tuple((one.cor, np.zeros(len(items))) for one in reduced)
    return OrderedSample(labels, patterns, (), moments, tuple(reasons), tuple(reduced), tuple(used))


def _reduced(
    answers: np.ndarray, items: Sequence[str], label: str | None
) -> tuple[Ordered, tuple[np.ndarray, ...]]:
    where = f" in group {label!r}" if label is not None else ""
    if len(answers) <= max(len(items), 4):
        raise DataError(
            f"too few complete answers for this model{where}", got=str(len(answers)),
            expected=f"more than {max(len(items), 4)}",
            hint="Use a model with fewer items." if label is None else "Leave this group out, or join it.",
        )  # fmt: skip
    codes, used = np.empty(answers.shape, dtype=np.int16), []
    for j, item in enumerate(items):
        values, codes[:, j] = _coded(answers[:, j])
        if len(values) < 2:
            raise DataError(f"item {item!r} does not vary{where}", hint="Leave it out of the model.")
        if len(values) > _MOST_ANSWERS:
            raise DataError(
                f"item {item!r} has too many different answers for an ordered item", got=str(len(values)),
                expected=f"at most {_MOST_ANSWERS}", hint="Use ML or MLR for numbers.",
            )  # fmt: skip
        used.append(values)
    return polychoric(codes, [len(values) for values in used]), tuple(used)


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


def _remarks(
    items: Sequence[str], reduced: Sequence[Ordered], used: Sequence[Sequence[np.ndarray]]
) -> list[Reason]:
    found = []
    skipped = [
        item
        for item, *values in zip(items, *used, strict=True)
        if any((v == np.round(v)).all() and v[-1] - v[0] + 1 > len(v) for v in values)
    ]
    if skipped:
        found.append(Reason("survey.unused_category", {"items": skipped, "n": len(skipped)}))
    alike = np.argwhere(np.tril(np.abs([one.cor for one in reduced]).max(axis=0), -1) > 0.99)
    if len(alike):
        found.append(Reason("survey.nearly_the_same", {"one": items[alike[0][1]], "two": items[alike[0][0]]}))
    return found


def _moments_only(one: Ordered) -> Patterns:
    p = len(one.cor)
    seen, none = np.ones((1, p), dtype=bool), np.zeros(0, dtype=np.int64)
    return Patterns(np.array([float(one.n_obs)]), seen, np.zeros((1, p)), one.cor[None], none)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the thresholds and scales of one group stand among the parameters.

    Attributes
    ----------
    item : (m,) int64
        Of each threshold.
    threshold : (m,) int64
        Its number.
    scale : (p,) int64
        Number of each item's scale; -1 where it is 1.
    found : (m + r,) float64
        Thresholds and correlations of the sample.
    weight : (m + r,) float64
    """

    item: np.ndarray
    threshold: np.ndarray
    scale: np.ndarray
    found: np.ndarray
    weight: np.ndarray


def _layouts(spec: Specification, sample: OrderedSample, t: int) -> tuple[list[_Layout], int]:
    """One a group, and how many parameters there are with thresholds and scales."""
    p, shared = len(spec.observed), "thresholds" in spec.equal
    i, j = np.tril_indices(p, -1)
    layouts: list[_Layout] = []
    for g, one in enumerate(sample.ordered):
        sizes = [len(values) for values in one.thresholds]
        if shared and g:
            _check_same(spec, sample, g)
        place = layouts[0].threshold if shared and g else t + np.arange(sum(sizes))
        t = max(t, int(place.max()) + 1)
        scale = np.full(p, -1)
        if shared and g:
            scale, t = t + np.arange(p), t + p
        layouts.append(
            _Layout(
                np.repeat(np.arange(p), sizes), place, scale,
                np.concatenate([*one.thresholds, one.cor[i, j]]), 1 / np.diag(one.gamma),
            )
        )  # fmt: skip
    return layouts, t


def _check_same(spec: Specification, sample: OrderedSample, group: int) -> None:
    for item, first, here in zip(spec.observed, sample.used[0], sample.used[group], strict=True):
        if len(first) != len(here) or (first != here).any():
            raise DataError(
                f"equal thresholds need the same answers in all groups: {item!r} has others in"
                f" {sample.labels[group]!r} than in {sample.labels[0]!r}",
                got=", ".join(f"{v:g}" for v in here), expected=", ".join(f"{v:g}" for v in first),
                hint="Join the answers that a group never gave with their neighbours.",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _GroupPlace:
    """One group: what the model says, what is left, and slopes of what it says (t, m + r)."""

    model: Implied
    residual: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True, slots=True)
class _Place:
    """Half the weighted squares of what is left, with its gradient."""

    value: float
    gradient: np.ndarray
    groups: tuple[_GroupPlace, ...]


def _group_place(own: Cells, layout: _Layout, theta: np.ndarray) -> _GroupPlace | None:
    try:
        model = implied(own, theta)
    except np.linalg.LinAlgError:
        return None
    scale = np.where(layout.scale >= 0, theta[layout.scale], 1.0)
    if (scale <= 0).any():
        return None
    i, j = np.tril_indices(own.n_observed, -1)
    item, m = layout.item, len(layout.item)
    mu = model.mu if own.has_means else np.zeros(own.n_observed)
    above = theta[layout.threshold] - mu[item]
    said = np.concatenate([scale[item] * above, scale[i] * scale[j] * model.sigma[i, j]])
    by_sigma, by_mu = slopes(own, model)
    slope = by_parameter(
        own,
        np.concatenate([-by_mu[:, item] * scale[item], by_sigma[:, i, j] * (scale[i] * scale[j])], axis=1),
    )
    slope[layout.threshold, np.arange(m)] += scale[item]
    if (layout.scale >= 0).any():
        slope[layout.scale[item], np.arange(m)] += above
        pairs = m + np.arange(len(i))
        slope[layout.scale[i], pairs] += scale[j] * model.sigma[i, j]
        slope[layout.scale[j], pairs] += scale[i] * model.sigma[i, j]
    return _GroupPlace(model, layout.found - said, slope)


def solve_ordered(spec: Specification, sample: OrderedSample) -> Solution:
    """Fit by diagonally weighted least squares.

    Raises
    ------
    OptionError
        If the model has intercepts, or paths from or to items other than loadings.
    DataError
        If thresholds and correlations do not identify the model.
    """
    spec = _on_responses(spec)
    cells = spec.cells(sample.moments)
    layouts, n_free = _layouts(spec, sample, cells[0].n_free)
    theta = np.concatenate([start(cells), np.ones(n_free - cells[0].n_free)])
    for layout in reversed(layouts):
        theta[layout.threshold] = layout.found[: len(layout.item)]
    cells = [dataclasses.replace(own, n_free=n_free) for own in cells]
    df = sum(len(layout.found) for layout in layouts) - n_free
    if df < 0:
        raise DataError(
            "the model has more parameters than there are correlations and thresholds", got=str(n_free),
            expected=f"at most {n_free + df}", hint="Give a factor three items or more, or fix a parameter.",
        )  # fmt: skip
    n = np.array([one.n_obs for one in sample.ordered], dtype=np.float64)
    shares = (n - 1) / (n - 1).sum()  # lavaan and Mplus count n - 1 here
    end = descend(
        lambda theta: _place(cells, layouts, shares, theta),
        lambda at, exact: _curve(cells, layouts, shares, at, exact=exact),
        theta,
    )
    return _solution(spec, sample, cells, layouts, end, df)


def _place(
    cells: Sequence[Cells], layouts: Sequence[_Layout], shares: np.ndarray, theta: np.ndarray
) -> _Place:
    value, gradient, groups = 0.0, np.zeros(len(theta)), []
    for own, layout, share in zip(cells, layouts, shares, strict=True):
        group = _group_place(own, layout, theta)
        if group is None:
            return _Place(np.inf, gradient, ())
        value += share * float(layout.weight @ group.residual**2) / 2
        gradient -= share * (group.slope @ (layout.weight * group.residual))
        groups.append(group)
    return _Place(value, gradient, tuple(groups))


def _curve(
    cells: Sequence[Cells], layouts: Sequence[_Layout], shares: np.ndarray, at: _Place, *, exact: bool
) -> np.ndarray:
    """Curvature; the exact one leaves out how scales bend, which no step needs."""
    bend = np.zeros((len(at.gradient),) * 2)
    for own, layout, share, group in zip(cells, layouts, shares, at.groups, strict=True):
        bend += share * ((group.slope * layout.weight) @ group.slope.T)
        if exact and (layout.scale < 0).all():
            i, j = np.tril_indices(own.n_observed, -1)
            pulled, m = layout.weight * group.residual, len(layout.item)
            on_sigma = np.zeros((own.n_observed,) * 2)
            on_sigma[i, j] = on_sigma[j, i] = -pulled[m:] / 2
            on_mu = np.bincount(layout.item, weights=pulled[:m], minlength=own.n_observed)
            second = second_order(own, group.model, on_sigma, on_mu)
            bend += share * by_parameter(own, by_parameter(own, second).T).T
    return bend


def _solution(
    spec: Specification,
    sample: OrderedSample,
    cells: Sequence[Cells],
    layouts: Sequence[_Layout],
    end,
    df: int,
) -> Solution:
    n = np.array([one.n_obs for one in sample.ordered], dtype=np.float64)
    share, n_less = n / n.sum(), n.sum() - len(n)
    inverse = invert(_curve(cells, layouts, share, end.at, exact=False), spec, cells)
    slope = np.concatenate([group.slope for group in end.at.groups], axis=1)
    weight = np.concatenate([f * layout.weight for f, layout in zip(share, layouts, strict=True)])
    gamma = _blocks([one.gamma / f for f, one in zip(share, sample.ordered, strict=True)])
    across = slope * weight
    spread = across @ gamma
    vcov = inverse @ (spread @ across.T) @ inverse / n_less
    loose = weight[:, None] * gamma - across.T @ (inverse @ spread)
    base, base_product = 0.0, []
    for one, layout in zip(sample.ordered, layouts, strict=True):
        m = len(layout.item)
        base += float((one.n_obs - 1) * (layout.weight[m:] @ layout.found[m:] ** 2))
        base_product.append(layout.weight[m:, None] * one.gamma[m:, m:])
    base_df = sum(len(product) for product in base_product)
    errors = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    thresholds = tuple(
        (g, item, end.theta[layout.threshold[layout.item == k]], errors[layout.threshold[layout.item == k]])
        for g, layout in enumerate(layouts)
        for k, item in enumerate(spec.observed)
    )
    return Solution(
        spec, tuple(cells), end.theta, tuple(group.model for group in end.at.groups), vcov,
        2 * n_less * end.at.value, df, base, base_df, None, end.converged, end.n_iterations,
        **_scaled(loose, df, ""), **_scaled(_blocks(base_product), base_df, "base_"), thresholds=thresholds,
        scale_index=tuple(layout.scale for layout in layouts),
    )  # fmt: skip


def _blocks(squares: Sequence[np.ndarray]) -> np.ndarray:
    if len(squares) == 1:
        return squares[0]
    found, at = np.zeros((sum(len(one) for one in squares),) * 2), 0
    for one in squares:
        found[at : at + len(one), at : at + len(one)] = one
        at += len(one)
    return found


def _scaled(product: np.ndarray, df: int, prefix: str) -> dict[str, float | None]:
    """Scale and shift that give the statistic the mean and variance of a chi-square."""
    if not df:
        return {f"{prefix}scaling": None, f"{prefix}shift": 0.0}
    factor = float(np.sqrt((product * product.T).sum() / df))
    return {f"{prefix}scaling": factor, f"{prefix}shift": df - float(np.trace(product)) / factor}


def _on_responses(spec: Specification) -> Specification:
    """The model of the responses behind the items: their variances and intercepts are no parameters."""
    for term in spec.terms:
        if term.op == "~1" and term.line:
            raise OptionError("ordered items have thresholds and no intercepts", got=f"{term.lhs} ~ 1")
        led = {"=~": {term.lhs}, "~": {term.lhs, term.rhs}}.get(term.op, set()) & set(spec.observed)
        if led:
            raise OptionError(
                "with WLSMV items are measured by factors, and paths run between factors",
                got=f"{term.lhs} {term.op} {term.rhs}", hint="Use MLR for paths of observed variables.",
            )  # fmt: skip
    terms = tuple(
        dataclasses.replace(t, fixed=0.0, label=None)
        if t.lhs in spec.observed and (t.op == "~1" or (t.op == "~~" and t.lhs == t.rhs))
        else t
        for t in spec.terms
    )
    return dataclasses.replace(spec, terms=terms)


def release_ordered(
    solution: Solution, sample: OrderedSample, extra: Sequence[tuple[int, Term]]
) -> list[tuple[float, float]]:
    """As `factor_fit.release`, for ordered items; a term "item | t1" is a threshold's departure."""
    if not extra:
        return []
    t = len(solution.theta)
    layouts, _ = _layouts(solution.spec, sample, max(int(own.index.max()) for own in solution.cells) + 1)
    n = np.array([one.n_obs for one in sample.ordered], dtype=np.float64)
    slope, curve = np.zeros(len(extra)), np.zeros((t + len(extra),) * 2)
    for g, (own, layout, f) in enumerate(zip(solution.cells, layouts, n / n.sum(), strict=True)):
        mine = [(t + k, term) for k, (group, term) in enumerate(extra) if group == g]
        wide = wider(own, solution.spec, [one for one in mine if one[1].op != "|"], t + len(extra))
        at = _group_place(wide, layout, np.r_[solution.theta, np.zeros(len(extra))])
        for k, term in mine:
            if term.op == "|":
                item = solution.spec.observed.index(term.lhs)
                column = np.flatnonzero(layout.item == item)[int(term.rhs[1:]) - 1]
                at.slope[k, column] = at.slope[layout.threshold[column], column]
        slope -= f * (at.slope[t:] @ (layout.weight * at.residual))
        curve += f * ((at.slope * layout.weight) @ at.slope.T)
    across = curve[:t, t:]
    left = np.diag(curve)[t:] - np.einsum("ij,ij->j", across, np.linalg.solve(curve[:t, :t], across))
    known = left > 1e-8 * np.diag(curve)[t:]
    left = np.where(known, left, 1.0)
    drop, change = n.sum() * slope**2 / left, -slope / left
    return [(float(a), float(b)) if ok else (0.0, 0.0) for a, b, ok in zip(drop, change, known, strict=True)]
