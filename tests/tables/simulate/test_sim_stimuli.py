"""A text shown by lot: answers have the means that were set, and nothing else of the world changes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.tables.simulate import TYPES, WORLDS, Company, Stimulus, Wave, simulate

STANDARD_ERRORS = 4.5
"""A right simulator leaves this band less than once in a hundred thousand checks."""
FOLDER = Stimulus(
    "leaflet", "Leaflet", "all", ("price", "care"), {"liked": 5.0, "fits": 3.0},
    {"care": {"liked": (-2.0, 0.0, 2.5, 0.0), "fits": (1.0, 1.0, 4.0, 0.0)}},
)  # fmt: skip
PLAIN = dataclasses.replace(
    WORLDS["textbook"], n_customers=12_000, n_periods=6, actions=(), effects=(), waves=(Wave("all", 5, 0.9),)
)
WORLD = dataclasses.replace(PLAIN, stimuli=(FOLDER,))


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate(WORLD, seed=1)


def test_nothing_else_changes(company: Company) -> None:
    plain = simulate(PLAIN, seed=1).tables
    for name, columns in company.tables.items():
        mine = np.ones(len(next(iter(columns.values()))), bool)
        if name == "responses":
            mine = ~np.isin(columns["item"].astype(str), list(FOLDER.items))
            assert not mine.all()
        if name not in plain:
            assert name in ("actions", "exposures")
            continue
        for column, values in columns.items():
            np.testing.assert_array_equal(values[mine], plain[name][column], err_msg=f"{name}.{column}")


def test_answers_have_the_means_that_were_set(company: Company) -> None:
    exposures, responses, truth = company.tables["exposures"], company.tables["responses"], company.truth
    arm = dict(zip(exposures["customer_id"].tolist(), exposures["variant"].tolist(), strict=True))
    assert set(arm.values()) == set(FOLDER.variants)
    kinds = dict(zip(truth.customer_ids.tolist(), truth.relationship_type.tolist(), strict=True))
    for v, variant in enumerate(FOLDER.variants):
        for i, item in enumerate(FOLDER.items):
            for t, kind in enumerate(TYPES):
                told = [
                    value
                    for who, what, value in zip(
                        responses["customer_id"], responses["item"], responses["value"], strict=True
                    )
                    if what == item and who is not None and (arm[who], kinds[who]) == (variant, kind)
                ]
                said = np.array(told, float)
                said = said[np.isfinite(said)]
                assert set(said.tolist()) <= set(range(11))
                error = said.std(ddof=1) / np.sqrt(len(said))
                assert abs(said.mean() - FOLDER.means()[v, i, t]) < STANDARD_ERRORS * error


def test_the_arms_are_of_those_who_answered(company: Company) -> None:
    exposures, responses = company.tables["exposures"], company.tables["responses"]
    mine = (responses["item"] == "liked") & (responses["customer_id"] != None)  # noqa: E711  elementwise
    assert set(exposures["customer_id"]) == set(responses["customer_id"][mine])
    [share] = [(exposures["variant"] == "care").mean()]
    assert abs(share - 0.5) < STANDARD_ERRORS * 0.5 / np.sqrt(len(exposures["variant"]))
    assert set(exposures["occurred_at"]) <= set(responses["occurred_at"][mine])


def test_the_truth_says_what_each_variant_adds(tmp_path) -> None:
    import polars as pl

    simulate(WORLD, 60, seed=1).save(tmp_path)
    told = pl.read_parquet(tmp_path / "truth" / "stimuli.parquet")
    assert (
        told.filter(pl.col("item") == "fits", pl.col("relationship_type") == "meaning")["effect"].item()
        == 4.0
    )
    assert len(told) == 2 * len(TYPES)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(OptionError, match="wave of leaflet"):
        dataclasses.replace(WORLD, waves=())
    with pytest.raises(OptionError, match="means of leaflet"):
        dataclasses.replace(WORLD, stimuli=(dataclasses.replace(FOLDER, items={"liked": 8.0, "fits": 3.0}),))
