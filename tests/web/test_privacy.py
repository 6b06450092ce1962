"""Privacy: what is kept, for how long, one person taken along and erased, one's own account."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from tests.web import privacy_world as world
from tests.web.answering_world import invited, made_survey

from verbond.tables import Tables, read_columns
from verbond.web.diagnosing import archive_of
from verbond.web.keeping import privacy, retention
from verbond.web.keeping.processing import CLASSES
from verbond.web.listening import flowing
from verbond.web.store.models import (
    AuditEntry,
    Import,
    Job,
    Membership,
    Organisation,
    Role,
    Run,
    Sheet,
    Survey,
    User,
)

MODES = ("identified", "confidential", "anonymous")
PAGE = "/o/acme/privacy/"


@pytest.fixture
def acme(cast):
    """Acme with an empty folder: numbers of organisations come again after a test."""
    import shutil

    shutil.rmtree(settings.INSTALLATION.data_folder(cast.acme.pk), ignore_errors=True)
    return cast.acme


@pytest.fixture
def alice(cast, acme):
    return cast.client("alice")


@pytest.fixture
def full(alice, acme, django_capture_on_commit_callbacks):
    """Acme holds somebody in every place; her pseudonyms."""
    with django_capture_on_commit_callbacks(execute=True):
        for content, name, table in (
            (world.CUSTOMERS, f"customers {world.EMAIL}.csv", "customers"),
            (world.EVENTS, "events.csv", "events"),
        ):
            _import(acme, content, name, table)
    return world.fill(alice, acme, imported=True)


def _import(acme: Organisation, content: bytes, name: str, table: str) -> None:
    from verbond.web.data.bringing import bring
    from verbond.web.data.importing import import_file

    one, _ = bring(acme, name, [content], by=None)
    one.mapping = {"product": "generic", "table": table}
    one.save()
    import_file(Job(subject=str(one.pk), organisation=acme), lambda progress: None)


@pytest.fixture
def erase(alice, django_capture_on_commit_callbacks):
    def go(asked: str = world.EMAIL):
        with django_capture_on_commit_callbacks(execute=True):
            return world.erase(alice, asked)

    return go


def keep(alice, capture, **choices: object):
    """Look at what choices would do, then save them; the first page."""
    looked = alice.post(f"{PAGE}choices/", {**choices, "go": "look"})
    with capture(execute=True):
        alice.post(f"{PAGE}choices/", {**choices, "go": "keep"})
    return looked.content.decode()


# like an attacker


@pytest.mark.skipif("VERBOND_TEST_DATABASE" in os.environ, reason="searches the bytes of SQLite")
def test_no_byte_of_an_installation_holds_who_was_erased(tmp_path: Path) -> None:
    """A whole installation with a database of its own, as on a disk; the search finds her before."""
    command = [sys.executable, "-m", "tests.web.privacy_world", str(tmp_path / "installation")]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    said = json.loads(run.stdout)
    before = said["before"]["files"]
    assert all(before.values()), before
    places = [one for found in before.values() for one in found]
    for kind in ("sqlite3", "identities", "refused.csv", "uploads", "customers.parquet", "import.json"):
        assert any(kind in one for one in places), kind
    assert said["states"] == [["done", None]]
    for when in ("after", "again"):
        left = {k: v for found in said[when].values() for k, v in found.items() if v}
        assert not left, (when, left)
    assert "1 backup still holds everybody" in said["page"]


def test_no_row_and_no_file_holds_who_was_erased(full, acme, erase) -> None:
    folder = settings.INSTALLATION.data_folder(acme.pk)
    needles = [world.ID, world.EMAIL, world.NAME, *full]
    rows, files = world.found_in_rows(needles), world.found_in_files(folder, needles)
    assert all(rows[needle] for needle in (world.ID, world.EMAIL, world.NAME, full[0])), rows
    assert all(files.values()), files
    assert erase().status_code == 302
    assert [job.state for job in Job.objects.filter(kind="erasure")] == ["done"]
    for found in (world.found_in_rows(needles), world.found_in_files(folder, needles)):
        assert not any(found.values()), found


def test_others_stay(full, acme, erase) -> None:
    other = archive_of(acme).person(world.OTHER)
    erase()
    now = archive_of(acme).person(world.OTHER)
    assert now["pseudonyms"] == other["pseudonyms"]
    assert now["contact"] == other["contact"]
    kept = [table for one in now["imports"] for table, rows in one["tables"].items() for _ in rows]
    assert kept.count("events") == 9
    said = [r["text"] for one in now["imports"] for r in one["tables"].get("messages", ())]
    assert said == ["My neighbour [erased] ([erased]) has the same; mail [erased]."]
    run = Run.objects.get()
    file = settings.INSTALLATION.data_folder(acme.pk) / "results" / f"{run.pk}.customers.parquet"
    assert list(read_columns(file)["customer_id"]) == other["pseudonyms"]


def test_a_killed_erasure_is_ended(full, acme, alice, erase, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: object) -> int:
        raise RuntimeError("killed")

    privacy.begin_erasure(acme, privacy.find(acme, world.EMAIL), User.objects.first())
    begun = Job.objects.get(kind="erasure")
    with monkeypatch.context() as patched:
        patched.setattr(privacy, "redact_rows", killed)
        with pytest.raises(RuntimeError):
            privacy.erase_person(begun, lambda progress: None)
    Job.objects.filter(kind="erasure").update(state=Job.State.FAILED)
    (waiting,) = settings.INSTALLATION.data_folder(acme.pk).glob("erasures/*.json")
    assert waiting.stat().st_mode & 0o077 == 0
    assert privacy.resume_erasures() == 0  # not at once
    assert privacy.resume_erasures(timezone.now() + dt.timedelta(hours=2)) == 1
    job = Job.objects.get(kind="erasure", state=Job.State.WAITING)
    privacy.erase_person(job, lambda progress: None)
    privacy.erase_person(job, lambda progress: None)  # once more changes nothing
    assert not any(world.found_in_rows([world.ID, world.EMAIL, world.NAME, *full]).values())
    assert not waiting.exists()
    assert AuditEntry.objects.filter(verb="person_erased").count() == 1


def test_an_erasure_that_has_begun_does_not_stop(full, acme) -> None:
    from verbond.web.jobs import Stopped

    def stop(progress: object) -> None:
        raise Stopped

    privacy.begin_erasure(acme, privacy.find(acme, world.ID), User.objects.first())
    privacy.erase_person(Job.objects.get(kind="erasure"), stop)
    assert not any(world.found_in_rows([world.EMAIL, *full]).values())


# one person


def test_who_is_looked_for_stands_in_no_address_and_no_log(full, alice) -> None:
    AuditEntry.objects.all().expire(timezone.now())
    page = alice.post(f"{PAGE}person/", {"person": world.EMAIL})
    text = page.content.decode()
    for said in (world.NAME, world.ID, world.PHONE, "My neighbour"):
        assert said in text
    assert page["Cache-Control"].startswith("max-age=0") or "no-store" in page["Cache-Control"]
    assert not re.search(rf'(href|action)="[^"]*({world.EMAIL}|{world.ID})', text)
    entry = AuditEntry.objects.get(verb="person_looked_for")
    assert world.EMAIL not in json.dumps([entry.subject, entry.detail])
    assert alice.get(f"{PAGE}person/?person={world.EMAIL}")["Location"] == PAGE


def test_a_copy_holds_everything_and_is_written_down(full, alice) -> None:
    answer = alice.post(f"{PAGE}person/copy/", {"person": world.ID})
    assert answer["Content-Disposition"] == 'attachment; filename="acme-person.json"'
    said = json.loads(answer.content)
    assert said["contact"]["email"] == [world.EMAIL]
    tables = {table for one in said["imports"] for table in one["tables"]}
    assert tables == {"customers", "events", "exposures", "messages", "responses"}
    assert "My neighbour" in json.dumps(said["imports"])
    assert {one["diagnosis"] for one in said["standings"]} == {str(Run.objects.get().pk)}
    assert sorted(one["customer_id"] for one in said["standings"]) == full
    assert AuditEntry.objects.filter(verb="person_taken").count() == 1


def test_a_copy_holds_nobody_of_another_organisation(full, cast) -> None:
    said = json.loads(
        cast.client("charlie").post("/o/globex/privacy/person/copy/", {"person": world.ID}).content
    )
    assert said["imports"] == []
    assert said["standings"] == []


def test_erasing_asks_to_type_it_once_more(full, alice, acme) -> None:
    for typed in ("", world.OTHER, "<script>alert(1)</script>"):
        answer = alice.post(f"{PAGE}person/erasure/", {"person": world.ID, "typed": typed})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert 'id="erasure_typed_error"' in text
        assert "<script>alert" not in text
    assert not Job.objects.filter(kind="erasure").exists()
    assert archive_of(acme).person(world.ID)["imports"]


def test_nobody_known_can_still_be_kept_out(alice, acme, erase) -> None:
    page = alice.post(f"{PAGE}person/", {"person": world.ID}).content.decode()
    assert "Nothing is kept of" in page
    erase(world.ID)
    tables = Tables.from_columns({"customers": {"customer_id": [world.ID, world.OTHER]}})
    kept = archive_of(acme).add(tables, import_id="a", source_sha256="a", file_name="a", product="csv")
    assert (kept.n_rows, kept.n_erased) == ({"customers": 1}, 1)


def test_an_account_with_the_same_address_stays(full, acme, alice, erase) -> None:
    user = User.objects.create_user(world.EMAIL, name="Anneke")
    Membership.objects.create(organisation=acme, user=user, role=Role.MEMBER)
    AuditEntry.objects.create(organisation=acme, user=user, who=world.EMAIL, verb="saw", subject="today")
    page = alice.post(f"{PAGE}person/", {"person": world.EMAIL}).content.decode()
    assert "also belongs to an account" in page
    erase()
    assert AuditEntry.objects.get(user=user).who == world.EMAIL
    assert set(world.found_in_rows([world.EMAIL])[world.EMAIL]) == {
        "store_user",
        "store_auditentry",
        "store_invitation",
    }


# for how long


def test_nothing_goes_before_it_was_seen(full, alice, acme, django_capture_on_commit_callbacks) -> None:
    old = timezone.now() - dt.timedelta(days=500)
    Run.objects.update(created_at=old)
    archive = archive_of(acme)
    with archive.open() as tables:
        days = sorted(tables.fetch("events")["occurred_at"].astype("datetime64[D]").astype(object))
    months = (timezone.now().year - 2025) * 12 + timezone.now().month - 5
    first = retention.first_day(months)
    n_old = sum(day < first for day in days)
    assert 0 < n_old < len(days)
    choices = {"months_behaviour": months, "months_standings": 12, "basis_behaviour": "interest"}
    looked = alice.post(f"{PAGE}choices/", {**choices, "go": "look"}).content.decode()
    assert f"{n_old} rows" in looked
    assert "1 file" in looked
    assert Organisation.objects.get(pk=acme.pk).retention == {}
    page = keep(alice, django_capture_on_commit_callbacks, **choices)
    assert f"{n_old} rows" in page
    with archive.open() as tables:
        assert tables.n_rows("events") == len(days) - n_old
    assert not list(settings.INSTALLATION.data_folder(acme.pk).glob("results/*.customers.parquet"))
    assert Run.objects.count() == 1
    assert Organisation.objects.get(pk=acme.pk).retention == {"behaviour": months, "standings": 12}
    entry = AuditEntry.objects.get(verb="retention")
    assert entry.detail["gone"] == {"behaviour": n_old, "standings": 1}
    assert "Legitimate interest" in alice.get(f"{PAGE}record/").content.decode()


def test_diagnoses_and_the_log_go_too(alice, acme, made_run, django_capture_on_commit_callbacks) -> None:
    run, fresh = made_run(), made_run()
    old = timezone.now() - dt.timedelta(days=800)
    Run.objects.filter(pk=run.pk).update(created_at=old)
    AuditEntry.objects.create(organisation=acme, verb="run", at=old)
    keep(alice, django_capture_on_commit_callbacks, months_diagnoses=6, months_audit=24)
    assert [one.pk for one in Run.objects.all()] == [fresh.pk]
    left = {file.name for file in (settings.INSTALLATION.data_folder(acme.pk) / "results").iterdir()}
    assert left == {f"{fresh.pk}.diagnosis"}
    assert not AuditEntry.objects.filter(at__lte=old).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("months_behaviour", "0"), ("months_behaviour", "-3"), ("months_words", "x"), ("months_audit", "1"),
     ("months_answers", "99999"), ("basis_answers", "because")],
)  # fmt: skip
def test_a_wrong_choice_is_said_at_its_field(field: str, value: str, alice, acme) -> None:
    answer = alice.post(f"{PAGE}choices/", {field: value, "go": "keep"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'id="id_{field}_error"' in text
    assert f'aria-describedby="id_{field}_error"' in text
    assert Organisation.objects.get(pk=acme.pk).settings == {}


def test_the_job_comes_once_a_day(acme, cast) -> None:
    assert retention.enqueue_due() == 0
    acme.settings = {"retention": {"behaviour": 12}}
    acme.save()
    assert retention.enqueue_due() == 1
    assert retention.enqueue_due() == 0
    assert retention.enqueue_due(timezone.now() + dt.timedelta(hours=25)) == 1


def test_the_clock_knows_both_chores() -> None:
    from verbond.web.clock import CHORES

    assert {
        "verbond.web.keeping.retention:enqueue_due",
        "verbond.web.keeping.privacy:resume_erasures",
    } <= set(CHORES)


# the page


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_page_says_what_is_kept(language: str, full, alice, cast) -> None:
    cast.people["alice"].language = language
    cast.people["alice"].save()
    pages = [alice.get(PAGE), alice.get(f"{PAGE}record/"), alice.post(f"{PAGE}person/", {"person": world.ID})]
    pages.append(alice.post(f"{PAGE}choices/", {"months_behaviour": 1, "go": "look"}))
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", text)
        assert text.count("<h1") == 1
    counts = dict(
        re.findall(r"<strong>([^<]+)</strong>.*?grid__number\">([^<]+)<", pages[0].content.decode(), re.S)
    )
    assert (
        counts["What customers did" if language == "en" else "Wat klanten deden"] == "19"
    )  # events, and a stimulus shown
    assert counts["Who customers are" if language == "en" else "Wie klanten zijn"] == "2"
    rows = list(csv.DictReader(io.StringIO(alice.get(f"{PAGE}record.csv").content.decode("utf-8-sig"))))
    assert len(rows) == len(CLASSES)
    assert {row["Controller" if language == "en" else "Verwerkingsverantwoordelijke"] for row in rows} == {
        "Acme"
    }


def test_the_demo_company_has_only_whom_its_surveys_ask(
    alice, acme, django_capture_on_commit_callbacks
) -> None:
    acme.kind = Organisation.Kind.DEMO
    acme.save()
    assert "simulated" in alice.get(PAGE).content.decode()
    survey = made_survey(acme, "identified")
    invited(survey, email="anna@example.org", name="Anna")
    invited(survey, email="bo@example.org", name="Bo")
    for who, is_known in (("anna@example.org", True), ("nobody@example.org", False)):
        page = alice.post(f"{PAGE}person/", {"person": who}).content.decode()
        assert ("Nothing is kept of" not in page) is is_known
        assert "<dt>Customer number" not in page
    with django_capture_on_commit_callbacks(execute=True):
        whom = {"person": "anna@example.org", "typed": "anna@example.org"}
        alice.post(f"{PAGE}person/erasure/", whom)
    assert [one.name for one in survey.invitees.all()] == ["Bo"]
    assert "what was answered: 1 " in alice.get(PAGE).content.decode()


def test_only_who_keeps_the_installation_sees_and_removes_backups(cast, acme, alice) -> None:
    dora = cast.confirmed("dora")
    dora.post("/backups/")
    (name,) = {p.name for p in settings.INSTALLATION.backups.glob("backup-*.verbond")}
    try:
        page = alice.post(f"{PAGE}person/", {"person": "x"}).content.decode()
        assert "still hold" in page  # one backup, or several where other tests left some
        assert name not in page
        assert alice.post(f"/backups/{name}/removal/").status_code == 404
        assert dora.post("/backups/..%2Fsecrets.toml/removal/").status_code == 404
        assert dora.get(f"/backups/{name}/removal/").status_code == 405
        assert name in dora.get("/backups/").content.decode()
        assert dora.post(f"/backups/{name}/removal/", {"next": "//evil.example"})["Location"] == "/backups/"
        assert not (settings.INSTALLATION.backups / name).exists()
    finally:
        (settings.INSTALLATION.backups / name).unlink(missing_ok=True)


# one's own account


def confirmed(cast, name: str):
    client = cast.client(name)
    assert client.post("/profile/confirmation/", {"password": "a ladder has five rungs"}).status_code == 302
    return client


def test_an_account_is_closed_and_nothing_names_it(cast) -> None:
    bob = cast.people["bob"]
    AuditEntry.objects.create(organisation=cast.acme, user=bob, who=bob.email, verb="saw", subject="today")
    AuditEntry.objects.create(organisation=cast.acme, who="", verb="invited", subject=bob.email)
    client = confirmed(cast, "bob")
    said = json.loads(client.get("/profile/copy.json").content)
    assert said["email"] == bob.email
    assert said["organisations"][0]["name"] == "Acme"
    assert said["audit"]
    assert "password" not in json.dumps(said)
    wrong = client.post("/profile/closure/", {"typed": "ann@example.org"})
    assert wrong.status_code == 422
    assert "aria-describedby" in wrong.content.decode()
    assert client.post("/profile/closure/", {"typed": "Bob@example.org"}).status_code == 302
    assert not User.objects.filter(pk=bob.pk).exists()
    assert not world.found_in_rows([bob.email])[bob.email]
    assert AuditEntry.objects.filter(who="somebody who left", verb="saw").count() == 1
    assert client.get("/profile/").status_code == 302


def test_the_last_owner_and_the_last_admin_stay(cast) -> None:
    for name, email in (("alice", "alice@example.org"), ("dora", "dora@example.org")):
        client = confirmed(cast, name)
        client.post("/profile/closure/", {"typed": email})
        assert User.objects.filter(email=email).exists()


def test_closing_asks_who_one_is_first(cast) -> None:
    answer = cast.client("bob").post("/profile/closure/", {"typed": "bob@example.org"})
    assert answer["Location"].startswith("/profile/confirmation/")
    assert User.objects.filter(email="bob@example.org").exists()


def test_uploads_that_are_no_imports_do_not_stop_an_erasure(acme) -> None:
    place = settings.INSTALLATION.data_folder(acme.pk) / "uploads" / str(uuid.uuid4())
    place.mkdir(parents=True)
    (place / "left.csv").write_text(world.EMAIL)
    assert privacy.forget_uploads(acme) == 1
    assert not place.exists()
    assert not Import.objects.exists()


# questionnaires


def test_answers_by_name_are_handed_over_and_those_in_confidence_are_not(full, alice) -> None:
    said = json.loads(alice.post(f"{PAGE}person/copy/", {"person": world.EMAIL}).content)
    [answers] = [one["answers"] for one in said["invitations"] if isinstance(one["answers"], dict)]
    assert answers["Why?"] == f"It is me, {world.NAME}, {world.ID}."
    told = [one["answers"] for one in said["invitations"] if isinstance(one["answers"], str)]
    assert sum("in confidence" in one for one in told) == 2
    assert sum("cannot be found" in one for one in told) == 1


def test_erasing_takes_her_answers_and_her_name_out_of_every_sheet_and_the_tables(
    full, acme, erase, django_capture_on_commit_callbacks
) -> None:
    before = {mode: Sheet.objects.filter(survey__wave=mode).count() for mode in MODES}
    assert before == dict.fromkeys(MODES, 11)
    erase()
    with django_capture_on_commit_callbacks(execute=True):
        flowing.enqueue_due()
    after = {mode: Sheet.objects.filter(survey__wave=mode).count() for mode in MODES}
    assert after == {"identified": 10, "confidential": 10, "anonymous": 11}
    words = [sheet.answers["why"] for sheet in Sheet.objects.exclude(answers={})]
    assert not [one for one in words if world.NAME in one or world.EMAIL in one]
    with archive_of(acme).open() as tables:
        found = tables.fetch("responses", ["wave", "respondent_id"])
    respondents = set(zip(found["wave"], found["respondent_id"], strict=True))
    assert {mode: sum(w == mode for w, _ in respondents) for mode in MODES} == after


def test_questionnaires_go_after_the_months_that_were_chosen(
    full, alice, acme, django_capture_on_commit_callbacks
) -> None:
    old = timezone.now() - dt.timedelta(days=100)
    Survey.objects.filter(wave="confidential").update(closed_at=old)
    looked = keep(alice, django_capture_on_commit_callbacks, months_sheets=3)
    assert "11" in looked
    assert not Sheet.objects.filter(survey__wave="confidential").exists()
    assert Sheet.objects.filter(survey__wave="anonymous").count() == 11
