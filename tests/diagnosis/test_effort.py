"""Effort by rung and by aim against counting by hand."""

from __future__ import annotations

import pytest

from verbond.diagnosis.effort import count_effort
from verbond.tables import Tables


def test_effort_counts_by_rung_and_aim() -> None:
    actions = {
        "action_id": ["a", "b", "c", "d"],
        "kind": ["discount", "discount", "campaign", "invitation"],
        "rung": [1, 1, 3, None],
        "aim": ["win", "win", "keep", None],
        "cost": [100.0, 50.0, 30.0, None],
    }
    effort = count_effort(Tables.from_columns({"actions": actions}))
    assert (effort.n_actions, effort.n_without_rung) == (4, 1)
    assert [r.n_actions for r in effort.rungs] == [2, 0, 1, 0, 0]
    assert [r.share_of_actions for r in effort.rungs] == pytest.approx([2 / 3, 0, 1 / 3, 0, 0])
    assert [r.cost for r in effort.rungs] == [150.0, None, 30.0, None, None]
    assert (effort.cost_to_win, effort.cost_to_keep) == (150.0, 30.0)
    assert effort.by_kind == {"discount": 2, "campaign": 1, "invitation": 1}


def test_actions_that_name_no_rung_are_counted_and_not_placed() -> None:
    actions = {"action_id": ["a"], "kind": ["campaign"]}
    effort = count_effort(Tables.from_columns({"actions": actions}))
    assert (effort.rungs, effort.n_without_rung, effort.cost_to_win) == ((), 1, None)


@pytest.mark.parametrize("tables", [{}, {"actions": {"action_id": [], "kind": []}}])
def test_no_actions_give_no_effort(tables: dict) -> None:
    customers = {"customers": {"customer_id": ["x"]}}
    assert count_effort(Tables.from_columns(customers | tables)) is None
