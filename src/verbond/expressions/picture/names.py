"""What sides, relationships and values are called inside a sentence."""

from __future__ import annotations

from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.method.types import Text
from verbond.results.wording import sentence

__all__ = ["name_of", "side_named"]

_TYPES = {kind.id: kind.name for kind in RELATIONSHIP_TYPES}
_VALUES = {value.id: value.name for value in CIRCLE}


def side_named(side: str, department: str = "") -> Text | str:
    """A side, or a department by its own name."""
    return department or _worded(f"side_{side}")


def name_of(about: str, name: str) -> Text:
    """A relationship type or a value."""
    if about == "value":
        return _VALUES[name]
    return _TYPES[name] if name in _TYPES else _worded("no_relationship")


def _worded(key: str) -> Text:
    return Text(*(sentence(f"expressions_picture.{key}", language) for language in ("en", "nl")))
