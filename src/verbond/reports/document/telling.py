"""The report as parts, one after another, before they are set in any form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Literal

from verbond.plots import as_file
from verbond.reports.page import Page
from verbond.reports.page import Step as FirstStep
from verbond.reports.parts import Picture, Quote, Section
from verbond.reports.plan import StepTold
from verbond.reports.tables import UNKNOWN, Column, Row, Table
from verbond.results import Language, sentence

__all__ = ["MOST_ROWS", "Part", "parts_of", "picture_of"]

MOST_ROWS = 12
"""Rows of a table that stand on paper; the workbook has them all."""
MOST_COLUMNS = 7
ACROSS = 112
"""Characters of a table's type that fit beside each other on A4."""
GUTTER = 3
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
    widths : tuple of int
        Of a table's columns, beside each other.
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
    widths: tuple[int, ...] = ()
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
    every = _folded(table.shown_columns)
    cells = [
        [_cell(table, row, some, language) for row in table.rows[:MOST_ROWS]] for some in every[:MOST_COLUMNS]
    ]
    head = [_head(some, language) for some in every[:MOST_COLUMNS]]
    is_number = [some[0].css == "number" for some in every[:MOST_COLUMNS]]
    widths = _widths(head, cells, is_number)
    n = len(widths)
    numbers = tuple(i for i in range(n) if is_number[i])
    rows = tuple(zip(*cells[:n], strict=True))
    yield Part("table", table.caption, rows=rows, head=tuple(head[:n]), numbers=numbers, widths=widths)
    notes = [table.note] if table.note else []
    more = len(table.rows) - MOST_ROWS
    if more > 0 or len(every) > n:
        values = {"n": max(more, 0), "name": table.name}
        notes.append(
            sentence("report_files.rest" if more > 0 else "report_files.columns", language, **values)
        )
    if notes:
        yield Part("words", " ".join(notes), tone="soft")


def _widths(
    head: Sequence[str], cells: Sequence[Sequence[str]], is_number: Sequence[bool]
) -> tuple[int, ...]:
    """How wide columns are beside each other, in characters; fewer than came where not all fit.

    Figures stand on one line, words have room after the longest of them.
    """
    least, wanted = [], []
    for name, column, number in zip(head, cells, is_number, strict=True):
        longest = max(map(len, column))
        words = max(map(len, " ".join([name] if number else [name, *column]).split()))
        least.append(max(words, longest if number else min(longest, 16)))
        wanted.append(0 if number else max(0, min(longest, 60) - least[-1]))
    n = len(head)
    while n > 2 and sum(least[:n]) + GUTTER * n > ACROSS:
        n -= 1
    spare = max(0, ACROSS - GUTTER * n - sum(least[:n]))
    share = min(1.0, spare / max(1, sum(wanted[:n])))
    return tuple(round(one + GUTTER + share * more) for one, more in zip(least[:n], wanted[:n], strict=True))


def _head(some: tuple[Column, ...], language: Language) -> str:
    label = some[0].label
    return label if len(some) == 1 else sentence("report_files.interval", language, label=label)


def _folded(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """An estimate with its bounds is one column on paper: none stands there without the others."""
    folded: list[tuple[Column, ...]] = []
    left = list(columns)
    while left:
        whole = [one.name.rpartition("_")[2] for one in left[1:3]] == ["lower", "upper"]
        folded.append(tuple(left[: 3 if whole else 1]))
        del left[: len(folded[-1])]
    return folded


def _cell(table: Table, row: Row, some: tuple[Column, ...], language: Language) -> str:
    told = [table.cell(row, column) for column in some]
    if len(told) == 1 or set(told[1:]) == {UNKNOWN}:
        return told[0]
    unit = told[2].rpartition(" ")[2]
    unit = f" {unit}" if unit.isalpha() and all(one.endswith(f" {unit}") for one in told) else ""
    value, low, high = (one.removesuffix(unit) for one in told)
    if value == UNKNOWN:
        return sentence("report_files.bounds", language, low=low, high=high) + unit
    return sentence("report_files.within", language, value=value, low=low, high=high) + unit


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
