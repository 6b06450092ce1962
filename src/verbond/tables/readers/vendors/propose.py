"""From a file to a proposal: what wrote it, and what its columns are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from verbond.results import Reason
from verbond.tables.items import ItemMeaning
from verbond.tables.mapping import FileMapping, read_mapping
from verbond.tables.readers.names import plain_name
from verbond.tables.readers.readings import Decision
from verbond.tables.readers.vendors.generic import propose_by_names
from verbond.tables.readers.vendors.look import Look
from verbond.tables.readers.vendors.peek import Peek
from verbond.tables.readers.vendors.proposals import (
    Proposal,
    Question,
    all_words,
    propose_columns,
    target_of,
)  # fmt: skip
from verbond.tables.readers.vendors.surveys import propose_questions
from verbond.tables.schema import TABLES

__all__ = ["Proposal", "merged", "propose", "stated_by"]


def propose(look: Look, found: Peek, items: Mapping[str, ItemMeaning]) -> Proposal:
    """Return what a file of a known product is proposed to be.

    Parameters
    ----------
    look : Look
        A survey is landed, since its answers show what its questions are; other files are only when their
        dates are looked at.
    found : Peek
        With its product.
    items : mapping of str to ItemMeaning
        Items that are known.
    """
    product = found.product
    assert product is not None
    if not product.signatures:
        names = look.landed.header
        titles = [found.title_of(j, name) for j, name in enumerate(names)]
        proposal = propose_by_names(look, product.table, items, titles, product, found.scales)
        ask_date_order(proposal, look, names)
        return proposal
    proposal = Proposal(product, found.language)
    proposal.said.append(Reason("vendors.recognised", {"product": product.name}))
    if product.kind == "survey":
        _survey(proposal, look, found, items)
    else:
        for j in propose_columns(proposal, found.names, found.titles):
            proposal.add_unknown(found.names[j], found.titles[j])
        _sorted(proposal, found.names)
    if product.match_names:
        proposal.questions.append(Question("names", Reason("vendors.ask_names"), product.match_names["name"]))
    if product.table is None:
        proposal.questions.append(
            Question("unreadable", Reason("vendors.nothing_to_read", {"product": product.name}))
        )
    return proposal


def _sorted(proposal: Proposal, names: tuple[str, ...]) -> None:
    order = {name: k for k, name in enumerate(names)}
    proposal.columns.sort(key=lambda column: order[column.name])


def _survey(proposal: Proposal, look: Look, found: Peek, items: Mapping[str, ItemMeaning]) -> None:
    names = look.landed.header
    titles = tuple(found.title_of(j, name) for j, name in enumerate(names))
    cells = {j: look.cells(j) for j in range(len(names))}
    blank = [cells[j].n - cells[j].n_nobody <= 0 for j in range(len(names))]
    unknown = propose_columns(proposal, names, titles, blank)
    propose_questions(proposal, names, titles, unknown, cells, items)
    ask_date_order(proposal, look, names)


def ask_date_order(proposal: Proposal, look: Look, names: tuple[str, ...]) -> None:
    """Find the order of day and month over whole columns; ask where nothing tells it."""
    table = TABLES[proposal.product.table or "customers"]
    place = {name: j for j, name in enumerate(names)}
    open_columns: list[tuple[str, Decision]] = []
    for column in proposal.columns:
        target = table.columns.get(target_of(column.target) or "")
        if target is None or target.type not in ("date", "timestamp"):
            continue
        decision = look.order_of_dates(place[column.name])
        if decision is None:
            continue
        if decision.kind == "open":
            open_columns.append((column.name, decision))
        elif decision.name:
            proposal.date_order = decision.name
    if proposal.date_order is None:
        for name, decision in open_columns:
            _ask_order(proposal, name, decision)


def _ask_order(proposal: Proposal, name: str, decision: Decision) -> None:
    cell = decision.example[0]
    usual = next((o for p, o in proposal.product.date_orders.items() if re.fullmatch(p, cell)), None)
    if usual in decision.ways:
        proposal.date_order = usual
        said = {"column": name, "way": usual, "product": proposal.product.name}
        proposal.said.append(Reason("vendors.usual_order", said))
    first, second = (text[:10] for text in decision.example[1:3])
    asked = Reason("vendors.ask_date_order", {"column": name, "cell": cell, "first": first, "second": second})
    proposal.questions.append(Question("date_order", asked, name, decision.ways, usual))


def stated_by(proposal: Proposal, name: str) -> FileMapping:
    """What a proposal says of a file, as if a mapping stated it."""
    return read_mapping({"files": {name: proposal.entry()}}).of(name)


def merged(proposed: FileMapping, stated: FileMapping) -> FileMapping:
    """Return a proposal with what a person states; the person wins, column by column.

    Parameters
    ----------
    proposed, stated : FileMapping
    """
    spoken = {plain_name(name) or name for name in (*stated.columns, *stated.left_out)}
    taken = set(stated.columns.values())

    def own(name: str) -> bool:
        return (plain_name(name) or name) in spoken

    columns = {n: t for n, t in proposed.columns.items() if not own(n) and t not in taken}
    displaced = tuple(n for n, t in proposed.columns.items() if not own(n) and t in taken)
    kept = {t.removeprefix("item:") for t in (*columns.values(), *stated.columns.values())}
    return replace(
        proposed,
        table=stated.table or proposed.table,
        skip=stated.skip or (proposed.skip and stated.table is None),
        sheet=stated.sheet or proposed.sheet,
        date_order=stated.date_order or proposed.date_order,
        decimal=stated.decimal or proposed.decimal,
        encoding=stated.encoding or proposed.encoding,
        separator=stated.separator or proposed.separator,
        columns=columns | dict(stated.columns),
        column_ways={**proposed.column_ways, **stated.column_ways},
        left_out=(*(n for n in proposed.left_out if not own(n)), *displaced, *stated.left_out),
        emails=(*(n for n in proposed.emails if not own(n)), *stated.emails),
        per_file=(*(n for n in proposed.per_file if not own(n)), *stated.per_file),
        items={k: v for k, v in {**proposed.items, **stated.items}.items() if k in kept},
        labels={n: v for n, v in proposed.labels.items() if not own(n)}
        | {n: all_words(v, proposed.labels_of(n)) for n, v in stated.labels.items()},
        values={**proposed.values, **stated.values},
        constants={**{k: v for k, v in proposed.constants.items() if k not in taken}, **stated.constants},
        numbered=None if proposed.numbered in taken else stated.numbered or proposed.numbered,
        also=_also(proposed.also, stated.also),
    )


def _also(proposed: FileMapping | None, stated: FileMapping | None) -> FileMapping | None:
    return merged(proposed, stated) if proposed and stated else stated or proposed
