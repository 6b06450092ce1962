"""Purchases that a model expected beside those made: over time, and by how often people had come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.lettering import WIDE, width_of
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.loyalty.buying import HoldOut, HoldOutRow, Tracking

__all__ = ["draw_frequency_classes", "draw_tracking"]


@dataclass(frozen=True, slots=True)
class _Time:
    """Measures of the picture over time."""

    width: float
    left: float
    right: float
    top: float
    bottom: float
    n_dates: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """Measures of the picture of classes."""

    width: float
    left: float
    right: float
    row: float
    beside: bool  # words stand beside the row, else above it


_TIME = {"wide": _Time(880, 64, 860, 44, 330, 9), "tall": _Time(360, 40, 346, 66, 296, 3)}
_ROWS = {"wide": _Rows(880, 170, 600, 36, True), "tall": _Rows(360, 14, 346, 58, False)}


def draw_tracking(
    tracking: Tracking,
    language: Language = "en",
    *,
    title: str,
    start: dt.date,
    unit_days: int = 7,
    cumulative: bool = True,
    layout: Layout = "wide",
    identity: str = "tracking",
) -> str:
    """Draw repeat purchases over time: expected with its interval as a band, and made; the hold-out marked.

    Parameters
    ----------
    tracking : Tracking
        With two periods or more.
    language : {"en", "nl"}
    title : str
        Name of the picture, for those who do not see it.
    start : date
        First day of the first period.
    unit_days : int
        Days in the unit of the tracking.
    cumulative : bool
        Added up, or period by period.
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
        With fewer than two periods, or an unknown layout.
    """
    check_layout(layout)
    if len(tracking.rows) < 2:
        raise OptionError("nothing to draw over time", got="one period", expected="two or more")
    frame, rows = _TIME[layout], tracking.rows
    expected = [row.expected_cumulative if cumulative else row.expected for row in rows]
    made = np.array([row.observed_cumulative if cumulative else row.observed for row in rows])
    value, low, high = (
        np.array([np.nan if (v := getattr(e, name)) is None else v for e in expected], dtype=np.float64)
        for name in ("value", "ci_lower", "ci_upper")
    )
    top, step = _nice(float(np.nanmax(np.concatenate([value, high, made]))))
    widest = max(width_of(_figure(v, language), 13) for v in np.arange(0.0, top + step / 2, step))
    frame = replace(frame, left=max(frame.left, widest * WIDE.usual + 14))
    ends = np.array([row.ends_at for row in rows])
    xs = frame.left + (frame.right - frame.left) * ends / ends[-1]
    ys = lambda v: frame.bottom - (frame.bottom - frame.top) * v / top  # noqa: E731
    parts = [
        *_held_part(rows, xs, frame, language),
        *_scale(top, step, frame, language),
        *_dates(ends * unit_days, start, xs, frame, language),
        *_band(xs, ys(low), ys(high)),
        _line(xs, ys(value), "expected", stroke=colour("accent"), stroke_width=2.6),
        _line(xs, ys(made), "observed", stroke=colour("text"), stroke_width=1.7),
        *_legend(frame, language, layout),
    ]
    return picture(
        parts,
        identity=identity,
        title=title,
        description=_told(tracking, value, made, start, unit_days, cumulative, language),
        width=frame.width,
        height=frame.bottom + 30,
        kind=layout,
    )


def _told(
    tracking: Tracking, value: np.ndarray, made: np.ndarray, start: dt.date, unit_days: int,
    cumulative: bool, language: Language,
) -> str:  # fmt: skip
    if cumulative:
        last = start + dt.timedelta(days=round(tracking.rows[-1].ends_at * unit_days))
        unseen = sum(row.observed for row in tracking.rows if row.held_out)
        return sentence(
            "loyalty_buying.described_tracking", language, day=format_value(last, "date", language),
            expected=round(value[-1]), observed=round(made[-1]), held=round(unseen),
        )  # fmt: skip
    return sentence(
        "loyalty_buying.described_weeks", language, least=round(made.min()), most=round(made.max()),
        low=round(np.nanmin(value)), high=round(np.nanmax(value)),
    )  # fmt: skip


def _nice(most: float) -> tuple[float, float]:
    """The end of the axis and the step between its marks: four to seven of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(most, 1.0)) - 0.5)
    step = next(s * power for s in (1, 2, 5, 10, 20) if most / (s * power) <= 6)
    return float(step * np.ceil(max(most, 1e-9) / step)), float(step)


def _scale(top: float, step: float, frame: _Time, language: Language) -> list[str]:
    marks = []
    for value in np.arange(0.0, top + step / 2, step):
        y = frame.bottom - (frame.bottom - frame.top) * value / top
        ink = {"stroke": colour("edge" if value == 0 else "line")}
        dash = None if value == 0 else "2 4"
        marks += [
            element("line", x1=frame.left, x2=frame.right, y1=y, y2=y, stroke_dasharray=dash, **ink),
            text(_figure(float(value), language), frame.left - 8, y + 4.5, text_anchor="end", **SOFT),
        ]
    return [group(marks, class_="grid")]


def _figure(value: float, language: Language) -> str:
    whole = value == round(value)
    return format_value(round(value) if whole else value, "count" if whole else "number", language)


def _dates(days: np.ndarray, start: dt.date, xs: np.ndarray, frame: _Time, language: Language) -> list[str]:
    """The first of months, so many that none touches another."""
    last = start + dt.timedelta(days=float(days[-1]))
    months = _months(start, last)
    step = -(-len(months) // frame.n_dates) if months else 1
    marks = []
    for month in months[::step]:
        x = frame.left + (frame.right - frame.left) * (month - start).days / float(days[-1])
        if x > frame.right - 20:
            continue
        name, year = format_value(month, "month", language).split()
        words = f"{'mrt' if name == 'maart' else name[:3]} {year}"
        anchor = "start" if x < frame.left + 26 else "middle"
        marks += [
            element("path", d=f"M{x:.1f} {frame.bottom:.1f}v6", stroke=colour("edge")),
            text(words, x, frame.bottom + 21, text_anchor=anchor, **SOFT),
        ]
    return [group(marks, class_="dates")]


def _months(start: dt.date, last: dt.date) -> list[dt.date]:
    first = start.year * 12 + start.month - (start.day == 1)
    return [
        day for n in range(first, last.year * 12 + last.month)
        if (day := dt.date(n // 12, n % 12 + 1, 1)) <= last
    ]  # fmt: skip


def _held_part(rows: Sequence[object], xs: np.ndarray, frame: _Time, language: Language) -> list[str]:
    """What the model did not see: a ground of its own, a broken line and its name."""
    held = [bool(row.held_out) for row in rows]  # type: ignore[attr-defined]
    if not any(held):
        return []
    first = held.index(True)
    x = float(xs[first - 1]) if first else frame.left
    size = {"y": frame.top, "height": frame.bottom - frame.top}
    roomy = frame.right - x > 190
    name = sentence("loyalty_buying.not_seen", language)
    return [
        element("rect", class_="held-out", x=x, width=frame.right - x, fill=colour("note-wash"), **size),
        element(
            "path", d=f"M{x:.1f} {frame.top:.1f}V{frame.bottom:.1f}", stroke=colour("note"),
            stroke_width=1.6, stroke_dasharray="5 4",
        ),
        text(name, x + 8 if roomy else frame.right, frame.top - 7, text_anchor="start" if roomy else "end",
             **SOFT),
    ]  # fmt: skip


def _band(xs: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[str]:
    known = np.isfinite(low) & np.isfinite(high)
    if known.sum() < 2:
        return []
    edge = _path(xs[known], high[known]) + "L" + _path(xs[known][::-1], low[known][::-1])[1:] + "Z"
    return [element("path", d=edge, class_="interval", fill=colour("accent"), opacity=0.26)]


def _line(xs: np.ndarray, ys: np.ndarray, name: str, **ink: object) -> str:
    known = np.isfinite(ys)
    return element(
        "path", class_=name, d=_path(xs[known], ys[known]), fill="none", stroke_linejoin="round", **ink
    )


def _path(xs: np.ndarray, ys: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _legend(frame: _Time, language: Language, layout: Layout) -> list[str]:
    expected, made = (
        sentence(f"loyalty_buying.legend_{name}", language) for name in ("expected", "observed")
    )
    x = 4.0 if layout == "tall" else frame.left
    second = (x, 34.0) if layout == "tall" else (x + 250, 14.0)
    return [
        element("rect", x=x, y=7.0, width=26, height=14, fill=colour("accent"), opacity=0.26),
        element("path", d=f"M{x:.1f} 14h26", stroke=colour("accent"), stroke_width=2.6),
        text(expected, x + 34, 18.5, font_size=13),
        element("path", d=f"M{second[0]:.1f} {second[1]:.1f}h26", stroke=colour("text"), stroke_width=1.7),
        text(made, second[0] + 34, second[1] + 4.5, font_size=13),
    ]


def draw_frequency_classes(
    held: HoldOut,
    language: Language = "en",
    *,
    title: str,
    layout: Layout = "wide",
    identity: str = "classes",
) -> str:
    """Draw mean purchases of customers who came back equally often: expected with its interval, and made.

    Parameters
    ----------
    held : HoldOut
        With a class or more.
    language : {"en", "nl"}
    title : str
        Name of the picture, for those who do not see it.
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
        Without classes, or with an unknown layout.
    """
    check_layout(layout)
    if not held.rows:
        raise OptionError("no classes to draw", got="none", expected="at least one")
    frame = _ROWS[layout]
    most = max(
        v for r in held.rows for v in (r.expected.value, r.expected.ci_upper, r.observed) if v is not None
    )
    top, step = _nice_small(most)
    marks, bottom, said = [], 8 + frame.row * len(held.rows), []
    for value in np.arange(0.0, top + step / 2, step):
        x = _x(float(value), top, frame)
        anchor = "middle" if frame.beside or 0 < value < top - step / 2 else "start" if value == 0 else "end"
        dash = None if value == 0 else "2 4"
        marks += [
            element("line", x1=x, x2=x, y1=4.0, y2=bottom, stroke=colour("line"), stroke_dasharray=dash),
            text(_figure(float(value), language), x, bottom + 18, text_anchor=anchor, **SOFT),
        ]
    rows = []
    for place, row in enumerate(held.rows):
        label = f"{row.frequency}+" if row.or_more else str(row.frequency)
        name = sentence("loyalty_buying.class_times", language, label=label)
        figures = sentence(
            "loyalty_buying.class_figures",
            language,
            expected=_or_nan(row.expected.value),
            observed=row.observed,
        )
        said.append(f"{name}: {figures}")
        rows.append(_class(row, name, figures, 8 + frame.row * place, top, frame))
    return picture(
        [group(marks, class_="grid"), *rows],
        identity=identity,
        title=title,
        description="; ".join(said) + ".",
        width=frame.width,
        height=bottom + 28,
        kind=layout,
    )


def _nice_small(most: float) -> tuple[float, float]:
    """As `_nice`, also below 1."""
    for step in (0.1, 0.2, 0.5, 1.0):
        if most / step <= 5:
            return float(step * np.ceil(max(most, 1e-9) / step)), step
    return _nice(most)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _x(value: float, top: float, frame: _Rows) -> float:
    return frame.left + (frame.right - frame.left) * min(max(value / top, 0.0), 1.0)


def _class(row: HoldOutRow, name: str, figures: str, y: float, top: float, frame: _Rows) -> str:
    middle = y + (frame.row / 2 if frame.beside else 34)
    points = [v for v in (row.expected.value, row.observed) if v is not None]
    parts = []
    for first, second in pairwise(sorted(points)):
        parts.append(
            element(
                "path", d=f"M{_x(first, top, frame):.1f} {middle:.1f}H{_x(second, top, frame):.1f}",
                stroke=colour("edge"), stroke_width=1.4,
            )
        )  # fmt: skip
    low, high = row.expected.ci_lower, row.expected.ci_upper
    if low is not None and high is not None:
        d = f"M{_x(low, top, frame):.1f} {middle:.1f}H{_x(high, top, frame):.1f}"
        ink = {"stroke": colour("accent"), "stroke_width": 5, "stroke_linecap": "round", "opacity": 0.35}
        parts.append(element("path", d=d, class_="interval", **ink))
    if row.expected.value is not None:
        at = _x(row.expected.value, top, frame)
        parts.append(element("circle", class_="expected", cx=at, cy=middle, r=5.0, fill=colour("accent")))
    ring = {"fill": colour("page"), "fill_opacity": 0.4, "stroke": colour("text"), "stroke_width": 2}
    parts.append(
        element("circle", class_="observed", cx=_x(row.observed, top, frame), cy=middle, r=6.5, **ring)
    )
    if frame.beside:
        parts.append(text(name, frame.left - 16, middle + 5, text_anchor="end", font_size=14))
        parts.append(text(figures, frame.right + 18, middle + 5, **SOFT))
    else:
        parts.append(text(name, frame.left, y + 16, font_size=14))
        parts.append(text(figures, frame.right, y + 16, text_anchor="end", **SOFT))
    return group(parts, class_="class", data_observed=round(float(row.observed), 6))
