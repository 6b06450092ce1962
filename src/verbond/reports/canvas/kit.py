"""The paper kit: a relationship canvas without screens, as a PDF to print.

Instructions, a sheet for each field, value cards, voting dots, and sheets for a contradiction, the promise
and the first steps. Set by Typst, which holds it to PDF/UA-1; what it says reaches it as data.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Literal, get_args

from verbond.errors import OptionError
from verbond.method import AGENDAS, CANVAS_FIELDS, CIRCLE, CONTRADICTION_GUIDE, HIGHER_ORDERS, RUNGS
from verbond.reports.typeset import typeset
from verbond.results import Language, sentence
from verbond.results.wording import check_language, entries

__all__ = ["PAPERS", "Paper", "kit"]

Paper = Literal["a4", "a3"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
_ROOM = "canvas_kit."
_FILLED = ("tension_alt", "steps_rungs")
"""Sentences that are filled in here, not as they stand."""


def kit(language: Language = "en", paper: Paper = "a4", *, company: str = "") -> bytes:
    """The kit.

    Parameters
    ----------
    language : {"en", "nl"}
    paper : {"a4", "a3"}
        On A3 everything is half as large again.
    company : str
        Stands on the sheets; empty: a line to write it on.

    Returns
    -------
    bytes
        A PDF after PDF/UA-1.

    Raises
    ------
    OptionError
        For another language or paper.
    DataError
        If the company's name has letters for which there is no type.
    """
    check_language(language)
    if paper not in PAPERS:
        raise OptionError("unknown paper", got=repr(paper), expected=" or ".join(PAPERS))
    sheet = (files("verbond.reports.canvas") / "kit.typ").read_bytes()
    return typeset(sheet, _said(language, paper, company))


def _said(language: Language, paper: Paper, company: str) -> dict[str, Any]:
    """All words of the kit."""
    words = {
        code.removeprefix(_ROOM): text
        for code, text in entries(language).items()
        if code.startswith(_ROOM) and code.removeprefix(_ROOM) not in _FILLED
    }
    names = [value.name.say(language) for value in CIRCLE]
    rungs = ", ".join(f"{rung.number} {rung.name.say(language)}" for rung in RUNGS if rung.number)
    return {
        "language": language,
        "paper": paper,
        "company": " ".join(company.split()),
        "words": words
        | {
            "tension_alt": sentence("canvas_kit.tension_alt", language, values=", ".join(names)),
            "steps_rungs": sentence("canvas_kit.steps_rungs", language, rungs=rungs),
        },
        "blocks": _course(language),
        "fields": {
            field.id: {
                "name": field.name.say(language),
                "lies": field.lies.say(language),
                "questions": [question.say(language) for question in field.questions[:3]],
            }
            for field in CANVAS_FIELDS.values()
        },
        "values": _values(language),
        "ways": [way.name.say(language) for way in CONTRADICTION_GUIDE.ways],
    }


def _course(language: Language) -> list[dict[str, str]]:
    """The three hours, a line each block."""
    rows, begun = [], 0
    for block in AGENDAS["three_hours"].blocks:
        when = f"{begun // 60}:{begun % 60:02}"
        rows.append({"when": when, "minutes": str(block.minutes), "what": block.title.say(language)})
        begun += block.minutes
    return rows


def _values(language: Language) -> list[dict[str, Any]]:
    return [
        {
            "name": value.name.say(language),
            "meaning": value.meaning.say(language),
            "higher": HIGHER_ORDERS[value.higher_order].say(language),
            "angle": value.angle_degrees,
            "behind": value.id == "tradition",
        }
        for value in CIRCLE
    ]
