"""A state taken forward is the whole history filtered again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_fitted import N_PERIODS, company, fitted, fitted_classes, fitted_rich

from verbond.errors import DataError
from verbond.ladder import LadderResult, LadderState
from verbond.ladder.coding.panels import between

SAME = 1e-12  # the same sums in the same order, give or take the last bits


@pytest.fixture(scope="module", params=["one class", "two classes", "everything"])
def result(request: pytest.FixtureRequest) -> LadderResult:
    return {"one class": fitted, "two classes": fitted_classes, "everything": fitted_rich}[request.param]()


def same(a: LadderState, b: LadderState) -> None:
    assert (a.customer_ids == b.customer_ids).all()
    assert (a.last_periods == b.last_periods).all()
    assert (a.first_periods == b.first_periods).all()
    np.testing.assert_allclose(a.states, b.states, atol=SAME, rtol=0)


def test_a_period_at_a_time_is_all_at_once(result: LadderResult) -> None:
    panel = company().panel
    state = result.filter_state(between(panel, 0, 9))
    assert len(state.customer_ids) < panel.n_customers  # some come later
    for t in range(9, N_PERIODS):
        state = state.update(between(panel, t, t + 1))
    same(state, result.filter_state(panel))


def test_several_periods_at_once_and_customers_without_news(result: LadderResult) -> None:
    panel = company().panel
    early = result.filter_state(between(panel, 0, 9))
    quiet = np.arange(panel.n_customers) % 3 == 0
    state = early.update(between(panel, 9, N_PERIODS).select(~quiet))
    whole = result.filter_state(panel)
    moved = np.isin(state.customer_ids, panel.customer_ids[~quiet])
    place = np.searchsorted(whole.customer_ids, state.customer_ids[moved])
    np.testing.assert_allclose(state.states[moved], whole.states[place], atol=SAME, rtol=0)
    still = np.searchsorted(early.customer_ids, state.customer_ids[~moved])
    np.testing.assert_array_equal(state.states[~moved], early.states[still])


def test_the_state_is_the_last_filtered_row(result: LadderResult) -> None:
    panel = company().panel
    rows = result.score(panel, "filtered", n_draws=0).probs[panel.offsets[1:] - 1]
    np.testing.assert_allclose(result.filter_state(panel).probs.probs, rows, atol=1e-6)  # scores are float32


def test_a_late_event_replays_the_customer() -> None:
    result, panel = fitted(), company().panel
    state = result.filter_state(panel)
    row = int(panel.offsets[4]) + 1
    counts = panel.counts["purchase"].copy()
    counts[row] += 3
    corrected = replace(panel, counts={**panel.counts, "purchase": counts})
    one = corrected.select(np.array([4]))
    again = state.update(one)
    same(again, result.filter_state(corrected))
    changed = np.abs(again.states - state.states).max(axis=1) > 0
    assert changed.sum() == 1


def test_rows_that_do_not_connect_are_refused() -> None:
    result, panel = fitted(), company().panel
    state = result.filter_state(between(panel, 0, 8))
    with pytest.raises(DataError, match=r"do not connect.*2024-10-01"):
        state.update(between(panel, 9, 10))  # August is the last; September is missing
    with pytest.raises(DataError, match="do not connect"):
        state.update(between(panel, 5, 10))  # from the middle of what was taken in


def test_nothing_new_changes_nothing() -> None:
    result, panel = fitted(), company().panel
    state = result.filter_state(panel)
    assert state.update(panel.select(np.zeros(panel.n_customers, bool))) is state
    rows = state.to_dicts()
    assert len(rows) == panel.n_customers
    assert sum(rows[0][f"p{k}"] for k in range(6)) == pytest.approx(1)


def test_the_state_keeps_only_the_rows_that_it_looks_back_to() -> None:
    panel = company().panel
    assert fitted().filter_state(panel)._tail.n_rows == 0
    tail = fitted_rich().filter_state(panel)._tail
    assert tail.lengths.max() == 5  # 0.5 ** 5 is below half a unit of stock
