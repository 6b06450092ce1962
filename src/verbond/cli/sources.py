"""Tables of a source, as commands open them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from verbond.results import ProgressFunction, silent

if TYPE_CHECKING:
    from verbond.tables import Tables

__all__ = ["opened_for_groups"]


@contextmanager
def opened_for_groups(
    source: str, engine: str, *, by: Sequence[str] = ("type",), progress: ProgressFunction = silent
) -> Iterator[Tables]:
    """The tables of a source; with what groups or the method ask for and nobody worked out yet.

    Parameters
    ----------
    source : str
        As in `verbond.tables.open_tables`.
    engine : str
    by : sequence of str
        Groups that are asked for. For "type" and "rung" the answers are scored; for "rung" the ladder is
        fitted too, and each customer stands in each period where she was known to stand then.
    progress : callable
    """
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        if {"type", "rung"} & set(by) and "responses" in tables and "scores" not in tables:
            from verbond.survey import Survey

            scores = Survey().fit(tables, progress=progress).scores
            tables = tables.add("scores", scores) if len(scores["respondent_id"]) else tables
        if "rung" in by and "scores" in tables and "rungs" not in tables:
            from verbond.diagnosis.loyalty import with_rungs
            from verbond.ladder import Ladder

            tables = with_rungs(tables, Ladder().fit(tables, progress=progress))
        yield tables
