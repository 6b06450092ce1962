"""Three first steps for tomorrow: those of the plan, or simple rules from what was found to the handles.

The rules stand in `RULES`, in the order in which they get a say; each proposes at most one handle with its
reason, and the first three different handles make the list. They are rules of thumb of the method and no
estimate of what a step would bring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.diagnosis.findings import HALF, rung_named
from verbond.diagnosis.results import Effort, Step
from verbond.ladder import LadderResult
from verbond.loyalty import IntentionResult
from verbond.method import HANDLES, play
from verbond.results import Estimate, Reason
from verbond.survey import SurveyResult
from verbond.tables import RUNG_CONSTRUCTS
from verbond.tables.reads import Behaviour

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Plan

__all__ = ["N_STEPS", "RULES", "Evidence", "first_of", "first_steps"]

N_STEPS = 3
MUCH_DISCOUNT = 0.25
"""Share of purchases bought at a discount from which promises about values sit ill with the shelf."""
MANY_COMPLAINTS = 0.1
"""Complaints per customer a year from which solving problems comes first."""
LEAST_COMPLAINTS, LEAST_YEARS = 20, 50.0
"""Complaints and customer-years below which a rate says nothing."""
YEARS_IN = {"week": 7 / 365.25, "month": 1 / 12, "quarter": 1 / 4}
"""Length of a period in years."""
MANY_DISTANT = 0.25
"""Share of respondents who want no closeness from which leaving them in peace is a step."""
MOSTLY_WINNING = 0.5
"""Share of the budget for winning customers above which keeping them is short of money."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules may look at; each may be missing."""

    behaviour: Behaviour
    survey: SurveyResult | None = None
    ladder: LadderResult | None = None
    intentions: IntentionResult | None = None
    effort: Effort | None = None


Rule = Callable[[Evidence], Step | None]


def first_steps(evidence: Evidence) -> tuple[Step, ...]:
    """Choose exactly three steps.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    tuple of Step
        Three different handles, the one that the rules propose first on top.
    """
    chosen: dict[str, Step] = {}
    for step in _proposals(evidence):
        chosen.setdefault(step.handle_id, step)
        if len(chosen) == N_STEPS:
            break
    return tuple(chosen.values())


def first_of(plan: Plan, first: tuple[Step, ...]) -> tuple[Step, ...]:
    """The three steps that a plan begins with, each handle once, so that nobody reads two lists.

    Parameters
    ----------
    plan : Plan
    first : tuple of Step
        What the rules chose: those of other handles stand where the plan has fewer.
    """
    planned = (Step(play(one.play_id).handle_id, one.rung, one.because) for one in plan.steps)
    by_handle: dict[str, Step] = {}
    for one in (*planned, *first):
        by_handle.setdefault(one.handle_id, one)
    return tuple(by_handle.values())[:N_STEPS]


def _proposals(evidence: Evidence) -> Iterator[Step]:
    for rule in RULES:
        step = rule(evidence)
        if step is not None:
            yield step
    yield from _always(evidence)


def _blocking_rung(evidence: Evidence) -> Step | None:
    """What serves the rung at which most customers are stuck."""
    ladder = evidence.ladder
    if ladder is None or not ladder.anchored or not ladder.blocking_rung:
        return None
    rung = ladder.blocking_rung
    share = float(ladder.shares[-1, rung - 1])
    n = round(share * float(ladder.n_present[-1]))
    values = {"n": n, "share": share, "rung": rung, "name": rung_named(rung)}
    return Step(_handle_for(rung, evidence), rung, Reason("diagnosis.because_blocking", values))


def _lowest_construct(evidence: Evidence) -> Step | None:
    """Without an anchored ladder: the rung whose construct scores clearly lowest."""
    if evidence.survey is None or (evidence.ladder is not None and evidence.ladder.anchored):
        return None
    means = _latest_means(evidence.survey)
    if len(means) < 2:
        return None
    lowest = min(means, key=lambda c: means[c].value or 0.0)
    rung = RUNG_CONSTRUCTS.index(lowest) + 1
    values = {"score": means[lowest].value, "rung": rung, "name": rung_named(rung)}
    return Step(_handle_for(rung, evidence), rung, Reason("diagnosis.because_lowest", values))


def _nobody_asked(evidence: Evidence) -> Step | None:
    if evidence.survey is not None and evidence.survey.n_respondents:
        return None
    return Step("ask_values", 2, Reason("diagnosis.because_nobody_asked"))


def _complaints(evidence: Evidence) -> Step | None:
    complaint, years = evidence.behaviour.kinds.get("complaint"), _customer_years(evidence.ladder)
    if complaint is None or complaint.n_events < LEAST_COMPLAINTS or years < LEAST_YEARS:
        return None
    a_year = complaint.n_events / years
    if a_year < MANY_COMPLAINTS:
        return None
    values = {"n": complaint.n_events, "per_hundred": 100 * a_year}
    return Step("solve_problems", 3, Reason("diagnosis.because_complaints", values))


def _customer_years(ladder: LadderResult | None) -> float:
    """Years that all customers together were there; 0 where nobody counted them."""
    return 0.0 if ladder is None else float(ladder.n_present.sum()) * YEARS_IN[ladder.period]


def _discounts(evidence: Evidence) -> Step | None:
    purchase = evidence.behaviour.kinds.get("purchase")
    if purchase is None or not purchase.n_discount_known:
        return None
    share = purchase.n_discounted / purchase.n_discount_known
    if share < MUCH_DISCOUNT:
        return None
    return Step("stop_contradictions", 2, Reason("diagnosis.because_discounts", {"share": share}))


def _budget(evidence: Evidence) -> Step | None:
    effort = evidence.effort
    if effort is None or effort.cost_to_win is None or effort.cost_to_keep is None:
        return None
    share = effort.cost_to_win / max(effort.cost_to_win + effort.cost_to_keep, 1e-9)
    if share <= MOSTLY_WINNING:
        return None
    return Step("keep_budget", 4, Reason("diagnosis.because_budget", {"share": share}))


def _intention(evidence: Evidence) -> Step | None:
    for gap in evidence.intentions.gaps if evidence.intentions is not None else ():
        did = gap.done_by_intenders
        if gap.intention == "recommend" and did.ci_upper is not None and did.ci_upper < HALF:
            return Step("intention_to_deed", 5, Reason("diagnosis.because_intention", {"done": did.value}))
    return None


def _distance(evidence: Evidence) -> Step | None:
    distant = evidence.survey.distant if evidence.survey is not None else None
    if distant is None or distant.value is None or distant.value < MANY_DISTANT:
        return None
    return Step("leave_in_peace", 0, Reason("diagnosis.because_distant", {"share": distant.value}))


def _effort_below(evidence: Evidence) -> Step | None:
    """Most actions work below the rung that blocks."""
    effort, ladder = evidence.effort, evidence.ladder
    if effort is None or not effort.rungs or ladder is None or not ladder.blocking_rung:
        return None
    most = max(effort.rungs, key=lambda r: r.n_actions)
    if most.rung >= ladder.blocking_rung or not ladder.anchored:
        return None
    values = {"share": most.share_of_actions, "rung": most.rung, "name": rung_named(most.rung)}
    return Step("tell_why", 2, Reason("diagnosis.because_effort", values))


RULES: tuple[Rule, ...] = (
    _nobody_asked, _blocking_rung, _lowest_construct, _discounts, _intention, _complaints, _budget, _distance,
    _effort_below,
)  # fmt: skip


def _always(evidence: Evidence) -> Iterator[Step]:
    """Small steps that suit every company, to fill the list."""
    for handle_id, rung in (("tell_why", 2), ("fix_experience", 1), ("involve", 5), ("values_visible", 2)):
        yield Step(handle_id, rung, Reason("diagnosis.because_always", {"name": rung_named(rung)}))


def _handle_for(rung: int, evidence: Evidence) -> str:
    """The method's first handle of the least effort for a rung; known values are not asked again."""
    efforts = ("small", "medium", "large")
    known = evidence.survey is not None and evidence.survey.congruence is not None
    serving = [h for h in HANDLES if rung in h.rungs and not (known and h.id == "ask_values")]
    return min(serving, key=lambda h: efforts.index(h.effort)).id


def _latest_means(survey: SurveyResult) -> dict[str, Estimate]:
    rows = [c for c in survey.constructs if c.construct in RUNG_CONSTRUCTS and c.mean.value is not None]
    return {c.construct: c.mean for c in rows}
