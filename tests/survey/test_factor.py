"""Factor and structural models against lavaan 0.6-14 (`tests/reference/lavaan_models.R`)."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import DataError, NotFoundError, OptionError
from verbond.survey.factor import FactorModel
from verbond.survey.likelihood import Patterns, em_moments, information, patterns_of, point, start
from verbond.survey.reticular import implied
from verbond.survey.specification import Specification

REFERENCE = Path(__file__).parents[1] / "reference"
FITS = 1e-5  # lavaan stops at a relative change of 1e-10 in F: about 1e-6 in chi-square
ESTIMATES = 5e-5  # ... and about 1e-5 in a parameter (flat directions move more than the fit)
SCRIPT = (REFERENCE / "lavaan_models.R").read_text("utf-8")
MODELS = dict(re.findall(r'^(\w+) <- "(.*?)"', SCRIPT, re.DOTALL | re.MULTILINE))
HOLZINGER, DEMOCRACY, MOBILE = (
    "lavaan_HolzingerSwineford1939.csv", "lavaan_PoliticalDemocracy.csv", "seminr_mobi.csv"
)  # fmt: skip
CASES = {
    "holzinger": (MODELS["three"], HOLZINGER, False),
    "holzinger_std_lv": (MODELS["three"], HOLZINGER, True),
    "democracy": (MODELS["democracy"], DEMOCRACY, False),
    "democracy_equal": (MODELS["equal"], DEMOCRACY, False),
    "observed": (MODELS["observed"], DEMOCRACY, False),
    "mobile": (MODELS["mobile"], MOBILE, False),
}
NAMES = {
    "rmsea.ci.lower": "rmsea_ci_lower", "rmsea.ci.upper": "rmsea_ci_upper", "logl": "loglik",
    "npar": "n_parameters", "baseline.chisq": "baseline_chisq", "baseline.df": "baseline_df",
}  # fmt: skip


@pytest.fixture(scope="module")
def lavaan():
    with (REFERENCE / "lavaan_models.csv").open(encoding="utf-8") as file:
        return {
            (r["model"], r["kind"], r["lhs"], r["op"], r["rhs"]): (r["value"], r["se"], r["std"])
            for r in csv.DictReader(file)
        }


def columns_of(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([float(r[k] or "nan") for r in rows]) for k in rows[0] if k not in ("school", "")}


@pytest.mark.parametrize("name", CASES)
def test_every_figure_is_lavaans(lavaan, reference_data, name):
    model, file, std_lv = CASES[name]
    result = FactorModel(model, std_lv=std_lv).fit(columns_of(reference_data(file)))
    assert result.converged
    for key, (value, _, _) in lavaan.items():
        if key[:2] == (name, "fit"):
            found = getattr(result, NAMES.get(key[2], key[2]))
            assert found == pytest.approx(float(value), abs=FITS), key[2]
    theirs = {k[2:]: v for k, v in lavaan.items() if k[:2] == (name, "estimate")}
    assert len(result.estimates) == len(theirs)
    for row in result.estimates:
        value, se, std = theirs.get((row.lhs, row.op, row.rhs)) or theirs[row.rhs, row.op, row.lhs]
        assert row.estimate == pytest.approx(float(value), abs=ESTIMATES)
        assert (row.se or 0.0) == pytest.approx(float(se), abs=ESTIMATES)
        assert row.standardized == pytest.approx(float(std), abs=ESTIMATES)


def test_published_figures(reference_data):
    """Rosseel 2012: chi-square 85.306, df 24, CFI .931, TLI .896, RMSEA .092, SRMR .065."""
    found = FactorModel(MODELS["three"]).fit(columns_of(reference_data(HOLZINGER)))
    assert (found.chisq, found.cfi, found.tli) == pytest.approx((85.306, 0.931, 0.896), abs=5e-4)
    assert (found.rmsea, found.srmr, found.df) == pytest.approx((0.092, 0.065, 24), abs=5e-4)
    democracy = FactorModel(MODELS["democracy"]).fit(columns_of(reference_data(DEMOCRACY)))
    paths = {(e.lhs, e.rhs): e.estimate for e in democracy.estimates if e.op == "~"}  # Bollen 1989
    assert [paths[k] for k in (("dem60", "ind60"), ("dem65", "ind60"), ("dem65", "dem60"))] == pytest.approx(
        [1.483, 0.572, 0.837], abs=5e-4
    )


def test_modification_indices_are_lavaans(lavaan, reference_data):
    result = FactorModel(MODELS["three"]).fit(columns_of(reference_data(HOLZINGER)))
    assert len(result.modifications) == 10
    for row in result.modifications:
        value, expected, _ = lavaan["holzinger", "mi", row.lhs, row.op, row.rhs]
        assert row.chisq_drop == pytest.approx(float(value), abs=1e-3)  # lavaan's own slope is not quite zero
        assert row.expected_value == pytest.approx(float(expected), abs=1e-4)


def test_factors_that_cannot_be_told_apart_are_said(reference_data):
    """lavaan warns of the same six factors: their covariances have an eigenvalue of -0.01."""
    result = FactorModel(MODELS["mobile"]).fit(columns_of(reference_data(MOBILE)))
    assert [r.code for r in result.reasons] == ["survey.factors_not_distinct"]


def test_three_items_have_a_closed_form():
    """One factor, three items: loading of the first is sqrt(s12 s13 / s23); the model fits exactly."""
    cov = np.array([[1.2, 0.5, 0.4], [0.5, 1.0, 0.6], [0.4, 0.6, 1.5]])
    result = FactorModel("f =~ a + b + c", std_lv=True).fit_covariance(["a", "b", "c"], cov, 101)
    scale = np.sqrt(100 / 101)
    expected = [np.sqrt(0.5 * 0.4 / 0.6), np.sqrt(0.5 * 0.6 / 0.4), np.sqrt(0.4 * 0.6 / 0.5)]
    assert [e.estimate for e in result.estimates[:3]] == pytest.approx(np.array(expected) * scale, abs=1e-7)
    assert (result.chisq, result.df, result.cfi, result.rmsea) == pytest.approx((0, 0, 1, 0), abs=1e-9)


def test_regression_of_observed_variables_is_least_squares():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    y = x @ [0.5, -0.3] + rng.normal(size=200)
    result = FactorModel("y ~ a + b").fit({"y": y, "a": x[:, 0], "b": x[:, 1]})
    design = np.column_stack([np.ones(200), x])
    slopes, rest = np.linalg.lstsq(design, y, rcond=None)[:2]
    assert [e.estimate for e in result.estimates[:2]] == pytest.approx(slopes[1:], abs=1e-8)
    error = np.sqrt(np.diag(np.linalg.inv(design.T @ design))[1:] * rest[0] / 200)  # divisor n
    assert [e.se for e in result.estimates[:2]] == pytest.approx(error, rel=1e-6)
    assert result.r_squared["y"] == pytest.approx(1 - rest[0] / ((y - y.mean()) ** 2).sum(), abs=1e-9)


def test_slopes_and_curvature_are_those_of_the_value():
    """Analytic first and second derivatives against differences, with means, paths and missing answers."""
    rng = np.random.default_rng(2)
    answers = rng.normal(size=(60, 11)) @ rng.normal(size=(11, 11)) + rng.normal(size=11)
    answers[rng.random(answers.shape) < 0.1] = np.nan
    patterns = [patterns_of(answers)]
    spec = Specification.of(MODELS["democracy"], means=True)
    cells = spec.cells([em_moments(patterns[0])[:2]])
    theta = start(cells) * 1.1 + 0.05
    at = point(cells, patterns, theta)
    curve = information(cells, patterns, at, observed=True)
    for j in range(cells[0].n_free):
        step = np.eye(cells[0].n_free)[j] * 1e-5
        up, down = point(cells, patterns, theta + step), point(cells, patterns, theta - step)
        assert at.gradient[j] == pytest.approx((up.value - down.value) / 2e-5, rel=1e-5, abs=1e-6)
        assert curve[j] == pytest.approx((up.gradient - down.gradient) / 2e-5, rel=1e-4, abs=1e-5)


def test_expected_curvature_is_the_curvature_where_the_model_is_true():
    spec = Specification.of(MODELS["democracy"])
    first = spec.cells([(np.eye(11), np.zeros(11))])
    theta = start(first) * 0.9 + 0.05
    sigma = implied(first[0], theta).sigma
    one = Patterns(
        np.array([100.0]), np.ones((1, 11), bool), np.zeros((1, 11)), sigma[None], np.zeros(0, int)
    )
    at = point(first, [one], theta)
    assert at.gradient == pytest.approx(0.0, abs=1e-10)
    expected, observed = (information(first, [one], at, observed=o) for o in (False, True))
    assert expected == pytest.approx(observed, abs=1e-9)


def test_labels_keep_parameters_equal_and_numbers_fix_them(reference_data):
    columns = columns_of(reference_data(HOLZINGER))
    result = FactorModel("v =~ x1 + k*x2 + k*x3\nt =~ NA*x4 + x5 + x6\nt ~~ 1*t\nv ~~ 0*t").fit(columns)
    found = {(e.lhs, e.op, e.rhs): e for e in result.estimates}
    assert found["v", "=~", "x2"].estimate == found["v", "=~", "x3"].estimate
    assert found["v", "=~", "x1"].se is None
    assert found["t", "=~", "x4"].se > 0
    assert (found["v", "~~", "t"].estimate, found["v", "~~", "t"].se) == (0.0, None)
    assert (result.n_parameters, result.df) == (11, 10)


def test_missing_answers_are_left_out_and_said(reference_data):
    columns = columns_of(reference_data(HOLZINGER))
    columns["x1"] = columns["x1"].copy()
    columns["x1"][:4] = np.nan
    result = FactorModel(MODELS["three"]).fit(columns)
    assert result.n_obs == 297
    assert result.reasons[0].sentence("nl").startswith("4 respondenten")


def test_a_negative_variance_is_said():
    """A Heywood case: s12 s13 / s23 above s11."""
    cov = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    result = FactorModel("f =~ a + b + c").fit_covariance(["a", "b", "c"], cov, 100)
    assert [(r.code, r.values["names"]) for r in result.reasons] == [("survey.negative_variance", ["a"])]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("f =~ a + b", "more parameters than there are covariances"),
        ("f =~ a + b + c\nf ~~ a", "more parameters than there are covariances"),
        ("f =~ NA*a + b + c + d", "not identified"),  # neither a loading nor the variance is fixed
    ],
)
def test_models_that_are_not_identified_are_refused(model, said):
    cov = np.full((4, 4), 0.4) + 0.6 * np.eye(4)
    with pytest.raises(DataError, match=said):
        FactorModel(model).fit_covariance(["a", "b", "c", "d"], cov, 100)


def test_what_is_wrong_is_named():
    cov = np.eye(3) * 0.5 + 0.5
    model = FactorModel("f =~ a + b + c")
    with pytest.raises(NotFoundError, match="'c'"):
        model.fit_covariance(["a", "b"], cov[:2, :2], 100)
    with pytest.raises(DataError, match="does not vary"):
        model.fit_covariance(["a", "b", "c"], np.diag([1.0, 1.0, 0.0]), 100)
    with pytest.raises(DataError, match=r"not positive definite: found a, b, c"):
        model.fit_covariance(["a", "b", "c"], np.array([[1, 0, 1], [0, 1, 1], [1, 1, 2.0]]), 100)
    with pytest.raises(DataError, match="too few complete answers"):
        model.fit({k: np.arange(3.0) for k in "abc"})
    with pytest.raises(OptionError, match="says again"):
        FactorModel("f =~ a + b + a")
    with pytest.raises(OptionError, match="'z' stands nowhere"):
        FactorModel("f =~ a + b + c\na ~~ z")
    with pytest.raises(OptionError, match="not for this fit"):
        FactorModel("f <~ a + b")


def test_command_line_prints_what_is_fixed(tmp_path, reference_data):
    (tmp_path / "model.txt").write_text(MODELS["three"], "utf-8")
    model = ["--model", str(tmp_path / "model.txt"), "--json"]
    done = CliRunner().invoke(cli, ["survey", "factor", str(reference_data(HOLZINGER)), *model])
    found = json.loads(done.stdout)
    assert (found["chisq"], found["df"]) == pytest.approx((85.306, 24), abs=5e-4)
    assert {"lhs", "op", "rhs", "estimate", "se"} <= set(found["estimates"][0])
    columns = columns_of(reference_data(HOLZINGER))
    names = [f"x{j}" for j in range(1, 10)]
    matrix = {
        "names": names,
        "cov": np.cov(np.column_stack([columns[n] for n in names]), rowvar=False).tolist(),
    }
    (tmp_path / "cov.json").write_text(json.dumps(matrix), "utf-8")
    cov = ["--cov", str(tmp_path / "cov.json"), "--n-obs", "301"]
    again = json.loads(CliRunner().invoke(cli, ["survey", "factor", *cov, *model]).stdout)
    assert again["chisq"] == pytest.approx(found["chisq"], abs=1e-8)


def test_covariances_with_means_say_what_the_answers_say(tmp_path, reference_data):
    columns = columns_of(reference_data(HOLZINGER))
    names = [f"x{j}" for j in range(1, 10)]
    answers = np.column_stack([columns[n] for n in names])
    matrix = {"names": names, "cov": np.cov(answers, rowvar=False).tolist(), "n": 301}
    matrix["mean"] = answers.mean(axis=0).tolist()
    (tmp_path / "cov.json").write_text(json.dumps(matrix), "utf-8")
    (tmp_path / "model.txt").write_text(MODELS["three"] + "\nx1 ~ m*1\nx2 ~ m*1", "utf-8")
    given = ["survey", "factor", "--model", str(tmp_path / "model.txt"), "--json"]
    files = ["--cov", str(tmp_path / "cov.json")], [str(reference_data(HOLZINGER))]
    one, two = (json.loads(CliRunner().invoke(cli, [*given, *file]).stdout) for file in files)
    assert one["chisq"] == pytest.approx(two["chisq"], abs=1e-8)
    assert [e["estimate"] for e in one["estimates"]] == pytest.approx(
        [e["estimate"] for e in two["estimates"]], abs=1e-8
    )
    matrix["mean"] = [1.0]
    (tmp_path / "cov.json").write_text(json.dumps(matrix), "utf-8")
    assert "do not fit together" in str(CliRunner().invoke(cli, [*given, *files[0]]).exception)
