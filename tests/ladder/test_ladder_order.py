"""The order of the ladder is tested on people who were left out, and denied where it does not hold."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from ladder_worlds import draw
from scipy.stats import multivariate_normal

from verbond.ladder import Ladder
from verbond.ladder.judging.order import OrderVerdict, _fit_scattered, judge_order
from verbond.ladder.model.scores import CENTRE, SCALE, SurveyScores
from verbond.ladder.model.space import Space
from verbond.survey import Survey
from verbond.tables import Panel
from verbond.tables.reads import panel as read_panel
from verbond.tables.simulate import simulate

SD = 11.0


def answers(kind: str, n: int = 700, seed: int = 0) -> Panel:
    """People whose scores have steps in order, steps in no order, or no steps."""
    rng = np.random.default_rng(seed)
    rung = rng.integers(0, 6, n)
    if kind == "ladder":
        level = 40 + 26 * (np.arange(1, 6)[None, :] <= rung[:, None])
    elif kind == "groups":  # every group is high on two other constructs
        level = 40 + 26 * np.eye(6)[rung][:, :5] + 26 * np.eye(6)[(rung + 2) % 6][:, :5]
    elif kind == "scattered":  # every construct by itself
        level = 40 + 26 * (rng.random((n, 5)) < [0.3, 0.5, 0.6, 0.4, 0.5])
    else:
        level = 50 + 12 * rng.normal(size=(n, 1)) + np.zeros((n, 5))
    scores = level + SD * rng.normal(size=(n, 5))
    panel = draw(n, 4, seed=seed, surveyed=False).panel
    panel = panel.select(np.arange(n))
    return replace(
        panel, scored_rows=panel.offsets[:-1], scores=scores.astype(np.float32),
        standard_errors=np.full((n, 5), 5.0, np.float32),
    )  # fmt: skip


def judged(panel: Panel) -> OrderVerdict:
    return judge_order(panel, 6, np.random.default_rng(1))


@pytest.mark.parametrize("kind", ["ladder", "groups", "scattered", "graded"])
def test_verdict_is_what_was_drawn(kind: str) -> None:
    found = judged(answers(kind))
    assert found.verdict == kind
    assert found.reason.code == f"ladder.order_{kind}"
    assert found.n_respondents == 700
    for language in ("en", "nl"):
        assert "700" in found.reason.sentence(language)  # type: ignore[arg-type]


@pytest.mark.parametrize(("world", "verdict"), [("textbook", "ladder"), ("no_ladder", "scattered")])
def test_simulated_companies_with_and_without_a_ladder(world: str, verdict: str) -> None:
    tables = simulate(world, 1200, seed=6).open()
    tables = tables.add("scores", Survey().fit(tables).scores)
    assert judged(read_panel(tables)).verdict == verdict


def test_scattered_constructs_are_a_mixture_of_all_profiles() -> None:
    panel = answers("scattered", 900, seed=2)
    plain = SurveyScores.from_scores(Space(6), panel.scores, panel.standard_errors)
    found, _ = _fit_scattered(plain)
    means, factor = found.scores.parts(found.theta)
    high = means > means.mean(axis=0)
    chances = np.array([found.shares[high[:, c]].sum() for c in range(5)])
    cover = factor @ factor.T + np.diag((5.0 / SCALE) ** 2 * np.ones(5))
    y = (panel.scores.astype(float) - CENTRE) / SCALE
    expected = np.zeros(len(y))
    for bits in product([False, True], repeat=5):  # shares are products, means are low or high
        share = np.prod(np.where(bits, chances, 1 - chances))
        mean = [means[high[:, c] == bit, c][0] for c, bit in enumerate(bits)]
        expected += share * multivariate_normal(mean, cover).pdf(y)
    np.testing.assert_allclose(
        found.log_density(found.scores), np.log(expected) - 5 * np.log(SCALE), rtol=1e-9
    )
    np.testing.assert_allclose(chances, [0.3, 0.5, 0.6, 0.4, 0.5], atol=0.1)


def test_steps_are_where_they_were_put() -> None:
    assert judged(answers("ladder", seed=3)).steps_at == (1, 2, 3, 4, 5)


def test_unordered_means_are_worth_nothing_where_the_order_is_true() -> None:
    found = judged(answers("ladder", seed=4))
    assert found.over_groups.ci_upper > 0
    assert found.over_graded.ci_lower > 0


def test_a_person_with_many_waves_stays_in_one_part() -> None:
    """Ten copies of every answer would otherwise be recognised from the training part."""
    panel = answers("graded", n=150, seed=5)
    lengths = np.full(150, 10)
    copied = replace(
        panel, offsets=np.arange(151) * 10, scored_rows=np.arange(1500),
        scores=np.repeat(panel.scores, 10, axis=0),
        standard_errors=np.repeat(panel.standard_errors, lengths, axis=0),
    )  # fmt: skip
    assert judged(copied).n_respondents == 150
    assert judged(copied).over_graded.value < 0.5


def test_a_fit_carries_the_verdict() -> None:
    drawn = draw(700, 8, seed=3, asked=0.4)
    result = Ladder(n_starts=1, n_classes=1).fit(drawn.panel)
    assert result.order is not None
    assert result.order.verdict == "ladder"
    assert "ladder.order_ladder" not in {r.code for r in result.reasons}
    assert result.to_dict()["order"]["verdict"] == "ladder"


def test_a_fit_says_that_the_order_does_not_hold() -> None:
    """Every construct follows a rung of its own: a ladder is still drawn, and denied beside it."""
    drawn = draw(700, 8, seed=3, asked=0.4)
    rng = np.random.default_rng(0)
    scores = drawn.panel.scores.copy()
    for c in range(5):
        scores[:, c] = 40 + 26 * (rng.random(len(scores)) < 0.5) + SD * rng.normal(size=len(scores))
    result = Ladder(n_starts=1, n_classes=1).fit(replace(drawn.panel, scores=scores))
    assert result.order is not None
    assert result.order.verdict in ("groups", "scattered", "graded")
    assert result.order.reason in result.reasons
