"""What customers do: who stays, comes back and brings others, discounts, growth; each where data allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from verbond.ladder import LadderResult
from verbond.loyalty import (
    BuyingOutlook,
    Conscious,
    ConsciousResult,
    Growth,
    GrowthResult,
    Hidden,
    HiddenResult,
    Longer,
    LongerResult,
    Outlook,
    Promotion,
    PromotionResult,
    Reactivity,
    ReactivityResult,
    ReferralResult,
    ReferralValue,
    Staying,
    StayingResult,
)
from verbond.results import Progress, ProgressFunction, Reason, silent
from verbond.tables import Tables

__all__ = [
    "MAX_RUNG_ROWS", "METHODS_OF_LOYALTY", "LoyaltyResults", "groups_of", "read_loyalty", "said_by_loyalty",
    "unsaid_by_loyalty", "with_rungs",
]  # fmt: skip

Attempt = Callable[[Callable[[], Any], str], Any]

MAX_RUNG_ROWS = 20_000_000
"""Customers times periods times rungs that are laid beside what people buy; with more, groups by rung are
left out: they take more memory than a small machine has."""


@dataclass(frozen=True, slots=True)
class LoyaltyResults:
    """What behaviour tells; None each where the data do not allow it, and `Diagnosis.unsaid` says why.

    Attributes
    ----------
    hidden : HiddenResult or None
        Whom satisfaction hides.
    reactivity : ReactivityResult or None
        What asking goes with.
    staying : StayingResult or None
        How long customers stay.
    buying : BuyingOutlook or None
        Who will buy again.
    referral : ReferralResult or None
        Who brings others, and what that is worth.
    promotion : PromotionResult or None
        What is bought on discount.
    growth : GrowthResult or None
        What a change of revenue is made of.
    longer : LongerResult or None
        Whether a relationship that means something goes with buying less and staying longer.
    conscious : ConsciousResult or None
        Signs of conscious consumption.
    """

    hidden: HiddenResult | None = None
    reactivity: ReactivityResult | None = None
    staying: StayingResult | None = None
    buying: BuyingOutlook | None = None
    referral: ReferralResult | None = None
    promotion: PromotionResult | None = None
    growth: GrowthResult | None = None
    longer: LongerResult | None = None
    conscious: ConsciousResult | None = None


_METHODS: Mapping[str, Callable[[Sequence[str], int], Any]] = MappingProxyType(
    {
        "hidden": lambda by, seed: Hidden(),
        "reactivity": lambda by, seed: Reactivity(),
        "staying": lambda by, seed: Staying(by=by),
        "buying": lambda by, seed: Outlook(),
        "referral": lambda by, seed: ReferralValue(by=by, seed=seed),
        "promotion": lambda by, seed: Promotion(by=by),
        "growth": lambda by, seed: Growth(by=by, seed=seed),
        "longer": lambda by, seed: Longer(),
        "conscious": lambda by, seed: Conscious(by=by, counted=("asked", "returned")),
    }
)
"""By the field of `LoyaltyResults`: the method, given the groups to break out and the seed."""
METHODS_OF_LOYALTY = tuple(_METHODS)
"""In the order of the page."""


def groups_of(tables: Tables, by: Sequence[str]) -> tuple[str, ...]:
    """Attributes of customers, then relationship types and rungs where they are known."""
    known = (("type", "scores"), ("rung", "rungs"))
    return (*by, *(name for name, table in known if table in tables))


def read_loyalty(
    tables: Tables,
    attempt: Attempt,
    *,
    by: Sequence[str] = (),
    seed: int = 0,
    progress: ProgressFunction = silent,
) -> LoyaltyResults:
    """Run what can be run on behaviour.

    Parameters
    ----------
    tables : Tables
    attempt : callable
        Turns data that cannot carry a method into a reason.
    by : sequence of str
        Groups to break out (see `groups_of`).
    seed : int
    progress : callable
    """
    found = {}
    for done, (name, method) in enumerate(_METHODS.items()):
        progress(Progress("diagnosis.step_loyalty", done / len(_METHODS)))
        found[name] = attempt(lambda m=method: m(by, seed).fit(tables), f"diagnosis.{name}_failed")
    return LoyaltyResults(**found)


def said_by_loyalty(loyalty: LoyaltyResults) -> Iterator[tuple[Reason, str, str, int]]:
    """The one sentence of each result: with the name of its method, its tone and how many it rests on."""
    for name in METHODS_OF_LOYALTY:
        result = getattr(loyalty, name)
        if result is not None and result.headline is not None:
            yield result.headline, name, result.tone, int(result.headline.values.get("n", 0))


def unsaid_by_loyalty(loyalty: LoyaltyResults) -> Iterator[Reason]:
    """Why there is no sentence, of each result that has none."""
    for name in METHODS_OF_LOYALTY:
        result = getattr(loyalty, name)
        if result is not None and result.headline is None:
            yield from result.reasons


def with_rungs(tables: Tables, ladder: LadderResult | None) -> Tables:
    """The tables with the rung of each customer in each period, as it was known then.

    They stay as they are where states are no rungs, or where there are too many rows to lay beside.
    """
    if ladder is None or not ladder.anchored or not ladder.n_parameters:
        return tables
    if int(ladder.n_present.sum()) * ladder.n_states > MAX_RUNG_ROWS:
        return tables
    return tables.add("rungs", ladder.score(tables, "filtered", n_draws=0).to_rungs())
