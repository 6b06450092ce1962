"""A server that is killed while answers come in has kept each one it acknowledged, and none of them twice."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlencode

import pytest

N_AT_ONCE, N_A_ROUND = 8, 60
PATIENCE_SECONDS = 300
LOG = "server.log"
SEED = """
import json, sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from tests.web.answering_world import invited, made_survey
from verbond.web.store.models import Organisation
acme = Organisation.objects.create(slug="acme", name="Acme")
surveys = [made_survey(acme, mode) for mode in ("anonymous", "confidential")]
print(json.dumps([invited(surveys[n % 2])[1] for n in range(int(sys.argv[2]))]))
"""


@dataclass
class Respondent:
    """Somebody who answers, and what the server has told her that it has."""

    link: str
    n: int
    cookie: str = ""
    sheet: str = ""
    saved: dict[str, int] = field(default_factory=dict)
    tip: str = ""
    is_done: bool = False

    @property
    def token_hash(self) -> str:
        return sha256(b"sheet\0" + self.sheet.split("/")[4].encode()).hexdigest()

    def answer(self, line: http.client.HTTPConnection) -> None:
        """Go on from what was acknowledged to the end; whoever hears nothing tries again later."""
        if self.is_done:
            return
        if not self.sheet:
            self.sheet = self._post(line, self.link, {}, 302)
        self._post(line, f"{self.sheet}1/", {"visit": "no", "trust": 1 + self.n % 7}, 302)
        self.saved = {"trust": 1 + self.n % 7}
        self._post(line, f"{self.sheet}5/", {"tip": f"word {self.n}"}, 302)
        self.tip = f"word {self.n}"
        self._post(line, f"{self.sheet}handing-in/", {}, 302)
        self.is_done = True

    def _post(
        self, line: http.client.HTTPConnection, path: str, given: dict[str, object], status: int
    ) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        line.request("POST", path, urlencode(given), headers)
        answer = line.getresponse()
        answer.read()
        if answer.status in (409, 410) and self.tip:
            # handed in before, and nobody heard it; or, anonymously, spent a moment before it was killed
            self.is_done = True
            return ""
        assert answer.status == status, (path, answer.status)
        kept = [one.split(";")[0] for one in answer.headers.get_all("Set-Cookie") or () if "=" in one]
        self.cookie = "; ".join(kept) or self.cookie
        return answer.headers["Location"] or ""


@contextlib.contextmanager
def served(workspace: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"]
    with (workspace.parent / LOG).open("a") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://[^:/]+:(\d+)/", server.stdout.readline())
        assert found is not None
        port = int(found[1])
        _until_it_answers(port)
        yield server, port
    finally:
        server.kill()
        server.communicate(timeout=PATIENCE_SECONDS)


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(line), contextlib.suppress(OSError):
            line.request("GET", "/health/")
            line.getresponse().read()
            return
        assert time.monotonic() < until
        time.sleep(0.05)


def send(port: int, waiting: SimpleQueue[Respondent], wrong: list[str]) -> None:
    """Respondents one after another, each from an address of her own, until the server is gone."""
    while True:
        try:
            one = waiting.get_nowait()
        except Empty:
            return
        source = (f"127.0.{one.n // 250}.{1 + one.n % 250}", 0)
        line = http.client.HTTPConnection("127.0.0.1", port, PATIENCE_SECONDS, source)
        try:
            one.answer(line)
        except (OSError, http.client.HTTPException):
            waiting.put(one)
            return
        except AssertionError as error:
            wrong.append(str(error))
            return
        finally:
            line.close()


def look(workspace: Path, everybody: list[Respondent]) -> int:
    """What was acknowledged is there; how many were handed in."""
    with contextlib.closing(sqlite3.connect(workspace / "verbond.sqlite3")) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = {
            hash: (state, json.loads(answers))
            for hash, state, answers in kept.execute("SELECT token_hash, state, answers FROM store_sheet")
        }
        n_answered = kept.execute("SELECT COUNT(*) FROM store_invitee WHERE answered").fetchone()[0]
    for one in everybody:
        if not one.sheet:
            continue
        _, answers = rows[one.token_hash]
        assert one.saved.items() <= answers.items(), "a page that was acknowledged is lost"
        assert not one.tip or answers["tip"] == one.tip, "a page that was acknowledged is lost"
    n = sum(state == "handed_in" for state, _ in rows.values())
    assert n <= n_answered <= len(everybody), "an invitation was answered twice"
    return n


@pytest.mark.parametrize(
    "n_rounds", [2, pytest.param(50, marks=pytest.mark.slow)], ids=["twice", "fifty times"]
)
def test_what_was_acknowledged_survives_a_kill_under_load(n_rounds: int, tmp_path: Path) -> None:
    workspace, chance = tmp_path / "workspace", random.Random(n_rounds)
    seed = [sys.executable, "-c", SEED, str(workspace), str(n_rounds * N_A_ROUND)]
    said = subprocess.run(
        seed, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]
    ).stdout  # fmt: skip
    everybody = [Respondent(link, n) for n, link in enumerate(json.loads(said))]
    waiting: SimpleQueue[Respondent] = SimpleQueue()
    for one in everybody:
        waiting.put(one)
    n_killed = 0
    for k in range(n_rounds + 1):
        wrong: list[str] = []
        with served(workspace) as (server, port):
            senders = [threading.Thread(target=send, args=(port, waiting, wrong)) for _ in range(N_AT_ONCE)]
            for sender in senders:
                sender.start()
            if k < n_rounds:
                enough, until = chance.randint(1, N_A_ROUND // 2), time.monotonic() + PATIENCE_SECONDS
                before = sum(map(len, (one.saved for one in everybody)))
                while sum(map(len, (one.saved for one in everybody))) < before + enough:
                    assert time.monotonic() < until, "nothing is acknowledged"
                    time.sleep(0.001)
                n_killed += any(sender.is_alive() for sender in senders)
                server.kill()
            for sender in senders:
                sender.join(PATIENCE_SECONDS)
        assert not wrong, (wrong, (tmp_path / LOG).read_text()[-4000:])
        look(workspace, everybody)
    heard = sum(one.is_done for one in everybody)
    assert heard == len(everybody)
    assert n_killed >= n_rounds / 2, "it was killed while answers came in"
    # of some who were just handing in anonymously, the two transactions were cut apart (see the guide)
    assert look(workspace, everybody) >= len(everybody) - N_AT_ONCE * n_rounds / 2
