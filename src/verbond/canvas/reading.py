"""Reading an outcome from plain values that others wrote: checked, with errors that say where."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from verbond.canvas.board import LIMITS
from verbond.canvas.items import CLASSES, Item, Resolution, clean, name_of, sayable, says
from verbond.canvas.schema import KINDS, PHASES
from verbond.errors import DataError
from verbond.method import CIRCLE
from verbond.results import LANGUAGES

__all__ = ["FORM", "PLACES", "in_order", "read"]

FORM = "verbond canvas 1"
"""What a file of ours says it is."""
PLACES = tuple(value.id for value in CIRCLE)
"""Ids of the places on the circle."""
_LONGEST_NAME = 120
_MOST_POINTS = LIMITS.things * LIMITS.votes
_LENGTHS = (40, 64, 80, 120, 200, 400, 600)


def read(data: Any) -> dict[str, Any]:
    """What stands above the lists, by name, and a tuple of things for each list.

    Raises
    ------
    DataError
        If it cannot be an outcome; the message says where.
    """
    known = _known(data, {*_HEADS, "form", *(f"{kind}s" for kind in KINDS)}, "")
    if (form := known.get("form", FORM)) != FORM:
        raise _wrong("form", "this is no outcome of a canvas", form, repr(FORM))
    heads = {name: _head(name, known) for name in _HEADS}
    lists = {kind: _listed(known, kind) for kind in KINDS}
    if sum(map(len, lists.values())) > LIMITS.things:
        raise DataError("too much for one canvas", expected=f"at most {LIMITS.things} things")
    _name_nameless(lists)
    items = {kind: [_read(kind, one, n) for n, one in enumerate(rows)] for kind, rows in lists.items()}
    _refer(items)
    return heads | {f"{kind}s": tuple(found) for kind, found in items.items()}


def in_order(found: Iterable[Resolution], values: Iterable[Any]) -> list[Resolution]:
    """Decisions in the order of the values that they are about."""
    at = {one.id: n for n, one in enumerate(values)}
    return sorted(found, key=lambda one: (at[one.one], at[one.other]))


def _wrong(where: str, problem: str, got: Any, expected: str) -> DataError:
    shown = repr(got)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    return DataError(f"{where}: {problem}" if where else problem, got=shown, expected=expected)


def _known(data: Any, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _wrong(where, "this is no object", data, "names with values")
    if unknown := sorted(set(map(str, data)) - names):
        raise _wrong(where, "unknown name", unknown[0], ", ".join(sorted(names)))
    return dict(data)


# what stands above the lists


def _moment(value: Any) -> bool:
    try:
        return value == "" or bool(dt.datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME


def _named(value: Any) -> bool:
    return _short(value) and bool(clean(value).strip())


_UP_TO = f"at most {_LONGEST_NAME} characters"
_HEADS: Mapping[str, tuple[Any, Callable[[Any], bool], str]] = {
    "company": (None, _named, f"a name of {_UP_TO}"),
    "name": ("", _short, _UP_TO),
    "language": ("", lambda value: value in ["", *LANGUAGES], "'', 'en' or 'nl'"),
    "made_at": ("", _moment, "a day or a moment such as 2026-11-22 or 2026-11-22T16:30:00+01:00"),
    "phase": (PHASES[0], lambda value: value in [*PHASES], ", ".join(PHASES)),
    "voted": (False, lambda value: isinstance(value, bool), "true or false"),
}
"""What stands above the lists: default, what fits, what is expected."""


def _head(name: str, data: Mapping[str, Any]) -> Any:
    default, fits, expected = _HEADS[name]
    value = data.get(name, default)
    if not fits(value):
        raise _wrong(name, "this cannot stand here", value, expected)
    return sayable(value)


# the lists


def _listed(data: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    rows = data.get(f"{kind}s", [])
    if not isinstance(rows, (list, tuple)):
        raise _wrong(f"{kind}s", "this is no list", rows, "a list")
    names = {one.name for one in dataclasses.fields(CLASSES[kind])}
    return [_known(row, names, f"{kind}s[{n}]") for n, row in enumerate(rows)]


def _name_nameless(lists: Mapping[str, list[dict[str, Any]]]) -> None:
    """Give what has no id one, and see that no id is used twice."""
    taken: dict[str, str] = {}
    for kind, rows in lists.items():
        for n, row in enumerate(rows):
            if (id := row.get("id", "")) == "":
                continue
            where = f"{kind}s[{n}].id"
            if not isinstance(id, str) or len(id) > LIMITS.id or clean(id) != id:
                raise _wrong(where, "this is no id", id, f"at most {LIMITS.id} characters")
            if id in taken:
                raise _wrong(where, f"this id stands at {taken[id]} too", id, "an id of its own")
            taken[id] = where
    for kind, rows in lists.items():
        for row in rows:
            if not row.get("id"):
                row["id"] = next(id for id in _ids(kind, row) if id not in taken)
                taken[row["id"]] = ""


def _ids(kind: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Of the words, so that the same words in a later file are known again, and others are others."""
    words = [str(row.get(name, "")) for name in ("field", "name", "text", "one", "other")]
    stem = f"{kind}-{hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12]}"
    yield stem
    yield from (f"{stem}-{n}" for n in itertools.count(2))


def _read(kind: str, row: Mapping[str, Any], n: int) -> Item:
    where = f"{kind}s[{n}]"
    slots = {name_of(kind, slot): slot for slot in KINDS[kind].slots}
    for name, value in row.items():
        slot = slots.get(name, name)
        if not _fits(kind, slot, value):
            raise _wrong(f"{where}.{name}", "this cannot stand here", value, _expected(kind, slot))
    made = {name: sayable(value) for name, value in row.items()}
    if not says(kind, made):
        expected = "kept, concession or reason" if kind == "resolution" else "words"
        raise _wrong(where, "this says nothing", dict(row), expected)
    if kind == "note" and "field" not in made:
        raise _wrong(f"{where}.field", "a note says where it lies", "", _expected(kind, "field"))
    return CLASSES[kind](**({"one": "", "other": ""} | made if kind == "resolution" else made))


def _fits(kind: str, slot: str, value: Any) -> bool:
    if slot == "id":
        return True  # seen to before
    if slot == "points":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_POINTS
    if slot == "place":
        return value in ["", *PLACES]
    return KINDS[kind].slots[slot].fits(list(value) if isinstance(value, tuple) else value)


_EXPECTED = {
    "points": "a whole number from 0",
    "chosen": "true or false",
    "done": "true or false",
    "place": "'' or " + ", ".join(PLACES),
    "keeps": "a short list of texts",
    "breaks": "a short list of texts",
    "field": "identity, image, values, mission, promise or steps",
    "size": "'', small, fitting or too_large",
    "progression": "'', commodity, good, service, experience or transformation",
    "rung": "the id of a rung, or ''",
}


def _expected(kind: str, slot: str) -> str:
    if slot in _EXPECTED:
        return _EXPECTED[slot]
    fits = KINDS[kind].slots[slot].fits
    return f"a text of at most {max(n for n in _LENGTHS if fits('x' * n))} characters"


# what points at what


def _refer(items: dict[str, list[Any]]) -> None:
    """Point at values by id, also where somebody pointed by name; see that what is pointed at is there."""
    pointed = _pointer(items["value"])
    for n, note in enumerate(items["note"]):
        items["note"][n] = dataclasses.replace(note, value=pointed(note.value, f"notes[{n}].value"))
    for n, one in enumerate(items["resolution"]):
        where = f"resolutions[{n}]"
        ends = {end: pointed(getattr(one, end), f"{where}.{end}") for end in ("one", "other", "kept")}
        items["resolution"][n] = dataclasses.replace(one, **ends)
    _check_pairs(items["resolution"])
    items["resolution"] = in_order(items["resolution"], items["value"])
    for kind in ("mission", "promise"):
        if (n := sum(one.chosen for one in items[kind])) > 1:
            raise _wrong(f"{kind}s", "more than one is chosen", n, "at most one")


def _pointer(values: Iterable[Any]) -> Callable[[str, str], str]:
    ids, names = set(), defaultdict(list)
    for one in values:
        ids.add(one.id)
        names[one.name.casefold().strip()].append(one.id)

    def pointed(name: str, where: str) -> str:
        if name == "" or name in ids:
            return name
        meant = names.get(name.casefold().strip(), [])
        if len(meant) != 1:
            problem = "several values have this name" if meant else "there is no such value"
            raise _wrong(where, problem, name, "the id of one of the values")
        return meant[0]

    return pointed


def _check_pairs(found: Iterable[Resolution]) -> None:
    seen: dict[frozenset[str], int] = {}
    for n, one in enumerate(found):
        where, pair = f"resolutions[{n}]", frozenset((one.one, one.other))
        if "" in pair or len(pair) < 2:
            raise _wrong(where, "a contradiction is between two values", one.one, "one and other")
        if one.kept not in ("", *pair):
            raise _wrong(f"{where}.kept", "this is neither of the two", one.kept, "one of them, or ''")
        if pair in seen:
            problem = f"these two were decided at resolutions[{seen[pair]}] too"
            raise _wrong(where, problem, sorted(pair), "one decision a pair")
        seen[pair] = n
