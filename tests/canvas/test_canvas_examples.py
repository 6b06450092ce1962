"""Example canvases: whole, the same in both languages, and with contradictions that really are."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import pytest

from verbond.canvas import FIELDS, Board, Outcome
from verbond.canvas.credibility import TOO_LARGE, check_promise, size_of
from verbond.canvas.examples import EXAMPLES, example
from verbond.errors import OptionError
from verbond.method import CANVAS_FIELDS
from verbond.results import LANGUAGES
from verbond.values import check_values

EVERY = [(name, language) for name in EXAMPLES for language in LANGUAGES]
PARTICIPANTS = 10
BUDGET = Board().budget


def biting(made: Outcome) -> dict[frozenset[str], str]:
    """Pairs of values, by id, of which `check_values` says that they are tense or opposing."""
    ids = {one.name: one.id for one in made.values}
    places = {one.name: [one.place] for one in made.values}
    judged = check_values(list(ids), confirmed=places, language=made.language or "en")
    hard = [pair for pair in judged.pairs if pair.verdict in ("tense", "opposing")]
    return {frozenset((ids[pair.a], ids[pair.b])): pair.verdict for pair in hard}


def test_the_guide_knows_the_same_fields() -> None:
    assert tuple(CANVAS_FIELDS) == FIELDS


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_an_example_goes_to_a_file_and_back_and_onto_a_board(name: str, language: str) -> None:
    made = example(name, language)
    assert Outcome.from_json(made.to_json()) == made
    board = Board()
    assert all(board.take(one).number for one in made.operations("ann"))


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_what_was_decided_really_bites(name: str, language: str) -> None:
    made = example(name, language)
    hard = biting(made)
    decided = {frozenset((one.one, one.other)) for one in made.resolutions}
    assert decided
    assert decided <= set(hard)
    assert all(one.concession and one.reason for one in made.resolutions)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_shared_values_leave_no_contradiction_undecided(name: str, language: str) -> None:
    made = example(name, language)
    shared = {frozenset(pair) for pair in combinations([one.id for one in made.shared], 2)}
    decided = {frozenset((one.one, one.other)) for one in made.resolutions}
    assert set(biting(made)) & shared <= decided


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_an_example_shows_the_method(name: str, language: str) -> None:
    made = example(name, language)
    assert len({one.department for one in made.in_field("identity")}) >= 5
    assert all(one.source for one in made.in_field("image"))
    assert all(min(made.sides(one.id)) > 0 for one in made.shared), "shared: on both sides"
    assert made.voted
    assert sum(one.points for one in made.values) == PARTICIPANTS * BUDGET
    assert made.mission is not None
    promise = made.promise
    assert promise is not None
    assert promise.measure
    assert len(promise.keeps) >= 2
    assert len(promise.breaks) >= 2
    assert any(one.size == "too_large" for one in made.promises)
    assert all(one.who and one.when and one.rung for one in made.steps)
    assert len({one.rung for one in made.steps}) >= 3, "steps are not about experience alone"


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_chosen_promise_stands_up_to_our_own_rules(name: str, language: str) -> None:
    made = example(name, language)
    promise = made.promise
    assert promise is not None
    assert size_of(promise.text).points < TOO_LARGE
    said = check_promise(
        promise.text, measure=promise.measure, keeps=promise.keeps, breaks=promise.breaks
    )  # fmt: skip
    assert not [one for one in said if one.kind == "look" and one.aspect in ("legs", "measure", "examples")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_the_same_in_both_languages(name: str) -> None:
    def bones(made: Outcome) -> list[tuple[object, ...]]:
        things = [made.notes, made.values, made.resolutions, made.missions, made.promises, made.steps]
        same = ("id", "field", "value", "place", "chosen", "points", "one", "other", "kept", "when", "rung")
        return [
            tuple(getattr(one, slot.name) for slot in dataclasses.fields(one) if slot.name in same)
            for kind in things
            for one in kind
        ]

    assert bones(example(name, "nl")) == bones(example(name, "en"))
    pairs = zip(example(name, "nl").notes, example(name, "en").notes, strict=True)
    assert all(nl.text != en.text for nl, en in pairs)


def test_an_unknown_example_is_named() -> None:
    with pytest.raises(OptionError, match="unknown example"):
        example("airline")
