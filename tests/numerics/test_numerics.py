"""Numerics against scipy, enumeration and published figures."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binomtest

from verbond.numerics import chunk_bounds, isotonic, logit_interval, over_chunks, wilson_interval

numbers = st.floats(-50, 50).map(lambda x: round(x, 3))


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, st.floats(0.1, 10)), min_size=1, max_size=30))
def test_isotonic_is_ordered_keeps_the_mean_and_leaves_what_is_ordered(
    pairs: list[tuple[float, float]],
) -> None:
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    found = isotonic(values, weights)
    assert (np.diff(found) >= -1e-9).all()
    assert found @ weights == pytest.approx(values @ weights, abs=1e-6)
    np.testing.assert_allclose(isotonic(np.sort(values), weights), np.sort(values))
    np.testing.assert_allclose(isotonic(found, weights), found, atol=1e-9)


def test_isotonic_is_the_least_squares_solution() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=6), rng.uniform(0.5, 2, 6)

    def cost(steps: np.ndarray) -> float:
        return float(weights @ (np.cumsum(steps) - values) ** 2)

    best = minimize(cost, np.full(6, 0.1), bounds=[(None, None)] + [(0, None)] * 5, options={"ftol": 1e-14})
    assert cost(np.diff(isotonic(values, weights), prepend=0.0)) <= best.fun + 1e-8


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 17), (50, 100), (99, 100)])
def test_wilson_equals_scipy(successes: int, n: int) -> None:
    truth = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, n) == pytest.approx((truth.low, truth.high), abs=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0, 0.2))
def test_logit_interval_stays_inside_and_holds_the_share(share: float, variance: float) -> None:
    low, high = logit_interval(np.array([share]), np.array([variance]))
    assert 0 <= low[0] <= share + 1e-12
    assert share - 1e-12 <= high[0] <= 1


def test_logit_interval_is_the_normal_one_where_narrow() -> None:
    low, high = logit_interval(np.array([0.4]), np.array([1e-8]))
    np.testing.assert_allclose([low[0], high[0]], [0.4 - 1.96e-4, 0.4 + 1.96e-4], atol=1e-7)


@given(st.integers(0, 5_000_000))
def test_chunks_cover_everything_once(n: int) -> None:
    bounds = chunk_bounds(n)
    assert bounds[0] == 0
    assert bounds[-1] == n
    assert len(bounds) - 1 <= 64
    assert np.ptp(np.diff(bounds)) <= 1


@pytest.mark.parametrize("n_threads", [1, 3, 20])
def test_results_come_in_order(n_threads: int) -> None:
    def slow_first(chunk: int) -> int:
        time.sleep(0.02 / (chunk + 1))
        return chunk

    assert list(over_chunks(slow_first, 12, n_threads=n_threads)) == list(range(12))


def test_threads_really_run_beside_each_other() -> None:
    meeting = threading.Barrier(2, timeout=120)
    assert list(over_chunks(lambda _: meeting.wait() >= 0, 2, n_threads=2)) == [True, True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own() -> None:
    list(over_chunks(str, 4, n_threads=2))
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads
        child = context.Process(target=lambda: list(over_chunks(str, 4, n_threads=2)))
        child.start()
    child.join(120)
    assert child.exitcode == 0


def test_an_error_in_a_chunk_is_heard() -> None:
    def fail(chunk: int) -> None:
        raise ValueError(f"chunk {chunk}")

    with pytest.raises(ValueError, match="chunk 0"):
        list(over_chunks(fail, 3, n_threads=2))
