"""How far customers lie apart in what they do: what an experiment on them has to see through."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError, OptionError
from verbond.tables.tables import Tables

__all__ = ["Spread", "customers_now", "spreads"]

OUTCOMES = ("purchases", "revenue", "complaints", "referrals", "contributions", "stays")


@dataclass(frozen=True, slots=True)
class Spread:
    """One outcome over customers who were there, in as many days as an experiment would last.

    Attributes
    ----------
    n : int
        Customers.
    mean, sd : float
        Of the last window.
    correlation : float
        With the same in the window before it; 0 where one of them is the same for everybody.
    icc : float
        Intraclass correlation within groups (analysis of variance), not below 0; NaN without groups.
    n_groups : int
        Groups with a name; 0 without.
    group_size, group_cv : float
        Customers a group, and the standard deviation of the sizes divided by their mean; NaN without groups.
    """

    n: int
    mean: float
    sd: float
    correlation: float
    icc: float = math.nan
    n_groups: int = 0
    group_size: float = math.nan
    group_cv: float = math.nan


def spreads(tables: Tables, days: int, group: str | None = None) -> Mapping[str, Spread]:
    """Read how customers differ in what they did in the last days of the data, in one aggregate query.

    Parameters
    ----------
    tables : Tables
        With events.
    days : int
        Length of both windows; the second ends with the last day of the data.
    group : str, optional
        A column of `customers`: shops, advisers, regions.

    Returns
    -------
    mapping of str to Spread
        "purchases" (days with one), "revenue", "complaints", "referrals", "contributions" and "stays"; only
        what is recorded at all. Empty where nobody was there for both windows.

    Raises
    ------
    OptionError
        If `days` is below 1.
    NotFoundError
        If `customers` has no such column.

    References
    ----------
    Donner, A. & Koval, J. J. (1980). The estimation of intraclass correlation in the analysis of family data.
    Biometrics 36, 19-25: the analysis-of-variance estimator with groups of unequal size.
    """
    if days < 1:
        raise OptionError("days is out of range", got=repr(days), expected="1 or more")
    if "events" not in tables:
        return {}
    if group is not None and ("customers" not in tables or group not in tables.columns("customers")):
        raise NotFoundError(f"no column {group!r} in customers")
    until = tables.period_range[1] + dt.timedelta(days=1)
    label = exp.null() if group is None else exp.column(exp.to_identifier(group, quoted=True))
    found = tables.select(
        "window_sums",
        grouping=label,
        until=np.datetime64(until),
        day=np.datetime64(until - dt.timedelta(days=days)),
        before_from=np.datetime64(until - dt.timedelta(days=2 * days)),
    )
    sums = _sums(found)
    return {name: _spread(name, sums) for name in OUTCOMES if _source(name) in sums and len(sums[None])}


def customers_now(tables: Tables, days: int = 365) -> dict[str, np.ndarray]:
    """Read who is a customer now: known, and not cancelled without having bought again.

    Parameters
    ----------
    tables : Tables
        With customers or events.
    days : int
        Up to the last day of the data.

    Returns
    -------
    dict
        customer_id (sorted) and n_bought, days with a purchase in the last `days`; 0 where nothing is dated.
    """
    last = tables.period_range[1] if "events" in tables else dt.date.max - dt.timedelta(days=1)
    first_day = np.datetime64(last - dt.timedelta(days=days - 1))
    return dict(tables.select("customers_now", first_day=first_day))


def _source(name: str) -> str:
    return "cancellations" if name == "stays" else name


Row = tuple[float, float, float, float, float, float]


def _sums(found: Mapping[str, np.ndarray]) -> dict[str | None, dict[str | None, Row]]:
    """Outcome -> group -> n and the five sums; outcome None counts everybody."""
    columns = ("n", "later", "earlier", "later_squared", "earlier_squared", "product")
    sums: dict[str | None, dict[str | None, Row]] = {None: {}}
    for row, (label, outcome) in enumerate(zip(found["label"], found["outcome"], strict=True)):
        values = tuple(float(found[name][row]) for name in columns)
        sums.setdefault(outcome, {})[label] = values  # type: ignore[assignment]
    return sums


def _spread(name: str, sums: Mapping[str | None, Mapping[str | None, Row]]) -> Spread:
    sizes = {label: row[0] for label, row in sums[None].items()}
    of, n = sums[_source(name)], sum(sizes.values())
    later, earlier, later_2, earlier_2, product = (sum(row[k] for row in of.values()) for k in range(1, 6))
    variance = max(0.0, later_2 - later * later / n) / max(1.0, n - 1)
    before = max(0.0, earlier_2 - earlier * earlier / n) / max(1.0, n - 1)
    together = (product - later * earlier / n) / max(1.0, n - 1)
    scale = math.sqrt(variance * before)
    mean = later / n
    groups = {label: size for label, size in sizes.items() if label is not None}
    return Spread(
        n=round(n),
        mean=1 - mean if name == "stays" else mean,
        sd=math.sqrt(variance),
        correlation=min(1.0, max(-1.0, together / scale)) if scale > 0 else 0.0,
        **_grouped(groups, {label: (row[1], row[3]) for label, row in of.items()}),
    )


def _grouped(
    sizes: Mapping[str, float], sums: Mapping[str | None, tuple[float, float]]
) -> dict[str, float | int]:
    """Intraclass correlation of groups of unequal size, and what their sizes are like."""
    if not sizes:
        return {}
    k, n = len(sizes), sum(sizes.values())
    size = np.array(list(sizes.values()))
    told = {"n_groups": k, "group_size": float(size.mean()), "group_cv": float(size.std() / size.mean())}
    if k < 2 or n <= k:
        return {**told, "icc": math.nan}
    total = np.array([sums.get(label, (0.0, 0.0))[0] for label in sizes])
    squared = sum(sums.get(label, (0.0, 0.0))[1] for label in sizes)
    between = (float((total * total / size).sum()) - total.sum() ** 2 / n) / (k - 1)
    within = max(0.0, squared - float((total * total / size).sum())) / (n - k)
    typical = (n - float((size * size).sum()) / n) / (k - 1)
    whole = between + (typical - 1) * within
    return {**told, "icc": float(max(0.0, (between - within) / whole)) if whole > 0 else 0.0}
