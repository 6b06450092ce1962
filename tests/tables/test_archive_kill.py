"""A process that is killed at any moment leaves what was before, or all of what it was to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from verbond.tables import Archive, Tables
from verbond.tables.archive import layout

KEY = b"0123456789abcdef"
CHILD = """
import sys, time
import numpy as np
from verbond.tables import Archive, Tables

def stop(progress):
    if progress.detail == sys.argv[3]:
        print("here", flush=True)
        time.sleep(600)

archive = Archive(sys.argv[1], b"0123456789abcdef")
if sys.argv[2] == "add":
    events = {"customer_id": ["killed"], "occurred_at": np.array(["2024-01-01"], "M8[s]"), "kind": ["visit"]}
    tables = Tables.from_columns({"customers": {"customer_id": ["killed"]}, "events": events})
    archive.add(tables, import_id="k", source_sha256="k", file_name="k", product="k", progress=stop)
archive.rebuild(stop)
"""


class Killed(BaseException):
    """Nothing catches it."""


def company(*people: str) -> Tables:
    moments = np.full(len(people), np.datetime64("2024-01-01", "s"))
    events = {"customer_id": list(people), "occurred_at": moments, "kind": ["visit"] * len(people)}
    messages = {"message_id": [f"m-{people[0]}"], "text": [f"person-one met {people[-1]}"]}
    return Tables.from_columns(
        {"customers": {"customer_id": list(people)}, "events": events, "messages": messages}
    )


def add(archive: Archive, name: str, *people: str) -> None:
    archive.add(company(*people), import_id=name, source_sha256=name, file_name=name, product="csv")


def put(archive: Archive, *people: str) -> None:
    events = {"customer_id": list(people), "kind": ["visit"] * len(people)}
    events["occurred_at"] = np.full(len(people), np.datetime64("2024-02-01", "s"))
    facts = {"source_sha256": str(people), "file_name": "put", "product": "verbond"}
    archive.put(Tables.from_columns({"events": events}), import_id="put", **facts)


ONE, TWO = "01" * 16, "02" * 16


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = Archive(tmp_path_factory.mktemp("archives") / "kept", KEY)
    add(archive, "a", "person-one", "person-two")
    add(archive, "b", "person-two", "person-three")
    put(archive, ONE)
    archive.rebuild()
    return archive.layout.folder


def state(archive: Archive) -> tuple:
    """What a reader sees."""
    with archive.open() as tables:
        shown = {
            t: sorted(map(str, tables.fetch(t)["text" if t == "messages" else "customer_id"])) for t in tables
        }
    return [one.import_id for one in archive.imports()], shown


def is_swept(archive: Archive) -> bool:
    archive.sweep()
    folder = archive.layout.folder
    names = {file.stem for file in archive.layout.identities.iterdir()}
    left = [p for p in folder.rglob("*") if p.name.startswith(layout.PARTIAL)] + list(
        archive.layout.work.iterdir()
    )
    return (
        not left
        and names == {one.import_id for one in archive.imports()}
        and len(archive.layout.generations()) == 1
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda archive: add(archive, "c", "person-four"),
        lambda archive: archive.undo("a"),
        lambda archive: archive.rebuild(),
        lambda archive: archive.erase("person-one"),
        lambda archive: put(archive, ONE, TWO),
    ],
    ids=["add", "undo", "rebuild", "erase", "put"],
)
def test_each_moment_leaves_what_was_or_all_that_was_to_be(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Archive], object]
) -> None:
    """Stopped before each renaming in turn; between two of them nothing that counts is changed."""
    first = Archive(shutil.copytree(template, tmp_path / "whole"), KEY)
    before = state(first)
    act(first)
    after, seen = state(first), []
    for moment in range(100):
        folder = shutil.copytree(template, tmp_path / str(moment))
        if not _stopped(folder, moment, monkeypatch, act):
            break
        archive = Archive(folder, KEY)
        seen.append(state(archive))
        assert is_swept(archive)
        assert state(archive) == seen[-1]
    assert all(one in (before, after) for one in seen)
    assert seen == sorted(seen, key=lambda one: one == after)  # never back again
    assert moment > 1


def _stopped(folder: Path, moment: int, monkeypatch: pytest.MonkeyPatch, act: Callable) -> bool:
    """Whether the act came to its renaming of that number and was stopped there."""
    count, replace = iter(range(1000)), os.replace

    def stop(*paths: Path) -> None:
        if next(count) == moment:
            raise Killed
        replace(*paths)

    with monkeypatch.context() as patched:
        patched.setattr(layout.os, "replace", stop)
        try:
            act(Archive(folder, KEY))
        except Killed:
            return True
    return False


@pytest.mark.parametrize(("act", "at"), [("add", "events"), ("rebuild", "events")])
def test_kill_9_in_the_middle(template: Path, tmp_path: Path, act: str, at: str) -> None:
    folder = shutil.copytree(template, tmp_path / "kept")
    before = state(Archive(folder, KEY))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), act, at], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "here\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert list(folder.rglob(f"{layout.PARTIAL}*"))  # it was in the middle
    archive = Archive(folder, KEY)
    assert state(archive) == before
    assert is_swept(archive)
    assert state(archive) == before
    add(archive, "k", "killed")
    assert state(archive)[0] == ["a", "b", "put", "k"]
