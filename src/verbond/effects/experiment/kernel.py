"""Two arms compared, from counts, means and covariances alone.

Column 0 of an arm is the outcome; for a ratio columns 0 and 1 are numerator and denominator. The columns
after that are covariates known before the assignment, used to take noise away (CUPED).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

__all__ = [
    "Arm",
    "Comparison",
    "adjusted",
    "compare",
    "compare_strata",
    "cuped_coefficients",
    "linearised",
    "pooled",
    "pooled_cells",
    "welch",
]


@dataclass(frozen=True, slots=True)
class Arm:
    """What is known of one arm.

    Attributes
    ----------
    n : float
        Units.
    mean : (d,) float
    covariance : (d, d) float
        Sample covariances, divisor n - 1.
    """

    n: float
    mean: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm beside the control arm.

    Attributes
    ----------
    effect_size : float
        Variant minus control.
    standard_error, df : float
        Of Student's t.
    control_mean, variant_mean : float
        Adjusted where there are covariates.
    rel_variance : float
        Variance of the logarithm of variant / control; NaN where a mean is 0.
    rel_df : float
    """

    effect_size: float
    standard_error: float
    df: float
    control_mean: float
    variant_mean: float
    rel_variance: float = float("nan")
    rel_df: float = float("nan")

    def interval(self, ci_level: float) -> tuple[float, float]:
        """Bounds of the effect."""
        half = float(stdtrit(self.df, 0.5 + ci_level / 2)) * self.standard_error
        return self.effect_size - half, self.effect_size + half

    def rel_interval(self, ci_level: float) -> tuple[float, float]:
        """Bounds of the effect as a share of control; NaN where the means are not both above 0."""
        if not (self.control_mean > 0 and self.variant_mean > 0 and np.isfinite(self.rel_variance)):
            return float("nan"), float("nan")
        half = float(stdtrit(self.rel_df, 0.5 + ci_level / 2)) * np.sqrt(self.rel_variance)
        ratio = self.variant_mean / self.control_mean
        return float(ratio * np.exp(-half) - 1), float(ratio * np.exp(half) - 1)

    @property
    def pvalue(self) -> float:
        """Two-sided."""
        return float(2 * stdtr(self.df, -abs(self.effect_size) / self.standard_error))


def pooled(arms: Sequence[Arm]) -> Arm:
    """Several arms as one: as if their units stood together."""
    return pooled_cells(
        np.array([arm.n for arm in arms], dtype=float),
        np.array([arm.mean for arm in arms]),
        np.array([arm.covariance for arm in arms]),
    )


def pooled_cells(n: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> Arm:
    """Cells as one arm.

    Parameters
    ----------
    n : (c,) float
        Units of each cell, 1 at least; the covariances of a cell of one do not count.
    means : (c, d) float
    covariances : (c, d, d) float
    """
    total = n.sum()
    mean = n @ means / total
    away = means - mean
    inside = np.where((n > 1)[:, None, None], covariances, 0.0)
    spread = np.tensordot(np.maximum(n - 1, 0.0), inside, axes=1) + (n[:, None] * away).T @ away
    return Arm(float(total), mean, spread / (total - 1))


def linearised(arm: Arm) -> Arm:
    """Put the ratio of columns 0 and 1 in the place of both, its spread by the delta method.

    References
    ----------
    Deng, Knoblich & Lu (2018), Applying the delta method in metric analytics, KDD 2018, 233-242.
    """
    ratio = arm.mean[0] / arm.mean[1]
    to = np.zeros((len(arm.mean) - 1, len(arm.mean)))
    to[0, 0], to[0, 1] = 1 / arm.mean[1], -ratio / arm.mean[1]
    to[1:, 2:] = np.eye(len(arm.mean) - 2)
    return Arm(arm.n, np.array([ratio, *arm.mean[2:]]), to @ arm.covariance @ to.T)


def cuped_coefficients(total: Arm) -> np.ndarray:
    """Coefficients of the covariates in a regression of column 0 on the others.

    References
    ----------
    Deng, Xu, Kohavi & Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data, WSDM 2013, 123-132.
    """
    covariance = total.covariance[1:, 1:]
    spread = np.sqrt(np.diag(covariance))
    spread = np.where(spread > 0, spread, 1.0)  # scaled, so that units do not decide what is collinear
    scaled = np.linalg.pinv(covariance / np.outer(spread, spread), rcond=1e-10, hermitian=True)
    return scaled @ (total.covariance[1:, 0] / spread) / spread


def adjusted(arm: Arm, coefficients: np.ndarray, centre: np.ndarray) -> tuple[float, float]:
    """Mean and variance of the outcome less what the covariates say."""
    mean = arm.mean[0] - coefficients @ (arm.mean[1:] - centre)
    crossed = coefficients @ arm.covariance[1:, 0]
    variance = arm.covariance[0, 0] - 2 * crossed + coefficients @ arm.covariance[1:, 1:] @ coefficients
    return float(mean), float(max(variance, 0.0))


def welch(control: tuple[float, float, float], variant: tuple[float, float, float]) -> Comparison:
    """Compare two means of unequal variances.

    Parameters
    ----------
    control, variant : (mean, variance, n)

    References
    ----------
    Welch (1947), Biometrika 34, 28-35. The relative effect: delta method on the logarithm of both means.

    Examples
    --------
    >>> found = welch((10.0, 4.0, 50), (11.0, 9.0, 40))
    >>> round(found.effect_size, 3), round(found.df, 2), round(found.pvalue, 4)
    (1.0, 65.11, 0.0748)
    """
    (m0, v0, n0), (m1, v1, n1) = control, variant
    error, df = _welch_error(v0 / n0, n0, v1 / n1, n1)
    relative, rel_df = float("nan"), float("nan")
    if m0 and m1:
        rel_error, rel_df = _welch_error(v0 / n0 / m0**2, n0, v1 / n1 / m1**2, n1)
        relative = rel_error**2
    return Comparison(m1 - m0, error, df, m0, m1, relative, rel_df)


def _welch_error(e0: float, n0: float, e1: float, n1: float) -> tuple[float, float]:
    total = e0 + e1
    below = e0**2 / (n0 - 1) + e1**2 / (n1 - 1)
    return float(np.sqrt(total)), float(total**2 / below) if below > 0 else float(n0 + n1 - 2)


def compare(control: Arm, variant: Arm, *, ratio: bool = False) -> Comparison:
    """Compare the outcome of two arms, with covariates where there are any.

    The coefficients are those of both arms taken together.
    """
    total = pooled([control, variant])
    if ratio:
        control, variant, total = linearised(control), linearised(variant), linearised(total)
    coefficients = cuped_coefficients(total)
    parts = [(*adjusted(arm, coefficients, total.mean[1:]), arm.n) for arm in (control, variant)]
    return welch(parts[0], parts[1])


def compare_strata(control: Sequence[Arm], variant: Sequence[Arm], *, ratio: bool = False) -> Comparison:
    """Compare two arms within strata and weigh by how many units each stratum has in both together.

    The degrees of freedom are Satterthwaite's over all cells.

    References
    ----------
    Miratrix, Sekhon & Yu (2013), Adjusting treatment effect estimates by post-stratification in randomized
    experiments, JRSS B 75, 369-396.
    """
    total = pooled([*control, *variant])
    coefficients = cuped_coefficients(linearised(total) if ratio else total)
    centre = (linearised(total) if ratio else total).mean[1:]
    sides: list[list[tuple[float, float, float, float]]] = []
    for arms, others in ((control, variant), (variant, control)):
        cells = []
        for arm, other in zip(arms, others, strict=True):
            mean, variance = adjusted(linearised(arm) if ratio else arm, coefficients, centre)
            cells.append(((arm.n + other.n) / total.n, mean, variance, arm.n))
        sides.append(cells)
    means = [sum(w * m for w, m, _, _ in cells) for cells in sides]
    errors = [sum(w**2 * v / n for w, _, v, n in cells) for cells in sides]
    squares = [sum((w**2 * v / n) ** 2 / (n - 1) for w, _, v, n in cells) for cells in sides]
    error, below = sum(errors), sum(squares)
    df = error**2 / below if below > 0 else total.n - 2 * len(control)
    relative = sum(e / m**2 for e, m in zip(errors, means, strict=True)) if all(means) else float("nan")
    return Comparison(
        float(means[1] - means[0]), float(np.sqrt(error)), float(df), float(means[0]), float(means[1]),
        float(relative), float(df),
    )  # fmt: skip
