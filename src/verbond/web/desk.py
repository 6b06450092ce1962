"""Where what people from outside write is committed: much at once, on disk before anybody is told so.

What is acknowledged survives a power cut, so each commit is flushed to disk, which takes milliseconds. One
thread therefore takes everything that waits into one transaction and flushes once for all of it. Only the
server opens the desk, and only on SQLite: PostgreSQL groups the commits of its connections by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import connection, transaction

__all__ = ["committed", "open_desk"]

T = TypeVar("T")
MOST_AT_ONCE = 32
PATIENCE_SECONDS = 60

_waiting: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
_writer: threading.Thread | None = None


def open_desk() -> None:
    """From now on one thread of this process commits, on SQLite."""
    global _writer
    if connection.vendor == "sqlite" and _writer is None:
        _writer = threading.Thread(target=_write, name="desk", daemon=True)
        _writer.start()


def committed(act: Callable[[], T]) -> T:
    """Do something in a transaction; when this returns, it is on disk.

    Parameters
    ----------
    act : callable
        Reads and writes rows; it may be done in another thread, in one transaction with what others wait for.
        What it raises undoes what it did alone.
    """
    if _writer is None or connection.in_atomic_block:
        with transaction.atomic():
            return act()
    done: Future[T] = Future()
    _waiting.put((act, done))
    return done.result(PATIENCE_SECONDS)


def _write() -> None:
    kept: Any = None
    while True:
        acts = _those_that_wait()
        connection.ensure_connection()
        if connection.connection is not kept:
            kept = connection.connection
            connection.cursor().execute("PRAGMA synchronous=FULL")
        _commit(acts)


def _those_that_wait() -> list[tuple[Callable[[], Any], Future[Any]]]:
    """At least one; all that came while the last ones were flushed."""
    acts = [_waiting.get()]
    while len(acts) < MOST_AT_ONCE:
        try:
            acts.append(_waiting.get_nowait())
        except Empty:
            break
    return acts


def _commit(acts: list[tuple[Callable[[], Any], Future[Any]]]) -> None:
    """Each act in a savepoint, all in one transaction; then each is told."""
    told: list[Callable[[], None]] = []
    try:
        with transaction.atomic():
            for act, done in acts:
                try:
                    with transaction.atomic():
                        told.append(_telling(done, act()))
                except Exception as refused:
                    told.append(_refusing(done, refused))
    except Exception as refused:  # nothing of it was kept
        told = [_refusing(done, refused) for _, done in acts]
        connection.close()
    for tell in told:
        tell()


def _telling(done: Future[Any], result: Any) -> Callable[[], None]:
    return lambda: done.set_result(result)


def _refusing(done: Future[Any], refused: Exception) -> Callable[[], None]:
    return lambda: done.set_exception(refused)
