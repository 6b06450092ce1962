"""A simulated company that goes on under a policy: whom it reaches with what is decided month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from verbond.ladder import LadderState
from verbond.tables import RUNG_CONSTRUCTS, Panel
from verbond.tables.simulate import Company
from verbond.tables.simulate.behaviour import Life
from verbond.tables.simulate.people import draw_people
from verbond.tables.simulate.world import N_RUNGS, Emission, World

LOOK_EVERY = 3
"""Months after which the company scores its customers again."""
LEFT = N_RUNGS
"""Place of who cancelled."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do with whom.

    Attributes
    ----------
    name : str
    probs : (n_months, 1 + n_kinds, n_rungs + 1)
        Chance of nothing and of each kind of action, by month and by the rung on which somebody seems to
        stand.
    sees : {"nothing", "model", "truth"}
        By what it tells on which rung somebody stands.
    paced : bool
        Chances of action are scaled so that what is left of the budget lasts until the end.
    """

    name: str
    probs: np.ndarray
    sees: str = "nothing"
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a policy, for each customer there was at its start.

    Attributes
    ----------
    engaged : float
        Of a hundred, how many stood on the top rung, the mean over the months.
    engaged_end : float
        And in the last month.
    revenue : float
        Paid in all these months, less what the actions cost: by where each customer stood and what was done,
        with orders at their mean.
    spent : float
    """

    engaged: float
    engaged_end: float
    revenue: float
    spent: float


def past_of(company: Company) -> Life:
    """The life behind a company of one block, as its tables tell it."""
    world, seed = company.world, company.seed
    life = Life(world, draw_people(world, seed, 0, 0, world.n_customers), seed, 0)
    for t in range(world.n_periods):
        life.month(t)
    return life


class Steered(Life):
    """The same customers from today on; nobody comes in, and whom to reach comes from outside.

    Parameters
    ----------
    life : Life
        Until today.
    n_months : int
    seed : int
        The same for all policies, so that what differs by chance differs as little as can be.
    depths : mapping of action kind to float
        What a kind takes off the month's orders.
    """

    def __init__(self, life: Life, n_months: int, seed: int, depths: Mapping[str, float]) -> None:
        past = life.world.n_periods
        ahead = replace(life.world, n_periods=past + n_months, actions=(), waves=(), stimuli=(), messages=())
        super().__init__(ahead, life.people, seed, 0)
        self.today, self.depths = past, [0.0, *depths.values()]
        self.effect_numbers = np.array([-1, *(self.effect_of[kind] for kind in depths)])
        self.rungs[:, :past], self.cancelled[:] = life.rungs, life.cancelled
        self.stock[:] = life.stock
        for kind, count in life.counts.items():
            self.counts[kind][:, :past] = count
        self.chosen = np.zeros((self.people.n, past + n_months), np.int8)
        self.money, self.each = np.zeros(self.chosen.shape), np.zeros(self.chosen.shape)
        self.expected = np.zeros(self.chosen.shape)
        self.order_rng, self.leave_rng = np.random.default_rng(seed), np.random.default_rng((seed, 2))

    @property
    def active(self) -> np.ndarray:
        """(n,) bool: who has not cancelled."""
        return self.cancelled < 0

    def reach(self, t: int, active: np.ndarray) -> np.ndarray:
        exposures = np.zeros(self.stock.shape)
        rows = np.flatnonzero(active & (self.chosen[:, t] > 0))
        exposures[rows, self.effect_numbers[self.chosen[rows, t]]] = 1.0
        self.depth[:, t] = np.array(self.depths)[self.chosen[:, t]]
        return exposures

    def emit(
        self, emission: Emission, t: int, rows: np.ndarray, rung: np.ndarray, exposures: np.ndarray
    ) -> np.ndarray:
        """As ever; and what an order brings, and who leaves by the same lot under every policy."""
        if emission.kind == "purchase":
            self._pay(emission, t, rows, rung)
        if emission.kind != "cancellation":
            return super().emit(emission, t, rows, rung, exposures)
        rate = np.asarray(emission.rates)[rung] * np.exp(self._lift("cancellation")[self.chosen[rows, t]])
        return self.leave_rng.random(self.people.n)[rows] < rate

    def month(self, t: int) -> None:
        """Let a month pass, and pay its orders."""
        super().month(t)
        shape, orders = self.world.amounts.shape, self.counts["purchase"][:, t].astype(float)
        sums = self.order_rng.standard_gamma(np.maximum(shape * orders, 1e-9)) / shape
        self.money[:, t] = np.where(orders > 0, sums, 0.0) * self.each[:, t]

    def _pay(self, emission: Emission, t: int, rows: np.ndarray, rung: np.ndarray) -> None:
        """What an order of this month brings, and how much is to be expected in all."""
        classes = [(c.amount, c.multipliers.get("purchase", 1.0)) for c in self.world.classes]
        amount, often = np.array(classes)[self.people.behaviour_class[rows]].T
        self.each[rows, t] = np.asarray(self.world.amounts.means)[rung] * amount * (1 - self.depth[rows, t])
        rate = np.asarray(emission.rates)[rung] * often * emission.season(self.calendar[t])
        rate = rate * np.exp(self._lift("purchase")[self.chosen[rows, t]])
        self.expected[rows, t] = rate * self.each[rows, t]

    def _lift(self, kind: str) -> np.ndarray:
        """(1 + n_kinds,) log lift of an event kind by what is done."""
        effects = [self.world.effects[k] for k in self.effect_numbers[1:]]
        return np.array([0.0, *(effect.lifts.get(kind, 0.0) for effect in effects)])

    def panel(self, first: int, end: int, kinds: list[str]) -> Panel:
        """The rows of these months, as the company would read them from its own tables."""
        there = self.rungs[:, first:end] >= 0
        who = np.flatnonzero(there[:, 0])
        rows = there[who]
        n = int(rows.sum())
        chosen = self.chosen[who, first:end][rows]
        return Panel(
            period="month", periods=self.world.months[first:end], customer_ids=self.people.ids[who],
            offsets=np.concatenate(([0], np.cumsum(rows.sum(axis=1)))).astype(np.int64),
            first_period=np.zeros(len(who), np.int32), is_new=np.zeros(len(who), bool),
            ended=self.cancelled[who] >= 0,
            counts={kind: count[who, first:end][rows] for kind, count in self.counts.items()},
            amounts={"purchase": self.money[who, first:end][rows].astype(np.float32)},
            exposures={kind: (chosen == 1 + j).astype(np.uint8) for j, kind in enumerate(kinds)},
            discount_depth=None, scored_rows=np.zeros(0, np.int64),
            scores=np.zeros((0, len(RUNG_CONSTRUCTS)), np.float32),
            standard_errors=np.zeros((0, len(RUNG_CONSTRUCTS)), np.float32),
            asked=np.full(n, -1, np.int8), segments={}, segment_labels={},
        )  # fmt: skip


def follow_in(
    life: Life,
    policy: Policy,
    known: LadderState,
    *,
    costs: Mapping[str, float],
    depths: Mapping[str, float],
    budget: float,
    seed: int,
) -> Outcome:
    """Let the company go on under a policy, which ends where the budget ends.

    Parameters
    ----------
    known : LadderState
        Where the fitted ladder sees everybody today.
    costs, depths : mapping of action kind to float
        Of reaching somebody once; and what that takes off the month's orders.
    budget : float
        For all months, per customer there is today.
    """
    n_months, kinds = len(policy.probs), list(costs)
    company = Steered(life, n_months, seed, depths)
    rng, price = np.random.default_rng((seed, 1)), np.array([0.0, *costs.values()])
    n_start = int(company.active.sum())
    left, present = budget * n_start, company.active.copy()
    place = np.searchsorted(known.customer_ids.astype(str), company.people.ids.astype(str))
    for month in range(n_months):
        t = company.today + month
        if policy.sees == "truth":
            seen = company.rungs[:, t - 1]
        else:
            seen = known.probs.probs.argmax(axis=1)[np.minimum(place, len(known.customer_ids) - 1)]
        rows = np.flatnonzero(company.active)
        chances = policy.probs[month][:, seen[rows]]
        if policy.paced:
            wanted = float(price @ chances.sum(axis=1))
            chances = chances * min(1.0, left / (n_months - month) / max(wanted, 1e-12))
            chances[0] = 1 - chances[1:].sum(axis=0)
        chosen = (rng.random(len(rows)) > chances.cumsum(axis=0)).sum(axis=0).clip(max=len(kinds))
        order = rng.permutation(len(rows))
        chosen[order[price[chosen[order]].cumsum() > left]] = 0
        left -= float(price[chosen].sum())
        company.chosen[rows, t] = chosen
        company.month(t)
        if policy.sees == "model" and (month + 1) % LOOK_EVERY == 0:
            known = known.update(company.panel(t + 1 - LOOK_EVERY, t + 1, kinds))
    ahead = slice(company.today, None)
    engaged = (company.rungs[present, ahead] == N_RUNGS - 1).mean(axis=0)
    spent = budget - left / n_start
    paid = float(company.expected[present, ahead].sum()) / n_start
    return Outcome(100 * float(engaged.mean()), 100 * float(engaged[-1]), paid - spent, spent)


def true_money(world: World, kind: str | None, depth: float) -> np.ndarray:
    """(n_rungs,) money that a customer on each rung is expected to pay in a month in which that is done."""
    emission = next(e for e in world.emissions if e.kind == "purchase")
    lift = next((e.lifts.get("purchase", 0.0) for e in world.effects if e.kind == kind), 0.0)
    classes = sum(c.share * c.multipliers.get("purchase", 1.0) * c.amount for c in world.classes)
    return np.array(emission.rates) * np.array(world.amounts.means) * classes * np.exp(lift) * (1 - depth)


def true_leaving(world: World, kind: str | None) -> np.ndarray:
    """(n_rungs,) chance of cancelling in a month in which that is done."""
    lift = next((e.lifts.get("cancellation", 0.0) for e in world.effects if e.kind == kind), 0.0)
    rates = next(e.rates for e in world.emissions if e.kind == "cancellation")
    return np.array(rates) * np.exp(lift)
