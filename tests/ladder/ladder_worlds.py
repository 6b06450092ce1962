"""A company that moves exactly as the model says, drawn without any of the product's code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.tables import Panel

UP, DOWN, DROP = 0.07, 0.05, 0.01
PURCHASES = np.array([0.15, 0.4, 0.6, 0.9, 1.2, 1.5])
VISITS = np.array([0.2, 0.6, 0.9, 1.1, 1.5, 2.2])
REFERRALS = np.array([0.005, 0.015, 0.03, 0.05, 0.08, 0.15])
ANSWERS = np.array([0.25, 0.35, 0.4, 0.45, 0.5, 0.6])
LOW, HIGH, SCORE_SD, ERROR_SD, SIZE = 40.0, 65.0, 10.0, 6.0, 3.0
INITIAL_OLD = np.array([0.2, 0.3, 0.2, 0.15, 0.1, 0.05])
INITIAL_NEW = np.array([0.45, 0.4, 0.08, 0.04, 0.02, 0.01])


@dataclass(frozen=True)
class Drawn:
    """A panel and the rungs behind its rows."""

    panel: Panel
    rungs: np.ndarray

    def true_shares(self) -> np.ndarray:
        """(n_periods, 6) shares of the customers present."""
        counts = np.zeros((len(self.panel.periods), 6))
        np.add.at(counts, (self.panel.row_periods, self.rungs), 1)
        return counts / counts.sum(axis=1, keepdims=True)


def transition_matrix(effect: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """The moves of this world; `effect` is added to the log odds of going up and down against staying."""
    matrix = np.zeros((6, 6))
    for k in range(6):
        if k < 5:
            matrix[k, k + 1] += UP
        if k > 0:
            matrix[k, k - 1] += DOWN
        if k > 1:
            matrix[k, 0] += DROP
        matrix[k, k] += 1 - matrix[k].sum()
        matrix[k, k + 1 :] *= np.exp(effect[0])
        if k > 0:
            matrix[k, k - 1] *= np.exp(effect[1])
        matrix[k] /= matrix[k].sum()
    return matrix


def draw(
    n_customers: int = 2000,
    n_periods: int = 18,
    *,
    asked: float = 0.12,
    seed: int = 0,
    scale: float = 1.0,
    surveyed: bool = True,
    effect: tuple[float, float] | None = None,
    lift: float = 0.0,
    carry: float = 0.0,
) -> Drawn:
    """Draw a company; `scale` stretches the differences between rungs in behaviour.

    With `effect`, one customer-month in five is reached by an invitation that changes the log odds of going
    up and down in the move into that month, and lifts that month's log rate of purchases by `lift`. With
    `carry`, that share of what worked in one month still works on the move into the next.
    """
    rng = np.random.default_rng(seed)
    is_new = rng.random(n_customers) < 0.3
    first = np.where(is_new, rng.integers(0, n_periods - 2, n_customers), 0)
    lengths = n_periods - first
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    reached = rng.random(offsets[-1]) < (0.2 if effect else 0.0)
    up, down = effect or (0.0, 0.0)
    working = np.zeros(n_customers)
    rungs = np.empty(offsets[-1], np.int64)
    start = np.where(is_new[:, None], INITIAL_NEW, INITIAL_OLD).cumsum(axis=1)
    state = (rng.random(n_customers)[:, None] > start).sum(axis=1)
    for t in range(n_periods):
        here = np.flatnonzero(first <= t)
        new, moving = here[first[here] == t], here[first[here] < t]
        working[new] = reached[offsets[new]]
        working[moving] = carry * working[moving] + reached[offsets[moving] + t - first[moving]]
        level, stock = np.unique(working[moving], return_inverse=True)
        matrix = [transition_matrix((up * z, down * z)).cumsum(axis=1) for z in level]
        odds = np.array(matrix).reshape(-1, 6, 6)[stock, state[moving]]
        state[moving] = (rng.random(len(moving))[:, None] > odds).sum(axis=1)
        rungs[offsets[here] + t - first[here]] = state[here]
    n_rows = len(rungs)

    def spread(rates: np.ndarray) -> np.ndarray:
        return (rates.mean() * (rates / rates.mean()) ** scale)[rungs]

    lifted = np.exp(lift * reached)
    purchases = rng.poisson(lifted * spread(PURCHASES) * rng.gamma(SIZE, 1 / SIZE, n_rows))
    invited = (rng.random(n_rows) < asked) & surveyed
    answered = invited & (rng.random(n_rows) < ANSWERS[rungs])
    rows = np.flatnonzero(answered)
    steps = np.arange(1, 6)[None, :] <= rungs[rows][:, None]
    halo = rng.normal(0, 4, (len(rows), 1))
    true = np.where(steps, HIGH, LOW) + 2 * rungs[rows][:, None] + halo + rng.normal(0, SCORE_SD, steps.shape)
    scores = (true + rng.normal(0, ERROR_SD, true.shape)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.05] = np.nan
    months = np.arange(np.datetime64("2024-01"), np.datetime64("2024-01") + n_periods)
    panel = Panel(
        period="month",
        periods=months.astype("datetime64[D]"),
        customer_ids=np.array([f"c{i:06d}" for i in range(n_customers)], object),
        offsets=offsets.astype(np.int64),
        first_period=first.astype(np.int32),
        is_new=is_new,
        ended=np.zeros(n_customers, bool),
        counts={
            "purchase": purchases.astype(np.uint16),
            "visit": rng.poisson(spread(VISITS)).astype(np.uint16),
            "referral": (rng.random(n_rows) < spread(REFERRALS)).astype(np.uint16),
        },
        amounts={},
        exposures={"invitation": reached.astype(np.uint8)} if effect else {},
        discount_depth=None,
        scored_rows=rows.astype(np.int64),
        scores=scores,
        standard_errors=np.full(scores.shape, ERROR_SD, np.float32),
        asked=np.where(answered, 1, np.where(invited, 0, -1)).astype(np.int8) if surveyed else None,
        segments={"region": rng.integers(0, 3, n_customers).astype(np.int16)},
        segment_labels={"region": ("north", "middle", "south")},
    )
    return Drawn(panel, rungs)
