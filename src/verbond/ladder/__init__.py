"""The ladder of engagement as an ordered hidden Markov model.

- `Ladder`: options, and `fit(tables)`; the one door.
- `LadderResult`: who stands where, how people move, how sure that is, and what cannot be said.
- `RungProbs`: probability of each rung for every customer and period.
- `LadderState`: where everybody stands now; takes in new periods without the past.
- `CustomerFile`: a row a customer for the CRM.
- `WhatIfResult`, `PlanStep`: two plans of actions carried forward.
- `LadderTrial`: are the chances right, and are simpler ways beaten, on periods that were put aside.
- `explain_customer`, `findings`: why the model thinks so, for one customer and for the whole.
- `save_ladder`, `load_ladder`: a fitted ladder as one file.

Inside: `encoding` turns a panel into codes; `kernel` is the forward-backward pass over codes; `emissions`,
`scores` and `movement` are the parts of `model`, `context` its actions and seasons; `starts` and `estimation`
fit it; `figures`, `uncertainty` and `reading` make the report; `checks` says what the data can carry, `order`
whether the order holds, `heldout` what can be seen without asking; `scoring` gives probabilities. `chain`
moves many chains at once; `forecast` predicts one step ahead, which `calibration` and `rivals` judge for
`trial`; `filter` goes on from a state; `plans` and `whatif` look ahead; `explain` and `crm` say why.
"""

from verbond.ladder.checks import answers_needed
from verbond.ladder.choice import Alternative, Choice
from verbond.ladder.crm import CustomerFile
from verbond.ladder.explain import Contribution, Explanation, explain_customer, findings
from verbond.ladder.filter import LadderState
from verbond.ladder.heldout import HeldOut, Prediction
from verbond.ladder.ladder import Ladder
from verbond.ladder.order import OrderVerdict
from verbond.ladder.planned import PlannedFigure, RungValue, WhatIfResult
from verbond.ladder.plans import PlanStep, parse_plan
from verbond.ladder.probs import RungProbs
from verbond.ladder.results import EmissionSummary, LadderResult, MoveEffect, SegmentShares
from verbond.ladder.rivals import Predicted, RivalScore, Task
from verbond.ladder.saving import load_ladder, save_ladder
from verbond.ladder.states import StatesComparison, StatesFit, compare_states
from verbond.ladder.trial import LadderTrial

__all__ = [
    "Alternative",
    "Choice",
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
    "RivalScore",
    "RungProbs",
    "RungValue",
    "SegmentShares",
    "StatesComparison",
    "StatesFit",
    "Task",
    "WhatIfResult",
    "answers_needed",
    "compare_states",
    "explain_customer",
    "findings",
    "load_ladder",
    "parse_plan",
    "save_ladder",
]
