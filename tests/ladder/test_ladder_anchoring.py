"""The rungs come from the answers: behaviour may be anything, and does not carry their names away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import HIGH, LOW, Drawn, draw

from verbond.ladder import Ladder
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import decide, look
from verbond.ladder.fit.anchoring import anchored, reanchored
from verbond.ladder.fit.choice import Parts
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.model.space import Space
from verbond.tables import Panel

OPTIONS = {"n_starts": 1, "n_classes": 1, "gone": False, "amounts": "none", "feedback": False}


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(1500, 12, asked=0.15, seed=91)


def misled(drawn: Drawn) -> Panel:
    """Purchases that follow four lasting ways of buying, and not the rungs."""
    panel, rng = drawn.panel, np.random.default_rng(2)
    way = rng.choice([0.3, 0.6, 1.2, 2.4], panel.n_customers)
    bought = rng.poisson(np.repeat(way, panel.lengths)).astype(np.uint16)
    return replace(panel, counts={**panel.counts, "purchase": bought})


def emission(panel: Panel) -> SurveyScores:
    return anchored(SurveyScores.from_scores(Space(6), panel.scores, panel.standard_errors))


def test_profiles_and_shares_are_those_of_the_answers(drawn: Drawn) -> None:
    scores = emission(drawn.panel)
    rungs = np.arange(6)[:, None]
    truth = np.where(np.arange(1, 6) <= rungs, HIGH, LOW) + 2 * rungs
    assert np.abs(scores.by_state(scores.given) - truth).mean() < 3.0
    who = np.bincount(drawn.rungs[drawn.panel.scored_rows], minlength=6) / len(drawn.panel.scored_rows)
    np.testing.assert_allclose(scores.shares, who, atol=0.05)


def test_at_what_is_given_nothing_pulls_whatever_behaviour_says(drawn: Drawn) -> None:
    scores, rng = emission(drawn.panel), np.random.default_rng(0)
    stats = rng.dirichlet(np.ones(6), scores.n_values)
    pull = scores.gradient(stats, scores.given)
    inside = scores.given > scores.lower_bounds() + 1e-8
    assert np.abs(pull[inside]).max() < 0.02
    assert (pull[~inside] < 0.02).all()
    np.testing.assert_allclose(scores.maximise(stats, scores.given), scores.given, atol=2e-3)


def test_behaviour_does_not_carry_the_rungs_away(drawn: Drawn) -> None:
    """Fitted jointly, states go where purchases tell most; anchored first, they stay rungs."""
    panel, hits = misled(drawn), {}
    for rungs in ("answers", "jointly"):
        result = Ladder(**OPTIONS, rungs=rungs).fit(panel, uncertainty=False)  # type: ignore[arg-type]
        probs = result.score(panel, "smoothed").probs[panel.scored_rows]
        hits[rungs] = float((probs.argmax(axis=1) == drawn.rungs[panel.scored_rows]).mean())
    assert hits["answers"] > 0.55
    assert hits["answers"] > hits["jointly"] + 0.05


def test_left_out_answers_do_not_anchor(drawn: Drawn) -> None:
    panel = drawn.panel
    encoded = encode(panel, decide(look(panel), amounts=False))
    model = Ladder()._model(panel, encoded, True, Parts())
    where = model.slices[-1]
    half = replace(model.emissions[-1].with_scores(panel.scores[::2], panel.standard_errors[::2]))
    fewer = replace(model, emissions=(*model.emissions[:-1], half))
    again, theta = reanchored(fewer, np.zeros(model.n_parameters))
    alone = anchored(SurveyScores.from_scores(Space(6), panel.scores[::2], panel.standard_errors[::2]))
    means = again.emissions[-1].by_state(theta[where])
    np.testing.assert_allclose(means, alone.by_state(alone.given), atol=1.0)
    assert np.abs(means - model.emissions[-1].by_state(model.emissions[-1].given)).max() > 0.2
