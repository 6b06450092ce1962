"""`Panel`: what every customer did, period by period, as arrays that kernels read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["PERIODS", "Panel", "Period"]

Period = Literal["month", "week", "quarter"]
PERIODS: tuple[Period, ...] = ("month", "week", "quarter")


@dataclass(frozen=True, slots=True)
class Panel:
    """One row per customer and period, customer by customer, without gaps.

    The rows of customer i are `offsets[i]:offsets[i + 1]`; they are consecutive periods from
    `first_period[i]` on. A period in which nothing happened is a row of zeros. A customer's window runs from
    the start of the panel, or from when they became a customer if that is later, to the end of the panel, or
    to the period of a cancellation after which nothing was bought.

    Attributes
    ----------
    period : {"month", "week", "quarter"}
        Weeks start on Monday.
    periods : ndarray of datetime64[D], shape (n_periods,)
        First day of each.
    customer_ids : ndarray of str objects, shape (n_customers,)
        Sorted.
    offsets : ndarray of int64, shape (n_customers + 1,)
    first_period : ndarray of int32, shape (n_customers,)
        Index into `periods`.
    is_new : ndarray of bool, shape (n_customers,)
        Became a customer inside the panel, and is not seen from the middle.
    ended : ndarray of bool, shape (n_customers,)
        The window was closed by a cancellation: the last row is its period.
    counts : mapping of event kind to ndarray of uint16, shape (n_rows,)
        Only kinds that occur; purchases count orders, not lines.
    amounts : mapping of event kind to ndarray of float32, shape (n_rows,)
        Sums of money, for purchases and returns that have amounts.
    exposures : mapping of action kind to ndarray of uint8, shape (n_rows,)
        Only kinds that occur.
    discount_depth : ndarray of float32, shape (n_rows,), or None
        Discount / list value of the period's purchases, 0..1; NaN where unknown.
    scored_rows : ndarray of int64, shape (n_scored,)
        Rows with survey scores, ascending.
    scores, standard_errors : ndarray of float32, shape (n_scored, 5)
        On 0..100, in the order of RUNG_CONSTRUCTS; NaN where not measured.
    asked : ndarray of int8, shape (n_rows,), or None
        -1 not asked, 0 asked without an answer, 1 answered; None where the data cannot tell.
    segments : mapping of attribute to ndarray of int16, shape (n_customers,)
        Index into `segment_labels`; -1 where missing.
    segment_labels : mapping of attribute to tuple of str
    dropped_period : datetime64[D] or None
        First day of a last period that was left out because it is not complete.
    starts_with_event : ndarray of bool, shape (n_customers,), or None
        The window opens with the first event because nothing tells since when they are a customer.
    """

    period: Period
    periods: np.ndarray
    customer_ids: np.ndarray
    offsets: np.ndarray
    first_period: np.ndarray
    is_new: np.ndarray
    ended: np.ndarray
    counts: Mapping[str, np.ndarray]
    amounts: Mapping[str, np.ndarray]
    exposures: Mapping[str, np.ndarray]
    discount_depth: np.ndarray | None
    scored_rows: np.ndarray
    scores: np.ndarray
    standard_errors: np.ndarray
    asked: np.ndarray | None
    segments: Mapping[str, np.ndarray]
    segment_labels: Mapping[str, tuple[str, ...]]
    dropped_period: np.datetime64 | None = None
    starts_with_event: np.ndarray | None = None

    @property
    def n_customers(self) -> int:
        """How many customers."""
        return len(self.customer_ids)

    @property
    def n_rows(self) -> int:
        """How many customer-periods."""
        return int(self.offsets[-1])

    @property
    def lengths(self) -> np.ndarray:
        """Periods per customer, int64, shape (n_customers,)."""
        return np.diff(self.offsets)

    @property
    def n_present(self) -> np.ndarray:
        """Customers in each period, int64, shape (n_periods,)."""
        here, size = self.lengths > 0, len(self.periods) + 1
        came = np.bincount(self.first_period, here, minlength=size)
        left = np.bincount(self.first_period + self.lengths, here, minlength=size)
        return np.cumsum(came - left)[: len(self.periods)].astype(np.int64)

    @property
    def row_periods(self) -> np.ndarray:
        """Index into `periods` of each row, int32, shape (n_rows,)."""
        starts = self.first_period.astype(np.int64) - self.offsets[:-1]
        return (np.arange(self.n_rows) + np.repeat(starts, self.lengths)).astype(np.int32)

    def select(self, customers: slice | np.ndarray) -> Panel:
        """Return the panel of some customers.

        Parameters
        ----------
        customers : slice, boolean mask or index array, over customers

        Returns
        -------
        Panel
            The same periods; rows are renumbered.
        """
        chosen = np.arange(self.n_customers)[customers]
        lengths = self.lengths[chosen]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][chosen] - offsets[:-1], lengths)
        found, measured = self._scored_among(rows)
        return Panel(
            period=self.period,
            periods=self.periods,
            customer_ids=self.customer_ids[chosen],
            offsets=offsets,
            first_period=self.first_period[chosen],
            is_new=self.is_new[chosen],
            ended=self.ended[chosen],
            counts={kind: values[rows] for kind, values in self.counts.items()},
            amounts={kind: values[rows] for kind, values in self.amounts.items()},
            exposures={kind: values[rows] for kind, values in self.exposures.items()},
            discount_depth=None if self.discount_depth is None else self.discount_depth[rows],
            scored_rows=measured,
            scores=self.scores[found],
            standard_errors=self.standard_errors[found],
            asked=None if self.asked is None else self.asked[rows],
            segments={name: codes[chosen] for name, codes in self.segments.items()},
            segment_labels=self.segment_labels,
            dropped_period=self.dropped_period,
            starts_with_event=None if self.starts_with_event is None else self.starts_with_event[chosen],
        )

    def _scored_among(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions in `scored_rows` of the scored ones among `rows`, and where these stand in `rows`."""
        position = np.full(self.n_rows, -1, dtype=np.int64)
        position[self.scored_rows] = np.arange(len(self.scored_rows))
        found = position[rows]
        return found[found >= 0], np.flatnonzero(found >= 0)
