"""What an action did where it was targeted, on arrays: doubly robust, with cross-fitting.

Two models are fitted on everybody else's data: how likely somebody like her was to be reached, and what
somebody like her would have done without it. The estimate is right if either of them is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import expit

from verbond.errors import OptionError
from verbond.numerics.logit import RIDGE, fit_logit

__all__ = [
    "CrossFitted",
    "DoublyRobust",
    "Whom",
    "cross_fit",
    "doubly_robust",
    "effective_size",
    "folds_by_lot",
    "odds_weights",
    "standardised_differences",
]

Whom = Literal["reached", "everybody"]
CERTAIN = 1e-6
"""Nobody is more certain to be reached, or not to be, than this."""


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """What models say of people whom they have not seen.

    Attributes
    ----------
    chance : (n,) float64
        Of being reached, given what was known before.
    expected : (n, k) float64
        Outcomes without the action.
    """

    chance: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class DoublyRobust:
    """Effects on k outcomes.

    Attributes
    ----------
    effect_size, standard_error : (k,) float64
    influence : (n, k) float64
        Of each person, on the estimate; their mean is 0.
    """

    effect_size: np.ndarray
    standard_error: np.ndarray
    influence: np.ndarray = field(repr=False)


def folds_by_lot(reached: np.ndarray, n_folds: int, seed: int = 0) -> np.ndarray:
    """Deal people out to folds 0, 1, ..., those reached and the others each in equal parts; (n,) int."""
    fold, rng = np.empty(len(reached), dtype=np.int64), np.random.default_rng(seed)
    for group in (np.flatnonzero(reached), np.flatnonzero(~reached)):
        fold[rng.permutation(group)] = np.arange(len(group)) % n_folds
    return fold


def cross_fit(
    design: np.ndarray, reached: np.ndarray, outcomes: np.ndarray, folds: np.ndarray
) -> CrossFitted:
    """Fit both models on all folds but one, and ask them about that one, for each fold.

    Parameters
    ----------
    design : (n, p) float64
        What was known before, without an intercept.
    reached : (n,) bool
    outcomes : (n, k) float64
    folds : (n,) int
        From 0; both who was reached and who was not in each.

    Notes
    -----
    A logistic regression, and a least squares on those not reached, on standardised columns and each with a
    ridge of 1. Cross-fitting takes away the bias of judging people by models that were fitted to them.

    References
    ----------
    Chernozhukov, V., Chetverikov, D., Demirer, M., Duflo, E., Hansen, C., Newey, W. & Robins, J. (2018).
    Double/debiased machine learning for treatment and structural parameters. Econometrics Journal 21, C1-C68.
    """
    chance, expected = np.empty(len(reached)), np.empty(outcomes.shape)
    for k in range(folds.max() + 1):
        held, kept = folds == k, folds != k
        known, asked = _standardised(design[kept], design[held])
        slopes = fit_logit(known, reached[kept])
        chance[held] = np.clip(expit(slopes[0] + asked @ slopes[1:]), CERTAIN, 1 - CERTAIN)
        others = kept & ~reached
        expected[held] = _least_squares(*_standardised(design[others], design[held]), outcomes[others])
    return CrossFitted(chance, expected)


def _standardised(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both by the mean and spread of the first."""
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return (known - middle) / spread, (asked - middle) / spread


def _least_squares(known: np.ndarray, asked: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Outcomes (a, k) of who is asked about, from those (n, k) of who is known."""
    middle = outcomes.mean(axis=0)
    crossed = known.T @ known + RIDGE * np.eye(known.shape[1])
    return middle + asked @ np.linalg.solve(crossed, known.T @ (outcomes - middle))


def doubly_robust(
    outcomes: np.ndarray,
    reached: np.ndarray,
    chance: np.ndarray,
    expected: np.ndarray,
    *,
    whom: Whom = "reached",
    expected_reached: np.ndarray | None = None,
) -> DoublyRobust:
    """Average effect on those reached, or on everybody, by augmented inverse probability weighting.

    Parameters
    ----------
    outcomes : (n, k) float64
    reached : (n,) bool
    chance : (n,) float64
        Of being reached, between 0 and 1.
    expected : (n, k) float64
        Outcomes without the action, as a model says.
    whom : {"reached", "everybody"}
    expected_reached : (n, k) float64, optional
        Outcomes with the action; for everybody.

    Raises
    ------
    OptionError
        If the effect on everybody is asked for without `expected_reached`.

    Notes
    -----
    With D reached, e the chance, m0 and m1 the expected outcomes, p the share reached, the effect on those
    reached is the mean of (D - (1 - D) e / (1 - e)) (Y - m0) / p, that on everybody the mean of
    m1 - m0 + D (Y - m1) / e - (1 - D) (Y - m0) / (1 - e). Both are efficient scores, so the errors of the
    models do not count to first order.

    References
    ----------
    Robins, J., Rotnitzky, A. & Zhao, L. (1994), JASA 89, 846-866; Hahn, J. (1998), Econometrica 66, 315-331.

    Examples
    --------
    >>> reached = np.array([True, True, False, False])
    >>> y = np.array([[3.0], [5.0], [1.0], [2.0]])
    >>> doubly_robust(y, reached, np.full(4, 0.5), np.zeros((4, 1))).effect_size
    array([2.5])
    """
    d, odds = reached[:, None], (chance / (1 - chance))[:, None]
    if whom == "reached":
        share = reached.mean()
        score = np.where(d, 1.0, -odds) * (outcomes - expected) / share
        effect = score.mean(axis=0)
        influence = score - d * effect / share
    else:
        if expected_reached is None:
            raise OptionError("an effect on everybody asks for outcomes expected with the action")
        with_it = d * (outcomes - expected_reached) / chance[:, None]
        without = ~d * (outcomes - expected) / (1 - chance)[:, None]
        score = expected_reached - expected + with_it - without
        effect = score.mean(axis=0)
        influence = score - effect
    error = np.sqrt((influence**2).sum(axis=0)) / len(reached)
    return DoublyRobust(effect, error, influence)


def odds_weights(reached: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Weights (n,) that make the others look like those reached: 1 for these, the odds for those."""
    return np.where(reached, 1.0, chance / (1 - chance))


def effective_size(weights: np.ndarray) -> float:
    """How many people of equal weight would say as much (Kish 1965).

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 1.0, 1.0])), effective_size(np.array([3.0, 1.0]))
    (4.0, 1.6)
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def standardised_differences(
    values: np.ndarray, reached: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """How those reached differ from the others, in standard deviations; (k,).

    Parameters
    ----------
    values : (n, k) float64
    reached : (n,) bool
    weights : (n,) float64, optional
        The standard deviations stay those without weights, so that before and after can be compared.

    References
    ----------
    Austin, P. (2009), Statistics in Medicine 28, 3083-3107.
    """
    weights = np.ones(len(reached)) if weights is None else weights
    means = [np.average(values[side], axis=0, weights=weights[side]) for side in (reached, ~reached)]
    spread = np.sqrt(sum(values[side].var(axis=0, ddof=1) for side in (reached, ~reached)) / 2)
    return np.where(spread > 0, (means[0] - means[1]) / np.where(spread > 0, spread, 1.0), 0.0)
