"""The diagnosis: every method that the tables at hand allow, and three first steps for tomorrow.

- `diagnose`: sets the order (check, survey, values, ladder, intentions, effort) and gathers what they say.
- `compare`: what changed between two diagnoses, and how far beyond uncertainty.
- `findings`: which figures become sentences, and what cannot be said.
- `effects`: what our own actions did, and what the ladder says of them.
- `expressions`: what is said and written, beside the promise.
- `loyalty`: what behaviour tells: growth, discounts, who stays, who comes back, who brings others.
- `values`: what the values at work here say, as findings.
- `steps`: simple rules from findings to handles of the method.
- `effort`: on which rung the company's own actions and budget go.
- `plan`: `make_plan`, at most seven small steps, carried forward on the ladder.
- `results`: `Diagnosis` and its parts.
- `saving`: `save_diagnosis` and `load_diagnosis`, one file without people.
"""

from verbond.diagnosis.compare import Changes, compare
from verbond.diagnosis.diagnose import diagnose
from verbond.diagnosis.effects import CardMove, EffectsResults, unsaid_by_effects
from verbond.diagnosis.expressions import promise_beside, promise_of
from verbond.diagnosis.loyalty import LoyaltyResults, unsaid_by_loyalty
from verbond.diagnosis.plan.inviting import invite_list
from verbond.diagnosis.plan.planning import make_plan
from verbond.diagnosis.results import Diagnosis, Effort, EffortOnRung, Finding, Step
from verbond.diagnosis.saving import load_diagnosis, save_diagnosis

__all__ = [
    "CardMove",
    "Changes",
    "Diagnosis",
    "EffectsResults",
    "Effort",
    "EffortOnRung",
    "Finding",
    "LoyaltyResults",
    "Step",
    "compare",
    "diagnose",
    "invite_list",
    "load_diagnosis",
    "make_plan",
    "promise_beside",
    "promise_of",
    "save_diagnosis",
    "unsaid_by_effects",
    "unsaid_by_loyalty",
]
