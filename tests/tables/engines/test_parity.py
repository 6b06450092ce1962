"""One company on both engines: every query in `queries/`, the reads, and the files in between."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlglot import exp

from verbond.errors import EngineError, NotFoundError
from verbond.tables import EVENT_KINDS, RUNG_CONSTRUCTS, Panel, Tables, reads
from verbond.tables.engines import DuckDBEngine, SparkEngine, chunks, load, number_periods, parse, rename
from verbond.tables.schema import TABLES

pytestmark = pytest.mark.spark

RTOL = 1e-9
"""Sums in another order."""
RTOL_FLOAT32 = 1e-6
QUERIES = sorted(file.name.removesuffix(".sql") for file in (files("verbond.tables") / "queries").iterdir())
VALUES = {
    "first": 2024 * 12,
    "last": 2024 * 12 + 11,
    "kind": "CASE WHEN kind = 'purchase' THEN 0 WHEN kind = 'visit' THEN 1 WHEN kind = 'discount' THEN 2 END",
    "construct": "CASE WHEN construct = 'trust' THEN 0 END",
    "group": "customer",
    "intention": "CASE WHEN item = 'q1' THEN 'stay' END",
    "answer": "value",
    "satisfaction": "CASE WHEN item = 'q1' THEN value END",
    "pull": "CASE WHEN item = 'q1' THEN 8 - value END",
    "money_days": 60,
    "side": "CASE WHEN a.customer_id IS NULL THEN 'unasked' WHEN a.undated = 0 THEN 'asked' END",
    "day": np.datetime64("2024-06-30"),
    "horizon_days": 30,
    "n_chunks": 4,
    "last_day": np.datetime64("2024-12-31"),
    "until": np.datetime64("2024-10-01"),
    "first_from": np.datetime64("2024-01-01"),
    "first_until": np.datetime64("2024-06-01"),
    "second_from": np.datetime64("2024-07-01"),
    "second_until": np.datetime64("2024-12-01"),
    "large": 3,
    "daily_factor": 0.9997,
    "longest_days": 92,
    "first_day": np.datetime64("2024-01-01"),
    "new_days": 30,
    "known_from": np.datetime64("2024-02-01"),
    "before_from": np.datetime64("2024-02-01"),
    "decided_until": np.datetime64("2024-11-30"),
    "by": "type",
    "marked": "product = 'p1'",
    "measured": "trust",
    "least_weeks": 3,
    "nearly": 0.1,
    "labelled": False,
    "label": "CAST(NULL AS VARCHAR)",
    "most_in_row": 9,
    "by_discount": 1,
    "shortest": 1,
    "longest": 400,
    "most": 50,
    "action": "discount",
    "wanted": "kind IN ('purchase', 'complaint')",
    "kind_number": "CASE WHEN m.kind = 'purchase' THEN 0 ELSE 1 END",
    "opens": 2024 * 12 + 1,
    "reached_from": 2024 * 12 + 3,
    "outcome": "complaints",
    "event_kind": "complaint",
    "near": 10,
    "middle": 30,
    "far": 60,
    "one_from": 0,
    "one_until": 30,
    "two_from": 31,
    "two_until": 60,
    "action_id": "x",
    "left_out": "stimulus",
    "item": "q1",
    "days": 40,
    "control": "a",
    "is_dealt": True,
    "same_sheet": True,
    "grouping": "CASE WHEN customer_id < 'c070' THEN 'one' END",
}
"""Something that fits each placeholder of each query: a query with a new one brings its value here."""

RUNGS = {
    "customer_id": ["c000", "c000", "c000", "c001", "c001"],
    "period": np.array(["2024-08-01", "2024-09-01", "2024-09-01", "2024-09-01", "2024-11-01"], "M8[D]"),
    "rung": [4, 1, 2, 3, 5],
    "probability": [1.0, 0.3, 0.7, 1.0, 1.0],
}


def company() -> dict[str, dict[str, object]]:
    rng, more = np.random.default_rng(11), np.random.default_rng(12)
    n, people = 3000, np.array([f"c{j:03d}" for j in range(150)], dtype=object)
    moments = np.datetime64("2024-01-01", "s") + rng.integers(0, 366 * 86_400, n)

    def some(values: list[object], size: int) -> np.ndarray:
        return rng.choice(np.array(values, dtype=object), size)

    return {
        "customers": {
            "customer_id": people[:140],
            "since": np.where(rng.random(140) < 0.5, np.datetime64("2024-03-05"), np.datetime64("NaT", "D")),
            "region \"of' birth": some(["north", "so`uth", None], 140),
            "consent": np.array([True, False, None], dtype=object)[np.arange(140) % 3],
        },
        "events": {
            "customer_id": rng.choice(people, n),
            "occurred_at": moments,
            "kind": some([*EVENT_KINDS[:-1]] * 20 + ["cancellation"], n),
            "amount": np.where(rng.random(n) < 0.9, rng.integers(1, 9999, n) / 100, np.nan),
            "order_id": some([None, *(f"o{j}" for j in range(900))], n),
            "quantity": np.where(more.random(n) < 0.8, more.integers(-1, 6, n).astype(float), np.nan),
            "list_price": np.where(more.random(n) < 0.5, more.integers(1, 9999, n) / 100, np.nan),
            "currency": more.choice(np.array([None, "EUR"], dtype=object), n),
            "product": np.array([None, "p1", "p2", "p3"], dtype=object)[np.arange(n) % 4],
            "discount": np.where(rng.random(n) < 0.5, rng.integers(0, 300, n) / 100, np.nan),
            "related_customer_id": some([None, *people], n),
        },
        "actions": {
            "action_id": ["x", "y"],
            "kind": ["discount", "campaign"],
            "randomised": [True, False],
            "starts_on": np.array(["2024-06-01", "2024-07-01"], "M8[D]"),
            "ends_on": np.array(["2024-06-30", "2024-07-31"], "M8[D]"),
        },
        "exposures": {
            "customer_id": rng.choice(people, 400),
            "action_id": some(["x", "y", "lost"], 400),
            "occurred_at": moments[:400],
        },
        "assignments": {
            "customer_id": people[:120],
            "action_id": np.array(["x", "y"], dtype=object)[np.arange(120) // 80],
            "occurred_at": np.append(np.array(["2024-08-20", "2024-11-02"], "M8[s]"), moments[:118]),
            "variant": np.array(["a", "b", "c"], dtype=object)[np.arange(120) % 3],
        },
        "responses": {
            "respondent_id": some([f"r{j}" for j in range(60)], 500),
            "customer_id": rng.choice(people, 500),
            "group": some(["customer", None, "employee"], 500),
            "wave": some(["one", "two"], 500),
            "occurred_at": moments[:500],
            "item": some(["q1", "q2", "q3"], 500),
            "value": np.where(rng.random(500) < 0.8, rng.integers(1, 8, 500).astype(float), np.nan),
        },
        "messages": {
            "message_id": [f"m{j}" for j in range(80)],
            "customer_id": more.choice(np.array([None, *people[:20]], dtype=object), 80),
            "speaker": more.choice(np.array(["customer", "company"], dtype=object), 80),
            "language": more.choice(np.array([None, "nl", "en"], dtype=object), 80),
            "text": [" Te laat. ", "", "They called back the same day"] * 26 + ["Prima"] * 2,
        },
        "scores": {
            "respondent_id": rng.choice(people, 300),
            "customer_id": rng.choice(people, 300),
            "occurred_at": moments[:300],
            "construct": some([*RUNG_CONSTRUCTS, "stay", "market", "meaning"], 300),
            "score": rng.integers(0, 101, 300).astype(float),
            "standard_error": rng.integers(1, 20, 300).astype(float),
        },
    }


@pytest.fixture(scope="module")
def duck_tables() -> Tables:
    with Tables.from_columns(company(), name="company") as tables:
        yield tables.add("rungs", RUNGS)


@pytest.fixture(scope="module")
def spark_tables(spark: SparkEngine) -> Tables:
    """On the shared session, with an engine of its own."""
    with Tables.from_columns(company(), name="company", engine=SparkEngine()) as tables:
        yield tables.add("rungs", RUNGS)


def sorted_rows(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    keys = [np.array([repr(v) for v in values.tolist()]) for values in columns.values()]
    order = np.lexsort(keys[::-1]) if keys else []
    return {name: values[order] for name, values in columns.items()}


def filled(name: str, tables: Tables) -> exp.Query:
    """A query with its placeholders filled with something that fits."""
    query = load_any(name)
    query = tables.resolve(number_periods(query, "month"))
    if any(table.name == "windows" for table in query.find_all(exp.Table)) and name != "panel_windows":
        own = tables.engine.new_name("windows")
        windows = load("panel_windows", first=VALUES["first"], last=VALUES["last"])
        tables.engine.materialise(own, tables.resolve(number_periods(windows, "month")))
        query = rename(query, windows=own)
    if name.startswith("experiment_") and name not in ("experiment_arms", "experiment_known"):
        own = tables.engine.new_name("arms")
        tables.engine.materialise(own, tables.resolve(load_any("experiment_arms")))
        query = rename(query, arms=own)
    if name in ("past_months", "past_beside"):
        own = tables.engine.new_name("past_people")
        people = load("past_people", action=VALUES["action"])
        tables.engine.materialise(own, tables.resolve(number_periods(people, "month")))
        query = rename(query, past_people=own)
    if name in ("won_stays", "won_sums", "won_rungs"):
        own = tables.engine.new_name("won")
        won = load_any("won_customers")
        tables.engine.materialise(own, tables.resolve(won))
        query = rename(query, won=own)
    if name == "acts_around":
        own = tables.engine.new_name("asked")
        tables.engine.materialise(own, tables.resolve(load_any("asked_intentions")))
        query = rename(query, asked=own)
    return query


def load_any(name: str) -> exp.Query:
    text = (files("verbond.tables") / "queries" / f"{name}.sql").read_text("utf-8")
    wanted = {node.name for node in parse(text).find_all(exp.Placeholder)}
    expressions = {"kind", "construct", "intention", "answer", "satisfaction", "pull", "side", "marked"}
    expressions |= {"grouping", "wanted", "kind_number", "label"}
    return load(name, **{k: exp.maybe_parse(VALUES[k]) if k in expressions else VALUES[k] for k in wanted})


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_gives_the_same_on_both(name: str, duck_tables: Tables, spark_tables: Tables) -> None:
    ours, theirs = (sorted_rows(t.engine.fetch(filled(name, t))) for t in (duck_tables, spark_tables))
    assert list(ours) == list(theirs)
    assert len(next(iter(ours.values()))) > 0
    for column, a in ours.items():
        b = theirs[column]
        if a.dtype.kind == "f":
            single = np.float32 in (a.dtype, b.dtype)
            np.testing.assert_allclose(b, a, rtol=RTOL_FLOAT32 if single else RTOL, err_msg=column)
        else:
            assert a.tolist() == b.tolist(), column


def test_who_may_be_approached_is_the_same_on_both(duck_tables: Tables, spark_tables: Tables) -> None:
    """One in three agreed, one in three did not; ten with events are in no table of customers."""
    for found in (reads.interest(duck_tables), reads.interest(spark_tables)):
        consent = {
            id: np.nan if known is None else float(known)
            for id, known in zip(
                company()["customers"]["customer_id"], company()["customers"]["consent"], strict=True
            )
        }
        expected = [consent.get(id, np.nan) for id in found.customer_id]
        assert len(found.customer_id) == 150
        np.testing.assert_array_equal(found.consent, expected)
        assert found.share_with_consent == pytest.approx(47 / 94)
    ours, theirs = reads.interest(duck_tables), reads.interest(spark_tables)
    assert ours.n_contributions.tolist() == theirs.n_contributions.tolist()
    assert ours.n_referrals.sum() == theirs.n_referrals.sum() > 0
    rows = zip(
        *(company()["responses"][c] for c in ("customer_id", "respondent_id", "wave", "group", "value")),
        strict=True,
    )
    sheets = {row[:3] for row in rows if row[3] != "employee" and not np.isnan(row[4])}
    answered = Counter(customer for customer, _, _ in sheets)
    for found in (ours, theirs):
        assert found.n_answered.tolist() == [answered[id] for id in found.customer_id]
    assert ours.n_answered.max() > 1


@pytest.mark.parametrize("period", ["month", pytest.param("week", marks=pytest.mark.slow)])
def test_the_panel_is_the_same_on_both(period: str, duck_tables: Tables, spark_tables: Tables) -> None:
    ours, theirs = reads.panel(duck_tables, period), reads.panel(spark_tables, period)
    assert_same_panel(ours, theirs)
    parts = list(reads.panel_chunks(spark_tables, period, 60))
    assert [p.n_customers for p in parts][:2] == [60, 60]
    assert_same_panel(parts[1], ours.select(slice(60, 120)))


def assert_same_panel(ours: Panel, theirs: Panel) -> None:
    for name in Panel.__slots__:
        a, b = getattr(ours, name), getattr(theirs, name)
        for key, x, y in [(k, a[k], b[k]) for k in a] if isinstance(a, dict) else [("", a, b)]:
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                assert x.dtype == y.dtype
                np.testing.assert_allclose(y, x, rtol=RTOL_FLOAT32, err_msg=f"{name} {key}")
            else:
                np.testing.assert_array_equal(y, x, err_msg=f"{name} {key}")


def test_tables_are_the_same_on_both(duck_tables: Tables, spark_tables: Tables) -> None:
    assert (duck_tables.engine_name, spark_tables.engine_name) == ("duckdb", "spark")
    assert duck_tables.fingerprint == spark_tables.fingerprint
    assert duck_tables.attributes == spark_tables.attributes == ("region \"of' birth",)
    assert duck_tables.period_range == spark_tables.period_range
    for table in duck_tables:
        assert duck_tables.types(table) == spark_tables.types(table)
        assert duck_tables.n_rows(table) == spark_tables.n_rows(table)
        ours, theirs = (sorted_rows(t.fetch(table)) for t in (duck_tables, spark_tables))
        for column, a in ours.items():
            assert a.dtype == theirs[column].dtype
            np.testing.assert_array_equal(theirs[column], a, err_msg=f"{table}.{column}")


def test_what_was_known_before_an_action_is_the_same_on_both(
    duck_tables: Tables, spark_tables: Tables
) -> None:
    asked = ("y", "purchases", dt.date(2024, 6, 1), ((0, 90), (91, 180)))
    ours, theirs = (reads.targeting(tables, *asked) for tables in (duck_tables, spark_tables))
    assert list(ours.attributes) == ["region \"of' birth"]
    for name in type(ours).__slots__:
        a, b = getattr(ours, name), getattr(theirs, name)
        for x, y in [(a[key], b[key]) for key in a] if isinstance(a, dict) else [(a, b)]:
            np.testing.assert_array_equal(x, y, err_msg=name)


def test_moving_to_spark_and_adding_there(spark: SparkEngine) -> None:
    with Tables.from_columns(company()) as tables:
        moved = tables.on_spark()
        assert moved.engine_name == "spark"
        assert moved.on_spark() is moved
        assert moved.fingerprint == tables.fingerprint
        rungs = {
            "customer_id": ["a"],
            "period": np.array(["2024-01-01"], "M8[D]"),
            "rung": [1],
            "probability": [0.5],
        }
        more = moved.add("rungs", rungs)
        assert "rungs" in more
        assert "rungs" not in moved
        assert more.fetch("rungs")["probability"].tolist() == [0.5]
        moved.close()


def test_parquet_folders_are_read_in_place(spark: SparkEngine, tmp_path: Path) -> None:
    with Tables.from_columns(company()) as tables:
        tables.save(tmp_path)
        parts = pl.read_parquet(tmp_path / "events.parquet").with_columns(
            month=pl.col("occurred_at").dt.month()
        )
        (tmp_path / "events.parquet").unlink()
        parts.write_parquet(tmp_path / "events", partition_by="month")
        truth = reads.panel(tables)
    for engine in (SparkEngine(), DuckDBEngine(readable=[tmp_path])):
        with Tables.from_parquet(tmp_path, engine=engine) as found:
            assert set(found) == set(company())
            assert found.n_rows("events") == 3000
            assert_same_panel(reads.panel(found), truth)
    with pytest.raises(NotFoundError, match="no canonical tables"):
        Tables.from_parquet(tmp_path / "events")


def test_a_table_of_several_batches_has_the_hash_of_the_whole(
    spark: SparkEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One partition of 3,000 events, a hundred at a time."""
    monkeypatch.setattr(chunks, "ROWS_PER_BATCH", 100)
    with Tables.from_columns(company()) as tables:
        tables.save(tmp_path)
        truth = tables.fingerprint
    with Tables.from_parquet(tmp_path, engine=SparkEngine()) as found:
        assert found.fingerprint == truth


def test_streams_and_copies_come_back_in_order(spark: SparkEngine, tmp_path: Path) -> None:
    spark.create("numbers", {"x": np.random.default_rng(0).permutation(5000)})
    found = list(spark.stream("SELECT x FROM numbers ORDER BY x", rows=2000))
    assert [len(part["x"]) for part in found] == [2000, 2000, 1000]
    np.testing.assert_array_equal(np.concatenate([part["x"] for part in found]), np.arange(5000))
    spark.copy("SELECT x FROM numbers WHERE x < 3 ORDER BY x", tmp_path / "x.csv", "csv")
    assert (tmp_path / "x.csv").read_text() == "x\n0\n1\n2\n"


def test_zoned_times_are_read_as_utc(spark: SparkEngine, tmp_path: Path) -> None:
    pl.DataFrame({"t": ["2024-03-31T00:30:00"]}).select(
        pl.col("t").str.to_datetime().dt.replace_time_zone("Europe/Amsterdam")
    ).write_parquet(tmp_path / "zoned.parquet")
    spark.open_parquet("zoned", tmp_path / "zoned.parquet")
    assert spark.fetch("SELECT t FROM zoned")["t"].tolist()[0].isoformat() == "2024-03-30T23:30:00"


def test_errors_are_ours_and_short(spark: SparkEngine) -> None:
    with pytest.raises(EngineError, match="Spark cannot run a query") as caught:
        spark.fetch("SELECT nothing FROM nowhere")
    assert len(str(caught.value)) < 400
    with pytest.raises(NotFoundError, match="no Parquet file or folder"):
        spark.open_parquet("gone", Path("/nowhere/at/all"))


def test_the_engine_leaves_no_files(spark: SparkEngine) -> None:
    engine = SparkEngine()
    folder = engine.local.folder
    engine.create("a", {"x": [1]})
    engine.materialise("b", "SELECT x FROM a")
    assert engine.fetch("SELECT x FROM b")["x"].tolist() == [1]
    engine.drop("b")
    engine.close()
    engine.close()
    assert not folder.exists()
    assert set(TABLES) >= {"customers"}
