"""The parts under factor models, each against something else: brute force, closed forms, known parameters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from verbond.errors import OptionError
from verbond.survey.factor import FactorModel
from verbond.survey.likelihood import em_moments, evaluate, patterns_of
from verbond.survey.polychoric import binormal, polychoric
from verbond.survey.syntax import Term, definition, parse_model


def test_likelihood_by_patterns_is_the_sum_over_people():
    """Brute force: scipy's normal density of what each person answered."""
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4))
    answers[rng.random(answers.shape) < 0.25] = np.nan
    answers = answers[~np.isnan(answers).all(axis=1)]
    sigma, mu = np.cov(rng.normal(size=(20, 4)), rowvar=False), rng.normal(size=4)
    total = 0.0
    for row in answers:
        seen = ~np.isnan(row)
        total += multivariate_normal.logpdf(row[seen], mu[seen], sigma[np.ix_(seen, seen)])
    found = evaluate(patterns_of(answers), sigma, mu).value
    constant = (~np.isnan(answers)).sum() / 2 * np.log(2 * np.pi)
    assert -len(answers) * found - constant == pytest.approx(total, rel=1e-12)


def test_moments_of_monotone_missing_answers_have_a_closed_form():
    """Anderson 1957: when y misses for some, its moments follow from the regression on x of the others."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    y = 1 + 0.6 * x + rng.normal(size=300)
    y[x > 0.3] = np.nan
    sigma, mu, settled = em_moments(patterns_of(np.column_stack([x, y])))
    both = ~np.isnan(y)
    slope, level = np.polyfit(x[both], y[both], 1)
    rest = np.mean((y[both] - level - slope * x[both]) ** 2)
    variance = x.var()
    assert settled
    assert mu == pytest.approx([x.mean(), level + slope * x.mean()], abs=1e-7)
    expected = [[variance, slope * variance], [slope * variance, rest + slope**2 * variance]]
    assert sigma == pytest.approx(np.array(expected), abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_row_order_is_nothing(seed):
    rng = np.random.default_rng(seed)
    answers = rng.normal(size=(30, 3))
    answers[rng.random(answers.shape) < 0.2] = np.nan
    answers = answers[~np.isnan(answers).all(axis=1)]
    one, two = patterns_of(answers), patterns_of(answers[rng.permutation(len(answers))])
    sigma = np.eye(3) + 0.3
    assert evaluate(one, sigma, np.zeros(3)).value == pytest.approx(
        evaluate(two, sigma, np.zeros(3)).value, rel=1e-12
    )


@pytest.mark.parametrize("rho", [-0.99, -0.9, -0.5, 0.0, 0.3, 0.8, 0.95, 0.99])
def test_two_normals_together(rho):
    """scipy's integral (Genz), to its own accuracy."""
    points = [(-2.0, 0.5), (0.0, 0.0), (1.3, -0.4), (2.5, 2.4), (-3.0, -3.1)]
    for x, y in points:
        expected = multivariate_normal.cdf([x, y], cov=[[1, rho], [rho, 1]])
        found = float(binormal(np.array(x), np.array(y), np.array(rho)))
        assert found == pytest.approx(expected, abs=2e-8)


def test_tetrachoric_correlation_of_median_splits_has_a_closed_form():
    """Sheppard 1899: with both thresholds at 0 the correlation is sin(2 pi (p11 - 1/4))."""
    table = np.array([[350, 150], [150, 350]])
    codes = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], table.ravel(), axis=0)
    sample = polychoric(codes, [2, 2])
    assert sample.cor[1, 0] == pytest.approx(np.sin(2 * np.pi * (0.35 - 0.25)), abs=1e-8)
    assert np.concatenate(sample.thresholds) == pytest.approx([0, 0], abs=1e-12)


def test_polychoric_errors_are_what_samples_show():
    """Known parameters: over 200 samples the correlations spread as their errors say, within a tenth."""
    rng = np.random.default_rng(4)
    cov = np.array([[1, 0.5, 0.2], [0.5, 1, -0.3], [0.2, -0.3, 1.0]])
    found, errors = [], []
    for _ in range(200):
        drawn = rng.multivariate_normal(np.zeros(3), cov, size=400)
        sample = polychoric(np.digitize(drawn, [-1, 0, 0.8]), [4, 4, 4])
        found.append(sample.cor[np.tril_indices(3, -1)])
        errors.append(np.sqrt(np.diag(sample.gamma)[-3:] / 400))
    assert np.mean(found, axis=0) == pytest.approx([0.5, 0.2, -0.3], abs=0.015)
    # the spread of 200 draws is known to about 5% itself
    assert np.mean(errors, axis=0) == pytest.approx(np.std(found, axis=0), rel=0.15)


def simulated(n, seed=5):
    """x -> m -> y with 0.5 and 0.4, and x -> y with 0.2, three items each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.2 * x + rng.normal(size=n)
    traits = {"x": x, "m": m, "y": y}
    return {f"{k}{j}": v + 0.6 * rng.normal(size=n) for k, v in traits.items() for j in (1, 2, 3)}


MEDIATION = """
x =~ x1 + x2 + x3
m =~ m1 + m2 + m3
y =~ y1 + y2 + y3
m ~ a*x
y ~ b*m + c*x
indirect := a * b
"""


def test_effects_are_those_that_were_put_in():
    result = FactorModel(MEDIATION).fit(simulated(4000))
    effects = {(e.source, e.target): e for e in result.effects}
    through = effects["x", "y"]
    assert through.indirect_ci_lower < 0.2 < through.indirect_ci_upper
    assert through.total_ci_lower < 0.4 < through.total_ci_upper
    assert through.total == pytest.approx(through.direct + through.indirect, abs=1e-12)
    assert (effects["x", "m"].indirect, effects["x", "m"].indirect_se) == (0.0, None)
    defined = next(e for e in result.estimates if e.op == ":=")
    assert (through.indirect, through.indirect_se) == pytest.approx((defined.estimate, defined.se), rel=1e-6)


def test_bootstrap_agrees_with_the_delta_method_where_answers_are_normal():
    columns = simulated(500)
    plain = FactorModel(MEDIATION).fit(columns)
    drawn = FactorModel(MEDIATION, n_bootstrap=200, seed=1).fit(columns)
    again = FactorModel(MEDIATION, n_bootstrap=200, seed=1).fit(columns)
    assert drawn.effects == again.effects
    for one, two in zip(plain.effects, drawn.effects, strict=True):
        assert one.total == two.total
        assert two.total_se == pytest.approx(one.total_se, rel=0.25)  # 200 draws: 5% of noise
        assert two.total_ci_lower < one.total < two.total_ci_upper
    assert {e.se for e in drawn.estimates if e.free} != {e.se for e in plain.estimates if e.free}


def test_missing_answers_that_depend_on_what_was_answered_do_not_bend_the_figures():
    """Missing at random: whoever is high on x1 skips the rest of y; listwise is off, FIML is not."""
    columns = simulated(6000)
    for name in ("y1", "y2", "y3"):
        columns[name] = np.where(columns["x1"] > 0, np.nan, columns[name])
    means = {}
    for missing in ("listwise", "fiml"):
        model = FactorModel("y =~ y1 + y2 + y3\nx =~ x1 + x2 + x3\ny1 ~ 1", missing=missing)
        means[missing] = next(e for e in model.fit(columns).estimates if (e.lhs, e.op) == ("y1", "~1"))
    assert means["fiml"].ci_lower < 0.0 < means["fiml"].ci_upper
    assert means["listwise"].ci_upper < 0.0


def test_definitions_are_reckoned_like_r_does():
    values = {"a": 2.0, "b.x": 3.0}
    cases = {"a^2 + b.x": 7, "-a*(b.x - 1)": -4, "sqrt(a*8)/2e0": 2, "log(exp(a))": 2}
    for text, expected in cases.items():
        assert definition(Term("d", ":=", text)).compute(values) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["d := ", "d := a +", "d := a b", "d := __import__('os')", "d := a.b(1)", "d := max(a, a)", "1 := a"],
)
def test_what_is_no_definition_is_refused(text):
    with pytest.raises(OptionError, match="line 2"):
        parse_model("f =~ a*x\n" + text)


def test_definitions_need_labels_that_exist():
    with pytest.raises(OptionError, match="label that no parameter has"):
        FactorModel("f =~ x1 + a*x2 + x3\nd := a * b")
    with pytest.raises(OptionError, match="same label before both"):
        FactorModel("f =~ x1 + a*x2 + b*x3\na == b")
