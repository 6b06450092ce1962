"""How strong something that nobody recorded would have to be to make a difference by itself: the E-value."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["EValue", "evalue_of_difference", "evalue_of_ratio"]


@dataclass(frozen=True, slots=True)
class EValue:
    """Risk ratios that an unrecorded cause would need, with being reached and with the outcome alike.

    Attributes
    ----------
    estimate : float
        To make all of the estimate; 1 or more.
    limit : float
        To make the interval hold zero; 1 where it holds it already.
    """

    estimate: float
    limit: float


def evalue_of_ratio(ratio: float, ci_lower: float, ci_upper: float) -> EValue:
    """Of a risk ratio with its interval, all above 0.

    Notes
    -----
    RR + sqrt(RR (RR - 1)), with 1 / RR for RR below 1 (table 1 of the paper).

    References
    ----------
    VanderWeele, T. J. & Ding, P. (2017). Sensitivity analysis in observational research: introducing the
    E-value. Annals of Internal Medicine 167, 268-274.

    Examples
    --------
    The paper's own: bottle-feeding and death by respiratory infection, 3.9 (1.8 to 8.7).

    >>> found = evalue_of_ratio(3.9, 1.8, 8.7)
    >>> round(found.estimate, 2), round(found.limit, 1)
    (7.26, 3.0)
    """
    if ratio < 1:
        ratio, ci_lower, ci_upper = 1 / ratio, 1 / ci_upper, 1 / ci_lower
    return EValue(_of(ratio), _of(max(ci_lower, 1.0)))


def _of(ratio: float) -> float:
    return ratio + math.sqrt(ratio * (ratio - 1))


def evalue_of_difference(effect_size: float, ci_lower: float, ci_upper: float, sd: float) -> EValue:
    """Of a difference of means with its interval, by the approximate risk ratio of the paper.

    Parameters
    ----------
    effect_size, ci_lower, ci_upper : float
    sd : float
        Standard deviation of the outcome between people, above 0.

    Notes
    -----
    RR = exp(0.91 d) with d the standardised difference; its limits from those of d. (The paper's 1.78
    standard errors are 0.91 times 1.96.)

    Examples
    --------
    >>> found = evalue_of_difference(0.5, 0.01, 0.99, 1.0)
    >>> round(found.estimate, 2), round(found.limit, 2)
    (2.53, 1.11)
    """
    return evalue_of_ratio(*(math.exp(0.91 * one / sd) for one in (effect_size, ci_lower, ci_upper)))
