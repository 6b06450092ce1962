"""From tables to a `Panel`: sparse cells from the engine, scattered into dense arrays of small types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, OptionError
from verbond.tables.engines import bind, load, number_periods, parse, rename
from verbond.tables.panel import PERIODS, Panel, Period
from verbond.tables.schema import EVENT_KINDS, RUNG_CONSTRUCTS
from verbond.tables.tables import Tables

__all__ = ["QUIET_DAYS", "panel", "panel_chunks"]

QUIET_DAYS = 2
"""A last period that ends with more quiet days than these is not complete: more than a weekend."""
_AMOUNT_KINDS = ("purchase", "return")
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
    `Panel.dropped_period` says which. Without events it runs over the waves of answers, and every wave
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


# periods, numbered as `engines.compile.number_periods` numbers them


def _number(day: np.datetime64, period: Period) -> int:
    day = day.astype("datetime64[D]")
    if period == "week":
        return int((day - np.datetime64("0001-01-01")).astype(int)) // 7
    month = int(day.astype("datetime64[M]").astype(int)) + 12 * 1970
    return month // 3 if period == "quarter" else month


def _first_days(numbers: np.ndarray, period: Period) -> np.ndarray:
    if period == "week":
        return np.datetime64("0001-01-01") + (numbers * 7).astype("timedelta64[D]")
    months = numbers * (3 if period == "quarter" else 1) - 12 * 1970
    return months.astype("datetime64[M]").astype("datetime64[D]")


@dataclass(frozen=True, slots=True)
class _Extent:
    """First day of each period of the panel, the first one's number, and the one that was left out."""

    first: int
    periods: np.ndarray
    dropped: np.datetime64 | None


def _extent(tables: Tables, period: Period) -> _Extent:
    found = tables.select("panel_extent")
    dated = {
        str(source): (first, last)
        for source, first, last in zip(found["source"], found["first_at"], found["last_at"], strict=True)
        if not np.isnat(first)
    }
    if not dated:
        raise DataError(f"nothing in {tables.name} has a date", expected="events or dated answers")
    spans = [dated["events"]] if "events" in dated else list(dated.values())
    first_at, last_at = min(a for a, _ in spans), max(b for _, b in spans)
    first, last = _number(first_at, period), _number(last_at, period)
    days = _first_days(np.arange(first, last + 2), period)  # one more: the day after the last period
    quiet = (days[-1] - last_at.astype("datetime64[D]")).astype(int) - 1
    if "events" not in dated or quiet <= QUIET_DAYS:
        return _Extent(first, days[:-1], None)
    if first == last:
        got = f"events from {first_at.astype('datetime64[D]')} to {last_at.astype('datetime64[D]')}"
        raise DataError(f"{tables.name} does not hold one complete {period}", got=got)
    return _Extent(first, days[:-2], days[-2])


# inside the engine: customer windows, and the cells that are not empty


@dataclass(frozen=True, slots=True)
class _Sparse:
    """A table in the engine with the cells of the panel that are not empty, keyed by `row_number`."""

    tables: Tables
    name: str

    def summary(self, text: str) -> dict[str, np.ndarray]:
        """Run a query FROM cells."""
        return self.tables.engine.fetch(rename(parse(text), cells=self.name))

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
        self.tables, self.period, self._stack = tables, period, stack
        self.extent = _extent(tables, period)
        self._windows_table = self._materialised(self._windows_query(customers))
        self.windows = tables.engine.fetch(
            rename(parse("SELECT * FROM windows ORDER BY customer_id"), windows=self._windows_table)
        )
        lengths = (self.windows["last_period"] - self.windows["first_period"] + 1).astype(np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self.segment_labels = {name: _labels(tables, name) for name in tables.attributes}
        self.segments = self._segments()
        self.action_kinds = _action_kinds(tables)
        self.events = self._sparse("events", kind=_codes("e.kind", EVENT_KINDS))
        self.exposures = self._sparse("exposures", kind=_codes("a.kind", self.action_kinds))
        self.scores = self._sparse("scores", construct=_codes("s.construct", RUNG_CONSTRUCTS))
        self.responses = self._sparse("responses")

    @property
    def n_customers(self) -> int:
        return len(self.offsets) - 1

    def _query(self, name: str, **values: Any) -> exp.Query:
        return self.tables.resolve(number_periods(load(name, **values), self.period))

    def _materialised(self, query: exp.Query) -> str:
        name = self.tables.engine.new_name("panel")
        self._stack.callback(self.tables.engine.drop, name)
        self.tables.engine.materialise(name, query)
        return name

    def _windows_query(self, customers: Sequence[str] | None) -> exp.Query:
        last = self.extent.first + len(self.extent.periods) - 1
        query = self._query("panel_windows", first=self.extent.first, last=last)
        if customers is None:
            return query
        chosen = self.tables.engine.new_name("chosen")
        self._stack.callback(self.tables.engine.drop, chosen)
        self.tables.engine.create(chosen, {"customer_id": list(customers)}, {"customer_id": "text"})
        only = rename(parse("SELECT customer_id FROM chosen"), chosen=chosen)
        return query.where(exp.column("customer_id").isin(query=only))

    def _sparse(self, table: str, **values: Any) -> _Sparse | None:
        if table not in self.tables:
            return None
        query = rename(self._query(f"panel_{table}", **values), windows=self._windows_table)
        return _Sparse(self.tables, self._materialised(query))

    def _segments(self) -> dict[str, np.ndarray]:
        if not self.segment_labels:
            return {}
        query = load("panel_segments")
        for j, (name, labels) in enumerate(self.segment_labels.items()):
            text = exp.cast(
                exp.column(exp.to_identifier(name, quoted=True), table="c"), "text", dialect="duckdb"
            )
            code = exp.Max(this=exp.func("coalesce", _codes(text, labels), exp.convert(-1)))
            query = query.select(exp.alias_(exp.cast(code, "smallint"), f"s{j}"))
        found = self.tables.engine.fetch(rename(self.tables.resolve(query), windows=self._windows_table))
        return {name: found[f"s{j}"].astype(np.int16) for j, name in enumerate(self.segment_labels)}


@contextmanager
def _source(tables: Tables, period: Period, customers: Sequence[str] | None) -> Iterator[_Source]:
    if period not in PERIODS:
        raise OptionError("unknown period", got=repr(period), expected=", ".join(map(repr, PERIODS)))
    with ExitStack() as stack:
        yield _Source(tables, period, customers, stack)


def _codes(column: exp.Expr | str, labels: Sequence[str]) -> exp.Expr:
    """The number of a column's value among `labels`, NULL where it is none of them."""
    if not labels:
        return exp.cast(exp.null(), "int")
    value = exp.maybe_parse(column, dialect="duckdb")
    case = exp.Case()
    for code, label in enumerate(labels):
        case = case.when(value.eq(exp.convert(label)), exp.convert(code))
    return case


def _action_kinds(tables: Tables) -> tuple[str, ...]:
    if "actions" not in tables:
        return ()
    found = tables.select(parse("SELECT DISTINCT kind FROM actions WHERE kind IS NOT NULL ORDER BY kind"))
    return tuple(found["kind"].tolist())


def _labels(tables: Tables, attribute: str) -> tuple[str, ...]:
    """The values of an attribute as text, in order: of numbers as numbers."""
    column = exp.column(exp.to_identifier(attribute, quoted=True))
    query = exp.select(exp.alias_(column.copy(), "label")).distinct().from_("customers")
    found = tables.select(query.where(exp.not_(column.is_(exp.null()))).order_by("label"))
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in found["label"].tolist())


# from cells to arrays


def _panel(source: _Source, start: int, stop: int) -> Panel:
    """The panel of customers start..stop."""
    first_row, last_row = int(source.offsets[start]), int(source.offsets[stop])
    windows = {name: values[start:stop] for name, values in source.windows.items()}
    counts, amounts, discount_depth = _events(source.events, first_row, last_row)
    scored_rows, scores, standard_errors = _scores(source.scores, first_row, last_row)
    return Panel(
        period=source.period,
        periods=source.extent.periods,
        customer_ids=windows["customer_id"],
        offsets=source.offsets[start : stop + 1] - first_row,
        first_period=(windows["first_period"] - source.extent.first).astype(np.int32),
        is_new=windows["is_new"].astype(bool),
        starts_with_event=windows["starts_with_event"].astype(bool),
        ended=windows["ended"].astype(bool),
        counts=counts,
        amounts=amounts,
        exposures=_exposures(source.exposures, source.action_kinds, first_row, last_row),
        discount_depth=discount_depth,
        scored_rows=scored_rows,
        scores=scores,
        standard_errors=standard_errors,
        asked=_asked(source.responses, first_row, last_row),
        segments={name: codes[start:stop] for name, codes in source.segments.items()},
        segment_labels=source.segment_labels,
        dropped_period=source.extent.dropped,
    )


def _events(
    cells: _Sparse | None, start: int, stop: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray | None]:
    """Counts and amounts by kind, and the discount depth of purchases."""
    if cells is None:
        return {}, {}, None
    found = cells.summary(
        "SELECT kind, count(amount) AS n_amounts, count(listed) AS n_listed"
        " FROM cells GROUP BY kind ORDER BY kind"
    )
    kinds = {int(code): EVENT_KINDS[code] for code in found["kind"]}
    with_amounts = {EVENT_KINDS[code] for code, n in zip(found["kind"], found["n_amounts"], strict=True) if n}
    n_rows = stop - start
    counts = {kind: np.zeros(n_rows, np.uint16) for kind in kinds.values()}
    amounts = {kind: np.zeros(n_rows, np.float32) for kind in _AMOUNT_KINDS if kind in with_amounts}
    purchase = found["kind"] == EVENT_KINDS.index("purchase")
    depth = np.full(n_rows, np.nan, np.float32) if found["n_listed"][purchase].sum() else None
    for part in cells.between(start, stop):
        for code, kind in kinds.items():
            here = part["kind"] == code
            rows = part["row_number"][here]
            counts[kind][rows] = part["n"][here]
            if kind in amounts:
                amounts[kind][rows] = part["amount"][here]
            if kind == "purchase" and depth is not None:
                depth[rows] = _ratio(part["discount"][here], part["listed"][here])
    return counts, amounts, depth


def _ratio(discount: np.ndarray, listed: np.ndarray) -> np.ndarray:
    known = listed > 0
    ratio = np.full(len(listed), np.nan, np.float32)
    ratio[known] = np.clip(discount[known] / listed[known], 0, 1)
    return ratio


def _exposures(
    cells: _Sparse | None, labels: tuple[str, ...], start: int, stop: int
) -> dict[str, np.ndarray]:
    if cells is None:
        return {}
    kinds = cells.summary("SELECT DISTINCT kind FROM cells ORDER BY kind")["kind"]
    exposures = {labels[code]: np.zeros(stop - start, np.uint8) for code in kinds}
    for part in cells.between(start, stop):
        for code in kinds:
            here = part["kind"] == code
            exposures[labels[code]][part["row_number"][here]] = part["n"][here]
    return exposures


def _scores(cells: _Sparse | None, start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows with scores, and their scores and errors by rung construct."""
    width = len(RUNG_CONSTRUCTS)
    parts = list(cells.between(start, stop)) if cells is not None else []
    if not parts:
        return np.zeros(0, np.int64), np.zeros((0, width), np.float32), np.zeros((0, width), np.float32)
    cell = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows, position = np.unique(cell["row_number"], return_inverse=True)
    scores, standard_errors = np.full((2, len(rows), width), np.nan, np.float32)
    scores[position, cell["construct"]] = cell["score"]
    standard_errors[position, cell["construct"]] = cell["standard_error"]
    return rows.astype(np.int64), scores, standard_errors


def _asked(cells: _Sparse | None, start: int, stop: int) -> np.ndarray | None:
    """-1, 0, 1 a row; None unless someone is known to have been asked and not to have answered."""
    if cells is None or not cells.summary("SELECT count(*) AS n FROM cells WHERE answered = 0")["n"][0]:
        return None
    asked = np.full(stop - start, -1, np.int8)
    for part in cells.between(start, stop):
        asked[part["row_number"]] = part["answered"]
    return asked
