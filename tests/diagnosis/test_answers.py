"""What answers say beyond scores, in the diagnosis; a survey file alone is enough for it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from stand_ins import ladder

import verbond
from verbond.diagnosis.answers import beside_ladder, said_by_answers
from verbond.survey import AskedRungs, Survey
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def skipped():
    return AskedRungs(n_permutations=99).fit(
        Survey().fit(simulate("skipped_rungs", 3000, seed=3).open()).scores
    )


@pytest.fixture(scope="module")
def sav_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of a simulated company as SPSS writes them: a column a question, nobody's customer number."""
    company = simulate("skipped_rungs", 3000, seed=3)
    rows = company.open().fetch("responses", ["respondent_id", "wave", "item", "value", "group"])
    frame = pl.DataFrame({name: pl.Series(list(values)) for name, values in rows.items()})
    last = frame.filter((pl.col("wave") == "third") & (pl.col("group") == "customer"))
    wide = last.pivot(on="item", index="respondent_id", values="value")
    folder = tmp_path_factory.mktemp("sav")
    pyreadstat.write_sav(wide, str(folder / "responses.sav"))
    return folder


def test_a_survey_file_alone_gives_scores_types_and_the_order_of_the_ladder(sav_only: Path) -> None:
    with verbond.open_tables(sav_only) as tables:
        found = verbond.diagnose(tables)
    assert found.ladder is None
    assert {"trust", "congruence"} <= {c.construct for c in found.survey.constructs}
    assert found.answers.types.n_obs > 100
    assert found.answers.rungs.verdict == "skips"
    assert found.answers.rungs.reason.values["rung"] == 2
    codes = {f.reason.code for f in found.findings}
    assert {"survey.rungs_skips", "survey.drivers_first"} <= codes
    for finding in found.findings:
        for language in ("en", "nl"):
            assert "{" not in finding.reason.sentence(language)
    assert found.beside == ()
    plain = found.to_dict()
    assert plain["answers"]["rungs"]["verdict"] == "skips"
    assert "people" not in plain["answers"]["rungs"]


def test_rungs_stand_beside_the_ladder_and_only_a_clear_difference_is_said(skipped) -> None:
    below = ladder(shares=(0.98, 0.004, 0.004, 0.004, 0.004, 0.004))
    rows = beside_ladder(skipped, below)
    assert [row.rung for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].ladder.value == pytest.approx(0.02)
    assert rows[0].differ
    parts = type("Parts", (), {"rungs": skipped, "drivers": None, "types": None, "employees": None})()
    codes = [reason.code for reason, *_ in said_by_answers(parts, rows)]
    assert codes == ["survey.rungs_skips", "diagnosis.asked_beside_ladder"]
    first, last = (skipped.rungs[k].attained.value for k in (0, -1))
    alike = ladder(shares=(1 - first, first - last, 0.0, 0.0, 0.0, last))
    same = [row for row in beside_ladder(skipped, alike) if row.rung in (1, 5)]
    assert not any(row.differ for row in same)


def test_levels_that_are_no_rungs_are_not_laid_beside(skipped) -> None:
    assert beside_ladder(skipped, ladder(anchored=False)) == ()
