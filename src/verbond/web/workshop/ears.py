"""An ear is one open page that is told what happens: a stream of server-sent events.

Whoever tells is a thread that took an operation; who hears waits in the server's loop. What an ear cannot
take in time closes it: its browser comes back by itself and says how far it was.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

__all__ = ["Ear", "packet", "tell"]

HEARTBEAT_SECONDS = 15
"""So that nothing between server and browser takes the line for dead."""
MOST_WAITING = 1000
"""Packets for one ear."""
_BEAT = b"event: beat\ndata: 1\n\n"


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
        self._waiting: deque[bytes] = deque()
        self._over = False
        self._woken: asyncio.Event = asyncio.Event()

    def hear(self, words: bytes) -> None:
        """Take a packet in; from any thread."""
        tell([(self, words)])

    def close(self) -> None:
        """Nothing comes any more."""
        self._over = True
        self.hear(b"")

    async def stream(self) -> AsyncIterator[bytes]:
        """Packets as they come, and a heartbeat; ends when the ear is closed."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        beat = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)
        try:
            yield b"retry: 1000\n\n"
            while not self._over or self._waiting:
                if not self._waiting:
                    self._woken.clear()
                    await self._woken.wait()
                words = b"".join(self._waiting)
                self._waiting.clear()
                if words:
                    yield words
        finally:
            self._over = True
            beat.cancel()

    def _beat(self) -> None:
        if not self._over and self._loop is not None:
            self._put(_BEAT)
            self._loop.call_later(HEARTBEAT_SECONDS, self._beat)

    def _put(self, words: bytes) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self._over = True
        elif words and not self._over:
            self._waiting.append(words)
        self._woken.set()


def tell(said: Iterable[tuple[Ear, bytes]]) -> None:
    """Tell several ears, each its own words; from any thread, waking the loop once."""
    ready: list[tuple[Ear, bytes]] = []
    for ear, words in said:
        with ear._lock:
            if ear._loop is None:  # nobody reads yet, so nothing can be woken
                ear._put(words)
                continue
        ready.append((ear, words))
    if ready and (loop := ready[0][0]._loop) is not None and not loop.is_closed():
        loop.call_soon_threadsafe(_put_all, ready)


def _put_all(said: Iterable[tuple[Ear, bytes]]) -> None:
    for ear, words in said:
        ear._put(words)
