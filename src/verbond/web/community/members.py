"""Who is in a community: customers who gave consent, each by a link of her own that needs no account.

As with questionnaires the token is made anew from the installation's secret whenever it is needed; the row
has its hash. It opens one community, for one member.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from verbond.results import Reason
from verbond.web.listening import reaching
from verbond.web.listening.invitees import Candidate, checked
from verbond.web.people import tokens
from verbond.web.store.models import Community, CommunityMember, Organisation

__all__ = [
    "PURPOSE", "add", "community_of", "decline", "find", "link_of", "new_number", "refusal_link_of", "renew",
    "token_of",
]  # fmt: skip

PURPOSE = "community"
"""Of the tokens."""


def token_of(member: CommunityMember) -> str:
    """The token of a member's link: 43 characters."""
    return _token(member.community_id, member.number)


def _token(community_id: Any, number: int) -> str:
    text = f"verbond.community|{community_id}|{number}"
    made = hmac.new(settings.INSTALLATION.secret_key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def new_number(community: Community) -> dict[str, Any]:
    """Number and hash of a new member's link."""
    number = secrets.randbits(62) + 1
    return {"number": number, "token_hash": tokens.hashed(PURPOSE, _token(community.pk, number))}


def find(address: str, token: str) -> CommunityMember | None:
    """Whose link this is, with her community and its organisation; None where it is nobody's."""
    rows = CommunityMember.objects.select_related("community__organisation").filter(
        token_hash=tokens.hashed(PURPOSE, token), community__address=address
    )
    found = rows.first()
    return found if found is not None and hmac.compare_digest(token_of(found), token) else None


def link_of(member: CommunityMember, base: str) -> str:
    """Where a member brings her ideas; nobody else has this address."""
    return f"{base.rstrip('/')}/m/{member.community.address}/{token_of(member)}/"


def refusal_link_of(member: CommunityMember, base: str) -> str:
    """Where she says that she does not want to be asked again."""
    return link_of(member, base) + "refusal/"


def renew(member: CommunityMember) -> None:
    """Give her a link that opens, where hers does not: she came back from a backup, or the secret is new."""
    if tokens.hashed(PURPOSE, token_of(member)) == member.token_hash:
        return
    for name, value in new_number(member.community).items():
        setattr(member, name, value)
    member.save(update_fields=["number", "token_hash"])


def add(
    community: Community, candidates: Iterable[Candidate], why: Mapping[str, Sequence[str]] | None = None
) -> int:
    """Put customers on the list; returns how many came.

    Who is on it, who said that she does not want to be asked, and whose address is none, is left out.

    Parameters
    ----------
    community : Community
    candidates : iterable of Candidate
        Customers who gave consent, with their pseudonyms.
    why : mapping, optional
        Pseudonym -> why she was chosen.
    """
    why, rows = why or {}, dict[str, CommunityMember]()
    with transaction.atomic():
        known = set(community.members.values_list("email", flat=True))
        never = reaching.declined(community.organisation_id)
        for given in candidates:
            one = checked(given)
            if isinstance(one, Reason) or one.email in known or one.email in rows:
                continue
            if reaching.reached_hash(community.organisation_id, one.email) in never:
                continue
            rows[one.email] = CommunityMember(
                community=community, email=one.email, name=one.name, customer=one.customer,
                language=one.language, why=list(why.get(one.customer, ())), **new_number(community),
            )  # fmt: skip
        CommunityMember.objects.bulk_create(rows.values(), ignore_conflicts=True)
    return len(rows)


def decline(member: CommunityMember) -> None:
    """She does not want to be asked again, here or by a questionnaire of this organisation."""
    with transaction.atomic():
        rows = CommunityMember.objects.filter(pk=member.pk)
        rows.update(declined=True)
        rows.filter(letter=CommunityMember.Letter.WAITING).update(letter=CommunityMember.Letter.NONE)
        member.ideas.filter(letter=CommunityMember.Letter.WAITING).update(letter=CommunityMember.Letter.NONE)
        if member.email:
            reaching.decline(member.community.organisation_id, member.email)


def community_of(organisation: Organisation) -> Community | None:
    """The community of an organisation; None where it has none."""
    return Community.objects.filter(organisation=organisation).select_related("organisation").first()
