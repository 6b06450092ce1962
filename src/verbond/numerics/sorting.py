"""How well a figure sorts those who did something from those who did not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import rankdata

from verbond.numerics.intervals import logit_interval, normal_quantile

__all__ = ["Sorting", "difference_of_sortings", "sorting"]


@dataclass(frozen=True, slots=True)
class Sorting:
    """The area under the ROC curve.

    Attributes
    ----------
    auc : float
        Chance that of two people, one who did and one who did not, the first has the higher score; ties half.
    variance : float
        DeLong's.
    of_those_who_did, of_the_others : (n1,), (n0,) float64
        Structural components: the share of the others that each stands above.
    """

    auc: float
    variance: float
    of_those_who_did: np.ndarray = field(repr=False)
    of_the_others: np.ndarray = field(repr=False)

    def interval(self, ci_level: float = 0.95) -> tuple[float, float]:
        """On the logit scale, so that it stays in 0..1; at 0 and 1 it has no width."""
        low, high = logit_interval(np.array(self.auc), np.array(self.variance), ci_level)
        return float(low), float(high)


def sorting(scores: np.ndarray, did: np.ndarray) -> Sorting:
    """Compare everybody who did with everybody who did not.

    Parameters
    ----------
    scores : (n,) float64
    did : (n,) bool
        Two of each at least.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845; by midranks as in Sun & Xu (2014), IEEE
    Signal Processing Letters 21, 1389-1393.

    Examples
    --------
    >>> float(sorting(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])).auc)
    0.875
    """
    first, second = scores[did], scores[~did]
    whole = rankdata(np.concatenate([first, second]))
    above = (whole[: len(first)] - rankdata(first)) / len(second)
    below = 1 - (whole[len(first) :] - rankdata(second)) / len(first)
    variance = np.var(above, ddof=1) / len(first) + np.var(below, ddof=1) / len(second)
    return Sorting(float(above.mean()), float(variance), above, below)


def difference_of_sortings(a: Sorting, b: Sorting, ci_level: float = 0.95) -> tuple[float, float, float]:
    """How much better `b` sorts the same people than `a`, with DeLong's interval for paired curves."""
    value = b.auc - a.auc
    parts = (b.of_those_who_did - a.of_those_who_did, b.of_the_others - a.of_the_others)
    half = normal_quantile(ci_level) * float(np.sqrt(sum(np.var(p, ddof=1) / len(p) for p in parts)))
    return value, max(value - half, -1.0), min(value + half, 1.0)
