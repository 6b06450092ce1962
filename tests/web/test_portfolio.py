"""The portfolio shows every part: what stands in the styles stands there, in both languages."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

SHOWN = (
    "button", "field", "filters", "finding", "progress", "empty", "table", "banner", "menu", "rail", "canvas",
    "motif", "disclosure", "figure", "open-ends", "swatch", "shown", "person", "top", "lead", "small",
    "verdict", "doubts",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_part_is_shown(language: str, cast) -> None:
    bob = cast.people["bob"]
    bob.language = language
    bob.save()
    answer = cast.client("bob").get("/portfolio/")
    page = answer.content.decode()
    assert answer.status_code == 200
    classes = {name for found in re.findall(r'class="([^"]+)"', page) for name in found.split()}
    assert not {part for part in SHOWN if part not in classes}
    for tone in ("neutral", "good", "bad", "caution"):
        assert f"finding--{tone}" in classes
    assert {"button--second", "button--grave", "button--plain", "field--wrong", "progress--failed"} <= classes
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


def test_one_signs_in_to_see_it(cast) -> None:
    assert cast.client(None).get("/portfolio/").status_code == 302


def test_styles_take_colours_from_the_tokens() -> None:
    """A colour of its own would not follow the page into the dark."""
    for sheet in (files("verbond.web") / "styles").iterdir():
        text = sheet.read_text("utf-8")
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", text), sheet.name
        assert not re.search(r"\b(?:hsl|oklch|lab)a?\(", text), sheet.name
