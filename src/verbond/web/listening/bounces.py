"""Letters that come back: what the other side reports, and what it means for who was asked.

A report is a message with a part of type message/delivery-status (RFC 3464); where a server still writes only
words, the status in them counts. Whose letter it was stands in the Message-ID of the letter that is attached,
which we can check; where it is not attached, the address to which it could not be delivered.

Everybody can write to a mailbox. So a report whose Message-ID we made counts always; one with an address only
where a letter went there of late, and only as far as that nothing more is sent.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any

from django.utils import timezone

from verbond.results import ProgressFunction
from verbond.web.jobs import enqueue
from verbond.web.listening.letters import read_message_id
from verbond.web.listening.mail import Trouble, is_hard, read_returned
from verbond.web.store import letters as store
from verbond.web.store.models import Invitee, Job, Letter, Mailbox, Organisation, Survey

__all__ = ["KIND", "Applied", "Report", "apply", "enqueue_due", "messages_in", "read_bounces", "report_of"]

KIND = "bounces"
EVERY_MINUTES = 15
RECENT_DAYS = 14
"""So long after the last letter a report counts that has nothing but an address."""
MOST_MESSAGES = 5000
"""Of a file that is brought."""
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d[ -](?:#?(\1\.\d{1,3}\.\d{1,3})(?!\.?\d))?")
_ADDRESS = re.compile(r"[^\s<>\"';,:()\[\]@]{1,64}@[^\s<>\"';,:()\[\]@]{1,255}")
_IDS = re.compile(r"<v\.[0-9a-f]{1,16}\.[ir]\d{1,4}\.[0-9a-f]{20}@[^>\s]{1,255}>")
_DAEMONS = re.compile(
    r"^(mailer-daemon|postmaster|mail delivery|microsoft outlook|mdaemon|double-bounce)", re.I
)
_FAILED = re.compile(
    r"undeliver|delivery (status|failure|has failed)|returned mail|failure notice|not delivered"
    r"|delivery notification|niet (be|af)gelever|onbestelbaar|kan niet worden (be|af)geleverd",
    re.I,
)
_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
_MOST_READ, _MOST_TEXT, _MOST_HEADER = 400_000, 200_000, 1000
"""Bytes of a message, and characters of its words and of one header, that are looked at."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one message says about letters that could not be delivered.

    Attributes
    ----------
    kind : {"bounce", "reply", "other"}
        A report of delivery; an answer that a machine gave, which says nothing; anything else.
    status : str
        As RFC 3463 has it, "5.1.1"; only its class where no more is said; "" where nothing is.
    message_ids : tuple of str
        Of our letters that it names.
    recipients : tuple of str
        Addresses to which it could not be delivered.
    """

    kind: str
    status: str = ""
    message_ids: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of reports.

    Attributes
    ----------
    n : int
        Messages that were read.
    n_bounced : int
        Who is not written to any more.
    n_later : int
        Letters that go once more later.
    n_ignored : int
        Answers of machines, other messages, and reports of letters that are not ours.
    """

    n: int = 0
    n_bounced: int = 0
    n_later: int = 0
    n_ignored: int = 0


# reading


def report_of(content: bytes) -> Report:
    """What a message reports; anything at all may be given."""
    try:
        return _report(email.message_from_bytes(content[:_MOST_READ]), content)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, IndexError, AssertionError):
        return Report("other")  # the parser of the standard library fails on some of what people make up


def _report(message: Message, content: bytes) -> Report:
    statuses = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    named = tuple(dict.fromkeys(_IDS.findall(_shown(content))))
    if statuses:
        return _of_statuses(statuses, named)
    said = str(message.get("Auto-Submitted", "")).strip().lower()
    subject = _spelled(message.get("Subject", ""))
    name, address = parseaddr(_spelled(message.get("From", "")))
    from_daemon = bool(_DAEMONS.match(address) or _DAEMONS.match(name))
    failed = message.get("X-Failed-Recipients")
    if not failed and not (from_daemon and (_FAILED.search(subject) or named)):
        machine = (
            said not in ("", "no") or message.get("X-Autoreply") or message.get("X-Auto-Response-Suppress")
        )
        return Report("reply" if machine else "other")
    return _of_words(message, named, str(failed or ""))


def _spelled(header: Any) -> str:
    """The words of a header, those beyond ASCII too (RFC 2047)."""
    text = str(header)[:_MOST_HEADER]
    with contextlib.suppress(HeaderParseError, UnicodeError, LookupError):
        return str(make_header(decode_header(text)))
    return text


def _of_statuses(parts: list[Message], named: tuple[str, ...]) -> Report:
    """Fields for each recipient (RFC 3464, 2.3); the worst of their statuses counts."""
    statuses, recipients = [], []
    for part in parts:
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            action = str(block.get("Action", "")).strip().lower()
            if action not in ("failed", "") or not block.get("Final-Recipient"):
                continue  # who is late still tries: another letter would be one too many
            found = _STATUS.search(str(block.get("Status", "")))
            found = found or _STATUS.search(str(block.get("Diagnostic-Code", "")))
            statuses.append(found[1] if found else "5")
            for field in ("Original-Recipient", "Final-Recipient"):
                recipients += _ADDRESS.findall(str(block.get(field, ""))[:_MOST_HEADER])
    if not statuses:
        return Report("other")
    return Report("bounce", max(statuses, key=is_hard), named, _lower(recipients))


def _of_words(message: Message, named: tuple[str, ...], failed: str) -> Report:
    """Where only words are there: the first status in them, or the first code of SMTP."""
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    body = next(texts, None)
    text = _text_of(body) if body is not None else ""
    found, reply = _STATUS.search(text), _REPLY.search(text)
    status = (reply[2] or reply[1]) if reply else (found[1] if found else "")
    recipients = _ADDRESS.findall(failed) or (_ADDRESS.findall(text)[:1] if not named else [])
    return Report("bounce", status, named, _lower(recipients))


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content[:_MOST_TEXT].decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content[:_MOST_TEXT].decode("latin-1")


def _shown(content: bytes) -> str:
    """The bytes of a message in which a Message-ID may stand, its folded and quoted lines joined."""
    text = content[:_MOST_TEXT].decode("ascii", "replace")
    return re.sub(r"=\r?\n|\r?\n[ \t]+", "", text.replace("=3C", "<").replace("=3E", ">").replace("=40", "@"))


def _lower(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip(".").lower() for one in addresses))


def messages_in(content: bytes) -> Iterator[bytes]:
    """The messages of a file: one (.eml), or many, each behind a line that begins with "From " (.mbox).

    Examples
    --------
    >>> len(list(messages_in(b"From a Mon\\nSubject: x\\n\\nhi\\n\\nFrom b Tue\\nSubject: y\\n\\nho\\n")))
    2
    """
    if not content.startswith(b"From "):
        yield content
        return
    for one in re.split(rb"(?:\A|\r?\n\r?\n)From [^\r\n]*\r?\n", content, maxsplit=MOST_MESSAGES)[1:]:
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", one)


# what it means


def apply(organisation: Organisation, contents: Iterable[bytes], now: dt.datetime | None = None) -> Applied:
    """Read reports and write down what they mean for who was asked."""
    now = now or timezone.now()
    n = n_bounced = n_later = n_ignored = 0
    for content in contents:
        n += 1
        report = report_of(content)
        people = _people(organisation, report, now) if report.kind == "bounce" else []
        fates = [_take_in(one, report, now) for one in people]
        n_bounced += fates.count("bounced")
        n_later += fates.count("later")
        n_ignored += not any(fates)
    return Applied(n, n_bounced, n_later, n_ignored)


def _people(organisation: Organisation, report: Report, now: dt.datetime) -> list[Invitee]:
    """Whose letters came back; nobody of another organisation."""
    ours = [one for text in report.message_ids if (one := read_message_id(text)) is not None]
    ours = [one for one in ours if one.survey.organisation_id == organisation.pk]
    if ours or report.message_ids:
        return ours
    rows = Invitee.objects.filter(
        survey__organisation=organisation,
        survey__state=Survey.State.OPEN,
        email__in=report.recipients,
        last_sent_at__gte=now - dt.timedelta(days=RECENT_DAYS),
    )
    return list(rows.select_related("survey__organisation"))


def _take_in(invitee: Invitee, report: Report, now: dt.datetime) -> str:
    """What a report changes: "bounced", "later" or nothing."""
    if invitee.state not in (Invitee.State.LISTED, Invitee.State.SENT) or invitee.answered:
        return ""
    if is_hard(report.status):
        store.mark_bounced(invitee)
        Letter.objects.filter(invitee=invitee).exclude(state=Letter.State.FAILED).update(
            state=Letter.State.FAILED, said=report.status
        )
        return "bounced"
    return "later" if report.status.startswith(("4", "5")) and _again(invitee, now) else ""


def _again(invitee: Invitee, now: dt.datetime) -> bool:
    """Let a letter that could not be delivered for now go once more, a day later, and then no more."""
    if (
        invitee.n_sent > 1
        or Letter.objects.filter(invitee=invitee, state__in=("waiting", "sending")).exists()
    ):
        return False
    later = now + dt.timedelta(days=1)
    Letter.objects.create(invitee=invitee, kind=Letter.Kind.INVITATION, n_tries=1, next_try_at=later)
    return True


# the mailbox


def read_bounces(job: Job, progress: ProgressFunction) -> None:
    """Read what came back into an organisation's mailbox; doing it again reads on."""
    organisation = job.organisation
    assert organisation is not None
    box = store.mailbox_of(organisation)
    if box is None or not box.settings.get("imap_host"):
        return
    trouble = ""
    try:
        apply(organisation, (one.content for one in read_returned(box)))
    except Trouble as error:
        trouble = error.said
    changed = {"imap_trouble": trouble, "imap_read_at": timezone.now().isoformat()}
    if "imap_seen" in box.settings:
        changed["imap_seen"] = box.settings["imap_seen"]
    now = Mailbox.objects.get(pk=box.pk)  # an owner may have changed it meanwhile
    now.settings = {**now.settings, **changed}
    now.save(update_fields=["settings"])


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job read the mailbox of each organisation that waits for answers, every now and then."""
    now, n = now or timezone.now(), 0
    before = now - dt.timedelta(minutes=EVERY_MINUTES)
    for box in Mailbox.objects.select_related("organisation"):
        read_at = box.settings.get("imap_read_at")
        if not box.settings.get("imap_host") or (read_at and dt.datetime.fromisoformat(read_at) > before):
            continue
        asked = Invitee.objects.filter(survey__organisation=box.organisation, survey__state=Survey.State.OPEN)
        if asked.filter(n_sent__gt=0).exists():
            enqueue(KIND, organisation=box.organisation)
            n += 1
    return n
