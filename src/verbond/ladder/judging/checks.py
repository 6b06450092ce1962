"""What the data can carry, before and after fitting; each limit becomes a sentence."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import chi2

from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.fit.estimation import Fit
from verbond.ladder.judging.falls import falls_of
from verbond.ladder.model.emissions import Amounts, Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.reading import Reading
from verbond.ladder.results import LadderResult
from verbond.ladder.standing import Standing
from verbond.ladder.words import place
from verbond.method import named
from verbond.results import Provenance, Reason
from verbond.tables import RUNG_CONSTRUCTS, Panel

__all__ = ["answers_needed", "fit_reasons", "look_before", "unfitted"]

LEAST_CUSTOMERS_PER_STATE = 10
LEAST_PERIODS = 6
LARGEST_CONDITION = 1e8
STICKY = 0.97
ALPHA = 0.05
EMPTY_SHARE = 0.005
OFTEN_ASKED = 0.3
LEAST_SPREAD = 0.5  # points of 100


def answers_needed(n_states: int, *, spread_over_step: float = 1.0) -> int:
    """How many respondents fix the states to the rungs.

    The mean of a construct on a rung should be known to half the step to the next rung, at 95%: with n
    answers on the rung, 1.96 sd / sqrt(n) < step / 2, so n > (3.92 sd / step)². Rungs are not equally full;
    the emptiest that should still be seen is taken to hold half an equal part.

    Parameters
    ----------
    n_states : int
    spread_over_step : float
        Standard deviation of scores within a rung divided by the step between two; 1 where a step is as large
        as the spread.

    Examples
    --------
    >>> answers_needed(6)
    185
    """
    return math.ceil((3.92 * spread_over_step) ** 2 * 2 * n_states)


def look_before(
    panel: Panel,
    encoded: Encoded,
    n_states: int,
    same_period: tuple[str, ...] = (),
    rarely: tuple[str, ...] = (),
) -> Standing:
    """Decide whether a ladder can be fitted, and whether its states can be rungs.

    Parameters
    ----------
    same_period, rarely : tuple of str
        Action kinds that reached all in one period, and those that hardly reached anybody.
    """
    owners = np.unique(np.searchsorted(panel.offsets, panel.scored_rows, side="right"))
    n_respondents = len(owners)
    reasons, stops = [], False
    short = LEAST_CUSTOMERS_PER_STATE * n_states - panel.n_customers
    if len(panel.periods) < 2 or panel.lengths.max(initial=0) < 2:
        reasons.append(Reason("ladder.one_period"))
        stops = True
    elif short > 0:
        reasons.append(Reason("ladder.too_few_customers", {"n": short, "n_states": n_states}))
        stops = True
    if panel.dropped_period is not None:
        reasons.append(Reason("ladder.period_dropped", {"day": str(panel.dropped_period)}))
    if not stops and 2 <= len(panel.periods) < LEAST_PERIODS:
        reasons.append(Reason("ladder.few_periods", {"n": len(panel.periods)}))
    anchoring = _anchoring(panel, n_respondents, n_states)
    reasons += anchoring
    anchored = not any(r.code in _NOT_ANCHORED for r in anchoring)
    if not stops and not encoded.seen and not anchored:
        reasons.append(Reason("ladder.all_the_same"))
        stops = True
    if not stops and not anchored and not any(s.counted for s in encoded.seen):
        reasons.append(Reason("ladder.no_counts"))
        stops = True
    if encoded.left_out:
        reasons.append(Reason("ladder.left_out", {"kinds": [named(k) for k in encoded.left_out]}))
    if same_period and not stops:
        reasons.append(Reason("ladder.same_period", {"kinds": [named(k) for k in same_period]}))
    if rarely and not stops:
        reasons.append(Reason("ladder.rarely_reached", {"kinds": [named(k) for k in rarely]}))
    return Standing(n_respondents, anchored and not stops, stops, tuple(reasons), n_states)


_NOT_ANCHORED = (
    "ladder.not_anchored",
    "ladder.few_answers",
    "ladder.partly_measured",
    "ladder.same_answers",
    "ladder.other_states",
)


def _anchoring(panel: Panel, n_respondents: int, n_states: int) -> list[Reason]:
    needed = answers_needed(n_states)
    if n_respondents == 0:
        return [Reason("ladder.not_anchored", {"n": needed})]
    measured = np.isfinite(panel.scores).sum(axis=0)
    missing = [c for c, n in zip(RUNG_CONSTRUCTS, measured, strict=True) if n < needed / 2]
    if n_respondents < needed:
        return [Reason("ladder.few_answers", {"n": needed - n_respondents, "have": n_respondents})]
    if missing:
        return [Reason("ladder.partly_measured", {"constructs": [named(c) for c in missing]})]
    flat = [
        c for c, sd in zip(RUNG_CONSTRUCTS, np.nanstd(panel.scores, axis=0), strict=True) if sd < LEAST_SPREAD
    ]
    if flat:
        return [Reason("ladder.same_answers", {"constructs": [named(c) for c in flat]})]
    if n_states != len(RUNG_CONSTRUCTS) + 1:
        return [Reason("ladder.other_states", {"n_states": n_states})]
    return []


def fit_reasons(
    panel: Panel, encoded: Encoded, model: LadderModel, fit: Fit, reading: Reading, standing: Standing
) -> tuple[Reason, ...]:
    """What to keep in mind about a fit."""
    reasons = []
    if not fit.converged:
        reasons.append(Reason("ladder.not_converged"))
    measured = np.isfinite(reading.uncertainty.covariance).all()
    for low, high in _merged_pairs(model, fit, reading) if measured else ():
        pair = {"low": place(low, standing.anchored), "high": place(high, standing.anchored)}
        reasons.append(Reason("ladder.not_told_apart", pair))
    if measured:
        falls = falls_of(model, fit.theta, reading.uncertainty.covariance)
        reasons += [fall.reason(standing.anchored) for fall in falls]
    mean_shares = np.nanmean(reading.figures.shares, axis=0)
    for k in np.flatnonzero(mean_shares < EMPTY_SHARE):
        reasons.append(Reason("ladder.nearly_empty", {"state": place(int(k), standing.anchored)}))
    if reading.uncertainty.condition > LARGEST_CONDITION or reading.uncertainty.n_flat:
        reasons.append(Reason("ladder.weakly_fixed", {"n": max(1, reading.uncertainty.n_flat)}))
    if standing.anchored:
        wrong = _steps_elsewhere(model, fit)
        if wrong:
            reasons.append(Reason("ladder.steps_elsewhere", {"rungs": wrong}))
        reasons += _several_waves(panel)
    stay = np.diag(reading.figures.matrix)
    if (np.average(stay, weights=np.maximum(mean_shares, 1e-9))) > STICKY:
        reasons.append(Reason("ladder.hardly_moves", {"share": float(stay @ mean_shares)}))
    if model.space.n_classes > 1:
        reasons.append(Reason("ladder.classes", {"n": model.space.n_classes}))
    if model.space.gone:
        reasons.append(Reason("ladder.gone_or_asleep"))
    if model.movement.n_covariates:
        reasons.append(Reason("ladder.association"))
    return tuple(reasons)


def _several_waves(panel: Panel) -> list[Reason]:
    """Answers of one person are more alike than the rung explains; each wave counts whole all the same."""
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    _, n_waves = np.unique(owner, return_counts=True)
    share = float((n_waves > 1).mean())
    return [Reason("ladder.several_waves", {"share": share})] if share > OFTEN_ASKED else []


def _levels(model: LadderModel, theta: np.ndarray) -> np.ndarray:
    """(n_rungs, n_variables) of every emission on a scale without bounds."""
    columns = []
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        piece = theta[where]
        if isinstance(emission, Counts):
            columns.append(emission.log_means(piece)[: model.space.n_rungs, None])
        elif isinstance(emission, Amounts):
            columns.append(emission.log_levels(piece)[: model.space.n_rungs, None])
        elif isinstance(emission, Binary):
            columns.append(piece[: model.space.n_rungs, None])
        elif isinstance(emission, SurveyScores):
            columns.append(emission.parts(piece)[0])
    return np.hstack(columns)


def _merged_pairs(model: LadderModel, fit: Fit, reading: Reading) -> list[tuple[int, int]]:
    """Neighbouring states whose emissions do not differ more than chance (Wald test on all of them)."""
    base = _levels(model, fit.theta)
    slopes = np.empty((len(fit.theta), *base.shape))
    for j in range(len(fit.theta)):
        shifted = fit.theta.copy()
        shifted[j] += 1e-5
        slopes[j] = (_levels(model, shifted) - base) / 1e-5
    pairs = []
    for k in range(len(base) - 1):
        difference, slope = base[k + 1] - base[k], slopes[:, k + 1] - slopes[:, k]
        variance = slope.T @ reading.uncertainty.covariance @ slope
        values, vectors = np.linalg.eigh(variance)
        used = values > 1e-10 * max(values.max(), 1e-300)
        along = vectors[:, used].T @ difference
        if chi2.sf(float((along**2 / values[used]).sum()), max(int(used.sum()), 1)) > ALPHA:
            pairs.append((k, k + 1))
    return pairs


def _steps_elsewhere(model: LadderModel, fit: Fit) -> list[int]:
    """Rungs at which their own construct does not rise most."""
    scores = next(e for e in model.emissions if isinstance(e, SurveyScores))
    means = scores.by_state(model.emission_theta(fit.theta, "scores"))
    rise = np.diff(means, axis=0)
    return [c + 1 for c in range(rise.shape[1]) if int(np.argmax(rise[:, c])) != c]


def unfitted(panel: Panel, standing: Standing, ci_level: float, provenance: Provenance) -> LadderResult:
    """A result without figures, which says why."""
    n, k = len(panel.periods), standing.n_states
    shares, square = np.full((n, k), np.nan), np.full((k, k), np.nan)
    return LadderResult(
        anchored=False, n_states=k, n_customers=panel.n_customers, n_respondents=standing.n_respondents,
        period=panel.period, periods=panel.periods, n_present=panel.n_present, shares=shares,
        shares_ci_lower=shares, shares_ci_upper=shares, ci_level=ci_level, segments=(),
        initial_probs=np.full(k, np.nan),
        transition_matrix=square, transition_ci_lower=square, transition_ci_upper=square,
        moved_up=np.full(max(n - 1, 0), np.nan), moved_down=np.full(max(n - 1, 0), np.nan), flows=square,
        dwell_periods=np.full(k, np.nan), blocking_rung=None, emissions=(), n_classes=0,
        class_shares=np.zeros(0), loglik=float("nan"), n_parameters=0, bic=float("nan"), converged=False,
        n_iterations=0, n_starts=0, n_starts_at_best=0, reasons=standing.reasons, provenance=provenance,
    )  # fmt: skip
