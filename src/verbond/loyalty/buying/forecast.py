"""`forecast`: what each customer is expected to do and to be worth, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.loyalty.buying.histories import equal_rows
from verbond.loyalty.buying.results import BuyingResult, Figures
from verbond.loyalty.summary import Summary
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["Forecast", "forecast"]

_COLUMNS = (
    "probability_alive", "expected_purchases", "discounted_purchases", "expected_spend", "lifetime_value",
)  # fmt: skip
_TOGETHER = 0.2
"""Money and frequency that go together more than this break what Gamma-Gamma supposes."""


@dataclass(frozen=True, slots=True)
class Forecast(Result):
    """What is expected of each row of a summary. Intervals are those of the parameters, not of chance.

    Attributes
    ----------
    model : str
    horizon : float
        In the unit of T.
    discount_rate : float or None
    probability_alive, expected_purchases : Figures
        The second within the horizon.
    discounted_purchases : Figures or None
        From now on without end, each discounted to now.
    expected_spend, lifetime_value : Figures or None
        Money a purchase; discounted purchases times that.
    total_purchases : Estimate
        Of all customers together within the horizon.
    total_value : Estimate or None
    reasons : tuple of Reason
    provenance : Provenance
    """

    model: str
    horizon: float
    discount_rate: float | None
    probability_alive: Figures
    expected_purchases: Figures
    discounted_purchases: Figures | None
    expected_spend: Figures | None
    lifetime_value: Figures | None
    total_purchases: Estimate
    total_value: Estimate | None
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a row of the summary."""
        columns: dict[str, list[float]] = {}
        for name in _COLUMNS:
            figures = getattr(self, name)
            if figures is not None:
                columns[name] = figures.value.tolist()
                columns[f"{name}_ci_lower"] = figures.ci_lower.tolist()
                columns[f"{name}_ci_upper"] = figures.ci_upper.tolist()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def forecast(
    fitted: BuyingResult,
    summary: Summary,
    horizon: float,
    *,
    spend: BuyingResult | None = None,
    discount_rate: float | None = None,
    ci_level: float = 0.95,
) -> Forecast:
    """Look ahead for each row of `summary`.

    Parameters
    ----------
    fitted : BuyingResult
        Of a model of purchases.
    summary : Summary
    horizon : float
        In the unit of T.
    spend : BuyingResult, optional
        Of "gamma-gamma"; with it and a discount rate there is a lifetime value.
    discount_rate : float, optional
        Above 0, continuous, a unit of T (15% a year in weeks: log(1.15) / 52.18); for "bg-bb" an opportunity.
    ci_level : float

    Raises
    ------
    OptionError
        For a model that has no such answer, or `spend` without `discount_rate`.

    Notes
    -----
    Delta method: logits of P(alive) and logarithms of the rest are close to normal. Lifetime value supposes,
    as Gamma-Gamma does, that money a purchase has nothing to do with how often somebody buys; a reason says
    where the data speak against it.
    """
    if spend is not None and (spend.model != "gamma-gamma" or discount_rate is None):
        raise OptionError("a lifetime value takes a fit of gamma-gamma and a discount_rate")
    columns = [summary.frequency, summary.recency, summary.T]
    columns += [summary.covariates[name] for name in fitted.covariates if name in summary.covariates]
    first, row_of = equal_rows(columns)
    some = _rows(summary, first)
    weight = np.bincount(row_of, weights=summary.weight, minlength=len(first))

    def each(figure: Any, share: bool = False) -> Figures:
        found = fitted.interval(figure, share=share, ci_level=ci_level)
        return Figures(found.value[row_of], found.ci_lower[row_of], found.ci_upper[row_of], ci_level)

    def total(figure: Any) -> Estimate:
        found = fitted.interval(lambda at: np.array([weight @ figure(at)]), ci_level=ci_level)
        bounds = [
            None if np.isnan(v[0]) else float(v[0]) for v in (found.value, found.ci_lower, found.ci_upper)
        ]
        return Estimate(*bounds, n_obs=summary.n_customers, ci_level=ci_level)

    ahead = lambda at: at.expected_purchases(some, horizon)  # noqa: E731
    discounted = money = value = total_value = None
    if discount_rate is not None:
        discounted = each(lambda at: at.discounted_purchases(some, discount_rate))
    if spend is not None and discounted is not None:
        money = spend.interval(lambda at: at.expected_spend(summary), ci_level=ci_level)
        value = _product(discounted, money)
        total_value = _total_value(fitted, spend, summary, some, row_of, discount_rate, ci_level)
    return Forecast(
        fitted.model, float(horizon), discount_rate,
        each(lambda at: at.probability_alive(some), share=True), each(ahead), discounted, money, value,
        total(ahead), total_value, _doubts(summary) if spend is not None else (),
        Provenance(options={"horizon": horizon, "discount_rate": discount_rate, "ci_level": ci_level}),
    )  # fmt: skip


def _rows(summary: Summary, rows: np.ndarray) -> Summary:
    covariates = {name: column[rows] for name, column in summary.covariates.items()}
    return Summary(
        summary.frequency[rows], summary.recency[rows], summary.T[rows], summary.weight[rows],
        covariates=covariates,
    )  # fmt: skip


def _product(purchases: Figures, money: Figures) -> Figures:
    """Both fits rest on different parts of the data: their errors in logarithms add as squares."""
    value = purchases.value * money.value
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.hypot(
            *(np.log(np.where(f.value > 0, f.ci_upper / f.value, 1.0)) for f in (purchases, money))
        )
    return Figures(value, value / np.exp(half), value * np.exp(half), purchases.ci_level)


def _total_value(
    fitted: BuyingResult, spend: BuyingResult, summary: Summary, some: Summary, row_of: np.ndarray,
    discount_rate: float, ci_level: float,
) -> Estimate:  # fmt: skip
    def purchases(at: BuyingResult) -> np.ndarray:
        return at.discounted_purchases(some, discount_rate)[row_of]

    each, money = purchases(fitted), spend.expected_spend(summary)
    weight = summary.weight
    value = float(weight @ (each * money))
    parts = (
        (fitted, lambda at: np.array([weight @ (purchases(at) * money)])),
        (spend, lambda at: np.array([weight @ (each * at.expected_spend(summary))])),
    )
    variance = 0.0
    for result, figure in parts:
        if result.covariance is None or np.isnan(result.covariance).any():
            return Estimate(
                value if np.isfinite(value) else None, n_obs=summary.n_customers, ci_level=ci_level
            )
        slope = result.slopes(figure)[0]
        variance += float(slope @ result.covariance @ slope)
    if not np.isfinite(value):
        return Estimate(None, n_obs=summary.n_customers, ci_level=ci_level)
    ratio = float(np.exp(normal_quantile(ci_level) * np.sqrt(variance) / value))
    return Estimate(value, value / ratio, value * ratio, summary.n_customers, ci_level)


def _doubts(summary: Summary) -> tuple[Reason, ...]:
    if summary.monetary_value is None:
        raise DataError("the summary has no monetary_value")
    rows = (summary.frequency > 0) & (summary.monetary_value > 0)
    x, m, w = summary.frequency[rows], summary.monetary_value[rows], summary.weight[rows]
    if not len(x) or np.ptp(x) == 0 or np.ptp(m) == 0:
        return ()
    together = float(np.cov(x, m, aweights=w)[0, 1] / np.sqrt(np.cov(x, aweights=w) * np.cov(m, aweights=w)))
    if abs(together) <= _TOGETHER:
        return ()
    return (Reason("loyalty_buying.money_goes_with_frequency", {"correlation": together}),)
