"""The ladder on periods put aside: scores by hand, worlds in which it is right, and others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_fitted import company, fitted, fitted_classes, fitted_rich
from ladder_worlds import draw
from scipy.stats import nbinom

from verbond.errors import DataError
from verbond.ladder import Ladder, LadderTrial, Predicted, Task
from verbond.ladder.ahead.chain import filtered_states
from verbond.ladder.ahead.forecast import Forecast, forecasts
from verbond.ladder.coding.panels import between
from verbond.ladder.judging.calibration import brier_parts, pit_histogram, reliability, residuals
from verbond.ladder.judging.rivals import (
    _logistic,
    _negative_binomial,
    area_under_curve,
    one_class,
)
from verbond.ladder.scoring.scoring import on_panel


@pytest.fixture(scope="module")
def trial() -> LadderTrial:
    return fitted_classes().check(company().panel)


def test_a_forecast_is_the_mixture_over_states() -> None:
    """Chance, mean and mass of one customer's rows, from filtered probabilities and scipy's densities."""
    panel = company().panel.select(np.arange(40))
    fit = fitted()._fitted
    found, _, _ = forecasts(fit, panel)
    one = next(f for f in found if f.name == "purchase")
    model, theta, encoded = on_panel(fit, panel)
    tables = model.tables(theta)
    filtered = filtered_states(encoded.sequences, tables)
    j = next(j for j, e in enumerate(model.emissions) if e.name == "purchase")
    own = theta[model.slices[2 + j]]
    lift = dict(zip(model.emissions[j].slopes, own[6:], strict=False)).get("invitation", 0.0)
    size = np.exp(own[-1])
    begins = set(panel.offsets[:-1].tolist())
    checked = 0
    for at, row in enumerate(one.rows):
        if int(row) in begins:
            continue
        matrix = np.zeros((6, 6))
        matrix[tables.source, tables.target] = tables.edges[encoded.sequences.moves[row]]
        weights = filtered[row - 1] @ matrix
        mean = np.exp(own[:6] + lift * panel.exposures["invitation"][row])
        y = int(panel.counts["purchase"][row])
        density = nbinom(size, size / (size + mean))
        assert one.observed[at] == y
        assert one.expected[at] == pytest.approx(weights @ mean)
        assert one.probability[at] == pytest.approx(1 - weights @ density.pmf(0))
        assert one.log_score[at] == pytest.approx(np.log(weights @ density.pmf(y)))
        assert one.below[at] == pytest.approx(weights @ density.cdf(y - 1), abs=1e-12)
        assert one.up_to[at] == pytest.approx(weights @ density.cdf(y))
        checked += 1
    assert checked > 300


def test_in_a_world_of_its_own_its_chances_are_right(trial: LadderTrial) -> None:
    assert len(trial.periods) == 2
    by_name = {r.variable: r for r in trial.reliability}
    assert set(by_name) == {"purchase", "visit", "referral", "answered"}
    assert all(r.reason.code != "ladder.chances_off" for r in trial.reliability)
    assert by_name["purchase"].calibration_error < 0.03
    for r in trial.reliability:
        assert r.brier == pytest.approx(r.reliability - r.resolution + r.uncertainty + r.within_bins)
        assert r.reliability < r.resolution + 0.005
    assert {r.variable for r in trial.residuals} > {"purchase", "trust"}
    assert [r.variable for r in trial.residuals if r.verdict != "right"] == []
    assert all(p.agrees for p in trial.paths)
    assert "ladder.paths_right" in [r.code for r in trial.reasons]


def test_a_rich_model_is_tried_too() -> None:
    """Feedback, silent leavers and classes that move: forecasts, paths and the plain rival go along."""
    found = fitted_rich().check(company().panel)
    assert all(r.reason.code != "ladder.chances_off" for r in found.reliability)
    assert [p.figure for p in found.paths if not p.agrees] == []
    assert found.rivals[-1].way == "one_class"
    assert abs(found.rivals[-1].ladder_gain.value) < 0.02  # this world has no classes


def test_rivals_get_the_same_rows_and_lose_in_this_world(trial: LadderTrial) -> None:
    ways = {r.way: r for r in trial.rivals}
    assert list(ways) == ["ladder", "average", "last", "quantiles", "regression", "one_class"]
    assert len({r.n for r in trial.rivals}) == 1
    for way in ("average", "last", "quantiles"):
        assert ways[way].ladder_gain.ci_lower > 0
        assert ways[way].rmse > ways["ladder"].rmse
        assert ways[way].brier > ways["ladder"].brier
    assert ways["average"].auc == 0.5
    assert ways["regression"].log_score > ways["quantiles"].log_score  # a rival that is worth something
    gain = ways["last"].ladder_gain
    assert gain.value == pytest.approx(ways["ladder"].log_score - ways["last"].log_score)
    assert trial.to_dicts()[0]["way"] == "ladder"


def test_the_next_answers_of_people_who_answered_before(trial: LadderTrial) -> None:
    """In a world where answers are noisy and people move, the last answer alone is worth less than none."""
    ways = {a.way: a for a in trial.answers}
    assert list(ways) == ["ladder", "last", "average"]
    assert ways["ladder"].explained > max(ways["last"].explained, 0.2)
    assert ways["average"].explained == 0
    for way in ("last", "average"):
        assert ways[way].ladder_gain.ci_lower > 0
        gained = ways["ladder"].log_score - ways[way].log_score
        assert ways[way].ladder_gain.value == pytest.approx(gained)
    assert trial.reasons[-1].code == "ladder.answers_ahead"


def test_put_aside_periods_are_really_aside() -> None:
    """Other counts in the last periods change no prediction of the first of them, only how well it does."""
    panel, rng = company().panel, np.random.default_rng(1)
    last = panel.row_periods >= 12
    counts = panel.counts["purchase"].copy()
    counts[last] = rng.permutation(counts[last]) + 3
    other = replace(panel, counts={**panel.counts, "purchase": counts})
    plain, changed = fitted().check(panel), fitted().check(other)
    assert changed.reliability[0].log_score.value < plain.reliability[0].log_score.value - 0.5
    codes = {r.variable: r.reason.code for r in changed.reliability}
    assert codes["purchase"] == "ladder.chances_off"
    assert {r.variable: r.verdict for r in changed.residuals}["purchase"] == "too_low"


def test_a_loss_is_reported() -> None:
    """A rival that knows the future wins, and the words say so."""

    def prophet(task: Task) -> Predicted:
        y = task.counts[task.test]
        return Predicted(y, (y > 0).astype(float), np.zeros(len(y)))

    found = fitted().check(company().panel, rivals={"prophet": prophet})
    lost = next(r for r in found.reasons if r.code == "ladder.rivals_lost")
    assert "prophet does better than the ladder" in lost.sentence("en")
    best = {r.way: r for r in found.rivals}["prophet"]
    assert (best.rmse, best.brier, best.auc) == (0, 0, 1)
    assert best.ladder_gain.ci_upper < 0


def test_lasting_differences_that_the_model_does_not_know_are_noticed() -> None:
    """People who always buy more, in a ladder of two states and one class that nearly everybody shares."""
    drawn, rng = draw(1200, 16, surveyed=False, seed=2), np.random.default_rng(0)
    base = np.repeat(rng.gamma(0.4, 2.5, 1200), drawn.panel.lengths)
    counts = {"purchase": rng.poisson(base).astype(np.uint16)}
    panel = replace(drawn.panel, counts=counts, exposures={})
    result = Ladder(n_states=2, n_starts=2, n_classes=1).fit(panel, uncertainty=False)
    assert result._fitted is not None
    lagged = [p for p in result.check(panel).paths if p.lag == 6]
    assert lagged[0].drawn < lagged[0].observed - 0.1
    assert not lagged[0].agrees


def test_too_few_periods_are_said() -> None:
    short = fitted().check(between(company().panel, 0, 14).select(slice(0, 50)))
    assert len(short.periods)
    panel = company().panel
    cut = replace(panel, periods=panel.periods[:4])
    first = between(panel, 0, 4)
    found = fitted().check(replace(first, periods=cut.periods))
    assert [r.code for r in found.reasons] == ["ladder.trial_too_short"]
    assert found.to_dicts() == []


def test_nothing_fitted_nothing_checked() -> None:
    result = Ladder().fit(between(company().panel, 0, 1))
    with pytest.raises(DataError, match="no fitted ladder"):
        result.check(company().panel)


def test_one_class_is_where_the_classes_stand_together() -> None:
    """The mean of what both classes do in the first row, from two classes and from one."""
    two = fitted_classes()._fitted
    alone = one_class(two)
    assert alone is not None
    assert alone.model.space.n_classes == 1
    assert one_class(alone) is None
    start = two.model.start.probs(two.theta[two.model.slices[0]])
    index = next(j for j, e in enumerate(two.model.emissions) if e.name == "purchase")
    means = np.exp(two.model.emissions[index].log_means(two.theta[two.model.slices[2 + index]]))
    share = start.sum(axis=0).reshape(2, 6).sum(axis=1) / len(start)
    theirs = alone.model.emissions[index].by_state(alone.theta[alone.model.slices[2 + index]])
    np.testing.assert_allclose(theirs, share @ means.reshape(2, 6), rtol=1e-9)


# the scores themselves


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
@settings(max_examples=50, deadline=None)
def test_murphys_parts_add_up(rows: list[tuple[float, bool, int]]) -> None:
    chance, happened, bins = (np.array(column) for column in zip(*rows, strict=True))
    bins = np.unique(bins, return_inverse=True)[1]
    off, told, unsure, rest = brier_parts(chance, happened.astype(float), bins)
    assert off - told + unsure + rest == pytest.approx(((chance - happened) ** 2).mean())
    assert min(off, told, unsure) >= 0


def test_forecasts_that_are_equal_within_bins_leave_nothing() -> None:
    """Murphy (1973): for discrete chances the decomposition is exact."""
    chance = np.repeat([0.2, 0.6], 50)
    happened = np.tile([0.0, 1.0, 0.0, 1.0, 1.0], 20)
    off, told, unsure, rest = brier_parts(chance, happened, np.repeat([0, 1], 50))
    assert (off, told, unsure, rest) == pytest.approx((0.08, 0.0, 0.24, 0.0))


def drawn_forecast(rng: np.random.Generator, stretch: float, n: int = 4000) -> Forecast:
    """Counts drawn from a negative binomial, predicted by one whose spread is another."""
    mean = rng.gamma(2.0, 1.0, n)
    y = rng.poisson(mean * rng.gamma(2.0, 0.5, n)).astype(float)
    density = nbinom(2.0 * stretch, 2.0 * stretch / (2.0 * stretch + mean))
    return Forecast(
        "purchase", np.arange(n), y, mean, 1 - density.pmf(0), density.logpmf(y), density.cdf(y - 1),
        density.cdf(y),
    )  # fmt: skip


@pytest.mark.parametrize(("stretch", "verdict"), [(1.0, "right"), (20.0, "too_sure"), (0.2, "too_unsure")])
def test_residuals_tell_a_wrong_width(stretch: float, verdict: str) -> None:
    found = residuals(drawn_forecast(np.random.default_rng(4), stretch))
    assert found is not None
    assert found.verdict == verdict
    assert found.histogram.sum() == pytest.approx(1)


def test_reliability_counts_by_hand() -> None:
    n = 1000
    chance = np.repeat([0.1, 0.5, 0.9], [400, 300, 300])
    happened = np.concatenate([np.arange(400) < 40, np.arange(300) < 120, np.arange(300) < 270])
    zeros = np.zeros(n)
    one = Forecast("visit", np.arange(n), happened.astype(float), chance, chance, zeros, zeros, zeros)
    found = reliability(one, np.arange(n))
    assert [(b.n, b.observed) for b in found.bins] == [(400, 0.1), (300, 0.4), (300, 0.9)]
    assert found.calibration_error == pytest.approx(0.03)
    assert found.bins[1].ci_upper < 0.5
    assert found.reason.code == "ladder.chances_off"  # 120 of 300 is 3.5 standard errors from a half
    few = reliability(_part(one, np.arange(0, n, 20)), np.arange(50))
    assert few.calibration_error == pytest.approx(0.04)
    assert few.reason.code == "ladder.chances_few"  # 6 of 15 is chance


def _part(one: Forecast, rows: np.ndarray) -> Forecast:
    values = (one.observed, one.expected, one.probability, one.log_score, one.below, one.up_to)
    return Forecast(one.name, rows, *(v[rows] for v in values))


def test_histogram_of_a_continuous_forecast_counts_tenths() -> None:
    at = np.array([0.05, 0.05, 0.95, 0.5])
    np.testing.assert_allclose(pit_histogram(at, at)[[0, 9]], [0.5, 0.25])


def test_area_under_the_curve_counts_pairs() -> None:
    rng = np.random.default_rng(0)
    score, happened = rng.integers(0, 5, 60).astype(float), rng.random(60) < 0.4
    yes, no = score[happened], score[~happened]
    pairs = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
    assert area_under_curve(score, happened) == pytest.approx(pairs)


def test_regressions_find_their_parameters() -> None:
    rng, n = np.random.default_rng(1), 40_000
    x = np.column_stack((np.ones(n), rng.normal(size=n), rng.integers(0, 2, n)))
    eta = x @ [-0.5, 0.7, -0.4]
    np.testing.assert_allclose(
        _logistic(x, rng.random(n) < 1 / (1 + np.exp(-eta))), [-0.5, 0.7, -0.4], atol=0.05
    )
    y = rng.poisson(np.exp(eta) * rng.gamma(1.5, 1 / 1.5, n)).astype(float)
    slopes, size = _negative_binomial(x, y)
    np.testing.assert_allclose(slopes, [-0.5, 0.7, -0.4], atol=0.05)
    assert size == pytest.approx(1.5, rel=0.1)
