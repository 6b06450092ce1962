"""The products whose export files are known, as `signatures.toml` says it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from verbond.tables.readers.names import column_of, plain_name
from verbond.tables.readers.vendors.layouts import LAYOUTS, Header

__all__ = ["GENERIC", "PRODUCTS", "Product", "Refusal", "Signature", "key_of", "product_of"]

_QUESTION_LENGTH = 12


def key_of(name: str) -> str:
    """Return a header without case, accents, blanks and punctuation, but for one that holds nothing else.

    Examples
    --------
    >>> key_of("Respondent ID"), key_of("RespondentID"), key_of("#")
    ('respondentid', 'respondentid', '#')
    """
    return plain_name(name).replace("_", "") or name.strip().casefold()


def _fits(pattern: str, key: str) -> bool:
    """Whether a header's key is what the pattern says; "*" stands for any beginning or end."""
    if pattern.startswith("*"):
        return key.endswith(key_of(pattern[1:]))
    return key.startswith(key_of(pattern[:-1])) if pattern.endswith("*") else key == key_of(pattern)


@dataclass(frozen=True, slots=True)
class Signature:
    """One header that a product writes.

    Attributes
    ----------
    language : str or None
        Of the header.
    need : tuple of str
        All of these stand in it.
    any : tuple of str
        Of these, `at_least` so many.
    at_least : int
    first : str or None
        The first column.
    questions : bool
        Another column is a question, and none a canonical column of events or customers.
    provisional : bool
        Only the whole header, over all its rows, tells.
    """

    language: str | None = None
    need: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    at_least: int = 0
    first: str | None = None
    questions: bool = False
    provisional: bool = False

    def n_matched(self, cells: Sequence[str]) -> int:
        """How many cells of a header speak for it; 0 where it is another header."""
        keys = [key_of(cell) for cell in cells]
        known = set(keys)
        if self.first is not None and (not keys or keys[0] != key_of(self.first)):
            return 0
        if not all(any(_fits(n, k) for k in known) if "*" in n else key_of(n) in known for n in self.need):
            return 0
        n_any = sum(key_of(name) in known for name in self.any)
        if n_any < self.at_least or (self.questions and not _has_questions(cells[1:])):
            return 0
        return len(self.need) + n_any + (self.first is not None)


def _has_questions(cells: Sequence[str]) -> bool:
    if any(column_of(table, cell) for table in ("events", "customers") for cell in cells):
        return False
    return any("?" in cell or (" " in cell.strip() and len(cell) >= _QUESTION_LENGTH) for cell in cells)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of a file that are no rows of its table.

    Attributes
    ----------
    code : str
        Of the reason.
    columns : tuple of str
        The first of these that is there is looked at.
    values : tuple of str
        Refused where it says one of these, in lower case.
    filled : bool
        Refused where it says anything.
    """

    code: str
    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of export file.

    Attributes
    ----------
    id, name : str
    kind : str
        "survey", "orders", "customers", "contacts", "reviews", "mailing" or "generic".
    table : str or None
        Canonical table; None where the file holds nothing that can be read as one.
    signatures : tuple of Signature
    layout : str
        How the header stands (see `LAYOUTS`).
    columns : mapping of str to str or mapping
        Column in the file: what a mapping says of it.
    attributes, out : tuple of str
        Kept under their own name; known, and left out.
    constants : mapping
    numbered : str or None
    fold : str or None
        A row whose `head` is empty belongs to the row before it with the same value here.
    head : tuple of str
    sums : tuple of str
        Columns that are added up over such rows.
    minus : mapping of str to str
        Column: the column that is taken off it.
    refuse : tuple of Refusal
    unique : tuple of str
        Canonical columns that together tell its rows apart, for tables without a key.
    values : mapping of str to mapping
        Canonical column: value in the file -> what it means.
    date_orders : mapping of str to str
        Pattern of a cell: the order of day and month that the product writes so.
    names : mapping
        "name" and "id": columns that tell who a name is.
    match_names : mapping
        "name" and "column": a name that stands for the canonical column.
    also : Product or None
        What else the file holds.
    """

    id: str
    name: str
    kind: str
    table: str | None = None
    signatures: tuple[Signature, ...] = ()
    layout: str = "plain"
    columns: Mapping[str, Any] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    numbered: str | None = None
    fold: str | None = None
    head: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    minus: Mapping[str, str] = field(default_factory=dict)
    refuse: tuple[Refusal, ...] = ()
    unique: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_orders: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    match_names: Mapping[str, str] = field(default_factory=dict)
    also: Product | None = None

    def matched(self, cells: Sequence[str]) -> tuple[int, bool]:
        """How many cells are names that the product writes, and whether they are its header."""
        n = max((s.n_matched(cells) for s in self.signatures), default=0)
        return n, n > 0

    def wrote(self, header: Header) -> bool:
        """Whether the whole header is one that the product writes."""
        return any(s.n_matched(header.names) for s in self.signatures if not s.provisional)

    @property
    def is_weak(self) -> bool:
        """Whether its header could be that of many files."""
        return not self.signatures or any(s.questions for s in self.signatures)

    def language(self, cells: Sequence[str]) -> str | None:
        """Language of a header."""
        best = max(self.signatures, key=lambda s: s.n_matched(cells), default=None)
        return best.language if best and best.n_matched(cells) else None

    def header(self, cells: Sequence[str], following: Sequence[Sequence[str]]) -> Header:
        """The names of the columns, from the header and the rows that follow it."""
        return LAYOUTS[self.layout](cells, following)

    def target(self, name: str) -> Any:
        """What a mapping says of a column: its target; False where it is known and left out; None."""
        key = key_of(name)
        for known, target in self.columns.items():
            if key_of(known) == key:
                return target
        if any(key_of(known) == key for known in self.attributes):
            return name
        return False if any(_fits(known, key) for known in self.out) else None


GENERIC = Product("generic", "", "generic")


def _product(id: str, entry: Mapping[str, Any], all: Mapping[str, Any]) -> Product:
    entry = {**all[entry["like"]], **entry} if "like" in entry else dict(entry)
    known, also = entry.get("known", {}), entry.get("also")
    refuse = tuple(
        Refusal(code, tuple(r["column"]), tuple(r.get("is", ())), r.get("filled", False))
        for code, r in entry.get("refuse", {}).items()
    )
    return Product(
        id,
        entry.get("name", ""),
        entry.get("kind", "generic"),
        entry.get("table"),
        tuple(_signature(s) for s in entry.get("headers", ())),
        entry.get("layout", "plain"),
        entry.get("columns", {}),
        tuple(known.get("attributes", ())),
        tuple(known.get("out", ())),
        entry.get("constants", {}),
        entry.get("numbered"),
        entry.get("fold"),
        tuple(entry.get("head", ())),
        tuple(entry.get("sums", ())),
        entry.get("minus", {}),
        refuse,
        tuple(entry.get("unique", ())),
        entry.get("values", {}),
        entry.get("date_orders", {}),
        entry.get("names", {}),
        entry.get("match_names", {}),
        _product(id, also, all) if also else None,
    )


def _signature(entry: Mapping[str, Any]) -> Signature:
    return Signature(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()})


@cache
def _products() -> Mapping[str, Product]:
    text = (files("verbond.tables.readers.vendors") / "signatures.toml").read_text("utf-8")
    given = tomllib.loads(text)
    return MappingProxyType({id: _product(id, entry, given) for id, entry in given.items()})


PRODUCTS: Mapping[str, Product] = _products()
"""Every product that is known, by id."""


def product_of(
    cells: Sequence[str], following: Sequence[Sequence[str]] = (), among: Iterable[Product] | None = None
) -> tuple[Product | None, int]:
    """Return the product whose header this is, and how many names speak for it; the most win."""
    best, most = None, 0
    for product in PRODUCTS.values() if among is None else among:
        n, _ = product.matched(cells)
        if n > most and product.wrote(product.header(cells, following)):
            best, most = product, n
    return best, most
