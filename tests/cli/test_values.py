"""`verbond values`: the keys that are promised, and input as people give it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import VerbondError
from verbond.language import places
from verbond.method import CIRCLE


def run(*arguments: str):
    return CliRunner().invoke(cli, ["values", *arguments], catch_exceptions=False)


def as_json(*arguments: str) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Own values of 120 people, own and seen care, trust that follows the match."""
    rng = np.random.default_rng(1)
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE])
    at = rng.uniform(0, 2 * np.pi, (120, 1))
    own = 3.5 + np.cos(at - angles) + 0.5 * rng.normal(size=(120, 10))
    seen = own[:, -1] + rng.normal(size=120)
    trust = 5 - (seen - own[:, -1]) ** 2 + rng.normal(0, 0.3, 120)
    names = [f"own_{v.id}" for v in CIRCLE] + ["seen_care", "trust", "flat"]
    table = np.column_stack([own, seen, trust, np.ones(120)])
    file = tmp_path / "answers.csv"
    np.savetxt(file, table, delimiter=",", header=",".join(names), comments="", fmt="%.6f")
    return file


def test_check_says_what_contradicts_and_why() -> None:
    found = as_json("check", "laagste prijs", "bijdragen aan een duurzame wereld")
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["verdict"]) == (
        "laagste prijs", "bijdragen aan een duurzame wereld", "opposing",
    )  # fmt: skip
    assert "contradict" in pair["reason"]
    (pair,) = as_json("check", "partnerschap", "zorg voor elkaar", "--language", "nl")["pairs"]
    assert pair["verdict"] == "supporting"
    assert "versterken elkaar" in pair["reason"]


def test_check_shows_what_each_word_was_taken_for() -> None:
    result = run("check", "laagste prijs", "duurzaam", "--language", "nl")
    assert "lezen we als macht en prestatie" in result.stderr
    assert "Klopt dat?" in result.stderr
    result = run("check", "laagste prijs", "duurzaam", "--as", "laagste prijs=prestatie", "--language", "nl")
    assert "dat zei je zelf" in result.stderr


def test_check_with_the_customers_own_answers(answers: Path) -> None:
    (pair,) = as_json("check", "laagste prijs", "universalism", "--data", str(answers))["pairs"]
    assert pair["correlation"]["ci_upper"] < pair["expected_correlation"]
    assert "Your customers confirm it" in pair["reason"]


def test_check_with_one_word_an_unknown_one_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "find_encoder", lambda: None)  # an encoder places this word all the same
    assert as_json("check", "partnerschap")["pairs"] == []
    found = as_json("check", "sustainabel", "power")
    assert found["pairs"][0]["verdict"] is None
    assert "Did you mean" in found["pairs"][0]["reason"]
    assert run("check").exit_code == 2
    with pytest.raises(VerbondError, match="a word is empty"):
        run("check", "", "power")
    assert run("check", "a", "b", "--as", "a").exit_code == 2


def test_circle_from_answers_and_from_a_matrix(answers: Path, tmp_path: Path) -> None:
    found = as_json("circle", str(answers), "--bootstrap", "20")
    assert set(found["angles"]) == set(found["order"]) == {v.id for v in CIRCLE}
    assert 0 <= found["stress"] < 0.2
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE if v.id != "tradition"])
    names = [v.id for v in CIRCLE if v.id != "tradition"]
    file = tmp_path / "cor.json"
    file.write_text(json.dumps({"names": names, "cor": np.cos(angles[:, None] - angles).tolist()}))
    found = as_json("circle", "--cor", str(file))
    assert found["order"] == names
    assert found["stress"] < 1e-3
    assert run("circle").exit_code == 2
    rng = np.random.default_rng(2)
    plain = tmp_path / "plain.csv"
    np.savetxt(plain, rng.normal(size=(80, 6)), delimiter=",", header="a,b,c,d,e,f", comments="")
    found = as_json("circle", str(plain), "--bootstrap", "0", "--kind", "interval")
    assert sorted(found["order"]) == list("abcdef")
    assert found["agreement"] is None


def test_surface_gives_coefficients_with_their_errors(answers: Path) -> None:
    asked = ("surface", str(answers), "--own", "own_benevolence", "--seen", "seen_care", "--outcome", "trust")
    found = as_json(*asked, "--bootstrap", "50", "--centre", "3.5")
    for name in ("b0", "b1", "b2", "b3", "b4", "b5", "a1", "a2", "a3", "a4", "a5"):
        assert found[name]["se"] > 0
    assert found["a4"]["estimate"] == pytest.approx(-4, abs=0.6)
    assert found["shape"] == "dome"
    with pytest.raises(VerbondError, match="flat is the same for everybody"):
        run(*asked[:-1], "flat")


def test_profile_and_picks(answers: Path) -> None:
    found = as_json("profile", str(answers))
    assert [row["value"] for row in found["values"]] == [v.id for v in CIRCLE]
    assert found["n_obs"] == 120
    assert len(as_json("picks", "--language", "nl")["words"]) == 60


def test_departments_and_fit_on_a_company(tmp_path: Path) -> None:
    from verbond.tables.simulate import simulate

    simulate("zonnewende", 900, seed=4).save(tmp_path / "data", "csv", with_truth=False)
    found = as_json("departments", str(tmp_path / "data"))
    assert all(row["n_people"] >= 5 for row in found["departments"])
    whole = as_json("fit", str(tmp_path / "data"))
    assert whole["identity"]["departments"]
    assert whole["circle"]["stress"] < 0.25
    simulate("quiet", 120, seed=2).save(tmp_path / "quiet", "csv", with_truth=False)
    with pytest.raises(VerbondError, match="were asked which values"):
        run("departments", str(tmp_path / "quiet"))
