"""A budget over the steps that cost something a customer: whom to reach with what, and when.

Who may be approached stays so: customers with consent and customers without are two groups that move over
the same rungs and share one budget, and a step that needs consent is barred in the second. They are the two
halves of one chain, so that the optimum is exact; consent is taken to be as common on each rung.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verbond.diagnosis.plan.choosing import Candidate
from verbond.diagnosis.plan.expecting import Push, draws_of
from verbond.diagnosis.plan.results import PlanBudget
from verbond.ladder import Allocation, RungChain, allocate, estimate_of, follow, greedy, pushed

__all__ = ["spend"]


def spend(
    budget: float | None,
    steps: Sequence[tuple[Candidate, Push]],
    chain: RungChain | None,
    n_periods: int,
    consent: float | None = None,
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
    consent : float or None
        Share of the customers who may be approached, 0..1; None: not known, and all are taken to agree.
    """
    paid = [(one, push) for one, push in steps if one.play.cost_per_customer > 0 and not one.segment]
    if budget is None or chain is None or not paid:
        return None
    groups = np.array([1.0] if consent is None else [consent, 1.0 - consent])
    matrices, n = chain.rung_matrices(), chain.n_customers
    costs = _costs([one for one, _ in paid], matrices.shape[-1], len(groups))
    worth = np.zeros(matrices.shape[-1])
    worth[: chain.n_rungs] = np.arange(chain.n_rungs)
    worth = np.tile(worth, len(groups))
    rng = np.random.default_rng(0)
    pushes = [[draws_of(belief, len(matrices), rng) for belief in (push.up, push.down)] for _, push in paid]
    start = np.kron(groups, chain.space.by_class(chain.standing).sum(axis=1))
    given = {"horizon": n_periods, "discount": 1.0}
    actions = [np.kron(np.eye(len(groups)), _actions(chain, m, pushes, d)) for d, m in enumerate(matrices)]
    best = allocate(actions[0], costs, worth, budget=budget / n, start=start[0], **given)
    quick = greedy(actions[0], costs, worth, budget=budget / n, start=start[0], **given)
    nothing = np.zeros_like(best.probs)
    nothing[:, 0] = 1.0
    each = [(actions[d], costs, worth, start[d]) for d in range(len(actions))]
    idle = np.array([_value(nothing, *one) for one in each])
    gains = [
        n * (np.array([_value(probs, *one) for one in each]) - idle) for probs in (best.probs, quick.probs)
    ]
    times = (n * best.reached.sum(axis=(0, 2))).tolist()
    rows = tuple(
        (
            one.play.id,
            one.rung,
            n * _ever(best, actions[0], a),
            times[a],
            times[a] * one.play.cost_per_customer,
        )
        for a, (one, _) in enumerate(paid, start=1)
        if times[a] >= 1
    )
    ours, theirs = (estimate_of(gain / n_periods, n, chain.ci_level) for gain in gains)
    return PlanBudget(budget, float(n * best.cost), rows, ours, theirs)


def _costs(paid: Sequence[Candidate], places: int, n_groups: int) -> np.ndarray:
    """(1 + n_steps, n_groups * n_places): nothing, then each step; endless where it is not to be done."""
    costs = np.full((len(paid) + 1, n_groups, places), np.inf)
    costs[0] = 0.0
    for a, one in enumerate(paid, start=1):
        may = slice(1) if one.play.needs_consent else slice(None)
        costs[a, may, max(one.rung - 1, 0)] = one.play.cost_per_customer
    return costs.reshape(len(costs), -1)


def _ever(found: Allocation, actions: np.ndarray, action: int) -> float:
    """Share of the customers who get an action at least once."""
    without, others = found.shares[0], np.arange(len(actions)) != action
    for chances in found.probs[:, others]:
        without = np.einsum("as,s,asu->u", chances, without, actions[others])
    return float(found.shares[0].sum() - without.sum())


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
