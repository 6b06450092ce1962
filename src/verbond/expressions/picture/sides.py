"""What each side says, and groups within it; groups too small to show are left out, also by subtraction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import Abstention, Side
from verbond.expressions.picture.shares import Interval, clustered, interval_of
from verbond.expressions.promise import Promise
from verbond.numerics.disclosure import hidden_crossed
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["estimate", "estimates", "groups_of", "months_of", "promised", "side_of", "too_few"]

_DIVISIONS = {
    "said": ("department",),
    "company": ("channel", "month"),
    "employee": ("channel", "month"),
    "customer": ("channel", "month"),
}


def side_of(readings: Readings, side: str, error: float) -> Side:
    """What a whole side says."""
    return _side(readings, readings.of_side(side), side, error)


def promised(promise: Promise) -> Side:
    """The promise as a side: what it says that it offers is 1, the rest 0; nothing of it is estimated."""
    none: Mapping[str, Estimate] = MappingProxyType({})
    given = Reason("expressions_picture.promise_given")
    kinds = {k: Estimate(float(k == promise.relationship), reason=given) for k in RELATIONSHIPS}
    values = {v: Estimate(float(v in promise.values), reason=given) for v in VALUES}
    return Side(
        "promise",
        relationship=kinds if promise.relationship else none,
        values=values if promise.values else none,
        reason=None if promise.relationship else Reason("expressions_picture.promise_open"),
    )


def groups_of(readings: Readings, error: float) -> tuple[Side, ...]:
    """Sides by department, channel and month; small groups have a reason in the place of figures."""
    return tuple(one for side in _DIVISIONS for one in _groups_of_side(readings, side, error))


def months_of(days: np.ndarray) -> np.ndarray:
    """Months of days as "2025-03", "" where not known; (n,) object."""
    months = days.astype("datetime64[M]")
    return np.array(["" if np.isnat(one) else str(one) for one in months], dtype=object)


def estimates(
    probabilities: np.ndarray, cluster: np.ndarray, person: np.ndarray, names: tuple[str, ...], error: float
) -> dict[str, Estimate]:
    """Shares of names (n, k) with their intervals, or why there are none."""
    n = len(np.unique(person))
    if n < MIN_GROUP:
        reason = too_few(n)
        return {name: Estimate(None, n_obs=n, reason=reason) for name in names}
    found = interval_of(clustered(probabilities, cluster), error)
    return {name: estimate(found, j, len(probabilities)) for j, name in enumerate(names)}


def estimate(found: Interval, j: int, n: int) -> Estimate:
    """One name of an interval."""
    return Estimate(float(found.value[j]), float(found.low[j]), float(found.high[j]), n)


def too_few(n: int, least: int = MIN_GROUP) -> Reason:
    """That so many more would do."""
    return Reason("expressions_picture.too_few", {"n": least - n})


def _side(
    readings: Readings, here: np.ndarray, side: str, error: float, by: str = "", group: str = ""
) -> Side:
    rated = here & readings.is_rated
    cluster, person = readings.cluster[rated], readings.person[rated]
    n_people = len(np.unique(person))
    judged = rated & np.isfinite(readings.conflict)
    conflict = None
    if side != "customer" and judged.any():
        conflict = estimates(
            readings.conflict[judged, None], readings.cluster[judged], readings.person[judged], ("x",), error
        )["x"]
    said = [readings.ratings[i] for i in np.flatnonzero(here)]
    why = {one.reason.code: one.reason for one in said if one.abstained and one.reason is not None}
    n_why = Counter(one.reason.code for one in said if one.abstained and one.reason is not None)
    return Side(
        side, by, group,
        relationship=estimates(readings.kinds[rated], cluster, person, RELATIONSHIPS, error),
        values=estimates(readings.values[rated], cluster, person, VALUES, error),
        conflict=conflict,
        n_messages=len(said),
        n_rated=int(rated.sum()),
        n_units=len(np.unique(cluster)),
        languages=dict(Counter(one.language for one in said).most_common()),
        abstained=tuple(Abstention(why[code], n) for code, n in n_why.most_common()),
        reason=too_few(n_people) if n_people < MIN_GROUP else None,
    )  # fmt: skip


def _groups_of_side(readings: Readings, side: str, error: float) -> Iterator[Side]:
    here = readings.of_side(side)
    if not here.any():
        return
    names = {
        "department": readings.said.department, "channel": readings.said.channel,
        "month": months_of(readings.said.day),
    }  # fmt: skip
    divisions = _DIVISIONS[side]
    labels = [sorted(set(names[by][here].tolist())) for by in divisions]
    codes = [
        np.array([labels[d].index(one) if w else -1 for one, w in zip(names[by].tolist(), here, strict=True)])
        for d, by in enumerate(divisions)
    ]
    shown = _shown(readings, here & readings.is_rated, codes, [len(one) for one in labels])
    for d, by in enumerate(divisions):
        for code, label in enumerate(labels[d]):
            if code in shown[d]:
                yield _side(readings, here & (codes[d] == code), side, error, by, label)
            else:
                yield Side(
                    side, by, label, reason=Reason("expressions_picture.too_small", {"least": MIN_GROUP})
                )


def _shown(readings: Readings, here: np.ndarray, codes: list[np.ndarray], sizes: list[int]) -> list[set[int]]:
    """Groups of which no figure is about too few people, also not by subtraction: alone, then crossed."""
    person = readings.person
    people = [
        [set(person[here & (one == code)].tolist()) for code in range(size)]
        for one, size in zip(codes, sizes, strict=True)
    ]
    shown = []
    for groups in people:
        kept = {code for code, them in enumerate(groups) if len(them) >= MIN_GROUP}
        while kept and 0 < len(_left(groups, kept)) < MIN_GROUP:
            kept.discard(min(kept, key=lambda code: (len(groups[code]), code)))
        shown.append(kept)
    if len(codes) > 1 and here.any():
        cells: dict[tuple[int, ...], set[int]] = {}
        for i in np.flatnonzero(here):
            cells.setdefault(tuple(int(one[i]) for one in codes), set()).add(int(person[i]))
        shown = hidden_crossed({cell: len(them) for cell, them in cells.items()}, shown, MIN_GROUP)
    return shown


def _left(groups: list[set[int]], kept: set[int]) -> set[int]:
    """Who is in what is not shown."""
    return set().union(*(them for code, them in enumerate(groups) if code not in kept))
