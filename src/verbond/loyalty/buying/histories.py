"""Customers alike counted once: equal rows found by hashing, in the order of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.numerics.compiled import compiled

__all__ = ["Histories", "equal_rows"]


@compiled
def _assign(bits: np.ndarray, table: np.ndarray, row_of: np.ndarray, first: np.ndarray) -> int:
    """Give each row the number of its first equal, by open addressing; `table` is a power of two long."""
    mask = np.uint64(len(table) - 1)
    n_found = 0
    for i in range(bits.shape[0]):
        mixed = np.uint64(0x9E3779B97F4A7C15)
        for j in range(bits.shape[1]):
            mixed = (mixed ^ bits[i, j]) * np.uint64(0xFF51AFD7ED558CCD)
            mixed ^= mixed >> np.uint64(32)
        place = mixed & mask
        while True:
            k = table[place]
            if k < 0:
                table[place] = n_found
                first[n_found] = i
                row_of[i] = n_found
                n_found += 1
                break
            same = True
            for j in range(bits.shape[1]):
                same &= bits[first[k], j] == bits[i, j]
            if same:
                row_of[i] = k
                break
            place = (place + np.uint64(1)) & mask
    return n_found


def equal_rows(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Find rows that are equal in every column.

    Parameters
    ----------
    columns : sequence of (n,) float64
        Finite.

    Returns
    -------
    first : (k,) int64
        Where each distinct row stands for the first time, ascending.
    row_of : (n,) int64
        Which of them each row is.

    Examples
    --------
    >>> first, row_of = equal_rows([np.array([2.0, 0.0, 2.0]), np.array([5.0, 0.0, 5.0])])
    >>> first.tolist(), row_of.tolist()
    ([0, 1], [0, 1, 0])
    """
    n = len(columns[0])
    bits = (np.column_stack(columns) + 0.0).view(np.uint64)  # -0 is 0
    table = np.full(1 << max(4, int(2 * n - 1).bit_length()), -1, np.int32)
    row_of, first = np.empty(n, np.int64), np.empty(n, np.int64)
    n_found = _assign(bits, table, row_of, first)
    return first[:n_found].copy(), row_of


@dataclass(frozen=True, slots=True)
class Histories:
    """What likelihoods are computed on: distinct histories, those of one group together.

    Attributes
    ----------
    x, t_x, T, weight : (n,) float64
        Sorted by group.
    group : (n,) int64
        Which row of parameters a history has; all 0 without covariates.
    covariates : (k, m) float64
        Of each group.
    cell_x, cell_weight : (c,) float64
        Distinct x within a group, and how many customers have it.
    cell_group : (c,) int64
    """

    x: np.ndarray = field(repr=False)
    t_x: np.ndarray = field(repr=False)
    T: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    group: np.ndarray = field(repr=False)
    covariates: np.ndarray = field(repr=False)
    cell_x: np.ndarray = field(repr=False)
    cell_weight: np.ndarray = field(repr=False)
    cell_group: np.ndarray = field(repr=False)

    @classmethod
    def of(
        cls,
        x: np.ndarray,
        t_x: np.ndarray,
        T: np.ndarray,
        weight: np.ndarray,
        covariates: Sequence[np.ndarray] = (),
    ) -> Histories:
        """Count rows of equal x, t_x, T and covariates once."""
        first, row_of = equal_rows([x, t_x, T, *covariates])
        weight = np.bincount(row_of, weights=weight, minlength=len(first))
        x, t_x, T = x[first], t_x[first], T[first]
        group, levels = np.zeros(len(x), np.int64), np.zeros((1, 0))
        if covariates and len(x):
            columns = [c[first] for c in covariates]
            start, group = equal_rows(columns)
            levels = np.column_stack([c[start] for c in columns])
            order = np.argsort(group, kind="stable")
            x, t_x, T, weight, group = (v[order] for v in (x, t_x, T, weight, group))
        cell, cell_of = equal_rows([group.astype(np.float64), x])
        counts = np.bincount(cell_of, weights=weight, minlength=len(cell))
        return cls(x, t_x, T, weight, group, levels, x[cell], counts, group[cell])

    @property
    def n_customers(self) -> int:
        """How many customers it holds."""
        return round(float(self.weight.sum()))
