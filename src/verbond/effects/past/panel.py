"""Months around an action, of customers who were known before them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from verbond.effects.past.options import PastOptions
from verbond.tables.reads.past import PastMonths

__all__ = ["Panel", "panel_of"]


@dataclass(frozen=True, slots=True)
class Panel:
    """Customers by months; n customers, T months.

    Attributes
    ----------
    values : (n, T) float64
        The outcome.
    among : (n, T) float64 or None
        What a share is a share of.
    beforehand : (n, T) float64
        What groups are held beside each other by in the months before: the outcome, and days with a purchase
        where the outcome is the same for all (everybody was still there).
    starts : (n,) int64
        Column of the month in which an action first reached her; T for never.
    n_left_out : int
        Reached, and not among the customers compared.
    clusters : (n,) int64 or None
        Of each customer, where errors go by cluster.
    first_month : int
    """

    values: np.ndarray = field(repr=False)
    among: np.ndarray | None = field(repr=False)
    beforehand: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    n_left_out: int
    first_month: int
    clusters: np.ndarray | None = field(default=None, repr=False)

    @property
    def n_months(self) -> int:
        """T."""
        return self.values.shape[1]

    @property
    def reached(self) -> np.ndarray:
        """Who was reached in the months compared, (n,) bool."""
        return (self.starts >= 1) & (self.starts < self.n_months)

    @property
    def others(self) -> np.ndarray:
        """Who was not, (n,) bool."""
        return self.starts >= self.n_months

    @property
    def n_clusters_least(self) -> float:
        """Clusters with somebody who was reached, or with others, whichever is fewer; endless without any."""
        if self.clusters is None:
            return math.inf
        return min(len(np.unique(self.clusters[group])) for group in (self.reached, ~self.reached))

    @property
    def first_start(self) -> int:
        """Column of the month in which anybody was reached first."""
        return int(self.starts[self.reached].min())


def panel_of(past: PastMonths, options: PastOptions) -> Panel | None:
    """Lay the months around the action out, or None where none are whole before it and during it."""
    wanted = _wanted(past, options)
    opens = past.first_month
    if (past.known_in < opens).sum() < (past.known_in == opens).sum():
        opens += 1  # nobody knows who was a customer before: the first month shows it
    inside = past.reached_in[(past.reached_in > opens) & (past.reached_in <= past.last_month)]
    if not len(inside):
        return None
    opens = max(opens, int(inside.min()) - options.months_before)
    closes = min(past.last_month, int(inside.max()) + options.months_after)
    known = (past.known_in < opens) & (past.reached_in > opens)
    known &= past.left_in >= inside.min()  # who had left by then could not be reached: no comparison either
    staying = options.outcome == "stays"
    chosen = known & wanted
    starts = np.minimum(past.reached_in[chosen] - opens, closes - opens + 1)
    values = past.matrix(options.outcome, chosen, opens, closes)
    return Panel(
        values=values,
        among=past.matrix("listed", chosen, opens, closes) if options.outcome == "discounted" else None,
        beforehand=past.matrix("purchases", chosen, opens, closes) if staying else values,
        starts=starts,
        n_left_out=int(((past.reached_in <= closes) & wanted & ~known).sum()),
        first_month=opens,
        clusters=None if options.cluster is None else _numbered(past.labels[options.cluster][chosen]),
    )


def _wanted(past: PastMonths, options: PastOptions) -> np.ndarray:
    """Customers of the group that is asked for, and whose cluster is known, (n,) bool."""
    wanted = np.ones(len(past.known_in), dtype=bool)
    if options.only is not None:
        by, label = options.only
        wanted &= past.labels[by] == label
    if options.cluster is not None:
        wanted &= np.not_equal(past.labels[options.cluster], None)
    return wanted


def _numbered(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels.astype(str), return_inverse=True)[1]
