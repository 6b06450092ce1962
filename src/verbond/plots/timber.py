"""What the ladder is made of: poles, rungs, lashings of rope, the soil it stands on."""

from __future__ import annotations

import numpy as np

from verbond.plots.svg import element, group, wobble
from verbond.plots.tokens import colour

__all__ = ["LEAN", "PLANK", "barrier_rope", "pole", "rung", "shelf", "soil"]

PLANK = 9.0
"""Thickness of a rung."""
LEAN = 5.0
"""How far the head of a pole leans inwards."""
_HALF = 5.5


def pole(x: float, head: float, foot: float, lean: float) -> str:
    """A pole that stands at `x`, from `foot` up to `head`, a little bowed, with a line of grain."""
    middle, top_x = (head + foot) / 2, x + lean
    left, right = x + lean / 2 - _HALF + wobble(x, 1.5), x + lean / 2 + _HALF + wobble(x, 1.5)
    outline = (
        f"M{top_x - _HALF + 1:.1f} {head:.1f}Q{top_x:.1f} {head - 4:.1f} {top_x + _HALF - 1:.1f} {head:.1f}"
        f"Q{right:.1f} {middle:.1f} {x + _HALF:.1f} {foot:.1f}L{x - _HALF:.1f} {foot:.1f}"
        f"Q{left:.1f} {middle:.1f} {top_x - _HALF + 1:.1f} {head:.1f}Z"
    )
    grain = f"M{top_x - 1:.1f} {head + 12:.1f}Q{left + 4:.1f} {middle:.1f} {x - 1:.1f} {foot - 20:.1f}"
    return element("path", d=outline, fill=colour("wood"), stroke=colour("bark"), stroke_width=1.1) + element(
        "path", d=grain, fill="none", stroke=colour("bark"), opacity=0.45
    )


def rung(left: float, right: float, y: float, *, seed: int, lean: float) -> str:
    """A rung lashed to its two poles at `left` and `right`; people stand at `y`."""
    start, end, tilt = left - 13 + wobble(seed, 2), right + 13 + wobble(seed + 9, 2), wobble(seed + 3, 0.8)
    outline = (
        f"M{start:.1f} {y + tilt:.1f}L{end:.1f} {y - tilt:.1f}q2.5 {PLANK / 2:.1f} 0 {PLANK:.1f}"
        f"L{start:.1f} {y + PLANK + tilt:.1f}q-2.5 -{PLANK / 2:.1f} 0 -{PLANK:.1f}Z"
    )
    plank = element("path", d=outline, fill=colour("wood"), stroke=colour("bark"), stroke_width=1.1)
    bound = (_lashing(left + lean, y + PLANK / 2), _lashing(right - lean, y + PLANK / 2))
    return group([plank, *bound], class_="rung")


def _lashing(x: float, y: float) -> str:
    """Rope around a crossing: what binds the ladder together."""
    there = "".join(f"M{x - 7 + i:.1f} {y - 8 + 1.2 * i:.1f}l{13 - 0.4 * i:.1f} 9.5" for i in (0, 3, 6))
    back = "".join(f"M{x + 7 - i:.1f} {y - 7 + 1.2 * i:.1f}l{0.4 * i - 13:.1f} 8.5" for i in (1, 4))
    strokes = {"d": there + back, "fill": "none", "stroke_linecap": "round"}
    return element("path", **strokes, stroke=colour("bark"), stroke_width=3.6) + element(
        "path", **strokes, stroke=colour("rope"), stroke_width=2.2
    )


def shelf(left: float, right: float, y: float) -> str:
    """A plain line to stand on, for what is not a rung."""
    return element(
        "path", d=f"M{left:.1f} {y + PLANK / 2:.1f}H{right:.1f}", stroke=colour("line"), stroke_width=PLANK
    )


def soil(left: float, right: float, y: float) -> str:
    """The ground, with some grass."""
    xs = np.linspace(left, right, 9)
    line = f"M{left:.1f} {y + 7:.1f}" + "".join(
        f"L{x:.1f} {y + 6 + wobble(i, 1.2):.1f}" for i, x in enumerate(xs[1:], start=1)
    )
    pen = {"fill": "none", "stroke_linecap": "round"}
    parts = [element("path", d=line, stroke=colour("rung-0"), stroke_width=2, **pen)]
    for i, x in enumerate(np.linspace(left + 12, right - 50, max(4, int((right - left) / 46)))):
        stroke = f"M{x:.1f} {y + 12 + 5 * (i % 3):.1f}h{22 + wobble(i, 9):.1f}"
        parts.append(element("path", d=stroke, stroke=colour("line"), stroke_width=2, **pen))
    for x in (left + 9, right - 12, right - 34):
        blades = "".join(
            f"M{x:.1f} {y + 6:.1f}q{lean / 3:.1f} -7 {lean} -{11 - abs(lean) / 2:.1f}" for lean in (-4, 0, 5)
        )
        parts.append(element("path", d=blades, stroke=colour("up"), stroke_width=1.6, **pen))
    return group(parts, class_="soil")


def barrier_rope(left: float, right: float, y: float, sag: float) -> str:
    """A slack rope from pole to pole that nobody climbs over easily."""
    curve = f"M{left:.1f} {y:.1f}Q{(left + right) / 2:.1f} {y + 2 * sag:.1f} {right:.1f} {y:.1f}"
    strokes = {"d": curve, "fill": "none"}
    return element(
        "path", **strokes, stroke=colour("block"), stroke_width=4, stroke_linecap="round"
    ) + element("path", **strokes, stroke=colour("page"), stroke_width=1.4, stroke_dasharray="2 5")
