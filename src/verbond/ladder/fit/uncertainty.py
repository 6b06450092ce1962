"""How sure the figures are.

The share of *these* customers on a rung is unknown for two reasons: each customer's rung is only known with
a probability, and the parameters are estimates. Given the parameters, customers are independent, so that the
first adds sum of p (1 - p) / n²; the second goes through the parameters' covariance by the delta method. The
two are uncorrelated, because the first has mean zero whatever was observed.

The covariance is the sandwich H⁻¹ J H⁻¹: H is the curvature of the objective, by differences of the exact
gradient; J the spread of the scores over groups of customers drawn by lot, so that what one customer's
rows have in common counts once and a model that is not quite right does not look surer than it is. The same
passes give the slope of every figure.

References
----------
White (1982), Econometrica 50, 1-25 (sandwich); Louis (1982), JRSS B 44, 226-233, and Oakes (1999), JRSS B 61,
479-482 (information from the expected complete log-likelihood); Liang & Zeger (1986) for clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from verbond.ladder.coding.histories import apart
from verbond.ladder.fit.anchoring import given_parameters
from verbond.ladder.fit.figures import Figures, Group, read_figures
from verbond.ladder.fit.journal import kept
from verbond.ladder.kernel import Sequences, Statistics, expected_statistics, state_probs
from verbond.ladder.model.model import LadderModel
from verbond.numerics import chunk_bounds, over_chunks

__all__ = ["N_GROUPS", "Uncertainty", "group_scores", "measure", "posterior_variance", "unmeasured"]

STEP = 1e-5
N_GROUPS = 256
LEAST_CURVATURE = 0.04
"""Directions flatter than a normal prior with standard deviation 5 are taken to be as flat as that."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Covariance of the parameters, and what it does to the figures.

    Attributes
    ----------
    covariance : (n_parameters, n_parameters)
        Zero rows and columns for parameters at a bound.
    figures : Figures
        Variances that come from the parameters.
    condition : float
        Condition number of the curvature (after scaling to unit diagonal).
    n_flat : int
        Directions that the data do not fix.
    """

    covariance: np.ndarray
    figures: Figures
    condition: float
    n_flat: int


def measure(
    model: LadderModel,
    sequences: Sequences,
    theta: np.ndarray,
    groups: tuple[Group, ...],
    listen: Callable[[float, str], None] | None = None,
) -> Uncertainty:
    """Covariance of the parameters and variances of the figures at the optimum.

    Parameters
    ----------
    theta : (n_parameters,)
        Where the fit ended.
    """
    free = np.flatnonzero(theta > model.lower_bounds() + 1e-8)
    curvature, slopes = np.empty((len(free), len(free))), []

    def at(shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        def look() -> np.ndarray:
            found = model.evaluate(sequences, theta + shift, by_period=True)
            figures = read_figures(model, theta + shift, found.statistics, groups)
            return np.concatenate((found.gradient[free], figures.flat()))

        gradient, figures = np.split(kept("slope", look), [len(free)])
        return gradient, figures

    gradient, figures = at(np.zeros_like(theta))
    for row, j in enumerate(free):
        if listen:
            listen(row / len(free), f"{row} of {len(free)} parameters")
        shift = np.zeros_like(theta)
        shift[j] = STEP * max(1.0, abs(theta[j]) / 10)
        moved, moved_figures = at(shift)
        curvature[row] = (gradient - moved) / shift[j]
        slopes.append((moved_figures - figures) / shift[j])
    inverse, condition, n_flat = _solved(curvature, given_parameters(model)[free])
    spread = kept("scores", lambda: _spread_of_scores(model, sequences, theta).ravel())
    small = inverse @ spread.reshape(len(theta), -1)[np.ix_(free, free)] @ inverse.T
    covariance = np.zeros((len(theta), len(theta)))
    covariance[np.ix_(free, free)] = small
    jacobian = np.array(slopes)
    variances = np.einsum("af,ab,bf->f", jacobian, small, jacobian, optimize=True)
    shape = read_figures(model, theta, model.evaluate(sequences, theta, by_period=True).statistics, groups)
    return Uncertainty(covariance, shape.like(variances), condition, n_flat)


def unmeasured(figures: Figures, n_parameters: int) -> Uncertainty:
    """Uncertainty where it was not asked for."""
    blank = figures.like(np.full(len(figures.flat()), np.nan))
    return Uncertainty(np.full((n_parameters, n_parameters), np.nan), blank, 1.0, 0)


def _solved(curvature: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, float, int]:
    """Inverse of minus the derivative of the estimating equations, condition number, flat directions.

    Row j of `curvature` is minus the derivative of all equations by parameter j. What is given does not
    depend on the rest, so that with D the two blocks and C what the rest takes from it,
    (D + C)^-1 = D^-1 - D^-1 C D^-1.
    """
    across = np.outer(~given, given)
    blocks = np.where(across | across.T, 0.0, 0.5 * (curvature + curvature.T))
    if not given.any():
        return _inverse(blocks)
    inverse, condition, n_flat = _inverse(blocks)
    return inverse - inverse @ np.where(across, curvature.T, 0.0) @ inverse, condition, n_flat


def _inverse(curvature: np.ndarray) -> tuple[np.ndarray, float, int]:
    """Inverse with a floor under the eigenvalues, condition number, and how many were lifted."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1e-12))
    scaled = np.linalg.eigvalsh(curvature / np.outer(scale, scale))
    condition = float(scaled[-1] / max(scaled[0], 1e-300)) if scaled[0] > 0 else np.inf
    values, vectors = np.linalg.eigh(curvature)
    n_flat = int((values < LEAST_CURVATURE).sum())
    return (vectors / np.maximum(values, LEAST_CURVATURE)) @ vectors.T, condition, n_flat


def _spread_of_scores(model: LadderModel, sequences: Sequences, theta: np.ndarray) -> np.ndarray:
    """(n_parameters, n_parameters) sum over groups of customers by lot of the outer products of scores."""
    if isinstance(sequences, Sequences):
        scores = group_scores(model, sequences, theta, N_GROUPS)
        total, squares, n = scores.sum(axis=0), scores.T @ scores, len(scores)
    else:
        total, squares, n = sequences.group_scores(model, theta)
    return (squares - np.outer(total, total) / n) * n / max(n - 1, 1)


def group_scores(model: LadderModel, sequences: Sequences, theta: np.ndarray, most_groups: int) -> np.ndarray:
    """(n_groups, n_parameters) scores summed within groups of customers by lot; everybody counts alone."""
    sequences = apart(sequences)
    n_groups = min(most_groups, len(sequences.order))
    shuffled = np.random.default_rng(0).permutation(sequences.order)
    prior = model.gradient(_nothing(model, sequences), theta)
    bounds, tables = np.arange(n_groups + 1) * len(shuffled) // n_groups, model.tables(theta)
    groups = (replace(sequences, order=shuffled[low:high]) for low, high in pairwise(bounds))
    return np.array([model.gradient(expected_statistics(g, tables), theta) - prior for g in groups])


def _nothing(model: LadderModel, sequences: Sequences) -> Statistics:
    n_edges = len(model.movement.kernel_edges[0])
    return Statistics(
        0.0,
        np.zeros((sequences.n_codes, model.space.n_states)),
        np.zeros((sequences.n_moves, n_edges)),
        np.zeros((sequences.n_starts, model.space.n_states)),
    )


def posterior_variance(
    model: LadderModel, sequences: Sequences, theta: np.ndarray, groups: tuple[Group, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Variance of the shares given the parameters: (n_periods, n_rungs) and (n_groups, n_rungs)."""
    if not isinstance(sequences, Sequences):
        return sequences.posterior_variance(model, theta, groups)
    tables, bounds = model.tables(theta), chunk_bounds(sequences.n_customers)

    def run(chunk: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        low, high = int(bounds[chunk]), int(bounds[chunk + 1])
        probs = model.space.by_rung(state_probs(sequences, tables, low, high))
        lengths = np.diff(sequences.offsets[low : high + 1])
        starts = sequences.offsets[low:high] - sequences.offsets[low]
        rows = np.repeat(sequences.first_period[low:high] - starts, lengths) + np.arange(len(probs))
        spread = probs * (1 - probs)
        by_period = np.stack(
            [np.bincount(rows, spread[:, k], sequences.n_periods) for k in range(probs.shape[1])], axis=1
        )
        last = np.zeros((high - low, probs.shape[1]))
        last[lengths > 0] = spread[(starts + lengths - 1)[lengths > 0]]
        return by_period, np.bincount(rows, minlength=sequences.n_periods), last

    periods = np.zeros((sequences.n_periods, model.space.n_rungs))
    present, last = np.zeros(sequences.n_periods), []
    for by_period, n, ends in over_chunks(run, len(bounds) - 1):
        periods += by_period
        present += n
        last.append(ends)
    ends = np.concatenate(last)
    by_group = np.array([ends[g.customers].sum(axis=0) / g.n_customers**2 for g in groups])
    periods /= np.maximum(present, 1)[:, None] ** 2
    return periods, by_group.reshape(len(groups), model.space.n_rungs)
