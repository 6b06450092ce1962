"""A small export of each product, brought to the application, is recognised by product and language."""

from __future__ import annotations

import datetime as dt
import html
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyreadstat
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.tables.readers import vendor_files as made
from tests.tables.readers.vendor_files import csv_text, workbook

from verbond.web.store.models import Import

TRUST_EN = "I take it that Zonnewende does its work well."
TRUST_NL = "Ik ga ervan uit dat Zonnewende het werk goed doet."
WHEN, ADDRESS = "2026-01-31 10:00:00", "a@example.com"
MOMENT = dt.datetime(2026, 1, 31, 12, 51, 45)


def one_row(header: list[str], **cells: str) -> str:
    """A file of one row; an underscore in a name stands for a space."""
    return csv_text(header, [{name.replace("_", " "): cell for name, cell in cells.items()}])


def qualtrics() -> str:
    header = [*made.QUALTRICS, "Q1"]
    texts = [*made.QUALTRICS_TEXTS, TRUST_EN]
    ids = [json.dumps({"ImportId": name}) for name in header]
    row = {"StartDate": WHEN, "RecordedDate": WHEN, "Status": "IP Address", "ResponseId": "R_1", "Q1": "6"}
    return csv_text(header, [row | {"RecipientEmail": ADDRESS}], texts, ids)


def limesurvey() -> str:
    row = ["1", WHEN, "3", "nl", "77", WHEN, WHEN, "6"]
    return csv_text([*made.LIMESURVEY_FULL, TRUST_EN], [row], delimiter=";")


def surveymonkey() -> str:
    row = ["11", "22", WHEN, WHEN, "127.0.0.1", ADDRESS, "A", "L", "", "6"]
    under = [*[""] * len(made.SURVEYMONKEY), "Response"]
    return csv_text([*made.SURVEYMONKEY, TRUST_EN], [row], under)


def typeform() -> str:
    header = ["#", TRUST_EN, "What is your email?", *made.TYPEFORM_END]
    row = {"#": "abc1", TRUST_EN: "6", "What is your email?": ADDRESS, "Response Type": "completed"}
    return csv_text(header, [row | {"Start Date (UTC)": WHEN, "Submit Date (UTC)": WHEN, "Network ID": "n"}])


def formbricks() -> str:
    row = {"No.": "1", "Response ID": "r1", "Timestamp": WHEN, "Finished": "Yes", "User ID": "u"}
    return csv_text([*made.FORMBRICKS, f"1. {TRUST_EN}"], [row | {f"1. {TRUST_EN}": "6"}])


def forms(path: Path, header: list[str], question: str) -> bytes:
    blank = [""] * (len(header) - 5)
    rows = [[1, MOMENT, MOMENT, ADDRESS, "A", *blank, 6]]
    return workbook(path / "forms.xlsx", [*header, question], rows).read_bytes()


def spss(path: Path) -> bytes:
    import pandas as pd

    file = path / "answers.sav"
    answers = pd.DataFrame({"klant": ["a1", "a2"], "v1": np.array([6.0, 5.0])})
    pyreadstat.write_sav(answers, file, column_labels={"klant": "Klantnummer", "v1": TRUST_NL})
    return file.read_bytes()


FILES: list[tuple[str, str, str, Callable[[Path], str | bytes]]] = [
    ("Qualtrics", "", "qualtrics.csv", lambda _: qualtrics()),
    ("LimeSurvey", "en", "results-survey1.csv", lambda _: limesurvey()),
    ("Google Forms", "nl", "formulier.csv", lambda _: csv_text(
        ["Tijdstempel", "E-mailadres", TRUST_NL], [["13-5-2026 10:59:37", ADDRESS, "6"]])),
    ("Google Forms", "en", "form.csv", lambda _: csv_text(
        ["Timestamp", "Email Address", TRUST_EN], [["1/31/2026 09:15:00", ADDRESS, "6"]])),
    ("Microsoft Forms", "nl", "forms.xlsx", lambda path: forms(path, made.FORMS_NL, TRUST_NL)),
    ("Microsoft Forms", "en", "forms.xlsx", lambda path: forms(path, made.FORMS_EN, TRUST_EN)),
    ("SurveyMonkey", "", "monkey.csv", lambda _: surveymonkey()),
    ("Typeform", "", "responses.csv", lambda _: typeform()),
    ("Formbricks", "", "export.csv", lambda _: formbricks()),
    ("SPSS", "", "answers.sav", spss),
    ("Shopify", "en", "orders_export.csv", lambda _: one_row(
        made.SHOPIFY_ORDERS, Name="#1", Email=ADDRESS, Financial_Status="paid", Total="12.50",
        Created_at="2025-10-02 17:09:34 +0200")),
    ("Shopify", "en", "customers_export.csv", lambda _: one_row(
        made.SHOPIFY_CUSTOMERS, Email=ADDRESS, Accepts_Email_Marketing="yes")),
    ("WooCommerce", "en", "wc-orders.csv", lambda _: csv_text(made.WOO_ORDERS, [
        {"Date": WHEN, "Order #": "1", "Status": "completed", "Customer": "A B", "Items sold": "1",
         "N. Revenue (formatted)": "€ 12,50"}])),
    ("WooCommerce", "en", "wc-customers.csv", lambda _: one_row(
        made.WOO_CUSTOMERS, Name="A B", Email=ADDRESS, Sign_Up="2025-01-31")),
    ("Magento", "en", "magento.csv", lambda _: csv_text(made.MAGENTO, [
        {"ID": "1", "Purchase Date": "Jan 31, 2026 9:14:22 AM", "Customer Email": ADDRESS,
         "Status": "complete", "Grand Total (Base)": "30.00"}])),
    ("Lightspeed", "en", "lightspeed.csv", lambda _: csv_text(
        made.LIGHTSPEED, [{"E-Mail": ADDRESS, "Registered": "2025-01-31"}])),
    ("HubSpot", "en", "hubspot.csv", lambda _: one_row(
        made.HUBSPOT, Email=ADDRESS, Create_Date="2025-01-31 09:14")),
    ("Salesforce", "en", "salesforce.csv", lambda _: one_row(
        made.SALESFORCE, Email=ADDRESS, CreatedDate="2025-01-31", IsDeleted="0")),
    ("Mailchimp", "en", "mailchimp.csv", lambda _: one_row(
        made.MAILCHIMP, Email_Address=ADDRESS, MEMBER_RATING="4")),
    ("Trustpilot", "en", "reviews.csv", lambda _: csv_text(made.TRUSTPILOT, [
        {"Review Id": "r1", "Review Created (UTC)": WHEN, "Review User Email": ADDRESS,
         "Review Content": "goed", "Review Stars": "4"}])),
]  # fmt: skip


@pytest.mark.parametrize(("product", "language", "name", "make"), FILES)
def test_an_export_is_recognised(
    product: str, language: str, name: str, make: Callable[[Path], str | bytes], cast, tmp_path: Path
) -> None:
    content = make(tmp_path)
    raw = content.encode() if isinstance(content, str) else content
    client = cast.client("ann")
    sent = client.post("/o/acme/data/uploads/", {"files": [SimpleUploadedFile(name, raw)]})
    assert sent.status_code == 302
    found = Import.objects.get().recognition
    assert product in found["product_name"]
    assert (found.get("language") or "") == language
    for tongue, other in (("nl", "en"), ("en", "nl")):
        client.cookies["language"] = tongue
        type(cast.people["ann"]).objects.filter(pk=cast.people["ann"].pk).update(language=tongue)
        page = html.unescape(client.get(sent["Location"]).content.decode())
        assert f'<html lang="{tongue}"' in page, other
        assert product in page.split('<p class="lead">')[1].split("</p>")[0]
