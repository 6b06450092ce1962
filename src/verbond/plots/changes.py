"""Changes with intervals: what was added and what was lost, to the right and to the left of nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.rows import rows_by_group
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import colour
from verbond.results import Language
from verbond.results.wording import format_value

__all__ = ["Change", "draw_changes"]

_FOOT = 28.0
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes
    ----------
    label : str
    value, ci_lower, ci_upper : float
    note : str
        Small words behind the figures.
    group : str
        Those of a group stand together under its name.
    good : bool or None
        Whether more is good news; None where it is neither.
    """

    label: str
    value: float
    ci_lower: float
    ci_upper: float
    note: str = ""
    group: str = ""
    good: bool | None = True

    @property
    def certain(self) -> bool:
        """The interval leaves out no change."""
        return self.ci_lower > 0 or self.ci_upper < 0

    @property
    def colour(self) -> str:
        """A meaning of the tokens: soft where there may be no change."""
        if not self.certain:
            return "text-soft"
        if self.good is None:
            return "accent"
        return "up" if (self.value > 0) == self.good else "block"


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    right: float
    row: float
    thick: float
    beside: bool  # words stand beside the bar, else above it


_FRAMES = {"wide": _Frame(880, 280, 616, 44, 18, True), "tall": _Frame(360, 14, 346, 76, 16, False)}


def draw_changes(
    changes: Sequence[Change],
    *,
    title: str,
    kind: str = "number0",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "changes",
) -> str:
    """Draw changes as bars from 0 with intervals, in the order given.

    A bar is filled where its interval leaves out 0, and open where there may be no change at all.

    Parameters
    ----------
    changes : sequence of Change
        In one unit.
    title : str
        Name of the picture, for those who do not see it.
    kind : str
        How a figure is written: a kind of `verbond.results.wording`.
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
        Without changes, with an unknown layout, or where an interval does not hold its value.

    Examples
    --------
    >>> svg = draw_changes([Change("Price", -120.0, -200.0, -40.0)], title="Revenue")
    >>> svg[:4], "−120" in svg
    ('<svg', True)
    """
    if not changes:
        raise OptionError("no changes to draw", got="none", expected="at least one")
    check_layout(layout)
    if any(not -math.inf < c.ci_lower <= c.value <= c.ci_upper < math.inf for c in changes):
        raise OptionError(
            "changes outside their interval", got=str(list(changes)), expected="lower <= value <= upper"
        )
    frame = _FRAMES[layout]
    ends = min(0.0, *(c.ci_lower for c in changes)), max(0.0, *(c.ci_upper for c in changes))
    rows, y = rows_by_group(changes, frame, lambda one, y: _row(one, y, frame, ends, kind, language))
    return picture(
        [_grid(frame, y, ends, kind, language), *rows],
        identity=identity,
        title=title,
        description="; ".join(_in_words(one, kind, language) for one in changes) + ".",
        width=frame.width,
        height=y + _FOOT,
        kind=layout,
    )


def _x(value: float, frame: _Frame, ends: tuple[float, float]) -> float:
    low, high = ends
    return frame.left + (frame.right - frame.left) * (value - low) / ((high - low) or 1.0)


def _figure(value: float, kind: str, language: Language, *, plus: bool = True) -> str:
    written = format_value(value, kind, language)
    if value > 0 and plus and written.strip("0.,%"):
        return f"+{written}"
    return written.replace("-", "−", 1)


def _interval(one: Change, kind: str, language: Language) -> str:
    low, high = (_figure(v, kind, language) for v in (one.ci_lower, one.ci_upper))
    return f"{low} … {high}"


def _grid(frame: _Frame, bottom: float, ends: tuple[float, float], kind: str, language: Language) -> str:
    parts, step = [], _step(ends[1] - ends[0], 4 if frame.beside else 3)
    for n in range(math.ceil(ends[0] / step), math.floor(ends[1] / step) + 1):
        x, zero = _x(n * step, frame, ends), n == 0
        style = {"stroke": colour("text-soft" if zero else "line"), "stroke_width": 1.6 if zero else 1}
        dash = None if zero else "2 4"
        parts.append(element("line", x1=x, x2=x, y1=4.0, y2=bottom, stroke_dasharray=dash, **style))
        words, room = _figure(n * step, kind, language), 22.0
        anchor = "start" if x < frame.left + room else ("end" if x > frame.right - room else "middle")
        soft = {"font_size": 13, "fill": colour("text-soft")}
        parts.append(text(words, x, bottom + 17, text_anchor="middle" if frame.beside else anchor, **soft))
    return group(parts, class_="grid")


def _step(width: float, n: int) -> float:
    """A round step of which about n fit."""
    rough = (width or 1.0) / n
    ten = 10.0 ** math.floor(math.log10(rough))
    return next(ten * s for s in _STEPS if ten * s >= rough * 0.999)


def _row(
    one: Change, y: float, frame: _Frame, ends: tuple[float, float], kind: str, language: Language
) -> str:
    top = y + (8 if frame.beside else 25)
    zero, at, low, high = (_x(v, frame, ends) for v in (0.0, one.value, one.ci_lower, one.ci_upper))
    middle, ink = top + frame.thick / 2, colour(one.colour)
    path = f"M{low:.2f} {middle - 6:.1f}v12M{low:.2f} {middle:.1f}H{high:.2f}M{high:.2f} {middle - 6:.1f}v12"
    parts = [
        _words(one, y, middle, frame, kind, language),
        element(
            "rect", x=min(zero, at), y=top, width=abs(at - zero), height=frame.thick, stroke=ink,
            stroke_width=1.6, rx=min(3.0, abs(at - zero) / 2), fill=ink if one.certain else "none",
        ),
        element("path", d=path, fill="none", stroke=colour("page"), stroke_width=4.5),
        element("path", d=path, class_="interval", fill="none", stroke=colour("text"), stroke_width=1.8),
    ]  # fmt: skip
    return group(
        parts, class_="change", data_value=round(one.value, 6), data_certain=str(one.certain).lower()
    )


def _words(one: Change, y: float, middle: float, frame: _Frame, kind: str, language: Language) -> str:
    figures = [
        span(_figure(one.value, kind, language), font_weight="bold", font_size=15),
        span("  " + _interval(one, kind, language), fill=colour("text-soft")),
    ]
    if frame.beside:
        label = text(one.label, frame.left - 14, middle + 5, text_anchor="end", font_size=14)
        beside = frame.right + 14
        return (
            label
            + text(figures, beside, middle + (0 if one.note else 5))
            + text(one.note, beside, middle + 16, **SOFT)
        )
    halo = {
        "paint_order": "stroke",
        "stroke": colour("page"),
        "stroke_width": 4,
    }  # over the lines of the grid
    return (
        text(one.label, frame.left, y + 17, font_size=14, **halo)
        + text(one.note, frame.right, y + 17, text_anchor="end", **SOFT, **halo)
        + text(figures, frame.left, y + 60, **halo)
    )


def _in_words(one: Change, kind: str, language: Language) -> str:
    name = f"{one.group}, {one.label}" if one.group else one.label
    return f"{name}: {_figure(one.value, kind, language)} ({_interval(one, kind, language)})"
