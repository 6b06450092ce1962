"""One of a few unordered answers by rung.

The ladder itself does not use it: nothing in the canonical tables is of this kind. It stands here because
latent Markov models of one such answer are what other people's software can be held against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.model.emission import PSEUDO_ROWS
from verbond.ladder.model.space import Space

__all__ = ["Categories"]


@dataclass(frozen=True, slots=True)
class Categories:
    """One of a few unordered answers by rung.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
    n_values : int
    pseudo_rows : float
        Rows of the prior, spread evenly.

    Notes
    -----
    `theta` holds (n_rungs, n_values - 1) log odds against the first answer.
    """

    name: str
    space: Space
    index: np.ndarray
    n_values: int
    pseudo_rows: float = PSEUDO_ROWS

    own_rows = False
    family = "categorical"

    @property
    def n_parameters(self) -> int:
        return self.space.n_rungs * (self.n_values - 1)

    def lower_bounds(self) -> np.ndarray:
        return np.full(self.n_parameters, -np.inf)

    def theta(self, probs: np.ndarray) -> np.ndarray:
        """Parameters from (n_rungs, n_values) probabilities."""
        logs = np.log(np.maximum(probs, 1e-12))
        return (logs[:, 1:] - logs[:, :1]).ravel()

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) mean answer, the answers numbered from 0."""
        return np.exp(self._log_probs(theta)) @ np.arange(self.n_values)

    def _log_probs(self, theta: np.ndarray) -> np.ndarray:
        logits = np.zeros((self.space.n_rungs, self.n_values))
        logits[:, 1:] = theta.reshape(self.space.n_rungs, -1)
        logits -= logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        return self.space.over_classes(self._log_probs(theta).T)

    def log_prior(self, theta: np.ndarray) -> float:
        return float(self.pseudo_rows / self.n_values * self._log_probs(theta).sum())

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.by_rung(stats).T + self.pseudo_rows / self.n_values
        return (weights - weights.sum(axis=1, keepdims=True) * np.exp(self._log_probs(theta)))[:, 1:].ravel()

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.by_rung(stats).T + self.pseudo_rows / self.n_values
        return self.theta(weights / weights.sum(axis=1, keepdims=True))
