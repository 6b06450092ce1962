"""DuckDB, in this process: the default engine."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from sqlglot import exp

from verbond.errors import EngineError, NotFoundError, OptionError
from verbond.tables.engines.arrays import SQL_TYPES, column_type_of, from_engine, infer_type, to_engine
from verbond.tables.engines.base import FORMS, Form
from verbond.tables.engines.compile import bind, compile_query, parse
from verbond.tables.schema import ColumnType

__all__ = ["DuckDBEngine"]

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # SQL never reads a Python variable
    "pandas_analyze_sample": "0",  # object columns are text, whatever the first rows hold
}
_COPY_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER true"}


_PARQUET = parse("SELECT * FROM read_parquet($files, hive_partitioning = true, union_by_name = true)")


class DuckDBEngine:
    """Tables in DuckDB's memory, spilling to a temporary folder; no network, no other files.

    Parameters
    ----------
    readable : iterable of Path
        Files and folders that queries may read; nothing else on this machine can be.
    memory_limit : str
        What DuckDB may hold before it spills, in its own words ("1GB").
    threads : int, optional
        As many as there are processors where not given.
    folder : Path, optional
        Where the temporary folder is made; the system's own place where not given.

    Notes
    -----
    Each call takes a cursor of its own, so that one engine serves several threads.

    Examples
    --------
    >>> with DuckDBEngine() as engine:
    ...     engine.create("visits", {"who": ["a", "b", "a"], "n": [1, 2, 3]})
    ...     engine.fetch("SELECT who, sum(n) AS n FROM visits GROUP BY who ORDER BY who")
    {'who': array(['a', 'b'], dtype=object), 'n': array([4, 2])}
    """

    name = "duckdb"

    def __init__(
        self,
        readable: Iterable[Path] = (),
        *,
        memory_limit: str = "1GB",
        threads: int | None = None,
        folder: Path | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="verbond-", dir=folder)).resolve()
        self.connection = duckdb.connect(":memory:", config=_SETTINGS)
        self._when_closed: list[Callable[[], None]] = []
        self._finalizer = weakref.finalize(self, _release, self.connection, self.folder, self._when_closed)
        self._names = count(1)
        self._lock = threading.Lock()
        paths = [Path(path).resolve() for path in readable]
        self._set("memory_limit", memory_limit)
        self._set("temp_directory", str(self.folder / "spill"))
        self._set("TimeZone", "UTC")
        if threads is not None:
            self._set("threads", threads)
        self._set("enable_progress_bar", True)  # of `connection` itself, not of its cursors
        self._set("enable_progress_bar_print", False)
        self._set("allowed_directories", [str(self.folder), *(str(p) for p in paths if p.is_dir())])
        self._set("allowed_paths", [str(p) for p in paths if not p.is_dir()])
        self._set("enable_external_access", False)
        self._set("lock_configuration", True)

    def _set(self, option: str, value: Any) -> None:
        self.connection.execute(f"SET {option} = {exp.convert(value).sql('duckdb')}")

    def new_name(self, stem: str) -> str:
        """Return a table name that this engine has not given before."""
        with self._lock:
            return f"{stem}_{next(self._names)}"

    def create(
        self, table: str, columns: Mapping[str, Any], types: Mapping[str, ColumnType] | None = None
    ) -> None:
        """Make (or replace) a table of arrays; see `Engine.create`."""
        given = types or {}
        wanted = {name: given.get(name) or infer_type(values) for name, values in columns.items()}
        cast = [
            exp.alias_(exp.cast(_column(name), SQL_TYPES[wanted[name]], dialect="duckdb"), name, quoted=True)
            for name in columns
        ]
        with self.connection.cursor() as cursor:
            cursor.register("_arrays", to_engine(columns))
            self._make(cursor, table, exp.select(*cast).from_("_arrays").sql("duckdb"))

    def materialise(self, table: str, query: exp.Query | str) -> None:
        """Make (or replace) a table of a query's rows; see `Engine.materialise`."""
        with self.connection.cursor() as cursor:
            self._make(cursor, table, compile_query(query))

    def _make(self, cursor: duckdb.DuckDBPyConnection, table: str, text: str) -> None:
        _run(cursor, f"CREATE OR REPLACE TABLE {_table(table).sql('duckdb')} AS {text}")

    def open_parquet(self, table: str, path: Path) -> None:
        """Read a table from a Parquet file or a folder of them (partitioned by `column=value` or not).

        Nothing is copied: each query reads the files.
        """
        found = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        if not found or not found[0].exists():
            raise NotFoundError(f"no Parquet file or folder for table {table!r}", got=str(path))
        self.drop(table)
        rows = bind(_PARQUET.copy(), files=exp.convert([str(file) for file in found])).sql("duckdb")
        with self.connection.cursor() as cursor:
            _run(cursor, f"CREATE VIEW {_table(table).sql('duckdb')} AS {rows}")

    def drop(self, table: str) -> None:
        """Forget a table, if it is there."""
        if not self._finalizer.alive:
            return
        with self.connection.cursor() as cursor:
            kinds = cursor.execute(
                "SELECT 'VIEW' FROM duckdb_views() WHERE view_name = $1"
                " UNION ALL SELECT 'TABLE' FROM duckdb_tables() WHERE table_name = $1",
                [table],
            ).fetchall()
            for (kind,) in kinds:
                cursor.execute(f"DROP {kind} {_table(table).sql('duckdb')}")

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Names and types of a table's columns, in order."""
        with self.connection.cursor() as cursor:
            types = _types_of(cursor, exp.select("*").from_(_table(table)).sql("duckdb"))
        return {name: column_type_of(sql_type) for name, sql_type in types.items()}

    def fetch(self, query: exp.Query | str) -> dict[str, np.ndarray]:
        """Return a query's rows as arrays (types: `engines.arrays`)."""
        with self.connection.cursor() as cursor:
            return _arrays(cursor, compile_query(query))

    def stream(self, query: exp.Query | str, rows: int = 1_000_000) -> Iterator[dict[str, np.ndarray]]:
        """Yield a query's rows as arrays, at most `rows` at a time, in the query's order."""
        name = self.new_name("_stream")
        self.materialise(name, query)
        try:
            with self.connection.cursor() as cursor:
                total = cursor.execute(exp.select("count(*)").from_(_table(name)).sql("duckdb")).fetchone()[0]
                for start in range(0, total, rows):
                    part = (
                        exp.select("*")
                        .from_(_table(name))
                        .where(f"rowid >= {start} AND rowid < {start + rows}")
                    )
                    yield _arrays(cursor, part.sql("duckdb"))
        finally:
            self.drop(name)

    def copy(self, query: exp.Query | str, path: Path, form: Form = "parquet") -> None:
        """Write a query's rows to one file, first inside this engine's folder, then moved."""
        if form not in FORMS:
            raise OptionError("unknown file form", got=repr(form), expected=" or ".join(map(repr, FORMS)))
        draft = self.folder / f"{self.new_name('copy')}.{form}"
        with self.connection.cursor() as cursor:
            text = _narrowed(cursor, compile_query(query))
            target = exp.convert(str(draft)).sql("duckdb")
            _run(cursor, f"COPY ({text}) TO {target} ({_COPY_OPTIONS[form]})")
        shutil.move(draft, path)

    def hash_rows(self, table: str) -> tuple[int, str]:
        """Return the number of rows and a hash of a table's content; see `Engine.hash_rows`."""
        columns = sorted(self.columns(table))
        with self.connection.cursor() as cursor:
            n_rows, total = _run(cursor, hash_query(columns, table)).fetchone()
        return n_rows, hash_of(columns, n_rows, total)

    def when_closed(self, act: Callable[[], None]) -> None:
        """Do something more when this engine is closed or let go of."""
        self._when_closed.append(act)

    def close(self) -> None:
        """Close the database and remove its temporary folder; closing twice is no harm."""
        self._finalizer()

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def hash_query(columns: list[str], table: str) -> str:
    """DuckDB's text of the number of rows and the sum of their hashes, as text: both add up over parts."""
    total = exp.cast(exp.func("sum", exp.func("hash", *(_column(c) for c in columns))), "text")
    return exp.select("count(*)", total).from_(_table(table)).sql("duckdb")


def hash_of(columns: list[str], n_rows: int, total: str | None) -> str:
    """The hash of a table from what `hash_query` gave."""
    return hashlib.sha256(repr((columns, n_rows, total)).encode()).hexdigest()


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _arrays(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[str, np.ndarray]:
    result = _run(cursor, text)
    types = {column[0]: column_type_of(str(column[1])) for column in result.description}
    return from_engine(result.fetchnumpy(), types)


def _types_of(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[str, str]:
    return {row[0]: str(row[1]) for row in _run(cursor, f"DESCRIBE {text}").fetchall()}


def _narrowed(cursor: duckdb.DuckDBPyConnection, text: str) -> str:
    """The query, integer sums brought back from HUGEINT, which Parquet would keep as DOUBLE, to BIGINT."""
    types = _types_of(cursor, text)
    columns = [
        exp.alias_(exp.cast(_column(c), "BIGINT"), c, quoted=True) if t == "HUGEINT" else _column(c)
        for c, t in types.items()
    ]
    return f"{exp.select(*columns).sql('duckdb')} FROM ({text})" if "HUGEINT" in types.values() else text


def _run(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.DuckDBPyConnection:
    try:
        return cursor.execute(text)
    except duckdb.Error as error:
        raise EngineError("DuckDB cannot run a query", hint=str(error).splitlines()[0]) from error


def _release(
    connection: duckdb.DuckDBPyConnection, folder: Path, when_closed: list[Callable[[], None]]
) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
    for act in when_closed:
        act()
