"""Scores of values as the package pyvalues reads and writes them: a file with tabs, a column a value.

pyvalues (MIT) gathers classifiers of the ValueEval tasks. It knows ten values, twelve (the ten, face and
humility) or nineteen, each with or without "attained" and "constrained". We keep ten: of the nineteen the
highest of each family counts, as in pyvalues itself, and face and humility have no place among the ten.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import NotFoundError, ReadError
from verbond.expressions.kinds import VALUES
from verbond.expressions.rating import Ratings
from verbond.method import CIRCLE_19

__all__ = ["ValueScores", "read_pyvalues", "write_pyvalues"]

_ATTAINMENT = ("", " attained", " constrained")
_ORDER = (
    "self_direction", "stimulation", "hedonism", "achievement", "power",
    "security", "tradition", "conformity", "benevolence", "universalism",
)  # fmt: skip
"""In which pyvalues writes the ten."""
_NO_PLACE = ("face", "humility")
_ASIDE = ("ID", "Text", "Language")


@dataclass(frozen=True, slots=True)
class ValueScores:
    """Scores of texts on the ten values.

    Attributes
    ----------
    ids, texts, languages : (n,) tuple of str
        "" where the file has none.
    scores : (n, 10) float
        0..1 in the order of `VALUES`.
    without_place : tuple of str
        Columns that have no place among the ten.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    languages: tuple[str, ...]
    scores: np.ndarray
    without_place: tuple[str, ...]


def _name(id: str) -> str:
    """As pyvalues names a value."""
    for family in ("self_direction", *(value for value in VALUES if value != "self_direction")):
        if id.startswith(f"{family}_"):
            return f"{_name(family)}: {id.removeprefix(f'{family}_')}"
    return id.replace("_", "-").capitalize()


def _family(id: str) -> str:
    return next((value for value in VALUES if id == value or id.startswith(f"{value}_")), id)


_COLUMNS = {
    (_name(id) + kind).casefold(): (id, _family(id))
    for id in dict.fromkeys([*VALUES, *(value.id for value in CIRCLE_19)])
    for kind in _ATTAINMENT
}
"""Column, in small letters: its value, and that among the ten (or face or humility)."""


def read_pyvalues(path: Path) -> ValueScores:
    """Read a file that pyvalues wrote, or one with the same columns.

    Parameters
    ----------
    path : Path
        UTF-8 with tabs. What was attained and what was constrained of a value count together.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ReadError
        If it has no column of a value, or a score is not from 0 to 1.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(csv.reader(file, delimiter="\t"), path.name)
    except FileNotFoundError:
        raise NotFoundError(f"no file {path.name}", expected="a file with tabs that pyvalues wrote") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReadError(f"no table with tabs: {error}", file=path.name) from None


def _read(rows: Any, name: str) -> ValueScores:
    header = next(rows, [])
    known = [
        (i, *_COLUMNS[column.casefold()]) for i, column in enumerate(header) if column.casefold() in _COLUMNS
    ]
    if not known:
        raise ReadError(
            "no column is a value", file=name, value=", ".join(header)[:200],
            expected="columns such as 'Security: personal'",
        )  # fmt: skip
    aside = {word: header.index(word) for word in _ASIDE if word in header}
    told: dict[str, list[str]] = {word: [] for word in _ASIDE}
    scores = []
    for row in rows:
        if len(row) != len(header):
            raise ReadError(
                "a line has another number of columns than the header", file=name, line=rows.line_num,
                value=str(len(row)), expected=str(len(header)),
            )  # fmt: skip
        for word, cells in told.items():
            cells.append(row[aside[word]] if word in aside else "")
        scores.append(_ten(row, known, header, name, rows.line_num))
    return ValueScores(
        *(tuple(told[word]) for word in _ASIDE),
        scores=np.array(scores).reshape(-1, len(VALUES)),
        without_place=tuple(header[i] for i, _, family in known if family in _NO_PLACE),
    )


def _ten(
    row: list[str], known: list[tuple[int, str, str]], header: list[str], name: str, line: int
) -> np.ndarray:
    """Of what is attained and constrained the sum, of a family the highest."""
    sums: dict[tuple[str, str], float] = {}
    for i, value, family in known:
        try:
            score = float(row[i])
        except ValueError:
            score = math.nan
        if not 0 <= score <= 1:
            raise ReadError(
                "a score is a number from 0 to 1", file=name, line=line, column=header[i], value=row[i][:40]
            )
        sums[family, value] = min(sums.get((family, value), 0.0) + score, 1.0)
    return np.array(
        [max((s for (family, _), s in sums.items() if family == one), default=0.0) for one in VALUES]
    )


def write_pyvalues(path: Path, ratings: Ratings, ids: Sequence[str] | None = None) -> int:
    """Write the ten values of rated messages as pyvalues does.

    Parameters
    ----------
    path : Path
    ratings : Ratings
        Messages without a rating are left out: pyvalues has no place for not knowing.
    ids : sequence of str, optional
        Of the messages; numbers from 1 where not given.

    Returns
    -------
    int
        Messages written.

    Notes
    -----
    This file goes from machine to machine: texts stand in it as they are, also those that a spreadsheet would
    take for a formula.
    """
    named = ids if ids is not None else [str(i) for i in range(1, len(ratings.messages) + 1)]
    rated = [both for both in zip(named, ratings.messages, strict=True) if not both[1].abstained]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow([*_ASIDE, *map(_name, _ORDER)])
        for id, one in rated:
            writer.writerow([id, one.text, one.language, *(one.values[value] for value in _ORDER)])
    return len(rated)
