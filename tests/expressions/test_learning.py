"""Against scikit-learn (tests/reference/expressions_logistic.py); calibration against a known truth."""

import numpy as np
import pytest
from scipy.special import softmax

from verbond.expressions.learning import fit_linear, fit_temperature, probabilities


def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(120, 4))
    return x, np.eye(3)[(x @ rng.normal(size=(4, 3)) + rng.gumbel(size=(120, 3))).argmax(axis=1)]


def test_probabilities_are_those_of_scikit_learn() -> None:
    x, y = drawn()
    theirs = [
        [0.0640119, 0.1529779, 0.7830101],
        [0.4948549, 0.0614598, 0.4436853],
        [0.5390094, 0.0048886, 0.456102],
    ]
    assert softmax(fit_linear(x, y, 0.7).logits(x[:3]), axis=1) == pytest.approx(np.array(theirs), abs=2e-5)


def test_weights_of_rows_are_those_of_scikit_learn() -> None:
    x, y = drawn()
    theirs = [
        [0.1721455, 0.1219217, 0.7059328],
        [0.7431803, 0.0295262, 0.2272934],
        [0.8029805, 0.001652, 0.1953676],
    ]
    ours = fit_linear(x, y, 0.7, np.where(y[:, 0] == 1, 3.0, 1.0))
    assert softmax(ours.logits(x[:3]), axis=1) == pytest.approx(np.array(theirs), abs=2e-5)


def test_raters_who_disagree_count_as_half_each() -> None:
    x, y = drawn()
    other = np.roll(y, 1, axis=1)
    halves = fit_linear(x, (y + other) / 2, 1.0)
    both = fit_linear(np.vstack([x, x]), np.vstack([y, other]), 0.5)
    assert halves.logits(x) == pytest.approx(both.logits(x), abs=2e-3)


def test_temperature_is_found_again() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, size=(6000, 4))
    y = np.eye(4)[(logits + rng.gumbel(size=logits.shape)).argmax(axis=1)]
    assert fit_temperature(3.0 * logits, y) == pytest.approx(3.0, rel=0.06)
    assert probabilities(3.0 * logits[:1], 3.0) == pytest.approx(softmax(logits[:1], axis=1))
