"""Proposals for the questions of a survey: our own items, constructs by their words, or left to a person."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from verbond.method import named
from verbond.results import Reason
from verbond.tables.items import ItemMeaning
from verbond.tables.readers.names import plain_name
from verbond.tables.readers.vendors.look import Cells
from verbond.tables.readers.vendors.proposals import Proposal, Proposed, Question, target_of
from verbond.tables.readers.vendors.questions import (
    Scale,
    constructs_of,
    own_item,
    read_labels,
    stated_scale,
    usual_scale,
)  # fmt: skip
from verbond.tables.schema import CONSTRUCTS, TABLES

__all__ = ["propose_questions"]

_LONG_NAME = 40
_WORDS = 12


def propose_questions(
    proposal: Proposal,
    names: Sequence[str],
    titles: Sequence[str],
    unknown: Sequence[int],
    cells: Mapping[int, Cells],
    items: Mapping[str, ItemMeaning],
    scales: Mapping[int, tuple[float, float]] | None = None,
) -> None:
    """Add what the questions of a survey are proposed to be.

    Parameters
    ----------
    proposal : Proposal
        With what the product itself knows.
    names, titles : sequence of str
        Of all columns.
    unknown : sequence of int
        The columns that are left.
    cells : mapping of int to Cells
        What they hold.
    items : mapping of str to ItemMeaning
        Items that are known.
    scales : mapping of int to (float, float), optional
        Ends of the scales of columns, where the file states them.
    """
    left = _customer(proposal, names, titles, unknown, cells)
    beside = sorted({answer for j in left for answer in cells[j].answers})
    taken: set[str] = set()
    for j in left:
        column = _Question(names[j], titles[j], cells[j], items, beside, taken)
        column.stated = (scales or {}).get(j) or stated_scale(titles[j])
        proposal.columns.append(column.proposed(proposal))
        if item := target_of(proposal.columns[-1].target):
            taken.add(item)
    order = {name: k for k, name in enumerate(names)}
    proposal.columns.sort(key=lambda column: order[column.name])


def _customer(
    proposal: Proposal,
    names: Sequence[str],
    titles: Sequence[str],
    unknown: Sequence[int],
    cells: Mapping[int, Cells],
) -> list[int]:
    """Find the column that says who the customer is, where the product has none; return the others."""
    if any(target_of(column.target) == "customer_id" for column in proposal.columns):
        return list(unknown)
    given = [j for j in unknown if cells[j].n and cells[j].n_emails + cells[j].n_nobody == cells[j].n]
    emails = [j for j in given if cells[j].n_emails]
    if len(emails) == 1:
        target = {"column": "customer_id", "as": "email"}
        why = Reason("vendors.looks_like_email")
        proposal.columns.append(Proposed(names[emails[0]], titles[emails[0]], target, why))
        proposal.said.append(Reason("vendors.emails_are_ids", {"column": names[emails[0]]}))
        return [j for j in unknown if j != emails[0]]
    options = tuple(names[j] for j in (emails or unknown))
    reason = Reason("vendors.ask_customer_of" if emails else "vendors.ask_customer")
    proposal.questions.append(Question("customer", reason, None, options))
    return list(unknown)


class _Question:
    """One question, and what it is proposed to be."""

    def __init__(
        self,
        name: str,
        title: str,
        cells: Cells,
        items: Mapping[str, ItemMeaning],
        beside: Sequence[str],
        taken: set[str],
    ) -> None:
        self.name, self.title, self.cells, self.items, self.taken = name, title, cells, items, taken
        self.scale: Scale | None = None
        self.stated: tuple[float, float] | None = None
        if cells.n and cells.answers and cells.n_answers < cells.n:
            self.scale = read_labels(cells.answers, beside)

    def proposed(self, proposal: Proposal) -> Proposed:
        cells = self.cells
        item = self._known_item()
        if item is not None and self._fits(self.items[item]):
            code = "named_item" if item.casefold() == self.name.casefold() else "own_item"
            target = self._with_labels(f"item:{item}", proposal)
            return self._made(target, Reason(f"vendors.{code}", {"item": item}))
        if item is not None and self._is_scale():
            return self._rescaled(proposal, item)
        if not cells.n:
            return self._made(False, Reason("vendors.empty_column"))
        if not self._is_scale():
            proposal.ignored.append(self.name)
            many = not cells.answers or cells.n_distinct * 2 > cells.n > 4
            return self._made(False, Reason("vendors.free_text" if many else "vendors.choices"))
        constructs, denied = constructs_of(self.title)
        ends = self._ends()
        if len(constructs) == 1 and not denied and ends is not None:
            return self._by_words(proposal, constructs[0], ends)
        return self._left_to_person(proposal, constructs)

    def _known_item(self) -> str | None:
        folded = {item.casefold(): item for item in self.items}
        found = folded.get(self.name.casefold()) or own_item(self.title)
        return found if found is not None and f"item:{found}" not in self.taken else None

    def _fits(self, meaning: ItemMeaning) -> bool:
        """Whether the answers are on the scale that the item has."""
        if not self.cells.n:
            return True
        if self.scale is not None:
            return (self.scale.min, self.scale.max) == (meaning.min, meaning.max)
        if not self._is_scale() or self.cells.low is None or self.cells.high is None:
            return False
        stated = stated_scale(self.title)
        return (
            meaning.min <= self.cells.low
            and self.cells.high <= meaning.max
            and stated in (None, (meaning.min, meaning.max))
        )

    def _is_scale(self) -> bool:
        return self.scale is not None or (
            self.cells.n_answers == self.cells.n > 0 and self._ends() is not None
        )

    def _ends(self) -> tuple[float, float] | None:
        if self.scale is not None:
            return self.scale.min, self.scale.max
        if self.cells.low is None or self.cells.high is None:
            return None
        if self.stated and self.stated[0] <= self.cells.low and self.cells.high <= self.stated[1]:
            return self.stated
        return usual_scale(self.cells.low, self.cells.high)

    def _rescaled(self, proposal: Proposal, item: str) -> Proposed:
        """A question that is known, with answers on another scale than its own."""
        low, high = self._ends() or (0, 0)
        own = self.items[item]
        target = {"item": f"{item}_{low:g}_{high:g}", "construct": own.construct, "min": low, "max": high}
        target |= {"value": own.value} if own.value else {}
        target |= {"reversed": True} if own.reversed else {}
        self._ask_scale(proposal, (low, high))
        said = {"item": item, "low": low, "high": high}
        return self._made(self._with_labels(target, proposal), Reason("vendors.other_scale", said))

    def _by_words(self, proposal: Proposal, construct: str, ends: tuple[float, float]) -> Proposed:
        target = {"item": self._item_name(ends), "construct": construct, "min": ends[0], "max": ends[1]}
        said = {"column": self.name, "construct": named(construct), "low": ends[0], "high": ends[1]}
        proposal.said.append(Reason("vendors.taken_for", said))
        asked = Reason("vendors.ask_confirm", {"title": self.title, "construct": named(construct)})
        proposal.questions.append(Question("construct", asked, self.name, CONSTRUCTS, construct))
        self._ask_scale(proposal, ends)
        made = self._with_labels(target, proposal)
        return self._made(made, Reason("vendors.words_of", {"construct": named(construct)}))

    def _ask_scale(self, proposal: Proposal, ends: tuple[float, float]) -> None:
        """Ask for the ends of a scale that neither words nor the question show."""
        if self.scale is None and self.stated is None:
            asked = Reason("vendors.ask_scale", {"title": self.title, "low": ends[0], "high": ends[1]})
            proposal.questions.append(Question("scale", asked, self.name, (), f"{ends[0]:g}-{ends[1]:g}"))

    def _left_to_person(self, proposal: Proposal, constructs: Sequence[str]) -> Proposed:
        asked = Reason("vendors.ask_measures", {"title": self.title})
        options = (*constructs, *(c for c in CONSTRUCTS if c not in constructs))
        proposal.questions.append(Question("construct", asked, self.name, options))
        return self._made(False, Reason("vendors.measures_unknown"))

    def _with_labels(self, target: Any, proposal: Proposal) -> Any:
        if self.scale is None:
            return target
        labels = {word: False if number is None else number for word, number in self.scale.labels.items()}
        words = [f"{word} = {number}" for word, number in self.scale.labels.items() if number is not None]
        said = {"column": self.name, "words": sorted(words, key=lambda w: w.rsplit(" ", 1)[-1])[:_WORDS]}
        proposal.said.append(Reason("tables.words_understood", said))
        if isinstance(target, str):
            target = {"item": target.removeprefix("item:")}
        return target | {"labels": labels}

    def _item_name(self, ends: tuple[float, float]) -> str:
        """A name for the item, the same wherever the same is asked on the same scale."""
        plain = plain_name(self.title) or plain_name(self.name) or "question"
        stem = plain
        if len(plain) > _LONG_NAME:
            stem = f"{plain[: _LONG_NAME - 9].rstrip('_')}_{zlib.crc32(plain.encode()):08x}"
        if ends != (1, 5):
            stem = f"{stem}_{ends[0]:g}_{ends[1]:g}"
        name, number = stem, 2
        while f"item:{name}" in self.taken or name in self.items or name in TABLES["responses"].columns:
            name, number = f"{stem}_{number}", number + 1
        return name

    def _made(self, target: Any, why: Reason) -> Proposed:
        return Proposed(self.name, self.title, target, why)
