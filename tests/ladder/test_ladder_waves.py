"""People who answered in several waves answer alike beyond their rung: what that does to the chances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import ERROR_SD, HIGH, LOW, SCORE_SD, Drawn, draw

from verbond.ladder import Ladder
from verbond.tables import Panel

MOST_OFF = 0.02  # the limit that the ladder sets itself for chances
MOST_TOO_SURE = 0.05


def with_lasting_answers(drawn: Drawn, share: float) -> tuple[Panel, np.ndarray]:
    """Scores of which `share` of the variance within a rung is a person's own; waves of each person."""
    panel, rng = drawn.panel, np.random.default_rng(9)
    rows = panel.scored_rows
    owner = np.searchsorted(panel.offsets, rows, side="right") - 1

    def noise(n: int) -> np.ndarray:
        return rng.normal(0, 4, (n, 1)) + rng.normal(0, SCORE_SD, (n, 5))

    own, passing = noise(panel.n_customers)[owner], noise(len(rows))
    rungs = drawn.rungs[rows][:, None]
    mean = np.where(np.arange(1, 6) <= rungs, HIGH, LOW) + 2 * rungs
    scores = mean + np.sqrt(share) * own + np.sqrt(1 - share) * passing
    scores = (scores + rng.normal(0, ERROR_SD, scores.shape)).astype(np.float32)
    errors = np.full(scores.shape, ERROR_SD, np.float32)
    return replace(panel, scores=scores, standard_errors=errors), np.bincount(
        owner, minlength=len(panel.is_new)
    )


def calibration_error(probs: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error over ten equal bins of all probabilities."""
    happened = np.eye(probs.shape[1])[truth].ravel()
    p = probs.ravel()
    part = np.minimum((p * 10).astype(int), 9)
    gaps = [abs(p[part == j].mean() - happened[part == j].mean()) * (part == j).mean() for j in set(part)]
    return float(sum(gaps))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_chances_stay_calibrated_where_people_answered_more_than_once(share: float) -> None:
    drawn = draw(2000, 14, asked=0.35, seed=11)
    panel, n_waves = with_lasting_answers(drawn, share)
    assert n_waves[n_waves > 0].mean() > 2
    options = {"n_starts": 1, "n_classes": 1, "gone": False, "amounts": "none", "feedback": False}
    result = Ladder(**options).fit(panel, uncertainty=False)  # type: ignore[arg-type]
    said = next(r for r in result.reasons if r.code == "ladder.several_waves")
    assert said.values["share"] == pytest.approx((n_waves > 1).sum() / (n_waves > 0).sum())
    often = np.repeat(n_waves >= 2, panel.lengths)
    probs, rungs = result.score(panel, "smoothed").probs[often].astype(float), drawn.rungs[often]
    assert calibration_error(probs, rungs) < MOST_OFF
    assert probs.max(axis=1).mean() - (probs.argmax(axis=1) == rungs).mean() < MOST_TOO_SURE
