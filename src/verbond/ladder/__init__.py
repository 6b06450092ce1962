"""The ladder of engagement as an ordered hidden Markov model.

- `Ladder`: options, and `fit(tables)`; the one door.
- `LadderResult`: who stands where, how people move, how sure that is, and what cannot be said.
- `RungProbs`: probability of each rung for every customer and period.

Inside: `encoding` turns a panel into codes; `kernel` is the forward-backward pass over codes; `emissions`,
`scores` and `movement` are the parts of `model`, `context` its actions and seasons; `starts` and `estimation`
fit it; `figures`, `uncertainty` and `reading` make the report; `checks` says what the data can carry, `order`
whether the order holds, `heldout` what can be seen without asking; `scoring` gives probabilities.
"""

from verbond.ladder.checks import answers_needed
from verbond.ladder.heldout import HeldOut, Prediction
from verbond.ladder.ladder import Ladder
from verbond.ladder.order import OrderVerdict
from verbond.ladder.probs import RungProbs
from verbond.ladder.results import EmissionSummary, LadderResult, MoveEffect, SegmentShares

__all__ = [
    "EmissionSummary",
    "HeldOut",
    "Ladder",
    "LadderResult",
    "MoveEffect",
    "OrderVerdict",
    "Prediction",
    "RungProbs",
    "SegmentShares",
    "answers_needed",
]
