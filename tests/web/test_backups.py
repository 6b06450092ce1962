"""A backup holds everything, goes back as it was, climbs to this version's schema, and trusts nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

import verbond.web.store.migrations
from verbond.errors import DataError
from verbond.web.keeping import backups
from verbond.web.store.models import (
    Delivery,
    Membership,
    Organisation,
    Passkey,
    Run,
    ShareLink,
    User,
    Webhook,
)
from verbond.web.views import welcome

pytestmark = pytest.mark.django_db(transaction=True)


def make(tmp_path: Path) -> Path:
    return backups.make_backup(settings.INSTALLATION, tmp_path / "all.verbond").path


def rewritten(path: Path, change, *, digest: bool = False) -> Path:
    """A copy in which `change` had its way with the entries, the digests right or as they were."""
    with zipfile.ZipFile(path) as pack:
        entries = {info.filename: pack.read(info) for info in pack.infolist()}
    manifest = json.loads(entries.pop("manifest.json"))
    change(entries, manifest)
    if digest:
        import hashlib

        manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in entries.items()}
    copy = path.with_name("changed.verbond")
    with zipfile.ZipFile(copy, "w") as pack:
        for name, content in entries.items():
            pack.writestr(name, content)
        pack.writestr("manifest.json", json.dumps(manifest))
    return copy


def test_everything_comes_back(cast, made_run, tmp_path: Path) -> None:
    run = made_run()
    Passkey.objects.create(
        user=cast.people["bob"], name="Phone", credential_id=b"\x00\xff", public_key=b"key"
    )
    ShareLink.objects.create(organisation=cast.acme, token_hash="a" * 64, page="ladder", run=run)
    hook = Webhook.objects.create(
        organisation=cast.acme, url="https://example.org/", secret="s", events=["run"]
    )
    Delivery.objects.create(webhook=hook, event="run", body={"é": [1, None]})
    before = {
        m: list(m.objects.order_by("pk").values()) for m in (User, Membership, Run, ShareLink, Delivery)
    }
    key = settings.INSTALLATION.pseudonym_key
    path = make(tmp_path)

    Organisation.objects.all().delete()
    User.objects.all().delete()
    User.objects.create_user("mallory@example.org", "something else now")
    (settings.INSTALLATION.data_folder(cast.acme.pk) / "results" / f"{run.id}.diagnosis").unlink()
    backups.restore(settings.INSTALLATION, path)

    for model, rows in before.items():
        assert list(model.objects.order_by("pk").values()) == rows, model
    assert bytes(Passkey.objects.get().credential_id) == b"\x00\xff"
    assert settings.INSTALLATION.pseudonym_key == key
    assert cast.client("bob").get("/o/acme/").status_code == 200
    assert User.objects.create_user("new@example.org").pk > max(row["id"] for row in before[User])


def test_what_was_there_is_kept_first(cast, tmp_path: Path) -> None:
    path = make(tmp_path)
    known = set(settings.INSTALLATION.backups.glob("before-restore-*.verbond"))
    backups.restore(settings.INSTALLATION, path)
    made = set(settings.INSTALLATION.backups.glob("before-restore-*.verbond")) - known
    assert len(made) == 1
    assert made.pop().stat().st_mode & 0o077 == 0


CLIMB = """
import pkgutil, sys, types
from pathlib import Path
from django.db import connection, migrations, models
from verbond.errors import DataError
from verbond.web.installation import Installation
from verbond.web.settings import configure

folder = Path(sys.argv[1])
installation = Installation.open(folder / "workspace")
configure(installation)

from verbond.web.keeping import backups

from verbond.web import serve
from verbond.web.store import migrations as known
from verbond.web.store.models import Organisation

serve.migrate(installation)
Organisation.objects.create(slug="acme", name="Acme")
older = backups.make_backup(installation, folder / "older.verbond").path


def shout(apps, schema_editor):
    organisations = apps.get_model("store", "Organisation").objects.using(schema_editor.connection.alias)
    for one in organisations.all():
        one.name, one.motto = one.name.upper(), "migrated"
        one.save()


class Migration(migrations.Migration):
    dependencies = [("store", sorted(n for n in backups._applied(backups.MigrationLoader(connection)))[-1])]
    operations = [
        migrations.AddField("organisation", "motto", models.CharField(max_length=20, default="")),
        migrations.RunPython(shout, migrations.RunPython.noop),
    ]


next_one = types.ModuleType("verbond.web.store.migrations.0999_motto")
next_one.Migration = Migration
sys.modules[next_one.__name__] = next_one
listed = pkgutil.iter_modules


def with_next(path=None, prefix=""):
    yield from listed(path, prefix)
    if path is not None and list(path) == list(known.__path__):
        yield pkgutil.ModuleInfo(None, "0999_motto", False)


pkgutil.iter_modules = with_next
assert backups.is_behind()
serve.migrate(installation)
assert not backups.is_behind()
assert len(list(installation.backups.glob("before-upgrade-*"))) == 1
Organisation.objects.all().delete()
backups.restore(installation, older)
with connection.cursor() as cursor:
    cursor.execute("SELECT name, motto FROM store_organisation")
    assert cursor.fetchall() == [("ACME", "migrated")]
newer = backups.make_backup(installation, folder / "newer.verbond").path
backups.restore(installation, newer)

pkgutil.iter_modules = listed
del sys.modules[next_one.__name__]
for refused in (lambda: backups.restore(installation, newer), lambda: serve.migrate(installation)):
    try:
        refused()
    except DataError as error:
        assert "newer Verbond" in str(error)
    else:
        raise AssertionError("a newer Verbond was not refused")
"""
"""In a process of its own: an installation, its backup, a schema after it, and back again."""


def test_an_older_backup_climbs_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", CLIMB, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda entries, manifest: entries.update({"secrets.json": b"{}"}),
        lambda entries, manifest: entries.pop("store/user.jsonl"),
        lambda entries, manifest: entries.update({"organisations/../../evil.txt": b"x"}),
        lambda entries, manifest: manifest.update(migrations=[]),
    ],
)
def test_a_changed_backup_changes_nothing(cast, tmp_path: Path, change) -> None:
    path = rewritten(make(tmp_path), change)
    with pytest.raises(DataError, match="not whole"):
        backups.restore(settings.INSTALLATION, path)
    assert User.objects.filter(email="bob@example.org").exists()


@pytest.mark.parametrize(
    "name", ["organisations/../../evil.txt", "/etc/evil", "organisations\\..\\evil", "evil/x"]
)
def test_no_name_leads_out_of_the_folder(cast, tmp_path: Path, name: str) -> None:
    path = rewritten(make(tmp_path), lambda entries, _: entries.update({name: b"x"}), digest=True)
    with pytest.raises(DataError, match="not whole"):
        backups.restore(settings.INSTALLATION, path)
    assert not list(settings.INSTALLATION.folder.parent.rglob("evil*"))


def test_a_backup_of_a_newer_verbond_is_refused_in_plain_words(cast, tmp_path: Path) -> None:
    for changed in ({"format": 99}, {"migrations": ["0001_initial", "0999_future"]}):
        path = rewritten(make(tmp_path), lambda _, manifest, changed=changed: manifest.update(changed))
        with pytest.raises(DataError, match="newer Verbond"):
            backups.restore(settings.INSTALLATION, path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_another_file_is_no_backup(cast, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "holiday.verbond"
    path.write_bytes(content)
    with pytest.raises(DataError, match="no backup"):
        backups.restore(settings.INSTALLATION, path)


def test_a_fresh_installation_begins_with_a_backup(cast, tmp_path: Path) -> None:
    path = make(tmp_path)
    Organisation.objects.all().delete()
    User.objects.all().delete()
    client = Client()
    with path.open("rb") as file:
        assert client.post("/welcome/backup/", {"file": file, "key": "wrong"}).status_code == 403
    with path.open("rb") as file:
        answer = client.post("/welcome/backup/", {"file": file, "key": welcome.KEY})
    assert answer.headers["Location"] == "/session/?restored=1"
    assert "backup is back" in client.get(answer.headers["Location"]).content.decode()
    assert User.objects.filter(email="alice@example.org").exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/backups/"),
        ("post", "/backups/"),
        ("get", "/backups/{name}/"),
        ("post", "/backups/{name}/removal/"),
        ("post", "/restoring/"),
    ],
)
def test_a_backup_asks_for_the_password_again(method: str, path: str, cast) -> None:
    name = backups.make_backup(settings.INSTALLATION).path.name
    answer = getattr(cast.client("dora"), method)(path.format(name=name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/profile/confirmation/")
    (settings.INSTALLATION.backups / name).unlink()  # it was not removed


def test_only_who_keeps_the_installation_makes_and_takes_backups(cast) -> None:
    alice, dora = cast.client("alice"), cast.confirmed("dora")
    assert alice.post("/backups/").status_code == 404
    assert dora.post("/backups/").status_code == 302
    name = max(settings.INSTALLATION.backups.glob("backup-*.verbond")).name
    assert alice.get(f"/backups/{name}/").status_code == 404
    taken = dora.get(f"/backups/{name}/")
    assert b"".join(taken.streaming_content)[:2] == b"PK"
    for path in ("/backups/..%2f..%2fsecrets.toml/", "/backups/secrets.toml/", "/backups/x.verbond/"):
        assert dora.get(path).status_code == 404
    (settings.INSTALLATION.backups / name).unlink()


def test_a_wrong_backup_in_the_browser_is_said_at_the_field(cast, tmp_path: Path) -> None:
    path = tmp_path / "holiday.verbond"
    path.write_bytes(b"no")
    with path.open("rb") as file:
        dora = cast.confirmed("dora")
        answer = dora.post("/restoring/", {"file": file})
    assert answer.status_code == 422
    assert "holiday.verbond is no backup" in answer.content.decode()


def test_the_database_of_a_newer_verbond_is_not_touched(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from verbond.web import serve

    monkeypatch.setattr(backups, "unknown_migrations", lambda: ["0999_future"])
    with pytest.raises(DataError, match="newer Verbond"):
        serve.migrate(settings.INSTALLATION)


def test_an_upgrade_is_preceded_by_a_backup(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from verbond.web import serve

    monkeypatch.setattr(backups, "is_behind", lambda: True)
    serve.migrate(settings.INSTALLATION)
    assert list(settings.INSTALLATION.backups.glob("before-upgrade-*.verbond"))


SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.verbond"))


def test_there_is_a_backup_of_every_released_schema() -> None:
    folder = Path(verbond.web.store.migrations.__path__[0])
    assert [path.stem for path in SCHEMAS] == sorted(file.stem for file in folder.glob("[0-9]*.py"))


RESTORE = """
import sys
from pathlib import Path
from verbond.web.installation import Installation
from verbond.web.settings import configure

installation = Installation.open(Path(sys.argv[1]) / "workspace")
configure(installation)
from django.apps import apps
from verbond.web.keeping import backups
from verbond.web import serve

serve.migrate(installation)
backups.restore(installation, Path(sys.argv[2]))
for model in apps.get_app_config("store").get_models():
    print(model.__name__, model._default_manager.count())
print(next(installation.folder.glob("organisations/*/results/kept.txt")).read_text())
"""


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_every_released_schema_comes_up_to_this_one(schema: Path, tmp_path: Path) -> None:
    """Each has a row in every table that there was (`schemas/make.py`); none of them is lost on the way."""
    said = subprocess.run(
        [sys.executable, "-c", RESTORE, str(tmp_path), str(schema)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    *tables, kept = said.stdout.strip().splitlines()
    assert kept == "a file of an organisation"
    with zipfile.ZipFile(schema) as pack:
        before = {Path(name).stem for name in pack.namelist() if name.startswith("store/")}
    counts = {name.lower(): int(n) for name, n in (line.split() for line in tables)}
    assert {name: counts[name] for name in before} == dict.fromkeys(before, 1)
