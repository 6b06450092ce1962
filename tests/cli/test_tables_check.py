"""`verbond tables check`: what `open_tables(...).check` says, as text, CSV and JSON."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.tables import open_tables

EVENTS = "customer_id,occurred_at,kind\na,2024-01-31,visit\n=b,2024-02-31,visit\nc,2024-03-01,purchse\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\na\n")
    (folder / "events.csv").write_text(EVENTS)
    (folder / "notes.md").write_text("nothing")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["tables", "check", *map(str, arguments)], catch_exceptions=False)


def test_json_is_what_python_says(data: Path) -> None:
    with open_tables(data) as tables:
        expected = tables.check.to_dict()
    assert json.loads(run(data, "--json").stdout) == json.loads(json.dumps(expected))


def test_csv_is_the_main_table(data: Path) -> None:
    rows = list(csv.DictReader(run(data, "--csv").stdout.splitlines()))
    assert [(row["table"], row["rows"], row["refused"]) for row in rows] == [
        ("customers", "1", "0"),
        ("events", "1", "2"),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["ROWS REFUSED", "line 3", "Was purchase meant?", "notes.md"]),
        ("nl", ["GEWEIGERDE RIJEN", "regel 3", "Is purchase bedoeld?"]),
    ],
)
def test_text_names_the_place_and_what_was_meant(data: Path, language: str, words: list[str]) -> None:
    output = run(data, "--language", language).stdout
    assert all(word in output for word in words)


def test_refusals_are_written(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "refused.csv"
    result = run(data, "--refusals", target)
    assert str(target) in result.stderr
    rows = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    assert [(row["line"], row["column"], row["value"], row["code"]) for row in rows] == [
        ("3", "occurred_at", "2024-02-31", "not_a_date"),
        ("4", "kind", "purchse", "unknown_choice"),
    ]


def test_the_demo_says_that_it_is_simulated() -> None:
    result = run("demo")
    assert result.stdout.startswith("These data are simulated")
    assert json.loads(run("demo", "--json").stdout)["simulated"] is True


def test_exit_status(data: Path) -> None:
    """Refused rows are no error; strictness and files that cannot be read are, in one line on stderr."""
    program = [sys.executable, "-c", "from verbond.cli.main import main; main()", "tables", "check"]
    fine = subprocess.run([*program, data], capture_output=True, text=True, check=False)
    assert (fine.returncode, fine.stderr) == (0, "")
    strict = subprocess.run([*program, data, "--strict"], capture_output=True, text=True, check=False)
    assert strict.returncode == 1
    assert strict.stdout == ""
    assert strict.stderr.startswith("Error: events.csv, line 3, column 'occurred_at'")
    assert strict.stderr.count("\n") == 1
