"""The facilitator's guide: whole, and its figures add up."""

from __future__ import annotations

import pytest

from verbond.errors import OptionError
from verbond.method import CANVAS_FIELDS, canvas_help


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
