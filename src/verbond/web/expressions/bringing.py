"""Messages as they are pasted or brought. What is kept of them is cleaned and masked first, here.

Text as it came stands in a request and, while a file is read, in a folder that goes with it; in no row, no
log and no error.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from verbond.errors import VerbondError
from verbond.expressions.reading import LONGEST
from verbond.results import Reason, Spoken
from verbond.web.data.uploads import safe_name

__all__ = [
    "MOST_BYTES", "MOST_MESSAGES", "MOST_PASTED", "ROLES", "SUFFIXES", "Brought", "Sheet", "Unfit",
    "masked_sheet", "messages_of", "of_file", "of_text", "picked", "recognised",
]  # fmt: skip

MOST_BYTES = 7 << 20
"""Of a file."""
MOST_PASTED = 1 << 20
"""Characters."""
MOST_MESSAGES = 5_000
MOST_COLUMNS = 12
_MOST_CHARACTERS = 20 << 20
"""Of all messages of a file, once it is unpacked."""
_WORDS_OF_TEXT = 3
_TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm")
_TEXTS = (".txt",)
_MAILS = (".eml", ".mbox")
SUFFIXES = (*_TABLES, *_TEXTS, *_MAILS)
ROLES = ("text", "speaker", "channel", "department", "date")
"""What a column can be."""
_HEADINGS = {
    "text": "text message messages bericht berichten tekst body content inhoud antwoord reply review"
    " opmerking toelichting comment comments mail e_mail copy post",
    "speaker": "speaker wie spreker who said_by",
    "channel": "channel kanaal medium",
    "department": "department afdeling team departement",
    "date": "date datum day dag occurred_at timestamp tijdstip moment verzonden sent sent_at created_at",
}
_ROLE_OF = {word: role for role, words in _HEADINGS.items() for word in words.split()}
_SPEAKERS = {
    "company": "company bedrijf organisatie merk brand marketing wij we us",
    "employee": "employee medewerker agent collega staff service klantenservice adviser adviseur",
    "customer": "customer klant client consument user gebruiker lid member patient",
}
_SPEAKER_OF = {word: one for one, words in _SPEAKERS.items() for word in words.split()}
_PLAIN = re.compile(r"[^a-z0-9]+")
_DAY = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_BLANK = re.compile(r"\n[ \t]*\n")


class Unfit(Exception):
    """What cannot be taken.

    Attributes
    ----------
    reason : Reason
        What was found, and what would be right.
    """

    def __init__(self, code: str, **values: object) -> None:
        self.reason = Reason(f"web_expressions.unfit_{code}", values)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it came, cells as text.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """Messages that may be kept.

    Attributes
    ----------
    messages : list of mapping
        "text", cleaned and masked; "speaker", "channel", "department", "date" where known.
    notes : mapping of str to int
        "removed": messages of which quotes, signatures and the like were taken off; "masked": names, numbers
        and addresses that were masked; "empty": messages of which nothing was left.
    """

    messages: list[dict[str, str]]
    notes: dict[str, int] = field(default_factory=dict)


# cleaning and masking


def _private(text: str, notes: Counter[str]) -> str:
    """A text as it may be kept."""
    from verbond.expressions.cleaning import clean, mask

    cleaned = clean(text)
    notes["removed"] += bool(cleaned.removed)
    masked = mask(cleaned.text[:LONGEST])
    notes["masked"] += sum(masked.n.values())
    return masked.text.strip()


def masked_sheet(sheet: Sheet) -> Sheet:
    """A table as it may be kept until it is told what its columns are: every cell and heading masked."""
    notes: Counter[str] = Counter()
    known: dict[str, str] = {}

    def private(cell: str) -> str:
        if cell not in known:
            known[cell] = _private(cell, notes)
        return known[cell]

    columns = tuple(private(one)[:80] for one in sheet.columns)
    return Sheet(columns, tuple(tuple(private(cell) for cell in row) for row in sheet.rows))


def messages_of(rows: Iterable[Mapping[str, str]], speaker: str = "", *, is_private: bool = False) -> Brought:
    """Messages that may be kept, of rows as they came.

    Parameters
    ----------
    rows : iterable of mapping
        "text", and what else is known of it.
    speaker : str
        Whose words they are where a row does not say so.
    is_private : bool
        They are cleaned and masked already.

    Raises
    ------
    Unfit
        Where there is none, or there are too many.
    """
    notes: Counter[str] = Counter()
    found = []
    for row in rows:
        text = row["text"] if is_private else _private(row["text"], notes)
        if not text:
            notes["empty"] += 1
            continue
        facts = {
            "speaker": _SPEAKER_OF.get(_plain(row.get("speaker", "")), speaker),
            "channel": _label(row.get("channel", ""), is_private),
            "department": _label(row.get("department", ""), is_private),
            "date": _day(row.get("date", "")),
        }
        found.append({"text": text, **{name: one for name, one in facts.items() if one}})
    _check_number(len(found))
    return Brought(found, {name: n for name, n in notes.items() if n})


def _label(text: str, is_private: bool) -> str:
    return (text if is_private else _private(text, Counter()))[:80] if text.strip() else ""


def _check_number(n: int) -> None:
    if not n:
        raise Unfit("none")
    if n > MOST_MESSAGES:
        raise Unfit("many", n=n, most=MOST_MESSAGES)


def _day(text: str) -> str:
    """A day as ISO writes it, "" where none is found.

    Examples
    --------
    >>> _day("2026-03-01T10:00"), _day("1-3-2026 10:00"), _day("32-3-2026"), _day("soon")
    ('2026-03-01', '2026-03-01', '', '')
    """
    text = text.strip()
    try:
        if found := _DAY.match(text):
            day, month, year = (int(one) for one in found.groups())
            return dt.date(year, month, day).isoformat()
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


# what was pasted


def of_text(text: str) -> list[dict[str, str]]:
    """Messages in a pasted text: apart by an empty line where there is one, else one a line.

    Raises
    ------
    Unfit
        If it is too long.

    Examples
    --------
    >>> [one["text"] for one in of_text("Hello there\\nyou\\n\\nBye")], len(of_text("a\\nb"))
    (['Hello there\\nyou', 'Bye'], 2)
    """
    if len(text) > MOST_PASTED:
        raise Unfit("long", n=len(text), most=MOST_PASTED)
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    parts = _BLANK.split(text) if _BLANK.search(text) else text.split("\n")
    return [{"text": one.strip()} for one in parts if one.strip()]


# what was brought


def of_file(name: str, content: bytes) -> Sheet | list[dict[str, str]]:
    """What a file holds: a table, or messages where nothing needs to be told about columns.

    Raises
    ------
    Unfit
        If it is of another kind, too large, empty, or cannot be read.
    """
    name = safe_name(name)
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Unfit("kind", name=name, kinds=list(SUFFIXES))
    if len(content) > MOST_BYTES:
        raise Unfit("large", name=name, megabytes=len(content) >> 20, most=MOST_BYTES >> 20)
    if not content.strip():
        raise Unfit("empty", name=name)
    if suffix in _TEXTS:
        return of_text(_decoded(content)[:MOST_PASTED])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"brought{suffix}"
        path.write_bytes(content)
        try:
            return _of_mails(path) if suffix in _MAILS else _of_table(path)
        except VerbondError as error:
            raise Unfit("unread", name=name, why=Spoken(error)) from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _of_mails(path: Path) -> list[dict[str, str]]:
    from verbond.expressions.cleaning import read_mails

    return [
        {"text": one.text, "channel": "mail", "date": str(one.occurred_at or "")} for one in read_mails(path)
    ]


def _of_table(path: Path) -> Sheet:
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(path) as file:
        names = file.names
        if len(names) > MOST_COLUMNS:
            known = [one for one in names if _role(one)]
            names = tuple(known[:MOST_COLUMNS]) if "text" in map(_role, known) else names
        if len(names) > MOST_COLUMNS:
            raise Unfit("columns", n=len(names), most=MOST_COLUMNS)
        columns = [["" if cell is None else str(cell) for cell in file.texts(one)] for one in names]
    rows = tuple(row for row in zip(*columns, strict=True) if any(cell.strip() for cell in row))
    if len(names) == 1 and not _role(names[0]) and len(names[0].split()) >= _WORDS_OF_TEXT:
        rows, names = ((names[0],), *rows), ("text",)
    _check_number(len(rows))
    if sum(len(cell) for row in rows for cell in row) > _MOST_CHARACTERS:
        raise Unfit("unpacked", most=_MOST_CHARACTERS >> 20)
    return Sheet(tuple(names), rows)


def recognised(columns: Sequence[str]) -> dict[str, int]:
    """Which column is what, as far as its heading says so: role -> column.

    Examples
    --------
    >>> recognised(["Nr", "Bericht", "Afdeling"]), recognised(["a", "b"]), recognised(["x"])
    ({'text': 1, 'department': 2}, {}, {'text': 0})
    """
    found: dict[str, int] = {}
    for at, name in enumerate(columns):
        if role := _role(name):
            found.setdefault(role, at)
    return {"text": 0} if len(columns) == 1 else found


def picked(sheet: Sheet, roles: Mapping[str, int]) -> list[dict[str, str]]:
    """Rows of a table by what its columns are."""
    return [{role: row[at] for role, at in roles.items()} for row in sheet.rows]


def _role(name: str) -> str:
    return _ROLE_OF.get(_plain(name), "")


def _plain(text: str) -> str:
    return _PLAIN.sub("_", text.strip().lower()).strip("_")
