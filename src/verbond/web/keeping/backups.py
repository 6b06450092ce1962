"""Backups: a whole installation as one file, whatever database it uses and whatever version made it.

A backup is a ZIP file: `manifest.json` (format, version, the schema's migrations, a digest of every file),
`store/MODEL.jsonl` (rows, a line each), `secrets.json`, and the organisations' files. Rows go out and in
through the models *as they were at that schema*, so a backup of SQLite goes into PostgreSQL, and an older one
is brought to this version in a database aside before anything of the installation is touched.

Of anonymous surveys a backup does not say who answered, and they come back closed: whoever lays two backups
side by side cannot take the one from the other (`_Promised`).
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, models, transaction
from django.db import DataError as RowError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from verbond.errors import DataError, VerbondError
from verbond.version import __version__
from verbond.web.installation import Installation, write_secrets
from verbond.web.settings import refresh

__all__ = ["FORMAT", "Backup", "is_behind", "make_backup", "restore", "too_new", "unknown_migrations"]

FORMAT = 1
APP = "store"
FILES = "organisations"
_BATCH = 1000
_ASIDE = "aside"
_MAX_NAMES = 200_000
_MAX_MANIFEST = 100 << 20
_SECRETS = {"secret_key": re.compile(r"[A-Za-z0-9_-]{32,200}"), "pseudonym_key": re.compile(r"[0-9a-f]{64}")}
_NOT_KEPT = ("attempt",)
"""Models of which a backup holds nothing: counts of the last hour."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read.

    Attributes
    ----------
    path : Path
    version : str
        Of the Verbond that made it.
    made_at : datetime
    n_rows, n_files : int
    """

    path: Path
    version: str
    made_at: dt.datetime
    n_rows: int
    n_files: int


def make_backup(installation: Installation, path: Path | None = None, *, why: str = "backup") -> Backup:
    """Write an installation to one file; the server may go on working.

    Parameters
    ----------
    installation : Installation
    path : Path, optional
        By default a file in its folder `backups`, with the moment in its name.
    why : str
        First part of that name.
    """
    made_at = dt.datetime.now(dt.UTC)
    path = path or installation.backups / f"{why}-{made_at:%Y%m%d-%H%M%S-%f}.verbond"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".partial")
    digests: dict[str, str] = {}
    n_rows = 0
    opened = os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
    with opened as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:

        def put(name: str, chunks: Iterable[bytes]) -> None:
            digest = hashlib.sha256()
            with pack.open(name, "w", force_zip64=True) as entry:
                for chunk in chunks:
                    digest.update(chunk)
                    entry.write(chunk)
            digests[name] = digest.hexdigest()

        loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
        applied = _applied(loader)
        with transaction.atomic():  # one moment of the database
            apps = _apps_at(loader, applied)
            promised = _Promised.of(apps, made_at)
            for model in _models(apps):
                lines = list(_lines(model, promised))
                n_rows += len(lines)
                put(f"store/{model._meta.model_name}.jsonl", lines)
        secret = {"secret_key": installation.secret_key, "pseudonym_key": installation.pseudonym_key.hex()}
        put("secrets.json", [json.dumps(secret).encode()])
        for found in sorted(_files(installation.folder / FILES)):
            put(f"{FILES}/{found.relative_to(installation.folder / FILES).as_posix()}", _chunks(found))
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "made_at": made_at.isoformat(),
            "migrations": applied,
            "files": digests,
            "n_rows": n_rows,
        }
        pack.writestr("manifest.json", json.dumps(manifest, indent=1))
    beside.replace(path)
    return Backup(path, __version__, made_at, n_rows, len(digests))


def restore(installation: Installation, path: Path, *, served: bool = False) -> Backup:
    """Put a backup in the place of everything that an installation holds.

    What was there is backed up first where there was anything. Either all of it is replaced or nothing.

    Parameters
    ----------
    installation : Installation
    path : Path
    served : bool
        Whether a worker may be at work in it.

    Raises
    ------
    DataError
        If the file is no backup, was changed, or was made by a newer Verbond, or work is running.
    """
    _check_rest(served)
    try:
        pack = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile):
        raise _no_backup(path) from None
    with pack, tempfile.TemporaryDirectory(dir=installation.folder, prefix=".restoring-") as aside:
        manifest = _checked_manifest(pack, path)
        with _distrusting(path):
            rows = _rows_now(pack, manifest, Path(aside))
        folder = Path(aside) / FILES
        folder.mkdir()
        for name in manifest["files"]:
            if name.startswith(f"{FILES}/"):
                _extract(pack, name, manifest["files"][name], folder.parent)
        secret = _secret(pack, manifest)
        if _holds_anything():
            make_backup(installation, why="before-restore")
        _check_rest(served)
        with _distrusting(path):
            _replace(installation, rows, folder, secret)
    from verbond.web.listening import sheets  # models: not before Django is set up

    refresh()
    sheets.forget()
    made_at = dt.datetime.fromisoformat(manifest["made_at"])
    return Backup(path, manifest["version"], made_at, manifest["n_rows"], len(manifest["files"]))


def _check_rest(served: bool) -> None:
    """What a worker does now would go on in the files of the backup."""
    from verbond.web.store.models import Job

    if served and Job.objects.filter(state=Job.State.RUNNING).exists():
        raise DataError("work is running in this installation", hint="Wait until it is done, or stop it.")


def is_behind() -> bool:
    """Whether the database waits for migrations, and holds something already."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    applied = executor.loader.applied_migrations
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return bool(waiting) and any(app == APP for app, _ in applied)


def unknown_migrations() -> list[str]:
    """Migrations of the database that this version does not know: a newer one made them."""
    loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
    return [
        n for app, n in loader.applied_migrations if app == APP and (app, n) not in loader.disk_migrations
    ]


def too_new(what: str, version: str) -> DataError:
    """What is said of data of a newer Verbond."""
    return DataError(
        f"{what} was made by a newer Verbond",
        got=f"version {version}",
        expected=f"{__version__} or older",
        hint="Upgrade first: pip install --upgrade 'verbond[app]'",
    )


# writing


@dataclass(frozen=True, slots=True)
class _Promised:
    """What was promised to who answers without a name: nothing in a backup says who did, or when.

    The sheets in which two backups differ, and the people of whom only the later one says that they answered,
    would be each other's. So that is left out, the surveys come back closed, and the links that were sent
    open nothing there.

    Attributes
    ----------
    surveys : frozenset
        Ids of anonymous surveys.
    invitees : frozenset of int
        Who were asked by name in them.
    made_at : datetime
    """

    surveys: frozenset[Any]
    invitees: frozenset[int]
    made_at: dt.datetime

    @classmethod
    def of(cls, apps: Apps, made_at: dt.datetime) -> _Promised:
        try:
            survey, invitee = apps.get_model(APP, "survey"), apps.get_model(APP, "invitee")
        except LookupError:  # a schema from before there were surveys
            return cls(frozenset(), frozenset(), made_at)
        surveys = survey._default_manager.filter(mode="anonymous").values_list("pk", flat=True)
        people = invitee._default_manager.filter(survey__mode="anonymous").values_list("pk", flat=True)
        return cls(frozenset(surveys), frozenset(people), made_at)

    def kept(self, model: type[models.Model], row: dict[str, Any]) -> dict[str, Any] | None:
        """A row as a backup may hold it; None where it may not."""
        match model._meta.model_name:
            case "survey" if row["id"] in self.surveys and row["state"] == "open":
                return {**row, "state": "closed", "closed_at": self.made_at.isoformat()}
            case "invitee" if row["survey_id"] in self.surveys:
                never = {"answered": False, "n_sent": 0, "last_sent_at": None}
                return {**row, **never, "token_hash": secrets.token_hex(32)}
            case "letter" if row["invitee_id"] in self.invitees:
                return None
            case "mailbox":  # what waits may have gone since: nothing goes before an owner has looked
                return {**row, "settings": {**row["settings"], "held": True}}
        return row


def _lines(model: type[models.Model], promised: _Promised) -> Iterator[bytes]:
    fields = model._meta.concrete_fields
    for one in model._default_manager.order_by("pk").iterator(chunk_size=_BATCH):
        row = promised.kept(model, {field.attname: _written(getattr(one, field.attname)) for field in fields})
        if row is not None:
            yield json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n"


def _written(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return (
        value.isoformat() if isinstance(value, dt.datetime) else value
    )  # Django's encoder cuts microseconds


def _files(folder: Path) -> Iterator[Path]:
    for found in folder.rglob("*") if folder.is_dir() else ():
        inside = found.relative_to(folder).parts
        if found.is_file() and not found.is_symlink() and not any(p.startswith(".") for p in inside):
            yield found


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            yield chunk


# the schema of a moment


def _applied(loader: MigrationLoader) -> list[str]:
    return sorted(name for app, name in loader.applied_migrations if app == APP)


def _apps_at(loader: MigrationLoader, migrations: list[str]) -> Apps:
    """The models as they were when these migrations were applied."""
    return loader.project_state([(APP, migrations[-1])]).apps


def _models(apps: Apps) -> list[type[models.Model]]:
    return [m for m in apps.get_app_config(APP).get_models() if m._meta.model_name not in _NOT_KEPT]


def _rows_now(pack: zipfile.ZipFile, manifest: dict[str, Any], aside: Path) -> dict[str, list[models.Model]]:
    """Rows of a backup as models of this version; an older schema is migrated in a database aside."""
    loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
    migrations = manifest["migrations"]
    newest = _applied(loader)
    apps = _apps_at(loader, migrations)
    rows = {m._meta.model_name: _loaded(pack, m, manifest) for m in _models(apps)}
    if migrations == newest:
        return rows
    connections.databases[_ASIDE] = {
        **connections.databases[DEFAULT_DB_ALIAS],
        "ENGINE": "django.db.backends.sqlite3", "NAME": str(aside / "aside.sqlite3"), "OPTIONS": {},
    }  # fmt: skip
    try:
        call_command("migrate", APP, migrations[-1], database=_ASIDE, verbosity=0, interactive=False)
        with transaction.atomic(using=_ASIDE):
            for model in _models(apps):
                model._default_manager.using(_ASIDE).bulk_create(rows[model._meta.model_name], _BATCH)
        call_command("migrate", APP, database=_ASIDE, verbosity=0, interactive=False)
        now = _models(_apps_at(loader, newest))
        return {m._meta.model_name: list(m._default_manager.using(_ASIDE)) for m in now}
    finally:
        connections[_ASIDE].close()
        del connections[_ASIDE]
        del connections.databases[_ASIDE]


def _loaded(pack: zipfile.ZipFile, model: type[models.Model], manifest: dict[str, Any]) -> list[models.Model]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    made = []
    for line in _read(pack, f"store/{model._meta.model_name}.jsonl", manifest).splitlines():
        row = json.loads(line)
        if set(row) != set(fields):
            raise _changed(Path(pack.filename or "backup"))
        made.append(model(**{name: _python(fields[name], value) for name, value in row.items()}))
    return made


def _python(field: models.Field, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value)
    return value if isinstance(field, (models.JSONField, models.ForeignKey)) else field.to_python(value)


# putting it in place


def _replace(
    installation: Installation, rows: dict[str, list[models.Model]], folder: Path, secret: dict[str, str]
) -> None:
    loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
    apps = _apps_at(loader, _applied(loader))
    here, gone = installation.folder / FILES, folder.parent / "replaced"
    with transaction.atomic():
        for model in apps.get_app_config(APP).get_models():
            model._default_manager.all()._raw_delete(DEFAULT_DB_ALIAS)
        for model in _models(apps):
            found = [
                model(**{f.attname: getattr(one, f.attname) for f in model._meta.concrete_fields})
                for one in rows.get(model._meta.model_name, [])
            ]
            model._default_manager.bulk_create(found, _BATCH)
        _forget_sessions_and_tasks()
        _reset_sequences(_models(apps))
        connections[DEFAULT_DB_ALIAS].check_constraints()  # what the end of the transaction would refuse
        if here.exists():
            here.rename(gone)
        folder.rename(here)
        here.chmod(0o700)
        write_secrets(
            installation.folder,
            secret["secret_key"],
            bytes.fromhex(secret["pseudonym_key"]),
            installation.database,
        )


def _forget_sessions_and_tasks() -> None:
    """Nobody stays signed in as somebody else; work that was waiting then does not begin now."""
    from django.contrib.sessions.models import Session
    from django_tasks_db.models import DBTaskResult

    from verbond.web.store.models import Job

    Session.objects.all().delete()
    DBTaskResult.objects.all().delete()
    Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).update(state=Job.State.CANCELLED)


def _reset_sequences(found: list[type[models.Model]]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), found):
            cursor.execute(statement)


def _holds_anything() -> bool:
    from verbond.web.store.models import User

    return User.objects.exists()


# distrust


@contextlib.contextmanager
def _distrusting(path: Path) -> Iterator[None]:
    """Rows of a backup that cannot be rows make it a changed one, and nothing happens."""
    try:
        yield
    except VerbondError:
        raise
    except (RowError, IntegrityError, ValidationError, ValueError, TypeError, OverflowError, RecursionError):
        raise _changed(path) from None


def _checked_manifest(pack: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        if pack.getinfo("manifest.json").file_size > _MAX_MANIFEST:
            raise _no_backup(path)
        manifest = json.loads(pack.read("manifest.json"))
        form, version = int(manifest["format"]), str(manifest["version"])
        files, migrations = dict(manifest["files"]), list(manifest["migrations"])
        dt.datetime.fromisoformat(manifest["made_at"])
        int(manifest["n_rows"])
        migrations = [str(name) for name in migrations]
    except (KeyError, ValueError, TypeError, RecursionError, OSError, RuntimeError, zipfile.BadZipFile):
        raise _no_backup(path) from None
    loader = MigrationLoader(None)
    known = {name for app, name in loader.disk_migrations if app == APP}
    if form > FORMAT or not set(migrations) <= known:
        raise too_new(path.name, version)
    names = [info.filename for info in pack.infolist() if info.filename != "manifest.json"]
    if not migrations or len(names) > _MAX_NAMES or sorted(names) != sorted(files):
        raise _changed(path)
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or "\\" in name or ":" in name or ".." in parts or not parts:
            raise _changed(path)
        if parts[0] not in ("store", FILES) and name != "secrets.json":
            raise _changed(path)
    total = sum(info.file_size for info in pack.infolist())
    if total > shutil.disk_usage(path.resolve().parent).free:
        raise DataError(
            "there is too little room on the disk for this backup", got=f"{total:,} bytes to unpack"
        )
    return manifest


def _read(pack: zipfile.ZipFile, name: str, manifest: dict[str, Any]) -> bytes:
    try:
        content = pack.read(name)
    except (KeyError, zipfile.BadZipFile, OSError):
        raise _changed(Path(pack.filename or "backup")) from None
    if hashlib.sha256(content).hexdigest() != manifest["files"].get(name):
        raise _changed(Path(pack.filename or "backup"))
    return content


def _secret(pack: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[str, str]:
    """The secrets of a backup; they are written into a file, so they are what secrets look like."""
    try:
        given = json.loads(_read(pack, "secrets.json", manifest))
        if all(form.fullmatch(given[name]) for name, form in _SECRETS.items()):
            return given
    except (KeyError, ValueError, TypeError, RecursionError):
        pass
    raise _changed(Path(pack.filename or "backup"))


def _extract(pack: zipfile.ZipFile, name: str, digest: str, folder: Path) -> None:
    target = folder / name
    found = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with pack.open(name) as entry, target.open("xb") as file:
            while chunk := entry.read(1 << 20):
                found.update(chunk)
                file.write(chunk)
    except (zipfile.BadZipFile, FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _changed(Path(pack.filename or "backup")) from None
    if found.hexdigest() != digest:
        raise _changed(Path(pack.filename or "backup"))


def _no_backup(path: Path) -> DataError:
    return DataError(f"{path.name} is no backup of Verbond", expected="a file that verbond backup made")


def _changed(path: Path) -> DataError:
    return DataError(f"{path.name} is not whole, or was changed after it was made", hint="Use another one.")
