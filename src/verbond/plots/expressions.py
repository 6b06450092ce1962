"""Shares side by side: what each side says, by relationship; departments, channels, rungs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, interval_text, share_text
from verbond.plots.lettering import shortened
from verbond.plots.svg import SOFT, element, group, picture, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Language

__all__ = ["ShareCell", "ShareColumn", "ShareRow", "draw_share_grid"]


@dataclass(frozen=True, slots=True)
class ShareCell:
    """One share, or a word in its place.

    Attributes
    ----------
    value : float or None
        0..1.
    ci_lower, ci_upper : float or None
    word : str
        What stands there without a value ("promised"); a space where nothing does.
    is_good : bool
        The word is drawn with a full mark.
    """

    value: float | None
    ci_lower: float | None = None
    ci_upper: float | None = None
    word: str = ""
    is_good: bool = False

    @property
    def is_blank(self) -> bool:
        """Nothing is to stand there."""
        return self.value is None and self.word == " "


@dataclass(frozen=True, slots=True)
class ShareColumn:
    """The head of a column.

    Attributes
    ----------
    name, note : str
        The note is written small under it.
    colour : str
        A meaning of the tokens, for rows that have none.
    """

    name: str
    note: str = ""
    colour: str = "accent"


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One row.

    Attributes
    ----------
    label, note : str
    cells : tuple of ShareCell or None
        One a column; None where nothing is known.
    colour : str
        A meaning of the tokens; "" for that of the column.
    group : str
        Rows of a group stand together under its name.
    """

    label: str
    cells: tuple[ShareCell | None, ...]
    note: str = ""
    colour: str = ""
    group: str = ""


_WIDTH, _LEFT, _FIGURE, _HIGH = 880.0, 172.0, 48.0, 16.0
_ROW, _HEAD, _GROUP = 42.0, 46.0, 36.0
_TALL_WIDTH, _TALL_LEFT, _TALL_LINE = 360.0, 128.0, 26.0


def draw_share_grid(
    rows: Sequence[ShareRow],
    columns: Sequence[ShareColumn],
    *,
    title: str,
    unknown: str = "–",
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "shares",
) -> str:
    """Draw shares as bars from 0 to 100%, a row a thing and a column a group, with intervals.

    On a desk the bars of one column stand under one another; on a phone those of one row do.

    Parameters
    ----------
    rows : sequence of ShareRow
    columns : sequence of ShareColumn
    title : str
        Name of the picture, for those who do not see it.
    unknown : str
        What stands where nothing is known.
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
        Without rows or columns, with a row of another length, with a share outside 0..1 or outside its
        interval, or with an unknown layout.

    Examples
    --------
    >>> row = ShareRow("Market", (ShareCell(0.7, 0.6, 0.8), ShareCell(0.1, 0.05, 0.2)))
    >>> heads = ShareColumn("Marketing"), ShareColumn("Service")
    >>> svg = draw_share_grid([row], heads, title="Who offers what")
    >>> svg[:4], "70%" in svg
    ('<svg', True)
    """
    check_layout(layout)
    _check(rows, columns)
    draw = _wide if layout == "wide" else _tall
    parts, height = draw(rows, columns, unknown, language)
    return picture(
        parts, identity=identity, title=title, description=_in_words(rows, columns, unknown, language),
        width=_WIDTH if layout == "wide" else _TALL_WIDTH, height=height, kind=f"{layout} share-grid",
    )  # fmt: skip


def _check(rows: Sequence[ShareRow], columns: Sequence[ShareColumn]) -> None:
    if not rows or not columns:
        raise OptionError("no shares to draw", got="none", expected="at least one row and one column")
    if any(len(row.cells) != len(columns) for row in rows):
        raise OptionError("rows and columns do not fit", expected=f"{len(columns)} cells in each row")
    for cell in (cell for row in rows for cell in row.cells if cell is not None and cell.value is not None):
        low, high = (cell.value if b is None else b for b in (cell.ci_lower, cell.ci_upper))
        if not 0 <= low <= cell.value <= high <= 1 or not math.isfinite(cell.value):
            raise OptionError("this is no share with its interval", got=str(cell), expected="0..1, in order")


def _wide(
    rows: Sequence[ShareRow], columns: Sequence[ShareColumn], unknown: str, language: Language
) -> tuple[list[str], float]:
    step = (_WIDTH - _LEFT) / len(columns)
    notes = any(column.note for column in columns)
    parts = [
        text(
            _short(column.name, step - 8, 14, bold=True),
            _LEFT + k * step,
            18,
            font_size=14,
            font_weight="bold",
        )
        + (text(column.note, _LEFT + k * step, 36, **SOFT) if column.note else "")
        for k, column in enumerate(columns)
    ]
    y, last = _HEAD if notes else _HEAD - 16, ""
    for row in rows:
        if row.group != last:
            parts.append(text(row.group, 0, y + 22, font_size=16, font_family=FONT_HEADING))
            y, last = y + _GROUP, row.group
        middle = y + _ROW / 2
        label = text(_short(row.label, _LEFT - 14, 14), 0, middle + (-2 if row.note else 5), font_size=14)
        cells = [
            _cell(
                cell, _LEFT + k * step, step - _FIGURE - 14, middle, row.colour or columns[k].colour, unknown,
                language,
            )
            for k, cell in enumerate(row.cells)
        ]  # fmt: skip
        rule = element("line", x1=0, x2=_WIDTH, y1=y, y2=y, stroke=colour("line"))
        note = text(row.note, 0, middle + 15, **SOFT) if row.note else ""
        parts.append(group([rule, label, note, *cells], class_="row"))
        y += _ROW
    return parts, y + 4


def _tall(
    rows: Sequence[ShareRow], columns: Sequence[ShareColumn], unknown: str, language: Language
) -> tuple[list[str], float]:
    parts: list[str] = []
    y, last = 0.0, ""
    for row in rows:
        if row.group != last:
            parts.append(text(row.group, 0, y + 24, font_size=17, font_family=FONT_HEADING))
            y, last = y + _GROUP, row.group
        head = text(_short(row.label, 230, 15, bold=True), 0, y + 19, font_size=15, font_weight="bold")
        note = text(row.note, _TALL_WIDTH, y + 19, text_anchor="end", **SOFT) if row.note else ""
        y += 28
        lines = []
        for column, cell in zip(columns, row.cells, strict=True):
            if cell is not None and cell.is_blank:
                continue
            middle = y + _TALL_LINE / 2
            lines.append(text(_short(column.name, _TALL_LEFT - 6, 13), 0, middle + 4.5, font_size=13))
            room = _TALL_WIDTH - _TALL_LEFT - _FIGURE
            lines.append(
                _cell(cell, _TALL_LEFT, room, middle, row.colour or column.colour, unknown, language)
            )
            y += _TALL_LINE
        parts.append(group([head, note, *lines], class_="row"))
        y += 12
    return parts, y


def _short(words: str, room: float, size: float, *, bold: bool = False) -> str:
    return shortened(words, room, size, 1, bold=bold).lines[0]


def _cell(
    cell: ShareCell | None, x: float, room: float, middle: float, ink: str, unknown: str, language: Language
) -> str:
    if cell is None or cell.value is None:
        word = unknown if cell is None else cell.word or unknown
        if cell is None or not cell.is_good:
            return text(word, x, middle + 4.5, **SOFT)
        mark = element(
            "rect", x=x + 1, y=middle - 5, width=10, height=10, fill=colour(ink),
            transform=f"rotate(45 {x + 6:.1f} {middle:.1f})",
        )  # fmt: skip
        return mark + text(word, x + 20, middle + 4.5, font_size=13, font_weight="bold")
    top = middle - _HIGH / 2
    parts = [
        element("rect", x=x, y=top, width=room, height=_HIGH, fill="none", stroke=colour("line"), rx=2),
        element(
            "rect", x=x, y=top, width=room * cell.value, height=_HIGH, fill=colour(ink), rx=2, class_="share"
        ),
    ]
    if cell.ci_lower is not None and cell.ci_upper is not None:
        low, high = x + room * cell.ci_lower, x + room * cell.ci_upper
        path = (
            f"M{low:.1f} {middle - 5:.1f}v10M{low:.1f} {middle:.1f}H{high:.1f}M{high:.1f} {middle - 5:.1f}v10"
        )
        parts += [
            element("path", d=path, fill="none", stroke=colour("page"), stroke_width=4.2),
            element("path", d=path, class_="interval", fill="none", stroke=colour("text"), stroke_width=1.7),
        ]
    figure = share_text(cell.value, language)
    parts.append(text(figure, x + room + 7, middle + 5, font_size=14, font_weight="bold"))
    return group(parts, data_value=round(float(cell.value), 6))


def _in_words(
    rows: Sequence[ShareRow], columns: Sequence[ShareColumn], unknown: str, language: Language
) -> str:
    said = []
    for row in rows:
        told = ", ".join(
            f"{column.name} {_told(cell, unknown, language)}"
            for column, cell in zip(columns, row.cells, strict=True)
            if cell is None or not cell.is_blank
        )
        said.append(f"{f'{row.group}, ' if row.group else ''}{row.label}: {told}")
    return "; ".join(said) + "."


def _told(cell: ShareCell | None, unknown: str, language: Language) -> str:
    if cell is None or cell.value is None:
        return unknown if cell is None else cell.word or unknown
    figure = share_text(cell.value, language)
    if cell.ci_lower is None or cell.ci_upper is None:
        return figure
    return f"{figure} ({interval_text(cell.ci_lower, cell.ci_upper, language)})"
