"""Purchases at regular times, compiled: sums over histories and what is expected, for (M)BG/CNBD-k.

A purchase comes after k phases, each as long as the wait of a purchase at random would be (Erlang-k). So a
history is a mixture too: somebody left after the last purchase, or is a customer in phase 0, ..., k - 1.
Reutterer, Platzer & Schroeder (2020), eq. 5; Platzer & Reutterer (2016) for the timing.
"""

from __future__ import annotations

import math

import numpy as np

from verbond.numerics.compiled import compiled

__all__ = ["erlang_ahead", "erlang_phases", "erlang_rows"]

_MUCH = 1e200
"""Chances are kept as multiples of the first one; beyond this they are scaled down."""
_REST = 1e-13
"""What is left of the chances when the sum stops."""


@compiled
def _phases(k, shape, rate_T, silence, log_part):
    """Log chance of each phase, given that somebody is a customer, up to what all histories share."""
    log_silence = math.log(silence) if silence > 0.0 else -math.inf
    rising = 0.0
    for j in range(k):
        if j > 0:
            rising += math.log(shape + j - 1.0) - math.log(j)
        log_part[j] = rising + (j * log_silence if j > 0 else 0.0) - (shape + j) * math.log(rate_T)


@compiled
def erlang_phases(params, k, x, t_x, T, out):
    """Log chances of the phases, (n, k), of customers; `params` (n, 2) or (1, 2) holds r and alpha."""
    for i in range(len(x)):
        row = min(i, len(params) - 1)
        _phases(k, params[row, 0] + k * x[i], params[row, 1] + T[i], T[i] - t_x[i], out[i])


@compiled
def erlang_rows(params, k, at_zero, group, x, t_x, T, weight, low, high, out):
    """Value, four slopes and ten curvatures of rows low..high by group, as for `beta_geometric_rows`."""
    first = group[low]
    log_part, m, g = np.empty(k), np.empty(15), np.empty(4)
    for i in range(low, high):
        sums, w = out[group[i] - first], weight[i]
        r, alpha, a, b = params[group[i], 0], params[group[i], 1], params[group[i], 2], params[group[i], 3]
        shape, n_chances = r + k * x[i], x[i] + at_zero
        _phases(k, shape, alpha + T[i], T[i] - t_x[i], log_part)
        log_left = -math.inf
        if n_chances > 0.0:
            log_left = math.log(a / (b + n_chances - 1.0)) - shape * math.log(alpha + t_x[i])
        top = max(log_left, log_part.max())
        m[:] = 0.0
        rising, bends = 0.0, 0.0
        for j in range(k + 1):
            stays = j < k
            if stays and j > 0:
                rising += 1.0 / (shape + j - 1.0)
                bends -= 1.0 / (shape + j - 1.0) ** 2
            share = math.exp((log_part[j] if stays else log_left) - top)
            if share == 0.0:
                continue
            inverse = 1.0 / (alpha + (T[i] if stays else t_x[i]))
            n_phases = shape + j if stays else shape
            g[0], g[1] = math.log(inverse) + (rising if stays else 0.0), -n_phases * inverse
            g[2] = 0.0 if stays else 1.0 / a
            g[3] = 0.0 if stays else -1.0 / (b + n_chances - 1.0)
            m[0] += share
            c = 5
            for p in range(4):
                m[1 + p] += share * g[p]
                for q in range(p, 4):
                    m[c] += share * g[p] * g[q]
                    c += 1
            m[5] += share * (bends if stays else 0.0)
            m[6] -= share * inverse
            m[9] += share * n_phases * inverse * inverse
            m[12] -= share * g[2] * g[2]
            m[14] += share * g[3] * g[3]
        sums[0] += w * (top + math.log(m[0]))
        c = 5
        for p in range(4):
            m[1 + p] /= m[0]
            sums[1 + p] += w * m[1 + p]
        for p in range(4):
            for q in range(p, 4):
                sums[c] += w * (m[c] / m[0] - m[1 + p] * m[1 + q])
                c += 1


@compiled
def _bought(shape, grown, k, j, a, stayed):
    """Mean of purchases over phases to come (negative binomial: `shape`, and `grown` that one more comes)."""
    chance, mass, mean, bought, there = 1.0, 0.0, 0.0, 0.0, 1.0
    n_phases, n_moments, until = 0, 0.0, k - j
    while True:
        mass += chance
        mean += chance * bought
        ratio = (shape + n_phases) / (n_phases + 1.0) * grown
        fade = max(ratio, grown)
        if fade < 1.0 and chance * (bought + 1.0 / (1.0 - fade)) * fade / (1.0 - fade) < _REST * mean:
            return mean / mass
        chance *= ratio
        if chance == 0.0:
            return mean / mass
        n_phases += 1
        if n_phases == until:
            bought += there
            there *= (stayed + n_moments) / (a + stayed + n_moments)
            n_moments += 1.0
            until += k
        if chance > _MUCH:
            chance, mass, mean = chance / _MUCH, mass / _MUCH, mean / _MUCH


@compiled
def erlang_ahead(params, k, at_zero, horizon, x, t_x, T, out):
    """Purchases expected within `horizon` (n,) of somebody who is a customer; `params` (n, 4) or (1, 4).

    In phase j with m phases to come in the horizon there are (m + j) // k moments to buy, and the chance to
    still be there at each is that of the beta distribution. Phases to come are negative binomial.
    """
    log_part = np.empty(k)
    for i in range(len(x)):
        row = min(i, len(params) - 1)
        r, alpha, a, b = params[row, 0], params[row, 1], params[row, 2], params[row, 3]
        shape, stayed = r + k * x[i], b + x[i] + at_zero
        _phases(k, shape, alpha + T[i], T[i] - t_x[i], log_part)
        top, found, total = log_part.max(), 0.0, 0.0
        grown = horizon[i] / (alpha + T[i] + horizon[i])
        for j in range(k):
            phase = math.exp(log_part[j] - top)
            total += phase
            if phase > 0.0 and grown > 0.0:
                found += phase * _bought(shape + j, grown, k, j, a, stayed)
        out[i] = found / total
