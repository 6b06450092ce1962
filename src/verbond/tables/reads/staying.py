"""From when until when each customer was there, and what was known of them on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from verbond.errors import NotFoundError
from verbond.tables.reads.spending import groups_of_customers
from verbond.tables.tables import Tables

__all__ = ["SO_FAR", "KnownGroups", "Stays", "known_groups", "stays"]

_CHANGES: Mapping[str, tuple[str, str, str | None]] = {
    "rung": ("rungs", "rung_changes", None),
    "type": ("scores", "type_changes", None),
    "complaints": ("events", "complaint_changes", "none"),
    "discount": ("events", "discount_changes", None),
}
"""Groups that customers move between: the table, the query, and where everybody begins."""
SO_FAR = tuple(_CHANGES)
_ALWAYS = np.datetime64("0001-01-01")
_SAME_DAY = ("type", "complaints", "discount")
"""What happens during a day is known from the day after; a rung is known once its period is over."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Every customer who is known at all; days are datetime64[D], NaT where there is none.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    since : (n,) datetime64
        When they became a customer, as recorded.
    first_on : (n,) datetime64
        Of their first event.
    left_on : (n,) datetime64
        Of their first cancellation since they became a customer.
    bought_after : (n,) bool
        Whether they bought on a later day than that.
    n_cancellations : int
        In the whole data.
    first_cancellation, last_cancellation : date or None
    first_day, last_day : date
        Of all events.
    """

    customer_ids: np.ndarray = field(repr=False)
    since: np.ndarray = field(repr=False)
    first_on: np.ndarray = field(repr=False)
    left_on: np.ndarray = field(repr=False)
    bought_after: np.ndarray = field(repr=False)
    n_cancellations: int
    first_cancellation: dt.date | None
    last_cancellation: dt.date | None
    first_day: dt.date
    last_day: dt.date


@dataclass(frozen=True, slots=True)
class KnownGroups:
    """In which group customers are from which day on; one row a change.

    Attributes
    ----------
    by : str
    customer_ids : (m,) object
    known_on : (m,) datetime64[D]
        The first day on which it could be known; in the order of a customer's rows.
    label : (m,) object
    begin : str or None
        The group of everybody before their first row; None: not known.
    """

    by: str
    customer_ids: np.ndarray = field(repr=False)
    known_on: np.ndarray = field(repr=False)
    label: np.ndarray = field(repr=False)
    begin: str | None


def stays(tables: Tables) -> Stays | None:
    """Read since when customers are there and when they cancelled; None without a single cancellation.

    Parameters
    ----------
    tables : Tables
    """
    if "events" not in tables:
        return None
    days = tables.select("cancellation_days")
    if not int(days["n"][0]):
        return None
    found = tables.select("stays")
    first, last = tables.period_range
    return Stays(
        customer_ids=found["customer_id"],
        since=_days(found["since"]),
        first_on=_days(found["first_on"]),
        left_on=_days(found["left_on"]),
        bought_after=found["bought_after"].astype(bool),
        n_cancellations=int(days["n"][0]),
        first_cancellation=days["first_on"][0].item(),
        last_cancellation=days["last_on"][0].item(),
        first_day=first,
        last_day=last,
    )


def known_groups(tables: Tables, by: str) -> KnownGroups:
    """Which group customers are in, as it was known at each moment and no earlier.

    Parameters
    ----------
    tables : Tables
    by : str
        An attribute of customers (the same all the time), "rung" (of the last period that was over), "type"
        (from the day after the answers), "complaints" or "discount" (so far, up to the day before).

    Raises
    ------
    NotFoundError
        If there is no such attribute or table.
    """
    if "customers" in tables and by in tables.columns("customers") and by != "customer_id":
        found = groups_of_customers(tables, by, tables.period_range[1])
        ids, label = (np.array(list(one), object) for one in (found.keys(), found.values()))
        return KnownGroups(by, ids, np.full(len(ids), _ALWAYS), label, None)
    if by not in _CHANGES or _CHANGES[by][0] not in tables:
        possible = [*tables.attributes, *(name for name, (table, *_) in _CHANGES.items() if table in tables)]
        raise NotFoundError(
            f"no groups {by!r} in {tables.name}", expected=", ".join(possible) or "attributes of customers"
        )
    rows = tables.select(_CHANGES[by][1])
    known_on = _days(rows["known_on"]) + np.timedelta64(1 if by in _SAME_DAY else 0, "D")
    return KnownGroups(by, rows["customer_id"], known_on, rows["label"], _CHANGES[by][2])


def _days(column: np.ndarray) -> np.ndarray:
    return np.asarray(column).astype("datetime64[D]")
