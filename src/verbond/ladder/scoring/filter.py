"""Filtering: what is known of every customer now, so that a new period needs no past.

The probabilities of the states after the last row that was seen hold all that the model remembers. A new row
moves them one step and weighs them with what was seen: O(K²) a customer, whatever the length of the history.
An event that comes late changes rows that were taken in already; that customer is replayed from the start.

References
----------
Zucchini, MacDonald & Langrock (2016), Hidden Markov Models for Time Series, section 5.4 (filtering).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verbond.errors import DataError
from verbond.ladder.ahead.chain import filtered_states, moved
from verbond.ladder.coding.context import STOCK_UNIT
from verbond.ladder.coding.panels import continued, last_rows
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.scoring.probs import RungProbs
from verbond.ladder.scoring.scoring import on_panel
from verbond.results import Result, plain
from verbond.tables import Panel

__all__ = ["LadderState", "filter_state"]


@dataclass(frozen=True, slots=True)
class LadderState(Result):
    """Where every customer stands now, and enough to go on from there.

    Attributes
    ----------
    customer_ids : (n_customers,) str objects
        Sorted.
    first_periods, last_periods : (n_customers,) datetime64[D]
        Of the rows that were taken in.
    states : (n_customers, n_states) float64
        Filtered probabilities of the model's own states.

    Notes
    -----
    Where the model looks back itself (the count of the period before, exposures that carry over), the state
    also keeps the few last rows that it looks back to.
    """

    customer_ids: np.ndarray
    first_periods: np.ndarray
    last_periods: np.ndarray
    states: np.ndarray = field(repr=False)
    _fitted: Fitted = field(repr=False)
    _tail: Panel = field(repr=False)

    @property
    def probs(self) -> RungProbs:
        """Probability of each rung in each customer's last period."""
        space = self._fitted.model.space
        gone = space.gone_share(self.states) if space.gone else None
        rungs = space.by_rung(self.states)
        return RungProbs("filtered", self.customer_ids, self.last_periods, rungs, gone)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a customer."""
        return plain(self.probs.to_dicts())

    def update(self, panel: Panel) -> LadderState:
        """Take in new rows.

        Parameters
        ----------
        panel : Panel
            Of the customers with news only, or of all. A customer's rows begin in the period after the last
            one that was taken in; or, where something came late, in their first period: then they are
            replayed. New customers are added.

        Returns
        -------
        LadderState

        Raises
        ------
        DataError
            If a customer's rows begin anywhere else: with a gap, or in the middle of what was taken in.
        """
        panel = panel.select(panel.lengths > 0)
        if panel.n_customers == 0:
            return self
        place = np.searchsorted(self.customer_ids, panel.customer_ids)
        known = np.zeros(panel.n_customers, bool)
        inside = place < len(self.customer_ids)
        known[inside] = self.customer_ids[place[inside]] == panel.customer_ids[inside]
        begin = panel.periods[panel.first_period]
        goes_on = np.zeros(panel.n_customers, bool)
        goes_on[known] = begin[known] == _next_period(self.last_periods[place[known]], panel.period)
        replays = known & ~goes_on
        self._check_replay(panel, place, begin, replays)
        tail = self._tail.select(place[goes_on])
        states, after = _filtered(self._fitted, panel, goes_on, self.states[place[goes_on]], tail)
        ends = panel.periods[panel.first_period + panel.lengths - 1]
        untouched = np.ones(len(self.customer_ids), bool)
        untouched[place[known]] = False
        kept = np.flatnonzero(untouched)
        begin = begin.copy()
        begin[goes_on] = self.first_periods[place[goes_on]]
        ids = np.concatenate((self.customer_ids[kept], panel.customer_ids))
        order = np.argsort(ids.astype(str), kind="stable")
        return replace(
            self,
            customer_ids=ids[order],
            first_periods=np.concatenate((self.first_periods[kept], begin))[order],
            last_periods=np.concatenate((self.last_periods[kept], ends))[order],
            states=np.concatenate((self.states[kept], states))[order],
            _tail=continued(self._tail.select(kept), after),
        )

    def _check_replay(self, panel: Panel, place: np.ndarray, begin: np.ndarray, replays: np.ndarray) -> None:
        """Rows that do not go on from the last have to be the whole history."""
        which = np.flatnonzero(replays)
        ends = panel.periods[panel.first_period + panel.lengths - 1]
        whole = begin[which] <= self.first_periods[place[which]]
        whole &= ends[which] >= self.last_periods[place[which]]
        if whole.all():
            return
        i = int(which[~whole][0])
        last = self.last_periods[place[i]]
        raise DataError(
            f"the rows of customer {panel.customer_ids[i]!r} do not connect",
            got=f"rows from {begin[i]} to {ends[i]}",
            expected=f"rows from {_next_period(last, panel.period)} on, or all from "
            f"{self.first_periods[place[i]]} to {last} or later",
            hint="New rows go on where the last ended; where an event came late, give the whole history.",
        )


def filter_state(fitted: Fitted, panel: Panel) -> LadderState:
    """Filter everybody's whole history; see `LadderState`.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
    """
    panel = panel.select(panel.lengths > 0)
    nobody = np.zeros(panel.n_customers, bool)
    nothing = np.zeros((0, fitted.model.space.n_states))
    states, tail = _filtered(fitted, panel, nobody, nothing, panel.select(nobody))
    first = panel.periods[panel.first_period]
    last = panel.periods[panel.first_period + panel.lengths - 1]
    return LadderState(panel.customer_ids, first, last, states, fitted, tail)


def _filtered(
    fitted: Fitted, panel: Panel, goes_on: np.ndarray, before: np.ndarray, tail: Panel
) -> tuple[np.ndarray, Panel]:
    """(n_customers, n_states) after each customer's last row, and the rows to look back to from there.

    Parameters
    ----------
    goes_on : (n_customers,) bool
        Who goes on from states that they had, which are `before` with their last rows in `tail`.
    """
    fresh = replace(
        panel,
        is_new=panel.is_new & ~goes_on,
        starts_with_event=None if panel.starts_with_event is None else panel.starts_with_event & ~goes_on,
    )
    looked = continued(tail, fresh)
    model, theta, encoded = on_panel(fitted, looked)
    tables, sequences = model.tables(theta), encoded.sequences
    skipped = looked.lengths - panel.lengths
    rows = np.flatnonzero(
        np.arange(looked.n_rows) >= np.repeat(looked.offsets[:-1] + skipped, looked.lengths)
    )
    own_start = moved(tables, before, tables.edges[sequences.moves[rows[panel.offsets[:-1][goes_on]]]])
    starts = sequences.starts.copy()
    starts[goes_on] = len(tables.initial) + np.arange(int(goes_on.sum()))
    tables = replace(tables, initial=np.vstack((tables.initial, own_start)))
    news = replace(
        sequences, offsets=panel.offsets, codes=sequences.codes[rows], moves=sequences.moves[rows],
        starts=starts.astype(np.uint32),
    )  # fmt: skip
    return filtered_states(news, tables)[panel.offsets[1:] - 1], last_rows(looked, memory(fitted))


def memory(fitted: Fitted) -> int:
    """How many rows the model looks back to, beside its states."""
    share = fitted.layout.carry_over
    lags = int(np.ceil(np.log(STOCK_UNIT / 2) / np.log(share))) if share else 0
    return max(lags, int(bool(fitted.layout.feedback)))


def _next_period(days: np.ndarray | np.datetime64, period: str) -> np.ndarray | np.datetime64:
    """First day of the period after the one that begins on each day."""
    if period == "week":
        return days + np.timedelta64(7, "D")
    months = np.timedelta64(1 if period == "month" else 3, "M")
    return (days.astype("datetime64[M]") + months).astype("datetime64[D]")
