"""Standing sources: a watched folder, or a saved query on a database; fetched on schedule by a job.

What has a header that was decided about before, or that leaves nothing to ask, is read at once; the rest
waits for a person on the page Data.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils import timezone

from verbond.errors import NotFoundError, OptionError, VerbondError
from verbond.results import Progress, ProgressFunction, Spoken
from verbond.web.data.bringing import begin_reading, bring
from verbond.web.data.columns_form import ColumnsForm
from verbond.web.data.recognising import recognised
from verbond.web.data.uploads import SUFFIXES, Unfit
from verbond.web.jobs import enqueue, said_of
from verbond.web.store.models import Import, Job, Organisation, Source

__all__ = ["allowed_folders", "enqueue_due", "fetch_source", "inbox", "shown_address", "watched_folder"]

STEP = "web_data.step_fetch"
MOST_FILES = 200
SETTLED_SECONDS = 10
"""A file that changed less than so long ago may still be on its way."""
_BLOCK = 1 << 20


def inbox() -> Path:
    """The one place in which folders may be watched; who keeps the server makes folders, or links, in it."""
    return settings.INSTALLATION.folder / "inbox"


def allowed_folders() -> list[str]:
    """Names of the folders in the inbox."""
    place = inbox()
    return sorted(p.name for p in place.iterdir() if p.is_dir()) if place.is_dir() else []


def watched_folder(name: str) -> Path:
    """A folder of the inbox by its name; a name is no path.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    """
    if name not in allowed_folders():
        raise NotFoundError(f"no folder {name!r} in {inbox()}")
    return inbox() / name


def shown_address(address: str) -> str:
    """An address without its password."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Put in the queue what is due, and return how many that are."""
    now = now or timezone.now()
    busy = set(
        Job.objects.filter(kind="fetch", state__in=(Job.State.WAITING, Job.State.RUNNING)).values_list(
            "subject", flat=True
        )
    )
    n = 0
    for source in Source.objects.select_related("organisation"):
        due = source.last_run_at is None or now >= source.last_run_at + dt.timedelta(hours=source.every_hours)
        if due and str(source.pk) not in busy:
            enqueue("fetch", organisation=source.organisation, subject=source.pk)
            n += 1
    return n


def fetch_source(job: Job, progress: ProgressFunction) -> None:
    """Look what a source has, and take in what is new."""
    source = (
        Source.objects.select_related("organisation")
        .filter(pk=job.subject, organisation=job.organisation)
        .first()
    )
    if source is None:
        return
    said: dict[str, Any] = {}
    try:
        said = _fetched(source, progress)
    except VerbondError as error:
        said = {"failed": said_of(error)}
        raise
    finally:
        source.last_run_at, source.last_said = timezone.now(), said
        source.save(update_fields=["last_run_at", "last_said", "mapping"])


def _fetched(source: Source, progress: ProgressFunction) -> dict[str, Any]:
    counts: dict[str, Any] = {"read": 0, "waits": 0, "same": 0, "problems": []}
    files = _watched(source) if source.kind == Source.Kind.FOLDER else _queried(source)
    for k, (name, blocks) in enumerate(files):
        progress(Progress(STEP, min(0.95, k / MOST_FILES), name))
        try:
            found, is_new = bring(source.organisation, name, blocks, by=None)
        except Unfit as error:
            told = {k: str(v) if isinstance(v, Spoken) else v for k, v in error.reason.values.items()}
            counts["problems"].append({"code": error.reason.code, "values": told, "sentence": None})
            continue
        counts[_taken_in(source.organisation, found) if is_new else "same"] += 1
    return counts


def _watched(source: Source) -> Iterator[tuple[str, Iterator[bytes]]]:
    folder, before = watched_folder(source.address).resolve(), time.time() - SETTLED_SECONDS
    seen = source.mapping.setdefault("seen", {})
    files = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]
    n = 0
    for path in sorted(files):
        if path.is_symlink() or not path.is_file() or n == MOST_FILES:
            continue
        state = path.stat()
        stamp = [state.st_size, state.st_mtime_ns]
        if state.st_mtime > before or seen.get(path.name) == stamp:
            continue
        n += 1
        yield path.name, _blocks(path)
        seen[path.name] = stamp


def _queried(source: Source) -> Iterator[tuple[str, Iterator[bytes]]]:
    from verbond.tables.readers.postgres import copy_query

    check_not_own(source.address)
    with TemporaryDirectory(prefix="verbond-") as folder:
        path = Path(folder) / "query.csv"
        copy_query(source.address, source.query, path)
        yield f"{source.name}.csv", _blocks(path)


def check_not_own(address: str) -> None:
    """Refuse the database that holds this installation, where organisations would see one another.

    Raises
    ------
    OptionError
    """
    from verbond.tables.readers.postgres import check_address

    own = settings.DATABASES["default"]
    if "postgresql" not in own["ENGINE"]:
        return
    given = check_address(address)
    port = int(own.get("PORT") or 5432)
    if given["dbname"] == own["NAME"] and given.get("port", 5432) == port:
        raise OptionError("this is the database of this installation itself")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _taken_in(organisation: Organisation, found: Import) -> str:
    """Read a file at once where nothing has to be asked; "read" or "waits"."""
    seen = recognised(found)
    if seen.table is None or seen.questions:
        return "waits"
    form = ColumnsForm(seen, "en", organisation.name)
    if form.n_open or not form.is_valid():
        return "waits"
    begin_reading(found, form.entry, by=None)
    return "read"
