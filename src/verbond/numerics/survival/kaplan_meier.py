"""The Kaplan-Meier estimate of how many are still there, with late entry and weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import normal_quantile
from verbond.numerics.survival.spans import Spans, distinct, event_times

__all__ = ["SurvivalCurve", "kaplan_meier"]

_HALF = 1e-9
"""A share this near to one half is one half: sums of floats."""


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Share still there, a step at each event time.

    Attributes
    ----------
    times : (k,) float64
        Event times, ascending.
    n_at_risk, n_events : (k,) float64
        Just before each, and at each, weighted.
    survival, ci_lower, ci_upper : (k,) float64
        From each time on, 0..1.
    variance : (k,) float64
        Greenwood's, of survival divided by its square.
    begins : float
        Survival is that of those still there at this time.
    ends : float
        Nobody was seen after it.
    ci_level : float
    """

    times: np.ndarray = field(repr=False)
    n_at_risk: np.ndarray = field(repr=False)
    n_events: np.ndarray = field(repr=False)
    survival: np.ndarray = field(repr=False)
    ci_lower: np.ndarray = field(repr=False)
    ci_upper: np.ndarray = field(repr=False)
    variance: np.ndarray = field(repr=False)
    begins: float
    ends: float
    ci_level: float
    spans: Spans = field(repr=False)

    def at(self, times: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Survival and its interval at some times; NaN after `ends` and before `begins`.

        Before the first event survival is 1 and its lower bound that of a binomial with the fewest at risk
        until then.
        """
        times = np.atleast_1d(np.asarray(times, np.float64))
        place = np.searchsorted(self.times, times, side="right")
        seen = (times >= self.begins) & (times <= self.ends)
        whole = self._whole(times)
        low, high = np.append(np.nan, self.ci_lower)[place], np.append(1.0, self.ci_upper)[place]
        survival = np.append(1.0, self.survival)[place]
        low = np.where(survival == 1.0, whole, low)
        return tuple(np.where(seen, v, np.nan) for v in (survival, low, high))  # type: ignore[return-value]

    def _whole(self, times: np.ndarray) -> np.ndarray:
        """Lower bound where nobody left: s^n >= (1 - ci_level) / 2 for the fewest n at risk until then."""
        after = self.spans.stop > self.begins
        entries = distinct(np.concatenate([self.spans.start[after], self.spans.stop[after], [self.begins]]))
        entries = entries[entries >= self.begins]
        n = np.minimum.accumulate(self.spans.at_risk(entries))
        place = np.maximum(np.searchsorted(entries, times, side="left") - 1, 0)
        with np.errstate(divide="ignore"):
            low = ((1 - self.ci_level) / 2) ** (1 / n[place])
        return np.where(times <= self.begins, 1.0, low)

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """When so large a share has left, with the interval of Brookmeyer & Crowley (1982).

        Returns
        -------
        time, lower, upper : float
            NaN where the curve, or its bound, does not come so low.
        """
        if not 0 < share < 1:
            raise OptionError("share is out of range", got=repr(share), expected="between 0 and 1")
        curves = (self.survival, self.ci_lower, self.ci_upper)
        return tuple(_crossing(self.times, curve, 1 - share) for curve in curves)  # type: ignore[return-value]

    def restricted_mean(self, until: float) -> tuple[float, float, float]:
        """Mean time there from `begins` until some time: the area under the curve.

        Returns
        -------
        mean, lower, upper : float
            With a normal interval within what is possible; NaN where the curve ends before `until`.

        References
        ----------
        Klein & Moeschberger (2003), Survival Analysis, 2nd ed., section 4.5.
        """
        if not until > self.begins:
            raise OptionError("until is too early", got=repr(until), expected=f"after {self.begins:g}")
        gone = len(self.survival) > 0 and self.survival[-1] == 0
        if until > self.ends and not gone:
            return (float("nan"),) * 3
        here = self.times < until
        edges = np.concatenate([[self.begins], self.times[here], [until]])
        areas = np.diff(edges) * np.append(1.0, self.survival[here])
        after = np.cumsum(areas[::-1])[::-1][1:]
        with np.errstate(invalid="ignore"):  # where nobody is left, nothing is added
            step = np.diff(self.variance[here], prepend=0.0)
        error = float(np.sqrt((after[after > 0] ** 2 * step[after > 0]).sum()))
        mean, half = float(areas.sum()), normal_quantile(self.ci_level) * error
        return mean, max(mean - half, 0.0), min(mean + half, until - self.begins)


def kaplan_meier(spans: Spans, ci_level: float = 0.95, begins: float = 0.0) -> SurvivalCurve:
    """Estimate survival, in O(n log n).

    Parameters
    ----------
    spans : Spans
        With late entry where there is any: nobody counts as at risk before they were seen. A row's weight
        says how many alike it stands for.
    ci_level : float
    begins : float
        Leave out what happened up to this time: survival of those still there then.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    DataError
        If nobody is seen after `begins`.

    Notes
    -----
    S(t) is the product over event times t_j <= t of 1 - d_j / n_j; Greenwood's sum V(t) that of
    d_j / (n_j (n_j - d_j)). The interval is exp(-exp(log(-log S) +- z sqrt(V) / log S)). Where S has become
    0 the upper bound stays what it was before: the curve only falls.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Tsai, Jewell & Wang (1987), Biometrika 74, 883-886 (late entry).

    Examples
    --------
    >>> curve = kaplan_meier(Spans.of(None, [2, 3, 3, 5], [1, 1, 0, 0]))
    >>> curve.times, curve.survival
    (array([2., 3.]), array([0.75, 0.5 ]))
    """
    check_ci_level(ci_level)
    if begins > 0:
        later = spans.stop > begins
        if not later.any():
            raise DataError("nobody is seen so long", got=f"begins {begins:g}", expected="an earlier time")
        spans = spans.select(later)
    times = event_times(spans)
    n, d = times.at_risk(spans.weight), times.events(spans.event, spans.weight)
    left = np.where(n - d > 1e-9 * n, n - d, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(left / n)
        variance = np.cumsum(d / (n * left))
        lower, upper = _log_log(survival, variance, ci_level)
    return SurvivalCurve(
        times.time, n, d, survival, lower, upper, variance, begins, float(spans.stop.max()), ci_level,
        spans,
    )  # fmt: skip


def _log_log(survival: np.ndarray, variance: np.ndarray, ci_level: float) -> tuple[np.ndarray, np.ndarray]:
    log = np.log(survival)
    half = normal_quantile(ci_level) * np.sqrt(variance) / np.abs(log)
    lower, upper = survival ** np.exp(half), survival ** np.exp(-half)
    gone = survival == 0
    if gone.any():
        upper[gone] = upper[~gone][-1] if (~gone).any() else 1.0
        lower[gone] = 0.0
    return lower, upper


def _crossing(times: np.ndarray, curve: np.ndarray, level: float) -> float:
    """Where a falling curve comes to a level: half-way along a stretch that lies exactly on it."""
    below = np.flatnonzero(curve <= level + _HALF)
    if not len(below):
        return float("nan")
    at = below[0]
    under = np.flatnonzero(curve < level - _HALF)
    if abs(curve[at] - level) <= _HALF and len(under):
        return float((times[at] + times[under[0]]) / 2)
    return float(times[at])
