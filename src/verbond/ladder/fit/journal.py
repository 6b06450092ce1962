"""A fit that was interrupted goes on where it stopped, to the same bits.

A fit is a long chain of passes over all rows and short sums in between. The journal keeps what every pass
gave (a likelihood, a gradient, the next parameters), in order. A fit that starts again with the same data and
options asks for the same passes in the same order, is handed what is kept, and does the rest itself. No
optimiser has to be frozen and thawed, and nothing is approximate.

The file is small (a few kilobytes a pass, whatever the number of customers) and only ever grows at its end.
Each entry carries its length and a checksum, so that one that was cut off by a crash is known and done again.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from verbond.errors import DataError, OptionError
from verbond.tables import Panel
from verbond.version import __version__

__all__ = ["Journal", "fingerprint", "journal", "kept", "versions"]

HEAD = struct.Struct("<II")  # length and checksum of what follows
FORMAT = "verbond ladder fit 1"


class Journal:
    """What the passes of a fit gave, in a file.

    Parameters
    ----------
    path : Path
        Made when it is not there.
    about : mapping of str to str or number
        What the fit rests on; a file about something else is refused.

    Raises
    ------
    OptionError
        If the file was made with other data, options or versions, or is no journal.
    """

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        if path.exists() and path.stat().st_size:
            first, self._entries, end = _read(path)
            _check_same(path, first, about)
            with path.open("r+b") as file:
                file.truncate(end)
        else:
            self._entries = []
            with path.open("wb") as file:
                file.write(_entry(FORMAT, json.dumps(about, sort_keys=True).encode()))
        self._next = 0

    @property
    def n_entries(self) -> int:
        """Passes that are kept."""
        return len(self._entries)

    def __call__(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """What is kept under the next place, or what `compute` gives, which is kept from now on."""
        place, self._next = self._next, self._next + 1
        if place < len(self._entries):
            was, found = self._entries[place]
            if was != name:
                raise DataError(
                    "the kept part of the fit does not lead where this fit goes",
                    got=repr(was),
                    expected=repr(name),
                    hint=f"Remove {self.path} and fit anew.",
                )
            return found.copy()
        found = np.asarray(compute(), float).ravel()
        with self.path.open("ab") as file:
            file.write(_entry(name, found.astype("<f8").tobytes()))
        self._entries.append((name, found.copy()))
        return found


_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


@contextmanager
def journal(path: str | Path | None, about: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """Keep the passes made inside in a file; without a path nothing is kept."""
    token = _current.set(None if path is None else Journal(Path(path), about()))
    try:
        yield
    finally:
        _current.reset(token)


def kept(name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """Compute a flat array of numbers, or take it from the journal of the fit under way."""
    current = _current.get()
    return compute() if current is None else current(name, compute)


def fingerprint(panel: Panel) -> str:
    """A checksum of everything in a panel."""
    found = hashlib.blake2b(digest_size=16)
    for field in fields(panel):
        _digest(found, field.name, getattr(panel, field.name))
    return found.hexdigest()


def _digest(found: Any, name: str, value: Any) -> None:
    found.update(name.encode())
    if isinstance(value, Mapping):
        for key in sorted(value):
            _digest(found, str(key), value[key])
    elif isinstance(value, np.ndarray) and value.dtype != object:
        found.update(str((value.dtype, value.shape)).encode())
        found.update(np.ascontiguousarray(value).view(np.uint8).data)
    elif isinstance(value, np.ndarray):
        found.update("\n".join(map(str, value.ravel().tolist())).encode())
    else:
        found.update(str(value).encode())


def versions() -> dict[str, str]:
    """Whatever may change the last bits of a fit."""
    return {"verbond": __version__, "numpy": np.__version__, "scipy": scipy.__version__}


def _entry(name: str, content: bytes) -> bytes:
    body = name.encode() + b"\n" + content
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def _read(path: Path) -> tuple[dict[str, Any], list[tuple[str, np.ndarray]], int]:
    """What the file is about, its whole entries, and where they end."""
    data, place, bodies = path.read_bytes(), 0, []
    while place + HEAD.size <= len(data):
        size, checksum = HEAD.unpack_from(data, place)
        body = data[place + HEAD.size : place + HEAD.size + size]
        if len(body) < size or zlib.crc32(body) != checksum:
            break
        bodies.append(body.split(b"\n", 1))
        place += HEAD.size + size
    if not bodies or bodies[0][0] != FORMAT.encode():
        raise OptionError(
            "this file does not hold a part of a fit", got=str(path),
            hint="Give a new file, or one that an interrupted fit has made.",
        )  # fmt: skip
    entries = [(name.decode(), np.frombuffer(content, "<f8").astype(float)) for name, content in bodies[1:]]
    return json.loads(bodies[0][1]), entries, place


def _check_same(path: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    now = json.loads(json.dumps(now))
    other = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    if not other:
        return
    if other == ["data"]:
        raise OptionError(
            f"the fit in {path} is of other data", hint="Give the data it was made with, or a new file."
        )
    raise OptionError(
        f"the fit in {path} was made differently",
        got=", ".join(f"{name} {now.get(name)}" for name in other if name != "data"),
        expected=", ".join(f"{name} {was.get(name)}" for name in other if name != "data"),
        hint="Repeat the call as it was, or give a new file.",
    )
