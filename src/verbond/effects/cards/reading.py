"""From tables to the figures of a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verbond.effects.cards.results import ActionCard, CardGroup, CardRow, Sure
from verbond.effects.past.model import PastAction, read_months
from verbond.effects.past.results import PastEffect, PastResult
from verbond.errors import DataError
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.actions import ListedAction
from verbond.tables.reads.past import NEVER, PastMonths, PastOutcome, past_months
from verbond.tables.tables import Tables

__all__ = ["CAMPAIGN_DAYS", "GROUP_OUTCOME", "OUTCOMES", "is_campaign", "read_cards"]

CAMPAIGN_DAYS = 92
"""An action that reached its customers within so many days has a beginning after which to look."""

OUTCOMES: tuple[PastOutcome, ...] = (
    "purchases", "revenue", "margin", "discounted", "stays", "referrals", "complaints",
)  # fmt: skip
"""What it sold, and what it did to the relationship, in the order of the card."""
_MONEY = ("revenue", "margin")
GROUP_OUTCOME: PastOutcome = "purchases"
_DOUBTS = ("moved_apart", "before_unseen")
_UNKNOWN = {"undecided", "none", ""}


def read_cards(
    tables: Tables, listed: Sequence[ListedAction], by: Sequence[str], ci_level: float
) -> Iterator[ActionCard]:
    """Read actions or kinds, one after the other; what customers did is read once for all of them.

    Parameters
    ----------
    tables : Tables
    listed : sequence of ListedAction
    by : sequence of str
        As `labels` of `past_months`.
    ci_level : float

    Yields
    ------
    ActionCard
        Its headline is still that of the reading.
    """
    did: PastMonths | None = None
    for one in listed:
        name = one.action or one.kind
        if did is None:
            did = _did(tables, name)
        reached = past_months(tables, name, (), labels=by)
        yield _card(tables, one, replace(reached, measured=did.measured), ci_level)


def _did(tables: Tables, action: str) -> PastMonths:
    """All outcomes; without money where it is in several currencies."""
    try:
        return past_months(tables, action, OUTCOMES)
    except DataError:
        return past_months(tables, action, [one for one in OUTCOMES if one not in _MONEY])


def _card(tables: Tables, listed: ListedAction, past: PastMonths, ci_level: float) -> ActionCard:
    action = listed.action or listed.kind
    asked = [PastAction(action, one, ci_level=ci_level) for one in OUTCOMES]
    results = read_months(tables, past, asked)
    by_outcome = {one.outcome: one for one in results}
    lead = next((one for one in results if one.design == "comparison"), results[0])
    groups = tuple(_groups(tables, action, past, ci_level)) if lead.design == "comparison" else ()
    rows = tuple(_row(one) for one in results if one.effect("short") and not _by_construction(one))
    cost = listed.cost
    return ActionCard(
        action=action, kind=listed.kind, label=listed.label, is_kind=listed.action is None,
        n_actions=listed.n_actions, first_day=listed.first_day, last_day=listed.last_day,
        n_reached=listed.n_reached, cost=cost,
        cost_per_customer=cost / listed.n_reached if cost and listed.n_reached >= MIN_GROUP else None,
        aim=listed.aim, by_lot=listed.by_lot,
        sold=_summed(by_outcome.get("revenue")), kept=_summed(by_outcome.get("margin")),
        sure=_sure(lead), rows=rows, groups=groups, shows_for=_shows_for(lead), shows_in=lead.outcome,
        promise=None, headline=lead.headline, reasons=tuple(_named(lead.reasons, listed)),
    )  # fmt: skip


def is_campaign(listed: ListedAction) -> bool:
    """Whether it reached its customers within a quarter of a year."""
    if listed.first_day is None or listed.last_day is None or not listed.n_reached:
        return False
    return (listed.last_day - listed.first_day).days <= CAMPAIGN_DAYS


def _by_construction(result: PastResult) -> bool:
    """Nobody bought at a discount before: a discount is what the action gives, not what it leads to."""
    return result.outcome == "discounted" and (result.before is None or not result.before.reached)


def _row(result: PastResult) -> CardRow:
    level = result.before.reached if result.before is not None and result.outcome != "stays" else None
    return CardRow(result.outcome, level, result.effect("short"), result.effect("long"))


def _groups(tables: Tables, action: str, past: PastMonths, ci_level: float) -> Iterator[CardGroup]:
    reached = past.reached_in < NEVER
    asked = [
        PastAction(action, GROUP_OUTCOME, ci_level=ci_level, only=(by, group))
        for by, labels in past.labels.items()
        for group in sorted({one for one in labels[reached].tolist() if one is not None} - _UNKNOWN)
    ]
    for one in read_months(tables, past, asked):
        if one.only is not None and one.effects:
            short, long = (_unjudged(one.effect(span)) for span in ("short", "long"))
            n_reached = one.before.n_reached if one.before is not None else one.effects[0].n_reached
            yield CardGroup(*one.only, one.outcome, short, long, n_reached)


def _unjudged(effect: PastEffect | None) -> PastEffect | None:
    return effect and replace(effect, verdict="cannot_tell", headline=None)


def _sure(lead: PastResult) -> Sure:
    if lead.design == "before_after":
        return "alone"
    if lead.design != "comparison":
        return "none"
    codes = {reason.code.removeprefix("effects_past.") for reason in lead.reasons}
    if "by_lot" in codes:
        return "lot"
    if not codes.isdisjoint(_DOUBTS):
        return "apart"
    return "partly" if lead.by_lot else "alike"


def _summed(result: PastResult | None) -> Estimate | None:
    """The short span together, per customer."""
    effect = result.effect("short") if result is not None else None
    if effect is None:
        return None
    months = effect.last - effect.first + 1
    return Estimate(
        months * effect.effect_size, months * effect.effect_size_ci_lower,
        months * effect.effect_size_ci_upper, effect.n_reached,
    )  # fmt: skip


def _shows_for(lead: PastResult) -> int | None:
    """Months in a row, from the first, of which the band leaves out 0."""
    if lead.design != "comparison":
        return None
    n = 0
    for month in (one for one in lead.months if one.first >= 0):
        if month.first != n or month.band_lower is None or month.band_upper is None:
            break
        if month.band_lower <= 0 <= month.band_upper:
            break
        n += 1
    return n


def _named(reasons: Sequence[Reason], listed: ListedAction) -> Iterator[Reason]:
    """Sentences that call the action by its name for people."""
    for reason in reasons:
        named = "action" in reason.values and listed.label is not None
        yield Reason(reason.code, {**reason.values, "action": listed.label}) if named else reason
