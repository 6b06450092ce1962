"""From events to what models of buying read: time and memory, beside the same sums in polars.

    python benchmarks/loyalty_events.py [--events 10000000] [--customers 500000]

Prints a Markdown table; needs Linux. Events are drawn inside DuckDB and written to a Parquet file in a
temporary folder; each way reads that file in a new process, one after the other, and says its peak memory.
Polars stops at a row a customer; ours goes on to customers counted by history, and one more row fits BG/NBD
to them. Drawn customers never leave, so that the fit itself is a hard one. Ends with status 1 where the two
count other customers or purchases, or where peak memory is above 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from panel import DRAWN, _peak_mib

MOST_MIB = 2048


def main() -> None:
    """Run each way and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=500_000)
    options.add_argument("--only", nargs=2, help=argparse.SUPPRESS)  # what a new process is asked for
    chosen = options.parse_args()
    if chosen.only:
        way, folder = chosen.only
        print(json.dumps(_timed(_WAYS[way], Path(folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        text = DRAWN.replace("$events", str(chosen.events)).replace("$customers", str(chosen.customers))
        duckdb.connect().execute(text.replace("$file", f"{folder}/events.parquet"))
        found = {way: _in_new_process(way, folder) for way in _WAYS}
    peer = found["polars"]
    print(f"{chosen.events:,} events of {peer['customers']:,} customers\n")
    print("| what | seconds | processor seconds | ratio of the latter | peak memory, MiB | rows out |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for way, one in found.items():
        ratio = one["processor"] / peer["processor"]
        times = f"{one['seconds']:.2f} | {one['processor']:.2f} | {ratio:.2f}"
        print(f"| {way} | {times} | {one['peak_mib']:,.0f} | {one['rows']:,} |")
    counted = {(one["customers"], one["purchases"]) for one in found.values()}
    heavy = [way for way, one in found.items() if way != "polars" and one["peak_mib"] > MOST_MIB]
    if len(counted) > 1 or heavy:
        raise SystemExit(f"not as promised: counted {counted}, too heavy {heavy}")


def _in_new_process(way: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--only", way, folder]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _timed(run: Any, folder: Path) -> dict[str, Any]:
    started, worked = time.perf_counter(), time.process_time()
    found = run(folder)
    times = {"seconds": time.perf_counter() - started, "processor": time.process_time() - worked}
    return found | times | {"peak_mib": _peak_mib()}


def _polars(folder: Path) -> dict[str, Any]:
    import polars as pl

    day = pl.col("occurred_at").dt.date()
    bought = pl.scan_parquet(folder / "events.parquet").filter(pl.col("kind") == "purchase")
    rows = (
        bought.group_by("customer_id")
        .agg(day.n_unique().alias("days"), day.min().alias("first"), day.max().alias("last"))
        .collect(engine="streaming")
    )
    return {"rows": len(rows), "customers": len(rows), "purchases": int(rows["days"].sum()) - len(rows)}


def _histories(folder: Path) -> dict[str, Any]:
    from verbond.tables import Tables
    from verbond.tables.reads.histories import purchase_histories

    with Tables.from_parquet(folder) as tables:
        found = purchase_histories(tables)
    n = found.n_customers
    purchases = int((found.frequency * n).sum())
    return {"rows": len(n), "customers": int(n.sum()), "purchases": purchases}


def _fitted(folder: Path) -> dict[str, Any]:
    from verbond.loyalty import BuyTillYouDie, Summary
    from verbond.tables import Tables
    from verbond.tables.reads.histories import purchase_histories

    with Tables.from_parquet(folder) as tables:
        found = purchase_histories(tables)
    n = found.n_customers
    BuyTillYouDie("bg-nbd").fit(Summary(found.frequency, found.recency, found.T, n))
    purchases = int((found.frequency * n).sum())
    return {"rows": len(n), "customers": int(n.sum()), "purchases": purchases}


_WAYS = {"polars": _polars, "histories": _histories, "histories and BG/NBD": _fitted}

if __name__ == "__main__":
    main()
