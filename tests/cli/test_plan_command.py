"""`verbond plan`: words to people, figures to programs, and the list of whom to ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.method import play


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Purchases of a month, ten ideas, and one in two who may be written to: no ladder."""
    folder = tmp_path_factory.mktemp("data")
    bought = "".join(f"c{i},2026-01-{1 + i % 28:02d},purchase\n" for i in range(40))
    ideas = "".join(f"c{i},2026-01-{1 + i:02d},contribution\n" for i in range(10))
    (folder / "events.csv").write_text("customer_id,occurred_at,kind\n" + bought + ideas)
    may = "".join(f"c{i},{'true' if i % 2 else 'false'}\n" for i in range(40))
    (folder / "customers.csv").write_text("customer_id,consent\n" + may)
    return folder


@pytest.fixture(scope="module")
def saved(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "march.verbond"
    assert run("diagnose", data, "--save", file, "--out", file.parent / "first").exit_code == 0
    return file


@pytest.mark.parametrize(
    ("language", "labels"),
    [("en", ("Because: ", "What would change our mind: ")), ("nl", ("Omdat: ", "op andere gedachten"))],
)
def test_words_go_to_people_and_figures_to_programs(
    language: str, labels: tuple[str, ...], data: Path, saved: Path
) -> None:
    found = run("plan", data, "--diagnosis", saved, "--language", language, "--json")
    steps = json.loads(found.stdout)["steps"]
    words = " ".join(found.stderr.split())
    assert len(steps) >= 2
    for number, step in enumerate(steps, start=1):
        assert f"{number}. {play(step['play_id']).name.say(language)} (" in words
    for label in labels:
        assert words.count(label) == len(steps)


def test_without_words_asked_the_table_is_all_that_is_written(data: Path, saved: Path) -> None:
    lines = run("plan", data, "--diagnosis", saved, "--csv", "--most", 1).stdout.splitlines()
    assert lines[0].startswith("number,play_id,rung,")
    assert [line.split(",")[0] for line in lines[1:]] == ["1"]


def test_whom_to_ask_is_written_with_why(data: Path, saved: Path, tmp_path: Path) -> None:
    asked = ("--invite", tmp_path / "ask.csv", "--language", "nl")
    found = run("plan", data, "--diagnosis", saved, *asked)
    lines = (tmp_path / "ask.csv").read_text("utf-8").splitlines()
    assert lines == ["customer_id,why", *(f"c{i},droeg al eens bij" for i in (1, 3, 5, 7, 9))]
    assert "5 klanten om als eersten te vragen" in found.stderr
