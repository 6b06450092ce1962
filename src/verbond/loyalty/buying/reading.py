"""Purchases in tables as models of buying read them; a fit until a day against what came after it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.buying.holdout import HoldOut, hold_out, track
from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.results import BuyingResult, Model
from verbond.loyalty.summary import Summary, Waits
from verbond.tables.reads.histories import purchase_gaps, purchase_histories, repeat_purchases
from verbond.tables.tables import Tables

__all__ = ["BoughtUntil", "against", "bought_until", "held_out"]


@dataclass(frozen=True, slots=True)
class BoughtUntil:
    """What customers bought until a day, and after it.

    Attributes
    ----------
    summary : Summary
        With how regular purchases are.
    later : (n,) float64
        Days with a purchase after that day, of a customer of each row.
    until : date
    later_days : int
        Days in the data after it.
    unit_days : int
    """

    summary: Summary
    later: np.ndarray = field(repr=False)
    until: dt.date
    later_days: int
    unit_days: int


def bought_until(tables: Tables, unit_days: int = 7, until: dt.date | None = None) -> BoughtUntil:
    """Read purchases in two aggregate queries.

    Parameters
    ----------
    tables : Tables
    unit_days : int
        Unit of time: 7 for weeks.
    until : date, optional
        By default the last day of the data.
    """
    found, gaps = purchase_histories(tables, unit_days, until), purchase_gaps(tables, unit_days, until)
    waits = Waits(gaps.log_sum, gaps.n_pairs, gaps.uneven, gaps.uneven_squares)
    columns = (found.frequency, found.recency, found.T, found.n_customers)
    summary = Summary(*columns, waits=waits)
    return BoughtUntil(summary, found.later, found.until, found.later_days, unit_days)


def held_out(tables: Tables, model: Model, until: dt.date, unit_days: int = 7) -> HoldOut:
    """Fit what was bought until a day, and hold the fit against what was bought after it.

    Raises
    ------
    OptionError
        If less than a unit of time is held out.
    """
    bought = bought_until(tables, unit_days, until)
    if bought.later_days < unit_days:
        raise OptionError(
            "nothing is held out", got=f"--until {until}",
            expected=f"a day {unit_days} days or more before the last of the data",
        )  # fmt: skip
    return against(tables, bought, BuyTillYouDie(model).fit(bought.summary))


def against(tables: Tables, bought: BoughtUntil, fitted: BuyingResult) -> HoldOut:
    """Hold a fit of what was bought until a day against what came after it, with its tracking."""
    held = hold_out(fitted, bought.summary, bought.later, bought.later_days / bought.unit_days)
    tracking = None
    if np.isfinite(fitted.loglik):
        observed = repeat_purchases(tables, bought.until, period_days=bought.unit_days)
        tracking = track(fitted, bought.summary, observed)
    return dataclasses.replace(held, tracking=tracking, reasons=fitted.reasons)
