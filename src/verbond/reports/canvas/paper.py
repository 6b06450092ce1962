"""A canvas on paper: on one sheet for a wall, as a picture of that, and in full on A4."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass, replace
from importlib.resources import files
from typing import Any

from verbond.canvas import Outcome
from verbond.canvas.telling import tell
from verbond.errors import DataError
from verbond.plots.canvas import canvas_sheet
from verbond.plots.lettering import PAPER
from verbond.plots.sheet import Area, Part, Rule, Sheet, draw_sheet, head_of
from verbond.plots.svg import as_file, element
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

    Raises
    ------
    DataError
        If its words have letters for which this machine has no type.
    """
    return _with_type(_wall, outcome, language)


def canvas_pdf(outcome: Outcome, language: Language = "en") -> bytes:
    """An outcome in full on A4: the picture, then every word of it under headings and in tables, as PDF/UA-1.

    Parameters, what it returns and what it raises are those of `canvas_wall`.
    """
    return _with_type(_in_full, outcome, language)


def canvas_png(outcome: Outcome, language: Language = "en", *, width: int = 2400) -> bytes:
    """An outcome on one sheet, as a picture so many dots wide.

    Its other parameters and what it raises are those of `canvas_wall`.
    """

    def drawn(made: Outcome, spoken: Language) -> bytes:
        _wall(made, spoken)  # a picture would be made without letters too
        return _picture(made, spoken, width)

    return _with_type(drawn, outcome, language)


def _with_type(set_: Callable[[Outcome, Language], bytes], outcome: Outcome, language: Language) -> bytes:
    """Set an outcome; where there is no type for pictures such as smileys, with their names instead."""
    try:
        return set_(outcome, language)
    except DataError:
        if (named := _named(outcome)) == outcome:
            raise
        return set_(named, language)


def _named(made: Any) -> Any:
    """The same with the names of signs for the signs."""
    if isinstance(made, str):
        return "".join(f"({unicodedata.name(x).lower()})" if _is_sign(x) else x for x in made)
    if isinstance(made, tuple):
        return tuple(map(_named, made))
    if is_dataclass(made) and not isinstance(made, type):
        return replace(made, **{one.name: _named(getattr(made, one.name)) for one in fields(made)})
    return made


def _is_sign(letter: str) -> bool:
    return unicodedata.category(letter) in ("So", "Sk") and bool(unicodedata.name(letter, ""))


def _wall(outcome: Outcome, language: Language) -> bytes:
    return typeset(_template("wall.typ"), _laid(_sheet(outcome, language), outcome.company))


def _picture(outcome: Outcome, language: Language, width: int) -> bytes:
    sheet = _sheet(outcome, language)
    said = _laid(sheet, outcome.company)
    ppi = width / (sheet.width / MILLIMETRES_AN_INCH)
    return typeset(_template("wall.typ"), said, form="png", ppi=ppi)


def _in_full(outcome: Outcome, language: Language) -> bytes:
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
    template = _template("page.typ")
    try:
        return typeset(template, said, files={"canvas.svg": drawn.encode()})
    except DataError:  # some scripts cannot stand in a drawing, but in a picture they can
        dots = base64.b64encode(_picture(outcome, language, 3000)).decode()
        style = {"width": sheet.width, "height": sheet.height}
        image = element("image", href=f"data:image/png;base64,{dots}", **style)
        framed = element("svg", image, xmlns="http://www.w3.org/2000/svg", **style)
        return typeset(template, said, files={"canvas.svg": framed.encode()})


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
