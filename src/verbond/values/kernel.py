"""Multidimensional scaling in two dimensions, and how well an order on a circle is found. Arrays only.

References
----------
Borg, I., & Groenen, P. J. F. (2005). Modern Multidimensional Scaling (2nd ed.). Springer.
de Leeuw, J., & Mair, P. (2009). Multidimensional scaling using majorization: SMACOF in R. Journal of
Statistical Software, 31(3).
Hubert, L., & Arabie, P. (1987). Evaluating order hypotheses within proximity matrices. Psychological
Bulletin, 102(1), 172-178.
Kruskal, J. B. (1964). Nonmetric multidimensional scaling. Psychometrika, 29, 115-129.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations
from math import factorial

import numpy as np
from scipy.stats import rankdata

from verbond.numerics import compiled

__all__ = [
    "KINDS",
    "OrderAgreement",
    "Scaling",
    "circular_gaps",
    "classical_scaling",
    "order_agreement",
    "procrustes",
    "resampled_sums",
    "scale_distances",
]

KINDS = ("ratio", "interval", "ordinal")
"""What of the dissimilarities counts: their ratios, their differences, or their order alone."""
N_RANDOM_STARTS = 12
MAX_ITERATIONS = 5_000
MOST_GROUPS = 2_000
"""People are drawn one by one up to so many; beyond it, in so many random groups."""
TOLERANCE = 1e-10
"""On the change of squared stress in an iteration."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Points whose distances follow dissimilarities.

    Attributes
    ----------
    points : (n, 2) float64
        Centred, sum of squared distances over pairs equal to the number of pairs.
    stress : float
        Kruskal's stress-1: 0 is perfect.
    disparities : (n (n-1) / 2,) float64
        What the dissimilarities became, pairs in the order of `numpy.triu_indices`.
    n_iterations : int
    converged : bool
    """

    points: np.ndarray = field(repr=False)
    stress: float
    disparities: np.ndarray = field(repr=False)
    n_iterations: int
    converged: bool


def classical_scaling(distances: np.ndarray, n_dimensions: int = 2) -> np.ndarray:
    """Points by the eigenvectors of the double-centred squared distances (Torgerson 1952).

    Parameters
    ----------
    distances : (n, n) float64
    n_dimensions : int

    Returns
    -------
    (n, n_dimensions) float64
    """
    n = len(distances)
    centring = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * centring @ (distances**2) @ centring)
    largest = np.argsort(values)[::-1][:n_dimensions]
    return vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0.0))


def scale_distances(
    distances: np.ndarray,
    kind: str = "ordinal",
    *,
    starts: tuple[np.ndarray, ...] = (),
    n_random: int = N_RANDOM_STARTS,
    rng: np.random.Generator | None = None,
) -> Scaling:
    """Find points in the plane by majorisation (SMACOF), the best of several starts.

    Parameters
    ----------
    distances : (n, n) float64
        Dissimilarities, symmetric, at least 0.
    kind : {"ordinal", "interval", "ratio"}
        In "ordinal", equal dissimilarities may become unequal distances (Kruskal's primary approach).
    starts : tuple of (n, 2) arrays
        Beside classical scaling.
    n_random : int
        Random starts.
    rng : numpy.random.Generator, optional

    Returns
    -------
    Scaling

    Notes
    -----
    Minimises stress-1, sqrt(sum (d-hat - d)^2 / sum d^2) over pairs, over points and admissible
    transformations d-hat of the dissimilarities. The Guttman transform lowers it in every step; the minimum
    is local, which is what the starts are for.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    n = len(distances)
    rows, columns = np.triu_indices(n, 1)
    delta = np.ascontiguousarray(distances[rows, columns], dtype=np.float64)
    order = np.argsort(delta, kind="stable")
    code = KINDS.index(kind)
    every = [classical_scaling(distances), *starts]
    every += [rng.standard_normal((n, 2)) for _ in range(n_random)]
    best: Scaling | None = None
    for start in every:
        points, disparities, stress, n_iterations = _majorise(
            _spread(np.array(start, dtype=np.float64)), delta, order, rows, columns, code,
            MAX_ITERATIONS, TOLERANCE,
        )  # fmt: skip
        if best is None or stress < best.stress:
            best = Scaling(points, stress, disparities, n_iterations, n_iterations < MAX_ITERATIONS)
    assert best is not None
    return best


def _spread(points: np.ndarray) -> np.ndarray:
    """A start whose points are all apart."""
    points = points - points.mean(axis=0)
    jitter = 1e-4 * np.linspace(-1, 1, points.size).reshape(points.shape) ** 3
    size = np.abs(points).max()
    return points / (size if size > 0 else 1.0) + jitter


@compiled
def _majorise(points, delta, order, rows, columns, kind, max_iterations, tolerance):
    n, n_pairs = points.shape[0], delta.shape[0]
    distances = np.empty(n_pairs)
    disparities = np.empty(n_pairs)
    moved = np.empty((n, 2))
    previous, stress, iteration = np.inf, 1.0, 0
    while iteration < max_iterations:
        iteration += 1
        total = 0.0
        for p in range(n_pairs):
            x = points[rows[p], 0] - points[columns[p], 0]
            y = points[rows[p], 1] - points[columns[p], 1]
            distances[p] = np.sqrt(x * x + y * y)
            total += distances[p] ** 2
        scale = np.sqrt(n_pairs / max(total, 1e-300))
        for p in range(n_pairs):
            distances[p] *= scale
        _transform(delta, distances, order, kind, disparities)
        cross, square = 0.0, 0.0
        for p in range(n_pairs):
            cross += disparities[p] * distances[p]
            square += disparities[p] ** 2
        squared_stress = max(0.0, 1.0 - cross * cross / max(square * n_pairs, 1e-300))
        stress = np.sqrt(squared_stress)
        if previous - squared_stress < tolerance:
            break
        previous = squared_stress
        for i in range(n):
            for k in range(2):
                points[i, k] *= scale
                moved[i, k] = 0.0
        for p in range(n_pairs):
            ratio = disparities[p] / max(distances[p], 1e-12)
            for k in range(2):
                pull = ratio * (points[rows[p], k] - points[columns[p], k])
                moved[rows[p], k] += pull
                moved[columns[p], k] -= pull
        for i in range(n):
            for k in range(2):
                points[i, k] = moved[i, k] / n
    return points, disparities, stress, iteration


@compiled
def _transform(delta, distances, order, kind, disparities):
    """Disparities: the admissible transformation of `delta` nearest to `distances`."""
    n_pairs = delta.shape[0]
    if kind == 2:
        _monotone(delta, distances, order, disparities, n_pairs)
        return
    low = delta[order[0]] if kind == 1 else 0.0
    middle, mean = 0.0, 0.0
    for p in range(n_pairs):
        middle += (delta[p] - low) / n_pairs
        mean += distances[p] / n_pairs
    through_zero = kind == 0
    start, slope = 0.0, 0.0
    if not through_zero:
        cross, square = 0.0, 0.0
        for p in range(n_pairs):
            cross += (delta[p] - low - middle) * (distances[p] - mean)
            square += (delta[p] - low - middle) ** 2
        slope = max(cross / square if square > 0.0 else 0.0, 0.0)
        start = mean - slope * middle
        through_zero = start < 0.0
    if through_zero:
        cross, square = 0.0, 0.0
        for p in range(n_pairs):
            cross += (delta[p] - low) * distances[p]
            square += (delta[p] - low) ** 2
        start, slope = 0.0, cross / square if square > 0.0 else 0.0
    for p in range(n_pairs):
        disparities[p] = start + slope * (delta[p] - low)


@compiled
def _monotone(delta, distances, order, disparities, n_pairs):
    """Isotonic regression of distances on the order of `delta`; ties take the order of the distances."""
    sequence = order.copy()
    first = 0
    while first < n_pairs:
        last = first
        while last + 1 < n_pairs and delta[sequence[last + 1]] == delta[sequence[first]]:
            last += 1
        for i in range(first + 1, last + 1):
            held = sequence[i]
            j = i
            while j > first and distances[sequence[j - 1]] > distances[held]:
                sequence[j] = sequence[j - 1]
                j -= 1
            sequence[j] = held
        first = last + 1
    means = np.empty(n_pairs)
    sizes = np.empty(n_pairs, dtype=np.int64)
    n_blocks = 0
    for i in range(n_pairs):
        means[n_blocks] = distances[sequence[i]]
        sizes[n_blocks] = 1
        n_blocks += 1
        while n_blocks > 1 and means[n_blocks - 2] > means[n_blocks - 1]:
            size = sizes[n_blocks - 2] + sizes[n_blocks - 1]
            means[n_blocks - 2] = (
                means[n_blocks - 2] * sizes[n_blocks - 2] + means[n_blocks - 1] * sizes[n_blocks - 1]
            ) / size
            sizes[n_blocks - 2] = size
            n_blocks -= 1
    i = 0
    for block in range(n_blocks):
        for _ in range(sizes[block]):
            disparities[sequence[i]] = means[block]
            i += 1


def procrustes(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`points` moved, turned, mirrored and stretched onto `target`, least squares.

    Parameters
    ----------
    points, target : (n, 2) float64

    Returns
    -------
    (n, 2) float64
    """
    x, y = points - points.mean(axis=0), target - target.mean(axis=0)
    left, size, right = np.linalg.svd(x.T @ y)
    stretch = size.sum() / max((x * x).sum(), 1e-300)
    return stretch * x @ left @ right + target.mean(axis=0)


def resampled_sums(
    rows: np.ndarray, n_samples: int, rng: np.random.Generator, people: np.ndarray | None = None
) -> np.ndarray:
    """Sums of rows over samples of people with replacement.

    Parameters
    ----------
    rows : (n, k) float64
    n_samples : int
    rng : numpy.random.Generator
    people : (n,) int64, optional
        Who each row belongs to, 0.. without gaps; None: each to somebody else.

    Returns
    -------
    (n_samples, k) float64

    Notes
    -----
    Beyond 2,000 people, samples are drawn of 2,000 random groups of people: of independent people, sums over
    groups have the same distribution, and the work no longer grows with their number.
    """
    who = np.arange(len(rows)) if people is None else people
    n_people = int(who.max()) + 1
    if n_people > MOST_GROUPS:
        who = (rng.permutation(n_people) % MOST_GROUPS)[who]
        n_people = MOST_GROUPS
    sums = np.column_stack([np.bincount(who, weights=column, minlength=n_people) for column in rows.T])
    weights = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=n_samples)
    return weights.astype(np.float64) @ sums


def circular_gaps(angles: np.ndarray) -> np.ndarray:
    """Degrees between angles over all pairs, 0..180, in the order of `numpy.triu_indices`.

    Examples
    --------
    >>> circular_gaps(np.array([350.0, 10.0, 180.0]))
    array([ 20., 170., 170.])
    """
    rows, columns = np.triu_indices(len(angles), 1)
    gap = np.abs(angles[rows] - angles[columns]) % 360
    return np.minimum(gap, 360 - gap)


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """How well an order on a circle is found, with its null.

    Attributes
    ----------
    index : float
        Hubert and Arabie's correspondence index on the dissimilarities: of all pairs of pairs of which the
        theory says which stands further apart, the share that do minus the share that do not, -1..1.
    index_pvalue : float
        Share of permutations of the labels with an index at least as high.
    rank_correlation : float
        Spearman's, between theoretical gaps and gaps on the map; NaN without a map.
    rank_pvalue : float
        By the same permutations.
    n_predictions : int
    n_permutations : int
        All of them where there are no more than 5,040; then the p-values are exact.
    """

    index: float
    index_pvalue: float
    rank_correlation: float
    rank_pvalue: float
    n_predictions: int
    n_permutations: int


def order_agreement(
    dissimilarities: np.ndarray,
    theory: np.ndarray,
    found: np.ndarray | None = None,
    *,
    n_permutations: int = 5_000,
    rng: np.random.Generator | None = None,
) -> OrderAgreement:
    """Compare dissimilarities, and the gaps found on a map, with theoretical angles.

    Parameters
    ----------
    dissimilarities : (n, n) float64
    theory : (n,) float64
        Degrees.
    found : (n,) float64, optional
        Degrees on the map.
    n_permutations : int
        Random ones, where there are too many to go through all.
    rng : numpy.random.Generator, optional

    Returns
    -------
    OrderAgreement
    """
    n = len(theory)
    rows, columns = np.triu_indices(n, 1)
    levels, level = np.unique(np.round(circular_gaps(theory), 6), return_inverse=True)
    of_pair = np.zeros((n, n), dtype=np.int64)
    of_pair[rows, columns] = of_pair[columns, rows] = level
    orders = _orders(n, n_permutations, rng)
    wanted = of_pair[orders[:, rows], orders[:, columns]]  # (permutations, pairs)
    seen = dissimilarities[rows, columns]
    above = np.sign(np.subtract.outer(seen, seen)).astype(np.float32)
    agree = np.zeros(len(orders))
    for k in range(len(levels)):
        agree += ((wanted > k) @ above * (wanted == k)).sum(axis=1)
    n_predictions = int((np.subtract.outer(level, level) > 0).sum())
    index = agree / max(n_predictions, 1)
    rank = np.full(len(orders), np.nan)
    if found is not None:
        by_level = np.array([_standard_ranks(level)[level == k][0] for k in range(len(levels))])
        rank = by_level[wanted] @ _standard_ranks(np.round(circular_gaps(found), 9))
    exact = len(orders) == factorial(n)
    return OrderAgreement(
        index=float(index[0]), index_pvalue=_upper_share(index), rank_correlation=float(rank[0]),
        rank_pvalue=_upper_share(rank), n_predictions=n_predictions,
        n_permutations=len(orders) - (not exact),
    )  # fmt: skip


def _upper_share(scores: np.ndarray) -> float:
    """Share of permutations that reach the first score; drawn ones count it as one of them."""
    if np.isnan(scores[0]):
        return float("nan")
    return float((scores >= scores[0] - 1e-9).mean())


def _orders(n: int, n_permutations: int, rng: np.random.Generator | None) -> np.ndarray:
    """The identity first, then all permutations, or so many random ones; shape (permutations, n)."""
    if factorial(n) <= 5_040:
        return np.array(list(permutations(range(n))))
    rng = np.random.default_rng(0) if rng is None else rng
    drawn = rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)
    return np.vstack([np.arange(n), drawn])


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    ranks = rankdata(values)
    ranks = ranks - ranks.mean()
    size = np.sqrt((ranks * ranks).sum())
    return ranks / size if size > 0 else ranks
