"""The loops of the forward-backward pass, compiled.

The states of one class of one customer lie side by side in a vector, so that what belongs to a row (a line
of the emission table, a matrix of moves, the sums to add to) is read and written whole and in one place;
nothing is gathered. `LANES` customers take turns, because each step of one waits for the step before. The
arrays are flat and a state's place is written out: a row of states is `n_classes * len(width)` long, a matrix
of moves `n_rungs` such vectors. Places beyond the last rung are zero everywhere and stay so.

`rungs` and `classes` are counted, not read. A tuple's length is known when the loops are compiled, an array's
when they run: the first is faster, the second is compiled once for all lengths.

All numbers are float64. With float32 a pass takes four fifths of the time and expected moves are off by 1e-4,
which the differences that give the curvature cannot bear.

Names: `matrices` and, transposed, `turned` hold one matrix a move, or one a move and class (`across` of
them). alpha is the filtered probability; beta how much better or worse a state explains all later rows;
`lies` the emission of a row times beta over the row's likelihood: what lies ahead of the row before.
"""

from __future__ import annotations

import numpy as np

from verbond.numerics import compiled
from verbond.numerics.vectors import add, broadcast, item, load, multiply, multiply_add, same, store, total

__all__ = ["LANES", "expect", "infer", "place_into", "taken_from"]

LANES = 8
"""Customers that take turns; more do not fit the nearest cache."""
SMALL = 1e-100
"""Likelihoods are multiplied until below this, and only then is a logarithm taken."""
NEVER = 1e-300
"""Added to the likelihood of a row, so that what the model calls impossible does not stop it."""


@compiled
def _cut(work, size):
    """Room for all rows of the customers that take turns, for their beta, and for one row."""
    last = len(work) - size
    return work[: last - LANES * size], work[last - LANES * size : last], work[last:]


@compiled
def _forward(
    row, start, came, here, codes, moves, emission, matrices, initial, alpha, rungs, classes, width, across
):  # fmt: skip
    """One row of one customer into `alpha[here]`; returns its likelihood. `start` is -1 but in first rows."""
    w, n = len(width), len(rungs)
    size = w * len(classes)
    code, sums = np.intp(item(codes, row)), same(0.0, width)
    for c in range(len(classes)):
        if start >= 0:
            now = load(initial, start * size + c * w, width)
        else:
            matrix = (np.intp(item(moves, row)) * across + min(c, across - 1)) * n * w
            now = same(0.0, width)
            for i in range(n):
                come = broadcast(alpha, came + c * w + i, width)
                now = multiply_add(come, load(matrices, matrix + i * w, width), now)
        now = multiply(now, load(emission, code * size + c * w, width))
        sums = add(sums, now)
        store(alpha, here + c * w, now)
    scale = total(sums) + NEVER
    for c in range(len(classes)):
        store(alpha, here + c * w, multiply(load(alpha, here + c * w, width), same(1.0 / scale, width)))
    return scale


@compiled
def _backward(beta, at, lies, turned, matrix, ahead, rungs, width):
    """Beta of the row before, from what lies ahead of it."""
    store(ahead, 0, lies)
    now = same(0.0, width)
    for j in range(len(rungs)):
        to = broadcast(ahead, j, width)
        now = multiply_add(to, load(turned, matrix + j * len(width), width), now)
    store(beta, at, now)


@compiled
def _add_to(sums, place, vector, width):
    store(sums, place, add(vector, load(sums, place, width)))


@compiled
def _write(alpha, here, out, row, n_rungs, n_classes, width, by_rung):
    """A row of states into `out`, without the empty places; summed over classes when `by_rung`."""
    for k in range(n_rungs):
        found = alpha[here + k]
        for c in range(1, n_classes):
            if by_rung:
                found += alpha[here + c * width + k]
            else:
                out[row, c * n_rungs + k] = alpha[here + c * width + k]
        out[row, k] = found


@compiled
def expect(
    order, offsets, codes, moves, starts, weights, first_period, n_shared, emission, matrices, turned, across,
    initial, rungs, classes, width, work, out_codes, out_own, out_moves, out_starts, by_period, out_periods,
    out_period_moves, out_last,
):  # fmt: skip
    """Forward and backward over the customers in `order`; adds to the `out_` arrays, returns sum of log c.

    `out_moves` gets the sums of alpha_i times what lies ahead in j: times the matrices, the expected moves.
    """
    w, n = len(width), len(rungs)
    size = w * len(classes)
    alpha, beta, ahead = _cut(work, size)
    inverse = np.empty(len(alpha) // size)
    base, length, start = np.zeros(LANES, np.intp), np.zeros(LANES, np.intp), np.zeros(LANES, np.intp)
    begin, weight, product = np.zeros(LANES, np.intp), np.zeros(LANES), np.zeros(LANES)
    loglik = 0.0
    for group in range(0, len(order), LANES):
        lanes, steps = min(LANES, len(order) - group), 0
        for l in range(lanes):
            i = order[group + l]
            base[l], length[l], start[l] = offsets[i], offsets[i + 1] - offsets[i], starts[i]
            begin[l], weight[l], product[l] = first_period[i], weights[i], 1.0
            steps = max(steps, length[l])

        for t in range(steps):
            for l in range(lanes):
                if t >= item(length, l):
                    continue
                here = (t * LANES + l) * size
                scale = _forward(
                    item(base, l) + t, item(start, l) if t == 0 else -1, here - LANES * size, here, codes,
                    moves, emission, matrices, initial, alpha, rungs, classes, width, across,
                )  # fmt: skip
                inverse[t * LANES + l] = 1.0 / scale
                if product[l] < SMALL or scale < SMALL:
                    loglik += weight[l] * (np.log(product[l]) + np.log(scale))
                    product[l] = 1.0
                else:
                    product[l] *= scale
        for l in range(lanes):
            loglik += weight[l] * np.log(product[l])

        for t in range(steps - 1, -1, -1):
            for l in range(lanes):
                if t >= item(length, l):
                    continue
                row, here = item(base, l) + t, (t * LANES + l) * size
                code, count = np.intp(item(codes, row)), same(item(weight, l), width)
                if by_period and t == item(length, l) - 1:
                    _write(alpha, here, out_last, order[group + l], n, len(classes), w, False)
                for c in range(len(classes)):
                    at, place = l * size + c * w, code * size + c * w
                    behind = same(1.0, width) if t == item(length, l) - 1 else load(beta, at, width)
                    smoothed = multiply(multiply(load(alpha, here + c * w, width), behind), count)
                    if code < n_shared:
                        _add_to(out_codes, place, smoothed, width)
                    else:
                        store(out_own, place - n_shared * size, smoothed)
                    if by_period:
                        _add_to(out_periods, (item(begin, l) + t) * size + c * w, smoothed, width)
                    if t == 0:
                        _add_to(out_starts, item(start, l) * size + c * w, smoothed, width)
                        continue
                    lies = multiply(load(emission, place, width), behind)
                    lies = multiply(lies, broadcast(inverse, t * LANES + l, width))
                    block, came = min(c, across - 1) * n * w, here - LANES * size + c * w
                    matrix = np.intp(item(moves, row)) * across * n * w + block
                    _backward(beta, at, lies, turned, matrix, ahead, rungs, width)
                    lies = multiply(lies, count)
                    for i in range(n):
                        moved = multiply(broadcast(alpha, came + i, width), lies)
                        _add_to(out_moves, matrix + i * w, moved, width)
                    if by_period:
                        into = (item(begin, l) + t) * across * n * w + block
                        for i in range(n):
                            moved = multiply(lies, load(matrices, matrix + i * w, width))
                            moved = multiply(broadcast(alpha, came + i, width), moved)
                            _add_to(out_period_moves, into + i * w, moved, width)
    return loglik


@compiled
def infer(
    first, last, offsets, codes, moves, starts, emission, matrices, turned, across, initial, rungs, classes,
    width, smoothed, by_rung, work, out,
):  # fmt: skip
    """Filtered or smoothed probabilities of each row of customers first..last, summed over classes or not."""
    w, n = len(width), len(rungs)
    size = w * len(classes)
    alpha, beta, ahead = _cut(work, size)
    inverse = np.empty(len(alpha) // size)
    for group in range(first, last, LANES):
        lanes, steps = min(LANES, last - group), 0
        for l in range(lanes):
            steps = max(steps, offsets[group + l + 1] - offsets[group + l])
        for t in range(steps):
            for l in range(lanes):
                row, here = offsets[group + l] + t, (t * LANES + l) * size
                if row >= offsets[group + l + 1]:
                    continue
                scale = _forward(
                    row, np.intp(starts[group + l]) if t == 0 else -1, here - LANES * size, here, codes,
                    moves, emission, matrices, initial, alpha, rungs, classes, width, across,
                )  # fmt: skip
                inverse[t * LANES + l] = 1.0 / scale
                if not smoothed:
                    _write(alpha, here, out, row - offsets[first], n, len(classes), w, by_rung)
        for t in range(steps - 1 if smoothed else -1, -1, -1):
            for l in range(lanes):
                row, here = offsets[group + l] + t, (t * LANES + l) * size
                if row >= offsets[group + l + 1]:
                    continue
                for c in range(len(classes)):
                    at = l * size + c * w
                    ends = row == offsets[group + l + 1] - 1
                    behind = same(1.0, width) if ends else load(beta, at, width)
                    store(alpha, here + c * w, multiply(load(alpha, here + c * w, width), behind))
                    if t > 0:
                        lies = load(emission, np.intp(item(codes, row)) * size + c * w, width)
                        lies = multiply(multiply(lies, behind), broadcast(inverse, t * LANES + l, width))
                        matrix = (np.intp(item(moves, row)) * across + min(c, across - 1)) * n * w
                        _backward(beta, at, lies, turned, matrix, ahead, rungs, width)
                _write(alpha, here, out, row - offsets[first], n, len(classes), w, by_rung)


@compiled
def place_into(table, values, places):
    """Write each row of values (n, n_places) into the places of the same row of a table."""
    for row in range(len(values)):
        for e in range(len(places)):
            table[row, places[e]] = values[row, e]


@compiled
def taken_from(table, places):
    """(n, n_places) what stands in these places of each row of a table."""
    found = np.empty((len(table), len(places)))
    for row in range(len(table)):
        for e in range(len(places)):
            found[row, e] = table[row, places[e]]
    return found
