"""Who brought whom, and what each customer's own purchases came to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from verbond.tables.reads.spending import Days, one_currency
from verbond.tables.tables import Tables

__all__ = ["CustomerValues", "Referrals", "customer_values", "referrals"]


@dataclass(frozen=True, slots=True)
class Referrals:
    """Pairs of customers, one of whom named the other; each pair once, by day of the first time.

    Attributes
    ----------
    bringer_ids, brought_ids : (k,) object
        None in the second where nobody is named.
    referred_on : (k,) datetime64[D]
    n_rows : (k,) int64
        Times that the pair is recorded.
    since : (k,) datetime64[D]
        Of the named, as their company has it; NaT where that is not known.
    is_known : (k,) bool
        The named are in the list of customers or did something themselves.
    """

    bringer_ids: np.ndarray = field(repr=False)
    brought_ids: np.ndarray = field(repr=False)
    referred_on: np.ndarray = field(repr=False)
    n_rows: np.ndarray = field(repr=False)
    since: np.ndarray = field(repr=False)
    is_known: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """What customers bought in some days; a row for everybody who ever bought.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    first_bought_on : (n,) datetime64[D]
        At all, not only in these days; NaT where somebody has refunds only.
    revenue, margin : (n,) float64
        Of purchases in these days, set back to the first of them.
    n_rows : (n,) int64
        Purchases in these days.
    share_with_amount, share_with_margin : float
        Of all these; NaN where there are none.
    n_refunds : int
        Purchases of less than zero in these days, left out.
    """

    customer_ids: np.ndarray = field(repr=False)
    first_bought_on: np.ndarray = field(repr=False)
    revenue: np.ndarray = field(repr=False)
    margin: np.ndarray = field(repr=False)
    n_rows: np.ndarray = field(repr=False)
    share_with_amount: float
    share_with_margin: float
    n_refunds: int


def referrals(tables: Tables, until: dt.date) -> Referrals:
    """Read who named whom before a day, in one aggregate query."""
    found = tables.select("referrals", first_until=until)
    return Referrals(
        bringer_ids=found["customer_id"],
        brought_ids=found["related_customer_id"],
        referred_on=found["referred_on"].astype("M8[D]"),
        n_rows=found["n_rows"].astype(np.int64),
        since=found["since"].astype("M8[D]"),
        is_known=found["is_known"].astype(bool),
    )


def customer_values(tables: Tables, days: Days, discount_rate: float = 0.0) -> CustomerValues:
    """Sum purchases by customer, in one aggregate query.

    Parameters
    ----------
    tables : Tables
    days : (first day, day after the last)
    discount_rate : float
        A year; 0.1 makes what comes in a year later count for 1 / 1.1.

    Raises
    ------
    DataError
        If amounts are in more than one currency.
    """
    found = tables.select(
        "customer_values", first_from=days[0], first_until=days[1],
        daily_factor=(1 + discount_rate) ** (-1 / 365.25),
    )  # fmt: skip
    one_currency(found, tables.name)
    n = int(found["n_rows"].sum())

    def share(name: str) -> float:
        return int(found[name].sum()) / n if n else float("nan")

    return CustomerValues(
        customer_ids=found["customer_id"],
        first_bought_on=found["first_bought_on"].astype("M8[D]"),
        revenue=found["revenue"].astype(np.float64),
        margin=found["margin"].astype(np.float64),
        n_rows=found["n_rows"].astype(np.int64),
        share_with_amount=share("n_with_amount"),
        share_with_margin=share("n_with_margin"),
        n_refunds=int(found["n_refunds"].sum()),
    )
