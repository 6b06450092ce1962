"""The four segments of who buys and who brings, and whether they are the same people: nothing but arrays."""

from __future__ import annotations

import numpy as np

from verbond.loyalty.bringing import rank_correlation_draws
from verbond.loyalty.referral_results import OwnFinding, ReferralCell
from verbond.numerics.disclosure import rounded_people
from verbond.numerics.intervals import wilson_interval
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["cells_of", "finding_of", "hidden_segments", "in_segments", "median_above_zero"]

TOP = 0.1
_ACROSS, _BELOW, _ABOVE = 6, 2, 3


def in_segments(buys: np.ndarray, brings: np.ndarray, thresholds: tuple[float, float]) -> np.ndarray:
    """Position of each customer's segment in `SEGMENTS`.

    Examples
    --------
    >>> in_segments(np.array([9.0, 9.0, 1.0, 1.0]), np.array([7.0, 0.0, 7.0, 0.0]), (5.0, 7.0)).tolist()
    [0, 1, 2, 3]
    """
    return 2 * (buys < thresholds[0]).astype(np.int64) + (brings < thresholds[1])


def median_above_zero(values: np.ndarray) -> float:
    """The median of those that are above zero."""
    return float(np.median(values[values > 0]))


def hidden_segments(segment: np.ndarray) -> list[int]:
    """Which of the four are too small to show, and which must go with them.

    One small segment alone would follow from all the others, so the smallest of these goes with it.

    Examples
    --------
    >>> hidden_segments(np.repeat([0, 1, 2, 3], [3, 50, 20, 90]))
    [0, 2]
    """
    n = np.bincount(segment, minlength=4)
    by_size = [int(j) for j in np.argsort(n, kind="stable") if n[j]]
    hidden = [j for j in by_size if n[j] < MIN_GROUP]
    if hidden and (len(hidden) == 1 or n[hidden].sum() < MIN_GROUP):
        hidden += by_size[len(hidden) : len(hidden) + 1]
    return sorted(hidden)


def finding_of(
    buys: np.ndarray, brings: np.ndarray, n_draws: int, ci_level: float, rng: np.random.Generator
) -> OwnFinding:
    """Whether the best buyers are the best bringers."""
    positive = brings > 0
    n_top = max(int(np.ceil(TOP * len(buys))), 1)
    best = brings >= np.sort(brings[positive])[::-1][:n_top][-1] if positive.any() else positive
    top = _among_first(buys, n_top)
    n_best, hits = int(best.sum()), float(top[best].sum())
    few = Estimate(
        None, ci_level=ci_level, reason=Reason("loyalty_referral.too_small_group", {"least": MIN_GROUP})
    )
    overlap = (
        Estimate(hits / n_best, *wilson_interval(hits, n_best, ci_level), n_best, ci_level)
        if n_best >= MIN_GROUP
        else few
    )
    return OwnFinding(
        correlation=_correlation(buys, brings, n_draws, ci_level, rng),
        correlation_of_bringers=_correlation(buys[positive], brings[positive], n_draws, ci_level, rng),
        n_best=n_best if n_best >= MIN_GROUP else 0,
        overlap=overlap,
        overlap_by_chance=n_top / len(buys),
    )


def _among_first(values: np.ndarray, n: int) -> np.ndarray:
    """1 for the n highest, 0 for the others; those who tie for the last places share them."""
    last = np.sort(values)[::-1][n - 1]
    above, ties = values > last, values == last
    return above + ties * (n - above.sum()) / ties.sum()


def _correlation(
    x: np.ndarray, y: np.ndarray, n_draws: int, ci_level: float, rng: np.random.Generator
) -> Estimate:
    if len(x) < 2 * MIN_GROUP:
        why = Reason("loyalty_referral.few_to_compare", {"least": 2 * MIN_GROUP})
        return Estimate(None, ci_level=ci_level, reason=why)
    value, low, high = rank_correlation_draws(x, y, n_draws, ci_level, rng)
    if np.isnan(value):
        return Estimate(None, ci_level=ci_level, reason=Reason("loyalty_referral.all_alike"))
    return Estimate(value, low, high, len(x), ci_level)


def cells_of(
    buys: np.ndarray, brings: np.ndarray, thresholds: tuple[float, float]
) -> tuple[ReferralCell, ...]:
    """Customers by how they rank under and above the thresholds, in cells of at least five."""
    x, y = np.zeros(len(buys)), np.zeros(len(buys))
    for high in (False, True):
        here = (buys >= thresholds[0]) == high
        x[here] = high + _steps(buys[here], _ACROSS)
        here = ((brings >= thresholds[1]) == high) & (high | (brings > 0))
        y[here] = high + _steps(brings[here], _ABOVE if high else _BELOW)
    places, n = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    return tuple(
        ReferralCell(float(a), float(b), rounded_people(int(k)))
        for (a, b), k in zip(places, n, strict=True)
        if k >= MIN_GROUP
    )


def _steps(values: np.ndarray, n_steps: int) -> np.ndarray:
    """Middle of the part of 0..1 in which each stands by rank; who ties stands together."""
    if not len(values):
        return values
    _, place, size = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(size) - size / 2)[place.ravel()] / len(values)
    return (np.minimum(np.floor(middle * n_steps), n_steps - 1) + 0.5) / n_steps
