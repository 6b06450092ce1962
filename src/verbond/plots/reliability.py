"""Predicted chances beside what happened: on the diagonal they are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence

__all__ = ["Chance", "draw_reliability"]


@dataclass(frozen=True, slots=True)
class Chance:
    """Predictions with about the same chance, and how often it happened.

    Attributes
    ----------
    predicted, observed, ci_lower, ci_upper : float
        0..1.
    """

    predicted: float
    observed: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    top: float
    side: float


_FRAMES = {"wide": _Frame(560, 76, 12, 380), "tall": _Frame(360, 56, 12, 280)}


def draw_reliability(
    chances: Sequence[Chance],
    *,
    title: str,
    description: str = "",
    axes: tuple[str, str] | None = None,
    curve: Sequence[tuple[float, float]] = (),
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "reliability",
) -> str:
    """Draw a reliability diagram: predicted chance to the right, share that happened upwards.

    Parameters
    ----------
    chances : sequence of Chance
    title : str
        Name of the picture, for those who do not see it.
    description : str
        What is to be seen; by default the chances in words.
    axes : (str, str), optional
        What stands to the right and upwards, where it is no predicted chance and how often it happened.
    curve : sequence of (predicted, observed)
        A line through the points, from left to right.
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
        Without chances, with an unknown layout, or where one is no chance.

    Examples
    --------
    >>> draw_reliability([Chance(0.2, 0.25, 0.2, 0.3)], title="Purchases")[:4]
    '<svg'
    """
    if not chances:
        raise OptionError("no chances to draw", got="none", expected="at least one")
    check_layout(layout)
    if any(not 0 <= v <= 1 for c in chances for v in (c.predicted, c.observed, c.ci_lower, c.ci_upper)):
        raise OptionError("chances that are no chances", got=str(list(chances)), expected="0..1")
    frame, reach = _FRAMES[layout], _reach(chances)
    said = "; ".join(
        sentence("report.chance_said", language, predicted=c.predicted, observed=c.observed) for c in chances
    )
    return picture(
        [
            *_grid(frame, reach, axes, language),
            *_line(curve, frame, reach),
            *(_point(c, frame, reach) for c in chances),
        ],
        identity=identity,
        title=title,
        description=description or f"{said}.",
        width=frame.width,
        height=frame.top + frame.side + 52,
        kind=layout,
    )


def _reach(chances: Sequence[Chance]) -> float:
    """The end of both axes: 5, 10, 20, 50 or 100%."""
    widest = max(max(c.predicted, c.ci_upper) for c in chances)
    return next(end for end in (0.05, 0.1, 0.2, 0.5, 1.0) if widest <= end)


def _place(value: float, frame: _Frame, reach: float) -> tuple[float, float]:
    """Right of the left edge, and above the bottom."""
    along = frame.side * value / reach
    return frame.left + along, frame.top + frame.side - along


def _line(curve: Sequence[tuple[float, float]], frame: _Frame, reach: float) -> list[str]:
    if not curve:
        return []
    places = [(_place(x, frame, reach)[0], _place(y, frame, reach)[1]) for x, y in curve]
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)
    ink = {"stroke": colour("note"), "stroke_width": 2.2, "stroke_linejoin": "round"}
    return [element("path", d=path, class_="curve", fill="none", stroke_dasharray="7 4", **ink)]


def _grid(frame: _Frame, reach: float, axes: tuple[str, str] | None, language: Language) -> list[str]:
    parts = []
    right, bottom = frame.left + frame.side, frame.top + frame.side
    for tick in range(6):
        value = reach * tick / 5
        x, y = _place(value, frame, reach)
        line = {"stroke": colour("line"), "stroke_dasharray": None if tick == 0 else "2 4"}
        words = share_text(value, language)
        parts += [
            element("line", x1=x, x2=x, y1=frame.top, y2=bottom, **line),
            element("line", x1=frame.left, x2=right, y1=y, y2=y, **line),
            text(words, x, bottom + 18, text_anchor="middle", **SOFT),
            text(words, frame.left - 8, y + 4, text_anchor="end", **SOFT),
        ]
    diagonal = {"x1": frame.left, "y1": bottom, "x2": right, "y2": frame.top}
    parts.append(element("line", **diagonal, stroke=colour("wood"), stroke_width=2.4))
    middle = frame.left + frame.side / 2
    across, up = axes or (sentence(f"report.axis_{name}", language) for name in ("predicted", "observed"))
    parts.append(text(across, middle, bottom + 40, text_anchor="middle"))
    parts.append(text(up, frame.left + 8, frame.top + 16))
    return [group(parts, class_="grid")]


def _point(chance: Chance, frame: _Frame, reach: float) -> str:
    x, _ = _place(chance.predicted, frame, reach)
    low, high, at = (_place(v, frame, reach)[1] for v in (chance.ci_lower, chance.ci_upper, chance.observed))
    ink = {"stroke": colour("accent"), "stroke_width": 2.2, "stroke_linecap": "round"}
    return group(
        [
            element("path", d=f"M{x:.2f} {low:.2f}V{high:.2f}", class_="interval", fill="none", **ink),
            element("circle", cx=x, cy=at, r=5, fill=colour("accent")),
        ],
        class_="chance",
        data_predicted=round(chance.predicted, 6),
        data_observed=round(chance.observed, 6),
    )
