"""What a model looks at in a panel, decided from sums alone.

A panel may be too large to stand in one place. So what is decided about it as a whole (which kinds tell
anything, what is yes-or-no, which actions lift what) is decided from a `Summary`: named sums over rows. The
summary of two parts is the sum of theirs, and the decision is the same wherever the rows were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from verbond.errors import DataError
from verbond.ladder.coding.context import (
    BEFORE_LOGS,
    SEASON,
    before_levels,
    is_seasonal,
    is_visible,
    log_amounts,
)
from verbond.tables import Panel

__all__ = ["AMOUNT", "ANSWERED", "UNKNOWN", "Layout", "Summary", "acting_kinds", "complete", "decide", "look"]

UNKNOWN = -1
ANSWERED, AMOUNT = "answered", "amount"
LEAST_EVENTS = 10
RARE_SHARE_ABOVE_ONE = 0.05
ENTRY_SHARE = 0.9
IN_PART, LEAST_Z_IN_PART = 0.75, 3.5
LEAST_EXPOSED = 50
SAME_PERIOD = 0.9
LARGEST_COUNT = 255
LOWEST_LOG, GRID, N_GRID = -10.0, 0.02, 1500
"""The grid on which amounts are summed up: from e^-10 to e^20, two per cent a step."""
LEAST_AMOUNTS, N_BINS = 100, 12


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
    entries : tuple of str
        Kinds that are not looked at in new customers' first row: what made them customers, and what they do
        clearly less of in that row because they came midway.
    left_out : tuple of str
        Kinds that happened too rarely, or too evenly, to tell anything.
    amount_cuts : tuple of float
        Bounds between the bins of the amounts of purchases, as logarithms; empty where amounts are not looked
        at.
    feedback : mapping of str to float
        Counts that are set against the count of the row before, and the mean of that on its scale.
    carry_over : float
        Share of an exposure that still acts on the move one period later, of that again a period after, and
        so on; 0: on the move into its own period alone.
    """

    kinds: Mapping[str, bool]
    lifts: Mapping[str, tuple[str, ...]]
    moving: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    amount_cuts: tuple[float, ...] = ()
    feedback: Mapping[str, float] = field(default_factory=dict)
    carry_over: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums over the rows of a panel or of a part of it; `a + b` is the summary of both together.

    Attributes
    ----------
    period : str
    periods : (n_periods,) datetime64[D]
    sums : mapping of tuple of str to ndarray
        What is not there is 0.
    """

    period: str
    periods: np.ndarray
    sums: Mapping[tuple[str, ...], np.ndarray] = field(default_factory=dict)

    def __add__(self, other: Summary) -> Summary:
        if self.period != other.period or not np.array_equal(self.periods, other.periods):
            raise DataError(
                "these are not parts of one panel: they have other periods",
                got=f"{len(self.periods)} and {len(other.periods)} periods",
                expected="the same periods in every part",
            )
        sums = dict(self.sums)
        for name, values in other.sums.items():
            sums[name] = sums[name] + values if name in sums else values
        return replace(self, sums=sums)

    def get(self, *name: str, size: int = 1) -> np.ndarray:
        """The sums of that name; zeros where there are none."""
        return self.sums.get(name, np.zeros(size, np.int64))

    def names(self, what: str) -> tuple[str, ...]:
        """What there are sums of, in order."""
        return tuple(sorted(name[1] for name in self.sums if name[0] == what))


def look(panel: Panel) -> Summary:
    """Sum up a panel, or a part of one in which every customer is whole."""
    n_periods, rows = len(panel.periods), panel.row_periods
    owner = np.repeat(np.arange(panel.n_customers), panel.lengths)
    here, opened = panel.lengths > 0, _opened_by_event(panel)
    first = panel.offsets[:-1]
    new = first[panel.is_new & here & ~opened]
    followed = first[panel.is_new & ~opened & (panel.lengths > 1)]
    reached = {kind: np.flatnonzero(exposures) for kind, exposures in panel.exposures.items()}
    sums: dict[tuple[str, ...], np.ndarray] = {
        ("rows",): np.array([panel.n_rows, len(new)]),
        ("present",): np.bincount(rows, minlength=n_periods),
    }
    times = {action: np.bincount(owner[at], minlength=panel.n_customers) for action, at in reached.items()}
    for action, at in reached.items():
        sums["reached", action] = np.bincount(rows[at], minlength=n_periods)
    if panel.asked is not None:
        sums[(ANSWERED,)] = np.array([(panel.asked == 1).sum(), (panel.asked >= 0).sum()])
    logs = log_amounts(panel)
    if logs is not None:
        place = ((logs[np.isfinite(logs)] - LOWEST_LOG) / GRID).astype(np.int64)
        sums[(AMOUNT,)] = np.bincount(np.clip(place, 0, N_GRID - 1), minlength=N_GRID)
    for kind, counts in panel.counts.items():
        happened, y = counts > 0, counts.astype(np.int64)
        forgotten = happened[first[opened & here]].sum()
        sums["kind", kind] = np.array(
            [happened.sum(), (y > 1).sum(), y.sum(), (y * y).sum(), happened[new].sum(), forgotten]
        )
        sums["begin", kind] = np.array([y[followed].sum(), y[followed + 1].sum()])
        levels = before_levels(panel, kind)
        sums["before", kind] = np.bincount(levels[levels >= 0], minlength=len(BEFORE_LOGS))
        for cap in (1, LARGEST_COUNT):
            capped = np.minimum(y, cap)
            up_to = np.concatenate(([0], np.cumsum(capped)))
            mean = np.diff(up_to[panel.offsets]) / np.maximum(panel.lengths, 1)
            sums["capped", kind, str(cap)] = np.array([up_to[-1], (capped * capped).sum()])
            sums["by_period", kind, str(cap)] = np.bincount(rows, capped, n_periods)
            for action, at in reached.items():
                both = np.array([capped[at].sum(), mean @ times[action]])
                sums["exposed", kind, str(cap), action] = both
    return Summary(panel.period, panel.periods, sums)


def _opened_by_event(panel: Panel) -> np.ndarray:
    if panel.starts_with_event is None:
        return np.zeros(panel.n_customers, bool)
    return panel.starts_with_event


def decide(
    summary: Summary, moving: tuple[str, ...] = (), *, amounts: bool = True, feedback: bool = False
) -> Layout:
    """What to look at.

    Parameters
    ----------
    summary : Summary
        Of the whole panel.
    moving : tuple of str
        Action kinds that act on movement.
    amounts : bool
        Look at what purchases are worth, where that is known.
    feedback : bool
        Set every count against that of the row before.

    Notes
    -----
    A kind is yes-or-no when fewer than 5 in 100 of the rows in which it happened show more than one. What
    made somebody a customer is not known in their first row: most new customers' first rows show it, or their
    first event is all that tells that they are one. It says that they came, not how they live. And who came
    midway through a period did less in it: where first rows show less than three quarters of second rows, and
    3.5 standard errors less, they are not looked at either.
    """
    kinds = _kinds(summary)
    n_rows, n_first = (int(n) for n in summary.get("rows", size=2))
    entries = []
    for kind in summary.names("kind"):
        happened, _, _, _, entry, forgotten = (int(n) for n in summary.get("kind", kind, size=6))
        often = n_first > 0 and entry >= ENTRY_SHARE * n_first
        made_them = often and happened - forgotten < ENTRY_SHARE * n_rows
        part = kind != "cancellation" and _seen_in_part(summary, kind)  # nobody cancels on the first day
        if kind != "return" and (made_them or part):
            entries.append(kind)
    return Layout(
        kinds,
        {k: names for k, b in kinds.items() if (names := _lifts(summary, k, b))},
        moving,
        tuple(entries),
        tuple(kind for kind in summary.names("kind") if kind not in kinds),
        _amount_cuts(summary) if amounts and "purchase" in kinds else (),
        {k: _before_mean(summary, k) for k, binary in kinds.items() if feedback and not binary},
    )


def _seen_in_part(summary: Summary, kind: str) -> bool:
    """Whether new customers do clearly less in their first period than in their second: they came midway."""
    first, second = summary.get("begin", kind, size=2)
    spread = _spread(summary, kind, str(LARGEST_COUNT))
    return bool(
        first < IN_PART * second and second - first > LEAST_Z_IN_PART * np.sqrt(spread * (first + second))
    )


def _spread(summary: Summary, kind: str, cap: str) -> float:
    """Variance over mean, 1 or more."""
    total, squares = summary.get("capped", kind, cap, size=2)
    n_rows = max(int(summary.get("rows", size=2)[0]), 1)
    mean = total / n_rows
    return max(1.0, float((squares / n_rows - mean**2) / max(mean, 1e-9)))


def _amount_cuts(summary: Summary) -> tuple[float, ...]:
    """Bounds of about a dozen bins with equally many rows, on the grid; none where amounts hardly differ."""
    rows = summary.get(AMOUNT, size=N_GRID)
    if rows.sum() < LEAST_AMOUNTS:
        return ()
    wanted = np.arange(1, N_BINS) / N_BINS * rows.sum()
    places = np.unique(np.searchsorted(np.cumsum(rows), wanted) + 1)
    below = np.cumsum(rows)[places - 1]
    inner = places[(below > 0) & (below < rows.sum())]
    return tuple((LOWEST_LOG + GRID * inner).tolist()) if len(inner) >= 2 else ()


def _before_mean(summary: Summary, kind: str) -> float:
    rows = summary.get("before", kind, size=len(BEFORE_LOGS))
    return float(rows @ BEFORE_LOGS / max(int(rows.sum()), 1))


def _kinds(summary: Summary) -> dict[str, bool]:
    """What varies enough to tell anything, and whether it is yes-or-no."""
    found, n_rows = {}, int(summary.get("rows", size=2)[0])
    for kind in summary.names("kind"):
        happened, above_one, total, squares, _, _ = (int(n) for n in summary.get("kind", kind, size=6))
        varies = happened < n_rows or n_rows * squares != total * total
        if happened >= LEAST_EVENTS and varies:
            rare = above_one < RARE_SHARE_ABOVE_ONE * happened
            found[kind] = kind in ("cancellation", "return") or rare
    answered, asked = (int(n) for n in summary.get(ANSWERED, size=2))
    if 0 < answered < asked:
        found[ANSWERED] = True
    return found


def _lifts(summary: Summary, kind: str, binary: bool) -> tuple[str, ...]:
    """Which actions, and whether the season, visibly lift a kind of event.

    In the exposed rows, what happened is set against what the same customers do on average. This only chooses
    which parameters there are; their values are estimated with everything else.
    """
    if kind in (ANSWERED, "return"):
        return ()
    cap = str(1 if binary else LARGEST_COUNT)
    spread, names = _spread(summary, kind, cap), []
    for action in summary.names("reached"):
        n_exposed = int(summary.get("reached", action).sum())
        observed, expected = summary.get("exposed", kind, cap, action, size=2)
        if n_exposed >= LEAST_EXPOSED and is_visible(observed, expected, spread):
            names.append(action)
    n_periods = len(summary.periods)
    by_period = summary.get("by_period", kind, cap, size=n_periods)
    if is_seasonal(by_period, summary.get("present", size=n_periods), summary.periods, summary.period):
        names.append(SEASON)
    return tuple(names)


def acting_kinds(summary: Summary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Action kinds whose effect on movement can be looked at, and those that reached all in the same period.

    What reaches nearly everybody in one period and nobody in others cannot be told from that period.
    """
    usable, same = [], []
    present = summary.get("present", size=len(summary.periods))
    for action in summary.names("reached"):
        reached = summary.get("reached", action)
        if reached.sum() < LEAST_EXPOSED:
            continue
        by_period = reached / np.maximum(present, 1)
        often = by_period > SAME_PERIOD
        alone = by_period[often].sum() >= 0.95 * by_period.sum()
        (same if often.any() and alone else usable).append(action)
    return tuple(usable), tuple(same)


def complete(panel: Panel, summary: Summary) -> Panel:
    """A part with zeros for the kinds of events and actions that only other parts have.

    `verbond.tables.reads.panel_chunks` yields parts that are complete already.
    """
    counts, exposures, amounts = dict(panel.counts), dict(panel.exposures), dict(panel.amounts)
    for kind in summary.names("kind"):
        counts.setdefault(kind, np.zeros(panel.n_rows, np.uint16))
    for action in summary.names("reached"):
        exposures.setdefault(action, np.zeros(panel.n_rows, np.uint8))
    if (AMOUNT,) in summary.sums:
        amounts.setdefault("purchase", np.zeros(panel.n_rows, np.float32))
    return replace(panel, counts=counts, exposures=exposures, amounts=amounts)
