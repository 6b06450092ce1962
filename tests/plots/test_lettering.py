"""Words take no more room than was kept for them, with any type that a usual machine has."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.plots.lettering import LEADING, PAPER, fitted, lines_of, shortened, width_of

FACES = (
    "DejaVuSans.ttf", "DejaVuSerif.ttf", "LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf",
    "DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf", "LiberationSans-Bold.ttf",
)  # fmt: skip
LATIN = "".join(map(chr, range(0x20, 0x250)))
LETTERS = "".join(
    chr(n) for n in range(0x20, 0x530) if unicodedata.category(chr(n))[0] in "LNP" or chr(n) in " €"
)
KEPT = 0.02
"""Single letters of one face may be wider than all of the measure: words are not, by more than this share."""

said = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyz  ABCDEFGHIJKLMNOPQRSTUVWXYZ.,éëï'-0123456789"), max_size=90
)


@pytest.mark.parametrize("face", FACES)
def test_no_letter_is_much_wider_than_its_measure(face: str) -> None:
    """Against the faces themselves."""
    fonts = pytest.importorskip("PIL.ImageFont", reason="Pillow reads the widths of a face")
    where = next(Path("/usr/share/fonts").rglob(face), None) if Path("/usr/share/fonts").is_dir() else None
    if where is None:
        pytest.skip(f"this machine has no {face}")
    font, bold = fonts.truetype(str(where), 1000), "Bold" in face
    text = "De klant belt, en wij bellen vandaag nog terug: Jij hoort het 's avonds. WIJ ZIJN, ÓÓK IN JULI."
    assert font.getlength(text) / 1000 <= width_of(text, bold=bold)
    wider = [x for x in LETTERS if font.getlength(x) / 1000 > 1.3 * width_of(x, bold=bold)]
    assert not wider
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    assert font.getlength(alphabet) / 1000 <= (1 + KEPT) * width_of(alphabet, bold=bold)


def test_paper_is_as_wide_as_the_typesetter_says() -> None:
    """Against Typst's own measure of the type that it brings along."""
    typst = pytest.importorskip("typst", reason="the extra 'reports' sets paper")
    words = ["De klant belt, en wij bellen vandaag nog terug.", "WAVE To Yo AV fi ffl", "0123456789 (50%)!",
             "Klachtenafhandelingsprocedure", "Één Øresund, coöperatie & Łódź"]  # fmt: skip
    sheet = """
#let words = json("words.json")
#set text(font: "Libertinus Serif", size: 1000pt)
#let wide(it, w) = measure(text(weight: w, it)).width.pt()
#context [#metadata(("regular", "bold").map(w => words.map(it => wide(it, w)))) <m>]
"""
    parts = {"main.typ": sheet.encode(), "words.json": json.dumps(words).encode()}
    found = json.loads(typst.query(parts, "<m>", field="value", one=True, ignore_system_fonts=True))
    for bold, widths in zip((False, True), found, strict=True):
        for one, width in zip(words, widths, strict=True):
            kept = width_of(one, 1000, bold=bold, face=PAPER)
            assert 0.9 * kept < width <= kept, (one, bold)


@settings(deadline=None)
@given(said, st.floats(20, 300), st.floats(5, 30), st.booleans())
def test_no_line_is_wider_than_it_may_be_and_no_word_is_lost(words, width, size, bold) -> None:
    lines = lines_of(words, width, size, bold=bold)
    for line in lines:
        assert len(line) == 1 or width_of(line, size, bold=bold) <= width
    assert "".join("".join(lines).split()) == "".join(words.split())


@settings(deadline=None)
@given(said, st.integers(1, 5))
def test_what_is_left_out_is_seen_to_be(words: str, n_lines: int) -> None:
    made = shortened(words, 60, 10, n_lines)
    assert len(made.lines) <= n_lines
    assert made.whole or made.lines[-1].endswith("…")
    assert all(width_of(line, 10) <= 60 for line in made.lines)
    assert made.words.replace(" ", "") == "".join(made.lines).replace(" ", "")
    assert " ".join(words.split()).startswith(made.words.removesuffix("…"))


@settings(deadline=None)
@given(said, st.floats(40, 300), st.floats(12, 200))
def test_the_largest_size_at_which_all_fits(words: str, width: float, height: float) -> None:
    sizes = (24.0, 16.0, 12.0, 8.0)
    made = fitted(words, width, height, sizes)
    assert made.height <= max(height, 8.0 * LEADING)
    if made.whole and made.size < sizes[0]:
        above = sizes[sizes.index(made.size) - 1]
        tall = len(lines_of(words, width, above)) * above * LEADING
        broken = any(width_of(word, above) > width for word in words.split())
        assert tall > height or broken
