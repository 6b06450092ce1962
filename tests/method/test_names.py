"""Every id that a sentence may have to say has a name; what the method does not know keeps its own."""

from __future__ import annotations

import pytest

from verbond.method import CIRCLE_19, NAMES, Text, named
from verbond.results import Reason
from verbond.results.base import plain
from verbond.tables.schema import ACTION_KINDS, CONSTRUCTS, EVENT_KINDS


def test_everything_in_the_schema_has_a_name_and_nothing_else() -> None:
    assert NAMES.keys() == {*CONSTRUCTS, *EVENT_KINDS, *ACTION_KINDS, "answered", "amount"}


@pytest.mark.parametrize("language", ["en", "nl"])
def test_names_are_words_and_differ(language: str) -> None:
    names = [name.say(language) for name in NAMES.values()]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "_" in name]


def test_scale_of_a_value_is_named_by_both() -> None:
    for value in CIRCLE_19:
        assert named(f"values_seen.{value.id}").say("nl").endswith(": " + value.name.nl)


@pytest.mark.parametrize("id", ["delivery_speed", "values_own.thrift", "", "Trust"])
def test_unknown_ids_keep_their_name(id: str) -> None:
    assert named(id) == id


def test_names_speak_in_lists_beside_unknown_ones_and_go_into_json() -> None:
    kinds = [named(kind) for kind in ("contribution", "gift", "price_change")]
    reason = Reason("ladder.left_out", {"kinds": kinds})
    assert "bijdragen, gift en prijswijzigingen" in reason.sentence("nl")
    assert plain(reason)["values"]["kinds"][0] == {"en": "contributions", "nl": "bijdragen"}
    assert named("trust") == Text("trust", "vertrouwen")
