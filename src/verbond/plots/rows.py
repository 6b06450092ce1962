"""Rows of a picture, those of a group under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from verbond.plots.svg import text
from verbond.plots.tokens import FONT_HEADING

__all__ = ["rows_by_group"]


class _Grouped(Protocol):
    @property
    def group(self) -> str: ...


class _Frame(Protocol):
    @property
    def left(self) -> float: ...
    @property
    def row(self) -> float: ...
    @property
    def beside(self) -> bool: ...


T = TypeVar("T", bound=_Grouped)


def rows_by_group(
    entries: Iterable[T], frame: _Frame, draw: Callable[[T, float], str]
) -> tuple[list[str], float]:
    """Draw entries below one another, the name of a group above its first.

    Parameters
    ----------
    entries : iterable
        Each with a `group`; those of one group together, those of none ("") first.
    frame : object
        With `left`, the height `row` of a row, and `beside`: whether words stand left of `left`.
    draw : callable
        From an entry and the height of its top to markup.

    Returns
    -------
    rows : list of str
        Markup.
    bottom : float
        Where the last row ends.
    """
    rows: list[str] = []
    y, last = 8.0, ""
    for entry in entries:
        if entry.group != last:
            y += 10 if rows else 0
            x = 0 if frame.beside else frame.left
            rows.append(text(entry.group, x, y + 16, font_size=16, font_family=FONT_HEADING))
            y, last = y + 30, entry.group
        rows.append(draw(entry, y))
        y += frame.row
    return rows, y
