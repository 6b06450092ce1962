"""OpenID Connect: people sign in at a provider that the installation trusts, and come back as who they are.

Authorisation code with PKCE, state and nonce. What comes back counts only where its signature, issuer,
audience, time and nonce are right, and where the provider says that it has verified the e-mail address.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from verbond.web.store.models import IdentityProvider

__all__ = ["Departure", "Person", "ProviderError", "checked_issuer", "departure", "person"]

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a key of which only the provider has the secret half; never none, never a shared secret."""
LEEWAY_SECONDS = 60
WAIT_SECONDS = 10.0
LARGEST = 500_000
"""Bytes of an answer of a provider."""


class ProviderError(Exception):
    """What came back cannot be trusted, or nothing did.

    Attributes
    ----------
    code : str
        Of a sentence.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send somebody, and what must come back.

    Attributes
    ----------
    address : str
    state, nonce, verifier : str
        To be kept in the session, for once.
    """

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who came back.

    Attributes
    ----------
    email : str
        Verified by the provider; lower case.
    name : str
        Perhaps empty.
    """

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorisation: str
    token: str
    keys: str
    secret_in_body: bool


def checked_issuer(address: str) -> bool:
    """Whether an address is https, without query, fragment or user; a loopback address where tests run."""
    parts = urlsplit(address)
    if not parts.hostname or parts.query or parts.fragment or parts.username or parts.password:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback_allowed(parts.hostname))


def departure(provider: IdentityProvider, back: str) -> Departure:
    """Begin: the address to go to.

    Parameters
    ----------
    provider : IdentityProvider
    back : str
        The whole address to come back to.

    Raises
    ------
    ProviderError
        If the provider does not say where its doors are.
    """
    endpoints = _endpoints(provider.issuer)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = prepare_grant_uri(
        endpoints.authorisation,
        provider.client_id,
        "code",
        redirect_uri=back,
        scope="openid email profile",
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Departure(address, state, nonce, verifier)


def person(provider: IdentityProvider, back: str, code: str, *, nonce: str, verifier: str) -> Person:
    """Finish: exchange the code, check what the provider says, and tell who it is.

    Parameters
    ----------
    provider : IdentityProvider
    back : str
        As in `departure`.
    code : str
        What the browser brought back.
    nonce, verifier : str
        Of the departure.

    Raises
    ------
    ProviderError
        If anything is not as it should be, or the e-mail address was not verified.
    """
    endpoints = _endpoints(provider.issuer)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    auth = None
    if endpoints.secret_in_body:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    else:
        auth = (quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    given = _asked("POST", endpoints.token, data=form, auth=auth)
    claims = _claims(provider, given.get("id_token"), _asked("GET", endpoints.keys), nonce)
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") not in (True, "true"):
        raise ProviderError("web_people.provider_unverified")
    email, name = email.strip(), claims.get("name")
    if email.lower().isascii() and not email.isascii():  # a letter that only looks like one of ours
        raise ProviderError("web_people.provider_untrusted")
    return Person(email.lower()[:254], name[:120] if isinstance(name, str) else "")


def _claims(provider: IdentityProvider, token: Any, keys: dict[str, Any], nonce: str) -> CodeIDToken:
    try:
        found = jwt.decode(str(token), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
            },
            {"nonce": nonce, "client_id": provider.client_id},
        )
        claims.validate(leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderError("web_people.provider_untrusted") from None
    return claims


def _endpoints(issuer: str) -> _Endpoints:
    if not checked_issuer(issuer):
        raise ProviderError("web_people.provider_silent")
    found = _asked("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
    addresses = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if found.get("issuer") != issuer or not all(isinstance(one, str) and _safe(one) for one in addresses):
        raise ProviderError("web_people.provider_untrusted")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return _Endpoints(*addresses, secret_in_body="client_secret_basic" not in methods)


def _asked(method: str, address: str, **options: Any) -> dict[str, Any]:
    """JSON of a provider: over https, no redirect followed, no more than a little, not for long."""
    import httpx

    try:
        with (
            httpx.Client(timeout=WAIT_SECONDS, follow_redirects=False) as client,
            client.stream(method, address, headers={"Accept": "application/json"}, **options) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise ProviderError("web_people.provider_untrusted")
            found = json.loads(body) if answer.status_code == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ProviderError("web_people.provider_silent")
    return found


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    allowed = parts.scheme == "http" and _loopback_allowed(parts.hostname or "")
    return bool(parts.hostname) and (parts.scheme == "https" or allowed)


def _loopback_allowed(host: str) -> bool:
    if not getattr(settings, "PROVIDERS_ON_LOOPBACK", False):
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
