"""How long whole fits take: a million customers, a thousand beside hmmTMB, a few hundred; equal histories.

    python benchmarks/ladder_fit.py [--customers 1000000] [--uncertainty] [--only million]

Prints Markdown tables. hmmTMB is a package for R and is not run here: its seconds and its likelihood are
those stored with the simulated data (1,000 customers, 24 months, five states, one covariate), which are
looked for in $VERBOND_REFERENCE_DATA. Its model, a free logit for every move, is fitted here too, and so is
the ladder's own (neighbouring moves). Processor seconds add up over threads: on a machine with other work
they say what an idle one would need at most.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads wait for one another on a busy machine

import argparse
import csv
import gzip
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ladder_data import drawn_panel

from verbond.ladder import Ladder
from verbond.ladder.coding.encoding import combine, subset
from verbond.ladder.coding.histories import merged, n_spared_rows
from verbond.ladder.fit.estimation import finish
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space

RUNS = 5
HMMTMB = (13.5, -48266.34)
"""Seconds and log-likelihood of hmmTMB 1.1.2, free logits, stored with the data."""


def main() -> None:
    """Run what is asked for and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--uncertainty", action="store_true", help="with intervals for the million")
    options.add_argument("--only", choices=("histories", "hmmtmb", "few", "million"))
    chosen = options.parse_args()
    parts: dict[str, Callable[[], None]] = {
        "histories": _histories,
        "hmmtmb": _beside_hmmtmb,
        "few": _few,
        "million": lambda: _million(chosen.customers, chosen.uncertainty),
    }
    for name, part in parts.items():
        if chosen.only in (None, name):
            part()
            print(flush=True)


def _table(*columns: str) -> None:
    print("| " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * (len(columns) - 1), flush=True)


def _timed(what: Callable[[], Any]) -> tuple[Any, float, float]:
    started, worked = time.perf_counter(), time.process_time()
    return what(), time.perf_counter() - started, time.process_time() - worked


def _histories() -> None:
    """One pass with equal histories reckoned once, and without."""
    print("Equal histories, 200,000 customers\n")
    _table("customers", "histories", "rows spared", "finding them, s", "a pass, all, s", "a pass, merged, s")
    for name, length, scale in (
        ("24 busy months", 24, 1.0),
        ("24 quiet months", 24, 0.02),
        ("6 months", 6, 0.1),
    ):
        panel = drawn_panel(200_000, length, 2_000, scale=scale)
        columns = [np.minimum(c, 3).astype(np.int64) for c in panel.counts.values()]
        codes, values = combine(columns, panel.n_rows)
        made = Sequences(
            panel.offsets, codes.astype(np.uint32), np.zeros(panel.n_rows, np.uint32),
            np.zeros(panel.n_customers, np.uint32), np.ones(panel.n_customers),
            np.zeros(panel.n_customers, np.int64), len(values), len(values), 1, 1, length,
            np.zeros(0, np.int64),
        )  # fmt: skip
        sequences = subset(made, np.arange(panel.n_customers))
        merged(sequences)
        once, _, finding = _timed(partial(merged, sequences, least_spared=0.0))
        model, theta = _counts_only(values)
        took = []
        for rows in (sequences, once):
            model.evaluate(rows, theta)
            passes = [_timed(partial(model.evaluate, rows, theta))[2] for _ in range(7)]
            took.append(min(passes))
        print(
            f"| {name} | {len(once.order):,} | {n_spared_rows(once) / sequences.n_rows:.0%} | "
            f"{finding:.2f} | {took[0]:.3f} | {took[1]:.3f} |"
        )


def _counts_only(values: np.ndarray) -> tuple[LadderModel, np.ndarray]:
    space, emissions, pieces = Space(6), [], []
    for column in range(values.shape[1]):
        seen, index = np.unique(values[:, column], return_inverse=True)
        counts = Counts(f"count {column}", space, index, seen.astype(float), 0.5, poisson=True)
        emissions.append(counts)
        pieces.append(counts.theta(np.linspace(0.1, 2.0, 6)))
    movement, start = Movement(space, "ladder", np.zeros((1, 0))), Start(1, space)
    source, target = movement.rung_edges
    edges = np.where(source == target, 0.9, 0.05)
    moving = movement.theta(edges / np.bincount(source, edges)[source])
    model = LadderModel(space, start, movement, tuple(emissions), len(values))
    return model, np.concatenate((start.theta(np.full((1, 6), 1 / 6)), moving, *pieces))


def _beside_hmmtmb() -> None:
    """The same data and the same model as hmmTMB, and the ladder's own model."""
    folder = os.environ.get("VERBOND_REFERENCE_DATA")
    file = Path(folder or ".") / "ladder_simulated_5.csv.gz"
    if not file.exists():
        print("1,000 customers beside hmmTMB: the data are not in $VERBOND_REFERENCE_DATA, left out")
        return
    with gzip.open(file, "rt") as opened:
        rows = list(csv.DictReader(opened))
    y, z = (np.array([int(r[name]) for r in rows]) for name in ("y", "z"))
    x = np.array([float(r["x"]) for r in rows])
    print("1,000 customers, 24 months, five states, one covariate\n")
    _table("what", "seconds", "processor seconds", "hmmTMB takes so many times as long", "log-likelihood")
    print(f"| hmmTMB 1.1.2, free moves (stored) | {HMMTMB[0]} | | 1 | {HMMTMB[1]} |")
    for name, shape in (
        ("verbond, neighbouring moves (fewer parameters)", "neighbours"),
        ("verbond, free moves", "free"),
    ):
        _simulated(y, z, x, shape)  # compiles
        runs = [_timed(partial(_simulated, y, z, x, shape)) for _ in range(RUNS)]
        seconds, processor = (min(run[k] for run in runs) for k in (1, 2))
        least = min(seconds, processor)
        print(
            f"| {name} | {seconds:.2f} | {processor:.2f} | {HMMTMB[0] / least:.1f} | {runs[0][0]:.2f} |",
            flush=True,
        )


def _simulated(y: np.ndarray, z: np.ndarray, x: np.ndarray, shape: str) -> float:
    """Log-likelihood at the end of a fit without priors; every move has a slope of its own."""
    k, length = 5, 24
    at, moves = np.unique(x, return_inverse=True)
    codes, values = combine([y, z], len(y))
    space, (seen, index) = Space(k), np.unique(values[:, 0], return_inverse=True)
    count = Counts(
        "y", space, index, seen.astype(float), y.mean(), poisson=True, monotone=True, pseudo_rows=0.0
    )
    yes = values[:, 1].astype(float)
    flag = Binary("z", space, np.arange(len(yes)), yes, 1 - yes, z.mean(), pseudo_rows=0.0)
    own = 1e3 if shape == "neighbours" else 0.0
    movement = Movement(
        space, shape, at[:, None], ("x",), pseudo_moves=0.0, slope_sd=np.inf, deviation_sd=own
    )
    start = Start(1, space, pseudo_rows=0.0)
    model = LadderModel(space, start, movement, (count, flag), len(values))
    source, target = movement.rung_edges
    edges, n = np.where(source == target, 0.8, 0.05), len(y) // length
    pieces = (
        start.theta(np.full((1, k), 1 / k)), movement.theta(edges / np.bincount(source, edges)[source]),
        count.theta(np.quantile(y, np.linspace(0.3, 0.95, k)) + 0.1 * np.arange(1, k + 1)),
        flag.theta(np.linspace(0.02, 0.5, k)),
    )  # fmt: skip
    made = Sequences(
        np.arange(n + 1) * length, codes.astype(np.uint32), moves.astype(np.uint32), np.zeros(n, np.uint32),
        np.ones(n), np.zeros(n, np.int64), len(values), len(values), len(at), 1, length,
        np.zeros(0, np.int64),
    )  # fmt: skip
    sequences = subset(made, np.arange(n))
    return finish(model, sequences, np.concatenate(pieces), em_steps=2).evaluation.loglik


def _few() -> None:
    """A default fit of a few hundred customers, intervals, order test and held-out respondents included."""
    print("A few hundred customers, everything included\n")
    _table("customers", "months", "respondents", "seconds", "processor seconds")
    for n, length in ((300, 8), (600, 12)):
        panel = drawn_panel(n, length, 2 * n)
        Ladder(n_starts=1).fit(panel)
        _, seconds, processor = _timed(partial(Ladder().fit, panel))
        people = len(np.unique(np.searchsorted(panel.offsets, panel.scored_rows, side="right")))
        print(f"| {n} | {length} | {people} | {seconds:.1f} | {processor:.1f} |", flush=True)


def _million(n_customers: int, uncertainty: bool) -> None:
    """The default fit, to convergence."""
    panel = drawn_panel(n_customers, 24, 20_000)
    ladder = Ladder()
    result, seconds, processor = _timed(lambda: ladder.fit(panel, uncertainty=uncertainty))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"Default fit, {n_customers:,} customers, 24 months, 20,000 respondents, four kinds of actions\n")
    _table("what", "seconds", "processor seconds", "peak memory, GiB", "parameters", "passes", "converged")
    what = "with intervals" if uncertainty else "to convergence"
    print(
        f"| {what} | {seconds:.0f} | {processor:.0f} | {peak:.2f} | {result.n_parameters} | "
        f"{result.n_iterations} | {result.converged} |"
    )


if __name__ == "__main__":
    main()
