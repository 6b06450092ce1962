"""Who was lost, when the shares changed, and groups drawn towards one another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency, norm

from verbond.effects import Experiment
from verbond.effects.experiment.bounds import lee_bounds
from verbond.effects.experiment.checks import same_shares_pvalue
from verbond.effects.experiment.shrinkage import shrink

SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def bounds_of(control: np.ndarray, variant: np.ndarray, lost: tuple[int, int], level: float = 0.95):
    values = np.unique(np.r_[control, variant])
    counts = [np.array([(arm == v).sum() for v in values]) for arm in (control, variant)]
    return lee_bounds(values, *counts, *lost, level)


def test_the_share_that_is_trimmed_is_that_of_job_corps() -> None:
    """Lee (2009): wages of 56.6% of control and 60.7% of treatment were known; 6.8% is trimmed."""
    found = bounds_of(np.arange(566.0), np.arange(607.0), (434, 393))
    assert found.trimmed == pytest.approx(0.068, abs=0.0005)


def test_bounds_are_what_sorting_and_cutting_by_hand_gives() -> None:
    rng = np.random.default_rng(1)
    control, variant = rng.integers(0, 9, 60).astype(float), rng.integers(0, 9, 80).astype(float)
    found = bounds_of(control, variant, (40, 20))  # 60% and 80% answered: a quarter of 80 is cut
    ordered = np.sort(variant)
    assert found.lower == pytest.approx(ordered[:60].mean() - control.mean())
    assert found.upper == pytest.approx(ordered[20:].mean() - control.mean())
    swapped = bounds_of(variant, control, (20, 40))  # control answered more, so control is cut
    assert (swapped.lower, swapped.upper) == pytest.approx((-found.upper, -found.lower))


def test_a_cut_within_a_unit_takes_a_part_of_it() -> None:
    found = bounds_of(np.array([0.0] * 5), np.array([0.0, 1, 2]), (5, 2))  # 50% and 60%: keep 2.5 of 3
    assert found.lower == pytest.approx((0 + 1 + 0.5 * 2) / 2.5)
    assert found.upper == pytest.approx((2 + 1 + 0.5 * 0) / 2.5)


def test_bounds_of_normal_answers_have_a_closed_form() -> None:
    z = norm.ppf(np.linspace(0, 1, 40_001)[1:-1])
    found = bounds_of(z[::4], z[::3], (int(len(z[::4]) * 2 / 3), int(len(z[::3]) / 4)))  # 60%, 80%
    assert found.lower == pytest.approx(-norm.pdf(norm.ppf(0.75)) / 0.75, abs=0.003)
    assert found.upper == pytest.approx(-found.lower, abs=0.003)


def test_where_everybody_answers_the_plain_difference_is_left() -> None:
    rng = np.random.default_rng(2)
    control, variant = rng.normal(0, 1, 200), rng.normal(0.5, 1, 200)
    found = bounds_of(control, variant, (0, 0))
    assert found.lower == pytest.approx(found.upper)
    error = math.sqrt(control.var(ddof=1) / 200 + variant.var(ddof=1) / 200)
    assert found.ci_upper - found.upper == pytest.approx(1.96 * error, rel=0.01)


@pytest.mark.slow
def test_the_interval_covers_the_effect_on_those_who_always_answer() -> None:
    """Worst case: the action brings out only low answers, so the truth is at the upper bound."""
    rng, covered, runs, n = np.random.default_rng(3), 0, 600, 400
    for _ in range(runs):
        answer = rng.normal(0, 1, (2, n))
        always, moved = rng.random((2, n)) < 0.6, np.zeros((2, n), bool)
        moved[1] = ~always[1] & (rng.random(n) < 0.5)
        effect = 0.3
        variant = np.r_[answer[1][always[1]] + effect, answer[1][moved[1]] - 6]
        found = bounds_of(answer[0][always[0]], variant, ((~always[0]).sum(), n - len(variant)))
        covered += found.ci_lower <= effect <= found.ci_upper
    assert covered / runs == pytest.approx(0.95, abs=0.025)


def test_losing_people_unequally_costs_the_verdict() -> None:
    rng = np.random.default_rng(4)
    n = 1000
    arm = np.repeat(["a", "b"], n)
    y = rng.normal(size=2 * n) + 0.15 * (arm == "b")
    y[(arm == "b") & (y < 0) & (rng.random(2 * n) < 0.3)] = np.nan  # who is unhappy with b does not answer
    result = Experiment("arm", "a", ("y",)).analyze({"arm": arm, "y": y})
    row = result.effects[0]
    assert row.pvalue < 1e-4
    assert row.lee_ci_lower < 0.15 < row.lee_ci_upper
    assert (row.verdict, row.headline.code) == ("cannot_tell", "effects.row_lost")
    assert (row.headline.values["low"], row.headline.values["high"]) == (row.lee_ci_lower, row.lee_ci_upper)
    assert "effects.lost_unequally" in [reason.code for reason in result.reasons]


def test_shares_that_changed_are_found_as_scipy_does() -> None:
    counts = np.array([[50.0, 48, 60], [52, 49, 20]])
    assert same_shares_pvalue(counts) == pytest.approx(chi2_contingency(counts, correction=False).pvalue)
    assert same_shares_pvalue(np.array([[3.0, 2], [2, 3]])) is None


def test_an_assignment_whose_shares_changed_gives_no_verdict_but_within_days() -> None:
    rng = np.random.default_rng(5)
    day = np.repeat(["1 May", "2 May"], 600)
    arm = np.where(rng.random(1200) < np.where(day == "1 May", 0.5, 0.85), "b", "a")
    data = {"arm": arm, "day": day, "y": rng.normal(size=1200) + 1.0 * (day == "2 May")}
    refused = Experiment("arm", "a", ("y",), day="day").analyze(data)
    assert refused.headline.code == "effects.assignment_changed"
    assert refused.verdict == "cannot_tell"
    within = Experiment("arm", "a", ("y",), day="day", strata=("day",)).analyze(data)
    assert within.headline.code != "effects.assignment_changed"
    assert abs(within.effects[0].effect_size) < 3 * within.effects[0].standard_error


def test_schools_are_those_of_the_book() -> None:
    """Gelman et al. (2013), table 5.3: medians of 200 draws, so to about two points."""
    found = shrink(SCHOOLS, ERRORS)
    assert found.mean == pytest.approx([10, 8, 7, 8, 5, 6, 10, 8], abs=2.0)
    assert found.lower == pytest.approx([-2, -5, -11, -7, -9, -7, -1, -6], abs=3.0)
    assert found.upper == pytest.approx([31, 23, 19, 21, 18, 20, 26, 33], abs=8.0)


def test_schools_are_those_of_a_gibbs_sampler() -> None:
    """Written from the model: effects given mean and spread, mean given effects, spread given effects."""
    rng, draws = np.random.default_rng(6), 60_000
    tau2, mu, kept = 25.0, 8.0, np.empty((draws, 8))
    for i in range(draws):
        precision = 1 / ERRORS**2 + 1 / tau2
        theta = rng.normal((SCHOOLS / ERRORS**2 + mu / tau2) / precision, np.sqrt(1 / precision))
        mu = rng.normal(theta.mean(), math.sqrt(tau2 / 8))
        tau2 = ((theta - mu) ** 2).sum() / rng.chisquare(7)  # flat in tau: 8 - 1 degrees of freedom
        kept[i] = theta
    found = shrink(SCHOOLS, ERRORS)
    assert found.mean == pytest.approx(kept[1000:].mean(axis=0), abs=0.7)
    assert found.lower == pytest.approx(np.quantile(kept[1000:], 0.025, axis=0), abs=1.2)
    assert found.upper == pytest.approx(np.quantile(kept[1000:], 0.975, axis=0), abs=1.5)


def test_intervals_of_groups_cover_also_the_best_looking_one() -> None:
    rng, runs, g = np.random.default_rng(7), 300, 8
    all_covered = best_covered = best_plain = 0.0
    for _ in range(runs):
        errors = rng.uniform(0.5, 2.0, g)
        truth = rng.normal(1.0, 0.7, g)
        effects = rng.normal(truth, errors)
        found = shrink(effects, errors)
        inside = (found.lower <= truth) & (truth <= found.upper)
        best = int(np.argmax(effects))
        all_covered += inside.mean() / runs
        best_covered += inside[best] / runs
        best_plain += (abs(effects[best] - truth[best]) < 1.96 * errors[best]) / runs
    assert all_covered == pytest.approx(0.95, abs=0.025)
    assert best_covered > 0.91
    assert best_plain < best_covered


def test_groups_of_an_experiment() -> None:
    rng = np.random.default_rng(8)
    n = 3000
    arm, rung = rng.integers(0, 2, n), rng.integers(0, 5, n)
    truth = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    data = {"arm": arm.astype(str), "rung": rung.astype(str), "y": rng.normal(size=n) + arm * truth[rung]}
    result = Experiment("arm", "0", ("y",), groups=("rung",)).analyze(data)
    assert [row.group for row in result.groups] == list("01234")
    for row in result.groups:
        here = rung == int(row.group)
        plain = data["y"][here & (arm == 1)].mean() - data["y"][here & (arm == 0)].mean()
        assert row.effect_size == pytest.approx(plain)
        assert row.shrunk_ci_lower < truth[int(row.group)] < row.shrunk_ci_upper
    assert result.group_tests[0].pvalue < 1e-6


def test_small_groups_are_not_shown_nor_given_away() -> None:
    rng = np.random.default_rng(9)
    groups = np.array(["n"] * 60 + ["s"] * 50 + ["e"] * 40 + ["w"] * 30 + ["x"] * 3)
    data = {"arm": np.tile(["a", "b"], 92)[:183], "where": groups, "y": rng.normal(size=183)}
    shown = {row.group for row in Experiment("arm", "a", ("y",), groups=("where",)).analyze(data).groups}
    assert shown == {"n", "s", "e"}  # w goes with x: together they are enough
    two = Experiment("arm", "a", ("y",), groups=("arm2",)).analyze(
        {**data, "arm2": np.tile(["p", "q", "q"], 61)}
    )
    assert two.groups == ()
    assert "effects.few_groups" in [reason.code for reason in two.reasons]
