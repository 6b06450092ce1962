"""From cells to arrays: the last step of making a panel, which knows no engine.

The engine finds the cells that are not empty; here they are laid into dense arrays of small types. What all
parts of one panel must agree on (its periods, which kinds occur) stands in a `PanelShape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from verbond.tables.panel import Panel, Period
from verbond.tables.schema import EVENT_KINDS, RUNG_CONSTRUCTS

__all__ = ["AMOUNT_KINDS", "Cells", "PanelShape", "lay_out"]

AMOUNT_KINDS = ("purchase", "return")
Cells = Iterable[Mapping[str, np.ndarray]]
"""Cells of one table, a bounded number at a time; `row_number` is counted from the part's first row."""


@dataclass(frozen=True, slots=True)
class PanelShape:
    """What all parts of a panel have in common.

    Attributes
    ----------
    period : {"month", "week", "quarter"}
    periods : (n_periods,) datetime64[D]
    first : int
        Number of the first period (see `engines.compile.number_periods`).
    dropped : datetime64[D] or None
        The last period, where it was left out.
    segment_labels : mapping of attribute to tuple of str
    action_kinds : tuple of str
        What the codes of exposures stand for.
    event_kinds, exposed_kinds, amount_kinds : tuple of str
        Those that occur.
    has_discounts, has_asked : bool
    """

    period: Period
    periods: np.ndarray
    first: int
    dropped: np.datetime64 | None
    segment_labels: Mapping[str, tuple[str, ...]]
    action_kinds: tuple[str, ...]
    event_kinds: tuple[str, ...]
    exposed_kinds: tuple[str, ...]
    amount_kinds: tuple[str, ...]
    has_discounts: bool
    has_asked: bool


def lay_out(
    shape: PanelShape,
    windows: Mapping[str, np.ndarray],
    segments: Mapping[str, np.ndarray],
    cells: Mapping[str, Cells],
) -> Panel:
    """The panel of some customers.

    Parameters
    ----------
    shape : PanelShape
    windows : mapping of column to (n_customers,) arrays
        customer_id, first_period, last_period, is_new, ended, starts_with_event; in order of customer_id.
    segments : mapping of attribute to (n_customers,) int16
    cells : mapping of "events", "exposures", "scores", "responses" to cells
        Tables that are not there are left out.
    """
    lengths = (windows["last_period"] - windows["first_period"] + 1).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    n_rows = int(offsets[-1])
    counts, amounts, discount_depth = _events(shape, cells.get("events", ()), n_rows)
    scored_rows, scores, standard_errors = _scores(cells.get("scores", ()))
    return Panel(
        period=shape.period,
        periods=shape.periods,
        customer_ids=windows["customer_id"],
        offsets=offsets,
        first_period=(windows["first_period"] - shape.first).astype(np.int32),
        is_new=windows["is_new"].astype(bool),
        starts_with_event=windows["starts_with_event"].astype(bool),
        ended=windows["ended"].astype(bool),
        counts=counts,
        amounts=amounts,
        exposures=_exposures(shape, cells.get("exposures", ()), n_rows),
        discount_depth=discount_depth,
        scored_rows=scored_rows,
        scores=scores,
        standard_errors=standard_errors,
        asked=_asked(cells.get("responses", ()), n_rows) if shape.has_asked else None,
        segments=dict(segments),
        segment_labels=shape.segment_labels,
        dropped_period=shape.dropped,
    )


def _events(
    shape: PanelShape, cells: Cells, n_rows: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray | None]:
    """Counts and amounts by kind, and the discount depth of purchases."""
    counts = {kind: np.zeros(n_rows, np.uint16) for kind in shape.event_kinds}
    amounts = {kind: np.zeros(n_rows, np.float32) for kind in shape.amount_kinds}
    depth = np.full(n_rows, np.nan, np.float32) if shape.has_discounts else None
    for part in cells:
        for kind in counts:
            here = part["kind"] == EVENT_KINDS.index(kind)
            rows = part["row_number"][here]
            counts[kind][rows] = part["n"][here]
            if kind in amounts:
                amounts[kind][rows] = part["amount"][here]
            if kind == "purchase" and depth is not None:
                depth[rows] = _ratio(part["discount"][here], part["listed"][here])
    return counts, amounts, depth


def _ratio(discount: np.ndarray, listed: np.ndarray) -> np.ndarray:
    known = listed > 0
    ratio = np.full(len(listed), np.nan, np.float32)
    ratio[known] = np.clip(discount[known] / listed[known], 0, 1)
    return ratio


def _exposures(shape: PanelShape, cells: Cells, n_rows: int) -> dict[str, np.ndarray]:
    exposures = {kind: np.zeros(n_rows, np.uint8) for kind in shape.exposed_kinds}
    for part in cells:
        for kind, counts in exposures.items():
            here = part["kind"] == shape.action_kinds.index(kind)
            counts[part["row_number"][here]] = part["n"][here]
    return exposures


def _scores(cells: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows with scores, and their scores and errors by rung construct."""
    width, parts = len(RUNG_CONSTRUCTS), list(cells)
    if not parts:
        return np.zeros(0, np.int64), np.zeros((0, width), np.float32), np.zeros((0, width), np.float32)
    cell = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows, position = np.unique(cell["row_number"], return_inverse=True)
    scores, standard_errors = np.full((2, len(rows), width), np.nan, np.float32)
    construct = cell["construct"].astype(np.int64)
    scores[position, construct] = cell["score"]
    standard_errors[position, construct] = cell["standard_error"]
    return rows.astype(np.int64), scores, standard_errors


def _asked(cells: Cells, n_rows: int) -> np.ndarray:
    """-1 not asked, 0 asked without an answer, 1 answered."""
    asked = np.full(n_rows, -1, np.int8)
    for part in cells:
        asked[part["row_number"]] = part["answered"]
    return asked
