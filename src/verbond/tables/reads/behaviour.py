"""What customers did over the whole period, by kind of event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from verbond.tables.tables import Tables

__all__ = ["Behaviour", "KindOfEvent", "behaviour"]


@dataclass(frozen=True, slots=True)
class KindOfEvent:
    """One kind of event over the whole period.

    Attributes
    ----------
    n_events, n_customers : int
        Events, and different customers who did it.
    amount : float
        Money, in the data's currency; 0 where none is recorded.
    n_discount_known, n_discounted : int
        Events whose discount is recorded (zero counts), and those with a discount above zero.
    """

    n_events: int
    n_customers: int
    amount: float
    n_discount_known: int
    n_discounted: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What customers did over the whole period.

    Attributes
    ----------
    n_customers : int
        Customers in the list or in the events.
    kinds : mapping of str to KindOfEvent
        Only kinds that occur.
    """

    n_customers: int
    kinds: Mapping[str, KindOfEvent]


def behaviour(tables: Tables) -> Behaviour:
    """Count events and customers by kind, inside the engine."""
    rows = tables.select("behaviour")
    kinds = {
        str(kind): KindOfEvent(
            n_events=int(rows["n_events"][j]),
            n_customers=int(rows["n_customers"][j]),
            amount=float(rows["amount"][j]) if rows["amount"][j] == rows["amount"][j] else 0.0,
            n_discount_known=int(rows["n_discount_known"][j]),
            n_discounted=int(rows["n_discounted"][j]),
        )
        for j, kind in enumerate(rows["kind"])
    }
    n_customers = int(tables.select("known_customers")["n_customers"][0])
    return Behaviour(n_customers, MappingProxyType(kinds))
