"""How fast the application answers: the first page, each page of the demo company, fifty readers at once.

    python benchmarks/web.py [--seconds 20] [--diagnosis FILE] [--runs 3]

Prints Markdown tables. The diagnosis of the demo company is made once and kept in the temporary folder.
Readers have a session each and ask for pages in nl and en, first with a pause of three seconds on average
between two pages, then on and on without any. The floor is the same server (uvicorn) that answers a constant
page of the same size. Server, worker and readers share the machine. Processor milliseconds are the server's
own. Ends with status 1 when a promise is broken: first page 3 s, 300 kB a page, p95 150 ms of readers who
pause. Fifty who never pause ask for more pages than one process can make: that p95 is their queue.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _serving import percentile

BESIDE = Path(__file__).parent
AT = "/o/zonnewende/"
PAGES = {"today": AT, "ladder": f"{AT}ladder/", "values": f"{AT}values/", "data": f"{AT}data/"}
OTHERS = {"ladder, one segment": f"{AT}ladder/?segment=region%3Anorth", "diagnoses": f"{AT}runs/"}
PROMISED_FIRST, PROMISED_WEIGHT, PROMISED_P95 = 3.0, 300_000, 150.0
THINK_SECONDS = 3.0
N_WARM = 40
FLOOR = """
import sys, uvicorn
body = bytes(int(sys.argv[2]))
head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", sys.argv[2].encode())]}
async def application(scope, receive, send):
    await send(head)
    await send({"type": "http.response.body", "body": body})
uvicorn.run(application, port=int(sys.argv[1]), lifespan="off", log_level="warning", access_log=False,
            timeout_keep_alive=60)
"""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: int
    port: int
    path: str

    def processor_ms(self) -> float:
        """Processor time so far; nothing where there is no /proc."""
        with contextlib.suppress(OSError):
            used = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
            return sum(map(int, used)) * 1000 / os.sysconf("SC_CLK_TCK")
        return float("nan")


def main() -> None:
    """Measure everything and print it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--diagnosis", type=Path, help="a file that `verbond diagnose --save` made")
    options.add_argument("--runs", type=int, default=3, help="so many first pages")
    chosen = options.parse_args()
    diagnosis = chosen.diagnosis or _demo_diagnosis()
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        first = [_first_page(Path(folder) / f"fresh-{k}") for k in range(chosen.runs)]
        seconds = [taken for taken, _ in first]
        print(
            f"First page after `verbond serve` on a fresh folder: median {statistics.median(seconds):.2f} s, "
            f"best {min(seconds):.2f} s of {len(seconds)}; promised {PROMISED_FIRST:.0f} s. "
            f"Processor seconds of the server until then: {min(used for _, used in first):.2f}.\n"
        )
        broken += ["first page"] if statistics.median(seconds) > PROMISED_FIRST else []
        workspace = Path(folder) / "workspace"
        seed = [sys.executable, str(BESIDE / "_web_seed.py"), str(workspace), str(diagnosis)]
        keys = subprocess.run(seed, check=True, capture_output=True, text=True).stdout.split()
        with _served(workspace) as server:
            sizes = _print_pages(server, keys, broken)
            _print_readers(server, keys, statistics.mean(sizes), chosen.seconds, broken)
    if broken:
        raise SystemExit(f"not as promised: {', '.join(broken)}")


def _demo_diagnosis() -> Path:
    import verbond
    from verbond.diagnosis import diagnose, save_diagnosis
    from verbond.tables import open_tables

    file = Path(tempfile.gettempdir()) / f"verbond-demo-{verbond.__version__}.diagnosis"
    if not file.exists():
        with open_tables("demo") as tables:
            save_diagnosis(diagnose(tables), file)
    return file


@contextlib.contextmanager
def _served(workspace: Path) -> Iterator[Server]:
    """`verbond serve` on a free port, as anybody starts it."""
    command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()  # type: ignore[union-attr]
            port, path = re.search(r"http://[^:/]+:(\d+)(\S*)", line).groups()  # type: ignore[union-attr]
            yield Server(process.pid, int(port), path)
        finally:
            process.terminate()


def _get(server: Server, path: str, cookie: str = "") -> tuple[bytes, dict[str, str]]:
    headers = {"Accept-Encoding": "gzip", "Cookie": f"sessionid={cookie}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    with urllib.request.urlopen(asked) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


def _first_page(folder: Path) -> tuple[float, float]:
    """Seconds from the start of the process to the page, and the server's processor seconds."""
    started = time.perf_counter()
    with _served(folder) as server:
        _get(server, server.path)
        return time.perf_counter() - started, server.processor_ms() / 1e3


def _print_pages(server: Server, keys: Sequence[str], broken: list[str]) -> list[int]:
    """Each page alone: what it weighs, what it takes the first time and then; the sizes of the pages."""
    print("| page | HTML, kB | with styles and scripts, kB | first time, ms | then, ms | processor, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    sizes = []
    for name, path in (PAGES | OTHERS).items():
        started = time.perf_counter()
        html, headers = _get(server, path, keys[0])
        cold = (time.perf_counter() - started) * 1e3
        text = (gzip.decompress(html) if headers.get("content-encoding") == "gzip" else html).decode()
        linked = re.findall(r'(?:href|src)="(/assets/[^"]+|/favicon\.ico)"', text)
        weight = len(html) + sum(len(_get(server, one)[0]) for one in set(linked))
        warm, used = [], server.processor_ms()
        for _ in range(N_WARM):
            started = time.perf_counter()
            _get(server, path, keys[0])
            warm.append((time.perf_counter() - started) * 1e3)
        used = (server.processor_ms() - used) / N_WARM
        print(
            f"| {name} | {len(html) / 1e3:.0f} | {weight / 1e3:.0f} | {cold:.0f} "
            f"| {statistics.median(warm):.1f} | {used:.1f} |"
        )
        broken += [f"weight of {name}"] if weight > PROMISED_WEIGHT else []
        sizes += [len(html)] if name in PAGES else []
    print("\nThe first page of all waits for what pages of a diagnosis import.\n")
    return sizes


def _print_readers(
    server: Server, keys: Sequence[str], size: float, seconds: float, broken: list[str]
) -> None:
    paths = list(PAGES.values())
    readers = [{"cookie": key, "paths": paths} for key in keys]
    _load(server.port, readers, 4.0, 0.0)  # every page in both languages
    print(f"| {len(keys)} readers | pages a second | p50, ms | p95, ms | p95 of a constant page | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, think in (("a pause of 3 s between pages", THINK_SECONDS), ("on and on", 0.0)):
        used = server.processor_ms()
        found = _load(server.port, readers, seconds, think)
        used = (server.processor_ms() - used) / len(found)
        with _floor(round(size)) as port:
            floor = _load(port, readers, min(seconds, 8.0), think)
        p95, least = percentile(found, 95), percentile(floor, 95)
        print(
            f"| {name} ({used:.1f} processor ms a page) | {len(found) / (seconds - 1):.0f} "
            f"| {statistics.median(found):.1f} | {p95:.1f} | {least:.1f} | {p95 / least:.1f} |",
            flush=True,
        )
        broken += [f"p95 of readers, {name}"] if think and p95 > PROMISED_P95 else []


@contextlib.contextmanager
def _floor(size: int) -> Iterator[int]:
    """The same server with a constant page; its port."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", FLOOR, str(port), str(size)]) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def _load(port: int, readers: list[dict[str, Any]], seconds: float, think: float) -> list[float]:
    """Milliseconds of each request, of readers in a process of their own."""
    plan = {"host": "127.0.0.1", "port": port, "seconds": seconds, "think_seconds": think, "readers": readers}
    command = [sys.executable, str(BESIDE / "_web_readers.py")]
    said = subprocess.run(command, input=json.dumps(plan), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(said.stdout)


if __name__ == "__main__":
    main()
