"""A diagnosis as one file, so that pages and reports are made without computing anything again.

No rows of customers or respondents go into it. Of messages it holds the few that cost most, as the company
or its people wrote them, with personal data masked; nothing that customers wrote.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from verbond.diagnosis.answers import AnswerResults
from verbond.diagnosis.loyalty import LoyaltyResults
from verbond.diagnosis.results import Diagnosis
from verbond.ladder.scoring.saving import LADDER_TYPES, without_rows
from verbond.method import Text
from verbond.results.packing import FileKind, load_packed, save_packed, types_within
from verbond.tables import TablesCheck

__all__ = ["load_diagnosis", "save_diagnosis"]

_FILE = FileKind(
    "diagnosis", "verbond diagnose --save", 1, types_within(Diagnosis, Text, *LADDER_TYPES), Diagnosis
)


def save_diagnosis(diagnosis: Diagnosis, path: str | Path) -> None:
    """Write a diagnosis to a file.

    The report of what `load_diagnosis` reads is the same to the letter. The fitted ladder in it can still
    score, simulate and explain other tables; scores of respondents are left out.

    Parameters
    ----------
    diagnosis : Diagnosis
    path : str or Path
        Ends in .verbond by custom; an existing file is replaced.

    Raises
    ------
    OptionError
        If the folder is not there.

    Examples
    --------
    >>> import verbond
    >>> found = verbond.diagnose(verbond.open_tables("demo"))  # doctest: +SKIP
    >>> save_diagnosis(found, "zonnewende.verbond")            # doctest: +SKIP
    """
    save_packed(_without_people(diagnosis), path, _FILE)


def load_diagnosis(path: str | Path) -> Diagnosis:
    """Read a diagnosis from a file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Diagnosis

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If it is no diagnosis, was changed, is too large, or was written by a newer Verbond.
    """
    return load_packed(path, _FILE)


def _without_people(d: Diagnosis) -> Diagnosis:
    """The diagnosis without what its methods hand on about single people."""
    return replace(
        d,
        check=_check_without_cells(d.check) if d.check is not None else None,
        survey=replace(d.survey, scores={}) if d.survey is not None else None,
        ladder=without_rows(d.ladder) if d.ladder is not None else None,
        answers=_answers_without_people(d.answers) if d.answers is not None else None,
        loyalty=_loyalty_without_people(d.loyalty) if d.loyalty is not None else None,
    )


def _check_without_cells(check: TablesCheck) -> TablesCheck:
    """What was read and refused, and where; not what stood there, which may be a name or an address."""
    return replace(
        check,
        refused=tuple(
            replace(r, examples=tuple(replace(e, value=None) for e in r.examples)) for r in check.refused
        ),
        lost_references=tuple(replace(lost, examples=()) for lost in check.lost_references),
        _refusals=None,
    )


def _answers_without_people(answers: AnswerResults) -> AnswerResults:
    return replace(
        answers,
        rungs=replace(answers.rungs, people={}) if answers.rungs is not None else None,
        types=replace(answers.types, people={}) if answers.types is not None else None,
    )


def _loyalty_without_people(loyalty: LoyaltyResults) -> LoyaltyResults:
    """Without the fields that are about single people: those that stay out of JSON too."""
    parts = {part.name: getattr(loyalty, part.name) for part in fields(loyalty)}
    return replace(loyalty, **{name: _blank(result) for name, result in parts.items() if result is not None})


def _blank(result: Any) -> Any:
    return replace(result, **{f.name: {} for f in fields(result) if not f.metadata.get("json", True)})
