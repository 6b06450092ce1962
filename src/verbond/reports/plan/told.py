"""A step of the plan in words: every string ready, nothing left for a template to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.method import RUNGS, named, play
from verbond.method.types import Play
from verbond.results import Estimate, Language, sentence
from verbond.results.wording import sentence_case

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Plan, PlanBudget, PlannedStep

__all__ = ["StepTold", "budget_told", "expects_of", "steps_told"]

_TEXTS = (
    "name", "what", "why", "first_hour", "costs", "say", "stop", "risk", "not_for", "evidence", "against",
)  # fmt: skip

NO_RUNG = 0.05
"""Rungs a hundred customers below which a figure reads 0.0."""
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


def budget_told(plan: Plan, language: Language) -> tuple[str, ...]:
    """What a budget is best spent on, a sentence a step; then what comes of it. Empty without a budget."""
    budget = plan.budget
    if budget is None:
        return ()
    after = _say(f"after_{plan.period}", language, n=plan.n_periods)
    values = {"spent": budget.spent, "budget": budget.budget, "after": after}
    said = [_say("budget" if budget.rows else "budget_unused", language, **values)]
    for play_id, _, people, times, euro in budget.rows:
        row = {"name": play(play_id).name.say(language), "people": round(people), "times": round(times)}
        said.append(_say("budget_row", language, euro=euro, **row))
    if budget.rows:
        said.append(_gain(budget, language, after))
    return tuple(said)


def _gain(budget: PlanBudget, language: Language, after: str) -> str:
    gain = budget.gain
    values = {"value": gain.value, "greedy": budget.greedy_gain.value, "after": after}
    if not _is_whole(gain):
        return _say("budget_gain_alone", language, **values)
    return _say("budget_gain", language, low=gain.ci_lower, high=gain.ci_upper, **values)


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
        expects=expects_of(step, plan, language),
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


def expects_of(step: PlannedStep, plan: Plan, language: Language) -> tuple[str, ...]:
    """What to expect of a step, with intervals, and last what that rests on."""
    found = []
    if _is_whole(step.climb):
        assert step.climb is not None
        values = {
            "value": step.climb.value, "low": step.climb.ci_lower, "high": step.climb.ci_upper,
            "after": _say(f"after_{plan.period}", language, n=plan.n_periods),
        }  # fmt: skip
        found.append(_say(f"climb_{_way(step.climb)}", language, **values))
    if _is_whole(step.revenue):
        assert step.revenue is not None
        found.append(_revenue(step.revenue, plan.currency or "EUR", language))
    found.append(_say(f"rests_{step.rests_on}", language))
    return tuple(found)


def _revenue(money: Estimate, currency: str, language: Language) -> str:
    low, high = money.ci_lower or 0.0, money.ci_upper or 0.0
    way = "unclear" if low <= 0 <= high else "clear"
    return _say(f"revenue_{way}", language, value=money.value, low=low, high=high, currency=currency)


def _way(climb: Estimate) -> str:
    value, low, high = climb.value or 0.0, climb.ci_lower or 0.0, climb.ci_upper or 0.0
    if abs(value) < NO_RUNG:
        return "none"
    return "unclear" if low <= 0 <= high else "clear"


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
