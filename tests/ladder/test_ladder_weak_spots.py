"""Data that cannot carry a ladder, or a part of it: there is a reason, and no confident picture."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from ladder_worlds import ERROR_SD, LOW, PURCHASES, SCORE_SD, VISITS, draw
from test_ladder_gone import with_leavers

from verbond.ladder import Ladder, LadderResult
from verbond.tables import Panel

PLAIN = {"n_starts": 1, "n_classes": 1, "gone": False}


def codes(result: LadderResult) -> set[str]:
    return {reason.code for reason in result.reasons}


def silent_company(seed: int = 3) -> Panel:
    return draw(300, 8, seed=seed, surveyed=False).panel


def test_everybody_on_one_rung() -> None:
    panel, rng = draw(600, 9, asked=0.4, seed=5).panel, np.random.default_rng(1)
    n, n_rows = panel.scores.shape, panel.n_rows
    scores = LOW + rng.normal(0, SCORE_SD, n) + rng.normal(0, ERROR_SD, n)
    counts = {
        "purchase": rng.poisson(PURCHASES[1], n_rows).astype(np.uint16),
        "visit": rng.poisson(VISITS[1], n_rows).astype(np.uint16),
    }
    result = Ladder(**PLAIN).fit(replace(panel, counts=counts, scores=scores.astype(np.float32)))
    doubts = {"ladder.not_told_apart", "ladder.nearly_empty", "ladder.weakly_fixed", "ladder.steps_elsewhere"}
    assert doubts & codes(result)
    assert {"ladder.order_graded", "ladder.order_undecided", "ladder.order_groups"} & codes(result)


def test_an_action_that_hardly_reached_anybody_is_named() -> None:
    panel = silent_company()
    few = np.zeros(panel.n_rows, np.uint8)
    few[:20] = 1
    result = Ladder(n_states=3, **PLAIN).fit(replace(panel, exposures={"campaign": few}), uncertainty=False)
    assert "ladder.rarely_reached" in codes(result)
    assert result.effects == ()
    for language in ("en", "nl"):
        assert all(r.sentence(language) for r in result.reasons)  # type: ignore[arg-type]


def test_an_action_that_reaches_everybody_always_has_no_effect_to_tell() -> None:
    panel = silent_company()
    always = {"campaign": np.ones(panel.n_rows, np.uint8)}
    result = Ladder(n_states=3, **PLAIN).fit(replace(panel, exposures=always), uncertainty=False)
    assert "ladder.same_period" in codes(result)
    assert result.effects == ()


def test_gone_and_asleep_are_said_to_look_alike() -> None:
    drawn, _ = with_leavers(draw(500, 9, asked=0.4, seed=3), 0.03, 1)
    options = PLAIN | {"gone": True}
    assert "ladder.gone_or_asleep" in codes(Ladder(**options).fit(drawn.panel, uncertainty=False))


@pytest.mark.parametrize(
    ("asked", "english", "dutch"),
    [
        (0.0, "on level 1 and on level 2 does", "op niveau 1 en op niveau 2 verschilt"),
        (
            0.4,
            "on rung 0 (not on the ladder) and on rung 1 (",
            "op trede 0 (niet op de ladder) en op trede 1",
        ),
    ],
)
def test_states_are_called_as_in_the_picture(asked: float, english: str, dutch: str) -> None:
    """Levels are counted from one; rungs have their own numbers and names."""
    panel = draw(600, 8, seed=4, asked=asked, surveyed=asked > 0).panel
    with patch("verbond.ladder.judging.checks._merged_pairs", lambda *_: [(0, 1)]):
        result = Ladder(n_states=6 if asked else 3, **PLAIN).fit(panel, judging=False)
    assert result.anchored == (asked > 0)
    (said,) = (r for r in result.reasons if r.code == "ladder.not_told_apart")
    assert english in said.sentence("en")
    assert dutch in said.sentence("nl")
