"""What something did to several outcomes at once: differences with intervals, beside one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout
from verbond.plots.rows import rows_by_group
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = ["Difference", "draw_differences"]

_STEPS = (1.0, 2.0, 5.0, 10.0)
_TICKS = 26.0
_FOOT = 30.0
_COLOURS = {"strengthens": "up", "weakens": "block", "unchanged": "accent"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What something did to one outcome.

    Attributes
    ----------
    label : str
    value, ci_lower, ci_upper : float
        With it less without it.
    verdict : {"strengthens", "unchanged", "weakens", "cannot_tell"}
    word : str
        The verdict as people read it.
    kind : str
        How figures are written: a kind of `verbond.results.wording`.
    unit : str
        Outcomes of one unit stand on one axis; each other unit is drawn to a scale of its own.
    margin : float or None
        The largest difference that makes no difference, drawn as a band.
    note : str
        Small words below the label ("6.1 against 7.0").
    group : str
        Those of a group stand together under its name.
    """

    label: str
    value: float
    ci_lower: float
    ci_upper: float
    verdict: str
    word: str
    kind: str = "number1"
    unit: str = ""
    margin: float | None = None
    note: str = ""
    group: str = ""

    @property
    def colour(self) -> str:
        """A meaning of the tokens."""
        return _COLOURS.get(self.verdict, "text-soft")


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    right: float
    row: float
    beside: bool  # words stand beside the line, else above it


_FRAMES = {"wide": _Frame(880, 300, 636, 58, True), "tall": _Frame(360, 14, 346, 108, False)}


def draw_differences(
    differences: Sequence[Difference],
    *,
    title: str,
    ends: tuple[str, str],
    below: str = "",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "differences",
) -> str:
    """Draw what something did to several outcomes as marks with intervals, in the order given.

    The mark says the verdict by its shape, and the word stands beside it: a triangle up strengthens, a
    triangle down weakens, a square is unchanged, an open circle cannot be told. Where all are of one unit
    they share an axis with figures; otherwise each unit fills its own width and the figures stand beside.

    Parameters
    ----------
    differences : sequence of Difference
    title : str
        Name of the picture, for those who do not see it.
    ends : (str, str)
        What left and right of no difference mean, in a word.
    below : str
        What is compared with what.
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
        Without differences, with an unknown layout, or where an interval does not hold its value.

    Examples
    --------
    >>> trust = Difference("Trust", 0.9, 0.4, 1.4, "strengthens", "strengthens")
    >>> svg = draw_differences([trust], title="Care", ends=("lower", "higher"))
    >>> svg[:4], "+0.9" in svg
    ('<svg', True)
    """
    if not differences:
        raise OptionError("no differences to draw", got="none", expected="at least one")
    check_layout(layout)
    if any(not -math.inf < d.ci_lower <= d.value <= d.ci_upper < math.inf for d in differences):
        raise OptionError(
            "differences outside their interval", got=str(list(differences)),
            expected="lower <= value <= upper",
        )  # fmt: skip
    frame, reaches = _FRAMES[layout], _reaches(differences)
    rows, y = rows_by_group(
        differences, frame, lambda one, y: _row(one, y, frame, reaches[one.unit], language)
    )
    kind = differences[0].kind if len(reaches) == 1 else ""
    lines = _folded(below, 80 if frame.beside else 46) if below else []
    foot = y + (_TICKS if kind else 0)
    return picture(
        [
            _grid(frame, y, max(reaches.values()), kind, language),
            _foot(frame, foot + 17, ends, lines),
            *rows,
        ],
        identity=identity,
        title=title,
        description="; ".join(_in_words(one, language) for one in differences) + ".",
        width=frame.width,
        height=foot + _FOOT + 18 * len(lines),
        kind=layout,
    )


def _reaches(differences: Sequence[Difference]) -> dict[str, float]:
    """By unit how far from 0 the edges lie: every interval and margin fits."""
    by_unit: Callable[[Difference], str] = lambda one: one.unit  # noqa: E731
    return {
        unit: max(max(abs(d.ci_lower), abs(d.ci_upper), d.margin or 0.0) for d in some) * 1.06 or 1.0
        for unit, some in ((u, list(g)) for u, g in groupby(sorted(differences, key=by_unit), by_unit))
    }


def _x(value: float, frame: _Frame, reach: float) -> float:
    return frame.left + (frame.right - frame.left) * (1 + value / reach) / 2


def _figure(value: float, kind: str, language: Language) -> str:
    written = format_value(value, kind, language)
    if value > 0 and written.strip("0.,% "):
        return f"+{written}"
    return written.replace("-", "−", 1)


def _interval(one: Difference, language: Language) -> str:
    low, high = (_figure(v, one.kind, language).split(" ")[0] for v in (one.ci_lower, one.ci_upper))
    return sentence("effects_read.between", language, low=low, high=high)


def _grid(frame: _Frame, bottom: float, reach: float, kind: str, language: Language) -> str:
    parts = []
    if frame.beside:  # else each row has a piece of it, so that it runs through no words
        parts.append(_zero(frame, reach, 4.0, bottom))
    step = _step(2 * reach, 6)
    for n in range(-math.floor(reach / step), math.floor(reach / step) + 1) if kind else ():
        x = _x(n * step, frame, reach)
        if n and frame.beside:
            line = {"stroke": colour("line"), "stroke_dasharray": "2 4"}
            parts.append(element("line", x1=x, x2=x, y1=4.0, y2=bottom, **line))
        words = _figure(n * step, kind, language).split(" ")[0]
        parts.append(text(words, x, bottom + 17, text_anchor="middle", **SOFT))
    return group(parts, class_="grid")


def _zero(frame: _Frame, reach: float, top: float, bottom: float) -> str:
    x = _x(0.0, frame, reach)
    return element("line", x1=x, x2=x, y1=top, y2=bottom, stroke=colour("text-soft"), stroke_width=1.6)


def _foot(frame: _Frame, y: float, ends: tuple[str, str], lines: Sequence[str]) -> str:
    middle = (frame.left + frame.right) / 2
    words = [
        text(f"← {ends[0]}", middle - 14, y, text_anchor="end", **SOFT),
        text(f"{ends[1]} →", middle + 14, y, text_anchor="start", **SOFT),
    ]
    words += [
        text(line, middle, y + 20 + 18 * n, text_anchor="middle", **SOFT) for n, line in enumerate(lines)
    ]
    return group(words, class_="foot")


def _step(width: float, n: int) -> float:
    """A round step of which about n fit."""
    rough = width / n
    ten = 10.0 ** math.floor(math.log10(rough))
    return next(ten * s for s in _STEPS if ten * s >= rough * 0.999)


def _row(one: Difference, y: float, frame: _Frame, reach: float, language: Language) -> str:
    middle = y + (25 if frame.beside else 58)
    low, high, at = (_x(v, frame, reach) for v in (one.ci_lower, one.ci_upper, one.value))
    parts = [] if frame.beside else [_zero(frame, reach, middle - 14, middle + 14)]
    if one.margin is not None:
        left, right = _x(-one.margin, frame, reach), _x(one.margin, frame, reach)
        box = {"x": left, "y": middle - 14, "width": right - left, "height": 28}
        parts.append(element("rect", class_="margin", fill=colour("line"), opacity=0.5, **box))
    path = f"M{low:.2f} {middle - 5:.1f}v10M{low:.2f} {middle:.1f}H{high:.2f}M{high:.2f} {middle - 5:.1f}v10"
    ink = colour(one.colour)
    line = {"fill": "none", "stroke": ink, "stroke_width": 2.4, "stroke_linecap": "round"}
    parts += [
        _words(one, y, middle, frame, language),
        element("path", d=path, class_="interval", **line),
        _mark(one.verdict, at, middle, ink),
    ]
    return group(parts, class_="difference", data_value=float(one.value), data_verdict=one.verdict)


def _mark(verdict: str, x: float, y: float, ink: str) -> str:
    style = {"stroke": ink, "stroke_width": 2.4, "stroke_linejoin": "round"}
    if verdict in ("strengthens", "weakens"):
        tip, foot = (-8.0, 6.5) if verdict == "strengthens" else (8.0, -6.5)
        path = f"M{x:.2f} {y + tip:.2f}L{x + 8:.2f} {y + foot:.2f}H{x - 8:.2f}Z"
        return element("path", d=path, class_="mark", fill=ink, **style)
    if verdict == "unchanged":
        return element("rect", class_="mark", x=x - 6, y=y - 6, width=12, height=12, fill=ink, **style)
    return element("circle", class_="mark", cx=x, cy=y, r=6.5, fill=colour("page"), **style)


def _words(one: Difference, y: float, middle: float, frame: _Frame, language: Language) -> str:
    figures = [
        span(_figure(one.value, one.kind, language), font_weight="bold", font_size=15),
        span("  " + _interval(one, language), fill=colour("text-soft")),
    ]
    word = {"font_weight": "bold", "font_size": 13, "fill": colour(one.colour)}
    if frame.beside:
        x, left = frame.right + 18, frame.left - 14
        lines = _folded(one.label, 38)
        top = middle + 5 - 8 * (len(lines) - 1) - (8 if one.note else 0)
        label = "".join(
            text(line, left, top + 17 * n, text_anchor="end", font_size=14) for n, line in enumerate(lines)
        )
        note = text(one.note, left, top + 17 * len(lines), text_anchor="end", **SOFT) if one.note else ""
        return label + note + text(one.word, x, middle - 4, **word) + text(figures, x, middle + 14)
    [first, *rest] = _folded(one.label, 46)
    label = text(first + (" …" if rest else ""), frame.left, y + 17, font_size=14)
    label += text(one.word, frame.left, y + 37, **word)
    label += text(figures, frame.right, y + 37, text_anchor="end")
    return label + text(one.note, frame.left, y + 90, **SOFT)


def _folded(words: str, most: int, lines: int = 2) -> list[str]:
    """Words in at most so many lines of about so many letters; what is too much is cut."""
    found = [""]
    for word in words.split():
        if found[-1] and len(found[-1]) + 1 + len(word) > most:
            if len(found) == lines:
                return [*found[:-1], found[-1][: most - 1].rstrip(" ,.") + "…"]
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return [line if len(line) <= most else line[: most - 1] + "…" for line in found]


def _in_words(one: Difference, language: Language) -> str:
    name = f"{one.group}, {one.label}" if one.group else one.label
    return f"{name}: {one.word}, {_figure(one.value, one.kind, language)} ({_interval(one, language)})"
