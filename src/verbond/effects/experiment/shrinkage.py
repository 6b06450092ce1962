"""Effects by group, each drawn towards the others as far as they are alike.

Of ten groups one always looks best. What it shows is partly luck, and the luck is larger the fewer people are
in it. Seen as groups of one experiment, whose effects differ by some unknown amount, each effect is drawn
towards the mean of all; the amount is not guessed but averaged over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, ndtr, ndtri

__all__ = ["LEAST_GROUPS", "Shrunk", "shrink"]

LEAST_GROUPS = 3
"""With two groups the data do not say how much groups differ."""
_POINTS = 800


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Effects of groups given one another.

    Attributes
    ----------
    mean, lower, upper : (g,) float
        Expected effects and the bounds of their intervals.
    spread : float
        Expected standard deviation of the effects between groups.
    pvalue : float
        Of Cochran's Q: all groups have the same effect.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    spread: float
    pvalue: float


def shrink(effects: np.ndarray, errors: np.ndarray, ci_level: float = 0.95) -> Shrunk:
    """Average the normal-normal model over how much groups may differ.

    Parameters
    ----------
    effects, errors : (g,) float
        At least three groups; the effect of each from its own people and its standard error.
    ci_level : float

    Notes
    -----
    Effects are normal around a common mean with standard deviation tau; mean and tau have flat priors, and
    both are integrated out (Gelman et al. 2013, equations 5.17 and 5.20-5.21). The intervals allow for not
    knowing tau, which plugging in an estimate does not.

    References
    ----------
    Rubin (1981), Estimation in parallel randomized experiments, Journal of Educational Statistics 6, 377-401;
    Gelman et al. (2013), Bayesian data analysis, section 5.4.

    Examples
    --------
    The eight schools of Rubin; the book gives 10 as the median of the first:

    >>> effects = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    >>> errors = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    >>> found = shrink(effects, errors)
    >>> found.mean.round(1)[:3], bool(found.lower[0] < 0 < 28 < found.upper[0])
    (array([11.4,  7.9,  6.1]), True)
    """
    scale = float(np.std(effects) + np.median(errors))
    u = (np.arange(_POINTS) + 0.5) / _POINTS
    tau = scale * u / (1 - u)
    total = errors**2 + tau[:, None] ** 2
    precision = (1 / total).sum(axis=1)
    centre = (effects / total).sum(axis=1) / precision
    log_density = -0.5 * np.log(precision) - 0.5 * np.log(total).sum(axis=1)
    log_density -= 0.5 * ((effects - centre[:, None]) ** 2 / total).sum(axis=1)
    weight = np.exp(log_density - log_density.max()) * scale / (1 - u) ** 2
    weight /= weight.sum()
    kept = tau[:, None] ** 2 / total
    means = kept * effects + (1 - kept) * centre[:, None]
    spreads = np.sqrt(kept * errors**2 + (1 - kept) ** 2 / precision[:, None])
    mean = weight @ means
    half = 0.5 + ci_level / 2
    bounds = [
        [_quantile(q, weight, means[:, g], spreads[:, g]) for g in range(len(effects))]
        for q in (1 - half, half)
    ]
    same = float((effects / errors**2).sum() / (1 / errors**2).sum())
    q = float((((effects - same) / errors) ** 2).sum())
    return Shrunk(
        mean,
        np.array(bounds[0]),
        np.array(bounds[1]),
        float(weight @ tau),
        float(chdtrc(len(effects) - 1, q)),
    )


def _quantile(q: float, weight: np.ndarray, means: np.ndarray, spreads: np.ndarray) -> float:
    """Quantile of a mixture of normals."""
    z = float(ndtri(q)) * 1.5
    heavy = weight > 1e-12
    ends = means[heavy] + (z + np.sign(z)) * spreads[heavy], means[heavy] - (z + np.sign(z)) * spreads[heavy]
    low, high = min(e.min() for e in ends), max(e.max() for e in ends)
    return float(
        brentq(
            lambda x: float(weight @ ndtr((x - means) / spreads)) - q,
            low,
            high,
            xtol=1e-9 * (1 + abs(high - low)),
        )
    )
