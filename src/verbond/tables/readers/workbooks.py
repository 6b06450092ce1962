"""Excel workbooks, through fastexcel; nothing in them is executed, and bombs are refused before parsing."""

from __future__ import annotations

import logging
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np
from sqlglot import exp

from verbond.errors import MissingExtraError, ReadError
from verbond.results import Reason
from verbond.tables.readers.delimited import MAX_COLUMNS, Recognise
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Source, Workbench, joined
from verbond.tables.readers.sql import alias, all_of, cast, column, is_null, run, table

__all__ = ["check_workbook", "first_rows", "first_sheet", "land_workbook", "open_workbook", "sheet_names"]

MAX_BYTES = 2 << 30
"""Unpacked size of a workbook; a full sheet of a million rows and ten columns takes about a quarter of it."""
MAX_RATIO, RATIO_FROM = 200, 64 << 20
"""How far a part of a workbook may be packed, once it is of any size: real sheets stay under fifty times."""
_HEADER_WITHIN = 30
_BLOCK = 1 << 20
logging.getLogger("fastexcel").addHandler(logging.NullHandler())  # a column of blanks is nothing to warn of


def check_workbook(source: Source) -> None:
    """Look at a workbook as a zip file before anything parses it.

    Raises
    ------
    ReadError
        If it is protected by a password, is no workbook, is damaged, unpacks to more than `MAX_BYTES` or
        further than `MAX_RATIO`, or defines XML entities.
    """
    assert source.path is not None
    with source.path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise ReadError("the file is empty", file=source.name, hint="Remove it, or export it again.")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReadError(
            "the workbook is protected by a password, or of the old kind (.xls)",
            file=source.name,
            hint="Save it without a password as .xlsx.",
        )
    try:
        with zipfile.ZipFile(source.path) as archive:
            _check_parts(archive, source)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ReadError(
            "this is not a whole .xlsx workbook", file=source.name, value=str(error)[:80]
        ) from None


def _check_parts(archive: zipfile.ZipFile, source: Source) -> None:
    parts = archive.infolist()
    if "[Content_Types].xml" not in archive.namelist():
        raise ReadError("this is a zip file, not a workbook", file=source.name, hint="Unpack it first.")
    if any(part.flag_bits & 1 for part in parts):
        raise ReadError("the workbook is protected by a password", file=source.name)
    total = sum(part.file_size for part in parts)
    far = [p for p in parts if p.file_size > RATIO_FROM and p.file_size > MAX_RATIO * max(p.compress_size, 1)]
    if total > MAX_BYTES or far:
        raise ReadError(
            "the workbook unpacks to far more than a workbook holds (a zip bomb)",
            file=source.name,
            value=f"{total >> 20} MB",
            expected=f"at most {MAX_BYTES >> 20} MB, packed at most {MAX_RATIO} times",
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_xml(archive, part, source)


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo, source: Source) -> None:
    """Unpack one part (its checksum and true size are checked on the way) and look for entities."""
    tail = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            seen = tail + block
            if b"<!ENTITY" in seen or b"<!DOCTYPE" in seen:
                raise ReadError("the workbook defines XML entities, which no workbook does", file=source.name)
            tail = block[-16:]


def open_workbook(source: Source) -> Any:
    """The workbook, opened by fastexcel after `check_workbook`."""
    try:
        import fastexcel
    except ImportError:
        raise MissingExtraError("reading .xlsx files", extra="files") from None
    check_workbook(source)
    try:
        return fastexcel.read_excel(str(source.path))
    except fastexcel.FastExcelError as error:
        raise _damaged(source, error) from None


def sheet_names(source: Source) -> list[str]:
    """Names of a workbook's sheets."""
    return list(open_workbook(source).sheet_names)


def land_workbook(bench: Workbench, source: Source, recognise: Callable[[Source], Recognise]) -> Landed:
    """Put one sheet into a raw table: the one that is stated, else the first."""
    import fastexcel

    workbook = open_workbook(source)
    name = source.sheet or source.mapping.sheet or workbook.sheet_names[0]
    if name not in workbook.sheet_names:
        raise _no_sheet(workbook, name, source)
    try:
        header, n_above = _header(bench, workbook, name, source, recognise(source))
        data = workbook.load_sheet(name, header_row=None, skip_rows=n_above, schema_sample_rows=None)
        raw, types = _land(bench, data, len(header))
    except fastexcel.FastExcelError as error:
        raise _damaged(source, error) from None
    columns = [column(f"c{j}") for j in range(len(header))]
    filled = exp.not_(all_of(*(is_null(c) for c in columns)))
    counted = exp.select(exp.Count(this=exp.Star()), _count_if(filled)).from_(table(raw))
    n_all, n_filled = bench.rows(counted)[0]
    numbered = exp.select(alias(column("rowid"), LINE), *columns).from_(table(raw)).where(filled)
    kept = bench.new_table(numbered)
    bench.drop(raw)
    line = alias(exp.Add(this=column(LINE), expression=exp.convert(n_above + 1)), LINE)
    query = exp.select(alias(column("rowid"), ROW), line, *columns).from_(table(kept))
    part = Part(
        source,
        n_rows=n_filled,
        n_blank=n_all - n_filled,
        lines=lambda rows: np.asarray(rows) + n_above + 1,
        decisions=[Reason("tables.read_sheet", {"sheet": name})],
    )
    return joined([(part, query)], header, types)


def _count_if(condition: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="count_if", expressions=[condition.copy()])


def _damaged(source: Source, error: Exception) -> ReadError:
    return ReadError("the workbook cannot be read", file=source.name, value=str(error).splitlines()[0][:120])


def _header(
    bench: Workbench, workbook: Any, name: str, source: Source, recognise: Recognise
) -> tuple[list[str], int]:
    """Column names, and how many rows of the sheet stand above the data."""
    rows = _rows(bench.cursor, _top(workbook, name, source))
    named = [(k, [str(c or "").strip() for c in row]) for k, row in enumerate(rows) if any(row)]
    if not named:
        raise ReadError("the sheet is empty", file=source.name, value=name)
    at, cells = next((pair for pair in named if recognise(pair[1])[1]), named[0])
    if source.product is None:
        return cells, at + 1
    header = source.product.header(cells, [row for k, row in named if k > at])
    return list(header.names), at + 1 + header.n_more


def first_rows(workbook: Any, name: str, source: Source) -> list[list[str]]:
    """The first rows of a sheet as text.

    Raises
    ------
    ReadError
        If there is no such sheet, it has too many columns, or it is damaged.
    """
    import fastexcel

    if name not in workbook.sheet_names:
        raise _no_sheet(workbook, name, source)
    try:
        with duckdb.connect(":memory:") as connection:
            found = _rows(connection, _top(workbook, name, source))
    except fastexcel.FastExcelError as error:
        raise _damaged(source, error) from None
    return [[str(c or "").strip() for c in row] for row in found]


def first_sheet(source: Source, most: int) -> list[list[str]]:
    """The rows of the first sheet as text, from its first row on; at most so many.

    Raises
    ------
    ReadError
        If it is no whole workbook, or has too many columns.
    """
    workbook = open_workbook(source)
    import fastexcel

    try:
        _top(workbook, workbook.sheet_names[0], source)
        sheet = workbook.load_sheet(0, header_row=None, skip_rows=0, n_rows=most, dtypes="string")
        with duckdb.connect(":memory:") as connection:
            found = _rows(connection, sheet)
    except (fastexcel.FastExcelError, IndexError) as error:
        raise _damaged(source, error) from None
    return [[str(c or "").strip() for c in row] for row in found]


def _no_sheet(workbook: Any, name: str, source: Source) -> ReadError:
    return ReadError(
        "no such sheet", file=source.name, value=name, expected=", ".join(workbook.sheet_names[:20])
    )


def _top(workbook: Any, name: str, source: Source) -> Any:
    top = workbook.load_sheet(name, header_row=None, skip_rows=0, n_rows=_HEADER_WITHIN, dtypes="string")
    if top.width > MAX_COLUMNS:
        raise ReadError(
            "too many columns", file=source.name, value=str(top.width), expected=f"at most {MAX_COLUMNS}"
        )
    return top


def _rows(cursor: duckdb.DuckDBPyConnection, sheet: Any) -> Sequence[Sequence[Any]]:
    if not sheet.width:
        return []
    cursor.register("sheet_", sheet)
    try:
        return run(cursor, exp.select("*").from_(table("sheet_"))).fetchall()
    finally:
        cursor.unregister("sheet_")


def _land(bench: Workbench, sheet: Any, width: int) -> tuple[str, list[str]]:
    if not sheet.width:  # no row under the header
        empty = [alias(exp.cast(exp.null(), "VARCHAR"), f"c{j}") for j in range(width)]
        return bench.new_table(exp.select(*empty).where(exp.false())), ["VARCHAR"] * width
    bench.cursor.register("sheet_", sheet)
    try:
        described = run(bench.cursor, exp.Describe(this=exp.select("*").from_(table("sheet_")))).fetchall()
        names = [alias(column(row[0]), f"c{j}") for j, row in enumerate(described)][:width]
        names += [alias(cast(exp.null(), "VARCHAR"), f"c{j}") for j in range(len(names), width)]
        raw = bench.new_table(exp.select(*names).from_(table("sheet_")))
    finally:
        bench.cursor.unregister("sheet_")
    return raw, list(bench.types(raw).values())
