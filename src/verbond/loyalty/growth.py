"""`Growth`: what a change of revenue between two periods is made of."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.decomposition import chain, lmdi_parts, shapley_parts
from verbond.loyalty.grouping import EVERYBODY, Division, divisions_of, shown_groups
from verbond.loyalty.growth_results import (
    FactorChange,
    GrowthResult,
    GrowthRow,
    Turnover,
    growth_headline,
)
from verbond.loyalty.resampling import drawn_totals, percentile_bounds
from verbond.loyalty.staying import by_name
from verbond.numerics.checks import check_ci_level
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.spending import Days, Spending, complete_months, spending
from verbond.tables.tables import Tables

__all__ = ["METHODS", "Growth", "earlier_period", "periods_for"]

METHODS = {"lmdi": lmdi_parts, "shapley": shapley_parts}
UNEVEN = 0.05
"""Records of quantities or list prices whose coverage differs more than this between periods are not used:
what looks like a change could be a change of the records."""
MOSTLY_LARGE = 0.5
"""With more of the items than this on rows of very many, quantities are weights or volumes, not items."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Revenue of two periods, exactly split into what changed.

    Parameters
    ----------
    first, second : (date, date), optional
        First day and day after the last of each period; by default the last twelve complete months and the
        twelve before, else the second half of the complete months against the first.
    by : sequence of str
        Groups to split too: attributes of customers, "rung" or "type" (as known before the second period).
    method : {"lmdi", "shapley"}
    n_draws : int
        Bootstrap samples of customers.
    ci_level : float
    seed : int

    Examples
    --------
    >>> from verbond.tables import open_tables                       # doctest: +SKIP
    >>> Growth(by=("region",)).fit(open_tables("demo"))              # doctest: +SKIP
    """

    first: Days | None = None
    second: Days | None = None
    by: Sequence[str] = ()
    method: str = "lmdi"
    n_draws: int = 1000
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError("unknown method", got=repr(self.method), expected=" or ".join(METHODS))
        check_ci_level(self.ci_level)
        if self.n_draws < 100:
            raise OptionError("too few draws", got=str(self.n_draws), expected="100 or more")
        if (self.first is None) != (self.second is None):
            raise OptionError("one period without the other", expected="both first and second, or neither")
        if self.first is not None and self.second is not None:
            days = (*self.first, *self.second)
            if not (days[0] < days[1] <= days[2] < days[3]):
                raise OptionError(
                    "periods are not in order", got=" ".join(map(str, days)),
                    expected="first from < first until <= second from < second until",
                )  # fmt: skip

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> GrowthResult:
        """Split the change of revenue.

        Parameters
        ----------
        tables : Tables
            Needs purchases with amounts; what they cannot answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        GrowthResult

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        DataError
            If amounts are in more than one currency.
        """
        progress(Progress("loyalty.step_growth", 0.0))
        periods = periods_for(tables) if self.first is None else (self.first, self.second)
        provenance = tables.provenance(dataclasses.asdict(self), seed=self.seed)
        if periods is None:
            return self._nothing(provenance, Reason("loyalty.growth_too_short"))
        spent = spending(tables, *periods)
        if min(spent.revenue.sum(axis=0), default=0.0) <= 0:
            return self._nothing(provenance, Reason("loyalty.growth_no_revenue"), periods)
        names, totals, reasons = _totals(spent)
        everybody = Division("", (EVERYBODY,), np.zeros(len(totals), np.int64))
        found = divisions_of(tables, spent.customer_ids, self.by, periods[1][0])
        active = spent.n_orders > 0
        people = (active.any(axis=1), active[:, 0], active[:, 1])
        shown = shown_groups((everybody, *found), people, MIN_GROUP)
        turned = shown_groups(
            (everybody, *found), (~active[:, 0], ~active[:, 1], active.all(axis=1)), MIN_GROUP
        )
        rows = []
        for division, groups, turnover in zip((everybody, *found), shown, turned, strict=True):
            for code, label in enumerate(division.labels):
                if code in groups:
                    here = totals[division.codes == code]
                    rows.append(self._row(division.by, label, names, here, code in turnover))
            progress(Progress("loyalty.step_growth", len(rows) / (1 + sum(len(d.labels) for d in found))))
        headline, tone = growth_headline(rows[0]) if rows and not rows[0].by else (None, "neutral")
        n_hidden = [(d, len(d.labels) - len(g)) for d, g in zip(found, shown[1:], strict=True)]
        return GrowthResult(
            first=periods[0],
            second=periods[1],
            method=self.method,
            rows=tuple(rows),
            reasons=(*reasons, *_about(periods), *_about_groups(found, n_hidden), *_left_out(spent)),
            provenance=provenance,
            headline=headline,
            tone=tone,
        )

    def _nothing(
        self, provenance: Provenance, why: Reason, periods: tuple[Days, Days] | None = None
    ) -> GrowthResult:
        first, second = periods if periods is not None else (None, None)
        return GrowthResult(first, second, self.method, (), (why,), provenance)

    def _row(self, by: str, group: str, names: Sequence[str], totals: np.ndarray, turned: bool) -> GrowthRow:
        """One group: `totals` (n, 2, k) of its customers."""
        n, k = len(totals), totals.shape[-1]
        active = totals[:, :, 0] > 0
        stays = active.all(axis=1)
        staying = totals * stays[:, None, None]
        moving = np.stack([totals[:, 1, -1] * ~active[:, 0], -totals[:, 0, -1] * ~active[:, 1]], axis=1)
        values = np.concatenate([totals.reshape(n, -1), staying.reshape(n, -1), moving], axis=1)
        known = np.concatenate([values.sum(axis=0)[None], self._draws(values)])
        n_told = n if turned else int(active[:, 1].sum())  # of all, those who came or went could be reckoned
        both, stayed = (known[:, 2 * k * j : 2 * k * (j + 1)].reshape(-1, 2, k) for j in (0, 1))
        return GrowthRow(
            by=by,
            group=group,
            n_customers=n_told,
            change=self._estimates(both[:, 1:, -1] - both[:, :1, -1], n_told)[0],
            revenue=(float(both[0, 0, -1]), float(both[0, 1, -1])),
            factors=self._factors(names, both, n_told),
            turnover=self._turnover(names, known[:, -2:], stayed, active) if turned else None,
        )

    def _draws(self, values: np.ndarray) -> np.ndarray:
        return drawn_totals(values, self.n_draws, np.random.default_rng(self.seed))

    def _factors(self, names: Sequence[str], totals: np.ndarray, n: int) -> tuple[FactorChange, ...]:
        factors = chain(totals)
        parts = self._estimates(METHODS[self.method](factors), n)
        return tuple(
            FactorChange(name, float(factors[0, 0, j]), float(factors[0, 1, j]), parts[j])
            for j, name in enumerate(names)
        )

    def _turnover(
        self, names: Sequence[str], moving: np.ndarray, stayed: np.ndarray, active: np.ndarray
    ) -> Turnover:
        stays = active.all(axis=1)
        n_entrants, n_leavers, n_stayers = (int(a.sum()) for a in (~active[:, 0], ~active[:, 1], stays))
        entrants, leavers = self._estimates(moving, len(active))
        return Turnover(
            n_entrants=n_entrants,
            n_leavers=n_leavers,
            n_stayers=n_stayers,
            entrants=dataclasses.replace(entrants, n_obs=n_entrants),
            leavers=dataclasses.replace(leavers, n_obs=n_leavers),
            stayers=self._estimates(stayed[:, 1:, -1] - stayed[:, :1, -1], n_stayers)[0],
            factors=self._factors(names, stayed, n_stayers)[1:],
        )

    def _estimates(self, known: np.ndarray, n: int) -> list[Estimate]:
        """Of (1 + draws, k): the first row with bounds from the others."""
        low, high = percentile_bounds(known[1:], self.ci_level)
        return [
            Estimate(float(v), float(a), float(b), n, self.ci_level)
            for v, a, b in zip(known[0], low, high, strict=True)
        ]


def periods_for(tables: Tables) -> tuple[Days, Days] | None:
    """The last twelve complete months and the twelve before, else two halves; None below two months."""
    whole = complete_months(tables)
    if whole is None:
        return None
    n_months = _months_between(*whole)
    half = min(n_months // 2, 12)
    if not half:
        return None
    middle = _months_before(whole[1], half)
    return (_months_before(whole[1], 2 * half), middle), (middle, whole[1])


def earlier_period(tables: Tables, second: Days) -> Days:
    """What to set a period against: the same days a year before if the data reach so far, else just before.

    Parameters
    ----------
    tables : Tables
        With events.
    second : (first day, day after the last)

    Returns
    -------
    (first day, day after the last)
        Before whole months just as many months, else just as many days.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> days = ["2024-01-01", "2025-06-30"]
    >>> events = {"customer_id": ["a", "a"], "occurred_at": days, "kind": ["visit", "visit"]}
    >>> tables = open_tables({"events": events})
    >>> earlier_period(tables, (dt.date(2025, 4, 1), dt.date(2025, 7, 1)))
    (datetime.date(2024, 4, 1), datetime.date(2024, 7, 1))
    >>> earlier_period(tables, (dt.date(2024, 4, 1), dt.date(2024, 6, 1)))
    (datetime.date(2024, 2, 1), datetime.date(2024, 4, 1))
    """
    start, until = second
    year = _a_year_before(start), _a_year_before(until)
    if year[1] <= start and year[0] >= tables.period_range[0]:
        return year
    if start.day == until.day == 1:
        return _months_before(start, _months_between(start, until)), start
    return start - (until - start), start


def _a_year_before(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _months_between(a: dt.date, b: dt.date) -> int:
    return 12 * (b.year - a.year) + b.month - a.month


def _months_before(day: dt.date, n: int) -> dt.date:
    month = 12 * day.year + day.month - 1 - n
    return dt.date(month // 12, month % 12 + 1, 1)


def _totals(spent: Spending) -> tuple[list[str], np.ndarray, list[Reason]]:
    """Names of the factors; (n, 2, k) totals whose chain of ratios they are; what is missing."""
    names, totals = ["customers", "orders_per_customer"], [spent.n_orders > 0, spent.n_orders]
    items, why = _items(spent)
    if items is not None:
        names.append("items_per_order")
        totals.append(items)
    reasons = [why] if why is not None else []
    per = "price_per_item" if items is not None else "price_per_order"
    listed, why = _listed(spent)
    if why is not None:
        reasons.append(why)
    names += [per, "paid_share"] if listed else [f"paid_{per}"]
    totals += [spent.list_value, spent.revenue] if listed else [spent.revenue]
    return names, np.stack([t.astype(np.float64) for t in totals], axis=-1), reasons


def _items(spent: Spending) -> tuple[np.ndarray | None, Reason | None]:
    counted = spent.items_counted
    quantities = counted.min() > 0 and np.ptp(counted) <= UNEVEN
    measures = quantities and spent.items_in_large.max() > MOSTLY_LARGE
    items = spent.n_items if quantities and not measures else spent.n_rows
    if (items.sum(axis=0) <= spent.n_orders.sum(axis=0)).all():
        return None, Reason("loyalty.growth_no_items")
    if measures:
        return items, Reason(
            "loyalty.growth_quantities_are_measures", {"share": float(spent.items_in_large.max())}
        )
    return items, None if quantities else Reason("loyalty.growth_rows_as_items")


def _listed(spent: Spending) -> tuple[bool, Reason | None]:
    known = spent.revenue_listed
    if known.min() <= 0:
        return False, Reason("loyalty.growth_no_list_prices")
    if np.ptp(known) > UNEVEN:
        values = {"first": float(known[0]), "second": float(known[1])}
        return False, Reason("loyalty.growth_uneven_list_prices", values)
    if known.min() < 1 - 1e-9:
        return True, Reason("loyalty.growth_some_unlisted", {"share": 1 - float(known.min())})
    return True, None


def _about(periods: tuple[Days, Days]) -> Iterator[Reason]:
    (a, a_until), (b, b_until) = periods
    if (b.month, b.day) != (a.month, a.day) or (b_until.month, b_until.day) != (a_until.month, a_until.day):
        yield Reason("loyalty.growth_seasons")
    n_days = (a_until - a).days, (b_until - b).days
    if abs(n_days[0] - n_days[1]) > 1:
        yield Reason("loyalty.growth_unequal_days", {"first": n_days[0], "second": n_days[1]})


def _about_groups(found: Sequence[Division], n_hidden: Sequence[tuple[Division, int]]) -> Iterator[Reason]:
    for division in found:
        n = int((division.codes < 0).sum())
        if n >= MIN_GROUP:
            yield Reason("loyalty.growth_ungrouped", {"n": n, "by": by_name(division.by)})
    hidden = sum(n for _, n in n_hidden)
    if hidden:
        yield Reason("loyalty.growth_hidden", {"n": hidden, "least": MIN_GROUP})
    if found:
        yield Reason("loyalty.growth_association")


def _left_out(spent: Spending) -> Iterator[Reason]:
    if spent.refunded.sum() > 0:
        first, second = spent.refunded.tolist()
        yield Reason("loyalty.growth_refunds", {"first": first, "second": second})
    if spent.n_without_amount:
        yield Reason("loyalty.growth_without_amount", {"n": spent.n_without_amount})
