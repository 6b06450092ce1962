"""Estimates from sums over customers: numbers in, numbers out.

A group is known by how many it has and by sums of what each customer did and of its square, so that groups
put together are sums put together.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri, expit, logit, stdtrit

__all__ = ["Three", "cost_interval", "mean_of", "ratio_of"]

Three = tuple[float, float, float]
"""A value with the bounds of its interval."""


def mean_of(n: float, total: float, squares: float, ci_level: float) -> Three:
    """Mean with Student's interval, from sums.

    Parameters
    ----------
    n : float
        Customers, two at least.
    total, squares : float
        Of what each has, and of its square.
    ci_level : float

    Notes
    -----
    Where a rung is known as probabilities, `total` sums the means and `squares` the means of the square: the
    variance is then that between customers of the mean plus the mean of that within.

    Examples
    --------
    >>> [round(v, 3) for v in mean_of(4, 10.0, 30.0, 0.95)]
    [2.5, 0.446, 4.554]
    """
    mean = total / n
    half = float(stdtrit(n - 1, 0.5 + ci_level / 2)) * math.sqrt(_variance(n, total, squares) / n)
    return mean, mean - half, mean + half


def ratio_of(people: float, n: float, k: float, nn: float, nk: float, kk: float, ci_level: float) -> Three:
    """sum(k) / sum(n) over customers, a share: its linearised error, on the logit so that it stays in 0..1.

    Parameters
    ----------
    people : float
        Customers, two at least.
    n, k, nn, nk, kk : float
        Sums of chances, of hits, and of their products.
    ci_level : float

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., section 6.3.
    """
    share = k / n
    if share in (0.0, 1.0):  # as if each customer had one chance
        edge = 1 - (1 - ci_level) ** (1 / people)
        return (0.0, 0.0, edge) if share == 0 else (1.0, 1 - edge, 1.0)
    variance = people / (people - 1) * max(kk - 2 * share * nk + share**2 * nn, 0.0) / n**2
    half = float(stdtrit(people - 1, 0.5 + ci_level / 2)) * math.sqrt(variance) / (share * (1 - share))
    low, high = expit(logit(share) + half * np.array([-1.0, 1.0]))
    return share, float(low), float(high)


def cost_interval(cost: float, n: float, ci_level: float) -> Three:
    """Cost a customer won, where as many more or fewer could have been won by chance alone.

    The cost is what it is; how many come is a Poisson count, with its exact interval (Garwood 1936).

    Examples
    --------
    >>> [round(v, 1) for v in cost_interval(1000.0, 10, 0.95)]
    [100.0, 54.4, 208.5]
    """
    tail = (1 - ci_level) / 2
    fewest, most = chdtri(2 * n, 1 - tail) / 2, chdtri(2 * n + 2, tail) / 2
    return cost / n, float(cost / most), float(cost / fewest)


def _variance(n: float, total: float, squares: float) -> float:
    return max(squares - total * total / n, 0.0) / (n - 1)
