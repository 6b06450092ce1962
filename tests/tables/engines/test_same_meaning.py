"""Every function that the door lets through gives the same on DuckDB and on Spark."""

from __future__ import annotations

import numpy as np
import pytest
from sqlglot import exp

from verbond.tables.engines import DuckDBEngine, SparkEngine, parse
from verbond.tables.engines.meaning import ALLOWED

pytestmark = pytest.mark.spark

RTOL = 1e-12
"""Sums in another order, and another library's logarithm."""

ROWS = {
    "k": list(range(9)),
    "g": ["a", "a", "b", "b", "b", "c", "c", None, "a"],
    "i": [1, -2, 3, None, 5, -7, 0, 8, 9],
    "j": [2, 2, 3, 4, 0, -3, 1, 2, None],
    "x": [1.5, -2.5, None, 4.0, 0.5, 2.5, 3.5, -0.5, 1e-3],
    "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    "s": ["Été", "abc", "ABC ", "", None, "zzz", "a'b", "x_y", "ß"],
    "b": [True, False, None, True, True, False, True, False, None],
    "at_time": np.array(
        ["2024-02-29T23:59:59", "2023-12-31", "NaT", "1969-12-31T12:00:00", "2024-01-01T00:00:00.5",
         "2000-02-29", "1999-12-31T23:59:59.999", "2024-12-30", "2026-11-21T20:00"], "datetime64[us]",
    ),
    "d": np.array(
        ["2024-02-29", "2023-12-31", "NaT", "1969-12-31", "2024-01-01", "2000-02-29", "1999-12-31",
         "2024-12-30", "2026-11-21"], "datetime64[D]",
    ),
}  # fmt: skip

AGGREGATES = """
count(*) | count(i) | count(DISTINCT g) | count(*) FILTER (WHERE b) | count_if(b) | sum(i) | sum(x)
sum(x) FILTER (WHERE i > 100) | avg(x) | avg(i) | min(s) | max(s) | min(at_time) | max(d) | max(b) | median(x)
stddev(x) | stddev_samp(x) | stddev_pop(x) | var_samp(x) | var_pop(x) | corr(x, y) | covar_samp(x, y)
bool_or(b) | bool_and(b) | sum(i) / nullif(count(*), 0) | avg(CAST(b AS INT))
"""
SCALARS = """
12 * year(at_time) + month(at_time) | quarter(at_time) | day(d) | dayofyear(d) | hour(at_time)
minute(at_time) | second(at_time) | CAST(at_time AS DATE) | CAST(d AS TIMESTAMP) | last_day(d)
make_date(2024, 2, 29) | d + 3
date_diff('day', DATE '0001-01-01', d) // 7 | date_diff('day', at_time, TIMESTAMP '2024-01-01 12:00:00')
date_trunc('month', at_time) | date_trunc('week', d) | date_trunc('quarter', d) | d + INTERVAL 1 MONTH
at_time + INTERVAL 36 HOUR | i // nullif(j, 0) | i % nullif(j, 0) | i / nullif(j, 0) | x / 2 | i / 2 | -7 // 2
-7 % 3 | abs(i) | abs(x) | round(x) | round(x, 1) | floor(x) | ceil(x) | CAST(round(x) AS INT)
CAST(i AS DOUBLE) | CAST(b AS INT) | CAST(i AS VARCHAR) | CAST(b AS VARCHAR) | CAST(d AS VARCHAR)
CAST('2.5' AS DOUBLE) | TRY_CAST(s AS INT) | ln(y) | log10(y) | log(2, y) | exp(x)
sqrt(y) | power(y, 2) | sign(x) | least(i, j) | greatest(i, j)
coalesce(i, j, 0) | nullif(i, 3) | CASE WHEN b THEN 'y' ELSE s END
CASE g WHEN 'a' THEN 1 WHEN 'b' THEN 2 END | lower(s) | trim(s) | length(s) | substr(s, 2, 1) | left(s, 2)
right(s, 2) | replace(s, 'b', 'x') | s || g | concat(s, g) | s LIKE 'a%' | starts_with(s, 'a')
contains(s, 'b') | strpos(s, 'b') | md5(s) | i IN (1, 3, NULL) | i NOT IN (1, 3) | i BETWEEN 0 AND 5
i IS DISTINCT FROM j | g IS NULL
b AND i > 0 | b OR i > 0 | NOT b | 'it''s' | '\\n' | 1.1 + 2.2 | 3 / 2
row_number() OVER (PARTITION BY g ORDER BY k) | rank() OVER (ORDER BY g) | dense_rank() OVER (ORDER BY g)
percent_rank() OVER (ORDER BY k) | ntile(3) OVER (ORDER BY k) | lag(x) OVER (ORDER BY k)
lead(x, 2) OVER (PARTITION BY g ORDER BY k) | sum(x) OVER (ORDER BY k) | first_value(s) OVER (ORDER BY k)
last_value(s) OVER (ORDER BY k) | count(*) OVER (PARTITION BY g) | max(x) OVER (ORDER BY i)
sum(x) OVER (PARTITION BY g ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
"""
QUERIES = (
    "SELECT g, sum(x) AS v FROM t GROUP BY g ORDER BY g",
    "SELECT g, count(*) AS v FROM t GROUP BY g HAVING count(*) > 1 ORDER BY v DESC, g",
    "SELECT s AS v FROM t ORDER BY s DESC",
    "SELECT x AS v FROM t ORDER BY x DESC NULLS FIRST",
    "SELECT DISTINCT g AS v FROM t ORDER BY v",
    "SELECT g AS v FROM t UNION SELECT s FROM t ORDER BY v",
    "SELECT g AS v FROM t EXCEPT SELECT s FROM t ORDER BY v",
    "SELECT t.g AS v, u.k FROM t LEFT JOIN (SELECT 'a' AS g, 1 AS k) AS u ON u.g = t.g ORDER BY t.k",
    "SELECT t.g AS v, u.q FROM t FULL JOIN (SELECT 'q' AS q) AS u ON u.q = t.g ORDER BY t.k",
    "SELECT k AS v FROM t WHERE EXISTS (SELECT 1 AS one FROM t AS u WHERE u.i = t.j) ORDER BY k",
    "SELECT k AS v FROM t WHERE g IN (SELECT g FROM t WHERE b) ORDER BY k",
    "SELECT k AS v FROM t WHERE x > (SELECT avg(x) FROM t) ORDER BY k",
    "SELECT k AS v FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY k DESC) = 1 ORDER BY k",
    "SELECT k AS v FROM t ORDER BY k LIMIT 2 OFFSET 1",
    "SELECT unnest(generate_series(1, 4)) AS v",
    "SELECT k AS v FROM t WHERE k > 100",
    "SELECT sum(x) AS v FROM t WHERE k > 100",
)


def parts(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split("|") if part.strip()]


def columns(texts: list[str]) -> str:
    return ", ".join(f"{text} AS c{j}" for j, text in enumerate(texts))


def scalars() -> list[str]:
    joined = SCALARS.replace("s || g", "s CONCATENATED g")
    return [part.replace("CONCATENATED", "||") for part in parts(joined)]


@pytest.fixture(scope="module")
def both(spark: SparkEngine, plain: DuckDBEngine) -> tuple[DuckDBEngine, SparkEngine]:
    for engine in (plain, spark):
        engine.create("t", ROWS)
    return plain, spark


def assert_equal_columns(
    ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], names: list[str]
) -> None:
    assert list(ours) == list(theirs)
    for (column, a), b, name in zip(ours.items(), theirs.values(), names, strict=True):
        assert len(a) == len(b), name
        if a.dtype.kind in "iuf" and b.dtype.kind in "iuf":
            np.testing.assert_allclose(b.astype(float), a.astype(float), rtol=RTOL, err_msg=name)
        elif a.dtype.kind == "M":
            np.testing.assert_array_equal(b.astype("M8[us]"), a.astype("M8[us]"), err_msg=name)
        else:
            assert a.tolist() == b.tolist(), (name, column)


def test_aggregates_are_the_same(both: tuple[DuckDBEngine, SparkEngine]) -> None:
    texts = parts(AGGREGATES)
    found = [engine.fetch(f"SELECT {columns(texts)} FROM t") for engine in both]
    assert_equal_columns(*found, texts)


def test_scalars_and_windows_are_the_same(both: tuple[DuckDBEngine, SparkEngine]) -> None:
    texts = ["k", *scalars()]
    found = [engine.fetch(f"SELECT {columns(texts)} FROM t ORDER BY k") for engine in both]
    assert_equal_columns(*found, texts)


@pytest.mark.parametrize("query", QUERIES)
def test_queries_are_the_same(both: tuple[DuckDBEngine, SparkEngine], query: str) -> None:
    ours, theirs = (engine.fetch(query) for engine in both)
    assert_equal_columns(ours, theirs, [query] * len(ours))


def test_every_allowed_function_is_compared_here() -> None:
    texts = [f"SELECT {columns(parts(AGGREGATES))} FROM t", f"SELECT {columns(scalars())} FROM t", *QUERIES]
    compared = {type(node) for text in texts for node in parse(text).find_all(exp.Func)}
    assert sorted(c.__name__ for c in ALLOWED - compared) == []
