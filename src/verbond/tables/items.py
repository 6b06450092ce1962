"""What the items of a questionnaire measure: our own, or those of `items.toml` beside the tables.

```toml
[items.Q7]
construct = "trust"
min = 1
max = 5
reversed = true

[items.V3]
construct = "values_own"
value = "security"
min = 1
max = 6
```
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from verbond.errors import ReadError
from verbond.method import CIRCLE, CIRCLE_19, ITEMS
from verbond.tables.mapping import read_toml
from verbond.tables.readers.names import closest
from verbond.tables.schema import CONSTRUCTS

if TYPE_CHECKING:
    from verbond.tables.readers.landing import Source

__all__ = ["ItemMeaning", "own_items", "read_items", "with_stated"]

_VALUE_CONSTRUCTS = ("values_own", "values_seen")
_KEYS = ("construct", "value", "min", "max", "reversed")


@dataclass(frozen=True, slots=True)
class ItemMeaning:
    """What one item measures.

    Attributes
    ----------
    construct : str
        One of `CONSTRUCTS`.
    value : str or None
        The value it is about, for the constructs `values_own` and `values_seen`.
    min, max : float
        Lowest and highest answer.
    reversed : bool
        A high answer means little of the construct.
    """

    construct: str
    value: str | None
    min: float
    max: float
    reversed: bool = False


@cache
def own_items() -> Mapping[str, ItemMeaning]:
    """What the items of our own questionnaire measure, by id."""
    return MappingProxyType(
        {
            item.id: ItemMeaning(item.construct, item.value, item.min, item.max, item.reversed)
            for item in ITEMS.values()
        }
    )


def read_items(path: Path | str) -> Mapping[str, ItemMeaning]:
    """Read `items.toml`; our own items stay known beside those it names.

    Parameters
    ----------
    path : path

    Returns
    -------
    mapping of str to ItemMeaning
        Our own questionnaire first, then (or instead, where an id is the same) what the file says.

    Raises
    ------
    NotFoundError, ReadError
        Names the item, the key and what would be right.
    """
    path = Path(path)
    given = read_toml(path)
    if set(given) != {"items"} or not isinstance(given["items"], dict) or not given["items"]:
        raise ReadError(
            "the file does not hold items",
            file=path.name,
            value=", ".join(given) or None,
            expected="tables named [items.ID]",
        )
    read = {str(id): _meaning(path.name, str(id), entry) for id, entry in given["items"].items()}
    return MappingProxyType({**own_items(), **read})


def with_stated(
    items: Mapping[str, ItemMeaning] | None, sources: Iterable[Source]
) -> Mapping[str, ItemMeaning] | None:
    """Return the items that are known with those that the mapping gives a meaning, file by file.

    Parameters
    ----------
    items : mapping of str to ItemMeaning or None
        None where only our own are known.
    sources : iterable of Source

    Raises
    ------
    ReadError
        If what is stated of an item cannot be, or two files state different things of one.
    """
    known = dict(own_items() if items is None else items)
    stated: dict[str, str] = {}
    for source in sources:
        for id, entry in source.mapping.items.items():
            meaning = _meaning(source.name, id, entry)
            if known.get(id, meaning) != meaning:
                where = stated.get(id, "items.toml" if items is not None else "our own questionnaire")
                raise ReadError(
                    f"item {id!r} means something else in {where}",
                    file=source.name,
                    hint='Give it another name: { item = "…", construct = "…", min = …, max = … }.',
                )
            known[id], stated[id] = meaning, source.name
    return MappingProxyType(known) if stated else items


def _meaning(file: str, id: str, entry: Any) -> ItemMeaning:
    def wrong(
        problem: str, value: Any = None, expected: str | None = None, hint: str | None = None
    ) -> ReadError:
        got = None if value is None else str(value)[:80]
        return ReadError(f"item {id!r}: {problem}", file=file, value=got, expected=expected, hint=hint)

    if not isinstance(entry, Mapping):
        raise wrong("not a table", entry, "construct, min and max")
    for key in entry:
        if key not in _KEYS:
            raise wrong("unknown key", key, "one of " + ", ".join(_KEYS))
    construct = entry.get("construct")
    if construct not in CONSTRUCTS:
        near = closest(str(construct), CONSTRUCTS)
        raise wrong(
            "no such construct" if "construct" in entry else "no construct",
            construct,
            "one of " + ", ".join(CONSTRUCTS),
            f"Did you mean {near!r}?" if near else None,
        )
    low, high = entry.get("min"), entry.get("max")
    for key, bound in (("min", low), ("max", high)):
        if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not math.isfinite(bound):
            raise wrong(
                f"{key} is not a number" if key in entry else f"no {key}", bound, "the end of its scale"
            )
    if not low < high:
        raise wrong("min is not below max", f"min {low}, max {high}", "the lowest and the highest answer")
    if not isinstance(entry.get("reversed", False), bool):
        raise wrong("reversed is not true or false", entry["reversed"], "true or false")
    return ItemMeaning(construct, _value(entry, construct, wrong), low, high, entry.get("reversed", False))


def _value(entry: Mapping[str, Any], construct: str, wrong: Any) -> str | None:
    value = entry.get("value")
    if construct not in _VALUE_CONSTRUCTS:
        if value is not None:
            raise wrong(
                f"construct {construct!r} has no value", value, "value only with values_own, values_seen"
            )
        return None
    known = [v.id for v in CIRCLE] + [v.id for v in CIRCLE_19 if v.id not in {w.id for w in CIRCLE}]
    if value not in known:
        near = closest(str(value), known)
        raise wrong(
            f"construct {construct!r} needs the value that the item is about",
            value,
            "one of " + ", ".join(known),
            f"Did you mean {near!r}?" if near else None,
        )
    return value
