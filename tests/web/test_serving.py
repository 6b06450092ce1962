"""`verbond serve` as a user starts it: the address it prints, the worker behind it, one server a folder."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

PATIENCE_SECONDS = 300.0
"""For a busy machine; a test that waits so long has failed."""


@contextmanager
def served(workspace: Path, *options: str) -> Iterator[str]:
    """The address that `verbond serve` prints."""
    command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline()
            yield re.search(r"http://\S+", line)[0]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE_SECONDS)


def opened(address: str) -> tuple[int, str]:
    """Status and text, cookies kept on the way."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    try:
        with opener.open(address, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_new_folder_leads_to_the_wizard_and_is_served_once(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    with served(workspace) as address:
        status, page = opened(address)
        assert status == 200
        assert 'name="password"' in page
        base = address.split("/welcome")[0]
        assert opened(f"{base}/welcome/")[0] == 403
        assert json.loads(opened(f"{base}/health/")[1]) == {"database": True, "worker": True}
        second = subprocess.run(
            [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "another Verbond serves this folder" in second.stderr
    assert (workspace / "secrets.toml").stat().st_mode & 0o077 == 0


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    said = subprocess.run(
        [sys.executable, "-m", "verbond", "serve", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "holds something else" in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_workspace_that_cannot_be_made_is_said() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "verbond", "serve", "/proc/nope"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "cannot be made here" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_job_begins_anew_after_the_worker_was_killed(tmp_path: Path) -> None:
    """The demo's diagnosis runs; its worker is killed without warning; another takes the job up again."""
    workspace = tmp_path / "workspace"
    with served(workspace, "--demo") as address:
        assert opened(address)[0] == 200
        killed = _running(workspace)
        subprocess.run(["kill", "-9", str(killed)], check=True)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (again := _running(workspace)) == killed:
            assert time.monotonic() < deadline
        assert again != killed


def test_no_worker_outlives_its_server(tmp_path: Path) -> None:
    """The server is killed without warning, at once and a while later: nobody goes on with its folder."""
    for n, seconds in enumerate((0.0, 3.0)):
        workspace = tmp_path / str(n)
        command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            server.stdout.readline()
            time.sleep(seconds)
            server.kill()
        deadline = time.monotonic() + PATIENCE_SECONDS
        looked = ["pgrep", "-f", f"verbond.web.worker {workspace} "]
        while subprocess.run(looked, capture_output=True, check=False).returncode == 0:
            assert time.monotonic() < deadline, "a worker goes on by itself"
            time.sleep(0.2)


def _running(workspace: Path) -> int:
    """Process of the worker once the job runs in it."""
    import sqlite3

    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        said = subprocess.run(
            ["pgrep", "-f", f"verbond.web.worker {workspace}"], capture_output=True, text=True, check=False
        ).stdout.split()
        with sqlite3.connect(workspace / "verbond.sqlite3") as database:
            states = [row[0] for row in database.execute("SELECT state FROM store_job")]
        if said and states == ["running"]:
            return int(said[0])
        time.sleep(0.1)
    pytest.fail("no worker took the job")
