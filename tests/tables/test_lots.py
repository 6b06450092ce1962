"""Which actions were given by lot."""

from __future__ import annotations

from pathlib import Path

import pytest

from verbond.tables import open_tables
from verbond.tables.reads import kinds_by_lot
from verbond.tables.simulate import simulate

EVENTS = "customer_id,occurred_at,kind\na,2025-01-01,purchase\n"


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("action_id,kind,randomised\n1,invitation,true\n2,discount,false\n3,campaign,\n", ("invitation",)),
        ("action_id,kind,randomised\n1,invitation,true\n2,invitation,false\n", ()),
        ("action_id,kind\n1,invitation\n", ()),
    ],
)
def test_a_kind_counts_when_every_action_of_it_was(
    tmp_path: Path, actions: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "actions.csv").write_text(actions)
    assert kinds_by_lot(open_tables(tmp_path)) == expected


def test_without_actions_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    assert kinds_by_lot(open_tables(tmp_path)) == ()


def test_the_textbook_world_draws_lots_for_all_it_does() -> None:
    tables = simulate("textbook", 50, seed=1).open()
    assert set(kinds_by_lot(tables)) == {
        "discount", "campaign", "personal_contact", "invitation", "loyalty_points"
    }  # fmt: skip
