"""The figures that a ladder reports, from one pass, flat so that intervals can be taken through them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.ladder.kernel import Sequences, Statistics, state_probs
from verbond.ladder.model.model import LadderModel
from verbond.numerics import chunk_bounds, over_chunks
from verbond.numerics.disclosure import hidden_crossed

__all__ = ["Figures", "Group", "first_passage", "gone_variance", "groups_of", "read_figures"]

NEARLY_ONE = 1 + 1e-12  # who never moves waits very long, not for ever


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of one segment who are present in the last period.

    Attributes
    ----------
    attribute, value : str
    customers : (n_rows_of_last,) int64
        Which rows of `Statistics.last` are theirs: a row a customer, or one row for all of them.
    n_customers : int
    """

    attribute: str
    value: str
    customers: np.ndarray
    n_customers: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is reported with an interval.

    Attributes
    ----------
    shares : (n_periods, n_rungs)
        Of those who are not gone.
    groups : (n_groups, n_rungs)
        Shares of segments in the last period.
    matrix : (n_rungs, n_rungs)
        Transition matrix at mean covariates, of those who are not gone after the move.
    moved : (2, n_periods - 1)
        Shares that moved up and down.
    times : (2, n_rungs)
        Expected periods until somebody stands higher, and lower, for the first time; NaN where there is no
        higher or lower rung.
    gone : (n_periods,)
        Share of the customers who are still counted as such but left without a word.
    leaving : (n_rungs,)
        Probability of leaving without a word in a period.
    """

    shares: np.ndarray
    groups: np.ndarray
    matrix: np.ndarray
    moved: np.ndarray
    times: np.ndarray
    gone: np.ndarray
    leaving: np.ndarray

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
    otherwise their figure could be reckoned back from the total. So do segments from which, together with
    those of other attributes, the figure of a few customers follows (see `verbond.numerics.disclosure`).

    Parameters
    ----------
    segments : mapping of attribute to (n_customers,) codes, -1 where missing
    labels : mapping of attribute to the codes' labels
    present : (n_customers,) bool
    """
    found, here = {}, [np.asarray(codes)[present] for codes in segments.values()]
    for attribute, codes in segments.items():
        members = [np.flatnonzero(present & (codes == code)) for code in range(len(labels[attribute]))]
        found[attribute] = [
            Group(attribute, str(value), customers, len(customers))
            for value, customers in zip(labels[attribute], members, strict=True)
        ]
    return shown_groups(found, Counter(zip(*(codes.tolist() for codes in here), strict=True)), least)


def shown_groups(
    by_attribute: Mapping[str, list[Group]], cells: Mapping[tuple[int, ...], int], least: int
) -> tuple[Group, ...]:
    """The groups that can be shown (see `groups_of`).

    Parameters
    ----------
    by_attribute : mapping of attribute to its groups, in the order of their codes
    cells : mapping of tuple of codes, one an attribute and -1 where missing, to number of customers
        Of those who are there in the last period.
    least : int
    """
    n_present, shown = sum(cells.values()), []
    for groups in by_attribute.values():
        large = sorted(
            (j for j, g in enumerate(groups) if g.n_customers >= least), key=lambda j: groups[j].n_customers
        )
        hidden = n_present - sum(groups[j].n_customers for j in large)
        shown.append(set(large[1:] if 0 < hidden < least else large))
    kept = hidden_crossed(cells, shown, least)
    return tuple(
        g
        for groups, codes in zip(by_attribute.values(), kept, strict=True)
        for j, g in enumerate(groups)
        if j in codes
    )


def read_figures(
    model: LadderModel, theta: np.ndarray, stats: Statistics, groups: tuple[Group, ...]
) -> Figures:
    """Take the figures from a pass with `by_period=True`."""
    space, movement, where = model.space, model.movement, model.slices[1]
    rungs, last = space.by_rung(stats.period_states), space.by_rung(stats.last)
    present, everybody = rungs.sum(axis=1, keepdims=True), stats.period_states.sum(axis=1)
    gone = space.gone_share(stats.period_states)
    by_group = np.array([last[g.customers].sum(axis=0) / last[g.customers].sum() for g in groups])
    states = stats.period_states.sum(axis=0)
    return Figures(
        shares=np.divide(rungs, present, out=np.full_like(rungs, np.nan), where=present > 0),
        groups=by_group.reshape(len(groups), space.n_rungs),
        matrix=movement.matrix(theta[where], states),
        moved=_moved(model, stats.period_edges[1:]),
        times=_times(model, theta, states),
        gone=np.divide(gone, everybody, out=np.full_like(gone, np.nan), where=everybody > 0),
        leaving=movement.leaving(theta[where], states),
    )


def _moved(model: LadderModel, edges: np.ndarray) -> np.ndarray:
    """(2, n) shares that moved up and down among those who are not gone after the move."""
    source, target = model.movement.rung_edges
    edges, stayed = model.movement.by_rung_edges(edges), target < model.space.n_rungs
    up, down = (edges[:, stayed & where].sum(axis=1) for where in (target > source, target < source))
    return np.stack((up, down)) / np.maximum(edges[:, stayed].sum(axis=1), 1e-12)


def _times(model: LadderModel, theta: np.ndarray, states: np.ndarray) -> np.ndarray:
    n, movement = model.space.n_rungs, model.movement
    weights, found = movement.class_weights(states), np.zeros((2, n))
    for c, matrix in enumerate(movement.class_matrices(theta[model.slices[1]])):
        staying = matrix[:n, :n] / matrix[:n, :n].sum(axis=1, keepdims=True)
        found += weights[c] * first_passage(staying)
    return found


def first_passage(matrix: np.ndarray) -> np.ndarray:
    """Expected periods until a rung is left upwards, and downwards, for the first time.

    Parameters
    ----------
    matrix : (n_rungs, n_rungs)
        Transition matrix.

    Returns
    -------
    (2, n_rungs)
        From rung k to any rung above k, and to any below k; detours count. NaN for the top and the bottom.

    Notes
    -----
    With Q the moves among the rungs up to k, the time from there to above k is the last entry of
    (I - Q)^-1 1 (Kemeny & Snell 1960, theorem 3.3.5).

    Examples
    --------
    >>> first_passage(np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.5, 0.5]])).round(1)
    array([[10., 30., nan],
           [nan,  6.,  2.]])
    """
    n = len(matrix)
    times = np.full((2, n), np.nan)
    for k in range(n):
        if k < n - 1:
            within = NEARLY_ONE * np.eye(k + 1) - matrix[: k + 1, : k + 1]
            times[0, k] = np.linalg.solve(within, np.ones(k + 1))[-1]
        if k > 0:
            within = NEARLY_ONE * np.eye(n - k) - matrix[k:, k:]
            times[1, k] = np.linalg.solve(within, np.ones(n - k))[0]
    return times


def gone_variance(model: LadderModel, sequences: Sequences, theta: np.ndarray) -> np.ndarray:
    """(n_periods,) variance of the share of those who are gone, given the parameters."""
    found = np.zeros(sequences.n_periods)
    if not model.space.gone:
        return found
    if not isinstance(sequences, Sequences):
        return sequences.gone_variance(model, theta)
    tables, bounds = model.tables(theta), chunk_bounds(sequences.n_customers)

    def run(chunk: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = int(bounds[chunk]), int(bounds[chunk + 1])
        gone = model.space.gone_share(state_probs(sequences, tables, low, high))
        lengths = np.diff(sequences.offsets[low : high + 1])
        before = np.repeat(sequences.offsets[low:high] - sequences.offsets[low], lengths)
        rows = np.repeat(sequences.first_period[low:high], lengths) + np.arange(len(gone)) - before
        spread = np.bincount(rows, gone * (1 - gone), sequences.n_periods)
        return spread, np.bincount(rows, minlength=sequences.n_periods)

    present = np.zeros(sequences.n_periods)
    for spread, n in over_chunks(run, len(bounds) - 1):
        found += spread
        present += n
    return found / np.maximum(present, 1) ** 2


def present_at_end(sequences: Sequences) -> np.ndarray:
    """(n_customers,) bool: the customer's last row is the last period."""
    lengths = np.diff(sequences.offsets)
    return (lengths > 0) & (sequences.first_period + lengths == sequences.n_periods)
