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

CHUNK = 2048
"""People a thread takes at once; a pass over fewer is done before another thread would have woken."""


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
    P = diag(1 / (W + e^2)) and B = 1 + lambda' P lambda (Sherman, Morrison, Woodbury). `means` is (c, S), so
    that the innermost loops run over profiles.
    """
    n_constructs, n_profiles = means.shape
    spread, log_det = 1.0, 0.0
    for s in range(n_profiles):
        post[s], tilts[s] = 0.0, 0.0
    for c in range(n_constructs):
        if not np.isfinite(x[c]):
            precision[c] = 0.0
            continue
        total = variance[c] + e[c] * e[c]
        p, at, own = 1.0 / total, x[c], means[c]
        pull = p * loading[c]
        precision[c] = p
        spread += loading[c] * pull
        log_det += np.log(total) + 1.8378770664093453  # log 2 pi
        for s in range(n_profiles):
            r = at - own[s]
            post[s] += r * r * p
            tilts[s] += r * pull
    log_det += np.log(spread)
    most = -np.inf
    for s in range(n_profiles):
        along = tilts[s]
        tilts[s] = along / spread
        post[s] = log_shares[s] - 0.5 * (post[s] - along * tilts[s] + log_det)
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
    x, e, first, last, log_shares, means, variance, loading, profiles, by_mean, square, tilted, plain
):  # pragma: no cover - compiled
    """Add up a chunk; `square` and `tilted` (c, S) hold q w^2 and q w t, `plain` (2, c) what all share."""
    n_constructs, n_profiles = means.shape
    precision, post, tilts = np.empty(n_constructs), np.empty(n_profiles), np.empty(n_profiles)
    loglik = 0.0
    for i in range(first, last):
        own, spread = _person(x[i], e[i], log_shares, means, variance, loading, precision, post, tilts)
        loglik += own
        for s in range(n_profiles):
            profiles[s] += post[s]
        for c in range(n_constructs):
            p = precision[c]
            if p == 0.0:
                continue
            pull = p * loading[c]
            plain[0, c] -= 0.5 * (p - pull * pull / spread)
            plain[1, c] -= pull / spread
            at, mine, up, side, slope = x[i, c], means[c], square[c], tilted[c], by_mean[c]
            for s in range(n_profiles):
                weighted = p * (at - mine[s]) - pull * tilts[s]  # (V^-1 r)_c
                q = post[s] * weighted
                slope[s] += q
                up[s] += q * weighted
                side[s] += q * tilts[s]
    return loglik


@compiled
def _people(x, e, first, last, log_shares, means, variance, loading, loglik, post):  # pragma: no cover
    precision, tilts = np.empty(means.shape[0]), np.empty(means.shape[1])
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
    bounds = chunk_bounds(len(scores), least_size=CHUNK)
    across = np.ascontiguousarray(means.T)

    def part(chunk: int):
        sums = np.zeros(len(means)), *(np.zeros(across.shape) for _ in range(3)), np.zeros((2, len(across)))
        ends = bounds[chunk], bounds[chunk + 1]
        return _summed(scores, errors, *ends, log_shares, across, variance, loading, *sums), *sums

    parts = list(over_chunks(part, len(bounds) - 1))
    loglik, profiles, by_mean, square, tilted, plain = (sum(p[i] for p in parts) for i in range(6))
    by_variance, by_loading = plain[0] + 0.5 * square.sum(axis=1), plain[1] + tilted.sum(axis=1)
    return Sums(loglik, profiles, by_mean.T, by_variance, by_loading)


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
    bounds = chunk_bounds(len(scores), least_size=CHUNK)
    across = np.ascontiguousarray(means.T)

    def part(chunk: int) -> None:
        ends = bounds[chunk], bounds[chunk + 1]
        _people(scores, errors, *ends, log_shares, across, variance, loading, loglik, post)

    list(over_chunks(part, len(bounds) - 1))
    return loglik, post
