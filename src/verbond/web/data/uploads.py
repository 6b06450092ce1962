"""Files that people bring, until they are imported: kept under a name that is safe, looked at before use."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from verbond.results import Reason

__all__ = [
    "MOST_BYTES",
    "SUFFIXES",
    "Kept",
    "Unfit",
    "folder_of",
    "forget",
    "forget_old",
    "keep",
    "kept_file",
    "safe_name",
]

MOST_BYTES = 1 << 30
"""Of one file."""
WAITING_DAYS = 30
"""A file that waits longer for a person is thrown away: it says who customers are."""
SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".sav", ".zsav", ".parquet", ".pq")
_MAGIC = {
    ".xlsx": (b"PK\x03\x04",),
    ".xlsm": (b"PK\x03\x04",),
    ".sav": (b"$FL2", b"$FL3"),
    ".zsav": (b"$FL2", b"$FL3"),
    ".parquet": (b"PAR1",),
    ".pq": (b"PAR1",),
}
_LONGEST = 120
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Unfit(Exception):
    """A file that is not taken.

    Attributes
    ----------
    reason : Reason
    """

    def __init__(self, code: str, **values: object) -> None:
        self.reason = Reason(f"web_data.unfit_{code}", values)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was put away.

    Attributes
    ----------
    path : Path
    sha256 : str
    n_bytes : int
    """

    path: Path
    sha256: str
    n_bytes: int


def safe_name(name: str) -> str:
    """Return a file name without folders, control marks and anything a file system minds.

    Examples
    --------
    >>> safe_name("../../etc/passwd.csv"), safe_name("C:\\\\tmp\\\\Answers (1-214).xlsx")
    ('passwd.csv', 'Answers (1-214).xlsx')
    >>> safe_name("ré\\u202eslx.csv\\0"), safe_name("..."), safe_name(".csv")
    ('réslx.csv', 'file', 'file.csv')
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFC", last)
    kept = "".join(c for c in plain if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    kept = " ".join(kept.split()).strip(". ") if not kept.startswith(".") else kept.strip(" ")
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        return kept[:_LONGEST] or "file"
    stem = stem.lstrip(".")[:_LONGEST]
    return f"{stem or 'file'}.{suffix[:10]}" if suffix else stem or "file"


def folder_of(organisation_id: int, import_id: uuid.UUID) -> Path:
    """Where the file of an import lies until it is read."""
    return settings.INSTALLATION.data_folder(organisation_id) / "uploads" / str(import_id)


def kept_file(organisation_id: int, import_id: uuid.UUID, name: str) -> Path:
    """The file of an import, there or not."""
    return folder_of(organisation_id, import_id) / safe_name(name)


def keep(organisation_id: int, import_id: uuid.UUID, name: str, blocks: Iterable[bytes]) -> Kept:
    """Write a file away and look at its first bytes.

    Raises
    ------
    Unfit
        If it is of a kind that is not read, empty, too large, or something else than its name says.
    """
    path = kept_file(organisation_id, import_id, name)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Unfit("kind", name=path.name, kinds=[".csv", ".xlsx", ".sav", ".parquet"])
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside, digest, n_bytes = path.with_name(".partial"), hashlib.sha256(), 0
    try:
        with beside.open("wb") as file:
            for block in blocks:
                n_bytes += len(block)
                if n_bytes > MOST_BYTES:
                    raise Unfit("large", name=path.name, gigabytes=MOST_BYTES / (1 << 30))
                digest.update(block)
                file.write(block)
        _check_start(beside, path.name, suffix, n_bytes)
        beside.replace(path)
    except BaseException:
        forget(organisation_id, import_id)
        raise
    return Kept(path, digest.hexdigest(), n_bytes)


def _check_start(path: Path, name: str, suffix: str, n_bytes: int) -> None:
    if not n_bytes:
        raise Unfit("empty", name=name)
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if suffix in _MAGIC:
        if not start.startswith(_MAGIC[suffix]):
            raise Unfit("other", name=name, suffix=suffix)
    elif b"\0" in start and not start.startswith(_UTF16):
        raise Unfit("other", name=name, suffix=suffix)


def forget(organisation_id: int, import_id: uuid.UUID) -> None:
    """Remove the file of an import, and what was written beside it."""
    shutil.rmtree(folder_of(organisation_id, import_id), ignore_errors=True)


def forget_old(days: int = WAITING_DAYS) -> int:
    """Remove files that nobody said anything about for so long; returns how many."""
    from verbond.web.store.models import Import

    before = timezone.now() - dt.timedelta(days=days)
    states = (Import.State.UPLOADED, Import.State.FAILED)
    old = [
        one
        for one in Import.objects.filter(state__in=states, created_at__lt=before)
        if folder_of(one.organisation_id, one.pk).exists()
    ]
    for one in old:
        forget(one.organisation_id, one.pk)
    return len(old)
