"""`verbond ladder`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from verbond.cli.ladder import ladder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company without a survey: three hundred customers of two kinds who buy for ten months."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("company")
    with (path / "events.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "occurred_at", "kind"])
        for customer in range(300):
            busy = customer % 3 == 0
            for month in range(1, 11):
                busy = rng.random() < 0.9 if busy else rng.random() < 0.05
                for _ in range(max(rng.poisson(2.0 if busy else 0.3), month in (1, 10))):
                    rows.writerow([f"c{customer}", f"2025-{month:02d}-{rng.integers(1, 29):02d}", "purchase"])
        rows.writerow(["c0", "2025-10-31", "purchase"])
    return path


def test_fit_prints_the_promised_keys(folder: Path) -> None:
    run = CliRunner().invoke(ladder, ["fit", str(folder), "--states", "2", "--starts", "2", "--json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["anchored"] is False
    assert (found["n_customers"], found["n_states"], len(found["periods"])) == (300, 2, 10)
    assert np.array(found["shares"]).shape == (10, 2)
    assert np.array(found["transition_matrix"]).sum(axis=1) == pytest.approx([1, 1])
    assert "levels of behaviour" in run.stderr


def test_fit_prints_a_table_and_speaks_dutch(folder: Path) -> None:
    options = ["--states", "2", "--starts", "1", "--classes", "1", "--csv", "--language", "nl"]
    run = CliRunner().invoke(ladder, ["fit", str(folder), *options])
    assert run.exit_code == 0, run.output
    assert run.stdout.splitlines()[0] == "period,rung,share,ci_lower,ci_upper"
    assert "niveaus van gedrag" in run.stderr


@pytest.mark.parametrize("kind", ["smoothed", "filtered"])
def test_score_writes_a_row_a_customer_and_period(folder: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "rungs.csv"
    options = ["--states", "2", "--starts", "1", "--classes", "1", "--kind", kind, "--out", str(out)]
    run = CliRunner().invoke(ladder, ["score", str(folder), *options])
    assert run.exit_code == 0, run.output
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["customer_id", "period", "p0", "p1"]
    assert len({row["customer_id"] for row in rows}) == 300
    assert float(rows[0]["p0"]) + float(rows[0]["p1"]) == pytest.approx(1, abs=1e-5)


def test_a_name_without_a_form_is_a_folder_of_parts(folder: Path, tmp_path: Path) -> None:
    options = ["--states", "2", "--starts", "1", "--classes", "1"]
    for out in ("rungs", "rungs.parquet"):
        run = CliRunner().invoke(ladder, ["score", str(folder), *options, "--out", str(tmp_path / out)])
        assert run.exit_code == 0, run.output
    parts, whole = (
        pl.read_parquet(path).sort("customer_id", "period")
        for path in (tmp_path / "rungs" / "*.parquet", tmp_path / "rungs.parquet")
    )
    assert parts.columns == whole.columns
    assert parts["customer_id"].to_list() == whole["customer_id"].to_list()
    np.testing.assert_allclose(parts["p0"], whole["p0"], atol=1e-6)
    run = CliRunner().invoke(ladder, ["score", str(folder), *options, "--out", str(tmp_path / "rungs")])
    assert run.exit_code != 0
    assert "is a directory" in run.output


def test_score_refuses_a_form_before_it_works(folder: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(ladder, ["score", str(folder), "--out", str(tmp_path / "rungs.doc")])
    assert run.exit_code != 0
    assert "form of the file" in str(run.exception)


def test_help_ends_with_an_example() -> None:
    for command in (ladder, *ladder.commands.values()):
        text = CliRunner().invoke(command, ["--help"]).output
        assert "verbond ladder" in text.split("Example")[-1]
