"""Holes in the canvas that somebody hostile looked for: each was open once."""

from __future__ import annotations

import asyncio
import json
from unittest import mock

import pytest
from django.test import Client
from tests.web.loops import run
from tests.web.test_canvas_live import NOTE, Table, heard, table  # noqa: F401

from verbond.canvas import Event, Operation, Outcome, Sight
from verbond.canvas import board as boards
from verbond.results.groups import MIN_GROUP
from verbond.web.bodies import MOST_ANSWERS, most_bytes
from verbond.web.store.models import CanvasEvent, Membership, Participant
from verbond.web.workshop import closing, joining, persons
from verbond.web.workshop.ears import Ear


def shown(table: Table, who: str, id: str) -> dict:  # noqa: F811
    whole = Sight(table.room.board, table.people[who].code).whole()
    return next(one for one in whole["things"] if one["id"] == id)


# private


def test_after_reopening_what_was_never_revealed_is_told_to_nobody(table: Table) -> None:  # noqa: F811
    table.do("Dee", "privacy", "identity", on=True)
    table.do("Dee", "anonymity", "identity", on=True)
    table.do("Ann", "add", "n1", "note", text="my secret")
    closing.close_canvas(table.canvas, None)
    assert closing.reopen_canvas(table.canvas)
    ear = table.room.listen(table.people["Bob"], 0)
    table.do("Dee", "privacy", "image", on=True)
    table.do("Cas", "add", "n2", "note", field="image", text="cold")
    table.do("Cas", "add", "v1", "value", name="near")
    assert b"my secret" not in heard(ear)
    assert b'"identity":1' in heard(ear)


@pytest.mark.parametrize("act", ["reveal", "anonymity", "privacy"])
def test_a_switch_looks_like_nothing_else(table: Table, act: str) -> None:  # noqa: F811
    table.do("Dee", "privacy", "identity", on=True)
    table.do("Ann", "add", "identity", "value", name="a thing that is called as a field")
    ear = table.room.listen(table.people["Bob"], len(table.room.board.events))
    values = {} if act == "reveal" else {"on": True}
    assert isinstance(table.do("Dee", act, "identity", "note", **values), Event)
    assert b'"told":"whole"' in heard(ear)


def test_no_switch_breaks_the_board_for_who_comes_back(table: Table) -> None:  # noqa: F811
    table.do("Dee", "phase", "values", "note", junk={"deep": [float("nan")]})
    table.do("Dee", "budget", "", "x" * 50, n=4, junk=float("nan"))
    assert not CanvasEvent.objects.exclude(kind="").exists()
    assert "nan" not in json.dumps(list(CanvasEvent.objects.values("values", "before")), default=str).lower()
    assert b'"phase":"values"' in heard(table.room.listen(table.people["Bob"], 0))


def test_who_was_put_out_hears_nothing_more_however_slowly_she_reads() -> None:
    async def slowly() -> bytes:
        ear = Ear("p1")
        reading = ear.stream()
        await anext(reading)
        ear.hear(b"before")
        ear.close()
        ear.hear(b"after")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return b"".join([words async for words in reading])

    assert b"after" not in run(slowly())


@pytest.mark.parametrize(("was", "act"), [("private", "reveal"), ("anonymous", "anonymity")])
def test_what_comes_late_is_not_shown_to_more_than_was_said(table: Table, was: str, act: str) -> None:  # noqa: F811
    table.do("Dee", {"private": "privacy"}.get(was, act), "identity", on=True)
    page = table.browsers["Ann"].get(f"{table.at}beforehand/").content.decode()
    assert f'name="seen" value="{was}' in page
    table.do("Dee", act, "identity", **({} if act == "reveal" else {"on": False}))
    assert table.post("Ann", NOTE | {"seen": [was]}).json()["answers"][0]["refused"] == "open"
    given = {"act": "add", "field": "identity", "key": "x", "text": "for myself", "seen": was}
    answer = table.browsers["Ann"].post(f"{table.at}beforehand/", given)
    assert answer.status_code == 422
    assert "for myself</textarea>" in answer.content.decode()
    assert not any(one.values for one in table.room.board.things.values())
    assert table.browsers["Ann"].post(f"{table.at}beforehand/", given | {"seen": ""}).status_code == 302
    assert table.post("Ann", NOTE | {"seen": []}, NOTE | {"seen": [was]}).json()["answers"][1]["number"]


# without a name


def test_no_version_says_between_whose_notes_a_nameless_one_was_written(table: Table) -> None:  # noqa: F811
    table.do("Dee", "anonymity", "image", on=True)
    for n, who in enumerate(("Ann", "Bob", "Ann")):
        table.do(who, "add", f"a{n}", "note", text="we")
        table.do(who, "add", f"b{n}", "note", field="image", text="they")
    assert {shown(table, "Cas", f"b{n}")["version"] for n in range(3)} == {0}
    assert shown(table, "Cas", "a1")["version"] > 0


def test_no_place_says_in_which_order_people_wrote_beforehand(table: Table) -> None:  # noqa: F811
    for field in ("identity", "image"):
        table.do("Dee", "privacy", field, on=True)
    table.do("Dee", "anonymity", "image", on=True)
    for who in ("Ann", "Bob", "Cas"):
        for n in range(2):
            given = {"act": "add", "field": "image", "key": f"{who}{n}", "text": f"said by {who}"}
            assert table.browsers[who].post(f"{table.at}beforehand/", given).status_code == 302
    orders = {}
    for one in table.room.board.lying():
        orders.setdefault(one.by, []).append(one.values["order"])
    assert len({tuple(one) for one in orders.values()}) == 1


def test_who_is_shown_nowhere_is_not_known_to_be_where_nobody_has_a_name(table: Table) -> None:  # noqa: F811
    table.signal("Bob", "at", "values")
    table.do("Dee", "anonymity", "image", on=True)
    table.signal("Ann", "at", "image")
    table.signal("Cas", "at", "values")
    at = {one["name"]: one["at"] for one in table.room.people()}
    assert {at["Ann"], at["Bob"], at["Cas"]} == {""}


def departments(table: Table) -> set[str]:  # noqa: F811
    made = Outcome.of(table.room.board, company="Acme")
    return {one.department for one in made.in_field("identity")}


def crowd(table: Table, n: int, department: str) -> None:  # noqa: F811
    for _ in range(n):
        who, _ = joining.join(table.canvas, "Somebody", department, None)
        wish = Operation("k", who.code, "add", who.code, "note", {"text": "x", "department": department})
        table.room.take(who, [wish])


def test_a_facilitator_does_not_fill_a_department_to_learn_who_is_in_it(table: Table) -> None:  # noqa: F811
    table.do("Dee", "anonymity", "identity", on=True)
    crowd(table, 1, "Legal")
    crowd(table, MIN_GROUP - 1, "Shop")
    for thing in list(table.room.board.things.values()):
        if thing.values["department"] == "Shop":
            assert table.do("Dee", "set", thing.id, department="Legal").code == "not_yours"
    assert isinstance(table.do("Dee", "set", thing.id, hidden=True), Event)
    assert departments(table) == {""}


def test_the_one_department_that_is_not_told_is_not_known_by_that(table: Table) -> None:  # noqa: F811
    table.do("Dee", "anonymity", "identity", on=True)
    crowd(table, MIN_GROUP, "Shop")
    assert departments(table) == {"Shop"}
    crowd(table, 1, "Legal")
    assert departments(table) == {""}
    crowd(table, MIN_GROUP, "Care")
    assert departments(table) == {"", "Shop"} or departments(table) == {"", "Care"}
    crowd(table, MIN_GROUP - 1, "Stock")
    assert departments(table) == {"", "Shop", "Care"}


def test_who_wrote_with_a_name_does_not_hide_who_wrote_without(table: Table) -> None:  # noqa: F811
    crowd(table, MIN_GROUP - 1, "Shop")
    named = set(table.room.board.things)
    table.do("Ann", "add", "far", "note", field="image", text="y", department="Shop")
    table.do("Dee", "anonymity", "image", on=True)
    for id in named:
        table.do("Bob", "set", id, field="identity")
    table.do("Ann", "set", "far", field="identity")
    made = Outcome.of(table.room.board, company="Acme")
    assert {one.id: one.department for one in made.notes}["far"] == ""


# floods, and odd JSON


@pytest.mark.parametrize("body", ["[" * 90_000, '{"operations":' * 90_000, '{"signal":' + "[" * 90_000])
def test_what_is_too_deep_is_refused(table: Table, body: str) -> None:  # noqa: F811
    for part in ("operations", "signals"):
        answer = table.browsers["Ann"].post(f"{table.at}{part}/", body, content_type="application/json")
        assert answer.status_code == 400


def test_a_number_that_is_no_number_of_an_event_is_none(table: Table) -> None:  # noqa: F811
    answer = table.browsers["Ann"].get(f"{table.at}events/?since={'9' * 5000}")
    assert answer.status_code == 200
    answer.leaves()


def test_a_body_for_a_canvas_is_small() -> None:
    assert most_bytes("/c/abcde-fghij/operations/") == MOST_ANSWERS


def test_who_writes_without_end_is_stopped_and_the_rest_goes_on(table: Table) -> None:  # noqa: F811
    table.post("Ann", NOTE)
    with mock.patch.object(boards, "LIMITS", boards._Limits(events=3)):
        codes = [getattr(table.do("Ann", "set", "n1", text=f"{n}"), "code", "") for n in range(4)]
        assert codes == ["", "", "full", "full"]
        assert isinstance(table.do("Dee", "phase", "values"), Event)


def test_who_was_shown_the_door_takes_no_chair(table: Table) -> None:  # noqa: F811
    with mock.patch.object(joining, "MOST", 4):
        assert Client().post(table.at, {"name": "Eve"}).status_code == 409
        Participant.objects.filter(pk=table.people["Bob"].pk).update(out=True)
        assert Client().post(table.at, {"name": "Eve"}).status_code == 303


# who is no member any more


@pytest.mark.parametrize("role", ["member", ""])
def test_who_may_lead_no_more_leads_and_hears_no_more(table: Table, cast, role: str) -> None:  # noqa: F811
    fay = cast.people["fay"]
    person, _ = joining.join(table.canvas, "Fay", "", fay)
    assert person.leads
    ear = table.room.listen(person, 0)
    member = Membership.objects.get(user=fay, organisation=cast.acme)
    path = f"/o/acme/people/{member.pk}/" + ("" if role else "removal/")
    assert cast.client("alice").post(path, {"role": role}).status_code == 302
    table.do("Ann", "add", "n1", "note", text="said when she was gone")
    assert b"said when she was gone" not in heard(ear)
    person.refresh_from_db()
    assert not person.leads
    browser = cast.client("fay")
    assert b"<form" in browser.get(table.at).content or role
    said = {"operations": [{"key": "k", "act": "phase", "id": "values"}]}
    answer = browser.post(f"{table.at}operations/", said, content_type="application/json")
    assert answer.status_code == 404 if not role else answer.json()["answers"][0]["refused"] == "not_yours"


def test_what_was_erased_does_not_lie_beside_the_board(table: Table, cast) -> None:  # noqa: F811
    table.do("Ann", "add", "v1", "value", name="Bob")
    assert b"Bob" in table.browsers["Cas"].get(f"{table.at}beside/").content
    for row in CanvasEvent.objects.all():
        row.values["name"] = "near"
        row.save()
    persons.erase(cast.acme, [], ["Nobody"])
    assert b"Bob" not in table.browsers["Cas"].get(f"{table.at}beside/").content
