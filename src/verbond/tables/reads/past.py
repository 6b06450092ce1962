"""What customers did month by month, beside when an action reached them first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError
from verbond.tables.engines import load, number_periods, rename
from verbond.tables.reads.around import days_of
from verbond.tables.reads.asking import QUIET_DAYS
from verbond.tables.reads.lots import was_lot_followed
from verbond.tables.reads.spending import groups_of_customers, one_currency
from verbond.tables.tables import Tables

__all__ = [
    "NEVER",
    "NEW_MONTHS",
    "PAST_OUTCOMES",
    "Measured",
    "PastAnswers",
    "PastMonths",
    "PastOutcome",
    "actions_beside",
    "past_answers",
    "past_months",
]

PastOutcome = Literal[
    "purchases", "revenue", "margin", "discounted", "complaints", "contacts", "referrals", "contributions",
    "stays",
]  # fmt: skip
PAST_OUTCOMES: tuple[PastOutcome, ...] = get_args(PastOutcome)
NEVER = np.iinfo(np.int64).max // 2
"""Month of what did not happen."""
NEW_MONTHS = 12
"""Who is known for fewer months than these when an action first reaches somebody is new."""
_TENURE = "tenure"
_READ: Mapping[str, tuple[str, str, str | None]] = {
    "purchases": ("purchase", "n_days", None),
    "revenue": ("purchase", "amount", "n_amounts"),
    "margin": ("purchase", "margin", "n_margins"),
    "discounted": ("purchase", "n_off", "n_listed"),
    "listed": ("purchase", "n_listed", "n_listed"),
    "complaints": ("complaint", "n_rows", None),
    "contacts": ("contact", "n_rows", None),
    "referrals": ("referral", "n_rows", None),
    "contributions": ("contribution", "n_rows", None),
}
"""Kind of event, what is counted, and the count of rows that tell it, where it may not be recorded."""
_MONEY = ("revenue", "margin")


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of customers and months, sparse: what is not there is 0.

    Attributes
    ----------
    customer, month : (m,) int64
        Index of the customer, and the month.
    value : (m,) float64
    """

    customer: np.ndarray
    month: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, slots=True)
class PastMonths:
    """What each customer did month by month, beside one action or kind of action.

    Months are numbers: 12 times the year plus the month, from 0.

    Attributes
    ----------
    actions : tuple of str
        Actions that are meant, in order.
    by_lot : bool
        Customers were assigned to all of them by lot.
    first_month, last_month : int
        Whole months of the data.
    known_in, reached_in, left_in : (n,) int64
        Month in which the customer is first known, in which an action first reached her, and in which she
        first cancelled; `NEVER` where that did not happen.
    measured : mapping of str to Measured
        By outcome; "listed" are the rows of which it is known whether they were on discount. What is asked
        and not recorded is not there.
    labels : mapping of str to (n,) object
        Attributes of customers that were asked for; None where not known.
    """

    actions: tuple[str, ...]
    by_lot: bool
    first_month: int
    last_month: int
    known_in: np.ndarray = field(repr=False)
    reached_in: np.ndarray = field(repr=False)
    left_in: np.ndarray = field(repr=False)
    measured: Mapping[str, Measured] = field(repr=False)
    labels: Mapping[str, np.ndarray] = field(repr=False)

    def records(self, outcome: str) -> bool:
        """Whether an outcome that was asked for is recorded; of leaving, whether anybody did."""
        return bool((self.left_in < NEVER).any()) if outcome == "stays" else outcome in self.measured

    def matrix(self, outcome: str, customers: np.ndarray, first: int, last: int) -> np.ndarray:
        """Values (customers, months) of some customers (mask) from month `first` to month `last`.

        For "stays" it is 1 before the month in which somebody cancels, else 0.
        """
        if outcome == "stays":
            return (np.arange(first, last + 1) < self.left_in[customers, None]).astype(np.float64)
        found = self.measured[outcome]
        row = np.cumsum(customers) - 1
        here = customers[found.customer] & (found.month >= first) & (found.month <= last)
        filled = np.zeros((int(customers.sum()), last - first + 1))
        filled[row[found.customer[here]], found.month[here] - first] = found.value[here]
        return filled


def past_months(
    tables: Tables,
    action: str,
    outcomes: Sequence[PastOutcome] = PAST_OUTCOMES,
    *,
    labels: Sequence[str] = (),
) -> PastMonths:
    """Read outcomes by customer and month, in one aggregate query for all of them.

    Parameters
    ----------
    tables : Tables
        With events, actions and exposures.
    action : str
        An action or a kind of action.
    outcomes : sequence of {"purchases", "revenue", "margin", "discounted", "complaints", "contacts", \
"referrals", "contributions", "stays"}
        Days with a purchase; money; money kept; rows bought on discount; numbers of the others; "stays" comes
        with "purchases".
    labels : sequence of str
        What else to know of each customer: "tenure" ("new": known for less than 12 months when an action
        first reached somebody, else "established"), or as in `groups_of_customers`, known before that month.

    Returns
    -------
    PastMonths

    Raises
    ------
    NotFoundError
        If there is no such action or attribute.
    DataError
        If amounts are asked for and in more than one currency.
    """
    actions, by_lot = _meant(tables, action)
    with _people(tables, action) as own:
        people = _columns(tables, own, "known_in", "reached_in", "left_in")
        months = _of_months(tables, own, outcomes)
        ids = _columns(tables, own, "customer_id")["customer_id"] if set(labels) - {_TENURE} else None
    known_in, reached_in = (
        _months(people[name], otherwise) for name, otherwise in (("known_in", -NEVER), ("reached_in", NEVER))
    )
    left_in = _months(people["left_in"], NEVER)
    first, last = _whole_months(*tables.period_range)
    return PastMonths(
        actions=actions,
        by_lot=by_lot,
        first_month=first,
        last_month=last,
        known_in=known_in,
        reached_in=reached_in,
        left_in=np.where(left_in < known_in, NEVER, left_in),
        measured=months,
        labels={name: _label(tables, name, ids, known_in, reached_in) for name in labels},
    )


def _meant(tables: Tables, action: str) -> tuple[tuple[str, ...], bool]:
    """Actions of a name or kind, and whether lots decided on all of them."""
    found = tables.select("past_actions", action=action)
    if not len(found["action_id"]):
        known = _known_actions(tables)
        raise NotFoundError(
            f"no action {action!r} in {tables.name}", expected=", ".join(known[:12]) or "a table of actions"
        )
    by_lot = bool((found["by_lot"] == 1).all()) and was_lot_followed(tables, action)
    return tuple(str(name) for name in found["action_id"]), by_lot


@contextmanager
def _people(tables: Tables, action: str) -> Iterator[str]:
    """Everybody who is known, as a table of the engine while it is needed."""
    own = tables.engine.new_name("past_people")
    query = number_periods(load("past_people", action=action), "month")
    tables.engine.materialise(own, tables.resolve(query))
    try:
        yield own
    finally:
        tables.engine.drop(own)


def _columns(tables: Tables, own: str, *names: str) -> dict[str, np.ndarray]:
    query = exp.select(*names).from_(exp.table_(own, quoted=True))
    return tables.engine.fetch(query.order_by("customer_number"))


def _of_months(tables: Tables, own: str, outcomes: Sequence[PastOutcome]) -> dict[str, Measured]:
    wanted = [name for name in outcomes if name != "stays"]
    wanted += ["listed"] if "discounted" in wanted else []
    wanted += ["purchases"] if "stays" in outcomes and "purchases" not in wanted else []
    if not wanted:
        return {}
    if set(wanted) & set(_MONEY):
        found = tables.select("purchase_currencies")["currency"]
        one_currency({"first_currency": found, "last_currency": found}, tables.name)
    kinds = sorted({_READ[name][0] for name in wanted})
    columns = sorted({column for name in wanted for column in _READ[name][1:] if column is not None})
    rows = _rows(tables, own, kinds, columns)
    customer, month = rows["customer_number"].astype(np.int64), _months(rows["done_in"], NEVER)
    measured = {}
    for name in wanted:
        kind, column, told = _READ[name]
        here = rows["kind_number"] == kinds.index(kind)
        if told is not None and here.any() and not rows[told][here].astype(np.float64).sum():
            continue
        measured[name] = Measured(customer[here], month[here], rows[column][here].astype(np.float64))
    return measured


def _rows(tables: Tables, own: str, kinds: Sequence[str], columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Only the columns that are needed: what is not asked for is not counted. Kinds are numbers, in order."""
    number = exp.Case()
    for place, kind in enumerate(kinds):
        number = number.when(exp.column("kind", "m").eq(kind), exp.convert(place))
    query = load("past_months", wanted=exp.column("kind").isin(*kinds), kind_number=number)
    query.set("order", None)
    rows = rename(number_periods(query, "month"), past_people=own).subquery("rows_")
    names = ("customer_number", "kind_number", "done_in", *columns)
    return tables.engine.fetch(tables.resolve(exp.select(*names).from_(rows)))


def _label(
    tables: Tables, name: str, ids: np.ndarray | None, known_in: np.ndarray, reached_in: np.ndarray
) -> np.ndarray:
    """A group of each customer, as it was known before an action reached anybody."""
    opens = int(reached_in.min(initial=NEVER))
    if name == _TENURE:
        return np.where(known_in > opens - NEW_MONTHS, "new", "established").astype(object)
    assert ids is not None
    year, month = divmod(opens, 12) if opens < NEVER else (9999, 11)
    known = groups_of_customers(tables, name, dt.date(year, month + 1, 1))
    return np.array([known.get(one) for one in ids.tolist()], dtype=object)


def actions_beside(
    tables: Tables, action: str, *, first: int, reached_from: int, last: int
) -> dict[str, tuple[int, int]]:
    """Count whom other actions reached in the same months, in one aggregate query.

    Parameters
    ----------
    tables : Tables
    action : str
        As in `past_months`.
    first, last : int
        Months that are compared; only customers known before them count.
    reached_from : int
        Exposures from this month on count.

    Returns
    -------
    dict of str to (int, int)
        By action: customers whom `action` reached up to `last`, and others.
    """
    query = load("past_beside", action=action, opens=first, reached_from=reached_from, last=last)
    with _people(tables, action) as own:
        query = rename(number_periods(query, "month"), past_people=own)
        found = tables.engine.fetch(tables.resolve(query))
    counts = zip(found["n_reached"].tolist(), found["n_others"].tolist(), strict=True)
    return {str(name): (int(a), int(b)) for name, (a, b) in zip(found["action_id"], counts, strict=True)}


@dataclass(frozen=True, slots=True)
class PastAnswers:
    """Scores of customers on one construct, wave by wave, beside one action; n customers, W waves.

    Attributes
    ----------
    by_lot : bool
    n_reached : int
        Customers whom the action reached, whether or not they answered.
    customer_ids : (n,) object
        Who ever answered, sorted.
    waves : tuple of str
        In the order of their first days.
    days : (n, W) datetime64[D]
        Of the answer; of who did not answer the middle day of the wave.
    scores, standard_errors : (n, W) float64
        NaN where there is no answer.
    reached_on : (n,) datetime64[D]
        Day on which an action first reached her; NaT where none did.
    """

    by_lot: bool
    n_reached: int
    customer_ids: np.ndarray = field(repr=False)
    waves: tuple[str, ...]
    days: np.ndarray = field(repr=False)
    scores: np.ndarray = field(repr=False)
    standard_errors: np.ndarray = field(repr=False)
    reached_on: np.ndarray = field(repr=False)


def past_answers(tables: Tables, action: str, construct: str) -> PastAnswers:
    """Read scores on one construct by customer and wave.

    Parameters
    ----------
    tables : Tables
        With scores, actions and exposures.
    action : str
        An action or a kind of action.
    construct : str

    Raises
    ------
    NotFoundError
        If there is no such action.
    """
    _, by_lot = _meant(tables, action)
    query = load("past_scores", action=action, measured=construct)
    rows = tables.select(number_periods(query, "month"))
    ids, customer = np.unique(rows["customer_id"].astype(str), return_inverse=True)
    names, wave = np.unique(rows["wave"].astype(str), return_inverse=True)
    days = days_of(rows["day"])
    opens = np.array([days[wave == k].min() for k in range(len(names))], "M8[D]")
    place = np.argsort(np.argsort(opens, kind="stable"), kind="stable")
    middle = np.array([np.sort(days[wave == k])[(wave == k).sum() // 2] for k in np.argsort(opens)], "M8[D]")
    shape, at = (len(ids), len(names)), (customer, place[wave])
    answered = np.broadcast_to(middle, shape).copy()
    scores, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    answered[at] = days
    scores[at] = rows["score"].astype(np.float64)
    errors[at] = np.sqrt(rows["squares"].astype(np.float64)) / rows["n_answers"].astype(np.float64)
    reached = np.full(len(ids), np.datetime64("NaT"), "M8[D]")
    reached[customer] = days_of(rows["reached_on"])
    return PastAnswers(
        by_lot=by_lot,
        n_reached=int(tables.select("past_reached", action=action)["n_reached"][0]),
        customer_ids=ids.astype(object),
        waves=tuple(names[np.argsort(place)].tolist()),
        days=answered,
        scores=scores,
        standard_errors=errors,
        reached_on=reached,
    )


def _known_actions(tables: Tables) -> list[str]:
    if "actions" not in tables:
        return []
    here = [c for c in ("action_id", "kind") if c in tables.columns("actions")]
    columns = tables.fetch("actions", here)
    return sorted({str(one) for values in columns.values() for one in values if one is not None})


def _months(values: np.ndarray, otherwise: int) -> np.ndarray:
    values = values.astype(np.float64)
    return np.where(np.isfinite(values), np.nan_to_num(values), otherwise).astype(np.int64)


def _whole_months(first: dt.date, last: dt.date) -> tuple[int, int]:
    """The first and last month that the data hold as a whole, a few quiet days at their edges allowed."""
    following = last + dt.timedelta(days=QUIET_DAYS + 1)
    opens, closes = (day.year * 12 + day.month - 1 for day in (first, following))
    return opens + (first.day > QUIET_DAYS + 1), closes - 1
