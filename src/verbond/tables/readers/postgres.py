"""A saved query on somebody else's PostgreSQL: read only, one statement, with an end to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlglot import errors, exp, parse

from verbond.errors import DataError, MissingExtraError, OptionError

__all__ = ["check_address", "check_query", "copy_query"]

SECONDS = 120
"""How long a query may take."""
MOST_BYTES = 1 << 30
_CONNECT_SECONDS = 10
_LONGEST = 20_000
_SSL = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CHANGES = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Into,
    exp.Lock, exp.Copy, exp.Set, exp.TruncateTable,
)  # fmt: skip
_REACHES_OUT = re.compile(
    r"(pg|lo|dblink|postgres_fdw|plpy|plperl)_.*|dblink|set_config|setval|nextval|query_to_.*|table_to_.*"
    r"|cursor_to_.*|schema_to_.*|database_to_.*|current_setting|inet_.*|txid_.*"
    r"|ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table|http|http_.*",
    re.IGNORECASE,
)
"""Functions that read files, wait, write, run other queries or tell of the server."""


def check_query(query: str) -> str:
    """Return a query that is one SELECT and reads tables only.

    Parameters
    ----------
    query : str

    Raises
    ------
    OptionError
        If it is anything else.

    Examples
    --------
    >>> check_query("select a from t; ")
    'select a from t'
    >>> check_query("delete from t")
    Traceback (most recent call last):
        ...
    verbond.errors.OptionError: the query has to be one SELECT: found DELETE.
    """
    return _checked(query)[0]


def _checked(query: str) -> tuple[str, exp.Query]:
    text = query.strip().rstrip("; \n\t")
    if not text or len(text) > _LONGEST or "\0" in text:
        raise OptionError("the query has to be one SELECT", got=f"{len(text)} characters")
    try:
        statements = [tree for tree in parse(text, dialect="postgres") if tree is not None]
    except errors.SqlglotError as error:
        where = str(error).splitlines()[0][:200]
        raise OptionError("the query cannot be read", got=re.sub(r"\x1b\[\d*m", "", where)) from None
    if len(statements) != 1:
        raise OptionError("the query has to be one SELECT", got=f"{len(statements)} statements")
    (tree,) = statements
    if not isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery)):
        raise OptionError("the query has to be one SELECT", got=tree.key.upper())
    for node in tree.walk():
        if isinstance(node, _CHANGES):
            raise OptionError("the query has to be one SELECT", got=node.key.upper())
        name = _function(node)
        if name is not None and _REACHES_OUT.fullmatch(name):
            raise OptionError("the query may only read tables", got=f"{name}()")
    return text, tree


def _function(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Anonymous):
        return node.name
    return node.sql_name() if isinstance(node, exp.Func) else None


def check_address(address: str) -> dict[str, Any]:
    """Return the parts of a PostgreSQL address; nothing in it may name a file of this machine.

    Raises
    ------
    OptionError
        If it is no such address.

    Examples
    --------
    >>> sorted(check_address("postgres://ann:s%40e@db.example.org/shop?sslmode=require"))
    ['dbname', 'host', 'password', 'sslmode', 'user']
    """
    parts = urlsplit(address.strip())
    options = dict(parse_qsl(parts.query))
    try:
        port = parts.port
    except ValueError:
        port = -1
    host, name = unquote(parts.hostname or ""), unquote(parts.path.strip("/"))
    fine = (
        parts.scheme in ("postgres", "postgresql")
        and re.fullmatch(r"[A-Za-z0-9.:_-]+", host)
        and name
        and not re.search(r"[=\s/]|://", name)
        and port != -1
        and set(options) <= {"sslmode"}
        and options.get("sslmode", "prefer") in _SSL
    )
    if not fine:
        raise OptionError(
            "this is no address of a PostgreSQL database",
            expected="postgres://user:password@host:port/name, with ?sslmode=require where that is asked",
        )
    given = {
        "host": host,
        "port": port,
        "dbname": name,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "sslmode": options.get("sslmode"),
    }
    return {key: value for key, value in given.items() if value}


def copy_query(
    address: str, query: str, path: Path, *, seconds: int = SECONDS, most_bytes: int = MOST_BYTES
) -> int:
    """Write what a query gives to a CSV file with a header, and return how many bytes that are.

    Parameters
    ----------
    address : str
        "postgres://user:password@host:port/name".
    query : str
        One SELECT. It runs in a transaction that can only read and is rolled back.
    path : Path
    seconds : int
        After so long the database stops it.
    most_bytes : int

    Raises
    ------
    OptionError
        If the address or the query is not one that is allowed.
    DataError
        If the database refuses, is not reached, takes too long or gives too much.
    MissingExtraError
        Without the extra `postgres`.
    """
    parts = check_address(address)
    text = _checked(query)[1].sql(dialect="postgres", comments=False)  # what was checked, not what was typed
    try:
        import psycopg
        from psycopg import sql
    except ImportError:
        raise MissingExtraError("reading PostgreSQL", extra="postgres") from None
    limits = (
        f"-c statement_timeout={seconds * 1000} -c default_transaction_read_only=on -c search_path=public"
    )
    try:
        with (
            psycopg.connect(
                **parts,
                connect_timeout=_CONNECT_SECONDS,
                options=limits,
                application_name="verbond",
                autocommit=True,
                passfile="",
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("BEGIN READ ONLY")
            copied = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')")
            copied = copied.format(sql.SQL(text))
            n_bytes = _written(cursor, copied, path, most_bytes)
            cursor.execute("ROLLBACK")
            return n_bytes
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error).strip().splitlines()[0])[:300]
        raise DataError("the database gave no answer", got=_without(said, parts.get("password"))) from None


def _written(cursor: Any, copied: Any, path: Path, most_bytes: int) -> int:
    n_bytes = 0
    with path.open("wb") as file, cursor.copy(copied) as blocks:
        for block in blocks:
            n_bytes += len(block)
            if n_bytes > most_bytes:
                raise DataError(
                    "the query gives more than one import may hold",
                    got=f"more than {most_bytes:,} bytes",
                    hint="Ask for fewer columns, or for a shorter period.",
                )
            file.write(block)
    return n_bytes


def _without(text: str, secret: str | None) -> str:
    return text.replace(secret, "***") if secret else text
