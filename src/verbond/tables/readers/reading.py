"""Sources in, canonical tables out: land, resolve, conform, drop duplicates, count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlglot import exp

from verbond.errors import EngineError, ReadError
from verbond.results import Reason
from verbond.tables.checks import FileCheck, LostReference, TableCheck
from verbond.tables.items import ItemMeaning
from verbond.tables.readers.columns import recognised, resolve
from verbond.tables.readers.conform import Conformed, conform
from verbond.tables.readers.delimited import Recognise, land_text
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Source, Workbench
from verbond.tables.readers.refusals import Refusals
from verbond.tables.readers.sql import (
    alias,
    call,
    cast,
    column,
    not_null,
    run,
    table,
    value,
)
from verbond.tables.readers.stored import land_arrays, land_parquet, land_sav
from verbond.tables.readers.vendors.rows import arranged
from verbond.tables.readers.wide import melted
from verbond.tables.readers.workbooks import land_workbook
from verbond.tables.schema import TABLES

__all__ = ["Reader", "dates_of"]

_DATES = {"actions": ("starts_on", "ends_on"), "customers": ("since", "since"), "rungs": ("period", "period")}
_GROUP, _NUMBER = "@group", "@number"
_IDENTICAL_UP_TO = 20_000_000


@dataclass(slots=True)
class Reader:
    """Reads sources into tables of an engine's database.

    Attributes
    ----------
    bench : Workbench
    refusals : Refusals
    items : mapping of str to ItemMeaning
    today : date
    frames : mapping
        Source name -> columns, for frames.
    tables, files : lists of checks, filled by `read`
    notes : list of Reason
    in_place : dict of str to Path
        Tables that one Parquet file holds exactly as they should be.
    """

    bench: Workbench
    refusals: Refusals
    items: Mapping[str, ItemMeaning]
    today: dt.date
    frames: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: list[TableCheck] = field(default_factory=list)
    files: list[FileCheck] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    in_place: dict[str, Path] = field(default_factory=dict)

    def read(self, name: str, sources: Sequence[Source]) -> None:
        """Read the sources of one canonical table into a table of that name.

        Raises
        ------
        ReadError
            If a source cannot be understood, or no row of the table is kept although there are rows.
        """
        conformed: list[Conformed] = []
        unused: dict[str, tuple[str, ...]] = {}
        for landed in self._landed(sources):
            try:
                conformed.append(self._conformed(landed, unused))
            except EngineError as error:
                raise ReadError(
                    "the file cannot be read to its end", file=landed.name, hint=error.hint
                ) from None
        lost = [self.refusals.add_refused(one) for one in conformed]
        doubled = self._store(name, conformed)
        self._count(name, conformed, lost, doubled, unused)
        self.bench.drop()

    def _landed(self, sources: Sequence[Source]) -> list[Landed]:
        forms: dict[str, list[Source]] = {}
        for source in sources:
            forms.setdefault(source.form, []).append(source)
        landed = land_text(self.bench, forms.get("text", ()), self._recognise)
        landed += land_parquet(self.bench, forms.get("parquet", []))
        landed += [land_workbook(self.bench, s, self._recognise) for s in forms.get("xlsx", ())]
        landed += [land_sav(self.bench, s) for s in forms.get("sav", ())]
        landed += [land_arrays(self.bench, s, self.frames[s.name]) for s in forms.get("frame", ())]
        order = {source.name: k for k, source in enumerate(sources)}
        return sorted(landed, key=lambda one: order[one.name])

    def _recognise(self, source: Source) -> Recognise:
        return partial(recognised, source, self.items)

    def _conformed(self, landed: Landed, unused: dict[str, tuple[str, ...]]) -> Conformed:
        landed = arranged(self.bench, landed)
        columns = resolve(landed.parts[0].source, landed.header, self.items, landed.made)
        for part in landed.parts:
            part.decisions += [*part.source.said, *columns.decisions]
            unused[part.source.name] = tuple(columns.unused)
        headers = {item: landed.header[j] for item, j in columns.items.items()}
        if columns.items:
            landed, columns = melted(landed, columns)
            for part in landed.parts:
                part.decisions.append(Reason("tables.wide_survey", {"n": len(headers)}))
        made = conform(self.bench, landed, columns, today=self.today, items=self.items)
        made.item_headers = headers
        return made

    # storing

    def _store(self, name: str, conformed: Sequence[Conformed]) -> list[dict[int, int]]:
        """Make the table of all good rows, the first of each key; return how many each part loses by that."""
        types: dict[str, str] = {}
        for one in conformed:
            for column_name, kind in one.columns.items():
                types[column_name] = _wider(types.get(column_name, kind), kind)
        whole = [self._aligned(k, one, types) for k, one in enumerate(conformed)]
        rows = whole[0] if len(whole) == 1 else exp.union(*whole, distinct=False)
        keys = [key for key in TABLES[name].key or _unique(conformed) if key in types]
        names = [column(c) for c in types]
        doubled: list[dict[int, int]] = [{} for _ in conformed]
        if keys and self._has_duplicates(rows, keys):
            order = [column(_GROUP), column(ROW)]
            window = exp.Window(
                this=call("row_number"),
                partition_by=[column(k) for k in keys],
                order=exp.Order(expressions=order),
            )
            numbered = exp.select(exp.Star(), alias(window, _NUMBER)).from_(rows.subquery("rows"))
            ranked = self.bench.new_table(numbered)
            later = exp.GT(this=column(_NUMBER), expression=value(1))
            for k, one in enumerate(conformed):
                query = (
                    exp.select(
                        column(ROW), column(LINE), *(alias(cast(column(c), "VARCHAR"), c) for c in keys)
                    )
                    .from_(table(ranked))
                    .where(exp.and_(later.copy(), exp.EQ(this=column(_GROUP), expression=value(k))))
                    .order_by(column(ROW))
                )
                doubled[k] = self.refusals.add_duplicates(one.landed, query, keys)
            rows = (
                exp.select(*names)
                .from_(table(ranked))
                .where(exp.EQ(this=column(_NUMBER), expression=value(1)))
            )
        in_place = len(conformed) == 1 and conformed[0].in_place is not None and not any(doubled)
        query = exp.select(*(n.copy() for n in names)).from_(rows.subquery("rows"))
        kind = "VIEW" if in_place else "TABLE"
        run(self.bench.cursor, exp.Create(this=table(name), kind=kind, expression=query, replace=True))
        landed = conformed[0].landed
        if (
            in_place
            and len(landed.parts) == 1
            and dict(zip(landed.header, landed.types, strict=True)) == types
        ):
            self.in_place[name] = landed.parts[0].source.path
        return doubled

    def _aligned(self, k: int, one: Conformed, types: Mapping[str, str]) -> exp.Query:
        """The good rows of one raw table, with every column that the whole table has."""
        names = [
            alias(cast(column(c) if c in one.columns else exp.null(), kind), c)
            if one.columns.get(c) != kind
            else column(c)
            for c, kind in types.items()
        ]
        return exp.select(alias(value(k), _GROUP), column(ROW), column(LINE), *names).from_(
            one.kept.subquery("kept")
        )

    def _has_duplicates(self, rows: exp.Query, keys: Sequence[str]) -> bool:
        key = call("row", *(column(k) for k in keys)) if len(keys) > 1 else column(keys[0])
        distinct = exp.Count(this=exp.Distinct(expressions=[key]))
        query = exp.select(exp.Count(this=exp.Star()), distinct).from_(rows.subquery("rows"))
        n, n_distinct = self.bench.rows(query)[0]
        return n != n_distinct

    # counting

    def _count(
        self,
        name: str,
        conformed: Sequence[Conformed],
        lost: Sequence[Mapping[int, int]],
        doubled: Sequence[Mapping[int, int]],
        unused: Mapping[str, tuple[str, ...]],
    ) -> None:
        here: list[FileCheck] = []
        for one, refused, duplicates in zip(conformed, lost, doubled, strict=True):
            for k, part in enumerate(one.landed.parts):
                n_broken = self.refusals.add_broken(part)
                n_lost = n_broken + refused.get(k, 0) + duplicates.get(k, 0)
                here.append(_file_check(part, n_broken, n_lost, unused.get(part.source.name, ())))
        check = self._table_check(name, here, sum(sum(d.values()) for d in doubled))
        if check.n_rows != sum(file.n_kept for file in here):
            raise EngineError(
                f"rows of {name!r} do not add up",
                got=f"{check.n_rows} kept",
                expected=f"{sum(file.n_kept for file in here)}",
            )
        self.files += here
        self.tables.append(check)
        if check.n_refused and not check.n_rows:
            raise self._nothing_kept(name)
        if not TABLES[name].key and 1 < check.n_rows <= _IDENTICAL_UP_TO:
            self._note_identical(name, check.n_rows)

    def _table_check(self, name: str, files: Sequence[FileCheck], n_duplicates: int) -> TableCheck:
        types = self.bench.types(name)
        first, last = dates_of(name, types)
        dates = [
            alias(cast(call(function, column(c)), "DATE") if c else exp.null(), f"@{function}")
            for function, c in (("min", first), ("max", last))
        ]
        known = [alias(call("count", column(c)), f"n{k}") for k, c in enumerate(types)]
        query = exp.select(exp.Count(this=exp.Star()), *dates, *known).from_(table(name))
        n, begin, end, *counts = self.bench.rows(query)[0]
        missing = {c: n - count for c, count in zip(types, counts, strict=True)}
        return TableCheck(
            table=name,
            n_rows=n,
            first=begin,
            last=end,
            n_missing=missing,
            n_refused=sum(file.n_refused for file in files),
            n_duplicates=n_duplicates,
            n_blank=sum(file.n_blank for file in files),
        )

    def _nothing_kept(self, name: str) -> ReadError:
        worst = next(group for group in self.refusals.summary() if group.table == name)
        example = worst.examples[0]
        why = worst.reason.sentence("en").rstrip(".")
        return ReadError(
            f"no row of {name!r} can be kept; {worst.n_rows:,} rows: {why}",
            file=worst.file,
            line=example.line,
            column=worst.column,
            value=example.value,
        )

    def _note_identical(self, name: str, n_rows: int) -> None:
        row = call("hash", *map(column, self.bench.types(name)))
        query = exp.select(exp.Count(this=exp.Distinct(expressions=[row]))).from_(table(name))
        n = n_rows - self.bench.rows(query)[0][0]
        if n:
            self.notes.append(Reason("tables.identical_rows", {"table": name, "n": n}))

    def lost_references(self) -> list[LostReference]:
        """Values that point at rows which are not there, for all tables read."""
        read = {check.table: self.bench.types(check.table) for check in self.tables}
        found = []
        for name, types in read.items():
            for target in TABLES[name].columns.values():
                other, _, key = (target.refers_to or "").partition(".")
                if target.name in types and key in read.get(other, {}):
                    found += self._lost(name, target.name, other, key)
        return found

    def _lost(self, name: str, column_name: str, other: str, key: str) -> list[LostReference]:
        there = exp.select(column(key)).from_(table(other)).where(not_null(column(key)))
        pointing = column(column_name)
        grouped = (
            exp.select(alias(pointing, "v"), alias(exp.Count(this=exp.Star()), "n"))
            .from_(table(name))
            .where(
                exp.and_(not_null(pointing), exp.not_(exp.In(this=pointing.copy(), query=there.subquery())))
            )
            .group_by(column("v"))
        )
        most = exp.Anonymous(this="arg_max", expressions=[column("v"), column("n"), value(5)])
        query = exp.select(call("sum", column("n")), exp.Count(this=exp.Star()), most).from_(
            grouped.subquery("lost")
        )
        n_rows, n_values, examples = self.bench.rows(query)[0]
        if not n_values:
            return []
        return [
            LostReference(
                name, column_name, f"{other}.{key}", int(n_rows), n_values, tuple(map(str, examples))
            )
        ]


def dates_of(name: str, columns: Collection[str]) -> tuple[str | None, str | None]:
    """The columns whose least and greatest value are the period of a table; None where it has none."""
    first, last = _DATES.get(name, ("occurred_at", "occurred_at"))
    start = first if first in columns else None
    return start, last if last in columns else start


def _unique(conformed: Sequence[Conformed]) -> tuple[str, ...]:
    """What tells rows apart that several exports of the same product may hold; nothing where others are."""
    products = [part.source.product for one in conformed for part in one.landed.parts]
    keys = {product.unique if product is not None else () for product in products}
    return keys.pop() if len(keys) == 1 else ()


def _wider(one: str, other: str) -> str:
    """The SQL type that holds both: attributes may come narrower from one file than from another."""
    if one == other:
        return one
    return "DOUBLE" if {one, other} == {"BIGINT", "DOUBLE"} else "VARCHAR"


def _file_check(part: Part, n_broken: int, n_lost: int, unused: tuple[str, ...]) -> FileCheck:
    n_beside = part.n_blank + n_broken
    n_rows = (part.n_rows - part.n_folded) * part.n_items + n_beside
    return FileCheck(
        file=part.source.name,
        table=part.source.table,
        form=part.source.form,
        n_lines=part.n_rows + n_beside,
        n_rows=n_rows,
        n_kept=n_rows - n_lost - part.n_blank,
        n_refused=n_lost,
        n_blank=part.n_blank,
        n_folded=part.n_folded,
        unused_columns=unused,
        decisions=tuple(part.decisions),
    )
