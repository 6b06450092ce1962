"""Letters: their words, in the language of whom they go to, and the message that is made of them.

What who asks may write is subject and body. What is promised about anonymity, whom one may ask, and the way
never to be asked again stand below in our words, in every letter. Nothing in a letter tells us whether it was
opened: it has no picture, and its only links are the questionnaire and the refusal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.urls import reverse
from django.utils import timezone

from verbond.language.lines import one_line
from verbond.listen import Questionnaire
from verbond.results import LANGUAGES, Language, sentence
from verbond.results.wording import format_value
from verbond.web.listening.invitees import token_of
from verbond.web.store.models import Invitee, Mailbox, Survey

__all__ = [
    "KINDS",
    "PLACEHOLDERS",
    "Words",
    "address_in",
    "default_words",
    "header_line",
    "kept_words",
    "language_of",
    "letter_of",
    "link_of",
    "message_id_of",
    "read_message_id",
    "refusal_link_of",
    "sound",
    "spoken_in",
    "told",
    "unknown_placeholders",
]  # fmt: skip

KINDS = ("invitation", "reminder")
PLACEHOLDERS = ("name", "company", "link", "last_day", "minutes")
_PLACE = re.compile(r"\{(\w*)\}")
_MESSAGE_ID = re.compile(r"<?v\.([0-9a-f]{1,16})\.([ir])(\d{1,4})\.([0-9a-f]{20})@")
_ENGLISH: Language = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body of a letter, with placeholders.

    Attributes
    ----------
    subject : str
        One line.
    body : str
        Paragraphs with an empty line between them.
    """

    subject: str
    body: str


# words


def spoken_in(survey: Survey) -> tuple[Language, ...]:
    """The languages in which a survey can be asked."""
    return Questionnaire.from_json(survey.questionnaire).languages or LANGUAGES


def language_of(invitee: Invitee, spoken: tuple[Language, ...]) -> Language:
    """The language of a letter to somebody: hers, where the survey is asked in it."""
    return next((code for code in spoken if code == invitee.language), spoken[0])


def default_words(survey: Survey, kind: str, language: Language) -> Words:
    """What a letter says where nobody wrote anything else."""
    asked = Questionnaire.from_json(survey.questionnaire)
    title = asked.title.say(language).strip() or survey.name
    purpose = str(survey.purpose.get(language, "")).strip()
    subject = title if kind == "invitation" else _said("reminder_subject", language, title=title)
    return Words(
        header_line(subject), _said(f"{kind}_body", language, purpose=purpose).replace("\n\n\n\n", "\n\n")
    )


def kept_words(survey: Survey, kind: str, language: Language) -> Words:
    """What a letter of a survey says."""
    kept = survey.settings.get("letters", {}).get(kind, {}).get(language)
    return Words(kept["subject"], kept["body"]) if kept else default_words(survey, kind, language)


def unknown_placeholders(text: str) -> list[str]:
    """Placeholders in a text that stand for nothing.

    Examples
    --------
    >>> unknown_placeholders("Dear {name}, {first_name} {}")
    ['{first_name}', '{}']
    """
    return [f"{{{name}}}" for name in _PLACE.findall(text) if name not in PLACEHOLDERS]


def told(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled; a value that holds braces is not filled again.

    A line that asks for a last day or minutes which are not known is left out; a name that is not known goes
    with the space before it.

    Examples
    --------
    >>> told("Dear {name},\\n\\nUntil {last_day}.\\n\\nBye", {"name": "", "last_day": ""})
    'Dear,\\n\\nBye'
    """
    lines = [
        line.rstrip()
        for line in text.replace("\r\n", "\n").split("\n")
        if not any(f"{{{one}}}" in line and not values.get(one) for one in ("last_day", "minutes"))
    ]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    if not values.get("name"):
        joined = re.sub(r" ?\{name\}", "", joined)
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), joined).strip()


def _said(code: str, language: Language, **values: Any) -> str:
    """A sentence of ours in which placeholders of letters still stand."""
    kept = {name: f"{{{name}}}" for name in PLACEHOLDERS}
    return sentence(f"web_letters.{code}", language, **{**kept, **values})


def header_line(text: str) -> str:
    """Words for a header: no new line in them, neither as it stands nor as an encoded word (RFC 2047)."""
    return one_line(text.replace("=?", "= ?"))


# links


def link_of(invitee: Invitee, base: str) -> str:
    """Where somebody answers; nobody else has this address."""
    return _at(base, f"/q/{invitee.survey.address}/i/{token_of(invitee)}/")


def refusal_link_of(invitee: Invitee, base: str) -> str:
    """Where somebody says that she does not want to be asked again."""
    return _at(base, reverse("refusal_of_invitee", args=(invitee.survey.address, token_of(invitee))))


def _at(base: str, path: str) -> str:
    return base.rstrip("/") + path


# the message


def letter_of(
    invitee: Invitee,
    kind: str,
    box: Mailbox,
    *,
    base: str,
    words: Words | None = None,
    language: Language | None = None,
) -> EmailMessage:
    """The message to somebody.

    Parameters
    ----------
    invitee : Invitee
        With her survey.
    kind : {"invitation", "reminder"}
    box : Mailbox
        Who sends it.
    base : str
        Where the application is reached.
    words, language
        Those of the survey, and hers, where not given.
    """
    survey = invitee.survey
    language = language or language_of(invitee, spoken_in(survey))
    words = words or kept_words(survey, kind, language)
    link, refusal = link_of(invitee, base), refusal_link_of(invitee, base)
    values = _values(invitee, language) | {"link": link}
    body = words.body if "{link}" in words.body else words.body + "\n\n{link}"
    subject = header_line(told(words.subject, {**values, "link": ""}))
    foot = _foot(survey, language)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(header_line(box.sender_name or survey.company), addr_spec=box.sender)
    message["To"] = Address(header_line(invitee.name), addr_spec=invitee.email)
    message["Subject"] = subject
    message["Date"] = timezone.now()
    message["Message-ID"] = message_id_of(invitee, kind, box.sender)
    message["Auto-Submitted"] = "auto-generated"
    if contact := address_in(survey.contact):
        message["Reply-To"] = contact
    message["List-Unsubscribe"] = f"<{refusal}>"
    if urlsplit(refusal).scheme == "https":  # RFC 8058 knows no other
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    stop = sentence("web_letters.foot_refusal", language, company=survey.company)
    text = "\n\n".join((told(body, values), "-- \n" + "\n".join(foot), f"{stop}\n{refusal}"))
    message.set_content(text + "\n", cte="quoted-printable")
    message.add_alternative(
        _html(subject, body, values, foot, (stop, refusal), language), subtype="html", cte="quoted-printable"
    )
    message["Content-Language"] = language
    return sound(message)


def sound(message: EmailMessage) -> EmailMessage:
    """The message, if what is sent has the headers that were set and no others.

    Raises
    ------
    ValueError
        If a name or a subject made one more: the library unfolds what looks like an encoded word.
    """
    sent = BytesHeaderParser(policy=SMTP).parsebytes(message.as_bytes())
    if sent.keys() != message.keys():
        raise ValueError("somebody wrote headers")
    return message


def _values(invitee: Invitee, language: Language) -> dict[str, str]:
    from verbond.listen.effort import minutes

    survey = invitee.survey
    last = survey.settings.get("last_day") or ""
    asked = Questionnaire.from_json(survey.questionnaire)
    return {
        "name": invitee.name,
        "company": survey.company,
        "last_day": format_value(dt.date.fromisoformat(last), "date", language) if last else "",
        "minutes": str(minutes(asked, language)),
    }


def _foot(survey: Survey, language: Language) -> list[str]:
    """What is true of every letter of a survey, whatever somebody wrote above it."""
    foot = [sentence(f"web_letters.foot_{survey.mode}", language, company=survey.company)]
    if survey.contact.strip():
        foot.append(sentence("web_letters.foot_contact", language, contact=survey.contact.strip()))
    return foot


def _html(
    subject: str,
    body: str,
    values: Mapping[str, str],
    foot: list[str],
    stop: tuple[str, str],
    language: Language,
) -> str:
    """The same words as HTML: paragraphs and links, no style, nothing to fetch."""
    mark = "\ue000"
    opens = escape(sentence("web_letters.open_link", language))
    link = f'<a href="{escape(values["link"])}">{opens}</a>'
    paragraphs = escape(told(body, {**values, "link": mark})).replace(mark, link).split("\n\n")
    inside = "".join(f"<p>{one.strip().replace(chr(10), '<br>')}</p>\n" for one in paragraphs)
    below = "<br>".join(map(escape, foot))
    end = f'<a href="{escape(stop[1])}">{escape(stop[0].rstrip(":"))}</a>'
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head><body>\n{inside}<hr>\n<p><small>{below}<br>{end}</small></p>\n</body></html>\n"
    )


def address_in(contact: str) -> str:
    """An address, where that is all that stands there and a header can hold it; else nothing."""
    try:
        EmailValidator()(contact.strip())
        contact.encode("ascii")
    except (ValidationError, UnicodeError):
        return ""
    return contact.strip()


# the name of a message


def message_id_of(invitee: Invitee, kind: str, sender: str) -> str:
    """The Message-ID of the next letter to somebody: the same at each try, and known when it returns.

    Nothing has to be kept for that: it says whose it is, and its last part that we made it.
    """
    which = f"{kind[0]}{invitee.n_sent + 1}"
    return f"<v.{invitee.number:x}.{which}.{_mac(invitee, which)}@{sender.rpartition('@')[2]}>"


def read_message_id(text: str) -> Invitee | None:
    """To whom the letter with this Message-ID went; None where we did not make it."""
    found = _MESSAGE_ID.search(text)
    if found is None:
        return None
    rows = Invitee.objects.select_related("survey__organisation").filter(number=int(found[1], 16))
    for one in rows:
        if hmac.compare_digest(_mac(one, found[2] + found[3]), found[4]):
            return one
    return None


def _mac(invitee: Invitee, which: str) -> str:
    text = f"verbond.letter|{invitee.survey_id}|{invitee.number}|{which}"
    return hmac.new(settings.INSTALLATION.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()[:20]
