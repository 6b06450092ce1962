"""What a diagnosis holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from verbond.diagnosis.answers import AnswerResults, RungBeside
from verbond.diagnosis.effects import EffectsResults
from verbond.diagnosis.loyalty import LoyaltyResults
from verbond.diagnosis.plan.results import Plan
from verbond.expressions.picture import ExpressionPicture
from verbond.ladder import LadderResult, LadderTrial
from verbond.loyalty import IntentionResult
from verbond.results import Provenance, Reason, Result
from verbond.survey import SurveyResult
from verbond.tables import TablesCheck
from verbond.values import ValuesResult

__all__ = ["Diagnosis", "Effort", "EffortOnRung", "Finding", "Step", "Tone"]

Tone = Literal["good", "bad", "neutral", "caution"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the diagnosis.

    Attributes
    ----------
    reason : Reason
        The sentence and its values.
    room : str
        The method that found it: "tables", "survey", "values", "ladder", "trial", "loyalty", "effects",
        "expressions", "effort", or a field of `LoyaltyResults`.
    tone : Tone
        What it is to the reader; never shown by colour alone.
    n_obs : int
        People, answers or actions that it rests on.
    """

    reason: Reason
    room: str
    tone: Tone
    n_obs: int


@dataclass(frozen=True, slots=True)
class Step:
    """One small step for tomorrow.

    Attributes
    ----------
    handle_id : str
        The handle in `verbond.method.HANDLES` that says who does what.
    rung : int
        The rung 0..5 that it serves here.
    because : Reason
        What in these data put it on the list.
    """

    handle_id: str
    rung: int
    because: Reason


@dataclass(frozen=True, slots=True)
class EffortOnRung:
    """How much of what the company does is meant for one rung.

    Attributes
    ----------
    rung : int
        1..5.
    n_actions : int
    share_of_actions : float
        Of the actions whose rung is known, 0..1.
    cost : float or None
        Sum over its actions, in the data's currency; None where no cost is known.
    """

    rung: int
    n_actions: int
    share_of_actions: float
    cost: float | None


@dataclass(frozen=True, slots=True)
class Effort:
    """Where the company's own actions go, by rung and by aim.

    Attributes
    ----------
    rungs : tuple of EffortOnRung
        Rungs 1..5; empty where no action names its rung.
    n_actions : int
    n_without_rung : int
    by_kind : dict of str to int
        Action kind: number of actions.
    cost_to_win, cost_to_keep : float or None
        Budget by aim; None where the aim or the cost is not known for any action.
    """

    rungs: tuple[EffortOnRung, ...]
    n_actions: int
    n_without_rung: int
    by_kind: dict[str, int]
    cost_to_win: float | None
    cost_to_keep: float | None


@dataclass(frozen=True, slots=True)
class Diagnosis(Result):
    """What relationship a company has with its customers, as far as its data can tell.

    Attributes
    ----------
    name : str
        The company or the source, for titles.
    simulated : bool
        True where the data come from our simulator.
    check : TablesCheck or None
        What was read and what was refused; None for tables made of arrays.
    survey : SurveyResult or None
    ladder : LadderResult or None
    intentions : IntentionResult or None
    effort : Effort or None
        None each where the data do not allow it; `unsaid` then says why.
    findings : tuple of Finding
        Most important first.
    unsaid : tuple of Reason
        What cannot be said, why, and what it would take.
    steps : tuple of Step
        Exactly three: those that the plan begins with, where there is one.
    provenance : Provenance
    values : ValuesResult or None
        None where nobody was asked about values.
    trial : LadderTrial or None
        The ladder tried on periods that were put aside; None where there is no ladder.
    answers : AnswerResults or None
        Rungs as asked, drivers, types and departments; None where nobody answered.
    beside : tuple of RungBeside
        Rungs as asked beside the ladder's; empty where either is not there.
    loyalty : LoyaltyResults or None
        What behaviour tells; None where nothing is recorded that customers did.
    effects : EffectsResults or None
        What our own actions did; None where no action is recorded that reached anybody.
    expressions : ExpressionPicture or None
        What is said beside what is promised; None without messages.
    plan : Plan or None
        Small steps for tomorrow, carried forward; None in diagnoses of before there were plans.
    """

    name: str
    simulated: bool
    check: TablesCheck | None
    survey: SurveyResult | None
    ladder: LadderResult | None
    intentions: IntentionResult | None
    effort: Effort | None
    findings: tuple[Finding, ...]
    unsaid: tuple[Reason, ...]
    steps: tuple[Step, ...]
    provenance: Provenance = field(default_factory=Provenance)
    values: ValuesResult | None = None
    trial: LadderTrial | None = None
    answers: AnswerResults | None = None
    beside: tuple[RungBeside, ...] = ()
    loyalty: LoyaltyResults | None = None
    effects: EffectsResults | None = None
    expressions: ExpressionPicture | None = None
    plan: Plan | None = None

    def to_dicts(self) -> list[dict[str, Any]]:
        """The findings, a row each: room, tone, n_obs, sentence (English)."""
        return [
            {"room": f.room, "tone": f.tone, "n_obs": f.n_obs, "sentence": f.reason.sentence("en")}
            for f in self.findings
        ]
