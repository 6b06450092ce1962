"""Left-out respondents, predicted from behaviour; rivals get the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import Drawn, draw

from verbond.ladder import HeldOut, Ladder
from verbond.ladder.ahead.forecast import refitted
from verbond.ladder.coding.panels import window_sums
from verbond.ladder.judging.heldout import (
    Prediction,
    _buying_groups,
    _features,
    _in_words,
    _without,
    judge_sight,
)
from verbond.ladder.kernel import Sequences, probs_at, state_probs
from verbond.ladder.scoring.scoring import on_panel, rung_probs
from verbond.results import Estimate


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(1600, 12, asked=0.2, seed=15)


def seen(drawn: Drawn) -> HeldOut:
    result = Ladder(n_starts=1, n_classes=1).fit(drawn.panel)
    assert result.held_out is not None
    return result.held_out


def test_behaviour_tells_of_answers_and_the_ladder_beats_its_rivals(drawn: Drawn) -> None:
    found = seen(drawn)
    ways = {p.way: p for p in found.predictions}
    assert ways["ladder"].gain.ci_lower > 0
    assert ways["ladder"].gain.value > max(ways[w].gain.value for w in ("quantiles", "regression"))
    assert ways["ladder"].explained > max(ways[w].explained for w in ("quantiles", "regression"))
    assert ways["regression"].explained > 0.05  # a rival that is worth something
    past = ways["filtered"]  # knows no more than these two
    assert past.gain.value > max(ways[w].gain.value for w in ("quantiles", "regression"))
    assert ways["regression"].explained < past.explained < ways["ladder"].explained
    assert found.reason.code == "ladder.sight"


def test_behaviour_that_tells_nothing_is_said_to(drawn: Drawn) -> None:
    """The same answers beside other people's behaviour."""
    rng = np.random.default_rng(0)
    panel = drawn.panel
    counts = {kind: rng.permutation(values) for kind, values in panel.counts.items()}
    found = seen(Drawn(replace(panel, counts=counts), drawn.rungs))
    assert found.reason.code == "ladder.sight_nothing"
    assert found.predictions[0].explained < 0.05


def test_what_people_did_afterwards_is_not_in_the_filtered_ladder(drawn: Drawn) -> None:
    """The same parameters over histories that end at the answer."""
    result = Ladder(n_starts=1, n_classes=1).fit(drawn.panel, uncertainty=False)
    model, theta, encoded = on_panel(result._fitted, drawn.panel)
    sequences, tables = encoded.sequences, model.tables(theta)
    rows = np.unique(drawn.panel.scored_rows)[:40]
    found = probs_at(sequences, tables, rows, kind="filtered")
    for row, probs in zip(rows, found, strict=True):
        i = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        until = state_probs(_until(sequences, i, int(row)), tables, 0, 1)
        np.testing.assert_allclose(until[-1], probs, atol=1e-12)


def _until(sequences: Sequences, customer: int, row: int) -> Sequences:
    """One customer, up to and including a row."""
    here = slice(int(sequences.offsets[customer]), row + 1)
    return replace(
        sequences,
        codes=sequences.codes[here],
        moves=sequences.moves[here],
        offsets=np.array([0, row + 1 - here.start]),
        starts=sequences.starts[customer : customer + 1],
        weights=np.ones(1),
        first_period=sequences.first_period[customer : customer + 1],
        order=np.zeros(1, np.int64),
        stands_for=None,
    )


def foretold(way: str, explained: float, gain: float = 0.2) -> Prediction:
    return Prediction(way, Estimate(gain, gain - 0.1, gain + 0.1), explained)


@pytest.mark.parametrize(
    ("smoothed", "filtered", "regression", "alone", "code"),
    [
        (0.40, 0.30, 0.25, 0.39, "sight"),
        (0.40, 0.30, 0.35, 0.39, "sight_behind_regression"),  # the regression knows the past alone
        (0.40, 0.30, 0.25, 0.41, "sight_behind_one_class"),  # this one knows what came afterwards too
        (0.40, 0.30, 0.35, 0.41, "sight_behind_regression"),
    ],
)
def test_each_rival_is_set_beside_the_ladder_that_knows_as_much(
    smoothed: float, filtered: float, regression: float, alone: float, code: str
) -> None:
    ways = {"ladder": smoothed, "filtered": filtered, "quantiles": 0.1}
    ways |= {"regression": regression, "one_class": alone}
    found = _in_words(100, tuple(foretold(way, explained) for way, explained in ways.items()))
    assert found.code == f"ladder.{code}"
    for language in ("en", "nl"):
        assert "{" not in found.sentence(language)


def test_left_out_answers_are_really_out(drawn: Drawn) -> None:
    """Changing left-out answers changes no prediction, only how well it does."""
    result = Ladder(n_starts=1, n_classes=1).fit(drawn.panel, uncertainty=False)
    rng = np.random.default_rng(3)
    owner = np.searchsorted(drawn.panel.offsets, drawn.panel.scored_rows, side="right") - 1
    people = np.unique(owner)
    out = np.isin(owner, np.random.default_rng(3).permutation(people)[: int(0.2 * len(people))])
    scores = drawn.panel.scores.copy()
    scores[out] = 100 - scores[out]
    turned = judge_sight(result._fitted, replace(drawn.panel, scores=scores), np.random.default_rng(3))
    plain = judge_sight(result._fitted, drawn.panel, rng)
    assert plain.n_respondents == turned.n_respondents == int(0.2 * len(people))
    assert plain.predictions[0].gain.value > 0.2
    assert turned.predictions[0].gain.value < 0


def test_windows_stay_within_the_customer(drawn: Drawn) -> None:
    panel = drawn.panel
    values = panel.counts["purchase"].astype(float)
    found = window_sums(values, panel, 3)
    for row in (0, 5, int(panel.offsets[7]), int(panel.offsets[8]) + 1):
        i = int(np.searchsorted(panel.offsets, row, side="right")) - 1
        assert found[row] == values[max(panel.offsets[i], row - 2) : row + 1].sum()


def test_features_see_no_score_and_no_later_row(drawn: Drawn) -> None:
    panel = drawn.panel
    other = replace(panel, scores=panel.scores * 0)
    np.testing.assert_array_equal(_features(panel), _features(other))


def test_no_sight_is_judged_where_states_are_no_rungs() -> None:
    panel = draw(300, 8, seed=1, surveyed=False).panel
    result = Ladder(n_states=3, n_starts=1, n_classes=1).fit(panel)
    assert result.held_out is None
    assert result.order is None


def test_true_rungs_of_people_left_out_are_told_better_than_by_naive_ways(drawn: Drawn) -> None:
    """The world knows where they stood: the log score of the true rung, from behaviour alone."""
    panel, rungs = drawn.panel, drawn.rungs
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    people = np.random.default_rng(3).permutation(np.unique(owner))
    out = np.isin(owner, people[: len(people) // 4])
    result = Ladder(n_starts=1, n_classes=1).fit(panel, uncertainty=False)
    unasked = _without(panel, out)
    again = refitted(result._fitted, unasked)
    probs = rung_probs(*on_panel(again, unasked))[:, :6]
    rows, known = panel.scored_rows[out], panel.scored_rows[~out]
    true = rungs[rows]

    def told(shares: np.ndarray) -> float:
        return float(np.log(shares[np.arange(len(true)), true]).mean())

    average = np.bincount(rungs[known], minlength=6) / len(known)
    group = _buying_groups(panel)
    cut = np.array([np.bincount(rungs[known[group[known] == g]], minlength=6) + 0.5 for g in range(6)])
    cut = cut / cut.sum(axis=1, keepdims=True)  # the rival is even told the true rungs of those who answered
    ladder = told(probs[rows])
    assert ladder > told(cut[group[rows]]) + 0.02
    assert ladder > told(np.tile(average, (len(true), 1))) + 0.1
    hits = probs[rows].argmax(axis=1) == true
    sure = probs[rows].max(axis=1)
    assert abs(float(hits.mean() - sure.mean())) < 0.06  # as often right as it says
