"""A shared page: read by whoever has the link, nothing more, until it is withdrawn or over."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone
from tests.reports.conftest import full_diagnosis

from verbond.diagnosis import Finding
from verbond.results import Reason
from verbond.web.store.models import AuditEntry, Organisation, ShareLink
from verbond.web.views import shares

MARKER = "Jansen klaagde over de monteur"
"""Words that somebody wrote; a made-up name of a file that holds them is as bad."""


@pytest.fixture
def share(cast, made_run) -> Callable[..., str]:
    """Ann shares a page; the path of its link."""
    made_run()

    def make(**given: object) -> str:
        form = {"page": "ladder", "query": "", "run": "", "days": "30", **given}
        answer = cast.client("ann").post("/o/acme/shares/", form)
        assert answer.status_code == 201
        found = re.search(r'value="http://testserver(/shared/[^"]+/)"', answer.content.decode())
        assert found
        return found[1]

    return make


def test_who_has_the_link_reads_one_page_and_nothing_more(share, cast) -> None:
    path = share()
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<svg" in page
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] == "no-store"
    assert "/o/acme/" not in page, "no door into the organisation"
    assert Client().get("/o/acme/ladder/").status_code == 302
    assert Client().post(path).status_code == 405


def test_the_token_itself_is_kept_nowhere(share) -> None:
    token = share().split("/")[2]
    link = ShareLink.objects.get()
    assert token not in str(vars(link))
    assert len(link.token_hash) == 64
    assert not AuditEntry.objects.filter(subject__contains=token).exists()


@pytest.mark.parametrize("ending", ["wrong", "revoked", "expired", "another's purpose"])
def test_what_is_over_looks_like_what_never_was(ending: str, share, cast) -> None:
    path = share()
    link = ShareLink.objects.get()
    if ending == "revoked":
        cast.client("ann").post(f"/o/acme/shares/{link.pk}/revocation/")
    elif ending == "expired":
        ShareLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    elif ending == "another's purpose":
        from verbond.web.people import tokens

        ShareLink.objects.update(token_hash=tokens.hashed("invitation", path.split("/")[2]))
    else:
        path = path[:-3] + "AA/"
    answer, never = Client().get(path), Client().get("/shared/" + "x" * 43 + "/")
    assert answer.status_code == never.status_code == 404

    def said(response):
        return re.sub(r'value="[^"]*"', "", response.content.decode())

    assert said(answer) == said(never)


def test_a_link_lives_as_long_as_was_chosen(share) -> None:
    share(days="7")
    left = ShareLink.objects.get().expires_at - timezone.now()
    assert dt.timedelta(days=6, hours=23) < left <= dt.timedelta(days=7)
    ShareLink.objects.all().delete()
    share(days="0")
    assert ShareLink.objects.get().expires_at is None


@pytest.mark.parametrize("name", ["gus", "bob", "fay", "charlie", None])
def test_only_analysts_and_owners_make_and_end_links(name: str | None, share, cast) -> None:
    share()
    link = ShareLink.objects.get()
    client = cast.client(name)
    form = {"page": "ladder", "query": "", "run": "", "days": "0"}
    answers = [client.post("/o/acme/shares/", form), client.post(f"/o/acme/shares/{link.pk}/revocation/")]
    assert {answer.status_code for answer in answers} <= {302, 404}
    assert ShareLink.objects.count() == 1
    assert ShareLink.objects.get().revoked_at is None
    if name in ("gus", "bob", "fay"):
        assert "/o/acme/shares/" not in client.get("/o/acme/ladder/").content.decode()


def test_one_organisation_cannot_end_or_show_the_links_of_another(share, cast, made_run) -> None:
    share()
    link = ShareLink.objects.get()
    assert cast.client("charlie").post(f"/o/globex/shares/{link.pk}/revocation/").status_code == 404
    assert ShareLink.objects.get().revoked_at is None
    other = made_run(cast.globex)
    form = {"page": "ladder", "query": "", "run": str(other.pk), "days": "0"}
    assert cast.client("ann").post("/o/acme/shares/", form).status_code == 422


@pytest.mark.parametrize(
    "given", [{"page": "data"}, {"page": "../secrets"}, {"days": "9999"}, {"days": ""}, {"query": "x" * 301}]
)
def test_a_wrong_choice_makes_no_link(given: dict[str, str], cast, made_run) -> None:
    made_run()
    form = {"page": "ladder", "query": "", "run": "", "days": "30", **given}
    assert cast.client("ann").post("/o/acme/shares/", form).status_code == 422
    assert not ShareLink.objects.exists()


def test_filters_are_fixed(share) -> None:
    path = share(query="?segment=region%3Anorth")
    page = Client().get(path).content.decode()
    assert "north" in page
    assert "<form" not in page.split("</header>", 1)[1], "nothing to choose"
    assert Client().get(path + "?segment=region%3A%3Dsouth").content.decode().count("=south") == page.count(
        "=south"
    )


def test_a_fixed_diagnosis_stays_and_the_newest_follows(share, cast, made_run) -> None:
    first = cast.acme.runs.get()
    fixed, newest = share(run=str(first.pk)), share()
    made_run(diagnosis=replace(full_diagnosis(), name="Later"))
    pages = [Client().get(path).content.decode() for path in (fixed, newest)]
    assert ["Later" in page for page in pages] == [False, True]


def test_free_text_is_left_out(cast, made_run) -> None:
    d = full_diagnosis()
    refused = replace(d.check.refused[0], file=MARKER, column=MARKER)
    note = Reason("diagnosis.survey_failed", {"why": MARKER})
    check = replace(d.check, source=MARKER, refused=(refused,), notes=(note,))
    d = replace(
        d, check=check, findings=(Finding(note, "tables", "caution", 9), *d.findings),
        unsaid=(note, *d.unsaid), provenance=replace(d.provenance, source=MARKER),
    )  # fmt: skip
    made_run(diagnosis=d)
    assert MARKER in cast.client("ann").get("/o/acme/").content.decode(), "the marker is there to be left out"
    for page in ("today", "ladder", "values"):
        form = {"page": page, "query": "", "run": "", "days": "0"}
        made = cast.client("ann").post("/o/acme/shares/", form).content.decode()
        path = re.search(r"http://testserver(/shared/[^\"]+/)", made)[1]
        assert MARKER not in Client().get(path).content.decode(), page


def test_making_reading_and_ending_are_written_down(share, cast) -> None:
    path = share()
    Client().get(path)
    link = ShareLink.objects.get()
    cast.client("ann").post(f"/o/acme/shares/{link.pk}/revocation/")
    entries = AuditEntry.objects.filter(organisation=cast.acme, subject=str(link.pk)).order_by("id")
    assert [(entry.verb, entry.who) for entry in entries] == [
        ("share", "ann@example.org"), ("read shared page", "link"), ("unshare", "ann@example.org"),
    ]  # fmt: skip


def test_guessing_is_limited_and_reading_too(share, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "GUESSING", replace(shares.GUESSING, n=2))
    monkeypatch.setattr(shares, "READING", replace(shares.READING, n=2))
    path = share()
    assert [Client().get("/shared/no/").status_code for _ in range(3)] == [404, 404, 429]
    assert [Client().get(path).status_code for _ in range(3)] == [200, 200, 429]


def test_where_nothing_was_made_yet_there_is_nothing_to_share(cast) -> None:
    assert cast.client("ann").get("/o/acme/shares/").status_code == 200
    form = {"page": "ladder", "query": "", "run": "", "days": "0"}
    assert cast.client("ann").post("/o/acme/shares/", form).status_code == 422


def test_a_link_goes_with_its_organisation(share, cast) -> None:
    path = share()
    Organisation.objects.filter(slug="acme").delete()
    assert Client().get(path).status_code == 404
