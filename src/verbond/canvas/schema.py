"""What a canvas consists of, as data: its fields, its phases, and the kinds of things that lie on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from verbond.canvas.order import between, is_key
from verbond.method import AGENDAS
from verbond.method import RUNGS as _RUNGS

__all__ = [
    "AGENDA",
    "FIELDS",
    "KINDS",
    "PHASES",
    "PROGRESSION",
    "RUNGS",
    "Kind",
    "Slot",
    "field_of",
    "is_agenda",
    "is_text",
]

FIELDS = ("identity", "image", "values", "mission", "promise", "steps")
"""The fields of the canvas, in the order of the method."""
PHASES = ("invite", *FIELDS)
"""The phases of a workshop: soft; a facilitator skips, reorders and reopens them."""
AGENDA = AGENDAS["three_hours"].phases
"""Phases and minutes of a workshop of three hours, without its opening, break and closing."""
RUNGS = ("", *(rung.id for rung in _RUNGS))
"""The rung that a step serves; "" for none."""
PROGRESSION = ("", "commodity", "good", "service", "experience", "transformation")
"""Where an offering stands (Pine & Gilmore 1999)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One value that a thing holds.

    Attributes
    ----------
    fits : function
        Whether a value may stand in it.
    default : value
    facilitator : bool
        Only a facilitator changes it.
    """

    fits: Callable[[Any], bool]
    default: Any = ""
    facilitator: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing.

    Attributes
    ----------
    slots : mapping of str to Slot
    own : bool
        Only who made it changes its words; others may move it, a facilitator may hide it.
    facilitator : bool
        Only a facilitator makes one.
    """

    slots: Mapping[str, Slot]
    own: bool = False
    facilitator: bool = False


def _words(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= most and is_text(value)


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _lines(most: int) -> Callable[[Any], bool]:
    words = _words(400)
    return lambda value: isinstance(value, list) and len(value) <= most and all(words(one) for one in value)


_ORDER = Slot(is_key, between())
_ID = Slot(_words(64))

KINDS: Mapping[str, Kind] = MappingProxyType({
    "note": Kind({
        "field": Slot(_one_of("identity", "image", "values", "mission", "promise", "steps"), "identity"),
        "text": Slot(_words(600)),
        "order": _ORDER,
        "group": _ID,
        "department": Slot(_words(120)),
        "source": Slot(_words(200)),
        "hidden": Slot(_flag, False, facilitator=True),
    }, own=True),
    "value": Kind({
        "name": Slot(_words(80)),
        "place": Slot(_words(40)),
        "meaning": Slot(_words(400)),
        "order": _ORDER,
        "chosen": Slot(_flag, False),
    }),
    "resolution": Kind({
        "one": _ID,
        "other": _ID,
        "kept": _ID,
        "concession": Slot(_words(600)),
        "reason": Slot(_words(600)),
    }),
    "mission": Kind({"text": Slot(_words(600)), "order": _ORDER, "chosen": Slot(_flag, False)}),
    "promise": Kind({
        "text": Slot(_words(400)),
        "order": _ORDER,
        "chosen": Slot(_flag, False),
        "measure": Slot(_words(400)),
        "size": Slot(_one_of("", "small", "fitting", "too_large")),
        "progression": Slot(_one_of(*PROGRESSION)),
        "keeps": Slot(_lines(12), ()),
        "breaks": Slot(_lines(12), ()),
    }),
    "step": Kind({
        "text": Slot(_words(400)),
        "who": Slot(_words(120)),
        "when": Slot(_words(40)),
        "rung": Slot(_one_of(*RUNGS)),
        "order": _ORDER,
        "done": Slot(_flag, False),
    }),
})  # fmt: skip
"""Kind of a thing: what it holds. The group of a note is the id of the value that it speaks for; the place of
a value is the id of a value on the circle, once somebody has said so."""
_FIELD_OF = {
    "value": "values", "resolution": "values", "mission": "mission", "promise": "promise", "step": "steps",
}  # fmt: skip


def is_text(words: str) -> bool:
    """Whether words can be written down: no NUL, which databases refuse, and no half of a character."""
    return "\0" not in words and not any("\ud800" <= letter <= "\udfff" for letter in words)


def field_of(kind: str) -> str:
    """The field in which things of a kind lie; of a note, that says so itself, where it lies by default."""
    return _FIELD_OF.get(kind, FIELDS[0])


def is_agenda(items: Any) -> bool:
    """Whether something is an agenda: a list of phases, each once, with minutes."""
    if not isinstance(items, list) or not 0 < len(items) <= len(PHASES):
        return False
    whole = all(isinstance(one, dict) and set(one) == {"phase", "minutes"} for one in items)
    if not whole or any(one["phase"] not in PHASES for one in items):
        return False
    minutes = [one["minutes"] for one in items]
    fits = all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= 100_000 for n in minutes)
    return fits and len({one["phase"] for one in items}) == len(items)
