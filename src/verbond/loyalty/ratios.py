"""Ratios of sums over people, with their intervals: nothing but arrays."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from verbond.results import Estimate

__all__ = ["ratio_of"]


def ratio_of(amount: np.ndarray, base: np.ndarray, ci_level: float, *, share: bool = False) -> Estimate:
    """sum(amount) / sum(base) over people, with an interval that stays above 0, and for shares below 1.

    Parameters
    ----------
    amount, base : (n,) float64
        Of each person; the base sums to more than 0.
    ci_level : float
    share : bool

    Examples
    --------
    >>> told = ratio_of(np.array([2.0, 4.0, 3.0]), np.array([1.0, 1.0, 1.0]), 0.95)
    >>> round(told.value, 2), told.n_obs
    (3.0, 3)

    Notes
    -----
    The linearised error (Cochran 1977, Sampling Techniques, 6.3) with Student's t, on the log scale or for
    shares on the logit. A share of nothing has the upper bound 1 - (1 - ci_level)^(1/n).
    """
    n, value = len(base), float(amount.sum() / base.sum())
    if not value:  # as if each person had one chance
        return Estimate(0.0, 0.0, 1 - (1 - ci_level) ** (1 / n) if share else None, n, ci_level)
    error = np.sqrt(n / max(n - 1, 1) * float(((amount - value * base) ** 2).sum()))
    t = float(stdtrit(max(n - 1, 1), 0.5 + ci_level / 2))
    if share and value < 1:
        log = np.log(value / (1 - value))
        half = t * error / (float(base.sum()) * value * (1 - value))
        low, high = (1 / (1 + np.exp(-x)) for x in (log - half, log + half))
    else:
        half = t * error / float(amount.sum())
        low, high = value * np.exp(-half), value * np.exp(half)
    return Estimate(value, float(low), float(high), n, ci_level)
