"""Loyalty is behaviour: what people said they would do, and what they did.

>>> from verbond.loyalty import IntentionGap
>>> result = IntentionGap(horizon_days=180).fit(tables)        # doctest: +SKIP

- `intention`: `IntentionGap`, stated against done, per person.
- `results`: what it returns.
"""

from verbond.loyalty.intention import IntentionGap
from verbond.loyalty.results import FollowUp, IntentionGapRow, IntentionResult, IntentionRow

__all__ = ["FollowUp", "IntentionGap", "IntentionGapRow", "IntentionResult", "IntentionRow"]
