"""Tomorrow: the steps of a plan in words, for every form that a report takes; and their picture.

- `told`: `steps_told`, a step with every string ready; `expects_of`, what to expect of it; `budget_told`.
- `section`: `plan_section`, what the steps bring soon and later, with the tables behind it.
"""

from verbond.reports.plan.section import plan_section
from verbond.reports.plan.told import StepTold, budget_told, expects_of, steps_told

__all__ = ["StepTold", "budget_told", "expects_of", "plan_section", "steps_told"]
