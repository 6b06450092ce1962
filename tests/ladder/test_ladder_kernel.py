"""The kernel against enumeration of all paths."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.ladder.coding.encoding import subset
from verbond.ladder.kernel import (
    Sequences,
    Tables,
    _worthwhile,
    expected_statistics,
    probs_at,
    rung_probs,
    state_probs,
)

EXACT = 1e-10  # two orders of adding the same few hundred numbers


def small_case(
    seed: int, *, n_customers: int = 7, n_states: int = 3, longest: int = 4
) -> tuple[Sequences, Tables]:
    """Random tables and ragged sequences small enough to enumerate; some edges do not exist."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, longest + 1, n_customers)
    lengths[0] = longest
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    n_rows, n_shared, n_own, n_moves = int(offsets[-1]), 5, 2, int(rng.integers(1, 4))
    codes = rng.integers(0, n_shared, n_rows)
    codes[rng.choice(n_rows, n_own, replace=False)] = n_shared + np.arange(n_own)
    pairs = [(i, j) for i in range(n_states) for j in range(n_states) if i == j or rng.random() < 0.7]
    source, target = (np.array(column) for column in zip(*pairs, strict=True))
    edges = rng.random((n_moves, len(pairs))) + 0.01
    for i in range(n_states):
        edges[:, source == i] /= edges[:, source == i].sum(axis=1, keepdims=True)
    density = rng.random((n_shared + n_own, n_states)) * 3 + 1e-3
    initial = rng.dirichlet(np.ones(n_states), 2)
    sequences = Sequences(
        offsets, codes.astype(np.uint32), rng.integers(0, n_moves, n_rows).astype(np.uint32),
        rng.integers(0, 2, n_customers).astype(np.uint32), rng.integers(1, 4, n_customers).astype(float),
        rng.integers(0, 3, n_customers), n_shared, n_shared + n_own, n_moves, 2, longest + 3,
        np.zeros(0, np.int64),
    )  # fmt: skip
    scale = density.max(axis=1)
    tables = Tables(density / scale[:, None], np.log(scale), source, target, edges, initial, n_states)
    return subset(sequences, np.arange(n_customers)), tables


def enumerate_paths(sequences: Sequences, tables: Tables) -> dict[str, np.ndarray]:
    """Everything that the kernel gives, by adding up over every possible path."""
    n_states = tables.initial.shape[1]
    density = tables.emission * np.exp(tables.log_scale)[:, None]
    matrices = np.zeros((len(tables.edges), n_states, n_states))
    matrices[:, tables.source, tables.target] = tables.edges
    edge_of = {(i, j): e for e, (i, j) in enumerate(zip(tables.source, tables.target, strict=True))}
    found = {
        "loglik": np.zeros(1),
        "codes": np.zeros(density.shape),
        "edges": np.zeros(tables.edges.shape),
        "starts": np.zeros(tables.initial.shape),
        "period_states": np.zeros((sequences.n_periods, n_states)),
        "period_edges": np.zeros((sequences.n_periods, len(tables.source))),
        "last": np.zeros((sequences.n_customers, n_states)),
        "smoothed": np.zeros((len(sequences.codes), n_states)),
    }
    for i in range(sequences.n_customers):
        rows = range(sequences.offsets[i], sequences.offsets[i + 1])
        if len(rows) == 0:
            continue
        weight, paths = sequences.weights[i], []
        for path in product(range(n_states), repeat=len(rows)):
            p = tables.initial[sequences.starts[i], path[0]]
            for t, row in enumerate(rows):
                p *= density[sequences.codes[row], path[t]]
                if t:
                    p *= matrices[sequences.moves[row], path[t - 1], path[t]]
            paths.append((path, p))
        total = sum(p for _, p in paths)
        found["loglik"] += weight * np.log(total)
        for path, p in paths:
            share = p / total
            found["starts"][sequences.starts[i], path[0]] += weight * share
            found["last"][i, path[-1]] += share
            for t, row in enumerate(rows):
                now = sequences.first_period[i] + t
                found["codes"][sequences.codes[row], path[t]] += weight * share
                found["period_states"][now, path[t]] += weight * share
                found["smoothed"][row, path[t]] += share
                if t and p > 0:
                    e = edge_of[path[t - 1], path[t]]
                    found["edges"][sequences.moves[row], e] += weight * share
                    found["period_edges"][now, e] += weight * share
    return found


def assert_equals_enumeration(sequences: Sequences, tables: Tables) -> None:
    truth, found = enumerate_paths(sequences, tables), expected_statistics(sequences, tables, by_period=True)
    assert found.loglik == pytest.approx(truth["loglik"][0], abs=EXACT)
    for name in ("codes", "edges", "starts", "period_states", "period_edges", "last"):
        np.testing.assert_allclose(getattr(found, name), truth[name], atol=EXACT, err_msg=name)
    smoothed = state_probs(sequences, tables, 0, sequences.n_customers)
    np.testing.assert_allclose(smoothed, truth["smoothed"], atol=EXACT)
    np.testing.assert_allclose(
        rung_probs(sequences, tables, tables.n_rungs),
        truth["smoothed"].reshape(-1, tables.n_rungs),
        atol=1e-6,
    )  # these are kept as float32


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_pass_equals_enumeration(seed: int) -> None:
    assert_equals_enumeration(*small_case(seed))


def test_filtered_probabilities_know_no_later_rows() -> None:
    sequences, tables = small_case(3)
    filtered = state_probs(sequences, tables, 0, sequences.n_customers, kind="filtered")
    for i in range(sequences.n_customers):
        for end in range(sequences.offsets[i] + 1, sequences.offsets[i + 1] + 1):
            cut = replace(
                sequences, offsets=np.array([sequences.offsets[i], end]), starts=sequences.starts[i : i + 1]
            )
            last = state_probs(cut, tables, 0, 1, kind="smoothed")[-1]
            np.testing.assert_allclose(filtered[end - 1], last, atol=EXACT)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_classes_are_a_block_of_ladders(seed: int) -> None:
    """Two classes over three rungs equal six states with the edges written out."""
    sequences, rungs = small_case(seed)
    rng = np.random.default_rng(seed)
    density, start = rng.random((sequences.n_codes, 6)), rng.dirichlet(np.ones(6), 2)
    classes = replace(rungs, emission=density, initial=start)
    written = replace(
        classes, source=np.concatenate((rungs.source, rungs.source + 3)), n_rungs=6,
        target=np.concatenate((rungs.target, rungs.target + 3)), edges=np.tile(rungs.edges, 2),
    )  # fmt: skip
    one, two = (expected_statistics(sequences, t, by_period=True) for t in (classes, written))
    assert one.loglik == pytest.approx(two.loglik, abs=EXACT)
    np.testing.assert_allclose(one.codes, two.codes, atol=EXACT)
    n = len(rungs.source)
    np.testing.assert_allclose(one.edges, two.edges[:, :n] + two.edges[:, n:], atol=EXACT)
    np.testing.assert_allclose(
        one.period_edges, two.period_edges[:, :n] + two.period_edges[:, n:], atol=EXACT
    )
    for kind in ("smoothed", "filtered"):
        probs = [state_probs(sequences, t, 0, sequences.n_customers, kind=kind) for t in (classes, written)]
        np.testing.assert_allclose(*probs, atol=EXACT)


def separate(rungs: Tables, n_blocks: int, rng: np.random.Generator, n_codes: int) -> Tables:
    """So many ladders side by side, each with moves of its own, the edges listed over all states."""
    n, n_edges = rungs.n_rungs, len(rungs.source)
    shifted = np.repeat(np.arange(n_blocks) * n, n_edges)
    edges = rng.random((len(rungs.edges), n_blocks * n_edges)) + 0.01
    source, target = np.tile(rungs.source, n_blocks) + shifted, np.tile(rungs.target, n_blocks) + shifted
    for state in range(n_blocks * n):
        edges[:, source == state] /= edges[:, source == state].sum(axis=1, keepdims=True)
    mixed = rng.permutation(len(source))  # the order of the edges is nothing
    return replace(
        rungs, emission=rng.random((n_codes, n_blocks * n)), initial=rng.dirichlet(np.ones(n_blocks * n), 2),
        source=source[mixed], target=target[mixed], edges=edges[:, mixed], n_rungs=n_blocks * n,
    )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 4]))
def test_types_that_move_each_in_their_own_way(seed: int, n_blocks: int) -> None:
    sequences, rungs = small_case(seed, n_customers=3, longest=2)
    tables = separate(rungs, n_blocks, np.random.default_rng(seed), sequences.n_codes)
    assert_equals_enumeration(sequences, tables)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_state_without_return_that_shows_nothing(seed: int) -> None:
    """The last state absorbs, and no more than two codes can be seen in it."""
    sequences, tables = small_case(seed)
    emission, edges = tables.emission.copy(), tables.edges.copy()
    emission[2:, -1] = 0.0
    away = (tables.source == 2) & (tables.target != 2)
    edges[:, away], edges[:, (tables.source == 2) & ~away] = 0.0, 1.0
    assert_equals_enumeration(sequences, replace(tables, emission=emission, edges=edges))


@pytest.mark.parametrize("n_states", [pytest.param(8, marks=pytest.mark.slow), 13])
def test_any_number_of_states(n_states: int) -> None:
    assert_equals_enumeration(*small_case(n_states, n_customers=3, n_states=n_states, longest=3))


@pytest.mark.parametrize("n_classes", [2, pytest.param(3, marks=pytest.mark.slow), 4])
def test_rungs_are_states_summed_over_classes(n_classes: int) -> None:
    sequences, rungs = small_case(n_classes)
    rng = np.random.default_rng(n_classes)
    tables = replace(
        rungs, emission=rng.random((sequences.n_codes, 3 * n_classes)),
        initial=rng.dirichlet(np.ones(3 * n_classes), 2),
    )  # fmt: skip
    for kind in ("smoothed", "filtered"):
        states = state_probs(sequences, tables, 0, sequences.n_customers, kind=kind)
        summed = states.reshape(-1, n_classes, 3).sum(axis=1)
        np.testing.assert_allclose(rung_probs(sequences, tables, 3, kind=kind), summed, atol=1e-6)


def long_case(n_customers: int, length: int) -> tuple[Sequences, Tables]:
    sequences, tables = small_case(11)
    rng = np.random.default_rng(5)
    n_rows = n_customers * length
    made = replace(
        sequences,
        offsets=np.arange(n_customers + 1) * length,
        codes=rng.integers(0, sequences.n_shared, n_rows).astype(np.uint32),
        moves=rng.integers(0, sequences.n_moves, n_rows).astype(np.uint32),
        starts=rng.integers(0, 2, n_customers).astype(np.uint32),
        weights=np.ones(n_customers),
        first_period=np.zeros(n_customers, np.int64),
        n_periods=length,
    )
    return subset(made, np.arange(n_customers)), tables


def test_probabilities_of_some_rows_are_those_of_all() -> None:
    sequences, tables = long_case(700, 5)
    rows = np.sort(np.random.default_rng(2).choice(3500, 40, replace=False))
    rows = np.unique(np.concatenate((rows, sequences.offsets[[0, 1, 350, 699]])))
    everything = state_probs(sequences, tables, 0, sequences.n_customers)
    np.testing.assert_array_equal(probs_at(sequences, tables, rows), everything[rows])


def test_any_number_of_threads_gives_the_same_bits() -> None:
    sequences, tables = long_case(60_000, 6)  # so many that several chunks pay
    assert len(_worthwhile(sequences, 1000, 8)) > 3
    one, *others = (expected_statistics(sequences, tables, by_period=True, n_threads=n) for n in (1, 2, 3, 5))
    for other in others:
        assert one.loglik == other.loglik
        for name in ("codes", "edges", "starts", "period_states", "period_edges", "last"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_long_histories_do_not_underflow() -> None:
    sequences, tables = long_case(3, 5000)
    rare = replace(tables, log_scale=np.full(len(tables.log_scale), -500.0))
    found = expected_statistics(sequences, rare)
    assert np.isfinite(found.loglik)
    assert found.codes.sum() == pytest.approx(15_000, rel=1e-9)


def test_a_weight_is_so_many_customers() -> None:
    sequences, tables = small_case(21)
    weights = sequences.weights.astype(int)
    starts = np.repeat(np.arange(sequences.n_customers), weights)
    rows = [np.arange(sequences.offsets[i], sequences.offsets[i + 1]) for i in starts]
    flat = np.concatenate(rows)
    shared = replace(sequences, n_shared=sequences.n_codes)  # own codes occur more often once copied
    copied = replace(
        shared, offsets=np.concatenate(([0], np.cumsum([len(r) for r in rows]))), codes=sequences.codes[flat],
        moves=sequences.moves[flat], starts=sequences.starts[starts], weights=np.ones(len(starts)),
        first_period=sequences.first_period[starts],
    )  # fmt: skip
    one = expected_statistics(shared, tables)
    many = expected_statistics(subset(copied, np.arange(len(starts))), tables)
    assert one.loglik == pytest.approx(many.loglik, abs=1e-9)
    np.testing.assert_allclose(one.codes, many.codes, atol=1e-9)


def test_statistics_add_up() -> None:
    sequences, tables = small_case(2)
    found = expected_statistics(sequences, tables, by_period=True)
    lengths = np.diff(sequences.offsets)
    assert found.codes.sum() == pytest.approx(sequences.weights @ lengths)
    assert found.edges.sum() == pytest.approx(sequences.weights @ np.maximum(lengths - 1, 0))
    assert found.starts.sum() == pytest.approx(sequences.weights @ (lengths > 0))


def test_nobody_with_rows_gives_nothing() -> None:
    sequences, tables = small_case(2)
    empty = np.flatnonzero(np.diff(sequences.offsets) == 0)
    found = expected_statistics(replace(sequences, order=np.repeat(empty, 3)), tables, by_period=True)
    assert len(empty) > 0
    assert found.loglik == 0
    assert found.codes.sum() == found.edges.sum() == found.starts.sum() == 0
