"""The ASGI application; settings are made before it is imported.

Every view is a plain function. Django would take each of them, and each layer around it, to a thread and
back, and open the database anew; here one thread of a few answers a request from beginning to end, and keeps
its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from typing import IO, Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import set_script_prefix

from verbond.web.bodies import limited

__all__ = ["Handler", "application"]

N_THREADS = 4
"""More would wait for one another: they share one interpreter."""
N_ANSWERING = 12
"""For what respondents and participants send: these wait for the disk, all of them for the same flush."""


class Handler(ASGIHandler):
    """Django's handler, with one thread for the whole of a request."""

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self.threads = ThreadPoolExecutor(N_THREADS, thread_name_prefix="page")
        self.answering = ThreadPoolExecutor(N_ANSWERING, thread_name_prefix="answer")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"nothing is answered here but http, not {scope['type']}")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            loop = asyncio.get_running_loop()
            answers = scope["method"] == "POST" and scope["path"].startswith(("/q/", "/c/"))
            threads = self.answering if answers else self.threads
            response = await loop.run_in_executor(threads, self._answer, scope, body)
            if not response.streaming:
                await self.send_response(response, send)
            elif response.is_async:
                await self._live(response, receive, send)
            else:
                await self._stream(response, send)

    def _answer(self, scope: dict[str, Any], body: IO[bytes]) -> Any:
        """The response, its content made; in a thread."""
        request_started.send(sender=type(self), scope=scope)
        set_script_prefix(get_script_prefix(scope))
        request, refused = self.create_request(scope, body)
        response: HttpResponse = refused if request is None else self.get_response(request)
        if not response.streaming:
            response.close()
        return response

    async def _live(self, response: StreamingHttpResponse, receive: Any, send: Any) -> None:
        """Send what comes, until who hears goes."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        going = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((sending, going), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (sending, going):
                one.cancel()
            await asyncio.gather(sending, going, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(self.threads, _end_live, response)

    async def _stream(self, response: StreamingHttpResponse, send: Any) -> None:
        """Send what is made part by part, never whole in memory, by a thread of its own."""
        with closing(_Alone()) as thread:
            response.streaming_content = _parts(iter(response.streaming_content), thread)
            try:
                await self.send_response(response, send)
            finally:
                await asyncio.get_running_loop().run_in_executor(thread, _end, response)


class _Alone(ThreadPoolExecutor):
    """One thread, that is not waited for."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="stream")

    def close(self) -> None:
        """No more work comes."""
        self.shutdown(wait=False)


async def _parts(made: Iterator[bytes], thread: Executor) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    while (part := await loop.run_in_executor(thread, next, made, None)) is not None:
        yield part


def _end(response: StreamingHttpResponse) -> None:
    response.close()
    connections.close_all()


def _end_live(response: StreamingHttpResponse) -> None:
    response.leaves()
    response.close()


_handler = Handler()
application = limited(_handler, _handler.threads)
