"""Customers as spans on the clock of being a customer, cut where something became known of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.loyalty.grouping import Division
from verbond.numerics.survival import Spans, distinct
from verbond.tables.reads.staying import KnownGroups, Stays

__all__ = ["Lives", "Pieces", "Window", "lives_of", "main_stretch", "pieces_of", "window_of"]

QUIET = 20.0
"""Without one cancellation where so many would be expected, cancellations were not recorded there: by chance
that happens once in 500 million."""
NEW_AFTER = 90
"""Somebody without a recorded beginning, first seen later than so many days after the data begin, is new."""
_GROWING = ("none", "one", "some", "more", "mostly")


@dataclass(frozen=True, slots=True)
class Window:
    """Between which days cancellations are recorded, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Lives:
    """Customers whose time as a customer is known; the clock counts days since they became one.

    Attributes
    ----------
    customer_ids : (n,) object
    began_on : (n,) datetime64[D]
    spans : Spans
        A row a customer: from the morning they were first under observation to the evening they left.
    n_unknown : int
        Left out: since when they are a customer is not known.
    n_outside : int
        Left out: they came after the observation, or left before it.
    n_silent : int
        There before the data began, and nothing at all is recorded of them in it.
    n_bought_after : int
        Bought on a later day than they cancelled.
    """

    customer_ids: np.ndarray = field(repr=False)
    began_on: np.ndarray = field(repr=False)
    spans: Spans = field(repr=False)
    n_unknown: int
    n_outside: int
    n_silent: int
    n_bought_after: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Spans cut where a group became known.

    Attributes
    ----------
    owner : (m,) int64
        Row of `Lives`.
    spans : Spans
    divisions : tuple of Division
        The group of each piece, as it was known when the piece began.
    """

    owner: np.ndarray = field(repr=False)
    spans: Spans = field(repr=False)
    divisions: tuple[Division, ...]

    def ends(self) -> tuple[Division, ...]:
        """The group of each customer in their last piece."""
        last = np.r_[self.owner[1:] != self.owner[:-1], True]
        return tuple(Division(d.by, d.labels, d.codes[last]) for d in self.divisions)


def window_of(found: Stays) -> Window:
    """When cancellations are recorded: not in a long silence before the first or after the last of them.

    A silence is long where `QUIET` cancellations would be expected at the pace between first and last; the
    one that bounds it is left out with it.
    """
    first, last = found.first_day, found.last_day
    if found.first_cancellation is None or found.last_cancellation is None:
        return Window(first, last)
    pace = found.n_cancellations / ((found.last_cancellation - found.first_cancellation).days + 1)
    if (found.first_cancellation - first).days * pace > QUIET:
        first = found.first_cancellation + dt.timedelta(days=1)
    if (last - found.last_cancellation).days * pace > QUIET:
        last = found.last_cancellation - dt.timedelta(days=1)
    return Window(first, last) if first < last else Window(found.first_day, found.last_day)


def lives_of(found: Stays, window: Window) -> Lives | None:
    """Spans of the customers; None where there is nobody.

    Notes
    -----
    Somebody who was there before the observation enters late: she could not have been seen leaving before.
    """
    first, last = np.datetime64(window.first), np.datetime64(window.last)
    new = found.first_on >= np.datetime64(found.first_day) + np.timedelta64(NEW_AFTER, "D")
    began = np.where(np.isnat(found.since) & new, found.first_on, found.since)
    unknown = np.isnat(began)
    outside = ~unknown & ((began > last) | (found.left_on < first))
    here = ~unknown & ~outside
    if not here.any():
        return None
    began, left = began[here], found.left_on[here]
    event = left <= last  # NaT compares as False
    start = np.maximum(_days(first - began), 0)
    stop = _days(np.where(event, left, last) - began) + 1
    silent = np.isnat(found.first_on[here]) & (began < np.datetime64(found.first_day))
    return Lives(
        customer_ids=found.customer_ids[here],
        began_on=began,
        spans=Spans.of(start, stop, event),
        n_unknown=int(unknown.sum()),
        n_outside=int(outside.sum()),
        n_silent=int(silent.sum()),
        n_bought_after=int((found.bought_after[here] & event).sum()),
    )


def pieces_of(lives: Lives, groups: Sequence[KnownGroups]) -> Pieces:
    """Cut spans at every change of a group; what becomes known on a day holds from that morning on."""
    n, spans = len(lives.customer_ids), lives.spans
    place = {who: row for row, who in enumerate(lives.customer_ids.tolist())}
    changes = [_Changes.of(g, lives, place) for g in groups]
    owner = np.concatenate([np.arange(n), *(c.owner for c in changes)])
    at = np.concatenate([spans.start, *(c.at for c in changes)])
    inside = (at >= spans.start[owner]) & (at < spans.stop[owner])
    clock = int(spans.stop.max()) + 1
    owner, day = np.divmod(distinct(owner[inside] * clock + at[inside].astype(np.int64)), clock)
    start = day.astype(np.float64)
    last = np.r_[owner[1:] != owner[:-1], True]
    stop = np.where(last, spans.stop[owner], np.r_[start[1:], 0.0])
    cut = Spans.of(start, stop, spans.event[owner] & last)
    return Pieces(owner, cut, tuple(c.division(owner, start) for c in changes))


def main_stretch(spans: Spans, least: float) -> tuple[float, float] | None:
    """Where most is known: the stretch of the clock with at least so many under observation throughout.

    Of several the one in which most customer-days were seen; None where there is none.
    """
    times = distinct(np.concatenate([spans.start, spans.stop]))
    n = spans.at_risk(times)[:-1]
    enough = np.r_[False, n >= least, False]
    begins, ends = (np.flatnonzero(enough[1:] & ~enough[:-1]), np.flatnonzero(~enough[1:] & enough[:-1]))
    if not len(begins):
        return None
    seen = np.concatenate([[0.0], np.cumsum(n * np.diff(times))])
    best = int(np.argmax(seen[ends] - seen[begins]))
    return float(times[begins[best]]), float(times[ends[best]])


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of one grouping by customer and moment, the last one of equal moments."""

    by: str
    labels: tuple[str, ...]
    owner: np.ndarray
    at: np.ndarray
    code: np.ndarray
    begin: int

    @classmethod
    def of(cls, groups: KnownGroups, lives: Lives, place: dict[object, int]) -> _Changes:
        rows = np.array([place.get(who, -1) for who in groups.customer_ids.tolist()], np.int64)
        known = rows >= 0
        rows, label = rows[known], groups.label[known]
        at = np.maximum(_days(groups.known_on[known] - lives.began_on[rows]), -1)
        begin = [] if groups.begin is None else [groups.begin]
        labels = tuple(sorted({*label.tolist(), *begin}, key=_place))
        number = {one: j for j, one in enumerate(labels)}
        code = np.array([number[one] for one in label.tolist()], np.int64)
        order = np.lexsort((np.arange(len(rows)), at, rows))
        rows, at, code = rows[order], at[order], code[order]
        final = np.r_[(rows[1:] != rows[:-1]) | (at[1:] != at[:-1]), np.ones(min(len(rows), 1), bool)]
        start = -1 if groups.begin is None else number[groups.begin]
        return cls(groups.by, labels, rows[final], at[final], code[final], start)

    def division(self, owner: np.ndarray, start: np.ndarray) -> Division:
        """The group of each piece: the customer's last change at or before it."""
        if not len(self.owner):
            return Division(self.by, self.labels, np.full(len(owner), self.begin, np.int64))
        far = max(float(start.max()), float(self.at.max())) + 3.0
        found = np.searchsorted(self.owner * far + self.at + 1, owner * far + start + 1, side="right") - 1
        mine = (found >= 0) & (self.owner[np.maximum(found, 0)] == owner)
        return Division(self.by, self.labels, np.where(mine, self.code[np.maximum(found, 0)], self.begin))


def _place(label: str) -> tuple[int, str]:
    """What grows in the order in which it grows, other labels by the alphabet."""
    return (_GROWING.index(label) if label in _GROWING else -1, label)


def _days(difference: np.ndarray) -> np.ndarray:
    return difference.astype("timedelta64[D]").astype(np.float64)
