"""Customers with the same history are reckoned once.

What a pass gives of a customer depends on the codes of their rows alone. Where many customers show the same
rows (they came and never returned, or nothing happens in most periods), one stands for all of them with their
number as its weight. Whoever answered a survey stands alone. It pays where it spares at least a tenth of the
rows; otherwise everybody is reckoned on their own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import Sequences
from verbond.numerics import compiled

__all__ = ["apart", "merged", "n_spared_rows"]

LEAST_SPARED = 0.1


def merged(sequences: Sequences, *, least_spared: float = LEAST_SPARED) -> Sequences:
    """The same customers, equal histories as one with their number as its weight.

    Parameters
    ----------
    sequences : Sequences
        Every customer with weight 1.
    least_spared : float
        Share of the rows that must be spared, or all is left as it is.

    Returns
    -------
    Sequences
        `order` holds one customer of each history, `stands_for` who reckons for whom.
    """
    customers = np.sort(sequences.order)
    marks = _marks(
        customers, sequences.offsets, sequences.codes, sequences.moves, sequences.starts,
        sequences.first_period,
    )  # fmt: skip
    by_mark = customers[np.argsort(marks, kind="stable")]
    first = _first_of_each(
        by_mark, np.sort(marks), sequences.offsets, sequences.codes, sequences.moves, sequences.starts,
        sequences.first_period,
    )  # fmt: skip
    stands_for = np.arange(sequences.n_customers)
    stands_for[by_mark] = first
    weights = np.bincount(first, minlength=sequences.n_customers).astype(float)
    found = replace(subset(sequences, np.unique(first)), weights=weights, stands_for=stands_for)
    return found if n_spared_rows(found) >= least_spared * max(found.n_rows, 1) else sequences


def apart(sequences: Sequences) -> Sequences:
    """The customers of `merged` again on their own."""
    if sequences.stands_for is None:
        return sequences
    customers = np.flatnonzero(sequences.weights[sequences.stands_for] > 0)
    alone = replace(sequences, weights=np.ones(sequences.n_customers), stands_for=None)
    return subset(alone, customers)


def n_spared_rows(sequences: Sequences) -> int:
    """Rows that need not be passed over because an equal history is."""
    lengths = np.diff(sequences.offsets)
    return sequences.n_rows - int(lengths[sequences.order].sum())


@compiled
def _marks(customers, offsets, codes, moves, starts, first_period):
    """A number for each customer that differs where histories do, but for rare chance."""
    marks = np.empty(len(customers), np.uint64)
    factor = np.uint64(0x9E3779B97F4A7C15)
    for place in range(len(customers)):
        i = customers[place]
        mark = np.uint64(starts[i]) * factor + np.uint64(first_period[i])
        for row in range(offsets[i], offsets[i + 1]):
            move = np.uint64(moves[row]) if row > offsets[i] else np.uint64(0)
            mark = (mark ^ (mark >> np.uint64(29))) * factor
            mark += (np.uint64(codes[row]) << np.uint64(32)) | move
        mark = (mark ^ (mark >> np.uint64(32))) * factor
        marks[place] = mark + np.uint64(offsets[i + 1] - offsets[i])
    return marks


@compiled
def _first_of_each(by_mark, marks, offsets, codes, moves, starts, first_period):
    """For each customer the first before it with the same mark and truly the same history; sorted by mark."""
    first = np.empty(len(by_mark), np.int64)
    for place in range(len(by_mark)):
        i = by_mark[place]
        first[place] = i
        if place == 0 or marks[place] != marks[place - 1]:
            continue
        other = first[place - 1]
        length = offsets[i + 1] - offsets[i]
        same = (
            length == offsets[other + 1] - offsets[other]
            and starts[i] == starts[other]
            and first_period[i] == first_period[other]
        )
        for t in range(length if same else 0):
            a, b = offsets[i] + t, offsets[other] + t
            if codes[a] != codes[b] or (t > 0 and moves[a] != moves[b]):
                same = False
                break
        if same:
            first[place] = other
    return first
