"""What a fitted model of buying and leaving says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import expit, logit

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.loyalty.buying.design import params_of_rows
from verbond.loyalty.buying.expectations import (
    buying_share,
    discounted_purchases,
    expected_purchases,
    expected_spend,
    survival,
)
from verbond.loyalty.buying.kernel import alive_share
from verbond.loyalty.summary import Summary
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["MODELS", "TIMED", "BuyingResult", "Figures", "Model"]

Model = Literal[
    "bg-nbd", "mbg-nbd", "pareto-nbd", "bg-cnbd-k", "mbg-cnbd-k", "bg-bb", "gamma-gamma", "sbg", "bdw"
]  # fmt: skip
MODELS: tuple[Model, ...] = get_args(Model)
TIMED = MODELS[:5]
"""Of purchases at any time."""
_BUYING = MODELS[:6]
_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Figures:
    """One figure a row, with what is uncertain about it because the parameters are.

    Attributes
    ----------
    value, ci_lower, ci_upper : (n,) float64
        Bounds are NaN where the parameters have no standard errors.
    ci_level : float
    """

    value: np.ndarray
    ci_lower: np.ndarray = field(repr=False)
    ci_upper: np.ndarray = field(repr=False)
    ci_level: float = 0.95


@dataclass(frozen=True, slots=True)
class BuyingResult(Result):
    """A fitted buy-till-you-die model.

    Attributes
    ----------
    model : str
    params, standard_errors : mapping of str to float
        Standard errors from the observed information; NaN where the likelihood is flat. "alpha:z" is the
        coefficient of covariate z on alpha.
    loglik : float
    n_customers : int
    n_distinct : int
        Distinct histories: what the likelihood is computed on.
    converged : bool
    reasons : tuple of Reason
    covariates : tuple of str
    covariance : (p, p) float64 or None
        Of the logarithms of the parameters, then the coefficients.
    k : int
        Phases between purchases: 1 is at random. Standard errors are those at this k.
    k_logliks : tuple of float
        Largest log-likelihood at k = 1, 2, ..., where k was chosen by them.
    regularity : Estimate or None
        How regular purchases are after Wheat & Morrison (1990), from each customer's last two times between
        purchases: 1 is at random.
    provenance : Provenance
    """

    model: str
    params: Mapping[str, float]
    standard_errors: Mapping[str, float]
    loglik: float
    n_customers: int
    n_distinct: int
    converged: bool
    reasons: tuple[Reason, ...] = ()
    covariates: tuple[str, ...] = ()
    covariance: np.ndarray | None = field(default=None, repr=False, metadata={"json": False})
    k: int = 1
    k_logliks: tuple[float, ...] = ()
    regularity: Estimate | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a parameter; intervals of 95%, symmetric in logarithms (coefficients: as they are)."""
        rows, z = [], normal_quantile(0.95)
        if self.model.endswith("-k"):
            nothing = dict.fromkeys(("standard_error", "ci_lower", "ci_upper"))
            rows.append({"parameter": "k", "estimate": self.k, **nothing})
        for name, value in self.params.items():
            error = self.standard_errors[name]
            if ":" in name:
                low, high = value - z * error, value + z * error
            else:
                low, high = value * np.exp(-z * error / value), value * np.exp(z * error / value)
            rows.append(
                {
                    "parameter": name, "estimate": value, "standard_error": error,
                    "ci_lower": float(low), "ci_upper": float(high),
                }
            )  # fmt: skip
        return rows

    def probability_alive(self, summary: Summary) -> np.ndarray:
        """P(alive) of each row of `summary`, 0..1 (BG/BB: at the next opportunity)."""
        self._only(*_BUYING)
        return alive_share(
            self.model, self.rows(summary), summary.frequency, summary.recency, summary.T, self.k
        )

    def expected_purchases(self, summary: Summary, horizon: float) -> np.ndarray:
        """Purchases expected of each row in the next `horizon` (unit of T), given what was seen."""
        self._only(*_BUYING)
        if not horizon >= 0 or (self.model == "bg-bb" and horizon != int(horizon)):
            raise OptionError(
                "horizon is out of range", got=repr(horizon), expected="0 or more; whole for bg-bb"
            )
        seen = (summary.frequency, summary.recency, summary.T)
        return expected_purchases(self.model, self.rows(summary), horizon, *seen, self.k)

    def probability_buying(self, summary: Summary, horizon: float) -> np.ndarray:
        """Chance that each row buys at least once in the next `horizon` (unit of T), 0..1."""
        self._only(*TIMED)
        if not horizon >= 0:
            raise OptionError("horizon is out of range", got=repr(horizon), expected="0 or more")
        seen = (summary.frequency, summary.recency, summary.T)
        return buying_share(self.model, self.rows(summary), horizon, *seen, self.k)

    def discounted_purchases(self, summary: Summary, discount_rate: float) -> np.ndarray:
        """Purchases expected of each row from now on, without end, each discounted to now.

        `discount_rate` is continuous, a unit of T (15% a year in weeks: log(1.15) / 52.18); for "bg-bb" it is
        the rate an opportunity.
        """
        self._only(*_BUYING)
        if not discount_rate > 0:
            raise OptionError("discount_rate is out of range", got=repr(discount_rate), expected="above 0")
        seen = (summary.frequency, summary.recency, summary.T)
        return discounted_purchases(self.model, self.rows(summary), discount_rate, *seen, self.k)

    def expected_spend(self, summary: Summary) -> np.ndarray:
        """Money expected per purchase of each row."""
        self._only("gamma-gamma")
        if summary.monetary_value is None:
            raise DataError("the summary has no monetary_value")
        return expected_spend(self.values, summary.frequency, summary.monetary_value)

    def survival(self, periods: np.ndarray) -> np.ndarray:
        """Share of customers left after so many renewals, 0..1."""
        self._only("sbg", "bdw")
        return survival(self.values, periods)

    def interval(
        self, figure: Callable[[BuyingResult], np.ndarray], *, share: bool = False, ci_level: float = 0.95
    ) -> Figures:
        """What `figure` makes of this result, with intervals by the delta method.

        Parameters
        ----------
        figure : callable
            From a result to (n,) figures above 0, such as
            `lambda fitted: fitted.expected_purchases(summary, 52)`.
        share : bool
            Figures are shares: the interval is symmetric in logits, else in logarithms.
        ci_level : float

        Examples
        --------
        >>> from verbond.loyalty import BuyTillYouDie
        >>> result = BuyTillYouDie("sbg").fit([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> left = result.interval(lambda fitted: fitted.survival([12]), share=True)
        >>> left.value.round(2), left.ci_lower.round(2), left.ci_upper.round(2)
        (array([0.38]), array([0.34]), array([0.42]))
        """
        value = np.asarray(figure(self), dtype=np.float64)
        if self.covariance is None or np.isnan(self.covariance).any():
            nothing = np.full(value.shape, np.nan)
            return Figures(value, nothing, nothing, ci_level)
        slopes = self.slopes(figure)
        error = np.sqrt(np.einsum("ip,pq,iq->i", slopes, self.covariance, slopes))
        half = normal_quantile(ci_level) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            if share:
                inside = value * (1 - value)
                middle, half = logit(value), np.where(inside > 0, half / inside, 0.0)
                return Figures(value, expit(middle - half), expit(middle + half), ci_level)
            ratio = np.exp(np.where(value > 0, half / value, 0.0))
            return Figures(value, value / ratio, value * ratio, ci_level)

    def slopes(self, figure: Callable[[BuyingResult], np.ndarray]) -> np.ndarray:
        """(n, p): how figures move with logarithms of parameters and with coefficients, by differences."""
        theta = self.theta
        columns = []
        for step in _STEP * np.eye(len(theta)):
            ahead, back = (figure(self.at(theta + sign * step)) for sign in (1, -1))
            columns.append((np.asarray(ahead) - np.asarray(back)) / (2 * _STEP))
        return np.column_stack(columns)

    def at(self, theta: np.ndarray) -> BuyingResult:
        """The same model with other parameters: logarithms, then coefficients."""
        values = [v if ":" in name else np.exp(v) for name, v in zip(self.params, theta, strict=True)]
        params = dict(zip(self.params, map(float, values), strict=True))
        return BuyingResult(
            self.model, params, self.standard_errors, float("nan"), self.n_customers, self.n_distinct, False,
            covariates=self.covariates, k=self.k,
        )  # fmt: skip

    @property
    def theta(self) -> np.ndarray:
        """Logarithms of the parameters, then the coefficients."""
        return np.array([v if ":" in name else np.log(v) for name, v in self.params.items()])

    @property
    def values(self) -> np.ndarray:
        """The parameters in their order."""
        return np.array(list(self.params.values()))

    def rows(self, summary: Summary) -> np.ndarray:
        """Parameters of everybody, (4,), or with covariates of each row of `summary`, (4, n)."""
        if not self.covariates:
            return self.values
        missing = [name for name in self.covariates if name not in summary.covariates]
        if missing:
            raise NotFoundError(
                f"no covariate {missing[0]!r}", got=", ".join(summary.covariates) or "none",
                expected="the covariates that were fitted",
            )  # fmt: skip
        z = np.column_stack([summary.covariates[name] for name in self.covariates])
        return params_of_rows(self.model, self.theta, z)

    def _only(self, *models: str) -> None:
        if self.model not in models:
            raise OptionError(f"{self.model} has no such answer", expected=" or ".join(models))
