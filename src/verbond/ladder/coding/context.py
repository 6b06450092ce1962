"""What was going on in a row besides the customer's rung: the company's actions, and the season.

Two uses. An action may lift what customers do in the same period whatever their rung (a discount makes
people buy this month), and the year has seasons; without these a busy month would be taken for a climb. And
actions act on the move into their period. Which lifts are worth a parameter is screened beforehand, because
most are nothing.
"""

from __future__ import annotations

import numpy as np

from verbond.tables import Panel

__all__ = [
    "BEFORE_LOGS",
    "SEASON",
    "before_design",
    "before_levels",
    "column_of",
    "design_of",
    "in_year",
    "is_seasonal",
    "is_visible",
    "log_amounts",
    "slope_names",
    "stock_of",
    "stock_unit",
]

SEASON = "season"
PER_YEAR = {"month": 12, "quarter": 4, "week": 52}
MOST_EXPOSURES = 3
STOCK_UNIT = 0.1
LEAST_LIFT = 0.1
LEAST_Z = 3.5
BEFORE = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 80])
"""Counts of the row before are rounded down to one of these."""
BEFORE_LOGS = np.log1p(BEFORE)


def column_of(panel: Panel, name: str) -> np.ndarray:
    """(n_rows,) int64: exposures to an action kind (at most 3), or the number of the period in its year."""
    if name == SEASON:
        return in_year(panel.periods, panel.period)[panel.row_periods]
    if name not in panel.exposures:
        return np.zeros(panel.n_rows, np.int64)
    return np.minimum(panel.exposures[name], MOST_EXPOSURES).astype(np.int64)


def stock_of(panel: Panel, name: str, carry_over: float) -> np.ndarray:
    """(n_rows,) int64: exposures to an action kind that act on the move into each row.

    Parameters
    ----------
    carry_over : float
        Share of last period's stock that is left; with 0 the exposures themselves.

    Returns
    -------
    In units of `stock_unit(carry_over)`: what is left is rounded, so that few combinations occur. What
    happened before a customer's first row is not known and counts as nothing.

    Notes
    -----
    Geometric ad-stock: z_t = x_t + carry_over z_(t-1) (Koyck 1954; Broadbent 1979).
    """
    exposures = column_of(panel, name)
    if carry_over == 0:
        return exposures
    stock, age = exposures.astype(float), np.arange(panel.n_rows)
    age -= np.repeat(panel.offsets[:-1], panel.lengths)
    for lag in range(1, int(np.ceil(np.log(STOCK_UNIT / 2) / np.log(carry_over))) + 1):
        later = np.flatnonzero(age >= lag)
        stock[later] += carry_over**lag * exposures[later - lag]
    return np.round(stock / STOCK_UNIT).astype(np.int64)


def stock_unit(carry_over: float) -> float:
    """Exposures that one unit of `stock_of` stands for."""
    return STOCK_UNIT if carry_over else 1.0


def before_levels(panel: Panel, kind: str, forgotten: np.ndarray | None = None) -> np.ndarray:
    """(n_rows,) int64: which step of `BEFORE` the count of the row before reaches; -1 where there is none.

    Parameters
    ----------
    forgotten : (n,) int64, optional
        Rows whose own count is not looked at: what made somebody a customer is no habit.
    """
    steps = np.searchsorted(BEFORE, panel.counts[kind], side="right") - 1
    if forgotten is not None:
        steps[forgotten] = -1
    found = np.empty(panel.n_rows, np.int64)
    found[1:] = steps[:-1]
    found[panel.offsets[:-1][panel.lengths > 0]] = -1
    return found


def log_amounts(panel: Panel) -> np.ndarray | None:
    """(n_rows,) logarithm of what an order was worth on average; NaN where that is not known.

    Where the orders of a period add up to nothing or less, nothing is known of what an order is worth.
    """
    if "purchase" not in panel.amounts or "purchase" not in panel.counts:
        return None
    amounts, orders = panel.amounts["purchase"].astype(float), panel.counts["purchase"]
    known = (orders > 0) & (amounts > 0) & np.isfinite(amounts)
    found = np.full(panel.n_rows, np.nan)
    found[known] = np.log(amounts[known] / orders[known])
    return found


def in_year(periods: np.ndarray, period: str) -> np.ndarray:
    months = periods.astype("datetime64[M]").astype(np.int64) % 12
    if period == "month":
        return months
    if period == "quarter":
        return months // 3
    days = (periods - periods.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
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


def before_design(levels: np.ndarray, mean: float) -> np.ndarray:
    """(n, 1) log(1 + count of the row before) less its mean; 0 where there is no row before."""
    return np.where(levels >= 0, BEFORE_LOGS[np.maximum(levels, 0)] - mean, 0.0)[:, None]


def is_visible(observed: float, expected: float, spread: float) -> bool:
    """Whether a lift is at least one in ten and 3.5 standard errors (with overdispersion) from nothing.

    Parameters
    ----------
    observed, expected : float
        How often it happened in exposed rows, and would if these were like the same customers' other rows.
    spread : float
        Variance over mean.
    """
    if observed < 10 or expected < 10:
        return False
    lift = abs(np.log(observed / expected))
    return bool(lift > LEAST_LIFT and lift > LEAST_Z * np.sqrt(spread * (1 / observed + 1 / expected)))


def is_seasonal(totals: np.ndarray, present: np.ndarray, periods: np.ndarray, period: str) -> bool:
    """Two years or more, and a yearly wave that explains more than chance would.

    Parameters
    ----------
    totals, present : (n_periods,)
        How often it happened in each period, and how many customers there were.
    periods : (n_periods,) datetime64[D]
    period : str
    """
    n = len(periods)
    if n < 2 * PER_YEAR[period] or totals.min() < 10:
        return False
    rate = np.log(totals / np.maximum(present, 1))
    angle = 2 * np.pi * in_year(periods, period) / PER_YEAR[period]
    trend = np.stack((np.ones(n), np.arange(n), np.arange(n) ** 2), axis=1).astype(float)
    wave = np.column_stack((trend, np.cos(angle), np.sin(angle)))
    left = [rate - x @ np.linalg.lstsq(x, rate, rcond=None)[0] for x in (trend, wave)]
    rest = (left[1] ** 2).sum() / max(n - 5, 1)
    gained = ((left[0] ** 2).sum() - (left[1] ** 2).sum()) / 2
    return bool(gained > 8 * rest and np.sqrt(2 * gained * 2 / n) > LEAST_LIFT / 2)
