"""Standard errors where units were assigned in clusters, or resemble each other within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verbond.effects.experiment.kernel import (
    Arm,
    Comparison,
    adjusted,
    cuped_coefficients,
    linearised,
    pooled,
)

__all__ = ["ClusteredArm", "compare_clusters"]


@dataclass(frozen=True, slots=True)
class ClusteredArm:
    """One arm, broken down by cluster.

    Attributes
    ----------
    arm : Arm
        All its units.
    clusters : (g,) int
        Which cluster, numbered alike in both arms; each once.
    n : (g,) float
    means : (g, d) float
    """

    arm: Arm
    clusters: np.ndarray
    n: np.ndarray
    means: np.ndarray


def compare_clusters(control: ClusteredArm, variant: ClusteredArm, *, ratio: bool = False) -> Comparison:
    """Compare two arms; the errors allow for any likeness within clusters.

    Clusters may lie within arms or across them. There have to be two in each arm at least.

    Notes
    -----
    The bias-reduced estimator CR2 with Satterthwaite's degrees of freedom, both under a working model of
    equal and independent errors. For a difference of means the hat matrix of a cluster is n_c / N times a
    projection, so that its residual sum is divided by sqrt(1 - n_c / N); with ratios and covariates,
    residuals of the linearised and adjusted outcome.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky & Tipton (2018), Journal of Business
    & Economic Statistics 36, 672-683.
    """
    total = pooled([control.arm, variant.arm])
    coefficients = cuped_coefficients(linearised(total) if ratio else total)
    centre = (linearised(total) if ratio else total).mean[1:]
    means, sides = [], []
    for side in (control, variant):
        arm = linearised(side.arm) if ratio else side.arm
        means.append(adjusted(arm, coefficients, centre)[0])
        sides.append(_Side.of(side, coefficients, ratio=ratio))
    g = int(max(control.clusters.max(), variant.clusters.max())) + 1
    scores = sides[1].scores(g) - sides[0].scores(g)
    error = float(np.sqrt((scores**2).sum()))
    df = _degrees(sides, g)
    relative = float("nan")
    if all(means):
        scaled = sides[1].scores(g) / means[1] - sides[0].scores(g) / means[0]
        relative = float((scaled**2).sum())
    return Comparison(means[1] - means[0], error, df, means[0], means[1], relative, df)


@dataclass(frozen=True, slots=True)
class _Side:
    """Residual sums of an arm's clusters, and what their degrees of freedom rest on."""

    clusters: np.ndarray
    score: np.ndarray
    diagonal: np.ndarray
    shared: np.ndarray

    @classmethod
    def of(cls, side: ClusteredArm, coefficients: np.ndarray, *, ratio: bool) -> _Side:
        total = side.n.sum()
        away = side.means - side.arm.mean
        if ratio:
            outcome = (away[:, 0] - side.arm.mean[0] / side.arm.mean[1] * away[:, 1]) / side.arm.mean[1]
            residual = outcome - away[:, 2:] @ coefficients
        else:
            residual = away[:, 0] - away[:, 1:] @ coefficients
        leverage = side.n / total
        grown = 1 / np.sqrt(1 - leverage)
        return cls(
            side.clusters,
            grown * side.n * residual / total,
            grown**2 * leverage / total,
            grown * leverage / np.sqrt(total),
        )

    def scores(self, g: int) -> np.ndarray:
        """Residual sums by cluster, 0 for clusters without units in this arm."""
        return self.spread(self.score, g)

    def spread(self, values: np.ndarray, g: int) -> np.ndarray:
        """Values by cluster."""
        found = np.zeros(g)
        found[self.clusters] = values
        return found


def _degrees(sides: Sequence[_Side], g: int) -> float:
    """Satterthwaite: tr(B)^2 / tr(B B), B the sum of a diagonal less an outer product for each arm."""
    diagonal = sum(side.spread(side.diagonal, g) for side in sides)
    shared = [side.spread(side.shared, g) for side in sides]
    trace = diagonal.sum() - sum((u**2).sum() for u in shared)
    square = (diagonal**2).sum() - 2 * sum((diagonal * u**2).sum() for u in shared)
    square += sum((u @ v) ** 2 for u in shared for v in shared)
    return float(trace**2 / square)
