"""Likelihood of construct scores under groups of people who have attained some rungs and not others.

Letters: n people, c = 5 constructs, S profiles (rows of 0 and 1), x scores on 0..100 with standard errors
e. Within a profile s the scores are normal with means mu_s, variances W_c + e_ic^2, and one disturbance per
person that lifts every construct with weight lambda_c (how high somebody answers throughout). The
covariance is a diagonal plus a rank-one part, so that nothing of size c is inverted per person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.numerics import chunk_bounds, compiled, over_chunks

__all__ = ["Sums", "people_under", "summed"]


@dataclass(frozen=True, slots=True)
class Sums:
    """A log-likelihood and what its gradient needs.

    Attributes
    ----------
    loglik : float
    profiles : (S,) float64
        Expected people of each profile.
    by_mean : (S, c) float64
        Derivative by each profile's means.
    by_variance, by_loading : (c,) float64
        By W and by lambda.
    """

    loglik: float
    profiles: np.ndarray
    by_mean: np.ndarray
    by_variance: np.ndarray
    by_loading: np.ndarray


@compiled
def _person(
    x, e, log_shares, means, variance, loading, precision, post, tilts
):  # pragma: no cover - compiled
    """Fill precision, post and tilts (lambda' V^-1 r) of one person; return log-likelihood and B.

    The quadratic form is r'Pr - (lambda'Pr)^2 / B and the log-determinant sum log(1 / P) + log B with
    P = diag(1 / (W + e^2)) and B = 1 + lambda' P lambda (Sherman, Morrison, Woodbury).
    """
    n_constructs, n_profiles = means.shape[1], means.shape[0]
    spread, log_det = 1.0, 0.0
    for c in range(n_constructs):
        if np.isfinite(x[c]):
            total = variance[c] + e[c] * e[c]
            precision[c] = 1.0 / total
            spread += loading[c] * loading[c] / total
            log_det += np.log(total) + 1.8378770664093453  # log 2 pi
        else:
            precision[c] = 0.0
    log_det += np.log(spread)
    most = -np.inf
    for s in range(n_profiles):
        quadratic, along = 0.0, 0.0
        for c in range(n_constructs):
            if precision[c] > 0.0:
                r = x[c] - means[s, c]
                quadratic += r * r * precision[c]
                along += loading[c] * r * precision[c]
        tilts[s] = along / spread
        post[s] = log_shares[s] - 0.5 * (quadratic - along * tilts[s] + log_det)
        most = max(most, post[s])
    total = 0.0
    for s in range(n_profiles):
        post[s] = np.exp(post[s] - most)
        total += post[s]
    for s in range(n_profiles):
        post[s] /= total
    return most + np.log(total), spread


@compiled
def _summed(
    x, e, first, last, log_shares, means, variance, loading, profiles, by_mean, by_variance, by_loading
):  # pragma: no cover - compiled
    n_profiles, n_constructs = means.shape
    precision, post = np.empty(n_constructs), np.empty(n_profiles)
    tilts = np.empty(n_profiles)
    loglik = 0.0
    for i in range(first, last):
        own, spread = _person(x[i], e[i], log_shares, means, variance, loading, precision, post, tilts)
        loglik += own
        for c in range(n_constructs):
            if precision[c] > 0.0:
                pull = precision[c] * loading[c]
                by_variance[c] -= 0.5 * (precision[c] - pull * pull / spread)
                by_loading[c] -= pull / spread
        for s in range(n_profiles):
            q = post[s]
            profiles[s] += q
            for c in range(n_constructs):
                if precision[c] > 0.0:
                    weighted = precision[c] * (x[i, c] - means[s, c] - loading[c] * tilts[s])  # (V^-1 r)_c
                    by_mean[s, c] += q * weighted
                    by_variance[c] += 0.5 * q * weighted * weighted
                    by_loading[c] += q * weighted * tilts[s]
    return loglik


@compiled
def _people(x, e, first, last, log_shares, means, variance, loading, loglik, post):  # pragma: no cover
    precision, tilts = np.empty(means.shape[1]), np.empty(means.shape[0])
    for i in range(first, last):
        loglik[i] = _person(x[i], e[i], log_shares, means, variance, loading, precision, post[i], tilts)[0]


def summed(
    scores: np.ndarray,
    errors: np.ndarray,
    log_shares: np.ndarray,
    means: np.ndarray,
    variance: np.ndarray,
    loading: np.ndarray,
) -> Sums:
    """One pass over people.

    Parameters
    ----------
    scores, errors : (n, c) float64
        NaN where a construct was not measured.
    log_shares : (S,) float64
    means : (S, c) float64
    variance, loading : (c,) float64
    """
    bounds = chunk_bounds(len(scores))

    def part(chunk: int):
        sums = (np.zeros(len(means)), np.zeros(means.shape), np.zeros(len(variance)), np.zeros(len(variance)))
        ends = bounds[chunk], bounds[chunk + 1]
        loglik = _summed(scores, errors, *ends, log_shares, means, variance, loading, *sums)
        return (loglik, *sums)

    parts = list(over_chunks(part, len(bounds) - 1))
    return Sums(*(sum(p[i] for p in parts) for i in range(5)))


def people_under(
    scores: np.ndarray,
    errors: np.ndarray,
    log_shares: np.ndarray,
    means: np.ndarray,
    variance: np.ndarray,
    loading: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Each person's log-likelihood (n,) and probability of each profile (n, S); arguments as for `summed`."""
    loglik, post = np.empty(len(scores)), np.empty((len(scores), len(means)))
    bounds = chunk_bounds(len(scores))

    def part(chunk: int) -> None:
        ends = bounds[chunk], bounds[chunk + 1]
        _people(scores, errors, *ends, log_shares, means, variance, loading, loglik, post)

    list(over_chunks(part, len(bounds) - 1))
    return loglik, post
