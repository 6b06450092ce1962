"""Proposals for files that no known product wrote: by the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from verbond.results import Reason
from verbond.tables.items import ItemMeaning
from verbond.tables.readers.columns import recognised
from verbond.tables.readers.landing import Source
from verbond.tables.readers.names import column_of, rank, table_of
from verbond.tables.readers.vendors.look import Look
from verbond.tables.readers.vendors.products import GENERIC, Product, key_of
from verbond.tables.readers.vendors.proposals import Proposal, Proposed, Question, target_of
from verbond.tables.readers.vendors.surveys import propose_questions
from verbond.tables.schema import TABLES

__all__ = ["propose_by_names", "table_by_names"]

_EMAILS = ("email", "emailaddress", "emailadres", "mail", "epost")
_GIVEN = tuple(name for name, table in TABLES.items() if table.given)


def table_by_names(source: Source, header: Sequence[str], items: Mapping[str, ItemMeaning]) -> str | None:
    """Return the table that a file's name means, else the one that most of its columns belong to.

    Parameters
    ----------
    source : Source
    header : sequence of str
    items : mapping of str to ItemMeaning
    """
    stated = source.mapping.table or table_of(PurePath(source.name).stem)
    if stated is not None:
        return stated
    found = {t: recognised(replace(source, table=t, product=None), items, header) for t in _GIVEN}
    whole = {t: n for t, (n, complete) in found.items() if complete and n > 1}
    return max(whole, key=lambda t: whole[t]) if whole else None


def propose_by_names(
    look: Look,
    table: str | None,
    items: Mapping[str, ItemMeaning],
    titles: Sequence[str],
    product: Product = GENERIC,
    scales: Mapping[int, tuple[float, float]] | None = None,
) -> Proposal:
    """Return what a file is proposed to be by the names of its columns.

    Parameters
    ----------
    look : Look
    table : str or None
        The table that it is taken for.
    items : mapping of str to ItemMeaning
    titles : sequence of str
        Of its columns.
    product : Product
    scales : mapping of int to (float, float), optional
        Ends of the scales of columns, where the file states them.
    """
    proposal = Proposal(replace(product, table=table), None)
    names = look.landed.header
    if table is None:
        asked = Reason("vendors.ask_table", {"file": look.source.name})
        proposal.questions.append(Question("table", asked, None, _GIVEN))
        for name in names:
            proposal.columns.append(Proposed(name, name, False, Reason("vendors.no_table")))
        return proposal
    places = _by_name(table, names)
    for canonical, j in places.items():
        why = Reason("vendors.named_column", {"canonical": canonical})
        proposal.columns.append(Proposed(names[j], titles[j], canonical, why))
    rest = [j for j in range(len(names)) if j not in places.values()]
    if "customer_id" in TABLES[table].columns and "customer_id" not in places and table != "responses":
        rest = _by_email(proposal, names, titles, rest, table)
    if table == "responses" and "item" not in places:
        _as_survey(proposal, look, items, titles, rest, scales)
    else:
        for j in rest:
            _rest(proposal, names[j], titles[j], table)
    order = {name: k for k, name in enumerate(names)}
    proposal.columns.sort(key=lambda column: order[column.name])
    return proposal


def _as_survey(
    proposal: Proposal,
    look: Look,
    items: Mapping[str, ItemMeaning],
    titles: Sequence[str],
    rest: list[int],
    scales: Mapping[int, tuple[float, float]] | None,
) -> None:
    """A file with a column a question; "value" in it is one question of many."""
    names = look.landed.header
    for column in [c for c in proposal.columns if c.target == "value"]:
        proposal.columns.remove(column)
        rest.append(names.index(column.name))
    cells = {j: look.cells(j) for j in rest}
    propose_questions(proposal, names, titles, sorted(rest), cells, items, scales)
    if not any(target_of(column.target) == "respondent_id" for column in proposal.columns):
        proposal.product = replace(proposal.product, numbered="respondent_id")


def _by_email(
    proposal: Proposal, names: Sequence[str], titles: Sequence[str], rest: list[int], table: str
) -> list[int]:
    """Take an e-mail address for the customer, where the file has no other name for one; ask else."""
    emails = [j for j in rest if key_of(names[j]) in _EMAILS]
    if len(emails) == 1:
        target = {"column": "customer_id", "as": "email"}
        why = Reason("vendors.email_is_id")
        proposal.columns.append(Proposed(names[emails[0]], titles[emails[0]], target, why))
        proposal.said.append(Reason("vendors.emails_are_ids", {"column": names[emails[0]]}))
        return [j for j in rest if j != emails[0]]
    if TABLES[table].columns["customer_id"].required:
        options = tuple(names[j] for j in emails or rest)
        proposal.questions.append(Question("customer", Reason("vendors.ask_customer"), None, options))
    return rest


def _rest(proposal: Proposal, name: str, title: str, table: str) -> None:
    if TABLES[table].free_columns:
        proposal.columns.append(Proposed(name, title, name, Reason("vendors.attribute")))
        return
    proposal.columns.append(Proposed(name, title, False, Reason("vendors.unknown_name")))
    proposal.ignored.append(name)


def _by_name(table: str, names: Sequence[str]) -> dict[str, int]:
    """Canonical column -> the column that names it most directly."""
    found: dict[str, int] = {}
    for j, name in enumerate(names):
        canonical = column_of(table, name)
        if canonical is None:
            continue
        if canonical not in found or rank(table, name) < rank(table, names[found[canonical]]):
            found[canonical] = j
    return found
