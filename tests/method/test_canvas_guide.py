"""The facilitator's guide: whole, and its figures add up."""

from __future__ import annotations

import pytest

from verbond.errors import OptionError
from verbond.method import AGENDAS, CANVAS_FIELDS, CONTRADICTION_GUIDE, canvas_help


def test_a_field_has_five_to_eight_questions_none_twice() -> None:
    asked = [question for field in CANVAS_FIELDS.values() for question in field.questions]
    assert all(5 <= len(field.questions) <= 8 for field in CANVAS_FIELDS.values())
    assert all("?" in said for one in asked for said in (one.en, one.nl))
    assert len({one.en for one in asked}) == len({one.nl for one in asked}) == len(asked)


def test_help_beside_a_field_is_short() -> None:
    for field in CANVAS_FIELDS:
        for language in ("en", "nl"):
            found = canvas_help(field, language)
            assert len(found.lies) <= 170
            assert len(found.questions) == 2


def test_help_names_an_unknown_field() -> None:
    with pytest.raises(OptionError, match="unknown field of the canvas"):
        canvas_help("costs")


def test_agendas_add_up_to_their_minutes() -> None:
    assert {id: agenda.minutes for id, agenda in AGENDAS.items()} == {
        "three_hours": 180,
        "ninety_minutes": 90,
        "week": 120,
    }
    for agenda in AGENDAS.values():
        assert sum(block.minutes for block in agenda.blocks) == agenda.minutes


def test_agendas_follow_the_order_of_the_method() -> None:
    order = list(CANVAS_FIELDS)
    for agenda in AGENDAS.values():
        phases = [phase for phase, _ in agenda.phases]
        assert phases == sorted(phases, key=order.index)
        assert {"identity", "image", "values", "promise", "steps"} <= set(phases)
    assert [block.day for block in AGENDAS["week"].blocks] == sorted(b.day for b in AGENDAS["week"].blocks)


def test_nobody_sits_longer_than_ninety_minutes_without_a_break() -> None:
    sitting = [0]
    for block in AGENDAS["three_hours"].blocks:
        if block.title.en == "Break":
            sitting.append(0)
        else:
            sitting[-1] += block.minutes
    assert max(sitting) <= 90


def test_there_are_four_ways_out() -> None:
    assert [way.id for way in CONTRADICTION_GUIDE.ways] == ["choose", "order", "separate", "deeper"]
