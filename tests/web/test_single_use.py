"""What works once works once, though fifty ask at the same moment: on the database as it is served."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

N = 50

PROGRAM = """
import json, sys, threading, time
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), hosts=("testserver",), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import connection
from django.test import Client
import pyotp
from verbond.web.people import limits, second_step
from verbond.web.store import acts, people
from verbond.web.store.models import Attempt, Invitation, Membership, Role, User

N, SECRET = int(sys.argv[2]), pyotp.random_base32()
alice = User.objects.create_user("alice@example.org", "a ladder has five rungs", name="Alice")
acme = acts.found_organisation("Acme", alice)
invitation, token = people.invite(acme, "noor@example.org", Role.MEMBER, alice)
link, guest_token = people.open_to_guests(acme, alice)
people.GUESTS_AT_MOST = 7
codes = second_step.new_codes(alice)
User.objects.filter(pk=alice.pk).update(totp_secret=SECRET)
alice.refresh_from_db()
limit = limits.Limit("a test", 10, 10_000_000)

def at_once(one):
    gate, found = threading.Barrier(N), []
    def run(n):
        gate.wait()
        try:
            found.append(one(n))
        except Exception as error:
            found.append(type(error).__name__)
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(N)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return {str(one): found.count(one) for one in set(found)}

new = {"email": "noor@example.org", "name": "Noor", "password": "zeven ganzen in de mist"}
said = {}
said["invitation"] = at_once(
    lambda n: Client(REMOTE_ADDR=f"10.0.0.{n}").post(f"/invitations/{token}/", new).status_code
)
said["users"] = User.objects.filter(email="noor@example.org").count()
said["members"] = Membership.objects.filter(organisation=acme, user__email="noor@example.org").count()
said["recovery code"] = at_once(lambda n: second_step.shown(alice, codes[0]))
code = pyotp.TOTP(SECRET).now()
said["code"] = at_once(lambda n: second_step.shown(alice, code))
said["limit"] = at_once(lambda n: limits.spend(limit, "x"))
said["guests"] = at_once(lambda n: people.admit_guest(link, None, f"g{n}", "en") is not None)
said["guest members"] = link.guests.count()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What fifty threads got of a workspace of its own, in a process of its own."""
    folder: Path = tmp_path_factory.mktemp("single-use") / "workspace"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(N)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_invitation_makes_one_member(said: dict) -> None:
    assert said["invitation"]["302"] == 1
    assert said["users"] == said["members"] == 1
    assert set(said["invitation"]) <= {"302", "422", "200"}, said["invitation"]


@pytest.mark.parametrize("code", ["code", "recovery code"])
def test_a_code_is_right_for_one(code: str, said: dict) -> None:
    assert said[code] == {"True": 1, "False": N - 1}


def test_a_limit_lets_exactly_so_many_through(said: dict) -> None:
    assert said["limit"] == {"None": 10, "TooOften": N - 10}


def test_a_guest_link_lets_no_more_in_than_it_may(said: dict) -> None:
    assert said["guests"] == {"True": 7, "False": N - 7}
    assert said["guest members"] == 7
