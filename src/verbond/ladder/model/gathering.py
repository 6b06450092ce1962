"""From what single emissions say to what a code says, and back; and moves by their source, compiled.

Shapes: V own values of all emissions under each other, E emissions, N shared codes, O codes of one row, S
states of the living; n codes of moves, M edges by source, `bounds` (n_sources + 1,) where those of a source
begin and end, X columns of a design.
"""

from __future__ import annotations

import numpy as np

from verbond.numerics import compiled

__all__ = ["folded", "informations", "residuals", "shares", "together"]


@compiled
def together(values, rows, base, own):
    """(N + O, S) sums over emissions of the own values (V, S) that each code stands for.

    Parameters
    ----------
    rows : (E, N) int64
        Which own value.
    base : (O,) int64
        The shared code behind each code of one row.
    own : (O, S)
        What is added to it.
    """
    n_shared, n_states = rows.shape[1], values.shape[1]
    found = np.zeros((n_shared + len(base), n_states))
    for code in range(n_shared):
        for e in range(len(rows)):
            value = rows[e, code]
            for k in range(n_states):
                found[code, k] += values[value, k]
    for code in range(len(base)):
        for k in range(n_states):
            found[n_shared + code, k] = found[base[code], k] + own[code, k]
    return found


@compiled
def folded(codes, rows, base, n_values):
    """(V, S) sums over codes (N + O, S) of what shows each own value."""
    n_shared, n_states = rows.shape[1], codes.shape[1]
    shared, found = codes[:n_shared].copy(), np.zeros((n_values, n_states))
    for code in range(len(base)):
        for k in range(n_states):
            shared[base[code], k] += codes[n_shared + code, k]
    for code in range(n_shared):
        for e in range(len(rows)):
            value = rows[e, code]
            for k in range(n_states):
                found[value, k] += shared[code, k]
    return found


@compiled
def shares(weights, bounds):
    """Divide weights (n, M) by their sums over the edges of a source, in place."""
    for x in range(len(weights)):
        for s in range(len(bounds) - 1):
            total = 0.0
            for e in range(bounds[s], bounds[s + 1]):
                total += weights[x, e]
            for e in range(bounds[s], bounds[s + 1]):
                weights[x, e] /= total


@compiled
def residuals(moves, probs, bounds):
    """(n, M) moves less those that the probabilities expect of as many customers at the source."""
    found = np.empty(moves.shape)
    for x in range(len(moves)):
        for s in range(len(bounds) - 1):
            total = 0.0
            for e in range(bounds[s], bounds[s + 1]):
                total += moves[x, e]
            for e in range(bounds[s], bounds[s + 1]):
                found[x, e] = moves[x, e] - total * probs[x, e]
    return found


@compiled
def informations(moves, probs, bounds, design):
    """(M, M, X, X) information of the logits of all edges, 0 between sources."""
    n_edges, n_columns = moves.shape[1], design.shape[1]
    found = np.zeros((n_edges, n_edges, n_columns, n_columns))
    for x in range(len(moves)):
        for s in range(len(bounds) - 1):
            total = 0.0
            for e in range(bounds[s], bounds[s + 1]):
                total += moves[x, e]
            for e in range(bounds[s], bounds[s + 1]):
                for f in range(bounds[s], bounds[s + 1]):
                    value = total * probs[x, e] * ((1.0 if e == f else 0.0) - probs[x, f])
                    for a in range(n_columns):
                        for b in range(n_columns):
                            found[e, f, a, b] += value * design[x, a] * design[x, b]
    return found
