"""How much customers buy on discount, while new and after that, and what they buy after it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from verbond.tables.tables import Tables

__all__ = [
    "LONGEST_DAYS",
    "DiscountsUsed",
    "FollowedPurchases",
    "TimedAction",
    "discounts_used",
    "followed_purchases",
    "timed_actions",
]

LONGEST_DAYS = 92
"""A discount that runs longer has no clear before and after."""


@dataclass(frozen=True, slots=True)
class DiscountsUsed:
    """Purchases whose discount is known, a row a customer and phase.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted; a customer has at most two rows.
    established : (n,) bool
        False for purchases soon after somebody's first.
    n_purchases, n_discounted : (n,) float64
        Rows of purchases, and those of them with a discount.
    nn, nk, kk : (n,) float64
        Sums over orders of n², n·k and k², for n rows of which k with a discount.
    n_orders : (n,) float64
    """

    customer_ids: np.ndarray = field(repr=False)
    established: np.ndarray = field(repr=False)
    n_purchases: np.ndarray = field(repr=False)
    n_discounted: np.ndarray = field(repr=False)
    nn: np.ndarray = field(repr=False)
    nk: np.ndarray = field(repr=False)
    kk: np.ndarray = field(repr=False)
    n_orders: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class FollowedPurchases:
    """What followed one purchase of each customer; (2, 2): new or established, without or with discount.

    Attributes
    ----------
    n_people : (2, 2) int64
    mean, variance : (2, 2) float64
        Of days with a purchase in the horizon after it; for the established less those in the horizon
        before. NaN where nobody is there, the variance also for one person.
    """

    n_people: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, slots=True)
class TimedAction:
    """One dated discount action; arrays (2,) hold customers whom it did not reach and whom it reached.

    Attributes
    ----------
    action_id : str
    starts_on, ends_on : date
    n_people : (2,) int64
        Who had bought before the spans that are compared.
    mean, variance : (2, 3) float64
        Over customers, of the change in days with a purchase: during minus before, after minus before, and
        both together; before, during and after are equally long. NaN where nobody is there.
    """

    action_id: str
    starts_on: dt.date
    ends_on: dt.date
    n_people: np.ndarray
    mean: np.ndarray = field(repr=False)
    variance: np.ndarray = field(repr=False)


def timed_actions(tables: Tables) -> tuple[TimedAction, ...]:
    """Compare the time before, during and after each discount action, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events; actions of kind "discount" with dates count, if they take at most 92 days and the data
        hold as many days before and after them.
    """
    first, last = tables.period_range
    found = tables.select("promotion_timing", longest_days=LONGEST_DAYS, first_day=first, last_day=last)
    return tuple(
        _timed(str(action), {name: values[here] for name, values in found.items()})
        for action in sorted(set(found["action_id"].tolist()))
        for here in [found["action_id"] == action]
    )


def _timed(action_id: str, rows: dict[str, np.ndarray]) -> TimedAction:
    n, total, squares = np.zeros(2), np.zeros((2, 3)), np.zeros((2, 3))
    at = rows["was_reached"].astype(np.int64)
    n[at] = rows["n_people"]
    total[at] = np.stack([rows["during"], rows["afterwards"], rows["during"] + rows["afterwards"]], axis=1)
    names = ("during_squares", "afterwards_squares", "both_squares")
    squares[at] = np.stack([rows[name] for name in names], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n[:, None]
        variance = (squares - n[:, None] * mean**2) / (n[:, None] - 1)
    starts, ends = (rows[name][0].astype("datetime64[D]").item() for name in ("starts_on", "ends_on"))
    return TimedAction(action_id, starts, ends, n.astype(np.int64), mean, variance)


def discounts_used(tables: Tables, new_days: int) -> DiscountsUsed:
    """Count purchases on discount by customer, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events.
    new_days : int
        So long after the first purchase somebody is new. Who bought in as many first days of the data is
        established throughout: nobody knows since when.
    """
    start, _ = tables.period_range
    found = tables.select(
        "promotion_customers", new_days=new_days, known_from=start + dt.timedelta(days=new_days)
    )
    numbers = ("n_purchases", "n_discounted", "nn", "nk", "kk", "n_orders")
    return DiscountsUsed(
        customer_ids=found["customer_id"],
        established=found["established"] == 1,
        **{name: found[name].astype(np.float64) for name in numbers},
    )


def followed_purchases(tables: Tables, new_days: int, horizon_days: int) -> FollowedPurchases:
    """Count what customers bought after one purchase with discount or without, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events.
    new_days : int
        As for `discounts_used`.
    horizon_days : int
        The whole horizon lies within the data, after the purchase and for the established before it.

    Notes
    -----
    Of the new it is the first purchase; of the established the first one that has a horizon before it and
    after it. A day counts as on discount if at least half of its rows are.
    """
    start, last = tables.period_range
    found = tables.select(
        "promotion_after", new_days=new_days, horizon_days=horizon_days,
        known_from=start + dt.timedelta(days=new_days), before_from=start + dt.timedelta(days=horizon_days),
        decided_until=last - dt.timedelta(days=horizon_days),
    )  # fmt: skip
    n, total, squares = (np.zeros((2, 2)) for _ in range(3))
    at = found["established"].astype(np.int64), found["on_discount"].astype(np.int64)
    n[at], total[at], squares[at] = found["n_people"], found["total"], found["squares"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = (squares - n * mean**2) / (n - 1)
    return FollowedPurchases(n.astype(np.int64), mean, np.where(n > 1, variance, np.nan))
