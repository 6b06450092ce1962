"""From a raw cell, of whatever type, to a value of the canonical type, with what can be wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlglot import exp

from verbond.errors import ReadError
from verbond.results import Reason
from verbond.tables.engines.arrays import SQL_TYPES
from verbond.tables.readers.landing import Landed, Steps, Workbench
from verbond.tables.readers.moments import excel_serial, moment_readings
from verbond.tables.readers.names import kind_of
from verbond.tables.readers.readings import Decision, Reading, decide, number_readings
from verbond.tables.readers.sql import alias, call, cast, column, first_case, lookup, not_null, value
from verbond.tables.schema import Column

__all__ = ["RawKind", "Typed", "Typist", "as_text", "raw_kind"]

RawKind = Literal["text", "number", "boolean", "moment", "other"]
_MANY_CHOICES = 2000
_FEW = 12
_PROBLEM = {
    "number": "not_a_number",
    "integer": "not_whole",
    "boolean": "not_yes_or_no",
    "date": "not_a_date",
    "timestamp": "not_a_date",
    "text": "unknown_choice",
}


@dataclass(slots=True)
class Typed:
    """One canonical column as expressions over the raw table.

    Attributes
    ----------
    target : Column
    expression : sqlglot expression
        The value; NULL where it is missing or cannot be read; of integers a number, of dates a timestamp.
    present : sqlglot expression
        True where the cell holds something.
    unclear : sqlglot expression
        True where the cell has several readings and none can be trusted.
    raw : sqlglot expression
        The cell as text, for refusals.
    name : str
        What the file calls it.
    code : str
        Of the problem when something is there and cannot be read.
    decisions : list of Reason
    as_stored : sqlglot expression or None
        The value without any cleaning, where the raw type allows it (for files read in place).
    """

    target: Column
    expression: exp.Expr
    present: exp.Expr
    unclear: exp.Expr
    raw: exp.Expr
    name: str
    code: str = ""
    decisions: list[Reason] = field(default_factory=list)
    as_stored: exp.Expr | None = None

    @property
    def value(self) -> exp.Expr:
        """The value in the canonical type."""
        if self.target.type == "date":
            return cast(self.expression, "DATE")
        if self.target.type == "integer":
            whole = exp.EQ(this=self.expression.copy(), expression=call("round", self.expression))
            return first_case(
                [(whole, exp.TryCast(this=self.expression.copy(), to=exp.DataType.build("BIGINT")))]
            )
        return self.expression


def raw_kind(sql_type: str) -> RawKind:
    """What sort of type DuckDB's type is."""
    name = sql_type.upper()
    if (
        "[" in name
        or name.startswith(("STRUCT", "MAP", "UNION", "LIST", "ARRAY", "TIME ", "INTERVAL"))
        or name == "TIME"
    ):
        return "other"
    if name.startswith(("TIMESTAMP", "DATETIME", "DATE")):
        return "moment"
    if name in ("BOOLEAN", "BOOL"):
        return "boolean"
    if "INT" in name or name.startswith(("DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC")):
        return "number"
    return "text"


@dataclass(frozen=True, slots=True)
class _Open:
    """A column that its own rows do not settle."""

    made: Typed
    decision: Decision
    way: str
    readings: Mapping[str, exp.Expr]


class Typist:
    """Makes `Typed` columns for one raw table.

    Parameters
    ----------
    bench : Workbench
    landed : Landed
    """

    def __init__(self, bench: Workbench, landed: Landed) -> None:
        self.bench, self.landed, self.mapping = bench, landed, landed.mapping
        self.steps = Steps(landed.query)
        self.open: list[_Open] = []
        self.settled: dict[str, str] = {}

    def type(self, target: Column, place: int) -> Typed:
        """A canonical column from column `place` of the raw table."""
        name, kind = self.landed.header[place], raw_kind(self.landed.types[place])
        cell = column(f"c{place}")
        if kind == "other":
            raise ReadError(
                f"a column of {self.landed.types[place][:60]} cannot be read as {target.name!r}",
                file=self.landed.name,
                column=name,
                expected=target.type,
            )
        if self.mapping.reads_email(name):
            return self._of_kind(target, call("vb_email", self._trimmed(cell, kind)), "text", name)
        if stated := self.mapping.values.get(target.name):
            words = {str(k): _written(v) for k, v in stated.items()}
            text = self._trimmed(cell, kind)
            return self._of_kind(target, call("coalesce", lookup(words, text), text), "text", name)
        made = self._of_kind(target, cell, kind, name)
        stored = {
            "text": ("text",),
            "number": ("number",),
            "integer": ("number",),
            "boolean": ("boolean",),
            "date": ("moment",),
            "timestamp": ("moment",),
        }
        if kind in stored[target.type]:
            made.as_stored = cell if kind == "text" else cast(cell, SQL_TYPES[target.type])
        return made

    def constant(self, target: Column, given: Any) -> Typed:
        """A canonical column that is the same in every row."""
        return self._of_kind(target, value(_written(given)), "text", f"constants.{target.name}")

    def _of_kind(self, target: Column, cell: exp.Expr, kind: RawKind, name: str) -> Typed:
        make = {
            "text": self._text,
            "number": self._number,
            "integer": self._number,
            "boolean": self._boolean,
            "date": self._moment,
            "timestamp": self._moment,
        }[target.type]
        made = make(target, cell, kind, name)
        made.code = _PROBLEM[target.type]
        return made

    def _trimmed(self, cell: exp.Expr, kind: RawKind) -> exp.Expr:
        return self.steps.add(call("vb_trim", as_text(cell, kind)))

    def _known(self, cell: exp.Expr, kind: RawKind) -> exp.Expr:
        return self.steps.add(call("vb_known", self._trimmed(cell, kind)))

    # text

    def _text(self, target: Column, cell: exp.Expr, kind: RawKind, name: str) -> Typed:
        text = as_text(cell, kind)
        is_id = target.name.endswith("_id") or target.name == "item"
        clean = self.steps.add(call("vb_id" if is_id else "vb_text", self._trimmed(cell, kind)))
        if target.choices:
            return self._choice(target, clean, text, name)
        return Typed(target, clean, not_null(clean), exp.false(), text, name)

    def _choice(self, target: Column, clean: exp.Expr, text: exp.Expr, name: str) -> Typed:
        distinct = exp.select(alias(clean, "word")).distinct().from_(self.steps.query(clean).subquery("raw"))
        words = [str(row[0]) for row in self.bench.rows(distinct.limit(_MANY_CHOICES)) if row[0] is not None]
        meant = {word: kind for word in words if (kind := kind_of(word, target.choices))}
        found = lookup(meant, clean)
        decisions = []
        if target.open_choices:
            found = call("coalesce", found, clean)
            if own := sorted(set(words) - set(meant)):
                decisions.append(Reason("tables.own_kinds", {"column": name, "kinds": own[:_FEW]}))
        translated = [f"{word} = {kind}" for word, kind in sorted(meant.items()) if word != kind]
        if translated:
            said = {"column": name, "words": translated[:_FEW]}
            decisions.append(Reason("tables.words_understood", said))
        return Typed(
            target, self.steps.add(found), not_null(clean), exp.false(), text, name, decisions=decisions
        )

    # numbers

    def _number(self, target: Column, cell: exp.Expr, kind: RawKind, name: str) -> Typed:
        text = as_text(cell, kind)
        if kind == "text":
            return self._number_from_text(target, cell, name)
        if kind not in ("number", "boolean"):
            return Typed(target, exp.cast(exp.null(), "DOUBLE"), not_null(cell), exp.false(), text, name)
        number = self.steps.add(cast(cell, "DOUBLE"))
        there = exp.and_(not_null(cell), exp.not_(call("isnan", number)))
        return Typed(target, call("vb_finite", number), there, exp.false(), text, name)

    def _number_from_text(self, target: Column, cell: exp.Expr, name: str) -> Typed:
        known = self._known(cell, "text")
        if target.name == "value":  # an answer, with its label or without
            return Typed(
                target, self.steps.add(call("vb_answer", known)), not_null(known), exp.false(), cell, name
            )
        readings = number_readings(self.steps, known)
        decision = decide(self.bench, self.steps, known, readings, self.mapping.way("decimal", name))
        made = Typed(target, decision.expression, not_null(known), decision.unclear, cell, name)
        self._settle(made, decision, "decimal", readings)
        return made

    # yes or no

    def _boolean(self, target: Column, cell: exp.Expr, kind: RawKind, name: str) -> Typed:
        text = as_text(cell, kind)
        if kind == "boolean":
            return Typed(target, cell, not_null(cell), exp.false(), text, name)
        known = self._known(cell, kind)
        return Typed(target, call("vb_yes", known), not_null(known), exp.false(), text, name)

    # moments

    def _moment(self, target: Column, cell: exp.Expr, kind: RawKind, name: str) -> Typed:
        text = as_text(cell, kind)
        if kind == "moment":
            moment = self.steps.add(cast(cell, "TIMESTAMP"))
            finite = first_case([(call("isfinite", moment), moment)])
            return Typed(target, finite, not_null(cell), exp.false(), text, name)
        if kind == "number" and self.landed.parts[0].source.form == "xlsx":
            return Typed(target, excel_serial(cell), not_null(cell), exp.false(), text, name)
        known = self._known(cell, kind)
        readings = moment_readings(self.bench, self.steps, known)
        if self.landed.parts[0].source.form == "xlsx":  # a number among the dates of a column
            readings = self._with_serials(known, readings)
        if not readings:
            nothing = exp.cast(exp.null(), "TIMESTAMP")
            return Typed(target, nothing, not_null(known), exp.false(), text, name)
        decision = decide(self.bench, self.steps, known, readings, self.mapping.way("date_order", name))
        made = Typed(target, decision.expression, not_null(known), decision.unclear, text, name)
        self._settle(made, decision, "date_order", readings)
        return made

    def _with_serials(self, known: exp.Expr, readings: Sequence[Reading]) -> list[Reading]:
        is_serial = call("regexp_full_match", known, r"[0-9]{3,6}(\.[0-9]+)?")
        number = exp.TryCast(this=known.copy(), to=exp.DataType.build("DOUBLE"))
        serial = self.steps.add(excel_serial(self.steps.add(first_case([(is_serial, number)]))))
        if not readings:
            return [Reading("", serial)]
        return [Reading(r.name, self.steps.add(call("coalesce", r.expression, serial))) for r in readings]

    # what one column cannot tell, another of the same file may

    def _settle(self, made: Typed, decision: Decision, way: str, readings: Sequence[Reading]) -> None:
        if decision.kind == "open":
            self.open.append(_Open(made, decision, way, {r.name: r.expression for r in readings}))
        elif decision.kind == "both":
            made.decisions.append(Reason(f"tables.{way}_both", {"column": made.name}))
        elif decision.name:
            said = {"column": made.name, "way": decision.name}
            made.decisions.append(Reason(f"tables.{way}_{decision.kind}", said))
            self.settled.setdefault(way, decision.name)

    def close(self) -> None:
        """Settle the columns that are still open by what other columns of the file say, or ask.

        Raises
        ------
        ReadError
            Names a cell, its readings, and how to state the right one in the mapping.
        """
        for column_left in self.open:
            made, chosen = column_left.made, self.settled.get(column_left.way)
            if chosen not in column_left.readings:
                raise self._ask(column_left)
            made.expression = column_left.readings[chosen].copy()
            said = {"column": made.name, "way": chosen}
            made.decisions.append(Reason(f"tables.{column_left.way}_borrowed", said))

    def _ask(self, left: _Open) -> ReadError:
        cell, *values = left.decision.example
        asked = {"date_order": "the order of day and month", "decimal": "the decimal sign"}[left.way]
        ways = " or ".join(
            f"{left.way} = {way!r} ({_short(text)})"
            for way, text in zip(left.decision.ways, values, strict=True)
        )
        return ReadError(
            f"no row of the column tells {asked}",
            file=self.landed.name,
            column=left.made.name,
            value=cell[:80],
            hint=f'Say in the mapping, under [files."{self.landed.name}"]: {ways}.',
        )


def _short(text: str) -> str:
    return text.removesuffix(" 00:00:00").removesuffix(".0")


def _written(given: Any) -> str:
    """A value of the mapping, as a cell would hold it."""
    if isinstance(given, (dt.date, dt.datetime)):
        return given.isoformat()
    return str(given).lower() if isinstance(given, bool) else str(given)


def as_text(cell: exp.Expr, kind: RawKind) -> exp.Expr:
    """A cell as text; 1001.0 is the identifier 1001."""
    text = cast(cell, "VARCHAR")
    if kind != "number":
        return cell.copy() if kind == "text" else text
    whole = exp.and_(
        exp.EQ(this=cell.copy(), expression=call("trunc", cell)),
        exp.LT(this=call("abs", cell), expression=value(10**15)),
    )
    known = exp.not_(call("isnan", cast(cell, "DOUBLE")))
    return first_case([(whole, cast(cast(cell, "BIGINT"), "VARCHAR")), (known, text)])
