"""Pictures of the values room: the map of people's own answers, and the contour of a response surface."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from verbond.method import CIRCLE, CIRCLE_19, Text
from verbond.plots.svg import element, group, picture, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.values import CircleResult, PlacedValue, SurfaceResult

__all__ = ["draw_contour", "draw_value_map"]

_WIDTH, _MIDDLE, _MIDDLE_Y, _RADIUS = 372.0, 186.0, 150.0, 86.0
_SIDE_COLOURS = {
    "self_transcendence": "rung-3",
    "openness": "rung-1",
    "self_enhancement": "block",
    "conservation": "rung-4",
}
_PLOT, _LEFT, _TOP = 236.0, 62.0, 14.0
_GRID, _BANDS = 118, 7


def draw_value_map(circle: CircleResult, *, language: Language = "en", identity: str = "value-map") -> str:
    """Draw where each value lies by people's own answers, on the circle of the theory.

    The nearer two dots, the more the two values go together among these people; the clouds are where a dot
    would lie in other samples of them.

    Parameters
    ----------
    circle : CircleResult
    language : {"en", "nl"}
    identity : str
        Begins every id inside.

    Returns
    -------
    str
        SVG.
    """
    known = {v.id: v for v in (*CIRCLE_19, *CIRCLE)}
    reach = max(1.0, *(math.hypot(row.x, row.y) for row in circle.values))
    unit = _RADIUS / reach
    ring = element(
        "circle", cx=_MIDDLE, cy=_MIDDLE_Y, r=unit, fill="none", stroke=colour("line"), stroke_width=1.2,
        stroke_dasharray="3 4",
    )  # fmt: skip
    inks = [
        colour(_SIDE_COLOURS[known[row.value].higher_order] if row.value in known else "accent")
        for row in circle.values
    ]
    clouds = [_cloud(row, unit, ink) for row, ink in zip(circle.values, inks, strict=True)]
    dots = [
        element("circle", cx=x, cy=y, r=4.4, fill=ink, stroke=colour("page"), stroke_width=1)
        for (x, y), ink in zip((_at(row.x, row.y, unit) for row in circle.values), inks, strict=True)
    ]
    names = {row.value: _name(row.value, known, language) for row in circle.values}
    return picture(
        [ring, group(c for c in clouds if c), group(_labels(circle, names, unit)), group(dots)],
        identity=identity,
        title=sentence("report.picture_value_map", language),
        description="; ".join(f"{names[v]} {round(circle.angles[v])}°" for v in circle.order) + ".",
        width=_WIDTH,
        height=2 * _MIDDLE_Y,
        kind="circle",
    )


def _at(x: float, y: float, unit: float) -> tuple[float, float]:
    """Universalism on top, the theory's order clockwise, as on the value circle."""
    return _MIDDLE + unit * y, _MIDDLE_Y - unit * x


def _cloud(row: PlacedValue, unit: float, ink: str) -> str:
    if row.region is None:
        return ""
    x, y, long, short, turn = row.region
    cx, cy = _at(x, y, unit)
    return element(
        "ellipse", cx=cx, cy=cy, rx=long * unit, ry=short * unit, fill=ink, fill_opacity=0.14,
        transform=f"rotate({turn - 90:.1f} {cx:.1f} {cy:.1f})",
    )  # fmt: skip


def _name(value: str, known: dict, language: Language) -> str:
    return known[value].name.say(language) if value in known else value


def _labels(circle: CircleResult, names: dict[str, str], unit: float) -> list[str]:
    """Names outside the dots, those of one side pushed apart so that none lies on another."""
    words = []
    for right in (True, False):
        rows = [r for r in circle.values if (_at(r.x, r.y, unit)[0] >= _MIDDLE) == right]
        rows.sort(key=lambda r: _at(r.x, r.y, unit)[1])
        heights = _apart([_at(r.x, r.y, unit)[1] for r in rows], 15.0)
        for row, height in zip(rows, heights, strict=True):
            x, y = _at(row.x, row.y, unit)
            room = math.sqrt(max(_RADIUS**2 - (height - _MIDDLE_Y) ** 2, 0.0)) + 14
            label_x = _MIDDLE + room if right else _MIDDLE - room
            if abs(label_x - x) > 12 or abs(height - y) > 4:
                words.append(
                    element("line", x1=x, y1=y, x2=label_x, y2=height, stroke=colour("line"), stroke_width=1)
                )
            words.append(
                text(
                    names[row.value], label_x + (4 if right else -4), height + 4.5,
                    text_anchor="start" if right else "end", font_family=FONT_HEADING, font_size=13,
                )
            )  # fmt: skip
    return words


def _apart(heights: list[float], least: float) -> list[float]:
    """Heights in order, moved as little as keeps them `least` apart: averages of blocks."""
    blocks: list[list[float]] = []
    for i, height in enumerate(heights):
        blocks.append([height - i * least])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2].extend(blocks.pop())
    level = [float(np.mean(block)) for block in blocks for _ in block]
    return [base + i * least for i, base in enumerate(level)]


def draw_contour(
    surface: SurfaceResult,
    *,
    value: Text | None = None,
    outcome: Text | None = None,
    language: Language = "en",
    identity: str = "contour",
) -> str:
    """Draw a response surface from above: darker is more of the outcome.

    Along the line from corner to corner, what people see equals what they hold.

    Parameters
    ----------
    surface : SurfaceResult
    value, outcome : Text, optional
        What own and seen are about, and the outcome, as people call them; by default the columns' names.
    language : {"en", "nl"}
    identity : str

    Returns
    -------
    str
        SVG.
    """
    low = min(surface.extent[0], surface.extent[2])
    high = max(surface.extent[1], surface.extent[3])
    edges = np.linspace(low, high, _GRID + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    own, seen = np.meshgrid(middles, middles)
    level = surface.predict(surface.centre + surface.unit * own, surface.centre + surface.unit * seen)
    inside = _inside(surface, own, seen)
    least, most = float(level[inside].min()), float(level[inside].max())
    band = np.clip(((level - least) / max(most - least, 1e-12) * _BANDS).astype(int), 0, _BANDS - 1)
    name = outcome.say(language) if outcome is not None else surface.outcome
    about = {"value": value, "outcome": name}
    own_name, seen_name = (
        (sentence(f"report.axis_{side}", language, **about) if value is not None else column)
        for side, column in (("own", surface.own), ("seen", surface.seen))
    )
    ends = {
        "outcome": name, "low": format_value(least, "number1", language),
        "high": format_value(most, "number1", language),
    }  # fmt: skip
    return picture(
        [
            group(_cells(np.where(inside, band, -1))),
            element("rect", x=_LEFT, y=_TOP, width=_PLOT, height=_PLOT, fill="none", stroke=colour("edge")),
            element(
                "line", x1=_LEFT, y1=_TOP + _PLOT, x2=_LEFT + _PLOT, y2=_TOP, stroke=colour("text"),
                stroke_width=1.6, stroke_dasharray="5 4",
            ),
            *_axis_words(own_name, seen_name, language),
            *_legend(ends, language),
        ],
        identity=identity,
        title=sentence("report.picture_contour", language, outcome=name),
        description=surface.reasons[0].sentence(language) if surface.reasons else "",
        width=_WIDTH,
        height=_TOP + _PLOT + 92,
        kind="contour",
    )  # fmt: skip


def _inside(surface: SurfaceResult, own: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Where answers are: nothing is drawn beyond what people said."""
    x0, x1, y0, y1 = surface.extent
    return (own >= x0) & (own <= x1) & (seen >= y0) & (seen <= y1)


def _cells(band: np.ndarray) -> list[str]:
    """A path a band, of the runs of its cells; seen upwards."""
    size = _PLOT / _GRID
    runs: dict[int, list[str]] = {}
    for i, row in enumerate(band):
        starts = np.flatnonzero(np.diff(row, prepend=row[0] - 1))
        for start, end in zip(starts, [*starts[1:], _GRID], strict=True):
            x, y = _LEFT + start * size, _TOP + (_GRID - 1 - i) * size
            width = (end - start) * size
            run = f"M{x:.1f} {y:.1f}h{width:.1f}v{size:.1f}h-{width:.1f}z"
            runs.setdefault(int(row[start]), []).append(run)
    return [
        element(
            "path", d="".join(parts), fill=colour("accent"), fill_opacity=_opacity(level),
            shape_rendering="crispEdges",
        )
        for level, parts in sorted(runs.items())
        if level >= 0
    ]  # fmt: skip


def _opacity(band: int) -> float:
    return 0.08 + 0.72 * band / (_BANDS - 1)


def _axis_words(own: str, seen: str, language: Language) -> list[str]:
    middle_y = _TOP + _PLOT / 2
    less, more = sentence("report.axis_less", language), sentence("report.axis_more", language)
    soft = {"font_size": 12, "fill": colour("text-soft")}
    return [
        text(own, _LEFT + _PLOT / 2, _TOP + _PLOT + 34, text_anchor="middle"),
        text(less, _LEFT, _TOP + _PLOT + 16, **soft),
        text(more, _LEFT + _PLOT, _TOP + _PLOT + 16, text_anchor="end", **soft),
        text(seen, 16, middle_y, text_anchor="middle", transform=f"rotate(-90 16 {middle_y})"),
        text(less, _LEFT - 6, _TOP + _PLOT, text_anchor="end", **soft),
        text(more, _LEFT - 6, _TOP + 10, text_anchor="end", **soft),
    ]


def _legend(ends: dict[str, str], language: Language) -> list[str]:
    top = _TOP + _PLOT + 50
    boxes = [
        element(
            "rect", x=_LEFT + 22 * b, y=top, width=22, height=12, fill=colour("accent"),
            fill_opacity=_opacity(b),
        )
        for b in range(_BANDS)
    ]  # fmt: skip
    said = sentence("report.contour_legend", language, **ends)
    return [*boxes, text(said, _LEFT, top + 30, font_size=12, fill=colour("text-soft"))]
