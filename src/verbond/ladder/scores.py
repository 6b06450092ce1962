"""Survey scores as an emission: what fixes the states to the rungs.

A respondent's true scores lie around the mean of the rung, N(m_k, W); the survey sees them with a known
error, so that the scores themselves are N(m_k, W + E). What was not measured is left out of the likelihood.
Every construct's mean never falls from a rung to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from verbond.ladder.emissions import Space
from verbond.numerics import isotonic

__all__ = ["SurveyScores", "rung_template"]

CENTRE, SCALE = 50.0, 20.0  # scores of 0..100 are kept as (score - 50) / 20 inside
PRIOR_RESPONDENTS = 2.0
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
    n_constructs = scores.shape[1]
    middle, sd = np.nanmean(scores, axis=0), np.nanstd(scores, axis=0)
    rungs, constructs = np.arange(n_rungs)[:, None], np.arange(n_constructs)[None, :]
    at = (constructs + 1) * (n_rungs - 1) / n_constructs
    step = (rungs >= at - 1e-9).astype(float)
    slope = rungs / max(n_rungs - 1, 1)
    height = (1 - ramp) * step + ramp * slope
    return middle + spread * sd * (2 * height - 1)


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
        Means that the weak prior leans to, as if `PRIOR_RESPONDENTS` had answered on every rung.
    prior_within : (n_constructs,)
        Variances within a rung that the prior leans to.
    ordered : bool
        Means never fall from a rung to the next.

    Notes
    -----
    `theta`: (n_rungs, n_constructs) increments of the means, then the lower triangle of the Cholesky factor
    of W with logarithms on its diagonal.
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
        return np.concatenate((increments.ravel(), factor[np.tril_indices(self.n_constructs)]))

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means (n_rungs, n_constructs) and Cholesky factor of the covariance within a rung."""
        n = self.n_constructs
        means = np.cumsum(theta[: self.space.n_rungs * n].reshape(-1, n), axis=0)
        factor = np.zeros((n, n))
        factor[np.tril_indices(n)] = theta[self.space.n_rungs * n :]
        factor[np.diag_indices(n)] = np.exp(np.diag(factor))
        return means, factor

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs, n_constructs) mean scores on 0..100."""
        return CENTRE + SCALE * self.parts(theta)[0]

    def _precisions(self, within: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inverse of W + E per pattern, zero where not measured, and its log determinant."""
        seen = np.isfinite(self.patterns)
        both = seen[:, :, None] & seen[:, None, :]
        eye = np.eye(self.n_constructs)
        total = np.where(both, within + eye * np.where(seen, self.patterns, 0.0)[:, None, :], eye)
        inverse = np.where(both, np.linalg.inv(total), 0.0)
        return inverse, np.linalg.slogdet(total)[1]

    def _pulls(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Residuals (n, K, C), residuals times precision, precisions and log determinants by pattern."""
        means, factor = self.parts(theta)
        inverse, logdet = self._precisions(factor @ factor.T)
        residual = np.where(self.measured[:, None, :], self.scores[:, None, :] - means[None], 0.0)
        return residual, residual @ inverse[self.pattern], inverse, logdet

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        residual, pull, _, logdet = self._pulls(theta)
        constant = self.measured.sum(axis=1) * np.log(2 * np.pi * SCALE**2) + logdet[self.pattern]
        logs = -0.5 * ((residual * pull).sum(axis=2) + constant[:, None])
        return self.space.over_classes(logs)

    def log_prior(self, theta: np.ndarray) -> float:
        means, factor = self.parts(theta)
        inverse = np.linalg.inv(factor @ factor.T)
        away = ((means - self.template) ** 2 / self.prior_within).sum()
        spread = 2 * np.log(np.diag(factor)).sum() + (np.diag(inverse) * self.prior_within).sum()
        return -0.5 * PRIOR_RESPONDENTS * float(away + spread)

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.by_rung(stats)
        means, factor = self.parts(theta)
        _, pull, inverse, _ = self._pulls(theta)
        by_mean = np.einsum("nk,nkc->kc", weights, pull)
        by_mean -= PRIOR_RESPONDENTS * (means - self.template) / self.prior_within
        by_within = 0.5 * self._outer(weights, pull)
        mass = np.bincount(self.pattern, weights.sum(axis=1), len(self.patterns))
        by_within -= 0.5 * np.einsum("p,pcd->cd", mass, inverse)
        prior = np.linalg.inv(factor @ factor.T)
        by_within -= 0.5 * PRIOR_RESPONDENTS * (prior - (prior * self.prior_within) @ prior)
        by_factor = np.tril(2 * by_within @ factor)
        by_factor[np.diag_indices_from(by_factor)] *= np.diag(factor)
        increments = np.cumsum(by_mean[::-1], axis=0)[::-1]
        return np.concatenate((increments.ravel(), by_factor[np.tril_indices(self.n_constructs)]))

    @staticmethod
    def _outer(weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        flat = vectors.reshape(-1, vectors.shape[-1])
        return (flat * weights.reshape(-1, 1)).T @ flat

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """One step in which the true scores are the missing data."""
        weights = self.space.by_rung(stats)
        means, factor = self.parts(theta)
        within = factor @ factor.T
        _, pull, inverse, _ = self._pulls(theta)
        true = means[None] + pull @ within
        n = weights.sum(axis=0)
        target = np.einsum("nk,nkc->kc", weights, true) / np.maximum(n, 1e-12)[:, None]
        found = self._ordered_means(target, n, np.linalg.inv(within), means)
        left = self._outer(weights, true - found[None])
        mass = np.bincount(self.pattern, weights.sum(axis=1), len(self.patterns))
        left += mass.sum() * within - within @ np.einsum("p,pcd->cd", mass, inverse) @ within
        left += PRIOR_RESPONDENTS * np.diag(self.prior_within)
        return self.theta(found, left / (mass.sum() + PRIOR_RESPONDENTS))

    def _ordered_means(
        self, target: np.ndarray, n: np.ndarray, precision: np.ndarray, means: np.ndarray
    ) -> np.ndarray:
        """Minimise the weighted squares under order, one construct at a time given the others."""
        means = means.copy()
        for _ in range(SWEEPS):
            for c in range(self.n_constructs):
                others = np.delete(np.arange(self.n_constructs), c)
                lean = (target[:, others] - means[:, others]) @ precision[others, c] / precision[c, c]
                own, prior = n * precision[c, c], PRIOR_RESPONDENTS / self.prior_within[c]
                wanted = (own * (target[:, c] + lean) + prior * self.template[:, c]) / (own + prior)
                means[:, c] = isotonic(wanted, own + prior) if self.ordered else wanted
        return means
