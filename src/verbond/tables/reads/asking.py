"""What a panel asks of the engine: how far it reaches, whose windows, which cells are not empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, OptionError
from verbond.tables.engines import load, number_periods, parse, rename
from verbond.tables.panel import PERIODS, Period
from verbond.tables.reads.cells import AMOUNT_KINDS, PanelShape
from verbond.tables.schema import EVENT_KINDS, RUNG_CONSTRUCTS, STIMULUS
from verbond.tables.tables import Tables

__all__ = ["ANSWER_DAYS", "QUIET_DAYS", "Asking"]

QUIET_DAYS = 2
"""A last period that ends with more quiet days than these is not complete: more than a weekend."""
ANSWER_DAYS = 92
"""What is answered within a quarter after the last period counts in that: behaviour is exported before people
are asked, and where somebody stands moves slowly."""
Fetch = Callable[[exp.Query], dict[str, np.ndarray]]


@dataclass(frozen=True, slots=True)
class _Extent:
    """First day of each period of the panel, the first one's number, and the one that was left out."""

    first: int
    periods: np.ndarray
    dropped: np.datetime64 | None


class Asking:
    """The queries behind a panel, and what a look at the whole of the tables tells.

    Parameters
    ----------
    tables : Tables
    period : {"month", "week", "quarter"}

    Raises
    ------
    OptionError
        For an unknown period.
    DataError
        If nothing in the tables has a date, or not one period is complete.
    """

    def __init__(self, tables: Tables, period: Period) -> None:
        if period not in PERIODS:
            raise OptionError("unknown period", got=repr(period), expected=", ".join(map(repr, PERIODS)))
        self.tables, self.period = tables, period
        self.extent = _extent(tables, period)
        self.segment_labels = {name: _labels(tables, name) for name in tables.attributes}
        self.action_kinds = _action_kinds(tables)

    def windows(self) -> exp.Query:
        """A row a customer: first and last period, flags, number of the first row."""
        return self._query("panel_windows", first=self.extent.first, last=self._last)

    @property
    def _last(self) -> int:
        return self.extent.first + len(self.extent.periods) - 1

    def segments(self, windows: str) -> exp.Query:
        """A row a customer, in order: columns s0, s1, … with the code of each attribute."""
        query = load("panel_segments")
        for j, (name, labels) in enumerate(self.segment_labels.items()):
            text = exp.cast(
                exp.column(exp.to_identifier(name, quoted=True), table="c"), "text", dialect="duckdb"
            )
            code = exp.Max(this=exp.func("coalesce", _codes(text, labels), exp.convert(-1)))
            query = query.select(exp.alias_(exp.cast(code, "smallint"), f"s{j}"))
        return rename(self.tables.resolve(query), windows=windows)

    def cells(self, windows: str) -> dict[str, exp.Query]:
        """By table, the cells that are not empty, keyed by `row_number`."""
        following = _first_days(np.array([self._last + 1]), self.period)[0]
        answered = {"last": self._last, "until": following + np.timedelta64(ANSWER_DAYS, "D")}
        values = {
            "events": {"kind": _codes("e.kind", EVENT_KINDS)},
            "exposures": {"kind": _codes("a.kind", self.action_kinds)},
            "scores": {"construct": _codes("s.construct", RUNG_CONSTRUCTS), **answered},
            "responses": answered,
        }
        return {
            table: rename(self._query(f"panel_{table}", **values[table]), windows=windows)
            for table in values
            if table in self.tables
        }

    def shape(self, cells: Mapping[str, str], fetch: Fetch) -> PanelShape:
        """What all parts of the panel have in common, from the tables that hold its cells."""

        def ask(table: str, text: str) -> dict[str, np.ndarray] | None:
            return fetch(rename(parse(text), cells=cells[table])) if table in cells else None

        events = ask("events", _EVENT_KINDS)
        exposed = ask("exposures", "SELECT DISTINCT kind FROM cells ORDER BY kind")
        silent = ask("responses", "SELECT count(*) AS n FROM cells WHERE answered = 0")
        kinds = [] if events is None else [EVENT_KINDS[int(code)] for code in events["kind"]]
        n_amounts = {} if events is None else dict(zip(kinds, events["n_amounts"], strict=True))
        n_listed = {} if events is None else dict(zip(kinds, events["n_listed"], strict=True))
        return PanelShape(
            period=self.period,
            periods=self.extent.periods,
            first=self.extent.first,
            dropped=self.extent.dropped,
            segment_labels=self.segment_labels,
            action_kinds=self.action_kinds,
            event_kinds=tuple(kinds),
            exposed_kinds=() if exposed is None else tuple(self.action_kinds[k] for k in exposed["kind"]),
            amount_kinds=tuple(kind for kind in AMOUNT_KINDS if n_amounts.get(kind, 0)),
            has_discounts=bool(n_listed.get("purchase", 0)),
            has_asked=silent is not None and bool(silent["n"][0]),
        )

    def _query(self, name: str, **values: Any) -> exp.Query:
        return self.tables.resolve(number_periods(load(name, **values), self.period))


_EVENT_KINDS = (
    "SELECT kind, count(amount) AS n_amounts, count(listed) AS n_listed"
    " FROM cells GROUP BY kind ORDER BY kind"
)


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


# labels and codes


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
    return tuple(kind for kind in found["kind"].tolist() if kind != STIMULUS)


def _labels(tables: Tables, attribute: str) -> tuple[str, ...]:
    """The values of an attribute as text, in order: of numbers as numbers."""
    column = exp.column(exp.to_identifier(attribute, quoted=True))
    query = exp.select(exp.alias_(column.copy(), "label")).distinct().from_("customers")
    found = tables.select(query.where(exp.not_(column.is_(exp.null()))).order_by("label"))
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in found["label"].tolist())
