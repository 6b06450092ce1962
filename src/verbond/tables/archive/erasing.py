"""Taking rows out of imports that are kept: of somebody who is erased, or of days that have passed.

Each file is written anew beside itself and then replaced. What has to happen is written down first
(`pending.json`), so that a process that is killed leaves an erasure that the next one ends.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from verbond.results import Result
from verbond.tables.archive.kept import KeptImport
from verbond.tables.archive.layout import PARTIAL, Layout, publish, write_json
from verbond.tables.archive.people import PEOPLE, Selection
from verbond.tables.archive.rules import REFUSED, is_kept
from verbond.tables.archive.statements import copy_to, in_table, read_parquet, types_of
from verbond.tables.archive.words import ERASED, cell_is_of, without
from verbond.tables.readers.sql import all_of, column, rows
from verbond.tables.schema import TABLES

__all__ = [
    "CELLS", "ErasureReport", "RetentionReport", "blank_cells", "erase_from", "expire_from", "expiring",
]  # fmt: skip

CELLS = ("value", "reason")
"""Columns of `refused.csv` that hold what the file said."""


@dataclass(frozen=True, slots=True)
class ErasureReport(Result):
    """What was erased, over all imports: a row that three exports held counts three times.

    Attributes
    ----------
    n_rows : mapping of str to int
        Table -> rows that are gone.
    n_redacted : mapping of str to int
        Table -> rows of others that named or referred to them, and do no more.
    n_identities : int
        Entries that said who they are.
    n_refused : int
        Rows of `refused.csv` that were blanked.
    n_read : int
        Older merged tables that somebody is still reading; they go at the next change or `sweep`.
    """

    n_rows: Mapping[str, int]
    n_redacted: Mapping[str, int]
    n_identities: int = 0
    n_refused: int = 0
    n_read: int = 0

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a table."""
        return [
            {"table": t, "rows_erased": self.n_rows.get(t, 0), "rows_redacted": self.n_redacted.get(t, 0)}
            for t in TABLES
            if t in self.n_rows or t in self.n_redacted
        ]


@dataclass(frozen=True, slots=True)
class RetentionReport(Result):
    """What was removed because it is older than what is kept, over all imports.

    Attributes
    ----------
    before : date
    n_rows : mapping of str to int
        Table -> rows that are gone.
    n_refused_files : int
        Files of refused rows that are gone.
    n_read : int
        Older merged tables that somebody is still reading.
    """

    before: dt.date
    n_rows: Mapping[str, int]
    n_refused_files: int = 0
    n_read: int = 0

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a table."""
        return [{"table": t, "rows_removed": n} for t, n in self.n_rows.items()]


@dataclass(slots=True)
class Counts:
    """What changes counted."""

    gone: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    n_identities: int = 0
    n_refused: int = 0
    n_read: int = 0


def erase_from(
    cursor: duckdb.DuckDBPyConnection,
    folder: Path,
    layout: Layout,
    key: bytes,
    kept: KeptImport,
    whom: Mapping[str, Any],
    counts: Counts,
) -> None:
    """Take people out of every file of one import; doing it again changes nothing.

    Parameters
    ----------
    cursor, folder
        Of an engine that may read the archive, and its own folder on the same disk.
    layout : Layout
    key : bytes
    kept : KeptImport
    whom : mapping
        "pseudonyms", "answered" (respondent and wave) and "words" (the pattern of what names them).
    counts : Counts
        Is added to.
    """
    some = Selection.make(cursor, whom["pseudonyms"], map(tuple, whom["answered"]), whom["words"])
    place = layout.import_folder(kept.import_id)
    n_rows = dict(kept.n_rows)
    for name, file in _files(place):
        types = types_of(cursor, file)
        gone, named = some.is_of(name, types), some.is_named(name, types)
        named = all_of(exp.not_(exp.paren(gone)), named)
        n_gone, n_named = _count(cursor, file, gone, named)
        if n_gone or n_named:
            source = exp.select("*").from_(read_parquet(file))
            n_rows[name] = _replace(cursor, folder, some.without(name, types, source), file)
        counts.gone[name] += n_gone
        counts.redacted[name] += n_named
    counts.n_identities += _erase_identities(cursor, folder, layout.identity_file(kept.import_id))
    theirs = {*whom["pseudonyms"], *(respondent for respondent, _ in whom["answered"])}

    counts.n_refused += blank_cells(
        place / "refused.csv", lambda cell: cell_is_of(cell, key, theirs, whom["words"])
    )
    clean = without(whom["words"])
    now = replace(kept, n_rows=n_rows, file_name=clean(kept.file_name), name=clean(kept.name))
    if now != kept:
        write_json(place / "import.json", now.to_json())


def expire_from(
    cursor: duckdb.DuckDBPyConnection,
    folder: Path,
    layout: Layout,
    kept: KeptImport,
    first_days: Mapping[str, dt.date],
    counts: Counts,
) -> None:
    """Take rows from before given days out of one import; doing it again changes nothing."""
    place = layout.import_folder(kept.import_id)
    n_rows = dict(kept.n_rows)
    for name, file in _files(place):
        recent = is_kept(name, types_of(cursor, file), first_days)
        if recent is None:
            continue
        (n_old,) = _count(cursor, file, exp.not_(exp.paren(recent)))
        if n_old:
            query = exp.select("*").from_(read_parquet(file)).where(recent)
            n_rows[name] = _replace(cursor, folder, query, file)
        counts.gone[name] += n_old
    refused = place / "refused.csv"
    if REFUSED in first_days and kept.imported_at.date() < first_days[REFUSED] and refused.exists():
        refused.unlink()
        counts.n_refused += 1
    if n_rows != kept.n_rows:
        write_json(place / "import.json", replace(kept, n_rows=n_rows).to_json())


def expiring(
    cursor: duckdb.DuckDBPyConnection,
    layout: Layout,
    kept: KeptImport,
    first_days: Mapping[str, dt.date],
    counts: Counts,
) -> None:
    """Count what `expire_from` would take out of one import."""
    place = layout.import_folder(kept.import_id)
    for name, file in _files(place):
        recent = is_kept(name, types_of(cursor, file), first_days)
        if recent is not None:
            counts.gone[name] += _count(cursor, file, exp.not_(exp.paren(recent)))[0]
    if REFUSED in first_days and kept.imported_at.date() < first_days[REFUSED]:
        counts.gone[REFUSED] += (place / "refused.csv").exists()


def _files(place: Path) -> Iterable[tuple[str, Path]]:
    return ((name, file) for name in TABLES if (file := place / f"{name}.parquet").exists())


def _count(cursor: duckdb.DuckDBPyConnection, file: Path, *conditions: exp.Expr) -> tuple[int, ...]:
    counted = [exp.func("count_if", c) for c in conditions]
    found = rows(cursor, exp.select(*counted).from_(read_parquet(file)))[0]
    return tuple(n or 0 for n in found)  # of no rows there is no count


def _replace(cursor: duckdb.DuckDBPyConnection, folder: Path, query: exp.Query, file: Path) -> int:
    """Write a file anew; both folders are on one disk."""
    made = folder / file.name
    n_rows = copy_to(cursor, query, made)
    publish(made, file)
    return n_rows


def _erase_identities(cursor: duckdb.DuckDBPyConnection, folder: Path, file: Path) -> int:
    gone = in_table(column("pseudonym"), PEOPLE, "pseudonym")
    (n_gone,) = _count(cursor, file, gone)
    if n_gone:
        _replace(cursor, folder, exp.select("*").from_(read_parquet(file)).where(exp.not_(gone)), file)
    return n_gone


def blank_cells(file: Path, is_named: Callable[[str], bool]) -> int:
    """Blank what a file of refused rows says of somebody; returns how many rows that were."""
    if not file.exists():
        return 0
    draft, n_rows = file.with_name(f"{PARTIAL}{file.name}"), 0
    with file.open(encoding="utf-8", newline="") as old, draft.open("w", encoding="utf-8", newline="") as new:
        reader = csv.DictReader(old)
        writer = csv.DictWriter(new, reader.fieldnames or ())
        writer.writeheader()
        for row in reader:
            named = [c for c in CELLS if is_named(row[c])]
            writer.writerow(row | dict.fromkeys(named, ERASED))
            n_rows += bool(named)
    publish(draft, file) if n_rows else draft.unlink()
    return n_rows
