"""The ladder over time, a strip a rung, and the ladder of each segment, a row a segment; with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text, state_names
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import FONT_HEADING, colour, rung_colour
from verbond.results import Language
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.ladder import LadderResult

__all__ = ["draw_segments", "draw_shares_over_time", "short_month"]


@dataclass(frozen=True, slots=True)
class _Strips:
    """Measures of the picture over time."""

    width: float
    left: float
    right: float
    high: float  # of one strip
    n_dates: int


@dataclass(frozen=True, slots=True)
class _Cells:
    """Measures of the picture of segments."""

    width: float
    left: float  # where the first column begins
    words: float  # for the figure behind a bar
    row: float
    beside: bool  # the segment's name stands beside its bars in one line, else above lines of three


_IN_LINE, _LINE = 3, 24.0
"""Bars beside one another on a phone, and the height of such a line."""
_STRIPS = {"wide": _Strips(860, 44, 792, 56, 6), "tall": _Strips(360, 40, 308, 44, 3)}
_CELLS = {"wide": _Cells(880, 178, 42, 31, True), "tall": _Cells(360, 0, 34, 34, False)}


def draw_shares_over_time(
    result: LadderResult,
    language: Language = "en",
    *,
    title: str,
    layout: Layout = "wide",
    identity: str = "movement",
) -> str:
    """Draw the share of customers on each rung per period, a strip a rung, the interval as a band.

    Parameters
    ----------
    result : LadderResult
        With two periods or more.
    language : {"en", "nl"}
    title : str
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
    if len(result.periods) < 2:
        raise OptionError("nothing to draw over time", got="one period", expected="two or more")
    frame, names = _STRIPS[layout], state_names(result.n_states, result.anchored, language)
    drawn = np.concatenate([np.ravel(result.shares), np.ravel(result.shares_ci_upper)])
    top = _round_up(max(0.1, float(np.nanmax(drawn))))
    parts, y = [], 0.0
    for k in reversed(range(result.n_states)):
        name = f"{k} {names[k]}" if result.anchored else names[k]
        parts.append(_strip(result, k, name, y, top, frame, language))
        y += frame.high + 34
    parts.append(_dates(result, y, frame, language))
    said = "; ".join(
        f"{names[k]}: {share_text(float(result.shares[0, k]), language)} → "
        f"{share_text(float(result.shares[-1, k]), language)}"
        for k in reversed(range(result.n_states))
    )
    return picture(
        parts, identity=identity, title=title, description=said + ".", width=frame.width, height=y + 24,
        kind=layout,
    )  # fmt: skip


def draw_segments(
    segments: Iterable[Any],
    language: Language = "en",
    *,
    title: str,
    anchored: bool = True,
    layout: Layout = "wide",
    identity: str = "segments",
) -> str:
    """Draw where the customers of each segment stand: a row a segment, a column a rung, with intervals.

    Read it downwards: within a column the bars of one rung stand under one another.

    Parameters
    ----------
    segments : iterable of SegmentShares
        Those that may be shown (groups under five left out).
    language : {"en", "nl"}
    title : str
    anchored : bool
        Whether states are rungs.
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
        Without segments, or with an unknown layout.
    """
    check_layout(layout)
    segments = list(segments)
    if not segments:
        raise OptionError("no segments to draw", got="none", expected="at least one")
    frame, n_states = _CELLS[layout], len(segments[0].shares)
    drawn = np.concatenate([np.concatenate([s.shares, s.ci_upper]) for s in segments])
    top = max(0.1, float(np.nanmax(drawn)))
    heads, y = _column_heads(n_states, anchored, frame, language)
    row = frame.row + (0 if frame.beside else _LINE * -(-n_states // _IN_LINE))
    parts, last = [heads], None
    for segment in segments:
        if segment.attribute != last:
            last = segment.attribute
            words = last.replace("_", " ")
            parts.append(
                text(words[:1].upper() + words[1:], 0, y + 22, font_size=16, font_family=FONT_HEADING)
            )
            y += 32
        parts.append(_segment(segment, y, top, frame, language))
        y += row
    return picture(
        parts, identity=identity, title=title, description=_segments_in_words(segments, anchored, language),
        width=frame.width, height=y + 6, kind=layout,
    )  # fmt: skip


def _strip(
    result: LadderResult, k: int, name: str, y: float, top: float, frame: _Strips, language: Language
) -> str:
    base = y + 22 + frame.high
    xs = np.linspace(frame.left, frame.right, len(result.periods))

    def height(share: np.ndarray) -> np.ndarray:
        return base - frame.high * np.clip(share, 0.0, top) / top

    share = np.asarray(result.shares[:, k], dtype=float)
    low, high = (np.asarray(b[:, k], float) for b in (result.shares_ci_lower, result.shares_ci_upper))
    ink, parts = rung_colour(k, result.n_states), [text(name, frame.left, y + 14, font_size=14)]
    for part in (0.0, 0.5, 1.0):
        at = base - frame.high * part
        parts.append(element("path", d=f"M{frame.left:.1f} {at:.1f}H{frame.right:.1f}", **_line(part)))
        if part != 0.5:
            figure = format_value(part * top, "percent", language)
            parts.append(text(figure, frame.left - 6, at + 4, text_anchor="end", **SOFT))
    for run in _runs(np.isfinite(low) & np.isfinite(high)):
        if len(run) > 1:
            edge = _path(xs[run], height(high[run])) + "L" + _path(xs[run][::-1], height(low[run])[::-1])[1:]
            parts.append(element("path", d=edge + "Z", class_="interval", fill=ink, opacity=0.26))
    for run in _runs(np.isfinite(share)):
        line = _path(xs[run], height(share[run]))
        parts.append(element("path", d=line, fill="none", stroke=ink, stroke_width=2.2))
    if np.isfinite(share[-1]):
        at = float(height(share[-1:])[0])
        parts.append(element("circle", cx=frame.right, cy=at, r=3.2, fill=ink))
        parts.append(
            text(
                share_text(float(share[-1]), language),
                frame.right + 9,
                at + 5,
                font_weight="bold",
                font_size=14,
            )
        )
    return group(parts, class_="strip", data_state=k)


def _line(part: float) -> dict[str, object]:
    return {
        "stroke": colour("edge" if part == 0 else "line"),
        "stroke_dasharray": None if part == 0 else "2 4",
    }


def _path(xs: np.ndarray, ys: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _runs(known: np.ndarray) -> list[np.ndarray]:
    """Stretches without a gap: what is unknown is not bridged."""
    at = np.flatnonzero(known)
    return [run for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run)]


def _dates(result: LadderResult, y: float, frame: _Strips, language: Language) -> str:
    """Labels at every so many periods, counted back from the last, so that none touches another."""
    n_periods = len(result.periods)
    xs = np.linspace(frame.left, frame.right, n_periods)
    step, marks = -(-n_periods // frame.n_dates), []
    for i in range(n_periods - 1, -1, -step):
        month = short_month(str(result.periods[i])[:10], language)
        anchor = "start" if xs[i] < frame.left + 26 else "middle"
        marks += [
            element("path", d=f"M{xs[i]:.1f} {y - 12:.1f}v6", stroke=colour("edge")),
            text(month, xs[i], y + 10, text_anchor=anchor, **SOFT),
        ]
    return group(marks, class_="dates")


def short_month(day: str, language: Language) -> str:
    """A month in few characters.

    Examples
    --------
    >>> short_month("2026-03-01", "nl")
    'mrt 2026'
    """
    month, year = format_value(day, "month", language).split()
    return f"{'mrt' if month == 'maart' else month[:3]} {year}"


def _round_up(share: float) -> float:
    """The next round share, so that the axis ends on a figure one can read."""
    steps = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    return next(s for s in steps if s >= min(share, 1.0) - 1e-9)


def _column_heads(n_states: int, anchored: bool, frame: _Cells, language: Language) -> tuple[str, float]:
    names, columns = state_names(n_states, anchored, language), n_states if frame.beside else _IN_LINE
    wide, high = (frame.width - frame.left) / columns, 68.0 if frame.beside else 62.0
    parts = []
    for k, name in enumerate(names):
        x, y = frame.left + wide * (k % columns), high * (k // columns)
        number = str(k if anchored else k + 1)
        parts += [
            element("rect", x=x, y=y + 2, width=wide - 10, height=4.0, rx=2.0, fill=rung_colour(k, n_states)),
            text(number, x, y + 26, font_weight="bold", font_size=15),
            *(text(line, x, y + 43 + 15 * i, **SOFT) for i, line in enumerate(_two_lines(name, wide))),
        ]
    return group(parts, class_="heads"), high * -(-n_states // columns)


def _two_lines(name: str, width: float) -> list[str]:
    """A name that is wider than its column breaks at its last space."""
    if len(name) * 7.8 <= width or " " not in name:
        return [name]
    first, last = name.rsplit(" ", 1)
    return [first, last]


def _segment(segment: Any, y: float, top: float, frame: _Cells, language: Language) -> str:
    n_states = len(segment.shares)
    columns = n_states if frame.beside else _IN_LINE
    wide = (frame.width - frame.left) / columns
    first = y + (frame.row / 2 if frame.beside else 36)
    words_at = first + 5 if frame.beside else y + 17
    name = _short(str(segment.value), 20 if frame.beside else 34)
    n_people = format_value(segment.n_customers, "count", language)
    edge = frame.left - 16 if frame.beside else frame.width
    parts = [
        text(name, 0, words_at, font_size=14),
        text(n_people, edge, words_at, text_anchor="end", **SOFT),
    ]
    reach, intervals, figures = wide - frame.words - 4, "", []  # room for the figure
    for k, share in enumerate(segment.shares):
        x, middle = frame.left + wide * (k % columns), first + _LINE * (k // columns)
        if np.isfinite(share):
            parts.append(
                element(
                    "rect", x=x, y=middle - 6, width=float(share) * reach / top, height=12.0, rx=2.0,
                    fill=rung_colour(k, n_states), data_share=round(float(share), 6),
                )
            )  # fmt: skip
            intervals += _whisker(segment.ci_lower[k], segment.ci_upper[k], x, middle, reach / top)
            figures.append(text(share_text(float(share), language), x + reach + 3, middle + 5))
    if intervals:
        line = {"d": intervals, "fill": "none"}
        parts.append(element("path", **line, stroke=colour("page"), stroke_width=4))
        parts.append(element("path", **line, class_="interval", stroke=colour("text"), stroke_width=1.5))
    return group([*parts, group(figures)], class_="segment")


def _whisker(low: float, high: float, x: float, y: float, unit: float) -> str:
    """The path of an interval; empty where there is none."""
    if not np.isfinite([low, high]).all():
        return ""
    left, right = (x + max(float(bound), 0.0) * unit for bound in (low, high))
    return f"M{left:.1f} {y - 4:.1f}v8M{left:.1f} {y:.1f}H{right:.1f}M{right:.1f} {y - 4:.1f}v8"


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"


def _segments_in_words(segments: Sequence[Any], anchored: bool, language: Language) -> str:
    names = state_names(len(segments[0].shares), anchored, language)
    said = []
    for s in segments:
        k = int(np.nanargmax(s.shares))
        said.append(f"{s.attribute} {s.value}: {names[k]} {share_text(float(s.shares[k]), language)}")
    return "; ".join(said) + "."
