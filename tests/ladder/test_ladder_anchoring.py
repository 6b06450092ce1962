"""The rungs come from the answers: behaviour may be anything, and does not carry their names away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import HIGH, LOW, Drawn, draw

from verbond.ladder import Ladder
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import decide, look
from verbond.ladder.fit.anchoring import anchored, given_parameters, reanchored
from verbond.ladder.fit.choice import Parts
from verbond.ladder.fit.starts import first_parameters
from verbond.ladder.fit.uncertainty import measure
from verbond.ladder.model.scores import SurveyScores, step_profiles
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


def test_a_rung_with_few_people_is_not_drawn_to_the_middle() -> None:
    """Half of the respondents on one rung, few on the highest: shares and means come back on average.

    Steps of a height that was fixed beforehand put 2.5 points too many on the highest rung and its own
    construct 4 points too low, more than these tolerances.
    """
    rng, rungs = np.random.default_rng(4), np.arange(6)[:, None]
    means = np.where(np.arange(1, 6) <= rungs, HIGH, LOW) + 2 * rungs
    too_many, too_high = [], []
    for _ in range(12):
        stands = rng.choice(6, 400, p=[0.15, 0.48, 0.09, 0.11, 0.1, 0.07])
        levels = means[stands] + rng.normal(0, 4, (400, 1)) + rng.normal(0, 7, (400, 5))
        answers = levels + rng.normal(0, 6, levels.shape)
        found = anchored(SurveyScores.from_scores(Space(6), answers, np.full(answers.shape, 6.0)))
        too_many.append(found.shares[5] - np.mean(stands == 5))
        too_high.append(found.by_state(found.given)[5, 4] - means[5, 4])
    assert abs(np.mean(too_many)) < 0.01
    assert abs(np.mean(too_high)) < 2.0


def test_what_the_prior_leans_to_has_steps_of_any_height() -> None:
    rng, rungs = np.random.default_rng(1), np.arange(6)[:, None]
    level, height, ramp = rng.normal(size=(3, 5))
    profile = level + height * (np.arange(1, 6) <= rungs) + ramp * rungs
    near = step_profiles(6, 5)
    np.testing.assert_allclose(np.einsum("ckl,lc->kc", near, profile), profile, atol=1e-12)
    np.testing.assert_allclose(near @ near, near, atol=1e-12)
    np.testing.assert_allclose(np.trace(near, axis1=1, axis2=2), 3.0)


def test_the_same_answers_twice_are_no_more_sure() -> None:
    """Answers of one customer are no news about each other: errors are those of as many people.

    If every row counted by itself, twice the same would bring errors down to 0.71 of what they were.
    """
    panel = draw(700, 6, asked=0.9, seed=3).panel
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    first = np.unique(owner, return_index=True)[1]
    first = first[panel.scored_rows[first] + 1 < panel.offsets[owner[first] + 1]]
    errors = []
    for times in (1, 2):
        rows = (panel.scored_rows[first][:, None] + np.arange(times)).ravel()
        scores, given = (np.repeat(a[first], times, axis=0) for a in (panel.scores, panel.standard_errors))
        one = replace(panel, scored_rows=rows, scores=scores, standard_errors=given)
        encoded = encode(one, decide(look(one), amounts=False))
        model = Ladder()._model(one, encoded, True, Parts())
        theta = first_parameters(model, encoded, np.random.default_rng(0), jitter=0.0)
        where = np.flatnonzero(given_parameters(model))
        theta[where] = model.emissions[-1].given
        found = measure(model, encoded.sequences, theta, ())
        errors.append(np.sqrt(np.diag(found.covariance))[where])
    both = (errors[0] > 0) & (errors[1] > 0)  # at a bound there is none
    assert 0.93 < np.median(errors[1][both] / errors[0][both]) < 1.15
