"""An experiment of ten million units read inside DuckDB, beside tea-tasting on the same table.

    python benchmarks/effects_analyze.py [--units 10000000] [--runs 5]

Five outcomes, two arms, each outcome adjusted by one covariate (CUPED). Both packages get one open DuckDB
connection and the same table in memory; times are whole calls, from the description of the experiment to the
intervals, the least of the runs, taken in turn. The peer is the PyPI package `tea-tasting` with
`ibis-framework[duckdb]`; where they are not installed, that is said and only our own times are shown.

Promised: not slower than tea-tasting, and the same effects to 1e-6 of their standard error; the script ends
with status 1 where either is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np

from verbond.effects import Experiment
from verbond.tables.engines.compile import compile_query
from verbond.tables.units import Units

OUTCOMES = ("trust", "satisfaction", "recommends", "orders", "revenue")


class Opened:
    """A DuckDB connection that somebody else opened, with as much of an engine as units ask for."""

    name = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def columns(self, table: str) -> dict[str, str]:
        """Text or number, by column."""
        rows = self.connection.execute(f"DESCRIBE {table}").fetchall()
        return {row[0]: "text" if row[1] == "VARCHAR" else "number" for row in rows}

    def fetch(self, query: Any) -> dict[str, np.ndarray]:
        """A query's rows as arrays."""
        return self.connection.execute(compile_query(query)).fetchnumpy()


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--units", type=int, default=10_000_000)
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    connection = duckdb.connect()
    _make(connection, chosen.units)
    peer = _peer(connection)
    ours, theirs = _in_turn(lambda: _ours(connection), peer, chosen.runs)
    print("| units | outcomes | ours, s | tea-tasting, s | times as fast |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    shown = ("", "") if theirs is None else (f"{theirs[0]:.3f}", f"{theirs[0] / ours[0]:.2f}")
    print(f"| {chosen.units:,} | {len(OUTCOMES)} | {ours[0]:.3f} | {shown[0]} | {shown[1]} |")
    if theirs is not None:
        off = max(abs(ours[1][name][0] - theirs[1][name]) / ours[1][name][1] for name in OUTCOMES)
        print(f"\nLargest difference between the effects: {off:.1e} standard errors.")
        sys.exit(bool(off > 1e-6 or theirs[0] < ours[0]))


def _make(connection: duckdb.DuckDBPyConnection, n: int) -> None:
    """Units of a known experiment, the same at every run."""
    connection.execute("SELECT setseed(0.5)")
    connection.execute(
        """
        CREATE TABLE units AS
        SELECT CASE WHEN care THEN 'care' ELSE 'price' END AS folder, before,
          before * 0.6 + 20 * random() + care::DOUBLE AS trust,
          before * 0.2 + 50 * random() AS satisfaction,
          (random() < 0.3 + 0.01 * care::INT)::DOUBLE AS recommends,
          floor(5 * random() * random())::DOUBLE AS orders,
          -40 * ln(1 - random()) + before AS revenue
        FROM (SELECT random() < 0.5 AS care, 100 * random() AS before FROM range($n))
        """,
        {"n": n},
    )


def _ours(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[float, float]]:
    units = Units.of_table(Opened(connection), "units", (*OUTCOMES, "before"), ("folder",))  # type: ignore[arg-type]
    found = Experiment("folder", "price", OUTCOMES, covariates=("before",)).analyze(units)
    return {row.outcome: (row.effect_size, row.standard_error) for row in found.effects}


def _peer(connection: duckdb.DuckDBPyConnection) -> Callable[[], dict[str, float]] | None:
    try:
        import ibis
        import tea_tasting as tt
    except ImportError as missing:
        print(f"{missing.name}: not installed, left out", file=sys.stderr)
        return None
    table = ibis.duckdb.from_connection(connection).table("units")

    def analyze() -> dict[str, float]:
        experiment = tt.Experiment({name: tt.Mean(name, "before") for name in OUTCOMES}, variant="folder")
        result = experiment.analyze(table, control="price")
        return {name: float(result[name].effect_size) for name in OUTCOMES}

    return analyze


def _in_turn(
    ours: Callable, theirs: Callable | None, runs: int
) -> tuple[tuple[float, Any], tuple[float, Any] | None]:
    """Least time and answer of each, taken in turn so that neither gets the quieter machine."""
    best: list[tuple[float, Any]] = [(np.inf, None), (np.inf, None)]
    for _ in range(runs):
        for i, run in enumerate((ours, theirs)):
            if run is not None:
                started = time.perf_counter()
                answer = run()
                best[i] = (min(best[i][0], time.perf_counter() - started), answer)
    return best[0], None if theirs is None else best[1]


if __name__ == "__main__":
    main()
