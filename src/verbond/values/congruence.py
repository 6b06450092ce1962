"""How what customers hold dear and what they see in a company match: per person, and value by value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.numerics.intervals import mean_interval, wilson_interval
from verbond.results import Estimate, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.values.profiles import Profiles

__all__ = ["CongruenceResult", "Misfit", "match_people"]

LEAST_VALUES = 5
"""A profile of fewer values has no shape to correlate."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One value: which way, and for how many, what is seen differs from what is held.

    Attributes
    ----------
    value : str
    difference : Estimate
        Mean of seen - own, both centred on the person's mean: below zero, customers see too little of it.
    see_less : Estimate
        Share of people who see less of it than they hold, 0..1, of those who see less or more.
    direction : str
        "too_little", "too_much", or "none" where the interval of the difference holds zero.
    """

    value: str
    difference: Estimate
    see_less: Estimate
    direction: str


@dataclass(frozen=True, slots=True)
class CongruenceResult(Result):
    """Match of own and seen profiles.

    Attributes
    ----------
    profile_correlation : Estimate
        Mean over people of the correlation of their two profiles, -1..1: the same order of values?
    distance : Estimate
        Mean over people of the root mean square of seen - own, centred, in points of the scale.
    values : tuple of Misfit
        In the order of the circle.
    n_obs : int
    """

    profile_correlation: Estimate
    distance: Estimate
    values: tuple[Misfit, ...]
    n_obs: int

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a value."""
        return [
            {
                "value": row.value, "difference": row.difference.value,
                "ci_lower": row.difference.ci_lower, "ci_upper": row.difference.ci_upper,
                "see_less": row.see_less.value, "direction": row.direction, "n_obs": row.difference.n_obs,
            }
            for row in self.values
        ]  # fmt: skip


def match_people(own: Profiles, seen: Profiles, ci_level: float = 0.95) -> CongruenceResult:
    """Compare what people hold with what they see, a row a person in both.

    Parameters
    ----------
    own, seen : Profiles
        Of the same people, in the same order.
    ci_level : float

    Returns
    -------
    CongruenceResult

    Notes
    -----
    Errors of answers make a correlation lower and a distance larger than they are: read both beside other
    groups or waves, not as absolute truths.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> ids = ("power", "security", "benevolence", "hedonism", "tradition")
    >>> held = rng.normal(size=(60, 5))
    >>> shift = np.array([1.0, 0, -1.0, 0, 0])
    >>> own, seen = (Profiles(ids, s, s.mean(axis=1)) for s in (held, held + shift))
    >>> [row.direction for row in match_people(own, seen).values]
    ['too_much', 'none', 'too_little', 'none', 'none']
    """
    values = tuple(v for v in own.values if v in seen.values)
    x = own.centred[:, [own.values.index(v) for v in values]]
    y = seen.centred[:, [seen.values.index(v) for v in values]]
    gap = y - x
    both = np.isfinite(gap)
    n_both = both.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.sqrt(np.where(both, gap**2, 0.0).sum(axis=1) / n_both)
        a, b = (
            np.where(both, v - (np.where(both, v, 0.0).sum(axis=1) / n_both)[:, None], 0.0) for v in (x, y)
        )
        size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        correlation = np.where((n_both >= LEAST_VALUES) & (size > 1e-9), (a * b).sum(axis=1) / size, np.nan)
    return CongruenceResult(
        profile_correlation=_mean(correlation, ci_level),
        distance=_mean(np.where(n_both >= LEAST_VALUES, distance, np.nan), ci_level),
        values=tuple(_misfit(v, gap[:, j], ci_level) for j, v in enumerate(values)),
        n_obs=int((n_both >= LEAST_VALUES).sum()),
    )


def _misfit(value: str, gap: np.ndarray, ci_level: float) -> Misfit:
    gap = gap[np.isfinite(gap)]
    difference = _mean(gap, ci_level)
    direction = "none"
    if difference.value is not None and abs(difference.value) > 1e-9:
        if difference.ci_upper < -1e-9:  # type: ignore[operator]
            direction = "too_little"
        elif difference.ci_lower > 1e-9:  # type: ignore[operator]
            direction = "too_much"
    off = gap[np.abs(gap) > 1e-9]
    if len(off) < MIN_GROUP:
        return Misfit(value, difference, _hidden(ci_level), direction)
    share = float((off < 0).mean())
    lower, upper = wilson_interval(float((off < 0).sum()), len(off), ci_level)
    return Misfit(value, difference, Estimate(share, lower, upper, len(off), ci_level), direction)


def _mean(values: np.ndarray, ci_level: float) -> Estimate:
    known = values[np.isfinite(values)]
    if len(known) < MIN_GROUP:
        return _hidden(ci_level)
    return Estimate(*mean_interval(known, ci_level=ci_level), len(known), ci_level)


def _hidden(ci_level: float) -> Estimate:
    reason = Reason("values.too_small_group", {"least": MIN_GROUP})
    return Estimate(None, ci_level=ci_level, reason=reason)
