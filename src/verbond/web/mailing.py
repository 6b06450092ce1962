"""A message of the application's own: plain words, what is attached, and no header that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from django.utils import timezone

from verbond.results import Language
from verbond.web.listening.letters import header_line, sound
from verbond.web.store.models import Mailbox

__all__ = ["Attached", "message_of"]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a message.

    Attributes
    ----------
    name : str
    kind : str
        Its media type.
    content : bytes
    """

    name: str
    kind: str
    content: bytes


def message_of(
    box: Mailbox,
    to: tuple[str, str],
    subject: str,
    text: str,
    language: Language,
    *,
    sender_name: str = "",
    headers: Mapping[str, str] | None = None,
    attached: tuple[Attached, ...] = (),
) -> EmailMessage:
    """A message to somebody.

    Parameters
    ----------
    box : Mailbox
        Who sends it.
    to : tuple of str
        Name and address.
    subject, text : str
    language : {"en", "nl"}
    sender_name : str
        Where the mailbox has none.
    headers : mapping, optional
        Further ones, each a single line.
    attached : tuple of Attached

    Raises
    ------
    ValueError
        If a name or a subject would make a header more.
    """
    name, address = to
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(header_line(box.sender_name or sender_name), addr_spec=box.sender)
    message["To"] = Address(header_line(name), addr_spec=address)
    message["Subject"] = header_line(subject)
    message["Date"] = timezone.now()
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    for header, value in (headers or {}).items():
        message[header] = value
    message.set_content(text.rstrip() + "\n", cte="quoted-printable")
    for one in attached:
        major, _, minor = one.kind.partition("/")
        message.add_attachment(one.content, maintype=major, subtype=minor, filename=one.name)
    return sound(message)
