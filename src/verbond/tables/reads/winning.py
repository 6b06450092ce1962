"""Customers who were won in the time of the data: by what, and what they did afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError
from verbond.tables.engines import load, rename
from verbond.tables.reads.spending import one_currency
from verbond.tables.tables import Tables

__all__ = ["Cell", "KnownAction", "WonCustomers", "WonSums", "known_actions", "won_customers"]

KNOWN_AFTER = 90
"""Somebody without a recorded beginning is new if so many days of the data went before her first purchase."""

QUIET = 20.0
"""A silence after the last cancellation in which so many would be expected: nobody records them any more."""

Cell = tuple[str, str]
"""Route and name, as in ("action", "bf-2024"), ("referral", ""), ("none", "") or ("label", "shop")."""


@dataclass(frozen=True, slots=True)
class KnownAction:
    """An action, what it was for and what it cost.

    Attributes
    ----------
    action_id, label, kind : str
    aim : str
        "win", "keep" or "" where it is not recorded.
    cost : float
        NaN where it is not recorded.
    starts_on, ends_on : date or None
    """

    action_id: str
    label: str
    kind: str
    aim: str
    cost: float
    starts_on: dt.date | None
    ends_on: dt.date | None


@dataclass(frozen=True, slots=True)
class WonSums:
    """Sums over the won of one cell who can be followed so long.

    Attributes
    ----------
    n_people, n_again : float
        All, and those who bought on a later day.
    n_rows, n_amounts, n_margins : float
        Purchases, and those of which amount and margin are recorded.
    revenue, revenue_squares, margin, margin_squares : float
        Of each customer's sum, and of its square.
    n_buyers : float
        Of whom a later purchase is known to be on discount or not.
    n, k, nn, nk, kk : float
        Over these: later purchases, those on discount, and products of both.
    n_standing, rung, rung_squares : float
        Over those whose rung is known: mean of the rung, and of its square.
    """

    n_people: float = 0.0
    n_again: float = 0.0
    n_rows: float = 0.0
    n_amounts: float = 0.0
    n_margins: float = 0.0
    revenue: float = 0.0
    revenue_squares: float = 0.0
    margin: float = 0.0
    margin_squares: float = 0.0
    n_buyers: float = 0.0
    n: float = 0.0
    k: float = 0.0
    nn: float = 0.0
    nk: float = 0.0
    kk: float = 0.0
    n_standing: float = 0.0
    rung: float = 0.0
    rung_squares: float = 0.0


@dataclass(frozen=True, slots=True)
class WonCustomers:
    """Customers won, by cell.

    Attributes
    ----------
    first_day, last_day : date
        Of the data.
    recorded_until : date or None
        Until when cancellations are recorded; None where there are none.
    cells : tuple of Cell
    cell : (m,) int64
        Index of the cell of each row.
    days, n : (m,) float64
        So many customers were there so many days, the first one included.
    has_left : (m,) bool
        Whether that ended in a cancellation; otherwise in the end of the data.
    n_both_ways : int
        Whom another customer named and an action reached too.
    currency : str
        Of amounts; empty where it is not known.
    sums : mapping of int to mapping of Cell to WonSums
        By horizon in days.
    """

    first_day: dt.date
    last_day: dt.date
    recorded_until: dt.date | None
    cells: tuple[Cell, ...]
    cell: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    n: np.ndarray = field(repr=False)
    has_left: np.ndarray = field(repr=False)
    n_both_ways: int
    currency: str
    sums: Mapping[int, Mapping[Cell, WonSums]] = field(repr=False)


def won_customers(
    tables: Tables, days: int, horizons: Sequence[int], by: str | None = None
) -> WonCustomers | None:
    """Read who was won and what followed, in a few aggregate queries over one small table.

    Parameters
    ----------
    tables : Tables
    days : int
        An action counts that reached somebody at most so many days before her first purchase.
    horizons : sequence of int
        Days after the first purchase to look back at.
    by : str, optional
        An attribute of customers that names what won them.

    Returns
    -------
    WonCustomers or None
        None where nobody bought anything.

    Raises
    ------
    NotFoundError
        If there is no such attribute.
    DataError
        If amounts are in more than one currency.
    """
    if "events" not in tables or not tables.n_rows("events"):
        return None
    first_day, last_day = tables.period_range
    query = load(
        "won_customers", days=days, first_day=first_day, labelled=by is not None,
        known_from=first_day + dt.timedelta(days=KNOWN_AFTER), label=_label(tables, by),
    )  # fmt: skip
    recorded = _recorded_until(tables, last_day)
    engine = tables.engine
    own = engine.new_name("won")
    engine.materialise(own, tables.resolve(query))
    try:
        stays = _of_won(tables, own, "won_stays", last_day=recorded or last_day)
        after = {horizon: {"last_day": last_day, "horizon_days": horizon} for horizon in horizons}
        spent = {one: _of_won(tables, own, "won_sums", **values) for one, values in after.items()}
        standing = {one: _of_won(tables, own, "won_rungs", **values) for one, values in after.items()}
    finally:
        engine.drop(own)
    for one in spent.values():
        one_currency(one, tables.name)
    currencies = [str(code) for one in spent.values() for code in one["last_currency"].tolist() if code]
    cells = _cells(stays)
    names = tuple(dict.fromkeys(cells))
    return WonCustomers(
        first_day=first_day,
        last_day=last_day,
        recorded_until=recorded,
        cells=names,
        cell=np.array([names.index(one) for one in cells], dtype=np.int64),
        days=stays["days"].astype(np.float64),
        n=stays["n"].astype(np.float64),
        has_left=stays["has_left"] == 1,
        n_both_ways=int(stays["n_both_ways"].sum()),
        currency=currencies[0] if currencies else "",
        sums={horizon: _sums(spent[horizon], standing[horizon]) for horizon in horizons},
    )


def known_actions(tables: Tables) -> tuple[KnownAction, ...]:
    """Read what actions there are, what they were for and what they cost.

    Parameters
    ----------
    tables : Tables
    """
    found = tables.select("action_costs")
    names = ("action_id", "label", "kind", "aim", "cost", "starts_on", "ends_on")
    return tuple(
        KnownAction(
            str(action), str(label), str(kind), str(aim or ""), float("nan") if cost is None else float(cost),
            _day(starts), _day(ends),
        )
        for action, label, kind, aim, cost, starts, ends in zip(
            *(found[name].tolist() for name in names), strict=True
        )
    )  # fmt: skip


def _recorded_until(tables: Tables, last_day: dt.date) -> dt.date | None:
    """The last day on which cancellations are recorded; None without any."""
    found = tables.select("cancellation_days")
    n = int(found["n"][0])
    if not n:
        return None
    first, last = found["first_on"][0].item(), found["last_on"][0].item()
    silent = (last_day - last).days * n / ((last - first).days + 1) > QUIET
    return last if silent else last_day


def _label(tables: Tables, by: str | None) -> exp.Expr:
    if by is None:
        return exp.cast(exp.null(), "text", dialect="duckdb")
    if "customers" not in tables or by not in tables.columns("customers") or by == "customer_id":
        known = ", ".join(tables.attributes) or "attributes of customers"
        raise NotFoundError(f"no attribute {by!r} in {tables.name}", expected=known)
    return exp.cast(exp.column(exp.to_identifier(by, quoted=True)), "text", dialect="duckdb")


def _of_won(tables: Tables, own: str, name: str, **values: object) -> dict[str, np.ndarray]:
    return tables.select(rename(load(name, **values), won=own))


def _cells(found: Mapping[str, np.ndarray]) -> list[Cell]:
    names = zip(found["route"].tolist(), found["name"].tolist(), strict=True)
    return [(str(route), "" if name is None else str(name)) for route, name in names]


def _sums(found: Mapping[str, np.ndarray], standing: Mapping[str, np.ndarray]) -> dict[Cell, WonSums]:
    kept = {c: found[c] for c in found if c in WonSums.__slots__}
    gathered = {cell: {c: float(kept[c][j]) for c in kept} for j, cell in enumerate(_cells(found))}
    for j, cell in enumerate(_cells(standing)):
        gathered.setdefault(cell, {}).update(
            n_standing=float(standing["n_people"][j]), rung=float(standing["rung"][j]),
            rung_squares=float(standing["square"][j]),
        )  # fmt: skip
    return {cell: WonSums(**found) for cell, found in gathered.items()}


def _day(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None
