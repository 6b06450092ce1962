"""Yes or no by rung."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, log_expit

from verbond.ladder.model.emission import PSEUDO_ROWS, SLOPE_SD, scoring_step
from verbond.ladder.model.space import Space

__all__ = ["Binary"]


@dataclass(frozen=True, slots=True)
class Binary:
    """Yes or no by rung: rare kinds of events, answering when asked, returns of what was bought.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
        Own value of each combination.
    yes, no : (n_values,) float64
        How often yes and no each own value shows; both 0 where it is not known.
    average : float
        Share of yes.
    pseudo_rows : float
    design : (n_values, n_slopes)
        What lifts the odds in this row whatever the rung.
    slopes : tuple of str
        Their names.

    Notes
    -----
    `theta` is the log odds of each rung, then the slopes.
    """

    name: str
    space: Space
    index: np.ndarray
    yes: np.ndarray
    no: np.ndarray
    average: float
    pseudo_rows: float = PSEUDO_ROWS
    design: np.ndarray = field(default_factory=lambda: np.zeros((1, 0)))
    slopes: tuple[str, ...] = ()

    own_rows = False
    family = "bernoulli"

    @property
    def n_values(self) -> int:
        return len(self.yes)

    @property
    def n_parameters(self) -> int:
        return self.space.n_rungs + len(self.slopes)

    def lower_bounds(self) -> np.ndarray:
        return np.full(self.n_parameters, -np.inf)

    def theta(self, probs: np.ndarray, slopes: np.ndarray | None = None) -> np.ndarray:
        """Parameters from the rungs' probabilities and the slopes."""
        probs = np.clip(probs, 1e-6, 1 - 1e-6)
        slopes = np.zeros(len(self.slopes)) if slopes is None else slopes
        return np.concatenate((np.log(probs) - np.log1p(-probs), slopes))

    def slopes_of(self, theta: np.ndarray) -> np.ndarray:
        """(n_slopes,) of the log odds."""
        return theta[self.space.n_rungs :]

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) probability of yes where nothing lifts it."""
        return expit(theta[: self.space.n_rungs])

    def _eta(self, theta: np.ndarray) -> np.ndarray:
        return theta[None, : self.space.n_rungs] + (self.design @ self.slopes_of(theta))[:, None]

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        eta = self._eta(theta)
        rungs = self.yes[:, None] * log_expit(eta) + self.no[:, None] * log_expit(-eta)
        return self.space.over_classes(rungs)

    def log_prior(self, theta: np.ndarray) -> float:
        levels = theta[: self.space.n_rungs]
        average = self.average * log_expit(levels) + (1 - self.average) * log_expit(-levels)
        away = (self.slopes_of(theta) ** 2).sum() / SLOPE_SD**2
        return float(self.pseudo_rows * average.sum() - 0.5 * away)

    def _cells(self, stats: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Yes and all by own value and rung, with the prior's rows as the last, and the design."""
        rungs = self.space.by_rung(stats)
        prior = np.full((1, self.space.n_rungs), self.pseudo_rows)
        yes = np.vstack((self.yes[:, None] * rungs, prior * self.average))
        n = np.vstack(((self.yes + self.no)[:, None] * rungs, prior))
        design = np.zeros((len(yes), len(self.slopes)))
        design[:-1] = self.design if len(self.slopes) else 0.0
        return yes, n, design

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        yes, n, design = self._cells(stats)
        eta = theta[None, : self.space.n_rungs] + (design @ self.slopes_of(theta))[:, None]
        scores = yes - n * expit(eta)
        slopes = design.T @ scores.sum(axis=1) - self.slopes_of(theta) / SLOPE_SD**2
        return np.concatenate((scores.sum(axis=0), slopes))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        yes, n, design = self._cells(stats)
        if not self.slopes:
            return self.theta(yes.sum(axis=0) / n.sum(axis=0))
        p = expit(theta[None, : self.space.n_rungs] + (design @ self.slopes_of(theta))[:, None])
        prior = -self.slopes_of(theta) / SLOPE_SD**2
        step = scoring_step(Space(self.space.n_rungs), n * p * (1 - p), yes - n * p, design, prior)
        before = self._expected(stats, theta)
        for _ in range(6):
            if self._expected(stats, theta + step) >= before:
                return theta + step
            step = step / 2
        return theta.copy()

    def _expected(self, stats: np.ndarray, theta: np.ndarray) -> float:
        return float((stats * self.log_likelihoods(theta)).sum()) + self.log_prior(theta)
