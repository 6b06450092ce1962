"""The hand that lays a canvas out: where the great parts stand, and what found no room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from verbond.canvas import FIELDS, Outcome
from verbond.plots.lettering import LEADING, Face, Fitted, fitted, shortened, width_of
from verbond.plots.sheet import Box, Letters, Part
from verbond.results import Language, sentence

__all__ = ["GAP", "MARGIN", "Hand", "empty", "heading", "points_first", "proposed"]

MARGIN = 36.0
GAP = 32.0
HEAD = 72.0
FOOT = 22.0


def points_first(items: Iterable[Any]) -> list[Any]:
    """What got most points first; else as it lay."""
    return sorted(items, key=lambda one: -one.points)


@dataclass(slots=True)
class Hand:
    """Lays parts down and remembers what found no room."""

    outcome: Outcome
    language: Language
    width: float
    height: float
    smallest: float
    face: Face
    parts: list[Part] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    cut: bool = False

    def say(self, key: str, **values: Any) -> str:
        return sentence(f"canvas_out.{key}", self.language, **values)

    def lay(self, *parts: Part) -> None:
        self.parts += parts

    def fit(self, words: str, width: float, height: float, sizes: Iterable[float], **style: Any) -> Letters:
        """Words at the largest size that fits, remembering when some are left out."""
        bold = style.get("bold", False)
        tried = sorted({max(size, self.smallest) for size in sizes}, reverse=True)
        found = fitted(words, width, height, tried, bold=bold, face=self.face)
        self.cut |= not found.whole
        return Letters.of(found, **style)

    def short(self, words: str, width: float, size: float, n_lines: int, *, bold: bool = False) -> Fitted:
        """Words at one size in at most so many lines."""
        return shortened(words, width, size, n_lines, bold=bold, face=self.face)

    def wide(self, words: str, size: float, *, bold: bool = False) -> float:
        """How wide words are at most."""
        return width_of(words, size, bold=bold, face=self.face)

    def more(self, key: str, n: int, x: float, foot: float, width: float) -> None:
        """How many more there are, in a line that ends at a height; nothing where there are none."""
        if n:
            words = self.fit(self.say(key, n=n), width, 16, (11,), bold=True)
            self.lay(Box(x, foot - words.height, width, words.height, (words,), name="more"))

    @property
    def line(self) -> float:
        """Height of the line that says so, and what is kept free above it."""
        return max(self.smallest, 11.0) * LEADING + 2

    # where the great parts stand

    @property
    def low(self) -> float:
        """Height of the row with mission, promise and steps."""
        return 0.35 * self.height

    @property
    def top(self) -> float:
        return MARGIN + HEAD

    @property
    def radius(self) -> float:
        return (self.height - self.top - self.low - GAP - FOOT - MARGIN) / 2

    @property
    def middle(self) -> tuple[float, float]:
        return self.width / 2, self.top + self.radius

    @property
    def lens(self) -> float:
        """Half the width of the overlap."""
        return 0.86 * self.radius

    @property
    def row(self) -> float:
        """Where the row with mission, promise and steps begins."""
        return self.top + 2 * self.radius + GAP

    def columns(self) -> list[tuple[float, float]]:
        """Left and width of mission, promise and steps."""
        room, gap = self.width - 2 * MARGIN, 30.0
        widths = [share * (room - 2 * gap) for share in (0.27, 0.43, 0.30)]
        lefts = [MARGIN, MARGIN + widths[0] + gap, MARGIN + widths[0] + widths[1] + 2 * gap]
        return list(zip(lefts, widths, strict=True))


def heading(hand: Hand, key: str, x: float, y: float, width: float, *, size: float = 19.0) -> None:
    """Number and name of a field, left aligned; 26 high."""
    number = Letters((str(FIELDS.index(key) + 1),), 12.5, "page", bold=True, align="middle")
    name = hand.fit(hand.say(f"field_{key}"), width - 30, 25, (size, 16, 13), serif=True, bold=True, level=2)
    hand.lay(
        Box(x, y + 1.5, 22, 22, (number,), fill="text", radius=11, middle=True, name="number"),
        Box(x + 29, y, width - 29, 25, (name,), middle=True, name="heading"),
    )


def empty(hand: Hand, x: float, y: float, width: float, align: Any = "start") -> Box:
    words = hand.fit(hand.say("empty"), width, 18, (12, 10), ink="text-soft", align=align)
    return Box(x, y, width, 18, (words,), name="empty")


def proposed(hand: Hand, width: float, ink: str = "text-soft") -> Letters:
    return hand.fit(hand.say("proposed"), width, 15, (10.5,), ink=ink)
