"""Sums by arm are those of numpy, whatever is missing, and the same on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from verbond.errors import NotFoundError, ReadError
from verbond.tables.engines import SparkEngine
from verbond.tables.reads.arms import (
    Cells,
    arm_cells,
    arm_exposures,
    arm_values,
    crossed_units,
    without_crossed,
)
from verbond.tables.units import Units, open_units


def made(missing: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    n = 500
    data = {
        "arm": np.array(["a", "b", "c"], dtype=object)[rng.integers(0, 3, n)],
        "where": np.array(["n", "s"], dtype=object)[rng.integers(0, 2, n)],
        "y": rng.normal(1e7, 1, n), "x": rng.normal(5, 2, n), "z": rng.integers(0, 5, n).astype(float),
    }  # fmt: skip
    data["y"] += 0.3 * data["x"]
    if missing:
        data["y"][:9], data["x"][5:30], data["z"][40:44] = np.nan, np.nan, np.inf
    return data


def check(cells: Cells, data: dict[str, np.ndarray], sets: list[list[str]]) -> None:
    for row, (arm, where) in enumerate(zip(*cells.keys, strict=True)):
        here = (data["arm"] == arm) & (data["where"] == where)
        assert cells.n_rows[row] == here.sum()
        for k, names in enumerate(sets):
            values = np.column_stack([data[name] for name in names])[here]
            values = values[np.isfinite(values).all(axis=1)]
            assert cells.n_obs[k, row] == len(values)
            assert cells.means[k][row] == pytest.approx(values.mean(axis=0), rel=1e-12)
            expected = np.cov(values, rowvar=False).reshape(len(names), len(names))
            assert cells.covariances[k][row] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "missing"])
def test_sums_are_those_of_numpy(missing: bool) -> None:
    data, sets = made(missing), [["y", "x"], ["z", "x"], ["z"]]
    with open_units(data, ["y", "x", "z"], ["arm", "where"]) as units:
        cells = arm_cells(units, ["arm", "where"], sets)
        counted = arm_values(units, "arm", "z")
    check(cells, data, sets)
    known = np.isfinite(data["z"])
    for row, arm in enumerate(counted.arms):
        here = data["arm"] == arm
        expected = [(data["z"][here & known] == v).sum() for v in counted.values]
        assert counted.counts[row].tolist() == expected
        assert counted.n_missing[row] == (here & ~known).sum()


@pytest.fixture(scope="module")
def on_spark() -> Iterator[SparkEngine]:
    pytest.importorskip("pyspark")
    with SparkEngine() as engine:
        yield engine


@pytest.mark.spark
@pytest.mark.parametrize("missing", [False, True], ids=["whole", "missing"])
def test_spark_gives_the_same_sums(missing: bool, on_spark: SparkEngine) -> None:
    data, sets = made(missing), [["y", "x"], ["z"]]
    on_spark.create("units_of_test", data)
    units = Units.of_table(on_spark, "units_of_test", ["y", "x", "z"], ["arm", "where"])
    check(arm_cells(units, ["arm", "where"], sets), data, sets)
    assert crossed_units(units, "where", "arm") == (2, 2, 2)
    days = {"arm": ["a", "a", "b"], "day": ["2026-05-01"] * 3, "got": ["2026-04-01", None, "no"]}
    on_spark.create("units_reached", days)
    reached = arm_exposures(Units.of_table(on_spark, "units_reached", [], list(days)), "arm", "got", "day")
    assert reached == {"a": (2, 1, 1, 0), "b": (1, 0, 0, 0)}


def test_units_in_two_arms_are_found_and_left_out() -> None:
    data = {"who": ["u", "u", "v", "v", "w"], "arm": ["a", "b", "a", "a", "b"], "y": [1.0, 2, 3, 4, 5]}
    with open_units(data, ["y"], ["who", "arm"]) as units:
        assert crossed_units(units, "who", "arm") == (3, 1, 2)
        assert without_crossed(units, "who", "arm").fetch("y")["y"].tolist() == [3, 4, 5]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(NotFoundError, match="no column 'z'"):
        open_units({"y": [1.0]}, ["z"], [])
    with pytest.raises(ReadError, match="no numbers"):
        open_units({"y": ["a"]}, ["y"], [])
