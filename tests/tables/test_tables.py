"""`Tables`: what is there, adding without changing, saving, and what is missing reads as nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.tables import TABLES, Tables
from verbond.tables.engines import parse

COMPANY = {
    "customers": {
        "customer_id": ["a", "b", "c"],
        "since": np.array(["2024-01-01", "NaT", "2024-02-29"], "datetime64[D]"),
        "region": ["north", "south", None],
        "vip": [True, False, None],
        "floor": [1, 2, 2],
        "everyone": ["x", "x", "x"],
        "weight": [1.5, 2.5, 3.5],
        "born": np.array(["1990-01-01", "1991-01-01", "NaT"], "datetime64[D]"),
        "code": ["p", "q", "r"],
    },
    "events": {
        "customer_id": ["a", "b"],
        "occurred_at": np.array(["2024-01-05T10:00", "2024-03-01"], "datetime64[s]"),
        "kind": ["purchase", "visit"],
    },
}
SCORES = {
    "respondent_id": ["r"],
    "construct": ["trust"],
    "score": [50],
    "standard_error": [3.0],
}


@pytest.fixture
def tables() -> Tables:
    with Tables.from_columns(COMPANY, name="shop") as found:
        yield found


def test_what_is_there(tables: Tables) -> None:
    assert list(tables) == ["customers", "events"]
    assert "customers" in tables
    assert "scores" not in tables
    assert "nonsense" not in tables
    assert tables.columns("events") == ("customer_id", "occurred_at", "kind")
    assert tables.n_rows("customers") == 3
    assert tables.types("customers")["since"] == "date"
    assert tables.period_range == (dt.date(2024, 1, 5), dt.date(2024, 3, 1))
    assert (tables.name, tables.simulated, tables.engine_name) == ("shop", False, "duckdb")
    assert repr(tables) == "Tables('shop', customers, events)"


def test_attributes_are_columns_fit_to_segment_by(tables: Tables) -> None:
    assert tables.attributes == ("region", "vip", "floor", "code")  # not constant, not a number, not a date
    many = {"customer_id": [str(j) for j in range(13)], "twelve": [str(j % 12) for j in range(13)]}
    many["thirteen"] = many["customer_id"]
    assert Tables.from_columns({"customers": many}).attributes == ("twelve",)
    assert Tables.from_columns({"events": COMPANY["events"]}).attributes == ()


def test_fetch_gives_arrays_of_the_schema_types(tables: Tables) -> None:
    found = tables.fetch("events")
    assert found["occurred_at"].dtype == np.dtype("datetime64[us]")
    assert tables.fetch("customers", ["floor", "customer_id"]).keys() == {"floor", "customer_id"}
    with pytest.raises(NotFoundError, match="no table 'scores' in shop"):
        tables.fetch("scores")
    with pytest.raises(NotFoundError, match="no column 'nothing' in events"):
        tables.fetch("events", ["kind", "nothing"])
    with pytest.raises(OptionError, match="unknown table: found 'nonsense'"):
        tables.fetch("nonsense")


def test_adding_makes_new_tables_and_leaves_these(tables: Tables) -> None:
    before = tables.fingerprint
    more = tables.add("scores", SCORES)
    again = more.add("scores", SCORES | {"score": [60]})
    assert "scores" not in tables
    assert more.fetch("scores")["score"].tolist() == [50.0]
    assert again.fetch("scores")["score"].tolist() == [60.0]
    assert tables.fingerprint == before
    assert len({tables.fingerprint, more.fingerprint, again.fingerprint}) == 3
    assert (more.name, more.simulated) == (tables.name, tables.simulated)


def test_the_schema_is_kept(tables: Tables) -> None:
    with pytest.raises(DataError, match="'scores' needs a column 'standard_error'"):
        tables.add("scores", {k: v for k, v in SCORES.items() if k != "standard_error"})
    with pytest.raises(OptionError, match="unknown column in table 'scores': found 'extra'"):
        tables.add("scores", SCORES | {"extra": [1]})
    with pytest.raises(OptionError, match="unknown table"):
        Tables.from_columns({"nonsense": {"a": [1]}})


def test_fingerprint_is_content_not_order_or_place() -> None:
    turned = {
        "events": {name: values[::-1] for name, values in COMPANY["events"].items()},
        "customers": {name: COMPANY["customers"][name] for name in reversed(COMPANY["customers"])},
    }
    one, other = Tables.from_columns(COMPANY), Tables.from_columns(turned, name="elsewhere")
    assert one.fingerprint == other.fingerprint
    changed = {**COMPANY, "events": COMPANY["events"] | {"kind": ["purchase", "contact"]}}
    assert Tables.from_columns(changed).fingerprint != one.fingerprint


def test_what_is_missing_reads_as_nothing(tables: Tables) -> None:
    found = tables.select(
        parse("SELECT count(*) AS n, count(amount) AS known, sum(amount) AS total FROM events")
    )
    assert (found["n"][0], found["known"][0]) == (2, 0)
    assert np.isnan(found["total"][0])
    for table in TABLES:
        columns = ", ".join(f'"{name}"' for name in TABLES[table].columns)
        found = tables.select(parse(f"SELECT {columns} FROM {table} AS t"))
        assert len(found[next(iter(found))]) == (tables.n_rows(table) if table in tables else 0)


def test_a_query_may_join_and_alias(tables: Tables) -> None:
    text = (
        "SELECT c.region, count(*) AS n FROM events AS e JOIN customers AS c ON c.customer_id = e.customer_id"
    )
    found = tables.select(parse(text + " WHERE e.kind = $kind GROUP BY c.region"), kind="visit")
    assert found["region"].tolist() == ["south"]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_saved_files_hold_the_same(tables: Tables, tmp_path: Path, form: str) -> None:
    tables.save(tmp_path / "new" / "folder", form)
    read = pl.read_parquet if form == "parquet" else pl.read_csv
    found = read(tmp_path / "new" / "folder" / f"customers.{form}")
    assert found.columns == list(COMPANY["customers"])
    assert found["region"].to_list() == ["north", "south", None]
    assert not (tmp_path / "new" / "folder" / "simulated.toml").exists()
    if form == "parquet":
        with Tables.from_parquet(tmp_path / "new" / "folder") as again:
            assert again.fingerprint == tables.fingerprint


def test_the_mark_of_simulated_data_is_saved(tmp_path: Path) -> None:
    with Tables.from_columns(COMPANY, simulated=True) as tables:
        assert tables.add("scores", SCORES).simulated
        tables.save(tmp_path)
    assert "simulated = true" in (tmp_path / "simulated.toml").read_text()


def test_an_unknown_form_is_refused_before_anything_is_written(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="'parquet' or 'csv'"):
        tables.save(tmp_path / "out", "xlsx")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_without_reading_the_check_is_a_look_at_the_tables(tables: Tables) -> None:
    events, customers = tables.check.table("events"), tables.check.table("customers")
    assert (events.n_rows, events.first, events.last) == (2, dt.date(2024, 1, 5), dt.date(2024, 3, 1))
    assert customers.n_missing["region"] == 1
    assert (customers.first, customers.last) == (dt.date(2024, 1, 1), dt.date(2024, 2, 29))
    assert tables.check.n_refused == 0


def test_closing_takes_the_files_along() -> None:
    tables = Tables.from_columns(COMPANY)
    folder = tables.engine.folder
    with tables:
        assert folder.exists()
    assert not folder.exists()


def test_types_of_parquet_are_brought_to_the_schema(tmp_path: Path) -> None:
    days = [dt.date(2024, 1, 1), dt.date(2024, 2, 29)]
    events = {"customer_id": [7, 8], "occurred_at": days, "kind": ["visit", "visit"], "amount": [1, 2]}
    pl.DataFrame(events).write_parquet(tmp_path / "events.parquet")
    with Tables.from_parquet(tmp_path) as tables:
        found = tables.fetch("events")
        assert found["customer_id"].tolist() == ["7", "8"]
        assert found["occurred_at"].dtype == np.dtype("datetime64[us]")
        assert found["amount"].dtype == np.float64
