"""Which figures about groups give away a group that is too small to show.

Several divisions of the same people (by region, by product) are published, each figure a sum over a group.
What follows from them by adding and subtracting is the span of the published groups. A small group is given
away when it lies in that span, as those in the north who live in none of the northern towns that are
shown. Divisions are taken two and three at a time.

Notes
-----
An audit on cells: people who are alike in all that is shown. A group of cells lies in the row space of the
published sums exactly if every vector of the null space sums to zero over it; a random vector of the null
space does so for another group with probability zero.

References
----------
Chin & Özsoyoğlu (1982), Auditing and inference control in statistical databases, IEEE Transactions on
Software Engineering 8(6), 574-582.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

__all__ = ["hidden_crossed", "hidden_groups", "rounded_people"]

NEARLY_ZERO = 1e-7
MOST_SMALL = 400
"""With more small cells than this, only single ones and pairs are looked at."""
TOGETHER = 3
MOST_FIGURES = 10_000_000
"""Divisions of so many groups that groups times cells exceed this are not looked at together: 80 MB."""
_TO = 5


def hidden_crossed(
    cells: Mapping[tuple[int, ...], int], shown: Sequence[set[int]], min_group: int
) -> list[set[int]]:
    """Leave out groups until no smaller one follows from those that are shown.

    Parameters
    ----------
    cells : mapping of tuple to int
        Number of people of each combination of codes, one a division, -1 for who is in no group of it.
    shown : sequence of sets of int
        For each division the codes of the groups that are shown; everybody together is shown too.
    min_group : int
        The smallest group that may be known.

    Returns
    -------
    list of sets of int
        What may be shown of `shown`; small groups, and those of a division with hidden ones, go first.

    Examples
    --------
    Of twenty in the north, seventeen live in one town and three elsewhere:

    >>> cells = {(0, 0): 17, (0, 1): 3, (1, 2): 30, (1, 1): 8}
    >>> hidden_crossed(cells, [{0, 1}, {0, 2}], 5)
    [{0, 1}, {2}]
    """
    kept = [set(codes) for codes in shown]
    codes = np.array(list(cells), dtype=np.int64).reshape(len(cells), len(kept))
    sizes = np.array(list(cells.values()), dtype=np.int64)
    for n in range(2, min(TOGETHER, len(kept)) + 1):
        for divisions in combinations(range(len(kept)), n):
            while (group := _telling(codes, sizes, kept, divisions, min_group)) is not None:
                division, code = group
                kept[division].discard(code)
    return kept


def _telling(
    codes: np.ndarray, sizes: np.ndarray, kept: list[set[int]], divisions: tuple[int, ...], min_group: int
) -> tuple[int, int] | None:
    """A published group that takes part in giving a small one away; None where nothing does.

    Of a division of which something is hidden already, and the smallest of those.
    """
    seen = np.column_stack(
        [np.where(np.isin(codes[:, d], list(kept[d])), codes[:, d], -1) for d in divisions]
    )
    patterns, cell = np.unique(seen, axis=0, return_inverse=True)
    people = np.bincount(cell.ravel(), sizes, len(patterns))
    names = [(d, code) for d in divisions for code in sorted(kept[d])]
    if (len(names) + 1) * len(patterns) > MOST_FIGURES:
        return None
    column = {d: i for i, d in enumerate(divisions)}
    published = np.array([patterns[:, column[d]] == code for d, code in names], dtype=float)
    published = np.vstack((published.reshape(len(names), len(patterns)), np.ones(len(patterns))))
    gram = np.linalg.pinv(published @ published.T, hermitian=True)
    whole = {d: bool((patterns[:, column[d]] >= 0).all()) for d in divisions}
    cost = [(whole[d], float(row @ people)) for (d, _), row in zip(names, published, strict=False)]
    cheapest = sorted(range(len(names)), key=cost.__getitem__)
    for union in _determined(published, gram, people, min_group):
        involved = _involved(published, [len(names), *cheapest], union)
        if involved:  # only everybody together is left otherwise, and they are too few for anything
            return names[min(involved, key=cost.__getitem__)]
    return None


def _involved(published: np.ndarray, order: list[int], union: list[int]) -> list[int]:
    """The rows that add up to a union of cells, of as many ways the one with the rows that come first."""
    basis, rows = np.zeros((0, published.shape[1])), []
    for i in order:
        rest = published[i]
        for _ in range(2):
            rest = rest - basis.T @ (basis @ rest)
        if np.linalg.norm(rest) > NEARLY_ZERO * np.linalg.norm(published[i]):
            basis, rows = np.vstack((basis, rest / np.linalg.norm(rest))), [*rows, i]
    indicator = np.isin(np.arange(published.shape[1]), union).astype(float)
    parts = np.linalg.lstsq(published[rows].T, indicator, rcond=None)[0]
    return [i for i, part in zip(rows, parts, strict=True) if i != order[0] and abs(part) > NEARLY_ZERO]


def _determined(
    published: np.ndarray, gram: np.ndarray, people: np.ndarray, min_group: int
) -> Iterator[list[int]]:
    """Unions of cells of fewer than `min_group` people that lie in the span of the published groups."""
    small = np.flatnonzero((people > 0) & (people < min_group))
    null = np.random.default_rng(0).standard_normal((published.shape[1], 2))
    for _ in range(2):  # twice, for rounding
        null = null - published.T @ (gram @ (published @ null))
    x, n = null[small], people[small]
    levels = [(x, n, np.arange(len(small))[:, None])]
    yield from ([int(small[i])] for i in np.flatnonzero(np.abs(x).max(axis=1, initial=0.0) < NEARLY_ZERO))
    if 1 < len(small) <= MOST_SMALL:
        a, b = np.triu_indices(len(small), 1)
        fits = n[a] + n[b] < min_group
        a, b = a[fits], b[fits]
        levels.append((x[a] + x[b], n[a] + n[b], np.column_stack((a, b))))
    for left, right in ((0, 0), (1, 0), (1, 1)):
        if max(left, right) < len(levels):
            for union in _opposite(levels[left], levels[right], min_group):
                yield [int(small[i]) for i in union]


def _opposite(
    left: tuple[np.ndarray, np.ndarray, np.ndarray],
    right: tuple[np.ndarray, np.ndarray, np.ndarray],
    min_group: int,
) -> Iterator[set[int]]:
    """Pairs whose sums cancel, without a cell in common and with few people together."""
    order = np.argsort(right[0][:, 0])
    sums = right[0][order, 0]
    low = np.searchsorted(sums, -left[0][:, 0] - NEARLY_ZERO)
    high = np.searchsorted(sums, -left[0][:, 0] + NEARLY_ZERO, side="right")
    for i in np.flatnonzero(high > low):
        for j in order[low[i] : high[i]]:
            apart = not set(left[2][i]) & set(right[2][j])
            few = left[1][i] + right[1][j] < min_group
            if apart and few and abs(left[0][i, 1] + right[0][j, 1]) < NEARLY_ZERO:
                yield {*map(int, left[2][i]), *map(int, right[2][j])}


def rounded_people(n: float) -> int:
    """A number of people to the nearest five, halves upwards.

    Two such numbers differ by a multiple of five; whether the true ones differ by fewer than five people
    cannot be told.

    References
    ----------
    HESA, "Rounding and suppression to anonymise statistics": counts of people to the nearest multiple of 5.

    Examples
    --------
    >>> rounded_people(2), rounded_people(3), rounded_people(1001), rounded_people(1003)
    (0, 5, 1000, 1005)
    """
    return int(_TO * np.floor(n / _TO + 0.5))


def hidden_groups(sizes: Sequence[int], min_group: int) -> np.ndarray:
    """Which groups of one division to leave out.

    Every group under `min_group`; and where those together are still fewer than that, the smallest of the
    others too, for else the total minus what is shown would give them away.

    Parameters
    ----------
    sizes : sequence of int
        People in each group of a division of which the total may be known.
    min_group : int
        The smallest that may be shown.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> hidden_groups([40, 3, 12], 5).tolist(), hidden_groups([40, 3, 2], 5).tolist()
    ([False, True, True], [False, True, True])
    """
    counts = np.asarray(sizes, dtype=int)
    hidden = counts < min_group
    for i in np.argsort(counts, kind="stable"):
        if not hidden.any() or counts[hidden].sum() >= min_group:
            break
        hidden[i] = True
    return hidden
