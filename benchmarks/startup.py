"""How long it takes before anything happens: `import verbond` and `verbond --help`.

    python benchmarks/startup.py [--runs 7]

Prints a Markdown table with the median and the best of so many new processes. A first run, which writes the
compiled files, is not counted. What is promised: 0.4 s for the import, 0.5 s for the help.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

HELP = "import sys; sys.argv = ['verbond', '--help']; from verbond.cli.main import main; main()"
TASKS = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "import verbond": ([sys.executable, "-c", "import verbond"], 0.4),
    "verbond --help": ([sys.executable, "-c", HELP], 0.5),
    "from verbond import open_tables": ([sys.executable, "-c", "from verbond import open_tables"], None),
}


def main() -> None:
    """Run everything, print the table, and fail if a promise is not kept."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=7)
    runs = options.parse_args().runs
    broken = []
    print("| what | median, s | best, s | promised, s |")
    print("| --- | ---: | ---: | ---: |")
    for what, (command, promised) in TASKS.items():
        seconds = [_seconds(command) for _ in range(runs + 1)][1:]
        best = min(seconds)
        print(f"| {what} | {statistics.median(seconds):.3f} | {best:.3f} | {promised or ''} |")
        if promised is not None and best > promised:
            broken.append(what)
    if broken:
        raise SystemExit(f"slower than promised: {', '.join(broken)}")


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
