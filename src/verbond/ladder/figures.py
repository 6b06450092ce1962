"""The figures that a ladder reports, from one pass, flat so that intervals can be taken through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.kernel import Sequences, Statistics
from verbond.ladder.model import LadderModel

__all__ = ["Figures", "Group", "groups_of", "read_figures"]


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of one segment who are present in the last period.

    Attributes
    ----------
    attribute, value : str
    customers : (n,) int64
    """

    attribute: str
    value: str
    customers: np.ndarray


@dataclass(frozen=True, slots=True)
class Figures:
    """What is reported with an interval.

    Attributes
    ----------
    shares : (n_periods, n_rungs)
    groups : (n_groups, n_rungs)
        Shares of segments in the last period.
    matrix : (n_rungs, n_rungs)
        Transition matrix at mean covariates.
    moved : (2, n_periods - 1)
        Shares that moved up and down.
    """

    shares: np.ndarray
    groups: np.ndarray
    matrix: np.ndarray
    moved: np.ndarray

    def flat(self) -> np.ndarray:
        """All of them in one vector."""
        return np.concatenate([getattr(self, name).ravel() for name in self.__slots__])

    def like(self, flat: np.ndarray) -> Figures:
        """Cut a vector of the same length into these shapes."""
        sizes = np.cumsum([getattr(self, name).size for name in self.__slots__])[:-1]
        parts = np.split(flat, sizes)
        return Figures(
            *(part.reshape(getattr(self, n).shape) for part, n in zip(parts, self.__slots__, strict=True))
        )


def groups_of(
    segments: dict[str, np.ndarray], labels: dict[str, tuple[str, ...]], present: np.ndarray, least: int
) -> tuple[Group, ...]:
    """Segments with at least `least` customers in the last period.

    Where the customers of an attribute that are left out are few together, the smallest segment goes too:
    otherwise their figure could be reckoned back from the total.

    Parameters
    ----------
    segments : mapping of attribute to (n_customers,) codes, -1 where missing
    labels : mapping of attribute to the codes' labels
    present : (n_customers,) bool
    """
    found = []
    for attribute, codes in segments.items():
        groups = [
            Group(attribute, str(value), np.flatnonzero(present & (codes == code)))
            for code, value in enumerate(labels[attribute])
        ]
        shown = sorted((g for g in groups if len(g.customers) >= least), key=lambda g: len(g.customers))
        hidden = int(present.sum()) - sum(len(g.customers) for g in shown)
        gone = shown[:1] if 0 < hidden < least else []
        found += [g for g in groups if len(g.customers) >= least and not any(g is other for other in gone)]
    return tuple(found)


def read_figures(
    model: LadderModel, theta: np.ndarray, stats: Statistics, groups: tuple[Group, ...]
) -> Figures:
    """Take the figures from a pass with `by_period=True`."""
    rungs = model.space.by_rung(stats.period_states)
    present = rungs.sum(axis=1, keepdims=True)
    source, target = model.movement.rung_edges
    edges = stats.period_edges[1:]
    n_moves = np.maximum(edges.sum(axis=1), 1e-12)
    moved = np.stack((edges[:, target > source].sum(axis=1), edges[:, target < source].sum(axis=1))) / n_moves
    last = model.space.by_rung(stats.last)
    by_group = np.array([last[g.customers].mean(axis=0) for g in groups])
    return Figures(
        shares=np.divide(rungs, present, out=np.full_like(rungs, np.nan), where=present > 0),
        groups=by_group.reshape(len(groups), model.space.n_rungs),
        matrix=model.movement.matrix(theta[model.slices[1]]),
        moved=moved,
    )


def present_at_end(sequences: Sequences) -> np.ndarray:
    """(n_customers,) bool: the customer's last row is the last period."""
    lengths = np.diff(sequences.offsets)
    return (lengths > 0) & (sequences.first_period + lengths == sequences.n_periods)
