"""Pictures that mean nothing but us: a ladder with people on it, one that still stands empty."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from verbond.plots.people import crowd, figure_symbols
from verbond.plots.svg import element, group
from verbond.plots.timber import LEAN, PLANK, pole, rung, soil
from verbond.plots.tokens import colour, rung_colour

__all__ = ["motif"]

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 380.0, 560.0, 90.0, 290.0
_GAP = 84.0
_PEOPLE = {"people": (9, 8, 6, 4, 3, 2), "waiting": (0, 0, 0, 0, 0, 0)}


@cache
def motif(name: str) -> Markup:
    """A drawing for beside words; it says nothing, so a screen reader passes it by.

    Parameters
    ----------
    name : {"people", "waiting"}
        The ladder with people on it, or still empty.
    """
    foot = _HEIGHT - 34
    head = foot - 6 * _GAP + 18
    parts = [
        figure_symbols(f"motif-{name}"),
        _sun(),
        soil(18, _WIDTH - 18, foot - PLANK),
        pole(_LEFT, head, foot, LEAN),
        pole(_RIGHT, head, foot, -LEAN),
    ]
    for k, n_people in enumerate(_PEOPLE[name]):
        y = foot - PLANK - k * _GAP
        if k:
            parts.append(rung(_LEFT, _RIGHT, y, seed=k, lean=LEAN * (foot - y) / (foot - head)))
        start = _LEFT + 22 if k else _RIGHT - 70
        parts.append(crowd(n_people, start, y, 15.0, rung_colour(k, 6), f"motif-{name}", seed=k))
    return Markup(
        element(
            "svg",
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
            width=_WIDTH,
            height=_HEIGHT,
            aria_hidden="true",
            focusable="false",
            class_=f"motif motif--{name}",
        )
    )


def _sun() -> str:
    """The circle behind the ladder, in two rings and twelve short rays, like the mark."""
    rings = [
        element("circle", cx=_WIDTH / 2, cy=190.0, r=r, fill="none", stroke=colour("line"), stroke_width=w)
        for r, w in ((168.0, 1.5), (150.0, 6.0))
    ]
    return group(rings, class_="motif__circle")
