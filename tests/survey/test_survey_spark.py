"""What survey and loyalty read is the same on both engines."""

import numpy as np
import pytest

from verbond.tables.reads.answers import answers
from verbond.tables.reads.histories import purchase_histories
from verbond.tables.reads.intentions import intentions
from verbond.tables.reads.purchases import purchases
from verbond.tables.simulate import simulate

SUMS = 1e-12  # relative: engines add money in another order


@pytest.mark.spark
def test_reads_are_equal_on_duckdb_and_spark():
    pytest.importorskip("pyspark")
    company = simulate("zonnewende", 400, seed=1)
    with company.open() as duck, company.open(engine="spark") as spark:
        for read in (answers, intentions, purchases, purchase_histories):
            here, there = read(duck), read(spark)
            for name in here.__dataclass_fields__:
                one, other = getattr(here, name), getattr(there, name)
                if isinstance(one, np.ndarray) and one.dtype.kind == "f":
                    assert np.allclose(one, other, rtol=SUMS, atol=0, equal_nan=True), name
                elif isinstance(one, np.ndarray):
                    assert one.tolist() == other.tolist(), name
                elif isinstance(one, dict):
                    assert {k: np.asarray(v).tolist() for k, v in one.items()} == {
                        k: np.asarray(v).tolist() for k, v in other.items()
                    }
                else:
                    assert one == other
