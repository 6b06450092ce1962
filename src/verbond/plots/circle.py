"""The value circle: what customers hold dear beside what they see in the company; the mark of the house."""

from __future__ import annotations

import math
from collections.abc import Mapping

from verbond.errors import OptionError
from verbond.method import CIRCLE, HIGHER_ORDERS, Value
from verbond.plots.svg import element, group, picture, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = ["draw_circle", "draw_mark"]

_WIDTH, _MIDDLE, _RADIUS = 372.0, 186.0, 92.0
_MIDDLE_Y, _LEGEND = 132.0, 282.0
_STYLES = (
    {"stroke": "accent", "dash": None, "mark": "circle"},
    {"stroke": "block", "dash": "6 4", "mark": "square"},
    {"stroke": "note", "dash": "1.5 4", "mark": "diamond"},
)
_SIDE_COLOURS = {
    "self_transcendence": "rung-3",
    "openness": "rung-1",
    "self_enhancement": "block",
    "conservation": "rung-4",
}


def draw_circle(
    values: Mapping[str, Mapping[str, float]],
    *,
    ends: tuple[float, float] = (0.0, 100.0),
    language: Language = "en",
    identity: str = "circle",
) -> str:
    """Draw value profiles on the value circle, each with its own line and its own mark.

    Opposite values stand opposite each other; a profile that reaches far out on two opposite sides is one to
    talk about.

    Parameters
    ----------
    values : mapping of str to mapping of str to float
        Name of a profile as people read it ("customers themselves", "seen in the company"), its means on
        0..100 by value id of `verbond.method.CIRCLE`; one to three profiles, values may be missing.
    ends : (float, float)
        What stands in the middle of the circle and on its rim: other ends for centred scores.
    language : {"en", "nl"}
    identity : str
        Begins every id inside.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    OptionError
        With no profile, with more than three, with an unknown value, or with ends that are not in order.
    """
    low, high = ends
    if not low < high:
        raise OptionError("the ends are not in order", got=f"{low}, {high}")
    if not 1 <= len(values) <= len(_STYLES):
        raise OptionError("cannot draw these profiles", got=str(len(values)), expected="one to three")
    unknown = {key for profile in values.values() for key in profile} - {v.id for v in CIRCLE}
    if unknown:
        raise OptionError("unknown value", got=repr(sorted(unknown)[0]), expected="an id of method.CIRCLE")
    parts = [*_sheet(language)]
    for style, (name, profile) in zip(_STYLES, values.items(), strict=False):
        shares = {value: 100 * (score - low) / (high - low) for value, score in profile.items()}
        parts.append(_profile(name, shares, style))
    legend = [
        group([_mark(20.0, _LEGEND + 22 * i, style), text(name, 36, _LEGEND + 22 * i + 4.5, font_size=13)])
        for i, (name, style) in enumerate(zip(values, _STYLES, strict=False))
    ]
    return picture(
        [*parts, *legend],
        identity=identity,
        title=sentence("report.picture_circle", language),
        description=_description(values, language),
        width=_WIDTH,
        height=_LEGEND - 10 + 22 * len(values),
        class_="picture picture--circle",
        font_size=13,
        fill=colour("text"),
    )


def draw_mark(size: float = 48) -> str:
    """The mark of the house: the value circle around identity, image and customers; an ornament."""
    dots = [
        element("circle", cx=24 + 20 * math.sin(a), cy=24 - 20 * math.cos(a), r=1.9, fill=colour(ink))
        for a, ink in (
            (math.radians(v.angle_degrees), _SIDE_COLOURS[v.higher_order])
            for v in CIRCLE
            if v.id != "tradition"
        )
    ]
    rings = [
        element(
            "circle", cx=24 + 4.6 * math.sin(a), cy=24 - 4.6 * math.cos(a), r=7.6, fill="none",
            stroke=colour("accent"), stroke_width=1.7,
        )
        for a in (0.0, 2 * math.pi / 3, 4 * math.pi / 3)
    ]  # fmt: skip
    return element(
        "svg", *dots, *rings, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 48 48",
        width=size, height=size, aria_hidden="true", class_="mark",
    )  # fmt: skip


def _point(value: Value, score: float) -> tuple[float, float]:
    angle, radius = math.radians(value.angle_degrees), _RADIUS * score / 100.0
    return _MIDDLE + radius * math.sin(angle), _MIDDLE_Y - radius * math.cos(angle)


def _sheet(language: Language) -> list[str]:
    """Rings, spokes, names of the values, and the four sides as arcs."""
    rings = [
        element(
            "circle", cx=_MIDDLE, cy=_MIDDLE_Y, r=_RADIUS * share, fill="none", stroke=colour("line"),
            stroke_width=1.2,
        )
        for share in (0.25, 0.5, 0.75, 1.0)
    ]  # fmt: skip
    spokes = [
        element("line", x1=_MIDDLE, y1=_MIDDLE_Y, x2=x, y2=y, stroke=colour("line"))
        for x, y in (_point(v, 100.0) for v in CIRCLE if v.id != "tradition")
    ]
    return [group(rings + spokes), group(_arc(order) for order in HIGHER_ORDERS), _names(language)]


def _arc(order: str) -> str:
    """One side of the circle, from half a step before its first value to half a step behind its last."""
    angles = sorted({v.angle_degrees for v in CIRCLE if v.higher_order == order})
    if angles[-1] - angles[0] > 180:
        angles = sorted(a - 360 if a > 180 else a for a in angles)
    step, radius = 360 / len({v.angle_degrees for v in CIRCLE}), _RADIUS + 9
    ends = [math.radians(angles[0] - 0.46 * step), math.radians(angles[-1] + 0.46 * step)]
    (x0, y0), (x1, y1) = ((_MIDDLE + radius * math.sin(a), _MIDDLE_Y - radius * math.cos(a)) for a in ends)
    large = int(ends[1] - ends[0] > math.pi)
    return element(
        "path", d=f"M{x0:.1f} {y0:.1f}A{radius:.0f} {radius:.0f} 0 {large} 1 {x1:.1f} {y1:.1f}", fill="none",
        stroke=colour(_SIDE_COLOURS[order]), stroke_width=5, stroke_linecap="round",
    )  # fmt: skip


def _names(language: Language) -> str:
    """Names around the circle; two values that share a place share a line."""
    by_angle: dict[float, list[str]] = {}
    for value in CIRCLE:
        by_angle.setdefault(value.angle_degrees, []).append(value.name.say(language))
    words = []
    for angle, names in by_angle.items():
        sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
        x, y = (
            _MIDDLE + (_RADIUS + 19) * sine,
            _MIDDLE_Y - (_RADIUS + 21) * cosine + (4 if cosine > -0.8 else 8),
        )
        anchor = "middle" if abs(sine) < 0.35 else ("start" if sine > 0 else "end")
        x = min(max(x, 2.0), _WIDTH - 2)
        for i, name in enumerate(names):
            words.append(
                text(
                    name,
                    x,
                    y + 14 * (i - (len(names) - 1) / 2),
                    text_anchor=anchor,
                    font_family=FONT_HEADING,
                    font_size=13,
                )
            )
    return group(words)


def _profile(name: str, profile: Mapping[str, float], style: Mapping[str, str | None]) -> str:
    points = [(v, *_point(v, profile[v.id])) for v in CIRCLE if v.id in profile]
    corners = "".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (_, x, y) in enumerate(points))
    line = element(
        "path", d=corners + "Z", fill="none", stroke=colour(str(style["stroke"])), stroke_width=2.2,
        stroke_dasharray=style["dash"], stroke_linejoin="round",
    )  # fmt: skip
    return group([line, *(_mark(x, y, style) for _, x, y in points)], class_="profile", data_name=name)


def _mark(x: float, y: float, style: Mapping[str, str | None]) -> str:
    ink = {"fill": colour(str(style["stroke"])), "stroke": colour("page"), "stroke_width": 1}
    if style["mark"] == "circle":
        return element("circle", cx=x, cy=y, r=4.6, **ink)
    turn = f"rotate(45 {x:.1f} {y:.1f})" if style["mark"] == "diamond" else None
    return element("rect", x=x - 4.2, y=y - 4.2, width=8.4, height=8.4, transform=turn, **ink)


def _description(values: Mapping[str, Mapping[str, float]], language: Language) -> str:
    names = {v.id: v.name.say(language) for v in CIRCLE}
    return " ".join(
        f"{profile}: "
        + "; ".join(
            f"{names[key]} {format_value(score, 'number0', language)}" for key, score in scores.items()
        )
        + "."
        for profile, scores in values.items()
    )
