"""How many are still there: pure arrays in, estimates out.

- `spans`: `Spans`, from when until when each was seen; late entry, weights, rows that follow one another.
- `kaplan_meier`: `kaplan_meier`, the share still there, with its median and restricted mean.
- `log_rank`: `log_rank`, whether groups leave equally fast.
"""

from verbond.numerics.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from verbond.numerics.survival.log_rank import LogRank, log_rank
from verbond.numerics.survival.spans import EventTimes, Spans, codes_of, distinct, event_times

__all__ = [
    "EventTimes",
    "LogRank",
    "Spans",
    "SurvivalCurve",
    "codes_of",
    "distinct",
    "event_times",
    "kaplan_meier",
    "log_rank",
]
