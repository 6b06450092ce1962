"""What the survey room hands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.results import Estimate, Provenance, Reason, Result

__all__ = [
    "Congruence",
    "ConstructScore",
    "Flags",
    "ItemStatistics",
    "ReliabilityResult",
    "ScaleReliability",
    "SurveyResult",
    "TypeShare",
    "ValueMatch",
]


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item within its scale, on its own answer scale, reversed items turned over.

    Attributes
    ----------
    item : str
    n_obs, n_missing : int
        Answers, and answers missing among those who answered anything of the scale.
    mean, sd : float or None
    item_rest : float or None
        Correlation with the sum of the scale's other items.
    alpha_if_dropped : float or None
    reversed : bool
        Scored the other way round.
    runs_against : bool
        As scored now, it goes against its scale: its key is probably wrong.
    """

    item: str
    n_obs: int
    n_missing: int
    mean: float | None
    sd: float | None
    item_rest: float | None
    alpha_if_dropped: float | None
    reversed: bool
    runs_against: bool = False


@dataclass(frozen=True, slots=True)
class ScaleReliability:
    """Reliability of one scale.

    Attributes
    ----------
    scale : str
    n_items : int
    n_obs, n_complete : int
        Respondents who answered at least one of its items, and all of them.
    alpha, alpha_ci_lower, alpha_ci_upper : float or None
        Cronbach's alpha on pairwise covariances with Feldt's 95% interval.
    alpha_standardized, omega : float or None
        Alpha on correlations; McDonald's omega total of one factor (minimum residuals).
    items : tuple of ItemStatistics
    reason : Reason or None
        Why figures are missing, or what to keep in mind.
    """

    scale: str
    n_items: int
    n_obs: int
    n_complete: int
    alpha: float | None
    alpha_ci_lower: float | None
    alpha_ci_upper: float | None
    alpha_standardized: float | None
    omega: float | None
    items: tuple[ItemStatistics, ...]
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ReliabilityResult(Result):
    """Reliability of one or more scales.

    Attributes
    ----------
    scales : tuple of ScaleReliability
    warnings : tuple of Reason
    provenance : Provenance
    """

    scales: tuple[ScaleReliability, ...]
    warnings: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a scale."""
        return [_scale_row(scale) for scale in self.scales]


@dataclass(frozen=True, slots=True)
class ConstructScore:
    """Mean of a construct on 0..100.

    Attributes
    ----------
    construct : str
    wave : str or None
        None: all waves together.
    mean : Estimate
        Interval over respondents (a respondent of several waves counts once in it).
    """

    construct: str
    wave: str | None
    mean: Estimate


@dataclass(frozen=True, slots=True)
class TypeShare:
    """One relationship type among the respondents.

    Attributes
    ----------
    type : str
        "market", "authority", "meaning", "equality", or "undecided".
    share : Estimate
        Respondents who lean to it: it is their highest type by more than its error.
    mean : Estimate
        Its mean score on 0..100, each type scored on its own.
    """

    type: str
    share: Estimate
    mean: Estimate


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """One value of the circle: what customers hold, and what they see in the company.

    Attributes
    ----------
    value : str
    own, seen : Estimate
        Means on 0..100.
    difference : Estimate
        seen - own; above zero: the company shows more of it than its customers hold.
    relative_difference : Estimate
        The same after taking off each person's mean over all values, own and seen apart: the difference in
        priority, free of who answers high throughout.
    """

    value: str
    own: Estimate
    seen: Estimate
    difference: Estimate
    relative_difference: Estimate


@dataclass(frozen=True, slots=True)
class Congruence:
    """How far customers' own values and those seen in the company match.

    Attributes
    ----------
    asked : Estimate or None
        Mean of direct items ("this company stands for what I stand for"), 0..100.
    computed : Estimate or None
        100 minus the mean distance between own and seen over the values, 0..100. Not the same scale as
        `asked`: the two are never mixed.
    profile_correlation : Estimate or None
        Mean over respondents of the correlation between own and seen profile, -1..1.
    values : tuple of ValueMatch
    """

    asked: Estimate | None
    computed: Estimate | None
    profile_correlation: Estimate | None
    values: tuple[ValueMatch, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """Answers to look at; only careless respondents and answers out of range are left out.

    Attributes
    ----------
    n_straight_lines : int
        Respondents who answered the same to everything, the careless among them.
    n_careless : int
        Those of them who gave statements and their opposites the same answer, and are left out; 0 where they
        are kept.
    n_identical : int
        Respondents whose answers all equal an earlier respondent's of the same wave.
    n_answered_twice : int
        Respondents beyond the first of the same customer in the same wave.
    n_out_of_range : int
        Answers outside their item's ends; they are left out of scores.
    n_unknown_items : int
        Items that nothing is known of.
    n_speeders : int or None
        Respondents who took less than half the usual time an answer; None where times are not known.
    """

    n_straight_lines: int = 0
    n_identical: int = 0
    n_answered_twice: int = 0
    n_out_of_range: int = 0
    n_unknown_items: int = 0
    n_speeders: int | None = None
    n_careless: int = 0


@dataclass(frozen=True, slots=True)
class SurveyResult(Result):
    """All that the answers say by themselves.

    Attributes
    ----------
    n_respondents, n_customers_linked : int
        Different respondents whose answers count; different customers behind them, where known.
    waves : tuple of str
    scales : tuple of ScaleReliability
    constructs : tuple of ConstructScore
        Per construct all waves together, then each wave.
    relationship_types : tuple of TypeShare
    distant : Estimate or None
        Respondents who want no closeness: their closeness is below the middle by more than its error.
    congruence : Congruence or None
    flags : Flags
    warnings : tuple of Reason
    provenance : Provenance
    scores : mapping of str to array
        The canonical `scores` table, for `tables.add("scores", result.scores)`; not in JSON.
    """

    n_respondents: int
    n_customers_linked: int
    waves: tuple[str, ...]
    scales: tuple[ScaleReliability, ...]
    constructs: tuple[ConstructScore, ...]
    relationship_types: tuple[TypeShare, ...]
    distant: Estimate | None
    congruence: Congruence | None
    flags: Flags
    warnings: tuple[Reason, ...]
    provenance: Provenance
    scores: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a construct and wave."""
        return [
            {
                "construct": row.construct,
                "wave": row.wave,
                "mean": row.mean.value,
                "ci_lower": row.mean.ci_lower,
                "ci_upper": row.mean.ci_upper,
                "n_obs": row.mean.n_obs,
            }
            for row in self.constructs
        ]


def _scale_row(scale: ScaleReliability) -> dict[str, Any]:
    names = ("scale", "n_items", "n_obs", "alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_standardized")
    return {name: getattr(scale, name) for name in (*names, "omega")}
