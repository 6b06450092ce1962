"""Passkeys, shown by an authenticator of our own making: WebAuthn Level 2, sections 6.1, 6.5 and 7."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from webauthn.helpers import bytes_to_base64url as encoded

from verbond.web.store.models import Passkey, User

PASSWORD = "a ladder has five rungs"
HOST = "verbond.example.org"
ORIGIN = f"https://{HOST}"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags of the authenticator data (6.1)."""


@dataclass
class Authenticator:
    """A device with one key pair."""

    rp_id: str = HOST
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = b"credential-1"
    handle: bytes | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _data(self, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def make(self, options: dict) -> dict:
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._data(self.flags | ATTESTED) + bytes(16)
        data += len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._written(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=attested,
        )

    def show(self, options: dict) -> dict:
        data = self._data(self.flags)
        said = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._written(**parts, **({"userHandle": self.handle} if self.handle else {}))

    def _written(self, **response: bytes) -> dict:
        id = encoded(self.id)
        response = {name: encoded(part) for name, part in response.items()}
        return {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


class Browser(Client):
    """A browser that came by the name of the site."""

    def __init__(self) -> None:
        super().__init__(HTTP_HOST=HOST)

    def send(self, path: str, body: object = None):
        text = "" if body is None else json.dumps(body)
        return self.post(path, text, content_type="application/json", secure=True)


@pytest.fixture
def named(settings) -> None:
    settings.ALLOWED_HOSTS = [HOST, "127.0.0.1"]


@pytest.fixture
def bob(cast, named) -> Browser:
    browser = Browser()
    browser.force_login(cast.people["bob"])
    browser.post("/profile/confirmation/", {"password": PASSWORD}, secure=True)
    return browser


def keep(browser: Browser, device: Authenticator, **change):
    options = browser.send("/profile/passkeys/options/").json()
    return browser.send("/profile/passkeys/?name=Laptop", device.make(options) | change)


def show(device: Authenticator, browser: Browser | None = None, path: str = "/session/passkey/"):
    browser = browser or Browser()
    return browser.send(path, device.show(browser.send("/session/passkey/options/").json()))


def test_a_passkey_is_made_and_signs_in_without_a_password(bob: Browser, cast) -> None:
    User.objects.filter(email="bob@example.org").update(totp_secret="JBSWY3DPEHPK3PXP")
    device = Authenticator()
    assert keep(bob, device).status_code == 201
    assert Passkey.objects.get().name == "Laptop"
    browser = Browser()
    answer = show(device, browser, "/session/passkey/?next=/o/acme/values/")
    assert answer.status_code == 200, "a passkey is two steps at once"
    assert answer.json() == {"next": "/o/acme/values/"}
    assert "bob@example.org" in browser.get("/profile/", secure=True).content.decode()
    assert Passkey.objects.get().last_used_at is not None
    page = bob.get("/profile/passkeys/", secure=True).content.decode()
    assert "Laptop" in page
    bob.post(f"/profile/passkeys/{Passkey.objects.get().pk}/removal/", secure=True)
    assert show(device).status_code == 422


def test_options_name_nobody_and_ask_who_is_behind_the_device(bob: Browser) -> None:
    keep(bob, Authenticator())
    asked = Browser().send("/session/passkey/options/").json()
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")
    made = bob.send("/profile/passkeys/options/").json()
    assert made["rp"]["id"] == HOST
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in made["excludeCredentials"]] == [encoded(b"credential-1")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": f"http://{HOST}"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"id": b"another"},
        {"handle": b"somebody else"},
        {"count": -1},
    ],
    ids=lambda wrong: next(iter(wrong)) + str(next(iter(wrong.values())))[:24],
)
def test_a_passkey_that_is_not_as_it_should_be_is_refused(wrong: dict, bob: Browser) -> None:
    """Of elsewhere, nobody behind it, another key, unknown, of another; a copy, whose count is behind."""
    device = Authenticator()
    keep(bob, device)
    for name, value in wrong.items():
        setattr(device, name, value)
    browser = Browser()
    answer = show(device, browser)
    assert answer.status_code == 422
    assert answer.json()["said"].startswith("We do not know this passkey")
    assert browser.get("/profile/", secure=True).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": PRESENT}]
)
def test_none_is_kept_that_is_not_as_it_should_be(wrong: dict, bob: Browser) -> None:
    assert keep(bob, Authenticator(**wrong)).status_code == 422
    assert not Passkey.objects.exists()


def test_a_challenge_works_once_for_one_purpose_and_not_for_long(
    bob: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, browser = Authenticator(), Browser()
    keep(bob, device)
    options = browser.send("/session/passkey/options/").json()
    given = device.show(options)
    assert browser.send("/session/passkey/", given).status_code == 200
    assert browser.send("/session/passkey/", given).status_code == 422, "twice"
    assert Browser().send("/session/passkey/", device.show(options)).status_code == 422, "in another browser"
    to_show = bob.send("/session/passkey/options/").json()
    other = Authenticator(id=b"credential-2")
    answer = bob.send("/profile/passkeys/", other.make(to_show))
    assert answer.status_code == 422, "one to sign in with makes no passkey"
    to_keep = bob.send("/profile/passkeys/options/").json()
    assert bob.send("/session/passkey/", device.show(to_keep)).status_code == 422, "nor the other way round"
    late = Browser()
    options = late.send("/session/passkey/options/").json()
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    assert late.send("/session/passkey/", device.show(options)).status_code == 422, "late"


def test_a_passkey_of_one_is_not_kept_by_another(bob: Browser, cast) -> None:
    device = Authenticator()
    keep(bob, device)
    ann = Browser()
    ann.force_login(cast.people["ann"])
    ann.post("/profile/confirmation/", {"password": PASSWORD}, secure=True)
    assert keep(ann, device).status_code == 422
    assert Passkey.objects.get().user == cast.people["bob"]
    assert ann.post(f"/profile/passkeys/{Passkey.objects.get().pk}/removal/", secure=True).status_code == 404


@pytest.mark.parametrize(
    "body", [None, [], "x", {"id": "x"}, {"id": 1, "rawId": [], "response": 7, "type": "x"}]
)
def test_nonsense_is_refused(body: object, bob: Browser) -> None:
    for path, options in (
        ("/session/passkey/", "/session/passkey/options/"),
        ("/profile/passkeys/", "/profile/passkeys/options/"),
    ):
        bob.send(options)
        assert bob.send(path, body).status_code == 422
        bob.send(options)
        assert bob.send(path, {"id": "x" * 30_000}).status_code == 422


def test_whoever_may_not_sign_in_does_not_with_a_passkey_either(bob: Browser) -> None:
    device = Authenticator()
    keep(bob, device)
    User.objects.filter(email="bob@example.org").update(is_active=False)
    assert show(device).status_code == 422


def test_at_a_number_the_page_says_why_there_is_no_button(cast, settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    client = Client(HTTP_HOST="127.0.0.1:8765")
    client.force_login(cast.people["bob"])
    client.post("/profile/confirmation/", {"password": PASSWORD})
    page = client.get("/profile/passkeys/").content.decode()
    assert "data-passkey" not in page
    assert "127.0.0.1:8765" in page
