"""What the reading of an experiment hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verbond.effects.verdict import Verdict
from verbond.results import Provenance, Reason, Result

__all__ = [
    "ArmSize",
    "Attrition",
    "Balance",
    "EffectEstimate",
    "ExperimentResult",
    "GroupEffect",
    "GroupTest",
    "LatentEffect",
    "SampleRatio",
]


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """One outcome of one variant beside control.

    Attributes
    ----------
    outcome, variant : str
    measure : str
        "mean" (difference of means), "share" (of shares), "ratio" (of ratios of totals), "ordinal" (the
        probability that somebody in the variant answers higher than somebody in control, less one half) or
        "survival" (difference of mean times without the event, up to the horizon).
    effect_size, effect_size_ci_lower, effect_size_ci_upper : float or None
        Variant minus control; None where `reason` says why it cannot be told.
    rel_effect_size, rel_effect_size_ci_lower, rel_effect_size_ci_upper : float or None
        The same as a share of control.
    control_mean, variant_mean : float or None
        Adjusted where there are covariates.
    standard_error, df : float or None
    pvalue, pvalue_holm, pvalue_bh : float or None
        Two-sided; after Holm's and Benjamini and Hochberg's correction over all estimates.
    equivalence_ci_lower, equivalence_ci_upper : float or None
        The interval at 1 - 2 alpha of two one-sided tests; within the margin the verdict is "unchanged".
    margin : float or None
        The largest difference that makes no difference.
    not_worse : bool or None
        Whether harm as large as the margin is ruled out (non-inferiority, one-sided at alpha).
    n_obs, n_control, n_variant : int
        Units that the estimate rests on: together, and in each arm.
    verdict : str
        "strengthens", "unchanged", "weakens" or "cannot_tell".
    lee_lower, lee_upper, lee_ci_lower, lee_ci_upper : float or None
        Where the arms lost people unequally: bounds of the effect among those who would have answered in
        either arm, and the interval of that effect. A verdict has to hold there too.
    headline : Reason
    reason : Reason or None
        Why there is no estimate.
    horizon, logrank_pvalue : float or None
        Of survival: up to when times count, and the log-rank test of both curves being the same.
    """

    outcome: str
    variant: str
    measure: str
    effect_size: float | None = None
    effect_size_ci_lower: float | None = None
    effect_size_ci_upper: float | None = None
    rel_effect_size: float | None = None
    rel_effect_size_ci_lower: float | None = None
    rel_effect_size_ci_upper: float | None = None
    control_mean: float | None = None
    variant_mean: float | None = None
    standard_error: float | None = None
    df: float | None = None
    pvalue: float | None = None
    pvalue_holm: float | None = None
    pvalue_bh: float | None = None
    equivalence_ci_lower: float | None = None
    equivalence_ci_upper: float | None = None
    margin: float | None = None
    not_worse: bool | None = None
    n_obs: int = 0
    n_control: int = 0
    n_variant: int = 0
    verdict: Verdict = "cannot_tell"
    lee_lower: float | None = None
    lee_upper: float | None = None
    lee_ci_lower: float | None = None
    lee_ci_upper: float | None = None
    headline: Reason = field(default_factory=lambda: Reason("effects.cannot_tell"))
    reason: Reason | None = None
    horizon: float | None = None
    logrank_pvalue: float | None = None


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The effect in one group, on its own and drawn towards the others.

    Attributes
    ----------
    outcome, variant, by, group : str
    n_obs : int
    effect_size, standard_error : float
        From this group alone.
    shrunk, shrunk_ci_lower, shrunk_ci_upper : float
        Given that the groups are groups of one experiment.
    """

    outcome: str
    variant: str
    by: str
    group: str
    n_obs: int
    effect_size: float
    standard_error: float
    shrunk: float
    shrunk_ci_lower: float
    shrunk_ci_upper: float


@dataclass(frozen=True, slots=True)
class GroupTest:
    """Whether the groups of one column have one effect.

    Attributes
    ----------
    outcome, variant, by : str
    n_groups : int
    spread : float
        Expected standard deviation of the effects between groups.
    pvalue : float
        Of Cochran's Q: all have the same.
    """

    outcome: str
    variant: str
    by: str
    n_groups: int
    spread: float
    pvalue: float


@dataclass(frozen=True, slots=True)
class LatentEffect:
    """An effect on what scores measure, their error taken out of the spread.

    Attributes
    ----------
    outcome, variant : str
    reliability : float
        Share of the variance of the scores within arms that is not error.
    spread : float
        Standard deviation within arms of what the scores measure, in their unit.
    effect_size, effect_size_ci_lower, effect_size_ci_upper, standard_error : float
        Variant minus control, in such standard deviations.
    effect_size_observed : float
        The same in standard deviations of the scores: smaller, for those hold error too.
    """

    outcome: str
    variant: str
    reliability: float
    spread: float
    effect_size: float
    effect_size_ci_lower: float
    effect_size_ci_upper: float
    standard_error: float
    effect_size_observed: float


@dataclass(frozen=True, slots=True)
class ArmSize:
    """How many were dealt out to an arm, and how many should have been.

    Attributes
    ----------
    variant : str
    n : int
        Units; clusters where those were assigned as a whole.
    expected : float
    """

    variant: str
    n: int
    expected: float


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether the arms have the sizes that the lot should have given.

    Attributes
    ----------
    pvalue : float
        Of Pearson's chi-square; below 0.001 something other than the lot was at work.
    stated : bool
        The shares were stated; otherwise arms of one size are expected.
    """

    pvalue: float
    stated: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """What was known beforehand, beside control, in standard deviations.

    Attributes
    ----------
    covariate, variant : str
    standardised_difference : float
        Difference of means over the root of the mean of both variances.
    pvalue : float or None
    """

    covariate: str
    variant: str
    standardised_difference: float
    pvalue: float | None


@dataclass(frozen=True, slots=True)
class Attrition:
    """Of how many units of each arm an outcome is missing.

    Attributes
    ----------
    outcome, variant : str
    missing, missing_control : float
        Shares, 0..1.
    pvalue : float or None
        Of the difference between both.
    """

    outcome: str
    variant: str
    missing: float
    missing_control: float
    pvalue: float | None


@dataclass(frozen=True, slots=True)
class ExperimentResult(Result):
    """What an experiment says.

    Attributes
    ----------
    effects : tuple of EffectEstimate
        One a outcome and variant.
    verdict : str
        One word over all of them; harm to one outcome is not made good by another.
    headline : Reason
    arms : tuple of ArmSize
    control : str
    ci_level : float
    sample_ratio : SampleRatio or None
    balance : tuple of Balance
    attrition : tuple of Attrition
    groups : tuple of GroupEffect
    group_tests : tuple of GroupTest
    reasons : tuple of Reason
    provenance : Provenance
    latents : tuple of LatentEffect
        Of outcomes whose standard errors are known.
    """

    effects: tuple[EffectEstimate, ...]
    verdict: Verdict
    headline: Reason
    arms: tuple[ArmSize, ...]
    control: str
    ci_level: float
    sample_ratio: SampleRatio | None
    balance: tuple[Balance, ...]
    attrition: tuple[Attrition, ...]
    groups: tuple[GroupEffect, ...]
    group_tests: tuple[GroupTest, ...]
    reasons: tuple[Reason, ...]
    provenance: Provenance
    latents: tuple[LatentEffect, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a outcome and variant."""
        shown = (
            "outcome", "variant", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "pvalue",
            "pvalue_holm", "n_obs", "verdict",
        )  # fmt: skip
        return [{name: getattr(row, name) for name in shown} for row in self.effects]
