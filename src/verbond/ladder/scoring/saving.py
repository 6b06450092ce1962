"""A fitted ladder as one file, so that nobody fits again to score, simulate or explain.

No rows of customers go into it: what a model learnt from them is in its parameters.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from verbond.errors import DataError
from verbond.ladder.model.emissions import Amounts, Binary, Categories, Counts
from verbond.ladder.model.movement import Movement
from verbond.ladder.model.ordered import OrderedMovement
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.results import LadderResult
from verbond.ladder.words import Word
from verbond.method import Text
from verbond.results.packing import FileKind, load_packed, save_packed, types_within

__all__ = ["LADDER_TYPES", "load_ladder", "save_ladder", "without_rows"]

LADDER_TYPES = types_within(
    LadderResult, Amounts, Binary, Categories, Counts, Movement, OrderedMovement, SurveyScores, Text, Word
)
"""Every type that a ladder is made of."""
_FILE = FileKind("fitted ladder", "verbond ladder fit --save", 1, LADDER_TYPES, LadderResult)
_OF_ROWS = ("index", "values", "yes", "no", "bins", "n_orders", "shares", "design")
"""Fields of an emission that speak of the rows it was fitted to."""


def save_ladder(result: LadderResult, path: str | Path) -> None:
    """Write a fitted ladder to a file.

    Parameters
    ----------
    result : LadderResult
    path : str or Path
        Ends in .ladder by custom; an existing file is replaced.

    Raises
    ------
    DataError
        If the result has no model.
    OptionError
        If the folder is not there.
    """
    if result._fitted is None:
        why = " ".join(str(reason) for reason in result.reasons)
        raise DataError("there is no fitted ladder to save", hint=why)
    save_packed(without_rows(result), path, _FILE)


def load_ladder(path: str | Path) -> LadderResult:
    """Read a fitted ladder from a file.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If it is no ladder, was changed, or was written by a newer Verbond.
    """
    return load_packed(path, _FILE)


def without_rows(result: LadderResult) -> LadderResult:
    """The ladder with its model over no rows: all that scoring others needs, and nothing about a customer."""
    if result._fitted is None:
        return result
    model = result._fitted.model
    emissions = []
    for emission in model.emissions:
        if isinstance(emission, SurveyScores):
            nothing = np.zeros((0, emission.n_constructs))
            emissions.append(emission.with_scores(nothing, nothing))
            continue
        empty = {
            f.name: getattr(emission, f.name)[:0]
            for f in fields(emission)
            if f.name in _OF_ROWS and isinstance(getattr(emission, f.name), np.ndarray)
        }
        emissions.append(replace(emission, **empty))
    movement = replace(model.movement, covariates=model.movement.covariates[:0])
    bare = replace(
        model, emissions=tuple(emissions), movement=movement, n_shared=0, base=np.zeros(0, np.int64)
    )
    return replace(result, _fitted=replace(result._fitted, model=bare))
