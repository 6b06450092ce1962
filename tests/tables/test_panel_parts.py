"""The panel in parts is the panel, on both engines; functions go where the parts are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from verbond.errors import DataError, EngineError, OptionError
from verbond.tables import Panel, Tables, open_tables, reads
from verbond.tables.engines import SparkEngine
from verbond.tables.reads.parts import PanelParts
from verbond.tables.simulate import simulate

MONEY = 1e-5  # relative, float32: engines add money in another order


@pytest.fixture(scope="module")
def company() -> Tables:
    return simulate("zonnewende", 300, seed=4).open()


def assert_together_they_are(parts: PanelParts, whole: Panel, n_chunks: int) -> None:
    panels = parts.chunks.total(lambda panel, _: [panel])
    assert len(panels) == n_chunks
    assert parts.n_customers == whole.n_customers == sum(p.n_customers for p in panels)
    for panel in panels:
        assert (np.diff(np.unique(panel.customer_ids, return_inverse=True)[1]) > 0).all()
        same = whole.select(np.searchsorted(whole.customer_ids, panel.customer_ids))
        for name in Panel.__dataclass_fields__:
            assert_equal(getattr(panel, name), getattr(same, name), name)


def assert_equal(one: object, other: object, name: str) -> None:
    if isinstance(one, dict):
        assert list(one) == list(other)  # type: ignore[call-overload]
        for key in one:
            assert_equal(one[key], other[key], f"{name} {key}")  # type: ignore[index]
    elif isinstance(one, np.ndarray) and one.dtype.kind == "f":
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=MONEY, err_msg=name)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist(), name
    else:
        assert one == other, name


def test_parts_on_duckdb(company: Tables, tmp_path: Path) -> None:
    whole = reads.panel(company)
    with reads.panel_parts(company, customers_per_chunk=80) as parts:
        assert_together_they_are(parts, whole, -(-whole.n_customers // 80))
        rows = parts.chunks.keep(lambda panel, times: panel.n_rows * times, 2)
        assert rows.total(lambda n, _: n) == 2 * whole.n_rows
        assert rows.total(lambda n, _: None) is None
        ids = {"customer_id": "string"}
        parts.chunks.write(lambda panel, _: {"customer_id": panel.customer_ids}, None, tmp_path / "a", ids)
    found = pl.read_parquet(tmp_path / "a" / "*.parquet")["customer_id"]
    assert sorted(found) == sorted(whole.customer_ids)
    with pytest.raises(OptionError, match="too few"), reads.panel_parts(company, customers_per_chunk=0):
        pass


@pytest.mark.spark
def test_parts_on_spark(company: Tables, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    whole = reads.panel(company)
    with simulate("zonnewende", 300, seed=4).open(engine="spark") as tables:
        with reads.panel_parts(tables, customers_per_chunk=80) as parts:
            assert_together_they_are(parts, whole, -(-whole.n_customers // 80))
            rows = parts.chunks.keep(lambda panel, times: panel.n_rows * times, 2)
            parts.chunks.release()
            assert rows.total(lambda n, _: n) == 2 * whole.n_rows
            assert rows.total(lambda n, _: None) is None
            types = {"customer_id": "string", "n": "bigint"}
            columns = lambda panel, _: {"customer_id": panel.customer_ids, "n": panel.lengths}  # noqa: E731
            parts.chunks.write(columns, None, tmp_path / "a", types)
            with pytest.raises(DataError, match="already"):
                parts.chunks.write(columns, None, tmp_path / "a", types)
            with pytest.raises(EngineError, match="KeyError: 'no such kind'"):
                parts.chunks.total(lambda panel, _: panel.counts["no such kind"])
        left = [path.name for path in tables.engine.local.folder.glob("panel_*")]  # type: ignore[attr-defined]
        assert not left
    found = pl.read_parquet(tmp_path / "a" / "*.parquet").sort("customer_id")
    assert found["customer_id"].to_list() == whole.customer_ids.tolist()
    assert found["n"].to_list() == whole.lengths.tolist()


@pytest.mark.spark
def test_the_fingerprint_of_tables_in_place_is_that_of_their_content(company: Tables, tmp_path: Path) -> None:
    """Summed in the workers, it is what DuckDB finds in one go."""
    pytest.importorskip("pyspark")
    company.save(tmp_path)
    with Tables.from_parquet(tmp_path) as here, Tables.from_parquet(tmp_path, engine=SparkEngine()) as there:
        assert there.fingerprint == here.fingerprint


def test_what_a_cluster_cannot_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="a cluster reads a folder of canonical tables as Parquet"):
        open_tables("demo", engine="spark://127.0.0.1:1")
    with pytest.raises(OptionError, match="address of a Spark cluster"):
        open_tables(tmp_path, engine="flink")
