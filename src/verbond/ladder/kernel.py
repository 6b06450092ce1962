"""The forward-backward pass over codes instead of data.

A row (one customer, one period) is seen through three small integers: `codes` (which combination of
observations), `moves` (which combination of covariates acts on the move into this row) and, for a first
row, `starts` (new or old customer). The model enters as three tables of probabilities over those codes.
What comes back are the expected statistics by code, and from these follow likelihood, maximisation step and
exact gradient of every model that can be written so. The kernel itself knows no rungs.

Transitions are a list of edges `source[e] -> target[e]` between rungs, so that a ladder and a full matrix run
through the same loop (`passes.py`). A state is a rung within a baseline class; nobody changes class. Classes
move alike, so that edges are summed over them, unless the edges are listed over all states: those that fall
apart into equal blocks are classes that move each in their own way.

References
----------
Rabiner (1989), Proc. IEEE 77(2), equations 19-25, 92 (scaling), 37 (expected transitions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.passes import LANES, expect, infer, place_into, taken_from
from verbond.numerics import chunk_bounds, over_chunks
from verbond.numerics.vectors import aligned

__all__ = [
    "Sequences",
    "Statistics",
    "Tables",
    "expected_statistics",
    "probs_at",
    "rung_probs",
    "state_probs",
]

LEAST_WORK = 8
"""Of a chunk of customers, additions for every sum of its own, which is set to nothing and added in."""
HANDOVER = 100_000
"""What it takes to give a chunk to a thread, in sums."""
MOST_UNROLLED, MOST_CLASSES_UNROLLED = 8, 3
"""Rungs and classes up to which the loops are compiled for their number; one compilation serves all above."""


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
    stands_for : (n_customers,) int64 or None
        Where equal histories are reckoned once (`histories.merged`): the customer in `order` whose history
        is also this one's.
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
    stands_for: np.ndarray | None = None

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
    folded : (n_values, n_living_states) or None
        Where the rows by code stayed elsewhere: what `LadderModel.fold` makes of them; `codes` then has those
        of scored rows alone.
    """

    loglik: float
    codes: np.ndarray
    edges: np.ndarray
    starts: np.ndarray
    period_states: np.ndarray | None = None
    period_edges: np.ndarray | None = None
    last: np.ndarray | None = None
    folded: np.ndarray | None = None


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
    laid = _lay_out(tables)
    own = aligned((sequences.n_codes - sequences.n_shared) * laid.size)
    last = np.zeros((sequences.n_customers if by_period else 0, tables.initial.shape[1]))
    sizes = (
        sequences.n_shared * laid.size, len(laid.matrices), len(laid.initial),
        by_period * sequences.n_periods * laid.size, by_period * sequences.n_periods * laid.matrix_size,
    )  # fmt: skip
    bounds = _worthwhile(sequences, sum(sizes), laid.size + laid.matrix_size)

    def run(chunk: int) -> tuple[float, list[np.ndarray]]:
        order = sequences.order[bounds[chunk] : bounds[chunk + 1]]
        longest = int((sequences.offsets[order + 1] - sequences.offsets[order]).max(initial=0))
        sums = [aligned(size) for size in sizes]
        value = expect(
            order, sequences.offsets, sequences.codes, sequences.moves, sequences.starts, sequences.weights,
            sequences.first_period, sequences.n_shared, laid.emission, laid.matrices, laid.turned,
            laid.across, laid.initial, laid.rungs, laid.classes, laid.width, laid.room(longest),
            *sums[:1], own, *sums[1:3], by_period, *sums[3:], last,
        )  # fmt: skip
        return value, sums

    found = over_chunks(run, len(bounds) - 1, n_threads=n_threads)
    loglik, totals = next(found)
    for value, sums in found:
        loglik += value
        for total, part in zip(totals, sums, strict=True):
            total += part
    if sequences.stands_for is not None and by_period:
        last = last[sequences.stands_for]
    codes, moves, starts, periods, period_moves = totals
    codes = laid.states(np.concatenate((codes, own)))
    loglik += float(np.dot(codes.sum(axis=1), tables.log_scale))
    return Statistics(
        loglik, codes, laid.edges(moves) * tables.edges, laid.states(starts),
        *((laid.states(periods), laid.edges(period_moves), last) if by_period else ()),
    )  # fmt: skip


def _worthwhile(sequences: Sequences, n_sums: int, n_row: int) -> np.ndarray:
    """Bounds of chunks whose rows are so many that it pays to add up sums of their own.

    Parameters
    ----------
    n_sums : int
        Numbers that a chunk adds up.
    n_row : int
        Of these, how many a row adds to.
    """
    bounds, order = sequences.bounds, sequences.order
    n_rows = int((sequences.offsets[order + 1] - sequences.offsets[order]).sum())
    n_chunks = max(1, min(len(bounds) - 1, n_rows * n_row // (LEAST_WORK * (n_sums + HANDOVER))))
    return bounds[np.arange(n_chunks + 1) * (len(bounds) - 1) // n_chunks]


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
    probs = np.empty((_rows_between(sequences, first, last), tables.initial.shape[1]))
    _infer(sequences, _lay_out(tables), first, last, kind, probs)
    return probs


def probs_at(sequences: Sequences, tables: Tables, rows: np.ndarray, *, kind: str = "smoothed") -> np.ndarray:
    """Probabilities of the states in some rows, without a table of all.

    Parameters
    ----------
    rows : (n,) int64
        Ascending.
    kind : {"smoothed", "filtered"}
        As in `state_probs`.

    Returns
    -------
    (n, n_states) float64
    """
    bounds = chunk_bounds(sequences.n_customers)
    edges = np.searchsorted(rows, sequences.offsets[bounds])

    def run(chunk: int) -> np.ndarray:
        first, last = int(bounds[chunk]), int(bounds[chunk + 1])
        here = rows[edges[chunk] : edges[chunk + 1]] - sequences.offsets[first]
        return state_probs(sequences, tables, first, last, kind=kind)[here]

    return np.concatenate(list(over_chunks(run, len(bounds) - 1)))


def rung_probs(
    sequences: Sequences,
    tables: Tables,
    n_rungs: int,
    *,
    kind: str = "smoothed",
    n_threads: int | None = None,
) -> np.ndarray:
    """Probability of each rung in each row, classes summed out.

    Parameters
    ----------
    n_rungs : int
        States of one class.
    kind : {"smoothed", "filtered"}
        As in `state_probs`.

    Returns
    -------
    (n_rows, n_rungs) float32
    """
    laid, bounds = _lay_out(tables), chunk_bounds(sequences.n_customers)
    probs = np.empty((len(sequences.codes), n_rungs), np.float32)

    def run(chunk: int) -> None:
        first, last = int(bounds[chunk]), int(bounds[chunk + 1])
        rows = slice(int(sequences.offsets[first]), int(sequences.offsets[last]))
        if laid.n_rungs == n_rungs:
            _infer(sequences, laid, first, last, kind, probs[rows])
        else:  # edges that do not show where a class ends
            states = state_probs(sequences, tables, first, last, kind=kind)
            probs[rows] = states.reshape(len(states), -1, n_rungs).sum(axis=1)

    for _ in over_chunks(run, len(bounds) - 1, n_threads=n_threads):
        pass
    return probs


def _rows_between(sequences: Sequences, first: int, last: int) -> int:
    return int(sequences.offsets[last] - sequences.offsets[first])


def _infer(sequences: Sequences, laid: _Laid, first: int, last: int, kind: str, probs: np.ndarray) -> None:
    longest = int(np.diff(sequences.offsets[first : last + 1]).max(initial=0))
    by_rung = probs.shape[1] == laid.n_rungs
    infer(
        first, last, sequences.offsets, sequences.codes, sequences.moves, sequences.starts, laid.emission,
        laid.matrices, laid.turned, laid.across, laid.initial, laid.rungs, laid.classes, laid.width,
        kind == "smoothed", by_rung, laid.room(longest), probs,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Laid:
    """Tables as the loops read them: flat, rows of states cut into vectors with zeros at their ends.

    Attributes
    ----------
    emission : (n_codes * n_classes * width,)
    matrices, turned : (n_moves * across * n_rungs * width,)
        Transition matrices, and transposed.
    initial : (n_starts * n_classes * width,)
    across : int
        Matrices a move: 1 where all classes move alike, else one a class.
    source, target : (n_edges,)
        Where each edge stands in the matrices of one move, as indices of (across * n_rungs, width).
    n_rungs, n_classes : int
    """

    emission: np.ndarray
    matrices: np.ndarray
    turned: np.ndarray
    initial: np.ndarray
    across: int
    source: np.ndarray
    target: np.ndarray
    n_rungs: int
    n_classes: int

    @property
    def width(self) -> tuple[int, ...]:
        return (0,) * _width(self.n_rungs)

    @property
    def size(self) -> int:
        """Length of a row of states."""
        return self.n_classes * len(self.width)

    @property
    def matrix_size(self) -> int:
        return self.across * self.n_rungs * len(self.width)

    @property
    def rungs(self) -> tuple[int, ...] | np.ndarray:
        """As long as there are rungs: a tuple, which the compiler can count, where they are few."""
        return (0,) * self.n_rungs if self.n_rungs <= MOST_UNROLLED else np.empty(self.n_rungs)

    @property
    def classes(self) -> tuple[int, ...] | np.ndarray:
        """As long as there are classes, likewise."""
        few = self.n_classes <= MOST_CLASSES_UNROLLED
        return (0,) * self.n_classes if few else np.empty(self.n_classes)

    def room(self, longest: int) -> np.ndarray:
        """Working memory for histories of up to `longest` rows."""
        return aligned(((max(longest, 1) + 1) * LANES + 1) * self.size)

    def states(self, flat: np.ndarray) -> np.ndarray:
        """Rows of states without the empty places: (n, n_states)."""
        rows = flat.reshape(-1, self.n_classes, len(self.width))[:, :, : self.n_rungs]
        return rows.reshape(len(rows), -1)

    def edges(self, flat: np.ndarray) -> np.ndarray:
        """What stands in the matrices at each edge: (n, n_edges)."""
        places = self.source * len(self.width) + self.target
        return taken_from(flat.reshape(-1, self.matrix_size), places)


def _lay_out(tables: Tables) -> _Laid:
    """Lay out tables; edges that fall apart into equal blocks are classes that move each in their own way."""
    n_classes, across, n_rungs = tables.initial.shape[1] // tables.n_rungs, 1, tables.n_rungs
    if n_classes == 1:
        n_classes = across = _n_blocks(tables.source, tables.target, n_rungs)
        n_rungs //= across
    width, place = _width(n_rungs), tables.source // n_rungs * n_rungs

    def states(table: np.ndarray) -> np.ndarray:
        padded = aligned(len(table), n_classes, width)
        padded[:, :, :n_rungs] = table.reshape(len(table), n_classes, n_rungs)
        return padded.ravel()

    matrices, turned = (aligned(len(tables.edges), across * n_rungs * width) for _ in range(2))
    source, target = tables.source, tables.target % n_rungs
    edges = np.ascontiguousarray(tables.edges)
    place_into(matrices, edges, source * width + target)
    place_into(turned, edges, (place + target) * width + source % n_rungs)
    return _Laid(
        states(tables.emission), matrices.ravel(), turned.ravel(), states(tables.initial), across, source,
        target, n_rungs, n_classes,
    )  # fmt: skip


def _n_blocks(source: np.ndarray, target: np.ndarray, n_states: int) -> int:
    """The largest number of equal blocks of neighbouring states between which no edge runs."""
    for n_blocks in range(n_states // 2, 1, -1):
        size, left = divmod(n_states, n_blocks)
        if not left and (source // size == target // size).all():
            return n_blocks
    return 1


def _width(n_rungs: int) -> int:
    return max(4, 1 << (n_rungs - 1).bit_length())
