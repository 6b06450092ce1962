"""How often and how recently each customer bought: what buy-till-you-die models read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.tables.tables import Tables

__all__ = ["Purchases", "purchases"]


@dataclass(frozen=True, slots=True)
class Purchases:
    """Repeat purchases of each customer who bought at all.

    Attributes
    ----------
    customer_ids : (n,) object
        Sorted.
    frequency : (n,) float64
        Days with a purchase, the first one left out.
    recency : (n,) float64
        From the first purchase to the last, in units.
    T : (n,) float64
        From the first purchase to the last day of the data, in units.
    monetary_value : (n,) float64
        Mean money a day of the repeat purchases; NaN where there are none, or no amounts.
    unit_days : int
        Days in a unit.
    """

    customer_ids: np.ndarray = field(repr=False)
    frequency: np.ndarray = field(repr=False)
    recency: np.ndarray = field(repr=False)
    T: np.ndarray = field(repr=False)
    monetary_value: np.ndarray = field(repr=False)
    unit_days: int


def purchases(tables: Tables, unit_days: int = 7) -> Purchases:
    """Summarise purchases in one aggregate query; several on a day are one.

    Parameters
    ----------
    tables : Tables
        Without purchases there are no rows.
    unit_days : int
        Unit of time: 7 for weeks.
    """
    until = (
        tables.period_range[1]
        if "events" in tables and tables.n_rows("events")
        else np.datetime64("1970-01-01")
    )
    found = tables.select("purchase_summary", until=until)
    return Purchases(
        customer_ids=found["customer_id"],
        frequency=found["frequency"].astype(np.float64),
        recency=found["recency_days"] / unit_days,
        T=found["observed_days"] / unit_days,
        monetary_value=found["monetary_value"].astype(np.float64),
        unit_days=unit_days,
    )
