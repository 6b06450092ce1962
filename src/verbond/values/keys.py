"""Which items measure which value: keys of published instruments, by item number, and names of columns.

Numbers only: the wording of the instruments is not ours to give. PVQ-21 and PVQ-40 as in the coding keys that
their author gives out; both ask how much a person is like somebody described, on six steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from verbond.errors import OptionError
from verbond.language.stems import plain
from verbond.method import CIRCLE, CIRCLE_19

__all__ = ["KEYS", "columns_of_key", "value_columns"]

KEYS: Mapping[str, Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "pvq21": MappingProxyType(
            {
                "conformity": (7, 16), "tradition": (9, 20), "benevolence": (12, 18),
                "universalism": (3, 8, 19), "self_direction": (1, 11), "stimulation": (6, 15),
                "hedonism": (10, 21), "achievement": (4, 13), "power": (2, 17), "security": (5, 14),
            }
        ),
        "pvq40": MappingProxyType(
            {
                "conformity": (7, 16, 28, 36), "tradition": (9, 20, 25, 38), "benevolence": (12, 18, 27, 33),
                "universalism": (3, 8, 19, 23, 29, 40), "self_direction": (1, 11, 22, 34),
                "stimulation": (6, 15, 30), "hedonism": (10, 26, 37), "achievement": (4, 13, 24, 32),
                "power": (2, 17, 39), "security": (5, 14, 21, 31, 35),
            }
        ),
    }
)  # fmt: skip
"""Instrument -> value -> item numbers, counted from 1."""

_NUMBER = re.compile(r"(\d+)\D*$")


def columns_of_key(key: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Columns of an instrument by value: those whose name ends in the item's number (v1, PVQ_01, item 1).

    Parameters
    ----------
    key : {"pvq21", "pvq40"}
    names : iterable of str
        Columns of the file.

    Raises
    ------
    OptionError
        If the key is unknown, or a number is missing or stands in two columns.

    Examples
    --------
    >>> columns_of_key("pvq21", [f"pvq{j}" for j in range(1, 22)])["universalism"]
    ('pvq3', 'pvq8', 'pvq19')
    """
    if key not in KEYS:
        raise OptionError("unknown key", got=repr(key), expected=" or ".join(map(repr, KEYS)))
    numbered: dict[int, list[str]] = {}
    for name in names:
        if match := _NUMBER.search(name):
            numbered.setdefault(int(match[1]), []).append(name)
    found = {}
    for value, numbers in KEYS[key].items():
        for number in numbers:
            if len(numbered.get(number, ())) != 1:
                got = ", ".join(map(repr, numbered.get(number, ()))) or "no column"
                raise OptionError(
                    f"item {number} of {key} is not clear", got=got,
                    expected=f"one column whose name ends in {number}",
                )  # fmt: skip
        found[value] = tuple(numbered[number][0] for number in numbers)
    return found


def value_columns(names: Iterable[str], side: str = "own") -> dict[str, tuple[str, ...]]:
    """Columns that carry the name of a value, by value: `power`, `own_power`, `macht`; `seen_power` if seen.

    Parameters
    ----------
    names : iterable of str
    side : {"own", "seen"}
        Prefix to look for; names without a prefix count as own.

    Returns
    -------
    dict
        In the order of the circle of ten, or of nineteen where names of that circle stand there and fewer of
        the ten; empty where no column carries such a name.

    Examples
    --------
    >>> value_columns(["id", "own_power", "own_security", "seen_power"])
    {'power': ('own_power',), 'security': ('own_security',)}
    """
    names = list(names)
    circles = [_columns_on(circle, names, side) for circle in (CIRCLE, CIRCLE_19)]
    return max(circles, key=len)


def _columns_on(circle: tuple, names: list[str], side: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for value in circle:
        called = {_key(name) for name in (value.id, value.name.en, value.name.nl)}
        hits = [name for name in names if _bare(name, side) in called]
        if hits:
            found[value.id] = tuple(hits)
    return found


def _bare(name: str, side: str) -> str:
    """A column's name without its side; a number at its end is dropped too (power_1, power_2)."""
    words = _key(name).split()
    if words and words[0] == side:
        words = words[1:]
    elif side != "own" or (words and words[0] == "seen"):
        return ""
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    return " ".join(words)


def _key(name: str) -> str:
    return " ".join(plain(name).replace("_", " ").replace("-", " ").replace(".", " ").split())
