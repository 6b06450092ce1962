"""Shares month by month: a strip a line, its interval as a band, gaps where nothing may be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text
from verbond.plots.strips import short_month
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import colour
from verbond.results import Estimate, Language
from verbond.results.wording import format_value

__all__ = ["MonthLine", "draw_month_lines"]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One strip.

    Attributes
    ----------
    label, note : str
        The note is written small behind it.
    months : tuple of (date, Estimate)
        In order; an estimate without a value leaves a gap.
    colour : str
        A meaning of the tokens.
    """

    label: str
    months: tuple[tuple[dt.date, Estimate], ...]
    note: str = ""
    colour: str = "accent"


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    right: float
    high: float
    n_dates: int
    beside: bool  # the note stands behind the label, else under it


_FRAMES = {
    "wide": _Frame(880, 48, 812, 64, 8, True),
    "tall": _Frame(360, 42, 306, 56, 3, False),
}


def draw_month_lines(
    lines: Sequence[MonthLine],
    *,
    title: str,
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "months",
) -> str:
    """Draw shares by month, each line in a strip of its own, all to one measure.

    Parameters
    ----------
    lines : sequence of MonthLine
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
        Without lines, where they hold fewer than two months together, or with an unknown layout.

    Examples
    --------
    >>> months = tuple((dt.date(2026, m, 1), Estimate(m / 10, m / 10 - .05, m / 10 + .05)) for m in (1, 2, 3))
    >>> draw_month_lines([MonthLine("Market", months)], title="By month")[:4]
    '<svg'
    """
    check_layout(layout)
    known = sorted({month for line in lines for month, _ in line.months})
    if len(known) < 2:
        raise OptionError("nothing to draw over time", got=f"{len(known)} months", expected="two or more")
    frame, first = _FRAMES[layout], known[0]
    span_ = _months_between(first, known[-1])

    def place(month: dt.date) -> float:
        return frame.left + (frame.right - frame.left) * _months_between(first, month) / span_

    drawn = [b for line in lines for _, e in line.months for b in (e.value, e.ci_upper) if b is not None]
    top = next(part for part in (0.1, 0.25, 0.5, 0.75, 1.0) if part >= min(max(drawn, default=0.1), 1.0))
    parts, y = [], 0.0
    for line in lines:
        head = 34.0 if frame.beside or not line.note else 50.0
        parts.append(group(_strip(line, y, head, top, place, frame, language), class_="strip"))
        y += head + frame.high + 18
    parts.append(group(_dates(known, y, place, frame, language), class_="dates"))
    return picture(
        parts, identity=identity, title=title, description=_in_words(lines, language), width=frame.width,
        height=y + 22, kind=layout,
    )  # fmt: skip


def _months_between(first: dt.date, second: dt.date) -> int:
    return 12 * (second.year - first.year) + second.month - first.month


def _strip(
    line: MonthLine,
    y: float,
    head: float,
    top: float,
    place: Callable[[dt.date], float],
    frame: _Frame,
    language: Language,
) -> Iterator[str]:
    base, ink = y + head + frame.high, colour(line.colour)
    words = [span(line.label, font_size=14, font_weight="bold")]
    if line.note and frame.beside:
        words.append(span("   " + line.note, fill=colour("text-soft"), font_size=13))
    yield text(words, 0, y + 15)
    if line.note and not frame.beside:
        yield text(line.note, 0, y + 33, **SOFT)
    for part in (0.0, 0.5, 1.0):
        at = base - frame.high * part
        yield element(
            "path", d=f"M{frame.left:.1f} {at:.1f}H{frame.right:.1f}",
            stroke=colour("edge" if part == 0 else "line"), stroke_dasharray=None if part == 0 else "2 4",
        )  # fmt: skip
        if part != 0.5:
            figure = format_value(part * top, "percent", language)
            yield text(figure, frame.left - 7, at + 4.5, text_anchor="end", **SOFT)

    def height(share: float) -> float:
        return base - frame.high * min(max(share, 0.0), top) / top

    for run in _runs(line.months):
        xs = [place(month) for month, _ in run]
        value = [(x, height(e.value or 0.0)) for x, (_, e) in zip(xs, run, strict=True)]
        low, high = (
            [
                (x, height(b if b is not None else e.value or 0.0))
                for x, (_, e) in zip(xs, run, strict=True)
                for b in (getattr(e, bound),)
            ]
            for bound in ("ci_lower", "ci_upper")
        )
        if len(run) > 1:
            edge = _path([*high, *reversed(low)])
            yield element("path", d=edge + "Z", class_="interval", fill=ink, opacity=0.24)
            yield element("path", d=_path(value), fill="none", stroke=ink, stroke_width=2.2)
        yield from (element("circle", cx=x, cy=at, r=2.8, fill=ink) for x, at in value)
    last = next((e.value for _, e in reversed(line.months) if e.value is not None), None)
    if last is not None:
        yield text(
            share_text(last, language), frame.right + 9, height(last) + 5, font_weight="bold", font_size=14
        )


def _runs(months: Sequence[tuple[dt.date, Estimate]]) -> list[list[tuple[dt.date, Estimate]]]:
    """Stretches without a gap: what is unknown is not bridged."""
    runs: list[list[tuple[dt.date, Estimate]]] = []
    before: dt.date | None = None
    for month, share in months:
        if share.value is None:
            continue
        if before is None or _months_between(before, month) > 1:
            runs.append([])
        runs[-1].append((month, share))
        before = month
    return runs


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _dates(
    known: Sequence[dt.date], y: float, place: Callable[[dt.date], float], frame: _Frame, language: Language
) -> Iterator[str]:
    """The first and the last month, and some between, so that none touches another."""
    n = _months_between(known[0], known[-1])
    step = max(1, -(-n // frame.n_dates))
    for k in range(n, -1, -step):
        year, month = divmod(12 * known[0].year + known[0].month - 1 + k, 12)
        day = dt.date(year, month + 1, 1)
        x = place(day)
        yield element("path", d=f"M{x:.1f} {y - 12:.1f}v5", stroke=colour("edge"))
        anchor = "start" if x < frame.left + 24 else "middle"
        yield text(short_month(day.isoformat(), language), x, y + 8, text_anchor=anchor, **SOFT)


def _in_words(lines: Sequence[MonthLine], language: Language) -> str:
    said = []
    for line in lines:
        known = [e.value for _, e in line.months if e.value is not None]
        ends = f"{share_text(known[0], language)} → {share_text(known[-1], language)}" if known else "–"
        said.append(f"{line.label}: {ends}{f', {line.note}' if line.note else ''}")
    return "; ".join(said) + "."
