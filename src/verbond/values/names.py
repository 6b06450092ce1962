"""Names of values, as people write them, to their ids."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from verbond.errors import OptionError
from verbond.language.stems import plain
from verbond.method import CIRCLE, CIRCLE_19

__all__ = ["TEN", "TEN_OF_NINETEEN", "circle_place", "on_circle_of", "value_named"]

TEN: tuple[str, ...] = tuple(v.id for v in CIRCLE)
"""Ids of the ten values, in the order of the circle."""

_BORDERS = {"face": ("power", "security"), "humility": ("conformity", "benevolence")}

TEN_OF_NINETEEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        v.id: _BORDERS.get(v.id) or tuple(id for id in TEN if v.id == id or v.id.startswith(f"{id}_"))
        for v in CIRCLE_19
    }
)
"""Where each of the nineteen lies among the ten; face and humility lie on a border."""


def on_circle_of(place: Mapping[str, float], values: Sequence[str]) -> Mapping[str, float] | None:
    """A place on the ten as a place on the values that were asked, be they the nineteen.

    Parameters
    ----------
    place : mapping of str to float
        Ids of the ten, weights that sum to 1.
    values : sequence of str
        Ids that were asked.

    Returns
    -------
    mapping of str to float, or None
        A value of the ten is spread evenly over its parts among the nineteen; None where one was not asked.

    Examples
    --------
    >>> on_circle_of({"benevolence": 1.0}, ["benevolence_caring", "benevolence_dependability", "face"])
    {'benevolence_caring': 0.5, 'benevolence_dependability': 0.5}
    """
    if set(place) <= set(values):
        return place
    spread: dict[str, float] = {}
    for id, weight in place.items():
        parts = [v for v in values if TEN_OF_NINETEEN.get(v) == (id,)]
        if not parts:
            return None
        spread |= {v: weight / len(parts) for v in parts}
    return spread


@cache
def _named() -> Mapping[str, Mapping[str, float]]:
    found: dict[str, Mapping[str, float]] = {}
    for value in CIRCLE_19:
        ten = TEN_OF_NINETEEN[value.id]
        for name in (value.id, value.name.en, value.name.nl):
            found[_key(name)] = {id: 1 / len(ten) for id in ten}
    for value in CIRCLE:
        for name in (value.id, value.name.en, value.name.nl):
            found[_key(name)] = {value.id: 1.0}
    return found


def _key(name: str) -> str:
    return plain(name).replace("_", " ").replace("-", " ")


def circle_place(name: str) -> Mapping[str, float] | None:
    """The place of a value that is called by its name, in English or Dutch, or by its id.

    Parameters
    ----------
    name : str
        Of one of the ten, or of the nineteen.

    Returns
    -------
    mapping of str to float, or None
        Ids of the ten with weights that sum to 1; None where it is no name of a value.

    Examples
    --------
    >>> circle_place("Zelfbepaling"), circle_place("care for nature"), circle_place("korting")
    ({'self_direction': 1.0}, {'universalism': 1.0}, None)
    """
    return _named().get(_key(name))


def value_named(name: str) -> str:
    """The id among the ten of a value that is called by its name or id.

    Raises
    ------
    OptionError
        If it is none; with the nearest name as a hint.
    """
    key = _key(name)
    for value in CIRCLE:
        if key in (_key(value.id), _key(value.name.en), _key(value.name.nl)):
            return value.id
    near = difflib.get_close_matches(key, [_key(id) for id in TEN], n=1)
    raise OptionError(
        "not a value of the circle",
        got=repr(name),
        expected=", ".join(TEN),
        hint=f"Did you mean {near[0].replace(' ', '_')!r}?" if near else None,
    )
