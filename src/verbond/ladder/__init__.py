"""The ladder of engagement as an ordered hidden Markov model.

- `Ladder`: options, and `fit(tables)`; the one door.
- `LadderResult`: who stands where, how people move, how sure that is, and what cannot be said.
- `RungProbs`: probability of each rung for every customer and period.
- `LadderState`: where everybody stands now; takes in new periods without the past.
- `CustomerFile`: a row a customer for the CRM.
- `WhatIfResult`, `PlanStep`: two plans of actions carried forward.
- `RungChain`, `climb`, `climb_of_kind`, `Climb`: what reaching people once does to where they stand later.
- `push_seen`, `PushSeen`: what one action did to the odds of moving up, seen afterwards.
- `allocate`, `greedy`, `follow`, `Allocation`: whom to reach with what, on a budget.
- `LadderTrial`: are the chances right, and are simpler ways beaten, on periods that were put aside.
- `explain_customer`, `findings`: why the model thinks so, for one customer and for the whole.
- `save_ladder`, `load_ladder`: a fitted ladder as one file.

Inside, from the data upwards: `coding/` turns a panel into codes; `kernel` (its loops in `passes`) is the
forward-backward pass over codes; `model/` holds the states, the moves and what is seen on each rung; `fit/`
finds the parameters and how sure they are; `scoring/` comes back to single customers; `ahead/` looks forward;
`judging/` says how far to believe it; `reading` puts the result together for `ladder`, the door.
"""

from verbond.ladder.ahead.allocation import Allocation, allocate, follow, greedy
from verbond.ladder.ahead.climbing import Climb, RungChain, climb, climb_of_kind, estimate_of, pushed
from verbond.ladder.ahead.planned import PlannedFigure, RungValue, WhatIfResult
from verbond.ladder.ahead.plans import PlanStep, parse_plan
from verbond.ladder.ahead.pushing import PushSeen, push_seen
from verbond.ladder.fit.choice import Alternative, Choice
from verbond.ladder.fit.states import StatesComparison, StatesFit, compare_states
from verbond.ladder.judging.checks import answers_needed
from verbond.ladder.judging.heldout import HeldOut, Prediction
from verbond.ladder.judging.order import OrderVerdict
from verbond.ladder.judging.rivals import Predicted, RivalScore, Task
from verbond.ladder.judging.trial import LadderTrial
from verbond.ladder.ladder import Ladder
from verbond.ladder.results import EmissionSummary, LadderResult, MoveEffect, SegmentShares
from verbond.ladder.scoring.crm import CustomerFile
from verbond.ladder.scoring.explain import Contribution, Explanation, explain_customer, findings
from verbond.ladder.scoring.filter import LadderState
from verbond.ladder.scoring.probs import RungProbs
from verbond.ladder.scoring.saving import load_ladder, save_ladder

__all__ = [
    "Allocation",
    "Alternative",
    "Choice",
    "Climb",
    "Contribution",
    "CustomerFile",
    "EmissionSummary",
    "Explanation",
    "HeldOut",
    "Ladder",
    "LadderResult",
    "LadderState",
    "LadderTrial",
    "MoveEffect",
    "OrderVerdict",
    "PlanStep",
    "PlannedFigure",
    "Predicted",
    "Prediction",
    "PushSeen",
    "RivalScore",
    "RungChain",
    "RungProbs",
    "RungValue",
    "SegmentShares",
    "StatesComparison",
    "StatesFit",
    "Task",
    "WhatIfResult",
    "allocate",
    "answers_needed",
    "climb",
    "climb_of_kind",
    "compare_states",
    "estimate_of",
    "explain_customer",
    "findings",
    "follow",
    "greedy",
    "load_ladder",
    "parse_plan",
    "push_seen",
    "pushed",
    "save_ladder",
]
