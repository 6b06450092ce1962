"""Panels cut by time and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from verbond.tables import Panel

__all__ = ["between", "continued", "last_rows", "window_sums"]


def between(panel: Panel, first: int, last: int) -> Panel:
    """The rows of periods `first` to `last` (not included); the periods keep their numbers.

    Customers without a row there stay, with none.
    """
    rows = panel.row_periods
    return _kept(panel, np.flatnonzero((rows >= first) & (rows < last)))


def last_rows(panel: Panel, n: int) -> Panel:
    """Each customer's last `n` rows, or as many as there are."""
    from_end = np.repeat(panel.offsets[1:], panel.lengths) - np.arange(panel.n_rows)
    return _kept(panel, np.flatnonzero(from_end <= n))


def _kept(panel: Panel, rows: np.ndarray) -> Panel:
    """Some rows, which follow each other within every customer."""
    lengths = np.bincount(_owners(panel)[rows], minlength=panel.n_customers)
    position = np.full(panel.n_rows, -1, np.int64)
    position[rows] = np.arange(len(rows))
    first = panel.first_period.astype(np.int64)
    has = np.flatnonzero(lengths > 0)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    first[has] = panel.row_periods[rows[offsets[:-1][has]]]
    last = first + lengths
    scored = position[panel.scored_rows]
    whole = first == panel.first_period
    return replace(
        panel,
        offsets=offsets,
        first_period=first.astype(np.int32),
        is_new=panel.is_new & whole,
        ended=panel.ended & (last == panel.first_period + panel.lengths),
        counts={kind: values[rows] for kind, values in panel.counts.items()},
        amounts={kind: values[rows] for kind, values in panel.amounts.items()},
        exposures={kind: values[rows] for kind, values in panel.exposures.items()},
        discount_depth=None if panel.discount_depth is None else panel.discount_depth[rows],
        scored_rows=scored[scored >= 0],
        scores=panel.scores[scored >= 0],
        standard_errors=panel.standard_errors[scored >= 0],
        asked=None if panel.asked is None else panel.asked[rows],
        starts_with_event=None if panel.starts_with_event is None else panel.starts_with_event & whole,
    )


def continued(before: Panel, after: Panel) -> Panel:
    """The customers of both, each with the rows of `before` and then those of `after`.

    Whether a customer is new is told by where their rows begin; segments are left out.
    """
    ids = np.unique(np.concatenate((before.customer_ids, after.customer_ids)).astype(str)).astype(object)
    periods = np.unique(np.concatenate((before.periods, after.periods)))
    places = [np.searchsorted(ids.astype(str), p.customer_ids.astype(str)) for p in (before, after)]
    lengths = np.zeros((2, len(ids)), np.int64)
    for which, (panel, place) in enumerate(zip((before, after), places, strict=True)):
        lengths[which, place] = panel.lengths
    offsets = np.concatenate(([0], np.cumsum(lengths.sum(axis=0)))).astype(np.int64)
    starts = (offsets[:-1], offsets[:-1] + lengths[0])
    rows = [
        np.arange(p.n_rows) + np.repeat(start[place] - p.offsets[:-1], p.lengths)
        for p, place, start in zip((before, after), places, starts, strict=True)
    ]
    first, flags = np.zeros(len(ids), np.int64), np.zeros((3, len(ids)), bool)
    for panel, place in ((after, places[1]), (before, places[0])):  # what came before decides
        here = panel.lengths > 0
        first[place[here]] = np.searchsorted(periods, panel.periods[panel.first_period[here]])
        starting = panel.starts_with_event if panel.starts_with_event is not None else np.zeros_like(here)
        flags[0, place[here]], flags[1, place[here]] = panel.is_new[here], starting[here]
    for panel, place in ((before, places[0]), (after, places[1])):  # what comes after decides
        flags[2, place[panel.lengths > 0]] = panel.ended[panel.lengths > 0]
    n = int(offsets[-1])

    def joined(name: str) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for panel, place in zip((before, after), rows, strict=True):
            held: Mapping[str, np.ndarray] = getattr(panel, name)
            for kind, values in held.items():
                found.setdefault(kind, np.zeros(n, values.dtype))[place] = values
        return found

    def optional(name: str, missing: float) -> np.ndarray | None:
        parts = [getattr(panel, name) for panel in (before, after)]
        if all(part is None for part in parts):
            return None
        found = np.full(n, missing, next(part.dtype for part in parts if part is not None))
        for part, place in zip(parts, rows, strict=True):
            if part is not None:
                found[place] = part
        return found

    scored = np.concatenate((rows[0][before.scored_rows], rows[1][after.scored_rows]))
    order = np.argsort(scored, kind="stable")
    return replace(
        after,
        periods=periods,
        customer_ids=ids,
        offsets=offsets,
        first_period=first.astype(np.int32),
        is_new=flags[0],
        ended=flags[2],
        counts=joined("counts"),
        amounts=joined("amounts"),
        exposures=joined("exposures"),
        discount_depth=optional("discount_depth", np.nan),
        scored_rows=scored[order],
        scores=np.concatenate((before.scores, after.scores))[order],
        standard_errors=np.concatenate((before.standard_errors, after.standard_errors))[order],
        asked=optional("asked", -1),
        segments={},
        segment_labels={},
        starts_with_event=flags[1],
    )


def _owners(panel: Panel) -> np.ndarray:
    return np.repeat(np.arange(panel.n_customers), panel.lengths)


def window_sums(values: np.ndarray, panel: Panel, n_periods: int) -> np.ndarray:
    """Sum over the last `n_periods` rows of the same customer, this row included."""
    total = np.concatenate(([0.0], np.cumsum(values, dtype=float)))
    rows = np.arange(panel.n_rows)
    first = np.repeat(panel.offsets[:-1], panel.lengths)
    return total[rows + 1] - total[np.maximum(first, rows + 1 - n_periods)]
