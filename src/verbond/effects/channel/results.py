"""What `ChannelEffect` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verbond.effects.past.results import PastResult
from verbond.effects.verdict import Verdict
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["AnswerChange", "ChannelReading", "ChannelResult"]


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """What those whom the channel had reached answered, beside others of the same waves.

    Attributes
    ----------
    name : str
        "experience" or "trust" (scores on 0..100), or a relationship type: "market", "authority", "meaning"
        or "equality" (shares, 0..1).
    reached, others : Estimate
        Of those whom it had reached when they answered, and of those whom it never reached.
    difference : Estimate
        How much more it changed among the reached than among the others; with a reason in place of a value
        where too few of those reached answered before it.
    """

    name: str
    reached: Estimate
    others: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class ChannelReading:
    """One channel, or one way of contact.

    Attributes
    ----------
    action : str
        A kind of action, or an action.
    label : str or None
        Its own name, of an action that has one.
    by_lot : bool
        Customers were assigned to all of it by lot.
    n_reached, n_others : int
        Customers compared.
    past : tuple of PastResult
        What they did and said, by outcome.
    answers : tuple of AnswerChange
        Experience and trust, then relationship types; empty where too few answered.
    verdict : str
        Over all outcomes: harm to one is not made good by another.
    headline : Reason
    reasons : tuple of Reason
    """

    action: str
    label: str | None
    by_lot: bool
    n_reached: int
    n_others: int
    past: tuple[PastResult, ...]
    answers: tuple[AnswerChange, ...]
    verdict: Verdict
    headline: Reason
    reasons: tuple[Reason, ...]

    def of(self, outcome: str) -> PastResult | None:
        """The reading of one outcome."""
        return next((one for one in self.past if one.outcome == outcome), None)


@dataclass(frozen=True, slots=True)
class ChannelResult(Result):
    """What channels do to customers.

    Attributes
    ----------
    channels : tuple of ChannelReading
    headline : Reason or None
        The one sentence: of the channel that weakens or strengthens, else of the first.
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    channels: tuple[ChannelReading, ...]
    headline: Reason | None
    tone: str
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def of(self, action: str) -> ChannelReading | None:
        """The reading of one channel."""
        return next((one for one in self.channels if one.action == action), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for each channel, outcome and span."""
        return [
            {"action": one.action, "by_lot": one.by_lot} | row
            for one in self.channels
            for past in one.past
            for row in past.to_dicts()
            if row["span"] in ("short", "long")
        ]
