"""Things in chunks: made of rows where the rows are, kept there, and summed up there.

A chunk holds customers as a whole, chosen by a hash of their id. What is made of a chunk (a `Panel`, coded
sequences, sums) is an ordinary Python object; Spark sees it as one blob. Functions run over chunks one at a
time, so that a process holds one chunk; only sums come back. Chunks are added in a fixed order, within a
partition and then over partitions, and both depend on the data alone: the same bits on any cluster.
"""

from __future__ import annotations

import gc
import pickle
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from verbond.errors import DataError
from verbond.tables.engines.failures import spark_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark import Broadcast
    from pyspark.sql import DataFrame

__all__ = ["Chunks", "LocalChunks", "Rows", "SparkChunks", "chunks_of_rows", "sum_in_arrow"]

MOST_PARTITIONS = 2048
"""More results of tens of kilobytes than these would keep the driver busier than the workers."""
ROWS_PER_BATCH, BLOBS_PER_BATCH = 50_000, 4
Rows = Mapping[str, Mapping[str, np.ndarray]]
"""Rows of one chunk: by the name of the query that they come from, arrays by column."""
_BLOBS = "chunk int, blob binary"
_Run = Callable[[Iterator["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]


class Chunks(Protocol):
    """Objects in chunks. Functions must stand in an installed module; `payload` is sent along, once."""

    def keep(self, function: Callable[[Any, Any], Any], payload: Any = None) -> Chunks:
        """Make of every object another one, and keep these where they are made."""

    def total(self, function: Callable[[Any, Any], Any], payload: Any = None) -> Any:
        """Add up what a function makes of the objects (None adds nothing), in the order of the chunks."""

    def write(
        self,
        function: Callable[[Any, Any], Mapping[str, np.ndarray]],
        payload: Any,
        folder: Path,
        types: Mapping[str, str],
    ) -> None:
        """Write the columns that a function makes of every object to a folder of Parquet files.

        `types` are Spark's names for the columns' types.
        """

    def release(self) -> None:
        """Give the memory back; what was kept from these stays."""


class LocalChunks:
    """Chunks in this process, made anew whenever they are asked for, or kept."""

    def __init__(self, make: Callable[[], Iterable[Any]]) -> None:
        self._make = make

    def keep(self, function: Callable[[Any, Any], Any], payload: Any = None) -> LocalChunks:
        kept = [function(item, payload) for item in self._make()]
        return LocalChunks(lambda: kept)

    def total(self, function: Callable[[Any, Any], Any], payload: Any = None) -> Any:
        return _sum(function(item, payload) for item in self._make())

    def write(
        self,
        function: Callable[[Any, Any], Mapping[str, np.ndarray]],
        payload: Any,
        folder: Path,
        types: Mapping[str, str],
    ) -> None:
        from verbond.tables.writing import write_columns

        _new_folder(folder)
        for number, item in enumerate(self._make()):
            write_columns(folder / f"part-{number:05d}.parquet", dict(function(item, payload)))

    def release(self) -> None:
        """Nothing is held but what was kept, and that goes with this object."""


class SparkChunks:
    """Chunks kept by Spark: one blob a chunk in a data frame of which each partition has several.

    Parameters
    ----------
    frame : DataFrame
        Columns chunk and blob, in order of chunk within each partition.
    sent : Broadcast
        What making the frame anew would need, after a worker is lost.
    """

    def __init__(self, frame: DataFrame, sent: Broadcast) -> None:
        from pyspark import StorageLevel

        self._sent = sent
        self._frame = frame.persist(StorageLevel.MEMORY_AND_DISK)

    def keep(self, function: Callable[[Any, Any], Any], payload: Any = None) -> SparkChunks:
        sent = self._send(payload)
        return SparkChunks(self._mapped(_kept(function, sent), _BLOBS), sent).now()

    def now(self) -> SparkChunks:
        """Make the blobs, so that later errors are those of later steps."""
        with spark_errors():
            self._frame.count()
        return self

    def total(self, function: Callable[[Any, Any], Any], payload: Any = None) -> Any:
        sent = self._send(payload)
        with spark_errors():
            found = self._mapped(_summed(function, sent), _BLOBS).collect()
        sent.destroy()
        return _sum(unpack(row["blob"]) for row in sorted(found, key=lambda row: row["chunk"]))

    def write(
        self,
        function: Callable[[Any, Any], Mapping[str, np.ndarray]],
        payload: Any,
        folder: Path,
        types: Mapping[str, str],
    ) -> None:
        _new_folder(folder, make=False)
        sent = self._send(payload)
        schema = ", ".join(f"{name} {sql_type}" for name, sql_type in types.items())
        with spark_errors():
            self._mapped(_tabled(function, sent, tuple(types)), schema).write.parquet(str(folder.resolve()))
        sent.destroy()

    def release(self) -> None:
        self._frame.unpersist()

    def _send(self, payload: Any) -> Broadcast:
        return self._frame.sparkSession.sparkContext.broadcast(payload)

    def _mapped(self, run: _Run, schema: str) -> DataFrame:
        return _map_in_arrow(self._frame, run, schema, BLOBS_PER_BATCH)


def chunks_of_rows(
    queries: Mapping[str, DataFrame], n_chunks: int, make: Callable[[Rows, Any], Any], payload: Any = None
) -> SparkChunks:
    """Bring the rows of each chunk together and make one object of them.

    Parameters
    ----------
    queries : mapping of name to DataFrame
        Each with columns chunk and row_number, by which its rows come in order.
    n_chunks : int
    make : callable of (rows, payload)
    payload : Any
    """
    from pyspark.sql import functions

    columns = {name: tuple(frame.columns) for name, frame in queries.items()}
    named = [
        frame.withColumn("source", functions.lit(number).cast("tinyint"))
        for number, frame in enumerate(queries.values())
    ]
    rows = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), named)
    n_partitions = min(n_chunks, MOST_PARTITIONS)
    placed = rows.repartitionById(n_partitions, rows["chunk"] % n_partitions)
    together = placed.sortWithinPartitions("chunk", "source", "row_number")
    sent = together.sparkSession.sparkContext.broadcast(payload)
    blobs = _map_in_arrow(together, _made(make, sent, columns), _BLOBS, ROWS_PER_BATCH)
    return SparkChunks(blobs, sent).now()


def sum_in_arrow(frame: DataFrame, query: str) -> tuple[int, int]:
    """Run DuckDB's `query` over "rows" on every batch, in the workers, and add up its two numbers."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import duckdb
        import pyarrow as pa

        with duckdb.connect(":memory:") as connection:
            for batch in batches:
                connection.register("rows", pa.Table.from_batches([batch]))
                ((n, total),) = connection.execute(query).fetchall()  # all: one row left open holds the next
                yield pa.RecordBatch.from_pydict({"n": [n], "total": [str(total or 0)]})

    found = _map_in_arrow(frame, run, "n bigint, total string", ROWS_PER_BATCH).collect()
    return sum(row["n"] for row in found), sum(int(row["total"]) for row in found)


def _map_in_arrow(frame: DataFrame, run: _Run, schema: str, batch: int) -> DataFrame:
    frame.sparkSession.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(batch))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark says about versions of pandas is not about us
        return frame.mapInArrow(run, schema)


def _new_folder(folder: Path, *, make: bool = True) -> None:
    if folder.exists():
        raise DataError("there is something in this place already", got=str(folder), expected="a new folder")
    if make:
        folder.mkdir(parents=True)


def _sum(items: Iterable[Any]) -> Any:
    total = None
    for item in items:
        if item is not None:
            total = item if total is None else total + item
    return total


# in the workers: each takes batches and gives batches, and holds one chunk at a time


def _made(make: Callable[[Rows, Any], Any], sent: Broadcast, columns: Mapping[str, tuple[str, ...]]) -> _Run:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for chunk, table in _together(batches):
            yield _blob(chunk, make(_by_source(table, columns), sent.value), small=True)
        _settle()

    return run


def _kept(function: Callable[[Any, Any], Any], sent: Broadcast) -> _Run:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for chunk, item in _items(batches):
            yield _blob(chunk, function(item, sent.value))

    return run


def _summed(function: Callable[[Any, Any], Any], sent: Broadcast) -> _Run:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        first, total = None, None
        for chunk, item in _items(batches):
            first = chunk if first is None else first
            total = _sum((total, function(item, sent.value)))
        if total is not None:
            yield _blob(first, total)

    return run


def _tabled(
    function: Callable[[Any, Any], Mapping[str, np.ndarray]], sent: Broadcast, names: tuple[str, ...]
) -> _Run:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for _, item in _items(batches):
            columns = function(item, sent.value)
            rows = pa.table({name: pa.array(columns[name]) for name in names})
            yield from rows.to_batches(max_chunksize=ROWS_PER_BATCH)

    return run


def _together(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Rows of a chunk follow one another: each chunk with all of its rows."""
    import pyarrow as pa

    current, waiting = None, []
    for batch in batches:
        chunks = batch.column("chunk").to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(chunks)) + 1), len(chunks)]
        for low, high in pairwise(bounds):
            if low == high:
                continue
            if waiting and chunks[low] != current:
                yield current, pa.Table.from_batches(waiting)
                waiting = []
            current = int(chunks[low])
            waiting.append(batch.slice(low, high - low))
    if waiting:
        yield current, pa.Table.from_batches(waiting)


def _by_source(table: pa.Table, columns: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, np.ndarray]]:
    bounds = np.searchsorted(table.column("source").to_numpy(), np.arange(len(columns) + 1))
    found = {}
    for (name, wanted), low, high in zip(columns.items(), bounds[:-1], bounds[1:], strict=True):
        rows = table.slice(low, high - low)
        found[name] = {c: rows.column(c).to_numpy() for c in wanted}
    return found


def _items(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Any]]:
    for batch in batches:
        for chunk, blob in zip(batch.column("chunk"), batch.column("blob"), strict=True):
            yield chunk.as_py(), unpack(blob.as_buffer())
    _settle()


def _settle() -> None:
    """Spare the collector what was imported: Spark lets it look at everything after every task."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def _blob(chunk: int | None, item: Any, *, small: bool = False) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_pydict(
        {"chunk": pa.array([chunk], pa.int32()), "blob": pa.array([pack(item, small=small)], pa.binary())}
    )


def pack(item: Any, *, small: bool = False) -> bytes:
    """An object as a blob; `small` takes time to make it so."""
    plain = pickle.dumps(item, protocol=5)
    return b"z" + zlib.compress(plain, 1) if small else b"p" + plain


def unpack(blob: Any) -> Any:
    """The object of a blob that `pack` made."""
    view = memoryview(blob)
    return pickle.loads(zlib.decompress(view[1:]) if view[0] == ord("z") else view[1:])
