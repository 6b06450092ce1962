"""What is well with an installation, and what is not."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from django.db import connection
from django.utils import timezone

from verbond.version import __version__
from verbond.web.installation import SECRETS, Installation
from verbond.web.keeping.backups import is_behind, unknown_migrations

__all__ = ["Check", "examine"]

LEAST_FREE = 2**30
BACKUP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
    well : bool
    found : str
    """

    name: str
    well: bool
    found: str


def examine(installation: Installation) -> Iterator[Check]:
    """Look at everything that can be looked at without changing anything."""
    yield Check("version", True, f"Verbond {__version__}, Python {sys.version.split()[0]}")
    yield from _extras()
    mode = stat.S_IMODE((installation.folder / SECRETS).stat().st_mode)
    yield Check("secrets", not mode & 0o077, f"mode {mode:o}; 600 keeps them to yourself")
    free = shutil.disk_usage(installation.folder).free
    yield Check("disk", free > LEAST_FREE, f"{free / 2**30:.1f} GiB free")
    yield from _database(installation)
    newest = max((p.stat().st_mtime for p in installation.backups.glob("*.verbond")), default=None)
    days = None if newest is None else (timezone.now().timestamp() - newest) / 86400
    said = "none yet; verbond backup makes one" if days is None else f"{days:.0f} days old"
    yield Check("backup", days is not None and days < BACKUP_DAYS, said)


def _extras() -> Iterator[Check]:
    for module, what in (
        ("vl_convert", "charts"),
        ("fastexcel", "Excel files"),
        ("pyreadstat", "SPSS files"),
    ):
        there = find_spec(module) is not None
        yield Check(what, there, "can be made or read" if there else f"{module} is missing")


def _database(installation: Installation) -> Iterator[Check]:
    kind = "SQLite" if installation.database == "sqlite" else "PostgreSQL"
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check" if kind == "SQLite" else "SELECT 'ok'")
            found = cursor.fetchone()[0]
    except Exception as error:
        yield Check("database", False, f"{kind}: {error}")
        return
    yield Check("database", found == "ok", f"{kind}: {found}")
    if unknown := unknown_migrations():
        yield Check("schema", False, f"made by a newer Verbond ({unknown[-1]})")
    else:
        behind = is_behind()
        yield Check("schema", not behind, "waits for the next verbond serve" if behind else "up to date")
    yield from _jobs()


def _jobs() -> Iterator[Check]:
    from verbond.web.store.models import Import, Job

    failed = Job.objects.filter(state=Job.State.FAILED).count()
    yield Check("jobs", True, f"{Job.objects.count()} so far, {failed} failed")
    stuck = Import.objects.filter(state=Import.State.RUNNING).exclude(
        id__in=[j for j in Job.objects.filter(kind="import").values_list("subject", flat=True) if j]
    )
    yield Check(
        "imports", not stuck.exists(), f"{Import.objects.count()} files, {stuck.count()} left hanging"
    )
