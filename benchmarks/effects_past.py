"""Staggered difference-in-differences on a million unit-months, beside pyfixest on the same columns.

    python benchmarks/effects_past.py [--units 50000] [--months 20] [--runs 3]

Six cohorts and units that never start. Ours: `group_time_effects` and `event_study` with the covariance of
all months and a band for all at once, from columns of one row a unit and month. The peer is the PyPI package
`pyfixest`, its `event_study`: "saturated" (Sun & Abraham 2021) gives the same estimates where units that
never start are the comparison; "twfe" is the quick regression that mixes early and late starters. (Its
"did2s" asks for 47 GB here.) Each is run once before, so that what it compiles is not counted; times are the
least of the runs, taken in turn. Where pyfixest is not installed, that is said and only our own times are
shown. The last row is the whole of `PastAction.fit` on tables with a row a purchase.

Promised: not slower than the faster of them, the same estimates as "saturated" to 1e-6 of their standard
error, and errors that differ by less than 1%; the script ends with status 1 where one is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from verbond.effects import PastAction
from verbond.effects.past.did import event_study, group_time_effects, simultaneous_critical_value
from verbond.tables import Tables

Columns = dict[str, np.ndarray]


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--units", type=int, default=50_000)
    options.add_argument("--months", type=int, default=20)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    columns = _made(chosen.units, chosen.months)
    runs: dict[str, Callable[[], Any]] = {"ours": lambda: _ours(columns), **_peers(columns)}
    best = _in_turn(runs, chosen.runs)
    with _tables(columns) as tables:
        best |= _in_turn({"PastAction.fit": lambda: PastAction("folder").fit(tables)}, chosen.runs)
    print("| what | unit-months | s | times as long as ours |")
    print("| --- | ---: | ---: | ---: |")
    for name, (seconds, _) in best.items():
        print(f"| {name} | {len(columns['y']):,} | {seconds:.3f} | {seconds / best['ours'][0]:.1f} |")
    if "saturated" in best:
        sys.exit(_broken({name: best[name] for name in runs}))


def _broken(best: dict[str, tuple[float, Any]]) -> bool:
    """Whether a promise is, and what the answers say."""
    ours, theirs = best["ours"][1], best["saturated"][1]
    off = max(abs(ours[e][0] - theirs[e][0]) / ours[e][1] for e in theirs)
    errors = max(abs(ours[e][1] / theirs[e][1] - 1) for e in theirs)
    print(f"\nLargest difference: {off:.1e} standard errors; of the errors themselves {errors:.2%}.")
    slower = best["ours"][0] > min(seconds for name, (seconds, _) in best.items() if name != "ours")
    return bool(off > 1e-6 or errors > 0.01 or slower)


def _made(n: int, n_months: int) -> Columns:
    """A row a unit and month, the same at every run; `g` is 0 for units that never start."""
    rng = np.random.default_rng(7)
    starts = rng.choice([0, 5, 7, 9, 11, 13, 15], n)
    months = np.arange(n_months)
    begun = (starts[:, None] > 0) & (months >= starts[:, None])
    y = rng.poisson(1.0 + 0.2 * begun + 0.3 * rng.random(n)[:, None], (n, n_months)).astype(float)
    return {
        "unit": np.repeat(np.arange(n), n_months), "month": np.tile(months, n), "y": y.ravel(),
        "g": np.repeat(starts, n_months),
    }  # fmt: skip


def _ours(columns: Columns) -> dict[int, tuple[float, float]]:
    n, n_months = int(columns["unit"].max()) + 1, int(columns["month"].max()) + 1
    outcome, starts = np.zeros((n, n_months)), np.zeros(n, dtype=np.int64)
    outcome[columns["unit"], columns["month"]] = columns["y"]
    starts[columns["unit"]] = columns["g"]
    study = event_study(group_time_effects(outcome, np.where(starts == 0, n_months, starts), "never"))
    simultaneous_critical_value(study.covariance)
    errors = np.sqrt(np.diag(study.covariance))
    rows = zip(study.since_start.tolist(), study.effect_size, errors, strict=True)
    return {since: (float(effect), float(error)) for since, effect, error in rows}


def _peers(columns: Columns) -> dict[str, Callable[[], Any]]:
    try:
        import pandas as pd
        import pyfixest as pf
    except ImportError as missing:
        print(f"{missing.name}: not installed, left out", file=sys.stderr)
        return {}
    frame = pd.DataFrame(columns)
    names = {"yname": "y", "idname": "unit", "tname": "month", "gname": "g"}

    def saturated() -> dict[int, tuple[float, float]]:
        table = pf.event_study(frame, **names, estimator="saturated").aggregate()
        rows = zip(table.index, table["Estimate"], table["Std. Error"], strict=True)
        return {int(since): (float(effect), float(error)) for since, effect, error in rows}

    return {
        "saturated": saturated,
        "twfe": lambda: pf.event_study(frame, **names, estimator="twfe", att=False),
    }


def _tables(columns: Columns) -> Tables:
    """Customers with as many days with a purchase in a month as `y`, at most 28."""
    n = int(columns["unit"].max()) + 1
    counts = np.minimum(columns["y"], 28).astype(int)
    row = np.repeat(np.arange(len(counts)), counts)
    day = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    names = np.array([f"c{i:07d}" for i in range(n)], dtype=object)
    starts = np.zeros(n, dtype=np.int64)
    starts[columns["unit"]] = columns["g"]
    opens = np.datetime64("2024-01", "M")
    reached = starts > 0
    return Tables.from_columns({
        "customers": {"customer_id": names, "since": np.full(n, np.datetime64("2023-01-01"))},
        "events": {
            "customer_id": names[columns["unit"][row]], "kind": np.full(len(row), "purchase", dtype=object),
            "occurred_at": (opens + columns["month"][row]).astype("datetime64[D]") + day,
        },
        "actions": {"action_id": ["folder"], "kind": ["campaign"]},
        "exposures": {
            "customer_id": names[reached], "action_id": np.full(reached.sum(), "folder", dtype=object),
            "occurred_at": (opens + starts[reached]).astype("datetime64[D]"),
        },
    })  # fmt: skip


def _in_turn(runs: dict[str, Callable[[], Any]], times: int) -> dict[str, tuple[float, Any]]:
    """Least time and answer of each, after one run that does not count."""
    best: dict[str, tuple[float, Any]] = {name: (np.inf, run()) for name, run in runs.items()}
    for _ in range(times):
        for name, run in runs.items():
            started = time.perf_counter()
            answer = run()
            best[name] = (min(best[name][0], time.perf_counter() - started), answer)
    return best


if __name__ == "__main__":
    main()
