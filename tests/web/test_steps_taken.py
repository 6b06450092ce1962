"""Steps taken on: who may, whom they reach, what came of them, and what the organisation learns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests.reports.made_plan import made_plan

from verbond.diagnosis.plan import Lesson, Seen
from verbond.results import Provenance, Reason
from verbond.tables import Tables
from verbond.tables.reads import action_reach
from verbond.web import diagnosing
from verbond.web.diagnosing import archive_of
from verbond.web.experiments.settings import Settings
from verbond.web.steps import looking, reaching, reminding
from verbond.web.steps.demo import found_steps
from verbond.web.steps.reaching import ids_in
from verbond.web.store.models import Experiment, Import, Job, Mailbox, Membership, Undertaking, User

PAGE = "/o/acme/steps/"
STEP = made_plan().steps[0]
FIRST = f"{PAGE}making/?play={STEP.play_id}&segment={STEP.segment}"


def day(days: int) -> str:
    return (timezone.localdate() + dt.timedelta(days=days)).isoformat()


def take(cast, name: str = "bob", **given):
    wish = {"owner": cast.people[name].pk, "starts_on": day(0), "looks_on": day(60), "lot": "no"} | given
    return cast.client(name).post(FIRST, wish)


def done(kind: str) -> Job:
    """The newest job of a kind: the tests' queue does it as soon as it is in it."""
    return Job.objects.filter(kind=kind).order_by("created_at").last()


@pytest.fixture
def undertaking(cast) -> Undertaking:
    return Undertaking.objects.create(
        organisation=cast.acme, play=STEP.play_id, rung=STEP.rung, owner=cast.people["bob"],
        starts_on=dt.date(2026, 6, 1), looks_on=timezone.localdate(), base="https://v.example/",
    )  # fmt: skip


# taking on


def test_a_step_of_the_plan_is_taken_on_and_stands_in_the_list(cast, made_run) -> None:
    made_run()
    bob, gus = cast.client("bob"), cast.client("gus")
    assert "/steps/making/" in bob.get("/o/acme/plan/").content.decode()
    assert "/steps/making/" not in gus.get("/o/acme/plan/").content.decode()
    assert bob.get(FIRST).status_code == 200
    answer = take(cast)
    one = Undertaking.objects.get()
    assert answer["Location"] == f"{PAGE}{one.pk}/"
    assert (one.play, one.segment, one.owner) == (STEP.play_id, STEP.segment, cast.people["bob"])
    assert one.expected["climb"] == [STEP.climb.value, STEP.climb.ci_lower, STEP.climb.ci_upper]
    assert f"{PAGE}{one.pk}/" in gus.get("/o/acme/plan/").content.decode()
    assert bob.get(FIRST)["Location"] == take(cast)["Location"] == f"{PAGE}{one.pk}/"  # it runs already
    assert Undertaking.objects.count() == 1
    for name in ("gus", "bob", "ann"):
        for page in (PAGE, f"{PAGE}{one.pk}/"):
            assert cast.client(name).get(page).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"owner": 0}, {"looks_on": day(0)}, {"starts_on": day(1000)}, {"starts_on": day(-3), "lot": "yes"}],
    ids=["nobody", "at once", "too far", "a lot about the past"],
)
def test_what_cannot_be_is_not_taken_on(wrong: dict, cast, made_run) -> None:
    made_run()
    assert take(cast, **wrong).status_code == 422
    assert not Undertaking.objects.exists()


def test_a_guest_is_no_owner_and_another_step_is_not_there(cast, made_run) -> None:
    assert cast.client("bob").get(FIRST).status_code == 404  # no plan yet
    made_run()
    assert take(cast, owner=cast.people["gus"].pk).status_code == 422
    assert cast.client("bob").get(f"{PAGE}making/?play=nothing").status_code == 404


def test_where_a_lot_decides_an_experiment_begins(cast, made_run) -> None:
    made_run()
    answer = take(cast, lot="yes", starts_on=day(7), looks_on=day(100))
    one, experiment = Undertaking.objects.get(), Experiment.objects.get()
    assert one.experiment == experiment
    assert answer["Location"].endswith(f"/experiments/{experiment.pk}/making/what/")
    asked = Settings.of(experiment.settings)
    assert (asked.starts_on, asked.days) == (day(7), 93)
    assert not one.is_reached
    assert one.action_id == experiment.action_id
    assert cast.client("ann").post(f"{PAGE}{one.pk}/reach/", {"numbers": "1"}).status_code == 404


# whom it reached


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("12\n13\n12\n", ["12", "13"]),
        ("\ufeffcustomer_id;name\n12;An\n;x\n", ["12"]),
        ("K-1,An\nK-2,Bo", ["K-1", "K-2"]),
        ("  12 \n\n", ["12"]),
        ("", []),
        ("12\r13\r14", ["12", "13", "14"]),
        ("12, 13, 14", ["12", "13", "14"]),
    ],
    ids=["lines", "a head", "a second column", "spaces", "nothing", "old line ends", "one line"],
)
def test_numbers_are_read_from_the_first_column(text: str, ids: list[str]) -> None:
    assert ids_in(text) == ids


def keep(organisation) -> None:
    customers = {"customer_id": [f"K-{n}" for n in range(20)]}
    moments = np.full(20, np.datetime64("2026-05-04", "s"))
    events = {"customer_id": customers["customer_id"], "occurred_at": moments, "kind": ["purchase"] * 20}
    actions = {"action_id": ["round-1"], "kind": ["campaign"], "starts_on": [dt.date(2026, 5, 1)]}
    archive_of(organisation).add(
        Tables.from_columns({"customers": customers, "events": events, "actions": actions}),
        import_id="shop", source_sha256="s", file_name="shop.csv", product="csv",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_whom_it_reached_comes_into_the_tables_and_goes_again(cast, undertaking) -> None:
    keep(cast.acme)
    ann, path = cast.client("ann"), f"{PAGE}{undertaking.pk}/"
    file = SimpleUploadedFile("list.csv", b"klantnummer\nK-1\nK-2\nK-SECRET\n")
    ann.post(path + "reach/", {"file": file})
    assert done("reach").state == Job.State.DONE
    undertaking.refresh_from_db()
    assert {name: undertaking.reach[name] for name in ("n", "n_known")} == {"n": 3, "n_known": 2}
    assert undertaking.is_reached
    with archive_of(cast.acme).open() as tables:
        reach = action_reach(tables, undertaking.action_id)
    wanted = sorted(archive_of(cast.acme).pseudonym(one) for one in ("K-1", "K-2", "K-SECRET"))
    assert sorted(reach.customer_id) == wanted
    assert set(reach.reached_on.astype(str)) == {"2026-06-01"}
    # a number that only this list holds stands nowhere
    folder = settings.INSTALLATION.folder
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if b"K-SECRET" in file.read_bytes()]
    assert ann.get(f"/o/acme/data/{Import.objects.get().pk}/")["Location"] == path
    # other people instead, then none
    ann.post(path + "reach/", {"numbers": "K-7"})
    done("reach")
    with archive_of(cast.acme).open() as tables:
        assert len(action_reach(tables, undertaking.action_id).customer_id) == 1
    ann.post(path + "removal/")
    done("undo")
    with archive_of(cast.acme).open() as tables:
        assert "exposures" not in tables or not tables.n_rows("exposures")
    assert not Undertaking.objects.exists()
    assert Import.objects.get().state == Import.State.UNDONE


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_on_where_it_failed(cast, undertaking, monkeypatch) -> None:
    keep(cast.acme)
    monkeypatch.setattr(reaching, "_written", lambda *_: 1 / 0)
    cast.client("ann").post(f"{PAGE}{undertaking.pk}/reach/", {"numbers": "K-1"})
    assert done("reach").state == Job.State.FAILED
    undertaking.refresh_from_db()
    assert set(undertaking.reach) == {"import"}
    assert not undertaking.is_reached


def test_nothing_too_much_and_no_text_is_not_taken(cast, undertaking, monkeypatch) -> None:
    ann, path = cast.client("ann"), f"{PAGE}{undertaking.pk}/reach/"
    assert ann.post(path, {}).status_code == 422
    for held in (b"\xff\xfe\x00", b"PK\x03\x04\x14\x00\x06", b'"' + b"a" * 200_000):
        assert ann.post(path, {"file": SimpleUploadedFile("a.csv", held)}).status_code == 422
    assert ann.post(path, {"numbers": "9" * 200_000}).status_code == 422
    monkeypatch.setattr("verbond.web.steps.forms.MOST", 2)
    assert ann.post(path, {"numbers": "1\n2\n3"}).status_code == 422
    assert not Job.objects.exists()
    assert ann.post(path, {"action": "round-1"}).status_code == 422  # no such action yet
    keep(cast.acme)
    wrong = ann.post(path, {"action": "round-2"})
    assert "Do you mean round-1?" in wrong.content.decode()
    assert ann.post(path, {"action": "round-1"}).status_code == 302
    undertaking.refresh_from_db()
    assert (undertaking.action_id, undertaking.is_reached) == ("round-1", True)


# what came of it


def lesson(code: str = "", seen: Seen | None = None) -> Lesson:
    reasons = (Reason("plan_learned.too_early", {"last": dt.date(2026, 6, 30)}),) if code else ()
    headline = Reason("plan_learned.cannot_tell", {"name": "a", "n": 5})
    return Lesson(
        STEP.play_id, "round-1", seen, (0.1, 0.3), (0.2, 0.2), "strengthens", None, None, None, headline,
        reasons, Provenance("a", "f", False, "duckdb", {}, 0, "0"),
    )  # fmt: skip


@pytest.fixture
def looks(monkeypatch) -> Callable[[Lesson], list]:
    """Let looking find this; what it was asked with comes into the list."""

    def let(found: Lesson) -> list:
        asked: list = []

        def look_again(*given, **more):
            asked.append((given[2:], more))
            return found

        monkeypatch.setattr("verbond.diagnosis.plan.learning.look_again", look_again)
        return asked

    return let


@pytest.mark.django_db(transaction=True)
def test_what_came_of_it_is_kept_and_the_next_diagnosis_rests_on_it(
    cast, undertaking, made_run, looks, monkeypatch
) -> None:
    keep(cast.acme)
    made_run()
    Undertaking.objects.update(action="round-1")
    seen = Seen("round-1", 0.8, 0.1, 900, 900, True)
    asked = looks(lesson(seen=seen))
    bob, path = cast.client("bob"), f"{PAGE}{undertaking.pk}/"
    assert "/look/" in bob.get(path).content.decode()
    bob.post(path + "look/")
    assert done("look").state == Job.State.DONE
    undertaking.refresh_from_db()
    assert undertaking.state == "looked"
    assert asked == [((STEP.play_id, "round-1"), {"before": [], "rung": STEP.rung})]
    page = cast.client("gus").get(path).content.decode()
    assert "strengthens" in page
    assert bob.post(path + "look/").status_code == 404  # once
    known = looking.learned_of(cast.acme)
    assert known[STEP.play_id].n_times == 1
    assert looking.learned_of(cast.globex) == {}
    # and it goes into the diagnosis
    given: dict = {}
    monkeypatch.setattr("verbond.diagnosis.diagnose", lambda *_, **more: given.update(more) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        diagnosing.diagnose_organisation(SimpleNamespace(organisation=cast.acme, created_by=None), print)
    assert given["learned"] == known


@pytest.mark.django_db(transaction=True)
def test_where_the_data_do_not_reach_far_enough_it_runs_on(cast, undertaking, made_run, looks) -> None:
    keep(cast.acme)
    made_run()
    Undertaking.objects.update(action="round-1")
    looks(lesson("early"))
    path = f"{PAGE}{undertaking.pk}/"
    cast.client("bob").post(path + "look/")
    done("look")
    undertaking.refresh_from_db()
    assert (undertaking.state, undertaking.looked_at) == ("running", None)
    early = lesson("early").reasons[0].sentence("en")
    assert early in cast.client("bob").get(path).content.decode()
    assert looking.learned_of(cast.acme) == {}


def test_nobody_looks_before_the_day_or_without_knowing_whom_it_reached(cast, undertaking) -> None:
    bob, path = cast.client("bob"), f"{PAGE}{undertaking.pk}/"
    assert bob.post(path + "look/").status_code == 404
    Undertaking.objects.update(action="round-1", looks_on=timezone.localdate() + dt.timedelta(days=1))
    assert bob.post(path + "look/").status_code == 404
    assert "/look/" not in bob.get(path).content.decode()
    assert looking.due_of(cast.acme) == 0
    Undertaking.objects.update(looks_on=timezone.localdate())
    assert looking.due_of(cast.acme) == 1


def test_it_is_stopped_and_what_was_learned_stays(cast, undertaking) -> None:
    bob, path = cast.client("bob"), f"{PAGE}{undertaking.pk}/"
    bob.post(path + "lesson/", {"lesson": "Nobody <b>answered</b>."})
    bob.post(path + "stop/")
    undertaking.refresh_from_db()
    assert (undertaking.state, undertaking.lesson) == ("stopped", "Nobody <b>answered</b>.")
    assert "Nobody &lt;b&gt;answered" in cast.client("gus").get(PAGE).content.decode()
    assert bob.post(path + "removal/").status_code == 404  # for analysts


def test_a_step_that_the_playbook_lost_is_still_shown(cast, undertaking) -> None:
    Undertaking.objects.update(play="gone_since")
    for page in (PAGE, f"{PAGE}{undertaking.pk}/"):
        assert "gone_since" in cast.client("bob").get(page).content.decode()


# reminders


class Server:
    """Takes letters in the place of a mail server."""

    taken: list

    def __init__(self, box) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def ready(self) -> None:
        pass

    def send(self, letter, to) -> None:
        type(self).taken.append((to, str(letter["Subject"]), letter.get_content()))


@pytest.fixture
def server(cast, monkeypatch) -> type[Server]:
    quiet = {"from": 0, "until": 0, "days": []}
    Mailbox.objects.create(
        organisation=cast.acme, host="127.0.0.1", sender="hello@acme.example", settings={"quiet": quiet}
    )
    monkeypatch.setattr(Server, "taken", [], raising=False)
    monkeypatch.setattr(reminding, "Post", Server)
    return Server


def remind(organisation) -> None:
    reminding.remind(Job(kind="reminders", organisation=organisation), lambda _: None)


def test_the_owner_is_reminded_once_in_her_language(cast, undertaking, server) -> None:
    User.objects.filter(pk=cast.people["bob"].pk).update(language="nl")
    assert reminding.enqueue_due() == 1
    remind(cast.acme)
    remind(cast.acme)
    ((to, subject, text),) = server.taken
    assert to == "bob@example.org"
    assert subject.startswith("Tijd om terug te kijken")
    assert f"https://v.example{PAGE}{undertaking.pk}/" in text
    assert reminding.enqueue_due() == 0


@pytest.mark.parametrize("why", ["left", "a guest now", "not the day", "stopped"])
def test_whom_it_does_not_concern_gets_no_mail(why: str, cast, undertaking, server) -> None:
    held = Membership.objects.filter(user=cast.people["bob"])
    if why == "left":
        held.delete()
    elif why == "a guest now":
        held.update(role="guest")
    elif why == "not the day":
        Undertaking.objects.update(looks_on=timezone.localdate() + dt.timedelta(days=1))
    else:
        Undertaking.objects.update(state="stopped")
    remind(cast.acme)
    assert server.taken == []


def test_the_demo_company_has_taken_two_steps_on(cast) -> None:
    found_steps(cast.acme, cast.people["alice"])
    found_steps(cast.acme, cast.people["alice"])
    assert Undertaking.objects.count() == 2
    assert looking.due_of(cast.acme) == 1
    assert cast.client("gus").get(PAGE).status_code == 200


def test_no_list_of_people_is_left_waiting(cast, undertaking) -> None:
    """Pseudonyms wait in the row only until the job has written them."""
    keep(cast.acme)
    reaching.begin(undertaking, ["K-1"], by=None)
    reaching.write_reach(
        Job(kind="reach", organisation=cast.acme, subject=str(undertaking.pk)), lambda _: None
    )
    undertaking.refresh_from_db()
    assert "waiting" not in undertaking.reach
    assert Path(settings.INSTALLATION.folder).exists()
