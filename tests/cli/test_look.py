"""`verbond look`: what came of a step, and the history that the next plan reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.diagnosis.plan import Seen
from verbond.diagnosis.plan.learning import read_lessons
from verbond.errors import NotFoundError, ReadError

STEP = "ten_calls_a_week"


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Purchases of one month and a round of calls: no ladder can be seen in it."""
    folder = tmp_path_factory.mktemp("data")
    rows = "".join(f"c{i},2026-01-{1 + i % 28:02d},purchase\n" for i in range(40))
    (folder / "events.csv").write_text("customer_id,occurred_at,kind\n" + rows)
    (folder / "actions.csv").write_text("action_id,kind\nround-1,personal_contact\n")
    reached = "".join(f"c{i},round-1,2026-01-10\n" for i in range(12))
    (folder / "exposures.csv").write_text("customer_id,action_id,occurred_at\n" + reached)
    return folder


@pytest.fixture(scope="module")
def saved(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "march.verbond"
    assert run("diagnose", data, "--save", file, "--out", file.parent / "first").exit_code == 0
    return file


def test_what_cannot_be_seen_is_said_and_not_kept(data: Path, saved: Path, tmp_path: Path) -> None:
    history = tmp_path / "steps.jsonl"
    asked = ("--step", STEP, "--action", "round-1", "--diagnosis", saved, "--learned", history)
    found = run("look", data, *asked, "--language", "nl", "--json")
    assert found.exit_code == 0
    assert "Er is nog geen ladder" in found.stderr
    assert "Er is niets bewaard" in found.stderr
    assert not history.exists()
    told = json.loads(found.stdout)
    assert (told["verdict"], told["seen"], told["action"]) == ("cannot_tell", None, "round-1")


def test_the_plan_reads_the_history(data: Path, saved: Path, tmp_path: Path) -> None:
    history = tmp_path / "steps.jsonl"
    seen = Seen("round-0", 0.4, 0.1, n_reached=900, n_beside=900, by_lot=True)
    history.write_text(json.dumps({"play": STEP, **seen.kept()}) + "\n")
    assert read_lessons(history) == [(STEP, seen)]
    assert run("plan", data, "--diagnosis", saved, "--learned", history).exit_code == 0
    history.write_text("step;mean\n")
    with pytest.raises(ReadError, match=r"steps\.jsonl.*holds no lessons"):
        run("plan", data, "--diagnosis", saved, "--learned", history)


def test_an_action_that_is_not_there_is_named(data: Path, saved: Path) -> None:
    with pytest.raises(NotFoundError, match="no action 'round'") as error:
        run("look", data, "--step", STEP, "--action", "round", "--diagnosis", saved)
    assert "round-1" in str(error.value)
