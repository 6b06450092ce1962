"""What growth is made of: the change of revenue by factor, and by who came, went and stayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from verbond.loyalty.growth_results import FactorChange, GrowthResult, GrowthRow
from verbond.plots import Change, draw_changes
from verbond.reports.loyalty.columns import bounds_of, columns_of, division_named, group_named
from verbond.reports.parts import Section, both, capital, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Estimate, Language
from verbond.results.wording import format_value

__all__ = ["section"]

ROOM = "loyalty_growth"
TURNOVER = ("entrants", "leavers", "stayers")


def section(result: GrowthResult, language: Language) -> Section | None:
    """What a change of revenue is made of.

    Parameters
    ----------
    result : GrowthResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reason in place of figures where there are none.
    """
    say, reasons = speaker(ROOM, language), tuple(r.sentence(language) for r in result.reasons)
    everybody = next((row for row in result.rows if not row.by), None)
    if everybody is None or result.first is None or result.second is None:
        return Section("growth", say("title"), empty=" ".join(reasons))
    changes = list(_changes(everybody, language))
    pictures = both(
        lambda **size: draw_changes(changes, title=say("title"), language=language, **size),
        say("see"),
        "growth",
    )
    said = (toned(result.headline, result.tone, language),) if result.headline is not None else ()
    (first_from, first_until), (second_from, second_until) = result.first, result.second
    day = dt.timedelta(days=1)
    how = (
        say(
            "how_periods", first_from=first_from, first_until=first_until - day, second_from=second_from,
            second_until=second_until - day,
        ),
        say("how"), say("how_interval"), *reasons,
    )  # fmt: skip
    tables = _everybody(everybody, language), _groups(result, language)
    return Section("growth", say("title"), said, pictures, filled(*tables), how)


def _changes(row: GrowthRow, language: Language) -> Iterator[Change]:
    say = speaker(ROOM, language)

    def one(label: str, part: Estimate, note: str, group: str) -> Change:
        value, low, high = part.value or 0.0, part.ci_lower or 0.0, part.ci_upper or 0.0
        return Change(capital(label), value, min(low, value), max(high, value), note, say(group))

    for f in row.factors:
        kind = "number2" if max(f.first, f.second) < 100 else "number0"
        first, second = (format_value(v, kind, language) for v in (f.first, f.second))
        note = say("note_from_to", first=first, second=second)
        yield one(say(f"factor_{f.factor}"), f.part, note, "group_factors")
    if row.turnover is not None:
        for name in TURNOVER:
            yield one(say(f"part_{name}"), getattr(row.turnover, name), "", "group_turnover")


def _everybody(row: GrowthRow, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, part="text", first="number2", second="number2", amount="number0", lower="number0",
        upper="number0",
    )  # fmt: skip
    rows: list[Row] = [{"part": capital(say("revenue")), "first": row.revenue[0], "second": row.revenue[1]}
                       | bounds_of(row.change, "amount")]  # fmt: skip
    rows += [_factor(f, language) for f in row.factors]
    if row.turnover is not None:
        moved = row.turnover
        rows += [
            {"part": capital(say(f"part_{n}"))} | bounds_of(getattr(moved, n), "amount") for n in TURNOVER
        ]
    return Table("growth", say("caption"), columns, tuple(rows), language=language)


def _factor(f: FactorChange, language: Language) -> Row:
    name = capital(speaker(ROOM, language)(f"factor_{f.factor}"))
    return {"part": name, "first": f.first, "second": f.second} | bounds_of(f.part, "amount")


def _groups(result: GrowthResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, by="text", group="text", n="count", first="number0", second="number0", part="text",
        amount="number0", lower="number0", upper="number0",
    )  # fmt: skip
    rows: list[Row] = []
    for row in result.rows:
        if row.by:
            head = {
                "by": division_named(row.by, language), "n": row.n_customers,
                "group": group_named(row.by, row.group, say("everybody"), language),
            }  # fmt: skip
            whole = {"part": capital(say("revenue")), "first": row.revenue[0], "second": row.revenue[1]}
            rows.append(head | whole | bounds_of(row.change, "amount"))
            rows += [
                head | {"part": _factor(f, language)["part"]} | bounds_of(f.part, "amount")
                for f in row.factors
            ]
    return Table("growth_groups", say("caption_groups"), columns, tuple(rows), language=language)
