"""Mail servers: a letter is handed over by SMTP, and what came back is read by IMAP.

An owner says which server that is. Unlike a webhook's address it may stand in the organisation's own network:
mail servers mostly do, and a company that keeps its survey in the house keeps its mail there too. What keeps
this from being a way to look around in that network: only owners may set it; only the ports of mail are
reached; where the name leads is looked up once and held to; the address at which a cloud tells its machines
their secrets is refused, as is all that is no host; a connection without encryption goes no further than this
machine; and of what the other side says no more than a line is shown.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import imaplib
import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Literal

from django.utils import timezone

from verbond.errors import OptionError
from verbond.language.lines import one_line
from verbond.web.store.models import Mailbox

__all__ = [
    "IMAP_PORTS", "PORTS", "SECURITIES", "Outcome", "Post", "Returned", "Trouble", "check_server", "is_hard",
    "read_returned",
]  # fmt: skip

PORTS = (25, 465, 587, 2525)
IMAP_PORTS = (143, 993)
SECURITIES = ("starttls", "tls", "none")
SECONDS = 15
"""For each step of a connection."""
MOST_BYTES = 1 << 20
"""Of one message that is read: a report of a letter that came back is small."""
MOST_AT_ONCE = 200
FIRST_DAYS = 14
"""So far back is read the first time."""
_MOST_SAID = 200
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_METADATA = ipaddress.ip_address("fd00:ec2::254")
_FULL = (2, 2)
"""Subject and detail of a mailbox that is full (RFC 3463): that passes."""
_SENDER = 7
"""Subject of what is about us or our words, not about whom we write to (RFC 3463: security or policy)."""

Fate = Literal["sent", "later", "bounced", "trouble", "doubt"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter that was handed over.

    Attributes
    ----------
    fate : {"sent", "later", "bounced", "trouble", "doubt"}
        Taken; refused for now; refused for good because of the address; refused because of us, so that others
        would be too; or the connection broke after all of it was there, and nobody knows.
    code : int or None
        Of the answer.
    said : str
        What the other side said, one line.
    """

    fate: Fate
    code: int | None = None
    said: str = ""


class Trouble(Exception):
    """The server cannot be used now: nothing was handed over."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(said)


# where it is


def check_server(host: str, port: int, security: str, ports: Iterable[int] | None = None) -> list[str]:
    """IP addresses of a mail server that may be reached.

    Raises
    ------
    OptionError
        If the port is no port of mail, the name leads nowhere, or to what is no host; or if the connection
        would not be encrypted and does not stay on this machine.
    """
    allowed = tuple(PORTS if ports is None else ports)
    if port not in allowed:
        raise OptionError("this is no port of mail", got=str(port), expected=", ".join(map(str, allowed)))
    if security not in SECURITIES:
        raise OptionError("unknown security", got=security, expected=", ".join(SECURITIES))
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise OptionError("this mail server cannot be found", got=host[:200]) from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        known = ipaddress.ip_address(address.partition("%")[0])
        known = getattr(known, "ipv4_mapped", None) or known
        if known.is_link_local or known.is_multicast or known.is_unspecified or known == _METADATA:
            raise OptionError("this is no address of a mail server", got=address)
        if security == "none" and not known.is_loopback:
            raise OptionError(
                "letters leave this machine encrypted only", got="none", expected="starttls or tls"
            )
    return addresses


def _connected(addresses: Iterable[str], port: int, timeout: float) -> socket.socket:
    last: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            last = error
    raise last


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Held:
    """Connects to the addresses that were looked at; the certificate is still that of the name."""

    addresses: list[str]


class _Smtp(_Held, smtplib.SMTP):
    def __init__(self, addresses: list[str], **options: Any) -> None:
        self.addresses = addresses
        super().__init__(**options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connected(self.addresses, port, timeout)


class _SmtpTls(_Smtp):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return _context().wrap_socket(plain, server_hostname=self._host)  # type: ignore[attr-defined]


# out


class Post:
    """A connection to the server through which letters go; made when the first goes, again when it breaks.

    Parameters
    ----------
    mailbox : Mailbox
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Post:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._drop()

    def ready(self) -> None:
        """Connect and sign in, where that was not done or does not last.

        Raises
        ------
        Trouble
            If it cannot be: nothing was handed over.
        """
        if self._smtp is not None:
            try:
                if self._smtp.noop()[0] == 250:
                    return
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        box = self.mailbox
        try:
            addresses = check_server(box.host, box.port, box.security)
            kind = _SmtpTls if box.security == "tls" else _Smtp
            name = box.sender.rpartition("@")[2]
            self._smtp = kind(addresses, host=box.host, port=box.port, local_hostname=name, timeout=SECONDS)
            if box.security == "starttls":
                self._smtp.starttls(context=_context())
            if box.user:
                _sign_in(self._smtp, box.user, box.password)
        except (smtplib.SMTPException, OSError, ValueError, OptionError) as error:
            self._drop()
            raise Trouble(_said_of(error)) from None

    def send(self, letter: EmailMessage, to: str) -> Outcome:
        """Hand a letter over to one address.

        Raises
        ------
        Trouble
            If the server cannot be used; the letter was not handed over.
        """
        if self._smtp is None:
            self.ready()
        assert self._smtp is not None
        try:
            for step, give in (("sender", self._smtp.mail), ("address", self._smtp.rcpt)):
                code, said = give(self.mailbox.sender if step == "sender" else to)
                if code not in (250, 251, 252):
                    self._reset()
                    return _refused(step, code, said)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Outcome("later", None, _said_of(error))
        return self._hand_over(letter)

    def _hand_over(self, letter: EmailMessage) -> Outcome:
        """The words: only from here on may the other side have the letter."""
        assert self._smtp is not None
        try:
            self._smtp.putcmd("data")
            code, said = self._smtp.getreply()
            if code != 354:
                self._reset()
                return _refused("words", code, said)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Outcome("later", None, _said_of(error))
        try:
            self._smtp.send(_with_end(letter.as_bytes()))
        except (smtplib.SMTPException, OSError) as error:  # its end did not go out
            self._drop()
            return Outcome("later", None, _said_of(error))
        try:
            code, said = self._smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Outcome("doubt", None, _said_of(error))
        return Outcome("sent", code, _line(said)) if 200 <= code < 300 else _refused("words", code, said)

    def _reset(self) -> None:
        assert self._smtp is not None
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _sign_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """The library knows no password beyond ASCII; PLAIN has UTF-8 (RFC 4616)."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    given = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = smtp.docmd("AUTH", f"PLAIN {given}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _with_end(letter: bytes) -> bytes:
    """A message as it goes over the line: CR LF, dots doubled at the start of lines (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", letter)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _refused(step: str, code: int, said: bytes) -> Outcome:
    """What a refusal means for the letter, and for the ones after it."""
    line = _line(said)
    if 400 <= code < 500:
        return Outcome("trouble" if step == "sender" or code == 421 else "later", code, line)
    status = _STATUS.search(line)
    subject = int(status[2]) if status else None
    about_us = step == "sender" or subject == _SENDER or (status is None and "relay" in line.lower())
    if about_us or (step == "words" and subject != 1) or not 500 <= code < 600:
        return Outcome("trouble", code, line)
    return Outcome("bounced" if is_hard(status[0] if status else "5") else "later", code, line)


def is_hard(status: str) -> bool:
    """Whether a status says that a letter can never be delivered there (RFC 3463).

    Examples
    --------
    >>> is_hard("5.1.1"), is_hard("4.4.1"), is_hard("5.2.2")  # unknown, not reached, mailbox full
    (True, False, False)
    """
    parts = status.split(".")
    passes = len(parts) == 3 and parts[1:] == [str(one) for one in _FULL]
    return parts[0] == "5" and not passes


def _line(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(text)[:_MOST_SAID]


def _said_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _line(f"{error.smtp_code} {_line(error.smtp_error)}")
    return _line(f"{type(error).__name__}: {error}" if not isinstance(error, OptionError) else str(error))


# back


@dataclass(frozen=True, slots=True)
class Returned:
    """A message in the mailbox.

    Attributes
    ----------
    uid : int
        Its number there.
    content : bytes
    """

    uid: int
    content: bytes


def read_returned(box: Mailbox) -> Iterator[Returned]:
    """Messages that came since the last time; they stay where they are, as unread as they were.

    `box.settings["imap_seen"]` says up to where was read; who calls saves it.

    Raises
    ------
    Trouble
        If the mailbox cannot be read.
    """
    given = box.settings
    try:
        with _imap(given) as imap:
            _ok(imap.login(given["imap_user"], given["imap_password"]))
            _ok(imap.select("INBOX", readonly=True))
            age = (imap.response("UIDVALIDITY")[1] or [b""])[0] or b""
            known_age, last = given.get("imap_seen", ["", 0])
            last = last if known_age == age.decode() else 0
            since = f"{timezone.now() - dt.timedelta(days=FIRST_DAYS):%d-%b-%Y}"
            found = _ok(imap.uid("SEARCH", *(("UID", f"{last + 1}:*") if last else ("SINCE", since))))
            uids = sorted(n for n in map(int, (found[0] or b"").split()) if n > last)  # N:* has the last too
            for uid in uids[:MOST_AT_ONCE]:
                content = _fetched(imap, uid)
                if content:
                    yield Returned(uid, content)
                given["imap_seen"] = [age.decode(), uid]
    except (imaplib.IMAP4.error, OSError, ValueError, KeyError, OptionError) as error:
        raise Trouble(_said_of(error)) from None


@contextlib.contextmanager
def _imap(given: dict[str, Any]) -> Iterator[imaplib.IMAP4]:
    host, port = given["imap_host"], int(given["imap_port"])
    security = given.get("imap_security", "tls")
    addresses = check_server(host, port, security, IMAP_PORTS)

    class Connection(imaplib.IMAP4):
        def _create_socket(self, timeout: float | None) -> socket.socket:
            plain = _connected(addresses, port, SECONDS)
            return _context().wrap_socket(plain, server_hostname=host) if security == "tls" else plain

    imap = Connection(host, port, timeout=SECONDS)
    try:
        if security == "starttls":
            imap.starttls(_context())
        yield imap
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            imap.logout()


def _fetched(imap: imaplib.IMAP4, uid: int) -> bytes:
    """A message, without marking it as read; nothing where it is too large to be a report."""
    stated = b" ".join(_flat(_ok(imap.uid("FETCH", str(uid), "(RFC822.SIZE)"))))
    size = re.search(rb"RFC822\.SIZE (\d+)", stated)
    if size is None or int(size[1]) > MOST_BYTES:
        return b""
    parts = _ok(imap.uid("FETCH", str(uid), "(BODY.PEEK[])"))
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


def _flat(parts: list[Any]) -> Iterator[bytes]:
    for part in parts:
        yield from part if isinstance(part, tuple) else [part or b""]


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(_line(b" ".join(one for one in answer[1] if isinstance(one, bytes))))
    return answer[1]
