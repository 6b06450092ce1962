"""Bars with intervals: scores, shares, and what people said beside what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, interval_text, share_text
from verbond.plots.rows import rows_by_group
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import colour
from verbond.results import Language
from verbond.results.wording import format_value

__all__ = ["Bar", "draw_interval_bars"]

Scale = Literal["share", "score"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes
    ----------
    label : str
    value : float or None
        On 0..1 (scale "share") or 0..100 (scale "score"); None draws the words in `note` instead.
    ci_lower, ci_upper : float or None
        Its interval.
    stated : float or None
        What was said, drawn as an empty bar behind what was done.
    note : str
        Small words behind the figures ("412 answers").
    group : str
        Bars of a group stand together under its name.
    colour : str
        A meaning of the tokens ("rung-3").
    """

    label: str
    value: float | None
    ci_lower: float | None = None
    ci_upper: float | None = None
    stated: float | None = None
    note: str = ""
    group: str = ""
    colour: str = "accent"


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float  # where bars begin
    right: float  # where they end
    row: float  # height of a row
    thick: float
    beside: bool  # words stand beside the bar, else above it


_FRAMES = {
    "wide": _Frame(880, 292, 690, 44, 18, True),
    "tall": _Frame(360, 8, 346, 68, 16, False),
}


def draw_interval_bars(
    bars: Sequence[Bar],
    *,
    title: str,
    description: str = "",
    scale: Scale = "share",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "bars",
) -> str:
    """Draw horizontal bars with intervals, in the order given.

    Parameters
    ----------
    bars : sequence of Bar
    title : str
        Name of the picture, for those who do not see it.
    description : str
        What is to be seen; by default the bars in words.
    scale : {"share", "score"}
        0..1 written in percent, or 0..100 written as it is.
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
        Without bars, or with an unknown layout.
    """
    if not bars:
        raise OptionError("no bars to draw", got="none", expected="at least one")
    check_layout(layout)
    frame = _FRAMES[layout]
    rows, y = rows_by_group(bars, frame, lambda bar, y: _row(bar, y, frame, scale, language))
    return picture(
        [_grid(frame, y, scale, language), *rows],
        identity=identity,
        title=title,
        description=description or _in_words(bars, scale, language),
        width=frame.width,
        height=y + 26,
        kind=layout,
    )


def _x(value: float, frame: _Frame, scale: Scale) -> float:
    part = value if scale == "share" else value / 100.0
    return frame.left + (frame.right - frame.left) * min(max(part, 0.0), 1.0)


def _figure(value: float, scale: Scale, language: Language) -> str:
    return share_text(value, language) if scale == "share" else format_value(value, "number0", language)


def _interval(bar: Bar, scale: Scale, language: Language) -> str:
    if bar.ci_lower is None or bar.ci_upper is None:
        return ""
    if scale == "share":
        return interval_text(bar.ci_lower, bar.ci_upper, language)
    low, high = (format_value(v, "number0", language) for v in (bar.ci_lower, bar.ci_upper))
    return f"{low}–{high}"


def _grid(frame: _Frame, bottom: float, scale: Scale, language: Language) -> str:
    lines = []
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = part if scale == "share" else 100 * part
        x = _x(value, frame, scale)
        anchor = {0.0: "start", 1.0: "end"}.get(part, "middle") if not frame.beside else "middle"
        lines += [
            element(
                "line",
                x1=x,
                x2=x,
                y1=4.0,
                y2=bottom,
                stroke=colour("line"),
                stroke_dasharray=None if part == 0 else "2 4",
            ),
            text(
                _figure(value, scale, language),
                x,
                bottom + 17,
                text_anchor=anchor,
                font_size=13,
                fill=colour("text-soft"),
            ),
        ]
    return group(lines, class_="grid")


def _row(bar: Bar, y: float, frame: _Frame, scale: Scale, language: Language) -> str:
    top = y + (8 if frame.beside else 26)
    parts = [_words(bar, y, top, frame, scale, language)]
    if bar.stated is not None and (bar.value is None or bar.stated > bar.value):
        parts.append(_open_box(_x(bar.stated, frame, scale), top, frame))
    if bar.value is not None:
        parts.append(_box(_x(bar.value, frame, scale), top, frame, "done", fill=colour(bar.colour)))
    if bar.stated is not None:
        parts.append(_tick(_x(bar.stated, frame, scale), top, frame))
    if bar.ci_lower is not None and bar.ci_upper is not None:
        low, high, middle = (
            _x(bar.ci_lower, frame, scale),
            _x(bar.ci_upper, frame, scale),
            top + frame.thick / 2,
        )
        path = (
            f"M{low:.2f} {middle - 6:.1f}v12M{low:.2f} {middle:.1f}H{high:.2f}M{high:.2f} {middle - 6:.1f}v12"
        )
        parts += [
            element("path", d=path, fill="none", stroke=colour("page"), stroke_width=4.5),
            element("path", d=path, class_="interval", fill="none", stroke=colour("text"), stroke_width=1.8),
        ]
    return group(parts, class_="bar", data_value=None if bar.value is None else round(float(bar.value), 6))


def _box(end: float, top: float, frame: _Frame, name: str, **style: object) -> str:
    width = max(end - frame.left, 0.0)
    return element(
        "rect",
        class_=name,
        x=frame.left,
        y=top,
        width=width,
        height=frame.thick,
        rx=min(3.0, width / 2),
        **style,
    )


def _open_box(end: float, top: float, frame: _Frame) -> str:
    """What was said: an open bar with a broken line."""
    ink = {"fill": colour("note-wash"), "stroke": colour("note"), "stroke_width": 1.6}
    return _box(end, top, frame, "open", stroke_dasharray="4 3", **ink)


def _tick(x: float, top: float, frame: _Frame) -> str:
    """Where it ends, seen on a filled bar too."""
    line = {"x1": x, "x2": x, "y1": top - 5, "y2": top + frame.thick + 5, "stroke_linecap": "round"}
    return element("line", **line, stroke=colour("page"), stroke_width=5) + element(
        "line", **line, class_="stated", stroke=colour("note"), stroke_width=2.2
    )


def _words(bar: Bar, y: float, top: float, frame: _Frame, scale: Scale, language: Language) -> str:
    figures = []
    if bar.value is not None:
        figures.append(span(_figure(bar.value, scale, language), font_weight="bold", font_size=15))
        figures.append(span("  " + _interval(bar, scale, language), fill=colour("text-soft")))
    if frame.beside:
        middle, x = top + frame.thick / 2 + 5, frame.right + 14
        label = text(bar.label, frame.left - 14, middle, text_anchor="end", font_size=14)
        if not figures:
            return label + text(bar.note, frame.left + 8, middle, **SOFT)
        return label + text(figures, x, middle - 5) + text(bar.note, x, middle + 11, **SOFT)
    label = text(bar.label, frame.left, y + 17, font_size=14)
    if not figures:
        return label + text(bar.note, frame.left, y + 37, **SOFT)
    return (
        label
        + text(figures, frame.right, y + 17, text_anchor="end")
        + text(bar.note, frame.left, y + 57, **SOFT)
    )


def _in_words(bars: Sequence[Bar], scale: Scale, language: Language) -> str:
    said = []
    for bar in bars:
        name = f"{bar.group}, {bar.label}" if bar.group else bar.label
        figure = _figure(bar.value, scale, language) if bar.value is not None else bar.note
        said.append(f"{name}: {figure}")
    return "; ".join(said) + "."
