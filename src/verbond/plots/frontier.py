"""Steps by what they bring soon and what they bring later: on the line nothing else is better at both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.lettering import lines_of
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import colour
from verbond.results import Language
from verbond.results.wording import format_value

__all__ = ["FrontierDot", "draw_frontier"]

_STEPS = (1, 2, 2.5, 5, 10)
_APART, _ROUNDS = 23.0, 60
"""Pixels between the middles of two numbers, and how often they are pushed apart."""


@dataclass(frozen=True, slots=True)
class FrontierDot:
    """A step in the plane.

    Attributes
    ----------
    name : str
    across, up : (float, float, float)
        What it brings soon and later: lower end, value, upper end.
    number : int or None
        Its place in the plan; None for one that is not in it.
    best : bool
        No other is better at both.
    """

    name: str
    across: tuple[float, float, float]
    up: tuple[float, float, float]
    number: int | None = None
    best: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    top: float
    wide: float
    high: float
    beside: bool


_FRAMES = {"wide": _Frame(880, 64, 34, 460, 340, True), "tall": _Frame(360, 50, 34, 296, 280, False)}


@dataclass(frozen=True, slots=True)
class _Axis:
    """From `low` to `high` in steps of `step`; 0 lies on it."""

    low: float
    high: float
    step: float

    def share(self, value: float) -> float:
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        n = round((self.high - self.low) / self.step)
        return [self.low + i * self.step for i in range(n + 1)]


def draw_frontier(
    dots: Sequence[FrontierDot],
    *,
    title: str,
    axes: tuple[str, str],
    kinds: tuple[str, str] = ("number1", "number1"),
    others: str = "",
    description: str = "",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "frontier",
) -> str:
    """Draw what steps bring soon (to the right) against what they bring later (upwards).

    Steps of the plan are filled and carry their number, with their names beside the plane; others are open
    dots. Thin crosses are intervals; where they reach beyond the plane they end at its edge.

    Parameters
    ----------
    dots : sequence of FrontierDot
    title : str
        Name of the picture, for those who do not see it.
    axes : (str, str)
        What stands to the right and upwards.
    kinds : (str, str)
        How their figures are written: kinds of `verbond.results.wording`.
    others : str
        What the open dots are.
    description : str
        What is to be seen in words.
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
        Without dots, with figures that are no numbers, or an unknown layout.

    Examples
    --------
    >>> dot = FrontierDot("Call back", (-1, 0, 1), (1, 2, 3), 1)
    >>> draw_frontier([dot], title="Steps", axes=("soon", "later"))[:4]
    '<svg'
    """
    if not dots:
        raise OptionError("no steps to draw", got="none", expected="at least one")
    check_layout(layout)
    if not all(math.isfinite(v) for dot in dots for v in (*dot.across, *dot.up)):
        raise OptionError("figures that are no numbers", got=str(list(dots)), expected="finite numbers")
    frame = _FRAMES[layout]
    plane = (_axis([dot.across for dot in dots]), _axis([dot.up for dot in dots]))
    listed, height = _names(dots, frame, others)
    ours = sorted((dot for dot in dots if dot.number is not None), key=lambda dot: dot.number or 0)
    discs = _discs(ours, frame, plane)
    return picture(
        [
            _grid(frame, plane, axes, kinds, language),
            *_frontier(dots, frame, plane),
            *(_other(dot, frame, plane) for dot in dots if dot.number is None),
            *(_chosen(dot, disc, frame, plane) for dot, disc in zip(ours, discs, strict=True)),
            *listed,
        ],
        identity=identity, title=title, description=description, width=frame.width, height=height,
        kind=layout,
    )  # fmt: skip


def _axis(figures: Sequence[tuple[float, float, float]]) -> _Axis:
    """Every value and 0 are on it, and an interval as far as it is not many times wider than those."""
    values = [0.0, *(value for _, value, _ in figures)]
    least, most = min(values), max(values)
    room = max(most - least, 1e-9)
    least = max(min(low for low, _, _ in figures), least - room)
    most = min(max(high for _, _, high in figures), most + room)
    span = max(most - min(least, 0.0), 1e-9)
    unit = 10 ** math.floor(math.log10(span / 5))
    step = next(unit * s for s in _STEPS if unit * s * 5 >= span * 0.999)
    low = math.floor(min(least, 0.0) / step + 1e-9) * step
    return _Axis(low, max(math.ceil(max(most, 0.0) / step - 1e-9) * step, low + step), step)


def _place(frame: _Frame, plane: tuple[_Axis, _Axis], across: float, up: float) -> tuple[float, float]:
    x, y = plane
    return frame.left + frame.wide * x.share(across), frame.top + frame.high * (1 - y.share(up))


def _grid(
    frame: _Frame, plane: tuple[_Axis, _Axis], axes: tuple[str, str], kinds: tuple[str, str],
    language: Language,
) -> str:  # fmt: skip
    bottom, right, parts = frame.top + frame.high, frame.left + frame.wide, []
    for value in plane[0].ticks:
        x, _ = _place(frame, plane, value, plane[1].low)
        parts += [
            element("line", x1=x, x2=x, y1=frame.top, y2=bottom, **_rule(value)),
            text(format_value(value, kinds[0], language), x, bottom + 18, text_anchor="middle", **SOFT),
        ]
    for value in plane[1].ticks:
        _, y = _place(frame, plane, plane[0].low, value)
        parts += [
            element("line", x1=frame.left, x2=right, y1=y, y2=y, **_rule(value)),
            text(format_value(value, kinds[1], language), frame.left - 8, y + 4, text_anchor="end", **SOFT),
        ]
    parts += [
        text(axes[0], right, bottom + 40, text_anchor="end"),
        text(axes[1], 2, 16),
    ]
    return group(parts, class_="grid")


def _rule(value: float) -> dict[str, object]:
    if abs(value) < 1e-12:
        return {"stroke": colour("wood"), "stroke_width": 2}
    return {"stroke": colour("line"), "stroke_dasharray": "2 4"}


def _frontier(dots: Sequence[FrontierDot], frame: _Frame, plane: tuple[_Axis, _Axis]) -> list[str]:
    best = sorted((dot for dot in dots if dot.best), key=lambda dot: dot.across[1])
    if len(best) < 2:
        return []
    places = [_place(frame, plane, dot.across[1], dot.up[1]) for dot in best]
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)
    ink = {"stroke": colour("note"), "stroke_width": 2.2, "stroke_linejoin": "round"}
    return [element("path", d=path, class_="frontier", fill="none", stroke_dasharray="7 4", **ink)]


def _discs(
    dots: Sequence[FrontierDot], frame: _Frame, plane: tuple[_Axis, _Axis]
) -> list[tuple[float, float]]:
    """Where the numbers stand: at their dots, pushed apart where they would lie on one another."""
    places = [_place(frame, plane, dot.across[1], dot.up[1]) for dot in dots]
    for _ in range(_ROUNDS):
        for i, (x, y) in enumerate(places):
            for j in range(i):
                dx, dy = x - places[j][0], y - places[j][1]
                apart = math.hypot(dx, dy)
                if apart >= _APART:
                    continue
                angle = math.atan2(dy, dx) if apart > 1e-6 else 2.4 * i
                push = (_APART - apart) / 2
                x, y = x + push * math.cos(angle), y + push * math.sin(angle)
                places[j] = (places[j][0] - push * math.cos(angle), places[j][1] - push * math.sin(angle))
            places[i] = (x, y)
    return places


def _chosen(dot: FrontierDot, disc: tuple[float, float], frame: _Frame, plane: tuple[_Axis, _Axis]) -> str:
    """A step of the plan: where it lies, its interval, its number (beside it where others lie there too)."""
    x, y = _place(frame, plane, dot.across[1], dot.up[1])
    left, right = (_place(frame, plane, v, dot.up[1])[0] for v in (dot.across[0], dot.across[2]))
    low, high = (_place(frame, plane, dot.across[1], v)[1] for v in (dot.up[0], dot.up[2]))
    ink = {"stroke": colour("accent"), "stroke_width": 1.2}
    cross = f"M{left:.2f} {y:.2f}H{right:.2f}M{x:.2f} {low:.2f}V{high:.2f}"
    parts = [
        element("path", d=cross, class_="interval", fill="none", opacity=0.55, **ink),
        element("circle", cx=x, cy=y, r=3.5, fill=colour("accent")),
    ]
    if math.hypot(disc[0] - x, disc[1] - y) > 1:
        parts.append(element("line", x1=x, y1=y, x2=disc[0], y2=disc[1], **ink))
    parts += [
        element("circle", cx=disc[0], cy=disc[1], r=10.5, fill=colour("accent"), stroke=colour("page")),
        text(
            str(dot.number), disc[0], disc[1] + 4.5, text_anchor="middle", font_weight="bold",
            fill=colour("page"),
        ),
    ]  # fmt: skip
    return group(parts, class_="step", data_name=dot.name)


def _other(dot: FrontierDot, frame: _Frame, plane: tuple[_Axis, _Axis]) -> str:
    x, y = _place(frame, plane, dot.across[1], dot.up[1])
    ink = {"fill": colour("page"), "stroke": colour("text-soft"), "stroke_width": 1.6}
    return group([element("circle", cx=x, cy=y, r=4.5, **ink)], class_="other", data_name=dot.name)


def _names(dots: Sequence[FrontierDot], frame: _Frame, others: str) -> tuple[list[str], float]:
    """Numbers with names, beside the plane or under it, and the height of the picture."""
    foot = frame.top + frame.high + 54
    x = frame.left + frame.wide + 34 if frame.beside else 14.0
    y, parts = (frame.top + 10 if frame.beside else foot + 12), []
    room = frame.width - x - 30
    for dot in sorted((d for d in dots if d.number is not None), key=lambda d: d.number or 0):
        parts += [
            element("circle", cx=x + 9, cy=y - 4.5, r=9, fill=colour("accent")),
            text(
                str(dot.number), x + 9, y, text_anchor="middle", font_weight="bold", fill=colour("page"),
                font_size=12,
            ),
        ]  # fmt: skip
        for line in lines_of(dot.name, room, 13):
            parts.append(text(line, x + 26, y))
            y += 17
        y += 8
    if others and any(dot.number is None for dot in dots):
        ink = {"fill": colour("page"), "stroke": colour("text-soft"), "stroke_width": 1.6}
        parts.append(element("circle", cx=x + 9, cy=y - 4.5, r=4.5, **ink))
        for line in lines_of(others, room, 13):
            parts.append(text(line, x + 26, y, **SOFT))
            y += 17
    return parts, max(y + 4, foot)
