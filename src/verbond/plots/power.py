"""How likely an experiment shows its effect, by how many people take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text
from verbond.plots.svg import element, group, picture, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.effects import CurvePoint

__all__ = ["draw_power"]

_SOFT = {"fill": colour("text-soft"), "font_size": 13}


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    right: float
    top: float
    bottom: float
    n_ticks: int


_FRAMES = {
    "wide": _Frame(880, 64, 850, 34, 300, 6),
    "tall": _Frame(360, 46, 340, 34, 250, 3),
}


def draw_power(
    curve: Sequence[CurvePoint],
    n_planned: int,
    language: Language = "en",
    *,
    title: str,
    wanted: float = 0.8,
    layout: Layout = "wide",
    identity: str = "power",
) -> str:
    """Draw the power of an experiment against the people in the control arm, the planned size marked.

    Parameters
    ----------
    curve : sequence of CurvePoint
        Two or more, ascending.
    n_planned : int
        People in the control arm.
    language : {"en", "nl"}
    title : str
        Name of the picture, for those who do not see it.
    wanted : float
        The power that was planned for.
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
        With fewer than two points, or an unknown layout.
    """
    check_layout(layout)
    if len(curve) < 2:
        raise OptionError("nothing to draw", got=f"{len(curve)} points", expected="two or more")
    frame = _FRAMES[layout]
    last = max(curve[-1].n_per_arm, n_planned)
    x = lambda n: frame.left + (frame.right - frame.left) * n / last  # noqa: E731
    y = lambda p: frame.bottom - (frame.bottom - frame.top) * p  # noqa: E731
    at = x(n_planned)
    people = sentence("effects_plan.power_people", language, n=n_planned)
    chance = sentence("effects_plan.power_chance", language, share=wanted)
    points = " ".join(f"{x(one.n_per_arm):.1f},{y(one.power):.1f}" for one in curve)
    parts = [
        _grid(frame, last, x, y, language),
        element("line", x1=frame.left, x2=at, y1=y(wanted), y2=y(wanted), **_mark()),
        element("line", x1=at, x2=at, y1=y(wanted), y2=frame.bottom, **_mark()),
        element("polyline", points=points, fill="none", stroke=colour("accent"), stroke_width=2.6),
        element("circle", cx=at, cy=y(wanted), r=5.5, fill=colour("accent")),
        text(people, at + 12, y(wanted) + 24, font_weight=600),
        text(chance, at + 12, y(wanted) + 43, font_weight=600),
    ]
    said = [f"{format_value(p.n_per_arm, 'count', language)}: {share_text(p.power, language)}" for p in curve]
    return picture(
        parts,
        identity=identity,
        title=title,
        description=f"{people}: {chance}. {'; '.join(said)}.",
        width=frame.width,
        height=frame.bottom + 46,
        kind=layout,
        font_size=14,
    )


def _mark() -> dict[str, object]:
    return {"stroke": colour("text-soft"), "stroke_width": 1.4, "stroke_dasharray": "5 4"}


def _grid(frame: _Frame, last: float, x, y, language: Language) -> str:  # type: ignore[no-untyped-def]
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            element("line", x1=frame.left, x2=frame.right, y1=y(share), y2=y(share), stroke=colour("line"))
        )
        parts.append(
            text(share_text(share, language), frame.left - 8, y(share) + 4.5, text_anchor="end", **_SOFT)
        )
    step = _step(last / frame.n_ticks)
    n = step
    while n <= last:
        words = format_value(n, "count", language)
        parts.append(text(words, x(n), frame.bottom + 19, text_anchor="middle", **_SOFT))
        n += step
    axis = sentence("effects_plan.power_axis", language)
    parts.append(text(axis, frame.right, frame.bottom + 40, text_anchor="end", **_SOFT))
    above = sentence("effects_plan.power_above", language)
    parts.append(text(above, 0, 16, **_SOFT))
    return group(parts, class_="grid")


def _step(least: float) -> int:
    """A round number of people, not below `least`."""
    scale = 1
    while True:
        for one in (1, 2, 5):
            if one * scale >= least:
                return one * scale
        scale *= 10
