"""One outcome of one variant beside control, by the measure that fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verbond.effects.experiment.bounds import lee_bounds
from verbond.effects.experiment.checks import difference_of_shares_pvalue
from verbond.effects.experiment.clusters import compare_clusters
from verbond.effects.experiment.kernel import Arm, Comparison, compare, compare_strata
from verbond.effects.experiment.ordinal import superiority
from verbond.effects.experiment.reading import LEAST, Outcome, Read
from verbond.effects.experiment.results import Attrition, EffectEstimate
from verbond.effects.experiment.sequential import any_look_pvalue, any_look_width, tuning
from verbond.effects.experiment.survival import ArmTimes, compare_times
from verbond.numerics.intervals import difference_interval, wilson_interval
from verbond.results import Reason
from verbond.tables.reads.arm_times import arm_times
from verbond.tables.reads.arms import arm_values

__all__ = ["LOST", "bounded", "estimate"]

TINY = 1e-12
"""A standard error that is nothing beside the means."""
DEFAULT_PLANNED_N = 5000
"""Units at which intervals for every look are narrowest, where no number was agreed on."""
LOST = 0.01
"""A p-value of what is missing below which the arms lost people unequally."""

Bounds = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Found:
    """An effect with its bounds at any level.

    Attributes
    ----------
    comparison : Comparison
    bounds : function
        Level -> bounds of the effect.
    pvalue : float
    n_control, n_variant : int
    horizon, logrank_pvalue : float or None
        Of survival.
    """

    comparison: Comparison
    bounds: Bounds
    pvalue: float
    n_control: int
    n_variant: int
    horizon: float | None = None
    logrank_pvalue: float | None = None


def estimate(read: Read, outcome: Outcome, variant: str) -> EffectEstimate:
    """The effect of one variant on one outcome; without numbers, and with a reason, where there is none."""
    found = _by_measure(read, outcome, variant)
    if isinstance(found, EffectEstimate):
        return found
    level = read.design.ci_level
    low, high = found.bounds(level)
    narrow = found.bounds(2 * level - 1) if level > 0.5 else (math.nan, math.nan)
    compared = found.comparison
    relative = compared.rel_interval(level)
    return EffectEstimate(
        outcome=outcome.name,
        variant=variant,
        measure=outcome.measure,
        effect_size=compared.effect_size,
        effect_size_ci_lower=low,
        effect_size_ci_upper=high,
        rel_effect_size=_share(compared),
        rel_effect_size_ci_lower=_known(relative[0]),
        rel_effect_size_ci_upper=_known(relative[1]),
        control_mean=_known(compared.control_mean),
        variant_mean=_known(compared.variant_mean),
        standard_error=compared.standard_error,
        df=_known(compared.df),
        pvalue=found.pvalue,
        equivalence_ci_lower=_known(narrow[0]),
        equivalence_ci_upper=_known(narrow[1]),
        margin=outcome.margin,
        n_obs=found.n_control + found.n_variant,
        n_control=found.n_control,
        n_variant=found.n_variant,
        horizon=found.horizon,
        logrank_pvalue=found.logrank_pvalue,
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _share(compared: Comparison) -> float | None:
    return compared.effect_size / compared.control_mean if compared.control_mean > 0 else None


def _by_measure(read: Read, outcome: Outcome, variant: str) -> Found | EffectEstimate:
    k = read.design.all_outcomes.index(outcome)
    control, other = read.arm(k, read.control), read.arm(k, variant)
    n_control, n_variant = _n_used(read, k, variant)

    def untold(code: str, **values: object) -> EffectEstimate:
        return _untold(outcome, variant, n_control, n_variant, Reason(f"effects.{code}", values))

    if min(n_control, n_variant) < LEAST:
        return untold("too_few", least=LEAST)
    if outcome.measure == "survival":
        followed = _survival(read, outcome, variant)
        return untold(followed) if isinstance(followed, str) else followed
    if outcome.measure == "ordinal":
        return _ordinal(read, outcome, variant) or untold("no_overlap")
    if outcome.measure == "ratio" and not (control.mean[1] and other.mean[1]):
        return untold("no_denominator")
    if read.design.cluster is not None and _n_clusters(read, k, variant) < 2:
        return untold("too_few_clusters")
    compared = _compared(read, k, outcome, variant)
    if not compared.standard_error > TINY * max(abs(compared.control_mean), abs(compared.variant_mean)):
        return untold("constant_outcome")
    if outcome.measure == "share":
        return _share_of(control, other, compared) or untold("not_zero_one")
    if read.design.any_look:
        return _any_look(read, compared, n_control, n_variant)
    return Found(compared, compared.interval, compared.pvalue, n_control, n_variant)


def _n_used(read: Read, k: int, variant: str) -> tuple[int, int]:
    """Units of control and of a variant that the estimate rests on."""
    if read.design.cluster is not None:
        return int(read.clustered(k, read.control).arm.n), int(read.clustered(k, variant).arm.n)
    if read.design.strata:
        strata = read.strata_of(k, variant)
        return int(sum(c.n for c, _ in strata)), int(sum(v.n for _, v in strata))
    return int(read.arm(k, read.control).n), int(read.arm(k, variant).n)


def _n_clusters(read: Read, k: int, variant: str) -> int:
    return min(len(read.clustered(k, arm).n) for arm in (read.control, variant))


def _compared(read: Read, k: int, outcome: Outcome, variant: str) -> Comparison:
    ratio = outcome.measure == "ratio"
    if read.design.cluster is not None:
        return compare_clusters(read.clustered(k, read.control), read.clustered(k, variant), ratio=ratio)
    if read.design.strata:
        strata = read.strata_of(k, variant)
        return compare_strata([c for c, _ in strata], [v for _, v in strata], ratio=ratio)
    return compare(read.arm(k, read.control), read.arm(k, variant), ratio=ratio)


def _ordinal(read: Read, outcome: Outcome, variant: str) -> Found | None:
    """By order alone; None where all answers of one arm are above all of the other, or all are one answer."""
    found = arm_values(read.units, read.design.variant, outcome.columns[0])
    control, other = (found.counts[list(found.arms).index(arm)] for arm in (read.control, variant))
    compared = superiority(control, other)
    if not compared.standard_error > TINY:
        return None
    return Found(compared, compared.interval, compared.pvalue, int(control.sum()), int(other.sum()))


def _survival(read: Read, outcome: Outcome, variant: str) -> Found | str:
    """Mean times without the event; a code where they cannot be told."""
    found = arm_times(read.units, read.design.variant, *outcome.columns)
    if found.n_odd:
        return "odd_times"
    arms = [
        ArmTimes(found.times[here], found.ended[arm][here], found.censored[arm][here])
        for arm in (read.control, variant)
        for here in [found.ended[arm] + found.censored[arm] > 0]
    ]
    compared = compare_times(*arms, read.design.horizon)
    if compared is None:
        return "horizon_unseen"
    one = compared.comparison
    if not one.standard_error > 0:
        return "nothing_happened"
    n_control, n_variant = (int((arm.ended + arm.censored).sum()) for arm in arms)
    return Found(
        one, one.interval, one.pvalue, n_control, n_variant, compared.horizon, compared.logrank_pvalue
    )


def _share_of(control: Arm, variant: Arm, compared: Comparison) -> Found | None:
    """Two shares with Newcombe's interval; None where there is something else than 0 and 1."""
    parts = [(float(a.mean[0]), int(a.n), float(a.covariance[0, 0])) for a in (control, variant)]
    if any(not math.isclose(v * (n - 1) / n, m * (1 - m), abs_tol=1e-9) for m, n, v in parts):
        return None
    (m0, n0, v0), (m1, n1, v1) = parts

    def bounds(level: float) -> tuple[float, float]:
        first, second = ((m, *wilson_interval(m * n, n, level)) for m, n, _ in parts)
        return difference_interval(first, second)

    error = math.sqrt(v0 / n0 + v1 / n1)
    plain = replace(compared, effect_size=m1 - m0, standard_error=error, control_mean=m0, variant_mean=m1)
    pvalue = difference_of_shares_pvalue(m0 * n0, n0, m1 * n1, n1)
    return Found(plain, bounds, 1.0 if pvalue is None else pvalue, n0, n1)


def _any_look(read: Read, compared: Comparison, n_control: int, n_variant: int) -> Found:
    n, alpha = n_control + n_variant, 1 - read.design.ci_level
    rho = tuning(alpha, read.design.planned_n or DEFAULT_PLANNED_N)

    def bounds(level: float) -> tuple[float, float]:
        half = any_look_width(n, 1 - level, rho) * compared.standard_error
        return compared.effect_size - half, compared.effect_size + half

    pvalue = any_look_pvalue(compared.effect_size / compared.standard_error, n, rho)
    return Found(compared, bounds, pvalue, n_control, n_variant)


def _untold(outcome: Outcome, variant: str, n_control: int, n_variant: int, reason: Reason) -> EffectEstimate:
    return EffectEstimate(
        outcome=outcome.name,
        variant=variant,
        measure=outcome.measure,
        margin=outcome.margin,
        n_obs=n_control + n_variant,
        n_control=n_control,
        n_variant=n_variant,
        reason=reason,
    )


def bounded(
    rows: Sequence[EffectEstimate], read: Read, attrition: Sequence[Attrition]
) -> list[EffectEstimate]:
    """The estimates, with Lee's bounds where an outcome is missing more in one arm than in the other."""
    lost = {(a.outcome, a.variant) for a in attrition if a.pvalue is not None and a.pvalue < LOST}
    columns = {outcome.name: outcome.columns for outcome in read.design.all_outcomes}
    return [
        _with_bounds(row, read, columns[row.outcome][0])
        if (row.outcome, row.variant) in lost and row.measure in ("mean", "share") and row.reason is None
        else row
        for row in rows
    ]


def _with_bounds(row: EffectEstimate, read: Read, column: str) -> EffectEstimate:
    found = arm_values(read.units, read.design.variant, column)
    here = [list(found.arms).index(arm) for arm in (read.control, row.variant)]
    bounds = lee_bounds(
        found.values,
        *(found.counts[i] for i in here),
        *(int(found.n_missing[i]) for i in here),
        read.design.ci_level,
    )
    return replace(
        row,
        lee_lower=bounds.lower,
        lee_upper=bounds.upper,
        lee_ci_lower=bounds.ci_lower,
        lee_ci_upper=bounds.ci_upper,
    )
