"""What was sold of each product week by week, at which price, and who bought in which weeks."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from verbond.tables.reads.spending import LARGE_QUANTITY, numbered
from verbond.tables.tables import Tables

__all__ = ["LEAST_WEEKS", "NEARLY", "Leanings", "ProductWeeks", "leanings", "product_weeks"]

LEAST_WEEKS = 13
"""A product sold in fewer weeks tells too little about its price."""
NEARLY = 0.9
"""A product counts that was sold in so many of the weeks between its first and last sale: in a week without
a sale nobody knows its price."""


@dataclass(frozen=True, slots=True)
class ProductWeeks:
    """Products (p) by week (t); a cell without a price has zeros.

    Attributes
    ----------
    products : (p,) object
        Sorted.
    units : (2, p, t) float64
        Sold to new and to established customers.
    paid, paid_listed, units_listed, listed : (p, t) float64
        Money paid; the same, units and list value of those rows whose list price is known.
    n_rows, n_listed : int
        Rows of purchases, and those whose list price is known.
    n_rows_in_all : int
        Rows of purchases with a product, also of those left out.
    """

    products: np.ndarray = field(repr=False)
    units: np.ndarray = field(repr=False)
    paid: np.ndarray = field(repr=False)
    paid_listed: np.ndarray = field(repr=False)
    units_listed: np.ndarray = field(repr=False)
    listed: np.ndarray = field(repr=False)
    n_rows: int
    n_listed: int
    n_rows_in_all: int


@dataclass(frozen=True, slots=True)
class Leanings:
    """How each customer's purchases lean towards weeks with a low price; a row a customer and phase.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    established : (n,) bool
    n_rows : (n,) float64
    lean : (n,) float64
        Sum over rows of the week's log price less its product's mean.
    information : (n,) float64
        Sum over rows of the product's variance of that log price.
    lean_squares, lean_information, information_squares : (n,) float64
        Sums over days of the day's lean², lean·information and information².
    """

    customer_ids: np.ndarray = field(repr=False)
    established: np.ndarray = field(repr=False)
    n_rows: np.ndarray = field(repr=False)
    lean: np.ndarray = field(repr=False)
    information: np.ndarray = field(repr=False)
    lean_squares: np.ndarray = field(repr=False)
    lean_information: np.ndarray = field(repr=False)
    information_squares: np.ndarray = field(repr=False)


def product_weeks(tables: Tables, new_days: int) -> ProductWeeks:
    """Sum what was sold by product and week, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events.
    new_days : int
        So long after the first purchase somebody is new. Who bought in as many first days of the data is
        established throughout.

    Notes
    -----
    Weeks are counted from the first day of the data. Products of which some row holds more than a hundred are
    left out: their quantities are weights or volumes.
    """
    found = tables.select("product_weeks", **_values(tables, new_days))
    products, row = numbered(found["product"])
    week = found["week"].astype(np.int64)
    n_weeks = int(week.max()) + 1 if len(week) else 0
    units = np.zeros((2, len(products), n_weeks))
    units[found["established"].astype(np.int64), row, week] = found["units"]

    def laid_out(name: str) -> np.ndarray:
        size = len(products) * n_weeks
        flat = np.bincount(row * n_weeks + week, weights=found[name].astype(np.float64), minlength=size)
        return flat.reshape(len(products), n_weeks)

    sums = {name: laid_out(name) for name in ("paid", "paid_listed", "units_listed", "listed")}
    return ProductWeeks(
        products=products,
        units=units,
        **sums,
        n_rows=int(found["n_rows"].sum()),
        n_listed=int(found["n_listed"].sum()),
        n_rows_in_all=_rows_with_product(tables),
    )


def leanings(tables: Tables, new_days: int, by_discount: bool) -> Leanings:
    """Sum by customer how far purchases fell in weeks with a low price, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events.
    new_days : int
        As for `product_weeks`.
    by_discount : bool
        The price is the paid share of the list price; else what was paid a unit.
    """
    found = tables.select("product_customers", by_discount=int(by_discount), **_values(tables, new_days))
    numbers = {f.name: found[f.name].astype(np.float64) for f in dataclasses.fields(Leanings)[2:]}
    return Leanings(found["customer_id"], found["established"] == 1, **numbers)


def _values(tables: Tables, new_days: int) -> dict[str, object]:
    start, _ = tables.period_range
    return {
        "first_day": start, "new_days": new_days, "known_from": start + dt.timedelta(days=new_days),
        "least_weeks": LEAST_WEEKS, "nearly": NEARLY, "most_in_row": LARGE_QUANTITY,
    }  # fmt: skip


def _rows_with_product(tables: Tables) -> int:
    return int(tables.select("product_rows")["n_rows"][0])
