"""How much the body of a request may carry: files where they are brought, little anywhere else.

Django takes in a whole body before any view may say no; this stands before it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from verbond.web.uploads import MOST_BYTES

__all__ = ["MOST_ELSEWHERE", "limited", "most_bytes"]

MOST_ELSEWHERE = 5 << 20
_FILES = ("/data/uploads/", "/backups/", "/welcome/backup/", "/restoring/")
_AROUND = 1 << 20
"""What a form adds to its file."""
_BACKUPS = 64

Application = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]


def most_bytes(path: str) -> int:
    """How many bytes a body may have at a path.

    Examples
    --------
    >>> most_bytes("/session/"), most_bytes("/o/acme/data/uploads/") > 1 << 30
    (5242880, True)
    """
    if not path.endswith(_FILES):
        return MOST_ELSEWHERE
    return MOST_BYTES * (4 if path.endswith("/data/uploads/") else _BACKUPS) + _AROUND


class _TooLarge(Exception):
    """More came than may."""


def limited(application: Application) -> Application:
    """An application that refuses a body which is too large, before or while it comes."""

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
