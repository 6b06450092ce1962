"""The workbook, read back by another package."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import fastexcel
import pytest

from verbond.diagnosis import Diagnosis
from verbond.reports import Table, tables_behind
from verbond.reports.tables import Column
from verbond.reports.workbook import sheet_names, workbook, write_xlsx
from verbond.results import Reason, sentence
from verbond.results.wording import entries

LANGUAGES = ("en", "nl")
HEAD_ROW = 3
TOLERANCE = 1e-12
"""Relative: a workbook holds seventeen digits."""
FORMULAS = (
    "=1+1",
    "+31 6 12345678",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "\tx",
    "=cmd|' /C calc'!A0",
)


def rows_of(book: bytes, sheet: str) -> list[tuple[Any, ...]]:
    """All rows under the head, as another package reads them."""
    read = fastexcel.read_excel(book).load_sheet(sheet, header_row=HEAD_ROW)
    return read.to_arrow().to_pylist()


def parts_of(book: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(book)) as held:
        return {n: held.read(n).decode() for n in held.namelist() if n.endswith((".xml", ".rels"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_a_sheet_and_its_values(
    make_diagnosis: Callable[..., Diagnosis], language: str
) -> None:
    diagnosis = make_diagnosis()
    book, tables = workbook(diagnosis, language=language), tables_behind(diagnosis, language)
    names = fastexcel.read_excel(book).sheet_names
    own = [sentence(f"report_slides.book_{k}", language) for k in ("contents", "definitions", "sources")]
    assert names[:3] == own
    assert set(names[3:]) == {t.name[:31] for t in tables}
    for table in tables:
        numbers = [c for c in table.columns if c.css == "number"]
        read = rows_of(book, table.name[:31])
        assert len(read) == len(table.rows)
        for got, meant in zip(read, table.rows, strict=True):
            found = [v for v in got.values() if isinstance(v, (int, float))]
            known = [meant[c.name] for c in numbers if is_number(meant.get(c.name))]
            for value in known:
                assert any(abs(value - v) <= TOLERANCE * max(1.0, abs(value)) for v in found), table.name


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_defined(make_diagnosis: Callable[..., Diagnosis], language: str) -> None:
    diagnosis = make_diagnosis()
    sheet, meaning = (sentence(f"report_slides.book_{k}", language) for k in ("sheet", "meaning"))
    read = rows_of(
        workbook(diagnosis, language=language), sentence("report_slides.book_definitions", language)
    )
    said: dict[str, set[str]] = {}
    for row in read:
        said.setdefault(row[sheet], set()).add(row[meaning])
    elsewhere = {sentence("report_slides.book_same", language, sheet=name): name for name in said}
    for table in tables_behind(diagnosis, language):
        shown = {c.definition for c in table.columns if any(is_known(row.get(c.name)) for row in table.rows)}
        found = said[table.name[:31]]
        (only, *_) = found
        assert shown <= said[elsewhere.get(only, table.name[:31])], table.name


def is_known(value: Any) -> bool:
    return value not in (None, "") and value == value


def test_heads_of_a_sheet_are_all_different(make_diagnosis: Callable[..., Diagnosis]) -> None:
    """A data frame of somebody else takes no two columns of one name."""
    book = workbook(make_diagnosis(), language="nl")
    for name in fastexcel.read_excel(book).sheet_names[1:]:
        heads = fastexcel.read_excel(book).load_sheet(name, header_row=None, skip_rows=HEAD_ROW, n_rows=1)
        row = [v for v in heads.to_arrow().to_pylist()[0].values() if v]
        assert len(row) == len(set(row)), name


def test_words_of_others_are_never_a_formula(make_diagnosis: Callable[..., Diagnosis]) -> None:
    """Names of groups, companies and what people wrote may begin as a formula does."""
    diagnosis = make_diagnosis()
    segments = tuple(
        replace(s, attribute="=1+1", value=text)
        for s, text in zip(diagnosis.ladder.segments, FORMULAS * 9, strict=False)
    )
    hostile = replace(diagnosis, name="=1+1 & Co", ladder=replace(diagnosis.ladder, segments=segments))
    book = workbook(hostile)
    parts = parts_of(book)
    assert [name for name, text in parts.items() if "<f>" in text or "<f " in text] == []
    assert [name for name, text in parts.items() if "externalLink" in text] == []
    assert 'quotePrefix="1"' in parts["xl/styles.xml"]
    got = {v for row in rows_of(book, "segments") for v in row.values()}
    shown = next(t for t in tables_behind(hostile) if t.name == "segments")
    assert {row["segment"] for row in shown.rows} & set(FORMULAS) <= got
    assert {row["segment"] for row in shown.rows} & set(FORMULAS)
    hidden = re.findall(r"<oddFooter>([^<]*)", parts["xl/worksheets/sheet1.xml"])
    assert "=1+1 &amp;&amp; Co" in hidden[0]


def test_the_same_diagnosis_gives_the_same_bytes(make_diagnosis: Callable[..., Diagnosis], tmp_path) -> None:
    first = workbook(make_diagnosis(), language="nl")
    written = write_xlsx(make_diagnosis(), tmp_path / "book.xlsx", language="nl")
    assert written.read_bytes() == first


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bare_diagnosis_gives_a_book_without_empty_sheets(
    make_diagnosis: Callable[..., Diagnosis], language: str
) -> None:
    gone = ("survey", "ladder", "intentions", "effort", "check", "values", "trial", "expressions", "effects")
    bare = make_diagnosis(**dict.fromkeys(gone), findings=(), unsaid=(Reason("ladder.association"),))
    book = fastexcel.read_excel(workbook(bare, language=language))
    assert sorted(book.sheet_names[3:]) == ["steps", "unsaid"]


def test_names_of_sheets_are_short_and_their_own() -> None:
    columns = (Column("a", "a", "a"),)
    wild = ["a" * 40, "a" * 41, "A" * 31, "b/c", "b:c", "history", "Contents"]
    names = sheet_names([Table(name, "", columns, ({"a": 1},)) for name in wild], ["Contents"])
    assert len({name.lower() for name in (*names, "contents", "history")}) == len(wild) + 2
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)


def test_every_unit_has_a_word() -> None:
    kinds = {key.removeprefix("report_slides.book_unit_") for key in entries("en") if "book_unit_" in key}
    assert kinds == {"text", "count", "percent", "points", "number", "date", "month"}
