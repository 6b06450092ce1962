"""Answers to questions as a matrix: a row a respondent and wave, a column an item."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.tables.engines import load
from verbond.tables.tables import Tables

__all__ = ["Answers", "answers"]


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one group of respondents.

    Attributes
    ----------
    items : (k,) tuple of str
        In the order of the questionnaire, unknown items last.
    values : (n, k) float32
        NaN where not asked or not answered.
    respondent_ids : (n,) object
        Text; a respondent of several waves has a row for each.
    customer_ids : (n,) object
        The customer behind it; None where unknown.
    waves : (n,) object
        None where there is no wave.
    occurred_at : (n,) datetime64[D]
        Day of the row's last answer; NaT where unknown.
    """

    items: tuple[str, ...]
    values: np.ndarray = field(repr=False)
    respondent_ids: np.ndarray = field(repr=False)
    customer_ids: np.ndarray = field(repr=False)
    waves: np.ndarray = field(repr=False)
    occurred_at: np.ndarray = field(repr=False)


def answers(tables: Tables, group: str = "customer") -> Answers:
    """Fetch the answers of customers or of employees.

    Parameters
    ----------
    tables : Tables
        No `responses` table gives no rows.
    group : {"customer", "employee"}
        An answer without a group is a customer's.

    Returns
    -------
    Answers
        Sorted by respondent and wave.
    """
    asked = [str(item) for item in tables.select("answered_items", group=group)["item"]]
    order = {item: j for j, item in enumerate(tables.items)}
    items = tuple(sorted(asked, key=lambda item: (order.get(item, len(order)), item)))
    query = load("answers", group=group).select(*(_column_of(item, j) for j, item in enumerate(items)))
    found = tables.select(query)
    n = len(found["respondent_id"])
    values = np.empty((n, len(items)), dtype=np.float32)
    for j in range(len(items)):
        values[:, j] = found[f"item_{j}"]
    return Answers(
        items=items,
        values=values,
        respondent_ids=found["respondent_id"],
        customer_ids=found["customer_id"],
        waves=found["wave"],
        occurred_at=found["occurred_at"],
    )


def _column_of(item: str, j: int) -> exp.Expr:
    of_item = exp.column("item").eq(exp.Literal.string(item))
    value = exp.Max(this=exp.Case().when(of_item, exp.column("value")))
    return exp.alias_(exp.cast(value, "FLOAT", dialect="duckdb"), f"item_{j}")
