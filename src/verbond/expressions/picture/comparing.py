"""Sides beside each other and beside the promise, and how each changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.picture.names import name_of, side_named
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import Change, Difference, Share, Side
from verbond.expressions.picture.shares import (
    Interval,
    clustered,
    compared,
    interval_of,
    permuted,
    sloped,
)
from verbond.expressions.picture.sides import estimate, too_few
from verbond.expressions.promise import Promise
from verbond.numerics.correction import holm
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["LEAST_MONTHS", "changes_of", "differences_of"]

LEVEL = 0.05
LEAST_MONTHS = 3
"""With messages in fewer months no line is drawn through them."""
_ROOM = "expressions_picture"


def differences_of(
    readings: Readings, sides: dict[str, Side], promise: Promise | None, error: float, seed: int
) -> tuple[Difference, ...]:
    """Sides two by two, and each beside the promised relationship; those told apart first."""
    found = [
        one
        for a, b in combinations(("employee", "company", "customer"), 2)
        if _has_figures(sides.get(a)) and _has_figures(sides.get(b))
        for one in _between(readings, a, b, error, seed)
    ]
    for about in ("relationship", "value"):
        here = [i for i, one in enumerate(found) if one.about == about]
        corrected = holm([found[i].pvalue for i in here])  # type: ignore[misc]
        for i, p in zip(here, corrected, strict=True):
            found[i] = _told(found[i], float(p), sides)
    found += [one for side in sides.values() if _has_figures(side) for one in _beside(side, promise)]
    return tuple(sorted(found, key=lambda d: (not d.is_told_apart, -abs(d.difference.value or 0.0))))


def _has_figures(side: Side | None) -> bool:
    return side is not None and side.side in ("company", "employee", "customer") and side.reason is None


def _between(readings: Readings, a: str, b: str, error: float, seed: int) -> Iterator[Difference]:
    first, second = (readings.of_side(side) & readings.is_rated for side in (a, b))
    for about, names, x in (
        ("relationship", RELATIONSHIPS, readings.kinds), ("value", VALUES, readings.values),
    ):  # fmt: skip
        one, other = (clustered(x[here], readings.cluster[here]) for here in (first, second))
        gaps, pvalues = compared(one, other, error), permuted(one, other, seed)
        for j, name in enumerate(names):
            n = int(first.sum() + second.sum())
            yield Difference(
                a, b, about, name, estimate(gaps, j, n), float(pvalues[j]), None, False,
                Reason(f"{_ROOM}.alike"),
            )  # fmt: skip


def _told(one: Difference, corrected: float, sides: dict[str, Side]) -> Difference:
    gap = one.difference
    apart = corrected < LEVEL and (gap.ci_lower > 0 or gap.ci_upper < 0)  # type: ignore[operator]
    more, less = (one.first, one.second) if (gap.value or 0) > 0 else (one.second, one.first)
    shares = [_share(sides[side], one).value for side in (more, less)]
    told = {
        "more": side_named(more), "less": side_named(less), "name": name_of(one.about, one.name),
        "points": abs(gap.value or 0.0), "high": shares[0], "low": shares[1],
    }  # fmt: skip
    reason = Reason(f"{_ROOM}.{'apart' if apart else 'alike'}_{one.about}", told)
    return replace(one, pvalue_holm=corrected, is_told_apart=apart, reason=reason)


def _share(side: Side, one: Difference) -> Estimate:
    return (side.relationship if one.about == "relationship" else side.values)[one.name]


def _beside(side: Side, promise: Promise | None) -> Iterator[Difference]:
    """What a side offers of the promised relationship; what customers write is no offer."""
    if promise is None or not promise.relationship or side.side == "customer":
        return
    share = side.relationship[promise.relationship]
    gap = Estimate(share.value - 1, share.ci_lower - 1, share.ci_upper - 1, share.n_obs)  # type: ignore[operator]
    short = share.ci_upper < 0.5  # type: ignore[operator]
    told = {
        "side": side_named(side.side), "name": name_of("relationship", promise.relationship),
        "share": share.value, "low": share.ci_lower, "high": share.ci_upper,
    }  # fmt: skip
    code = "short_of_promise" if short else "beside_promise"
    yield Difference(
        side.side, "promise", "relationship", promise.relationship, gap, None, None, short,
        Reason(f"{_ROOM}.{code}", told),
    )  # fmt: skip


def changes_of(
    readings: Readings,
    groups: tuple[Side, ...],
    promise: Promise | None,
    since: dt.date | None,
    error: float,
    seed: int,
) -> tuple[Change, ...]:
    """Whether relationships and promised values change, a test each, corrected over all of them.

    Months are shown that may be shown as groups.
    """
    values = promise.values if promise is not None else ()
    names = [("relationship", k) for k in RELATIONSHIPS if k != "none"] + [("value", v) for v in values]
    found = [
        one
        for side in ("company", "employee", "customer")
        if readings.of_side(side).any()
        for one in _changes_of_side(readings, side, _shown_months(groups, side), names, since, error, seed)
    ]
    corrected = holm([np.nan if one.pvalue is None else one.pvalue for one in found]) if found else []
    told = [
        one if one.pvalue is None else _changed(one, float(p))
        for one, p in zip(found, corrected, strict=True)
    ]
    return tuple(
        sorted(told, key=lambda c: (not c.is_changed, c.pvalue is None, -abs(c.difference.value or 0)))
    )


def _changes_of_side(
    readings: Readings,
    side: str,
    shown: set[str],
    names: list[tuple[str, str]],
    since: dt.date | None,
    error: float,
    seed: int,
) -> Iterator[Change]:
    here = readings.of_side(side) & readings.is_rated & ~np.isnat(readings.said.day)
    x = np.column_stack([_column(readings, about, name) for about, name in names])[here]
    days, cluster, person = readings.said.day[here], readings.cluster[here], readings.person[here]
    months = _months(x, days, cluster, shown, error)
    why = _too_little(days, person, since)
    gaps, pvalues = (None, None) if why is not None else _fitted(x, days, cluster, since, error, seed)
    for j, (about, name) in enumerate(names):
        gap = Estimate(None, n_obs=len(x), reason=why) if gaps is None else estimate(gaps, j, len(x))
        p = None if pvalues is None else float(pvalues[j])
        reason = why or Reason(f"{_ROOM}.alike")
        yield Change(side, about, name, since, gap, p, None, False, months[j], reason)


def _shown_months(groups: tuple[Side, ...], side: str) -> set[str]:
    return {one.group for one in groups if one.side == side and one.by == "month" and one.relationship}


def _column(readings: Readings, about: str, name: str) -> np.ndarray:
    if about == "relationship":
        return np.asarray(readings.kinds[:, RELATIONSHIPS.index(name)])
    return np.asarray(readings.values[:, VALUES.index(name)])


def _too_little(days: np.ndarray, person: np.ndarray, since: dt.date | None) -> Reason | None:
    """Why a change cannot be told."""
    if since is not None:
        sizes = [
            len(np.unique(person[part]))
            for part in (days < np.datetime64(since), days >= np.datetime64(since))
        ]
        return (
            too_few(sum(min(n, MIN_GROUP) for n in sizes), 2 * MIN_GROUP) if min(sizes) < MIN_GROUP else None
        )
    n = len(np.unique(person))
    if n < 2 * MIN_GROUP:
        return too_few(n, 2 * MIN_GROUP)
    n_months = len(np.unique(days.astype("datetime64[M]")))
    return (
        Reason(f"{_ROOM}.too_few_months", {"n": LEAST_MONTHS - n_months}) if n_months < LEAST_MONTHS else None
    )


def _fitted(
    x: np.ndarray, days: np.ndarray, cluster: np.ndarray, since: dt.date | None, error: float, seed: int
) -> tuple[Interval, np.ndarray]:
    if since is not None:
        late = days >= np.datetime64(since)
        after, before = clustered(x[late], cluster[late]), clustered(x[~late], cluster[~late])
        return compared(after, before, error), permuted(after, before, seed)
    time = (days - days.min()).astype(float)
    both = clustered(np.column_stack([x, time]), cluster)
    sums = type(both)(both.sums[:, :-1], both.sizes)
    return sloped(sums, both.sums[:, -1] / both.sizes, seed, error)


def _changed(one: Change, corrected: float) -> Change:
    gap = one.difference
    is_changed = corrected < LEVEL and (gap.ci_lower > 0 or gap.ci_upper < 0)  # type: ignore[operator]
    code = ("more" if (gap.value or 0) > 0 else "less") if is_changed else "no_change"
    told = {
        "side": side_named(one.side),
        "name": name_of(one.about, one.name),
        "points": abs(gap.value or 0.0),
    }
    if one.since is not None:
        told["day"] = one.since.isoformat()
    way = "since" if one.since is not None else "line"
    return replace(
        one, pvalue_holm=corrected, is_changed=is_changed,
        reason=Reason(f"{_ROOM}.{code}_{way}_{one.about}", told),
    )  # fmt: skip


def _months(
    x: np.ndarray, days: np.ndarray, cluster: np.ndarray, shown: set[str], error: float
) -> list[tuple[Share, ...]]:
    """Shares of each column by month; those that may not be shown are left empty."""
    months = days.astype("datetime64[M]")
    small = Estimate(None, reason=Reason(f"{_ROOM}.too_small", {"least": MIN_GROUP}))
    rows: list[list[Share]] = [[] for _ in range(x.shape[1])]
    for month in np.unique(months):
        here = months == month
        found = interval_of(clustered(x[here], cluster[here]), error) if str(month) in shown else None
        for j, row in enumerate(rows):
            share = small if found is None else estimate(found, j, int(here.sum()))
            row.append(Share(month.astype("datetime64[D]").astype(object), share))
    return [tuple(row) for row in rows]
