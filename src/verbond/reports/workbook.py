"""The tables behind a report as a workbook: contents, definitions, sources, and a sheet a table.

Numbers are numbers, dates are dates, and words are words: what others wrote is never read as a formula. The
name of a sheet is the name of the table's file, in both languages.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verbond.plots.lettering import SLIDES, lines_of, width_of
from verbond.plots.tokens import tokens
from verbond.reports.behind import tables_behind
from verbond.reports.contrast import legible, on
from verbond.reports.page import Page, page_of
from verbond.reports.tables import Column, Table
from verbond.results import Language, plain, sentence
from verbond.results.cells import protect_cell
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from verbond.diagnosis import Diagnosis
    from verbond.reports.brand import Brand

__all__ = ["sheet_names", "workbook", "write_xlsx"]

_MADE = dt.datetime(1980, 1, 1)
"""When every workbook says that it was made: the same input gives the same bytes."""
_LONGEST_CELL, _LONGEST_NAME = 32_767, 31
_NARROW, _WIDE, _LINE = 9.0, 62.0, 112.0
"""Widths in letters: of a narrow column, of the widest, of a line over several."""
_PAGE = 150.0
"""Letters beside each other on a page of paper that can still be read."""
_LINE_POINTS, _TALLEST = 13.0, 409.0
_HEAD_ROW = 3
_PLAN = ("plan", "plan_blocking", "plan_left_out", "steps")
_LOCALE = {"en": "[$-809]", "nl": "[$-413]"}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table with its place in the book."""

    name: str
    chapter: str
    table: Table


def write_xlsx(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write the tables behind the report of a diagnosis as a workbook.

    Parameters
    ----------
    diagnosis : Diagnosis
    path : str or Path
        A file of the same name is written over.
    language : {"en", "nl"}
    brand : Brand, optional
        Colour and name of the company.

    Returns
    -------
    Path
    """
    place = Path(path)
    place.write_bytes(workbook(diagnosis, language=language, brand=brand))
    return place


def workbook(diagnosis: Diagnosis, *, language: Language = "en", brand: Brand | None = None) -> bytes:
    """The tables behind the report of a diagnosis as an XLSX file.

    Parameters
    ----------
    diagnosis : Diagnosis
    language : {"en", "nl"}
    brand : Brand, optional

    Returns
    -------
    bytes
        The same for the same diagnosis.

    Examples
    --------
    >>> from verbond.diagnosis import load_diagnosis
    >>> data = workbook(load_diagnosis("demo.verbond"), language="nl")  # doctest: +SKIP
    """
    return _Book(diagnosis, check_language(language), brand).written()


def sheet_names(tables: Sequence[Table], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """What the sheet of each table is called: the table's name, as far as a workbook lets it.

    Parameters
    ----------
    tables : sequence of Table
    taken : iterable of str
        Names of other sheets.

    Examples
    --------
    >>> sheet_names([Table("a" * 40, "", (), ()), Table("a" * 41, "", (), ())])[1]
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa~2'
    """
    names: list[str] = []
    lower = {name.lower() for name in ("history", *taken)}
    for table in tables:
        clean = "".join("-" if c in "[]:*?/\\'" else c for c in table.name)
        name, n = clean[:_LONGEST_NAME], 1
        while name.lower() in lower:
            n += 1
            name = clean[: _LONGEST_NAME - len(f"~{n}")] + f"~{n}"
        lower.add(name.lower())
        names.append(name)
    return tuple(names)


class _Book:
    """A workbook in the making."""

    def __init__(self, diagnosis: Diagnosis, language: Language, brand: Brand | None) -> None:
        import xlsxwriter

        self.diagnosis, self.language = diagnosis, language
        self.page = page_of(diagnosis, language)
        self.sheets = _sheets(self.page, tables_behind(diagnosis, language), language)
        self.company = (brand.name if brand is not None else "") or diagnosis.name
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.file, {"in_memory": True})
        self.book.set_properties(
            {"title": self._say("title", company=self.company), "author": self.company, "created": _MADE}
        )
        self.colour = brand.colour if brand is not None else tokens()["colour-accent"]
        self.ink = on(self.colour, "#ffffff", tokens()["colour-text"])
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def written(self) -> bytes:
        own = [self._say(name) for name in ("contents", "definitions", "sources")]
        contents, definitions, sources = map(self.book.add_worksheet, own)
        places = [self.book.add_worksheet(sheet.name) for sheet in self.sheets]
        self._contents(contents, own)
        self._definitions(definitions, own[0])
        self._sources(sources, own[0])
        for place, sheet in zip(places, self.sheets, strict=True):
            self._table(place, sheet, own[0])
        self.book.close()
        return self.file.getvalue()

    # sheets

    def _contents(self, place: Worksheet, own: Sequence[str]) -> None:
        row = self._lines(place, 0, self._say("title", company=self.company), size=18, bold=True)
        if self.diagnosis.simulated:
            row = self._lines(place, row, self._say("simulated"), bold=True, color=tokens()["colour-block"])
        for said in (self.page.lead, " · ".join(self.page.facts), self._say("intro")):
            row = self._lines(place, row, said)
        head = row + 1
        self._head(place, head, [self._say(k) for k in ("chapter", "sheet", "holds", "rows")], numbers=(3,))
        rows = [("", own[1], ""), ("", own[2], ""), *((s.chapter, s.name, s.table) for s in self.sheets)]
        before = ""
        for at, (chapter, name, table) in enumerate(rows, start=head + 1):
            self._words(place, at, 0, chapter if chapter != before else "", bold=True, valign="top")
            self._link(place, at, 1, name, name)
            if isinstance(table, Table):
                self._row(place, at, (table.caption,), (78,), start=2)
                place.write_number(at, 3, len(table.rows), self._format(num_format="#,##0"))
            before = chapter
        self._dress(place, own[0], (40, 32, 78, 9), head, landscape=False)
        place.activate()

    def _definitions(self, place: Worksheet, contents: str) -> None:
        title = self._say("definitions")
        self._title(place, title, contents)
        names, widths = ("sheet", "column", "file_column", "meaning", "unit"), (28, 28, 26, 62, 24)
        self._head(place, _HEAD_ROW, [self._say(name) for name in names])
        row, defined = _HEAD_ROW, dict[tuple[Column, ...], str]()
        for sheet in self.sheets:
            columns = tuple(_known(sheet.table))
            same = defined.setdefault(columns, sheet.name)
            heads = zip(columns, self._heads(sheet.table), strict=True)
            rows = [(head, one.name, one.definition, self._unit(one)) for one, head in heads]
            if same != sheet.name:
                rows = [("", "", self._say("same", sheet=same), "")]
            for said in rows:
                row += 1
                self._link(place, row, 0, sheet.name, sheet.name)
                self._row(place, row, said, widths[1:], start=1)
        self._dress(place, title, widths, _HEAD_ROW)
        place.autofilter(_HEAD_ROW, 0, max(row, _HEAD_ROW), len(names) - 1)

    def _sources(self, place: Worksheet, contents: str) -> None:
        title = self._say("sources")
        self._title(place, title, contents)
        names, widths = ("chapter", "found", "how", "sheet"), (26, 64, 64, 26)
        self._head(place, _HEAD_ROW, [self._say(name) for name in names])
        row, known = _HEAD_ROW, {sheet.table.name: sheet.name for sheet in self.sheets}
        for part in (self.page.ladder, *self.page.found):
            row += 1
            behind = [known[t.name] for t in (*part.tables, *part.how_tables) if t.name in known]
            found = [said.text for said in part.said] or [part.empty]
            self._row(
                place, row, (part.title, "\n".join(found), "\n".join(part.how), ", ".join(behind)), widths
            )
        row = self._lines(place, row + 2, self._say("made"), bold=True)
        for name, said in self.page.made.items():
            self._row(place, row, (name, said), widths)
            row += 1
        self._lines(place, row, sentence("report.made_text", self.language))
        self._dress(place, title, widths, _HEAD_ROW)

    def _table(self, place: Worksheet, sheet: _Sheet, contents: str) -> None:
        table = sheet.table
        self._title(place, table.caption, contents, table.note)
        columns, heads = _known(table), self._heads(table)
        widths = [self._width(table, one, head) for one, head in zip(columns, heads, strict=True)]
        numbers = [x for x, c in enumerate(columns) if c.css == "number"]
        self._head(place, _HEAD_ROW, heads, numbers)
        for y, row in enumerate(table.rows, start=_HEAD_ROW + 1):
            for x, one in enumerate(columns):
                self._cell(place, y, x, row.get(one.name), one, int(x - 1 in numbers))
            self._tall(place, y, [table.cell(row, one) for one in columns], widths)
        self._dress(place, sheet.name, widths, _HEAD_ROW, fixed=_fixed(columns))
        place.autofilter(_HEAD_ROW, 0, _HEAD_ROW + len(table.rows), max(len(columns) - 1, 0))

    # cells

    def _cell(self, place: Worksheet, y: int, x: int, value: Any, column: Column, indent: int) -> None:
        value = _spoken(plain(value), column.kind, self.language)
        if value is None or value == "":
            return
        if isinstance(value, (dt.date, dt.datetime)):
            form = "mmm yyyy" if column.kind == "month" else "d mmm yyyy"
            code = _LOCALE[self.language] + form
            place.write_datetime(y, x, value, self._format(num_format=code, align="left", valign="top"))
        elif isinstance(value, (int, float)):
            place.write_number(y, x, value, self._format(num_format=_number_form(column.kind), valign="top"))
        else:
            self._words(place, y, x, str(value), text_wrap=True, valign="top", indent=indent)

    def _words(self, place: Worksheet, y: int, x: int, said: str, **style: Any) -> None:
        """Words are words, also after somebody edits the cell."""
        if said:
            guarded = {"quote_prefix": True} if protect_cell(said) != said else {}
            place.write_string(y, x, said[:_LONGEST_CELL], self._format(**style, **guarded))

    def _row(
        self, place: Worksheet, y: int, said: Sequence[str], widths: Sequence[float], *, start: int = 0
    ) -> None:
        """Words beside each other, in a row that is tall enough for them."""
        for x, words in enumerate(said, start=start):
            self._words(place, y, x, words, text_wrap=True, valign="top")
        self._tall(place, y, said, widths)

    def _tall(self, place: Worksheet, y: int, said: Sequence[str], widths: Sequence[float]) -> None:
        """Make a row as tall as its longest words: not every spreadsheet does that by itself."""
        cells = zip(said, widths, strict=False)
        n = max((_n_lines(words, width - 1.5) for words, width in cells), default=1)
        if n > 1:
            place.set_row(y, min(_LINE_POINTS * n + 2, _TALLEST))

    def _link(self, place: Worksheet, y: int, x: int, name: str, said: str) -> None:
        style = self._format(font_color=legible(self.colour, "#ffffff"), underline=1, valign="top")
        place.write_url(y, x, f"internal:'{name}'!A1", style, said)

    def _head(self, place: Worksheet, y: int, said: Sequence[str], numbers: Sequence[int] = ()) -> None:
        for x, words in enumerate(said):
            align = "right" if x in numbers else "left"
            style = self._format(
                bold=True,
                bg_color=self.colour,
                font_color=self.ink,
                text_wrap=True,
                valign="vcenter",
                align=align,
                indent=int(align == "left" and x - 1 in numbers),
            )
            place.write_string(y, x, words, style)
        place.set_row(y, _LINE_POINTS * 2.4)

    def _title(self, place: Worksheet, title: str, contents: str, note: str = "") -> None:
        self._words(place, 0, 0, title, bold=True, font_size=14)
        self._words(place, 1, 0, note, italic=True)
        self._link(place, 2, 0, contents, self._say("back"))

    def _lines(self, place: Worksheet, y: int, said: str, *, size: float = 11, **style: Any) -> int:
        """Words over as many rows as they take; returns the row below them."""
        if "color" in style:
            style["font_color"] = style.pop("color")
        for line in lines_of(said, _LINE * _letter() * 11 / size, 1.0, face=SLIDES):
            self._words(place, y, 0, line, font_size=size, **style)
            y += 1
        return y

    def _dress(
        self, place: Worksheet, name: str, widths: Sequence[float], head: int, *,
        fixed: int = 0, landscape: bool = True,
    ) -> None:  # fmt: skip
        for x, width in enumerate(widths):
            place.set_column(x, x, width)
        place.freeze_panes(head + 1, fixed)
        place.hide_gridlines(2)
        place.set_paper(9)
        if landscape:
            place.set_landscape()
        place.fit_to_pages(max(1, round(sum(widths) / _PAGE)), 0)
        place.repeat_rows(head)
        if fixed:
            place.repeat_columns(0, fixed - 1)
        place.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        left = self._say("footer", company=self.company, sheet=name).replace("&", "&&")
        place.set_footer(f"&L{left}&R{self._say('page')}")

    def _width(self, table: Table, column: Column, head: str) -> float:
        known = [table.cell(row, column) for row in table.rows[:400]]
        longest = max((width_of(said, face=SLIDES) for said in known), default=0.0)
        wide = width_of(head, bold=True, face=SLIDES) > 2 * _NARROW * _letter()
        words = head.split() if wide else [head]
        heading = max((width_of(word, bold=True, face=SLIDES) for word in words), default=0.0)
        return min(max(_NARROW, heading / _letter() + 3.5, longest / _letter() + 2.0), _WIDE)

    def _heads(self, table: Table) -> list[str]:
        """Labels of the columns that are known, each of them different."""
        columns = _known(table)
        labels, base = Counter(c.label for c in columns), {c.name: c.label for c in table.columns}
        said = [
            self._say("of", base=base[_base(c.name)], label=c.label)
            if labels[c.label] > 1 and _base(c.name) in base
            else c.label
            for c in columns
        ]
        seen: Counter[str] = Counter()
        for n, one in enumerate(said):
            seen[one] += 1
            if seen[one] > 1:
                said[n] = self._say("nth", label=one, n=seen[one])
        return said

    def _unit(self, column: Column) -> str:
        kind = column.kind.rstrip("0123456789")
        return self._say(f"unit_{kind}")

    def _format(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_name": "Arial", "font_size": 10, **style})
            if style.get("quote_prefix"):
                self._formats[key].set_quote_prefix()
        return self._formats[key]

    def _say(self, code: str, **values: Any) -> str:
        return sentence(f"report_slides.book_{code}", self.language, **values)


def _sheets(page: Page, tables: Sequence[Table], language: Language) -> list[_Sheet]:
    """Every table with the title of its chapter, in the report's order."""
    chapters: dict[str, str] = {}
    for part in (page.ladder, *page.found):
        chapters |= {t.name: part.title for t in (*part.tables, *part.how_tables) if t.name not in chapters}
    data, whole, plan = (sentence(f"report_slides.book_{k}", language) for k in ("data", "whole", "plan"))
    chapters |= {"data": data, "refused": data}
    chapters |= {table.name: plan for table in tables if table.name in _PLAN}
    own = [sentence(f"report_slides.book_{k}", language) for k in ("contents", "definitions", "sources")]
    names = sheet_names(tables, own)
    found = [_Sheet(n, chapters.get(t.name, whole), t) for n, t in zip(names, tables, strict=True)]
    order = list(dict.fromkeys([whole, *(s.chapter for s in found if s.chapter != data), data]))
    return sorted(found, key=lambda sheet: order.index(sheet.chapter))


def _known(table: Table) -> list[Column]:
    """Columns with a value in at least one row."""
    return [c for c in table.columns if any(_is_known(row.get(c.name)) for row in table.rows)]


def _is_known(value: Any) -> bool:
    return not (value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)))


def _spoken(value: Any, kind: str, language: Language) -> Any:
    """A value as a cell takes it: a date that was written is a date again, yes and no are words."""
    if not _is_known(value):
        return None
    if isinstance(value, bool):
        return sentence("report.yes" if value else "report.no", language)
    if kind in ("date", "month") and isinstance(value, str):
        try:
            return dt.date.fromisoformat(value[:10])
        except ValueError:
            return value
    return value


def _number_form(kind: str) -> str:
    """How a spreadsheet writes a number of a kind."""
    name, digits = kind.rstrip("0123456789"), kind[len(kind.rstrip("0123456789")) :]
    if name in ("percent", "points"):
        return f"0.{'0' * int(digits)}%" if int(digits or 0) else "[=0]0%;[<0.00995]0.0%;0%"
    if name == "number" and int(digits or 1):
        return "#,##0." + "0" * int(digits or 1)
    return "#,##0"


def _base(name: str) -> str:
    """The estimate that a bound belongs to."""
    for ending in ("_ci_lower", "_ci_upper", "_lower", "_upper"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def _fixed(columns: Sequence[Column]) -> int:
    """How many columns stay in sight: the first ones that say what a row is about, three at most."""
    n = next((x for x, c in enumerate(columns) if c.css == "number"), len(columns))
    return min(n, 3) if n < len(columns) else 0


def _n_lines(said: str, letters: float) -> int:
    """How many lines words take in a cell so many letters wide."""
    return sum(
        max(len(lines_of(part, letters * _letter(), 1.0, face=SLIDES)), 1) for part in said.split("\n")
    )


def _letter() -> float:
    return width_of("0", face=SLIDES)
