"""Where an archive keeps what: folders, one writer at a time, changes that are whole or not there.

Every change is written beside its place, under a name that starts with `PARTIAL`, and renamed at the end: a
process that is killed leaves what was, and rubbish that `sweep_partials` knows.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verbond.errors import NotFoundError, OptionError

try:
    import fcntl
except ImportError:  # Windows: one process at a time is the caller's care there
    fcntl = None  # type: ignore[assignment]

__all__ = ["Layout", "publish", "read_json", "write_json"]

PARTIAL = ".partial-"
NEXT = ".next-"
"""A folder of this name is whole, and counts in the place of the import of which it has the id."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HELD = ".held"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one archive.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @property
    def imports(self) -> Path:
        """A folder an import."""
        return self.folder / "imports"

    @property
    def identities(self) -> Path:
        """A file an import: who stands behind the pseudonyms."""
        return self.folder / "identities"

    @property
    def current(self) -> Path:
        """Merged tables, a numbered folder each time that they were made."""
        return self.folder / "current"

    @property
    def work(self) -> Path:
        """Temporary folders of the engine."""
        return self.folder / ".work"

    def import_folder(self, import_id: str) -> Path:
        """The folder of one import, there or not.

        Raises
        ------
        OptionError
            If the id cannot be a file's name everywhere.
        """
        if not _ID.fullmatch(import_id) or ".." in import_id:
            raise OptionError(
                "this cannot be the id of an import",
                got=repr(import_id[:80]),
                expected="1 to 64 letters, digits, dots, dashes and underscores",
            )
        return self.imports / import_id

    def next_folder(self, import_id: str) -> Path:
        """What takes the place of an import's folder, there or not."""
        return self.imports / f"{NEXT}{import_id}"

    def import_facts(self) -> list[dict[str, Any]]:
        """What `import.json` says of each import; nobody who writes is waited for."""
        names = [p.name for p in self.imports.iterdir()] if self.imports.is_dir() else []
        ids = {name.removeprefix(NEXT) for name in names if not name.startswith(PARTIAL)}
        return [found for one in sorted(ids) if (found := self.facts_of(one)) is not None]

    def facts_of(self, import_id: str) -> dict[str, Any] | None:
        """What `import.json` says of one import; None where it is not there."""
        places = (self.next_folder(import_id), self.import_folder(import_id))
        for place in (*places, *places):  # one takes the place of the other while we look
            if (found := read_json(place / "import.json")) is not None:
                return found
        return None

    def replace_imports(self) -> None:
        """Let every folder that is to take the place of an import do so; only while `writing`."""
        for new in self.imports.glob(f"{NEXT}*"):
            place = self.imports / new.name.removeprefix(NEXT)
            if place.exists():
                gone = self.imports / f"{PARTIAL}replaced-{place.name}"
                if gone.exists():
                    remove(gone)
                publish(place, gone)
            publish(new, place)
            remove(self.imports / f"{PARTIAL}replaced-{place.name}")

    def identity_file(self, import_id: str) -> Path:
        """The identities of one import, there or not."""
        return self.identities / f"{self.import_folder(import_id).name}.parquet"

    def make(self) -> None:
        """Make the folders; nobody but the owner of the process may look in."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in (self.imports, self.identities, self.current, self.work):
            part.mkdir(exist_ok=True, mode=0o700)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one that writes; others wait."""
        self.make()
        let_go = _lock(self.folder / ".lock", wait=True)
        try:
            yield
        finally:
            let_go()

    # generations of `current/`

    def generations(self) -> list[Path]:
        """The folders of merged tables that are whole, oldest first."""
        if not self.current.is_dir():
            return []
        return sorted((p for p in self.current.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))

    def state(self) -> str:
        """Names and moments of every import and of the merged tables; nothing is read."""
        kept = [p for part in (self.imports, self.current) if part.is_dir() for p in part.iterdir()]
        told = []
        for place in sorted(kept):
            with suppress(FileNotFoundError):  # gone while we look: that is another state
                told.append(f"{place.parent.name}/{place.name}:{place.stat().st_mtime_ns}")
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""

    def next_generation(self) -> Path:
        """Where the next merged tables go."""
        done = self.generations()
        return self.current / str(int(done[-1].name) + 1 if done else 1)

    def hold_newest(self) -> tuple[Path, Callable[[], None]]:
        """Keep the newest merged tables from being removed until the function that comes back is called.

        The hold ends with the process too, however that ends.
        """
        while done := self.generations():
            with suppress(FileNotFoundError):  # removed between the look and the hold: look again
                let_go = _lock(done[-1] / _HELD, wait=True, shared=True)
                if (done[-1] / _HELD).exists():
                    return done[-1], let_go
                let_go()
        raise NotFoundError("no merged tables", got=str(self.current))

    def remove_old_generations(self) -> int:
        """Remove merged tables that newer ones replace; returns how many somebody still reads."""
        n_held = 0
        for old in self.generations()[:-1]:
            with suppress(FileNotFoundError):
                try:
                    let_go = _lock(old / _HELD, wait=False)
                except BlockingIOError:
                    n_held += 1
                    continue
                shutil.rmtree(old, ignore_errors=True)
                let_go()
        return n_held

    def sweep_partials(self) -> None:
        """Remove what a killed process left; only while `writing`."""
        for place in (self.folder, self.imports, self.identities, self.current, *self.imports.iterdir()):
            for left in place.glob(f"{PARTIAL}*"):
                remove(left)
        for left in self.work.iterdir():
            remove(left)
        for file in self.identities.glob("*.parquet"):
            if not (self.imports / file.stem).is_dir():
                file.unlink()


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def publish(draft: Path, place: Path) -> None:
    """Give a draft its place at once; what it holds is on the disk before its name is."""
    files = sorted(p for p in draft.rglob("*") if p.is_file()) if draft.is_dir() else [draft]
    for path in [*files, draft.parent]:
        with suppress(OSError):  # a folder cannot be synchronised everywhere
            _synchronise(path)
    os.replace(draft, place)
    with suppress(OSError):
        _synchronise(place.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    draft = path.with_name(f"{PARTIAL}{path.name}")
    draft.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    publish(draft, path)


def read_json(path: Path) -> Any:
    """Read a JSON file that `write_json` wrote; None where there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


def _synchronise(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(path: Path, *, wait: bool, shared: bool = False) -> Callable[[], None]:
    """Lock a file; returns what lets go of it. BlockingIOError where another has it and we do not wait."""
    handle = os.open(path, os.O_RDWR if path.name == _HELD else os.O_RDWR | os.O_CREAT, 0o600)
    handles = [handle]

    def let_go() -> None:
        if handles:
            os.close(handles.pop())

    if fcntl is not None:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BaseException:
            let_go()
            raise
    return let_go
