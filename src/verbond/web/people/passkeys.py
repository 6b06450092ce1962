"""Passkeys (WebAuthn): made by a browser that shows who is behind it, and enough to sign in by themselves."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import webauthn
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from verbond.web.people import tokens
from verbond.web.store.models import Passkey, User

__all__ = ["LONGEST", "can_be_used", "kept", "options_to_keep", "options_to_show", "shown"]

REGISTER, SIGN_IN = "passkey to register", "passkey to sign in"
SECONDS = 300
LONGEST = 20_000
"""Bytes of an answer of a browser."""
AT_MOST = 20
_VERIFIED = UserVerificationRequirement.REQUIRED


def can_be_used(request: HttpRequest) -> bool:
    """Whether the site is reached by a name: passkeys belong to names, not to numbers."""
    try:
        ipaddress.ip_address(_host(request).strip("[]"))
    except ValueError:
        return True
    return False


def options_to_keep(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to make a passkey; the challenge stands in the session, for once."""
    user = request.user
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name="Verbond",
        user_id=_handle(user),
        user_name=user.email,
        user_display_name=user.name or user.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes(one.credential_id)) for one in user.passkeys.all()
        ],
    )
    _remember(request, REGISTER, options.challenge, user=user.pk)
    return json.loads(webauthn.options_to_json(options))


def kept(request: HttpRequest, body: bytes, name: str) -> Passkey | None:
    """The passkey that the browser made, or None where anything about it is not as it should be."""
    waiting = tokens.recall(request, REGISTER, seconds=SECONDS)
    if waiting is None or waiting["user"] != request.user.pk or request.user.passkeys.count() >= AT_MOST:
        return None
    try:
        found = webauthn.verify_registration_response(
            credential=body.decode(),
            expected_challenge=base64url_to_bytes(waiting["challenge"]),
            expected_rp_id=_host(request),
            expected_origin=_origin(request),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    passkey, made = Passkey.objects.get_or_create(
        credential_id=found.credential_id,
        defaults={
            "user": request.user,
            "name": name,
            "public_key": found.credential_public_key,
            "sign_count": found.sign_count,
        },
    )
    return passkey if made else None


def options_to_show(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to show a passkey; it names nobody, so it tells nothing."""
    options = webauthn.generate_authentication_options(rp_id=_host(request), user_verification=_VERIFIED)
    _remember(request, SIGN_IN, options.challenge)
    return json.loads(webauthn.options_to_json(options))


def shown(request: HttpRequest, body: bytes) -> User | None:
    """Who showed a passkey, or None where anything about it is not as it should be."""
    waiting = tokens.recall(request, SIGN_IN, seconds=SECONDS)
    if waiting is None:
        return None
    try:
        given = parse_authentication_credential_json(body.decode())
        passkey = Passkey.objects.select_related("user").get(credential_id=given.raw_id, user__is_active=True)
        found = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=base64url_to_bytes(waiting["challenge"]),
            expected_rp_id=_host(request),
            expected_origin=_origin(request),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, Passkey.DoesNotExist, ValueError, KeyError, TypeError):
        return None
    if given.response.user_handle not in (None, _handle(passkey.user)):
        return None
    Passkey.objects.filter(pk=passkey.pk).update(sign_count=found.new_sign_count, last_used_at=timezone.now())
    return passkey.user


def _remember(request: HttpRequest, purpose: str, challenge: bytes, **values: Any) -> None:
    tokens.remember(request, purpose, challenge=bytes_to_base64url(challenge), **values)


def _host(request: HttpRequest) -> str:
    """The name of the site, as the browser sees it; Django has checked it against the hosts there are."""
    host = request.get_host()
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _handle(user: User) -> bytes:
    """A name for a user that says nothing about her."""
    return salted_hmac("verbond.passkey", str(user.pk), algorithm="sha256").digest()
