"""A sheet: areas, lines and boxes with words, placed once and written by several hands.

What stands where is decided here and in no format: the same sheet becomes an SVG, a page of a PDF, and shapes
on a slide that people change afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from verbond.plots.lettering import LEADING, Fitted
from verbond.plots.svg import element, group, picture, text
from verbond.plots.tokens import FONT_BODY, FONT_HEADING, colour

__all__ = ["Area", "Box", "Letters", "Part", "Rule", "Sheet", "arc", "draw_sheet", "head_of"]

Point = tuple[float, float]
_ASCENT = 0.97
"""From the top of a line to its foot, in sizes of the type."""


@dataclass(frozen=True, slots=True)
class Area:
    """A plane with an outline.

    Attributes
    ----------
    points : tuple of (float, float)
    fill, stroke : str
        Meanings of colours; "" for none.
    stroke_width : float
    dashed : bool
    name : str
        What it is, for who changes it on a slide.
    """

    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 1.0
    dashed: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line, with a head where it points somewhere."""

    points: tuple[Point, ...]
    stroke: str = "line"
    stroke_width: float = 1.0
    head: bool = False


@dataclass(frozen=True, slots=True)
class Letters:
    """A paragraph in a box.

    Attributes
    ----------
    lines : tuple of str
    size : float
    ink : str
        Meaning of a colour.
    bold, serif : bool
    align : {"start", "middle", "end"}
    level : int
        Of a heading; 0 for none.
    above : float
        Kept free above it.
    aside : float
        Kept free at its end.
    words : str
        What the lines say, where it is more than one line.
    """

    lines: tuple[str, ...]
    size: float
    ink: str = "text"
    bold: bool = False
    serif: bool = False
    align: Literal["start", "middle", "end"] = "start"
    level: int = 0
    above: float = 0.0
    aside: float = 0.0
    words: str = ""

    @classmethod
    def of(cls, found: Fitted, **style: object) -> Letters:
        """Of words that were fitted."""
        return cls(found.lines, found.size, words=found.words, **style)  # type: ignore[arg-type]

    @property
    def said(self) -> str:
        """What it says, in one line."""
        return self.words or " ".join(self.lines)

    @property
    def height(self) -> float:
        """With what is kept free above."""
        return self.above + len(self.lines) * self.size * LEADING


@dataclass(frozen=True, slots=True)
class Box:
    """Words in a rectangle, which may be seen or not.

    Attributes
    ----------
    x, y, width, height : float
    letters : tuple of Letters
        From the top down.
    fill, stroke : str
        Meanings of colours; "" for none.
    stroke_width, radius : float
    dashed : bool
    pad : float
        Kept free at all four sides.
    middle : bool
        Words stand halfway up.
    name : str
    """

    x: float
    y: float
    width: float
    height: float
    letters: tuple[Letters, ...] = ()
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 1.0
    radius: float = 0.0
    dashed: bool = False
    pad: float = 0.0
    middle: bool = False
    name: str = ""

    @property
    def top(self) -> float:
        """Where its first words begin."""
        free = self.height - sum(one.height for one in self.letters)
        return self.y + (free / 2 if self.middle else self.pad)


Part = Area | Rule | Box


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a page.

    Attributes
    ----------
    width, height : float
    title, description : str
        What a screen reader says in place of it.
    language : str
    parts : tuple
        In the order in which one reads them.
    """

    width: float
    height: float
    title: str
    description: str
    language: str
    parts: tuple[Part, ...] = field(default=())


def arc(x: float, y: float, radius: float, begin: float, end: float, step: float = 3.0) -> list[Point]:
    """Points on a circle, from one angle to another; degrees, clockwise from the right."""
    n = max(2, math.ceil(abs(end - begin) / step))
    angles = (math.radians(begin + (end - begin) * k / n) for k in range(n + 1))
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def draw_sheet(sheet: Sheet, *, identity: str, name: str) -> str:
    """A sheet as an SVG.

    Parameters
    ----------
    sheet : Sheet
    identity : str
        Begins every id inside.
    name : str
        Of its class.
    """
    return picture(
        [_written(part) for part in sheet.parts],
        identity=identity,
        title=sheet.title,
        description=sheet.description,
        width=sheet.width,
        height=sheet.height,
        kind=name,
        font_size=None,
        lang=sheet.language or None,
    )


def _written(part: Part) -> str:
    if isinstance(part, Box):
        return _box(part)
    style = {
        "stroke": colour(part.stroke) if part.stroke else None,
        "stroke_width": part.stroke_width if part.stroke else None,
        "stroke_linejoin": "round",
    }
    if isinstance(part, Area):
        dash = f"{5 * part.stroke_width} {3 * part.stroke_width}" if part.dashed else None
        return element(
            "path",
            d=_path(part.points) + "Z",
            fill=colour(part.fill) if part.fill else "none",
            stroke_dasharray=dash,
            **style,
        )
    line = element("path", d=_path(part.points), fill="none", stroke_linecap="round", **style)
    if not part.head:
        return line
    return line + element("path", d=_path(head_of(part)) + "Z", fill=colour(part.stroke))


def head_of(rule: Rule) -> list[Point]:
    """The corners of the head of a line."""
    (x0, y0), (x, y) = rule.points[-2:]
    length = math.hypot(x - x0, y - y0) or 1.0
    dx, dy, size = (x - x0) / length, (y - y0) / length, 4.2 * rule.stroke_width
    return [
        (x + dx * size, y + dy * size),
        (x - dy * size * 0.8, y + dx * size * 0.8),
        (x + dy * size * 0.8, y - dx * size * 0.8),
    ]


def _path(points: Sequence[Point]) -> str:
    return "".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))


def _box(box: Box) -> str:
    parts = list(_words(box))
    if box.fill or box.stroke:
        parts.insert(
            0,
            element(
                "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=box.radius or None,
                fill=colour(box.fill) if box.fill else "none",
                stroke=colour(box.stroke) if box.stroke else None,
                stroke_width=box.stroke_width if box.stroke else None,
                stroke_dasharray="4 3" if box.dashed else None,
            ),
        )  # fmt: skip
    return group(parts, class_=box.name or None) if len(parts) > 1 else "".join(parts)


def _words(box: Box) -> Iterator[str]:
    y = box.top
    for one in box.letters:
        y += one.above
        x = {"start": box.x + box.pad, "middle": box.x + box.width / 2, "end": box.x + box.width - box.pad}
        for n, line in enumerate(one.lines):
            yield text(
                line,
                x[one.align],
                y + one.size * (n * LEADING + _ASCENT),
                font_size=one.size,
                font_family=FONT_HEADING if one.serif else FONT_BODY,
                font_weight="bold" if one.bold else None,
                text_anchor=None if one.align == "start" else one.align,
                fill=None if one.ink == "text" else colour(one.ink),
            )
        y += len(one.lines) * one.size * LEADING
