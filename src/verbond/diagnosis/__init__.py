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
- `results`: `Diagnosis` and its parts.
- `saving`: `save_diagnosis` and `load_diagnosis`, one file without people.
"""

from verbond.diagnosis.compare import Changes, compare
from verbond.diagnosis.diagnose import diagnose
from verbond.diagnosis.effects import CardMove, EffectsResults, unsaid_by_effects
from verbond.diagnosis.expressions import promise_beside
from verbond.diagnosis.loyalty import LoyaltyResults, unsaid_by_loyalty
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
    "load_diagnosis",
    "promise_beside",
    "save_diagnosis",
    "unsaid_by_effects",
    "unsaid_by_loyalty",
]
