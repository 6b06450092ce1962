"""The graded response model beside the Python packages that fit it, and a million people scored.

    python benchmarks/survey_graded.py [--people 100000] [--items 20]

Prints a Markdown table. Answers of five categories are drawn from a known model; every package gets the same
matrix in this process, and its log-likelihood is computed again by one yardstick (ours, at 241 points) from
the parameters that it found, so that a fast stop far from the top shows. Peers: `mirt` (Rust; at its own
settings, and at 61 points with tolerance 1e-6 and SQUAREM) and `girth`; what is not installed is named.
Compilation is left out: each function runs once on a small part first. Standard errors are off everywhere.

Promised: no slower than the fastest peer that reaches our log-likelihood within 1, and 1,000,000 people
scored in under 10 s; the script ends with status 1 where either is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from verbond.survey.graded import GradedModel
from verbond.survey.graded_fit import Patterns
from verbond.survey.graded_kernel import curves, expected_counts, grid_density

Found = tuple[np.ndarray, np.ndarray]  # slopes (k,), thresholds (k, 4)


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--items", type=int, default=20)
    chosen = options.parse_args()
    answers = _drawn(chosen.people, chosen.items)
    data = Patterns.of(answers, None)
    print("| what | seconds | processor seconds | log-likelihood below ours |")
    print("| --- | ---: | ---: | ---: |")
    ours, best = _row("verbond, 61 points", _verbond, answers, data, None)
    broken = False
    for name, fit in _peers():
        seconds, loglik = _row(name, fit, answers, data, best)
        broken |= loglik > best - 1 and seconds < ours
    million = np.tile(answers, (-(-1_000_000 // len(answers)), 1))[:1_000_000]
    model = GradedModel(standard_errors=False).fit(answers[:5_000])
    started, worked = time.perf_counter(), time.process_time()
    model.scores(million)
    seconds = time.perf_counter() - started
    print(f"| 1,000,000 people scored | {seconds:.2f} | {time.process_time() - worked:.2f} | |")
    sys.exit(broken or seconds >= 10)


def _drawn(n: int, k: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    slopes = rng.uniform(0.8, 2.5, k)
    thresholds = rng.normal(-1, 1, (k, 1)) + 0.7 * np.arange(4)
    reach = 1 / (1 + np.exp(-slopes[:, None] * (rng.normal(size=(n, 1, 1)) - thresholds)))
    return (rng.random((n, k, 1)) < reach).sum(axis=2).astype(np.int8)


def _row(
    name: str, fit: Callable[[np.ndarray], Found], answers: np.ndarray, data: Patterns, best: float | None
) -> tuple[float, float]:
    fit(answers[:2_000])
    started, worked = time.perf_counter(), time.process_time()
    slopes, thresholds = fit(answers)
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    loglik = _yardstick(data, slopes, thresholds)
    below = "" if best is None else f"{best - loglik:,.3f}"
    print(f"| {name} | {seconds:.2f} | {processor:.2f} | {below} |", flush=True)
    return seconds, loglik


def _yardstick(data: Patterns, slopes: np.ndarray, thresholds: np.ndarray) -> float:
    grid = np.linspace(-6, 6, 241)
    density = grid_density(grid, np.zeros(1), np.ones(1))
    table = curves(grid, slopes, -slopes[:, None] * thresholds)
    return expected_counts(data.codes, data.weights, data.groups, table, density).loglik


def _verbond(answers: np.ndarray) -> Found:
    items = GradedModel(standard_errors=False).fit(answers).items
    return np.array([i.slope for i in items]), np.array([i.thresholds for i in items])


def _peers() -> list[tuple[str, Callable[[np.ndarray], Found]]]:
    found = []
    try:
        import mirt

        def mirt_at(**options) -> Callable[[np.ndarray], Found]:
            def fit(answers: np.ndarray) -> Found:
                model = mirt.fit_mirt(
                    answers.astype(int), "GRM", compute_standard_errors=False, max_iter=2000, **options
                ).model
                return model.parameters["discrimination"], model.parameters["thresholds"]

            return fit

        found += [
            ("mirt, its own settings", mirt_at()),
            ("mirt, 61 points", mirt_at(n_quadpts=61, tol=1e-6, accelerate="squarem")),
        ]
    except ImportError:
        print("mirt: not installed, left out", file=sys.stderr)
    try:
        import girth

        def girth_fit(answers: np.ndarray) -> Found:
            result = girth.grm_mml(answers.T.astype(int) + 1)
            return result["Discrimination"], result["Difficulty"]

        found.append(("girth", girth_fit))
    except ImportError:
        print("girth: not installed, left out", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
