"""How wide words are, and how they break into lines, where nobody can ask the reader's machine.

Pictures are read with whatever type a machine has. Words are measured with the advance widths of a wide face,
so that with a usual one they take less room than was kept for them, never more; on paper with those of the
type that stands there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "LEADING",
    "PAPER",
    "SLIDES",
    "WIDE",
    "Face",
    "Fitted",
    "fitted",
    "lines_of",
    "shortened",
    "width_of",
]

LEADING = 1.28
"""From line to line, in sizes of the type."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """How wide the letters of a type are.

    Attributes
    ----------
    regular, bold : tuple of int
        Thousandths of an em, from space to tilde.
    usual : float
        What words take of this measure where they are read: less than 1 where the type is not known.
    """

    regular: tuple[int, ...]
    bold: tuple[int, ...]
    usual: float = 1.0


# fmt: off
_WIDE = (
    318, 402, 460, 838, 636, 950, 890, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 536, 1000, 722, 735, 765, 802, 730,
    694, 799, 872, 395, 401, 747, 664, 1024, 875, 820, 673, 820, 753, 685, 667, 843, 722, 1028, 712,
    660, 695, 390, 337, 390, 838, 500, 500, 613, 640, 560, 640, 615, 370, 640, 644, 320, 310, 606,
    320, 974, 644, 612, 640, 640, 478, 521, 402, 644, 592, 856, 592, 592, 527, 636, 337, 636, 838,
)
WIDE = Face(_WIDE, tuple(round(1.14 * n) for n in _WIDE), usual=0.84)
"""Of a reader whose type is not known: the wider of DejaVu Sans and DejaVu Serif, the widest of what usual
machines fall back on."""
PAPER = Face(
    (
        253, 291, 340, 470, 470, 644, 713, 192, 301, 301, 373, 556, 223, 342, 223, 327, 470, 470, 470,
        470, 470, 470, 470, 470, 470, 470, 239, 239, 556, 556, 556, 440, 904, 702, 594, 653, 709, 563,
        490, 692, 738, 300, 326, 644, 534, 848, 706, 710, 547, 710, 593, 490, 603, 668, 659, 961, 667,
        581, 611, 360, 290, 360, 524, 491, 396, 462, 498, 433, 512, 452, 332, 506, 544, 274, 275, 518,
        267, 798, 548, 510, 525, 509, 376, 394, 320, 537, 502, 755, 495, 521, 429, 280, 208, 280, 454,
    ),
    (
        253, 269, 380, 520, 520, 644, 737, 218, 319, 319, 438, 543, 247, 362, 247, 320, 520, 520, 520,
        520, 520, 520, 520, 520, 520, 520, 259, 259, 518, 557, 518, 435, 998, 748, 661, 714, 742, 616,
        551, 740, 826, 371, 377, 744, 583, 908, 748, 738, 621, 738, 724, 510, 659, 740, 708, 1039, 726,
        631, 631, 401, 311, 401, 524, 491, 396, 512, 548, 461, 567, 494, 395, 527, 626, 326, 316, 620,
        329, 915, 623, 557, 587, 579, 433, 432, 362, 604, 535, 785, 567, 564, 457, 311, 223, 311, 478,
    ),
)
"""Of paper: Libertinus Serif, which the typesetter brings along, and a hundredth more."""
SLIDES = Face(
    (
        287, 287, 366, 573, 573, 916, 688, 197, 344, 344, 401, 602, 287, 344, 287, 287, 573, 573, 573,
        573, 573, 573, 573, 573, 573, 573, 287, 287, 602, 602, 602, 573, 1046, 688, 688, 744, 744, 688,
        630, 802, 744, 287, 516, 688, 573, 859, 744, 802, 688, 802, 744, 688, 630, 744, 688, 973, 688,
        688, 630, 287, 287, 287, 484, 573, 344, 573, 573, 516, 573, 573, 287, 573, 573, 229, 229, 516,
        229, 859, 573, 573, 573, 573, 344, 516, 287, 573, 516, 744, 516, 516, 516, 345, 268, 345, 602,
    ),
    WIDE.bold,
)
"""Of slides: Arial and three hundredths more; bold words may stand in a wide face with serifs."""
# fmt: on
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
    words : str
        What the lines say, in one line: for who breaks it anew.
    """

    lines: tuple[str, ...]
    size: float
    whole: bool
    words: str

    @property
    def height(self) -> float:
        """From the top of the first line to the foot of the last."""
        return len(self.lines) * self.size * LEADING


def width_of(words: str, size: float = 1.0, *, bold: bool = False, face: Face = WIDE) -> float:
    """How wide words are at most, in the unit of `size`.

    Examples
    --------
    >>> width_of("mm", 10)
    19.48
    """
    return sum(_advance(letter, bold, face) for letter in words) * size


@lru_cache(maxsize=8192)
def _advance(letter: str, bold: bool, face: Face) -> float:
    code = ord(letter)
    if 32 <= code < 127:
        return (face.bold if bold else face.regular)[code - 32] / 1000
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf"):
        return 0.0
    parts = unicodedata.normalize("NFKD", letter)
    if parts != letter:
        return max(sum(_advance(part, bold, face) for part in parts), 0.4)
    if kind in ("So", "Cs", "Co"):
        return _EMOJI
    return (_SMALL if kind == "Ll" or kind.startswith("P") else _OTHER) * (1.14 if bold else 1.0)


def lines_of(words: str, width: float, size: float, *, bold: bool = False, face: Face = WIDE) -> list[str]:
    """Words in lines that are nowhere wider than `width`; a word that is too long breaks where it must."""
    lines, line = [], ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold=bold, face=face) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, width, size, bold, face)
        lines += full
    return [*lines, line] if line else lines


def _broken(word: str, width: float, size: float, bold: bool, face: Face) -> list[str]:
    parts, part = [], ""
    for letter in word:
        if part and width_of(part + letter, size, bold=bold, face=face) > width:
            parts.append(part)
            part = ""
        part += letter
    return [*parts, part]


def shortened(
    words: str, width: float, size: float, n_lines: int, *, bold: bool = False, face: Face = WIDE
) -> Fitted:
    """Words in at most so many lines, an ellipsis where some are left out."""
    lines = lines_of(words, width, size, bold=bold, face=face)
    if len(lines) <= n_lines:
        return Fitted(tuple(lines), size, True, " ".join(words.split()))
    kept = lines[: max(n_lines, 1)]
    last = kept[-1]
    while last and width_of(last + "…", size, bold=bold, face=face) > width:
        last = last[:-1]
    kept[-1] = last.rstrip(" ,;:.")
    said = _beginning(words, sum(len(line.replace(" ", "")) for line in kept))
    kept[-1] += "…"
    return Fitted(tuple(kept), size, False, said + "…")


def _beginning(words: str, n: int) -> str:
    """The first so many letters of words, spaces not counted."""
    said = ""
    for letter in " ".join(words.split()):
        n -= letter != " "
        if n < 0:
            break
        said += letter
    return said.rstrip()


def fitted(
    words: str, width: float, height: float, sizes: Iterable[float], *, bold: bool = False, face: Face = WIDE
) -> Fitted:
    """Words at the largest of some sizes at which they fit; at the smallest shortened where they do not.

    Parameters
    ----------
    words : str
    width, height : float
        Of the room.
    sizes : iterable of float
        From large to small.
    bold : bool
    face : Face
    """
    tried: Sequence[float] = tuple(sizes)
    for size in tried:
        n_lines = int(height / (size * LEADING) + 1e-9)
        found = shortened(words, width, size, n_lines, bold=bold, face=face)
        broken = any(width_of(word, size, bold=bold, face=face) > width for word in words.split())
        if found.whole and len(found.lines) <= n_lines and not broken:
            return found
    n_lines = max(int(height / (tried[-1] * LEADING) + 1e-9), 1)
    return shortened(words, width, tried[-1], n_lines, bold=bold, face=face)
