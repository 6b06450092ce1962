"""A fit held against what customers did after it: by how often they had bought, and period by period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.loyalty.buying.expectations import expected_purchases
from verbond.loyalty.buying.histories import equal_rows
from verbond.loyalty.buying.results import TIMED, BuyingResult
from verbond.loyalty.summary import Summary
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP

__all__ = ["HoldOut", "HoldOutRow", "Tracking", "TrackingRow", "hold_out", "track"]

_BIRTHS = 1_000
"""More days on which customers began than this are rounded to so many."""


@dataclass(frozen=True, slots=True)
class HoldOutRow:
    """Customers who had bought equally often before.

    Attributes
    ----------
    frequency : int
        Repeat purchases before.
    or_more : bool
        The last class holds everybody above it too.
    n_obs : int
    expected : Estimate
        Mean purchases expected in the hold-out period; interval of the parameters, not of chance.
    observed : float
        Mean purchases made in it.
    """

    frequency: int
    or_more: bool
    n_obs: int
    expected: Estimate
    observed: float


@dataclass(frozen=True, slots=True)
class HoldOut(Result):
    """Expected beside observed purchases in the hold-out period.

    Attributes
    ----------
    model : str
    horizon : float
        Length of the hold-out period, in the unit of T.
    expected : Estimate
        Purchases of all customers together.
    observed : float
    rows : tuple of HoldOutRow
        Classes hold five customers or more.
    tracking : Tracking or None
        The same customers period by period, where dates are known.
    reasons : tuple of Reason
    provenance : Provenance
    """

    model: str
    horizon: float
    expected: Estimate
    observed: float
    rows: tuple[HoldOutRow, ...]
    tracking: Tracking | None = None
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a class."""
        return [
            {
                "frequency": f"{row.frequency}+" if row.or_more else str(row.frequency), "n_obs": row.n_obs,
                "expected": row.expected.value, "ci_lower": row.expected.ci_lower,
                "ci_upper": row.expected.ci_upper, "observed": row.observed,
            }
            for row in self.rows
        ]  # fmt: skip


def hold_out(
    fitted: BuyingResult, summary: Summary, later: np.ndarray, horizon: float, *, most: int = 7
) -> HoldOut:
    """Hold conditional expectations against what was bought later.

    Parameters
    ----------
    fitted : BuyingResult
    summary : Summary
        Up to the hold-out period.
    later : (n,) float64
        Purchases of each customer of a row within the `horizon` after it.
    horizon : float
        In the unit of T.
    most : int
        From so many repeat purchases on customers are one class; from fewer where classes would be small.

    Raises
    ------
    DataError
        If `later` is no count for each row.
    """
    later = np.asarray(later, dtype=np.float64)
    if later.shape != summary.T.shape or not (later >= 0).all():
        raise DataError("later has to hold a count for each row of the summary", got=f"shape {later.shape}")
    bounds = _classes(summary, most)
    shares = [np.where(_inside(summary.frequency, *bound), summary.weight, 0.0) for bound in bounds]
    columns = [summary.frequency, summary.recency, summary.T]
    columns += [summary.covariates[name] for name in fitted.covariates if name in summary.covariates]
    first, row_of = equal_rows(columns)
    some = Summary(
        *(c[first] for c in columns[:3]), summary.weight[first],
        covariates={name: c[first] for name, c in summary.covariates.items()},
    )  # fmt: skip
    sums = np.array([np.bincount(row_of, weights=w, minlength=len(first)) for w in (summary.weight, *shares)])
    found = fitted.interval(lambda at: sums @ at.expected_purchases(some, horizon))
    rows = []
    for k, ((low, high), share) in enumerate(zip(bounds, shares, strict=True), start=1):
        n = float(share.sum())
        mean = [_known(v[k] / n) for v in (found.value, found.ci_lower, found.ci_upper)]
        rows.append(
            HoldOutRow(low, high is None, round(n), Estimate(*mean, round(n)), float(share @ later) / n)
        )
    total = [_known(v[0]) for v in (found.value, found.ci_lower, found.ci_upper)]
    return HoldOut(
        fitted.model, float(horizon), Estimate(*total, summary.n_customers), float(summary.weight @ later),
        tuple(rows), provenance=Provenance(options={"horizon": horizon}),
    )  # fmt: skip


def _classes(summary: Summary, most: int) -> list[tuple[int, int | None]]:
    """(least, most) repeat purchases of each class, the last one open; none where people are too few."""
    bounds, low = [], 0
    while low < most:
        here = float(summary.weight[summary.frequency == low].sum())
        rest = float(summary.weight[summary.frequency > low].sum())
        if here < MIN_GROUP or rest < MIN_GROUP:
            break
        bounds.append((low, low))
        low += 1
    if float(summary.weight[summary.frequency >= low].sum()) >= MIN_GROUP:
        bounds.append((low, None))
    return bounds


def _inside(frequency: np.ndarray, low: int, high: int | None) -> np.ndarray:
    return frequency >= low if high is None else frequency == low


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """One period of time.

    Attributes
    ----------
    ends_at : float
        In the unit of T, from when the first customer was seen.
    held_out : bool
        It ends after what the model was fitted to.
    expected, expected_cumulative : Estimate
        Repeat purchases of all customers in the period, and until its end; intervals of the parameters.
    observed, observed_cumulative : float
    """

    ends_at: float
    held_out: bool
    expected: Estimate
    observed: float
    expected_cumulative: Estimate
    observed_cumulative: float


@dataclass(frozen=True, slots=True)
class Tracking(Result):
    """Repeat purchases over time, expected beside observed.

    Attributes
    ----------
    model : str
    period : float
        Length of a period, in the unit of T.
    n_customers : int
    rows : tuple of TrackingRow
    provenance : Provenance
    """

    model: str
    period: float
    n_customers: int
    rows: tuple[TrackingRow, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a period."""
        return [
            {
                "ends_at": row.ends_at, "held_out": row.held_out,
                "expected": row.expected.value, "ci_lower": row.expected.ci_lower,
                "ci_upper": row.expected.ci_upper, "observed": row.observed,
                "expected_cumulative": row.expected_cumulative.value,
                "cumulative_ci_lower": row.expected_cumulative.ci_lower,
                "cumulative_ci_upper": row.expected_cumulative.ci_upper,
                "observed_cumulative": row.observed_cumulative,
            }
            for row in self.rows
        ]  # fmt: skip


def track(fitted: BuyingResult, summary: Summary, observed: np.ndarray, *, period: float = 1.0) -> Tracking:
    """Follow repeat purchases of a cohort from the day that its first customer was seen.

    Parameters
    ----------
    fitted : BuyingResult
        Of a model of purchases at any time.
    summary : Summary
        What the model was fitted to: T says when each customer began.
    observed : (n,) float64
        Repeat purchases of these customers in each period, from that day on, also after the fit.
    period : float
        Length of a period, in the unit of T.
    """
    if fitted.model not in TIMED:
        raise OptionError(f"{fitted.model} has no such answer", expected=" or ".join(TIMED))
    observed, end = np.asarray(observed, dtype=np.float64), float(summary.T.max())
    ends = period * np.arange(1, len(observed) + 1)
    T = summary.T
    if len(np.unique(T)) > _BIRTHS:
        T = np.round(T / end * _BIRTHS) / _BIRTHS * end
    names = fitted.covariates
    first, row_of = equal_rows([T, *(summary.covariates[name] for name in names)])
    weight = np.bincount(row_of, weights=summary.weight, minlength=len(first))
    since = np.maximum(ends[:, None] - (end - T[first]), 0.0)
    some = Summary(
        *np.zeros((3, len(first))), weight, covariates={n: summary.covariates[n][first] for n in names}
    )
    birth = np.arange(len(first)) if names else np.zeros(len(first), np.int64)
    times, where = equal_rows([np.round(since, 9).ravel(), np.tile(birth, len(ends)).astype(np.float64)])
    elapsed, of_birth, nothing = since.ravel()[times], np.tile(birth, len(ends))[times], np.zeros(len(times))

    def cumulative(at: BuyingResult) -> np.ndarray:
        params = at.rows(some)
        params = params[:, of_birth] if names else params
        found = expected_purchases(at.model, params, elapsed, *[nothing] * 3, at.k)
        added_up = found[where].reshape(since.shape) @ weight
        return np.concatenate([added_up, np.diff(added_up, prepend=0.0)])

    found, n = fitted.interval(cumulative), len(ends)
    rows = tuple(
        TrackingRow(
            float(ends[j]), bool(ends[j] > end + 1e-9), _estimate(found, n + j, summary.n_customers),
            float(observed[j]), _estimate(found, j, summary.n_customers), float(observed[: j + 1].sum()),
        )
        for j in range(n)
    )  # fmt: skip
    return Tracking(
        fitted.model, float(period), summary.n_customers, rows, Provenance(options={"period": period})
    )


def _estimate(figures: Any, j: int, n: int) -> Estimate:
    return Estimate(*(_known(v[j]) for v in (figures.value, figures.ci_lower, figures.ci_upper)), n)
