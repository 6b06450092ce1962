"""Standing sources: an owner's, only in the inbox, only reading; what is unclear waits for a person."""

from __future__ import annotations

import datetime as dt
import os
import time

import pytest
from django.conf import settings
from django.utils import timezone

from verbond.errors import DataError, NotFoundError
from verbond.web.clock import do_chores
from verbond.web.data import fetching
from verbond.web.store.models import Import, Job, Source

KNOWN = "klant,datum,soort,bedrag\na,2025-04-13,aankoop,10\nb,2025-04-14,aankoop,12\n"
UNCLEAR = "klant,datum,soort\na,03-04-2025,aankoop\n"
SQL = {"kind": "sql", "sql-name": "Shop", "sql-every_hours": "6"}


@pytest.fixture
def folder(cast):
    """A folder of the inbox; Alice keeps the installation too."""
    cast.people["alice"].is_admin = True
    cast.people["alice"].save()
    place = settings.INSTALLATION.folder / "inbox" / "shop"
    place.mkdir(parents=True, exist_ok=True)
    yield place
    for file in place.iterdir():
        file.unlink()


def put(place, name: str, text: str) -> None:
    (place / name).write_text(text)
    os.utime(place / name, (time.time() - 60,) * 2)


def source(cast, **more) -> Source:
    given = {"kind": "folder", "name": "Shop", "address": "shop"} | more
    return Source.objects.create(organisation=cast.acme, **given)


def fetch(one: Source) -> dict:
    job = Job(kind="fetch", subject=str(one.pk), organisation=one.organisation)
    fetching.fetch_source(job, lambda progress: None)
    one.refresh_from_db()
    return one.last_said


def test_only_an_owner_sees_sources(cast) -> None:
    for name in ("ann", "fay", "bob", "gus", "charlie"):
        assert cast.client(name).get("/o/acme/data/sources/").status_code == 404
    assert cast.client("alice").get("/o/acme/data/sources/").status_code == 200


def test_only_who_keeps_the_installation_chooses_a_folder(cast, folder) -> None:
    given = {"kind": "folder", "folder-name": "x", "folder-folder": "shop", "folder-every_hours": "1"}
    cast.people["alice"].is_admin = False
    cast.people["alice"].save()
    assert cast.client("alice").post("/o/acme/data/sources/", given).status_code == 404
    cast.people["alice"].is_admin = True
    cast.people["alice"].save()
    assert cast.client("alice").post("/o/acme/data/sources/", given).status_code == 302
    assert Source.objects.get().address == "shop"


@pytest.mark.parametrize("name", ["../..", "/etc", "shop/../..", ".", "..", "", "shop/", "no such"])
def test_a_folder_is_a_name_of_the_inbox(name: str, cast, folder) -> None:
    given = {"kind": "folder", "folder-name": "x", "folder-folder": name, "folder-every_hours": "1"}
    answer = cast.client("alice").post("/o/acme/data/sources/", given)
    assert answer.status_code == 422
    assert not Source.objects.exists()
    with pytest.raises(NotFoundError):
        fetching.watched_folder(name)


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("postgres://u:secret@db/shop", "delete from orders"),
        ("postgres://u:secret@db/shop", "select 1; select 2"),
        ("mysql://db/shop", "select 1"),
        ("postgres://u@db/shop?passfile=/etc/passwd", "select 1"),
    ],
)
def test_only_a_query_that_reads_is_taken(address: str, query: str, cast) -> None:
    given = SQL | {"sql-address": address, "sql-query": query}
    answer = cast.client("alice").post("/o/acme/data/sources/", given)
    assert answer.status_code == 422
    assert "_error" in answer.content.decode()
    assert "secret" not in answer.content.decode()
    assert not Source.objects.exists()


def test_a_password_is_never_shown(cast) -> None:
    given = SQL | {"sql-address": "postgres://u:hemelsblauw@db/shop", "sql-query": "select 1 as a"}
    assert cast.client("alice").post("/o/acme/data/sources/", given).status_code == 302
    page = cast.client("alice").get("/o/acme/data/sources/").content.decode()
    assert "u:***@db/shop" in page
    assert "hemelsblauw" not in page


def test_the_sources_of_others_are_not_there(cast) -> None:
    one = source(cast)
    for act in ("fetching", "removal"):
        path = f"/o/globex/data/sources/{one.pk}/{act}/"
        assert cast.client("charlie").post(path).status_code == 404
    assert Source.objects.count() == 1


def test_what_is_clear_is_read_and_the_rest_waits(cast, folder, django_capture_on_commit_callbacks) -> None:
    put(folder, "events.csv", KNOWN)
    put(folder, "unclear.csv", UNCLEAR)
    put(folder, "note.pdf", "x")
    put(folder, ".hidden.csv", KNOWN)
    (folder / "link.csv").symlink_to("/etc/passwd")
    (folder / "coming.csv").write_text(KNOWN + "c,2025-04-15,aankoop,1\n")
    os.utime(folder / "coming.csv", (time.time() + 3600,) * 2)  # still being written, however busy we are
    one = source(cast)
    with django_capture_on_commit_callbacks(execute=True):
        said = fetch(one)
    assert (said["read"], said["waits"]) == (1, 1)
    states = {i.file_name: i.state for i in Import.objects.all()}
    assert states == {"events.csv": Import.State.DONE, "unclear.csv": Import.State.UPLOADED}
    again = fetch(one)
    assert (again["read"], again["waits"], again["same"]) == (0, 0, 0)


def test_a_query_is_read_like_a_file(
    cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    monkeypatch.setattr(
        "verbond.tables.readers.postgres.copy_query", lambda address, query, path: path.write_text(KNOWN)
    )
    one = source(cast, kind="sql", name="events", address="postgres://u:p@db/shop", query="select 1")
    with django_capture_on_commit_callbacks(execute=True):
        assert fetch(one)["read"] == 1
    assert Import.objects.get().outcome["kept"] == {"events": 2}
    assert fetch(one)["same"] == 1


def test_what_goes_wrong_is_kept_with_the_source(cast) -> None:
    one = source(cast, kind="sql", address="postgres://u:p@127.0.0.1:1/shop", query="select 1")
    with pytest.raises(DataError):
        fetch(one)
    one.refresh_from_db()
    assert "no answer" in one.last_said["failed"]
    assert one.last_run_at is not None


def test_the_clock_puts_in_the_queue_what_is_due(cast) -> None:
    fresh = source(cast, name="fresh", last_run_at=timezone.now(), every_hours=1)
    source(cast, name="never")
    source(cast, name="old", last_run_at=timezone.now() - dt.timedelta(hours=25), every_hours=24)
    assert fetching.enqueue_due() == 2
    assert fetching.enqueue_due() == 0
    assert str(fresh.pk) not in set(Job.objects.values_list("subject", flat=True))


def test_a_chore_that_fails_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch, db) -> None:
    monkeypatch.setattr("verbond.web.clock.close_old_connections", lambda: None)
    monkeypatch.setattr("verbond.web.clock.CHORES", ("no.such:thing", "verbond.web.data.uploads:forget_old"))
    assert do_chores() == {"verbond.web.data.uploads:forget_old": 0}
