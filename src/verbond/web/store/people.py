"""Who belongs to an organisation: members, who is asked to join, guests by link."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from verbond.web.people import tokens
from verbond.web.store.models import (
    GUESTS,
    ApiToken,
    Invitation,
    Membership,
    Organisation,
    Participant,
    Role,
    User,
)
from verbond.web.store.naming import forget_address, redact_account, scrub

__all__ = [
    "accept", "admit_guest", "change_role", "close_account", "guest_links_of", "invitation_by",
    "invitations_of", "invite", "is_last_owner", "join", "members_of", "open_invitation_for",
    "open_to_guests", "prove", "remove", "withdraw",
]  # fmt: skip

INVITATION, GUEST_LINK = "invitation", "guest link"
"""What the tokens are for."""
INVITATION_DAYS, GUEST_DAYS = 7, 7
GUESTS_AT_MOST = 200
"""So many guests come in by one link."""


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Members with their users, by name."""
    return organisation.memberships.select_related("user", "link").order_by("user__name", "user__email")


def invitations_of(organisation: Organisation) -> QuerySet[Invitation]:
    """Those that wait for an answer, newest first."""
    return _open(organisation).exclude(email="")


def guest_links_of(organisation: Organisation) -> QuerySet[Invitation]:
    """Links that let guests in, newest first."""
    return _open(organisation).filter(email="")


def invitation_by(token: str, purpose: str) -> Invitation | None:
    """The invitation or the guest link of a token, whatever became of it."""
    found = Invitation.objects.select_related("organisation")
    return found.filter(token_hash=tokens.hashed(purpose, token)).first()


def open_invitation_for(email: str) -> Invitation | None:
    """The newest invitation that waits for this address, in any organisation."""
    now = timezone.now()
    waiting = Invitation.objects.select_related("organisation").filter(email=email, accepted_at=None)
    return waiting.filter(expires_at__gt=now).order_by("-created_at").first() if email else None


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody would own the organisation without this one."""
    owners = Membership.objects.filter(organisation_id=membership.organisation_id, role=Role.OWNER)
    return membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists()


@transaction.atomic
def change_role(membership: Membership, role: Role) -> bool:
    """Give a member another role; False where nobody would own the organisation any more."""
    _hold(membership)
    if role != Role.OWNER and is_last_owner(membership):
        return False
    Membership.objects.filter(pk=membership.pk).update(role=role, link=None)
    if role != Role.OWNER:
        _revoke_tokens(membership)
    if role.rank < Role.FACILITATOR.rank <= Role(membership.role).rank:
        _lead_no_more(membership)
    return True


@transaction.atomic
def remove(membership: Membership) -> bool:
    """Take somebody out; a guest is forgotten. False for the last owner."""
    _hold(membership)
    if is_last_owner(membership):
        return False
    _revoke_tokens(membership)
    _lead_no_more(membership)
    if membership.user.is_guest:
        membership.user.delete()
    else:
        membership.delete()
    return True


def _lead_no_more(membership: Membership) -> None:
    """On no canvas: who led them as a facilitator is none any more."""
    Participant.objects.filter(
        canvas__organisation_id=membership.organisation_id, user_id=membership.user_id
    ).update(leads=False)


def _revoke_tokens(membership: Membership) -> None:
    """What somebody let machines do, they no longer may: whoever goes may have kept a token."""
    ApiToken.objects.filter(
        organisation_id=membership.organisation_id, created_by_id=membership.user_id, revoked_at=None
    ).update(revoked_at=timezone.now())


def close_account(user: User, replacement: str) -> None:
    """Delete a user, sessions and all; what she did stays written down, without who she was.

    Parameters
    ----------
    user : User
    replacement : str
        Stands where her address stood.
    """
    from verbond.tables import redactor

    redact = redactor({"contact": {"email": [user.email]}, "pseudonyms": []})
    with transaction.atomic():
        Session.objects.filter(session_key__in=user.sign_ins.values("session_key")).delete()
        redact_account(user, redact, replacement)
        Participant.objects.filter(user=user).delete()  # what she wrote on canvases is nobody's from then on
        email = user.email
        user.delete()
        forget_address([email])
    scrub()


@transaction.atomic
def invite(organisation: Organisation, email: str, role: Role, by: User) -> tuple[Invitation, str]:
    """Ask somebody to join; an earlier invitation for this address no longer works. Gives the token too."""
    _open(organisation).filter(email=email).delete()
    token, token_hash = tokens.made(INVITATION)
    made = _made(organisation, email, role, token_hash, by, INVITATION_DAYS)
    return made, token


def open_to_guests(organisation: Organisation, by: User) -> tuple[Invitation, str]:
    """A link that lets guests in. Gives the token too."""
    token, token_hash = tokens.made(GUEST_LINK)
    return _made(organisation, "", Role.GUEST, token_hash, by, GUEST_DAYS), token


@transaction.atomic
def withdraw(invitation: Invitation) -> None:
    """The link no longer works; guests whom it let in leave."""
    User.objects.filter(memberships__link=invitation, email__endswith=f"@{GUESTS}").delete()
    invitation.delete()


@transaction.atomic
def accept(invitation: Invitation, user: User) -> bool:
    """Make a user a member, once; who is one already keeps the higher role.

    Returns
    -------
    bool
        False where the invitation was used meanwhile, has expired, or is for another address.
    """
    if user.email != invitation.email or not _claim(invitation):
        return False
    membership, made = Membership.objects.get_or_create(
        organisation_id=invitation.organisation_id, user=user, defaults={"role": invitation.role}
    )
    if not made and Role(invitation.role).rank > Role(membership.role).rank:
        Membership.objects.filter(pk=membership.pk).update(role=invitation.role, link=None)
    return True


def join(invitation: Invitation, *, name: str, language: str, password: str | None = None) -> User | None:
    """Make the user whom an invitation is for, and a member; None where it was used meanwhile or has expired.

    Without a password one signs in through a provider only.
    """
    try:
        with transaction.atomic():
            if not _claim(invitation):
                return None
            user = User.objects.create_user(invitation.email, password, name=name, language=language)
            Membership.objects.create(
                organisation_id=invitation.organisation_id, user=user, role=invitation.role
            )
            return user
    except IntegrityError:
        return None


@transaction.atomic
def prove(user: User) -> User:
    """A provider has said whose address this is: what was chosen before, perhaps by another, opens nothing.

    Who has a second step has to show it here too, and is left as she is.
    """
    held = User.objects.select_for_update().get(pk=user.pk)
    if held.address_proven or held.totp_secret:
        return held
    held.address_proven = True
    held.set_unusable_password()
    held.save()
    held.passkeys.all().delete()
    Session.objects.filter(session_key__in=list(held.sign_ins.values_list("session_key", flat=True))).delete()
    held.sign_ins.all().delete()
    return held


@transaction.atomic
def admit_guest(link: Invitation, user: User | None, name: str, language: str) -> User | None:
    """Let a guest in: a user whom we know, or somebody new under a name; None where the link does not."""
    held = Invitation.objects.select_for_update().filter(pk=link.pk, email="").first()
    if held is None or held.expires_at <= timezone.now() or held.guests.count() >= GUESTS_AT_MOST:
        return None
    user = user or User.objects.create_user(f"{uuid.uuid4().hex}@{GUESTS}", name=name, language=language)
    Membership.objects.get_or_create(
        organisation_id=held.organisation_id, user=user, defaults={"role": Role.GUEST, "link": held}
    )
    return user


def _claim(invitation: Invitation) -> bool:
    """Use it up; True for one of all who try."""
    now = timezone.now()
    waiting = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now)
    return waiting.exclude(email="").update(accepted_at=now) == 1


def _open(organisation: Organisation) -> QuerySet[Invitation]:
    waiting = organisation.invitations.filter(accepted_at=None, expires_at__gt=timezone.now())
    return waiting.select_related("created_by").order_by("-created_at")


def _made(
    organisation: Organisation, email: str, role: Role, token_hash: str, by: User, days: int
) -> Invitation:
    return Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=role,
        token_hash=token_hash,
        created_by=by,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )


def _hold(membership: Membership) -> None:
    """Two owners who remove each other at the same time do so one after the other."""
    list(Organisation.objects.select_for_update().filter(pk=membership.organisation_id))
    membership.refresh_from_db()
