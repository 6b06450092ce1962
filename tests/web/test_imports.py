"""Files that people bring: taken in, recognised, asked about, read, undone."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from datetime import datetime

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.tables.readers.vendor_files import FORMS_NL, SHOPIFY_ORDERS, csv_text, workbook

from verbond.method import ITEMS
from verbond.tables import open_tables
from verbond.web.data import uploads
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import AuditEntry, Import, Job, RememberedMapping, Run

HOSTILE = (
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "'; DROP TABLE events; --",
    "\u202egnp.exe",
    "<img src=x onerror=alert(1)>",
)


def orders(n: int = 2, **more: str) -> str:
    rows = [
        {
            "Name": f"#{k}",
            "Email": f"Person{k}@Example.org",
            "Financial Status": "paid",
            "Total": "12.50",
            "Created at": f"2025-10-{1 + k % 28:02d} 17:09:34 +0200",
            **more,
        }
        for k in range(n)
    ]
    return csv_text(SHOPIFY_ORDERS, rows)


@pytest.fixture
def bring(cast):
    """Send files as Ann; the answer."""
    client = cast.client("ann")

    def send(content: str | bytes | None = None, name: str = "orders_export.csv", *more: tuple[bytes, str]):
        raw = content.encode() if isinstance(content, str) else content
        given = [(orders().encode() if raw is None else raw, name), *more]
        files = [SimpleUploadedFile(n, c) for c, n in given]
        return client.post("/o/acme/data/uploads/", {"files": files})

    send.client = client
    return send


@pytest.fixture
def read(bring, django_capture_on_commit_callbacks):
    """Say that a file may be read as the page shows it, and let the job do it."""

    def go(address: str, **said: str):
        fields = sent(bring.client.get(address).content.decode()) | said
        with django_capture_on_commit_callbacks(execute=True):
            return bring.client.post(f"{address}reading/", fields)

    return go


@pytest.fixture
def undo(bring, django_capture_on_commit_callbacks):
    def go(address: str):
        with django_capture_on_commit_callbacks(execute=True):
            return bring.client.post(f"{address}removal/")

    return go


def sent(page: str) -> dict[str, str]:
    """What a browser would send of a form as it stands."""
    fields = {}
    form = page.split('id="mapping"', 1)[1].split("</form>", 1)[0]
    for name, body in re.findall(r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else ""
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        kind = re.search(r'\btype="([^"]+)"', tag)
        if name is None or (kind and kind[1] in ("radio", "checkbox") and " checked" not in tag):
            continue
        fields[name[1]] = html.unescape(value[1]) if value else ""
    return fields


def shown(bring, address: str) -> str:
    return bring.client.get(address).content.decode()


# taking in


def test_a_known_export_takes_two_clicks(bring, read) -> None:
    address = bring()["Location"]
    page = shown(bring, address)
    assert "Shopify" in page
    assert read(address)["Location"] == address
    one = Import.objects.get()
    assert one.state == Import.State.DONE, one.outcome
    assert one.outcome["kept"] == {"events": 2}
    assert 'action="/o/acme/runs/"' in shown(bring, address)
    assert not uploads.folder_of(one.organisation_id, one.pk).exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/evil.csv",
        "..\\..\\evil.csv",
        "/etc/evil.csv",
        "evil\0.csv",
        "\u202efdp.csv",
        "a/../b.csv",
    ],
)
def test_a_name_is_no_path(name: str, bring) -> None:
    bring(None, name)
    one = Import.objects.get()
    place = uploads.folder_of(one.organisation_id, one.pk)
    assert [p.parent for p in place.iterdir()] == [place]
    assert place.is_relative_to(settings.INSTALLATION.data_folder(one.organisation_id) / "uploads")
    assert not set(one.file_name) & set("/\\\0\u202e")


def test_what_cannot_be_is_said_and_not_kept(bring, cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 << 20))
    monkeypatch.setattr(uploads, "MOST_BYTES", 2 << 20)
    for content, name in (
        (b"MZ\x90\0", "program.exe"),
        (b"", "nothing.csv"),
        (b"PK\x03\x04 not a workbook", "book.xlsx"),
        (bomb.getvalue(), "bomb.xlsx"),
        (b"\0\x01binary\0" * 100, "binary.csv"),
        (b"no zip", "text.xlsx"),
        (b"x" * (3 << 20), "large.csv"),
        (orders().encode(), "archive.zip"),
    ):
        answer = bring(content, name)
        assert answer.status_code == 422, name
        assert f"{name}:" in html.unescape(answer.content.decode())
    assert not Import.objects.exists()
    place = settings.INSTALLATION.data_folder(cast.acme.pk) / "uploads"
    assert not list(place.iterdir())


def test_the_same_file_again_is_said(bring, read, undo) -> None:
    address = bring()["Location"]
    assert bring(None, "renamed.csv")["Location"] == address
    read(address)
    again = bring()
    assert again.status_code == 422
    assert "You brought orders_export.csv on" in again.content.decode()
    assert Import.objects.count() == 1
    undo(address)
    assert bring()["Location"] != address


def test_several_files_wait_their_turn(bring, read) -> None:
    first = bring(None, "a.csv", (orders(3).encode(), "b.csv"), (b"", "empty.csv"))
    assert first.status_code == 422  # one of them is empty: said, the others are here
    assert Import.objects.filter(state=Import.State.UPLOADED).count() == 2
    addresses = [f"/o/acme/data/{one.pk}/" for one in Import.objects.order_by("created_at")]
    assert read(addresses[0])["Location"] == addresses[1]
    assert read(addresses[1])["Location"] == addresses[1]


def test_the_script_is_told_where_to_go(bring) -> None:
    file = SimpleUploadedFile("orders.csv", orders().encode())
    answer = bring.client.post("/o/acme/data/uploads/", {"files": file}, headers={"X-Sent-By": "drop"})
    assert answer.status_code == 204
    assert answer["X-Go-To"] == f"/o/acme/data/{Import.objects.get().pk}/"


def test_the_demo_company_takes_no_files(bring, cast) -> None:
    cast.acme.kind = "demo"
    cast.acme.save()
    assert bring().status_code == 422
    assert not Import.objects.exists()
    assert 'type="file"' not in shown(bring, "/o/acme/data/")


def test_who_may_not_bring_sees_what_there_is(bring, read, cast) -> None:
    read(bring()["Location"])
    page = cast.client("bob").get("/o/acme/data/").content.decode()
    assert "orders_export.csv" in page
    assert 'type="file"' not in page
    assert "person1" not in page.lower()


def test_what_another_organisation_brought_is_not_there(bring, cast) -> None:
    address = bring()["Location"].replace("/o/acme/", "/o/globex/")
    charlie = cast.client("charlie")
    assert charlie.get(address).status_code == 404
    for act in ("reading", "removal"):
        assert charlie.post(f"{address}{act}/").status_code == 404
    assert charlie.get(f"{address}refused/").status_code == 404
    assert Import.objects.get().state == Import.State.UPLOADED


def test_queries_do_not_grow_with_imports(bring, read, django_assert_max_num_queries) -> None:
    for k in range(1, 4):
        read(bring(orders(k), f"{k}.csv")["Location"])
    bring.client.get("/o/acme/data/")
    with django_assert_max_num_queries(10):
        bring.client.get("/o/acme/data/")


# hostile cells


def test_cells_are_text_wherever_they_show(bring, read) -> None:
    header = ["klant", "datum", "soort", "<script>alert(2)</script>"]
    rows = [[f"k{k}", "2025-01-02", cell, cell] for k, cell in enumerate(HOSTILE)]
    rows.append(["ok", "2025-01-02", "aankoop", "x"])
    address = bring(csv_text(header, rows), "events.csv")["Location"]
    page = shown(bring, address)
    assert not re.search(r"<script>|<img", page)
    assert html.escape(HOSTILE[0]) in page.replace("&#34;", "&quot;")
    read(address)
    one = Import.objects.get()
    assert one.outcome["kept"] == {"events": 1}, one.outcome
    page = shown(bring, address)
    assert not re.search(r"<script>|<img", page)
    file = b"".join(bring.client.get(f"{address}refused/").streaming_content).decode()
    cells = [row["value"] for row in csv.DictReader(io.StringIO(file))]
    assert len(cells) == len(HOSTILE)
    assert "'=HYPERLINK(1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert not any(
        word in str(one.outcome) for word in ("script", "HYPERLINK")
    )  # cells stay out of the database


def test_a_hostile_file_name_is_text(bring) -> None:
    answer = bring(b"", "<img src=x onerror=alert(1)>.csv")
    assert "<img" not in answer.content.decode()
    address = bring(None, "\"><svg onload=alert(1)>'.csv")["Location"]
    for page in (shown(bring, address), shown(bring, "/o/acme/data/")):
        assert "<svg onload" not in page


# what is asked


def test_dates_that_could_be_either_are_asked_with_examples(bring, read) -> None:
    text = csv_text(
        ["klant", "datum", "soort"], [["a", "03-04-2025", "aankoop"], ["b", "05-06-2025", "aankoop"]]
    )
    address = bring(text, "events.csv")["Location"]
    page = html.unescape(shown(bring, address))
    for day in ("3 April 2025", "4 March 2025", "5 June 2025", "6 May 2025"):
        assert day in page
    refused = read(address)
    assert refused.status_code == 422
    assert "order-1_error" in refused.content.decode()
    read(address, **{"order-1": "dmy"})
    one = Import.objects.get()
    assert (one.outcome["first"], one.outcome["last"]) == ("2025-04-03", "2025-06-05")


def test_what_happened_is_asked_where_no_column_says_it(bring, read) -> None:
    address = bring(csv_text(["klant", "datum"], [["a", "2025-04-13"]]), "lijst.csv")["Location"]
    assert 'name="table"' in shown(bring, address)
    events = f"{address}?table=events"
    fields = sent(shown(bring, events))
    wrong = bring.client.post(f"{address}reading/", fields)
    assert wrong.status_code == 422
    assert 'id="kind_error"' in wrong.content.decode()
    read_as(bring, address, fields | {"kind": "visit"})
    assert Import.objects.get().outcome["kept"] == {"events": 1}


def test_the_customer_is_asked_and_may_be_nobody(bring, read, tmp_path) -> None:
    texts = [ITEMS[i].text.nl.replace("{company}", "Acme") for i in ("trust_1", "trust_2")]
    header = ["ID", "Begintijd", "Tijd van voltooien", "E-mail", "Naam", *texts, "Klantcode"]
    moment = datetime(2026, 5, 13, 10)
    rows = [[k, moment, moment, "anonymous", "Anonymous", 5, 6, f"K-{k}"] for k in range(1, 8)]
    address = bring(workbook(tmp_path / "forms.xlsx", header, rows).read_bytes(), "forms.xlsx")["Location"]
    page = shown(bring, address)
    if 'name="customer"' in page:
        assert read(address).status_code == 422
        read(address, customer="nobody")
    else:
        read(address)
    one = Import.objects.get()
    assert one.state == Import.State.DONE, one.outcome
    assert one.outcome["kept"]["responses"] == 14


def test_answers_in_own_words_get_numbers(bring, read) -> None:
    words = ["top", "gaat wel", "niks"]
    rows = [[k, f"2026-05-{13 + k}", words[k % 3], words[k % 3]] for k in range(9)]
    text = csv_text(["respondent_id", "datum", "Hoe vond je het contact?", "trust_1"], rows)
    address = bring(text, "antwoorden.csv")["Location"] + "?table=responses"
    page = shown(bring, address)
    fields = sent(page) | {"table": "responses", "c2": "construct:experience", "c3": ""}
    path = address.split("?")[0]
    wrong = bring.client.post(f"{path}reading/", fields)
    assert wrong.status_code == 422
    assert 'id="c2_error"' in wrong.content.decode()


def test_what_was_said_is_remembered_for_the_next_file_like_it(bring, read) -> None:
    header = ["wie", "wanneer", "wat", "iets"]
    first = csv_text(header, [["a", "2025-04-13", "aankoop", "1"]])
    address = bring(first, "lijst-1.csv")["Location"]
    fields = {"table": "events", "c0": "column:customer_id", "c1": "column:occurred_at", "c2": "column:kind"}
    answer = bring.client.post(f"{address}reading/", fields)
    assert answer.status_code == 302, answer.content.decode()
    assert RememberedMapping.objects.count() == 1
    again = bring(csv_text(header, [["b", "2025-05-13", "bezoek", "2"]]), "lijst-2.csv")["Location"]
    page = shown(bring, again)
    assert "before" in page
    assert sent(page)["c0"] == "column:customer_id"
    assert "before (" not in shown(bring, f"{again}?fresh=1")


def test_two_columns_cannot_be_the_same(bring) -> None:
    text = csv_text(["klant", "nummer", "datum", "soort"], [["a", "b", "2025-04-13", "aankoop"]])
    address = bring(text, "events.csv")["Location"]
    fields = sent(shown(bring, address)) | {"c1": "column:customer_id", "c0": "column:customer_id"}
    answer = bring.client.post(f"{address}reading/", fields)
    assert answer.status_code == 422
    assert 'id="c1_error"' in answer.content.decode()


def test_a_choice_that_was_not_offered_is_none(bring) -> None:
    text = csv_text(["klant", "nummer", "datum", "soort"], [["a", "b", "2025-04-13", "aankoop"]])
    address = bring(text, "events.csv")["Location"]
    fields = sent(shown(bring, address)) | {"c1": "column:<script>", "c0": "construct:nothing.power"}
    answer = bring.client.post(f"{address}reading/", fields)
    assert answer.status_code == 422
    assert "<script>" not in answer.content.decode().replace("<script ", "")
    assert not Job.objects.exists()


def test_2500_columns_are_said(bring) -> None:
    header = ["klant", "datum", "soort", *(f"kolom {k}" for k in range(2497))]
    address = bring(csv_text(header, [["a", "2025-04-13", "aankoop"] + ["1"] * 2497]), "events.csv")[
        "Location"
    ]
    page = html.unescape(shown(bring, address))
    assert "This file has 2,500 columns" in page
    assert page.count("<select") == 300


# what comes of it


def test_counts_add_up(bring, read) -> None:
    rows = [
        ["a", "2025-04-13", "aankoop"],
        ["", "2025-04-13", "aankoop"],
        ["b", "x", "aankoop"],
        ["", "", ""],
    ]
    rows += [["c", "2025-04-15", "bezoek"]]
    address = bring(csv_text(["klant", "datum", "soort"], rows), "events.csv")["Location"]
    read(address)
    (file,) = Import.objects.get().outcome["files"]
    assert (file["n_kept"], file["n_refused"], file["n_blank"], file["n_rows"]) == (2, 2, 1, 5)
    page = shown(bring, address)
    assert f"{address}refused/" in page
    assert "13 April 2025" in page


def test_undo_leaves_nothing_and_others_stay(bring, read, undo, cast) -> None:
    one = bring(orders(3), "one.csv")["Location"]
    read(one)
    two = bring(orders(5, Total="7"), "two.csv")["Location"]
    read(two)
    with archive_of(cast.acme).open() as tables:
        assert tables.n_rows("events") == 8
    undo(one)
    assert Import.objects.get(file_name="one.csv").state == Import.State.UNDONE
    with archive_of(cast.acme).open() as tables:
        assert tables.n_rows("events") == 5
    assert "undone" in shown(bring, one)
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"upload", "import", "undo"} <= verbs


def test_a_later_export_that_overlaps_does_not_count_double(bring, read, cast) -> None:
    read(bring(orders(10), "may.csv")["Location"])
    read(bring(orders(15), "june.csv")["Location"])
    with archive_of(cast.acme).open() as tables:
        assert tables.n_rows("events") == 15


def test_an_item_of_another_survey_keeps_its_own_meaning(bring, read, cast) -> None:
    for name, construct, low, high in (("2025", "trust", "1", "5"), ("2026", "stay", "0", "10")):
        text = csv_text(["respondent_id", "Q1"], [[f"{name}-{k}", 1 + k % 5] for k in range(9)])
        address = bring(text, f"{name}.csv")["Location"]
        fields = {"table": "responses", "c0": "column:respondent_id", "group": "customer", "wave": name}
        fields |= {"customer": "nobody"}
        fields |= {"c1": f"construct:{construct}", "c1-low": low, "c1-high": high}
        read_as(bring, address, fields)
    with archive_of(cast.acme).open() as tables:
        found = tables.fetch("responses", ["item", "wave"])
        meanings = {
            (item, wave): tables.items[item].construct for item, wave in zip(*found.values(), strict=True)
        }
    assert set(meanings.values()) == {"trust", "stay"}
    assert {construct for (_, wave), construct in meanings.items() if wave == "2025"} == {"trust"}


def read_as(bring, address: str, fields: dict[str, str]) -> None:
    from verbond.web.data.importing import import_file

    answer = bring.client.post(f"{address}reading/", fields)
    assert answer.status_code == 302, re.findall(r'role="alert".*?</div>', answer.content.decode(), re.S)
    one = Import.objects.get(pk=address.rstrip("/").rpartition("/")[2])
    import_file(Job(subject=str(one.pk), organisation=one.organisation), lambda progress: None)


def test_a_file_that_fails_stays_to_be_tried_again(bring, read) -> None:
    rows = [["a", "nonsense", "aankoop"]]
    address = bring(csv_text(["klant", "datum", "soort"], rows), "events.csv")["Location"]
    read(address)
    one = Import.objects.get()
    assert one.state == Import.State.FAILED
    assert Job.objects.get().state == Job.State.FAILED
    page = shown(bring, address)
    assert 'id="mapping"' in page
    assert 'role="alert"' in page
    bring.client.post(f"{address}removal/")
    assert not Import.objects.exists()
    assert not uploads.folder_of(one.organisation_id, one.pk).exists()


def test_a_job_that_begins_anew_changes_nothing(bring, read, cast) -> None:
    from verbond.web.data.importing import import_file, undo_import

    address = bring(orders(4))["Location"]
    read(address)
    one = Import.objects.get()
    Import.objects.filter(pk=one.pk).update(state=Import.State.RUNNING)  # killed after the archive had it
    job = Job(subject=str(one.pk), organisation=cast.acme)
    import_file(job, lambda progress: None)
    assert Import.objects.get().outcome["kept"] == {"events": 4}
    for _ in range(2):
        undo_import(job, lambda progress: None)
    assert archive_of(cast.acme).imports() == []


# a Dutch Forms workbook and a Shopify export become a diagnosis


def test_forms_and_shopify_meet_and_are_diagnosed(
    bring, read, cast, tmp_path, django_capture_on_commit_callbacks
) -> None:
    items = [i for i in ITEMS.values() if i.group == "customer" and "short" in i.forms]
    texts = [f"{k}. " + i.text.nl.replace("{company}", "Acme") for k, i in enumerate(items, 1)]
    moment = datetime(2025, 12, 13, 10)
    answers = [
        [
            k,
            moment,
            moment,
            f"person{k}@example.org",
            "x",
            "",
            *(i.min + (k + j) % 5 for j, i in enumerate(items)),
        ]
        for k in range(1, 41)
    ]
    forms = workbook(tmp_path / "forms.xlsx", [*FORMS_NL, *texts], answers).read_bytes()
    bring(forms, "Klanten (1-40).xlsx", (orders(60).encode(), "orders.csv"))
    for one in Import.objects.order_by("created_at"):
        read(f"/o/acme/data/{one.pk}/")
    survey = Import.objects.get(file_name="Klanten (1-40).xlsx")
    assert survey.product == "Microsoft Forms"
    assert survey.outcome["kept"] == {"responses": 40 * len(items)}
    shop = Import.objects.get(file_name="orders.csv")
    assert (shop.outcome["n_answered"], shop.outcome["n_matched"]) == (40, 40)
    with archive_of(cast.acme).open() as tables:
        assert "person1@example.org" not in str(tables.fetch("responses")["customer_id"])
    with django_capture_on_commit_callbacks(execute=True):
        bring.client.post("/o/acme/runs/")
    assert Run.objects.get().organisation == cast.acme
    assert bring.client.get("/o/acme/").status_code == 200


def test_reading_is_what_the_library_reads(bring, read, cast, tmp_path) -> None:
    (tmp_path / "orders.csv").write_text(orders(25))
    read(bring(orders(25), "orders.csv")["Location"])
    with open_tables(tmp_path) as plain, archive_of(cast.acme).open() as kept:
        assert sorted(plain.fetch("events")["amount"]) == sorted(kept.fetch("events")["amount"])


# the page


def test_the_page_says_which_file_would_help(bring, read, cast) -> None:
    assert "Begin with one file" in shown(bring, "/o/acme/data/")
    read(bring()["Location"])
    page = shown(bring, "/o/acme/data/")
    assert "no answers yet" in page
    assert "Data stay until you remove them" in page
    cast.acme.settings = {"retention": {"behaviour": 24}}
    cast.acme.save()
    assert "24 months" in shown(bring, "/o/acme/data/")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_no_id_stands_twice(language: str, bring, read, cast) -> None:
    cast.people["ann"].language = language
    cast.people["ann"].save()
    address = bring()["Location"]
    pages = [shown(bring, "/o/acme/data/"), shown(bring, address)]
    read(address)
    pages += [shown(bring, address), shown(bring, "/o/acme/data/")]
    for page in pages:
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)
        assert page.count("<h1") == 1
