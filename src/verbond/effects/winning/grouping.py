"""Which customers are told about together: no figure is about fewer than five of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.winning import Cell, KnownAction

__all__ = ["Group", "groups_of"]

_ORDER = ("label", "referral", "none", "discount")


@dataclass(frozen=True, slots=True)
class Group:
    """Cells that are told about as one.

    Attributes
    ----------
    route, name : str
    cells : frozenset of Cell
    """

    route: str
    name: str
    cells: frozenset[Cell]


def groups_of(sizes: Mapping[Cell, int], actions: Mapping[str, KnownAction]) -> tuple[Group, ...]:
    """Everybody, and what can be told of the ways in which they came.

    Parameters
    ----------
    sizes : mapping of Cell to int
        Customers won.
    actions : mapping of str to KnownAction
        By `action_id`.

    Returns
    -------
    tuple of Group
        Empty where too few were won. Everybody first; every group is made of the same parts of five customers
        at least, so that subtracting one from another tells of no fewer.
    """
    by_kind: dict[str, dict[Cell, int]] = {}
    ways = []
    for cell in sorted(sizes):
        if cell[0] == "action":
            by_kind.setdefault(actions[cell[1]].kind, {})[cell] = sizes[cell]
        elif sizes[cell] >= MIN_GROUP:
            ways.append(Group(*cell, frozenset([cell])))
    ways.sort(key=lambda group: (_ORDER.index(group.route), group.name))
    for kind, cells in by_kind.items():
        if sum(cells.values()) >= MIN_GROUP:
            parts = sorted(_parts(kind, cells), key=lambda group: _begins(group, actions))
            ways += [Group("kind", kind, frozenset(cells)), *parts]
    everybody = frozenset().union(*(group.cells for group in ways))
    return (Group("everybody", "", everybody), *ways) if everybody else ()


def _begins(group: Group, actions: Mapping[str, KnownAction]) -> tuple[bool, dt.date, str]:
    """In time; those without a day, and the rest, come last."""
    day = actions[group.name].starts_on if group.name in actions else None
    return group.route == "other", day or dt.date.max, group.name


def _parts(kind: str, sizes: Mapping[Cell, int]) -> Iterator[Group]:
    """Each action by itself; those that won few together, with the smallest of the others where needed."""
    few: list[Cell] = []
    for cell in sorted(sizes, key=lambda cell: (sizes[cell], cell)):
        if sizes[cell] >= MIN_GROUP and (not few or sum(sizes[one] for one in few) >= MIN_GROUP):
            yield Group(*cell, frozenset([cell]))
        else:
            few.append(cell)
    if few:
        yield Group("other", kind, frozenset(few))
