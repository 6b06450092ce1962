"""What `Winning` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from verbond.results import Estimate, Provenance, Reason, Result

__all__ = [
    "FIGURES",
    "LEAST_PEOPLE",
    "ROUTES",
    "BudgetPart",
    "Tone",
    "WinningContrast",
    "WinningResult",
    "WonAfter",
    "WonBy",
]  # fmt: skip

Route = Literal["everybody", "label", "referral", "none", "discount", "kind", "action", "other"]
ROUTES: tuple[Route, ...] = get_args(Route)
Tone = Literal["good", "bad", "neutral", "caution"]
LEAST_PEOPLE = 30
"""With fewer customers on either side, two ways of winning are not set against each other."""
FIGURES = ("still_there", "bought_again", "revenue", "margin", "margin_less_cost", "on_discount", "rung")
"""What is told of customers some months after they were won."""


@dataclass(frozen=True, slots=True)
class WonAfter:
    """What became of customers some months after their first purchase.

    Attributes
    ----------
    months : int
    n_followed : int
        Customers won so long ago that they can be followed to the end of it.
    still_there : Estimate
        Share who has not cancelled (Kaplan-Meier; those won later count as far as they are seen), 0..1.
    bought_again : Estimate
        Share who bought on a later day.
    revenue, margin : Estimate
        Mean of what a customer paid, and of what the company kept, from the first purchase on; whoever left
        counts with what came before.
    margin_less_cost : Estimate
        Margin less what winning a customer cost.
    on_discount : Estimate
        Share of the purchases after the first day that was on discount, over customers.
    rung : Estimate
        Mean rung of those who are still there then.
    """

    months: int
    n_followed: int
    still_there: Estimate
    bought_again: Estimate
    revenue: Estimate
    margin: Estimate
    margin_less_cost: Estimate
    on_discount: Estimate
    rung: Estimate


@dataclass(frozen=True, slots=True)
class WonBy:
    """Customers won in one way.

    Attributes
    ----------
    route : str
        "everybody"; "referral": another customer named her; "action": an action to win, or a discount,
        reached her shortly before; "kind": all actions of that kind together; "other": those of them that won
        fewer than five each, if need be with the smallest of the others; "discount": no action is known and
        the first purchase was on discount; "none": nothing is known; "label": as an attribute says.
    name : str
        The action, the kind or the label.
    label : str
        The name for people.
    n_won : int
    share : Estimate
        Of all customers won.
    cost : float or None
        Of the action or actions; None where it is not known or does not apply.
    cost_per_customer : Estimate
        The interval is over how many come by chance.
    after : tuple of WonAfter
        By months.
    """

    route: Route
    name: str
    label: str
    n_won: int
    share: Estimate
    cost: float | None
    cost_per_customer: Estimate
    after: tuple[WonAfter, ...]

    def at(self, months: int) -> WonAfter | None:
        """What became of them after so many months; None where that was not asked."""
        return next((one for one in self.after if one.months == months), None)


@dataclass(frozen=True, slots=True)
class WinningContrast:
    """Customers won with a discount, less those won without one: association, for others come for a discount.

    Attributes
    ----------
    months : int
    n_discount, n_without : int
        Won in either way.
    discount, without : WonAfter
        What became of both.
    difference : mapping of str to Estimate
        By name of the figure (`FIGURES`).
    """

    months: int
    n_discount: int
    n_without: int
    discount: WonAfter
    without: WonAfter
    difference: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class BudgetPart:
    """What was spent on actions of one aim.

    Attributes
    ----------
    aim : str
        "win", "keep" or "unknown".
    n_actions, n_without_cost : int
    cost : float
        Of those of which it is known.
    share : float or None
        Of all known costs.
    """

    aim: str
    n_actions: int
    n_without_cost: int
    cost: float
    share: float | None


@dataclass(frozen=True, slots=True)
class WinningResult(Result):
    """Who was won by what, what that cost and what is left of it.

    Attributes
    ----------
    days : int
        So many days before a first purchase an action counts as what won her.
    months : tuple of int
    n_won : int
    won : tuple of WonBy
        Everybody, then by way of coming; actions follow their kind.
    contrast : WinningContrast or None
        With a discount against without.
    budget : tuple of BudgetPart
        Winning and keeping.
    headline : Reason or None
        The one sentence.
    tone : {"good", "bad", "neutral", "caution"}
    currency : str
        Of amounts; empty where it is not known.
    reasons : tuple of Reason
        What to keep in mind, and what cannot be told.
    provenance : Provenance
    """

    days: int
    months: tuple[int, ...]
    n_won: int
    won: tuple[WonBy, ...]
    contrast: WinningContrast | None
    budget: tuple[BudgetPart, ...]
    headline: Reason | None
    tone: Tone
    currency: str = ""
    reasons: tuple[Reason, ...] = field(default=())
    provenance: Provenance = field(kw_only=True)

    def of(self, route: str, name: str = "") -> WonBy | None:
        """Customers won in one way: `of("kind", "discount")`, `of("action", "bf-2024")`, `of("referral")`."""
        return next((one for one in self.won if (one.route, one.name) == (route, name)), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for each way of coming and number of months."""
        return [self._row(one, after) for one in self.won for after in one.after]

    @staticmethod
    def _row(one: WonBy, after: WonAfter) -> dict[str, Any]:
        row: dict[str, Any] = {
            "route": one.route, "name": one.name, "label": one.label, "n_won": one.n_won, "cost": one.cost,
            **_three("cost_per_customer", one.cost_per_customer),
            "months": after.months, "n_followed": after.n_followed,
        }  # fmt: skip
        for figure in fields(after):
            if figure.name in FIGURES:
                row |= _three(figure.name, getattr(after, figure.name))
        return row


def _three(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {
        name: estimate.value, f"{name}_ci_lower": estimate.ci_lower, f"{name}_ci_upper": estimate.ci_upper
    }  # fmt: skip
