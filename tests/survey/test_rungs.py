"""Asked rungs against companies of which every profile is known, and the kernels against brute force."""

import itertools

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from verbond.errors import DataError, OptionError
from verbond.survey import Survey
from verbond.survey.guttman import guttman, guttman_errors
from verbond.survey.rung_kernel import people_under, summed
from verbond.survey.rung_models import LINEAR, PROFILES, _Free
from verbond.survey.rungs import AskedRungs
from verbond.tables import RUNG_CONSTRUCTS
from verbond.tables.simulate import simulate


def table(scores, errors, waves=None, people=None):
    """The canonical `scores` table of a matrix of scores."""
    n = len(scores)
    people = [f"r{i:05d}" for i in range(n)] if people is None else people
    waves = [None] * n if waves is None else waves
    known = np.isfinite(scores)
    row, c = np.nonzero(known)
    return {
        "respondent_id": np.asarray(people, dtype=object)[row],
        "customer_id": np.full(len(row), None, dtype=object),
        "wave": np.asarray(waves, dtype=object)[row],
        "occurred_at": np.full(len(row), "2026-03-01", dtype="datetime64[us]"),
        "construct": np.asarray(RUNG_CONSTRUCTS, dtype=object)[c],
        "score": scores[row, c],
        "standard_error": errors[row, c],
        "n_items": np.full(len(row), 4),
    }


def drawn(rng, n, shares, profiles=PROFILES, halo=4.0):
    """Scores of people whose profiles are drawn; returns scores, errors and the profiles."""
    who = rng.choice(len(profiles), n, p=shares)
    attained = profiles[who]
    errors = rng.uniform(5, 9, (n, 5))
    level = np.where(attained == 1, 70.0, 45.0) + 5 * rng.normal(size=(n, 5)) + halo * rng.normal(size=(n, 1))
    return level + errors * rng.normal(size=(n, 5)), errors, attained


@pytest.fixture(scope="module")
def worlds():
    """Asked rungs of three companies; each customer's true rung, and whether they skip rung 2."""
    found = {}
    for name in ("textbook", "skipped_rungs", "no_ladder"):
        company = simulate(name, seed=7)
        result = AskedRungs().fit(Survey().fit(company.open()).scores)
        found[name] = (result, *truth_of(company, result.people))
    return found


def truth_of(company, people):
    """Per row of `people`: true rung at that wave (-1 unknown), and whether that customer skips rung 2."""
    row = {c: i for i, c in enumerate(company.truth.customer_ids)}
    period = {wave.name: wave.period for wave in company.world.waves}
    pairs = list(zip(people["customer_id"], people["wave"], strict=True))
    rung = [company.truth.rungs[row[c], period[w]] if c is not None else -1 for c, w in pairs]
    skips = [bool(company.truth.skips[row[c]]) if c is not None else False for c, _ in pairs]
    return np.array(rung), np.array(skips)


@pytest.mark.parametrize(
    ("world", "verdict", "best"),
    [
        ("textbook", "ladder", "linear"),
        ("skipped_rungs", "skips", "skip_2"),
        ("no_ladder", "no_order", "independent"),
    ],
)
def test_the_verdict_is_the_world_that_was_made(worlds, world, verdict, best):
    result = worlds[world][0]
    assert result.verdict == verdict
    assert result.models[0].model == best
    assert result.reason.code == f"survey.rungs_{verdict}"
    for language in ("en", "nl"):
        assert "{" not in result.reason.sentence(language)


def test_six_profiles_are_only_rejected_where_they_are_wrong(worlds):
    assert worlds["textbook"][0].p_value > 0.05
    assert worlds["skipped_rungs"][0].p_value < 1e-6
    assert worlds["no_ladder"][0].p_value < 1e-6
    assert worlds["textbook"][0].df == 26


def test_how_many_skip_which_rung_is_inside_its_interval(worlds):
    for world in ("textbook", "skipped_rungs"):
        result, rung, skips = worlds[world]
        truth = (skips & (rung >= 3))[rung >= 0].mean()
        second = result.rungs[1].skipped
        assert second.ci_lower - 0.01 < truth < second.ci_upper + 0.01  # all waves here, the latest there
        for other in (result.rungs[0], result.rungs[2], result.rungs[3]):
            assert other.skipped.ci_lower < 0.05  # nobody skips these
        assert result.rungs[4].skipped is None
    assert worlds["skipped_rungs"][0].rungs[1].skipped.value > 0.35
    assert worlds["skipped_rungs"][0].reason.values["rung"] == 2


def test_shares_attained_are_the_true_ones(worlds):
    result, rung, _ = worlds["textbook"]
    for k in range(1, 6):
        truth, found = (rung[rung >= 0] >= k).mean(), result.rungs[k - 1].attained
        assert found.value == pytest.approx(truth, abs=0.06)


def test_people_are_placed_better_than_by_cutting_their_scores(worlds):
    result, rung, _ = worlds["textbook"]
    people, known = result.people, rung >= 0
    hit = (people["rung"] == rung)[known].mean()
    assert hit > 0.6
    said = people["probability"][known].mean()
    assert said == pytest.approx(hit, abs=0.08)  # as sure as they are right


def test_guttman_beats_chance_with_a_ladder_and_hardly_without(worlds):
    textbook, none = worlds["textbook"][0].guttman, worlds["no_ladder"][0].guttman
    assert textbook.reproducibility > textbook.chance_upper + 0.1
    assert textbook.scalability > 0.6 > 0.4 > none.scalability


def test_likelihood_is_the_normal_density_done_by_brute_force():
    rng = np.random.default_rng(1)
    x, e = rng.normal(55, 12, (40, 5)), rng.uniform(4, 9, (40, 5))
    x[rng.random(x.shape) < 0.15] = np.nan
    means = rng.uniform(30, 80, (7, 5))
    variance, loading, shares = rng.uniform(10, 60, 5), rng.uniform(-3, 8, 5), rng.dirichlet(np.ones(7))
    loglik, post = people_under(x, e, np.log(shares), means, variance, loading)
    for i in range(40):
        known = np.isfinite(x[i])
        cov = (np.diag(variance + e[i] ** 2) + np.outer(loading, loading))[np.ix_(known, known)]
        joint = shares * [multivariate_normal(m[known], cov).pdf(x[i, known]) for m in means]
        assert loglik[i] == pytest.approx(np.log(joint.sum()), abs=1e-9)
        assert post[i] == pytest.approx(joint / joint.sum(), abs=1e-9)
    assert summed(x, e, np.log(shares), means, variance, loading).loglik == pytest.approx(loglik.sum())


@pytest.mark.parametrize(("profiles", "independent"), [(LINEAR, False), (PROFILES, False), (PROFILES, True)])
def test_gradient_is_that_of_the_likelihood(profiles, independent):
    rng = np.random.default_rng(2)
    x, e = rng.normal(55, 12, (60, 5)), rng.uniform(4, 9, (60, 5))
    x[rng.random(x.shape) < 0.1] = np.nan
    free = _Free(profiles, independent)
    z = np.concatenate([
        rng.uniform(35, 50, 5), rng.uniform(60, 75, 5), rng.uniform(0, 5, 5), rng.uniform(2, 4, 5), [4.0],
        rng.normal(size=free.size - 21),
    ])  # fmt: skip
    slope = free.value(z, x, e)[1]
    for p in range(free.size):
        step = 1e-5 * (np.arange(free.size) == p)
        ends = [free.value(z + s * step, x, e)[0] for s in (-1, 1)]
        assert slope[p] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-4, abs=1e-4)


def test_known_shares_are_recovered_with_gaps_in_the_scores():
    """Everything as the model has it: all profile sums lie inside intervals of 99.9%."""
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(32, 0.4))
    x, e, attained = drawn(rng, 3000, shares)
    x[rng.random(x.shape) < 0.05] = np.nan
    found = AskedRungs(ci_level=0.999).fit(table(x, e))
    for rung in found.rungs:
        c = rung.rung - 1
        assert rung.attained.ci_lower < attained[:, c].mean() < rung.attained.ci_upper
        if rung.skipped is not None:
            truth = ((attained[:, c] == 0) & attained[:, c + 1 :].any(axis=1)).mean()
            assert rung.skipped.ci_lower < truth < rung.skipped.ci_upper
    linear = (np.diff(attained.astype(int), axis=1) <= 0).all(axis=1).mean()
    assert found.linear.ci_lower < linear < found.linear.ci_upper
    assert all(p.share.value * found.n_respondents >= 5 for p in found.profiles)


@pytest.mark.slow
def test_intervals_of_a_skipped_rung_hold_as_often_as_they_say():
    rng = np.random.default_rng(4)
    shares = np.where((np.diff(PROFILES.astype(int), axis=1) <= 0).all(axis=1), 0.13, 0.0)
    shares[PROFILES.tolist().index([1, 0, 1, 0, 0])] = 1 - shares.sum()
    inside = 0
    for _ in range(100):
        x, e, _ = drawn(rng, 500, shares)
        second = AskedRungs(n_permutations=99).fit(table(x, e)).rungs[1].skipped
        inside += second.ci_lower < 0.22 < second.ci_upper
    assert inside >= 88  # 95 expected; 88 has probability .004 of being undercut


def test_errors_of_guttman_are_counted_as_by_hand_over_every_profile():
    steps = np.array(list(itertools.product((False, True), repeat=5)))
    for row, errors in zip(steps, guttman_errors(steps), strict=True):
        ideal = [True] * int(row.sum()) + [False] * int(5 - row.sum())
        assert errors == sum(a != b for a, b in zip(row, ideal, strict=True))


def test_chance_distribution_of_guttman_is_that_of_independent_steps():
    """Over all 32 rows weighted by independent shares the expected reproducibility can be summed exactly."""
    rng = np.random.default_rng(5)
    p = np.array([0.8, 0.6, 0.5, 0.3, 0.2])
    steps = rng.random((4000, 5)) < p
    every = np.array(list(itertools.product((False, True), repeat=5)))
    weight = np.prod(np.where(every, steps.mean(axis=0), 1 - steps.mean(axis=0)), axis=1)
    exact = 1 - (weight @ guttman_errors(every)) / 5
    found = guttman(steps, np.ones(4000, dtype=bool), 199, rng)
    assert found.chance_mean == pytest.approx(exact, abs=0.002)
    assert found.p_value > 0.01
    ordered = np.arange(5) < rng.integers(0, 6, (300, 1))
    perfect = guttman(ordered, np.ones(300, dtype=bool), 199, rng)
    assert (perfect.reproducibility, perfect.p_value) == (1.0, 1 / 200)


def test_the_latest_wave_counts_and_every_wave_is_placed():
    rng = np.random.default_rng(6)
    x, e, _ = drawn(rng, 300, np.full(6, 1 / 6), LINEAR)
    people = [f"r{i:03d}" for i in range(150)] * 2
    waves = ["a"] * 150 + ["b"] * 150
    found = AskedRungs(n_permutations=99).fit(table(x, e, waves, people))
    assert found.n_respondents == 150
    assert len(found.people["rung"]) == 300
    order = rng.permutation(300)
    again = AskedRungs(n_permutations=99).fit(
        table(x[order], e[order], np.array(waves)[order], np.array(people)[order])
    )
    assert again.rungs[1].attained.value == pytest.approx(found.rungs[1].attained.value, abs=1e-9)


def test_what_cannot_be_told_is_named():
    rng = np.random.default_rng(7)
    x, e, _ = drawn(rng, 300, np.full(6, 1 / 6), LINEAR)
    x[:, 1] = np.nan
    with pytest.raises(DataError, match="congruence"):
        AskedRungs().fit(table(x, e))
    with pytest.raises(DataError, match="experience"):
        AskedRungs().fit(table(x[:3], e[:3]))
    with pytest.raises(OptionError, match="threshold"):
        AskedRungs(threshold=120)
