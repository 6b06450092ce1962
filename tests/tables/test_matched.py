"""Questionnaires are counted as filled in where something was filled in."""

from __future__ import annotations

from verbond.tables import open_tables
from verbond.tables.reads import matched


def test_a_blank_questionnaire_is_told_apart() -> None:
    events = {"customer_id": ["a", "b"], "occurred_at": ["2024-03-01"] * 2, "kind": ["visit"] * 2}
    answers = {
        "respondent_id": ["1", "1", "2", "2", "3", "4"],
        "customer_id": ["a", "a", "b", "b", None, "z"],
        "item": ["x", "y", "x", "y", "x", "x"],
        "value": [1.0, None, None, None, 2.0, 3.0],
    }
    with open_tables({"events": events, "responses": answers}) as tables:
        found = matched(tables)
    assert (found.n_answered, found.n_blank, found.n_named, found.n_matched) == (3, 1, 2, 1)
