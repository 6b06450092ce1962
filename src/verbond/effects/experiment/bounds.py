"""What an effect can be at least and at most where one arm lost more people than the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from verbond.numerics.intervals import normal_quantile

__all__ = ["LeeBounds", "lee_bounds"]


@dataclass(frozen=True, slots=True)
class LeeBounds:
    """Bounds of the effect among those who would have answered in either arm.

    Attributes
    ----------
    lower, upper : float
    ci_lower, ci_upper : float
        Interval of the effect itself, not of the bounds.
    trimmed : float
        Share that is cut from the answers of the arm that answered more.
    """

    lower: float
    upper: float
    ci_lower: float
    ci_upper: float
    trimmed: float


def lee_bounds(
    values: np.ndarray,
    control: np.ndarray,
    variant: np.ndarray,
    missing_control: int,
    missing_variant: int,
    ci_level: float = 0.95,
) -> LeeBounds:
    """Trim the arm that answered more to the share of the other, from above and from below.

    It rests on the lot, and on the action moving people to answer in one direction only: nobody answers under
    the one arm alone and somebody else under the other alone.

    Parameters
    ----------
    values : (v,) float
        Ascending.
    control, variant : (v,) int
        How often each occurs.
    missing_control, missing_variant : int
        Units without an answer.
    ci_level : float

    Returns
    -------
    LeeBounds

    Notes
    -----
    Where the cut falls among equal values a part of them is trimmed. Errors after Lee's proposition 3, the
    interval after Imbens & Manski.

    References
    ----------
    Lee (2009), Training, wages, and sample selection: estimating sharp bounds on treatment effects, Review of
    Economic Studies 76, 1071-1102; Imbens & Manski (2004), Econometrica 72, 1845-1857.

    Examples
    --------
    Of ten in each arm, eight answered in the variant and six in control; the two highest of the eight are
    cut, or the two lowest:

    >>> values = np.arange(1.0, 9.0)
    >>> found = lee_bounds(values, np.array([1, 1, 1, 1, 1, 1, 0, 0]), np.ones(8), 4, 2)
    >>> round(found.lower, 6) + 0.0, round(found.upper, 6), round(found.trimmed, 2)
    (0.0, 2.0, 0.25)
    """
    n0, n1 = control.sum() + missing_control, variant.sum() + missing_variant
    q0, q1 = control.sum() / n0, variant.sum() / n1
    sign, more, less = (1.0, variant, control) if q1 >= q0 else (-1.0, control, variant)
    trimmed = 1 - min(q0, q1) / max(q0, q1)
    mean = float(less @ values / less.sum())
    fixed = float(less @ (values - mean) ** 2 / (less.sum() - 1) / less.sum())
    answering = (1 - q0) / (q0 * n0) + (1 - q1) / (q1 * n1)
    ends = []
    low, high = _lowest(more, trimmed), _lowest(more[::-1], trimmed)[::-1]
    for kept, cut in ((low, np.flatnonzero(low)[-1]), (high, np.flatnonzero(high)[0])):
        middle, variance = _trimmed_mean(values, kept, float(values[cut]), trimmed, answering)
        ends.append((sign * (middle - mean), float(np.sqrt(variance + fixed))))
    (lower, low_error), (upper, high_error) = sorted(ends)
    c = _imbens_manski(upper - lower, max(low_error, high_error), ci_level)
    return LeeBounds(lower, upper, lower - c * low_error, upper + c * high_error, float(trimmed))


def _lowest(counts: np.ndarray, trimmed: float) -> np.ndarray:
    """Counts without the highest share; the value at the cut keeps a part."""
    room = (1 - trimmed) * counts.sum()
    before = np.cumsum(counts) - counts
    return np.clip(room - before, 0, counts)


def _trimmed_mean(
    values: np.ndarray, kept: np.ndarray, cut: float, trimmed: float, answering: float
) -> tuple[float, float]:
    """Mean of what is kept and its variance: of the mean, of the cut, and of the share that is cut."""
    n = kept.sum()
    mean = float(kept @ values / n)
    whole = kept @ (values - mean) ** 2 / n
    off = (cut - mean) ** 2
    return mean, float((whole + off * trimmed) / n + off * answering)


def _imbens_manski(width: float, error: float, ci_level: float) -> float:
    """Standard errors to go beyond each bound so that the effect, not both bounds, is covered."""
    if not error > 0:
        return 0.0
    two_sided = normal_quantile(ci_level)

    def short(c: float) -> float:
        return float(ndtr(c + width / error) - ndtr(-c)) - ci_level

    return float(brentq(short, 0.0, two_sided + 1e-9)) if short(two_sided) >= 0 else two_sided
