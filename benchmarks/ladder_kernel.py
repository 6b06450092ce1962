"""How fast the ladder's pass is: against hmmlearn and dynamax, against the machine, and as the data grow.

    python benchmarks/ladder_kernel.py [--customers 1000000] [--quick]

Prints Markdown tables. Every figure is the least of several runs, because other work on the machine only ever
adds. Processor seconds add up over threads; where the machine has other work they say more than seconds, and
what all processors would do together is reckoned from them. hmmlearn (implementation "scaling") and dynamax
(float32, compiled, the time of compiling left out) do the same step of expectation-maximisation on the same
counts from the same parameters; all must give the same log-likelihood or the benchmark stops. A peer that is
not installed is named. Ours computes in float64.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads wait for one another on a busy machine

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from ladder_data import drawn_sequences, mixed_model

from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import Sequences, expected_statistics, rung_probs
from verbond.ladder.model.emissions import Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space
from verbond.numerics import available_threads, compiled
from verbond.numerics.vectors import aligned, load, multiply_add, store

SAME = 1e-5  # relative, of log-likelihoods; dynamax sums in float32


def main() -> None:
    """Run everything and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--quick", action="store_true", help="leave out hmmlearn, which takes half a minute")
    chosen = options.parse_args()
    print(f"{available_threads()} threads\n")
    _peers(chosen.quick)
    flops, bytes_read = _machine()
    _gradient(chosen.customers, flops, bytes_read)
    _growth()
    _scoring()


@dataclass(frozen=True)
class Took:
    """Least seconds, and least processor seconds of all threads."""

    seconds: float
    processor: float

    @property
    def alone(self) -> float:
        """Seconds on an idle machine: no thread waits for other work."""
        return min(self.seconds, self.processor / available_threads())


def _least(what: Callable[[], Any], runs: int = 7) -> Took:
    what()
    return Took(*np.min([_timed(what) for _ in range(runs)], axis=0))


def _timed(what: Callable[[], Any]) -> tuple[float, float]:
    started, worked = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - started, time.process_time() - worked


def _table(*columns: str) -> None:
    print("| " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * (len(columns) - 1))


# one homogeneous Poisson step ------------------------------------------------------------------------------


def _peers(quick: bool) -> None:
    n, length, k = 100_000, 24, 5
    rng = np.random.default_rng(0)
    means, moves = np.array([0.2, 0.8, 1.6, 3.0, 6.0]), 0.02 * np.ones((k, k)) + 0.9 * np.eye(k)
    state, counts = rng.integers(0, k, n), np.empty((n, length), np.int64)
    for t in range(length):
        counts[:, t] = rng.poisson(means[state])
        state = (rng.random(n)[:, None] > moves.cumsum(axis=1)[state]).sum(axis=1)
    start = means * 1.3 + 0.1
    results = [_ours(counts, start, moves)]
    results += [] if quick else [_hmmlearn(counts, start, moves)]
    results += [_dynamax(counts, start, moves)]
    print(f"One step of EM, Poisson counts of {n:,} customers over {length} months, {k} states\n")
    _table("what", "seconds", "ours is faster by", "processor seconds", "by", "log-likelihood")
    ours = results[0][1]
    for name, took, loglik in results:
        if took is None or ours is None:
            print(f"| {name} | not installed | | | | |")
            continue
        if abs(loglik / results[0][2] - 1) > SAME:
            raise SystemExit(f"{name} gives {loglik} and not {results[0][2]}")
        print(
            f"| {name} | {took.seconds:.4f} | {took.seconds / ours.seconds:,.0f} | {took.processor:.4f} | "
            f"{took.processor / ours.processor:,.0f} | {loglik:,.1f} |"
        )
    print()


def _ours(counts: np.ndarray, means: np.ndarray, moves: np.ndarray) -> tuple[str, Took | None, float]:
    (n, length), k = counts.shape, len(means)
    space, values = Space(k), np.arange(counts.max() + 1)
    count = Counts("y", space, values, values.astype(float), counts.mean(), poisson=True, pseudo_rows=0.0)
    movement = Movement(space, "free", np.zeros((1, 0)), pseudo_moves=0.0)
    start = Start(1, space, pseudo_rows=0.0)
    model = LadderModel(space, start, movement, (count,), len(values))
    theta = np.concatenate(
        (start.theta(np.full((1, k), 1 / k)), movement.theta(moves.ravel()), count.theta(means))
    )
    made = Sequences(
        np.arange(n + 1) * length, counts.ravel().astype(np.uint32), np.zeros(counts.size, np.uint32),
        np.zeros(n, np.uint32), np.ones(n), np.zeros(n, np.int64), len(values), len(values), 1, 1, length,
        np.zeros(0, np.int64),
    )  # fmt: skip
    sequences = subset(made, np.arange(n))

    def step() -> float:
        stats = expected_statistics(sequences, model.tables(theta))
        model.maximise(stats, theta)
        return stats.loglik

    return "verbond", _least(step, 40), step()


def _hmmlearn(counts: np.ndarray, means: np.ndarray, moves: np.ndarray) -> tuple[str, Took | None, float]:
    try:
        from hmmlearn.hmm import PoissonHMM
    except ImportError:
        return "hmmlearn", None, 0.0
    (n, length), k = counts.shape, len(means)
    model = PoissonHMM(k, n_iter=1, tol=-np.inf, init_params="", implementation="scaling")
    model.startprob_, model.transmat_, model.lambdas_ = np.full(k, 1 / k), moves, means[:, None]
    took = Took(*_timed(lambda: model.fit(counts.reshape(-1, 1), [length] * n)))
    return 'hmmlearn ("scaling")', took, model.monitor_.history[0]


def _dynamax(counts: np.ndarray, means: np.ndarray, moves: np.ndarray) -> tuple[str, Took | None, float]:
    try:
        import jax
        import jax.numpy as jnp
        from dynamax.hidden_markov_model import PoissonHMM
    except ImportError:
        return "dynamax", None, 0.0
    k = len(means)
    hmm = PoissonHMM(k, 1)
    params, props = hmm.initialize(
        jax.random.PRNGKey(0), initial_probs=jnp.full(k, 1 / k), transition_matrix=jnp.array(moves),
        emission_rates=jnp.array(means[:, None]),
    )  # fmt: skip
    seen = jnp.array(counts[:, :, None], jnp.float32)
    state = hmm.initialize_m_step_state(params, props)

    @jax.jit
    def step(params: Any, seen: Any) -> Any:
        stats, logliks = jax.vmap(lambda one: hmm.e_step(params, one))(seen)
        return hmm.m_step(params, props, stats, state)[0], logliks.sum()

    took = _least(lambda: jax.block_until_ready(step(params, seen)), 15)
    return "dynamax (float32)", took, float(step(params, seen)[1])


# what the machine can do -----------------------------------------------------------------------------------


@compiled
def _multiply_adds(n, sums, width):
    """Eight chains, so that the units are never idle: 16 n operations a place of the vector."""
    a, b, c, d = load(sums, 0, width), load(sums, 8, width), load(sums, 16, width), load(sums, 24, width)
    e, f, g, h = load(sums, 32, width), load(sums, 40, width), load(sums, 48, width), load(sums, 56, width)
    x = load(sums, 64, width)
    for _ in range(n):
        a, b = multiply_add(a, x, a), multiply_add(b, x, b)
        c, d = multiply_add(c, x, c), multiply_add(d, x, d)
        e, f = multiply_add(e, x, e), multiply_add(f, x, f)
        g, h = multiply_add(g, x, g), multiply_add(h, x, h)
    store(sums, 0, multiply_add(a, b, multiply_add(c, d, multiply_add(e, f, multiply_add(g, h, x)))))


def _machine() -> tuple[float, float]:
    """Floating-point operations and bytes read a second of one thread."""
    n, sums = 2_000_000, aligned(72)
    flops = 16 * 8 * n / _least(lambda: _multiply_adds(n, sums, (0,) * 8), 5).processor
    long = np.ones(50_000_000)
    return flops, long.nbytes / _least(lambda: long.max(), 5).processor


# likelihood and gradient of the whole model ----------------------------------------------------------------


def _gradient(n_customers: int, flops: float, bytes_read: float) -> None:
    sequences, seen = drawn_sequences(n_customers, 24)
    rows = sequences.n_rows
    print(
        f"Likelihood and exact gradient, {n_customers:,} customers over 24 months: two counts, a rare\n"
        "event, answering, five survey scores of 20,000 respondents, four kinds of actions on movement\n"
    )
    _table(
        "model", "seconds", "processor seconds", "million customer-months a processor second",
        "all processors idle", "share of the peak operations", "share of the memory's speed",
    )  # fmt: skip
    for k, n_classes in ((5, 1), (6, 1), (6, 2), (6, 3)):
        model, theta = mixed_model(sequences, seen, k, n_classes)
        took = _least(partial(model.evaluate, sequences, theta), 5)
        name = f"{k} rungs" + (f", {n_classes} classes" if n_classes > 1 else "")
        done = rows * n_classes * (6 * k * k + 12 * k) / took.processor
        print(
            f"| {name} | {took.seconds:.3f} | {took.processor:.3f} | {rows / took.processor / 1e6:.1f} | "
            f"{rows / took.alone / 1e6:.1f} | {done / flops:.0%} | "
            f"{rows * 8 / took.processor / bytes_read:.1%} |"
        )
    print(
        f"\nPeak measured here: {flops / 1e9:.0f} billion operations (float64) and {bytes_read / 1e9:.1f} GB "
        "read a second and thread.\nA row costs 6 K² + 12 K operations a class (three products with a K x K "
        "matrix, and scaling) and 8 bytes: two codes.\n"
    )


def _growth() -> None:
    print("Cost of a customer-month as the data grow, six rungs\n")
    _table("customers", "months", "nanoseconds of a processor a customer-month")
    for n_customers, length in ((25_000, 24), (50_000, 24), (100_000, 24), (50_000, 12), (50_000, 48)):
        sequences, seen = drawn_sequences(n_customers, length, n_respondents=500)
        model, theta = mixed_model(sequences, seen, 6, 1)
        tables = model.tables(theta)
        took = _least(partial(expected_statistics, sequences, tables))
        print(f"| {n_customers:,} | {length} | {took.processor / sequences.n_rows * 1e9:.1f} |")
    print()


def _scoring() -> None:
    sequences, seen = drawn_sequences(200_000, 24, n_respondents=4_000)
    model, theta = mixed_model(sequences, seen, 6, 1)
    tables = model.tables(theta)
    print("Probabilities of six rungs for 200,000 customers over 24 months, one thread, without writing\n")
    _table("kind", "processor seconds", "million customers a second")
    for kind in ("filtered", "smoothed"):
        took = _least(partial(rung_probs, sequences, tables, 6, kind=kind, n_threads=1))
        print(f"| {kind} | {took.processor:.3f} | {0.2 / took.processor:.2f} |")


if __name__ == "__main__":
    main()
