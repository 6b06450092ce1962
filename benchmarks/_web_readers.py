"""Readers of a web server for `web.py`, in a process of their own: `_web_readers.py < plan.json`.

The plan holds `host`, `port`, `seconds`, `think_seconds` (mean, exponential; 0 asks on and on) and `readers`,
each with a `cookie` and its `paths`. Prints a JSON list of milliseconds, one a request, and ends with
status 1 where an answer was not 200. A client of few lines: a library would take more processor than the
server.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any


async def main(plan: dict[str, Any]) -> list[float]:
    """All readers at once; the milliseconds of each request, those of the first second left out."""
    start = time.perf_counter()
    found = await asyncio.gather(*(_read(plan, k, start) for k in range(len(plan["readers"]))))
    return [milliseconds for one in found for milliseconds in one]


async def _read(plan: dict[str, Any], number: int, start: float) -> list[float]:
    reader, chance = plan["readers"][number], random.Random(number)
    stream, out = await asyncio.open_connection(plan["host"], plan["port"])
    taken: list[float] = []
    mean, until = plan["think_seconds"], start + plan["seconds"]
    await asyncio.sleep(chance.random() * (mean or 0.2))
    while time.perf_counter() < until:
        path = chance.choice(reader["paths"])
        asked = time.perf_counter()
        out.write(
            f"GET {path} HTTP/1.1\r\nHost: {plan['host']}\r\nAccept-Encoding: gzip\r\n"
            f"Cookie: sessionid={reader['cookie']}\r\n\r\n".encode()
        )
        await _answer(stream)
        now = time.perf_counter()
        if asked > start + 1:
            taken.append((now - asked) * 1e3)
        if mean:
            await asyncio.sleep(min(chance.expovariate(1 / mean), max(0.0, until - now)))
    out.close()
    return taken


async def _answer(stream: asyncio.StreamReader) -> None:
    head = (await stream.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"not answered well: {head[:200]!r}")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    await stream.readexactly(int(length.split(b":")[1]))


if __name__ == "__main__":
    json.dump(asyncio.run(main(json.load(sys.stdin))), sys.stdout)
