"""How often intervals hold the truth: `python tests/ladder/ladder_coverage.py [runs]` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from scipy.special import logit

sys.path.insert(0, str(Path(__file__).parent))
from ladder_worlds import draw

from verbond.ladder import Ladder

NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Run:
    """Shares of one simulated company; each (n_periods, 6)."""

    truth: np.ndarray
    shares: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        return (self.truth >= self.lower) & (self.truth <= self.upper)

    @property
    def away(self) -> np.ndarray:
        """How many standard errors the estimate lies above the truth, on the logit scale."""
        error = (logit(self.upper) - logit(self.lower)) / (2 * NORMAL_95)
        return (logit(self.shares) - logit(self.truth)) / error


@contextmanager
def no_judging() -> Iterator[None]:
    """Leave out what takes two thirds of the time and has no part in the intervals."""
    fine = SimpleNamespace(verdict="ladder", reason=SimpleNamespace(code="ladder.sight"))
    with patch.multiple("verbond.ladder.ladder", judge_order=lambda *_: fine, judge_sight=lambda *_: fine):
        yield


def run(seed: int, *, n_customers: int = 1500, n_periods: int = 12) -> Run:
    """Draw a company, fit its ladder at 95%."""
    drawn = draw(n_customers, n_periods, seed=seed, asked=0.2)
    with no_judging():
        result = Ladder(n_starts=2, n_classes=1, seed=seed).fit(drawn.panel)
    return Run(drawn.true_shares(), result.shares, result.shares_ci_lower, result.shares_ci_upper)


def share_hits(runs: range, *, n_customers: int = 1500, n_periods: int = 12) -> np.ndarray:
    """(n_runs, n_periods, 6) whether the true share lies in its interval."""
    return np.array([run(s, n_customers=n_customers, n_periods=n_periods).inside for s in runs])


def main(n_runs: int) -> None:
    """Print a line a draw, then coverage by rung and period, and errors in standard errors."""
    found: list[Run] = []
    for seed in range(1000, 1000 + n_runs):
        found.append(run(seed))
        print(f"draw {seed}: {found[-1].inside.mean():.3f}", flush=True)
    inside, away = np.array([one.inside for one in found]), np.array([one.away for one in found])
    by_run, by_rung = inside.mean(axis=(1, 2)), inside.mean(axis=1)
    n = max(n_runs - 1, 1) ** 0.5
    print(f"runs {n_runs}: covered {inside.mean():.3f} (standard error {by_run.std() / n:.3f})")
    print("by rung", by_rung.mean(axis=0).round(3), "standard errors", (by_rung.std(axis=0) / n).round(3))
    print("by period", inside.mean(axis=(0, 2)).round(3))
    print("errors in standard errors, by rung: mean", away.mean(axis=(0, 1)).round(2), end=" ")
    print("root mean square", np.sqrt((away**2).mean(axis=(0, 1))).round(2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
