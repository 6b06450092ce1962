"""Relationship types and rungs are those of the method, and agree with the tables and the circle."""

from __future__ import annotations

from verbond.method import HIGHER_ORDERS, RELATIONSHIP_TYPES, RUNGS, opposition
from verbond.tables.schema import CONSTRUCTS, RUNG_CONSTRUCTS


def test_rungs_are_numbered_from_none_to_engagement() -> None:
    assert [(rung.number, rung.id) for rung in RUNGS] == [
        (0, "none"), (1, "experience"), (2, "shared_values"), (3, "trust"), (4, "commitment"),
        (5, "engagement"),
    ]  # fmt: skip


def test_rungs_are_anchored_by_the_constructs_of_the_tables() -> None:
    assert tuple(rung.construct for rung in RUNGS) == (None, *RUNG_CONSTRUCTS)


def test_types_go_back_to_the_four_models_of_fiske() -> None:
    """Fiske (1991), Structures of Social Life."""
    assert {type.id: (type.fiske, type.named) for type in RELATIONSHIP_TYPES} == {
        "market": ("Market Pricing", True),
        "authority": ("Authority Ranking", True),
        "meaning": ("Communal Sharing", True),
        "equality": ("Equality Matching", False),
    }
    assert {type.id for type in RELATIONSHIP_TYPES} <= set(CONSTRUCTS)


def test_market_and_meaning_lean_to_opposite_sides() -> None:
    side = {type.id: type.value_side for type in RELATIONSHIP_TYPES}
    assert {side["market"], side["meaning"], side["authority"]} <= set(HIGHER_ORDERS)
    assert side["equality"] is None
    assert opposition("power", "universalism") > 90
    assert (side["market"], side["meaning"]) == ("self_enhancement", "self_transcendence")
