# ruff: noqa: E501  (a hostile file and its outcome read best on one line)
"""Files as they should not be: each with its maker and with what has to come of it."""

from __future__ import annotations

import datetime as dt
import io
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from verbond.errors import DataError, NotFoundError, ReadError, VerbondError

CUSTOMERS = b"customer_id,since,region\na,2020-01-31,north\nb,2021-06-30,south\nc,2022-02-01,north\n"
HEAD = b"customer_id,occurred_at,kind,amount\n"
GOOD = b"a,2024-01-31,purchase,12.50\nb,2024-02-01,visit,\n"
TODAY = dt.date(2025, 6, 1)


@dataclass(frozen=True)
class Fails:
    """The whole is refused, by an error that says this."""

    error: type[VerbondError]
    saying: str


@dataclass(frozen=True)
class Keeps:
    """So many rows of the table are kept, and others refused for these reasons."""

    rows: int
    refused: Mapping[str, int] = field(default_factory=dict)
    blank: int = 0
    table: str = "events"


@dataclass(frozen=True)
class Case:
    """A folder and what has to come of it."""

    name: str
    make: Callable[[], Mapping[str, bytes]]
    outcome: Fails | Keeps
    options: Mapping[str, Any] = field(default_factory=dict)


def events(content: bytes | str, name: str = "events.csv") -> Callable[[], dict[str, bytes]]:
    given = content.encode() if isinstance(content, str) else content
    return lambda: {"customers.csv": CUSTOMERS, name: given}


def made(maker: Callable[[], bytes], name: str) -> Callable[[], dict[str, bytes]]:
    return lambda: {"customers.csv": CUSTOMERS, name: maker()}


def only(name: str, content: bytes | str) -> Callable[[], dict[str, bytes]]:
    given = content.encode() if isinstance(content, str) else content
    return lambda: {name: given}


# makers


def workbook(rows: list[list[Any]], **sheets: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd-mm-yyyy"})
        for name, content in {"Sheet1": rows, **sheets}.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(content):
                for j, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(i, j, cell, day)
                    elif cell is not None:
                        sheet.write(i, j, cell)
    return buffer.getvalue()


def good_workbook() -> bytes:
    header = ["customer_id", "occurred_at", "kind", "amount"]
    return workbook(
        [header, ["a", dt.date(2024, 1, 31), "purchase", 12.5], ["b", dt.date(2024, 2, 1), "visit", None]]
    )


def changed_part(part: str, change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """A good workbook of which one part is changed."""

    def make() -> bytes:
        buffer = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(good_workbook())) as source,
            zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            for entry in source.infolist():
                content = source.read(entry)
                target.writestr(entry.filename, change(content) if entry.filename == part else content)
        return buffer.getvalue()

    return make


def bomb() -> bytes:
    """A hundred and sixty megabytes of zeros, packed two hundred times and more."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            block = b"\0" * (8 << 20)
            for _ in range(20):
                part.write(block)
    return buffer.getvalue()


def zip_of_text() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("events.csv", HEAD + GOOD)
    return buffer.getvalue()


def lying_bomb() -> bytes:
    """A part of four megabytes that says it has a hundred bytes."""
    raw = changed_part("xl/worksheets/sheet1.xml", lambda old: old + b" " * (4 << 20))()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return raw.replace(struct.pack("<I", size), struct.pack("<I", 100))


def locked_entries() -> bytes:
    """Every part says that it is encrypted."""
    raw = bytearray(good_workbook())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(raw)


def parquet(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "made.parquet"
        connection.sql(query).write_parquet(str(path))
        return path.read_bytes()


_EVENT = "SELECT 'a' AS customer_id, TIMESTAMP '2024-01-31' AS occurred_at, 'purchase' AS kind, 1.5 AS amount"
_TEXT = "x" * 10_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096
_ACCENTS = "customer_id,occurred_at,kind,channel\na,2024-01-31,visit,café\nb,2024-02-01,visit,coöp\n"

CASES = (
    # nothing, or not a table
    Case("empty file", events(b""), Fails(ReadError, "the file is empty")),
    Case("blank lines only", events(b"\n\r\n  \n\t\n"), Fails(ReadError, "the file is empty")),
    Case("byte order mark only", events(b"\xef\xbb\xbf"), Fails(ReadError, "the file is empty")),
    Case("header only", events(HEAD), Keeps(0)),
    Case("random bytes", events(bytes(range(256)) * 40), Fails(ReadError, "not a text file|is missing|cannot")),
    Case("a picture", events(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 99), Fails(ReadError, "not a text file")),
    Case("a web page", events(b"<!DOCTYPE html><html><table></table>"), Fails(ReadError, "web page")),
    Case("a workbook called .csv", made(good_workbook, "events.csv"), Fails(ReadError, "a workbook or zip file")),
    Case("a Parquet file called .csv", made(lambda: parquet(_EVENT), "events.csv"), Fails(ReadError, "Parquet file")),
    Case("a gzip file called .csv", events(b"\x1f\x8b\x08\0rest"), Fails(ReadError, "gzip")),
    Case("prose", events("Dear colleague,\nhere is the export.\nRegards\n"), Fails(ReadError, "'customer_id'.*missing")),
    Case("no folder", dict, Fails(DataError, "no file in")),
    Case("no file named after a table", only("orders.csv", HEAD + GOOD), Fails(DataError, "named after a table")),
    Case("actions alone", only("actions.csv", b"action_id,kind\nx,discount\n"), Fails(DataError, "no customers")),
    # structure
    Case("semicolons in the header, commas below", events(b"customer_id;occurred_at;kind\n" + GOOD),
         Fails(ReadError, "no row of 'events' can be kept")),
    Case("semicolons called commas", events(HEAD.replace(b",", b";") + GOOD.replace(b",", b";")), Keeps(2)),
    Case("tabs", events((HEAD + GOOD).replace(b",", b"\t"), "events.tsv"), Keeps(2)),
    Case("bars", events((HEAD + GOOD).replace(b",", b"|"), "events.txt"), Keeps(2)),
    Case("sep= line of a spreadsheet", events(b"sep=;\n" + (HEAD + GOOD).replace(b",", b";")), Keeps(2)),
    Case("too few cells", events(HEAD + GOOD + b"c,2024-03-01\n"), Keeps(2, {"too_few_cells": 1})),
    Case("too many cells", events(HEAD + GOOD + b"c,2024-03-01,visit,1,2,3\n"), Keeps(2, {"too_many_cells": 1})),
    Case("empty cells at the end", events(HEAD + GOOD + b"c,2024-03-01,visit,1,,,\n"), Keeps(3)),
    Case("blank lines between", events(HEAD + b"\n" + GOOD + b"\n\n,,,\n"), Keeps(2, blank=4)),
    Case("quote not closed", events(HEAD + b'a,2024-01-31,"visit,1\n' + GOOD), Keeps(2, {"unclosed_quote": 1})),
    Case("quote not closed, quotes follow", events(HEAD + b'a,2024-01-31,"visit,1\n' + GOOD + b'c,2024-03-01,"visit",2\n'),
         Keeps(3, {"stray_quote": 1})),
    Case("quote inside a quoted cell", events(HEAD + GOOD + b'"c "x" d",2024-01-31,visit,1\n'), Keeps(2, {"stray_quote": 1})),
    Case("line breaks in quoted cells", events(HEAD + b'"a\r\nb",2024-01-31,visit,1\n' + GOOD + b"c,x,visit,1\n"),
         Keeps(3, {"not_a_date": 1})),
    Case("single quotes", events((HEAD + GOOD).replace(b"visit", b"'visit'").replace(b"a,", b"'a',").replace(b"customer_id", b"'customer_id'")), Keeps(2)),
    Case("blank names", events(b"customer_id,occurred_at,kind,,\na,2024-01-31,visit,1,2\n"), Keeps(1)),
    Case("old Mac line ends", events((HEAD + GOOD).replace(b"\n", b"\r")), Keeps(2)),
    Case("mixed line ends", events(HEAD.replace(b"\n", b"\r\n") + GOOD), Keeps(2)),
    Case("lines above the header", events(b"Export of orders\n\nby me\n" + HEAD + GOOD), Keeps(2, {"before_header": 2})),
    Case("totals below", events(HEAD + GOOD + b'"Grand Totals (2 records)"\nCopyright (c) 2024\n'), Keeps(2, {"footer": 1, "too_few_cells": 1})),
    Case("twice the same column", events(b"customer_id,occurred_at,kind,kind\na,2024-01-31,visit,x\n"),
         Fails(ReadError, r"two columns are called the same \(columns 3 and 4\)")),
    Case("an attribute twice", only("customers.csv", b"customer_id,Region,region\na,north,x\n"), Keeps(1, table="customers")),
    Case("names of our own machinery", only("customers.csv", b"customer_id,@row,rowid,c0,x0,t0\na,1,2,3,4,5\n"), Keeps(1, table="customers")),
    Case("a required column is missing", events(b"customer,when,kind\na,2024-01-31,visit\n"), Fails(ReadError, r"'occurred_at' \(when\) is missing.*mapping")),
    Case("ten thousand columns", events(",".join(f"c{k}" for k in range(10_000)) + "\n"), Fails(ReadError, "too many columns")),
    Case("SQL as a column name", only("customers.csv", b'customer_id,"x"" ; DROP TABLE customers; --"\na,1\n'), Keeps(1, table="customers")),
    Case("SQL as a value", events(HEAD + b"a'); DROP TABLE events; --,2024-01-31,visit,1\n" + GOOD), Keeps(3)),
    Case("file name that is a pattern", events(HEAD + GOOD, "events_2024[1]*.csv"), Keeps(2)),
    Case("file name with quotes", events(HEAD + GOOD, "events_2024'; --.csv"), Keeps(2)),
    # bytes
    Case("NUL bytes in a row", events(HEAD + GOOD + b"c,2024-03-01,vi\0sit,1\n"), Keeps(2, {"nul_byte": 1})),
    Case("Windows-1252", events(_ACCENTS.encode("cp1252")), Keeps(2)),
    Case("UTF-8 with a few lines in Windows-1252", events(_ACCENTS.encode() + "c,2024-03-01,visit,crème\n".encode("cp1252")),
         Keeps(2, {"wrong_encoding": 1})),
    Case("Windows-1252 with a line in UTF-8", events(_ACCENTS.encode("cp1252") + "c,2024-03-01,visit,crème\n".encode()),
         Keeps(2, {"wrong_encoding": 1})),
    Case("UTF-16 with a mark", events(_ACCENTS.encode("utf-16")), Keeps(2)),
    Case("UTF-16 without a mark", events(_ACCENTS.encode("utf-16-le")), Keeps(2)),
    Case("UTF-16 cut in a character", events(_ACCENTS.encode("utf-16") + b"a"), Keeps(2, {"wrong_encoding": 1})),
    Case("cell of ten megabytes", events(HEAD + GOOD + f"c,2024-03-01,visit,{_TEXT}\n".encode()), Keeps(2, {"cell_too_long": 1})),
    Case("quoted cell of ten megabytes", events(HEAD + GOOD + f'c,2024-03-01,visit,"{_TEXT}"\n'.encode()), Keeps(2, {"cell_too_long": 1})),
    Case("ten megabytes without a line end", events(_TEXT), Fails(ReadError, r"no line can be read \(cell too long\)")),
    Case("an encoding that does not exist", events(HEAD + GOOD), Fails(ReadError, "encoding that does not exist"),
         {"mapping": {"files": {"events.csv": {"encoding": "utf-9"}}}}),
    # cells
    Case("formulas", only("customers.csv", b"customer_id,name\na,=1+1\nb,'=HYPERLINK(1)\n@c,\"+cmd|' /C calc'!A0\"\n"), Keeps(3, table="customers")),
    Case("two date orders", events("customer_id,occurred_at,kind\na,31-01-2024,visit\nb,01-31-2024,visit\nc,03-04-2024,visit\n"),
         Keeps(2, {"unclear_date": 1})),
    Case("one date in another order", events("customer_id,occurred_at,kind\n" + "a,31-01-2024,visit\n" * 200 + "b,01-31-2024,visit\nc,03-04-2024,visit\n"),
         Keeps(201, {"unclear_date": 1})),
    Case("day and month never told apart", events("customer_id,occurred_at,kind\na,03-04-2024,visit\n"),
         Fails(ReadError, "no row of the column tells the order of day and month: found '03-04-2024'.*date_order = 'dmy'")),
    Case("dates that do not exist", events(HEAD + GOOD + b"c,2024-02-30,visit,1\nc,2024-13-01,visit,1\nc,soon,visit,1\n"), Keeps(2, {"not_a_date": 3})),
    Case("dates to come", events(HEAD + GOOD + b"c,2031-01-01,visit,1\n"), Keeps(2, {"in_the_future": 1})),
    Case("dates of another age", events(HEAD + GOOD + b"c,1024-01-01,visit,1\nc,0001-01-01,visit,1\n"), Keeps(2, {"too_early": 1, "not_a_date": 1})),
    Case("a date of nothing", events(HEAD + GOOD + b"c,0000-00-00,visit,1\n"), Keeps(2, {"missing": 1})),
    Case("decimal commas", events("customer_id;occurred_at;kind;amount\na;2024-01-31;purchase;1.234,50\nb;2024-01-31;purchase;\u20ac 12,-\n"), Keeps(2)),
    Case("commas and points", events("customer_id;occurred_at;kind;amount\na;2024-01-31;purchase;12,50\nb;2024-01-31;purchase;12.50\nc;2024-01-31;purchase;1.234\n"),
         Keeps(2, {"unclear_number": 1})),
    Case("decimal sign never told", events("customer_id;occurred_at;kind;amount\na;2024-01-31;purchase;1.234\n"), Fails(ReadError, "the decimal sign.*decimal = ")),
    Case("no numbers", events(HEAD + GOOD + b"c,2024-03-01,visit,much\nc,2024-03-01,visit,1e999\nc,2024-03-01,visit,inf\n"), Keeps(2, {"not_a_number": 3})),
    Case("unknown kind", events(HEAD + GOOD + b"c,2024-03-01,purchse,1\n"), Keeps(2, {"unknown_choice": 1})),
    Case("many kinds unknown", events(HEAD + GOOD + b"".join(b"a,2024-03-01,gift%d,1\n" % k for k in range(3000))), Keeps(2, {"unknown_choice": 3000})),
    Case("every kind unknown", events(HEAD + b"a,2024-03-01,gift,1\n"), Fails(ReadError, "no row of 'events' can be kept.*gift")),
    Case("no customer", events(HEAD + GOOD + b",2024-03-01,visit,1\nNULL,2024-03-01,visit,1\n"), Keeps(2, {"missing": 2})),
    Case("customers twice", only("customers.csv", CUSTOMERS + b"a,2023-01-01,west\na,,\n"), Keeps(3, {"duplicate": 2}, table="customers")),
    Case("negative discount", events("customer_id,occurred_at,kind,discount\na,2024-01-31,purchase,-5.00\nb,2024-01-31,purchase,5.00\n"), Keeps(1, {"negative": 1})),
    Case("consent that is neither", only("customers.csv", b"customer_id,consent\na,ja\nb,no\nc,perhaps\n"), Keeps(2, {"not_yes_or_no": 1}, table="customers")),
    # workbooks
    Case("zip bomb", made(bomb, "events.xlsx"), Fails(ReadError, "zip bomb")),
    Case("part that lies about its size", made(lying_bomb, "events.xlsx"), Fails(ReadError, "workbook")),
    Case("password-protected workbook", made(lambda: _OLE, "events.xlsx"), Fails(ReadError, "protected by a password")),
    Case("encrypted parts", made(locked_entries, "events.xlsx"), Fails(ReadError, "protected by a password")),
    Case("XML entities", made(changed_part("xl/worksheets/sheet1.xml", lambda old: old.replace(
        b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)), "events.xlsx"), Fails(ReadError, "XML entities")),
    Case("workbook cut short", made(lambda: good_workbook()[:-300], "events.xlsx"), Fails(ReadError, "not a whole .xlsx")),
    Case("zip of something else", made(zip_of_text, "events.xlsx"), Fails(ReadError, "a zip file, not a workbook")),
    Case("empty workbook", made(lambda: b"", "events.xlsx"), Fails(ReadError, "the file is empty")),
    Case("empty sheet", made(lambda: workbook([]), "events.xlsx"), Fails(ReadError, "the sheet is empty")),
    Case("broken sheet", made(changed_part("xl/worksheets/sheet1.xml", lambda old: old[: len(old) // 2]), "events.xlsx"), Fails(ReadError, "cannot be read|no row")),
    Case("sheet that is not there", made(good_workbook, "events.xlsx"), Fails(ReadError, "no such sheet"),
         {"mapping": {"files": {"events.xlsx": {"sheet": "Blad9"}}}}),
    Case("formulas in a workbook", made(lambda: workbook([["customer_id", "occurred_at", "kind"], ["a", dt.date(2024, 1, 31), "visit"],
         ["=1/0", dt.date(2024, 1, 31), "visit"]]), "events.xlsx"), Keeps(2)),
    Case("serials among dates", made(lambda: workbook([["customer_id", "occurred_at", "kind"], ["a", dt.date(2024, 1, 31), "visit"],
         ["b", 45322, "visit"], [None] * 3, ["c", "soon", "visit"]]), "events.xlsx"), Keeps(2, {"not_a_date": 1}, blank=1)),
    # other forms
    Case("truncated Parquet", made(lambda: parquet(_EVENT)[:-100], "events.parquet"), Fails(ReadError, "not a whole Parquet file")),
    Case("Parquet whose name is a pattern", made(lambda: parquet(_EVENT), "events_[2024]*.parquet"), Keeps(1)),
    Case("empty Parquet", made(lambda: b"", "events.parquet"), Fails(ReadError, "not a whole Parquet file")),
    Case("text called .parquet", events(HEAD + GOOD, "events.parquet"), Fails(ReadError, "not a whole Parquet file")),
    Case("Parquet damaged inside", made(lambda: _damaged(parquet(_EVENT + " FROM range(5000)")), "events.parquet"),
         Fails(ReadError, "not a whole Parquet|cannot be read to its end|no row")),
    Case("Parquet with lists", made(lambda: parquet("SELECT ['a'] AS customer_id, TIMESTAMP '2024-01-31' AS occurred_at, 'visit' AS kind"), "events.parquet"),
         Fails(ReadError, "cannot be read as 'customer_id'")),
    Case("Parquet with kinds and dates gone wrong", made(lambda: parquet(_EVENT + " UNION ALL SELECT 'b', TIMESTAMP '2099-01-01', 'gift', 1"
         " UNION ALL SELECT 'c', NULL, 'visit', 1"), "events.parquet"), Keeps(1, {"in_the_future": 1, "missing": 1})),
    Case("empty SPSS file", made(lambda: b"", "responses.sav"), Fails(ReadError, "the file is empty")),
    Case("text called .sav", events(HEAD + GOOD, "responses.sav"), Fails(ReadError, "not a whole SPSS file")),
    Case("the same table in two forms", lambda: {"customers.csv": CUSTOMERS, "events.csv": HEAD + GOOD, "events.parquet": parquet(_EVENT)},
         Fails(DataError, "two files of the same name")),
    # surveys
    Case("labels, strangers and answers off the scale", only("responses.csv",
         "ResponseId,trust_1,trust_2,x\nr1,5 - helemaal mee eens,7,1\n,1,1,1\nr2,99,eens,1\nr1,1,1,1\n"),
         Keeps(2, {"missing": 2, "off_the_scale": 1, "not_a_number": 1, "duplicate": 2}, table="responses")),
    Case("survey whose items nobody knows", only("responses.csv", "respondent_id,Q1,Q2\nr1,1,2\n"), Fails(ReadError, r"'item'.*items\.toml")),
    # beside the tables
    Case("items.toml without a construct", lambda: {"customers.csv": CUSTOMERS, "items.toml": b"[items.Q1]\nmin=1\nmax=5\n"}, Fails(ReadError, "item 'Q1': no construct")),
    Case("items.toml with a slip", lambda: {"customers.csv": CUSTOMERS, "items.toml": b'[items.Q1]\nconstruct="thrust"\nmin=1\nmax=5\n'}, Fails(ReadError, "Did you mean 'trust'")),
    Case("items.toml upside down", lambda: {"customers.csv": CUSTOMERS, "items.toml": b'[items.Q1]\nconstruct="trust"\nmin=5\nmax=1\n'}, Fails(ReadError, "min is not below max")),
    Case("items.toml without the value", lambda: {"customers.csv": CUSTOMERS, "items.toml": b'[items.Q1]\nconstruct="values_own"\nmin=1\nmax=6\n'}, Fails(ReadError, "needs the value")),
    Case("items.toml that is not TOML", lambda: {"customers.csv": CUSTOMERS, "items.toml": b"[items.Q1\n"}, Fails(ReadError, "not TOML")),
    Case("mapping.toml that is not TOML", lambda: {"customers.csv": CUSTOMERS, "mapping.toml": b"\xff\xfe"}, Fails(ReadError, "not TOML")),
    Case("mapping of a file that is not there", lambda: {"customers.csv": CUSTOMERS}, Fails(NotFoundError, "names a file that is not there"),
         {"mapping": {"files": {"../../etc/passwd": "customers"}}}),
    Case("mapping of a column that is not there", lambda: {"customers.csv": CUSTOMERS}, Fails(ReadError, "column that is not there.*Did you mean 'region'"),
         {"mapping": {"files": {"customers.csv": {"columns": {"Regoin": "land"}}}}}),
    Case("mapping to a table that does not exist", lambda: {"customers.csv": CUSTOMERS}, Fails(ReadError, "Did you mean 'events'"),
         {"mapping": {"files": {"customers.csv": "evnts"}}}),
    Case("mapping to a column that does not exist", events(HEAD + GOOD), Fails(ReadError, "names no column of 'events'.*Did you mean 'amount'"),
         {"mapping": {"files": {"events.csv": {"columns": {"amount": "amuont"}}}}}),
)  # fmt: skip


def _damaged(content: bytes) -> bytes:
    middle = len(content) // 3
    return content[:4] + b"\xff" * (middle - 4) + content[middle:]
