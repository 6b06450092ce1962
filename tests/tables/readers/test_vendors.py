# ruff: noqa: E501  (cells and files read best on one line)
"""Export files of common products are recognised, and read with counts that add up."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from vendor_files import (
    FORMBRICKS,
    FORMS_EN,
    FORMS_NL,
    HUBSPOT,
    HUBSPOT_DEALS,
    LIGHTSPEED,
    LIMESURVEY_CODES,
    LIMESURVEY_FULL,
    MAGENTO,
    MAILCHIMP,
    QUALTRICS,
    QUALTRICS_TEXTS,
    SALESFORCE,
    SHOPIFY_CUSTOMERS,
    SHOPIFY_ORDERS,
    SURVEYMONKEY,
    SURVEYMONKEY_OLD,
    TRUSTPILOT,
    TYPEFORM_END,
    TYPEFORM_OLD_END,
    WOO_CUSTOMERS,
    WOO_ORDERS,
    WOO_ORDERS_OLD,
    csv_text,
    workbook,
    write,
)  # fmt: skip

from verbond.cli.main import cli
from verbond.errors import ReadError
from verbond.tables import Recognition, Tables, open_tables, recognise
from verbond.tables.readers.vendors.questions import read_labels

TODAY = dt.date(2026, 6, 1)
MOMENT = dt.datetime(2026, 1, 31, 12, 51, 45)
TRUST_EN = "I take it that Zonnewende does its work well."
TRUST_NL = "Ik ga ervan uit dat Zonnewende het werk goed doet."


def adds_up(tables: Tables) -> bool:
    """Whether each file's lines are kept, refused, blank or folded."""
    return all(
        f.n_rows == f.n_kept + f.n_refused + f.n_blank and f.n_lines >= f.n_folded for f in tables.check.files
    )


def shopify(path: Path) -> Path:
    order = {"Financial Status": "paid", "Total": "30.00", "Currency": "EUR", "Lineitem quantity": "2"}
    order |= {"Discount Amount": "0.00", "Refunded Amount": "0.00", "Created at": "2025-10-02 17:09:34 -0300"}
    rows = [
        order | {"Name": "#1001", "Email": " Jan@Example.com ", "Lineitem name": "=1+1"},
        {"Name": "#1001", "Lineitem quantity": "3", "Lineitem name": "B"},
        order | {"Name": "#1002", "Email": "piet@example.com", "Total": "20.00", "Refunded Amount": "7.50"},
        order | {"Name": "#1003", "Email": "kees@example.com", "Cancelled at": "2025-10-04 10:00:00 +0200"},
        {"Name": "#1003", "Lineitem quantity": "1", "Lineitem name": "C"},
        order | {"Name": "#1004"},
        order | {"Name": "#1005", "Email": "a@example.com", "Financial Status": "voided"},
    ]
    return write(path / "orders_export.csv", csv_text(SHOPIFY_ORDERS, rows))


def test_an_order_of_shopify_is_one_event(tmp_path: Path) -> None:
    shopify(tmp_path)
    with open_tables(tmp_path, today=TODAY) as tables:
        found = tables.fetch("events")
        (file,) = tables.check.files
        refused = {g.code: [(e.line, e.column) for e in g.examples] for g in tables.check.refused}
        assert adds_up(tables)
    assert found["customer_id"].tolist() == ["jan@example.com", "piet@example.com"]
    assert found["amount"].tolist() == [30.0, 12.5]
    assert found["quantity"].tolist() == [5.0, 2.0]
    assert str(found["occurred_at"][0])[:19] == "2025-10-02T20:09:34"
    assert (file.n_lines, file.n_rows, file.n_folded, file.n_kept, file.n_refused) == (7, 5, 2, 2, 3)
    assert refused == {
        "cancelled_order": [(5, "Cancelled at")],
        "missing": [(7, "Email")],
        "order_not_paid": [(8, "Financial Status")],
    }


def test_the_same_orders_twice_count_once(tmp_path: Path) -> None:
    first = shopify(tmp_path)
    write(tmp_path / "orders_export_later.csv", first.read_text("utf-8").replace("#1002", "#1012"))
    with read(tmp_path) as tables:
        assert sorted(tables.fetch("events")["order_id"]) == ["#1001", "#1002", "#1012"]
        (twice,) = [g for g in tables.check.refused if g.code == "duplicate"]
        assert adds_up(tables)
    assert (twice.file, twice.examples[0].line) == ("orders_export_later.csv", 2)
    assert twice.reason.sentence("en").startswith("order_id, customer_id and occurred_at")


@pytest.mark.parametrize(("header", "language"), [(FORMS_EN, "en"), (FORMS_NL, "nl")])
def test_microsoft_forms_and_shopify_meet(tmp_path: Path, header: list[str], language: str) -> None:
    shopify(tmp_path)
    questions = [TRUST_NL, "Hoe tevreden ben je over ons?", "Waar gaat het over?"]
    blank = [""] * (len(header) - 5)
    rows = [
        [1, MOMENT, MOMENT, "JAN@example.com", "Jan", *blank, 6, "Zeer tevreden", "=1+1"],
        [2, MOMENT, MOMENT, "anonymous", "Anonymous", *blank, 5, "Neutraal", "<script>alert(1)</script>"],
    ]
    path = workbook(tmp_path / "Klanten (1-2).xlsx", [*header, *questions], rows)
    found = recognise(path)
    assert (found.product, found.kind, found.language, found.table) == (
        "microsoft-forms", "survey", language, "responses",
    )  # fmt: skip
    given = {column.name: column.target for column in found.columns}
    assert given[TRUST_NL] == "item:trust_1"
    assert given["Waar gaat het over?"] is None
    assert found.columns[-1].samples == ("=1+1", "<script>alert(1)</script>")
    with (
        open_tables(tmp_path, today=TODAY) as tables,
        open_tables(tmp_path, mapping=found.mapping(), today=TODAY) as stated,
    ):
        answers = tables.fetch("responses")
        assert adds_up(tables)
        assert {k: list(map(str, v)) for k, v in answers.items()} == {
            k: list(map(str, v)) for k, v in stated.fetch("responses").items()
        }
        assert set(answers["customer_id"]) & set(tables.fetch("events")["customer_id"]) == {"jan@example.com"}
        assert sorted(answers["value"].tolist()) == [3.0, 5.0, 5.0, 6.0]
        meaning = tables.items["hoe_tevreden_ben_je_over_ons"]
    assert (meaning.construct, meaning.min, meaning.max) == ("satisfaction", 1, 5)


def test_the_order_of_dates_is_asked_where_nothing_tells_it(tmp_path: Path) -> None:
    header = ["ID", "Begintijd", "Tijd van voltooien", "E-mail", "Naam", TRUST_NL]
    cells = ["1", "3-4-2026 10:00:00", "3-4-2026 10:05:00", "a@example.com", "A", "6"]
    path = write(tmp_path / "vragen.csv", csv_text(header, [cells], delimiter=";"))
    found = recognise(path)
    assert found.date_order is None
    (asked,) = [q for q in found.questions if q.code == "date_order"]
    assert (asked.column, asked.options) == ("Tijd van voltooien", ("dmy", "mdy"))
    with pytest.raises(ReadError, match="order of day and month"):
        open_tables(tmp_path, today=TODAY)
    mapping = found.mapping()
    mapping["files"]["vragen.csv"]["date_order"] = "dmy"
    with open_tables(tmp_path, mapping=mapping, today=TODAY) as tables:
        assert str(tables.fetch("responses")["occurred_at"][0])[:10] == "2026-04-03"
    assert recognise(path, mapping=mapping).date_order == "dmy"
    assert not any(q.code == "date_order" for q in recognise(path, mapping=mapping).questions)


def test_a_file_of_nobody_is_generic(tmp_path: Path) -> None:
    text = "klantnummer;sinds;regio\n12;31-01-2024;noord\n13;01-02-2024;zuid\n"
    found = recognise(write(tmp_path / "lijst.csv", text))
    assert (found.product, found.table, found.date_order) == ("generic", "customers", "dmy")
    with open_tables(tmp_path, mapping=found.mapping(), today=TODAY) as tables:
        assert tables.fetch("customers")["regio"].tolist() == ["noord", "zuid"]
    sold = write(tmp_path / "verkoop.csv", "E-mailadres;Besteldatum;Bedrag\nA@b.nl;31-01-2025;5,50\n")
    mapping = {"files": {"verkoop.csv": {"table": "events", "constants": {"kind": "purchase"}}}}
    with open_tables(sold, mapping=recognise(sold, mapping=mapping).mapping(), today=TODAY) as tables:
        assert tables.fetch("events")["customer_id"].tolist() == ["a@b.nl"]
    unknown = recognise(write(tmp_path / "iets.csv", "a;b\n1;2\n"))
    assert unknown.table is None
    assert [q.code for q in unknown.questions] == ["table"]


def read(path: Path, **options: object) -> Tables:
    return open_tables(path, today=TODAY, **options)  # type: ignore[arg-type]


def targets(found: Recognition) -> dict[str, str]:
    return {column.name: column.target for column in found.columns if column.target is not None}


# surveys


def qualtrics_ids(names: list[str]) -> list[str]:
    return [json.dumps({"ImportId": name}, separators=(",", ":")) for name in names]


def test_qualtrics(tmp_path: Path) -> None:
    header = [*QUALTRICS, "Q1", "Q2", "Q2_DO", "Q3"]
    texts = [*QUALTRICS_TEXTS, TRUST_EN, "How satisfied\nare you?", "order", "Anything else?"]
    row = {
        "StartDate": "2026-01-30 10:00:00", "EndDate": "2026-01-30 10:05:00", "Status": "IP Address",
        "RecordedDate": "2026-01-31 10:00:00", "RecipientEmail": "A@example.com", "Q1": "6",
        "Q2": "Very satisfied", "Q2_DO": "1|2", "Q3": "nice, \"very\"",
    }  # fmt: skip
    rows = [
        row | {"ResponseId": "R_1"},
        row | {"ResponseId": "R_2", "Q2": "Dissatisfied", "RecipientEmail": "B@example.com"},
        row | {"ResponseId": "R_3", "Status": "Survey Preview"},
    ]
    path = write(tmp_path / "Shop_January.csv", csv_text(header, rows, texts, qualtrics_ids(header)))
    found = recognise(path)
    assert (found.product, found.n_rows, found.date_order) == ("qualtrics", 3, None)
    assert found.columns[header.index("Q2")].title == "How satisfied are you?"
    assert targets(found) == {
        "RecordedDate": "occurred_at", "ResponseId": "respondent_id", "RecipientEmail": "customer_id",
        "Q1": "item:trust_1", "Q2": "item:how_satisfied_are_you",
    }  # fmt: skip
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert adds_up(tables)
        refused = {g.code: (g.n_rows, g.examples[0].line) for g in tables.check.refused}
    assert sorted(set(answers["customer_id"])) == ["a@example.com", "b@example.com"]
    assert sorted(answers["value"].tolist()) == [2.0, 5.0, 6.0, 6.0]
    assert refused == {"test_answer": (2, 7)}


def test_qualtrics_anonymous_and_with_codes(tmp_path: Path) -> None:
    header = ["StartDate", "EndDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId", "Q1"]
    texts = [
        "Start Date",
        "End Date",
        "Response Type",
        "Progress",
        "Finished",
        "Recorded Date",
        "Response ID",
        TRUST_EN,
    ]
    row = ["2026-01-30 10:00:00", "2026-01-30 10:05:00", "0", "100", "1", "2026-01-31 10:00:00", "R_1", "6"]
    path = write(tmp_path / "x.csv", csv_text(header, [row], texts, qualtrics_ids(header)))
    assert [q.code for q in recognise(path).questions] == ["customer"]
    with read(tmp_path) as tables:
        assert tables.fetch("responses")["value"].tolist() == [6.0]
        assert "customer_id" not in tables.columns("responses")


def test_qualtrics_of_long_ago(tmp_path: Path) -> None:
    header = ["V1", "V2", "V8", "V9", "Q1"]
    texts = ["ResponseID", "ResponseSet", "StartDate", "EndDate", TRUST_EN]
    row = ["R_1", "Default Response Set", "2014-01-30 10:00:00", "2014-01-30 10:05:00", "6"]
    header[2:4] = ["V3", "V4"]
    found = recognise(write(tmp_path / "x.csv", csv_text(header, [row], texts)))
    assert (found.product, found.n_rows) == ("qualtrics", 1)
    assert targets(found) == {"ResponseID": "respondent_id", "EndDate": "occurred_at", "Q1": "item:trust_1"}
    with read(tmp_path) as tables:
        assert tables.fetch("responses")["value"].tolist() == [6.0]


@pytest.mark.parametrize("codes", [True, False])
def test_limesurvey(tmp_path: Path, codes: bool) -> None:
    header = (
        [*LIMESURVEY_CODES, "trust_1", "Q2[SQ001]"] if codes else [*LIMESURVEY_FULL, TRUST_EN, "Why? [other]"]
    )
    rows = [
        ["1", "2026-01-31 10:00:00", "3", "nl", "77", "2026-01-31 09:55:00", "2026-01-31 10:00:00", "6", "x"],
        ["2", "", "1", "nl", "78", "2026-01-31 09:55:00", "2026-01-31 10:00:00", "", ""],
        ["3", "1980-01-01 00:00:00", "3", "nl", "79", "", "", "5", "y"],
    ]
    text = csv_text(header, rows, delimiter=";", quoting=csv.QUOTE_ALL) + "\r\n"
    found = recognise(write(tmp_path / "results-survey123456.csv", text, "utf-8-sig"))
    assert (found.product, found.language, found.n_rows) == ("limesurvey", None if codes else "en", 3)
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert adds_up(tables)
        assert tables.check.files[0].n_blank == 1
    assert answers["respondent_id"].tolist() == [f"results-survey123456:{k}" for k in (1, 2, 3)]
    assert [str(v)[:10] for v in answers["occurred_at"]] == ["2026-01-31", "NaT", "NaT"]
    assert np.array_equal(answers["value"], [6.0, np.nan, 5.0], equal_nan=True)


@pytest.mark.parametrize(
    ("header", "stamps", "language", "order"),
    [
        (
            ["Timestamp", "Email Address"],
            ["2026/01/20 10:00:00 AM", "2026/01/20 3:00:00 PM GMT+3"],
            "en",
            None,
        ),
        (["Timestamp", "Email address", "Score"], ["1/31/2026 09:15:00", "1/10/2026 09:15:00"], "en", "mdy"),
        (["Tijdstempel", "Username"], ["4-5-2026 10:59:37", "4-5-2026 11:59:37"], "nl", "dmy"),
    ],
)
def test_google_forms(
    tmp_path: Path, header: list[str], stamps: list[str], language: str, order: str | None
) -> None:
    rows = [
        [stamp, f"{name}@Example.com", *["8 / 10"] * (len(header) - 2), "Agree", "red;blue\nand green"]
        for stamp, name in zip(stamps, "ab", strict=True)
    ]
    text = csv_text([*header, "I trust this shop?", "Which colours do you like?"], rows)
    found = recognise(write(tmp_path / "Form Responses 1.csv", text))
    assert (found.product, found.language, found.date_order) == ("google-forms", language, order)
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert adds_up(tables)
        assert {m.construct for i, m in tables.items.items() if i in answers["item"]} == {"trust"}
    assert answers["value"].tolist() == [4.0, 4.0]
    assert answers["customer_id"].tolist() == ["a@example.com", "b@example.com"]
    assert answers["respondent_id"].tolist() == ["Form Responses 1:1", "Form Responses 1:2"]
    if language == "nl":
        assert str(answers["occurred_at"][0])[:10] == "2026-05-04"
        assert any(reason.code == "vendors.usual_order" for reason in found.said)


def test_a_log_with_a_timestamp_is_no_form(tmp_path: Path) -> None:
    text = "Timestamp,customer_id,kind,a longer remark\n2026-01-01 10:00:00,a,visit,x y\n"
    assert recognise(write(tmp_path / "log.csv", text)).table == "events"


def test_microsoft_forms_as_text_has_american_dates(tmp_path: Path) -> None:
    rows = [["1", "8/2/25 12:51:45", "8/2/25 12:52:45", "anonymous", "Anonymous", "", "6", "–"]]
    text = csv_text([*FORMS_NL, TRUST_NL, "Punten – waarom?"], rows)
    found = recognise(write(tmp_path / "Vragen.csv", text, "cp1252"))
    assert (found.language, found.date_order) == ("nl", "mdy")
    assert [q.proposed for q in found.questions if q.code == "date_order"] == ["mdy"]
    with read(tmp_path) as tables:
        assert str(tables.fetch("responses")["occurred_at"][0])[:10] == "2025-08-02"


def test_the_same_number_in_two_forms_is_not_one_person(tmp_path: Path) -> None:
    for name in ("Voorjaar (1-2).xlsx", "Najaar.xlsx"):
        workbook(tmp_path / name, [*FORMS_EN, TRUST_EN], [[1, MOMENT, MOMENT, "a@example.com", "A", 6]])
    with read(tmp_path) as tables:
        assert sorted(tables.fetch("responses")["respondent_id"]) == ["Najaar:1", "Voorjaar:1"]
        assert tables.check.n_refused == 0


@pytest.mark.parametrize("old", [True, False])
def test_surveymonkey(tmp_path: Path, old: bool) -> None:
    known = SURVEYMONKEY_OLD if old else SURVEYMONKEY
    trust = f"<p>{TRUST_EN}</p>" if old else TRUST_EN
    header = [*known, trust, "How satisfied are you with:", "", "Which colours?", ""]
    under = [*[""] * len(known), "Response", "delivery", "returns", "red", "Other (please specify)"]
    row = ["11", "22", "2026-01-30 10:00:00", "2026-01-31 10:05:00"]
    row += ["L", ""] if old else ["127.0.0.1", "A@example.com", "A", "L", ""]
    path = write(
        tmp_path / "x.csv", csv_text(header, [[*row, "6", "Very satisfied", "Satisfied", "red", ""]], under)
    )
    found = recognise(path)
    assert (found.product, found.n_rows) == ("surveymonkey", 1)
    given = targets(found)
    assert given[TRUST_EN] == "item:trust_1"
    assert given["How satisfied are you with: - delivery"] == "item:how_satisfied_are_you_with_delivery"
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert (tables.check.n_refused, tables.check.files[0].n_lines) == (0, 1)
    assert sorted(answers["value"].tolist()) == [4.0, 5.0, 6.0]


@pytest.mark.parametrize("end", [TYPEFORM_END, TYPEFORM_OLD_END])
def test_typeform(tmp_path: Path, end: list[str]) -> None:
    header = ["#", TRUST_EN, "Other", "Other", "What is your email?", "Phone", *end]
    row = {"#": "abc1", TRUST_EN: "6", "What is your email?": "A@Example.com", "Phone": "'+31 6 12345678"}
    row |= {"Start Date (UTC)": "2026-01-31 10:00:00", "Submit Date (UTC)": "2026-01-31 10:05:00"}
    row |= {"Network ID": "n1", "Response Type": "completed"}
    found = recognise(write(tmp_path / "responses-x.csv", csv_text(header, [row])))
    assert found.product == "typeform"
    assert targets(found)["What is your email?"] == "customer_id"
    assert "Other (2)" in [column.name for column in found.columns]
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert adds_up(tables)
    assert (answers["customer_id"].tolist(), answers["value"].tolist()) == (["a@example.com"], [6.0])


def test_formbricks(tmp_path: Path) -> None:
    header = [
        *FORMBRICKS,
        "source - url",
        f"1. {TRUST_EN}",
        "2. Colour?",
        "2. Colour? - Option ID",
        "person.plan",
        "Verified Email",
    ]
    row = {"No.": "1", "Response ID": "r1", "Timestamp": "2026-01-31 10:00:00", "Finished": "Yes"}
    row |= {
        f"1. {TRUST_EN}": "6",
        "2. Colour?": "'=1+1",
        "Verified Email": "'=A@example.com",
        "User ID": "u1",
    }
    found = recognise(write(tmp_path / "export.csv", csv_text(header, [row])))
    assert found.product == "formbricks"
    assert targets(found)[f"1. {TRUST_EN}"] == "item:trust_1"
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
    assert answers["customer_id"].tolist() == ["=a@example.com"]  # one protective apostrophe is gone
    assert answers["value"].tolist() == [6.0]


def test_spss(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"v1": [5.0, 1.0, 9.0], "v2": [10.0, 0.0, 7.0], "v3": [1.0, 2.0, 3.0], "naam": ["a", "b", "c"]}
    )
    pyreadstat.write_sav(
        frame, str(tmp_path / "meting.sav"),
        column_labels=["Ik vertrouw deze winkel", "Zou je ons aanbevelen?", "Leeftijd", "Naam"],
        variable_value_labels={"v1": {1.0: "oneens", 3.0: "neutraal", 5.0: "eens", 9.0: "weet niet"}},
        missing_ranges={"v1": [{"lo": 9, "hi": 9}]},
    )  # fmt: skip
    found = recognise(tmp_path / "meting.sav")
    assert (found.product, found.kind, found.n_rows) == ("spss", "survey", 3)
    assert targets(found) == {"v1": "item:ik_vertrouw_deze_winkel", "v2": "item:zou_je_ons_aanbevelen_0_10"}
    assert [q.column for q in found.questions if q.code == "scale"] == ["v2"]  # the labels show that of v1
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert tables.items["ik_vertrouw_deze_winkel"].max == 5
        assert adds_up(tables)
    assert sorted(set(answers["respondent_id"])) == ["meting:1", "meting:2", "meting:3"]
    assert np.isnan(answers["value"]).sum() == 1


# questions and answers


def test_what_is_not_known_is_left_to_a_person(tmp_path: Path) -> None:
    asked = {
        "Ik vertrouw deze winkel niet": "2", "Hoe groen vind je ons? (1-5)": "3",
        "Tevreden en vol vertrouwen?": "4", "Aantal kinderen": "300", TRUST_NL: "Eens",
    }  # fmt: skip
    rows = [["1", MOMENT, MOMENT, "a@example.com", "A", "", *asked.values()]]
    path = workbook(tmp_path / "x.xlsx", [*FORMS_NL, *asked], rows)
    found = recognise(path)
    assert not set(targets(found)) & (set(asked) - {TRUST_NL})
    asking = [q.column for q in found.questions if q.code == "construct"]
    assert asking == [
        "Ik vertrouw deze winkel niet",
        "Hoe groen vind je ons? (1-5)",
        "Tevreden en vol vertrouwen?",
    ]
    assert "Aantal kinderen" in found.ignored
    assert targets(found)[TRUST_NL] == "item:trust_1_1_5"  # our own question, on another scale than ours
    mapping = found.mapping()
    columns = mapping["files"]["x.xlsx"]["columns"]
    columns["Ik vertrouw deze winkel niet"] = {"construct": "trust", "min": 1, "max": 5, "reversed": True}
    with read(tmp_path, mapping=mapping) as tables:
        answers = tables.fetch("responses")
        assert sorted(answers["item"]) == ["ik_vertrouw_deze_winkel_niet", "trust_1_1_5"]
        assert (tables.items["trust_1_1_5"].construct, tables.items["trust_1_1_5"].max) == ("trust", 5)
        assert tables.items["ik_vertrouw_deze_winkel_niet"].reversed
    again = recognise(path, mapping=mapping)
    assert targets(again)["Ik vertrouw deze winkel niet"] == "item:ik_vertrouw_deze_winkel_niet"
    assert not again.questions  # every column is stated now


@pytest.mark.parametrize(
    ("answers", "numbers"),
    [
        ("Strongly disagree|Disagree|Neither agree nor disagree|Agree|Strongly agree", (1, 2, 3, 4, 5)),
        ("Helemaal mee oneens|Enigszins mee eens|Helemaal mee eens", (1, 5, 7)),
        ("5 - very likely|1 - not at all likely", None),
        ("Zeer tevreden|tevreden|Weet ik niet", (5, 4, None)),
        ("ja|nee", None),
        ("Neutraal", None),
        ("Eens|rood", None),
    ],
)  # fmt: skip
def test_answers_in_words(answers: str, numbers: tuple[int | None, ...] | None) -> None:
    found = read_labels(answers.split("|"))
    assert (None if found is None else tuple(found.labels.values())) == numbers


@given(
    st.lists(
        st.sampled_from(["Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens"]), min_size=1, unique=True
    )
)
def test_more_of_a_word_is_never_a_lower_number(words: list[str]) -> None:
    order = ["Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens"]
    found = read_labels(words)
    if found is not None:
        ranked = sorted(words, key=order.index)
        numbers = [found.labels[word] for word in ranked]
        assert numbers == sorted(set(numbers))


def test_words_of_no_answer_are_empty(tmp_path: Path) -> None:
    rows = [
        ["1", MOMENT, MOMENT, "a@example.com", "A", "", "Zeer tevreden"],
        ["2", MOMENT, MOMENT, "b@example.com", "B", "", " zeer  TEVREDEN"],
        ["3", MOMENT, MOMENT, "c@example.com", "C", "", "Weet ik niet"],
    ]
    workbook(tmp_path / "x.xlsx", [*FORMS_NL, "Hoe tevreden ben je?"], rows)
    with read(tmp_path) as tables:
        answers = tables.fetch("responses")
        assert tables.check.n_refused == 0
    assert np.array_equal(answers["value"], [5.0, 5.0, np.nan], equal_nan=True)


# shops


def test_shopify_customers(tmp_path: Path) -> None:
    row = {"Email": "A@example.com", "First Name": "A", "Accepts Email Marketing": "yes", "City": "Gent"}
    found = recognise(
        write(tmp_path / "customers_export.csv", csv_text(SHOPIFY_CUSTOMERS, [row, {"First Name": "B"}]))
    )
    assert (found.product, found.kind, found.table) == ("shopify-customers", "customers", "customers")
    with read(tmp_path) as tables:
        customers = tables.fetch("customers")
        assert set(customers) == {"customer_id", "consent", "City", "Province", "Country"}
        assert {g.code: g.n_rows for g in tables.check.refused} == {"missing": 1}
    assert (customers["customer_id"].tolist(), customers["consent"].tolist()) == (["a@example.com"], [True])


@pytest.mark.parametrize("header", [WOO_ORDERS, WOO_ORDERS_OLD])
def test_woocommerce_meets_its_customers_by_name(tmp_path: Path, header: list[str]) -> None:
    order = {"Date": "2026-01-31 10:00:00", "Status": "completed", "Items sold": "3", "Customer type": "new"}
    order |= {"N. Revenue (formatted)": "€ 1.012,50", "Product(s)": "2× Mok, 1× Kop"}
    rows = [
        order | {"Order #": "1", "Customer": "Jan Jansen"},
        order | {"Order #": "2", "Customer": "Piet Pietersen"},
        order | {"Order #": "3", "Customer": "Nobody Known"},
        order | {"Order #": "4", "Customer": "Jan Jansen", "Status": "cancelled"},
        order | {"Order #": "5", "Customer": "jan  jansen", "Status": "failed"},
        order | {"Order #": "6", "Customer": "jan  jansen", "N. Revenue (formatted)": "€ 12,00"},
    ]
    path = write(tmp_path / "wc-orders.csv", csv_text(header, rows))
    found = recognise(path)
    assert found.product == "woocommerce-orders"
    assert [q.code for q in found.questions] == ["names"]
    with pytest.raises(ReadError, match="customer_id"):
        read(tmp_path)
    known = [
        ("Jan Jansen", "Jan@example.com"),
        ("Piet Pietersen", "p1@example.com"),
        ("Piet Pietersen", "p2@example.com"),
    ]
    customers = [{"Name": n, "Email": e, "Sign Up": "2025-01-31", "Country / Region": "NL"} for n, e in known]
    write(tmp_path / "wc-customers.csv", csv_text(WOO_CUSTOMERS, customers))
    with read(tmp_path) as tables:
        events = tables.fetch("events")
        refused = {g.code: (g.n_rows, g.column) for g in tables.check.refused}
        assert adds_up(tables)
        assert "Name" not in tables.columns("customers")
    assert events["customer_id"].tolist() == ["jan@example.com"] * 2
    assert events["amount"].tolist() == [1012.5, 12.0]
    assert refused == {
        "unknown_name": (2, "Customer"), "cancelled_order": (1, "Status"), "order_not_paid": (1, "Status"),
    }  # fmt: skip
    mapping = {"files": {"wc-orders.csv": {"columns": {"Customer": "customer_id"}}}}
    with read(path, mapping=mapping) as tables:
        assert set(tables.fetch("events")["customer_id"]) >= {"Jan Jansen", "Nobody Known"}


def test_magento(tmp_path: Path) -> None:
    order = {
        "Purchase Date": "Jan 31, 2026 9:14:22 AM",
        "Customer Email": "A@example.com",
        "Status": "complete",
    }
    rows = [
        order | {"ID": "000000001", "Grand Total (Base)": "30.00", "Total Refunded": "10.00"},
        order | {"ID": "000000002", "Grand Total (Base)": "30.00", "Total Refunded": "?"},
        order | {"ID": "000000003", "Grand Total (Base)": "30.00", "Status": "canceled"},
    ]
    assert recognise(write(tmp_path / "export.csv", csv_text(MAGENTO, rows))).product == "magento-orders"
    with read(tmp_path) as tables:
        events = tables.fetch("events")
        refused = {g.code: (g.n_rows, g.column) for g in tables.check.refused}
    assert (events["order_id"].tolist(), events["amount"].tolist()) == (["000000001"], [20.0])
    assert refused == {"not_a_number": (1, "Total Refunded"), "cancelled_order": (1, "Status")}


# customers, contacts and reviews


@pytest.mark.parametrize(
    ("product", "header", "row", "kept"),
    [
        ("lightspeed-customers", LIGHTSPEED, {"E-Mail": "A@example.com", "Registered": "2025-01-31"}, ["customer_id", "since", "Language"]),
        ("hubspot-contacts", HUBSPOT, {"Email": "A@example.com", "Create Date": "2025-01-31 09:14"}, ["customer_id", "since", "Lead Status"]),
        ("salesforce-contacts", SALESFORCE, {"Email": "A@example.com", "CreatedDate": "2025-01-31", "IsDeleted": "0"}, ["customer_id", "since", "LeadSource"]),
        ("mailchimp", MAILCHIMP, {"Email Address": "A@example.com", "MEMBER_RATING": "4"}, ["customer_id", "consent", "MEMBER_RATING"]),
        ("mailchimp-unsubscribed", [*MAILCHIMP, "UNSUB_TIME"], {"Email Address": "A@example.com"}, ["customer_id", "consent"]),
    ],
)  # fmt: skip
def test_contacts(
    tmp_path: Path, product: str, header: list[str], row: dict[str, str], kept: list[str]
) -> None:
    found = recognise(write(tmp_path / "export.csv", csv_text([*header, "Own field"], [row])))
    assert (found.product, found.table, found.ignored) == (product, "customers", ("Own field",))
    assert any(reason.code == "vendors.emails_are_ids" for reason in found.said)
    with read(tmp_path) as tables:
        customers = tables.fetch("customers")
        assert adds_up(tables)
    assert customers["customer_id"].tolist() == ["a@example.com"]
    assert set(kept) <= set(customers)
    assert not {"First Name", "FirstName", "Own field", "Phone"} & set(customers)
    if "consent" in kept:
        assert customers["consent"].tolist() == [product == "mailchimp"]


def test_salesforce_closes_its_reports(tmp_path: Path) -> None:
    row = {"Email": "A@example.com", "CreatedDate": "2025-01-31", "IsDeleted": "0"}
    text = csv_text(
        SALESFORCE, [row, row | {"Email": "b@example.com", "IsDeleted": "1"}], quoting=csv.QUOTE_ALL
    )
    text += '\r\n\r\n"Grand Totals (2 records)"\r\n"Confidential Information - Do Not Distribute"\r\n'
    text += '"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\r\n'
    write(tmp_path / "report.csv", text)
    with read(tmp_path) as tables:
        assert {g.code: g.n_rows for g in tables.check.refused} == {"footer": 3, "deleted": 1}
        assert adds_up(tables)
        assert tables.n_rows("customers") == 1


def test_a_product_without_customers_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "deals.csv", csv_text(HUBSPOT_DEALS, [["1", "x", "won", "10", "me", "", ""]]))
    found = recognise(path)
    assert (found.product, found.table) == ("hubspot-deals", None)
    assert [q.code for q in found.questions] == ["unreadable"]


@pytest.mark.parametrize("id", ["Review Id", "Review ID"])
def test_trustpilot_says_and_rates(tmp_path: Path, id: str) -> None:
    header = [id if h == "Review Id" else h for h in TRUSTPILOT]
    row = {id: "r1", "Review Created (UTC)": "2026-01-31 10:00:00", "Review User Email": "A@example.com"}
    row |= {"Review Content": "<b>goed</b>", "Review Stars": "4", "Review Username": "A"}
    found = recognise(
        write(tmp_path / "reviews.csv", csv_text(header, [row, row | {id: "r2", "Review Stars": "9"}]))
    )
    assert (found.product, found.kind, found.table) == ("trustpilot", "reviews", "messages")
    for mapping in (None, found.mapping()):
        with read(tmp_path, mapping=mapping) as tables:
            said, rated = tables.fetch("messages"), tables.fetch("responses")
            assert tables.items["review_stars"].construct == "satisfaction"
            assert {g.code: g.n_rows for g in tables.check.refused} == {"off_the_scale": 1}
            assert adds_up(tables)
        assert (said["text"][0], said["speaker"][0], said["customer_id"][0]) == (
            "<b>goed</b>",
            "customer",
            "a@example.com",
        )
        assert (rated["value"].tolist(), rated["customer_id"].tolist()) == ([4.0], ["a@example.com"])


# what a file may not do


def test_a_header_that_is_none(tmp_path: Path) -> None:
    row = ["1", "8/20/25 12:51:45", "8/20/25 12:52:45", "a@example.com", "A", "6"]
    write(tmp_path / "long.csv", csv_text([*FORMS_EN, "x" * 50_000], [row]))
    with pytest.raises(ReadError, match="too long"):
        recognise(tmp_path / "long.csv")
    wide = [*FORMS_EN, *(f"q{k}" for k in range(5000))]
    write(tmp_path / "wide.csv", csv_text(wide, [["1"] * len(wide)]))
    with pytest.raises(ReadError, match="too many columns"):
        recognise(tmp_path / "wide.csv")


def test_a_survey_of_which_nothing_is_known_is_said(tmp_path: Path) -> None:
    workbook(tmp_path / "x.xlsx", [*FORMS_EN, "Your dog?"], [[1, MOMENT, MOMENT, "a@b.nl", "A", "Bo"]])
    with pytest.raises(ReadError, match=r"no question of this survey.*construct"):
        read(tmp_path)
    write(tmp_path / "orders_export.csv", csv_text(SHOPIFY_ORDERS, []))
    with read(tmp_path, mapping={"files": {"x.xlsx": {"skip": True}}}) as tables:
        assert tables.n_rows("events") == 0


def test_an_unknown_product_is_said(tmp_path: Path) -> None:
    shopify(tmp_path)
    with pytest.raises(ReadError, match=r"product that is not known.*shopify-orders"):
        read(tmp_path, mapping={"files": {"orders_export.csv": {"product": "shopify-order"}}})
    with pytest.raises(ReadError, match="header of an export of Typeform"):
        read(tmp_path, mapping={"files": {"orders_export.csv": {"product": "typeform"}}})


def test_samples_are_twenty_and_cut(tmp_path: Path) -> None:
    rows = "".join(f"{k};{'y' * 300}{k % 30}\n;\n" for k in range(100))
    found = recognise(write(tmp_path / "klanten.csv", "klantnummer;regio\n" + rows))
    samples = found.columns[1].samples
    assert (len(samples), {len(s) for s in samples}, found.n_rows) == (20, {200}, 100)
    assert len(found.columns[0].samples) == 20


def test_the_command_says_it(tmp_path: Path) -> None:
    shopify(tmp_path)
    path = str(tmp_path / "orders_export.csv")
    said = CliRunner().invoke(cli, ["tables", "recognise", path, "--language", "nl"])
    assert said.exit_code == 0
    assert "herkend als een export van Shopify" in said.output
    told = json.loads(CliRunner().invoke(cli, ["tables", "recognise", path, "--json"]).output)
    assert (told["product"], told["entry"]["table"]) == ("shopify-orders", "events")
