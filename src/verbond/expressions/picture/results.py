"""What a company picture holds: who says what, where it changes, where it contradicts itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from verbond.expressions.promise import Promise
from verbond.expressions.rating import Evidence
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = [
    "SIDES",
    "Abstention",
    "ActionMessages",
    "Change",
    "CostlyMessage",
    "Difference",
    "ExpressionPicture",
    "Leg",
    "Legs",
    "RungEffort",
    "Share",
    "Side",
    "SideName",
    "Told",
]

SideName = Literal["promise", "company", "employee", "customer"]
SIDES: tuple[SideName, ...] = ("promise", "company", "employee", "customer")
"""What is promised, what marketing says, what service says, what customers say back."""


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Abstention:
    """Messages that are not rated, for one reason.

    Attributes
    ----------
    reason : Reason
    n_messages : int
    """

    reason: Reason
    n_messages: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says, or a group within it.

    Attributes
    ----------
    side : {"promise", "company", "employee", "customer", "said"}
        "said" is company and employee together: all that the house says.
    by : {"", "department", "channel", "month"}
        What the group is made by; "" for the whole side.
    group : str
        Its name; a month as "2025-03"; "" for the whole side, and for messages of which it is not known.
    relationship : mapping of str to Estimate
        By `verbond.expressions.RELATIONSHIPS`: the mean of calibrated probabilities, with an interval for
        the draw of messages and for what the rater gets wrong. Empty where suppressed or nothing is rated.
    values : mapping of str to Estimate
        The same by the ten values; each stands alone, they do not add up to 1.
    conflict : Estimate or None
        Mean probability that a message conflicts with the promise; None without a promise and for customers.
    n_messages, n_rated, n_units : int
        Messages, those rated, and what these count as: messages of one action, or to one customer, go
        together. 0 where suppressed.
    languages : mapping of str to int
        Messages by language; "" where it cannot be told or is another one.
    abstained : tuple of Abstention
        Most messages first.
    reason : Reason or None
        Why there is no figure, or what to keep in mind.
    """

    side: str
    by: str = ""
    group: str = ""
    relationship: Mapping[str, Estimate] = field(default_factory=_nothing)
    values: Mapping[str, Estimate] = field(default_factory=_nothing)
    conflict: Estimate | None = None
    n_messages: int = 0
    n_rated: int = 0
    n_units: int = 0
    languages: Mapping[str, int] = field(default_factory=_nothing)
    abstained: tuple[Abstention, ...] = ()
    reason: Reason | None = None

    @property
    def n_abstained(self) -> int:
        """Messages that are not rated."""
        return self.n_messages - self.n_rated


@dataclass(frozen=True, slots=True)
class Share:
    """One month of a trend.

    Attributes
    ----------
    month : date
        Its first day.
    share : Estimate
        Its `reason` says where a month has too few messages; `value` is None then.
    """

    month: dt.date
    share: Estimate


@dataclass(frozen=True, slots=True)
class Change:
    """Whether what one side says changed.

    Attributes
    ----------
    side : str
    about : {"relationship", "value"}
    name : str
        A relationship type or a value.
    since : date or None
        Before this day against from this day on; None where a straight line through time was fitted.
    difference : Estimate
        After minus before; or of a line, its end minus its beginning. In shares.
    pvalue, pvalue_holm : float or None
        By permutation; the second corrected over all changes that were tested.
    is_changed : bool
        The corrected one is below 0.05.
    months : tuple of Share
    reason : Reason
        One sentence; also where it cannot be told.
    """

    side: str
    about: str
    name: str
    since: dt.date | None
    difference: Estimate
    pvalue: float | None
    pvalue_holm: float | None
    is_changed: bool
    months: tuple[Share, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sides compared.

    Attributes
    ----------
    first, second : str
        Sides; the second may be "promise".
    about : {"relationship", "value"}
    name : str
    difference : Estimate
        Share of the first minus share of the second.
    pvalue, pvalue_holm : float or None
        None against the promise, which has no chance in it.
    is_told_apart : bool
        The interval leaves 0 out and, between sides, the corrected p-value is below 0.05.
    reason : Reason
        One sentence.
    """

    first: str
    second: str
    about: str
    name: str
    difference: Estimate
    pvalue: float | None
    pvalue_holm: float | None
    is_told_apart: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg that the company stands on.

    Attributes
    ----------
    side : str
        "company", "employee", or "said" where it is a department.
    department : str
        "" for the whole side.
    name : str
        A relationship type or a value.
    share : Estimate
    """

    side: str
    department: str
    name: str
    share: Estimate


@dataclass(frozen=True, slots=True)
class Legs:
    """Two legs that pull apart: what stands opposite on the circle, said by different people in the house.

    Attributes
    ----------
    about : {"relationship", "value"}
    first, second : Leg
    opposition : float
        Degrees on the circle, to 180; of relationship types, of the values that they rest on.
    weight : float
        The smaller of how much more the one side says the first, and the other the second; 0..1.
    pvalue_holm : float or None
        Of that smaller difference, corrected over all pairs that were tried.
    is_clear : bool
        The corrected p-value is below 0.05.
    reason : Reason
        One sentence.
    """

    about: str
    first: Leg
    second: Leg
    opposition: float
    weight: float
    pvalue_holm: float | None
    is_clear: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class CostlyMessage:
    """A message that goes against the promise, and what that reaches.

    Attributes
    ----------
    message_id, side, department, channel : str
    day : date or None
    language : str
    text : str
        Cleaned; of what people wrote to one another, personal data are masked.
    conflict : float
        Probability that it conflicts with the promise.
    reach : int or None
        Customers that it is known to have reached.
    cost : float
        Conflict times reach where reach is known, else the probability alone: see `reach`.
    relationship : str
        The likeliest.
    words : tuple of Evidence
        In `text`, with characters counted there.
    reason : Reason
        One sentence why.
    """

    message_id: str
    side: str
    department: str
    channel: str
    day: dt.date | None
    language: str
    text: str
    conflict: float
    reach: int | None
    cost: float
    relationship: str
    words: tuple[Evidence, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Told:
    """How much of a promised value is told.

    Attributes
    ----------
    value : str
    share : Estimate
        In all that the company says (marketing and service together).
    others : float or None
        Mean share of the values that are not promised.
    difference : Estimate
        Share minus that mean.
    pvalue, pvalue_holm : float or None
        That it is not told more than the others (one-sided the other way): small where it is told less.
    is_untold : bool
        Told less than the others, by the corrected p-value and the interval; or surely in fewer than one
        message of ten.
    reason : Reason
        One sentence.
    """

    value: str
    share: Estimate
    others: float | None
    difference: Estimate
    pvalue: float | None
    pvalue_holm: float | None
    is_untold: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class RungEffort:
    """How much of what the company says and does works on one rung.

    Attributes
    ----------
    rung : int
        1..5.
    share_of_messages : Estimate
        Of what marketing and service say.
    n_actions : int
    share_of_actions : float or None
        Of the actions whose rung is given or follows from their kind; None without any.
    """

    rung: int
    share_of_messages: Estimate
    n_actions: int
    share_of_actions: float | None


@dataclass(frozen=True, slots=True)
class ActionMessages:
    """What an action says, beside the promise.

    Attributes
    ----------
    action_id, kind : str
    fits, check, conflicts, abstained : int
        Messages of the company that it carries, by verdict.
    """

    action_id: str
    kind: str
    fits: int
    check: int
    conflicts: int
    abstained: int


@dataclass(frozen=True, slots=True)
class ExpressionPicture(Result):
    """What is promised, what marketing says, what service says and what customers say back.

    Attributes
    ----------
    name : str
        Of the source.
    promise : Promise or None
    sides : mapping of str to Side
        By `SIDES`, those that there are; and "said", company and employee together.
    groups : tuple of Side
        By department (side "said"), by channel and by month (each side); small ones suppressed, with a
        reason.
    differences : tuple of Difference
        Of sides, and of each against the promise; those told apart first.
    changes : tuple of Change
        Those that changed first.
    legs : tuple of Legs
        The weightiest first.
    worst : tuple of CostlyMessage
        At most ten, the costliest first. Empty without a promise.
    worst_by : {"reach", "probability", ""}
        Whether cost counts reach; "probability" where reach is known for too few.
    untold : tuple of Told
        Every promised value, the least told first.
    effort : tuple of RungEffort
        Rungs 1..5; empty where the company says nothing that could be rated.
    n_messages, n_rated : int
    rater : str
    headline : Reason
    reasons : tuple of Reason
        What to keep in mind: of the rater, of intervals, of the map of effort.
    unsaid : tuple of Reason
        What cannot be said, and what it would take.
    provenance : Provenance
    actions : tuple of ActionMessages
        Those that carry messages; empty without a promise.
    """

    name: str
    promise: Promise | None
    sides: Mapping[str, Side]
    groups: tuple[Side, ...]
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    legs: tuple[Legs, ...]
    worst: tuple[CostlyMessage, ...]
    worst_by: str
    untold: tuple[Told, ...]
    effort: tuple[RungEffort, ...]
    n_messages: int
    n_rated: int
    rater: str
    headline: Reason
    reasons: tuple[Reason, ...]
    unsaid: tuple[Reason, ...]
    provenance: Provenance
    actions: tuple[ActionMessages, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a share: side or group, and relationship or value."""
        return [
            {
                "side": side.side, "by": side.by, "group": side.group, "about": about, "name": name,
                "share": one.value, "ci_lower": one.ci_lower, "ci_upper": one.ci_upper,
                "n_messages": side.n_rated, "n_units": side.n_units,
            }
            for side in (*self.sides.values(), *self.groups)
            for about, shares in (("relationship", side.relationship), ("value", side.values))
            for name, one in shares.items()
        ]  # fmt: skip
