"""What the methods of this room ask of the data: profiles out of tables, or out of a file of columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from verbond.errors import DataError, NotFoundError
from verbond.method import CIRCLE, CIRCLE_19
from verbond.results import Provenance
from verbond.tables import Tables, open_tables
from verbond.tables.column_file import ColumnFile
from verbond.tables.reads.answers import Answers, answers
from verbond.tables.reads.departments import departments
from verbond.tables.reads.following import purchases_after
from verbond.values.keys import columns_of_key, value_columns
from verbond.values.profiles import Profiles, score_profiles

__all__ = [
    "bought_after",
    "identity_of_tables",
    "latest_rows",
    "profiles_of_file",
    "profiles_of_source",
    "profiles_of_tables",
]


_NO_VALUES = frozenset({"id", "respondent_id", "customer_id", "person", "weight", "wave"})


def profiles_of_tables(tables: Tables, side: str = "own", group: str = "customer") -> Profiles | None:
    """Value profiles out of the table `responses`: each respondent's latest answers, on 0..100.

    Parameters
    ----------
    tables : Tables
    side : {"own", "seen"}
        What people hold dear, or what they see in the company.
    group : {"customer", "employee"}

    Returns
    -------
    Profiles or None
        None where nobody was asked about values.
    """
    if "responses" not in tables:
        return None
    return profiles_of_answers(answers(tables, group), tables, side)


def profiles_of_answers(asked: Answers, tables: Tables, side: str) -> Profiles | None:
    """As `profiles_of_tables`, from answers that are fetched already."""
    key: dict[str, list[str]] = {}
    columns: dict[str, np.ndarray] = {}
    rows = latest_rows(asked)
    for j, item in enumerate(asked.items):
        meaning = tables.items.get(item)
        if meaning is None or meaning.construct != f"values_{side}" or meaning.value is None:
            continue
        share = (asked.values[rows, j].astype(np.float64) - meaning.min) / (meaning.max - meaning.min)
        share = np.where((share < 0) | (share > 1), np.nan, share)
        columns[item] = 100 * (1 - share if meaning.reversed else share)
        key.setdefault(meaning.value, []).append(item)
    key = _one_circle(key)
    if not key or not any(np.isfinite(column).any() for column in columns.values()):
        return None
    return score_profiles(columns, key, ends=(0.0, 100.0), provenance=tables.provenance())


def _one_circle(key: dict[str, list[str]]) -> dict[str, list[str]]:
    """The values of one circle, ten or nineteen: the one of which more were asked."""
    sides = [
        {v: key[v] for v in key if v in {value.id for value in circle}} for circle in (CIRCLE, CIRCLE_19)
    ]
    return max(sides, key=len)


def identity_of_tables(tables: Tables) -> Profiles | None:
    """What employees see in the company, with their departments; None where no employee was asked."""
    if "responses" not in tables:
        return None
    asked = answers(tables, "employee")
    found = profiles_of_answers(asked, tables, "seen")
    if found is None:
        return None
    of = departments(tables)
    who = asked.respondent_ids[latest_rows(asked)]
    return dataclasses.replace(found, groups=np.array([of.get(str(id)) for id in who], dtype=object))


def outcomes_of_answers(asked: Answers, tables: Tables, constructs: Sequence[str]) -> dict[str, np.ndarray]:
    """Scores of constructs of those who answered, in the rows of their latest answers.

    Parameters
    ----------
    asked : Answers
    tables : Tables
        With the table `scores`, which `survey` writes; without it nothing is found.
    constructs : sequence of str

    Returns
    -------
    dict of str to (n,) float64
        Rows as in `profiles_of_answers`; NaN where there is no score.
    """
    if "scores" not in tables:
        return {}
    rows = latest_rows(asked)
    place = {
        (str(who), wave): i
        for i, (who, wave) in enumerate(zip(asked.respondent_ids[rows], asked.waves[rows], strict=True))
    }
    scores = tables.fetch("scores", ["respondent_id", "wave", "construct", "score"])
    found = {name: np.full(len(rows), np.nan) for name in constructs}
    for who, wave, name, score in zip(*scores.values(), strict=True):
        if name in found and (at := place.get((str(who), wave))) is not None:
            found[name][at] = score
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


def bought_after(asked: Answers, tables: Tables, horizon_days: int) -> np.ndarray | None:
    """Days with a purchase after the latest answer, rows as in `profiles_of_answers`; None where unknown."""
    known = purchases_after(tables, horizon_days)
    ids = asked.respondent_ids[latest_rows(asked)]
    return np.array([known.get(str(id), np.nan) for id in ids], dtype=np.float64) if known else None


def latest_rows(asked: Answers) -> np.ndarray:
    """The row of each respondent's latest answers, in the order of respondents."""
    n = len(asked.respondent_ids)
    answered = np.isfinite(asked.values).any(axis=1) if n else np.zeros(0, dtype=bool)
    day = np.where(np.isnat(asked.occurred_at), np.iinfo(np.int64).min, asked.occurred_at.astype(np.int64))
    wave = np.array(["" if w is None else str(w) for w in asked.waves], dtype=object)
    ids = asked.respondent_ids.astype(str) if n else np.zeros(0, dtype=str)
    order = np.lexsort((wave.astype(str) if n else ids, day, answered, ids))
    last = np.ones(n, dtype=bool)
    last[:-1] = ids[order][1:] != ids[order][:-1]
    return order[last]


def profiles_of_file(
    path: Path | str,
    side: str = "own",
    *,
    key: str | None = None,
    reverse: bool = False,
    any_names: bool = False,
) -> Profiles:
    """Value profiles out of a file with a column an item.

    Parameters
    ----------
    path : path
    side : {"own", "seen"}
        Which columns: `power` or `own_power`, or `seen_power`.
    key : {"pvq21", "pvq40"}, optional
        Items are numbered as in this instrument; by default columns carry the names of values.
    reverse : bool
        A low answer means that the value is held dear.
    any_names : bool
        Where no columns carry names of values, take every column as a value of your own: for a map without a
        theory to compare with.

    Raises
    ------
    DataError
        If fewer than three values are found among the columns.
    """
    with ColumnFile(path) as file:
        found = columns_of_key(key, file.names) if key is not None else value_columns(file.names, side)
        own_names = [name for name in file.names if name.lower() not in _NO_VALUES]
        if len(found) < 3 and any_names and len(own_names) > 2:
            found, columns = {}, file.numbers(own_names)
        elif len(found) < 3:
            raise DataError(
                f"fewer than three values among the columns of {Path(path).name}",
                got=", ".join(file.names[:12]), expected="columns named after values, such as own_power",
                hint="Or name the instrument with --key pvq21.",
            )  # fmt: skip
        else:
            columns = file.numbers([item for items in found.values() for item in items])
    provenance = Provenance(source=str(path))
    if found:
        return score_profiles(columns, found, reverse=reverse, provenance=provenance)
    scores = np.column_stack(list(columns.values()))
    return Profiles(tuple(columns), scores, scores.mean(axis=1), n_items=len(columns), provenance=provenance)


def profiles_of_source(
    source: str, side: str = "own", *, key: str | None = None, reverse: bool = False,
    group: str = "customer", any_names: bool = False,
) -> Profiles:  # fmt: skip
    """Profiles out of a file of columns, or out of tables (a folder, or "demo").

    Raises
    ------
    NotFoundError
        If nobody was asked about values there.
    """
    if Path(source).is_file():
        return profiles_of_file(source, side, key=key, reverse=reverse, any_names=any_names)
    with open_tables(source) as tables:
        found = profiles_of_tables(tables, side, group)
    if found is None:
        raise NotFoundError(
            f"nobody in {source} was asked about values",
            hint="The full questionnaire asks: verbond method questionnaire.",
        )
    return found
