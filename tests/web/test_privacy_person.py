"""One person in every place that holds somebody: looked for, taken along, erased, gone after her months."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TestCase
from django.utils import timezone
from tests.web import privacy_world as world
from tests.web.conftest import Cast, found_cast

from verbond.tables import read_columns
from verbond.web.data.bringing import bring
from verbond.web.data.importing import import_file
from verbond.web.diagnosing import archive_of
from verbond.web.keeping import privacy, retention
from verbond.web.keeping.processing import CLASSES
from verbond.web.listening import flowing
from verbond.web.store.models import (
    AuditEntry,
    Job,
    Membership,
    Organisation,
    Role,
    Run,
    Sheet,
    Survey,
    User,
)
from verbond.web.workshop.rooms import close_rooms

MODES = ("identified", "confidential", "anonymous")
PAGE = world.PAGE


@dataclass(frozen=True)
class World:
    """What is taken up again before each test.

    Attributes
    ----------
    pseudonyms : list of str
        Hers.
    files : Path
        A copy of what stood on disk.
    """

    pseudonyms: list[str]
    files: Path


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    """Acme holds somebody in every place: made once; what a test does to the rows is taken back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = found_cast()
        with TestCase.captureOnCommitCallbacks(execute=True):
            for content, name, table in (
                (world.CUSTOMERS, f"customers {world.EMAIL}.csv", "customers"),
                (world.EVENTS, "events.csv", "events"),
            ):
                _import(cast.acme, content, name, table)
        known = world.fill(cast.client("alice"), cast.acme, imported=True)
        files = tmp_path_factory.mktemp("made") / "organisations"
        shutil.copytree(_files(), files)
        yield World(known, files)
        transaction.set_rollback(True)


def _files() -> Path:
    return settings.INSTALLATION.folder / "organisations"


def _import(acme: Organisation, content: bytes, name: str, table: str) -> None:
    one, _ = bring(acme, name, [content], by=None)
    one.mapping = {"product": "generic", "table": table}
    one.save()
    import_file(Job(subject=str(one.pk), organisation=acme), lambda progress: None)


@pytest.fixture
def cast(made_once: World, db: None) -> Cast:
    close_rooms()
    shutil.rmtree(_files())
    shutil.copytree(made_once.files, _files())
    acme, globex = (Organisation.objects.get(slug=slug) for slug in ("acme", "globex"))
    return Cast(acme, globex, {user.name.lower(): user for user in User.objects.all()})


@pytest.fixture
def acme(cast: Cast) -> Organisation:
    return cast.acme


@pytest.fixture
def alice(cast: Cast):
    return cast.client("alice")


@pytest.fixture
def full(made_once: World, cast: Cast) -> list[str]:
    """Her pseudonyms."""
    return made_once.pseudonyms


@pytest.fixture
def erase(alice, django_capture_on_commit_callbacks):
    def go(asked: str = world.EMAIL):
        with django_capture_on_commit_callbacks(execute=True):
            return world.erase(alice, asked)

    return go


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
    assert tables == {"assignments", "customers", "events", "exposures", "messages", "responses"}
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
    page = world.keep(alice, django_capture_on_commit_callbacks, **choices)
    assert f"{n_old} rows" in page
    with archive.open() as tables:
        assert tables.n_rows("events") == len(days) - n_old
    assert not list(settings.INSTALLATION.data_folder(acme.pk).glob("results/*.customers.parquet"))
    assert Run.objects.count() == 1
    assert Organisation.objects.get(pk=acme.pk).retention == {"behaviour": months, "standings": 12}
    entry = AuditEntry.objects.get(verb="retention")
    assert entry.detail["gone"] == {"behaviour": n_old, "standings": 1}
    assert "Legitimate interest" in alice.get(f"{PAGE}record/").content.decode()


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
        counts["What customers did" if language == "en" else "Wat klanten deden"] == "24"
    )  # events, an idea, a stimulus shown, and arms of two lots
    assert counts["Who customers are" if language == "en" else "Wie klanten zijn"] == "2"
    rows = list(csv.DictReader(io.StringIO(alice.get(f"{PAGE}record.csv").content.decode("utf-8-sig"))))
    assert len(rows) == len(CLASSES)
    assert {row["Controller" if language == "en" else "Verwerkingsverantwoordelijke"] for row in rows} == {
        "Acme"
    }


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
    looked = world.keep(alice, django_capture_on_commit_callbacks, months_sheets=3)
    assert "11" in looked
    assert not Sheet.objects.filter(survey__wave="confidential").exists()
    assert Sheet.objects.filter(survey__wave="anonymous").count() == 11
