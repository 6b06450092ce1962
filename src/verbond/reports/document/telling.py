"""The report as parts, one after another, before they are set in any form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Literal

from verbond.plots import as_file
from verbond.reports.page import Page
from verbond.reports.page import Step as FirstStep
from verbond.reports.parts import Picture, Quote, Section
from verbond.reports.plan import StepTold
from verbond.reports.tables import Table
from verbond.results import Language, sentence

__all__ = ["MOST_ROWS", "Part", "parts_of", "picture_of"]

MOST_ROWS = 12
"""Rows of a table that stand on paper; the workbook has them all."""
MOST_COLUMNS = 7
_DESCRIPTION = re.compile(r"<desc[^>]*>(.*?)</desc>", re.DOTALL)
_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_ANY_TYPE = re.compile('font-family="[^"]*"')

Kind = Literal["heading", "words", "list", "table", "picture", "facts", "quote"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the document.

    Attributes
    ----------
    kind : {"heading", "words", "list", "table", "picture", "facts", "quote"}
    level : int
        Of a heading: 1 to 3.
    words : str
        Of a heading, a paragraph or a quote; of a picture what to see; the caption of a table.
    tone : {"", "soft", "strong"}
    rows : tuple
        Of a list: words; of facts: (word, what there is to say to it); of a table: rows of cells.
    head : tuple of str
        Of a table.
    numbers : tuple of int
        Columns of a table that hold numbers.
    svg, alt : str
        Of a picture.
    width, height : float
        Of a picture, in the unit in which it was drawn.
    """

    kind: Kind
    words: str = ""
    level: int = 0
    tone: str = ""
    rows: tuple[Any, ...] = ()
    head: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    svg: str = field(default="", repr=False)
    alt: str = ""
    width: float = 0.0
    height: float = 0.0


def parts_of(page: Page) -> Iterator[Part]:
    """Everything that a report says, in its order.

    Parameters
    ----------
    page : Page
        From `page_of`.
    """
    say = _speaker(page.language)
    yield Part("words", page.lead, tone="strong")
    yield Part("words", " · ".join(page.facts), tone="soft")
    if page.simulated:
        yield Part("words", f"{say('report.simulated_title')} {say('report.simulated_text')}", tone="soft")
    yield from _section(page.ladder, 1, page.language)
    if page.plan is not None:
        yield Part("heading", say("plan_told.title_steps"), 1)
        yield Part("words", f"{say('plan_told.intro')} {page.plan_lead}")
        for step in page.planned:
            yield from _step(step, page.language)
        yield from _section(page.plan, 1, page.language)
    else:
        yield Part("heading", say("report.title_steps"), 1)
        for first in page.steps:
            yield from _first_step(first, page.language)
    yield Part("heading", say("report.title_found"), 1)
    for section in page.found:
        yield from _section(section, 2, page.language)
    yield Part("heading", say("report.title_unsaid"), 1)
    yield Part("list", rows=page.unsaid) if page.unsaid else Part("words", say("report.empty_unsaid"))
    yield Part("heading", say("report.title_data"), 1)
    yield from _data(page, say)
    yield Part("heading", say("report.title_made"), 1)
    yield Part("facts", rows=tuple(page.made.items()))
    yield Part("words", say("report.about_method"), tone="soft")


def picture_of(picture: Picture) -> tuple[str, str]:
    """A picture that stands alone, in the type of paper, and what it says to who does not see it."""
    svg = picture.wide or picture.tall
    found = _DESCRIPTION.search(svg)
    alt = unescape(found[1]).strip() if found else ""
    return _ANY_TYPE.sub('font-family="Libertinus Serif"', as_file(svg, background=False)), alt or picture.see


def _size(svg: str) -> tuple[float, float]:
    found = _BOX.search(svg)
    return (float(found[1]), float(found[2])) if found else (1.0, 1.0)


def _speaker(language: Language) -> Any:
    return lambda code, **values: sentence(code, language, **values)


def _section(section: Section, level: int, language: Language) -> Iterator[Part]:
    yield Part("heading", section.title, level)
    if section.facts:
        yield Part("words", " · ".join(section.facts), tone="soft")
    if section.said:
        yield Part("list", rows=tuple(f"{one.tone_word}: {one.text}" for one in section.said))
    if section.empty:
        yield Part("words", section.empty, tone="soft")
    for picture in section.pictures:
        svg, alt = picture_of(picture)
        width, height = _size(svg)
        yield Part("picture", picture.see, svg=svg, alt=alt, width=width, height=height)
    for quote in section.quotes:
        yield from _quote(quote)
    if section.notes:
        yield Part("facts", rows=section.notes)
    for table in section.tables:
        yield from _table(table, language)
    if section.how:
        yield Part("heading", sentence("report.how_title", language), level + 1)
        yield from (Part("words", one, tone="soft") for one in section.how)
        if section.how_tables:
            named = tuple(dict.fromkeys(table.name for table in section.how_tables))
            yield Part("words", sentence("report_files.more_tables", language, names=named), tone="soft")


def _quote(quote: Quote) -> Iterator[Part]:
    yield Part("quote", "".join(piece.text for piece in quote.pieces))
    told = (*quote.facts, *quote.told, quote.why)
    yield Part("words", " · ".join(one for one in told if one), tone="soft")


def _table(table: Table, language: Language) -> Iterator[Part]:
    if not table.rows:
        return
    columns = table.shown_columns[:MOST_COLUMNS]
    rows = tuple(tuple(table.cell(row, c) for c in columns) for row in table.rows[:MOST_ROWS])
    numbers = tuple(i for i, c in enumerate(columns) if c.css == "number")
    yield Part("table", table.caption, rows=rows, head=tuple(c.label for c in columns), numbers=numbers)
    notes = [table.note] if table.note else []
    more = len(table.rows) - MOST_ROWS
    if more > 0 or len(table.shown_columns) > MOST_COLUMNS:
        values = {"n": max(more, 0), "name": table.name}
        notes.append(
            sentence("report_files.rest" if more > 0 else "report_files.columns", language, **values)
        )
    if notes:
        yield Part("words", " ".join(notes), tone="soft")


def _step(step: StepTold, language: Language) -> Iterator[Part]:
    yield Part("heading", f"{step.number}. {step.name}", 2)
    yield Part("words", f"{step.serves} · {step.effort}", tone="soft")
    yield Part("words", step.what)
    told = (
        ("first_hour", step.first_hour), ("because", step.because), ("owner", step.owner),
        ("expects", " ".join(step.expects)), ("say", step.say), ("stop", step.stop), ("why", step.why),
        ("costs", step.costs), ("risk", step.risk), ("not_for", step.not_for),
        ("experiment", step.experiment),
        ("mind", step.mind), ("evidence", step.evidence), ("against", step.against),
    )  # fmt: skip
    yield Part("facts", rows=tuple((sentence(f"plan_told.label_{k}", language), v) for k, v in told if v))


def _first_step(step: FirstStep, language: Language) -> Iterator[Part]:
    yield Part("heading", f"{step.number}. {step.name}", 2)
    yield Part("words", f"{step.serves} · {step.effort}", tone="soft")
    told = (
        ("step_first", step.first_step), ("step_who", step.who), ("step_because", step.because),
        ("step_worked", step.worked), ("step_when_not", step.when_not),
        ("step_why", f"{step.why} {step.evidence}"),
    )  # fmt: skip
    yield Part("facts", rows=tuple((sentence(f"report.{k}", language), v) for k, v in told))


def _data(page: Page, say: Any) -> Iterator[Part]:
    if page.data_said:
        yield Part("list", rows=tuple(one.text for one in page.data_said))
    if page.data is None:
        yield Part("words", say("report.data_none"))
        return
    yield from _table(page.data, page.language)
    yield from (Part("words", note, tone="soft") for note in page.notes)
    if page.refused is not None:
        yield from _table(page.refused, page.language)
