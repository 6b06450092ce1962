"""Where customers start and how they move.

Moves are multinomial logits by rung of origin: for every move other than staying a log odds against
staying, a + x'(b + c), with b shared by all rungs and c a shrunk deviation of this rung. Shapes of movement:

- "ladder": up one, down one, drop to the bottom, or stay (the default);
- "neighbours": up one, down one, or stay;
- "free": to any rung, with slopes of its own for each move (for comparison, never the default).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from verbond.errors import OptionError
from verbond.ladder.emissions import Space

__all__ = ["MOVES", "SHAPES", "Movement", "Start"]

SHAPES = ("ladder", "neighbours", "free")
MOVES = ("up", "down", "drop")
PSEUDO_ROWS = 0.5
PSEUDO_MOVES = 50.0
USUAL_MOVES = {"week": 0.03, "month": 0.10, "quarter": 0.25}
"""Share of customers that the prior's moves leave their rung in a period: a rung is a lasting state."""
SLOPE_SD = 1.0
"""Of the prior of an action's effect on log odds: e^1 is already a strong action."""


@dataclass(frozen=True, slots=True)
class Start:
    """Distribution over the states in the first row, one for each kind of start (new, old).

    Parameters
    ----------
    n_starts : int
    space : Space
    pseudo_rows : float
        Rows of the prior in every state.

    Notes
    -----
    `theta` holds (n_starts, n_states - 1) log odds against the first state.
    """

    n_starts: int
    space: Space
    pseudo_rows: float = PSEUDO_ROWS

    @property
    def n_parameters(self) -> int:
        return self.n_starts * (self.space.n_states - 1)

    def theta(self, probs: np.ndarray) -> np.ndarray:
        """Parameters from (n_starts, n_states) probabilities."""
        logs = np.log(np.maximum(probs, 1e-12))
        return (logs[:, 1:] - logs[:, :1]).ravel()

    def probs(self, theta: np.ndarray) -> np.ndarray:
        """(n_starts, n_states) probabilities."""
        logits = np.zeros((self.n_starts, self.space.n_states))
        logits[:, 1:] = theta.reshape(self.n_starts, -1)
        return _softmax(logits)

    def log_prior(self, theta: np.ndarray) -> float:
        return float(self.pseudo_rows * np.log(self.probs(theta)).sum())

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = stats + self.pseudo_rows
        return (weights - weights.sum(axis=1, keepdims=True) * self.probs(theta))[:, 1:].ravel()

    def maximise(self, stats: np.ndarray) -> np.ndarray:
        weights = stats + self.pseudo_rows
        return self.theta(weights / weights.sum(axis=1, keepdims=True))


@cache
def _edges(shape: str, n_rungs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source and target of every edge, and the kind of those that are no stay."""

    def targets(rung: int) -> list[int]:
        if shape == "free":
            return list(range(n_rungs))
        near = {rung - 1, rung, rung + 1} | ({0} if shape == "ladder" else set())
        return sorted(j for j in near if 0 <= j < n_rungs)

    pairs = [(i, j) for i in range(n_rungs) for j in targets(i)]
    source, target = np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
    away = source != target
    kinds = np.where(target > source, 0, np.where(target == source - 1, 1, 2))[away]
    if shape == "free":
        kinds = np.arange(int(away.sum()))
    for array in (source, target, kinds):
        array.flags.writeable = False
    return source, target, kinds


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Movement:
    """Transition probabilities over the edges of a shape.

    Parameters
    ----------
    space : Space
    shape : str
        One of `SHAPES`.
    covariates : (n_moves, n_covariates) float64
        Covariates of each move code, on the scale that the model uses.
    names : tuple of str
        Of the covariates.
    centre : (n_covariates,) float64
        What was taken off the covariates, so that 0 is their mean.
    deviation_sd : float
        Standard deviation of the deviations c of a rung from the shared slope; 0 leaves them out.
    pseudo_moves : float
        Moves of the prior from every rung, at covariates 0.
    usual_moves : float
        Share of those that leave the rung, evenly over the possible moves.
    slope_sd : float
        Standard deviation of the slopes' prior; infinite for none.

    Notes
    -----
    `theta`: intercept of every edge that is no stay, slopes (n_kinds, n_covariates), deviations (n_edges that
    are no stay, n_covariates). A "free" shape has one kind for each edge and no deviations.
    """

    space: Space
    shape: str
    covariates: np.ndarray
    names: tuple[str, ...] = ()
    centre: np.ndarray = field(default_factory=lambda: np.zeros(0))
    deviation_sd: float = 0.0
    pseudo_moves: float = PSEUDO_MOVES
    usual_moves: float = USUAL_MOVES["month"]
    slope_sd: float = SLOPE_SD

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise OptionError("unknown shape of movement", got=repr(self.shape), expected=f"one of {SHAPES}")

    @property
    def rung_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Source and target rung of every edge, by source."""
        return _edges(self.shape, self.space.n_rungs)[:2]

    @property
    def kinds(self) -> np.ndarray:
        """Kind of every edge that is no stay: 0 up, 1 down, 2 drop; the edge itself when free."""
        return _edges(self.shape, self.space.n_rungs)[2]

    @property
    def n_covariates(self) -> int:
        return self.covariates.shape[1]

    @property
    def n_parameters(self) -> int:
        n_away, deviations = len(self.kinds), self.deviation_sd > 0
        return n_away + self.n_covariates * (self._n_kinds + n_away * deviations)

    @property
    def _n_kinds(self) -> int:
        kinds = self.kinds
        return int(kinds.max()) + 1 if len(kinds) else 0

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Intercepts (n_away,), slopes (n_kinds, q) and deviations (n_away, q)."""
        n_away, q = len(self.kinds), self.n_covariates
        slopes = theta[n_away : n_away + self._n_kinds * q].reshape(self._n_kinds, q)
        rest = theta[n_away + self._n_kinds * q :]
        deviations = rest.reshape(n_away, q) if len(rest) else np.zeros((n_away, q))
        return theta[:n_away], slopes, deviations

    def theta(self, edge_probs: np.ndarray) -> np.ndarray:
        """Parameters without slopes from the probabilities of the rungs' edges."""
        source, target = self.rung_edges
        stay = edge_probs[source == target]
        away = source != target
        logs = np.log(np.maximum(edge_probs[away], 1e-12)) - np.log(np.maximum(stay[source[away]], 1e-12))
        return np.concatenate((logs, np.zeros(self.n_parameters - len(logs))))

    def edge_probs(self, theta: np.ndarray, covariates: np.ndarray | None = None) -> np.ndarray:
        """(n_moves, n_rung_edges) probabilities."""
        x = self.covariates if covariates is None else covariates
        intercepts, slopes, deviations = self.parts(theta)
        source, target = self.rung_edges
        eta = np.zeros((len(x), len(source)))
        eta[:, source != target] = intercepts + x @ (slopes[self.kinds] + deviations).T
        first = np.flatnonzero(np.diff(source, prepend=-1))
        eta -= np.maximum.reduceat(eta, first, axis=1)[:, source]
        weights = np.exp(eta)
        return weights / np.add.reduceat(weights, first, axis=1)[:, source]

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs, n_rungs) transition matrix at covariates 0, their mean."""
        source, target = self.rung_edges
        matrix = np.zeros((self.space.n_rungs, self.space.n_rungs))
        matrix[source, target] = self.edge_probs(theta, np.zeros((1, self.n_covariates)))[0]
        return matrix

    @property
    def prior_moves(self) -> np.ndarray:
        """(n_rung_edges,) moves of the prior along each edge."""
        source, target = self.rung_edges
        n_away = np.maximum(np.bincount(source) - 1, 1)[source]
        alone = (np.bincount(source) == 1)[source]
        stay = np.where(alone, 1.0, 1 - self.usual_moves)
        return self.pseudo_moves * np.where(source == target, stay, self.usual_moves / n_away)

    def effect_weights(self, covariate: int) -> list[tuple[int | None, int, np.ndarray]]:
        """What of `theta` makes up each effect of a covariate: rung of origin, kind of move, weights."""
        n_away, q = len(self.kinds), self.n_covariates
        source, target = self.rung_edges
        origins, found = source[source != target], []
        for kind in range(self._n_kinds):
            shared = np.zeros(self.n_parameters)
            shared[n_away + kind * q + covariate] = 1.0
            if not self.deviation_sd:
                found.append((None, kind, shared))
                continue
            for e in np.flatnonzero(self.kinds == kind):
                weights = shared.copy()
                weights[n_away + self._n_kinds * q + e * q + covariate] = 1.0
                found.append((int(origins[e]), kind, weights))
        return found

    def log_prior(self, theta: np.ndarray) -> float:
        _, slopes, deviations = self.parts(theta)
        at_mean = self.edge_probs(theta, np.zeros((1, self.n_covariates)))
        value = (
            float((self.prior_moves * np.log(np.maximum(at_mean[0], 1e-300))).sum())
            - 0.5 * float((slopes**2).sum()) / self.slope_sd**2
        )
        return value - (
            0.5 * float((deviations**2).sum()) / self.deviation_sd**2 if self.deviation_sd else 0.0
        )

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Gradient of the expected log-likelihood and the prior."""
        x = np.vstack((self.covariates, np.zeros((1, self.n_covariates))))
        weights = np.vstack((stats, self.prior_moves[None, :]))
        return self._gradient(x, weights, theta)

    def _gradient(self, x: np.ndarray, weights: np.ndarray, theta: np.ndarray) -> np.ndarray:
        source, target = self.rung_edges
        away = source != target
        first = np.flatnonzero(np.diff(source, prepend=-1))
        leaving = np.add.reduceat(weights, first, axis=1)[:, source]
        residual = (weights - leaving * self.edge_probs(theta, x))[:, away]
        by_edge = residual.T @ x
        _, slopes, deviations = self.parts(theta)
        by_kind = np.zeros_like(slopes)
        np.add.at(by_kind, self.kinds, by_edge)
        by_kind -= slopes / self.slope_sd**2
        own = (by_edge - deviations / self.deviation_sd**2).ravel() if self.deviation_sd else []
        return np.concatenate((residual.sum(axis=0), by_kind.ravel(), own))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Shares of moves where there are no covariates, else a Newton step."""
        if self.n_covariates == 0:
            source = self.rung_edges[0]
            weights = stats.sum(axis=0) + self.prior_moves
            return self.theta(weights / np.bincount(source, weights)[source])

        step = self._newton_step(stats, theta, self.gradient(stats, theta))
        before = self._expected(stats, theta)
        for _ in range(6):
            if self._expected(stats, theta + step) >= before:
                return theta + step
            step = step / 2
        return theta.copy()

    def _expected(self, stats: np.ndarray, theta: np.ndarray) -> float:
        logs = np.log(np.maximum(self.edge_probs(theta), 1e-300))
        return float((stats * logs).sum()) + self.log_prior(theta)

    def _newton_step(self, stats: np.ndarray, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Newton's step for the logits of all origins at once."""
        source, target = self.rung_edges
        away, n_away = source != target, len(self.kinds)
        x = np.vstack((self.covariates, np.zeros((1, self.n_covariates))))
        weights = np.vstack((stats, self.prior_moves[None, :]))
        first = np.flatnonzero(np.diff(source, prepend=-1))
        leaving = np.add.reduceat(weights, first, axis=1)[:, source[away]]
        p = self.edge_probs(theta, x)[:, away]
        same = source[away][:, None] == source[away][None, :]
        curvature = np.einsum("xe,xf->xef", leaving * p, -p) * same
        curvature[:, np.arange(n_away), np.arange(n_away)] += leaving * p
        by_edge = np.einsum("xef,xa,xb->efab", curvature, _with_one(x), _with_one(x), optimize=True)
        chosen = np.eye(self._n_kinds)[self.kinds]
        q, n_slopes = self.n_covariates, self._n_kinds * self.n_covariates
        total = np.zeros((len(theta), len(theta)))
        total[:n_away, :n_away] = by_edge[:, :, 0, 0]
        cross = np.einsum("efb,fk->ekb", by_edge[:, :, 0, 1:], chosen).reshape(n_away, n_slopes)
        total[:n_away, n_away : n_away + n_slopes] = cross
        inner = np.einsum("efab,ek,fl->kalb", by_edge[:, :, 1:, 1:], chosen, chosen)
        slopes = slice(n_away, n_away + n_slopes)
        total[slopes, slopes] = inner.reshape(n_slopes, n_slopes) + np.eye(n_slopes) / self.slope_sd**2
        if self.deviation_sd:
            rest = slice(n_away + n_slopes, None)
            total[:n_away, rest] = by_edge[:, :, 0, 1:].reshape(n_away, n_away * q)
            mixed = np.einsum("efab,ek->kafb", by_edge[:, :, 1:, 1:], chosen)
            total[slopes, rest] = mixed.reshape(n_slopes, n_away * q)
            own = by_edge[:, :, 1:, 1:].transpose(0, 2, 1, 3).reshape(n_away * q, n_away * q)
            total[rest, rest] = own + np.eye(n_away * q) / self.deviation_sd**2
        total = np.triu(total) + np.triu(total, 1).T
        total[np.diag_indices_from(total)] += 1e-9
        return np.clip(np.linalg.solve(total, gradient), -2.0, 2.0)


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.column_stack((np.ones(len(x)), x))
