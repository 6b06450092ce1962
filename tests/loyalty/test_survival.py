"""Survival against published answers, R's survival, lifelines, brute force and known hazards."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.errors import DataError, OptionError
from verbond.loyalty.survival import Cox
from verbond.numerics.survival import Spans, kaplan_meier, log_rank

REFERENCE = Path(__file__).parents[1] / "reference"
EXACT = 1e-9
"""The same closed form in another order of sums."""
FITTED = 1e-6
"""Two programs that stop climbing at different moments."""
PRINTED = 5.1e-4
"""Three decimals in print."""

# Weeks in remission of 42 children with leukaemia, 21 on 6-mercaptopurine and 21 on placebo, with the
# logarithm of their white cells: Freireich et al. (1963), Blood 21, 699-716, as printed in Kleinbaum & Klein
# (2012),
# Survival Analysis: A Self-Learning Text, 3rd ed., tables 1.1 and 3.1; a + stands for still in remission.
MERCAPTOPURINE = """
    6 2.31, 6 4.06, 6 3.28, 7 4.43, 10 2.96, 13 2.88, 16 3.60, 22 2.32, 23 2.57, 6+ 3.20, 9+ 2.80, 10+ 2.70,
    11+ 2.60, 17+ 2.16, 19+ 2.05, 20+ 2.01, 25+ 1.78, 32+ 2.20, 32+ 2.53, 34+ 1.47, 35+ 1.45
"""
PLACEBO = """
    1 2.80, 1 5.00, 2 4.91, 2 4.48, 3 4.01, 4 4.36, 4 2.42, 5 3.49, 5 3.97, 8 3.52, 8 3.05, 8 2.32, 8 3.26,
    11 3.49, 11 2.12, 12 1.50, 12 3.06, 15 2.30, 17 2.95, 22 2.73, 23 1.97
"""


def read(text):
    pairs = [one.split() for one in text.split(",")]
    return [(float(t.rstrip("+")), "+" not in t, float(w)) for t, w in pairs]


@pytest.fixture(scope="module")
def remission():
    treated, placebo = read(MERCAPTOPURINE), read(PLACEBO)
    time, event, wbc = (np.array(c) for c in zip(*treated, *placebo, strict=True))
    return Spans.of(None, time, event), {"placebo": np.repeat([0.0, 1.0], 21), "log_wbc": wbc}


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survival.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(r):
    d = {name: np.array(column) for name, column in r["rows"].items()}
    return Spans.of(d["start"], d["stop"], d["event"]), d


@pytest.fixture(scope="module")
def long(r):
    d = {name: np.array(column) for name, column in r["long"].items()}
    return Spans.of(d["start"], d["stop"], d["event"]), {k: d[k] for k in "xzy"}, d


# published answers


def test_kaplan_meier_of_the_remissions_is_as_printed(remission):
    """Kleinbaum & Klein, section 2.III: group 1 (6-MP) and, with a median of 8 weeks, group 2."""
    spans, of = remission
    treated = kaplan_meier(spans.select(of["placebo"] == 0))
    np.testing.assert_array_equal(treated.times, [6, 7, 10, 13, 16, 22, 23])
    np.testing.assert_array_equal(treated.n_at_risk, [21, 17, 15, 12, 11, 7, 6])
    printed = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    np.testing.assert_allclose(treated.survival, printed, atol=5.1e-5)
    assert treated.quantile()[0] == 23
    assert kaplan_meier(spans.select(of["placebo"] == 1)).quantile()[0] == 8


def test_log_rank_of_the_remissions_is_as_printed(remission):
    """Kleinbaum & Klein, section 2.IV: observed 9 and 21, expected 19.25 and 10.75, chi-squared 16.79."""
    found = log_rank(remission[0], remission[1]["placebo"])
    np.testing.assert_array_equal(found.observed, [9, 21])
    np.testing.assert_allclose(found.expected, [19.25, 10.75], atol=5.1e-3)
    assert found.statistic == pytest.approx(16.79, abs=5.1e-3)


def test_cox_of_the_remissions_is_as_printed(remission):
    """Kleinbaum & Klein, section 3.I, ties after Breslow: models 1, 2 and 3."""
    spans, of = remission
    cox, x = Cox("breslow"), {"placebo": of["placebo"]}
    first, second = cox.fit(spans, x), cox.fit(spans, of)
    third = cox.fit(spans, of | {"both": of["placebo"] * of["log_wbc"]})
    for fit, coefficients, errors, twice in (
        (first, [1.509], [0.410], 172.759),
        (second, [1.294, 1.604], [0.422, 0.329], 144.559),
        (third, [2.355, 1.803, -0.342], [1.681, 0.447, 0.520], 144.131),
    ):
        np.testing.assert_allclose(fit.coefficients, coefficients, atol=PRINTED)
        np.testing.assert_allclose(fit.standard_errors, errors, atol=PRINTED)
        assert -2 * fit.loglik == pytest.approx(twice, abs=PRINTED)
    ratio, lower, upper = (v[0] for v in second.hazard_ratios())
    assert (ratio, lower, upper) == pytest.approx((3.648, 1.595, 8.343), abs=PRINTED)


# R's survival


@pytest.mark.parametrize("which", ["late", "weighted", "from_0"])
def test_kaplan_meier_is_rs(r, rows, which):
    spans, d = rows
    if which == "weighted":
        spans = Spans.of(d["start"], d["stop"], d["event"], d["w"])
    if which == "from_0":
        spans = Spans.of(None, d["stop"] - d["start"], d["event"])
    found, theirs = kaplan_meier(spans), r[f"km_{which}"]
    np.testing.assert_array_equal(found.times, theirs["time"])
    np.testing.assert_allclose(found.n_at_risk, theirs["at_risk"], rtol=EXACT)
    np.testing.assert_allclose(found.survival, theirs["survival"], rtol=EXACT)
    told = np.array([v is not None for v in theirs["lower"]]) & (found.survival > 0)
    for ours, name in ((found.ci_lower, "lower"), (found.ci_upper, "upper")):
        np.testing.assert_allclose(ours[told], np.array(theirs[name], float)[told], rtol=1e-8)
    assert found.quantile() == pytest.approx(theirs["median"])
    mean, lower, upper = found.restricted_mean(30)
    assert mean == pytest.approx(theirs["restricted"][0], rel=1e-9)
    assert (upper - lower) / 2 / 1.959963985 == pytest.approx(theirs["restricted"][1], rel=1e-8)


def test_log_rank_is_rs(r, rows):
    _, d = rows
    length = Spans.of(None, d["stop"] - d["start"], d["event"])
    for strata, name in ((None, "log_rank"), (d["s"], "log_rank_strata")):
        found = log_rank(length, d["g"], strata)
        np.testing.assert_allclose(found.observed, r[name]["observed"], rtol=EXACT)
        np.testing.assert_allclose(found.expected, r[name]["expected"], rtol=EXACT)
        assert found.statistic == pytest.approx(r[name]["chisq"][0], rel=1e-9)
        assert found.df == 2
    free = Spans.of(d["start"], np.array(r["free_stop"]), d["event"])
    assert log_rank(free, d["g"]).statistic == pytest.approx(r["log_rank_late"]["chisq"][0], rel=1e-9)
    within = log_rank(free, d["g"], d["s"])
    assert within.statistic == pytest.approx(r["log_rank_late_strata"]["chisq"][0], rel=1e-9)


@pytest.mark.parametrize("which", ["efron", "breslow", "strata", "heavy", "heavy_breslow"])
def test_cox_is_rs(r, long, which):
    spans, x, d = long
    strata = clusters = None
    if which != "efron" and which != "breslow":
        clusters = d["id"]
    if which == "strata":
        strata = d["s"]
    if which.startswith("heavy"):
        spans = Spans.of(d["start"], d["stop"], d["event"], d["w"])
    fit, theirs = Cox("breslow" if "breslow" in which else "efron").fit(spans, x, strata, clusters), r[which]
    assert fit.converged
    np.testing.assert_allclose(fit.coefficients, theirs["coef"], rtol=FITTED)
    np.testing.assert_allclose(fit.covariance.ravel(), theirs["var"], rtol=1e-5, atol=1e-10)
    assert (fit.null_loglik, fit.loglik) == pytest.approx(theirs["loglik"], rel=1e-10)
    if which != "strata":
        assert fit.score_statistic == pytest.approx(theirs["score"][0], rel=1e-8)
    if clusters is not None:
        np.testing.assert_allclose(fit.robust_covariance.ravel(), theirs["robust"], rtol=1e-5, atol=1e-10)
    base = fit.baseline()
    at_zero = np.exp(-fit.coefficients @ fit.means)
    last = [base.cumulative[base.stratum == s].max() * at_zero for s in np.unique(base.stratum)]
    np.testing.assert_allclose(last, theirs["last_hazard"], rtol=FITTED)


@pytest.mark.parametrize("which", ["km", "identity", "log", "strata", "breslow"])
def test_whether_hazards_are_proportional_is_rs(r, long, which):
    spans, x, d = long
    strata = d["s"] if which == "strata" else None
    fit = Cox("breslow" if which == "breslow" else "efron").fit(spans, x, strata)
    found = fit.proportional(which if which in ("identity", "log") else "km")
    theirs = r[f"zph_{which}"]
    np.testing.assert_allclose([*found.statistic, found.global_statistic], theirs["chisq"], rtol=1e-5)
    np.testing.assert_allclose([*found.pvalue, found.global_pvalue], theirs["p"], rtol=1e-4)


def test_a_grouping_is_tested_as_one_term(r, rows):
    spans, d = rows
    fit = Cox().fit(spans, {"x": d["x"], "b": d["g"] == "b", "c": d["g"] == "c"})
    found = fit.proportional(terms={"x": ["x"], "g": ["b", "c"]})
    np.testing.assert_allclose([*found.statistic, found.global_statistic], r["zph_terms"]["chisq"], rtol=1e-5)
    assert found.df.tolist() == [1, 2]


def test_score_residuals_are_rs(r, long):
    spans, x, _ = long
    found = Cox().fit(spans, x).score_residuals()
    np.testing.assert_allclose(found[:20].T.ravel(), r["score_residuals"], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.sum(axis=0), 0, atol=1e-6)


def test_lifelines_says_the_same(rows, long):
    theirs = json.loads((REFERENCE / "survival_lifelines.json").read_text("utf-8"))
    spans, d = rows
    curve = kaplan_meier(Spans.of(d["start"], d["stop"], d["event"], d["w"]))
    after = np.array(theirs["times"]) >= curve.times[0]
    at = np.array(theirs["times"])[after]
    for ours, name in zip(curve.at(at), ("survival", "lower", "upper"), strict=True):
        there = curve.at(at)[0] > 0
        np.testing.assert_allclose(ours[there], np.array(theirs[name])[after][there], rtol=1e-8)
    plain = kaplan_meier(Spans.of(None, d["stop"] - d["start"], d["event"]))
    assert plain.restricted_mean(30)[0] == pytest.approx(theirs["restricted_mean"][0], rel=1e-9)
    moving = Cox().fit(long[0], long[1])
    np.testing.assert_allclose(moving.coefficients, theirs["moving"]["coef"], rtol=1e-5)
    np.testing.assert_allclose(moving.standard_errors, theirs["moving"]["se"], rtol=1e-5)
    strata = Cox().fit(spans, {k: d[k] for k in "xz"}, strata=d["s"])
    np.testing.assert_allclose(strata.coefficients, theirs["entering"]["coef"], rtol=1e-5)
    np.testing.assert_allclose(strata.standard_errors, theirs["entering"]["se"], rtol=1e-4)


# brute force


def drawn(rng, n=12):
    start = rng.integers(0, 5, n)
    stop = start + rng.integers(1, 7, n)
    return start.astype(float), stop.astype(float), rng.random(n) < 0.7


def slow_loglik(start, stop, event, x, beta, ties):
    """The partial likelihood, written out over who is at risk at each time."""
    risk, total = np.exp(x @ beta), 0.0
    for t in sorted(set(stop[event])):
        at_risk = (start < t) & (stop >= t)
        tied = event & (stop == t)
        d = int(tied.sum())
        total += float((x[tied] @ beta).sum())
        for step in range(d):
            out = step / d * risk[tied].sum() if ties == "efron" else 0.0
            total -= np.log(risk[at_risk].sum() - out)
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", range(4))
def test_cox_is_at_the_top_of_the_likelihood_written_out(ties, seed):
    rng = np.random.default_rng(seed)
    start, stop, event = drawn(rng, 25)
    x = rng.normal(size=(25, 2))
    fit = Cox(ties).fit(Spans.of(start, stop, event), {"a": x[:, 0], "b": x[:, 1]})
    assert fit.null_loglik == pytest.approx(slow_loglik(start, stop, event, x, np.zeros(2), ties))
    top = slow_loglik(start, stop, event, x, fit.coefficients, ties)
    assert fit.loglik == pytest.approx(top, abs=1e-9)
    for step in itertools.product((-0.01, 0, 0.01), repeat=2):
        assert slow_loglik(start, stop, event, x, fit.coefficients + step, ties) <= top + 1e-9


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_kaplan_meier_by_hand(seed):
    start, stop, event = drawn(np.random.default_rng(seed))
    curve, share = kaplan_meier(Spans.of(start, stop, event)), 1.0
    for j, t in enumerate(sorted(set(stop[event]))):
        at_risk = int(((start < t) & (stop >= t)).sum())
        share *= 1 - int((event & (stop == t)).sum()) / at_risk
        assert curve.n_at_risk[j] == at_risk
        assert curve.survival[j] == pytest.approx(share, abs=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_cutting_spans_and_weighing_rows_change_nothing(seed):
    """A span in two halves is the same span; a row of weight two is two rows; their order is nothing."""
    rng = np.random.default_rng(seed)
    start, stop, event = drawn(rng)
    if not event.any():
        return
    middle = (start + stop) / 2
    cut = Spans.of(np.r_[middle, start], np.r_[stop, middle], np.r_[event, np.zeros(len(event), bool)])
    doubled = Spans.of(start, stop, event, np.full(len(stop), 2.0))
    twice = Spans.of(np.r_[start, start], np.r_[stop, stop], np.r_[event, event])
    for one, other in ((Spans.of(start, stop, event), cut), (doubled, twice)):
        a, b = kaplan_meier(one), kaplan_meier(other)
        np.testing.assert_allclose(a.survival, b.survival, atol=1e-12)
        np.testing.assert_allclose(a.ci_lower, b.ci_lower, atol=1e-9)
    x = rng.normal(size=len(stop))
    both = [Cox().fit(Spans.of(start, stop, event), {"x": x}), Cox().fit(cut, {"x": np.r_[x, x]})]
    if not both[0].separated:
        assert both[0].coefficients[0] == pytest.approx(both[1].coefficients[0], abs=1e-6)
        found = [log_rank(s, g).statistic for s, g in (
            (Spans.of(start, stop, event), x > 0), (cut, np.r_[x > 0, x > 0]),
        ) if len(set(g.tolist())) == 2]  # fmt: skip
        assert len(found) in (0, 2)
        assert len(found) == 0 or found[0] == pytest.approx(found[1], abs=1e-9, nan_ok=True)


# what goes wrong


@pytest.mark.parametrize(
    ("start", "stop", "event", "weight", "said"),
    [
        ([], [], [], None, "no spans"),
        ([0, 3], [2, 3], [1, 1], None, "no length"),
        ([0, 5], [2, 3], [1, 1], None, "ends before it starts"),
        ([-1], [3], [1], None, "before zero"),
        ([0], [np.nan], [1], None, "missing"),
        ([0], [2], [0.5], None, "neither"),
        ([0, 0], [2, 3], [1], None, "length"),
        ([0], [2], [1], [0], "weight"),
    ],
    ids=["none", "zero length", "backwards", "below zero", "missing", "half", "uneven", "weightless"],
)
def test_bad_spans_are_named(start, stop, event, weight, said):
    with pytest.raises(DataError, match=said):
        Spans.of(start, stop, event, weight)


def test_nobody_left():
    spans = Spans.of(None, [5, 6, 7], [0, 0, 0])
    curve = kaplan_meier(spans)
    survival, lower, upper = curve.at([4, 8])
    assert survival[0] == 1
    assert upper[0] == 1
    assert lower[0] == pytest.approx(0.025 ** (1 / 3))  # s^3 = 0.025: the binomial with three
    assert np.isnan(survival[1])
    assert np.isnan(curve.quantile()[0])
    with pytest.raises(DataError, match="nobody left"):
        Cox().fit(spans, {"x": [1, 2, 3]})
    assert np.isnan(log_rank(spans, ["a", "a", "b"]).statistic)


def test_everybody_left_the_same_day():
    spans = Spans.of(None, [5, 5, 5, 5], [1, 1, 1, 1])
    curve = kaplan_meier(spans)
    assert curve.survival.tolist() == [0]
    assert (curve.ci_lower[0], curve.ci_upper[0]) == (0, 1)
    assert curve.quantile()[0] == 5
    assert curve.restricted_mean(10) == pytest.approx((5, 5, 5))
    assert np.isnan(log_rank(spans, ["a", "a", "b", "b"]).statistic)  # as expected, without any spread
    fit = Cox().fit(spans, {"x": [0, 0, 1, 1]})
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(fit.proportional().global_pvalue)


def test_one_group_and_one_person():
    spans = Spans.of(None, [5], [1])
    with pytest.raises(DataError, match="one group"):
        log_rank(spans, ["a"])
    with pytest.raises(DataError, match="does not vary"):
        Cox().fit(spans, {"x": [1]})
    assert kaplan_meier(spans).survival.tolist() == [0]


def test_separation_is_said_and_not_sold_as_a_number(rows):
    spans, d = rows
    never = (d["event"] == 0) & (d["x"] == 1)
    fit = Cox().fit(spans, {"never": never, "z": d["z"]})
    assert fit.separated == ("never",)
    assert np.isnan(fit.coefficients[0])
    assert np.isnan(fit.hazard_ratios()[1][0])
    without = Cox().fit(spans.select(~never), {"z": d["z"][~never]})
    assert fit.coefficients[1] == pytest.approx(without.coefficients[0], abs=1e-5)
    assert fit.standard_errors[1] == pytest.approx(without.standard_errors[0], rel=1e-4)
    with pytest.raises(OptionError, match="cannot be tested"):
        fit.proportional()
    assert Cox().fit(spans, {"x": d["x"], "z": d["z"]}).separated == ()


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_separation_is_found_where_it_is_and_nowhere_else(seed):
    """One covariate, no ties: the likelihood is monotone where who leaves always has most of it, or least."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    x, stop, event = rng.integers(0, 3, n), rng.permutation(n) + 1.0, rng.random(n) < 0.7
    sets = [(x[j], x[stop >= stop[j]]) for j in np.flatnonzero(event)]
    if not any(np.ptp(there) for _, there in sets):
        return
    most = all(mine == there.max() for mine, there in sets)
    least = all(mine == there.min() for mine, there in sets)
    fit = Cox().fit(Spans.of(None, stop, event), {"x": x})
    assert bool(fit.separated) == (most or least)


def test_survival_at_zero_stays_there_whoever_enters_later():
    curve = kaplan_meier(Spans.of([0, 5, 5], [2, 8, 9], [1, 1, 1]))
    assert curve.survival.tolist() == [0, 0, 0]
    assert curve.restricted_mean(9)[0] == 2


def test_covariates_that_depend_on_each_other_are_named(rows):
    spans, d = rows
    with pytest.raises(DataError, match="x, twice"):
        Cox().fit(spans, {"x": d["x"], "z": d["z"], "twice": 2 * d["x"] + 1})
    with pytest.raises(DataError, match="flat does not vary"):
        Cox().fit(spans, {"flat": np.ones(len(spans)), "z": d["z"]})
    with pytest.raises(DataError, match="missing"):
        Cox().fit(spans, {"z": np.full(len(spans), np.nan)})


def test_large_numbers_are_no_trouble(rows):
    """A covariate in days since 1970 gives the same ratio as one that begins at 0."""
    spans, d = rows
    near, far = (Cox().fit(spans, {"z": d["z"] * 365 + add}).coefficients[0] for add in (0.0, 20_000.0))
    assert far == pytest.approx(near, rel=1e-8)


# known hazards


def simulated(rng, n, beta=0.7, leave=0.02):
    """Exponential lifetimes; half of the people came before we look, and only those still there are seen."""
    x = (rng.random(n) < 0.5).astype(float)
    life = rng.exponential(1 / (leave * np.exp(beta * x)))
    start = np.where(rng.random(n) < 0.5, rng.uniform(0, 60, n), 0.0)
    seen = life > start
    stop = np.minimum(life, start + 50)[seen]
    return Spans.of(start[seen], stop, life[seen] <= start[seen] + 50), x[seen]


def test_known_hazards_come_back():
    spans, x = simulated(np.random.default_rng(3), 40_000)
    fit = Cox().fit(spans, {"x": x})
    assert abs(fit.coefficients[0] - 0.7) < 4 * fit.standard_errors[0]
    curve = kaplan_meier(spans.select(x == 0))
    survival, lower, upper = curve.at([10, 40, 90])
    np.testing.assert_allclose(survival, np.exp(-0.02 * np.array([10, 40, 90])), atol=0.015)
    assert ((lower < survival) & (survival < upper)).all()
    ignored = kaplan_meier(Spans.of(None, spans.stop[x == 0], spans.event[x == 0]))
    assert ignored.at([40])[0][0] > survival[1] + 0.05  # who forgets late entry finds too many staying


@pytest.mark.slow
def test_intervals_cover():
    """95% intervals hold the truth in 92-98% of 400 samples."""
    rng, hits = np.random.default_rng(5), np.zeros(5)
    truth = np.exp(-0.02 * 30)
    for _ in range(400):
        spans, x = simulated(rng, 300)
        fit = Cox().fit(spans, {"x": x}, clusters=np.arange(len(x)))
        half = 1.96 * np.sqrt(np.diag(fit.covariance))[0], 1.96 * fit.standard_errors[0]
        curve = kaplan_meier(spans.select(x == 0))
        _, lower, upper = curve.at([30])
        mean = curve.restricted_mean(30)
        median = curve.quantile()
        hits += [
            abs(fit.coefficients[0] - 0.7) < half[0],
            abs(fit.coefficients[0] - 0.7) < half[1],
            lower[0] < truth < upper[0],
            mean[1] < (1 - truth) / 0.02 < mean[2],
            median[1] < np.log(2) / 0.02 and not median[2] < np.log(2) / 0.02,
        ]
    assert ((hits / 400 > 0.92) & (hits / 400 < 0.98)).all(), hits / 400
