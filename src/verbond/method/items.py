"""Our own questionnaire: every item, and the forms that can be put before people.

All wordings are written for Verbond; none comes from a published scale. They have not been validated on an
independent sample: `verbond.survey` reports how reliable they are on the user's own answers.

The short form holds one or two items a construct and leaves out the pairs of values; the full form holds
four, and one pair for each of the ten values. The three intentions (recommend, stay, rebuy) are one question
each, since they are compared with what the same person does. Employees get items of their own, `inside_...`,
about how they see customers; their answers to `seen_...` are the company's identity, those of customers its
image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from verbond.method.texts import texts
from verbond.method.types import Item, Text, text_of

__all__ = ["ITEMS"]


def _item(
    id: str,
    construct: str,
    group: Literal["customer", "employee", "both"],
    text: Text,
    entry: Mapping[str, Any],
    value: str | None = None,
) -> Item:
    scale = texts("items")["scales"][entry.get("scale", "agreement")]
    return Item(
        id=id,
        construct=construct,
        value=value,
        text=text,
        min=scale["min"],
        max=scale["max"],
        labels=(text_of(scale["low"]), text_of(scale["high"])),
        reversed=entry.get("reversed", False),
        forms=frozenset({"short", "full"} if entry.get("short") else {"full"}),
        group=group,
    )


def _numbered(part: str, group: Literal["customer", "employee"], prefix: str = "") -> Iterator[Item]:
    for construct, entries in texts("items")[part].items():
        for number, entry in enumerate(entries, start=1):
            yield _item(f"{prefix}{construct}_{number}", construct, group, text_of(entry), entry)


def _pairs() -> Iterator[Item]:
    sides = (("own", "customer", "importance"), ("seen", "both", "strength"))
    for side, group, scale in sides:
        sentence = texts("items")["pairs"][side]
        for value, entry in texts("circle")["ten"].items():
            asked = entry["asked"]
            text = Text(
                en=sentence["en"].replace("{value}", asked["en"]),
                nl=sentence["nl"].replace("{value}", asked["nl"]),
            )
            yield _item(f"{side}_{value}", f"values_{side}", group, text, {"scale": scale}, value)


ITEMS: Mapping[str, Item] = MappingProxyType(
    {
        item.id: item
        for items in (
            _numbered("customer", "customer"),
            _pairs(),
            _numbered("employee", "employee"),
            _numbered("inside", "employee", "inside_"),
        )
        for item in items
    }
)
"""Every item of our questionnaire, by id."""
