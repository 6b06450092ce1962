"""PLS path models against two published surveys, and what must hold of any of them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.survey.pls import PathModel

REFERENCE = Path(__file__).parents[1] / "reference"
PRINTED = 5.1e-5  # published with four decimals
PRINTED_6 = 6e-7


def measured(**blocks):
    return "\n".join(
        f"{name} =~ " + " + ".join(f"{stem}{i}" for i in range(1, n + 1))
        for name, (stem, n) in blocks.items()
    )


SATISFACTION = (
    measured(
        IMAG=("imag", 5), EXPE=("expe", 5), QUAL=("qual", 5), VAL=("val", 4), SAT=("sat", 4), LOY=("loy", 4)
    )
    + """
EXPE ~ IMAG
QUAL ~ EXPE
VAL ~ EXPE + QUAL
SAT ~ IMAG + EXPE + QUAL + VAL
LOY ~ IMAG + SAT"""
)  # fmt: skip
MOBILE = (
    measured(
        Image=("IMAG", 5), Expectation=("CUEX", 3), Quality=("PERQ", 7), Value=("PERV", 2),
        Satisfaction=("CUSA", 3), Loyalty=("CUSL", 3),
    )
    + """
Complaints =~ CUSCO
Expectation ~ Image
Quality ~ Expectation
Value ~ Expectation + Quality
Satisfaction ~ Image + Expectation + Quality + Value
Complaints ~ Satisfaction
Loyalty ~ Image + Satisfaction + Complaints"""
)  # fmt: skip


def covariances(name):
    data = json.loads((REFERENCE / name).read_text("utf-8"))
    return {"names": data["names"], "cov": np.array(data["cov"]), "n_obs": data["n"]}


def answers(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(r[key]) for r in rows]) for key in rows[0] if key != "gender"}


def paths(result):
    return {(p.source, p.target): p.estimate for p in result.paths}


def test_satisfaction_as_published_with_plspm():
    """plspm 0.5.1, mode A, centroid, scaled = FALSE."""
    result = PathModel(SATISFACTION, "centroid", standardize=False).fit_covariance(
        **covariances("satisfaction_n250.json")
    )
    published = {
        ("IMAG", "EXPE"): 0.5790, ("EXPE", "QUAL"): 0.8483, ("EXPE", "VAL"): 0.1055, ("QUAL", "VAL"): 0.6767,
        ("IMAG", "SAT"): 0.2007, ("EXPE", "SAT"): -0.0028, ("QUAL", "SAT"): 0.1221, ("VAL", "SAT"): 0.5893,
        ("IMAG", "LOY"): 0.2751, ("SAT", "LOY"): 0.4955,
    }  # fmt: skip
    assert paths(result) == pytest.approx(published, abs=PRINTED)
    r_squared = {"EXPE": 0.3352, "QUAL": 0.7197, "VAL": 0.5901, "SAT": 0.7073, "LOY": 0.5099}
    assert result.r_squared == pytest.approx(r_squared, abs=PRINTED)
    assert result.gof == pytest.approx(0.609742, abs=PRINTED_6)
    rho = [0.8822, 0.8909, 0.9069, 0.8904, 0.9267, 0.8814]
    assert [b.rho for b in result.blocks] == pytest.approx(rho, abs=PRINTED)
    alpha = [0.830227, 0.846584, 0.871325, 0.835723, 0.894011, 0.819422]
    assert [b.alpha for b in result.blocks] == pytest.approx(alpha, abs=PRINTED_6)


def test_standardising_is_another_model():
    data = covariances("satisfaction_n250.json")
    found = paths(PathModel(SATISFACTION, "centroid").fit_covariance(**data))
    assert (found["IMAG", "LOY"], found["SAT", "LOY"]) == pytest.approx((0.2916, 0.4697), abs=PRINTED)


@pytest.mark.parametrize(
    ("scheme", "published", "satisfaction", "loyalty"),
    [
        (  # Tenenhaus et al. 2005, as in the R packages semPLS and seminr
            "path",
            [0.5049, 0.5567, 0.0500, 0.5583, 0.1787, 0.0625, 0.5120, 0.1948, 0.5281, 0.1958, 0.4855, 0.0669],
            0.6811,
            0.4569,
        ),
        (  # semPLS 1.0-10
            "centroid",
            [0.5047, 0.5572, 0.0508, 0.5572, 0.1788, 0.0644, 0.5125, 0.1918, 0.5261, 0.1954, 0.4835, 0.0712],
            None,
            None,
        ),
    ],
)
def test_mobile_phones_as_published(scheme, published, satisfaction, loyalty):
    order = [
        ("Image", "Expectation"), ("Expectation", "Quality"), ("Expectation", "Value"), ("Quality", "Value"),
        ("Image", "Satisfaction"), ("Expectation", "Satisfaction"), ("Quality", "Satisfaction"),
        ("Value", "Satisfaction"), ("Satisfaction", "Complaints"), ("Image", "Loyalty"),
        ("Satisfaction", "Loyalty"), ("Complaints", "Loyalty"),
    ]  # fmt: skip
    result = PathModel(MOBILE, scheme).fit_covariance(**covariances("mobile_ecsi_n250.json"))
    found = paths(result)
    assert [found[key] for key in order] == pytest.approx(published, abs=PRINTED)
    if satisfaction is not None:
        assert result.r_squared["Satisfaction"] == pytest.approx(satisfaction, abs=PRINTED)
        assert result.r_squared["Loyalty"] == pytest.approx(loyalty, abs=PRINTED)


@pytest.mark.parametrize("scheme", ["path", "centroid", "factorial"])
def test_answers_and_their_covariances_give_the_same(reference_data, scheme):
    columns = answers(reference_data("plspm_satisfaction.csv"))
    names = list(columns)
    cov = np.cov(np.column_stack(list(columns.values())), rowvar=False)
    model = PathModel(SATISFACTION, scheme)
    a, b = model.fit(columns), model.fit_covariance(names, cov, 250)
    assert paths(a) == pytest.approx(paths(b), abs=1e-10)
    assert a.n_obs == 250


def two_constructs(rng, n=400):
    """t and c, correlated .5 as composites of two items without error: simulated."""
    t = rng.normal(size=n)
    c = 0.5 * t + np.sqrt(0.75) * rng.normal(size=n)
    return {"t1": t, "t2": t + 1e-6 * rng.normal(size=n), "c1": c, "c2": c + 1e-6 * rng.normal(size=n)}


def test_mode_b_of_one_predictor_is_canonical_correlation():
    """Two blocks in mode B are canonical correlation (Lohmöller 1989)."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3))
    y = 0.4 * x + rng.normal(size=(300, 3))
    columns = {f"x{j}": x[:, j] for j in range(3)} | {f"y{j}": y[:, j] for j in range(3)}
    result = PathModel("X <~ x0 + x1 + x2\nY <~ y0 + y1 + y2\nY ~ X").fit(columns)
    cov = np.cov(np.column_stack([x, y]), rowvar=False)
    product = np.linalg.inv(cov[:3, :3]) @ cov[:3, 3:] @ np.linalg.inv(cov[3:, 3:]) @ cov[3:, :3]
    first = np.sqrt(np.linalg.eigvals(product).real.max())
    assert abs(result.paths[0].estimate) == pytest.approx(first, abs=1e-6)
    assert result.blocks[0].mode == "B"
    assert result.blocks[0].alpha is None


def test_total_effect_adds_the_ways_round():
    result = PathModel(SATISFACTION, "centroid", standardize=False).fit_covariance(
        **covariances("satisfaction_n250.json")
    )
    found = paths(result)
    total = next(p.total for p in result.paths if (p.source, p.target) == ("EXPE", "VAL"))
    by_hand = found["EXPE", "VAL"] + found["EXPE", "QUAL"] * found["QUAL", "VAL"]
    assert total == pytest.approx(by_hand, abs=1e-12)


def test_bootstrap_error_is_that_of_a_correlation():
    """With items that measure without error the path is a correlation: standard error (1 - r^2) / sqrt(n)."""
    columns = two_constructs(np.random.default_rng(4))
    result = PathModel("T =~ t1 + t2\nC =~ c1 + c2\nC ~ T", n_bootstrap=400).fit(columns)
    (path,) = result.paths
    r = np.corrcoef(columns["t1"], columns["c1"])[0, 1]
    assert path.estimate == pytest.approx(r, abs=1e-4)
    assert path.standard_error == pytest.approx((1 - r**2) / np.sqrt(400), rel=0.12)  # 400 draws: 3.5% each
    assert path.ci_lower < r < path.ci_upper
    again = PathModel("T =~ t1 + t2\nC =~ c1 + c2\nC ~ T", n_bootstrap=400).fit(columns)
    assert again.paths == result.paths


def test_missing_answers_are_left_out_and_said():
    columns = two_constructs(np.random.default_rng(5))
    columns["c1"] = columns["c1"].copy()
    columns["c1"][:7] = np.nan
    result = PathModel("T =~ t1 + t2\nC =~ c1 + c2\nC ~ T").fit(columns)
    assert result.n_obs == 393
    assert result.reasons[0].sentence("en").startswith("7 respondents")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("", "empty"),
        ("T =~ t1 + t2\nC ~ T", "'C' has no items"),
        ("T =~ t1\nC =~ t1\nC ~ T", "stands twice"),
        ("T =~ t1\nC =~ c1\nD =~ d1\nC ~ T", "no path leads to or from 'D'"),
        ("T =~ t1\nC =~ c1\nC ~ T\nT ~ C", "back to itself"),
        ("T =~ t1\nC =~ c1\nT ~~ C", "not for a path model"),
        ("T = t1", "line 1 .* cannot be read"),
    ],
)
def test_models_that_mean_nothing_are_refused_with_their_line(model, said):
    with pytest.raises(OptionError, match=said):
        PathModel(model)


def test_data_that_do_not_fit_are_named():
    columns = two_constructs(np.random.default_rng(6))
    model = PathModel("T =~ t1 + t2\nC =~ c1 + c2\nC ~ T")
    with pytest.raises(NotFoundError, match="'c2'"):
        model.fit({k: v for k, v in columns.items() if k != "c2"})
    with pytest.raises(DataError, match="'t2' does not vary"):
        model.fit(columns | {"t2": np.ones(400)})
    with pytest.raises(DataError, match="more than its 4 items"):
        model.fit({k: v[:4] for k, v in columns.items()})
    formed = PathModel("T <~ t1 + t2 + t3\nC =~ c1 + c2\nC ~ T")
    with pytest.raises(DataError, match="determine one another"):
        formed.fit(columns | {"t2": columns["t1"], "t3": columns["t1"]})
    with pytest.raises(OptionError, match="scheme"):
        PathModel("T =~ t1\nC =~ c1\nC ~ T", scheme="centred")
