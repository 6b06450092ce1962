"""Whom a survey asks by name: each gets a link of her own that works once.

The token of a link is made anew from the installation's secret whenever it is needed, and stands nowhere;
the row has its hash. It opens one survey, for one purpose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction

from verbond.results import Reason
from verbond.web.listening import reaching
from verbond.web.people import tokens
from verbond.web.store.models import Invitee, Letter, Survey

__all__ = [
    "PURPOSE", "Added", "Candidate", "Refused", "add", "checked", "decline", "find", "mask", "remove",
    "renew", "token_of",
]  # fmt: skip

PURPOSE = "invitee"
"""Of the tokens."""
LONGEST_NAME, LONGEST_ADDRESS = 120, 254
LANGUAGES = {
    "nl": ("nl", "nld", "dut", "dutch", "nederlands"),
    "en": ("en", "eng", "english", "engels"),
}
_LANGUAGE_OF = {word: code for code, words in LANGUAGES.items() for word in words}
_AT_ONCE = 500
_is_address = EmailValidator()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked.

    Attributes
    ----------
    email : str
    name, department : str
    language : str
        A code or a name of a language; one that we do not speak is left out.
    customer : str
        Of a customer: her pseudonym in the archive.
    segments : mapping
        Attribute -> value.
    line : int
        Where she stood in the list; 0 where there was none.
    """

    email: str
    name: str = ""
    department: str = ""
    language: str = ""
    customer: str = ""
    segments: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken, and why.

    Attributes
    ----------
    line : int
    reason : Reason
    """

    line: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a list: every line is in one of these.

    Attributes
    ----------
    n : int
        Who are asked from now on.
    n_double : int
        Lines with an address that stood higher in the list.
    n_known : int
        Lines with an address that was on the survey's list already.
    n_declined : int
        Lines with an address that does not want to be asked; nobody is told which.
    refused : tuple of Refused
    """

    n: int = 0
    n_double: int = 0
    n_known: int = 0
    n_declined: int = 0
    refused: tuple[Refused, ...] = ()

    @property
    def n_lines(self) -> int:
        """All lines."""
        return self.n + self.n_double + self.n_known + self.n_declined + len(self.refused)


# links


def token_of(invitee: Invitee) -> str:
    """The token of somebody's personal link: 43 characters."""
    return _token(invitee.survey_id, invitee.number)


def _token(survey_id: Any, number: int) -> str:
    text = f"verbond.invitee|{survey_id}|{number}"
    made = hmac.new(settings.INSTALLATION.secret_key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def find(token: str, survey: Survey | None = None) -> Invitee | None:
    """Whose link this is, with her survey and its organisation; None where it is nobody's.

    Parameters
    ----------
    token : str
    survey : Survey, optional
        The one in whose address the token stands: a token of another survey is nobody's there.
    """
    rows = Invitee.objects.select_related("survey__organisation")
    if survey is not None:
        rows = rows.filter(survey=survey)
    found = rows.filter(token_hash=tokens.hashed(PURPOSE, token)).first()
    return found if found is not None and hmac.compare_digest(token_of(found), token) else None


# the list


def checked(given: Candidate) -> Candidate | Reason:
    """A candidate in the form that is kept, or why she is not taken.

    Examples
    --------
    >>> checked(Candidate(" Bo@Example.ORG ", name="Bo\\r\\nBcc: x")).email
    'bo@example.org'
    >>> checked(Candidate("bo at example.org")).code
    'web_letters.refused_address'
    """
    email = given.email.strip().lower()
    if not email:
        return Reason("web_letters.refused_empty")
    local, _, domain = email.rpartition("@")
    try:
        email = f"{local}@{domain.encode('idna').decode()}"
        _is_address(email)
        email.encode("ascii")
    except (UnicodeError, ValidationError):
        return Reason("web_letters.refused_address", {"given": _plain(given.email)[:80]})
    name, department = _plain(given.name), _plain(given.department)
    if len(email) > LONGEST_ADDRESS or max(len(name), len(department)) > LONGEST_NAME:
        return Reason("web_letters.refused_long", {"n": LONGEST_NAME})
    language = _LANGUAGE_OF.get(given.language.strip().lower().replace("_", "-").partition("-")[0], "")
    return Candidate(email, name, department, language, given.customer[:200], given.segments, given.line)


def _plain(text: str) -> str:
    """Without anything that could begin a new line, turn the direction of writing, or hide."""
    kept = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def add(survey: Survey, rows: Iterable[Candidate]) -> Added:
    """Put people on the list of a survey; each line is taken, folded into another, or refused.

    Parameters
    ----------
    survey : Survey
    rows : iterable of Candidate
    """
    refused: list[Refused] = []
    counts: Counter[str] = Counter()
    with transaction.atomic():
        known = set(survey.invitees.values_list("email", flat=True))
        never = reaching.declined(survey.organisation_id)
        taken: dict[str, Candidate] = {}
        for row in rows:
            one = checked(row)
            if isinstance(one, Reason):
                refused.append(Refused(row.line, one))
            elif one.email in taken:
                counts["n_double"] += 1
            elif one.email in known:
                counts["n_known"] += 1
            elif reaching.reached_hash(survey.organisation_id, one.email) in never:
                counts["n_declined"] += 1
            else:
                taken[one.email] = one
        Invitee.objects.bulk_create(
            [_row(survey, one) for one in taken.values()], batch_size=_AT_ONCE, ignore_conflicts=True
        )
    return Added(len(taken), refused=tuple(refused), **counts)


def _row(survey: Survey, one: Candidate) -> Invitee:
    number = secrets.randbits(62) + 1
    return Invitee(
        survey=survey,
        number=number,
        token_hash=tokens.hashed(PURPOSE, _token(survey.pk, number)),
        name=one.name,
        email=one.email,
        customer=one.customer,
        department=one.department,
        segments=dict(one.segments),
        language=one.language,
    )


def renew(invitee: Invitee) -> None:
    """Give her a link that opens, where hers does not: she came back from a backup, or the secret is new."""
    if tokens.hashed(PURPOSE, token_of(invitee)) == invitee.token_hash:
        return
    invitee.number = secrets.randbits(62) + 1
    invitee.token_hash = tokens.hashed(PURPOSE, token_of(invitee))
    invitee.save(update_fields=["number", "token_hash"])


def remove(invitee: Invitee) -> None:
    """Take somebody off the list; what she answered stays as the survey's mode says."""
    invitee.delete()


def decline(invitee: Invitee) -> None:
    """She does not want to be asked again, in this survey or another one of this organisation."""
    with transaction.atomic():
        Letter.objects.filter(invitee=invitee, state=Letter.State.WAITING).delete()
        Invitee.objects.filter(pk=invitee.pk).update(state=Invitee.State.DECLINED)
        if invitee.email:
            reaching.decline(invitee.survey.organisation_id, invitee.email)


def mask(email: str) -> str:
    """An address of which one sees where it is, and hardly whose.

    Examples
    --------
    >>> mask("anneke.devries@example.org"), mask("")
    ('a…@example.org', '')
    """
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else ""
