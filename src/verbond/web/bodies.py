"""How much a request may carry: files where they are brought, little anywhere else.

Django takes in a whole body before any view may say no; this stands before it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from verbond.web.uploads import MOST_BYTES

__all__ = ["MOST_ELSEWHERE", "limited", "most_bytes"]

MOST_ELSEWHERE = 8 << 20
_BACKUPS = ("/backups/", "/welcome/backup/", "/restoring/")
_AT_ONCE = 4
"""So many of the largest files may come together."""
_LARGEST_BACKUP = 64 << 30
_AROUND = 1 << 20
"""What a form adds to its files."""


def most_bytes(path: str) -> int:
    """How many bytes a body may have at a path.

    Examples
    --------
    >>> most_bytes("/session/"), most_bytes("/o/acme/data/uploads/") > 1 << 30
    (8388608, True)
    """
    if path.endswith("/data/uploads/"):
        return MOST_BYTES * _AT_ONCE + _AROUND
    return _LARGEST_BACKUP if path in _BACKUPS else MOST_ELSEWHERE


class _TooLarge(Exception):
    """More came than may."""


def limited(application: Any) -> Callable[[dict[str, Any], Any, Any], Awaitable[None]]:
    """An ASGI application that refuses a body which is too large, before or while it comes."""

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        most, n_bytes = most_bytes(scope["path"]), 0
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > most:
            await _refuse(send)
            return

        async def counted() -> Any:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > most:
                raise _TooLarge
            return message

        try:
            await application(scope, counted, send)
        except _TooLarge:
            await _refuse(send)

    return answer


async def _refuse(send: Any) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"This is too much."})
