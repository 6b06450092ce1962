"""Respondents for `web_answers.py`: reads a plan as JSON, sends pages at a rate, prints what it measured.

Pages are due at equal distances, whether or not earlier ones were answered; what is measured runs from when
one was due until its answer was there, so a server that lags is not spared.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any


class _Line:
    """A connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.reader, self.writer = host, port, None, None

    async def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """Send a request and take in its answer; the status."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept-Encoding: gzip\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((line[15:] for line in answer.split("\r\n") if line.startswith("content-length:")), "0")
        await self.reader.readexactly(int(length))
        return int(answer.split(" ", 2)[1])


async def _run(plan: dict[str, Any]) -> dict[str, Any]:
    due: asyncio.Queue[tuple[float, str, str, bytes]] = asyncio.Queue()
    taken: list[float] = []
    codes: dict[int, int] = {}

    async def respondent() -> None:
        line = _Line(plan["host"], plan["port"])
        while True:
            when, path, seen, body = await due.get()
            code = await line.ask("POST", path, body)
            taken.append((time.perf_counter() - when) * 1e3)
            codes[code] = codes.get(code, 0) + 1
            if plan["looks"]:
                await line.ask("GET", seen)
            due.task_done()

    tasks = [asyncio.create_task(respondent()) for _ in range(plan["lines"])]
    start = time.perf_counter() + 0.2
    for k, (path, seen, body) in enumerate(plan["posts"]):
        when = start + k / plan["rate"]
        if (left := when - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        due.put_nowait((when, path, seen, body.encode()))
    await due.join()
    over = time.perf_counter()
    for task in tasks:
        task.cancel()
    return {"ms": taken, "codes": codes, "seconds": over - start}


print(json.dumps(asyncio.run(_run(json.load(sys.stdin)))))
