"""How fast the panel is made, against the same sums in polars, and how much memory it takes.

    python benchmarks/panel.py [--events 10000000] [--customers 500000]

Prints a Markdown table; needs Linux. Events are drawn inside DuckDB and written to a Parquet file in a
temporary folder; both engines read that file. Polars makes the cells (count and amount by customer, month
and kind; purchases counted as orders) and stops there; the panel also finds each customer's window and lays
the cells into dense arrays. Both run in this process, one after the other; the peak memory is that of a new
process which makes the panel and nothing else. Processor seconds say more than seconds where the machine
has other work.
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

DRAWN = """
COPY (
    WITH drawn AS (
        SELECT i, i // 2 AS pair, hash(i) AS luck, hash(i // 2 + 1000003) AS pair_luck
        FROM range($events) AS r(i)
    )
    SELECT
        'c' || lpad(CAST(pair_luck % $customers AS VARCHAR), 8, '0') AS customer_id,
        TIMESTAMP '2024-01-01' + to_seconds(CAST(hash(pair) % (731 * 86400) AS BIGINT)) AS occurred_at,
        CASE WHEN luck % 100 < 60 THEN 'purchase' WHEN luck % 100 < 85 THEN 'visit' WHEN luck % 100 < 92
            THEN 'contact' WHEN luck % 100 < 97 THEN 'return' ELSE 'complaint' END AS kind,
        CAST(luck % 9973 AS DOUBLE) / 100 AS amount,
        'o' || CAST(pair AS VARCHAR) AS order_id,
        CAST(luck % 499 AS DOUBLE) / 100 AS discount
    FROM drawn
) TO '$file' (FORMAT parquet)
"""


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=500_000)
    options.add_argument("--only", help=argparse.SUPPRESS)  # what a new process is asked for
    chosen = options.parse_args()
    if chosen.only:
        print(json.dumps(_measured(json.loads(chosen.only))))
        return
    rows = _complete_journey()
    with tempfile.TemporaryDirectory() as folder:
        rows += _drawn(Path(folder), chosen.events, chosen.customers)
    print(
        "| what | seconds | processor seconds | ratio of the latter | peak memory, MiB | rows | customers |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def _complete_journey() -> list[list[str]]:
    try:
        found = _in_new_process({"source": "complete-journey"})
    except subprocess.CalledProcessError:
        print("complete-journey: not installed, left out", file=sys.stderr)
        return []
    return [_row("Complete Journey, 1,469,307 lines: open and panel", found, None)]


def _drawn(folder: Path, events: int, customers: int) -> list[list[str]]:
    import duckdb

    text = DRAWN.replace("$events", str(events)).replace("$customers", str(customers))
    duckdb.connect().execute(text.replace("$file", str(folder / "events.parquet")))
    ours = _measured({"source": str(folder)})
    seconds, processor, orders = _polars(folder / "events.parquet")
    if orders != ours["orders"]:
        raise SystemExit(f"polars counts {orders} orders and the panel {ours['orders']}")
    alone = _in_new_process({"source": str(folder)})
    chunks = _in_new_process({"source": str(folder), "chunk": 50_000})
    size = f"{events:,} events"
    return [
        [f"{size}: cells in polars", f"{seconds:.2f}", f"{processor:.2f}", "1", "", "", ""],
        _row(f"{size}: panel, same process", ours | {"peak_mib": None}, processor),
        _row(f"{size}: panel, new process", alone, processor),
        _row(f"{size}: panel in chunks of 50,000 customers, new process", chunks, processor),
    ]


def _row(what: str, found: dict[str, Any], polars: float | None) -> list[str]:
    ratio = "" if polars is None else f"{found['processor'] / polars:.2f}"
    peak = "" if found["peak_mib"] is None else f"{found['peak_mib']:,.0f}"
    times = [f"{found['seconds']:.2f}", f"{found['processor']:.2f}"]
    return [what, *times, ratio, peak, f"{found['rows']:,}", f"{found['customers']:,}"]


def _measured(task: dict[str, Any]) -> dict[str, Any]:
    """Open a source, make its panel, and say what it took."""
    from verbond.tables import Tables, reads
    from verbond.tables.complete_journey import open_complete_journey

    journey = task["source"] == "complete-journey"
    started, worked = time.perf_counter(), time.process_time()
    with open_complete_journey() if journey else Tables.from_parquet(task["source"]) as tables:
        parts = (
            reads.panel_chunks(tables, "month", task["chunk"]) if "chunk" in task else [reads.panel(tables)]
        )
        found = {"rows": 0, "customers": 0, "orders": 0}
        for part in parts:
            found["rows"] += part.n_rows
            found["customers"] += part.n_customers
            found["orders"] += int(part.counts["purchase"].sum())
        times = {"seconds": time.perf_counter() - started, "processor": time.process_time() - worked}
    return found | times | {"peak_mib": _peak_mib()}


def _peak_mib() -> float:
    """Peak memory of this process; ru_maxrss would start at that of the process which made it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _in_new_process(task: dict[str, Any]) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, __file__, "--only", json.dumps(task)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(ran.stdout)


def _polars(file: Path) -> tuple[float, float, int]:
    """Seconds and processor seconds for the cells, and the number of orders in them."""
    import polars as pl

    def cells() -> pl.DataFrame:
        events = pl.scan_parquet(file).with_columns(month=pl.col("occurred_at").dt.truncate("1mo"))
        purchase = pl.col("kind") == "purchase"
        return (
            events.group_by("customer_id", "month", "kind", pl.when(purchase).then("order_id").alias("order"))
            .agg(pl.len().alias("lines"), pl.col("amount").sum(), pl.col("discount").sum())
            .group_by("customer_id", "month", "kind")
            .agg(
                pl.when(pl.col("order").is_null()).then("lines").otherwise(1).sum().alias("n"),
                pl.col("amount").sum(),
                pl.col("discount").sum(),
            )
            .collect()
        )

    started, worked = time.perf_counter(), time.process_time()
    found = cells()
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    return seconds, processor, int(found.filter(pl.col("kind") == "purchase")["n"].sum())


if __name__ == "__main__":
    main()
