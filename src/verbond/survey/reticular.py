"""Means and covariances that a factor or structural model implies, with their first and second derivatives.

Reticular action model (McArdle & McDonald 1984): all p observed and q latent variables v = m + A v + u with
cov(u) = S, so that the observed ones have means mu = F R m and covariances Sigma = F R S R' F', R = (I -
A)^-1. F picks the observed variables, which stand first. Every parameter is a cell of A, an entry of m, or
a symmetric pair of cells of S.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "MEANS",
    "PATHS",
    "SPREAD",
    "Cells",
    "Implied",
    "by_parameter",
    "implied",
    "second_order",
    "slopes",
]

SPREAD, PATHS, MEANS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the parameters of one group stand; cells in the same place add up.

    Attributes
    ----------
    matrix : (c,) int8
        The cell is one of S (`SPREAD`), A (`PATHS`) or m (`MEANS`).
    row, column : (c,) int64
        In A: from `column` to `row`. In m both are the entry.
    index : (c,) int64
        Number of the free parameter; -1 where the cell is fixed. Equal numbers are kept equal, across groups
        too.
    value : (c,) float64
        Of fixed cells; start of free ones.
    n_observed, n_variables : int
    n_free : int
        Free parameters of all groups together.
    """

    matrix: np.ndarray
    row: np.ndarray
    column: np.ndarray
    index: np.ndarray
    value: np.ndarray
    n_observed: int
    n_variables: int
    n_free: int

    @property
    def has_means(self) -> bool:
        """Whether means are modelled; else they are those of the sample."""
        return bool((self.matrix == MEANS).any())

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """Value of every cell."""
        return np.where(self.index >= 0, theta[self.index] if len(theta) else 0.0, self.value)


@dataclass(frozen=True, slots=True)
class Implied:
    """What a model says at one place; v = p + q variables, observed ones first.

    Attributes
    ----------
    reach : (v, v) float64
        R = (I - A)^-1.
    cov_all : (v, v) float64
    mean_all : (v,) float64
    sigma : (p, p) float64
    mu : (p,) float64
    """

    reach: np.ndarray
    cov_all: np.ndarray
    mean_all: np.ndarray
    sigma: np.ndarray
    mu: np.ndarray


def implied(cells: Cells, theta: np.ndarray) -> Implied:
    """Means and covariances at `theta`.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where paths run in a circle that has no end.
    """
    v, p, value = cells.n_variables, cells.n_observed, cells.filled(theta)
    paths, spread, intercepts = np.zeros((v, v)), np.zeros((v, v)), np.zeros(v)
    here = cells.matrix == PATHS
    np.add.at(paths, (cells.row[here], cells.column[here]), value[here])
    here = cells.matrix == SPREAD
    np.add.at(spread, (cells.row[here], cells.column[here]), value[here])
    here = here & (cells.row != cells.column)
    np.add.at(spread, (cells.column[here], cells.row[here]), value[here])
    here = cells.matrix == MEANS
    np.add.at(intercepts, cells.row[here], value[here])
    reach = np.linalg.inv(np.eye(v) - paths)
    cov_all, mean_all = reach @ spread @ reach.T, reach @ intercepts
    return Implied(reach, cov_all, mean_all, cov_all[:p, :p], mean_all[:p])


def slopes(cells: Cells, at: Implied) -> tuple[np.ndarray, np.ndarray]:
    """dSigma and dmu for each cell.

    A cell (i, j) of A moves Sigma by g_i k_j' + k_j g_i' and mu by g_i n_j, where g is a column of F R, k a
    row of cov(v, observed) and n the mean of v; a cell of S moves Sigma by g_i g_j' + g_j g_i'; an entry of
    m moves mu by g_i.

    Returns
    -------
    (c, p, p) float64, (c, p) float64
    """
    p = cells.n_observed
    to_observed = at.reach[:p]
    left = to_observed[:, cells.row].T
    is_path = cells.matrix == PATHS
    right = np.where(is_path[:, None], at.cov_all[cells.column, :p], to_observed[:, cells.column].T)
    moved = left[:, :, None] * right[:, None, :]
    once = (cells.matrix == SPREAD) & (cells.row == cells.column)
    moved = np.where(once[:, None, None], moved, moved + moved.transpose(0, 2, 1))
    moved[cells.matrix == MEANS] = 0.0
    weight = np.where(is_path, at.mean_all[cells.column], cells.matrix == MEANS)
    return moved, left * weight[:, None]


def second_order(cells: Cells, at: Implied, on_sigma: np.ndarray, on_mu: np.ndarray) -> np.ndarray:
    """Second derivatives of tr(G Sigma) + g' mu for fixed G and g.

    With M = R S R', B = M G R, C = R' G R (G filled with zeros for latent variables), k = R' g and n = R m,
    in cells (r, c) and (s, u): A with A 2 (R_cs B_ur + M_cu C_sr + B_cs R_ur) + k_s R_ur n_c + k_r R_cs
    n_u; A with S 2 (R_cs C_ur + R_cu C_sr), once where s = u; A with m k_r R_cs; nothing else.

    Parameters
    ----------
    on_sigma : (p, p) float64
        G, symmetric.
    on_mu : (p,) float64

    Returns
    -------
    (c, c) float64
    """
    p, v = cells.n_observed, cells.n_variables
    full = np.zeros((v, v))
    full[:p, :p] = on_sigma
    cov, reach = at.cov_all, at.reach
    b, c = cov @ full @ reach, reach.T @ full @ reach
    k = reach[:p].T @ on_mu
    row, column = cells.row, cells.column
    r, s, t, u = row[:, None], row[None, :], column[:, None], column[None, :]
    paths = 2 * (reach[t, s] * b[u, r] + cov[t, u] * c[s, r] + b[t, s] * reach[u, r])
    paths += k[s] * reach[u, r] * at.mean_all[t] + k[r] * reach[t, s] * at.mean_all[u]
    spread = 2 * (reach[t, s] * c[u, r] + np.where(s != u, reach[t, u] * c[s, r], 0.0))
    means = k[r] * reach[t, s]
    here = cells.matrix
    found = np.zeros((len(row), len(row)))
    for code, block in ((PATHS, paths), (SPREAD, spread), (MEANS, means)):
        both = np.outer(here == PATHS, here == code)
        found += np.where(both, block, 0.0)
        found += np.where(both & (code != PATHS), block, 0.0).T
    return found


def by_parameter(cells: Cells, by_cell: np.ndarray) -> np.ndarray:
    """Sums over the cells of each free parameter, (t, ...)."""
    free = np.flatnonzero(cells.index >= 0)
    found = np.zeros((cells.n_free, *by_cell.shape[1:]))
    np.add.at(found, cells.index[free], by_cell[free])
    return found
