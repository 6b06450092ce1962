"""What more is looked at: last period's count, and what orders are worth; drawn without product code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import PURCHASES, VISITS, Drawn, draw
from scipy.stats import norm

from verbond.ladder import Ladder, LadderResult
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import decide, look
from verbond.ladder.fit.choice import Parts
from verbond.ladder.fit.starts import first_parameters, with_one_class_more
from verbond.ladder.model.emissions import Amounts, Space
from verbond.tables import Panel

HABIT = 0.4
PRICES = np.array([20.0, 22.0, 25.0, 30.0, 38.0, 50.0])
PLAIN = {"n_starts": 1, "gone": False, "class_movement": False}


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(1800, 14, asked=0.15, seed=51)


def with_counts(drawn: Drawn, *, habit: float, lasting: float) -> Panel:
    """Purchases and visits that depend on the rung, the count before, and who somebody is."""
    panel, rng = drawn.panel, np.random.default_rng(3)
    own = rng.normal(0, lasting, panel.n_customers)
    counts = dict(panel.counts)
    for kind, rates in (("purchase", PURCHASES), ("visit", VISITS)):
        y = np.zeros(panel.n_rows, np.int64)
        for t in range(int(panel.lengths.max())):
            on = np.flatnonzero(panel.lengths > t)
            rows = panel.offsets[:-1][on] + t
            last = np.log1p(y[rows - 1]) if t else np.full(len(on), 0.4)
            mean = rates[drawn.rungs[rows]] * np.exp(own[on] + habit * (last - 0.4))
            y[rows] = rng.poisson(mean * rng.gamma(3.0, 1 / 3.0, len(on)))
        counts[kind] = y.astype(np.uint16)
    return replace(panel, counts=counts)


def with_amounts(drawn: Drawn, *, lasting: float, follows: bool = True) -> Panel:
    """Lognormal orders, one by one; who somebody is may matter for good."""
    panel, rng = drawn.panel, np.random.default_rng(4)
    own = np.repeat(rng.normal(0, lasting, panel.n_customers), panel.lengths)
    level = np.log(PRICES)[drawn.rungs] if follows else np.log(28.0)
    orders, total = panel.counts["purchase"].astype(int), np.zeros(panel.n_rows)
    for number in range(orders.max()):
        one = np.exp(level + own + 0.5 * rng.normal(size=panel.n_rows))
        total += np.where(orders > number, one, 0.0)
    return replace(panel, amounts={"purchase": total.astype(np.float32)})


def fitted(panel: Panel, **options: object) -> LadderResult:
    return Ladder(**{**PLAIN, **options}).fit(panel, uncertainty=False)  # type: ignore[arg-type]


def log_score(result: LadderResult, panel: Panel, drawn: Drawn) -> float:
    """Mean log probability of the true rungs."""
    probs = result.score(panel, "smoothed").probs
    return float(np.log(np.maximum(probs[np.arange(len(probs)), drawn.rungs], 1e-9)).mean())


def test_a_habit_is_seen_measured_and_kept_apart_from_the_rungs(drawn: Drawn) -> None:
    panel = with_counts(drawn, habit=HABIT, lasting=0.0)
    result = fitted(panel, n_classes=1)
    assert "ladder.feedback" in {r.code for r in result.reasons}
    model, theta = result._fitted.model, result._fitted.theta
    for kind in ("purchase", "visit"):
        emission = next(e for e in model.emissions if e.name == kind)
        assert emission.slopes[-1] == f"{kind}_before"
        slope = emission.slopes_of(model.emission_theta(theta, kind))[-1]
        assert slope == pytest.approx(HABIT, abs=0.06)
    without = fitted(panel, n_classes=1, feedback=False)
    assert log_score(result, panel, drawn) > log_score(without, panel, drawn) + 0.05


def test_lasting_differences_are_no_habit(drawn: Drawn) -> None:
    panel = with_counts(drawn, habit=0.0, lasting=0.5)
    result = fitted(panel)
    assert "ladder.feedback" not in {r.code for r in result.reasons}
    assert result.n_classes > 1
    one_class = fitted(panel, n_classes=1, feedback=True)
    assert log_score(result, panel, drawn) > log_score(one_class, panel, drawn) + 0.1


def test_amounts_that_follow_the_rungs_are_looked_at(drawn: Drawn) -> None:
    panel = with_amounts(drawn, lasting=0.0)
    result = fitted(panel, n_classes=1)
    amount = next(e for e in result.emissions if e.variable == "amount")
    assert amount.family == "lognormal"  # as drawn
    np.testing.assert_allclose(amount.by_state, PRICES * np.exp(0.125), rtol=0.1)
    without = fitted(panel, n_classes=1, amounts="none")
    assert log_score(result, panel, drawn) > log_score(without, panel, drawn) + 0.02


def test_amounts_that_differ_between_people_for_good_are_not(drawn: Drawn) -> None:
    panel = with_amounts(drawn, lasting=0.6, follows=False)
    result = fitted(panel)
    said = next(r for r in result.reasons if r.code == "ladder.amounts_lasting")
    assert said.values["share"] == pytest.approx(0.36 / (0.36 + 0.25), abs=0.06)
    assert "amount" not in {e.variable for e in result.emissions}
    harmed = fitted(panel, amounts="lognormal")
    assert log_score(result, panel, drawn) > log_score(harmed, panel, drawn) + 0.05


@pytest.mark.parametrize("amounts", ["lognormal", "gamma"])
def test_the_whole_gradient_is_the_slope_with_habit_amounts_and_classes(drawn: Drawn, amounts: str) -> None:
    panel = with_amounts(drawn, lasting=0.0).select(slice(0, 150))
    encoded = encode(panel, decide(look(panel), feedback=True))
    model = Ladder(amounts=amounts, rungs="jointly")._model(panel, encoded, True, Parts(2))
    assert "amount" in {e.name for e in model.emissions}
    rng = np.random.default_rng(2)
    one_class = Ladder(amounts=amounts, rungs="jointly")._model(panel, encoded, True, Parts(1))
    theta = with_one_class_more(one_class, first_parameters(one_class, encoded, rng), model, rng)
    theta = theta + 0.05 * np.abs(rng.normal(size=len(theta)))
    at = model.evaluate(encoded.sequences, theta)
    for _ in range(4):
        way = rng.normal(size=len(theta)) / np.sqrt(len(theta))
        low, high = (model.evaluate(encoded.sequences, theta + h * way).objective for h in (-1e-4, 1e-4))
        assert (high - low) / 2e-4 == pytest.approx(at.gradient @ way, rel=1e-4, abs=1e-2)


def test_amounts_of_nothing_less_or_unknown_say_nothing(drawn: Drawn) -> None:
    panel = with_amounts(drawn, lasting=0.0)
    amounts = panel.amounts["purchase"].copy()
    bought = np.flatnonzero(panel.counts["purchase"] > 0)
    amounts[bought[:3]] = 0.0, -5.0, np.nan
    panel = replace(panel, amounts={"purchase": amounts})
    encoded = encode(panel, decide(look(panel)))
    amount = next(s for s in encoded.seen if s.name == "amount")
    codes = encoded.sequences.codes.astype(np.int64)
    own = codes >= encoded.sequences.n_shared
    codes[own] = encoded.base
    seen = np.isfinite(amount.values[amount.index[codes]])
    expected = panel.counts["purchase"] > 0
    expected[bought[:3]] = False
    np.testing.assert_array_equal(seen, expected)
    assert amount.shares.sum() == pytest.approx(1.0)


def test_a_dozen_bins_hold_nearly_all_that_amounts_tell() -> None:
    """Fisher information about a lognormal level (1 for the amount itself, of sd 1), from the emission."""
    bins, ones = np.arange(12), np.ones(12, np.int64)
    cuts = norm.ppf(np.arange(1, 12) / 12)
    emission = Amounts("amount", Space(1), bins, bins, ones, cuts, np.full(12, 1 / 12), lognormal=True)
    low, high = (emission.log_likelihoods(np.array([level, 0.0]))[:, 0] for level in (-1e-4, 1e-4))
    assert 0.96 < float((((high - low) / 2e-4) ** 2).mean()) < 0.97


def test_first_periods_that_were_seen_in_part_are_not_taken_for_low_rungs() -> None:
    """Customers who came midway: a share of the days, drawn evenly, in the first period of each."""
    drawn = draw(2500, 14, seed=82)
    panel, rng = drawn.panel, np.random.default_rng(1)
    first = panel.offsets[:-1][panel.is_new]
    assert decide(look(panel)).entries == ()
    days = np.ones(panel.n_rows)
    days[first] = rng.random(len(first))
    counts = {kind: rng.binomial(n, days).astype(np.uint16) for kind, n in panel.counts.items()}
    partly = replace(panel, counts=counts)
    assert {"purchase", "visit"} <= set(decide(look(partly)).entries)
    result = fitted(partly, n_classes=1, feedback=False)
    probs = result.score(partly, "smoothed").probs[first]
    assert (probs @ np.arange(6)).mean() == pytest.approx(drawn.rungs[first].mean(), abs=0.1)
