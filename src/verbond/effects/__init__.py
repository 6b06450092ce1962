"""What our own actions do to the relationship: experiments, planned beforehand and read afterwards.

>>> from verbond.effects import ExperimentPlanner
>>> print(ExperimentPlanner(effect=2.0, sd=10.0).plan().headline)
394 people in each arm show the effect with 80% probability, if it is there.

- `planning/`: before an experiment: `choose_design`, `ExperimentPlanner` (how many people), `Assigner` (who
  gets what), `Registration` (what is agreed).
- `experiment/`: `Experiment`, what came of it; `ActionExperiment`, the same from tables; `Trial`, what comes
  of doing nothing.
- `past/`: what an action of the past did: `PastAction`, `read_past`, `PastScores`.
- `channel/`: what forced channels and personal contact do: `ChannelEffect`.
- `winning/`: who was won by what, and what is left of it: `Winning`.
- `cards/`: one card an action: short and long side by side, and the sentence for the boss: `ActionCards`.
- `verdict`: the four words: strengthens, unchanged, weakens, cannot tell.
"""

from verbond.effects.cards.model import ActionCards
from verbond.effects.cards.results import ActionCard, CardGroup, CardRow, CardsResult, PromiseMark
from verbond.effects.channel.model import ChannelEffect
from verbond.effects.channel.results import AnswerChange, ChannelReading, ChannelResult
from verbond.effects.experiment.model import Experiment
from verbond.effects.experiment.results import EffectEstimate, ExperimentResult, GroupEffect, LatentEffect
from verbond.effects.experiment.tabled import ActionExperiment
from verbond.effects.experiment.trial import Trial, TrialResult
from verbond.effects.past.model import PastAction, read_past
from verbond.effects.past.results import PastBefore, PastEffect, PastResult
from verbond.effects.past.scored import PastScores
from verbond.effects.past.targeted import TargetedAction
from verbond.effects.past.targeted_results import TargetedEffect, TargetedResult
from verbond.effects.planning.assignment import Assigner, Assignment
from verbond.effects.planning.design import DesignChoice, Situation, choose_design
from verbond.effects.planning.plan import CurvePoint, ExperimentPlan, ExperimentPlanner
from verbond.effects.planning.registration import CheckedRegistration, Registration, check_registration
from verbond.effects.verdict import VERDICTS, verdict_of
from verbond.effects.winning.model import Winning
from verbond.effects.winning.results import WinningContrast, WinningResult, WonAfter, WonBy

__all__ = [
    "VERDICTS",
    "ActionCard",
    "ActionCards",
    "ActionExperiment",
    "AnswerChange",
    "Assigner",
    "Assignment",
    "CardGroup",
    "CardRow",
    "CardsResult",
    "ChannelEffect",
    "ChannelReading",
    "ChannelResult",
    "CheckedRegistration",
    "CurvePoint",
    "DesignChoice",
    "EffectEstimate",
    "Experiment",
    "ExperimentPlan",
    "ExperimentPlanner",
    "ExperimentResult",
    "GroupEffect",
    "LatentEffect",
    "PastAction",
    "PastBefore",
    "PastEffect",
    "PastResult",
    "PastScores",
    "PromiseMark",
    "Registration",
    "Situation",
    "TargetedAction",
    "TargetedEffect",
    "TargetedResult",
    "Trial",
    "TrialResult",
    "Winning",
    "WinningContrast",
    "WinningResult",
    "WonAfter",
    "WonBy",
    "check_registration",
    "choose_design",
    "read_past",
    "verdict_of",
]
