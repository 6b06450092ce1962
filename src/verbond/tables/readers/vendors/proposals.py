"""What the columns of a recognised export are proposed to be, and what only a person can decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from verbond.results import Reason
from verbond.tables.readers.names import plain_name
from verbond.tables.readers.vendors.products import Product, key_of
from verbond.tables.schema import TABLES

__all__ = [
    "Proposal",
    "Proposed",
    "Question",
    "all_words",
    "propose_columns",
    "reads_email",
    "remember",
    "target_of",
]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can decide.

    Attributes
    ----------
    code : str
        "date_order", "customer", "construct", "scale", "table", "names" or "unreadable".
    reason : Reason
        The question as a sentence.
    column : str or None
        The column that it is about.
    options : tuple of str
        The answers that are possible, where they can be listed.
    proposed : str or None
        The answer that is taken until someone says otherwise; None where nothing is.
    """

    code: str
    reason: Reason
    column: str | None = None
    options: tuple[str, ...] = ()
    proposed: str | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one column is proposed to be.

    Attributes
    ----------
    name : str
        As the mapping names it.
    title : str
        As people read it.
    target : str, mapping or False
        What the mapping says of it; False leaves it out.
    why : Reason
    """

    name: str
    title: str
    target: Any
    why: Reason


@dataclass(slots=True)
class Proposal:
    """What a file is proposed to be.

    Attributes
    ----------
    product : Product
    language : str or None
    columns : list of Proposed
    questions : list of Question
    ignored : list of str
        Columns that nobody knows.
    date_order : str or None
        Taken for the whole file.
    said : list of Reason
        What was taken for what.
    """

    product: Product
    language: str | None
    columns: list[Proposed] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    date_order: str | None = None
    said: list[Reason] = field(default_factory=list)

    def entry(self) -> dict[str, Any]:
        """The file's entry in a mapping, every column stated."""
        product, made = self.product, {"product": self.product.id}
        if product.table is not None:
            made["table"] = product.table
        else:
            made["skip"] = True
        if self.date_order:
            made["date_order"] = self.date_order
        if product.numbered and not self._has(product.numbered):
            made["numbered"] = product.numbered
        if product.constants:
            made["constants"] = dict(product.constants)
        if product.values:
            made["values"] = {column: dict(words) for column, words in product.values.items()}
        made["columns"] = {column.name: column.target for column in self.columns}
        if product.also is not None:
            made["also"] = self._also(product.also)
        return made

    def add_unknown(self, name: str, title: str) -> None:
        """A column that the product is not known to write: left out, and said."""
        why = Reason("vendors.unknown_column", {"product": self.product.name})
        self.columns.append(Proposed(name, title, False, why))
        self.ignored.append(name)

    def asks(self, code: str) -> bool:
        """Whether there is a question of this sort."""
        return any(question.code == code for question in self.questions)

    def _has(self, canonical: str) -> bool:
        return any(target_of(column.target) == canonical for column in self.columns)

    def _also(self, also: Product) -> dict[str, Any]:
        targets = {column.name: also.target(column.name) or False for column in self.columns}
        return {"table": also.table, "constants": dict(also.constants), "columns": targets}


def target_of(target: Any) -> str | None:
    """The canonical column, attribute or item that a mapping gives a column; None where it is left out.

    Examples
    --------
    >>> target_of({"column": "customer_id", "as": "email"}), target_of({"item": "Q1"}), target_of(False)
    ('customer_id', 'item:Q1', None)
    """
    if not target:
        return None
    if isinstance(target, Mapping):
        return f"item:{target['item']}" if "item" in target else target.get("column")
    return str(target)


def reads_email(target: Any) -> bool:
    """Whether a mapping reads a column as e-mail addresses."""
    return isinstance(target, Mapping) and target.get("as") == "email"


def propose_columns(
    proposal: Proposal, names: Sequence[str], titles: Sequence[str], blank: Sequence[bool] = ()
) -> list[int]:
    """Add what the product itself says of its columns.

    Parameters
    ----------
    proposal : Proposal
    names, titles : sequence of str
    blank : sequence of bool, optional
        Columns that hold nothing: another that means the same is taken.

    Returns
    -------
    list of int
        Columns that the product does not know.
    """
    product = proposal.product
    chosen = _chosen(product, names, blank)
    unknown = []
    for j, (name, title) in enumerate(zip(names, titles, strict=True)):
        target = product.target(name)
        canonical = target_of(target)
        if target is None:
            unknown.append(j)
        elif canonical is None:
            proposal.columns.append(Proposed(name, title, False, _why("known_left_out", product)))
        elif canonical in chosen and chosen[canonical] != j:
            why = Reason("vendors.second_choice", {"column": names[chosen[canonical]]})
            proposal.columns.append(Proposed(name, title, False, why))
        else:
            proposal.columns.append(Proposed(name, title, target, _reason_of(product, target, canonical)))
            if reads_email(target):
                proposal.said.append(Reason("vendors.emails_are_ids", {"column": name}))
    return unknown


def _chosen(product: Product, names: Sequence[str], blank: Sequence[bool]) -> dict[str, int]:
    """The column of each canonical one: the first that the product names, is there and holds something."""
    place: dict[str, int] = {}
    for j, name in enumerate(names):
        place.setdefault(key_of(name), j)
    found: dict[str, int] = {}
    for known, target in product.columns.items():
        j, canonical = place.get(key_of(known)), str(target_of(target))
        if j is None:
            continue
        if canonical not in found or (blank and blank[found[canonical]] and not blank[j]):
            found[canonical] = j
    return found


def _why(code: str, product: Product) -> Reason:
    return Reason(f"vendors.{code}", {"product": product.name})


def _reason_of(product: Product, target: Any, canonical: str) -> Reason:
    if reads_email(target):
        return Reason("vendors.email_is_id")
    if product.table == "customers" and canonical not in TABLES["customers"].columns:
        return Reason("vendors.attribute")
    return _why("product_column", product)


def all_words(stated: Mapping[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that are stated of answers in words, with those of words that are new.

    New words count only where the proposal gives every word that it shares the number that is stated: else
    it takes the answers for another scale.

    Examples
    --------
    >>> all_words({"Agree": 4}, {"Agree": 4, "Disagree": 2}), all_words({"Agree": 4}, {"Agree": 6, "No": 2})
    ({'Agree': 4, 'Disagree': 2}, {'Agree': 4})
    """
    agree = all(proposed.get(word, number) == number for word, number in stated.items())
    return {**proposed, **stated} if agree else dict(stated)


def _with_new_words(stated: Any, proposed: Any) -> Any:
    if not (isinstance(stated, Mapping) and isinstance(proposed, Mapping) and stated.get("labels")):
        return stated
    return {**stated, "labels": all_words(stated["labels"], proposed.get("labels", {}))}


def _with_item(name: str, stated: Any) -> Any:
    """What is stated of a question, with the name that its item takes from the column."""
    if isinstance(stated, Mapping) and "construct" in stated and "item" not in stated:
        return {"item": plain_name(name), **stated}
    return stated


def remember(proposal: Proposal, earlier: Mapping[str, Any]) -> None:
    """Put what was stated earlier in the place of what is proposed; what it answers is not asked again.

    Parameters
    ----------
    proposal : Proposal
    earlier : mapping
        A file's entry in a mapping; columns of it that the file does not have are passed over.
    """
    columns = earlier.get("columns", {})
    given = {plain_name(name) or name: _with_item(name, target) for name, target in columns.items()}
    taken = {target_of(target) for target in given.values()} - {None}
    known: set[str] = set()
    for k, column in enumerate(proposal.columns):
        name = plain_name(column.name) or column.name
        if name in given:
            target = _with_new_words(given[name], column.target)
            proposal.columns[k] = replace(column, target=target, why=Reason("vendors.stated"))
            known.add(column.name)
        elif target_of(column.target) in taken:
            proposal.columns[k] = replace(column, target=False, why=Reason("vendors.stated_otherwise"))
    answered = {"date_order"} if "date_order" in earlier else set()
    if "customer_id" in taken:
        answered |= {"customer", "names"}
    proposal.questions = [q for q in proposal.questions if q.code not in answered and q.column not in known]
    proposal.ignored = [name for name in proposal.ignored if name not in known]
