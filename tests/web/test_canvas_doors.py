"""The doors of a canvas: who comes in, as whom, and what a form without script does on the board."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from verbond.canvas import Operation
from verbond.web.people.limits import Attempt
from verbond.web.store.models import Canvas, Membership, Participant
from verbond.web.workshop import closing, joining
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import room_of

HOSTILE = "<img src=x onerror=alert(1)>"
YESTERDAY, TOMORROW = "2001-01-01", "2999-12-31"


@pytest.fixture
def canvas(cast) -> Canvas:
    """Acme's canvas, that Fay made."""
    return make_canvas(
        cast.acme, cast.people["fay"], name="Spring", company="Acme", departments=["Shop", "Care"]
    )


def door(canvas: Canvas, rest: str = "") -> str:
    return f"/c/{canvas.address}/{rest}"


def guest(canvas: Canvas, name: str = "Sam", department: str = "") -> Client:
    """A browser in which somebody joined by the link."""
    client = Client()
    answer = client.post(door(canvas), {"name": name, "department": department})
    assert answer.status_code == 303, answer.content.decode()
    return client


def fields(page: str, act: str) -> dict[str, str]:
    """The hidden fields of the first form of a page that does this."""
    form = next(one for one in page.split("<form")[1:] if f'name="act" value="{act}"' in one)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def write(client: Client, canvas: Canvas, text: str, field: str = "identity") -> None:
    page = client.get(door(canvas, "beforehand/")).content.decode()
    given = fields(page, "add") | {"field": field, "text": text}
    answer = client.post(door(canvas, "beforehand/"), given)
    assert answer.status_code == 302, answer.content.decode()
    assert f"?kept={field}" in answer["Location"]


def texts(canvas: Canvas) -> list[str]:
    return [one.values["text"] for one in room_of(canvas).board.lying() if one.kind == "note"]


def lead(canvas: Canvas, act: str, id: str = "", **values: object) -> None:
    who = canvas.participants.get(leads=True)
    key = f"{act}-{len(room_of(canvas).board.events)}"
    became = room_of(canvas).take(who, [Operation(key, who.code, act, id, values=values, leads=True)])
    assert hasattr(became[0], "number"), became


# coming in


def test_who_has_the_link_comes_in_under_a_name(canvas) -> None:
    client = Client()
    assert 'name="name"' in client.get(door(canvas)).content.decode()
    answer = client.post(door(canvas), {"name": " Sam \x07 de\nVries ", "department": "Care"})
    assert (answer.status_code, answer["Location"]) == (303, door(canvas))
    cookie = answer.cookies["canvas"]
    assert cookie["httponly"]
    assert cookie["path"] == door(canvas)
    sam = canvas.participants.get(user=None)
    assert (sam.name, sam.department, sam.leads) == ("Sam de Vries", "Care", False)
    assert cookie.value not in str(Participant.objects.filter(pk=sam.pk).values().get())
    assert "Sam de Vries" in client.get(door(canvas)).content.decode()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 61}, {"name": "Sam", "department": "None"}])
def test_a_wrong_form_comes_back_with_what_is_wrong(canvas, wrong) -> None:
    answer = Client().post(door(canvas), wrong)
    assert answer.status_code == 422
    assert "field__wrong" in answer.content.decode()
    assert canvas.participants.count() == 1


def test_two_with_the_same_name_are_two(canvas) -> None:
    guest(canvas, "Sam"), guest(canvas, "Sam")
    assert canvas.participants.filter(name="Sam").values("code").distinct().count() == 2


def test_a_name_is_no_markup_anywhere(canvas, cast) -> None:
    client = guest(canvas, HOSTILE)
    write(client, canvas, HOSTILE)
    fay = cast.client("fay")
    pages = [client.get(door(canvas)), client.get(door(canvas, "beforehand/"))]
    pages.append(fay.get(f"/o/acme/canvases/{canvas.pk}/"))
    for page in pages:
        assert page.status_code == 200
        assert HOSTILE not in page.content.decode()


def test_a_token_opens_its_own_canvas_only(canvas, cast) -> None:
    other = make_canvas(cast.acme, cast.people["fay"], name="Other", company="Acme")
    token = guest(canvas).cookies["canvas"].value
    for value in (token, token[:-1], token + "x", "", "x" * 5000):
        client = Client()
        client.cookies["canvas"] = value
        assert "name=" in client.get(door(other)).content.decode()
        assert client.post(door(other, "operations/"), "{}", "application/json").status_code == 404
        if value != token:
            assert client.post(door(canvas, "departure/")).status_code == 404


def test_who_guesses_addresses_is_stopped_and_hears_of_no_hit(canvas, monkeypatch) -> None:
    limit = joining.Limit(joining.GUESSING.scope, 5, 3600)
    monkeypatch.setattr(joining, "GUESSING", limit)
    sam, client = guest(canvas), Client()
    for _ in range(limit.n):
        assert client.get("/c/no-such-door/").status_code == 404
    for path in ("/c/no-such-door/", door(canvas)):
        for rest in ("", "beforehand/", "beside/", "events/"):
            assert client.get(path + rest).status_code == 429, rest
        for rest in ("operations/", "signals/", "departure/"):
            assert client.post(path + rest, "{}", "application/json").status_code == 429, rest
    assert sam.get(door(canvas)).status_code == 200
    assert sam.get(door(canvas, "beforehand/")).status_code == 200


def test_an_address_can_be_typed(canvas) -> None:
    assert re.fullmatch("[a-hjkmnp-z2-9]{5}-[a-hjkmnp-z2-9]{5}", canvas.address)
    assert Client().get(f"/c/{canvas.address.upper()}/")["Location"] == door(canvas)


def test_nobody_fills_a_canvas(canvas, monkeypatch) -> None:
    monkeypatch.setattr(joining, "MOST", 2)
    guest(canvas)
    assert Client().post(door(canvas), {"name": "Late"}).status_code == 409
    Attempt.objects.update(n=joining.JOINING.n)
    assert Client().post(door(canvas), {"name": "Late"}).status_code == 429


# members


def test_members_are_themselves_and_facilitators_lead(canvas, cast) -> None:
    for name, leads in (("bob", False), ("ann", True), ("alice", True)):
        client = cast.client(name)
        assert f'value="{name.title()}"' in client.get(door(canvas)).content.decode()
        answer = client.post(door(canvas), {"name": name.title()})
        assert answer.status_code == 303
        assert "canvas" not in answer.cookies
        assert canvas.participants.get(user=cast.people[name]).leads is leads
        assert client.post(door(canvas), {"name": "Again"}).status_code == 302
    assert canvas.participants.exclude(user=None).count() == 4


@pytest.mark.parametrize("name", ["gus", "charlie", "dora"])
def test_who_is_signed_in_elsewhere_or_as_a_guest_comes_by_the_link(canvas, cast, name) -> None:
    client = cast.client(name)
    assert client.post(door(canvas), {"name": name}).status_code == 303
    who = canvas.participants.get(name=name)
    assert (who.user, who.leads) == (None, False)


def test_a_member_who_becomes_a_facilitator_leads_and_one_who_leaves_is_nobody(canvas, cast) -> None:
    bob = cast.client("bob")
    bob.post(door(canvas), {"name": "Bob"})
    held = Membership.objects.filter(user=cast.people["bob"])
    held.update(role="facilitator")
    who = canvas.participants.get(user=cast.people["bob"])
    act = {"operations": [{"key": "a", "act": "phase", "id": "values"}]}
    said = bob.post(door(canvas, "operations/"), act, "application/json").json()
    assert "number" in said["answers"][0]
    held.delete()
    assert bob.post(door(canvas, "operations/"), act, "application/json").status_code == 404
    assert bob.get(door(canvas, "beforehand/"))["Location"].endswith("?to=beforehand")
    assert not who.out


def test_a_facilitator_makes_members_lead_and_never_guests(canvas, cast) -> None:
    guest(canvas)
    cast.client("bob").post(door(canvas), {"name": "Bob"})
    fay = cast.client("fay")
    base = f"/o/acme/canvases/{canvas.pk}/participants"
    bob, sam = canvas.participants.get(name="Bob"), canvas.participants.get(name="Sam")
    for on in (True, False):
        answer = fay.post(f"{base}/{bob.pk}/leading/", {"on": "1"} if on else {})
        assert answer.status_code == 302
        bob.refresh_from_db()
        assert bob.leads is on
    assert fay.post(f"{base}/{sam.pk}/leading/", {"on": "1"}).status_code == 404
    assert cast.client("bob").post(f"{base}/{bob.pk}/leading/", {"on": "1"}).status_code == 404


def test_who_is_shown_the_door_stays_out_and_her_words_stay(canvas, cast) -> None:
    sam = guest(canvas)
    write(sam, canvas, "Who are we?")
    cast.client("bob").post(door(canvas), {"name": "Bob"})
    fay, base = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}/participants"
    for name in ("Sam", "Bob"):
        who = canvas.participants.get(name=name)
        assert fay.post(f"{base}/{who.pk}/removal/").status_code == 302
    for client in (sam, cast.client("bob")):
        assert client.get(door(canvas)).status_code == 404
        assert client.post(door(canvas), {"name": "Sam"}).status_code == 404
        assert client.post(door(canvas, "operations/"), "{}", "application/json").status_code == 404
        assert client.get(door(canvas, "events/")).status_code == 404
        assert client.post(door(canvas, "beforehand/"), {"act": "add"}).status_code == 302
    assert texts(canvas) == ["Who are we?"]
    own = canvas.participants.get(user=cast.people["fay"])
    assert fay.post(f"{base}/{own.pk}/removal/").status_code == 404


def test_nobody_new_comes_in_when_the_door_is_shut(canvas, cast) -> None:
    sam = guest(canvas)
    Canvas.objects.filter(pk=canvas.pk).update(settings=canvas.settings | {"joining": False})
    for client in (Client(), cast.client("bob")):
        assert client.get(door(canvas)).status_code == 410
        assert client.post(door(canvas), {"name": "Late"}).status_code == 410
    assert sam.get(door(canvas)).status_code == 200
    assert cast.client("ann").post(door(canvas), {"name": "Ann"}).status_code == 303


def test_who_leaves_is_nobody_in_that_browser(canvas) -> None:
    sam = guest(canvas)
    token = sam.cookies["canvas"].value
    answer = sam.post(door(canvas, "departure/"))
    assert answer["Location"].endswith("?left")
    sam.cookies["canvas"] = token
    assert 'name="name"' in sam.get(door(canvas)).content.decode()
    assert sam.get(door(canvas, "departure/")).status_code == 405


# beforehand


def test_notes_are_written_changed_and_taken_away_without_script(canvas) -> None:
    sam = guest(canvas, department="Care")
    page = sam.get(door(canvas, "beforehand/")).content.decode()
    assert "<script" not in page.split("</head>")[1]
    write(sam, canvas, "We call back")
    write(sam, canvas, "They find us slow", "image")
    things = {one.values["text"]: one for one in room_of(canvas).board.lying()}
    assert things["We call back"].values["department"] == "Care"
    assert things["They find us slow"].field == "image"
    page = sam.get(door(canvas, "beforehand/")).content.decode()
    change = fields(page, "set") | {"text": "We call back the same day"}
    for _ in range(2):  # sent twice
        assert sam.post(door(canvas, "beforehand/"), change).status_code == 302
    n = len(room_of(canvas).board.events)
    assert sam.post(door(canvas, "beforehand/"), change).status_code == 302
    assert len(room_of(canvas).board.events) == n
    assert sam.post(door(canvas, "beforehand/"), fields(page, "remove")).status_code == 302
    assert texts(canvas) == ["They find us slow"]


def test_a_form_that_is_sent_twice_adds_one_note(canvas) -> None:
    sam = guest(canvas)
    given = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "add") | {"text": "Once"}
    for _ in range(3):
        assert sam.post(door(canvas, "beforehand/"), given).status_code == 302
    assert texts(canvas) == ["Once"]


def test_who_saves_in_one_field_loses_nothing_that_she_wrote_in_the_other(canvas) -> None:
    sam = guest(canvas)
    page = sam.get(door(canvas, "beforehand/")).content.decode()
    both = fields(page, "add") | {"text-identity": "We call back", "text-image": "They are slow"}
    both |= {"source-image": "a call"}
    for field in ("identity", "image"):  # twice, by either button
        assert sam.post(door(canvas, "beforehand/"), both | {"field": field}).status_code == 302
    things = {one.field: one for one in room_of(canvas).board.lying()}
    assert sorted(texts(canvas)) == ["They are slow", "We call back"]
    assert (things["image"].values["source"], things["identity"].values["text"]) == ("a call", "We call back")
    wrong = fields(page, "add") | {"key": "n", "text-identity": "x" * 601, "text-image": "Not lost"}
    answer = sam.post(door(canvas, "beforehand/"), wrong)
    assert (answer.status_code, ">Not lost</textarea>" in answer.content.decode()) == (422, True)
    assert len(texts(canvas)) == 2


def test_what_is_changed_after_the_back_button_is_something_new(canvas) -> None:
    sam = guest(canvas)
    given = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "add")
    for text in ("First", "Second", "Second"):
        assert sam.post(door(canvas, "beforehand/"), given | {"text": text}).status_code == 302
    assert sorted(texts(canvas)) == ["First", "Second"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"text": "  "}, 422),
        ({"text": "x" * 601}, 422),
        ({"field": "promise"}, 404),
        ({"act": "reveal"}, 404),
    ],
)
def test_what_does_not_fit_is_said_where_it_is(canvas, wrong, status) -> None:
    sam = guest(canvas)
    given = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "add") | {"text": "Fine"} | wrong
    answer = sam.post(door(canvas, "beforehand/"), given)
    assert answer.status_code == status
    if status == 422:
        assert 'aria-invalid="true"' in answer.content.decode()
    assert texts(canvas) == []


def test_nobody_changes_or_sees_what_somebody_else_wrote(canvas, cast) -> None:
    sam, eve = guest(canvas, "Sam"), guest(canvas, "Eve")
    write(sam, canvas, "Sam's secret thought")
    mine = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "set")
    for client in (eve, cast.client("fay")):
        for act in ("set", "remove"):
            given = mine | {"act": act, "key": f"{act}x", "text": "Eve's"}
            assert client.post(door(canvas, "beforehand/"), given).status_code == 422
    assert texts(canvas) == ["Sam's secret thought"]
    pages = [
        eve.get(door(canvas)),
        eve.get(door(canvas, "beforehand/")),
        cast.client("fay").get(door(canvas)),
    ]
    fay, base = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}"
    pages += [fay.get(f"{base}/{rest}") for rest in ("", "editions/", "outcome.json?edition=now")]
    for page in pages:
        assert page.status_code == 200
        assert b"secret thought" not in page.content
        assert mine["id"].encode() not in page.content
    shown = fay.get(f"{base}/").content.decode()
    assert "1 of 3 have written something." in shown


def test_after_the_last_day_it_says_so_kindly_and_the_session_goes_on(canvas) -> None:
    sam = guest(canvas)
    write(sam, canvas, "In time")
    given = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "add") | {"text": "Too late"}
    Canvas.objects.filter(pk=canvas.pk).update(settings=canvas.settings | {"last_day": YESTERDAY})
    page = sam.get(door(canvas, "beforehand/"))
    assert (page.status_code, "In time" in page.content.decode()) == (200, True)
    assert "<textarea" not in page.content.decode()
    assert sam.post(door(canvas, "beforehand/"), given).status_code == 409
    assert texts(canvas) == ["In time"]
    lead(canvas, "phase", "identity")
    assert sam.post(door(canvas, "beforehand/"), given).status_code == 302
    assert texts(canvas) == ["In time", "Too late"]


def test_on_the_last_day_itself_one_may_write(canvas) -> None:
    day = timezone.localdate().isoformat()
    Canvas.objects.filter(pk=canvas.pk).update(settings=canvas.settings | {"last_day": day})
    write(guest(canvas), canvas, "Just in time")


def test_a_locked_field_takes_nothing(canvas) -> None:
    sam = guest(canvas)
    write(sam, canvas, "Before")
    given = fields(sam.get(door(canvas, "beforehand/")).content.decode(), "add") | {"text": "After"}
    lead(canvas, "lock", "identity", on=True)
    page = sam.get(door(canvas, "beforehand/")).content.decode()
    assert "has locked this field" in page
    assert 'id="new-identity"' not in page
    assert sam.post(door(canvas, "beforehand/"), given).status_code == 422
    assert texts(canvas) == ["Before"]


# closed


def test_a_closed_canvas_shows_what_came_out_to_who_took_part(canvas, cast) -> None:
    sam = guest(canvas)
    write(sam, canvas, "Open thought")
    lead(canvas, "reveal", "identity")
    closing.close_canvas(canvas, cast.people["fay"])
    for client in (sam, cast.client("bob")):
        page = client.get(door(canvas))
        assert page.status_code == 200
        assert "Open thought" in page.content.decode()
    for client in (Client(), cast.client("charlie")):
        page = client.get(door(canvas))
        assert page.status_code == 410
        assert "Open thought" not in page.content.decode()
        assert client.post(door(canvas), {"name": "Late"}).status_code == 410
    for rest in ("operations/", "signals/"):
        assert sam.post(door(canvas, rest), "{}", "application/json").status_code == 404
    assert sam.get(door(canvas, "events/")).status_code == 404
    assert sam.post(door(canvas, "beforehand/"), {"act": "add"}).status_code == 302
    assert canvas.participants.count() == 2


# the room and the wall


@pytest.mark.parametrize("language", ["nl", "en", "both"])
def test_a_sheet_for_the_wall(canvas, cast, language) -> None:
    fay, base = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}"
    answer = fay.get(f"{base}/door.pdf?paper=a3&language={language}")
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"] == f'attachment; filename="acme-canvas-a3-{language}.pdf"'
    for wrong in ("paper=a0", "language=fr", "paper=../x"):
        assert fay.get(f"{base}/door.pdf?{wrong}").status_code == 404


def test_the_code_on_the_screen_leads_to_the_door(canvas, cast) -> None:
    page = cast.client("fay").get(f"/o/acme/canvases/{canvas.pk}/door/").content.decode()
    assert f"testserver/c/{canvas.address}" in page
    assert "<svg" in page
