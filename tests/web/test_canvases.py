"""Canvases: made, set up, closed, opened again, thrown away; what came out of them is kept and read."""

from __future__ import annotations

import html
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from verbond.canvas import Operation, Outcome
from verbond.reports.canvas import FORMS as KINDS
from verbond.web.store.models import AuditEntry, Canvas, Edition
from verbond.web.views.canvas_outcomes import FORMS
from verbond.web.workshop import closing
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import room_of

HOSTILE = "<img src=x onerror=alert(1)>\"'</title><script>alert(2)</script>"


@pytest.fixture
def canvas(cast) -> Canvas:
    """Acme's canvas, that Fay made."""
    return make_canvas(
        cast.acme, cast.people["fay"], name="Spring", company="Acme", departments=["Shop", "Care"]
    )


def test_a_canvas_is_made_by_the_form(cast) -> None:
    fay = cast.client("fay")
    page = fay.get("/o/acme/canvases/making/").content.decode()
    assert 'name="agenda"' in page
    answer = fay.post(
        "/o/acme/canvases/making/",
        {
            "name": "Spring",
            "company": "Acme",
            "agenda": "week",
            "departments": "Shop\nCare",
            "last_day": "2030-01-31",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    made = Canvas.objects.get()
    assert made.settings["departments"] == ["Shop", "Care"]
    assert made.settings["last_day"] == "2030-01-31"
    board = room_of(made).board
    assert board.private == {"identity", "image"}
    assert board.agenda[0][0] == "identity"
    for path in ("", "settings/", "closure/", "editions/", "door/"):
        shown = fay.get(f"/o/acme/canvases/{made.pk}/{path}")
        assert shown.status_code == 200, path
    assert fay.get("/o/acme/canvases/").status_code == 200
    assert fay.get(f"/c/{made.address}/").status_code == 200
    assert fay.get(f"/c/{made.address}/beforehand/").status_code == 200


# set up


def test_settings_are_kept_and_wrong_ones_are_said(canvas, cast) -> None:
    fay, path = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}/settings/"
    given = {"name": "Summer", "company": "Acme", "departments": "A\nB", "keep_months": "6", "joining": "on"}
    assert fay.post(path, given).status_code == 302
    canvas.refresh_from_db()
    assert (canvas.name, canvas.keep_months) == ("Summer", 6)
    assert canvas.settings == {"joining": True, "figures": False, "departments": ["A", "B"]}
    for wrong in ({"name": ""}, {"keep_months": "0"}, {"last_day": "tomorrow"}, {"company": "x" * 121}):
        answer = fay.post(path, given | wrong)
        assert answer.status_code == 422
        assert "field__wrong" in answer.content.decode()
    assert AuditEntry.objects.filter(verb="canvas_set_up").count() == 1


def test_what_a_setting_does_not_know_stays(canvas, cast) -> None:
    Canvas.objects.filter(pk=canvas.pk).update(settings=canvas.settings | {"renewed": 3})
    given = {"name": "Spring", "company": "Acme"}
    cast.client("fay").post(f"/o/acme/canvases/{canvas.pk}/settings/", given)
    canvas.refresh_from_db()
    assert canvas.settings["renewed"] == 3


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_invitation_is_there_in_both_languages_and_promises_no_more_than_holds(
    canvas, cast, language
) -> None:
    cast.people["fay"].language = language
    cast.people["fay"].save()
    canvas.settings |= {"last_day": "2999-12-31"}
    canvas.save()
    page = html.unescape(cast.client("fay").get(f"/o/acme/canvases/{canvas.pk}/").content.decode())
    link = f"http://testserver/c/{canvas.address}/beforehand/"
    assert page.count(link) == 3
    assert "uiterlijk 31 december 2999" in page
    assert "by 31 December 2999" in page
    assert "niemand ziet wat je schrijft" in page
    do(canvas, "reveal", "identity")
    page = html.unescape(cast.client("fay").get(f"/o/acme/canvases/{canvas.pk}/").content.decode())
    assert "niemand ziet wat je schrijft" not in page
    assert "nobody sees what you write" not in page


def test_hostile_words_are_words_on_every_page(cast) -> None:
    canvas = make_canvas(
        cast.acme, cast.people["fay"], name=HOSTILE[:120], company=HOSTILE[:120], departments=[HOSTILE]
    )
    filled(canvas, HOSTILE)
    closing.keep_edition(canvas, None)
    closing.keep_edition(canvas, None)
    fay, base = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}/"
    other = Edition.objects.get(number=1).pk
    pages = ("", "settings/", "closure/", "editions/", "door/", f"comparison/?edition=2&with={other}")
    paths = ["/o/acme/canvases/", "/o/acme/canvases/making/", *(base + page for page in pages)]
    paths += [f"/c/{canvas.address}/", f"/c/{canvas.address}/beforehand/"]
    for path in paths:
        for client in (fay, Client()):
            answer = client.get(path)
            text = answer.content.decode()
            assert "<img src=x" not in text, path
            assert "<script>alert" not in text, path
            assert "</title><script" not in text, path
        assert fay.get(path).status_code == 200, path


# what came out


def do(canvas: Canvas, act: str, id: str = "", kind: str = "", /, **values: object) -> None:
    who = canvas.participants.get(leads=True)
    room = room_of(canvas)
    wish = Operation(f"k{len(room.board.events)}", who.code, act, id, kind, values, leads=True)
    became = room.take(who, [wish])[0]
    assert hasattr(became, "number"), became


def filled(canvas: Canvas, words: str = "Close by") -> None:
    """Everything that a canvas can hold, with the same words everywhere."""
    do(canvas, "reveal", "identity")
    do(canvas, "reveal", "image")
    short = words[:80]
    for name in ("one", "two"):
        do(canvas, "add", name, "value", name=f"{short[:70]} {name}", meaning=words, chosen=True)
    do(canvas, "add", "ours", "note", text=words, group="one")
    do(canvas, "add", "theirs", "note", text=words, field="image", group="one", source=words)
    decided = {"one": "one", "other": "two", "kept": "one", "concession": words, "reason": words}
    do(canvas, "add", "r", "resolution", **decided)
    do(canvas, "add", "m", "mission", text=words, chosen=True)
    promised = {"text": words, "chosen": True, "measure": words, "keeps": [words], "breaks": [words]}
    do(canvas, "add", "p", "promise", **promised)
    do(canvas, "add", "s", "step", text=words, who=words, when="2026-12-01")


def test_members_read_what_came_out_and_keep_nothing(canvas, cast) -> None:
    filled(canvas)
    base = f"/o/acme/canvases/{canvas.pk}"
    bob, fay = cast.client("bob"), cast.client("fay")
    assert bob.post(f"{base}/editions/").status_code == 404
    assert bob.get(f"{base}/outcome.json?edition=now").status_code == 404
    assert bob.get(f"{base}/outcome.json").status_code == 404
    made = fay.post(f"{base}/editions/")
    assert made["Location"] == f"{base}/editions/1/"
    page = bob.get(f"{base}/editions/1/").content.decode()
    for said in (
        "This is what we promise",
        "Close by",
        "What we stop doing",
        "1 December 2026",
        "both sides",
    ):
        assert said in page
    assert f"{base}/settings/" not in page
    assert f"{base}/editions/" in bob.get("/o/acme/canvases/").content.decode()
    assert cast.client("gus").get("/o/acme/canvases/").status_code == 404
    assert bob.get(f"{base}/editions/2/").status_code == 404


def test_every_file_is_what_it_says(canvas, cast) -> None:
    filled(canvas)
    closing.keep_edition(canvas, None)
    bob, base = cast.client("bob"), f"/o/acme/canvases/{canvas.pk}"
    begins = {"pdf": b"%PDF", "wall.pdf": b"%PDF", "pptx": b"PK", "png": b"\x89PNG", "svg": b"<svg"}
    assert set(FORMS) == set(KINDS)
    for form, kind in KINDS.items():
        answer = bob.get(f"{base}/outcome.{form}?edition=1")
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"] == f'attachment; filename="acme-spring-1.{form}"'
        assert begins.get(form, b"") in answer.content[:500]
    read = Outcome.from_json(json.loads(bob.get(f"{base}/outcome.json").content))
    assert read.promise is not None
    assert read.promise.text == "Close by"
    for wrong in (
        "outcome.exe",
        "outcome.json?edition=9",
        "outcome.json?edition=-1",
        "outcome.json?edition=x",
    ):
        assert bob.get(f"{base}/{wrong}").status_code == 404
    assert AuditEntry.objects.filter(verb="canvas_taken").count() == len(KINDS) + 1


def test_two_versions_are_compared_and_those_of_others_are_not(canvas, cast) -> None:
    filled(canvas)
    first = closing.keep_edition(canvas, None)
    do(canvas, "set", "p", text="Closer still")
    second = closing.keep_edition(canvas, None)
    theirs = make_canvas(cast.globex, cast.people["charlie"], name="Ours", company="Globex")
    foreign = closing.keep_edition(theirs, None)
    bob, path = cast.client("bob"), f"/o/acme/canvases/{canvas.pk}/comparison/"
    for asked in (f"edition=2&with={first.pk}", f"edition=1&with={second.pk}"):
        page = bob.get(f"{path}?{asked}").content.decode()
        assert page.index("Close by") < page.index("Closer still")
    same = closing.keep_edition(canvas, None)
    assert "Nothing changed." in bob.get(f"{path}?edition=2&with={same.pk}").content.decode()
    for wrong in (
        f"edition=1&with={foreign.pk}",
        f"edition=1&with={first.pk}",
        "edition=1",
        "edition=x&with=1",
    ):
        assert bob.get(f"{path}?{wrong}").status_code == 404


def test_a_new_canvas_begins_with_what_came_out_under_nobodys_name(canvas, cast) -> None:
    filled(canvas)
    edition = closing.close_canvas(canvas, cast.people["fay"])
    given = {"name": "Next", "company": "Acme", "agenda": "ninety_minutes", "edition": str(edition.pk)}
    answer = cast.client("ann").post("/o/acme/canvases/making/", given)
    made = Canvas.objects.get(name="Next")
    assert answer["Location"].endswith(f"/canvases/{made.pk}/")
    assert made.follows == canvas
    board = room_of(made).board
    assert {one.kind for one in board.lying()} == {
        "note",
        "value",
        "resolution",
        "mission",
        "promise",
        "step",
    }
    assert all(one.nameless for one in board.lying())
    assert (board.private, board.anonymous, board.phase) == (set(), set(), "invite")
    assert closing.outcome_now(made).promise == Outcome.from_json(edition.outcome).promise
    theirs = make_canvas(cast.globex, cast.people["charlie"], name="Ours", company="Globex")
    foreign = closing.keep_edition(theirs, None)
    page = cast.client("ann").post("/o/acme/canvases/making/", given | {"edition": str(foreign.pk)})
    assert page.status_code == 422


def test_the_list_does_not_ask_more_for_more_canvases(canvas, cast) -> None:
    bob = cast.client("bob")

    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert bob.get("/o/acme/canvases/").status_code == 200
        return len(context)

    before = asked()
    for n in range(3):
        made = make_canvas(cast.acme, cast.people["fay"], name=f"More {n}", company="Acme")
        closing.keep_edition(made, None)
    assert asked() == before


def test_the_demo_company_has_held_workshops(cast) -> None:
    from verbond.web.workshop.demo import hold_workshops

    for language, promise in (("nl", "Elk kwartaal"), ("en", "Every quarter")):
        finished, running = hold_workshops(cast.acme, cast.people["fay"], language)
        assert (finished.state, running.state) == ("closed", "open")
        outcome = Outcome.from_json(finished.editions.get().outcome)
        assert outcome.promise is not None
        assert outcome.promise.text.startswith(promise)
        assert outcome.mission is not None
        assert [sum(outcome.sides(one.id)) > 1 for one in outcome.shared] == [True] * 3
        assert outcome.resolutions[0].concession
        assert room_of(running).board.phase == "values"
        assert not {one.id for one in outcome.notes} & set(room_of(running).board.things)


def test_a_canvas_begins_with_a_file(canvas, cast) -> None:
    filled(canvas)
    closing.keep_edition(canvas, None)
    fay, path = cast.client("fay"), "/o/acme/canvases/making/"
    told = fay.get(f"/o/acme/canvases/{canvas.pk}/outcome.json").content
    given = {"name": "From afar", "company": "Acme", "agenda": "week"}
    for wrong in (b"", b"[]", b"{", b'{"steps": 3}', b"[" * 100_000, b"\xff\xfe", b"x" * (5 << 20)):
        answer = fay.post(path, given | {"file": SimpleUploadedFile("a.json", wrong)})
        assert answer.status_code == 422
        assert "field__wrong" in answer.content.decode()
    assert not Canvas.objects.filter(name="From afar").exists()
    assert fay.post(path, given | {"file": SimpleUploadedFile("a.json", told)}).status_code == 302
    made = Canvas.objects.get(name="From afar")
    assert made.follows is None
    assert closing.outcome_now(made).promise == Outcome.from_json(json.loads(told)).promise
