"""`verbond diagnose`, the main job, on folders as users bring them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.errors import VerbondError
from verbond.method import HANDLES
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated company as CSV files, as a user would bring them."""
    folder = tmp_path_factory.mktemp("quiet")
    simulate("quiet", 250, seed=4).save(folder, "csv", with_truth=False)
    return folder


@pytest.fixture(scope="module")
def behaviour_only(quiet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("behaviour")
    (folder / "events.csv").write_bytes((quiet / "events.csv").read_bytes())
    return folder


@pytest.fixture(scope="module")
def survey_only(quiet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("survey")
    (folder / "responses.csv").write_bytes((quiet / "responses.csv").read_bytes())
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)


def diagnosis_of(folder: Path) -> dict:
    result = run("diagnose", folder, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_report_and_tables_are_written(quiet: Path, tmp_path: Path, diagnosed_once: None) -> None:
    result = run("diagnose", quiet, "--language", "nl", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(tmp_path / "out/report.html")
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert '<html lang="nl"' in page
    assert not re.search(r'(src|href)="https?:', page)
    assert (tmp_path / "out/tables/README.md").exists()


def test_json_holds_the_whole(quiet: Path, diagnosed_once: None) -> None:
    found = diagnosis_of(quiet)
    assert found["simulated"] is True
    assert len({step["handle_id"] for step in found["steps"]}) == 3
    ladder = found["ladder"]
    assert len(ladder["shares"]) == len(ladder["periods"])
    assert ladder["anchored"] is False
    assert "ladder.few_answers" in {reason["code"] for reason in found["unsaid"]}
    assert found["provenance"]["fingerprint"]
    assert all(finding["reason"]["sentence"] for finding in found["findings"])


@pytest.fixture(scope="module")
def behaviour_told(behaviour_only: Path) -> dict:
    return diagnosis_of(behaviour_only)


def test_behaviour_alone_gives_levels_and_three_steps(behaviour_told: dict) -> None:
    found = behaviour_told
    assert found["survey"] is None
    assert found["ladder"]["anchored"] is False
    assert "diagnosis.no_survey" in {reason["code"] for reason in found["unsaid"]}
    assert found["steps"][0]["handle_id"] == "ask_values"
    assert len(found["steps"]) == 3


def test_survey_alone_gives_scores_and_three_steps(survey_only: Path) -> None:
    found = diagnosis_of(survey_only)
    assert found["survey"]["n_respondents"] > 0
    assert len({step["handle_id"] for step in found["steps"]} & {h.id for h in HANDLES}) == 3


def test_same_data_and_seed_give_the_same_diagnosis(behaviour_only: Path, behaviour_told: dict) -> None:
    assert diagnosis_of(behaviour_only) == behaviour_told


def test_missing_folder_is_an_error_that_says_what_would_be_right(tmp_path: Path) -> None:
    with pytest.raises(VerbondError, match="Name a folder"):
        run("diagnose", tmp_path / "nowhere")


def test_error_on_the_command_line_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    called = subprocess.run(
        [sys.executable, "-c", "from verbond.cli.main import main; main()", "diagnose", str(tmp_path / "no")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert called.returncode == 1
    assert called.stderr.startswith("Error: ")
    assert len(called.stderr.strip().splitlines()) == 1
