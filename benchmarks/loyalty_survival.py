"""Survival beside lifelines: Kaplan-Meier and Cox on a million simulated customers.

    python benchmarks/loyalty_survival.py [--customers 1000000] [--peer-customers 20000] [--runs 3]

Prints a Markdown table; every fit starts from the same arrays in this process and is the least of the runs.
Half of the simulated customers came before observation began (late entry); times are whole days (ties) or any
moment. Cox has five covariates; with rows that follow one another (a covariate that rises once) a customer
has two. The peer is the PyPI package `lifelines`, which needs pandas; where it is not installed, that is said
and only our own times are shown. It gets `--peer-customers` customers, and so do we for the ratio, which is
of processor seconds. Compilation is left out: each function runs once on a small part first.

Promised: a Cox fit on a million rows within 10 processor seconds, and coefficients equal to lifelines' within
1e-4 where both are fitted; the script ends with status 1 where either is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from verbond.loyalty.survival import Cox
from verbond.numerics.survival import Spans, kaplan_meier, log_rank

LIMIT = 10.0
NAMES = ("a", "b", "c", "d", "e")
BETA = np.array([0.5, -0.3, 0.2, 0.0, 0.4])


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--peer-customers", type=int, default=20_000)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    peers = _peers()
    print("| what | rows | seconds | processor seconds | of fewer | lifelines | times as fast |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in _ours().values():
        run(*simulated(2_000, True))
    broken = False
    for days in (True, False):
        kind = "whole days" if days else "any moment"
        many, fewer = simulated(chosen.customers, days), simulated(chosen.peer_customers, days)
        for name, run in _ours().items():
            seconds, work, _ = _least(run, many, chosen.runs)
            _, there, mine = _least(run, fewer, chosen.runs)
            broken |= work > LIMIT
            theirs = ratio = ""
            if peers is not None and name in peers:
                _, slow, found = _least(peers[name], fewer, 1)
                theirs, ratio = f"{slow:.2f}", f"{slow / there:.0f}"
                if name.startswith("Cox"):
                    broken |= bool(np.abs(found - mine.coefficients).max() > 1e-4)
            rows = len(many[0]) * (2 if "changes" in name else 1)
            cells = (f"{name}, {kind}", f"{rows:,}", f"{seconds:.2f}", f"{work:.2f}", f"{there:.3f}")
            print("|", " | ".join((*cells, theirs, ratio)), "|", flush=True)
    sys.exit(broken)


def simulated(n: int, whole_days: bool) -> tuple[Spans, np.ndarray, np.ndarray]:
    """Customers with late entry and known hazard ratios, observed for at most two years."""
    rng, n_seen = np.random.default_rng(3), n
    n = round(1.6 * n)
    x = np.column_stack([rng.random((n, 3)) < 0.4, rng.normal(size=(n, 2))]).astype(float)
    life = rng.exponential(900 * np.exp(-x @ BETA))
    start = np.where(rng.random(n) < 0.5, rng.uniform(0, 1500, n), 0.0)
    if whole_days:
        life, start = np.ceil(life), np.floor(start)
    seen = np.flatnonzero(life > start)[:n_seen]
    life, start, x = life[seen], start[seen], x[seen]
    stop = np.minimum(life, start + 730)
    return Spans.of(start, stop, life <= start + 730), x, np.arange(len(x))


def _cut(spans: Spans, x: np.ndarray, owner: np.ndarray) -> tuple[Spans, np.ndarray, np.ndarray]:
    """Everybody in two rows; the third covariate goes up by one half-way."""
    middle = (spans.start + spans.stop) / 2
    later = x.copy()
    later[:, 2] += 1
    none = np.zeros(len(spans), bool)
    both = Spans.of(np.r_[spans.start, middle], np.r_[middle, spans.stop], np.r_[none, spans.event])
    return both, np.vstack([x, later]), np.r_[owner, owner]


def _columns(x: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, x.T, strict=True))


def _ours() -> dict[str, Callable]:
    def moving(spans: Spans, x: np.ndarray, owner: np.ndarray) -> object:
        rows, columns, _ = _cut(spans, x, owner)
        return Cox().fit(rows, _columns(columns))

    return {
        "Kaplan-Meier": lambda spans, x, owner: kaplan_meier(spans),
        "log-rank, two groups": lambda spans, x, owner: log_rank(spans, x[:, 0]),
        "Cox": lambda spans, x, owner: Cox().fit(spans, _columns(x)),
        "Cox, robust errors": lambda spans, x, owner: Cox().fit(spans, _columns(x), clusters=owner),
        "Cox, a covariate that changes": moving,
    }


def _peers() -> dict[str, Callable] | None:
    try:
        import pandas as pd
        from lifelines import CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
    except ImportError:
        print("lifelines: not installed, left out", file=sys.stderr)
        return None

    def frame(spans: Spans, x: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(x, columns=list(NAMES)).assign(
            start=spans.start, stop=spans.stop, event=spans.event
        )

    def cox(spans: Spans, x: np.ndarray, owner: np.ndarray) -> np.ndarray:
        fit = CoxPHFitter().fit(frame(spans, x), "stop", "event", entry_col="start")
        return fit.params_.loc[list(NAMES)].to_numpy()

    def moving(spans: Spans, x: np.ndarray, owner: np.ndarray) -> np.ndarray:
        rows, columns, who = _cut(spans, x, owner)
        data = frame(rows, columns).assign(id=who)
        fit = CoxTimeVaryingFitter().fit(
            data, id_col="id", event_col="event", start_col="start", stop_col="stop"
        )
        return fit.params_.loc[list(NAMES)].to_numpy()

    return {
        "Kaplan-Meier": lambda spans, x, owner: KaplanMeierFitter().fit(
            spans.stop, spans.event, entry=spans.start
        ),
        "Cox": cox,
        "Cox, a covariate that changes": moving,
    }


def _least(run: Callable, data: tuple, runs: int) -> tuple[float, float, object]:
    found, best, work = None, np.inf, np.inf
    for _ in range(runs):
        started, worked = time.perf_counter(), time.process_time()
        found = run(*data)
        best = min(best, time.perf_counter() - started)
        work = min(work, time.process_time() - worked)
    return best, work, found


if __name__ == "__main__":
    main()
