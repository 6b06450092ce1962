"""What is read of answers beside acts is the same on both engines."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from verbond.tables import reads
from verbond.tables.simulate import simulate

NEW_YEAR = dt.date(2025, 1, 1)
SUMS = 1e-12
"""Relative: engines add money in another order."""


def assert_same(ours, theirs):
    if dataclasses.is_dataclass(ours):
        for field in dataclasses.fields(ours):
            assert_same(getattr(ours, field.name), getattr(theirs, field.name))
    elif isinstance(ours, dict):
        assert set(ours) == set(theirs)
        for key, value in ours.items():
            assert_same(value, theirs[key])
    elif isinstance(ours, np.ndarray) and ours.dtype.kind == "f":
        np.testing.assert_allclose(theirs, ours, rtol=SUMS)
    elif isinstance(ours, np.ndarray):
        assert ours.tolist() == theirs.tolist()
    elif isinstance(ours, float):
        assert theirs == pytest.approx(ours, rel=SUMS)
    else:
        assert ours == theirs


@pytest.mark.spark
@pytest.mark.slow
def test_answers_beside_acts_are_read_alike():
    pytest.importorskip("pyspark")
    company = simulate("zonnewende", 400, seed=1)
    with company.open() as duck, company.open(engine="spark") as spark:
        found = []
        for tables in (duck, spark):
            waves = reads.waves_asked(tables)
            found.append({
                "intended": reads.intended_people(tables),
                "satisfied": reads.satisfied_people(tables, "satisfaction", "alternatives", 180),
                "waves": waves,
                "sides": reads.asked_or_not(tables, waves[1].first_day, waves[1].last_day, 180),
                "lot": reads.asked_or_not(tables, NEW_YEAR, NEW_YEAR, 90, ("region", "Oost")),
            })  # fmt: skip
        assert_same(*found)
        assert len(found[0]["intended"].intention) > 50
        assert len(found[0]["satisfied"].pull) > 10
        assert min(side.n for side in (*found[0]["sides"].values(), *found[0]["lot"].values())) > 20
