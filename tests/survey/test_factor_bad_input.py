"""Bad input of factor models: a reasoned result, or a named error with a hint."""

import numpy as np
import pytest

from verbond.errors import DataError, NotFoundError, OptionError, VerbondError
from verbond.survey.factor import FactorModel

ONE = "f =~ q1 + q2 + q3 + q4"
ESTIMATORS = [("ML", "listwise"), ("ML", "fiml"), ("MLR", "fiml"), ("MLM", "listwise"), ("WLSMV", "listwise")]


def answers(n=120, seed=1, gap=False):
    """Four items of one trait, answered 1 to 5; with a gap nobody chose 3 on the first."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=n)
    columns = {f"q{j}": np.clip(np.round(3 + trait + 0.8 * rng.normal(size=n)), 1, 5) for j in range(1, 5)}
    if gap:
        columns["q1"][columns["q1"] == 3] = 4
    return columns


def fit(columns, estimator, missing, model=ONE, groups=None):
    return FactorModel(model, estimator=estimator, missing=missing).fit(columns, groups)


@pytest.mark.parametrize(("estimator", "missing"), ESTIMATORS)
class TestEveryEstimator:
    def test_three_respondents(self, estimator, missing):
        with pytest.raises(DataError, match=r"too few .*found 3, expected more than 4.*\. "):
            fit({k: v[:3] for k, v in answers().items()}, estimator, missing)

    def test_constant_item(self, estimator, missing):
        columns = answers() | {"q2": np.full(120, 4.0)}
        with pytest.raises(DataError, match=r"'q2' does not vary.*Leave it out"):
            fit(columns, estimator, missing)

    def test_nobody_answered(self, estimator, missing):
        with pytest.raises(DataError):
            fit({k: np.full(50, np.nan) for k in answers()}, estimator, missing)

    def test_misspelt_item(self, estimator, missing):
        with pytest.raises(NotFoundError, match=r"'q44'.*Did you mean 'q4'"):
            fit(answers(), estimator, missing, "f =~ q1 + q2 + q44")

    def test_not_identified(self, estimator, missing):
        with pytest.raises(DataError, match=r"not identified|more parameters than"):
            fit(answers(), estimator, missing, "f =~ NA*q1 + q2 + q3 + q4")
        with pytest.raises(DataError, match=r"more parameters than"):
            fit(answers(), estimator, missing, "f =~ q1 + q2")

    def test_infinite_answer(self, estimator, missing):
        columns = answers()
        columns["q3"][5] = np.inf
        with pytest.raises(DataError, match="'q3' has an infinite answer"):
            fit(columns, estimator, missing)

    def test_whatever_comes_there_is_a_result_or_a_named_error(self, estimator, missing):
        """Small and crooked samples: never another exception, never a figure that is no number."""
        fitted = 0
        for seed in range(12):
            rng = np.random.default_rng(seed)
            n = int(rng.integers(5, 40))
            trait = rng.normal(size=n)
            steps = rng.integers(1, 5)
            columns = {
                f"q{j}": np.round(steps * (rng.uniform(-1, 1) * trait + rng.normal(size=n)))
                for j in range(1, 5)
            }
            for column in columns.values():
                column[rng.random(n) < 0.1] = np.nan
            try:
                result = fit(columns, estimator, missing)
            except VerbondError:
                continue
            fitted += 1
            assert np.isfinite([result.chisq, result.cfi, result.rmsea, result.srmr]).all()
            assert all(np.isfinite(e.estimate) for e in result.estimates)
        assert fitted >= 3


def test_columns_that_are_no_numbers():
    with pytest.raises(DataError, match=r"'q2' holds something that is no number.*'often'"):
        fit(answers() | {"q2": ["often"] * 120}, "ML", "listwise")
    with pytest.raises(DataError, match="different numbers of answers: found 120, 119, 120, 120"):
        fit(answers() | {"q2": np.arange(119.0)}, "ML", "listwise")


def test_items_that_follow_from_others():
    columns = answers()
    columns["q4"] = columns["q1"] + columns["q2"]
    with pytest.raises(DataError, match=r"not positive definite: found q1, q2, q4.*leave it out"):
        fit(columns, "ML", "listwise")
    columns["q1"][::7] = np.nan
    with pytest.raises(DataError, match=r"not positive definite"):
        fit(columns, "ML", "fiml")


def test_items_never_answered_together():
    columns = answers()
    columns["q1"][:60], columns["q2"][60:] = np.nan, np.nan
    with pytest.raises(DataError, match="nobody answered both 'q1' and 'q2'"):
        fit(columns, "ML", "fiml")


def test_one_answer_never_used():
    """The figures of WLSMV know only the order, so recoded answers give the same ones."""
    columns = answers(400, gap=True)
    result = fit(columns, "WLSMV", "listwise")
    assert [(r.code, r.values["items"]) for r in result.reasons] == [("survey.unused_category", ["q1"])]
    columns["q1"] = np.where(columns["q1"] > 3, columns["q1"] - 1, columns["q1"])
    assert fit(columns, "WLSMV", "listwise").chisq == pytest.approx(result.chisq, rel=1e-12)
    assert len([e for e in result.estimates if (e.lhs, e.op) == ("q1", "|")]) == 3


def test_items_answered_alike():
    columns = answers(400)
    columns["q2"] = columns["q1"].copy()
    codes = [r.code for r in fit(columns, "WLSMV", "listwise").reasons]
    assert "survey.nearly_the_same" in codes


def test_a_heywood_case_with_ordered_items_is_said():
    rng = np.random.default_rng(8)
    cov = np.array([[1, 0.75, 0.75, 0.2], [0.75, 1, 0.4, 0.2], [0.75, 0.4, 1, 0.2], [0.2, 0.2, 0.2, 1]])
    drawn = np.digitize(rng.multivariate_normal(np.zeros(4), cov, size=2000), [-1, 0, 1]).astype(float)
    result = fit({f"q{j + 1}": drawn[:, j] for j in range(4)}, "WLSMV", "listwise")
    negative = next(r for r in result.reasons if r.code == "survey.negative_variance")
    assert negative.values["names"] == ["q1"]


def test_numbers_are_no_ordered_answers():
    columns = {k: v + np.linspace(0, 0.9, 120) for k, v in answers().items()}
    with pytest.raises(DataError, match=r"too many different answers.*Use ML"):
        fit(columns, "WLSMV", "listwise")


def test_groups_that_cannot_be_compared():
    columns = answers()
    with pytest.raises(DataError, match="fewer than two values"):
        fit(columns, "ML", "listwise", groups=["nl"] * 120)
    with pytest.raises(DataError, match=r"in group 'fr'.*found 3.*Leave this group out"):
        fit(columns, "ML", "listwise", groups=["nl"] * 117 + ["fr"] * 3)
    columns["q2"][:60] = 4.0
    with pytest.raises(DataError, match="'q2' does not vary in group 'nl'"):
        fit(columns, "ML", "listwise", groups=["nl"] * 60 + ["en"] * 60)


def test_who_has_no_group_is_left_out_and_said():
    groups = [None] * 4 + ["nl", "en"] * 58
    result = fit(answers(), "ML", "fiml", groups=groups)
    assert [(r.code, r.values["n"]) for r in result.reasons] == [
        ("survey.no_group", 4), ("survey.few_in_group", 58)
    ]  # fmt: skip
    assert dict(result.groups) == {"nl": 58, "en": 58}
    assert "58" in result.reasons[1].sentence("nl")


def test_groups_without_a_common_model_may_not_be_compared():
    rng = np.random.default_rng(3)
    noise = {f"q{j}": rng.normal(size=400) for j in range(1, 5)}
    noise["q2"], noise["q4"] = noise["q1"] + rng.normal(size=400), noise["q3"] + rng.normal(size=400)
    result = fit(noise, "ML", "listwise", groups=["a", "b"] * 200)
    assert result.verdict.code == "survey.compare_nothing"


def test_groups_that_measure_alike_may_be_compared_and_shifts_are_found():
    """Known parameters: equal loadings and intercepts; the second group's trait is 0.5 higher."""
    rng = np.random.default_rng(6)
    group = np.repeat([0, 1], 800)
    trait = rng.normal(size=1600) + 0.5 * group
    columns = {f"q{j}": (0.6 + 0.1 * j) * trait + 0.7 * rng.normal(size=1600) for j in range(1, 5)}
    result = fit(columns, "ML", "listwise", groups=group.tolist())
    assert result.verdict.code == "survey.compare_means"
    scalar = FactorModel(ONE, std_lv=True, equal=("loadings", "intercepts")).fit(columns, group.tolist())
    shift = next(e for e in scalar.estimates if (e.lhs, e.op, e.group) == ("f", "~1", "1"))
    assert shift.ci_lower < 0.5 < shift.ci_upper
    columns["q3"] = columns["q3"] + 0.8 * group
    broken = fit(columns, "ML", "listwise", groups=group.tolist())
    assert (broken.verdict.code, broken.verdict.values["item"]) == ("survey.compare_relations", "q3")
    columns["q3"] = np.where(group == 1, -columns["q3"], columns["q3"])
    turned = fit(columns, "ML", "listwise", groups=group.tolist())
    assert turned.verdict.code == "survey.compare_pattern"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"estimator": "GLS"}, "unknown estimator"),
        ({"missing": "pairwise"}, "unknown missing"),
        ({"estimator": "WLSMV", "missing": "fiml"}, "needs complete answers"),
        ({"equal": ("loading",)}, "unknown kind of parameter"),
        ({"estimator": "WLSMV", "n_bootstrap": 10}, "no bootstrap"),
    ],
)
def test_options_that_do_not_go_together(options, said):
    with pytest.raises(OptionError, match=said):
        FactorModel(ONE, **options)


def test_calls_that_do_not_go_together():
    with pytest.raises(OptionError, match="ask for groups"):
        FactorModel(ONE, equal=("loadings",)).fit(answers())
    with pytest.raises(OptionError, match="there are none"):
        FactorModel("f =~ q1 + c(a, b)*q2 + q3").fit(answers())
    with pytest.raises(OptionError, match="another number of groups: found 3, expected 2"):
        FactorModel("f =~ q1 + c(a, b, c)*q2 + q3").fit(answers(), ["a", "b"] * 60)
    with pytest.raises(OptionError, match="no such parameter to set free: found q9 ~1"):
        FactorModel(ONE, partial=("q9 ~ 1",))
    with pytest.raises(OptionError, match="paths run between factors"):
        fit(answers(), "WLSMV", "listwise", "f =~ q1 + q2 + q3\nq4 ~ f")
    with pytest.raises(OptionError, match="thresholds and no intercepts"):
        fit(answers(), "WLSMV", "listwise", ONE + "\nq1 ~ 1")
    with pytest.raises(OptionError, match="ML only"):
        FactorModel(ONE, estimator="MLR").fit_covariance(["q1"], np.eye(1), 10)
    with pytest.raises(DataError, match="come without means"):
        FactorModel(ONE + "\nq1 ~ 1").fit_covariance(["q1", "q2", "q3", "q4"], np.eye(4) / 2 + 0.5, 100)


def test_ordered_items_in_groups():
    """Known parameters: a trait half a unit higher in the second group, then one threshold moved there."""
    rng = np.random.default_rng(12)
    group = np.repeat([0, 1], 1500)
    trait = rng.normal(size=3000) + 0.5 * group
    behind = {f"q{j}": 0.8 * trait + 0.6 * rng.normal(size=3000) for j in range(1, 5)}
    columns = {k: np.digitize(v, [-1, 0, 1]).astype(float) for k, v in behind.items()}
    result = fit(columns, "WLSMV", "listwise", groups=group.tolist())
    assert [step.level for step in result.invariance] == ["configural", "scalar"]
    assert result.verdict.code == "survey.compare_means"
    model = FactorModel(ONE, std_lv=True, estimator="WLSMV", equal=("loadings", "thresholds"))
    shift = next(
        e for e in model.fit(columns, group.tolist()).estimates if (e.lhs, e.op, e.group) == ("f", "~1", "1")
    )
    assert shift.ci_lower < 0.5 < shift.ci_upper
    columns["q2"] = np.digitize(behind["q2"] + 0.9 * group, [-1, 0, 1]).astype(float)
    broken = fit(columns, "WLSMV", "listwise", groups=group.tolist())
    assert (broken.verdict.code, broken.verdict.values["item"]) == ("survey.compare_answers", "q2")
    columns["q4"] = np.where((group == 1) & (columns["q4"] == 3), 2, columns["q4"])
    with pytest.raises(DataError, match=r"the same answers in all groups: 'q4' has others in '1'"):
        fit(columns, "WLSMV", "listwise", groups=group.tolist())
