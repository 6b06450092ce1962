"""A server with canvases, and people who sit at one: each a browser context of her own."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

DESK, PHONE = (1280, 800), (360, 740)
CANVASES = 60
PATIENCE_SECONDS = 120
FAILED_AS_MEANT = ("status of 403", "status of 404", "net::ERR_", "status of 503", "status of 429")
"""What the console says where a test cuts the line."""


class Server:
    """`verbond serve` as anybody starts it, that can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.address = folder, f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "verbond", "serve", str(self.folder), "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        patience = time.monotonic() + PATIENCE_SECONDS
        assert self._process.stdout is not None
        said = ""
        while "open at " not in said:
            line = self._process.stdout.readline()
            assert line, f"the server did not start: {said}"
            assert time.monotonic() < patience, f"the server did not start in time: {said}"
            said += line

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, or kill it as a power cut does."""
        if self._process is None:
            return
        (self._process.kill if kill else self._process.terminate)()
        self._process.communicate(timeout=PATIENCE_SECONDS)
        self._process = None


@dataclass(frozen=True)
class Table:
    """A canvas that nobody else uses.

    Attributes
    ----------
    url : str
        Of its board.
    id : str
    tokens : dict of str to str
        Who may sit at it.
    server : Server
    """

    url: str
    id: str
    tokens: dict[str, str]
    server: Server

    def events(self) -> list[dict[str, Any]]:
        """What the server has on disk, in its order."""
        with sqlite3.connect(self.server.folder / "verbond.sqlite3") as database:
            database.row_factory = sqlite3.Row
            query = "select * from store_canvasevent where canvas_id = ? order by number"
            rows = database.execute(query, [self.id.replace("-", "")]).fetchall()
        return [{**dict(row), "values": json.loads(row["values"])} for row in rows]


@pytest.fixture(scope="session")
def canvases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Table]]:
    """A server with canvases; each test takes one of its own. On the first lie a thousand notes more."""
    folder = tmp_path_factory.mktemp("canvases") / "workspace"
    seed = [sys.executable, str(Path(__file__).with_name("canvas_seed.py")), str(folder), str(CANVASES)]
    made = json.loads(
        subprocess.run(seed, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    server = Server(folder)
    server.start()
    try:
        yield [Table(f"{server.address}/c/{at['address']}/", at["id"], at["tokens"], server) for at in made]
    finally:
        server.stop()


@pytest.fixture
def table(canvases: list[Table]) -> Table:
    """A canvas with five people (Fenna leads), five notes and three values."""
    assert len(canvases) > 1, "more tests than canvases: raise CANVASES"
    return canvases.pop()


@pytest.fixture
def sit(browser: Browser, table: Table) -> Iterator[Callable[..., Page]]:
    """Let somebody sit down at the table; what the console complains of fails the test.

    `sit("Bob", language="en", size=PHONE, scheme="dark", query="?present=1")`; with `beside=page` it is one
    more page of the same browser.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def seated(
        name: str = "Bob", *, language: str = "nl", size: tuple[int, int] = DESK, scheme: str = "light",
        query: str = "", beside: Page | None = None, at: Table = table,
    ) -> Page:  # fmt: skip
        if beside is None:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=language,
                has_touch=size == PHONE, reduced_motion="reduce",
            )  # fmt: skip
            context.add_cookies([{"name": "canvas", "value": at.tokens[name], "url": at.url}])
            contexts.append(context)
        page = beside.context.new_page() if beside else context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(at.url + query)
        page.locator(".slips__words").first.wait_for(state="attached")
        return page

    yield seated
    for context in contexts:
        context.close()
    told = [one for one in complaints if not any(meant in one for meant in FAILED_AS_MEANT)]
    assert not told, told
