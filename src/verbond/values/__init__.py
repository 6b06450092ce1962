"""Values: what people hold dear, what they see, how well it matches, and what bites what.

- `profiles`: value scores centred on each person's mean over all items; `keys`: which items measure what.
- `contradictions`: `check_values(words)`, every pair of chosen values judged, with the reason.
"""

from verbond.values.contradictions import ChosenValue, Contradictions, PairVerdict, check_values
from verbond.values.profiles import ProfileResult, Profiles, profile_result, score_profiles

__all__ = [
    "ChosenValue",
    "Contradictions",
    "PairVerdict",
    "ProfileResult",
    "Profiles",
    "check_values",
    "profile_result",
    "score_profiles",
]
