"""A saved diagnosis says the same to the letter, and holds nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from verbond.diagnosis import Diagnosis, load_diagnosis, save_diagnosis
from verbond.diagnosis.saving import _FILE
from verbond.errors import DataError
from verbond.ladder import save_ladder
from verbond.loyalty.staying import N_POINTS
from verbond.reports import html_report, tables_behind
from verbond.reports.page import page_of
from verbond.results import plain
from verbond.tables import Tables, open_tables

LONGEST = N_POINTS + 1
"""The points of a curve, and of periods there are fewer: longer arrays are of parameters, or of people."""


@pytest.fixture(scope="module")
def path(small_diagnosis: Diagnosis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "small.verbond"
    save_diagnosis(small_diagnosis, path)
    return path


@pytest.fixture(scope="module")
def back(path: Path) -> Diagnosis:
    return load_diagnosis(path)


def test_the_report_is_the_same_in_both_languages(small_diagnosis: Diagnosis, back: Diagnosis) -> None:
    for language in ("en", "nl"):
        assert html_report(back, language) == html_report(small_diagnosis, language)


def test_json_and_tables_are_the_same(small_diagnosis: Diagnosis, back: Diagnosis) -> None:
    assert json.dumps(back.to_dict()) == json.dumps(small_diagnosis.to_dict())
    for a, b in zip(tables_behind(back, "nl"), tables_behind(small_diagnosis, "nl"), strict=True):
        assert plain(a) == plain(b)


def test_the_ladder_in_it_still_scores(
    small_diagnosis: Diagnosis, back: Diagnosis, small_tables: Tables
) -> None:
    assert small_diagnosis.ladder is not None
    assert back.ladder is not None
    np.testing.assert_array_equal(
        back.ladder.score(small_tables).probs, small_diagnosis.ladder.score(small_tables).probs
    )


def test_nobody_is_in_the_file(small_diagnosis: Diagnosis, small_tables: Tables, path: Path) -> None:
    """No id, and no array that is as long as the people whom it could be about."""
    with np.load(path, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    text = str(arrays.pop("header"))
    ids = {str(v) for table in ("customers", "responses") for v in small_tables.fetch(table)["customer_id"]}
    ids |= {str(v) for v in small_tables.fetch("responses")["respondent_id"]}
    assert len(ids) > 400
    assert not any(json.dumps(id) in text for id in ids)
    assert not any(a.dtype.kind in "UO" for a in arrays.values())
    n_parameters = small_diagnosis.ladder.n_parameters  # type: ignore[union-attr]
    long = {n for array in arrays.values() for n in array.shape if n > LONGEST}
    assert long == {n_parameters}


def test_what_was_refused_stays_without_the_cells(small_diagnosis: Diagnosis, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "customers.csv").write_text("customer_id\nc1\nc2\n")
    (data / "events.csv").write_text(
        "customer_id,occurred_at,kind\n"
        "c1,2026-01-03,purchase\nc9,2026-01-04,purchase\nc2,secret@example.org,purchase\n"
    )
    with open_tables(data) as tables:
        mine = replace(small_diagnosis, check=tables.check)
        assert "secret@example.org" in json.dumps(mine.to_dict())
        assert tables.check is not None
        assert tables.check.lost_references[0].examples == ("c9",)
        save_diagnosis(mine, tmp_path / "mine.verbond")
    found = load_diagnosis(tmp_path / "mine.verbond")
    with np.load(tmp_path / "mine.verbond") as file:
        assert "secret@example.org" not in str(file["header"])
        assert '"c9"' not in str(file["header"])
    assert found.check is not None
    assert found.check.refused[0].examples[0].line == 4
    assert page_of(found, "nl").refused == page_of(mine, "nl").refused
    assert page_of(found, "nl").data == page_of(mine, "nl").data


def test_parts_that_are_not_there_stay_away(small_diagnosis: Diagnosis, tmp_path: Path) -> None:
    parts = ("survey", "ladder", "intentions", "effort", "values", "trial", "answers", "check", "loyalty")
    bare = replace(small_diagnosis, **dict.fromkeys(parts))
    save_diagnosis(bare, tmp_path / "bare.verbond")
    assert load_diagnosis(tmp_path / "bare.verbond") == bare


def test_a_ladder_is_no_diagnosis(small_diagnosis: Diagnosis, tmp_path: Path) -> None:
    assert small_diagnosis.ladder is not None
    save_ladder(small_diagnosis.ladder, tmp_path / "mine.ladder")
    with pytest.raises(DataError, match=r"mine\.ladder is not a diagnosis"):
        load_diagnosis(tmp_path / "mine.ladder")


def test_every_type_of_a_diagnosis_can_be_saved() -> None:
    """Those that stand behind a protocol or `Any` are named by hand; here they are all."""
    names = set(_FILE.by_name)
    assert {"OrderedMovement", "Categories", "SurveyScores", "Text", "Word", "RefusedRows"} <= names
