"""The allocator: against every policy there is, a linear programme by another solver, and closed forms."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from verbond.errors import OptionError
from verbond.ladder import allocate, follow, greedy

EXACT = 1e-9
SOLVER = 1e-7  # feasibility tolerance of HiGHS


def problem(seed: int, n_actions: int = 2, n_states: int = 2, *, priced: bool = False) -> dict:
    rng = np.random.default_rng(seed)
    costs = rng.uniform(0.2, 2.0, (n_actions, n_states))
    costs[0] = 0.0
    return {
        "matrices": rng.dirichlet(np.ones(n_states), (n_actions, n_states)),
        "costs": costs,
        "value": rng.uniform(0, 1, (n_actions, n_states) if priced else n_states),
        "start": rng.dirichlet(np.ones(n_states)),
    }


def of_policy(given: dict, policy: np.ndarray, discount: float) -> tuple[float, float]:
    """Value and cost of one rule without lot, by adding up: (horizon, n_states) actions."""
    value = np.broadcast_to(given["value"], given["costs"].shape)
    shares, worth, cost = dict(enumerate(given["start"])), 0.0, 0.0
    for t, actions in enumerate(policy):
        after = dict.fromkeys(shares, 0.0)
        for s, share in shares.items():
            a = actions[s]
            cost += share * given["costs"][a, s]
            for u in after:
                flow = share * given["matrices"][a, s, u]
                after[u] += flow
                worth += discount**t * flow * value[a, u]
        shares = after
    return worth, cost


def every_policy(given: dict, horizon: int, discount: float) -> np.ndarray:
    """(n_policies, 2) value and cost of all rules without lot."""
    n_actions, n_states = given["costs"].shape
    every = product(range(n_actions), repeat=horizon * n_states)
    return np.array([of_policy(given, np.reshape(p, (horizon, n_states)), discount) for p in every])


def by_programme(given: dict, budget: float, horizon: int, discount: float) -> float:
    """Best value over all policies, with or without lot: x(t, a, s) is who stands there and gets it."""
    n_actions, n_states = given["costs"].shape
    value = np.broadcast_to(given["value"], given["costs"].shape)
    reward = np.einsum("asu,au->as", given["matrices"], value)
    x = np.arange(horizon * n_actions * n_states).reshape(horizon, n_actions, n_states)
    flow, right = np.zeros((horizon * n_states, x.size)), np.zeros(horizon * n_states)
    right[:n_states] = given["start"]
    for t, s in product(range(horizon), range(n_states)):
        row = flow[t * n_states + s]
        row[x[t, :, s]] = 1.0
        if t:
            row[x[t - 1].ravel()] -= given["matrices"][:, :, s].ravel()
    gain = np.concatenate([discount**t * reward.ravel() for t in range(horizon)])
    found = linprog(
        -gain, A_ub=np.tile(given["costs"].ravel(), horizon)[None], b_ub=[budget], A_eq=flow, b_eq=right
    )
    assert found.success
    return -found.fun


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.15, 0.5, 0.85])
def test_every_policy_on_small_problems(seed: int, share: float) -> None:
    """No rule without lot within the budget is better; and the gap to the best of them is bounded by two.

    The best rule without lot lies between `without_lot` and `value`.
    """
    given, horizon, discount = problem(seed, priced=seed % 2 == 1), 3, 0.95
    every = every_policy(given, horizon, discount)
    budget = share * every[:, 1].max()
    found = allocate(**given, budget=budget, horizon=horizon, discount=discount)
    best = every[every[:, 1] <= budget + EXACT, 0].max()
    assert found.without_lot <= best + EXACT
    assert best <= found.value + EXACT
    assert found.cost <= budget + EXACT
    # where the budget binds, the best mix of two policies of them all is what was found
    rich, poor = every[every[:, 1] > budget], every[every[:, 1] <= budget]
    if len(rich) and found.price:
        lots = (budget - poor[None, :, 1]) / (rich[:, None, 1] - poor[None, :, 1])
        mixes = lots * rich[:, None, 0] + (1 - lots) * poor[None, :, 0]
        assert found.value == pytest.approx(max(mixes.max(), best), abs=EXACT)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_actions=st.integers(2, 4),
    n_states=st.integers(2, 6),
    horizon=st.integers(1, 12),
    share=st.floats(0.0, 1.2),
)
def test_the_linear_programme_agrees(
    seed: int, n_actions: int, n_states: int, horizon: int, share: float
) -> None:
    """Occupation measures, solved by HiGHS (Puterman 1994, 8.9)."""
    given = problem(seed, n_actions, n_states, priced=seed % 2 == 1)
    budget = share * 0.3 * horizon
    found = allocate(**given, budget=budget, horizon=horizon, discount=0.97)
    assert found.value == pytest.approx(by_programme(given, budget, horizon, 0.97), abs=1e-6, rel=SOLVER)
    assert found.cost <= budget + EXACT
    assert found.without_lot <= found.value + EXACT


def test_one_period_by_hand() -> None:
    """A knapsack: state 0 gains 0.3 for 1, state 1 gains 0.4 for 2; half stand on each."""
    stay = np.eye(3)
    push = np.array([[0.7, 0.0, 0.3], [0.0, 0.6, 0.4], [0.0, 0.0, 1.0]])
    given = {
        "matrices": np.stack((stay, push)), "costs": np.array([[0.0] * 3, [1.0, 2.0, 1.0]]),
        "value": np.array([0.0, 0.0, 1.0]), "start": np.array([0.5, 0.5, 0.0]),
    }  # fmt: skip
    rest = {"horizon": 1, "discount": 1.0}
    some = allocate(**given, budget=0.25, **rest)  # half of those on 0
    assert some.value == pytest.approx(0.075)
    assert some.probs[0, 1].tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert some.price == pytest.approx(0.3)
    assert some.without_lot == 0.0
    more = allocate(**given, budget=1.0, **rest)  # all on 0, half of those on 1
    assert more.value == pytest.approx(0.5 * 0.3 + 0.25 * 0.4)
    assert more.price == pytest.approx(0.2)
    assert more.without_lot == pytest.approx(0.15)
    everything = allocate(**given, budget=9.0, **rest)
    assert (everything.value, everything.price, everything.cost) == pytest.approx((0.35, 0.0, 1.5))
    assert greedy(**given, budget=1.0, **rest).value == pytest.approx(more.value)


def test_a_push_at_no_cost_for_ever_is_the_geometric_sum() -> None:
    """Up with chance p, never down: the top over H periods is worth Σ d^t (1 - (1 - p)^(t + 1))."""
    p, discount, horizon = 0.2, 0.9, 8
    push = np.array([[1 - p, p], [0.0, 1.0]])
    found = allocate(
        np.stack((np.eye(2), push)), np.zeros((2, 2)), np.array([0.0, 1.0]), budget=0.0, horizon=horizon,
        discount=discount, start=np.array([1.0, 0.0]),
    )  # fmt: skip
    t = np.arange(horizon)
    assert found.value == pytest.approx(float((discount**t * (1 - (1 - p) ** (t + 1))).sum()))
    assert found.shares[:, 1] == pytest.approx(1 - (1 - p) ** np.arange(horizon + 1))


def test_greed_loses_where_a_ladder_has_to_be_climbed() -> None:
    """Only the top is worth something, and who stands at the bottom has to be brought up in steps."""
    up = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
    given = {
        "matrices": np.stack((np.eye(3), up)), "costs": np.array([[0.0] * 3, [1.0] * 3]),
        "value": np.array([0.0, 0.0, 1.0]), "start": np.array([1.0, 0.0, 0.0]),
    }  # fmt: skip
    rest = {"budget": 2.0, "horizon": 6, "discount": 1.0}
    assert greedy(**given, **rest).value == 0.0
    assert allocate(**given, **rest).value > 1.0


@pytest.mark.parametrize("seed", range(8))
def test_greed_is_never_better_and_keeps_to_the_budget(seed: int) -> None:
    given = problem(seed, 3, 4, priced=True)
    rest = {"budget": 1.5, "horizon": 6, "discount": 0.95}
    best, quick = allocate(**given, **rest), greedy(**given, **rest)
    assert quick.cost <= 1.5 + EXACT
    assert quick.value <= best.value + EXACT


@pytest.mark.parametrize("way", [allocate, greedy])
def test_what_is_not_to_be_done_is_not_done(way: Callable) -> None:
    """As if the action changed nothing there and were dear; and by the other solver, which may not use it."""
    given = problem(5, 3, 3)
    given["costs"][1, 0] = given["costs"][2, 2] = np.inf
    rest = {"budget": 0.9, "horizon": 4, "discount": 0.9}
    found = way(**given, **rest)
    assert found.probs[:, 1, 0].max() == found.probs[:, 2, 2].max() == 0.0
    assert found.probs[:, 1:].max() > 0.0
    if way is allocate:
        dear = given | {"costs": np.where(np.isinf(given["costs"]), 1e5, given["costs"])}
        assert found.value == pytest.approx(by_programme(dear, 0.9, 4, 0.9), abs=1e-5)


def test_the_one_rule_with_lot_has_the_flow_of_two() -> None:
    """Customers drawn one by one, each with the rule's chances, cost and bring what was expected."""
    given = problem(3, 3, 3)
    found = allocate(**given, budget=0.8, horizon=4, discount=0.9)
    assert found.price > 0
    n, rng = 200_000, np.random.default_rng(1)
    state = rng.choice(3, n, p=given["start"])
    value = cost = 0.0
    for t in range(4):
        chances = found.probs[t][:, state].cumsum(axis=0)
        action = (rng.random(n) > chances).sum(axis=0).clip(max=2)
        cost += given["costs"][action, state].mean()
        state = (
            (rng.random(n)[:, None] > given["matrices"][action, state].cumsum(axis=1)).sum(axis=1).clip(max=2)
        )
        value += 0.9**t * given["value"][state].mean()
    near = 4 * 4 / np.sqrt(n)  # four standard errors of a sum of four figures with spread of at most 1
    assert value == pytest.approx(found.value, abs=near)
    assert cost == pytest.approx(found.cost, abs=near)
    assert found.probs.sum(axis=1) == pytest.approx(np.ones((4, 3)))
    assert found.spent.sum() == pytest.approx(0.8)
    assert found.reached.sum(axis=(1, 2)) == pytest.approx(np.ones(4))


def test_a_policy_followed_where_other_chances_hold() -> None:
    given, other = problem(1), problem(2)
    found = allocate(**given, budget=0.7, horizon=3, discount=0.9)
    same = follow(found.probs, **given, discount=0.9)
    assert (same.value, same.cost) == pytest.approx((found.value, found.cost))
    elsewhere = follow(found.probs, **other, discount=0.9)
    assert elsewhere.value <= allocate(**other, budget=elsewhere.cost, horizon=3, discount=0.9).value + EXACT


@pytest.mark.parametrize(
    "change",
    [
        {"start": np.ones(3)},
        {"value": np.ones(5)},
        {"matrices": np.ones((2, 2, 2))},
        {"costs": -np.ones((2, 2))},
        {"costs": np.ones((2, 2))},  # nothing is free, and the budget does not pay for it
        {"costs": np.array([[0.0, np.inf], [1.0, 1.0]])},
        {"horizon": 0},
        {"discount": 1.5},
    ],
    ids=["start", "value", "chances", "negative", "unpaid", "barred", "horizon", "discount"],
)
def test_what_cannot_be_is_refused(change: dict) -> None:
    with pytest.raises(OptionError):
        allocate(**({**problem(0), "budget": 0.5, "horizon": 2, "discount": 0.9} | change))


def test_greed_needs_something_free_to_compare_with() -> None:
    given = problem(0) | {"costs": np.ones((2, 2))}
    with pytest.raises(OptionError, match="first action"):
        greedy(**given, budget=9.0, horizon=2, discount=0.9)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["textbook", "discounts_win"])
def test_what_is_expected_of_a_plan_comes_of_it(name: str) -> None:
    """A small run of the benchmark: the world's own chances, followed, give what the allocator expected.

    What carries over is taken off, as no chain of rungs has it.
    """
    from benchmarks import plan as bench

    from verbond.tables.simulate import WORLDS

    n, months = 1_500, 12
    world = WORLDS[name]
    effects = tuple(dataclasses.replace(e, carry_over=0.0) for e in world.effects)
    world = dataclasses.replace(world, effects=effects)
    found = bench.run(world, n, months, seed=3)
    life, books = bench.past_of(bench.simulate(world, n, seed=3)), bench.books_of(world)
    now = life.rungs[life.cancelled < 0, -1]
    chances = bench.true_chances(world, books, np.bincount(now, minlength=6) / len(now))
    costs = np.repeat(np.array([0.0, *books.costs.values()])[:, None], 7, axis=1) * (np.arange(7) < 6)
    rest = {"horizon": months, "discount": 1.0, "start": chances.start}
    budget = books.monthly * months
    best = allocate(chances.matrices, costs, chances.engagement, budget=budget, **rest)
    none = allocate(chances.matrices, costs, chances.engagement, budget=0.0, **rest)
    for outcome, expected in ((found["all known, engagement"], best), (found["nothing"], none)):
        share = expected.value / months
        near = 4 * np.sqrt(share * (1 - share) / len(now))  # four standard errors of one month's share
        assert outcome.engaged / 100 == pytest.approx(share, abs=near)
    money = allocate(chances.matrices, costs, chances.revenue, budget=budget, **rest)
    # customers buy by class and season, which a rung's mean does not know: a tenth
    assert found["all known, revenue"].revenue == pytest.approx(money.value, rel=0.1)
    assert found["nothing"].spent == 0.0
    assert all(one.spent <= budget + EXACT for one in found.values())
    # the first world's actions bring people up, and in the second nothing but a discount does
    assert found["all known, engagement"].engaged > found["nothing"].engaged + 2
    assert (found["discount everybody"].engaged > found["nothing"].engaged + 2) == (name == "discounts_win")
