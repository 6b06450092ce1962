"""The live board: what it takes once and keeps, whom it tells what, and what nobody else ever hears."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError
from django.test import Client
from tests.web.loops import run

from verbond.canvas import FIELDS, Event, Operation, Refusal, Sight
from verbond.web.store.models import Canvas, CanvasEvent, Participant
from verbond.web.workshop import joining, rooms
from verbond.web.workshop.ears import MOST_WAITING, Ear, packet
from verbond.web.workshop.rooms import Room, forget_room, room_of


@dataclass
class Table:
    """A canvas, who sits at it, and the browser of each."""

    canvas: Canvas
    people: dict[str, Participant]
    browsers: dict[str, Client]

    @property
    def at(self) -> str:
        return f"/c/{self.canvas.address}/"

    @property
    def room(self) -> Room:
        return room_of(self.canvas)

    def do(
        self, who: str, act: str, id: str = "", kind: str = "", key: str = "", **values: Any
    ) -> Event | Refusal:
        one = self.people[who]
        key = key or f"k{random.getrandbits(60)}"
        return self.room.take(one, [Operation(key, one.code, act, id, kind, values, leads=one.leads)])[0]

    def post(self, who: str, *operations: dict[str, Any]) -> Any:
        said = {"operations": operations}
        return self.browsers[who].post(f"{self.at}operations/", said, content_type="application/json")

    def signal(self, who: str, signal: str, value: Any) -> int:
        said = {"signal": signal, "value": value}
        return (
            self.browsers[who].post(f"{self.at}signals/", said, content_type="application/json").status_code
        )


@pytest.fixture
def table(cast: Any) -> Table:
    canvas = Canvas.objects.create(organisation=cast.acme, name="Together", company="Acme")
    people, browsers = {}, {}
    for name in ("Dee", "Ann", "Bob", "Cas"):
        people[name], token = joining.join(canvas, name, "Service", None)
        browsers[name] = Client()
        browsers[name].cookies[joining.COOKIE] = token
    people["Dee"].leads = True
    people["Dee"].save()
    return Table(canvas, people, browsers)


def heard(ear: Ear) -> bytes:
    """All that an ear heard that nobody reads."""
    return b"".join(ear._waiting)


NOTE = {"key": "k1", "act": "add", "id": "n1", "kind": "note", "values": {"text": "we are honest"}}


def test_what_is_posted_is_kept_and_told(table: Table) -> None:
    ear = table.room.listen(table.people["Bob"], 0)
    assert table.post("Ann", NOTE).json() == {"answers": [{"key": "k1", "number": 1}]}
    assert CanvasEvent.objects.get().values["text"] == "we are honest"
    assert b"id: 1\n" in heard(ear)
    assert b"we are honest" in heard(ear)


def test_the_same_wish_is_taken_once_also_after_a_restart(table: Table) -> None:
    first = table.post("Ann", NOTE).json()
    forget_room(table.canvas)
    assert table.post("Ann", NOTE, NOTE).json()["answers"] == first["answers"] * 2
    assert CanvasEvent.objects.count() == 1


def test_the_board_after_a_restart_is_the_board_of_before(table: Table) -> None:
    table.do("Ann", "add", "n1", "note", text="a")
    table.do("Dee", "anonymity", "identity", on=True)
    table.do("Bob", "add", "v1", "value", name="care")
    table.do("Bob", "vote", "v1", n=3)
    table.do("Bob", "undo")
    table.do("Dee", "agenda", items=[{"phase": "promise", "minutes": 10}])
    before = {who: Sight(table.room.board, one.code).whole() for who, one in table.people.items()}
    forget_room(table.canvas)
    assert {who: Sight(table.room.board, one.code).whole() for who, one in table.people.items()} == before
    assert table.do("Bob", "undo").values.get("name") is None


def test_what_could_not_be_written_down_did_not_happen(table: Table) -> None:
    ear = table.room.listen(table.people["Bob"], 0)
    with (
        mock.patch.object(rooms, "committed", side_effect=DatabaseError("disk full")),
        pytest.raises(DatabaseError),
    ):
        table.do("Ann", "add", "n1", "note", text="never")
    assert b"never" not in heard(ear)
    assert table.room.board.things == {}
    assert table.do("Ann", "add", "n1", "note", text="now").number == 1


@pytest.mark.parametrize("path", ["operations/", "signals/"])
def test_a_post_needs_the_token_of_the_page(table: Table, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = table.browsers["Ann"].cookies
    assert (
        browser.post(table.at + path, {"operations": [NOTE]}, content_type="application/json").status_code
        == 403
    )
    assert not CanvasEvent.objects.exists()


def test_who_takes_no_part_finds_nothing(table: Table, cast: Any) -> None:
    elsewhere = Canvas.objects.create(organisation=cast.globex, name="Other", company="Globex")
    _, token = joining.join(elsewhere, "Eve", "", None)
    stranger, neighbour, member = Client(), Client(), cast.client("charlie")
    neighbour.cookies[joining.COOKIE] = token
    for browser in (stranger, neighbour, member):
        assert browser.get(f"{table.at}events/").status_code == 404
        for path in ("operations/", "signals/"):
            said = {"operations": [NOTE], "signal": "at", "value": "image"}
            assert browser.post(table.at + path, said, content_type="application/json").status_code == 404
    assert not CanvasEvent.objects.exists()


def test_who_was_shown_the_door_hears_and_does_nothing_more(table: Table) -> None:
    ear = table.room.listen(table.people["Bob"], 0)
    Participant.objects.filter(pk=table.people["Bob"].pk).update(out=True)
    table.room.put_out(table.people["Bob"].code)
    assert ear._over
    assert table.post("Bob", NOTE).status_code == 404


def test_a_closed_canvas_takes_nothing(table: Table) -> None:
    table.canvas.state = Canvas.State.CLOSED
    table.canvas.save()
    assert table.post("Ann", NOTE).status_code == 404
    assert table.browsers["Ann"].get(f"{table.at}events/").status_code == 404


def test_a_guest_cannot_lead_whatever_she_sends(table: Table) -> None:
    wish = {
        "key": "k",
        "act": "privacy",
        "id": "image",
        "values": {"on": True},
        "leads": True,
        "by": table.people["Dee"].code,
    }
    assert table.post("Ann", wish).json()["answers"] == [{"key": "k", "refused": "not_yours"}]


@pytest.mark.parametrize("body", [
    "", "[]", "{}", '{"operations": 5}', '{"operations": [5]}', '{"operations": [{"key": 5}]}', "\xff",
    '{"operations": [{"key": "a", "act": "add", "values": []}]}', json.dumps({"operations": [NOTE] * 101}),
])  # fmt: skip
def test_what_is_no_list_of_operations_is_refused(table: Table, body: str) -> None:
    answer = table.browsers["Ann"].post(f"{table.at}operations/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not CanvasEvent.objects.exists()


@pytest.mark.parametrize("wish", [
    {"act": "add", "id": "x\0", "kind": "note"}, {"act": "add", "id": "x" * 65, "kind": "note"},
    {"act": "add", "id": "x", "kind": "note", "values": {"text": "\ud800"}}, {"act": "drop", "id": "x"},
    {"act": "add", "id": "x", "kind": "note", "values": {"text": "y" * 100_000}},
])  # fmt: skip
def test_what_cannot_be_written_down_is_refused_before_it_is_tried(
    table: Table, wish: dict[str, Any]
) -> None:
    assert "refused" in table.post("Ann", {"key": "k"} | wish).json()["answers"][0]
    assert not CanvasEvent.objects.exists()


def test_who_does_more_than_hands_can_is_asked_to_wait(table: Table) -> None:
    codes = [table.post("Ann", *([NOTE] * 100)).status_code for _ in range(6)]
    assert codes[0] == 200
    assert codes[-1] == 429
    assert table.post("Bob", NOTE | {"id": "n2"}).status_code == 200


def test_a_page_that_comes_back_hears_what_it_missed(table: Table) -> None:
    table.do("Ann", "add", "n1", "note", text="early")
    table.do("Ann", "add", "n2", "note", text="late")
    said = heard(table.room.listen(table.people["Bob"], 1))
    assert b"late" in said
    assert b"early" not in said


def test_a_page_with_another_past_hears_all_there_is(table: Table) -> None:
    """A backup was put back, or somebody was erased and rows were written anew."""
    table.do("Ann", "add", "n1", "note", text="early")
    assert b'"told":"whole"' in heard(table.room.listen(table.people["Bob"], 9))
    assert b'"told":"whole"' not in heard(table.room.listen(table.people["Bob"], 1))
    table.canvas.settings["renewed"] = 1
    table.canvas.save()
    said = heard(table.room.listen(table.people["Bob"], 1))
    assert b'"told":"whole"' in said
    assert b"early" in said


def test_a_page_that_does_not_take_in_what_it_is_told_is_closed() -> None:
    ear = Ear("p")
    for n in range(MOST_WAITING + 1):
        ear.hear(packet([{"n": n}]))
    assert ear._over
    assert heard(ear) == b""

    async def end() -> list[bytes]:
        return [words async for words in ear.stream()]

    assert run(end()) == [b"retry: 1000\n\n"]


# what nobody else hears

Words = Callable[[str, str], None]


def test_what_is_private_is_in_no_byte_that_goes_to_somebody_else(table: Table) -> None:
    """A long random workshop; all bytes of every stream, page and answer are kept and searched."""
    chance = random.Random(7)
    secrets: dict[str, tuple[str, str]] = {}  # words -> who wrote them, and the id under which they lie
    told: dict[str, bytes] = dict.fromkeys(table.people, b"")
    ears = {who: table.room.listen(one, 0) for who, one in table.people.items()}
    table.do("Dee", "privacy", "identity", on=True)
    table.do("Dee", "privacy", "image", on=True)

    def hear() -> None:
        for who, ear in ears.items():
            told[who] += heard(ear)
            ear._waiting.clear()

    for n in range(250):
        who = chance.choice(list(table.people))
        words = f"secret {n} of {who}."
        mine = [id for owner, id in secrets.values() if owner == who]
        act = chance.choice(
            ["add", "add", "set", "remove", "undo", "signal", "react", "page", "back", "vote"]
        )
        if act == "add":
            secrets[words] = (who, f"hidden-{n}-{who}")
            table.do(
                who,
                "add",
                f"hidden-{n}-{who}",
                "note",
                field=chance.choice(["identity", "image"]),
                text=words,
            )
        elif act == "set" and mine:
            secrets[words] = (who, id := chance.choice(mine))
            table.do(who, "set", id, text=words, field=chance.choice(["identity", "image"]))
        elif act in ("remove", "undo", "vote"):
            table.do(
                who,
                act,
                chance.choice(mine) if mine and act != "undo" else "",
                **({"n": 1} if act == "vote" else {}),
            )
        elif act == "signal" and mine:
            table.signal(who, "editing", chance.choice(mine))
        elif act == "react" and mine:
            table.signal(who, "reaction", {"id": chance.choice(mine), "mark": "agree"})
        elif act == "page":
            told[who] += table.browsers[who].get(table.at).content
        elif act == "back":
            hear()
            ears[who] = table.room.listen(table.people[who], chance.randrange(len(table.room.board.events)))
        hear()
    assert len(secrets) > 80
    for words, (owner, id) in secrets.items():
        for who, said in told.items():
            if who != owner:
                assert words.encode() not in said, f"{who} was told {words!r}"
                assert id.encode() not in said, f"{who} was told of {id}"
    lying = [one for one in table.room.board.things.values() if not one.removed and one.field == "identity"]
    table.do("Dee", "reveal", "identity")
    hear()
    for one in lying:
        assert all(one.values["text"].encode() in said for said in told.values()), (
            "after it is revealed all see it"
        )


def test_nobody_is_told_whose_an_anonymous_note_is(table: Table) -> None:
    table.do("Dee", "anonymity", "image", on=True)
    ears = {who: table.room.listen(one, 0) for who, one in table.people.items()}
    for ear in ears.values():
        ear._waiting.clear()
    table.do("Ann", "add", "n1", "note", field="image", text="they find us slow")
    table.signal("Ann", "editing", "n1")
    table.do("Ann", "set", "n1", text="they find us very slow")
    table.do("Dee", "set", "n1", hidden=True)
    table.do("Dee", "set", "n1", hidden=False)
    code = table.people["Ann"].code.encode()
    for who in ("Dee", "Bob", "Cas"):
        said = heard(ears[who])
        assert b"slow" in said
        assert code not in said


@pytest.mark.parametrize("field", FIELDS)
def test_presence_does_not_say_who_writes_where_it_is_private(table: Table, field: str) -> None:
    table.do("Ann", "add", "n1", "note", field=field, text="open")
    assert table.signal("Ann", "editing", "n1") == 204
    assert {one["editing"] for one in table.room.people()} == {"", "n1"}
    table.do("Dee", "privacy", field, on=True)
    assert {one["editing"] for one in table.room.people()} == {""}
    assert table.signal("Ann", "editing", "n1") == 204
    assert {one["editing"] for one in table.room.people()} == {""}


@pytest.mark.parametrize(("who", "signal", "value", "status"), [
    ("Ann", "at", "image", 204), ("Ann", "at", "attic", 400), ("Ann", "summon", "image", 400),
    ("Dee", "summon", "image", 204), ("Ann", "done", "identity", 204), ("Ann", "done", 5, 400),
    ("Ann", "reaction", {"id": "none", "mark": "agree"}, 400), ("Ann", "shout", "hello", 400),
])  # fmt: skip
def test_signals_that_fit_are_told(table: Table, who: str, signal: str, value: Any, status: int) -> None:
    assert table.signal(who, signal, value) == status


def test_nobody_is_shown_looking_where_notes_have_no_name(table: Table) -> None:
    def places() -> dict[str, str]:
        return {one["name"]: one["at"] for one in table.room.people() if one["at"]}

    for who in ("Ann", "Dee"):
        assert table.signal(who, "at", "image") == 204
    assert places() == {"Ann": "image", "Dee": "image"}
    table.do("Dee", "anonymity", "image", on=True)
    assert places() == {"Dee": "image"}  # who leads is followed
    assert table.signal("Bob", "at", "image") == 204
    assert places() == {"Dee": "image"}


def test_who_leads_reads_what_is_hidden_without_whose_it_is(table: Table) -> None:
    table.do("Ann", "add", "n1", "note", field="image", text="slow")
    table.do("Dee", "set", "n1", hidden=True)
    address = f"{table.at}hidden/"
    answer = table.browsers["Dee"].get(address)
    assert answer.json() == {"notes": [{"id": "n1", "field": "image", "text": "slow"}]}
    assert table.people["Ann"].code.encode() not in answer.content
    assert table.browsers["Bob"].get(address).status_code == 404
    table.do("Dee", "privacy", "image", on=True)
    assert table.browsers["Dee"].get(address).json() == {"notes": []}


def test_who_comes_and_who_comes_back_is_told_the_time(table: Table) -> None:
    before = time.time()
    page = table.browsers["Ann"].get(table.at).content.decode()
    ear = table.room.listen(table.people["Ann"], 0)
    for said in (page, heard(ear).decode()):
        (now,) = re.findall(r'"now":([\d.]+)', said)
        assert before - 0.1 <= float(now) <= time.time() + 0.1  # it is told in tenths


def test_only_who_leads_gets_agendas_and_only_members_get_the_guide(table: Table) -> None:
    def opened(who: str) -> Any:
        page = table.browsers[who].get(table.at).content.decode()
        return json.loads(page.partition('id="opening">')[2].partition("</script>")[0])

    assert [len(opened(who)["agendas"]) for who in ("Dee", "Ann")] == [3, 0]
    assert opened("Dee")["links"] == {}  # a guest who leads has no account to go there with
    assert set(opened("Ann")["help"]) == set(FIELDS)
