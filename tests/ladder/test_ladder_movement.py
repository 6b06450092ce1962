"""Movement and starts."""

from __future__ import annotations

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.ladder.model.emissions import Space
from verbond.ladder.model.movement import Movement, Start

DIFFERENCE = 2e-5
COVARIATES = np.array([[0.0, 0.0], [1.0, -0.5], [0.3, 2.0]])


def movement(
    shape: str, deviation_sd: float = 0.0, n_classes: int = 2, *, gone: bool = False, class_sd: float = 0.0
) -> Movement:
    return Movement(
        Space(4, n_classes, gone), shape, COVARIATES, ("a", "b"), deviation_sd=deviation_sd, class_sd=class_sd
    )


@pytest.mark.parametrize(
    ("shape", "moves"),
    [
        ("neighbours", {(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)}),
        ("ladder", {(0, 1), (1, 0), (1, 2), (2, 0), (2, 1), (2, 3), (3, 0), (3, 2)}),
        ("free", {(i, j) for i in range(4) for j in range(4) if i != j}),
    ],
)
def test_shapes_allow_these_moves(shape: str, moves: set[tuple[int, int]]) -> None:
    source, target = movement(shape).rung_edges
    pairs = {(int(i), int(j)) for i, j in zip(source, target, strict=True)}
    assert pairs == moves | {(k, k) for k in range(4)}


def test_unknown_shape_is_refused() -> None:
    with pytest.raises(OptionError, match="shape"):
        movement("jump")


@pytest.mark.parametrize("shape", ["neighbours", "ladder", "free"])
def test_probabilities_are_multinomial_logits(shape: str) -> None:
    one = movement(shape, deviation_sd=0.5 if shape != "free" else 0.0)
    theta = np.random.default_rng(0).normal(size=one.n_parameters)
    intercepts, slopes, deviations = one.parts(theta)
    source, target = one.rung_edges
    found, j = one.edge_probs(theta), -1
    odds = np.ones((3, len(source)))
    for e, (i, k) in enumerate(zip(source, target, strict=True)):
        if i != k:
            j += 1
            odds[:, e] = np.exp(intercepts[j] + COVARIATES @ (slopes[one.kinds[j]] + deviations[j]))
    total = np.array([odds[:, source == i].sum(axis=1) for i in range(4)]).T[:, source]
    np.testing.assert_allclose(found, odds / total, rtol=1e-12)


@pytest.mark.parametrize("shape", ["neighbours", "ladder", "free"])
@pytest.mark.parametrize("deviation_sd", [0.0, 0.5])
@pytest.mark.parametrize(("gone", "class_sd"), [(False, 0.0), (True, 0.0), (False, 0.7), (True, 0.7)])
def test_gradient_and_newton_step(shape: str, deviation_sd: float, gone: bool, class_sd: float) -> None:
    one = movement(shape, deviation_sd, 3, gone=gone, class_sd=class_sd)
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
    for _ in range(30):
        theta = one.maximise(stats, theta)
    assert np.abs(one.gradient(stats, theta)).max() < 1e-5


def test_whoever_leaves_stays_away() -> None:
    one = movement("ladder", gone=True)
    source, target = one.rung_edges
    assert set(zip(source[source == 4].tolist(), target[source == 4].tolist(), strict=True)) == {(4, 4)}
    assert sorted(source[(target == 4) & (source < 4)].tolist()) == [0, 1, 2, 3]
    assert one.kind_names == ("up", "down", "drop", "leave")
    assert movement("neighbours", gone=True).kind_names == ("up", "down", "leave")
    theta = np.random.default_rng(0).normal(size=one.n_parameters)
    whole, leaving = one.class_matrices(theta)[0], one.leaving(theta)
    np.testing.assert_allclose(whole.sum(axis=1), 1)
    np.testing.assert_allclose(one.matrix(theta) * (1 - leaving)[:, None], whole[:4, :4])


def test_classes_move_by_shifted_log_odds() -> None:
    """Every class against staying: the shared log odds plus its shift, which add up to nothing."""
    one = movement("ladder", n_classes=3, class_sd=0.5)
    theta = one.with_class_shifts(
        np.random.default_rng(1).normal(size=one.n_parameters),
        np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 3.0]]),
    )
    shifts = one.class_shifts(theta)
    np.testing.assert_allclose(shifts.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(shifts[0] - shifts[1], [1, -2, 0], atol=1e-12)
    source, target = one.rung_edges
    probs = one.edge_probs(theta).reshape(3, 3, -1)
    stay = probs[:, :, source == target][:, :, source]
    odds = np.log(probs / stay)[:, :, source != target]
    found = odds[:, 0] - odds[:, 2]
    np.testing.assert_allclose(found, np.tile((shifts[0] - shifts[2])[one.kinds], (3, 1)), atol=1e-9)


def test_a_row_of_the_matrix_is_what_its_customers_do_together() -> None:
    one = movement("ladder", n_classes=2, class_sd=0.5)
    theta = np.random.default_rng(2).normal(size=one.n_parameters)
    present = np.array([10.0, 1, 0, 4, 30, 1, 5, 4])
    two = one.class_matrices(theta)
    np.testing.assert_allclose(one.matrix(theta, present)[0], (10 * two[0, 0] + 30 * two[1, 0]) / 40)
    np.testing.assert_allclose(one.matrix(theta, present)[2], two[1, 2])


def test_matrix_is_at_mean_covariates() -> None:
    one = movement("ladder")
    theta = np.random.default_rng(0).normal(size=one.n_parameters)
    matrix = one.matrix(theta)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    source, target = one.rung_edges
    np.testing.assert_allclose(matrix[source, target], one.edge_probs(theta)[0])  # the first covariates are 0


def test_start_shares_and_gradient() -> None:
    start = Start(2, Space(3))
    stats = np.array([[4.0, 1.0, 5.0], [0.0, 0.0, 0.0]])
    theta = start.maximise(stats)
    np.testing.assert_allclose(start.probs(theta), (stats + 0.5) / (stats + 0.5).sum(axis=1, keepdims=True))
    assert np.abs(start.gradient(stats, theta)).max() < 1e-9
