"""Starts that race, and covariates that are rounded on the way: quicker to the same place."""

from __future__ import annotations

import numpy as np
import pytest

from verbond.ladder.coding.encoding import subset
from verbond.ladder.fit.estimation import (
    LARGEST_GAIN_LEFT,
    MOST_MOVES,
    SAME_PLACE,
    _plain,
    finish,
    polish,
    rounded,
)
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space

N, LENGTH = 400, 10


@pytest.fixture(scope="module")
def busy() -> tuple[LadderModel, Sequences, np.ndarray]:
    """Three states, and a covariate of its own for nearly every move."""
    rng = np.random.default_rng(11)
    state, y, x = rng.integers(0, 3, N), np.empty((N, LENGTH), np.int64), rng.normal(size=(N, LENGTH))
    for t in range(LENGTH):
        if t:
            state = np.clip(
                state + (rng.random(N) < 0.2 * np.exp(0.4 * x[:, t])) - (rng.random(N) < 0.15), 0, 2
            )
        y[:, t] = rng.poisson(np.array([0.3, 2.0, 6.0])[state])
    values, codes = np.unique(y.ravel(), return_inverse=True)
    at, moves = np.unique(x.ravel(), return_inverse=True)
    space = Space(3)
    counts = Counts("y", space, np.arange(len(values)), values.astype(float), y.mean(), True, True)
    movement, start = Movement(space, "neighbours", at[:, None], ("x",)), Start(1, space)
    model = LadderModel(space, start, movement, (counts,), len(values))
    made = Sequences(
        np.arange(N + 1) * LENGTH, codes.astype(np.uint32), moves.astype(np.uint32), np.zeros(N, np.uint32),
        np.ones(N), np.zeros(N, np.int64), len(values), len(values), len(at), 1, LENGTH,
        np.zeros(0, np.int64),
    )  # fmt: skip
    source, target = movement.rung_edges
    edges = np.where(source == target, 0.8, 0.1)
    pieces = (
        start.theta(np.full((1, 3), 1 / 3)), movement.theta(edges / np.bincount(source, edges)[source]),
        counts.theta(np.array([0.5, 2.5, 5.0])),
    )  # fmt: skip
    return model, subset(made, np.arange(N)), np.concatenate(pieces)


def test_rounded_covariates_are_few_and_near(busy: tuple[LadderModel, Sequences, np.ndarray]) -> None:
    model, sequences, _ = busy
    few, rows = rounded(model, sequences)
    x, near = model.movement.covariates[sequences.moves], few.movement.covariates[rows.moves]
    assert rows.n_moves == len(few.movement.covariates) <= MOST_MOVES < sequences.n_moves
    assert np.abs(x - near).max() <= np.ptp(x) / MOST_MOVES
    assert rounded(few, rows)[0] is few


def test_the_way_over_rounded_covariates_ends_in_the_same_place(
    busy: tuple[LadderModel, Sequences, np.ndarray],
) -> None:
    model, sequences, theta = busy
    straight, round_about = polish(model, sequences, theta), finish(model, sequences, theta, em_steps=2)
    assert straight.converged
    assert round_about.converged
    gap = straight.evaluation.objective - round_about.evaluation.objective
    assert abs(gap) < LARGEST_GAIN_LEFT


def test_a_start_goes_on_while_it_may_still_win() -> None:
    enough = _plain(-100.0, 60)
    far = -100.0 - 10 * SAME_PLACE
    assert not enough([far] * 3)  # too early to tell its pace
    assert enough([far] * 8)  # stands still far below
    assert not enough([far + k for k in range(8)])  # gets there in the steps that are left
    assert enough([-100.5 - 0.1 / (k + 1) for k in range(8)])  # the same place
    assert not enough([-101.0 + k for k in range(8)])  # on its way to a better one
    assert not _plain(-np.inf, 60)([far] * 8)  # the first has nobody to compare with
