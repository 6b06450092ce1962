"""Consuming consciously: the signs in what people buy, beside what they said of it."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.loyalty.conscious import ASKED, ConsciousResult
from verbond.plots import Bar
from verbond.reports.loyalty.columns import (
    bounds_of,
    columns_of,
    division_named,
    group_named,
    whole_divisions,
)
from verbond.reports.parts import Section, bar, bar_pictures, capital, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Language
from verbond.results.wording import entries

__all__ = ["section"]

ROOM = "loyalty_conscious"
MOST_BARS = 14


def section(result: ConsciousResult, language: Language) -> Section | None:
    """How consciously customers consume, as far as it shows.

    Parameters
    ----------
    result : ConsciousResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reasons in place of figures where there are none.
    """
    say, reasons = speaker(ROOM, language), tuple(r.sentence(language) for r in result.reasons)
    if not result.rows:
        return Section("conscious", say("title"), empty=" ".join(reasons))
    said = (toned(result.headline, result.tone, language),) if result.headline is not None else ()
    done, asked = (list(_bars(result, told, language)) for told in (False, True))
    pictures = (
        *bar_pictures(done, say("title"), say("see"), "share", "conscious", language),
        *bar_pictures(asked, say("title_asked"), say("see_asked"), "score", "conscious-asked", language),
    )
    return Section(
        "conscious",
        say("title"),
        said,
        pictures,
        filled(
            _table(result, False, language), _table(result, True, language), _differences(result, language)
        ),
        (say("how"), *reasons),
    )


def _sign(sign: str, language: Language) -> str:
    code = f"sign_{sign}"
    return capital(speaker(ROOM, language)(code)) if f"{ROOM}.{code}" in entries(language) else sign


def _bars(result: ConsciousResult, asked: bool, language: Language) -> Iterator[Bar]:
    everybody = speaker(ROOM, language)("everybody")
    rows = [r for r in result.rows if (r.sign == ASKED) == asked]
    for r in whole_divisions(rows, MOST_BARS):
        label = group_named(r.by, r.group, everybody, language)
        yield bar(label, r.estimate, language, group=_sign(r.sign, language))


def _table(result: ConsciousResult, asked: bool, language: Language) -> Table:
    say, name, kind = (
        speaker(ROOM, language),
        "score" if asked else "value",
        "number1" if asked else "percent1",
    )
    columns = columns_of(
        ROOM, language, **{"sign": "text", "by": "text", "group": "text", "n": "count", name: kind},
        lower=kind, upper=kind,
    )  # fmt: skip
    rows: list[Row] = [
        {
            "sign": _sign(r.sign, language), "by": division_named(r.by, language), "n": r.estimate.n_obs,
            "group": group_named(r.by, r.group, say("everybody"), language),
        }
        | bounds_of(r.estimate, name)
        for r in result.rows
        if (r.sign == ASKED) == asked
    ]  # fmt: skip
    title = say("title_asked") if asked else say("caption")
    return Table("conscious_asked" if asked else "conscious", title, columns, tuple(rows), language=language)


def _differences(result: ConsciousResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, sign="text", n="count", difference="points1", lower="points1", upper="points1"
    )
    rows: list[Row] = [
        {"sign": _sign(c.sign, language), "n": c.difference.n_obs} | bounds_of(c.difference, "difference")
        for c in result.contrasts
        if c.sign != ASKED
    ]
    return Table("conscious_difference", say("caption_difference"), columns, tuple(rows), language=language)
