"""An ear is one open page that is told what happens: a stream of server-sent events.

Whoever tells is a thread that took an operation; who hears waits in the server's loop. What an ear cannot
take in time closes it: its browser comes back by itself and says how far it was.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable
from typing import Any

__all__ = ["Ear", "packet"]

HEARTBEAT_SECONDS = 15
"""So that nothing between server and browser takes the line for dead."""
MOST_WAITING = 1000
"""Packets for one ear."""
_OVER = b""


def packet(said: Iterable[dict[str, Any]], number: int | None = None) -> bytes:
    """One server-sent event; with a number a browser that comes back says it."""
    words = json.dumps(list(said), ensure_ascii=False, separators=(",", ":"))
    id = f"id: {number}\n" if number is not None else ""
    return f"{id}data: {words}\n\n".encode()


class Ear:
    """What one page hears.

    Attributes
    ----------
    who : str
        Code of the participant.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)

    def hear(self, words: bytes) -> None:
        """Take a packet in; from any thread."""
        with self._lock:
            if self._loop is None:  # nobody reads yet, so nothing can be woken
                self._put(words)
            else:
                self._loop.call_soon_threadsafe(self._put, words)

    def close(self) -> None:
        """Nothing comes any more."""
        self.hear(_OVER)

    async def stream(self) -> AsyncIterator[bytes]:
        """Packets as they come, and a heartbeat; ends when the ear is closed."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        yield b"retry: 1000\n\n"
        while True:
            try:
                words = await asyncio.wait_for(self._waiting.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            parts = [words]
            while not self._waiting.empty():
                parts.append(self._waiting.get_nowait())
            if _OVER in parts:
                yield b"".join(parts[: parts.index(_OVER)])
                return
            yield b"".join(parts)

    def _put(self, words: bytes) -> None:
        if self._waiting.full():
            while not self._waiting.empty():
                self._waiting.get_nowait()
            words = _OVER
        self._waiting.put_nowait(words)
