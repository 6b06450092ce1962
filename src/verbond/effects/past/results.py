"""What the reading of a past action hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verbond.effects.past.did import PreTrend
from verbond.effects.verdict import Verdict
from verbond.results import Provenance, Reason, Result

__all__ = ["PastBefore", "PastEffect", "PastResult"]


@dataclass(frozen=True, slots=True)
class PastEffect:
    """How customers whom the action reached moved, beside those whom it had not (yet) reached.

    Attributes
    ----------
    span : str
        "short" (the month in which it reached them and the two after it), "long" (6 to 12 months later),
        "placebo" (the three months before it, as if it had come then), "untouched" (customers never reached
        who were as those reached beforehand, beside the others never reached), "short_trended" and
        "long_trended" (less the line that the months before drew), "month" (one of them) or "wave".
    first, last : int
        Months since the one in which it reached them; of a "wave" waves.
    effect_size, effect_size_ci_lower, effect_size_ci_upper : float
        Per customer and month, or a difference of shares. An effect only as far as both groups would have
        moved alike without it.
    band_lower, band_upper : float or None
        Of a month: limits that hold for all months at once.
    standard_error : float
    pvalue, pvalue_holm : float or None
        Two-sided; the second after Holm's correction over all spans, outcomes and groups read together.
    unseen_drift : float or None
        What a steady drift apart as large as can have gone unseen before would have made of this.
    evalue, evalue_limit : float or None
        How many times likelier something unrecorded would have to make both being reached and a change such
        as this, to make all of it, or to make the interval hold zero (VanderWeele & Ding 2017).
    n_reached : int
        Customers reached on whom it rests; those of the first month of the span.
    verdict : str
        "strengthens", "unchanged", "weakens" or "cannot_tell".
    headline : Reason or None
    """

    span: str
    first: int
    last: int
    effect_size: float
    effect_size_ci_lower: float
    effect_size_ci_upper: float
    standard_error: float
    n_reached: int
    band_lower: float | None = None
    band_upper: float | None = None
    pvalue: float | None = None
    pvalue_holm: float | None = None
    unseen_drift: float | None = None
    evalue: float | None = None
    evalue_limit: float | None = None
    verdict: Verdict = "cannot_tell"
    headline: Reason | None = None


@dataclass(frozen=True, slots=True)
class PastBefore:
    """Both groups in the months before the action reached anybody.

    Attributes
    ----------
    n_reached, n_others : int
        Reached at some time in the months compared, and not.
    reached, others : float
        Mean per customer and month, or share; of "stays" days with a purchase.
    standardised_difference : float
        Difference of the means, in standard deviations between customers.
    pvalue : float
        Of no difference (Welch, normal).
    """

    n_reached: int
    n_others: int
    reached: float
    others: float
    standardised_difference: float
    pvalue: float


@dataclass(frozen=True, slots=True)
class PastResult(Result):
    """What a past action did to one outcome, as far as the data can tell.

    Attributes
    ----------
    action, outcome : str
    design : str
        "comparison" (with customers whom it had not reached), "before_after" (everybody was reached at once)
        or "none".
    by_lot : bool
        Customers were assigned by lot.
    effects : tuple of PastEffect
        Short and long, as far as there are months for them; empty unless the design is "comparison".
    trended : tuple of PastEffect
        Short and long if the groups would have gone on moving apart as the line through the months before
        says (interrupted time series with comparison); empty with fewer than four months before.
    placebo, untouched : PastEffect or None
        What should find nothing: a time before, and customers whom it never reached.
    months : tuple of PastEffect
        Month by month, before and after; of answers wave by wave.
    before : PastBefore or None
    trend : PreTrend or None
        Whether both moved alike before.
    verdict : str
        "strengthens", "unchanged", "weakens" or "cannot_tell".
    headline : Reason
    reasons : tuple of Reason
    provenance : Provenance
    only : (str, str) or None
        The group of customers that it is about, such as ("tenure", "new").
    n_clusters : int or None
        Clusters by which errors go.
    """

    action: str
    outcome: str
    design: str
    by_lot: bool
    effects: tuple[PastEffect, ...]
    placebo: PastEffect | None
    months: tuple[PastEffect, ...] = field(repr=False)
    before: PastBefore | None
    trend: PreTrend | None
    verdict: Verdict
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance
    trended: tuple[PastEffect, ...] = ()
    untouched: PastEffect | None = None
    only: tuple[str, str] | None = None
    n_clusters: int | None = None

    def effect(self, span: str) -> PastEffect | None:
        """The short or the long one, or None where it is not told."""
        return next((one for one in self.effects if one.span == span), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for short, long, what should find nothing, and each month."""
        nothing = [one for one in (self.placebo, self.untouched) if one is not None]
        rows = [*self.effects, *self.trended, *nothing, *self.months]
        names = (
            "span", "first", "last", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper",
            "band_lower", "band_upper", "pvalue", "pvalue_holm", "unseen_drift", "evalue", "evalue_limit",
            "n_reached", "verdict",
        )  # fmt: skip
        about = {"outcome": self.outcome, "group": None if self.only is None else "=".join(self.only)}
        return [about | {name: getattr(row, name) for name in names} for row in rows]
