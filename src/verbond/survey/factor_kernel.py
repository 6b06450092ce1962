"""Maximum likelihood of factor and structural models, from a covariance matrix.

Reticular action model (McArdle & McDonald 1984): all p observed and q latent variables v = A v + u with
cov(u) = S, so that the observed ones have covariance Sigma = F (I - A)^-1 S (I - A)^-T F'. F picks the
observed variables, which stand first. Every parameter is a cell of A or a symmetric pair of cells of S.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Cells", "Discrepancy", "Fitted", "all_covariances", "discrepancy", "fit_ml", "implied_covariance"]


@dataclass(frozen=True, slots=True)
class Cells:
    """Where parameters stand.

    Attributes
    ----------
    in_paths : (c,) bool
        The cell is one of A (else of S).
    row, column : (c,) int64
        In A: from `column` to `row`.
    index : (c,) int64
        Number of the free parameter; -1 where the cell is fixed. Equal numbers are kept equal.
    value : (c,) float64
        Of fixed cells; start of free ones.
    n_observed, n_variables : int
    """

    in_paths: np.ndarray
    row: np.ndarray
    column: np.ndarray
    index: np.ndarray
    value: np.ndarray
    n_observed: int
    n_variables: int

    @property
    def n_free(self) -> int:
        """How many free parameters there are."""
        return int(self.index.max(initial=-1)) + 1

    def start(self) -> np.ndarray:
        """Start values of the free parameters."""
        theta = np.zeros(self.n_free)
        free = self.index >= 0
        theta[self.index[free][::-1]] = self.value[free][::-1]
        return theta

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """Value of every cell."""
        return np.where(self.index >= 0, theta[self.index] if len(theta) else 0.0, self.value)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """F = log|Sigma| + tr(S Sigma^-1) - log|S| - p at one place.

    Attributes
    ----------
    value : float
        Infinite where Sigma is not positive definite.
    gradient : (t,) float64
    information : (t, t) float64
        Expected second derivative.
    slopes : (c,) float64
        dF for each cell, fixed ones too.
    by_cell : (c, p, p) float64
        Sigma^-1 times dSigma for each cell.
    """

    value: float
    gradient: np.ndarray
    information: np.ndarray
    slopes: np.ndarray
    by_cell: np.ndarray


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where the discrepancy is least.

    Attributes
    ----------
    theta : (t,) float64
    at : Discrepancy
    n_iterations : int
    converged : bool
    """

    theta: np.ndarray
    at: Discrepancy
    n_iterations: int
    converged: bool


def _matrices(cells: Cells, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    paths, spread = (np.zeros((cells.n_variables,) * 2) for _ in range(2))
    value, here = cells.filled(theta), cells.in_paths
    paths[cells.row[here], cells.column[here]] = value[here]
    spread[cells.row[~here], cells.column[~here]] = value[~here]
    spread[cells.column[~here], cells.row[~here]] = value[~here]
    return paths, spread


def _reach(cells: Cells, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(I - A)^-1, and the covariances of all variables."""
    paths, spread = _matrices(cells, theta)
    reach = np.linalg.inv(np.eye(cells.n_variables) - paths)
    return reach, reach @ spread @ reach.T


def implied_covariance(cells: Cells, theta: np.ndarray) -> np.ndarray:
    """Sigma, (p, p)."""
    p = cells.n_observed
    return _reach(cells, theta)[1][:p, :p]


def all_covariances(cells: Cells, theta: np.ndarray) -> np.ndarray:
    """Model-implied covariances of all variables, observed ones first, (p + q, p + q)."""
    return _reach(cells, theta)[1]


def discrepancy(cells: Cells, theta: np.ndarray, cov: np.ndarray) -> Discrepancy:
    """The discrepancy with its slope and expected curvature.

    Notes
    -----
    With W = Sigma^-1: dF = tr(W (Sigma - S) W dSigma), and the expected second derivative is
    tr(W dSigma_a W dSigma_b) (Browne 1974). A cell (i, j) of A moves Sigma by g_i m_j' + m_j g_i', where g is
    column i of F (I - A)^-1 and m row j of cov(v, observed); a cell of S by g_i g_j' + g_j g_i'.
    """
    p, t = cells.n_observed, cells.n_free
    try:
        reach, cov_all = _reach(cells, theta)
        sigma = cov_all[:p, :p]
        np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        nothing = np.zeros(0)
        return Discrepancy(np.inf, nothing, nothing, nothing, nothing)
    inverse = np.linalg.inv(sigma)
    value = np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(cov)[1] + np.trace(inverse @ cov) - p
    to_observed = reach[:p]
    left = to_observed[:, cells.row].T
    right = np.where(cells.in_paths[:, None], cov_all[cells.column, :p], to_observed[:, cells.column].T)
    moved = left[:, :, None] * right[:, None, :]
    once = ~cells.in_paths & (cells.row == cells.column)
    moved = np.where(once[:, None, None], moved, moved + moved.transpose(0, 2, 1))
    by_cell = inverse @ moved
    slopes = np.einsum("cij,ji->c", by_cell, np.eye(p) - inverse @ cov)
    free = np.flatnonzero(cells.index >= 0)
    by_parameter = np.zeros((t, p, p))
    np.add.at(by_parameter, cells.index[free], by_cell[free])
    gradient = np.bincount(cells.index[free], weights=slopes[free], minlength=t)
    flat = by_parameter.reshape(t, -1)
    information = flat @ by_parameter.transpose(0, 2, 1).reshape(t, -1).T
    return Discrepancy(float(value), gradient, information, slopes, by_cell)


def fit_ml(cells: Cells, cov: np.ndarray, *, tolerance: float = 1e-9, max_iterations: int = 500) -> Fitted:
    """Minimise the discrepancy by Fisher scoring, damped where a full step would not help.

    Parameters
    ----------
    cells : Cells
    cov : (p, p) float64
        Positive definite; divisor n.
    tolerance : float
        Largest step, in standard errors of one observation, at which it stops.
    """
    theta = cells.start()
    at = discrepancy(cells, theta, cov)
    damping = 1e-3
    for iteration in range(1, max_iterations + 1):
        scale = np.diag(at.information).copy()
        scale[scale <= 0] = 1.0
        while True:
            step = -np.linalg.lstsq(at.information + damping * np.diag(scale), at.gradient, rcond=1e-14)[0]
            new = discrepancy(cells, theta + step, cov)
            if new.value <= at.value or damping > 1e12:
                break
            damping *= 10 if np.isfinite(new.value) else 100
        moved = float(np.sqrt(scale) @ np.abs(step)) if len(step) else 0.0
        if new.value <= at.value:
            theta, at = theta + step, new
        damping = max(damping / 10, 1e-12) if damping > 1e-12 else damping
        if moved < tolerance or damping > 1e11:
            slope = np.abs(at.gradient / np.sqrt(scale)).max(initial=0.0)
            return Fitted(theta, at, iteration, bool(slope < 1e-6))
    return Fitted(theta, at, max_iterations, False)
