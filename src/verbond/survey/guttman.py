"""Guttman's scale: how many answers a ladder without gaps would have foretold, and how many by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Guttman", "guttman", "guttman_errors"]

MOST_DRAWS = 20_000_000
"""Cells shuffled in all, so that many people mean fewer shuffles, never below 99."""


@dataclass(frozen=True, slots=True)
class Guttman:
    """Reproducibility of answers from the number of steps attained.

    Attributes
    ----------
    n_obs : int
        People with an answer on every step.
    reproducibility : float or None
        1 - errors / answers (Goodenough and Edwards' count); None without people.
    marginal_reproducibility : float or None
        What always guessing each step's commoner answer would reach.
    scalability : float or None
        How much of the room above that is used.
    chance_mean, chance_upper : float or None
        Mean and 95% point of the reproducibility when each step's answers are shuffled over people.
    p_value : float or None
        Share of shuffles that do as well or better.
    """

    n_obs: int
    reproducibility: float | None = None
    marginal_reproducibility: float | None = None
    scalability: float | None = None
    chance_mean: float | None = None
    chance_upper: float | None = None
    p_value: float | None = None


def guttman_errors(attained: np.ndarray) -> np.ndarray:
    """How many answers of each person differ from the ladder with as many steps attained.

    Parameters
    ----------
    attained : (n, k) bool
        Steps in order, lowest first.

    Returns
    -------
    (n,) int64

    Examples
    --------
    >>> guttman_errors(np.array([[1, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=bool)).tolist()
    [0, 2, 2]
    """
    ideal = np.arange(attained.shape[1]) < attained.sum(axis=1, keepdims=True)
    return (attained != ideal).sum(axis=1)


def guttman(
    attained: np.ndarray, complete: np.ndarray, n_permutations: int, rng: np.random.Generator
) -> Guttman:
    """Reproducibility beside what chance would give.

    Parameters
    ----------
    attained : (n, k) bool
    complete : (n,) bool
        Whose steps are all known.
    n_permutations : int
    rng : numpy Generator

    Notes
    -----
    A high coefficient alone says little: steps that nearly everybody or nearly nobody attained are foretold
    without any order (Goodenough 1944; Edwards 1957). Hence the shuffles, which keep how often each step is
    attained.
    """
    steps = np.ascontiguousarray(attained[complete])
    n, k = steps.shape
    if n < 2:
        return Guttman(n)
    found = 1 - guttman_errors(steps).mean() / k
    shares = steps.mean(axis=0)
    marginal = float(np.maximum(shares, 1 - shares).mean())
    n_draws = max(99, min(n_permutations, MOST_DRAWS // (n * k)))
    chance = np.array([1 - guttman_errors(rng.permuted(steps, axis=0)).mean() / k for _ in range(n_draws)])
    return Guttman(
        n_obs=n,
        reproducibility=float(found),
        marginal_reproducibility=marginal,
        scalability=float((found - marginal) / (1 - marginal)) if marginal < 1 else None,
        chance_mean=float(chance.mean()),
        chance_upper=float(np.quantile(chance, 0.95)),
        p_value=float((1 + (chance >= found - 1e-12).sum()) / (1 + n_draws)),
    )
