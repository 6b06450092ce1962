"""`BuyTillYouDie`: who will buy again, and how often, where customers leave without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from scipy.optimize import minimize

from verbond.errors import DataError, OptionError
from verbond.loyalty import kernel
from verbond.loyalty.expectations import expected_purchases, expected_spend, survival
from verbond.loyalty.summary import Summary
from verbond.results import Provenance, Reason, Result

__all__ = ["MODELS", "BuyTillYouDie", "BuyingResult", "Model"]

Model = Literal["bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb", "gamma-gamma", "sbg"]
MODELS: tuple[Model, ...] = get_args(Model)
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "bg-nbd": ("r", "alpha", "a", "b"),
    "mbg-nbd": ("r", "alpha", "a", "b"),
    "pareto-nbd": ("r", "alpha", "s", "beta"),
    "bg-bb": ("alpha", "beta", "gamma", "delta"),
    "gamma-gamma": ("p", "q", "v"),
    "sbg": ("alpha", "beta"),
}
_EDGE = 14.0
"""Logarithms of parameters are kept within +-14 (1e-6 to 1e6); one that ends there has no estimate."""
_FAR = 7.0
"""Where the likelihood is flat, parameters whose logarithm is beyond this are the ones to name."""
_MIN_CUSTOMERS = 20


@dataclass(frozen=True, slots=True)
class BuyingResult(Result):
    """A fitted buy-till-you-die model.

    Attributes
    ----------
    model : str
    params, standard_errors : mapping of str to float
        Standard errors from the observed information; NaN where the likelihood is flat.
    loglik : float
    n_customers : int
    n_distinct : int
        Distinct histories: what the likelihood is computed on.
    converged : bool
    reasons : tuple of Reason
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
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a parameter."""
        return [
            {"parameter": name, "estimate": value, "standard_error": self.standard_errors[name]}
            for name, value in self.params.items()
        ]

    def probability_alive(self, summary: Summary) -> np.ndarray:
        """P(alive) of each row of `summary`, 0..1 (BG/BB: at the next opportunity)."""
        self._only("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb")
        return kernel.alive_share(self.model, self._values, summary.frequency, summary.recency, summary.T)

    def expected_purchases(self, summary: Summary, horizon: float) -> np.ndarray:
        """Purchases expected of each row in the next `horizon` (unit of T), given what was seen."""
        self._only("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb")
        if not horizon >= 0 or (self.model == "bg-bb" and horizon != int(horizon)):
            raise OptionError(
                "horizon is out of range", got=repr(horizon), expected="0 or more; whole for bg-bb"
            )
        seen = (summary.frequency, summary.recency, summary.T)
        return expected_purchases(self.model, self._values, horizon, *seen)

    def expected_spend(self, summary: Summary) -> np.ndarray:
        """Money expected per purchase of each row."""
        self._only("gamma-gamma")
        if summary.monetary_value is None:
            raise DataError("the summary has no monetary_value")
        return expected_spend(self._values, summary.frequency, summary.monetary_value)

    def survival(self, periods: np.ndarray) -> np.ndarray:
        """Share of customers left after so many renewals, 0..1."""
        self._only("sbg")
        return survival(self._values, periods)

    @property
    def _values(self) -> np.ndarray:
        return np.array(list(self.params.values()))

    def _only(self, *models: str) -> None:
        if self.model not in models:
            raise OptionError(f"{self.model} has no such answer", expected=" or ".join(models))


@dataclass(frozen=True, slots=True)
class BuyTillYouDie:
    """Maximum likelihood fit of a model of buying and leaving.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb", "gamma-gamma", "sbg"}
        The first three: purchases at any time, leaving unseen. "bg-bb": purchases at fixed opportunities.
        "gamma-gamma": money per purchase. "sbg": contracts, leaving seen.

    Examples
    --------
    >>> result = BuyTillYouDie("sbg").fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 3) for name, value in result.params.items()}
    {'alpha': 0.668, 'beta': 3.806}
    """

    model: Model = "bg-nbd"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise OptionError("unknown model", got=repr(self.model), expected=", ".join(MODELS))

    def fit(self, data: Summary | Any) -> BuyingResult:
        """Fit the model.

        Parameters
        ----------
        data : Summary, or survivors per period for "sbg"
            Survivors: customers at the start, after one renewal, after two, ...

        Returns
        -------
        BuyingResult
            Parameters are NaN, and a reason says why, where the data hold no estimate.

        Raises
        ------
        DataError
            For values that cannot be (money at or below zero, survivors that grow).
        """
        task = self._task(data)
        names = _PARAMETERS[self.model]
        params = errors = np.full(len(names), np.nan)
        value, converged, reasons = float("nan"), False, (task.problem,) if task.problem is not None else ()
        if task.problem is None:
            params, value, converged = _maximum(task.loglik, task.start)
            errors = _standard_errors(task.loglik, params)
            reasons = _doubts(names, params, errors, converged)
        return BuyingResult(
            model=self.model,
            params=dict(zip(names, params.tolist(), strict=True)),
            standard_errors=dict(zip(names, errors.tolist(), strict=True)),
            loglik=value,
            n_customers=task.n_customers,
            n_distinct=task.n_distinct,
            converged=converged,
            reasons=reasons,
            provenance=Provenance(options=asdict(self)),
        )

    def _task(self, data: Any) -> _Task:
        if self.model == "sbg":
            return _contracts(data)
        if self.model == "gamma-gamma":
            return _money(data)
        rows = data.distinct()
        if self.model == "bg-bb" and (rows.T % 1 > 0).any():
            raise DataError("bg-bb counts opportunities", got="a T that is no whole number")
        time = max(float(rows.T.mean()) / 4, 0.1) if len(rows.T) else 1.0
        start = {"bg-bb": (1, 1, 1, 1), "pareto-nbd": (1, time, 1, time)}.get(self.model, (1, time, 1, 1))
        function = _COUNTING[self.model]
        problem = _few(rows.n_customers)
        if problem is None and not (rows.weight * (rows.frequency > 0)).any():
            problem = Reason("loyalty.nobody_came_back")
        return _Task(
            lambda p: function(p, rows.frequency, rows.recency, rows.T, rows.weight),
            np.array(start, dtype=np.float64),
            rows.n_customers,
            len(rows.T),
            problem,
        )


_COUNTING = {
    "bg-nbd": kernel.bg_nbd,
    "mbg-nbd": kernel.mbg_nbd,
    "pareto-nbd": kernel.pareto_nbd,
    "bg-bb": kernel.bg_bb,
}


@dataclass(frozen=True, slots=True)
class _Task:
    """A likelihood to maximise, where to start, what it rests on, and why it cannot be done (or None)."""

    loglik: Callable[[np.ndarray], kernel.LogLikelihood]
    start: np.ndarray
    n_customers: int
    n_distinct: int
    problem: Reason | None


def _few(n_customers: int) -> Reason | None:
    if n_customers >= _MIN_CUSTOMERS:
        return None
    return Reason("loyalty.few_customers", {"n": _MIN_CUSTOMERS - n_customers})


def _contracts(data: Any) -> _Task:
    survivors = np.asarray(data, dtype=np.float64)
    if survivors.ndim != 1 or len(survivors) < 2 or not np.isfinite(survivors).all():
        raise DataError("survivors have to be two numbers or more", got=f"shape {np.shape(data)}")
    if (np.diff(survivors) > 0).any() or survivors[-1] < 0:
        period = int(np.argmax(np.diff(survivors) > 0)) + 1
        raise DataError(
            f"survivors grow in period {period}", expected="numbers from 0 up, each at most the one before"
        )
    n = round(float(survivors[0]))
    problem = _few(n)
    if problem is None and survivors[0] == survivors[-1]:
        problem = Reason("loyalty.nobody_left")
    if problem is None and len(survivors) == 2:
        problem = Reason("loyalty.few_periods")
    return _Task(
        lambda p: kernel.shifted_beta_geometric(p, survivors), np.ones(2), n, len(survivors), problem
    )


def _money(data: Summary) -> _Task:
    if data.monetary_value is None:
        raise DataError("gamma-gamma needs a column monetary_value")
    rows = (data.frequency > 0) & (data.weight > 0)
    x, m, weight = data.frequency[rows], data.monetary_value[rows], data.weight[rows]
    if not (m > 0).all():
        row = int(np.flatnonzero(rows)[np.argmax(~(m > 0))])
        raise DataError(
            f"row {row + 1}: money per purchase has to be above zero", got=f"{data.monetary_value[row]:g}",
            hint="Leave out free orders and refunds, or add them to the purchase that they belong to.",
        )  # fmt: skip
    n = round(float(weight.sum()))
    start = np.array([2.0, 3.0, float(weight @ m / weight.sum()) if n else 1.0])
    return _Task(lambda p: kernel.gamma_gamma(p, x, m, weight), start, n, len(x), _few(n))


def _at_edge(params: np.ndarray) -> np.ndarray:
    return np.abs(np.log(params)) > _EDGE - 0.01


def _doubts(
    names: tuple[str, ...], params: np.ndarray, errors: np.ndarray, converged: bool
) -> tuple[Reason, ...]:
    if np.isnan(errors).any():
        far = [name for name, value in zip(names, np.abs(np.log(params)), strict=True) if value > _FAR]
        return (Reason("loyalty.no_estimate", {"names": far or list(names)}),)
    return () if converged else (Reason("loyalty.not_converged"),)


def _maximum(loglik: Callable, start: np.ndarray) -> tuple[np.ndarray, float, bool]:
    """Maximise over logarithms of the parameters: quasi-Newton with the gradient, kept within the edges."""

    scale = max(abs(loglik(start).value), 1.0)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        params = np.exp(theta)
        found = loglik(params)
        return -found.value / scale, -found.gradient * params / scale

    bounds = [(-_EDGE, _EDGE)] * len(start)
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxcor": 20}
    found = minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    params = np.exp(found.x)
    slope = np.abs(loss(found.x)[1][~_at_edge(params)]).max(initial=0.0)
    return params, -float(found.fun) * scale, bool(slope < 1e-6)


def _standard_errors(loglik: Callable, params: np.ndarray) -> np.ndarray:
    """Square roots of the inverse observed information; the Hessian from differences of the gradient."""
    if _at_edge(params).any():
        return np.full(len(params), np.nan)
    steps = 1e-5 * params
    hessian = np.array(
        [
            (loglik(params + h).gradient - loglik(params - h).gradient) / (2 * step)
            for step, h in zip(steps, np.diag(steps), strict=True)
        ]
    )
    information = -(hessian + hessian.T) / 2 * np.outer(params, params)  # in logarithms: alike in size
    values, vectors = np.linalg.eigh(information)
    if values.min() <= 1e-10 * values.max():
        return np.full(len(params), np.nan)
    return params * np.sqrt((vectors**2 / values).sum(axis=1))
