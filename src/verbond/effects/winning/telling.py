"""What the figures of the won come to, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verbond.effects.money import unit_of
from verbond.effects.winning.results import (
    LEAST_PEOPLE,
    BudgetPart,
    Tone,
    WinningContrast,
    WonBy,
)
from verbond.method import named
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.winning import WonCustomers

__all__ = ["headline_of", "reasons_of", "tone_of"]

ROOM = "effects_winning"
_WORDS = {"caution": "less", "good": "more", "neutral": "alike"}
_MONEY, _STAYING = ("margin", "revenue"), ("still_there", "bought_again")


def tone_of(difference: Estimate) -> Tone:
    """Caution where the interval lies below nothing, good where it lies above."""
    if difference.ci_upper is not None and difference.ci_upper < 0:
        return "caution"
    return "good" if difference.ci_lower is not None and difference.ci_lower > 0 else "neutral"


def headline_of(
    won: Sequence[WonBy], contrast: WinningContrast | None, currency: str
) -> tuple[Reason | None, Tone]:
    """What a customer won with a discount brings in beside another; else how many of them stay.

    Parameters
    ----------
    won : sequence of WonBy
    contrast : WinningContrast or None
    currency : str
    """
    figure = _first_told(contrast, (*_MONEY, *_STAYING))
    if contrast is None or figure is None:
        return _most(won), "neutral"
    return _beside(contrast, figure, currency), tone_of(contrast.difference[figure])


def reasons_of(
    won: Sequence[WonBy], contrast: WinningContrast | None, budget: Sequence[BudgetPart], found: WonCustomers
) -> Iterator[Reason]:
    """What else there is to say: money, staying, and what to keep in mind.

    Parameters
    ----------
    won : sequence of WonBy
        Everybody first.
    contrast : WinningContrast or None
    budget : sequence of BudgetPart
    found : WonCustomers
    """
    yield from _about_paid(won, found.currency)
    staying = _first_told(contrast, _STAYING)
    if contrast is not None and staying is not None and _first_told(contrast, _MONEY) is not None:
        yield _beside(contrast, staying, "")
    yield from _about_budget(budget, found.currency)
    yield Reason(f"{ROOM}.association")
    if any(one.route == "kind" for one in won):
        yield Reason(f"{ROOM}.anyway")
    if found.n_both_ways >= MIN_GROUP:
        yield Reason(f"{ROOM}.both_ways", {"n": found.n_both_ways})
    if contrast is None and not any(one.route == "label" for one in won):
        yield Reason(f"{ROOM}.no_contrast", {"least": LEAST_PEOPLE})
    if found.recorded_until is None:
        yield Reason(f"{ROOM}.no_cancellations")
    if found.n.sum() > won[0].n_won:
        yield Reason(f"{ROOM}.left_out", {"least": MIN_GROUP})


def _first_told(contrast: WinningContrast | None, figures: Sequence[str]) -> str | None:
    if contrast is None:
        return None
    return next((name for name in figures if contrast.difference[name].value is not None), None)


def _beside(contrast: WinningContrast, figure: str, currency: str) -> Reason:
    difference = contrast.difference[figure]
    value, low, high = (v or 0.0 for v in (difference.value, difference.ci_lower, difference.ci_upper))
    tone = tone_of(difference)
    if tone != "neutral":
        low, high = sorted((abs(low), abs(high)))
    values = {
        "unit": unit_of(currency), "months": contrast.months, "n": contrast.n_discount,
        "others": contrast.n_without, "value": getattr(contrast.discount, figure).value,
        "other_value": getattr(contrast.without, figure).value, "difference": abs(value),
        "lower": low, "upper": high, "level": difference.ci_level,
    }  # fmt: skip
    return Reason(f"{ROOM}.{figure}_{_WORDS[tone]}", values)


def _about_paid(won: Sequence[WonBy], currency: str) -> Iterator[Reason]:
    """What winning a customer cost by the kind of action that cost most, beside what she brought in since."""
    costly = [one for one in won if one.route == "kind" and one.cost is not None]
    one = max(costly, key=lambda one: one.cost or 0.0, default=None)
    told = [after for after in one.after if after.margin_less_cost.value is not None] if one else []
    if one is None or not told:
        return
    cost, margin = one.cost_per_customer, told[-1].margin
    values = {
        "kind": named(one.name), "months": told[-1].months, "unit": unit_of(currency), "n": one.n_won,
        "cost": cost.value, "lower": cost.ci_lower, "upper": cost.ci_upper, "level": cost.ci_level,
        "margin": margin.value, "margin_lower": margin.ci_lower, "margin_upper": margin.ci_upper,
    }  # fmt: skip
    yield Reason(f"{ROOM}.paid_{_WORDS[tone_of(told[-1].margin_less_cost)]}", values)


def _about_budget(budget: Sequence[BudgetPart], currency: str) -> Iterator[Reason]:
    by_aim = {part.aim: part for part in budget}
    if "win" in by_aim and "keep" in by_aim and by_aim["win"].share is not None:
        values = {f"{aim}_cost": by_aim[aim].cost for aim in ("win", "keep")}
        values |= {"share": by_aim["win"].share, "unit": unit_of(currency)}
        yield Reason(f"{ROOM}.budget", values)
    else:
        yield Reason(f"{ROOM}.no_budget")
    n = sum(part.n_without_cost for part in budget)
    if n:
        yield Reason(f"{ROOM}.without_cost", {"n": n})


def _most(won: Sequence[WonBy]) -> Reason | None:
    """The way in which most came, where ways cannot be set against each other."""
    ways = [one for one in won if one.route in ("referral", "discount", "none", "action", "label")]
    if len(ways) < 2:
        return None
    most = max(ways, key=lambda one: one.n_won)
    values = {"n": won[0].n_won, "share": most.share.value, "name": most.label}
    return Reason(f"{ROOM}.most_{most.route}", values)
