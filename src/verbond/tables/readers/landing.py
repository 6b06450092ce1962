"""Where files land before their columns are understood: raw tables, and what is known about their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from sqlglot import exp

from verbond.results import Reason
from verbond.tables.mapping import FileMapping
from verbond.tables.readers.records import Record
from verbond.tables.readers.sql import alias, column, prepare, rows, run, table, value
from verbond.tables.readers.vendors.products import Product

__all__ = ["LINE", "ROW", "Landed", "Part", "Source", "Steps", "Workbench", "joined"]

ROW = "@row"
LINE = "@line"


@dataclass(frozen=True, slots=True)
class Source:
    """One file, sheet or frame that holds a canonical table or a part of it.

    Attributes
    ----------
    name : str
        As the check and errors call it.
    table : str
        Canonical table.
    form : str
        "text", "parquet", "xlsx", "sav" or "frame".
    path : Path or None
        None for a frame.
    mapping : FileMapping
        What the user states about it.
    sheet : str or None
        Sheet of a workbook that holds several tables.
    product : Product or None
        What wrote it, where that is known.
    said : tuple of Reason
        How its product and columns were recognised.
    """

    name: str
    table: str
    form: str
    path: Path | None = None
    mapping: FileMapping = field(default_factory=FileMapping)
    sheet: str | None = None
    product: Product | None = None
    said: tuple[Reason, ...] = ()


@dataclass(slots=True)
class Part:
    """One source's share of a raw table.

    Attributes
    ----------
    source : Source
    n_rows, n_blank : int
        Rows that landed, and blank ones that did not.
    broken : list of Record
        Records that did not come out.
    first_row : int
        Number of its first row in the raw table.
    lines : function
        Row numbers (from 0 within the part, ascending) -> lines in the file.
    decisions : list of Reason
        How it was read.
    n_items : int
        Rows that one line makes (a wide survey file: its item columns).
    n_folded : int
        Of its rows, those that belong to the row before (an order with a line a product).
    """

    source: Source
    n_rows: int
    n_blank: int = 0
    broken: list[Record] = field(default_factory=list)
    first_row: int = 0
    lines: Callable[[np.ndarray], np.ndarray] = lambda rows: rows + 1
    decisions: list[Reason] = field(default_factory=list)
    n_items: int = 1
    n_folded: int = 0


@dataclass(slots=True)
class Landed:
    """Sources with the same columns, side by side in one raw table.

    Attributes
    ----------
    query : sqlglot query
        Gives `c0`, `c1`, …, the number of the row (`ROW`) and its line where that is known already (`LINE`).
    header : tuple of str
        What the file calls `c0`, `c1`, …
    types : tuple of str
        DuckDB's types of them.
    parts : list of Part
        In the order of their rows.
    in_place : bool
        The rows stand in files that can be read again and again: a clean table needs no copy.
    unfit : list of (str, int, sqlglot expression)
        Rows that are none of the table: the code of the reason, the column that shows it, the condition.
    made : dict of str to int
        Canonical columns that were made of others.
    """

    query: exp.Query
    header: tuple[str, ...]
    types: tuple[str, ...]
    parts: list[Part]
    in_place: bool = False
    unfit: list[tuple[str, int, exp.Expr]] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The canonical table."""
        return self.parts[0].source.table

    @property
    def name(self) -> str:
        """The first source's name, for errors."""
        return self.parts[0].source.name

    @property
    def mapping(self) -> FileMapping:
        """What the user states about the sources."""
        return self.parts[0].source.mapping

    def part_of(self, rows: np.ndarray) -> np.ndarray:
        """Number of the part that each row stands in."""
        return np.searchsorted([p.first_row for p in self.parts], rows, side="right") - 1


class Steps:
    """A raw table with computed columns, step by step: each step may use the columns of the steps before.

    A step is a subquery of its own, so that DuckDB computes what it names once.

    Parameters
    ----------
    query : sqlglot query
        The raw table.
    """

    def __init__(self, query: exp.Query) -> None:
        self.raw = query
        self._steps: list[dict[str, exp.Expr]] = []
        self._step_of: dict[str, int] = {}

    def add(self, expression: exp.Expr) -> exp.Column:
        """Compute an expression in the first step that has what it needs; return the new column."""
        needed = [self._step_of.get(c.name, -1) for c in expression.find_all(exp.Column)]
        step = max(needed, default=-1) + 1
        if step == len(self._steps):
            self._steps.append({})
        name = f"x{len(self._step_of)}"
        self._steps[step][name] = expression
        self._step_of[name] = step
        return column(name)

    def query(self, *expressions: exp.Expr) -> exp.Query:
        """The raw columns, and those that were added and that the expressions need."""
        needed = {c.name for e in expressions for c in e.find_all(exp.Column)}
        for step in reversed(self._steps):
            for name in needed & step.keys():
                needed |= {c.name for c in step[name].find_all(exp.Column)}
        query = self.raw
        for step in self._steps:
            made = [alias(expression, name) for name, expression in step.items() if name in needed]
            if made:
                query = exp.select(exp.Star(), *made).from_(query.subquery("step"))
        return query


def joined(parts: Sequence[tuple[Part, exp.Query]], header: Sequence[str], types: Sequence[str]) -> Landed:
    """Put raw tables of the same columns side by side, their rows numbered through.

    Each query gives `ROW` (from 0), `LINE` and `c0`, …
    """
    start, queries = 0, []
    for part, query in parts:
        part.first_row = start
        shifted = alias(exp.Add(this=column(ROW), expression=value(start)), ROW)
        rest = [column(LINE), *(column(f"c{j}") for j in range(len(header)))]
        queries.append(exp.select(shifted, *rest).from_(query.subquery("part")))
        start += part.n_rows
    whole = queries[0] if len(queries) == 1 else exp.union(*queries, distinct=False)
    return Landed(whole, tuple(header), tuple(types), [part for part, _ in parts])


class Workbench:
    """Where reading is done: a cursor on the engine's database, a folder for copies, names for raw tables."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.cursor, self.folder = cursor, folder
        self._numbers = count(1)
        self.raw: list[str] = []
        self.kept: set[str] = set()
        prepare(cursor)

    def new_table(self, query: exp.Query) -> str:
        """Make a temporary table of a query's rows; return its name."""
        name = f"raw_{next(self._numbers)}"
        made = exp.Create(
            this=table(name),
            kind="TABLE",
            expression=query,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        )
        run(self.cursor, made)
        self.raw.append(name)
        return name

    def drop(self, *names: str) -> None:
        """Forget temporary tables; all of them where none is named."""
        for name in names or tuple(self.raw):
            run(self.cursor, exp.Drop(tables=[table(name)], kind="TABLE"))
            self.raw.remove(name)

    def rows(self, query: exp.Query) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return rows(self.cursor, query)

    def count(self, name: str) -> int:
        """How many rows a table has."""
        return int(self.rows(exp.select("count(*)").from_(table(name)))[0][0])

    def types(self, name: str) -> dict[str, str]:
        """DuckDB's types of a table's columns."""
        return {row[0]: str(row[1]) for row in run(self.cursor, exp.Describe(this=table(name))).fetchall()}
