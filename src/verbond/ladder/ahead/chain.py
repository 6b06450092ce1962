"""One move of many chains at once, and where everybody is expected before a row is seen."""

from __future__ import annotations

import numpy as np

from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.kernel import Sequences, Tables, state_probs
from verbond.numerics import chunk_bounds, over_chunks

__all__ = ["dense", "filtered_states", "moved", "predicted_states"]


def moved(tables: Tables, probs: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Distribution after one move.

    Parameters
    ----------
    tables : Tables
        Says which edges there are.
    probs : (n, n_states)
    edges : (n, n_edges) or (n_edges,)
        Transition probabilities of each row's move.

    Returns
    -------
    (n, n_states)
    """
    after = np.zeros_like(probs)
    edges = np.atleast_2d(edges)
    for first in range(0, probs.shape[1], tables.n_rungs):
        for e, (source, target) in enumerate(zip(tables.source, tables.target, strict=True)):
            after[:, first + target] += probs[:, first + source] * edges[:, e]
    return after


def dense(tables: Tables, edges: np.ndarray) -> np.ndarray:
    """(n, n_states, n_states) transition matrices from (n, n_edges) probabilities."""
    n_states = tables.initial.shape[1]
    matrices = np.zeros((len(edges), n_states, n_states))
    for first in range(0, n_states, tables.n_rungs):
        matrices[:, first + tables.source, first + tables.target] = edges
    return matrices


def filtered_states(sequences: Sequences, tables: Tables) -> np.ndarray:
    """(n_rows, n_states) probabilities given each customer's rows so far."""
    bounds = chunk_bounds(sequences.n_customers)

    def run(chunk: int) -> np.ndarray:
        return state_probs(sequences, tables, int(bounds[chunk]), int(bounds[chunk + 1]), kind="filtered")

    return np.concatenate(list(over_chunks(run, len(bounds) - 1)))


def predicted_states(encoded: Encoded, tables: Tables, filtered: np.ndarray | None = None) -> np.ndarray:
    """(n_rows, n_states) probabilities given each customer's earlier rows; first rows have the start's."""
    sequences = encoded.sequences
    filtered = filtered_states(sequences, tables) if filtered is None else filtered
    predicted = np.empty_like(filtered)
    first = sequences.offsets[:-1][np.diff(sequences.offsets) > 0]
    later = np.ones(len(filtered), bool)
    later[first] = False
    rows = np.flatnonzero(later)
    for part in np.array_split(rows, max(1, len(rows) // 100_000)):
        predicted[part] = moved(tables, filtered[part - 1], tables.edges[sequences.moves[part]])
    starts = sequences.starts[np.diff(sequences.offsets) > 0]
    predicted[first] = tables.initial[starts]
    return predicted
