"""Canvases forget: who wrote without a name, who is erased, and everybody once it was kept long enough."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from tests.web import nameless_world as world

from verbond.canvas import Board, Operation
from verbond.web import clock
from verbond.web.keeping import privacy, processing, retention
from verbond.web.store import people
from verbond.web.store.acts import close_organisation
from verbond.web.store.models import Canvas, CanvasEvent, Edition, Job, Participant
from verbond.web.workshop import closing, forgetting, persons
from verbond.web.workshop.joining import join
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import Closed, Room, room_of


@pytest.fixture
def canvas(cast) -> Canvas:
    """Acme's, on which Anneke wrote without a name and Bo with one."""
    return world.write(cast.acme, cast.people["alice"])


def closed(canvas: Canvas, cast, months_ago: int = 0) -> Canvas:
    closing.close_canvas(canvas, cast.people["alice"])
    moment = timezone.now() - dt.timedelta(days=31 * months_ago)
    Canvas.objects.filter(pk=canvas.pk).update(closed_at=moment)
    canvas.refresh_from_db()
    return canvas


# who wrote without a name


@pytest.mark.skipif("VERBOND_TEST_DATABASE" in os.environ, reason="searches the bytes of SQLite")
def test_no_byte_says_who_wrote_without_a_name_once_it_is_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.web.nameless_world", str(tmp_path / "installation")]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    said = json.loads(run.stdout)
    before, after = said["before"], said["after"]
    assert before[world.CODE] > after[world.CODE]
    assert before[world.KEY] > 0 < before[world.DEPARTMENT]
    assert after[world.KEY] == after[world.DEPARTMENT] == 0
    assert after[world.TEXT] > 0
    assert said["without_her"][world.CODE] == 0  # her own row was all that held it
    changed = {world.THING: said["lying"][world.THING] | {"department": ""}}
    assert said["left"] == said["lying"] | changed
    assert "unscrubbed" not in said["settings"]


def test_a_department_says_to_nobody_who_wrote_without_a_name(canvas) -> None:
    room = room_of(canvas)
    for code in (canvas.participants.get(name="Bo").code, canvas.participants.get(leads=True).code):
        assert world.TEXT in json.dumps(room.whole(code))
        assert world.DEPARTMENT not in json.dumps(room.whole(code))
    assert world.DEPARTMENT in json.dumps(room.whole(world.CODE))


def test_no_row_says_so_and_the_board_is_the_same(canvas, cast) -> None:
    room = room_of(canvas)
    before = room.board
    assert CanvasEvent.objects.filter(by=world.CODE).count() == 4
    closed(canvas, cast)
    rows = list(CanvasEvent.objects.values())
    assert world.CODE not in json.dumps(rows, default=str)
    assert world.DEPARTMENT not in json.dumps(rows, default=str)
    after = Room(canvas.pk).board
    assert [one.number for one in after.events] == list(range(1, len(after.events) + 1))
    thing = after.things[world.THING]
    assert (thing.by, thing.nameless, thing.values["text"]) == ("", True, world.TEXT)
    assert thing.values["order"] == before.things[world.THING].values["order"]
    assert after.things["of-bo"] == before.things["of-bo"]
    edition = Edition.objects.get()
    assert world.TEXT in json.dumps(edition.outcome)
    assert world.DEPARTMENT not in json.dumps(edition.outcome)


def test_what_was_taken_away_is_gone_once_it_is_closed(canvas, cast) -> None:
    bo = canvas.participants.get(name="Bo")
    said = {"field": "identity", "text": "I regret this", "source": "my boss"}
    acts = [("add", said), ("set", {"text": "I do regret this"}), ("remove", {})]
    for n, (act, values) in enumerate(acts):
        room_of(canvas).take(bo, [Operation(f"r{n}", bo.code, act, "regret", "note", values)])
    promise = Operation(
        "p", bo.code, "add", "pr", "promise", {"text": "Too much", "keeps": ["my boss calls"]}
    )
    room_of(canvas).take(bo, [promise])
    room_of(canvas).take(bo, [Operation("q", bo.code, "remove", "pr")])
    closed(canvas, cast)
    rows = json.dumps(list(CanvasEvent.objects.values()), default=str)
    assert "regret this" not in rows
    assert "my boss" not in rows
    assert Room(canvas.pk).board.things["regret"].removed
    assert closing.reopen_canvas(canvas)
    undone = room_of(canvas).take(bo, [Operation("u", bo.code, "undo")])[0]
    assert getattr(undone, "id", "") != "regret"


def test_whoever_still_holds_the_room_does_nothing_more(canvas, cast) -> None:
    room, bo = room_of(canvas), canvas.participants.get(name="Bo")
    closed(canvas, cast)
    with pytest.raises(Closed):
        room.take(bo, [Operation("late", bo.code, "add", "late", "note", {"text": "Late"})])
    assert not CanvasEvent.objects.filter(thing="late").exists()


def test_after_reopening_work_goes_on_and_who_wrote_it_stays_forgotten(canvas, cast) -> None:
    closed(canvas, cast)
    assert closing.reopen_canvas(canvas)
    her = canvas.participants.get(code=world.CODE)
    room = room_of(canvas)
    mine = Operation("n1", her.code, "set", world.THING, values={"text": "No"})
    undone = Operation("n2", her.code, "undo")
    moved = Operation("n3", her.code, "set", world.THING, values={"order": "Y"})
    new = Operation("n4", her.code, "add", "new", "note", {"field": "promise", "text": "New"})
    codes = [getattr(one, "code", "") for one in room.take(her, [mine, undone, moved, new])]
    assert codes == ["not_yours", "nothing", "", ""]
    assert closing.close_canvas(canvas, None).number == 2
    assert "New" in json.dumps(Edition.objects.first().outcome)


def test_closing_twice_makes_one_edition(canvas, cast) -> None:
    first = closing.close_canvas(canvas, None)
    assert closing.close_canvas(canvas, None) == first
    assert Edition.objects.count() == 1


def test_what_is_private_when_it_closes_is_in_no_outcome(canvas, cast) -> None:
    bo = canvas.participants.get(name="Bo")
    secret = Operation("s", bo.code, "add", "secret", "note", {"field": "identity", "text": "Bo's secret"})
    room_of(canvas).take(bo, [secret])
    promise = Operation("p", bo.code, "add", "promise", "promise", {"text": "We call back"})
    room_of(canvas).take(bo, [promise])
    asked = cast.client("fay").get(f"/o/acme/canvases/{canvas.pk}/closure/").content.decode()
    assert "Identity is still private: 1 note does not go into the outcome." in asked
    assert "No promise has been chosen yet." in asked
    assert "No value has been chosen yet." not in asked  # none lies there
    closed(canvas, cast)
    assert "secret" not in json.dumps(Edition.objects.get().outcome)
    fay = cast.client("fay")
    for rest in ("", "editions/", "outcome.json", "closure/"):
        assert b"secret" not in fay.get(f"/o/acme/canvases/{canvas.pk}/{rest}").content


# kept long enough


def test_people_and_notes_go_when_they_were_kept_long_enough_and_the_outcome_stays(canvas, cast) -> None:
    canvas.keep_months = 3
    canvas.save()
    bo = canvas.participants.get(name="Bo")
    step = Operation("step", bo.code, "add", "step", "step", {"text": "Call back", "who": "Bo"})
    room_of(canvas).take(bo, [step])
    closed(canvas, cast, months_ago=2)
    assert forgetting.forget_old() == 0
    closed(canvas, cast, months_ago=4)
    assert clock.do_chores()["verbond.web.workshop.forgetting:forget_old"] == 1
    assert not Participant.objects.exists()
    assert not CanvasEvent.objects.exists()
    assert forgetting.forget_old() == 0
    canvas.refresh_from_db()
    assert not closing.reopen_canvas(canvas)
    fay, base = cast.client("fay"), f"/o/acme/canvases/{canvas.pk}"
    assert fay.post(f"{base}/reopening/").status_code == 404
    assert "were removed" in fay.get(f"{base}/").content.decode()
    assert "cannot be reopened" in fay.get(f"{base}/closure/").content.decode()
    assert world.TEXT in fay.get(f"{base}/editions/").content.decode()
    made = make_canvas(
        cast.acme, cast.people["fay"], name="Again", company="Acme", edition=Edition.objects.get()
    )
    assert {one.values["text"] for one in room_of(made).board.lying()} == {world.TEXT, "By Bo", "Call back"}
    assert '"who": "Bo"' not in json.dumps(Edition.objects.get().outcome)


def test_a_canvas_that_is_open_is_not_forgotten(canvas, cast) -> None:
    canvas.keep_months = 1
    canvas.save()
    assert forgetting.forget_old(timezone.now() + dt.timedelta(days=4000)) == 0
    closed(canvas, cast, months_ago=4)
    assert closing.reopen_canvas(canvas)
    assert forgetting.forget_old() == 0


def test_what_the_organisation_chose_holds_too(canvas, cast) -> None:
    canvas.keep_months = None
    canvas.save()
    assert retention.expiring(cast.acme, {"canvases": 1}) == {}
    closed(canvas, cast, months_ago=3)
    assert retention.expiring(cast.acme, {"canvases": 1}) == {"canvases": 3}
    cast.acme.settings = {"retention": {"canvases": 1}}
    cast.acme.save()
    retention.remove_old(Job(kind="retention", organisation=cast.acme), lambda _: None)
    assert not Participant.objects.exists()
    assert not CanvasEvent.objects.exists()
    assert Edition.objects.count() == 1


def test_the_record_of_processing_says_what_is_kept(canvas, cast) -> None:
    kept = {one.of.name: one for one in processing.kept_of(cast.acme)}
    assert kept["canvases"].n == 3
    rows = {row["What"]: row for row in processing.record_of(cast.acme, "en")}
    assert "participant" in rows["Canvases: participants and notes"]["Where"]


# one person


def test_a_guest_is_found_by_name_without_what_others_may_not_know(canvas, cast) -> None:
    her = canvas.participants.get(code=world.CODE)
    for field, text in (("identity", "For herself"), ("promise", "With her name")):
        wish = Operation(field, her.code, "add", f"of-{field}", "note", {"field": field, "text": text})
        room_of(canvas).take(her, [wish])
    found = privacy.find(cast.acme, "anneke")
    assert found.is_known
    handed = privacy.copy_of(cast.acme, found).decode()
    assert "With her name" in handed
    assert world.TEXT not in handed
    assert "For herself" not in handed
    assert not privacy.find(cast.globex, "anneke").is_known


def test_a_member_is_found_by_her_address(canvas, cast) -> None:
    join(canvas, "Bobby", "", cast.people["bob"])
    assert [one["name"] for one in privacy.find(cast.acme, "BOB@example.org").canvases] == ["Bobby"]


def test_who_is_erased_is_gone_from_a_board_that_is_open(canvas, cast) -> None:
    bo = canvas.participants.get(name="Bo")
    naming = Operation(
        "x", bo.code, "add", "names", "step", {"text": "Ask Anneke Jansen", "who": "Anneke Jansen"}
    )
    room_of(canvas).take(bo, [naming])
    closing.keep_edition(canvas, None)
    join(canvas, "Anneke Jansen", "", None)
    from verbond.tables import redactor
    from verbond.web.store.naming import redact_rows

    redact = redactor({"contact": {"name": ["Anneke Jansen"]}, "pseudonyms": []})
    assert redact_rows(cast.acme, redact) >= 2
    assert persons.erase(cast.acme, [], ["Anneke Jansen"]) == 1
    canvas.refresh_from_db()
    room = room_of(canvas)
    said = json.dumps([dict(one.values) for one in room.board.things.values()])
    assert "Jansen" not in said
    assert "Jansen" not in json.dumps(list(CanvasEvent.objects.values()), default=str)
    assert "Jansen" not in json.dumps(Edition.objects.get().outcome)
    wish = Operation("y", bo.code, "add", "more", "step", {"text": "Go on"})
    assert room.take(bo, [wish])[0].number == len(Board.of(room.board.events).events)


def test_who_is_erased_takes_her_department_along(canvas, cast) -> None:
    """She may have been the only one there."""
    fatima, _ = join(canvas, "Fatima", "Montage", None)
    values = {"text": "We climb on roofs", "department": "Montage", "field": "steps"}
    room_of(canvas).take(fatima, [Operation("f1", fatima.code, "add", "roof", "note", values)])
    moved = Operation("f2", fatima.code, "set", "roof", "", {"department": "Montage"})
    room_of(canvas).take(fatima, [moved])
    assert persons.erase(cast.acme, [], ["fatima"]) == 1
    canvas.refresh_from_db()
    lying = {one.id: one.values for one in room_of(canvas).board.things.values()}
    assert lying["roof"]["text"] == "We climb on roofs"
    assert "Montage" not in json.dumps(list(CanvasEvent.objects.values()), default=str)


def test_who_closes_her_account_leaves_no_name_behind(canvas, cast) -> None:
    join(canvas, "Bobby", "", cast.people["bob"])
    people.close_account(cast.people["bob"], "somebody")
    assert not Participant.objects.filter(name="Bobby").exists()
    assert canvas.participants.count() == 3


def test_an_organisation_that_closes_takes_its_canvases_along(canvas, cast) -> None:
    closing.keep_edition(canvas, None)
    assert close_organisation(cast.acme)
    for model in (Canvas, Participant, CanvasEvent, Edition):
        assert not model.objects.exists()


def test_a_canvas_that_is_thrown_away_is_gone(canvas, cast) -> None:
    fay = cast.client("fay")
    assert cast.client("bob").post(f"/o/acme/canvases/{canvas.pk}/removal/").status_code == 404
    assert fay.post(f"/o/acme/canvases/{canvas.pk}/removal/").status_code == 302
    for model in (Canvas, Participant, CanvasEvent):
        assert not model.objects.exists()
    assert fay.get(f"/c/{canvas.address}/").status_code == 404


def test_files_that_could_not_forget_at_once_are_made_to_later(canvas, cast, monkeypatch) -> None:
    monkeypatch.setattr(closing, "scrub", lambda: False)
    closed(canvas, cast)
    assert canvas.settings["unscrubbed"]
    monkeypatch.setattr(closing, "scrub", lambda: True)
    assert clock.do_chores()["verbond.web.workshop.closing:scrub_closed"] == 1
    canvas.refresh_from_db()
    assert "unscrubbed" not in canvas.settings
    assert connection.in_atomic_block
