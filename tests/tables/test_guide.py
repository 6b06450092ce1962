"""The guide to your own data is true: its files are written, its commands and its Python are run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import VerbondError
from verbond.results.wording import entries
from verbond.tables import EVENT_KINDS, TABLES
from verbond.tables.schema import CONSTRUCTS

GUIDE = Path(__file__).parents[2] / "docs/guides/data.md"
TEXT = GUIDE.read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The guide's files in a folder, and that folder the one we stand in."""
    for _, name, content in BLOCKS:
        if name:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(command: str) -> str:
    program, *arguments = command.split()
    assert program == "verbond"
    result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, VerbondError):
        return f"Error: {result.exception}\n"
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    "block", [text for kind, _, text in BLOCKS if kind == "console"], ids=lambda text: text.split("\n")[0]
)
def test_commands_say_what_the_guide_says(block: str, beside: Path) -> None:
    command, output = block.removeprefix("$ ").split("\n", 1)
    assert said(command) == output


def test_python_runs(beside: Path) -> None:
    code = "\n".join(text for kind, _, text in BLOCKS if kind == "python")
    test = doctest.DocTestParser().get_doctest(code, {}, "data.md", str(GUIDE), 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_every_column_kind_and_construct_stands_there() -> None:
    named = set(re.findall(r"`(\w+)`", TEXT))
    given = [table for table in TABLES.values() if table.given]
    assert {column for table in given for column in table.columns} <= named
    assert {table.name for table in given} | set(EVENT_KINDS) | set(CONSTRUCTS) <= named


def test_every_reason_stands_there() -> None:
    codes = {
        code.removeprefix("tables.refused_") for code in entries("en") if code.startswith("tables.refused_")
    }
    rows = re.findall(r"^\| (`.*?`) \|", TEXT.split("## What is refused")[1], re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    assert listed == codes - {"line", "group", "unknown_choice_near"}
