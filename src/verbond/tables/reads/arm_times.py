"""How long the units of each arm were followed, and to whom it happened: counted in the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from verbond.tables.units import Units

__all__ = ["TimeCounts", "arm_times"]


@dataclass(frozen=True, slots=True)
class TimeCounts:
    """Units by arm and time; those of no arm, no time or no mark are not in it.

    Attributes
    ----------
    times : (t,) float64
        Ascending; what occurs anywhere.
    ended, censored : mapping of str to (t,) int64
        By arm: to whom it happened then, and who was followed until then without it.
    n_odd : int
        Units whose mark is something else than 0 and 1, or whose time is below 0.
    """

    times: np.ndarray
    ended: dict[str, np.ndarray]
    censored: dict[str, np.ndarray]
    n_odd: int


def arm_times(units: Units, arm: str, time: str, event: str) -> TimeCounts:
    """Count units by arm, time and mark.

    Parameters
    ----------
    units : Units
    arm, time, event : str
        Columns: the arm; how long followed; 1 where that ended because it happened, 0 where it did not.
    """
    names = [exp.column(exp.to_identifier(name, quoted=True)) for name in (arm, time, event)]
    keys = [exp.alias_(name, label) for name, label in zip(names, ("arm", "followed", "mark"), strict=True)]
    inner = exp.select(*keys).from_(units.rows.subquery("u_"))
    query = (
        exp.select("arm", "followed", "mark", "count(*) AS n")
        .from_(inner.subquery("s_"))
        .where("arm IS NOT NULL")
        .group_by("arm", "followed", "mark")
    )
    found = units.engine.fetch(query)
    followed, mark = found["followed"].astype(np.float64), found["mark"].astype(np.float64)
    known = np.isfinite(followed) & np.isfinite(mark)
    odd = known & ((followed < 0) | ~np.isin(mark, (0.0, 1.0)))
    here = known & ~odd
    times, place = np.unique(followed[here], return_inverse=True)
    counts = {str(label): np.zeros((2, len(times)), dtype=np.int64) for label in set(found["arm"])}
    rows = zip(found["arm"][here], mark[here].astype(int), place, found["n"][here], strict=True)
    for label, ended, at, n in rows:
        counts[str(label)][ended, at] += int(n)
    return TimeCounts(
        times,
        {label: both[1] for label, both in counts.items()},
        {label: both[0] for label, both in counts.items()},
        int(found["n"][odd].sum()),
    )
