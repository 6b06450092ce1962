"""`Promotion`: how much of what customers buy is bought on discount, and what follows it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, stdtrit

from verbond.loyalty.elasticity import ElasticityResult, elasticity_of
from verbond.loyalty.grouping import EVERYBODY, Division, divisions_of, shown_groups
from verbond.loyalty.shares import Shares, fit_shares, share_interval
from verbond.numerics.checks import check_ci_level, check_days
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.discounts import (
    LONGEST_DAYS,
    DiscountsUsed,
    FollowedPurchases,
    TimedAction,
    discounts_used,
    followed_purchases,
    timed_actions,
)
from verbond.tables.reads.spending import numbered
from verbond.tables.tables import Tables

__all__ = ["HALF", "AfterDiscount", "DiscountShare", "DiscountTiming", "Promotion", "PromotionResult"]

HALF = 0.5
"""Who buys more than this on discount buys mostly on discount."""
MANY = 0.25
"""Where more customers than this buy mostly on discount, that asks for care."""
PHASES = ("new", "established")


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """Everybody, one group, or one phase of being a customer.

    Attributes
    ----------
    by, group : str
        Both empty for everybody; by "phase": purchases of the "new" and of the "established".
    n_customers : int
    n_purchases : int
        Rows of purchases whose discount is known.
    share : Estimate
        Of these bought on discount, 0..1; the interval is over customers.
    mostly : Estimate
        Share of customers who buy more than half on discount, chance in few purchases taken out.
    """

    by: str
    group: str
    n_customers: int
    n_purchases: int
    share: Estimate
    mostly: Estimate


@dataclass(frozen=True, slots=True)
class AfterDiscount:
    """What followed a purchase on discount, beside one without.

    Attributes
    ----------
    phase : str
        "new": the very first purchase; "established": one purchase of somebody who was there before.
    n_on_discount, n_full_price : int
        Customers.
    on_discount, full_price : Estimate
        Mean number of days with a purchase in the horizon after it; for the established less those in the
        horizon before it.
    difference : Estimate
        On discount minus full price: association.
    """

    phase: str
    n_on_discount: int
    n_full_price: int
    on_discount: Estimate
    full_price: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class DiscountTiming:
    """Purchases during and after one discount action, of whom it reached beside the others.

    Attributes
    ----------
    action_id : str
    starts_on, ends_on : date
    n_reached, n_others : int
        Customers who had bought before; of whom the change against the time before is compared.
    during, after : Estimate
        Days with a purchase a customer more, in the action and in as many days after it, than in as many days
        before it; of the reached minus that of the others. Purchases moved forward give more during and fewer
        after.
    added : Estimate
        Both together: what is left when moved purchases have cancelled out.
    """

    action_id: str
    starts_on: dt.date
    ends_on: dt.date
    n_reached: int
    n_others: int
    during: Estimate
    after: Estimate
    added: Estimate


@dataclass(frozen=True, slots=True)
class PromotionResult(Result):
    """How customers depend on discount.

    Attributes
    ----------
    new_days, horizon_days : int
    shares : tuple of DiscountShare
        Everybody, the phases, then the groups.
    after : tuple of AfterDiscount
    timing : tuple of DiscountTiming
        By action, the first one first.
    elasticity : ElasticityResult or None
        How quantity goes with discount and price, where purchases name their product.
    headline : Reason or None
        The one sentence to take away.
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    customers : dict of arrays
        customer_id, n_purchases, n_discounted, and share, ci_lower, ci_upper: shrunk towards everybody's, the
        more so the less somebody bought. Not in `to_dict`: it is about single people.
    """

    new_days: int
    horizon_days: int
    shares: tuple[DiscountShare, ...]
    after: tuple[AfterDiscount, ...]
    timing: tuple[DiscountTiming, ...]
    reasons: tuple[Reason, ...]
    provenance: Provenance
    elasticity: ElasticityResult | None = None
    headline: Reason | None = None
    tone: str = "neutral"
    customers: dict[str, np.ndarray] = field(default_factory=dict, repr=False, metadata={"json": False})

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row each for everybody, the phases and the groups."""
        return [
            {
                "by": s.by, "group": s.group, "n_customers": s.n_customers, "n_purchases": s.n_purchases,
                "share": s.share.value, "ci_lower": s.share.ci_lower, "ci_upper": s.share.ci_upper,
                "mostly": s.mostly.value, "mostly_ci_lower": s.mostly.ci_lower,
                "mostly_ci_upper": s.mostly.ci_upper,
            }
            for s in self.shares
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promotion:
    """How much is bought on discount, by whom, and what follows it.

    Parameters
    ----------
    new_days : int
        So long after their first purchase customers are new. Whoever bought in as many first days of the data
        counts as established: nobody knows since when.
    horizon_days : int
        Purchases after one purchase count so long.
    by : sequence of str
        Groups: attributes of customers, "rung" or "type" (as known at the end of the data).
    ci_level : float

    Examples
    --------
    >>> from verbond.tables import open_tables                        # doctest: +SKIP
    >>> Promotion(by=("region",)).fit(open_tables("demo"))            # doctest: +SKIP
    """

    new_days: int = 90
    horizon_days: int = 90
    by: Sequence[str] = ()
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("new_days", "horizon_days"):
            check_days(name, getattr(self, name))
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> PromotionResult:
        """Count purchases on discount.

        Parameters
        ----------
        tables : Tables
            Needs purchases with a discount or list price; what they cannot answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        PromotionResult

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        """
        progress(Progress("loyalty.step_promotion", 0.0))
        provenance = tables.provenance(dataclasses.asdict(self))
        empty = "events" not in tables or not tables.n_rows("events")
        used = None if empty else discounts_used(tables, self.new_days)
        why = _unusable(used)
        if used is None or why is not None:
            return PromotionResult(self.new_days, self.horizon_days, (), (), (), (why,), provenance)
        whole = _together(used)
        divisions = (
            Division("", (EVERYBODY,), np.zeros(len(whole.customer_ids), np.int64)),
            *divisions_of(tables, whole.customer_ids, self.by, tables.period_range[1]),
        )
        shown = shown_groups(divisions, (np.ones(len(whole.customer_ids), bool),), MIN_GROUP)
        shares = [self._share("", EVERYBODY, whole)] if shown[0] else []
        shares += self._phases(used) if shown[0] else ()
        for division, codes in zip(divisions[1:], shown[1:], strict=True):
            shares += [
                self._share(division.by, label, _rows(whole, division.codes == code))
                for code, label in enumerate(division.labels)
                if code in codes
            ]
        after = tuple(self._after(followed_purchases(tables, self.new_days, self.horizon_days)))
        actions = timed_actions(tables)
        timing = tuple(self._timing(a) for a in actions if a.n_people.min() >= MIN_GROUP)
        elasticity = elasticity_of(tables, self.new_days, self.ci_level) if shown[0] else None
        headline, tone = _headline(shares[0]) if shares else (None, "neutral")
        progress(Progress("loyalty.step_promotion", 1.0))
        return PromotionResult(
            new_days=self.new_days,
            horizon_days=self.horizon_days,
            shares=tuple(shares),
            after=after,
            timing=tuple(sorted(timing, key=lambda t: (t.starts_on, t.action_id))),
            reasons=(*_reasons(shares, after, divisions, shown), *_about_timing(actions, timing)),
            provenance=provenance,
            elasticity=elasticity,
            headline=headline,
            tone=tone,
            customers=self._customers(whole),
        )

    def _phases(self, used: DiscountsUsed) -> Iterator[DiscountShare]:
        parts = [_rows(used, used.established == e) for e in (False, True)]
        if all(len(p.customer_ids) >= MIN_GROUP for p in parts):
            for phase, part in zip(PHASES, parts, strict=True):
                yield self._share("phase", phase, part)

    def _share(self, by: str, group: str, used: DiscountsUsed) -> DiscountShare:
        n, k = used.n_purchases, used.n_discounted
        people = len(n)
        low, high = share_interval(n, k, self.ci_level)
        share = Estimate(float(k.sum() / n.sum()), low, high, people, self.ci_level)
        return DiscountShare(by, group, people, int(n.sum()), share, self._mostly(used))

    def _mostly(self, used: DiscountsUsed) -> Estimate:
        fitted = _fit(used)
        if fitted is None:
            return Estimate(None, ci_level=self.ci_level, reason=Reason("loyalty.promotion_few_repeats"))
        return fitted.above(HALF, self.ci_level)

    def _customers(self, used: DiscountsUsed) -> dict[str, np.ndarray]:
        fitted = _fit(used)
        found = {name: getattr(used, name) for name in ("n_purchases", "n_discounted")}
        found = {"customer_id": used.customer_ids, **found}
        if fitted is None:
            return found
        a = fitted.alpha + used.n_discounted / fitted.design_effect
        b = fitted.beta + (used.n_purchases - used.n_discounted) / fitted.design_effect
        tail = (1 - self.ci_level) / 2
        bounds = {"ci_lower": betaincinv(a, b, tail), "ci_upper": betaincinv(a, b, 1 - tail)}
        return {**found, "share": a / (a + b), **bounds, "mostly": 1 - betainc(a, b, HALF)}

    def _after(self, followed: FollowedPurchases) -> Iterator[AfterDiscount]:
        def estimate(mean: float, variance: float, n: int, t: float) -> Estimate:
            half = t * np.sqrt(variance)
            return Estimate(float(mean), float(mean - half), float(mean + half), n, self.ci_level)

        for j, phase in enumerate(PHASES):
            n, mean = followed.n_people[j], followed.mean[j]
            if n.min() < MIN_GROUP:
                continue
            error, t = followed.variance[j] / n, [self._quantile(n[:1]), self._quantile(n[1:])]
            yield AfterDiscount(
                phase=phase,
                n_on_discount=int(n[1]),
                n_full_price=int(n[0]),
                on_discount=estimate(mean[1], error[1], int(n[1]), t[1]),
                full_price=estimate(mean[0], error[0], int(n[0]), t[0]),
                difference=estimate(mean[1] - mean[0], error.sum(), int(n.sum()), max(t)),
            )

    def _quantile(self, n_people: np.ndarray) -> float:
        """Student's, with the degrees of freedom of the smaller group: rather too wide than too narrow."""
        return float(stdtrit(n_people.min() - 1, 0.5 + self.ci_level / 2))

    def _timing(self, action: TimedAction) -> DiscountTiming:
        n, t = action.n_people, self._quantile(action.n_people)
        difference = action.mean[1] - action.mean[0]
        half = t * np.sqrt((action.variance / n[:, None]).sum(axis=0))
        during, after, added = (
            Estimate(float(d), float(d - h), float(d + h), int(n.sum()), self.ci_level)
            for d, h in zip(difference, half, strict=True)
        )
        return DiscountTiming(
            action.action_id, action.starts_on, action.ends_on, int(n[1]), int(n[0]), during, after, added
        )


def _fit(used: DiscountsUsed) -> Shares | None:
    return fit_shares(used.n_purchases, used.n_discounted, used.nn, used.nk, used.kk, used.n_orders)


def _unusable(used: DiscountsUsed | None) -> Reason | None:
    if used is None or not len(used.customer_ids):
        return Reason("loyalty.promotion_no_discounts")
    if not used.n_discounted.sum():
        return Reason("loyalty.promotion_never")
    if used.n_discounted.sum() == used.n_purchases.sum():
        return Reason("loyalty.promotion_always")
    return None


def _together(used: DiscountsUsed) -> DiscountsUsed:
    """Both phases of each customer as one row."""
    ids, row = numbered(used.customer_ids)
    sums = {
        f.name: np.bincount(row, weights=getattr(used, f.name), minlength=len(ids))
        for f in dataclasses.fields(used)[2:]
    }
    return DiscountsUsed(ids, np.ones(len(ids), bool), **sums)


def _rows(used: DiscountsUsed, here: np.ndarray) -> DiscountsUsed:
    return DiscountsUsed(**{f.name: getattr(used, f.name)[here] for f in dataclasses.fields(used)})


def _reasons(
    shares: Sequence[DiscountShare], after: Sequence[AfterDiscount], divisions: Sequence[Division],
    shown: Sequence[set[int]],
) -> Iterator[Reason]:  # fmt: skip
    if not shares:
        yield Reason("loyalty.too_small_group", {"least": MIN_GROUP})
    elif not any(s.by == "phase" for s in shares):
        yield Reason("loyalty.promotion_nobody_new")
    told = {a.phase for a in after}
    for phase in PHASES:
        if phase not in told:
            yield Reason(f"loyalty.promotion_not_followed_{phase}")
    hidden = sum(len(d.labels) - len(codes) for d, codes in zip(divisions[1:], shown[1:], strict=True))
    if hidden:
        yield Reason("loyalty.growth_hidden", {"n": hidden, "least": MIN_GROUP})
    if after:
        yield Reason("loyalty.promotion_association")


def _headline(everybody: DiscountShare) -> tuple[Reason, str]:
    share, mostly = everybody.share, everybody.mostly
    values = {
        "share": share.value, "lower": share.ci_lower, "upper": share.ci_upper, "n": everybody.n_customers,
        "level": share.ci_level,
    }  # fmt: skip
    code, tone = "headline", "neutral"
    if mostly.value is not None and mostly.ci_lower is not None:
        more = {"mostly": mostly.value, "mostly_lower": mostly.ci_lower, "mostly_upper": mostly.ci_upper}
        values, code = values | more, "headline_mostly"
        tone = "caution" if mostly.ci_lower > MANY else "neutral"
    return Reason(f"loyalty_promotion.{code}", values), tone


def _about_timing(actions: Sequence[TimedAction], timing: Sequence[DiscountTiming]) -> Iterator[Reason]:
    if not actions:
        yield Reason("loyalty.promotion_no_actions", {"days": LONGEST_DAYS})
    elif not timing:
        yield Reason("loyalty.promotion_no_others", {"least": MIN_GROUP})
    else:
        yield Reason("loyalty.promotion_timing_association")
