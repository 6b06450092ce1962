"""Export files of common products are recognised, and read with counts that add up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from vendor_files import FORMS_EN, FORMS_NL, SHOPIFY_ORDERS, csv_text, workbook, write

from verbond.errors import ReadError
from verbond.tables import Tables, open_tables, recognise

TODAY = dt.date(2026, 6, 1)
MOMENT = dt.datetime(2026, 1, 31, 12, 51, 45)
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
    targets = {column.name: column.target for column in found.columns}
    assert targets[TRUST_NL] == "item:trust_1"
    assert targets["Waar gaat het over?"] is None
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
    unknown = recognise(write(tmp_path / "iets.csv", "a;b\n1;2\n"))
    assert unknown.table is None
    assert [q.code for q in unknown.questions] == ["table"]
