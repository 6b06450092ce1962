"""Finding somebody by an id or an e-mail address, and everything that is kept of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from verbond.results import plain
from verbond.tables.archive.contacts import ID
from verbond.tables.archive.erasing import CELLS
from verbond.tables.archive.kept import KeptImport
from verbond.tables.archive.layout import Layout
from verbond.tables.archive.people import PEOPLE, Selection, searched_columns, wave_of
from verbond.tables.archive.pseudonyms import LENGTH, pseudonym, tombstone
from verbond.tables.archive.rules import DATED
from verbond.tables.archive.statements import copy_values, in_table, read_parquet, types_of, union
from verbond.tables.archive.words import cell_is_of, words_of
from verbond.tables.readers.sql import alias, all_of, call, column, rows, run, table, value
from verbond.tables.schema import TABLES

__all__ = ["Person", "find_person", "identities_of", "kept_of", "n_identities", "tombstones_of"]

_ASKED = "@asked"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as an archive knows them.

    Attributes
    ----------
    pseudonyms : tuple of str
        More than one where an e-mail address has several ids.
    contact : mapping of str to tuple of str
        Kind of contact data -> values; the ids as given under `contacts.ID`.
    answered : tuple of (respondent, wave)
        Pseudonyms of respondents behind whom they stand.
    """

    pseudonyms: tuple[str, ...]
    contact: dict[str, tuple[str, ...]]
    answered: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The pattern of what names them in text."""
        return words_of(self.contact)


def find_person(
    cursor: duckdb.DuckDBPyConnection, layout: Layout, imports: Sequence[KeptImport], asked: str
) -> Person:
    """Find somebody by an id as given, an e-mail address or a pseudonym; the cursor knows the key."""
    is_pseudonym = re.fullmatch(f"[0-9a-f]{{{LENGTH}}}", asked) is not None
    found = {*_pseudonyms(cursor, [asked]), *([asked] if is_pseudonym else [])}
    contact: dict[str, tuple[str, ...]] = {}
    if known := _identities(layout, imports):
        same = exp.EQ(this=_address(column("value")), expression=_address(value(asked)))
        theirs = exp.select(column("pseudonym")).distinct().from_(known.subquery("known"))
        theirs = theirs.where(all_of(exp.EQ(this=column("kind"), expression=value("email")), same))
        found |= {p for (p,) in rows(cursor, theirs)}
        contact = _contact(cursor, known, found)
        addresses = _own_addresses(cursor, layout, imports, contact.get("email", ()))
        if more := set(_pseudonyms(cursor, addresses)) - found:  # what files know by the address alone
            found |= more
            contact = _contact(cursor, known, found)
    else:
        copy_values(cursor, PEOPLE, {"pseudonym": sorted(found)})
    if not is_pseudonym:
        for kind in (ID, *(["email"] if "@" in asked else [])):
            contact[kind] = tuple(dict.fromkeys((*contact.get(kind, ()), asked)))
    return Person(tuple(sorted(found)), contact, tuple(sorted(_answered(cursor, layout, imports))))


def _contact(
    cursor: duckdb.DuckDBPyConnection, known: exp.Query, pseudonyms: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Kind of contact data -> values; the cursor then knows these people as `PEOPLE`."""
    copy_values(cursor, PEOPLE, {"pseudonym": sorted(pseudonyms)})
    told = exp.select(column("kind"), column("value")).distinct().from_(known.subquery("known"))
    told = told.where(in_table(column("pseudonym"), PEOPLE, "pseudonym"))
    contact: dict[str, tuple[str, ...]] = {}
    for kind, given in sorted(rows(cursor, told)):
        contact[kind] = (*contact.get(kind, ()), given)
    return contact


def _own_addresses(
    cursor: duckdb.DuckDBPyConnection,
    layout: Layout,
    imports: Iterable[KeptImport],
    addresses: Iterable[str],
) -> list[str]:
    """Those addresses that nobody has but the `PEOPLE` that the cursor knows."""
    asked, known = list(addresses), _identities(layout, imports)
    if not asked or known is None:
        return asked
    others = exp.select(_address(column("value"))).from_(known.subquery("known"))
    kind = exp.EQ(this=column("kind"), expression=value("email"))
    mine = in_table(column("pseudonym"), PEOPLE, "pseudonym")
    shared = {a for (a,) in rows(cursor, others.where(all_of(kind, exp.not_(mine))))}
    return [a for a in asked if a.strip().lower() not in shared]


def _pseudonyms(cursor: duckdb.DuckDBPyConnection, given: Iterable[str]) -> list[str]:
    copy_values(cursor, _ASKED, {"given": list(given)})
    return [p for (p,) in rows(cursor, exp.select(pseudonym(column("given"))).from_(table(_ASKED)))]


def _address(text: exp.Expr) -> exp.Expr:
    return call("lower", call("trim", text))


def _identities(layout: Layout, imports: Iterable[KeptImport]) -> exp.Query | None:
    parts = [
        exp.select("*", alias(value(one.number), "number")).from_(
            read_parquet(layout.identity_file(one.import_id))
        )
        for one in imports
    ]
    return union(parts) if parts else None


def _answered(
    cursor: duckdb.DuckDBPyConnection, layout: Layout, imports: Iterable[KeptImport]
) -> set[tuple[str, str]]:
    """Respondents (and the wave) whose rows name one of these people as the customer."""
    found: set[tuple[str, str]] = set()
    for one in imports:
        for name in ("responses", "scores"):
            file = layout.import_folder(one.import_id) / f"{name}.parquet"
            if not file.exists():
                continue
            types = types_of(cursor, file)
            if "customer_id" in types:
                query = exp.select(column("respondent_id"), wave_of(types)).distinct()
                theirs = in_table(column("customer_id"), PEOPLE, "pseudonym")
                found |= set(rows(cursor, query.from_(read_parquet(file)).where(theirs)))
    return found


def tombstones_of(
    cursor: duckdb.DuckDBPyConnection, layout: Layout, imports: Sequence[KeptImport], person: Person
) -> list[str]:
    """What is remembered of somebody who is erased: hashes of pseudonyms, of addresses that nobody else
    has, and of respondents."""
    addresses = _own_addresses(cursor, layout, imports, person.contact.get("email", ()))
    copy_values(cursor, _ASKED, {"given": addresses})
    made = exp.select(tombstone(pseudonym(column("given")))).from_(table(_ASKED))
    found = [t for (t,) in rows(cursor, made)]
    plainly = [*person.pseudonyms, *(f"{respondent} {wave}" for respondent, wave in person.answered)]
    copy_values(cursor, _ASKED, {"given": plainly})
    return found + [t for (t,) in rows(cursor, exp.select(tombstone(column("given"))).from_(table(_ASKED)))]


def kept_of(
    cursor: duckdb.DuckDBPyConnection,
    layout: Layout,
    key: bytes,
    imports: Sequence[KeptImport],
    person: Person,
) -> dict[str, Any]:
    """Everything that is kept of somebody, as what JSON knows."""
    some = Selection.make(cursor, person.pseudonyms, person.answered, person.words)
    found = [entry for one in imports if (entry := _kept_in(cursor, layout, key, one, some, person))]
    contact = {kind: list(values) for kind, values in person.contact.items()}
    return plain({"pseudonyms": person.pseudonyms, "contact": contact, "imports": found})


def _kept_in(
    cursor: duckdb.DuckDBPyConnection,
    layout: Layout,
    key: bytes,
    one: KeptImport,
    some: Selection,
    person: Person,
) -> dict[str, Any] | None:
    place = layout.import_folder(one.import_id)
    of_them: dict[str, list[dict[str, Any]]] = {}
    named: list[dict[str, Any]] = []
    for name in TABLES:
        file = place / f"{name}.parquet"
        if not file.exists():
            continue
        types = types_of(cursor, file)
        theirs = some.is_of(name, types)
        if found := _dicts(cursor, exp.select("*").from_(read_parquet(file)).where(theirs)):
            of_them[name] = found
        shown = [c for c in (DATED.get(name), *searched_columns(name, types)) if c in types]
        others = all_of(exp.not_(exp.paren(theirs)), some.is_named(name, types))
        query = exp.select(*map(column, shown or types)).from_(read_parquet(file)).where(others)
        named += [{"table": name} | row for row in _dicts(cursor, query)]
    refused = _refused(place / "refused.csv", person, key)
    if not (of_them or named or refused):
        return None
    facts = {"import_id": one.import_id, "product": one.product, "file_name": one.file_name}
    return facts | {"imported_at": one.imported_at, "tables": of_them, "named_in": named, "refused": refused}


def _dicts(cursor: duckdb.DuckDBPyConnection, query: exp.Query) -> list[dict[str, Any]]:
    found = run(cursor, query)
    names = [c[0] for c in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _refused(file: Path, person: Person, key: bytes) -> list[dict[str, str]]:
    if not file.exists():
        return []
    theirs = {*person.pseudonyms, *(respondent for respondent, _ in person.answered)}
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            row
            for row in csv.DictReader(lines)
            if any(cell_is_of(row[c], key, theirs, person.words) for c in CELLS)
        ]


def identities_of(
    cursor: duckdb.DuckDBPyConnection,
    layout: Layout,
    imports: Sequence[KeptImport],
    pseudonyms: Iterable[str] | None,
) -> dict[str, dict[str, str]]:
    """Pseudonym -> kind of contact data -> what the newest import that has it says."""
    known = _identities(layout, imports)
    if known is None:
        return {}
    newest = alias(call("max_by", column("value"), _latest()), "value")
    query = exp.select(column("pseudonym"), column("kind"), newest).from_(known.subquery("known"))
    if pseudonyms is not None:
        copy_values(cursor, PEOPLE, {"pseudonym": list(pseudonyms)})
        query = query.where(in_table(column("pseudonym"), PEOPLE, "pseudonym"))
    found: dict[str, dict[str, str]] = {}
    for who, kind, given in rows(cursor, query.group_by(column("pseudonym"), column("kind"))):
        found.setdefault(who, {})[kind] = given
    return found


def n_identities(cursor: duckdb.DuckDBPyConnection, layout: Layout, imports: Sequence[KeptImport]) -> int:
    """How many pseudonyms have an identity."""
    known = _identities(layout, imports)
    if known is None:
        return 0
    different = exp.Count(this=exp.Distinct(expressions=[column("pseudonym")]))
    return rows(cursor, exp.select(different).from_(known.subquery("known")))[0][0]


def _latest() -> exp.Expr:
    """Newest import first, then the value itself, so that the answer is the same every time."""
    return call("row", column("number"), column("value"))
