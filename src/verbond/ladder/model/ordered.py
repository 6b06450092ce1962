"""Movement as an ordered logit: from every rung to any rung, the higher the better.

Netzer, Lattin & Srinivasan's form. From rung k, with thresholds t_k1 < ... < t_k,K-1 of this rung,

    P(next rung >= j) = 1 / (1 + exp(t_kj - x'(b + c_k) - d)),

b shared by all rungs, c_k a shrunk deviation of this rung, d a shrunk shift of the baseline class. Where gone
is a state, leaving comes first, by a logit of its own, and the rungs are of those who stay.

References
----------
Netzer, Lattin & Srinivasan (2008), Marketing Science 27(2), 185-204, equations 6 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from verbond.ladder.model.movement import PSEUDO_MOVES, SLOPE_SD, USUAL_LEAVING, USUAL_MOVES, Moves
from verbond.ladder.model.space import Space

__all__ = ["OrderedMovement"]

USUAL_JUMPS = 0.002  # share of the prior's moves that goes to each rung further off
LEAST_PROB = 1e-4  # of a jump where parameters are made from probabilities
STEPS = 15
LARGEST_STEP, LARGEST_GAP = 30.0, 500.0  # of the log of the distance of two thresholds, and of itself


@cache
def _all_edges(n_rungs: int, gone: bool) -> tuple[np.ndarray, np.ndarray]:
    n_places = n_rungs + gone
    pairs = [(i, j) for i in range(n_rungs) for j in range(n_places)] + ([(n_rungs, n_rungs)] if gone else [])
    found = np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
    for array in found:
        array.flags.writeable = False
    return found


@dataclass(frozen=True, slots=True)
class OrderedMovement(Moves):
    """Transition probabilities by an ordered logit from every rung.

    Parameters
    ----------
    space, covariates, names, centre, deviation_sd, class_sd, pseudo_moves, usual_moves, slope_sd
        As in `Movement`; the prior's moves go to the rungs beside.

    Notes
    -----
    `theta`: (n_rungs, n_rungs - 1) thresholds, the first of a rung and then the logarithms of the distances;
    log odds of leaving (n_rungs) where gone is a state; slopes (n_kinds, n_covariates + n_contrasts);
    deviations (n_rungs, n_covariates) where `deviation_sd` is above 0.
    """

    space: Space
    covariates: np.ndarray
    names: tuple[str, ...] = ()
    centre: np.ndarray = field(default_factory=lambda: np.zeros(0))
    deviation_sd: float = 0.5
    pseudo_moves: float = PSEUDO_MOVES
    usual_moves: float = USUAL_MOVES["month"]
    slope_sd: float = SLOPE_SD
    class_sd: float = 0.0

    shape = "ordered"

    @property
    def rung_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Source and target of every edge of one class, by source; gone is the place after the rungs."""
        return _all_edges(self.space.n_rungs, self.space.gone)

    @property
    def kind_names(self) -> tuple[str, ...]:
        """What effects are on: ending higher, and leaving."""
        return ("higher", "leave") if self.space.gone else ("higher",)

    @property
    def _bounds(self) -> tuple[int, int, int, int]:
        """Where the thresholds, leaving, the slopes and the deviations end in `theta`."""
        n, q = self.space.n_rungs, self.n_covariates
        thresholds = n * (n - 1)
        leaving = thresholds + n * self.space.gone
        slopes = leaving + len(self.kind_names) * self.width
        return thresholds, leaving, slopes, slopes + n * q * (self.deviation_sd > 0)

    @property
    def n_parameters(self) -> int:
        return self._bounds[-1]

    def ordered_parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Thresholds (n_rungs, n_rungs - 1), leaving (n_rungs), slopes (n_kinds, width), deviations (n_rungs,
        n_covariates)."""
        n, (a, b, c, _) = self.space.n_rungs, self._bounds
        raw = theta[:a].reshape(n, n - 1).copy()
        raw[:, 1:] = np.exp(np.minimum(raw[:, 1:], LARGEST_STEP))
        deviations = theta[c:].reshape(n, -1) if self.deviation_sd else np.zeros((n, self.n_covariates))
        slopes = theta[b:c].reshape(len(self.kind_names), self.width)
        return np.cumsum(raw, axis=1), theta[a:b], slopes, deviations

    def theta(self, edge_probs: np.ndarray) -> np.ndarray:
        """Parameters without slopes from the probabilities of one class's edges."""
        n, found = self.space.n_rungs, np.zeros(self.n_parameters)
        source, target = self.rung_edges
        matrix = np.zeros((n, self.space.n_places))
        matrix[source[source < n], target[source < n]] = edge_probs[source < n]
        rungs = np.maximum(matrix[:, :n], LEAST_PROB)
        higher = np.cumsum((rungs / rungs.sum(axis=1, keepdims=True))[:, ::-1], axis=1)[:, ::-1]
        thresholds = -logit(higher[:, 1:])
        thresholds[:, 1:] = np.log(np.diff(thresholds, axis=1))
        a, b, _, _ = self._bounds
        found[:a] = thresholds.ravel()
        found[a:b] = logit(np.clip(matrix[:, n:].sum(axis=1), LEAST_PROB, 1 - LEAST_PROB)) if b > a else []
        return found

    def class_shifts(self, theta: np.ndarray) -> np.ndarray:
        """(n_classes, n_kinds) shifts of the log odds of each kind of move, which sum to 0 over classes."""
        return self.contrasts @ self.ordered_parts(theta)[2][:, self.n_covariates :].T

    def with_class_shifts(self, theta: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Parameters with these (n_classes, n_kinds) shifts, those of their mean taken off."""
        found, (_, b, c, _) = theta.copy(), self._bounds
        slopes = found[b:c].reshape(len(self.kind_names), self.width)
        slopes[:, self.n_covariates :] = (self.contrasts.T @ shifts).T
        return found

    def _scores(self, x: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Linear predictors of ending higher (n, n_rungs) and of leaving (n, n_rungs)."""
        _, leaving, slopes, deviations = self.ordered_parts(theta)
        higher = x @ slopes[0][:, None] + x[:, : self.n_covariates] @ deviations.T
        return higher, (x @ slopes[1])[:, None] + leaving if self.space.gone else np.zeros((len(x), 0))

    def _log_rungs(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n, n_rungs of origin, n_rungs) log probabilities of those who stay."""
        thresholds, n = self.ordered_parts(theta)[0], self.space.n_rungs
        at = self._scores(x, theta)[0][:, :, None] - thresholds[None]
        logs = np.zeros((len(x), n, n))
        logs[:, :, 1:] += log_expit(at)
        logs[:, :, :-1] += log_expit(-at)
        logs[:, :, 1:-1] += np.log(np.maximum(-np.expm1(-np.diff(thresholds, axis=1)), 1e-300))
        return logs

    def _probs(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """(n, n_edges) probabilities at (n, width) covariates and contrasts."""
        n, (source, target) = self.space.n_rungs, self.rung_edges
        rungs = np.exp(self._log_rungs(x, theta))
        rungs /= rungs.sum(axis=2, keepdims=True)
        if not self.space.gone:
            return rungs.reshape(len(x), -1)
        leaving = expit(self._scores(x, theta)[1])
        found = np.zeros((len(x), n + 1, n + 1))
        found[:, :n, :n] = rungs * (1 - leaving)[:, :, None]
        found[:, :n, n], found[:, n, n] = leaving, 1.0
        return found[:, source, target]

    def edge_probs(self, theta: np.ndarray, covariates: np.ndarray | None = None) -> np.ndarray:
        """(n_moves, n_kernel_edges) probabilities."""
        x = self.covariates if covariates is None else covariates
        return self.kernel_probs(self._probs(self.by_class(x), theta))

    @property
    def prior_moves(self) -> np.ndarray:
        """(n_edges,) moves of the prior along each edge: to the rungs beside, very few further, some away."""
        n, (source, target) = self.space.n_rungs, self.rung_edges
        leaving = USUAL_LEAVING * self.space.gone
        beside = (np.abs(source - target) == 1) & (target < n)
        away = self.usual_moves * (1 - leaving) * beside / np.bincount(source, beside)[source].clip(1)
        away = np.where((target == n) & (source < n), self.usual_moves * leaving, away)
        stay = np.where(source == n, 1.0, 1 - self.usual_moves)
        further = np.where((np.abs(source - target) > 1) & (target < n), USUAL_JUMPS, 0.0)
        return self.pseudo_moves * (np.where(source == target, stay, away) + further)

    def effect_weights(self, covariate: int) -> list[tuple[int | None, int, np.ndarray]]:
        """What of `theta` makes up each effect of a covariate: rung of origin, kind of move, weights."""
        _, b, c, _ = self._bounds
        found: list[tuple[int | None, int, np.ndarray]] = []
        for kind in range(len(self.kind_names)):
            shared = np.zeros(self.n_parameters)
            shared[b + kind * self.width + covariate] = 1.0
            if kind or not self.deviation_sd:
                found.append((None, kind, shared))
                continue
            for k in range(self.space.n_rungs):
                weights = shared.copy()
                weights[c + k * self.n_covariates + covariate] = 1.0
                found.append((k, kind, weights))
        return found

    @property
    def _precision(self) -> np.ndarray:
        shared = np.full(self.n_covariates, 1 / self.slope_sd**2)
        return np.concatenate((shared, np.full(self.n_blocks - 1, 1 / max(self.class_sd, 1e-12) ** 2)))

    def _log_normal(self, theta: np.ndarray) -> float:
        _, _, slopes, deviations = self.ordered_parts(theta)
        value = -0.5 * float((slopes**2 * self._precision).sum())
        own = 0.5 * float((deviations**2).sum()) / self.deviation_sd**2 if self.deviation_sd else 0.0
        return value - own

    def log_prior(self, theta: np.ndarray) -> float:
        at_mean = self._probs(np.zeros((1, self.width)), theta)[0]
        return float((self.prior_moves * np.log(np.maximum(at_mean, 1e-300))).sum()) + self._log_normal(theta)

    def _cells(self, stats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Covariates and expected moves of every code and class, with the prior's moves as the last row."""
        x = np.vstack((self.by_class(self.covariates), np.zeros((1, self.width))))
        return x, np.vstack((self.cells_of(stats), self.prior_moves[None, :]))

    def _dense(self, weights: np.ndarray) -> np.ndarray:
        """(n, n_rungs of origin, n_places) moves."""
        n, (source, target) = self.space.n_rungs, self.rung_edges
        found = np.zeros((len(weights), self.space.n_places, self.space.n_places))
        found[:, source, target] = weights
        return found[:, :n]

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Gradient of the expected log-likelihood and the prior."""
        x, weights = self._cells(stats)
        n, q, moves = self.space.n_rungs, self.n_covariates, self._dense(weights)
        thresholds, _, slopes, deviations = self.ordered_parts(theta)
        higher, leaving = self._scores(x, theta)
        at, stayed = higher[:, :, None] - thresholds[None], moves[:, :, :n]
        rise, fall = stayed[:, :, 1:] * expit(-at), stayed[:, :, :-1] * expit(at)
        by_score = (rise - fall).sum(axis=2)
        by_threshold = (fall - rise).sum(axis=0)
        gaps = np.clip(np.diff(thresholds, axis=1), 1e-12, LARGEST_GAP)
        narrow = stayed[:, :, 1:-1].sum(axis=0) / np.expm1(gaps)
        by_threshold[:, 1:] += narrow
        by_threshold[:, :-1] -= narrow
        steps = np.cumsum(by_threshold[:, ::-1], axis=1)[:, ::-1]
        steps[:, 1:] *= np.diff(thresholds, axis=1)
        found = [steps.ravel()]
        by_slope = [by_score.sum(axis=1) @ x]
        if self.space.gone:
            residual = moves[:, :, n] - moves.sum(axis=2) * expit(leaving)
            found.append(residual.sum(axis=0))
            by_slope.append(residual.sum(axis=1) @ x)
        found.append((np.stack(by_slope) - slopes * self._precision).ravel())
        if self.deviation_sd:
            found.append((by_score.T @ x[:, :q] - deviations / self.deviation_sd**2).ravel())
        return np.concatenate(found)

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """A few quasi-Newton steps upwards."""
        x, weights = self._cells(stats)

        def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
            logs = np.log(np.maximum(self._probs(x, at), 1e-300))
            return -float((weights * logs).sum()) - self._log_normal(at), -self.gradient(stats, at)

        found = minimize(cost, theta, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
        return found.x if found.fun <= cost(theta)[0] else theta.copy()
