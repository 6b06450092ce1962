"""DuckDB as an engine: tables, files, streams, and the walls around it."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from verbond.errors import EngineError, NotFoundError, OptionError
from verbond.tables.engines import DuckDBEngine


@pytest.fixture
def duck() -> DuckDBEngine:
    with DuckDBEngine() as engine:
        engine.create("t", {"g": ["a", "b", "a", None], "n": [1, 2, 3, 4]})
        yield engine


def test_materialise_drop_and_columns(duck: DuckDBEngine) -> None:
    duck.materialise("u", "SELECT g, sum(n) AS n FROM t GROUP BY g")
    assert duck.columns("u") == {"g": "text", "n": "integer"}
    duck.materialise("u", "SELECT 1 AS one FROM t")
    assert duck.columns("u") == {"one": "integer"}
    duck.drop("u")
    duck.drop("u")
    with pytest.raises(EngineError, match="u does not exist"):
        duck.columns("u")


def test_stream_is_fetch_in_parts(duck: DuckDBEngine) -> None:
    duck.create("long", {"x": np.arange(2500)[::-1]})
    query = "SELECT x, x * 2 AS y FROM long WHERE x > 10 ORDER BY x"
    parts = list(duck.stream(query, rows=1000))
    assert [len(p["x"]) for p in parts] == [1000, 1000, 489]
    whole = duck.fetch(query)
    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([p[name] for p in parts]), values)
    assert list(duck.stream("SELECT x FROM long WHERE x < 0")) == []


def test_copy_writes_files_that_others_read(duck: DuckDBEngine, tmp_path: Path) -> None:
    query = 'SELECT g, sum(n) AS "the sum" FROM t GROUP BY g ORDER BY g'
    duck.copy(query, tmp_path / "a.parquet")
    duck.copy(query, tmp_path / "a.csv", "csv")
    expected = {"g": ["a", "b", None], "the sum": [4, 2, 4]}
    parquet = pl.read_parquet(tmp_path / "a.parquet")
    assert parquet.to_dict(as_series=False) == expected
    assert parquet.schema["the sum"] == pl.Int64  # and not the DOUBLE that DuckDB makes of a sum
    assert (tmp_path / "a.csv").read_text("utf-8") == "g,the sum\na,4\nb,2\n,4\n"
    with pytest.raises(OptionError, match="'parquet' or 'csv'"):
        duck.copy(query, tmp_path / "a.xml", "xml")  # type: ignore[arg-type]


def test_parquet_is_read_in_place_partitioned_or_not(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1, 2]}).write_parquet(tmp_path / "one.parquet")
    for year, x in ((2024, 3), (2025, 4)):
        part = tmp_path / "many" / f"year={year}"
        part.mkdir(parents=True)
        pl.DataFrame({"x": [x]}).write_parquet(part / "0.parquet")
    with DuckDBEngine(readable=[tmp_path]) as duck:
        duck.open_parquet("one", tmp_path / "one.parquet")
        duck.open_parquet("many", tmp_path / "many")
        assert duck.fetch("SELECT x FROM one")["x"].tolist() == [1, 2]
        found = duck.fetch("SELECT x, year FROM many ORDER BY x")
        assert found["x"].tolist() == [3, 4]
        assert found["year"].tolist() == [2024, 2025]
        duck.drop("one")
        with pytest.raises(NotFoundError, match="no Parquet file"):
            duck.open_parquet("none", tmp_path / "none.parquet")


def test_the_hash_knows_content_and_not_order(duck: DuckDBEngine) -> None:
    duck.create("same", {"n": [4, 3, 2, 1], "g": [None, "a", "b", "a"]})
    duck.create("other", {"g": ["a", "b", "a", None], "n": [1, 2, 3, 5]})
    duck.create("named", {"h": ["a", "b", "a", None], "n": [1, 2, 3, 4]})
    duck.create("twice", {"g": ["a", "b", "a", None] * 2, "n": [1, 2, 3, 4] * 2})
    hashes = {name: duck.hash_rows(name) for name in ("t", "same", "other", "named", "twice")}
    assert hashes["t"] == hashes["same"]
    assert len(set(hashes.values())) == 4
    assert hashes["twice"][0] == 8


def test_closing_removes_the_folder_and_closing_twice_is_no_harm() -> None:
    engine = DuckDBEngine()
    folder = engine.folder
    assert folder.is_dir()
    engine.close()
    engine.close()
    engine.drop("anything")
    assert not folder.exists()


def test_letting_go_removes_the_folder() -> None:
    engine = DuckDBEngine()
    folder = engine.folder
    del engine
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://example.com/x.csv'",
        "COPY (SELECT 1) TO '/tmp/verbond-should-not-exist.csv'",
        "ATTACH '/tmp/verbond-should-not-exist.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1TB'",
        "SET enable_external_access = true",
        "SELECT * FROM secret_of_python",
    ],
)
def test_nothing_outside_can_be_reached(duck: DuckDBEngine, text: str) -> None:
    secret_of_python = {"x": np.arange(3)}
    with pytest.raises(duckdb.Error):
        duck.connection.cursor().execute(text)
    assert len(secret_of_python) == 1


def test_only_what_was_named_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "named.csv").write_text("x\n1\n")
    (tmp_path / "other.csv").write_text("x\n2\n")
    with DuckDBEngine(readable=[tmp_path / "named.csv"]) as duck:
        cursor = duck.connection.cursor()
        named, other = tmp_path / "named.csv", tmp_path / "other.csv"
        assert cursor.execute("SELECT x FROM read_csv(?)", [str(named)]).fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            cursor.execute("SELECT x FROM read_csv(?)", [str(other)])


def test_one_engine_serves_several_threads(duck: DuckDBEngine) -> None:
    def work(j: int) -> int:
        name = duck.new_name("work")
        duck.create(name, {"x": np.full(10_000, j)})
        return int(duck.fetch(f'SELECT sum(x) AS s FROM "{name}"')["s"][0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == [10_000 * j for j in range(24)]


def test_a_query_larger_than_memory_spills_and_finishes() -> None:
    with DuckDBEngine(memory_limit="100MB", threads=2) as duck:
        duck.create("seed", {"x": np.arange(3_000)})
        duck.materialise(
            "big",
            "SELECT a.x * 3000 + b.x AS k, CAST(a.x AS VARCHAR) || 'some padding' AS s"
            " FROM seed AS a, seed AS b",
        )
        found = duck.fetch("SELECT count(*) AS n, max(k) AS top FROM (SELECT DISTINCT k, s FROM big) AS d")
        assert found["n"].tolist() == [9_000_000]
        assert found["top"].tolist() == [9_000_000 - 1]
