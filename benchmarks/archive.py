"""How fast a file of events becomes a kept import, beside DuckDB's own copy of the same file.

    python benchmarks/archive.py [--events 1000000] [--customers 50000]

Prints a Markdown table. Events are drawn inside DuckDB and written as CSV to a temporary folder. `COPY (FROM
read_csv) TO parquet` is what the machine can do with the file: it reads, guesses types and writes, and checks
nothing. Ours reads and checks every cell (`open_tables`), replaces the ids by keyed hashes and writes the
import (`add`), and merges it (`rebuild`): alone, then with a second export in which nine rows of ten are
those of the first. Ends with status 1 when the first export takes 30 seconds or more, or rows are double.
Processor seconds say more than seconds where the machine has other work.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from verbond.results import Progress
from verbond.tables import Archive, Tables, open_tables

DRAWN = """
COPY (
    SELECT
        'c' || lpad(CAST(hash(i // 2 + 1000003) % $customers AS VARCHAR), 8, '0') AS customer_id,
        strftime(
            TIMESTAMP '2024-01-01' + to_seconds(CAST(hash(i) % (731 * 86400) AS BIGINT)), '%Y-%m-%d %H:%M:%S'
        ) AS occurred_at,
        CASE WHEN hash(i) % 100 < 60 THEN 'purchase' WHEN hash(i) % 100 < 90 THEN 'visit' ELSE 'contact' END
            AS kind,
        CAST(hash(i) % 9973 AS DOUBLE) / 100 AS amount,
        'o' || CAST(i // 2 AS VARCHAR) AS order_id,
        CASE WHEN hash(i) % 3 = 0 THEN 'shop' ELSE 'web' END AS channel
    FROM range($first, $last) AS r(i)
) TO '$file' (HEADER)
"""
OVERLAP = 0.9
PROMISED_SECONDS = 30


def main() -> None:
    """Run everything and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--customers", type=int, default=50_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = _measured(Path(folder), chosen.events, chosen.customers)
    _print(rows)
    slow = [row for row in rows if row[0] == "first export: all three" and row[1] >= PROMISED_SECONDS]
    if slow:
        raise SystemExit(f"{slow[0][1]:.1f} s, and {PROMISED_SECONDS} were promised")


def _print(rows: list[tuple[str, float, float, int, int]]) -> None:
    print("| step | seconds | processor seconds | rows a second | messages |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for what, seconds, processor, n_rows, messages in rows:
        pace = f"{n_rows / seconds:,.0f}"
        print(f"| {what} | {seconds:.2f} | {processor:.2f} | {pace} | {messages or ''} |")


def _measured(folder: Path, events: int, customers: int) -> list[tuple[str, float, float, int, int]]:
    found: list[tuple[str, float, float, int, int]] = []
    heard: list[Progress] = []

    def timed(what: str, act: Callable[[], Any], n_rows: int = events) -> Any:
        heard.clear()
        started, worked = time.perf_counter(), time.process_time()
        result = act()
        spent = time.perf_counter() - started, time.process_time() - worked
        found.append((what, *spent, n_rows, len(heard)))
        return result

    first, second = folder / "first" / "events.csv", folder / "second" / "events.csv"
    shift = round(events * (1 - OVERLAP))
    _draw(first, 0, events, customers)
    _draw(second, shift, shift + events, customers)
    plain = "COPY (FROM read_csv($1)) TO '{}' (FORMAT parquet, COMPRESSION zstd)".format(
        folder / "plain.parquet"
    )
    timed("DuckDB: COPY (FROM read_csv) TO parquet", lambda: duckdb.connect().execute(plain, [str(first)]))
    archive = Archive(folder / "kept", b"a key for the benchmark")

    def add(tables: Tables, name: str) -> None:
        facts = {"source_sha256": name, "file_name": "events.csv", "product": "csv"}
        archive.add(tables, import_id=name, progress=heard.append, **facts)

    for name, file, n_rows in (("first", first, events), ("second", second, 2 * events)):
        with timed(f"{name} export: open_tables", lambda f=file: open_tables(f)) as tables:
            timed(f"{name} export: add", lambda t=tables, n=name: add(t, n))
        timed(f"{name} export: rebuild", lambda: archive.rebuild(heard.append), n_rows)
        parts = found[-3:]
        found.append((f"{name} export: all three", *(sum(p[k] for p in parts) for k in (1, 2)), events, 0))
    with archive.open() as tables:
        if tables.n_rows("events") != events + shift:
            raise SystemExit(f"{tables.n_rows('events'):,} rows after the overlap, not {events + shift:,}")
    timed("one customer erased from both", lambda: archive.erase("c00000007", heard.append), 2 * events)
    return found


def _draw(file: Path, first: int, last: int, customers: int) -> None:
    file.parent.mkdir()
    text = (
        DRAWN.replace("$customers", str(customers)).replace("$first", str(first)).replace("$last", str(last))
    )
    duckdb.connect().execute(text.replace("$file", str(file)))


if __name__ == "__main__":
    main()
