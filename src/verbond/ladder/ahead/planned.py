"""What two plans come to: the figures of `what_if`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.ladder.ahead.plans import PlanStep
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["PlannedFigure", "RungValue", "WhatIfResult"]


@dataclass(frozen=True, slots=True)
class PlannedFigure:
    """One figure in one period to come, under both plans.

    Attributes
    ----------
    period : datetime64[D]
        First day.
    figure : str
        "share", "gone" (share), "up", "down" (expected people), or the event kind whose expected number
        it is.
    rung : int or None
        Of a share.
    base, plan, difference : Estimate
    """

    period: np.datetime64
    figure: str
    rung: int | None
    base: Estimate
    plan: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class RungValue:
    """What a customer on a rung brings from now on, discounted.

    Attributes
    ----------
    rung : int
    value : Estimate
        In events of `WhatIfResult.valued`, at average exposure to actions.
    """

    rung: int
    value: Estimate


@dataclass(frozen=True, slots=True)
class WhatIfResult(Result):
    """Two plans carried forward.

    Attributes
    ----------
    periods : (n_periods,) datetime64[D]
    base, plan : tuple of PlanStep
    n_customers : int
        Present in the last period of the data.
    n_reached : int
        For whom the plan differs from the base.
    figures : tuple of PlannedFigure
    total : tuple of PlannedFigure
        Sums over the periods of everything that adds up.
    valued : str or None
        Event kind in which rungs are valued.
    discount : float
        Worth of the next period against this one.
    rung_values : tuple of RungValue
    by_lot : bool
        All actions of the kinds in the plans were given by lot.
    reasons : tuple of Reason
    provenance : Provenance
    """

    periods: np.ndarray
    base: tuple[PlanStep, ...]
    plan: tuple[PlanStep, ...]
    n_customers: int
    n_reached: int
    figures: tuple[PlannedFigure, ...]
    total: tuple[PlannedFigure, ...]
    valued: str | None
    discount: float
    rung_values: tuple[RungValue, ...]
    by_lot: bool
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a period and figure: base, plan, and their difference with its interval."""
        return [
            {
                "period": str(f.period), "figure": f.figure, "rung": f.rung, "base": f.base.value,
                "plan": f.plan.value, "difference": f.difference.value,
                "ci_lower": f.difference.ci_lower, "ci_upper": f.difference.ci_upper,
            }
            for f in self.figures
        ]  # fmt: skip
