"""Customers for the ladder's benchmarks, drawn as codes with nothing of the product's simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.coding.encoding import combine, subset
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.model.space import Space
from verbond.tables import Panel

__all__ = ["Drawn", "drawn_panel", "drawn_sequences", "mixed_model"]

PURCHASES = np.array([0.15, 0.4, 0.6, 0.9, 1.2, 1.5])
VISITS = np.array([0.2, 0.6, 0.9, 1.1, 1.5, 2.2])
REFERRALS = np.array([0.005, 0.015, 0.03, 0.05, 0.08, 0.15])
ANSWERS = np.array([0.25, 0.35, 0.4, 0.45, 0.5, 0.6])
REACHED, ASKED, SIZE = 0.1, 0.01, 3.0
BLOCK = 50_000


@dataclass(frozen=True)
class Drawn:
    """What the codes stand for: values of purchases, visits, referral and answering, and of the actions."""

    values: np.ndarray
    actions: np.ndarray
    base: np.ndarray
    scores: np.ndarray


def drawn_sequences(
    n_customers: int, length: int, *, n_respondents: int = 20_000, seed: int = 0
) -> tuple[Sequences, Drawn]:
    """Customers who climb and fall on six rungs; one month in ten reached by each of four actions."""
    rng = np.random.default_rng(seed)
    parts = [_block(rng, min(BLOCK, n_customers - low), length) for low in range(0, n_customers, BLOCK)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    purchases, visits, referrals, answers, actions, rungs = columns
    n_rows = len(rungs)
    codes, values = combine([purchases, visits, referrals, answers], n_rows)
    moves, kinds = combine([actions >> k & 1 for k in range(4)], n_rows)
    scored = np.sort(rng.choice(n_rows, min(n_respondents, n_rows), replace=False))
    steps = np.arange(1, 6)[None, :] <= rungs[scored][:, None]
    scores = np.where(steps, 65.0, 40.0) + rng.normal(0, 12, steps.shape)
    base, n_shared = codes[scored], len(values)
    codes = codes.astype(np.uint32)
    codes[scored] = n_shared + np.arange(len(scored), dtype=np.uint32)
    made = Sequences(
        np.arange(n_customers + 1) * length, codes, moves.astype(np.uint32), np.zeros(n_customers, np.uint32),
        np.ones(n_customers), np.zeros(n_customers, np.int64), n_shared, n_shared + len(scored), len(kinds),
        1, length, np.zeros(0, np.int64),
    )  # fmt: skip
    return subset(made, np.arange(n_customers)), Drawn(values, kinds.astype(float), base, scores)


def drawn_panel(n_customers: int, length: int, n_respondents: int, *, scale: float = 1.0) -> Panel:
    """The same customers as a panel, everybody there from the first month; `scale` thins what they do."""
    rng = np.random.default_rng(0)
    parts = [
        _block(rng, min(BLOCK, n_customers - low), length, scale) for low in range(0, n_customers, BLOCK)
    ]
    columns = [
        np.concatenate([part[k].astype(kind) for part in parts])
        for k, kind in enumerate((np.uint16, np.uint16, np.uint16, np.int8, np.uint8, np.uint8))
    ]
    purchases, visits, referrals, asked, actions, rungs = columns
    scored = np.sort(rng.choice(len(rungs), min(n_respondents, len(rungs)), replace=False))
    asked[scored] = 1
    steps = np.arange(1, 6)[None, :] <= rungs[scored][:, None]
    scores = (np.where(steps, 65.0, 40.0) + rng.normal(0, 12, steps.shape)).astype(np.float32)
    months = np.arange(np.datetime64("2024-01"), np.datetime64("2024-01") + length)
    return Panel(
        period="month", periods=months.astype("datetime64[D]"),
        customer_ids=np.array([f"c{i:07d}" for i in range(n_customers)], object),
        offsets=np.arange(n_customers + 1) * length, first_period=np.zeros(n_customers, np.int32),
        is_new=np.zeros(n_customers, bool), ended=np.zeros(n_customers, bool),
        counts={"purchase": purchases, "visit": visits, "referral": referrals}, amounts={},
        exposures={
            kind: (actions >> k & 1).astype(np.uint8)
            for k, kind in enumerate(("content", "discount", "invitation", "service"))
        },
        discount_depth=None, scored_rows=scored, scores=scores,
        standard_errors=np.full(scores.shape, 6.0, np.float32), asked=asked, segments={}, segment_labels={},
    )  # fmt: skip


def _block(rng: np.random.Generator, n: int, length: int, scale: float = 1.0) -> tuple[np.ndarray, ...]:
    shape = (n, length)
    rungs, state = np.empty(shape, np.int64), rng.integers(0, 6, n)
    for t in range(length):
        move = rng.random(n)
        state = np.clip(state + (move < 0.07) - (move > 0.95), 0, 5)
        rungs[:, t] = state
    actions = sum((rng.random(shape) < REACHED).astype(np.int64) << k for k in range(4))
    asked = rng.random(shape) < ASKED
    answered = np.where(asked, (rng.random(shape) < ANSWERS[rungs]).astype(np.int64), -1)
    columns = (
        rng.poisson(scale * PURCHASES[rungs] * rng.gamma(SIZE, 1 / SIZE, shape)),
        rng.poisson(scale * VISITS[rungs]),
        (rng.random(shape) < scale * REFERRALS[rungs]).astype(np.int64), answered, actions, rungs,
    )  # fmt: skip
    return tuple(column.ravel() for column in columns)


def mixed_model(
    sequences: Sequences, seen: Drawn, n_rungs: int, n_classes: int
) -> tuple[LadderModel, np.ndarray]:
    """The ladder over these codes, and parameters near the truth."""
    space, emissions, pieces = Space(n_rungs, n_classes), [], []
    at = np.linspace(0, 5, n_rungs).round().astype(int)
    for column, (name, levels) in enumerate((("purchase", PURCHASES), ("visit", VISITS))):
        values, index = np.unique(seen.values[:, column], return_inverse=True)
        counts = Counts(name, space, index, values.astype(float), levels.mean())
        emissions.append(counts)
        pieces.append(counts.theta(levels[at], np.linspace(0.3, 0.6, n_classes - 1)))
    for column, (name, levels) in enumerate((("referral", REFERRALS), ("answered", ANSWERS)), start=2):
        values, index = np.unique(seen.values[:, column], return_inverse=True)
        yes, no = (values == 1).astype(float), (values == 0).astype(float)
        binary = Binary(name, space, index, yes, no, levels.mean())
        emissions.append(binary)
        pieces.append(binary.theta(levels[at]))
    scores = SurveyScores.from_scores(space, seen.scores, np.full(seen.scores.shape, 6.0))
    pieces.append(scores.theta(scores.template, np.diag(scores.prior_within)))
    movement = Movement(space, "ladder", seen.actions - REACHED, ("a", "b", "c", "d"), np.full(4, REACHED))
    start = Start(sequences.n_starts, space)
    source, target = movement.rung_edges
    edges = np.where(source == target, 0.9, 0.05)
    moving = movement.theta(edges / np.bincount(source, edges)[source])
    first = start.theta(np.full((sequences.n_starts, space.n_states), 1 / space.n_states))
    model = LadderModel(space, start, movement, (*emissions, scores), sequences.n_shared, seen.base)
    return model, np.concatenate((first, moving, *pieces))
