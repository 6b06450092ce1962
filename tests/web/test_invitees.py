"""Whom a survey asks: lists, links, and who may not be asked."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import zipfile
from xml.sax.saxutils import escape

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from verbond.errors import VerbondError
from verbond.listen import own_questionnaire
from verbond.tables import Tables
from verbond.web.diagnosing import archive_of
from verbond.web.listening import lists, persons, reaching
from verbond.web.listening.invitees import PURPOSE, Candidate, add, checked, decline, find, token_of
from verbond.web.people import tokens
from verbond.web.store.models import (
    AuditEntry,
    Invitee,
    Letter,
    Organisation,
    Path,
    Reached,
    Sheet,
    Survey,
)


def make_survey(organisation: Organisation, **fields: object) -> Survey:
    given = {
        "name": "Autumn",
        "company": "Acme",
        "questionnaire": own_questionnaire("short", "customer").to_json(),
        "wave": "w1",
        "state": "open",
        **fields,
    }
    return Survey.objects.create(organisation=organisation, **given)


# links


def test_a_token_is_what_its_formula_says(cast) -> None:
    import base64
    import hmac

    survey = make_survey(cast.acme)
    add(survey, [Candidate("bo@example.org")])
    one = survey.invitees.get()
    text = f"verbond.invitee|{survey.pk}|{one.number}".encode()
    made = hmac.digest(settings.INSTALLATION.secret_key.encode(), text, "sha256")
    assert token_of(one) == base64.urlsafe_b64encode(made).decode().rstrip("=")
    assert one.token_hash == hashlib.sha256(b"invitee\0" + token_of(one).encode()).hexdigest()
    assert find(token_of(one)) == one


def test_nobodys_tokens_open_nothing(cast) -> None:
    """Tampered, cut, of another survey, of another purpose, of another installation, of a row that went."""
    survey, other = make_survey(cast.acme), make_survey(cast.globex)
    for one in (survey, other):
        add(one, [Candidate("bo@example.org")])
    mine, theirs = survey.invitees.get(), other.invitees.get()
    token = token_of(mine)
    swapped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for wrong in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        swapped,
        token.lower(),
        token_of(theirs),
        "x" * 5000,
    ):
        assert find(wrong, survey) is None, wrong
    assert find(token_of(theirs), other) == theirs
    for purpose in ("sheet", "guests", "invitation", "share", "kiosk"):
        other_kind, digest = tokens.made(purpose)
        Invitee.objects.filter(pk=mine.pk).update(token_hash=digest)
        assert find(other_kind) is None, purpose
    forged = tokens.made(PURPOSE)  # its hash is there, and it is not the one that was signed
    Invitee.objects.filter(pk=mine.pk).update(token_hash=forged[1])
    assert find(forged[0]) is None
    theirs.delete()
    assert find(token_of(theirs)) is None


# lists


def test_every_line_is_taken_folded_or_refused(cast) -> None:
    survey = make_survey(cast.acme)
    add(survey, [Candidate("known@example.org")])
    reaching.decline(cast.acme.pk, "Never@example.org")
    reaching.decline(cast.globex.pk, "bo@example.org")  # what Globex was told is nothing to Acme
    rows = [
        Candidate(" Bo@Example.org ", "Bo", "Sales", "Nederlands", line=1),
        Candidate("bo@example.ORG", line=2),
        Candidate("known@example.org", line=3),
        Candidate("never@example.org", line=4),
        Candidate("", line=5),
        Candidate("no address", line=6),
        Candidate("x@example.org\r\nBcc: y@example.org", line=7),
        Candidate("a@example.org", "n" * 121, line=8),
        Candidate("mia@bücher.example", language="de", line=9),
    ]
    done = add(survey, rows)
    assert (done.n, done.n_double, done.n_known, done.n_declined) == (2, 1, 1, 1)
    assert {one.line: one.reason.code.split("_")[-1] for one in done.refused} == {
        5: "empty",
        6: "address",
        7: "address",
        8: "long",
    }
    assert done.n_lines == len(rows)
    kept = {one.email: one for one in survey.invitees.all()}
    assert set(kept) == {"known@example.org", "bo@example.org", "mia@xn--bcher-kva.example"}
    assert (kept["bo@example.org"].department, kept["bo@example.org"].language) == ("Sales", "nl")
    assert kept["mia@xn--bcher-kva.example"].language == ""


@pytest.mark.parametrize(
    "name", ["Bo\r\nBcc: eve@example.org", "Bo\x00\x1b[2J", "Bo\u2028\u202eeve", "Bo\x85x"]
)
def test_a_name_is_one_line(name: str) -> None:
    kept = checked(Candidate("bo@example.org", name)).name
    assert kept.isprintable()
    assert len(kept.splitlines()) == 1


def test_ten_thousand_are_added_in_few_queries(cast) -> None:
    survey = make_survey(cast.acme)
    rows = [Candidate(f"person{n}@example.org", f"Person {n}", "Sales", line=n) for n in range(10_000)]
    with CaptureQueriesContext(connection) as asked:
        assert add(survey, rows).n == 10_000
    assert len(asked) < 500  # as many rows at once as SQLite takes
    with CaptureQueriesContext(connection) as asked:
        assert add(survey, rows).n_known == 10_000
    assert len(asked) < 10


# who may not be asked


def test_who_declined_is_never_asked_again(cast) -> None:
    survey = make_survey(cast.acme)
    add(survey, [Candidate("bo@example.org")])
    one = survey.invitees.get()
    Letter.objects.create(invitee=one, kind="reminder")
    decline(one)
    one.refresh_from_db()
    assert one.state == Invitee.State.DECLINED
    assert not Letter.objects.exists()
    assert add(make_survey(cast.acme), [Candidate("BO@example.org")]).n_declined == 1
    assert add(make_survey(cast.globex), [Candidate("bo@example.org")]).n == 1
    assert "bo@" not in str(list(Reached.objects.values()))


# lists as they are given


@pytest.mark.parametrize(
    "text",
    [
        "bo@example.org\nmia@example.org",
        "E-mail;Naam;Afdeling;Taal\nbo@example.org;Bo;Sales;nl\nmia@example.org;Mia;;",
        "Name,E-mail address\nBo,bo@example.org\nMia,mia@example.org",
        "bo@example.org\tBo\tSales\tnl\nmia@example.org\tMia",
        '"Bo, the first" <bo@example.org>; Mia <mia@example.org>',
        "Bo <bo@example.org>, Mia <mia@example.org>",
        "Bo <bo@example.org>\nMia <mia@example.org>\n",
        '\ufeffemail,name\r\n"bo@example.org","Bo ""B"""\r\nmia@example.org,"Mi\na"\r\n',
        "Mia | mia@example.org\nBo | bo@example.org",
    ],
)
def test_lists_of_many_shapes_are_read(text: str, cast) -> None:
    found = lists.candidates_in(text, cast.acme)
    assert {one.email for one in found} == {"bo@example.org", "mia@example.org"}
    assert {one.name.strip('"')[:2] for one in found} in ({""}, {"Bo", "Mi"})
    if "Sales" in text:
        assert {(one.department, one.language) for one in found} == {("Sales", "nl"), ("", "")}


def test_a_line_says_where_it_stood(cast) -> None:
    text = "naam;e-mail\nBo;bo@example.org\n\nMia;geen\nAnn;ann@example.org"
    found = lists.candidates_in(text, cast.acme)
    assert [(one.line, one.name) for one in found] == [(2, "Bo"), (4, "Mia"), (5, "Ann")]
    done = add(make_survey(cast.acme), found)
    assert [(one.line, one.reason.code) for one in done.refused] == [(4, "web_letters.refused_address")]


def test_a_customers_number_becomes_the_pseudonym_of_the_archive(cast) -> None:
    archive = archive_of(cast.acme)
    text = "email,klantnummer\nbo@example.org,K-10427"
    found = lists.candidates_in(text, cast.acme)[0].customer
    said = Tables.from_columns({"customers": {"customer_id": ["K-10427"], "email": ["bo@example.org"]}})
    archive.add(said, import_id="a", source_sha256="a", file_name="a.csv", product="csv")
    assert archive.identities()[found]["customer_id"] == "K-10427"
    assert found != lists.candidates_in(text, cast.globex)[0].customer


@given(st.text(max_size=200))
def test_every_line_of_anything_is_somewhere(text: str) -> None:
    rows = lists.candidates_in(text, Organisation(pk=1))
    refused = [one for one in rows if not isinstance(checked(one), Candidate)]
    kept = [checked(one) for one in rows if one not in refused]
    assert len(refused) + len(kept) == len(rows)
    for one in kept:
        assert one.email == one.email.strip().lower()
        assert one.email.isascii()
        assert one.email.isprintable()
        assert one.name.isprintable()
        assert "@" in one.email


_CELL = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@given(st.lists(_CELL, min_size=1, max_size=5, unique=True), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_comes_back(names: list[str], separator: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["E-mail", "Naam"])
    rows = [(f"p{n}@example.org", name) for n, name in enumerate(names)]
    writer.writerows(rows)
    found = lists.candidates_in(text.getvalue(), Organisation(pk=1))
    assert [(one.email, one.name) for one in found] == rows


def workbook(rows: list[list[str | None]]) -> bytes:
    """A small .xlsx, written part by part."""
    cells = "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c r="{chr(65 + k)}{n}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for k, cell in enumerate(row)
            if cell
        )
        + "</row>"
        for n, row in enumerate(rows, start=1)
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, head + content)
    return made.getvalue()


def test_a_workbook_is_read(cast) -> None:
    rows = [["Naam", "E-mail", "Klantnummer"], ["Bo", "bo@example.org", "1042"], ["Mia", None, "7"]]
    found = lists.candidates_of_file("list.xlsx", workbook(rows), cast.acme)
    assert [(one.line, one.email, one.name) for one in found] == [(2, "bo@example.org", "Bo"), (3, "", "Mia")]
    assert found[0].customer == lists.candidates_in("e-mail,klantnummer\nb@c.nl,1042", cast.acme)[0].customer


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 no workbook",
        b"PK torn",
        b"%PDF-1.4 a@b.nl",
        b"{\\rtf1 a@b.nl",
        b"\x00\x01\x02",
        b"x" * (lists.MOST_BYTES + 1),
        b"a@b.nl\n" * 100_001,
    ],
)
def test_what_is_no_list_is_refused(content: bytes, cast) -> None:
    with pytest.raises(VerbondError):
        lists.candidates_of_file("list.csv", content, cast.acme)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_other_days_are_read(encoding: str, cast) -> None:
    content = "e-mail;naam\nbo@example.org;Zoë".encode(encoding)
    assert lists.candidates_of_file("list.csv", content, cast.acme)[0].name == "Zoë"


# customers


@pytest.fixture
def customers(cast) -> dict[str, str]:
    """Four customers, of whom two may be approached and have an address; name -> pseudonym."""
    said = Tables.from_columns(
        {
            "customers": {
                "customer_id": ["K1", "K2", "K3", "K4"],
                "email": ["one@example.org", "two@example.org", "three@example.org", None],
                "name": ["One", "Two", "Three", "Four"],
                "consent": [True, True, False, True],
                "region": ["north", "south", "north", "north"],
            }
        }
    )
    archive = archive_of(cast.acme)
    archive.add(said, import_id="a", source_sha256="a", file_name="a.csv", product="csv")
    return {one["customer_id"]: pseudonym for pseudonym, one in archive.identities().items()}


def test_only_who_consented_and_has_an_address_is_chosen(cast, customers) -> None:
    assert lists.customers_by(cast.acme) == {"": {"": 3}, "region": {"north": 2, "south": 1}}
    found = {one.email: one for one in lists.candidates_of_customers(cast.acme)}
    assert set(found) == {"one@example.org", "two@example.org"}
    assert found["one@example.org"].customer == customers["K1"]
    assert found["one@example.org"].segments == {"region": "north"}
    assert found["one@example.org"].name == "One"
    north = lists.candidates_of_customers(cast.acme, "region", ["north"])
    assert [one.email for one in north] == ["one@example.org"]
    drawn = lists.candidates_of_customers(cast.acme, only=[customers["K2"], customers["K3"]])
    assert [one.email for one in drawn] == ["two@example.org"]
    assert lists.candidates_of_customers(cast.acme, "email", ["one@example.org"]) == []
    assert lists.candidates_of_customers(cast.globex) == []


def test_customers_are_put_on_the_list_from_the_page(cast, customers) -> None:
    survey = make_survey(cast.acme)
    path, fay = f"/o/acme/surveys/{survey.pk}/invitees/customers/", cast.client("fay")
    assert "region" in fay.get(path).content.decode()
    assert fay.post(f"{path}?by=region", {}).status_code == 422
    assert fay.post(f"{path}?by=region", {"chosen": ["east"]}).status_code == 422
    assert fay.post(f"{path}?by=region", {"chosen": ["south"]}).status_code == 200
    assert [one.email for one in survey.invitees.all()] == ["two@example.org"]
    assert fay.post(path, {}).status_code == 200
    assert survey.invitees.count() == 2


# pages


def test_a_list_is_pasted_and_brought(cast) -> None:
    survey = make_survey(cast.acme, state="draft")
    path, fay = f"/o/acme/surveys/{survey.pk}/invitees/", cast.client("fay")
    assert fay.get(path).status_code == 200
    hostile = "<script>alert(1)</script>"
    answer = fay.post(f"{path}lists/", {"pasted": f"bo@example.org;{hostile}\n{hostile}\n"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert survey.invitees.count() == 1
    assert hostile not in page
    assert "&lt;script&gt;" in page
    file = SimpleUploadedFile("list.csv", b"mia@example.org\nbo@example.org")
    assert fay.post(f"{path}lists/", {"file": file}).status_code == 200
    assert survey.invitees.count() == 2
    empty = fay.post(f"{path}lists/", {"pasted": " "})
    assert empty.status_code == 422
    assert 'id="id_pasted_error"' in empty.content.decode()
    broken = fay.post(f"{path}lists/", {"file": SimpleUploadedFile("l.csv", b"\x00\x01")})
    assert broken.status_code == 422
    closed = make_survey(cast.acme, state="closed")
    closed_path = f"/o/acme/surveys/{closed.pk}/invitees/"
    assert fay.get(closed_path).status_code == 200
    assert fay.post(f"{closed_path}lists/", {"pasted": "bo@example.org"}).status_code == 404
    assert AuditEntry.objects.filter(verb="invitees_added").count() == 2


def test_only_who_was_sent_nothing_is_taken_off(cast) -> None:
    """Who has a link could answer once more with another one."""
    survey, other = make_survey(cast.acme), make_survey(cast.acme)
    add(survey, [Candidate("bo@example.org"), Candidate("mia@example.org"), Candidate("ann@example.org")])
    add(other, [Candidate("x@example.org")])
    bo, mia, ann = survey.invitees.order_by("pk")
    Invitee.objects.filter(pk=mia.pk).update(state="sent", n_sent=1)
    Invitee.objects.filter(pk=ann.pk).update(answered=True)
    path, fay = f"/o/acme/surveys/{survey.pk}/invitees/removal/", cast.client("fay")
    assert fay.post(path, {"invitee": bo.pk}).status_code == 302
    for wrong in (bo.pk, mia.pk, ann.pk, other.invitees.get().pk, "", "x", "9" * 30, "-1"):
        assert fay.post(path, {"invitee": wrong}).status_code == 404, wrong
    assert (survey.invitees.count(), other.invitees.count()) == (2, 1)
    for name in ("bob", "gus", "charlie"):
        assert cast.client(name).post(path, {"invitee": mia.pk}).status_code == 404


def test_the_page_does_not_ask_more_of_the_database_with_more_people(cast, django_assert_num_queries) -> None:
    survey, fay = make_survey(cast.acme), cast.client("fay")
    path = f"/o/acme/surveys/{survey.pk}/invitees/"
    add(survey, [Candidate("p@example.org")])
    with CaptureQueriesContext(connection) as few:
        fay.get(path)
    add(survey, [Candidate(f"p{n}@example.org") for n in range(300)])
    with django_assert_num_queries(len(few)):
        fay.get(path)
    assert "p299@" not in fay.get(path).content.decode()
    assert "?page=2#people" in fay.get(path).content.decode()


# one person, and what is too old


def test_somebody_is_found_and_erased_among_those_who_were_asked(cast) -> None:
    """Her row, letters, and answers to which a path leads; not that she does not want to be asked."""
    survey, other = make_survey(cast.acme), make_survey(cast.globex)
    for one in (survey, other):
        add(one, [Candidate("bo@example.org", customer="p" * 32), Candidate("mia@example.org")])
    bo, mia = survey.invitees.order_by("pk")
    sheet = Sheet.objects.create(survey=survey, token_hash="s", channel="personal", revision=1, language="nl")
    kept = Sheet.objects.create(survey=survey, token_hash="t", channel="personal", revision=1, language="nl")
    Path.objects.create(invitee=bo, sheet=sheet)
    Path.objects.create(invitee=mia, sheet=kept)
    Letter.objects.create(invitee=bo, kind="invitation", state="sent")
    reaching.mark_asked(cast.acme.pk, ["bo@example.org", "mia@example.org"])
    reaching.decline(cast.acme.pk, "bo@example.org")
    [said] = persons.kept_of(cast.acme, [" Bo@example.org"], [])
    assert (said["email"], said["survey"], "answered" in said) == ("bo@example.org", survey.name, False)
    assert persons.kept_of(cast.acme, [""], [""]) == []
    assert persons.erase(cast.acme, [], ["p" * 32]) == 1
    assert set(survey.invitees.all()) == {mia}
    assert set(Sheet.objects.all()) == {kept}
    assert not Letter.objects.exists()
    assert other.invitees.count() == 2
    assert list(Reached.objects.filter(declined=True).values_list("last_asked_on", flat=True)) == [None]
    assert Reached.objects.count() == 2
    assert persons.erase(cast.acme, ["bo@example.org"], []) == 0
    assert add(survey, [Candidate("bo@example.org")]).n_declined == 1


def test_lists_of_surveys_that_closed_long_ago_go(cast) -> None:
    now = timezone.now()
    old = make_survey(cast.acme, state="closed", closed_at=now - dt.timedelta(days=100))
    young = make_survey(cast.acme, state="closed", closed_at=now - dt.timedelta(days=10))
    still, other = make_survey(cast.acme), make_survey(cast.globex, state="closed", closed_at=old.closed_at)
    for one in (old, young, still, other):
        add(one, [Candidate("bo@example.org")])
    reaching.mark_asked(cast.acme.pk, ["bo@example.org"], now.date() - dt.timedelta(days=100))
    reaching.mark_asked(cast.acme.pk, ["mia@example.org"], now.date())
    reaching.decline(cast.acme.pk, "ann@example.org")
    before = now - dt.timedelta(days=60)
    assert set(persons.expired(cast.acme, before)) == set(old.invitees.all())
    assert persons.forget_expired(cast.acme, before) == 1
    assert {one.invitees.count() for one in (young, still, other)} == {1}
    assert sorted(Reached.objects.values_list("declined", flat=True)) == [False, True]


def test_colleagues_are_not_chosen_among_the_customers(cast) -> None:
    fay = cast.client("fay")
    for group, status in (("customer", 200), ("employee", 404)):
        asked = make_survey(cast.acme, questionnaire=own_questionnaire("short", group).to_json())
        path = f"/o/acme/surveys/{asked.pk}/invitees/"
        assert fay.get(f"{path}customers/").status_code == status
        assert ("customer number" in fay.get(path).content.decode()) is (group == "customer")
