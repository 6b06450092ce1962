"""`Hidden`: the customers whom satisfaction hides, and those whom it underrates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.estimates import TOO_SMALL, difference_of, hidden, share_of
from verbond.loyalty.intention import reckonable
from verbond.loyalty.results import Tone
from verbond.numerics.checks import check_ci_level, check_days
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.histories import purchase_money
from verbond.tables.reads.satisfied import SatisfiedPeople, asked_constructs, satisfied_people
from verbond.tables.tables import Tables

__all__ = ["GROUPS", "Hidden", "HiddenGroup", "HiddenResult"]

GROUPS = {
    "opportunist": (True, True),
    "settled": (True, False),
    "loose": (False, True),
    "held": (False, False),
}
"""Group: satisfied, and pulled elsewhere."""
_SATISFACTIONS = ("satisfaction", "experience")
_NEUTRAL: Tone = "neutral"
_PULLS = ("alternatives", "commitment", "trust")
MONEY_DAYS = 365


@dataclass(frozen=True, slots=True)
class HiddenGroup:
    """One of the four groups of satisfaction against what pulls elsewhere.

    Attributes
    ----------
    group : str
        "opportunist" (satisfied, pulled elsewhere), "settled" (satisfied, not pulled), "loose" (less
        satisfied, pulled) or "held" (less satisfied, not pulled).
    n_obs : int
    share : Estimate
        Of all four, with Wilson's interval.
    left : Estimate
        Who left within the horizon after the answer, with Wilson's interval.
    revenue : Estimate
        Mean in the 365 days until the answer, with Student's interval.
    revenue_total : float or None
        Counted.
    """

    group: str
    n_obs: int
    share: Estimate
    left: Estimate
    revenue: Estimate
    revenue_total: float | None


@dataclass(frozen=True, slots=True)
class HiddenResult(Result):
    """Satisfaction against what pulls elsewhere, and what people did.

    Attributes
    ----------
    horizon_days : int
    satisfied_from, attractive_from : float
        On 0..100.
    satisfaction, pull : str or None
        What was asked and used: `pull` is "alternatives", or in its place "commitment" or "trust" (a low
        answer) or "rung" (a low one).
    departure : str or None
        What counts as leaving: "cancelled", or "stopped_buying" where nobody's cancellation is recorded (of
        those who bought in as many days before).
    groups : tuple of HiddenGroup
        Empty where they cannot be told.
    difference : Estimate or None
        Share of opportunists who left minus that of the settled, with Newcombe's (1998) interval.
    underrated : Estimate or None
        Of the less satisfied, those who stayed and bought again or referred somebody.
    underrated_revenue : Estimate or None
        Theirs, mean in the 365 days until the answer.
    underrated_total : float or None
    currency : str
        Code, empty where unknown.
    n_too_recent : int
    headline : Reason or None
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    horizon_days: int
    satisfied_from: float
    attractive_from: float
    satisfaction: str | None
    pull: str | None
    departure: str | None
    groups: tuple[HiddenGroup, ...]
    difference: Estimate | None
    underrated: Estimate | None
    underrated_revenue: Estimate | None
    underrated_total: float | None
    currency: str
    n_too_recent: int
    headline: Reason | None
    tone: Tone
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a group."""
        return [
            {
                "group": g.group,
                "n_obs": g.n_obs,
                "share": g.share.value,
                "share_ci_lower": g.share.ci_lower,
                "share_ci_upper": g.share.ci_upper,
                "left": g.left.value,
                "left_ci_lower": g.left.ci_lower,
                "left_ci_upper": g.left.ci_upper,
                "revenue": g.revenue.value,
                "revenue_ci_lower": g.revenue.ci_lower,
                "revenue_ci_upper": g.revenue.ci_upper,
                "revenue_total": g.revenue_total,
            }
            for g in self.groups
        ]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Who is satisfied and may yet go, who is less satisfied and yet stays; and what they did.

    Parameters
    ----------
    horizon_days : int
        Leaving, buying and referring count from the day after the answer up to so many days after it.
    satisfied_from : float
        Mean answer on 0..100 (the ends of the scale) from which somebody is satisfied; 60 is 4.6 on 1..7.
    attractive_from : float
        Mean answer on 0..100 from which alternatives pull; 50 is the middle of the answer scale.
    ci_level : float

    Examples
    --------
    >>> from verbond.tables import open_tables                     # doctest: +SKIP
    >>> Hidden().fit(open_tables("demo")).headline                 # doctest: +SKIP
    """

    horizon_days: int = 180
    satisfied_from: float = 60.0
    attractive_from: float = 50.0
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_days("horizon_days", self.horizon_days)
        for name in ("satisfied_from", "attractive_from"):
            if not 0 <= getattr(self, name) <= 100:
                raise OptionError(f"{name} is out of range", got=repr(getattr(self, name)), expected="0..100")
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> HiddenResult:
        """Lay what customers answered beside what they did.

        Parameters
        ----------
        tables : Tables
            Needs `responses` and `events`; what they cannot answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        HiddenResult
        """
        progress(Progress("loyalty_hidden.step", 0.0))
        satisfaction, pull = _asked(tables)
        why = None if satisfaction and pull else _not_asked(satisfaction)
        if why is None and ("events" not in tables or not tables.n_rows("events")):
            why = Reason("loyalty.no_behaviour")
        if why is not None:
            return self._nothing(tables, satisfaction, pull, why)
        people = satisfied_people(tables, satisfaction, pull, self.horizon_days, MONEY_DAYS)
        departure = "cancelled" if people.recorded.get("cancellation") else "stopped_buying"
        if departure == "stopped_buying" and not people.recorded.get("purchase"):
            return self._nothing(tables, satisfaction, pull, Reason("loyalty_hidden.no_leaving"))
        result = self._result(tables, satisfaction, pull, departure, people)
        progress(Progress("loyalty_hidden.step", 1.0))
        return result

    def _result(
        self, tables: Tables, satisfaction: str, pull: str, departure: str, people: SatisfiedPeople
    ) -> HiddenResult:
        counted = people.here & ((departure == "cancelled") | (people.n_bought_before > 0))
        left = (people.left if departure == "cancelled" else ~people.bought_again)[counted]
        satisfied = people.satisfaction[counted] >= self.satisfied_from / 100 - 1e-9
        pulled = people.pull[counted] >= self.attractive_from / 100 - 1e-9
        cells = {name: (satisfied == s) & (pulled == p) for name, (s, p) in GROUPS.items()}
        n = int(counted.sum())
        if not n:
            return self._nothing(
                tables, satisfaction, pull, Reason("loyalty.no_follow_up", {"horizon": self.horizon_days})
            )
        if n < MIN_GROUP or reckonable(int(cell.sum()) for cell in cells.values()):
            return self._nothing(tables, satisfaction, pull, TOO_SMALL)
        money, no_money, currency = self._money(tables, people.spent_before[counted])
        groups = tuple(self._group(name, cell, left, money, no_money) for name, cell in cells.items())
        difference = self._difference(groups[0], groups[1])
        stayed = ~left & (people.bought_again | people.referred)[counted]
        underrated, worth, total = self._underrated(~satisfied, stayed, money, no_money)
        headline, tone = _headline(pull, groups[0], groups[1], difference, self.horizon_days)
        extent = tables.period_range[0]
        n_short = int((people.days[counted] - MONEY_DAYS < np.datetime64(extent)).sum())
        return dataclasses.replace(
            self._nothing(tables, satisfaction, pull, None),
            departure=departure,
            groups=groups,
            difference=difference,
            underrated=underrated,
            underrated_revenue=worth,
            underrated_total=total,
            currency=currency,
            n_too_recent=people.n_too_recent,
            headline=headline,
            tone=tone,
            reasons=tuple(
                _reasons(satisfaction, pull, departure, no_money, n_short, people, self.horizon_days)
            ),
        )

    def _group(
        self, name: str, cell: np.ndarray, left: np.ndarray, money: np.ndarray, no_money: Reason | None
    ) -> HiddenGroup:
        n, share = int(cell.sum()), share_of(int(cell.sum()), len(cell), self.ci_level)
        if 0 < n < MIN_GROUP:
            none = hidden(self.ci_level)
            return HiddenGroup(name, 0, none, none, none, None)
        gone = share_of(int(left[cell].sum()), n, self.ci_level)
        return HiddenGroup(
            name, n, share, gone, self._mean(money[cell], no_money),
            float(money[cell].sum()) if no_money is None else None,
        )  # fmt: skip

    def _underrated(
        self, less: np.ndarray, stayed: np.ndarray, money: np.ndarray, no_money: Reason | None
    ) -> tuple[Estimate, Estimate, float | None]:
        here = less & stayed
        n, n_rest = int(here.sum()), int((less & ~stayed).sum())
        share = share_of(n, int(less.sum()), self.ci_level)
        if n < MIN_GROUP or 0 < n_rest < MIN_GROUP or no_money is not None:
            return share, hidden(self.ci_level, no_money or TOO_SMALL), None
        return share, self._mean(money[here], None), float(money[here].sum())

    def _difference(self, opportunists: HiddenGroup, settled: HiddenGroup) -> Estimate:
        a, b = settled.left, opportunists.left
        if a.value is None or b.value is None:
            return hidden(self.ci_level)
        return difference_of(a, b, self.ci_level)

    def _mean(self, money: np.ndarray, no_money: Reason | None) -> Estimate:
        if no_money is not None or len(money) < MIN_GROUP:
            return hidden(self.ci_level, no_money or TOO_SMALL)
        return Estimate(*mean_interval(money, ci_level=self.ci_level), len(money), self.ci_level)

    def _money(self, tables: Tables, spent: np.ndarray) -> tuple[np.ndarray, Reason | None, str]:
        known = purchase_money(tables)
        if known.n_rows == known.n_unknown:
            return spent, Reason("loyalty_hidden.no_amounts"), ""
        if len(known.currencies) > 1:
            return spent, Reason("loyalty_hidden.currencies", {"codes": list(known.currencies)}), ""
        return spent, None, known.currencies[0] if known.currencies else ""

    def _nothing(
        self, tables: Tables, satisfaction: str | None, pull: str | None, why: Reason | None
    ) -> HiddenResult:
        return HiddenResult(
            horizon_days=self.horizon_days,
            satisfied_from=self.satisfied_from,
            attractive_from=self.attractive_from,
            satisfaction=satisfaction,
            pull=pull,
            departure=None,
            groups=(),
            difference=None,
            underrated=None,
            underrated_revenue=None,
            underrated_total=None,
            currency="",
            n_too_recent=0,
            headline=None,
            tone="neutral",
            reasons=() if why is None else (why,),
            provenance=tables.provenance(dataclasses.asdict(self)),
        )


def _asked(tables: Tables) -> tuple[str | None, str | None]:
    """What stands for satisfaction, and for what pulls elsewhere, of what customers were asked."""
    asked = asked_constructs(tables)
    satisfaction = next((name for name in _SATISFACTIONS if name in asked), None)
    pull = next((name for name in _PULLS if name in asked), "rung" if "rungs" in tables else None)
    return satisfaction, pull


def _not_asked(satisfaction: str | None) -> Reason:
    return Reason("loyalty_hidden.no_satisfaction" if satisfaction is None else "loyalty_hidden.no_pull")


def _headline(
    pull: str, opportunists: HiddenGroup, settled: HiddenGroup, difference: Estimate, horizon_days: int
) -> tuple[Reason | None, Tone]:
    if difference.value is None or difference.ci_lower is None or difference.ci_upper is None:
        return None, "neutral"
    values = {
        "share": opportunists.share.value, "n": opportunists.n_obs, "left": opportunists.left.value,
        "settled": settled.left.value, "difference": abs(difference.value),
        "low": difference.ci_lower, "high": difference.ci_upper, "days": horizon_days,
    }  # fmt: skip
    kind, tone = "as_many", _NEUTRAL
    if difference.ci_lower > 0:
        kind, tone = "more", "caution"
    elif difference.ci_upper < 0:
        kind = "fewer"
    unheld = "" if pull == "alternatives" else "unheld_"
    return Reason(f"loyalty_hidden.headline_{unheld}{kind}", values), tone


def _reasons(
    satisfaction: str, pull: str, departure: str, no_money: Reason | None, n_short: int,
    people: SatisfiedPeople, horizon_days: int,
) -> Iterator[Reason]:  # fmt: skip
    if satisfaction != "satisfaction":
        yield Reason("loyalty_hidden.experience_for_satisfaction")
    if pull != "alternatives":
        yield Reason(f"loyalty_hidden.{pull}_for_alternatives")
    if departure == "stopped_buying":
        yield Reason("loyalty_hidden.stopped_buying", {"days": horizon_days})
    if no_money is not None:
        yield no_money
    elif n_short >= MIN_GROUP:
        yield Reason("loyalty_hidden.short_history", {"n": n_short})
    if people.n_too_recent:
        yield Reason("loyalty.too_recent", {"n": people.n_too_recent, "horizon": horizon_days})
    yield Reason("loyalty_hidden.association")
