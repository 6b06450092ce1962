"""Writing one import: ids become pseudonyms, contact data go apart, and the rest is Parquet."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
from sqlglot import exp

from verbond.results import Language, Progress, ProgressFunction
from verbond.tables.archive.contacts import ID, contact_kind
from verbond.tables.archive.kept import FREE_TEXT, KeptImport
from verbond.tables.archive.layout import write_json
from verbond.tables.archive.pseudonyms import know_key, pseudonym
from verbond.tables.archive.statements import copy_to, make_temporary, union
from verbond.tables.engines import DuckDBEngine
from verbond.tables.items import own_items
from verbond.tables.readers.sql import alias, call, cast, column, not_null, rows, table, value
from verbond.tables.schema import TABLES
from verbond.tables.tables import Tables

__all__ = ["Keeper", "personal_columns"]

STEP = "tables.step_keep"
_IDS = "@ids"
_CUSTOMER = "customers.customer_id"
_SAMPLE = 100


def personal_columns(name: str, columns: object) -> tuple[str, ...]:
    """Columns of a table that say who: customers, and who answered.

    Examples
    --------
    >>> personal_columns("events", ["customer_id", "kind", "related_customer_id"])
    ('customer_id', 'related_customer_id')
    """
    known = TABLES[name].columns
    return tuple(
        c
        for c in columns  # type: ignore[attr-defined]
        if f"{name}.{c}" == _CUSTOMER
        or c == "respondent_id"
        or (c in known and known[c].refers_to == _CUSTOMER)
    )


class Keeper:
    """Writes tables to the folder of one import.

    Parameters
    ----------
    tables : Tables
        Held by DuckDB.
    key : bytes
    draft : Path
        The folder to fill.
    identities : Path
        The file to write identities to.
    """

    def __init__(self, tables: Tables, key: bytes, draft: Path, identities: Path) -> None:
        self.tables, self.key, self.draft, self.identities = tables, key, draft, identities
        self.contact = _contact_columns(tables)

    def write(self, facts: KeptImport, language: Language, progress: ProgressFunction) -> KeptImport:
        """Write every file; returns the facts with what was counted."""
        engine = self.tables.engine
        assert isinstance(engine, DuckDBEngine)
        n_rows = {name: self.tables.check.table(name).n_rows for name in self.tables}
        ahead, done = max(1, sum(n_rows.values())), 0
        with engine.connection.cursor() as cursor:
            know_key(cursor, self.key)
            progress(Progress(STEP, 0.0, ""))
            self._gather_ids(cursor)
            self._write_identities(cursor, engine.folder)
            kept = {}
            for name in self.tables:
                progress(Progress(STEP, 0.1 + 0.9 * done / ahead, name))
                kept[name] = self._write(
                    cursor, self._pseudonymised(name), self.draft / f"{name}.parquet", engine.folder
                )
                done += n_rows[name]
        check = self.tables.check
        if check.n_refused:
            check.write_refusals(self.draft / "refused.csv", language)
        first, last = self._days()
        facts = replace(
            facts,
            n_rows=kept,
            n_refused=check.n_refused,
            first=first,
            last=last,
            contact=_by_kind(self.contact),
            free_text=self._free_text(),
            items={i: m for i, m in self.tables.items.items() if own_items().get(i) != m},
        )
        write_json(self.draft / "import.json", facts.to_json())
        progress(Progress(STEP, 1.0, ""))
        return facts

    def _gather_ids(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Every id once, with its pseudonym, and whether it is a customer's."""
        found = []
        for name in self.tables:
            for c in personal_columns(name, self.tables.columns(name)):
                is_customer = value(c != "respondent_id")
                query = exp.select(alias(column(c), "given"), alias(is_customer, "is_customer")).from_(
                    table(name)
                )
                found.append(self.tables.resolve(query.where(not_null(column(c)))))
        once = (
            exp.select(column("given"), alias(call("bool_or", column("is_customer")), "is_customer"))
            .from_(union(found or [_nobody()]).subquery("every"))
            .group_by(column("given"))
        )
        named = exp.select(
            column("given"), column("is_customer"), alias(pseudonym(column("given")), "pseudonym")
        )
        make_temporary(cursor, _IDS, named.from_(once.subquery("once")))

    def _write_identities(self, cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Pseudonym, kind and value: the id as given, and what `customers` says of how to reach somebody."""
        found = [
            exp.select(column("pseudonym"), alias(value(ID), "kind"), alias(column("given"), "value"))
            .from_(table(_IDS))
            .where(column("is_customer"))
        ]
        for c, kind in self.contact.items():
            text = call("trim", cast(column(c), "VARCHAR"))
            given = exp.select(column(ID), alias(text, "value")).from_("customers")
            people = self.tables.resolve(given).subquery("people")
            found.append(
                exp.select(column("pseudonym"), alias(value(kind), "kind"), column("value"))
                .from_(people)
                .join(table(_IDS), on=exp.EQ(this=column(ID), expression=column("given")))
                .where(exp.NEQ(this=column("value"), expression=value("")))
            )
        everything = exp.select("*").distinct().from_(union(found).subquery("found"))
        self._write(
            cursor,
            everything.order_by(column("pseudonym"), column("kind"), column("value")),
            self.identities,
            folder,
        )

    def _pseudonymised(self, name: str) -> exp.Query:
        columns = [c for c in self.tables.columns(name) if name != "customers" or c not in self.contact]
        source = self.tables.resolve(exp.select(*map(column, columns)).from_(name)).subquery("given")
        personal = personal_columns(name, columns)
        chosen = [
            alias(exp.column("pseudonym", f"id{personal.index(c)}"), c)
            if c in personal
            else exp.column(exp.to_identifier(c, quoted=True), "given")
            for c in columns
        ]
        query = exp.select(*chosen).from_(source)
        for k, c in enumerate(personal):
            mine = exp.column(exp.to_identifier(c, quoted=True), "given")
            on = exp.EQ(this=mine, expression=exp.column("given", f"id{k}"))
            query = query.join(exp.alias_(table(_IDS), f"id{k}", table=True), on=on, join_type="LEFT")
        return query

    def _write(self, cursor: duckdb.DuckDBPyConnection, query: exp.Query, path: Path, folder: Path) -> int:
        """Write to the engine's own folder, the only one that it may write to, and move."""
        made = folder / f"keep-{path.name}"
        n_rows = copy_to(cursor, query, made)
        shutil.move(made, path)
        return n_rows

    def _days(self) -> tuple[dt.date | None, dt.date | None]:
        """First and last day of what happened."""
        checks = [t for t in self.tables.check.tables if t.table not in ("customers", "actions")]
        firsts = [t.first for t in checks if t.first is not None]
        lasts = [t.last for t in checks if t.last is not None]
        return min(firsts, default=None), max(lasts, default=None)

    def _free_text(self) -> tuple[str, ...]:
        return tuple(
            f"{name}.{c}"
            for name, words in FREE_TEXT.items()
            if name in self.tables
            for c in words
            if c in self.tables.columns(name)
        )


def _nobody() -> exp.Query:
    empty = exp.select(alias(cast(exp.null(), "VARCHAR"), "given"), alias(exp.false(), "is_customer"))
    return empty.where(exp.false())


def _by_kind(contact: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(c for c, k in contact.items() if k == kind) for kind in sorted(set(contact.values()))}


def _contact_columns(tables: Tables) -> dict[str, str]:
    """Further columns of customers that hold contact data, with their kinds."""
    if "customers" not in tables:
        return {}
    types = tables.types("customers")
    further = [c for c in types if c not in TABLES["customers"].columns]
    found = {c: contact_kind(c, _sample(tables, c) if types[c] == "text" else ()) for c in further}
    return {c: kind for c, kind in found.items() if kind is not None}


def _sample(tables: Tables, name: str) -> list[str]:
    engine = tables.engine
    assert isinstance(engine, DuckDBEngine)
    query = exp.select(column(name)).from_("customers").where(not_null(column(name))).limit(_SAMPLE)
    with engine.connection.cursor() as cursor:
        return [given for (given,) in rows(cursor, tables.resolve(query))]
