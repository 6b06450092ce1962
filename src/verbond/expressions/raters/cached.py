"""What was rated before is not rated again: by hash of the text, its language and the rater.

No text is kept, and no words of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.rating import Rater
from verbond.results import Reason
from verbond.results.wording import Language

__all__ = ["CachedRater"]

FILE = "ratings.sqlite3"
IN_MEMORY = 20_000
IN_FILE = 500_000
AT_ONCE = 256
"""Messages that are rated before the outcome is kept: what was paid for survives a host that goes away."""
_SECONDS = 30.0
_TABLE = """
CREATE TABLE IF NOT EXISTS ratings (
  key BLOB PRIMARY KEY, relationships BLOB NOT NULL, "values" BLOB NOT NULL, reason TEXT
)
"""
_LOOK = 'SELECT relationships, "values", reason FROM ratings WHERE key = ?'

T, U = TypeVar("T"), TypeVar("U")
_Row = tuple[np.ndarray, np.ndarray, Reason | None]


class _Kept(NamedTuple):
    relationships: bytes
    values: bytes
    reason: str | None


class CachedRater:
    """Any rater, with a memory.

    Parameters
    ----------
    rater : Rater
    folder : Path, optional
        Keeps ratings in a file there too; several processes may share it.
    """

    def __init__(self, rater: Rater, folder: Path | None = None) -> None:
        self._rater, self._lock = rater, threading.Lock()
        self._memory: OrderedDict[bytes, _Kept] = OrderedDict()
        self._file = None if folder is None else _File(folder / FILE)
        self.name = rater.name

    @property
    def version(self) -> str:
        """Of the rater itself."""
        return self._rater.version

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Of the rater itself."""
        return self._rater.reasons

    def __getattr__(self, name: str) -> Any:
        # Verdicts are not kept: they rest on quotes, and no words are kept here.
        if name in ("judge", "verdicts"):
            return getattr(self._rater, name)
        raise AttributeError(name)

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`."""
        about = json.dumps([self._rater.name, self._rater.version])
        keys = [_key(about, language, text) for text, language in zip(texts, languages, strict=True)]
        known = self._known(keys)
        new = {key: i for i, key in enumerate(keys) if key not in known}
        fresh: dict[bytes, _Row] = {}
        for part in _parts(list(new.items()), AT_ONCE):
            rated = self._rater.rate([texts[i] for _, i in part], [languages[i] for _, i in part])
            told = {key: _row(*one) for (key, _), one in zip(part, zip(*rated, strict=True), strict=True)}
            fresh |= told
            self._keep({key: _kept(*one) for key, one in told.items() if self._may_keep(one[2])})
        rows = [fresh[key] if key in fresh else _read(known[key]) for key in keys]
        return (
            np.array([row[0] for row in rows]).reshape(-1, len(RELATIONSHIPS)),
            np.array([row[1] for row in rows]).reshape(-1, len(VALUES)),
            [row[2] for row in rows],
        )

    def _may_keep(self, reason: Reason | None) -> bool:
        """Neither what may be otherwise tomorrow, nor a reason that holds words."""
        if reason is None:
            return True
        return reason.code not in getattr(self._rater, "passing", ()) and all(
            isinstance(value, int | float) for value in reason.values.values()
        )

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, _Kept]:
        with self._lock:
            found = {key: self._memory[key] for key in keys if key in self._memory}
            for key in found:
                self._memory.move_to_end(key)
        missing = list(dict.fromkeys(key for key in keys if key not in found))
        if self._file is not None and missing:
            more = self._file.read(missing)
            self._remember(more)
            found |= more
        return found

    def _keep(self, kept: dict[bytes, _Kept]) -> None:
        self._remember(kept)
        if self._file is not None and kept:
            self._file.write(kept)

    def _remember(self, kept: dict[bytes, _Kept]) -> None:
        with self._lock:
            self._memory.update(kept)
            while len(self._memory) > IN_MEMORY:
                self._memory.popitem(last=False)


class _File:
    """A table of ratings in a file. Where it cannot be used, ratings are remembered in memory only."""

    def __init__(self, path: Path) -> None:
        self._path, self._usable = path, True

    def read(self, keys: Sequence[bytes]) -> dict[bytes, _Kept]:
        def look(db: sqlite3.Connection) -> dict[bytes, _Kept]:
            found: dict[bytes, _Kept] = {}
            for key in keys:
                row = db.execute(_LOOK, (key,)).fetchone()
                if row is not None:
                    found[key] = _Kept(*row)
            return found

        return self._with_table(look) or {}

    def write(self, kept: dict[bytes, _Kept]) -> None:
        def put(db: sqlite3.Connection) -> None:
            with db:
                db.executemany(
                    "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?)",
                    [(k, *one) for k, one in kept.items()],
                )
                db.execute(
                    "DELETE FROM ratings WHERE rowid <= (SELECT max(rowid) FROM ratings) - ?", (IN_FILE,)
                )

        self._with_table(put)

    def _with_table(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        if not self._usable:
            return None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with contextlib.closing(sqlite3.connect(self._path, timeout=_SECONDS)) as db:
                db.execute(_TABLE)
                return work(db)
        except (sqlite3.Error, OSError):
            self._usable = False
            return None


def _key(about: str, language: str, text: str) -> bytes:
    return hashlib.sha256(json.dumps([about, language, text]).encode()).digest()


def _row(kinds: Any, values: Any, reason: Reason | None) -> _Row:
    return np.asarray(kinds, np.float64), np.asarray(values, np.float64), reason


def _kept(kinds: np.ndarray, values: np.ndarray, reason: Reason | None) -> _Kept:
    told = None if reason is None else json.dumps([reason.code, dict(reason.values)])
    return _Kept(kinds.astype("<f8").tobytes(), values.astype("<f8").tobytes(), told)


def _read(kept: _Kept) -> _Row:
    reason = None if kept.reason is None else Reason(*json.loads(kept.reason))
    return np.frombuffer(kept.relationships, "<f8"), np.frombuffer(kept.values, "<f8"), reason


def _parts(items: Sequence[U], size: int) -> Iterator[Sequence[U]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
