"""Do intervals hold the truth, are chances right? `python tests/ladder/ladder_coverage.py [runs]` says."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import logit

sys.path.insert(0, str(Path(__file__).parent))
from ladder_worlds import draw

from verbond.ladder import Ladder

NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Calibration:
    """How right the chances of one company's people are.

    Attributes
    ----------
    error : float
        Of the likeliest rung's chance, by tenths: mean distance of chance and share that was right.
    over : float
        Mean chance of the likeliest rung less the share that was right.
    log_score : float
        Mean log chance of the true rung.
    """

    error: float
    over: float
    log_score: float


def calibration(probs: np.ndarray, rungs: np.ndarray) -> Calibration:
    """Of (n_rows, 6) chances, against (n_rows,) rungs."""
    likeliest, people = probs.argmax(axis=1), np.arange(len(probs))
    chance, right = probs[people, likeliest].astype(float), likeliest == rungs
    tenth = np.minimum((10 * chance).astype(int), 9)
    off = np.abs(np.bincount(tenth, chance) - np.bincount(tenth, right)).sum() / len(probs)
    score = np.log(np.maximum(probs[people, rungs], 1e-12)).mean()
    return Calibration(float(off), float(chance.mean() - right.mean()), float(score))


@dataclass(frozen=True)
class Run:
    """One simulated company: shares, each (n_periods, 6), and chances, averaged over draws and not."""

    truth: np.ndarray
    shares: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    chances: dict[str, Calibration]

    @property
    def inside(self) -> np.ndarray:
        return (self.truth >= self.lower) & (self.truth <= self.upper)

    @property
    def away(self) -> np.ndarray:
        """How many standard errors the estimate lies above the truth, on the logit scale."""
        error = (logit(self.upper) - logit(self.lower)) / (2 * NORMAL_95)
        return (logit(self.shares) - logit(self.truth)) / error


def run(seed: int, *, n_customers: int = 1500, n_periods: int = 12) -> Run:
    """Draw a company, fit its ladder at 95%."""
    return _run(seed, n_customers, n_periods)


@cache  # the slow tests look at the same companies
def _run(seed: int, n_customers: int, n_periods: int) -> Run:
    drawn = draw(n_customers, n_periods, seed=seed, asked=0.2)
    result = Ladder(n_starts=2, n_classes=1, seed=seed).fit(drawn.panel, judging=False)
    chances = {
        name: calibration(result.score(drawn.panel, n_draws=n).probs, drawn.rungs)
        for name, n in (("averaged", 8), ("best parameters", 0))
    }
    truth, ends = drawn.true_shares(), (result.shares_ci_lower, result.shares_ci_upper)
    return Run(truth, result.shares, *ends, chances)


def share_hits(runs: range, *, n_customers: int = 1500, n_periods: int = 12) -> np.ndarray:
    """(n_runs, n_periods, 6) whether the true share lies in its interval."""
    return np.array([run(s, n_customers=n_customers, n_periods=n_periods).inside for s in runs])


def main(n_runs: int) -> None:
    """Print a line a draw, then coverage by rung and period, errors in standard errors, and calibration."""
    found: list[Run] = []
    for seed in range(1000, 1000 + n_runs):
        found.append(run(seed))
        error = found[-1].chances["averaged"].error
        print(f"draw {seed}: covered {found[-1].inside.mean():.3f}, chances off by {error:.4f}", flush=True)
    inside, away = np.array([one.inside for one in found]), np.array([one.away for one in found])
    by_run, by_rung = inside.mean(axis=(1, 2)), inside.mean(axis=1)
    n = max(n_runs - 1, 1) ** 0.5
    print(f"runs {n_runs}: covered {inside.mean():.3f} (standard error {by_run.std() / n:.3f})")
    print("by rung", by_rung.mean(axis=0).round(3), "standard errors", (by_rung.std(axis=0) / n).round(3))
    print("by period", inside.mean(axis=(0, 2)).round(3))
    print("errors in standard errors, by rung: mean", away.mean(axis=(0, 1)).round(2), end=" ")
    print("root mean square", np.sqrt((away**2).mean(axis=(0, 1))).round(2))
    for name in found[0].chances:
        print(f"chances, {name}:", end="")
        for part in ("error", "over", "log_score"):
            values = np.array([getattr(one.chances[name], part) for one in found])
            print(f" {part} {values.mean():.4f} (standard error {values.std() / n:.4f})", end="")
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
