"""The summary of behaviour against counting by hand."""

from __future__ import annotations

from verbond.tables import Tables
from verbond.tables.reads.behaviour import behaviour


def test_behaviour_counts_by_kind() -> None:
    events = {
        "customer_id": ["a", "a", "b", "c", "a"],
        "occurred_at": ["2026-01-01"] * 5,
        "kind": ["purchase", "purchase", "purchase", "complaint", "contact"],
        "amount": [10.0, 20.5, None, None, None],
        "discount": [0.0, None, None, None, None],
        "list_price": [None, 25.5, None, None, None],
    }
    found = behaviour(Tables.from_columns({"customers": {"customer_id": ["a", "z"]}, "events": events}))
    assert found.n_customers == 4  # a, b, c in the events and z in the list
    assert set(found.kinds) == {"purchase", "complaint", "contact"}
    purchase = found.kinds["purchase"]
    assert (purchase.n_events, purchase.n_customers, purchase.amount) == (3, 2, 30.5)
    assert (purchase.n_discount_known, purchase.n_discounted) == (2, 1)
    assert found.kinds["complaint"].amount == 0.0


def test_behaviour_without_events_is_empty() -> None:
    found = behaviour(Tables.from_columns({"customers": {"customer_id": ["a"]}}))
    assert (found.n_customers, dict(found.kinds)) == (1, {})
