"""Every benchmark, one after the other: `python -m benchmarks`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run each script of this folder in a process of its own."""
    for script in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"\n## {script.stem}\n", flush=True)
        subprocess.run([sys.executable, str(script)], check=True)


if __name__ == "__main__":
    main()
