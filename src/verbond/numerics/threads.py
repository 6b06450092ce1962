"""Own threads over fixed chunks: the same bits for any number of threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np

__all__ = ["available_threads", "chunk_bounds", "over_chunks"]

T = TypeVar("T")


def available_threads() -> int:
    """How many processors this process may use; VERBOND_THREADS, where it is set, allows no more."""
    allowed = os.environ.get("VERBOND_THREADS", "")
    if allowed.isdigit() and int(allowed) > 0:
        return min(int(allowed), _processors())
    return _processors()


def _processors() -> int:
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
    pool = _pool(n_threads)
    waiting = deque(pool.submit(function, i) for i in range(min(2 * n_threads, n_chunks)))
    following = len(waiting)
    try:
        while waiting:
            result = waiting.popleft().result()
            if following < n_chunks:
                waiting.append(pool.submit(function, following))
                following += 1
            yield result
    finally:
        for future in waiting:
            future.cancel()


@cache
def _pool(n_threads: int) -> ThreadPoolExecutor:
    """Threads that wait for work; starting them anew for every pass would cost more than a small pass."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="verbond")


if hasattr(os, "register_at_fork"):  # threads do not follow into a forked process
    os.register_at_fork(after_in_child=_pool.cache_clear)
