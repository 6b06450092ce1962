"""What customers did around a day, and which group they were in on that day as it was known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError
from verbond.tables.engines import load
from verbond.tables.tables import Tables

__all__ = ["days_of", "group_at_answer", "with_acts_around"]


def with_acts_around(asked: exp.Query, horizon_days: int, money_days: int | None = None) -> exp.Query:
    """A query with what customers did in the days after and before a day beside it.

    Parameters
    ----------
    asked : sqlglot query
        Columns customer_id and day (a date); others are kept. Rows without either are kept with zeros.
    horizon_days : int
        Acts from the day after it until so many days after it are after; as many days until the day itself
        are before.
    money_days : int, optional
        How many days count for `spent_before`; by default `horizon_days`.

    Returns
    -------
    sqlglot query
        The columns of `asked`, and: referred, brought_customer (a named newcomer bought after the referral),
        bought_again, left_after, gone_before (0 or 1), n_bought, spent, n_referred_before, n_bought_before
        (days with a purchase), spent_before, days_since_bought (NULL: never).
    """
    money_days = horizon_days if money_days is None else money_days
    around = load("acts_around", horizon_days=horizon_days, money_days=money_days)
    own = exp.CTE(this=asked, alias=exp.TableAlias(this=exp.to_identifier("asked")))
    around.ctes[0].parent.expressions.insert(0, own)
    return around


def group_at_answer(tables: Tables, by: str, customer_ids: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The group of each customer on the day of an answer, never from what came to be known later.

    Parameters
    ----------
    tables : Tables
    by : str
        A column of `customers`; else "rung" (the most probable one of the last period that was over by then)
        or "type" (the relationship type with the highest score in the last answers until then).
    customer_ids, days : (n,) arrays
        The second datetime64[D], of answers in `responses`.

    Returns
    -------
    (n,) object
        None where it is not known.

    Raises
    ------
    NotFoundError
        If there is no such attribute or table.
    """
    if "customers" in tables and by in tables.columns("customers") and by != "customer_id":
        column = exp.column(exp.to_identifier(by, quoted=True))
        label = exp.alias_(exp.cast(column.copy(), "text", dialect="duckdb"), "label")
        found = tables.select(exp.select("customer_id", label).from_("customers"))
        of_customer = dict(zip(found["customer_id"].tolist(), found["label"].tolist(), strict=True))
        return np.array([of_customer.get(one) for one in customer_ids.tolist()], object)
    if by not in _AT_ANSWERS or _AT_ANSWERS[by][0] not in tables:
        possible = [
            *tables.attributes,
            *(name for name, (table, _) in _AT_ANSWERS.items() if table in tables),
        ]
        raise NotFoundError(
            f"no groups {by!r} in {tables.name}", expected=", ".join(possible) or "attributes of customers"
        )
    found = tables.select(_AT_ANSWERS[by][1])
    known = dict(
        zip(
            zip(found["customer_id"].tolist(), days_of(found["day"]).tolist(), strict=True),
            found["label"].tolist(), strict=True,
        )
    )  # fmt: skip
    keys = zip(customer_ids.tolist(), days_of(days).tolist(), strict=True)
    return np.array([known.get(key) for key in keys], object)


_AT_ANSWERS: Mapping[str, tuple[str, str]] = {
    "rung": ("rungs", "rungs_at_answers"),
    "type": ("scores", "types_at_answers"),
}


def days_of(column: np.ndarray) -> np.ndarray:
    """A column of dates as datetime64[D], NaT where there is none."""
    if column.dtype.kind == "M":
        return column.astype("datetime64[D]")
    return np.array(
        [None if one is None else dt.date.fromisoformat(str(one)[:10]) for one in column], "M8[D]"
    )
