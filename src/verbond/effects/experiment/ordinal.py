"""Ordered answers compared by their order alone."""

from __future__ import annotations

import numpy as np

from verbond.effects.experiment.kernel import Comparison

__all__ = ["superiority"]


def superiority(control: np.ndarray, variant: np.ndarray) -> Comparison:
    """How likely somebody in the variant answers higher than somebody in control, less one half.

    Ties count half. The distances between answers play no part, and spreads may differ.

    Parameters
    ----------
    control, variant : (v,) int
        How often each of the values, in ascending order, occurs.

    Returns
    -------
    Comparison
        `effect_size` from -0.5 to 0.5; means are NaN.

    Notes
    -----
    The test of Brunner & Munzel: that of Wilcoxon, Mann and Whitney without its assumption of equal spreads,
    with Satterthwaite's degrees of freedom.

    References
    ----------
    Brunner & Munzel (2000), The nonparametric Behrens-Fisher problem, Biometrical Journal 42, 17-25.

    Examples
    --------
    >>> found = superiority(np.array([3, 4, 2, 1]), np.array([1, 2, 3, 4]))
    >>> round(found.effect_size, 3), round(found.pvalue, 3)
    (0.235, 0.053)
    """
    n0, n1 = control.sum(), variant.sum()
    below_variant = (np.cumsum(control) - control / 2) / n0  # of control, below each value
    below_control = (np.cumsum(variant) - variant / 2) / n1
    p = float(variant @ below_variant / n1)
    spread1 = variant @ (below_variant - p) ** 2 / (n1 - 1)
    spread0 = control @ (below_control - (1 - p)) ** 2 / (n0 - 1)
    e0, e1 = spread0 / n0, spread1 / n1
    total = e0 + e1
    below = e0**2 / (n0 - 1) + e1**2 / (n1 - 1)
    nothing = float("nan")
    df = float(total**2 / below) if below > 0 else float(n0 + n1 - 2)
    return Comparison(p - 0.5, float(np.sqrt(total)), df, nothing, nothing)
