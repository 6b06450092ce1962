"""Who brought whom, and whose the value of it is: nothing but arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.loyalty.resampling import percentile_bounds

__all__ = [
    "Brought",
    "credited",
    "depths",
    "first_bringers",
    "rank_correlation",
    "rank_correlation_draws",
    "without_circles",
]

MOST_REDRAWN = 20_000
"""With more customers than this, ranks are drawn anew among so many of them."""


@dataclass(frozen=True, slots=True)
class Brought:
    """Each customer's one bringer.

    Attributes
    ----------
    bringer : (n,) int64
        Position of who brought each customer, -1 for nobody; there are no circles.
    n_again : int
        Referrals of somebody whom another had brought already.
    n_circles : int
        Circles in which everybody was brought by the one before; the last referral of each is left out.
    """

    bringer: np.ndarray = field(repr=False)
    n_again: int
    n_circles: int


def first_bringers(bringer: np.ndarray, brought: np.ndarray, n: int) -> Brought:
    """Give everybody to who named them first, and open circles.

    Parameters
    ----------
    bringer, brought : (k,) int64
        Positions in 0..n-1 of two different customers, a pair a row, by time.
    n : int
        Customers.

    Examples
    --------
    0 brings 1, 1 brings 2, and 2 brings 0: the last one cannot be.

    >>> first_bringers(np.array([0, 1, 2, 0]), np.array([1, 2, 0, 2]), 3)
    Brought(n_again=1, n_circles=1)
    """
    kept, at = np.unique(brought, return_index=True)
    above, when = np.full(n, -1), np.full(n, -1)
    above[kept], when[kept] = bringer[at], at
    above, n_circles = without_circles(above, when)
    return Brought(above, len(brought) - len(kept), n_circles)


def without_circles(above: np.ndarray, when: np.ndarray) -> tuple[np.ndarray, int]:
    """Take the last link out of each circle.

    Parameters
    ----------
    above : (n,) int64
        Position of who stands above each, -1 for nobody.
    when : (n,) int64
        Of each link, later ones higher, none alike.

    Returns
    -------
    above : (n,) int64
    n_circles : int

    Notes
    -----
    After more steps upwards than there are links, only who stands in a circle or below one has somebody above
    still, and that one stands in the circle. Steps double: log2(n) rounds.
    """
    opened, far, n_circles = above.copy(), above, 0
    for _ in range(int((above >= 0).sum()).bit_length()):
        far = np.where(far >= 0, far[far], -1)
    left = set(np.unique(far[far >= 0]).tolist())
    while left:
        circle = [left.pop()]
        while (one := int(above[circle[-1]])) != circle[0]:
            circle.append(one)
        left.difference_update(circle)
        opened[max(circle, key=when.__getitem__)] = -1
        n_circles += 1
    return opened, n_circles


def depths(above: np.ndarray) -> np.ndarray:
    """How many stand above each; `above` is without circles.

    Examples
    --------
    >>> depths(np.array([-1, 0, 1, 0]))
    array([0, 1, 2, 1])
    """
    far, steps = above, (above >= 0).astype(np.int64)
    while (more := far >= 0).any():
        steps = steps + np.where(more, steps[far], 0)
        far = np.where(more, far[far], -1)
    return steps


def credited(above: np.ndarray, worth: np.ndarray, chain_share: float) -> tuple[np.ndarray, np.ndarray]:
    """Whose the value of each brought customer is.

    Parameters
    ----------
    above : (n,) int64
        Who brought each, -1 for nobody; without circles.
    worth : (n,) float64
        Of each who was brought.
    chain_share : float
        Of all that comes to a bringer who was brought, the part that goes on to who brought that one.

    Returns
    -------
    direct : (n,) float64
        All of it to who brought them.
    value : (n,) float64
        With chains: it is only shared out, so both add up to the worth of everybody brought.

    Examples
    --------
    0 brought 1, who brought 2, worth 10 and 4; half of the 4 goes on:

    >>> credited(np.array([-1, 0, 1]), np.array([0.0, 10.0, 4.0]), 0.5)
    (array([10.,  4.,  0.]), array([12.,  2.,  0.]))
    """
    brought = np.flatnonzero(above >= 0)
    direct = np.zeros(len(above))
    np.add.at(direct, above[brought], worth[brought])
    if not chain_share:
        return direct, direct.copy()
    value, depth = direct.copy(), depths(above)[brought]
    order = brought[np.argsort(-depth, kind="stable")]
    edges = np.cumsum(np.bincount(depth)[::-1])[:-1] if len(depth) else []
    for rows in np.split(order, edges):
        passed = chain_share * value[rows]
        value[rows] -= passed
        np.add.at(value, above[rows], passed)
    return direct, value


def rank_correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Spearman's rank correlation; who ties shares the middle rank.

    Parameters
    ----------
    x, y : (n,) float64
    weights : (n,) int64, optional
        How often each counts.

    Returns
    -------
    float
        NaN where all of x or all of y are alike.

    Examples
    --------
    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0, 3.0]), np.array([0.0, 0.0, 5.0, 9.0])), 4)
    0.8889
    """
    weights = np.ones(len(x)) if weights is None else weights
    places = [np.unique(v, return_inverse=True)[1].ravel() for v in (x, y)]
    return _correlated(places, weights)


def _correlated(places: list[np.ndarray], weights: np.ndarray) -> float:
    n, centred = weights.sum(), []
    for place in places:
        sizes = np.bincount(place, weights=weights)
        middle = np.cumsum(sizes) - (sizes - 1) / 2  # rank of those who tie
        centred.append(middle[place] - (n + 1) / 2)
    a, b = centred
    spread = np.sqrt((weights * a * a).sum() * (weights * b * b).sum())
    return float((weights * a * b).sum() / spread) if spread > 0 else float("nan")


def rank_correlation_draws(
    x: np.ndarray, y: np.ndarray, n_draws: int, ci_level: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Spearman's rank correlation with its interval: customers drawn again, and ranked anew each time.

    Returns
    -------
    value, lower, upper : float
        NaN where all of x or all of y are alike.

    Notes
    -----
    Efron's (1979) bootstrap, as in `resampling.drawn_totals`. Of more than `MOST_REDRAWN` customers so many
    are taken by lot, and what their draws differ from their own correlation is made smaller by the root of
    the two numbers, as the standard error is.
    """
    value, n = rank_correlation(x, y), len(x)
    if n > MOST_REDRAWN:
        some = rng.choice(n, MOST_REDRAWN, replace=False)
        x, y = x[some], y[some]
    m = len(x)
    places = [np.unique(v, return_inverse=True)[1].ravel() for v in (x, y)]
    own = _correlated(places, np.ones(m))
    drawn = np.array(
        [
            _correlated(places, np.bincount(rng.integers(0, m, m), minlength=m).astype(float))
            for _ in range(n_draws)
        ]
    )
    if np.isnan(value) or np.isnan(own):
        return float("nan"), float("nan"), float("nan")
    low, high = percentile_bounds(value + (drawn - own) * np.sqrt(m / n), ci_level)
    return value, float(max(low, -1.0)), float(min(high, 1.0))
