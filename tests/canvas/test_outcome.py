"""What comes out of a canvas: nothing that was private, the same after a file, the same after a new board."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.canvas.made_outcomes import CALM, outcomes, words

from verbond.canvas import FIELDS, Board, Event, Operation, Outcome
from verbond.canvas.order import is_key, spread
from verbond.errors import DataError
from verbond.results.groups import MIN_GROUP


def replayed(outcome: Outcome) -> Outcome:
    board = Board()
    taken = [board.take(one) for one in outcome.operations("facilitator")]
    assert all(isinstance(one, Event) for one in taken)
    return Outcome.of(
        board, company=outcome.company, name=outcome.name, language=outcome.language, made_at=outcome.made_at
    )


@CALM
@given(outcomes())
def test_the_same_after_a_file(data: dict) -> None:
    outcome = Outcome.from_json(data)
    written = json.dumps(outcome.to_json(), ensure_ascii=False).encode()  # lone surrogates would stop here
    assert Outcome.from_json(json.loads(written)) == outcome
    # everything that was given is there, in its order, but for what no file may hold
    assert [one.id for one in outcome.notes] == [one["id"] for one in data["notes"]]
    assert {one.id for one in outcome.resolutions} == {one["id"] for one in data["resolutions"]}
    for promise, given_ in zip(outcome.promises, data["promises"], strict=True):
        assert (promise.size, promise.progression) == (given_["size"], given_["progression"])
        assert len(promise.keeps) <= len(given_["keeps"])


@CALM
@given(outcomes())
def test_the_same_on_a_new_board(data: dict) -> None:
    outcome = Outcome.from_json(data)
    assert replayed(outcome) == outcome.unvoted()
    assert replayed(replayed(outcome)) == replayed(outcome)


@CALM
@given(outcomes())
def test_every_word_fits_into_xml(data: dict) -> None:
    for one in Outcome.from_json(data).notes:
        ElementTree.fromstring("<a>" + one.text.replace("&", "&amp;").replace("<", "&lt;") + "</a>")


@given(st.integers(0, 5000))
@settings(max_examples=30, deadline=None)
def test_keys_laid_down_at_once(n: int) -> None:
    keys = spread(n)
    assert len(keys) == n
    assert all(map(is_key, keys))
    assert keys == sorted(set(keys))
    assert all(len(key) <= 3 for key in keys)


class Table:
    """People around a board, one operation after another."""

    def __init__(self) -> None:
        self.board, self.n = Board(), 0

    def do(self, by: str, act: str, id: str = "", kind: str = "", *, leads: bool = False, **values: object):
        self.n += 1
        done = self.board.take(Operation(f"k{self.n}", by, act, id, kind, values, leads=leads))
        assert isinstance(done, Event), done

    def out(self) -> Outcome:
        return Outcome.of(self.board, company="Zonnewende")


IDS = st.sampled_from(["a", "b", "c", "d", "e", "\x01", "\ud800"])
SLOTS = {
    "note": {"field": st.sampled_from(FIELDS), "text": words(4), "group": IDS, "department": words(3)},
    "value": {"name": words(3), "place": st.sampled_from(["moon", "power"]), "chosen": st.booleans()},
    "resolution": {"one": IDS, "other": IDS, "kept": IDS, "concession": words(3)},
    "mission": {"text": words(3), "chosen": st.booleans()},
    "promise": {"text": words(3), "chosen": st.booleans(), "keeps": st.lists(words(2), max_size=3)},
    "step": {"text": words(3), "when": words(3), "done": st.booleans()},
}
SETTINGS = ("privacy", "reveal", "anonymity", "tally", "lock")


@st.composite
def wishes(draw: st.DrawFn) -> list[Operation]:
    """Whatever people and facilitators ask of a board."""
    made = []
    for n in range(draw(st.integers(1, 25))):
        by = draw(st.sampled_from(["ann", "bob", "lea"]))
        act = draw(st.sampled_from(["add", "add", "add", "set", "remove", "vote", *SETTINGS]))
        kind = draw(st.sampled_from([*SLOTS]))
        values: dict = {name: draw(slot) for name, slot in SLOTS[kind].items()}
        if act in SETTINGS:
            values = {} if act == "reveal" else {"on": act == "privacy" or draw(st.booleans())}
        if act == "vote":
            values = {"n": draw(st.integers(0, 3))}
        id = draw(st.sampled_from(FIELDS) if act in SETTINGS else IDS)
        made.append(Operation(f"k{n}", by, act, id, kind if act == "add" else "", values, leads=by == "lea"))
    return made


@CALM
@given(wishes())
def test_whatever_happened_on_a_board_its_outcome_is_read_again(asked: list[Operation]) -> None:
    board = Board()
    for one in asked:
        board.take(one)
    outcome = Outcome.of(board, company="Zonnewende")
    written = json.dumps(outcome.to_json(), ensure_ascii=False).encode()
    assert Outcome.from_json(json.loads(written)) == outcome
    assert replayed(outcome) == outcome.unvoted()
    out = {one.id for kind in ("notes", "values", "missions", "promises", "steps")
           for one in getattr(outcome, kind)}  # fmt: skip
    for thing in board.things.values():
        if thing.removed or thing.field in board.private or thing.values.get("hidden"):
            assert thing.id not in out


def test_what_is_private_hidden_removed_or_empty_stays_inside() -> None:
    table = Table()
    table.do("lea", "privacy", "image", leads=True, on=True)
    table.do("ann", "add", "a", "note", field="image", text="whispered")
    table.do("ann", "add", "b", "note", field="identity", text="said aloud")
    table.do("bob", "add", "c", "note", field="identity", text="rude")
    table.do("lea", "set", "c", leads=True, hidden=True)
    table.do("ann", "add", "d", "note", field="identity", text="taken back")
    table.do("ann", "remove", "d")
    table.do("ann", "add", "e", "note", field="identity", text=" \n ")
    assert [one.text for one in table.out().notes] == ["said aloud"]
    table.do("lea", "reveal", "image", leads=True)
    assert {one.text for one in table.out().notes} == {"said aloud", "whispered"}


def test_nobody_is_named() -> None:
    table = Table()
    table.do("ann@example.org", "add", "a", "note", field="identity", text="we listen")
    table.do("ann@example.org", "vote", "a", n=3)
    table.do("bob@example.org", "add", "s", "step", text="call back", who="Ines")
    assert "example.org" not in json.dumps(table.out().to_json())
    assert table.out().steps[0].who == "Ines"


def test_points_count_once_they_were_shown() -> None:
    table = Table()
    table.do("ann", "add", "v", "value", name="near")
    table.do("ann", "vote", "v", n=3)
    table.do("bob", "vote", "v", n=1)
    assert (table.out().voted, table.out().values[0].points) == (False, 0)
    table.do("lea", "tally", leads=True, on=True)
    assert (table.out().voted, table.out().values[0].points) == (True, 4)


@pytest.mark.parametrize("people", [MIN_GROUP - 1, MIN_GROUP])
def test_few_of_a_department_are_not_told_by_it_where_nobody_is_named(people: int) -> None:
    table = Table()
    table.do("lea", "anonymity", "identity", leads=True, on=True)
    for n in range(people):
        table.do(f"p{n}", "add", f"n{n}", "note", field="identity", text="we listen", department="Claims")
        table.do(f"p{n}", "add", f"m{n}", "note", field="image", text="cold", department="Claims")
    named = {one.department for one in table.out().in_field("identity")}
    assert named == ({"Claims"} if people >= MIN_GROUP else {""})
    assert {one.department for one in table.out().in_field("image")} == {"Claims"}


def test_the_last_mark_is_the_choice() -> None:
    table = Table()
    for id in ("p", "q"):
        table.do("ann", "add", id, "promise", text=f"promise {id}")
    assert table.out().promise is None
    table.do("ann", "set", "q", chosen=True)
    table.do("bob", "set", "p", chosen=True)
    assert table.out().promise.id == "p"
    table.do("bob", "set", "p", chosen=False)
    assert table.out().promise.id == "q"


def test_one_decision_a_pair_and_only_of_values_that_lie_there() -> None:
    table = Table()
    for id in ("v", "w", "x"):
        table.do("ann", "add", id, "value", name=id)
    table.do("ann", "add", "r1", "resolution", one="v", other="w", kept="v", concession="no bonuses")
    table.do("bob", "add", "r2", "resolution", one="w", other="v", kept="gone", concession="no queues")
    table.do("bob", "add", "r3", "resolution", one="v", other="x")
    table.do("bob", "add", "r4", "resolution", one="w", other="x", kept="w")
    table.do("bob", "add", "n", "note", text="warm", group="x")
    assert [(one.id, one.kept) for one in table.out().resolutions] == [("r2", ""), ("r4", "w")]
    assert table.out().notes[0].value == "x"
    table.do("bob", "remove", "x")
    assert [one.id for one in table.out().resolutions] == ["r2"]
    assert table.out().notes[0].value == ""


def test_the_overlap_of_who_we_are_and_how_we_are_seen() -> None:
    made = Outcome.from_json({
        "company": "Zonnewende",
        "values": [{"name": "Near"}, {"name": "Bold"}],
        "notes": [
            {"field": "identity", "text": "we know them", "value": "near"},
            {"field": "image", "text": "they know me", "value": "Near"},
            {"field": "image", "text": "friendly", "value": "Near"},
            {"field": "identity", "text": "we dare", "value": "Bold"},
            {"field": "values", "text": "aside", "value": "Bold"},
        ],
    })  # fmt: skip
    assert [made.sides(one.id) for one in made.values] == [(1, 2), (1, 0)]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"company": " "}, "company"),
        ({"company": None}, "company"),
        ({"form": "miro"}, "form"),
        ({"colour": 1}, "unknown name"),
        ({"phase": []}, "phase"),
        ({"language": "de"}, "language"),
        ({"made_at": "yesterday"}, "made_at"),
        ({"made_at": 3}, "made_at"),
        ({"voted": 1}, "voted"),
        ({"notes": {}}, "notes"),
        ({"notes": ["text"]}, "notes[0]"),
        ({"notes": [{"text": "a", "field": "moon"}]}, "notes[0].field"),
        ({"notes": [{"text": "a"}]}, "notes[0].field"),
        ({"notes": [{"field": "image"}]}, "notes[0]"),
        ({"notes": [{"field": "image", "text": "a" * 601}]}, "at most 600"),
        ({"notes": [{"field": "image", "text": "a", "value": "kind"}]}, "notes[0].value"),
        ({"notes": [{"field": "image", "text": "a", "points": -1}]}, "notes[0].points"),
        ({"notes": [{"field": "image", "text": "a", "points": True}]}, "notes[0].points"),
        ({"values": [{"name": "a", "id": "1"}], "steps": [{"text": "a", "id": "1"}]}, "steps[0].id"),
        ({"values": [{"name": "a", "id": 1}]}, "values[0].id"),
        ({"values": [{"name": "a", "place": "moon"}]}, "values[0].place"),
        ({"values": [{"name": "a"}, {"name": "A"}], "notes": [{"field": "image", "text": "b", "value": "a"}]},
         "notes[0].value: several"),
        ({"values": [{"name": "a"}], "resolutions": [{"one": "a", "other": "a", "reason": "b"}]},
         "resolutions[0]"),
        ({"values": [{"name": "a"}], "resolutions": [{"one": "a", "reason": "b"}]},
         "resolutions[0]"),
        ({"values": [{"name": "a"}, {"name": "b"}], "resolutions": [{"one": "a", "other": "b"}]},
         "resolutions[0]"),
        ({"values": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
          "resolutions": [{"one": "a", "other": "b", "kept": "c"}]}, "resolutions[0].kept"),
        ({"values": [{"name": "a"}, {"name": "b"}],
          "resolutions": [{"one": "a", "other": "b", "kept": "a"}, {"one": "b", "other": "a", "kept": "a"}]},
         "resolutions[1]"),
        ({"missions": [{"text": "a", "chosen": True}, {"text": "b", "chosen": True}]}, "missions"),
        ({"promises": [{"text": "a", "size": "huge"}]}, "promises[0].size"),
        ({"promises": [{"text": "a", "keeps": "b"}]}, "promises[0].keeps"),
        ({"promises": [{"text": "a", "keeps": [1]}]}, "promises[0].keeps"),
        ({"steps": [{"text": "a", "rung": "7"}]}, "steps[0].rung"),
        ({"steps": [{"text": "a"}] * 5001}, "too much"),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(change: dict, where: str) -> None:
    Outcome.from_json({"company": "Zonnewende"})
    with pytest.raises(DataError) as error:
        Outcome.from_json({"company": "Zonnewende"} | change)
    assert where in str(error.value)


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_something_else_is_no_outcome(data: object) -> None:
    with pytest.raises(DataError):
        Outcome.from_json(data)
