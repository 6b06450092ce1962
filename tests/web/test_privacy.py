"""Privacy: what is kept, for how long, an installation searched byte by byte, one's own account."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from tests.web import privacy_world as world
from tests.web.answering_world import invited, made_survey

from verbond.tables import Tables
from verbond.web.diagnosing import archive_of
from verbond.web.keeping import privacy, retention
from verbond.web.store.models import (
    AuditEntry,
    Import,
    Organisation,
    Run,
    User,
)

MODES = ("identified", "confidential", "anonymous")
PAGE = world.PAGE


@pytest.fixture
def acme(cast):
    """Acme with an empty folder: numbers of organisations come again after a test."""
    import shutil

    shutil.rmtree(settings.INSTALLATION.data_folder(cast.acme.pk), ignore_errors=True)
    return cast.acme


@pytest.fixture
def alice(cast, acme):
    return cast.client("alice")


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


def test_nobody_known_can_still_be_kept_out(alice, acme, django_capture_on_commit_callbacks) -> None:
    page = alice.post(f"{PAGE}person/", {"person": world.ID}).content.decode()
    assert "Nothing is kept of" in page
    with django_capture_on_commit_callbacks(execute=True):
        world.erase(alice, world.ID)
    tables = Tables.from_columns({"customers": {"customer_id": [world.ID, world.OTHER]}})
    kept = archive_of(acme).add(tables, import_id="a", source_sha256="a", file_name="a", product="csv")
    assert (kept.n_rows, kept.n_erased) == ({"customers": 1}, 1)


# for how long


def test_diagnoses_and_the_log_go_too(alice, acme, made_run, django_capture_on_commit_callbacks) -> None:
    run, fresh = made_run(), made_run()
    old = timezone.now() - dt.timedelta(days=800)
    Run.objects.filter(pk=run.pk).update(created_at=old)
    AuditEntry.objects.create(organisation=acme, verb="run", at=old)
    world.keep(alice, django_capture_on_commit_callbacks, months_diagnoses=6, months_audit=24)
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
