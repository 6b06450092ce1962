"""What an action card holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from verbond.effects.past.results import PastEffect
from verbond.effects.verdict import Verdict, together
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["SALES", "About", "ActionCard", "CardGroup", "CardRow", "CardsResult", "PromiseMark", "Sure"]

Sure = Literal["lot", "partly", "alike", "apart", "alone", "none"]
About = Literal["relation", "sales"]
SALES = ("purchases", "revenue", "margin")
"""Outcomes that are sales; every other one tells of the relationship."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """One outcome, short and long.

    Attributes
    ----------
    outcome : str
    level : float or None
        Per customer and month, of those whom it reached, before it did.
    short : PastEffect
        The month in which it reached them and the two after it.
    long : PastEffect or None
        6 to 12 months later; None where that is not known. Verdicts hold after correction for all rows of the
        card.
    """

    outcome: str
    level: float | None
    short: PastEffect
    long: PastEffect | None


@dataclass(frozen=True, slots=True)
class CardGroup:
    """One outcome of one group of customers, short and long; to look at, without a verdict.

    Attributes
    ----------
    by, group : str
        "tenure" ("new", "established") or "type" ("market", "meaning", …).
    outcome : str
    short, long : PastEffect or None
    n_reached : int
        Customers whom it reached on whom it rests.
    """

    by: str
    group: str
    outcome: str
    short: PastEffect | None
    long: PastEffect | None
    n_reached: int


@dataclass(frozen=True, slots=True)
class PromiseMark:
    """Whether an action keeps what the company promises.

    Attributes
    ----------
    kept : bool or None
        None where it cannot be told.
    reason : Reason
    """

    kept: bool | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class ActionCard:
    """What one action, or all actions of a kind, did.

    Attributes
    ----------
    action, kind : str
        For a kind, `action` is the kind itself.
    label : str or None
        Its name for people.
    is_kind : bool
    n_actions : int
    first_day, last_day : date or None
        On which it first and last reached somebody.
    n_reached : int
        Different customers whom it reached.
    cost, cost_per_customer : float or None
    aim : {"win", "keep"} or None
    by_lot : bool
        Customers are said to have been assigned by lot.
    sold, kept : Estimate or None
        Money per customer whom it reached in the short span together, and what of it the company kept
        (margin), beside customers whom it had not reached.
    sure : {"lot", "partly", "alike", "apart", "alone", "none"}
        A lot decided; a lot, in several months or with groups that were unlike before; no lot, but groups
        that moved alike before; groups that did not, or it cannot be seen; nobody to compare with; nothing to
        tell.
    rows : tuple of CardRow
    groups : tuple of CardGroup
    shows_for : int or None
        Months in a row, from the one in which it reached them, in which a difference in `shows_in` cannot be
        chance; 0 for none; None without a comparison.
    shows_in : str
        An outcome.
    promise : PromiseMark or None
        None as long as nobody has looked at what it says.
    headline : Reason
        The one sentence, for the boss.
    reasons : tuple of Reason
        How we know.
    """

    action: str
    kind: str
    label: str | None
    is_kind: bool
    n_actions: int
    first_day: dt.date | None
    last_day: dt.date | None
    n_reached: int
    cost: float | None
    cost_per_customer: float | None
    aim: str | None
    by_lot: bool
    sold: Estimate | None
    kept: Estimate | None
    sure: Sure
    rows: tuple[CardRow, ...]
    groups: tuple[CardGroup, ...]
    shows_for: int | None
    shows_in: str
    promise: PromiseMark | None
    headline: Reason
    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> Verdict:
        """One word for what it did to the relationship, short and long: what it sold is another thing."""
        return self._over("relation")

    @property
    def sales_verdict(self) -> Verdict:
        """One word for what it sold, short and long."""
        return self._over("sales")

    @property
    def is_told(self) -> bool:
        """Whether there is a verdict on anything."""
        return {self.verdict, self.sales_verdict} != {"cannot_tell"}

    def _over(self, about: About) -> Verdict:
        return together([one for one in (self.verdict_of(span, about) for span in ("short", "long")) if one])

    def verdict_of(self, span: str, about: About = "relation") -> Verdict | None:
        """One word over the outcomes of "short" or "long"; None where none is known.

        Parameters
        ----------
        span : {"short", "long"}
        about : {"relation", "sales"}
        """
        rows = [row for row in self.rows if (row.outcome in SALES) == (about == "sales")]
        found = [one for one in (getattr(row, span) for row in rows) if one is not None]
        return together([one.verdict for one in found]) if found else None

    def row(self, outcome: str) -> CardRow | None:
        """The row of an outcome, or None."""
        return next((row for row in self.rows if row.outcome == outcome), None)


@dataclass(frozen=True, slots=True)
class CardsResult(Result):
    """A card for each kind of action, and for the campaigns that cost most.

    Attributes
    ----------
    cards : tuple of ActionCard
        Those with a verdict first, and among them single actions before kinds; then what costs most.
    currency : str
        Of the money; empty where it is not known.
    headline : Reason
    reasons : tuple of Reason
        Why there are no cards, or no more.
    provenance : Provenance
    """

    cards: tuple[ActionCard, ...]
    currency: str
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def card(self, action: str) -> ActionCard | None:
        """The card of an action or kind, or None."""
        return next((card for card in self.cards if card.action == action), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row an action, outcome and span."""
        return [
            {
                "action": card.action, "kind": card.kind, "by": by, "group": group, "outcome": outcome,
                "span": effect.span, "first": effect.first, "last": effect.last,
                "effect_size": effect.effect_size, "effect_size_ci_lower": effect.effect_size_ci_lower,
                "effect_size_ci_upper": effect.effect_size_ci_upper, "n_reached": effect.n_reached,
                "verdict": effect.verdict if not by else None,
            }
            for card in self.cards
            for by, group, outcome, effects in _lines(card)
            for effect in effects
            if effect is not None
        ]  # fmt: skip


def _lines(card: ActionCard) -> list[tuple[str, str, str, tuple[PastEffect | None, ...]]]:
    everybody = [("", "", row.outcome, (row.short, row.long)) for row in card.rows]
    return everybody + [(one.by, one.group, one.outcome, (one.short, one.long)) for one in card.groups]
