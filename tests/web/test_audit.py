"""Who saw and did what: written once, read by owners, in words."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

import verbond.web
from verbond.results.wording import entries
from verbond.web.store import audit
from verbond.web.store.models import AuditEntry, Organisation

PASSWORD = "a ladder has five rungs"


def lines(client: Client, **asked: str) -> list[list[str]]:
    """When, who and what of each line of the page."""
    page = client.get("/o/acme/audit/", asked).content.decode()
    rows = re.findall(r'<tr role="row"><td.*?</tr>', page, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row)] for row in rows
    ]


@pytest.fixture(autouse=True)
def unseen() -> None:
    audit._SEEN.clear()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["saw Ladder", "signed in with a password", "made bob@example.org Analyst"]),
        ("nl", ["bekeek Ladder", "logde in met een wachtwoord", "maakte bob@example.org Analist"]),
    ],
)
def test_an_owner_reads_who_saw_and_did_what(language: str, said: list[str], cast, made_run) -> None:
    made_run()
    alice = cast.people["alice"]
    alice.language = language
    alice.save()
    client = cast.client("alice")
    bob = cast.acme.memberships.get(user__email="bob@example.org")
    client.post(f"/o/acme/people/{bob.pk}/", {"role": "analyst"})
    Client().post("/session/", {"email": "ann@example.org", "password": PASSWORD})
    cast.client("bob").get("/o/acme/ladder/")
    assert [(who, what) for _, who, what in lines(client)] == [
        ("bob@example.org", said[0]),
        ("ann@example.org", said[1]),
        ("alice@example.org", said[2]),
    ]


def test_a_page_that_is_read_all_morning_is_noted_once_an_hour(
    cast, made_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_run()
    bob, ann = cast.client("bob"), cast.client("ann")
    for client in (bob, bob, ann):
        client.get("/o/acme/")
    assert AuditEntry.objects.filter(verb="saw").count() == 2
    now = audit.time.time()
    monkeypatch.setattr(audit.time, "time", lambda: now + audit.VIEW_SECONDS)
    bob.get("/o/acme/")
    assert AuditEntry.objects.filter(verb="saw").count() == 3


def test_what_one_did_elsewhere_is_not_shown_here(cast) -> None:
    AuditEntry.objects.create(organisation=cast.globex, who="charlie@example.org", verb="run")
    AuditEntry.objects.create(who="dora@example.org", verb="provider_made", subject="House")
    assert lines(cast.client("alice")) == []


def test_filters_find_what_one_looks_for(cast) -> None:
    now = timezone.now()
    for who, verb, days in (("a@b.nl", "run", 0), ("a@b.nl", "joined", 5), ("c@b.nl", "run", 9)):
        AuditEntry.objects.create(
            organisation=cast.acme,
            who=who,
            verb=verb,
            detail={"role": "member"},
            at=now - dt.timedelta(days=days),
        )
    alice, day = cast.client("alice"), lambda n: (now - dt.timedelta(days=n)).date().isoformat()
    assert len(lines(alice)) == 3
    assert len(lines(alice, who="a@b.nl")) == 2
    assert [what for _, _, what in lines(alice, who="a@b.nl", verb="joined")] == ["joined as Member"]
    assert len(lines(alice, since=day(5))) == 2
    assert len(lines(alice, until=day(5))) == 2
    assert len(lines(alice, since=day(5), until=day(5))) == 1
    for wrong in ({"who": "x' OR 1=1 --"}, {"since": "yesterday"}, {"verb": "<script>"}):
        answer = alice.get("/o/acme/audit/", wrong)
        assert answer.status_code == 422
        assert "<script>" not in answer.content.decode()


def test_a_long_log_has_pages_and_its_queries_do_not_grow(cast, django_assert_max_num_queries) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(organisation=cast.acme, who=f"p{n}@b.nl", verb="run") for n in range(250)
    )
    alice = cast.client("alice")
    with django_assert_max_num_queries(10):
        assert len(lines(alice)) == 100
    assert len(lines(alice, page="3")) == 50
    assert len(lines(alice, page="nonsense")) == 100


def test_what_was_written_stays(cast) -> None:
    """But for the name of who leaves, and with the organisation it belongs to."""
    entry = AuditEntry.objects.create(organisation=cast.acme, who="bob@example.org", verb="run")
    entry.verb = "joined"
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(verb="joined"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(who="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["verb"]),
        lambda: cast.acme.audit.all().delete(),
    ):
        with pytest.raises(TypeError, match="stays"), transaction.atomic():
            change()
    assert AuditEntry.objects.get().verb == "run"
    assert AuditEntry.objects.filter(who="bob@example.org").redact("somebody who left") == 1
    assert AuditEntry.objects.get().who == "somebody who left"
    cast.people["alice"].delete()
    Organisation.objects.filter(pk=cast.acme.pk).delete()
    assert not AuditEntry.objects.exists()


def test_no_address_changes_the_log(cast) -> None:
    AuditEntry.objects.create(organisation=cast.acme, who="bob@example.org", verb="run")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(cast.client("alice"), method)("/o/acme/audit/").status_code == 405
    assert AuditEntry.objects.count() == 1


def test_everything_that_is_noted_can_be_said() -> None:
    """Each verb in the source has a sentence and a name."""
    folder = Path(verbond.web.__file__).parent
    noted = re.compile(r'\bnote(?:_everywhere)?\(\s*[\w.]+,\s*"([\w ]+)"|verb="([\w ]+)"')
    verbs = {
        next(filter(None, found))
        for file in folder.rglob("*.py")
        for found in noted.findall(file.read_text("utf-8"))
    }
    assert {"run", "saw", "invited", "sign_in", "password_changed"} <= verbs
    codes = {f"web_people.{kind}_{verb.replace(' ', '_')}" for verb in verbs for kind in ("did", "verb")}
    assert not codes - entries("en").keys()
