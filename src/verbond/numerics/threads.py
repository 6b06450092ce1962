"""Own threads over fixed chunks: the same bits for any number of threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

__all__ = ["available_threads", "chunk_bounds", "over_chunks"]

T = TypeVar("T")


def available_threads() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # pragma: no cover - not on every system
        return os.cpu_count() or 1


def chunk_bounds(n: int, *, most: int = 64, least_size: int = 256) -> np.ndarray:
    """Bounds of equal chunks of `n` things; they depend on `n` alone, never on the machine.

    Examples
    --------
    >>> chunk_bounds(1000)
    array([   0,  333,  666, 1000])
    """
    n_chunks = max(1, min(most, n // least_size))
    return np.arange(n_chunks + 1) * n // n_chunks


def over_chunks(function: Callable[[int], T], n_chunks: int, *, n_threads: int | None = None) -> Iterator[T]:
    """Run `function(chunk)` in threads and give its results in the order of the chunks.

    The function must release the interpreter lock to gain from it. At most two results a thread wait.
    """
    n_threads = min(n_threads or available_threads(), n_chunks)
    if n_threads <= 1:
        yield from map(function, range(n_chunks))
        return
    with ThreadPoolExecutor(n_threads) as pool:
        waiting = [pool.submit(function, i) for i in range(min(2 * n_threads, n_chunks))]
        for i in range(n_chunks):
            result = waiting[i].result()
            waiting[i] = None  # type: ignore[call-overload]
            if len(waiting) < n_chunks:
                waiting.append(pool.submit(function, len(waiting)))
            yield result
