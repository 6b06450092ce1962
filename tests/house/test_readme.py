"""The commands of the README and of the first quarter of an hour run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.tables.simulate import simulate

ROOT = Path(__file__).parents[2]


def commands(document: str) -> list[str]:
    """Lines of the document's shell blocks that call verbond, without comments."""
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = (line.split("#")[0].strip() for block in blocks for line in block.splitlines())
    return [line.removeprefix(".venv/bin/") for line in lines if "verbond " in line]


README, QUARTER = commands("README.md"), commands("docs/first-quarter.md")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds `my-data`, a small company; equal data in one place are diagnosed once."""
    folder = tmp_path_factory.mktemp("here")
    simulate("quiet", 120, seed=2).save(folder / "my-data", "csv", with_truth=False)
    return folder


@pytest.fixture
def my_data(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the commands run, with a folder `my-data`."""
    monkeypatch.chdir(here)
    return here


def test_there_are_commands_to_run() -> None:
    assert len(README) >= 4
    assert len(QUARTER) >= 6


RUN_ELSEWHERE = ("simulate ", "serve ")


@pytest.mark.parametrize(
    "line", sorted({line for line in README + QUARTER if not any(word in line for word in RUN_ELSEWHERE)})
)
def test_command_runs(line: str, my_data: Path, diagnosed_once: None) -> None:
    result = CliRunner().invoke(cli, shlex.split(line)[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()


@pytest.mark.parametrize("line", [line for line in QUARTER if "simulate " in line])
def test_simulation_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, shlex.split(line)[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
