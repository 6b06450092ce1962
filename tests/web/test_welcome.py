"""A fresh installation: only who has the key becomes the owner, once."""

from __future__ import annotations

import pytest
from django.test import Client

from verbond.web.store.models import Job, Organisation, User
from verbond.web.views import welcome

OWNER = {"name": "Els", "email": "els@example.org", "password": "een zin die niemand raadt"}


@pytest.fixture
def client(db: None) -> Client:
    return Client()


def test_a_fresh_installation_leads_to_the_wizard(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/welcome/"
    assert client.get("/session/").headers["Location"] == "/welcome/"


@pytest.mark.parametrize("key", ["", "wrong", welcome.KEY[:-1]], ids=["none", "wrong", "cut short"])
def test_without_the_key_nobody_becomes_owner(client: Client, key: str) -> None:
    assert client.get("/welcome/", {"key": key}).status_code == 403
    assert client.post("/welcome/", {**OWNER, "key": key}).status_code == 403
    assert not User.objects.exists()


def test_the_owner_is_made_once_and_signed_in(client: Client) -> None:
    assert client.get("/welcome/", {"key": welcome.KEY}).status_code == 200
    answer = client.post("/welcome/", {**OWNER, "key": welcome.KEY})
    assert answer.headers["Location"] == "/welcome/start/"
    assert client.get("/welcome/start/").status_code == 200
    again = client.post("/welcome/", {**OWNER, "email": "b@example.org", "key": welcome.KEY})
    assert again.headers["Location"] == "/"
    assert [user.email for user in User.objects.all()] == ["els@example.org"]


@pytest.mark.parametrize("password", ["short", "password1234", "els@example.org"])
def test_a_weak_password_is_refused_in_words(client: Client, password: str) -> None:
    answer = client.post("/welcome/", {**OWNER, "password": password, "key": welcome.KEY})
    assert answer.status_code == 422
    assert 'id="id_password_error"' in answer.content.decode()
    assert not User.objects.exists()


def test_own_files_found_an_organisation_with_a_free_address(client: Client) -> None:
    client.post("/welcome/", {**OWNER, "key": welcome.KEY})
    for slug in ("bakkerij-de-zon", "bakkerij-de-zon-2"):
        answer = client.post("/welcome/start/", {"choice": "files", "name": "Bakkerij De Zon"})
        assert answer.headers["Location"] == f"/o/{slug}/data/"
    assert client.post("/welcome/start/", {"choice": "files", "name": " "}).status_code == 422


def test_the_demo_company_gets_its_diagnosis(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verbond.web.diagnosing.diagnose_organisation", lambda job, progress: None)
    client.post("/welcome/", {**OWNER, "key": welcome.KEY})
    answer = client.post("/welcome/start/", {"choice": "demo"})
    demo = Organisation.objects.get(kind=Organisation.Kind.DEMO)
    assert answer.headers["Location"] == f"/o/{demo.slug}/"
    assert Job.objects.get(organisation=demo).kind == "diagnosis"
