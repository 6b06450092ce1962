"""SQL of the readers: sqlglot builders and the fixed macros of `macros.sql`; DuckDB only.

Nothing that a user wrote becomes SQL text by itself: names go through `column` and `table` (always quoted),
values through `value`. Columns of raw tables are called `c0`, `c1`, … whatever the file calls them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from verbond.errors import EngineError

__all__ = [
    "alias",
    "all_of",
    "any_of",
    "call",
    "cast",
    "coalesce",
    "column",
    "count_where",
    "first_case",
    "is_null",
    "lookup",
    "not_null",
    "prepare",
    "read_csv",
    "rows",
    "run",
    "table",
    "value",
]  # fmt: skip


@cache
def _macros() -> str:
    return (files("verbond.tables.readers") / "macros.sql").read_text("utf-8")


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the macros known to a cursor."""
    cursor.execute(_macros())


def run(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr) -> duckdb.DuckDBPyConnection:
    """Run one statement.

    Raises
    ------
    EngineError
        If DuckDB cannot.
    """
    try:
        return cursor.execute(tree.sql("duckdb"))
    except duckdb.Error as error:
        raise EngineError("DuckDB cannot read the data", hint=str(error).splitlines()[0][:300]) from error


def rows(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr) -> list[tuple[Any, ...]]:
    """Run one query and return its rows."""
    return run(cursor, tree).fetchall()


def column(name: str) -> exp.Column:
    """A column, its name quoted."""
    return exp.column(exp.to_identifier(name, quoted=True))


def table(name: str) -> exp.Table:
    """A table, its name quoted."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def value(given: Any) -> exp.Expr:
    """A literal."""
    return exp.convert(given)


def alias(expression: exp.Expr, name: str) -> exp.Expr:
    """`expression AS "name"`."""
    return exp.alias_(expression, name, quoted=True)


def call(function: str, *arguments: Any) -> exp.Expr:
    """A call of a function or macro; plain Python values become literals."""
    given = [a.copy() if isinstance(a, exp.Expr) else value(a) for a in arguments]
    return exp.Anonymous(this=function, expressions=given)


def cast(expression: exp.Expr, sql_type: str) -> exp.Expr:
    """`CAST(expression AS sql_type)`."""
    return exp.cast(expression.copy(), sql_type, dialect="duckdb")


def is_null(expression: exp.Expr) -> exp.Expr:
    """`expression IS NULL`."""
    return exp.Is(this=exp.paren(expression.copy()), expression=exp.null())


def not_null(expression: exp.Expr) -> exp.Expr:
    """`NOT expression IS NULL`."""
    return exp.not_(is_null(expression))


def all_of(*conditions: exp.Expr) -> exp.Expr:
    """All hold; true where there are none."""
    return exp.and_(*(c.copy() for c in conditions)) if conditions else exp.true()


def any_of(*conditions: exp.Expr) -> exp.Expr:
    """One holds; false where there are none."""
    return exp.or_(*(c.copy() for c in conditions)) if conditions else exp.false()


def count_where(condition: exp.Expr) -> exp.Expr:
    """How many rows meet a condition."""
    return call("count_if", condition)


def coalesce(*expressions: exp.Expr) -> exp.Expr:
    """The first that is not NULL."""
    if len(expressions) == 1:
        return expressions[0].copy()
    return call("coalesce", *expressions)


def first_case(cases: Sequence[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None = None) -> exp.Expr:
    """`CASE WHEN … THEN … ELSE … END`."""
    if not cases:
        return otherwise.copy() if otherwise is not None else exp.null()
    found = exp.Case()
    for condition, then in cases:
        found = found.when(condition.copy(), then.copy())
    return found.else_(otherwise.copy()) if otherwise is not None else found


def lookup(words: Mapping[str, Any], key: exp.Expr) -> exp.Expr:
    """The value that `words` gives a key; NULL where it has none."""
    if not words:
        return exp.null()
    known = call("map", call("list_value", *words), call("list_value", *words.values()))
    return call("map_extract_value", known, key)


def read_csv(path: Path, names: Sequence[str], separator: str, skip: int, *, ours: bool = False) -> exp.Expr:
    """The table function that reads a text file, all columns as text; `ours`: lines end as we wrote them."""
    types = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(n, quoted=True), expression=value("VARCHAR")) for n in names
        ]
    )
    options = {
        "auto_detect": value(False),
        "header": value(False),
        "skip": value(skip),
        "delim": value(separator),
        "quote": value('"'),
        "escape": value('"'),
        "strict_mode": value(True),
        "max_line_size": value(1 << 23),
        "columns": types,
    }
    if ours:
        options["new_line"] = value("\\n")
    given = [value(str(path))] + [
        exp.PropertyEQ(this=exp.to_identifier(k), expression=v) for k, v in options.items()
    ]
    return exp.Anonymous(this="read_csv", expressions=given)
