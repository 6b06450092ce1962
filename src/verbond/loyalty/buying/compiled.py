"""Sums over histories, compiled: the parts of the log-likelihoods that differ from customer to customer.

A history is a mixture: somebody is still a customer, or left at one of several moments. With shares w of its
parts, their slopes g and curvatures H, the mixture has slope sum w g and curvature
sum w (H + g g') - (sum w g)(sum w g)'. Both kernels below add these up by group, over rows low..high, into
`out`: value, four slopes, and the ten curvatures in the order 00 01 02 03 11 12 13 22 23 33.
"""

from __future__ import annotations

import math

import numpy as np

from verbond.numerics.compiled import compiled

__all__ = ["NODES", "N_SUMS", "beta_geometric_rows", "counted_rows", "pareto_left", "pareto_rows"]

N_SUMS = 15
_FAR = 42.0
"""Where the integrand of Pareto/NBD has fallen by e^-42 = 6e-19, the rest is left out."""
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(40)
NODES = np.column_stack([(_POINTS + 1.0) / 2.0, np.log(_WEIGHTS / 2.0)])
"""Where in 0..1 the integrand is computed, and the logarithm of what it counts for."""


@compiled
def beta_geometric_rows(params, at_zero, group, x, t_x, T, weight, low, high, out):
    """BG/NBD (`at_zero` 0) and MBG/NBD (1); `params` (k, 4) holds r, alpha, a, b of each group."""
    first = group[low]
    for i in range(low, high):
        sums = out[group[i] - first]
        r, alpha, a, b = params[group[i], 0], params[group[i], 1], params[group[i], 2], params[group[i], 3]
        rate, n_chances, w = r + x[i], x[i] + at_zero, weight[i]
        log_T, inverse_T = math.log(alpha + T[i]), 1.0 / (alpha + T[i])
        if n_chances == 0.0:
            sums[0] -= w * rate * log_T
            sums[1] -= w * log_T
            sums[2] -= w * rate * inverse_T
            sums[6] -= w * inverse_T
            sums[9] += w * rate * inverse_T * inverse_T
            continue
        inverse_b = 1.0 / (b + n_chances - 1.0)
        log_tx, inverse_tx = math.log(alpha + t_x[i]), 1.0 / (alpha + t_x[i])
        odds = math.log(a * inverse_b) + rate * (log_T - log_tx)
        small = math.exp(-abs(odds))
        left = (1.0 if odds > 0.0 else small) / (1.0 + small)
        here = (small if odds > 0.0 else 1.0) / (1.0 + small)
        both = w * left * here
        d0, d1, d2, d3 = log_T - log_tx, rate * (inverse_T - inverse_tx), 1.0 / a, -inverse_b
        wl, wh = w * left, w * here
        sums[0] += w * (max(odds, 0.0) + math.log1p(small) - rate * log_T)
        sums[1] -= wl * log_tx + wh * log_T
        sums[2] -= rate * (wl * inverse_tx + wh * inverse_T)
        sums[3] += wl * d2
        sums[4] += wl * d3
        sums[5] += both * d0 * d0
        sums[6] += both * d0 * d1 - wl * inverse_tx - wh * inverse_T
        sums[7] += both * d0 * d2
        sums[8] += both * d0 * d3
        sums[9] += both * d1 * d1 + rate * (wl * inverse_tx * inverse_tx + wh * inverse_T * inverse_T)
        sums[10] += both * d1 * d2
        sums[11] += both * d1 * d3
        sums[12] += both * d2 * d2 - wl * d2 * d2
        sums[13] += both * d2 * d3
        sums[14] += both * d3 * d3 + wl * d3 * d3


@compiled
def counted_rows(params, k, kind, x, weight, group, low, high, out):
    """What depends on the number of purchases alone, as `out` of `beta_geometric_rows`.

    `kind` is 0 for BG/NBD, 1 for MBG/NBD and 2 for Pareto/NBD. With whole numbers of purchases differences of
    gamma functions and their derivatives are sums over them.
    """
    first = group[low]
    for i in range(low, high):
        sums, w = out[group[i] - first], weight[i]
        r, alpha, third, fourth = (
            params[group[i], 0],
            params[group[i], 1],
            params[group[i], 2],
            params[group[i], 3],
        )
        value, slope, bend = r * math.log(alpha), math.log(alpha), 0.0
        for j in range(int(k * x[i])):
            inverse = 1.0 / (r + j)
            value += math.log(r + j)
            slope += inverse
            bend -= inverse * inverse
        sums[1] += w * slope
        sums[2] += w * r / alpha
        sums[5] += w * bend
        sums[6] += w / alpha
        sums[9] -= w * r / (alpha * alpha)
        if kind == 2:
            value += third * math.log(fourth)
            sums[3] += w * math.log(fourth)
            sums[4] += w * third / fourth
            sums[13] += w / fourth
            sums[14] -= w * third / (fourth * fourth)
        else:
            for j in range(int(x[i]) + kind):
                stays, either = 1.0 / (fourth + j), 1.0 / (third + fourth + j)
                value += math.log((fourth + j) * either)
                sums[3] -= w * either
                sums[4] += w * (stays - either)
                sums[12] += w * either * either
                sums[13] += w * either * either
                sums[14] += w * (either * either - stays * stays)
        sums[0] += w * value


@compiled
def _integrand(r, alpha, s, beta, x, t_x, T, nodes, log_f, shifted):
    """Fill log f and min(alpha, beta) + u at the nodes; gives the largest log f (-inf where t_x = T)."""
    least, rate = min(alpha, beta), r + x
    more_alpha, more_beta = alpha - least, beta - least
    low, end = math.log(least + t_x), math.log(least + T)
    # log f is concave in log(least + u); from its slope at t_x follows where it has surely vanished
    slope = (least + t_x) * (rate / (alpha + t_x) + (s + 1.0) / (beta + t_x)) - 1.0
    width = min(end - low, _FAR / max(slope, 1e-300))
    if width <= 0.0:
        return -np.inf
    known, top = math.log(width) + math.log(s), -np.inf
    for j in range(nodes.shape[0]):
        log_shifted = low + width * nodes[j, 0]
        value = math.exp(log_shifted)
        log_alpha = log_shifted if more_alpha == 0.0 else math.log(value + more_alpha)
        log_beta = log_shifted if more_beta == 0.0 else math.log(value + more_beta)
        shifted[j] = value
        log_f[j] = nodes[j, 1] + known + log_shifted - rate * log_alpha - (s + 1.0) * log_beta
        top = max(top, log_f[j])
    return top


@compiled
def pareto_left(params, group, x, t_x, T, nodes, out):
    """Log of the integral of those who left, without r log alpha and the like; one figure a row."""
    log_f, shifted = np.empty(nodes.shape[0]), np.empty(nodes.shape[0])
    for i in range(len(x)):
        r, alpha, s, beta = params[group[i], 0], params[group[i], 1], params[group[i], 2], params[group[i], 3]
        top = _integrand(r, alpha, s, beta, x[i], t_x[i], T[i], nodes, log_f, shifted)
        total = 0.0
        if top > -np.inf:
            for j in range(len(log_f)):
                total += math.exp(log_f[j] - top)
        out[i] = top + math.log(total) if total > 0.0 else -np.inf


@compiled
def pareto_rows(params, nodes, group, x, t_x, T, weight, low, high, out):
    """Pareto/NBD; `params` (k, 4) holds r, alpha, s, beta of each group."""
    log_f, shifted = np.empty(nodes.shape[0]), np.empty(nodes.shape[0])
    g, m = np.empty(4), np.empty(N_SUMS)
    first = group[low]
    for i in range(low, high):
        sums = out[group[i] - first]
        r, alpha, s, beta = params[group[i], 0], params[group[i], 1], params[group[i], 2], params[group[i], 3]
        least, rate, w = min(alpha, beta), r + x[i], weight[i]
        top = _integrand(r, alpha, s, beta, x[i], t_x[i], T[i], nodes, log_f, shifted)
        alive = -rate * math.log(alpha + T[i]) - s * math.log(beta + T[i])
        top = max(top, alive)
        m[:] = 0.0
        for j in range(len(log_f) + 1):  # the last part: still a customer at T
            stays = j == len(log_f)
            part = alive if stays else log_f[j]
            if not stays and t_x[i] >= T[i]:
                continue
            share = math.exp(part - top)
            if share < 1e-18:
                continue
            from_alpha = alpha + T[i] if stays else shifted[j] + (alpha - least)
            from_beta = beta + T[i] if stays else shifted[j] + (beta - least)
            ia, ib, leave = 1.0 / from_alpha, 1.0 / from_beta, s if stays else s + 1.0
            g[0], g[1] = -math.log(from_alpha), -rate * ia
            g[2], g[3] = (0.0 if stays else 1.0 / s) - math.log(from_beta), -leave * ib
            m[0] += share
            k = 5
            for p in range(4):
                m[1 + p] += share * g[p]
                for q in range(p, 4):
                    m[k] += share * g[p] * g[q]
                    k += 1
            m[6] -= share * ia
            m[9] += share * rate * ia * ia
            m[12] -= 0.0 if stays else share / (s * s)
            m[13] -= share * ib
            m[14] += share * leave * ib * ib
        sums[0] += w * (top + math.log(m[0]))
        k = 5
        for p in range(4):
            m[1 + p] /= m[0]
            sums[1 + p] += w * m[1 + p]
        for p in range(4):
            for q in range(p, 4):
                sums[k] += w * (m[k] / m[0] - m[1 + p] * m[1 + q])
                k += 1
