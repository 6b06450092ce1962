"""From a panel to the codes that the kernel reads.

Every row becomes one small integer: which combination of counts, yes-or-no's, answering, and actions was
seen. Most rows of most companies are alike (nothing happened), so that a million customers share a few
thousand combinations. Rows with survey scores get a code of their own. A second integer says which actions
act on the move into the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from verbond.ladder.context import column_of, lifts_of
from verbond.ladder.kernel import Sequences
from verbond.tables import Panel

__all__ = ["Encoded", "Layout", "Seen", "combine", "encode", "subset"]

LEAST_EVENTS = 10
RARE_SHARE_ABOVE_ONE = 0.05
ENTRY_SHARE = 0.9
UNKNOWN = -1
ANSWERED = "answered"
MOST_ORDERS = 255


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that is seen of customers.

    Attributes
    ----------
    name : str
        Event kind, or "answered".
    binary : bool
        Yes or no; else a count.
    values : (n_values,) float64
        The values that occur; NaN for not known. Of a yes-or-no: how often yes.
    no : (n_values,) float64
        Of a yes-or-no: how often no.
    index : (n_shared,) int64
        Which value each combination has.
    average : float
        Over the rows in which it is known.
    n_events : int
        Rows in which it happened at least once.
    """

    name: str
    binary: bool
    values: np.ndarray
    no: np.ndarray
    index: np.ndarray
    average: float
    n_events: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model looks at in a panel.

    Attributes
    ----------
    kinds : mapping of str to bool
        What is seen, and whether it is yes-or-no.
    lifts : mapping of str to tuple of str
        What lifts each kind in the same period: action kinds, "season".
    moving : tuple of str
        Action kinds that act on movement.
    """

    kinds: Mapping[str, bool]
    lifts: Mapping[str, tuple[str, ...]]
    moving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A panel as codes.

    Attributes
    ----------
    sequences : Sequences
    layout : Layout
    seen : tuple of Seen
    context : mapping of str to (n_shared,) int64
        Action kinds and season of each combination.
    base : (n_scored,) int64
        The combination behind the code of each scored row.
    exposures : (n_moves, n_moving) float64
        Exposures behind each move code.
    exposure_means : (n_moving,) float64
    left_out : tuple of str
        Event kinds that happened too rarely to tell anything.
    """

    sequences: Sequences
    layout: Layout
    seen: tuple[Seen, ...]
    context: Mapping[str, np.ndarray]
    base: np.ndarray
    exposures: np.ndarray
    exposure_means: np.ndarray
    left_out: tuple[str, ...]


def encode(panel: Panel, layout: Layout | None = None, *, moving: tuple[str, ...] = ()) -> Encoded:
    """Turn a panel into codes.

    Parameters
    ----------
    panel : Panel
    layout : Layout, optional
        What a fitted model looks at; found in the panel when not given.
    moving : tuple of str
        Action kinds that act on movement, when no layout is given.

    Notes
    -----
    A kind is yes-or-no when fewer than 5 in 100 of the rows in which it happened show more than one. Returns
    are a share of the period's orders; those of earlier orders are left out. What made somebody a customer is
    not known in their first row: most new customers' first rows show it, or their first event is all that
    tells that they are one. It says that they came, not how they live.
    """
    if layout is None:
        kinds = _kinds(panel)
        counted = {k: np.minimum(panel.counts[k], 1 if b else 255) for k, b in kinds.items() if _lifted(k)}
        layout = Layout(kinds, lifts_of(panel, counted), moving)
    kept = [
        (name, binary) for name, binary in layout.kinds.items() if name in panel.counts or name == ANSWERED
    ]
    columns = [_column(panel, name, binary) for name, binary in kept]
    around = sorted({name for names in layout.lifts.values() for name in names})
    codes, values = combine([*columns, *(column_of(panel, name) for name in around)], panel.n_rows)
    seen = tuple(
        _seen(name, binary, column, values[:, j])
        for j, ((name, binary), column) in enumerate(zip(kept, columns, strict=True))
    )
    context = {name: values[:, len(kept) + j] for j, name in enumerate(around)}
    moves, exposures = combine([column_of(panel, name) for name in layout.moving], panel.n_rows)
    left_out = tuple(sorted(set(panel.counts) - set(layout.kinds)))
    sequences, base = _sequences(panel, codes, len(values), moves, len(exposures))
    means = np.bincount(moves, minlength=len(exposures)) @ exposures / max(panel.n_rows, 1)
    return Encoded(sequences, layout, seen, context, base, exposures.astype(float), means, left_out)


def _lifted(name: str) -> bool:
    return name not in (ANSWERED, "return")


def _kinds(panel: Panel) -> dict[str, bool]:
    """What varies enough to tell anything, and whether it is yes-or-no."""
    kinds = {}
    for name, counts in sorted(panel.counts.items()):
        happened = int((counts > 0).sum())
        if happened >= LEAST_EVENTS and (happened < panel.n_rows or (counts != counts[0]).any()):
            rare = (counts > 1).sum() < RARE_SHARE_ABOVE_ONE * happened
            kinds[name] = bool(name in ("cancellation", "return") or rare)
    if panel.asked is not None and 0 < (panel.asked == 1).sum() < (panel.asked >= 0).sum():
        kinds[ANSWERED] = True
    return kinds


def _column(panel: Panel, name: str, binary: bool) -> np.ndarray:
    if name == ANSWERED:
        return np.full(panel.n_rows, UNKNOWN) if panel.asked is None else panel.asked.astype(np.int64)
    counts = panel.counts[name].astype(np.int64)
    if name == "return" and "purchase" in panel.counts:
        # out of what was bought in the same period: that must not depend on whether anything came back
        bought = np.minimum(panel.counts["purchase"].astype(np.int64), MOST_ORDERS)
        returned = np.minimum(counts, bought)
        return np.where(bought > 0, returned * (MOST_ORDERS + 1) + bought, UNKNOWN)
    return _without_entry(np.minimum(counts, 1) if binary else counts, panel)


def _without_entry(column: np.ndarray, panel: Panel) -> np.ndarray:
    """Forget what somebody did in the period in which it made them a customer."""
    here = panel.lengths > 0
    if panel.starts_with_event is not None:  # without that event they would not be seen at all
        column[panel.offsets[:-1][panel.starts_with_event & here]] = UNKNOWN
    first = panel.offsets[:-1][panel.is_new & here]
    if len(first) and (column[first] > 0).mean() >= ENTRY_SHARE and (column > 0).mean() < ENTRY_SHARE:
        column[first] = UNKNOWN
    return column


def _seen(name: str, binary: bool, column: np.ndarray, by_code: np.ndarray) -> Seen:
    values, index = np.unique(by_code, return_inverse=True)
    unknown = values == UNKNOWN
    shown, no = np.where(unknown, np.nan, values.astype(float)), np.zeros(len(values))
    if name == "return":
        yes, bought = np.divmod(values, MOST_ORDERS + 1)
        shown, no = np.where(unknown, 0.0, yes), np.where(unknown, 0.0, bought - yes)
    elif binary:
        shown, no = (values == 1).astype(float), (values == 0).astype(float)
    rows = np.bincount(np.searchsorted(values, column), minlength=len(values)).astype(float)
    tried = rows @ (shown + no) if binary else rows[~unknown].sum()
    average = rows @ np.nan_to_num(shown) / max(tried, 1.0)
    return Seen(name, binary, shown, no, index, float(average), int(rows[shown > 0].sum()))


def combine(columns: list[np.ndarray], n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the combinations of integer columns that occur.

    Parameters
    ----------
    columns : list of (n_rows,) int64
        None below -1.

    Returns
    -------
    codes : (n_rows,) int64
    values : (n_codes, n_columns) int64

    Examples
    --------
    >>> codes, values = combine([np.array([3, 0, 3]), np.array([1, 1, 1])], 3)
    >>> codes, values.tolist()
    (array([1, 0, 1]), [[0, 1], [3, 1]])
    """
    codes, values = np.zeros(n_rows, np.int64), np.zeros((1, 0), np.int64)
    for column in columns:
        radix = int(column.max(initial=0)) + 2
        key = codes * radix + (column + 1)
        span = len(values) * radix
        if span <= 4 * n_rows + 1024:
            present = np.zeros(span, bool)
            present[key] = True
            found = np.flatnonzero(present)
            codes = (np.cumsum(present) - 1)[key]
        else:
            found, codes = np.unique(key, return_inverse=True)
        values = np.column_stack((values[found // radix], found % radix - 1))
    return codes, values


def _sequences(
    panel: Panel, codes: np.ndarray, n_shared: int, moves: np.ndarray, n_moves: int
) -> tuple[Sequences, np.ndarray]:
    base = codes[panel.scored_rows]
    codes = codes.astype(np.uint32)
    codes[panel.scored_rows] = n_shared + np.arange(len(base), dtype=np.uint32)
    sequences = Sequences(
        offsets=panel.offsets.astype(np.int64),
        codes=codes,
        moves=moves.astype(np.uint32),
        starts=(~panel.is_new).astype(np.uint32),
        weights=np.ones(panel.n_customers),
        first_period=panel.first_period.astype(np.int64),
        n_shared=n_shared,
        n_codes=n_shared + len(base),
        n_moves=n_moves,
        n_starts=2,
        n_periods=len(panel.periods),
        order=np.zeros(0, np.int64),
    )
    return subset(sequences, np.arange(panel.n_customers)), base


def subset(sequences: Sequences, customers: np.ndarray) -> Sequences:
    """The same codes for some customers only, in an order of work that suits the kernel.

    Customers are shuffled (with a fixed seed) so that the chunks are alike, and sorted by length within each.
    """
    shuffled = np.random.default_rng(len(customers)).permutation(np.asarray(customers, np.int64))
    lengths = np.diff(sequences.offsets)
    found = Sequences(**{f.name: getattr(sequences, f.name) for f in fields(Sequences)} | {"order": shuffled})
    for low, high in pairwise(found.bounds):
        part = shuffled[low:high]
        shuffled[low:high] = part[np.argsort(-lengths[part], kind="stable")]
    return found
