"""Equal histories reckoned once give what everybody on their own gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import draw
from test_ladder_kernel import small_case

from verbond.ladder import Ladder
from verbond.ladder.coding.encoding import subset
from verbond.ladder.coding.histories import apart, merged, n_spared_rows
from verbond.ladder.kernel import Sequences, Tables, expected_statistics
from verbond.tables import Panel

CLOSE = {"rtol": 1e-10, "atol": 1e-9}  # the same sums in another order


def repeated(seed: int, times: int = 40) -> tuple[Sequences, Tables]:
    """Seven random customers, each so many times; codes of their own stay in the first copy."""
    few, tables = small_case(seed)
    n, n_rows = few.n_customers, len(few.codes)
    codes = np.tile(few.codes, times)
    own = np.flatnonzero(codes >= few.n_shared)
    codes[own[own >= n_rows]] = 0
    starts = np.concatenate([few.offsets[:-1] + k * n_rows for k in range(times)])
    many = replace(
        few, offsets=np.append(starts, times * n_rows), codes=codes, moves=np.tile(few.moves, times),
        starts=np.tile(few.starts, times), weights=np.ones(n * times),
        first_period=np.tile(few.first_period, times),
    )  # fmt: skip
    return subset(many, np.arange(n * times)), tables


@pytest.mark.parametrize("seed", range(5))
def test_statistics_are_the_same(seed: int) -> None:
    everybody, tables = repeated(seed)
    once = merged(everybody)
    assert len(once.order) <= 7 + 2
    assert once.n_rows == everybody.n_rows
    one, two = (expected_statistics(s, tables, by_period=True) for s in (everybody, once))
    assert one.loglik == pytest.approx(two.loglik, rel=1e-12)
    for name in ("codes", "edges", "starts", "period_states", "period_edges", "last"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), **CLOSE, err_msg=name)


def test_histories_that_differ_in_one_thing_stay_apart() -> None:
    everybody, _ = repeated(3)
    once = merged(everybody)
    i = int(np.flatnonzero(np.diff(everybody.offsets) >= 2)[0])
    row = everybody.offsets[i] + 1
    starts, first, codes, moves = (
        a.copy() for a in (everybody.starts, everybody.first_period, everybody.codes, everybody.moves)
    )
    starts[i] ^= 1
    first[i] += 1
    codes[row] = (codes[row] + 1) % everybody.n_shared
    moves[row] = (moves[row] + 1) % everybody.n_moves if everybody.n_moves > 1 else 1
    changes = {"starts": starts, "first_period": first, "codes": codes, "moves": moves}
    assert everybody.n_moves > 1
    for name, array in changes.items():
        other = merged(replace(everybody, **{name: array}))
        alike = other.stands_for[other.stands_for == other.stands_for[i]]
        assert len(alike) != (once.stands_for == once.stands_for[i]).sum(), name
    moves = everybody.moves.copy()
    moves[everybody.offsets[i]] = 1 - min(moves[everybody.offsets[i]], 1)  # nobody moves into a first row
    assert len(merged(replace(everybody, moves=moves)).order) == len(once.order)


def test_marks_that_collide_by_chance_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody, tables = repeated(1)
    monkeypatch.setattr(
        "verbond.ladder.coding.histories._marks", lambda customers, *_: np.zeros(len(customers), np.uint64)
    )
    one, two = (expected_statistics(s, tables) for s in (everybody, merged(everybody, least_spared=0.0)))
    assert one.loglik == pytest.approx(two.loglik, rel=1e-12)


def test_where_little_is_spared_all_is_left_as_it_is() -> None:
    everybody, _ = repeated(2, times=1)
    assert merged(everybody) is everybody
    assert apart(everybody) is everybody
    assert n_spared_rows(everybody) == 0


def test_apart_gives_everybody_back() -> None:
    everybody, tables = repeated(4)
    back = apart(merged(everybody))
    np.testing.assert_array_equal(back.order, everybody.order)
    assert expected_statistics(back, tables).loglik == expected_statistics(everybody, tables).loglik


def sparse_company() -> Panel:
    """Hardly anything happens, so that many months and many customers are alike."""
    panel = draw(900, 6, seed=8, surveyed=False).panel
    return replace(panel, counts={"purchase": np.minimum(panel.counts["purchase"], 2)}, exposures={})


def test_a_fit_with_intervals_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = sparse_company()
    ladder = Ladder(
        n_states=3, n_starts=2, n_classes=1, segments=("region",), gone=False, feedback=False, amounts="none"
    )
    counted: list[int] = []

    def counting(sequences: Sequences) -> Sequences:
        found = merged(sequences)
        counted.append(n_spared_rows(found))
        return found

    monkeypatch.setattr("verbond.ladder.fit.spread.merged", counting)
    once = ladder.fit(panel)
    assert counted[0] > 0.5 * panel.n_rows
    monkeypatch.setattr("verbond.ladder.fit.spread.merged", lambda sequences: sequences)
    alone = ladder.fit(panel)
    assert once.loglik == pytest.approx(alone.loglik, abs=1e-3)
    for name in ("shares", "shares_ci_lower", "transition_ci_upper", "transition_matrix"):
        np.testing.assert_allclose(getattr(once, name), getattr(alone, name), atol=2e-3, err_msg=name)
    for a, b in zip(once.segments, alone.segments, strict=True):
        np.testing.assert_allclose(a.shares, b.shares, atol=2e-3)
