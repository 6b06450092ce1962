"""Messages of mail files: .eml (one) and .mbox (many), read by the standard library."""

from __future__ import annotations

import email
import email.policy
import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

from verbond.errors import NotFoundError, ReadError

__all__ = ["LONGEST_MAIL", "Mail", "read_mails"]

LONGEST_MAIL = 25 * 2**20
"""Bytes of one mail that are read."""
_MOST_PARTS = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail.

    Attributes
    ----------
    text : str
        Its body as it came, plain where there is such a part, else HTML; give it to `clean`.
    occurred_at : datetime, optional
        When it was sent, where it says so.
    subject : str
        Its subject; may name somebody, so `mask` it.
    speaker : str
        Always "unknown": who of the two wrote it does not show from a mail.
    """

    text: str
    occurred_at: datetime | None
    subject: str
    speaker: str = "unknown"


def read_mails(path: str | Path) -> tuple[Mail, ...]:
    """The mails of a file.

    Parameters
    ----------
    path : str or Path
        .eml with one mail or .mbox with many; told apart by what stands in it.

    Returns
    -------
    tuple of Mail
        In the file's order; attachments are not read, nor what goes past 25 MB of one mail.

    Raises
    ------
    NotFoundError
        There is no such file.
    ReadError
        It is no mail, or its parts stand too deep within each other.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError("there is no such file", got=str(path))
    try:
        found = tuple(_mail(message) for message in _messages(path))
    except RecursionError:
        raise ReadError(
            "the parts of a mail stand too deep within each other", file=path.name, expected="a mail as sent"
        ) from None
    if not found:
        raise ReadError("there is no mail in it", file=path.name, expected="an .eml or .mbox file")
    return found


def _messages(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        head = file.read(5)
        if head != b"From ":
            file.seek(0)
            message = email.message_from_bytes(file.read(LONGEST_MAIL), policy=email.policy.compat32)
            if message.keys():
                yield message
            return
    box = mailbox.mbox(path, factory=None, create=False)
    try:
        for key in range(len(box)):
            with box.get_file(key) as one:
                yield email.message_from_bytes(one.read(LONGEST_MAIL), policy=email.policy.compat32)
    finally:
        box.close()


def _mail(message: Message) -> Mail:
    plain, markup = _bodies(message)
    return Mail(plain if plain.strip() else markup, _sent(message), _header(message, "Subject"))


def _bodies(message: Message) -> tuple[str, str]:
    """The plain parts and the HTML parts, those that are no attachment."""
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    ahead: list[Message] = [message]
    for _ in range(_MOST_PARTS):
        if not ahead:
            break
        part = ahead.pop()
        inner = part.get_payload()
        if isinstance(inner, list):
            if part.get_content_type() != "message/rfc822":
                ahead += [one for one in reversed(inner) if isinstance(one, Message)]
        elif part.get_content_type() in texts and part.get_content_disposition() != "attachment":
            texts[part.get_content_type()].append(_decoded(part))
    return "\n".join(texts["text/plain"]), "\n".join(texts["text/html"])


def _decoded(part: Message) -> str:
    """The text of a part, whatever it says of its own characters."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return str(content or "")
    for charset in (part.get_content_charset(), "utf-8"):
        try:
            return content.decode(charset or "utf-8")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _header(message: Message, name: str) -> str:
    from email.header import decode_header, make_header

    raw = str(message.get(name, ""))[:2_000]
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (LookupError, ValueError):
        return " ".join(raw.split())


def _sent(message: Message) -> datetime | None:
    try:
        return parsedate_to_datetime(str(message["Date"])) if message["Date"] else None
    except (TypeError, ValueError, OverflowError):
        return None
