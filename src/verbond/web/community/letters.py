"""What goes to members by mail: the invitation, and the answer to an idea.

Nothing in them tells us whether they were opened; below each stands the way never to be asked again.
"""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from verbond.results import Language, sentence
from verbond.web.community.members import link_of, refusal_link_of
from verbond.web.listening.letters import address_in
from verbond.web.mailing import message_of
from verbond.web.store.models import CommunityMember, Idea, Mailbox

__all__ = ["answer_to", "invitation_to", "language_of"]


def language_of(member: CommunityMember) -> Language:
    """The language of a letter to somebody: hers, else the community's."""
    return "nl" if (member.language or member.community.language) == "nl" else "en"


def invitation_to(member: CommunityMember, box: Mailbox, *, base: str) -> EmailMessage:
    """The letter that asks somebody into the community."""
    one, language = member.community, language_of(member)
    text = _said(
        "letter_invitation",
        language,
        company=one.company,
        intro=one.intro.strip(),
        link=link_of(member, base),
    ).replace("\n\n\n\n", "\n\n")
    subject = _said("letter_invitation_subject", language, company=one.company)
    return _letter(member, box, subject, text, base, f"invitation|{member.number}")


def answer_to(idea: Idea, box: Mailbox, *, base: str) -> EmailMessage:
    """The letter that brings the answer to an idea, with what is done with it."""
    member = idea.member
    language, company = language_of(member), member.community.company
    text = _said(
        "letter_answer", language, company=company, idea=_quoted(idea.text), answer=idea.answer,
        outcome=_said(f"outcome_{idea.outcome}_told", language, company=company), link=link_of(member, base),
    )  # fmt: skip
    subject = _said("letter_answer_subject", language, company=company)
    at = idea.answered_at.isoformat() if idea.answered_at else ""
    return _letter(member, box, subject, text, base, f"answer|{idea.pk}|{at}")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _letter(
    member: CommunityMember, box: Mailbox, subject: str, text: str, base: str, which: str
) -> EmailMessage:
    language, one = language_of(member), member.community
    refusal = refusal_link_of(member, base)
    greeting = _said("letter_dear" if member.name else "letter_hello", language, name=member.name)
    foot = [_said("letter_foot", language, company=one.company)]
    if one.contact.strip():
        foot.append(_said("letter_contact", language, contact=one.contact.strip()))
    stop = f"{_said('letter_stop', language)}\n{refusal}"
    made = hashlib.sha256(f"{one.pk}|{member.number}|{which}".encode()).hexdigest()[:24]
    headers = {
        "Message-ID": f"<c.{made}@{box.sender.rpartition('@')[2]}>",
        "List-Unsubscribe": f"<{refusal}>",
    }
    if contact := address_in(one.contact):
        headers["Reply-To"] = contact
    if urlsplit(refusal).scheme == "https":  # RFC 8058 knows no other
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body = "\n\n".join((greeting, text, "-- \n" + "\n".join(foot), stop))
    return message_of(
        box, (member.name, member.email), subject, body, language, sender_name=one.company, headers=headers
    )


def _said(code: str, language: Language, **values: Any) -> str:
    return sentence(f"web_community.{code}", language, **values)
