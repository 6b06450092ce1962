"""Difference-in-differences where units start at different moments (Callaway & Sant'Anna 2021), on arrays.

Every estimate is a sum over cohorts of means of the outcome, so a unit's influence is linear in its outcomes:
`(1, Y_i) @ C_h` for a unit of cohort h. Means and cross-products of outcomes by cohort give all estimates and
all covariances; no unit is looked at twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import chdtrc, chdtri, chndtrinc, fdtrc, fdtri, ncfdtrinc

from verbond.errors import OptionError

__all__ = [
    "COMPARISONS",
    "Comparison",
    "EventStudy",
    "GroupTimeEffects",
    "PreTrend",
    "event_study",
    "group_time_effects",
    "pre_trend",
    "simultaneous_critical_value",
]

Comparison = Literal["not_yet", "never"]
COMPARISONS: tuple[Comparison, ...] = ("not_yet", "never")
_SINGULAR = 1e-10
"""Smallest eigenvalue of a correlation matrix that a test is based on."""


@dataclass(frozen=True, slots=True)
class GroupTimeEffects:
    """Average effects by cohort (units that start in the same period) and period; K cells.

    Attributes
    ----------
    start, period : (K,) int64
        Cohort and period, as indices; the period before the start is the base and has no cell.
    effect_size, standard_error : (K,) float64
    n_started : (K,) int64
        Units of the cohort.
    n_units : int
        Of which the start is not the first period.
    coefficients : (H, P, K) float64
        C_h: influence of a unit of cohort h, linear in its columns: 1, its T outcomes (less their means over
        everybody where levels are means), and for shares the T counts that they are among.
    moments : (H, P, P) float64
        Sums over the units of cohort h of the cross-products of those columns.
    cohorts : (H,) int64
        Starts; T for units that never start.
    """

    start: np.ndarray
    period: np.ndarray
    effect_size: np.ndarray
    standard_error: np.ndarray
    n_started: np.ndarray
    n_units: int
    coefficients: np.ndarray = field(repr=False)
    moments: np.ndarray = field(repr=False)
    cohorts: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by how long ago the start is, cohorts weighed by their sizes; E moments.

    Attributes
    ----------
    since_start : (E,) int64
        Periods since the start; 0 is the first one with the action, -1 is the base and left out.
    effect_size : (E,) float64
    covariance : (E, E) float64
        Of the estimates, the estimated weights of cohorts included.
    n_started : (E,) int64
        Units of the cohorts that the estimate rests on.
    influence : (H, P, E) float64
        Of a unit of each cohort, linear in its columns (see `GroupTimeEffects`), weights taken as known.
    n_units : int
    """

    since_start: np.ndarray
    effect_size: np.ndarray
    covariance: np.ndarray = field(repr=False)
    n_started: np.ndarray = field(repr=False)
    influence: np.ndarray = field(repr=False)
    n_units: int

    def combined(self, weights: np.ndarray) -> tuple[float, float]:
        """Return a weighted sum of the effects and its standard error; weights (E,)."""
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.effect_size), math.sqrt(max(variance, 0.0))

    def between(self, first: int, last: int) -> EventStudy:
        """Only from `first` to `last` periods since the start."""
        here = np.flatnonzero((self.since_start >= first) & (self.since_start <= last))
        return EventStudy(
            self.since_start[here], self.effect_size[here], self.covariance[np.ix_(here, here)],
            self.n_started[here], self.influence[:, :, here], self.n_units,
        )  # fmt: skip

    def mean_weights(self, first: int, last: int) -> np.ndarray | None:
        """Weights (E,) of the mean from `first` to `last` periods since the start; None without any."""
        here = (self.since_start >= first) & (self.since_start <= last)
        return here / here.sum() if here.any() else None


@dataclass(frozen=True, slots=True)
class PreTrend:
    """Did both groups move alike before the start?

    Attributes
    ----------
    n_periods : int
        Periods before the base.
    statistic, pvalue : float
        Wald test that all differences before the start are 0, chi-square with `n_periods` degrees; with
        clusters Hotelling's.
    detectable_slope : float
        The smallest steady drift apart per period that the test would have found with probability `power`
        (Roth 2022): a smaller one can have gone unseen.
    power : float
    """

    n_periods: int
    statistic: float
    pvalue: float
    detectable_slope: float
    power: float


def group_time_effects(
    outcome: np.ndarray,
    starts: np.ndarray,
    comparison: Comparison = "not_yet",
    *,
    among: np.ndarray | None = None,
    staying: bool = False,
    least: int = 1,
    least_compared: int = 1,
    within: tuple[int, int] | None = None,
) -> GroupTimeEffects:
    """Estimate the average effect on each cohort in each period.

    Parameters
    ----------
    outcome : (n, T) float
        A row a unit, a column a period, without gaps.
    starts : (n,) int
        Index of the first period with the action; T or more for never. Units that start in the first period
        have no before and are left out.
    comparison : {"not_yet", "never"}
        Compare with all units that have not started by then, or only with those that never do.
    among : (n, T) float, optional
        Then the level of a group is a share: the sum of its outcomes by the sum of these.
    staying : bool
        Outcomes are 1 until a unit has left: levels are the share still there of those who were there in
        the period before the cohort starts, among units not yet started by the product over periods: a unit
        that starts later was there until then. There are no effects before the start.
    least, least_compared : int
        Cohorts, and groups to compare with, that have fewer units give no estimate. Of shares, units with
        something to count count; of staying, those who were there.
    within : (int, int), optional
        Only so many periods since the start, from and until; before it negative. By default all.

    Returns
    -------
    GroupTimeEffects

    Raises
    ------
    OptionError
        If shapes do not fit, an outcome is missing, or the comparison is unknown.

    Notes
    -----
    ATT(g, t) is the change of the level from g - 1 to t in cohort g less that in the comparison group; of
    means those are equations 2.8 and 2.9 of the paper without covariates, no anticipation. Before the start
    the base stays g - 1, so the estimates show the whole path. Errors follow from the influence function,
    independent between units; that of a share k / n is (k_i - share n_i) / mean of n.

    References
    ----------
    Callaway, B. & Sant'Anna, P. (2021). Difference-in-differences with multiple time periods. Journal of
    Econometrics 225, 200-230.

    Examples
    --------
    >>> outcome = np.array([[1.0, 4.0], [2.0, 5.0], [1.0, 2.0], [3.0, 4.0]])
    >>> group_time_effects(outcome, np.array([1, 1, 2, 2])).effect_size
    array([2.])
    >>> group_time_effects(outcome, np.array([1, 1, 2, 2]), among=np.full((4, 2), 2.0)).effect_size
    array([1.])
    """
    levels = _Levels.of(*_checked(outcome, starts, comparison, among), staying)
    cohorts, n_periods, n = levels.cohorts, levels.n_periods, levels.n_units
    first, last = (-n_periods, n_periods) if within is None else within
    cells = [
        (g, t, pool)
        for g in np.flatnonzero(cohorts < n_periods).tolist()
        for t in range(max(0, int(cohorts[g]) + first), min(n_periods, int(cohorts[g]) + last + 1))
        if t != cohorts[g] - 1 and levels.enough([g], t, cohorts[g] - 1, least)
        for pool in [_pool(cohorts, g, t, n_periods, comparison)]
        if levels.enough(pool, t, cohorts[g] - 1, max(least_compared, 1))
    ]
    coefficients = np.zeros((len(cohorts), levels.moments.shape[1], len(cells)))
    effects = np.empty(len(cells))
    for k, (g, t, pool) in enumerate(cells):
        base = int(cohorts[g]) - 1
        if staying:
            others = [_pool(cohorts, g, s, n_periods, comparison) for s in range(base + 1, t + 1)]
            own, influence = levels.stayed([np.array([g])] * len(others), base)
            other, less = levels.stayed(others, base)
            coefficients[:, :, k] = influence - less
        else:
            own, coefficients[g, :, k] = levels.change([g], t, base)
            other, influence = levels.change(pool, t, base)
            coefficients[pool, :, k] = -influence
        effects[k] = own - other
    squares = np.einsum("htk,hts,hsk->k", coefficients, levels.moments, coefficients, optimize=True)
    at = np.array([g for g, _, _ in cells], dtype=np.int64)
    return GroupTimeEffects(
        start=cohorts[at],
        period=np.array([t for _, t, _ in cells], dtype=np.int64),
        effect_size=effects,
        standard_error=np.sqrt(np.maximum(squares, 0.0)) / max(n, 1),
        n_started=levels.sizes[at],
        n_units=n,
        coefficients=coefficients,
        moments=levels.moments,
        cohorts=cohorts,
    )


@dataclass(frozen=True, slots=True)
class _Levels:
    """Sums of cohorts, and what a unit's columns (1, outcomes, counts) do to the change of a level."""

    cohorts: np.ndarray
    sizes: np.ndarray
    moments: np.ndarray
    there: np.ndarray
    n_periods: int
    n_units: int
    kind: Literal["mean", "share", "staying"]

    @classmethod
    def of(cls, outcome: np.ndarray, starts: np.ndarray, among: np.ndarray | None, staying: bool) -> _Levels:
        n, n_periods = outcome.shape
        kind: Literal["mean", "share", "staying"] = (
            "staying" if staying else "mean" if among is None else "share"
        )
        if kind == "mean":
            outcome = outcome - (outcome.mean(axis=0) if n else 0.0)
        columns = np.column_stack([np.ones(n), outcome, *([] if among is None else [among])])
        cohorts = np.unique(starts)
        parts = [columns[starts == h] for h in cohorts]
        sizes = np.array([len(part) for part in parts], dtype=np.int64)
        counted = {"mean": np.s_[:, :0], "share": np.s_[:, n_periods + 1 :], "staying": np.s_[:, 1:]}[kind]
        there = np.array([(part[counted] > 0).sum(axis=0) for part in parts])
        if kind == "mean":
            there = np.repeat(sizes[:, None], n_periods, axis=1)
        p = columns.shape[1]
        moments = np.array([part.T @ part for part in parts]).reshape(-1, p, p)
        return cls(cohorts, sizes, moments, there, n_periods, n, kind)

    def enough(self, members: Sequence[int] | np.ndarray, t: int, base: int, least: int) -> bool:
        """Whether so many units of some cohorts count in both periods."""
        if self.kind == "staying":
            return t > base and int(self.there[members, base].sum()) >= least
        return int(min(self.there[members, t].sum(), self.there[members, base].sum())) >= least

    def change(self, members: Sequence[int] | np.ndarray, t: int, base: int) -> tuple[float, np.ndarray]:
        """The change of the level from a period to t, and the influence (P,) of a unit on it."""
        sums = self.moments[members, 0, :].sum(axis=0)
        influence = np.zeros(len(sums))
        if self.kind == "mean":
            size = int(self.sizes[members].sum())
            change = float((sums[t + 1] - sums[base + 1]) / size)
            influence[[t + 1, base + 1, 0]] = np.array([1.0, -1.0, -change]) / size
        else:
            later, before = t + 1 + self.n_periods, base + 1 + self.n_periods
            shares = sums[t + 1] / sums[later], sums[base + 1] / sums[before]
            change = float(shares[0] - shares[1])
            influence[[t + 1, later]] = np.array([1.0, -shares[0]]) / sums[later]
            influence[[base + 1, before]] = np.array([-1.0, shares[1]]) / sums[before]
        return change, influence * self.n_units

    def stayed(self, at_risk: Sequence[np.ndarray], base: int) -> tuple[float, np.ndarray]:
        """The share who stay, less 1, by the cohorts at risk in each period after the base; influence (H, P).

        The product over periods (Kaplan & Meier): whoever is reached later was at risk until then.
        """
        sums = self.moments[:, 0, :]
        share, influence = 1.0, np.zeros(sums.shape)
        for s, members in enumerate(at_risk, base + 1):
            still, before = (float(sums[members, column].sum()) for column in (s + 1, s))
            if not still > 0:
                return -1.0, np.zeros(sums.shape)
            share *= still / before
            influence[members, s + 1] += 1 / still
            influence[members, s] -= 1 / before
        return share - 1.0, influence * share * self.n_units


def _checked(
    outcome: np.ndarray, starts: np.ndarray, comparison: str, among: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    outcome, starts = np.asarray(outcome, dtype=np.float64), np.asarray(starts, dtype=np.int64)
    if outcome.ndim != 2 or starts.shape != outcome.shape[:1]:
        raise OptionError(
            "outcome and starts do not fit",
            got=f"{outcome.shape} and {starts.shape}",
            expected="(n, T) and (n,)",
        )
    if among is not None and np.shape(among) != outcome.shape:
        raise OptionError("among does not fit", got=str(np.shape(among)), expected=str(outcome.shape))
    if not np.isfinite(outcome).all() or (among is not None and not np.isfinite(among).all()):
        raise OptionError("an outcome is missing", got="not a number", expected="a value for each period")
    if comparison not in COMPARISONS:
        raise OptionError("unknown comparison", got=repr(comparison), expected=" or ".join(COMPARISONS))
    starts = np.minimum(starts, outcome.shape[1])
    later = starts >= 1
    if later.all():
        return outcome, starts, among
    return outcome[later], starts[later], None if among is None else among[later]


def _pool(cohorts: np.ndarray, g: int, t: int, n_periods: int, comparison: str) -> np.ndarray:
    """Cohorts that serve as comparison for cohort g in period t."""
    if comparison == "never":
        return np.flatnonzero(cohorts == n_periods)
    return np.flatnonzero((cohorts > max(t, cohorts[g] - 1)) & (np.arange(len(cohorts)) != g))


def event_study(effects: GroupTimeEffects) -> EventStudy:
    """Put the cohorts together by periods since their start, weighed by their sizes.

    Parameters
    ----------
    effects : GroupTimeEffects

    Returns
    -------
    EventStudy

    Notes
    -----
    Equation 3.4 of Callaway & Sant'Anna (2021). A unit's influence on the weights is added to that on the
    effects, so the weights are not taken as known.
    """
    since = effects.period - effects.start
    moments_since = np.unique(since)
    weights = np.zeros((len(since), len(moments_since)))
    on_weights = np.zeros((len(effects.cohorts), len(moments_since)))
    combined, n_started = np.zeros(len(moments_since)), np.zeros(len(moments_since), dtype=np.int64)
    for j, e in enumerate(moments_since):
        here = np.flatnonzero(since == e)
        total = n_started[j] = effects.n_started[here].sum()
        weights[here, j] = effects.n_started[here] / total
        combined[j] = weights[:, j] @ effects.effect_size
        own = np.searchsorted(effects.cohorts, effects.start[here])
        on_weights[own, j] = (effects.effect_size[here] - combined[j]) * effects.n_units / total
    known = effects.coefficients @ weights
    influence = known.copy()
    influence[:, 0, :] += on_weights
    covariance = np.einsum("hta,hts,hsb->ab", influence, effects.moments, influence, optimize=True)
    covariance /= max(effects.n_units, 1) ** 2
    return EventStudy(moments_since, combined, covariance, n_started, known, effects.n_units)


def simultaneous_critical_value(
    covariance: np.ndarray,
    ci_level: float = 0.95,
    *,
    draws: int = 20_000,
    degrees: int | None = None,
    rng: np.random.Generator | None = None,
) -> float:
    """How many standard errors wide a band must be to hold all true effects at once.

    Parameters
    ----------
    covariance : (E, E) float
        Of the estimates.
    ci_level : float
    draws : int
    degrees : int, optional
        Of freedom, where the covariance itself rests on few clusters.
    rng : numpy Generator, optional
        Without it the same draws each time.

    Returns
    -------
    float

    Notes
    -----
    Algorithm 1 of Callaway & Sant'Anna (2021), the multiplier bootstrap, with standard normal multipliers.
    Given the data, sums of influences times such multipliers are normal with exactly this covariance, so they
    are drawn from it, which asks for no pass over the units.

    Examples
    --------
    >>> round(simultaneous_critical_value(np.eye(1)), 1), round(simultaneous_critical_value(np.eye(10)), 1)
    (2.0, 2.8)
    """
    rng = np.random.default_rng(2021) if rng is None else rng
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    here = errors > 0
    if not here.any():
        return math.nan
    correlation = covariance[np.ix_(here, here)] / np.outer(errors[here], errors[here])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    farthest = np.abs(rng.standard_normal((draws, len(values))) @ root.T).max(axis=1)
    if degrees is not None:
        farthest /= np.sqrt(rng.chisquare(degrees, draws) / degrees)
    return float(np.quantile(farthest, ci_level))


def pre_trend(
    study: EventStudy, *, alpha: float = 0.05, power: float = 0.8, n_clusters: int | None = None
) -> PreTrend | None:
    """Test whether both groups moved alike before the start, and say what the test could have seen.

    Parameters
    ----------
    study : EventStudy
    alpha, power : float
    n_clusters : int, optional
        Where the covariance rests on clusters: then the test is Hotelling's, which asks for more clusters
        than periods.

    Returns
    -------
    PreTrend or None
        None without periods before the base, or where the outcome does not move in them. Periods in which
        nobody's does tell nothing and are left out.

    References
    ----------
    Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American
    Economic Review: Insights 4, 305-322.
    """
    before = (study.since_start < -1) & (np.diag(study.covariance) > 0)
    n = int(before.sum())
    if not n:
        return None
    covariance = study.covariance[np.ix_(before, before)]
    errors = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(errors, errors)
    if np.linalg.eigvalsh(correlation)[0] < _SINGULAR or (n_clusters is not None and n_clusters <= n):
        return None
    scaled = study.effect_size[before] / errors
    statistic = float(scaled @ np.linalg.solve(correlation, scaled))
    drift = (study.since_start[before] + 1) / errors
    if n_clusters is None:
        pvalue = float(chdtrc(n, statistic))
        noncentrality = float(chndtrinc(chdtri(n, alpha), n, 1 - power))
    else:
        pvalue, noncentrality = _hotelling(statistic, n, n_clusters, alpha, power)
    slope = math.sqrt(noncentrality / float(drift @ np.linalg.solve(correlation, drift)))
    return PreTrend(n, statistic, pvalue, slope, power)


def _hotelling(statistic: float, n: int, n_clusters: int, alpha: float, power: float) -> tuple[float, float]:
    """P-value of a Wald statistic on few clusters, and the noncentrality that it finds with some power."""
    degrees = n_clusters - n
    factor = degrees / (n * (n_clusters - 1))
    least = float(fdtri(n, degrees, 1 - alpha))
    noncentrality = float(ncfdtrinc(n, degrees, 1 - power, least))
    return float(fdtrc(n, degrees, statistic * factor)), noncentrality
