"""A poster with the code that opens a survey: a PDF for the wall, that also reads aloud.

Set by Typst and held by it to PDF/UA-1. What a survey says reaches it as data, never as its markup, and
nothing is fetched or read besides the sheet itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from textwrap import shorten
from typing import Literal, get_args

import segno

from verbond.results import Language, sentence

__all__ = ["PAPERS", "Paper", "Side", "code_of", "drawn_code", "poster", "short"]

Paper = Literal["a4", "a3"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
QUIET = 4
"""Modules of nothing around a code, as ISO/IEC 18004 asks."""
PICTURE_PPI = 48.0
LONGEST = {"question": 220, "about": 320}
"""Characters that a wall has room for; the rest stands where the code leads."""


@dataclass(frozen=True, slots=True)
class Side:
    """What a poster says in one language.

    Attributes
    ----------
    language : {"en", "nl"}
    question : str
        The large words.
    about : str
        What it is for, in a few words.
    mode : str
        What becomes of an answer, in a sentence.
    """

    language: Language
    question: str
    about: str
    mode: str


def code_of(address: str) -> segno.QRCode:
    """The code of an address; a quarter of it may be torn or written on."""
    return segno.make(address, error="q", micro=False, boost_error=True)


def drawn_code(address: str) -> str:
    """The code as an SVG: all modules in one path, so that no hairlines stand between rows."""
    matrix = code_of(address).matrix
    size = len(matrix) + 2 * QUIET
    path = "".join(
        f"M{first + QUIET} {y + QUIET}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for first, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f'<path d="M0 0h{size}v{size}h-{size}z" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Where dark runs begin in a row, and how long they are."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found


def short(address: str) -> str:
    """An address as one types it.

    Examples
    --------
    >>> short("https://ask.example.org/q/Ab-12/")
    'ask.example.org/q/Ab-12'
    """
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")


def poster(
    company: str,
    sides: Sequence[Side],
    address: str,
    paper: Paper = "a4",
    *,
    form: Literal["pdf", "png"] = "pdf",
) -> bytes:
    """A poster.

    Parameters
    ----------
    company : str
        Who asks.
    sides : sequence of Side
        One or two; the first in larger type.
    address : str
        What the code opens.
    paper : {"a4", "a3"}
    form : {"pdf", "png"}
        A PDF after PDF/UA-1, or a picture of it.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If its words have letters for which there is no type.
    """
    language = sides[0].language
    said = {
        "company": company,
        "paper": paper,
        "language": language,
        "title": f"{company}: {sides[0].question}",
        "address": short(address),
        "code": sentence("web_kiosk.poster_code", language, address=short(address)),
        "sides": [_shown(side) for side in sides],
    }
    sheet = files("verbond.web") / "templates" / "kiosk" / "poster.typ"
    from verbond.reports.typeset import typeset

    code = {"code.svg": drawn_code(address).encode()}
    return typeset(sheet.read_bytes(), said, form=form, files=code, ppi=PICTURE_PPI)


def _shown(side: Side) -> Mapping[str, str]:
    around = {name: sentence(f"web_kiosk.poster_{name}", side.language) for name in ("scan", "type")}
    return around | {
        name: shorten(said, LONGEST.get(name, len(said) + 1), placeholder=" …")
        for name, said in asdict(side).items()
    }
