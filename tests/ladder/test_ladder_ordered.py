"""Movement as an ordered logit."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import poisson

from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Start
from verbond.ladder.model.ordered import OrderedMovement
from verbond.ladder.model.space import Space

DIFFERENCE = 2e-5  # of central differences
COVARIATES = np.array([[0.0, 0.0], [1.0, -0.5], [0.3, 2.0]])


def ordered(
    deviation_sd: float = 0.5, *, gone: bool = False, class_sd: float = 0.0, n_rungs: int = 4
) -> OrderedMovement:
    space = Space(n_rungs, 3, gone)
    return OrderedMovement(space, COVARIATES, ("a", "b"), deviation_sd=deviation_sd, class_sd=class_sd)


def test_probabilities_are_cumulative_logits() -> None:
    """Equations 6 to 8 of Netzer, Lattin & Srinivasan (2008), with P(next rung >= j) written out."""
    one = ordered()
    theta = np.random.default_rng(0).normal(size=one.n_parameters)
    thresholds, _, slopes, deviations = one.ordered_parts(theta)
    assert (np.diff(thresholds, axis=1) > 0).all()
    found = one.edge_probs(theta).reshape(3, 4, 4)
    for m, k in product(range(3), range(4)):
        score = COVARIATES[m] @ (slopes[0] + deviations[k])
        at_least = [1.0, *(1 / (1 + np.exp(thresholds[k] - score))), 0.0]
        np.testing.assert_allclose(found[m, k], -np.diff(at_least), atol=1e-12)


@pytest.mark.parametrize("deviation_sd", [0.0, 0.5])
@pytest.mark.parametrize(("gone", "class_sd"), [(False, 0.0), (True, 0.0), (False, 0.7), (True, 0.7)])
@pytest.mark.parametrize("n_rungs", [2, 4])
def test_gradient_and_steps_upwards(deviation_sd: float, gone: bool, class_sd: float, n_rungs: int) -> None:
    one = ordered(deviation_sd, gone=gone, class_sd=class_sd, n_rungs=n_rungs)
    rng = np.random.default_rng(3)
    stats = 30 * rng.random((3, len(one.kernel_edges[0])))
    theta = 0.5 * rng.normal(size=one.n_parameters)

    def expected(at: np.ndarray) -> float:
        return float((stats * np.log(one.edge_probs(at))).sum()) + one.log_prior(at)

    slope = np.empty_like(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        slope[j] = (expected(theta + step) - expected(theta - step)) / 2e-5
    np.testing.assert_allclose(
        one.gradient(stats, theta), slope, rtol=DIFFERENCE, atol=DIFFERENCE * np.abs(slope).max()
    )
    for _ in range(60):
        before, theta = expected(theta), one.maximise(stats, theta)
        assert expected(theta) >= before - 1e-9
    assert np.abs(one.gradient(stats, theta)).max() < 0.05


@pytest.mark.parametrize("gone", [False, True])
def test_parameters_from_probabilities_and_back(gone: bool) -> None:
    one = ordered(gone=gone)
    source, _ = one.rung_edges
    probs = np.random.default_rng(1).random(len(source)) + 0.1
    probs /= np.bincount(source, probs)[source]
    found = one.edge_probs(one.theta(probs), np.zeros((1, 2)))[0]
    np.testing.assert_allclose(found, probs, atol=1e-12)
    assert set(one.kind_names) == ({"higher", "leave"} if gone else {"higher"})


def test_all_paths() -> None:
    """Log-likelihood and its gradient for three rungs and four rows, all 81 paths in plain code."""
    rng = np.random.default_rng(4)
    space, values = Space(3), np.arange(4.0)
    counts = Counts("purchase", space, np.arange(4), values, 1.0, poisson=True)
    movement = OrderedMovement(space, np.array([[0.0], [1.0]]), ("a",), np.zeros(1))
    model = LadderModel(space, Start(1, space), movement, (counts,), 4)
    codes, moves = rng.integers(0, 4, (6, 4)), rng.integers(0, 2, (6, 4))
    made = Sequences(
        np.arange(7) * 4, codes.ravel().astype(np.uint32), moves.ravel().astype(np.uint32),
        np.zeros(6, np.uint32), np.ones(6), np.zeros(6, np.int64), 4, 4, 2, 1, 4, np.zeros(0, np.int64),
    )  # fmt: skip
    sequences, theta = subset(made, np.arange(6)), 0.5 * rng.normal(size=model.n_parameters)
    start, where, emitted = (theta[w] for w in model.slices)
    initial = np.exp(np.append(0.0, start)) / np.exp(np.append(0.0, start)).sum()
    total = 0.0
    for i in range(6):
        summed = 0.0
        for path in product(range(3), repeat=4):
            p = initial[path[0]]
            for t, k in enumerate(path):
                p *= poisson.pmf(codes[i, t], np.exp(emitted[k]))
                if t:
                    low, high = where[2 * path[t - 1]], np.exp(where[2 * path[t - 1] + 1])
                    score = moves[i, t] * (where[6] + where[7 + path[t - 1]])
                    above = [1.0, expit(score - low), expit(score - low - high), 0.0]
                    p *= above[k] - above[k + 1]
            summed += p
        total += np.log(summed)
    assert model.evaluate(sequences, theta).loglik == pytest.approx(total, abs=1e-9)
    slope = np.empty_like(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        high, low = (model.evaluate(sequences, theta + s).objective for s in (step, -step))
        slope[j] = (high - low) / 2e-5
    np.testing.assert_allclose(model.evaluate(sequences, theta).gradient, slope, atol=DIFFERENCE)
