"""Customers in groups, and which groups may be shown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.numerics.disclosure import hidden_crossed
from verbond.tables.reads.spending import groups_of_customers
from verbond.tables.tables import Tables

__all__ = ["EVERYBODY", "Division", "divisions_of", "shown_groups"]

EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Division:
    """One way to put customers into groups.

    Attributes
    ----------
    by : str
    labels : tuple of str
    codes : (n,) int64
        Position in `labels` of each customer's group, -1 where it is not known.
    """

    by: str
    labels: tuple[str, ...]
    codes: np.ndarray = field(repr=False)


def divisions_of(
    tables: Tables, customer_ids: np.ndarray, by: Sequence[str], until: dt.date
) -> tuple[Division, ...]:
    """The groups of customers, a division each of `by` (see `groups_of_customers`)."""
    found = []
    for name in by:
        groups = groups_of_customers(tables, name, until)
        mine = [groups.get(one) for one in customer_ids.tolist()]
        labels = tuple(sorted({label for label in mine if label is not None}))
        place = {label: j for j, label in enumerate(labels)}
        codes = np.array([-1 if label is None else place[label] for label in mine], np.int64)
        found.append(Division(name, labels, codes))
    return tuple(found)


def shown_groups(divisions: Sequence[Division], members: Sequence[np.ndarray], least: int) -> list[set[int]]:
    """The groups of which no figure is about fewer than `least` people, also not by subtraction.

    Parameters
    ----------
    divisions : sequence of Division
        The first has everybody as its only group.
    members : sequence of (n,) bool
        Figures are shown about each of these within a group; nobody at all is no figure about anybody.
    least : int

    Returns
    -------
    list of sets of int
        For each division the codes of the groups that may be shown.
    """
    shown = [set(range(len(d.labels))) for d in divisions]
    for member in members:
        for d, codes in zip(divisions, shown, strict=True):
            sizes = np.bincount(d.codes[member & (d.codes >= 0)], minlength=len(d.labels))
            codes -= {int(j) for j in np.flatnonzero((sizes > 0) & (sizes < least))}
    if not shown[0]:
        return [set() for _ in divisions]
    for member in members:
        cells = Counter(zip(*(d.codes[member].tolist() for d in divisions[1:]), strict=True))
        if len(divisions) > 1:
            # alone and crossed: a division beside an empty one is looked at with everybody together
            for j in range(1, len(divisions)):
                alone = Counter({(-1, code): n for code, n in _counts(divisions[j].codes[member])})
                shown[j] = hidden_crossed(alone, [set(), shown[j]], least)[1]
            kept = hidden_crossed(cells, shown[1:], least) if len(divisions) > 2 else shown[1:]
            shown[1:] = kept
    return shown


def _counts(codes: np.ndarray) -> list[tuple[int, int]]:
    return [(int(code), int(n)) for code, n in zip(*np.unique(codes, return_counts=True), strict=True)]
