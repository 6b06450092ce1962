"""The one door through which SQL goes to an engine.

Query text is DuckDB SQL in `verbond/tables/queries/NAME.sql`, parsed once. What varies is added to the tree:
values replace `$name` placeholders as literals, `period_number(x)` becomes the arithmetic of the period,
columns are added with sqlglot's builders. `compile_query` then checks the tree and writes it for DuckDB or
Spark. Text is never put together from strings.

Only what means the same on both engines passes (`meaning`).
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import sqlglot
from sqlglot import exp

from verbond.errors import EngineError
from verbond.tables.engines.meaning import check_meaning

__all__ = ["bind", "compile_query", "load", "number_periods", "parse", "rename"]


_DIALECTS = ("duckdb", "spark")


def parse(text: str) -> exp.Query:
    """Parse one query written in DuckDB SQL.

    Raises
    ------
    EngineError
        If it is not one SELECT.
    """
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise EngineError("a query does not parse", hint=str(error).splitlines()[0]) from error
    if not isinstance(tree, exp.Query):
        raise EngineError("not a query", got=type(tree).__name__.upper(), expected="one SELECT")
    return tree


@cache
def _text_of(name: str) -> exp.Query:
    return parse((files("verbond.tables") / "queries" / f"{name}.sql").read_text("utf-8"))


def load(name: str, **values: Any) -> exp.Query:
    """Return a fresh tree of `queries/NAME.sql`, its placeholders filled (see `bind`)."""
    return bind(_text_of(name).copy(), **values)


def number_periods(query: exp.Query, period: str) -> exp.Query:
    """Replace each `period_number(x)` by the number of the period that x falls in.

    Months and quarters are counted from year 0, weeks from Monday 1 January of year 1.
    """
    for node in list(query.find_all(exp.Anonymous)):
        if node.name.lower() == "period_number":
            node.replace(
                sqlglot.parse_one(_PERIOD_NUMBERS[period], read="duckdb").transform(
                    _fill, node.expressions[0]
                )
            )
    return query


def _fill(node: exp.Expr, argument: exp.Expr) -> exp.Expr:
    return argument.copy() if isinstance(node, exp.Placeholder) else node


_PERIOD_NUMBERS = {
    "month": "(12 * year($x) + month($x) - 1)",
    "quarter": "(4 * year($x) + quarter($x) - 1)",
    "week": "(date_diff('day', DATE '0001-01-01', CAST($x AS DATE)) // 7)",
}


def rename(query: exp.Query, **tables: str) -> exp.Query:
    """Let each named table of a query stand for the engine's own; changed in place, and returned."""
    for node in list(query.find_all(exp.Table)):
        if node.name in tables:
            own = exp.Table(this=exp.to_identifier(tables[node.name], quoted=True))
            node.replace(exp.alias_(own, node.alias or node.name, table=True))
    return query


def bind(query: exp.Query, **values: Any) -> exp.Query:
    """Replace each `$name` by a value, as a literal of the right type.

    Parameters
    ----------
    query : sqlglot query
        Changed in place, and returned.
    **values
        None, bool, int, float, str, date, datetime64, or a sqlglot expression.
    """
    for node in list(query.find_all(exp.Placeholder)):
        if node.name not in values:
            raise EngineError(f"no value for ${node.name}", got=", ".join(sorted(values)) or "none")
        node.replace(_literal(values[node.name]))
    return query


def _literal(value: Any) -> exp.Expr:
    if isinstance(value, exp.Expr):
        return value.copy()
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, dt.datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp", dialect="duckdb")
    if isinstance(value, dt.date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date", dialect="duckdb")
    return exp.convert(value.item() if isinstance(value, np.generic) else value)


def compile_query(query: exp.Query | str, dialect: str = "duckdb") -> str:
    """Write a query for an engine, or refuse it.

    Parameters
    ----------
    query : sqlglot query or str
        DuckDB SQL.
    dialect : {"duckdb", "spark"}

    Returns
    -------
    str

    Raises
    ------
    EngineError
        If the query holds something that does not mean the same on both engines.

    Examples
    --------
    >>> compile_query("SELECT count(*) AS n FROM events ORDER BY n", "spark")
    'SELECT COUNT(*) AS n FROM events ORDER BY n NULLS LAST'
    """
    if dialect not in _DIALECTS:
        raise EngineError("unknown dialect", got=repr(dialect), expected="'duckdb' or 'spark'")
    tree = parse(query) if isinstance(query, str) else query
    check_meaning(tree)
    if dialect == "spark":
        tree = tree.transform(_days_between)
    try:
        return tree.sql(dialect=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        raise EngineError(f"a query cannot be written for {dialect}", hint=str(error)) from error


def _days_between(node: exp.Expr) -> exp.Expr:
    """Count midnights, as DuckDB does: Spark counts full days between timestamps."""
    if isinstance(node, exp.DateDiff):
        for part in ("this", "expression"):
            node.set(part, exp.cast(node.args[part], "date"))
    return node
