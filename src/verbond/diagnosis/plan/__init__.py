"""The plan: at most seven small steps, each with what it rests on and what would change our mind.

- `planning`: `make_plan`, from a diagnosis to its steps.
- `choosing`: which steps come in question, why, and which are left out.
- `expecting`: what a step is expected to bring; `minding`: what would change our mind.
- `inviting`: `invite_list`, whom to ask first.
- `learning`: looking again at a step that was taken; what it teaches.
- `spending`: a budget over them; `results`: what a plan holds.
"""

from verbond.diagnosis.plan.results import (
    Blocking,
    FrontierPoint,
    Invited,
    InviteList,
    Learned,
    LeftOut,
    Lesson,
    Plan,
    PlanBudget,
    PlannedStep,
    Seen,
)

__all__ = [
    "Blocking",
    "FrontierPoint",
    "InviteList",
    "Invited",
    "Learned",
    "LeftOut",
    "Lesson",
    "Plan",
    "PlanBudget",
    "PlannedStep",
    "Seen",
]
