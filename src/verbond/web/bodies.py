"""How much a request may carry: files where they are brought, by who may bring them; little anywhere else.

Django takes in a whole body before any view may say no; this stands before it, so that nobody from outside
fills the disk.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qs

from verbond.results import LANGUAGES, sentence
from verbond.web.data.uploads import MOST_BYTES

__all__ = ["MOST_ANSWERS", "MOST_ELSEWHERE", "limited", "may_bring", "most_bytes"]

MOST_ELSEWHERE = 8 << 20
MOST_ANSWERS = 2 << 20
"""Of respondents and of participants in a canvas, whom nobody knows."""
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
    if path.startswith(("/q/", "/c/")):
        return MOST_ANSWERS
    if path.endswith("/data/uploads/"):
        return MOST_BYTES * _AT_ONCE + _AROUND
    return _LARGEST_BACKUP if path in _BACKUPS else MOST_ELSEWHERE


_UPLOADS = re.compile(r"/o/([-a-zA-Z0-9_]+)/data/uploads/")


def may_bring(scope: dict[str, Any]) -> bool:
    """Whether who asks may bring large files to the address that is asked for.

    Backups: who keeps the installation, or has the key of a fresh one in the address; files: an analyst.
    """
    from django.conf import settings
    from django.contrib.auth import get_user
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import close_old_connections
    from django.http import HttpRequest, parse_cookie
    from django.utils.crypto import constant_time_compare

    from verbond.web.store import reads
    from verbond.web.views.welcome import KEY

    close_old_connections()
    if scope["path"] == "/welcome/backup/":
        key = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        return constant_time_compare(key, KEY) and reads.is_fresh()
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    request = HttpRequest()
    request.session = SessionStore(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    found = _UPLOADS.fullmatch(scope["path"])
    if found is None:
        return user.is_authenticated and user.is_admin
    return user.is_authenticated and reads.may_analyse(user, found[1])


class _TooLarge(Exception):
    """More came than may."""


def limited(
    application: Any, threads: Executor | None = None
) -> Callable[[dict[str, Any], Any, Any], Awaitable[None]]:
    """An ASGI application that refuses a body which is too large, before or while it comes.

    Parameters
    ----------
    application : ASGI application
    threads : Executor, optional
        Where it is looked up who asks.
    """

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        most, n_bytes = most_bytes(scope["path"]), 0
        headers = dict(scope["headers"])
        stated = headers.get(b"content-length", b"0")
        is_small = b"transfer-encoding" not in headers and stated.isdigit() and int(stated) <= MOST_ELSEWHERE
        if most > MOST_ELSEWHERE and not is_small:
            known = await asyncio.get_running_loop().run_in_executor(threads, may_bring, scope)
            most = most if known else MOST_ELSEWHERE
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
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _too_large()})


def _too_large() -> bytes:
    """A page in both languages: nothing is read of who sends too much, so hers is not known."""
    said = {language: sentence("web.too_large", language) for language in LANGUAGES}
    words = "".join(f'<p lang="{language}">{one}</p>' for language, one in said.items())
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Verbond</title>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{words}</body></html>'.encode()
