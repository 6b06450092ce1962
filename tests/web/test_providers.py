"""OpenID Connect, against a provider of our own making on this machine, with keys of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from django.test import Client
from joserfc import jwk, jwt

from verbond.web.people import providers
from verbond.web.store import people
from verbond.web.store.models import AuditEntry, IdentityProvider, Membership, Passkey, Role, User

CLIENT, SECRET = "verbond-client", "a secret: with/odd signs"
KEYS = {kid: jwk.RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("one", "other")}


class Provider:
    """What a provider does, and what it can be told to do wrong."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, object] = {}
        self.tampering = lambda token: token
        self.key, self.algorithm = KEYS["one"], "RS256"
        self.metadata: dict[str, object] = {}
        self.asked: list[str] = []
        self.issuer = ""

    def authorise(self, address: str) -> str:
        """What the person does at the provider: consents; gives the address to come back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        whose = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ""
        if (
            asked is None
            or asked["code_challenge"] != base64.urlsafe_b64encode(challenge).decode().rstrip("=")
            or asked["code_challenge_method"] != "S256"
            or form["redirect_uri"] != asked["redirect_uri"]
            or whose != f"{CLIENT}:a%20secret%3A%20with%2Fodd%20signs"
        ):
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "email": "bob@example.org", "email_verified": True, "name": "Bob",
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        token = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.tampering(token)}

    def answer(self, path: str) -> dict[str, object] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorise",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            } | self.metadata
        if path == "/keys":
            return {"keys": [KEYS["one"].as_dict(private=False) | {"use": "sig"}]}
        return None


@pytest.fixture
def provider(db, settings) -> Iterator[Provider]:
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self._send(found.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(found.token(form, self.headers.get("Authorization", "")))

        def _send(self, said: dict[str, object] | None) -> None:
            body = json.dumps(said).encode()
            self.send_response(400 if said is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.issuer = f"http://127.0.0.1:{server.server_port}"
    settings.PROVIDERS_ON_LOOPBACK = True
    IdentityProvider.objects.create(
        slug="house", name="House", issuer=found.issuer, client_id=CLIENT, client_secret=SECRET
    )
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def depart(client: Client, **more) -> str:
    page = client.post("/session/provider/house/", more).content.decode()
    return unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page).group(1))


def arrive(client: Client, provider: Provider, **more):
    return client.get(provider.authorise(depart(client, **more)))


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def refused(client: Client, provider: Provider) -> str:
    """Why, of the sentences that there are; the provider did answer."""
    answer = arrive(client, provider)
    assert answer.status_code == 422
    assert not is_in(client)
    said = answer.content.decode()
    reasons = {"could not be trusted", "does not say that", "We know nobody", "does not answer"}
    return next(reason for reason in reasons if reason in said)


def test_one_goes_there_and_comes_back_signed_in(provider: Provider, cast) -> None:
    client = Client()
    assert "House" in client.get("/session/").content.decode()
    answer = arrive(client, provider, next="/o/acme/values/")
    assert answer.headers["Location"] == "/o/acme/values/"
    assert "bob@example.org" in client.get("/profile/").content.decode()
    assert AuditEntry.objects.filter(verb="sign_in", subject="provider", who="bob@example.org").count() == 1


def test_what_is_asked_of_the_provider_is_what_the_standard_asks(provider: Provider, cast) -> None:
    asked = parse_qs(urlsplit(depart(Client())).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid email profile"]
    assert asked["redirect_uri"] == ["http://testserver/session/provider/house/arrival/"]
    again = parse_qs(urlsplit(depart(Client())).query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 43
        assert asked[name] != again[name]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"aud": None},
        {"exp": 1_600_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"nonce": "of another time"},
        {"nonce": None},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "no"},
        {"email": None},
        {"email": ["bob@example.org"]},
        {"email": "nobody@example.org"},
    ],
    ids=str,
)
def test_a_token_that_says_something_wrong_lets_nobody_in(claims: dict, provider: Provider, cast) -> None:
    provider.claims = claims
    about_the_address = {"email", "email_verified"} & claims.keys()
    expected = "could not be trusted" if not about_the_address else "does not say that"
    if claims.get("email") == "nobody@example.org":
        expected = "We know nobody"
    assert refused(Client(), provider) == expected
    assert not User.objects.filter(email="nobody@example.org").exists()


def _part(token: str, n: int, **changes: object) -> str:
    parts = token.split(".")
    padded = parts[n] + "=" * (-len(parts[n]) % 4)
    changed = json.dumps(json.loads(base64.urlsafe_b64decode(padded)) | changes).encode()
    parts[n] = base64.urlsafe_b64encode(changed).decode().rstrip("=")
    return ".".join(parts)


TAMPERING = {
    "another person": lambda token: _part(token, 1, email="alice@example.org"),
    "unsigned": lambda token: _part(token, 0, alg="none").rsplit(".", 1)[0] + ".",
    "signature taken away": lambda token: token.rsplit(".", 1)[0] + ".",
    "no header": lambda token: "." + token.split(".", 1)[1],
    "not a token": lambda token: "x",
    "none at all": lambda token: None,
    "a list": lambda token: [token],
}


@pytest.mark.parametrize("kind", TAMPERING)
def test_a_token_that_was_tampered_with_lets_nobody_in(kind: str, provider: Provider, cast) -> None:
    provider.tampering = TAMPERING[kind]
    assert refused(Client(), provider) == "could not be trusted"


def test_a_token_signed_with_another_key_lets_nobody_in(provider: Provider, cast) -> None:
    provider.key = KEYS["other"]
    assert refused(Client(), provider) == "could not be trusted"


def test_a_public_key_is_no_shared_secret(provider: Provider, cast) -> None:
    """The old confusion: HMAC under the provider's public key as everybody can read it."""
    provider.key = jwk.OctKey.import_key(KEYS["one"].as_pem(private=False).decode().replace("-----", "- - "))
    provider.algorithm = "HS256"
    assert refused(Client(), provider) == "could not be trusted"


def test_the_client_secret_signs_nothing(provider: Provider, cast) -> None:
    provider.key, provider.algorithm = jwk.OctKey.import_key(SECRET), "HS256"
    assert refused(Client(), provider) == "could not be trusted"


def test_state_is_that_of_this_browser_and_works_once(provider: Provider, cast) -> None:
    mallory, client = Client(), Client()
    address = provider.authorise(depart(mallory))
    assert client.get(address).status_code == 422, "begun in another browser"
    depart(client)
    assert client.get(address).status_code == 422, "the state of another browser"
    back = provider.authorise(depart(client))
    assert client.get(back).status_code == 302
    client.post("/session/end/")
    assert client.get(back).status_code == 422, "twice"
    assert not is_in(client)
    assert client.get("/session/provider/house/arrival/").status_code == 422
    assert client.get("/session/provider/nowhere/arrival/").status_code == 404


def test_what_takes_too_long_begins_again(provider: Provider, cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    back, later = provider.authorise(depart(client)), time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(back).status_code == 422


def test_the_second_step_is_asked_here_too(provider: Provider, cast) -> None:
    secret = pyotp.random_base32()
    User.objects.filter(email="bob@example.org").update(totp_secret=secret)
    client = Client()
    assert arrive(client, provider).headers["Location"] == "/session/code/"
    assert not is_in(client)
    assert client.post("/session/code/", {"code": pyotp.TOTP(secret).now()}).status_code == 302
    assert is_in(client)


def test_whoever_took_her_address_first_is_put_out_when_she_comes(provider: Provider, cast) -> None:
    """Mallory got hold of Bob's invitation link and chose a password; then Bob signs in at his provider."""
    mallory = cast.client("bob")
    Passkey.objects.create(user=cast.people["bob"], name="m", credential_id=b"m", public_key=b"m")
    bob = Client()
    assert arrive(bob, provider).status_code == 302
    assert is_in(bob)
    assert not is_in(mallory)
    assert not Passkey.objects.filter(user=cast.people["bob"]).exists()
    again = {"email": "bob@example.org", "password": "a ladder has five rungs"}
    assert Client().post("/session/", again).status_code == 422
    another = Client()
    assert arrive(another, provider).status_code == 302
    assert is_in(bob), "the second time nobody is put out"


def test_somebody_invited_comes_in_and_a_stranger_does_not(provider: Provider, cast) -> None:
    people.invite(cast.acme, "noor@example.org", Role.ANALYST, cast.people["alice"])
    provider.claims = {"email": "Noor@Example.org", "name": "Noor"}
    client = Client()
    assert arrive(client, provider).status_code == 302
    noor = User.objects.get(email="noor@example.org")
    assert Membership.objects.get(user=noor).role == Role.ANALYST
    assert not noor.has_usable_password()
    provider.claims = {"email": "mallory@example.org"}
    assert arrive(Client(), provider).status_code == 422
    assert not User.objects.filter(email="mallory@example.org").exists()


def test_whoever_may_not_sign_in_does_not_here_either(provider: Provider, cast) -> None:
    User.objects.filter(email="bob@example.org").update(is_active=False)
    client = Client()
    assert arrive(client, provider).status_code == 422
    assert not is_in(client)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://localhost.evil.example/keys"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_provider_that_points_elsewhere_is_not_followed(metadata: dict, provider: Provider, cast) -> None:
    provider.metadata = metadata
    answer = Client().post("/session/provider/house/")
    assert answer.status_code == 422
    assert provider.asked == ["/.well-known/openid-configuration"]


def test_a_provider_that_is_not_there_is_said_so(provider: Provider, cast) -> None:
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    answer = Client().post("/session/provider/house/")
    assert answer.status_code == 422
    assert "does not answer" in answer.content.decode()


@pytest.mark.parametrize(
    ("issuer", "right"),
    [
        ("https://accounts.example.org", True),
        ("https://login.example.org/tenant/v2.0", True),
        ("http://accounts.example.org", False),
        ("http://127.0.0.1:8080", False),
        ("http://169.254.169.254", False),
        ("https://user:secret@example.org", False),
        ("https://example.org/?x=1", False),
        ("https://example.org/#x", False),
        ("ftp://example.org", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("example.org", False),
    ],
)
def test_an_issuer_is_https_and_loopback_is_for_tests(issuer: str, right: bool) -> None:
    assert providers.checked_issuer(issuer) is right


def test_who_keeps_the_installation_adds_and_removes_a_provider(cast) -> None:
    given = {
        "name": "Huis van Zon",
        "issuer": "https://id.example.org",
        "client_id": "c",
        "client_secret": "s",
    }
    dora = cast.client("dora")
    assert dora.post("/providers/", given).status_code == 302
    assert dora.post("/providers/", given).status_code == 302
    assert sorted(IdentityProvider.objects.values_list("slug", flat=True)) == [
        "huis-van-zon",
        "huis-van-zon-2",
    ]
    page = dora.get("/providers/").content.decode()
    assert "http://testserver/session/provider/huis-van-zon/arrival/" in page
    assert ">s<" not in page
    wrong = dora.post("/providers/", given | {"issuer": "http://id.example.org"})
    assert wrong.status_code == 422
    assert 'id="id_issuer_error"' in wrong.content.decode()
    for name in ("alice", "bob"):
        assert cast.client(name).get("/providers/").status_code == 404
        assert cast.client(name).post("/providers/", given).status_code == 404
        assert cast.client(name).post("/providers/huis-van-zon/removal/").status_code == 404
    assert dora.post("/providers/huis-van-zon/removal/").status_code == 302
    assert IdentityProvider.objects.count() == 1


def test_looking_goes_nowhere(provider: Provider, cast) -> None:
    assert Client().get("/session/provider/house/").status_code == 405
    assert provider.asked == []
