"""What one action did to the odds of moving up, seen afterwards.

A fitted ladder says how likely each move was for everybody. For customers whom the action reached, the move
into the period in which it did gets log odds b more of going up, and b is what makes all that was seen of
them before and after that period most likely. What was seen in the period itself does not count: a discount
lifts what is bought in its month, and nobody stands higher for it. The same is done for customers beside
whom it did not reach, in the same periods; the difference of the two is what the action is held to have
done, so that what moved everybody falls out of it.

With ξ the chance of each move given everything, ℓ(b) = Σ log Σ α(s) P_b(s, s') β(s'): α what is known before
the move, β how well a state explains the periods after it, P_b the move with b (as in `climbing.pushed`).

References
----------
Rabiner (1989), Proc. IEEE 77(2), equations 24-25. White (1982), Econometrica 50, for the standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from verbond.ladder.ahead.chain import dense, moved
from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.kernel import probs_at
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.space import Space
from verbond.ladder.scoring.scoring import on_panel
from verbond.tables import Panel

__all__ = ["PushSeen", "push_seen"]

PRIOR_SD = 3.0
"""Of the log odds of each group, around 0: where all went up, or nobody, the estimate stays finite."""
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class PushSeen:
    """Log odds of moving up of whom an action reached, beside whom it did not.

    Attributes
    ----------
    mean, sd : float
        The best estimate and its standard error.
    n_reached, n_beside : int
        Customers on whom it rests: those seen before, in and after a period in which it reached somebody.
    """

    mean: float
    sd: float
    n_reached: int
    n_beside: int


@dataclass(frozen=True, slots=True)
class _Moved:
    """Moves of one group, a row a customer and period.

    Attributes
    ----------
    known : (n, n_states)
        What is known before the move.
    up, stays : (n, n_states)
        Chance of going up from each state, and of everything else.
    up_fits, stays_fits : (n, n_states)
        The same times how well where it leads to explains the periods after.
    customer : (n,) int64
    weights : (n,) float64
    """

    known: np.ndarray
    up: np.ndarray
    stays: np.ndarray
    up_fits: np.ndarray
    stays_fits: np.ndarray
    customer: np.ndarray
    weights: np.ndarray

    def loglik(self, b: float) -> float:
        """ℓ(b), beside the same without the push."""
        return float(self.weights @ (np.log(self._fit(np.exp(b))) - np.log(self._fit(1.0))))

    def scores(self, b: float) -> np.ndarray:
        """(n,) derivative of each row's share in ℓ by b."""
        odds = np.exp(b)
        slope = odds * (self.up_fits * self.stays - self.up * self.stays_fits)
        return (self.known * slope / (self.stays + odds * self.up) ** 2).sum(axis=1) / self._fit(odds)

    def _fit(self, odds: float) -> np.ndarray:
        """(n,) how well each row fits when going up has so many times the odds."""
        fits = (self.stays_fits + odds * self.up_fits) / (self.stays + odds * self.up)
        return (self.known * fits).sum(axis=1)


def push_seen(
    fitted: Fitted,
    panel: Panel,
    reached: np.ndarray,
    *,
    beside: np.ndarray | None = None,
    kind: str | None = None,
) -> PushSeen:
    """See what an action did to the odds of moving up.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
    reached : (n_customers,) int
        Period in which it reached each customer, an index into `panel.periods`; negative for nobody's.
    beside : (n_customers,) int, optional
        The same of those whom a lot gave nothing. Without it, everybody else stands beside who was there in
        the same periods, each period counting as often as it has people reached.
    kind : str, optional
        The kind of action as which the panel counts it; what the model knows of the kind is then taken off
        first, so that the whole of what the action did is found.

    Returns
    -------
    PushSeen
    """
    here = on_panel(fitted, panel)
    names = here[0].movement.names
    rows, customers = _rows_of(panel, reached)
    if beside is not None:
        others, who = _rows_of(panel, beside)
        weights = np.ones(len(others))
    else:
        others, who, weights = _rows_beside(panel, reached, rows)
    own = names.index(kind) if kind in names else None
    first = _estimate(_moves_of(here, rows, customers, np.ones(len(rows)), own))
    second = _estimate(_moves_of(here, others, who, weights))
    return PushSeen(
        first[0] - second[0], float(np.hypot(first[1], second[1])), len(np.unique(customers)),
        len(np.unique(who)),
    )  # fmt: skip


def _moves_of(
    here: tuple[LadderModel, np.ndarray, Encoded],
    rows: np.ndarray,
    customers: np.ndarray,
    weights: np.ndarray,
    own: int | None = None,
) -> _Moved:
    """What is known of the moves into some rows; without one exposure of the kind `own`."""
    model, theta, encoded = here
    tables, sequences, order = model.tables(theta), encoded.sequences, np.argsort(rows)
    rows, customers, weights = rows[order], customers[order], weights[order]
    before = probs_at(sequences, tables, rows - 1, kind="filtered")
    after = probs_at(sequences, tables, rows, kind="smoothed")
    edges = tables.edges[sequences.moves[rows]]
    there = moved(tables, before, edges) * tables.emission[sequences.codes[rows]]
    fits = np.divide(after, there, out=np.zeros_like(after), where=there > 0)
    fits /= fits.max(axis=1, keepdims=True, initial=1e-300)
    if own is not None:
        x = model.movement.covariates[sequences.moves[rows]].copy()
        x[:, own] -= 1.0
        edges = model.movement.edge_probs(theta[model.slices[1]], x)
    parts = [
        _ways(dense(tables, edges[i : i + ROWS_AT_ONCE]), fits[i : i + ROWS_AT_ONCE], model.space)
        for i in range(0, max(len(rows), 1), ROWS_AT_ONCE)
    ]
    return _Moved(before, *(np.concatenate(one) for one in zip(*parts, strict=True)), customers, weights)


def _rows_of(panel: Panel, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of customers in a period of their own, with a row before and one after; and whose they are."""
    at = periods - panel.first_period
    seen = np.flatnonzero((periods >= 0) & (at >= 1) & (at < panel.lengths - 1))
    return panel.offsets[seen] + at[seen], seen


def _rows_beside(
    panel: Panel, reached: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of everybody else in the periods in which somebody was reached, weighted to as many a period."""
    n_of = np.bincount(panel.row_periods[rows], minlength=len(panel.periods))
    age = np.arange(panel.n_rows) - np.repeat(panel.offsets[:-1], panel.lengths)
    whole = (age >= 1) & (age < np.repeat(panel.lengths, panel.lengths) - 1)
    nobody = np.repeat(reached < 0, panel.lengths)
    found = np.flatnonzero(whole & nobody & (n_of[panel.row_periods] > 0))
    periods = panel.row_periods[found]
    others = np.bincount(periods, minlength=len(panel.periods))
    customers = np.repeat(np.arange(panel.n_customers), panel.lengths)[found]
    return found, customers, n_of[periods] / others[periods]


def _ways(matrices: np.ndarray, fits: np.ndarray, space: Space) -> tuple[np.ndarray, ...]:
    """The chance of going up and of all else from each state; both again, weighted by what they fit."""
    state = np.arange(space.n_states)
    place, klass = state % space.n_places, state // space.n_places
    is_up = (place > place[:, None]) & (place < space.n_rungs) & (klass == klass[:, None])
    up, rest = np.where(is_up, matrices, 0.0), np.where(is_up, 0.0, matrices)
    return (
        up.sum(axis=2), rest.sum(axis=2), np.einsum("nij,nj->ni", up, fits),
        np.einsum("nij,nj->ni", rest, fits),
    )  # fmt: skip


def _estimate(group: _Moved) -> tuple[float, float]:
    """b and its standard error, customers who are there several times taken together."""
    prior, bounds = PRIOR_SD**-2, (-4 * PRIOR_SD, 4 * PRIOR_SD)
    found = minimize_scalar(lambda b: prior * b**2 / 2 - group.loglik(b), bounds=bounds, method="bounded")
    b, step = float(found.x), 1e-4
    rise = group.weights @ (group.scores(b + step) - group.scores(b - step)) / (2 * step)
    _, who = np.unique(group.customer, return_inverse=True)
    sums = np.bincount(who, group.weights * group.scores(b))
    return b, float(np.sqrt(sums @ sums + prior) / max(prior - rise, prior))
