"""Identity against image: who in the house sees the company as its customers do.

No figure about fewer than five people leaves this module, nor one from which such a figure could be reckoned
back. That is settled here, value by value, before any mean is taken: a department with fewer than five
answers about a value has no figure for it; people who have no figure of their own are in no total; and where
the people left out of a total would be fewer than five while a larger total is known elsewhere, they stay out
there too, for this module never gives a total over everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.values.kernel import resampled_sums
from verbond.values.profiles import Profiles

__all__ = ["DepartmentView", "IdentityResult", "SeenValue", "compare_identity"]

LEAST_VALUES = 5
"""A profile of fewer values has no shape to correlate."""
N_BOOTSTRAP = 1_000
NOWHERE = ""
"""Label of people without a department: a group like others, without a row of its own."""


@dataclass(frozen=True, slots=True)
class SeenValue:
    """One value as the house sees it beside how customers see it; centred means.

    Attributes
    ----------
    value : str
    identity : Estimate
        All departments that may be shown, together.
    image : Estimate
        Customers.
    difference : Estimate
        identity - image: above zero, the house sees more of it than customers do.
    """

    value: str
    identity: Estimate
    image: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """One department beside the customers.

    Attributes
    ----------
    department : str
    n_people : int
    match : Estimate
        Correlation of the department's mean profile with the customers', -1..1, over the values shown.
    distance : Estimate
        Root mean square difference of the two centred profiles, in points of the scale.
    highest : tuple of str
        The values that the department sees most of, at most three.
    too_high, too_low : tuple of str
        Values that it sees clearly more (less) of than customers do: by an interval without zero.
    profile : dict of str to float
        Centred mean by value; values with fewer than five answers are not in it.
    """

    department: str
    n_people: int
    match: Estimate
    distance: Estimate
    highest: tuple[str, ...]
    too_high: tuple[str, ...]
    too_low: tuple[str, ...]
    profile: dict[str, float]


@dataclass(frozen=True, slots=True)
class IdentityResult(Result):
    """What the house sees in itself, and what customers see in it.

    Attributes
    ----------
    values : tuple of SeenValue
    match, distance : Estimate
        Of the whole house, as in `DepartmentView`.
    departments : tuple of DepartmentView
        Best match first.
    n_hidden_departments, n_hidden_people : int
        Left out of every figure because their group is too small; the number of people is 0 where it would
        itself be fewer than five.
    reasons : tuple of Reason
    provenance : Provenance
    """

    values: tuple[SeenValue, ...]
    match: Estimate
    distance: Estimate
    departments: tuple[DepartmentView, ...]
    n_hidden_departments: int
    n_hidden_people: int
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a department."""
        return [
            {
                "department": row.department,
                "n_people": row.n_people,
                "match": row.match.value,
                "ci_lower": row.match.ci_lower,
                "ci_upper": row.match.ci_upper,
                "distance": row.distance.value,
                "highest": ", ".join(row.highest),
            }
            for row in self.departments
        ]


def compare_identity(
    identity: Profiles, image: Profiles, *, ci_level: float = 0.95, seed: int = 0
) -> IdentityResult:
    """Lay what employees see in the company beside what customers see in it, by department.

    Parameters
    ----------
    identity : Profiles
        Of employees; `groups` are their departments (all in one where it is None).
    image : Profiles
        Of customers, on the same values.
    ci_level : float
    seed : int
        Of the bootstrap.

    Returns
    -------
    IdentityResult

    Notes
    -----
    Intervals of match and distance come from samples of people with replacement, employees and customers
    both. A correlation of two mean profiles over ten values moves much when a department is small: read its
    interval first.
    """
    values = tuple(v for v in identity.values if v in image.values)
    house = identity.centred[:, [identity.values.index(v) for v in values]]
    customers = image.centred[:, [image.values.index(v) for v in values]]
    customers = customers[np.isfinite(customers).any(axis=1)]
    known = identity.groups if identity.groups is not None else [None] * len(house)
    groups = np.array([NOWHERE if g is None else str(g) for g in known], dtype=object)
    labels = sorted(set(groups))
    shown, cells = _shown_cells(house, groups, labels)
    rng = np.random.default_rng(seed)
    draws = _draws(customers, rng)
    mean = _means(customers)
    mean = np.where(np.isfinite(customers).sum(axis=0) >= MIN_GROUP, mean, np.nan)
    views = [
        _view(label, house[groups == label], cells[label], values, mean, draws, customers, rng, ci_level)
        for label in shown
        if label != NOWHERE
    ]
    inside = np.where(_used(house, groups, cells), house, np.nan)
    whole, reasons = inside[np.isfinite(inside).any(axis=1)], []
    n_hidden = int(np.isfinite(house).any(axis=1).sum() - len(whole))
    hidden = [label for label in labels if label not in shown and label != NOWHERE]
    if n_hidden:
        reasons.append(Reason("values.departments_hidden", {"least": MIN_GROUP, "n": max(len(hidden), 1)}))
    match, distance = _beside(whole, mean, draws, rng, ci_level, len(whole))
    return IdentityResult(
        values=tuple(_seen(v, inside[:, j], customers[:, j], ci_level) for j, v in enumerate(values)),
        match=match,
        distance=distance,
        departments=tuple(sorted(views, key=lambda v: (v.match.value is None, -(v.match.value or 0.0)))),
        n_hidden_departments=len(hidden),
        n_hidden_people=n_hidden if n_hidden >= MIN_GROUP else 0,
        reasons=tuple(reasons),
        provenance=identity.provenance,
    )


def _shown_cells(
    house: np.ndarray, groups: np.ndarray, labels: list[str]
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Which departments have figures, and for which values: five answers or more each."""
    cells = {label: np.isfinite(house[groups == label]).sum(axis=0) >= MIN_GROUP for label in labels}
    return [label for label in labels if cells[label].any()], cells


def _used(house: np.ndarray, groups: np.ndarray, cells: dict[str, np.ndarray]) -> np.ndarray:
    """Answers that are in a figure of their department; only these are in a total."""
    used = np.zeros(house.shape, dtype=bool)
    for label, cell in cells.items():
        used[groups == label] = cell
    return used & np.isfinite(house)


def _means(scores: np.ndarray) -> np.ndarray:
    there = np.isfinite(scores)
    n = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, np.where(there, scores, 0.0).sum(axis=0) / n, np.nan)


def _draws(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mean profiles in samples with replacement, shape (N_BOOTSTRAP, values)."""
    if not len(scores):
        return np.full((N_BOOTSTRAP, scores.shape[1]), np.nan)
    there = np.isfinite(scores)
    sums = resampled_sums(np.column_stack([np.where(there, scores, 0.0), there]), N_BOOTSTRAP, rng)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[:, : scores.shape[1]] / sums[:, scores.shape[1] :]


def _match(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlations of profiles in the last axis."""
    x, y = a - a.mean(axis=-1, keepdims=True), b - b.mean(axis=-1, keepdims=True)
    size = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 1e-9, (x * y).sum(axis=-1) / size, np.nan)


def _beside(
    scores: np.ndarray, mean: np.ndarray, draws: np.ndarray, rng: np.random.Generator, ci_level: float, n: int
) -> tuple[Estimate, Estimate]:
    """Correlation and distance of a group's mean profile and the customers', with intervals."""
    own = _means(scores) if len(scores) else np.full_like(mean, np.nan)
    known = np.isfinite(own) & np.isfinite(mean)
    if n < MIN_GROUP or known.sum() < LEAST_VALUES:
        reason = Reason("values.too_small_group", {"least": MIN_GROUP})
        return Estimate(None, ci_level=ci_level, reason=reason), Estimate(
            None, ci_level=ci_level, reason=reason
        )
    samples, against = _draws(scores[:, known], rng), draws[:, known]
    found = []
    for figure in (_match, lambda a, b: np.sqrt(((a - b) ** 2).mean(axis=-1))):
        value, drawn = float(figure(own[known], mean[known])), figure(samples, against)
        drawn = drawn[np.isfinite(drawn)]
        tail = (1 - ci_level) / 2
        bounds = tuple(map(float, np.quantile(drawn, [tail, 1 - tail]))) if len(drawn) else (None, None)
        found.append(Estimate(value if np.isfinite(value) else None, *bounds, n, ci_level))
    return found[0], found[1]


def _view(
    label: str, scores: np.ndarray, cell: np.ndarray, values: tuple[str, ...], mean: np.ndarray,
    draws: np.ndarray, customers: np.ndarray, rng: np.random.Generator, ci_level: float,
) -> DepartmentView:  # fmt: skip
    scores = np.where(cell, scores, np.nan)
    n_people = int(np.isfinite(scores).any(axis=1).sum())
    match, distance = _beside(scores, mean, draws, rng, ci_level, n_people)
    profile = {v: float(m) for v, m, use in zip(values, _means(scores), cell, strict=True) if use}
    gaps = {
        v: _difference(scores[:, values.index(v)], customers[:, values.index(v)], ci_level) for v in profile
    }
    return DepartmentView(
        department=label,
        n_people=n_people,
        match=match,
        distance=distance,
        highest=tuple(sorted(profile, key=lambda v: -profile[v])[:3]),
        too_high=tuple(v for v, gap in gaps.items() if gap.ci_lower is not None and gap.ci_lower > 0),
        too_low=tuple(v for v, gap in gaps.items() if gap.ci_upper is not None and gap.ci_upper < 0),
        profile=profile,
    )


def _seen(value: str, house: np.ndarray, customers: np.ndarray, ci_level: float) -> SeenValue:
    return SeenValue(
        value, _mean(house, ci_level), _mean(customers, ci_level), _difference(house, customers, ci_level)
    )


def _mean(scores: np.ndarray, ci_level: float) -> Estimate:
    known = scores[np.isfinite(scores)]
    if len(known) < MIN_GROUP:
        return Estimate(
            None, ci_level=ci_level, reason=Reason("values.too_small_group", {"least": MIN_GROUP})
        )
    return Estimate(*mean_interval(known, ci_level=ci_level), len(known), ci_level)


def _difference(a: np.ndarray, b: np.ndarray, ci_level: float) -> Estimate:
    """Difference of two means, Welch's interval by its two halves."""
    one, other = _mean(a, ci_level), _mean(b, ci_level)
    if one.value is None or other.value is None:
        return Estimate(None, ci_level=ci_level, reason=one.reason or other.reason)
    difference = one.value - other.value
    half = float(np.hypot(one.ci_upper - one.value, other.ci_upper - other.value))  # type: ignore[operator]
    return Estimate(difference, difference - half, difference + half, one.n_obs + other.n_obs, ci_level)
