"""The commands as somebody else would call them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import VerbondError

UNITS = Path(__file__).parents[1] / "reference" / "effects_units.csv"


def run(*arguments: object) -> dict:
    done = CliRunner().invoke(cli, ["effects", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_plan_of_means_and_of_shares() -> None:
    """64 people a group is Cohen's (1988) own example; 1094 is R's power.prop.test(p1 = 0.2, p2 = 0.25)."""
    assert (
        run("plan", "--effect", 0.5, "--sd", 1, "--alpha", 0.05, "--power", 0.8, "--json")["n_per_arm"] == 64
    )
    assert run("plan", "--effect", 0.05, "--baseline", 0.2, "--json")["n_per_arm"] == 1094


def test_analyze_gives_a_row_for_each_outcome_and_variant() -> None:
    found = run(
        "analyze", UNITS, "--variant", "folder", "--control", "price", "--outcome", "revenue,trust",
        "--covariate", "before,visits_before", "--json",
    )  # fmt: skip
    assert [(e["outcome"], e["variant"]) for e in found["effects"]] == [
        ("revenue", "care"), ("revenue", "quiet"), ("trust", "care"), ("trust", "quiet"),
    ]  # fmt: skip
    asked = {
        "outcome", "variant", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "pvalue",
        "n_obs",
    }  # fmt: skip
    assert all(asked <= effect.keys() for effect in found["effects"])
    assert found["verdict"] in ("strengthens", "unchanged", "weakens", "cannot_tell")
    assert found["headline"]["sentence"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_of_either_form_say_the_same(form: str, tmp_path: Path) -> None:
    from verbond.tables import write_columns

    rng = np.random.default_rng(1)
    arm = rng.integers(0, 2, 200)
    write_columns(
        tmp_path / f"units.{form}", {"treated": arm, "y": rng.normal(arm, 1.0), "x": rng.normal(size=200)}
    )
    found = run(
        "analyze", tmp_path / f"units.{form}", "--variant", "treated", "--control", 0, "--outcome", "y",
        "--covariate", "x", "--json",
    )  # fmt: skip
    assert found["control"] == "0"
    assert found["effects"][0]["n_obs"] == 200
    assert 0.6 < found["effects"][0]["effect_size"] < 1.4


def test_dutch_is_said_and_codes_stay(capsys: pytest.CaptureFixture[str]) -> None:
    done = CliRunner().invoke(
        cli,
        ["effects", "analyze", str(UNITS), "--variant", "folder", "--control", "price", "--outcome", "trust",
         "--language", "nl"],
    )  # fmt: skip
    assert "hoger met care dan met price" in done.stderr
    assert "strengthens" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--control", "prise", "--outcome", "trust"], "Did you mean 'price'"),
        (["--control", "price", "--outcome", "trusst"], "no column 'trusst'"),
        (["--control", "price", "--outcome", "region"], "no number"),
        (["--control", "price"], "outcome is needed"),
        (["--control", "price", "--outcome", "trust", "--covariate", "trust"], "outcome and something else"),
        (["--control", "price", "--outcome", "trust", "--margin", "a=b"], "not a number"),
        (["--control", "price", "--outcome", "trust", "--ratio", "orders"], "ratio of two"),
        (["--control", "price", "--outcome", "trust", "--expected", "price=1"], "other arms"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_a_wrong_call_says_what_would_be_right(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, ["effects", "analyze", str(UNITS), "--variant", "folder", *arguments])
    assert isinstance(done.exception, VerbondError)
    assert says in str(done.exception)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_what_cannot_be_told_says_why(language: str, tmp_path: Path) -> None:
    """Not a reason that holds for something else."""
    from verbond.results.wording import sentence
    from verbond.tables import write_columns

    arm, rng = np.repeat(["a", "b"], 30), np.random.default_rng(2)
    days = np.r_[-1, rng.uniform(1, 9, 59)]
    write_columns(
        tmp_path / "u.csv", {"arm": arm, "days": days, "left": np.ones(60), "y": rng.normal(size=60)}
    )
    done = CliRunner().invoke(
        cli,
        ["effects", "analyze", f"{tmp_path}/u.csv", "--variant", "arm", "--control", "a", "--outcome", "y",
         "--survival", "days:left", "--language", language],
    )  # fmt: skip
    told = [sentence("effects.row_untold", language, outcome="days:left", variant="b")]
    told.append(sentence("effects.odd_times", language))
    assert " ".join(told) in done.stderr.splitlines()


def test_a_refusal_is_said_once(tmp_path: Path) -> None:
    from verbond.tables import write_columns

    arm = np.repeat(["a", "b"], [200, 60])
    write_columns(tmp_path / "u.csv", {"arm": arm, "y": np.random.default_rng(2).normal(size=260)})
    done = CliRunner().invoke(
        cli,
        ["effects", "analyze", f"{tmp_path}/u.csv", "--variant", "arm", "--control", "a", "--outcome", "y",
         "--expected", "a=1", "--expected", "b=1"],
    )  # fmt: skip
    assert done.stderr.count("do not have the sizes") == 1
