"""Few clusters (shops, regions): errors by cluster, and the wild cluster bootstrap, from sums by cluster."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from verbond.effects.past.did import EventStudy

__all__ = ["DRAWS", "ClusterSums", "WildEstimate", "cluster_sums", "webb_multipliers", "wild_estimate"]

DRAWS = 9_999
_WEBB = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])
_FARTHEST = 64.0
"""So many standard errors away an interval is called endless."""
_STEPS = 40


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Sums of outcomes by cluster and cohort; C clusters, H cohorts, T periods.

    Attributes
    ----------
    outcomes : (C, H, T) float64
        Sums over units, less the mean of each period over everybody.
    sizes : (C, H) float64
        Units.
    cohorts : (H,) int64
        Starts; T for units that never start.
    """

    outcomes: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)
    cohorts: np.ndarray

    @property
    def n_clusters(self) -> int:
        """C."""
        return len(self.sizes)

    def n_with(self, started: bool) -> int:
        """Clusters that hold units which start, or which never do."""
        here = (self.cohorts < self.outcomes.shape[2]) == started
        return int((self.sizes[:, here].sum(axis=1) > 0).sum())

    def shift(self, study: EventStudy) -> np.ndarray:
        """What each cluster adds to each estimate, (C, E), cohorts' weights taken as known."""
        within = self.outcomes - self.sizes[:, :, None] * self._means
        return np.einsum("cht,hte->ce", within, study.influence[:, 1:, :]) / study.n_units

    def clustered(self, study: EventStudy) -> EventStudy:
        """The same study with errors that allow for likeness within clusters (CR1)."""
        shift = self.shift(study)
        factor = self.n_clusters / (self.n_clusters - 1)
        return replace(study, covariance=factor * shift.T @ shift)

    @property
    def _means(self) -> np.ndarray:
        totals = self.sizes.sum(axis=0)
        return self.outcomes.sum(axis=0) / np.maximum(totals, 1.0)[:, None]


@dataclass(frozen=True, slots=True)
class WildEstimate:
    """One estimate with its interval and p-value by the wild cluster bootstrap.

    Attributes
    ----------
    effect_size, standard_error : float
    ci_lower, ci_upper : float
        All values that are not rejected; infinite where the clusters are too few to say.
    pvalue : float
        Of no effect, two-sided.
    """

    effect_size: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    pvalue: float


def cluster_sums(outcome: np.ndarray, starts: np.ndarray, clusters: np.ndarray) -> ClusterSums:
    """Sum outcomes by cluster and cohort.

    Parameters
    ----------
    outcome : (n, T) float
    starts : (n,) int
        As in `group_time_effects`; units that start in the first period are left out there and here.
    clusters : (n,) int
        0..C-1.
    """
    later = starts >= 1
    if not later.all():
        outcome, starts, clusters = outcome[later], starts[later], clusters[later]
    n_periods = outcome.shape[1]
    cohorts, cohort = np.unique(np.minimum(starts, n_periods), return_inverse=True)
    found, cluster = np.unique(clusters, return_inverse=True)
    cell, shape = cluster * len(cohorts) + cohort, (len(found), len(cohorts))
    sizes = np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64)
    sums = np.column_stack([
        np.bincount(cell, weights=column - column.mean(), minlength=len(sizes)) for column in outcome.T
    ])  # fmt: skip
    return ClusterSums(sums.reshape(*shape, n_periods), sizes.reshape(shape), cohorts)


def webb_multipliers(n_clusters: int, draws: int = DRAWS) -> np.ndarray:
    """Draw multipliers (draws, n_clusters) of six points, the same each time (Webb 2023)."""
    return np.random.default_rng(2023).choice(_WEBB, (draws, n_clusters))


def wild_estimate(
    study: EventStudy,
    sums: ClusterSums,
    weights: np.ndarray,
    first: int,
    last: int,
    *,
    ci_level: float = 0.95,
    multipliers: np.ndarray | None = None,
) -> WildEstimate:
    """Estimate a weighted sum of effects where clusters are few.

    Parameters
    ----------
    study : EventStudy
        Of means.
    sums : ClusterSums
        Of the same units.
    weights : (E,) float
    first, last : int
        Periods since the start in which there is an effect, by the hypotheses that are tried.
    ci_level : float
    multipliers : (B, C) float, optional
        Without them Webb's.

    Returns
    -------
    WildEstimate

    Notes
    -----
    The restricted wild cluster bootstrap (Cameron, Gelbach & Miller 2008) with errors CR1: an effect b is
    supposed, what it leaves unexplained of each cluster is multiplied by its draw, and t is computed anew.
    With one start it is that of a regression of the change on being reached. The estimate is linear in the
    outcomes, so each cluster enters by one number a cohort, b linearly; the interval holds every b whose
    p-value is above 1 - `ci_level`. Cohorts' weights are taken as known.

    References
    ----------
    Cameron, A. C., Gelbach, J. & Miller, D. (2008). Bootstrap-based improvements for inference with clustered
    errors. Review of Economics and Statistics 90, 414-427.
    Webb, M. (2023). Reworking wild bootstrap-based inference for clustered errors. Canadian Journal of
    Economics 56, 839-858.
    """
    value = float(weights @ study.effect_size)
    error = float(np.linalg.norm(sums.shift(study) @ weights))
    if not error > 0:
        return WildEstimate(value, 0.0, value, value, math.nan)
    draws = webb_multipliers(sums.n_clusters) if multipliers is None else multipliers
    tried = _tried(study, sums, weights, first, last, draws)

    def pvalue(b: float) -> float:
        farther = tried.farther(b, (value - b) / error)
        return float(farther.mean())

    ends = [_end(pvalue, value, side * error, 1 - ci_level) for side in (-1.0, 1.0)]
    factor = math.sqrt(sums.n_clusters / (sums.n_clusters - 1))
    return WildEstimate(value, factor * error, ends[0], ends[1], pvalue(0.0))


@dataclass(frozen=True, slots=True)
class _Tried:
    """Bootstrapped estimates (B,) and squared errors, for any supposed effect b: `value - b slope`."""

    value: np.ndarray
    slope: np.ndarray
    squares: tuple[np.ndarray, np.ndarray, np.ndarray]

    def farther(self, b: float, t: float) -> np.ndarray:
        """Which draws lie at least as far out as t."""
        one, two, three = self.squares
        square = one - 2 * b * two + b * b * three
        return (self.value - b * self.slope) ** 2 >= (t * t * (1 - 1e-10)) * square


def _tried(
    study: EventStudy, sums: ClusterSums, weights: np.ndarray, first: int, last: int, draws: np.ndarray
) -> _Tried:
    per_unit = study.influence[:, 1:, :] @ weights / study.n_units  # (H, T), of a unit's outcome
    since = np.arange(per_unit.shape[1]) - sums.cohorts[:, None]
    begun = sums.cohorts[:, None] < per_unit.shape[1]
    effect = ((since >= first) & (since <= last) & begun).astype(np.float64)
    totals = sums.sizes.sum(axis=0)
    common = totals @ effect / totals.sum()
    observed = np.einsum("cht,ht->ch", sums.outcomes, per_unit)
    supposed = sums.sizes * np.einsum("ht,ht->h", effect - common, per_unit)
    shares = sums.sizes / np.maximum(totals, 1.0)
    value, values = _drawn(observed, shares, draws)
    slope, slopes = _drawn(supposed, shares, draws)
    squares = tuple(np.einsum("bc,bc->b", a, b) for a, b in (
        (values, values), (values, slopes), (slopes, slopes),
    ))  # fmt: skip
    return _Tried(value, slope, squares)  # type: ignore[arg-type]


def _drawn(parts: np.ndarray, shares: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drawn sums (B,), and what each cluster adds after means of cohorts are taken anew (B, C)."""
    by_cohort = draws @ parts
    return by_cohort.sum(axis=1), draws * parts.sum(axis=1) - by_cohort @ shares.T


def _end(pvalue, value: float, step: float, alpha: float) -> float:  # type: ignore[no-untyped-def]
    """Where the p-value falls to alpha, on one side."""
    inside, outside = 0.0, 2.0
    while pvalue(value + outside * step) > alpha:
        inside, outside = outside, 2 * outside
        if outside > _FARTHEST:
            return math.copysign(math.inf, step)
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if pvalue(value + middle * step) > alpha else (inside, middle)
    return value + outside * step
