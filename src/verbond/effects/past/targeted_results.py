"""What the reading of a targeted action hands out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from verbond.effects.past.known import Known
from verbond.effects.verdict import Verdict
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["KnownBalance", "OverlapBin", "TargetedEffect", "TargetedResult"]


@dataclass(frozen=True, slots=True)
class TargetedEffect:
    """How those whom the action reached did, beside others of whom the same was known.

    Attributes
    ----------
    span : str
        "short" (the first three months), "long" (month 7 to 13) or "placebo" (as if the action had come
        earlier, and the days from then until it came).
    first_day, last_day : int
        Since the first day on which the action reached somebody; of the placebo since the day made up.
    difference : float
        As they are: reached less others, per customer and month.
    effect_size, effect_size_ci_lower, effect_size_ci_upper, standard_error : float
        The same, others weighed and expected as those reached. An effect only as far as everything that
        decided who was reached was known.
    n_reached, n_others : int
    pvalue, pvalue_holm : float or None
        Two-sided; the second after Holm's correction over short and long.
    unseen_bias : float or None
        What the placebo would have found with a probability of 80%: as much can have gone unseen.
    undoing_odds : float or None
        So many times as likely to be reached one of two who look alike would have to be, for something that
        nobody recorded, before the finding no longer stands (Rosenbaum's gamma); None where it does not stand
        as it is.
    verdict : str
        "strengthens", "unchanged", "weakens" or "cannot_tell".
    headline : Reason or None
    """

    span: str
    first_day: int
    last_day: int
    difference: float
    effect_size: float
    effect_size_ci_lower: float
    effect_size_ci_upper: float
    standard_error: float
    n_reached: int
    n_others: int
    pvalue: float | None = None
    pvalue_holm: float | None = None
    unseen_bias: float | None = None
    undoing_odds: float | None = None
    verdict: Verdict = "cannot_tell"
    headline: Reason | None = None


@dataclass(frozen=True, slots=True)
class OverlapBin:
    """How many were reached and how many not, among those who were about as likely to be.

    Attributes
    ----------
    lower, upper : float
        Of the chance to be reached.
    n_reached, n_others : int or None
        None where it is less than five people, and not nobody.
    """

    lower: float
    upper: float
    n_reached: int | None
    n_others: int | None


@dataclass(frozen=True, slots=True)
class KnownBalance:
    """How unlike those reached and the others were in one thing that was known before.

    Attributes
    ----------
    known : Known
        It says its own name.
    difference, difference_weighted : float
        In standard deviations: as they are, and with the others weighed.
    """

    known: Known
    difference: float
    difference_weighted: float


@dataclass(frozen=True, slots=True)
class TargetedResult(Result):
    """What an action did to those it was aimed at, as far as the data can tell.

    Attributes
    ----------
    action, outcome : str
    opens_on : date or None
        First day on which it reached somebody.
    by_lot : bool
        It is recorded that a lot decided.
    is_targeted : bool
        From what was known before one could tell who would be reached.
    sorting : Estimate or None
        Chance that of two customers, one reached and one not, the reached is the one more likely to be (area
        under the ROC curve, DeLong's interval); one half is a lot.
    n_reached, n_others : int
        Compared.
    n_without_others : int
        Reached, and left out because hardly anybody like them was not.
    n_effective : float
        So many of the others, equally weighed, would say as much.
    overlap : tuple of OverlapBin
    balance : tuple of KnownBalance
        The most unlike first.
    effects : tuple of TargetedEffect
        Short and long, as far as there are data for them.
    placebo : TargetedEffect or None
    verdict : str
        "strengthens", "unchanged", "weakens" or "cannot_tell".
    headline : Reason
    reasons : tuple of Reason
    provenance : Provenance
    """

    action: str
    outcome: str
    opens_on: dt.date | None
    by_lot: bool
    is_targeted: bool
    sorting: Estimate | None
    n_reached: int
    n_others: int
    n_without_others: int
    n_effective: float
    overlap: tuple[OverlapBin, ...] = field(repr=False)
    balance: tuple[KnownBalance, ...] = field(repr=False)
    effects: tuple[TargetedEffect, ...]
    placebo: TargetedEffect | None
    verdict: Verdict
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def effect(self, span: str) -> TargetedEffect | None:
        """The short or the long one, or None where it is not told."""
        return next((one for one in self.effects if one.span == span), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for short, long and placebo."""
        rows = [*self.effects, *([self.placebo] if self.placebo else [])]
        names = (
            "span", "first_day", "last_day", "difference", "effect_size", "effect_size_ci_lower",
            "effect_size_ci_upper", "pvalue", "unseen_bias", "undoing_odds", "n_reached", "n_others",
            "verdict",
        )  # fmt: skip
        return [{"outcome": self.outcome} | {name: getattr(row, name) for name in names} for row in rows]
