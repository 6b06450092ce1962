"""Missing answers, groups, robust errors, ordered items and effects against lavaan 0.6-14.

Stored output of `tests/reference/lavaan_survey.R`.
"""

import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from verbond.survey.factor import FactorModel

REFERENCE = Path(__file__).parents[1] / "reference"
SCRIPT = (REFERENCE / "lavaan_survey.R").read_text("utf-8")
MODELS = dict(re.findall(r'^(\w+) <- "(.*?)"\n', SCRIPT, re.DOTALL | re.MULTILINE))
FILES = {
    "holzinger": "lavaan_HolzingerSwineford1939.csv", "school": "lavaan_HolzingerSwineford1939.csv",
    "bfi": "psychtools_bfi.csv", "two": "psychtools_bfi.csv", "gender": "psychtools_bfi.csv",
    "gss": "gss_panel06_trust.csv.gz", "sdo": "mpsychor_SDOwave.csv",
    "effects": "lavaan_PoliticalDemocracy.csv",
}  # fmt: skip
EQUAL = {
    "configural": (), "metric": ("loadings",), "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}  # fmt: skip
NAMES = {
    "logl": "loglik", "npar": "n_parameters", "chisq.scaling.factor": "scaling_factor",
    "rmsea.ci.lower.scaled": "rmsea_scaled_ci_lower", "rmsea.ci.upper.scaled": "rmsea_scaled_ci_upper",
}  # fmt: skip
# lavaan stops its search at a relative change of 1e-10 in f: parameters and chi-squares are then of the order
# of 1e-5 from the optimum. Its EM for missing answers stops at 1e-5 in the likelihood.
FITS, ESTIMATES = {"rel": 2e-5, "abs": 2e-5}, {"rel": 2e-4, "abs": 2e-4}


@pytest.fixture(scope="module")
def lavaan():
    with (REFERENCE / "lavaan_survey.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns_of(find, name):
    rows = _rows(find(FILES[name.split("_")[0]]))
    if name.startswith("gss"):
        rows = [row for row in rows if row["wave"] == "1"]
    items = FactorModel(model_of(name)).items
    columns = {k: np.array([float(r[k]) if r[k] not in ("", "NA") else np.nan for r in rows]) for k in items}
    group = {"school": "school", "gender": "gender"}.get(name.split("_")[0])
    return columns, [row[group] for row in rows] if group else None


def _rows(path):
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8")
    return list(csv.DictReader(text.splitlines()))


def model_of(name):
    first = name.split("_")[0]
    if name == "holzinger_second" or name.startswith("bfi_regressed"):
        return MODELS[name.split("_")[1]]
    if first in ("holzinger", "school"):
        return MODELS["three"]
    if first == "sdo":
        return MODELS[name]
    if name in ("bfi_fiml", "bfi_wlsmv"):
        return MODELS["five"]
    return MODELS[
        "two" if first in ("bfi", "two", "gender") else "confidence" if first == "gss" else "effects"
    ]


def fitted(find, name):
    columns, groups = columns_of(find, name)
    words = name.split("_")
    estimator = next((e for e in ("MLR", "MLM", "WLSMV") if e.lower() in words), "ML")
    missing = "fiml" if "fiml" in words or name in ("bfi_mlr", "bfi_regressed_mlr") else "listwise"
    equal = EQUAL.get(words[-1], ()) if groups is not None else ()
    if estimator == "WLSMV" and equal:
        equal = ("loadings", "thresholds")
    partial = ()
    if words[-1] == "partial":
        equal, partial = EQUAL["scalar"], ("x3 ~ 1", "x7 ~ 1")
    model = FactorModel(
        model_of(name), "std" in words, estimator=estimator, missing=missing, equal=equal, partial=partial
    )
    return model.fit(columns, groups)


def same_fit(result, rows):
    for row in rows:
        if row["kind"] == "fit":
            found = getattr(result, NAMES.get(row["lhs"], row["lhs"].replace(".", "_")))
            assert found == pytest.approx(float(row["value"]), **FITS), row["lhs"]


def same_estimates(result, rows):
    """Every parameter; of ordered items, those that lavaan lists and fixes are not parameters."""
    ordered = result.estimator == "WLSMV"
    theirs = {}
    for row in rows:
        still = ordered and row["op"] in ("~1", "~*~") and float(row["se"]) == 0
        if row["kind"] == "estimate" and not still:
            rhs = "" if row["op"] == ":=" else row["rhs"]
            theirs[int(row["group"]), row["lhs"], row["op"], rhs] = row
    groups = {g: k for k, g in enumerate(result.groups, start=1)} or {None: 1}
    ours = [one for one in result.estimates if one.free or not (ordered and one.op == "~1")]
    assert len(ours) == len(theirs)
    for one in ours:
        g, rhs = groups[one.group], "" if one.op == ":=" else one.rhs
        row = theirs.get((g, one.lhs, one.op, rhs)) or theirs[g, one.rhs, one.op, one.lhs]
        here = f"{g} {one.lhs} {one.op} {one.rhs}"
        assert one.estimate == pytest.approx(float(row["value"]), **ESTIMATES), here
        assert (one.se or 0.0) == pytest.approx(float(row["se"]), **ESTIMATES), here
        assert one.standardized == pytest.approx(float(row["std"]), **ESTIMATES), here
        if one.standardized_se is not None:
            assert one.standardized_se == pytest.approx(float(row["std_se"]), **ESTIMATES), here


@pytest.mark.parametrize(
    "name",
    [
        "holzinger_mlr", "holzinger_mlm", "bfi_fiml", "bfi_mlr", "gss_fiml", "bfi_wlsmv", "two_wlsmv",
        "gss_wlsmv", "sdo_configural", "sdo_metric", "sdo_scalar", "effects", "effects_mlr",
        "gender_fiml_scalar", "holzinger_second", "bfi_regressed_fiml", "bfi_regressed_mlr",
        "gender_wlsmv_configural", "gender_wlsmv_scalar",
        *(f"school_{level}" for level in EQUAL), "school_partial",
    ],
)  # fmt: skip
def test_fit_and_estimates_are_lavaans(lavaan, reference_data, name):
    rows = [row for row in lavaan if row["model"] == name]
    result = fitted(reference_data, name)
    assert result.converged
    same_fit(result, rows)
    same_estimates(result, rows)


def test_effects_are_the_products_that_lavaan_defines(lavaan, reference_data):
    for name in ("effects", "effects_mlr"):
        rows = {r["lhs"]: r for r in lavaan if r["model"] == name and r["op"] == ":="}
        found = {(e.source, e.target): e for e in fitted(reference_data, name).effects}["ind60", "dem65"]
        for kind in ("indirect", "total"):
            value, se = float(rows[kind]["value"]), float(rows[kind]["se"])
            assert getattr(found, kind) == pytest.approx(value, **ESTIMATES)
            assert getattr(found, f"{kind}_se") == pytest.approx(se, **ESTIMATES)
            bounds = getattr(found, f"{kind}_ci_lower"), getattr(found, f"{kind}_ci_upper")
            assert bounds == pytest.approx((value - 1.959964 * se, value + 1.959964 * se), abs=1e-3)
        assert found.total_standardized == pytest.approx(float(rows["total"]["std"]), **ESTIMATES)


@pytest.mark.parametrize("name", [f"school_{kind}_{level}" for kind in ("mlr", "std") for level in EQUAL])
def test_group_models_under_other_options_fit_as_lavaans(lavaan, reference_data, name):
    same_fit(fitted(reference_data, name), [row for row in lavaan if row["model"] == name])


@pytest.mark.parametrize("level", EQUAL)
def test_groups_with_missing_answers_fit_as_lavaans(lavaan, reference_data, level):
    name = f"gender_fiml_{level}"
    same_fit(fitted(reference_data, name), [row for row in lavaan if row["model"] == name])


@pytest.mark.parametrize(("name", "apart"), [("bfi_fiml", 2e-4), ("bfi_wlsmv", 1e-3)])
def test_modification_indices_are_lavaans(lavaan, reference_data, name, apart):
    """With ordered items lavaan multiplies by (n - 1) / n twice: 8e-4 of a part at n = 2,436."""
    theirs = {(r["lhs"], r["op"], r["rhs"]): r for r in lavaan if r["model"] == name and r["kind"] == "mi"}
    result = fitted(reference_data, name)
    assert len(result.modifications) == 10
    for one in result.modifications:
        row = theirs[one.lhs, one.op, one.rhs]
        assert one.chisq_drop == pytest.approx(float(row["value"]), rel=apart)
        assert one.expected_value == pytest.approx(float(row["se"]), rel=apart)


def test_the_chain_of_invariance_is_lavaans(lavaan, reference_data):
    """Published: 115.851 on 48, 124.044 on 54, 164.103 on 60 (lavaan's tutorial)."""
    columns, groups = columns_of(reference_data, "school_configural")
    for estimator in ("ML", "MLR"):
        result = FactorModel(MODELS["three"], estimator=estimator).fit(columns, groups)
        theirs = {
            r["lhs"]: float(r["value"])
            for r in lavaan
            if r["model"] == f"school_{estimator.lower()}" and r["kind"] == "difference"
        }
        for step in result.invariance[1:]:
            assert step.chisq_difference == pytest.approx(theirs[step.level], rel=1e-5)
        if estimator == "ML":
            found = [(step.chisq, step.df) for step in result.invariance]
            assert np.ravel(found) == pytest.approx([115.851, 48, 124.044, 54, 164.103, 60], abs=5e-4)
        assert [step.holds for step in result.invariance] == [True, True, False]
        assert result.verdict.code == "survey.compare_relations"
        assert "x3" in result.verdict.sentence("nl")
        assert (result.chisq, result.df) == (result.invariance[0].chisq, 48) or estimator == "MLR"


def test_modifiers_for_each_group_say_the_same(lavaan, reference_data):
    """Equal loadings by labels instead of `equal`; a label of its own in each group keeps them apart."""
    columns, groups = columns_of(reference_data, "school_metric")
    text = re.sub(r"\bx([235689])\b", r"c(l\1, l\1)*x\1", MODELS["three"])
    same_fit(FactorModel(text).fit(columns, groups), [r for r in lavaan if r["model"] == "school_metric"])
    text = re.sub(r"\bx([235689])\b", r"c(a\1, b\1)*x\1", MODELS["three"]) + "\nd := a2 - b2"
    result = FactorModel(text, equal=("intercepts",)).fit(columns, groups)
    loadings = [e.estimate for e in result.estimates if (e.op, e.rhs) == ("=~", "x2")]
    difference = next(e for e in result.estimates if e.op == ":=")
    assert difference.estimate == pytest.approx(loadings[0] - loadings[1], abs=1e-12)
    fixed = FactorModel("f =~ x1 + c(0.5, NA)*x2 + x3").fit(columns, groups).estimates
    assert [e.free for e in fixed if (e.op, e.rhs) == ("=~", "x2")] == [False, True]


def test_strained_equalities_are_lavaans_score_tests(lavaan, reference_data):
    columns, groups = columns_of(reference_data, "school_configural")
    steps = {s.level: s for s in FactorModel(MODELS["three"]).fit(columns, groups).invariance}
    for level in ("metric", "scalar"):
        theirs = {
            r["lhs"] if level == "scalar" else r["rhs"]: float(r["value"])
            for r in lavaan
            if r["model"] == f"school_{level}" and r["kind"] == "score"
        }
        for one in steps[level].strains:
            assert one.chisq_drop == pytest.approx(theirs[one.rhs or one.lhs], rel=1e-3, abs=1e-3)
        assert steps[level].strains[0].chisq_drop == pytest.approx(max(theirs.values()), rel=1e-3)


def test_published_figures_hold(reference_data):
    """R's output as printed by others: the personality items with missing answers and as ordered items."""
    result = fitted(reference_data, "bfi_fiml")
    assert (result.chisq, result.cfi, result.rmsea, result.srmr) == pytest.approx(
        (4674.263, 0.776, 0.077, 0.072), abs=5e-4
    )
    result = fitted(reference_data, "bfi_wlsmv")
    assert result.chisq == pytest.approx(6055.94, abs=1e-2)
    assert result.chisq_scaled == pytest.approx(6049.27, abs=1e-2)
    assert (result.cfi_scaled, result.rmsea_scaled) == pytest.approx((0.824457, 0.0946786), abs=5e-6)
    for level, chisq, df, cfi in (
        ("configural", 728.796, 120, 0.8996), ("metric", 751.39, 132, 0.8979),
        ("scalar", 768.432, 144, 0.8971),
    ):  # fmt: skip
        result = fitted(reference_data, f"sdo_{level}")
        assert (result.chisq, result.df) == pytest.approx((chisq, df), abs=5e-4)
        assert result.cfi == pytest.approx(cfi, abs=5e-5)
