"""What was known of each customer before an action came, and what she did after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.tables.reads.lots import was_lot_followed
from verbond.tables.reads.spending import one_currency
from verbond.tables.tables import Tables

__all__ = [
    "FARTHEST",
    "DaySpan",
    "Targeting",
    "TargetingOutcome",
    "action_opens",
    "reached_beside",
    "targeting",
]

TargetingOutcome = Literal["purchases", "revenue", "complaints", "referrals", "contributions"]
_EVENT_KINDS = {"complaints": "complaint", "referrals": "referral", "contributions": "contribution"}

DaySpan = tuple[int, int]
"""First and last day, counted from the day in question, which is 0."""
NO_DAYS: DaySpan = (0, -1)
FARTHEST = 180
"""So many days before an action count as what was known before it."""


@dataclass(frozen=True, slots=True)
class Targeting:
    """Customers who were there before a day; n of them, sorted by customer.

    Attributes
    ----------
    outcome : str
    day : date
    windows : tuple of (int, int)
        Near, middle and far: from how many until how many days before the day.
    customer_ids : (n,) object
    reached_on : (n,) datetime64[D]
        When the action first reached her; NaT where it never did.
    days_bought, money, measured : (n, 3) float64
        Days with a purchase, money paid, and the outcome, in each window.
    since_purchase : (n,) float64
        Days since the last purchase; NaN where none is known.
    discounted : (n,) float64
        Share of purchases on discount in all windows; NaN where none is known.
    n_complaints, n_contacts, n_actions : (n,) float64
        In all windows; other actions that had reached her before the day.
    tenure : (n,) float64
        Days as a customer; since the first event where nothing better is known.
    rung : (n,) float64
        Mean of the rungs, by their probability, in the last period that was over; NaN where not known.
    attributes : mapping of str to (n,) object
        Texts; None where not known.
    outcomes : (n, s) float64
        Days with a purchase, money, complaints, referrals or contributions in each span.
    """

    outcome: TargetingOutcome
    day: dt.date
    windows: tuple[DaySpan, ...]
    customer_ids: np.ndarray = field(repr=False)
    reached_on: np.ndarray = field(repr=False)
    days_bought: np.ndarray = field(repr=False)
    money: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    since_purchase: np.ndarray = field(repr=False)
    discounted: np.ndarray = field(repr=False)
    n_complaints: np.ndarray = field(repr=False)
    n_contacts: np.ndarray = field(repr=False)
    n_actions: np.ndarray = field(repr=False)
    tenure: np.ndarray = field(repr=False)
    rung: np.ndarray = field(repr=False)
    attributes: Mapping[str, np.ndarray] = field(repr=False)
    outcomes: np.ndarray = field(repr=False)


def action_opens(tables: Tables, action: str) -> tuple[str, bool, dt.date | None]:
    """Which action is meant, whether a lot decided, and the first day on which it reached somebody.

    Parameters
    ----------
    tables : Tables
        With actions and exposures.
    action : str
        An action, or a kind of action of which there is one.

    Raises
    ------
    NotFoundError
        If there is no such action.
    OptionError
        If there are several of this kind.
    """
    found = tables.select("targeting_opens", action=action)
    names = [str(name) for name in found["action_id"]]
    if not names:
        known = tables.fetch("actions", ["action_id"])["action_id"] if "actions" in tables else []
        listed = ", ".join(sorted(map(str, known))[:12])
        raise NotFoundError(f"no action {action!r} in {tables.name}", expected=listed or "a table of actions")
    here = names.index(action) if action in names else 0
    if len(names) > 1 and action not in names:
        raise OptionError(f"several actions are of the kind {action!r}", expected=" or ".join(names[:12]))
    opens = found["opens_on"][here]
    by_lot = bool(found["by_lot"][here]) and was_lot_followed(tables, names[here])
    return names[here], by_lot, None if np.isnat(opens) else opens.item()


def targeting(
    tables: Tables, action: str, outcome: TargetingOutcome, day: dt.date, spans: tuple[DaySpan, ...]
) -> Targeting:
    """Read what was known before a day and what followed, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events, actions and exposures; customers and rungs as far as they are there.
    action : str
    outcome : {"purchases", "revenue", "complaints", "referrals", "contributions"}
    day : date
        Only customers who were there before it count, and had not left.
    spans : tuple of (int, int)
        At most two: first and last day after `day` (0) to sum the outcome over.

    Raises
    ------
    DataError
        If amounts are in more than one currency, or money is asked for and none is known.
    """
    first, _ = tables.period_range
    far = min(FARTHEST, (day - first).days)
    middle = min(90, far // 2)
    near = min(30, middle // 2)
    (one_from, one_until), (two_from, two_until) = (*spans, NO_DAYS, NO_DAYS)[:2]
    rows = tables.select(
        "targeting", action=action, outcome=outcome, event_kind=_EVENT_KINDS.get(outcome, "purchase"),
        day=np.datetime64(day), near=near, middle=middle, far=far, one_from=one_from, one_until=one_until,
        two_from=two_from, two_until=two_until,
    )  # fmt: skip
    if outcome == "revenue":
        one_currency(rows, tables.name)
        if not np.nansum(rows["n_amounts"].astype(np.float64)):
            raise DataError(f"no purchase in {tables.name} has an amount", expected="column amount in events")
    number = {
        name: values.astype(np.float64)
        for name, values in rows.items()
        if name not in ("customer_id", "reached_on", "first_currency", "last_currency")
    }
    days_known = np.fmax(number["days_since"], -number["first_day"])
    bought, cancelled = (np.nan_to_num(number[name], nan=-np.inf) for name in ("last_bought", "cancelled"))
    here = (np.nan_to_num(days_known, nan=0.0) > 0) & (cancelled <= bought)
    number = {name: values[here] for name, values in number.items()}
    n_known, whose = number["n_known"], rows["customer_id"][here]
    return Targeting(
        outcome=outcome,
        day=day,
        windows=((1, near), (near + 1, middle), (middle + 1, far)),
        customer_ids=whose,
        reached_on=rows["reached_on"][here].astype("datetime64[D]"),
        days_bought=_filled(number, "days_near", "days_middle", "days_far"),
        money=_filled(number, "money_near", "money_middle", "money_far"),
        measured=_filled(number, "measured_near", "measured_middle", "measured_far"),
        since_purchase=-number["last_bought"],
        discounted=np.where(n_known > 0, number["n_discounted"] / np.where(n_known > 0, n_known, 1), np.nan),
        n_complaints=np.nan_to_num(number["n_complaints"]),
        n_contacts=np.nan_to_num(number["n_contacts"]),
        n_actions=np.nan_to_num(number["n_actions"]),
        tenure=days_known[here],
        rung=number["rung"],
        attributes=_attributes(tables, whose),
        outcomes=_filled(number, "first_span", "second_span")[:, : len(spans)],
    )


def reached_beside(
    tables: Tables, action: str, first: dt.date, last: dt.date, customer_ids: np.ndarray
) -> dict[str, np.ndarray]:
    """Whom of some customers other actions reached, from a first day to a last.

    Parameters
    ----------
    tables : Tables
    action : str
        Left out.
    first, last : date
    customer_ids : (n,) object
        Sorted.

    Returns
    -------
    dict of str to (n,) bool
        By action.
    """
    rows = tables.select("targeting_beside", action=action, first_day=first, last_day=last)
    place = np.searchsorted(customer_ids.astype(str), rows["customer_id"].astype(str))
    place = np.minimum(place, len(customer_ids) - 1)
    here = customer_ids[place] == rows["customer_id"]
    found: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(rows["action_id"].tolist()):
        found[str(name)] = np.zeros(len(customer_ids), dtype=bool)
        found[str(name)][place[here & (rows["action_id"] == name)]] = True
    return found


def _filled(number: Mapping[str, np.ndarray], *names: str) -> np.ndarray:
    """Columns side by side; who did nothing did nothing."""
    return np.nan_to_num(np.column_stack([number[name] for name in names]))


def _attributes(tables: Tables, customer_ids: np.ndarray) -> dict[str, np.ndarray]:
    """What the list of customers says of each, as text."""
    names = tables.attributes
    if not names or not len(customer_ids):
        return {}
    texts = [exp.alias_(exp.cast(_column(name), "VARCHAR"), f"a{j}") for j, name in enumerate(names)]
    found = tables.select(
        exp.select("customer_id", *texts).from_("customers").where("customer_id IS NOT NULL").order_by(1)
    )
    at = np.searchsorted(found["customer_id"].astype(str), customer_ids.astype(str))
    at = np.minimum(at, len(found["customer_id"]) - 1)
    there = found["customer_id"][at] == customer_ids
    return {name: np.where(there, found[f"a{j}"][at], None) for j, name in enumerate(names)}


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
