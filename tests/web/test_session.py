"""Signing in: passwords, the second step, sessions, and what is refused."""

from __future__ import annotations

import re
import time
from urllib.parse import urlencode

import pyotp
import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.test import Client, override_settings

from verbond.web.people import limits, second_step, sessions, tokens
from verbond.web.settings import settings_for
from verbond.web.store.models import Attempt, AuditEntry, SignIn, User

PASSWORD = "a ladder has five rungs"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RFC_6238 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The seed of the test vectors in RFC 6238, appendix B (SHA-1), in Base32."""


def sign_in(client: Client, email: str = "bob@example.org", password: str = PASSWORD, **more):
    return client.post("/session/", {"email": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def confirmed(cast, name: str) -> Client:
    client = cast.client(name)
    assert client.post("/profile/confirmation/", {"password": PASSWORD}).status_code == 302
    return client


def with_step(cast, name: str = "bob") -> User:
    user = cast.people[name]
    User.objects.filter(pk=user.pk).update(totp_secret=SECRET)
    return user


def test_passwords_are_hashed_with_argon2_outside_tests() -> None:
    used = settings_for(settings.INSTALLATION)["PASSWORD_HASHERS"]
    with override_settings(PASSWORD_HASHERS=used):
        kept = hashers.make_password(PASSWORD)
        assert kept.startswith("argon2$argon2id$")
        assert hashers.check_password(PASSWORD, kept)


def test_signing_in_gives_a_new_session_and_lists_it(cast) -> None:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosenbysomebodyelse0000000000000"
    answer = sign_in(client)
    assert answer.status_code == 302
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != "chosenbysomebodyelse0000000000000"
    assert list(SignIn.objects.values_list("session_key", flat=True)) == [key]
    assert "Firefox on Linux" in client.get("/profile/").content.decode()


@pytest.mark.parametrize("email", ["bob@example.org", "nobody@example.org"])
def test_an_unknown_address_is_answered_as_a_wrong_password_is(
    email: str, cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same status, the same page but for the address typed, and one hash is made for either."""
    hasher, made = hashers.get_hasher(), []
    encode = type(hasher).encode
    monkeypatch.setattr(type(hasher), "encode", lambda *a, **k: made.append(1) or encode(*a, **k))
    answer = sign_in(Client(), email, "not the password")
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    assert answer.status_code == 422
    assert len(made) == 1
    assert page.replace(email, "X").count("do not belong together") == 1
    assert AuditEntry.objects.filter(verb="sign_in_refused").count() == 1


def test_the_page_of_a_refusal_is_the_same_for_all_addresses(cast) -> None:
    pages = []
    for email in ("bob@example.org", "nope@example.org"):
        page = sign_in(Client(), email, "not the password").content.decode()
        pages.append(re.sub(r'value="[^"]*"', "", page))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil",
        "javascript:alert(1)",
        "evil",
        "/" + "x" * 3000,
    ],
)
def test_nobody_is_sent_elsewhere(elsewhere: str, cast) -> None:
    assert sign_in(Client(), next=elsewhere).headers["Location"] == "/"
    signed_in = cast.client("bob")
    assert signed_in.get("/session/", {"next": elsewhere}).headers["Location"] == "/"
    answer = signed_in.post("/profile/confirmation/", {"password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == "/profile/"
    assert signed_in.post("/language/", {"language": "nl", "next": elsewhere}).headers["Location"] == "/"


def test_one_is_brought_to_where_one_was_going(cast) -> None:
    assert sign_in(Client(), next="/o/acme/ladder/?a=b").headers["Location"] == "/o/acme/ladder/?a=b"


@pytest.mark.parametrize("field", ["email", "password"])
def test_what_is_too_long_is_refused_before_any_work(field: str, cast) -> None:
    given = {"email": "bob@example.org", "password": PASSWORD} | {field: "x" * 250 + "@example.org"}
    assert Client().post("/session/", given).status_code == 422
    assert not Attempt.objects.exists()


# The second step


def test_codes_are_those_of_the_standard(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 6238, appendix B: the last six digits of the eight printed there, at the times printed there."""
    for at, printed in ((59, "94287082"), (1111111109, "07081804"), (2000000000, "69279037")):
        user = User(pk=cast.people["bob"].pk, totp_secret=RFC_6238)
        User.objects.filter(pk=user.pk).update(totp_last_step=0)
        monkeypatch.setattr(time, "time", lambda at=at: at)
        assert second_step.shown(user, printed[-6:])


def test_the_second_step_comes_after_the_password(cast) -> None:
    with_step(cast)
    client = Client()
    assert sign_in(client, next="/o/acme/values/").headers["Location"] == "/session/code/"
    assert not is_in(client)
    assert client.post("/session/code/", {"code": "000000"}).status_code == 422
    assert not is_in(client)
    answer = client.post("/session/code/", {"code": pyotp.TOTP(SECRET).now()})
    assert answer.headers["Location"] == "/o/acme/values/"
    assert is_in(client)
    assert AuditEntry.objects.filter(verb="sign_in", subject="password_and_code").count() == 1


def test_without_the_first_step_there_is_no_second(cast) -> None:
    with_step(cast)
    answer = Client().post("/session/code/", {"code": pyotp.TOTP(SECRET).now()})
    assert answer.headers["Location"] == "/session/"


def test_the_second_step_does_not_wait_for_ever(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with_step(cast)
    client = Client()
    sign_in(client)
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    code = pyotp.TOTP(SECRET).at(int(later))
    assert client.post("/session/code/", {"code": code}).headers["Location"] == "/session/"


def test_a_password_that_changed_meanwhile_ends_the_second_step(cast) -> None:
    user = with_step(cast)
    client = Client()
    sign_in(client)
    user.set_password("another that nobody guesses")
    user.save(update_fields=["password"])
    code = pyotp.TOTP(SECRET).now()
    assert client.post("/session/code/", {"code": code}).headers["Location"] == "/session/"


def test_no_code_works_twice(cast) -> None:
    user = with_step(cast)
    code = pyotp.TOTP(SECRET).now()
    for expected in (True, False, False):
        user.refresh_from_db()
        assert second_step.shown(user, code) is expected


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_window_is_one_step(steps: int, right: bool, cast, monkeypatch: pytest.MonkeyPatch) -> None:
    user = with_step(cast)
    user.refresh_from_db()
    now = 1_800_000_015
    monkeypatch.setattr(time, "time", lambda: now)
    assert second_step.shown(user, pyotp.TOTP(SECRET).at(now + 30 * steps)) is right


def test_an_older_code_does_not_work_after_a_newer_one(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    user = with_step(cast)
    now = 1_800_000_015
    monkeypatch.setattr(time, "time", lambda: now)
    user.refresh_from_db()
    assert second_step.shown(user, pyotp.TOTP(SECRET).at(now))
    user.refresh_from_db()
    assert not second_step.shown(user, pyotp.TOTP(SECRET).at(now - 30))


def test_setting_a_second_step_shows_codes_once_and_keeps_hashes(cast) -> None:
    client = confirmed(cast, "bob")
    elsewhere = cast.client("bob")
    page = client.get("/profile/second-step/").content.decode()
    assert page.count("<svg") >= 1
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")
    sealed = re.search(r'name="secret" value="([^"]+)"', page).group(1)
    assert client.post("/profile/second-step/", {"secret": sealed, "code": "000000"}).status_code == 422
    answer = client.post("/profile/second-step/", {"secret": sealed, "code": pyotp.TOTP(secret).now()})
    codes = re.findall(r'<li class="secret">([^<]+)</li>', answer.content.decode())
    user = User.objects.get(email="bob@example.org")
    assert user.totp_secret == secret
    assert len(codes) == len(set(codes)) == 10
    kept = set(user.recovery_codes.values_list("code_hash", flat=True))
    assert not kept & set(codes)
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in kept)
    assert codes[0] not in client.get("/profile/second-step/").content.decode()
    assert not is_in(elsewhere)


def test_a_recovery_code_works_once_and_for_its_owner_only(cast) -> None:
    bob, ann = with_step(cast), with_step(cast, "ann")
    codes = second_step.new_codes(bob)
    assert not second_step.shown(ann, codes[0])
    client = Client()
    sign_in(client)
    assert client.post("/session/code/", {"code": codes[0].upper()}).status_code == 302
    assert is_in(client)
    assert not second_step.shown(bob, codes[0])
    assert second_step.n_left(bob) == 9
    again = second_step.new_codes(bob)
    assert not second_step.shown(bob, codes[1])
    assert second_step.shown(bob, again[1])


def test_the_secret_in_the_form_is_that_of_its_user_its_purpose_and_its_time(cast) -> None:
    """Whoever could choose the secret would know every code."""
    client = confirmed(cast, "bob")
    bob, ann = cast.people["bob"], cast.people["ann"]
    purpose = "second step proposed"
    good = tokens.sealed(purpose, bob.pk, SECRET)
    assert tokens.opened(purpose, bob.pk, good, seconds=60) == SECRET
    assert tokens.opened(purpose, bob.pk, good, seconds=-1) is None
    for bad in (
        SECRET, tokens.sealed(purpose, ann.pk, SECRET), tokens.sealed("something else", bob.pk, SECRET),
        good[:-1] + ("A" if good[-1] != "A" else "B"), "A" + good, "", "x" * 100_000,
    ):  # fmt: skip
        assert tokens.opened(purpose, bob.pk, bad, seconds=60) is None
        client.post("/profile/second-step/", {"secret": bad, "code": pyotp.TOTP(SECRET).now()})
        bob.refresh_from_db()
        assert not bob.totp_secret


# What one signs in with is changed only after one has shown again who one is


GUARDED = [
    "/profile/password/",
    "/profile/second-step/",
    "/profile/second-step/removal/",
    "/profile/recovery-codes/",
    "/profile/passkeys/",
    "/profile/passkeys/options/",
    "/profile/passkeys/1/removal/",
]


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_open_window_is_not_enough(path: str, method: str, cast) -> None:
    with_step(cast)
    client = cast.client("bob")
    answer = getattr(client, method)(path)
    assert answer.headers["Location"].startswith("/profile/confirmation/?next=")
    bob = User.objects.get(email="bob@example.org")
    assert bob.totp_secret == SECRET
    assert bob.check_password(PASSWORD)


def test_a_confirmation_lasts_ten_minutes(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = confirmed(cast, "bob")
    assert client.get("/profile/password/").status_code == 200
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get("/profile/password/").status_code == 302


def test_a_wrong_password_confirms_nothing(cast) -> None:
    client = cast.client("bob")
    answer = client.post("/profile/confirmation/", {"password": "nope"})
    assert answer.status_code == 422
    assert 'id="id_password_error"' in answer.content.decode()
    assert client.get("/profile/password/").status_code == 302


def test_a_new_password_ends_every_other_session(cast) -> None:
    here, there = confirmed(cast, "bob"), cast.client("bob")
    before = here.cookies[settings.SESSION_COOKIE_NAME].value
    assert here.post("/profile/password/", {"password": "short"}).status_code == 422
    assert here.post("/profile/password/", {"password": "zeven ganzen in de mist"}).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    after = here.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before
    assert list(SignIn.objects.values_list("session_key", flat=True)) == [after]
    assert sign_in(Client()).status_code == 422


def test_one_can_sign_out_everywhere_else(cast) -> None:
    here, there, ann = cast.client("bob"), cast.client("bob"), cast.client("ann")
    assert here.post("/profile/sessions/removal/").status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert is_in(ann)
    assert sessions.listed(cast.people["bob"]).count() == 1
    here.post("/session/end/")
    assert sessions.listed(cast.people["bob"]).count() == 0


def test_sessions_that_are_over_are_cleared_away(cast) -> None:
    cast.client("bob")
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    cast.client("bob")
    assert Session.objects.count() == 1
    assert SignIn.objects.count() == 1


def test_a_profile_takes_a_name_and_a_language(cast) -> None:
    client = cast.client("bob")
    answer = client.post("/profile/", {"name": "Bob de Wit", "language": "nl"})
    assert answer.status_code == 302
    assert '<html lang="nl">' in client.get("/profile/").content.decode()
    assert client.post("/profile/", {"name": "x" * 121, "language": "nl"}).status_code == 422
    assert client.post("/profile/", {"name": "Bob", "language": "tlh"}).status_code == 422
    client.post("/profile/", {"name": "Bob", "language": "nl", "is_admin": "on", "email": "a@b.nl"})
    bob = User.objects.get(pk=cast.people["bob"].pk)
    assert (bob.name, bob.is_admin, bob.email) == ("Bob", False, "bob@example.org")


def test_whoever_has_no_password_signs_in_again_instead(cast) -> None:
    user = User.objects.create_user("els@example.org", name="Els")
    client = Client()
    client.force_login(user)
    page = client.get("/profile/confirmation/").content.decode()
    assert 'type="password"' not in page
    assert client.post("/profile/confirmation/", {"password": ""}).status_code == 422
    assert client.get("/profile/password/").status_code == 302


# How often


def test_an_account_is_tried_ten_times_in_a_quarter_of_an_hour(cast) -> None:
    for n in range(10):
        assert sign_in(Client(REMOTE_ADDR=f"10.0.0.{n}"), password=f"guess {n}").status_code == 422
    refused = sign_in(Client(REMOTE_ADDR="10.0.0.99"))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 900
    assert sign_in(Client(), "ann@example.org").status_code == 302


def test_an_unknown_account_has_the_same_limit(cast) -> None:
    """Otherwise the limit would tell which accounts there are."""
    said = [sign_in(Client(), "nobody@example.org", "guess").status_code for _ in range(11)]
    assert said == [422] * 10 + [429]


def test_an_address_tries_forty_times_an_hour_whatever_it_says_of_itself(cast) -> None:
    """A header that anybody may write gives no fresh start."""
    said = []
    for n in range(41):
        other = f"203.0.113.{n}"
        headers = {"X-Forwarded-For": other, "X-Real-IP": other, "Forwarded": f"for={other}"}
        said.append(sign_in(Client(headers=headers), f"a{n}@example.org", "guess").status_code)
    assert said == [422] * 40 + [429]
    assert sign_in(Client(REMOTE_ADDR="198.51.100.7")).status_code == 302


def test_signing_in_well_does_not_count_against_an_office(cast) -> None:
    for n in range(45):
        User.objects.create_user(f"p{n}@example.org", PASSWORD)
        assert sign_in(Client(), f"p{n}@example.org").status_code == 302


def test_one_network_of_ipv6_is_one_address(rf) -> None:
    one, other, far = (
        limits.address_of(rf.get("/", REMOTE_ADDR=address))
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    )
    assert one == other != far
    assert limits.address_of(rf.get("/", REMOTE_ADDR="")) == "unknown"


def test_the_second_step_is_tried_ten_times(cast) -> None:
    with_step(cast)
    client = Client()
    sign_in(client)
    said = [client.post("/session/code/", {"code": f"{n:06}"}).status_code for n in range(10)]
    assert said == [422] * 10
    assert client.post("/session/code/", {"code": pyotp.TOTP(SECRET).now()}).status_code == 429
    assert not is_in(client)


def test_the_confirmation_is_tried_ten_times(cast) -> None:
    client = cast.client("bob")
    for _ in range(10):
        client.post("/profile/confirmation/", {"password": "guess"})
    assert client.post("/profile/confirmation/", {"password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("language", ["en", "nl"])
def test_what_cannot_be_counted_is_refused_in_words(
    language: str, cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(limits, "_count", broken)
    client = Client(headers={"Accept-Language": language})
    answer = sign_in(client)
    assert answer.status_code == 503
    assert {"en": "cannot count", "nl": "niet bijhouden"}[language] in answer.content.decode()
    assert not is_in(client)


def test_a_window_ends(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = limits.Limit("a test", 2, 60)
    now = 1_800_000_000
    monkeypatch.setattr(time, "time", lambda: now)
    limits.spend(limit, "x")
    limits.spend(limit, "x")
    with pytest.raises(limits.TooOften) as refused:
        limits.spend(limit, "x")
    assert refused.value.seconds == 60
    limits.spend(limit, "y")
    monkeypatch.setattr(time, "time", lambda: now + 60)
    limits.spend(limit, "x")
    monkeypatch.setattr(time, "time", lambda: now + 60 + limits.KEPT_SECONDS + 120)
    limits.spend(limit, "z")
    assert Attempt.objects.count() == 1, "old counts are thrown away"


def test_what_is_counted_names_nobody(cast) -> None:
    sign_in(Client(), "bob@example.org", "guess")
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in Attempt.objects.values_list("key", flat=True))
    assert Attempt.objects.count() == 2


@pytest.mark.parametrize(
    ("referer", "to"),
    [
        ("http://testserver/o/acme/steps/5/?a=1", "/o/acme/steps/5/?a=1"),
        ("http://elsewhere.example/o/acme/", "/"),
        ("", "/"),
    ],
    ids=["the page of the form", "elsewhere", "not told"],
)
def test_who_is_signed_out_while_writing_comes_back_to_the_form(referer: str, to: str, cast) -> None:
    """What takes a form is no page to come back to."""
    answer = Client().post(
        "/o/acme/community/", {"name": "x"}, headers={"referer": referer} if referer else {}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/session/?" + urlencode({"next": to})
