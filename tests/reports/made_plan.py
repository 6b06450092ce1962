"""A made-up plan with steps of every sort, for the report and the pages."""

from __future__ import annotations

from verbond.diagnosis.plan import Blocking, FrontierPoint, LeftOut, Plan, PlannedStep
from verbond.method import PLAYS, RUNGS
from verbond.results import Estimate, Provenance, Reason

__all__ = ["made_plan"]


def made_plan(n_steps: int = 4) -> Plan:
    """Steps for different rungs, one for a segment, one without figures."""
    because = Reason(
        "diagnosis.because_blocking", {"n": 2000, "share": 0.25, "rung": 3, "name": RUNGS[3].name}
    )
    mind = Reason("plan.mind_test", {"n": 1200, "weeks": 13, "reach": 2000, "alone": 0.12, "ahead": 0.16})
    rests = ("lot", "past", "learned", "prior")
    steps = tuple(
        PlannedStep(
            play_id=one.id, rung=one.rungs[0], segment="region=north" if k == 1 else "",
            n_reach=0 if k == 3 else 2000,
            because=because, trace="ladder", rests_on=rests[k % 4],
            climb=None if k == 3 else Estimate(2.0 + k, 0.5 - k, 4.0 + k, 2000),
            revenue=None if k == 3 else Estimate(0.4 - k, -2.0, 2.0, 2000), cost=400.0, weeks_to_see=13,
            mind=mind, promise="keeps" if k == 0 else "",
        )
        for k, one in enumerate(PLAYS[:: max(1, len(PLAYS) // n_steps)][:n_steps])
    )  # fmt: skip
    frontier = tuple(
        FrontierPoint(s.play_id, s.revenue, s.climb, chosen=True, best=k == 0)
        for k, s in enumerate(steps)
        if s.revenue is not None and s.climb is not None
    )
    return Plan(
        steps=steps, left_out=(LeftOut(PLAYS[-1].id, Reason("plan.left_consent")),),
        blocking=(Blocking("", "", 3, 0.25, 8000),), frontier=frontier, budget=None, n_periods=12,
        period="month",
        n_invitable=300, n_with_consent=250, currency="EUR",
        headline=Reason("plan.headline", {"n_for": 2, "n": n_steps, "rung": 3, "share": 0.25}),
        reasons=(Reason("plan.past_is_no_proof"),), provenance=Provenance("demo"),
    )  # fmt: skip
