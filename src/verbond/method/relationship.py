"""Relationship types and the rungs of the ladder of engagement.

That the rungs come in this order is a hypothesis, which `verbond.ladder` puts to the test on the user's own
data; nothing in this package takes it for granted.
"""

from __future__ import annotations

from typing import Any

from verbond.method.texts import texts
from verbond.method.types import RelationshipType, Rung, text_of

__all__ = ["RELATIONSHIP_TYPES", "RUNGS"]


def _relationship_type(id: str, entry: dict[str, Any]) -> RelationshipType:
    return RelationshipType(
        id=id,
        name=text_of(entry["name"]),
        looks_for=text_of(entry["looks_for"]),
        fiske=entry["fiske"],
        value_side=entry.get("value_side"),
        named=entry["named"],
    )


def _rung(number: int, id: str, entry: dict[str, Any]) -> Rung:
    return Rung(
        number=number,
        id=id,
        name=text_of(entry["name"]),
        climbed_when=text_of(entry["climbed_when"]),
        evidence=text_of(entry["evidence"]),
        construct=entry.get("construct"),
    )


RELATIONSHIP_TYPES: tuple[RelationshipType, ...] = tuple(
    _relationship_type(id, entry) for id, entry in texts("relationship")["types"].items()
)
"""Market, authority and meaning, which the method names; and equality, which is measured beside them."""

RUNGS: tuple[Rung, ...] = tuple(
    _rung(number, id, entry) for number, (id, entry) in enumerate(texts("relationship")["rungs"].items())
)
"""The rungs 0 to 5; `RUNGS[3]` is trust."""
