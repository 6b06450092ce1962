"""Spark, on this machine or on a cluster: for tables that do not fit here (extra `spark`)."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlglot import exp

from verbond.errors import EngineError, MissingExtraError, NotFoundError
from verbond.tables.engines.arrays import column_type_of
from verbond.tables.engines.base import Form
from verbond.tables.engines.chunks import Rows, SparkChunks, chunks_of_rows, sum_in_arrow
from verbond.tables.engines.compile import compile_query, parse
from verbond.tables.engines.duck import DuckDBEngine, hash_of, hash_query
from verbond.tables.engines.failures import first_line, spark_errors
from verbond.tables.engines.java import java_home
from verbond.tables.schema import ColumnType

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["SparkEngine"]


class SparkEngine:
    """Tables as Parquet, queries on Spark, results through Parquet into arrays.

    Parameters
    ----------
    local : DuckDBEngine, optional
        Writes arrays to Parquet for Spark and reads Spark's results, in its folder; a new one where not
        given. On a cluster, give `DuckDBEngine(folder=...)` a folder that every worker can read and write.
        It is closed with this engine.
    master : str
        Spark's master; a session that already runs in this process is used as it is.
    memory : str
        Of the driver, when this engine starts it.

    Notes
    -----
    A local master gets two shuffle partitions, no web interface, and listens on loopback only. Times are UTC.
    The Spark session stays up when the engine closes (starting one takes seconds); it ends with the process.
    """

    name = "spark"

    def __init__(
        self, local: DuckDBEngine | None = None, *, master: str = "local[2]", memory: str = "1g"
    ) -> None:
        self.local = local or DuckDBEngine()
        self.session = _session(master, memory, self.local.folder)
        self._paths: dict[str, Path] = {}
        self._made: set[str] = set()  # materialised by Spark: the local engine can answer for these

    def new_name(self, stem: str) -> str:
        """Return a table name that this engine has not given before."""
        return self.local.new_name(stem)

    def create(
        self, table: str, columns: Mapping[str, Any], types: Mapping[str, ColumnType] | None = None
    ) -> None:
        """Make (or replace) a table of arrays; see `Engine.create`."""
        self.local.create(table, columns, types)
        self.adopt(table)
        self.local.drop(table)

    def adopt(self, table: str) -> None:
        """Read a table that the local engine holds, through Parquet; the local one stays."""
        path = self._new_path()
        path.mkdir()
        self.local.copy(_everything(table), path / "part-0.parquet")
        self._view(table, path)

    def open_parquet(self, table: str, path: Path) -> None:
        """Read a table from a Parquet file or a folder of them (partitioned by `column=value` or not)."""
        if not path.exists():
            raise NotFoundError(f"no Parquet file or folder for table {table!r}", got=str(path))
        self._view(table, path)

    def materialise(self, table: str, query: exp.Query | str) -> None:
        """Make (or replace) a table of a query's rows; see `Engine.materialise`."""
        path = self._written(query)
        self._view(table, path)
        self.local.open_parquet(table, path)
        self._made.add(table)

    def store(self, table: str, query: exp.Query | str) -> None:
        """Make a table of a query's rows that only Spark reads: it may be larger than this machine."""
        self._view(table, self._written(query))

    def chunks(
        self,
        queries: Mapping[str, exp.Query],
        n_chunks: int,
        make: Callable[[Rows, Any], Any],
        payload: Any = None,
    ) -> SparkChunks:
        """Make one object of all rows of each chunk, in the workers (see `engines.chunks`)."""
        with spark_errors():
            frames = {n: self.session.sql(compile_query(query, "spark")) for n, query in queries.items()}
            return chunks_of_rows(frames, n_chunks, make, payload)

    def _view(self, table: str, path: Path) -> None:
        with spark_errors():
            frame = self.session.read.parquet(str(path))
            zoned = [name for name, sql_type in frame.dtypes if sql_type == "timestamp"]
            for name in zoned:  # UTC without a zone, as DuckDB keeps it
                frame = frame.withColumn(name, frame[f"`{name.replace('`', '``')}`"].cast("timestamp_ntz"))
            frame.createOrReplaceTempView(table)
        self._forget(table)
        self._paths[table] = path

    def drop(self, table: str) -> None:
        """Forget a table, if it is there."""
        self.session.catalog.dropTempView(table)
        self._forget(table)

    def _forget(self, table: str) -> None:
        if table in self._made:
            self._made.remove(table)
            self.local.drop(table)
        path = self._paths.pop(table, None)
        if path is not None and path.is_relative_to(self.local.folder):
            shutil.rmtree(path, ignore_errors=True)

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Names and types of a table's columns, in order."""
        with spark_errors():
            return {name: column_type_of(sql_type) for name, sql_type in self.session.table(table).dtypes}

    def fetch(self, query: exp.Query | str) -> dict[str, np.ndarray]:
        """Return a query's rows as arrays (types: `engines.arrays`)."""
        with self._local(query) as rows:
            return self.local.fetch(rows)

    def stream(self, query: exp.Query | str, rows: int = 1_000_000) -> Iterator[dict[str, np.ndarray]]:
        """Yield a query's rows as arrays, at most `rows` at a time, in the query's order."""
        with self._local(query) as found:
            yield from self.local.stream(found, rows)

    def copy(self, query: exp.Query | str, path: Path, form: Form = "parquet") -> None:
        """Write a query's rows to one file."""
        with self._local(query) as rows:
            self.local.copy(rows, path, form)

    def hash_rows(self, table: str) -> tuple[int, str]:
        """Return the number of rows and a hash of a table's content; see `Engine.hash_rows`."""
        if self._paths[table].is_relative_to(self.local.folder):
            with self._local_view(self._paths[table]) as name:
                return self.local.hash_rows(name)
        columns = sorted(self.columns(table))
        with spark_errors():
            n_rows, total = sum_in_arrow(self.session.table(table), hash_query(columns, "rows"))
        return n_rows, hash_of(columns, n_rows, str(total) if n_rows else None)

    @contextmanager
    def _local(self, query: exp.Query | str) -> Iterator[exp.Query]:
        """What the local engine must be asked: the rows that Spark wrote for `query`.

        A query over nothing but what Spark wrote before is answered by the local engine itself.
        """
        tree = parse(query) if isinstance(query, str) else query
        if {table.name for table in tree.find_all(exp.Table)} <= self._made:
            yield tree
            return
        path = self._written(tree)
        try:
            with self._local_view(path) as name:
                yield _everything(name)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _local_view(self, path: Path) -> Iterator[str]:
        name = self.new_name("spark")
        self.local.open_parquet(name, path)
        try:
            yield name
        finally:
            self.local.drop(name)

    def _written(self, query: exp.Query | str) -> Path:
        path = self._new_path()
        with spark_errors():
            self.session.sql(compile_query(query, "spark")).write.parquet(str(path))
        return path

    def _new_path(self) -> Path:
        return self.local.folder / self.new_name("spark")

    def close(self) -> None:
        """Drop the tables and remove the exchanged files; closing twice is no harm."""
        for table in list(self._paths):
            self.drop(table)
        self.local.close()

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _everything(table: str) -> exp.Select:
    return exp.select("*").from_(exp.Table(this=exp.to_identifier(table, quoted=True)))


def _session(master: str, memory: str, folder: Path) -> SparkSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark says about other packages is not about us
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise MissingExtraError("the Spark engine", extra="spark") from None
        running = SparkSession.getActiveSession()
        session = (running or _started(SparkSession.builder, master, memory, folder)).newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    if session.sparkContext.master.startswith("local"):
        session.conf.set("spark.sql.shuffle.partitions", "2")
    return session


def _started(builder: SparkSession.Builder, master: str, memory: str, folder: Path) -> SparkSession:
    loopback = master.startswith(("local", "spark://127.0.0.1:"))
    logging = files("verbond.tables.engines") / "log4j2.properties"
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{logging}",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.executorEnv.VERBOND_THREADS": "1",  # a worker process has one processor
    }
    if loopback:
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    python = os.environ.get("PYSPARK_PYTHON", sys.executable)  # that has this package, also in the workers
    environment = {"JAVA_HOME": str(java_home(folder)), "PYSPARK_PYTHON": python}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1"} if loopback else {}
    with _environment(environment):
        try:
            return builder.master(master).appName("verbond").config(map=options).getOrCreate()
        except Exception as error:  # py4j and pyspark have no common root
            raise EngineError("Spark does not start", hint=first_line(error)) from error


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
