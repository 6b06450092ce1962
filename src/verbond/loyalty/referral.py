"""`ReferralValue`: what customers buy themselves, beside what those buy whom they brought."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.bringing import credited
from verbond.loyalty.grouping import EVERYBODY, Division, divisions_of, shown_groups
from verbond.loyalty.referral_groups import (
    cells_of,
    finding_of,
    hidden_segments,
    in_segments,
    median_above_zero,
)
from verbond.loyalty.referral_links import Links, links_of
from verbond.loyalty.referral_results import (
    SEGMENTS,
    OwnFinding,
    ReferralResult,
    ReferralScenario,
    ReferralSegment,
    ReferralShare,
)
from verbond.loyalty.resampling import drawn_totals, percentile_bounds
from verbond.numerics.checks import check_ci_level
from verbond.numerics.disclosure import rounded_people
from verbond.numerics.intervals import wilson_interval
from verbond.results import Estimate, Progress, ProgressFunction, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.referrals import CustomerValues, customer_values, referrals
from verbond.tables.reads.spending import Days, complete_months
from verbond.tables.tables import Tables

__all__ = ["WORTHS", "ReferralValue", "days_for"]

WORTHS = ("margin", "revenue")
ENOUGH = 0.95
"""Margin counts where it is recorded for this much of all purchases."""
GUESSES = (0.0, 0.25, 0.5, 0.75)
"""Shares who would have come without, which the result is set beside."""


@dataclass(frozen=True, slots=True)
class ReferralValue:
    """Purchase value against referral value of every customer, and the four segments that come out.

    Parameters
    ----------
    days : (date, date), optional
        First day, and day after the last, of the purchases that count; by default the last twelve complete
        months, all days where the data are shorter than a month.
    by : sequence of str
        Groups: attributes of customers, "rung" or "type" (as known before these days).
    worth : {"margin", "revenue"}, optional
        What a purchase is worth; by default margin where it is recorded, else revenue.
    discount_rate : float
        A year; purchases are set back to the first day. At 0 they count as they stand in the books.
    acquisition_cost : float
        What winning a customer costs otherwise, less what a referral costs; saved for everybody who was
        brought and came in these days.
    would_have_come : float
        0..1: share of those brought who would have come without; only the cost of winning them is saved.
    chain_share : float
        0..1: of all that comes to a bringer who was brought, the part that goes on to who brought that one.
    late_days : int
        A referral may be recorded so many days after somebody came; who was there longer was not brought.
    purchase_threshold, referral_threshold : float, optional
        From here on somebody stands high; by default the median of those who have any.
    n_draws : int
        Bootstrap samples of customers.
    ci_level : float
    seed : int

    Notes
    -----
    After Kumar, Petersen & Leone (2007, 2010): of somebody who would not have come without, the bringer is
    given the value and the cost saved; of somebody who would have, the cost saved. They look ahead; here
    purchases count that were made.

    References
    ----------
    Kumar, Petersen & Leone (2007), How valuable is word of mouth? Harvard Business Review 85(10), 139-146.
    Kumar, Petersen & Leone (2010), Driving profitability by encouraging customer referrals: who, when, and
    how. Journal of Marketing 74(5), 1-17.

    Examples
    --------
    >>> from verbond.tables import open_tables                                   # doctest: +SKIP
    >>> ReferralValue(by=("region",)).fit(open_tables("demo"))                   # doctest: +SKIP
    """

    days: Days | None = None
    by: Sequence[str] = ()
    worth: str | None = None
    discount_rate: float = 0.0
    acquisition_cost: float = 0.0
    would_have_come: float = 0.0
    chain_share: float = 0.0
    late_days: int = 31
    purchase_threshold: float | None = None
    referral_threshold: float | None = None
    n_draws: int = 1000
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.days is not None and self.days[0] >= self.days[1]:
            raise OptionError("days are not in order", got=" ".join(map(str, self.days)))
        if self.worth is not None and self.worth not in WORTHS:
            raise OptionError("unknown worth", got=repr(self.worth), expected=" or ".join(WORTHS))
        if self.n_draws < 100:
            raise OptionError("too few draws", got=str(self.n_draws), expected="100 or more")
        for name in ("discount_rate", "acquisition_cost", "late_days"):
            if not 0 <= getattr(self, name) < np.inf:
                raise OptionError(
                    f"{name} is out of range", got=repr(getattr(self, name)), expected="0 or more"
                )
        for name in ("purchase_threshold", "referral_threshold"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise OptionError(f"{name} is out of range", got=repr(value), expected="above 0")
        for name in ("would_have_come", "chain_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} is out of range", got=repr(getattr(self, name)), expected="0 to 1")
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> ReferralResult:
        """Set what customers buy beside what they bring.

        Parameters
        ----------
        tables : Tables
            Needs purchases with amounts or margins, and referrals that name who was brought; what they cannot
            answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        ReferralResult

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        DataError
            If amounts are in more than one currency.
        """
        progress(Progress("loyalty_referral.step", 0.0))
        days = days_for(tables) if self.days is None else self.days
        read = None if days is None else referrals(tables, days[1])
        if days is None or read is None or not len(read.bringer_ids):
            return self._nothing(tables, days, "", Reason("loyalty_referral.none_recorded"))
        if all(one is None for one in read.brought_ids):
            return self._nothing(tables, days, "", Reason("loyalty_referral.nobody_named"))
        values = customer_values(tables, days, self.discount_rate)
        worth = self._worth(values)
        if worth is None:
            why = "no_worth" if values.n_rows.any() else "no_purchases"
            return self._nothing(tables, days, "", Reason(f"loyalty_referral.{why}"))
        links = links_of(read, values, days, self.late_days)
        own = np.zeros(len(links.customer_ids))
        own[: len(values.customer_ids)] = values.margin if worth == "margin" else values.revenue
        result = self._result(tables, days, worth, links, own, values)
        progress(Progress("loyalty_referral.step", 1.0))
        return result

    def _worth(self, values: CustomerValues) -> str | None:
        """What purchases are worth; None where they cannot be told."""
        known = {"margin": values.share_with_margin, "revenue": values.share_with_amount}
        if self.worth is not None:
            return self.worth if known[self.worth] > 0 else None
        return "margin" if known["margin"] >= ENOUGH else "revenue" if known["revenue"] > 0 else None

    def _brought_in(
        self, links: Links, own: np.ndarray, days: Days, guess: float, chain: float
    ) -> np.ndarray:
        """Direct and shared value by customer: (2, n)."""
        saved, new = np.zeros(len(own)), links.came_inside
        years = (links.came_on[new] - np.datetime64(days[0], "D")).astype(np.float64) / 365.25
        saved[new] = self.acquisition_cost * (1 + self.discount_rate) ** -years
        return np.stack(credited(links.bringer, (1 - guess) * own + saved, chain))

    def _result(
        self, tables: Tables, days: Days, worth: str, links: Links, own: np.ndarray, values: CustomerValues
    ) -> ReferralResult:
        direct, brought = self._brought_in(links, own, days, self.would_have_come, self.chain_share)
        inside = np.zeros(len(own), bool)
        inside[: len(values.customer_ids)] = values.n_rows > 0
        counted = (links.bringer >= 0) & (inside | links.came_inside & (self.acquisition_cost > 0))
        n_brought = np.bincount(links.bringer[counted], minlength=len(own))
        further = credited(links.bringer, counted.astype(np.float64), 0.5)[1]  # also through others
        here = np.flatnonzero(inside | (further > 0))
        reasons = (*self._about_values(tables, worth, values), *links.reasons())
        if int((n_brought > 0).sum()) < MIN_GROUP:
            return self._nothing(
                tables, days, worth, Reason("loyalty_referral.few_bringers", {"least": MIN_GROUP}), *reasons
            )
        buys, brings = own[here], brought[here]
        thresholds = self._thresholds(buys, brings)
        if thresholds is None:
            why = "no_value" if self.would_have_come < 1 or self.acquisition_cost else "all_anyway"
            return self._nothing(tables, days, worth, Reason(f"loyalty_referral.{why}"), *reasons)
        segment = in_segments(buys, brings, thresholds)
        ways = self._ways(links)
        others = [self._brought_in(links, own, days, *way)[1][here] for way in ways]
        drawn = self._drawn(segment, buys, brings, others)
        bought, totals = drawn[:, 4:8].sum(axis=1), drawn[:, 12:]
        finding = finding_of(buys, brings, self.n_draws, self.ci_level, np.random.default_rng(self.seed))
        groups, hidden = self._groups(tables, days, links.customer_ids[here], segment)
        shown = ~np.isin(np.arange(4), hidden_segments(segment))
        above = links.bringer[counted]
        return ReferralResult(
            start=days[0],
            until=days[1],
            worth=worth,
            n_customers=len(here),
            n_bringers=int((n_brought > 0).sum()),
            n_brought=int(counted.sum()),
            n_brought_on=_at_least(int((links.bringer[above] >= 0).sum()), int(counted.sum())),
            purchase_value=self._estimate(bought, len(here), True),
            referral_value=self._estimate(totals[:, 0], len(here), True),
            thresholds=thresholds,
            segments=self._segments(drawn[:, :12].reshape(-1, 3, 4), shown),
            groups=groups,
            finding=finding,
            scenarios=tuple(self._scenarios(ways, others, totals, buys, segment)),
            cells=cells_of(buys, brings, thresholds),
            headline=_headline(finding),
            tone="neutral",
            reasons=(*reasons, *self._about(finding, thresholds, shown), *hidden),
            provenance=tables.provenance(dataclasses.asdict(self), seed=self.seed),
            customers={
                "customer_id": links.customer_ids[here],
                "purchase_value": buys,
                "direct_value": direct[here],
                "referral_value": brings,
                "n_brought": n_brought[here],
                "segment": np.array(SEGMENTS, object)[segment],
            },
        )

    def _thresholds(self, buys: np.ndarray, brings: np.ndarray) -> tuple[float, float] | None:
        given = (self.purchase_threshold, self.referral_threshold)
        if (buys > 0).any() and (brings > 0).any():
            own = (median_above_zero(buys), median_above_zero(brings))
            return tuple(o if g is None else g for o, g in zip(own, given, strict=True))  # type: ignore[return-value]
        return None

    def _ways(self, links: Links) -> list[tuple[float, float]]:
        """Guesses (would have come, passed on); the first is what was asked for."""
        ways = [(self.would_have_come, self.chain_share)]
        ways += [(guess, self.chain_share) for guess in GUESSES if guess != self.would_have_come]
        if (links.bringer[links.bringer[links.bringer >= 0]] >= 0).any():
            ways.append((self.would_have_come, 0.0 if self.chain_share else 0.5))
        return ways

    def _drawn(
        self, segment: np.ndarray, buys: np.ndarray, brings: np.ndarray, others: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Totals over customers, then over each draw of them.

        Number, purchase and referral value by segment, and referral value under each guess: (1 + draws, k).
        """
        mine = segment[:, None] == np.arange(4)
        parts = [mine, mine * buys[:, None], mine * brings[:, None], np.column_stack(others)]
        values = np.concatenate(parts, axis=1, dtype=np.float64)
        drawn = drawn_totals(values, self.n_draws, np.random.default_rng(self.seed))
        return np.concatenate([values.sum(axis=0)[None], drawn])

    def _segments(self, known: np.ndarray, shown: np.ndarray) -> tuple[ReferralSegment, ...]:
        n, bought, brought = known[:, 0], known[:, 1], known[:, 2]
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = {
                "share": n / n.sum(axis=1, keepdims=True),
                "purchase_value": bought / n,
                "referral_value": brought / n,
                "share_of_purchases": bought / bought.sum(axis=1, keepdims=True),
                "share_of_referrals": brought / brought.sum(axis=1, keepdims=True),
            }
        n_told = [int(k) if shown[j] else 0 for j, k in enumerate(n[0])]
        return tuple(
            ReferralSegment(
                name,
                n_told[j],
                **{part: self._estimate(of[:, j], int(n[0, j]), shown[j]) for part, of in parts.items()},
            )
            for j, name in enumerate(SEGMENTS)
        )

    def _groups(
        self, tables: Tables, days: Days, ids: np.ndarray, segment: np.ndarray
    ) -> tuple[tuple[ReferralShare, ...], tuple[Reason, ...]]:
        divisions = (
            Division("", (EVERYBODY,), np.zeros(len(ids), np.int64)),
            *divisions_of(tables, ids, self.by, days[0]),
        )
        if len(divisions) == 1:
            return (), ()
        shown = shown_groups(divisions, [segment == j for j in range(4)], MIN_GROUP)
        found = []
        for division, codes in zip(divisions[1:], shown[1:], strict=True):
            for code in sorted(codes):
                here = segment[division.codes == code]
                for j, name in enumerate(SEGMENTS):
                    n, hits = len(here), int((here == j).sum())
                    share = Estimate(hits / n, *wilson_interval(hits, n, self.ci_level), n, self.ci_level)
                    found.append(ReferralShare(division.by, division.labels[code], name, hits, share))
        n_hidden = sum(len(d.labels) - len(c) for d, c in zip(divisions[1:], shown[1:], strict=True))
        why = Reason("loyalty_referral.hidden_groups", {"n": n_hidden, "least": MIN_GROUP})
        return tuple(found), (why,) if n_hidden else ()

    def _scenarios(
        self, ways: Sequence[tuple[float, float]], others: Sequence[np.ndarray], totals: np.ndarray,
        buys: np.ndarray, segment: np.ndarray,
    ) -> Iterator[ReferralScenario]:  # fmt: skip
        for j, ((guess, chain), one) in enumerate(zip(ways, others, strict=True)):
            thresholds = self._thresholds(buys, one)
            if thresholds is not None:
                other = in_segments(buys, one, thresholds)
                n = {name: rounded_people(int((other == j).sum())) for j, name in enumerate(SEGMENTS)}
                moved = rounded_people(int((other != segment).sum())) / len(buys)
                yield ReferralScenario(guess, chain, self._estimate(totals[:, j], len(buys), True), n, moved)

    def _about_values(self, tables: Tables, worth: str, values: CustomerValues) -> Iterator[Reason]:
        known = values.share_with_margin if worth == "margin" else values.share_with_amount
        if worth == "revenue" and self.worth is None:
            yield Reason("loyalty_referral.revenue_for_margin")
        if known < 1:
            yield Reason(f"loyalty_referral.some_without_{worth}", {"share": 1 - known})
        if values.n_refunds:
            yield Reason("loyalty_referral.refunds", {"n": values.n_refunds})

    def _about(
        self, finding: OwnFinding, thresholds: tuple[float, float], shown: np.ndarray
    ) -> Iterator[Reason]:
        if not shown.all():
            yield Reason("loyalty_referral.hidden_segments", {"least": MIN_GROUP})
        if finding.correlation.value is not None:
            yield _tested(finding.correlation)
        if self.would_have_come:
            yield Reason("loyalty_referral.anyway", {"share": self.would_have_come})
        else:
            yield Reason("loyalty_referral.anyway_nobody")
        yield Reason("loyalty_referral.association")

    def _estimate(self, known: np.ndarray, n: int, shown: bool) -> Estimate:
        """Of (1 + draws,): the first with bounds from the others."""
        if not shown:
            why = Reason("loyalty_referral.too_small_group", {"least": MIN_GROUP})
            return Estimate(None, ci_level=self.ci_level, reason=why)
        if not n:
            return Estimate(None, ci_level=self.ci_level, reason=Reason("loyalty_referral.nobody"))
        low, high = percentile_bounds(known[1:], self.ci_level)
        return Estimate(float(known[0]), float(low), float(high), n, self.ci_level)

    def _nothing(self, tables: Tables, days: Days | None, worth: str, *why: Reason) -> ReferralResult:
        start, until = days if days is not None else (None, None)
        return ReferralResult(
            start, until, worth, 0, 0, 0, 0, None, None, None, (), (), None, (), (), None, "neutral", why,
            tables.provenance(dataclasses.asdict(self), seed=self.seed),
        )  # fmt: skip


def days_for(tables: Tables) -> Days | None:
    """The last twelve complete months, fewer where there are fewer, else all days; None without events."""
    if "events" not in tables or not tables.n_rows("events"):
        return None
    whole = complete_months(tables)
    if whole is None:
        first, last = tables.period_range
        return first, last + dt.timedelta(days=1)
    return max(whole[0], whole[1].replace(year=whole[1].year - 1)), whole[1]


def _at_least(n: int, of: int) -> int:
    """A number of people that may be shown beside all of them; else 0."""
    return n if n >= MIN_GROUP and (of == n or of - n >= MIN_GROUP) else 0


def _tested(own: Estimate) -> Reason:
    values = {"r": own.value, "lower": own.ci_lower, "upper": own.ci_upper, "n": own.n_obs}
    low, high = own.ci_lower or 0.0, own.ci_upper or 0.0
    if low > 0:
        return Reason("loyalty_referral.tested_together", values)
    return Reason(f"loyalty_referral.tested_{'apart' if high < 0 else 'unclear'}", values)


def _headline(finding: OwnFinding) -> Reason | None:
    overlap = finding.overlap
    if overlap.value is None or overlap.ci_lower is None or overlap.ci_upper is None:
        return None
    code = "headline_others" if overlap.ci_upper < 0.5 else (
        "headline_same" if overlap.ci_lower > 0.5 else "headline_unclear"
    )  # fmt: skip
    missed = code == "headline_others"
    share, low, high = (
        (1 - overlap.value, 1 - overlap.ci_upper, 1 - overlap.ci_lower)
        if missed
        else (overlap.value, overlap.ci_lower, overlap.ci_upper)
    )
    chance = 1 - finding.overlap_by_chance if missed else finding.overlap_by_chance
    values = {"n": finding.n_best, "share": share, "lower": low, "upper": high, "chance": chance}
    return Reason(f"loyalty_referral.{code}", values)
