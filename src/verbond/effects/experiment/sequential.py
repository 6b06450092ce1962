"""Intervals and p-values that hold at every look.

An ordinary interval holds for one look, planned beforehand. Who looks again and again and stops at the
first "significant" difference finds one far too often where there is none. The bounds here are wider and hold
at all looks together.

References
----------
Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Time-uniform central limit theory and asymptotic
confidence sequences, Annals of Statistics 52(6), 2613-2640: theorem 2.2.
"""

from __future__ import annotations

import math

from scipy.special import lambertw

__all__ = ["any_look_pvalue", "any_look_width", "tuning"]


def tuning(alpha: float, planned_n: float) -> float:
    """Square of rho at which the sequence is narrowest at `planned_n` units.

    There the derivative of the width is zero: n rho^2 + 1 = -W(-alpha^2 / e), Lambert's W, lower branch.
    """
    return float(-lambertw(-(alpha**2) / math.e, -1).real - 1) / planned_n


def any_look_width(n: float, alpha: float, rho_squared: float) -> float:
    """Half the width of the interval after `n` units, in standard errors.

    Examples
    --------
    >>> round(any_look_width(5000, 0.05, tuning(0.05, 5000)), 3)
    3.035
    """
    nr = n * rho_squared
    return math.sqrt(2 * (nr + 1) / nr * (0.5 * math.log(nr + 1) - math.log(alpha)))


def any_look_pvalue(z: float, n: float, rho_squared: float) -> float:
    """The smallest level at which the interval after `n` units leaves zero out, at most 1.

    Parameters
    ----------
    z : float
        Effect divided by its standard error.
    n : float
    rho_squared : float

    Examples
    --------
    >>> rho = tuning(0.05, 5000)
    >>> round(any_look_pvalue(any_look_width(3000, 0.05, rho), 3000, rho), 6)
    0.05
    """
    nr = n * rho_squared
    return min(1.0, math.exp(0.5 * math.log(nr + 1) - z * z * nr / (2 * (nr + 1))))
