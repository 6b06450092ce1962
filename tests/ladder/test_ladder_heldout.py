"""Left-out respondents, predicted from behaviour; rivals get the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import Drawn, draw

from verbond.ladder import HeldOut, Ladder
from verbond.ladder.heldout import _features, judge_sight, window_sums


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
    assert found.reason.code == "ladder.sight"


def test_behaviour_that_tells_nothing_is_said_to(drawn: Drawn) -> None:
    """The same answers beside other people's behaviour."""
    rng = np.random.default_rng(0)
    panel = drawn.panel
    counts = {kind: rng.permutation(values) for kind, values in panel.counts.items()}
    found = seen(Drawn(replace(panel, counts=counts), drawn.rungs))
    assert found.reason.code == "ladder.sight_nothing"
    assert found.predictions[0].explained < 0.05


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
