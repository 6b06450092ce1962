"""From a fit to what people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.ladder.coding.layout import Layout
from verbond.ladder.fit.choice import Choice
from verbond.ladder.fit.estimation import Fit
from verbond.ladder.fit.figures import Figures, Group
from verbond.ladder.fit.uncertainty import Uncertainty
from verbond.ladder.judging.order import OrderVerdict
from verbond.ladder.kernel import Statistics
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.results import EmissionSummary, LadderResult, MoveEffect, SegmentShares
from verbond.ladder.standing import Standing
from verbond.numerics import logit_interval, normal_quantile
from verbond.results import Estimate, Provenance, Reason
from verbond.tables import RUNG_CONSTRUCTS, Panel

__all__ = ["Reading", "blocking_rung", "compose"]

LAST_PERIODS = 12
LONGEST = 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures with everything that their intervals need.

    Attributes
    ----------
    figures : Figures
    groups : tuple of Group
    uncertainty : Uncertainty
    period_variance : (n_periods, n_rungs)
        Of the shares given the parameters.
    group_variance : (n_groups, n_rungs)
    gone_variance : (n_periods,)
        Of the share of those who left without a word.
    statistics : Statistics
        By period.
    """

    figures: Figures
    groups: tuple[Group, ...]
    uncertainty: Uncertainty
    period_variance: np.ndarray
    group_variance: np.ndarray
    gone_variance: np.ndarray
    statistics: Statistics


def compose(
    panel: Panel,
    model: LadderModel,
    fit: Fit,
    reading: Reading,
    *,
    standing: Standing,
    ci_level: float,
    reasons: tuple[Reason, ...],
    starts: tuple[int, int],
    provenance: Provenance,
    layout: Layout,
    n_exposed: Mapping[str, int],
    order: OrderVerdict | None,
    choices: tuple[Choice, ...] = (),
) -> LadderResult:
    """Put the result together."""
    figures, variances = reading.figures, reading.uncertainty.figures
    low, high = logit_interval(figures.shares, variances.shares + reading.period_variance, ci_level)
    t_low, t_high = _matrix_interval(figures.matrix, variances.matrix, ci_level)
    moved_low, moved_high = logit_interval(figures.moved, variances.moved, ci_level)
    gone_low, gone_high = logit_interval(figures.gone, variances.gone + reading.gone_variance, ci_level)
    times_low, times_high = _times_interval(figures.times, variances.times, ci_level)
    matrix, flows = figures.matrix, _flows(model, reading.statistics)
    initial = model.start.probs(fit.theta[model.slices[0]])
    starting = model.space.by_rung(initial)
    n_starting = reading.statistics.starts.sum(axis=1)
    classes = model.space.by_class(initial).sum(axis=2)
    return LadderResult(
        anchored=standing.anchored,
        n_states=model.space.n_rungs,
        n_customers=panel.n_customers,
        n_respondents=standing.n_respondents,
        period=panel.period,
        periods=panel.periods,
        n_present=panel.n_present,
        shares=figures.shares,
        shares_ci_lower=low,
        shares_ci_upper=high,
        ci_level=ci_level,
        segments=_segments(reading, ci_level),
        initial_probs=starting[0 if n_starting[0] > 0 else 1],
        transition_matrix=matrix,
        transition_ci_lower=t_low,
        transition_ci_upper=t_high,
        moved_up=figures.moved[0],
        moved_down=figures.moved[1],
        moved_ci_lower=moved_low,
        moved_ci_upper=moved_high,
        flows=flows[-LAST_PERIODS:].sum(axis=0),
        period_flows=flows,
        dwell_periods=1 / np.maximum(1 - np.diag(matrix), 1e-12),
        periods_to_climb=figures.times[0],
        periods_to_climb_ci=np.stack((times_low[0], times_high[0])),
        periods_to_fall=figures.times[1],
        periods_to_fall_ci=np.stack((times_low[1], times_high[1])),
        gone=figures.gone if model.space.gone else None,
        gone_ci=np.stack((gone_low, gone_high)) if model.space.gone else None,
        leaving=figures.leaving if model.space.gone else None,
        blocking_rung=blocking_rung(figures.shares[-1], matrix) if standing.anchored else None,
        order=order,
        choices=choices,
        effects=_effects(model, fit.theta, reading, n_exposed, ci_level),
        emissions=_emissions(model, fit.theta),
        n_classes=model.space.n_classes,
        class_shares=n_starting @ classes / n_starting.sum(),
        loglik=fit.evaluation.loglik,
        n_parameters=model.n_parameters,
        bic=-2 * fit.evaluation.loglik + model.n_parameters * float(np.log(panel.n_customers)),
        converged=fit.converged,
        n_iterations=fit.n_iterations,
        n_starts=starts[0],
        n_starts_at_best=starts[1],
        reasons=reasons,
        provenance=provenance,
        _fitted=Fitted(model, fit.theta, reading.uncertainty.covariance, panel.period, layout),
    )


def blocking_rung(shares: np.ndarray, matrix: np.ndarray) -> int:
    """The rung below which most people will still be waiting a year of periods from now.

    Parameters
    ----------
    shares : (n_rungs,)
    matrix : (n_rungs, n_rungs)

    Returns
    -------
    int
        1 .. n_rungs - 1: the rung above those who wait.

    Notes
    -----
    Of the share on rung k - 1, the part (1 - P(up))^12 does not climb within 12 periods.

    Examples
    --------
    >>> matrix = np.array([[0.8, 0.2, 0.0], [0.0, 0.99, 0.01], [0.0, 0.1, 0.9]])
    >>> blocking_rung(np.array([0.5, 0.3, 0.2]), matrix)
    2
    """
    up = np.array([matrix[k, k + 1 :].sum() for k in range(len(shares) - 1)])
    return int(np.argmax(shares[:-1] * (1 - up) ** LAST_PERIODS)) + 1


def _flows(model: LadderModel, stats: Statistics) -> np.ndarray:
    """(n_periods - 1, n_rungs, n_rungs) expected moves into each period but the first."""
    (source, target), n = model.movement.rung_edges, model.space.n_rungs
    edges = model.movement.by_rung_edges(stats.period_edges[1:])
    flows = np.zeros((len(edges), model.space.n_places, model.space.n_places))
    flows[:, source, target] = edges
    return flows[:, :n, :n]


def _matrix_interval(matrix: np.ndarray, variance: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = logit_interval(matrix, variance, level)
    return np.where(matrix == 0, 0.0, low), np.where(matrix == 0, 0.0, high)


def _times_interval(times: np.ndarray, variance: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric on the log scale; a time of a million periods and more has no upper end."""
    wide = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0)) / times
    return times * np.exp(-wide), times * np.exp(np.minimum(wide, np.log(LONGEST)))


def _segments(reading: Reading, level: float) -> tuple[SegmentShares, ...]:
    variance = reading.uncertainty.figures.groups + reading.group_variance
    low, high = logit_interval(reading.figures.groups, variance, level)
    return tuple(
        SegmentShares(g.attribute, g.value, g.n_customers, reading.figures.groups[j], low[j], high[j])
        for j, g in enumerate(reading.groups)
    )


def _effects(
    model: LadderModel, theta: np.ndarray, reading: Reading, n_exposed: Mapping[str, int], level: float
) -> tuple[MoveEffect, ...]:
    movement, where = model.movement, model.slices[1]
    if movement.shape == "free" or not movement.n_covariates:
        return ()
    covariance = reading.uncertainty.covariance[where, where]
    z, found = normal_quantile(level), []
    for a, action in enumerate(movement.names):
        for rung, move, weights in movement.effect_weights(a):
            value = float(weights @ theta[where])
            half = z * float(np.sqrt(max(weights @ covariance @ weights, 0.0)))
            estimate = Estimate(value, value - half, value + half, n_exposed.get(action, 0), level)
            found.append(MoveEffect(action, movement.kind_names[move], rung, estimate))
    return tuple(found)


def _emissions(model: LadderModel, theta: np.ndarray) -> tuple[EmissionSummary, ...]:
    found = []
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        by_state = emission.by_state(theta[where])
        if isinstance(emission, SurveyScores):
            found += [
                EmissionSummary(name, "normal", tuple(map(float, by_state[:, c])))
                for c, name in enumerate(RUNG_CONSTRUCTS)
            ]
        else:
            found.append(EmissionSummary(emission.name, emission.family, tuple(map(float, by_state))))
    return tuple(found)
