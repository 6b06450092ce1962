"""`Spans`: from when until when each one was seen, and whether the end was an event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError

__all__ = ["EventTimes", "Spans", "codes_of", "distinct", "event_times"]


@dataclass(frozen=True, slots=True)
class Spans:
    """Rows (start, stop]: under observation after `start`, up to and with `stop`.

    Somebody who was there before observation began enters late (delayed entry, left truncation); somebody
    whose covariates change has a row for each stretch, only the last of which can end in the event.

    Parameters
    ----------
    start, stop : (n,) float
        On one clock, for instance days since somebody became a customer; 0 <= start < stop.
    event : (n,) bool
        Whether the row ends in the event; otherwise it is censored.
    weight : (n,) float, optional
        How many alike a row stands for; above 0.

    Raises
    ------
    DataError
        For no rows, columns of unequal length, what is missing or infinite, times below zero, spans that end
        before they start or have no length, and weights that are not above zero.

    Examples
    --------
    >>> Spans.of([0, 10], [5, 12], [True, False]).n_events
    1.0
    """

    start: np.ndarray = field(repr=False)
    stop: np.ndarray = field(repr=False)
    event: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, start: Any, stop: Any, event: Any, weight: Any = None) -> Spans:
        """Checked spans of anything that numpy takes; `start` None means that all begin at 0."""
        stop = np.atleast_1d(np.asarray(stop, np.float64))
        start = np.zeros(len(stop)) if start is None else np.atleast_1d(np.asarray(start, np.float64))
        event = np.atleast_1d(np.asarray(event))
        weight = np.ones(len(stop)) if weight is None else np.atleast_1d(np.asarray(weight, np.float64))
        _check(start, stop, event, weight)
        return cls(start, stop, event.astype(bool), weight)

    def __len__(self) -> int:
        return len(self.stop)

    @property
    def n_events(self) -> float:
        """Events, each with its weight."""
        return float(self.weight[self.event].sum())

    def select(self, rows: np.ndarray) -> Spans:
        """Some of the rows, by position or by mask."""
        return Spans(self.start[rows], self.stop[rows], self.event[rows], self.weight[rows])

    def at_risk(self, times: Any) -> np.ndarray:
        """Under observation just after each of some times, each with its weight."""
        times = np.atleast_1d(np.asarray(times, np.float64))
        return _weight_until(self.start, self.weight, times) - _weight_until(self.stop, self.weight, times)


@dataclass(frozen=True, slots=True)
class EventTimes:
    """The times at which anything happened, stratum by stratum, and between which of them rows are at risk.

    Attributes
    ----------
    time : (K,) float64
        Ascending within a stratum; strata one after another.
    stratum : (K,) int64
    first, last : (n,) int64
        Row i is at risk at event times first[i] .. last[i]; nowhere where first[i] > last[i]. A row with an
        event has it at last[i].
    """

    time: np.ndarray
    stratum: np.ndarray
    first: np.ndarray = field(repr=False)
    last: np.ndarray = field(repr=False)

    def at_risk(self, weight: np.ndarray) -> np.ndarray:
        """Weight at risk at each event time, (K,)."""
        n_times, here = len(self.time), self.first <= self.last
        enters = np.bincount(self.first[here], weights=weight[here], minlength=n_times + 1)
        leaves = np.bincount(self.last[here] + 1, weights=weight[here], minlength=n_times + 1)
        return np.maximum(np.cumsum(enters - leaves)[:n_times], 0.0)

    def events(self, event: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Weight of the events at each event time, (K,)."""
        return np.bincount(self.last[event], weights=weight[event], minlength=len(self.time))


def event_times(spans: Spans, strata: np.ndarray | None = None) -> EventTimes:
    """Find the event times of spans, in O(n log n).

    Parameters
    ----------
    spans : Spans
    strata : (n,) int, optional
        Rows of different strata are never at risk together.
    """
    if strata is None:
        time = distinct(spans.stop[spans.event])
        first = np.searchsorted(time, spans.start, side="right")
        last = np.searchsorted(time, spans.stop, side="right") - 1
        return EventTimes(time, np.zeros(len(time), np.int64), first, last)
    found = []
    first, last = np.empty(len(spans), np.int64), np.empty(len(spans), np.int64)
    order = np.argsort(strata, kind="stable")
    bounds = np.flatnonzero(np.diff(strata[order])) + 1
    before = 0
    for rows in np.split(order, bounds):
        part = event_times(spans.select(rows))
        first[rows], last[rows] = part.first + before, part.last + before
        found.append(part.time)
        before += len(part.time)
    stratum = np.repeat(np.arange(len(found)), [len(t) for t in found])
    return EventTimes(np.concatenate(found), stratum, first, last)


def distinct(values: np.ndarray) -> np.ndarray:
    """The different values, ascending: by sorting, which for floats is much faster than hashing them."""
    ordered = np.sort(values)
    return ordered[np.r_[True, ordered[1:] > ordered[:-1]]] if len(ordered) else ordered


def codes_of(labels: Any, n: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Number labels 0, 1, ... in their order.

    Raises
    ------
    DataError
        Unless there is one label a row.

    Returns
    -------
    codes : (n,) int64
    labels : array
        Of each code.
    """
    labels = np.asarray(labels)
    if labels.shape != (n,):
        raise DataError(f"{what} do not fit the spans", got=str(labels.shape), expected=f"({n},)")
    known, codes = np.unique(labels, return_inverse=True)
    return codes.astype(np.int64), known


def _check(start: np.ndarray, stop: np.ndarray, event: np.ndarray, weight: np.ndarray) -> None:
    if not len(stop):
        raise DataError("no spans", got="no rows", expected="one or more")
    shapes = {a.shape for a in (start, stop, event, weight)}
    if shapes != {(len(stop),)}:
        raise DataError("columns of spans differ in length", got=", ".join(map(str, sorted(shapes))))
    if event.dtype.kind == "f" and not np.isin(event, (0.0, 1.0)).all():
        raise DataError("an event is neither there nor not", got="other values", expected="0 or 1")
    for name, bad, right in (
        ("a time of spans is missing or infinite", ~np.isfinite(start + stop), "finite times"),
        ("a span starts before zero", start < 0, "times on a clock that starts at 0"),
        ("a span ends before it starts", stop < start, "start < stop"),
        ("a span has no length", stop == start, "start < stop"),
        ("a weight is not above zero", ~((weight > 0) & np.isfinite(weight)), "weights above 0"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            got = f"start {start[row]:g}, stop {stop[row]:g}, weight {weight[row]:g} in row {row}"
            raise DataError(name, got=f"{got} ({int(bad.sum())} in all)", expected=right)


def _weight_until(of: np.ndarray, weight: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Weight of the rows at or before each time."""
    order = np.argsort(times, kind="stable")
    place = np.searchsorted(times[order], of, side="left")
    total = np.empty(len(times))
    total[order] = np.cumsum(np.bincount(place, weights=weight, minlength=len(times) + 1))[:-1]
    return total
