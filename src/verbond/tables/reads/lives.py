"""How long customers of known groups stay, and what they buy while they are there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.tables.reads.spending import one_currency
from verbond.tables.tables import Tables

__all__ = ["Lives", "lives"]

DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Lives:
    """Customers of whom a group is known, followed from the first day on which it was.

    Attributes
    ----------
    customer_ids, label : (n,) object
        Sorted by customer; the group.
    years : (n,) float64
        Followed: until they cancelled, or the data end.
    years_before : (n,) float64
        Customer already when that began; NaN where it is not known since when.
    has_left : (n,) float64
        1 or 0.
    n_orders, revenue, margin, n_known, n_discounted : (n,) float64
        Orders (days, where no order is named), money paid and kept, rows whose discount is known, and those
        with a discount: while followed.
    n_amounts, n_margins : (n,) float64
        Rows with an amount, and with a margin.
    """

    customer_ids: np.ndarray = field(repr=False)
    label: np.ndarray = field(repr=False)
    years: np.ndarray = field(repr=False)
    years_before: np.ndarray = field(repr=False)
    has_left: np.ndarray = field(repr=False)
    n_orders: np.ndarray = field(repr=False)
    revenue: np.ndarray = field(repr=False)
    margin: np.ndarray = field(repr=False)
    n_known: np.ndarray = field(repr=False)
    n_discounted: np.ndarray = field(repr=False)
    n_amounts: np.ndarray = field(repr=False)
    n_margins: np.ndarray = field(repr=False)


def lives(tables: Tables, by: str) -> Lives:
    """Follow customers from the day on which their group was first known, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events; `scores` for "type", `rungs` for "rung", else nobody is followed.
    by : {"type", "rung"}

    Raises
    ------
    DataError
        If amounts are in more than one currency.

    Notes
    -----
    Years before that day count for nobody: who had left by then was not there to be asked, so they would make
    every stay look longer than it is (left truncation). Who cancelled before it is left out.
    """
    first, last = tables.period_range
    found = tables.select("lives", by=by, first_day=first, last_day=last)
    one_currency(found, tables.name)
    numbers = ("n_orders", "revenue", "margin", "n_known", "n_discounted", "n_amounts", "n_margins")
    return Lives(
        customer_ids=found["customer_id"],
        label=found["label"],
        years=found["n_days"].astype(np.float64) / DAYS_A_YEAR,
        years_before=found["days_before"].astype(np.float64) / DAYS_A_YEAR,
        has_left=found["has_left"].astype(np.float64),
        **{name: found[name].astype(np.float64) for name in numbers},
    )
