"""Promised and not told: whether a promised value is in what the house says more than other values are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verbond.expressions.kinds import VALUES
from verbond.expressions.picture.names import name_of
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import Told
from verbond.expressions.picture.shares import N_DRAWS, Clusters, clustered, interval_of
from verbond.expressions.picture.sides import estimates, too_few
from verbond.expressions.promise import Promise
from verbond.numerics.correction import holm
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["told_of"]

LEVEL = 0.05
SELDOM = 0.1
"""A promised value that is surely in fewer messages than this is told too little, whatever the others are."""


def told_of(readings: Readings, promise: Promise | None, error: float, seed: int) -> tuple[Told, ...]:
    """Every promised value beside those that are not promised, the least told first."""
    here = readings.of_side("said") & readings.is_rated
    if promise is None or not promise.values or not here.any():
        return ()
    x, cluster, person = readings.values[here], readings.cluster[here], readings.person[here]
    shares = estimates(x, cluster, person, VALUES, error)
    if (n := len(np.unique(person))) < MIN_GROUP:
        unknown = Estimate(None, n_obs=n, reason=too_few(n))
        return tuple(Told(v, shares[v], None, unknown, None, None, False, too_few(n)) for v in promise.values)
    rest = [j for j, v in enumerate(VALUES) if v not in promise.values]
    others = x[:, rest].mean(axis=1) if rest else np.zeros(len(x))
    gaps = clustered(x[:, [VALUES.index(v) for v in promise.values]] - others[:, None], cluster)
    pvalues = _flipped(gaps, seed)
    corrected = holm(pvalues.tolist())
    found = [
        _told(Told(
            v, shares[v], float(others.mean()), _gap(gaps, j, error, len(x)), float(pvalues[j]),
            float(corrected[j]), False, too_few(0),
        ))
        for j, v in enumerate(promise.values)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (not one.is_untold, one.difference.value)))


def _gap(gaps: Clusters, j: int, error: float, n: int) -> Estimate:
    """A difference between -1 and 1, as a share between 0 and 1 of which the interval is known."""
    half = Clusters((gaps.sums + gaps.sizes[:, None]) / 2, gaps.sizes)
    found = interval_of(half, error / 2)
    value, low, high = (2 * float(one[j]) - 1 for one in (found.value, found.low, found.high))
    return Estimate(value, low, high, n)


def _flipped(gaps: Clusters, seed: int) -> np.ndarray:
    """One-sided p-values (k,) that a value is told no less than others: signs of clusters by lot."""
    rng = np.random.default_rng(seed)
    seen = gaps.sums.sum(axis=0)
    n_less = np.zeros(len(seen))
    for _ in range(N_DRAWS):
        n_less += rng.choice((-1.0, 1.0), len(gaps)) @ gaps.sums <= seen + 1e-12
    return np.asarray((1 + n_less) / (1 + N_DRAWS))


def _told(one: Told) -> Told:
    seldom = (one.share.ci_upper or 1.0) < SELDOM
    less = (one.difference.ci_upper or 0.0) < 0 and (one.pvalue_holm or 0.0) < LEVEL
    is_untold = seldom or less
    more = (one.difference.ci_lower or 0.0) > 0
    code = "untold" if is_untold else "told_more" if more else "told_unclear"
    values = {
        "value": name_of("value", one.value), "share": one.share.value, "low": one.share.ci_lower,
        "high": one.share.ci_upper, "others": one.others,
    }  # fmt: skip
    return replace(one, is_untold=is_untold, reason=Reason(f"expressions_picture.{code}", values))
