"""Statements of the archive: temporary tables, files in and out; DuckDB only, composed as the readers do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import duckdb
from sqlglot import exp

from verbond.errors import EngineError
from verbond.tables.engines.arrays import to_engine
from verbond.tables.readers.sql import alias, cast, column, run, table, value

__all__ = ["copy_to", "copy_values", "in_table", "make_temporary", "read_parquet", "types_of", "union"]

_EVERY = 0.25
"""Seconds between two messages."""


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


def copy_to(
    connection: duckdb.DuckDBPyConnection,
    query: exp.Query,
    path: Path,
    tell: Callable[[float], None] | None = None,
) -> int:
    """Write a query's rows to a Parquet file.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Of an engine; of its cursors nothing can be told.
    query : sqlglot query
    path : Path
    tell : function, optional
        Hears several times a second how far it is, between 0 and 1; what it raises stops the writing.

    Returns
    -------
    int
        How many rows.
    """
    target = value(str(path)).sql("duckdb")
    text = f"COPY ({query.sql('duckdb')}) TO {target} (FORMAT parquet, COMPRESSION zstd)"
    try:
        if tell is None:
            connection.execute(text)
        else:
            _run_telling(connection, text, tell)
        return int(connection.fetchone()[0])
    except duckdb.Error as error:
        raise EngineError("DuckDB cannot write the data", hint=str(error).splitlines()[0][:300]) from error


def _run_telling(connection: duckdb.DuckDBPyConnection, text: str, tell: Callable[[float], None]) -> None:
    """Run a statement beside this thread, in which is told how far it is; never less far than before."""
    done = 0.0
    with ThreadPoolExecutor(max_workers=1) as beside:
        running = beside.submit(connection.execute, text)
        try:
            while not wait([running], timeout=_EVERY).done:
                done = min(1.0, max(done, connection.query_progress() / 100))  # -1 where it is not known
                tell(done)
        except BaseException:
            connection.interrupt()
            raise
        running.result()


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
