"""How wide words are, and how they break into lines, where nobody can ask the reader's machine.

Pictures are read with whatever type a machine has. Words are measured with the advance widths of a wide face,
so that with a usual one they take less room than was kept for them, never more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["LEADING", "Fitted", "fitted", "lines_of", "shortened", "width_of"]

LEADING = 1.28
"""From line to line, in sizes of the type."""
BOLD = 1.14
_ASCII = (
    318, 402, 460, 838, 636, 950, 890, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 536, 1000, 722, 735, 765, 802, 730, 694, 799,
    872, 395, 401, 747, 664, 1024, 875, 820, 673, 820, 753, 685, 667, 843, 722, 1028, 712, 660, 695, 390,
    337, 390, 838, 500, 500, 613, 640, 560, 640, 615, 370, 640, 644, 320, 310, 606, 320, 974, 644, 612,
    640, 640, 478, 521, 402, 644, 592, 856, 592, 592, 527, 636, 337, 636, 838,
)  # fmt: skip
"""Thousandths of an em from space to tilde: the wider of DejaVu Sans and DejaVu Serif, the widest of what
usual machines fall back on."""
_SMALL, _OTHER, _EMOJI = 1.0, 1.15, 1.4


@dataclass(frozen=True, slots=True)
class Fitted:
    """Words in a room.

    Attributes
    ----------
    lines : tuple of str
    size : float
        Of the type.
    whole : bool
        Whether all words are there; else the last line ends in an ellipsis.
    """

    lines: tuple[str, ...]
    size: float
    whole: bool

    @property
    def height(self) -> float:
        """From the top of the first line to the foot of the last."""
        return len(self.lines) * self.size * LEADING


def width_of(words: str, size: float = 1.0, *, bold: bool = False) -> float:
    """How wide words are at most, in the unit of `size`.

    Examples
    --------
    >>> width_of("mm", 10)
    19.48
    """
    return sum(map(_advance, words)) * size * (BOLD if bold else 1.0)


@lru_cache(maxsize=4096)
def _advance(letter: str) -> float:
    code = ord(letter)
    if 32 <= code < 127:
        return _ASCII[code - 32] / 1000
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf"):
        return 0.0
    parts = unicodedata.normalize("NFKD", letter)
    if parts != letter:
        return max(sum(map(_advance, parts)), 0.4)
    if kind in ("So", "Cs", "Co"):
        return _EMOJI
    return _SMALL if kind == "Ll" or kind.startswith("P") else _OTHER


def lines_of(words: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Words in lines that are nowhere wider than `width`; a word that is too long breaks where it must."""
    lines, line = [], ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, width, size, bold)
        lines += full
    return [*lines, line] if line else lines


def _broken(word: str, width: float, size: float, bold: bool) -> list[str]:
    parts, part = [], ""
    for letter in word:
        if part and width_of(part + letter, size, bold=bold) > width:
            parts.append(part)
            part = ""
        part += letter
    return [*parts, part]


def shortened(words: str, width: float, size: float, n_lines: int, *, bold: bool = False) -> Fitted:
    """Words in at most so many lines, an ellipsis where some are left out."""
    lines = lines_of(words, width, size, bold=bold)
    if len(lines) <= n_lines:
        return Fitted(tuple(lines), size, True)
    kept = lines[: max(n_lines, 1)]
    last = kept[-1]
    while last and width_of(last + "…", size, bold=bold) > width:
        last = last[:-1]
    kept[-1] = last.rstrip(" ,;:.") + "…"
    return Fitted(tuple(kept), size, False)


def fitted(words: str, width: float, height: float, sizes: Iterable[float], *, bold: bool = False) -> Fitted:
    """Words at the largest of some sizes at which they fit; at the smallest shortened where they do not.

    Parameters
    ----------
    words : str
    width, height : float
        Of the room.
    sizes : iterable of float
        From large to small.
    bold : bool
    """
    tried: Sequence[float] = tuple(sizes)
    for size in tried:
        n_lines = int(height / (size * LEADING) + 1e-9)
        found = shortened(words, width, size, n_lines, bold=bold)
        broken = any(width_of(word, size, bold=bold) > width for word in words.split())
        if found.whole and len(found.lines) <= n_lines and not broken:
            return found
    n_lines = max(int(height / (tried[-1] * LEADING) + 1e-9), 1)
    return shortened(words, width, tried[-1], n_lines, bold=bold)
