"""The forward-backward pass, many customers side by side, over codes instead of data.

A row (one customer, one period) is seen through three small integers: `codes` (which combination of
observations), `moves` (which combination of covariates acts on the move into this row) and, for a first
row, `starts` (new or old customer). The model enters as three tables of probabilities over those codes.
What comes back are the expected statistics by code, and from these follow likelihood, maximisation step and
exact gradient of every model that can be written so. The kernel itself knows no rungs.

Transitions are a list of edges `source[e] -> target[e]` between rungs, so that a ladder and a full matrix run
through the same loop. A state is a rung within a baseline class; nobody changes class, and all classes move
alike, so that edges are read and summed once for all of them.

References
----------
Rabiner (1989), Proc. IEEE 77(2), equations 19-25, 92 (scaling), 37 (expected transitions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.numerics import chunk_bounds, compiled, over_chunks

__all__ = ["Sequences", "Statistics", "Tables", "expected_statistics", "state_probs"]

LANES, LANES_OF_MANY_STATES, MANY_STATES = 64, 32, 8
"""Customers that one pass of the inner loops serves, fewer where more states fill the nearer caches."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """What was observed, as codes.

    Attributes
    ----------
    offsets : (n_customers + 1,) int64
        Rows of customer i are `offsets[i]:offsets[i + 1]`.
    codes : (n_rows,) uint32
        Observation of each row. Codes at or above `n_shared` occur in one row only.
    moves : (n_rows,) uint32
        Covariates of the move from the row before into this row; not read in first rows.
    starts : (n_customers,) uint32
        Which initial distribution.
    weights : (n_customers,) float64
        How many customers each stands for.
    first_period : (n_customers,) int64
        Period of the first row.
    n_shared, n_codes, n_moves, n_starts, n_periods : int
    order : (n_customers,) int64
        Order of work: random chunks, equal lengths together within each.
    """

    offsets: np.ndarray
    codes: np.ndarray
    moves: np.ndarray
    starts: np.ndarray
    weights: np.ndarray
    first_period: np.ndarray
    n_shared: int
    n_codes: int
    n_moves: int
    n_starts: int
    n_periods: int
    order: np.ndarray

    @property
    def n_customers(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_rows(self) -> int:
        """Rows of the customers in `order`, each as often as its customer counts."""
        return round(float((np.diff(self.offsets) * self.weights)[self.order].sum()))

    @property
    def bounds(self) -> np.ndarray:
        """(n_chunks + 1,) bounds of the chunks within `order`."""
        return chunk_bounds(len(self.order))


@dataclass(frozen=True, slots=True)
class Tables:
    """A model's probabilities, by code.

    Attributes
    ----------
    emission : (n_codes, n_states) float64
        Density of each code in each state divided by exp(`log_scale`), so that the largest is 1.
    log_scale : (n_codes,) float64
    source, target : (n_edges,) int64
        Rungs.
    edges : (n_moves, n_edges) float64
        Transition probabilities; those with one source sum to 1.
    initial : (n_starts, n_states) float64
        State `klass * n_rungs + rung`.
    n_rungs : int
    """

    emission: np.ndarray
    log_scale: np.ndarray
    source: np.ndarray
    target: np.ndarray
    edges: np.ndarray
    initial: np.ndarray
    n_rungs: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sums over all rows of what the hidden states are expected to have been.

    Attributes
    ----------
    loglik : float
    codes : (n_codes, n_states)
        Expected rows with that code in that state.
    edges : (n_moves, n_edges)
        Expected moves.
    starts : (n_starts, n_states)
        Expected first rows.
    period_states : (n_periods, n_states) or None
        Expected customers in that state in that period.
    period_edges : (n_periods, n_edges) or None
        Expected moves into that period.
    last : (n_customers, n_states) or None
        State probabilities in each customer's last row.
    """

    loglik: float
    codes: np.ndarray
    edges: np.ndarray
    starts: np.ndarray
    period_states: np.ndarray | None = None
    period_edges: np.ndarray | None = None
    last: np.ndarray | None = None


def expected_statistics(
    sequences: Sequences,
    tables: Tables,
    *,
    by_period: bool = False,
    n_threads: int | None = None,
) -> Statistics:
    """One fused forward-backward pass over all customers.

    Parameters
    ----------
    sequences : Sequences
    tables : Tables
    by_period : bool
        Also sum by period and keep the last row of each customer.
    n_threads : int, optional
        The result has the same bits for any number.

    Returns
    -------
    Statistics
    """
    total = _empty(sequences, tables, by_period=by_period)
    own = total.codes[sequences.n_shared :]
    last = total.last if by_period else np.zeros((1, 1))
    bounds, loglik = sequences.bounds, 0.0
    lanes = LANES_OF_MANY_STATES if tables.initial.shape[1] > MANY_STATES else LANES

    def run(chunk: int) -> tuple[float, Statistics]:
        part = _empty(sequences, tables, by_period=by_period, chunk=True)
        periods = part.period_states if by_period else np.zeros((1, 1))
        period_edges = part.period_edges if by_period else np.zeros((1, 1))
        value = _pass(
            sequences.order[bounds[chunk] : bounds[chunk + 1]],
            sequences.offsets, sequences.codes, sequences.moves, sequences.starts, sequences.weights,
            sequences.first_period, sequences.n_shared, tables.emission, tables.source, tables.target,
            tables.edges, tables.initial, tables.n_rungs, part.codes, own, part.edges, part.starts,
            by_period, periods, period_edges, last, lanes,
        )  # fmt: skip
        return value, part

    for value, part in over_chunks(run, len(bounds) - 1, n_threads=n_threads):
        loglik += value
        total.codes[: sequences.n_shared] += part.codes
        for name in ("edges", "starts", "period_states", "period_edges"):
            if getattr(part, name) is not None:
                getattr(total, name)[...] += getattr(part, name)
    loglik += float(np.dot(total.codes.sum(axis=1), tables.log_scale))
    return Statistics(
        loglik, total.codes, total.edges, total.starts, total.period_states, total.period_edges, total.last
    )


def state_probs(
    sequences: Sequences, tables: Tables, first: int, last: int, *, kind: str = "smoothed"
) -> np.ndarray:
    """Probability of each state in each row of customers `first` to `last`.

    Parameters
    ----------
    kind : {"smoothed", "filtered"}
        Given all rows of the customer, or given the rows up to and including this one.

    Returns
    -------
    (n_rows of these customers, n_states) float64
    """
    rows = slice(int(sequences.offsets[first]), int(sequences.offsets[last]))
    probs = np.empty((rows.stop - rows.start, tables.initial.shape[1]))
    _probs(
        first, last, sequences.offsets, sequences.codes, sequences.moves, sequences.starts,
        tables.emission, tables.source, tables.target, tables.edges, tables.initial,
        tables.n_rungs, kind == "smoothed", probs,
    )  # fmt: skip
    return probs


def _empty(sequences: Sequences, tables: Tables, *, by_period: bool, chunk: bool = False) -> Statistics:
    n_states, n_edges = tables.initial.shape[1], len(tables.source)
    codes = sequences.n_shared if chunk else sequences.n_codes
    return Statistics(
        0.0,
        np.zeros((codes, n_states)),
        np.zeros((sequences.n_moves, n_edges)),
        np.zeros((sequences.n_starts, n_states)),
        np.zeros((sequences.n_periods, n_states)) if by_period else None,
        np.zeros((sequences.n_periods, n_edges)) if by_period else None,
        np.zeros((sequences.n_customers, n_states)) if by_period and not chunk else None,
    )


@compiled
def _pass(
    order, offsets, codes, moves, starts, weights, first_period, n_shared, emission, source, target, edges,
    initial, n_rungs, out_codes, out_own, out_edges, out_starts, by_period, out_periods, out_period_edges,
    out_last, lanes,
):  # fmt: skip
    """Forward and backward over the customers in `order`; adds to the `out_` arrays, returns sum of log c.

    The number of lanes is no constant here, and rows are taken out as arrays of their own: so the inner loops
    become vector instructions.
    """
    n_states, n_edges = initial.shape[1], len(source)
    longest = 1  # the first row is prepared even where a customer has none
    for i in order:
        longest = max(longest, offsets[i + 1] - offsets[i])
    alpha = np.empty((longest, n_states, lanes))  # filtered probabilities
    seen = np.empty((longest, n_states, lanes))  # emission of each row
    inverse = np.empty((longest, lanes))  # 1 / scale
    beta = np.empty((n_states, lanes))
    ahead = np.empty((n_states, lanes))
    p = np.empty((n_edges, lanes))  # transition probabilities; most rows have move 0
    dirty = np.zeros(lanes, np.int64)
    plain = np.zeros(lanes)
    xi = np.empty((n_edges, lanes))
    moved = np.zeros((n_edges, lanes))
    scale = np.empty(lanes)
    product = np.empty(lanes)
    mask = np.empty(lanes)
    base = np.zeros(lanes, np.int64)
    length = np.zeros(lanes, np.int64)
    begin = np.zeros(lanes, np.int64)
    weight = np.zeros(lanes)
    loglik = 0.0
    for e in range(n_edges):
        for l in range(lanes):
            p[e, l] = edges[0, e]

    for group in range(0, len(order), lanes):
        steps = 0
        together = True  # all lanes began in the same period
        for l in range(lanes):
            if group + l < len(order):
                i = order[group + l]
                base[l], length[l], weight[l] = offsets[i], offsets[i + 1] - offsets[i], weights[i]
                begin[l] = first_period[i]
                together = together and begin[l] == begin[0]
                for k in range(n_states):
                    alpha[0, k, l] = initial[starts[i], k]
            else:
                length[l], weight[l] = 0, 0.0
                for k in range(n_states):
                    alpha[0, k, l] = 1.0 / n_states
            steps = max(steps, length[l])
            product[l] = 1.0

        for t in range(steps):
            for l in range(lanes):  # a customer who is out of the window is seen as if nothing were known
                if t < length[l]:
                    code = codes[base[l] + t]
                    for k in range(n_states):
                        seen[t, k, l] = emission[code, k]
                else:
                    for k in range(n_states):
                        seen[t, k, l] = 1.0
            if t > 0:
                alpha[t, :, :] = 0.0
                for l in range(lanes):
                    move = moves[base[l] + t] if t < length[l] else 0
                    if move != 0 or dirty[l] != 0:
                        for e in range(n_edges):
                            p[e, l] = edges[move, e]
                        dirty[l] = move
                for e in range(n_edges):
                    pe = p[e]
                    for c in range(0, n_states, n_rungs):
                        come, to = alpha[t - 1, source[e] + c], alpha[t, target[e] + c]
                        for l in range(lanes):
                            to[l] += come[l] * pe[l]
            scale[:] = 1e-300
            for k in range(n_states):
                here, see = alpha[t, k], seen[t, k]
                for l in range(lanes):
                    here[l] *= see[l]
                    scale[l] += here[l]
            turned = inverse[t]
            for l in range(lanes):
                turned[l] = 1.0 / scale[l]
                product[l] *= scale[l]
            for k in range(n_states):
                here = alpha[t, k]
                for l in range(lanes):
                    here[l] *= turned[l]
            if t % 4 == 3 or t == steps - 1:
                for l in range(lanes):
                    if weight[l] > 0.0:
                        loglik += weight[l] * np.log(product[l])
                    product[l] = 1.0

        beta[:, :] = 1.0
        for t in range(steps - 1, -1, -1):
            for l in range(lanes):
                mask[l] = weight[l] if t < length[l] else 0.0
                if by_period and t == length[l] - 1:
                    for k in range(n_states):
                        out_last[order[group + l], k] = alpha[t, k, l]
            for k in range(n_states):  # smoothed probability times the weight
                here, back, both = alpha[t, k], beta[k], ahead[k]
                for l in range(lanes):
                    both[l] = here[l] * back[l] * mask[l]
            for l in range(lanes):
                if t < length[l]:
                    code = codes[base[l] + t]
                    if code < n_shared:
                        for k in range(n_states):
                            out_codes[code, k] += ahead[k, l]
                    else:
                        for k in range(n_states):
                            out_own[code - n_shared, k] = ahead[k, l]
            if by_period and together:
                for k in range(n_states):
                    total = 0.0
                    for l in range(lanes):
                        total += ahead[k, l]
                    out_periods[begin[0] + t, k] += total
            elif by_period:
                for l in range(lanes):
                    if t < length[l]:
                        for k in range(n_states):
                            out_periods[begin[l] + t, k] += ahead[k, l]
            if t == 0:
                break
            turned = inverse[t]
            for k in range(n_states):
                see, back, both = seen[t, k], beta[k], ahead[k]
                for l in range(lanes):
                    both[l] = see[l] * back[l] * turned[l]
            beta[:, :] = 0.0
            for l in range(lanes):
                move = moves[base[l] + t] if t < length[l] else 0
                plain[l] = 1.0 if move == 0 else 0.0
                if move != 0 or dirty[l] != 0:
                    for e in range(n_edges):
                        p[e, l] = edges[move, e]
                    dirty[l] = move
            for e in range(n_edges):
                pe, expected, summed = p[e], xi[e], moved[e]
                expected[:] = 0.0
                for c in range(0, n_states, n_rungs):
                    come, back, both = alpha[t - 1, source[e] + c], beta[source[e] + c], ahead[target[e] + c]
                    for l in range(lanes):
                        step = pe[l] * both[l]
                        back[l] += step
                        expected[l] += come[l] * step
                for l in range(lanes):
                    expected[l] *= mask[l]
                    summed[l] += expected[l] * plain[l]
            for l in range(lanes):
                if dirty[l] != 0:
                    for e in range(n_edges):
                        out_edges[dirty[l], e] += xi[e, l]
            if by_period and together:
                for e in range(n_edges):
                    total = 0.0
                    for l in range(lanes):
                        total += xi[e, l]
                    out_period_edges[begin[0] + t, e] += total
            elif by_period:
                for l in range(lanes):
                    if t < length[l]:
                        for e in range(n_edges):
                            out_period_edges[begin[l] + t, e] += xi[e, l]
        for l in range(lanes):
            if length[l] > 0:
                start = starts[order[group + l]]
                for k in range(n_states):
                    out_starts[start, k] += alpha[0, k, l] * beta[k, l] * weight[l]
    for e in range(n_edges):
        for l in range(lanes):
            out_edges[0, e] += moved[e, l]
    return loglik


@compiled
def _probs(
    first, last, offsets, codes, moves, starts, emission, source, target, edges, initial, n_rungs,
    smoothed, out,
):  # fmt: skip
    """Filtered or smoothed probabilities of each row of customers first..last, one customer at a time."""
    n_states, n_edges = initial.shape[1], len(source)
    one_move = edges.shape[0] == 1
    beta, ahead = np.empty(n_states), np.empty(n_states)
    start_row = offsets[first]
    for i in range(first, last):
        length = offsets[i + 1] - offsets[i]
        inverse = np.empty(length)
        for t in range(length):
            row = offsets[i] + t
            a = out[row - start_row]
            if t == 0:
                for k in range(n_states):
                    a[k] = initial[starts[i], k]
            else:
                a[:] = 0.0
                move = 0 if one_move else moves[row]
                for c in range(0, n_states, n_rungs):
                    for e in range(n_edges):
                        a[target[e] + c] += out[row - start_row - 1, source[e] + c] * edges[move, e]
            scale = 1e-300
            for k in range(n_states):
                a[k] *= emission[codes[row], k]
                scale += a[k]
            inverse[t] = 1.0 / scale
            for k in range(n_states):
                a[k] *= inverse[t]
        if not smoothed:
            continue
        beta[:] = 1.0
        for t in range(length - 1, 0, -1):
            row = offsets[i] + t
            for k in range(n_states):
                ahead[k] = emission[codes[row], k] * beta[k] * inverse[t]
                out[row - start_row, k] *= beta[k]
            beta[:] = 0.0
            move = 0 if one_move else moves[row]
            for c in range(0, n_states, n_rungs):
                for e in range(n_edges):
                    beta[source[e] + c] += edges[move, e] * ahead[target[e] + c]
        if length > 0:
            for k in range(n_states):
                out[offsets[i] - start_row, k] *= beta[k]
