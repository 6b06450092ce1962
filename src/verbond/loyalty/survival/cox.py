"""`Cox`: proportional hazards, with late entry, covariates that change, strata and robust errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtr

from verbond.errors import DataError, OptionError
from verbond.loyalty.survival.kernel import partial_likelihood, partial_parts
from verbond.loyalty.survival.proportional import Proportionality, proportionality
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import normal_quantile
from verbond.numerics.survival.spans import EventTimes, Spans, codes_of, event_times

__all__ = ["Baseline", "Cox", "CoxFit"]

MAX_STEPS = 50
SETTLED = 1e-10
"""Relative change of the log-likelihood at which Newton's method stops."""
STILL_MOVING = 1e-2
"""A coefficient that would still move so many standard deviations of its covariate, when the likelihood no
longer rises, is on its way to infinity. At a proper maximum this is below 1e-4."""
DEPENDENT = 1e-10
"""Smallest eigenvalue of the information as a correlation matrix, beside the largest."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cumulative hazard of somebody whose covariates are all at their means.

    Attributes
    ----------
    times : (K,) float64
    stratum : (K,) object
        Label of the stratum; all alike without strata.
    hazard : (K,) float64
        Its increments.
    cumulative : (K,) float64
        Added up within the stratum.
    """

    times: np.ndarray = field(repr=False)
    stratum: np.ndarray = field(repr=False)
    hazard: np.ndarray = field(repr=False)
    cumulative: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted proportional hazards model.

    Attributes
    ----------
    names : tuple of str
    coefficients : (p,) float64
        Logarithms of hazard ratios; NaN for those in `separated`.
    covariance : (p, p) float64
        Inverse information.
    robust_covariance : (p, p) float64 or None
        Lin & Wei's sandwich over clusters, where clusters were given.
    loglik, null_loglik : float
    score_statistic : float
        Chi-squared of the score at zero, with as many degrees of freedom as covariates.
    score_pvalue : float
    n_rows : int
    n_events : float
    n_steps : int
    converged : bool
    separated : tuple of str
        Covariates whose coefficient grows without end (monotone likelihood): everybody who left had more, or
        less, of it. Those beside them are at the limit that they tend to.
    means : (p,) float64
        Of the covariates over the rows, each with its weight.
    ties : str
    ci_level : float
    """

    names: tuple[str, ...]
    coefficients: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    robust_covariance: np.ndarray | None = field(repr=False)
    loglik: float
    null_loglik: float
    score_statistic: float
    score_pvalue: float
    n_rows: int
    n_events: float
    n_steps: int
    converged: bool
    separated: tuple[str, ...]
    means: np.ndarray = field(repr=False)
    ties: str
    ci_level: float
    _parts: _Parts = field(repr=False)

    @property
    def standard_errors(self) -> np.ndarray:
        """(p,): robust ones where clusters were given."""
        return np.sqrt(np.diag(self.covariance if self.robust_covariance is None else self.robust_covariance))

    def hazard_ratios(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hazard ratios and the bounds of their (Wald) intervals, (p,) each."""
        half = normal_quantile(self.ci_level) * self.standard_errors
        return tuple(np.exp(self.coefficients + k * half) for k in (0, -1, 1))  # type: ignore[return-value]

    @property
    def pvalues(self) -> np.ndarray:
        """(p,): of Wald's test that a coefficient is 0."""
        return 2 * ndtr(-np.abs(self.coefficients / self.standard_errors))

    def baseline(self) -> Baseline:
        """Breslow's estimate of the cumulative baseline hazard; with Efron's ties Efron's."""
        parts = self._parts
        times, hazard = parts.times, parts.detail().hazard
        total = np.cumsum(hazard)
        begins = np.r_[True, np.diff(times.stratum) != 0] if len(total) else np.zeros(0, bool)
        before = (total - hazard)[begins]
        return Baseline(times.time, parts.labels[times.stratum], hazard, total - before[times.stratum])

    def score_residuals(self) -> np.ndarray:
        """(n, p): what each row adds to the score, its weight left out."""
        return self._parts.score_residuals()

    def proportional(self, transform: str = "km", terms: Mapping[str, Any] | None = None) -> Proportionality:
        """Test whether hazard ratios stay the same over time: see `proportionality`.

        Parameters
        ----------
        transform : {"km", "identity", "log"}
        terms : mapping of str to sequences of str, optional
            Covariates to test together (those of one grouping); by default each alone.

        Raises
        ------
        OptionError
            If coefficients are separated, or for an unknown transform.
        """
        if self.separated:
            raise OptionError("hazard ratios without an estimate cannot be tested", got=str(self.separated))
        place = {name: j for j, name in enumerate(self.names)}
        chosen = {name: [name] for name in self.names} if terms is None else terms
        columns = {label: [place[name] for name in names] for label, names in chosen.items()}
        g = self._parts.clock(transform)
        detail = self._parts.detail(g)
        return proportionality(detail.residual, g, (self.covariance, detail.crossed, detail.squared), columns)


@dataclass(frozen=True, slots=True)
class Cox:
    """Cox's proportional hazards model.

    Parameters
    ----------
    ties : {"efron", "breslow"}
    ci_level : float

    Notes
    -----
    Newton's method on the partial likelihood with step halving; one pass is O(n p^2) after sorting once.

    References
    ----------
    Cox (1972), JRSS B 34, 187-220; Efron (1977), JASA 72, 557-565; Andersen & Gill (1982), Annals of
    Statistics 10, 1100-1120; Lin & Wei (1989), JASA 84, 1074-1078.

    Examples
    --------
    >>> spans = Spans.of(None, [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 0, 1])
    >>> fit = Cox().fit(spans, {"treated": [0, 1, 0, 0, 1, 0, 1, 1]})
    >>> fit.coefficients.round(3), fit.converged
    (array([-1.13]), True)
    """

    ties: str = "efron"
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if self.ties not in ("efron", "breslow"):
            raise OptionError("unknown way with ties", got=repr(self.ties), expected="'efron' or 'breslow'")
        check_ci_level(self.ci_level)

    def fit(
        self, spans: Spans, covariates: Mapping[str, Any], strata: Any = None, clusters: Any = None
    ) -> CoxFit:
        """Fit by maximum partial likelihood.

        Parameters
        ----------
        spans : Spans
            A row for each stretch in which somebody's covariates stayed the same.
        covariates : mapping of str to (n,) array
        strata : (n,) array, optional
            Each stratum has a baseline of its own.
        clusters : (n,) array, optional
            Whose rows these are; gives robust standard errors.

        Returns
        -------
        CoxFit

        Raises
        ------
        DataError
            Where nothing can be estimated: no event, a covariate that does not vary among those at risk
            together, or that is a combination of others; or values are missing or infinite.
        """
        names, x, means = _design(spans, covariates)
        labels = np.zeros(1, object)
        codes = None
        if strata is not None:
            codes, labels = codes_of(strata, len(spans), "strata")
        times = event_times(spans, codes)
        if not len(times.time):
            raise DataError("nobody left", got="no event", expected="one or more")
        parts = _Parts.of(spans, times, _present(labels, codes, spans), x, self.ties == "efron")
        start = parts.likelihood(np.zeros(len(names)))
        _independent(start.information, names)
        whole = _climb(parts)
        separated = _moving(parts, whole)
        covariance = _inverse(whole.best.information, separated)
        theta = np.where(separated, np.nan, whole.theta)
        robust = None
        if clusters is not None:
            owner = codes_of(clusters, len(spans), "clusters")[0]
            robust = _sandwich(parts.at(whole.theta), spans.weight, owner, covariance)
        statistic = float(start.score @ np.linalg.solve(start.information, start.score))
        return CoxFit(
            names=names, coefficients=theta, covariance=covariance, robust_covariance=robust,
            loglik=whole.best.loglik, null_loglik=start.loglik, score_statistic=statistic,
            score_pvalue=float(chdtrc(len(names), statistic)), n_rows=len(spans), n_events=spans.n_events,
            n_steps=whole.n_steps, converged=whole.converged,
            separated=tuple(n for n, s in zip(names, separated, strict=True) if s), means=means,
            ties=self.ties, ci_level=self.ci_level, _parts=parts.at(whole.theta),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Value:
    loglik: float
    score: np.ndarray
    information: np.ndarray


@dataclass(frozen=True, slots=True)
class _Detail:
    """See `kernel.partial_parts`."""

    hazard: np.ndarray
    tied_hazard: np.ndarray
    flow: np.ndarray
    tied_flow: np.ndarray
    average: np.ndarray
    residual: np.ndarray
    crossed: np.ndarray
    squared: np.ndarray


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rows in the order of the pass, and the coefficients at which it is made."""

    spans: Spans
    times: EventTimes
    labels: np.ndarray
    x: np.ndarray
    efron: bool
    theta: np.ndarray
    order: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, spans: Spans, times: EventTimes, labels: np.ndarray, x: np.ndarray, efron: bool) -> _Parts:
        here, n_times = np.flatnonzero(times.first <= times.last), len(times.time)
        order = (*_buckets(times.last, here, n_times), *_buckets(times.first, here, n_times + 1))
        return cls(spans, times, labels, x, efron, np.zeros(x.shape[1]), order)

    def at(self, theta: np.ndarray) -> _Parts:
        return _Parts(self.spans, self.times, self.labels, self.x, self.efron, theta, self.order)

    def _arguments(self, theta: np.ndarray) -> tuple[Any, ...]:
        eta = self.x @ theta
        with np.errstate(over="ignore"):
            risk = self.spans.weight * np.exp(eta)
        return (*self.order, self.x, eta, risk, self.spans.weight, self.spans.event, self.efron)

    def likelihood(self, theta: np.ndarray) -> _Value:
        p = len(theta)
        score, information = np.empty(p), np.empty((p, p))
        return _Value(partial_likelihood(*self._arguments(theta), score, information), score, information)

    def detail(self, g: np.ndarray | None = None) -> _Detail:
        n, p = len(self.times.time), self.x.shape[1]
        shapes = [(n,), (n,), *[(n, p)] * 4, (p, p), (p, p)]
        found = _Detail(*(np.zeros(shape) for shape in shapes))
        weights = np.zeros(n) if g is None else g
        partial_parts(
            *self._arguments(self.theta), weights, found.hazard, found.tied_hazard, found.flow,
            found.tied_flow, found.average, found.residual, found.crossed, found.squared,
        )  # fmt: skip
        return found

    def clock(self, transform: str) -> np.ndarray:
        """(K,): time as a test looks at it, less its mean over events."""
        n, d = self.times.at_risk(self.spans.weight), self.times.events(self.spans.event, self.spans.weight)
        time = self.times.time
        if transform == "km":
            pooled = event_times(self.spans)
            n, d = pooled.at_risk(self.spans.weight), pooled.events(self.spans.event, self.spans.weight)
            before = np.r_[0.0, 1 - np.cumprod(1 - d / n)[:-1]]
            g = before[np.searchsorted(pooled.time, time)]
        elif transform in ("identity", "log"):
            g = np.log(time) if transform == "log" else time
        else:
            raise OptionError("unknown transform", got=repr(transform), expected="'km', 'identity' or 'log'")
        counts = np.bincount(self.times.last[self.spans.event], minlength=len(time))
        return g - (g * counts).sum() / counts.sum()

    def score_residuals(self) -> np.ndarray:
        """(n, p): at event times first..last each row takes exp(eta) (x - mean) dH away; its event adds."""
        found, times = self.detail(), self.times
        risk, here = np.exp(self.x @ self.theta), times.first <= times.last
        first, last = times.first[here], times.last[here] + 1
        total = np.concatenate([[0.0], np.cumsum(found.hazard)])
        flow = np.vstack([np.zeros(self.x.shape[1]), np.cumsum(found.flow, axis=0)])
        x = self.x[here]
        taken = x * (total[last] - total[first])[:, None] - (flow[last] - flow[first])
        out = np.zeros_like(self.x)
        out[here] = -risk[here, None] * taken
        rows = np.flatnonzero(self.spans.event)
        at = times.last[rows]
        spared = self.x[rows] * found.tied_hazard[at, None] - found.tied_flow[at]
        out[rows] += self.x[rows] - found.average[at] + risk[rows, None] * spared
        return out


@dataclass(frozen=True, slots=True)
class _Climb:
    theta: np.ndarray
    best: _Value
    n_steps: int
    converged: bool


def _design(spans: Spans, covariates: Mapping[str, Any]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    if not covariates:
        raise DataError("no covariates", got="none", expected="one or more")
    names = tuple(covariates)
    columns = [np.asarray(covariates[name], np.float64) for name in names]
    for name, column in zip(names, columns, strict=True):
        if column.shape != (len(spans),):
            raise DataError(
                f"{name} does not fit the spans", got=str(column.shape), expected=f"({len(spans)},)"
            )
        if not np.isfinite(column).all():
            n = int((~np.isfinite(column)).sum())
            raise DataError(f"{name} has missing or infinite values", got=f"{n} rows", expected="numbers")
    x = np.stack(columns, axis=1)
    means = np.average(x, axis=0, weights=spans.weight)
    return names, np.ascontiguousarray(x - means), means


def _present(labels: np.ndarray, codes: np.ndarray | None, spans: Spans) -> np.ndarray:
    """Labels of the strata in the order of their blocks, which are those of the codes."""
    return labels if codes is None else labels[np.unique(codes)]


def _buckets(place: np.ndarray, rows: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows by place, and where those of each place begin, (n + 1,)."""
    mine = place[rows]
    return rows[np.argsort(mine, kind="stable")], np.concatenate(
        [[0], np.cumsum(np.bincount(mine, minlength=n))]
    )


def _independent(information: np.ndarray, names: tuple[str, ...]) -> None:
    scale = np.sqrt(np.diag(information))
    if flat := [name for name, s in zip(names, scale, strict=True) if not s > 0]:
        raise DataError(
            f"{flat[0]} does not vary among those at risk together", got="one value", expected="two or more"
        )
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < DEPENDENT * values[-1]:
        tied = [name for name, v in zip(names, vectors[:, 0], strict=True) if abs(v) > 1e-4]
        raise DataError(
            "covariates depend on each other", got=", ".join(tied), expected="none a combination of others",
            hint="Leave one of them out.",
        )  # fmt: skip


def _climb(parts: _Parts) -> _Climb:
    """Newton's method with step halving."""
    theta = np.zeros(parts.x.shape[1])
    best, steps, converged = parts.likelihood(theta), 0, False
    while steps < MAX_STEPS and not converged:
        steps += 1
        step = _solve(best.information, best.score)
        for _ in range(30):
            tried = parts.likelihood(theta + step)
            if np.isfinite(tried.loglik) and tried.loglik >= best.loglik - SETTLED * abs(best.loglik):
                break
            step = step / 2
        else:
            break
        converged = abs(tried.loglik - best.loglik) <= SETTLED * (abs(best.loglik) + 1e-3)
        theta, best = theta + step, tried
    return _Climb(theta, best, steps, converged)


def _moving(parts: _Parts, found: _Climb) -> np.ndarray:
    """Which coefficients still move although the likelihood no longer rises: they have no maximum."""
    step = _solve(found.best.information, found.best.score)
    spread = np.sqrt(np.average(parts.x**2, axis=0, weights=parts.spans.weight))
    return np.abs(step) * spread > STILL_MOVING


def _solve(information: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Newton's step, also where the information fades: each direction in its own scale."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    kept = values > 1e-14
    return (vectors[:, kept] @ ((vectors[:, kept].T @ (score / scale)) / values[kept])) / scale


def _inverse(information: np.ndarray, separated: np.ndarray) -> np.ndarray:
    """Inverse of the information; NaN for what has no estimate."""
    out = np.full(information.shape, np.nan)
    kept = np.flatnonzero(~separated)
    out[np.ix_(kept, kept)] = np.linalg.inv(information[np.ix_(kept, kept)])
    return out


def _sandwich(parts: _Parts, weight: np.ndarray, owner: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    influence = (parts.score_residuals() * weight[:, None]) @ np.nan_to_num(covariance)
    summed = np.stack([np.bincount(owner, weights=column) for column in influence.T], axis=1)
    return np.where(np.isnan(covariance), np.nan, summed.T @ summed)
