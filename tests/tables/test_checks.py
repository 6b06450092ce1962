"""`TablesCheck` as a result: its rows, its JSON, its file of refusals."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest

from verbond.tables import open_tables
from verbond.tables.checks import TablesCheck, refusal_reason

TODAY = dt.date(2025, 6, 1)
CUSTOMERS = "customer_id,since\na,2020-01-31\nb,\na,2021-01-31\n"
EVENTS = (
    "customer_id,occurred_at,kind,amount\n" + "a,2024-01-31,visit,1.00\n" * 3 + "z,2024-02-30,visit,\n" * 40
)


@pytest.fixture
def checked(tmp_path: Path) -> TablesCheck:
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "events.csv").write_text(EVENTS)
    return open_tables(tmp_path, today=TODAY).check


def test_a_row_a_table(checked: TablesCheck) -> None:
    assert checked.to_dicts() == [
        {
            "table": "customers", "rows": 2, "first": "2020-01-31", "last": "2020-01-31",
            "refused": 1, "duplicates": 1, "blank": 0, "lost_references": 0,
        },
        {
            "table": "events", "rows": 3, "first": "2024-01-31", "last": "2024-01-31",
            "refused": 40, "duplicates": 0, "blank": 0, "lost_references": 0,
        },
    ]  # fmt: skip
    assert checked.n_refused == 41
    assert checked.table("customers").n_missing == {"customer_id": 0, "since": 1}


def test_a_few_are_shown_and_all_are_counted(checked: TablesCheck) -> None:
    group = checked.refused[0]
    assert (group.code, group.n_rows, len(group.examples)) == ("not_a_date", 40, 5)
    assert [example.line for example in group.examples] == [5, 6, 7, 8, 9]


def test_json_has_plain_values(checked: TablesCheck) -> None:
    found = json.loads(json.dumps(checked.to_dict(), allow_nan=False))
    assert found["refused"][0]["reason"]["sentence"] == "occurred_at is not a date that exists."
    assert not [key for key in found if key.startswith("_")]


def test_all_refusals_are_written(checked: TablesCheck, tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    assert checked.write_refusals(path, "nl") == 41
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert rows[0]["reason"] == "customer_id: hetzelfde staat er eerder, en het eerste blijft staan."
    assert [int(row["line"]) for row in rows[1:]] == list(range(5, 45))


def test_markdown_and_html_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text('customer_id,"<script>"\na,1\n')
    with open_tables(tmp_path) as tables:
        assert "<script>" not in tables.check.to_html()


@pytest.mark.parametrize(
    ("value", "meant"), [("purchse", "purchase"), ("Complaints!", "complaint"), ("xyz", None)]
)
def test_what_was_probably_meant(value: str, meant: str | None) -> None:
    reason = refusal_reason("unknown_choice", "events", "kind", "kind", value)
    assert reason.values.get("near") == meant
    assert value in reason.sentence("nl")
