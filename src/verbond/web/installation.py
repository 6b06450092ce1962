"""An installation is one folder: database, secrets, the organisations' data, backups."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from verbond.errors import DataError, OptionError

__all__ = ["Installation", "database_settings", "write_secrets"]

SECRETS = "secrets.toml"
DATABASE = "verbond.sqlite3"


@dataclass(frozen=True, slots=True)
class Installation:
    """The folder of an installation, and the secrets that stand in it.

    Attributes
    ----------
    folder : Path
        Absolute.
    secret_key : str
        Signs sessions and links.
    pseudonym_key : bytes
        32 bytes; hashes the ids of customers. It stands here and in no data file.
    database : str
        "sqlite" or a postgres:// address.
    """

    folder: Path
    secret_key: str
    pseudonym_key: bytes
    database: str = "sqlite"

    @classmethod
    def open(cls, folder: Path | str, *, database: str | None = None) -> Installation:
        """Open a folder, or found an installation in it where it is empty or not there.

        Parameters
        ----------
        folder : path
        database : str, optional
            "postgres://user:password@host/name"; it is remembered. SQLite in the folder where never given.

        Raises
        ------
        DataError
            If the folder holds something else.
        OptionError
            If the database address is not one that exists.
        """
        folder = Path(folder).resolve()
        if folder.exists() and not folder.is_dir():
            raise DataError("an installation is a folder", got=str(folder))
        file = folder / SECRETS
        if not file.exists():
            if folder.exists() and any(p.name != ".lock" for p in folder.iterdir()):
                raise DataError(
                    "this folder holds something else",
                    got=str(folder),
                    expected="an empty folder, a new one, or one that Verbond made",
                )
            write_secrets(folder, secrets.token_urlsafe(48), secrets.token_bytes(32), database or "sqlite")
        known = tomllib.loads(file.read_text("utf-8"))
        if database is not None and database != known["database"]:
            write_secrets(folder, known["secret_key"], bytes.fromhex(known["pseudonym_key"]), database)
            known["database"] = database
        database_settings(known["database"], folder)
        return cls(folder, known["secret_key"], bytes.fromhex(known["pseudonym_key"]), known["database"])

    @property
    def sqlite_file(self) -> Path:
        """Where the SQLite database stands."""
        return self.folder / DATABASE

    @property
    def backups(self) -> Path:
        """Where backups are put."""
        return self.folder / "backups"

    def data_folder(self, organisation_id: int) -> Path:
        """What one organisation keeps: uploads, tables, results."""
        return self.folder / "organisations" / str(organisation_id)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one server.

        Raises
        ------
        DataError
            If another server holds it.
        """
        file = os.fdopen(os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            _lock(file)
        except OSError:
            file.close()
            raise DataError(
                "another Verbond serves this folder already",
                got=str(self.folder),
                hint="Stop that one first, or use its address.",
            ) from None
        try:
            yield
        finally:
            file.close()


def write_secrets(folder: Path, secret_key: str, pseudonym_key: bytes, database: str) -> None:
    """Write the secrets of an installation, for nobody else to read."""
    file = folder / SECRETS
    database_settings(database, file.parent)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = (
        "# The secrets of this installation. Keep this file to yourself, and keep it: without it the hashed\n"
        "# ids of customers cannot be made again.\n"
        f"secret_key = {json.dumps(secret_key)}\npseudonym_key = {json.dumps(pseudonym_key.hex())}\n"
        f"database = {json.dumps(database)}\n"
    )
    beside = file.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        f.write(text)
    beside.replace(file)


def _lock(file: Any) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def database_settings(database: str, folder: Path) -> dict[str, Any]:
    """Django's settings of a database.

    Parameters
    ----------
    database : str
        "sqlite" or a postgres:// address.
    folder : Path
        Where SQLite's file stands.

    Raises
    ------
    OptionError
        If the address is neither.

    Examples
    --------
    >>> database_settings("postgres://ann:s%40e@db:5433/verbond", Path("."))["PASSWORD"]
    's@e'
    """
    if database == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / DATABASE),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA secure_delete=ON;",
            },
        }
    parts = urlsplit(database)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise OptionError(
            "this is no address of a database",
            got=repr(database),
            expected="postgres://user:password@host:port/name, or postgres://user@/name?host=/folder/of/socket",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or dict(parse_qsl(parts.query)).get("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
