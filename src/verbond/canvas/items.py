"""What an outcome consists of: the things that lay on a board, without who made them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

__all__ = [
    "CLASSES",
    "Item",
    "Mission",
    "Note",
    "Promise",
    "Resolution",
    "Step",
    "Value",
    "clean",
    "name_of",
    "sayable",
    "says",
]

_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no file may hold (XML 1.0, section 2.2)."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down.

    Attributes
    ----------
    id : str
    field : str
        The field that it lies in.
    text : str
    value : str
        Id of the value that it speaks for; "" for none.
    department, source : str
        Where it comes from: of us, or of customers (a review, a survey).
    points : int
    """

    id: str
    field: str
    text: str
    value: str = ""
    department: str = ""
    source: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """A value that might be shared.

    Attributes
    ----------
    id, name, meaning : str
    place : str
        Id of its place on the circle of ten, if people said so; else "".
    chosen : bool
        It is one of the shared values.
    points : int
    """

    id: str
    name: str
    place: str = ""
    meaning: str = ""
    chosen: bool = False
    points: int = 0


@dataclass(frozen=True, slots=True)
class Resolution:
    """A contradiction between two values, decided.

    Attributes
    ----------
    id : str
    one, other : str
        Ids of the values.
    kept : str
        Id of the one that leads; "": both stay.
    concession : str
        What we stop doing.
    reason : str
    """

    id: str
    one: str
    other: str
    kept: str = ""
    concession: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission, chosen or proposed."""

    id: str
    text: str
    chosen: bool = False
    points: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, chosen or proposed.

    Attributes
    ----------
    id, text : str
    chosen : bool
    measure : str
        By what one sees that it is kept.
    size : str
        "small", "fitting", "too_large"; "" where nobody said.
    progression : str
        Where the offering stands that goes with it; a member of `PROGRESSION`.
    keeps, breaks : tuple of str
        Examples of what keeps it, and of what breaks it.
    points : int
    """

    id: str
    text: str
    chosen: bool = False
    measure: str = ""
    size: str = ""
    progression: str = ""
    keeps: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    points: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A first step.

    Attributes
    ----------
    id, text : str
    who : str
        Who takes it.
    when : str
        A day (ISO 8601), or words.
    rung : str
        Id of the rung that it serves, or "".
    done : bool
    points : int
    """

    id: str
    text: str
    who: str = ""
    when: str = ""
    rung: str = ""
    done: bool = False
    points: int = 0


Item = Note | Value | Resolution | Mission | Promise | Step
CLASSES: Mapping[str, type[Item]] = MappingProxyType({
    "note": Note, "value": Value, "resolution": Resolution,
    "mission": Mission, "promise": Promise, "step": Step,
})  # fmt: skip
"""Kind of a thing on a board: what it is in an outcome."""
_DECIDES = ("kept", "concession", "reason")


def name_of(kind: str, slot: str) -> str:
    """What an outcome calls a slot of a kind: the group of a note is the value that it speaks for."""
    return "value" if (kind, slot) == ("note", "group") else slot


def says(kind: str, values: Mapping[str, Any]) -> bool:
    """Whether a thing says anything: it has words, or, of a contradiction, something was decided."""
    telling = {"value": ("name",), "resolution": _DECIDES}.get(kind, ("text",))
    return any(clean(values.get(name, "")).strip() for name in telling)


def sayable(value: Any) -> Any:
    """A value with what no file may hold taken out of its words; empty lines of a list go."""
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return tuple(one for one in map(clean, value) if one.strip())
    return clean(value) if isinstance(value, str) else value


def clean(text: str) -> str:
    """Words without the characters that no file may hold, their lines ending in one way."""
    return _UNSAYABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
