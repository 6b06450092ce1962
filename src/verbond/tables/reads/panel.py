"""From tables to a `Panel`: sparse cells from the engine, scattered into dense arrays of small types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables.engines import bind, parse, rename
from verbond.tables.panel import Panel, Period
from verbond.tables.reads.asking import ANSWER_DAYS, QUIET_DAYS, Asking
from verbond.tables.reads.cells import lay_out
from verbond.tables.tables import Tables

__all__ = ["ANSWER_DAYS", "QUIET_DAYS", "panel", "panel_chunks"]

_ROWS_PER_FETCH = 2_000_000


def panel(tables: Tables, period: Period = "month", customers: Sequence[str] | None = None) -> Panel:
    """Return what every customer did, period by period.

    Parameters
    ----------
    tables : Tables
    period : {"month", "week", "quarter"}
        Weeks start on Monday.
    customers : sequence of str, optional
        Only these; the periods stay those of all.

    Returns
    -------
    Panel

    Raises
    ------
    OptionError
        For an unknown period.
    DataError
        If nothing in the tables has a date, or not one period is complete.

    Notes
    -----
    The panel runs from the period of the first event to that of the last. The last one is left out when it
    is not complete: when its last days are quiet, more of them than a weekend (`QUIET_DAYS`);
    `Panel.dropped_period` says which. What was answered up to a quarter after the last period (`ANSWER_DAYS`)
    counts in that one. Without events it runs over the waves of answers, and every wave
    stays.

    A customer of whom neither `since` nor an event is known is taken to have been there all along. A
    cancellation closes the window unless the customer buys again after it; whatever else comes later is left
    out. Customers in `events` who are missing from `customers` are included.

    Examples
    --------
    >>> tables = Tables.from_columns({"events": {
    ...     "customer_id": ["a", "a", "b"],
    ...     "occurred_at": np.array(["2026-01-05", "2026-03-31", "2026-02-10"], "datetime64[D]"),
    ...     "kind": ["purchase", "purchase", "visit"],
    ... }})
    >>> months = panel(tables)
    >>> months.offsets, months.counts["purchase"]
    (array([0, 3, 5]), array([1, 0, 1, 0, 0], dtype=uint16))
    """
    with _source(tables, period, customers) as source:
        return _panel(source, 0, source.n_customers)


def panel_chunks(
    tables: Tables, period: Period = "month", customers_per_chunk: int = 100_000
) -> Iterator[Panel]:
    """Yield the panel in parts of so many customers, so that it never stands in memory as a whole.

    The parts, laid end to end, are `panel(tables, period)`: the same periods and kinds in each.
    """
    if customers_per_chunk < 1:
        raise OptionError("too few customers per chunk", got=str(customers_per_chunk), expected="at least 1")
    with _source(tables, period, None) as source:
        for start in range(0, source.n_customers, customers_per_chunk):
            yield _panel(source, start, min(start + customers_per_chunk, source.n_customers))


@dataclass(frozen=True, slots=True)
class _Sparse:
    """A table in the engine with the cells of the panel that are not empty, keyed by `row_number`."""

    tables: Tables
    name: str

    def between(self, start: int, stop: int) -> Iterator[dict[str, np.ndarray]]:
        """Yield the cells of rows start..stop, rows counted from start, a bounded number at a time."""
        for low in range(start, stop, _ROWS_PER_FETCH):
            high = min(low + _ROWS_PER_FETCH, stop)
            query = parse("SELECT * FROM cells WHERE row_number >= $low AND row_number < $high")
            part = self.tables.engine.fetch(rename(bind(query, low=low, high=high), cells=self.name))
            part["row_number"] = part["row_number"] - start
            yield part


class _Source:
    """Windows and segments of the customers as arrays; what fills their rows, still in the engine."""

    def __init__(
        self, tables: Tables, period: Period, customers: Sequence[str] | None, stack: ExitStack
    ) -> None:
        self.tables, self._stack = tables, stack
        asking = Asking(tables, period)
        windows = self._materialised(self._chosen(asking.windows(), customers))
        self.windows = tables.engine.fetch(
            rename(parse("SELECT * FROM windows ORDER BY customer_id"), windows=windows)
        )
        lengths = (self.windows["last_period"] - self.windows["first_period"] + 1).astype(np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self.segments: dict[str, np.ndarray] = {}
        if asking.segment_labels:
            found = tables.engine.fetch(asking.segments(windows))
            self.segments = {
                name: found[f"s{j}"].astype(np.int16) for j, name in enumerate(asking.segment_labels)
            }
        cells = {name: self._materialised(query) for name, query in asking.cells(windows).items()}
        self.cells = {name: _Sparse(tables, own) for name, own in cells.items()}
        self.shape = asking.shape(cells, tables.engine.fetch)

    @property
    def n_customers(self) -> int:
        return len(self.offsets) - 1

    def _materialised(self, query: exp.Query) -> str:
        name = self.tables.engine.new_name("panel")
        self._stack.callback(self.tables.engine.drop, name)
        self.tables.engine.materialise(name, query)
        return name

    def _chosen(self, query: exp.Query, customers: Sequence[str] | None) -> exp.Query:
        if customers is None:
            return query
        chosen = self.tables.engine.new_name("chosen")
        self._stack.callback(self.tables.engine.drop, chosen)
        self.tables.engine.create(chosen, {"customer_id": list(customers)}, {"customer_id": "text"})
        only = rename(parse("SELECT customer_id FROM chosen"), chosen=chosen)
        return query.where(exp.column("customer_id").isin(query=only))


@contextmanager
def _source(tables: Tables, period: Period, customers: Sequence[str] | None) -> Iterator[_Source]:
    with ExitStack() as stack:
        yield _Source(tables, period, customers, stack)


def _panel(source: _Source, start: int, stop: int) -> Panel:
    """The panel of customers start..stop."""
    first_row, last_row = int(source.offsets[start]), int(source.offsets[stop])
    return lay_out(
        source.shape,
        {name: values[start:stop] for name, values in source.windows.items()},
        {name: codes[start:stop] for name, codes in source.segments.items()},
        {name: table.between(first_row, last_row) for name, table in source.cells.items()},
    )
