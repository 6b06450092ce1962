"""What is known about a simulated company and no real one would tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.method import CIRCLE
from verbond.tables.simulate.movement import transition_matrix
from verbond.tables.simulate.rows import Columns, text
from verbond.tables.simulate.stimuli import true_stimulus_effects
from verbond.tables.simulate.world import MOVES, N_RUNGS, TYPES, Effect, Stimulus, World

__all__ = ["Truth", "truth_rows", "world_rows"]


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth behind a company's tables; rows are customers in the order of their ids.

    Attributes
    ----------
    customer_ids : ndarray of object, shape (n,)
    periods : ndarray of datetime64[D], shape (n_periods,)
    rungs : ndarray of int8, shape (n, n_periods)
        -1 before a customer came in and after the month of the cancellation.
    relationship_type, behaviour_class : ndarray of object, shape (n,)
        Ids: of `TYPES`, and of the world's classes.
    skips : ndarray of bool, shape (n,)
        Never stands on the world's skipped rung.
    own_values, seen_values : ndarray of float32, shape (n, 10)
        0..100 in the order of `verbond.method.CIRCLE`; seen in the last month that the customer was there.
    transition_matrix : ndarray, shape (6, 6)
        Of a month without exposures, for somebody whose type and attributes add nothing.
    effects : tuple of Effect
        The true effect of every kind of action.
    stimuli : tuple of Stimulus
        What was shown by lot in a round of asking, with the true effect of each variant.
    """

    customer_ids: np.ndarray
    periods: np.ndarray
    rungs: np.ndarray
    relationship_type: np.ndarray
    behaviour_class: np.ndarray
    skips: np.ndarray
    own_values: np.ndarray
    seen_values: np.ndarray
    transition_matrix: np.ndarray
    effects: tuple[Effect, ...]
    stimuli: tuple[Stimulus, ...] = ()

    @property
    def counts(self) -> np.ndarray:
        """Customers on each rung in each period, shape (n_periods, 6)."""
        return np.column_stack([(self.rungs == k).sum(axis=0) for k in range(N_RUNGS)])

    @property
    def shares(self) -> np.ndarray:
        """Share of the customers on each rung in each period, shape (n_periods, 6); NaN without customers."""
        counts = self.counts.astype(float)
        total = counts.sum(axis=1, keepdims=True)
        return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)

    @property
    def transition_counts(self) -> np.ndarray:
        """Moves that were made, shape (6, 6): from a rung to a rung, all periods together."""
        before, after = self.rungs[:, :-1], self.rungs[:, 1:]
        both = (before >= 0) & (after >= 0)
        pairs = before[both].astype(np.int64) * N_RUNGS + after[both]
        return np.bincount(pairs, minlength=N_RUNGS**2).reshape(N_RUNGS, N_RUNGS)

    def types_at(self, period: int) -> Mapping[str, float]:
        """Shares of the relationship types among those who are customers in a period."""
        there = self.relationship_type[self.rungs[:, period] >= 0]
        return {t: float((there == t).mean()) for t in TYPES}


def truth_rows(world: World, truth: Truth) -> dict[str, Columns]:
    """The part of the truth that has a row a customer, as tables to write: `customers` and `rungs`."""
    row, period = np.nonzero(truth.rungs >= 0)
    values = {
        f"{side}_{v.id}": array[:, j]
        for side, array in (("own", truth.own_values), ("seen", truth.seen_values))
        for j, v in enumerate(CIRCLE)
    }
    return {
        "customers": {
            "customer_id": truth.customer_ids,
            "relationship_type": truth.relationship_type,
            "behaviour_class": truth.behaviour_class,
            "skips": truth.skips,
            **values,
        },
        "rungs": {
            "customer_id": truth.customer_ids[row],
            "period": world.months[period],
            "rung": truth.rungs[row, period].astype(np.int64),
        },
    }


def world_rows(world: World, counts: np.ndarray) -> dict[str, Columns]:
    """The part of the truth about the company as a whole: `shares`, `effects`, `stimuli`, `transitions`."""
    n_periods = world.n_periods
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    kinds = [None, *TYPES]
    matrices = np.array([transition_matrix(world, relationship_type=kind) for kind in kinds])
    code, before, after = (a.ravel() for a in np.indices(matrices.shape))
    rows = {
        "shares": {
            "period": np.repeat(world.months, N_RUNGS),
            "rung": np.tile(np.arange(N_RUNGS), n_periods),
            "n_customers": counts.ravel(),
            "share": shares.ravel(),
        },
        "transitions": {
            "relationship_type": text(kinds, code),
            "from_rung": before,
            "to_rung": after,
            "probability": matrices.ravel(),
        },
    }
    if world.effects:
        rows["effects"] = _effect_rows(world)
    if world.stimuli:
        rows["stimuli"] = true_stimulus_effects(world)
    return rows


def _effect_rows(world: World) -> Columns:
    """A row a kind, move and condition: on the log-odds scale for moves, the log-rate scale for lifts."""
    rows: list[tuple[str, str, str | None, int, float]] = []
    for effect in world.effects:
        for m, move in enumerate(MOVES):
            rows.append((effect.kind, move, None, -1, effect.moves[m]))
            rows += [(effect.kind, move, None, j, deviation[m]) for j, deviation in effect.by_rung.items()]
            rows += [
                (effect.kind, move, kind, -1, deviation[m]) for kind, deviation in effect.by_type.items()
            ]
        rows += [(effect.kind, f"lift_{kind}", None, -1, lift) for kind, lift in effect.lifts.items()]
    kind, on, only_type, only_rung, value = zip(*rows, strict=True)
    return {
        "kind": np.array(kind, dtype=object),
        "works_on": np.array(on, dtype=object),
        "relationship_type": np.array(only_type, dtype=object),
        "from_rung": np.array([None if j < 0 else str(j) for j in only_rung], dtype=object),
        "effect": np.array(value, dtype=float),
    }
