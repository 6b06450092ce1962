"""Colours can be read: contrast after WCAG 2.2 (1.4.3 for words, 1.4.11 for signs), light and dark."""

from __future__ import annotations

import re

import pytest

from verbond.plots import tokens, tokens_css
from verbond.plots.tokens import colour, rung_colour

WORDS, SIGNS = 4.5, 3.0
"""Least contrast of words and of parts of a picture, WCAG 2.2 AA."""
THEMES = ("light", "dark")
RUNGS = [f"rung-{k}" for k in range(6)]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(theme: str, one: str, other: str) -> float:
    bright, dim = sorted((luminance(tokens(theme)[f"colour-{name}"]) for name in (one, other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    # WCAG 2.2, definition of contrast ratio: from 1 to 21
    assert (luminance("#ffffff") + 0.05) / (luminance("#000000") + 0.05) == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sheet", ["page", "raised"])
@pytest.mark.parametrize("ink", ["text", "text-soft", "accent", "block", "note", "up", "down"])
def test_words_can_be_read(theme: str, sheet: str, ink: str) -> None:
    assert contrast(theme, ink, sheet) >= WORDS


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("ink", "sheet"),
    [("note", "note-wash"), ("block", "block-wash"), ("page", "accent"), *(("page", rung) for rung in RUNGS)],
)
def test_words_on_colour_can_be_read(theme: str, ink: str, sheet: str) -> None:
    # the numbers of rungs stand on their colours in the picture of segments, in the colour of the page
    assert contrast(theme, ink, sheet) >= WORDS


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sign", [*RUNGS, "edge", "up", "down", "block", "bark"])
@pytest.mark.parametrize("sheet", ["page", "raised"])
def test_signs_can_be_seen(theme: str, sign: str, sheet: str) -> None:
    assert contrast(theme, sign, sheet) >= SIGNS


@pytest.mark.parametrize("theme", THEMES)
def test_notch_can_be_seen_on_wood(theme: str) -> None:
    assert contrast(theme, "text", "wood") >= SIGNS
    assert contrast(theme, "text", "line") >= SIGNS


@pytest.mark.parametrize("theme", THEMES)
def test_every_meaning_ends_in_a_colour(theme: str) -> None:
    meanings = {name: value for name, value in tokens(theme).items() if name.startswith("colour-")}
    assert len(meanings) > 20
    assert all(re.fullmatch(r"#[0-9a-f]{6}", value) for value in meanings.values())


def test_dark_redefines_the_palette_only() -> None:
    dark = tokens_css().split("prefers-color-scheme: dark", 1)[1]
    names = re.findall(r"--([a-z0-9-]+):", dark)
    assert names
    assert not [n for n in names if n.startswith(("colour-", "font-", "text-", "space-"))]
    assert set(names) <= set(tokens())


def test_colours_fall_back_on_the_light_palette() -> None:
    assert colour("rung-3") == f"var(--colour-rung-3, {tokens()['colour-rung-3']})"
    assert rung_colour(2, 3) == colour("rung-5")
    assert rung_colour(0, 1) == colour("rung-0")
