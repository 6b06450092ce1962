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
def log_densities(scores, pattern, means, inverse, constants):
    """(n, K) log density of each respondent's scores on each rung; `constants` are by pattern."""
    n_rungs, n = means.shape
    found, away = np.empty((len(scores), n_rungs)), np.empty(n)
    for i in range(len(scores)):
        p = pattern[i]
        for k in range(n_rungs):
            total = constants[p]
            for c in range(n):
                away[c] = scores[i, c] - means[k, c]
            for c in range(n):
                for d in range(n):
                    total += away[c] * inverse[p, c, d] * away[d]
            found[i, k] = -0.5 * total
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
    by_rung, outer, precision = np.zeros((n_rungs, n)), np.zeros((n, n)), np.zeros((n, n))
    mass, pull = np.zeros(len(inverse)), np.empty(n)
    for i in range(len(scores)):
        p = pattern[i]
        for k in range(n_rungs):
            weight = weights[i, k]
            if weight == 0.0:
                continue
            mass[p] += weight
            pull[:] = 0.0
            for d in range(n):
                away = scores[i, d] - means[k, d]
                for c in range(n):
                    pull[c] += inverse[p, d, c] * away
            for c in range(n):
                pulled = weight * pull[c]
                by_rung[k, c] += pulled
                for d in range(c + 1):
                    outer[c, d] += pulled * pull[d]
    for c in range(n):
        for d in range(c):
            outer[d, c] = outer[c, d]
    for p in range(len(inverse)):
        for c in range(n):
            for d in range(n):
                precision[c, d] += mass[p] * inverse[p, c, d]
    return by_rung, outer, precision


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
