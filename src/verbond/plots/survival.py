"""Who is still there: Kaplan-Meier curves with bands, and below them how many were under observation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text
from verbond.plots.lettering import LEADING, shortened
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = ["MOST_LINES", "SurvivalLine", "draw_survival"]

MOST_LINES = 7
YEAR = 365.25
_COLOURS = ("accent", "rung-1", "rung-5", "block", "rung-4", "rung-2", "rung-0")
_DASHES = (None, "7 4", "2 3", "10 3 2 3", "14 4", "5 2 1 2", "1 4")
_STEPS = (1, 7, 14, 30, 60, 90, 120, 180, *(n * YEAR for n in (1, 2, 3, 4, 5, 10, 20, 50)))


@dataclass(frozen=True, slots=True)
class SurvivalLine:
    """One curve.

    Attributes
    ----------
    label : str
    days, survival, ci_lower, ci_upper, n_at_risk : (m,) float64
        Ascending days; shares on 0..1, NaN in the bounds where there are none.
    colour : str
        A meaning of the tokens ("rung-3"); by default the lines get colours of their own.
    """

    label: str
    days: np.ndarray = field(repr=False)
    survival: np.ndarray = field(repr=False)
    ci_lower: np.ndarray = field(repr=False)
    ci_upper: np.ndarray = field(repr=False)
    n_at_risk: np.ndarray = field(repr=False)
    colour: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float  # where the curves begin
    right: float  # where they end
    high: float
    n_ticks: int
    label: float  # room for a label
    beside: bool  # labels stand beside the numbers, else above them


_FRAMES = {
    "wide": _Frame(880, 240, 850, 330, 8, 210, True),
    "tall": _Frame(360, 46, 336, 250, 4, 300, False),
}
_TOP = 12.0
_EARLY = 0.25
"""Lines that begin before this part of the whole are drawn on a clock from 0."""


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float
    frame: _Frame

    def x(self, day: float) -> float:
        share = (day - self.first) / (self.last - self.first)
        return self.frame.left + (self.frame.right - self.frame.left) * share

    def y(self, share: float) -> float:
        return _TOP + self.frame.high * (1 - min(max(share, 0.0), 1.0))

    @property
    def step(self) -> float:
        """The smallest that gives no more ticks than there is room for."""
        wanted = (self.last - self.first) / self.frame.n_ticks
        return next((s for s in _STEPS if s >= wanted), _STEPS[-1])

    @property
    def ticks(self) -> list[float]:
        start = np.ceil(self.first / self.step - 1e-9) * self.step
        return np.arange(start, self.last + 1e-9, self.step).tolist()


def draw_survival(
    lines: Sequence[SurvivalLine],
    *,
    title: str,
    description: str = "",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "survival",
) -> str:
    """Draw how many are still there as time goes on, a stepped line a group with its interval as a band.

    Parameters
    ----------
    lines : sequence of SurvivalLine
        At most `MOST_LINES`, in the order of the rows below.
    title : str
        Name of the picture, for those who do not see it.
    description : str
        What is to be seen; by default where each line ends.
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
        Without lines, with too many or with one of a single point, or with an unknown layout.
    """
    check_layout(layout)
    if not 0 < len(lines) <= MOST_LINES:
        raise OptionError("lines to draw", got=str(len(lines)), expected=f"1 to {MOST_LINES}")
    first, last = min(line.days[0] for line in lines), max(line.days[-1] for line in lines)
    if any(len(line.days) < 2 for line in lines) or not last > first:
        raise OptionError("a line of one point", expected="two or more")
    scale = _Scale(float(first) if first > _EARLY * last else 0.0, float(last), _FRAMES[layout])
    inks = [colour(line.colour or _COLOURS[j]) for j, line in enumerate(lines)]
    parts = [_grid(scale, language)]
    parts += [_band(line, ink, scale) for line, ink in zip(lines, inks, strict=True)]
    parts += [_curve(line, j, ink, scale) for j, (line, ink) in enumerate(zip(lines, inks, strict=True))]
    below, bottom = _rows(lines, inks, scale, language)
    return picture(
        [*parts, *below],
        identity=identity,
        title=title,
        description=description or _in_words(lines, language),
        width=scale.frame.width,
        height=bottom + 8,
        kind=layout,
    )


def _grid(scale: _Scale, language: Language) -> str:
    frame, parts = scale.frame, []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = scale.y(share)
        parts.append(_rule(frame.left, frame.right, y, y, solid=share == 0))
        parts.append(
            text(share_text(share, language), frame.left - 8, y + 4.5, text_anchor="end", **SOFT)
        )  # fmt: skip
    for day in scale.ticks:
        x = scale.x(day)
        parts.append(_rule(x, x, _TOP, scale.y(0), solid=False))
        parts.append(text(_tick(day, scale, language), x, scale.y(0) + 19, text_anchor="middle", **SOFT))
    axis = "axis_years" if scale.step >= YEAR else "axis_days"
    parts.append(
        text(
            sentence(f"loyalty_staying.{axis}", language), frame.right, scale.y(0) + 38,
            text_anchor="end", **SOFT,
        )
    )  # fmt: skip
    return group(parts, class_="grid")


def _rule(x1: float, x2: float, y1: float, y2: float, *, solid: bool) -> str:
    dashes = None if solid else "2 4"
    return element("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke=colour("line"), stroke_dasharray=dashes)


def _tick(day: float, scale: _Scale, language: Language) -> str:
    return format_value(day / YEAR if scale.step >= YEAR else day, "count", language)


def _path(days: np.ndarray, shares: np.ndarray, scale: _Scale) -> str:
    """Steps: a share holds until the next day."""
    start = f"M{scale.x(days[0]):.2f} {scale.y(shares[0]):.2f}"
    return start + _steps(days[1:], shares[1:], scale)


def _steps(days: np.ndarray, shares: np.ndarray, scale: _Scale) -> str:
    return "".join(
        f"H{scale.x(d):.2f}V{scale.y(s):.2f}" for d, s in zip(days.tolist(), shares.tolist(), strict=True)
    )


def _band(line: SurvivalLine, ink: str, scale: _Scale) -> str:
    told = np.isfinite(line.ci_lower) & np.isfinite(line.ci_upper)
    if told.sum() < 2:
        return ""
    days, low, high = line.days[told], line.ci_lower[told], line.ci_upper[told]
    back = f"L{scale.x(days[-1]):.2f} {scale.y(low[-1]):.2f}"
    for day, share in zip(days[-1:0:-1].tolist(), low[-2::-1].tolist(), strict=True):
        back += f"H{scale.x(day):.2f}V{scale.y(share):.2f}"
    back += f"H{scale.x(days[0]):.2f}Z"
    return element("path", class_="band", d=_path(days, high, scale) + back, fill=ink, fill_opacity=0.14)


def _curve(line: SurvivalLine, j: int, ink: str, scale: _Scale) -> str:
    told = np.isfinite(line.survival)
    return element(
        "path", class_="curve", d=_path(line.days[told], line.survival[told], scale), fill="none",
        stroke=ink, stroke_width=2.2, stroke_dasharray=_DASHES[j], stroke_linejoin="round",
        data_end=round(float(line.survival[told][-1]), 6),
    )  # fmt: skip


def _rows(
    lines: Sequence[SurvivalLine], inks: Sequence[str], scale: _Scale, language: Language
) -> tuple[list[str], float]:
    """Under each other: which line is whose, and how many were under observation at each tick."""
    frame = scale.frame
    y = scale.y(0) + 64
    parts = [text(sentence("loyalty_staying.at_risk", language), frame.left, y, **SOFT)]
    start = 0.0 if frame.beside else 8.0
    y += 10
    for j, (line, ink) in enumerate(zip(lines, inks, strict=True)):
        label = shortened(line.label, frame.label - 36, 14, 2)
        top = y + 18
        parts.append(
            element(
                "line", x1=start, x2=start + 26, y1=top - 5, y2=top - 5, stroke=ink, stroke_width=2.6,
                stroke_dasharray=_DASHES[j],
            )
        )  # fmt: skip
        for k, words in enumerate(label.lines):
            parts.append(text(words, start + 34, top + k * 14 * LEADING, font_size=14))
        under = top + (len(label.lines) - 1) * 14 * LEADING
        numbers = top if frame.beside else under + 19
        for day in scale.ticks:
            n = _n_at(line, day)
            if n is not None:
                parts.append(
                    text(format_value(n, "count", language), scale.x(day), numbers, text_anchor="middle")
                )
        y = max(under, numbers) + (6 if frame.beside else 8)
    return parts, y


def _n_at(line: SurvivalLine, day: float) -> float | None:
    if not line.days[0] <= day <= line.days[-1]:
        return None
    return float(line.n_at_risk[np.searchsorted(line.days, day, side="right") - 1])


def _in_words(lines: Sequence[SurvivalLine], language: Language) -> str:
    said = [
        sentence(
            "loyalty_staying.in_words", language, group=line.label,
            share=float(line.survival[np.isfinite(line.survival)][-1]), days=float(line.days[-1]),
        )
        for line in lines
    ]  # fmt: skip
    return "; ".join(said) + "."
