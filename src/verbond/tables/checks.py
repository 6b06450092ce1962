"""`TablesCheck`: what reading the user's files found."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verbond.results import Language, Reason, Result, protect_cell
from verbond.tables.readers.names import closest
from verbond.tables.schema import TABLES

__all__ = [
    "FileCheck",
    "LostReference",
    "Refusal",
    "RefusedRows",
    "TableCheck",
    "TablesCheck",
    "refusal_reason",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One place in a file that was refused.

    Attributes
    ----------
    file : str
    line : int
        Line in a text file, row in a sheet (both with the header counted), row number in other files.
    column : str or None
        What the file calls the column; None where the whole line does not come out.
    value : str or None
        The cell, or the start of the line.
    """

    file: str
    line: int
    column: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Rows of one file that were refused for one reason.

    Attributes
    ----------
    table, file : str
    column : str or None
        What the file calls the column.
    code : str
        Of the reason: "not_a_date", "duplicate", …
    n_rows : int
        Of the canonical table (answers, for a survey file with a column an item).
    reason : Reason
    examples : tuple of Refusal
        The first few.
    """

    table: str
    file: str
    column: str | None
    code: str
    n_rows: int
    reason: Reason
    examples: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What became of one file's rows: `n_rows = n_kept + n_refused + n_blank`.

    Attributes
    ----------
    file, table : str
    form : str
        "text", "parquet", "xlsx", "sav" or "frame".
    n_lines : int
        Records under the header, blank and broken ones counted.
    n_rows : int
        The same; in a survey file with a column an item, answers (blank and broken lines count one).
    n_kept, n_refused, n_blank : int
    n_folded : int
        Lines that belong to the row before and are counted with it (an order with a line a product);
        `n_rows` does not count them.
    unused_columns : tuple of str
    decisions : tuple of Reason
        How it was read, and names that were understood.
    """

    file: str
    table: str
    form: str
    n_lines: int
    n_rows: int
    n_kept: int
    n_refused: int
    n_blank: int
    n_folded: int = 0
    unused_columns: tuple[str, ...] = ()
    decisions: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class LostReference:
    """Rows that point at something that is not there; they are kept.

    Attributes
    ----------
    table, column : str
        Where they stand.
    refers_to : str
        "table.column" that should hold the value.
    n_rows, n_values : int
        Rows, and different values.
    examples : tuple of str
    """

    table: str
    column: str
    refers_to: str
    n_rows: int
    n_values: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCheck:
    """One canonical table as it was read.

    Attributes
    ----------
    table : str
    n_rows : int
        Kept.
    first, last : date or None
        Of its dates.
    n_missing : mapping of str to int
        Column -> rows without a value, for the columns that are there.
    n_refused : int
        Duplicates counted.
    n_duplicates : int
        Refused because their key stands earlier.
    n_blank : int
    """

    table: str
    n_rows: int
    first: dt.date | None
    last: dt.date | None
    n_missing: Mapping[str, int]
    n_refused: int = 0
    n_duplicates: int = 0
    n_blank: int = 0


@dataclass(frozen=True, slots=True)
class TablesCheck(Result):
    """What reading found: made by `open_tables`, kept as `tables.check`.

    Attributes
    ----------
    source : str
        As the user named it.
    simulated : bool
    tables : tuple of TableCheck
    files : tuple of FileCheck
    refused : tuple of RefusedRows
        Most rows first; all refusals are counted here, a few of each are shown.
    lost_references : tuple of LostReference
    unused_files : tuple of str
    notes : tuple of Reason
        What else a reader should know.
    """

    source: str
    simulated: bool
    tables: tuple[TableCheck, ...]
    files: tuple[FileCheck, ...] = ()
    refused: tuple[RefusedRows, ...] = ()
    lost_references: tuple[LostReference, ...] = ()
    unused_files: tuple[str, ...] = ()
    notes: tuple[Reason, ...] = ()
    _refusals: Callable[[], Iterator[tuple[Any, ...]]] | None = field(default=None, repr=False, compare=False)

    @property
    def n_refused(self) -> int:
        """Rows refused, of all tables."""
        return sum(table.n_refused for table in self.tables)

    def table(self, name: str) -> TableCheck:
        """The check of one table; KeyError if it was not read."""
        found = {table.table: table for table in self.tables}
        return found[name]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a table."""
        lost = {t.table: 0 for t in self.tables}
        for reference in self.lost_references:
            lost[reference.table] += reference.n_rows
        return [
            {
                "table": t.table,
                "rows": t.n_rows,
                "first": None if t.first is None else t.first.isoformat(),
                "last": None if t.last is None else t.last.isoformat(),
                "refused": t.n_refused,
                "duplicates": t.n_duplicates,
                "blank": t.n_blank,
                "lost_references": lost[t.table],
            }
            for t in self.tables
        ]

    def write_refusals(self, path: Path | str, language: Language = "en") -> int:
        """Write every refusal to a CSV file, as long as the tables are open.

        Parameters
        ----------
        path : path
        language : {"en", "nl"}
            Of the reasons.

        Returns
        -------
        int
            How many lines were written, the header not counted.
        """
        n = 0
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["table", "file", "line", "column", "value", "code", "reason", "rows"])
            for table, name, line, column, target, value, code, rows in (
                self._refusals() if self._refusals else ()
            ):
                reason = refusal_reason(code, table, column, target, value).sentence(language)
                cells = [table, name, line, column, value, code, reason, rows]
                writer.writerow([protect_cell(cell) for cell in cells])
                n += 1
        return n


def refusal_reason(
    code: str, table: str, column: str | None, target: str | None, value: str | None
) -> Reason:
    """Why a row was refused, as a sentence.

    Parameters
    ----------
    code : str
    table : str
    column : str or None
        What the file calls the column.
    target : str or None
        The canonical column.
    value : str or None
    """
    values: dict[str, Any] = {"column": column or ""}
    if code == "unknown_choice" and target is not None:
        known = TABLES[table].columns[target].choices
        values |= {"value": value or "", "known": list(known)}
        if near := closest(value or "", known):
            return Reason("tables.refused_unknown_choice_near", values | {"near": near})
    if code == "duplicate":
        values["key"] = list(TABLES[table].key) or (column or "").split(" + ")
    return Reason(f"tables.refused_{code}", values)
