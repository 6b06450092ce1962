"""What somebody hostile would try: each of these once got through."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import uuid
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from tests.web.loops import run

from verbond.errors import DataError, OptionError
from verbond.tables.readers.postgres import check_query
from verbond.web import bodies, jobs
from verbond.web.installation import Installation, write_secrets
from verbond.web.jobs import enqueue
from verbond.web.keeping import backups
from verbond.web.machines import webhooks
from verbond.web.people import providers, tokens
from verbond.web.settings import refresh
from verbond.web.store import machines
from verbond.web.store.accounts import set_password
from verbond.web.store.models import (
    AuditEntry,
    Delivery,
    IdentityProvider,
    Job,
    Membership,
    Organisation,
    ShareLink,
    Source,
    User,
)
from verbond.web.views import welcome

pytestmark = pytest.mark.django_db(transaction=True)


# bodies: nobody from outside fills the disk


def told(path: str, client: Client | None = None, *, query: str = "", stated: int = 1 << 30) -> int | None:
    """Status of a refusal before anything of a body was taken in; None where it is let through."""
    taken: list[dict] = []

    async def application(scope: dict, receive, send) -> None:
        taken.append(scope)

    said: list[dict] = []

    async def send(message: dict) -> None:
        said.append(message)

    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items()) if client else ""
    headers = [(b"content-length", str(stated).encode()), (b"cookie", cookies.encode())]
    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": query.encode(), "headers": headers,
    }  # fmt: skip
    found = bodies.may_bring(scope)

    run(bodies.limited(application, _Here(found))(scope, None, send))
    return None if taken else said[0]["status"]


class _Here:
    """An executor that has the answer: tests keep one connection to the database."""

    def __init__(self, found: bool) -> None:
        self.found = found

    def submit(self, *_: object):
        from concurrent.futures import Future

        done: Future = Future()
        done.set_result(self.found)
        return done


@pytest.mark.parametrize("path", ["/restoring/", "/backups/", "/welcome/backup/", "/o/acme/data/uploads/"])
def test_a_stranger_brings_nothing_large(path: str, cast) -> None:
    assert told(path) == 413
    assert told(path, cast.client("charlie"), query=f"key={welcome.KEY}") == 413
    assert told(path, cast.client("bob")) == 413
    assert told(path, stated=1000) is None


def test_who_may_bring_large_files_does(cast) -> None:
    assert told("/o/acme/data/uploads/", cast.client("ann")) is None
    assert told("/o/globex/data/uploads/", cast.client("ann")) == 413
    assert told("/restoring/", cast.client("dora")) is None
    User.objects.all().delete()
    assert told("/welcome/backup/", query=f"key={welcome.KEY}") is None
    assert told("/welcome/backup/", query="key=x") == 413


# the folder: nobody else on the machine reads it


def test_what_is_written_is_for_nobody_else_on_the_machine(tmp_path: Path) -> None:
    script = (
        "import sys; from verbond.web.installation import Installation as I;"
        "from verbond.web.settings import configure; from verbond.web.serve import migrate;"
        "one = I.open(sys.argv[1]); configure(one); migrate(one);"
        "from verbond.web.views.welcome import first_address; first_address(demo=True);"
        "from verbond.web.keeping.backups import make_backup; make_backup(one);"
        "(one.data_folder(1) / 'results').mkdir(parents=True)"
    )
    old = os.umask(0o022)
    try:
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "kept")], check=True)
    finally:
        os.umask(old)
    found = [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]
    assert len(found) > 4
    assert {p.name: oct(p.stat().st_mode) for p in found if stat.S_IMODE(p.stat().st_mode) & 0o077} == {}


def test_a_secret_is_a_value_and_nothing_else(tmp_path: Path) -> None:
    address = 'postgres://ann:a"b\\c@db/verbond'
    write_secrets(tmp_path / "kept", 'x"\ndatabase = "sqlite', b"k" * 32, address)
    opened = Installation.open(tmp_path / "kept")
    assert (opened.secret_key, opened.database) == ('x"\ndatabase = "sqlite', address)


# a backup that somebody made to do harm: all of it is put in place, or nothing


def hostile(tmp_path: Path, change) -> Path:
    path = backups.make_backup(settings.INSTALLATION, tmp_path / "all.verbond").path
    with zipfile.ZipFile(path) as pack:
        entries = {info.filename: pack.read(info) for info in pack.infolist()}
    manifest = json.loads(entries.pop("manifest.json"))
    change(entries)
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in entries.items()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in entries.items():
            pack.writestr(name, content)
        pack.writestr("manifest.json", json.dumps(manifest))
    return path


def _of_nobody(entries: dict[str, bytes]) -> None:
    row = json.loads(entries["store/membership.jsonl"].splitlines()[0])
    entries["store/membership.jsonl"] = json.dumps(row | {"user_id": 10**6}).encode()


def _secret(**said: object):
    def change(entries: dict[str, bytes]) -> None:
        entries["secrets.json"] = json.dumps(json.loads(entries["secrets.json"]) | said).encode()

    return change


def _row(text: bytes):
    return lambda entries: entries.update({"store/user.jsonl": text})


def _user(**said: object):
    def change(entries: dict[str, bytes]) -> None:
        rows = [json.loads(line) for line in entries["store/user.jsonl"].splitlines()]
        entries["store/user.jsonl"] = b"\n".join(json.dumps(row | said).encode() for row in rows)

    return change


HOSTILE = {
    "membership of nobody": _of_nobody,
    "key that ends its line": _secret(secret_key="x" * 40 + '"\ndatabase = "postgres://evil/x'),
    "key that is none": _secret(secret_key=7),
    "short key": _secret(secret_key=""),
    "pseudonyms": _secret(pseudonym_key="no hexadecimal digits"),
    "deep": _row(b"[" * 200_000),
    "no row": _row(b"7"),
    "no JSON": _row(b"{"),
    "moment": _user(created_at="yesterday"),
    "twice": _user(email="one@example.org"),
    "folder as file": lambda entries: entries.update({"organisations/": b"", "organisations/1": b"x"}),
    "file as folder": lambda entries: entries.update({"organisations/1": b"", "organisations/1/x": b"x"}),
}


@pytest.mark.parametrize("what", list(HOSTILE))
def test_a_hostile_backup_changes_nothing(what: str, cast, made_run, tmp_path: Path) -> None:
    run = made_run()
    file = settings.INSTALLATION.data_folder(cast.acme.pk) / "results" / f"{run.pk}.diagnosis"
    secrets = (settings.INSTALLATION.folder / "secrets.toml").read_bytes()
    path = hostile(tmp_path, HOSTILE[what])
    marked = file.with_name("mark")
    marked.touch()
    try:
        with pytest.raises(DataError, match="not whole"):
            backups.restore(settings.INSTALLATION, path)
        assert marked.exists()
        assert (settings.INSTALLATION.folder / "secrets.toml").read_bytes() == secrets
        assert User.objects.filter(email="bob@example.org").exists()
        assert not list(settings.INSTALLATION.folder.glob(".restoring-*"))
    finally:
        (settings.INSTALLATION.folder / "secrets.toml").write_bytes(secrets)
        refresh()


def test_a_manifest_that_goes_deep_is_said_at_the_field(cast, tmp_path: Path) -> None:
    path = tmp_path / "deep.verbond"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("manifest.json", "[" * 200_000)
    with path.open("rb") as file:
        answer = cast.confirmed("dora").post("/restoring/", {"file": file})
    assert answer.status_code == 422


def test_a_backup_waits_for_work_that_is_running(cast, tmp_path: Path) -> None:
    path = backups.make_backup(settings.INSTALLATION, tmp_path / "all.verbond").path
    Job.objects.create(kind="import", organisation=cast.acme, state=Job.State.RUNNING)
    with path.open("rb") as file:
        answer = cast.confirmed("dora").post("/restoring/", {"file": file})
    assert answer.status_code == 422
    assert "work is running" in answer.content.decode()
    assert Job.objects.get().state == Job.State.RUNNING


# the first page


def test_there_is_one_first_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second sees that the first was made, though she asked before."""
    asked = iter([True, False])
    monkeypatch.setattr(welcome.reads, "is_fresh", lambda: next(asked))
    given = {"key": welcome.KEY, "name": "Eve", "email": "eve@example.org", "password": "a ladder has rungs"}
    answer = Client().post("/welcome/", given)
    assert answer.headers["Location"] == "/"
    assert not User.objects.filter(email="eve@example.org").exists()


# jobs


def _died(job: Job, times: int) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING, args_kwargs={"args": [str(job.id)], "kwargs": {}},
        task_path=jobs.work.module_path, worker_ids=[str(n) for n in range(times)], backend_name="default",
        run_after=job.created_at, exception_class_path="", traceback="",
    )  # fmt: skip


def test_a_job_that_kills_every_worker_is_given_up(cast) -> None:
    state = Job.State.RUNNING
    once, again = (Job.objects.create(kind="diagnosis", organisation=cast.acme, state=state) for _ in "ab")
    first, last = _died(once, 1), _died(again, jobs.MOST_TRIES)
    assert jobs.resume() == 1
    for one in (once, again, first, last):
        one.refresh_from_db()
    assert (once.state, first.status) == (Job.State.WAITING, TaskResultStatus.READY)
    assert (again.state, last.status) == (Job.State.FAILED, TaskResultStatus.FAILED)
    assert len(first.worker_ids) == 1, "tries are counted on"


def test_a_job_that_fell_out_of_the_queue_is_put_into_it(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the server was stopped twice: the worker ended its task, and the job waited for ever."""
    job = Job.objects.create(kind="diagnosis", organisation=cast.acme, state=Job.State.RUNNING)
    put: list[str] = []
    stand_in = SimpleNamespace(enqueue=put.append, module_path=jobs.work.module_path)
    monkeypatch.setattr(jobs, "work", stand_in)
    jobs.resume()
    assert put == [str(job.id)]


def test_nobody_is_told_where_the_folder_stands(cast) -> None:
    source = Source.objects.create(
        organisation=cast.acme, name="Shop", kind=Source.Kind.FOLDER, address="gone", every_hours=1
    )
    enqueue("fetch", organisation=cast.acme, subject=source.pk)
    source.refresh_from_db()
    job, folder = Job.objects.get(), str(settings.INSTALLATION.folder)
    assert "no folder 'gone'" in job.why["said"]
    assert "no folder 'gone'" in source.last_said["failed"]
    assert folder not in f"{job.why} {source.last_said}"
    page = cast.client("alice").get("/o/acme/data/sources/").content.decode()
    assert "gone" in page
    assert folder not in page


@pytest.mark.parametrize(
    "query",
    [
        "select ts_stat('select pg_sleep(9)')", "select * from crosstab3('select pg_read_file(1)')",
        "select ts_rewrite('a'::tsquery, 'select 1')", "select (http_get('https://example.org')).content",
        "select pg_catalog.pg_read_file('/etc/passwd')", "with x as (delete from t returning *) table x",
        "select a from t; drop table t", "copy t to program 'x'", "select * from rows from (pg_ls_dir('/'))",
    ],
)  # fmt: skip
def test_a_query_calls_nothing_that_runs_another(query: str) -> None:
    with pytest.raises(OptionError):
        check_query(query)


# webhooks


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "fec0::1",
        "ff0e::1", "224.0.0.1", "fe80::1%eth0", "100.64.0.1", "fd00::1", "2001:0:1::1",
    ],
)  # fmt: skip
def test_an_address_at_home_is_one_in_every_spelling(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(OptionError):
        webhooks.check_address("https://example.org/")


@pytest.mark.parametrize("address", ["93.184.215.14", "2a00:1450:400e::1", "64:ff9b::808:808"])
def test_an_address_outside_stays_one(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    assert webhooks.check_address("https://example.org/") == address


@pytest.mark.parametrize("url", ["https://example.org:99999/", "https://2130706433/", "https://0177.0.0.1/"])
def test_an_address_that_cannot_be_is_said_at_its_field(url: str, cast) -> None:
    given = {"url": url, "events": ["import_done"]}
    assert cast.client("alice").post("/o/acme/webhooks/", given).status_code == 422


@pytest.mark.parametrize("seconds", [0.5, 0.0], ids=["while it answers", "before it was reached"])
def test_who_answers_a_letter_at_a_time_holds_nobody_up(cast, settings, monkeypatch, seconds) -> None:
    settings.WEBHOOKS_INSIDE = True
    monkeypatch.setattr(webhooks, "SECONDS_IN_ALL", seconds)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line:
                while not over.wait(0.1):
                    try:
                        line.send(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        hook = machines.make_webhook(cast.acme, url, ["import_done"])
        one = Delivery.objects.create(id=uuid.uuid4(), webhook=hook, event="import_done", body={})
        ended = threading.Timer(120, over.set)  # a test that waits so long has failed
        ended.start()
        said = webhooks._send(one.webhook, b"{}")
        was_dripping = not over.is_set()
        over.set()
        ended.cancel()
        thread.join()
    assert said[0] is None
    assert was_dripping


# people


def test_a_letter_that_looks_like_ours_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """KELVIN SIGN in lower case is k: who has that address at a provider is not kate."""
    provider = IdentityProvider(slug="p", issuer="https://p.example", client_id="c", client_secret="s")
    monkeypatch.setattr(
        providers, "_endpoints", lambda _: SimpleNamespace(token="t", keys="k", secret_in_body=True)
    )
    monkeypatch.setattr(providers, "_asked", lambda *_, **__: {})
    said = {"email": "\N{KELVIN SIGN}ate@example.org", "email_verified": True}
    monkeypatch.setattr(providers, "_claims", lambda *_: said)
    with pytest.raises(providers.ProviderError):
        providers.person(provider, "https://v.example/", "code", nonce="n", verifier="v")
    said["email"] = " Kate@Example.org"
    found = providers.person(provider, "https://v.example/", "code", nonce="n", verifier="v")
    assert found.email == "kate@example.org"


def test_a_new_password_from_the_machine_leaves_no_other_way_in(cast) -> None:
    """Whoever had the account for a while may have made a passkey."""
    cast.people["bob"].passkeys.create(name="Eve's", credential_id=b"1", public_key=b"2")
    set_password("bob@example.org", "zeven ganzen in de mist")
    assert not cast.people["bob"].passkeys.exists()


def test_a_shared_page_does_not_tell_who_of_another_organisation_read_it(cast, made_run) -> None:
    made_run()
    token, hashed = tokens.made("share")
    ShareLink.objects.create(organisation=cast.acme, token_hash=hashed, page="ladder")
    for name in ("charlie", "bob", None):
        assert cast.client(name).get(f"/shared/{token}/").status_code == 200
    who = AuditEntry.objects.filter(organisation=cast.acme, verb="read shared page").order_by("id")
    assert list(who.values_list("who", flat=True)) == ["link", "bob@example.org", "link"]
    assert not who.filter(user=cast.people["charlie"]).exists()


def test_no_name_is_taken_for_the_inside_of_a_page(cast, made_run) -> None:
    """A name of one organisation stands in the menu of another, where somebody belongs to both."""
    made_run()
    Organisation.objects.filter(pk=cast.globex.pk).update(name="\ue000inside\ue000")
    Membership.objects.create(organisation=cast.globex, user=cast.people["alice"], role="member")
    assert cast.client("alice").get("/o/acme/ladder/").status_code == 200


# the API


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b'{"rows":' * 50_000, b'{"rows": [{"customer_id": "\\ud800", "kind": "visit", '
        b'"occurred_at": "2026-01-01T00:00:00Z"}]}', b"NaN", b"\xff\xfe", b"", b'{"rows": null, "rows": []}',
        b'{"rows": [{"customer_id": "a", "kind": "visit", "occurred_at": 1e400}]}',
        b'{"\\ud800": 1, "rows": []}',
    ],
)  # fmt: skip
def test_json_that_cannot_be_is_refused(body: bytes, cast) -> None:
    token = machines.make_token(cast.acme, "m", ["write"], cast.people["alice"])
    answer = Client().post(
        "/api/v1/events", body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    assert answer.status_code in (400, 422)


def test_a_session_opens_nothing_of_the_api(cast, made_run) -> None:
    made_run()
    client = cast.client("alice")
    for path in ("customers", "customers.csv", "diagnoses/latest", f"imports/{uuid.uuid4()}"):
        assert client.get(f"/api/v1/{path}").status_code == 401
        assert client.head(f"/api/v1/{path}").status_code in (401, 405)
    given = {"rows": [{"customer_id": "a", "kind": "visit", "occurred_at": "2026-01-01T00:00:00Z"}]}
    assert client.post("/api/v1/events", given, content_type="application/json").status_code == 401


def test_a_token_beside_a_session_sees_its_own_organisation_only(cast, made_run) -> None:
    made_run(cast.globex)
    token = machines.make_token(cast.acme, "m", ["read"], cast.people["alice"])
    said = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert cast.client("charlie").get("/api/v1/diagnoses/latest", **said).status_code == 404
    Organisation.objects.filter(pk=cast.acme.pk).delete()
    assert Client().get("/api/v1/diagnoses/latest", **said).status_code == 401


def test_too_much_is_refused_in_both_languages() -> None:
    page = bodies._too_large().decode()
    assert 'lang="en">This is too large' in page
    assert 'lang="nl">Dit is te groot' in page
