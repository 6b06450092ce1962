"""Letters that come back: reports as different servers write them, and what is made of them."""

from __future__ import annotations

import datetime as dt
import email
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.web.mail_servers import ImapServer, certificate
from tests.web.test_invitees import make_survey

from verbond.web.jobs import enqueue
from verbond.web.listening import bounces, mail
from verbond.web.listening.bounces import Applied, Report, messages_in, report_of
from verbond.web.listening.invitees import Candidate, add
from verbond.web.listening.letters import message_id_of
from verbond.web.store.models import Invitee, Letter, Mailbox, Survey

ID = "<v.1f.i1.0123456789abcdef0123@example.org>"
TO = "bo@example.com"


def status_report(
    *,
    sender: str = "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
    status: str = "5.1.1",
    action: str = "failed",
    recipient: str = f"Final-Recipient: rfc822; {TO}",
    diagnostic: str = "Diagnostic-Code: smtp; 550 5.1.1 <bo@example.com>: Recipient address rejected",
    original: str = f"Message-ID: {ID}",
    part: str = "message/rfc822",
    words: str = "I'm sorry to have to inform you that your message could not be delivered.",
) -> bytes:
    """A multipart/report (RFC 3462, RFC 3464)."""
    lines = f"""\
From: {sender}
To: ask@example.org
Subject: Undelivered Mail Returned to Sender
Date: Tue, 3 Mar 2026 12:00:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

{words}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Tue, 3 Mar 2026 11:59:58 +0100

{recipient}
Action: {action}
Status: {status}
{diagnostic}

--b
Content-Type: {part}

From: ask@example.org
To: {TO}
Subject: What do you think?
{original}

Dear Bo,
--b--
"""
    return lines.replace("\n", "\r\n").encode()


POSTFIX = status_report(recipient=f"Final-Recipient: rfc822; {TO}\nOriginal-Recipient: rfc822;{TO}")
EXCHANGE = status_report(
    sender="Microsoft Outlook <MicrosoftExchange329e@example.com>",
    status="5.1.10",
    diagnostic="Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found\n"
    "X-Display-Name: Bo",
    words="Your message to bo@example.com couldn't be delivered.\nbo wasn't found at example.com.",
)
GOOGLE = status_report(
    sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    diagnostic="Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
    " 550 5.1.1 Please try double-checking",
    part="text/rfc822-headers",
)
SENDMAIL = status_report(
    recipient=f"Original-Recipient: RFC822;{TO}\nFinal-Recipient: RFC822; bo@inside.example.com\n"
    "X-Actual-Recipient: RFC822; x@y",
    diagnostic="Diagnostic-Code: SMTP; 550 5.1.1 User unknown\nLast-Attempt-Date: Tue, 3 Mar 2026 12:00:00",
)
LONG_ID = status_report(original="Message-ID:\n <v.1f.i1.0123456789abcdef0123@example.org>")
FULL = status_report(status="5.2.2", diagnostic="Diagnostic-Code: smtp; 552 5.2.2 Mailbox full")
EXPIRED = status_report(status="4.4.7", diagnostic="Diagnostic-Code: smtp; 451 4.4.7 expired")
NO_STATUS = status_report(status="", diagnostic="Diagnostic-Code: smtp; 550 5.1.1 unknown")
DELAYED = status_report(
    action="delayed", status="4.4.1", diagnostic="Will-Retry-Until: Sat, 7 Mar 2026 12:00"
)
DELIVERED = status_report(action="delivered", status="2.0.0", diagnostic="")
QMAIL = f"""\
From: MAILER-DAEMON@mx.example.net
To: ask@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{TO}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 <{TO}>: no such user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Message-ID: {ID}
To: {TO}
""".encode()
EXIM = f"""\
From: Mail Delivery System <Mailer-Daemon@mx.example.net>
To: ask@example.org
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: {TO}
Auto-Submitted: auto-replied

A message that you sent could not be delivered to one or more of its recipients.

  {TO}
    host mx.example.com [192.0.2.7] (exim 4.92.3)
    SMTP error from remote mail server after RCPT TO:<{TO}>:
    550 No such user here
""".encode()
DUTCH = f"""\
From: Postmaster <postmaster@example.com>
To: ask@example.org
Subject: Niet bezorgd: Wat vind jij?

Je bericht aan {TO} kan niet worden bezorgd. 550 5.1.1 onbekend

Message-ID: {ID}
""".encode()
AWAY = f"""\
From: Bo <{TO}>
To: ask@example.org
Subject: Automatic reply: What do you think?
Auto-Submitted: auto-replied
In-Reply-To: {ID}
X-Auto-Response-Suppress: All

I am away until 550 5.1.1 o'clock.
""".encode()
QUOTED = DUTCH.replace(
    b"Subject: Niet bezorgd: Wat vind jij?",
    b"Subject: =?utf-8?B?TmlldCBiZXpvcmdkOiDigJxXYXTigJ0=?=\nContent-Type: text/plain; charset=no-such-one",
)
AWAY_OLD = b"From: Bo <bo@example.com>\nSubject: Out of office\nX-Autoreply: yes\n\nundeliverable mood\n"
WRITTEN = f"From: Bo <{TO}>\nSubject: Re: undeliverable?\nIn-Reply-To: {ID}\n\nThanks!\n".encode()


@pytest.mark.parametrize(
    ("content", "status", "named"),
    [
        (POSTFIX, "5.1.1", (ID,)),
        (EXCHANGE, "5.1.10", (ID,)),
        (GOOGLE, "5.1.1", (ID,)),
        (SENDMAIL, "5.1.1", (ID,)),
        (LONG_ID, "5.1.1", (ID,)),
        (FULL, "5.2.2", (ID,)),
        (EXPIRED, "4.4.7", (ID,)),
        (NO_STATUS, "5.1.1", (ID,)),
        (QMAIL, "5.1.1", (ID,)),
        (EXIM, "5", ()),
        (DUTCH, "5.1.1", (ID,)),
        (QUOTED, "5.1.1", (ID,)),
    ],
)
def test_reports_of_many_servers_are_read(content: bytes, status: str, named: tuple[str, ...]) -> None:
    report = report_of(content)
    assert (report.kind, report.status, report.message_ids) == ("bounce", status, named)
    if not named:
        assert report.recipients == (TO,)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (AWAY, "reply"),
        (AWAY_OLD, "reply"),
        (WRITTEN, "other"),
        (DELAYED, "other"),
        (DELIVERED, "other"),
        (b"", "other"),
        (b"\xff\xfe\x00", "other"),
    ],
)
def test_what_says_nothing_about_an_address_is_left(content: bytes, kind: str) -> None:
    assert report_of(content).kind == kind


@given(st.binary(max_size=400), st.integers(0, len(POSTFIX)), st.integers(0, len(POSTFIX)))
def test_anything_at_all_may_be_given(noise: bytes, start: int, end: int) -> None:
    assert isinstance(report_of(noise), Report)
    assert isinstance(report_of(POSTFIX[:start] + noise + POSTFIX[end:]), Report)


class Weighed:
    """A pattern, or a function of the standard library, that keeps how much it was given."""

    def __init__(self, real: Any, given: list[int]) -> None:
        self._real, self._given = real, given

    def __call__(self, content: Any) -> Any:
        self._given.append(len(content))
        return self._real(content)

    def __getattr__(self, name: str) -> Weighed:
        return Weighed(getattr(self._real, name), self._given)


@pytest.mark.parametrize(
    "content",
    [
        lambda n: EXIM.replace(TO.encode(), b"a" * n),
        lambda n: EXIM.replace(b"Subject: ", b"Subject: " + b"=?utf-8?q?a?= " * (n // 14)),
        lambda n: b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"1." * (n // 2),
        lambda n: b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"<v." * (n // 3),
        lambda n: POSTFIX.replace(b"Final-Recipient: ", b"Final-Recipient: " + b"(" * n),
        lambda n: (
            b"Content-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: message/rfc822\n\n" * (n // 34)
        ),
    ],
    ids=["address", "subject", "numbers", "our numbers", "brackets", "parts"],
)
def test_no_message_holds_the_worker_up(
    content: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody can write to a mailbox: of twice as much no more is read."""
    given: list[int] = []
    for name in ("_STATUS", "_REPLY", "_ADDRESS", "_IDS", "_FAILED", "_DAEMONS", "decode_header"):
        monkeypatch.setattr(bounces, name, Weighed(getattr(bounces, name), given))
    parse = Weighed(email.message_from_bytes, given)
    monkeypatch.setattr(bounces.email, "message_from_bytes", parse)
    sizes = []
    for n in (900_000, 1_800_000):
        given.clear()
        report_of(content(n))
        sizes.append(sum(given))
    assert 0 < sizes[1] <= sizes[0] < 1_500_000


def test_a_file_of_many_letters_is_taken_apart() -> None:
    boxed = b"From a@b Mon Mar  2 10:00:00 2026\n" + QMAIL.replace(b"Hi.", b">From here.\n\nHi.")
    boxed += b"\n\nFrom b@c Mon Mar  2 10:00:00 2026\n" + EXIM
    one, two = messages_in(boxed)
    assert b"\nFrom here." in one
    assert report_of(one).status == "5.1.1"
    assert report_of(two).recipients == (TO,)
    assert list(messages_in(POSTFIX)) == [POSTFIX]


# what they mean


@pytest.fixture
def survey(cast) -> Survey:
    made = make_survey(cast.acme)
    add(made, [Candidate(TO), Candidate("mia@example.com")])
    Invitee.objects.update(state="sent", n_sent=1, last_sent_at=timezone.now())
    return made


def told(content: bytes, survey: Survey, email: str = TO) -> bytes:
    """A report about the invitation of somebody."""
    one = survey.invitees.get(email=email)
    Invitee.objects.filter(pk=one.pk).update(n_sent=0)
    one.n_sent = 0
    given = message_id_of(one, "invitation", "ask@example.org")
    Invitee.objects.filter(pk=one.pk).update(n_sent=1)
    return content.replace(ID.encode(), given.encode())


def states(survey: Survey) -> dict[str, str]:
    return dict(survey.invitees.values_list("email", "state"))


@pytest.mark.parametrize("content", [POSTFIX, EXCHANGE, GOOGLE, SENDMAIL, QMAIL, DUTCH, LONG_ID, NO_STATUS])
def test_an_address_that_does_not_work_gets_nothing_more(content: bytes, survey: Survey) -> None:
    Letter.objects.create(invitee=survey.invitees.get(email=TO), kind="reminder")
    applied = bounces.apply(survey.organisation, [told(content, survey)])
    assert applied == Applied(1, 1, 0, 0)
    assert states(survey) == {TO: "bounced", "mia@example.com": "sent"}
    assert not Letter.objects.filter(state="waiting").exists()
    assert bounces.apply(survey.organisation, [told(content, survey)]) == Applied(1, 0, 0, 1)


@pytest.mark.parametrize("content", [FULL, EXPIRED])
def test_a_mailbox_that_is_full_is_written_to_once_more(content: bytes, survey: Survey) -> None:
    applied = bounces.apply(survey.organisation, [told(content, survey), told(content, survey)])
    assert (applied.n_bounced, applied.n_later) == (0, 1)
    letter = Letter.objects.get()
    assert dt.timedelta(hours=23) < letter.next_try_at - timezone.now() <= dt.timedelta(days=1)
    letter.delete()
    Invitee.objects.filter(email=TO).update(n_sent=2)
    one = survey.invitees.get(email=TO)
    second = content.replace(ID.encode(), message_id_of(one, "invitation", "a@b.nl").encode())
    assert bounces.apply(survey.organisation, [second]).n_later == 0


@pytest.mark.parametrize("content", [AWAY, AWAY_OLD, WRITTEN, DELAYED, DELIVERED])
def test_an_answer_of_a_machine_changes_nothing(content: bytes, survey: Survey) -> None:
    assert bounces.apply(survey.organisation, [told(content, survey)]) == Applied(1, 0, 0, 1)
    assert states(survey) == {TO: "sent", "mia@example.com": "sent"}
    assert not Letter.objects.exists()


def test_without_a_message_id_the_address_counts_where_a_letter_went_of_late(cast, survey: Survey) -> None:
    foreign = make_survey(cast.globex)
    add(foreign, [Candidate(TO)])
    Invitee.objects.filter(survey=foreign).update(state="sent", n_sent=1, last_sent_at=timezone.now())
    assert bounces.apply(cast.acme, [EXIM]).n_bounced == 1
    assert states(foreign) == {TO: "sent"}
    Invitee.objects.filter(survey=foreign).update(last_sent_at=timezone.now() - dt.timedelta(days=20))
    assert bounces.apply(cast.globex, [EXIM]).n_bounced == 0


def test_nobody_writes_a_report_about_others(cast, survey: Survey) -> None:
    """A Message-ID that we did not make, or one of another organisation, changes nothing."""
    assert bounces.apply(cast.acme, [POSTFIX]).n_ignored == 1
    assert bounces.apply(cast.globex, [told(POSTFIX, survey)]).n_ignored == 1
    assert states(survey) == {TO: "sent", "mia@example.com": "sent"}


def test_who_answered_or_declined_stays_so(survey: Survey) -> None:
    survey.invitees.filter(email=TO).update(answered=True)
    survey.invitees.filter(email="mia@example.com").update(state="declined")
    contents = [told(POSTFIX, survey), told(POSTFIX, survey, "mia@example.com")]
    assert bounces.apply(survey.organisation, contents).n_ignored == 2
    assert states(survey) == {TO: "sent", "mia@example.com": "declined"}


def test_a_file_is_brought_on_the_page(cast, survey: Survey) -> None:
    path = f"/o/acme/surveys/{survey.pk}/invitees/returned/"
    fay = cast.client("fay")
    page = fay.post(path, {"file": SimpleUploadedFile("back.eml", told(POSTFIX, survey))})
    assert page.status_code == 200
    assert TO in page.content.decode()  # that address is to be mended
    assert states(survey)[TO] == "bounced"
    assert fay.post(path).status_code == 422
    for name in ("bob", "gus", "charlie"):
        assert cast.client(name).post(path, {}).status_code == 404


# the mailbox


@pytest.fixture
def imap(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    monkeypatch.setattr("verbond.web.jobs.transaction.on_commit", lambda act: act())
    server = ImapServer([WRITTEN, told(POSTFIX, survey), AWAY])
    monkeypatch.setattr(mail, "IMAP_PORTS", (server.port,))
    read = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": "none", "imap_user": "bo"}
    Mailbox.objects.create(
        organisation=survey.organisation, host="127.0.0.1", sender="ask@example.org",
        settings={**read, "imap_password": "secret"},
    )  # fmt: skip
    yield server
    server.close()


def test_the_mailbox_is_read_on_and_left_as_it_was(imap: ImapServer, survey: Survey) -> None:
    assert bounces.enqueue_due() == 1
    assert states(survey)[TO] == "bounced"
    box = Mailbox.objects.get()
    assert box.settings["imap_seen"] == ["7", 3]
    assert bounces.enqueue_due() == 0  # a quarter of an hour has not passed
    imap.messages.append(told(GOOGLE, survey, "mia@example.com"))
    imap.asked.clear()
    enqueue(bounces.KIND, organisation=survey.organisation)
    assert states(survey)["mia@example.com"] == "bounced"
    fetched = [text for text in imap.asked if "BODY" in text]
    assert [text.split()[2] for text in fetched] == ["4"]
    assert all("BODY.PEEK[]" in text for text in fetched)
    assert not any(verb in text for text in imap.asked for verb in ("STORE", "EXPUNGE", "SELECT"))
    imap.age, imap.messages = 8, [told(POSTFIX, survey)]  # the mailbox was made anew
    enqueue(bounces.KIND, organisation=survey.organisation)
    assert Mailbox.objects.get().settings["imap_seen"] == ["8", 1]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_mailbox_is_read_encrypted(
    security: str, survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(cert, key)
    server = ImapServer([told(POSTFIX, survey)], tls=ours, wraps=security == "tls")
    monkeypatch.setattr(mail, "IMAP_PORTS", (server.port,))
    read = {"imap_host": "localhost", "imap_port": server.port, "imap_security": security, "imap_user": "bo"}
    box = Mailbox(settings={**read, "imap_password": "secret"})
    try:
        with pytest.raises(mail.Trouble, match="CERTIFICATE_VERIFY_FAILED"):
            list(mail.read_returned(box))
        assert not any("LOGIN" in text for text in server.asked)
        trusts = ssl.create_default_context(cafile=str(cert))
        monkeypatch.setattr(mail, "_context", lambda: trusts)
        assert len(list(mail.read_returned(box))) == 1
    finally:
        server.close()


def test_what_is_too_large_is_not_fetched(imap: ImapServer, survey: Survey) -> None:
    imap.messages[:] = [b"x" * (mail.MOST_BYTES + 1), told(POSTFIX, survey)]
    enqueue(bounces.KIND, organisation=survey.organisation)
    assert [text.split()[2] for text in imap.asked if "BODY" in text] == ["2"]
    assert states(survey)[TO] == "bounced"


def test_a_mailbox_that_cannot_be_read_is_said_to_owners(imap: ImapServer, survey: Survey, cast) -> None:
    imap.password = "another"
    enqueue(bounces.KIND, organisation=survey.organisation)
    assert "not known" in Mailbox.objects.get().settings["imap_trouble"]
    page = cast.client("alice").get("/o/acme/mailbox/").content.decode()
    assert "not known" in page
    assert "secret" not in page
    imap.close()
    enqueue(bounces.KIND, organisation=survey.organisation)
    assert Mailbox.objects.get().settings["imap_trouble"]
    assert states(survey) == {TO: "sent", "mia@example.com": "sent"}
