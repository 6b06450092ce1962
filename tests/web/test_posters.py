"""A poster keeps to PDF/UA, says what it should, and its code reads back from the picture.

The code is read after ISO/IEC 18004 by a reader that stands here and knows nothing of what drew it: it takes
the modules off the rendered picture, undoes the mask, puts the blocks in order, and reads the bytes.
"""

from __future__ import annotations

import re
import struct
import zlib

import numpy as np
import pytest

from verbond.errors import DataError
from verbond.results import sentence
from verbond.web.listening import posters
from verbond.web.listening.posters import Side, poster

ADDRESS = "https://luisteren.zonnewende.example/q/Ab1l-_O0xyzQ/"
POINTS_OF_MM = 72 / 25.4


def side(language: str, **said: str) -> Side:
    return Side(
        language,
        said.get("question", "What are you to each other?"),
        said.get("about", "Five minutes."),
        sentence("web_kiosk.poster_mode_anonymous", language),
    )


# reading a picture


def pixels(png: bytes) -> np.ndarray:
    """Rows, columns, channels of a PNG with eight bits and no interlacing (RFC 2083)."""
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, interlaced) == (8, 0)
    channels = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    rows = np.zeros((height, width * channels), np.uint8)
    for y in range(height):
        rows[y] = unfiltered(int(raw[y, 0]), raw[y, 1:], rows[y - 1] if y else rows[0] * 0, channels)
    return rows.reshape(height, width, channels)


def unfiltered(kind: int, line: np.ndarray, above: np.ndarray, step: int) -> np.ndarray:
    if kind in (0, 2):
        return line + above * (kind // 2)
    made = line.astype(int)
    for x in range(len(made)):
        left, up = (made[x - step] if x >= step else 0), int(above[x])
        corner = int(above[x - step]) if x >= step else 0
        guess = left + up - corner
        near = min((left, up, corner), key=lambda one: abs(guess - one))
        made[x] = (made[x] + (left, 0, (left + up) // 2, near)[kind - 1]) % 256
    return made.astype(np.uint8)


def modules(picture: np.ndarray) -> np.ndarray:
    """What is black, module by module: nothing else on a poster is pure black."""
    black = (picture[..., :3] < 8).all(axis=2)
    rows, columns = np.flatnonzero(black.any(axis=1)), np.flatnonzero(black.any(axis=0))
    black = black[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    finder = int(np.argmin(black[0]))  # the first dark run is seven modules wide
    size = round(7 * black.shape[1] / finder)
    size = 17 + 4 * round((size - 17) / 4)
    centres = ((np.arange(size) + 0.5) * black.shape[0] / size).astype(int)
    return black[np.ix_(centres, centres)]


# reading a code: versions 2 to 6


BLOCKS = {
    (3, "Q"): (17, 17), (4, "M"): (32, 32), (4, "Q"): (24, 24), (4, "H"): (9,) * 4,
    (5, "Q"): (15, 15, 16, 16), (5, "M"): (43, 43), (6, "Q"): (19,) * 4, (6, "H"): (15,) * 4,
}  # fmt: skip
"""ISO/IEC 18004, table 9: data codewords of each block."""
MASKS = (
    lambda i, j: (i + j) % 2, lambda i, j: i % 2, lambda i, j: j % 3, lambda i, j: (i + j) % 3,
    lambda i, j: (i // 2 + j // 3) % 2, lambda i, j: i * j % 2 + i * j % 3,
    lambda i, j: (i * j % 2 + i * j % 3) % 2, lambda i, j: ((i + j) % 2 + i * j % 3) % 2,
)  # fmt: skip


def number(bits: list[bool]) -> int:
    return int("".join("01"[int(bit)] for bit in bits), 2)


def read(code: np.ndarray) -> str:
    size = len(code)
    version = (size - 17) // 4
    kind = number([*code[8, :6], code[8, 7], code[8, 8], code[7, 8]][:5]) ^ 0b10101
    level, mask = "MLHQ"[kind >> 3], MASKS[kind & 7]
    taken = np.zeros((size, size), bool)
    taken[:9, :9] = taken[:9, -8:] = taken[-8:, :9] = taken[6] = taken[:, 6] = True
    taken[size - 9 : size - 4, size - 9 : size - 4] = True
    bits, upward = [], True
    for right in (x if x > 6 else x - 1 for x in range(size - 1, 0, -2)):
        for i in range(size - 1, -1, -1) if upward else range(size):
            bits += [code[i, j] ^ (mask(i, j) == 0) for j in (right, right - 1) if not taken[i, j]]
        upward = not upward
    words = [number(bits[at : at + 8]) for at in range(0, len(bits) - 7, 8)]
    lengths = BLOCKS[version, level]
    blocks: list[list[int]] = [[] for _ in lengths]
    stream = iter(words)
    for row in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if row < length:
                block.append(next(stream))
    text = "".join(f"{word:08b}" for block in blocks for word in block)
    assert text[:4] == "0100", "bytes"
    n = int(text[4:12], 2)
    return bytes(int(text[12 + 8 * k : 20 + 8 * k], 2) for k in range(n)).decode()


@pytest.mark.parametrize(
    ("address", "paper"), [(ADDRESS, "a4"), (ADDRESS, "a3"), ("http://localhost:8765/q/abcdefgh-_12/", "a4")]
)
def test_the_code_on_the_wall_opens_the_survey(address: str, paper: str) -> None:
    picture = pixels(poster("Zonnewende", [side("nl"), side("en")], address, paper, form="png"))
    assert read(modules(picture)) == address


def test_the_code_stands_in_a_margin_of_nothing() -> None:
    drawn = posters.drawn_code(ADDRESS)
    size = int(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    dark = drawn.split('<path d="')[2]
    starts = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)", dark)]
    ends = [int(x) + int(n) for x, n in re.findall(r"M(\d+) \d+h(\d+)", dark)]
    assert min(min(pair) for pair in starts) == posters.QUIET
    assert max(max(ends), max(y for _, y in starts) + 1) == size - posters.QUIET


# on paper


@pytest.mark.parametrize(("paper", "width", "height"), [("a4", 210, 297), ("a3", 297, 420)])
def test_a_sheet_of_its_size_for_everybody(paper: str, width: int, height: int) -> None:
    made = poster("Zonnewende", [side("nl")], ADDRESS, paper)
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert float(box[1]) == pytest.approx(width * POINTS_OF_MM, abs=0.1)
    assert float(box[2]) == pytest.approx(height * POINTS_OF_MM, abs=0.1)
    assert b"pdfuaid" in made
    assert re.search(rb"/Lang\s*\(nl\)", made)
    assert len(re.findall(rb"/MediaBox", made)) == 1, "one page"


def test_words_of_any_length_stay_on_one_page() -> None:
    much = side("nl", question="Waarom eigenlijk " * 60, about="Daarom " * 300)
    made = poster("Stichting " * 12, [much, side("en", question="Why " * 90)], ADDRESS)
    assert len(re.findall(rb"/MediaBox", made)) == 1


@pytest.mark.parametrize("company", ['#panic("no") $x$ *a* \\', '#read("/etc/passwd")', "Ωmega & Søn"])
def test_what_a_survey_says_is_no_markup(company: str) -> None:
    made = pixels(poster(company, [side("en", question=company)], ADDRESS, form="png"))
    assert read(modules(made)) == ADDRESS


def test_letters_without_type_are_said() -> None:
    with pytest.raises(DataError, match="cannot be set"):
        poster("\U000f0000 private", [side("nl")], ADDRESS)
