"""The method as data: what a relationship is made of, in Dutch and English.

- `RELATIONSHIP_TYPES`, `RUNGS`: what kind of relationship, and how deep it goes.
- `CIRCLE`, `CIRCLE_19`, `HIGHER_ORDERS`, `opposition`: the value circle, and which values bite each other.
- `ITEMS`: our own questionnaire.
- `Text`, `RelationshipType`, `Rung`, `Value`, `Item`: what they are made of.
"""

from verbond.method.circle import CIRCLE, CIRCLE_19, HIGHER_ORDERS, opposition
from verbond.method.items import ITEMS
from verbond.method.relationship import RELATIONSHIP_TYPES, RUNGS
from verbond.method.types import Handle, Item, RelationshipType, Rung, Text, Value

__all__ = [
    "CIRCLE",
    "CIRCLE_19",
    "HIGHER_ORDERS",
    "ITEMS",
    "RELATIONSHIP_TYPES",
    "RUNGS",
    "Handle",
    "Item",
    "RelationshipType",
    "Rung",
    "Text",
    "Value",
    "opposition",
]
