"""What benchmarks of a running server share: the server, what it uses, and a percentile."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def served(workspace: Path) -> Iterator[tuple[int, int]]:
    """`verbond serve` on a free port, as anybody starts it; its process and port."""
    command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()  # type: ignore[union-attr]
            time.sleep(8.0)  # until it has imported what pages need
            yield process.pid, int(re.search(r":(\d+)/", line)[1])  # type: ignore[index]
        finally:
            process.terminate()


def processor_ms(process: int) -> float:
    """Processor time of the server so far; nothing where there is no /proc."""
    with contextlib.suppress(OSError):
        used = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, used)) * 1000 / os.sysconf("SC_CLK_TCK")
    return float("nan")


def memory_mib(process: int) -> float:
    """Memory of the server that is its own; nothing where there is no /proc."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) / 1024 if found else float("nan")
    return float("nan")


def percentile(values: Sequence[float], percent: int) -> float:
    """The value under which so many of a hundred lie."""
    return statistics.quantiles(values, n=100)[percent - 1]
