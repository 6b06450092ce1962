"""No group under five follows from what is shown, by any adding and subtracting."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from verbond.numerics.disclosure import hidden_crossed

LEAST = 5
Cells = dict[tuple[int, ...], int]

people = st.sampled_from([1, 1, 2, 3, 4, 6, 9, 30])
cells = st.integers(2, 3).flatmap(
    lambda n: st.dictionaries(st.tuples(*[st.integers(-1, 2)] * n), people, min_size=1, max_size=9)
)


def shown_singly(cells: Cells) -> list[set[int]]:
    """Each division by itself: no small group, and no few who are left over."""
    found = []
    for division in range(len(next(iter(cells)))):
        sizes: dict[int, int] = {}
        for codes, n in cells.items():
            sizes[codes[division]] = sizes.get(codes[division], 0) + n
        shown = sorted((c for c, n in sizes.items() if c >= 0 and n >= LEAST), key=lambda c: sizes[c])
        hidden = sum(cells.values()) - sum(sizes[c] for c in shown)
        found.append(set(shown[1:] if 0 < hidden < LEAST else shown))
    return found


def given_away(cells: Cells, shown: list[set[int]]) -> tuple[tuple[int, ...], ...] | None:
    """Brute force: a union of cells of fewer than five people that the published sums add up to."""
    codes, people = list(cells), list(cells.values())
    rows = [[1] * len(codes)]
    rows += [[int(c[d] == code) for c in codes] for d, kept in enumerate(shown) for code in sorted(kept)]
    published = np.array(rows)
    rank = np.linalg.matrix_rank(published)
    for n in range(1, LEAST):
        for union in combinations(range(len(codes)), n):
            if sum(people[i] for i in union) < LEAST:
                indicator = np.isin(np.arange(len(codes)), union).astype(int)
                if np.linalg.matrix_rank(np.vstack((published, indicator))) == rank:
                    return tuple(codes[i] for i in union)
    return None


@settings(max_examples=150, deadline=None)
@given(cells)
def test_nothing_small_follows_from_what_is_shown(cells: Cells) -> None:
    assume(sum(cells.values()) >= LEAST)
    shown = shown_singly(cells)
    kept = hidden_crossed(cells, shown, LEAST)
    assert all(after <= before for after, before in zip(kept, shown, strict=True))
    assert given_away(cells, kept) is None
    if given_away(cells, shown) is None:
        assert kept == shown  # nothing is hidden without need


def test_without_it_small_groups_are_given_away() -> None:
    """What the test above looks for is there: each division by itself is not enough."""
    rng, n_leaks = np.random.default_rng(1), 0
    for _ in range(100):
        found = {tuple(rng.integers(-1, 3, 2).tolist()): int(rng.choice([1, 2, 3, 9, 30])) for _ in range(6)}
        n_leaks += given_away(found, shown_singly(found)) is not None
    assert n_leaks > 10


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        # towns within a region: three of the north live elsewhere
        ({(0, 0): 17, (0, -1): 3, (1, 1): 30, (1, -1): 8}, [{0, 1}, {1}]),
        # the same three, each in a town of the south that is shown itself
        ({(0, 0): 17, (0, 1): 1, (0, 2): 1, (0, 3): 1, (1, 1): 30, (1, 2): 9, (1, 3): 8}, None),
        # nearly the same division twice: whoever has the card has the app, but for two
        ({(0, 0): 100, (1, 0): 2, (1, 1): 50}, None),
        # divisions that cross freely give nothing away, however small their cells are
        ({(0, 0): 1, (0, 1): 20, (1, 0): 20, (1, 1): 1}, [{0, 1}, {0, 1}]),
    ],
)
def test_worked_out_by_hand(cells: Cells, kept: list[set[int]] | None) -> None:
    shown = shown_singly(cells)
    found = hidden_crossed(cells, shown, LEAST)
    if kept is not None:
        assert found == kept
    else:
        assert given_away(cells, shown) is not None
        assert found != shown


def test_many_small_cells_are_looked_at_in_time() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 30, (20_000, 4))
    cells: Cells = {}
    for row in map(tuple, codes.tolist()):
        cells[row] = cells.get(row, 0) + 1
    everything = [set(range(30))] * 4
    assert hidden_crossed(cells, everything, LEAST) == everything
