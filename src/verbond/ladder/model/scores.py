"""Survey scores as an emission: what fixes the states to the rungs.

A respondent's true scores lie around the mean of the rung, N(m_k, W); the survey sees them with a known
error, so that the scores themselves are N(m_k, W + E). What was not measured is left out of the likelihood.
Every construct's mean never falls from a rung to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.special import softmax

from verbond.ladder.model.emissions import Space
from verbond.ladder.model.score_kernel import log_densities, ordered_means, precisions, pulls

__all__ = ["SurveyScores", "rung_template"]

CENTRE, SCALE = 50.0, 20.0  # scores of 0..100 are kept as (score - 50) / 20 inside
PSEUDO_RESPONDENTS = 0.5
"""Of the prior on the shares of the rungs among respondents, on every rung."""
PRIOR_RESPONDENTS = 2.0
"""Who leans to the template where means may go anywhere, and of the prior on the spread within a rung."""
HELD_RESPONDENTS, SHAPED_RESPONDENTS = 0.2, 10.0
"""On every rung where means rise: who leans to the template, and who to the nearest profile of steps."""
SWEEPS = 3


def rung_template(scores: np.ndarray, n_rungs: int, *, ramp: float = 0.3, spread: float = 0.9) -> np.ndarray:
    """Means that a ladder would show: construct c steps up at rung c, and rises a little elsewhere.

    Parameters
    ----------
    scores : (n, n_constructs)
        On any scale, NaN where not measured.
    n_rungs : int
    ramp : float
        Share of the whole rise that is spread evenly over the rungs.
    spread : float
        Half of the whole rise, in standard deviations of the construct.

    Returns
    -------
    (n_rungs, n_constructs)
    """
    middle, sd = np.nanmean(scores, axis=0), np.nanstd(scores, axis=0)
    slope = np.arange(n_rungs)[:, None] / max(n_rungs - 1, 1)
    height = (1 - ramp) * _steps(n_rungs, scores.shape[1]) + ramp * slope
    return middle + spread * sd * (2 * height - 1)


def _steps(n_rungs: int, n_constructs: int) -> np.ndarray:
    """(n_rungs, n_constructs) 1 from the rung on at which a construct steps up, 0 below it."""
    at = np.arange(1, n_constructs + 1) * (n_rungs - 1) / n_constructs
    return (np.arange(n_rungs)[:, None] >= at - 1e-9).astype(float)


@cache
def step_profiles(n_rungs: int, n_constructs: int) -> np.ndarray:
    """Projections of means on profiles of steps: a level, a step up at the own rung, and an even rise.

    Returns
    -------
    (n_constructs, n_rungs, n_rungs)
        For each construct the matrix that takes its means to the nearest such profile.
    """
    rungs = np.arange(n_rungs)
    parts = (np.column_stack((np.ones(n_rungs), step, rungs)) for step in _steps(n_rungs, n_constructs).T)
    return np.array([part @ np.linalg.pinv(part) for part in parts])


def _measurements(
    inner: np.ndarray, standard_errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores without NaN, what was measured, distinct error variances, and which each respondent has."""
    errors = np.asarray(standard_errors, float) / SCALE
    measured = np.isfinite(inner)
    variances = np.where(measured, np.where(np.isfinite(errors), errors, 0.0) ** 2, np.inf)
    patterns, pattern = np.unique(variances.round(6), axis=0, return_inverse=True)
    return np.where(measured, inner, 0.0), measured, patterns, pattern.ravel()


@dataclass(frozen=True, slots=True)
class SurveyScores:
    """Construct scores of respondents, normal around the mean of their rung.

    Parameters
    ----------
    name : str
    space : Space
    scores : (n_respondents, n_constructs) float64
        In the order of their codes, on the inner scale; 0 where not measured.
    measured : (n_respondents, n_constructs) bool
    patterns : (n_patterns, n_constructs) float64
        Distinct error variances; infinite where not measured.
    pattern : (n_respondents,) int64
    template : (n_rungs, n_constructs)
        Means of a ladder with steps of a usual height; where a fit starts.
    prior_within : (n_constructs,)
        Variances within a rung that the prior leans to.
    ordered : bool
        Means never fall from a rung to the next.
    given : (n_parameters,), optional
        What the answers alone say (see `fit.anchoring`): then gradient and maximisation step are those of the
        answers alone, and nothing where the parameters are these.
    shares : (n_rungs,), optional
        Shares of the rungs among respondents, by the answers alone; with `given`.
    by_share : (n_parameters, n_rungs), optional
        What each parameter takes from the shares having been estimated too; with `given`.

    Notes
    -----
    `theta`: (n_rungs, n_constructs) increments of the means, then the lower triangle of the Cholesky factor
    of W with logarithms on its diagonal.

    The prior on the ordered means m_c of a construct is -(s |m_c - P_c m_c|^2 + h |m_c - t_c|^2) / 2 v_c,
    with P_c the projection on profiles of steps (`step_profiles`), t_c the template, v_c `prior_within`, and
    s and h numbers of respondents. How high the steps are is left to the answers: a template of given heights
    draws the means of a rung on which few stand to the middle, and people to that rung.
    """

    name: str
    space: Space
    scores: np.ndarray
    measured: np.ndarray
    patterns: np.ndarray
    pattern: np.ndarray
    template: np.ndarray
    prior_within: np.ndarray
    ordered: bool = True
    given: np.ndarray | None = None
    shares: np.ndarray | None = None
    by_share: np.ndarray | None = None

    own_rows = True
    family = "normal"
    index = np.zeros(0, np.int64)

    @classmethod
    def from_scores(cls, space: Space, scores: np.ndarray, standard_errors: np.ndarray) -> SurveyScores:
        """Take scores on 0..100 with their standard errors; NaN where not measured."""
        inner = (np.asarray(scores, float) - CENTRE) / SCALE
        return cls(
            "scores", space, *_measurements(inner, standard_errors),
            rung_template(inner, space.n_rungs), np.maximum(0.4 * np.nanvar(inner, axis=0), 0.01),
        )  # fmt: skip

    def with_scores(self, scores: np.ndarray, standard_errors: np.ndarray) -> SurveyScores:
        """The same emission over other respondents."""
        inner = (np.asarray(scores, float) - CENTRE) / SCALE
        found = _measurements(inner, standard_errors)
        return replace(self, scores=found[0], measured=found[1], patterns=found[2], pattern=found[3])

    @property
    def n_constructs(self) -> int:
        return self.scores.shape[1]

    @property
    def n_values(self) -> int:
        return len(self.scores)

    @property
    def n_parameters(self) -> int:
        n = self.n_constructs
        return self.space.n_rungs * n + n * (n + 1) // 2

    def lower_bounds(self) -> np.ndarray:
        bounds = np.full(self.n_parameters, -np.inf)
        if self.ordered:
            bounds[self.n_constructs : self.space.n_rungs * self.n_constructs] = 0.0
        return bounds

    def theta(self, means: np.ndarray, within: np.ndarray) -> np.ndarray:
        """Parameters from (n_rungs, n_constructs) means and the covariance within a rung."""
        factor = np.linalg.cholesky(within)
        factor[np.diag_indices_from(factor)] = np.log(np.diag(factor))
        increments = np.diff(means, axis=0, prepend=0.0)
        if self.ordered:
            increments[1:] = np.maximum(increments[1:], 0.0)
        return np.concatenate((increments.ravel(), factor[_lower(self.n_constructs)]))

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means (n_rungs, n_constructs) and Cholesky factor of the covariance within a rung."""
        n = self.n_constructs
        means = np.cumsum(theta[: self.space.n_rungs * n].reshape(-1, n), axis=0)
        factor = np.zeros((n, n))
        factor[_lower(n)] = theta[self.space.n_rungs * n :]
        factor[np.diag_indices(n)] = np.exp(np.diag(factor))
        return means, factor

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs, n_constructs) mean scores on 0..100."""
        return CENTRE + SCALE * self.parts(theta)[0]

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        means, factor = self.parts(theta)
        inverse, logdet = precisions(self.patterns, factor @ factor.T)
        constants = np.isfinite(self.patterns).sum(axis=1) * np.log(2 * np.pi * SCALE**2) + logdet
        return self.space.over_classes(log_densities(self.scores, self.pattern, means, inverse, constants))

    def leaning(self, means: np.ndarray) -> tuple[np.ndarray, float]:
        """What the prior draws `means` to, (n_rungs, n_constructs), and how many respondents a rung it is.

        The derivative of the prior by the means is that of a normal prior around these; and such a prior lies
        nowhere above it, and touches it at `means`.
        """
        if not self.ordered:
            return self.template, PRIOR_RESPONDENTS
        near = np.einsum("ckl,lc->kc", step_profiles(*means.shape), means)
        n = SHAPED_RESPONDENTS + HELD_RESPONDENTS
        return (SHAPED_RESPONDENTS * near + HELD_RESPONDENTS * self.template) / n, n

    def log_prior(self, theta: np.ndarray) -> float:
        means, factor = self.parts(theta)
        away = PRIOR_RESPONDENTS * (means - self.template) ** 2
        if self.ordered:
            near = np.einsum("ckl,lc->kc", step_profiles(*means.shape), means)
            away = SHAPED_RESPONDENTS * (means - near) ** 2 + HELD_RESPONDENTS * (means - self.template) ** 2
        return -0.5 * float((away / self.prior_within).sum()) + self.log_prior_within(factor)

    def log_prior_within(self, factor: np.ndarray) -> float:
        """The prior's part that is about W, given its Cholesky factor."""
        inverse = np.linalg.inv(factor @ factor.T)
        spread = 2 * np.log(np.diag(factor)).sum() + (np.diag(inverse) * self.prior_within).sum()
        return -0.5 * PRIOR_RESPONDENTS * float(spread)

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        means, factor = self.parts(theta)
        weights = self.respondents(stats, theta)
        by_mean, outer, precision = self.pulls_of(weights, means, factor)
        target, n = self.leaning(means)
        by_mean -= n * (means - target) / self.prior_within
        increments = np.cumsum(by_mean[::-1], axis=0)[::-1]
        found = np.concatenate((increments.ravel(), self.by_factor(outer, precision, factor)))
        if self.shares is None or self.by_share is None:
            return found
        return found - self.by_share @ self.share_scores(weights)

    def by_factor(self, outer: np.ndarray, precision: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """Derivatives by the parameters of W, its prior included, from those by W that `pulls_of` gives."""
        inverse = np.linalg.inv(factor @ factor.T)
        by_within = 0.5 * (outer - precision)
        by_within -= 0.5 * PRIOR_RESPONDENTS * (inverse - (inverse * self.prior_within) @ inverse)
        found = np.tril(2 * by_within @ factor)
        found[np.diag_indices_from(found)] *= np.diag(factor)
        return found[_lower(self.n_constructs)]

    def share_scores(self, weights: np.ndarray) -> np.ndarray:
        """(n_rungs,) derivative of the answers' objective by the logarithms of the shares."""
        wanted = weights.sum(axis=0) + PSEUDO_RESPONDENTS
        return wanted - wanted.sum() * self.shares

    def pulls_of(
        self, weights: np.ndarray, means: np.ndarray, factor: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Derivatives by the means (n_rungs, n_constructs); twice those by W, in two parts to subtract."""
        inverse, _ = precisions(self.patterns, factor @ factor.T)
        return pulls(weights, self.scores, self.pattern, means, inverse)

    def respondents(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n_respondents, n_rungs) how much each respondent counts on each rung."""
        weights = self.space.by_rung(stats)
        if self.shares is None:
            return weights
        logs = self.log_likelihoods(theta)[:, : self.space.n_rungs] + np.log(self.shares)
        return weights.sum(axis=1, keepdims=True) * softmax(logs, axis=1)

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """One step in which the true scores are the missing data: their means given the rung, and W."""
        if self.given is not None:
            return self.given.copy()
        means, factor = self.parts(theta)
        weights, within = self.respondents(stats, theta), factor @ factor.T
        n = weights.sum(axis=0)
        by_mean, outer, precision = self.pulls_of(weights, means, factor)
        moved = by_mean @ within
        target = means + moved / np.maximum(n, 1e-12)[:, None]
        lean, leaning = self.leaning(means)
        prior = leaning / self.prior_within
        found = ordered_means(target, n, np.linalg.inv(within), means, lean, prior, self.ordered, SWEEPS)
        away = means - found
        left = within @ (outer - precision) @ within + n.sum() * within
        left += moved.T @ away + away.T @ moved + (away * n[:, None]).T @ away
        left += PRIOR_RESPONDENTS * np.diag(self.prior_within)
        return self.theta(found, left / (n.sum() + PRIOR_RESPONDENTS))


@cache
def _lower(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the lower triangle."""
    return np.tril_indices(n)
