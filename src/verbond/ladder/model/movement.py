"""Where customers start and how they move.

Moves are multinomial logits by rung of origin: for every move other than staying a log odds against
staying, a + x'(b + c) + d, with b shared by all rungs, c a shrunk deviation of this rung, and d, where
baseline classes move differently, a shrunk shift of this class. Shapes of movement:

- "ladder": up one, down one, drop to the bottom, or stay (the default);
- "neighbours": up one, down one, or stay;
- "free": to any rung, with slopes of its own for each move (for comparison, never the default).

Where gone is a state one can also leave for it from every rung, and nobody comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from verbond.errors import OptionError
from verbond.ladder.model.gathering import informations, residuals, shares
from verbond.ladder.model.space import Space

__all__ = ["SHAPES", "Movement", "Moves", "Start", "class_contrasts"]

SHAPES = ("ladder", "neighbours", "free")
KINDS = ("up", "down", "drop", "leave")
PSEUDO_ROWS = 0.5
PSEUDO_MOVES = 5.0
USUAL_MOVES = {"week": 0.03, "month": 0.10, "quarter": 0.25}
"""Share of customers that the prior's moves leave their rung in a period: a rung is a lasting state."""
USUAL_LEAVING = 0.1
"""Of these moves, the share that goes out of sight where gone is a state."""
LARGEST_LOG_ODDS = 600.0
"""Of a move against staying; e^600 is still a number."""
SLOPE_SD = 1.0
"""Of the prior of an action's effect on log odds: e^1 is already a strong action."""


@dataclass(frozen=True, slots=True)
class Start:
    """Distribution over the states in the first row, one for each kind of start (new, old).

    Parameters
    ----------
    n_starts : int
    space : Space
        Nobody is gone in the first row.
    pseudo_rows : float
        Rows of the prior in every state.

    Notes
    -----
    `theta` holds (n_starts, n_living_states - 1) log odds against the first state.
    """

    n_starts: int
    space: Space
    pseudo_rows: float = PSEUDO_ROWS

    @property
    def n_parameters(self) -> int:
        return self.n_starts * (self.space.living.n_states - 1)

    def theta(self, probs: np.ndarray) -> np.ndarray:
        """Parameters from (n_starts, n_living_states) probabilities."""
        logs = np.log(np.maximum(probs, 1e-12))
        return (logs[:, 1:] - logs[:, :1]).ravel()

    def living_probs(self, theta: np.ndarray) -> np.ndarray:
        """(n_starts, n_living_states) probabilities."""
        logits = np.zeros((self.n_starts, self.space.living.n_states))
        logits[:, 1:] = theta.reshape(self.n_starts, -1)
        return _softmax(logits)

    def probs(self, theta: np.ndarray) -> np.ndarray:
        """(n_starts, n_states) probabilities."""
        return self.space.with_gone(self.living_probs(theta), 0.0)

    def log_prior(self, theta: np.ndarray) -> float:
        return float(self.pseudo_rows * np.log(self.living_probs(theta)).sum())

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.alive(stats) + self.pseudo_rows
        return (weights - weights.sum(axis=1, keepdims=True) * self.living_probs(theta))[:, 1:].ravel()

    def maximise(self, stats: np.ndarray) -> np.ndarray:
        weights = self.space.alive(stats) + self.pseudo_rows
        return self.theta(weights / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges of one class, by source.

    Attributes
    ----------
    source, target : (n_edges,) int64
        Places; `n_rungs` is gone.
    kinds : (n_away,) int64
        Of those that are no stay: index of `names`.
    names : tuple of str
        Kinds of move that this shape has; of a free shape the edges themselves.
    bounds : (n_places + 1,) int64
        Where the edges of each source begin and end.
    """

    source: np.ndarray
    target: np.ndarray
    kinds: np.ndarray
    names: tuple[str, ...]
    bounds: np.ndarray


@cache
def _edges(shape: str, n_rungs: int, gone: bool) -> _Edges:
    def targets(rung: int) -> list[int]:
        if shape == "free":
            near = set(range(n_rungs))
        else:
            near = {rung - 1, rung, rung + 1} | ({0} if shape == "ladder" else set())
        return sorted(j for j in near if 0 <= j < n_rungs) + ([n_rungs] if gone else [])

    pairs = [(i, j) for i in range(n_rungs) for j in targets(i)] + ([(n_rungs, n_rungs)] if gone else [])
    source, target = np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
    away = source != target
    of_edge = np.where(target > source, 0, np.where(target == source - 1, 1, 2))
    of_edge = np.where(gone & (target == n_rungs), 3, of_edge)[away]
    if shape == "free":
        kinds = np.arange(int(away.sum()))
        names = tuple(f"{i} to {j}" for i, j in zip(source[away], target[away], strict=True))
    else:
        present, kinds = np.unique(of_edge, return_inverse=True)
        names = tuple(KINDS[k] for k in present)
    bounds = np.searchsorted(source, np.arange(source[-1] + 2))
    for array in (source, target, kinds, bounds):
        array.flags.writeable = False
    return _Edges(source, target, kinds, names, bounds)


def class_contrasts(n_classes: int) -> np.ndarray:
    """(n_classes, n_classes - 1) orthonormal columns that sum to 0: no class is the one to compare with.

    Examples
    --------
    >>> class_contrasts(3).round(3)
    array([[-0.707, -0.408],
           [ 0.707, -0.408],
           [ 0.   ,  0.816]])
    """
    found = np.zeros((n_classes, n_classes - 1))
    for j in range(n_classes - 1):
        found[: j + 1, j], found[j + 1, j] = -1.0, j + 1.0
        found[:, j] /= np.sqrt((j + 1) * (j + 2))
    return found


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


class Moves:
    """What all shapes of movement have in common: edges by class, and the matrices behind them."""

    __slots__ = ()

    space: Space
    names: tuple[str, ...]
    centre: np.ndarray
    covariates: np.ndarray
    class_sd: float

    @property
    def rung_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Source and target of every edge of one class, by source; gone is the place after the rungs."""
        raise NotImplementedError

    def edge_probs(self, theta: np.ndarray, covariates: np.ndarray | None = None) -> np.ndarray:
        """(n_moves, n_kernel_edges) probabilities."""
        raise NotImplementedError

    @property
    def kernel_edges(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Edges as the kernel takes them, and how many states repeat: one class for all, or all classes."""
        source, target = self.rung_edges
        if self.n_blocks == 1:
            return source, target, self.space.n_places
        shift = np.repeat(np.arange(self.n_blocks) * self.space.n_places, len(source))
        return (
            np.tile(source, self.n_blocks) + shift,
            np.tile(target, self.n_blocks) + shift,
            self.space.n_states,
        )

    @property
    def n_blocks(self) -> int:
        """Classes with moves of their own; 1 where all move alike."""
        return self.space.n_classes if self.class_sd and self.space.n_classes > 1 else 1

    @property
    def n_covariates(self) -> int:
        return self.covariates.shape[1]

    @property
    def width(self) -> int:
        """Slopes of a kind of move: covariates, then contrasts between classes."""
        return self.n_covariates + self.n_blocks - 1

    @property
    def contrasts(self) -> np.ndarray:
        """(n_blocks, n_blocks - 1) contrasts between classes."""
        return class_contrasts(self.n_blocks)

    def by_rung_edges(self, stats: np.ndarray) -> np.ndarray:
        """Sum expected moves over classes: (n, n_kernel_edges) -> (n, n_edges)."""
        return stats.reshape(len(stats), self.n_blocks, -1).sum(axis=1)

    def by_class(self, x: np.ndarray) -> np.ndarray:
        """(n_blocks * n, width) covariates beside the contrasts of every class."""
        if self.n_blocks == 1:
            return x
        contrasts = np.repeat(self.contrasts, len(x), axis=0)
        return np.hstack((np.tile(x, (self.n_blocks, 1)), contrasts))

    def cells_of(self, stats: np.ndarray) -> np.ndarray:
        """Expected moves in the rows of `by_class`: (n, n_kernel_edges) -> (n_blocks * n, n_edges)."""
        by_class = stats.reshape(len(stats), self.n_blocks, -1).transpose(1, 0, 2)
        return by_class.reshape(len(stats) * self.n_blocks, -1)

    def kernel_probs(self, probs: np.ndarray) -> np.ndarray:
        """Probabilities in the rows of `by_class` as the kernel reads them: (n, n_kernel_edges)."""
        n = len(probs) // self.n_blocks
        return probs.reshape(self.n_blocks, n, -1).transpose(1, 0, 2).reshape(n, -1)

    def class_matrices(self, theta: np.ndarray) -> np.ndarray:
        """(n_blocks, n_places, n_places) transition matrix of each class at covariates 0, their mean."""
        source, target = self.rung_edges
        edges = self.edge_probs(theta, np.zeros((1, self.n_covariates))).reshape(self.n_blocks, -1)
        found = np.zeros((self.n_blocks, self.space.n_places, self.space.n_places))
        found[:, source, target] = edges
        return found

    def class_weights(self, present: np.ndarray | None = None) -> np.ndarray:
        """(n_blocks, n_rungs) share of each class among the customers on a rung.

        Parameters
        ----------
        present : (n_states,), optional
            Customers in each state; without it all classes count alike.
        """
        if self.n_blocks == 1 or present is None:
            return np.full((self.n_blocks, self.space.n_rungs), 1 / self.n_blocks)
        counts = self.space.by_class(present)[:, : self.space.n_rungs] + 1e-9
        return counts / counts.sum(axis=0)

    def matrix(self, theta: np.ndarray, present: np.ndarray | None = None) -> np.ndarray:
        """(n_rungs, n_rungs) transition matrix at mean covariates, of those who are not gone after the move.

        Parameters
        ----------
        theta : (n_parameters,)
        present : (n_states,), optional
            Customers in each state: a row is what a customer on that rung does, whatever the class. Without
            it all classes count alike.
        """
        n = self.space.n_rungs
        weights = self.class_weights(present)
        joint = np.einsum("ck,ckj->kj", weights, self.class_matrices(theta)[:, :n, :n])
        return joint / joint.sum(axis=1, keepdims=True)

    def leaving(self, theta: np.ndarray, present: np.ndarray | None = None) -> np.ndarray:
        """(n_rungs,) probability of going out of sight in a period, at mean covariates."""
        n = self.space.n_rungs
        away = self.class_matrices(theta)[:, :n, n:].sum(axis=2)
        return (self.class_weights(present) * away).sum(axis=0)


@dataclass(frozen=True, slots=True)
class Movement(Moves):
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
    class_sd : float
        Standard deviation of the shifts d by which a class moves differently; 0: all classes move alike.
    pseudo_moves : float
        Moves of the prior from every rung, at covariates 0.
    usual_moves : float
        Share of those that leave the rung, evenly over the possible moves.
    slope_sd : float
        Standard deviation of the slopes' prior; infinite for none.

    Notes
    -----
    `theta`: intercept of every edge that is no stay, slopes (n_kinds, n_covariates + n_contrasts), deviations
    (n_edges that are no stay, n_covariates). A "free" shape has one kind for each edge and no deviations. A
    class's shift of a kind of move is its row of `class_contrasts` times the last n_contrasts slopes.
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
    class_sd: float = 0.0
    _last: dict[bytes, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise OptionError("unknown shape of movement", got=repr(self.shape), expected=f"one of {SHAPES}")

    @property
    def rung_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Source and target of every edge of one class, by source; gone is the place after the rungs."""
        edges = self._edges
        return edges.source, edges.target

    @property
    def _edges(self) -> _Edges:
        return _edges(self.shape, self.space.n_rungs, self.space.gone)

    @property
    def kinds(self) -> np.ndarray:
        """Kind of every edge that is no stay: index of `kind_names`."""
        return self._edges.kinds

    @property
    def kind_names(self) -> tuple[str, ...]:
        """What the kinds of move are called: up, down, drop, leave; of a free shape the edges."""
        return self._edges.names

    @property
    def n_parameters(self) -> int:
        n_away = len(self.kinds)
        return n_away + self._n_kinds * self.width + n_away * self.n_covariates * (self.deviation_sd > 0)

    @property
    def _n_kinds(self) -> int:
        return len(self.kind_names)

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Intercepts (n_away,), slopes (n_kinds, q + n_contrasts) and deviations (n_away, q)."""
        n_away, q = len(self.kinds), self.n_covariates
        slopes = theta[n_away : n_away + self._n_kinds * self.width].reshape(self._n_kinds, self.width)
        rest = theta[n_away + self._n_kinds * self.width :]
        deviations = rest.reshape(n_away, q) if len(rest) else np.zeros((n_away, q))
        return theta[:n_away], slopes, deviations

    def class_shifts(self, theta: np.ndarray) -> np.ndarray:
        """(n_classes, n_kinds) shifts of the log odds of each kind of move, which sum to 0 over classes."""
        return self.contrasts @ self.parts(theta)[1][:, self.n_covariates :].T

    def with_class_shifts(self, theta: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Parameters with these (n_classes, n_kinds) shifts, those of their mean taken off."""
        intercepts, slopes, deviations = self.parts(theta)
        slopes = slopes.copy()
        slopes[:, self.n_covariates :] = (self.contrasts.T @ shifts).T
        kept = deviations.ravel() if self.deviation_sd else []
        return np.concatenate((intercepts, slopes.ravel(), kept))

    def theta(self, edge_probs: np.ndarray) -> np.ndarray:
        """Parameters without slopes from the probabilities of one class's edges."""
        source, target = self.rung_edges
        stay = edge_probs[source == target]
        away = source != target
        logs = np.log(np.maximum(edge_probs[away], 1e-12)) - np.log(np.maximum(stay[source[away]], 1e-12))
        return np.concatenate((logs, np.zeros(self.n_parameters - len(logs))))

    def _probs(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n, n_edges) probabilities at (n, q + n_contrasts) covariates and contrasts."""
        intercepts, slopes, deviations = self.parts(theta)
        source, target = self.rung_edges
        by_edge = np.zeros((len(source), 1 + self.width))  # staying has log odds 0
        by_edge[source != target, 0] = intercepts
        by_edge[source != target, 1:] = slopes[self.kinds]
        if self.deviation_sd:
            by_edge[source != target, 1 : 1 + self.n_covariates] += deviations
        eta = x @ by_edge[:, 1:].T
        eta += by_edge[:, 0]
        weights = np.exp(np.minimum(eta, LARGEST_LOG_ODDS, out=eta), out=eta)
        shares(weights, self._edges.bounds)
        return weights

    def _own_probs(self, theta: np.ndarray) -> np.ndarray:
        """(n_blocks * n_moves, n_edges) probabilities at the own covariates; the last call's are kept."""
        key = theta.tobytes()
        found = self._last.get(key)
        if found is None:
            found = self._probs(self.by_class(self.covariates), theta)
            self._last.clear()
            self._last[key] = found
        return found

    def edge_probs(self, theta: np.ndarray, covariates: np.ndarray | None = None) -> np.ndarray:
        """(n_moves, n_kernel_edges) probabilities."""
        if covariates is None:
            return self.kernel_probs(self._own_probs(theta))
        return self.kernel_probs(self._probs(self.by_class(covariates), theta))

    @property
    def prior_moves(self) -> np.ndarray:
        """(n_edges,) moves of the prior along each edge."""
        source, target = self.rung_edges
        n_away = np.maximum(np.bincount(source) - 1, 1)[source]
        alone = (np.bincount(source) == 1)[source]
        stay = np.where(alone, 1.0, 1 - self.usual_moves)
        away = self.usual_moves / n_away
        if self.space.gone:
            leaving = target == self.space.n_rungs
            others = self.usual_moves * (1 - USUAL_LEAVING) / np.maximum(n_away - 1, 1)
            away = np.where(leaving, self.usual_moves * USUAL_LEAVING, others)
        return self.pseudo_moves * np.where(source == target, stay, away)

    def effect_weights(self, covariate: int) -> list[tuple[int | None, int, np.ndarray]]:
        """What of `theta` makes up each effect of a covariate: rung of origin, kind of move, weights."""
        n_away, q = len(self.kinds), self.n_covariates
        source, target = self.rung_edges
        origins, found = source[source != target], []
        for kind in range(self._n_kinds):
            shared = np.zeros(self.n_parameters)
            shared[n_away + kind * self.width + covariate] = 1.0
            if not self.deviation_sd:
                found.append((None, kind, shared))
                continue
            for e in np.flatnonzero(self.kinds == kind):
                weights = shared.copy()
                weights[n_away + self._n_kinds * self.width + e * q + covariate] = 1.0
                found.append((int(origins[e]), kind, weights))
        return found

    @property
    def _precision(self) -> np.ndarray:
        """(q + n_contrasts,) of the slopes' prior."""
        shared = np.full(self.n_covariates, 1 / self.slope_sd**2)
        return np.concatenate((shared, np.full(self.n_blocks - 1, 1 / max(self.class_sd, 1e-12) ** 2)))

    def log_prior(self, theta: np.ndarray) -> float:
        _, slopes, deviations = self.parts(theta)
        at_mean = self._probs(np.zeros((1, self.width)), theta)
        value = float((self.prior_moves * np.log(np.maximum(at_mean[0], 1e-300))).sum())
        value -= 0.5 * float((slopes**2 * self._precision).sum())
        return value - (
            0.5 * float((deviations**2).sum()) / self.deviation_sd**2 if self.deviation_sd else 0.0
        )

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Gradient of the expected log-likelihood and the prior."""
        source, target = self.rung_edges
        away, bounds = source != target, self._edges.bounds
        residual = residuals(self.cells_of(stats), self._own_probs(theta), bounds)
        at_mean = residuals(self.prior_moves[None], self._probs(np.zeros((1, self.width)), theta), bounds)
        by_edge = residual.T[away] @ self.by_class(self.covariates)
        _, slopes, deviations = self.parts(theta)
        by_kind = np.zeros_like(slopes)
        np.add.at(by_kind, self.kinds, by_edge)
        by_kind -= slopes * self._precision
        own: np.ndarray | list[float] = []
        if self.deviation_sd:
            own = (by_edge[:, : self.n_covariates] - deviations / self.deviation_sd**2).ravel()
        intercepts = (residual.sum(axis=0) + at_mean[0])[away]
        return np.concatenate((intercepts, by_kind.ravel(), own))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Shares of moves where there are no covariates, else a Newton step."""
        if self.width == 0:
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

    def curvature(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n_parameters,) minus the second derivatives of the expected log-likelihood and the prior."""
        return np.diag(self._information(stats, theta))

    def _newton_step(self, stats: np.ndarray, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Newton's step for the logits of all origins at once."""
        return np.clip(np.linalg.solve(self._information(stats, theta), gradient), -2.0, 2.0)

    def _information(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n_parameters, n_parameters) minus the second derivatives, the prior's included."""
        source, target = self.rung_edges
        away, n_away, bounds = source != target, len(self.kinds), self._edges.bounds
        x, at_mean = self.by_class(self.covariates), np.zeros((1, self.width))
        by_edge = informations(self.cells_of(stats), self._own_probs(theta), bounds, _with_one(x))
        by_edge += informations(
            self.prior_moves[None], self._probs(at_mean, theta), bounds, _with_one(at_mean)
        )
        by_edge = by_edge[away][:, away]
        chosen = np.eye(self._n_kinds)[self.kinds]
        q, n_slopes = self.n_covariates, self._n_kinds * self.width
        total = np.zeros((len(theta), len(theta)))
        total[:n_away, :n_away] = by_edge[:, :, 0, 0]
        cross = np.einsum("efb,fk->ekb", by_edge[:, :, 0, 1:], chosen).reshape(n_away, n_slopes)
        total[:n_away, n_away : n_away + n_slopes] = cross
        inner = np.einsum("efab,ek,fl->kalb", by_edge[:, :, 1:, 1:], chosen, chosen)
        slopes = slice(n_away, n_away + n_slopes)
        prior = np.diag(np.tile(self._precision, self._n_kinds))
        total[slopes, slopes] = inner.reshape(n_slopes, n_slopes) + prior
        if self.deviation_sd:
            rest, own = slice(n_away + n_slopes, None), slice(1, 1 + q)
            total[:n_away, rest] = by_edge[:, :, 0, own].reshape(n_away, n_away * q)
            mixed = np.einsum("efab,ek->kafb", by_edge[:, :, 1:, own], chosen)
            total[slopes, rest] = mixed.reshape(n_slopes, n_away * q)
            square = by_edge[:, :, own, own].transpose(0, 2, 1, 3).reshape(n_away * q, n_away * q)
            total[rest, rest] = square + np.eye(n_away * q) / self.deviation_sd**2
        total = np.triu(total) + np.triu(total, 1).T
        total[np.diag_indices_from(total)] += 1e-9
        return total


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.column_stack((np.ones(len(x)), x))
