"""A block's months one after the other: who is reached, who moves, what everybody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.tables.simulate.draws import stream
from verbond.tables.simulate.movement import Mover
from verbond.tables.simulate.people import People
from verbond.tables.simulate.world import Action, Emission, World

__all__ = ["Histories", "Life", "live"]


@dataclass(frozen=True, slots=True)
class Histories:
    """What happened to the customers of a block and what they did.

    Attributes
    ----------
    rungs : ndarray of int8, shape (n, n_periods)
        -1 before they came in and after they cancelled.
    cancelled : ndarray of int16, shape (n,)
        Period of the cancellation, -1 if there was none.
    counts : mapping of str to ndarray of uint16, shape (n, n_periods)
        By event kind, cancellations included.
    reached_customer, reached_action, reached_period : ndarray of int32, shape (n_exposures,)
        Row of the customer, number of the action in `world.actions`, period.
    depth : ndarray of float32, shape (n, n_periods)
        Discount on the month's orders, 0..1.
    """

    rungs: np.ndarray
    cancelled: np.ndarray
    counts: Mapping[str, np.ndarray]
    reached_customer: np.ndarray
    reached_action: np.ndarray
    reached_period: np.ndarray
    depth: np.ndarray


class Life:
    """The state of a block while its months pass; `live` runs it. Who decides otherwise overrides `reach`."""

    def __init__(self, world: World, people: People, seed: int, block: int) -> None:
        n, n_periods = people.n, world.n_periods
        self.world, self.people = world, people
        self.mover = Mover.of(world, people)
        self.reach_rng = stream(seed, "reach", block)
        self.move_rng = stream(seed, "movement", block)
        self.act_rng = stream(seed, "behaviour", block)
        self.rungs = np.full((n, n_periods), -1, dtype=np.int8)
        self.cancelled = np.full(n, -1, dtype=np.int16)
        self.counts = {e.kind: np.zeros((n, n_periods), dtype=np.uint16) for e in world.emissions}
        self.depth = np.zeros((n, n_periods), dtype=np.float32)
        self.effect_of = {e.kind: k for k, e in enumerate(world.effects)}
        self.stock = np.zeros((n, len(world.effects)))
        self.decay = np.array([e.carry_over for e in world.effects])
        self.reached: list[tuple[np.ndarray, int, int]] = []
        self.calendar = world.months.astype("datetime64[M]").astype(int) % 12 + 1

    def month(self, t: int) -> None:
        """Let period `t` pass."""
        active = (self.people.arrival <= t) & (self.cancelled < 0)
        exposures = self.reach(t, active)
        self.stock = self.stock * self.decay + exposures
        self.move(t, active)
        rows = np.flatnonzero(active)
        rung = self.rungs[rows, t].astype(np.int64)
        for emission in self.world.emissions:
            count = self.emit(emission, t, rows, rung, exposures)
            self.counts[emission.kind][rows, t] = count
            if emission.kind == "cancellation":
                self.cancelled[rows[count > 0]] = t

    def reach(self, t: int, active: np.ndarray) -> np.ndarray:
        """Exposures of this month by kind of effect, shape (n, n_effects)."""
        exposures = np.zeros(self.stock.shape)
        for number, action in enumerate(self.world.actions):
            if t not in action.periods:
                continue
            lot = self.reach_rng.random(self.people.n) < action.reach
            rows = np.flatnonzero(active & lot & self.aimed_at(action, t))
            self.reached.append((rows, number, t))
            if action.kind in self.effect_of:
                exposures[rows, self.effect_of[action.kind]] += 1
            if action.depth:
                self.depth[rows, t] = np.maximum(self.depth[rows, t], action.depth)
        return exposures

    def aimed_at(self, action: Action, t: int) -> np.ndarray:
        """Whom the action is aimed at, from what was known before `t`; shape (n,) bool."""
        if action.target == "heavy_buyers":
            aimed = self.counts["purchase"][:, max(t - 3, 0) : t].sum(axis=1) >= self.world.heavy_from
        elif action.target == "complainers":
            aimed = self.counts["complaint"][:, t - 1] > 0 if t else np.zeros(self.people.n, dtype=bool)
        elif action.target == "newcomers":
            months_in = t - self.people.arrival
            aimed = ~self.people.is_old & (months_in >= 1) & (months_in <= 2)
        else:
            aimed = np.ones(self.people.n, dtype=bool)
        if action.where is None:
            return aimed
        name, label = action.where
        labels = next(list(a.shares) for a in self.world.attributes if a.name == name)
        return aimed & (self.people.attributes[name] == labels.index(label))

    def move(self, t: int, active: np.ndarray) -> None:
        """Put the active customers on the rungs of `t`."""
        uniform = self.move_rng.random(self.people.n)
        entering = np.flatnonzero(active & (self.people.arrival == t))
        self.rungs[entering, t] = self.people.initial_rung[entering]
        rows = np.flatnonzero(active & (self.people.arrival < t))
        before = self.rungs[rows, t - 1].astype(np.int64)
        self.rungs[rows, t] = self.mover.step(before, self.stock[rows], uniform[rows], rows)

    def emit(
        self, emission: Emission, t: int, rows: np.ndarray, rung: np.ndarray, exposures: np.ndarray
    ) -> np.ndarray:
        """Draw one event kind for customers `rows` in period `t`."""
        multipliers = np.array([c.multipliers.get(emission.kind, 1.0) for c in self.world.classes])
        rate = np.asarray(emission.rates)[rung] * multipliers[self.people.behaviour_class[rows]]
        rate *= emission.season(self.calendar[t])
        for k, effect in enumerate(self.world.effects):
            lift = effect.lifts.get(emission.kind, 0.0)
            if lift:
                rate *= np.exp(lift * exposures[rows, k])
        if emission.family == "bernoulli":
            return self.act_rng.random(len(rows)) < rate
        if emission.family == "per_purchase":
            return self.act_rng.binomial(self.counts["purchase"][rows, t], np.minimum(rate, 1.0))
        if emission.family == "negative_binomial" and np.isfinite(emission.dispersion):
            rate *= self.act_rng.standard_gamma(emission.dispersion, len(rows)) / emission.dispersion
        return self.act_rng.poisson(rate)

    def histories(self) -> Histories:
        sizes = [len(rows) for rows, _, _ in self.reached]
        customer = np.concatenate([rows for rows, _, _ in self.reached] or [np.zeros(0)])
        return Histories(
            rungs=self.rungs,
            cancelled=self.cancelled,
            counts=self.counts,
            reached_customer=customer.astype(np.int32),
            reached_action=np.repeat([a for _, a, _ in self.reached], sizes).astype(np.int32),
            reached_period=np.repeat([t for _, _, t in self.reached], sizes).astype(np.int32),
            depth=self.depth,
        )


def live(world: World, people: People, seed: int, block: int) -> Histories:
    """Let the months of `world` pass for the customers of one block."""
    life = Life(world, people, seed, block)
    for t in range(world.n_periods):
        life.month(t)
    return life.histories()
