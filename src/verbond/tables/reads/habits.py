"""What each customer buys, by signs that the user names: on discount, sent back, second-hand, green."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables.tables import Tables

__all__ = ["MARKED_BY", "Habits", "habits", "last_scores"]

MARKED_BY = ("category", "product", "channel")
"""Columns of events by which a purchase can carry a sign."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Customers who bought or returned something.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    n_purchases, n_known, n_discounted, n_returned : (n,) float64
        Rows of purchases, those whose discount is known, those with one, and rows that came back.
    n_marked : mapping of str to (n,) float64
        Rows of purchases by sign.
    """

    customer_ids: np.ndarray = field(repr=False)
    n_purchases: np.ndarray = field(repr=False)
    n_known: np.ndarray = field(repr=False)
    n_discounted: np.ndarray = field(repr=False)
    n_returned: np.ndarray = field(repr=False)
    n_marked: Mapping[str, np.ndarray] = field(repr=False)


def habits(tables: Tables, signs: Mapping[str, Mapping[str, Sequence[str]]]) -> Habits:
    """Count by customer, in an aggregate query and one more for each sign.

    Parameters
    ----------
    tables : Tables
        With events.
    signs : mapping of str to mapping of str to sequence of str
        Of each sign: column of `MARKED_BY` -> its values; one of them is enough.

    Raises
    ------
    OptionError
        For another column, or a sign without values.
    """
    marks = {name: _marked(name, columns) for name, columns in signs.items()}
    found = tables.select("habits")
    ids = found["customer_id"]
    marked = {}
    for name, expression in marks.items():
        some = tables.select("marked_purchases", marked=expression)
        marked[name] = np.zeros(len(ids))
        marked[name][np.searchsorted(ids.astype(str), some["customer_id"].astype(str))] = some["n_marked"]
    numbers = ("n_purchases", "n_known", "n_discounted", "n_returned")
    return Habits(ids, *(found[n].astype(np.float64) for n in numbers), n_marked=marked)


def last_scores(tables: Tables, construct: str) -> dict[str, float]:
    """The score of a construct in each customer's last answers."""
    found = tables.select("last_scores", measured=construct)
    return dict(zip(found["customer_id"].tolist(), found["score"].tolist(), strict=True))


def _marked(name: str, columns: Mapping[str, Sequence[str]]) -> exp.Expr:
    wrong = [column for column in columns if column not in MARKED_BY]
    if wrong:
        expected = ", ".join(MARKED_BY)
        raise OptionError(f"the sign {name!r} cannot be read from purchases", got=wrong[0], expected=expected)
    if not columns or not all(columns.values()):
        raise OptionError(f"the sign {name!r} has no values", expected="category=repair,second-hand")
    found = (exp.column(c).isin(*map(exp.Literal.string, values)) for c, values in columns.items())
    return exp.paren(exp.or_(*found))
