"""Histories of buying counted inside the engine, however many events there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from verbond.tables.tables import Tables

__all__ = [
    "PurchaseGaps",
    "PurchaseHistories",
    "PurchaseMoney",
    "purchase_gaps",
    "purchase_histories",
    "purchase_money",
    "repeat_purchases",
]

_NEVER = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class PurchaseHistories:
    """Customers with equal histories in one row; several purchases on a day are one.

    Attributes
    ----------
    frequency : (n,) float64
        Days with a purchase, the first one left out.
    recency, T : (n,) float64
        From the first purchase to the last, and to the end, in units.
    later : (n,) float64
        Days with a purchase after the end.
    n_customers : (n,) float64
    until : date
        The end: its last day.
    later_days : int
        Days in the data after it.
    unit_days : int
    """

    frequency: np.ndarray = field(repr=False)
    recency: np.ndarray = field(repr=False)
    T: np.ndarray = field(repr=False)
    later: np.ndarray = field(repr=False)
    n_customers: np.ndarray = field(repr=False)
    until: dt.date
    later_days: int
    unit_days: int


@dataclass(frozen=True, slots=True)
class PurchaseGaps:
    """Times between purchases of all customers together; several purchases on a day are one.

    Attributes
    ----------
    n_gaps : int
    log_sum : float
        Of logarithms of gaps, in units.
    n_pairs : int
        Customers with two gaps or more.
    uneven, uneven_squares : float
        Sums over them of (share of the last gap in the last two - 1/2)^2, and of its square.
    """

    n_gaps: int
    log_sum: float
    n_pairs: int
    uneven: float
    uneven_squares: float


@dataclass(frozen=True, slots=True)
class PurchaseMoney:
    """What is known of the money of purchases.

    Attributes
    ----------
    currencies : tuple of str
        Codes that occur.
    n_rows, n_refunds, n_free, n_unknown : int
        Rows of purchases; below zero, at zero and without an amount.
    """

    currencies: tuple[str, ...]
    n_rows: int
    n_refunds: int
    n_free: int
    n_unknown: int


def purchase_histories(tables: Tables, unit_days: int = 7, until: dt.date | None = None) -> PurchaseHistories:
    """Count customers by history in one aggregate query.

    Parameters
    ----------
    tables : Tables
        Without purchases there are no rows.
    unit_days : int
        Unit of time: 7 for weeks.
    until : date, optional
        What came after this day is `later`; by default the last day of the data.
    """
    last = _last_day(tables)
    end = min(until or last, last)
    found = tables.select("purchase_histories", until=np.datetime64(end))
    return PurchaseHistories(
        frequency=found["frequency"].astype(np.float64),
        recency=found["recency_days"] / unit_days,
        T=found["observed_days"] / unit_days,
        later=found["later"].astype(np.float64),
        n_customers=found["n_customers"].astype(np.float64),
        until=end,
        later_days=(last - end).days,
        unit_days=unit_days,
    )


def repeat_purchases(tables: Tables, until: dt.date | None = None, *, period_days: int = 7) -> np.ndarray:
    """Repeat purchases in each period since the first purchase of anybody, until the data end.

    Parameters
    ----------
    tables : Tables
    until : date, optional
        Only customers who first bought until then.
    period_days : int

    Returns
    -------
    (n,) float64
        Whole periods only.
    """
    last = _last_day(tables)
    end = min(until or last, last)
    found = tables.select("repeat_purchases", until=np.datetime64(end))
    whole = tables.select("purchase_histories", until=np.datetime64(end))["observed_days"]
    n_days = int(whole.max()) + (last - end).days if len(whole) else 0
    periods = (found["days_since"].astype(np.int64) - 1) // period_days
    counts = np.bincount(periods, weights=found["n"].astype(np.float64), minlength=n_days // period_days)
    return counts[: n_days // period_days]


def purchase_gaps(tables: Tables, unit_days: int = 7, until: dt.date | None = None) -> PurchaseGaps:
    """Sum up the times between purchases.

    Parameters
    ----------
    tables : Tables
    unit_days : int
        Unit of time: 7 for weeks.
    until : date, optional
        What came after this day is left out.
    """
    last = _last_day(tables)
    found = tables.select("purchase_gaps", until=np.datetime64(min(until or last, last)))
    row = {name: values[0].item() for name, values in found.items()}
    return PurchaseGaps(
        n_gaps=int(row["n_gaps"]),
        log_sum=float(row["log_days"]) - int(row["n_gaps"]) * float(np.log(unit_days)),
        n_pairs=int(row["n_pairs"]),
        uneven=float(row["uneven"]),
        uneven_squares=float(row["uneven_squares"]),
    )


def purchase_money(tables: Tables) -> PurchaseMoney:
    """Look over the amounts of purchases."""
    found = tables.select("purchase_money")
    codes = sorted({str(code) for code in found["currency"] if code is not None and code == code})
    counts = {name: int(found[name].sum()) for name in ("n_rows", "n_refunds", "n_free", "n_unknown")}
    return PurchaseMoney(tuple(codes), **counts)


def _last_day(tables: Tables) -> dt.date:
    return tables.period_range[1] if "events" in tables and tables.n_rows("events") else _NEVER
