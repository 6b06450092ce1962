"""From a panel to figures: spans, months, what was before, and what should find nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import erfc

from verbond.effects.past.clusters import ClusterSums, cluster_sums, wild_estimate
from verbond.effects.past.did import (
    EventStudy,
    PreTrend,
    event_study,
    group_time_effects,
    pre_trend,
    simultaneous_critical_value,
)
from verbond.effects.past.evalue import evalue_of_difference
from verbond.effects.past.options import LONG, PastOptions
from verbond.effects.past.panel import Panel
from verbond.effects.past.results import PastBefore, PastEffect
from verbond.numerics.intervals import normal_quantile
from verbond.results.groups import MIN_GROUP

__all__ = ["LEAST_CLUSTERS", "LEAST_PEOPLE", "REFUSED_BY_LOT", "Figures", "figures_of", "study_of"]

LEAST_PEOPLE = 30
"""With fewer people reached, or to compare with, normal intervals are not to be trusted."""
LEAST_CLUSTERS = 3
"""With fewer clusters reached, or to compare with, no bootstrap helps."""
UNLIKE = 0.1
"""Standardised difference before, or difference in share, from which groups are called unlike."""
REFUSED_BY_LOT = 0.01
"""Groups drawn by lot also move apart beforehand once in a while."""
_NO_ERROR = 1e-9
"""A smaller standard error says that all customers did the same."""
_MOST, _SEED = 0.9, 2024
"""The largest chance to be drawn among those never reached, and the draw."""
_LINE_MONTHS = 4
"""A line asks for so many months before, the base among them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a comparison gives, before any verdict.

    Attributes
    ----------
    spans, trended, months : tuple of PastEffect
        Short and long; the same less the line that the months before drew; month by month.
    placebo, untouched : PastEffect or None
    before : PastBefore or None
    trend : PreTrend or None
    by_lot : bool
    n_starts : int
        Months in which somebody was reached first.
    n_clusters : int or None
    """

    spans: tuple[PastEffect, ...]
    trended: tuple[PastEffect, ...]
    months: tuple[PastEffect, ...]
    placebo: PastEffect | None
    untouched: PastEffect | None
    before: PastBefore | None
    trend: PreTrend | None
    by_lot: bool
    n_starts: int
    n_clusters: int | None = None

    @property
    def unlike(self) -> bool:
        """Both groups differed before, by more than chance and by more than a trifle."""
        one = self.before
        return one is not None and one.pvalue < REFUSED_BY_LOT and abs(one.standardised_difference) >= UNLIKE

    @property
    def lot_holds(self) -> bool:
        """One lot, and it left the groups alike: then nothing is asked of the months before."""
        return self.by_lot and not self.unlike and self.n_starts == 1


def study_of(panel: Panel, options: PastOptions) -> EventStudy:
    """Effects by month since the start, of groups that are large enough."""
    effects = group_time_effects(
        panel.values, panel.starts, options.comparison, among=panel.among,
        staying=options.outcome == "stays", least=MIN_GROUP, least_compared=LEAST_PEOPLE,
        within=(-options.months_before, options.months_after),
    )  # fmt: skip
    return event_study(effects)


def figures_of(panel: Panel, study: EventStudy, options: PastOptions, *, by_lot: bool) -> Figures:
    """Everything that is told of one outcome."""
    source = _Source.of(panel, study, options)
    n_clusters = source.n_clusters
    trend = pre_trend(source.study, alpha=1 - options.ci_level, n_clusters=n_clusters)
    spans = tuple(_hidden(one, study, panel) for one in _spans(source, options, trend))
    return Figures(
        spans=spans, trended=tuple(_trended(source, spans)), months=tuple(_months(source)),
        placebo=_placebo(source), untouched=_untouched(panel, options), before=_before(panel), trend=trend,
        by_lot=by_lot, n_starts=len(np.unique(panel.starts[panel.reached])), n_clusters=n_clusters,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Source:
    """What estimates are taken from: customers one by one, or clusters of them."""

    study: EventStudy
    sums: ClusterSums | None
    level: float

    @classmethod
    def of(cls, panel: Panel, study: EventStudy, options: PastOptions) -> _Source:
        if panel.clusters is None:
            return cls(study, None, options.ci_level)
        sums = cluster_sums(panel.values, panel.starts, panel.clusters)
        return cls(sums.clustered(study), sums, options.ci_level)

    @property
    def n_clusters(self) -> int | None:
        return None if self.sums is None else self.sums.n_clusters

    def estimate(self, weights: np.ndarray, span: str, first: int, last: int) -> PastEffect:
        """A weighted sum of months; `first` to `last` is where there is an effect, if there is one."""
        n = int(self.study.n_started[np.flatnonzero(weights)[-1]])
        if self.sums is not None:
            found = wild_estimate(self.study, self.sums, weights, first, last, ci_level=self.level)
            return PastEffect(
                span, first, last, found.effect_size, found.ci_lower, found.ci_upper, found.standard_error, n,
                pvalue=found.pvalue if found.standard_error > 0 else None,
            )  # fmt: skip
        value, error = self.study.combined(weights)
        width = normal_quantile(self.level) * error
        return PastEffect(
            span, first, last, value, value - width, value + width, error, n,
            pvalue=float(erfc(abs(value) / error / math.sqrt(2))) if error > 0 else None,
        )  # fmt: skip


def _spans(source: _Source, options: PastOptions, trend: PreTrend | None) -> Iterator[PastEffect]:
    study = source.study
    for name, (first, last) in (("short", options.short), ("long", LONG)):
        weights = study.mean_weights(first, last)
        if weights is None or study.combined(weights)[1] < _NO_ERROR:
            continue
        months = study.since_start[weights > 0]
        one = source.estimate(weights, name, int(months[0]), int(months[-1]))
        one = replace(one, n_reached=int(study.n_started[np.flatnonzero(weights)[0]]))
        drift = None if trend is None else trend.detectable_slope * float(weights @ (study.since_start + 1))
        yield replace(one, unseen_drift=drift)


def _hidden(one: PastEffect, study: EventStudy, panel: Panel) -> PastEffect:
    """How strong something unrecorded would have to be.

    How much customers differ in this change follows from the error that it has with customers one by one.
    """
    weights = study.mean_weights(one.first, one.last)
    others = int(panel.others.sum())
    assert weights is not None
    sizes = 1 / one.n_reached + 1 / (others if others >= LEAST_PEOPLE else one.n_reached)
    sd = study.combined(weights)[1] / math.sqrt(sizes)
    found = evalue_of_difference(one.effect_size, one.effect_size_ci_lower, one.effect_size_ci_upper, sd)
    return replace(one, evalue=found.estimate, evalue_limit=found.limit)


def _trended(source: _Source, spans: Sequence[PastEffect]) -> Iterator[PastEffect]:
    """Spans less what the line through the months before makes of them (interrupted time series)."""
    study = source.study
    before = study.since_start < 0
    months = np.append(study.since_start[before], -1.0)  # the base, where the difference is 0
    if len(months) < _LINE_MONTHS:
        return
    for one in spans:
        weights = study.mean_weights(one.first, one.last)
        assert weights is not None
        design = np.column_stack([np.ones(len(months)), months])
        line = np.array([1.0, weights @ study.since_start]) @ np.linalg.pinv(design)
        less = weights.copy()
        less[before] -= line[:-1]
        yield source.estimate(less, f"{one.span}_trended", one.first, one.last)


def _placebo(source: _Source) -> PastEffect | None:
    """The three months before, against the one before those."""
    since = source.study.since_start
    base = since == -4
    months = (since == -3) | (since == -2)
    if not base.any() or months.sum() < 2:
        return None
    # month -1 is 0 by construction
    return source.estimate(months / 3 - base, "placebo", -3, -1)


def _months(source: _Source) -> Iterator[PastEffect]:
    study, n_clusters = source.study, source.n_clusters
    critical = simultaneous_critical_value(
        study.covariance, source.level, degrees=None if n_clusters is None else n_clusters - 1
    )
    for j, month in enumerate(study.since_start.tolist()):
        weights = np.zeros(len(study.since_start))
        weights[j] = 1.0
        one = source.estimate(weights, "month", month, month)
        width = critical * one.standard_error
        yield replace(one, band_lower=one.effect_size - width, band_upper=one.effect_size + width)


def _untouched(panel: Panel, options: PastOptions) -> PastEffect | None:
    """Customers whom it never reached: those who were as the reached were beforehand, beside the rest.

    Those are drawn so that their levels before, the last month before left out, are spread as those of the
    reached. Nothing was done to them, so nothing should be found.
    """
    first, others = panel.first_start, np.flatnonzero(panel.others)
    if first < 2 or len(others) < 2 * LEAST_PEOPLE:
        return None
    levels = panel.beforehand[:, : first - 1].mean(axis=1)
    kind = np.searchsorted(np.unique(np.quantile(levels, np.linspace(0.1, 0.9, 9))), levels, side="right")
    n_reached, n_others = (np.bincount(kind[group], minlength=11) for group in (panel.reached, panel.others))
    odds = (n_reached / np.maximum(n_others, 1))[kind[others]]
    if not odds.any():
        return None
    chances = odds * min(0.5 / odds.mean(), _MOST / odds.max())
    drawn = np.random.default_rng(_SEED).random(len(others)) < chances
    if drawn.sum() < LEAST_PEOPLE or (~drawn).sum() < LEAST_PEOPLE:
        return None
    starts = np.where(drawn, first, panel.n_months)
    among = None if panel.among is None else panel.among[others]
    untouched = Panel(panel.values[others], among, panel.beforehand[others], starts, 0, panel.first_month,
                      None if panel.clusters is None else panel.clusters[others])  # fmt: skip
    source = _Source.of(untouched, study_of(untouched, options), options)
    weights = source.study.mean_weights(*options.short)
    if weights is None or source.study.combined(weights)[1] < _NO_ERROR:
        return None
    months = source.study.since_start[weights > 0]
    return source.estimate(weights, "untouched", int(months[0]), int(months[-1]))


def _before(panel: Panel) -> PastBefore | None:
    """Levels in the months before anybody was reached."""
    if panel.others.sum() < MIN_GROUP:
        return None
    until = panel.first_start
    a, b = (_levels(panel, group, until) for group in (panel.reached, panel.others))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    difference = float(a.mean() - b.mean())
    return PastBefore(
        n_reached=len(a), n_others=len(b), reached=float(a.mean()), others=float(b.mean()),
        standardised_difference=difference / spread if spread > 0 else 0.0,
        pvalue=float(erfc(abs(difference) / error / math.sqrt(2))) if error > 0 else 1.0,
    )  # fmt: skip


def _levels(panel: Panel, group: np.ndarray, until: int) -> np.ndarray:
    """What each customer of a group adds to its level before, so that the mean is the level."""
    values = panel.beforehand[group, :until]
    if panel.among is None:
        return values.mean(axis=1)
    counts = panel.among[group, :until].sum(axis=1)
    if not counts.any():
        return np.full(len(counts), np.nan)
    share = values.sum() / counts.sum()
    return share + (values.sum(axis=1) - share * counts) / counts.mean()
