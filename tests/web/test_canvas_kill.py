"""A server that is killed while people write has kept each operation it acknowledged, once, in one order."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.web.test_answering_kill import PATIENCE_SECONDS, served

N_PEOPLE, CSRF = 6, "c" * 32
SEED = """
import json, sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from verbond.web.store.models import Canvas, Organisation
from verbond.web.workshop import joining
acme = Organisation.objects.create(slug="acme", name="Acme")
canvas = Canvas.objects.create(organisation=acme, name="Killed", company="Acme")
tokens = [joining.join(canvas, str(n), "", None)[1] for n in range(int(sys.argv[2]))]
print(json.dumps([canvas.address, tokens]))
"""


class Writer:
    """Somebody who writes notes, and sends each again until she hears that it was taken."""

    def __init__(self, address: str, token: str, n: int) -> None:
        self.at, self.n = f"/c/{address}/operations/", n
        self.headers = {
            "Content-Type": "application/json",
            "Cookie": f"canvas={token}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }
        self.acknowledged: dict[str, int] = {}
        self.keys = (f"{n}-{k}" for k in itertools.count())
        self.waits = next(self.keys)

    def write(self, port: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                wish = {"key": self.waits, "act": "add", "id": self.waits, "kind": "note"}
                body = json.dumps({"operations": [wish | {"values": {"text": self.waits}}]})
                line.request("POST", self.at, body, self.headers)
                answer = line.getresponse()
                said = answer.read()
                if answer.status == 429:
                    time.sleep(0.2)
                    continue
                self.acknowledged[self.waits] = json.loads(said)["answers"][0]["number"]
                self.waits = next(self.keys)


@pytest.mark.parametrize(
    "n_rounds", [2, pytest.param(30, marks=pytest.mark.slow)], ids=["twice", "thirty times"]
)
def test_what_was_acknowledged_survives_a_kill(n_rounds: int, tmp_path: Path) -> None:
    workspace, chance = tmp_path / "workspace", random.Random(n_rounds)
    seed = [sys.executable, "-c", SEED, str(workspace), str(N_PEOPLE)]
    root = Path(__file__).parents[2]
    said = subprocess.run(seed, check=True, capture_output=True, text=True, cwd=root).stdout
    address, tokens = json.loads(said)
    writers = [Writer(address, token, n) for n, token in enumerate(tokens)]
    for _ in range(n_rounds):
        with served(workspace) as (server, port):
            threads = [threading.Thread(target=one.write, args=(port,)) for one in writers]
            for thread in threads:
                thread.start()
            enough = sum(len(one.acknowledged) for one in writers) + chance.randint(11, 60)
            until = time.monotonic() + PATIENCE_SECONDS
            while sum(len(one.acknowledged) for one in writers) < enough:
                assert time.monotonic() < until, "nothing is acknowledged"
                time.sleep(0.001)
            server.kill()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        look(workspace, writers)
    assert sum(len(one.acknowledged) for one in writers) > 10 * n_rounds


def look(workspace: Path, writers: list[Writer]) -> None:
    with contextlib.closing(sqlite3.connect(workspace / "verbond.sqlite3")) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = kept.execute("SELECT number, key FROM store_canvasevent ORDER BY number").fetchall()
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1)), "numbers without gaps"
    numbers = {key: number for number, key in rows}
    assert len(numbers) == len(rows), "something was taken twice"
    for one in writers:
        for key, number in one.acknowledged.items():
            assert numbers.get(key) == number, "what was acknowledged is lost, or stands elsewhere"
