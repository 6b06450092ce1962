"""What the loyalty room hands out about customers who bring others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from verbond.results import Estimate, Provenance, Reason, Result

__all__ = [
    "SEGMENTS", "OwnFinding", "ReferralCell", "ReferralResult", "ReferralScenario", "ReferralSegment",
    "ReferralShare",
]  # fmt: skip

Tone = Literal["good", "bad", "neutral", "caution"]
SEGMENTS = ("champions", "affluents", "advocates", "misers")
"""Much and much, much and little, little and much, little and little: what they buy, and what they bring."""


@dataclass(frozen=True, slots=True)
class ReferralSegment:
    """One of the four.

    Attributes
    ----------
    segment : str
        "champions", "affluents", "advocates" or "misers".
    n_customers : int
        0 where there is nobody, or too few to show.
    share : Estimate
        Of all customers.
    purchase_value, referral_value : Estimate
        Mean a customer.
    share_of_purchases, share_of_referrals : Estimate
        Of the purchase value and of the referral value of all customers.
    """

    segment: str
    n_customers: int
    share: Estimate
    purchase_value: Estimate
    referral_value: Estimate
    share_of_purchases: Estimate
    share_of_referrals: Estimate


@dataclass(frozen=True, slots=True)
class ReferralShare:
    """How many customers of a group are in one of the four; the interval is Wilson's."""

    by: str
    group: str
    segment: str
    n_customers: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class ReferralScenario:
    """The same with another guess at what cannot be known.

    Attributes
    ----------
    would_have_come : float
        Share of those brought who would have come without.
    chain_share : float
        What goes on to who brought the bringer.
    referral_value : Estimate
        Of all together.
    n_customers : dict of str to int
        In each of the four, rounded to five.
    moved : float
        Share of customers who are in another of the four than in the result itself; of rounded numbers.
    """

    would_have_come: float
    chain_share: float
    referral_value: Estimate
    n_customers: dict[str, int]
    moved: float


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """Whether the best buyers are the best bringers, in these data.

    Attributes
    ----------
    correlation : Estimate
        Spearman's, of purchase and referral value over all customers.
    correlation_of_bringers : Estimate
        The same among those who brought somebody of value.
    n_best : int
        The tenth with the highest referral value; all who have any, where those are fewer.
    overlap : Estimate
        Share of these who are among the tenth with the highest purchase value.
    overlap_by_chance : float
        What that would be if the two had nothing to do with each other.
    """

    correlation: Estimate
    correlation_of_bringers: Estimate
    n_best: int
    overlap: Estimate
    overlap_by_chance: float


@dataclass(frozen=True, slots=True)
class ReferralCell:
    """Customers who are near each other in both values; at least five, rounded to five.

    Attributes
    ----------
    purchase_rank, referral_rank : float
        Middle of the cell: below 1 under the threshold, from 1 to 2 above it, by equal numbers of customers.
        Referral rank 0 is who brought nothing.
    n_customers : int
    """

    purchase_rank: float
    referral_rank: float
    n_customers: int


@dataclass(frozen=True, slots=True)
class ReferralResult(Result):
    """What customers buy themselves beside what those buy whom they brought.

    Attributes
    ----------
    start, until : date or None
        First day, and day after the last, of the purchases that count.
    worth : str
        "margin" or "revenue".
    n_customers : int
        Who bought in these days, or brought somebody who did.
    n_bringers, n_brought : int
        Customers with somebody whom they brought and who bought in these days, and those brought; 0 where
        they are too few to show.
    n_brought_on : int
        Of the brought, those whose bringer was brought as well; 0 also where they are too few to show.
    purchase_value, referral_value : Estimate or None
        Of all customers together. The referral value is money out of the purchase value of those who were
        brought (and what winning them would have cost): the two are not to be added.
    thresholds : tuple of float or None
        From which purchase value and which referral value on somebody stands high.
    segments : tuple of ReferralSegment
    groups : tuple of ReferralShare
    finding : OwnFinding or None
    scenarios : tuple of ReferralScenario
        The first one is the result itself.
    cells : tuple of ReferralCell
        For the picture.
    headline : Reason or None
        What to read first.
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    customers : dict of arrays
        customer_id, purchase_value, direct_value, referral_value, n_brought, segment. Not in `to_dict`: it is
        about single people.
    """

    start: dt.date | None
    until: dt.date | None
    worth: str
    n_customers: int
    n_bringers: int
    n_brought: int
    n_brought_on: int
    purchase_value: Estimate | None
    referral_value: Estimate | None
    thresholds: tuple[float, float] | None
    segments: tuple[ReferralSegment, ...]
    groups: tuple[ReferralShare, ...]
    finding: OwnFinding | None
    scenarios: tuple[ReferralScenario, ...]
    cells: tuple[ReferralCell, ...]
    headline: Reason | None
    tone: Tone
    reasons: tuple[Reason, ...]
    provenance: Provenance
    customers: dict[str, np.ndarray] = field(default_factory=dict, repr=False, metadata={"json": False})

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for each of the four, of everybody and then of each group."""
        names = ("share", "purchase_value", "referral_value", "share_of_purchases", "share_of_referrals")
        everybody = [
            {"by": "", "group": "", "segment": s.segment, "n_customers": s.n_customers}
            | _figures({name: getattr(s, name) for name in names})
            for s in self.segments
        ]
        groups = [
            {"by": g.by, "group": g.group, "segment": g.segment, "n_customers": g.n_customers}
            | _figures(dict.fromkeys(names) | {"share": g.share})
            for g in self.groups
        ]
        return everybody + groups


def _figures(estimates: dict[str, Estimate | None]) -> dict[str, Any]:
    return {
        key: value
        for name, e in estimates.items()
        for key, value in (
            (name, None if e is None else e.value),
            (f"{name}_ci_lower", None if e is None else e.ci_lower),
            (f"{name}_ci_upper", None if e is None else e.ci_upper),
        )
    }
