"""What the loyalty room hands out about staying."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.loyalty.results import Tone
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["StayingComparison", "StayingCurve", "StayingRatio", "StayingResult"]


@dataclass(frozen=True, slots=True)
class StayingCurve:
    """Everybody or one group: how many are still there, by how long they have been a customer.

    Attributes
    ----------
    by, group : str
        Both empty for everybody.
    n_customers : int
        Ever seen in the group.
    n_left : int
        Of them who cancelled while in it.
    begins_days, ends_days : int
        Of the curve, in days since becoming a customer; elsewhere too few were under observation.
    still_there : Estimate
        Share of those there at `begins_days` who still are `horizon_days` later.
    mean_days : Estimate
        Of these `horizon_days`, how many somebody stays on average (restricted mean).
    median_days : Estimate
        Days after `begins_days` by which half have left; without a value where the curve stays above it.
    days, survival, ci_lower, ci_upper, n_at_risk : (m,) float64
        The curve at days since becoming a customer.
    """

    by: str
    group: str
    n_customers: int
    n_left: int
    begins_days: int
    ends_days: int
    still_there: Estimate
    mean_days: Estimate
    median_days: Estimate
    days: np.ndarray = field(repr=False)
    survival: np.ndarray = field(repr=False)
    ci_lower: np.ndarray = field(repr=False)
    ci_upper: np.ndarray = field(repr=False)
    n_at_risk: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class StayingComparison:
    """Whether the groups of one grouping leave equally fast.

    Attributes
    ----------
    by : str
    n_groups, n_customers, n_left : int
    statistic : float
        Of the log-rank test, chi-squared with `df` degrees of freedom.
    df : int
    pvalue : float
    proportional_pvalue : float or None
        Of Grambsch and Therneau's test that the ratios of `StayingRatio` stay the same over time.
    """

    by: str
    n_groups: int
    n_customers: int
    n_left: int
    statistic: float
    df: int
    pvalue: float
    proportional_pvalue: float | None


@dataclass(frozen=True, slots=True)
class StayingRatio:
    """How fast a group leaves beside the reference group: association.

    Attributes
    ----------
    by, group, reference : str
    ratio : Estimate
        Hazard ratio (Cox); above 1: leaves faster. `n_obs` customers.
    adjusted : Estimate or None
        The same with the other groupings held equal; None where there is one grouping.
    """

    by: str
    group: str
    reference: str
    ratio: Estimate
    adjusted: Estimate | None


@dataclass(frozen=True, slots=True)
class StayingResult(Result):
    """How long customers stay.

    Attributes
    ----------
    horizon_days : int
    observed_from, observed_until : date or None
        First and last day on which cancellations are recorded.
    curves : tuple of StayingCurve
        Everybody, then the groups.
    comparisons : tuple of StayingComparison
    ratios : tuple of StayingRatio
    headline : Reason or None
        The one sentence.
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
        What cannot be said, and what to keep in mind.
    provenance : Provenance
    """

    horizon_days: int
    observed_from: dt.date | None
    observed_until: dt.date | None
    curves: tuple[StayingCurve, ...]
    comparisons: tuple[StayingComparison, ...]
    ratios: tuple[StayingRatio, ...]
    headline: Reason | None
    tone: Tone
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row each for everybody and the groups."""
        ratios = {(r.by, r.group): r for r in self.ratios}
        return [self._row(c, ratios.get((c.by, c.group))) for c in self.curves]

    @staticmethod
    def _row(curve: StayingCurve, ratio: StayingRatio | None) -> dict[str, Any]:
        row: dict[str, Any] = {
            "by": curve.by, "group": curve.group, "n_customers": curve.n_customers, "n_left": curve.n_left,
            "begins_days": curve.begins_days,
        }  # fmt: skip
        none = Estimate(None)
        for name, estimate in (
            ("still_there", curve.still_there),
            ("median_days", curve.median_days),
            ("hazard_ratio", ratio.ratio if ratio is not None else none),
            ("adjusted_ratio", (ratio.adjusted if ratio is not None else None) or none),
        ):
            row |= {
                name: estimate.value, f"{name}_ci_lower": estimate.ci_lower,
                f"{name}_ci_upper": estimate.ci_upper,
            }  # fmt: skip
        return row
