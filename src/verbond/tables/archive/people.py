"""Whose a row is: somebody's rows are found, or taken out, the same way in every table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from verbond.tables.archive.statements import copy_values, in_table
from verbond.tables.archive.words import mentions, redacted
from verbond.tables.readers.sql import alias, any_of, cast, coalesce, column, first_case, table, value
from verbond.tables.schema import TABLES

__all__ = ["ANSWERED", "PEOPLE", "Selection", "personal_columns", "searched_columns"]

PEOPLE, ANSWERED = "@people", "@answered"
_CUSTOMER = "customers.customer_id"
_OWNERS = ("customer_id", "respondent_id")
_CODES = ("order_id", "currency", "language", "construct")


def personal_columns(name: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Columns of a table that say who: customers, and who answered.

    Examples
    --------
    >>> personal_columns("events", ["customer_id", "kind", "related_customer_id"])
    ('customer_id', 'related_customer_id')
    """
    known = TABLES[name].columns
    return tuple(
        c
        for c in columns
        if f"{name}.{c}" == _CUSTOMER
        or c == "respondent_id"
        or (c in known and known[c].refers_to == _CUSTOMER)
    )


def searched_columns(name: str, types: Mapping[str, str]) -> tuple[str, ...]:
    """Columns of text in which somebody may be named: no ids, no codes, no words of a list.

    Examples
    --------
    >>> searched_columns("messages", {"message_id": "VARCHAR", "speaker": "VARCHAR", "text": "VARCHAR"})
    ('text',)
    """
    schema = TABLES[name]

    def may_name(c: str) -> bool:
        known = schema.columns.get(c)
        listed = known is not None and (known.refers_to or (known.choices and not known.open_choices))
        return not (listed or c in schema.key or c in _OWNERS or c in _CODES)

    return tuple(c for c, kind in types.items() if kind == "VARCHAR" and may_name(c))


@dataclass(frozen=True, slots=True)
class Selection:
    """Some people, known to a cursor by the temporary tables `PEOPLE` and `ANSWERED`.

    Attributes
    ----------
    words : str
        Pattern of what names them in text; may be empty.
    """

    words: str

    @classmethod
    def make(
        cls,
        cursor: duckdb.DuckDBPyConnection,
        pseudonyms: Iterable[str],
        answered: Iterable[tuple[str, str]],
        words: str,
    ) -> Selection:
        """Tell a cursor who is meant: pseudonyms, and respondents with the wave that they answered."""
        answers = list(answered)
        copy_values(cursor, PEOPLE, {"pseudonym": list(pseudonyms)})
        copy_values(
            cursor, ANSWERED, {"respondent": [r for r, _ in answers], "wave": [w for _, w in answers]}
        )
        return cls(words)

    def has(self, pseudonym: exp.Expr) -> exp.Expr:
        """Whether a pseudonym is one of theirs."""
        return in_table(pseudonym, PEOPLE, "pseudonym")

    def is_of(self, name: str, types: Mapping[str, str]) -> exp.Expr:
        """Whether a row is of one of these people."""
        found = [self.has(column(c)) for c in _OWNERS if c in types]
        if "respondent_id" in types:
            known = exp.select(column("respondent"), column("wave")).from_(table(ANSWERED))
            mine = exp.Tuple(expressions=[coalesce(column("respondent_id"), value("")), wave_of(types)])
            found.append(exp.In(this=mine, query=known.subquery()))
        return any_of(*found)

    def is_named(self, name: str, types: Mapping[str, str]) -> exp.Expr:
        """Whether a row of somebody else refers to one of them or names one in its text."""
        others = [c for c in personal_columns(name, types) if c not in _OWNERS]
        found = [self.has(column(c)) for c in others]
        if self.words:
            found += [mentions(column(c), self.words) for c in searched_columns(name, types)]
        return any_of(*found)

    def without(self, name: str, types: Mapping[str, str], source: exp.Query) -> exp.Query:
        """The rows of others, in which these people are not named any more."""
        others = [c for c in personal_columns(name, types) if c not in _OWNERS]
        searched = searched_columns(name, types) if self.words else ()

        def cell(c: str) -> exp.Expr:
            if c in others:
                return alias(first_case([(self.has(column(c)), exp.null())], column(c)), c)
            return alias(redacted(column(c), self.words), c) if c in searched else column(c)

        query = exp.select(*map(cell, types)).from_(source.subquery("source"))
        return query.where(exp.not_(exp.paren(self.is_of(name, types))))


def wave_of(types: Mapping[str, str]) -> exp.Expr:
    """The wave of an answer; empty where it has none."""
    return coalesce(cast(column("wave"), "VARCHAR"), value("")) if "wave" in types else value("")
