"""What an archive says of an import, an erasure and a retention; how an import is written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from verbond.results import Result, plain
from verbond.tables.items import ItemMeaning

__all__ = ["FREE_TEXT", "KeptImport"]

FREE_TEXT = {"messages": ("text", "image"), "actions": ("label",)}
"""Columns of words that people wrote: they may name anybody, whatever the ids say."""


@dataclass(frozen=True, slots=True)
class KeptImport(Result):
    """One import, as `import.json` in its folder has it.

    Attributes
    ----------
    import_id : str
    number : int
        Place in the order of imports; the higher number wins where two say something of the same key.
    product : str
        What the file came from ("shopify"); free.
    file_name, source_sha256 : str
    imported_at : datetime
        UTC.
    name : str
        What the tables were called.
    simulated : bool
    n_rows : mapping of str to int
        Table -> rows kept.
    n_refused : int
        Rows that reading refused; they stand in `refused.csv`.
    n_erased : int
        Rows left out because they are of somebody who was erased.
    n_expired : int
        Rows left out because they are older than what is kept.
    first, last : date or None
        Of what happened (not of customers and plans), as the source had it.
    free_text : tuple of str
        "table.column" of words that people wrote.
    contact : mapping of str to tuple of str
        Kind of contact data -> columns of `customers` that were put apart.
    items : mapping of str to ItemMeaning
        What the items measure, where that is not as in our own questionnaire.
    """

    import_id: str
    number: int
    product: str
    file_name: str
    source_sha256: str
    imported_at: dt.datetime
    name: str
    simulated: bool
    n_rows: Mapping[str, int]
    n_refused: int
    n_erased: int = 0
    n_expired: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    free_text: tuple[str, ...] = ()
    contact: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: Mapping[str, ItemMeaning] = field(default_factory=dict)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a table."""
        return [{"table": table, "rows": n} for table, n in self.n_rows.items()]

    def to_json(self) -> dict[str, Any]:
        """What `import.json` holds."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> KeptImport:
        """Read back what `to_json` gave."""
        days = {k: dt.date.fromisoformat(given[k]) if given[k] else None for k in ("first", "last")}
        return cls(
            **{
                **given,
                **days,
                "imported_at": dt.datetime.fromisoformat(given["imported_at"]),
                "free_text": tuple(given["free_text"]),
                "contact": {kind: tuple(columns) for kind, columns in given["contact"].items()},
                "items": read_meanings(given["items"]),
            }
        )


def read_meanings(given: Mapping[str, Mapping[str, Any]]) -> dict[str, ItemMeaning]:
    """Items as JSON has them."""
    return {item: ItemMeaning(**meaning) for item, meaning in given.items()}
