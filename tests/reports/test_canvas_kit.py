"""The paper kit keeps to PDF/UA, is of its size, and says the same in both languages."""

from __future__ import annotations

import re

import pytest

from verbond.errors import DataError, OptionError
from verbond.method import CIRCLE
from verbond.reports.canvas import kit as room
from verbond.reports.canvas.kit import PAPERS, kit
from verbond.results import LANGUAGES

POINTS = {"a4": (595.3, 841.9), "a3": (841.9, 1190.6)}
"""ISO 216 in points of 1/72 inch."""
PAGES = 11
"""Instructions, six fields with the cards' two pages, dots, and a contradiction."""


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_kit_is_tagged_and_of_its_size(language: str, paper: str) -> None:
    made = kit(language, paper, company="Zonnewende")
    assert b"pdfuaid" in made
    assert b"StructTreeRoot" in made
    assert f"/Lang({language})".encode() in made
    boxes = re.findall(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert len(boxes) == PAGES
    for width, height in boxes:
        assert (float(width), float(height)) == pytest.approx(POINTS[paper], abs=0.1)


def test_what_a_company_is_called_is_no_markup() -> None:
    assert len(re.findall(rb"/MediaBox", kit("en", company='#panic() $x$ "*_ \\\\'))) == PAGES


def test_letters_without_type_are_said() -> None:
    with pytest.raises(DataError, match="cannot be set"):
        kit("en", company="Acme \U0010fffd")


def test_every_value_has_a_card_with_our_own_description() -> None:
    for language in LANGUAGES:
        said = room._said(language, "a4", "")
        assert [one["name"] for one in said["values"]] == [value.name.say(language) for value in CIRCLE]
        assert all(one["meaning"] for one in said["values"])


def test_no_word_of_the_kit_is_left_unset() -> None:
    """Each word in the data stands on a sheet, and each word on a sheet is in the data."""
    from importlib.resources import files

    sheet = (files("verbond.reports.canvas") / "kit.typ").read_text("utf-8")
    used = set(re.findall(r"words\.([a-z_0-9]+)", sheet)) - {"at"}
    used |= {"sheet_here_identity", "sheet_here_image"}
    assert used == set(room._said("en", "a4", "")["words"])


def test_other_paper_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown paper"):
        kit("en", "letter")  # type: ignore[arg-type]
