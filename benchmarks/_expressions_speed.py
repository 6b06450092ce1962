"""Speed and memory of rating on one processor, in a process of its own; prints JSON.

python benchmarks/_expressions_speed.py [--thorough]
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

STARTED = time.perf_counter(), time.process_time()


def main() -> None:
    """Start cold, rate every message of the gold set, then some one by one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from verbond.expressions import audit, find_rater, rate

    rater = find_rater(thorough="--thorough" in sys.argv)
    rate(["Vandaag alles met korting, en morgen is het weer gewoon."], rater=rater)
    found = {"start": _since(STARTED)}
    from verbond.expressions.gold import gold_messages, gold_promises

    texts = [one.text for one in gold_messages()]
    if "--thorough" in sys.argv:
        texts = texts[:150]
    began = time.perf_counter(), time.process_time()
    rate(texts, rater=rater)
    took = _since(began)
    n_sentences = sum(len(re.findall(r"[.!?]+(?:\s|$)", text)) or 1 for text in texts)
    found["messages_a_second"] = [len(texts) / seconds for seconds in took]
    found["sentences_a_second"] = [n_sentences / seconds for seconds in took]
    found["one"] = _one_by_one(
        lambda text: rate([text], rater=rater), [f"{t} Tot ziens." for t in texts[:60]]
    )
    promise = next(iter(gold_promises().values()))
    found["audited"] = _one_by_one(lambda text: audit([text], promise, rater=rater), texts[:20])
    found["peak_mib"] = [_peak_mib()]
    print(
        json.dumps({"rater": rater.name, "n_words": sum(len(t.split()) for t in texts) / len(texts)} | found)
    )


def _peak_mib() -> float:
    """Of this process alone; what `getrusage` says counts the one that started it too."""
    told = Path("/proc/self/status").read_text("utf-8")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def _since(began: tuple[float, float]) -> list[float]:
    """Seconds on the clock and of the processor."""
    return [time.perf_counter() - began[0], time.process_time() - began[1]]


def _one_by_one(act: object, texts: list[str]) -> list[float]:
    """Median milliseconds, on the clock and of the processor."""
    took = []
    for text in texts:
        began = time.perf_counter(), time.process_time()
        act(text)  # type: ignore[operator]
        took.append(_since(began))
    return [1000 * sorted(column)[len(took) // 2] for column in zip(*took, strict=True)]


if __name__ == "__main__":
    main()
