"""Whom actions won, what that cost and what is left of it: the sentences, two pictures, the tables behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verbond.effects.winning.results import WinningResult, WonAfter, WonBy
from verbond.method import named, spoken
from verbond.plots import Bar, Change, draw_changes
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import (
    Picture,
    Said,
    Section,
    bar,
    bar_pictures,
    both,
    capital,
    filled,
    speaker,
    toned,
)
from verbond.reports.tables import Row, Table
from verbond.results import Estimate, Language
from verbond.results.groups import MIN_GROUP

if TYPE_CHECKING:
    from verbond.diagnosis import EffectsResults

__all__ = ["section", "sections"]

ROOM = "effects_winning"
MOSTLY_WINNING = 0.5
"""Share of the budget for winning above which, where less is left of what it wins, care is asked for."""
MOST_ROWS = 12
_SAID = ("paid_", "still_there_", "bought_again_", "budget")
_MONEY = {"cost": "cost_per_customer", "revenue": "revenue", "margin": "margin", "left": "margin_less_cost"}
_STAYING = {"still": "still_there", "again": "bought_again", "discounted": "on_discount", "rung": "rung"}


def sections(effects: EffectsResults, language: Language) -> tuple[Section, ...]:
    """The section, as a diagnosis holds it.

    Parameters
    ----------
    effects : EffectsResults
    language : {"en", "nl"}
    """
    return (section(effects.winning, language),) if effects.winning is not None else ()


def section(result: WinningResult, language: Language) -> Section:
    """Whom actions won and what is left of it.

    Parameters
    ----------
    result : WinningResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reason in place of figures where nobody can be seen becoming a customer.
    """
    say = speaker(ROOM, language)
    if not result.won:
        return Section("winning", say("title"), empty=" ".join(r.sentence(language) for r in result.reasons))
    how = tuple(r.sentence(language) for r in result.reasons if not _is_said(r.code))
    months = _months_told(result)
    return Section(
        "winning",
        say("title"),
        tuple(_said(result, language)),
        (*_left_pictures(result, months, language), *_still_pictures(result, months, language)),
        filled(
            _table(result, "money", _MONEY, "number2", (months,), language),
            _table(result, "staying", _STAYING, "percent1", (months,), language),
            _budget_table(result, language),
        ),
        how,
        filled(
            _table(result, "money", _MONEY, "number2", result.months, language, whole=True),
            _table(result, "staying", _STAYING, "percent1", result.months, language, whole=True),
        ),
    )


def _is_said(code: str) -> bool:
    return code.partition(".")[2].startswith(_SAID)


def _months_told(result: WinningResult) -> int:
    """The longest time after which there is something to tell."""
    if result.contrast is not None:
        return result.contrast.months
    told = [one.months for one in result.won[0].after if one.revenue.value or one.bought_again.value]
    return max(told, default=result.months[0])


def _said(result: WinningResult, language: Language) -> Iterator[Said]:
    if result.headline is not None:
        yield toned(result.headline, result.tone, language)
    for reason in result.reasons:
        if _is_said(reason.code):
            yield toned(reason, _tone(reason.code, result), language)


def _tone(code: str, result: WinningResult) -> str:
    if code.endswith(".budget"):
        win = next((part.share for part in result.budget if part.aim == "win"), None)
        front = win is not None and win > MOSTLY_WINNING
        return "caution" if front and result.tone == "caution" else "neutral"
    return {"less": "caution", "more": "good"}.get(code.rpartition("_")[2], "neutral")


def way_name(one: WonBy, language: Language) -> str:
    """What a way of winning is called."""
    say = speaker(ROOM, language)
    if one.route in ("kind", "other"):
        return capital(say(f"way_{one.route}", kind=spoken(named(one.name), language)))
    return one.label if one.route in ("action", "label") else capital(say(f"way_{one.route}"))


def _shown(result: WinningResult) -> Iterator[WonBy]:
    """Without a kind of action that has one action only: that says the same twice."""
    for one in result.won:
        single = [x for x in result.won if x.route == "action" and x.n_won == one.n_won]
        if one.route != "kind" or not single:
            yield one


def _left_pictures(result: WinningResult, months: int, language: Language) -> tuple[Picture, ...]:
    say = speaker(ROOM, language)
    rows = [
        Change(way_name(one, language), *_three(left), say("note_won", n=one.n_won))
        for one, left in _each(result, months, "margin_less_cost")
    ]
    if not rows:
        return ()
    title = say("title_left", months=months)
    return both(
        lambda **size: draw_changes(rows, title=title, kind="number0", language=language, **size),
        say("see_left", months=months),
        "winning-left",
    )


def _still_pictures(result: WinningResult, months: int, language: Language) -> tuple[Picture, ...]:
    say = speaker(ROOM, language)
    bars: list[Bar] = [
        bar(way_name(one, language), still, language) for one, still in _each(result, months, "still_there")
    ]
    title, see = (say(f"{part}_still", months=months) for part in ("title", "see"))
    return bar_pictures(bars, title, see, "share", "winning-still", language) if len(bars) > 1 else ()


def _each(result: WinningResult, months: int, figure: str) -> Iterator[tuple[WonBy, Estimate]]:
    """The ways of which it is told, at most `MOST_ROWS`: those that won most."""
    drawn = sorted(_shown(result), key=lambda one: -one.n_won)[:MOST_ROWS]
    for one in (one for one in _shown(result) if one in drawn):
        after = one.at(months)
        estimate = getattr(after, figure) if after is not None else None
        if estimate is not None and estimate.value is not None:
            yield one, estimate


def _three(e: Estimate) -> tuple[float, float, float]:
    return e.value, e.ci_lower, e.ci_upper  # type: ignore[return-value]


def _table(
    result: WinningResult, name: str, figures: dict[str, str], kind: str, months: tuple[int, ...],
    language: Language, *, whole: bool = False,
) -> Table:  # fmt: skip
    kinds = {}
    for figure in figures:
        own = "number2" if figure == "rung" else kind
        kinds |= {figure: own, f"{figure}_lower": own, f"{figure}_upper": own}
    columns = columns_of(ROOM, language, way="text", months="count", n="count", followed="count", **kinds)
    rows = tuple(
        _row(one, after, figures, language)
        for one in _shown(result)
        for after in one.after
        if after.months in months
    )
    caption = speaker(ROOM, language)(f"caption_{name}")
    return Table(f"winning_{name}{'_all' if whole else ''}", caption, columns, rows, language=language)


def _row(one: WonBy, after: WonAfter, figures: dict[str, str], language: Language) -> Row:
    row: dict[str, object] = {
        "way": way_name(one, language), "months": after.months, "n": one.n_won,
        "followed": None if 0 < after.n_followed < MIN_GROUP else after.n_followed,
    }  # fmt: skip
    for name, figure in figures.items():
        e = one.cost_per_customer if figure == "cost_per_customer" else getattr(after, figure)
        row |= {name: e.value, f"{name}_lower": e.ci_lower, f"{name}_upper": e.ci_upper}
    return row


def _budget_table(result: WinningResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(ROOM, language, aim="text", actions="count", spent="number0", share="percent")
    rows = tuple(
        {
            "aim": capital(say(f"aim_{part.aim}")), "actions": part.n_actions, "spent": part.cost,
            "share": part.share,
        }
        for part in result.budget
    )  # fmt: skip
    return Table("winning_budget", say("caption_budget"), columns, rows, language=language)
