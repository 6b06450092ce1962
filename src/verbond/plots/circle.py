"""The value circle: what customers hold dear beside what they see in the company; the values that somebody
chose, as sectors that light up; the mark of the house."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from verbond.errors import OptionError
from verbond.method import CIRCLE, HIGHER_ORDERS, Value
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Estimate, Language, sentence
from verbond.results.wording import format_value

__all__ = [
    "CircleSide", "CircleTie", "CircleValue", "draw_circle", "draw_circles", "draw_lit_circle", "draw_mark",
]  # fmt: skip

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
_HUB, _SHARED = 15.0, 0.6
"""Radius that stays empty in the middle; share of the radius at which tradition begins behind conformity."""
_DEPTH = {"conformity": 0.4, "tradition": 0.82}
_TURN, _PUSHES = 2.4, 12
"""The golden angle, so that dots at one place leave it in different directions; rounds of pushing."""
_LIT = 0.25
"""A value lights the sectors that hold at least this part of it."""
_GAP, _CELL = 40.0, 318.0
"""Between circles beside one another; the height of one with its name."""
_LONGEST = 40
"""Characters of a name in the legend."""
_TIES = {
    "opposing": {"stroke": "block", "stroke_width": 2.6, "stroke_dasharray": None},
    "tense": {"stroke": "block", "stroke_width": 1.8, "stroke_dasharray": "7 4"},
    "decided": {"stroke": "text-soft", "stroke_width": 1.4, "stroke_dasharray": "1.5 4"},
}


@dataclass(frozen=True, slots=True)
class CircleValue:
    """A value that somebody named, on the circle.

    Attributes
    ----------
    name : str
    place : mapping of str to float
        Ids of `verbond.method.CIRCLE`, weights that sum to 1; empty where it is not known.
    chosen : bool
        It is one of the chosen values; others only lie there.
    """

    name: str
    place: Mapping[str, float]
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CircleTie:
    """Two values that bite.

    Attributes
    ----------
    one, other : int
        Their places in the list of values.
    kind : {"opposing", "tense", "decided"}
    """

    one: int
    other: int
    kind: str


@dataclass(frozen=True, slots=True)
class CircleSide:
    """One circle of several.

    Attributes
    ----------
    name, note : str
        The note is written small under it.
    shares : mapping of str to Estimate
        0..1 by id of `verbond.method.CIRCLE`; empty for a circle that only shows which sectors are lit.
    """

    name: str
    shares: Mapping[str, Estimate]
    note: str = ""


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
    _check_places(key for profile in values.values() for key in profile)
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
        kind="circle",
    )


def draw_circles(
    sides: Sequence[CircleSide],
    lit: Iterable[str] = (),
    *,
    title: str,
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "circles",
) -> str:
    """Draw a value circle for each of several sides, all to one measure, with the same sectors lit.

    Two stand beside one another on a desk, one on a phone. A bar on a spoke is an interval; one that ends
    on the rim may reach further.

    Parameters
    ----------
    sides : sequence of CircleSide
    lit : iterable of str
        Values whose sectors are lit in each circle: what is promised.
    title : str
        Name of the picture, for those who do not see it.
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
        Without sides, for a value that is not on the circle, or with an unknown layout.
    """
    check_layout(layout)
    lit = tuple(lit)
    if not sides:
        raise OptionError("no circles to draw", got="none", expected="at least one")
    _check_places([*lit, *(key for side in sides for key in side.shares)])
    bounds = [e.value for side in sides for e in side.shares.values() if e.value]
    top = next(part for part in (0.2, 0.4, 0.6, 0.8, 1.0) if part >= min(max(bounds, default=1.0), 1.0))
    across = 2 if layout == "wide" else 1
    height = _CELL * -(-len(sides) // across)
    parts = [
        group(
            _one_of_several(side, style, lit, top, language),
            transform=f"translate({(_WIDTH + _GAP) * (k % across):.0f} {_CELL * (k // across):.0f})",
        )
        for k, (side, style) in enumerate(zip(sides, cycle(_STYLES), strict=False))
    ]
    return picture(
        parts, identity=identity, title=title, description=_circles_in_words(sides, lit, language),
        width=across * (_WIDTH + _GAP) - _GAP, height=height, kind=f"{layout} sides",
    )  # fmt: skip


def _one_of_several(
    side: CircleSide, style: Mapping[str, str | None], lit: Sequence[str], top: float, language: Language
) -> list[str]:
    known = {value: e for value, e in side.shares.items() if e.value is not None}
    head = text(
        side.name, _MIDDLE, 16, text_anchor="middle", font_size=16, font_weight="bold",
        font_family=FONT_HEADING,
    )  # fmt: skip
    note = text(side.note, _MIDDLE, 34, text_anchor="middle", **SOFT) if side.note else ""
    sectors = [_sector(v, v.id in lit or None) for v in CIRCLE if v.id in lit]
    parts = [*sectors, *_sheet(language)]
    if known:
        ring = format_value(top, "percent", language)
        parts.append(text(ring, _MIDDLE, _MIDDLE_Y + 0.96 * _RADIUS, text_anchor="middle", **SOFT))
        parts += [
            element(
                "line",
                x1=x,
                y1=y,
                x2=u,
                y2=w,
                stroke=colour(str(style["stroke"])),
                stroke_width=5,
                stroke_opacity=0.35,
                stroke_linecap="round",
                class_="interval",
            )
            for v in CIRCLE
            if v.id in known and known[v.id].ci_lower is not None and known[v.id].ci_upper is not None
            for (x, y), (u, w) in [
                [_point(v, 100 * min(b / top, 1.0)) for b in (known[v.id].ci_lower, known[v.id].ci_upper)]
            ]
        ]
        parts.append(_profile(side.name, {v: 100 * (e.value or 0.0) / top for v, e in known.items()}, style))
    return [head, note, group(parts, transform="translate(0 44)")]


def _circles_in_words(sides: Sequence[CircleSide], lit: Sequence[str], language: Language) -> str:
    names = {v.id: v.name.say(language) for v in CIRCLE}
    said = []
    for side in sides:
        told = "; ".join(
            f"{names[value]} {format_value(e.value, 'percent', language)}"
            for value, e in side.shares.items()
            if e.value is not None
        )
        said.append(f"{side.name}: {told or ', '.join(names[v] for v in lit)}.")
    return " ".join(said)


def _check_places(ids: Iterable[str]) -> None:
    unknown = set(ids) - {v.id for v in CIRCLE}
    if unknown:
        raise OptionError("unknown value", got=repr(sorted(unknown)[0]), expected="an id of method.CIRCLE")


def draw_lit_circle(
    values: Sequence[CircleValue],
    ties: Sequence[CircleTie] = (),
    *,
    language: Language = "en",
    identity: str = "lit-circle",
) -> str:
    """Draw the value circle with the sectors lit in which somebody's values lie.

    A chosen value has a numbered dot and a strong sector, any other an open dot and a faint one; a line ties
    two values that bite. A word that points two ways lies nearer to the middle.

    Parameters
    ----------
    values : sequence of CircleValue
        Those that are not known are left out.
    ties : sequence of CircleTie
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
        For a place that is not on the circle.
    """
    _check_places(id for one in values for id in one.place)
    lit = lit_sectors(values)
    dots = _dots(values)
    lines = [
        element(
            "line", x1=dots[tie.one][0], y1=dots[tie.one][1], x2=dots[tie.other][0], y2=dots[tie.other][1],
            stroke=colour(str(_TIES[tie.kind]["stroke"])),
            **{name: _TIES[tie.kind][name] for name in ("stroke_width", "stroke_dasharray")},
        )
        for tie in ties
        if tie.one in dots and tie.other in dots
    ]  # fmt: skip
    numbers = {k: n for n, k in enumerate((k for k in dots if values[k].chosen), 1)}
    legend = _lit_legend(values, numbers, [tie.kind for tie in ties], language)
    return picture(
        [
            group(_sector(v, lit.get(v.id)) for v in CIRCLE),
            group(_arc(order) for order in HIGHER_ORDERS),
            _names(language),
            group(lines, class_="ties"),
            group((_dot(x, y, numbers.get(k)) for k, (x, y) in dots.items()), class_="dots"),
            *legend,
        ],
        identity=identity,
        title=sentence("canvas.circle_title", language),
        description=_lit_description(values, lit, language),
        width=_WIDTH,
        height=_LEGEND - 10 + 22 * len(legend),
        kind="circle lit-circle",
    )


def lit_sectors(values: Sequence[CircleValue]) -> dict[str, bool]:
    """The sectors that light up, in the order of the circle: id, and whether a chosen value lies there.

    Examples
    --------
    >>> care, nerve = CircleValue("care", {"benevolence": 1.0}, True), CircleValue("nerve", {"power": 1.0})
    >>> lit_sectors([care, nerve])
    {'power': False, 'benevolence': True}
    """
    inside = {v.id: [one for one in values if one.place.get(v.id, 0.0) >= _LIT] for v in CIRCLE}
    return {id: any(one.chosen for one in there) for id, there in inside.items() if there}


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


def _sector(value: Value, chosen: bool | None) -> str:
    """The wedge of a value; conformity and tradition share one, tradition lies behind."""
    inner, outer = _HUB, _RADIUS
    if value.id == "conformity":
        outer = _SHARED * _RADIUS
    elif value.id == "tradition":
        inner = _SHARED * _RADIUS
    half = 180 / len({v.angle_degrees for v in CIRCLE})
    ends = [math.radians(value.angle_degrees + turn) for turn in (-half, half)]
    (a, b), (d, c) = (
        [(_MIDDLE + r * math.sin(end), _MIDDLE_Y - r * math.cos(end)) for end in ends] for r in (inner, outer)
    )
    ink = colour(_SIDE_COLOURS[value.higher_order])
    return element(
        "path",
        d=f"M{a[0]:.1f} {a[1]:.1f}L{d[0]:.1f} {d[1]:.1f}A{outer:.1f} {outer:.1f} 0 0 1 {c[0]:.1f} {c[1]:.1f}"
        f"L{b[0]:.1f} {b[1]:.1f}A{inner:.1f} {inner:.1f} 0 0 0 {a[0]:.1f} {a[1]:.1f}Z",
        fill="none" if chosen is None else ink,
        fill_opacity=None if chosen is None else 0.42 if chosen else 0.16,
        stroke=ink if chosen else colour("line"),
        stroke_width=2 if chosen else 1,
        class_=f"sector sector--{'dark' if chosen is None else 'chosen' if chosen else 'lit'}",
        data_value=value.id,
    )


def _dots(values: Sequence[CircleValue]) -> dict[int, tuple[float, float]]:
    """Where each value lies; dots that would lie on one another are pushed apart."""
    angles = {v.id: math.radians(v.angle_degrees) for v in CIRCLE}
    at: dict[int, list[float]] = {}
    for k, one in enumerate(values):
        if one.place:
            depth = _RADIUS * _DEPTH.get(next(iter(one.place)) if len(one.place) == 1 else "", 0.68)
            nudge = (0.5 * math.sin(_TURN * k), 0.5 * math.cos(_TURN * k))
            x = depth * sum(w * math.sin(angles[id]) for id, w in one.place.items()) + nudge[0]
            y = depth * sum(w * math.cos(angles[id]) for id, w in one.place.items()) + nudge[1]
            at[k] = [_MIDDLE + x, _MIDDLE_Y - y]
    sizes = {k: 9.0 if values[k].chosen else 4.6 for k in at}
    for _ in range(_PUSHES):
        if not _push_apart(at, sizes):
            break
    return {k: (x, y) for k, (x, y) in at.items()}


def _push_apart(at: dict[int, list[float]], sizes: Mapping[int, float]) -> bool:
    """Each pair of dots that overlap a little further apart; whether there was one."""
    moved, keys = False, list(at)
    for i, k in enumerate(keys):
        for m in keys[i + 1 :]:
            (x, y), (u, v), least = at[k], at[m], sizes[k] + sizes[m]
            dx, dy = u - x, v - y
            if abs(dx) < least and abs(dy) < least and (gap := math.hypot(dx, dy)) < least:
                step = (least - gap) / (2 * max(gap, 1e-6))
                at[k], at[m] = [x - step * dx, y - step * dy], [u + step * dx, v + step * dy]
                moved = True
    return moved


def _dot(x: float, y: float, number: int | None) -> str:
    if number is None:
        return element(
            "circle", cx=x, cy=y, r=3.4, fill=colour("page"), stroke=colour("text"), stroke_width=1.4
        )
    dot = element("circle", cx=x, cy=y, r=8, fill=colour("text"), stroke=colour("page"), stroke_width=1)
    return dot + text(
        str(number),
        x,
        y + 3.8,
        text_anchor="middle",
        font_size=11 if number < 10 else 9.5,
        fill=colour("page"),
    )


def _lit_legend(
    values: Sequence[CircleValue], numbers: Mapping[int, int], kinds: Sequence[str], language: Language
) -> list[str]:
    """Rows: the numbers of chosen values, open dots, and the lines."""
    rows = [(_dot(20.0, 0.0, n), _short(values[k].name)) for k, n in numbers.items()]
    if any(one.place and not one.chosen for one in values):
        rows.append((_dot(20.0, 0.0, None), sentence("canvas.circle_lies_there", language)))
    for kind, style in _TIES.items():
        if kind in kinds:
            line = element(
                "line", x1=8, y1=0, x2=30, y2=0, stroke=colour(str(style["stroke"])),
                stroke_width=style["stroke_width"], stroke_dasharray=style["stroke_dasharray"],
            )  # fmt: skip
            rows.append((line, sentence(f"canvas.circle_{kind}", language)))
    return [
        group([sign, text(words, 38, 4.5, font_size=13)], transform=f"translate(0 {_LEGEND + 22 * i:.0f})")
        for i, (sign, words) in enumerate(rows)
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


def _lit_description(values: Sequence[CircleValue], lit: Mapping[str, bool], language: Language) -> str:
    if not lit:
        return sentence("canvas.circle_dark", language)
    names = {v.id: v.name for v in CIRCLE}
    said = [
        sentence(
            "canvas.circle_sector_chosen" if chosen else "canvas.circle_sector", language, value=names[id],
            words=[one.name for one in values if one.place.get(id, 0.0) >= _LIT and one.chosen >= chosen],
        )
        for id, chosen in lit.items()
    ]  # fmt: skip
    return " ".join(one[:1].upper() + one[1:] for one in said)


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
