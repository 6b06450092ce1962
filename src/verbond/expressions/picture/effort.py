"""On which rung of the ladder the house works with what it says and does: a rule of thumb, kept as data."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import RungEffort
from verbond.expressions.picture.sides import estimates
from verbond.tables.reads.said import SaidAction

__all__ = ["effort_of", "rung_of_action", "rungs_of_message"]

RUNGS = (1, 2, 3, 4, 5)


def effort_of(readings: Readings, actions: tuple[SaidAction, ...], error: float) -> tuple[RungEffort, ...]:
    """Share of messages of company and employees, and of actions, that work on each rung."""
    here = readings.of_side("said") & readings.is_rated
    known = [rung for rung in map(rung_of_action, actions) if rung is not None]
    if not here.any() and not known:
        return ()
    places = np.flatnonzero(here)
    rungs = np.array(
        [rungs_of_message(readings.texts[i], readings.ratings[i].language, readings.kinds[i]) for i in places]
    ).reshape(len(places), len(RUNGS))
    shares = estimates(rungs, readings.cluster[here], readings.person[here], tuple(map(str, RUNGS)), error)
    return tuple(
        RungEffort(
            rung, shares[str(rung)], known.count(rung), known.count(rung) / len(known) if known else None
        )
        for rung in RUNGS
    )


def rungs_of_message(text: str, language: str, kinds: np.ndarray) -> np.ndarray:
    """How far a message works on each of rungs 1..5, (5,), sum 1.

    Parameters
    ----------
    text : str
    language : str
    kinds : (5,) float
        Probabilities of relationships.

    Examples
    --------
    >>> sure = np.array([1.0, 0, 0, 0, 0])
    >>> rungs_of_message("15% off", "en", sure), rungs_of_message("Join us on Friday", "en", sure)
    (array([1., 0., 0., 0., 0.]), array([0., 0., 0., 0., 1.]))
    """
    found = np.zeros(len(RUNGS))
    for rung in reversed(RUNGS):
        pattern = _words(rung, language)
        if pattern is not None and pattern.search(text.lower()):
            found[rung - 1] = 1.0
            return found
    for name, probability in zip(RELATIONSHIPS, kinds, strict=True):
        found[_map()["relationship"][name] - 1] += probability
    return found


def rung_of_action(action: SaidAction) -> int | None:
    """The rung that the data give an action, else that of its kind; None for a kind of somebody's own."""
    return action.rung if action.rung in RUNGS else _map()["kinds"].get(action.kind)


@cache
def _map() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "rungs.toml").read_text("utf-8"))


@cache
def _words(rung: int, language: str) -> re.Pattern[str] | None:
    words = _map()["words"].get(str(rung), {}).get(language)
    if not words:
        return None
    beginnings = (r"\s+".join(map(re.escape, word.split())) for word in words)
    return re.compile("|".join(rf"(?<!\w){one}" for one in beginnings))
