"""The pass of Cox's partial likelihood, compiled: backwards over event times, rows come in and go out.

Rows are at risk at event times first..last. `entering` lists rows by `last`, `entering_from[k]` where those
of event time k begin; `leaving` and `leaving_from` do so by `first`. Sums over who is at risk: s0 of risks
w exp(eta), s1 of risk x, s2 of risk x x'. Of d tied events Efron takes out l/d of their own risks for
l = 0..d-1; Breslow takes out nothing.
"""

from __future__ import annotations

import math

import numpy as np

from verbond.numerics.compiled import compiled

__all__ = ["partial_likelihood", "partial_parts"]


@compiled
def _move(rows, low, high, sign, x, risk, s1, s2):
    """Take rows in (sign 1) or out (-1); returns the change of s0."""
    p, change = x.shape[1], 0.0
    for position in range(low, high):
        i = rows[position]
        r = sign * risk[i]
        change += r
        for a in range(p):
            ra = r * x[i, a]
            s1[a] += ra
            for b in range(a + 1):
                s2[a, b] += ra * x[i, b]
    return change


@compiled
def _step(k, entering, entering_from, leaving, leaving_from, x, risk, s0, n_here, s1, s2):
    """Go back to event time k; returns s0 and how many are at risk. Where nobody is left, sums begin anew."""
    out_low, out_high = leaving_from[k + 1], leaving_from[k + 2]
    s0 += _move(leaving, out_low, out_high, -1.0, x, risk, s1, s2)
    n_here -= out_high - out_low
    if n_here == 0:
        s0 = 0.0
        s1[:] = 0.0
        s2[:] = 0.0
    low, high = entering_from[k], entering_from[k + 1]
    s0 += _move(entering, low, high, 1.0, x, risk, s1, s2)
    return s0, n_here + high - low


@compiled
def _tied(rows, low, high, x, eta, risk, weight, event, d1, d2, sx):
    """Sums over the rows that end in the event at one time: how many, weight, risk, and w eta."""
    p, n, w, d0, w_eta = x.shape[1], 0, 0.0, 0.0, 0.0
    d1[:] = 0.0
    d2[:] = 0.0
    sx[:] = 0.0
    for position in range(low, high):
        i = rows[position]
        if not event[i]:
            continue
        n += 1
        w += weight[i]
        d0 += risk[i]
        w_eta += weight[i] * eta[i]
        for a in range(p):
            ra = risk[i] * x[i, a]
            d1[a] += ra
            sx[a] += weight[i] * x[i, a]
            for b in range(a + 1):
                d2[a, b] += ra * x[i, b]
    return n, w, d0, w_eta


@compiled
def partial_likelihood(
    entering, entering_from, leaving, leaving_from, x, eta, risk, weight, event, efron, score, information
):
    """Log-likelihood; fills `score` (p,) and `information` (p, p)."""
    p, loglik, s0, n_here = x.shape[1], 0.0, 0.0, 0
    s1, s2, d1, d2 = np.zeros(p), np.zeros((p, p)), np.zeros(p), np.zeros((p, p))
    sx, mean = np.zeros(p), np.zeros(p)
    score[:] = 0.0
    information[:] = 0.0
    for k in range(len(entering_from) - 2, -1, -1):
        low, high = entering_from[k], entering_from[k + 1]
        s0, n_here = _step(k, entering, entering_from, leaving, leaving_from, x, risk, s0, n_here, s1, s2)
        n, w, d0, w_eta = _tied(entering, low, high, x, eta, risk, weight, event, d1, d2, sx)
        loglik += w_eta
        for a in range(p):
            score[a] += sx[a]
        steps = n if efron else 1
        for step in range(steps):
            out = step / n if efron else 0.0
            share, total = w / steps, s0 - out * d0
            loglik -= share * math.log(total)
            for a in range(p):
                mean[a] = (s1[a] - out * d1[a]) / total
                score[a] -= share * mean[a]
                for b in range(a + 1):
                    information[a, b] += share * ((s2[a, b] - out * d2[a, b]) / total - mean[a] * mean[b])
    for a in range(p):
        for b in range(a):
            information[b, a] = information[a, b]
    return loglik


@compiled
def partial_parts(
    entering, entering_from, leaving, leaving_from, x, eta, risk, weight, event, efron, g,
    hazard, tied_hazard, flow, tied_flow, average, residual, crossed, squared,
):  # fmt: skip
    """What residuals, baseline and tests need, by event time k.

    Fills `hazard` (K,) and `flow` (K, p), the baseline's increments and these times the mean of x at risk;
    `tied_hazard` and `tied_flow`, how much less of both the tied rows themselves take (Efron); `average`
    (K, p), the mean of x that events are held against; `residual` (K, p), Schoenfeld's; `crossed` and
    `squared` (p, p), the information weighted by g[k] and by its square.
    """
    p, s0, n_here = x.shape[1], 0.0, 0
    s1, s2, d1, d2 = np.zeros(p), np.zeros((p, p)), np.zeros(p), np.zeros((p, p))
    sx, mean = np.zeros(p), np.zeros(p)
    for k in range(len(entering_from) - 2, -1, -1):
        low, high = entering_from[k], entering_from[k + 1]
        s0, n_here = _step(k, entering, entering_from, leaving, leaving_from, x, risk, s0, n_here, s1, s2)
        n, w, d0, _ = _tied(entering, low, high, x, eta, risk, weight, event, d1, d2, sx)
        steps = n if efron else 1
        for step in range(steps):
            out = step / n if efron else 0.0
            share, total = w / steps, s0 - out * d0
            increment = share / total
            hazard[k] += increment
            tied_hazard[k] += out * increment
            for a in range(p):
                mean[a] = (s1[a] - out * d1[a]) / total
                average[k, a] += mean[a] / steps
                flow[k, a] += mean[a] * increment
                tied_flow[k, a] += out * mean[a] * increment
                for b in range(a + 1):
                    v = share * ((s2[a, b] - out * d2[a, b]) / total - mean[a] * mean[b])
                    crossed[a, b] += g[k] * v
                    squared[a, b] += g[k] * g[k] * v
        for a in range(p):
            residual[k, a] = sx[a] - w * average[k, a]
    for a in range(p):
        for b in range(a):
            crossed[b, a] = crossed[a, b]
            squared[b, a] = squared[a, b]
