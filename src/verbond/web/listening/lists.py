"""Lists of people: as they are pasted, brought as a file, or kept of customers in the archive."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError
from verbond.web.diagnosing import archive_of
from verbond.web.listening.invitees import Candidate
from verbond.web.store.models import Organisation

__all__ = ["MOST_LINES", "candidates_in", "candidates_of_customers", "candidates_of_file", "customers_by"]

MOST_LINES = 100_000
MOST_BYTES = 8 << 20
_SEPARATORS = ("\t", ";", ",", "|")
_HEADINGS = {
    "email": "email e_mail mail emailadres e_mailadres e_mail_adres email_adres mailadres email_address"
    " e_mail_address mail_address",
    "name": "name naam full_name volledige_naam voornaam first_name roepnaam",
    "department": "department afdeling team departement unit",
    "language": "language taal lang locale",
    "customer": "customer_id customer_number klantnummer klant_id klantnr customer klant id",
}
_FIELD_OF = {word: field for field, words in _HEADINGS.items() for word in words.split()}
_ORDER = ("email", "name", "department", "language", "customer")
"""What stands where in a list without headings; the address may be anywhere."""
_PLAIN = re.compile(r"[^a-z0-9]+")


# text


def candidates_in(text: str, organisation: Organisation) -> list[Candidate]:
    """People in a pasted list: a line each, or as a mail program copies them: `Bo <bo@example.org>; ...`.

    Parameters
    ----------
    text : str
        Cells are separated by a tab, semicolon, comma or bar; the first line may name them.
    organisation : Organisation
        Whose key makes pseudonyms of customers' numbers.

    Raises
    ------
    DataError
        If there are more lines than `MOST_LINES`, or a cell does not end.
    """
    text = text.lstrip("\ufeff").replace("\0", "")
    if from_program := _of_program(text):
        return from_program
    lines = [line for line in text.splitlines() if line.strip()]
    separator = _separator(lines[:50])
    try:
        read = csv.reader(
            io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=True, strict=False
        )
        rows = [(read.line_num, cells) for cells in read]
    except csv.Error as error:
        raise DataError("this list cannot be read", got=str(error)) from None
    return _candidates(rows, organisation)


def _of_program(text: str) -> list[Candidate]:
    """Addresses with names before them, between semicolons, commas or line ends; none where it is no such."""
    parts = [one for one in re.split(r"[;\n]|(?<=>)\s*,", text) if one.strip()]
    found = [_in_angles(one) for one in parts]
    if not parts or len(parts) > MOST_LINES or not all(found):
        return []
    return [Candidate(one[1], one[0], line=number) for number, one in enumerate(found, start=1) if one]


def _in_angles(text: str) -> tuple[str, str] | None:
    """Name and address of `Bo <bo@example.org>`."""
    name, opened, rest = text.strip().partition("<")
    email, closed, behind = rest.partition(">")
    return (name.strip(' "'), email) if opened and closed and not behind else None


def _separator(lines: Sequence[str]) -> str:
    """The mark that stands in most lines, and in each equally often before another."""
    counts = {mark: [line.count(mark) for line in lines] for mark in _SEPARATORS}
    return max(_SEPARATORS, key=lambda mark: (sum(n > 0 for n in counts[mark]), -len(set(counts[mark]))))


def _candidates(rows: Sequence[tuple[int, Sequence[str]]], organisation: Organisation) -> list[Candidate]:
    filled = [
        (line, [cell.strip() for cell in cells]) for line, cells in rows if any(c.strip() for c in cells)
    ]
    if len(filled) > MOST_LINES:
        raise DataError("this list is too long", got=f"{len(filled)} lines", expected=f"at most {MOST_LINES}")
    if not filled:
        return []
    fields = _fields(filled[0][1])
    if fields:
        filled = filled[1:]
    key = archive_of(organisation).key
    return [_candidate(line, cells, fields or _guessed(cells), key) for line, cells in filled]


def _fields(header: Sequence[str]) -> dict[str, int]:
    """Field -> column, of a line of headings; none where the first line is somebody already."""
    if any("@" in cell for cell in header):
        return {}
    found: dict[str, int] = {}
    for column, cell in enumerate(header):
        field = _FIELD_OF.get(_PLAIN.sub("_", cell.strip().lower()).strip("_"))
        if field is not None:
            found.setdefault(field, column)
    return found if "email" in found else {}


def _guessed(cells: Sequence[str]) -> dict[str, int]:
    """Without headings: the address where the first @ is, the rest in the usual order around it."""
    at = next((n for n, cell in enumerate(cells) if "@" in cell), 0)
    others = [n for n in range(len(cells)) if n != at]
    return {"email": at, **dict(zip(_ORDER[1:], others, strict=False))}


def _candidate(line: int, cells: Sequence[str], fields: Mapping[str, int], key: bytes) -> Candidate:
    from verbond.tables.archive.pseudonyms import pseudonym_of

    given = {name: cells[column] if column < len(cells) else "" for name, column in fields.items()}
    if angles := _in_angles(given["email"]):
        given["email"], given["name"] = angles[1], given.get("name") or angles[0]
    if number := given.get("customer"):
        given["customer"] = pseudonym_of(key, number)
    return Candidate(**given, line=line)


# files


def candidates_of_file(name: str, content: bytes, organisation: Organisation) -> list[Candidate]:
    """People in a file: CSV or another text with separators, or the first sheet of an .xlsx workbook.

    Raises
    ------
    DataError
        If it is neither, or too large.
    """
    if len(content) > MOST_BYTES:
        raise DataError(
            "this file is too large", got=f"{len(content) >> 20} MB", expected=f"{MOST_BYTES >> 20} MB"
        )
    if content.startswith(b"PK\x03\x04"):
        return _candidates(_rows_of_workbook(name, content), organisation)
    return candidates_in(_decoded(content), organisation)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:4096] or content.startswith((b"%PDF", b"PK", b"{\\rtf")):
        raise DataError("this is no list", got="bytes that are no text", expected="CSV or .xlsx")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows_of_workbook(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    from verbond.tables.readers.landing import Source
    from verbond.tables.readers.workbooks import first_sheet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        path.write_bytes(content)
        rows = first_sheet(Source(name[:80], "customers", "xlsx", path), MOST_LINES + 2)
    return [(number, [_whole(cell) for cell in row]) for number, row in enumerate(rows, start=1)]


def _whole(cell: str) -> str:
    """A number as it stands in the sheet: 1042, not 1042.0."""
    return cell.removesuffix(".0") if cell.removesuffix(".0").isdigit() else cell


# customers


def customers_by(organisation: Organisation) -> dict[str, dict[str, int]]:
    """Customers who may be approached: attribute -> value -> how many; "" -> {"": all}."""
    columns = _approachable(organisation)
    n = len(columns.get("customer_id", ()))
    found: dict[str, dict[str, int]] = {"": {"": n}}
    for name, values in columns.items():
        if name != "customer_id":
            for value in values:
                known = found.setdefault(name, {})
                known[_text(value)] = known.get(_text(value), 0) + 1
    return found


def candidates_of_customers(
    organisation: Organisation,
    attribute: str = "",
    values: Iterable[str] = (),
    only: Iterable[str] | None = None,
) -> list[Candidate]:
    """Customers who may be approached and of whom an address is kept.

    Parameters
    ----------
    organisation : Organisation
    attribute : str
        A column of `customers` by which they are chosen; all where "".
    values : iterable of str
        Those of its values that are wanted.
    only : iterable of str, optional
        Pseudonyms of those who were drawn; consent and an address are asked for all the same.
    """
    columns = _approachable(organisation)
    names = [name for name in columns if name != "customer_id"]
    if not columns or (attribute and attribute not in names):
        return []
    rows = {str(one): row for row, one in enumerate(columns["customer_id"])}
    wanted = set(values)
    ids = [one for one, row in rows.items() if not attribute or _text(columns[attribute][row]) in wanted]
    if only is not None:
        drawn = set(only)
        ids = [one for one in ids if one in drawn]
    known = archive_of(organisation).identities(ids) if ids else {}
    return [
        Candidate(
            known[one]["email"],
            name=_name(known[one]),
            customer=one,
            segments={name: _text(columns[name][rows[one]]) for name in names},
            line=number,
        )
        for number, one in enumerate(ids, start=1)
        if known.get(one, {}).get("email")
    ]


def _approachable(organisation: Organisation) -> dict[str, Any]:
    """Id and attributes of the customers who consented to be approached; nobody where that is unsaid."""
    if organisation.kind == Organisation.Kind.DEMO or not archive_of(organisation).imports():
        return {}
    with archive_of(organisation).open() as tables:
        if "customers" not in tables or "consent" not in tables.columns("customers"):
            return {}
        columns = tables.fetch("customers", ["customer_id", "consent", *tables.attributes])
    may = np.array([one is True or one == 1 for one in columns.pop("consent").tolist()], bool)
    return {name: values[may] for name, values in columns.items()}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _name(known: Mapping[str, str]) -> str:
    parts = (known.get("first_name", ""), known.get("last_name", ""))
    return known.get("name") or " ".join(one for one in parts if one)
