"""Odds ratios with intervals: what goes with climbing and with falling, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.rows import rows_by_group
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = ["Odds", "draw_odds"]

_MARKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_FOOT = 44.0


@dataclass(frozen=True, slots=True)
class Odds:
    """One odds ratio.

    Attributes
    ----------
    label : str
    ratio, ci_lower, ci_upper : float
        Above 0; 1 is no difference.
    note : str
        Small words behind the figures.
    group : str
        Those of a group stand together under its name.
    good : bool
        Whether more often is good news.
    """

    label: str
    ratio: float
    ci_lower: float
    ci_upper: float
    note: str = ""
    group: str = ""
    good: bool = True

    @property
    def certain(self) -> bool:
        """The interval leaves out no difference."""
        return self.ci_lower > 1 or self.ci_upper < 1

    @property
    def colour(self) -> str:
        """A meaning of the tokens: soft where there may be no difference."""
        if not self.certain:
            return "text-soft"
        return "up" if (self.ratio > 1) == self.good else "block"


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    right: float
    row: float
    beside: bool  # words stand beside the line, else above it


_FRAMES = {"wide": _Frame(880, 292, 690, 44, True), "tall": _Frame(360, 14, 346, 66, False)}


def draw_odds(
    odds: Sequence[Odds],
    *,
    title: str,
    ends: tuple[str, str] | None = None,
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "odds",
) -> str:
    """Draw odds ratios as points with intervals on a ratio scale, in the order given.

    A point is filled where its interval leaves out 1, and open where there may be no difference at all; so
    certainty does not hang on colour.

    Parameters
    ----------
    odds : sequence of Odds
    title : str
        Name of the picture, for those who do not see it.
    ends : (str, str), optional
        What left and right of no difference mean; by default less often and more often.
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
        Without odds, with an unknown layout, or where a ratio is not above 0.

    Examples
    --------
    >>> svg = draw_odds([Odds("Invitation", 1.6, 1.2, 2.1)], title="Climbing")
    >>> svg[:4], "× 1.6" in svg
    ('<svg', True)
    """
    if not odds:
        raise OptionError("no odds to draw", got="none", expected="at least one")
    check_layout(layout)
    if any(not 0 < o.ci_lower <= o.ratio <= o.ci_upper < math.inf for o in odds):
        raise OptionError(
            "odds that are no odds", got=str(list(odds)), expected="0 < lower <= ratio <= upper"
        )
    frame, reach = _FRAMES[layout], _reach(odds)
    rows, y = rows_by_group(odds, frame, lambda one, y: _row(one, y, frame, reach, language))
    return picture(
        [_grid(frame, y, reach, language, ends), *rows],
        identity=identity,
        title=title,
        description="; ".join(_in_words(one, language) for one in odds) + ".",
        width=frame.width,
        height=y + _FOOT,
        kind=layout,
    )


def _reach(odds: Sequence[Odds]) -> float:
    """The ratio at the right edge: the widest interval fits, from two times up to ten."""
    widest = max(max(o.ci_upper, 1 / o.ci_lower) for o in odds)
    return min(max(widest * 1.05, 2.0), 10.0)


def _x(ratio: float, frame: _Frame, reach: float) -> float:
    part = math.log(min(max(ratio, 1 / reach), reach)) / math.log(reach)
    return frame.left + (frame.right - frame.left) * (1 + part) / 2


def _ratio(value: float, language: Language) -> str:
    kind = "number2" if value < 1.1 else "number1"  # on which side of 1 must be seen
    return f"× {format_value(value, kind, language)}"


def _interval(one: Odds, language: Language) -> str:
    low, high = (_ratio(v, language).removeprefix("× ") for v in (one.ci_lower, one.ci_upper))
    return f"{low}–{high}"


def _grid(
    frame: _Frame, bottom: float, reach: float, language: Language, ends: tuple[str, str] | None
) -> str:
    parts = []
    for mark in _MARKS:
        if not 1 / reach * 0.999 <= mark <= reach * 1.001:
            continue
        x, whole = _x(mark, frame, reach), mark == 1.0
        style = {"stroke": colour("text-soft" if whole else "line"), "stroke_width": 1.6 if whole else 1}
        dash = None if whole else "2 4"
        parts.append(element("line", x1=x, x2=x, y1=4.0, y2=bottom, stroke_dasharray=dash, **style))
        words = f"× {format_value(mark, 'number0' if mark >= 1 else 'number1', language)}"
        parts.append(
            text(words, x, bottom + 17, text_anchor="middle", font_size=13, fill=colour("text-soft"))
        )
    less, more = ends or [sentence(f"report.odds_{word}", language) for word in ("less", "more")]
    for x, anchor, words in ((frame.left, "start", less), (frame.right, "end", more)):
        parts.append(text(words, x, bottom + 36, text_anchor=anchor, font_size=13, fill=colour("text-soft")))
    return group(parts, class_="grid")


def _row(one: Odds, y: float, frame: _Frame, reach: float, language: Language) -> str:
    middle = y + (17 if frame.beside else 36)
    low, high, at = (_x(v, frame, reach) for v in (one.ci_lower, one.ci_upper, one.ratio))
    line = {"fill": "none", "stroke_linecap": "round"}
    path = f"M{low:.2f} {middle:.1f}H{high:.2f}"
    parts = [
        _words(one, y, middle, frame, language),
        element("path", d=path, class_="interval", stroke=colour(one.colour), stroke_width=2.4, **line),
        element(
            "circle", cx=at, cy=middle, r=6.5, stroke=colour(one.colour), stroke_width=2.4,
            fill=colour(one.colour if one.certain else "page"),
        ),
    ]  # fmt: skip
    return group(parts, class_="odds", data_ratio=round(one.ratio, 6), data_certain=str(one.certain).lower())


def _words(one: Odds, y: float, middle: float, frame: _Frame, language: Language) -> str:
    figures = [
        span(_ratio(one.ratio, language), font_weight="bold", font_size=15),
        span("  " + _interval(one, language), fill=colour("text-soft")),
    ]
    if frame.beside:
        label = text(one.label, frame.left - 14, middle + 5, text_anchor="end", font_size=14)
        beside = frame.right + 14
        return label + text(figures, beside, middle) + text(one.note, beside, middle + 16, **SOFT)
    label = text(one.label, frame.left, y + 17, font_size=14)
    return label + text(figures, frame.right, y + 17, text_anchor="end")


def _in_words(one: Odds, language: Language) -> str:
    name = f"{one.group}, {one.label}" if one.group else one.label
    return f"{name}: {_ratio(one.ratio, language)} ({_interval(one, language)})"
