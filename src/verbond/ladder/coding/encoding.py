"""From a panel to the codes that the kernel reads.

Every row becomes one small integer: which combination of counts, yes-or-no's, answering, and actions was
seen. Most rows of most companies are alike (nothing happened), so that a million customers share a few
thousand combinations. Rows with survey scores get a code of their own. A second integer says which actions
act on the move into the row.

A panel in parts is coded in three passes, each over one part at a time: `look` at every part and add the
summaries, `decide` the layout; list every part's combinations (`book_of`) and add these; `encode` every part
with the layout and the book. Laid end to end (`end_to_end`) the codes are those of the whole panel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from verbond.errors import DataError
from verbond.ladder.coding.context import before_levels, column_of, log_amounts, stock_of, stock_unit
from verbond.ladder.coding.layout import AMOUNT, ANSWERED, UNKNOWN, Layout, decide, look
from verbond.ladder.kernel import Sequences
from verbond.tables import Panel

__all__ = ["BEFORE", "Codebook", "Encoded", "Seen", "book_of", "combine", "encode", "end_to_end", "subset"]

MOST_ORDERS = 255
MOST_ORDERS_OF_AMOUNT = 6
"""A mean over more orders than these is taken for one over these."""
BEFORE = "_before"


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that is seen of customers.

    Attributes
    ----------
    name : str
        Event kind, "answered", or "amount".
    family : {"count", "binary", "amount"}
    values : (n_values,) float64
        The values that occur; NaN for not known. Of a yes-or-no: how often yes. Of an amount: its bin.
    no : (n_values,) float64
        Of a yes-or-no: how often no. Of an amount: over how many orders it is a mean.
    index : (n_shared,) int64
        Which value each combination has.
    average : float
        Over the rows in which it is known.
    n_events : int
        Rows in which it happened at least once.
    shares : (n_values,) float64
        Share of each value among the rows in which it is known.
    """

    name: str
    family: str
    values: np.ndarray
    no: np.ndarray
    index: np.ndarray
    average: float
    n_events: int
    shares: np.ndarray

    @property
    def binary(self) -> bool:
        """Yes or no."""
        return self.family == "binary"

    @property
    def counted(self) -> bool:
        """How often."""
        return self.family == "count"


@dataclass(frozen=True, slots=True)
class Codebook:
    """The combinations that occur, in order; `a + b` holds those of both.

    Attributes
    ----------
    names : tuple of str
        The columns: what is seen, then what is going on around it.
    values : (n_shared, n_columns) int64
    n_rows : (n_shared,) int64
        Rows with each combination.
    moves : (n_moves, n_moving) int64
        Combinations of exposures that act on movement.
    n_move_rows : (n_moves,) int64
    """

    names: tuple[str, ...]
    values: np.ndarray
    n_rows: np.ndarray
    moves: np.ndarray
    n_move_rows: np.ndarray

    def __add__(self, other: Codebook) -> Codebook:
        if self.names != other.names:
            raise DataError(
                "these are not parts of one panel: not the same is seen in them",
                got=f"{', '.join(self.names)} and {', '.join(other.names)}",
                hint="`verbond.ladder.coding.layout.complete` fills in what only other parts have",
            )
        values, n_rows = _union((self.values, self.n_rows), (other.values, other.n_rows))
        moves, n_move_rows = _union((self.moves, self.n_move_rows), (other.moves, other.n_move_rows))
        return Codebook(self.names, values, n_rows, moves, n_move_rows)


def _union(*parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of the tables, in order, and how often each occurs."""
    tables, counts = zip(*parts, strict=True)
    stacked = np.vstack(tables)
    codes, values = combine(list(stacked.T), len(stacked))
    return values, np.bincount(codes, np.concatenate(counts), len(values)).astype(np.int64)


def _places(own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where each row of `own` stands in `values`, both in order."""
    stacked = np.vstack((values, own))
    codes, union = combine(list(stacked.T), len(stacked))
    if len(union) != len(values):
        n = len(union) - len(values)
        raise DataError(
            f"{n} combinations of this part are not in the book", expected="the book of all parts"
        )
    return codes[len(values) :]


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
        Exposures behind each move code, with what is carried over from earlier periods.
    exposure_means : (n_moving,) float64
    """

    sequences: Sequences
    layout: Layout
    seen: tuple[Seen, ...]
    context: Mapping[str, np.ndarray]
    base: np.ndarray
    exposures: np.ndarray
    exposure_means: np.ndarray

    @property
    def left_out(self) -> tuple[str, ...]:
        """Event kinds that tell nothing."""
        return self.layout.left_out


def encode(
    panel: Panel, layout: Layout | None = None, book: Codebook | None = None, *, moving: tuple[str, ...] = ()
) -> Encoded:
    """Turn a panel into codes.

    Parameters
    ----------
    panel : Panel
    layout : Layout, optional
        What a fitted model looks at; found in the panel when not given.
    book : Codebook, optional
        The combinations of a larger panel of which this is a part.
    moving : tuple of str
        Action kinds that act on movement, when no layout is given.

    Raises
    ------
    DataError
        If the part holds combinations that the book does not have.

    Notes
    -----
    Returns are a share of the period's orders; those of earlier orders are left out.
    """
    layout = decide(look(panel), moving) if layout is None else layout
    codes, moves, own = _coded(panel, layout)
    if book is None:
        book = own
    else:
        codes, moves = _places(own.values, book.values)[codes], _places(own.moves, book.moves)[moves]
    sequences, base = _sequences(panel, codes, len(book.values), moves, len(book.moves))
    seen = tuple(
        _seen(name, family, book.values[:, j], book.n_rows)
        for j, name in enumerate(book.names)
        if (family := _family(name, layout))
    )
    context = {name: book.values[:, j] for j, name in enumerate(book.names) if not _family(name, layout)}
    exposures = book.moves * stock_unit(layout.carry_over)
    means = book.n_move_rows @ exposures / max(int(book.n_move_rows.sum()), 1)
    return Encoded(sequences, layout, seen, context, base, exposures, means)


def book_of(panel: Panel, layout: Layout) -> Codebook:
    """The combinations that occur in a panel or a part of it."""
    return _coded(panel, layout)[2]


def _coded(panel: Panel, layout: Layout) -> tuple[np.ndarray, np.ndarray, Codebook]:
    """Codes and move codes of the rows, by the panel's own book."""
    kept = [name for name in layout.kinds if name in panel.counts or name == ANSWERED]
    if layout.amount_cuts and log_amounts(panel) is not None:
        kept.append(AMOUNT)
    around = sorted({name for names in layout.lifts.values() for name in names})
    before = [name for name in layout.feedback if name in kept]
    columns = [_column(panel, name, layout) for name in kept] + [column_of(panel, name) for name in around]
    columns += [before_levels(panel, name, _forgotten(panel, name, layout)) for name in before]
    codes, values = combine(columns, panel.n_rows)
    stocks = [stock_of(panel, name, layout.carry_over) for name in layout.moving]
    moves, exposures = combine(stocks, panel.n_rows)
    n_rows = np.bincount(codes, minlength=len(values))
    n_move_rows = np.bincount(moves, minlength=len(exposures))
    names = (*kept, *around, *(f"{name}{BEFORE}" for name in before))
    return codes, moves, Codebook(names, values, n_rows, exposures, n_move_rows)


def end_to_end(parts: Sequence[Encoded]) -> Encoded:
    """One coded panel from parts that were coded with one layout and one book."""
    whole, sequences = parts[0], [part.sequences for part in parts]
    n_shared = whole.sequences.n_shared
    codes, n_scored = [], 0
    for one in sequences:
        own = one.codes >= n_shared
        codes.append(np.where(own, one.codes + np.uint32(n_scored), one.codes).astype(np.uint32))
        n_scored += one.n_codes - n_shared
    lengths = np.concatenate([np.diff(one.offsets) for one in sequences])

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in sequences])

    made = replace(
        whole.sequences,
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        codes=np.concatenate(codes),
        n_codes=n_shared + n_scored,
        **{name: joined(name) for name in ("moves", "starts", "weights", "first_period")},
    )
    base = np.concatenate([part.base for part in parts])
    return replace(whole, sequences=subset(made, np.arange(made.n_customers)), base=base)


def _family(name: str, layout: Layout) -> str | None:
    """Of what is seen; None for what is going on around it."""
    if name == AMOUNT:
        return "amount"
    return None if name not in layout.kinds else "binary" if layout.kinds[name] else "count"


def _column(panel: Panel, name: str, layout: Layout) -> np.ndarray:
    if name == ANSWERED:
        return np.full(panel.n_rows, UNKNOWN) if panel.asked is None else panel.asked.astype(np.int64)
    if name == AMOUNT:
        return _amounts(panel, layout)
    counts = panel.counts[name].astype(np.int64)
    if name == "return":
        # out of what was bought in the same period: that must not depend on whether anything came back
        bought = np.minimum(panel.counts.get("purchase", np.ones_like(counts)).astype(np.int64), MOST_ORDERS)
        returned = np.minimum(counts, bought)
        return np.where(bought > 0, returned * (MOST_ORDERS + 1) + bought, UNKNOWN)
    column = np.minimum(counts, 1) if layout.kinds[name] else counts
    column[_forgotten(panel, name, layout)] = UNKNOWN
    return column


def _forgotten(panel: Panel, name: str, layout: Layout) -> np.ndarray:
    """First rows that tell that somebody came, and not how they live."""
    first, here = panel.offsets[:-1], panel.lengths > 0
    gone = np.zeros(panel.n_customers, bool)
    if panel.starts_with_event is not None:  # without that event they would not be seen at all
        gone |= panel.starts_with_event
    if name in layout.entries:
        gone |= panel.is_new
    return first[gone & here]


def _amounts(panel: Panel, layout: Layout) -> np.ndarray:
    """Bin and number of orders in one integer."""
    logs = log_amounts(panel)
    assert logs is not None
    known = np.isfinite(logs)
    known[_forgotten(panel, "purchase", layout)] = False
    bins = np.searchsorted(layout.amount_cuts, np.where(known, logs, 0.0), side="right")
    orders = np.minimum(panel.counts["purchase"].astype(np.int64), MOST_ORDERS_OF_AMOUNT)
    return np.where(known, bins * (MOST_ORDERS_OF_AMOUNT + 1) + orders, UNKNOWN)


def _seen(name: str, family: str, by_code: np.ndarray, n_rows: np.ndarray) -> Seen:
    values, index = np.unique(by_code, return_inverse=True)
    unknown = values == UNKNOWN
    shown, no = np.where(unknown, np.nan, values.astype(float)), np.zeros(len(values))
    if family == "amount":
        bins, orders = np.divmod(values, MOST_ORDERS_OF_AMOUNT + 1)
        shown, no = np.where(unknown, np.nan, bins), np.where(unknown, 0.0, orders)
    elif name == "return":
        yes, bought = np.divmod(values, MOST_ORDERS + 1)
        shown, no = np.where(unknown, 0.0, yes), np.where(unknown, 0.0, bought - yes)
    elif family == "binary":
        shown, no = (values == 1).astype(float), (values == 0).astype(float)
    rows = np.bincount(index, n_rows, len(values))
    shares = np.where(unknown, 0.0, rows) / max(rows[~unknown].sum(), 1.0)
    tried = rows @ (shown + no) if family == "binary" else rows[~unknown].sum()
    average = rows @ np.nan_to_num(shown) / max(tried, 1.0)
    happened = rows[shown > 0].sum() if family != "amount" else rows[~unknown].sum()
    return Seen(name, family, shown, no, index, float(average), int(happened), shares)


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
