"""A look into one file: its columns as they land, with what their cells hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from types import TracebackType
from typing import Any

from sqlglot import exp

from verbond.tables.engines import DuckDBEngine
from verbond.tables.readers.columns import recognised
from verbond.tables.readers.delimited import land_text
from verbond.tables.readers.landing import ROW, Landed, Source, Steps, Workbench
from verbond.tables.readers.moments import moment_readings
from verbond.tables.readers.readings import Decision, Reading, decide
from verbond.tables.readers.sql import (
    alias,
    any_of,
    call,
    column,
    count_where,
    is_null,
    not_null,
    table,
    value,
)  # fmt: skip
from verbond.tables.readers.stored import land_parquet, land_sav
from verbond.tables.readers.typed import as_text, raw_kind
from verbond.tables.readers.workbooks import land_workbook

__all__ = ["Cells", "Look"]

_EMAIL = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
_NO_ONE = ("anonymous", "anoniem")
MANY_ANSWERS = 40
_FIRST_CELLS = 5000
_FIRST_ROWS, _CELLS_AT_ONCE = 2000, 1_000_000


@dataclass(frozen=True, slots=True)
class Cells:
    """What the cells of a column hold.

    Attributes
    ----------
    n, n_distinct : int
        Cells that are not blank, and how many of them differ.
    n_emails, n_nobody, n_answers : int
        Of these, e-mail addresses; words for nobody; numbers, with a label or without.
    low, high : float or None
        Of the numbers.
    answers : tuple of str
        The different cells, the usual ones first; empty where they are many.
    """

    n: int
    n_distinct: int
    n_emails: int
    n_nobody: int
    n_answers: int
    low: float | None
    high: float | None
    answers: tuple[str, ...] = ()


class Look:
    """One file, landed where nothing else is.

    Parameters
    ----------
    source : Source
        With its product, where that is known.
    items : mapping
        Items that are known.
    """

    def __init__(self, source: Source, items: Mapping[str, Any]) -> None:
        self.source, self.items = source, items
        assert source.path is not None
        self._engine = DuckDBEngine([source.path])
        self._cursor = self._engine.connection.cursor()
        self.bench = Workbench(self._cursor, self._engine.folder)

    def __enter__(self) -> Look:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cursor.close()
        self._engine.close()

    @cached_property
    def landed(self) -> Landed:
        """The raw table."""
        source = self.source
        if source.form == "text":
            return land_text(self.bench, [source], self._recognise)[0]
        if source.form == "parquet":
            return land_parquet(self.bench, [source])[0]
        if source.form == "sav":
            return land_sav(self.bench, source)
        return land_workbook(self.bench, source, self._recognise)

    def _recognise(self, source: Source) -> Any:
        return lambda cells: recognised(source, self.items, cells)

    @property
    def n_rows(self) -> int:
        """Rows that landed, blank and broken ones not counted."""
        return sum(part.n_rows for part in self.landed.parts)

    def _cell(self, place: int) -> exp.Expr:
        return call("vb_trim", as_text(column(f"c{place}"), raw_kind(self.landed.types[place])))

    @cached_property
    def _raw(self) -> exp.Table:
        """The raw table by name: what is asked of one column stays small, however many there are."""
        return table(self.bench.new_table(self.landed.query))

    @cached_property
    def _first_rows(self) -> list[tuple[Any, ...]]:
        """The first rows, all columns at once; their blanks still to be trimmed."""
        n_columns = len(self.landed.header)
        kinds = map(raw_kind, self.landed.types)
        cells = [alias(as_text(column(f"c{j}"), kind), f"v{j}") for j, kind in enumerate(kinds)]
        most = min(_FIRST_ROWS, max(1, _CELLS_AT_ONCE // max(1, n_columns)))
        return self.bench.rows(exp.select(*cells).from_(self._raw.copy()).limit(most))

    def samples(self, place: int, most: int, length: int) -> tuple[str, ...]:
        """The first different cells of a column that are not blank, each cut."""
        given = (str(row[place]).strip() for row in self._first_rows if row[place] is not None)
        seen = dict.fromkeys(filter(None, given))
        if len(seen) < most and self.n_rows > len(self._first_rows):
            return self._sought(place, most, length)
        return tuple(cell[:length] for cell in islice(seen, most))

    def _sought(self, place: int, most: int, length: int) -> tuple[str, ...]:
        """The same of a column whose first rows say little."""
        rows = exp.select(alias(self._cell(place), "v"), column(ROW)).from_(self._raw.copy())
        rows = exp.select("*").from_(rows.subquery("all")).where(not_null(column("v"))).limit(_FIRST_CELLS)
        first = alias(call("min", column(ROW)), "at")
        query = exp.select(column("v"), first).from_(rows.subquery("cells"))
        query = query.group_by(column("v")).order_by(column("at")).limit(most)
        return tuple(str(row[0])[:length] for row in self.bench.rows(query))

    def cells(self, place: int) -> Cells:
        """What the cells of a column hold."""
        given = exp.select(alias(self._cell(place), "v")).from_(self._raw.copy())
        known = exp.select(column("v"), alias(call("vb_known", column("v")), "k")).from_(
            given.subquery("given")
        )
        read = exp.select(column("v"), column("k"), alias(call("vb_answer", column("k")), "a"))
        read = read.from_(known.subquery("known")).where(not_null(column("k")))
        nobody = exp.In(this=call("lower", column("v")), expressions=[value(w) for w in _NO_ONE])
        query = exp.select(
            call("count", column("v")),
            exp.Count(this=exp.Distinct(expressions=[column("v")])),
            count_where(call("regexp_full_match", column("v"), _EMAIL)),
            count_where(nobody),
            call("count", column("a")),
            call("min", column("a")),
            call("max", column("a")),
        ).from_(read.subquery("read"))
        *counts, low, high = self.bench.rows(query)[0]
        row = (*(int(n or 0) for n in counts), low, high)
        if row[1] > MANY_ANSWERS:
            return Cells(*row)
        most = exp.select(column("v")).from_(read.subquery("read")).group_by(column("v"))
        most = most.order_by(exp.Ordered(this=exp.Count(this=exp.Star()), desc=True), column("v"))
        return Cells(*row, answers=tuple(str(r[0]) for r in self.bench.rows(most)))

    def order_of_dates(self, place: int) -> Decision | None:
        """How a column of text tells day and month apart; None where it holds no dates, or true ones."""
        if raw_kind(self.landed.types[place]) != "text":
            return None
        steps = Steps(self.landed.query)
        known = steps.add(call("vb_known", steps.add(call("vb_trim", column(f"c{place}")))))
        readings = moment_readings(self.bench, steps, known)
        if not readings:
            return None
        decision = decide(self.bench, steps, known, readings)
        if decision.kind == "one" and not decision.name:
            return replace(decision, name=self._only(steps, readings))
        return decision

    def _only(self, steps: Steps, readings: Sequence[Reading]) -> str:
        """The one order that all cells fit, where each cell fits one only; "" where several do."""
        made = [reading.expression for reading in readings]
        some = any_of(*map(not_null, made))
        missed = [alias(count_where(exp.and_(some.copy(), is_null(m))), f"n{k}") for k, m in enumerate(made)]
        counts = self.bench.rows(exp.select(*missed).from_(steps.query(*made).subquery("tried")))[0]
        fits = [reading.name for reading, n in zip(readings, counts, strict=True) if not n]
        return fits[0] if len(fits) == 1 else ""
