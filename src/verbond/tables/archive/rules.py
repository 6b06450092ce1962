"""What holds for every import to come: who was erased, and how far back data are kept.

```
erased.json       hashes of the pseudonyms that were erased: they are known when they come again
retention.json    table -> first day that is kept
pending.json      an erasure or retention that is at work; the next process that writes ends it
```
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from verbond.tables.archive.layout import read_json, write_json
from verbond.tables.readers.sql import any_of, cast, column, is_null, value
from verbond.tables.schema import TABLES

__all__ = ["DATED", "REFUSED", "Rules", "is_kept"]

DATED = {
    name: next(c.name for c in known.columns.values() if c.type in ("date", "timestamp"))
    for name, known in TABLES.items()
    if name not in ("customers", "actions")
}
"""Tables of what happened, with the column that says when."""
REFUSED = "refused"
"""What `retain` calls the files of refused rows."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one archive.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @property
    def tombstones(self) -> list[str]:
        """Hashes of pseudonyms that were erased."""
        return read_json(self.folder / "erased.json") or []

    def bury(self, tombstones: Iterable[str]) -> None:
        """Remember hashes of pseudonyms."""
        write_json(self.folder / "erased.json", sorted({*self.tombstones, *tombstones}))

    @property
    def first_days(self) -> dict[str, dt.date]:
        """Table -> first day that is kept."""
        stated = read_json(self.folder / "retention.json") or {}
        return {name: dt.date.fromisoformat(day) for name, day in stated.items()}

    def keep_from(self, first_days: Mapping[str, dt.date]) -> None:
        """Keep nothing of these tables from before these days."""
        stated = {**self.first_days, **first_days}
        write_json(self.folder / "retention.json", {name: str(day) for name, day in stated.items()})


def is_kept(name: str, columns: Iterable[str], first_days: Mapping[str, dt.date]) -> exp.Expr | None:
    """Whether a row is recent enough; None where all are. A row without a date stays."""
    if name not in first_days or DATED[name] not in columns:
        return None
    when = column(DATED[name])
    recent = exp.GTE(this=when, expression=cast(value(str(first_days[name])), "DATE"))
    return any_of(recent, is_null(when))
