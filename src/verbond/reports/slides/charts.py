"""From the tables behind a report to the charts on slides: the values are the tables' own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from verbond.plots.tokens import rung_colour, tokens
from verbond.reports.tables import Row, Table
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = [
    "Chart",
    "Kind",
    "Series",
    "blocking_chart",
    "growth_chart",
    "intentions_chart",
    "movement_chart",
    "referral_chart",
    "scores_chart",
    "sides_chart",
    "standing_chart",
    "values_chart",
    "winning_chart",
]

Kind = Literal["bar", "stacked", "line"]
Tables = Mapping[str, Table]
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one colour.

    Attributes
    ----------
    name : str
    values : tuple of (float or None)
        One a category.
    low, high : tuple of (float or None)
        Bounds of the 95% interval; empty where the table has none.
    colour : str
        `#rrggbb`; empty where each category has its own, or the brand's.
    """

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a slide.

    Attributes
    ----------
    kind : {"bar", "stacked", "line"}
    caption : str
        What it shows.
    categories : tuple of str
        From top to bottom; those of a line are days, as ISO 8601 writes them.
    series : tuple of Series
    form : str
        How a spreadsheet writes its numbers.
    sources : tuple of str
        Names of the tables that it shows.
    colours : tuple of str
        One a category; empty where a series has one colour.
    largest : float or None
        Where the axis ends.
    told : tuple of str
        Category and values in words: what stands for the chart where it is not seen.
    """

    kind: Kind
    caption: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    form: str
    sources: tuple[str, ...]
    colours: tuple[str, ...] = ()
    largest: float | None = None
    told: tuple[str, ...] = ()


def standing_chart(tables: Tables, language: Language) -> Chart | None:
    """Who stands on which rung, or level, now: the highest first."""
    table = tables.get("ladder")
    if table is None:
        return None
    rows, number = table.rows, "rung" if "rung" in table.rows[0] else "level"
    n = len(rows)
    names = [f"{row[number]} {row['name']}" if number == "rung" else str(row["name"]) for row in rows]
    return Chart(
        "bar",
        table.caption,
        tuple(_with_interval(name, row, "share", language, ("ci_lower", "ci_upper"))
              for name, row in zip(names, rows, strict=True)),
        (_series(table, rows, "share", ("ci_lower", "ci_upper")),),
        "0%",
        (table.name,),
        tuple(_hex(rung_colour(n - 1 - k, n)) for k in range(n)),
        told=_told(names, [[row["share"] for row in rows]], "percent", language),
    )  # fmt: skip


def blocking_chart(tables: Tables, language: Language) -> Chart | None:
    """How many stand just under each rung, beside the share of the company's actions that work on it."""
    table, work = tables.get("ladder"), tables.get("effort")
    if table is None or "rung" not in table.rows[0]:
        return None
    by_rung = {row["rung"]: row for row in table.rows}
    rows = [row for row in table.rows if row["rung"] > 0]
    below = [by_rung.get(row["rung"] - 1, {}) for row in rows]
    names = [f"{row['rung']} {row['name']}" for row in rows]
    stuck = _series(table, below, "share", ("ci_lower", "ci_upper"), name=_say("series_below", language))
    series, sources = [stuck], [table.name]
    if work is not None:
        done = {row["rung"]: row for row in work.rows}
        found = [done.get(row["rung"], {}) for row in rows]
        label = _say("series_work", language)
        series.append(_series(work, found, "share_of_actions", (), name=label))
        sources.append(work.name)
    return Chart(
        "bar", _say("caption_blocking", language), tuple(names), tuple(series), "0%", tuple(sources),
        told=_told(names, [s.values for s in series], "percent", language),
    )  # fmt: skip


def movement_chart(tables: Tables, language: Language) -> Chart | None:
    """Shares of the rungs through time."""
    table = tables.get("shares")
    if table is None or len(table.rows) < _LEAST + 1:
        return None
    columns = [c for c in table.columns if c.name.startswith("share_") and c.shown]
    n = len(columns)
    series = tuple(
        Series(c.label, tuple(_number(row.get(c.name)) for row in table.rows), colour=_hex(rung_colour(k, n)))
        for k, c in enumerate(columns)
    )
    periods = tuple(str(row["period"])[:10] for row in table.rows)
    last = [
        f"{s.name}: {_percent(s.values[0], language)} → {_percent(s.values[-1], language)}" for s in series
    ]
    return Chart(
        "line",
        table.caption,
        periods,
        tuple(reversed(series)),
        "0%",
        (table.name,),
        told=tuple(reversed(last)),
    )


def scores_chart(tables: Tables, language: Language, wave: str | None, names: Sequence[str]) -> Chart | None:
    """Mean scores of the last wave, in the order of the ladder: the highest rung first."""
    table = tables.get("scores")
    if table is None:
        return None
    asked = wave if wave is not None else sentence("report.all_waves", language)
    found = {row["construct"]: row for row in table.rows if str(row["wave"]) == asked}
    rows = [found[name] for name in names if name in found][::-1]
    if len(rows) < _LEAST:
        return None
    labels = [_capital(str(row["construct"])) for row in rows]
    return Chart(
        "bar",
        f"{table.caption}{f' ({wave})' if wave is not None else ''}",
        tuple(_with_interval(n, row, "mean", language, kind="number0")
              for n, row in zip(labels, rows, strict=True)),
        (_series(table, rows, "mean"),),
        "0",
        (table.name,),
        tuple(_token(f"rung-{names.index(row['construct']) + 1}") for row in rows),
        largest=100.0,
        told=_told(labels, [[row["mean"] for row in rows]], "number0", language),
    )  # fmt: skip


def values_chart(tables: Tables, language: Language) -> Chart | None:
    """Customers' own values beside those that they see."""
    return _pairs(tables.get("values"), "value", ("own", "seen"), "0", "number0", language)


def intentions_chart(tables: Tables, language: Language) -> Chart | None:
    """How many of those who said that they would do something did it."""
    table, column = tables.get("intentions"), "done_by_intenders"
    rows = [r for r in table.rows if _number(r.get(column)) is not None] if table is not None else []
    if table is None or not rows:
        return None
    names = [f"{_capital(str(r['intention']))} → {r['behaviour']}" for r in rows]
    labels = [_with_interval(n, row, column, language) for n, row in zip(names, rows, strict=True)]
    return Chart(
        "bar", _say("caption_intentions", language), tuple(labels), (_series(table, rows, column),), "0%",
        (table.name,), largest=1.0,
        told=_told(names, [[row[column] for row in rows]], "percent", language),
    )  # fmt: skip


def referral_chart(tables: Tables, language: Language) -> Chart | None:
    """Each segment's part of the customers, of what is bought and of what is referred."""
    columns = ("share", "share_of_purchases", "share_of_referrals")
    table = tables.get("loyalty-referral")
    chart = _pairs(table, "segment", columns, "0%", "percent", language)
    if chart is None:
        return None
    label = _say("series_customers", language)
    first = chart.series[0]
    renamed = Series(label, first.values, first.low, first.high, first.colour)
    return _changed(chart, series=(renamed, *chart.series[1:]))


def growth_chart(tables: Tables, language: Language) -> Chart | None:
    """What each factor added to the turnover, or took from it."""
    table = tables.get("growth")
    rows = (
        [row for row in table.rows[1:] if _number(row.get("first")) is not None] if table is not None else []
    )
    if table is None or len(rows) < _LEAST:
        return None
    names = [str(row["part"]) for row in rows]
    labels = [
        _with_interval(n, row, "amount", language, ("lower", "upper"), kind="number0")
        for n, row in zip(names, rows, strict=True)
    ]
    return Chart(
        "bar", table.caption, tuple(labels), (_series(table, rows, "amount", ("lower", "upper")),), "#,##0",
        (table.name,), told=_told(names, [[row["amount"] for row in rows]], "number0", language),
    )  # fmt: skip


def winning_chart(tables: Tables, language: Language) -> Chart | None:
    """What winning a customer cost beside the margin that it brought, by what won her."""
    table = tables.get("winning_money")
    if table is None:
        return None
    rows = [row for row in table.rows if _number(row.get("cost")) is not None and _number(row.get("margin"))]
    return _pairs(table, "way", ("cost", "margin"), "#,##0", "number0", language, rows=rows[:8])


def sides_chart(tables: Tables, language: Language) -> Chart | None:
    """Which relationship each side offers, as parts of its messages."""
    table = tables.get("expressions-relationship")
    if table is None:
        return None
    sides = list(dict.fromkeys(str(row["side"]) for row in table.rows))
    names = list(dict.fromkeys(str(row["name"]) for row in table.rows))
    share = {(str(row["side"]), str(row["name"])): _number(row.get("share")) for row in table.rows}
    palette = [_token(name) for name in ("rung-1", "rung-4", "rung-3", "rung-5", "line")]
    series = tuple(
        Series(name, tuple(share.get((side, name)) for side in sides), colour=palette[min(n, 4)])
        for n, name in enumerate(names)
    )
    if len(sides) < _LEAST or not series:
        return None
    return Chart(
        "stacked", table.caption, tuple(sides), series, "0%", (table.name,),
        told=tuple(
            f"{side}: " + ", ".join(f"{s.name} {_percent(s.values[n], language)}" for s in series)
            for n, side in enumerate(sides)
        ),
    )  # fmt: skip


def _pairs(
    table: Table | None, names: str | Sequence[str], columns: Sequence[str], form: str, kind: str,
    language: Language, *, rows: Sequence[Row] | None = None, largest: float | None = None,
) -> Chart | None:  # fmt: skip
    """Some columns of a table beside each other."""
    if table is None or len(table.rows if rows is None else rows) < _LEAST - (rows is None):
        return None
    rows = table.rows if rows is None else rows
    labels = [str(row[names]) for row in rows] if isinstance(names, str) else list(names)
    labels = [_capital(label) for label in labels]
    series = tuple(_series(table, rows, name) for name in columns)
    return Chart(
        "bar", table.caption, tuple(labels), series, form, (table.name,), largest=largest,
        told=_told(labels, [s.values for s in series], kind, language),
    )  # fmt: skip


def _series(
    table: Table, rows: Sequence[Row], column: str, bounds: Sequence[str] | None = None, *,
    name: str = "",
) -> Series:  # fmt: skip
    """A column with the bounds of its interval."""
    known = {c.name for c in table.columns}
    if bounds is None:
        pairs = ((f"{column}_ci_lower", f"{column}_ci_upper"), (f"{column}_lower", f"{column}_upper"))
        bounds = next((pair for pair in pairs if set(pair) <= known), ())
    label = name or next(c.label for c in table.columns if c.name == column)
    low, high = (tuple(_number(row.get(b)) for row in rows) for b in bounds) if bounds else ((), ())
    return Series(_capital(label), tuple(_number(row.get(column)) for row in rows), low, high)


def _with_interval(
    name: str, row: Row, column: str, language: Language, bounds: Sequence[str] = (), *, kind: str = "percent"
) -> str:
    """A category that says its own figure: the label of the chart, also where colours are not seen."""
    low, high = bounds or (f"{column}_ci_lower", f"{column}_ci_upper")
    value, least, most = (_number(row.get(key)) for key in (column, low, high))
    if value is None:
        return name
    said = f"{name}: {format_value(value, kind, language)}"
    if least is None or most is None:
        return said
    least_said, most_said = (format_value(v, kind, language).removesuffix("%") for v in (least, most))
    if least < 0:
        return f"{said} ({sentence('report_slides.range', language, low=least_said, high=most_said)})"
    return f"{said} ({least_said}–{most_said})"


def _told(
    names: Sequence[str], values: Sequence[Sequence[float | None]], kind: str, language: Language
) -> tuple[str, ...]:
    write: Callable[[float | None], str] = lambda v: "–" if v is None else format_value(v, kind, language)  # noqa: E731
    return tuple(f"{name}: {', '.join(write(_number(s[n])) for s in values)}" for n, name in enumerate(names))


def _changed(chart: Chart, **changes: object) -> Chart:
    from dataclasses import replace

    return replace(chart, **changes)  # type: ignore[arg-type]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _percent(value: float | None, language: Language) -> str:
    return "–" if value is None else format_value(value, "percent", language)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _token(name: str) -> str:
    return tokens()[f"colour-{name}"]


def _hex(variable: str) -> str:
    """The light colour in `var(--colour-rung-3, #2c7952)`."""
    return variable.rpartition("#")[1] + variable.rpartition("#")[2].rstrip(")")


def _say(code: str, language: Language) -> str:
    return sentence(f"report_slides.{code}", language)
