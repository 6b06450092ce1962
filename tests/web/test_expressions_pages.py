"""The promise of a canvas, messages held against it, what people say of them; nothing private is kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import logging

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests.web.privacy_world import found_in_rows

from verbond.canvas import Outcome
from verbond.expressions import WordRater
from verbond.web.diagnosing import archive_of
from verbond.web.expressions import auditing, bringing, promising, showing
from verbond.web.keeping import retention
from verbond.web.store.models import CompanyPromise, ExpressionAudit, Import, Job, Label, Organisation
from verbond.web.workshop.closing import close_canvas
from verbond.web.workshop.making import make_canvas

pytestmark = pytest.mark.django_db(transaction=True)

AT = "/o/acme/expressions/"
PROMISE = "Kleding die lang meegaat"
KEEPS = ["Gat in je trui? Wij maken hem gratis.", "Deze jas draag je over tien jaar nog."]
BREAKS = ["Elke week een nieuwe collectie voor weinig.", "Nu drie halen en twee betalen."]
WORDS = {"text": PROMISE, "words_never": "weggooien", "go": "keep"}
"""A promise with a rule, so that what conflicts is sure whichever rater is installed."""


@pytest.fixture
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "rater_of", lambda organisation: WordRater())


@pytest.fixture
def promised(cast, words_only) -> CompanyPromise:
    answer = cast.client("fay").post(f"{AT}promise/writing/", WORDS)
    assert answer.status_code == 302, answer.content.decode()
    return CompanyPromise.objects.get()


def finished_canvas(cast):
    outcome = Outcome.from_json({
        "company": "Mazzel",
        "values": [{"name": "gaat lang mee", "place": "universalism", "chosen": True},
                   {"name": "vrolijk", "place": "hedonism", "chosen": False}],
        "promises": [{"text": PROMISE, "chosen": True, "keeps": KEEPS, "breaks": BREAKS}],
    })  # fmt: skip
    canvas = make_canvas(cast.acme, cast.people["fay"], name="Mazzel", company="Mazzel", outcome=outcome)
    close_canvas(canvas, cast.people["fay"])
    return canvas


def paste(client, text: str, status: int = 302, **more):
    answer = client.post(f"{AT}audits/making/", {"text": text, "speaker": "company", **more})
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


def bring(client, name: str, content: bytes, status: int = 302):
    file = SimpleUploadedFile(name, content)
    answer = client.post(f"{AT}audits/making/", {"file": file, "speaker": "customer"})
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


# the promise


def test_a_finished_canvas_gives_its_promise(cast) -> None:
    canvas = finished_canvas(cast)
    fay = cast.client("fay")
    edition = fay.get(f"/o/acme/canvases/{canvas.pk}/editions/").content.decode()
    address = f"{AT}promise/canvases/{canvas.pk}/1/"
    assert f'action="{address}"' in edition
    assert f'action="{address}"' in fay.get(f"{AT}promise/").content.decode()
    assert fay.post(address)["Location"] == f"{AT}promise/"
    row = CompanyPromise.objects.get()
    assert (row.text, row.language, row.canvas_id, row.made_by.name) == (PROMISE, "nl", canvas.pk, "Fay")
    assert row.values == ["universalism"]
    assert row.keeps[:2] == KEEPS
    assert row.breaks[:2] == BREAKS
    assert len(row.keeps) == len(row.breaks) == 4, "filled up with suggestions, in the promise's own language"
    page = fay.get(f"{AT}promise/").content.decode()
    assert page.count(">suggested</span>") == 4
    fay.post(address)
    assert CompanyPromise.objects.count() == 1, "the same again is no version"


def test_a_canvas_without_a_promise_gives_none(cast) -> None:
    empty = Outcome.from_json({"company": "Mazzel"})
    canvas = make_canvas(cast.acme, cast.people["fay"], name="M", company="M", outcome=empty)
    close_canvas(canvas, cast.people["fay"])
    fay = cast.client("fay")
    assert fay.post(f"{AT}promise/canvases/{canvas.pk}/1/").status_code == 404
    assert "What do you promise" in fay.get(f"{AT}promise/").content.decode()


def test_versions_are_added_and_none_is_changed(cast) -> None:
    fay, ann = cast.client("fay"), cast.client("ann")
    ann.post(f"{AT}promise/writing/", {"text": "We call back.", "go": "keep"})
    fay.post(
        f"{AT}promise/writing/", {"text": "We call back today.", "keeps": "a b c\n\n a  b c\nd", "go": "keep"}
    )
    newest, first = CompanyPromise.objects.all()
    assert (newest.number, newest.keeps, newest.made_by.name) == (2, ["a b c", "d"], "Fay")
    assert (first.number, first.text, first.made_by.name) == (1, "We call back.", "Ann")
    assert promising.promised_by(cast.acme).text == "We call back today."
    assert "We call back." in cast.client("gus").get(f"{AT}promise/versions/1/").content.decode()
    with pytest.raises(TypeError):
        CompanyPromise.objects.filter(number=1).update(text="x")
    with pytest.raises(TypeError):
        first.save()
    with pytest.raises(TypeError):
        CompanyPromise.objects.all().delete()


def test_examples_are_suggested_before_a_promise_is_kept(cast) -> None:
    fay = cast.client("fay")
    said = {"text": PROMISE, "values": ["universalism"], "relationship": "meaning", "go": "ready"}
    answer = fay.post(f"{AT}promise/writing/", said)
    assert answer.status_code == 200
    assert not CompanyPromise.objects.exists()
    assert "Is het stuk?" in answer.content.decode()
    wrong = fay.post(f"{AT}promise/writing/", {"text": "", "go": "ready"})
    assert wrong.status_code == 422
    many = "\n".join(f"example {n}" for n in range(41))
    wrong = fay.post(f"{AT}promise/writing/", {"text": "x", "keeps": many, "go": "ready"})
    assert "You gave 41 lines; at most 40" in wrong.content.decode()


# messages


def test_the_promise_of_a_canvas_drives_the_audit(cast) -> None:
    canvas = finished_canvas(cast)
    fay = cast.client("fay")
    fay.post(f"{AT}promise/canvases/{canvas.pk}/1/")
    address = paste(fay, "Gat in je jas? Wij maken hem gratis.\nNu vier halen en drie betalen.")["Location"]
    kept, broken = ExpressionAudit.objects.get().outcome["messages"]
    assert kept["conflict"] < broken["conflict"], "nearer to its own example than to the other's"
    page = fay.get(address).content.decode()
    assert page.index("Nu vier halen") < page.index("Gat in je jas"), "what conflicts more comes first"
    assert "nothing is blocked" in page


def test_each_message_gets_its_state_reason_and_words(cast, promised) -> None:
    bob = cast.client("bob")
    text = "Korting: koop nieuw en ga je oude weggooien.\n\nJe bent geen nummer, zorg voor\nelkaar.\n\nOk"
    address = paste(bob, text)["Location"]
    audit = ExpressionAudit.objects.get()
    states = [one["verdict"] for one in audit.outcome["messages"]]
    assert states[0] == "conflicts"
    assert states[2] == ""
    assert sum(audit.outcome["counts"].values()) == audit.n_messages == 3
    page = bob.get(address).content.decode()
    assert "<mark>weggooien</mark>" in page
    assert "hard rule of the promise" in page
    assert "Fewer than 3 words" in page or "too little" in page
    only = bob.get(f"{address}?state=conflicts").content.decode()
    assert "Korting: koop" in only
    assert "geen nummer" not in only
    assert bob.get(f"{address}?state=nonsense&page=99").status_code == 200


def test_what_is_pasted_is_shown_as_text_and_never_run(cast, promised) -> None:
    bob = cast.client("bob")
    address = paste(bob, "Nooit weggooien, zegt meneer {{ 7*7 }} \"'&amp; en <3 van ons")["Location"]
    page = bob.get(address).content.decode()
    assert "<script" not in page[page.index("message__text") :]
    assert "{{ 7*7 }}" in page


PRIVATE = "Beste Anneke de Vries, we storten 12 euro op NL91ABNA0417164300. Vragen? anneke@example.org"


@pytest.mark.parametrize("way", ["pasted", "csv", "draft"])
def test_nothing_that_names_somebody_is_kept_or_logged(way: str, cast, promised, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    bob = cast.client("bob")
    if way == "pasted":
        address = paste(bob, PRIVATE, name=PRIVATE)["Location"]
        bob.post(f"{address}messages/0/label/", {"verdict": "fits", "why": PRIVATE})
    elif way == "csv":
        bring(bob, "anneke@example.org.csv", f"bericht;kanaal\n{PRIVATE};mail\n".encode())
    else:
        bring(bob, "a.csv", f"een;twee\n{PRIVATE};{PRIVATE}\nWij helpen je graag;mail\n".encode())
    assert ExpressionAudit.objects.count() == 1
    found = found_in_rows(["NL91ABNA0417164300", "anneke@example.org", "Anneke de Vries"])
    assert not any(found.values()), found
    assert "NL91ABNA" not in caplog.text
    assert "anneke@" not in caplog.text


def test_a_table_is_known_by_its_headings(cast, promised) -> None:
    rows = "Nr,Bericht,Afdeling,Kanaal,Datum,Wie\n"
    rows += "1,Wij maken je jas gratis,Winkel,web,3-2-2026,medewerker\n2,,Winkel,web,,\n"
    rows += "3,Alles weggooien en nieuw kopen,Marketing,mail,2026-02-04,merk\n"
    bring(cast.client("bob"), "antwoorden.csv", rows.encode())
    first, second = ExpressionAudit.objects.get().messages
    assert first == {
        "text": "Wij maken je jas gratis", "department": "Winkel", "channel": "web", "date": "2026-02-03",
        "speaker": "employee",
    }  # fmt: skip
    assert (second["speaker"], second["date"]) == ("company", "2026-02-04")


def test_columns_are_asked_where_no_heading_says_so(cast, promised) -> None:
    bob = cast.client("bob")
    address = bring(bob, "a.csv", b"a;b\nx;Wij maken je jas graag\ny;Nu weggooien maar\n")["Location"]
    assert address.endswith("/columns/")
    page = bob.get(address).content.decode()
    assert "Wij maken je jas graag" in page
    assert bob.get(address.replace("columns/", ""))["Location"] == address
    wrong = bob.post(
        address, {"text": "1", "speaker": "-1", "channel": "1", "department": "-1", "date": "-1"}
    )
    assert wrong.status_code == 422
    assert "chosen twice" in wrong.content.decode()
    bob.post(address, {"text": "1", "speaker": "-1", "channel": "0", "department": "-1", "date": "-1"})
    audit = ExpressionAudit.objects.get()
    assert audit.state == "done"
    assert audit.messages == [
        {"text": "Wij maken je jas graag", "speaker": "customer", "channel": "x"},
        {"text": "Nu weggooien maar", "speaker": "customer", "channel": "y"},
    ]


def workbook(rows: list[list[str]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


SAID = "Mijn jas ging na een week al stuk en niemand helpt me."
TWO = ["Wij maken je jas graag", "Kom maar langs vandaag"]
MAIL = b"""From: Bo <bo@example.org>
To: shop@example.org
Subject: Jas
Date: Tue, 03 Feb 2026 10:00:00 +0100
Content-Type: text/plain; charset=utf-8

Mijn jas ging na een week al stuk en niemand helpt me.
"""


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.xlsx", workbook([["Tekst", "Kanaal"], [TWO[0], "web"]]), TWO[:1]),
        ("a.txt", b"Een bericht hier\n\nNog een bericht", ["Een bericht hier", "Nog een bericht"]),
        ("a.csv", "\n".join(TWO).encode(), TWO),
        ("a.eml", MAIL, [SAID]),
        ("a.mbox", b"From bo@example.org Tue Feb  3 10:00:00 2026\n" + MAIL, [SAID]),
    ],
    ids=["xlsx", "txt", "no heading", "eml", "mbox"],
)  # fmt: skip
def test_other_kinds_of_files_are_read(name: str, content: bytes, texts: list[str], cast, promised) -> None:
    bring(cast.client("bob"), name, content)
    assert [one["text"] for one in ExpressionAudit.objects.get().messages] == texts


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"%PDF-1.7", "a.pdf is of a kind that is not read here"),
        ("a.csv", b"  ", "a.csv is empty"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "a.xlsx cannot be read"),
        ("a.csv", b"bericht\n" + b"een bericht\n" * 5001, "There are 5,001 messages; at most 5,000"),
        ("a.txt", b"x" * ((7 << 20) + 1), "a.txt is 7 MB; at most 7 MB"),
        ("a.csv", (";".join("abcdefghijklm") + "\n" + "x;" * 12 + "x\n").encode(), "table has 13 columns"),
    ],
    ids=["kind", "empty", "broken", "many", "large", "wide"],
)  # fmt: skip
def test_what_cannot_be_taken_says_what_was_found(
    name: str, content: bytes, told: str, cast, promised
) -> None:
    page = bring(cast.client("bob"), name, content, status=422).content.decode()
    assert told in page.replace("&#39;", "'")
    assert not ExpressionAudit.objects.exists()


def test_an_empty_form_and_a_text_of_five_megabytes_are_named(cast, promised) -> None:
    bob = cast.client("bob")
    assert "nothing here yet" in paste(bob, "  ", status=422).content.decode()
    assert "No message was found" not in paste(bob, "\n", status=422).content.decode()
    assert "at most 1,048,576 can be pasted" in paste(bob, "a " * 600_000, status=422).content.decode()
    assert bob.post(f"{AT}audits/making/", {"text": "a" * (5 << 20)}).status_code == 413


def test_many_messages_are_judged_by_a_job(cast, promised) -> None:
    bob = cast.client("bob")
    n = auditing.AT_ONCE + 1
    address = paste(bob, "\n".join(f"Dit mag je nooit weggooien, nummer {k}" for k in range(n)))["Location"]
    audit = ExpressionAudit.objects.get()
    assert audit.organisation.jobs.get().kind == "audit"
    assert (audit.state, len(audit.outcome["messages"])) == ("done", n)
    assert bob.get(address).content.decode().count('class="message ') == 25
    assert bob.get(f"{address}?page=9").content.decode().count('class="message ') == 1


def test_a_job_that_begins_anew_gives_the_same(cast, promised) -> None:
    paste(cast.client("bob"), "Nu alles weggooien maar.")
    audit = ExpressionAudit.objects.get()
    before = audit.outcome
    auditing.judge(audit, lambda _: None)
    assert ExpressionAudit.objects.get().outcome == before


def test_without_a_promise_one_is_asked_for_first(cast) -> None:
    bob = cast.client("bob")
    assert bob.get(f"{AT}audits/making/")["Location"] == f"{AT}promise/"
    assert "First say what you promise" in bob.get(f"{AT}audits/").content.decode()


# what people say of it


def test_people_say_whether_it_is_right_and_nothing_of_it_is_changed(cast, promised) -> None:
    bob, fay = cast.client("bob"), cast.client("fay")
    address = paste(bob, "Nu alles weggooien maar.\nNiemand hoeft iets weg te doen.")["Location"]
    labels = f"{address}messages/0/label/"
    assert bob.post(labels, {"verdict": "fits", "why": "Ironie", "state": "conflicts"})["Location"] == (
        f"{address}?state=conflicts#m1"
    )
    fay.post(labels, {"verdict": "conflicts"})
    bob.post(labels, {"verdict": "check", "why": "Toch niet"})
    assert Label.objects.count() == 3
    newest = Label.objects.first()
    assert (newest.kind, newest.verdict, newest.detail["said"]) == ("correction", "check", "conflicts")
    assert newest.text_hash == auditing.hash_of(newest.text)
    assert newest.promise == promised
    page = bob.get(address).content.decode()
    assert "Toch niet" in page
    assert "Ironie" not in page, "the newest of each person counts"
    assert "Fay said: This is right" in page
    wrong = bob.post(labels, {"verdict": "lovely"})
    assert wrong.status_code == 422
    assert "Say what it should be" in wrong.content.decode()
    assert bob.post(f"{address}messages/2/label/", {"verdict": "fits"}).status_code == 404
    with pytest.raises(TypeError):
        newest.delete()


# taking along, adding, throwing away


def test_an_audit_is_taken_along_as_files(cast, promised) -> None:
    bob = cast.client("bob")
    address = paste(bob, "=HYPERLINK() weggooien zeg ik\nWij helpen je graag verder")["Location"]
    rows = list(csv.DictReader(io.StringIO(bob.get(f"{address}messages.csv").content.decode("utf-8-sig"))))
    assert rows[0]["text"].startswith("'=")
    assert rows[0]["verdict"] == "conflicts"
    told = json.loads(bob.get(f"{address}messages.json").content)
    assert told["promise"] == PROMISE
    assert len(told["messages"]) == 2
    assert bob.get(f"{address}messages.exe").status_code == 404


def test_messages_go_into_the_tables_once(cast, promised) -> None:
    ann = cast.client("ann")
    bring(
        ann,
        "a.csv",
        b"bericht,kanaal,datum\nWij maken je jas graag,web,2026-02-03\nNu weggooien,mail,\n",
    )
    audit = ExpressionAudit.objects.get()
    address = f"{AT}audits/{audit.pk}/"
    assert "Add to your tables" in ann.get(address).content.decode()
    assert "Add to your tables" not in cast.client("bob").get(address).content.decode()
    for _ in range(2):
        assert ann.post(f"{address}addition/").status_code == 302
    with archive_of(cast.acme).open() as tables:
        found = tables.fetch("messages")
    assert sorted(found["text"]) == ["Nu weggooien", "Wij maken je jas graag"]
    assert set(found["speaker"]) == {"customer"}
    assert set(found["channel"]) == {"web", "mail"}
    assert Import.objects.get().state == "done"
    assert "stand in your tables" in ann.get(address).content.decode()
    assert ann.get(f"/o/acme/data/{Import.objects.get().pk}/").status_code == 200


def test_who_made_it_or_an_analyst_throws_it_away(cast, promised) -> None:
    bob, fay = cast.client("bob"), cast.client("fay")
    address = paste(bob, "Nu alles weggooien maar.")["Location"]
    assert fay.post(f"{address}removal/").status_code == 404
    assert bob.post(f"{address}removal/").status_code == 302
    assert not ExpressionAudit.objects.exists()


def test_the_page_asks_no_more_of_the_database_for_more_messages(
    cast, promised, django_assert_max_num_queries
) -> None:
    bob = cast.client("bob")
    few = paste(bob, "Nu alles weggooien maar.")["Location"]
    many = paste(bob, "\n".join(f"Nu alles weggooien maar {n}." for n in range(25)))["Location"]
    for address in (few, many):
        bob.get(address)
        with django_assert_max_num_queries(14):
            bob.get(address)


def test_the_demo_company_has_its_promise(cast, monkeypatch) -> None:
    from verbond.web.views import welcome
    from verbond.web.views.welcome import begin_demo

    monkeypatch.setattr(welcome, "enqueue", lambda *_, **__: None)  # its diagnosis is tested elsewhere
    cast.people["dora"].language = "nl"
    organisation = begin_demo(cast.people["dora"])
    assert organisation.kind == Organisation.Kind.DEMO
    row = CompanyPromise.objects.get(organisation=organisation)
    assert row.language == "nl"
    assert row.text.startswith("Elk kwartaal zie je")
    assert len(row.breaks) == 4


def test_every_suggested_example_is_read_in_its_own_language() -> None:
    from verbond.expressions import RELATIONSHIPS, VALUES
    from verbond.expressions.prefill import suggested
    from verbond.expressions.reading import language_of

    for language in ("nl", "en"):
        for kind in RELATIONSHIPS[:4]:
            for value in VALUES:
                found = suggested([value], kind, language)
                assert len(found.keeps) == len(found.breaks) == 4
                assert {language_of(one) for one in (*found.keeps, *found.breaks)} == {language}


def test_of_a_table_that_cannot_be_told_no_more_than_its_masked_cells_are_kept() -> None:
    sheet = bringing.masked_sheet(bringing.Sheet(("a", "bo@example.org"), (("x", "Mail bo@example.org"),)))
    assert "@" not in str(sheet)


def test_what_is_too_old_goes_and_what_is_not_stays(cast, promised) -> None:
    bob = cast.client("bob")
    for text in ("Nu alles weggooien maar.", "Niemand hoeft iets weg te doen."):
        bob.post(f"{paste(bob, text)['Location']}messages/0/label/", {"verdict": "check"})
    old = timezone.now() - dt.timedelta(days=400)
    ExpressionAudit.objects.filter(messages__0__text__startswith="Nu").update(made_at=old)
    Label._base_manager.filter(text__startswith="Nu").update(made_at=old)
    months = {"audited": 12, "labels": 12}
    assert retention.expiring(cast.acme, months) == {"audited": 1, "labels": 1}
    Organisation.objects.filter(pk=cast.acme.pk).update(settings={"retention": months})
    cast.acme.refresh_from_db()
    retention.remove_old(Job(kind="retention", organisation=cast.acme), lambda _: None)
    assert [one.text for one in Label.objects.all()] == ["Niemand hoeft iets weg te doen."]
    assert [one.messages[0]["text"] for one in ExpressionAudit.objects.all()] == [
        "Niemand hoeft iets weg te doen."
    ]
    assert CompanyPromise.objects.count() == 1


@pytest.mark.parametrize(
    ("p", "code"), [(0.5, "likely"), (0.49, "even"), (0.25, "even"), (0.24, "unlikely"), (0.05, "hardly")]
)
def test_the_words_for_a_chance_never_gainsay_the_state(p: float, code: str) -> None:
    assert showing.step_of(p) == code
