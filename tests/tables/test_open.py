# ruff: noqa: E501  (cells and files read best on one line)
"""The one door: folders, files, frames and mappings become canonical tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verbond.errors import DataError, OptionError, ReadError
from verbond.tables import Tables, open_tables
from verbond.tables.items import own_items

TODAY = dt.date(2025, 6, 1)
CUSTOMERS = "customer_id,since,consent,region,size\na,2020-01-31,ja,north,3\nb,2021-06-30,nee,south,12\n"
EVENTS = (
    "customer_id,occurred_at,kind,amount,order_id\n"
    "a,2024-01-31 10:00:00,purchase,12.50,o1\nb,2024-02-01 11:30:00,visit,,\na,2024-03-05 09:00:00,purchase,3.00,o2\n"
)


def folder(path: Path, **files: str | bytes) -> Path:
    """Files by name, `__` for the point of the suffix and `___` for a folder."""
    for name, content in files.items():
        file = path / name.replace("___", "/").replace("__", ".")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(tables: Tables, table: str) -> list[tuple[Any, ...]]:
    """Rows in a fixed order, to compare sources with one another."""
    columns = tables.fetch(table)
    return sorted(zip(*(map(str, columns[name]) for name in sorted(columns)), strict=True))


def parquet(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.sql(query).write_parquet(str(path))


# forms: the same company in each


@pytest.fixture(scope="module")
def from_csv(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return open_tables(
        folder(tmp_path_factory.mktemp("csv"), customers__csv=CUSTOMERS, events__csv=EVENTS), today=TODAY
    )


def test_csv(from_csv: Tables) -> None:
    assert from_csv.columns("customers") == ("customer_id", "since", "consent", "region", "size")
    assert dict(from_csv.types("customers")) == {
        "customer_id": "text", "since": "date", "consent": "boolean", "region": "text", "size": "integer",
    }  # fmt: skip
    assert from_csv.fetch("customers", ["consent", "size"])["consent"].tolist() == [True, False]
    events = from_csv.fetch("events")
    assert events["amount"].tolist() == pytest.approx([12.5, np.nan, 3.0], nan_ok=True)
    assert events["occurred_at"][0] == np.datetime64("2024-01-31T10:00:00")
    assert not from_csv.simulated


def test_saved_tables_open_as_they_were(from_csv: Tables, tmp_path: Path) -> None:
    for form in ("parquet", "csv"):
        from_csv.save(tmp_path / form, form)
        with open_tables(tmp_path / form, today=TODAY) as again:
            assert again.fingerprint == from_csv.fingerprint


def test_clean_parquet_is_read_in_place(from_csv: Tables, tmp_path: Path) -> None:
    from_csv.save(tmp_path)
    with open_tables(tmp_path, today=TODAY) as tables:
        views = tables.engine.connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
    assert views == [("events",)]


def test_workbook(from_csv: Tables, tmp_path: Path) -> None:
    path = tmp_path / "company.xlsx"
    with xlsxwriter.Workbook(path) as book:
        moment = book.add_format({"num_format": "dd-mm-yyyy hh:mm"})
        sheets = {table: from_csv.fetch(table) for table in ("customers", "events")}
        for name, columns in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(columns))
            for j, values in enumerate(columns.values()):
                for i, cell in enumerate(values.tolist(), start=1):
                    if isinstance(cell, (dt.date, dt.datetime)):
                        sheet.write_datetime(i, j, cell, moment)
                    elif cell is not None and cell == cell:
                        sheet.write(i, j, cell)
    with open_tables(path, today=TODAY) as tables:
        assert rows(tables, "customers") == rows(from_csv, "customers")
        assert rows(tables, "events") == rows(from_csv, "events")
        assert [file.file for file in tables.check.files] == ["company.xlsx#customers", "company.xlsx#events"]


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table, dict], ids=["pandas", "polars", "pyarrow", "arrays"]
)
def test_frames(from_csv: Tables, make: Any) -> None:
    frames = {table: make(dict(from_csv.fetch(table))) for table in ("customers", "events")}
    with open_tables(frames, today=TODAY) as tables:
        assert rows(tables, "customers") == rows(from_csv, "customers")
        assert rows(tables, "events") == rows(from_csv, "events")


def test_lazy_frame() -> None:
    with open_tables({"customers": pl.LazyFrame({"customer_id": ["a", None, "b"]})}) as tables:
        assert tables.n_rows("customers") == 2


def test_frame_with_numbers_for_ids() -> None:
    """An integer column with gaps is a float column in pandas; 1001.0 is customer 1001."""
    with open_tables({"customers": pd.DataFrame({"customer_id": [1001, 1002, np.nan]})}) as tables:
        assert tables.fetch("customers")["customer_id"].tolist() == ["1001", "1002"]
        assert tables.check.table("customers").n_refused == 1


def test_frames_are_not_changed() -> None:
    frame = pd.DataFrame({"customer_id": ["a"], "since": ["31-01-2024"]})
    open_tables({"customers": frame}).close()
    assert frame.equals(pd.DataFrame({"customer_id": ["a"], "since": ["31-01-2024"]}))


@pytest.mark.spark
def test_spark_holds_the_same(from_csv: Tables, tmp_path: Path) -> None:
    from_csv.save(tmp_path)
    with open_tables(tmp_path, engine="spark", today=TODAY) as tables:
        assert tables.engine_name == "spark"
        assert rows(tables, "customers") == rows(from_csv, "customers")
        assert rows(tables, "events") == rows(from_csv, "events")
        assert tables.fingerprint == from_csv.fingerprint


# files and their names


def test_parts_are_one_table(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        customers__csv=CUSTOMERS,
        events_2023__csv=EVENTS.replace("2024", "2023"),
        events_2024__csv=EVENTS,
    )
    with open_tables(data, today=TODAY) as tables:
        assert tables.n_rows("events") == 6
        assert [(f.file, f.n_kept) for f in tables.check.files if f.table == "events"] == [
            ("events_2023.csv", 3),
            ("events_2024.csv", 3),
        ]


def test_parts_decide_together(tmp_path: Path) -> None:
    """A month that cannot tell its date order is told by the other months of the same export."""
    data = folder(
        tmp_path,
        events_01__csv="customer_id,occurred_at,kind\na,02-01-2024,visit\n",
        events_02__csv="customer_id,occurred_at,kind\na,28-02-2024,visit\n",
    )
    with open_tables(data, today=TODAY) as tables:
        assert sorted(tables.fetch("events")["occurred_at"].astype("datetime64[D]").astype(str)) == [
            "2024-01-02",
            "2024-02-28",
        ]


def test_folder_of_parts(tmp_path: Path) -> None:
    data = folder(tmp_path, customers__csv=CUSTOMERS, events____SUCCESS=b"")
    parquet(
        data / "events" / "one.parquet",
        "SELECT 7 AS customer_id, TIMESTAMP '2024-01-31' AS occurred_at, 'visit' AS kind",
    )
    parquet(
        data / "events" / "two.parquet",
        "SELECT 'b' AS customer_id, TIMESTAMPTZ '2024-02-01 01:00:00+02' AS occurred_at, 'Aankoop' AS kind, 1.5 AS amount",
    )
    with open_tables(data, today=TODAY) as tables:
        events = tables.fetch("events")
        assert events["customer_id"].tolist() == ["7", "b"]
        assert events["kind"].tolist() == ["visit", "purchase"]
        assert str(events["occurred_at"][1]).startswith("2024-01-31T23:00")


def test_partitioned_folder(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "occurred_at": [dt.datetime(2026, m, 5) for m in (1, 2, 3)],
            "kind": ["purchase", "visit", "purchase"],
        }
    )
    for month, part in frame.with_columns(month=pl.col("occurred_at").dt.month()).group_by("month"):
        folder = tmp_path / "events" / f"year=2026/month={month[0]}"
        folder.mkdir(parents=True)
        part.drop("month").write_parquet(folder / "part-0.parquet")
        (folder / "_SUCCESS").touch()
    assert sorted(open_tables(tmp_path).fetch("events")["customer_id"]) == ["a", "b", "c"]


def test_a_column_that_only_folders_name_is_not_guessed(tmp_path: Path) -> None:
    folder = tmp_path / "events" / "kind=purchase"
    folder.mkdir(parents=True)
    (folder / "part.csv").write_text("customer_id,occurred_at\na,2026-01-05\n")
    with pytest.raises(DataError, match="kind=purchase"):
        open_tables(tmp_path)


def test_dutch_names(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        Klanten__csv="Klantnummer;Klant sinds;Toestemming\n0012;1-2-2020;Ja\n0013;14-2-2020;Nee\n",
        gebeurtenissen__csv="Klantnr;Datum;Soort;Bedrag\n0012;14-2-2024;Aankoop;1.012,50\n0013;1-2-2024;Klacht;\n",
    )
    with open_tables(data, today=TODAY) as tables:
        assert tables.fetch("customers")["since"].astype(str).tolist() == ["2020-02-01", "2020-02-14"]
        assert tables.fetch("events", ["customer_id", "kind"]) == {
            "customer_id": pytest.approx(np.array(["0012", "0013"], dtype=object)),
            "kind": pytest.approx(np.array(["purchase", "complaint"], dtype=object)),
        }
        assert tables.fetch("events")["amount"][0] == 1012.5


def test_a_second_download_is_not_read_twice(tmp_path: Path) -> None:
    data = folder(tmp_path, customers__csv=CUSTOMERS)
    (data / "customers (1).csv").write_text(CUSTOMERS)
    with open_tables(data) as tables:
        assert tables.n_rows("customers") == 2
        assert tables.check.unused_files == ("customers (1).csv",)


def test_rows_that_stand_twice_are_told(tmp_path: Path) -> None:
    data = folder(tmp_path, customers__csv=CUSTOMERS, events_a1__csv=EVENTS)
    (data / "events_2.csv").write_text(EVENTS)
    (data / "events_a1.csv").rename(data / "events_1.csv")
    with open_tables(data, today=TODAY) as tables:
        assert tables.n_rows("events") == 6
        assert [note.code for note in tables.check.notes] == ["tables.identical_rows"]
        assert tables.check.notes[0].values["n"] == 3


def test_an_attribute_may_differ_between_parts(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        customers_1__csv="customer_id,size\na,3\n",
        customers_2__csv="customer_id,age,size\nb,30,large\n",
    )
    with open_tables(data) as tables:
        found = tables.fetch("customers")
    assert found["size"].tolist() == ["3", "large"]
    assert found["age"][1] == 30


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], "integer"), (["1.5", "2.25"], "number"), (["1.500", "2.250"], "text"), (["ja", "nee"], "boolean"),
        (["007", "008"], "text"), (["1,5", "2"], "text"), (["", ""], "text"), (["1", "NA"], "integer"), (["1", "x"], "text"),
    ],
)  # fmt: skip
def test_attributes_have_the_type_that_all_cells_allow(
    tmp_path: Path, cells: list[str], expected: str
) -> None:
    text = "customer_id;extra\n" + "".join(f"{k};{cell}\n" for k, cell in enumerate(cells))
    with open_tables(folder(tmp_path, customers__csv=text)) as tables:
        assert tables.types("customers")["extra"] == expected


# mappings

MAPPED = """
[files."orders_*.csv"]
table = "events"
decimal = ","
[files."orders_*.csv".columns]
"Klant" = "customer_id"
"Besteld op" = { column = "occurred_at", date_order = "mdy" }
"Totaal" = "amount"
[files."orders_*.csv".constants]
kind = "purchase"
[files."log.csv"]
table = "events"
[files."log.csv".values.kind]
"belletje" = "contact"
[files."old.csv"]
skip = true
"""


def test_mapping(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        customers__csv=CUSTOMERS,
        orders_1__csv="Klant;Besteld op;Totaal\na;03-04-2024;1.234\n",
        log__csv="customer_id,occurred_at,kind\nb,2024-05-06,belletje\n",
        old__csv="x",
        mapping__toml=MAPPED,
    )
    with open_tables(data, today=TODAY) as tables:
        events = tables.fetch("events")
        by_kind = dict(
            zip(
                events["kind"],
                zip(events["occurred_at"].astype("datetime64[D]").astype(str), events["amount"], strict=True),
                strict=True,
            )
        )
    assert by_kind["purchase"] == ("2024-03-04", 1234.0)
    assert by_kind["contact"][0] == "2024-05-06"


def test_mapping_given_wins_over_the_one_in_the_folder(tmp_path: Path) -> None:
    data = folder(tmp_path, customers__csv=CUSTOMERS, mapping__toml="nonsense")
    with open_tables(data, mapping={"files": {"customers.csv": {"columns": {"region": "land"}}}}) as tables:
        assert "land" in tables.columns("customers")


def test_mapping_of_frames() -> None:
    frame = {"who": ["a", "b"], "day": ["2024-01-31", "2024-02-01"]}
    mapping = {
        "files": {
            "calls": {
                "table": "events",
                "columns": {"who": "customer_id", "day": "occurred_at"},
                "constants": {"kind": "contact"},
            }
        }
    }
    with open_tables({"calls": frame}, mapping=mapping, today=TODAY) as tables:
        assert tables.fetch("events")["kind"].tolist() == ["contact", "contact"]


# surveys

WIDE = "Respondent ID;Datum;Klantnummer;trust_1;TRUST_2;recommend_1;Opmerking\nr1;31-01-2024;a;5 - eens;7;10;x\nr2;01-02-2024;;3;;8;y\n"


def test_wide_survey(tmp_path: Path) -> None:
    with open_tables(folder(tmp_path, responses__csv=WIDE), today=TODAY) as tables:
        found = tables.fetch("responses")
        answers = dict(
            zip(zip(found["respondent_id"], found["item"], strict=True), found["value"], strict=True)
        )
        assert answers == pytest.approx(
            {("r1", "trust_1"): 5, ("r1", "trust_2"): 7, ("r1", "recommend_1"): 10, ("r2", "trust_1"): 3,
             ("r2", "trust_2"): np.nan, ("r2", "recommend_1"): 8}, nan_ok=True,
        )  # fmt: skip
        assert set(found["customer_id"]) == {"a", None}
        file = tables.check.files[0]
        assert (file.n_lines, file.n_rows, file.n_kept) == (2, 6, 6)
        assert file.unused_columns == ("Opmerking",)


def test_wide_and_long_say_the_same(tmp_path: Path) -> None:
    long = "respondent_id,occurred_at,customer_id,item,value\n" + "".join(
        f"{r},{day},{c},{item},{value}\n"
        for r, day, c, values in (("r1", "2024-01-31", "a", (5, 7, 10)), ("r2", "2024-02-01", "", (3, "", 8)))
        for item, value in zip(("trust_1", "trust_2", "recommend_1"), values, strict=True)
    )
    with (
        open_tables(folder(tmp_path, responses__csv=WIDE), today=TODAY) as one,
        open_tables(folder(tmp_path / "long", responses__csv=long), today=TODAY) as other,
    ):
        assert one.fingerprint == other.fingerprint


def test_items_of_others(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        responses__csv='ResponseId,"Q2[SQ001]",Q7\nr1,6,1\nr2,4,2\n',
        items__toml='[items."Q2[SQ001]"]\nconstruct = "values_own"\nvalue = "security"\nmin = 1\nmax = 6\n'
        '[items.Q7]\nconstruct = "trust"\nmin = 1\nmax = 5\nreversed = true\n',
    )
    with open_tables(data) as tables:
        assert set(tables.fetch("responses")["item"]) == {"Q2[SQ001]", "Q7"}
        assert tables.items["Q7"].reversed
        assert tables.items["Q2[SQ001]"].value == "security"
        assert set(own_items()) <= set(tables.items)


def test_qualtrics_has_three_headers(tmp_path: Path) -> None:
    text = (
        "StartDate,RecordedDate,ResponseId,ExternalReference,trust_1\n"
        'Start Date,Recorded Date,Response ID,External Data Reference,"I can rely\non them"\n'
        '"{""ImportId"":""startDate""}","{""ImportId"":""recordedDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""x""}","{""ImportId"":""QID1""}"\n'
        "2024-01-30 10:00:00,2024-01-31 10:00:00,R_1,a,6\n"
    )
    with open_tables(folder(tmp_path, responses__csv=text), today=TODAY) as tables:
        found = tables.fetch("responses")
        assert (found["respondent_id"].tolist(), found["value"].tolist()) == (["R_1"], [6.0])
        assert str(found["occurred_at"][0]).startswith("2024-01-31")
        assert (tables.check.n_refused, tables.check.files[0].n_lines) == (0, 1)


def test_labels_by_mapping(tmp_path: Path) -> None:
    text = "respondent_id,trust_1\nr1,Helemaal eens\nr2,4\n"
    mapping = {"files": {"responses.csv": {"values": {"value": {"Helemaal eens": 7}}}}}
    with open_tables(folder(tmp_path, responses__csv=text), mapping=mapping) as tables:
        assert sorted(tables.fetch("responses")["value"].tolist()) == [4.0, 7.0]


def test_spss(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "respondent_id": ["r1", "r2", "r3"],
            "trust_1": [1.0, 9.0, 7.0],
            "recommend_1": [10.0, None, 3.0],
            "datum": [dt.date(2024, 1, 31)] * 3,
        }
    )
    pyreadstat.write_sav(
        frame,
        str(tmp_path / "responses.sav"),
        variable_value_labels={"trust_1": {1.0: "nee", 7.0: "ja"}},
        missing_ranges={"trust_1": [{"lo": 9, "hi": 9}]},
    )
    with open_tables(tmp_path, today=TODAY) as tables:
        found = tables.fetch("responses")
        answers = dict(
            zip(zip(found["respondent_id"], found["item"], strict=True), found["value"], strict=True)
        )
        assert answers[("r1", "trust_1")] == 1
        assert np.isnan(answers[("r2", "trust_1")])  # marked as missing by the user
        assert tables.check.n_refused == 0


# the check


def test_references_that_point_nowhere(tmp_path: Path) -> None:
    extra = "z,2024-01-01,visit,,\nz,2024-01-02,visit,,\ny,2024-01-01,visit,,\n"
    with open_tables(
        folder(tmp_path, customers__csv=CUSTOMERS, events__csv=EVENTS + extra), today=TODAY
    ) as tables:
        (lost,) = tables.check.lost_references
        assert tables.n_rows("events") == 6
    assert (lost.table, lost.column, lost.refers_to, lost.n_rows, lost.n_values) == (
        "events",
        "customer_id",
        "customers.customer_id",
        3,
        2,
    )
    assert lost.examples == ("z", "y")


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    text = "customer_id;datum;soort;bedrag\na;31-01-2024;aankoop;12,50\na;01-02-2024;aankoop;1.000\n"
    with open_tables(folder(tmp_path, events__csv=text), today=TODAY) as tables:
        codes = [decision.code for decision in tables.check.files[0].decisions]
        dutch = " ".join(decision.sentence("nl") for decision in tables.check.files[0].decisions)
    assert codes == [
        "tables.read_semicolon", "tables.column_understood", "tables.column_understood", "tables.column_understood",
        "tables.date_order_chosen", "tables.words_understood", "tables.decimal_chosen",
    ]  # fmt: skip
    assert "puntkomma" in dutch


def test_one_column_tells_the_other(tmp_path: Path) -> None:
    text = "action_id,kind,starts_on,ends_on\nx,discount,01-02-2024,28-02-2024\ny,Spaaractie,03-02-2024,04-03-2024\n"
    with open_tables(folder(tmp_path, customers__csv=CUSTOMERS, actions__csv=text), today=TODAY) as tables:
        found = tables.fetch("actions")
        assert found["starts_on"].astype(str).tolist() == ["2024-02-01", "2024-02-03"]
        assert found["kind"].tolist() == ["discount", "Spaaractie"]
        codes = {decision.code for file in tables.check.files for decision in file.decisions}
    assert {"tables.date_order_borrowed", "tables.own_kinds"} <= codes


def test_a_slip_of_the_pen_does_not_make_two_orders(tmp_path: Path) -> None:
    """One date in two hundred the other way round: it is refused, and the others are read as before."""
    text = (
        "customer_id,occurred_at,kind\n"
        + "a,31-01-2024,visit\n" * 200
        + "b,01-31-2024,visit\nc,03-04-2024,visit\n"
    )
    with open_tables(folder(tmp_path, events__csv=text), today=TODAY) as tables:
        found = tables.fetch("events")
        days = dict(
            zip(found["customer_id"], found["occurred_at"].astype("datetime64[D]").astype(str), strict=True)
        )
    assert days == {"a": "2024-01-31", "c": "2024-04-03"}


def test_of_a_key_that_stands_twice_the_first_is_kept(tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        customers_1__csv="customer_id,region\na,north\na,south\n",
        customers_2__csv="customer_id,region,age\na,west,3\n",
    )
    with open_tables(data) as tables:
        assert tables.fetch("customers")["region"].tolist() == ["north"]
        assert [(f.n_kept, f.n_refused) for f in tables.check.files] == [(1, 1), (0, 1)]


def test_of_two_columns_that_mean_the_same_the_plainer_is_taken(tmp_path: Path) -> None:
    text = "respondent_id,EndDate,RecordedDate,trust_1\nr1,2024-01-01,2024-01-31,5\n"
    with open_tables(folder(tmp_path, responses__csv=text), today=TODAY) as tables:
        assert tables.check.table("responses").first == dt.date(2024, 1, 31)
        assert tables.check.files[0].unused_columns == ("EndDate",)


def test_actions_may_be_planned(tmp_path: Path) -> None:
    text = "action_id,kind,starts_on\nx,discount,2031-01-01\n"
    with open_tables(folder(tmp_path, customers__csv=CUSTOMERS, actions__csv=text), today=TODAY) as tables:
        assert tables.n_rows("actions") == 1


# whatever the rows are, they add up

GOOD = st.tuples(
    st.just("good"),
    st.sampled_from(["a,2024-01-31,visit,1.50", 'b,2024-02-01,purchase,"2.25"', '"a b",2024-03-01,return,']),
)
BAD = st.sampled_from(
    [
        ("blank", ""), ("blank", ",,,"), ("missing", ",2024-01-31,visit,1.00"), ("not_a_date", "a,2024-02-31,visit,1.00"),
        ("in_the_future", "a,2031-01-31,visit,1.00"), ("unknown_choice", "a,2024-01-31,gift,1.00"),
        ("not_a_number", "a,2024-01-31,visit,much"), ("too_few_cells", "a,2024-01-31"),
        ("too_many_cells", "a,2024-01-31,visit,1.00,x"), ("stray_quote", 'a,2024-01-31,"vi"sit,1.00'), ("nul_byte", "a,2024\0,visit,1.00"),
    ]
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(GOOD, BAD), max_size=15), end=st.sampled_from(["\n", "\r\n"]))
def test_rows_add_up(tmp_path: Path, lines: list[tuple[str, str]], end: str) -> None:
    text = (
        end.join(
            ["customer_id,occurred_at,kind,amount", "k,2024-01-31,visit,1.00", *(line for _, line in lines)]
        )
        + end
    )
    (tmp_path / "events.csv").write_bytes(text.encode())
    expected = Counter(kind for kind, _ in lines)
    with open_tables(tmp_path, today=TODAY) as tables:
        found: Counter[str] = Counter()
        for group in tables.check.refused:
            found[group.code] += group.n_rows
            for example in group.examples:
                assert text.split(end)[example.line - 1] in {
                    line for kind, line in lines if kind == group.code
                }
        assert tables.n_rows("events") == expected.pop("good", 0) + 1
        (file,) = tables.check.files
    assert file.n_blank == expected.pop("blank", 0)
    assert found == expected
    assert file.n_rows == len(lines) + 1


# wrong calls


def test_unknown_engine() -> None:
    with pytest.raises(OptionError, match="expected 'duckdb', 'spark' or"):
        open_tables("demo", engine="duck")


def test_unknown_table_of_frames() -> None:
    with pytest.raises(OptionError, match="Did you mean 'customers'"):
        open_tables({"custmers": {"customer_id": ["a"]}})


def test_no_frame() -> None:
    with pytest.raises(OptionError, match="expected a pandas, polars or pyarrow frame"):
        open_tables({"customers": 3})


def test_columns_of_unequal_length() -> None:
    with pytest.raises(DataError, match="differ in length"):
        open_tables({"customers": {"customer_id": ["a"], "region": ["x", "y"]}})


def test_no_source() -> None:
    with pytest.raises(OptionError, match="a folder, 'demo'"):
        open_tables(3)  # type: ignore[arg-type]


def test_strictness_names_the_place(tmp_path: Path) -> None:
    data = folder(tmp_path, events__csv=EVENTS + "a,2024-01-31,gift,,\n")
    with pytest.raises(ReadError, match=r"events\.csv, line 5, column 'kind'.*found 'gift'"):
        open_tables(data, strict=True, today=TODAY)
