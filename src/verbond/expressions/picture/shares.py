"""Shares out of probabilities, with intervals: what a few messages say of all that would be said.

A share is the mean of calibrated probabilities. Its interval holds two errors. The first is the draw of
messages: messages of one action, or to one customer, hang together, so that residuals are summed by cluster
(Liang & Zeger 1986) and Student's t has as many degrees of freedom as there are clusters. With few messages
that are all alike the spread says nothing of those not seen: one cluster that is wholly so and one that is
wholly not are put beside them, for the interval alone. The second is what the rater gets wrong about a whole
source: a share that it gives is off by `error`, whatever the number of messages. Both add in squares.

References
----------
Agresti & Coull (1998), Approximate is better than "exact" for interval estimation of binomial proportions,
The American Statistician 52, 119-126; with two observations in the place of four, and t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from verbond.numerics.intervals import difference_interval, normal_quantile

__all__ = ["Clusters", "Interval", "clustered", "compared", "interval_of", "permuted", "sloped", "welch"]

CI_LEVEL = 0.95
N_DRAWS = 4999
"""Permutations; the smallest p-value is one in so many and one."""
MOST_CLUSTERS = 1000
"""With more, Student's t stands in the place of permutations."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Messages that hang together, summed.

    Attributes
    ----------
    sums : (g, k) float64
        Of probabilities of k names.
    sizes : (g,) float64
        Messages.
    """

    sums: np.ndarray
    sizes: np.ndarray

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def shares(self) -> np.ndarray:
        """Of each name over all messages, (k,)."""
        return np.asarray(self.sums.sum(axis=0) / self.sizes.sum())


@dataclass(frozen=True, slots=True)
class Interval:
    """Figures of k names with their bounds, each (k,)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def clustered(probabilities: np.ndarray, clusters: np.ndarray) -> Clusters:
    """Sum probabilities (n, k) over clusters (n,)."""
    found, place = np.unique(clusters, return_inverse=True)
    sums = np.zeros((len(found), probabilities.shape[1]))
    np.add.at(sums, place.ravel(), probabilities)
    return Clusters(sums, np.bincount(place.ravel(), minlength=len(found)).astype(float))


def errors_of(clusters: Clusters) -> tuple[np.ndarray, int]:
    """Standard errors (k,) of shares, with one cluster of each kind added, and degrees of freedom."""
    size, k = clusters.sizes.mean(), clusters.sums.shape[1]
    sums = np.vstack([clusters.sums, np.zeros((1, k)), np.full((1, k), size)])
    sizes = np.append(clusters.sizes, [size, size])
    g = len(sizes)
    middle = sums.sum(axis=0) / sizes.sum()
    residuals = sums - middle * sizes[:, None]
    return np.sqrt((residuals**2).sum(axis=0) * g / (g - 1)) / sizes.sum(), g - 1


def interval_of(clusters: Clusters, error: float, ci_level: float = CI_LEVEL) -> Interval:
    """Shares with bounds in 0..1.

    Parameters
    ----------
    clusters : Clusters
    error : float
        Standard error of what the rater gets wrong about a share.
    ci_level : float

    Notes
    -----
    The bounds stand around (sum + m) / (n + 2 m), m the mean size of a cluster; the value is the plain mean,
    which always lies between them.
    """
    value = clusters.shares
    error_of_draw, df = errors_of(clusters)
    size, n = clusters.sizes.mean(), clusters.sizes.sum()
    middle = (clusters.sums.sum(axis=0) + size) / (n + 2 * size)
    half = stdtrit(df, 0.5 + ci_level / 2) * error_of_draw
    half = np.hypot(half, normal_quantile(ci_level) * error)
    low, high = np.minimum(middle - half, value), np.maximum(middle + half, value)
    return Interval(value, np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0))


def compared(first: Clusters, second: Clusters, error: float, ci_level: float = CI_LEVEL) -> Interval:
    """First minus second, with bounds by Zou & Donner (2008) from the intervals of both."""
    a, b = interval_of(first, error, ci_level), interval_of(second, error, ci_level)
    bounds = [
        difference_interval((b.value[j], b.low[j], b.high[j]), (a.value[j], a.low[j], a.high[j]))
        for j in range(len(a.value))
    ]
    low, high = np.array(bounds).T if bounds else (np.zeros(0), np.zeros(0))
    return Interval(a.value - b.value, low, high)


def welch(first: Clusters, second: Clusters) -> np.ndarray:
    """Two-sided p-values (k,) that both shares are one, by Student's t with Satterthwaite's freedom."""
    (ea, fa), (eb, fb) = errors_of(first), errors_of(second)
    spread = ea**2 + eb**2
    df = spread**2 / np.maximum(ea**4 / fa + eb**4 / fb, 1e-300)
    gap = np.abs(first.shares - second.shares)
    return np.asarray(2 * stdtr(df, -gap / np.sqrt(np.maximum(spread, 1e-300))))


def permuted(first: Clusters, second: Clusters, seed: int, n_draws: int = N_DRAWS) -> np.ndarray:
    """Two-sided p-values (k,) that both shares are one: clusters change sides by lot.

    The p-value is (1 + draws at least as far apart) / (1 + draws). With more than 1,000 clusters `welch`
    answers.
    """
    g = len(first) + len(second)
    if g > MOST_CLUSTERS:
        return welch(first, second)
    sums, sizes = np.vstack([first.sums, second.sums]), np.append(first.sizes, second.sizes)
    rng, here = np.random.default_rng(seed), np.zeros((n_draws, g))
    for row in here:
        row[rng.permutation(g)[: len(first)]] = 1.0
    a_sums, a_sizes = here @ sums, (here @ sizes)[:, None]
    rest = sizes.sum() - a_sizes
    gaps = np.abs(a_sums / a_sizes - (sums.sum(axis=0) - a_sums) / rest)
    seen = np.abs(first.shares - second.shares)
    return np.asarray((1 + (gaps >= seen - 1e-12).sum(axis=0)) / (1 + n_draws))


def sloped(
    clusters: Clusters, times: np.ndarray, seed: int, error: float, n_draws: int = N_DRAWS
) -> tuple[Interval, np.ndarray]:
    """A straight line through shares in time: its end minus its beginning, and p-values by permutation.

    With more than 1,000 clusters the p-values are Student's, on errors that allow for unequal spread.

    Parameters
    ----------
    clusters : Clusters
    times : (g,) float64
        Of each cluster, any unit.
    seed : int
    error : float
        See `interval_of`.

    Returns
    -------
    Interval, (k,) float64
    """
    y, w = clusters.sums / clusters.sizes[:, None], clusters.sizes
    length = float(times.max() - times.min())
    x = times - (w @ times) / w.sum()
    seen = length * _slopes(x[None], y, w)[0]
    residuals = (y - clusters.shares) - x[:, None] * (seen / length)
    g = len(w)
    error_of_draw = (
        length * np.sqrt(((w * x)[:, None] ** 2 * residuals**2).sum(axis=0) * g / (g - 2)) / (w @ x**2)
    )
    half = np.hypot(stdtrit(g - 2, 0.5 + CI_LEVEL / 2) * error_of_draw, normal_quantile(CI_LEVEL) * error)
    found = Interval(seen, seen - half, seen + half)
    if g > MOST_CLUSTERS:
        return found, np.asarray(2 * stdtr(g - 2, -np.abs(seen) / np.maximum(error_of_draw, 1e-300)))
    rng = np.random.default_rng(seed)
    drawn = np.vstack([_slopes(rng.permutation(x)[None], y, w) for _ in range(n_draws)])
    p = (1 + (np.abs(drawn) * length >= np.abs(seen) - 1e-12).sum(axis=0)) / (1 + n_draws)
    return found, np.asarray(p)


def _slopes(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted least squares of y (g, k) on each row of x (b, g)."""
    x = x - (x @ w)[:, None] / w.sum()
    y = y - (w @ y) / w.sum()
    return np.asarray((x * w) @ y / (x**2 @ w)[:, None])
