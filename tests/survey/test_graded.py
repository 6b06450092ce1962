"""The graded response model against R, another package, integration by brute force, and known parameters."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from verbond.errors import DataError, OptionError
from verbond.survey.graded import GradedModel
from verbond.survey.graded_fit import Patterns, Space, _gradient

REFERENCE = Path(__file__).parents[1] / "reference"
R_MIRT_LOGLIK, R_MIRT_SLOPES = -1608.8695, (1.0418, 1.226, 2.2934, 1.0949)
"""R mirt 1.45.1 on its Science data at its own tolerance, which stops 0.0001 short of the top."""
LTM_1PL = {
    "loglik": -2466.938,
    "slope": (0.7551, 0.0694),
    "difficulty": (-3.6153, -1.3224, -0.3176, -1.7301, -2.7802),
    "difficulty_se": (0.3266, 0.1422, 0.0977, 0.1691, 0.2510),
}
"""Rizopoulos (2006), Journal of Statistical Software 17(5), section 3.1: rasch(LSAT)."""
LTM_2PL_LOGLIK = -2466.653
LAST_DIGIT = 6e-5


@pytest.fixture(scope="module")
def science(reference_data):
    return np.genfromtxt(reference_data("mirt_Science.csv"), delimiter=",", skip_header=1)


@pytest.fixture(scope="module")
def lsat(reference_data):
    return np.genfromtxt(reference_data("ltm_LSAT.csv"), delimiter=",", skip_header=1)


@pytest.fixture(scope="module")
def fitted(science):
    return GradedModel().fit(science)


def test_reaches_what_r_mirt_reaches_and_a_little_more(fitted):
    assert fitted.converged
    assert R_MIRT_LOGLIK < fitted.loglik < R_MIRT_LOGLIK + 2e-4
    slopes = [item.slope for item in fitted.items]
    assert slopes == pytest.approx(R_MIRT_SLOPES, abs=0.01)
    assert fitted.n_parameters == 16
    assert fitted.quadrature_error < 1e-4


def test_equals_another_package_that_was_run_to_the_end(fitted, science):
    """Python mirt 1.2.0 at 121 points and tolerance 1e-9; EM leaves the fourth digit of a slope open."""
    with (REFERENCE / "mirt_science.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = fitted.scores(science)
    for row in rows:
        value, item, number = float(row["value"]), int(row["item"] or 0), int(row["number"] or 0)
        mine = {
            "loglik": lambda *_: fitted.loglik,
            "slope": lambda j, _: fitted.items[j].slope,
            "threshold": lambda j, c: fitted.items[j].thresholds[c - 1],
            "theta": lambda _, i: scores.theta[i],
            "theta_se": lambda _, i: scores.standard_error[i],
        }[row["what"]](item, number)
        assert mine == pytest.approx(value, abs=2e-4), row


def test_two_answers_an_item_are_the_published_rasch_and_2pl(lsat):
    rasch = GradedModel(equal_slopes=True).fit(lsat)
    assert rasch.loglik == pytest.approx(LTM_1PL["loglik"], abs=6e-4)
    first = rasch.items[0]
    assert (first.slope, first.slope_se) == pytest.approx(LTM_1PL["slope"], abs=LAST_DIGIT)
    assert [i.thresholds[0] for i in rasch.items] == pytest.approx(LTM_1PL["difficulty"], abs=LAST_DIGIT)
    errors = [i.thresholds_se[0] for i in rasch.items]
    assert errors == pytest.approx(LTM_1PL["difficulty_se"], abs=LAST_DIGIT)
    assert GradedModel().fit(lsat).loglik == pytest.approx(LTM_2PL_LOGLIK, abs=6e-4)


def category_probability(item, answer, theta):
    c = item.categories.index(answer)
    above = [1.0, *(1 / (1 + math.exp(-item.slope * (theta - b))) for b in item.thresholds), 0.0]
    return above[c] - above[c + 1]


def test_scores_are_integrals_done_by_brute_force_also_with_gaps(fitted):
    for answers in ([4, 4, 3, 2], [1, np.nan, 4, np.nan], [np.nan, np.nan, np.nan, 3]):

        def joint(theta, power=0, answers=answers):
            p = norm.pdf(theta) * theta**power
            for item, answer in zip(fitted.items, answers, strict=True):
                p *= category_probability(item, answer, theta) if answer == answer else 1.0
            return p

        moments = [quad(joint, -9, 9, args=(r,), epsabs=1e-12, limit=200)[0] for r in range(3)]
        mean = moments[1] / moments[0]
        found = fitted.scores(np.array([answers], dtype=float))
        assert found.theta[0] == pytest.approx(mean, abs=1e-6)
        assert found.standard_error[0] == pytest.approx(
            math.sqrt(moments[2] / moments[0] - mean**2), abs=1e-6
        )
        assert found.n_items[0] == sum(a == a for a in answers)
    assert np.isnan(fitted.scores(np.full((1, 4), np.nan)).theta[0])


def test_information_is_the_expected_squared_slope_of_the_log_probability(fitted):
    for theta in (-2.0, 0.3, 1.7):
        for j, item in enumerate(fitted.items):
            expected = 0.0
            for answer in item.categories:
                around = [math.log(category_probability(item, answer, theta + s * 1e-5)) for s in (-1, 1)]
                slope = (around[1] - around[0]) / 2e-5
                expected += category_probability(item, answer, theta) * slope**2
            assert fitted.item_information(theta)[j, 0] == pytest.approx(expected, rel=1e-5)
    assert fitted.information(np.array([0.0]))[0] == pytest.approx(fitted.item_information(0.0).sum())


def simulated(rng, level, slopes, thresholds):
    """Answers 1.. of people at `level`; thresholds (k, C - 1)."""
    reach = 1 / (1 + np.exp(-slopes[:, None] * (level[:, None, None] - thresholds)))
    return 1.0 + (rng.random((len(level), len(slopes), 1)) < reach).sum(axis=2)


def test_gradient_is_that_of_the_likelihood():
    rng = np.random.default_rng(5)
    thresholds = np.sort(rng.normal(size=(4, 3)), axis=1)
    answers = simulated(rng, rng.normal(size=300), rng.uniform(0.8, 2, 4), thresholds)
    answers[rng.random(answers.shape) < 0.2] = np.nan
    data = Patterns.of(answers, rng.choice(["a", "b"], 300))
    space, grid = Space(data, False), np.linspace(-6, 6, 61)
    x = space.start(data) + 0.1 * rng.normal(size=space.size)
    slope = _gradient(data, space, grid, x)[1]
    for p in range(space.size):
        step = 1e-5 * (np.arange(space.size) == p)
        ends = [_gradient(data, space, grid, x + s * step)[0] for s in (-1, 1)]
        assert slope[p] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-5, abs=1e-4)


def test_short_form_long_form_and_waves_come_onto_one_scale():
    """Known truth: the second wave stands 0.4 sd higher, and half of it got a form of four shared items."""
    rng = np.random.default_rng(11)
    slopes = rng.uniform(0.9, 2.2, 10)
    thresholds = np.sort(rng.normal(0, 1.2, (10, 4)), axis=1)
    wave = np.repeat(["w1", "w2"], 2500)
    level = np.where(wave == "w1", rng.normal(size=5000), rng.normal(0.4, 1.2, 5000))
    answers = simulated(rng, level, slopes, thresholds)
    short = rng.random(5000) < np.where(wave == "w2", 0.5, 0.0)
    answers[np.ix_(short, np.arange(4, 10))] = np.nan
    found = GradedModel().fit(answers, groups=wave)
    second = found.groups[1]
    assert second.mean.ci_lower < 0.4 < second.mean.ci_upper
    assert second.sd.ci_lower < 1.2 < second.sd.ci_upper
    assert second.mean.ci_upper - second.mean.ci_lower < 0.2
    z = [(i.slope - a) / i.slope_se for i, a in zip(found.items, slopes, strict=True)]
    assert np.square(z).sum() < 29.6  # 0.999 quantile of chi-square with 10 degrees of freedom
    scores = found.scores(answers, groups=wave)
    error = (scores.theta - level) / scores.standard_error
    for people in (short, ~short):  # shrunk towards the mean, yet right on average and within their errors
        assert abs(error[people].mean()) < 0.1
        assert 0.93 < (np.abs(error[people]) < 1.96).mean() < 0.97
    assert scores.standard_error[short].mean() > 1.2 * scores.standard_error[~short].mean()


def test_row_order_unused_categories_and_turned_items_change_nothing_else():
    rng = np.random.default_rng(2)
    thresholds = np.sort(rng.normal(size=(4, 3)), axis=1)
    answers = simulated(rng, rng.normal(size=600), np.array([1.2, 1.5, 0.9, 1.8]), thresholds)
    base = GradedModel(standard_errors=False).fit(answers)
    shuffled = GradedModel(standard_errors=False).fit(answers[rng.permutation(600)])
    assert shuffled.loglik == pytest.approx(base.loglik, abs=1e-6)
    spread = np.where(answers == 4, 7, answers)  # nobody answers 4, 5 or 6
    assert GradedModel(standard_errors=False).fit(spread).loglik == pytest.approx(base.loglik, abs=1e-6)
    turned = answers.copy()
    turned[:, 2] = 5 - turned[:, 2]
    other = GradedModel(standard_errors=False).fit(turned)
    assert other.loglik == pytest.approx(base.loglik, abs=1e-5)
    assert other.items[2].slope == pytest.approx(-base.items[2].slope, abs=1e-3)
    assert [r.code for r in other.reasons] == ["survey.graded_against"]


def test_an_answer_that_nobody_gave_before_is_read_as_the_nearest(fitted):
    given = fitted.scores(np.array([[9.0, 4, 4, 4], [4.0, 4, 4, 4]]))
    assert given.theta[0] == given.theta[1]


def test_bad_input_is_named():
    rng = np.random.default_rng(0)
    some = rng.integers(1, 6, (200, 4)).astype(float)
    with pytest.raises(DataError, match="too few people"):
        GradedModel().fit(some[:3])
    with pytest.raises(DataError, match="items that vary"):
        GradedModel().fit(np.column_stack([some[:, 0], np.full(200, 3.0)]))
    with pytest.raises(DataError, match="too many different answers"):
        GradedModel().fit(rng.normal(size=(200, 3)))
    with pytest.raises(DataError, match="too small"):
        GradedModel().fit(some, groups=["a"] * 197 + ["b"] * 3)
    with pytest.raises(OptionError, match="grid"):
        GradedModel(n_points=5)
    constant = GradedModel().fit(np.column_stack([some, np.full(200, 2.0)]))
    assert "survey.graded_constant" in {r.code for r in constant.reasons}
    for reason in constant.reasons:
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_twins_are_told_of_instead_of_a_slope_without_end():
    rng = np.random.default_rng(4)
    level = rng.normal(size=400)
    noisy = np.clip(np.round(3 + level[:, None] + rng.normal(size=(400, 3))), 1, 5)
    found = GradedModel().fit(np.column_stack([noisy, noisy[:, 0]]))
    codes = {r.code for r in found.reasons}
    assert codes & {"survey.graded_steep", "survey.not_converged"}
    assert all(np.isfinite(i.slope) for i in found.items)


def test_two_items_share_a_slope_and_say_so():
    rng = np.random.default_rng(8)
    level = rng.normal(size=500)
    found = GradedModel().fit(np.clip(np.round(3 + level[:, None] + rng.normal(size=(500, 2))), 1, 5))
    assert found.items[0].slope == found.items[1].slope
    assert "survey.graded_two_items" in {r.code for r in found.reasons}
