"""`Winning`: who was won by what, what that cost, and what is left of it some months later."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.effects.winning.grouping import Group, groups_of
from verbond.effects.winning.kernel import Three, cost_interval, mean_of, ratio_of
from verbond.effects.winning.results import (
    FIGURES,
    LEAST_PEOPLE,
    BudgetPart,
    WinningContrast,
    WinningResult,
    WonAfter,
    WonBy,
)
from verbond.effects.winning.telling import headline_of, reasons_of
from verbond.errors import OptionError
from verbond.numerics.checks import check_ci_level, check_days
from verbond.numerics.intervals import difference_interval, wilson_interval
from verbond.numerics.survival import Spans, SurvivalCurve, kaplan_meier
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.winning import (
    Cell,
    KnownAction,
    WonCustomers,
    WonSums,
    known_actions,
    won_customers,
)
from verbond.tables.schema import STIMULUS
from verbond.tables.tables import Tables

__all__ = ["Winning"]

DAYS_A_MONTH = 365.25 / 12
MOST_LABELS = 40


@dataclass(frozen=True, slots=True)
class _Won:
    """Customers of some cells: their curve, and their sums by horizon."""

    n: int
    curve: SurvivalCurve | None
    sums: Mapping[int, WonSums]

    @classmethod
    def of(cls, found: WonCustomers, cells: frozenset[Cell], ci_level: float) -> _Won:
        rows = np.isin(found.cell, [j for j, cell in enumerate(found.cells) if cell in cells])
        seen = rows & (found.days >= 1)
        spans = Spans.of(None, found.days[seen], found.has_left[seen], found.n[seen]) if seen.any() else None
        recorded = found.recorded_until is not None and spans is not None
        sums = {
            horizon: WonSums(
                **{
                    name: sum(getattr(by_cell[cell], name) for cell in cells if cell in by_cell)
                    for name in WonSums.__slots__
                }
            )
            for horizon, by_cell in found.sums.items()
        }
        return cls(int(found.n[rows].sum()), kaplan_meier(spans, ci_level) if recorded else None, sums)


@dataclass(frozen=True, slots=True)
class Winning:
    """Look back at the customers who were won while the data were kept.

    Somebody is won on the day of her first purchase. Another customer who named her won her, else the last
    action to win (`actions.aim`) or discount that reached her shortly before, else the discount on that
    purchase, else nothing that is known.

    Parameters
    ----------
    days : int
        An action counts that reached her at most so many days before her first purchase.
    months : sequence of int
        How long after it to look.
    by : str, optional
        An attribute of customers that says what won them, in place of all this.
    ci_level : float

    Notes
    -----
    What is told is what became of those customers, and no effect: others come for a discount than for a
    neighbour, and some of those whom an action reached would have come anyway. The clock starts at the first
    purchase and looks back for what won her, so nobody counts as won by what reached her later.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     print(Winning().fit(tables).headline)
    """

    days: int = 30
    months: Sequence[int] = (3, 6, 12)
    by: str | None = None
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_days("days", self.days)
        check_ci_level(self.ci_level)
        if not self.months or min(self.months) < 1 or sorted(set(self.months)) != list(self.months):
            raise OptionError(
                "months are not in order", got=repr(self.months), expected="ascending, from 1 on"
            )

    def fit(self, tables: Tables) -> WinningResult:
        """Read who was won and what became of them.

        Parameters
        ----------
        tables : Tables
            With purchases; since when customers are there, actions with their aim and cost, exposures,
            referrals, cancellations and rungs each add what they can.

        Returns
        -------
        WinningResult
            With reasons for what the tables cannot answer.

        Raises
        ------
        NotFoundError
            If there is no attribute `by`.
        OptionError
            If it has too many values.
        DataError
            If amounts are in more than one currency.
        """
        horizons = [self._horizon(months) for months in self.months]
        found = won_customers(tables, self.days, horizons, self.by)
        actions = {action.action_id: action for action in known_actions(tables)}
        budget = tuple(_budget(actions.values()))
        result = WinningResult(
            days=self.days, months=tuple(self.months), n_won=0, won=(), contrast=None, budget=budget,
            headline=None, tone="neutral", reasons=(Reason("effects_winning.nobody", {"least": MIN_GROUP}),),
            provenance=tables.provenance(dataclasses.asdict(self)),
        )  # fmt: skip
        sizes = _sizes(found) if found is not None else {}
        if self.by is not None and len(sizes) > MOST_LABELS:
            raise OptionError(
                f"{self.by} has too many values to be ways of coming", got=str(len(sizes)),
                expected=f"at most {MOST_LABELS}",
            )  # fmt: skip
        groups = groups_of(sizes, actions)
        if found is None or not groups:
            return result
        told = {group.cells: _Won.of(found, group.cells, self.ci_level) for group in groups}
        n_won = told[groups[0].cells].n
        won = tuple(self._won(group, told[group.cells], n_won, found, actions) for group in groups)
        contrast = self._contrast(groups, sizes, found)
        headline, tone = headline_of(won, contrast, found.currency)
        start = "rests_on_label" if self.by else "rests_on"
        values = {"n": n_won, "days": self.days, "first": found.first_day, "last": found.last_day}
        return dataclasses.replace(
            result, n_won=n_won, won=won, contrast=contrast, headline=headline, tone=tone,
            currency=found.currency,
            reasons=(Reason(f"effects_winning.{start}", values), *reasons_of(won, contrast, budget, found)),
        )  # fmt: skip

    def _horizon(self, months: int) -> int:
        return round(months * DAYS_A_MONTH)

    def _won(
        self, group: Group, won: _Won, n_won: int, found: WonCustomers, actions: Mapping[str, KnownAction]
    ) -> WonBy:
        mine = _actions_of(group, actions)
        cost = _cost(mine, found)
        share = Estimate(won.n / n_won, *wilson_interval(won.n, n_won, self.ci_level), n_won, self.ci_level)
        per = self._cost_per_customer(cost, won.n, group)
        after = tuple(self._after(won, months, found, per) for months in self.months)
        label = mine[0].label if group.route == "action" else group.name
        return WonBy(group.route, group.name, label, won.n, share, cost, per, after)  # type: ignore[arg-type]

    def _cost_per_customer(self, cost: float | None, n: int, group: Group) -> Estimate:
        if cost is None:
            known = group.route in ("action", "kind", "other")
            return self._untold("no_cost" if known else "no_cost_applies", n)
        return Estimate(*cost_interval(cost, n, self.ci_level), n, self.ci_level)

    def _after(self, won: _Won, months: int, found: WonCustomers, cost: Estimate | None = None) -> WonAfter:
        horizon = self._horizon(months)
        sums, n = won.sums[horizon], int(won.sums[horizon].n_people)
        people = (sums.n_people, sums.n_rows)
        margin = self._mean(people, sums.n_margins, sums.margin, sums.margin_squares, "no_margin", months)
        return WonAfter(
            months=months,
            n_followed=n,
            still_there=self._still_there(won, horizon, months, found),
            bought_again=self._told(
                n, months, lambda: (sums.n_again / n, *wilson_interval(sums.n_again, n, self.ci_level))
            ),
            revenue=self._mean(
                people, sums.n_amounts, sums.revenue, sums.revenue_squares, "no_amounts", months
            ),
            margin=margin,
            margin_less_cost=_less(margin, cost, self.ci_level),
            on_discount=self._on_discount(sums, months),
            rung=self._rung(sums, months),
        )

    def _told(self, n: float, months: int, tell: Callable[[], Three]) -> Estimate:
        if n < MIN_GROUP:
            return self._untold("too_short", int(n), months=months, least=MIN_GROUP)
        return Estimate(*tell(), int(n), self.ci_level)

    def _untold(self, code: str, n: int, **values: object) -> Estimate:
        reason = Reason(f"effects_winning.{code}", values)
        return Estimate(None, n_obs=n, ci_level=self.ci_level, reason=reason)

    def _mean(
        self, people: tuple[float, float], n_known: float, total: float, squares: float, code: str,
        months: int,
    ) -> Estimate:  # fmt: skip
        n, n_rows = people
        if n >= MIN_GROUP and n_known < n_rows:
            return self._untold(code, int(n))
        return self._told(n, months, lambda: mean_of(n, total, squares, self.ci_level))

    def _still_there(self, won: _Won, horizon: int, months: int, found: WonCustomers) -> Estimate:
        curve = won.curve
        if curve is None:
            return self._untold("no_cancellations", won.n)
        at_risk = float(curve.spans.at_risk(np.array([horizon], dtype=np.float64))[0])
        if at_risk < MIN_GROUP:
            return self._untold("too_short", won.n, months=months, least=MIN_GROUP)
        value, low, high = (float(v[0]) for v in curve.at(horizon))
        return Estimate(value, low, high, won.n, self.ci_level)

    def _on_discount(self, sums: WonSums, months: int) -> Estimate:
        if sums.n_people >= MIN_GROUP and sums.n_buyers < MIN_GROUP:
            return self._untold("no_discounts", int(sums.n_buyers), least=MIN_GROUP)
        return self._told(
            sums.n_buyers, months,
            lambda: ratio_of(sums.n_buyers, sums.n, sums.k, sums.nn, sums.nk, sums.kk, self.ci_level),
        )  # fmt: skip

    def _rung(self, sums: WonSums, months: int) -> Estimate:
        if sums.n_people >= MIN_GROUP and sums.n_standing < MIN_GROUP:
            return self._untold("no_rungs", int(sums.n_standing))
        return self._told(
            sums.n_standing, months,
            lambda: mean_of(sums.n_standing, sums.rung, sums.rung_squares, self.ci_level),
        )  # fmt: skip

    def _contrast(
        self, groups: Sequence[Group], sizes: Mapping[Cell, int], found: WonCustomers
    ) -> WinningContrast | None:
        """Those won with a discount against the others, at the longest time at which both can be told."""
        cheap = frozenset().union(
            *(g.cells for g in groups if (g.route, g.name) in (("kind", "discount"), ("discount", "")))
        )
        dear = groups[0].cells - cheap
        if self.by is not None or min(_size(cheap, sizes), _size(dear, sizes)) < LEAST_PEOPLE:
            return None
        first, second = (_Won.of(found, cells, self.ci_level) for cells in (cheap, dear))
        for months in reversed(self.months):
            a, b = self._after(first, months, found), self._after(second, months, found)
            if min(a.n_followed, b.n_followed) >= LEAST_PEOPLE:
                difference = {
                    name: _difference(getattr(a, name), getattr(b, name), self.ci_level)
                    for name in FIGURES
                    if name != "margin_less_cost"
                }
                return WinningContrast(months, first.n, second.n, a, b, difference)
        return None


def _sizes(found: WonCustomers) -> dict[Cell, int]:
    counts = np.bincount(found.cell, weights=found.n, minlength=len(found.cells))
    return {cell: int(n) for cell, n in zip(found.cells, counts, strict=True)}


def _size(cells: frozenset[Cell], sizes: Mapping[Cell, int]) -> int:
    return sum(sizes[cell] for cell in cells)


def _actions_of(group: Group, actions: Mapping[str, KnownAction]) -> list[KnownAction]:
    """The actions that a row is about: of a kind all that are meant to win, whether or not they did."""
    if group.route == "everybody":
        return []
    if group.route == "kind":
        return [
            a for a in actions.values() if a.kind == group.name and (a.aim == "win" or a.kind == "discount")
        ]
    return [actions[name] for route, name in sorted(group.cells) if route == "action"]


def _cost(actions: Sequence[KnownAction], found: WonCustomers) -> float | None:
    """What they cost; None where it is not known of all, or where one began before the data."""
    began_before = any(a.starts_on is not None and a.starts_on < found.first_day for a in actions)
    if not actions or began_before or any(math.isnan(a.cost) for a in actions):
        return None
    return float(sum(a.cost for a in actions))


def _less(margin: Estimate, cost: Estimate | None, ci_level: float) -> Estimate:
    if cost is None or cost.value is None:
        return Estimate(None, n_obs=margin.n_obs, ci_level=ci_level, reason=cost.reason if cost else None)
    return _difference(margin, cost, ci_level)


def _difference(first: Estimate, second: Estimate, ci_level: float) -> Estimate:
    n = first.n_obs + second.n_obs
    if first.value is None or second.value is None:
        return Estimate(None, n_obs=n, ci_level=ci_level, reason=first.reason or second.reason)
    a, b = ((e.value, e.ci_lower, e.ci_upper) for e in (first, second))
    return Estimate(first.value - second.value, *difference_interval(b, a), n, ci_level)  # type: ignore[arg-type]


def _budget(actions: Iterable[KnownAction]) -> Iterator[BudgetPart]:
    named = [(action.aim or "unknown", action.cost) for action in actions if action.kind != STIMULUS]
    whole = sum(cost for _, cost in named if not math.isnan(cost))
    for aim in ("win", "keep", "unknown"):
        costs = [cost for mine, cost in named if mine == aim]
        known = [cost for cost in costs if not math.isnan(cost)]
        if costs:
            share = sum(known) / whole if whole > 0 else None
            yield BudgetPart(aim, len(costs), len(costs) - len(known), float(sum(known)), share)
