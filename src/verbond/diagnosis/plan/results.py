"""What a plan holds."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from verbond.effects.verdict import Verdict
from verbond.results import Estimate, Language, Provenance, Reason, Result, protect_cell, sentence

__all__ = [
    "Blocking",
    "FrontierPoint",
    "InviteList",
    "Invited",
    "Learned",
    "LeftOut",
    "Lesson",
    "Plan",
    "PlanBudget",
    "PlannedStep",
    "RestsOn",
    "Seen",
]

RestsOn = Literal["lot", "past", "learned", "prior"]
"""An experiment of its own; what it did before; earlier steps looked back on; the playbook alone."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a company knows of a play from having done it.

    Attributes
    ----------
    climbs_mean, climbs_sd : float
        Of the log-odds of moving up, after what was seen.
    n_times : int
        How often it was looked back on.
    """

    climbs_mean: float
    climbs_sd: float
    n_times: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What one action did to the log odds of moving up, of whom it reached beside whom it did not.

    Attributes
    ----------
    action : str
    mean, sd : float
    n_reached, n_beside : int
        Customers on whom it rests.
    by_lot : bool
    """

    action: str
    mean: float
    sd: float
    n_reached: int
    n_beside: int
    by_lot: bool

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Seen:
        """What `kept` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            For anything else.
        """
        return cls(
            str(kept["action"]), float(kept["mean"]), float(kept["sd"]), int(kept["n_reached"]),
            int(kept["n_beside"]), bool(kept["by_lot"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lesson(Result):
    """What came of a step that was taken.

    Attributes
    ----------
    play_id, action : str
    seen : Seen or None
        None where the ladder could not see it; `reasons` say why.
    before, after : (float, float)
        What this company expects of the step: mean and standard deviation of the log odds of moving up,
        before it looked and now.
    verdict : {"strengthens", "unchanged", "weakens", "cannot_tell"}
        Of what was seen, whatever was expected.
    climb_before, climb_after : Estimate or None
        The same as rungs gained a hundred customers reached; None where there is no ladder.
    told : Reason or None
        What `effects` says of the action.
    headline : Reason
    reasons : tuple of Reason
        How we know, and what it would take to know more.
    provenance : Provenance
    """

    play_id: str
    action: str
    seen: Seen | None
    before: tuple[float, float]
    after: tuple[float, float]
    verdict: Verdict
    climb_before: Estimate | None
    climb_after: Estimate | None
    told: Reason | None
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def sentences(self, language: Language) -> list[str]:
        """What came of it, what is expected from now on, and how we know."""
        said = [self.headline.sentence(language)]
        if self.told is not None:
            said.append(self.told.sentence(language))
        before, after = self.climb_before, self.climb_after
        if self.seen is not None and before is not None and after is not None:
            values = {
                f"{name}{end}": getattr(one, part)
                for name, one in (("before", before), ("after", after))
                for end, part in (("", "value"), ("_low", "ci_lower"), ("_high", "ci_upper"))
            }
            if None not in values.values():
                said.append(sentence("plan_learned.climb", language, **values))
        return [*said, *(reason.sentence(language) for reason in self.reasons)]

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row."""
        seen, climbs = self.seen, (self.climb_before, self.climb_after)
        return [
            {
                "play_id": self.play_id, "action": self.action, "verdict": self.verdict,
                "log_odds": seen.mean if seen else None, "standard_error": seen.sd if seen else None,
                "n_reached": seen.n_reached if seen else None, "n_beside": seen.n_beside if seen else None,
                "by_lot": seen.by_lot if seen else None,
                "expected_before": self.before[0], "expected_before_sd": self.before[1],
                "expected_after": self.after[0], "expected_after_sd": self.after[1],
                "climb_before": climbs[0].value if climbs[0] else None,
                "climb_after": climbs[1].value if climbs[1] else None,
            }
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocking:
    """The rung below which most people of a group wait.

    Attributes
    ----------
    attribute, value : str
        Empty for everybody.
    rung : int
        1..5: the one that they do not reach.
    share : float
        Of the group who stand right below it, 0..1.
    n : int
        People of the group.
    """

    attribute: str
    value: str
    rung: int
    share: float
    n: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of the plan.

    Attributes
    ----------
    play_id : str
        In `verbond.method.PLAYS`.
    rung : int
        0..5 that it serves here.
    segment : str
        "attribute=value"; empty for everybody.
    n_reach : int
        Customers whom it would reach.
    because : Reason
        Why it stands here, with the figure.
    trace : str
        Section of the report that holds that figure.
    rests_on : {"lot", "past", "learned", "prior"}
        What is weighed with the playbook in the expected climb: own actions of its kind given by lot, or not;
        earlier times that it was done; nothing.
    climb : Estimate or None
        Rungs gained a hundred customers reached, after the horizon; None where there is no ladder.
    revenue : Estimate or None
        Money more a customer reached in the three months after, what the step costs taken off.
    cost : float
        Euro: what reaching them costs, hours included.
    weeks_to_see : int
    mind : Reason
        What would change our mind, with how many customers that takes.
    promise : {"keeps", "breaks", ""}
        "" where there is no promise, or nothing to say.
    """

    play_id: str
    rung: int
    segment: str
    n_reach: int
    because: Reason
    trace: str
    rests_on: RestsOn
    climb: Estimate | None
    revenue: Estimate | None
    cost: float
    weeks_to_see: int
    mind: Reason
    promise: Literal["keeps", "breaks", ""] = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A play that would suit and is not in the plan, and why.

    Attributes
    ----------
    play_id : str
    reason : Reason
    """

    play_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A play by what it brings soon and later.

    Attributes
    ----------
    play_id : str
    revenue, climb : Estimate
        As in `PlannedStep`.
    chosen : bool
        It is in the plan.
    best : bool
        No other is better at both.
    """

    play_id: str
    revenue: Estimate
    climb: Estimate
    chosen: bool
    best: bool


@dataclass(frozen=True, slots=True)
class PlanBudget:
    """What a budget is best spent on.

    Attributes
    ----------
    budget, spent : float
        Euro.
    rows : tuple of (play_id, rung, n_customers, n_times, euro)
        Different customers who get it, and how often they do so together, over all periods.
    gain, greedy_gain : Estimate
        Rungs gained, on average over the periods, by the allocator and by a greedy choice.
    """

    budget: float
    spent: float
    rows: tuple[tuple[str, int, float, float, float], ...]
    gain: Estimate
    greedy_gain: Estimate


@dataclass(frozen=True, slots=True)
class Invited:
    """A customer to ask first.

    Attributes
    ----------
    customer_id : str
    why : tuple of str
        Of "contributed", "referred", "answered" and "high".
    """

    customer_id: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InviteList(Result):
    """Customers to ask first: those who showed interest, and whose consent allows it.

    Attributes
    ----------
    customers : tuple of Invited
    n_interested : int
        Who showed interest, asked for consent or not.
    n_without_consent : int
        Of those, left out because they gave none.
    consent_known : bool
        Whether the tables say who gave consent.
    headline : Reason
    reasons : tuple of Reason
    """

    customers: tuple[Invited, ...]
    n_interested: int
    n_without_consent: int
    consent_known: bool
    headline: Reason
    reasons: tuple[Reason, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a customer: customer_id, why."""
        return [{"customer_id": one.customer_id, "why": ", ".join(one.why)} for one in self.customers]

    def write_csv(self, path: str | Path, language: Language = "en") -> Path:
        """Write the customers as CSV, with why in words, ids that run nowhere as a formula."""
        path = Path(path)
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["customer_id", "why"])
            for one in self.customers:
                why = "; ".join(sentence(f"plan.why_{name}", language) for name in one.why)
                rows.writerow([protect_cell(one.customer_id), why])
        return path


@dataclass(frozen=True, slots=True)
class Plan(Result):
    """Small steps for tomorrow, best first.

    Attributes
    ----------
    steps : tuple of PlannedStep
        At most seven.
    left_out : tuple of LeftOut
    blocking : tuple of Blocking
        Everybody first, then segments.
    frontier : tuple of FrontierPoint
        Steps that have both figures.
    budget : PlanBudget or None
        None where no budget was given.
    n_periods : int
        Horizon of the climb.
    period : str
        "month", "week" or "quarter".
    n_invitable, n_with_consent : int or None
        Customers who showed interest; of those with consent. None where unknown.
    currency : str
    headline : Reason
    reasons : tuple of Reason
        What to keep in mind of all steps.
    provenance : Provenance
    """

    steps: tuple[PlannedStep, ...]
    left_out: tuple[LeftOut, ...]
    blocking: tuple[Blocking, ...]
    frontier: tuple[FrontierPoint, ...]
    budget: PlanBudget | None
    n_periods: int
    period: str
    n_invitable: int | None
    n_with_consent: int | None
    currency: str
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a step."""
        return [
            {
                "number": number, "play_id": step.play_id, "rung": step.rung, "segment": step.segment,
                "n_reach": step.n_reach, "rests_on": step.rests_on,
                "climb": step.climb.value if step.climb else None,
                "climb_ci_lower": step.climb.ci_lower if step.climb else None,
                "climb_ci_upper": step.climb.ci_upper if step.climb else None,
                "revenue": step.revenue.value if step.revenue else None,
                "revenue_ci_lower": step.revenue.ci_lower if step.revenue else None,
                "revenue_ci_upper": step.revenue.ci_upper if step.revenue else None,
                "cost": step.cost, "weeks_to_see": step.weeks_to_see, "promise": step.promise,
                "because": step.because.sentence("en"), "trace": step.trace,
            }
            for number, step in enumerate(self.steps, start=1)
        ]  # fmt: skip
