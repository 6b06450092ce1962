"""A step of the plan in words: every string ready, nothing left for a template to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.method import RUNGS, named, play
from verbond.method.types import Play
from verbond.results import Estimate, Language, sentence
from verbond.results.wording import sentence_case

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Plan, PlannedStep

__all__ = ["StepTold", "steps_told"]

_TEXTS = (
    "name", "what", "why", "first_hour", "costs", "say", "stop", "risk", "not_for", "evidence", "against",
)  # fmt: skip

_ACTS = ("contributions", "contacts")
"""Outcomes of which no action card tells."""


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step as people read it.

    Attributes
    ----------
    number : int
    play_id, name : str
    serves, effort : str
        A few words each: for whom it is; what it takes.
    because : str
        The figure that asks for it.
    trace : str
        Section of the report where that figure stands.
    expects : tuple of str
        What it would bring, and what that rests on: a sentence each.
    what, why, owner, first_hour, costs, say, stop, risk, not_for, evidence, against : str
        As in the playbook, with the company's name; `say` is empty where nothing is said.
    experiment, mind : str
        How one would see whether it works, and what would change our mind.
    promise : str
        Empty where there is nothing to say.
    """

    number: int
    play_id: str
    name: str
    serves: str
    effort: str
    because: str
    trace: str
    expects: tuple[str, ...]
    what: str
    why: str
    owner: str
    first_hour: str
    costs: str
    say: str
    stop: str
    risk: str
    not_for: str
    evidence: str
    against: str
    experiment: str
    mind: str
    promise: str


def steps_told(plan: Plan, language: Language, company: str = "") -> tuple[StepTold, ...]:
    """The steps of a plan in words.

    Parameters
    ----------
    plan : Plan
    language : {"en", "nl"}
    company : str
        Its name, in texts to send.
    """
    return tuple(_told(n, step, plan, language, company) for n, step in enumerate(plan.steps, start=1))


def _told(number: int, step: PlannedStep, plan: Plan, language: Language, company: str) -> StepTold:
    one = play(step.play_id)
    words = {name: _filled(getattr(one, name).say(language), language, company) for name in _TEXTS}
    return StepTold(
        number=number,
        play_id=step.play_id,
        serves=_serves(step, language),
        effort=_effort(one, step, language),
        because=step.because.sentence(language),
        trace=step.trace,
        expects=_expects(step, plan, language),
        owner=sentence_case(one.owner.say(language)),
        experiment=_experiment(one, language),
        mind=step.mind.sentence(language),
        promise=_say(f"promise_{step.promise}", language) if step.promise else "",
        **words,
    )


def _filled(text: str, language: Language, company: str) -> str:
    company = company or _say("your_company", language)
    return text.replace("{company}", company).replace("{name}", _say("somebody", language))


def _serves(step: PlannedStep, language: Language) -> str:
    rung = RUNGS[step.rung]
    if not rung.number:
        said = sentence("report.step_serves_ground", language)
    else:
        said = sentence("report.step_serves", language, rung=rung.number, name=rung.name.say(language))
    return f"{said} · {step.segment.replace('=', ' ')}" if step.segment else said


def _effort(one: Play, step: PlannedStep, language: Language) -> str:
    effort = sentence(f"report.effort_{one.effort}", language)
    if not step.n_reach:
        return effort
    cost = _say("cost", language, cost=step.cost, n=step.n_reach)
    return f"{effort} · {cost}"


def _expects(step: PlannedStep, plan: Plan, language: Language) -> tuple[str, ...]:
    found = []
    if _is_whole(step.climb):
        assert step.climb is not None
        way = "unclear" if (step.climb.ci_lower or 0) <= 0 <= (step.climb.ci_upper or 0) else "clear"
        values = {
            "value": step.climb.value, "low": step.climb.ci_lower, "high": step.climb.ci_upper,
            "after": _say(f"after_{plan.period}", language, n=plan.n_periods),
        }  # fmt: skip
        found.append(_say(f"climb_{way}", language, **values))
    if _is_whole(step.revenue):
        assert step.revenue is not None
        values = {"value": step.revenue.value, "low": step.revenue.ci_lower, "high": step.revenue.ci_upper}
        found.append(_say("revenue", language, currency=plan.currency or "EUR", **values))
    found.append(_say(f"rests_{step.rests_on}", language))
    return tuple(found)


def _is_whole(estimate: Estimate | None) -> bool:
    return estimate is not None and None not in (estimate.value, estimate.ci_lower, estimate.ci_upper)


def _experiment(one: Play, language: Language) -> str:
    plan = one.experiment
    outcome = named(plan.outcome)
    word = outcome if isinstance(outcome, str) else outcome.say(language)
    if outcome == plan.outcome:  # no construct: something that customers do
        room = "plan_told" if plan.outcome in _ACTS else "effects_cards"
        word = sentence(f"{room}.outcome_{plan.outcome}", language)
    return f"{plan.arm.say(language)} {_say('look_at', language, outcome=word, weeks=plan.weeks)}"


def _say(code: str, language: Language, **values: object) -> str:
    return sentence(f"plan_told.{code}", language, **values)
