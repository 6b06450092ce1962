"""The plan: at most seven small steps, each with what it rests on and what would change our mind.

- `results`: what a plan holds.
"""

from verbond.diagnosis.plan.results import (
    Blocking,
    FrontierPoint,
    Invited,
    InviteList,
    Learned,
    LeftOut,
    Plan,
    PlanBudget,
    PlannedStep,
)

__all__ = [
    "Blocking",
    "FrontierPoint",
    "InviteList",
    "Invited",
    "Learned",
    "LeftOut",
    "Plan",
    "PlanBudget",
    "PlannedStep",
]
