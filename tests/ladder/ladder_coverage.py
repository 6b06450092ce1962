"""How often intervals hold the truth: `python tests/ladder/ladder_coverage.py [runs]` prints it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from ladder_worlds import draw

from verbond.ladder import Ladder


def share_hits(
    runs: range, *, n_customers: int = 1500, n_periods: int = 12, ci_level: float = 0.95
) -> np.ndarray:
    """(n_runs, n_periods, 6) whether the true share lies in its interval."""
    hits = []
    for seed in runs:
        drawn = draw(n_customers, n_periods, seed=seed, asked=0.2)
        ladder = Ladder(n_starts=2, n_classes=1, seed=seed, ci_level=ci_level)
        result = ladder.fit(drawn.panel)
        truth = drawn.true_shares()
        hits.append((truth >= result.shares_ci_lower) & (truth <= result.shares_ci_upper))
    return np.array(hits)


if __name__ == "__main__":
    n_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found = []
    for seed in range(1000, 1000 + n_runs):
        found.append(share_hits(range(seed, seed + 1))[0])
        print(f"draw {seed}: {found[-1].mean():.3f}", flush=True)
    found = np.array(found)
    by_run = found.mean(axis=(1, 2))
    print(f"runs {n_runs}: covered {found.mean():.3f} (standard error {by_run.std() / n_runs**0.5:.3f})")
    print("by rung", found.mean(axis=(0, 1)).round(3), "by period", found.mean(axis=(0, 2)).round(3))
