"""Survey scores with their errors, compiled: densities, and the sums that gradient and maximisation need.

Shapes: n respondents, C constructs, K rungs, P patterns of error (respondents with the same standard errors
on the same constructs share one).
"""

from __future__ import annotations

import numpy as np

from verbond.numerics import compiled
from verbond.numerics.isotonic import pool_adjacent

__all__ = ["log_densities", "ordered_means", "precisions", "pulls"]


@compiled
def precisions(patterns, within):
    """Inverse of W + E per pattern (P, C, C), zero where not measured, and its log determinant (P,)."""
    n_patterns, n = patterns.shape
    inverse, logdet = np.zeros((n_patterns, n, n)), np.zeros(n_patterns)
    seen, factor, column = np.zeros(n, np.int64), np.zeros((n, n)), np.zeros(n)
    for p in range(n_patterns):
        m = 0
        for c in range(n):
            if np.isfinite(patterns[p, c]):
                seen[m] = c
                m += 1
        for a in range(m):  # Cholesky factor of the part that was measured
            for b in range(a + 1):
                total = within[seen[a], seen[b]]
                if a == b:
                    total += patterns[p, seen[a]]
                for c in range(b):
                    total -= factor[a, c] * factor[b, c]
                factor[a, b] = np.sqrt(max(total, 1e-300)) if a == b else total / factor[b, b]
            logdet[p] += 2 * np.log(factor[a, a])
        for b in range(m):  # its inverse, a column at a time
            for a in range(m):
                total = 1.0 if a == b else 0.0
                for c in range(a):
                    total -= factor[a, c] * column[c]
                column[a] = total / factor[a, a]
            for a in range(m - 1, -1, -1):
                for c in range(a + 1, m):
                    column[a] -= factor[c, a] * column[c]
                column[a] /= factor[a, a]
                inverse[p, seen[a], seen[b]] = column[a]
    return inverse, logdet


@compiled
def _turned(means):
    """(C, K or a little more) the means of each construct, in whole vectors of eight."""
    n_rungs, n = means.shape
    found = np.zeros((n, (n_rungs + 7) // 8 * 8))
    for c in range(n):
        for k in range(n_rungs):
            found[c, k] = means[k, c]
    return found


@compiled
def _away(scores, i, means, away):
    """From the means to the scores of one respondent, into (C, K)."""
    for c in range(away.shape[0]):
        for k in range(away.shape[1]):
            away[c, k] = scores[i, c] - means[c, k]


@compiled
def log_densities(scores, pattern, means, inverse, constants):
    """(n, K) log density of each respondent's scores on each rung; `constants` are by pattern."""
    n_rungs, n = means.shape
    found, turned = np.empty((len(scores), n_rungs)), _turned(means)
    most = turned.shape[1]
    away, total, pull = np.empty((n, most)), np.empty(most), np.empty(most)
    for i in range(len(scores)):
        p = pattern[i]
        _away(scores, i, turned, away)
        total[:] = constants[p]
        for c in range(n):
            pull[:] = 0.0
            for d in range(n):
                for k in range(most):
                    pull[k] += inverse[p, c, d] * away[d, k]
            for k in range(most):
                total[k] += away[c, k] * pull[k]
        for k in range(n_rungs):
            found[i, k] = -0.5 * total[k]
    return found


@compiled
def pulls(weights, scores, pattern, means, inverse):
    """Sums of pull = precision times distance to the mean, weighted by respondent and rung.

    Returns
    -------
    by_rung : (K, C)
    outer : (C, C)
        Of pull times pull.
    precision : (C, C)
        Sum of weight times precision.
    """
    n_rungs, n = means.shape
    turned = _turned(means)
    most = turned.shape[1]
    away, pull, pulled, weight = np.empty((n, most)), np.empty((n, most)), np.empty(most), np.zeros(most)
    by_rung, outer, precision = np.zeros((n, most)), np.zeros((n, n, most)), np.zeros((n, n))
    mass = np.zeros(len(inverse))
    for i in range(len(scores)):
        p, whole = pattern[i], 0.0
        for k in range(n_rungs):
            weight[k] = weights[i, k]
            whole += weight[k]
        if whole == 0.0:
            continue
        mass[p] += whole
        _away(scores, i, turned, away)
        for c in range(n):
            for k in range(most):
                pull[c, k] = 0.0
            for d in range(n):
                for k in range(most):
                    pull[c, k] += inverse[p, c, d] * away[d, k]
            for k in range(most):
                pulled[k] = weight[k] * pull[c, k]
                by_rung[c, k] += pulled[k]
            for d in range(c + 1):
                for k in range(most):
                    outer[c, d, k] += pulled[k] * pull[d, k]
    summed = np.zeros((n, n))
    for c in range(n):
        for d in range(c + 1):
            for k in range(most):
                summed[c, d] += outer[c, d, k]
            summed[d, c] = summed[c, d]
    for p in range(len(inverse)):
        for c in range(n):
            for d in range(n):
                precision[c, d] += mass[p] * inverse[p, c, d]
    return by_rung[:, :n_rungs].T.copy(), summed, precision


@compiled
def ordered_means(target, n, precision, start, template, prior, ordered, sweeps):
    """(K, C) means nearest to `target` under order, one construct at a time given the others.

    `prior` (C,) is the precision with which each mean leans to `template`.
    """
    means = start.copy()
    wanted, weight = np.empty(len(means)), np.empty(len(means))
    for _ in range(sweeps):
        for c in range(means.shape[1]):
            for k in range(len(means)):
                lean = 0.0
                for d in range(means.shape[1]):
                    if d != c:
                        lean += (target[k, d] - means[k, d]) * precision[d, c]
                own = n[k] * precision[c, c]
                weight[k] = own + prior[c]
                wanted[k] = n[k] * (precision[c, c] * target[k, c] + lean) + prior[c] * template[k, c]
                wanted[k] /= weight[k]
            means[:, c] = pool_adjacent(wanted, weight) if ordered else wanted
    return means
