"""Statements of the archive: temporary tables, files in and out; DuckDB only, composed as the readers do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from verbond.errors import EngineError
from verbond.tables.engines.arrays import to_engine
from verbond.tables.readers.sql import alias, cast, column, run, table, value

__all__ = ["copy_to", "copy_values", "in_table", "make_temporary", "read_parquet", "types_of", "union"]


def make_temporary(cursor: duckdb.DuckDBPyConnection, name: str, query: exp.Query) -> None:
    """Make (or replace) a table that only this cursor sees."""
    properties = exp.Properties(expressions=[exp.TemporaryProperty()])
    run(
        cursor,
        exp.Create(this=table(name), kind="TABLE", replace=True, properties=properties, expression=query),
    )


def copy_values(cursor: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Sequence[str]]) -> None:
    """Make (or replace) a temporary table of text columns; values never become text of a query."""
    cursor.register("archive_values", to_engine(dict(columns)))
    chosen = [alias(cast(column(c), "VARCHAR"), c) for c in columns]
    make_temporary(cursor, name, exp.select(*chosen).from_("archive_values"))
    cursor.unregister("archive_values")


def copy_to(cursor: duckdb.DuckDBPyConnection, query: exp.Query, path: Path) -> int:
    """Write a query's rows to a Parquet file; returns how many."""
    target = value(str(path)).sql("duckdb")
    try:
        cursor.execute(f"COPY ({query.sql('duckdb')}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        return int(cursor.fetchone()[0])
    except duckdb.Error as error:
        raise EngineError("DuckDB cannot write the data", hint=str(error).splitlines()[0][:300]) from error


def read_parquet(path: Path, *, numbered: bool = False) -> exp.Expr:
    """The table function that reads one Parquet file; `numbered` adds `file_row_number`."""
    options = [exp.PropertyEQ(this=exp.to_identifier("hive_partitioning"), expression=exp.false())]
    if numbered:
        options.append(exp.PropertyEQ(this=exp.to_identifier("file_row_number"), expression=exp.true()))
    return exp.Anonymous(this="read_parquet", expressions=[value(str(path)), *options])


def types_of(cursor: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Columns of a Parquet file and their types, in order."""
    query = exp.select("*").from_(read_parquet(path)).limit(0)
    return {name: str(kind) for name, kind, *_ in run(cursor, query).description}


def union(queries: Iterable[exp.Query]) -> exp.Query:
    """All rows of all queries."""
    first, *others = queries
    for other in others:
        first = exp.union(first, other, distinct=False, copy=False)
    return first


def in_table(given: exp.Expr, name: str, key: str) -> exp.Expr:
    """Whether a value stands in a column of a table; false for NULL."""
    known = (
        exp.select(column(key))
        .from_(table(name))
        .where(exp.not_(exp.Is(this=column(key), expression=exp.null())))
    )
    return exp.func("coalesce", exp.In(this=given.copy(), query=known.subquery()), exp.false())
