"""Random streams and two ways of drawing that the other modules share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["STREAMS", "categories", "categories_by_row", "stream"]

STREAMS = (
    "people", "values", "reach", "timing", "movement", "behaviour", "details", "survey", "speech", "stimuli",
)  # fmt: skip
"""Each has generators of its own, so that changing the survey leaves the behaviour as it was."""


def stream(seed: int, name: str, block: int | None = None) -> np.random.Generator:
    """The generator of one stream in one block of customers; `block` None: of the company as a whole.

    Notes
    -----
    The seed sequence is the one that `SeedSequence(seed).spawn(...)[block + 1].spawn(...)[index]` would give,
    without making the others.
    """
    key = (0 if block is None else block + 1, STREAMS.index(name))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def categories(rng: np.random.Generator, shares: Iterable[float], n: int) -> np.ndarray:
    """Draw `n` codes with probabilities proportional to `shares`, shape (n,) int64."""
    bounds = np.cumsum(np.asarray(list(shares), dtype=float))
    return np.searchsorted(bounds[:-1] / bounds[-1], rng.random(n), side="right")


def categories_by_row(rng: np.random.Generator, shares: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Draw a code for every element of `rows`, with the probabilities of that row of `shares`."""
    bounds = np.cumsum(shares, axis=1)[:, :-1] / shares.sum(axis=1, keepdims=True)
    return (rng.random(len(rows))[:, None] >= bounds[rows]).sum(axis=1)
