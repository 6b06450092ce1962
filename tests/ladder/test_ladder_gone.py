"""Silent leavers: brute force, the buy-till-you-die models as special cases, and simulated truth."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from ladder_worlds import Drawn, draw
from scipy.optimize import minimize
from scipy.special import expit, roots_jacobi
from scipy.stats import nbinom

from verbond.ladder import Ladder, LadderResult
from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import Sequences, state_probs
from verbond.ladder.model.emissions import Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space

HERE = Path(__file__).parents[1] / "reference"
EXACT = 1e-9  # two orders of adding the same few hundred numbers
DIFFERENCE = 2e-5  # of central differences


def small_model(seed: int) -> tuple[LadderModel, Sequences, np.ndarray]:
    """Two rungs, two classes with moves of their own, counts and answering; five customers of four rows."""
    rng = np.random.default_rng(seed)
    space = Space(2, 2, gone=True)
    values, asked = np.array([0.0, 1, 3, 0, 0]), np.array([-1, 0, -1, 1, 0])
    index = np.arange(5)
    counts = Counts("purchase", space.living, index, values, 0.8)
    yes, no = (asked == 1).astype(float), (asked == 0).astype(float)
    answered = Binary("answered", space.living, index, yes, no, 0.5)
    movement = Movement(space, "ladder", np.array([[0.0], [1.0]]), ("a",), np.zeros(1), class_sd=0.7)
    model = LadderModel(space, Start(2, space), movement, (counts, answered), 5)
    made = Sequences(
        np.arange(6) * 4, rng.integers(0, 5, 20).astype(np.uint32), rng.integers(0, 2, 20).astype(np.uint32),
        rng.integers(0, 2, 5).astype(np.uint32), np.ones(5), np.zeros(5, np.int64), 5, 5, 2, 2, 4,
        np.zeros(0, np.int64),
    )  # fmt: skip
    theta = 0.5 * rng.normal(size=model.n_parameters)
    return model, subset(made, np.arange(5)), theta


def enumerated(model: LadderModel, sequences: Sequences, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood, and the probability of being gone in every row, over all paths, in plain Python."""
    start, moves, count, answer = (theta[where] for where in model.slices)
    levels, shift, size = np.array([count[0], count[1]]), count[2], np.exp(count[3])
    intercepts, slopes = moves[: len(moves) - 6], moves[len(moves) - 6 :].reshape(3, 2)
    initial = np.exp(np.hstack((np.zeros((2, 1)), start.reshape(2, 3))))
    initial /= initial.sum(axis=1, keepdims=True)
    pairs, kinds = [(0, 1), (0, 2), (1, 0), (1, 2)], [0, 2, 1, 2]  # up, leave, down, leave
    counts, asked = [0, 1, 3, 0, 0], [-1, 0, -1, 1, 0]

    def move(c: int, x: int, i: int, j: int) -> float:
        if i == 2:
            return float(j == 2)
        sign = (-1) ** (c + 1) / np.sqrt(2)
        odds = {
            pair: np.exp(intercepts[e] + x * slopes[kinds[e], 0] + sign * slopes[kinds[e], 1])
            for e, pair in enumerate(pairs)
        }
        total = 1 + sum(v for (a, _), v in odds.items() if a == i)
        return (1.0 if i == j else odds.get((i, j), 0.0)) / total

    def seen(c: int, k: int, code: int) -> float:
        if k == 2:
            return float(counts[code] == 0 and asked[code] != 1)
        mean = np.exp(levels[k] + shift * c)
        p = nbinom.pmf(counts[code], size, size / (size + mean))
        yes = expit(answer[k])
        return p * (yes if asked[code] == 1 else 1 - yes if asked[code] == 0 else 1.0)

    loglik, gone = 0.0, np.zeros(20)
    for i in range(5):
        total, where = 0.0, np.zeros(4)
        codes, x = sequences.codes[4 * i : 4 * i + 4], sequences.moves[4 * i : 4 * i + 4]
        for c in (0, 1):
            for path in product((0, 1, 2), repeat=4):
                p = 0.0 if path[0] == 2 else initial[sequences.starts[i], 2 * c + path[0]]
                for t in range(4):
                    p *= seen(c, path[t], codes[t])
                    p *= move(c, x[t], path[t - 1], path[t]) if t else 1.0
                total += p
                where += p * (np.array(path) == 2)
        loglik += np.log(total)
        gone[4 * i : 4 * i + 4] = where / total
    return loglik, gone


@pytest.mark.parametrize("seed", range(6))
def test_all_paths(seed: int) -> None:
    model, sequences, theta = small_model(seed)
    loglik, gone = enumerated(model, sequences, theta)
    assert model.evaluate(sequences, theta).loglik == pytest.approx(loglik, abs=EXACT)
    probs = state_probs(sequences, model.tables(theta), 0, 5)
    np.testing.assert_allclose(model.space.gone_share(probs), gone, atol=EXACT)


def test_gradient_against_differences() -> None:
    model, sequences, theta = small_model(3)
    slope = np.empty_like(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        high, low = (model.evaluate(sequences, theta + s).objective for s in (step, -step))
        slope[j] = (high - low) / 2e-5
    np.testing.assert_allclose(model.evaluate(sequences, theta).gradient, slope, atol=DIFFERENCE)


def test_answers_and_events_are_no_silence() -> None:
    model, _, theta = small_model(0)
    gone = model.tables(theta).emission[:, 2]
    np.testing.assert_array_equal(gone > 0, [True, False, False, False, True])  # asked and silent: possible


def donors() -> tuple[np.ndarray, ...]:
    with (HERE / "lifetimes_donations.csv").open() as file:
        rows = list(csv.DictReader(file))
    return tuple(np.array([int(r[n]) for r in rows]) for n in ("frequency", "recency", "periods", "weights"))


def donor_model(n_kinds: int) -> tuple[LadderModel, Sequences, np.ndarray]:
    """Kinds of donors who stay what they are until they leave.

    The year that made them donors is not looked at. Frequency and recency are sufficient: every history with
    the same two has the same likelihood, so that any one of them stands for all.
    """
    x, recency, n, weights = donors()
    gave = np.zeros((len(x), 7), np.int64)
    for i in range(len(x)):
        gave[i, 1 : x[i]] = 1
        gave[i, recency[i]] = x[i] > 0
        gave[i, 0] = 2
    space = Space(n_kinds, 1, gone=True)
    yes, no = np.array([0.0, 1, 0]), np.array([1.0, 0, 0])
    giving = Binary("purchase", space.living, np.arange(3), yes, no, 0.5, pseudo_rows=0.0)
    movement = Movement(space, "neighbours", np.zeros((1, 0)), pseudo_moves=0.0)
    model = LadderModel(space, Start(1, space, 0.0), movement, (giving,), 3)
    made = Sequences(
        np.arange(len(x) + 1) * 7, gave.ravel().astype(np.uint32), np.zeros(7 * len(x), np.uint32),
        np.zeros(len(x), np.uint32), weights.astype(float), np.zeros(len(x), np.int64), 3, 3, 1, 1, 7,
        np.zeros(0, np.int64),
    )  # fmt: skip
    assert (n == 6).all()
    return model, subset(made, np.arange(len(x))), gave


def donor_theta(model: LadderModel, p: np.ndarray, theta: np.ndarray, share: np.ndarray) -> np.ndarray:
    source, target = model.movement.rung_edges
    away = source != target
    moves = np.full(int(away.sum()), -60.0)  # nobody becomes another kind of donor
    leaving = target[away] == model.space.n_rungs
    moves[leaving] = np.log(theta) - np.log1p(-theta)
    return np.concatenate((model.start.theta(share[None]), moves, np.log(p) - np.log1p(-p)))


def test_bgbb_is_a_mixture_of_two_states() -> None:
    """Fader, Hardie & Shang (2010), Marketing Science 29(6), 1086-1108, table 5: LL = -33,225.6.

    Giving and leaving probabilities are beta distributed there. A customer's likelihood is a polynomial of
    degree 6 in each, which Gauss-Jacobi quadrature with four points takes exactly: sixteen kinds of donors,
    alive or gone, are the BG/BB.
    """
    alpha, beta, gamma, delta = 1.204, 0.750, 0.657, 2.783

    def points(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
        node, weight = roots_jacobi(4, b - 1, a - 1)
        return (1 + node) / 2, weight / weight.sum()

    (p, p_share), (theta, theta_share) = points(alpha, beta), points(gamma, delta)
    model, sequences, _ = donor_model(16)
    at = donor_theta(model, np.repeat(p, 4), np.tile(theta, 4), np.outer(p_share, theta_share).ravel())
    assert model.evaluate(sequences, at).loglik == pytest.approx(-33225.58, abs=0.01)


def test_one_kind_is_geometric_death_and_coin_tosses() -> None:
    """The closed form, coded from its words: alive through year i, then gone; every year alive is a toss."""
    model, sequences, _ = donor_model(1)
    x, recency, n, weights = donors()

    def closed(at: np.ndarray) -> float:
        p, q = expit(at)
        total = p**x * (1 - p) ** (n - x) * (1 - q) ** n
        for last in range(6):
            total += np.where(recency <= last, p**x * (1 - p) ** (last - x) * q * (1 - q) ** last, 0.0)
        return -float(weights @ np.log(total))

    def ours(at: np.ndarray) -> float:
        return -model.evaluate(sequences, np.array([at[1], at[0]])).loglik

    for at in (np.array([0.3, -2.0]), np.array([-1.0, 0.5])):
        assert ours(at) == pytest.approx(closed(at), abs=1e-6)
    best = minimize(closed, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-8})
    assert np.abs(model.evaluate(sequences, best.x[::-1].copy()).gradient).max() < 0.05


def with_leavers(drawn: Drawn, rate: float, seed: int) -> tuple[Drawn, np.ndarray]:
    """The same company, in which customers stop without a word; who is gone in each row."""
    panel, rng = drawn.panel, np.random.default_rng(seed)
    gone = np.zeros(panel.n_rows, bool)
    for i in range(panel.n_customers):
        rows = np.arange(panel.offsets[i], panel.offsets[i + 1])
        gone[rows[1:]] = np.cumsum(rng.random(len(rows) - 1) < rate) > 0
    counts = {k: np.where(gone, 0, v).astype(np.uint16) for k, v in panel.counts.items()}
    asked = np.where(gone & (panel.asked == 1), 0, panel.asked).astype(np.int8)
    kept = ~gone[panel.scored_rows]
    changed = replace(
        panel, counts=counts, asked=asked, scored_rows=panel.scored_rows[kept], scores=panel.scores[kept],
        standard_errors=panel.standard_errors[kept],
    )  # fmt: skip
    return Drawn(changed, drawn.rungs), gone


@pytest.fixture(scope="module")
def leaving() -> tuple[Drawn, np.ndarray]:
    return with_leavers(draw(1500, 14, asked=0.2, seed=9), 0.02, 4)


@pytest.fixture(scope="module")
def fitted(leaving: tuple[Drawn, np.ndarray]) -> LadderResult:
    return Ladder(n_starts=1, n_classes=1, gone=True).fit(leaving[0].panel)


def test_who_left_is_found_again(leaving: tuple[Drawn, np.ndarray], fitted: LadderResult) -> None:
    drawn, gone = leaving
    periods = drawn.panel.row_periods
    true = np.bincount(periods, gone) / np.bincount(periods)
    inside = (true[1:] >= fitted.gone_ci[0][1:]) & (true[1:] <= fitted.gone_ci[1][1:])
    assert inside.mean() > 0.6
    assert abs(fitted.gone[-1] - true[-1]) < 0.03
    assert fitted.gone_ci[1][-1] - fitted.gone_ci[0][-1] < 0.1
    assert np.average(fitted.leaving, weights=fitted.shares[-1]) == pytest.approx(0.02, abs=0.008)
    alive = np.zeros((len(fitted.periods), 6))
    np.add.at(alive, (periods[~gone], drawn.rungs[~gone]), 1)
    alive /= alive.sum(axis=1, keepdims=True)
    inside = (alive >= fitted.shares_ci_lower) & (alive <= fitted.shares_ci_upper)
    assert inside.mean() > 0.6
    np.testing.assert_allclose(fitted.shares.sum(axis=1), 1)


def test_probabilities_of_being_gone_are_calibrated(
    leaving: tuple[Drawn, np.ndarray], fitted: LadderResult
) -> None:
    drawn, gone = leaving
    scored = fitted.score(drawn.panel)
    columns = scored.to_columns()
    assert list(columns)[-2:] == ["p5", "p_gone"]
    total = sum(columns[name] for name in columns if name not in ("customer_id", "period"))
    np.testing.assert_allclose(total, 1, atol=1e-5)
    tenth = np.minimum((scored.gone * 10).astype(int), 9)
    error = sum((tenth == b).mean() * abs(scored.gone[tenth == b].mean() - gone[tenth == b].mean())
                for b in np.unique(tenth))  # fmt: skip
    assert error < 0.02
    assert ((scored.gone - gone) ** 2).mean() < 0.5 * gone.mean() * (1 - gone.mean())
