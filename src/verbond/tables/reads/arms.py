"""What an experiment asks of its units: sums and cross-products by arm, in one query.

Values are taken from a shift near their mean before they are squared: sums of squares then keep their digits
also where the mean is large beside the spread. A row counts for a set of columns only if all of them are
known; NaN and infinity are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from verbond.errors import DataError
from verbond.tables.units import Units

__all__ = [
    "Cells",
    "ValueCounts",
    "arm_cells",
    "arm_exposures",
    "arm_values",
    "crossed_units",
    "without_crossed",
]

_SHIFT_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Cells:
    """Units by cell: an arm, or an arm and a group.

    Attributes
    ----------
    keys : tuple of (c,) object
        Value of each column that makes the cells, as text; None where it is not known.
    n_rows : (c,) int
        Units in the cell.
    n_obs : (k, c) int
        Of them, those of whom all columns of set k are known.
    means : tuple of (c, d) float
        For each set the means of its d columns, NaN in a cell of nobody.
    covariances : tuple of (c, d, d) float
        For each set the sample covariances (divisor n - 1), NaN in a cell of fewer than two.
    """

    keys: tuple[np.ndarray, ...]
    n_rows: np.ndarray
    n_obs: np.ndarray
    means: tuple[np.ndarray, ...]
    covariances: tuple[np.ndarray, ...]


def _name(stem: str, *numbers: int) -> str:
    return "_".join([stem, *map(str, numbers)])


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _alias(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, name, quoted=True)


def _times(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Mul(this=left.copy(), expression=right.copy())


def _minus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Sub(this=left.copy(), expression=right.copy()))


def _sum(expression: exp.Expr) -> exp.Expr:
    return exp.Sum(this=expression)


def _known(name: str) -> exp.Expr:
    """True for a finite number: anything else minus itself is not zero."""
    return exp.EQ(this=_minus(_column(name), _column(name)), expression=exp.Literal.number(0))


def arm_cells(units: Units, by: Sequence[str], sets: Sequence[Sequence[str]]) -> Cells:
    """Count, mean and covariance of some sets of columns in every cell.

    Parameters
    ----------
    units : Units
    by : sequence of str
        Text columns that make the cells: the arm, and whatever it is broken down by.
    sets : sequence of sequences of str
        Columns of numbers that are looked at together, such as an outcome and its covariates.

    Returns
    -------
    Cells
        Ordered by their keys.

    Raises
    ------
    DataError
        If the squares of values are beyond what a number can hold.
    """
    shifts = _shifts(units, sorted({name for one in sets for name in one}))
    plain = _ask(units, by, sets, shifts, masked=False)
    if not _whole(plain, sets):
        plain = _ask(units, by, sets, shifts, masked=True)
    return _cells(plain, by, sets, shifts)


def _shifts(units: Units, names: Sequence[str]) -> dict[str, float]:
    if not names:
        return {}
    first = exp.select(*map(_column, names)).from_(units.rows.subquery("units_")).limit(_SHIFT_ROWS)
    known = [exp.Case().when(_known(name), _column(name)) for name in names]
    means = [_alias(exp.Avg(this=case), name) for name, case in zip(names, known, strict=True)]
    found = units.engine.fetch(exp.select(*means).from_(first.subquery("first_")))
    return {name: float(np.nan_to_num(found[name][0])) for name in names}


def _ask(
    units: Units,
    by: Sequence[str],
    sets: Sequence[Sequence[str]],
    shifts: dict[str, float],
    *,
    masked: bool,
) -> dict[str, np.ndarray]:
    """Sums of each set in each cell; unmasked, columns that sets share are summed once."""
    inner = [_alias(_column(name), _name("key", i)) for i, name in enumerate(by)]
    outer: dict[str, exp.Expr] = {"n_rows": exp.Count(this=exp.Star())}
    seen: dict[str, str] = {}
    for k, names in enumerate(sets):
        mask = exp.and_(*(_known(name) for name in names))
        for name in names:
            own = _name("v", k, names.index(name)) if masked else seen.setdefault(name, f"v_{len(seen)}")
            if masked or own == f"v_{len(seen) - 1}":
                value = _minus(_column(name), exp.convert(shifts[name]))
                inner.append(_alias(exp.Case().when(mask, value) if masked else value, own))
        own_names = [_name("v", k, i) if masked else seen[name] for i, name in enumerate(names)]
        for i, left in enumerate(own_names):
            outer[f"count {left}"] = exp.Count(this=_column(left))
            outer[f"sum {left}"] = _sum(_column(left))
            for right in own_names[i:]:
                outer[f"cross {left} {right}"] = _sum(_times(_column(left), _column(right)))
    inner = list({e.alias: e for e in inner}.values())
    keys = [_column(_name("key", i)) for i in range(len(by))]
    names_of = {label: f"a_{j}" for j, label in enumerate(outer)}
    asked = [_alias(expression, names_of[label]) for label, expression in outer.items()]
    query = exp.select(*keys, *asked).from_(
        exp.select(*inner).from_(units.rows.subquery("u_")).subquery("s_")
    )
    found = units.engine.fetch(query.group_by(*keys).order_by(*keys) if keys else query)
    answer = {label: found[name] for label, name in names_of.items()}
    answer |= {_name("key", i): found[_name("key", i)] for i in range(len(by))}
    for k, names in enumerate(sets):
        for i, name in enumerate(names):
            answer[f"name {k} {i}"] = np.array([_name("v", k, i) if masked else seen[name]], dtype=object)
    return answer


def _whole(found: dict[str, np.ndarray], sets: Sequence[Sequence[str]]) -> bool:
    """Whether every value of every column is known, so that sums over columns are over the same rows."""
    n = found["n_rows"]
    names = {found[f"name {k} {i}"][0] for k, one in enumerate(sets) for i in range(len(one))}
    return all(
        bool((found[f"count {name}"] == n).all()) and bool(np.isfinite(found[f"sum {name}"]).all())
        for name in names
    )


def _cells(
    found: dict[str, np.ndarray], by: Sequence[str], sets: Sequence[Sequence[str]], shifts: dict[str, float]
) -> Cells:
    n_rows = np.asarray(found["n_rows"], dtype=np.int64)
    n_obs, means, covariances = [], [], []
    for k, names in enumerate(sets):
        own = [found[f"name {k} {i}"][0] for i in range(len(names))]
        n = np.asarray(found[f"count {own[0]}"], dtype=np.float64)
        sums = np.column_stack([np.nan_to_num(found[f"sum {v}"].astype(float)) for v in own])
        cross = np.empty((len(n), len(own), len(own)))
        for i, left in enumerate(own):
            for j in range(i, len(own)):
                both = found[f"cross {left} {own[j]}"].astype(float)
                if np.isinf(both).any():
                    raise DataError(f"values of {names[i]!r} are too large", expected="below 1e150 in size")
                both = np.nan_to_num(both)
                cross[:, i, j] = cross[:, j, i] = both
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums / n[:, None]
            spread = cross - n[:, None, None] * mean[:, :, None] * mean[:, None, :]
            covariance = np.where(n[:, None, None] > 1, spread / (n - 1)[:, None, None], np.nan)
        diagonal = np.arange(len(own))
        covariance[:, diagonal, diagonal] = np.maximum(covariance[:, diagonal, diagonal], 0.0)
        n_obs.append(n.astype(np.int64))
        means.append(mean + np.array([shifts[name] for name in names]))
        covariances.append(covariance)
    keys = tuple(np.asarray(found[_name("key", i)], dtype=object) for i in range(len(by)))
    return Cells(
        keys,
        n_rows,
        np.array(n_obs, dtype=np.int64).reshape(len(sets), len(n_rows)),
        tuple(means),
        tuple(covariances),
    )


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """How often each value of a column occurs in each arm.

    Attributes
    ----------
    arms : (a,) object
        Ordered; None for units of no arm.
    values : (v,) float
        Ascending; what occurs anywhere.
    counts : (a, v) int
    n_missing : (a,) int
        Units whose value is not known.
    """

    arms: np.ndarray
    values: np.ndarray
    counts: np.ndarray
    n_missing: np.ndarray


def arm_values(units: Units, arm: str, name: str) -> ValueCounts:
    """Count the values of one column by arm."""
    value = exp.Case().when(_known(name), _column(name))
    inner = exp.select(_alias(_column(arm), "arm"), _alias(value, "value")).from_(units.rows.subquery("u_"))
    query = (
        exp.select(_column("arm"), _column("value"), _alias(exp.Count(this=exp.Star()), "n"))
        .from_(inner.subquery("s_"))
        .group_by(_column("arm"), _column("value"))
    )
    found = units.engine.fetch(query)
    labels = sorted({"" if a is None else a for a in found["arm"]})
    arms = np.array(labels, dtype=object)
    row = np.searchsorted(arms.astype(str), ["" if a is None else a for a in found["arm"]])
    value_of = found["value"].astype(np.float64)
    known = np.isfinite(value_of)
    values, place = np.unique(value_of[known], return_inverse=True)
    counts = np.zeros((len(arms), len(values)), dtype=np.int64)
    np.add.at(counts, (row[known], place), found["n"][known])
    missing = np.zeros(len(arms), dtype=np.int64)
    np.add.at(missing, row[~known], found["n"][~known])
    return ValueCounts(np.array([a if a else None for a in labels], dtype=object), values, counts, missing)


def arm_exposures(
    units: Units, arm: str, exposed: str, day: str | None
) -> dict[str | None, tuple[int, int, int, int]]:
    """Units of each arm, those that the action really reached, those whom it reached before their day, and
    those of whom it cannot be read whether it did.

    Parameters
    ----------
    units : Units
    arm, exposed : str
        `exposed` is a day or a mark; empty, 0, no and false say that the action did not reach somebody.
    day : str or None
        Day of assignment.
    """
    said_no = exp.Lower(this=_column(exposed)).isin("", "0", "0.0", "false", "no", "nee")
    reached = exp.Case().when(said_no, exp.null()).else_(_column(exposed))
    none = exp.Literal.number(0)
    before, unread = none, none
    if day is not None:
        is_mark = exp.Lower(this=_column("reached")).isin("1", "1.0", "true", "yes", "ja", "x")
        is_null = [exp.Is(this=_day(name), expression=exp.null()) for name in ("reached", "day")]
        no_day = exp.and_(_column("reached").is_(exp.null()).not_(), is_mark.not_(), exp.or_(*is_null))
        early = exp.CountIf(this=exp.LT(this=_day("reached"), expression=_day("day")))
        before, unread = (  # nobody was reached: NULL
            exp.Coalesce(this=one, expressions=[none.copy()]) for one in (early, exp.CountIf(this=no_day))
        )
    inner = exp.select(
        _alias(_column(arm), "arm"), _alias(reached, "reached"), _alias(_column(day or arm), "day")
    ).from_(units.rows.subquery("u_"))
    counts = (exp.Count(this=exp.Star()), exp.Count(this=_column("reached")), before, unread)
    names = ("n", "reached", "before", "unread")
    asked = [_alias(one, name) for one, name in zip(counts, names, strict=True)]
    query = exp.select(_column("arm"), *asked).from_(inner.subquery("s_")).group_by(_column("arm"))
    found = units.engine.fetch(query)
    rows = zip(*(found[name] for name in ("arm", *names)), strict=True)
    return {label: (int(n), int(k), int(b), int(u)) for label, n, k, b, u in rows}


def _day(name: str) -> exp.Expr:
    first = exp.Left(this=_column(name), expression=exp.Literal.number(10))
    return exp.TryCast(this=first, to=exp.DataType.build("DATE"))


def crossed_units(units: Units, unit: str, arm: str) -> tuple[int, int, int]:
    """Count units, those that stand in more than one arm, and those of more than one row."""
    per_unit = _per_unit(units, unit, arm)
    several = exp.CountIf(this=exp.GT(this=_column("n_arms"), expression=exp.Literal.number(1)))
    repeated = exp.CountIf(this=exp.GT(this=_column("n_rows"), expression=exp.Literal.number(1)))
    query = exp.select(
        _alias(exp.Count(this=exp.Star()), "n"), _alias(several, "several"), _alias(repeated, "repeated")
    ).from_(per_unit.subquery("p_"))
    found = units.engine.fetch(query)
    return int(found["n"][0]), int(found["several"][0]), int(found["repeated"][0])


def _per_unit(units: Units, unit: str, arm: str) -> exp.Select:
    distinct = exp.Count(this=exp.Distinct(expressions=[_column(arm)]))
    return (
        exp.select(
            _alias(_column(unit), "unit_"),
            _alias(distinct, "n_arms"),
            _alias(exp.Count(this=exp.Star()), "n_rows"),
        )
        .from_(units.rows.subquery("u_"))
        .where(exp.not_(exp.Is(this=_column(unit), expression=exp.null())))
        .group_by(_column(unit))
    )


def without_crossed(units: Units, unit: str, arm: str) -> Units:
    """The units that stand in one arm only; closing it closes nothing."""
    one = exp.LTE(this=_column("n_arms"), expression=exp.Literal.number(1))
    kept = exp.select(_column("unit_")).from_(_per_unit(units, unit, arm).subquery("p_")).where(one)
    names = [_column(c) for c in (*units.numbers, *units.texts)]
    rows = exp.select(*names).from_(units.rows.subquery("u_")).where(_column(unit).isin(query=kept))
    return Units(units.engine, rows, units.name, units.numbers, units.texts, fingerprint=units.fingerprint)
