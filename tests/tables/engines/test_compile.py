"""The door: what passes, what is refused, and what values become."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from verbond.errors import EngineError
from verbond.tables.engines import DuckDBEngine, bind, compile_query, load, number_periods, parse, rename


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("SELECT my_function(x) FROM t", "Only functions that sqlglot knows"),
        ("SELECT hash(x) FROM t", "Only functions that sqlglot knows"),
        ("SELECT log(x) FROM t", "write ln"),
        ("SELECT skewness(x) FROM t", "moments"),
        ("SELECT kurtosis(x) FROM t", "moments"),
        ("SELECT quantile_cont(x, 0.5) FROM t", "median"),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM t", "median"),
        ("SELECT array_agg(x ORDER BY y) FROM t", "loses the order"),
        ("SELECT list(x) FROM t", "loses the order"),
        ("SELECT sum(x ORDER BY y) FROM t", "order inside an aggregate"),
        ("SELECT a / b FROM t", "nullif"),
        ("SELECT a / 0 FROM t", "nullif"),
        ("SELECT a / nullif(b, 1) FROM t WHERE a // b > 1", "nullif"),
        ("SELECT a % b FROM t", "nullif"),
        ("SELECT date_diff('month', a, b) FROM t", "12 \\* year"),
        ("SELECT date_diff('hour', a, b) FROM t", "Only days"),
        ("SELECT CAST(avg(x) AS INT) FROM t", "floor"),
        ("SELECT CAST(2.5 AS INT) FROM t", "floor"),
        ("SELECT CAST(x AS TIMESTAMPTZ) FROM t", "UTC"),
        ("SELECT now()", "Only functions"),
        ("SELECT current_date", "Pass the day"),
        ("SELECT random()", "not compared"),
        ("SELECT any_value(x) FROM t", "not compared"),
        ("SELECT first(x) FROM t", "not compared"),
        ("SELECT x FROM generate_series(1, 3) AS s(x)", "unnest"),
        ("SELECT * FROM read_csv('/etc/passwd')", "not compared"),
        ("SELECT substr(s, 0, 2) FROM t", "start at 1"),
        ("SELECT DISTINCT ON (g) g FROM t", "row_number"),
        ("SELECT x FROM t TABLESAMPLE 5%", "Samples differ"),
        ("SELECT x FROM (SELECT 1 AS x, (SELECT log(y) FROM u) AS z) AS v", "write ln"),
    ],
)
@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_traps_are_refused_on_both_engines(text: str, hint: str, dialect: str) -> None:
    with pytest.raises(EngineError, match=hint):
        compile_query(text, dialect)


@pytest.mark.parametrize(
    "text", ["DROP TABLE t", "SELECT 1; SELECT 2", "COPY t TO 'x'", "SELECT FROM WHERE", ""]
)
def test_only_one_select_is_a_query(text: str) -> None:
    with pytest.raises(EngineError, match=r"not a query|does not parse"):
        compile_query(text)


def test_unknown_dialect() -> None:
    with pytest.raises(EngineError, match="'duckdb' or 'spark'"):
        compile_query("SELECT 1", "mysql")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's", "it's"),
        ("'; DROP TABLE t; --", "'; DROP TABLE t; --"),
        ('a\\\'b\n"c" $x ?', 'a\\\'b\n"c" $x ?'),
        (3, 3),
        (-2.5, -2.5),
        (True, True),
        (np.int64(7), 7),
        (dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        (dt.datetime(2024, 2, 29, 23, 59, 59, 5), dt.datetime(2024, 2, 29, 23, 59, 59, 5)),
        (np.datetime64("2024-02-29T01:00:00", "ns"), dt.datetime(2024, 2, 29, 1)),
    ],
)
def test_values_come_back_as_themselves(value: object, expected: object) -> None:
    with DuckDBEngine() as duck:
        assert duck.fetch(bind(parse("SELECT $v AS v"), v=value))["v"].tolist() == [expected]


def test_none_is_null_and_a_missing_value_is_an_error() -> None:
    assert compile_query(bind(parse("SELECT $v AS v"), v=None)) == "SELECT NULL AS v"
    with pytest.raises(EngineError, match=r"no value for \$other"):
        bind(parse("SELECT $other AS v"), v=1)


def test_loading_twice_gives_two_trees() -> None:
    first = load("panel_extent")
    first.find(exp.Table).replace(exp.to_table("changed"))
    assert "changed" not in load("panel_extent").sql()


def test_rename_keeps_the_name_that_columns_use() -> None:
    query = rename(
        parse("SELECT w.x, y FROM windows AS w JOIN events ON events.y = w.x"), windows='w "7', events="e2"
    )
    assert (
        compile_query(query, "duckdb")
        == 'SELECT w.x, y FROM "w ""7" AS w JOIN "e2" AS events ON events.y = w.x'
    )
    assert (
        compile_query(query, "spark")
        == 'SELECT w.x, y FROM `w "7` AS w JOIN `e2` AS events ON events.y = w.x'
    )


def test_days_are_counted_by_midnights_on_spark_too() -> None:
    text = compile_query("SELECT date_diff('day', a, b) AS d FROM t", "spark")
    assert text == "SELECT DATEDIFF(DAY, CAST(a AS DATE), CAST(b AS DATE)) AS d FROM t"


@pytest.fixture(scope="module")
def duck() -> DuckDBEngine:
    with DuckDBEngine() as engine:
        yield engine


@settings(deadline=None)
@given(st.lists(st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(2400, 1, 1)), min_size=1, max_size=20))
def test_period_numbers_are_those_of_the_calendar(duck: DuckDBEngine, moments: list[dt.datetime]) -> None:
    duck.create("t", {"x": moments}, {"x": "timestamp"})
    for period, truth in (
        ("month", [12 * m.year + m.month - 1 for m in moments]),
        ("quarter", [4 * m.year + (m.month - 1) // 3 for m in moments]),
        ("week", [(m.date().toordinal() - 1) // 7 for m in moments]),  # 0001-01-01, a Monday, has ordinal 1
    ):
        query = number_periods(parse("SELECT period_number(x) AS p FROM t"), period)
        assert duck.fetch(query)["p"].tolist() == truth
    assert dt.date(1, 1, 1).isoweekday() == 1
