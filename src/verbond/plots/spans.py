"""Short and long side by side: what was different at once, and what is left of it later."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Language
from verbond.results.wording import format_value

__all__ = ["SpanColumn", "SpanFigure", "SpanRow", "SpanWord", "draw_spans"]


@dataclass(frozen=True, slots=True)
class SpanFigure:
    """One difference.

    Attributes
    ----------
    value, ci_lower, ci_upper : float
    good : bool or None
        Whether it is good news; None where there is no verdict.
    """

    value: float
    ci_lower: float
    ci_upper: float
    good: bool | None = None

    @property
    def colour(self) -> str:
        """A meaning of the tokens: soft without a verdict."""
        return "text-soft" if self.good is None else "up" if self.good else "block"


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One thing that was looked at.

    Attributes
    ----------
    label : str
    short, long : SpanFigure or None
        None where it is not known.
    kind : str
        How a figure is written: a kind of `verbond.results.wording`.
    note : str
        Small words under the label.
    group : str
        Those of a group stand together under its name.
    scale : str
        Rows of one scale are drawn to one measure; by default each has its own.
    """

    label: str
    short: SpanFigure | None
    long: SpanFigure | None
    kind: str = "number0"
    note: str = ""
    group: str = ""
    scale: str = ""


@dataclass(frozen=True, slots=True)
class SpanColumn:
    """The head of a column.

    Attributes
    ----------
    name : str
    note : str
        Small words under it.
    """

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SpanWord:
    """The verdict on a group of rows in one column.

    Attributes
    ----------
    text : str
    good : bool or None
        Whether that is good news; None without a verdict.
    """

    text: str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    columns: tuple[tuple[float, float], tuple[float, float]]  # where each begins and ends
    row: float
    beside: bool  # labels stand beside the columns, else above them


_FRAMES = {
    "wide": _Frame(880, ((264, 556), (588, 880)), 52, True),
    "tall": _Frame(360, ((0, 170), (190, 360)), 72, False),
}
_HEAD = 64.0
_SIZE = 13


def draw_spans(
    rows: Sequence[SpanRow],
    columns: tuple[SpanColumn, SpanColumn],
    *,
    title: str,
    less: str,
    more: str,
    unknown: str,
    words: Mapping[str, tuple[SpanWord, SpanWord]] | None = None,
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "spans",
) -> str:
    """Draw differences with intervals in two columns, short and long, in the order given.

    Both columns of a row have one measure, so that left and right can be compared; two rows only where their
    `scale` is the same. A point is filled where there is a verdict, and open where there is none.

    Parameters
    ----------
    rows : sequence of SpanRow
    columns : (SpanColumn, SpanColumn)
        Heads of short and long.
    title : str
        Name of the picture, for those who do not see it.
    less, more, unknown : str
        What left and right of no difference mean, and what stands where nothing is known.
    words : mapping of str to (SpanWord, SpanWord), optional
        Verdicts by the name of a group, short and long.
    language : {"en", "nl"}
    layout : {"wide", "tall"}
    identity : str
        Begins every id inside.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    OptionError
        Without rows, with an unknown layout, or where an interval does not hold its value.

    Examples
    --------
    >>> row = SpanRow("Purchases", SpanFigure(13.0, 6.0, 21.0, True), SpanFigure(1.0, -6.0, 8.0))
    >>> heads = SpanColumn("At once"), SpanColumn("Later")
    >>> svg = draw_spans([row], heads, title="Sale", less="less", more="more", unknown="not yet")
    >>> svg[:4], "+13" in svg
    ('<svg', True)
    """
    if not rows:
        raise OptionError("no rows to draw", got="none", expected="at least one")
    check_layout(layout)
    figures = [one for row in rows for one in (row.short, row.long) if one is not None]
    if any(not -math.inf < f.ci_lower <= f.value <= f.ci_upper < math.inf for f in figures):
        raise OptionError(
            "differences outside their interval", got=str(figures), expected="lower <= value <= upper"
        )
    frame, reach = _FRAMES[layout], _reach(rows)
    parts, y, last = [], _HEAD, ""
    for row in rows:
        if row.group and row.group != last:
            told = (words or {}).get(row.group)
            parts.append(_group(row.group, told, y, frame))
            y, last = y + (66 if told else 40), row.group
        parts.append(_row(row, y, frame, reach[row.scale or row.label], unknown, language))
        y += frame.row
    heads = [_head(head, column, less, more) for head, column in zip(columns, frame.columns, strict=True)]
    return picture(
        [*heads, *parts],
        identity=identity,
        title=title,
        description=_in_words(rows, columns, words or {}, unknown, language),
        width=frame.width,
        height=y + 4,
        kind=layout,
    )


def _group(name: str, told: tuple[SpanWord, SpanWord] | None, y: float, frame: _Frame) -> str:
    parts = [
        element("line", x1=0, x2=frame.width, y1=y + 1, y2=y + 1, stroke=colour("line")),
        text(name, 0, y + 26, font_size=16, font_family=FONT_HEADING),
    ]
    for word, (left, right) in zip(told or (), frame.columns, strict=False):
        tone = colour("text-soft" if word.good is None else "up" if word.good else "block")
        style = {"text_anchor": "middle", "font_size": 15, "font_weight": "bold", "fill": tone}
        parts.append(text(word.text, (left + right) / 2, y + 52, class_="word", **style))
    return group(parts, class_="span-group")


def _reach(rows: Sequence[SpanRow]) -> dict[str, float]:
    """How far each measure goes, to either side."""
    reach: dict[str, float] = {}
    for row in rows:
        ends = [abs(v) for f in (row.short, row.long) if f is not None for v in (f.ci_lower, f.ci_upper)]
        name = row.scale or row.label
        reach[name] = max([reach.get(name, 0.0), *ends])
    return reach


def _head(head: SpanColumn, column: tuple[float, float], less: str, more: str) -> str:
    left, right = column
    middle = (left + right) / 2
    soft = {"font_size": _SIZE, "fill": colour("text-soft")}
    return group(
        [
            text(head.name, middle, 16, text_anchor="middle", font_size=17, font_family=FONT_HEADING),
            text(head.note, middle, 34, text_anchor="middle", **soft),
            text(f"← {less}", left, 54, **soft),
            text(f"{more} →", right, 54, text_anchor="end", **soft),
        ],
        class_="column",
    )


def _row(row: SpanRow, y: float, frame: _Frame, reach: float, unknown: str, language: Language) -> str:
    parts, line = [], y + (18 if frame.beside else 37)
    if frame.beside:
        parts.append(text(row.label, 0, line + (0 if row.note else 5), font_size=15))
        parts.append(text(row.note, 0, line + 18, **SOFT))
    else:
        note = [span("  " + row.note, fill=colour("text-soft"))] if row.note else []
        parts.append(text([span(row.label, font_size=14), *note], 0, y + 19))
    for one, column in zip((row.short, row.long), frame.columns, strict=True):
        middle = (column[0] + column[1]) / 2
        zero = {"y1": line - 14.0, "y2": line + 11.0, "stroke": colour("edge"), "stroke_width": 1.4}
        parts.append(element("line", x1=middle, x2=middle, **zero))
        if one is None:
            parts.append(text(unknown, middle, line + 26, text_anchor="middle", font_style="italic", **SOFT))
        else:
            parts.append(_figure(one, row.kind, column, line, reach, language))
    return group(parts, class_="span-row")


def _figure(
    one: SpanFigure, kind: str, column: tuple[float, float], y: float, reach: float, language: Language
) -> str:
    middle, half = (column[0] + column[1]) / 2, (column[1] - column[0]) / 2 - 8
    low, at, high = (middle + half * v / (reach or 1.0) for v in (one.ci_lower, one.value, one.ci_upper))
    ink = colour(one.colour)
    words = [
        span(_written(one.value, kind, language), font_weight="bold", font_size=15),
        span("  " + _interval(one, kind, language), fill=colour("text-soft")),
    ]
    room = 4.4 * sum(len(_written(v, kind, language)) for v in (one.value, one.ci_lower, one.ci_upper)) + 20
    return group(
        [
            element(
                "line", x1=low, x2=high, y1=y, y2=y, stroke=ink, stroke_width=2.4, stroke_linecap="round",
                class_="interval",
            ),
            element(
                "circle", cx=at, cy=y, r=6, stroke=ink, stroke_width=2.4,
                fill=colour("page") if one.good is None else ink,
            ),
            text(words, min(max(at, column[0] + room), column[1] - room), y + 25, text_anchor="middle"),
        ],
        data_value=round(one.value, 6),
        data_told=str(one.good is not None).lower(),
    )  # fmt: skip


def _written(value: float, kind: str, language: Language) -> str:
    written = format_value(value, kind, language)
    if not written.strip("-0.,%"):
        return written.replace("-", "")
    return f"+{written}" if value > 0 else written.replace("-", "−", 1)


def _interval(one: SpanFigure, kind: str, language: Language) -> str:
    low, high = (_written(v, kind, language) for v in (one.ci_lower, one.ci_upper))
    return f"{low} … {high}"


def _in_words(
    rows: Sequence[SpanRow],
    columns: tuple[SpanColumn, SpanColumn],
    words: Mapping[str, tuple[SpanWord, SpanWord]],
    unknown: str,
    language: Language,
) -> str:
    said = []
    for name, told in words.items():
        both = ", ".join(f"{h.name} {word.text}" for h, word in zip(columns, told, strict=True))
        said.append(f"{name}: {both}")
    for row in rows:
        figures = (
            unknown
            if one is None
            else f"{_written(one.value, row.kind, language)} ({_interval(one, row.kind, language)})"
            for one in (row.short, row.long)
        )
        told = ", ".join(f"{h.name} {f}" for h, f in zip(columns, figures, strict=True))
        said.append(f"{row.group}, {row.label}: {told}" if row.group else f"{row.label}: {told}")
    return "; ".join(said) + "."
