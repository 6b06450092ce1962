"""What would change our mind about a step: a fair test, and how many customers that takes."""

from __future__ import annotations

import math

import numpy as np

from verbond.diagnosis.plan.choosing import Candidate
from verbond.diagnosis.plan.expecting import Push
from verbond.effects import ExperimentPlanner
from verbond.ladder import RungChain, pushed
from verbond.results import Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["what_would_change"]

WEEKS_IN = {"week": 1.0, "month": 365.25 / 12 / 7, "quarter": 365.25 / 4 / 7}
LEAST_EFFECT = 0.005
"""Difference of shares below which no test of the ladder is worth its customers."""


def what_would_change(one: Candidate, push: Push, chain: RungChain | None, n_reach: int) -> Reason:
    """The test that would settle it, in one sentence.

    Notes
    -----
    Who stands on the rung below is carried forward alone and with the step until its experiment ends; the
    difference of the shares who stand higher is the effect that a test with two equal arms, decided by lot,
    has to find with 80% probability at 5%. A step that is not expected to lift anybody is judged by who falls
    or leaves.
    """
    weeks = one.play.experiment.weeks
    if chain is None:
        return Reason("plan.mind_stop")
    if n_reach < MIN_GROUP:
        return Reason("plan.mind_nobody", {"weeks": weeks, "least": MIN_GROUP})
    if push.up[0] <= 0:
        return Reason("plan.mind_no_climb", {"weeks": weeks})
    below, n = max(one.rung - 1, 0), max(1, math.ceil(weeks / WEEKS_IN[chain.period]))
    alone, ahead = (_higher(chain, below, n, strength, push) for strength in (0.0, 1.0))
    effect = ahead - alone
    if effect < LEAST_EFFECT:
        return Reason("plan.mind_small", {"weeks": weeks})
    needed = ExperimentPlanner(effect=effect, baseline=min(max(alone, 0.01), 0.98)).plan().n_total
    values = {"n": needed, "weeks": weeks, "reach": n_reach, "alone": alone, "ahead": alone + effect}
    return Reason("plan.mind_test" if needed <= n_reach else "plan.mind_too_few", values)


def _higher(chain: RungChain, below: int, n_periods: int, strength: float, push: Push) -> float:
    """Share of those on a rung who stand higher after so many periods."""
    matrix, n = chain.rung_matrices()[:1], chain.n_rungs
    places = matrix.shape[-1]
    weights = np.zeros((1, places, places))
    lower = np.tri(n, k=-1, dtype=bool)
    weights[0, :n, :n] = np.where(lower.T, push.up[0], 0.0) + np.where(lower, push.down[0], 0.0)
    stands = np.zeros(places)
    stands[below] = 1.0
    for t in range(n_periods):
        stands = stands @ pushed(matrix, weights, strength if t == 0 else 0.0)[0]
    return float(stands[below + 1 : n].sum())
