"""Power of comparing two groups, and how many people a comparison needs.

Means: Student's two-sample t-test, two-sided, exact through the noncentral t-distribution; both tails count.
Shares: the normal approximation with the pooled share under no difference.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from verbond.numerics.intervals import normal_quantile

__all__ = ["n_for_means", "n_for_shares", "power_of_means", "power_of_shares", "smallest_n"]


def power_of_means(
    effect: float, sd: float, n: float, n_other: float, alpha: float = 0.05, df: float | None = None
) -> float:
    """Power of a two-sided two-sample t-test with one standard deviation.

    Parameters
    ----------
    effect, sd : float
        Difference of the means and standard deviation within groups, in the same unit.
    n, n_other : float
        People in each group; need not be whole.
    alpha : float
    df : float, optional
        Degrees of freedom; n + n_other - 2 where not given.

    Returns
    -------
    float
        0..1; both tails count, so that it is `alpha` where `effect` is 0.

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, section 2.4: d = 0.5 with 64 people
    a group has a power of 0.80.

    Examples
    --------
    >>> round(power_of_means(0.5, 1.0, 64, 64), 4)
    0.8015
    """
    df = max(n + n_other - 2, 1e-9) if df is None else df
    shift = abs(effect) / sd / np.sqrt(1 / n + 1 / n_other)
    bound = stdtrit(df, 1 - alpha / 2)
    if shift > 37:  # beyond what double precision tells from certain
        return 1.0
    far = np.nan_to_num(nctdtr(df, shift, -bound))  # NaN where it is less than anything
    return float(np.clip(1 - nctdtr(df, shift, bound) + far, 0, 1))


def power_of_shares(share: float, other: float, n: float, n_other: float, ci_level: float = 0.95) -> float:
    """Power of comparing two shares, normal approximation with the pooled share under no difference.

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical methods for rates and proportions, section 4.1, without the
    correction for continuity.

    Examples
    --------
    >>> round(power_of_shares(0.5, 0.6, 388, 388), 3)
    0.801
    """
    pooled = (n * share + n_other * other) / (n + n_other)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_other))
    spread = np.sqrt(share * (1 - share) / n + other * (1 - other) / n_other)
    return float(ndtr((abs(share - other) - normal_quantile(ci_level) * error) / max(spread, 1e-12)))


def n_for_means(effect: float, sd: float, alpha: float, power: float, ratio: float = 1.0) -> float:
    """People in the first group, not rounded, at which a t-test has the power asked for.

    Parameters
    ----------
    effect, sd, alpha, power : float
    ratio : float
        People of the second group for each of the first.

    Examples
    --------
    >>> round(n_for_means(0.5, 1.0, 0.05, 0.8), 4)
    63.7656
    """
    z = (ndtri(1 - alpha / 2) + ndtri(power)) * sd / abs(effect)
    guess = float(z * z * (1 + 1 / ratio))
    return smallest_n(lambda n: power_of_means(effect, sd, n, ratio * n, alpha), power, guess, ratio)


def n_for_shares(share: float, other: float, alpha: float, power: float, ratio: float = 1.0) -> float:
    """People in the first group, not rounded, at which two shares are told apart with the power asked for.

    Examples
    --------
    >>> round(n_for_shares(0.5, 0.75, 0.05, 0.9), 4)
    76.7069
    """
    pooled = (share + ratio * other) / (1 + ratio)
    under_none = ndtri(1 - alpha / 2) * np.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    under_some = ndtri(power) * np.sqrt(share * (1 - share) + other * (1 - other) / ratio)
    return float(((under_none + under_some) / (share - other)) ** 2)


def smallest_n(power_at: Callable[[float], float], power: float, guess: float, ratio: float = 1.0) -> float:
    """Solve for the number of people at which a rising `power_at` reaches `power`; 2 at least.

    Parameters
    ----------
    power_at : function
        Number of people in the first group -> power.
    power : float
    guess : float
        Near the answer.
    ratio : float
        People of the second group for each of the first; there are two of them at least too.
    """
    low = max(2.0, 2.0 / ratio)
    if power_at(low) >= power:
        return low
    high = max(guess, low) + 1.0
    while power_at(high) < power:
        low, high = high, 2 * high
    return float(brentq(lambda n: power_at(n) - power, low, high, xtol=1e-7, rtol=1e-12))
