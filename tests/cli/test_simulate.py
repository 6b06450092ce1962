"""`verbond simulate` writes what `simulate(...).save(...)` writes, and lists the worlds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.tables.simulate import WORLDS, simulate


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *arguments], catch_exceptions=False)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_it_writes_what_the_python_call_writes(tmp_path: Path, form: str) -> None:
    done = run("quiet", "--customers", "80", "--seed", "3", "--form", form, "--out", str(tmp_path / "cli"))
    assert done.exit_code == 0
    simulate("quiet", 80, seed=3).save(tmp_path / "python", form)
    left, right = files_of(tmp_path / "cli"), files_of(tmp_path / "python")
    assert left.keys() == right.keys()
    assert all(left[name] == right[name] for name in left if form == "csv" or not name.endswith(".parquet"))


def test_it_names_the_files_and_says_that_nobody_exists(tmp_path: Path) -> None:
    done = run("quiet", "--customers", "80", "--out", str(tmp_path), "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {r["file"] for r in rows} <= files_of(tmp_path).keys()
    assert next(r for r in rows if r["table"] == "customers")["n_rows"] == "80"
    assert "simulated" in done.stderr
    assert "nobody" in done.stderr


def test_json_says_that_it_is_simulated(tmp_path: Path) -> None:
    found = json.loads(
        run("quiet", "--customers", "80", "--seed", "4", "--out", str(tmp_path), "--json").stdout
    )
    assert found["simulated"] is True
    assert (found["world"], found["seed"], found["n_customers"]) == ("quiet", 4, 80)


def test_the_truth_can_be_left_out(tmp_path: Path) -> None:
    run("quiet", "--customers", "80", "--no-truth", "--out", str(tmp_path))
    assert not any(name.startswith("truth") for name in files_of(tmp_path))


@pytest.mark.parametrize(("language", "word"), [("en", "discounts"), ("nl", "kortingen")])
def test_list_has_a_row_a_world(language: str, word: str) -> None:
    rows = json.loads(run("--list", "--language", language, "--json").stdout)["worlds"]
    assert [r["world"] for r in rows] == list(WORLDS)
    assert word in rows[0]["purpose"]
    assert len(run("--list").stdout.splitlines()) == len(WORLDS) + 1


@pytest.mark.parametrize("arguments", [[], ["quiet"], ["quiet", "--out", "x", "--form", "xlsx"]])
def test_what_is_missing_or_unknown_is_a_usage_error(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Error" in done.stderr


def test_an_unknown_world_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="unknown world: found 'atlantis', expected zonnewende"):
        run("atlantis", "--out", str(tmp_path / "x"))
    assert not (tmp_path / "x").exists()
