"""How many answers the application takes in: pages of a questionnaire, posted at a rate, each one on disk.

    python benchmarks/web_answers.py [--rate 200] [--seconds 20] [--looks]

Sheets of our short questionnaire were begun; their pages come in order, then handing in, at equal distances
in time. Measured from when a page was due until its answer came, from a process of its own; server, worker
and respondents share the machine. With `--looks` each page that was sent is followed by looking at the next
one, as browsers do. Processor milliseconds are the server's. For scale: what one commit to this disk takes.
Ends with status 1 where 200 pages a second are not kept up with, or their p95 is above 100 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from _serving import percentile, processor_ms, served

BESIDE = Path(__file__).parent
PROMISED_RATE, PROMISED_P95 = 200, 100.0
N_LINES, N_AT_ONCE = 64, 256
ENOUGH = 0.98
"""Of the rate: the rest is the last answers' way back."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rate", type=float, nargs="*", default=[50, 100, 200, 300])
    options.add_argument("--seconds", type=float, default=15.0)
    options.add_argument("--looks", action="store_true", help="look at the next page after each")
    chosen = options.parse_args()
    n_posts = int(sum(chosen.rate) * chosen.seconds) + 400
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        print(f"One commit with a flush to this disk: median {_flush_ms(folder):.1f} ms.\n")
        seed = [
            sys.executable,
            str(BESIDE / "_web_answers_seed.py"),
            f"{folder}/workspace",
            str(n_posts // 8 + N_AT_ONCE),
        ]
        world = json.loads(subprocess.run(seed, check=True, capture_output=True, text=True).stdout)
        posts = _posts(world)
        with served(Path(folder) / "workspace") as (process, port):
            _sent(port, [next(posts) for _ in range(200)], 40.0, looks=chosen.looks)
            print("| pages a second, wanted | taken in | p50, ms | p95, ms | p99, ms | processor ms a page |")
            print("| ---: | ---: | ---: | ---: | ---: | ---: |")
            for rate in chosen.rate:
                used = processor_ms(process)
                n = int(rate * chosen.seconds)
                found = _sent(port, [next(posts) for _ in range(n)], rate, looks=chosen.looks)
                used = (processor_ms(process) - used) / n
                assert set(found["codes"]) == {"302"}, found["codes"]
                p95, reached = percentile(found["ms"], 95), n / found["seconds"]
                print(
                    f"| {rate:.0f} | {reached:.0f} | {statistics.median(found['ms']):.1f} | {p95:.1f} "
                    f"| {percentile(found['ms'], 99):.1f} | {used:.1f} |",
                    flush=True,
                )
                if rate == PROMISED_RATE and (p95 > PROMISED_P95 or reached < rate * ENOUGH):
                    broken.append(f"{rate} pages a second")
    if broken:
        raise SystemExit(f"not as promised: {', '.join(broken)}")


def _posts(world: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each sheet's pages in order; many sheets at once, each at a page of its own, as people come in."""
    pages, sheets = world["pages"], world["sheets"]
    n_steps = len(pages) + 1  # and handing in
    for start in range(0, len(sheets), N_AT_ONCE):
        at_once = list(enumerate(sheets[start : start + N_AT_ONCE]))
        for turn in range(2 * n_steps - 1):
            for k, (token, stamps) in at_once:
                if 0 <= (n := turn - k % n_steps) < n_steps:
                    yield _post(f"/q/{world['address']}/s/{token}/", pages, stamps, n)


def _post(at: str, pages: list[list[str]], stamps: list[str], n: int) -> tuple[str, str, str]:
    """Where the nth step of a sheet goes, what is looked at then, and what it says."""
    if n == len(pages):
        return f"{at}handing-in/", f"{at}handing-in/", ""
    answers = {id: str(1 + (n + k) % 7) for k, id in enumerate(pages[n])} | {"stamp": stamps[n]}
    seen = f"{n + 2}/" if n + 1 < len(pages) else "handing-in/"
    return f"{at}{n + 1}/", f"{at}{seen}", urlencode(answers)


def _sent(port: int, posts: list[Any], rate: float, *, looks: bool) -> dict[str, Any]:
    plan = {"host": "127.0.0.1", "port": port, "posts": posts, "rate": rate, "lines": N_LINES, "looks": looks}
    command = [sys.executable, str(BESIDE / "_web_answers_client.py")]
    said = subprocess.run(command, input=json.dumps(plan), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(said.stdout)


def _flush_ms(folder: str) -> float:
    with contextlib.closing(sqlite3.connect(f"{folder}/flush.sqlite3", isolation_level=None)) as kept:
        kept.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE a (b TEXT)")
        taken = []
        for _ in range(50):
            started = time.perf_counter()
            kept.execute("INSERT INTO a VALUES (?)", ("x" * 500,))
            taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
