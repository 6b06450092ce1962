"""What was going on in a row besides the customer's rung: the company's actions, and the season.

Two uses. An action may lift what customers do in the same period whatever their rung (a discount makes
people buy this month), and the year has seasons; without these a busy month would be taken for a climb. And
actions act on the move into their period. Which lifts are worth a parameter is screened beforehand, because
most are nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from verbond.tables import Panel

__all__ = ["SEASON", "acting_kinds", "column_of", "design_of", "lifts_of", "slope_names"]

SEASON = "season"
PER_YEAR = {"month": 12, "quarter": 4, "week": 52}
MOST_EXPOSURES = 3
LEAST_EXPOSED = 50
LEAST_LIFT = 0.1
LEAST_Z = 3.5
SAME_MONTH = 0.9


def column_of(panel: Panel, name: str) -> np.ndarray:
    """(n_rows,) int64: exposures to an action kind (at most 3), or the number of the period in its year."""
    if name == SEASON:
        return _in_year(panel)[panel.row_periods]
    if name not in panel.exposures:
        return np.zeros(panel.n_rows, np.int64)
    return np.minimum(panel.exposures[name], MOST_EXPOSURES).astype(np.int64)


def _in_year(panel: Panel) -> np.ndarray:
    months = panel.periods.astype("datetime64[M]").astype(np.int64) % 12
    if panel.period == "month":
        return months
    if panel.period == "quarter":
        return months // 3
    days = (panel.periods - panel.periods.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return np.minimum(days // 7, 51)


def slope_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the slopes that lifts stand for: a season has two."""
    return tuple(
        part for n in names for part in ((f"{SEASON}_cos", f"{SEASON}_sin") if n == SEASON else (n,))
    )


def design_of(names: tuple[str, ...], columns: list[np.ndarray], period: str) -> np.ndarray:
    """(n, n_slopes) design of lifts from their integer columns."""
    parts: list[np.ndarray] = []
    for name, column in zip(names, columns, strict=True):
        if name == SEASON:
            angle = 2 * np.pi * column / PER_YEAR[period]
            parts += [np.cos(angle), np.sin(angle)]
        else:
            parts.append(column.astype(float))
    return np.stack(parts, axis=1)


def acting_kinds(panel: Panel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Action kinds whose effect on movement can be looked at, and those that reached all in the same period.

    What reaches nearly everybody in one period and nobody in others cannot be told from that period.
    """
    usable, same = [], []
    rows = panel.row_periods
    present = np.bincount(rows, minlength=len(panel.periods))
    for kind, exposures in sorted(panel.exposures.items()):
        reached = exposures > 0
        if reached.sum() < LEAST_EXPOSED:
            continue
        by_period = np.bincount(rows[reached], minlength=len(panel.periods)) / np.maximum(present, 1)
        often = by_period > SAME_MONTH
        alone = by_period[often].sum() * 1.0 >= 0.95 * by_period.sum()
        (same if often.any() and alone else usable).append(kind)
    return tuple(usable), tuple(same)


def lifts_of(panel: Panel, columns: Mapping[str, np.ndarray]) -> dict[str, tuple[str, ...]]:
    """Which actions, and whether the season, visibly lift each kind of event.

    Parameters
    ----------
    columns : mapping of kind to (n_rows,) how often it happened

    Notes
    -----
    In the exposed rows, what happened is set against what the same customers do on average; a lift counts
    when it is at least one in ten and 3.5 standard errors (with overdispersion) from nothing. This only
    chooses which parameters there are; their values are estimated with everything else.
    """
    owner = np.repeat(np.arange(panel.n_customers), panel.lengths)
    found = {}
    for name, column in columns.items():
        y = column.astype(float)
        mean = np.bincount(owner, y, panel.n_customers) / np.maximum(panel.lengths, 1)
        spread = max(1.0, float(y.var() / max(y.mean(), 1e-9)))
        names = [
            kind
            for kind, exposures in sorted(panel.exposures.items())
            if _visible(y[exposures > 0], mean[owner[exposures > 0]], spread)
        ]
        if _seasonal(panel, y):
            names.append(SEASON)
        if names:
            found[name] = tuple(names)
    return found


def _visible(y: np.ndarray, mean: np.ndarray, spread: float) -> bool:
    observed, expected = float(y.sum()), float(mean.sum())
    if len(y) < LEAST_EXPOSED or observed < 10 or expected < 10:
        return False
    lift = abs(np.log(observed / expected))
    return lift > LEAST_LIFT and lift > LEAST_Z * np.sqrt(spread * (1 / observed + 1 / expected))


def _seasonal(panel: Panel, y: np.ndarray) -> bool:
    """Two years or more, and a yearly wave that explains more than chance would."""
    n, rows = len(panel.periods), panel.row_periods
    if n < 2 * PER_YEAR[panel.period]:
        return False
    total = np.bincount(rows, y, n)
    present = np.bincount(rows, minlength=n)
    if total.min() < 10:
        return False
    rate = np.log(total / np.maximum(present, 1))
    angle = 2 * np.pi * _in_year(panel) / PER_YEAR[panel.period]
    trend = np.stack((np.ones(n), np.arange(n), np.arange(n) ** 2), axis=1).astype(float)
    wave = np.column_stack((trend, np.cos(angle), np.sin(angle)))
    left = [rate - x @ np.linalg.lstsq(x, rate, rcond=None)[0] for x in (trend, wave)]
    rest = (left[1] ** 2).sum() / max(n - 5, 1)
    gained = ((left[0] ** 2).sum() - (left[1] ** 2).sum()) / 2
    return bool(gained > 8 * rest and np.sqrt(2 * gained * 2 / n) > LEAST_LIFT / 2)
