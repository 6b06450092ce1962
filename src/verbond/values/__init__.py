"""Values: what people hold dear, what they see, how well it matches, and what bites what.

>>> from verbond.values import Values, check_values
>>> check_values(["laagste prijs", "zorg voor de aarde"]).pairs[0].verdict
'opposing'
>>> result = Values().fit(tables)                              # doctest: +SKIP

- `model`: `Values().fit(tables)`, all that tables allow; `needs`: what it asks of them.
- `contradictions`: `check_values(words)`, every pair of chosen values judged, with the reason.
- `profiles`: value scores centred on each person's mean over all items; `keys`: which items measure what;
  `picks`: the short way, words picked from a list.
- `circle`: `ValueCircle().fit(profiles)`, the map of people's own answers; `kernel`: its arrays.
- `congruence`: own beside seen, person by person; `surface`: `ResponseSurface().fit(own, seen, outcome)`.
- `departments`: identity against image, and which departments see the company as its customers do.
"""

from verbond.values.circle import CircleResult, PlacedValue, ValueCircle
from verbond.values.congruence import CongruenceResult, Misfit, match_people
from verbond.values.contradictions import ChosenValue, Contradictions, PairVerdict, check_values
from verbond.values.departments import DepartmentView, IdentityResult, SeenValue, compare_identity
from verbond.values.model import Values, ValuesResult
from verbond.values.picks import PickedWord, PicksResult, compare_picks, words_to_pick
from verbond.values.profiles import (
    ProfileResult,
    Profiles,
    ValueMean,
    ValueSpread,
    profile_result,
    score_profiles,
)
from verbond.values.surface import Coefficient, ResponseSurface, SurfaceResult

__all__ = [
    "ChosenValue",
    "CircleResult",
    "Coefficient",
    "CongruenceResult",
    "Contradictions",
    "DepartmentView",
    "IdentityResult",
    "Misfit",
    "PairVerdict",
    "PickedWord",
    "PicksResult",
    "PlacedValue",
    "ProfileResult",
    "Profiles",
    "ResponseSurface",
    "SeenValue",
    "SurfaceResult",
    "ValueCircle",
    "ValueMean",
    "ValueSpread",
    "Values",
    "ValuesResult",
    "check_values",
    "compare_identity",
    "compare_picks",
    "match_people",
    "profile_result",
    "score_profiles",
    "words_to_pick",
]
