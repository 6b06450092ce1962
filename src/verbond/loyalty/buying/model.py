"""`BuyTillYouDie`: who will buy again, and how often, where customers leave without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import gammaln

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.loyalty.buying import kernel
from verbond.loyalty.buying.design import SIGNS, Design
from verbond.loyalty.buying.fitting import EDGE, Maximum, maximise, of_logarithms
from verbond.loyalty.buying.histories import Histories
from verbond.loyalty.buying.results import MODELS, TIMED, BuyingResult, Model
from verbond.loyalty.summary import Summary
from verbond.results import Provenance, Reason

__all__ = ["BuyTillYouDie"]

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "bg-nbd": ("r", "alpha", "a", "b"),
    "mbg-nbd": ("r", "alpha", "a", "b"),
    "pareto-nbd": ("r", "alpha", "s", "beta"),
    "bg-cnbd-k": ("r", "alpha", "a", "b"),
    "mbg-cnbd-k": ("r", "alpha", "a", "b"),
    "bg-bb": ("alpha", "beta", "gamma", "delta"),
    "gamma-gamma": ("p", "q", "v"),
    "sbg": ("alpha", "beta"),
    "bdw": ("alpha", "beta", "c"),
}
_COUNTING = {"bg-nbd": kernel.bg_nbd, "mbg-nbd": kernel.mbg_nbd, "pareto-nbd": kernel.pareto_nbd}
_REGULAR = {"bg-cnbd-k": kernel.bg_cnbd, "mbg-cnbd-k": kernel.mbg_cnbd}
_MOST_PHASES = 12
_CLEARLY = 3.0
"""Two phases fit clearly better than one where the log-likelihood is this much higher (e^3 = 20 to 1)."""
_CONTRACTS = {"sbg": kernel.shifted_beta_geometric, "bdw": kernel.beta_discrete_weibull}
_FAR = 7.0
"""Where the likelihood is flat, parameters whose logarithm is beyond this are the ones to name."""
_MIN_CUSTOMERS = 20
_FIRST = 20_000
"""With many more rows than this, so many are fitted first: from there one or two steps over all are left."""


@dataclass(frozen=True, slots=True)
class BuyTillYouDie:
    """Maximum likelihood fit of a model of buying and leaving.

    Parameters
    ----------
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd", "bg-cnbd-k", "mbg-cnbd-k", "bg-bb", "gamma-gamma", ...}
        The first three: purchases at any time, leaving unseen. The next two: purchases at more regular times.
        "bg-bb": purchases at fixed opportunities. "gamma-gamma": money per purchase. "sbg" and "bdw":
        contracts, leaving seen.
    covariates : tuple of str
        Names of the summary's covariates that move the rates, for the first three models; the parameters
        that they move are multiplied by exp(-+ coefficient x covariate) (see `design.SIGNS`).
    k : int, optional
        Phases between purchases for "bg-cnbd-k" and "mbg-cnbd-k", 1 to 12; by default the most likely number,
        which takes a summary that knows the times between purchases.

    Examples
    --------
    >>> result = BuyTillYouDie("sbg").fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 3) for name, value in result.params.items()}
    {'alpha': 0.668, 'beta': 3.806}
    """

    model: Model = "bg-nbd"
    covariates: tuple[str, ...] = ()
    k: int | None = None

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise OptionError("unknown model", got=repr(self.model), expected=", ".join(MODELS))
        if self.covariates and self.model not in SIGNS:
            raise OptionError(f"{self.model} takes no covariates", expected=" or ".join(SIGNS))
        if self.k is not None and not (self.model in _REGULAR and self.k in range(1, _MOST_PHASES + 1)):
            raise OptionError(
                "k is out of range", got=f"{self.k} for {self.model}", expected="1 to 12, for a model with -k"
            )

    def fit(self, data: Summary | Any) -> BuyingResult:
        """Fit the model.

        Parameters
        ----------
        data : Summary, or survivors per period for "sbg" and "bdw"
            Survivors: customers at the start, after one renewal, after two, ...

        Returns
        -------
        BuyingResult
            Parameters are NaN, and a reason says why, where the data hold no estimate.

        Raises
        ------
        DataError
            For values that cannot be (money at or below zero, survivors that grow).
        NotFoundError
            If the summary has no covariate of that name.
        """
        task = self._task(data)
        names = _PARAMETERS[self.model]
        moved = [names[j] for j in SIGNS[self.model]] if self.covariates else []
        coefficients = tuple(f"{name}:{covariate}" for name in moved for covariate in self.covariates)
        size, n_logs = len(names) + len(coefficients), len(names)
        found = Maximum(np.full(size, np.nan), float("nan"), np.full((size, size), np.nan), False)
        k, logliks, reasons = self.k or 1, (), task.reasons
        if task.problem is None:
            if self.model in _REGULAR:
                found, k, logliks = _most_likely(task, data, self.k)
            else:
                found = task.maximum(1)
            reasons += _doubts(names + coefficients, n_logs, found) + _timing(self, task, data, found, k)
            reasons += (Reason("loyalty_buying.association"),) if self.covariates else ()
        else:
            reasons += (task.problem,)
        values = np.append(np.exp(found.theta[:n_logs]), found.theta[n_logs:])
        errors = np.sqrt(np.diag(found.covariance)) * np.append(values[:n_logs], np.ones(len(coefficients)))
        timed = self.model in TIMED and data.waits is not None
        return BuyingResult(
            model=self.model,
            params=dict(zip(names + coefficients, values.tolist(), strict=True)),
            standard_errors=dict(zip(names + coefficients, errors.tolist(), strict=True)),
            loglik=found.value,
            n_customers=task.n_customers,
            n_distinct=task.n_distinct,
            converged=found.converged,
            reasons=reasons,
            covariates=self.covariates,
            covariance=found.covariance,
            k=k,
            k_logliks=logliks,
            regularity=data.waits.regularity if timed else None,
            provenance=Provenance(options=asdict(self)),
        )

    def _task(self, data: Any) -> _Task:
        if self.model in _CONTRACTS:
            return _contracts(self.model, data)
        if not isinstance(data, Summary):
            raise DataError(f"{self.model} needs a Summary", got=type(data).__name__)
        if self.model == "gamma-gamma":
            return _money(data)
        if self.model == "bg-bb":
            return _opportunities(data)
        return _purchases(self.model, data, self.covariates)


@dataclass(frozen=True, slots=True)
class _Task:
    """What to maximise (at a number of phases k, where there are any) and on what; or why it cannot be."""

    maximum: Callable[[int], Maximum]
    n_customers: int
    n_distinct: int
    problem: Reason | None
    reasons: tuple[Reason, ...] = ()


def _few(n_customers: int) -> Reason | None:
    if n_customers >= _MIN_CUSTOMERS:
        return None
    return Reason("loyalty.few_customers", {"n": _MIN_CUSTOMERS - n_customers})


def _lack(data: Summary) -> Reason | None:
    nobody = not (data.weight * (data.frequency > 0)).any()
    return _few(data.n_customers) or (Reason("loyalty.nobody_came_back") if nobody else None)


def _purchases(model: str, data: Summary, names: tuple[str, ...]) -> _Task:
    covariates = []
    for name in names:
        if name not in data.covariates:
            raise NotFoundError(
                f"no covariate {name!r}", got=", ".join(data.covariates) or "none", expected="one of them"
            )
        covariates.append(data.covariates[name])
    plain = model.replace("-cnbd-k", "-nbd")
    design = Design.of(plain, covariates, data.weight)
    problem = _lack(data)
    if problem is None and (constant := [n for n, s in zip(names, design.spread, strict=True) if not s > 0]):
        problem = Reason("loyalty_buying.covariate_constant", {"names": constant})
    columns = (data.frequency, data.recency, data.T, data.weight)
    histories = Histories.of(*columns, covariates)
    mean_T = float(histories.T.mean()) if len(histories.T) else 1.0
    time = max(mean_T / 4, 0.1)
    start = np.zeros(4 + len(names) * len(SIGNS[plain]))
    start[:4] = np.log((1, time, 1, time) if model == "pareto-nbd" else (1, time, 1, 1))

    def maximum(k: int) -> Maximum:
        function, first = _COUNTING[plain], start
        if k > 1:
            function, first = partial(_REGULAR[plain.replace("-nbd", "-cnbd-k")], k=k), start.copy()
            first[1] += np.log(k)
        if len(histories.x) > 3 * _FIRST:
            some = slice(None, None, len(data.T) // _FIRST)
            part = Histories.of(*(c[some] for c in columns), [c[some] for c in covariates])
            first = maximise(design.loglik(function, part), start).theta
        found = maximise(design.loglik(function, histories), first)
        back = design.back()
        return Maximum(back @ found.theta, found.value, back @ found.covariance @ back.T, found.converged)

    return _Task(maximum, data.n_customers, len(histories.x), problem)


def _opportunities(data: Summary) -> _Task:
    if (data.T % 1 > 0).any() or (data.recency % 1 > 0).any():
        raise DataError("bg-bb counts opportunities", got="a T or recency that is no whole number")
    if (data.frequency > data.recency).any():
        row = int(np.argmax(data.frequency > data.recency))
        raise DataError(
            f"row {row + 1}: more purchases than opportunities", got=f"{data.frequency[row]:g}",
            expected=f"at most {data.recency[row]:g} until the last of them",
        )  # fmt: skip
    rows = Histories.of(data.frequency, data.recency, data.T, data.weight)
    function = of_logarithms(lambda p: kernel.bg_bb(p, rows.x, rows.t_x, rows.T, rows.weight))
    return _Task(lambda _: maximise(function, np.zeros(4)), data.n_customers, len(rows.x), _lack(data))


def _contracts(model: str, data: Any) -> _Task:
    survivors = np.asarray(data, dtype=np.float64)
    if survivors.ndim != 1 or len(survivors) < 2 or not np.isfinite(survivors).all():
        raise DataError("survivors have to be two numbers or more", got=f"shape {np.shape(data)}")
    if (np.diff(survivors) > 0).any() or survivors[-1] < 0:
        period = int(np.argmax(np.diff(survivors) > 0)) + 1
        raise DataError(
            f"survivors grow in period {period}", expected="numbers from 0 up, each at most the one before"
        )
    n, n_params = round(float(survivors[0])), len(_PARAMETERS[model])
    problem = _few(n)
    if problem is None and survivors[0] == survivors[-1]:
        problem = Reason("loyalty.nobody_left")
    if problem is None and len(survivors) <= n_params:
        shape = Reason("loyalty_buying.few_periods_shape", {"n": n_params})
        problem = Reason("loyalty.few_periods") if model == "sbg" else shape
    function, start = _CONTRACTS[model], np.zeros(n_params)
    return _Task(
        lambda _: maximise(of_logarithms(lambda p: function(p, survivors)), start), n, len(survivors), problem
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
    start = np.log([2.0, 3.0, float(weight @ m / weight.sum()) if n else 1.0])

    def maximum(_: int) -> Maximum:
        first = start
        if len(x) > 3 * _FIRST:
            some = slice(None, None, len(x) // _FIRST)
            part = of_logarithms(lambda p: kernel.gamma_gamma(p, x[some], m[some], weight[some]))
            first = maximise(part, start).theta
        return maximise(of_logarithms(lambda p: kernel.gamma_gamma(p, x, m, weight)), first)

    return _Task(maximum, n, len(x), _few(n))


def _most_likely(task: _Task, data: Summary, k: int | None) -> tuple[Maximum, int, tuple[float, ...]]:
    """The fit at `k`, or at the most likely one: up to 12, until the likelihood has fallen twice."""
    if k is not None:
        return _at(task, data, k), k, ()
    if data.waits is None:
        raise DataError(
            "times between purchases are not known", expected="a column log_waits or litt, or events",
            hint="Or give k: how regular purchases are is not estimated then.",
        )  # fmt: skip
    fits = [_at(task, data, 1)]
    while len(fits) < _MOST_PHASES:
        fits.append(_at(task, data, len(fits) + 1))
        if len(fits) > 2 and fits[-1].value < fits[-2].value < fits[-3].value:
            break
    logliks = tuple(float(fit.value) for fit in fits)
    best = int(np.argmax(logliks))
    return fits[best], best + 1, logliks


def _at(task: _Task, data: Summary, k: int) -> Maximum:
    """The fit at k phases, with what the times between purchases add to its log-likelihood."""
    found = task.maximum(k)
    n_repeats = float(data.weight @ data.frequency)
    more = ((k - 1) * data.waits.log_sum if data.waits is not None else 0.0) - n_repeats * float(gammaln(k))
    return replace(found, value=found.value + more)


def _timing(asked: BuyTillYouDie, task: _Task, data: Summary, found: Maximum, k: int) -> tuple[Reason, ...]:
    """Whether purchases come more regularly than the model has it."""
    if asked.model in _REGULAR:
        return (Reason("loyalty_buying.k_at_its_end", {"k": k}),) if k == _MOST_PHASES and not asked.k else ()
    if asked.model not in ("bg-nbd", "mbg-nbd") or asked.covariates or data.waits is None:
        return ()
    gain = float(_at(task, data, 2).value - found.value)
    if not gain > _CLEARLY:
        return ()
    better = asked.model.replace("-nbd", "-cnbd-k")
    return (Reason("loyalty_buying.regular", {"model": asked.model, "better": better, "gain": gain}),)


def _doubts(names: tuple[str, ...], n_logs: int, found: Maximum) -> tuple[Reason, ...]:
    if np.isnan(found.covariance).any():
        limit = np.where(np.arange(len(names)) < n_logs, _FAR, EDGE - 0.01)
        far = [name for name, over in zip(names, np.abs(found.theta) > limit, strict=True) if over]
        return (Reason("loyalty.no_estimate", {"names": far or list(names)}),)
    return () if found.converged else (Reason("loyalty.not_converged"),)
