"""Which relationship type a respondent leans to.

Each type is scored on its own; a leaning is said only where the highest type stands above the next by more
than the error of that difference. Comparing types within a person takes out how high somebody answers
throughout, and how close they are; closeness itself is a scale of its own.
"""

from __future__ import annotations

import numpy as np

__all__ = ["leanings", "surely_below"]


def leanings(scores: np.ndarray, standard_errors: np.ndarray, *, z: float = 1.96) -> np.ndarray:
    """Highest type per respondent where it is clear.

    Parameters
    ----------
    scores, standard_errors : (n, t) float
        One column a type, 0..100; NaN where not measured.
    z : float
        How many standard errors of the difference count as clear (1.96: 95%).

    Returns
    -------
    (n,) int8
        Column of the type; -1 undecided; -2 fewer than two types were measured.

    Examples
    --------
    >>> leanings(np.array([[80.0, 40.0], [55.0, 50.0], [70.0, np.nan]]), np.full((3, 2), 8.0)).tolist()
    [0, -1, -2]
    """
    n, t = scores.shape
    chosen = np.full(n, -2, dtype=np.int8)
    known = np.isfinite(scores)
    rows = np.flatnonzero(known.sum(axis=1) >= 2)
    if t < 2 or not len(rows):
        return chosen
    filled = np.where(known, scores, -np.inf)[rows]
    order = np.argsort(-filled, axis=1, kind="stable")
    top, second = order[:, 0], order[:, 1]
    line = np.arange(len(rows))
    error = np.hypot(standard_errors[rows, top], standard_errors[rows, second])
    clear = filled[line, top] - filled[line, second] > z * error
    chosen[rows] = np.where(clear, top, -1)
    return chosen


def surely_below(
    scores: np.ndarray, standard_errors: np.ndarray, level: float = 50.0, *, z: float = 1.96
) -> np.ndarray:
    """Respondents whose score is below `level` by more than its error; NaN scores are not.

    Examples
    --------
    >>> surely_below(np.array([20.0, 45.0, np.nan]), np.full(3, 10.0)).tolist()
    [True, False, False]
    """
    with np.errstate(invalid="ignore"):
        return scores + z * standard_errors < level
