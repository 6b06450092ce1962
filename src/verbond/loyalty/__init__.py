"""Loyalty is behaviour: what people said they would do, what they did, and whether they will be back.

>>> from verbond.loyalty import BuyTillYouDie, IntentionGap
>>> result = IntentionGap(horizon_days=180).fit(tables)        # doctest: +SKIP

- `intention`: `IntentionGap`, stated against done, per person; `results`: what it returns; `calibration`:
  what each answer is worth.
- `growth`: `Growth`, what a change of revenue is made of; `growth_results`: what it returns; `decomposition`:
  the arithmetic.
- `promotion`: `Promotion`, what is bought on discount; `shares`: how people differ, chance taken out;
  `elasticity`: how quantity goes with discount and price; `fixed_effects`: the arithmetic.
- `conscious`: `Conscious`, conscious consumption by signs that the user names; `longer`: `Longer`, whether
  customers in a meaning relationship buy less but stay longer; `ratios`: sums over sums.
- `referral`: `ReferralValue`, what customers buy beside what they bring; `referral_results`: what it returns;
  `referral_links`: which referrals count; `bringing`, `referral_groups`: the arithmetic.
- `hidden`: `Hidden`, whom satisfaction hides and whom it underrates.
- `reactivity`: `Reactivity`, customers who were asked beside those who were not.
- `staying`: `Staying`, how long customers stay, and which groups leave sooner; `survival`: the arithmetic.
- `estimates`, `grouping`, `resampling`: shares of people, groups that may be shown, and bootstrap totals.
- `buying`: `BuyTillYouDie`, models of buying and leaving; `Outlook`, who of a company will buy again; beside
  them `forecast`, `hold_out` and `track`.
- `summary`: `Summary`, the recency-frequency table that those models read, and `summary_of(columns)`.
"""

from verbond.loyalty.buying import MODELS, BuyingOutlook, BuyingResult, BuyTillYouDie, Outlook
from verbond.loyalty.calibration import AnswerShare, AnswerWorth
from verbond.loyalty.conscious import Conscious, ConsciousContrast, ConsciousResult, ConsciousRow
from verbond.loyalty.elasticity import Elasticity, ElasticityResult, elasticity_of
from verbond.loyalty.growth import Growth
from verbond.loyalty.growth_results import FactorChange, GrowthResult, GrowthRow, Turnover
from verbond.loyalty.hidden import Hidden, HiddenGroup, HiddenResult
from verbond.loyalty.intention import IntentionGap
from verbond.loyalty.longer import Contrast, LifeMeasure, Longer, LongerResult, LongerRow
from verbond.loyalty.promotion import (
    AfterDiscount,
    DiscountShare,
    DiscountTiming,
    Promotion,
    PromotionResult,
)
from verbond.loyalty.reactivity import Reactivity, ReactivityResult, ReactivityRow
from verbond.loyalty.referral import ReferralValue
from verbond.loyalty.referral_results import (
    OwnFinding,
    ReferralCell,
    ReferralResult,
    ReferralScenario,
    ReferralSegment,
    ReferralShare,
)
from verbond.loyalty.results import FollowUp, IntentionGapRow, IntentionResult, IntentionRow
from verbond.loyalty.staying import Staying
from verbond.loyalty.staying_results import StayingComparison, StayingCurve, StayingRatio, StayingResult
from verbond.loyalty.summary import Summary, summary_of

__all__ = [
    "MODELS",
    "AfterDiscount",
    "AnswerShare",
    "AnswerWorth",
    "BuyTillYouDie",
    "BuyingOutlook",
    "BuyingResult",
    "Conscious",
    "ConsciousContrast",
    "ConsciousResult",
    "ConsciousRow",
    "Contrast",
    "DiscountShare",
    "DiscountTiming",
    "Elasticity",
    "ElasticityResult",
    "FactorChange",
    "FollowUp",
    "Growth",
    "GrowthResult",
    "GrowthRow",
    "Hidden",
    "HiddenGroup",
    "HiddenResult",
    "IntentionGap",
    "IntentionGapRow",
    "IntentionResult",
    "IntentionRow",
    "LifeMeasure",
    "Longer",
    "LongerResult",
    "LongerRow",
    "Outlook",
    "OwnFinding",
    "Promotion",
    "PromotionResult",
    "Reactivity",
    "ReactivityResult",
    "ReactivityRow",
    "ReferralCell",
    "ReferralResult",
    "ReferralScenario",
    "ReferralSegment",
    "ReferralShare",
    "ReferralValue",
    "Staying",
    "StayingComparison",
    "StayingCurve",
    "StayingRatio",
    "StayingResult",
    "Summary",
    "Turnover",
    "elasticity_of",
    "summary_of",
]
