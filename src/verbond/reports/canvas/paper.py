"""A canvas on paper: on one sheet for a wall, as a picture of that, and in full on A4."""

from __future__ import annotations

import re
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from verbond.canvas import Outcome
from verbond.canvas.telling import tell
from verbond.plots.canvas import canvas_sheet
from verbond.plots.lettering import PAPER
from verbond.plots.sheet import Area, Part, Rule, Sheet, draw_sheet, head_of
from verbond.plots.svg import as_file
from verbond.plots.tokens import tokens
from verbond.reports.typeset import typeset
from verbond.results import Language

__all__ = ["canvas_pdf", "canvas_png", "canvas_wall", "colours"]

MILLIMETRES_AN_INCH = 25.4
_ENDLESS, _SOME = re.compile(r"\S{36,}"), re.compile(r"\S{12}(?=\S)")
_ANY_TYPE = re.compile('font-family="[^"]*"')


def canvas_wall(outcome: Outcome, language: Language = "en") -> bytes:
    """An outcome on one sheet: an A1 that lies, as a PDF after PDF/UA-1 with real words and headings.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}

    Returns
    -------
    bytes
        A PDF.
    """
    return typeset(_template("wall.typ"), _laid(_sheet(outcome, language), outcome.company))


def canvas_pdf(outcome: Outcome, language: Language = "en") -> bytes:
    """An outcome in full on A4: the picture, then every word of it under headings and in tables, as PDF/UA-1.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}

    Returns
    -------
    bytes
        A PDF.
    """
    sheet = _sheet(outcome, language)
    drawn = as_file(draw_sheet(sheet, identity="canvas", name="canvas"))
    drawn = _ANY_TYPE.sub('font-family="Libertinus Serif"', drawn)
    said = {
        "title": sheet.title,
        "author": outcome.company,
        "language": language,
        "alt": sheet.description,
        "colours": colours(),
        "parts": [_breakable(asdict(one)) for one in tell(outcome, language)],
    }
    return typeset(_template("page.typ"), said, files={"canvas.svg": drawn.encode()})


def canvas_png(outcome: Outcome, language: Language = "en", *, width: int = 2400) -> bytes:
    """An outcome on one sheet, as a picture so many dots wide."""
    sheet = _sheet(outcome, language)
    said = _laid(sheet, outcome.company)
    ppi = width / (sheet.width / MILLIMETRES_AN_INCH)
    return typeset(_template("wall.typ"), said, form="png", ppi=ppi)


def colours() -> dict[str, str]:
    """The colours of the house for paper, by meaning."""
    return {
        name.removeprefix("colour-"): value
        for name, value in tokens("light").items()
        if name.startswith("colour-")
    }


def _breakable(told: Any) -> Any:
    """Words without an end get places where they may break."""
    if isinstance(told, dict):
        return {name: _breakable(one) for name, one in told.items()}
    if isinstance(told, (list, tuple)):
        return [_breakable(one) for one in told]
    return (
        _ENDLESS.sub(lambda word: _SOME.sub("\\g<0>\u200b", word[0]), told) if isinstance(told, str) else told
    )


def _sheet(outcome: Outcome, language: Language) -> Sheet:
    return canvas_sheet(outcome, language, smallest=9.5, face=PAPER)


def _template(name: str) -> bytes:
    return (files("verbond.reports.canvas") / name).read_bytes()


def _laid(sheet: Sheet, author: str) -> dict[str, Any]:
    return {
        "title": sheet.title,
        "author": author,
        "language": sheet.language,
        "width": sheet.width,
        "height": sheet.height,
        "unit": 1,
        "colours": colours(),
        "parts": [_part(part) for part in sheet.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Area):
        return asdict(part) | {"kind": "area"}
    if isinstance(part, Rule):
        return asdict(part) | {"kind": "rule", "head": head_of(part) if part.head else []}
    letters = [asdict(one) | {"said": one.said} for one in part.letters]
    return asdict(part) | {"kind": "box", "letters": letters}
