"""What can be learnt about an action in this situation, and by which design."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from verbond.errors import OptionError
from verbond.results import Provenance, Reason, Result

__all__ = ["DESIGNS", "DesignChoice", "Situation", "choose_design"]

Design = Literal[
    "randomised", "randomised_clusters", "staggered", "before_after_comparison", "before_after", "none"
]
DESIGNS: tuple[Design, ...] = (
    "randomised", "randomised_clusters", "staggered", "before_after_comparison", "before_after", "none",
)  # fmt: skip
"""From what shows most to what shows nothing."""
BY_LOT = ("randomised", "randomised_clusters", "staggered")
ENOUGH_BEFORE = 3
"""Periods measured before an action with which one can see whether groups moved alike."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Answers to the questions that decide the design.

    Attributes
    ----------
    done : bool
        The action has been done already.
    lot : {"people", "clusters", "no"}
        Whether a lot may decide who gets it: each customer, only whole shops or advisers, or not at all.
    in_steps : bool
        Not everybody can or need get it at once.
    spills : bool
        Customers who get it affect those who do not: they talk, or one employee serves both.
    others : bool
        There are comparable customers whom it does not or did not reach.
    periods_before : int
        Months or weeks in which the outcome was measured before it.
    """

    done: bool = False
    lot: Literal["people", "clusters", "no"] = "people"
    in_steps: bool = False
    spills: bool = False
    others: bool = False
    periods_before: int = 0

    def __post_init__(self) -> None:
        if self.lot not in ("people", "clusters", "no"):
            raise OptionError("lot is unknown", got=repr(self.lot), expected="people, clusters or no")
        if self.periods_before < 0:
            raise OptionError(
                "periods_before is out of range", got=repr(self.periods_before), expected="0 or more"
            )


@dataclass(frozen=True, slots=True)
class DesignChoice(Result):
    """The design that the situation allows.

    Attributes
    ----------
    design : str
        One of `DESIGNS`.
    by_lot : bool
        Whether chance decides who gets it: only then is a difference an effect without further assumptions.
    headline : Reason
    reasons : tuple of Reason
        Why not a stronger one, what this one cannot show, and what would make it stronger.
    provenance : Provenance
    """

    design: Design
    by_lot: bool
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row."""
        return [{"design": self.design, "by_lot": self.by_lot}]


def choose_design(situation: Situation) -> DesignChoice:
    """Choose the strongest design that the situation allows.

    Examples
    --------
    >>> choose_design(Situation(lot="people", spills=True)).design
    'randomised_clusters'
    >>> choose_design(Situation(done=True, others=True, periods_before=6)).design
    'before_after_comparison'
    """
    design = _strongest(situation)
    return DesignChoice(
        design=design,
        by_lot=design in BY_LOT,
        headline=Reason(f"effects.design_{design}"),
        reasons=tuple(Reason(f"effects.{code}") for code in _why(situation, design)),
        provenance=Provenance(options=dataclasses.asdict(situation)),
    )


def _strongest(situation: Situation) -> Design:
    if not situation.done:
        if situation.lot == "people" and not situation.spills:
            return "randomised"
        if situation.lot != "no":
            return "randomised_clusters"
        if situation.in_steps:
            return "staggered"
    if situation.others and situation.periods_before:
        return "before_after_comparison"
    return "before_after" if situation.periods_before else "none"


def _why(situation: Situation, design: Design) -> list[str]:
    codes = []
    if situation.done:
        codes.append("why_done")
    elif situation.lot == "no":
        codes.append("why_no_lot")
    if situation.spills:
        codes.append("why_spills" if design in BY_LOT else "why_spills_past")
    if design == "staggered":
        codes.append("why_staggered_lot")
    if design == "before_after_comparison":
        codes.append("why_alike" if situation.periods_before >= ENOUGH_BEFORE else "why_short_before")
    if design == "before_after":
        codes.append("why_no_others")
    if design in ("before_after_comparison", "before_after", "none") and not situation.done:
        codes.append("why_next_time")
    if design == "none":
        codes.append("why_nothing_before")
    if design in BY_LOT:
        codes.append("why_keep_unasked")
    return codes
