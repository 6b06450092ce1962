"""Writing one import: ids become pseudonyms, contact data go apart, and the rest is Parquet."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
from sqlglot import exp

from verbond.errors import OptionError
from verbond.results import Language, Progress, ProgressFunction
from verbond.tables.archive.contacts import ID, contact_kind
from verbond.tables.archive.erasing import blank_cells
from verbond.tables.archive.kept import FREE_TEXT, KeptImport
from verbond.tables.archive.layout import write_json
from verbond.tables.archive.people import ANSWERED, PEOPLE, Selection, personal_columns, wave_of
from verbond.tables.archive.pseudonyms import (
    KEY,
    LENGTH,
    keyed_hash,
    know_key,
    pseudonym,
    pseudonym_of,
    tombstone,
    words_in,
)
from verbond.tables.archive.rules import Rules, is_kept
from verbond.tables.archive.statements import copy_to, copy_values, in_table, make_temporary, union
from verbond.tables.archive.words import words_of
from verbond.tables.engines import DuckDBEngine
from verbond.tables.engines.arrays import SQL_TYPES
from verbond.tables.items import own_items
from verbond.tables.readers.sql import (
    alias,
    all_of,
    any_of,
    call,
    cast,
    column,
    not_null,
    rows,
    table,
    value,
)
from verbond.tables.schema import TABLES
from verbond.tables.tables import Tables

__all__ = ["Keeper"]

STEP = "tables.step_keep"
_IDS, _FOUND, _BURIED = "@ids", "@found", "@buried"
_SAMPLE = 100
_WORD = r"[\p{L}\p{N}][\p{L}\p{N}@._+-]*[\p{L}\p{N}]"


class Keeper:
    """Writes tables to the folder of one import.

    Parameters
    ----------
    tables : Tables
        Held by DuckDB.
    key : bytes
    rules : Rules
    draft : Path
        The folder to fill.
    identities : Path
        The file to write identities to.
    pseudonymous : bool
        The ids are pseudonyms already: nobody's identity is written.

    Raises
    ------
    OptionError
        If another engine holds the tables, or what should be pseudonyms are none.
    """

    def __init__(
        self,
        tables: Tables,
        key: bytes,
        rules: Rules,
        draft: Path,
        identities: Path,
        *,
        pseudonymous: bool = False,
    ) -> None:
        if not isinstance(tables.engine, DuckDBEngine):
            raise OptionError("an archive takes tables on DuckDB", got=tables.engine_name)
        self.tables, self.engine, self.key = tables, tables.engine, key
        self.draft, self.identities, self.pseudonymous = draft, identities, pseudonymous
        if pseudonymous and "customers" in tables:
            raise OptionError("pseudonyms have no customers' table", got="customers")
        self.buried, self.first_days = rules.tombstones, rules.first_days
        self.contact = _contact_columns(tables, self.engine)

    def write(self, facts: KeptImport, language: Language, progress: ProgressFunction) -> KeptImport:
        """Write every file; returns the facts with what was counted."""
        given = {name: self.tables.n_rows(name) for name in self.tables}
        with self._knowing() as cursor:
            progress(Progress(STEP, 0.0))
            self._gather_ids(cursor)
            self._check_pseudonyms(cursor)
            gone = self._find_gone(cursor) if self.buried else None
            self._write_identities(cursor, gone)
            kept, n_expired = self._write_tables(cursor, given, gone, progress)
        n_refused = self._write_refused(language)
        first, last = self._days()
        facts = replace(
            facts,
            n_rows=kept,
            n_refused=n_refused,
            n_expired=n_expired,
            n_erased=sum(given.values()) - sum(kept.values()) - n_expired,
            first=first,
            last=last,
            contact=_by_kind(self.contact),
            free_text=self._free_text(),
            items={i: m for i, m in self.tables.items.items() if own_items().get(i) != m},
        )
        write_json(self.draft / "import.json", facts.to_json())
        progress(Progress(STEP, 1.0))
        return facts

    @contextmanager
    def _knowing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The tables' own connection, of which progress can be told; nothing of ours stays in it."""
        connection = self.engine.connection
        know_key(connection, self.key)
        try:
            yield connection
        finally:
            for name in (KEY, _IDS, _FOUND, _BURIED, PEOPLE, ANSWERED):
                connection.execute(f"DROP TABLE IF EXISTS {table(name).sql('duckdb')}")

    # who

    def _gather_ids(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Every id once, with its pseudonym, and whether it is a customer's."""
        found = [exp.select(alias(value(""), "given"), alias(value(False), "is_customer")).where(exp.false())]
        for name in self.tables:
            for c in personal_columns(name, self.tables.columns(name)):
                is_customer = alias(value(c != "respondent_id"), "is_customer")
                query = exp.select(alias(column(c), "given"), is_customer).from_(table(name))
                found.append(self.tables.resolve(query.where(not_null(column(c)))))
        once = (
            exp.select(column("given"), alias(call("bool_or", column("is_customer")), "is_customer"))
            .from_(union(found).subquery("every"))
            .group_by(column("given"))
        )
        made = column("given") if self.pseudonymous else pseudonym(column("given"))
        make_temporary(cursor, _IDS, exp.select("*", alias(made, "pseudonym")).from_(once.subquery("once")))
        known = self._identities()
        make_temporary(cursor, _FOUND, known.where(exp.false()) if self.pseudonymous else known)

    def _check_pseudonyms(self, cursor: duckdb.DuckDBPyConnection) -> None:
        if not self.pseudonymous or self.tables.simulated:
            return
        is_one = call("regexp_full_match", column("given"), f"[0-9a-f]{{{LENGTH}}}")
        query = exp.select("count(*)").from_(table(_IDS)).where(exp.not_(is_one))
        if n_wrong := rows(cursor, query)[0][0]:
            raise OptionError("these ids are no pseudonyms of this archive", got=f"{n_wrong} others")

    def _identities(self) -> exp.Query:
        """Pseudonym, kind and value: the id as given, and what `customers` says of how to reach somebody."""
        found = [
            exp.select(column("pseudonym"), alias(value(ID), "kind"), alias(column("given"), "value"))
            .from_(table(_IDS))
            .where(column("is_customer"))
        ]
        for c, kind in self.contact.items():
            text = alias(call("trim", cast(column(c), "VARCHAR")), "value")
            people = self.tables.resolve(exp.select(column(ID), text).from_("customers")).subquery("people")
            found.append(
                exp.select(column("pseudonym"), alias(value(kind), "kind"), column("value"))
                .from_(people)
                .join(table(_IDS), on=exp.EQ(this=column(ID), expression=column("given")))
                .where(exp.NEQ(this=column("value"), expression=value("")))
            )
        return exp.select("*").distinct().from_(union(found).subquery("found"))

    def _write_identities(self, cursor: duckdb.DuckDBPyConnection, gone: Selection | None) -> None:
        query = exp.select("*").from_(table(_FOUND))
        if gone is not None:
            query = query.where(exp.not_(gone.has(column("pseudonym"))))
        self._write(cursor, query, self.identities)

    def _find_gone(self, cursor: duckdb.DuckDBPyConnection) -> Selection | None:
        """Who was erased before and is in these tables again."""
        copy_values(cursor, _BURIED, {"tombstone": self.buried})

        def buried(known: exp.Expr) -> exp.Expr:
            return in_table(tombstone(known), _BURIED, "tombstone")

        is_address = exp.EQ(this=column("kind"), expression=value("email"))
        by_address = exp.select(column("pseudonym")).from_(table(_FOUND))
        by_address = by_address.where(all_of(is_address, buried(pseudonym(column("value")))))
        by_id = exp.select(column("pseudonym")).from_(table(_IDS)).where(buried(column("pseudonym")))
        people = sorted({p for (p,) in rows(cursor, union([by_id, by_address]))})
        some = Selection.make(cursor, people, [], "")
        answered: set[tuple[str, str]] = set()
        for name in ("responses", "scores"):
            if name in self.tables:
                types = self._types(name)
                query = exp.select(column("respondent_id"), alias(wave_of(types), "wave"))
                answers = query.distinct().from_(self._pseudonymised(name).subquery("given"))
                both = call("concat", column("respondent_id"), " ", wave_of(types))
                answered |= set(rows(cursor, answers.where(any_of(buried(both), some.is_of(name, types)))))
        words = self._buried_words(cursor)
        if not (people or answered or words):
            return None
        contact: dict[str, list[str]] = {ID: words}
        told = exp.select(column("kind"), column("value")).from_(table(_FOUND))
        for kind, given in rows(cursor, told.where(some.has(column("pseudonym")))):
            contact.setdefault(kind, []).append(given)
        return Selection.make(cursor, people, answered, words_of(contact))

    def _buried_words(self, cursor: duckdb.DuckDBPyConnection) -> list[str]:
        """Words of free text that are the id or the address of somebody who was erased."""
        found = [exp.select(alias(value(""), "word")).where(exp.false())]
        for known in self._free_text():
            name, c = known.split(".")
            words = call("unnest", call("regexp_extract_all", column(c), _WORD))
            given = self.tables.resolve(exp.select(column(c)).from_(name)).subquery("given")
            found.append(exp.select(alias(words, "word")).from_(given))
        once = exp.select(column("word")).distinct().from_(union(found).subquery("every"))
        buried = in_table(tombstone(pseudonym(column("word"))), _BURIED, "tombstone")
        return [
            word for (word,) in rows(cursor, exp.select("word").from_(once.subquery("once")).where(buried))
        ]

    # what

    def _types(self, name: str) -> dict[str, str]:
        """Columns of a table that are kept in it, with their types."""
        here = self.tables.types(name)
        known = TABLES[name].columns
        return {
            c: SQL_TYPES[known[c].type if c in known else here[c]]
            for c in here
            if name != "customers" or c not in self.contact
        }

    def _pseudonymised(self, name: str) -> exp.Query:
        columns = list(self._types(name))
        source = self.tables.resolve(exp.select(*map(column, columns)).from_(name)).subquery("given")
        personal = personal_columns(name, columns)
        mine = {c: exp.column(exp.to_identifier(c, quoted=True), "given") for c in columns}
        chosen = [
            alias(exp.column("pseudonym", f"id{personal.index(c)}"), c) if c in personal else mine[c]
            for c in columns
        ]
        query = exp.select(*chosen).from_(source)
        for k, c in enumerate(personal):
            on = exp.EQ(this=mine[c], expression=exp.column("given", f"id{k}"))
            query = query.join(exp.alias_(table(_IDS), f"id{k}", table=True), on=on, join_type="LEFT")
        return query

    def _write_tables(
        self,
        cursor: duckdb.DuckDBPyConnection,
        given: dict[str, int],
        gone: Selection | None,
        progress: ProgressFunction,
    ) -> tuple[dict[str, int], int]:
        """Rows that were kept of each table, and rows that are too old to keep."""
        kept: dict[str, int] = {}
        n_expired = done = 0
        for name in self.tables:

            def tell(share: float, name: str = name, before: int = done) -> None:
                behind = (before + share * given[name]) / max(1, sum(given.values()))
                progress(Progress(STEP, 0.1 + 0.9 * behind, name))

            tell(0.0)
            kept[name], n_old = self._write_table(cursor, name, gone, tell)
            n_expired += n_old
            done += given[name]
        return kept, n_expired

    def _write_table(
        self,
        cursor: duckdb.DuckDBPyConnection,
        name: str,
        gone: Selection | None,
        tell: Callable[[float], None],
    ) -> tuple[int, int]:
        """Rows that were kept, and rows that are too old to keep."""
        types, query, n_old = self._types(name), self._pseudonymised(name), 0
        if gone is not None:
            query = gone.without(name, types, query)
        recent = is_kept(name, types, self.first_days)
        if recent is not None:
            old = exp.select("count(*)").from_(query.subquery("every")).where(exp.not_(exp.paren(recent)))
            n_old = rows(cursor, old)[0][0]
            query = exp.select("*").from_(query.subquery("every")).where(recent)
        return self._write(cursor, query, self.draft / f"{name}.parquet", tell), n_old

    def _write(
        self,
        cursor: duckdb.DuckDBPyConnection,
        query: exp.Query,
        path: Path,
        tell: Callable[[float], None] | None = None,
    ) -> int:
        """Write to the engine's own folder, the only one that it may write to, and move."""
        made = self.engine.folder / f"keep-{path.name}"
        n_rows = copy_to(cursor, query, made, tell)
        shutil.move(made, path)
        return n_rows

    def _write_refused(self, language: Language) -> int:
        check = self.tables.check
        if check.n_refused:
            file = self.draft / "refused.csv"
            check.write_refusals(file, language)
            if self.buried:
                buried = frozenset(self.buried)
                blank_cells(file, lambda cell: self._is_buried(cell, buried))
        return check.n_refused

    def _is_buried(self, cell: str, buried: frozenset[str]) -> bool:
        """Whether a cell, or a word in it, is the id or the address of somebody who was erased."""
        words = words_in(cell)
        known = [pseudonym_of(self.key, w) for w in words]
        answered = [f"{who} {wave}" for who in known for wave in ("", *words[1:])]
        return any(keyed_hash(self.key, f"erased {one}") in buried for one in (*known, *answered))

    # about

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


def _by_kind(contact: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(c for c, k in contact.items() if k == kind) for kind in sorted(set(contact.values()))}


def _contact_columns(tables: Tables, engine: DuckDBEngine) -> dict[str, str]:
    """Further columns of customers that hold contact data, with their kinds."""
    if "customers" not in tables:
        return {}
    types = tables.types("customers")
    known = TABLES["customers"].columns
    further = [c for c in types if c not in known and types[c] != "boolean"]
    found = {c: contact_kind(c, _sample(tables, engine, c) if types[c] == "text" else ()) for c in further}
    return {c: kind for c, kind in found.items() if kind is not None}


def _sample(tables: Tables, engine: DuckDBEngine, name: str) -> list[str]:
    query = exp.select(column(name)).from_("customers").where(not_null(column(name))).limit(_SAMPLE)
    with engine.connection.cursor() as cursor:
        return [given for (given,) in rows(cursor, tables.resolve(query))]
