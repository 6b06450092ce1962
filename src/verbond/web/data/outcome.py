"""What came of an import, ready for a page."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from verbond.results import Language, sentence
from verbond.results.wording import entries
from verbond.tables import TABLES
from verbond.web.data.targets import told
from verbond.web.store.models import Import

if TYPE_CHECKING:
    from verbond.tables import Archive

__all__ = ["Outcome", "RefusedFor", "outcome_of"]

_LOOKED_AT = 5000
"""So many lines of the refused rows are looked through for examples."""
_EXAMPLES = 3
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class RefusedFor:
    """Rows that were refused for one reason."""

    reason: str
    n_rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one import.

    Attributes
    ----------
    n_lines : int
        Rows of the file.
    files : list of dict
        A table each: rows kept, refused and blank, and their sum.
    first, last : date or None
    refused : tuple of RefusedFor
    n_refused : int
    notes : tuple of str
    facts : dict
        Everything else that was written down.
    """

    n_lines: int
    files: list[dict[str, Any]]
    first: dt.date | None
    last: dt.date | None
    refused: tuple[RefusedFor, ...]
    n_refused: int
    notes: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)


def outcome_of(one: Import, archive: Archive, language: Language) -> Outcome:
    """Gather what came of an import; cells of refused rows are read from where they can be erased."""
    facts = one.outcome
    files = facts.get("files", [])
    return Outcome(
        n_lines=max((f["n_lines"] for f in files), default=0),
        files=files,
        first=_day(facts.get("first")),
        last=_day(facts.get("last")),
        refused=_refused(facts.get("refused", []), _examples(one, archive, language), language),
        n_refused=sum(f["n_refused"] for f in files),
        notes=tuple(_said(n["code"], n["values"], language) for n in facts.get("notes", [])),
        facts=facts,
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _said(code: str, values: dict[str, Any], language: Language) -> str:
    return sentence(code, language, **values) if code in entries(language) else ""


def _refused(
    groups: list[dict[str, Any]], examples: dict[tuple[str, str, str], list[str]], language: Language
) -> tuple[RefusedFor, ...]:
    return tuple(
        RefusedFor(
            _why(group, language),
            group["n_rows"],
            tuple(examples.get((group["table"], group["column"] or "", group["code"]), ())),
        )
        for group in groups
    )


def _why(group: dict[str, Any], language: Language) -> str:
    values = {"column": group["column"] or "", "key": list(TABLES[group["table"]].key)}
    if group["code"] == "unknown_choice":
        return told("refused_unknown_choice", language, **values)
    return sentence(f"tables.refused_{group['code']}", language, **values)


def _examples(one: Import, archive: Archive, language: Language) -> dict[tuple[str, str, str], list[str]]:
    path = archive.refused(str(one.pk))
    found: dict[tuple[str, str, str], list[str]] = {}
    if path is None:
        return found
    with path.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), _LOOKED_AT):
            here = found.setdefault((row["table"], row["column"], row["code"]), [])
            if len(here) < _EXAMPLES:
                value = row["value"][:_SHOWN]
                code = "line" if value else "line_only"
                here.append(told(code, language, line=row["line"], value=value))
    return found
