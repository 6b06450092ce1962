"""Loyalty is behaviour: what people said they would do, what they did, and whether they will be back.

>>> from verbond.loyalty import BuyTillYouDie, IntentionGap
>>> result = IntentionGap(horizon_days=180).fit(tables)        # doctest: +SKIP

- `intention`: `IntentionGap`, stated against done, per person; `results`: what it returns.
- `growth`: `Growth`, what a change of revenue is made of; `growth_results`: what it returns; `decomposition`:
  the arithmetic.
- `promotion`: `Promotion`, what is bought on discount; `shares`: how people differ, chance taken out.
- `grouping`, `resampling`: groups that may be shown, and bootstrap totals.
- `buying`: `BuyTillYouDie`, models of buying and leaving; beside it `forecast`, `hold_out`
  and `track`.
- `summary`: `Summary`, the recency-frequency table that those models read, and `summary_of(columns)`.
"""

from verbond.loyalty.buying import MODELS, BuyingResult, BuyTillYouDie
from verbond.loyalty.growth import Growth
from verbond.loyalty.growth_results import FactorChange, GrowthResult, GrowthRow, Turnover
from verbond.loyalty.intention import IntentionGap
from verbond.loyalty.promotion import (
    AfterDiscount,
    DiscountShare,
    DiscountTiming,
    Promotion,
    PromotionResult,
)
from verbond.loyalty.results import FollowUp, IntentionGapRow, IntentionResult, IntentionRow
from verbond.loyalty.summary import Summary, summary_of

__all__ = [
    "MODELS",
    "AfterDiscount",
    "BuyTillYouDie",
    "BuyingResult",
    "DiscountShare",
    "DiscountTiming",
    "FactorChange",
    "FollowUp",
    "Growth",
    "GrowthResult",
    "GrowthRow",
    "IntentionGap",
    "IntentionGapRow",
    "IntentionResult",
    "IntentionRow",
    "Promotion",
    "PromotionResult",
    "Summary",
    "Turnover",
    "summary_of",
]
