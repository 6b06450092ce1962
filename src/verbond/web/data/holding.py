"""What an organisation's tables hold now, and which file would help most."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from verbond.results import Reason
from verbond.web.diagnosing import archive_of, diagnosis_of
from verbond.web.store import reads
from verbond.web.store.models import Organisation

if TYPE_CHECKING:
    from verbond.tables import Tables
    from verbond.tables.reads import Matched

__all__ = ["Held", "Holdings", "archived_of", "holdings_of", "next_file"]

FEW = 0.2
"""Where fewer of those who answered are known as customers, answers and behaviour hardly meet."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one table holds."""

    table: str
    n_rows: int
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What all tables hold.

    Attributes
    ----------
    tables : tuple of Held
    matched : Matched or None
        None for the demo company, of which that is no news.
    """

    tables: tuple[Held, ...]
    matched: Matched | None = None

    def __contains__(self, table: object) -> bool:
        return any(held.table == table for held in self.tables)


def holdings_of(organisation: Organisation) -> Holdings | None:
    """What is kept for an organisation; None where nothing is."""
    if organisation.kind == Organisation.Kind.DEMO:
        run = reads.last_run(organisation)
        check = diagnosis_of(run).check if run is not None else None
        return None if check is None else Holdings(tuple(_held(t) for t in check.tables))
    return archived_of(organisation)


def archived_of(organisation: Organisation) -> Holdings | None:
    """What was brought or answered: of the demo company the answers of its surveys alone."""
    imports = archive_of(organisation).imports()
    if not imports:
        return None
    state = tuple((one.import_id, tuple(sorted(one.n_rows.items()))) for one in imports)
    return _holdings(organisation.pk, state)


@lru_cache(maxsize=64)
def _holdings(organisation_id: int, state: tuple) -> Holdings:
    from verbond.tables.reads import matched

    with archive_of(Organisation(pk=organisation_id)).open() as tables:
        return Holdings(_counted(tables), matched(tables))


def _counted(tables: Tables) -> tuple[Held, ...]:
    return tuple(_held(one) for one in tables.check.tables)


def _held(check: object) -> Held:
    return Held(check.table, check.n_rows, check.first, check.last)  # type: ignore[attr-defined]


def next_file(held: Holdings | None) -> Reason | None:
    """The file that would help most, and why; None where nothing is kept, or nothing is missing."""
    if held is None or held.matched is None:
        return None
    found = held.matched
    numbers = {"n": found.n_answered, "n_matched": found.n_matched}
    if "responses" not in held:
        code = "next_answers"
    elif "events" not in held:
        code = "next_events"
    elif found.n_matched == 0:
        code = "next_match"
    elif found.n_matched < FEW * found.n_answered:
        code = "next_match_few"
    elif "customers" not in held:
        code = "next_customers"
    elif "actions" not in held:
        code = "next_actions"
    else:
        return None
    return Reason(f"web_data.{code}", numbers)
