"""From a raw table to the canonical one: every row is kept or refused with a reason, none is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from verbond.tables.engines.arrays import SQL_TYPES
from verbond.tables.items import ItemMeaning
from verbond.tables.readers.columns import Columns
from verbond.tables.readers.landing import LINE, ROW, Landed, Steps, Workbench
from verbond.tables.readers.sql import (
    alias,
    any_of,
    call,
    cast,
    column,
    count_where,
    first_case,
    is_null,
    lookup,
    not_null,
    table,
    value,
)  # fmt: skip
from verbond.tables.readers.typed import Typed, Typist, raw_kind
from verbond.tables.schema import TABLES, Column

__all__ = ["PROBLEM", "VALUE", "Check", "Conformed", "conform"]

PROBLEM, VALUE = "@problem", "@value"
FIRST_YEAR = 1900
_PAST = ("since", "occurred_at")
_RUNGS = (1, 5)
_SHOWN = 200
_BOOLEAN_WORDS = ("ja", "nee", "yes", "no", "true", "false", "waar", "onwaar")


@dataclass(frozen=True, slots=True)
class Check:
    """Something that can be wrong with a row.

    Attributes
    ----------
    code : str
        Of the problem.
    column : str
        What the file calls the column.
    target : str
        The canonical column.
    """

    code: str
    column: str
    target: str


@dataclass(slots=True)
class Conformed:
    """The rows of one raw table in the canonical columns, the refused ones still among them.

    Attributes
    ----------
    landed : Landed
    name : str
        Temporary table; or "" where the rows stay in their files.
    columns : dict of str to str
        Name -> SQL type, of the canonical columns and attributes that are there.
    checks : list of Check
        `PROBLEM` of a refused row is the number of one of these.
    in_place : sqlglot query or None
        The clean rows where they stand.
    item_headers : dict of str to str
        Item -> column of a survey file with a column an item.
    """

    landed: Landed
    name: str
    columns: dict[str, str]
    checks: list[Check]
    in_place: exp.Query | None = None
    item_headers: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> exp.Query:
        """The good rows, with their number and line."""
        if self.in_place is not None:
            return self.in_place
        names = [column(c) for c in self.columns]
        return (
            exp.select(column(ROW), column(LINE), *names)
            .from_(table(self.name))
            .where(is_null(column(PROBLEM)))
        )

    @property
    def refused(self) -> exp.Query | None:
        """Row, line, problem, value and (of answers) item of the others."""
        if self.in_place is not None:
            return None
        item = column("item") if "item" in self.columns else exp.cast(exp.null(), "VARCHAR")
        return (
            exp.select(*map(column, (ROW, LINE, PROBLEM, VALUE)), alias(item, "item"))
            .from_(table(self.name))
            .where(not_null(column(PROBLEM)))
            .order_by(column(ROW))
        )


@dataclass(slots=True)
class _Judge:
    """Collects what can be wrong, in the order in which it is told."""

    checks: list[Check] = field(default_factory=list)
    cases: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)
    values: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)
    unfit: list[exp.Expr] = field(default_factory=list)

    def add(self, condition: exp.Expr, code: str, made: Typed, number: int) -> None:
        self.cases.append((condition, value(len(self.checks))))
        self.values.append(
            (exp.EQ(this=column(PROBLEM), expression=value(len(self.checks))), column(f"r{number}"))
        )
        self.checks.append(Check(code, made.name, made.target.name))

    def add_unfit(self, code: str, name: str, raw: exp.Expr, condition: exp.Expr, number: int) -> None:
        """A row that is none of the table, as a condition on its raw cells."""
        self.cases.append((column(f"q{number}"), value(len(self.checks))))
        self.values.append(
            (exp.EQ(this=column(PROBLEM), expression=value(len(self.checks))), column(f"s{number}"))
        )
        self.unfit += [alias(condition, f"q{number}"), alias(raw, f"s{number}")]
        self.checks.append(Check(code, name, name))


def conform(
    bench: Workbench,
    landed: Landed,
    columns: Columns,
    *,
    today: dt.date,
    items: Mapping[str, ItemMeaning],
) -> Conformed:
    """Read a raw table as its canonical table.

    Parameters
    ----------
    bench : Workbench
    landed : Landed
    columns : Columns
        Which column is which.
    today : date
        Later dates are refused where something is said to have happened.
    items : mapping
        Items whose answers must lie within their scale.

    Raises
    ------
    ReadError
        If a column cannot be understood at all (see `Typist`).
    """
    canonical = TABLES[landed.table]
    typist = Typist(bench, landed)
    made = []
    for target in canonical.columns.values():
        if target.name in columns.canonical:
            made.append(typist.type(target, columns.canonical[target.name]))
        elif target.name in landed.mapping.constants:
            made.append(typist.constant(target, landed.mapping.constants[target.name]))
    typist.close()
    for typed in made:
        for part in landed.parts:
            part.decisions += typed.decisions
    if landed.table == "responses":
        _know_items(made, items)
    judge = _judged(made, today, items, landed)
    attributes = _attributes(bench, landed, typist.steps, columns.attributes)
    types = {t.target.name: SQL_TYPES[t.target.type] for t in made} | {
        n: t for n, (_, t) in attributes.items()
    }
    query = _typed_query(typist.steps, made, judge, attributes)
    if landed.in_place and (clean := _clean_in_place(bench, landed, typist.steps, made, query, attributes)):
        return Conformed(landed, "", types, judge.checks, clean)
    return Conformed(landed, bench.new_table(query), types, judge.checks)


def _judged(
    made: Sequence[Typed], today: dt.date, items: Mapping[str, ItemMeaning], landed: Landed
) -> _Judge:
    judge = _Judge()
    for k, (code, place, condition) in enumerate(landed.unfit):
        judge.add_unfit(code, landed.header[place], cast(column(f"c{place}"), "VARCHAR"), condition, k)
    number = {typed.target.name: k for k, typed in enumerate(made)}
    for k, typed in enumerate(made):
        there, unclear, got = column(f"p{k}"), column(f"u{k}"), column(f"t{k}")
        if typed.target.required:
            judge.add(exp.not_(there), "missing", typed, k)
        if typed.unclear != exp.false():
            kind = "date" if typed.target.type in ("date", "timestamp") else "number"
            judge.add(unclear, f"unclear_{kind}", typed, k)
        judge.add(exp.and_(there.copy(), is_null(got)), typed.code, typed, k)
        for condition, code in _bounds(typed.target, got, today):
            judge.add(condition, code, typed, k)
    if "item" in number and "value" in number:
        item, answer = column(f"t{number['item']}"), column(f"t{number['value']}")
        low = lookup({i: float(m.min) for i, m in items.items()}, item)
        high = lookup({i: float(m.max) for i, m in items.items()}, item)
        outside = any_of(
            exp.LT(this=answer.copy(), expression=low), exp.GT(this=answer.copy(), expression=high)
        )
        judge.add(outside, "off_the_scale", made[number["value"]], number["value"])
    if "starts_on" in number and "ends_on" in number:
        start, end = column(f"t{number['starts_on']}"), column(f"t{number['ends_on']}")
        judge.add(
            exp.LT(this=end, expression=start),
            "ends_before_start",
            made[number["ends_on"]],
            number["ends_on"],
        )
    return judge


def _bounds(target: Column, got: exp.Expr, today: dt.date) -> list[tuple[exp.Expr, str]]:
    found: list[tuple[exp.Expr, str]] = []
    if target.type in ("date", "timestamp"):
        first = exp.cast(value(f"{FIRST_YEAR}-01-01"), "DATE")
        found.append((exp.LT(this=got.copy(), expression=first), "too_early"))
    if target.name in _PAST:
        tomorrow = exp.cast(value((today + dt.timedelta(days=1)).isoformat()), "DATE")
        found.append((exp.GTE(this=got.copy(), expression=tomorrow), "in_the_future"))
    if target.name == "discount":
        found.append((exp.LT(this=got.copy(), expression=value(0)), "negative"))
    if target.name == "rung" and target.type == "integer" and not target.required:
        low, high = map(value, _RUNGS)
        found.append((exp.not_(exp.Between(this=got.copy(), low=low, high=high)), "not_a_rung"))
    return found


def _know_items(made: Sequence[Typed], items: Mapping[str, ItemMeaning]) -> None:
    """Items are known whatever their case; unknown ones stay as they are."""
    for typed in made:
        if typed.target.name == "item":
            folded = {item.lower(): item for item in items}
            known = lookup(folded, call("lower", typed.expression))
            typed.expression = call("coalesce", known, typed.expression)


def _typed_query(
    steps: Steps, made: Sequence[Typed], judge: _Judge, attributes: Mapping[str, tuple[exp.Expr, str]]
) -> exp.Query:
    inner: list[exp.Expr] = [column(ROW), column(LINE)]
    for k, typed in enumerate(made):
        inner.append(alias(typed.value, f"t{k}"))
        inner.append(alias(typed.present, f"p{k}"))
        inner.append(alias(typed.unclear, f"u{k}"))
        inner.append(alias(typed.raw, f"r{k}"))
    inner += judge.unfit
    inner += [alias(expression, f"a{k}") for k, (expression, _) in enumerate(attributes.values())]
    read = exp.select(*inner).from_(steps.query(*inner).subquery("raw")).subquery("read")
    problem = alias(cast(first_case(judge.cases), "SMALLINT"), PROBLEM)
    judged = exp.select(exp.Star(), problem).from_(read).subquery("judged")
    outer = [
        column(ROW),
        column(LINE),
        column(PROBLEM),
        alias(call("left", first_case(judge.values), _SHOWN), VALUE),
    ]
    outer += [alias(column(f"t{k}"), typed.target.name) for k, typed in enumerate(made)]
    outer += [alias(column(f"a{k}"), name) for k, name in enumerate(attributes)]
    return exp.select(*outer).from_(judged)


def _attributes(
    bench: Workbench, landed: Landed, steps: Steps, places: Mapping[str, int]
) -> dict[str, tuple[exp.Expr, str]]:
    """Further columns of customers: whole numbers, numbers, yes and no where all cells are; else text."""
    found: dict[str, tuple[exp.Expr, str]] = {}
    text: dict[str, exp.Expr] = {}
    for name, j in places.items():
        cell, sql_type = column(f"c{j}"), landed.types[j].upper()
        kind = raw_kind(sql_type)
        if kind == "text":
            text[name] = steps.add(call("vb_trim", cell))
            continue
        stored = {
            "number": "BIGINT" if "INT" in sql_type else "DOUBLE",
            "moment": "DATE" if sql_type == "DATE" else "TIMESTAMP",
            "boolean": "BOOLEAN",
        }.get(kind, "VARCHAR")
        if stored == "DOUBLE":
            cell = steps.add(call("vb_finite", cast(cell, stored)))
        found[name] = (cast(cell, stored), stored)
    if landed.parts[0].source.form in ("xlsx", "sav"):
        found |= _whole_numbers(bench, steps, found)
    if text and landed.parts[0].source.form in ("text", "xlsx"):
        found |= _narrowed(bench, steps, text)
    else:
        found |= {name: (call("vb_text", cell), "VARCHAR") for name, cell in text.items()}
    return {name: found[name] for name in places}


def _whole_numbers(
    bench: Workbench, steps: Steps, found: Mapping[str, tuple[exp.Expr, str]]
) -> dict[str, tuple[exp.Expr, str]]:
    """Workbooks and SPSS know no whole numbers: columns that hold nothing else."""
    numbers = {name: cell for name, (cell, sql_type) in found.items() if sql_type == "DOUBLE"}
    if not numbers:
        return {}
    broken = [
        alias(count_where(exp.NEQ(this=cell.copy(), expression=call("trunc", cell))), f"n{k}")
        for k, cell in enumerate(numbers.values())
    ]
    counts = bench.rows(exp.select(*broken).from_(steps.query(*broken).subquery("raw")))[0]
    return {
        name: (cast(cell, "BIGINT"), "BIGINT")
        for (name, cell), n in zip(numbers.items(), counts, strict=True)
        if not n
    }


_WHOLE, _NUMBER = "-?(0|[1-9][0-9]{0,14})", r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?"
_THOUSANDS = r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+"


def _narrowed(
    bench: Workbench, steps: Steps, cells: Mapping[str, exp.Expr]
) -> dict[str, tuple[exp.Expr, str]]:
    """Types of columns of text by all their cells; points that may all mean thousands are not trusted."""
    known = {name: steps.add(call("vb_known", cell)) for name, cell in cells.items()}
    counts: list[exp.Expr] = []
    for cell in known.values():
        whole = call("regexp_full_match", cell, _WHOLE)
        number = call("regexp_full_match", cell, _NUMBER)
        sure = exp.and_(call("contains", cell, "."), exp.not_(call("regexp_full_match", cell, _THOUSANDS)))
        word = exp.In(this=call("lower", cell), expressions=[value(w) for w in _BOOLEAN_WORDS])
        counts += [call("count", cell), *map(count_where, (whole, number, sure, word))]
    numbered = [alias(c, f"n{k}") for k, c in enumerate(counts)]
    row = bench.rows(exp.select(*numbered).from_(steps.query(*numbered).subquery("raw")))[0]
    found: dict[str, tuple[exp.Expr, str]] = {}
    for k, (name, cell) in enumerate(known.items()):
        n, n_whole, n_number, n_sure, n_word = row[5 * k : 5 * k + 5]
        if n and n_whole == n:
            found[name] = (cast(cell, "BIGINT"), "BIGINT")
        elif n and n_number == n and n_sure:
            found[name] = (cast(cell, "DOUBLE"), "DOUBLE")
        elif n and n_word == n:
            found[name] = (call("vb_yes", cell), "BOOLEAN")
        else:
            found[name] = (call("vb_text", cells[name]), "VARCHAR")
    return found


def _clean_in_place(
    bench: Workbench,
    landed: Landed,
    steps: Steps,
    made: Sequence[Typed],
    query: exp.Query,
    attributes: Mapping[str, tuple[exp.Expr, str]],
) -> exp.Query | None:
    """The rows where they stand, if none is to be refused and cleaning changes nothing."""
    if attributes or any(typed.as_stored is None for typed in made):
        return None
    stored = {typed.target.name: typed.as_stored for typed in made if typed.as_stored is not None}
    if bench.rows(exp.select(call("count", column(PROBLEM))).from_(query.subquery("judged")))[0][0]:
        return None
    changed = [
        exp.NullSafeNEQ(this=typed.value.copy(), expression=stored[typed.target.name].copy())
        for typed in made
        if typed.target.type in ("text", "number")
    ]
    counted = exp.select(count_where(any_of(*changed))).from_(steps.query(*changed).subquery("raw"))
    if changed and bench.rows(counted)[0][0]:
        return None
    names = [alias(expression, name) for name, expression in stored.items()]
    return exp.select(column(ROW), column(LINE), *names).from_(landed.query.subquery("raw"))
