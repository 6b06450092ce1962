"""`verbond survey`: the command line does what the Python call does."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.survey.columns import scale_reliabilities

REFERENCE = Path(__file__).parents[1] / "reference"


def run(*arguments):
    return CliRunner().invoke(cli, ["survey", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def answers(tmp_path):
    """Simulated answers 1..7 of 200 people to four questions, one of them turned, a few missing."""
    rng = np.random.default_rng(3)
    trait = rng.normal(size=200)
    columns = {f"q{j}": np.clip(np.round(4 + trait + rng.normal(size=200)), 1, 7) for j in range(4)}
    columns["q3"] = 8 - columns["q3"]
    columns["q1"][:5] = np.nan
    file = tmp_path / "answers.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["who", *columns])
        for i in range(200):
            writer.writerow([f"p{i}", *("NA" if np.isnan(v[i]) else f"{v[i]:g}" for v in columns.values())])
    return file, columns


def test_reliability_is_what_python_says(answers):
    file, columns = answers
    done = run("reliability", file, "--scale", "trust=q0,q1,q2,-q3", "--scale", "part=q0,q1", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)["scales"]
    expected = scale_reliabilities(columns, {"trust": ["q0", "q1", "q2", "-q3"], "part": ["q0", "q1"]}).scales
    assert [s["scale"] for s in found] == ["trust", "part"]
    for one, other in zip(found, expected, strict=True):
        for key in ("n_obs", "alpha", "alpha_standardized", "omega"):
            assert one[key] == pytest.approx(getattr(other, key))
    assert found[0]["items"][1]["n_missing"] == 5


def test_an_item_that_was_turned_is_said_on_stderr(answers):
    file, _ = answers
    english, dutch = (
        run("reliability", file, "--scale", "t=q0,q1,q2,q3", "--language", x) for x in ("en", "nl")
    )
    assert "q3 runs against" in english.stderr
    assert "q3 loopt tegen" in dutch.stderr
    assert english.stdout == dutch.stdout


def test_a_covariance_matrix_serves_as_well():
    done = run("reliability", REFERENCE / "mobile_ecsi_n250.json", "--scale", "e=CUEX1,CUEX2,CUEX3", "--json")
    assert json.loads(done.stdout)["scales"][0]["alpha"] == pytest.approx(0.433, abs=5e-4)


def test_a_folder_of_tables_knows_its_scales(tmp_path):
    rng = np.random.default_rng(4)
    trait = rng.normal(size=60)
    with (tmp_path / "responses.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["respondent_id", "item", "value"])
        for item in ("trust_1", "trust_2", "trust_3"):
            for i in range(60):
                writer.writerow([f"p{i:02}", item, int(np.clip(np.round(4 + trait[i] + rng.normal()), 1, 7))])
    known = json.loads(run("reliability", tmp_path, "--json").stdout)
    assert [s["scale"] for s in known["scales"]] == ["trust"]
    named = json.loads(
        run("reliability", tmp_path, "--scale", "mine=trust_1,trust_2,trust_3", "--json").stdout
    )
    assert named["scales"][0]["alpha"] == pytest.approx(known["scales"][0]["alpha"])
    scored = json.loads(run("scores", tmp_path, "--json").stdout)
    assert scored["constructs"][0]["construct"] == "trust"
    assert scored["n_respondents"] == 60


def test_what_is_wrong_is_named(answers):
    file, _ = answers
    assert "Missing option '--scale'" in run("reliability", file).stderr
    assert "NAME=ITEM" in run("reliability", file, "--scale", "q0,q1").stderr
    assert "same name" in run("reliability", file, "--scale", "a=q0,q1", "--scale", "a=q2,q3").stderr
    with pytest.raises(NotFoundError, match="q9"):
        run("reliability", file, "--scale", "a=q0,q9")
    with pytest.raises(ReadError, match="line 2, column 'who'"):
        run("reliability", file, "--scale", "a=q0,who")


def test_pls_from_answers_and_from_covariances(tmp_path):
    model = tmp_path / "model.txt"
    model.write_text("IMAG =~ imag1 + imag2\nLOY =~ loy1 + loy2\nLOY ~ IMAG  # one path\n", "utf-8")
    matrix = REFERENCE / "satisfaction_n250.json"
    done = run("pls", "--model", model, "--cov", matrix, "--scheme", "centroid", "--no-standardize", "--json")
    found = json.loads(done.stdout)
    assert {(p["source"], p["target"]) for p in found["paths"]} == {("IMAG", "LOY")}
    assert found["r_squared"]["LOY"] == pytest.approx(found["paths"][0]["estimate"] ** 2)
    assert (
        json.loads(run("pls", "--model", model, "--cov", matrix, "--n-obs", "99", "--json").stdout)["n_obs"]
        == 99
    )
    assert "either DATA or --cov" in run("pls", "--model", model).stderr
    assert "--cov has none" in run("pls", "--model", model, "--cov", matrix, "--bootstrap", "9").stderr
    with pytest.raises(NotFoundError, match="no file"):
        run("pls", "--model", tmp_path / "none.txt", "--cov", matrix)


def test_pls_published_table_through_the_command_line(reference_data, tmp_path):
    """LOY <- IMAG .2751, SAT .4955 in the whole model: plspm 0.5.1."""
    blocks = {"IMAG": 5, "EXPE": 5, "QUAL": 5, "VAL": 4, "SAT": 4, "LOY": 4}
    lines = [f"{b} =~ " + " + ".join(f"{b.lower()}{i}" for i in range(1, n + 1)) for b, n in blocks.items()]
    lines += [
        "EXPE ~ IMAG",
        "QUAL ~ EXPE",
        "VAL ~ EXPE + QUAL",
        "SAT ~ IMAG + EXPE + QUAL + VAL",
        "LOY ~ IMAG + SAT",
    ]
    (tmp_path / "model.txt").write_text("\n".join(lines), "utf-8")
    done = run(
        "pls", reference_data("plspm_satisfaction.csv"), "--model", tmp_path / "model.txt",
        "--scheme", "centroid", "--no-standardize", "--json",
    )  # fmt: skip
    found = {(p["source"], p["target"]): p["estimate"] for p in json.loads(done.stdout)["paths"]}
    assert (found["IMAG", "LOY"], found["SAT", "LOY"]) == pytest.approx((0.2751, 0.4955), abs=5.1e-5)


def test_graded_is_what_python_says_and_writes_levels(answers, tmp_path):
    from verbond.survey import GradedModel

    file, columns = answers
    levels = tmp_path / "levels.csv"
    done = run("graded", file, "--scale", "trust=q0,q1,q2,q3", "--scores", levels, "--json")
    assert done.exit_code == 0
    found, expected = json.loads(done.stdout), GradedModel().fit(columns)
    assert found["loglik"] == pytest.approx(expected.loglik)
    assert [i["slope"] for i in found["items"]] == pytest.approx([i.slope for i in expected.items])
    assert "q3 runs against" in done.stderr
    with levels.open(encoding="utf-8") as rows:
        written = [float(row["theta"]) for row in csv.DictReader(rows)]
    assert written == pytest.approx(expected.scores(columns).theta, abs=1e-6)


def test_graded_takes_groups_from_a_column_of_text(tmp_path):
    rng = np.random.default_rng(6)
    file = tmp_path / "waves.csv"
    level = np.where(np.arange(400) < 200, 0.0, 0.8) + rng.normal(size=400)
    rows = np.clip(np.round(3 + level[:, None] + rng.normal(size=(400, 4))), 1, 5)
    lines = [",".join(["wave", "a", "b", "c", "d"])]
    lines += [
        f"{'one' if i < 200 else 'two'}," + ",".join(f"{v:g}" for v in row) for i, row in enumerate(rows)
    ]
    file.write_text("\n".join(lines), "utf-8")
    done = run("graded", file, "--scale", "s=a,b,c,d", "--group", "wave", "--json")
    groups = json.loads(done.stdout)["groups"]
    assert [g["group"] for g in groups] == ["one", "two"]
    assert groups[1]["mean"]["ci_lower"] > 0
    with pytest.raises(NotFoundError, match="no column"):
        run("graded", file, "--scale", "s=a,b", "--group", "when")


def test_asked_writes_rungs_and_people_and_says_the_verdict(tmp_path):
    from verbond.tables.simulate import simulate

    folder, people = tmp_path / "company", tmp_path / "people.csv"
    simulate("textbook", 2500, seed=5).save(folder)
    done = run("asked", folder, "--people", people, "--json", "--language", "nl")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [r["rung"] for r in found["rungs"]] == [1, 2, 3, 4, 5]
    assert found["verdict"] == "ladder"
    assert "volgorde van de ladder" in done.stderr
    assert "people" not in found
    with people.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            assert all(0 <= float(row[f"rung_{k}"]) <= 1 for k in range(1, 6))


def test_factor_says_on_what_groups_may_be_compared(tmp_path):
    """Simulated: two languages, the same trait and loadings, the third question half a step easier in one."""
    rng = np.random.default_rng(9)
    language = np.repeat(["nl", "en"], 500)
    trait = rng.normal(size=1000)
    answers = np.column_stack([trait + 0.7 * rng.normal(size=1000) for _ in range(4)])
    answers[language == "en", 2] += 0.7
    answers[rng.random(answers.shape) < 0.05] = np.nan
    file, model = tmp_path / "answers.csv", tmp_path / "model.txt"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["language", "q1", "q2", "q3", "q4"])
        for who, row in zip(language, answers, strict=True):
            writer.writerow([who, *("" if np.isnan(v) else f"{v:.4f}" for v in row)])
    model.write_text("trust =~ q1 + q2 + q3 + q4", "utf-8")
    options = ["factor", file, "--model", model, "--missing", "fiml", "--group", "language"]
    done = run(*options, "--json", "--language", "nl")
    found = json.loads(done.stdout)
    assert [step["level"] for step in found["invariance"]] == ["configural", "metric", "scalar"]
    assert found["chisq"] == found["invariance"][0]["chisq"]
    assert found["verdict"]["code"] == "survey.compare_relations"
    assert {e["group"] for e in found["estimates"]} == {"nl", "en"}
    assert "Je mag deze groepen (nl en en) vergelijken op verbanden" in done.stderr
    assert "q3 het meest" in done.stderr
    partial = json.loads(run(*options, "--json", "--equal", "loadings,intercepts", "--free", "q3 ~ 1").stdout)
    assert partial["invariance"] == []
    assert partial["pvalue"] > 0.001
    assert "group" in run(*options).stdout.splitlines()[0]


def test_factor_with_ordered_items_and_bootstrap(tmp_path, answers):
    file, _ = answers
    model = tmp_path / "model.txt"
    model.write_text("f =~ q0 + q1 + q2 + q3", "utf-8")
    found = json.loads(run("factor", file, "--model", model, "--estimator", "wlsmv", "--json").stdout)
    assert found["loglik"] is None
    assert found["chisq_scaled"] is not None
    drawn = json.loads(run("factor", file, "--model", model, "--bootstrap", 20, "--json").stdout)
    assert drawn["provenance"]["seed"] == 0
    done = CliRunner().invoke(cli, ["survey", "factor", "--model", str(model), "--cov", "x", "--group", "g"])
    assert done.exit_code == 2
    assert "--cov has none" in done.output


def test_weights_are_raked_and_written(tmp_path):
    file, out = tmp_path / "answers.csv", tmp_path / "weights.csv"
    rows = ["age,trust,q1,q2,q3"]
    rows += [
        f"{'old' if i < 80 else 'young'},{60 if i < 80 else 40},{i % 5},{(i + 1) % 5},{i % 3}"
        for i in range(100)
    ]
    file.write_text("\n".join(rows), "utf-8")
    done = run(
        "weights", file, "--margin", "age=old:0.5,young:0.5", "--mean", "trust", "--scale", "s=q1,q2,-q3",
        "--out", out, "--json",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["columns"][0]["weighted"]["value"] == pytest.approx(50)
    assert found["columns"][0]["plain"]["value"] == pytest.approx(56)
    assert found["effective_n"] == pytest.approx(64)  # 1 / (.25 / 80 + .25 / 20)
    assert set(found["alphas"]) == {"s"}
    with out.open(encoding="utf-8") as written:
        assert sum(float(r["weight"]) for r in csv.DictReader(written)) == pytest.approx(100)
    assert run("weights", file, "--margin", "age").exit_code == 2


def test_graded_of_tables_takes_waves_as_groups(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    rng = np.random.default_rng(9)
    lines = ["respondent_id,wave,item,value"]
    for i in range(200):
        wave, level = ("a", 0.0) if i < 100 else ("b", 0.9)
        level += rng.normal()
        for item in ("trust_1", "trust_2", "trust_3"):
            lines.append(f"r{i},{wave},{item},{min(max(round(4 + level + rng.normal()), 1), 7)}")
    (folder / "responses.csv").write_text("\n".join(lines), "utf-8")
    found = json.loads(run("graded", folder, "--scale", "trust", "--json").stdout)
    assert [g["group"] for g in found["groups"]] == ["a", "b"]
    assert found["groups"][1]["mean"]["ci_lower"] > 0.2
    with pytest.raises(OptionError, match="no such construct"):
        run("graded", folder, "--scale", "trusted")
    assert run("graded", folder, "--scale", "trust", "--group", "wave").exit_code == 2
