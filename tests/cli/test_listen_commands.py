"""`verbond listen` reads questionnaires of other tools and says what was dropped."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.listen import Questionnaire, own_questionnaire
from verbond.listen.exchange import read_questionnaire

sys.path.append(str(Path(__file__).parents[1] / "listen"))
from questionnaire_files import asked, choices, qsf


def _run(*arguments):
    return CliRunner().invoke(cli, ["listen", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "happy.qsf"
    path.write_bytes(
        qsf(
            [
                asked("QID1", "MC", "SAVR", "Would you?", tag="would", **choices("Yes", "No")),
                asked("QID2", "CS", "X", tag="sum"),
            ]
        )
    )
    return path


def test_a_file_is_told(file):
    told = json.loads(_run("questionnaire", file, "--json").stdout)
    assert told["product"] == "qualtrics"
    assert told["languages"] == ["en"]
    assert 0 < told["minutes_low"] < told["minutes"] < told["minutes_high"]
    assert told["questions"] == [
        {"page": "page_1", "question": "would", "kind": "choice", "required": False, "text": "Would you?"}
    ]
    assert "sum" in told["dropped"][0]


@pytest.mark.parametrize(("language", "said"), [("en", "Left out"), ("nl", "Weggelaten")])
def test_what_was_dropped_is_said_beside_the_table(file, language, said):
    result = _run("questionnaire", file, "--language", language)
    assert said in result.stderr
    assert result.stdout.splitlines()[0].split() == ["page", "question", "kind", "required", "text"]
    assert "Would you?" in result.stdout


def test_convert_writes_our_own_form(file, tmp_path):
    out = tmp_path / "happy.json"
    result = _run("convert", file, "--out", out)
    made = Questionnaire.from_json(json.loads(out.read_text("utf-8")))
    assert made == read_questionnaire(file.read_bytes(), file.name).questionnaire
    assert "sum" in result.stderr
    assert _run("questionnaire", out).exit_code == 0


def test_our_own_form_loses_nothing(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own_questionnaire("full").to_json()), "utf-8")
    told = json.loads(_run("questionnaire", path, "--json", "--language", "nl").stdout)
    assert (told["product"], told["dropped"], told["missing"]) == ("verbond", [], [])


def test_wrong_calls_are_refused(file, tmp_path):
    with pytest.raises(NotFoundError):
        _run("questionnaire", tmp_path / "none.qsf")
    with pytest.raises(OptionError, match="folder"):
        _run("convert", file, "--out", tmp_path / "no" / "x.json")
    (tmp_path / "x.qsf").write_text("hello", "utf-8")
    with pytest.raises(ReadError, match="not known"):
        _run("questionnaire", tmp_path / "x.qsf")
