"""Letters: what they say, that each goes once, and through which servers; with real servers of mail."""

from __future__ import annotations

import csv
import datetime as dt
import email
import io
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone
from tests.web.mail_servers import SmtpServer, certificate
from tests.web.test_invitees import make_survey

from verbond.errors import OptionError
from verbond.web.keeping import backups
from verbond.web.listening import letters as made
from verbond.web.listening import mail, reaching, sending
from verbond.web.listening.invitees import Candidate, add, decline, find, token_of
from verbond.web.listening.letters import letter_of, message_id_of, read_message_id, told
from verbond.web.people import limits
from verbond.web.store import letters as store
from verbond.web.store.models import AuditEntry, Invitee, Letter, Mailbox, Reached, Survey

BASE = "https://ask.example.org/"
LOUD = {"quiet": {"from": 0, "until": 0, "days": []}}
NOON = dt.datetime(2026, 3, 3, 11, tzinfo=dt.UTC)
"""A Tuesday, noon in Amsterdam."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    made = SmtpServer()
    monkeypatch.setattr(mail, "PORTS", (*mail.PORTS, made.port))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done when they are put in the queue: a test's own transaction never ends."""
    monkeypatch.setattr("verbond.web.jobs.transaction.on_commit", lambda act: act())


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """What time it is, to be changed."""
    now = [NOON]
    monkeypatch.setattr(timezone, "now", lambda: now[0])
    monkeypatch.setattr(limits.time, "time", lambda: now[0].timestamp())
    return now


def make_box(organisation, server: SmtpServer, **fields: object) -> Mailbox:
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "ask@example.org",
        **fields,
    }
    return Mailbox.objects.create(organisation=organisation, **given)


def invited(organisation, n: int = 3, **fields: object) -> Survey:
    chosen = {"base": BASE, "reminders": True, "remind_after_days": 5, "most_reminders": 1}
    survey = make_survey(organisation, settings=chosen | fields.pop("settings", {}), **fields)
    add(survey, [Candidate(f"p{k}@example.org", f"Person {k}") for k in range(n)])
    return survey


def send(organisation) -> None:
    from verbond.web.jobs import enqueue

    enqueue(sending.KIND, organisation=organisation)


def received(server: SmtpServer) -> list[email.message.EmailMessage]:
    return [email.message_from_bytes(words, policy=default) for _, _, words in server.taken]


# what a letter says


@pytest.mark.parametrize(
    ("language", "mode"), [("nl", "anonymous"), ("en", "identified"), ("", "confidential")]
)
def test_a_letter_is_what_mail_programs_expect(language: str, mode: str, cast, server, noon) -> None:
    more = {"settings": {"last_day": "2026-03-20"}, "contact": "help@example.org"}
    survey = invited(cast.acme, 0, mode=mode, **more)
    add(survey, [Candidate("anneke@example.org", "Anneke de Vries", language=language)])
    one = survey.invitees.get()
    make_box(cast.acme, server, sender_name="Café Acme")
    sending.invite(survey)
    send(cast.acme)
    [letter] = received(server)
    raw = server.taken[0][2]
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1
    assert raw.isascii()
    assert (server.taken[0][0], server.taken[0][1]) == ("ask@example.org", "anneke@example.org")
    assert letter["From"] == "Café Acme <ask@example.org>"
    assert letter["To"] == "Anneke de Vries <anneke@example.org>"
    assert letter["Reply-To"] == "help@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"  # RFC 3834
    refusal = f"https://ask.example.org/q/{survey.address}/i/{token_of(one)}/refusal/"
    assert letter["List-Unsubscribe"] == f"<{refusal}>"  # RFC 2369
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"  # RFC 8058
    assert read_message_id(letter["Message-ID"]) == one
    said = "nl" if language == "nl" else "en"
    assert letter["Content-Language"] == said
    text, html = letter.get_body(("plain",)).get_content(), letter.get_body(("html",)).get_content()
    link = f"https://ask.example.org/q/{survey.address}/i/{token_of(one)}/"
    for part in (text.replace("\r\n", "\n"), html):
        assert f"{link}\n" in part or f'href="{link}"' in part
        assert refusal in part
        assert ("20 maart 2026" if said == "nl" else "20 March 2026") in part
        assert "Anneke de Vries" in part
        assert not re.search(r"\{\w+\}", part)
    assert "<img" not in html
    assert "style" not in html
    assert set(re.findall(r'(?:href|src)="([^"]*)"', html)) == {link, refusal}
    promised = {
        "anonymous": "anoniem",
        "identified": "can see what you answered",
        "confidential": "confidential",
    }
    assert promised[mode] in text


def test_words_are_filled_once() -> None:
    values = {"name": "{link}", "link": "https://x", "company": "{name}", "last_day": "", "minutes": "5"}
    assert told("{name} of {company}: {link}", values) == "{link} of {name}: https://x"
    assert told("Dear {name},\n\nBy {last_day}\n\n{minutes}", {**values, "name": ""}) == "Dear,\n\n5"


@pytest.mark.parametrize(
    "name",
    ["Bo\r\nBcc: eve@example.org", "Bo\nSubject: x", "=?utf-8?q?Bo=0ABcc:_eve@example.org?=", '"<eve@x.y>'],
)
def test_nobody_writes_headers(name: str, cast, server, noon) -> None:
    """Through the name of who is asked, of who asks, of the company, or the subject."""
    survey = invited(cast.acme, 0, company=name)
    add(survey, [Candidate("bo@example.org", name)])
    Invitee.objects.update(name=name)  # even if it came into the row
    make_box(cast.acme, server, sender_name=name)
    one = survey.invitees.get()
    words = made.Words(f"Hello {{name}} {name}", "{link}")
    letter = letter_of(one, "invitation", cast.acme.mailbox, base=BASE, words=words)
    read = email.message_from_bytes(letter.as_bytes(), policy=default)
    assert read["Bcc"] is None
    assert [len(read.get_all(header)) for header in ("From", "To", "Subject")] == [1, 1, 1]
    assert [a.addr_spec for a in read["To"].addresses] == ["bo@example.org"]
    assert [a.addr_spec for a in read["From"].addresses] == ["ask@example.org"]


def test_words_are_text_and_no_html(cast, server) -> None:
    survey = invited(cast.acme, 1)
    make_box(cast.acme, server)
    one = survey.invitees.get()
    one.name = "<script>alert(1)</script>"
    words = made.Words("Hi", "Dear {name} <b>&\n\n{link}")
    letter = letter_of(one, "invitation", cast.acme.mailbox, base=BASE, words=words)
    html = letter.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html


def test_a_message_id_that_we_did_not_make_is_nobodys(cast, server) -> None:
    survey = invited(cast.acme, 2)
    one, other = survey.invitees.order_by("pk")
    given = message_id_of(one, "invitation", "ask@example.org")
    assert read_message_id(f"In-Reply-To: {given}") == one
    assert read_message_id(given.replace(f"{one.number:x}", f"{other.number:x}")) is None
    assert read_message_id(given.replace(".i1.", ".i2.")) is None
    assert read_message_id(re.sub(r"\.[0-9a-f]{20}@", "." + "0" * 20 + "@", given)) is None
    assert read_message_id("<nothing@example.org>") is None


# sending


def test_each_gets_one_and_who_answers_gets_no_reminder(cast, server, noon) -> None:
    survey = invited(cast.acme, 4)
    make_box(cast.acme, server, settings=LOUD)
    assert sending.invite(survey).n == 4
    assert sending.invite(survey).n == 0
    send(cast.acme)
    send(cast.acme)
    assert Counter(to for _, to, _ in server.taken) == {f"p{k}@example.org": 1 for k in range(4)}
    assert set(survey.invitees.values_list("state", "n_sent")) == {("sent", 1)}
    people = {one.email: one for one in survey.invitees.all()}
    Invitee.objects.filter(pk=people["p0@example.org"].pk).update(answered=True)
    decline(people["p1@example.org"])
    store.mark_bounced(people["p2@example.org"])
    noon[0] += dt.timedelta(days=4, hours=23)
    assert sending.enqueue_due() == 0
    noon[0] += dt.timedelta(hours=2)
    assert sending.enqueue_due() == 1
    assert [to for _, to, _ in server.taken[4:]] == ["p3@example.org"]
    assert received(server)[-1]["Subject"].startswith(("A reminder", "Herinnering"))
    noon[0] += dt.timedelta(days=30)
    assert sending.enqueue_due() == 0  # one reminder, at most


def test_a_reminder_that_waits_does_not_go_to_who_answered_meanwhile(cast, server, noon) -> None:
    survey = invited(cast.acme, 3)
    make_box(cast.acme, server)
    one, two, three = survey.invitees.order_by("pk")
    Invitee.objects.update(state="sent", n_sent=1, last_sent_at=NOON - dt.timedelta(days=6))
    store.make_letters([one, two, three], "reminder")
    Invitee.objects.filter(pk=one.pk).update(answered=True)
    reaching.decline(cast.acme.pk, two.email)  # in another survey
    send(cast.acme)
    assert [to for _, to, _ in server.taken] == [three.email]
    assert Letter.objects.exclude(state="sent").count() == 0


def test_quiet_hours_and_days_are_those_of_the_organisation(cast, server, noon) -> None:
    survey = invited(cast.acme, 1)
    box = make_box(cast.acme, server, settings={"quiet": {"from": 20, "until": 8, "days": [7]}})
    sending.invite(survey)
    for quiet in ("2026-03-03T19:00Z", "2026-03-04T06:59Z", "2026-03-08T12:00Z", "2026-07-01T18:00Z"):
        noon[0] = dt.datetime.fromisoformat(quiet)
        assert sending.enqueue_due() == 0, quiet
        send(cast.acme)
        assert not server.taken
    cast.acme.settings = {"time_zone": "America/New_York"}
    cast.acme.save()
    noon[0] = dt.datetime.fromisoformat("2026-03-03T12:00Z")  # seven in the morning there
    assert sending.enqueue_due() == 0
    until = sending.quiet_until(sending.quiet_of(store.mailbox_of(cast.acme)), noon[0])
    assert until == dt.datetime.fromisoformat("2026-03-03T13:00Z")
    noon[0] = until
    assert sending.enqueue_due() == 1
    assert len(server.taken) == 1
    assert box.organisation_id == cast.acme.pk


def test_nobody_is_asked_again_within_the_rest_period(cast, server, noon) -> None:
    calm = {"settings": {"reminders": False}}
    first, second = invited(cast.acme, 3, **calm), invited(cast.acme, 4, **calm)
    make_box(cast.acme, server)
    sending.invite(first)
    send(cast.acme)
    queued = sending.invite(second)
    assert (queued.n, queued.n_rest) == (1, 3)
    send(cast.acme)
    noon[0] += dt.timedelta(days=29)
    assert sending.invite(second).n == 0
    noon[0] += dt.timedelta(days=1)
    assert sending.invite(second).n == 3
    Survey.objects.filter(pk=second.pk).update(settings={**second.settings, "rest_days": 90})
    send(cast.acme)  # what waits is looked at again before it goes
    assert len(server.taken) == 4
    cast.acme.settings = {"rest_days": 0}
    cast.acme.save()
    third = invited(cast.acme, 3)
    assert sending.invite(third).n == 3
    other = invited(cast.globex, 3)
    assert sending.invite(other).n == 3
    assert not any("example.org" in str(row) for row in Reached.objects.values())


def test_so_many_a_minute_and_no_more(cast, server, noon) -> None:
    survey = invited(cast.acme, 12)
    make_box(cast.acme, server, settings={"per_minute": 5})
    sending.invite(survey)
    for n in (5, 5):
        send(cast.acme)
        assert len(server.taken) == n
    for n in (10, 12):
        noon[0] += dt.timedelta(minutes=1)
        assert sending.enqueue_due() == 1
        assert len(server.taken) == n
    noon[0] += dt.timedelta(minutes=1)
    assert sending.enqueue_due() == 0


def test_of_an_anonymous_survey_no_letter_is_kept(cast, server, noon) -> None:
    survey = invited(cast.acme, 3, mode="anonymous")
    make_box(cast.acme, server)
    sending.invite(survey)
    send(cast.acme)
    assert len(server.taken) == 3
    assert not Letter.objects.exists()
    identified = invited(cast.globex, 1, mode="identified")
    make_box(cast.globex, server)
    sending.invite(identified)
    send(cast.globex)
    assert Letter.objects.get().message_id == received(server)[-1]["Message-ID"]


# refusals


def test_later_is_tried_again_with_growing_waits_and_then_given_up(cast, server, noon) -> None:
    survey = invited(cast.acme, 1)
    make_box(cast.acme, server, settings=LOUD)
    server.answers["rcpt", "p0@example.org"] = "450 4.2.0 greylisted, come back"
    sending.invite(survey)
    waits = []
    for _ in range(20):
        sending.enqueue_due()
        letter = Letter.objects.get()
        if letter.state == "failed":
            break
        waits.append((letter.next_try_at - noon[0]).total_seconds() / 60)
        assert sending.enqueue_due(noon[0]) == 0
        noon[0] = letter.next_try_at
    assert waits == list(sending.WAIT_MINUTES)
    assert waits == sorted(waits)
    assert (letter.n_tries, letter.said) == (6, "4.2.0 greylisted, come back")
    assert survey.invitees.get().state == "listed"
    assert not server.taken


@pytest.mark.parametrize(
    ("step", "answer", "state", "letter"),
    [
        ("rcpt", "550 5.1.1 no such user", "bounced", "failed"),
        ("rcpt", "550 no such user here", "bounced", "failed"),
        ("rcpt", "552 5.2.2 mailbox full", "listed", "waiting"),
        ("end", "550 5.1.1 no such user", "bounced", "failed"),
        ("rcpt", "550 5.7.1 relaying denied", "listed", "waiting"),
        ("rcpt", "554 Relay access denied", "listed", "waiting"),
        ("end", "554 5.7.1 this is spam", "listed", "waiting"),
        ("data", "451 4.3.0 not now", "listed", "waiting"),
    ],
)
def test_only_an_address_that_does_not_work_is_marked_so(
    step: str, answer: str, state: str, letter: str, cast, server, noon
) -> None:
    """A server that does not let us send must not cost us everybody's address."""
    survey = invited(cast.acme, 1)
    make_box(cast.acme, server)
    server.answers[step, "p0@example.org"] = answer
    sending.invite(survey)
    send(cast.acme)
    assert survey.invitees.get().state == state
    assert Letter.objects.get().state == letter
    assert Letter.objects.get().said in answer
    assert not server.taken


def test_a_server_that_refuses_us_is_left_alone(cast, server, noon) -> None:
    survey = invited(cast.acme, 10)
    box = make_box(cast.acme, server, settings=LOUD)
    server.answers["rcpt", ""] = "550 5.7.1 relaying denied"
    sending.invite(survey)
    send(cast.acme)
    n = sum(line.startswith("RCPT") or line.startswith("rcpt") for line in server.said)
    assert n == 3
    box.refresh_from_db()
    assert box.settings["trouble"]["said"] == "5.7.1 relaying denied"
    assert sending.enqueue_due() == 0
    noon[0] += dt.timedelta(minutes=sending.TROUBLE_MINUTES[0])
    server.answers.clear()
    assert sending.enqueue_due() == 1
    box.refresh_from_db()
    assert "trouble" not in box.settings
    assert len(server.taken) == 7
    noon[0] += dt.timedelta(minutes=15)
    sending.enqueue_due()
    assert len(server.taken) == 10
    assert set(survey.invitees.values_list("state", flat=True)) == {"sent"}


def test_no_server_no_letter_lost(cast, server, noon) -> None:
    survey = invited(cast.acme, 2)
    box = make_box(cast.acme, server)
    server.close()
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    mail.PORTS = (*mail.PORTS, port)
    Mailbox.objects.update(port=port)
    sending.invite(survey)
    send(cast.acme)
    box.refresh_from_db()
    assert "Refused" in box.settings["trouble"]["said"]
    assert set(Letter.objects.values_list("state", "n_tries")) == {("waiting", 0)}


# at most once


def test_what_broke_off_after_the_words_is_not_sent_again_by_itself(cast, server, noon) -> None:
    survey = invited(cast.acme, 3)
    make_box(cast.acme, server, settings=LOUD)
    server.drops = {"p0@example.org": "end", "p1@example.org": "data"}
    sending.invite(survey)
    for _ in range(5):
        sending.enqueue_due()
        noon[0] += dt.timedelta(minutes=1)
    states = dict(Letter.objects.values_list("invitee__email", "state"))
    assert states == {"p0@example.org": "sending", "p1@example.org": "sending", "p2@example.org": "sent"}
    server.drops.clear()
    noon[0] += dt.timedelta(days=2)
    sending.enqueue_due()
    count = Counter(to for _, to, _ in server.taken)
    assert count == {"p0@example.org": 1, "p2@example.org": 1}  # one was missed, and nobody got two
    client = cast.client("fay")
    page = client.get(f"/o/acme/surveys/{survey.pk}/invitees/").content.decode()
    assert f"/o/acme/surveys/{survey.pk}/invitees/doubt/" in page
    assert client.post(f"/o/acme/surveys/{survey.pk}/invitees/doubt/", {"go": "leave"}).status_code == 302
    assert not store.in_doubt(survey).exists()
    assert survey.invitees.get(email="p0@example.org").n_sent == 1
    assert len(server.taken) == 2


def test_somebody_may_send_again_what_is_in_doubt(cast, server, noon) -> None:
    survey = invited(cast.acme, 1)
    make_box(cast.acme, server)
    server.drops = {"p0@example.org": "end"}
    sending.invite(survey)
    send(cast.acme)
    server.drops.clear()
    cast.client("fay").post(f"/o/acme/surveys/{survey.pk}/invitees/doubt/", {"go": "again"})
    first, second = received(server)
    assert first["Message-ID"] == second["Message-ID"]
    assert survey.invitees.get().n_sent == 1


_SENDS = """
import json, os, sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), testing=True)
from django.core.management import call_command
from django.db import connection
from verbond.listen import own_questionnaire
from verbond.web.listening import letters, mail, sending
from verbond.web.listening.invitees import Candidate, add
from verbond.web.store.models import Job, Letter, Mailbox, Organisation, Survey
mail.PORTS = (int(sys.argv[2]),)
call_command("migrate", verbosity=0)
acme = Organisation.objects.create(slug="acme", name="Acme")
asked = own_questionnaire("short", "customer").to_json()
survey = Survey.objects.create(organisation=acme, company="Acme", questionnaire=asked, wave="w", state="open")
add(survey, [Candidate(f"p{n}@example.org") for n in range(20)])
quiet = {"from": 0, "until": 0, "days": []}
Mailbox.objects.create(organisation=acme, host="127.0.0.1", port=int(sys.argv[2]), security="none",
                       sender="ask@example.org", settings={"quiet": quiet, "per_minute": 1000})
letters.letter_of(survey.invitees.first(), "invitation", acme.mailbox, base="")  # all is imported
print(sending.invite(survey).n, flush=True)
for line in sys.stdin:
    if line == "count\\n":
        print(json.dumps(sorted(Letter.objects.values_list("invitee__email", "state"))), flush=True)
        continue
    connection.close()
    child = os.fork()
    if not child:
        sending.send_due(Job(organisation=acme, kind="letters"), lambda progress: None)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_again_and_again_no_letter_goes_twice(tmp_path: Path) -> None:
    """SIGKILL while letters go: each arrives at most once, and what may not have arrived is known."""
    server = SmtpServer(most=0)
    command = [sys.executable, "-c", _SENDS, str(tmp_path / "w"), str(server.port)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, env=here, **pipes) as sender:

        def ask(what: str) -> str:
            sender.stdin.write(f"{what}\n")
            return sender.stdout.readline()

        assert sender.stdout.readline() == "20\n"
        for n, more in enumerate((2, 4, 1, 3)):
            server.most = len(server.taken) + more
            worker, until = int(ask("send")), time.monotonic() + 300
            while len(server.taken) < server.most:
                assert time.monotonic() < until, "no letter comes"
                time.sleep(0.001)
            time.sleep(0.006 * n)  # somewhere between one letter and the next, which has to wait
            os.kill(worker, signal.SIGKILL)
            assert sender.stdout.readline() == f"{-signal.SIGKILL}\n"
        server.most = None
        ask("send")
        assert sender.stdout.readline() == "0\n"
        states = dict(json.loads(ask("count")))
        sender.stdin.close()
    server.close()
    arrived = Counter(to for _, to, _ in server.taken)
    assert set(arrived.values()) == {1}
    sent = {who for who, state in states.items() if state == "sent"}
    in_doubt = {who for who, state in states.items() if state == "sending"}
    assert sent <= set(arrived) <= sent | in_doubt == set(states)
    assert 1 <= len(in_doubt) <= 4
    assert len(states) == 20


def test_what_comes_back_from_a_backup_sends_nothing_by_itself(cast, server, noon, ports) -> None:
    """What waited when the backup was made may have gone since; and two installations must not both send."""
    survey = invited(cast.acme, 2)
    box = make_box(cast.acme, server)
    sending.invite(survey)
    promised = backups._Promised.of(apps, noon[0])
    kept = promised.kept(Mailbox, {"id": box.pk, "settings": box.settings})
    Mailbox.objects.update(settings=kept["settings"])
    assert sending.enqueue_due() == 0
    send(cast.acme)
    assert not server.taken
    alice = cast.client("alice")
    assert "backup" in alice.get(path_of(survey)).content.decode()
    given = fields(server, user="", password="", quiet_days=[])
    assert alice.post("/o/acme/mailbox/", given).status_code == 302
    assert sending.enqueue_due() == 1
    assert len(server.taken) == 2


def test_a_link_that_opens_nothing_is_not_sent(cast, server, noon) -> None:
    """Links of an anonymous survey do not survive a backup; whoever is written to after it gets a new one."""
    survey = invited(cast.acme, 1, mode="anonymous")
    make_box(cast.acme, server)
    Invitee.objects.update(token_hash="0" * 64)
    sending.invite(survey)
    send(cast.acme)
    token = re.search(r"/i/([\w-]+)/", received(server)[0].get_body(("plain",)).get_content())[1]
    assert find(token, survey) == survey.invitees.get()


# servers


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_go_encrypted_and_signed_in(security: str, cast, noon, tmp_path, monkeypatch) -> None:
    cert, key = certificate(tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(cert, key)
    server = SmtpServer(tls=ours, wraps=security == "tls", user="ask", password="päss")
    monkeypatch.setattr(mail, "PORTS", (server.port,))
    trusts = ssl.create_default_context(cafile=str(cert))
    survey = invited(cast.acme, 1)
    box = make_box(cast.acme, server, host="localhost", security=security, user="ask", password="wrong")
    try:
        sending.invite(survey)
        send(cast.acme)
        box.refresh_from_db()
        assert "CERTIFICATE_VERIFY_FAILED" in box.settings["trouble"]["said"]
        monkeypatch.setattr(mail, "_context", lambda: trusts)
        Mailbox.objects.update(settings={})
        send(cast.acme)
        box.refresh_from_db()
        assert box.settings["trouble"]["said"].startswith("535")
        assert not server.taken
        Mailbox.objects.update(settings={}, password="päss")
        send(cast.acme)
    finally:
        server.close()
    assert server.secure == [True]


def test_who_offers_no_encryption_gets_no_password(cast, server, noon) -> None:
    survey = invited(cast.acme, 1)
    box = make_box(cast.acme, server, host="localhost", security="starttls", user="ask", password="secret")
    sending.invite(survey)
    send(cast.acme)
    box.refresh_from_db()
    assert "STARTTLS" in box.settings["trouble"]["said"]
    assert not any("AUTH" in line for line in server.said)


@pytest.mark.parametrize(
    ("host", "port", "security"),
    [
        ("127.0.0.1", 22, "none"),
        ("127.0.0.1", 6379, "none"),
        ("169.254.169.254", 25, "starttls"),
        ("::ffff:169.254.169.254", 25, "tls"),
        ("fd00:ec2::254", 587, "starttls"),
        ("0.0.0.0", 25, "starttls"),
        ("224.0.0.1", 25, "starttls"),
        ("10.0.0.1", 25, "none"),
        ("192.0.2.7", 587, "none"),
        ("127.0.0.1", 25, "ssl"),
        ("no-such-host.invalid", 25, "starttls"),
    ],
)
def test_a_mail_server_is_no_way_into_the_network(host: str, port: int, security: str) -> None:
    with pytest.raises(OptionError):
        mail.check_server(host, port, security)


def test_a_server_of_ones_own_network_is_fine() -> None:
    assert mail.check_server("10.0.0.1", 587, "starttls") == ["10.0.0.1"]
    assert mail.check_server("127.0.0.1", 25, "none") == ["127.0.0.1"]


def test_a_name_that_leads_elsewhere_by_now_is_not_followed(cast, server, noon, monkeypatch) -> None:
    """What was looked at is what is connected to."""
    asked = []
    real = socket.getaddrinfo

    def first_here_then_there(host, port, *args, **kwargs):
        if host != "mail.example.org":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", first_here_then_there)
    survey = invited(cast.acme, 1)
    make_box(cast.acme, server, host="mail.example.org")
    sending.invite(survey)
    send(cast.acme)
    assert asked == ["mail.example.org"]
    assert len(server.taken) == 1


# pages


def fields(server: SmtpServer, **more: object) -> dict[str, object]:
    return {
        "sender": "ask@example.org", "sender_name": "Acme", "host": "127.0.0.1", "port": str(server.port),
        "security": "none", "user": "ask", "password": "top-secret", "per_minute": "30", "quiet_from": "21",
        "quiet_until": "7", "quiet_days": ["6", "7"], "time_zone": "Europe/Amsterdam", "rest_days": "60",
        "imap_host": "", "imap_port": "993", "imap_security": "tls", "imap_user": "", "imap_password": "",
        **more,
    }  # fmt: skip


@pytest.fixture
def ports(server, monkeypatch):
    from verbond.web.views.mailbox import MailboxForm

    choices = [(n, str(n)) for n in mail.PORTS]
    monkeypatch.setitem(
        MailboxForm.base_fields, "port", type(MailboxForm.base_fields["port"])(coerce=int, choices=choices)
    )


def test_an_owner_sets_the_server_and_nobody_sees_its_password(cast, server, ports) -> None:
    alice = cast.client("alice")
    assert alice.get("/o/acme/mailbox/").status_code == 200
    answer = alice.post("/o/acme/mailbox/", fields(server))
    assert answer.status_code == 302, answer.content.decode()
    box = Mailbox.objects.get()
    assert (box.password, box.settings["per_minute"]) == ("top-secret", 30)
    assert box.settings["quiet"] == {"from": 21, "until": 7, "days": [6, 7]}
    cast.acme.refresh_from_db()
    assert cast.acme.settings == {"rest_days": 60, "time_zone": "Europe/Amsterdam"}
    assert "top-secret" not in alice.get("/o/acme/mailbox/").content.decode()
    assert "top-secret" not in str(list(AuditEntry.objects.values()))
    assert alice.post("/o/acme/mailbox/", fields(server, password="", sender_name="Anna")).status_code == 302
    assert Mailbox.objects.get().password == "top-secret"
    moved = alice.post("/o/acme/mailbox/", fields(server, password="", host="localhost"))
    assert moved.status_code == 422  # a password goes nowhere that it was not given for
    assert Mailbox.objects.get().host == "127.0.0.1"
    for wrong in ({"host": "169.254.169.254"}, {"host": "10.0.0.1"}, {"port": "22"}, {"time_zone": "Mars"},
                  {"sender": "a@b.nl\r\nBcc: x@y.nl"}, {"sender_name": "A\nBcc: x@y.nl"}):  # fmt: skip
        assert alice.post("/o/acme/mailbox/", fields(server, **wrong)).status_code == 422, wrong
    for name in ("ann", "fay", "bob", "charlie"):
        for path in ("", "trial/", "removal/"):
            assert cast.client(name).post(f"/o/acme/mailbox/{path}", fields(server)).status_code == 404
    assert alice.post("/o/acme/mailbox/removal/").status_code == 302
    assert not Mailbox.objects.exists()


def test_an_owner_tries_the_server_with_a_letter_to_herself(cast, server) -> None:
    make_box(cast.acme, server)
    page = cast.client("alice").post("/o/acme/mailbox/trial/")
    assert page.status_code == 200
    assert server.taken[0][1] == "alice@example.org"
    assert Mailbox.objects.get().checked_at is not None
    server.answers["rcpt", ""] = "550 5.7.1 <b>no</b>"
    said = cast.client("alice").post("/o/acme/mailbox/trial/").content.decode()
    assert "&lt;b&gt;no&lt;/b&gt;" in said


def path_of(survey: Survey, rest: str = "") -> str:
    return f"/o/acme/surveys/{survey.pk}/invitees/{rest}"


def test_words_are_checked_kept_and_shown(cast, server) -> None:
    survey = invited(cast.acme, 1, company="Acme")
    make_box(cast.acme, server)
    fay = cast.client("fay")
    page = fay.get(path_of(survey, "letters/")).content.decode()
    assert "<textarea" in page
    given = {
        f"{kind}_{code}_{field}": value
        for kind in made.KINDS
        for code in ("en", "nl")
        for field, value in (
            ("subject", "Hi {name}"),
            ("body", "Dear {name},\r\n\r\n{link}\r\n\r\n<b>{company}"),
        )
    }
    missing = fay.post(path_of(survey, "letters/"), given | {"invitation_nl_body": "no way in"})
    assert missing.status_code == 422
    assert 'id="id_invitation_nl_body_error"' in missing.content.decode()
    odd = fay.post(path_of(survey, "letters/"), given | {"reminder_en_subject": "Hi {first}"})
    assert odd.status_code == 422
    broken = fay.post(path_of(survey, "letters/"), given | {"reminder_en_subject": "Hi\nBcc: x@y.nl"})
    assert broken.status_code == 422
    looked = fay.post(path_of(survey, "letters/"), given | {"go": "look"}).content.decode()
    assert "&lt;b&gt;Acme" in looked
    survey.refresh_from_db()
    assert "letters" not in survey.settings
    assert fay.post(path_of(survey, "letters/"), given | {"go": "keep"}).status_code == 302
    survey.refresh_from_db()
    assert survey.settings["letters"]["reminder"]["nl"]["subject"] == "Hi {name}"
    assert survey.settings["remind_after_days"] == 5
    tried = fay.post(path_of(survey, "letters/"), given | {"go": "trial"})
    assert tried.status_code == 200
    assert [to for _, to, _ in server.taken] == ["fay@example.org"]
    link = re.search(r"/q/\S+/i/(\S+)/", received(server)[0].get_body(("plain",)).get_content())
    assert Client().get(f"/q/{survey.address}/i/{link[1]}/").status_code == 404


def test_inviting_from_the_page(cast, server, noon) -> None:
    survey = invited(cast.acme, 2)
    fay = cast.client("fay")
    assert fay.post(path_of(survey, "sending/")).status_code == 422  # no server yet
    make_box(cast.acme, server)
    answer = fay.post(path_of(survey, "sending/"), {"reminders": "on"})
    assert answer.status_code == 200
    survey.refresh_from_db()
    assert (survey.settings["base"], survey.settings["reminders"]) == ("http://testserver/", True)
    assert len(server.taken) == 2
    assert received(server)[0]["List-Unsubscribe-Post"] is None  # RFC 8058 asks for https
    store.make_letters(survey.invitees.all(), "reminder")
    fay.post(path_of(survey, "sending/stop/"))
    assert not Letter.objects.filter(state="waiting").exists()
    survey.refresh_from_db()
    assert survey.settings["reminders"] is False
    closed = invited(cast.acme, 1, state="closed")
    assert fay.post(path_of(closed, "sending/")).status_code == 422


def test_the_file_for_a_mail_merge(cast) -> None:
    survey = invited(cast.acme, 0, mode="identified")
    rows = [
        Candidate("bo@example.org", "=HYPERLINK(1)"),
        Candidate("+x@example.org"),
        Candidate("c@example.org"),
    ]
    add(survey, rows)
    Invitee.objects.filter(email="c@example.org").update(answered=True, n_sent=1, state="sent")
    fay = cast.client("fay")
    answer = fay.post(path_of(survey, "file.csv"))
    assert answer["Content-Disposition"].startswith("attachment")
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["email"] for row in found] == ["'+x@example.org", "bo@example.org"]
    assert found[1]["name"] == "'=HYPERLINK(1)"
    one = survey.invitees.get(email="bo@example.org")
    assert found[1]["link"] == f"http://testserver/q/{survey.address}/i/{token_of(one)}/"
    assert (one.state, one.n_sent) == ("sent", 1)
    assert AuditEntry.objects.filter(verb="invitees_taken").count() == 1
    assert fay.post(path_of(survey, "file.csv")).status_code == 422  # nobody is left
    again = fay.post(path_of(survey, "file.csv"), {"whom": "all"}).content.decode("utf-8-sig")
    assert "c@example.org" not in again
    assert len(again.splitlines()) == 3
    assert fay.get(path_of(survey, "file.csv")).status_code == 405
    for name in ("bob", "gus", "charlie", "dora"):
        assert cast.client(name).post(path_of(survey, "file.csv")).status_code == 404
    survey.refresh_from_db()
    assert survey.settings["reminders"] is True  # it had been chosen before


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_no_file_and_no_page_tells_who_answered(mode: str, cast) -> None:
    survey = invited(cast.acme, 9, mode=mode)
    Invitee.objects.update(state="sent", n_sent=1)
    answered, declined, plain = survey.invitees.order_by("pk")[:3]
    fay = cast.client("fay")

    def seen() -> tuple[str, list[str]]:
        page = fay.get(path_of(survey)).content.decode()
        rows = re.findall(r'<tr class="invited__one.*?</tr>', page, re.DOTALL)
        listed = fay.post(path_of(survey, "file.csv"), {"whom": "all"}).content.decode("utf-8-sig")
        return "".join(re.sub(r"value=\"\d+\"", "", row) for row in rows), listed.splitlines()

    before, listed = seen()
    Invitee.objects.filter(pk=answered.pk).update(answered=True)
    after, again = seen()
    assert after == before
    assert again == listed
    decline(declined)
    rows, file = seen()
    assert rows == before
    assert len(file) == len(listed) - 1  # who declined is written to no more, whoever asks
    assert "Person 3" not in rows
    assert plain.email not in rows
    page = fay.get(path_of(survey)).content.decode()
    assert "tally__hidden" in page


# the refusal


def test_who_declines_is_asked_no_more(cast, server, noon) -> None:
    survey = invited(cast.acme, 2)
    one, other = survey.invitees.order_by("pk")
    path = f"/q/{survey.address}/i/{token_of(one)}/refusal/"
    guard = Client(enforce_csrf_checks=True)
    looked = guard.get(path)
    assert looked.status_code == 200
    assert guard.head(path).status_code == 200
    assert survey.invitees.filter(state="declined").count() == 0
    done = guard.post(path, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert set(survey.invitees.filter(state="declined")) == {one}
    assert guard.post(path).status_code == 200
    assert guard.get(path).content.decode() == done.content.decode()
    make_box(cast.acme, server)
    sending.invite(survey)
    send(cast.acme)
    assert [to for _, to, _ in server.taken] == [other.email]
    foreign = invited(cast.globex, 1)
    stranger = foreign.invitees.get()
    for wrong in (
        f"/q/{foreign.address}/i/{token_of(one)}/refusal/",
        f"/q/{survey.address}/i/{token_of(stranger)}/refusal/",
        f"/q/{survey.address}/i/{token_of(other)[:-1]}/refusal/",
        f"/q/nowhere/i/{token_of(other)}/refusal/",
    ):
        assert guard.post(wrong).status_code == 404, wrong
    assert survey.invitees.filter(state="declined").count() == 1
    assert guard.put(path).status_code == 405


def test_the_refusal_is_in_her_language(cast) -> None:
    survey = invited(cast.acme, 0)
    add(survey, [Candidate("bo@example.org", language="nl")])
    path = f"/q/{survey.address}/i/{token_of(survey.invitees.get())}/refusal/"
    page = Client(headers={"Accept-Language": "en"}).get(path)
    assert '<html lang="nl">' in page.content.decode()
    assert "Vraag me niet meer" in page.content.decode()
    assert settings.INSTALLATION.secret_key not in page.content.decode()
