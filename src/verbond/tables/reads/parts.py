"""`panel_parts`: the panel in parts that stay where the data are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables.engines import SparkEngine, load, parse, rename
from verbond.tables.engines.chunks import Chunks, LocalChunks, Rows
from verbond.tables.panel import Panel, Period
from verbond.tables.reads.asking import Asking
from verbond.tables.reads.cells import PanelShape, lay_out
from verbond.tables.reads.panel import panel_chunks
from verbond.tables.tables import Tables

__all__ = ["PanelParts", "panel_parts", "together"]

CUSTOMERS_PER_CHUNK = 10_000
_FIRST_ROW_OF_CHUNK = 2**32


@dataclass(frozen=True, slots=True)
class PanelParts:
    """A panel in chunks of customers.

    Attributes
    ----------
    n_customers : int
    chunks : Chunks of Panel
        In each, customers are in the order of their ids; all have the same periods and kinds.
    """

    n_customers: int
    chunks: Chunks


@contextmanager
def panel_parts(
    tables: Tables, period: Period = "month", customers_per_chunk: int | None = None
) -> Iterator[PanelParts]:
    """The panel in chunks, for functions that run where the chunks are and for sums of what they give.

    Parameters
    ----------
    tables : Tables
    period : {"month", "week", "quarter"}
    customers_per_chunk : int, optional
        About so many, 10,000 where not given: on Spark, customers fall into chunks by a hash of their id. A
        process holds one chunk.

    Yields
    ------
    PanelParts
        Of use until the context ends.

    Raises
    ------
    OptionError, DataError
        As `panel` does.

    Notes
    -----
    On DuckDB the chunks are read one after the other in this process, by order of id.

    Examples
    --------
    >>> tables = Tables.from_columns({"events": {
    ...     "customer_id": ["a", "a", "b"],
    ...     "occurred_at": np.array(["2026-01-05", "2026-03-31", "2026-02-10"], "datetime64[D]"),
    ...     "kind": ["purchase", "purchase", "visit"],
    ... }})
    >>> with panel_parts(tables) as parts:
    ...     parts.n_customers, parts.chunks.total(_rows_of)
    (2, 5)
    """
    customers_per_chunk = CUSTOMERS_PER_CHUNK if customers_per_chunk is None else customers_per_chunk
    if customers_per_chunk < 1:
        raise OptionError("too few customers per chunk", got=str(customers_per_chunk), expected="at least 1")
    if not isinstance(tables.engine, SparkEngine):
        yield _here(tables, period, customers_per_chunk)
        return
    with ExitStack() as stack:
        yield _on_spark(tables, tables.engine, period, customers_per_chunk, stack)


def together(panels: Sequence[Panel]) -> Panel:
    """One panel of the customers of several, in the order of their ids.

    Examples
    --------
    >>> tables = Tables.from_columns({"customers": {"customer_id": ["b", "a"]}, "events": {
    ...     "customer_id": ["b"], "occurred_at": [np.datetime64("2026-01-31")], "kind": ["visit"],
    ... }})
    >>> from verbond.tables.reads import panel
    >>> whole = panel(tables)
    >>> together([whole.select([1]), whole.select([0])]).counts["visit"]
    array([0, 1], dtype=uint16)
    """
    first, starts = panels[0], np.cumsum([0] + [panel.n_rows for panel in panels])
    lengths = np.concatenate([panel.lengths for panel in panels])
    scored = [panel.scored_rows + start for panel, start in zip(panels, starts[:-1], strict=True)]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    own = {"offsets": offsets, "scored_rows": np.concatenate(scored)}
    joined = {
        f.name: _end_to_end([getattr(panel, f.name) for panel in panels])
        for f in fields(Panel)
        if f.name not in (*own, *_OF_ALL)
    }
    whole = replace(first, **own, **joined)
    return whole.select(np.argsort(whole.customer_ids))


_OF_ALL = ("period", "periods", "segment_labels", "dropped_period")


def _end_to_end(values: list[Any]) -> Any:
    if isinstance(values[0], Mapping):
        return {key: np.concatenate([value[key] for value in values]) for key in values[0]}
    return None if values[0] is None else np.concatenate(values)


def _rows_of(panel: Panel, _: None) -> int:
    return panel.n_rows


def _customers_of(panel: Panel, _: None) -> int:
    return panel.n_customers


def _here(tables: Tables, period: Period, customers_per_chunk: int) -> PanelParts:
    chunks = LocalChunks(lambda: panel_chunks(tables, period, customers_per_chunk))
    return PanelParts(chunks.total(_customers_of) or 0, chunks)


def _on_spark(
    tables: Tables, engine: SparkEngine, period: Period, customers_per_chunk: int, stack: ExitStack
) -> PanelParts:
    asking = Asking(tables, period)

    def stored(query: exp.Query) -> str:
        name = engine.new_name("panel")
        stack.callback(engine.drop, name)
        engine.store(name, query)
        return name

    plain = asking.windows()  # without numbers of rows: these would be counted over all customers at once
    plain = plain.select(*[c for c in plain.selects if c.alias_or_name != "first_row"], append=False)
    windows = stored(plain)
    count = rename(parse("SELECT count(*) AS n FROM windows"), windows=windows)
    n_customers = int(engine.fetch(count)["n"][0])
    n_chunks = max(1, -(-n_customers // customers_per_chunk))
    windows = stored(rename(load("panel_chunks", n_chunks=n_chunks), windows=windows))
    queries = {"windows": _everyone(asking, windows)}
    cells = {name: stored(query) for name, query in asking.cells(windows).items()}
    for name, own in cells.items():
        queries[name] = rename(parse(_CELLS), cells=own)
    shape = asking.shape(cells, engine.fetch)
    chunks = engine.chunks(queries, n_chunks, _panel_of, shape)
    stack.callback(chunks.release)
    return PanelParts(n_customers, chunks)


_CELLS = "SELECT *, CAST(row_number // 4294967296 AS INT) AS chunk FROM cells"


def _everyone(asking: Asking, windows: str) -> exp.Query:
    """Windows with the codes of the segments."""
    query = exp.select("w.*", "w.first_row AS row_number").from_("windows AS w")
    if asking.segment_labels:
        segments = asking.segments(windows)
        segments.set("order", None)
        query = query.join(segments.subquery("s"), on="s.customer_id = w.customer_id")
        query = query.select(*(f"s.s{j}" for j in range(len(asking.segment_labels))))
    return rename(query, windows=windows)


def _panel_of(rows: Rows, shape: PanelShape) -> Panel:
    """The panel of one chunk, in a worker."""
    windows = rows["windows"]
    first = int(windows["first_row"][0]) // _FIRST_ROW_OF_CHUNK * _FIRST_ROW_OF_CHUNK
    cells = {
        name: [{**columns, "row_number": columns["row_number"] - first}]
        for name, columns in rows.items()
        if name != "windows"
    }
    segments = {name: windows[f"s{j}"].astype(np.int16) for j, name in enumerate(shape.segment_labels)}
    return lay_out(shape, windows, segments, cells)
