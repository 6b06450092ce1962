"""What every emission is, the prior that all of them have, and a step that two of them share."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from verbond.ladder.model.space import Space

__all__ = ["PSEUDO_ROWS", "SLOPE_SD", "Emission", "scoring_step"]

PSEUDO_ROWS = 0.5
SLOPE_SD = 1.0
"""Of the prior of a lift or a season on the log (odds) scale: e^1 is already a strong action."""


class Emission(Protocol):
    """What the model asks of every emission. `stats` are expected rows by own value and state."""

    name: str
    family: str
    own_rows: bool
    index: np.ndarray

    @property
    def n_values(self) -> int: ...

    @property
    def n_parameters(self) -> int: ...

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray: ...

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray: ...

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray: ...

    def log_prior(self, theta: np.ndarray) -> float: ...

    def lower_bounds(self) -> np.ndarray: ...

    def by_state(self, theta: np.ndarray) -> np.ndarray: ...


def scoring_step(
    space: Space,
    weights: np.ndarray,
    residuals: np.ndarray,
    design: np.ndarray,
    prior: np.ndarray,
    *,
    levels: bool = True,
) -> np.ndarray:
    """One Fisher-scoring step for rung levels, class shifts and slopes.

    Parameters
    ----------
    weights, residuals : (n_values, n_states)
        Expected information and score of each cell's linear predictor.
    design : (n_values, n_slopes)
    prior : (n_slopes,)
        Score of the slopes' prior.
    levels : bool
        Move the levels too; otherwise their step is 0.
    """
    n_rungs, n_classes, q = space.n_rungs, space.n_classes, design.shape[1]
    w = weights.reshape(len(weights), n_classes, n_rungs)
    by_rung, by_class = w.sum(axis=1), w.sum(axis=2)[:, 1:]
    information = np.zeros((n_rungs + n_classes - 1 + q,) * 2)
    rungs, classes, slopes = (
        slice(0, n_rungs),
        slice(n_rungs, n_rungs + n_classes - 1),
        slice(n_rungs + n_classes - 1, None),
    )
    information[rungs, rungs] = np.diag(by_rung.sum(axis=0))
    information[classes, classes] = np.diag(by_class.sum(axis=0))
    information[classes, rungs] = w.sum(axis=0)[1:]
    information[slopes, rungs] = design.T @ by_rung
    information[slopes, classes] = design.T @ by_class
    information[slopes, slopes] = (design.T * w.sum(axis=(1, 2))) @ design + np.eye(q) / SLOPE_SD**2
    information = np.tril(information) + np.tril(information, -1).T
    information[np.diag_indices_from(information)] += 1e-9 + 1e-9 * np.diag(information)
    r = residuals.reshape(w.shape)
    score = (r.sum(axis=(0, 1)), r.sum(axis=(0, 2))[1:], design.T @ r.sum(axis=(1, 2)) + prior)
    step, moving = np.zeros(len(information)), slice(0 if levels else n_rungs, None)
    step[moving] = np.linalg.solve(information[moving, moving], np.concatenate(score)[moving])
    return np.clip(step, -2.0, 2.0)
