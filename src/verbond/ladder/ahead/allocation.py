"""Whom to reach with what, on a budget: a finite-horizon dynamic programme over rungs.

Many customers move over the rungs, each by the same chances; what is spent on all of them together is
bounded. A price on money takes the bound away: at each price the best thing to do with one customer follows
by backward induction, rung by rung and period by period. The prices at which the best policy changes are
found by chords, so that the answer is exact and no search over prices has to stop somewhere.

On the budget itself two policies are mostly best at one price: a dearer and a cheaper one. Customers are
then shared out over the two by lot. That is the optimum of the linear programme over all policies, with or
without lot; the cheaper of the two is what a plan without lot can count on.

References
----------
Montoya, Netzer & Jedidi (2010), Marketing Science 29(5), 909-924 (allocation on a hidden Markov model);
Puterman (1994), Markov Decision Processes, sections 4.5 (backward induction) and 8.9 (constraints);
Altman (1999), Constrained Markov Decision Processes, chapter 3 (two policies are enough for one constraint).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.errors import OptionError

__all__ = ["Allocation", "allocate", "follow", "greedy"]

ROUNDING = 1e-12
"""Relative difference below which two policies are worth the same at a price."""
MOST_CHORDS = 1_000


@dataclass(frozen=True, slots=True)
class Allocation:
    """A policy and what is expected of it, per customer there is at the start.

    Attributes
    ----------
    probs : (horizon, n_actions, n_states)
        Chance with which a customer who stands there in that period gets each action: 0 or 1 but where the
        budget runs out.
    shares : (horizon + 1, n_states)
        Where customers stand, at the start and after each period.
    spent : (horizon,)
        Expected costs in each period.
    value, cost : float
        Discounted value, and costs in all.
    price : float or None
        What one more unit of money would bring, in value; 0 where the budget is not used up. None of a policy
        that was not found by a price.
    without_lot : float
        Value of the best policy at that price which lets no lot decide and stays within the budget.
    """

    probs: np.ndarray
    shares: np.ndarray
    spent: np.ndarray
    value: float
    cost: float
    price: float | None = None
    without_lot: float = float("nan")

    @property
    def reached(self) -> np.ndarray:
        """(horizon, n_actions, n_states) share of the customers who get each action, by where they stand."""
        return self.probs * self.shares[:-1, None, :]


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is given.

    Attributes
    ----------
    matrices : (n_actions, n_states, n_states)
    costs : (n_actions, n_states)
    reward : (n_actions, n_states)
        Value expected in the period in which it is done.
    start : (n_states,)
    weights : (horizon,)
        Worth of a period's value today.
    barred : (n_actions, n_states) bool
        What is not to be done: it costs and brings what the first action does there, and is never chosen.
    """

    matrices: np.ndarray
    costs: np.ndarray
    reward: np.ndarray
    start: np.ndarray
    weights: np.ndarray
    barred: np.ndarray


def allocate(
    matrices: np.ndarray,
    costs: np.ndarray,
    value: np.ndarray,
    *,
    budget: float,
    horizon: int,
    discount: float,
    start: np.ndarray,
) -> Allocation:
    """The best policy that the budget allows.

    Parameters
    ----------
    matrices : (n_actions, n_states, n_states)
        How customers move in a period in which they get each action; doing nothing is one of them.
    costs : (n_actions, n_states)
        Of the action, for somebody who stands there; endless where it is not to be done, which the first
        action may be nowhere.
    value : (n_states,) or (n_actions, n_states)
        Of standing there after the move, for a period; with actions: in the period in which one gets them.
    budget : float
        For all periods together, per customer there is at the start.
    horizon : int
        Periods.
    discount : float
        Worth of the next period's value against this one's, 0..1. Costs are not discounted.
    start : (n_states,)
        Shares of the customers; they need not add up to 1.

    Raises
    ------
    OptionError
        For shapes that do not go together, chances that do not add up to 1, a budget below what the
        cheapest policy costs.

    Notes
    -----
    With price p: V_t(s) = max_a [ d^t r(a, s) - p c(a, s) + Σ_u P_a(s, u) V_t+1(u) ], V_horizon = 0 and
    r(a, s) = Σ_u P_a(s, u) value(a, u).
    """
    given = _problem(matrices, costs, value, horizon, discount, start)
    rich, poor = _best_at(given, 0.0), _best_at(given, np.inf)
    if _total(given, poor)[1] > budget + ROUNDING * max(1.0, abs(budget)):
        raise OptionError(
            "the budget does not pay for the cheapest policy", got=f"{budget:g}",
            expected=f"{_total(given, poor)[1]:g} or more a customer",
        )  # fmt: skip
    if _total(given, rich)[1] <= budget:
        return _allocation(given, rich, 0.0, _total(given, rich)[0])
    rich, poor, price = _around(given, rich, poor, budget)
    (_, dear), (low, cheap) = _total(given, rich), _total(given, poor)
    lot = (budget - cheap) / (dear - cheap)
    return _allocation(given, _mixed(given, rich, poor, lot), price, low)


def greedy(
    matrices: np.ndarray,
    costs: np.ndarray,
    value: np.ndarray,
    *,
    budget: float,
    horizon: int,
    discount: float,
    start: np.ndarray,
) -> Allocation:
    """What looks best at once: in every period an equal part of the budget, most value of that period first.

    Parameters
    ----------
    matrices, costs, value, budget, horizon, discount, start
        As in `allocate`. The first action is the one against which gains are counted, and has to cost
        nothing.

    Raises
    ------
    OptionError
        As in `allocate`; and where the first action costs something.
    """
    given = _problem(matrices, costs, value, horizon, discount, start)
    if np.any(given.costs[0] != 0):
        raise OptionError("the first action has to cost nothing", got=str(given.costs[0].tolist()))
    shares, probs = given.start, np.zeros((horizon, *given.costs.shape))
    left = 0.0
    for t in range(horizon):
        left += budget / horizon
        probs[t] = _fill(given, shares, left)
        left -= float((probs[t] * shares * given.costs).sum())
        shares = np.einsum("as,s,asu->u", probs[t], shares, given.matrices)
    return _allocation(given, probs, None, np.nan)


def follow(
    probs: np.ndarray,
    matrices: np.ndarray,
    costs: np.ndarray,
    value: np.ndarray,
    *,
    discount: float,
    start: np.ndarray,
) -> Allocation:
    """What any policy comes to: also one that was made for other chances than these.

    Parameters
    ----------
    probs : (horizon, n_actions, n_states)
    matrices, costs, value, discount, start
        As in `allocate`.
    """
    given = _problem(matrices, costs, value, len(probs), discount, start)
    return _allocation(given, np.asarray(probs, float), None, np.nan)


def _problem(
    matrices: np.ndarray,
    costs: np.ndarray,
    value: np.ndarray,
    horizon: int,
    discount: float,
    start: np.ndarray,
) -> _Problem:
    matrices, costs, value, start = (np.asarray(a, float) for a in (matrices, costs, value, start))
    n_actions, n_states = costs.shape
    right = matrices.shape == (n_actions, n_states, n_states) and start.shape == (n_states,)
    if not right or value.shape not in ((n_states,), costs.shape):
        raise OptionError(
            "these arrays do not go together",
            got=f"matrices {matrices.shape}, costs {costs.shape}, value {value.shape}, start {start.shape}",
            expected="(A, S, S), (A, S), (S,) or (A, S), and (S,)",
        )
    if not np.allclose(matrices.sum(axis=2), 1.0) or (matrices < 0).any() or (start < 0).any():
        raise OptionError("chances of moving do not add up to 1, or something is below 0")
    if horizon < 1 or not 0 < discount <= 1 or (costs < 0).any():
        raise OptionError(
            "impossible horizon, discount or costs", got=f"{horizon} periods, discount {discount:g}",
            expected="1 or more, above 0 and at most 1, no costs below 0",
        )  # fmt: skip
    if not np.isfinite(costs[0]).all():
        raise OptionError("the first action has to be possible everywhere", got=str(costs[0].tolist()))
    reward = np.einsum("asu,au->as", matrices, np.broadcast_to(value, costs.shape))
    barred = np.isinf(costs)
    matrices = np.where(barred[:, :, None], matrices[:1], matrices)
    costs, reward = np.where(barred, costs[:1], costs), np.where(barred, reward[:1], reward)
    return _Problem(matrices, costs, reward, start, discount ** np.arange(horizon), barred)


def _best_at(given: _Problem, price: float) -> np.ndarray:
    """(horizon, n_actions, n_states) the best policy at a price; at an endless one the cheapest.

    Of policies that are worth the same the cheaper is taken; at an endless price the better.
    """
    worth, cost = np.zeros(len(given.start)), np.zeros(len(given.start))
    probs = np.zeros((len(given.weights), *given.costs.shape))
    for t in range(len(given.weights) - 1, -1, -1):
        gains = given.weights[t] * given.reward + given.matrices @ worth
        spent = given.costs + given.matrices @ cost
        first, second = (-spent, gains) if np.isinf(price) else (gains - price * spent, -spent)
        first = np.where(given.barred, -np.inf, first)
        best = first.max(axis=0)
        close = first >= best - ROUNDING * (1 + np.abs(best))
        chosen = np.where(close, second, -np.inf).argmax(axis=0)
        here = np.arange(len(chosen))
        probs[t, chosen, here] = 1.0
        worth, cost = gains[chosen, here], spent[chosen, here]
    return probs


def _around(
    given: _Problem, rich: np.ndarray, poor: np.ndarray, budget: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Two policies that are both best at one price, the one above the budget and the other within."""
    for _ in range(MOST_CHORDS):
        (high, dear), (low, cheap) = _total(given, rich), _total(given, poor)
        price = (high - low) / (dear - cheap)
        middle = _best_at(given, price)
        worth, cost = _total(given, middle)
        gain = (worth - price * cost) - (low - price * cheap)
        if gain <= ROUNDING * (1 + abs(low)) or not cheap < cost < dear:
            break
        if cost > budget:
            rich = middle
        else:
            poor = middle
    return rich, poor, price


def _flow(given: _Problem, probs: np.ndarray) -> np.ndarray:
    """(horizon + 1, n_states) where customers stand."""
    shares = np.empty((len(probs) + 1, len(given.start)))
    shares[0] = given.start
    for t, chances in enumerate(probs):
        shares[t + 1] = np.einsum("as,s,asu->u", chances, shares[t], given.matrices)
    return shares


def _total(given: _Problem, probs: np.ndarray) -> tuple[float, float]:
    """Value and costs."""
    reached = probs * _flow(given, probs)[:-1, None, :]
    value = float(np.einsum("t,tas,as->", given.weights, reached, given.reward))
    return value, float(np.einsum("tas,as->", reached, given.costs))


def _mixed(given: _Problem, rich: np.ndarray, poor: np.ndarray, lot: float) -> np.ndarray:
    """One policy with the flow of two, when a share `lot` of the customers follows the first."""
    flows = lot * _flow(given, rich)[:-1, None, :] * rich
    flows = flows + (1 - lot) * _flow(given, poor)[:-1, None, :] * poor
    there = flows.sum(axis=1, keepdims=True)
    return np.where(there > 0, flows / np.where(there > 0, there, 1.0), poor)


def _allocation(given: _Problem, probs: np.ndarray, price: float | None, without_lot: float) -> Allocation:
    shares = _flow(given, probs)
    spent = np.einsum("tas,ts,as->t", probs, shares[:-1], given.costs)
    value, cost = _total(given, probs)
    return Allocation(probs, shares, spent, value, cost, price, without_lot)


def _fill(given: _Problem, shares: np.ndarray, money: float) -> np.ndarray:
    """(n_actions, n_states) chances: the highest gain a unit of money first, until the money is out."""
    gains = given.reward - given.reward[0]
    ratio = np.where(gains > 0, gains / np.maximum(given.costs, ROUNDING), -np.inf)
    probs = np.zeros(gains.shape)
    probs[0] = 1.0
    for place in np.argsort(-ratio, axis=None, kind="stable"):
        action, state = np.unravel_index(place, gains.shape)
        if ratio[action, state] <= 0 or money <= 0:
            break
        if probs[0, state] < 1.0 or shares[state] <= 0:
            continue
        price = shares[state] * given.costs[action, state]
        part = 1.0 if price <= money else money / price
        probs[action, state], probs[0, state] = part, 1.0 - part
        money -= part * price
    return probs
