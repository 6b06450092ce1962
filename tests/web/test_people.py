"""Members, invitations, guests: who gets in, as what, and how often."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from verbond.web.store.models import (
    AuditEntry,
    Invitation,
    Job,
    Membership,
    Organisation,
    Role,
    User,
)

NEW = {"name": "Noor", "email": "noor@example.org", "password": "zeven ganzen in de mist"}


def link_in(answer) -> str:
    """The path of the link that a page shows once."""
    found = re.search(r'value="http://testserver(/(?:invitations|guests)/[^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def invite(cast, email: str = NEW["email"], role: str = "analyst") -> str:
    answer = cast.client("alice").post("/o/acme/invitations/", {"email": email, "role": role})
    assert answer.status_code == 200
    return link_in(answer)


def membership(user: str) -> Membership:
    return Membership.objects.get(user__email=f"{user}@example.org", organisation__slug="acme")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_page_of_people_is_whole_in_both_languages(language: str, cast) -> None:
    alice = cast.people["alice"]
    alice.language, alice.is_admin = language, True
    alice.save()
    client = cast.client("alice")
    client.post("/profile/confirmation/", {"password": "a ladder has five rungs"})
    invite(cast)
    client.post("/o/acme/guest-links/")
    for path in (
        "/o/acme/people/", "/o/acme/audit/", "/o/acme/organisation/", "/profile/", "/profile/confirmation/",
        "/profile/password/", "/profile/second-step/", "/profile/passkeys/", "/providers/",
    ):  # fmt: skip
        answer = client.get(path)
        page = answer.content.decode()
        assert answer.status_code == 200, path
        assert f'<html lang="{language}">' in page
        assert page.count("<h1") == 1, path
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page), path
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path


# Invitations


def test_an_invitation_is_shown_once_and_kept_as_a_hash(cast) -> None:
    path = invite(cast)
    token = path.split("/")[2]
    kept = Invitation.objects.get()
    assert re.fullmatch("[0-9a-f]{64}", kept.token_hash)
    assert kept.token_hash != token
    assert dt.timedelta(days=6.9) < kept.expires_at - timezone.now() < dt.timedelta(days=7.1)
    assert token not in cast.client("alice").get("/o/acme/people/").content.decode()
    assert not AuditEntry.objects.filter(subject__contains=token).exists()


def test_to_look_is_not_to_accept(cast) -> None:
    """Mail scanners open links."""
    path = invite(cast)
    for _ in range(3):
        assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    assert Invitation.objects.get().accepted_at is None
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_somebody_new_joins_under_the_role_and_is_signed_in(cast) -> None:
    path, client = invite(cast), Client()
    assert client.post(path, NEW | {"role": "owner"}).headers["Location"] == "/o/acme/"
    assert client.get("/o/acme/").status_code == 200
    assert membership("noor").role == Role.ANALYST
    assert User.objects.get(email=NEW["email"]).check_password(NEW["password"])
    again = Client().post(path, NEW | {"name": "Mallory"})
    assert again.status_code == 422
    assert "was used already" in again.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "mallory@example.org"),
        ("email", "x" * 250 + "@example.org"),
        ("name", "x" * 121),
        ("name", ""),
        ("password", "short"),
        ("password", "x" * 201),
        ("password", "noor@example.org"),
    ],
)
def test_who_joins_wrongly_is_told_at_the_field(field: str, value: str, cast) -> None:
    path = invite(cast)
    answer = Client().post(path, NEW | {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert User.objects.filter(name="Noor").count() == 0
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_is_for_one_address(cast) -> None:
    """Charlie is signed in, has the link, and is somebody else."""
    path = invite(cast, "dora@example.org")
    for method in ("get", "post"):
        answer = getattr(cast.client("charlie"), method)(path)
        assert answer.status_code == 422
        assert "another e-mail address" in answer.content.decode()
        assert "dora@example.org" not in answer.content.decode()
    assert not Membership.objects.filter(user=cast.people["charlie"], organisation=cast.acme).exists()
    dora = cast.client("dora")
    assert dora.get(path).status_code == 200
    assert dora.post(path).headers["Location"] == "/o/acme/"
    assert membership("dora").role == Role.ANALYST


def test_whoever_has_an_account_signs_in_first(cast) -> None:
    """Nobody sets the password of an account that exists by a link."""
    path = invite(cast, "charlie@example.org")
    answer = Client().post(path, NEW | {"email": "charlie@example.org"})
    assert "/session/?next=" in answer.content.decode()
    assert not User.objects.get(email="charlie@example.org").check_password(NEW["password"])
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_expires(cast) -> None:
    path = invite(cast)
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    for method in ("get", "post"):
        answer = getattr(Client(), method)(path, NEW)
        assert answer.status_code == 422
        assert "expired" in answer.content.decode()
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_a_withdrawn_invitation_is_not_there(cast) -> None:
    path = invite(cast)
    alice = cast.client("alice")
    assert alice.post(f"/o/acme/invitations/{Invitation.objects.get().pk}/withdrawal/").status_code == 302
    assert Client().get(path).status_code == 404
    assert Client().post(path, NEW).status_code == 404


def test_a_second_invitation_takes_the_place_of_the_first(cast) -> None:
    first, second = invite(cast, role="owner"), invite(cast, role="member")
    assert Client().post(first, NEW).status_code == 404
    assert Client().post(second, NEW).status_code == 302
    assert membership("noor").role == Role.MEMBER


def test_an_invitation_never_lowers_a_role(cast) -> None:
    path = invite(cast, "noor@example.org", "member")
    noor = User.objects.create_user("noor@example.org", NEW["password"])
    Membership.objects.create(organisation=cast.acme, user=noor, role=Role.ANALYST)
    client = Client()
    client.force_login(noor)
    assert client.post(path).status_code == 302
    assert membership("noor").role == Role.ANALYST


@pytest.mark.parametrize(
    "given", [{"email": "bob@example.org"}, {"email": "x"}, {"role": "guest"}, {"role": "god"}]
)
def test_a_wrong_invitation_is_refused_at_its_field(given: dict, cast) -> None:
    answer = cast.client("alice").post(
        "/o/acme/invitations/", {"email": "noor@example.org", "role": "member"} | given
    )
    assert answer.status_code == 422
    assert f'id="id_{next(iter(given))}_error"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_accepting_is_tried_thirty_times_an_hour(cast) -> None:
    path = invite(cast)
    said = [Client().post(path, {}).status_code for _ in range(31)]
    assert said == [422] * 30 + [429]


# Tokens: each opens one thing


def test_no_token_opens_what_another_opens(cast) -> None:
    """Every token that can be had, at every address that takes one."""
    from verbond.web.views.session import make_link

    alice = cast.client("alice")
    alice.post("/o/acme/invitations/", {"email": "x@example.org", "role": "owner"})
    given = {
        "invitation": invite(cast).split("/")[2],
        "guest": link_in(alice.post("/o/acme/guest-links/")).split("/")[2],
        "session link": make_link(cast.people["bob"]).split("/")[3],
    }
    takes = {"invitation": "/invitations/{}/", "guest": "/guests/{}/", "session link": "/session/link/{}/"}
    others = {"share": "/shared/{}/"}
    for kind, token in given.items():
        for door, path in (takes | others).items():
            if door == kind:
                continue
            for method in ("get", "post"):
                answer = getattr(Client(), method)(path.format(token), NEW)
                assert answer.status_code in (404, 405), (kind, door, method)
        as_machine = Client(headers={"Authorization": f"Bearer {token}"})
        assert as_machine.get("/api/v1/rungs").status_code in (401, 404)
    assert not User.objects.filter(email=NEW["email"]).exists()
    for kept in Invitation.objects.values_list("token_hash", flat=True):
        assert Client().get(f"/invitations/{kept}/").status_code == 404, "the hash is no token"


@pytest.mark.parametrize("token", ["x", "x" * 5000, "..%2F..%2Fetc", "%00", "'; DROP TABLE store_user; --"])
@pytest.mark.parametrize("path", ["/invitations/{}/", "/guests/{}/", "/session/link/{}/"])
def test_a_made_up_token_opens_nothing(path: str, token: str, cast) -> None:
    assert Client().get(path.format(token)).status_code == 404
    assert Client().post(path.format(token), NEW).status_code == 404


def test_the_log_of_the_server_holds_no_token(cast, caplog: pytest.LogCaptureFixture) -> None:
    alice = cast.client("alice")
    paths = [
        invite(cast),
        link_in(alice.post("/o/acme/guest-links/")),
        "/session/link/abc123/",
        "/shared/abc123/",
    ]
    for path in paths:
        Client().post(path, {"name": ""})
        Client().get(path + "more/")
    said = caplog.text
    assert "Unprocessable Entity: /invitations/.../" in said
    assert "Not Found: /guests/.../more/" in said
    for path in paths:
        assert path.strip("/").split("/")[-1] not in said


# Guests


def test_a_guest_reads_under_a_name_until_the_link_ends(cast, made_run) -> None:
    made_run()
    path = link_in(cast.client("fay").post("/o/acme/guest-links/"))
    guest = Client()
    assert guest.get(path).status_code == 200
    assert guest.post(path, {"name": "Sam"}).headers["Location"] == "/o/acme/"
    assert guest.get("/o/acme/").status_code == 200
    assert guest.get("/o/acme/people/").status_code == 404
    user = User.objects.get(name="Sam")
    assert user.is_guest
    assert not user.has_usable_password()
    link = Invitation.objects.get()
    assert abs((guest.session.get_expiry_date() - link.expires_at).total_seconds()) < 5
    profile = guest.get("/profile/")
    assert profile.status_code == 200
    assert "@guests.invalid" not in profile.content.decode()
    assert guest.post(path, {"name": "Other"}).status_code == 302, "whoever is in comes in anew"


@pytest.mark.parametrize(
    "path", ["/profile/confirmation/", "/profile/password/", "/profile/second-step/", "/profile/passkeys/"]
)
def test_a_guest_has_nothing_to_sign_in_with(path: str, cast) -> None:
    link = link_in(cast.client("alice").post("/o/acme/guest-links/"))
    guest = Client()
    guest.post(link, {"name": "Sam"})
    assert guest.get(path).status_code == 404
    assert guest.post(path, {"password": NEW["password"]}).status_code == 404


def test_guests_leave_with_their_link(cast, made_run) -> None:
    made_run()
    path = link_in(cast.client("alice").post("/o/acme/guest-links/"))
    guest, dora = Client(), cast.client("dora")
    guest.post(path, {"name": "Sam"})
    assert dora.post(path).status_code == 302
    assert dora.get("/o/acme/").status_code == 200
    cast.client("fay").post(f"/o/acme/invitations/{Invitation.objects.get().pk}/withdrawal/")
    assert guest.get("/o/acme/").status_code == 302
    assert dora.get("/o/acme/").status_code == 404
    assert not User.objects.filter(name="Sam").exists()
    assert User.objects.filter(name="Dora").exists()
    assert Client().get(path).status_code == 404


def test_a_guest_who_becomes_a_member_stays(cast) -> None:
    path = link_in(cast.client("alice").post("/o/acme/guest-links/"))
    cast.client("dora").post(path)
    cast.client("alice").post(f"/o/acme/people/{membership('dora').pk}/", {"role": "analyst"})
    cast.client("alice").post(f"/o/acme/invitations/{Invitation.objects.get(email='').pk}/withdrawal/")
    assert membership("dora").role == Role.ANALYST


def test_a_guest_link_that_expired_lets_nobody_in(cast) -> None:
    path = link_in(cast.client("alice").post("/o/acme/guest-links/"))
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Client().post(path, {"name": "Sam"}).status_code == 422
    assert not User.objects.filter(name="Sam").exists()


def test_a_facilitator_lets_guests_in_and_nobody_else(cast) -> None:
    fay = cast.client("fay")
    invite(cast)
    assert fay.post("/o/acme/invitations/", {"email": "x@example.org", "role": "owner"}).status_code == 404
    assert fay.post(f"/o/acme/invitations/{Invitation.objects.get().pk}/withdrawal/").status_code == 404
    page = fay.get("/o/acme/people/").content.decode()
    assert "bob@example.org" not in page
    assert NEW["email"] not in page
    assert 'name="role"' not in page


# Members


def test_the_last_owner_stays(cast) -> None:
    alice, path = cast.client("alice"), f"/o/acme/people/{membership('alice').pk}/"
    for answer in (alice.post(path, {"role": "member"}), alice.post(path + "removal/")):
        assert answer.status_code == 422
        assert "Nobody would be owner" in answer.content.decode()
    assert membership("alice").role == Role.OWNER
    alice.post(f"/o/acme/people/{membership('ann').pk}/", {"role": "owner"})
    assert alice.post(path, {"role": "member"}).status_code == 302
    assert membership("alice").role == Role.MEMBER


@pytest.mark.parametrize("role", ["guest", "god", ""])
def test_a_role_that_is_none_is_refused(role: str, cast) -> None:
    path = f"/o/acme/people/{membership('bob').pk}/"
    assert cast.client("alice").post(path, {"role": role}).status_code == 422
    assert membership("bob").role == Role.MEMBER


def test_whoever_is_removed_sees_nothing_any_more(cast) -> None:
    bob = cast.client("bob")
    assert bob.get("/o/acme/").status_code == 200
    cast.client("alice").post(f"/o/acme/people/{membership('bob').pk}/removal/")
    assert bob.get("/o/acme/").status_code == 404
    assert User.objects.filter(email="bob@example.org").exists()


def test_members_of_another_organisation_are_not_there(cast) -> None:
    """Charlie owns Globex, and asks for a member and an invitation of Acme by number."""
    invite(cast)
    charlie = cast.client("charlie")
    bob, invitation = membership("bob"), Invitation.objects.get()
    assert charlie.post(f"/o/globex/people/{bob.pk}/", {"role": "owner"}).status_code == 404
    assert charlie.post(f"/o/globex/people/{bob.pk}/removal/").status_code == 404
    assert charlie.post(f"/o/globex/invitations/{invitation.pk}/withdrawal/").status_code == 404
    assert membership("bob").role == Role.MEMBER
    assert Invitation.objects.exists()


def test_several_organisations_give_a_menu_and_one_gives_none(cast) -> None:
    switch = 'class="person person--start"'
    assert switch not in cast.client("alice").get("/o/acme/").content.decode()
    Membership.objects.create(organisation=cast.globex, user=cast.people["alice"], role=Role.GUEST)
    page = cast.client("alice").get("/o/acme/").content.decode()
    assert switch in page
    assert 'href="/o/globex/"' in page


def test_queries_do_not_grow_with_people(cast, django_assert_max_num_queries) -> None:
    alice = cast.client("alice")
    alice.get("/o/acme/people/")
    for n in range(20):
        invite(cast, f"q{n}@example.org")
        user = User.objects.create_user(f"p{n}@example.org", name=f"P{n}")
        Membership.objects.create(organisation=cast.acme, user=user, role=Role.MEMBER)
        link = link_in(alice.post("/o/acme/guest-links/"))
    Client().post(link, {"name": "Sam"})
    with django_assert_max_num_queries(9):
        assert alice.get("/o/acme/people/").status_code == 200


# The organisation itself


def test_an_organisation_gets_another_name_and_keeps_its_address(cast) -> None:
    alice = cast.client("alice")
    assert alice.post("/o/acme/organisation/", {"name": "Bakkerij De Zon"}).status_code == 302
    assert "Bakkerij De Zon" in alice.get("/o/acme/organisation/").content.decode()
    assert alice.post("/o/acme/organisation/", {"name": "x" * 121}).status_code == 422
    assert alice.post("/o/acme/organisation/", {"name": " "}).status_code == 422
    cast.acme.refresh_from_db()
    assert cast.acme.name == "Bakkerij De Zon"


def test_an_organisation_goes_with_everything_only_by_its_typed_name(cast, made_run) -> None:
    made_run()
    alice, folder = cast.client("alice"), settings.INSTALLATION.data_folder(cast.acme.pk)
    link = link_in(alice.post("/o/acme/guest-links/"))
    Client().post(link, {"name": "Sam"})
    for typed in ("", "acme", "Globex"):
        assert alice.post("/o/acme/organisation/closure/", {"typed": typed}).status_code == 422
    assert folder.is_dir()
    job = Job.objects.create(organisation=cast.acme, kind="diagnosis", state=Job.State.RUNNING)
    assert alice.post("/o/acme/organisation/closure/", {"typed": "Acme"}).status_code == 422
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    assert alice.post("/o/acme/organisation/closure/", {"typed": "Acme"}).status_code == 302
    assert list(Organisation.objects.values_list("slug", flat=True)) == ["globex"]
    assert not folder.exists()
    assert not User.objects.filter(name="Sam").exists()
    assert User.objects.filter(email="bob@example.org").exists()
    assert AuditEntry.objects.get(verb="closed").subject == "Acme"


def test_only_who_keeps_the_installation_makes_organisations(cast) -> None:
    for name, status in (("alice", 404), ("bob", 404), ("dora", 302)):
        answer = cast.client(name).post("/welcome/start/", {"choice": "files", "name": "New"})
        assert answer.status_code == status


# What people type is shown as they typed it, and does nothing

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}<img src=x onerror=alert(1)>'


def test_names_do_nothing_on_any_page_that_shows_them(cast, made_run) -> None:
    made_run()
    Organisation.objects.filter(pk=cast.acme.pk).update(name=HOSTILE)
    User.objects.update(name=HOSTILE)
    alice = cast.people["alice"]
    User.objects.filter(pk=alice.pk).update(is_admin=True)
    Membership.objects.create(organisation=cast.globex, user=alice, role=Role.OWNER)
    client = cast.client("alice")
    client.post("/profile/confirmation/", {"password": "a ladder has five rungs"})
    client.post("/providers/", {"name": HOSTILE[:80], "issuer": "https://a.example", "client_id": HOSTILE,
                                "client_secret": "s"})  # fmt: skip
    alice.passkeys.create(name=HOSTILE, credential_id=b"c", public_key=b"k")
    path = invite(cast)
    guests = link_in(client.post("/o/acme/guest-links/"))
    Client().post(guests, {"name": HOSTILE[:60]})
    client.post("/o/acme/organisation/", {"name": HOSTILE})
    pages = [client.get(one).content.decode() for one in (
        "/", "/o/acme/", "/o/acme/people/", "/o/acme/audit/", "/o/acme/organisation/", "/profile/",
        "/profile/passkeys/", "/providers/",
    )]  # fmt: skip
    pages += [Client().get(one).content.decode() for one in (path, guests, "/session/")]
    pages.append(client.post("/o/acme/organisation/closure/", {"typed": HOSTILE + "x"}).content.decode())
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page
    assert sum("&lt;script&gt;alert" in page for page in pages) == len(pages)


def test_a_header_of_a_browser_does_nothing_either(cast) -> None:
    client = Client(headers={"User-Agent": HOSTILE + " Firefox"})
    client.post("/session/", {"email": "bob@example.org", "password": "a ladder has five rungs"})
    assert "<script>alert" not in client.get("/profile/").content.decode()
