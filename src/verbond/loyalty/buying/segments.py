"""Models of buying by segment, small ones drawn towards all of them together (parametric empirical Bayes)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.loyalty.buying import kernel
from verbond.loyalty.buying.fitting import Maximum, maximise, of_logarithms
from verbond.loyalty.buying.histories import Histories
from verbond.loyalty.buying.kernel import LogLikelihood
from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.results import BuyingResult
from verbond.loyalty.grouping import EVERYBODY, Division, divisions_of, shown_groups
from verbond.loyalty.summary import Summary
from verbond.results import ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.purchases import purchases
from verbond.tables.tables import Tables

__all__ = ["Segment", "Segments", "SegmentsResult"]

_MODELS = {"bg-nbd": kernel.bg_nbd, "mbg-nbd": kernel.mbg_nbd, "pareto-nbd": kernel.pareto_nbd}
_LEAST_SEGMENTS = 3
_USUAL = 0.3
"""Before anything is seen, segments are supposed to differ by so much in each logarithm; it counts as one."""
_ROUNDS = 60
_STILL = 1e-3

_TURN = np.array([[1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0], [0.0, 0.0, 0.5, 0.5]])
"""From logarithms of parameters to what segments differ in: mean purchase rate r / alpha and how alike people
are in it (r); odds to leave a / b, or mean rate of leaving s / beta, and how alike they are in that."""
_BACK = np.linalg.inv(_TURN)


@dataclass(frozen=True, slots=True)
class Segment:
    """The model of one segment.

    Attributes
    ----------
    name : str
    n_obs : int
        Its customers.
    fit : BuyingResult
        Drawn towards all segments; standard errors hold what is not known of these either.
    own : float
        How much its own customers count in its mean purchase rate, 0..1; the rest is all segments'.
    """

    name: str
    n_obs: int
    fit: BuyingResult
    own: float


@dataclass(frozen=True, slots=True)
class SegmentsResult(Result):
    """A model of buying for each segment.

    Attributes
    ----------
    model, by : str
    segments : tuple of Segment
        Of five customers or more.
    together : BuyingResult
        One fit to all of them.
    spread : mapping of str to float
        Standard deviation between segments: of the logarithms of mean purchase rate ("rate") and mean leaving
        ("leave"), and of how alike people are in both.
    reasons : tuple of Reason
    provenance : Provenance
    """

    model: str
    by: str
    segments: tuple[Segment, ...]
    together: BuyingResult
    spread: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a segment and parameter."""
        return [
            {"segment": segment.name, "n_obs": segment.n_obs, "own": segment.own} | row
            for segment in self.segments
            for row in segment.fit.to_dicts()
        ]


@dataclass(frozen=True, slots=True)
class Segments:
    """Fit a model to each segment, drawn towards the others as far as its own customers leave it open.

    Parameters
    ----------
    by : str
        An attribute of customers, "rung" or "type".
    model : {"bg-nbd", "mbg-nbd", "pareto-nbd"}
    unit_days : int

    Notes
    -----
    Logarithms of the parameters differ between segments as independent normals in four directions
    (`_TURN`). Their means and (restricted likelihood) variances are estimated from all segments by EM with
    Laplace's approximation of each segment's posterior, and the segment's parameters are its posterior
    mode: conditionally independent hierarchical models, Kass & Steffey (1989). To each covariance is added
    what follows from not knowing the common means and variances (their section 3), the logarithm of a
    variance known to 2 / (segments + 1). A weak prior (0.3 in a logarithm, counted as one segment more)
    keeps variances from ending at zero with few segments. In simulated shops of ten segments of 15 to 400
    customers, intervals of purchases ahead hold the truth in 95% of cases, of mean rates in 94%, of leaving
    in 91%.
    """

    by: str = ""
    model: str = "bg-nbd"
    unit_days: int = 7

    def __post_init__(self) -> None:
        if self.model not in _MODELS:
            raise OptionError(
                "no segments of that model", got=repr(self.model), expected=" or ".join(_MODELS)
            )

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> SegmentsResult:
        """Read purchases by customer, put customers into groups, and fit each.

        Parameters
        ----------
        tables : Tables
        progress : callable
            Not called.

        Returns
        -------
        SegmentsResult
            Groups that would tell of fewer than five people, also by subtraction, are left out.
        """
        bought = purchases(tables, self.unit_days)
        (division,) = divisions_of(tables, bought.customer_ids, (self.by,), _after(tables))
        everybody = Division(EVERYBODY, (EVERYBODY,), np.where(division.codes >= 0, 0, -1))
        members = [np.ones(len(division.codes), bool)]
        shown = shown_groups([everybody, division], members, MIN_GROUP)[1]
        parts = {}
        for code in sorted(shown):
            rows = division.codes == code
            columns = (bought.frequency[rows], bought.recency[rows], bought.T[rows])
            if rows.any():
                parts[division.labels[code]] = Summary(*columns, np.ones(int(rows.sum())))
        found = self.fit_parts(parts)
        n_hidden = len(division.labels) - len(shown)
        hidden = (Reason("loyalty_buying.segments_hidden", {"n": n_hidden}),) if n_hidden else ()
        provenance = Provenance(source=tables.name, fingerprint=tables.fingerprint, options=asdict(self))
        return replace(found, reasons=found.reasons + hidden, provenance=provenance)

    def fit_parts(self, parts: Mapping[str, Summary]) -> SegmentsResult:
        """Fit each of some summaries.

        Parameters
        ----------
        parts : mapping of str to Summary
            By name of the segment.

        Raises
        ------
        DataError
            With fewer than three segments there is nothing to draw towards.
        """
        if len(parts) < _LEAST_SEGMENTS:
            raise DataError(
                "too few segments to draw towards one another",
                got=len(parts),
                expected=f"{_LEAST_SEGMENTS} or more",
            )
        columns = ("frequency", "recency", "T", "weight")
        together = BuyTillYouDie(self.model).fit(
            Summary(*(np.concatenate([getattr(part, c) for part in parts.values()]) for c in columns))
        )
        if together.covariance is None or not np.isfinite(together.covariance).all():
            return SegmentsResult(self.model, self.by, (), together, reasons=together.reasons)
        functions = [_loglik(self.model, part) for part in parts.values()]
        found = _drawn(functions, together.theta)
        segments = tuple(
            _segment(name, part, together, theta, covariance, own)
            for (name, part), theta, covariance, own in zip(
                parts.items(), found.thetas, found.covariances, found.own, strict=True
            )
        )
        spread = dict(zip(("rate", "rate_alike", "leave", "leave_alike"), found.spread.tolist(), strict=True))
        reasons = (Reason("loyalty_buying.segments_association"),)
        return SegmentsResult(self.model, self.by, segments, together, spread, reasons)


@dataclass(frozen=True, slots=True)
class _Drawn:
    thetas: list[np.ndarray]
    covariances: list[np.ndarray]
    own: list[float]
    spread: np.ndarray


def _after(tables: Tables) -> dt.date:
    """The day after the data: groups as they are known at their end."""
    return tables.period_range[1] + dt.timedelta(days=1)


def _loglik(model: str, part: Summary) -> Callable[[np.ndarray], LogLikelihood]:
    histories = Histories.of(part.frequency, part.recency, part.T, part.weight)

    def natural(params: np.ndarray) -> LogLikelihood:
        found = _MODELS[model](np.ascontiguousarray(params[None]), histories)
        return LogLikelihood(found.value, found.gradient[0], found.hessian[0])

    return of_logarithms(natural)


def _posterior(
    function: Callable[[np.ndarray], LogLikelihood], middle: np.ndarray, precision: np.ndarray
) -> Callable[[np.ndarray], LogLikelihood]:
    """Log-likelihood of logarithms, with the normal that segments come from."""
    pull = _TURN.T @ (precision[:, None] * _TURN)

    def of_theta(theta: np.ndarray) -> LogLikelihood:
        found, away = function(theta), _TURN @ theta - middle
        value = found.value - 0.5 * float(away @ (precision * away))
        return LogLikelihood(value, found.gradient - _TURN.T @ (precision * away), found.hessian - pull)

    return of_theta


def _drawn(functions: Sequence[Callable[[np.ndarray], LogLikelihood]], start: np.ndarray) -> _Drawn:
    n, middle, variance = len(functions), _TURN @ start, np.full(4, _USUAL**2)
    modes = [start] * n
    for _ in range(_ROUNDS):
        fits = [
            maximise(_posterior(function, middle, 1 / variance), mode)
            for function, mode in zip(functions, modes, strict=True)
        ]
        modes = [fit.theta for fit in fits]
        places = np.array([_TURN @ mode for mode in modes])
        turned = [_TURN @ _covariance(fit, variance) @ _TURN.T for fit in fits]
        spreads = np.array([np.diag(one) for one in turned])
        unsure = np.diag(_common(turned, variance)) * (1 - spreads / variance) ** 2
        middle = places.mean(axis=0)
        new = (((places - middle) ** 2 + spreads + unsure).sum(axis=0) + _USUAL**2) / (n + 1)
        moved = np.abs(np.log(new / variance)).max()
        variance = new
        if moved < _STILL:
            break
    return _with_common(fits, variance, places - middle)


def _covariance(fit: Maximum, variance: np.ndarray) -> np.ndarray:
    """Of a segment's logarithms; where its likelihood bends upward, that of the prior alone."""
    if np.isfinite(fit.covariance).all():
        return fit.covariance
    return _BACK @ np.diag(variance) @ _BACK.T


def _common(turned: Sequence[np.ndarray], variance: np.ndarray) -> np.ndarray:
    """Covariance of the common means, which no more than the segments tell of."""
    pull = np.diag(1 / variance)
    return np.linalg.pinv(sum(pull - pull @ one @ pull for one in turned), hermitian=True)


def _with_common(fits: Sequence[Maximum], variance: np.ndarray, away: np.ndarray) -> _Drawn:
    """Add what is uncertain about the common means and variances, `away` (n, 4) from these means."""
    pull = np.diag(1 / variance)
    turned = [_TURN @ _covariance(fit, variance) @ _TURN.T for fit in fits]
    common = _common(turned, variance)
    whole = []
    for one, at in zip(turned, away, strict=True):
        moved = one @ pull * at  # by a logarithm of each variance
        more = one @ pull @ common @ pull @ one + moved @ moved.T * (2 / (len(fits) + 1))
        whole.append(_BACK @ (one + more) @ _BACK.T)
    own = [float(np.clip(1 - one[0, 0] / variance[0], 0.0, 1.0)) for one in turned]
    return _Drawn([fit.theta for fit in fits], whole, own, np.sqrt(variance))


def _segment(
    name: str, part: Summary, together: BuyingResult, theta: np.ndarray, covariance: np.ndarray, own: float
) -> Segment:
    at = together.at(theta)
    errors = np.sqrt(np.diag(covariance)) * at.values
    fit = replace(
        at, standard_errors=dict(zip(at.params, errors.tolist(), strict=True)), covariance=covariance,
        n_customers=part.n_customers, n_distinct=len(part.T), converged=True,
    )  # fmt: skip
    return Segment(name, part.n_customers, fit, own)
