"""Whether those who answered are known as customers."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.tables.tables import Tables

__all__ = ["Matched", "matched"]


@dataclass(frozen=True, slots=True)
class Matched:
    """How far answers and behaviour meet.

    Attributes
    ----------
    n_customers : int
        In `customers` or `events`.
    n_answered : int
        Questionnaires that customers filled in, be it one question: a respondent in a wave.
    n_blank : int
        Questionnaires besides these, in which every question was left open.
    n_named : int
        Of these, the ones that say which customer.
    n_matched : int
        Of these, the ones whose customer is in `customers` or `events`.
    """

    n_customers: int
    n_answered: int
    n_blank: int
    n_named: int
    n_matched: int


def matched(tables: Tables) -> Matched:
    """Count the customers, the questionnaires, and those of which the customer is known.

    Parameters
    ----------
    tables : Tables

    Examples
    --------
    >>> events = {"customer_id": ["a"], "occurred_at": ["2024-03-01"], "kind": ["visit"]}
    >>> answers = {"respondent_id": ["1", "1", "2", "3", "4"], "item": ["x", "y", "x", "x", "x"],
    ...            "customer_id": ["a", "a", "b", None, "a"], "value": [1.0, 2.0, 3.0, 4.0, None]}
    >>> from verbond.tables import open_tables
    >>> matched(open_tables({"events": events, "responses": answers}))
    Matched(n_customers=1, n_answered=3, n_blank=1, n_named=2, n_matched=1)
    """
    found = tables.select("matched")
    return Matched(**{name: int(values[0]) for name, values in found.items()})
