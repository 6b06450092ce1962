"""One answer for each invitation and each sheet, though fifty hand in at the same moment: as it is served."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

N = 50

PROGRAM = """
import json, sys, threading
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), hosts=("testserver",), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import connection
from django.test import Client
from tests.web.answering_world import begun, invited, made_survey, put, stamp_in
from verbond.web.desk import committed, open_desk
from verbond.web.store.models import Organisation
from verbond.web.store.surveys import Draw, Invitee, Path, Sheet

N = int(sys.argv[2])
open_desk()
acme = Organisation.objects.create(slug="acme", name="Acme")

def at_once(one):
    gate, found = threading.Barrier(N), []
    def run(n):
        gate.wait()
        try:
            found.append(one(n))
        except Exception as error:
            found.append(repr(error))
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(N)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return {str(one): found.count(one) for one in set(found)}

def handed_in(survey):
    return Sheet.objects.filter(survey=survey, state="handed_in").count()

said = {}
for mode in ("anonymous", "confidential", "identified"):
    survey = made_survey(acme, mode)
    invitee, link = invited(survey)
    clients = [Client(REMOTE_ADDR=f"10.0.{n}.1") for n in range(N)]
    begins = {}
    stamp = stamp_in(clients[0].get(link).content.decode())
    def begin(n):
        answer = clients[n].post(link, {"stamp": stamp, "language": "nl"})
        begins[n] = answer["Location"]
        return answer.status_code
    said[f"{mode} begins"] = at_once(begin)
    said[f"{mode} sheets"] = Sheet.objects.filter(survey=survey).count()
    said[f"{mode} pages"] = at_once(lambda n: put(clients[n], begins[n], "first", visit="no").status_code)
    said[f"{mode} hands in"] = at_once(lambda n: clients[n].post(f"{begins[n]}handing-in/").status_code)
    said[f"{mode} handed in"] = handed_in(survey)
    said[f"{mode} answered"] = Invitee.objects.get(pk=invitee.pk).answered
    said[f"{mode} paths"] = Path.objects.filter(invitee=invitee).count()
survey = made_survey(acme, "anonymous")
client = Client()
sheet = begun(client, invited(survey)[1])
put(client, sheet, "first", visit="no")
cookies = client.cookies
def again(n):
    one = Client()
    one.cookies = cookies
    return one.post(f"{sheet}handing-in/").status_code
said["one sheet"] = at_once(again)
said["one sheet handed in"] = handed_in(survey)
survey = made_survey(acme)
sheet = begun(Client(), f"/q/{survey.address}/")
def change(n):
    return put(Client(), sheet, "first", visit="no", trust=str(1 + n % 7)).status_code
said["changes"] = at_once(change)
said["trust"] = Sheet.objects.get(survey=survey).answers["trust"] in range(1, 8)
def write(n):
    def act():
        Draw.objects.create(survey=survey, stimulus=f"write {n}")
        if n % 2:
            raise ValueError
    try:
        committed(act)
    except ValueError:
        return "undone"
    return "kept"
said["desk"] = at_once(write)
said["rows"] = sorted(Draw.objects.filter(stimulus__startswith="write").values_list("stimulus", flat=True))
said["flushes"] = committed(lambda: connection.cursor().execute("PRAGMA synchronous").fetchone()[0])
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What fifty threads got of a workspace of its own, in a process of its own, at an open desk."""
    folder: Path = tmp_path_factory.mktemp("once") / "workspace"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(N)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_an_anonymous_invitation_brings_one_answer(said: dict) -> None:
    assert said["anonymous begins"] == {"302": N}
    assert said["anonymous sheets"] == N, "nobody knows whose they are"
    assert said["anonymous hands in"] == {"302": 1, "409": N - 1}
    assert said["anonymous handed in"] == 1
    assert said["anonymous answered"] is True
    assert said["anonymous paths"] == 0


@pytest.mark.parametrize("mode", ["confidential", "identified"])
def test_a_named_invitation_brings_one_sheet(mode: str, said: dict) -> None:
    assert said[f"{mode} begins"] == {"302": N}
    assert said[f"{mode} sheets"] == said[f"{mode} paths"] == 1
    assert said[f"{mode} hands in"] == {"302": N}, "all of them come to the same thanks"
    assert said[f"{mode} handed in"] == 1
    assert said[f"{mode} answered"] is True


def test_one_sheet_is_handed_in_once(said: dict) -> None:
    assert said["one sheet"] == {"302": N}
    assert said["one sheet handed in"] == 1


def test_pages_that_come_at_once_are_all_taken(said: dict) -> None:
    assert said["changes"] == {"302": N}
    assert said["trust"] is True


def test_what_one_does_wrong_undoes_nothing_of_the_others(said: dict) -> None:
    assert said["desk"] == {"kept": N // 2, "undone": N // 2}
    assert said["rows"] == sorted(f"write {n}" for n in range(0, N, 2))


def test_the_desk_flushes_each_commit(said: dict) -> None:
    """SQLite: 2 is FULL, after which a power cut takes nothing away."""
    assert said["flushes"] == 2
