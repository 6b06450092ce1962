"""What each customer spent in two periods, and which groups customers belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, NotFoundError
from verbond.tables.tables import Tables

__all__ = [
    "LARGE_QUANTITY",
    "Days",
    "Spending",
    "complete_months",
    "groups_of_customers",
    "numbered",
    "one_currency",
    "spending",
]

LARGE_QUANTITY = 100
"""A row of more than this may be a weight or a volume instead of a number of items."""
QUIET_DAYS = 2
"""A month that begins or ends with more quiet days than these is not complete: more than a weekend."""

Days = tuple[dt.date, dt.date]
"""A first day and the day after the last."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Purchases of every customer who bought in either of two periods; the second axis is the period.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    n_orders, n_rows, n_items, revenue, list_value : (n, 2) float64
        Orders (days, where no order is named), rows, items (a row without a quantity is one), money paid,
        and the same at list price.
    items_counted, items_in_large, revenue_listed : (2,) float64
        Share of rows with a quantity, of items on rows of more than `LARGE_QUANTITY`, and of revenue whose
        list price or discount is recorded. NaN where nothing was bought.
    refunded : (2,) float64
        Purchases of less than zero; not in `revenue`.
    n_without_amount : int
        Purchases without an amount; not in anything else.
    """

    customer_ids: np.ndarray = field(repr=False)
    n_orders: np.ndarray = field(repr=False)
    n_rows: np.ndarray = field(repr=False)
    n_items: np.ndarray = field(repr=False)
    revenue: np.ndarray = field(repr=False)
    list_value: np.ndarray = field(repr=False)
    items_counted: np.ndarray
    items_in_large: np.ndarray
    revenue_listed: np.ndarray
    refunded: np.ndarray
    n_without_amount: int


def spending(tables: Tables, first: Days, second: Days) -> Spending:
    """Sum purchases by customer and period, in one aggregate query.

    Parameters
    ----------
    tables : Tables
    first, second : (first day, day after the last)
        The first ends before the second begins.

    Raises
    ------
    DataError
        If amounts are in more than one currency.
    """
    found = tables.select(
        "spending", first_from=first[0], first_until=first[1], second_from=second[0],
        second_until=second[1], large=LARGE_QUANTITY,
    )  # fmt: skip
    one_currency(found, tables.name)
    total = {name: _by_period(found, name) for name in ("n_rows", "n_counted", "n_items", "revenue")}
    here = found["n_orders"] > 0
    ids, row = numbered(found["customer_id"][here])

    def laid_out(name: str) -> np.ndarray:
        values = np.zeros((len(ids), 2))
        values[row, found["later"][here].astype(np.int64)] = found[name][here]
        return values

    with np.errstate(invalid="ignore", divide="ignore"):
        return Spending(
            customer_ids=ids,
            n_orders=laid_out("n_orders"),
            n_rows=laid_out("n_rows"),
            n_items=laid_out("n_items"),
            revenue=laid_out("revenue"),
            list_value=laid_out("list_value"),
            items_counted=total["n_counted"] / total["n_rows"],
            items_in_large=_by_period(found, "n_items_in_large") / total["n_items"],
            revenue_listed=_by_period(found, "revenue_listed") / total["revenue"],
            refunded=-_by_period(found, "refunded"),
            n_without_amount=int(found["n_without_amount"].sum()),
        )


def numbered(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values of an ordered array, and the position among them of each.

    Examples
    --------
    >>> numbered(np.array(["a", "a", "b"], object))
    (array(['a', 'b'], dtype=object), array([0, 0, 1]))
    """
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh], np.cumsum(fresh) - 1


def groups_of_customers(tables: Tables, by: str, until: dt.date) -> dict[str, str]:
    """The group of each customer: of an attribute, or "rung" or "type" as known before a day.

    Parameters
    ----------
    tables : Tables
    by : str
        A column of `customers`; else "rung" (the most probable one of the last period in `rungs`), or "type"
        (the relationship type with the highest score in the last answers in `scores`).
    until : date
        What became known later does not count; for attributes it is nothing.

    Returns
    -------
    dict of customer_id to label
        Without those of whom it is not known.

    Raises
    ------
    NotFoundError
        If there is no such attribute or table.
    """
    if "customers" in tables and by in tables.columns("customers") and by != "customer_id":
        column = exp.column(exp.to_identifier(by, quoted=True))
        label = exp.alias_(exp.cast(column.copy(), "text", dialect="duckdb"), "label")
        query = exp.select("customer_id", label).from_("customers").where(exp.not_(column.is_(exp.null())))
        found = tables.select(query)
    elif by in _BEFORE and _BEFORE[by][0] in tables:
        found = tables.select(_BEFORE[by][1], until=until)
    else:
        possible = [*tables.attributes, *(name for name, (table, _) in _BEFORE.items() if table in tables)]
        raise NotFoundError(
            f"no groups {by!r} in {tables.name}", expected=", ".join(possible) or "attributes of customers"
        )
    return dict(zip(found["customer_id"].tolist(), found["label"].tolist(), strict=True))


_BEFORE: Mapping[str, tuple[str, str]] = {
    "rung": ("rungs", "rungs_before"),
    "type": ("scores", "types_before"),
}


def complete_months(tables: Tables) -> Days | None:
    """The complete months of the events: the first day and the day after the last; None where there are none.

    A month is complete if no more than two quiet days stand at its beginning or end.
    """
    if "events" not in tables or not tables.n_rows("events"):
        return None
    first, last = tables.period_range
    start = first.replace(day=1) if first.day <= 1 + QUIET_DAYS else _next_month(first)
    end = _next_month(last)
    if (end - last).days - 1 > QUIET_DAYS:
        end = last.replace(day=1)
    return (start, end) if start < end else None


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _by_period(found: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    return np.bincount(found["later"].astype(np.int64), weights=found[name].astype(np.float64), minlength=2)


def one_currency(found: Mapping[str, np.ndarray], name: str) -> None:
    """Refuse amounts in several currencies, by the columns `first_currency` and `last_currency` of sums."""
    named: Sequence[object] = [*found["first_currency"].tolist(), *found["last_currency"].tolist()]
    currencies = sorted({str(one) for one in named if one is not None})
    if len(currencies) > 1:
        raise DataError(
            f"amounts in {name} are in more than one currency", got=", ".join(currencies),
            expected="one currency", hint="Convert the amounts first, or open the currencies apart.",
        )  # fmt: skip
