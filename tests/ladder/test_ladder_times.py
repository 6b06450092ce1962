"""Expected periods to climb and to fall."""

from __future__ import annotations

import numpy as np
import pytest
from ladder_worlds import draw, transition_matrix

from verbond.ladder import Ladder
from verbond.ladder.fit.figures import first_passage

EXACT = 1e-6  # survival beyond 20,000 periods is nothing


def survived(matrix: np.ndarray, kept: slice, start: int) -> float:
    """Expected time in `kept` from `start`: the sum over time of the probability of still being there."""
    within, here, total = matrix[kept, kept], np.eye(len(matrix))[start][kept], 0.0
    for _ in range(20_000):
        total += here.sum()
        here = here @ within
    return float(total)


def test_times_are_sums_of_survival() -> None:
    matrix = transition_matrix()
    climb, fall = first_passage(matrix)
    for k in range(5):
        assert abs(climb[k] - survived(matrix, slice(0, k + 1), k)) < EXACT
        assert abs(fall[k + 1] - survived(matrix, slice(k + 1, 6), k + 1)) < EXACT
    assert np.isnan(climb[5])
    assert np.isnan(fall[0])


@pytest.mark.slow
def test_the_true_times_lie_inside() -> None:
    result = Ladder(n_starts=1, n_classes=1, gone=False).fit(draw(1600, 14, asked=0.25, seed=15).panel)
    climb, fall = first_passage(transition_matrix())
    inside = []
    for true, found, ends in (
        (climb, result.periods_to_climb, result.periods_to_climb_ci),
        (fall, result.periods_to_fall, result.periods_to_fall_ci),
    ):
        known = np.isfinite(true)
        np.testing.assert_array_equal(known, np.isfinite(found))
        inside += ((ends[0] <= true) & (true <= ends[1]))[known].tolist()
        assert (ends[1] / ends[0])[known].max() < 20
    assert np.mean(inside) >= 0.8
