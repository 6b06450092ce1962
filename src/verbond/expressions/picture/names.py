"""What sides, relationships and values are called inside a sentence."""

from __future__ import annotations

from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.method.types import Text
from verbond.results.wording import sentence

__all__ = ["name_of", "side_named"]

_TYPES = {kind.id: kind.name for kind in RELATIONSHIP_TYPES}
_VALUES = {value.id: value.name for value in CIRCLE}


def side_named(side: str, department: str = "") -> Text:
    """What a side says, or a department."""
    return _worded("department_messages", department=department) if department else _worded(f"side_{side}")


def name_of(about: str, name: str) -> Text:
    """A relationship type or a value."""
    if about == "value":
        return _VALUES[name]
    return _TYPES[name] if name in _TYPES else _worded("no_relationship")


def _worded(key: str, **values: str) -> Text:
    code = f"expressions_picture.{key}"
    return Text(en=sentence(code, "en", **values), nl=sentence(code, "nl", **values))
