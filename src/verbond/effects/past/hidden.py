"""How strong something unrecorded would have to be to undo a finding: Rosenbaum's bounds, on pairs."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import rankdata

from verbond.numerics.compiled import compiled

__all__ = ["matched_pairs", "rosenbaum_pvalue", "undoing_odds"]

MOST = 100.0
"""A finding that stands up to more than this is said to stand up to this."""


def rosenbaum_pvalue(differences: np.ndarray, odds: float) -> float:
    """Largest one-sided p-value of Wilcoxon's signed-rank test with a hidden bias of a given strength.

    Parameters
    ----------
    differences : (n,) float64
        Within pairs, who was reached less who was not; those of 0 have a rank and say nothing.
    odds : float
        1 or more: so many times as likely can one of two who look alike have been to be reached (gamma).

    Returns
    -------
    float
        Of no effect, against those reached having more.

    Notes
    -----
    Each pair's rank counts with probability odds / (1 + odds) at most; normal approximation.

    References
    ----------
    Rosenbaum, P. (2002). Observational Studies, second edition, section 4.3. New York: Springer.

    Examples
    --------
    >>> [round(rosenbaum_pvalue(np.arange(1.0, 21.0), odds), 5) for odds in (1.0, 2.0)]
    [4e-05, 0.00279]
    """
    moved = differences != 0
    if not moved.any():
        return 1.0
    ranks, more = rankdata(np.abs(differences))[moved], differences[moved] > 0
    share = odds / (1 + odds)
    spread = math.sqrt(share * (1 - share) * float((ranks**2).sum()))
    return float(ndtr(-(ranks[more].sum() - share * ranks.sum()) / spread))


def undoing_odds(differences: np.ndarray, alpha: float = 0.025) -> float | None:
    """The strength of a hidden bias from which a finding falls; None where it does not stand at all.

    Parameters
    ----------
    differences : (n,) float64
        As in `rosenbaum_pvalue`; the finding is that these are more than 0.
    alpha : float
        One-sided.
    """
    if rosenbaum_pvalue(differences, 1.0) >= alpha:
        return None
    if rosenbaum_pvalue(differences, MOST) < alpha:
        return MOST
    return float(brentq(lambda odds: rosenbaum_pvalue(differences, odds) - alpha, 1.0, MOST, xtol=1e-4))


def matched_pairs(score: np.ndarray, reached: np.ndarray, caliper: float) -> np.ndarray:
    """Pair each who was reached with the nearest of the others who is still free; (pairs, 2) indices.

    Parameters
    ----------
    score : (n,) float64
        Such as the log odds of being reached.
    reached : (n,) bool
    caliper : float
        Nobody is paired with somebody farther away than this.

    Notes
    -----
    Those hardest to match, with the highest score, come first.

    Examples
    --------
    >>> matched_pairs(np.array([0.0, 1.0, 0.1, 5.0]), np.array([True, True, False, False]), 1.0).tolist()
    [[1, 2]]
    """
    others = np.flatnonzero(~reached)
    others = others[np.argsort(score[others], kind="stable")]
    whose = np.flatnonzero(reached)
    whose = whose[np.argsort(-score[whose], kind="stable")]
    at = _nearest_free(score[whose], score[others], caliper)
    found = at >= 0
    return np.column_stack([whose[found], others[at[found]]])


@compiled
def _nearest_free(asked, offered, caliper):
    """Index into `offered` (ascending) for each asked, in their order; -1 where nobody is near and free."""
    n = len(offered)
    left, right = np.arange(n + 2), np.arange(n + 2)  # next free place at or below, at or above; from 1 to n
    found = np.full(len(asked), -1)
    for i in range(len(asked)):
        place = np.searchsorted(offered, asked[i]) + 1
        below, above = place - 1, min(place, n + 1)
        while left[below] != below:
            left[below] = left[left[below]]
            below = left[below]
        while right[above] != above:
            right[above] = right[right[above]]
            above = right[above]
        away_below = asked[i] - offered[below - 1] if below >= 1 else np.inf
        away_above = offered[above - 1] - asked[i] if above <= n else np.inf
        best = below if away_below <= away_above else above
        if min(away_below, away_above) <= caliper:
            found[i] = best - 1
            left[best], right[best] = best - 1, best + 1
    return found
