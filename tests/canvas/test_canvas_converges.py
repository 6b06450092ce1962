"""People at several tables, on lines that lose, double and delay: all end up seeing the same canvas."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from verbond.canvas import FIELDS, PHASES, Board, Event, Operation, Refusal, Sight

PEOPLE = ("ann", "bob", "cas", "dee")
LEADS = "dee"
SECRET = "whispered by "
FATES = st.sampled_from(["now", "now", "now", "now", "twice", "later"])
"""What becomes of a wish on its way."""
SETTLED = ("phase", "budget", "private", "anonymous", "locked", "tallied", "timer", "agenda")
FEW = st.integers(0, 3)
"""Things that several reach for at once."""


class Screen:
    """What one person has been told, and nothing else: what a browser would show."""

    def __init__(self, who: str, board: Board) -> None:
        self.who, self.number, self.bytes = who, 0, ""
        self.things: dict[str, dict] = {}
        self.settled: dict[str, object] = {}
        self.n_private: dict[str, int] = {}
        self.hear([{"number": len(board.events), "told": "whole", "whole": Sight(board, who).whole()}])

    def hear(self, said: list[dict]) -> None:
        for one in said:
            self.bytes = json.dumps(one)
            self.number = one["number"]
            self._apply(one)

    def _apply(self, one: dict) -> None:
        match one["told"]:
            case "whole":
                whole = one["whole"]
                self.things = {thing["id"]: thing for thing in whole["things"]}
                self.settled = {key: whole[key] for key in SETTLED}
                self.n_private = whole["n_private"]
            case "thing":
                self.things[one["thing"]["id"]] = one["thing"]
            case "gone":
                self.things.pop(one["id"], None)
                self.n_private = one.get("n_private", self.n_private)
            case "settled":
                self.settled = {key: one[key] for key in SETTLED}
        if one["told"] == "count":
            self.n_private = one["n_private"]

    def shown(self) -> dict:
        return {"things": self.things, "n_private": self.n_private, **self.settled}


def truth(board: Board, who: str) -> dict:
    whole = Sight(board, who).whole()
    shown = {key: whole[key] for key in ("n_private", *SETTLED)}
    return shown | {"things": {thing["id"]: thing for thing in whole["things"]}}


class Workshop(RuleBasedStateMachine):
    """Operations go out over bad lines, events come back over good ones that break now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self.screens = {who: Screen(who, self.board) for who in PEOPLE}
        self.away: set[str] = set()
        self.waiting: list[Operation] = []
        self.n = 0

    @initialize(private=st.sets(st.sampled_from(FIELDS)), nameless=st.sets(st.sampled_from(FIELDS)))
    def begins(self, private: set[str], nameless: set[str]) -> None:
        for field in sorted(private):
            self.wish("now", LEADS, "privacy", field, on=True)
        for field in sorted(nameless):
            self.wish("now", LEADS, "anonymity", field, on=True)

    def wish(self, fate: str, who: str, act: str, id: str = "", kind: str = "", **values: object) -> None:
        self.n += 1
        operation = Operation(f"k{self.n}", who, act, id, kind, values, leads=who == LEADS)
        if fate == "later":
            self.waiting.append(operation)
        for _ in range(("later", "now", "twice").index(fate)):
            self.arrive(operation)

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), field=st.sampled_from(FIELDS))
    def writes(self, fate: str, who: str, field: str) -> None:
        self.wish(fate, who, "add", f"n{self.n}", "note", field=field, text=f"{SECRET}{who} <{self.n}>")

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), at=FEW)
    def changes(self, fate: str, who: str, at: int) -> None:
        self.wish(fate, who, "set", self.some(at), text=f"{SECRET}{who} again <{self.n}>")

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), at=FEW, field=st.sampled_from(FIELDS))
    def moves(self, fate: str, who: str, at: int, field: str) -> None:
        self.wish(fate, who, "set", self.some(at), field=field, order="V")

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), at=FEW)
    def removes(self, fate: str, who: str, at: int) -> None:
        self.wish(fate, who, "remove", self.some(at))

    @rule(fate=FATES, at=FEW, hidden=st.booleans())
    def moderates(self, fate: str, at: int, hidden: bool) -> None:
        self.wish(fate, LEADS, "set", self.some(at), hidden=hidden)

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), at=FEW, n=st.integers(-1, 5))
    def votes(self, fate: str, who: str, at: int, n: int) -> None:
        self.wish(fate, who, "vote", self.some(at), n=n)

    @rule(fate=FATES, who=st.sampled_from(PEOPLE))
    def undoes(self, fate: str, who: str) -> None:
        self.wish(fate, who, "undo")

    @rule(
        fate=FATES,
        who=st.sampled_from(["ann", LEADS]),
        act=st.sampled_from(["privacy", "reveal"]),
        field=st.sampled_from(FIELDS),
    )
    def draws_the_curtain(self, fate: str, who: str, act: str, field: str) -> None:
        self.wish(fate, who, act, field, **({"on": True} if act == "privacy" else {}))

    @rule(fate=FATES, who=st.sampled_from(PEOPLE), field=st.sampled_from(FIELDS), on=st.booleans())
    def takes_names_away(self, fate: str, who: str, field: str, on: bool) -> None:
        self.wish(fate, who, "anonymity", field, on=on)

    @rule(fate=FATES, phase=st.sampled_from(PHASES), n=st.integers(0, 8))
    def leads(self, fate: str, phase: str, n: int) -> None:
        self.wish(fate, LEADS, "phase", phase)
        self.wish(fate, LEADS, "budget", n=n)

    @rule(fate=FATES, field=st.sampled_from(FIELDS), on=st.booleans(), minutes=st.integers(0, 60))
    def settles(self, fate: str, field: str, on: bool, minutes: int) -> None:
        self.wish(fate, LEADS, "lock", field, on=on)
        self.wish(fate, LEADS, "tally", on=on)
        self.wish(fate, LEADS, "timer", ends=60.0 * minutes)
        self.wish(fate, LEADS, "agenda", items=[{"phase": field, "minutes": minutes}])

    @rule(who=st.sampled_from(PEOPLE))
    def loses_the_line(self, who: str) -> None:
        self.away.add(who)

    @rule(who=st.sampled_from(PEOPLE))
    def comes_back(self, who: str) -> None:
        if who in self.away:
            self.away.discard(who)
            screen = self.screens[who]
            screen.hear(self.checked(who, list(Sight(self.board, who).since(screen.number))))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), again=st.booleans())
    def arrives(self, data: st.DataObject, again: bool) -> None:
        """One that waits, in any order; perhaps its answer is lost and it is sent once more."""
        at = data.draw(st.integers(0, len(self.waiting) - 1))
        self.arrive(self.waiting[at] if again else self.waiting.pop(at))

    def arrive(self, wish: Operation) -> None:
        before = len(self.board.events)
        undone_before = {e.undoes for e in self.board.events if e.undoes}
        became = self.board.take(wish)
        assert isinstance(became, (Event, Refusal))
        if len(self.board.events) == before:
            return
        self.undo_takes_back_ones_own(became, undone_before)
        self.who_is_not_special_is_told_what_anybody_is(became)
        for who in PEOPLE:
            if who not in self.away:
                self.screens[who].hear(self.checked(who, list(Sight(self.board, who).of(became))))

    def who_is_not_special_is_told_what_anybody_is(self, event: Event) -> None:
        anybody = list(Sight(self.board, "").of(event))
        for who in set(PEOPLE) - self.board.special(event):
            assert list(Sight(self.board, who).of(event)) == anybody

    def undo_takes_back_ones_own(self, event: Event, before: set[int]) -> None:
        if not event.undoes:
            return
        taken_back = self.board.events[event.undoes - 1]
        assert taken_back.by == event.by
        assert event.undoes not in before
        later = self.board.events[event.undoes : event.number - 1]
        others = [
            e
            for e in later
            if e.id == taken_back.id and e.by != event.by and e.act == taken_back.act == "set"
        ]
        assert not any(set(e.values) & set(taken_back.values) for e in others), (
            "another's change was reverted"
        )

    def checked(self, who: str, said: list[dict]) -> list[dict]:
        """Nothing of what is private to somebody else is in the bytes that go out."""
        words = json.dumps(said)
        for thing in self.board.things.values():
            unseen = thing.field in self.board.private and thing.by != who
            if unseen and thing.kind == "note":
                assert thing.values["text"] not in words
        for one in said:
            for shown in [one.get("thing"), *one.get("whole", {}).get("things", [])]:
                if shown is not None and shown["id"] in self.nameless():
                    assert shown["by"] == ""
        return said

    def nameless(self) -> set[str]:
        """Ids of what lay in an anonymous field at any moment, found anew from all events."""
        fields: set[str] = set()
        where: dict[str, str] = {}
        found: set[str] = set()
        for event in self.board.events:
            if event.act == "anonymity":
                (fields.add if event.values["on"] else fields.discard)(event.id)
            elif "field" in event.values:
                where[event.id] = event.values["field"]
            found |= {id for id, field in where.items() if field in fields}
        return found

    def some(self, at: int) -> str:
        ids = sorted(self.board.things)
        return ids[at % len(ids)] if ids else "none"

    @invariant()
    def votes_stay_within_the_budget(self) -> None:
        for who in PEOPLE:
            assert 0 <= self.board.points_of(who, "note") <= self.board.budget

    @invariant()
    def who_is_there_sees_what_is_true(self) -> None:
        for who in PEOPLE:
            if who not in self.away:
                assert self.screens[who].shown() == truth(self.board, who)

    def teardown(self) -> None:
        for who in PEOPLE:
            self.comes_back(who)
            assert self.screens[who].shown() == truth(self.board, who)
        again = Board.of(self.board.events)
        assert (again.things, again.votes, again.phase, again.private) == (
            self.board.things, self.board.votes, self.board.phase, self.board.private,
        )  # fmt: skip


Workshop.TestCase.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestWorkshop = Workshop.TestCase


def test_a_note_that_was_hidden_is_gone_for_all() -> None:
    board = Board()
    board.take(Operation("1", "ann", "add", "n", "note", {"text": "rude"}))
    event = board.take(Operation("2", "dee", "set", "n", values={"hidden": True}, leads=True))
    assert [one["told"] for one in Sight(board, "bob").of(event)] == ["gone"]
    assert Sight(board, "ann").whole()["things"] == []


def test_a_facilitator_sees_nothing_private_and_rewrites_nothing() -> None:
    board = Board()
    board.take(Operation("0", "dee", "privacy", "identity", values={"on": True}, leads=True))
    board.take(Operation("1", "ann", "add", "n", "note", {"text": "we hide our prices"}))
    assert "prices" not in json.dumps(Sight(board, "dee").whole())
    assert board.take(Operation("2", "dee", "set", "n", values={"text": "x"}, leads=True)).code == "unknown"
    board.take(Operation("3", "dee", "reveal", "identity", leads=True))
    assert "prices" in json.dumps(Sight(board, "dee").whole())
    assert board.take(Operation("4", "dee", "set", "n", values={"text": "x"}, leads=True)).code == "not_yours"


@pytest.mark.parametrize(("values", "code"), [
    ({"text": "x" * 601}, "not_fitting"), ({"order": "0"}, "not_fitting"), ({"hidden": True}, "not_yours"),
    ({"colour": "red"}, "unknown"), ({"text": "a\0b"}, "not_fitting"), ({"text": "\ud83d"}, "not_fitting"),
    ({"field": "attic"}, "not_fitting"), ({"text": None}, "not_fitting"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(values: dict, code: str) -> None:
    assert Board().take(Operation("1", "ann", "add", "n", "note", values)).code == code


def test_the_same_wish_twice_is_taken_once() -> None:
    board = Board()
    wish = Operation("1", "ann", "add", "n", "note", {"text": "once"})
    assert board.take(wish) is board.take(wish)
    assert len(board.events) == 1
    assert board.take(Operation("1", "bob", "add", "n", "note", {})).code == "there"


def test_in_a_locked_field_only_a_facilitator_changes_anything() -> None:
    board = Board()
    board.take(Operation("1", "ann", "add", "n", "note", {"text": "a"}))
    board.take(Operation("2", "ann", "vote", "n", values={"n": 1}))
    board.take(Operation("3", "dee", "lock", "identity", values={"on": True}, leads=True))
    tries = [
        Operation("4", "ann", "add", "m", "note", {"text": "b"}),
        Operation("5", "ann", "set", "n", values={"text": "b"}),
        Operation("6", "ann", "set", "n", values={"field": "image"}),
        Operation("7", "ann", "remove", "n"),
        Operation("8", "ann", "vote", "n", values={"n": 0}),
        Operation("9", "ann", "undo"),
    ]
    assert [board.take(one).code for one in tries] == ["locked"] * 6
    assert isinstance(
        board.take(Operation("10", "dee", "add", "m", "note", {"text": "b"}, leads=True)), Event
    )


def test_nobody_sees_what_others_voted_before_it_is_shown() -> None:
    board = Board()
    board.take(Operation("1", "ann", "add", "v", "value", {"name": "care"}))
    event = board.take(Operation("2", "ann", "vote", "v", values={"n": 3}))
    assert list(Sight(board, "bob").of(event)) == []
    assert [(one["given"], one["points"]) for one in Sight(board, "ann").whole()["things"]] == [(3, None)]
    board.take(Operation("3", "dee", "tally", values={"on": True}, leads=True))
    assert [(one["given"], one["points"]) for one in Sight(board, "bob").whole()["things"]] == [(0, 3)]
