"""How long until something happens, in two arms: restricted mean times and the log-rank test, from counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from verbond.effects.experiment.kernel import Comparison

__all__ = ["ArmTimes", "TimesCompared", "compare_times", "log_rank_pvalue", "restricted_mean"]


@dataclass(frozen=True, slots=True)
class ArmTimes:
    """How long the units of one arm were followed.

    Attributes
    ----------
    times : (t,) float64
        Ascending, each once.
    ended, censored : (t,) int64
        Units to which it happened at each time, and units that were followed until then without it.
    """

    times: np.ndarray
    ended: np.ndarray
    censored: np.ndarray

    @property
    def at_risk(self) -> np.ndarray:
        """Units still followed just before each time; who is censored then is among them."""
        gone = self.ended + self.censored
        return gone.sum() - np.cumsum(gone) + gone

    @property
    def known_until(self) -> float:
        """How far the curve is known: to the last time, and on where it has come down to nobody."""
        return math.inf if self.at_risk[-1] == self.ended[-1] else float(self.times[-1])


@dataclass(frozen=True, slots=True)
class TimesCompared:
    """One arm beside control.

    Attributes
    ----------
    comparison : Comparison
        Of the mean times without the event, up to the horizon.
    logrank_pvalue : float or None
        None where nothing happened in either arm.
    horizon : float
    """

    comparison: Comparison
    logrank_pvalue: float | None
    horizon: float


def restricted_mean(arm: ArmTimes, horizon: float) -> tuple[float, float]:
    """Mean time without the event, up to a horizon, and its variance.

    Parameters
    ----------
    arm : ArmTimes
    horizon : float
        Above 0.

    Returns
    -------
    mean, variance : float

    Notes
    -----
    The area under the Kaplan-Meier curve; its variance sums, over the times of events, the squared area still
    to come times d / (n (n - d)).

    References
    ----------
    Uno, H. et al. (2014). Moving beyond the hazard ratio in quantifying the between-group difference in
    survival analysis. Journal of Clinical Oncology 32, 2380-2385.

    Examples
    --------
    >>> arm = ArmTimes(np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1]), np.array([0, 1, 1]))
    >>> restricted_mean(arm, 3.0)
    (2.5, 0.1875)
    """
    here = (arm.ended > 0) & (arm.times <= horizon)
    at, d, n = arm.times[here], arm.ended[here].astype(float), arm.at_risk[here].astype(float)
    survival = np.cumprod(1 - d / n)
    areas = np.append(1.0, survival) * np.diff(np.concatenate([[0.0], at, [horizon]]))
    to_come = np.cumsum(areas[::-1])[::-1][1:]
    left = n - d
    spread = np.where(left > 0, d / (n * np.where(left > 0, left, 1.0)), 0.0)
    return float(areas.sum()), float((to_come**2 * spread).sum())


def log_rank_pvalue(control: ArmTimes, variant: ArmTimes) -> float | None:
    """Two-sided p-value of both arms having the same curve; None where nothing happened.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50, 163-170.
    """
    times = np.union1d(control.times[control.ended > 0], variant.times[variant.ended > 0])
    (d0, n0), (d1, n1) = (_at(arm, times) for arm in (control, variant))
    d, n = d0 + d1, n0 + n1
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(n > 1, d * (n0 / n) * (n1 / n) * (n - d) / (n - 1), 0.0).sum()
    if not variance > 0:
        return None
    return float(chdtrc(1, (d1 - d * n1 / n).sum() ** 2 / variance))


def _at(arm: ArmTimes, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events of an arm at some times, and its units at risk then."""
    place = np.searchsorted(arm.times, times)
    at_risk = np.append(arm.at_risk, 0)[place].astype(float)
    inside = np.minimum(place, len(arm.times) - 1)
    ended = np.where(arm.times[inside] == times, arm.ended[inside], 0).astype(float)
    return ended, at_risk


def compare_times(control: ArmTimes, variant: ArmTimes, horizon: float | None = None) -> TimesCompared | None:
    """Compare mean times without the event, up to a horizon.

    Parameters
    ----------
    control, variant : ArmTimes
    horizon : float, optional
        Chosen beforehand; else as far as both curves are known.

    Returns
    -------
    TimesCompared or None
        None where a curve is not known as far as the horizon.
    """
    known = min(control.known_until, variant.known_until)
    if math.isinf(known):
        known = float(max(control.times[-1], variant.times[-1]))
    elif horizon is not None and horizon > known:
        return None
    until = known if horizon is None else horizon
    (m0, v0), (m1, v1) = (restricted_mean(arm, until) for arm in (control, variant))
    relative = v0 / m0**2 + v1 / m1**2 if m0 > 0 and m1 > 0 else math.nan
    compared = Comparison(m1 - m0, math.sqrt(v0 + v1), math.inf, m0, m1, relative, math.inf)
    return TimesCompared(compared, log_rank_pvalue(control, variant), until)
