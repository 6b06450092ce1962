"""A budget over the steps that cost something a customer: whom to reach with what, and when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verbond.diagnosis.plan.choosing import Candidate
from verbond.diagnosis.plan.expecting import Push, draws_of
from verbond.diagnosis.plan.results import PlanBudget
from verbond.ladder import RungChain, allocate, estimate_of, follow, greedy, pushed

__all__ = ["spend"]


def spend(
    budget: float | None, steps: Sequence[tuple[Candidate, Push]], chain: RungChain | None, n_periods: int
) -> PlanBudget | None:
    """Divide a budget by dynamic programming, beside a greedy choice; None without a budget or a ladder.

    Only what is paid by customer is divided: hours are yours. A customer gets one step a period at most.

    Parameters
    ----------
    budget : float or None
        Euro for all periods together.
    steps : sequence of (Candidate, Push)
    chain : RungChain or None
    n_periods : int
    """
    paid = [(one, push) for one, push in steps if one.play.cost_per_customer > 0 and not one.segment]
    if budget is None or chain is None or not paid:
        return None
    matrices = chain.rung_matrices()
    places, n = matrices.shape[-1], chain.n_customers
    costs = np.full((len(paid) + 1, places), np.inf)
    costs[0] = 0.0
    for a, (one, _) in enumerate(paid, start=1):
        costs[a, max(one.rung - 1, 0)] = one.play.cost_per_customer
    worth = np.zeros(places)
    worth[: chain.n_rungs] = np.arange(chain.n_rungs)
    rng = np.random.default_rng(0)
    pushes = [[draws_of(belief, len(matrices), rng) for belief in (push.up, push.down)] for _, push in paid]
    start = chain.space.by_class(chain.standing).sum(axis=1)
    given = {"horizon": n_periods, "discount": 1.0}
    actions = [_actions(chain, matrices[d], pushes, d) for d in range(len(matrices))]
    best = allocate(actions[0], costs, worth, budget=budget / n, start=start[0], **given)
    quick = greedy(actions[0], costs, worth, budget=budget / n, start=start[0], **given)
    nothing = np.zeros_like(best.probs)
    nothing[:, 0] = 1.0
    each = [(actions[d], costs, worth, start[d]) for d in range(len(actions))]
    idle = np.array([_value(nothing, *one) for one in each])
    gains = [
        n * (np.array([_value(probs, *one) for one in each]) - idle) for probs in (best.probs, quick.probs)
    ]
    reached = n * best.reached.sum(axis=(0,))
    pays = [float(r @ np.where(np.isfinite(c), c, 0.0)) for r, c in zip(reached, costs, strict=True)]
    rows = tuple(
        (one.play.id, one.rung, float(reached[a].sum()), pays[a])
        for a, (one, _) in enumerate(paid, start=1)
        if reached[a].sum() >= 1
    )
    ours, theirs = (estimate_of(gain / n_periods, n, chain.ci_level) for gain in gains)
    return PlanBudget(budget, float(n * best.cost), rows, ours, theirs)


def _actions(chain: RungChain, matrix: np.ndarray, pushes: list[list[np.ndarray]], draw: int) -> np.ndarray:
    """(1 + n_steps, n_places, n_places): nothing, then each step."""
    places, n = len(matrix), chain.n_rungs
    lower = np.tri(n, k=-1, dtype=bool)
    found = [matrix]
    for up, down in pushes:
        weights = np.zeros((places, places))
        weights[:n, :n] = np.where(lower.T, up[draw], 0.0) + np.where(lower, down[draw], 0.0)
        found.append(pushed(matrix, weights))
    return np.stack(found)


def _value(
    probs: np.ndarray, actions: np.ndarray, costs: np.ndarray, worth: np.ndarray, start: np.ndarray
) -> float:
    return follow(probs, actions, costs, worth, discount=1.0, start=start).value
