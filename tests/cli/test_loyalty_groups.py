"""Groups that are worked out first: relationship types and rungs, from the answers in the source."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four hundred customers, some of whom answered; nobody wrote scores or rungs."""
    place = tmp_path_factory.mktemp("company")
    simulate("zonnewende", 400, seed=3).save(place, with_truth=False)
    return str(place)


def found(*words: str) -> dict:
    ran = CliRunner().invoke(cli, ["loyalty", *words, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_types_come_from_the_answers(folder: str) -> None:
    rows = found("growth", folder, "--by", "type")["rows"]
    assert {row["by"] for row in rows} == {"", "type"}
    codes = {reason["code"] for reason in found("longer", folder)["reasons"]}
    assert "loyalty_longer.no_types" not in codes


def test_the_headline_stands_beside_the_rows(folder: str) -> None:
    ran = CliRunner().invoke(cli, ["loyalty", "growth", folder, "--language", "nl"])
    assert ran.stderr.startswith("De omzet ")
    assert ran.stdout.startswith("by ")


@pytest.mark.slow
def test_rungs_come_from_a_ladder() -> None:
    """The ladder is fitted on the way."""
    rows = found("growth", "demo", "--by", "rung")["rows"]
    assert {row["by"] for row in rows} == {"", "rung"}
    assert len(rows) > 4
