"""A fitted ladder as one file, so that nobody fits again to score, simulate or explain.

The file is a NumPy archive without pickles: arrays, and a header in JSON that says how they hang together. No
rows of customers go into it: what a model learnt from them is in its parameters.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.ladder.coding.layout import Layout
from verbond.ladder.fit.choice import Alternative, Choice
from verbond.ladder.judging.heldout import HeldOut, Prediction
from verbond.ladder.judging.order import OrderVerdict
from verbond.ladder.model.emissions import Amounts, Binary, Categories, Counts
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.ordered import OrderedMovement
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.model.space import Space
from verbond.ladder.results import EmissionSummary, LadderResult, MoveEffect, SegmentShares
from verbond.ladder.words import Word
from verbond.method import Text
from verbond.results import Estimate, Provenance, Reason
from verbond.version import __version__

__all__ = ["load_ladder", "save_ladder"]

FORMAT = 1
_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Alternative, Amounts, Binary, Categories, Choice, Counts, EmissionSummary, Estimate, Fitted, HeldOut,
        LadderModel, LadderResult, Layout, MoveEffect, Movement, OrderVerdict, OrderedMovement, Prediction,
        Provenance, Reason, SegmentShares, Space, Start, SurveyScores, Text, Word,
    )
}  # fmt: skip
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
    path = Path(path)
    if not path.parent.is_dir():
        raise OptionError("the folder is not there", got=str(path.parent), hint="Make it first.")
    arrays: dict[str, np.ndarray] = {}
    tree = _pack(replace(result, _fitted=_without_rows(result._fitted)), arrays)
    header = {"format": FORMAT, "version": __version__, "digest": _digest(tree, arrays), "tree": tree}
    with path.open("wb") as file:
        np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)


def load_ladder(path: str | Path) -> LadderResult:
    """Read a fitted ladder from a file.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If it is no ladder, was changed, or was written by a newer Verbond.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(
            "there is no such model file", got=str(path), hint="verbond ladder fit --save makes one."
        )
    no_ladder = DataError(
        f"{path.name} is not a fitted ladder", expected="a file that verbond ladder fit --save wrote"
    )
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        header = json.loads(str(arrays.pop("header")))
        form, version = int(header["format"]), str(header["version"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise no_ladder from None
    if form > FORMAT:
        raise DataError(
            f"{path.name} was written by a newer Verbond", got=f"version {version}",
            expected=f"{__version__} or older", hint="Upgrade with: pip install --upgrade verbond",
        )  # fmt: skip
    if _digest(header.get("tree"), arrays) != header.get("digest"):
        raise DataError(f"{path.name} was changed after it was written", hint="Fit and save it again.")
    try:
        result = _unpack(header["tree"], arrays)
    except (KeyError, TypeError, ValueError, IndexError):
        raise no_ladder from None
    if not isinstance(result, LadderResult):
        raise no_ladder
    return result


def _without_rows(fitted: Fitted) -> Fitted:
    """The model over no rows: all that scoring others needs, and nothing about a customer."""
    model = fitted.model
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
    return replace(fitted, model=bare)


def _digest(tree: Any, arrays: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256(json.dumps(tree, sort_keys=True).encode())
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A value as JSON, its arrays put aside."""
    if is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        if _TYPES.get(name) is not type(value):
            raise TypeError(f"{name} has no place in a saved ladder")
        held = {f.name: _pack(getattr(value, f.name), arrays) for f in fields(value) if f.init}
        return {"type": name, "fields": held}
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return {"objects": [_pack(v, arrays) for v in value.tolist()]}
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.datetime64):
        return {"day": str(value.astype("datetime64[D]"))}
    if isinstance(value, np.generic):
        return _pack(value.item(), arrays)
    if isinstance(value, Mapping):
        return {"mapping": [[_pack(k, arrays), _pack(v, arrays)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_pack(v, arrays) for v in value]}
    if isinstance(value, list):
        return [_pack(v, arrays) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a saved ladder")


def _unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if "type" in value:
        held = {name: _unpack(v, arrays) for name, v in value["fields"].items()}
        return _TYPES[value["type"]](**held)
    (form, inner), *_ = value.items()
    if form == "array":
        return arrays[inner]
    if form == "objects":
        return np.array([_unpack(v, arrays) for v in inner], dtype=object)
    if form == "mapping":
        return {_unpack(k, arrays): _unpack(v, arrays) for k, v in inner}
    if form == "tuple":
        return tuple(_unpack(v, arrays) for v in inner)
    if form == "day":
        return np.datetime64(inner)
    return float(inner)
