"""The standing cast: Alice owns Acme, Ann analyses there, Bob is a member; Charlie owns Globex."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from tests.reports.conftest import full_diagnosis
from tests.reports.made_plan import made_plan

from verbond.diagnosis import Diagnosis, save_diagnosis
from verbond.web.store.models import Membership, Organisation, Role, Run, User

PASSWORD = "a ladder has five rungs"


@dataclass(frozen=True)
class Cast:
    """People, and a client for each."""

    acme: Organisation
    globex: Organisation
    people: dict[str, User]

    def client(self, name: str | None) -> Client:
        """A browser in which this person is signed in; nobody for None."""
        client = Client()
        if name is not None:
            client.force_login(self.people[name])
        return client

    def confirmed(self, name: str) -> Client:
        """A browser in which this person has just shown her password again."""
        client = self.client(name)
        assert client.post("/profile/confirmation/", {"password": PASSWORD}).status_code == 302
        return client


@pytest.fixture
def cast(db: None) -> Cast:
    return found_cast()


def found_cast() -> Cast:
    """Put the cast in the database, with nothing on disk."""
    # the database forgets organisations after each test and gives their ids again: so must the disk
    shutil.rmtree(settings.INSTALLATION.folder / "organisations", ignore_errors=True)
    acme = Organisation.objects.create(slug="acme", name="Acme")
    globex = Organisation.objects.create(slug="globex", name="Globex")
    roles = {
        "alice": (acme, Role.OWNER),
        "ann": (acme, Role.ANALYST),
        "fay": (acme, Role.FACILITATOR),
        "bob": (acme, Role.MEMBER),
        "gus": (acme, Role.GUEST),
        "charlie": (globex, Role.OWNER),
    }
    people = {}
    for name, (organisation, role) in roles.items():
        people[name] = User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title())
        Membership.objects.create(organisation=organisation, user=people[name], role=role)
    people["dora"] = User.objects.create_user("dora@example.org", PASSWORD, name="Dora", is_admin=True)
    return Cast(acme, globex, people)


@pytest.fixture
def made_run(cast: Cast) -> Callable[..., Run]:
    """Give an organisation a diagnosis."""

    def make(organisation: Organisation | None = None, diagnosis: Diagnosis | None = None) -> Run:
        organisation = organisation or cast.acme
        run = Run(id=uuid.uuid4(), organisation=organisation, fingerprint="f" * 16, version="0")
        folder = settings.INSTALLATION.data_folder(organisation.pk) / "results"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{run.id}.diagnosis"
        if diagnosis is None:
            file.write_bytes(_full())
        else:
            save_diagnosis(diagnosis, file)
        run.save()
        return run

    return make


@cache
def _full() -> bytes:
    """A whole diagnosis as a file, written once."""
    with tempfile.TemporaryDirectory() as folder:
        save_diagnosis(replace(full_diagnosis(), plan=made_plan()), Path(folder) / "full")
        return (Path(folder) / "full").read_bytes()
