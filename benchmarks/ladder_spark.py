"""Does the ladder give the same on a cluster, and what does a pass cost there?

    python benchmarks/ladder_spark.py [--customers 20000] [--workers 2] [--kill] [--json]
    python benchmarks/ladder_spark.py --cost

Starts a standalone Spark master and workers of one processor each on loopback, simulates a company, saves its
tables as Parquet (events and exposures in folders a month), and fits and scores them in this process and on
the cluster. With `--kill`, one worker is killed in the middle of the passes. Prints a Markdown table, or
everything as JSON. Ends with status 1 where the two log-likelihoods differ by more than 1e-8, relatively.

With `--cost` there is no cluster: what a worker does with one chunk of 10,000 customers is done here, on one
processor, and timed in processor seconds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._cluster import Cluster, cluster

SAME = 1e-8
PASSES = 12
FIGURES = ("loglik", "theta", "shares", "segments")


def main() -> None:
    """Run everything and print it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=20_000)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--chunk", type=int, default=2_500, help="customers a chunk")
    options.add_argument("--kill", action="store_true")
    options.add_argument("--json", action="store_true")
    options.add_argument("--cost", action="store_true")
    chosen = options.parse_args()
    if chosen.cost:
        print(_cost())
        return
    if importlib.util.find_spec("pyspark") is None:
        print("pyspark: not installed (the extra spark), left out", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder, cluster(chosen.workers) as found:
        measured = run(Path(folder), found, chosen.customers, chosen.chunk, kill=chosen.kill)
    print(json.dumps(measured) if chosen.json else _table(measured, chosen.workers))
    if measured["loglik_difference"] > SAME:
        raise SystemExit(1)


def run(folder: Path, found: Cluster, n_customers: int, chunk: int, *, kill: bool) -> dict[str, Any]:
    """Fit and score here and on the cluster; everything that was measured."""
    from verbond.ladder import Ladder
    from verbond.tables import Tables, open_tables
    from verbond.tables.reads import parts

    parts.CUSTOMERS_PER_CHUNK = chunk
    _save(folder / "company", n_customers)
    ladder = Ladder(n_starts=1, n_classes=1, segments=("region",), amounts="none", feedback=False)
    here, measured = Tables.from_parquet(folder / "company"), {"customers": n_customers}
    started = time.perf_counter()
    local = ladder.fit(here, uncertainty=False)
    measured["local_fit_seconds"] = time.perf_counter() - started
    _say(f"fitted here: {local.loglik:.6f}, {local.n_iterations} passes")
    started = time.perf_counter()
    there = open_tables(folder / "company", engine=found.address)
    there.engine.session.conf.set("spark.sql.shuffle.partitions", str(2 * len(found.workers)))
    _say("tables on the cluster")
    measured |= _passes(ladder, there, local, found if kill else None)
    _say(f"passes: {measured}")
    started = time.perf_counter()
    spread = ladder.fit(there, uncertainty=False)
    measured["spark_fit_seconds"] = time.perf_counter() - started
    measured |= _differences(local, spread)
    started = time.perf_counter()
    spread.write_scores(there, folder / "scores", "filtered")
    measured["spark_score_seconds"] = time.perf_counter() - started
    measured |= _scores(local.score(here, "filtered"), folder / "scores")
    there.close()
    return measured


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def _save(folder: Path, n_customers: int) -> None:
    """A company of 24 months, its larger tables partitioned by month."""
    import duckdb

    from verbond.survey import Survey
    from verbond.tables.simulate import simulate

    with simulate("textbook", n_customers, seed=11).open() as tables:
        tables.add("scores", Survey().fit(tables).scores).save(folder)
    for table in ("events", "exposures"):
        one = folder / f"{table}.parquet"
        rows = duckdb.read_parquet(str(one)).project("*, strftime(occurred_at, '%Y-%m') AS month")
        rows.to_parquet(str(folder / table), partition_by=["month"])
        one.unlink()


def _passes(ladder: Any, tables: Any, local: Any, killed: Cluster | None) -> dict[str, Any]:
    """What coding and passes cost, at the parameters of the local fit."""
    from verbond.ladder.coding.encoding import encode
    from verbond.ladder.fit.spread import people_of

    fitted, started = local._fitted, time.perf_counter()
    with people_of(tables, ladder.period, ladder.seed) as people:
        found = {"seconds_to_parts": time.perf_counter() - started}
        _say(f"parts: {found}")
        started = time.perf_counter()
        encoded = people.code(fitted.layout, encode(people.panel, fitted.layout))
        sequences = people.sequences(encoded, ladder.segments)
        found["seconds_to_codes"] = time.perf_counter() - started
        model, theta = fitted.model, fitted.theta
        light = replace(model, emissions=tuple(e for e in model.emissions if not e.own_rows))
        given = (light, model.tables(theta), False)

        def one() -> float:
            begun = time.perf_counter()
            loglik = sequences.expected_statistics(model, theta).loglik
            seconds.append(time.perf_counter() - begun)
            return loglik

        seconds: list[float] = []
        first = one()
        del seconds[:]
        logliks = [one() for _ in range(PASSES)]
        found["pass_seconds"] = statistics.median(seconds)
        overheads = []
        for _ in range(PASSES):
            begun = time.perf_counter()
            sequences.chunks.total(lambda coded, _: 0)
            overheads.append(time.perf_counter() - begun)
        found["empty_pass_seconds"] = statistics.median(overheads)
        found |= _in_workers(sequences.chunks.total(_timed, given))
        found |= {"rows": sequences.n_rows, "n_chunks": sequences.n_chunks, "n_codes": sequences.n_codes}
        if killed is not None:
            timer = threading.Timer(0.3 * found["pass_seconds"], killed.kill_worker, [0])
            timer.start()
            logliks += [one() for _ in range(3)]
            timer.join()
            found |= {"seconds_of_pass_with_kill": max(seconds[-3:]), "workers_killed": 1}
        found["pass_spread"] = max(logliks) - min(logliks)
        found["pass_difference"] = abs(first - local.loglik) / abs(local.loglik)
    return found


def _timed(coded: Any, given: Any) -> list[dict[str, float]]:
    """In a worker: how long the kernel takes over one chunk, and how many bytes go where."""
    from verbond.ladder.fit.spread import _expect
    from verbond.tables.engines.chunks import pack, unpack

    seconds, blob = [], pack(coded)
    for _ in range(4):  # the first may compile
        begun = time.process_time()
        sums = _expect(coded, given)
        seconds.append(time.process_time() - begun)
    begun = time.process_time()
    unpack(blob)
    opened = time.process_time() - begun
    sizes = {"blob": len(blob), "result": len(pack(sums)), "rows": coded.sequences.n_rows}
    return [{"kernel": min(seconds), "open": opened, **sizes}]


def _in_workers(chunks: list[dict[str, float]]) -> dict[str, float]:
    rows = sum(chunk["rows"] for chunk in chunks)
    return {
        "kernel_seconds_per_million_rows": 1e6 * sum(chunk["kernel"] for chunk in chunks) / rows,
        "open_seconds_per_million_rows": 1e6 * sum(chunk["open"] for chunk in chunks) / rows,
        "bytes_a_row": sum(chunk["blob"] for chunk in chunks) / rows,
        "result_bytes_a_part": max(chunk["result"] for chunk in chunks),
    }


def _cost() -> str:
    """Processor seconds and bytes of one chunk, by number of states."""
    os.environ["VERBOND_THREADS"] = "1"
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ladder"))
    import numpy as np
    from ladder_worlds import draw

    from verbond.ladder import Ladder
    from verbond.ladder.coding.encoding import book_of, encode
    from verbond.ladder.coding.layout import acting_kinds, decide, look
    from verbond.ladder.fit.choice import Parts
    from verbond.ladder.fit.spread import Coded
    from verbond.tables.engines.chunks import pack

    panel = draw(10_000, 24, seed=3, asked=0.01, effect=(0.3, -0.2)).panel
    seconds, summary = [], look(panel)
    layout = decide(summary, acting_kinds(summary)[0])
    book = book_of(panel, layout)
    for function in (
        lambda: look(panel),
        lambda: book_of(panel, layout),
        lambda: encode(panel, layout, book),
    ):
        begun = time.process_time()
        encoded = function()
        seconds.append(1e6 * (time.process_time() - begun) / panel.n_rows)
    own = np.arange(len(encoded.base))
    coded = Coded(encoded.sequences, own, encoded.base, np.zeros((0, panel.n_customers), np.int64), 0)
    rows = [
        f"{panel.n_rows:,} customer-periods, {len(book.values):,} combinations; looking, listing, coding: "
        + ", ".join(f"{one:.2f}" for one in seconds)
        + f" s a million; a panel {len(pack(panel, small=True)) / panel.n_rows:.1f} bytes a customer-period",
        "",
        "| states | pass, s a million | opening the blob | bytes a customer-period | back | out |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for n_classes in (1, 2, 3):
        model = Ladder()._model(panel, encoded, True, Parts(n_classes=n_classes))
        light = replace(model, emissions=tuple(e for e in model.emissions if not e.own_rows))
        given = (light, model.tables(np.zeros(model.n_parameters)), False)
        found = _in_workers(_timed(coded, given))
        rows.append(
            f"| {model.space.n_states} | {found['kernel_seconds_per_million_rows']:.3f} | "
            f"{found['open_seconds_per_million_rows']:.4f} | {found['bytes_a_row']:.1f} | "
            f"{found['result_bytes_a_part']:,} | {len(pack(given)):,} |"
        )
    return "\n".join(rows)


def _differences(local: Any, spread: Any) -> dict[str, float]:
    import numpy as np

    return {
        "loglik": local.loglik,
        "loglik_difference": abs(local.loglik - spread.loglik) / abs(local.loglik),
        "theta_difference": float(np.abs(local._fitted.theta - spread._fitted.theta).max()),
        "shares_difference": float(np.nanmax(np.abs(local.shares - spread.shares))),
        "segments_difference": max(
            float(np.abs(a.shares - b.shares).max())
            for a, b in zip(local.segments, spread.segments, strict=True)
        ),
        "iterations": [local.n_iterations, spread.n_iterations],
        "n_parameters": local.n_parameters,
        "same_fingerprint": local.provenance.fingerprint == spread.provenance.fingerprint,
    }


def _scores(local: Any, folder: Path) -> dict[str, Any]:
    import duckdb
    import numpy as np

    columns = local.to_columns()
    names = [name for name in columns if name not in ("customer_id", "period")]
    found = duckdb.read_parquet(f"{folder}/*.parquet").order("customer_id, period").fetchnumpy()
    order = np.lexsort((columns["period"], columns["customer_id"]))
    same = np.array_equal(columns["customer_id"][order], np.asarray(found["customer_id"], object))
    gap = max(float(np.abs(columns[name][order] - found[name]).max()) for name in names) if same else np.inf
    files = len(list(folder.glob("*.parquet")))
    return {"score_rows": len(order), "score_files": files, "scores_difference": gap}


def _table(found: dict[str, Any], n_workers: int) -> str:
    rows = [
        ("customers, customer-periods", f"{found['customers']:,}, {found['rows']:,}"),
        ("chunks, workers", f"{found['n_chunks']}, {n_workers}"),
        ("log-likelihood here; relative difference on the cluster at the same parameters",
         f"{found['loglik']:.4f}; {found['pass_difference']:.1e}"),
        ("after a whole fit: log-likelihood (relative), parameters, shares, segments (largest difference)",
         ", ".join(f"{found[f'{name}_difference']:.1e}" for name in FIGURES)),
        ("the same pass again and again: largest difference", f"{found['pass_spread']:.1e}"),
        ("scores: rows, files, largest difference",
         f"{found['score_rows']:,}, {found['score_files']}, {found['scores_difference']:.1e}"),
        ("seconds: parts, codes", f"{found['seconds_to_parts']:.1f}, {found['seconds_to_codes']:.1f}"),
        ("seconds: one pass; a pass that does nothing",
         f"{found['pass_seconds']:.3f}; {found['empty_pass_seconds']:.3f}"),
        ("processor seconds a million customer-periods in a worker: kernel, opening the blob",
         f"{found['kernel_seconds_per_million_rows']:.3f}, {found['open_seconds_per_million_rows']:.3f}"),
        ("bytes: a customer-period, what a chunk sends back",
         f"{found['bytes_a_row']:.1f}, {found['result_bytes_a_part']:,}"),
        ("combinations of observations", f"{found['n_codes']:,}"),
        ("seconds: fit here, fit on the cluster, score and write",
         f"{found['local_fit_seconds']:.1f}, {found['spark_fit_seconds']:.1f}, "
         f"{found['spark_score_seconds']:.1f}"),
    ]  # fmt: skip
    if "workers_killed" in found:
        rows.append(
            ("seconds of the pass in which a worker was killed", f"{found['seconds_of_pass_with_kill']:.1f}")
        )
    return "\n".join(["| what | measured |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


if __name__ == "__main__":
    main()
