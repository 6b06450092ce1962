"""Do all departments choose for the customer? Customer orientation as employees answer it, by department.

No figure about fewer than five people leaves this module, nor one from which such a figure could be reckoned
back: departments with fewer are left out of every total as well, and so are people without a department
unless they are five or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import fdtrc, stdtrit

from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.survey.drivers import latest_scores
from verbond.survey.model import Survey
from verbond.tables import Tables
from verbond.tables.reads import departments as read_departments

__all__ = ["DepartmentOrientation", "EmployeesResult", "customer_orientation", "orientation_by_department"]

CONSTRUCT = "customer_orientation"


@dataclass(frozen=True, slots=True)
class DepartmentOrientation:
    """One department.

    Attributes
    ----------
    department : str
    orientation : Estimate
        Mean customer orientation, 0..100.
    difference : Estimate
        From the mean of everybody else who is shown.
    """

    department: str
    orientation: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class EmployeesResult(Result):
    """Customer orientation in the house.

    Attributes
    ----------
    orientation : Estimate
        Of everybody who is in a figure below.
    departments : tuple of DepartmentOrientation
        Lowest first.
    p_value : float or None
        That departments differ no more than people do (Welch's test); None with fewer than two.
    n_hidden_departments : int
        With fewer than five people: in no figure.
    reasons : tuple of Reason
        What it says.
    provenance : Provenance
    """

    orientation: Estimate
    departments: tuple[DepartmentOrientation, ...]
    p_value: float | None
    n_hidden_departments: int
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a department."""
        return [
            {
                "department": d.department, "n_people": d.orientation.n_obs,
                "orientation": d.orientation.value, "ci_lower": d.orientation.ci_lower,
                "ci_upper": d.orientation.ci_upper,
                "difference": d.difference.value, "difference_ci_lower": d.difference.ci_lower,
                "difference_ci_upper": d.difference.ci_upper,
            }
            for d in self.departments
        ]  # fmt: skip


def customer_orientation(tables: Tables, *, ci_level: float = 0.95) -> EmployeesResult:
    """Read employees' answers and compare departments; each person's latest wave counts.

    Parameters
    ----------
    tables : Tables
        `responses` with group "employee" and a department.
    ci_level : float
    """
    survey = Survey(group="employee", ci_level=ci_level).fit(tables)
    scores = latest_scores(survey.scores)
    people = sorted({str(v) for v in survey.scores["respondent_id"]})
    known = read_departments(tables)
    where = {who: known.get(who) for who in people}
    values = scores.get(CONSTRUCT, np.full(len(people), np.nan))
    return orientation_by_department(
        dict(zip(people, values.tolist(), strict=True)),
        where,
        ci_level=ci_level,
        provenance=survey.provenance,
    )


def orientation_by_department(
    scores: Mapping[str, float],
    departments: Mapping[str, str | None],
    *,
    ci_level: float = 0.95,
    provenance: Provenance | None = None,
) -> EmployeesResult:
    """Compare departments whose people's scores are known.

    Parameters
    ----------
    scores : mapping of str to float
        Person -> 0..100; NaN: no score.
    departments : mapping of str to str or None
    ci_level : float
    provenance : Provenance, optional
    """
    groups: dict[str | None, list[float]] = {}
    for who, score in scores.items():
        if np.isfinite(score):
            groups.setdefault(departments.get(who), []).append(float(score))
    shown = {name: np.array(found) for name, found in groups.items() if len(found) >= MIN_GROUP}
    named = {str(name): found for name, found in shown.items() if name is not None}
    n_hidden = sum(len(found) < MIN_GROUP for name, found in groups.items() if name is not None)
    everybody = np.concatenate(list(shown.values())) if shown else np.zeros(0)
    rows = []
    for name, found in named.items():
        others = np.concatenate([g for other, g in shown.items() if other != name] or [np.zeros(0)])
        rows.append(DepartmentOrientation(name, _mean(found, ci_level), _difference(found, others, ci_level)))
    rows.sort(key=lambda row: row.orientation.value)
    p_value = _welch(list(named.values()))
    total = _mean(everybody, ci_level)
    return EmployeesResult(
        orientation=total,
        departments=tuple(rows),
        p_value=p_value,
        n_hidden_departments=n_hidden,
        reasons=tuple(_said(total, rows, p_value, n_hidden, ci_level)),
        provenance=provenance or Provenance(),
    )


def _mean(values: np.ndarray, ci_level: float) -> Estimate:
    if len(values) < MIN_GROUP:
        return Estimate(
            None, ci_level=ci_level, reason=Reason("survey.too_small_group", {"least": MIN_GROUP})
        )
    return Estimate(*mean_interval(values, ci_level=ci_level), len(values), ci_level)


def _difference(one: np.ndarray, other: np.ndarray, ci_level: float) -> Estimate:
    """Of two means, with the interval from Welch's degrees of freedom."""
    if min(len(one), len(other)) < MIN_GROUP:
        return Estimate(
            None, ci_level=ci_level, reason=Reason("survey.too_small_group", {"least": MIN_GROUP})
        )
    parts = [g.var(ddof=1) / len(g) for g in (one, other)]
    error = float(np.sqrt(sum(parts)))
    difference = float(one.mean() - other.mean())
    if error == 0:
        return Estimate(difference, difference, difference, len(one), ci_level)
    df = sum(parts) ** 2 / sum(p**2 / (len(g) - 1) for p, g in zip(parts, (one, other), strict=True))
    half = float(stdtrit(df, 0.5 + ci_level / 2)) * error
    return Estimate(difference, difference - half, difference + half, len(one), ci_level)


def _welch(groups: list[np.ndarray]) -> float | None:
    """P-value that all means are equal with variances that need not be (Welch 1951, Biometrika 38)."""
    if len(groups) < 2 or any(g.var() == 0 for g in groups):
        return None
    n, mean = (np.array([f(g) for g in groups]) for f in (len, np.mean))
    weight = n / np.array([g.var(ddof=1) for g in groups])
    k, total = len(groups), weight.sum()
    middle = weight @ mean / total
    wobble = ((1 - weight / total) ** 2 / (n - 1)).sum()
    between = (weight * (mean - middle) ** 2).sum() / (k - 1)
    f = between / (1 + 2 * (k - 2) / (k**2 - 1) * wobble)
    return float(fdtrc(k - 1, (k**2 - 1) / (3 * wobble), f))


def _said(
    total: Estimate, rows: list[DepartmentOrientation], p_value: float | None, n_hidden: int, ci_level: float
):
    if total.value is None:
        yield Reason("survey.orientation_none", {"least": MIN_GROUP})
    elif p_value is not None and p_value < 1 - ci_level:
        low, high = rows[0], rows[-1]
        yield Reason(
            "survey.orientation_differs",
            {
                "low": low.department, "low_value": low.orientation.value, "high": high.department,
                "high_value": high.orientation.value, "n": total.n_obs,
            },
        )  # fmt: skip
    elif len(rows) > 1:
        values = {"value": total.value, "low": total.ci_lower, "high": total.ci_upper, "n": len(rows)}
        yield Reason("survey.orientation_alike", values)
    if n_hidden:
        yield Reason("survey.orientation_hidden", {"n": n_hidden, "least": MIN_GROUP})
