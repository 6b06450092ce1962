"""What is done on a rung lies near what is done beside it: the weak prior on bends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space

DIFFERENCE = 2e-5  # of central differences


def bent_model(monotone: bool) -> tuple[LadderModel, Sequences, np.ndarray]:
    rng, space = np.random.default_rng(5), Space(4, 2)
    values = np.array([0.0, 1, 4])
    counts = Counts("purchase", space, np.arange(3), values, 1.0, monotone=monotone)
    visits = Counts("visit", space, np.array([0, 0, 1]), np.array([0.0, 2]), 0.7, poisson=True)
    asked = Binary("answered", space, np.arange(3), np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), 0.4)
    movement = Movement(space, "ladder", np.zeros((1, 0)))
    model = LadderModel(space, Start(1, space), movement, (counts, visits, asked), 3, bend_sd=0.7)
    made = Sequences(
        np.arange(9) * 5, rng.integers(0, 3, 40).astype(np.uint32), np.zeros(40, np.uint32),
        np.zeros(8, np.uint32), np.ones(8), np.zeros(8, np.int64), 3, 3, 1, 1, 5, np.zeros(0, np.int64),
    )  # fmt: skip
    return model, subset(made, np.arange(8)), np.abs(0.5 * rng.normal(size=model.n_parameters))


@pytest.mark.parametrize("monotone", [False, True])
def test_gradient_against_differences(monotone: bool) -> None:
    model, sequences, theta = bent_model(monotone)
    slope = np.empty_like(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        high, low = (model.evaluate(sequences, theta + s).objective for s in (step, -step))
        slope[j] = (high - low) / 2e-5
    np.testing.assert_allclose(model.evaluate(sequences, theta).gradient, slope, atol=DIFFERENCE)


def test_only_bends_cost() -> None:
    """Logits 0, 1, 2, 3 are a line; 0, 2, 0, 2 bend by -4 and 4: 0.5 (4² + 4²) / 0.7²."""
    model, _, theta = bent_model(False)
    straight, where = replace(model, bend_sd=np.inf), model.slices[-1]
    flat = theta.copy()
    for part, emission in zip(model.slices[2:], model.emissions, strict=True):
        flat[part.start : part.start + emission.space.n_rungs] = np.arange(4.0)
    assert model.log_prior(flat) == pytest.approx(straight.log_prior(flat))
    flat[where.start : where.start + 4] = [0, 2, 0, 2]
    cost = straight.log_prior(flat) - model.log_prior(flat)
    assert cost == pytest.approx(0.5 * (4**2 + 4**2) / 0.7**2)
