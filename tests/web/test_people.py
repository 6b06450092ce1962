"""Members, invitations, guests: who gets in, as what, and how often."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import threading

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from verbond.web.store import people
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
