"""`verbond ladder` beyond fitting: models kept in files, plans, checks, reasons."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from verbond.cli.ladder import ladder
from verbond.errors import NotFoundError, OptionError

SMALL = ["--states", "3", "--starts", "1", "--classes", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred customers of two moods for twelve months; every tenth is invited by lot each month."""
    rng, path = np.random.default_rng(3), tmp_path_factory.mktemp("company")
    events = ["customer_id,occurred_at,kind"]
    invited = ["customer_id,action_id,occurred_at"]
    for customer in range(400):
        busy = rng.random() < 0.5
        for month in range(1, 13):
            reached = rng.random() < 0.1
            climbs = 0.5 if reached else 0.1
            busy = rng.random() < (0.92 if busy else climbs)
            for _ in range(max(rng.poisson(2.5 if busy else 0.3), int(month == 1))):
                events.append(f"c{customer:03d},2025-{month:02d}-{rng.integers(1, 29):02d},purchase")
            if reached:
                invited.append(f"c{customer:03d},a1,2025-{month:02d}-05")
    events.append("c000,2025-12-31,purchase")
    (path / "events.csv").write_text("\n".join(events) + "\n")
    (path / "exposures.csv").write_text("\n".join(invited) + "\n")
    (path / "actions.csv").write_text("action_id,kind,randomised\na1,invitation,true\n")
    return path


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its ladder, kept in a file."""
    path = tmp_path_factory.mktemp("model") / "company.ladder"
    run = CliRunner().invoke(ladder, ["fit", str(folder), *SMALL, "--save", str(path), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["n_states"] == 3
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(ladder, [str(a) for a in arguments])


def test_a_kept_model_scores_as_a_fresh_one(folder: Path, model: Path, tmp_path: Path) -> None:
    fresh, kept = tmp_path / "fresh.csv", tmp_path / "kept.csv"
    assert call("score", folder, *SMALL, "--out", fresh).exit_code == 0
    assert call("score", folder, "--model", model, "--out", kept).exit_code == 0
    assert fresh.read_bytes() == kept.read_bytes()


def test_the_customer_file_has_a_row_a_customer(folder: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "customers.csv"
    run = call("score", folder, "--model", model, "--crm", "--out", out)
    assert run.exit_code == 0, run.output
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    extra = ["likeliest_rung", "expected_rung", "change", "moved", "why"]
    assert list(rows[0]) == ["customer_id", "period", "p0", "p1", "p2", *extra]
    for row in rows[:50]:
        probs = [float(row[f"p{k}"]) for k in range(3)]
        assert int(row["likeliest_rung"]) == int(np.argmax(probs))
        assert float(row["expected_rung"]) == pytest.approx(probs[1] + 2 * probs[2], abs=1e-6)
        assert row["moved"] in ("up", "down", "same")
        assert row["why"] in ("history", "purchase")


def test_a_plan_is_carried_forward(folder: Path, model: Path) -> None:
    run = call(
        "simulate", folder, "--model", model, "--plan", "invitation:1:periods=1-2", "--periods", 4, "--json"
    )
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["by_lot"] is True
    assert found["periods"][0] == "2026-01-01"
    up = next(f for f in found["total"] if f["figure"] == "up")
    assert up["difference"]["ci_lower"] > 0
    assert "decided by lot, so that the difference between the plans is an effect" in run.stderr
    table = call("simulate", folder, "--model", model, "--plan", "invitation:1", "--csv", "--language", "nl")
    assert table.stdout.startswith("period,figure,rung,base,plan,difference,ci_lower,ci_upper")
    assert "door het lot beslist" in table.stderr


def test_a_plan_that_cannot_be_is_refused_in_one_line(folder: Path, model: Path) -> None:
    run = call("simulate", folder, "--model", model, "--plan", "smile:1")
    assert isinstance(run.exception, OptionError)
    assert "found 'smile', expected invitation" in str(run.exception)
    run = call("simulate", folder, "--plan", "invitation")
    assert "cannot be read" in str(run.exception)  # before anything is fitted


def test_check_sets_the_ladder_beside_its_rivals(folder: Path, model: Path) -> None:
    run = call("check", folder, "--model", model, "--json")
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert [r["way"] for r in found["rivals"]][:2] == ["ladder", "average"]
    assert found["reliability"][0]["variable"] == "purchase"
    assert "purchases" in run.stderr


def test_explain_speaks_in_sentences(folder: Path, model: Path) -> None:
    run = call("explain", folder, "--model", model, "--language", "nl")
    assert run.exit_code == 0, run.output
    assert run.stdout.startswith("De grootste groep klanten staat op niveau")
    assert "doet de ladder het" in run.stdout
    found = json.loads(call("explain", folder, "--model", model, "--json").stdout)
    assert found["findings"][0]["code"] == "ladder.most_stand"
    assert found["trial"]["kind"] == "purchase"


def test_explain_a_customer(folder: Path, model: Path) -> None:
    found = json.loads(call("explain", folder, "--model", model, "--customer", "c007", "--json").stdout)
    total = sum(c["log_odds"] for c in found["contributions"])
    assert total == pytest.approx(found["log_odds"])
    assert {c["evidence"] for c in found["contributions"]} == {"usual", "purchase"}
    run = call("explain", folder, "--model", model, "--customer", "nobody")
    assert isinstance(run.exception, NotFoundError)


def test_a_model_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    run = call("score", folder, "--model", tmp_path / "none.ladder", "--out", tmp_path / "x.csv")
    assert isinstance(run.exception, NotFoundError)
    assert "fit --save makes one" in str(run.exception)


def test_options_of_the_model_reach_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each option of `fit` that names a part of the model is the field of that name; the defaults agree."""
    import dataclasses

    import verbond.ladder
    from verbond.cli.ladder import ladder as command
    from verbond.ladder import Ladder
    from verbond.tables.simulate import simulate

    simulate("quiet", 40, seed=2).save(tmp_path, "csv", with_truth=False)
    seen = []

    class Stopped(Exception):
        """Enough was seen."""

    def spy(**options: object) -> None:
        seen.append(Ladder(**options))
        raise Stopped

    monkeypatch.setattr(verbond.ladder, "Ladder", spy)
    chosen = [
        "--gone", "no", "--feedback", "yes", "--class-movement", "no", "--actions-by-rung", "data",
        "--carry-over", "0.3", "--movement", "ordered", "--classes", "2",
    ]  # fmt: skip
    for given in ([], chosen):
        CliRunner().invoke(command, ["fit", str(tmp_path), *given])
    assert seen[0] == Ladder()
    expected = {
        "gone": False, "feedback": True, "class_movement": False, "by_rung": None, "carry_over": 0.3,
        "movement": "ordered", "n_classes": 2,
    }  # fmt: skip
    assert seen[1] == dataclasses.replace(Ladder(), **expected)
    assert CliRunner().invoke(command, ["fit", str(tmp_path), "--carry-over", "much"]).exit_code == 2
