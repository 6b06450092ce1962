"""Types, NULLs and dates between numpy and the engine."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.errors import DataError, EngineError
from verbond.tables.engines import DuckDBEngine
from verbond.tables.engines.arrays import infer_type


@pytest.fixture(scope="module")
def duck() -> DuckDBEngine:
    with DuckDBEngine() as engine:
        yield engine


def round_trip(duck: DuckDBEngine, values: object, column_type: str | None = None) -> np.ndarray:
    duck.create("t", {"x": values}, {"x": column_type} if column_type else None)
    return duck.fetch("SELECT x FROM t")["x"]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["a", "é", "x'y"], "O", ["a", "é", "x'y"]),
        (["a", None], "O", ["a", None]),
        (np.array(["a", "bb"]), "O", ["a", "bb"]),
        (["a", float("nan")], "O", ["a", None]),
        ([1, 2], "int64", [1, 2]),
        (np.array([1, 2], np.uint8), "int64", [1, 2]),
        ([1.5, 2.0], "float64", [1.5, 2.0]),
        (np.array([1.5], np.float32), "float64", [1.5]),
        ([True, False], "bool", [True, False]),
        ([True, None], "O", [True, None]),
        ([dt.date(2024, 2, 29)], "datetime64[D]", [dt.date(2024, 2, 29)]),
        ([dt.datetime(2024, 2, 29, 12)], "datetime64[us]", [dt.datetime(2024, 2, 29, 12)]),
        (np.array(["2024-02"], "datetime64[M]"), "datetime64[D]", [dt.date(2024, 2, 1)]),
        (
            np.array(["2024-02-29T01:02:03"], "datetime64[s]"),
            "datetime64[us]",
            [dt.datetime(2024, 2, 29, 1, 2, 3)],
        ),
    ],
)
def test_what_goes_in_comes_out(duck: DuckDBEngine, values: object, dtype: str, expected: list) -> None:
    found = round_trip(duck, values)
    assert found.dtype == np.dtype(dtype)
    assert found.tolist() == expected
    assert not isinstance(found, np.ma.MaskedArray)


def test_unknowns_have_one_form_a_type(duck: DuckDBEngine) -> None:
    np.testing.assert_array_equal(round_trip(duck, [1, None]), [1.0, np.nan])
    np.testing.assert_array_equal(round_trip(duck, [1.5, None]), [1.5, np.nan])
    np.testing.assert_array_equal(round_trip(duck, np.ma.masked_array([1, 2], [False, True])), [1.0, np.nan])
    for values in (
        np.array(["2024-02-29", "NaT"], "datetime64[D]"),
        np.array(["2024-02-29T10", "NaT"], "M8[us]"),
    ):
        found = round_trip(duck, values)
        assert found.dtype == values.dtype
        assert np.isnat(found).tolist() == [False, True]


def test_columns_of_nothing_keep_their_type(duck: DuckDBEngine) -> None:
    assert round_trip(duck, [], "text").dtype == object
    assert round_trip(duck, [], "timestamp").dtype == np.dtype("datetime64[us]")
    assert round_trip(duck, [None, None], "date").dtype == np.dtype("datetime64[D]")
    assert round_trip(duck, [None] * 5000 + ["late"], "text")[-1] == "late"  # whatever the first rows hold


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1
    )
)
def test_any_text_survives(duck: DuckDBEngine, values: list) -> None:
    assert round_trip(duck, values, "text").tolist() == values


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1 - 2**52, 2**52 - 1), min_size=1, max_size=2))  # sums below 2**53
def test_sums_of_integers_are_exact_integers(duck: DuckDBEngine, values: list) -> None:
    duck.create("t", {"x": values})
    found = duck.fetch("SELECT sum(x) AS x FROM t")["x"]  # HUGEINT, which DuckDB hands over as float64
    assert found.dtype == np.int64
    assert found.tolist() == [sum(values)]


def test_a_sum_that_is_not_exact_is_refused(duck: DuckDBEngine) -> None:
    duck.create("t", {"x": [2**53, 1]})
    with pytest.raises(EngineError, match="too large to be exact"):
        duck.fetch("SELECT sum(x) AS x FROM t")


@pytest.mark.parametrize(
    ("values", "column_type"),
    [
        ([None, None], "text"),
        ([True, None], "boolean"),
        ([1, 2.5], "number"),
        ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)], "timestamp"),
        (["1", 2], "text"),
        (np.array([1], np.int8), "integer"),
        (np.array([True]), "boolean"),
    ],
)
def test_types_are_read_off_the_values(values: object, column_type: str) -> None:
    assert infer_type(values) == column_type


def test_columns_must_be_equally_long_and_flat(duck: DuckDBEngine) -> None:
    with pytest.raises(DataError, match="differ in length: found a: 1, b: 2"):
        duck.create("t", {"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match="'a' is not one-dimensional"):
        duck.create("t", {"a": np.zeros((2, 2))})


def test_any_layout_in_memory_will_do(duck: DuckDBEngine) -> None:
    square = np.arange(12.0).reshape(3, 4)
    for values in (
        square[:, 1],
        square[1, ::-1],
        square[0, ::2],
        square[0].astype(">f8"),
        square[0].astype("f2"),
    ):
        assert round_trip(duck, values).tolist() == values.tolist()
    text = np.array(["a", "b", "c"], dtype=object)[::-1]
    assert round_trip(duck, text).tolist() == ["c", "b", "a"]
    masked = np.ma.masked_array(np.arange(6), np.arange(6) % 2 == 0)[::-1]
    np.testing.assert_array_equal(round_trip(duck, masked), masked.astype(float).filled(np.nan))


@pytest.mark.parametrize(
    "values", [["a", "b"], [1, 2], [1.0, 2.0], [True, False], np.array(["2024-01-01", "2024-01-02"], "M8[s]")]
)
def test_masked_values_of_any_type_are_unknown(duck: DuckDBEngine, values: list) -> None:
    array = np.array(values, dtype=object if isinstance(values[0], str) else None)
    found = round_trip(duck, np.ma.masked_array(array, [False, True]))
    assert found[0] == values[0]
    assert found[1] is None or np.isnan(found[1].astype("M8[us]") if found.dtype.kind == "M" else found[1])


def test_user_arrays_are_not_changed(duck: DuckDBEngine) -> None:
    values = np.array(["a", float("nan"), None], dtype=object)
    before = values.copy()
    duck.create("t", {"x": values})
    assert values[0] == before[0]
    assert values[1] is before[1]
    assert values[2] is None
