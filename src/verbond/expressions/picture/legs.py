"""Two legs: what stands opposite on the circle, said by different people in one house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.picture.names import name_of, side_named
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import Leg, Legs, Side
from verbond.expressions.picture.shares import Clusters, clustered, compared, interval_of, permuted
from verbond.expressions.picture.sides import estimate
from verbond.method import CIRCLE, RELATIONSHIP_TYPES, opposition
from verbond.numerics.correction import holm
from verbond.results import Estimate, Reason

__all__ = ["OPPOSED", "legs_of"]

OPPOSED = 140.0
"""Degrees from which two values stand opposite."""
LEAST = 0.1
"""How much more the one side says the first, and the other the second, to be worth a line."""
MOST = 12
LEVEL = 0.05
_TYPES = (("market", "meaning"),)
"""Relationship types that stand straight opposite each other."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    """A side or department with its messages."""

    side: str
    department: str
    kinds: Clusters
    values: Clusters
    n: int


def legs_of(
    readings: Readings, sides: dict[str, Side], groups: tuple[Side, ...], error: float, seed: int
) -> tuple[Legs, ...]:
    """Pairs of sides or departments that pull apart, the clearest and weightiest first.

    Every pair of speakers is tried with every pair of opposites; the p-value of two legs is the larger of
    the two differences that they consist of (Berger 1982), corrected over all that were tried (Holm).
    """
    speakers = list(_speakers(readings, sides, groups))
    found = []
    for about in ("relationship", "value"):
        tried = list(_tried(speakers, about, error, seed))
        corrected = holm([p for _, p in tried]) if tried else []
        found += [_told(one, float(p)) for (one, _), p in zip(tried, corrected, strict=True)]
    kept = [one for one in found if one.weight >= LEAST]
    ordered = sorted(kept, key=lambda x: (not x.is_clear, x.about != "relationship", -x.weight))
    return tuple(ordered[:MOST])


def _speakers(readings: Readings, sides: dict[str, Side], groups: tuple[Side, ...]) -> Iterator[_Speaker]:
    for name in ("company", "employee"):
        if name in sides and sides[name].reason is None:
            yield _speaker(readings, readings.of_side(name), name, "")
    for group in groups:
        if group.by == "department" and group.group and group.reason is None:
            here = readings.of_side("said") & (readings.said.department == group.group)
            yield _speaker(readings, here, "said", group.group)


def _speaker(readings: Readings, here: np.ndarray, side: str, department: str) -> _Speaker:
    here = here & readings.is_rated
    cluster = readings.cluster[here]
    return _Speaker(
        side, department, clustered(readings.kinds[here], cluster), clustered(readings.values[here], cluster),
        int(here.sum()),
    )  # fmt: skip


def _tried(speakers: list[_Speaker], about: str, error: float, seed: int) -> Iterator[tuple[Legs, float]]:
    """Two legs with their p-value; `is_clear` says of both intervals."""
    names = RELATIONSHIPS if about == "relationship" else VALUES
    opposites = _TYPES if about == "relationship" else _opposed_values()
    for a, b in combinations(speakers, 2):
        if bool(a.department) != bool(b.department):
            continue  # a department and the side that it belongs to share messages
        one, other = ((x.kinds if about == "relationship" else x.values) for x in (a, b))
        gaps, pvalues = compared(one, other, error), permuted(one, other, seed)
        for pair in opposites:
            for first, second in permutations(pair):
                i, j = names.index(first), names.index(second)
                weight = min(gaps.value[i], -gaps.value[j])
                if weight <= 0:
                    continue
                legs = [
                    Leg(x.side, x.department, name, _share(c, names.index(name), x.n, error))
                    for x, c, name in ((a, one, first), (b, other, second))
                ]
                legs.sort(key=lambda leg: pair.index(leg.name))
                apart = _types_apart(first, second) if about == "relationship" else opposition(first, second)
                is_apart = bool(gaps.low[i] > 0 and gaps.high[j] < 0)
                nothing = Reason("expressions_picture.alike")
                pvalue = float(max(pvalues[i], pvalues[j]))
                yield Legs(about, *legs, apart, float(weight), None, is_apart, nothing), pvalue


def _share(clusters: Clusters, j: int, n: int, error: float) -> Estimate:
    return estimate(interval_of(clusters, error), j, n)


def _told(one: Legs, corrected: float) -> Legs:
    told = {
        "one": side_named(one.first.side, one.first.department),
        "first": name_of(one.about, one.first.name), "share": one.first.share.value,
        "other": side_named(one.second.side, one.second.department),
        "second": name_of(one.about, one.second.name), "other_share": one.second.share.value,
    }  # fmt: skip
    is_clear = one.is_clear and corrected < LEVEL
    code = f"expressions_picture.legs_{one.about}_{'clear' if is_clear else 'maybe'}"
    return replace(one, pvalue_holm=corrected, is_clear=is_clear, reason=Reason(code, told))


def _opposed_values() -> list[tuple[str, str]]:
    return [(a, b) for a, b in combinations(VALUES, 2) if opposition(a, b) >= OPPOSED]


def _types_apart(first: str, second: str) -> float:
    """Degrees between the sides of the circle that two relationship types rest on, on average over values."""
    of = {kind.id: [v.id for v in CIRCLE if v.higher_order == kind.value_side] for kind in RELATIONSHIP_TYPES}
    return float(np.mean([opposition(a, b) for a in of[first] for b in of[second]]))
